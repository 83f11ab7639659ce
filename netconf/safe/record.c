/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remembered applies as JSON, see record.h. 64-bit numbers are strings. */
#include "netconf/safe/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/nl/link.h"
#include "netconf/safe/record_notes.h"

void xn_record_fini(struct xn_record *record)
{
	free(record->conf);
	record->conf = NULL;
	xn_force_texts_fini(&record->before);
}

static json_t *our_to_json(const struct xn_our *our)
{
	char mac[XN_MAC_TEXT];

	return json_pack("{s:s, s:i, s:s, s:b, s:s, s:s}", "bridge",
			 our->bridge, "ifindex", our->ifindex, "mac",
			 xn_mac_format(&our->mac, mac), "made", our->made,
			 "netdev", our->netdev, "style",
			 xn_conf_style_name(our->style));
}

static json_t *ours_to_json(const struct xn_ours *ours)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < ours->count; i++) {
		if (json_array_append_new(list, our_to_json(&ours->item[i])) <
		    0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *number(uint64_t value)
{
	return json_sprintf("%" PRIu64, value);
}

json_t *xn_record_to_json(const struct xn_record *record)
{
	const struct xn_session *session = &record->session;
	json_t *json =
		json_pack("{s:i, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, "
			  "s:i, s:o, s:I, "
			  "s:s}",
			  "version", XN_RECORD_VERSION, "boot", record->boot_id,
			  "namespace", number(record->namespace_cookie), "id",
			  number(record->id), "conf", record->conf, "before",
			  xn_force_texts_to_json(&record->before), "ours",
			  ours_to_json(&record->ours), "notes",
			  xn_notes_to_json(&record->ours), "addresses",
			  xn_addr_notes_to_json(&record->ours), "routes",
			  xn_route_notes_to_json(&record->ours), "confirm_s",
			  (int)record->confirm_s, "deadline_ms",
			  number(record->deadline_ms), "audit_session",
			  session->has_audit ? (json_int_t)session->audit
					     : (json_int_t)-1,
			  "ssh", session->ssh);

	return json;
}

static int bad(const char *key, struct xn_err *err)
{
	return xn_fail(err, EBADMSG, "\"%s\" is not what was written", key);
}

static int read_u64(const json_t *json, const char *key, uint64_t *ret,
		    struct xn_err *err)
{
	const char *text = json_string_value(json_object_get(json, key));

	return xn_parse_u64(text, 0, UINT64_MAX, ret) < 0 ? bad(key, err) : 0;
}

static int read_int(const json_t *json, const char *key, json_int_t min,
		    json_int_t max, json_int_t *ret, struct xn_err *err)
{
	const json_t *value = json_object_get(json, key);

	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max)
		return bad(key, err);
	*ret = json_integer_value(value);
	return 0;
}

static int read_text(const json_t *json, const char *key, char *ret,
		     size_t bytes, struct xn_err *err)
{
	const char *text = json_string_value(json_object_get(json, key));

	return !text || xn_text_copy(ret, bytes, text) < 0 ? bad(key, err) : 0;
}

static int read_style(const json_t *json, enum xn_conf_style *ret_style,
		      struct xn_err *err)
{
	const char *text = json_string_value(json_object_get(json, "style"));

	for (int i = XN_CONF_PLAIN; text && i <= XN_CONF_NEW; i++) {
		if (strcmp(text, xn_conf_style_name((enum xn_conf_style)i)) ==
		    0) {
			*ret_style = (enum xn_conf_style)i;
			return 0;
		}
	}
	return bad("style", err);
}

static int read_our(const json_t *json, struct xn_our *our, struct xn_err *err)
{
	const json_t *made = json_object_get(json, "made");
	char mac[XN_MAC_TEXT] = "";
	json_int_t ifindex = 0;
	int rc = read_text(json, "bridge", our->bridge, sizeof(our->bridge),
			   err);

	if (rc == 0)
		rc = read_text(json, "netdev", our->netdev, sizeof(our->netdev),
			       err);
	if (rc == 0)
		rc = read_int(json, "ifindex", 1, INT32_MAX, &ifindex, err);
	if (rc == 0)
		rc = read_text(json, "mac", mac, sizeof(mac), err);
	if (rc == 0)
		rc = read_style(json, &our->style, err);
	if (rc < 0)
		return rc;
	our->ifindex = (int)ifindex;
	our->made = json_is_true(made);
	if (!json_is_boolean(made) || xn_mac_parse(mac, &our->mac) < 0 ||
	    !xn_link_name_valid(our->bridge) ||
	    (our->netdev[0] && !xn_link_name_valid(our->netdev)) ||
	    (strcmp(our->bridge, our->netdev) == 0) !=
		    (our->style == XN_CONF_NEW))
		return bad("ours", err);
	return 0;
}

static int read_ours(const json_t *json, struct xn_ours *ours,
		     struct xn_err *err)
{
	const json_t *list = json_object_get(json, "ours");
	const json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > XN_OURS_MAX)
		return bad("ours", err);
	json_array_foreach (list, i, item) {
		int rc = read_our(item, &ours->item[i], err);

		if (rc < 0)
			return rc;
		ours->count++;
	}
	return 0;
}

/* A record of a version that noted nothing has none of them. */
static int read_notes(const json_t *json, struct xn_ours *ours,
		      struct xn_err *err)
{
	int rc = xn_notes_from_json(json_object_get(json, "notes"), ours, err);

	if (rc == 0)
		rc = xn_addr_notes_from_json(json_object_get(json, "addresses"),
					     ours, err);
	if (rc == 0)
		rc = xn_route_notes_from_json(json_object_get(json, "routes"),
					      ours, err);
	return rc;
}

static int read_session(const json_t *json, struct xn_session *session,
			struct xn_err *err)
{
	json_int_t audit = -1;
	int rc = read_int(json, "audit_session", -1, UINT32_MAX, &audit, err);

	if (rc == 0)
		rc = read_text(json, "ssh", session->ssh, sizeof(session->ssh),
			       err);
	if (rc < 0)
		return rc;
	session->has_audit = audit >= 0;
	session->audit = audit >= 0 ? (uint32_t)audit : 0;
	if (session->ssh[0] && !xn_session_ssh_valid(session->ssh))
		return bad("ssh", err);
	return 0;
}

static int read_conf(const json_t *json, char **ret_conf, struct xn_err *err)
{
	const char *text = json_string_value(json_object_get(json, "conf"));

	if (!text)
		return bad("conf", err);
	*ret_conf = strdup(text);
	return *ret_conf ? 0 : xn_fail(err, ENOMEM, "out of memory");
}

/* A record of a version that knew nothing of it has none. */
static int read_before(const json_t *json, struct xn_record *record,
		       struct xn_err *err)
{
	const json_t *before = json_object_get(json, "before");

	if (before && !json_is_object(before))
		return bad("before", err);
	return xn_force_texts_from_json(before, &record->before, err);
}

static int read_rest(const json_t *json, struct xn_record *record,
		     struct xn_err *err)
{
	json_int_t seconds = 0;
	int rc = read_text(json, "boot", record->boot_id,
			   sizeof(record->boot_id), err);

	if (rc == 0)
		rc = read_u64(json, "namespace", &record->namespace_cookie,
			      err);
	if (rc == 0)
		rc = read_u64(json, "id", &record->id, err);
	if (rc == 0)
		rc = read_u64(json, "deadline_ms", &record->deadline_ms, err);
	if (rc == 0)
		rc = read_int(json, "confirm_s", 0, XN_RECORD_SECONDS_MAX,
			      &seconds, err);
	if (rc == 0)
		rc = read_session(json, &record->session, err);
	if (rc == 0)
		rc = read_ours(json, &record->ours, err);
	if (rc == 0)
		rc = read_notes(json, &record->ours, err);
	record->confirm_s = (uint32_t)seconds;
	if (rc == 0)
		rc = read_before(json, record, err);
	return rc < 0 ? rc : read_conf(json, &record->conf, err);
}

int xn_record_from_json(const json_t *json, struct xn_record *ret_record,
			struct xn_err *err)
{
	struct xn_record record = {0};
	json_int_t version = 0;
	int rc = read_int(json, "version", 0, INT32_MAX, &version, err);

	if (rc < 0)
		return rc;
	if (version != XN_RECORD_VERSION)
		return xn_fail(err, EPROTONOSUPPORT, "version %lld, not %d",
			       (long long)version, XN_RECORD_VERSION);
	rc = read_rest(json, &record, err);
	if (rc < 0) {
		xn_record_fini(&record);
		return rc;
	}
	*ret_record = record;
	return 0;
}
