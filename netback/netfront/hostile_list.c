// SPDX-License-Identifier: GPL-2.0-or-later
/* All attacks, dice, and what is reported. See hostile.h. */
#include "netback/netfront/hostile.h"

const struct xnf_attack *xnf_attack_at(uint32_t index)
{
	const struct xnf_attack *const groups[] = {
		xnf_attacks_index,  xnf_attacks_slots, xnf_attacks_grants,
		xnf_attacks_events, xnf_attacks_keys,  xnf_attacks_store,
		xnf_attacks_ctrl,   xnf_attacks_rx,    xnf_attacks_mutate,
		xnf_attacks_look,   xnf_attacks_steps,
	};

	for (uint32_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		for (const struct xnf_attack *attack = groups[g]; attack->name;
		     attack++)
			if (!index--)
				return attack;
	return NULL;
}

void xnf_report(struct xnf_hostile *one, const char *name, uint64_t value)
{
	if (one->row_count == XNF_REPORT_MAX)
		return;
	one->row[one->row_count++] = (struct xnf_report_row){name, value};
}

/* splitmix64 (Steele, Lea, Flood 2014): every seed is a good one. */
uint64_t xnf_dice_roll(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}
