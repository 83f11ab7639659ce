// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netback/netfront/guest_pump.c and guest_announce.c. A pair of datagram
 * sockets stands for the tap: one message is a virtio_net_hdr and a frame.
 * A pipe stands for the event channels: a byte is an event.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xenevtchn.h>

#include "netback/netfront/guest_announce.h"
#include "netback/netfront/guest_pump.h"
#include "netback/netfront/traffic_frame.h"
#include "netback/offload/checksum.h"
#include "tests/unit/netback/netfront/backend.h"

#define HEADER sizeof(struct virtio_net_hdr)
#define WAIT_MS 20000

struct fixture {
	struct test_vif *vif;
	struct xnf_queue queue;
	struct xnf_pump pump;
	int tap;       /* the kernel's end */
	int events;    /* what the pump's thread waits for */
	int ring_bell; /* our end of it */
	int kicked;    /* becomes readable when the pump notifies */
};

static struct fixture *running;
static uint8_t message[HEADER + XNF_FRAME_MAX];
static struct test_frame got;
static const struct xnf_meta plain;

int xenevtchn_fd(xenevtchn_handle *xce)
{
	(void)xce;
	return running->events;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	eventfd_t count;

	(void)xce;
	return eventfd_read(running->events, &count) < 0 ? -1 : 1;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return eventfd_write(running->kicked, 1);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int pair[2];
	int bytes = 1 << 20;

	assert_non_null(f);
	running = f;
	f->vif = test_vif_create();
	f->queue.tx = f->vif->tx;
	f->queue.rx = f->vif->rx;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE,
					    &bytes, sizeof(bytes)) &&
					 setsockopt(pair[i], SOL_SOCKET,
						    SO_SNDBUF, &bytes,
						    sizeof(bytes)),
				 0);
	assert_int_equal(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
	f->tap = pair[0];
	f->events = eventfd(0, EFD_NONBLOCK);
	f->ring_bell = f->events;
	f->kicked = eventfd(0, EFD_NONBLOCK);
	f->pump.queue = &f->queue;
	f->pump.tap_fd = pair[1];
	f->pump.fault_fd = eventfd(0, EFD_NONBLOCK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->tap);
	close(f->pump.tap_fd);
	close(f->events);
	close(f->kicked);
	close(f->pump.fault_fd);
	test_vif_destroy(f->vif);
	free(f);
	return 0;
}

static void start(struct fixture *f)
{
	assert_int_equal(xnf_pump_start(&f->pump), 0);
}

static void wait_for(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};
	eventfd_t count;

	assert_int_equal(poll(&one, 1, WAIT_MS), 1);
	assert_int_equal(eventfd_read(fd, &count), 0);
}

/* From the kernel. */
static void put_tap(struct fixture *f, const struct virtio_net_hdr *vnet,
		    uint32_t bytes)
{
	memcpy(message, vnet, HEADER);
	assert_int_equal(send(f->tap, message, HEADER + bytes, 0),
			 HEADER + bytes);
}

/* What the kernel would get: the frame's length; it lies in message. */
static uint32_t take_tap(struct fixture *f, struct virtio_net_hdr *ret_vnet)
{
	struct pollfd one = {.fd = f->tap, .events = POLLIN};
	ssize_t bytes;

	assert_int_equal(poll(&one, 1, WAIT_MS), 1);
	bytes = recv(f->tap, message, sizeof(message), 0);
	assert_true(bytes > (ssize_t)HEADER);
	memcpy(ret_vnet, message, HEADER);
	return (uint32_t)bytes - (uint32_t)HEADER;
}

/* The next frame of the transmit ring, in `got`. */
static void wait_frame(struct fixture *f)
{
	while (!test_backend_take(f->vif, &got)) {
		struct netif_tx_sring *shared = f->vif->tx.shared;

		xnb_event_arm(&shared->req_event, f->vif->tx_cons + 1);
		if (xnb_index_load(&shared->req_prod) == f->vif->tx_cons)
			wait_for(f->kicked);
	}
}

static uint32_t make_tcp(uint8_t *frame, uint32_t bytes)
{
	const struct xnf_traffic_template tcp = {
		.source = {{2, 0, 0, 0, 0, 1}},
		.dest = {{2, 0, 0, 0, 0, 2}},
		.stream = 0x1a7,
		.flows = 1,
		.gso_size = 1448,
	};
	uint8_t head[XNF_TRAFFIC_HEAD_MAX];
	uint32_t length = xnf_traffic_head(&tcp, 1, bytes, head);

	memcpy(frame, head, length);
	xnf_traffic_fill(frame + length, bytes - length, 1);
	return length;
}

static void backend_sends(struct fixture *f)
{
	assert_int_equal(eventfd_write(f->ring_bell, 1), 0);
}

static void test_frames_from_the_tap(void **state)
{
	static const uint32_t sizes[] = {14, 60, 1514, 4096, 4097, 65535};
	struct virtio_net_hdr none = {0};
	struct fixture *f = *state;

	start(f);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		test_fill(message + HEADER, sizes[i], sizes[i]);
		put_tap(f, &none, sizes[i]);
		wait_frame(f);
		assert_int_equal(got.length, sizes[i]);
		assert_memory_equal(got.bytes, message + HEADER, sizes[i]);
		test_backend_answer(f->vif, &got, NETIF_RSP_OKAY);
	}
	xnf_pump_stop(&f->pump);
}

static void test_offloads_from_the_tap(void **state)
{
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 54,
		.gso_size = 1448,
		.csum_start = 34,
		.csum_offset = 16,
	};
	struct fixture *f = *state;

	(void)make_tcp(message + HEADER, 30000);
	put_tap(f, &vnet, 30000);
	start(f);
	wait_frame(f);
	assert_int_equal(got.meta.gso_type, XNF_GSO_TCPV4);
	assert_int_equal(got.meta.gso_size, 1448);
	assert_true(got.meta.csum_blank);
	xnf_pump_stop(&f->pump);
}

static void test_metadata_that_does_not_fit_is_dropped(void **state)
{
	struct virtio_net_hdr vnet = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = 60000,
		.csum_offset = 16,
	};
	struct virtio_net_hdr none = {0};
	struct fixture *f = *state;

	(void)make_tcp(message + HEADER, 1000);
	put_tap(f, &vnet, 1000);
	(void)make_tcp(message + HEADER, 1001);
	put_tap(f, &none, 1001);
	start(f);
	wait_frame(f);
	assert_int_equal(got.length, 1001);
	xnf_pump_stop(&f->pump);
	assert_int_equal(f->pump.stats.bad_offload_out, 1);
}

static void test_full_ring_leaves_frames_in_the_tap(void **state)
{
	struct virtio_net_hdr none = {0};
	struct fixture *f = *state;
	uint32_t seen = 0;

	start(f);
	for (uint32_t i = 0; i < 40; i++) {
		message[HEADER] = (uint8_t)i;
		put_tap(f, &none, 65535);
		/* A ring holds fifteen of them; the socket takes the rest
		 * until somebody answers. */
		if (i < 10)
			continue;
		wait_frame(f);
		assert_int_equal(got.bytes[0], seen++);
		test_backend_answer(f->vif, &got, NETIF_RSP_OKAY);
		backend_sends(f);
	}
	assert_int_equal(seen, 30);
	xnf_pump_stop(&f->pump);
}

static void test_frames_to_the_tap(void **state)
{
	static const uint32_t sizes[] = {14, 1514, 9000, 65535};
	struct fixture *f = *state;
	struct virtio_net_hdr vnet;

	start(f);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		test_fill(got.bytes, sizes[i], sizes[i]);
		test_backend_give(f->vif, got.bytes, sizes[i], 4096, 0,
				  &(struct xnf_meta){.data_validated = true});
		backend_sends(f);
		assert_int_equal(take_tap(f, &vnet), sizes[i]);
		assert_memory_equal(message + HEADER, got.bytes, sizes[i]);
		assert_int_equal(vnet.flags, VIRTIO_NET_HDR_F_DATA_VALID);
		assert_int_equal(vnet.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	}
	xnf_pump_stop(&f->pump);
}

static void test_offloads_to_the_tap(void **state)
{
	struct fixture *f = *state;
	struct virtio_net_hdr vnet;

	start(f);
	(void)make_tcp(got.bytes, 20000);
	/* Headers in many small pieces, too. */
	for (uint32_t piece = 1300; piece <= 4096; piece += 2796) {
		test_backend_give(
			f->vif, got.bytes, 20000, piece, 0,
			&(struct xnf_meta){true, true, XNF_GSO_TCPV4, 1448});
		backend_sends(f);
		assert_int_equal(take_tap(f, &vnet), 20000);
		assert_memory_equal(message + HEADER, got.bytes, 20000);
		assert_int_equal(vnet.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		assert_int_equal(vnet.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
		assert_int_equal(vnet.gso_size, 1448);
		assert_int_equal(vnet.csum_start, 34);
		assert_int_equal(vnet.csum_offset, 16);
	}
	(void)make_tcp(got.bytes, 70);
	test_backend_give(f->vif, got.bytes, 70, 5, 0,
			  &(struct xnf_meta){.csum_blank = true});
	backend_sends(f);
	assert_int_equal(take_tap(f, &vnet), 70);
	assert_memory_equal(message + HEADER, got.bytes, 70);
	assert_int_equal(vnet.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	xnf_pump_stop(&f->pump);
}

static void test_backends_metadata_that_does_not_fit(void **state)
{
	struct fixture *f = *state;
	struct virtio_net_hdr vnet;

	start(f);
	test_fill(got.bytes, 1000, 5); /* no TCP anywhere */
	test_backend_give(f->vif, got.bytes, 1000, 4096, 0,
			  &(struct xnf_meta){true, true, XNF_GSO_TCPV4, 100});
	test_backend_give(f->vif, got.bytes, 1001, 4096, 0, &plain);
	backend_sends(f);
	assert_int_equal(take_tap(f, &vnet), 1001);
	xnf_pump_stop(&f->pump);
	assert_int_equal(f->pump.stats.bad_offload_in, 1);
}

static void test_broken_ring_is_reported_once(void **state)
{
	struct fixture *f = *state;
	struct pollfd again = {.fd = f->pump.fault_fd, .events = POLLIN};

	start(f);
	xnb_index_publish(&f->vif->rx.shared->rsp_prod, 1u << 31);
	backend_sends(f);
	wait_for(f->pump.fault_fd);
	assert_int_equal(xnf_queue_fault(&f->queue), XNF_FAULT_RX_INDEX);
	xnf_pump_stop(&f->pump);
	assert_int_equal(poll(&again, 1, 0), 0);
}

static void test_announcement(void **state)
{
	static const uint8_t expected[42] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0,	0x16, 0x3e, 1, 2,
		3,    0x08, 0x06, 0,	1,    0x08, 0,	6,    4,    0, 1,
		0,    0x16, 0x3e, 1,	2,    3,    10, 0,    0,    9, 0,
		0,    0,    0,	  0,	0,    10,   0,	0,    9};
	const struct xn_mac mac = {{0, 0x16, 0x3e, 1, 2, 3}};
	uint8_t frame[XNF_ANNOUNCE_BYTES];
	struct fixture *f = *state;

	xnf_announce_frame(&mac, htonl(0x0a000009), frame);
	assert_memory_equal(frame, expected, sizeof(expected));
	for (size_t i = sizeof(expected); i < sizeof(frame); i++)
		assert_int_equal(frame[i], 0);
	assert_int_equal(xnf_announce(&f->queue.tx, "no-such-link", &mac), 0);
	assert_false(xnf_tx_publish(&f->queue.tx));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_frames_from_the_tap),
		TEST(test_offloads_from_the_tap),
		TEST(test_metadata_that_does_not_fit_is_dropped),
		TEST(test_full_ring_leaves_frames_in_the_tap),
		TEST(test_frames_to_the_tap),
		TEST(test_offloads_to_the_tap),
		TEST(test_backends_metadata_that_does_not_fit),
		TEST(test_broken_ring_is_reported_once),
		TEST(test_announcement),
	};
#undef TEST

	return cmocka_run_group_tests_name("netfront pump", tests, NULL, NULL);
}
