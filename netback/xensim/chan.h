/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_CHAN_H
#define XSIM_CHAN_H
/*
 * The state machine of one event-channel port, shared between processes and
 * free of locks. It is what Linux's evtchn device makes of Xen's pending and
 * mask bits:
 *
 *   IDLE            unmasked, nothing under way
 *   QUEUED          masked: the port number is in the owner's pipe, or was
 *                   read from it and is not unmasked yet
 *   QUEUED+PENDING  as QUEUED, and raised again since
 *
 * raise:   IDLE -> QUEUED (the caller queues the number); QUEUED -> +PENDING
 * unmask:  +PENDING -> QUEUED (the caller queues it again); QUEUED -> IDLE
 *
 * The upper 30 bits are the port's generation: a step taken for a port that
 * was closed and given away meanwhile does nothing.
 *
 * Ordering: every step is a read-modify-write, also the one that changes
 * nothing. So what the sender wrote before raising is visible to whoever
 * takes the next step on that port.
 */
#include <stdatomic.h>
#include <stdint.h>

#include "netback/xensim/shared.h"

#define XSIM_PORT_QUEUED 1u
#define XSIM_PORT_PENDING 2u
#define XSIM_PORT_BITS 2u
#define XSIM_PORT_GENERATION_MAX (UINT32_MAX >> XSIM_PORT_BITS)

enum xsim_step {
	XSIM_STEP_STALE,  /* another port lives here now */
	XSIM_STEP_MERGED, /* done, nothing to queue */
	XSIM_STEP_QUEUE,  /* the caller writes the number into the pipe */
};

/* The two below take a step only where nothing is to be queued for it: what
 * they return as QUEUE was not done. */

static inline uint32_t xsim_port_state(uint32_t generation, uint32_t bits)
{
	return generation << XSIM_PORT_BITS | bits;
}

static inline enum xsim_step xsim_port_raise_merged(struct xsim_endpoint *end,
						    uint32_t generation)
{
	uint32_t old = atomic_load_explicit(&end->state, memory_order_relaxed);

	do {
		if (old >> XSIM_PORT_BITS != generation)
			return XSIM_STEP_STALE;
		if (!(old & XSIM_PORT_QUEUED))
			return XSIM_STEP_QUEUE;
	} while (!atomic_compare_exchange_weak(&end->state, &old,
					       old | XSIM_PORT_PENDING));
	return XSIM_STEP_MERGED;
}

static inline enum xsim_step xsim_port_unmask_idle(struct xsim_endpoint *end,
						   uint32_t generation)
{
	uint32_t old = atomic_load_explicit(&end->state, memory_order_relaxed);

	do {
		if (old >> XSIM_PORT_BITS != generation)
			return XSIM_STEP_STALE;
		if (old & XSIM_PORT_PENDING)
			return XSIM_STEP_QUEUE;
	} while (!atomic_compare_exchange_weak(&end->state, &old,
					       old & ~XSIM_PORT_QUEUED));
	return XSIM_STEP_MERGED;
}

static inline enum xsim_step xsim_port_raise(struct xsim_endpoint *end,
					     uint32_t generation)
{
	uint32_t old = atomic_load_explicit(&end->state, memory_order_relaxed);
	uint32_t new;

	do {
		if (old >> XSIM_PORT_BITS != generation)
			return XSIM_STEP_STALE;
		new = old | XSIM_PORT_QUEUED;
		if (old & XSIM_PORT_QUEUED)
			new |= XSIM_PORT_PENDING;
	} while (!atomic_compare_exchange_weak(&end->state, &old, new));
	return old & XSIM_PORT_QUEUED ? XSIM_STEP_MERGED : XSIM_STEP_QUEUE;
}

static inline enum xsim_step xsim_port_unmask(struct xsim_endpoint *end,
					      uint32_t generation)
{
	uint32_t old = atomic_load_explicit(&end->state, memory_order_relaxed);
	uint32_t new;

	do {
		if (old >> XSIM_PORT_BITS != generation)
			return XSIM_STEP_STALE;
		new = old & ~XSIM_PORT_PENDING;
		if (!(old & XSIM_PORT_PENDING))
			new &= ~XSIM_PORT_QUEUED;
	} while (!atomic_compare_exchange_weak(&end->state, &old, new));
	return old & XSIM_PORT_PENDING ? XSIM_STEP_QUEUE : XSIM_STEP_MERGED;
}

#endif
