/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests ask for through the control ring, in the worker: steering by
 * their hash, frames by their static grants (with the copies that are left,
 * counted), a ring that is broken or flooded, and a restart. The tests'
 * hypervisor counts a breach for every copy of a grant that is mapped.
 */
#include "../ring/cmocka_std.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bed.h"
#include "netconf/base/fd.h"

#define CTRL_REF 5u
#define CTRL_CHANNEL 900u
#define BUFFER_PAGE 299u /* of guest 0: keys, tables, lists */
#define FRAME_BYTES 1400u

struct ctrl_page {
	uint8_t byte[XNB_PAGE_SIZE] __attribute__((aligned(4096)));
};

static struct ctrl_page ctrl_page;
static uint32_t req_prod;
static uint32_t queues;
static struct bed_received received;

static struct xen_netif_ctrl_sring *ring(void)
{
	return (struct xen_netif_ctrl_sring *)(void *)ctrl_page.byte;
}

static int make_redo(uint32_t queue_count)
{
	size_t bytes = xnb_redo_bytes(queue_count);
	int fd = memfd_create("redo", MFD_CLOEXEC);
	void *log;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	log = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(log, MAP_FAILED);
	xnb_redo_init(log, queue_count);
	munmap(log, bytes);
	return fd;
}

/* The rings of guest 1 are the second queue of guest 0, as in test_queues.c. */
static void order_add(struct bed *bed, bool resume)
{
	struct bed_vif *first = &bed->vif[0], *second = &bed->vif[1];
	const uint32_t channels[5] = {first->tx_channel, first->rx_channel,
				      CTRL_CHANNEL, second->tx_channel,
				      second->rx_channel};
	struct xnb_command command = bed_add_command(bed, 0, 0);
	int pair[2];

	close(command.event_fd);
	command.event_fd = ev_open(channels, queues == 2 ? 5 : 3);
	command.add.queue_count = queues;
	command.add.frontend |= XN_DL_FE_CTRL_RING;
	command.add.ctrl_ring_ref = CTRL_REF;
	command.add.ctrl_port = CTRL_CHANNEL;
	command.add.resume = resume;
	if (queues == 2) {
		command.add.queue[1] = (struct xn_dl_queue){
			3, 4, second->tx_channel, second->rx_channel};
		xn_close(&second->kernel_fd);
		assert_int_equal(xn_fd_socketpair(SOCK_NONBLOCK, pair), 0);
		second->kernel_fd = pair[0];
		command.tap_fd[1] = pair[1];
	}
	bed_order(bed, &command);
	command = bed_port_command(bed, 0);
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_event(bed).up.error, 0);
	assert_int_equal(bed_event(bed).header.type, XN_DL_PORT_DONE);
}

static void connect_guest(struct bed *bed, uint32_t queue_count)
{
	struct bed_vif *first = &bed->vif[0], *second = &bed->vif[1];

	queues = queue_count;
	req_prod = 0;
	memset(&ctrl_page, 0, sizeof(ctrl_page));
	ring()->req_event = ring()->rsp_event = 1;
	guest_init(&first->guest, 0, 0);
	hv_grant(0, 1, first->guest.tx_page, false);
	hv_grant(0, 2, first->guest.rx_page, false);
	hv_grant(0, CTRL_REF, ctrl_page.byte, false);
	if (queues == 2) {
		/* Its buffers are other pages than the first queue's. */
		guest_init(&second->guest, 0, XNB_RX_RING_SIZE / 2);
		second->rx_taken = second->tx_taken = XNB_RX_RING_SIZE / 2;
		hv_grant(0, 3, second->guest.tx_page, false);
		hv_grant(0, 4, second->guest.rx_page, false);
	}
	first->redo_fd = make_redo(queues);
	order_add(bed, false);
}

/* The pages granted last are those of the last queue. */
static uint8_t *buffer(struct bed *bed)
{
	return bed->vif[queues - 1].guest.page[BUFFER_PAGE];
}

static void put(uint16_t type, uint32_t a, uint32_t b, uint32_t c)
{
	xnb_ctrl_slot(ring(), req_prod)->req = (struct xen_netif_ctrl_request){
		.id = (uint16_t)req_prod, .type = type, .data = {a, b, c}};
	xnb_index_publish(&ring()->req_prod, ++req_prod);
}

static struct xen_netif_ctrl_response ask(struct bed *bed, uint16_t type,
					  uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t notified = ev_notified(CTRL_CHANNEL);

	ring()->rsp_event = req_prod + 1;
	put(type, a, b, c);
	ev_send(CTRL_CHANNEL);
	bed_run(bed);
	assert_int_equal(ring()->rsp_prod, req_prod);
	assert_int_equal(ev_notified(CTRL_CHANNEL), notified + 1);
	return xnb_ctrl_slot(ring(), req_prod - 1)->rsp;
}

static void succeed(struct bed *bed, uint16_t type, uint32_t a, uint32_t b,
		    uint32_t c)
{
	assert_int_equal(ask(bed, type, a, b, c).status,
			 XEN_NETIF_CTRL_STATUS_SUCCESS);
}

/* The guest's settings, and the same for the tests to compare with. */
static struct xnb_toeplitz expected;

static void choose_hash(struct bed *bed, uint32_t types)
{
	static const uint8_t mapping[] = {1, 0, 0, 1, 1};
	struct xnb_kept_hash hash = {
		.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ,
		.flags = types,
		.key_bytes = XNB_HASH_KEY_BYTES,
		.mapping_size = sizeof(mapping),
	};
	const uint32_t ref = GUEST_REF(BUFFER_PAGE);
	uint32_t *table = (uint32_t *)(void *)buffer(bed);

	for (uint32_t i = 0; i < XNB_HASH_KEY_BYTES; i++)
		hash.key[i] = (uint8_t)(i * 37 + 11);
	memcpy(hash.mapping, mapping, sizeof(mapping));
	xnb_toeplitz_set(&expected, &hash);
	succeed(bed, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM, hash.algorithm, 0,
		0);
	memcpy(buffer(bed), hash.key, sizeof(hash.key));
	succeed(bed, XEN_NETIF_CTRL_TYPE_SET_HASH_KEY, ref, sizeof(hash.key),
		0);
	succeed(bed, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE,
		hash.mapping_size, 0, 0);
	for (uint32_t i = 0; i < sizeof(mapping); i++)
		table[i] = mapping[i];
	succeed(bed, XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, ref, sizeof(mapping),
		0);
	succeed(bed, XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS, types, 0, 0);
}

/* A UDP packet to station 0; flow 0 is ARP. */
static void make_packet(uint8_t *frame, uint8_t flow)
{
	memset(frame, 0, 100);
	frame[0] = frame[6] = 2;
	frame[11] = 2;
	frame[12] = 8;
	frame[13] = flow ? 0 : 6;
	frame[14] = 0x45;
	frame[17] = 86;
	frame[23] = 17;
	frame[29] = flow;
	frame[33] = 7;
	frame[39] = 66;
}

static void send_flows(struct bed *bed, uint8_t count)
{
	struct guest *guest = &bed->vif[2].guest;

	for (uint8_t flow = 0; flow < count; flow++) {
		make_packet(guest->page[BED_TX_PAGE + flow], flow);
		guest_send(guest, BED_TX_PAGE + flow, 0, 100, 0);
	}
	bed_push(bed, 2);
}

/* Takes all that queue `n` was given: the flows, in the pages that were
 * granted. Each must have the expected hash, or none. */
static uint32_t take_steered(struct bed *bed, uint32_t n, bool hashed)
{
	struct bed_vif *vif = &bed->vif[n];
	struct guest *owner = &bed->vif[1].guest;
	uint32_t flows = 0;

	while (vif->rx_taken != xnb_index_load(&vif->guest.rx->rsp_prod)) {
		uint32_t page = vif->rx_taken % XNB_RX_RING_SIZE;
		struct netif_rx_response response =
			guest_rx_response(&vif->guest, vif->rx_taken++);
		const uint8_t *frame = owner->page[page] + response.offset;
		struct netif_extra_info extra;
		struct xnb_rx_hash hash;
		uint32_t value;

		assert_int_equal(response.status, 100);
		flows |= UINT32_C(1) << frame[29];
		hash = xnb_toeplitz_frame(&expected, frame, 100, 100);
		if (hashed)
			assert_int_equal(
				xnb_toeplitz_queue(&expected, hash.value, 2),
				n);
		if (!hashed || !hash.algorithm) {
			assert_int_equal(response.flags & NETRXF_extra_info, 0);
			continue;
		}
		assert_true(response.flags & NETRXF_extra_info);
		memcpy(&extra, xnb_rx_slot(vif->guest.rx, vif->rx_taken++),
		       sizeof(extra));
		memcpy(&value, extra.u.hash.value, sizeof(value));
		assert_int_equal(extra.type, XEN_NETIF_EXTRA_TYPE_HASH);
		assert_int_equal(extra.flags, 0);
		assert_int_equal(extra.u.hash.type,
				 _XEN_NETIF_CTRL_HASH_TYPE_IPV4);
		assert_int_equal(extra.u.hash.algorithm,
				 XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ);
		assert_int_equal(value, hash.value);
	}
	return flows;
}

static void take_both(struct bed *bed, bool hashed, uint32_t flows[2])
{
	flows[0] = take_steered(bed, 0, hashed);
	flows[1] = take_steered(bed, 1, hashed);
}

static void post(struct bed *bed, uint32_t n, uint32_t count)
{
	guest_post(&bed->vif[n].guest, count);
	ev_send(bed->vif[n].rx_channel);
	bed_run(bed);
}

static void frames_go_where_the_guest_says(void **state)
{
	struct bed *bed = *state;
	uint32_t flows[2];

	connect_guest(bed, 2);
	bed_add(bed, 2, 0, 0);
	choose_hash(bed, XEN_NETIF_CTRL_HASH_TYPE_IPV4);
	/* Nothing is posted: all of it waits, with its hash. */
	send_flows(bed, 32);
	assert_int_equal(bed_answers(bed, 2).okay, 32);
	post(bed, 0, 100);
	flows[0] = take_steered(bed, 0, true);
	post(bed, 1, 100);
	flows[1] = take_steered(bed, 1, true);
	assert_int_equal(flows[0] | flows[1], UINT32_MAX);
	assert_int_equal(flows[0] & flows[1], 0);
	assert_true(flows[0] != 0 && flows[1] != 0);
	/* ARP has no hash: it goes as the value 0 does. */
	assert_true(flows[1] & 1);
	/* Straight into the ring. */
	for (uint8_t i = 0; i < 4; i++) {
		uint32_t again[2];

		send_flows(bed, 8);
		take_both(bed, true, again);
		assert_int_equal(again[0] | again[1], 0xff);
		assert_int_equal(again[0], flows[0] & 0xff);
	}
	assert_int_equal(bed_counters(bed, 0)->ctrl_requests, 5);
}

static void frames_of_the_twin_are_steered_too(void **state)
{
	const struct virtio_net_hdr vnet = {.flags = 0};
	struct bed *bed = *state;
	uint8_t frame[100];
	uint32_t flows[2];

	connect_guest(bed, 2);
	choose_hash(bed, XEN_NETIF_CTRL_HASH_TYPE_IPV4);
	post(bed, 0, 100);
	post(bed, 1, 100);
	for (uint8_t flow = 0; flow < 8; flow++) {
		make_packet(frame, flow);
		assert_true(bed_kernel_write(bed, flow % 2, &vnet, frame, 100));
	}
	bed_run(bed);
	take_both(bed, true, flows);
	assert_int_equal(flows[0] | flows[1], 0xff);
	assert_true(flows[0] != 0 && flows[1] != 0);
}

static void other_guests_see_nothing_of_it(void **state)
{
	struct bed *bed = *state;

	connect_guest(bed, 2);
	bed_add(bed, 2, 0, 0);
	bed_add(bed, 3, 0, 0);
	choose_hash(bed, XEN_NETIF_CTRL_HASH_TYPE_IPV4);
	bed_post(bed, 3, 20);
	post(bed, 0, 20);
	post(bed, 1, 20);
	make_packet(bed->vif[2].guest.page[BED_TX_PAGE], 5);
	memset(bed->vif[2].guest.page[BED_TX_PAGE], 0xff, 6);
	guest_send(&bed->vif[2].guest, BED_TX_PAGE, 0, 100, 0);
	bed_push(bed, 2);
	bed_receive(bed, 3, &received);
	assert_int_equal(received.bytes, 100);
	assert_int_equal(received.flags & NETRXF_extra_info, 0);
	assert_int_equal(take_steered(bed, 0, true) |
				 take_steered(bed, 1, true),
			 1u << 5);
}

static void without_the_algorithm_all_is_as_before(void **state)
{
	struct bed *bed = *state;
	uint32_t flows[2], hashed[2];

	connect_guest(bed, 2);
	bed_add(bed, 2, 0, 0);
	post(bed, 0, 110);
	post(bed, 1, 110);
	send_flows(bed, 32);
	take_both(bed, false, flows);
	assert_int_equal(flows[0] | flows[1], UINT32_MAX);
	choose_hash(bed, XEN_NETIF_CTRL_HASH_TYPE_IPV4);
	send_flows(bed, 32);
	take_both(bed, true, hashed);
	assert_int_not_equal(hashed[0], flows[0]);
	succeed(bed, XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
		XEN_NETIF_CTRL_HASH_ALGORITHM_NONE, 0, 0);
	send_flows(bed, 32);
	take_both(bed, false, hashed);
	assert_int_equal(hashed[0], flows[0]);
}

/* Static grants: pages [first, first + count) of guest 0. */
static uint32_t order_grants(struct bed *bed, uint16_t type, uint32_t first,
			     uint32_t count, uint16_t flags)
{
	struct xen_netif_gref *list =
		(struct xen_netif_gref *)(void *)buffer(bed);

	for (uint32_t i = 0; i < count; i++)
		list[i] =
			(struct xen_netif_gref){GUEST_REF(first + i), flags, 0};
	return ask(bed, type, 0, GUEST_REF(BUFFER_PAGE), count).status;
}

#define ADD XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING
#define DEL XEN_NETIF_CTRL_TYPE_DEL_GREF_MAPPING

static void add_tx_pages(struct bed *bed)
{
	assert_int_equal(order_grants(bed, ADD, BED_TX_PAGE, 16,
				      XEN_NETIF_CTRLF_GREF_readonly),
			 XEN_NETIF_CTRL_STATUS_SUCCESS);
}

static void add_rx_pages(struct bed *bed)
{
	assert_int_equal(order_grants(bed, ADD, 0, XNB_RX_RING_SIZE, 0),
			 XEN_NETIF_CTRL_STATUS_SUCCESS);
}

/* Not fast: everything goes to the twin. */
static void leave_switch(struct bed *bed)
{
	struct xnb_command command = bed_port_command(bed, 0);

	command.port.fast = 0;
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_event(bed).header.type, XN_DL_PORT_DONE);
}

/* A frame in two slots, so that pieces are put together. */
static void send_two_slots(struct bed *bed, uint8_t to)
{
	struct guest *guest = &bed->vif[0].guest;
	uint8_t whole[FRAME_BYTES];

	bed_frame(whole, to, 0, FRAME_BYTES);
	memcpy(guest->page[BED_TX_PAGE] + 300, whole, 700);
	memcpy(guest->page[BED_TX_PAGE + 1] + 8, whole + 700,
	       FRAME_BYTES - 700);
	guest_send(guest, BED_TX_PAGE, 300, FRAME_BYTES, NETTXF_more_data);
	guest_send(guest, BED_TX_PAGE + 1, 8, FRAME_BYTES - 700, 0);
	bed_push(bed, 0);
}

static void is_frame(const uint8_t *frame, uint8_t to, uint8_t from)
{
	uint8_t whole[FRAME_BYTES];

	bed_frame(whole, to, from, FRAME_BYTES);
	assert_memory_equal(frame, whole, FRAME_BYTES);
}

/* Segments of grant copies that a frame to the twin costs. */
static uint32_t cost_to_twin(struct bed *bed)
{
	struct virtio_net_hdr vnet;
	uint32_t before = hv.segments;

	send_two_slots(bed, 9);
	assert_int_equal(bed_kernel_read(bed, 0, &vnet, received.frame),
			 FRAME_BYTES);
	is_frame(received.frame, 9, 0);
	return hv.segments - before;
}

static void the_twin_gets_mapped_pages_without_a_copy(void **state)
{
	struct bed *bed = *state;
	uint32_t plain, mapped, half;

	connect_guest(bed, 1);
	leave_switch(bed);
	plain = cost_to_twin(bed);
	add_tx_pages(bed);
	assert_int_equal(bed_counters(bed, 0)->grants_mapped, 16);
	mapped = cost_to_twin(bed);
	assert_int_equal(mapped, 0);
	assert_true(plain >= 3); /* the head, and the rest of two slots */
	/* One of the two pages only. */
	assert_int_equal(order_grants(bed, DEL, BED_TX_PAGE, 1, 0),
			 XEN_NETIF_CTRL_STATUS_SUCCESS);
	half = cost_to_twin(bed);
	assert_true(half > 0 && half < plain);
	assert_int_equal(bed_answers(bed, 0).okay, 6);
	printf("copy segments, %u bytes in two slots to the twin: %u; one slot "
	       "mapped: %u; both: %u\n",
	       FRAME_BYTES, plain, half, mapped);
}

/* Segments for a frame from guest 0 to guest 2. */
static uint32_t cost_to_guest(struct bed *bed)
{
	uint32_t before = hv.segments;

	send_two_slots(bed, 2);
	bed_receive(bed, 2, &received);
	assert_int_equal(received.bytes, FRAME_BYTES);
	is_frame(received.frame, 2, 0);
	return hv.segments - before;
}

static uint32_t cost_from_guest(struct bed *bed)
{
	uint32_t before = hv.segments;

	bed_burst(bed, 2, 0, FRAME_BYTES, 1);
	bed_receive(bed, 0, &received);
	assert_int_equal(received.bytes, FRAME_BYTES);
	is_frame(received.frame, 0, 2);
	return hv.segments - before;
}

static void guests_meet_with_and_without_mapped_pages(void **state)
{
	struct bed *bed = *state;
	uint32_t to, from, mapped_to, mapped_from, to_itself;

	connect_guest(bed, 1);
	bed_add(bed, 2, 0, 0);
	bed_post(bed, 0, 100);
	bed_post(bed, 2, 100);
	bed_burst(bed, 2, BED_ALL, 60, 1); /* learn both */
	bed_burst(bed, 0, BED_ALL, 60, 1);
	bed_count_received(bed, 0);
	bed_count_received(bed, 2);
	to = cost_to_guest(bed);
	from = cost_from_guest(bed);
	add_tx_pages(bed);
	add_rx_pages(bed);
	mapped_to = cost_to_guest(bed);
	mapped_from = cost_from_guest(bed);
	/* Only the hypervisor can reach the other guest's pages. */
	assert_int_equal(mapped_to, 2);	  /* head and rest, written */
	assert_int_equal(mapped_from, 2); /* head and rest, read */
	/* Both at once: a frame to its own second page set. */
	to_itself = hv.segments;
	bed_burst(bed, 2, BED_ALL, FRAME_BYTES, 4);
	assert_int_equal(bed_count_received(bed, 0), 4);
	to_itself = hv.segments - to_itself;
	printf("copy segments, %u bytes: to a guest %u, from mapped pages %u; "
	       "from a guest %u, to mapped pages %u\n",
	       FRAME_BYTES, to, mapped_to, from, mapped_from);
	assert_true(to_itself <= 4 * mapped_from);
	assert_int_equal(bed_answers(bed, 0).error, 0);
	assert_int_equal(bed_answers(bed, 2).error, 0);
}

/* The kernel's frames, and those that waited, go into mapped pages as well. */
static void waiting_frames_are_written_to_mapped_pages(void **state)
{
	const struct virtio_net_hdr vnet = {.flags = 0};
	struct bed *bed = *state;
	uint8_t frame[FRAME_BYTES];
	uint32_t before;

	connect_guest(bed, 1);
	add_rx_pages(bed);
	before = hv.segments;
	bed_frame(frame, 0, 7, FRAME_BYTES);
	for (uint32_t i = 0; i < 5; i++)
		assert_true(
			bed_kernel_write(bed, 0, &vnet, frame, FRAME_BYTES));
	bed_run(bed);
	bed_post(bed, 0, 10);
	ev_send(bed->vif[0].rx_channel);
	bed_run(bed);
	for (uint32_t i = 0; i < 5; i++) {
		bed_receive(bed, 0, &received);
		assert_int_equal(received.bytes, FRAME_BYTES);
		is_frame(received.frame, 0, 7);
	}
	assert_int_equal(hv.segments, before);
}

static void readonly_pages_are_not_written(void **state)
{
	struct bed *bed = *state;

	connect_guest(bed, 1);
	bed_add(bed, 2, 0, 0);
	assert_int_equal(
		order_grants(bed, ADD, 0, 1, XEN_NETIF_CTRLF_GREF_readonly),
		XEN_NETIF_CTRL_STATUS_SUCCESS);
	bed_post(bed, 0, 2);
	bed_burst(bed, 2, 0, 100, 2);
	bed_receive(bed, 0, &received);
	assert_int_equal(received.bytes, NETIF_RSP_ERROR);
	bed_receive(bed, 0, &received);
	assert_int_equal(received.bytes, 100);
	assert_int_equal(bed_counters(bed, 0)->drop[XN_DROP_DEST_GRANT], 1);
	assert_int_equal(bed_answers(bed, 2).okay, 2);
}

/* While the copy to the receiver runs, the sender turns its frame into one
 * from and to somebody else. */
static void rewrite_head(void *arg)
{
	struct guest *guest = arg;

	memset(guest->page[BED_TX_PAGE] + 300, 0xee, 700);
}

static void heads_are_those_that_were_decided_on(void **state)
{
	struct bed *bed = *state;

	connect_guest(bed, 1);
	bed_add(bed, 2, 0, 0);
	bed_post(bed, 2, 10);
	bed_burst(bed, 2, BED_ALL, 60, 1);
	add_tx_pages(bed);
	hv.before = rewrite_head;
	hv.arg = &bed->vif[0].guest;
	send_two_slots(bed, 2);
	hv.before = NULL;
	bed_receive(bed, 2, &received);
	assert_int_equal(received.bytes, FRAME_BYTES);
	is_frame(received.frame, 2, 0);
}

/* Rings, and the end. */

static struct xnb_event next_fault(struct bed *bed)
{
	struct xnb_event event;

	do
		event = bed_event(bed);
	while (event.header.type == XN_DL_STATION);
	return event;
}

static void a_broken_ring_costs_its_own_vif(void **state)
{
	struct bed *bed = *state;
	struct xnb_event event;

	connect_guest(bed, 1);
	bed_add(bed, 2, 0, 0);
	bed_add(bed, 3, 0, 0);
	add_tx_pages(bed);
	ring()->req_prod = req_prod + XNB_CTRL_RING_SIZE + 1;
	ev_send(CTRL_CHANNEL);
	bed_run(bed);
	event = next_fault(bed);
	assert_int_equal(event.header.type, XN_DL_VIF_FAULT);
	assert_int_equal(event.fault.fault, XN_DL_FAULT_CTRL);
	assert_int_equal(event.fault.slot, 0);
	bed_post(bed, 3, 10);
	bed_burst(bed, 2, BED_ALL, 100, 3);
	assert_int_equal(bed_count_received(bed, 3), 3);
}

static void a_flood_of_requests_takes_turns(void **state)
{
	struct bed *bed = *state;
	uint32_t rounds = 0;

	connect_guest(bed, 1);
	bed_add(bed, 2, 0, 0);
	bed_add(bed, 3, 0, 0);
	bed_post(bed, 3, 200);
	for (uint32_t i = 0; i < XNB_CTRL_RING_SIZE; i++)
		put(XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE, 0, 0, 0);
	ev_send(CTRL_CHANNEL);
	while (ring()->rsp_prod != req_prod) {
		bed_send(bed, 2, BED_TX_PAGE, BED_ALL, 100);
		guest_push(&bed->vif[2].guest);
		ev_send(bed->vif[2].tx_channel);
		ev_send(CTRL_CHANNEL);
		xnb_worker_round(bed->worker);
		rounds++;
		assert_true(ring()->rsp_prod <= rounds * XNB_CTRL_ROUND);
		assert_int_equal(bed_count_received(bed, 3), 1);
	}
	assert_int_equal(rounds, XNB_CTRL_RING_SIZE / XNB_CTRL_ROUND);
	bed_run(bed);
	assert_int_equal(bed_counters(bed, 0)->ctrl_requests,
			 XNB_CTRL_RING_SIZE);
	/* Masked while it was busy: the storm was one event. */
	assert_true(ev_unmasked(CTRL_CHANNEL) <= 3);
}

static void delete_vif(struct bed *bed)
{
	struct xnb_command command = {
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
			.generation = bed->vif[0].generation}};

	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(next_fault(bed).header.type, XN_DL_VIF_GONE);
}

/* What the second vif of guest 0 is answered for a buffer. */
static struct bed_answers send_ref(struct bed *bed, uint32_t ref)
{
	struct guest *guest = &bed->vif[1].guest;

	guest_send(guest, BED_TX_PAGE, 0, FRAME_BYTES, 0);
	xnb_tx_slot(guest->tx, guest->tx_prod - 1)->req.gref = ref;
	bed_push(bed, 1);
	return bed_answers(bed, 1);
}

static void add_second_vif(struct bed *bed)
{
	struct bed_vif *second = &bed->vif[1];
	struct xnb_command command = bed_add_command(bed, 1, 0);

	guest_init(&second->guest, 0, 0);
	hv_grant(0, 3, second->guest.tx_page, false);
	hv_grant(0, 4, second->guest.rx_page, false);
	command.add.domid = 0;
	command.add.queue[0].tx_ring_ref = 3;
	command.add.queue[0].rx_ring_ref = 4;
	bed_order(bed, &command);
	command = bed_port_command(bed, 1);
	bed_order(bed, &command);
	bed_run(bed);
	assert_int_equal(bed_event(bed).up.error, 0);
	assert_int_equal(bed_event(bed).header.type, XN_DL_PORT_DONE);
}

/* The second vif's buffers: grants that are mapped for the first. */
static void a_guests_vifs_share_no_mapped_page(void **state)
{
	struct bed *bed = *state;
	struct xnb_command del = {
		.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION}}};

	add_second_vif(bed);
	connect_guest(bed, 1);
	bed_frame(bed->vif[0].guest.page[BED_TX_PAGE], BED_ALL, 9, FRAME_BYTES);
	assert_int_equal(send_ref(bed, 1).error, 1);
	assert_int_equal(send_ref(bed, 2).error, 1);
	assert_int_equal(send_ref(bed, CTRL_REF).error, 1);
	assert_int_equal(send_ref(bed, GUEST_REF(BED_TX_PAGE)).okay, 1);
	add_tx_pages(bed);
	assert_int_equal(send_ref(bed, GUEST_REF(BED_TX_PAGE)).error, 1);
	assert_int_equal(hv.breaches, 0);
	/* With the first vif all that is over. */
	del.del.slot = bed->vif[0].slot;
	del.del.generation = bed->vif[0].generation;
	bed_order(bed, &del);
	bed_run(bed);
	assert_int_equal(send_ref(bed, GUEST_REF(BED_TX_PAGE)).okay, 1);
	bed_frame(bed->vif[0].guest.tx_page, BED_ALL, 9, FRAME_BYTES);
	assert_int_equal(send_ref(bed, 1).okay, 1);
}

static void detaching_unmaps_what_was_mapped(void **state)
{
	struct bed *bed = *state;

	connect_guest(bed, 1);
	add_tx_pages(bed);
	add_rx_pages(bed);
	assert_int_equal(ev_mapped(), 3 + 16 + XNB_RX_RING_SIZE);
	delete_vif(bed);
	assert_int_equal(ev_mapped(), 0);
	assert_int_equal(bed_counters(bed, 0)->grants_mapped, 0);
	assert_int_equal(bed->worker->crew->grants_left, XNB_GRANTS_WORKER_MAX);
	/* A new connection begins with none. */
	bed->vif[0].generation++;
	guest_init(&bed->vif[0].guest, 0, 0);
	order_add(bed, false);
	assert_int_equal(bed_counters(bed, 0)->grants_mapped, 0);
}

/* What a new process finds: the rings as they are, and the log. */
static void a_restart_keeps_hash_and_grants(void **state)
{
	struct bed *bed = *state;
	uint32_t flows[2], again[2];

	connect_guest(bed, 2);
	bed_add(bed, 2, 0, 0);
	choose_hash(bed, XEN_NETIF_CTRL_HASH_TYPE_IPV4);
	add_tx_pages(bed);
	post(bed, 0, 100);
	post(bed, 1, 100);
	send_flows(bed, 32);
	take_both(bed, true, flows);
	delete_vif(bed);
	hv_revoke(0, GUEST_REF(BED_TX_PAGE + 5));
	order_add(bed, true);
	assert_int_equal(bed_counters(bed, 0)->grants_mapped, 15);
	send_flows(bed, 32);
	take_both(bed, true, again);
	assert_int_equal(again[0], flows[0]);
	assert_int_equal(again[1], flows[1]);
	/* The ring goes on where it was. */
	succeed(bed, XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(frames_go_where_the_guest_says),
		BED_TEST(frames_of_the_twin_are_steered_too),
		BED_TEST(other_guests_see_nothing_of_it),
		BED_TEST(without_the_algorithm_all_is_as_before),
		BED_TEST(the_twin_gets_mapped_pages_without_a_copy),
		BED_TEST(guests_meet_with_and_without_mapped_pages),
		BED_TEST(waiting_frames_are_written_to_mapped_pages),
		BED_TEST(readonly_pages_are_not_written),
		BED_TEST(heads_are_those_that_were_decided_on),
		BED_TEST(a_broken_ring_costs_its_own_vif),
		BED_TEST(a_flood_of_requests_takes_turns),
		BED_TEST(a_guests_vifs_share_no_mapped_page),
		BED_TEST(detaching_unmaps_what_was_mapped),
		BED_TEST(a_restart_keeps_hash_and_grants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
