/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of a model, written as JSON. Reading: json_read.c. */
#include "netconf/model/json.h"

#include <arpa/inet.h>
#include <string.h>

#include "netconf/model/fields.h"

static json_t *ip_json(uint8_t family, const uint8_t *bytes)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, bytes, text, sizeof(text)))
		return NULL;
	return json_string(text);
}

static json_t *settings_json(const struct xn_link_settings *settings)
{
	json_t *list = json_array();

	for (uint8_t i = 0; list && i < settings->count; i++) {
		json_t *pair = json_pack("[ii]", settings->setting[i].attr, 0);

		if (!pair ||
		    json_array_set_new(
			    pair, 1, json_integer(settings->setting[i].value)) <
			    0 ||
		    json_array_append_new(list, pair) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *values_json(const uint32_t *value)
{
	json_t *list = json_array();

	for (int i = 0; list && i < XN_ROUTE_METRICS; i++)
		json_array_append_new(list, json_integer(value[i]));
	return list;
}

static json_t *hop_json(uint8_t family, const struct xn_hop *hop)
{
	json_t *json = json_pack("{si si sb}", "ifindex", hop->ifindex,
				 "weight", hop->weight, "onlink", hop->onlink);

	if (json && hop->has_gateway)
		json_object_set_new(json, "gateway",
				    ip_json(family, hop->gateway));
	return json;
}

static json_t *hops_json(uint8_t family, const struct xn_hop *hop)
{
	json_t *list = json_array();

	for (int i = 0; list && i < XN_HOPS_MAX && hop[i].weight > 0; i++)
		json_array_append_new(list, hop_json(family, &hop[i]));
	return list;
}

static json_t *conf_json(const struct xn_link_conf *conf)
{
	json_t *list = json_array();

	for (uint8_t i = 0; list && i < conf->count; i++)
		json_array_append_new(list, json_integer(conf->value[i]));
	return list;
}

static json_t *mac_json(const struct xn_mac *mac)
{
	char text[XN_MAC_TEXT];

	return json_string(xn_mac_format(mac, text));
}

static json_t *number_json(const struct xn_field *field, const uint8_t *at)
{
	uint32_t u32 = 0;
	uint16_t u16 = 0;
	int number = 0;

	switch ((enum xn_field_kind)field->kind) {
	case XN_FIELD_U8:
		return json_integer(*at);
	case XN_FIELD_U16:
		memcpy(&u16, at, sizeof(u16));
		return json_integer(u16);
	case XN_FIELD_INT:
		memcpy(&number, at, sizeof(number));
		return json_integer(number);
	case XN_FIELD_U32:
	case XN_FIELD_FLAGS:
	case XN_FIELD_LIFETIME:
	case XN_FIELD_EXPIRY:
		memcpy(&u32, at, sizeof(u32));
		return json_integer(u32);
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
	return NULL;
}

static json_t *field_json(const struct xn_field *field, const void *object,
			  uint8_t family)
{
	const void *at = (const uint8_t *)object + field->offset;

	switch ((enum xn_field_kind)field->kind) {
	case XN_FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case XN_FIELD_NAME:
	case XN_FIELD_WORD:
		return json_string(at);
	case XN_FIELD_MAC:
		return mac_json(at);
	case XN_FIELD_IP:
		return ip_json(family, at);
	case XN_FIELD_SETTINGS:
		return settings_json(at);
	case XN_FIELD_CONF:
		return conf_json(at);
	case XN_FIELD_VALUES:
		return values_json(at);
	case XN_FIELD_HOPS:
		return hops_json(family, at);
	case XN_FIELD_U8:
	case XN_FIELD_U16:
	case XN_FIELD_U32:
	case XN_FIELD_INT:
	case XN_FIELD_FLAGS:
	case XN_FIELD_LIFETIME:
	case XN_FIELD_EXPIRY:
		return number_json(field, at);
	}
	return NULL;
}

/* All its bytes are, also those of a list. */
static bool is_zero(const struct xn_field *field, const void *object)
{
	static const union xn_object zero;
	uint32_t number;

	/* Compared as they are: for these, equal is not the same. */
	switch ((enum xn_field_kind)field->kind) {
	case XN_FIELD_SETTINGS:
	case XN_FIELD_CONF:
		return *((const uint8_t *)object + field->offset) == 0;
	case XN_FIELD_FLAGS:
	case XN_FIELD_LIFETIME:
	case XN_FIELD_EXPIRY:
		memcpy(&number, (const uint8_t *)object + field->offset,
		       sizeof(number));
		return number == 0;
	case XN_FIELD_BOOL:
	case XN_FIELD_NAME:
	case XN_FIELD_WORD:
	case XN_FIELD_MAC:
	case XN_FIELD_IP:
	case XN_FIELD_VALUES:
	case XN_FIELD_HOPS:
	case XN_FIELD_U8:
	case XN_FIELD_U16:
	case XN_FIELD_U32:
	case XN_FIELD_INT:
		break;
	}
	return xn_same_field(field, object, &zero);
}

json_t *xn_object_to_json(enum xn_noun noun, const void *object)
{
	const struct xn_noun_fields *fields = &xn_noun[noun];
	json_t *json = json_object();
	uint8_t family = 0;

	if (fields->family_offset != SIZE_MAX)
		family = *((const uint8_t *)object + fields->family_offset);
	for (size_t i = 0; json && i < fields->count; i++) {
		const struct xn_field *field = &fields->field[i];

		if (is_zero(field, object))
			continue;
		if (json_object_set_new(json, field->name,
					field_json(field, object, family)) <
		    0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}
