// What the peers in C and C++ are asked to do, whichever runtime runs their loops: the sums
// of the columns of a matrix, and the divisor counts of trial.c. A peer defines colsum and
// trial, and calls loops_main.
#ifndef LOOPS_H
#define LOOPS_H

#include "worker.h"

static void colsum(const double *a, size_t rows, size_t cols, int fortran, double *sums, int threads);
static int64_t trial(const int64_t *values, size_t n, int64_t at_most, int threads);

// loops_main serves requests: PEER colsum MATRIX.npy, or PEER trial VALUES.npy QUERIES.npy.
static int loops_main(int argc, char **argv, const char *versions) {
	static char line[65536];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3) return 2;
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
