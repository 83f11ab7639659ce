/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/lab/wire.h"

#define OUT_OF_DEPTH 5000 /* deeper than the library reads */

static int pair[2];
static char folder[] = "/tmp/xn-wire-XXXXXX";
static char path[64];

static int open_pair(void **state)
{
	(void)state;
	return xn_fd_socketpair(SOCK_NONBLOCK, pair);
}

static int close_pair(void **state)
{
	(void)state;
	xn_close(&pair[0]);
	xn_close(&pair[1]);
	return 0;
}

static int make_folder(void **state)
{
	(void)state;
	(void)memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	if (!mkdtemp(folder))
		return -1;
	return xn_text_format(path, sizeof(path), "%s/sock", folder) < 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static int count_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

static void send_text(const char *text, const int *fds, size_t fd_count)
{
	assert_int_equal(xn_fd_send(pair[0], text, strlen(text), fds, fd_count),
			 0);
}

/* A message that is refused, with or without room for a descriptor: nothing
 * is returned and no descriptor stays open. */
static void assert_refused(int error, int *ret_fd)
{
	json_t *untouched = json_true(), *message = untouched;

	assert_int_equal(xn_lab_wire_receive(pair[1], &message, ret_fd), error);
	assert_ptr_equal(message, untouched);
	if (ret_fd)
		assert_int_equal(*ret_fd, 77);
}

static void assert_next_message_arrives(void)
{
	json_t *message = NULL;
	int fd = 77;

	send_text("{\"a\":1}", NULL, 0);
	assert_int_equal(xn_lab_wire_receive(pair[1], &message, &fd), 0);
	assert_int_equal(json_integer_value(json_object_get(message, "a")), 1);
	assert_int_equal(fd, -1);
	json_decref(message);
}

static void an_object_arrives_as_it_was_sent(void **state)
{
	json_t *sent = json_pack("{s:s, s:[i, i], s:{}}", "verb", "create",
				 "list", 1, -2, "empty");
	json_t *message = NULL;
	int fd = 77;

	(void)state;
	assert_int_equal(xn_lab_wire_send(pair[0], sent, -1), 0);
	assert_int_equal(xn_lab_wire_receive(pair[1], &message, &fd), 0);
	assert_true(json_equal(sent, message));
	assert_int_equal(fd, -1);
	json_decref(message);
	json_decref(sent);
}

static void a_descriptor_arrives_with_its_message(void **state)
{
	uint64_t value = 42;
	json_t *sent = json_object(), *message = NULL;
	int event = eventfd(0, EFD_CLOEXEC), fd = -1;

	(void)state;
	assert_int_equal(xn_lab_wire_send(pair[0], sent, event), 0);
	assert_int_equal(xn_lab_wire_receive(pair[1], &message, &fd), 0);
	assert_true(fd >= 0 && fd != event);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(event, &value, sizeof(value)), sizeof(value));
	value = 0;
	assert_int_equal(read(fd, &value, sizeof(value)), sizeof(value));
	assert_int_equal(value, 42);
	xn_close(&fd);
	xn_close(&event);
	json_decref(message);
	json_decref(sent);
}

static void a_descriptor_that_nobody_expects_is_refused_and_closed(void **state)
{
	int event = eventfd(0, EFD_CLOEXEC);
	int open_before = count_open_fds();

	(void)state;
	send_text("{}", &event, 1);
	assert_refused(-EPROTO, NULL);
	assert_int_equal(count_open_fds(), open_before);
	assert_next_message_arrives();
	xn_close(&event);
}

static void more_than_one_descriptor_is_refused_and_closed(void **state)
{
	int event = eventfd(0, EFD_CLOEXEC), fd = 77;
	int events[2] = {event, event};
	int open_before = count_open_fds();

	(void)state;
	send_text("{}", events, 2);
	assert_refused(-EPROTO, &fd);
	assert_int_equal(count_open_fds(), open_before);
	assert_next_message_arrives();
	xn_close(&event);
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const bad[] = {
		"{",	    "}",
		"x",	    "[]",
		"[{}]",	    "\"text\"",
		"1",	    "null",
		"true",	    "{} {}",
		"{}x",	    "{\"a\":1,\"a\":2}",
		"{a:1}",    "{\"a\":\"\xff\"}",
		"{\"a\":}", "{\"a\":1e999}",
		" ",
	};
	int event = eventfd(0, EFD_CLOEXEC);
	int open_before = count_open_fds();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = 77;

		send_text(bad[i], NULL, 0);
		assert_refused(-EPROTO, NULL);
		send_text(bad[i], &event, 1);
		assert_refused(-EPROTO, &fd);
		assert_int_equal(count_open_fds(), open_before);
		assert_next_message_arrives();
	}
	xn_close(&event);
}

static void an_object_without_end_of_depth_is_refused(void **state)
{
	char *text = malloc(OUT_OF_DEPTH + 6);

	(void)state;
	assert_non_null(text);
	memcpy(text, "{\"a\":", 5);
	memset(text + 5, '[', OUT_OF_DEPTH);
	text[OUT_OF_DEPTH + 5] = '\0';
	send_text(text, NULL, 0);
	free(text);
	assert_refused(-EPROTO, NULL);
	assert_next_message_arrives();
}

/* {"a":"xxx"} of so many bytes. */
static json_t *object_of(size_t bytes)
{
	char *text = malloc(bytes);
	json_t *message;

	assert_non_null(text);
	memset(text, 'x', bytes);
	message = json_pack("{s:s#}", "a", text, (int)(bytes - 8));
	free(text);
	assert_non_null(message);
	return message;
}

static void
the_longest_message_passes_and_a_longer_one_is_not_sent(void **state)
{
	json_t *longest = object_of(XN_LAB_MESSAGE_MAX);
	json_t *longer = object_of(XN_LAB_MESSAGE_MAX + 1);
	json_t *message = NULL;

	(void)state;
	assert_int_equal(xn_lab_wire_send(pair[0], longer, -1), -EMSGSIZE);
	assert_int_equal(xn_lab_wire_send(pair[0], longest, -1), 0);
	assert_int_equal(xn_lab_wire_receive(pair[1], &message, NULL), 0);
	assert_true(json_equal(longest, message));
	json_decref(message);
	json_decref(longest);
	json_decref(longer);
}

static void a_longer_message_of_a_peer_without_manners_is_refused(void **state)
{
	json_t *longer = object_of(XN_LAB_MESSAGE_MAX + 1);
	char *text = json_dumps(longer, JSON_COMPACT);
	int event = eventfd(0, EFD_CLOEXEC), fd = 77;
	int open_before = count_open_fds();

	(void)state;
	assert_int_equal(strlen(text), XN_LAB_MESSAGE_MAX + 1);
	send_text(text, NULL, 0);
	assert_refused(-EMSGSIZE, NULL);
	send_text(text, &event, 1);
	assert_refused(-EMSGSIZE, &fd);
	assert_int_equal(count_open_fds(), open_before);
	assert_next_message_arrives();
	free(text);
	json_decref(longer);
	xn_close(&event);
}

static void a_peer_that_left_is_no_message_and_no_signal(void **state)
{
	json_t *message = json_object();

	(void)state;
	xn_close(&pair[0]);
	assert_refused(-EPROTO, NULL);
	assert_int_equal(xn_lab_wire_send(pair[1], message, -1), -EPIPE);
	json_decref(message);
}

static void
a_silent_peer_is_not_waited_for_beyond_the_sockets_limit(void **state)
{
	int fd = 77;

	(void)state;
	assert_refused(-EAGAIN, NULL); /* the pair does not block */
	assert_refused(-EAGAIN, &fd);
	assert_next_message_arrives();
}

static void a_client_reaches_the_listener(void **state)
{
	struct xn_err err = {0};
	int listener = xn_lab_wire_listen(path, &err);
	int client = xn_lab_wire_connect(path, &err);
	json_t *sent = json_pack("{s:s}", "verb", "list"), *message = NULL;
	int server;

	(void)state;
	assert_true(listener >= 0);
	assert_true(client >= 0);
	assert_int_equal(fcntl(listener, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(client, F_GETFD), FD_CLOEXEC);
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(server >= 0);
	assert_int_equal(xn_lab_wire_send(client, sent, -1), 0);
	assert_int_equal(xn_lab_wire_receive(server, &message, NULL), 0);
	assert_true(json_equal(sent, message));
	json_decref(message);
	json_decref(sent);
	xn_close(&server);
	xn_close(&client);
	xn_close(&listener);
}

static void a_lab_that_does_not_run_is_said_to_be_not_running(void **state)
{
	struct xn_err absent = {0}, dead = {0};
	int open_before = count_open_fds();
	int listener;

	(void)state;
	assert_int_equal(xn_lab_wire_connect(path, &absent), -ENOENT);
	assert_non_null(strstr(xn_err_text(&absent), "not running"));
	listener = xn_lab_wire_listen(path, NULL);
	assert_true(listener >= 0);
	xn_close(&listener); /* the file stays, as after a kill */
	assert_int_equal(xn_lab_wire_connect(path, &dead), -ECONNREFUSED);
	assert_non_null(strstr(xn_err_text(&dead), "not running"));
	assert_int_equal(count_open_fds(), open_before);
}

static void a_socket_that_cannot_be_made_is_named(void **state)
{
	char too_long[256];
	struct xn_err taken = {0}, below = {0}, length = {0}, called = {0};
	int open_before = count_open_fds();
	int listener = xn_lab_wire_listen(path, NULL);

	(void)state;
	assert_true(listener >= 0);
	assert_int_equal(xn_lab_wire_listen(path, &taken), -EADDRINUSE);
	assert_non_null(strstr(xn_err_text(&taken), path));
	xn_close(&listener);
	assert_int_equal(xn_lab_wire_listen("/proc/no/such", &below), -ENOENT);
	assert_non_null(strstr(xn_err_text(&below), "/proc/no/such"));
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(xn_lab_wire_listen(too_long, &length), -ENAMETOOLONG);
	assert_int_equal(xn_lab_wire_connect(too_long, &called), -ENAMETOOLONG);
	assert_int_equal(count_open_fds(), open_before);
}

#define ON_PAIR(test) \
	cmocka_unit_test_setup_teardown(test, open_pair, close_pair)
#define IN_FOLDER(test) \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_PAIR(an_object_arrives_as_it_was_sent),
		ON_PAIR(a_descriptor_arrives_with_its_message),
		ON_PAIR(a_descriptor_that_nobody_expects_is_refused_and_closed),
		ON_PAIR(more_than_one_descriptor_is_refused_and_closed),
		ON_PAIR(what_is_no_object_is_refused),
		ON_PAIR(an_object_without_end_of_depth_is_refused),
		ON_PAIR(the_longest_message_passes_and_a_longer_one_is_not_sent),
		ON_PAIR(a_longer_message_of_a_peer_without_manners_is_refused),
		ON_PAIR(a_peer_that_left_is_no_message_and_no_signal),
		ON_PAIR(a_silent_peer_is_not_waited_for_beyond_the_sockets_limit),
		IN_FOLDER(a_client_reaches_the_listener),
		IN_FOLDER(a_lab_that_does_not_run_is_said_to_be_not_running),
		IN_FOLDER(a_socket_that_cannot_be_made_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
