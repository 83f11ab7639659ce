/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_BATCH_H
#define XNAT_BATCH_H
/*
 * The messages that make the kernel's table the wanted one, in one
 * transaction: packets see the old table or the new one. Only what differs is
 * in it; when nothing does, it is empty.
 *
 * Pure; any thread. Memory: the batch owns its bytes.
 */
#include "natd/seen.h"
#include "natd/table.h"
#include "netconf/base/err.h"

#define XNAT_LABEL_MAX 80u

/* Zero-initialise: empty. */
struct xnat_batch {
	int error; /* -ENOMEM */
	char table[XNAT_NAME_MAX];
	uint32_t generation; /* seen.h; 0: whatever it is */
	size_t bytes, room;
	uint8_t *message; /* from the begin on; without the end */
	uint32_t count, label_room;
	char (*label)[XNAT_LABEL_MAX]; /* of each message, for refusals */
	/* Rules, elements, sets, chains, timeouts, tables. */
	uint32_t changes;
};

void xnat_batch_fini(struct xnat_batch *batch);

/* Appends to an empty batch. -ENOMEM. */
int xnat_batch_apply(const struct xnat_table *wanted,
		     const struct xnat_seen *seen, struct xnat_batch *batch,
		     struct xn_err *err);
/* Takes the table away. Chains of admins that have rules stay, and the table
 * with them. */
int xnat_batch_remove(const struct xnat_seen *seen, struct xnat_batch *batch,
		      struct xn_err *err);

/* The refused message in words; "" for none. */
const char *xnat_batch_label(const struct xnat_batch *batch, uint32_t place);

/* For batch.c and messages.c: room for a message, whose header is returned
 * (NULL: noted), and its end. `type` is NFT_MSG_*. */
struct nlmsghdr *xnat_message_begin(struct xnat_batch *batch, uint16_t type,
				    uint16_t flags, const char *what,
				    const char *name);
void xnat_message_end(struct xnat_batch *batch, const struct nlmsghdr *header);

/* The messages one by one (messages.c). */
void xnat_add_table(struct xnat_batch *batch);
void xnat_delete_table(struct xnat_batch *batch);
void xnat_add_chain(struct xnat_batch *batch, const struct xnat_chain *chain);
void xnat_delete_chain(struct xnat_batch *batch, const char *name);
void xnat_flush_chain(struct xnat_batch *batch, const char *name);
void xnat_add_rule(struct xnat_batch *batch, const char *chain,
		   const struct xnat_rule *rule);
void xnat_add_set(struct xnat_batch *batch, const struct xnat_set *set);
void xnat_delete_set(struct xnat_batch *batch, const char *name);
/* place[]: which of the set's elements are told. */
void xnat_tell_elements(struct xnat_batch *batch, bool add,
			const struct xnat_set *set, const uint32_t *place,
			uint32_t count);
void xnat_add_timeout(struct xnat_batch *batch,
		      const struct xnat_timeout *timeout);
void xnat_delete_timeout(struct xnat_batch *batch, const char *name);

#endif
