# Tweeluik.  `make help` lists what there is to make.
#
# Every folder of C is a library of its own (build/lib); a file main.c or
# tweeluikd.c in it is the program on top.  build/ has the layout that
# `make install` gives a machine, so programs find their files the same way.

MODE ?= release
ifeq ($(MODE),release)
B := build
else
B := build-$(MODE)
endif

VERSION := 0.1
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DEMO_DIR ?= var/demo
RUN_DIR ?= var/run
WEB_PORT ?= 8080
PYTHON ?= /usr/bin/python3

CC := gcc
PKGS := libxml-2.0 libpq libsodium libconfuse jansson icu-i18n icu-uc \
	libidn2 libcurl gnutls libmicrohttpd libsystemd libcmark-gfm libetpan \
	gmime-3.0

WARN := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef -Wvla \
	-Wno-format-truncation \
	$(if $(CI),-Werror)
HARDEN := -fstack-protector-strong -fcf-protection -fPIE \
	-ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks
OPT_release := -O2 -g -D_FORTIFY_SOURCE=3
SAN := -fsanitize=address,undefined
OPT_asan := -O1 -g $(SAN) -fno-omit-frame-pointer \
	-fno-sanitize-recover=undefined
# The number of the last migration, which must not begin with a 0 in C.
SCHEMA := $(shell expr $(firstword $(subst -, ,$(notdir $(lastword $(sort \
	$(wildcard sql/migrations/*.sql)))))) + 0)
CPPFLAGS += -D_GNU_SOURCE -DTWEELUIK_VERSION='"$(VERSION)"' \
	-DTWEELUIK_SCHEMA=$(SCHEMA) \
	-DTWEELUIK_CONFIG_PATH='"$(SYSCONFDIR)/tweeluik/tweeluik.conf"' -I.
CFLAGS += -std=gnu17 $(OPT_$(MODE)) $(WARN) $(HARDEN)
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed \
	$(if $(filter asan,$(MODE)),$(SAN))

# Evaluated when something is compiled, not by `make help` or `make deps`.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(or $$(shell pkg-config --cflags $(PKGS)),\
	$$(error Libraries are missing. Install them with: make deps)))$(PKG_CFLAGS)
# libetpan.pc carries a specs file of Debian's own build, which undoes -pie.
PKG_LIBS = $(eval PKG_LIBS := $$(filter-out -specs=%,$$(shell \
	pkg-config --libs $(PKGS))) \
	-lcmark-gfm-extensions -lcsv -lsasl2)$(PKG_LIBS)

# Highest floor first.
COMPOSER := composer/issue composer/inbox composer/item composer/list \
	composer/edition composer/letter composer/message composer/template
LIBDIRS := base base/bounce $(COMPOSER) composer/cli daemon/role \
	daemon/schedule daemon/send daemon/mailbox daemon/web
lib = $(B)/lib/lib$(subst /,-,$(1)).a
objs = $(patsubst %.c,$(B)/obj/%.o,$(filter-out %/main.c,$(wildcard $(1)/*.c)))

all: programs data

.PHONY: all programs data deps
programs: $(B)/bin/tweeluik $(B)/bin/tweeluikd \
	$(B)/libexec/tweeluik/tweeluik-schedule \
	$(B)/libexec/tweeluik/tweeluik-send \
	$(B)/libexec/tweeluik/tweeluik-mailbox \
	$(B)/libexec/tweeluik/tweeluik-web

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The number of the schema is compiled in.
$(B)/obj/base/database.o: $(wildcard sql/migrations/*.sql)

define LIBRARY
$(call lib,$(1)): $(call objs,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach d,$(LIBDIRS),$(eval $(call LIBRARY,$(d))))

# $(1) program, $(2) its main file, $(3) libraries, highest first
define PROGRAM
$(1): $(B)/obj/$(2:.c=.o) $(foreach l,$(3),$(call lib,$(l)))
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(PKG_LIBS)
endef
$(eval $(call PROGRAM,$(B)/bin/tweeluik,composer/cli/main.c,composer/cli $(COMPOSER) base/bounce base))
$(eval $(call PROGRAM,$(B)/bin/tweeluikd,daemon/tweeluikd.c,daemon/role base))
$(eval $(call PROGRAM,$(B)/libexec/tweeluik/tweeluik-schedule,daemon/schedule/main.c,daemon/schedule daemon/role $(COMPOSER) base))
$(eval $(call PROGRAM,$(B)/libexec/tweeluik/tweeluik-send,daemon/send/main.c,daemon/send daemon/role base))
$(eval $(call PROGRAM,$(B)/libexec/tweeluik/tweeluik-mailbox,daemon/mailbox/main.c,daemon/mailbox daemon/role $(COMPOSER) base/bounce base))
$(eval $(call PROGRAM,$(B)/libexec/tweeluik/tweeluik-web,daemon/web/main.c,daemon/web daemon/role $(COMPOSER) base))

# Unit tests: one program a file, linked with every library.
UNIT_SRC := $(wildcard tests/unit/test-*.c)
UNIT := $(UNIT_SRC:tests/unit/%.c=$(B)/tests/%)
TESTLIBS := $(foreach l,daemon/web daemon/mailbox daemon/send daemon/schedule \
	daemon/role composer/cli $(COMPOSER) base/bounce base,$(call lib,$(l)))
$(B)/tests/test-%: $(B)/obj/tests/unit/test-%.o $(TESTLIBS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka

.PHONY: unit
unit: $(UNIT) data
	@tests/run-unit $(UNIT)

include $(wildcard mk/*.mk)
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
