/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory and order of a table, see table.h. */
#include "natd/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

#define ROOM_MIN 8u

void xnat_table_fini(struct xnat_table *table)
{
	for (uint32_t i = 0; i < table->chain_count; i++)
		free(table->chain[i].rule);
	for (uint32_t i = 0; i < table->set_count; i++)
		free(table->set[i].element);
	free(table->chain);
	free(table->set);
	free(table->timeout);
	*table = (struct xnat_table){0};
}

/* Room for one more in *array, zeroed. false: noted in the table. */
static bool make_room(struct xnat_table *table, void *array, uint32_t count,
		      uint32_t *room, size_t item_bytes)
{
	uint32_t wanted = *room ? *room * 2 : ROOM_MIN;
	void *more;

	memcpy(&more, array, sizeof(more));
	if (table->error)
		return false;
	if (count == *room) {
		more = reallocarray(more, wanted, item_bytes);
		if (!more) {
			table->error = -ENOMEM;
			return false;
		}
		*room = wanted;
		memcpy(array, &more, sizeof(more));
	}
	memset((char *)more + (size_t)count * item_bytes, 0, item_bytes);
	return true;
}

uint32_t xnat_chain_add(struct xnat_table *table, const char *name)
{
	if (!make_room(table, &table->chain, table->chain_count,
		       &table->chain_room, sizeof(*table->chain)))
		return 0;
	if (xn_text_copy(table->chain[table->chain_count].name, XNAT_NAME_MAX,
			 name) < 0)
		table->error = -E2BIG;
	return table->chain_count++;
}

uint32_t xnat_base_chain_add(struct xnat_table *table, const char *name,
			     const char *type, uint32_t hook, int32_t priority)
{
	uint32_t place = xnat_chain_add(table, name);

	if (!table->error) {
		table->chain[place].is_base = true;
		table->chain[place].type = type;
		table->chain[place].hook = hook;
		table->chain[place].priority = priority;
	}
	return place;
}

void xnat_rule_begin(struct xnat_table *table, uint32_t chain)
{
	struct xnat_chain *c;

	if (table->error)
		return;
	c = &table->chain[chain];
	if (make_room(table, &c->rule, c->count, &c->room, sizeof(*c->rule)))
		c->count++;
}

void xnat_expr_add(struct xnat_table *table, uint32_t chain,
		   const struct xnat_expr *expr)
{
	struct xnat_rule *rule;

	if (table->error)
		return;
	rule = &table->chain[chain].rule[table->chain[chain].count - 1];
	if (rule->count == XNAT_RULE_EXPRS_MAX)
		table->error = -E2BIG;
	else
		rule->expr[rule->count++] = *expr;
}

void xnat_set_add(struct xnat_table *table, const struct xnat_set *set)
{
	if (make_room(table, &table->set, table->set_count, &table->set_room,
		      sizeof(*table->set)))
		table->set[table->set_count++] = *set;
}

void xnat_timeout_add(struct xnat_table *table,
		      const struct xnat_timeout *timeout)
{
	if (make_room(table, &table->timeout, table->timeout_count,
		      &table->timeout_room, sizeof(*table->timeout)))
		table->timeout[table->timeout_count++] = *timeout;
}

struct xnat_set *xnat_set_named(const struct xnat_table *table,
				const char *name)
{
	for (uint32_t i = 0; i < table->set_count; i++)
		if (!strcmp(table->set[i].name, name))
			return &table->set[i];
	return NULL;
}

void xnat_element_add(struct xnat_table *table, const char *set,
		      const struct xnat_element *element)
{
	struct xnat_set *to = xnat_set_named(table, set);

	if (table->error || !to)
		return;
	if (table->elements == XNAT_ELEMENTS_MAX) {
		table->error = -E2BIG;
		return;
	}
	if (make_room(table, &to->element, to->count, &to->room,
		      sizeof(*to->element))) {
		to->element[to->count++] = *element;
		table->elements++;
	}
}

int xnat_element_compare(const struct xnat_set *set,
			 const struct xnat_element *a,
			 const struct xnat_element *b)
{
	int order = memcmp(a->key, b->key, set->key_bytes);

	if (order == 0 && set->has_intervals)
		order = memcmp(a->key_end, b->key_end, set->key_bytes);
	return order;
}

bool xnat_element_equal(const struct xnat_set *set,
			const struct xnat_element *a,
			const struct xnat_element *b)
{
	return xnat_element_compare(set, a, b) == 0 &&
	       memcmp(a->data, b->data, set->data_bytes) == 0 &&
	       strcmp(a->chain, b->chain) == 0;
}

static int compare(const void *a, const void *b, void *set)
{
	return xnat_element_compare(set, a, b);
}

void xnat_set_sort(struct xnat_set *set)
{
	if (set->count > 1)
		qsort_r(set->element, set->count, sizeof(*set->element),
			compare, set);
}

uint32_t xnat_table_rules(const struct xnat_table *table)
{
	uint32_t rules = 0;

	for (uint32_t i = 0; i < table->chain_count; i++)
		rules += table->chain[i].count;
	return rules;
}
