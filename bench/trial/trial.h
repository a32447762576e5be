// The article's divisor count in plain C: see trial.c.
#ifndef TRIAL_H
#define TRIAL_H

#include <stddef.h>
#include <stdint.h>

int64_t trial_sum(const int64_t *values, size_t n, int64_t at_most, int threads);

#endif
