# Several send hosts and a database that fails over, each host in a network of
# its own.  Those tests that take minutes because real time has to pass run only
# here.
.PHONY: hosts
hosts: programs data $(B)/tests/sink $(B)/tests/bench-fill
	@TWEELUIK_SLOW=1 tests/run-system $(B) $(PYTHON) \
	    tests/system/test_hosts.py tests/system/test_failover.py

system: $(B)/tests/bench-fill
