/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stanzas of interfaces(5), with the options of bridge-utils-interfaces(5).
 * A stanza with bridge options, or that makes a bridge by a command, becomes a
 * bridge; others are noted.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/import/sources.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OPTIONS_MAX 48u

struct option {
	uint32_t line;
	char name[XN_SHELL_NAME_MAX]; /* with '_' for each '-' */
	char value[XN_CONF_WORD_MAX];
};

struct stanza {
	uint32_t line;
	char name[XN_SHELL_WORD_MAX];
	char family[16], method[16];
	uint32_t count;
	struct option option[OPTIONS_MAX];
};

struct reader {
	struct xn_draft *draft;
	bool in_stanza;
	struct stanza stanza;
};

static const struct option *find(const struct stanza *stanza, const char *name)
{
	for (uint32_t i = 0; i < stanza->count; i++)
		if (!strcmp(stanza->option[i].name, name))
			return &stanza->option[i];
	return NULL;
}

static bool is_command(const struct option *option)
{
	static const char *const names[] = {"up",      "down",	   "pre_up",
					    "post_up", "pre_down", "post_down"};

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(option->name, names[i]))
			return true;
	return false;
}

/* ifupdown has no comments behind words, but people write them behind the
 * bridge's options. */
static void cut_comment(struct option *option)
{
	char *c = option->value;

	while (*c && !(*c == '#' &&
		       (c == option->value || c[-1] == ' ' || c[-1] == '\t')))
		c++;
	*c = '\0';
	while (c > option->value && (c[-1] == ' ' || c[-1] == '\t'))
		*--c = '\0';
}

/* A command that makes the stanza's own interface a bridge. */
static bool makes_bridge(const struct stanza *stanza,
			 const struct option *option)
{
	struct xn_shell shell = {0};
	const char *at = option->value;
	struct xn_command command;
	bool found = false;

	if (!is_command(option))
		return false;
	(void)xn_shell_set(&shell, "IFACE", stanza->name);
	while (xn_shell_next(&shell, &at, &command))
		found |= command.count == 3 &&
			 !strcmp(xn_command_name(&command), "brctl") &&
			 !strcmp(command.word[1], "addbr") &&
			 !strcmp(command.word[2], stanza->name);
	return found;
}

static bool is_bridge(const struct stanza *stanza)
{
	for (uint32_t i = 0; i < stanza->count; i++)
		if (!strncmp(stanza->option[i].name, "bridge_", 7) ||
		    makes_bridge(stanza, &stanza->option[i]))
			return true;
	return false;
}

/* bridge_ports: names; none; all and patterns are nobody's names. */
/* A pattern, which stands for whatever is there. A dot is one, too, but in a
 * VLAN device's usual name (eth0.100). */
static bool is_pattern(const char *word)
{
	const char *dot = strrchr(word, '.');

	if (strpbrk(word, "*[+") || strchr(word, '.') != dot)
		return true;
	return dot && (dot == word || !dot[1] ||
		       strspn(dot + 1, "0123456789") != strlen(dot + 1));
}

static void take_ports(struct xn_draft *draft, struct xn_draft_section *bridge,
		       const struct option *option)
{
	char value[XN_CONF_WORD_MAX];
	char *rest = value, *word;

	(void)xn_text_copy(value, sizeof(value), option->value);
	while ((word = strsep(&rest, " \t"))) {
		if (!word[0] || !strcmp(word, "none"))
			continue;
		if (!strcmp(word, "all") || !strcmp(word, "regex") ||
		    is_pattern(word))
			xn_draft_note(draft, option->line,
				      "bridge_ports %.60s: a NIC's name is "
				      "wanted",
				      word);
		else
			xn_import_port(draft, bridge, word, option->line);
	}
}

/* A dotted netmask's bits; -1: it is none. */
static int mask_bits(const char *text)
{
	struct in_addr mask;
	uint32_t bits;

	if (!xn_parse_u32(text, 1, 128, &bits))
		return (int)bits;
	if (inet_pton(AF_INET, text, &mask) != 1 || !mask.s_addr)
		return -1;
	bits = ~ntohl(mask.s_addr);
	/* Ones only at the end: a power of two less one. */
	if (bits & (bits + 1))
		return -1;
	return __builtin_popcount(ntohl(mask.s_addr));
}

static void take_address(struct xn_draft *draft,
			 struct xn_draft_section *bridge,
			 const struct stanza *stanza)
{
	const struct option *address = find(stanza, "address");
	const struct option *netmask = find(stanza, "netmask");
	const struct option *gateway = find(stanza, "gateway");
	char text[XN_CONF_WORD_MAX];
	int bits;

	if (!address) {
		xn_draft_note(draft, stanza->line,
			      "%s: static without an address", stanza->name);
		return;
	}
	bits = netmask ? mask_bits(netmask->value) : -1;
	if (!strchr(address->value, '/') && bits < 0)
		xn_draft_note(draft, address->line,
			      "%s: address %.60s: no netmask", stanza->name,
			      address->value);
	else if (strchr(address->value, '/'))
		xn_draft_add(draft, bridge, "address", address->value,
			     address->line);
	else if (xn_text_format(text, sizeof(text), "%s/%d", address->value,
				bits) > 0)
		xn_draft_add(draft, bridge, "address", text, address->line);
	if (gateway)
		xn_draft_add(draft, bridge, "gateway", gateway->value,
			     gateway->line);
}

static void take_method(struct xn_draft *draft, struct xn_draft_section *bridge,
			const struct stanza *stanza)
{
	bool ipv6 = !strcmp(stanza->family, "inet6");

	if (!strcmp(stanza->method, "manual"))
		return;
	if (!strcmp(stanza->method, "static"))
		take_address(draft, bridge, stanza);
	else if (!strcmp(stanza->method, "dhcp"))
		xn_draft_note(draft, stanza->line,
			      "%s: %s dhcp: no client is started from the file "
			      "yet, so this stanza is to stay",
			      stanza->name, stanza->family);
	else if (!strcmp(stanza->method, "auto") && ipv6)
		xn_draft_add(draft, bridge, "address", "auto6", stanza->line);
	else
		xn_draft_note(draft, stanza->line,
			      "%s: %s %s is not understood", stanza->name,
			      stanza->family, stanza->method);
}

/* bridge_pathcost and bridge_portprio: a port and its number. */
static void take_port_value(struct xn_draft *draft,
			    struct xn_draft_section *bridge, const char *key,
			    const struct option *option)
{
	const char *netdev = xn_draft_get(bridge, "netdev");
	size_t length = strcspn(option->value, " \t");

	if (netdev && strlen(netdev) == length &&
	    !strncmp(netdev, option->value, length) && option->value[length])
		xn_draft_put(draft, bridge, key,
			     option->value + length +
				     strspn(option->value + length, " \t"),
			     option->line);
	else
		xn_draft_note(draft, option->line,
			      "%s %.60s: it is of no netdev", option->name,
			      option->value);
}

/* Options whose value is ours, or a word for on and off. */
static bool take_simple(struct xn_draft *draft, struct xn_draft_section *bridge,
			const struct option *option)
{
	static const struct {
		const char *name, *key;
		bool is_switch;
	} known[] = {
		{"bridge_ageing", "ageing", false},
		{"bridge_bridgeprio", "stp-priority", false},
		{"bridge_fd", "forward-delay", false},
		{"bridge_hello", "hello-time", false},
		{"bridge_maxage", "max-age", false},
		{"bridge_stp", "stp", true},
		{"bridge_vlan_aware", "vlan-filtering", true},
		{"bridge_mcsnoop", "multicast-snooping", true},
		{"bridge_mcquerier", "multicast-querier", true},
		{"mtu", "mtu", false},
		{"hwaddress", "mac", false},
		{"bridge_hw", "mac", false},
	};

	for (size_t i = 0; i < COUNT(known); i++) {
		const char *value = option->value;

		if (strcmp(option->name, known[i].name) != 0)
			continue;
		if (!strncmp(value, "ether ", 6))
			value += 6;
		if (known[i].is_switch)
			value = xn_import_switch(value);
		if (!value)
			return false;
		xn_draft_put(draft, bridge, known[i].key, value, option->line);
		return true;
	}
	return false;
}

static void take_command(struct xn_draft *draft, const struct stanza *stanza,
			 const struct option *option)
{
	struct xn_shell shell = {0};
	const char *at = option->value;
	struct xn_command command;
	char words[XN_DRAFT_NOTE_MAX];

	(void)xn_shell_set(&shell, "IFACE", stanza->name);
	while (xn_shell_next(&shell, &at, &command))
		if (!xn_import_bridge_command(draft, &command, option->line))
			xn_draft_note(draft, option->line,
				      "%s: not understood: %.200s",
				      option->name,
				      xn_import_words(&command, words));
}

static void take_option(struct xn_draft *draft, struct xn_draft_section *bridge,
			const struct stanza *stanza,
			const struct option *option)
{
	/* Taken with the address, or what follows from it. */
	static const char *const quiet[] = {"address", "netmask", "gateway",
					    "network", "bridge_ports"};

	for (size_t i = 0; i < COUNT(quiet); i++)
		if (!strcmp(option->name, quiet[i]))
			return;
	if (is_command(option))
		take_command(draft, stanza, option);
	else if (!strcmp(option->name, "bridge_pathcost"))
		take_port_value(draft, bridge, "netdev-cost", option);
	else if (!strcmp(option->name, "bridge_portprio"))
		take_port_value(draft, bridge, "netdev-priority", option);
	else if (!strcmp(option->name, "bridge_waitport") ||
		 !strcmp(option->name, "bridge_maxwait"))
		xn_draft_note(draft, option->line,
			      "%s %.60s: there is no key for waiting",
			      option->name, option->value);
	else if (!take_simple(draft, bridge, option))
		xn_draft_note(draft, option->line, "%s %.60s is not understood",
			      option->name, option->value);
}

static void end_stanza(struct reader *reader)
{
	const struct stanza *stanza = &reader->stanza;
	struct xn_draft_section *bridge;
	const struct option *ports;

	if (!reader->in_stanza)
		return;
	reader->in_stanza = false;
	/* A second stanza of a bridge, for its IPv6, has no bridge options. */
	bridge = xn_draft_find(reader->draft, stanza->name);
	if (!bridge && is_bridge(stanza))
		bridge = xn_draft_bridge(reader->draft, stanza->name,
					 stanza->line);
	else if (!bridge && strcmp(stanza->method, "manual") != 0 &&
		 strcmp(stanza->method, "loopback") != 0)
		xn_draft_note(reader->draft, stanza->line,
			      "%s is no bridge: it stays as it is",
			      stanza->name);
	if (!bridge)
		return;
	ports = find(stanza, "bridge_ports");
	if (ports)
		take_ports(reader->draft, bridge, ports);
	take_method(reader->draft, bridge, stanza);
	for (uint32_t i = 0; i < stanza->count; i++)
		take_option(reader->draft, bridge, stanza, &stanza->option[i]);
}

static void begin_stanza(struct reader *reader, const char *rest, uint32_t line)
{
	const struct xn_shell shell = {0};
	struct xn_command command;

	end_stanza(reader);
	if (!xn_shell_next(&shell, &rest, &command) || command.count < 1 ||
	    command.cut) {
		xn_draft_note(reader->draft, line, "iface: not understood");
		return;
	}
	memset(&reader->stanza, 0, sizeof(reader->stanza));
	reader->in_stanza = true;
	reader->stanza.line = line;
	(void)xn_text_copy(reader->stanza.name, sizeof(reader->stanza.name),
			   command.word[0]);
	(void)snprintf(reader->stanza.family, sizeof(reader->stanza.family),
		       "%.15s", command.count > 1 ? command.word[1] : "inet");
	(void)snprintf(reader->stanza.method, sizeof(reader->stanza.method),
		       "%.15s", command.count > 2 ? command.word[2] : "manual");
}

static void add_option(struct reader *reader, const char *name,
		       const char *value, uint32_t line)
{
	struct stanza *stanza = &reader->stanza;
	struct option *option;

	if (!reader->in_stanza) {
		xn_draft_note(reader->draft, line, "%.60s: not understood",
			      name);
		return;
	}
	if (stanza->count == OPTIONS_MAX ||
	    strlen(name) >= sizeof(option->name) ||
	    strlen(value) >= sizeof(option->value)) {
		xn_draft_note(reader->draft, line,
			      "%.60s: too long, or too many options", name);
		return;
	}
	option = &stanza->option[stanza->count++];
	option->line = line;
	(void)xn_text_copy(option->name, sizeof(option->name), name);
	(void)xn_text_copy(option->value, sizeof(option->value), value);
	for (char *c = option->name; *c; c++)
		if (*c == '-')
			*c = '_';
	if (!is_command(option))
		cut_comment(option);
}

static void take_line(struct reader *reader, char *text, uint32_t line)
{
	static const char *const others[] = {"source", "source-directory",
					     "mapping", "rename"};
	char *word = text + strspn(text, " \t\r");
	size_t length = strcspn(word, " \t\r");
	char *value = word + length + strspn(word + length, " \t\r");
	size_t end = strlen(value);

	if (!*word || *word == '#')
		return;
	while (end && strchr(" \t\r", value[end - 1]))
		value[--end] = '\0';
	word[length] = '\0';
	if (!strcmp(word, "iface")) {
		begin_stanza(reader, value, line);
		return;
	}
	if (!strcmp(word, "auto") || !strncmp(word, "allow-", 6)) {
		end_stanza(reader);
		return;
	}
	for (size_t i = 0; i < COUNT(others); i++)
		if (!strcmp(word, others[i])) {
			end_stanza(reader);
			xn_draft_note(reader->draft, line,
				      "%s %.100s: not read", word, value);
			return;
		}
	add_option(reader, word, value, line);
}

void xn_import_interfaces(struct xn_draft *draft, const char *text)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct xn_lines lines = {.at = text, .next = 1};

	if (!reader) {
		xn_draft_note(draft, 1, "out of memory");
		return;
	}
	reader->draft = draft;
	while (xn_lines_next(&lines, draft))
		take_line(reader, lines.text, lines.number);
	end_stanza(reader);
	free(reader);
}
