/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that make bridges, as scripts and stanzas hold them. They are read
 * for what they mean, and not run. */
#include <string.h>
#include <strings.h>

#include "netconf/parse/import/sources.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *xn_import_switch(const char *word)
{
	static const char *const on[] = {"on", "yes", "1", "true"};
	static const char *const off[] = {"off", "no", "0", "false"};

	for (size_t i = 0; i < COUNT(on); i++) {
		if (!strcasecmp(word, on[i]))
			return "on";
		if (!strcasecmp(word, off[i]))
			return "off";
	}
	return NULL;
}

const char *xn_import_words(const struct xn_command *command,
			    char ret_text[XN_DRAFT_NOTE_MAX])
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (uint32_t i = 0; i < command->count; i++) {
		int length = snprintf(ret_text + used, XN_DRAFT_NOTE_MAX - used,
				      "%s%s", i ? " " : "", command->word[i]);

		if (length < 0 || (size_t)length >= XN_DRAFT_NOTE_MAX - used)
			break;
		used += (size_t)length;
	}
	return ret_text;
}

void xn_import_port(struct xn_draft *draft, struct xn_draft_section *bridge,
		    const char *nic, uint32_t line)
{
	const char *netdev = bridge ? xn_draft_get(bridge, "netdev") : NULL;

	if (!bridge || (netdev && !strcmp(netdev, nic)))
		return;
	if (netdev)
		xn_draft_note(draft, line,
			      "%s: %s: a bridge has one netdev here, which is "
			      "%s",
			      bridge->name, nic, netdev);
	else
		xn_draft_put(draft, bridge, "netdev", nic, line);
}

/* brctl's verbs that set one number, and our keys. */
static const char *key_of_verb(const char *verb)
{
	static const char *const verbs[][2] = {
		{"setageing", "ageing"},	   {"setageingtime", "ageing"},
		{"setbridgeprio", "stp-priority"}, {"setfd", "forward-delay"},
		{"sethello", "hello-time"},	   {"setmaxage", "max-age"},
	};

	for (size_t i = 0; i < COUNT(verbs); i++)
		if (!strcmp(verb, verbs[i][0]))
			return verbs[i][1];
	return NULL;
}

static bool take_brctl(struct xn_draft *draft, const struct xn_command *c,
		       uint32_t line)
{
	const char *verb = c->count > 1 ? c->word[1] : "";
	const char *key = key_of_verb(verb);
	struct xn_draft_section *bridge;

	if (c->count < 3 || strchr(c->word[2], '$'))
		return false;
	if (!strcmp(verb, "delbr") || !strcmp(verb, "delif"))
		return true;
	if (!strcmp(verb, "addbr") && c->count == 3) {
		(void)xn_draft_bridge(draft, c->word[2], line);
		return true;
	}
	if (c->count != 4 || strchr(c->word[3], '$'))
		return false;
	if (strcmp(verb, "addif") != 0 && strcmp(verb, "stp") != 0 && !key)
		return false;
	bridge = xn_draft_bridge(draft, c->word[2], line);
	if (!strcmp(verb, "addif"))
		xn_import_port(draft, bridge, c->word[3], line);
	else if (key)
		xn_draft_put(draft, bridge, key, c->word[3], line);
	else if (xn_import_switch(c->word[3]))
		xn_draft_put(draft, bridge, "stp", xn_import_switch(c->word[3]),
			     line);
	else
		return false;
	return true;
}

/* ip link set [dev] NAME up|down|mtu N. A bridge is up anyway. */
static bool take_ip_link(struct xn_draft *draft, const struct xn_command *c,
			 uint32_t line)
{
	uint32_t at = 3;
	struct xn_draft_section *bridge;

	if (c->count < 5 || strcmp(c->word[1], "link") != 0 ||
	    strcmp(c->word[2], "set") != 0)
		return false;
	if (!strcmp(c->word[at], "dev"))
		at++;
	bridge = xn_draft_find(draft, c->word[at++]);
	if (c->count == at + 1)
		return !strcmp(c->word[at], "up") ||
		       !strcmp(c->word[at], "down");
	if (!bridge || c->count != at + 2 || strcmp(c->word[at], "mtu") != 0 ||
	    strchr(c->word[at + 1], '$'))
		return false;
	xn_draft_put(draft, bridge, "mtu", c->word[at + 1], line);
	return true;
}

bool xn_import_bridge_command(struct xn_draft *draft,
			      const struct xn_command *command, uint32_t line)
{
	const char *name = xn_command_name(command);

	if (command->cut)
		return false;
	if (!strcmp(name, "brctl"))
		return take_brctl(draft, command, line);
	if (!strcmp(name, "ip"))
		return take_ip_link(draft, command, line);
	if (!strcmp(name, "ifconfig"))
		return command->count == 3 &&
		       (!strcmp(command->word[2], "up") ||
			!strcmp(command->word[2], "down"));
	return false;
}
