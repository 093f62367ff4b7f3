# Measurements, each beside its peer in the same run, into build/bench.json.

.PHONY: bench
bench: deps-check
	@mk/quietly Building $(MAKE) --no-print-directory programs data $(B)/postfix/usr/sbin/smtp-sink
	@TWEELUIK_BUILD=$(B) $(PYTHON) tests/bench/bench.py $(B)/bench.json
