/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Access lists over frames, see acl.h. Called by the switch for what a guest
 * sends and by the worker for what it receives. The program was checked when it
 * came (acl_check.c).
 */
#include "bridge/acl.h"

#include "bridge/acl_packet.h"
#include "bridge/classify.h"
#include "bridge/switch_state.h"

#define TCP 6u
#define TCP_RST 0x04u
#define TCP_ACK 0x10u

/* The end of a packet that is not the guest. */
struct peer {
	uint64_t mac; /* a key */
	uint32_t address4;
	uint64_t address6[2];
};

static uint64_t load_be64(const uint8_t *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	return be64toh(word);
}

static uint32_t load_be32(const uint8_t *from)
{
	uint32_t word;

	memcpy(&word, from, sizeof(word));
	return be32toh(word);
}

static struct peer peer_of(const struct xsw_acl_view *view,
			   enum xsw_acl_way way, const uint8_t *head)
{
	const uint8_t *address = view->end[way == XSW_ACL_OUT];
	struct xn_mac mac;
	struct peer peer = {0};

	memcpy(mac.octet, head + (way == XSW_ACL_OUT ? 0 : XN_MAC_BYTES),
	       XN_MAC_BYTES);
	peer.mac = xsw_key_of(&mac);
	if (view->family == 4) {
		peer.address4 = load_be32(address);
	} else {
		peer.address6[0] = load_be64(address);
		peer.address6[1] = load_be64(address + 8);
	}
	return peer;
}

static bool has_mac(const uint64_t *mac, uint32_t count, uint64_t wanted)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (mac[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && mac[low] == wanted;
}

/* In each: the first range that does not end before the address. */
static bool has_address4(const struct xsw_acl_net4 *net, uint32_t count,
			 uint32_t address)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (net[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && net[low].first <= address;
}

static bool is_below(const uint64_t a[2], const uint64_t b[2])
{
	return a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]);
}

static bool has_address6(const struct xsw_acl_net6 *net, uint32_t count,
			 const uint64_t address[2])
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (is_below(net[middle].last, address))
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && !is_below(address, net[low].first);
}

static bool names_peer(const struct xsw_acl *acl,
		       const struct xsw_acl_rule *rule, uint8_t family,
		       const struct peer *peer)
{
	if (rule->macs.count > 0 &&
	    has_mac(xsw_acl_macs(acl) + rule->macs.first, rule->macs.count,
		    peer->mac))
		return true;
	if (family == 4)
		return has_address4(xsw_acl_nets4(acl) + rule->nets4.first,
				    rule->nets4.count, peer->address4);
	return has_address6(xsw_acl_nets6(acl) + rule->nets6.first,
			    rule->nets6.count, peer->address6);
}

static bool is_within(const struct xsw_acl_ports *ports, uint16_t port)
{
	return port >= ports->first && port <= ports->last;
}

static bool fits_upper(const struct xsw_acl_rule *rule,
		       const struct xsw_acl_view *view)
{
	if (!(rule->flags & XSW_ACL_UPPER))
		return true;
	/* Nobody knows: it is taken for what is not allowed. */
	if (view->later)
		return !(rule->flags & XSW_ACL_ALLOW);
	if ((rule->flags & XSW_ACL_TO_PORTS) && !is_within(&rule->to, view->to))
		return false;
	if ((rule->flags & XSW_ACL_FROM_PORTS) &&
	    !is_within(&rule->from, view->from))
		return false;
	return !(rule->flags & XSW_ACL_ESTABLISHED) ||
	       (view->protocol == TCP &&
		(view->tcp_flags & (TCP_ACK | TCP_RST)));
}

static bool speaks_of(const struct xsw_acl *acl,
		      const struct xsw_acl_rule *rule,
		      const struct xsw_acl_view *view, const struct peer *peer)
{
	if (rule->protocol != view->protocol &&
	    !(rule->flags & XSW_ACL_ANY_PROTOCOL))
		return false;
	if (rule->family != 0 && rule->family != view->family)
		return false;
	if (!fits_upper(rule, view))
		return false;
	return !(rule->flags & XSW_ACL_PEERS) ||
	       names_peer(acl, rule, view->family, peer);
}

static bool judge(const struct xsw_acl *acl, enum xsw_acl_way way,
		  const struct xsw_acl_view *view, const struct peer *peer)
{
	const struct xsw_acl_rule *rule = xsw_acl_rules(acl, way);
	const struct xsw_acl_rule *end = rule + acl->rule_count[way];

	for (; rule < end; rule++)
		if (speaks_of(acl, rule, view, peer))
			return rule->flags & XSW_ACL_ALLOW;
	return acl->allow;
}

bool xsw_acl_allows(const struct xsw_acl *acl, enum xsw_acl_way way,
		    const struct xsw_frame *frame)
{
	struct xsw_acl_view view;
	struct peer peer;

	switch (xsw_acl_view(frame, &view)) {
	case XSW_ACL_PACKET:
		break;
	case XSW_ACL_FOREIGN:
		return acl->allow;
	case XSW_ACL_PASSES:
		return true;
	case XSW_ACL_BROKEN:
		return false;
	}
	peer = peer_of(&view, way, frame->head);
	return judge(acl, way, &view, &peer);
}

uint64_t xsw_acl_refused(const struct xsw_acl *acl, enum xsw_acl_way way,
			 const struct xsw_batch *batch, uint64_t frames)
{
	uint64_t refused = 0;

	for (; frames; frames &= frames - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(frames);

		if (!xsw_acl_allows(acl, way, &batch->frame[i]))
			refused |= frames & -frames;
	}
	return refused;
}

uint64_t xsw_acl_refused_to(const struct xsw_switch *sw, uint16_t number,
			    const struct xsw_batch *batch, uint64_t frames)
{
	const struct xsw_acl *acl = sw->port[number].acl;

	return acl ? xsw_acl_refused(acl, XSW_ACL_IN, batch, frames) : 0;
}

bool xsw_acl_allows_to(const struct xsw_switch *sw, uint16_t number,
		       const struct xsw_frame *frame)
{
	const struct xsw_acl *acl = sw->port[number].acl;

	return !acl || xsw_acl_allows(acl, XSW_ACL_IN, frame);
}
