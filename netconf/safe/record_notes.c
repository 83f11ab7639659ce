/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was before as JSON, see record_notes.h. 64-bit numbers are strings. */
#include "netconf/safe/record_notes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

static const char *const kind_words[] = {
	[XN_NOTE_BRIDGE] = "bridge", [XN_NOTE_PORT] = "port",
	[XN_NOTE_MTU] = "mtu",	     [XN_NOTE_MAC] = "mac",
	[XN_NOTE_ACCEPT_RA] = "ra",
};

static json_t *note_to_json(const struct xn_note *note)
{
	return json_pack("{s:i, s:i, s:s, s:i, s:o, s:o}", "bridge",
			 note->bridge, "link", note->ifindex, "kind",
			 kind_words[note->kind], "attr", (int)note->attr, "was",
			 note->was_known ? json_sprintf("%" PRIu64, note->was)
					 : json_null(),
			 "set", json_sprintf("%" PRIu64, note->set));
}

json_t *xn_notes_to_json(const struct xn_ours *ours)
{
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < ours->note_count; i++) {
		if (json_array_append_new(list, note_to_json(&ours->note[i])) <
		    0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int read_number(const json_t *json, const char *key, json_int_t max,
		       json_int_t *ret)
{
	const json_t *value = json_object_get(json, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > max)
		return -EBADMSG;
	*ret = json_integer_value(value);
	return 0;
}

static int read_kind(const json_t *json, enum xn_note_kind *ret)
{
	const char *word = json_string_value(json_object_get(json, "kind"));

	for (int i = 0; word && i < XN_NOTE_KINDS; i++) {
		if (strcmp(word, kind_words[i]) == 0) {
			*ret = (enum xn_note_kind)i;
			return 0;
		}
	}
	return -EBADMSG;
}

/* The most that the kernel's attribute holds. */
static uint64_t value_max(enum xn_note_kind kind)
{
	switch (kind) {
	case XN_NOTE_MAC:
		return (UINT64_C(1) << 48) - 1;
	case XN_NOTE_ACCEPT_RA:
		return INT32_MAX;
	case XN_NOTE_BRIDGE:
	case XN_NOTE_PORT:
	case XN_NOTE_MTU:
	case XN_NOTE_KINDS:
		break;
	}
	return UINT32_MAX;
}

static int read_values(const json_t *json, struct xn_note *note)
{
	const json_t *was = json_object_get(json, "was");
	const char *set = json_string_value(json_object_get(json, "set"));
	uint64_t max = value_max(note->kind);

	note->was_known = json_is_string(was);
	if (!was || (!note->was_known && !json_is_null(was)) ||
	    (note->was_known &&
	     xn_parse_u64(json_string_value(was), 0, max, &note->was) < 0))
		return -EBADMSG;
	return xn_parse_u64(set, 0, max, &note->set) < 0 ? -EBADMSG : 0;
}

static int read_note(const json_t *json, struct xn_note *note)
{
	json_int_t bridge = 0, link = 0, attr = 0;

	if (read_number(json, "bridge", INT32_MAX, &bridge) < 0 ||
	    read_number(json, "link", INT32_MAX, &link) < 0 ||
	    read_number(json, "attr", UINT16_MAX, &attr) < 0 || bridge == 0 ||
	    link == 0 || read_kind(json, &note->kind) < 0)
		return -EBADMSG;
	note->bridge = (int)bridge;
	note->ifindex = (int)link;
	note->attr = (uint16_t)attr;
	if (!xn_note_is_known(note->kind, note->attr))
		return -EBADMSG;
	return read_values(json, note);
}

int xn_notes_from_json(const json_t *json, struct xn_ours *ours,
		       struct xn_err *err)
{
	const json_t *item;
	size_t i;

	ours->note_count = 0;
	if (!json)
		return 0;
	if (!json_is_array(json) || json_array_size(json) > XN_NOTES_MAX)
		return xn_fail(err, EBADMSG,
			       "\"notes\" is not what was written");
	json_array_foreach (json, i, item) {
		if (read_note(item, &ours->note[i]) < 0)
			return xn_fail(err, EBADMSG,
				       "\"notes\" %zu is not what was written",
				       i);
		ours->note_count++;
	}
	return 0;
}
