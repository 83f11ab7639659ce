/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_SPIN_H
#define XN_BASE_SPIN_H
/*
 * How long a thread that ran out of work looks for more before it sleeps: as
 * long as it recently would have paid off, and no longer than its limit. A
 * pause that the limit would have covered lengthens the next look, a longer
 * one halves it, so who is idle or gets something now and then only does not
 * look at all. (KVM's halt polling decides so, too.)
 *
 *   xn_spin_begin  out of work
 *   xn_spin_lasts  look, while this says so; then sleep
 *   xn_spin_end    work again, found by looking or after sleep
 *
 * Thread: one. Times in us, of any clock that does not go back.
 */
#include <stdbool.h>
#include <stdint.h>

/* More than this is no spinning for a moment. */
#define XN_SPIN_US_LIMIT 1000u
/* Who has looked so briefly is done with it: sleeping costs about this. */
#define XN_SPIN_US_MIN 4u
/* Looks at memory between two offers of the processor (sched_yield), while
 * nobody takes it: it came back within so many us. */
#define XN_SPIN_LOOKS 64u
#define XN_SPIN_ALONE_US 5u
/* Who gets the processor back so late shares it with somebody who needs it:
 * for a while there is no looking, and for twice as long each time that it
 * happens again soon. */
#define XN_SPIN_AWAY_US 50u
#define XN_SPIN_QUIET_US 10000u
#define XN_SPIN_QUIET_US_MAX 160000u

struct xn_spin {
	uint32_t us_max; /* 0: never */
	uint32_t us;	 /* for the next look */
	uint32_t looks;	 /* at memory, until it offers its processor */
	uint64_t begin_us, seen_us;
	uint64_t quiet_us; /* until then it does not look */
	uint32_t quiet_for_us;
};

/* `us_max` 0 means never; so does a machine with one processor for us, where
 * nobody could send while we look. */
void xn_spin_init(struct xn_spin *spin, uint32_t us_max);

static inline void xn_spin_begin(struct xn_spin *spin, uint64_t now_us)
{
	spin->begin_us = now_us;
	spin->seen_us = now_us;
}

/* Is it worth while to look at all? */
static inline bool xn_spin_is_on(const struct xn_spin *spin)
{
	return spin->us > 0;
}

/* Asked each time the processor was offered to others (sched_yield). */
bool xn_spin_lasts(struct xn_spin *spin, uint64_t now_us);
void xn_spin_end(struct xn_spin *spin, uint64_t now_us);

/* Between two looks at memory. */
#if defined(__x86_64__)
#define xn_spin_pause() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define xn_spin_pause() __asm__ volatile("yield")
#else
#define xn_spin_pause() __asm__ volatile("" ::: "memory")
#endif

#endif
