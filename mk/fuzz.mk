# Fuzz targets: their seeds run in `make check`, under the sanitizers whatever
# MODE is; `make fuzz TARGET=qp SECONDS=60` runs libFuzzer (packages clang-14 and
# libclang-rt-14-dev).

FUZZ := $(patsubst tests/fuzz/fuzz-%.c,%,$(wildcard tests/fuzz/fuzz-*.c))
FUZZ_SRC = $(filter-out %/main.c,$(foreach d,$(filter-out composer/cli,$(LIBDIRS)),\
	$(wildcard $(d)/*.c)))
SECONDS ?= 60

ifeq ($(MODE),asan)
$(B)/fuzz/%: $(B)/obj/tests/fuzz/fuzz-%.o $(B)/obj/tests/fuzz/seeds.o $(TESTLIBS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
endif

.PHONY: seeds fuzz
ifeq ($(MODE),asan)
seeds: $(FUZZ:%=$(B)/fuzz/%)
	@tests/run-seeds $(B)/fuzz $(FUZZ)
else
seeds:
	@$(MAKE) --no-print-directory -s MODE=asan seeds
endif

fuzz:
	@mkdir -p build-fuzz/corpus-$(TARGET)
	clang-14 -fsanitize=fuzzer,address,undefined -g -O1 $(CPPFLAGS) $(PKG_CFLAGS) \
	    -std=gnu17 -o build-fuzz/$(TARGET) tests/fuzz/fuzz-$(TARGET).c $(FUZZ_SRC) $(PKG_LIBS)
	build-fuzz/$(TARGET) -max_total_time=$(SECONDS) build-fuzz/corpus-$(TARGET) \
	    tests/fuzz/corpus/$(TARGET)
