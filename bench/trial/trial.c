// Divisors by trial division, as the article on parallel scipy.weave counts them:
// every value up to at_most is divided by 1, 2, … up to its square root.
//
// The one loop serves two builds. cgo compiles it without OpenMP and package
// parfor runs it; peers/openmp.c compiles it with -fopenmp and OpenMP runs it.
// The two differ in who splits the loop, and in nothing else.
#include "trial.h"

// The article's loop variables were C ints, and its values lie below 2^31.
static inline int divisors(uint32_t v) {
	int count = 0;
	uint32_t k = 1;
	for (; k * k < v; k++)
		if (v % k == 0) count += 2;
	return count + (k * k == v);
}

// trial_sum returns the number of divisors of all values in [1, at_most]. Guided
// chunks suit OpenMP best here: the cost of a value grows with its square root,
// and a value above at_most costs nothing. Threads counts only under OpenMP.
int64_t trial_sum(const int64_t *values, size_t n, int64_t at_most, int threads) {
	int64_t sum = 0;
	(void)threads;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(guided, 1024) reduction(+ : sum)
#endif
	for (size_t i = 0; i < n; i++)
		if (values[i] >= 1 && values[i] <= at_most) sum += divisors((uint32_t)values[i]);
	return sum;
}
