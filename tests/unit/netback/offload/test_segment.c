// SPDX-License-Identifier: GPL-2.0-or-later
/* TCP segmentation: every field of every segment, judged from the bytes. */
#include "cmocka_std.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "frame.h"
#include "netback/offload/segment.h"

#define FIN 0x01u
#define PSH 0x08u
#define ACK 0x10u
#define CWR 0x80u

static struct frame frame;
static struct frame got; /* a segment in one piece */
static struct iovec iov[XNB_SEGMENT_IOV_MAX + 1];
static struct xnb_segmenter segmenter;
static struct xnb_segment segment;
static struct xnb_meta meta;

static void build(uint8_t ip, uint32_t payload_bytes, uint16_t gso_size)
{
	struct frame_spec spec = {
		.ip = ip,
		.protocol = IPPROTO_TCP,
		.tcp_options = 3,
		.vlan_tags = 1,
		.tcp_flags = FIN | PSH | ACK | CWR,
		.payload_bytes = payload_bytes,
	};

	if (ip == 6)
		spec.extension[0] = IPPROTO_DSTOPTS;
	else
		spec.ip_options = 2;
	frame_build(&frame, &spec);
	meta = (struct xnb_meta){
		.csum_blank = 1,
		.data_validated = 1,
		.gso_type = ip == 6 ? XNB_GSO_TCPV6 : XNB_GSO_TCPV4,
		.gso_size = gso_size,
	};
}

/* The frame in `count` pieces, the first with the headers, some empty. */
static void cut(uint32_t count)
{
	uint32_t at = frame.payload + (count > 2 ? 7 : 0);

	if (count == 1)
		at = frame.bytes;
	iov[0] = (struct iovec){frame.data, at};
	for (uint32_t n = 1; n < count; n++) {
		uint32_t bytes = (frame.bytes - at) / (count - n);

		if (n == 2)
			bytes = 0;
		iov[n] = (struct iovec){frame.data + at, bytes};
		at += bytes;
	}
	assert_int_equal(at, frame.bytes);
}

/* Puts the segment together in `got`. */
static void gather(void)
{
	memset(&got, 0, sizeof(got));
	memcpy(got.data, segment.head, segment.head_bytes);
	got.bytes = segment.head_bytes;
	for (uint32_t i = 0; i < segment.iov_count; i++) {
		assert_true(segment.iov[i].iov_len > 0);
		memcpy(got.data + got.bytes, segment.iov[i].iov_base,
		       segment.iov[i].iov_len);
		got.bytes += (uint32_t)segment.iov[i].iov_len;
	}
	assert_int_equal(got.bytes, segment.frame_bytes);
	got.spec = frame.spec;
	got.l3 = frame.l3;
	got.l4 = frame.l4;
	got.csum = frame.csum;
	got.l4_bytes = got.bytes - got.l4;
}

static uint32_t sequence(const struct frame *of)
{
	return (uint32_t)frame_get16(of, of->l4 + 4) << 16 |
	       frame_get16(of, of->l4 + 6);
}

static void assert_ip(uint32_t number)
{
	if (frame.spec.ip == 6) {
		assert_int_equal(frame_get16(&got, got.l3 + 4),
				 got.bytes - got.l3 - 40);
		return;
	}
	assert_int_equal(frame_get16(&got, got.l3 + 2), got.bytes - got.l3);
	assert_int_equal(frame_get16(&got, got.l3 + 4),
			 (uint16_t)(0xfffe + number));
	assert_true(frame_ip_right(got.data + got.l3));
}

/* Segment `number`, which starts at payload byte `done`. */
static void assert_segment(uint32_t number, uint32_t done, bool last)
{
	uint8_t flags = ACK;

	if (number == 0)
		flags |= CWR;
	if (last)
		flags |= FIN | PSH;
	gather();
	assert_ip(number);
	assert_int_equal(sequence(&got), sequence(&frame) + done);
	assert_int_equal(got.data[got.l4 + 13], flags);
	assert_int_equal(frame_get16(&got, got.csum), frame_checksum(&got));
	assert_memory_equal(got.data + frame.payload,
			    frame.data + frame.payload + done,
			    got.bytes - frame.payload);
	/* What lies before the length field of IP is the frame's. */
	assert_memory_equal(got.data, frame.data, frame.l3 + 2);
	assert_memory_equal(got.data + got.l4 + 20, frame.data + frame.l4 + 20,
			    12);
}

static void assert_segments(uint32_t pieces)
{
	uint32_t payload = frame.spec.payload_bytes;
	uint32_t number = 0;
	uint32_t done = 0;

	cut(pieces);
	assert_int_equal(xnb_segment_start(&segmenter, &meta, iov, pieces), 0);
	while (xnb_segment_next(&segmenter, &segment)) {
		uint32_t bytes = segment.frame_bytes - frame.payload;
		uint32_t left = payload - done;

		assert_int_equal(bytes,
				 left < meta.gso_size ? left : meta.gso_size);
		assert_segment(number, done, left <= meta.gso_size);
		done += bytes;
		number++;
	}
	assert_int_equal(done, payload);
	assert_int_equal(number, xnb_segment_count(&segmenter));
	assert_int_equal(xnb_segment_next(&segmenter, &segment), 0);
}

static void every_segment_is_right(void **state)
{
	static const struct {
		uint32_t payload;
		uint16_t gso_size;
	} table[] = {
		{1, 1448},    {1447, 1448}, {1448, 1448},   {1449, 1448},
		{2896, 1448}, {9001, 1447}, {65000, 1448},  {65400, 8948},
		{100, 8},     {4097, 4096}, {65400, 65535},
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (uint8_t ip = 4; ip <= 6; ip += 2) {
			build(ip, table[i].payload, table[i].gso_size);
			assert_segments(1);
			assert_segments(2);
			if (table[i].payload > 100)
				assert_segments(9);
		}
	}
}

static void pieces_up_to_the_limit_are_taken(void **state)
{
	(void)state;
	build(4, 5000, 1000);
	assert_segments(XNB_SEGMENT_IOV_MAX);
	cut(XNB_SEGMENT_IOV_MAX + 1);
	assert_int_equal(xnb_segment_start(&segmenter, &meta, iov,
					   XNB_SEGMENT_IOV_MAX + 1),
			 -EBADMSG);
	assert_int_equal(xnb_segment_start(&segmenter, &meta, iov, 0),
			 -EBADMSG);
}

static int start(void)
{
	cut(1);
	return xnb_segment_start(&segmenter, &meta, iov, 1);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct frame_spec udp = {
		.ip = 4, .protocol = IPPROTO_UDP, .payload_bytes = 5000};

	(void)state;
	build(4, 5000, 1000);
	assert_int_equal(start(), 0);
	meta.gso_type = XNB_GSO_TCPV6;
	assert_int_equal(start(), -EBADMSG);
	meta.gso_type = XNB_GSO_NONE;
	assert_int_equal(start(), -EBADMSG);
	meta.gso_type = XNB_GSO_TCPV4;
	meta.gso_size = 0;
	assert_int_equal(start(), -EBADMSG);
	meta.gso_size = XNB_GSO_SIZE_MIN - 1;
	assert_int_equal(start(), -EBADMSG);
	build(4, 0, 1000);
	assert_int_equal(start(), -EBADMSG);
	build(4, 5000, 1000);
	frame_put16(&frame, frame.l3 + 2, 4000); /* trailing bytes */
	assert_int_equal(start(), -EBADMSG);
	frame_build(&frame, &udp);
	assert_int_equal(start(), -EBADMSG);
}

static void routed_and_long_headed_packets_are_refused(void **state)
{
	struct frame_spec spec = {
		.ip = 6,
		.protocol = IPPROTO_TCP,
		.extension = {IPPROTO_ROUTING},
		.segments_left = 1,
		.payload_bytes = 5000,
	};

	(void)state;
	build(6, 5000, 1000);
	frame_build(&frame, &spec);
	assert_int_equal(start(), -EBADMSG);
	spec.segments_left = 0;
	frame_build(&frame, &spec);
	assert_int_equal(start(), 0);
	/* A destination option of 256 bytes: headers beyond the head. */
	spec.extension[0] = IPPROTO_DSTOPTS;
	frame_build(&frame, &spec);
	frame.data[frame.l3 + 41] = 31;
	memmove(frame.data + frame.l4 + 240, frame.data + frame.l4, 5020);
	frame.bytes += 240;
	frame_put16(&frame, frame.l3 + 4,
		    (uint16_t)(frame.bytes - frame.l3 - 40));
	assert_int_equal(start(), -EBADMSG);
}

static void headers_must_lie_in_the_first_piece(void **state)
{
	(void)state;
	build(4, 5000, 1000);
	iov[0] = (struct iovec){frame.data, frame.payload - 1};
	iov[1] = (struct iovec){frame.data + frame.payload - 1, 5001};
	assert_int_equal(xnb_segment_start(&segmenter, &meta, iov, 2),
			 -EBADMSG);
	iov[0].iov_len++;
	iov[1] = (struct iovec){frame.data + frame.payload, 5000};
	assert_int_equal(xnb_segment_start(&segmenter, &meta, iov, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(every_segment_is_right),
		T(pieces_up_to_the_limit_are_taken),
		T(what_does_not_fit_is_refused),
		T(routed_and_long_headed_packets_are_refused),
		T(headers_must_lie_in_the_first_piece),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
