// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Anti-spoofing over whatever a guest sends: the head is never read beyond its
 * end, and of what is let through the addresses are the guest's own, judged
 * byte by byte. Whoever listens to another guest's word must be told nothing
 * of it: no router's or DHCP server's packet passes.
 *
 * Input: frames, each u8 how many bytes of its head there are, u8 how many more
 * the frame has, then the head.
 */
#include "bridge/guard.h"
#include "fuzz.h"

#define FRAMES_MAX 8u

static const uint8_t own_mac[6] = {0x00, 0x16, 0x3e, 0, 0, 1};
static const uint8_t own4[4] = {10, 77, 0, 2};
static const uint8_t own6[16] = {0xfd, 0x77, [15] = 2};
static const uint8_t link_local[16] = {0xfe, 0x80, 0,	 0,    0,    0, 0, 0,
				       0x02, 0x16, 0x3e, 0xff, 0xfe, 0, 0, 1};
static const uint8_t none[16];

static struct xsw_guard guard;
static struct xsw_batch batch;
static struct xsw_burst burst;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct xsw_policy policy = {
		.guard = true,
		.address_count = 2,
		.address = {{.family = 4, .prefix = 32},
			    {.family = 6, .prefix = 128}},
	};

	(void)argc;
	(void)argv;
	memcpy(policy.mac.octet, own_mac, sizeof(own_mac));
	memcpy(policy.address[0].octet, own4, sizeof(own4));
	memcpy(policy.address[1].octet, own6, sizeof(own6));
	xsw_guard_set(&guard, &policy);
	return 0;
}

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] * 256 + at[1];
}

static bool is(const uint8_t *at, const uint8_t *address, size_t bytes)
{
	return !memcmp(at, address, bytes);
}

static void check_arp(const uint8_t *arp, uint32_t bytes)
{
	FUZZ_CHECK(bytes >= 28);
	FUZZ_CHECK(is(arp + 8, own_mac, 6));
	FUZZ_CHECK(is(arp + 14, own4, 4) ||
		   (get16(arp + 6) == 1 && is(arp + 14, none, 4)));
}

/* A UDP packet of a DHCP server, unfragmented. */
static void check_no_server4(const uint8_t *ip, uint32_t bytes)
{
	uint32_t header = (ip[0] & 15u) * 4;

	if (ip[9] != 17 || bytes < header + 4 || get16(ip + 6) & 0x1fff)
		return;
	FUZZ_CHECK(get16(ip + header) != 67 && get16(ip + header + 2) != 68);
	/* Who asks one asks for itself. */
	if (get16(ip + header + 2) == 67)
		FUZZ_CHECK(bytes >= header + 8 + 34 &&
			   is(ip + header + 8 + 28, own_mac, 6));
}

static void check_ipv4(const uint8_t *ip, uint32_t bytes)
{
	FUZZ_CHECK(bytes >= 20 && ip[0] >> 4 == 4);
	FUZZ_CHECK(is(ip + 12, own4, 4) || is(ip + 12, none, 4));
	if (is(ip + 12, none, 4)) /* a DHCP client only */
		FUZZ_CHECK(ip[9] == 17);
	check_no_server4(ip, bytes);
}

static void check_ipv6(const uint8_t *ip, uint32_t bytes)
{
	FUZZ_CHECK(bytes >= 40 && ip[0] >> 4 == 6);
	FUZZ_CHECK(is(ip + 8, own6, 16) || is(ip + 8, link_local, 16) ||
		   is(ip + 8, none, 16));
	/* Right behind the header: no router's words, no DHCPv6 server's. */
	if (ip[6] == 58 && bytes > 40)
		FUZZ_CHECK(ip[40] != 134 && ip[40] != 137);
	if (ip[6] == 17 && bytes >= 44 && get16(ip + 4) >= 4)
		FUZZ_CHECK(get16(ip + 42) != 546);
}

static void check_allowed(const struct xsw_frame *frame)
{
	static const uint8_t reserved[5] = {0x01, 0x80, 0xc2};
	const uint8_t *head = frame->head;
	uint32_t at = 12, type = get16(head + at);

	FUZZ_CHECK(is(head + 6, own_mac, 6));
	if (is(head, reserved, 5) && head[5] < 16)
		return;
	for (int tags = 0; tags < 2 && (type == 0x8100 || type == 0x88a8);
	     tags++) {
		at += 4;
		FUZZ_CHECK(at + 2 <= frame->head_bytes);
		type = get16(head + at);
	}
	at += 2;
	FUZZ_CHECK(type == 0x0800 || type == 0x86dd || type == 0x0806);
	if (type == 0x0800)
		check_ipv4(head + at, frame->head_bytes - at);
	else if (type == 0x86dd)
		check_ipv6(head + at, frame->head_bytes - at);
	else
		check_arp(head + at, frame->head_bytes - at);
}

static void read_frames(struct fuzz_input *in)
{
	for (batch.count = 0; batch.count < FRAMES_MAX && in->left;
	     batch.count++) {
		uint8_t bytes = fuzz_u8(in), more = fuzz_u8(in);
		uint8_t *head = malloc(bytes ? bytes : 1);

		FUZZ_CHECK(head);
		fuzz_bytes(in, head, bytes);
		batch.frame[batch.count] = (struct xsw_frame){
			.head = head,
			.head_bytes = bytes,
			.frame_bytes = (uint32_t)bytes + more,
		};
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	uint8_t drop[XSW_BATCH_MAX] = {0};
	uint64_t refused;

	read_frames(&in);
	xsw_classify(&batch, &burst);
	refused = xsw_guard_check(&guard, &batch, &burst, drop);
	if (batch.count < XSW_BATCH_MAX)
		FUZZ_CHECK(refused >> batch.count == 0);
	for (uint32_t i = 0; i < batch.count; i++) {
		if (refused >> i & 1)
			FUZZ_CHECK(drop[i] > XSW_DROP_NONE &&
				   drop[i] < XSW_DROP_COUNT);
		else if (!(burst.runt >> i & 1))
			check_allowed(&batch.frame[i]);
		free((void *)(uintptr_t)batch.frame[i].head);
	}
	return 0;
}
