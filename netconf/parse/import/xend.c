/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What xend's own network scripts would have made. Which release it was is not
 * written anywhere: where it matters, the note says what was taken.
 */
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/import/sources.h"

#define ROUTED_NAME "xenroute"
#define NAT_NAME "xennat"
/* vif-nat's addresses of the first 256 domains are in this network. */
#define NAT_ADDRESS "10.0.0.1/16"

/* VAR=VAL pairs of the old scripts. "": not said. */
struct settings {
	char bridge[XN_SHELL_WORD_MAX];
	char netdev[XN_SHELL_WORD_MAX];
	char vifnum[XN_SHELL_WORD_MAX];
	char antispoof[XN_SHELL_WORD_MAX];
	char dhcp[XN_SHELL_WORD_MAX];
	bool ends; /* stop, status, or not understood: nothing is made */
};

static void note_word(struct xn_draft *draft, const char *script,
		      const char *word, uint32_t line)
{
	xn_draft_note(draft, line, "%s: %.100s is not understood", script,
		      word);
}

static bool take_pair(struct settings *settings, const char *word)
{
	const struct {
		const char *name;
		char *value;
	} known[] = {
		{"bridge=", settings->bridge},
		{"netdev=", settings->netdev},
		{"vifnum=", settings->vifnum},
		{"antispoof=", settings->antispoof},
		{"dhcp=", settings->dhcp},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t length = strlen(known[i].name);

		if (strncmp(word, known[i].name, length) != 0)
			continue;
		return !strchr(word, '$') &&
		       xn_text_copy(known[i].value, XN_SHELL_WORD_MAX,
				    word + length) >= 0;
	}
	return false;
}

static void take_words(struct xn_draft *draft, const struct xn_command *c,
		       struct settings *ret, uint32_t line)
{
	const char *script = xn_command_name(c);

	memset(ret, 0, sizeof(*ret));
	if (c->cut)
		note_word(draft, script, "a word that is too long", line);
	for (uint32_t i = 1; i < c->count; i++) {
		const char *word = c->word[i];

		if (!strcmp(word, "stop") || !strcmp(word, "status"))
			ret->ends = true;
		else if (strcmp(word, "start") != 0 && word[0] != '$' &&
			 !take_pair(ret, word)) {
			note_word(draft, script, word, line);
			/* It may name the bridge: nothing is guessed. */
			ret->ends |= strchr(word, '$') != NULL;
		}
	}
}

/* Who says vifnum has the old scripts; the others' defaults are taken from
 * these too, as it was them that made xenbr0. */
static void name_old(struct settings *s, const char **ret_number)
{
	const char *number = s->vifnum[0] ? s->vifnum : "0";
	size_t digits = strlen(s->netdev);

	if (!s->vifnum[0] && !strncmp(s->netdev, "eth", 3) && digits == 4 &&
	    !s->bridge[0])
		number = s->netdev + 3;
	if (!s->bridge[0])
		(void)xn_text_format(s->bridge, sizeof(s->bridge), "xenbr%.8s",
				     number);
	if (!s->netdev[0])
		(void)xn_text_format(s->netdev, sizeof(s->netdev), "eth%.8s",
				     number);
	*ret_number = number;
}

static void take_network_bridge(struct xn_draft *draft, struct settings *s,
				uint32_t line)
{
	bool guessed = !s->bridge[0] || !s->netdev[0];
	const char *number, *antispoof = xn_import_switch(s->antispoof);
	struct xn_draft_section *bridge;

	if (!strcmp(s->bridge, "null"))
		return;
	name_old(s, &number);
	if (guessed)
		xn_draft_note(draft, line,
			      "network-bridge: bridge=%s netdev=%s taken, as "
			      "with Xen up to 3.1; later the bridge had the "
			      "name of the NIC (style = new)",
			      s->bridge, s->netdev);
	bridge = xn_draft_bridge(draft, s->bridge, line);
	xn_import_port(draft, bridge, s->netdev, line);
	/* A bridge of its NIC's name is the later scripts'. */
	if (!strcmp(s->bridge, s->netdev)) {
		xn_draft_put(draft, bridge, "style", "new", line);
	} else {
		xn_draft_put(draft, bridge, "style", "old", line);
		if (s->vifnum[0])
			xn_draft_put(draft, bridge, "vifnum", s->vifnum, line);
	}
	if (antispoof)
		xn_draft_put(draft, bridge, "antispoof", antispoof, line);
	else if (s->antispoof[0])
		note_word(draft, "network-bridge: antispoof", s->antispoof,
			  line);
	if (s->dhcp[0])
		note_word(draft, "network-bridge: dhcp", s->dhcp, line);
}

static void take_network_route(struct xn_draft *draft, struct settings *s,
			       uint32_t line)
{
	struct xn_draft_section *group =
		xn_draft_bridge(draft, ROUTED_NAME, line);

	xn_draft_put(draft, group, "mode", "routed", line);
	if (s->netdev[0])
		xn_draft_note(draft, line,
			      "network-route: netdev=%s: the routes decide "
			      "where guests' packets go",
			      s->netdev);
	if (s->bridge[0] || s->vifnum[0] || s->antispoof[0] || s->dhcp[0])
		xn_draft_note(draft, line,
			      "network-route: only netdev has a meaning");
}

static void take_network_nat(struct xn_draft *draft, struct settings *s,
			     uint32_t line)
{
	struct xn_draft_section *bridge =
		xn_draft_bridge(draft, NAT_NAME, line);
	const char *dhcp = xn_import_switch(s->dhcp);

	xn_draft_put(draft, bridge, "mode", "nat", line);
	if (bridge && !xn_draft_get(bridge, "address"))
		xn_draft_put(draft, bridge, "address", NAT_ADDRESS, line);
	xn_draft_note(draft, line,
		      "network-nat: the guests share the network of "
		      "%s and this gateway, where vif-nat gave each one of its "
		      "own: set their addresses and gateways, or another "
		      "network, as it fits",
		      NAT_ADDRESS);
	if (s->netdev[0])
		xn_draft_note(draft, line,
			      "network-nat: netdev=%s: the routes decide where "
			      "guests' packets go",
			      s->netdev);
	if (dhcp && !strcmp(dhcp, "on"))
		xn_draft_put(draft, bridge, "dhcp", "on", line);
	if (s->bridge[0] || s->vifnum[0] || s->antispoof[0])
		xn_draft_note(draft, line,
			      "network-nat: only netdev and dhcp have a "
			      "meaning");
}

bool xn_import_network_script(struct xn_draft *draft,
			      const struct xn_command *command, uint32_t line)
{
	const char *name = xn_command_name(command);
	bool bridge = !strcmp(name, "network-bridge");
	bool route = !strcmp(name, "network-route");
	struct settings settings;

	if (!bridge && !route && strcmp(name, "network-nat") != 0)
		return false;
	take_words(draft, command, &settings, line);
	if (settings.ends)
		return true;
	if (bridge)
		take_network_bridge(draft, &settings, line);
	else if (route)
		take_network_route(draft, &settings, line);
	else
		take_network_nat(draft, &settings, line);
	return true;
}
