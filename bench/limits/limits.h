// The C side of package limits: see limits.c.
#ifndef LIMITS_H
#define LIMITS_H

#include <stddef.h>
#include <stdint.h>

// Levels of instruction sets, in the order of limits.go.
enum { PORTABLE, AVX2, AVX512 };

double limits_flops(int level, size_t rounds, double *sink);
uint64_t limits_read(int level, const uint64_t *a, size_t n, size_t rounds);
void limits_nothing(void);

#endif
