/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_BRIDGE_CHURN_H
#define TEST_BRIDGE_CHURN_H
/*
 * A small forwarding table, nearly full, in which stations that stay are moved
 * and displaced all the time by others that come and go: for tests that look
 * into it meanwhile. One writer; churn_wrong() for any reader.
 */
#include <stdint.h>

#include "bridge/fdb_table.h"

struct churn {
	struct xsw_fdb *fdb;
	uint32_t random;
};

void churn_init(struct churn *churn);
void churn_fini(struct churn *churn);
/* One insert, move or removal. */
void churn_step(struct churn *churn);
/* Displacements so far; the writer's. */
uint32_t churn_displaced(const struct churn *churn);
/* Looks once for everyone who stays and as often for who never was; how many
 * answers were wrong. */
uint32_t churn_wrong(const struct xsw_fdb *fdb);

#endif
