// The OpenMP side of epcc: EPCC's synchronisation and schedule
// microbenchmarks (J. M. Bull, "Measuring Synchronisation and Scheduling
// Overheads in OpenMP", EWOMP 1999) and regions of longer bodies. Arguments:
// threads. Prints lines of name and nanoseconds per construct, one for each outer
// repetition, the serial reference not yet taken off.
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTER = 20, PER_THREAD = 128 };

static int threads;
static int len100; // delay length of 0.1 µs

static void delay(int length) {
	float a = 0;
	for (int i = 0; i < length; i++) a += i;
	if (a < 0) printf("%f\n", a);
}

static double measure(void (*test)(int inner, int length), int length) {
	int inner = 16;
	for (;;) { // as EPCC: repeat until one test takes a millisecond
		double t = omp_get_wtime();
		test(inner, length);
		t = omp_get_wtime() - t;
		if (t > 1e-3) return t / inner * 1e9;
		inner *= 2;
	}
}

static void serial(int inner, int length) {
	for (int j = 0; j < inner; j++) delay(length);
}

static int calibrate(double ns) {
	double best = 1e30;
	for (int k = 0; k < 20; k++) best = fmin(best, measure(serial, 100000));
	return (int)(ns / best * 100000 + 0.5);
}

static void region(int inner, int length) {
	for (int j = 0; j < inner; j++) {
#pragma omp parallel for num_threads(threads) schedule(static)
		for (int i = 0; i < threads; i++) delay(length);
	}
}

static void barrier(int inner, int length) {
#pragma omp parallel num_threads(threads)
	for (int j = 0; j < inner; j++) {
		delay(length);
#pragma omp barrier
	}
}

static void reduction(int inner, int length) {
	int a = 0;
	for (int j = 0; j < inner; j++) {
#pragma omp parallel num_threads(threads) reduction(+ : a)
		{
			delay(length);
			a += 1;
		}
	}
	if (a < 0) printf("%d\n", a);
}

static void ordered(int inner, int length) {
#pragma omp parallel for num_threads(threads) ordered schedule(static, 1)
	for (int j = 0; j < inner; j++) {
#pragma omp ordered
		delay(length);
	}
}

#define SCHEDULE(name, clause)                                          \
	static void name(int inner, int length) {                       \
		for (int j = 0; j < inner; j++) {                       \
			_Pragma(clause) for (int i = 0; i < PER_THREAD * threads; i++) \
				delay(length);                          \
		}                                                       \
	}
SCHEDULE(static0, "omp parallel for num_threads(threads) schedule(static)")
SCHEDULE(static1, "omp parallel for num_threads(threads) schedule(static, 1)")
SCHEDULE(static8, "omp parallel for num_threads(threads) schedule(static, 8)")
SCHEDULE(dynamic1, "omp parallel for num_threads(threads) schedule(dynamic, 1)")
SCHEDULE(dynamic8, "omp parallel for num_threads(threads) schedule(dynamic, 8)")
SCHEDULE(guided1, "omp parallel for num_threads(threads) schedule(guided, 1)")
SCHEDULE(guided8, "omp parallel for num_threads(threads) schedule(guided, 8)")

int main(int argc, char **argv) {
	threads = argc > 1 ? atoi(argv[1]) : 2;
	len100 = calibrate(100);
	int len2 = calibrate(2000), len10 = calibrate(10000), len100us = calibrate(100000);
	struct {
		const char *name;
		void (*test)(int, int);
		int length;
	} tests[] = {
		{"delay-100ns", serial, len100}, {"delay-2us", serial, len2}, {"delay-10us", serial, len10},
		{"delay-100us", serial, len100us},
		{"region-100ns", region, len100}, {"region-2us", region, len2}, {"region-10us", region, len10},
		{"region-100us", region, len100us},
		{"barrier", barrier, len100}, {"reduction", reduction, len100}, {"ordered", ordered, len100},
		{"static", static0, len100}, {"static,1", static1, len100}, {"static,8", static8, len100},
		{"dynamic,1", dynamic1, len100}, {"dynamic,8", dynamic8, len100},
		{"guided,1", guided1, len100}, {"guided,8", guided8, len100},
	};
	for (int outer = 0; outer < OUTER; outer++)
		for (size_t k = 0; k < sizeof tests / sizeof *tests; k++)
			printf("%s %.1f\n", tests[k].name, measure(tests[k].test, tests[k].length));
	return 0;
}
