/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nl/namespaces.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>

#include "netconf/base/fd.h"
#include "netconf/nl/counters.h"
#include "netconf/nl/tap.h"

#define QUEUES 4
#define FRAME_BYTES 60
#define ETHERTYPE_TEST 0x88b5

static void close_all(int *fds, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		xn_close(&fds[i]);
}

static void a_tap_is_born_down_with_all_its_queues(void **state)
{
	int fds[QUEUES];
	struct xn_link link;

	(void)state;
	GOOD(xn_tap_create("vif1.0", QUEUES, fds, &err));
	link = link_named("vif1.0");
	assert_string_equal(link.kind, "tun");
	assert_int_equal(link.flags & IFF_UP, 0);
	for (int i = 0; i < QUEUES; i++) {
		struct ifreq request = {0};
		int bytes = 0;

		assert_true(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		assert_int_equal(ioctl(fds[i], TUNGETVNETHDRSZ, &bytes), 0);
		assert_int_equal(bytes, XN_TAP_HEADER_BYTES);
		assert_int_equal(ioctl(fds[i], TUNGETIFF, &request), 0);
		assert_string_equal(request.ifr_name, "vif1.0");
		assert_true((request.ifr_flags & IFF_MULTI_QUEUE) != 0);
		assert_true((request.ifr_flags & IFF_VNET_HDR) != 0);
		assert_true((request.ifr_flags & IFF_NO_PI) != 0);
	}
	close_all(fds, QUEUES - 1);
	assert_int_equal(link_named("vif1.0").ifindex, link.ifindex);
	close_all(fds + QUEUES - 1, 1);
	REFUSED(xn_link_get(nl, "vif1.0", &link, &err), -ENODEV, "vif1.0");
}

static void a_taken_name_is_refused(void **state)
{
	int fds[QUEUES];
	int others[QUEUES] = {-8, -8, -8, -8};

	(void)state;
	(void)new_bridge("xenbr0");
	GOOD(xn_tap_create("vif1.0", QUEUES, fds, &err));
	REFUSED(xn_tap_create("vif1.0", QUEUES, others, &err), -EEXIST,
		"create tap vif1.0: File exists");
	REFUSED(xn_tap_create("xenbr0", 1, others, &err), -EEXIST,
		"create tap xenbr0: File exists");
	assert_int_equal(others[0], -8);
	close_all(fds, QUEUES);
}

static void impossible_taps_are_refused(void **state)
{
	int fds[XN_TAP_QUEUES_MAX + 1];
	struct xn_link_table table;

	(void)state;
	REFUSED(xn_tap_create("vif%d", 1, fds, &err), -EINVAL,
		"not a valid name");
	REFUSED(xn_tap_create("", 1, fds, &err), -EINVAL, "not a valid name");
	REFUSED(xn_tap_create("vif1.0", 0, fds, &err), -EINVAL, "0 queues");
	REFUSED(xn_tap_create("vif1.0", XN_TAP_QUEUES_MAX + 1, fds, &err),
		-EINVAL, "65 queues");
	GOOD(xn_link_dump(nl, &table, &err));
	for (size_t i = 0; i < table.count; i++)
		assert_string_not_equal(table.link[i].kind, "tun");
	xn_link_table_fini(&table);
	GOOD(xn_tap_create("vif1.0", XN_TAP_QUEUES_MAX, fds, &err));
	close_all(fds, XN_TAP_QUEUES_MAX);
}

/* Sends one frame of ours out of the link. */
static void send_out(int ifindex)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = ifindex};
	uint8_t frame[FRAME_BYTES];
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memset(frame, 0xff, sizeof(frame));
	frame[12] = ETHERTYPE_TEST >> 8;
	frame[13] = ETHERTYPE_TEST & 0xff;
	assert_int_equal(sendto(fd, frame, sizeof(frame), 0,
				(const struct sockaddr *)&to, sizeof(to)),
			 FRAME_BYTES);
	xn_close(&fd);
}

static bool is_ours(const uint8_t *frame, ssize_t bytes)
{
	return bytes == XN_TAP_HEADER_BYTES + FRAME_BYTES &&
	       frame[XN_TAP_HEADER_BYTES + 12] == ETHERTYPE_TEST >> 8 &&
	       frame[XN_TAP_HEADER_BYTES + 13] == (ETHERTYPE_TEST & 0xff);
}

/* The queue that our frame came out of; others' frames are passed over. */
static unsigned int queue_of_frame(const int *fds, unsigned int count)
{
	struct pollfd ready[QUEUES];

	for (unsigned int i = 0; i < count; i++)
		ready[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	for (;;) {
		assert_true(poll(ready, count, 60000) > 0);
		for (unsigned int i = 0; i < count; i++) {
			uint8_t frame[2048];

			if (is_ours(frame, read(fds[i], frame, sizeof(frame))))
				return i;
		}
	}
}

static unsigned int queue_of_frame_after(int ifindex, const int *fds)
{
	send_out(ifindex);
	return queue_of_frame(fds, QUEUES);
}

static void frames_come_with_a_header_and_by_attached_queues(void **state)
{
	int fds[QUEUES];
	int ifindex;

	(void)state;
	GOOD(xn_tap_create("vif1.0", QUEUES, fds, &err));
	ifindex = link_named("vif1.0").ifindex;
	GOOD(xn_link_disable_ipv6("vif1.0", &err));
	GOOD(xn_link_set_up(nl, ifindex, true, &err));
	assert_true(queue_of_frame_after(ifindex, fds) < QUEUES);
	for (unsigned int i = 0; i < QUEUES; i++)
		assert_int_equal(xn_tap_attach_queue(fds[i], false), 0);
	assert_int_equal(xn_tap_attach_queue(fds[0], false), -EINVAL);
	for (unsigned int i = 0; i < QUEUES; i++) {
		assert_int_equal(xn_tap_attach_queue(fds[i], true), 0);
		assert_int_equal(xn_tap_attach_queue(fds[i], true), -EINVAL);
		assert_int_equal(queue_of_frame_after(ifindex, fds), i);
		assert_int_equal(xn_tap_attach_queue(fds[i], false), 0);
	}
	close_all(fds, QUEUES);
}

static void offloads_are_the_kernels_to_refuse(void **state)
{
	int fd;

	(void)state;
	GOOD(xn_tap_create("vif1.0", 1, &fd, &err));
	assert_int_equal(
		xn_tap_set_offload(fd, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6),
		0);
	assert_int_equal(xn_tap_set_offload(fd, 0), 0);
	assert_int_equal(xn_tap_set_offload(fd, 1U << 30), -EINVAL);
	assert_int_equal(xn_tap_set_offload(-1, 0), -EBADF);
	xn_close(&fd);
}

static void the_send_buffer_is_bounded(void **state)
{
	int bytes = 0;
	int fd;

	(void)state;
	GOOD(xn_tap_create("vif1.0", 1, &fd, &err));
	assert_int_equal(xn_tap_set_sndbuf(fd, 123456), 0);
	assert_int_equal(ioctl(fd, TUNGETSNDBUF, &bytes), 0);
	assert_int_equal(bytes, 123456);
	assert_int_equal(xn_tap_set_sndbuf(fd, 0), -EINVAL);
	assert_int_equal(xn_tap_attach_queue(-1, true), -EBADF);
	xn_close(&fd);
}

static void frames_are_counted_where_they_pass(void **state)
{
	uint8_t frame[XN_TAP_HEADER_BYTES + FRAME_BYTES] = {0};
	struct xn_counters before, after;
	int ifindex, fd;

	(void)state;
	frame[XN_TAP_HEADER_BYTES + 12] = ETHERTYPE_TEST >> 8;
	frame[XN_TAP_HEADER_BYTES + 13] = ETHERTYPE_TEST & 0xff;
	GOOD(xn_tap_create("vif1.0", 1, &fd, &err));
	ifindex = link_named("vif1.0").ifindex;
	GOOD(xn_link_disable_ipv6("vif1.0", &err));
	GOOD(xn_link_set_up(nl, ifindex, true, &err));
	GOOD(xn_counters_get(nl, ifindex, &before, &err));
	assert_int_equal(write(fd, frame, sizeof(frame)), sizeof(frame));
	send_out(ifindex);
	send_out(ifindex);
	GOOD(xn_counters_get(nl, ifindex, &after, &err));
	assert_int_equal(after.rx_frames - before.rx_frames, 1);
	assert_int_equal(after.rx_bytes - before.rx_bytes, FRAME_BYTES);
	/* Those wait in the tap: it has sent them once somebody reads. */
	assert_int_equal(after.tx_drops, before.tx_drops);
	assert_int_equal(read(fd, frame, sizeof(frame)), sizeof(frame));
	GOOD(xn_counters_get(nl, ifindex, &after, &err));
	assert_true(after.tx_frames > before.tx_frames);
	xn_close(&fd);
	REFUSED(xn_counters_get(nl, ifindex, &after, &err), -ENODEV,
		"counters of link");
	REFUSED(xn_counters_get(nl, 0, &after, &err), -ENODEV, "no such link");
}

#define NL(test) cmocka_unit_test_setup_teardown(test, open_nl, close_nl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(a_tap_is_born_down_with_all_its_queues),
		NL(a_taken_name_is_refused),
		NL(impossible_taps_are_refused),
		NL(frames_come_with_a_header_and_by_attached_queues),
		NL(offloads_are_the_kernels_to_refuse),
		NL(the_send_buffer_is_bounded),
		NL(frames_are_counted_where_they_pass),
	};

	return NAMESPACE_GROUP(tests);
}
