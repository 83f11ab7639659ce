/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nl/namespaces.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/proc.h"
#include "netconf/nl/netns.h"

static ino_t namespace_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_ino;
}

static ino_t own_namespace(void)
{
	return namespace_of("/proc/thread-self/ns/net");
}

static void a_visit_ends_where_it_began(void **state)
{
	int netns_fd = new_namespace();
	ino_t home = own_namespace();
	struct stat status;
	int back;

	(void)state;
	assert_int_equal(fstat(netns_fd, &status), 0);
	GOOD(xn_netns_enter(netns_fd, &back, &err));
	assert_true(own_namespace() == status.st_ino);
	assert_true(home != status.st_ino);
	xn_netns_leave(&back);
	assert_true(own_namespace() == home);
	assert_int_equal(back, -1);
	xn_close(&netns_fd);
}

static void what_is_no_namespace_is_refused(void **state)
{
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ino_t home = own_namespace();
	struct xn_nl_monitor *monitor;
	struct xn_nl *other;
	int back = -9;

	(void)state;
	REFUSED(xn_netns_enter(file, &back, &err), -EINVAL,
		"enter a network namespace");
	REFUSED(xn_netns_enter(-1, &back, &err), -EBADF,
		"enter a network namespace");
	REFUSED(xn_nl_open_in(file, &other, &err), -EINVAL, "namespace");
	REFUSED(xn_nl_monitor_open_in(file, XN_MONITOR_LINK, &monitor, &err),
		-EINVAL, "namespace");
	assert_int_equal(back, -9);
	assert_true(own_namespace() == home);
	xn_close(&file);
}

static void a_socket_stays_in_its_namespace(void **state)
{
	int netns_fd = new_namespace();
	ino_t home = own_namespace();
	struct xn_link link;
	struct xn_nl *other;

	(void)state;
	GOOD(xn_nl_open_in(netns_fd, &other, &err));
	assert_true(own_namespace() == home);
	GOOD(xn_bridge_create(other, "there", NULL, 0, &err));
	GOOD(xn_link_get(other, "there", &link, &err));
	REFUSED(xn_link_get(nl, "there", &link, &err), -ENODEV, "there");
	xn_nl_close(other);
	xn_nl_close(NULL);
	xn_close(&netns_fd);
}

static int run_in(int netns_fd, const char *script)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct xn_proc proc = {.argv = argv, .netns_fd = netns_fd};
	pid_t pid = -1;
	int status;

	GOOD(xn_proc_spawn(&proc, &pid, &err));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_program_starts_in_a_namespace(void **state)
{
	static const char script[] = "grep -q ' *inside:' /proc/self/net/dev";
	int netns_fd = new_namespace();

	(void)state;
	GOOD(xn_link_create_veth(nl, "outer", "inside", netns_fd, &err));
	assert_int_equal(run_in(netns_fd, script), 0);
	assert_int_equal(run_in(-1, script), 1);
	xn_close(&netns_fd);
}

#define NL(test) cmocka_unit_test_setup_teardown(test, open_nl, close_nl)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(a_visit_ends_where_it_began),
		NL(what_is_no_namespace_is_refused),
		NL(a_socket_stays_in_its_namespace),
		NL(a_program_starts_in_a_namespace),
	};

	return NAMESPACE_GROUP(tests);
}
