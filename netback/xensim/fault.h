/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_FAULT_H
#define XSIM_FAULT_H
/*
 * Faults injected by name. A specification reads NAME[=VALUE][,every=N]
 * [,domid=D]; several are separated by ';' (in XENSIM_FAULTS, which arms them
 * for one process only). `every` counts occasions and hits the N-th, 2N-th,
 * ...; without it each one is hit.
 *
 *   copy-status=CODE  a grant-copy segment answers CODE and copies nothing
 *   copy-fail=ERRNO   a whole grant-copy call fails, nothing is copied
 *   map-fail=ERRNO    a map call fails
 *   map-limit=PAGES   a domain may map so many pages (lab-wide only)
 *   event-lost        a notification vanishes
 *   event-doubled     a notification is queued twice
 *   delay-us=N        a copy, map or notify call takes N us longer
 *   crash             the caller of a copy from a guest's page dies (SIGILL)
 *
 * CODE and ERRNO may be written with or without their minus sign. `domid`
 * names the granting domain (copy-status, map-fail), the one copied from
 * (crash) or the notified one.
 * Thread: any; the fast path's price is one relaxed load.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/xensim/shared.h"

struct xsim_fault_spec {
	enum xsim_fault_kind kind;
	int32_t value;
	uint32_t every;
	uint32_t domid;
};

/* One specification of `length` bytes. 0 or -EINVAL. */
int xsim_fault_parse(const char *text, uint32_t length,
		     struct xsim_fault_spec *ret_spec);

/* A name alone, for switching it off. 0 or -EINVAL. */
int xsim_fault_kind_parse(const char *name, enum xsim_fault_kind *ret_kind);
const char *xsim_fault_name(enum xsim_fault_kind kind);
bool xsim_fault_has_value(enum xsim_fault_kind kind);

/* Arms or disarms in `faults`; the spec must have come out of the parser or
 * passed xsim_fault_valid(). */
bool xsim_fault_valid(const struct xsim_fault_spec *spec);
void xsim_fault_arm(struct xsim_faults *faults,
		    const struct xsim_fault_spec *spec);
void xsim_fault_disarm(struct xsim_faults *faults, enum xsim_fault_kind kind);

/* True when some fault is armed for the lab or for this process. */
bool xsim_fault_any(const struct xsim_lab *lab);

/* True when this occasion is hit; *ret_value is the fault's value. domid
 * XSIM_ANY_DOMID: an occasion that has none. */
bool xsim_fault_hits(struct xsim_lab *lab, enum xsim_fault_kind kind,
		     uint32_t domid, int32_t *ret_value);

/* Takes the time that delay-us asks for. */
void xsim_fault_delay(struct xsim_lab *lab);

#endif
