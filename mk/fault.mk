# Sending while everything fails, into build/fault.json.
#
#   make fault SEED=n       one round once more, with the seed it printed
#   make fault ONLY=kill    rounds whose name contains this

SEED ?=

$(B)/tests/fault-shim.so: tests/fault/shim.c
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=gnu17 -O2 -g $(WARN) -fPIC -shared -o $@ $<  -ldl -lsystemd

FORMATTED += $(wildcard tests/fault/*.[ch])
system: $(B)/tests/fault-shim.so $(B)/tests/bench-fill

.PHONY: fault
fault: deps-check
	@mk/quietly Building $(MAKE) --no-print-directory programs data $(B)/tests/sink $(B)/tests/bench-fill $(B)/tests/fault-shim.so
	@TWEELUIK_BUILD=$(B) $(PYTHON) tests/fault/fault.py --only "$(ONLY)" \
	    --seed "$(SEED)" $(B)/fault.json
