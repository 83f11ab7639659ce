/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See load.h. */
#include "tests/unit/netback/ring/cmocka_std.h"

#include "load.h"

#include <string.h>

#include "lists.h"

#define POSTED XNB_RX_RING_SIZE /* buffers that each receiver keeps posted */
#define BURST_ONE 256u		/* of a single sender: a ring full */
#define BURST_MANY 64u		/* of each, when several may meet at one */
#define SMALL_BYTES 256u	/* frames up to it lie so far apart, others */
#define LARGE_BYTES 2048u	/* so far */
#define CHAIN_SLOTS 17u		/* of a chain on either ring */
#define SEGMENT_BYTES 1448u
#define TX_PAGES (GUEST_PAGES - BED_TX_PAGE)

/* xorshift64: the same numbers in every run. */
static uint32_t draw(struct load *load, uint32_t below)
{
	load->random ^= load->random << 13;
	load->random ^= load->random >> 7;
	load->random ^= load->random << 17;
	return (uint32_t)(load->random >> 32) % below;
}

static void put_mac(uint8_t *at, uint32_t station)
{
	at[0] = 2;
	at[1] = 0;
	at[2] = (uint8_t)(station >> 24);
	at[3] = (uint8_t)(station >> 16);
	at[4] = (uint8_t)(station >> 8);
	at[5] = (uint8_t)station;
}

/* UDP over IPv4 from a port that says the flow; nobody looks at the sums. */
static void put_headers(uint8_t *frame, uint32_t bytes)
{
	static const uint8_t headers[] = {
		0x08, 0,  0x45, 0, 0, 0,  0, 0, 0, 0, 64, 17, 0,
		0,    10, 1,	0, 1, 10, 1, 0, 2, 0, 0,  0,  9,
	};

	memset(frame, 0, 42);
	memcpy(frame + 12, headers, sizeof(headers));
	frame[16] = (uint8_t)((bytes - 14) >> 8);
	frame[17] = (uint8_t)(bytes - 14);
	frame[38] = (uint8_t)((bytes - 34) >> 8);
	frame[39] = (uint8_t)(bytes - 34);
}

/* TCP instead, for a chain: its sum is blank. */
static void put_tcp(uint8_t *frame)
{
	frame[23] = 6;
	memset(frame + 34, 0, 20);
	frame[46] = 5 << 4;
	frame[47] = 0x10; /* ACK */
}

static uint32_t stride(const struct load *load)
{
	if (load->options.chain)
		return XNB_PAGE_SIZE;
	return load->options.frame_bytes <= SMALL_BYTES ? SMALL_BYTES
							: LARGE_BYTES;
}

/* A lane's sending buffer `k`: they are used in turn. All lanes of a vif have
 * the pages of its last one (bed_add_queues()). */
static uint8_t *buffer(const struct load *load, uint32_t lane, uint32_t k,
		       uint32_t *ret_page, uint32_t *ret_offset)
{
	uint32_t queues = load->options.queues;
	uint32_t in_page = XNB_PAGE_SIZE / stride(load);
	uint32_t n = k % (TX_PAGES * in_page);
	struct guest *owner =
		&load->bed->vif[lane / queues * queues + queues - 1].guest;

	*ret_page = BED_TX_PAGE + n / in_page;
	*ret_offset = n % in_page * stride(load);
	return owner->page[*ret_page] + *ret_offset;
}

/* From the page of the header on; all chains have the same payload. */
static void send_chain(struct guest *guest, uint32_t page, uint32_t bytes)
{
	const uint32_t meta =
		NETTXF_csum_blank | NETTXF_data_validated | NETTXF_extra_info;
	uint32_t left = bytes;

	for (uint32_t i = 0; left; i++) {
		uint32_t size = left < XNB_PAGE_SIZE ? left : XNB_PAGE_SIZE;
		uint32_t more = left > size ? NETTXF_more_data : 0;

		guest_send(guest, i ? BED_TX_PAGE + i : page, 0,
			   i ? size : bytes, more | (i ? 0 : meta));
		if (i == 0)
			guest_send_gso(guest, XEN_NETIF_GSO_TYPE_TCPV4,
				       SEGMENT_BYTES, 0);
		left -= size;
	}
}

static void send_from(struct load *load, uint32_t lane, uint32_t k,
		      uint32_t source)
{
	uint32_t page, offset;
	uint8_t *frame = buffer(load, lane, k, &page, &offset);

	put_mac(frame + 6, source);
	if (load->options.chain) {
		send_chain(&load->bed->vif[lane].guest, page,
			   load->options.frame_bytes);
		return;
	}
	guest_send(&load->bed->vif[lane].guest, page, offset,
		   load->options.frame_bytes, 0);
}

/* The station that frame `k` of a lane goes to. */
static uint32_t destination(struct load *load, uint32_t port)
{
	uint32_t ports = load->options.ports;

	if (load->options.macs)
		return ports + draw(load, load->options.macs);
	if (!load->options.all)
		return ports - 1;
	return (port + 1 + draw(load, ports - 1)) % ports;
}

static void aim(struct load *load, uint32_t lane, uint32_t k)
{
	uint32_t page, offset;
	uint8_t *frame = buffer(load, lane, k, &page, &offset);
	uint32_t flow;

	if (load->options.flood)
		memset(frame, 0xff, 6);
	else
		put_mac(frame, destination(load, lane / load->options.queues));
	if (load->options.queues == 1)
		return;
	flow = draw(load, 1024);
	frame[34] = (uint8_t)(flow >> 8);
	frame[35] = (uint8_t)flow;
}

static void fill_buffers(struct load *load, uint32_t lane)
{
	uint32_t page, offset;

	for (uint32_t k = 0; k < TX_PAGES * (XNB_PAGE_SIZE / stride(load));
	     k++) {
		uint8_t *frame = buffer(load, lane, k, &page, &offset);

		put_headers(frame, load->options.frame_bytes);
		if (load->options.chain)
			put_tcp(frame);
	}
}

static void publish(struct load *load, uint32_t lane)
{
	struct bed_vif *vif = &load->bed->vif[lane];

	guest_push(&vif->guest);
	ev_send(vif->tx_channel);
}

static void forget_events(struct bed *bed)
{
	while (bed_event(bed).header.type)
		;
}

/* Frames to nobody in particular from `count` stations at one lane. */
static void introduce(struct load *load, uint32_t lane, uint32_t first,
		      uint32_t count)
{
	for (uint32_t done = 0; done < count; done += BURST_MANY) {
		for (uint32_t k = 0; k < BURST_MANY && done + k < count; k++) {
			uint32_t page, offset;
			uint8_t *frame = buffer(load, lane, k, &page, &offset);

			put_mac(frame, lane / load->options.queues);
			send_from(load, lane, k, first + done + k);
		}
		publish(load, lane);
		bed_run(load->bed);
		forget_events(load->bed);
		(void)load_finish(load);
	}
}

void load_start(struct load *load)
{
	const struct load_options *options = &load->options;
	uint32_t last = options->ports - 1;

	load->lanes = options->ports * options->queues;
	load->senders = options->all ? load->lanes : options->queues;
	load->burst =
		load->senders == 1 && !options->flood ? BURST_ONE : BURST_MANY;
	if (options->chain)
		load->burst = XNB_TX_RING_SIZE / CHAIN_SLOTS;
	load->random = 88172645463325252u;
	for (uint32_t port = 0; port < options->ports; port++) {
		if (options->queues == 1)
			bed_add(load->bed, port, 0, 0);
		else
			bed_add_queues(load->bed, port * options->queues,
				       options->queues);
	}
	for (uint32_t lane = 0; lane < load->lanes; lane++) {
		bed_post(load->bed, lane, POSTED);
		fill_buffers(load, lane);
	}
	for (uint32_t port = 0; port < options->ports; port++)
		introduce(load, port * options->queues, port, 1);
	introduce(load, last * options->queues, options->ports, options->macs);
	if (options->rules)
		lists_give(load->bed, load->lanes, options->queues,
			   options->rules);
}

uint32_t load_send(struct load *load)
{
	for (uint32_t lane = 0; lane < load->senders; lane++) {
		for (uint32_t k = 0; k < load->burst; k++) {
			aim(load, lane, k);
			send_from(load, lane, k, lane / load->options.queues);
		}
	}
	for (uint32_t lane = 0; lane < load->senders; lane++)
		publish(load, lane);
	return load->senders * load->burst;
}

bool load_is_answered(const struct load *load)
{
	for (uint32_t lane = 0; lane < load->senders; lane++) {
		const struct guest *guest = &load->bed->vif[lane].guest;

		if (xnb_index_load(&guest->tx->rsp_prod) != guest->tx_prod)
			return false;
	}
	return true;
}

/* Like a guest that sleeps until there is something. */
static void arm(struct bed_vif *vif)
{
	vif->guest.rx->rsp_event = vif->rx_taken + 1;
	vif->guest.tx->rsp_event = vif->tx_taken + 1;
}

/* The guests need not look at what they got. */
static uint32_t take_all(struct load *load, uint32_t lane)
{
	struct bed_vif *vif = &load->bed->vif[lane];
	uint32_t end = xnb_index_load(&vif->guest.rx->rsp_prod);
	uint32_t begin = vif->rx_taken;
	uint32_t count = 0;

	while (vif->rx_taken != end) {
		struct netif_rx_response response =
			guest_rx_response(&vif->guest, vif->rx_taken);

		assert_true(response.status > 0);
		vif->rx_taken += response.flags & NETRXF_extra_info ? 2 : 1;
		count += !(response.flags & NETRXF_more_data);
	}
	bed_post(load->bed, lane, vif->rx_taken - begin);
	return count;
}

uint32_t load_finish(struct load *load)
{
	uint32_t arrived = 0;

	for (uint32_t lane = 0; lane < load->lanes; lane++) {
		struct bed_vif *vif = &load->bed->vif[lane];
		struct bed_answers answers = bed_answers(load->bed, lane);

		assert_int_equal(answers.error, 0);
		assert_int_equal(vif->tx_taken, vif->guest.tx_prod);
		arrived += take_all(load, lane);
		arm(vif);
	}
	return arrived;
}
