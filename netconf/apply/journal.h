/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_APPLY_JOURNAL_H
#define XN_APPLY_JOURNAL_H
/*
 * What an apply is about to do, on disk before it is done. For netconf/apply
 * only.
 *
 * A file of lines, each "CRC JSON": the CRC-32 (of Ethernet), in eight hex
 * digits, of all JSON texts so far, so a line that was changed, lost or moved
 * is noticed. The first line is the header (version, boot, network namespace,
 * time, number of operations), then come the operations, then one mark for
 * each step begun. The file appears under its name complete with header and
 * operations; only a mark can be torn, and then its step was not begun.
 *
 * While an apply or a recovery is at work it holds a lock on the file.
 * Directory and file are root's; what is read back is checked all the same.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/apply/place.h"
#include "netconf/base/err.h"
#include "netconf/plan/plan.h"

#define XN_JOURNAL_VERSION 1
#define XN_JOURNAL_BYTES_MAX (32U << 20)

struct xn_journal;

/* Caller owns *ret_journal. -EEXIST: an earlier one is there, recover first;
 * -EBUSY: another apply is at work; -ENOSPC and others of write(2): nothing
 * is left behind. */
int xn_journal_create(const char *path, const struct xn_plan *plan,
		      const struct xn_journal_place *place,
		      struct xn_journal **ret_journal, struct xn_err *err);
/* On disk when it returns 0. */
int xn_journal_begin(struct xn_journal *journal, enum xn_step step,
		     struct xn_err *err);
/* All is well, one way or the other: the file goes. */
int xn_journal_remove(struct xn_journal *journal, struct xn_err *err);
/* Frees it; the file stays unless it was removed. Accepts NULL. */
void xn_journal_close(struct xn_journal *journal);

struct xn_journal_content {
	struct xn_journal_place place;
	struct xn_plan plan;  /* xn_plan_fini() */
	uint32_t steps_begun; /* bits by enum xn_step */
};

/* Opens what an earlier apply left, and locks it. Caller owns both outputs.
 * -ENOENT: nothing; -EBUSY: it is at work; -EBADMSG: the content is not what
 * was written; -EPROTONOSUPPORT: another version's; -EPERM: others could have
 * written it. */
int xn_journal_open(const char *path, struct xn_journal **ret_journal,
		    struct xn_journal_content *ret_content, struct xn_err *err);

/* For journal.c and journal_read.c. */
uint32_t xn_journal_crc(uint32_t crc, const char *text, size_t bytes);
int xn_journal_parse(char *text, size_t bytes,
		     struct xn_journal_content *ret_content, size_t *ret_good,
		     uint32_t *ret_crc, struct xn_err *err);

#endif
