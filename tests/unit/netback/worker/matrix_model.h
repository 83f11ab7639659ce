/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_WORKER_MATRIX_MODEL_H
#define TEST_WORKER_MATRIX_MODEL_H
/*
 * What must become of a frame (netback/offload/meta.h, docs/datapath.md), slow
 * and obvious: from how it was built, without parsing it, and with checksums
 * added up byte by byte. Nothing here is shared with what is tested but the
 * names of features and drops.
 */
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#include "matrix_kind.h"
#include "netconf/ipc/stats.h"

#define MODEL_SEGMENTS_MAX 256u /* more are not made for anybody */

struct model_frame {
	const uint8_t *data;
	uint32_t bytes;
};

/* A frame that arrived, in all the shapes that a receiver may get it. */
struct model {
	const struct kind *kind;
	bool malformed; /* never was a frame */
	bool bad;	/* bad_offload */
	bool blank, validated;
	uint8_t gso_type; /* 0 also where one segment was announced */
	uint16_t gso_size;
	uint32_t segment_count; /* what there would be */
	struct model_frame whole;
	struct model_frame filled;			/* with its checksum */
	struct model_frame segment[MODEL_SEGMENTS_MAX]; /* if there are */
	uint8_t whole_data[FRAME_MAX];
	uint8_t filled_data[FRAME_MAX];
	uint8_t segment_data[FRAME_MAX + MODEL_SEGMENTS_MAX * 256];
};

/* From a guest, with the kind's flags and extra info. */
void model_from_guest(struct model *ret, const struct kind *kind);
/* From a twin, with this header. */
void model_from_twin(struct model *ret, const struct kind *kind,
		     const struct virtio_net_hdr *vnet);
/* To station `to`, in all shapes. */
void model_address(struct model *model, uint8_t to);
/* The header that the kernel would give a kind, had it made it itself. */
struct virtio_net_hdr model_vnet(const struct kind *kind);

/* What a receiver gets. */
struct verdict {
	bool dropped;
	bool by_sender; /* whose counter: the sender's or the receiver's */
	enum xn_drop reason;
	uint32_t count;
	const struct model_frame *frame;
	uint16_t flags; /* NETRXF_..., without those of the slots */
	uint8_t gso_type;
	uint16_t gso_size;
};

/* A receiver with the features `fe` (XN_DL_FE_...); `frame_bytes_max`: what
 * its MTU allows on the wire, UINT32_MAX from its twin. */
struct verdict model_judge(const struct model *model, uint32_t fe,
			   uint32_t frame_bytes_max);
/* The header with which a guest's frame is written to the sender's twin. */
struct virtio_net_hdr model_to_twin(const struct model *model);

#endif
