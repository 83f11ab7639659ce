// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What comes in over the daemon's socket: each line has one answer, which is
 * an object that says whether it is well and, if not, why; a line that is too
 * long ends the connection.
 *
 * Input: the bytes, in two sends: u16 where the first ends.
 */
#include <fcntl.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"
#include "netconf/daemon/api.h"
#include "netconf/ipc/client.h"
#include "plane.h"

#define LINES_MAX 32u
#define ANSWER_MAX (1u << 20)

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static char answers[ANSWER_MAX];

/* The socket has no name any more once it is served: a run that fails leaves
 * nothing behind. */
static void serve(void)
{
	struct xn_err err = {0};
	char folder[] = "/tmp/xenplane-fuzz-XXXXXX";
	char path[sizeof(folder) + 8];
	int fd;

	FUZZ_CHECK(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	FUZZ_CHECK(xn_api_create(&plane, path, &plane.api, &err) == 0);
	fd = open(path, O_PATH | O_CLOEXEC);
	FUZZ_CHECK(fd >= 0 && !unlink(path) && !rmdir(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d",
		 fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	plane_start();
	serve();
	return 0;
}

static void check_answer(const char *line, size_t bytes)
{
	json_t *answer = json_loadb(line, bytes, JSON_REJECT_DUPLICATES, NULL);
	const json_t *ok = json_object_get(answer, "ok");

	FUZZ_CHECK(json_is_object(answer) && json_is_boolean(ok));
	if (json_is_true(ok))
		FUZZ_CHECK(json_object_get(answer, "result"));
	else
		FUZZ_CHECK(
			*json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
}

/* All answers so far; how many. */
static uint32_t check_answers(size_t bytes)
{
	const char *at = answers, *end;
	uint32_t count = 0;

	while ((end = memchr(at, '\n', bytes))) {
		check_answer(at, (size_t)(end - at));
		bytes -= (size_t)(end - at) + 1;
		at = end + 1;
		count++;
	}
	FUZZ_CHECK(bytes == 0);
	return count;
}

/* What the daemon must answer, and whether it must hang up. */
static uint32_t expect(const uint8_t *data, size_t size, bool *ret_hangs_up)
{
	uint32_t lines = 0;
	size_t line = 0;

	for (size_t i = 0; i < size; i++) {
		line++;
		if (data[i] == '\n') {
			lines++;
			line = 0;
		}
	}
	*ret_hangs_up = line >= XN_CLIENT_REQUEST_MAX;
	return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	size_t first = fuzz_u16(&in), got = 0;
	bool hangs_up;
	uint32_t lines = expect(in.at, in.left, &hangs_up);
	ssize_t bytes = 0;
	int fd;

	/* Longer lines would be cut at another place than expect() says. */
	if (lines > LINES_MAX || in.left > XN_CLIENT_REQUEST_MAX)
		return 0;
	if (first > in.left)
		first = in.left;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FUZZ_CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&address,
				      sizeof(address)) == 0);
	plane_turn();
	if (first)
		FUZZ_CHECK(send(fd, in.at, first, MSG_NOSIGNAL) ==
			   (ssize_t)first);
	plane_turn();
	if (in.left > first)
		FUZZ_CHECK(send(fd, in.at + first, in.left - first,
				MSG_NOSIGNAL) == (ssize_t)(in.left - first));
	plane_turn();
	while (got < sizeof(answers) &&
	       (bytes = recv(fd, answers + got, sizeof(answers) - got,
			     MSG_DONTWAIT)) > 0)
		got += (size_t)bytes;
	FUZZ_CHECK(check_answers(got) == lines);
	FUZZ_CHECK((bytes == 0) == hangs_up);
	close(fd);
	plane_turn();
	return 0;
}
