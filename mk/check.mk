# Every test.  Each part appends "passed failed" to the count file.

COUNTS := $(B)/counts
SYSTEM := $(sort $(wildcard tests/system/test_*.py))

.PHONY: check check-parts lint lint-layers lint-headers lint-format system fuzz-seeds
check: deps-check
	@mk/quietly Building $(MAKE) --no-print-directory MODE=$(MODE) programs data
	@rm -f $(COUNTS)
	@rc=0; for part in lint unit seeds system; do \
	    echo "== $$part"; \
	    COUNT_FILE=$(COUNTS) $(MAKE) --no-print-directory MODE=$(MODE) -s $$part || rc=1; \
	done; \
	awk '{ p += $$1; f += $$2 } END { print p " passed, " f " failed" }' $(COUNTS); \
	exit $$rc

lint:
	@tests/run-lint $(MAKE) lint-layers lint-headers lint-format lint-locales lint-systemd

lint-layers:
	@$(PYTHON) tests/lint/layers.py

# Each header compiles alone.
lint-headers:
	@for h in base/*.h composer/*/*.h daemon/*/*.h; do \
	    $(CC) $(CPPFLAGS) $(PKG_CFLAGS) -std=gnu17 -Wall -Werror -fsyntax-only -x c $$h \
	    || exit 1; done

FORMATTED := $(wildcard base/*.[ch] composer/*/*.[ch] \
	daemon/*.c daemon/*/*.[ch] tests/unit/*.[ch])
lint-format:
	@clang-format --dry-run -Werror $(FORMATTED)

# Slow, so not part of check: one file a call (version 14 raises a false
# va_list warning otherwise).
.PHONY: lint-tidy
lint-tidy:
	@for f in $(filter %.c,$(FORMATTED)); do \
	    clang-tidy --quiet $$f -- $(CPPFLAGS) $(PKG_CFLAGS) -std=gnu17 || rc=1; \
	done; exit $${rc:-0}

system: programs data $(B)/tests/smtp-probe $(B)/postfix/usr/sbin/smtp-sink
	@tests/run-system $(B) $(PYTHON) $(SYSTEM)
