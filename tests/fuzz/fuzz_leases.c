// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dnsmasq's lease file, into which guests' words go: what is understood is
 * within its bounds and can be printed; each line is a lease, left out, or
 * neither; forwards that name a guest get leases that hold, and no others; what
 * is kept of it beside somebody's fixed address is the same lease by lease;
 * when half of it is read again, who is missing keeps his lease, unless another
 * has the address, or he has another one.
 *
 * Input: the text.
 */
#include <ctype.h>

#include "fuzz.h"
#include "natd/dhcp/known.h"
#include "natd/dhcp/leases.h"
#include "natd/dhcp/plan.h"

#define NOW_S 1000000000u
/* All are compared with all. */
#define PAIRS_MAX 500u

static void check_lease(const struct xdhcp_lease *lease)
{
	FUZZ_CHECK(lease->expires_s <= INT64_MAX);
	FUZZ_CHECK(lease->address.family == 4 || lease->address.family == 6);
	FUZZ_CHECK(lease->address.prefix ==
		   (lease->address.family == 6 ? 128 : 32));
	FUZZ_CHECK(lease->has_mac == (lease->address.family == 4));
	FUZZ_CHECK(memchr(lease->name, '\0', sizeof(lease->name)));
	FUZZ_CHECK(!lease->name[0] || xn_dhcp_label_valid(lease->name));
	FUZZ_CHECK(memchr(lease->client, '\0', sizeof(lease->client)));
	for (const char *c = lease->client; *c; c++)
		FUZZ_CHECK(isxdigit((unsigned char)*c) || *c == ':');
}

static uint32_t count_lines(const char *text)
{
	uint32_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void check_leases(const struct xdhcp_leases *leases, const char *text)
{
	FUZZ_CHECK(leases->count <= XDHCP_LEASES_MAX);
	FUZZ_CHECK(leases->count + leases->left_out <= count_lines(text));
	for (uint32_t i = 0; i < leases->count; i++)
		check_lease(&leases->lease[i]);
}

static void check_guests(const struct xdhcp_leases *leases)
{
	struct xnat_guests guests = {0};
	uint32_t holding = 0;

	for (uint32_t i = 0; i < leases->count; i++)
		holding += leases->lease[i].has_mac &&
			   xdhcp_lease_holds(&leases->lease[i], NOW_S);
	FUZZ_CHECK(xdhcp_leases_add_guests(leases, "xennat", NOW_S, &guests) ==
		   0);
	FUZZ_CHECK(guests.count == holding);
	for (uint32_t i = 0; i < guests.count; i++)
		FUZZ_CHECK(guests.guest[i].has_mac &&
			   guests.guest[i].address_count == 1);
	xnat_guests_fini(&guests);
}

static bool same(const struct xdhcp_lease *a, const struct xdhcp_lease *b)
{
	return a->expires_s == b->expires_s && a->has_mac == b->has_mac &&
	       xn_mac_equal(&a->mac, &b->mac) &&
	       a->address.family == b->address.family &&
	       xn_address_within(&a->address, &b->address, a->address.prefix) &&
	       !strcmp(a->name, b->name) && !strcmp(a->client, b->client);
}

/* 10.0.0.5 is the guest's with this MAC. */
static const struct xnat_guest web = {
	.has_mac = true,
	.mac = {{0x00, 0x16, 0x3e, 0, 0, 5}},
	.address_count = 1,
	.address = {{.family = 4, .prefix = 32, .octet = {10, 0, 0, 5}}},
};

static bool in_the_way(const struct xdhcp_lease *lease)
{
	return lease->has_mac &&
	       xn_address_within(&web.address[0], &lease->address, 32) &&
	       !xn_mac_equal(&web.mac, &lease->mac);
}

static void check_prune(const struct xdhcp_leases *leases, const char *text)
{
	static const struct xn_planeconf_bridge bridge = {
		.address_count = 1,
		.address = {{.family = 4,
			     .prefix = 24,
			     .octet = {10, 0, 0, 1}}},
	};
	struct xnat_guests guests = {0};
	struct xdhcp_leases after;
	char *kept;
	uint32_t gone, at = 0;

	FUZZ_CHECK(xnat_guests_add(&guests, &web) == 0);
	FUZZ_CHECK(xdhcp_leases_prune(text, &bridge, &guests, &kept, &gone) ==
		   0);
	FUZZ_CHECK(!kept == !gone);
	FUZZ_CHECK(xdhcp_leases_parse(kept ? kept : text, &after, NULL) == 0);
	for (uint32_t i = 0; i < leases->count; i++) {
		if (in_the_way(&leases->lease[i]))
			continue;
		FUZZ_CHECK(at < after.count &&
			   same(&leases->lease[i], &after.lease[at]));
		at++;
	}
	FUZZ_CHECK(at == after.count && after.count + gone == leases->count);
	FUZZ_CHECK(after.left_out == leases->left_out);
	xdhcp_leases_fini(&after);
	xnat_guests_fini(&guests);
	free(kept);
}

static bool is_alike(const struct xdhcp_lease *a, const struct xdhcp_lease *b)
{
	return b->has_mac && (xn_mac_equal(&a->mac, &b->mac) ||
			      xn_address_within(&a->address, &b->address, 32));
}

/* How many of the list have its MAC or its address. */
static uint32_t count_alike(const struct xdhcp_leases *leases,
			    const struct xdhcp_lease *lease)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < leases->count; i++)
		count += is_alike(lease, &leases->lease[i]);
	return count;
}

static void check_missing(const struct xdhcp_leases *known,
			  const struct xdhcp_leases *before,
			  const struct xdhcp_leases *half)
{
	uint32_t missing = 0;

	for (uint32_t i = 0; i < known->count; i++) {
		const struct xdhcp_lease *lease = &known->lease[i];

		if (!lease->missing_ms)
			continue;
		FUZZ_CHECK(xdhcp_lease_holds(lease, NOW_S));
		FUZZ_CHECK(count_alike(known, lease) == 1);
		missing++;
	}
	FUZZ_CHECK(known->count - missing == half->count);
	for (uint32_t i = 0; i < before->count; i++) {
		const struct xdhcp_lease *lease = &before->lease[i];

		if (lease->has_mac && xdhcp_lease_holds(lease, NOW_S) &&
		    count_alike(before, lease) == 1)
			FUZZ_CHECK(count_alike(known, lease) > 0);
	}
}

static void check_known(char *text)
{
	const struct xdhcp_leases nobody = {0};
	struct xdhcp_leases before, half, known;

	FUZZ_CHECK(xdhcp_leases_parse(text, &before, NULL) == 0);
	if (before.count > PAIRS_MAX)
		goto out;
	FUZZ_CHECK(xdhcp_known_follow(&before, &nobody, NOW_S, 1) == 0);
	text[strlen(text) / 2] = '\0';
	FUZZ_CHECK(xdhcp_leases_parse(text, &half, NULL) == 0);
	FUZZ_CHECK(xdhcp_leases_parse(text, &known, NULL) == 0);
	FUZZ_CHECK(xdhcp_known_follow(&known, &before, NOW_S, 2) == 0);
	check_missing(&known, &before, &half);
	xdhcp_leases_fini(&half);
	xdhcp_leases_fini(&known);
out:
	xdhcp_leases_fini(&before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xdhcp_leases leases;
	char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (xdhcp_leases_parse(text, &leases, NULL) == 0) {
		check_leases(&leases, text);
		check_guests(&leases);
		check_prune(&leases, text);
		xdhcp_leases_fini(&leases);
		check_known(text);
	}
	free(text);
	return 0;
}
