/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anti-spoofing, the frame (guard.h): its source address, its tags, ARP. The
 * layers above have a file each. Called by forward.c for bursts from guarded
 * ports; every byte is a guest's, in a private copy.
 */
#include "bridge/guard_packet.h"

/* RFC 826 over Ethernet and IPv4 */
#define ARP_BYTES 28u
#define ARP_REQUEST 1u
#define ARP_REPLY 2u

static void add4(struct xsw_guard *guard, const struct xsw_address *address)
{
	struct xsw_guard_net4 *net = &guard->net4[guard->count4++];
	uint8_t mask[4] = {0};

	for (uint32_t bit = 0; bit < address->prefix; bit++)
		mask[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	memcpy(&net->mask, mask, sizeof(net->mask));
	memcpy(&net->value, address->octet, sizeof(net->value));
	net->value &= net->mask;
}

static void add6(struct xsw_guard *guard, const struct xsw_address *address)
{
	struct xsw_guard_net6 *net = &guard->net6[guard->count6++];
	uint8_t mask[16] = {0};

	for (uint32_t bit = 0; bit < address->prefix; bit++)
		mask[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	memcpy(net->mask, mask, sizeof(net->mask));
	memcpy(net->value, address->octet, sizeof(net->value));
	net->value[0] &= net->mask[0];
	net->value[1] &= net->mask[1];
}

/* fe80::/64 and the modified EUI-64 (RFC 4291 appendix A). */
static void make_link_local(const struct xn_mac *mac, uint8_t ret[16])
{
	static const uint8_t prefix[8] = {0xfe, 0x80};

	memcpy(ret, prefix, 8);
	memcpy(ret + 8, mac->octet, 3);
	ret[8] ^= 0x02;
	ret[11] = 0xff;
	ret[12] = 0xfe;
	memcpy(ret + 13, mac->octet + 3, 3);
}

void xsw_guard_set(struct xsw_guard *guard, const struct xsw_policy *policy)
{
	memset(guard, 0, sizeof(*guard));
	guard->mac = policy->mac;
	make_link_local(&policy->mac, guard->link_local);
	for (uint32_t i = 0; i < policy->address_count; i++) {
		if (policy->address[i].family == 4)
			add4(guard, &policy->address[i]);
		else
			add6(guard, &policy->address[i]);
	}
}

bool xsw_guard_owns4(const struct xsw_guard *guard, const uint8_t *address)
{
	uint32_t word;

	memcpy(&word, address, sizeof(word));
	for (uint32_t i = 0; i < guard->count4; i++) {
		const struct xsw_guard_net4 *net = &guard->net4[i];

		if ((word & net->mask) == net->value)
			return true;
	}
	return false;
}

bool xsw_guard_owns6(const struct xsw_guard *guard, const uint8_t *address)
{
	uint64_t word[2];

	memcpy(word, address, sizeof(word));
	for (uint32_t i = 0; i < guard->count6; i++) {
		const struct xsw_guard_net6 *net = &guard->net6[i];

		if ((word[0] & net->mask[0]) == net->value[0] &&
		    (word[1] & net->mask[1]) == net->value[1])
			return true;
	}
	return memcmp(address, guard->link_local, sizeof(word)) == 0;
}

static enum xsw_drop check_arp(const struct xsw_guard *guard,
			       struct xsw_packet packet)
{
	/* Ethernet, IPv4, lengths 6 and 4 */
	static const uint8_t start[6] = {0, 1, 0x08, 0, 6, 4};
	static const uint8_t nobody[4];
	const uint8_t *arp = xsw_packet_take(&packet, ARP_BYTES);
	uint32_t operation;

	if (!arp || memcmp(arp, start, sizeof(start)) != 0)
		return XSW_DROP_SPOOFED_ARP;
	operation = xsw_be16(arp + 6);
	if (operation != ARP_REQUEST && operation != ARP_REPLY)
		return XSW_DROP_SPOOFED_ARP;
	if (memcmp(arp + 8, guard->mac.octet, XN_MAC_BYTES) != 0)
		return XSW_DROP_SPOOFED_ARP;
	if (operation == ARP_REQUEST && memcmp(arp + 14, nobody, 4) == 0)
		return XSW_DROP_NONE;
	return xsw_guard_owns4(guard, arp + 14) ? XSW_DROP_NONE
						: XSW_DROP_SPOOFED_ARP;
}

static enum xsw_drop check_frame(const struct xsw_guard *guard,
				 const struct xsw_frame *frame, bool reserved)
{
	struct xsw_packet packet = xsw_packet_of(frame);

	switch (xsw_packet_skip_tags(&packet)) {
	case XSW_TYPE_IPV4:
		return xsw_guard_ipv4(guard, packet);
	case XSW_TYPE_IPV6:
		return xsw_guard_ipv6(guard, packet);
	case XSW_TYPE_ARP:
		return check_arp(guard, packet);
	default:
		return reserved ? XSW_DROP_NONE : XSW_DROP_OTHER_PROTOCOL;
	}
}

uint64_t xsw_guard_check(const struct xsw_guard *guard,
			 const struct xsw_batch *batch,
			 const struct xsw_burst *burst,
			 uint8_t ret_drop[XSW_BATCH_MAX])
{
	uint64_t own = xsw_key_of(&guard->mac);
	uint64_t refused = 0;

	for (uint32_t i = 0; i < batch->count; i++) {
		uint64_t bit = (uint64_t)1 << i;
		enum xsw_drop drop = XSW_DROP_SPOOFED_MAC;

		if (burst->runt & bit)
			continue;
		if (burst->src[i] == own)
			drop = check_frame(guard, &batch->frame[i],
					   burst->reserved & bit);
		if (drop == XSW_DROP_NONE)
			continue;
		ret_drop[i] = (uint8_t)drop;
		refused |= bit;
	}
	return refused;
}
