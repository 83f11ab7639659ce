/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H
/*
 * What the fuzz targets share: taking an input apart, and saying what is wrong.
 * An input that ends early goes on with zeros, so that every input means
 * something.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer calls these. The result is always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What must hold for every input. */
#define FUZZ_CHECK(what)                                              \
	do {                                                          \
		if (!(what)) {                                        \
			fprintf(stderr, "%s:%d: does not hold: %s\n", \
				__FILE__, __LINE__, #what);           \
			abort();                                      \
		}                                                     \
	} while (0)

struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* Copies `bytes` of the input, zeros behind its end. */
static inline void fuzz_bytes(struct fuzz_input *in, void *ret, size_t bytes)
{
	size_t length = bytes < in->left ? bytes : in->left;

	memset(ret, 0, bytes);
	if (length)
		memcpy(ret, in->at, length);
	in->at += length;
	in->left -= length;
}

static inline uint8_t fuzz_u8(struct fuzz_input *in)
{
	uint8_t value;

	fuzz_bytes(in, &value, sizeof(value));
	return value;
}

static inline uint16_t fuzz_u16(struct fuzz_input *in)
{
	uint16_t value;

	fuzz_bytes(in, &value, sizeof(value));
	return value;
}

static inline uint32_t fuzz_u32(struct fuzz_input *in)
{
	uint32_t value;

	fuzz_bytes(in, &value, sizeof(value));
	return value;
}

#endif
