/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of a model, read back from JSON. Whoever can write the journal can
 * write anything: each value is checked before it is in the object. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/model/fields.h"
#include "netconf/model/json.h"

static int read_number(const json_t *json, json_int_t min, json_int_t max,
		       json_int_t *ret_value)
{
	json_int_t value;

	if (!json_is_integer(json))
		return -EINVAL;
	value = json_integer_value(json);
	if (value < min || value > max)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

static int read_text(const json_t *json, bool is_name, char *ret_text)
{
	char text[IFNAMSIZ] = "";

	if (!json_is_string(json) ||
	    xn_text_copy(text, sizeof(text), json_string_value(json)) < 0)
		return -EINVAL;
	if (is_name && text[0] != '\0' && !xn_link_name_valid(text))
		return -EINVAL;
	for (const char *c = text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			return -EINVAL;
	}
	memcpy(ret_text, text, sizeof(text));
	return 0;
}

static int read_ip(const json_t *json, uint8_t family, uint8_t *ret_bytes)
{
	uint8_t bytes[XN_IP_BYTES_MAX] = {0};

	if (!json_is_string(json) || xn_ip_bytes(family) == 0 ||
	    inet_pton(family, json_string_value(json), bytes) != 1)
		return -EINVAL;
	memcpy(ret_bytes, bytes, sizeof(bytes));
	return 0;
}

static int read_settings(const json_t *json,
			 struct xn_link_settings *ret_settings)
{
	struct xn_link_settings settings = {0};
	size_t count = json_array_size(json);

	if (!json_is_array(json) || count > XN_NL_SETTINGS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		const json_t *pair = json_array_get(json, i);
		json_int_t attr;
		json_int_t value;

		if (json_array_size(pair) != 2 ||
		    read_number(json_array_get(pair, 0), 0, UINT16_MAX, &attr) <
			    0 ||
		    read_number(json_array_get(pair, 1), 0, UINT32_MAX,
				&value) < 0)
			return -EINVAL;
		settings.setting[i].attr = (uint16_t)attr;
		settings.setting[i].value = (uint32_t)value;
	}
	settings.count = (uint8_t)count;
	*ret_settings = settings;
	return 0;
}

static int read_conf(const json_t *json, struct xn_link_conf *ret_conf)
{
	struct xn_link_conf conf = {0};
	size_t count = json_array_size(json);

	if (!json_is_array(json) || count > XN_LINK_CONF_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		json_int_t value;

		if (read_number(json_array_get(json, i), INT32_MIN, INT32_MAX,
				&value) < 0)
			return -EINVAL;
		conf.value[i] = (int32_t)value;
	}
	conf.count = (uint8_t)count;
	*ret_conf = conf;
	return 0;
}

static int read_values(const json_t *json, uint32_t *ret_value)
{
	if (json_array_size(json) != XN_ROUTE_METRICS)
		return -EINVAL;
	for (size_t i = 0; i < XN_ROUTE_METRICS; i++) {
		json_int_t value;

		if (read_number(json_array_get(json, i), 0, UINT32_MAX,
				&value) < 0)
			return -EINVAL;
		ret_value[i] = (uint32_t)value;
	}
	return 0;
}

static int read_hop(const json_t *json, uint8_t family, struct xn_hop *hop)
{
	const json_t *gateway = json_object_get(json, "gateway");
	const json_t *onlink = json_object_get(json, "onlink");
	json_int_t ifindex;
	json_int_t weight;

	if (read_number(json_object_get(json, "ifindex"), 0, INT_MAX,
			&ifindex) < 0 ||
	    read_number(json_object_get(json, "weight"), 1, 256, &weight) < 0 ||
	    !json_is_boolean(onlink))
		return -EINVAL;
	if (gateway && read_ip(gateway, family, hop->gateway) < 0)
		return -EINVAL;
	hop->has_gateway = gateway != NULL;
	hop->ifindex = (int)ifindex;
	hop->weight = (uint16_t)weight;
	hop->onlink = json_is_true(onlink);
	return 0;
}

static int read_hops(const json_t *json, uint8_t family, struct xn_hop *hop)
{
	size_t count = json_array_size(json);

	if (!json_is_array(json) || count > XN_HOPS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (read_hop(json_array_get(json, i), family, &hop[i]) < 0)
			return -EINVAL;
	}
	return 0;
}

static int read_integer(const struct xn_field *field, const json_t *json,
			uint8_t *at)
{
	json_int_t value = 0;
	uint32_t u32;
	uint16_t u16;
	int number;

	switch ((enum xn_field_kind)field->kind) {
	case XN_FIELD_U8:
		if (read_number(json, 0, UINT8_MAX, &value) < 0)
			return -EINVAL;
		*at = (uint8_t)value;
		return 0;
	case XN_FIELD_U16:
		if (read_number(json, 0, UINT16_MAX, &value) < 0)
			return -EINVAL;
		u16 = (uint16_t)value;
		memcpy(at, &u16, sizeof(u16));
		return 0;
	case XN_FIELD_INT:
		if (read_number(json, INT_MIN, INT_MAX, &value) < 0)
			return -EINVAL;
		number = (int)value;
		memcpy(at, &number, sizeof(number));
		return 0;
	case XN_FIELD_U32:
	case XN_FIELD_FLAGS:
	case XN_FIELD_LIFETIME:
	case XN_FIELD_EXPIRY:
		if (read_number(json, 0, UINT32_MAX, &value) < 0)
			return -EINVAL;
		u32 = (uint32_t)value;
		memcpy(at, &u32, sizeof(u32));
		return 0;
	case XN_FIELD_BOOL:
	case XN_FIELD_NAME:
	case XN_FIELD_WORD:
	case XN_FIELD_MAC:
	case XN_FIELD_IP:
	case XN_FIELD_SETTINGS:
	case XN_FIELD_CONF:
	case XN_FIELD_VALUES:
	case XN_FIELD_HOPS:
		break;
	}
	return -EINVAL;
}

static int read_field(const struct xn_field *field, const json_t *json,
		      uint8_t family, union xn_object *object)
{
	void *at = (uint8_t *)object + field->offset;

	switch ((enum xn_field_kind)field->kind) {
	case XN_FIELD_BOOL:
		*(bool *)at = json_is_true(json);
		return json_is_boolean(json) ? 0 : -EINVAL;
	case XN_FIELD_NAME:
		return read_text(json, true, at);
	case XN_FIELD_WORD:
		return read_text(json, false, at);
	case XN_FIELD_MAC:
		return json_is_string(json)
			       ? xn_mac_parse(json_string_value(json), at)
			       : -EINVAL;
	case XN_FIELD_IP:
		return read_ip(json, family, at);
	case XN_FIELD_SETTINGS:
		return read_settings(json, at);
	case XN_FIELD_CONF:
		return read_conf(json, at);
	case XN_FIELD_VALUES:
		return read_values(json, at);
	case XN_FIELD_HOPS:
		return read_hops(json, family, at);
	case XN_FIELD_U8:
	case XN_FIELD_U16:
	case XN_FIELD_U32:
	case XN_FIELD_INT:
	case XN_FIELD_FLAGS:
	case XN_FIELD_LIFETIME:
	case XN_FIELD_EXPIRY:
		return read_integer(field, json, at);
	}
	return -EINVAL;
}

/* What the fields' own ranges do not say. */
static bool is_sane(enum xn_noun noun, const union xn_object *object)
{
	uint8_t hops = 0;

	switch (noun) {
	case XN_LINK:
		return object->link.ifindex > 0 && object->link.peer >= 0 &&
		       object->link.name[0];
	case XN_ADDR:
		return object->addr.ifindex > 0 &&
		       object->addr.prefix_length <=
			       8 * xn_ip_bytes(object->addr.family);
	case XN_ROUTE:
		while (hops < XN_HOPS_MAX && object->route.hop[hops].weight)
			hops++;
		return object->route.ifindex >= 0 &&
		       object->route.hop_count == hops &&
		       object->route.prefix_length <=
			       8 * xn_ip_bytes(object->route.family);
	case XN_RULE:
		return object->rule.source_length <=
			       8 * xn_ip_bytes(object->rule.family) &&
		       object->rule.destination_length <=
			       8 * xn_ip_bytes(object->rule.family);
	case XN_NEIGH:
		return object->neigh.ifindex > 0;
	case XN_NOUNS:
		break;
	}
	return false;
}

int xn_object_from_json(enum xn_noun noun, const json_t *json,
			union xn_object *ret_object, struct xn_err *err)
{
	const struct xn_noun_fields *fields = &xn_noun[noun];
	union xn_object object;
	json_int_t family = 0;
	size_t known = 0;

	memset(&object, 0, sizeof(object));
	if (!json_is_object(json))
		return xn_fail(err, EINVAL, "%s: not an object", fields->word);
	if (fields->family_offset != SIZE_MAX &&
	    (read_number(json_object_get(json, "family"), 0, UINT8_MAX,
			 &family) < 0 ||
	     xn_ip_bytes((uint8_t)family) == 0))
		return xn_fail(err, EINVAL, "%s: bad family", fields->word);
	for (size_t i = 0; i < fields->count; i++) {
		const struct xn_field *field = &fields->field[i];
		const json_t *value = json_object_get(json, field->name);

		if (!value)
			continue;
		known++;
		if (read_field(field, value, (uint8_t)family, &object) < 0)
			return xn_fail(err, EINVAL, "%s: bad %s", fields->word,
				       field->name);
	}
	if (known != json_object_size(json))
		return xn_fail(err, EINVAL, "%s: unknown keys", fields->word);
	if (!is_sane(noun, &object))
		return xn_fail(err, EINVAL, "%s: makes no sense", fields->word);
	*ret_object = object;
	return 0;
}
