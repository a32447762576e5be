// What the peers in C and C++ are asked to do, whichever runtime runs their loops: the sums
// of the columns of a matrix, the divisor counts of trial.c, and the constructs of EPCC. A
// peer defines colsum, trial and construct, and calls loops_main.
#ifndef LOOPS_H
#define LOOPS_H

#include "worker.h"

static void colsum(const double *a, size_t rows, size_t cols, int fortran, double *sums, int threads);
static int64_t trial(const int64_t *values, size_t n, int64_t at_most, int threads);

// Constructs, as suite/parfor.go numbers them; construct runs one once, and returns how many
// bodies have run.
enum { REGION, BARRIER, REDUCTION, ORDERED, STATIC, STATIC1, DYNAMIC1, GUIDED1 };
enum { PER_RUN = 100, PER_THREAD = 128 };
static long construct(int which, int length, int threads);

// delay is a body: it adds length floats one after the other, as EPCC's does.
static void delay(int length) {
	float a = 0;
	for (int i = 0; i < length; i++) a += (float)i;
	if (a < 0) printf("%f\n", (double)a);
}

// delay_length is the length of a delay of so many seconds.
static int delay_length(double seconds) {
	double best = 1e30;
	for (int k = 0; k < 50; k++) {
		double t = now();
		delay(100000);
		t = now() - t;
		if (t < best) best = t;
	}
	return (int)(seconds / best * 100000 + 0.5);
}

// constructs_main serves requests for one construct: PEER construct WHICH SECONDS. The
// answer is the number of bodies that ran and the number that had to.
static int constructs_main(char **argv, const char *versions) {
	static char line[65536];
	int which = atoi(argv[2]), length = delay_length(atof(argv[3]));
	printf("{\"hello\":{\"versions\":{%s}}}\n", versions);
	while (fgets(line, sizeof line, stdin) != NULL) {
		int threads = number(line, "\"threads\":"), inner = number(line, "\"inner\":");
		char *answer = text(line, "\"answer\":\"");
		long ran = 0, each = which == BARRIER ? (long)PER_RUN * threads : which == ORDERED ? PER_RUN : which < STATIC ? threads : (long)PER_THREAD * threads;
		double used = processor_time(), start = now();
		for (int r = 0; r < inner; r++) ran += construct(which, length, threads);
		double seconds = now() - start, out[2] = {(double)ran, (double)(each * inner)};
		used = processor_time() - used;
		if (answer == NULL || npy_save(answer, out, 2) != 0)
			printf("{\"error\":\"cannot write the answer\"}\n");
		else
			printf("{\"seconds\":%.9f,\"cpu\":%.9f}\n", seconds, used);
	}
	return 0;
}

// loops_main serves requests: PEER colsum MATRIX.npy, PEER trial VALUES.npy QUERIES.npy, or
// PEER construct WHICH SECONDS.
static int loops_main(int argc, char **argv, const char *versions) {
	static char line[65536];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3) return 2;
	if (strcmp(argv[1], "construct") == 0) return argc == 4 ? constructs_main(argv, versions) : 2;
	int sums = strcmp(argv[1], "colsum") == 0;
	matrix a = {0};
	array values = {0}, queries = {0};
	if (sums) {
		a = npy_matrix(argv[2]);
	} else {
		if (argc != 4) return 2;
		values = npy_map(argv[2]), queries = npy_map(argv[3]);
	}
	size_t n = sums ? a.cols : queries.n;
	double *out = (double *)calloc(n, sizeof *out);
	printf("{\"hello\":{\"versions\":{%s}}}\n", versions);
	while (out != NULL && fgets(line, sizeof line, stdin) != NULL) {
		int threads = number(line, "\"threads\":"), inner = number(line, "\"inner\":");
		char *answer = text(line, "\"answer\":\"");
		double used = processor_time(), start = now();
		for (int r = 0; r < inner; r++)
			if (sums)
				colsum(a.data, a.rows, a.cols, a.fortran, out, threads);
			else
				for (size_t q = 0; q < n; q++) out[q] = (double)trial(values.data, values.n, queries.data[q], threads);
		double seconds = now() - start;
		used = processor_time() - used;
		if (answer == NULL || npy_save(answer, out, n) != 0)
			printf("{\"error\":\"cannot write the answer\"}\n");
		else
			printf("{\"seconds\":%.9f,\"cpu\":%.9f}\n", seconds, used);
	}
	return 0;
}

#endif
