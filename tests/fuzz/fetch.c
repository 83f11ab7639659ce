// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts the reads of each byte of a page (fetch.h). */
#include "fetch.h"

#include "fuzz.h"

#define PAGE_MAX 4096u
#define SCRIBBLE 0xa5u

void __sanitizer_cov_load1(uint8_t *at);
void __sanitizer_cov_load2(uint16_t *at);
void __sanitizer_cov_load4(uint32_t *at);
void __sanitizer_cov_load8(uint64_t *at);
void __sanitizer_cov_load16(__int128 *at);
void *__wrap___asan_memcpy(void *to, const void *from, size_t bytes);
void *__real___asan_memcpy(void *to, const void *from, size_t bytes);

static uint8_t *watched; /* NULL: nothing */
static size_t watched_bytes;
static bool scribbles;
static uint8_t original[PAGE_MAX];
static bool was_read[PAGE_MAX];
static size_t last_offset, last_bytes; /* the latest read */

/* The latest read is done once the next one is reported. */
static void scribble_over(void)
{
	memset(watched + last_offset, SCRIBBLE, last_bytes);
	last_bytes = 0;
}

static void note_read(const void *from, size_t bytes)
{
	size_t offset = (size_t)((uintptr_t)from - (uintptr_t)watched);

	if (!watched || offset >= watched_bytes || bytes == 0)
		return;
	if (scribbles)
		scribble_over();
	FUZZ_CHECK(bytes <= watched_bytes - offset);
	for (size_t i = offset; i < offset + bytes; i++) {
		FUZZ_CHECK(!was_read[i] && "shared memory is read once");
		was_read[i] = true;
	}
	last_offset = offset;
	last_bytes = bytes;
}

void fetch_watch(void *page, size_t bytes, bool scribble)
{
	FUZZ_CHECK(bytes <= PAGE_MAX);
	memcpy(original, page, bytes);
	memset(was_read, 0, sizeof(was_read));
	last_bytes = 0;
	scribbles = scribble;
	watched = page;
	watched_bytes = bytes;
}

size_t fetch_end(void)
{
	size_t count = 0;

	if (scribbles)
		memcpy(watched, original, watched_bytes);
	watched = NULL;
	for (size_t i = 0; i < watched_bytes; i++)
		count += was_read[i];
	return count;
}

void __sanitizer_cov_load1(uint8_t *at)
{
	note_read(at, sizeof(*at));
}

void __sanitizer_cov_load2(uint16_t *at)
{
	note_read(at, sizeof(*at));
}

void __sanitizer_cov_load4(uint32_t *at)
{
	note_read(at, sizeof(*at));
}

void __sanitizer_cov_load8(uint64_t *at)
{
	note_read(at, sizeof(*at));
}

void __sanitizer_cov_load16(__int128 *at)
{
	note_read(at, sizeof(*at));
}

void *__wrap___asan_memcpy(void *to, const void *from, size_t bytes)
{
	note_read(from, bytes);
	return __real___asan_memcpy(to, from, bytes);
}
