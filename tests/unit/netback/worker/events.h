/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_WORKER_EVENTS_H
#define TEST_WORKER_EVENTS_H
/*
 * The test double of event channels: what libxenevtchn does for a backend, and
 * libxengnttab's handles (grants: ring/hypervisor.h). A channel
 * is masked when its event is taken; what comes meanwhile is delivered at the
 * unmask, once. Thread-safe.
 */
#include <stdbool.h>
#include <stdint.h>

#define EV_CHANNELS 1024u

/* Every channel unbound, nothing counted, no failure ordered. */
void ev_reset(void);
/* A descriptor for xenevtchn_fdopen() on which these channels will report. */
int ev_open(const uint32_t *channel, uint32_t count);
/* The guest's side. */
void ev_send(uint32_t channel);
/* How often the backend notified the guest on this channel. */
uint32_t ev_notified(uint32_t channel);
uint32_t ev_unmasked(uint32_t channel); /* how often it was unmasked */
/* Waits until the backend has notified at least `count` times; false after
 * ten seconds. */
bool ev_wait_notified(uint32_t channel, uint32_t count);
/* The next look at pending channels fails, as after an overflow. */
void ev_break(void);

/* Pages mapped now; handles of either kind open now. */
uint32_t ev_mapped(void);
uint32_t ev_handles(void);
/* The n-th mapping from now fails. */
void ev_fail_map(uint32_t n);

#endif
