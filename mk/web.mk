# What the system tests of the public pages need.

$(eval $(call PROGRAM,$(B)/tests/web-keys,tests/system/web-keys.c,base))
system: $(B)/tests/web-keys
