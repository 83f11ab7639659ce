// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Access lists over whatever a guest sends or is sent: neither the program nor
 * the head is read beyond its end, whatever spans and ranges the program names.
 * A list that allows nothing lets pass ARP, neighbour discovery and multicast
 * listeners only, judged byte by byte; whatever the program says, that passes,
 * and nothing that a list that allows everything refuses.
 *
 * Input: u8 counts of MACs, IPv6 and IPv4 networks and of rules each way (below
 * 16), u8 whether the default allows, u8 whether a count is then wrong, the
 * arrays; then frames, each u8 the way, u8 how many bytes of its head there
 * are, u8 how many more the frame has, then the head.
 */
#include "bridge/acl.h"
#include "fuzz.h"

#define FRAMES_MAX 8u
#define COUNT_MAX 15u

static const struct xsw_acl nothing = {.bytes = sizeof(nothing)};
static const struct xsw_acl everything = {.bytes = sizeof(everything),
					  .allow = 1};

static struct xsw_acl *make_program(struct fuzz_input *in)
{
	struct xsw_acl head = {
		.mac_count = fuzz_u8(in) & COUNT_MAX,
		.nets6_count = fuzz_u8(in) & COUNT_MAX,
		.nets4_count = fuzz_u8(in) & COUNT_MAX,
		.rule_count = {fuzz_u8(in) & COUNT_MAX,
			       fuzz_u8(in) & COUNT_MAX},
		.allow = fuzz_u8(in) & 1,
	};
	uint8_t wrong = fuzz_u8(in);
	struct xsw_acl *program = malloc(xsw_acl_size(&head));

	FUZZ_CHECK(program);
	head.bytes = (uint32_t)xsw_acl_size(&head);
	fuzz_bytes(in, program + 1, head.bytes - sizeof(head));
	*program = head;
	if (wrong & 1)
		program->nets4_count += wrong;
	if (xsw_acl_check(program, head.bytes) == 0) {
		FUZZ_CHECK(!(wrong & 1));
		return program;
	}
	free(program);
	return NULL;
}

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] * 256 + at[1];
}

static bool needs_no_rule(uint8_t type)
{
	static const uint8_t types[] = {130, 131, 132, 133, 134, 135, 136, 143};

	return memchr(types, type, sizeof(types)) != NULL;
}

/* An IPv6 packet: ICMPv6 of these types behind headers none of which says that
 * it is a part. */
static bool is_discovery(const uint8_t *ip, uint32_t bytes)
{
	uint32_t at = 40;
	uint8_t next;

	if (bytes < 40)
		return false;
	next = ip[6];
	while (next != 58) {
		uint32_t left = bytes - at, header;

		if (next == 44 || left < 2)
			return false;
		header = next == 51 ? (ip[at + 1] + 2u) * 4
				    : (ip[at + 1] + 1u) * 8;
		if (header > left)
			return false;
		next = ip[at];
		at += header;
	}
	return at < bytes && needs_no_rule(ip[at]);
}

static bool passes_any_list(const uint8_t *head, uint32_t bytes)
{
	uint32_t at = 12;

	if (bytes < 14)
		return false;
	for (uint32_t tags = 0; tags < 2 && at + 6 <= bytes; tags++)
		if (get16(head + at) == 0x8100 || get16(head + at) == 0x88a8)
			at += 4;
	if (get16(head + at) == 0x0806)
		return true;
	return get16(head + at) == 0x86dd &&
	       is_discovery(head + at + 2, bytes - at - 2);
}

static void try_frame(const struct xsw_acl *program, struct fuzz_input *in)
{
	enum xsw_acl_way way = fuzz_u8(in) & 1 ? XSW_ACL_IN : XSW_ACL_OUT;
	uint32_t bytes = fuzz_u8(in), more = fuzz_u8(in);
	uint8_t *head = malloc(bytes ? bytes : 1);
	struct xsw_frame frame = {.head = head,
				  .frame_bytes = bytes + more,
				  .head_bytes = (uint16_t)bytes};
	bool least, most;

	FUZZ_CHECK(head);
	fuzz_bytes(in, head, bytes);
	least = xsw_acl_allows(&nothing, way, &frame);
	most = xsw_acl_allows(&everything, way, &frame);
	FUZZ_CHECK(!least || (most && passes_any_list(head, bytes)));
	if (program) {
		bool allowed = xsw_acl_allows(program, way, &frame);

		FUZZ_CHECK(allowed >= least && allowed <= most);
	}
	free(head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	struct xsw_acl *program = make_program(&in);

	for (uint32_t i = 0; i < FRAMES_MAX && in.left; i++)
		try_frame(program, &in);
	free(program);
	return 0;
}
