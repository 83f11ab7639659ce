/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See matrix.h. */
#include "../ring/cmocka_std.h"

#include "matrix.h"

#include <string.h>

#define PAGE 4096u
#define SLOTS_MAX 18u
#define RING 256u
/* Features in XN_DL_FE_...: the five lowest bits. */
#define FE_MASK (FEATURES - 1u)

static const uint32_t mtus[MTUS] = {68, 1500, 9000, 65517};

struct kind_spec specs[KINDS_MAX];
struct kind kind;
struct model model;
struct matrix matrix;
static struct bed_received received;

uint32_t matrix_features(uint32_t n)
{
	return n == VIFS - 1 ? XN_DL_FE_SG : (n - RECEIVER) & FE_MASK;
}

static void forget_events(struct bed *bed)
{
	while (bed_event(bed).header.type != 0)
		;
}

static void add_without_offload(struct bed *bed, uint32_t n)
{
	struct xnb_command command;

	bed_add(bed, n, 0, 0);
	command.header =
		(struct xn_dl_header){XN_DL_VIF_DEL, XN_DATALINK_VERSION};
	command.del.slot = n;
	command.del.generation = bed->vif[n].generation;
	bed_order(bed, &command);
	command = bed_add_command(bed, n, 0);
	command.add.offload_off = 1;
	bed_order(bed, &command);
	bed_run(bed);
	forget_events(bed);
}

static void learn(struct bed *bed)
{
	struct xnb_command command = {
		.outside = {.header = {XN_DL_OUTSIDE, XN_DATALINK_VERSION},
			    .present = 1,
			    .mac = {{2, 0, 0, 0, 0, OUTSIDE}}}};

	for (uint32_t n = 0; n < VIFS; n++)
		bed_burst(bed, n, OUTSIDE, 60, 1);
	bed_order(bed, &command);
	bed_run(bed);
}

/* Whatever came of it is thrown away. */
static void tidy(struct bed *bed)
{
	struct virtio_net_hdr vnet;

	for (uint32_t n = 0; n < VIFS; n++) {
		bed_post(bed, n, RING);
		ev_send(bed->vif[n].rx_channel);
		bed_run(bed);
		(void)bed_count_received(bed, n);
		(void)bed_answers(bed, n);
		while (bed_kernel_read(bed, n, &vnet, received.frame) > 0)
			;
	}
	forget_events(bed);
}

void matrix_set_mtus(struct matrix *m, uint32_t pass)
{
	for (uint32_t n = 0; n < VIFS; n++) {
		struct xnb_command command = bed_port_command(m->bed, n);

		m->mtu[n] = mtus[(n + pass) % MTUS];
		command.port.mtu = m->mtu[n];
		bed_order(m->bed, &command);
		bed_run(m->bed);
	}
	forget_events(m->bed);
}

void matrix_begin(struct matrix *m, struct bed *bed)
{
	memset(m, 0, sizeof(*m));
	m->bed = bed;
	m->kinds = kind_list(specs);
	bed_add(bed, SENDER, 0, 0);
	for (uint32_t i = 0; i < FEATURES; i++)
		bed_add(bed, RECEIVER + i, 0, FE_MASK & ~i);
	add_without_offload(bed, RECEIVER + FEATURES);
	matrix_set_mtus(m, 0);
	learn(bed);
	tidy(bed);
	for (uint32_t n = 0; n < VIFS; n++)
		memcpy(m->drop[n], bed_counters(bed, n)->drop,
		       sizeof(m->drop[n]));
}

void matrix_end(struct matrix *m, const char *what)
{
	struct bed *bed = m->bed;

	/* A burst after all of them finds the worker's memory unused. */
	bed_burst(bed, SENDER, OUTSIDE, 60, 1);
	assert_int_equal(bed->worker->arena.used, 0);
	assert_int_equal(ev_mapped(), 2 * VIFS);
	print_message("%s: %u kinds, %u combinations: %u delivered as %u "
		      "frames, %u dropped\n",
		      what, m->kinds, m->combinations, m->delivered, m->frames,
		      m->dropped);
	assert_true(m->delivered > 0 && m->dropped > 0);
	m->bed = NULL; /* nothing failed */
}

/* Where a piece of a frame lies. */
static void write_piece(struct guest *guest, uint32_t slot, uint32_t offset,
			const uint8_t *data, uint32_t bytes)
{
	memcpy(guest->page[BED_TX_PAGE + slot] + offset, data, bytes);
}

/* How many bytes the n-th of `slots` slots holds, `left` being left. */
static uint32_t piece_bytes(uint32_t style, uint32_t slot, uint32_t slots,
			    uint32_t pages, uint32_t left)
{
	const uint32_t after = slots - slot - 1;
	uint32_t bytes;

	if (after == 0)
		return left;
	if (style == 0) /* single bytes first */
		bytes = slot < slots - pages ? 1 : PAGE;
	else if (style == 1) /* all alike */
		bytes = left / (after + 1);
	else /* full ones first; then some are empty */
		bytes = PAGE;
	if (left > after * PAGE && bytes < left - after * PAGE)
		bytes = left - after * PAGE;
	if (bytes > PAGE)
		bytes = PAGE;
	return bytes < left ? bytes : left;
}

static uint32_t first_flags(void)
{
	uint32_t flags = 0;

	if (kind.spec.csum_blank)
		flags |= NETTXF_csum_blank;
	if (kind.spec.data_validated)
		flags |= NETTXF_data_validated;
	if (kind.spec.gso_type)
		flags |= NETTXF_extra_info;
	return flags;
}

uint32_t matrix_put_frame(struct matrix *m)
{
	struct guest *guest = &m->bed->vif[SENDER].guest;
	const struct frame *frame = &kind.frame;
	const uint32_t pages = (frame->bytes + PAGE - 1) / PAGE;
	const uint32_t slots = pages + m->step % (SLOTS_MAX + 1 - pages);
	uint32_t done = 0;

	for (uint32_t i = 0; i < slots; i++) {
		uint32_t bytes = piece_bytes(m->step % 3, i, slots, pages,
					     frame->bytes - done);
		uint32_t offset = m->step % 2 ? PAGE - bytes : 0;
		uint32_t flags = i + 1 < slots ? NETTXF_more_data : 0;

		write_piece(guest, i, offset, frame->data + done, bytes);
		if (i == 0)
			flags |= first_flags();
		guest_send(guest, BED_TX_PAGE + i, offset,
			   i == 0 ? frame->bytes : bytes, flags);
		if (i == 0 && kind.spec.gso_type)
			guest_send_gso(guest, kind.spec.gso_type,
				       kind.spec.gso_size, 0);
		done += bytes;
	}
	assert_int_equal(done, frame->bytes);
	m->slots_seen |= 1u << slots;
	return slots;
}

static uint32_t slots_needed(const struct verdict *verdict)
{
	uint32_t slots = 0;

	for (uint32_t i = 0; i < verdict->count; i++)
		slots += (verdict->frame[i].bytes + PAGE - 1) / PAGE +
			 (verdict->gso_type ? 1 : 0);
	return slots;
}

static uint32_t posted(const struct bed_vif *vif)
{
	return vif->guest.rx_prod - vif->rx_taken;
}

void matrix_post_early(struct matrix *m, uint32_t n,
		       const struct verdict *verdict)
{
	const struct bed_vif *vif = &m->bed->vif[n];
	uint32_t wanted = slots_needed(verdict);

	if (verdict->dropped)
		wanted = 17; /* enough for any frame: that is not why */
	wanted = wanted * (m->step % 3) / 2;
	if (wanted > posted(vif))
		bed_post(m->bed, n, wanted - posted(vif));
}

void matrix_post_late(struct matrix *m, uint32_t n,
		      const struct verdict *verdict)
{
	const struct bed_vif *vif = &m->bed->vif[n];
	const uint32_t wanted = slots_needed(verdict);

	if (wanted > posted(vif))
		bed_post(m->bed, n, wanted - posted(vif));
	ev_send(vif->rx_channel);
	bed_run(m->bed);
}

static void check_frame(struct matrix *m, uint32_t n,
			const struct model_frame *frame,
			const struct verdict *verdict)
{
	struct bed_vif *vif = &m->bed->vif[n];
	const uint32_t before = vif->rx_taken;

	bed_receive(m->bed, n, &received);
	assert_int_equal(received.bytes, frame->bytes);
	assert_memory_equal(received.frame, frame->data, frame->bytes);
	assert_int_equal(received.flags & NETRXF_gso_prefix, 0);
	assert_int_equal(received.flags &
				 (NETRXF_csum_blank | NETRXF_data_validated),
			 verdict->flags);
	assert_int_equal(received.gso_type, verdict->gso_type);
	if (verdict->gso_type)
		assert_int_equal(received.gso_size, verdict->gso_size);
	assert_int_equal(vif->rx_taken - before,
			 (frame->bytes + PAGE - 1) / PAGE +
				 (verdict->gso_type ? 1 : 0));
}

void matrix_check_received(struct matrix *m, uint32_t from, uint32_t n,
			   const struct verdict *verdict)
{
	m->combinations++;
	if (verdict->dropped) {
		m->drop[verdict->by_sender ? from : n][verdict->reason]++;
		m->dropped++;
	} else {
		m->delivered++;
	}
	for (uint32_t i = 0; i < verdict->count; i++)
		check_frame(m, n, &verdict->frame[i], verdict);
	m->frames += verdict->count;
}

void matrix_check_rest(struct matrix *m)
{
	struct bed *bed = m->bed;

	for (uint32_t n = 0; n < VIFS; n++) {
		const struct bed_vif *vif = &bed->vif[n];
		const struct xn_vif_counters *counters = bed_counters(bed, n);

		assert_int_equal(xnb_index_load(&vif->guest.rx->rsp_prod),
				 vif->rx_taken);
		assert_memory_equal(counters->drop, m->drop[n],
				    sizeof(m->drop[n]));
		assert_int_equal(counters->queued_bytes, 0);
	}
	assert_int_equal(xnb_pool_free(bed->worker->pool), XNB_CHUNKS_DEFAULT);
	assert_int_equal(hv.breaches, 0);
}

void matrix_check_answers(struct matrix *m, uint32_t slots)
{
	struct bed_answers answers = bed_answers(m->bed, SENDER);
	const uint32_t extras = kind.spec.gso_type ? 1 : 0;

	assert_int_equal(answers.null, extras);
	assert_int_equal(answers.okay, model.malformed ? 0 : slots);
	assert_int_equal(answers.error, model.malformed ? slots : 0);
}

static uint64_t bytes_of(const struct verdict *verdict)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < verdict->count; i++)
		bytes += verdict->frame[i].bytes;
	return bytes;
}

void matrix_check_counted(const struct matrix *m, uint32_t n,
			  const struct xn_vif_counters *before,
			  const struct verdict *verdict, bool fast)
{
	const struct xn_vif_counters *after = bed_counters(m->bed, n);
	const uint64_t bytes = bytes_of(verdict);

	assert_int_equal(after->rx_frames - before->rx_frames, verdict->count);
	assert_int_equal(after->rx_bytes - before->rx_bytes, bytes);
	assert_int_equal(after->fast_rx_frames - before->fast_rx_frames,
			 fast ? verdict->count : 0);
	assert_int_equal(after->fast_rx_bytes - before->fast_rx_bytes,
			 fast ? bytes : 0);
}

void matrix_check_sent(const struct matrix *m,
		       const struct xn_vif_counters *before, bool fast)
{
	const struct xn_vif_counters *after = bed_counters(m->bed, SENDER);
	const uint32_t bytes = kind.frame.bytes;
	const uint32_t sent = model.malformed ? 0 : 1;
	const uint32_t passed = model.malformed || model.bad ? 0 : 1;

	assert_int_equal(after->tx_frames - before->tx_frames, sent);
	assert_int_equal(after->tx_bytes - before->tx_bytes, sent * bytes);
	assert_int_equal(after->fast_tx_frames - before->fast_tx_frames,
			 fast ? passed : 0);
	assert_int_equal(after->fast_tx_bytes - before->fast_tx_bytes,
			 fast ? passed * bytes : 0);
}

int matrix_teardown(void **state)
{
	const struct kind_spec *spec = &kind.spec;

	if (matrix.bed)
		print_message(
			"IPv%u, protocol %u, quirk %d, %u tags, %u bytes, "
			"checksum %s%s, GSO %u of %u; receiver %u, features "
			"%#x, MTU %u; step %u\n",
			spec->frame.ip, spec->frame.protocol, (int)spec->quirk,
			spec->frame.vlan_tags, kind.frame.bytes,
			spec->csum_blank ? "blank" : "complete",
			spec->data_validated ? ", validated" : "",
			spec->gso_type, spec->gso_size, matrix.receiver,
			matrix_features(matrix.receiver),
			matrix.mtu[matrix.receiver], matrix.step);
	return bed_teardown(state);
}
