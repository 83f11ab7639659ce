/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconf/brctl/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define CS_PER_S 100.0
/* 2.3 is a little less than 230 hundredths as a double, and means 230. */
#define HALF_A_MICROSECOND_CS 5e-5

/* Something was read, and nothing but blanks is left. */
static bool is_whole(const char *text, const char *end)
{
	if (end == text)
		return false;
	while (isspace((unsigned char)*end))
		end++;
	return *end == '\0';
}

int xn_brctl_parse_time(const char *text, uint32_t *ret_cs)
{
	char *end;
	double seconds = strtod(text, &end);
	double cs;

	if (!is_whole(text, end) || !isfinite(seconds))
		return -EINVAL;
	cs = seconds * CS_PER_S + HALF_A_MICROSECOND_CS;
	if (seconds < 0 || cs >= UINT32_MAX + 1.0)
		return -ERANGE;
	*ret_cs = (uint32_t)cs;
	return 0;
}

int xn_brctl_parse_number(const char *text, uint32_t max, uint32_t *ret_value)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 0);
	if (!is_whole(text, end))
		return -EINVAL;
	if (errno == ERANGE || value < 0 || value > (long long)max)
		return -ERANGE;
	*ret_value = (uint32_t)value;
	return 0;
}

int xn_brctl_parse_switch(const char *text, bool *ret_on)
{
	static const struct {
		const char *word;
		bool on;
	} words[] = {{"on", true},   {"yes", true}, {"1", true},
		     {"off", false}, {"no", false}, {"0", false}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].word) == 0) {
			*ret_on = words[i].on;
			return 0;
		}
	}
	return -EINVAL;
}
