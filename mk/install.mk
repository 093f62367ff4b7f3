# Programs, templates, catalogues, SQL, units, man pages.

BINDIR := $(DESTDIR)$(PREFIX)/bin
LIBEXECDIR := $(DESTDIR)$(PREFIX)/libexec/tweeluik
SHAREDIR := $(DESTDIR)$(PREFIX)/share
UNITDIR := $(DESTDIR)$(PREFIX)/lib/systemd/system
MAN := $(wildcard composer/cli/*.[1-9] daemon/*.[1-9] base/*.[1-9])

.PHONY: install clean help
install: all
	install -d $(BINDIR) $(LIBEXECDIR) $(SHAREDIR)/tweeluik $(UNITDIR) \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d \
	    $(SHAREDIR)/bash-completion/completions $(SHAREDIR)/doc/tweeluik
	install -m 755 $(B)/bin/* $(BINDIR)
	install -m 755 $(B)/libexec/tweeluik/* $(LIBEXECDIR)
	cp -r $(B)/share/tweeluik/. $(SHAREDIR)/tweeluik
	install -m 644 $(B)/systemd/*.service $(B)/systemd/*.target $(UNITDIR)
	install -m 644 systemd/sysusers.d/tweeluik.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d
	install -m 644 systemd/tmpfiles.d/tweeluik.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	$(B)/bin/tweeluik completion bash > $(SHAREDIR)/bash-completion/completions/tweeluik
	for m in $(MAN); do s=$${m##*.}; \
	    install -D -m 644 $$m $(SHAREDIR)/man/man$$s/$${m##*/}; done
	install -m 644 base/tweeluik.conf.example README.md LICENSE docs/design.md \
	    $(SHAREDIR)/doc/tweeluik

clean:
	rm -rf build build-asan build-fuzz

help:
	@echo "make               programs into build/ (MODE=asan: with sanitizers)"
	@echo "make demo          one real issue, from items to mail in $(DEMO_DIR)/mail/new"
	@echo "make run           the same set-up kept running (WEB_PORT=$(WEB_PORT), RUN_DIR=$(RUN_DIR))"
	@echo "make check         every test; ends with 'N passed, N failed'"
	@echo "make system        the system tests alone; SYSTEM=tests/system/test_web.py: one file"
	@echo "make install       DESTDIR= PREFIX=$(PREFIX)"
	@echo "make bench         measurements, each beside its peer, into build/bench.json"
	@echo "make fault         an issue while everything fails, 80 rounds; into build/fault.json"
	@echo "make hosts         hosts and a database that fail, in networks of their own; minutes"
	@echo "make pot, locales-update, lint-tidy, picture, fuzz TARGET=, afl TARGET=, clean"
