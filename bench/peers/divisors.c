// The peers that count divisors: a worker process (worker.h) that factors each value with
// FLINT (-DPEER_FLINT) or PARI (-DPEER_PARI) and multiplies the exponents plus 1, on one
// thread. Usage: divisors VALUES.npy
#include "worker.h"

#if defined(PEER_FLINT)
#include <flint/flint.h>
#include <flint/ulong_extras.h>
#define NAME "FLINT"
static const char *version(void) { return FLINT_VERSION; }
static void begin(void) {}
static double count(uint64_t n) {
	n_factor_t f;
	double d = 1;
	n_factor_init(&f);
	n_factor(&f, n, 1);
	for (int i = 0; i < f.num; i++) d *= f.exp[i] + 1;
	return d;
}
#else
#include <pari/pari.h>
#define NAME "PARI"
static const char *version(void) { return PARIVERSION; }
static void begin(void) { pari_init(64 << 20, 1 << 20); }
static double count(uint64_t n) {
	pari_sp before = avma;
	double d = (double)itos(numdiv(utoi(n)));
	set_avma(before);
	return d;
}
#endif

int main(int argc, char **argv) {
	static char line[65536];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2) return 2;
	array values = npy_map(argv[1]);
	double *counts = calloc(values.n, sizeof *counts);
	begin();
	printf("{\"hello\":{\"versions\":{\"" NAME "\":\"%s\"}}}\n", version());
	while (counts != NULL && fgets(line, sizeof line, stdin) != NULL) {
		int inner = number(line, "\"inner\":");
		char *answer = text(line, "\"answer\":\"");
		double start = now();
		for (int r = 0; r < inner; r++)
			for (size_t i = 0; i < values.n; i++) counts[i] = count((uint64_t)values.data[i]);
		double seconds = now() - start;
		if (answer == NULL || npy_save(answer, counts, values.n) != 0)
			printf("{\"error\":\"cannot write the answer\"}\n");
		else
			printf("{\"seconds\":%.9f}\n", seconds);
	}
	return 0;
}
