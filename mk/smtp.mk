# What the system tests of outgoing mail need.

$(B)/tests/smtp-probe: $(B)/obj/tests/system/smtp-probe.o \
	$(call lib,daemon/send) $(call lib,daemon/role) $(call lib,base)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

# Postfix's sink, taken out of its package: installing that would make it the
# mail server of this machine.
SMTP_SINK := $(B)/postfix/usr/sbin/smtp-sink
$(SMTP_SINK):
	@rm -rf $(B)/postfix && mkdir -p $(B)/postfix
	cd $(B)/postfix && apt-get -qq -o APT::Sandbox::User=root download postfix
	dpkg -x $(B)/postfix/postfix_*.deb $(B)/postfix
	@touch $@
