# Units with the paths of this installation, and a look at them.
#
#   make lint-systemd   what systemd says of the units, and of their exposure

UNITS := $(patsubst systemd/%,$(B)/systemd/%, \
	$(wildcard systemd/*.service systemd/*.target))

data: $(UNITS)

.DELETE_ON_ERROR:
$(B)/systemd/%: systemd/%
	@mkdir -p $(@D)
	@sed -e 's|@LIBEXEC@|$(PREFIX)/libexec/tweeluik|' \
	    -e 's|@SYSCONF@|$(SYSCONFDIR)|' $< > $@

# systemd wants the program of a unit to exist, so the copies it looks at name
# the ones of this build.  More than 2.5 points of exposure is too much.
VERIFY := $(B)/systemd/verify
.PHONY: lint-systemd
lint-systemd: $(UNITS) $(addprefix $(B)/libexec/tweeluik/tweeluik-, \
	schedule send mailbox web)
	@mkdir -p $(VERIFY)
	@for u in $(UNITS); do \
	    sed 's|$(PREFIX)/libexec|$(CURDIR)/$(B)/libexec|' $$u \
	    > $(VERIFY)/$${u##*/}; done
	@out=$$(cd $(VERIFY) && SYSTEMD_UNIT_PATH=$$PWD: systemd-analyze verify \
	    --man=no --recursive-errors=no *.service *.target 2>&1) && \
	    [ -z "$$out" ] || { echo "$$out"; exit 1; }
	@systemd-analyze security --offline=yes --threshold=25 --no-pager \
	    $(VERIFY)/*.service > $(VERIFY)/security || \
	    { grep -v ✓ $(VERIFY)/security; exit 1; }
	@grep Overall $(VERIFY)/security
