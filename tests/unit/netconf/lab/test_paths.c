/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab's folder and lock. The process looks at a /run of its own (an empty
 * tmpfs in a mount namespace), so that the host's labs are not touched; where
 * the kernel allows no such namespace, the tests that need it are skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "netconf/base/text.h"
#include "netconf/lab/paths.h"

#define RACE_ROUNDS 200

static bool has_own_run;
static char lab_name[XN_LAB_NAME_MAX];
static struct xn_lab_paths lab;

/* The linker puts these around the library's calls of flock(). */
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

static bool replaces_lock; /* at the next call */

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	size_t bytes = strlen(text);
	bool done = fd >= 0 && write(fd, text, bytes) == (ssize_t)bytes;

	if (fd >= 0)
		(void)close(fd);
	return done;
}

int __wrap_flock(int fd, int operation)
{
	if (replaces_lock &&
	    (unlink(lab.lock) < 0 || !write_file(lab.lock, "")))
		return -1;
	replaces_lock = false;
	return __real_flock(fd, operation);
}

/* Root of a user namespace of its own, which needs no privilege. */
static bool enter_user_namespace(void)
{
	char uid_map[32], gid_map[32];

	(void)snprintf(uid_map, sizeof(uid_map), "0 %u 1", getuid());
	(void)snprintf(gid_map, sizeof(gid_map), "0 %u 1", getgid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", uid_map) &&
	       write_file("/proc/self/gid_map", gid_map);
}

static bool enter_own_run(void)
{
	if (!enter_user_namespace() &&
	    (unshare(CLONE_NEWNS) < 0 ||
	     mount("", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0))
		return false;
	return mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0;
}

static int find_lab(void **state)
{
	struct xn_err err = {0};

	(void)state;
	return has_own_run ? xn_lab_paths_find(lab_name, &lab, &err) : 0;
}

static void need_own_run(void)
{
	if (has_own_run)
		return;
	print_message("skipped: no mount namespace is allowed here, and the "
		      "host's /run is not touched\n");
	skip();
}

static bool is_there(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

/* PATH/NAME in one of two buffers that take turns. */
static const char *in(const char *folder, const char *name)
{
	static char path[2][XN_LAB_PATH_MAX];
	static unsigned int turn;

	turn ^= 1;
	assert_true(xn_text_format(path[turn], sizeof(path[turn]), "%s/%s",
				   folder, name) > 0);
	return path[turn];
}

static int take_lock(void)
{
	struct xn_err err = {0};
	int lock = xn_lab_lock(&lab, &err);

	if (lock < 0)
		fail_msg("no lock: %s", xn_err_text(&err));
	return lock;
}

static void make_folder(void)
{
	struct xn_err err = {0};

	if (xn_lab_folder_make(&lab, &err) < 0)
		fail_msg("no folder: %s", xn_err_text(&err));
}

static void a_name_is_said_or_in_the_environment_or_default(void **state)
{
	struct xn_lab_paths paths;

	(void)state;
	assert_int_equal(unsetenv("XENPLANE_LAB"), 0);
	assert_int_equal(xn_lab_paths_find(NULL, &paths, NULL), 0);
	assert_string_equal(paths.name, "default");
	assert_int_equal(setenv("XENPLANE_LAB", "green", 1), 0);
	assert_int_equal(xn_lab_paths_find(NULL, &paths, NULL), 0);
	assert_string_equal(paths.name, "green");
	assert_string_equal(paths.folder, XN_LAB_ROOT "/green");
	assert_int_equal(xn_lab_paths_find("blue", &paths, NULL), 0);
	assert_string_equal(paths.name, "blue");
	assert_int_equal(unsetenv("XENPLANE_LAB"), 0);
}

static void names_that_could_leave_the_folder_are_refused(void **state)
{
	static const char *const bad[] = {
		"",	    ".",
		"..",	    "a/b",
		"/a",	    "../default",
		"a.lock",   "a b",
		"a\n",	    "-a ",
		"\xc3\xa4", "0123456789abcdef0123456789abcdef", /* 32 */
	};
	struct xn_lab_paths paths, untouched;

	(void)state;
	memset(&paths, 0x5a, sizeof(paths));
	memcpy(&untouched, &paths, sizeof(paths));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct xn_err err = {0};

		assert_int_equal(xn_lab_paths_find(bad[i], &paths, &err),
				 -EINVAL);
		assert_non_null(strstr(xn_err_text(&err), "no lab name"));
		assert_int_equal(setenv("XENPLANE_LAB", bad[i], 1), 0);
		assert_int_equal(xn_lab_paths_find(NULL, &paths, NULL),
				 -EINVAL);
		assert_memory_equal(&paths, &untouched, sizeof(paths));
	}
	assert_int_equal(unsetenv("XENPLANE_LAB"), 0);
}

static void the_longest_name_leaves_room_for_sockets(void **state)
{
	static const char name[] = "Az09-_789abcdef0123456789abcdef"; /* 31 */
	const size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);
	struct xn_lab_paths paths;

	(void)state;
	assert_int_equal(strlen(name), XN_LAB_NAME_MAX - 1);
	assert_int_equal(xn_lab_paths_find(name, &paths, NULL), 0);
	assert_string_equal(paths.folder, in(XN_LAB_ROOT, name));
	assert_string_equal(paths.log, in(paths.folder, "lab.log"));
	assert_string_equal(paths.socket, in(paths.folder, "lab.sock"));
	assert_string_equal(paths.control, in(paths.folder, "control.sock"));
	assert_string_equal(paths.broker, in(paths.folder, "broker.sock"));
	assert_string_equal(paths.store, in(paths.folder, "xenstored/socket"));
	assert_true(strlen(paths.socket) < room);
	assert_true(strlen(paths.control) < room);
	assert_true(strlen(paths.broker) < room);
	assert_true(strlen(paths.store) < room);
}

static void programs_are_looked_for_beside_this_one(void **state)
{
	struct xn_lab_paths paths;
	char own[XN_LAB_PATH_MAX] = "";

	(void)state;
	assert_true(readlink("/proc/self/exe", own, sizeof(own) - 1) > 0);
	assert_int_equal(xn_lab_paths_find("a", &paths, NULL), 0);
	assert_string_equal(own, in(paths.programs, strrchr(own, '/') + 1));
	assert_string_equal(paths.xensim,
			    in(paths.programs, "../lib/libxensim.so"));
}

static void a_folder_is_made_for_its_owner_alone(void **state)
{
	struct stat status;
	mode_t before;
	int lock;

	(void)state;
	need_own_run();
	before = umask(0);
	lock = take_lock();
	make_folder();
	(void)umask(before);
	assert_int_equal(stat(lab.folder, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(stat(lab.store_folder, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(stat(lab.lock, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	xn_lab_folder_remove(&lab);
	(void)close(lock);
}

static void what_an_ended_lab_left_is_removed_first(void **state)
{
	int lock;

	(void)state;
	need_own_run();
	lock = take_lock();
	make_folder();
	assert_true(write_file(lab.log, "old"));
	assert_true(write_file(in(lab.store_folder, "tdb"), "old"));
	assert_int_equal(mkdir(in(lab.folder, "empty"), 0700), 0);
	assert_int_equal(mkdir(in(lab.folder, "state"), 0700), 0);
	assert_int_equal(mkdir(in(lab.folder, "state/more"), 0700), 0);
	assert_true(write_file(in(lab.folder, "state/more/file"), "old"));
	make_folder();
	assert_false(is_there(in(lab.folder, "state")));
	assert_false(is_there(lab.log));
	assert_false(is_there(in(lab.store_folder, "tdb")));
	assert_false(is_there(in(lab.folder, "empty")));
	assert_true(is_there(lab.store_folder));
	xn_lab_folder_remove(&lab);
	(void)close(lock);
}

static void notes_of_its_network_go_with_the_folder(void **state)
{
	static const char *const notes[] = {
		"/run/xenplane/known-17.json", "/run/xenplane/in-force-17.json",
		"/run/xenplane/holds-17", "/run/xenplane/holds-17.lock"};
	static const char others[] = "/run/xenplane/known-171.json";
	struct xn_err err = {0};
	int lock;

	(void)state;
	need_own_run();
	lock = take_lock();
	make_folder();
	assert_int_equal(xn_lab_folder_note(&lab, 17, &err), 0);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		assert_true(write_file(notes[i], "{}"));
	assert_true(write_file(others, "{}"));
	xn_lab_folder_remove(&lab);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		assert_false(is_there(notes[i]));
	assert_true(is_there(others));
	assert_int_equal(unlink(others), 0);
	assert_int_equal(xn_lab_folder_note(&lab, 17, &err), -ENOENT);
	(void)close(lock);
}

static void links_in_the_folder_are_not_followed(void **state)
{
	int lock;

	(void)state;
	need_own_run();
	assert_int_equal(mkdir("/run/precious", 0700), 0);
	assert_true(write_file("/run/precious/file", "keep"));
	lock = take_lock();
	make_folder();
	assert_int_equal(rmdir(lab.store_folder), 0);
	assert_int_equal(symlink("/run/precious", lab.store_folder), 0);
	assert_int_equal(symlink("/run/precious/file", lab.log), 0);
	make_folder();
	assert_false(is_there(lab.log));
	assert_true(is_there("/run/precious/file"));
	assert_int_equal(rmdir(lab.store_folder), 0); /* it is a folder now */
	xn_lab_folder_remove(&lab);
	(void)close(lock);
	assert_int_equal(unlink("/run/precious/file"), 0);
	assert_int_equal(rmdir("/run/precious"), 0);
}

static void a_file_in_the_folders_place_is_refused(void **state)
{
	struct xn_err err = {0};
	int lock;

	(void)state;
	need_own_run();
	lock = take_lock();
	assert_true(write_file(lab.folder, ""));
	assert_int_equal(xn_lab_folder_make(&lab, &err), -ENOTDIR);
	assert_non_null(strstr(xn_err_text(&err), lab.folder));
	assert_int_equal(unlink(lab.folder), 0);
	make_folder();
	xn_lab_folder_remove(&lab);
	(void)close(lock);
}

static void removal_leaves_nothing_but_other_labs(void **state)
{
	struct xn_lab_paths other;
	int lock, other_lock;

	(void)state;
	need_own_run();
	assert_int_equal(xn_lab_paths_find("another", &other, NULL), 0);
	other_lock = xn_lab_lock(&other, NULL);
	assert_true(other_lock >= 0);
	assert_int_equal(xn_lab_folder_make(&other, NULL), 0);
	assert_true(write_file(other.log, "kept"));
	lock = take_lock();
	make_folder();
	assert_true(write_file(lab.log, ""));
	assert_true(write_file(lab.store, ""));
	xn_lab_folder_remove(&lab);
	(void)close(lock);
	assert_false(is_there(lab.folder));
	assert_false(is_there(lab.lock));
	assert_true(is_there(other.log));
	assert_true(is_there(other.lock));
	xn_lab_folder_remove(&other);
	(void)close(other_lock);
	assert_false(is_there("/run/xenplane"));
}

static void a_lock_is_held_once_and_names_the_lab(void **state)
{
	struct xn_lab_paths other;
	struct xn_err err = {0};
	int lock, other_lock;

	(void)state;
	need_own_run();
	lock = take_lock();
	assert_int_equal(fcntl(lock, F_GETFD), FD_CLOEXEC);
	assert_int_equal(xn_lab_lock(&lab, &err), -EBUSY);
	assert_non_null(strstr(xn_err_text(&err), lab.name));
	assert_int_equal(xn_lab_paths_find("another", &other, NULL), 0);
	other_lock = xn_lab_lock(&other, NULL);
	assert_true(other_lock >= 0);
	(void)close(other_lock);
	(void)close(lock);
	(void)close(take_lock());
	xn_lab_folder_remove(&lab);
	xn_lab_folder_remove(&other);
}

static void a_killed_holder_lets_go(void **state)
{
	struct xn_err err = {0};
	int status, said[2];
	char byte;
	pid_t pid;

	(void)state;
	need_own_run();
	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		bool held = xn_lab_lock(&lab, NULL) >= 0;

		if (!held || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		    write(said[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(said[1]);
	assert_int_equal(read(said[0], &byte, 1), 1);
	assert_int_equal(xn_lab_lock(&lab, &err), -EBUSY);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(said[0]);
	(void)close(take_lock());
	xn_lab_folder_remove(&lab);
}

static void a_lock_whose_file_is_gone_binds_nobody(void **state)
{
	int ended, lock;

	(void)state;
	need_own_run();
	ended = take_lock();
	xn_lab_folder_remove(&lab); /* and its process ends soon */
	lock = take_lock();
	assert_true(is_there(lab.lock));
	assert_int_equal(xn_lab_lock(&lab, NULL), -EBUSY);
	(void)close(ended);
	assert_int_equal(xn_lab_lock(&lab, NULL), -EBUSY);
	(void)close(lock);
	xn_lab_folder_remove(&lab);
}

static void a_lock_whose_file_is_replaced_meanwhile_is_taken_again(void **state)
{
	struct stat held, named;
	int lock;

	(void)state;
	need_own_run();
	(void)close(take_lock());
	replaces_lock = true;
	lock = take_lock();
	assert_false(replaces_lock);
	assert_int_equal(fstat(lock, &held), 0);
	assert_int_equal(stat(lab.lock, &named), 0);
	assert_int_equal(held.st_ino, named.st_ino);
	(void)close(lock);
	xn_lab_folder_remove(&lab);
}

static void a_link_in_the_locks_place_is_refused(void **state)
{
	struct xn_err err = {0};

	(void)state;
	need_own_run();
	(void)close(take_lock());
	assert_int_equal(unlink(lab.lock), 0);
	assert_int_equal(symlink("/run/elsewhere", lab.lock), 0);
	assert_int_equal(xn_lab_lock(&lab, &err), -ELOOP);
	assert_false(is_there("/run/elsewhere"));
	xn_lab_folder_remove(&lab);
}

static void folders_that_cannot_be_made_are_refused(void **state)
{
	struct xn_err blocked = {0}, dangling = {0};

	(void)state;
	need_own_run();
	assert_int_equal(mkdir("/run/xenplane", 0700), 0);
	assert_true(write_file(XN_LAB_ROOT, ""));
	assert_int_equal(xn_lab_lock(&lab, &blocked), -ENOTDIR);
	assert_non_null(strstr(xn_err_text(&blocked), lab.lock));
	assert_int_equal(unlink(XN_LAB_ROOT), 0);
	assert_int_equal(symlink("/run/nowhere", XN_LAB_ROOT), 0);
	assert_int_equal(xn_lab_lock(&lab, &dangling), -EAGAIN);
	assert_non_null(strstr(xn_err_text(&dangling), lab.lock));
	assert_int_equal(unlink(XN_LAB_ROOT), 0);
	(void)close(take_lock());
	xn_lab_folder_remove(&lab);
}

/* In a child: starts and ends the lab again and again; the exit status says
 * what went wrong. */
static int start_and_end(const char *marker)
{
	for (int i = 0; i < RACE_ROUNDS;) {
		int lock = xn_lab_lock(&lab, NULL);
		int alone;

		if (lock == -EBUSY) {
			(void)sched_yield();
			continue;
		}
		if (lock < 0)
			return 1;
		if (xn_lab_folder_make(&lab, NULL) < 0)
			return 2;
		alone = open(marker, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (alone < 0)
			return 3;
		(void)close(alone);
		(void)sched_yield();
		(void)unlink(marker);
		xn_lab_folder_remove(&lab);
		(void)close(lock);
		i++;
	}
	return 0;
}

static void labs_that_start_and_end_at_once_exclude_each_other(void **state)
{
	pid_t pid[2];

	(void)state;
	need_own_run();
	assert_int_equal(xn_lab_paths_find("race", &lab, NULL), 0);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
			_exit(4);
		if (pid[i] == 0)
			_exit(start_and_end("/run/marker"));
	}
	for (int i = 0; i < 2; i++) {
		int status;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	assert_false(is_there("/run/xenplane"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_name_is_said_or_in_the_environment_or_default),
		cmocka_unit_test(names_that_could_leave_the_folder_are_refused),
		cmocka_unit_test(the_longest_name_leaves_room_for_sockets),
		cmocka_unit_test(programs_are_looked_for_beside_this_one),
		cmocka_unit_test_setup(a_folder_is_made_for_its_owner_alone,
				       find_lab),
		cmocka_unit_test_setup(what_an_ended_lab_left_is_removed_first,
				       find_lab),
		cmocka_unit_test_setup(notes_of_its_network_go_with_the_folder,
				       find_lab),
		cmocka_unit_test_setup(links_in_the_folder_are_not_followed,
				       find_lab),
		cmocka_unit_test_setup(a_file_in_the_folders_place_is_refused,
				       find_lab),
		cmocka_unit_test_setup(removal_leaves_nothing_but_other_labs,
				       find_lab),
		cmocka_unit_test_setup(a_lock_is_held_once_and_names_the_lab,
				       find_lab),
		cmocka_unit_test_setup(a_killed_holder_lets_go, find_lab),
		cmocka_unit_test_setup(a_lock_whose_file_is_gone_binds_nobody,
				       find_lab),
		cmocka_unit_test_setup(
			a_lock_whose_file_is_replaced_meanwhile_is_taken_again,
			find_lab),
		cmocka_unit_test_setup(a_link_in_the_locks_place_is_refused,
				       find_lab),
		cmocka_unit_test_setup(folders_that_cannot_be_made_are_refused,
				       find_lab),
		cmocka_unit_test_setup(
			labs_that_start_and_end_at_once_exclude_each_other,
			find_lab),
	};

	(void)snprintf(lab_name, sizeof(lab_name), "test-%d", (int)getpid());
	has_own_run = enter_own_run();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
