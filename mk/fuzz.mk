# Fuzz targets: their seeds run in `make check`, under the sanitizers whatever
# MODE is; `make fuzz TARGET=qp SECONDS=60` runs libFuzzer (packages clang-14 and
# libclang-rt-14-dev), `make afl TARGET=qp SECONDS=60` AFL++ (afl++).

FUZZ := $(patsubst tests/fuzz/fuzz-%.c,%,$(wildcard tests/fuzz/fuzz-*.c))
FUZZ_SRC = $(filter-out %/main.c,$(foreach d,$(filter-out composer/cli,$(LIBDIRS)),\
	$(wildcard $(d)/*.c)))
SECONDS ?= 60

ifeq ($(MODE),asan)
$(B)/fuzz/%: $(B)/obj/tests/fuzz/fuzz-%.o $(B)/obj/tests/fuzz/seeds.o $(TESTLIBS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
endif

.PHONY: seeds fuzz afl
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

afl:
	@mkdir -p build-fuzz
	AFL_USE_ASAN=1 AFL_USE_UBSAN=1 afl-clang-fast -fsanitize=fuzzer -g -O1 $(CPPFLAGS) \
	    $(PKG_CFLAGS) -std=gnu17 -o build-fuzz/$(TARGET)-afl \
	    tests/fuzz/fuzz-$(TARGET).c $(FUZZ_SRC) $(PKG_LIBS)
	AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
	    AFL_IGNORE_SEED_PROBLEMS=1 afl-fuzz -V $(SECONDS) -m none \
	    -i tests/fuzz/corpus/$(TARGET) -o build-fuzz/afl-$(TARGET) \
	    -- build-fuzz/$(TARGET)-afl
