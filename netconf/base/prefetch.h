/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_PREFETCH_H
#define XN_BASE_PREFETCH_H
/*
 * Asking for cache lines that are going to be written. __builtin_prefetch()
 * asks an x86 processor for a line to be read, unless told of the processor; if
 * another core has written it last, the store has to ask once more.
 * (PREFETCHW: a hint; every 64-bit processor takes it, some do nothing.)
 *
 * Thread: any. The address need not be one.
 */
#include <stddef.h>
#include <stdint.h>

#define XN_CACHE_LINE_BYTES 64u

#if defined(__x86_64__)
#define xn_prefetch_write(at) \
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)(at)))
#else
#define xn_prefetch_write(at) __builtin_prefetch((at), 1)
#endif

/* All lines of `bytes` bytes. */
static inline void xn_prefetch_write_range(const void *from, size_t bytes)
{
	const char *at = from;

	for (size_t done = 0; done < bytes; done += XN_CACHE_LINE_BYTES)
		xn_prefetch_write(at + done);
}

#endif
