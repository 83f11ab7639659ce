/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_FRAME_H
#define XNF_TRAFFIC_FRAME_H
/*
 * Frames of the traffic generator: IPv4 with UDP (or TCP, for GSO), then a
 * stamp: who sent it, its number, a checksum over number and payload. Frames
 * too short for the stamp are plain Ethernet of an experimental type.
 *
 * Thread: any.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/frame.h"
#include "netconf/base/mac.h"

#define XNF_STAMP_BYTES 16u
#define XNF_UDP_HEADERS 42u /* Ethernet, IPv4, UDP */
#define XNF_TCP_HEADERS 54u
#define XNF_TRAFFIC_HEAD_MAX (XNF_TCP_HEADERS + XNF_STAMP_BYTES)
#define XNF_FLOWS_MAX 1024u

/* What all frames of a run share. */
struct xnf_traffic_template {
	struct xn_mac source, dest;
	uint32_t stream;   /* xnf_traffic_stream() */
	uint32_t flows;	   /* source ports that take turns, 1 and more */
	uint16_t gso_size; /* 0: UDP without offloads */
};

struct xnf_stamp {
	uint32_t stream;
	uint64_t number;
	uint32_t check; /* 0: the sender made none */
};

#define XNF_STREAM_MAGIC 0xa7u /* the low octet of a stream's number */
#define XNF_STREAM_QUEUE_MASK 0xf00u
#define XNF_ANNOUNCE_TYPE 0x88b5 /* Ethernet's, of frames without a stamp */

uint32_t xnf_traffic_stream(uint32_t domid, uint32_t vif, uint32_t queue);

static inline bool xnf_traffic_is_stream(uint32_t stream)
{
	return (stream & 0xff) == XNF_STREAM_MAGIC;
}

/* Length of the headers and the stamp for a frame of so many bytes, and its
 * metadata. Below it there is no stamp: the headers are XNF_FRAME_MIN long. */
uint32_t xnf_traffic_head_bytes(const struct xnf_traffic_template *template,
				uint32_t frame_bytes);
struct xnf_meta xnf_traffic_meta(const struct xnf_traffic_template *template,
				 uint32_t frame_bytes);
/* Writes the headers and the stamp (without check); returns their length. */
uint32_t xnf_traffic_head(const struct xnf_traffic_template *template,
			  uint64_t number, uint32_t frame_bytes,
			  uint8_t ret_head[XNF_TRAFFIC_HEAD_MAX]);

/* A payload that depends on the number and on where its first byte lies. */
void xnf_traffic_fill(uint8_t *payload, uint32_t bytes, uint64_t number);
/* Puts the check into the stamp of a whole frame. */
void xnf_traffic_seal(uint8_t *frame, uint32_t frame_bytes,
		      uint32_t head_bytes);

/* The stamp of a frame of which the first `head_bytes` are at hand. False: it
 * is not one of ours. *ret_at: where the stamp ends. */
bool xnf_traffic_stamp(const uint8_t *head, uint32_t head_bytes,
		       struct xnf_stamp *ret_stamp, uint32_t *ret_at);
/* Is a whole frame as it was sealed? */
bool xnf_traffic_intact(const uint8_t *frame, uint32_t frame_bytes,
			const struct xnf_stamp *stamp, uint32_t at);

#endif
