/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was before as JSON, see record_notes.h. 64-bit numbers are strings. */
#include "netconf/safe/record_notes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/model/json.h"

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

static json_t *object_note_to_json(int bridge, bool added, enum xn_noun noun,
				   const void *object)
{
	return json_pack("{s:i, s:b, s:o}", "bridge", bridge, "added", added,
			 "object", xn_object_to_json(noun, object));
}

json_t *xn_addr_notes_to_json(const struct xn_ours *ours)
{
	json_t *list = json_array();
	int rc = 0;

	for (uint32_t i = 0; list && i < ours->addr_count && rc == 0; i++)
		rc = json_array_append_new(
			list, object_note_to_json(ours->addr[i].bridge,
						  ours->addr[i].added, XN_ADDR,
						  &ours->addr[i].addr));
	if (rc < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

json_t *xn_route_notes_to_json(const struct xn_ours *ours)
{
	json_t *list = json_array();
	int rc = 0;

	for (uint32_t i = 0; list && i < ours->route_count && rc == 0; i++)
		rc = json_array_append_new(
			list,
			object_note_to_json(ours->route[i].bridge,
					    ours->route[i].added, XN_ROUTE,
					    &ours->route[i].route));
	if (rc < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static int check_list(const json_t *list, const char *key, uint32_t max,
		      struct xn_err *err)
{
	if (!list || (json_is_array(list) && json_array_size(list) <= max))
		return 0;
	return xn_fail(err, EBADMSG, "\"%s\" is not what was written", key);
}

static int read_object_note(const json_t *json, enum xn_noun noun,
			    int *ret_bridge, bool *ret_added,
			    union xn_object *ret_object, struct xn_err *err)
{
	const json_t *added = json_object_get(json, "added");
	json_int_t bridge = 0;

	if (read_number(json, "bridge", INT32_MAX, &bridge) < 0 ||
	    bridge == 0 || !json_is_boolean(added))
		return xn_fail(err, EBADMSG,
			       "what is noted of a bridge is not what was "
			       "written");
	*ret_bridge = (int)bridge;
	*ret_added = json_is_true(added);
	return xn_object_from_json(noun, json_object_get(json, "object"),
				   ret_object, err) < 0
		       ? -EBADMSG
		       : 0;
}

int xn_addr_notes_from_json(const json_t *json, struct xn_ours *ours,
			    struct xn_err *err)
{
	int rc = check_list(json, "addresses", XN_ADDR_NOTES_MAX, err);
	const json_t *item;
	size_t i;

	ours->addr_count = 0;
	if (rc < 0 || !json)
		return rc;
	json_array_foreach (json, i, item) {
		struct xn_addr_note *note = &ours->addr[i];
		union xn_object object;

		rc = read_object_note(item, XN_ADDR, &note->bridge,
				      &note->added, &object, err);
		if (rc < 0)
			return rc;
		note->addr = object.addr;
		ours->addr_count++;
	}
	return 0;
}

int xn_route_notes_from_json(const json_t *json, struct xn_ours *ours,
			     struct xn_err *err)
{
	int rc = check_list(json, "routes", XN_ROUTE_NOTES_MAX, err);
	const json_t *item;
	size_t i;

	ours->route_count = 0;
	if (rc < 0 || !json)
		return rc;
	json_array_foreach (json, i, item) {
		struct xn_route_note *note = &ours->route[i];
		union xn_object object;

		rc = read_object_note(item, XN_ROUTE, &note->bridge,
				      &note->added, &object, err);
		if (rc < 0)
			return rc;
		note->route = object.route;
		ours->route_count++;
	}
	return 0;
}
