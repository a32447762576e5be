// The OpenMP peer: column sums, and trial.c's loop. In Fortran order the columns are
// shared out; in C order the rows, with sums for each thread, as the Cython peer does.
#include <omp.h>

#include "../trial/trial.h"
#include "loops.h"

static void colsum(const double *a, size_t rows, size_t cols, int fortran, double *sums, int threads) {
	if (fortran) {
#pragma omp parallel for num_threads(threads) schedule(static)
		for (size_t j = 0; j < cols; j++) {
			double s = 0;
#pragma omp simd reduction(+ : s)
			for (size_t i = 0; i < rows; i++) s += a[j * rows + i];
			sums[j] = s;
		}
		return;
	}
	memset(sums, 0, cols * sizeof *sums);
#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : sums[:cols])
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < cols; j++) sums[j] += a[i * cols + j];
}

static int64_t trial(const int64_t *values, size_t n, int64_t at_most, int threads) {
	return trial_sum(values, n, at_most, threads);
}

#define TEXT(x) #x
#define VALUE(x) TEXT(x)

int main(int argc, char **argv) {
	return loops_main(argc, argv, "\"OpenMP\":\"" VALUE(_OPENMP) "\",\"openmp.c compiler\":\"" __VERSION__ "\"");
}
