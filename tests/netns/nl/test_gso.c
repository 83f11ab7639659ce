/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the frames are that the kernel hands to a tap: GSO packets of all
 * sizes about 64 KiB go from one tap through a bridge to another. */
#include "tests/netns/nl/namespaces.h"

#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/nl/tap.h"

#define MTU_MAX 65517u
#define FRAME_MAX 65535u
#define ROOM 66000u
#define GSO_SIZE 1448u
#define TCP_BYTES 20u

struct packet {
	uint8_t data[ROOM];
	uint32_t bytes, l4, payload;
	bool ipv6;
};

static int from_fd, to_fd;
static int to_ifindex;

static int make_port(const char *name, int bridge, int *ret_fd)
{
	int ifindex;

	GOOD(xn_tap_create(name, 1, ret_fd, &err));
	assert_int_equal(xn_tap_set_offload(*ret_fd, TUN_F_CSUM | TUN_F_TSO4 |
							     TUN_F_TSO6),
			 0);
	ifindex = link_named(name).ifindex;
	GOOD(xn_link_disable_ipv6(name, &err));
	GOOD(xn_link_set_mtu(nl, ifindex, MTU_MAX, &err));
	GOOD(xn_link_set_master(nl, ifindex, bridge, &err));
	GOOD(xn_link_set_up(nl, ifindex, true, &err));
	return ifindex;
}

static int setup(void **state)
{
	int bridge;

	open_nl(state);
	bridge = new_bridge("xenbr0");
	GOOD(xn_link_disable_ipv6("xenbr0", &err));
	(void)make_port("vif1.0", bridge, &from_fd);
	to_ifindex = make_port("vif2.0", bridge, &to_fd);
	return 0;
}

static int teardown(void **state)
{
	xn_close(&from_fd);
	xn_close(&to_fd);
	return close_nl(state);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The IPv4 header's checksum must be right, or the bridge's netfilter hooks
 * might not pass it. */
static void put_ipv4(uint8_t *ip, uint32_t bytes)
{
	uint32_t sum = 0;

	ip[0] = 0x45;
	put16(ip + 2, bytes);
	ip[8] = 64;
	ip[9] = 6;
	ip[12] = ip[16] = 10;
	ip[15] = 1;
	ip[19] = 2;
	for (uint32_t i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~sum);
}

static void put_ipv6(uint8_t *ip, uint32_t bytes)
{
	ip[0] = 0x60;
	put16(ip + 4, bytes - 40);
	ip[6] = 6;
	ip[7] = 64;
	ip[8] = ip[24] = 0xfd;
	ip[23] = 1;
	ip[39] = 2;
}

/* A broadcast TCP packet of `bytes` on the wire, tag and all. */
static void make(struct packet *packet, uint32_t bytes, bool ipv6, bool tagged)
{
	uint32_t l3 = tagged ? 18 : 14;

	memset(packet, 0, sizeof(*packet));
	memset(packet->data, 0xff, 6);
	packet->data[6] = 2;
	if (tagged) {
		put16(packet->data + 12, 0x8100);
		put16(packet->data + 14, 5);
	}
	put16(packet->data + l3 - 2, ipv6 ? 0x86dd : 0x0800);
	if (ipv6)
		put_ipv6(packet->data + l3, bytes - l3);
	else
		put_ipv4(packet->data + l3, bytes - l3);
	packet->ipv6 = ipv6;
	packet->bytes = bytes;
	packet->l4 = l3 + (ipv6 ? 40 : 20);
	packet->payload = packet->l4 + TCP_BYTES;
	packet->data[packet->l4 + 12] = 0x50;
	packet->data[packet->l4 + 13] = 0x10;
}

static void send_packet(struct packet *packet)
{
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = packet->ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6
					 : VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = (uint16_t)packet->payload,
		.gso_size = GSO_SIZE,
		.csum_start = (uint16_t)packet->l4,
		.csum_offset = 16,
	};
	struct iovec iov[2] = {{&vnet, sizeof(vnet)},
			       {packet->data, packet->bytes}};

	assert_int_equal(writev(from_fd, iov, 2), sizeof(vnet) + packet->bytes);
}

/* Reads until all of the packet's payload came; the longest frame. */
static uint32_t longest(const struct packet *packet)
{
	static uint8_t frame[ROOM];
	struct pollfd ready = {.fd = to_fd, .events = POLLIN};
	uint32_t left = packet->bytes - packet->payload;
	uint32_t most = 0;

	while (left > 0) {
		struct virtio_net_hdr vnet;
		struct iovec iov[2] = {{&vnet, sizeof(vnet)},
				       {frame, sizeof(frame)}};
		ssize_t got;

		assert_true(poll(&ready, 1, 60000) > 0);
		got = readv(to_fd, iov, 2);
		assert_true(got > (ssize_t)sizeof(vnet));
		got -= (ssize_t)sizeof(vnet);
		/* Others' frames; the bridge's own above all. */
		if (memcmp(frame, packet->data, 14) != 0)
			continue;
		assert_true((size_t)got <= packet->payload + (size_t)left);
		left -= (uint32_t)got - packet->payload;
		if ((uint32_t)got > most)
			most = (uint32_t)got;
	}
	return most;
}

static uint32_t through(uint32_t bytes, bool ipv6, bool tagged)
{
	static struct packet packet;

	make(&packet, bytes, ipv6, tagged);
	send_packet(&packet);
	return longest(&packet);
}

static void no_frame_is_longer_than_a_ring_takes(void **state)
{
	(void)state;
	GOOD(xn_link_set_gso_max(nl, to_ifindex, XN_TAP_GSO_MAX, &err));
	assert_int_equal(link_at(to_ifindex).gso_bytes_max, XN_TAP_GSO_MAX);
	for (uint32_t i = 0; i < 4; i++) {
		const bool ipv6 = i & 1, tagged = i & 2;
		const uint32_t tag = tagged ? 4 : 0;

		/* The biggest packet of IP, and some about the limit. */
		for (uint32_t bytes = FRAME_MAX - 5;
		     bytes <= FRAME_MAX + 14 + tag; bytes++)
			assert_true(through(bytes, ipv6, tagged) <= FRAME_MAX);
		/* What is below goes through whole. */
		assert_int_equal(through(FRAME_MAX - 4 + tag, ipv6, tagged),
				 FRAME_MAX - 4 + tag);
	}
}

/* Without the limit Linux 6.18 does make longer ones: a tag that it keeps
 * aside does not count for it. */
static void without_the_limit_a_frame_is_longer(void **state)
{
	(void)state;
	assert_int_equal(through(FRAME_MAX, false, true), FRAME_MAX);
	if (through(FRAME_MAX + 4, false, true) <= FRAME_MAX) {
		print_message("this kernel makes none by itself\n");
		skip();
	}
}

static void a_limit_that_the_kernel_does_not_have_is_refused(void **state)
{
	uint32_t before;

	(void)state;
	before = link_at(to_ifindex).gso_bytes_max;
	assert_true(before > 0);
	REFUSED(xn_link_set_gso_max(nl, to_ifindex, UINT32_MAX, &err), -EINVAL,
		"GSO limit");
	assert_int_equal(link_at(to_ifindex).gso_bytes_max, before);
	REFUSED(xn_link_set_gso_max(nl, 0, XN_TAP_GSO_MAX, &err), -ENODEV,
		"no such link");
}

#define NL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(no_frame_is_longer_than_a_ring_takes),
		NL(without_the_limit_a_frame_is_longer),
		NL(a_limit_that_the_kernel_does_not_have_is_refused),
	};

	return NAMESPACE_GROUP(tests);
}
