/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An uplink's shares: a class for all, below it one for each vif behind it and
 * one for the rest (the host's own, and what is no vif's). HTB serves first
 * who is below its guarantee, and divides the rest by quanta, which are as the
 * weights. What is sent is known by its source address, on the uplink; what is
 * received by its destination, on an ifb. Addresses are looked up in a table
 * by their last byte, so that a frame's cost does not grow with the vifs.
 * Pure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "qos/build.h"

#define TABLE 0x00100000u
#define BUCKETS 256u
/* From the network header, before which are destination, source and type. */
#define SOURCE_OFFSET (-8)
#define DESTINATION_OFFSET (-14)
/* A guarantee that is not said is this part of the uplink. */
#define SMALL_PART 256u
#define SMALLEST_RATE 1000u
#define BURST_MS 5u
#define LARGEST_FRAME_BYTES 65536u

struct tree {
	struct xq_build *build;
	const struct xq_wish *wish;
	const struct xq_uplink *uplink;
	bool sends;
	uint64_t rate, frame_bytes, small_guarantee;
	uint32_t weight_min;
	uint64_t round_bytes; /* what goes while each class has its turn */
	int ifindex;	      /* where the classes are */
	uint32_t major;
};

static const struct xq_limit *limit_of(const struct tree *tree,
				       const struct xq_vif *vif)
{
	return tree->sends ? &vif->send : &vif->receive;
}

/* Has a class of its own on this uplink. */
static bool is_member(const struct tree *tree, const struct xq_vif *vif)
{
	return vif->has_mac && !strcmp(vif->uplink, tree->uplink->name);
}

static uint32_t weight_of(const struct xq_limit *limit)
{
	return limit->weight ? limit->weight : XQ_WEIGHT_DEFAULT;
}

static const char *way(const struct tree *tree)
{
	return tree->sends ? "sending" : "receiving";
}

/* What is guaranteed in all, and what is left to those without a word. */
static int judge_guarantees(struct tree *tree, struct xn_err *err)
{
	uint64_t said = 0, unsaid = 1;

	tree->weight_min = XQ_WEIGHT_DEFAULT;
	for (size_t i = 0; i < tree->wish->vif_count; i++) {
		const struct xq_vif *vif = &tree->wish->vif[i];
		const struct xq_limit *limit = limit_of(tree, vif);

		if (strcmp(vif->uplink, tree->uplink->name) != 0)
			continue;
		if (!vif->has_mac && limit->guarantee)
			return xn_fail(err, EINVAL,
				       "%s: a guarantee on %s needs the "
				       "guest's MAC address",
				       vif->name, tree->uplink->name);
		if (!vif->has_mac)
			continue;
		said += limit->guarantee;
		unsaid += !limit->guarantee;
		if (weight_of(limit) < tree->weight_min)
			tree->weight_min = weight_of(limit);
		if (said > tree->rate)
			return xn_fail(err, EINVAL,
				       "%s: more is guaranteed for %s than "
				       "the uplink's rate",
				       tree->uplink->name, way(tree));
	}
	tree->small_guarantee = (tree->rate - said) / unsaid;
	if (tree->small_guarantee > tree->rate / SMALL_PART)
		tree->small_guarantee = tree->rate / SMALL_PART;
	if (tree->small_guarantee < SMALLEST_RATE)
		tree->small_guarantee = SMALLEST_RATE;
	return 0;
}

static uint64_t bucket(const struct tree *tree, uint64_t rate)
{
	uint64_t bytes = xq_bytes_in_ms(rate, BURST_MS);

	return bytes > tree->frame_bytes ? bytes : tree->frame_bytes;
}

static struct xq_pace pace_of(const struct tree *tree, uint64_t rate,
			      uint64_t ceil)
{
	return (struct xq_pace){.rate = rate,
				.ceil = ceil,
				.burst_bytes = bucket(tree, rate),
				.cburst_bytes = bucket(tree, ceil)};
}

/* A round gives everybody at least one of the largest frames, else HTB would
 * count rounds and not bytes. */
static uint32_t quantum_of(const struct tree *tree,
			   const struct xq_limit *limit)
{
	return LARGEST_FRAME_BYTES * weight_of(limit) / tree->weight_min;
}

static void measure_round(struct tree *tree)
{
	const struct xq_limit others = {0};

	tree->round_bytes = quantum_of(tree, &others);
	for (size_t i = 0; i < tree->wish->vif_count; i++)
		if (is_member(tree, &tree->wish->vif[i]))
			tree->round_bytes += quantum_of(
				tree, limit_of(tree, &tree->wish->vif[i]));
}

/* Who is held back by his ceiling gets what his bucket holds in his turn, so
 * it must hold what the ceiling allows from turn to turn. */
static int add_share(const struct tree *tree, uint32_t minor,
		     const struct xq_limit *limit)
{
	bool has_ceiling = limit->ceiling && limit->ceiling < tree->rate;
	uint64_t ceil = has_ceiling ? limit->ceiling : tree->rate;
	uint64_t rate =
		limit->guarantee ? limit->guarantee : tree->small_guarantee;
	struct xq_pace pace = pace_of(tree, rate < ceil ? rate : ceil, ceil);
	uint64_t turns = xq_part(tree->round_bytes, ceil, tree->rate);
	struct xn_tc_class class;
	int error;

	if (has_ceiling && pace.cburst_bytes < turns)
		pace.cburst_bytes = turns;
	class = xq_class(tree->ifindex, tree->major | minor,
			 tree->major | XQ_CLASS_ALL, &pace);
	class.quantum_bytes = quantum_of(tree, limit);
	error = xq_state_add(tree->build->state, XQ_CLASS, &class);
	return error ? error : xq_add_leaf(tree->build, &class);
}

static int add_all(const struct tree *tree)
{
	const struct xq_limit others = {0};
	struct xq_pace pace = pace_of(tree, tree->rate, tree->rate);
	struct xn_tc_class all = xq_class(
		tree->ifindex, tree->major | XQ_CLASS_ALL, XN_TC_ROOT, &pace);
	int error = xq_state_add(tree->build->state, XQ_CLASS, &all);

	return error ? error : add_share(tree, XQ_CLASS_OTHERS, &others);
}

static struct xn_tc_filter filter_on(const struct tree *tree)
{
	return (struct xn_tc_filter){.ifindex = tree->ifindex,
				     .parent = tree->major,
				     .priority = XQ_PRIORITY,
				     .known = true};
}

/* The step is taken by the last byte of the word that an address ends with;
 * it need not be aligned. */
static int add_table(const struct tree *tree)
{
	struct xn_tc_filter table = filter_on(tree);
	struct xn_tc_filter step = filter_on(tree);
	int32_t last = (tree->sends ? SOURCE_OFFSET : DESTINATION_OFFSET) + 2;
	int error;

	table.handle = TABLE;
	table.divisor = BUCKETS;
	step.link = TABLE;
	step.key_count = 1;
	step.hash_offset = (int16_t)last;
	step.hash_mask_be = htonl(0x000000ff);
	error = xq_state_add(tree->build->state, XQ_FILTER, &table);
	return error ? error
		     : xq_state_add(tree->build->state, XQ_FILTER, &step);
}

/* The first four bytes of an address, then its last four. */
static int add_match(const struct tree *tree, const struct xn_mac *mac,
		     uint32_t minor)
{
	int32_t offset = tree->sends ? SOURCE_OFFSET : DESTINATION_OFFSET;
	struct xn_tc_filter match = filter_on(tree);

	match.table = TABLE | (uint32_t)mac->octet[5] << 12;
	match.class_handle = tree->major | minor;
	match.key_count = 2;
	match.key[0] =
		(struct xn_tc_key){.mask_be = UINT32_MAX, .offset = offset};
	match.key[1] =
		(struct xn_tc_key){.mask_be = UINT32_MAX, .offset = offset + 2};
	memcpy(&match.key[0].value_be, mac->octet, 4);
	memcpy(&match.key[1].value_be, mac->octet + 2, 4);
	return xq_state_add(tree->build->state, XQ_FILTER, &match);
}

/* By the vif's link, so that it keeps its class while others come and go. */
static uint32_t take_minor(bool *taken, int ifindex)
{
	uint32_t room = XQ_CLASS_LAST - XQ_CLASS_FIRST + 1;
	uint32_t at = (uint32_t)ifindex % room;

	while (taken[at])
		at = (at + 1) % room;
	taken[at] = true;
	return XQ_CLASS_FIRST + at;
}

static int add_shares(const struct tree *tree)
{
	bool *taken = calloc(XQ_CLASS_LAST, sizeof(*taken));
	int error = taken ? 0 : -ENOMEM;

	for (size_t i = 0; i < tree->wish->vif_count && !error; i++) {
		const struct xq_vif *vif = &tree->wish->vif[i];
		const struct xn_link *link =
			xq_link_named(tree->build->observed, vif->name);
		uint32_t minor;

		if (!is_member(tree, vif) || !link)
			continue;
		minor = take_minor(taken, link->ifindex);
		error = add_share(tree, minor, limit_of(tree, vif));
		if (!error)
			error = add_match(tree, &vif->mac, minor);
	}
	free(taken);
	return error;
}

static int build_tree(struct tree *tree, const struct xn_link *link,
		      struct xn_err *err)
{
	int error = judge_guarantees(tree, err);

	if (error)
		return error;
	measure_round(tree);
	tree->ifindex = link->ifindex;
	error = tree->sends ? xq_add_root(tree->build, link->ifindex,
					  XQ_CLASS_OTHERS, &tree->major)
			    : xq_add_ifb(tree->build, link->ifindex,
					 XQ_CLASS_OTHERS, &tree->ifindex,
					 &tree->major);
	if (!error)
		error = add_all(tree);
	if (!error)
		error = add_table(tree);
	return error ? error : add_shares(tree);
}

int xq_build_trees(struct xq_build *build, const struct xq_wish *wish,
		   const struct xq_uplink *uplink, const struct xn_link *link,
		   struct xn_err *err)
{
	struct tree tree = {.build = build,
			    .wish = wish,
			    .uplink = uplink,
			    .sends = true,
			    .rate = uplink->send_rate,
			    .frame_bytes = xq_frame_bytes(link)};
	int error = 0;

	if (tree.rate)
		error = build_tree(&tree, link, err);
	if (error || !uplink->receive_rate)
		return error;
	tree.sends = false;
	tree.rate = uplink->receive_rate;
	return build_tree(&tree, link, err);
}
