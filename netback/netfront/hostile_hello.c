// SPDX-License-Identifier: GPL-2.0-or-later
/* The frames of the hostile guest. See hostile.h. */
#include <poll.h>
#include <string.h>

#include "netback/netfront/hostile.h"
#include "netconf/base/loop.h"

#define ARP_BYTES 42u
#define ASK_AGAIN_MS 500u
#define ANSWER_MS 2000u
#define LOOK_MS 10
#define TAKE_MAX 512u

static const uint8_t arp_ipv4[8] = {0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4};

uint32_t xnf_hostile_probe(const struct xnf_hostile *one, uint8_t frame[60])
{
	memset(frame, 0, 60);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, one->mac.octet, 6);
	memcpy(frame + 12, arp_ipv4, sizeof(arp_ipv4));
	frame[21] = 1;
	memcpy(frame + 22, one->mac.octet, 6);
	memcpy(frame + 38, one->options.ask, 4);
	return 60;
}

void xnf_hostile_frame(struct xnf_hostile *one, uint8_t *frame, uint32_t bytes)
{
	static const uint8_t nobody[6] = {2, 0, 0, 0, 0, 0x99};

	for (uint32_t i = 14; i < bytes; i++)
		frame[i] = (uint8_t)i;
	memcpy(frame, nobody, 6);
	memcpy(frame + 6, one->mac.octet, 6);
	frame[12] = 0x88; /* IEEE 802: for experiments */
	frame[13] = 0xb5;
}

static bool is_answer(const struct xnf_hostile *one,
		      const struct xnf_rx_packet *packet)
{
	uint8_t frame[ARP_BYTES];

	if (packet->iov[0].iov_len < sizeof(frame))
		return false;
	memcpy(frame, packet->iov[0].iov_base, sizeof(frame));
	return !memcmp(frame + 12, arp_ipv4, sizeof(arp_ipv4)) &&
	       frame[21] == 2 && !memcmp(frame, one->mac.octet, 6) &&
	       !memcmp(frame + 28, one->options.ask, 4);
}

bool xnf_hostile_take(struct xnf_hostile *one)
{
	struct xnf_queue *queue = one->raw.queue;
	struct xnf_rx_packet packet;
	bool answered = false;
	uint32_t taken = 0;

	while (taken++ < TAKE_MAX && xnf_rx_take(&queue->rx, &packet) > 0)
		answered |= is_answer(one, &packet);
	if (xnf_rx_release(&queue->rx))
		xnf_queue_kick_rx(queue);
	return answered;
}

void xnf_hostile_put_probe(struct xnf_hostile *one)
{
	struct xnf_raw *raw = &one->raw;
	struct netif_tx_request request;
	uint32_t bytes;

	if (!xnf_raw_room(raw))
		return;
	bytes = xnf_hostile_probe(one, xnf_raw_memory(raw));
	request = xnf_raw_request(raw, bytes, 0);
	xnf_raw_put(raw, &request);
}

static void ask(struct xnf_hostile *one)
{
	xnf_raw_reap(&one->raw);
	xnf_hostile_put_probe(one);
	xnf_raw_show(&one->raw);
}

bool xnf_hostile_hello(struct xnf_hostile *one, uint32_t limit_ms)
{
	uint64_t now = xn_now_ms(), until = now + limit_ms, next = now;

	while (now < until) {
		struct pollfd fd = {
			.fd = xnf_queue_fd(one->raw.queue),
			.events = POLLIN,
		};

		if (now >= next) {
			ask(one);
			next = now + ASK_AGAIN_MS;
		}
		if (xnf_hostile_take(one)) {
			/* So that no answer is left for others to count. */
			(void)xnf_raw_wait(&one->raw, ANSWER_MS);
			return true;
		}
		if (one->raw.queue->rx.fault)
			return false;
		(void)xnf_rx_arm(&one->raw.queue->rx);
		if (poll(&fd, 1, LOOK_MS) > 0 && fd.revents & POLLIN)
			xnf_queue_ack(one->raw.queue);
		now = xn_now_ms();
	}
	return false;
}
