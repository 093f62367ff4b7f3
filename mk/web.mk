# What the system tests of the public pages need.

$(eval $(call PROGRAM,$(B)/tests/web-keys,tests/system/web-keys.c,base))
system: $(B)/tests/web-keys

.PHONY: test-web
test-web: $(B)/libexec/tweeluik/tweeluik-web $(B)/tests/web-keys data
	BUILD=$(B) $(PYTHON) -m pytest -q tests/system/test_web.py
