// What a peer in C needs to be a worker: it stays up, maps the very bytes that all the
// others get, times itself, and speaks JSON lines. It says hello, then answers each
// request on its input with one line. Of requests it needs few keys ("threads", "inner",
// "answer"), and the benchmark writes them, so it scans for them instead of parsing.
#ifndef WORKER_H
#define WORKER_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
	const unsigned char *m = (const unsigned char *)mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (m == (const unsigned char *)MAP_FAILED) die("map", path);
	close(fd);
	size_t start = 10 + (size_t)m[8] + 256 * (size_t)m[9];
	array a = {(const int64_t *)(const void *)(m + start), ((size_t)st.st_size - start) / 8};
	return a;
}

typedef struct {
	const double *data;
	size_t rows, cols;
	int fortran;
} matrix;

// npy_matrix maps a two-dimensional .npy file of float64 and reads its shape.
static matrix npy_matrix(const char *path) {
	char header[512] = {0};
	FILE *f = fopen(path, "rb");
	if (f == NULL) die("open", path);
	size_t got = fread(header, 1, sizeof header - 1, f);
	fclose(f);
	for (size_t i = 0; i < got; i++)
		if (header[i] == '\0') header[i] = ' ';
	matrix m = {(const double *)(const void *)npy_map(path).data, 0, 0, strstr(header, "'fortran_order': True") != NULL};
	const char *shape = strstr(header, "'shape': (");
	if (shape == NULL || sscanf(shape, "'shape': (%zu,%zu", &m.rows, &m.cols) != 2) die("read the shape of", path);
	return m;
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

static double clock_seconds(clockid_t id) {
	struct timespec t;
	clock_gettime(id, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double now(void) { return clock_seconds(CLOCK_MONOTONIC); }

// processor_time is that of all threads of this process.
static double processor_time(void) { return clock_seconds(CLOCK_PROCESS_CPUTIME_ID); }

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

#endif
