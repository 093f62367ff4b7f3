# Measurements, each beside its peer in the same run, into build/bench.json.
#
#   make bench ONLY=tls,memory   some of them (tests/bench/bench.py --list)
#   make bench SCALE=0.05        with so many fewer messages, for a first look

ONLY ?=
SCALE ?= 1

$(eval $(call PROGRAM,$(B)/tests/bench-fill,tests/bench/fill.c,base))
FORMATTED += $(wildcard tests/bench/*.[ch])

# nodemailer, exactly as locked; without npm, its registry or a node of its age
# its rows are left out.
NODEMAILER := $(B)/nodemailer
$(NODEMAILER)/node_modules: tests/bench/package.json tests/bench/package-lock.json tests/bench/pool.mjs
	@mkdir -p $(NODEMAILER)
	@cp $^ $(NODEMAILER)
	@cd $(NODEMAILER) && npm ci --engine-strict --silent --no-audit --no-fund --ignore-scripts
	@touch $@

.PHONY: bench bench-programs
bench-programs: programs data $(B)/tests/sink $(B)/tests/bench-fill $(B)/postfix/usr/sbin/smtp-sink
bench: deps-check
	@mk/quietly Building $(MAKE) --no-print-directory bench-programs
	@$(MAKE) --no-print-directory -s $(NODEMAILER)/node_modules 2>/dev/null || \
	    echo "nodemailer cannot be installed (npm, node >= 20): its rows are left out."
	@TWEELUIK_BUILD=$(B) $(PYTHON) tests/bench/bench.py --only "$(ONLY)" \
	    --scale $(SCALE) $(B)/bench.json
