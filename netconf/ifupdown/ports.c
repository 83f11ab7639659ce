/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of bridge_ports, see ports.h. A regular expression comes from a
 * file like all else: what makes the C library's compiler or matcher take long
 * or much memory (bounds, back references, a+++++, deep nesting) is refused.
 * Pure.
 */
#include "netconf/ifupdown/ports.h"

#include <regex.h>
#include <string.h>

#include "netconf/base/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BLANKS " \t\n"
#define EXPRESSION_BYTES_MAX 128
#define GROUPS_MAX 8

struct expansion {
	const struct xn_ifup_options *options;
	const struct xn_model *observed;
	struct xn_ifup_ports *ports;
	struct xn_ifup_notes *notes;
	bool in_regex;
};

const char *xn_ifup_ports_key(const struct xn_ifup_options *options)
{
	return options->style == XN_IFUP_NG ? "bridge-ports" : "bridge_ports";
}

bool xn_ifup_can_be_port(const struct xn_model_link *link)
{
	return link->ethernet && strcmp(link->kind, "bridge") != 0;
}

static void note(const struct expansion *e, const char *word, const char *what)
{
	xn_ifup_note(e->notes, "%s %.60s: %s; it is left out",
		     xn_ifup_ports_key(e->options), word, what);
}

static void add(const struct expansion *e, const char *name, bool is_matched)
{
	struct xn_ifup_ports *ports = e->ports;

	for (size_t i = 0; i < ports->count; i++) {
		if (strcmp(ports->port[i].name, name) == 0) {
			ports->port[i].is_matched &= is_matched;
			return;
		}
	}
	if (ports->count == XN_IFUP_PORTS_MAX) {
		note(e, name, "a bridge has no more ports");
		return;
	}
	(void)xn_text_copy(ports->port[ports->count].name, IFNAMSIZ, name);
	ports->port[ports->count++].is_matched = is_matched;
}

static bool is_free(const struct expansion *e, const struct xn_model_link *link)
{
	const struct xn_model_link *bridge =
		xn_model_link_named(e->observed, e->options->iface);

	return xn_ifup_can_be_port(link) &&
	       strcmp(link->name, e->options->iface) != 0 &&
	       (!link->master || (bridge && link->master == bridge->ifindex));
}

/* NULL: it may be compiled. */
static const char *why_not(const char *expression)
{
	static const char repeats[] = "*+?";
	size_t groups = 0;

	if (strlen(expression) > EXPRESSION_BYTES_MAX)
		return "the expression is too long";
	for (const char *c = expression; *c; c++) {
		groups += *c == '(';
		if (*c == '{' || (c[0] == '\\' && c[1] >= '1' && c[1] <= '9'))
			return "bounds and back references are not allowed";
		/* Each doubles what the compiler makes of those before. */
		if (c[1] && strchr(repeats, c[0]) && strchr(repeats, c[1]))
			return "operators behind operators are not allowed";
	}
	return groups > GROUPS_MAX ? "the expression has too many groups"
				   : NULL;
}

/* As grep -E matches "^EXPRESSION$": an alternative within is anchored at its
 * own end only. */
static void match(const struct expansion *e, const char *expression)
{
	char anchored[EXPRESSION_BYTES_MAX + 3];
	const char *refused = why_not(expression);
	regex_t compiled;
	size_t count;

	if (refused ||
	    xn_text_format(anchored, sizeof(anchored), "^%s$", expression) <
		    0 ||
	    regcomp(&compiled, anchored, REG_EXTENDED | REG_NOSUB) != 0) {
		note(e, expression,
		     refused ? refused : "this is no regular expression");
		return;
	}
	count = e->observed ? xn_model_count(e->observed, XN_LINK) : 0;
	for (size_t i = 0; i < count; i++) {
		const struct xn_model_link *link =
			xn_model_at(e->observed, XN_LINK, i);

		if (is_free(e, link) &&
		    regexec(&compiled, link->name, 0, NULL, 0) == 0)
			add(e, link->name, true);
	}
	regfree(&compiled);
}

/* Each kind of ifupdown has its own idea of all. */
static void match_all(const struct expansion *e)
{
	static const char *const classic[] = {"eth.*", "em.*", "en.*",
					      "p[0-9].*"};

	if (e->options->style == XN_IFUP_NG) {
		match(e, ".*");
		return;
	}
	for (size_t i = 0; i < COUNT(classic); i++)
		match(e, classic[i]);
}

static void take_word(struct expansion *e, const char *word)
{
	if (strcmp(word, "all") == 0) {
		e->in_regex = false;
		match_all(e);
	} else if (strcmp(word, "regex") == 0) {
		e->in_regex = true;
	} else if (strcmp(word, "noregex") == 0) {
		e->in_regex = false;
	} else if (e->in_regex) {
		match(e, word);
	} else if (strcmp(word, "none") == 0) {
		return;
	} else if (!xn_link_name_valid(word)) {
		note(e, word, "this is no interface name");
	} else if (strcmp(word, e->options->iface) == 0) {
		note(e, word, "a bridge is no port of itself");
	} else {
		add(e, word, false);
	}
}

void xn_ifup_ports_expand(const struct xn_ifup_options *options,
			  const char *text, const struct xn_model *observed,
			  struct xn_ifup_ports *ret_ports,
			  struct xn_ifup_notes *notes)
{
	struct expansion e = {.options = options,
			      .observed = observed,
			      .ports = ret_ports,
			      .notes = notes};
	char words[XN_IFUP_PORTS_BYTES];
	char *rest = words;
	char *word;

	ret_ports->count = 0;
	(void)xn_text_copy(words, sizeof(words), text);
	while ((word = strsep(&rest, BLANKS)))
		if (word[0])
			take_word(&e, word);
}
