# Sentences for people: from C and templates into locales/tweeluik.pot, from
# there into nl.po (translated) and en.po (as they stand), and compiled.
#
#   make pot             locales/tweeluik.pot
#   make locales-update  nl.po gets the new sentences, en.po is made
#   make lint-locales    nothing missing, fuzzy, outdated; same elements

LOCALES := nl en
SHARE := $(B)/share/tweeluik
POT := locales/tweeluik.pot
POT_C := $(sort $(shell find base composer daemon -name '*.c' -o -name '*.h' 2>/dev/null))
POT_TEMPLATES := $(sort $(patsubst templates/%,%,$(shell find templates -name '*.xhtml' 2>/dev/null)))
KEYWORDS := N_ process_text:1 catalogue_text:2 catalogue_context:2c,3 catalogue_plural:2,3 \
	err_set:3 err_plain:4 err_sys:3 err_hint:2 err_prefix:2 tr:1 tr_n:1,2 say:2
MOS := $(LOCALES:%=$(SHARE)/locale/C.UTF-8/LC_MESSAGES/tweeluik-%.mo)
SHARED := $(patsubst %,$(SHARE)/%,$(shell find templates sql -type f 2>/dev/null))

data: $(MOS) $(SHARED)

$(SHARE)/locale/C.UTF-8/LC_MESSAGES/tweeluik-%.mo: locales/%.po
	@mkdir -p $(@D)
	msgfmt --check -o $@ $<

$(SHARE)/templates/%: templates/%
	@mkdir -p $(@D)
	@cp $< $@

$(SHARE)/sql/%: sql/%
	@mkdir -p $(@D)
	@cp $< $@

$(eval $(call PROGRAM,$(B)/tools/msgids,locales/msgids.c,composer/template base))

# The pot as the sources are now, whatever the one in locales/ says.  No dates
# and no author: it changes only when a sentence does.
$(B)/pot/templates.pot: $(B)/tools/msgids $(addprefix templates/,$(POT_TEMPLATES))
	@mkdir -p $(@D)
	$(B)/tools/msgids templates $(POT_TEMPLATES) >$@.raw
	msguniq --force-po -o $@ $@.raw

$(B)/pot/c.pot: $(POT_C)
	@mkdir -p $(@D)
	xgettext --language=C --from-code=UTF-8 --keyword $(KEYWORDS:%=--keyword=%) \
	    --add-comments=TRANSLATORS --force-po --omit-header -o $@ $(POT_C)

$(B)/pot/tweeluik.pot: $(B)/pot/templates.pot $(B)/pot/c.pot
	msgcat --sort-output --no-wrap --add-location=file -o $@ $^

.PHONY: pot locales-update lint-locales
pot: $(B)/pot/tweeluik.pot
	cp $< $(POT)

locales-update: pot
	msgmerge --quiet --no-fuzzy-matching --no-wrap --sort-output \
	    --add-location=file -o $(B)/pot/nl.po locales/nl.po $(POT)
	msgattrib --no-obsolete --no-wrap -o locales/nl.po $(B)/pot/nl.po
	msgen --no-wrap -o locales/en.po $(POT)

# msgcmp: everything in the second is translated in the first.
lint-locales: $(B)/pot/tweeluik.pot $(MOS)
	@msgen -o $(B)/pot/all.po $<
	@for l in $(LOCALES); do \
	    msgcmp locales/$$l.po $< && msgcmp $(B)/pot/all.po locales/$$l.po || exit 1; \
	done
	@$(B)/tools/msgids --check $(SHARE)/locale templates $(POT_TEMPLATES)
