/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FUZZ_FETCH_H
#define TEST_FUZZ_FETCH_H
/*
 * Watches a shared page: no byte of it may be read twice, for between the two
 * reads its owner may change it. Files compiled with the compile option
 * -fsanitize-coverage=trace-loads report each load before it is done (clang
 * 14), and -Wl,--wrap=__asan_memcpy each copy.
 */
#include <stdbool.h>
#include <stddef.h>

/* From here on the process ends at a second read of a byte. One page at a
 * time. `scribble`: what was read is written over before the next read, so that
 * nobody lives on what lies there still; only for readers that write nothing
 * to the page. */
void fetch_watch(void *page, size_t bytes, bool scribble);
/* Returns how many bytes were read; what was scribbled over is as it was. */
size_t fetch_end(void);

#endif
