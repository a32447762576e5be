// The fastest plain read of memory, and who compiled it: see read.c.
#ifndef READ_H
#define READ_H

#include <stddef.h>
#include <stdint.h>

uint64_t read_words(const uint64_t *a, size_t n);
const char *read_compiler(void);

#endif
