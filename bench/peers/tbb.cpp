// The peer of oneTBB: column sums and trial.c's loop, by parallel_for and parallel_reduce
// with the library's own partitioner.
#include <oneapi/tbb.h>

#include <vector>

extern "C" {
#include "../trial/trial.h"
}
#include "loops.h"

using range = tbb::blocked_range<size_t>;

// A limit on threads holds as long as its object lives.
struct with_threads {
	tbb::global_control control;
	explicit with_threads(int n) : control(tbb::global_control::max_allowed_parallelism, (size_t)n) {}
};

static void colsum(const double *a, size_t rows, size_t cols, int fortran, double *sums, int threads) {
	with_threads limit(threads);
	if (fortran) {
		tbb::parallel_for(range(0, cols), [=](const range &r) {
			for (size_t j = r.begin(); j < r.end(); j++) {
				double s[8] = {0}; // a compiler may not reorder one sum
				size_t i = 0;
				for (; i + 8 <= rows; i += 8)
					for (int k = 0; k < 8; k++) s[k] += a[j * rows + i + k];
				for (; i < rows; i++) s[0] += a[j * rows + i];
				sums[j] = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
			}
		});
		return;
	}
	std::vector<double> total = tbb::parallel_reduce(
	    range(0, rows), std::vector<double>(cols),
	    [=](const range &r, std::vector<double> s) {
		    for (size_t i = r.begin(); i < r.end(); i++)
			    for (size_t j = 0; j < cols; j++) s[j] += a[i * cols + j];
		    return s;
	    },
	    [](std::vector<double> s, const std::vector<double> &t) {
		    for (size_t j = 0; j < s.size(); j++) s[j] += t[j];
		    return s;
	    });
	memcpy(sums, total.data(), cols * sizeof *sums);
}

static int64_t trial(const int64_t *values, size_t n, int64_t at_most, int threads) {
	with_threads limit(threads);
	return tbb::parallel_reduce(
	    range(0, n, 1024), (int64_t)0,
	    [=](const range &r, int64_t sum) { return sum + trial_sum(values + r.begin(), r.size(), at_most, 1); },
	    [](int64_t x, int64_t y) { return x + y; });
}

// The constructs are those of OpenMP.
static long construct(int, int, int) { return 0; }

int main(int argc, char **argv) {
	return loops_main(argc, argv, "\"oneTBB\":\"" TBB_VERSION_STRING "\",\"tbb.cpp compiler\":\"" __VERSION__ "\"");
}
