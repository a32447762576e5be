// The OpenMP peer: a worker process (worker.h) that runs trial.c's loop under OpenMP.
// Usage: openmp VALUES.npy QUERIES.npy
#include <omp.h>

#include "../trial/trial.h"
#include "worker.h"

int main(int argc, char **argv) {
	static char line[65536];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 3) return 2;
	array values = npy_map(argv[1]), queries = npy_map(argv[2]);
	double *sums = calloc(queries.n, sizeof *sums);
	printf("{\"hello\":{\"versions\":{\"OpenMP\":\"%d\",\"openmp.c compiler\":\"%s\"}}}\n", _OPENMP, __VERSION__);
	while (sums != NULL && fgets(line, sizeof line, stdin) != NULL) {
		int threads = number(line, "\"threads\":"), inner = number(line, "\"inner\":");
		char *answer = text(line, "\"answer\":\"");
		double used = processor_time(), start = now();
		for (int r = 0; r < inner; r++)
			for (size_t q = 0; q < queries.n; q++)
				sums[q] = (double)trial_sum(values.data, values.n, queries.data[q], threads);
		double seconds = now() - start;
		used = processor_time() - used;
		if (answer == NULL || npy_save(answer, sums, queries.n) != 0)
			printf("{\"error\":\"cannot write the answer\"}\n");
		else
			printf("{\"seconds\":%.9f,\"cpu\":%.9f}\n", seconds, used);
	}
	return 0;
}
