# Measurements, each beside its peer in the same run, into build/bench.json.
#
#   make bench ONLY=tls,memory   some of them (tests/bench/bench.py --list)
#   make bench SCALE=0.05        with so many fewer messages, for a first look

ONLY ?=
SCALE ?= 1

$(eval $(call PROGRAM,$(B)/tests/bench-fill,tests/bench/fill.c,base))
$(eval $(call PROGRAM,$(B)/tests/bench-bounces,tests/bench/bounces.c,base/bounce base))
FORMATTED += $(wildcard tests/bench/*.[ch])

# nodemailer, exactly as locked; without npm, its registry or a node of its age
# its rows are left out.
NODEMAILER := $(B)/nodemailer
$(NODEMAILER)/node_modules: tests/bench/package.json tests/bench/package-lock.json tests/bench/pool.mjs
	@mkdir -p $(NODEMAILER)
	@cp $^ $(NODEMAILER)
	@cd $(NODEMAILER) && npm ci --engine-strict --silent --no-audit --no-fund --ignore-scripts
	@touch $@

$(B)/tests/bench-hello: $(B)/obj/tests/bench/hello.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lmicrohttpd

# A load of HTTP requests.
WRK := $(B)/wrk/usr/bin/wrk
$(WRK):
	@rm -rf $(B)/wrk && mkdir -p $(B)/wrk
	cd $(B)/wrk && apt-get -qq -o APT::Sandbox::User=root download wrk libluajit-5.1-2
	for p in $(B)/wrk/*.deb; do dpkg -x $$p $(B)/wrk; done
	@touch $@

.PHONY: bench bench-programs
bench-programs: programs data $(B)/tests/sink $(B)/tests/bench-fill \
	$(B)/tests/bench-hello $(B)/tests/bench-bounces $(B)/tests/web-keys $(WRK) \
	$(B)/postfix/usr/sbin/smtp-sink
bench: deps-check
	@mk/quietly Building $(MAKE) --no-print-directory bench-programs
	@$(MAKE) --no-print-directory -s $(NODEMAILER)/node_modules 2>/dev/null || \
	    echo "nodemailer cannot be installed (npm, node >= 20): its rows are left out."
	@TWEELUIK_BUILD=$(B) $(PYTHON) tests/bench/bench.py --only "$(ONLY)" \
	    --scale $(SCALE) $(B)/bench.json
