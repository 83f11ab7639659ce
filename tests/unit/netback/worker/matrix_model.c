/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See matrix_model.h. */
#include "../ring/cmocka_std.h"

#include "matrix_model.h"

#include <netinet/in.h>
#include <string.h>

#include "bed.h"

#define FLAG_FIN 0x01u
#define FLAG_PSH 0x08u
#define FLAG_CWR 0x80u
#define PAGE 4096u

/* RFC 1071, byte by byte. */
static uint16_t slow_sum(const uint8_t *data, uint32_t bytes)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < bytes; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)sum;
}

static void put32(struct frame *frame, uint32_t at, uint32_t value)
{
	frame_put16(frame, at, (uint16_t)(value >> 16));
	frame_put16(frame, at + 2, (uint16_t)value);
}

static uint32_t get32(const struct frame *frame, uint32_t at)
{
	return (uint32_t)frame_get16(frame, at) << 16 |
	       frame_get16(frame, at + 2);
}

static struct model_frame keep(uint8_t *memory, const struct frame *frame)
{
	memcpy(memory, frame->data, frame->bytes);
	return (struct model_frame){memory, frame->bytes};
}

/* `number`-th segment of a frame, in `ret`. */
static void make_segment(struct frame *ret, const struct frame *from,
			 uint16_t gso_size, uint32_t number)
{
	const uint32_t done = number * gso_size;
	const uint32_t left = from->bytes - from->payload - done;
	const uint32_t bytes = left < gso_size ? left : gso_size;
	uint8_t *flags;

	*ret = *from;
	memcpy(ret->data + from->payload, from->data + from->payload + done,
	       bytes);
	ret->bytes = from->payload + bytes;
	ret->l4_bytes = ret->bytes - ret->l4;
	flags = &ret->data[ret->l4 + 13];
	put32(ret, ret->l4 + 4, get32(from, from->l4 + 4) + done);
	if (bytes < left)
		*flags &= (uint8_t) ~(FLAG_FIN | FLAG_PSH);
	if (number > 0)
		*flags &= (uint8_t)~FLAG_CWR;
	if (from->spec.ip == 6) {
		frame_put16(ret, ret->l3 + 4,
			    (uint16_t)(ret->bytes - ret->l3 - 40));
	} else {
		frame_put16(ret, ret->l3 + 2, (uint16_t)(ret->bytes - ret->l3));
		frame_put16(
			ret, ret->l3 + 4,
			(uint16_t)(frame_get16(from, from->l3 + 4) + number));
		frame_put16(ret, ret->l3 + 10, 0);
		frame_put16(ret, ret->l3 + 10,
			    (uint16_t)~slow_sum(ret->data + ret->l3,
						ret->l4 - ret->l3));
	}
	frame_put16(ret, ret->csum, frame_checksum(ret));
}

static void make_segments(struct model *model, const struct frame *frame)
{
	static struct frame segment;
	uint8_t *at = model->segment_data;
	const uint32_t payload = frame->bytes - frame->payload;

	model->segment_count =
		(payload + model->gso_size - 1) / model->gso_size;
	if (model->segment_count > MODEL_SEGMENTS_MAX)
		return;
	for (uint32_t i = 0; i < model->segment_count; i++) {
		make_segment(&segment, frame, model->gso_size, i);
		model->segment[i] = keep(at, &segment);
		at += segment.bytes;
	}
}

/* All shapes of a frame whose metadata is good. */
static void make_shapes(struct model *model, struct frame *frame)
{
	/* A single segment is no GSO. */
	if (model->gso_type && frame->bytes - frame->payload <= model->gso_size)
		model->gso_type = 0;
	if (!model->gso_type)
		model->gso_size = 0;
	model->whole = keep(model->whole_data, frame);
	if (!model->blank)
		return;
	if (model->gso_type) {
		make_segments(model, frame);
		return;
	}
	frame_put16(frame, frame->csum, frame_checksum(frame));
	model->filled = keep(model->filled_data, frame);
}

void model_from_guest(struct model *ret, const struct kind *kind)
{
	static struct frame frame;

	frame = kind->frame;
	ret->kind = kind;
	ret->segment_count = 0;
	ret->malformed = frame.bytes < 14;
	ret->blank = kind->spec.csum_blank;
	ret->validated = ret->blank || kind->spec.data_validated;
	ret->gso_type = kind->spec.gso_type;
	ret->gso_size = kind->spec.gso_size;
	ret->bad = (ret->blank && !kind->l4_known) ||
		   (ret->gso_type && !kind_gso_fits(kind));
	if (ret->malformed || ret->bad)
		return;
	/* A GSO frame has a blank checksum, also if its sender forgot it. */
	if (ret->gso_type && !ret->blank) {
		frame_put16(&frame, frame.csum, frame_seed(&frame));
		ret->blank = ret->validated = true;
	}
	make_shapes(ret, &frame);
}

void model_address(struct model *model, uint8_t to)
{
	uint8_t *at = model->segment_data;

	model->whole_data[5] = model->filled_data[5] = to;
	if (!model->gso_type || model->segment_count > MODEL_SEGMENTS_MAX)
		return;
	for (uint32_t i = 0; i < model->segment_count; i++) {
		at[5] = to;
		at += model->segment[i].bytes;
	}
}

struct virtio_net_hdr model_vnet(const struct kind *kind)
{
	const struct frame *frame = &kind->frame;
	struct virtio_net_hdr vnet = {0};

	if (kind->spec.gso_type) {
		vnet.gso_size = kind->spec.gso_size;
		vnet.gso_type = kind->spec.gso_type == XNB_GSO_TCPV4
					? VIRTIO_NET_HDR_GSO_TCPV4
					: VIRTIO_NET_HDR_GSO_TCPV6;
		if (frame->spec.tcp_flags & FLAG_CWR)
			vnet.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		vnet.hdr_len = (uint16_t)frame->payload;
	}
	if (!kind->spec.csum_blank) {
		if (kind->spec.data_validated)
			vnet.flags = VIRTIO_NET_HDR_F_DATA_VALID;
		return vnet;
	}
	vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	/* A checksum that no ring can speak of: somewhere in the frame. */
	vnet.csum_start = kind->l4_known ? (uint16_t)frame->l4 : 14;
	vnet.csum_offset =
		kind->l4_known ? (uint16_t)(frame->csum - frame->l4) : 10;
	return vnet;
}

/* The checksum is filled where the header says, over the rest of the frame. */
static void fill_anywhere(struct model *model, struct frame *frame,
			  const struct virtio_net_hdr *vnet)
{
	const uint32_t at = (uint32_t)vnet->csum_start + vnet->csum_offset;
	uint16_t value;

	model->blank = false;
	model->validated = true;
	if (at + 2 > frame->bytes || model->gso_type) {
		model->bad = true;
		return;
	}
	value = (uint16_t)~slow_sum(frame->data + vnet->csum_start,
				    frame->bytes - vnet->csum_start);
	frame_put16(frame, at, value ? value : 0xffff);
	model->whole = keep(model->whole_data, frame);
}

static bool known_gso(const struct virtio_net_hdr *vnet)
{
	return vnet->gso_type == VIRTIO_NET_HDR_GSO_NONE ||
	       (vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) ==
		       VIRTIO_NET_HDR_GSO_TCPV4 ||
	       (vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) ==
		       VIRTIO_NET_HDR_GSO_TCPV6;
}

/* Is the blank checksum the TCP's or UDP's that everybody sees? */
static bool is_outer(const struct kind *kind, const struct virtio_net_hdr *vnet)
{
	return kind->l4_known && vnet->csum_start == kind->frame.l4 &&
	       (uint32_t)vnet->csum_start + vnet->csum_offset ==
		       kind->frame.csum;
}

void model_from_twin(struct model *ret, const struct kind *kind,
		     const struct virtio_net_hdr *vnet)
{
	static struct frame frame;
	const bool needs = vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;

	frame = kind->frame;
	ret->kind = kind;
	ret->segment_count = 0;
	ret->malformed = frame.bytes < 14;
	ret->blank = needs;
	ret->validated = needs || vnet->flags & VIRTIO_NET_HDR_F_DATA_VALID;
	ret->gso_type = kind->spec.gso_type;
	ret->gso_size = kind->spec.gso_size;
	ret->bad = !known_gso(vnet) ||
		   (ret->gso_type && (!needs || !kind_gso_fits(kind)));
	if (ret->malformed || ret->bad)
		return;
	if (needs && !is_outer(kind, vnet))
		fill_anywhere(ret, &frame, vnet);
	else
		make_shapes(ret, &frame);
}

static struct verdict drop(bool by_sender, enum xn_drop reason)
{
	return (struct verdict){
		.dropped = true, .by_sender = by_sender, .reason = reason};
}

static struct verdict deliver(const struct model_frame *frame, uint32_t count,
			      uint32_t fe)
{
	uint32_t longest = frame->bytes; /* the first is as long as any */

	if (!(fe & XN_DL_FE_SG) && longest > PAGE)
		return drop(false, XN_DROP_TOO_BIG);
	return (struct verdict){
		.count = count,
		.frame = frame,
		.flags = NETRXF_data_validated,
	};
}

struct verdict model_judge(const struct model *model, uint32_t fe,
			   uint32_t frame_bytes_max)
{
	const struct frame *frame = &model->kind->frame;
	const uint32_t on_wire = model->gso_type
					 ? frame->payload + model->gso_size
					 : frame->bytes;
	const bool v4 = frame->spec.ip == 4;
	struct verdict verdict;
	bool csum, gso;

	if (model->malformed)
		return drop(true, XN_DROP_MALFORMED);
	if (model->bad)
		return drop(true, XN_DROP_BAD_OFFLOAD);
	if (on_wire > frame_bytes_max)
		return drop(false, XN_DROP_TOO_BIG);
	csum = fe & (v4 ? XN_DL_FE_CSUM : XN_DL_FE_IPV6_CSUM) &&
	       frame->spec.vlan_tags == 0;
	gso = csum && fe & (v4 ? XN_DL_FE_GSO_TCPV4 : XN_DL_FE_GSO_TCPV6) &&
	      (fe & XN_DL_FE_SG || frame->bytes <= PAGE);
	if (model->gso_type && !gso) {
		if (model->segment_count > MODEL_SEGMENTS_MAX)
			return drop(false, XN_DROP_BAD_OFFLOAD);
		return deliver(model->segment, model->segment_count, fe);
	}
	if (model->blank && !csum)
		return deliver(&model->filled, 1, fe);
	verdict = deliver(&model->whole, 1, fe);
	if (verdict.dropped)
		return verdict;
	verdict.flags = model->validated ? NETRXF_data_validated : 0;
	if (model->blank)
		verdict.flags |= NETRXF_csum_blank;
	verdict.gso_type = model->gso_type;
	verdict.gso_size = model->gso_size;
	return verdict;
}

struct virtio_net_hdr model_to_twin(const struct model *model)
{
	const struct frame *frame = &model->kind->frame;
	struct virtio_net_hdr vnet = {0};

	if (!model->blank) {
		if (model->validated)
			vnet.flags = VIRTIO_NET_HDR_F_DATA_VALID;
		return vnet;
	}
	vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vnet.csum_start = (uint16_t)frame->l4;
	vnet.csum_offset = (uint16_t)(frame->csum - frame->l4);
	if (!model->gso_type)
		return vnet;
	vnet.gso_size = model->gso_size;
	vnet.hdr_len = (uint16_t)frame->payload;
	vnet.gso_type = model->gso_type == XNB_GSO_TCPV4
				? VIRTIO_NET_HDR_GSO_TCPV4
				: VIRTIO_NET_HDR_GSO_TCPV6;
	if (frame->data[frame->l4 + 13] & FLAG_CWR)
		vnet.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	return vnet;
}
