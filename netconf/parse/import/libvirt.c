/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network of libvirt's: <network> with <bridge>, <forward>, <ip> and what
 * else there may be, which is noted. Source: libvirt's formatnetwork page.
 * expat reads it; a document type, and with it every entity of the file's own,
 * ends the reading, as does depth.
 */
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/import/sources.h"

#define DEPTH_MAX 32u
#define ELEMENT_MAX 64u

struct reader {
	XML_Parser parser;
	struct xn_draft *draft;
	struct xn_draft_section *bridge;
	const char *refused; /* NULL: it is taken */
	uint32_t depth;
	bool in_name;
	bool in_group; /* the portgroup that guests are in without a word */
	char name[XN_CONF_WORD_MAX]; /* of the network */
	char forward[ELEMENT_MAX];   /* "": nothing is forwarded */
	uint32_t forward_line;
	char parent[DEPTH_MAX][ELEMENT_MAX];
};

static uint32_t line_of(const struct reader *reader)
{
	return (uint32_t)XML_GetCurrentLineNumber(reader->parser);
}

/* NULL: it is not there. */
static const char *attribute(const char **attributes, const char *name)
{
	for (size_t i = 0; attributes[i]; i += 2)
		if (!strcmp(attributes[i], name))
			return attributes[i + 1];
	return NULL;
}

/* Each attribute that is none of `known` (a list that ends with NULL). */
static void note_attributes(struct reader *reader, const char *element,
			    const char **attributes, const char *const *known)
{
	for (size_t i = 0; attributes[i]; i += 2) {
		size_t k = 0;

		while (known[k] && strcmp(known[k], attributes[i]) != 0)
			k++;
		if (!known[k])
			xn_draft_note(reader->draft, line_of(reader),
				      "<%s %s='%.60s'>: there is no key for it",
				      element, attributes[i],
				      attributes[i + 1]);
	}
}

static void take_forward(struct reader *reader, const char **attributes)
{
	static const char *const known[] = {"mode", NULL};
	const char *mode = attribute(attributes, "mode");

	(void)snprintf(reader->forward, sizeof(reader->forward), "%s",
		       mode ? mode : "nat");
	reader->forward_line = line_of(reader);
	note_attributes(reader, "forward", attributes, known);
}

static void take_bridge(struct reader *reader, const char **attributes)
{
	static const char *const known[] = {"name", "stp", "delay", NULL};
	const char *name = attribute(attributes, "name");
	const char *stp = attribute(attributes, "stp");
	const char *delay = attribute(attributes, "delay");
	uint32_t line = line_of(reader);

	note_attributes(reader, "bridge", attributes, known);
	if (!name || reader->bridge) {
		xn_draft_note(reader->draft, line, "<bridge>: %s",
			      name ? "a second one" : "without a name");
		return;
	}
	reader->bridge = xn_draft_bridge(reader->draft, name, line);
	if (stp && xn_import_switch(stp))
		xn_draft_put(reader->draft, reader->bridge, "stp",
			     xn_import_switch(stp), line);
	if (delay)
		xn_draft_put(reader->draft, reader->bridge, "forward-delay",
			     delay, line);
}

/* A dotted netmask as a length; 0: it is none. */
static uint32_t mask_length(const char *mask)
{
	uint32_t octet[4] = {0}, bits = 0, all;
	char copy[32];
	char *rest = copy, *word;
	uint32_t count = 0;

	if (xn_text_copy(copy, sizeof(copy), mask) < 1)
		return 0;
	while ((word = strsep(&rest, ".")))
		if (count == 4 || xn_parse_u32(word, 0, 255, &octet[count++]))
			return 0;
	all = octet[0] << 24 | octet[1] << 16 | octet[2] << 8 | octet[3];
	while (bits < 32 && all & 0x80000000u >> bits)
		bits++;
	return count == 4 && (bits == 32 || !(all << bits)) ? bits : 0;
}

static void take_ip(struct reader *reader, const char **attributes)
{
	static const char *const known[] = {"address", "netmask", "prefix",
					    "family", NULL};
	const char *address = attribute(attributes, "address");
	const char *prefix = attribute(attributes, "prefix");
	const char *netmask = attribute(attributes, "netmask");
	char text[XN_CONF_WORD_MAX], length[16];

	note_attributes(reader, "ip", attributes, known);
	if (!prefix && netmask) {
		(void)snprintf(length, sizeof(length), "%u",
			       mask_length(netmask));
		prefix = length;
	}
	if (!address || !prefix)
		xn_draft_note(reader->draft, line_of(reader),
			      "<ip>: an address and its netmask are wanted");
	else if (xn_text_format(text, sizeof(text), "%s/%s", address, prefix) >
		 0)
		xn_draft_add(reader->draft, reader->bridge, "address", text,
			     line_of(reader));
}

static void take_domain(struct reader *reader, const char **attributes)
{
	static const char *const known[] = {"name", NULL};
	const char *name = attribute(attributes, "name");

	note_attributes(reader, "domain", attributes, known);
	if (name)
		xn_draft_put(reader->draft, reader->bridge, "domain", name,
			     line_of(reader));
}

/* Guests name the others; a configuration has no groups. */
static void take_group(struct reader *reader, const char **attributes)
{
	const char *name = attribute(attributes, "name");
	const char *is_default = attribute(attributes, "default");

	reader->in_group = is_default && !strcmp(is_default, "yes");
	if (!reader->in_group)
		xn_draft_note(reader->draft, line_of(reader),
			      "<portgroup name='%.60s'>: its guests need words "
			      "of their own, in [vif MAC]",
			      name ? name : "");
}

/* Elements below <network>. */
static void take_element(struct reader *reader, const char *name,
			 const char **attributes)
{
	const char *value;

	if (!strcmp(name, "name")) {
		reader->in_name = true;
	} else if (!strcmp(name, "forward")) {
		take_forward(reader, attributes);
	} else if (!strcmp(name, "bridge")) {
		take_bridge(reader, attributes);
	} else if (!strcmp(name, "ip")) {
		take_ip(reader, attributes);
	} else if (!strcmp(name, "domain")) {
		take_domain(reader, attributes);
	} else if (!strcmp(name, "portgroup")) {
		take_group(reader, attributes);
	} else if (!strcmp(name, "bandwidth")) {
		xn_draft_note(reader->draft, line_of(reader),
			      "<bandwidth>: there is no key for a whole "
			      "network's, but for a netdev's uplink-rate");
	} else if (!strcmp(name, "mtu") &&
		   (value = attribute(attributes, "size"))) {
		xn_draft_put(reader->draft, reader->bridge, "mtu", value,
			     line_of(reader));
	} else if (!strcmp(name, "mac") &&
		   (value = attribute(attributes, "address"))) {
		xn_draft_put(reader->draft, reader->bridge, "mac", value,
			     line_of(reader));
	} else if (strcmp(name, "uuid") != 0 && strcmp(name, "metadata") != 0 &&
		   strcmp(name, "title") != 0 &&
		   strcmp(name, "description") != 0) {
		xn_draft_note(reader->draft, line_of(reader),
			      "<%.60s>: there is no key for it", name);
	}
}

/* Within the default portgroup. */
static void note_in_group(struct reader *reader, const char *parent,
			  const char *name, const char **attributes)
{
	if (reader->depth == 2 && strcmp(name, "bandwidth") != 0)
		xn_draft_note(reader->draft, line_of(reader),
			      "<%.60s> in <portgroup>: there is no key for it",
			      name);
	if (reader->depth != 3 || strcmp(parent, "bandwidth") != 0 ||
	    (strcmp(name, "inbound") != 0 && strcmp(name, "outbound") != 0))
		return;
	if (!reader->bridge)
		xn_draft_note(reader->draft, line_of(reader),
			      "<%.20s>: stands before the <bridge>", name);
	else
		xn_import_bandwidth(reader->draft, reader->bridge, name,
				    attributes, line_of(reader));
}

/* A fixed address for a guest, who is known by a name of his own. */
static void take_host(struct reader *reader, const char **attributes)
{
	static const char *const known[] = {"mac", "ip", NULL};
	const char *mac = attribute(attributes, "mac");
	const char *ip = attribute(attributes, "ip");

	note_attributes(reader, "host", attributes, known);
	if (mac && ip)
		xn_draft_add(reader->draft,
			     xn_draft_vif(reader->draft, mac, line_of(reader)),
			     "ip", ip, line_of(reader));
	else
		xn_draft_note(reader->draft, line_of(reader),
			      "<host> in <dhcp>: a MAC and an address are "
			      "wanted");
}

/* Within <dhcp>: true: it was taken. */
static bool take_in_dhcp(struct reader *reader, const char *name,
			 const char **attributes)
{
	const char *start = attribute(attributes, "start");
	const char *end = attribute(attributes, "end");
	char range[XN_CONF_WORD_MAX];

	if (!strcmp(name, "host")) {
		take_host(reader, attributes);
		return true;
	}
	if (strcmp(name, "range") != 0 || !start || !end ||
	    strchr(start, ':') ||
	    xn_text_format(range, sizeof(range), "%s-%s", start, end) < 0)
		return false;
	xn_draft_add(reader->draft, reader->bridge, "dhcp", range,
		     line_of(reader));
	return true;
}

/* Elements within those. */
static void note_inner(struct reader *reader, const char *parent,
		       const char *name, const char **attributes)
{
	char words[XN_DRAFT_NOTE_MAX] = "";
	size_t used = 0;

	if (reader->in_group && !strcmp(reader->parent[1], "portgroup")) {
		note_in_group(reader, parent, name, attributes);
		return;
	}
	/* What is in these was noted, or means nothing, as a whole. */
	if (reader->depth > 2 && strcmp(parent, "dhcp") != 0)
		return;
	if (strcmp(parent, "ip") != 0 && strcmp(parent, "dhcp") != 0 &&
	    strcmp(parent, "forward") != 0)
		return;
	if (!strcmp(parent, "dhcp") && take_in_dhcp(reader, name, attributes))
		return;
	for (size_t i = 0; attributes[i]; i += 2) {
		int length = snprintf(words + used, sizeof(words) - used,
				      " %s='%.60s'", attributes[i],
				      attributes[i + 1]);

		if (length < 0 || (size_t)length >= sizeof(words) - used)
			break;
		used += (size_t)length;
	}
	if (strcmp(name, "dhcp") != 0)
		xn_draft_note(reader->draft, line_of(reader),
			      "<%.60s%.200s> in <%s>: there is no key for it",
			      name, words, parent);
}

static void refuse(struct reader *reader, const char *why)
{
	if (!reader->refused)
		reader->refused = why;
	(void)XML_StopParser(reader->parser, XML_FALSE);
}

static void XMLCALL on_start(void *arg, const XML_Char *name,
			     const XML_Char **attributes)
{
	struct reader *reader = arg;

	if (reader->depth == DEPTH_MAX) {
		refuse(reader, "too deep");
		return;
	}
	(void)snprintf(reader->parent[reader->depth], ELEMENT_MAX, "%s", name);
	if (reader->depth == 0 && strcmp(name, "network") != 0)
		refuse(reader, "a <network> is wanted");
	else if (reader->depth == 1)
		take_element(reader, name, attributes);
	else if (reader->depth > 1)
		note_inner(reader, reader->parent[reader->depth - 1], name,
			   attributes);
	reader->depth++;
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
	struct reader *reader = arg;

	(void)name;
	reader->in_name = false;
	reader->depth--;
}

static void XMLCALL on_text(void *arg, const XML_Char *text, int bytes)
{
	struct reader *reader = arg;
	size_t used = strlen(reader->name);
	size_t more = (size_t)bytes;

	if (!reader->in_name)
		return;
	if (more > sizeof(reader->name) - 1 - used)
		more = sizeof(reader->name) - 1 - used;
	memcpy(reader->name + used, text, more);
	reader->name[used + more] = '\0';
}

static void XMLCALL on_document_type(void *arg, const XML_Char *name,
				     const XML_Char *system_id,
				     const XML_Char *public_id, int has_subset)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	refuse(arg, "a document type is not taken");
}

static void finish(struct reader *reader)
{
	struct xn_draft *draft = reader->draft;
	const char *mode = reader->forward;
	uint32_t line = reader->forward_line;

	if (!reader->bridge) {
		xn_draft_note(draft, 1, "network '%.60s' has no bridge",
			      reader->name);
	} else if (!mode[0] || !strcmp(mode, "open")) {
		return;
	} else if (!strcmp(mode, "nat")) {
		xn_draft_put(draft, reader->bridge, "mode", "nat", line);
	} else if (!strcmp(mode, "route")) {
		xn_draft_put(draft, reader->bridge, "mode", "routed", line);
		xn_draft_note(draft, line,
			      "<forward mode='route'>: routed guests are not "
			      "on one bridge here, but each on its own");
	} else if (!strcmp(mode, "bridge")) {
		xn_draft_note(draft, line,
			      "<forward mode='bridge'>: the bridge is the "
			      "host's own, and its NIC is not said: netdev");
	} else {
		xn_draft_note(draft, line,
			      "<forward mode='%.60s'> is not understood", mode);
	}
}

int xn_import_libvirt(struct xn_draft *draft, const char *text,
		      struct xn_err *err)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	int error = 0;

	if (reader)
		reader->parser = XML_ParserCreate(NULL);
	if (!reader || !reader->parser) {
		free(reader);
		return xn_fail(err, ENOMEM, "out of memory");
	}
	reader->draft = draft;
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader->parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader->parser, on_document_type);
	if (XML_Parse(reader->parser, text, (int)strlen(text), 1) !=
	    XML_STATUS_OK)
		error = xn_fail(
			err, EINVAL, "%s:%u: %s", draft->file, line_of(reader),
			reader->refused ? reader->refused
					: XML_ErrorString(XML_GetErrorCode(
						  reader->parser)));
	else
		finish(reader);
	XML_ParserFree(reader->parser);
	free(reader);
	return error;
}
