/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_GROUPS_H
#define XSW_GROUPS_H
/*
 * The groups that one port's guest registered (multicast control, xen/io/
 * netif.h): a sorted array, so that asking takes at most seven steps whatever
 * the guest chose. Keys are those of classify.h.
 *
 * Thread: one that changes, any that ask: who asks during a change looks again.
 * Memory: the caller's; zeroed is empty.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bridge/switch.h"

struct xsw_groups {
	_Atomic uint32_t version; /* odd: it is being changed */
	_Atomic uint32_t count;
	_Atomic uint64_t key[XSW_GROUPS_MAX]; /* ascending */
};

/* While it changes without end (its guest says so, a word a frame): true. */
bool xsw_groups_have(const struct xsw_groups *groups, uint64_t key);
/* 0, also when it is there already; -ENOSPC. */
int xsw_groups_add(struct xsw_groups *groups, uint64_t key);
void xsw_groups_del(struct xsw_groups *groups, uint64_t key);

#endif
