// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_packet.h. */
#include "netback/netfront/traffic_packet.h"

#include <string.h>

/* Writes the payload in place, into the pages that will be sent. */
static void fill_in_place(const struct iovec *iov, int pieces,
			  uint32_t head_bytes, uint64_t number)
{
	for (int i = 0; i < pieces; i++) {
		uint32_t skip = i ? 0 : head_bytes;

		xnf_traffic_fill((uint8_t *)iov[i].iov_base + skip,
				 (uint32_t)iov[i].iov_len - skip, number);
	}
}

static int write_sealed(struct xnf_traffic_bench *bench, struct xnf_tx *tx,
			const struct xnf_traffic_template *template,
			uint64_t number, uint32_t bytes)
{
	struct xnf_meta meta = xnf_traffic_meta(template, bytes);
	struct iovec iov = {bench->linear, bytes};
	uint32_t head =
		xnf_traffic_head(template, number, bytes, bench->linear);

	xnf_traffic_fill(bench->linear + head, bytes - head, number);
	xnf_traffic_seal(bench->linear, bytes, head);
	return xnf_tx_put(tx, &iov, 1, &meta);
}

static int write_in_place(const struct xnf_traffic_bench *bench,
			  struct xnf_tx *tx,
			  const struct xnf_traffic_template *template,
			  uint64_t number, uint32_t bytes)
{
	struct xnf_meta meta = xnf_traffic_meta(template, bytes);
	struct iovec iov[XNF_FRAME_PAGES];
	int pieces = xnf_tx_prepare(tx, bytes, iov);
	uint32_t head;

	if (pieces < 0)
		return pieces;
	head = xnf_traffic_head(template, number, bytes, iov[0].iov_base);
	if (bench->touch == XNF_TOUCH_PAYLOAD)
		fill_in_place(iov, pieces, head, number);
	xnf_tx_commit(tx, bytes, &meta);
	return 0;
}

int xnf_traffic_write(struct xnf_traffic_bench *bench, struct xnf_tx *tx,
		      const struct xnf_traffic_template *template,
		      uint64_t number, uint32_t bytes)
{
	if (bench->verify)
		return write_sealed(bench, tx, template, number, bytes);
	return write_in_place(bench, tx, template, number, bytes);
}

uint32_t xnf_traffic_copy_out(uint8_t *to, const struct xnf_rx_packet *packet,
			      uint32_t bytes_max)
{
	uint32_t done = 0;

	for (uint32_t i = 0; i < packet->iov_count && done < bytes_max; i++) {
		uint32_t piece = (uint32_t)packet->iov[i].iov_len;

		if (piece > bytes_max - done)
			piece = bytes_max - done;
		memcpy(to + done, packet->iov[i].iov_base, piece);
		done += piece;
	}
	return done;
}

uint64_t xnf_traffic_sum(const uint8_t *at, size_t bytes)
{
	typedef uint64_t lanes __attribute__((vector_size(32)));
	lanes sum = {0}, more = {0};
	uint64_t total = 0;

	for (; bytes >= 2 * sizeof(lanes); bytes -= 2 * sizeof(lanes)) {
		lanes one, two;

		memcpy(&one, at, sizeof(one));
		memcpy(&two, at + sizeof(one), sizeof(two));
		sum += one;
		more += two;
		at += 2 * sizeof(lanes);
	}
	sum += more;
	while (bytes--)
		total += *at++;
	return total + sum[0] + sum[1] + sum[2] + sum[3];
}

static uint64_t read_all(const struct xnf_rx_packet *packet)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < packet->iov_count; i++)
		sum += xnf_traffic_sum(packet->iov[i].iov_base,
				       packet->iov[i].iov_len);
	return sum;
}

bool xnf_traffic_look(struct xnf_traffic_bench *bench,
		      const struct xnf_rx_packet *packet,
		      struct xnf_traffic_result *result)
{
	bool verify = bench->verify;
	uint8_t head[XNF_TRAFFIC_HEAD_MAX];
	uint8_t *bytes = verify ? bench->linear : head;
	uint32_t length = xnf_traffic_copy_out(
		bytes, packet, verify ? XNF_FRAME_MAX : sizeof(head));
	struct xnf_stamp stamp;
	uint32_t at;

	if (bench->touch == XNF_TOUCH_PAYLOAD)
		result->touched += read_all(packet);
	if (!xnf_traffic_stamp(bytes, length, &stamp, &at)) {
		result->unstamped++;
		return false;
	}
	if (!xnf_traffic_is_for_us(bench, stamp.stream)) {
		result->strays++;
		return false;
	}
	if (verify && !stamp.check)
		result->unsealed++;
	else if (verify && !xnf_traffic_intact(bytes, length, &stamp, at))
		result->corrupted++;
	else
		xnf_track_frame(&result->track, stamp.stream, stamp.number);
	return true;
}
