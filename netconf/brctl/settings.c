/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs that set one number of a bridge or of a port. What a number may
 * be the kernel knows (it depends on STP); here it only has to fit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/brctl/lookup.h"
#include "netconf/brctl/number.h"
#include "netconf/brctl/verbs.h"
#include "netconf/nl/bridge.h"

/* One verb: its attribute, and its words for failures. */
struct setting {
	uint16_t attr;
	const char *bad;  /* the value is none */
	const char *what; /* could not be done */
};

static enum xn_brctl_status bad_value(const struct setting *setting)
{
	(void)fprintf(stderr, "%s\n", setting->bad);
	return XN_BRCTL_FAILED;
}

static enum xn_brctl_status report(const struct setting *setting, int rc)
{
	if (rc == 0)
		return XN_BRCTL_DONE;
	(void)fprintf(stderr, "%s failed: %s\n", setting->what, strerror(-rc));
	return XN_BRCTL_FAILED;
}

/* `parsed`: what reading the value came to, -ERANGE or 0. That there is no
 * such bridge is said before that the value is too large. */
static enum xn_brctl_status set_bridge(struct xn_nl *nl, const char *name,
				       const struct setting *setting,
				       int parsed, uint32_t value)
{
	struct xn_nl_setting one = {setting->attr, value};
	struct xn_link bridge;
	int rc = xn_brctl_find_bridge(nl, name, &bridge);

	if (rc == 0)
		rc = parsed;
	if (rc == 0)
		rc = xn_bridge_set(nl, bridge.ifindex, &one, 1, NULL);
	return report(setting, rc);
}

static enum xn_brctl_status set_time(struct xn_nl *nl, char *const *word,
				     const struct setting *setting)
{
	uint32_t cs = 0;
	int rc = xn_brctl_parse_time(word[2], &cs);

	if (rc == -EINVAL)
		return bad_value(setting);
	return set_bridge(nl, word[1], setting, rc, cs);
}

enum xn_brctl_status xn_brctl_setageing(struct xn_nl *nl, int word_count,
					char *const *word)
{
	static const struct setting ageing = {IFLA_BR_AGEING_TIME,
					      "bad ageing time value",
					      "set ageing time"};

	(void)word_count;
	return set_time(nl, word, &ageing);
}

enum xn_brctl_status xn_brctl_setfd(struct xn_nl *nl, int word_count,
				    char *const *word)
{
	static const struct setting delay = {IFLA_BR_FORWARD_DELAY,
					     "bad forward delay value",
					     "set forward delay"};

	(void)word_count;
	return set_time(nl, word, &delay);
}

enum xn_brctl_status xn_brctl_sethello(struct xn_nl *nl, int word_count,
				       char *const *word)
{
	static const struct setting hello = {
		IFLA_BR_HELLO_TIME, "bad hello timer value", "set hello timer"};

	(void)word_count;
	return set_time(nl, word, &hello);
}

enum xn_brctl_status xn_brctl_setmaxage(struct xn_nl *nl, int word_count,
					char *const *word)
{
	static const struct setting max_age = {
		IFLA_BR_MAX_AGE, "bad max age value", "set max age"};

	(void)word_count;
	return set_time(nl, word, &max_age);
}

enum xn_brctl_status xn_brctl_setbridgeprio(struct xn_nl *nl, int word_count,
					    char *const *word)
{
	static const struct setting priority = {
		IFLA_BR_PRIORITY, "bad priority", "set bridge priority"};
	uint32_t value = 0;
	int rc = xn_brctl_parse_number(word[2], UINT16_MAX, &value);

	(void)word_count;
	if (rc == -EINVAL)
		return bad_value(&priority);
	return set_bridge(nl, word[1], &priority, rc, value);
}

static const char bad_switch[] = "expect on/off for argument";

enum xn_brctl_status xn_brctl_stp(struct xn_nl *nl, int word_count,
				  char *const *word)
{
	static const struct setting stp = {IFLA_BR_STP_STATE, bad_switch,
					   "set stp status"};
	bool on;

	(void)word_count;
	if (xn_brctl_parse_switch(word[2], &on) < 0)
		return bad_value(&stp);
	return set_bridge(nl, word[1], &stp, 0, on);
}

static enum xn_brctl_status set_port(struct xn_nl *nl, char *const *word,
				     const struct setting *setting,
				     uint32_t max)
{
	struct xn_nl_setting one = {.attr = setting->attr};
	int parsed = xn_brctl_parse_number(word[3], max, &one.value);
	struct xn_link port;
	int rc;

	if (parsed == -EINVAL)
		return bad_value(setting);
	rc = xn_brctl_find_port(nl, word[1], word[2], &port);
	if (rc == 0)
		rc = parsed;
	if (rc == 0)
		rc = xn_brport_set(nl, port.ifindex, &one, 1, NULL);
	return report(setting, rc);
}

enum xn_brctl_status xn_brctl_setpathcost(struct xn_nl *nl, int word_count,
					  char *const *word)
{
	static const struct setting cost = {
		IFLA_BRPORT_COST, "bad path cost value", "set path cost"};

	(void)word_count;
	return set_port(nl, word, &cost, UINT32_MAX);
}

enum xn_brctl_status xn_brctl_setportprio(struct xn_nl *nl, int word_count,
					  char *const *word)
{
	static const struct setting priority = {IFLA_BRPORT_PRIORITY,
						"bad path priority value",
						"set port priority"};

	(void)word_count;
	return set_port(nl, word, &priority, UINT16_MAX);
}

enum xn_brctl_status xn_brctl_hairpin(struct xn_nl *nl, int word_count,
				      char *const *word)
{
	static const struct setting hairpin = {.attr = IFLA_BRPORT_MODE,
					       .bad = bad_switch};
	struct xn_nl_setting one = {.attr = hairpin.attr};
	struct xn_link link;
	bool on;
	int rc;

	(void)word_count;
	if (xn_brctl_parse_switch(word[3], &on) < 0)
		return bad_value(&hairpin);
	one.value = on;
	rc = xn_brctl_find_port(nl, word[1], word[2], &link);
	if (rc == 0)
		rc = xn_brport_set(nl, link.ifindex, &one, 1, NULL);
	if (rc == 0)
		return XN_BRCTL_DONE;
	if (rc == -ENODEV && xn_brctl_find_link(nl, word[2], &link) == -ENODEV)
		(void)fprintf(stderr, "interface %s does not exist!\n",
			      word[2]);
	else if (rc == -ENODEV)
		(void)fprintf(stderr, "bridge %s does not exist!\n", word[1]);
	else
		(void)fprintf(stderr,
			      "can't set %s to hairpin on bridge %s: %s\n",
			      word[2], word[1], strerror(-rc));
	return XN_BRCTL_FAILED;
}
