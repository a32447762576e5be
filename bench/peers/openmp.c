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

// The schedule is part of the pragma, so each has a loop of its own.
#define SCHEDULED(clause)                                                                                \
	_Pragma(clause) for (int i = 0; i < PER_THREAD * threads; i++) { \
		delay(length);                                                                           \
		ran++;                                                                                   \
	}

static long construct(int which, int length, int threads) {
	long ran = 0;
	switch (which) {
	case REGION:
#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : ran)
		for (int i = 0; i < threads; i++) {
			delay(length);
			ran++;
		}
		break;
	case BARRIER:
#pragma omp parallel num_threads(threads) reduction(+ : ran)
		for (int j = 0; j < PER_RUN; j++) {
			delay(length);
			ran++;
#pragma omp barrier
		}
		break;
	case REDUCTION:
#pragma omp parallel num_threads(threads) reduction(+ : ran)
		{
			delay(length);
			ran++;
		}
		break;
	case ORDERED:
#pragma omp parallel for num_threads(threads) ordered schedule(static, 1) reduction(+ : ran)
		for (int j = 0; j < PER_RUN; j++) {
#pragma omp ordered
			delay(length);
			ran++;
		}
		break;
	case STATIC: SCHEDULED("omp parallel for num_threads(threads) schedule(static) reduction(+ : ran)") break;
	case STATIC1: SCHEDULED("omp parallel for num_threads(threads) schedule(static, 1) reduction(+ : ran)") break;
	case DYNAMIC1: SCHEDULED("omp parallel for num_threads(threads) schedule(dynamic, 1) reduction(+ : ran)") break;
	case GUIDED1: SCHEDULED("omp parallel for num_threads(threads) schedule(guided, 1) reduction(+ : ran)") break;
	}
	return ran;
}

#define TEXT(x) #x
#define VALUE(x) TEXT(x)

int main(int argc, char **argv) {
	return loops_main(argc, argv, "\"OpenMP\":\"" VALUE(_OPENMP) "\",\"openmp.c compiler\":\"" __VERSION__ "\"");
}
