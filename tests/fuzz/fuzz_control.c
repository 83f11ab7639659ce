// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a data process says to control. It handles guests' memory, so it may be
 * anybody's: a message of the wrong form or direction ends it, and no message
 * touches what is not its vif's or bridge's.
 *
 * Input: datagrams, each u8 a length (0: that of its type), u8 type, then its
 * bytes behind the header.
 */
#include <sys/socket.h>

#include "fuzz.h"
#include "netconf/daemon/datapath_private.h"
#include "netconf/daemon/vifs.h"
#include "plane.h"

#define BYTES_MAX 2048u /* longer than any message */
#define MESSAGES_MAX 64u

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	plane_start();
	return 0;
}

/* Says whether control must take it. */
static bool send_one(struct fuzz_input *in, int data)
{
	uint8_t bytes[BYTES_MAX] = {0};
	uint32_t length = fuzz_u8(in);
	struct xn_dl_header header = {fuzz_u8(in), XN_DATALINK_VERSION};
	uint32_t right =
		header.type >= XN_DL_READY ? xn_dl_length(header.type) : 0;

	if (header.type == 0xff)
		header.version = fuzz_u32(in); /* any type, any version */
	if (length == 0)
		length = xn_dl_length(header.type);
	if (length < sizeof(header))
		length = 1;
	FUZZ_CHECK(length <= sizeof(bytes));
	memcpy(bytes, &header, sizeof(header));
	if (length > sizeof(header))
		fuzz_bytes(in, bytes + sizeof(header), length - sizeof(header));
	FUZZ_CHECK(send(data, bytes, length, 0) == (ssize_t)length);
	return right && length == right &&
	       header.version == XN_DATALINK_VERSION;
}

static void read_answers(int data)
{
	uint8_t bytes[2048];
	struct xn_dl_header header;
	ssize_t got;

	while ((got = recv(data, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		FUZZ_CHECK((size_t)got >= sizeof(header));
		memcpy(&header, bytes, sizeof(header));
		FUZZ_CHECK(header.type < XN_DL_READY);
		FUZZ_CHECK(header.version == XN_DATALINK_VERSION);
		FUZZ_CHECK((uint32_t)got == xn_dl_length(header.type));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	int peer = plane_new_data_process();

	for (uint32_t i = 0; i < MESSAGES_MAX && in.left; i++) {
		bool right = send_one(&in, peer);

		plane_turn();
		read_answers(peer);
		if (!right)
			FUZZ_CHECK(plane_was_killed());
		if (plane_was_killed())
			break;
	}
	FUZZ_CHECK(!xn_vifs_from(plane.vifs, PLANE_VIFS));
	return 0;
}
