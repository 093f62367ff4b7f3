/*
 * seeds - run a fuzz target over its corpus without a fuzzer
 *
 * Every file as it is, cut at every length, and with each byte changed in some
 * ways; under the sanitizers this finds what a target finds in seconds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 65536

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer chose the name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exact size, so that reading one byte too far is seen. */
static void
run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
run_file(const char *path)
{
	static uint8_t data[INPUT_MAX];
	static const uint8_t bytes[] = { 0, '\n', '\r', ' ', '"', ':', '-',
		0x7f, 0x80, 0xc3, 0xff };
	FILE *f = fopen(path, "rbe");
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	run(data, n);
	size_t step = n / 2000 + 1;
	for (size_t i = 0; i < n; i += step) {
		uint8_t was = data[i];

		run(data, i);
		for (size_t k = 0; k < sizeof(bytes); k++) {
			data[i] = bytes[k];
			run(data, n);
		}
		data[i] = was;
	}
}

int
main(int argc, char **argv)
{
	run((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	printf("1..1\nok 1 - %s over %d seeds\n", argv[0], argc - 1);
	return 0;
}
