/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_MAILBOX_H
#define XNB_MAILBOX_H
/*
 * A bounded queue of equal items from one thread to another, with a
 * descriptor that is readable exactly while the queue is not empty. It
 * carries commands and events, never frames. Nothing is allocated after
 * xnb_mailbox_create().
 *
 * Threads: any number of writers, one reader.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xnb_mailbox;

/* Caller owns the result. NULL: errno is set. */
struct xnb_mailbox *xnb_mailbox_create(uint32_t items_max, size_t item_bytes);
void xnb_mailbox_destroy(struct xnb_mailbox *mailbox); /* accepts NULL */

/* For epoll, level-triggered. Belongs to the mailbox. */
int xnb_mailbox_fd(const struct xnb_mailbox *mailbox);

/* Copies the item in, unless fewer than `leave_free` items of room would be
 * left afterwards. Never waits. */
bool xnb_mailbox_put(struct xnb_mailbox *mailbox, const void *item,
		     uint32_t leave_free);
/* Copies the item in, waiting for room. Only for a writer that the reader
 * never waits for. */
void xnb_mailbox_put_wait(struct xnb_mailbox *mailbox, const void *item);

/* Copies the oldest item out. false: empty. Never waits. */
bool xnb_mailbox_get(struct xnb_mailbox *mailbox, void *ret_item);

uint32_t xnb_mailbox_count(struct xnb_mailbox *mailbox);

#endif
