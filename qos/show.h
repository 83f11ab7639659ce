/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_SHOW_H
#define QOS_SHOW_H
/* What is in force, for people and programs. Pure but for jansson's memory. */
#include <jansson.h>

#include "qos/observed.h"

/* {"shapers": [{"link": the vif or uplink, "way": "send"|"receive", as
 * guests see it, "share": of an uplink, "of": "limit"|"all"|
 * "others"|MAC, "class", "on": where the class is, "by":
 * "htb"|"nft", which has no class, and whose burst is a second's worth more
 * than what is said (police.h), "rate_bytes",
 * "ceiling_bytes" (both a second), "burst_bytes", "quantum_bytes", "bytes",
 * "frames", "drops", "backlog_bytes"}]}. A new reference; NULL: out of memory.
 */
json_t *xq_show(const struct xq_observed *observed);

#endif
