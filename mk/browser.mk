# What the pages are held against in a browser, and what stands before them.

# axe-core, exactly as locked, by npm; where there is none it comes from Debian.
AXE := $(B)/axe
AXE_JS := $(AXE)/node_modules/axe-core/axe.min.js
$(AXE_JS): tests/browser/package.json tests/browser/package-lock.json
	@command -v npm >/dev/null || mk/install-packages mk/packages-npm
	@mkdir -p $(AXE)
	@cp $^ $(AXE)
	cd $(AXE) && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

# nginx, taken out of its package: installing that would start a web server on
# this machine.
NGINX := $(B)/nginx/usr/sbin/nginx
$(NGINX):
	@rm -rf $(B)/nginx && mkdir -p $(B)/nginx
	cd $(B)/nginx && apt-get -qq -o APT::Sandbox::User=root download nginx
	dpkg -x $(B)/nginx/nginx_*.deb $(B)/nginx
	@touch $@

system: $(AXE_JS) $(NGINX)
