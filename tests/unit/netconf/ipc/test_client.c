/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking the daemon: against a server that says what the test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/ipc/client.h"

static char folder[] = "/tmp/xp-client-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/s",
		       folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(address.sun_path);
	return rmdir(folder);
}

/* Takes one line, answers with these pieces, hangs up. */
static void serve(int listener, const char *const *pieces)
{
	char request[XN_CLIENT_REQUEST_MAX];
	int fd = accept(listener, NULL, NULL);
	ssize_t got = recv(fd, request, sizeof(request), 0);

	if (got < 1 || request[got - 1] != '\n')
		_exit(1);
	for (; *pieces; pieces++) {
		(void)send(fd, *pieces, strlen(*pieces), MSG_NOSIGNAL);
		(void)usleep(1000);
	}
	_exit(0);
}

static int ask(const char *const *pieces, int timeout_ms, json_t **ret,
	       struct xn_err *err)
{
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	json_t *request = json_pack("{s:s}", "cmd", "status");
	pid_t pid;
	int error;

	(void)unlink(address.sun_path);
	assert_int_equal(
		bind(listener, (struct sockaddr *)&address, sizeof(address)),
		0);
	assert_int_equal(listen(listener, 1), 0);
	pid = fork();
	if (pid == 0)
		serve(listener, pieces);
	(void)close(listener);
	error = xn_client_call(address.sun_path, request, timeout_ms, ret, err);
	json_decref(request);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return error;
}

static void expect_refusal(const char *const *pieces, int error,
			   const char *words)
{
	struct xn_err err = {0};
	json_t *result = NULL;

	assert_int_equal(ask(pieces, 5000, &result, &err), error);
	assert_null(result);
	assert_non_null(strstr(xn_err_text(&err), words));
}

static void a_result_comes_in_whatever_pieces(void **state)
{
	static const char *const pieces[] = {
		"{\"ok\": tr", "ue, \"result\": {\"vifs\"", ": 3}}\n", NULL};
	struct xn_err err = {0};
	json_t *result = NULL;

	(void)state;
	assert_int_equal(ask(pieces, 5000, &result, &err), 0);
	assert_int_equal(json_integer_value(json_object_get(result, "vifs")),
			 3);
	json_decref(result);
}

static void a_refusal_is_told_in_its_words(void **state)
{
	static const char *const pieces[] = {
		"{\"ok\": false, \"error\": \"no vif \\\"x\\\"\"}\n", NULL};

	(void)state;
	expect_refusal(pieces, -EREMOTEIO, "no vif \"x\"");
}

static void an_answer_without_sense_is_refused(void **state)
{
	static const char *const no_json[] = {"hello\n", NULL};
	static const char *const no_result[] = {"{\"ok\": true}\n", NULL};
	static const char *const no_object[] = {"[]\n", NULL};

	(void)state;
	expect_refusal(no_json, -EPROTO, "no sense");
	expect_refusal(no_result, -EPROTO, "no sense");
	expect_refusal(no_object, -EPROTO, "no sense");
}

static void a_server_that_hangs_up_is_not_waited_for(void **state)
{
	static const char *const nothing[] = {NULL};
	static const char *const half[] = {"{\"ok\": true", NULL};

	(void)state;
	expect_refusal(nothing, -EPIPE, "no answer");
	expect_refusal(half, -EPIPE, "no answer");
}

static void nobody_there_is_said_so(void **state)
{
	json_t *request = json_pack("{s:s}", "cmd", "status"), *result = NULL;
	struct xn_err err = {0};

	(void)state;
	(void)unlink(address.sun_path);
	assert_int_equal(
		xn_client_call(address.sun_path, request, 100, &result, &err),
		-ENOENT);
	assert_non_null(strstr(xn_err_text(&err), "is xenplaned running?"));
	json_decref(request);
}

static void a_path_that_no_socket_has_is_refused(void **state)
{
	json_t *request = json_pack("{s:s}", "cmd", "status"), *result = NULL;
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(xn_client_call(path, request, 100, &result, NULL),
			 -EINVAL);
	assert_int_equal(xn_client_call("", request, 100, &result, NULL),
			 -EINVAL);
	json_decref(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_comes_in_whatever_pieces),
		cmocka_unit_test(a_refusal_is_told_in_its_words),
		cmocka_unit_test(an_answer_without_sense_is_refused),
		cmocka_unit_test(a_server_that_hangs_up_is_not_waited_for),
		cmocka_unit_test(nobody_there_is_said_so),
		cmocka_unit_test(a_path_that_no_socket_has_is_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
