/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process has left behind the sandbox, read from /proc by another one.
 * The tests with root's rights are skipped without; what is said when they
 * lack needs none.
 */
#include "netback/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "netback/sandbox_filter.h"

#define TEXT_MAX 4096
#define ID 65531u /* no user's; not the one that is the default */
#define WAIT_MS 60000
#define CANNOT_ENTER 99

static const struct xnb_sandbox_user user = {.uid = ID, .gid = ID};

static pthread_barrier_t running;

static void wait_for_the_end(int until_fd)
{
	char byte;

	(void)!read(until_fd, &byte, 1);
}

static void *thread_main(void *arg)
{
	pthread_barrier_wait(&running);
	wait_for_the_end(*(int *)arg);
	return NULL;
}

/* As main() does it: rights, a thread that is past its start, calls. */
static void enter(int *until_fd)
{
	struct xn_err err = {.set = false};
	pthread_t thread;

	if (pthread_barrier_init(&running, NULL, 2) != 0 ||
	    xnb_sandbox_drop_rights(&user) < 0 ||
	    pthread_create(&thread, NULL, thread_main, until_fd) != 0)
		_exit(CANNOT_ENTER);
	pthread_barrier_wait(&running);
	pthread_detach(thread);
	if (xnb_sandbox_filter_calls(&err) < 0)
		_exit(CANNOT_ENTER);
}

struct inmate {
	pid_t pid;
	int until_fd; /* closing it ends the process */
};

/* Returns when it is inside. */
static struct inmate start_inmate(void)
{
	int until[2], ready[2];
	struct inmate inmate;
	char byte;

	assert_int_equal(pipe(until), 0);
	assert_int_equal(pipe(ready), 0);
	inmate.pid = fork();
	if (inmate.pid == 0) {
		close(until[1]);
		enter(&until[0]);
		(void)!write(ready[1], "r", 1);
		wait_for_the_end(until[0]);
		_exit(0);
	}
	close(until[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	inmate.until_fd = until[1];
	return inmate;
}

static void end_inmate(const struct inmate *inmate)
{
	int status;

	close(inmate->until_fd);
	assert_int_equal(waitpid(inmate->pid, &status, 0), inmate->pid);
	assert_int_equal(status, 0);
}

static void read_file(const char *path, char text[TEXT_MAX])
{
	FILE *file = fopen(path, "re");
	size_t bytes;

	assert_non_null(file);
	bytes = fread(text, 1, TEXT_MAX - 1, file);
	text[bytes] = '\0';
	fclose(file);
}

/* The words behind "Key:" in a status file. */
static const char *field(const char *status, const char *key)
{
	static char value[128];
	const char *line = strstr(status, key);

	assert_non_null(line);
	line += strlen(key);
	line += strspn(line, ":\t ");
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\n"), line);
	return value;
}

static void assert_nothing_left(const char *status)
{
	static const char *const sets[] = {"\nCapInh", "\nCapPrm", "\nCapEff",
					   "\nCapBnd", "\nCapAmb"};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		assert_string_equal(field(status, sets[i]), "0000000000000000");
	assert_string_equal(field(status, "\nUid"),
			    "65531\t65531\t65531\t65531");
	assert_string_equal(field(status, "\nGid"),
			    "65531\t65531\t65531\t65531");
	assert_string_equal(field(status, "\nGroups"), "");
	assert_string_equal(field(status, "\nNoNewPrivs"), "1");
	assert_string_equal(field(status, "\nSeccomp"), "2");
}

/* Calls fn for each thread's status; how many. */
static int each_thread(pid_t pid, void (*fn)(const char *status))
{
	char path[512], text[TEXT_MAX];
	const struct dirent *entry;
	int count = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	assert_non_null(tasks);
	while ((entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status",
			 (int)pid, entry->d_name);
		read_file(path, text);
		fn(text);
		count++;
	}
	closedir(tasks);
	return count;
}

static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void no_thread_has_rights(void **state)
{
	struct inmate inmate;
	char own[TEXT_MAX];

	(void)state;
	need_root();
	read_file("/proc/self/status", own);
	assert_string_not_equal(field(own, "\nCapEff"), "0000000000000000");
	assert_string_not_equal(field(own, "\nCapBnd"), "0000000000000000");
	inmate = start_inmate();
	assert_true(each_thread(inmate.pid, assert_nothing_left) >= 2);
	end_inmate(&inmate);
}

static ino_t namespace(pid_t pid, const char *kind)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void namespaces_are_its_own(void **state)
{
	static const char *const kinds[] = {"net", "ipc", "uts", "mnt"};
	struct inmate inmate;

	(void)state;
	need_root();
	inmate = start_inmate();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_true(namespace(inmate.pid, kinds[i]) !=
			    namespace(getpid(), kinds[i]));
	assert_true(namespace(inmate.pid, "user") ==
		    namespace(getpid(), "user"));
	end_inmate(&inmate);
}

static int count_entries(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int count = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			count++;
	}
	closedir(folder);
	return count;
}

static void there_is_no_file(void **state)
{
	char path[64], mounts[TEXT_MAX];
	struct inmate inmate;

	(void)state;
	need_root();
	assert_true(count_entries("/") > 0);
	inmate = start_inmate();
	snprintf(path, sizeof(path), "/proc/%d/root/", (int)inmate.pid);
	assert_int_equal(count_entries(path), 0);
	snprintf(path, sizeof(path), "/proc/%d/root/x", (int)inmate.pid);
	assert_null(fopen(path, "we"));
	assert_int_equal(errno, EROFS);
	snprintf(path, sizeof(path), "/proc/%d/mounts", (int)inmate.pid);
	read_file(path, mounts);
	assert_memory_equal(mounts, "xenplane-netback / tmpfs ro,", 28);
	assert_string_equal(strchr(mounts, '\n'), "\n"); /* the only one */
	end_inmate(&inmate);
}

/* prlimit(2) of another user's process is not every root's. */
static void read_limit(const char *limits, const char *name, char soft[32],
		       char hard[32])
{
	const char *line = strstr(limits, name);

	assert_non_null(line);
	assert_int_equal(sscanf(line + strlen(name), "%31s %31s", soft, hard),
			 2);
}

static void limits_are_set(void **state)
{
	char path[64], limits[TEXT_MAX], soft[32], hard[32];
	struct inmate inmate;

	(void)state;
	need_root();
	inmate = start_inmate();
	snprintf(path, sizeof(path), "/proc/%d/limits", (int)inmate.pid);
	read_file(path, limits);
	read_limit(limits, "Max core file size", soft, hard);
	assert_string_equal(soft, "0");
	assert_string_equal(hard, "0");
	read_limit(limits, "Max open files", soft, hard);
	assert_string_equal(soft, hard);
	end_inmate(&inmate);
}

/* Its starter's end: the change of user cancels the signal, once. */
_Noreturn static void run_starter(int alive_fd)
{
	pid_t starter = getpid();

	if (fork() == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		    getppid() != starter || xnb_sandbox_drop_rights(&user) < 0)
			_exit(CANNOT_ENTER);
		(void)!write(alive_fd, "r", 1);
	}
	for (;;)
		pause();
}

static void it_dies_with_its_starter(void **state)
{
	struct pollfd alive = {.events = POLLIN};
	int ends[2];
	pid_t starter;
	char byte;

	(void)state;
	need_root();
	assert_int_equal(pipe(ends), 0);
	starter = fork();
	if (starter == 0) {
		close(ends[0]);
		run_starter(ends[1]);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(kill(starter, SIGKILL), 0);
	assert_int_equal(waitpid(starter, NULL, 0), starter);
	alive.fd = ends[0];
	assert_int_equal(poll(&alive, 1, WAIT_MS), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* all ends closed */
	close(ends[0]);
}

/* Enters without rights; its words go to `fd`. */
_Noreturn static void run_developer(int fd)
{
	if (dup2(fd, STDERR_FILENO) < 0 ||
	    (geteuid() == 0 && setresuid(ID, ID, ID) < 0))
		_exit(CANNOT_ENTER);
	_exit(xnb_sandbox_drop_rights(&user) == -EPERM ? 0 : 1);
}

static void without_root_each_missing_part_is_named(void **state)
{
	static const char *const parts[] = {
		"network, IPC and UTS namespaces: Operation not permitted",
		"an empty root directory: Operation not permitted",
		"capability bounding set: Operation not permitted",
		"securebits: Operation not permitted",
		"user and groups: Operation not permitted",
	};
	char log[TEXT_MAX] = "";
	size_t used = 0;
	ssize_t got;
	int ends[2];
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0)
		run_developer(ends[1]);
	close(ends[1]);
	while ((got = read(ends[0], log + used, sizeof(log) - 1 - used)) > 0)
		used += (size_t)got;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_non_null(strstr(log, parts[i]));
	assert_null(strstr(log, "resource limits")); /* could be done */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_thread_has_rights),
		cmocka_unit_test(namespaces_are_its_own),
		cmocka_unit_test(there_is_no_file),
		cmocka_unit_test(limits_are_set),
		cmocka_unit_test(it_dies_with_its_starter),
		cmocka_unit_test(without_root_each_missing_part_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
