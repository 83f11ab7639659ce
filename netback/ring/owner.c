// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See owner.h. The owners of one guest are a ring; what each needs to know of
 * the others at once is made anew when one of them changes.
 */
#include "netback/ring/owner.h"

#include "netback/ring/grants.h"

static bool has_ring(const struct xnb_owner *owner, uint32_t ref)
{
	for (uint32_t i = 0; i < owner->ref_count; i++) {
		if (owner->ref[i] == ref)
			return true;
	}
	return false;
}

bool xnb_owner_looks(const struct xnb_owner *owner, uint32_t ref)
{
	const struct xnb_owner *other = owner->next;

	if (has_ring(owner, ref))
		return true;
	for (; other && other != owner; other = other->next) {
		if (has_ring(other, ref) ||
		    (other->grants && xnb_grants_find(other->grants, ref)))
			return true;
	}
	return false;
}

static uint64_t own_bits(const struct xnb_owner *owner)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < owner->ref_count; i++)
		bits |= UINT64_C(1) << (owner->ref[i] % 64);
	return bits;
}

/* Of all in the ring. */
static void make_bits(struct xnb_owner *first)
{
	struct xnb_owner *owner = first;
	uint32_t with_grants = 0;
	uint64_t bits = 0;

	do {
		bits |= own_bits(owner);
		with_grants += owner->grants != NULL;
		owner = owner->next;
	} while (owner && owner != first);
	owner = first;
	do {
		bool others = with_grants > (owner->grants != NULL ? 1u : 0u);

		owner->ref_bits = others ? UINT64_MAX : bits;
		owner = owner->next;
	} while (owner && owner != first);
}

void xnb_owner_join(struct xnb_owner *owner, struct xnb_owner *other)
{
	owner->next = other->next ? other->next : other;
	other->next = owner;
	make_bits(owner);
}

void xnb_owner_leave(struct xnb_owner *owner)
{
	struct xnb_owner *before = owner->next;

	if (!before)
		return;
	while (before->next != owner)
		before = before->next;
	before->next = owner->next == before ? NULL : owner->next;
	owner->next = NULL;
	make_bits(before);
}

void xnb_owner_set_grants(struct xnb_owner *owner,
			  const struct xnb_grants *grants)
{
	bool same = !owner->grants == !grants;

	owner->grants = grants;
	if (!same)
		make_bits(owner);
}
