/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt's bandwidth of a guest's interface as settings of vifs. Its rates
 * are kilobytes a second, its bursts blocks of 1024 bytes; its inbound is what
 * the guest receives. Source: libvirt's formatnetwork page, "Quality of
 * service".
 */
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/import/sources.h"

#define KILOBYTES_MAX 100000000u /* a second, as settings.h has it */
#define BLOCKS_MAX 1000000000u

static void put_rate(struct xn_draft *draft, struct xn_draft_section *bridge,
		     const char *key, const char *kilobytes, uint32_t line)
{
	char text[32];
	uint32_t number;

	if (xn_parse_u32(kilobytes, 1, KILOBYTES_MAX, &number)) {
		xn_draft_note(draft, line,
			      "<bandwidth>: '%.60s' for %s: "
			      "kilobytes a second are wanted",
			      kilobytes, key);
		return;
	}
	(void)xn_text_format(text, sizeof(text), "%uKB/s", number);
	xn_draft_put(draft, bridge, key, text, line);
}

static void put_burst(struct xn_draft *draft, struct xn_draft_section *bridge,
		      const char *key, const char *blocks, uint32_t line)
{
	char text[32];
	uint32_t number;

	if (xn_parse_u32(blocks, 1, BLOCKS_MAX, &number)) {
		xn_draft_note(draft, line,
			      "<bandwidth>: '%.60s' for %s: "
			      "kilobytes are wanted",
			      blocks, key);
		return;
	}
	(void)xn_text_format(text, sizeof(text), "%lluB",
			     (unsigned long long)number * 1024);
	xn_draft_put(draft, bridge, key, text, line);
}

void xn_import_bandwidth(struct xn_draft *draft,
			 struct xn_draft_section *bridge, const char *way,
			 const char **attributes, uint32_t line)
{
	static const struct {
		const char *name, *out, *in;
	} keys[] = {{"average", "rate", "rate-in"},
		    {"peak", "ceiling", "ceiling-in"},
		    {"burst", "burst", "burst-in"},
		    {"floor", "guarantee", "guarantee-in"}};
	bool in = !strcmp(way, "inbound");
	size_t count = sizeof(keys) / sizeof(keys[0]);

	for (size_t i = 0; attributes[i]; i += 2) {
		size_t k = 0;

		while (k < count && strcmp(keys[k].name, attributes[i]) != 0)
			k++;
		if (k == count)
			xn_draft_note(draft, line,
				      "<%.20s %.60s>: there is no key for it",
				      way, attributes[i]);
		else if (!strcmp(keys[k].name, "burst"))
			put_burst(draft, bridge, in ? keys[k].in : keys[k].out,
				  attributes[i + 1], line);
		else
			put_rate(draft, bridge, in ? keys[k].in : keys[k].out,
				 attributes[i + 1], line);
	}
}
