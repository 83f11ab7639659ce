/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See spin.h. */
#include "netconf/base/spin.h"

#include <sched.h>

static uint32_t processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (uint32_t)CPU_COUNT(&set);
}

void xn_spin_init(struct xn_spin *spin, uint32_t us_max)
{
	*spin = (struct xn_spin){
		.looks = 1,
		.us_max = us_max > 0 && processors() > 1 ? us_max : 0,
	};
}

static void halve(struct xn_spin *spin)
{
	spin->us /= 2;
	if (spin->us < XN_SPIN_US_MIN)
		spin->us = 0;
}

static void grow(struct xn_spin *spin)
{
	spin->us = spin->us > 0 ? spin->us * 2 : XN_SPIN_US_MIN;
	if (spin->us > spin->us_max)
		spin->us = spin->us_max;
}

void xn_spin_end(struct xn_spin *spin, uint64_t now_us)
{
	uint64_t pause_us = now_us - spin->begin_us;

	if (now_us < spin->quiet_us)
		return;
	if (pause_us > spin->us_max)
		halve(spin);
	else if (pause_us >= spin->us)
		grow(spin);
}

static void rest(struct xn_spin *spin, uint64_t now_us)
{
	bool again = now_us - spin->quiet_us < spin->quiet_for_us;

	spin->us = 0;
	spin->quiet_for_us = again ? spin->quiet_for_us * 2 : XN_SPIN_QUIET_US;
	if (spin->quiet_for_us > XN_SPIN_QUIET_US_MAX)
		spin->quiet_for_us = XN_SPIN_QUIET_US_MAX;
	spin->quiet_us = now_us + spin->quiet_for_us;
}

bool xn_spin_lasts(struct xn_spin *spin, uint64_t now_us)
{
	uint64_t away_us = now_us - spin->seen_us;

	spin->seen_us = now_us;
	spin->looks = away_us < XN_SPIN_ALONE_US ? XN_SPIN_LOOKS : 1;
	if (away_us >= XN_SPIN_AWAY_US)
		rest(spin, now_us);
	return now_us - spin->begin_us < spin->us;
}
