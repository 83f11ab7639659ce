/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netback/xensim/tables.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "netback/xensim/shared.h"

struct range {
	void *start;
	uint32_t pages;
	uint32_t id;
};

struct table {
	struct range range[XSIM_RANGES_MAX];
	uint32_t used; /* dense: the last one fills a hole */
};

static pthread_mutex_t tables_lock = PTHREAD_MUTEX_INITIALIZER;
static struct table tables[XSIM_RANGE_KINDS];

int xsim_tables_add(enum xsim_range_kind kind, void *start, uint32_t pages,
		    uint32_t id)
{
	struct table *table = &tables[kind];
	int rc = -ENOSPC;

	pthread_mutex_lock(&tables_lock);
	if (table->used < XSIM_RANGES_MAX) {
		table->range[table->used++] = (struct range){start, pages, id};
		rc = 0;
	}
	pthread_mutex_unlock(&tables_lock);
	return rc;
}

int xsim_tables_take(enum xsim_range_kind kind, const void *start,
		     uint32_t pages, uint32_t *ret_id)
{
	struct table *table = &tables[kind];
	int rc = -EINVAL;

	pthread_mutex_lock(&tables_lock);
	for (uint32_t i = 0; i < table->used; i++) {
		if (table->range[i].start != start ||
		    table->range[i].pages != pages)
			continue;
		*ret_id = table->range[i].id;
		table->range[i] = table->range[--table->used];
		rc = 0;
		break;
	}
	pthread_mutex_unlock(&tables_lock);
	return rc;
}

static void forget_all(struct table *table)
{
	for (uint32_t i = 0; i < table->used; i++)
		munmap(table->range[i].start,
		       (size_t)table->range[i].pages * XSIM_PAGE_BYTES);
	table->used = 0;
}

void xsim_tables_before_fork(void)
{
	pthread_mutex_lock(&tables_lock);
}

void xsim_tables_after_fork(bool in_child)
{
	for (unsigned int kind = 0; in_child && kind < XSIM_RANGE_KINDS; kind++)
		forget_all(&tables[kind]);
	pthread_mutex_unlock(&tables_lock);
}
