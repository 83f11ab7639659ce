/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between two tables, see batch.h. The order is the kernel's
 * wish: rules go before the sets that they name, sets before the chains that
 * their verdicts name; what comes comes the other way round.
 */
#include "natd/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "natd/build.h"

void xnat_batch_fini(struct xnat_batch *batch)
{
	free(batch->message);
	free(batch->label);
	*batch = (struct xnat_batch){0};
}

const char *xnat_batch_label(const struct xnat_batch *batch, uint32_t place)
{
	return place < batch->count ? batch->label[place] : "";
}

static bool same_set(const struct xnat_set *a, const struct xnat_set *b)
{
	return a->key_type == b->key_type && a->key_bytes == b->key_bytes &&
	       a->data_bytes == b->data_bytes &&
	       (!a->data_bytes || a->data_type == b->data_type) &&
	       a->is_verdicts == b->is_verdicts &&
	       a->has_intervals == b->has_intervals &&
	       a->is_dynamic == b->is_dynamic;
}

static const struct xnat_timeout *timeout_named(const struct xnat_table *table,
						const char *name)
{
	for (uint32_t i = 0; i < table->timeout_count; i++)
		if (!strcmp(table->timeout[i].name, name))
			return &table->timeout[i];
	return NULL;
}

/* Each step that is wanted is so; the kernel adds those that are not said. */
static bool same_timeout(const struct xnat_timeout *wanted,
			 const struct xnat_timeout *seen)
{
	if (wanted->protocol != seen->protocol)
		return false;
	for (uint32_t i = 0; i < wanted->count; i++) {
		bool found = false;

		for (uint32_t k = 0; k < seen->count; k++)
			found |= wanted->step[i].attr == seen->step[k].attr &&
				 wanted->step[i].seconds ==
					 seen->step[k].seconds;
		if (!found)
			return false;
	}
	return true;
}

/* A set or a timeout is another one: rules that name it have to go first, and
 * which do is not looked at. */
static bool definitions_differ(const struct xnat_table *wanted,
			       const struct xnat_seen *seen)
{
	for (uint32_t i = 0; i < seen->table.set_count; i++) {
		const struct xnat_set *set = &seen->table.set[i];
		const struct xnat_set *other =
			xnat_set_named(wanted, set->name);

		if (!other || !same_set(set, other))
			return true;
	}
	for (uint32_t i = 0; i < seen->table.timeout_count; i++) {
		const struct xnat_timeout *timeout = &seen->table.timeout[i];
		const struct xnat_timeout *other =
			timeout_named(wanted, timeout->name);

		if (!other || !same_timeout(other, timeout))
			return true;
	}
	return false;
}

static bool same_rule(const char *chain, const struct xnat_rule *wanted,
		      const char *seen, struct xnat_batch *batch)
{
	struct nftnl_rule *built = xnat_build_rule(batch->table, chain, wanted);
	char *text = built ? xnat_rule_text(built) : NULL;
	bool same = text && !strcmp(text, seen);

	if (!text)
		batch->error = -ENOMEM;
	free(text);
	if (built)
		nftnl_rule_free(built);
	return same;
}

static bool same_hook(const struct xnat_chain *a, const struct xnat_chain *b)
{
	return a->is_base == b->is_base &&
	       (!a->is_base ||
		(!strcmp(a->type, b->type) && a->hook == b->hook &&
		 a->priority == b->priority));
}

static bool same_rules(const struct xnat_chain *chain,
		       const struct xnat_seen_rules *rules,
		       struct xnat_batch *batch)
{
	if (chain->count != rules->count)
		return false;
	for (uint32_t i = 0; i < chain->count; i++)
		if (!same_rule(chain->name, &chain->rule[i], rules->text[i],
			       batch))
			return false;
	return true;
}

static const struct xnat_chain *chain_named(const struct xnat_table *table,
					    const char *name)
{
	for (uint32_t i = 0; i < table->chain_count; i++)
		if (!strcmp(table->chain[i].name, name))
			return &table->chain[i];
	return NULL;
}

/* What becomes of each chain that is there. */
enum fate {
	STAYS,
	REFILLED,
	GOES,
	LEFT_ALONE, /* of nobody that we know, or of admins */
};

static enum fate fate_of(const struct xnat_table *wanted,
			 const struct xnat_seen *seen, uint32_t place,
			 bool refill, struct xnat_batch *batch)
{
	const struct xnat_chain *chain = &seen->table.chain[place];
	const struct xnat_chain *other = chain_named(wanted, chain->name);

	if (xnat_is_admins(chain->name))
		return LEFT_ALONE;
	if (!other || !same_hook(chain, other))
		return GOES;
	if (refill || !same_rules(other, &seen->rules[place], batch))
		return REFILLED;
	return STAYS;
}

/* The elements of `set` that `other` (NULL: empty) has not. Both are in
 * order. */
static void tell_missing(struct xnat_batch *batch, bool add,
			 const struct xnat_set *set,
			 const struct xnat_set *other)
{
	uint32_t *missing, count = 0, k = 0;

	if (set->count == 0 || set->is_dynamic)
		return;
	missing = calloc(set->count, sizeof(*missing));
	if (!missing) {
		batch->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < set->count; i++) {
		const struct xnat_element *element = &set->element[i];

		while (other && k < other->count &&
		       xnat_element_compare(set, &other->element[k], element) <
			       0)
			k++;
		if (!other || k == other->count ||
		    !xnat_element_equal(set, &other->element[k], element))
			missing[count++] = i;
	}
	xnat_tell_elements(batch, add, set, missing, count);
	free(missing);
}

static void take_sets(const struct xnat_table *wanted,
		      const struct xnat_seen *seen, struct xnat_batch *batch)
{
	for (uint32_t i = 0; i < seen->table.set_count; i++) {
		const struct xnat_set *set = &seen->table.set[i];
		const struct xnat_set *other =
			xnat_set_named(wanted, set->name);

		if (other && same_set(set, other))
			tell_missing(batch, false, set, other);
		else
			xnat_delete_set(batch, set->name);
	}
}

static void take_timeouts(const struct xnat_table *wanted,
			  const struct xnat_seen *seen,
			  struct xnat_batch *batch)
{
	for (uint32_t i = 0; i < seen->table.timeout_count; i++) {
		const struct xnat_timeout *timeout = &seen->table.timeout[i];
		const struct xnat_timeout *other =
			timeout_named(wanted, timeout->name);

		if (!other || !same_timeout(other, timeout))
			xnat_delete_timeout(batch, timeout->name);
	}
}

static void give_sets(const struct xnat_table *wanted,
		      const struct xnat_seen *seen, struct xnat_batch *batch)
{
	for (uint32_t i = 0; i < wanted->set_count; i++) {
		const struct xnat_set *set = &wanted->set[i];
		const struct xnat_set *there =
			xnat_set_named(&seen->table, set->name);

		if (!there || !same_set(set, there)) {
			xnat_add_set(batch, set);
			there = NULL;
		}
		tell_missing(batch, true, set, there);
	}
}

static void give_timeouts(const struct xnat_table *wanted,
			  const struct xnat_seen *seen,
			  struct xnat_batch *batch)
{
	for (uint32_t i = 0; i < wanted->timeout_count; i++) {
		const struct xnat_timeout *timeout = &wanted->timeout[i];
		const struct xnat_timeout *there =
			timeout_named(&seen->table, timeout->name);

		if (!there || !same_timeout(timeout, there))
			xnat_add_timeout(batch, timeout);
	}
}

static void give_chains(const struct xnat_table *wanted,
			const struct xnat_seen *seen, const enum fate *fate,
			struct xnat_batch *batch)
{
	for (uint32_t i = 0; i < wanted->chain_count; i++) {
		int there = xnat_seen_chain(seen, wanted->chain[i].name);

		if (there < 0 || fate[there] == GOES)
			xnat_add_chain(batch, &wanted->chain[i]);
	}
}

static void give_rules(const struct xnat_table *wanted,
		       const struct xnat_seen *seen, const enum fate *fate,
		       struct xnat_batch *batch)
{
	for (uint32_t i = 0; i < wanted->chain_count; i++) {
		const struct xnat_chain *chain = &wanted->chain[i];
		int there = xnat_seen_chain(seen, chain->name);

		if (there >= 0 && fate[there] != GOES &&
		    fate[there] != REFILLED)
			continue;
		for (uint32_t k = 0; k < chain->count; k++)
			xnat_add_rule(batch, chain->name, &chain->rule[k]);
	}
}

static int report(const struct xnat_batch *batch, struct xn_err *err)
{
	if (batch->error)
		return xn_fail(err, -batch->error, "NAT: out of memory");
	return 0;
}

static void begin(struct xnat_batch *batch, const struct xnat_seen *seen)
{
	batch->generation = seen->generation;
	memcpy(batch->table, seen->name, sizeof(batch->table));
}

int xnat_batch_apply(const struct xnat_table *wanted,
		     const struct xnat_seen *seen, struct xnat_batch *batch,
		     struct xn_err *err)
{
	uint32_t chains = seen->table.chain_count;
	enum fate *fate = calloc(chains ? chains : 1, sizeof(*fate));
	bool refill = definitions_differ(wanted, seen);

	if (!fate)
		return xn_fail(err, ENOMEM, "NAT: out of memory");
	begin(batch, seen);
	if (!seen->exists)
		xnat_add_table(batch);
	for (uint32_t i = 0; i < chains; i++) {
		fate[i] = fate_of(wanted, seen, i, refill, batch);
		if ((fate[i] == REFILLED || fate[i] == GOES) &&
		    seen->rules[i].count > 0)
			xnat_flush_chain(batch, seen->table.chain[i].name);
	}
	take_sets(wanted, seen, batch);
	take_timeouts(wanted, seen, batch);
	for (uint32_t i = 0; i < chains; i++)
		if (fate[i] == GOES)
			xnat_delete_chain(batch, seen->table.chain[i].name);
	give_timeouts(wanted, seen, batch);
	give_chains(wanted, seen, fate, batch);
	give_sets(wanted, seen, batch);
	give_rules(wanted, seen, fate, batch);
	free(fate);
	return report(batch, err);
}

int xnat_batch_remove(const struct xnat_seen *seen, struct xnat_batch *batch,
		      struct xn_err *err)
{
	const struct xnat_table nothing = {0};
	bool stays = seen->has_admins_sets;

	if (!seen->exists)
		return 0;
	for (uint32_t i = 0; i < seen->table.chain_count; i++)
		stays |= xnat_is_admins(seen->table.chain[i].name) &&
			 seen->rules[i].count > 0;
	if (stays)
		return xnat_batch_apply(&nothing, seen, batch, err);
	begin(batch, seen);
	xnat_delete_table(batch);
	return report(batch, err);
}
