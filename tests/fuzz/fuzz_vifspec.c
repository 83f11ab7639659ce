// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an administrator typed for a vif: never read beyond its end; what was
 * understood, written in full and read again, is the same; and a refusal says
 * why and leaves the result alone.
 *
 * Input: the text.
 */
#include "fuzz.h"
#include "netconf/parse/vifspec.h"

#define TEXT_MAX (XN_VIFSPEC_TEXT_MAX + 2)

struct text {
	size_t length;
	char text[2 * TEXT_MAX];
};

static void add(struct text *to, const char *key, const char *value)
{
	int length;

	if (!*value)
		return;
	length = snprintf(to->text + to->length, sizeof(to->text) - to->length,
			  "%s%s=%s", to->length ? "," : "", key, value);
	FUZZ_CHECK(length > 0 &&
		   (size_t)length < sizeof(to->text) - to->length);
	to->length += (size_t)length;
}

static void add_number(struct text *to, const char *key, uint64_t value)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%llu",
		       (unsigned long long)value);
	add(to, key, digits);
}

static void add_ips(struct text *to, const struct xn_vifspec *spec)
{
	char all[XN_VIFSPEC_IPS_MAX * (XN_VIFSPEC_IP_MAX + 1)] = "";

	for (uint32_t i = 0; i < spec->ip_count; i++) {
		strcat(all, i ? " " : "");
		strcat(all, spec->ip[i]);
		FUZZ_CHECK(xn_ip_text_valid(spec->ip[i]));
	}
	add(to, "ip", all);
}

/* A whole number of seconds' worth and an interval in microseconds say every
 * rate only if it was said so: one that was not is left out. */
static bool add_rate(struct text *to, const struct xn_vifspec *spec)
{
	char rate[64];
	uint64_t a_second;

	if (!spec->rate_bytes)
		return true;
	FUZZ_CHECK(spec->rate_interval_us > 0);
	if (spec->rate_bytes > UINT64_MAX / 1000000u)
		return false;
	a_second = spec->rate_bytes * 1000000u / spec->rate_interval_us;
	if (a_second >= 1000000000000u ||
	    a_second * spec->rate_interval_us !=
		    spec->rate_bytes * UINT64_C(1000000))
		return false;
	(void)snprintf(rate, sizeof(rate), "%lluB/s@%uus",
		       (unsigned long long)a_second, spec->rate_interval_us);
	add(to, "rate", rate);
	return true;
}

static void write_out(struct text *to, struct xn_vifspec *spec)
{
	static const char *const types[] = {
		[XN_VIF_TYPE_DEFAULT] = "",
		[XN_VIF_TYPE_VIF] = "vif",
		[XN_VIF_TYPE_IOEMU] = "ioemu",
	};
	char mac[XN_MAC_TEXT] = "";

	if (spec->has_mac)
		xn_mac_format(&spec->mac, mac);
	add(to, "mac", mac);
	add(to, "bridge", spec->bridge);
	add(to, "gatewaydev", spec->gatewaydev);
	add(to, "vifname", spec->vifname);
	add(to, "model", spec->model);
	add(to, "backend", spec->backend);
	add(to, "script", spec->script);
	add(to, "vlan", spec->vlan);
	add(to, "type", types[spec->type]);
	add_ips(to, spec);
	if (!add_rate(to, spec)) {
		spec->rate_bytes = 0;
		spec->rate_interval_us = 0;
	}
	if (spec->mtu)
		add_number(to, "mtu", spec->mtu);
	if (spec->devid >= 0)
		add_number(to, "devid", (uint64_t)spec->devid);
	if (spec->trusted >= 0)
		to->length += (size_t)snprintf(
			to->text + to->length, sizeof(to->text) - to->length,
			"%s%strusted", to->length ? "," : "",
			spec->trusted ? "" : "un");
}

/* Field by field where text ends before its field does. */
static void check_same(const struct xn_vifspec *a, const struct xn_vifspec *b)
{
	FUZZ_CHECK(a->has_mac == b->has_mac);
	FUZZ_CHECK(!memcmp(&a->mac, &b->mac, sizeof(a->mac)));
	FUZZ_CHECK(!strcmp(a->bridge, b->bridge));
	FUZZ_CHECK(!strcmp(a->gatewaydev, b->gatewaydev));
	FUZZ_CHECK(!strcmp(a->vifname, b->vifname));
	FUZZ_CHECK(!strcmp(a->model, b->model));
	FUZZ_CHECK(!strcmp(a->backend, b->backend));
	FUZZ_CHECK(!strcmp(a->script, b->script));
	FUZZ_CHECK(!strcmp(a->vlan, b->vlan));
	FUZZ_CHECK(a->type == b->type);
	FUZZ_CHECK(a->ip_count == b->ip_count);
	for (uint32_t i = 0; i < a->ip_count; i++)
		FUZZ_CHECK(!strcmp(a->ip[i], b->ip[i]));
	FUZZ_CHECK(a->rate_bytes == b->rate_bytes);
	FUZZ_CHECK(a->rate_interval_us == b->rate_interval_us);
	FUZZ_CHECK(a->mtu == b->mtu);
	FUZZ_CHECK(a->devid == b->devid);
	FUZZ_CHECK(a->trusted == b->trusted);
}

static void check_again(struct xn_vifspec *spec)
{
	struct text text = {0};
	struct xn_vifspec again;
	struct xn_err err = {0};

	FUZZ_CHECK(!spec->mtu || (spec->mtu >= 68 && spec->mtu <= 65535));
	FUZZ_CHECK(spec->devid >= -1 && spec->devid <= 65535);
	FUZZ_CHECK(spec->trusted >= -1 && spec->trusted <= 1);
	write_out(&text, spec);
	FUZZ_CHECK(xn_vifspec_parse(text.text, &again, &err) == 0);
	check_same(spec, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;
	struct xn_vifspec spec, untouched;
	struct xn_err err = {0};

	if (size > TEXT_MAX)
		return 0;
	text = malloc(size + 1);
	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	memset(&spec, 0xa5, sizeof(spec));
	memset(&untouched, 0xa5, sizeof(untouched));
	if (xn_vifspec_parse(text, &spec, &err)) {
		FUZZ_CHECK(err.set && strstr(xn_err_text(&err), "column "));
		FUZZ_CHECK(!memcmp(&spec, &untouched, sizeof(spec)));
	} else {
		FUZZ_CHECK(!err.set && strlen(text) <= XN_VIFSPEC_TEXT_MAX);
		check_again(&spec);
	}
	free(text);
	return 0;
}
