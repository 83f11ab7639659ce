/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_RECORD_H
#define XN_SAFE_RECORD_H
/*
 * One apply of the configuration, as it is remembered: what was applied, what
 * of the host's network is ours since, and who has to confirm it until when.
 * The same record is first the pending one and then, under another name, the
 * confirmed one: that is one rename.
 *
 * Pure but for memory. What is read back is checked value by value.
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "netconf/apply/place.h"
#include "netconf/force/texts.h"
#include "netconf/plan/host.h"
#include "netconf/safe/session.h"

#define XN_RECORD_VERSION 1
#define XN_RECORD_SECONDS_MAX 86400U

struct xn_record {
	char boot_id[XN_BOOT_ID_MAX];
	uint64_t namespace_cookie;
	uint64_t id; /* of this apply, at random */
	char *conf;  /* planeconf_write.h; the record owns it */
	/* Of what NAT, rates and shares were made before; the record's. */
	struct xn_force_texts before;
	struct xn_ours ours;
	uint32_t confirm_s;   /* 0: nobody has to confirm it */
	uint64_t deadline_ms; /* CLOCK_BOOTTIME, then it is rolled back */
	struct xn_session session;
};

void xn_record_fini(struct xn_record *record); /* accepts what is zero */

/* A new reference. NULL: out of memory. */
json_t *xn_record_to_json(const struct xn_record *record);
/* The caller owns what it holds; set on success only. -EBADMSG with the key;
 * -EPROTONOSUPPORT: another version's. */
int xn_record_from_json(const json_t *json, struct xn_record *ret_record,
			struct xn_err *err);

#endif
