// The OpenMP peer: a worker process that runs trial.c's loop under OpenMP.
//
// Like every peer it stays up, maps the very bytes that all the others get, times
// itself, and speaks JSON lines: it says hello, then answers each request on its
// input with one line. It reads only the keys it needs ("threads", "inner",
// "answer") from requests that the benchmark writes, so it scans for them instead
// of parsing. Usage: openmp VALUES.npy QUERIES.npy
#include <errno.h>
#include <fcntl.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../trial/trial.h"

typedef struct {
	const int64_t *data;
	size_t n;
} array;

static void die(const char *what, const char *name) {
	printf("{\"error\":\"%s %s: %s\"}\n", what, name, strerror(errno));
	exit(1);
}

// npy_map maps a one-dimensional .npy file of int64: a magic string of 8 bytes, a
// header length of 2, the header, then the data.
static array npy_map(const char *path) {
	int fd = open(path, O_RDONLY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < 10) die("open", path);
	const unsigned char *m = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (m == MAP_FAILED) die("map", path);
	close(fd);
	size_t start = 10 + (size_t)m[8] + 256 * (size_t)m[9];
	return (array){(const int64_t *)(const void *)(m + start), ((size_t)st.st_size - start) / 8};
}

// npy_save writes n doubles; the header is padded to 128 bytes in all.
static int npy_save(const char *path, const double *v, size_t n) {
	FILE *f = fopen(path, "wb");
	char header[119];
	if (f == NULL) return -1;
	int len = snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu,), }", n);
	memset(header + len, ' ', sizeof header - (size_t)len);
	header[117] = '\n';
	fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, f);
	fwrite(header, 1, 118, f);
	size_t wrote = fwrite(v, sizeof *v, n, f);
	return fclose(f) != 0 || wrote != n ? -1 : 0;
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int number(const char *line, const char *key) {
	const char *p = strstr(line, key);
	return p == NULL ? 1 : atoi(p + strlen(key));
}

static char *text(char *line, const char *key) {
	char *p = strstr(line, key), *end;
	if (p == NULL || (end = strchr(p += strlen(key), '"')) == NULL) return NULL;
	*end = '\0';
	return p;
}

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
		double start = now();
		for (int r = 0; r < inner; r++)
			for (size_t q = 0; q < queries.n; q++)
				sums[q] = (double)trial_sum(values.data, values.n, queries.data[q], threads);
		double seconds = now() - start;
		if (answer == NULL || npy_save(answer, sums, queries.n) != 0)
			printf("{\"error\":\"cannot write the answer\"}\n");
		else
			printf("{\"seconds\":%.9f}\n", seconds);
	}
	return 0;
}
