/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which system calls are left. Each is made in a child of its own, once
 * without the filter (the control: what the kernel itself says) and once
 * behind it. Arguments are such that nothing happens where a call is let
 * through. Needs no root.
 */
#include "netback/sandbox_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <xen/xen.h>

#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>

#include "netconf/base/fd.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define ANY (-1)	/* whatever the kernel says, but not SIGSYS */
#define NO_FD (-1)	/* a call that is let through says EBADF */
#define CANNOT_ENTER 99 /* a child's exit status */
#define WRONG 98

struct probe {
	const char *name;
	long number;
	long arg[6];
	int control; /* errno, 0 or ANY */
};

static void enter(void)
{
	const struct rlimit none = {0, 0};
	struct xn_err err = {.set = false};

	(void)setrlimit(RLIMIT_CORE, &none); /* SIGSYS leaves no core file */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    xnb_sandbox_filter_calls(&err) < 0)
		_exit(CANNOT_ENTER);
}

static int wait_for(pid_t child)
{
	int status;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* waitpid()'s status; the exit status is the call's errno, or 0. */
static int make_call(const struct probe *probe, bool filtered)
{
	const long *arg = probe->arg;
	pid_t child = fork();
	long rc;

	if (child == 0) {
		if (filtered)
			enter();
		rc = syscall(probe->number, arg[0], arg[1], arg[2], arg[3],
			     arg[4], arg[5]);
		_exit(rc < 0 ? errno : 0);
	}
	return wait_for(child);
}

static void assert_control(const struct probe *probe)
{
	int status = make_call(probe, false);

	if (!WIFEXITED(status) ||
	    (probe->control != ANY && WEXITSTATUS(status) != probe->control))
		fail_msg("%s: unfiltered: status %#x", probe->name, status);
}

static void assert_deadly(const struct probe *probes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status;

		assert_control(&probes[i]);
		status = make_call(&probes[i], true);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s: status %#x", probes[i].name, status);
	}
}

/* The control's answer is another one than the filter's. */
static void assert_answer(const struct probe *probes, size_t count, int answer)
{
	for (size_t i = 0; i < count; i++) {
		int status;

		assert_control(&probes[i]);
		assert_int_not_equal(probes[i].control, answer);
		status = make_call(&probes[i], true);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != answer)
			fail_msg("%s: status %#x", probes[i].name, status);
	}
}

static void another_program_process_or_place_is_deadly(void **state)
{
	static const struct probe probes[] = {
		{"execve", SYS_execve, {0}, EFAULT},
		{"execveat", SYS_execveat, {NO_FD}, EFAULT},
		{"clone", SYS_clone, {SIGCHLD}, 0},
		{"clone3", SYS_clone3, {0}, EINVAL},
		{"ptrace", SYS_ptrace, {0}, 0}, /* PTRACE_TRACEME */
		{"process_vm_readv", SYS_process_vm_readv, {0}, ANY},
		{"process_vm_writev", SYS_process_vm_writev, {0}, ANY},
		{"pidfd_open", SYS_pidfd_open, {0}, EINVAL},
		{"pidfd_getfd", SYS_pidfd_getfd, {NO_FD}, EBADF},
		{"kcmp", SYS_kcmp, {0}, ANY},
		{"kill", SYS_kill, {0, 0}, 0},
		{"tkill", SYS_tkill, {0, 0}, EINVAL},
		{"tgkill of another", SYS_tgkill, {1, 1, 0}, ANY},
		{"mount", SYS_mount, {0}, ANY},
		{"umount2", SYS_umount2, {0}, ANY},
		{"fsopen", SYS_fsopen, {0}, ANY},
		{"open_tree", SYS_open_tree, {NO_FD}, ANY},
		{"pivot_root", SYS_pivot_root, {0}, ANY},
		{"chroot", SYS_chroot, {0}, EFAULT},
		{"chdir", SYS_chdir, {0}, EFAULT},
		{"unshare", SYS_unshare, {0}, 0},
		{"setns", SYS_setns, {NO_FD}, EBADF},
		{"setuid", SYS_setuid, {0}, ANY},
		{"setresuid", SYS_setresuid, {-1, -1, -1}, 0},
		{"setgroups", SYS_setgroups, {0}, ANY},
		{"capset", SYS_capset, {0}, EFAULT},
		{"personality", SYS_personality, {0xffffffff}, 0},
		{"seccomp", SYS_seccomp, {-1}, EINVAL},
		{"unlinkat", SYS_unlinkat, {NO_FD}, EFAULT},
		{"openat2", SYS_openat2, {NO_FD}, ANY},
	};

	(void)state;
	assert_deadly(probes, COUNT(probes));
}

static void the_kernels_wide_doors_are_deadly(void **state)
{
	static const struct probe probes[] = {
		{"socket", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}, 0},
		{"netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}, 0},
		{"socketpair", SYS_socketpair, {AF_UNIX, 1, 0, 0}, EFAULT},
		{"connect", SYS_connect, {NO_FD}, EBADF},
		{"bind", SYS_bind, {NO_FD}, EBADF},
		{"accept4", SYS_accept4, {NO_FD}, EBADF},
		{"bpf", SYS_bpf, {0}, ANY},
		{"io_uring_setup", SYS_io_uring_setup, {0}, ANY},
		{"perf_event_open", SYS_perf_event_open, {0}, ANY},
		{"userfaultfd", SYS_userfaultfd, {-1}, ANY},
		{"keyctl", SYS_keyctl, {0}, ANY},
		{"add_key", SYS_add_key, {0}, ANY},
		{"init_module", SYS_init_module, {0}, ANY},
		{"reboot", SYS_reboot, {0}, ANY},
		{"shmat", SYS_shmat, {NO_FD}, ANY},
		{"fcntl F_DUPFD", SYS_fcntl, {NO_FD, F_DUPFD}, EBADF},
		{"fcntl F_SETOWN", SYS_fcntl, {NO_FD, F_SETOWN}, EBADF},
		{"fcntl F_NOTIFY", SYS_fcntl, {NO_FD, F_NOTIFY}, EBADF},
	};

	(void)state;
	assert_deadly(probes, COUNT(probes));
}

static void memory_to_execute_is_deadly(void **state)
{
	static const struct probe probes[] = {
		{"mmap",
		 SYS_mmap,
		 {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		  -1, 0},
		 0},
		{"mmap, all",
		 SYS_mmap,
		 {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0},
		 0},
		{"mprotect", SYS_mprotect, {0, 0, PROT_READ | PROT_EXEC}, 0},
		{"pkey_mprotect",
		 SYS_pkey_mprotect,
		 {0, 0, PROT_READ | PROT_EXEC, -1},
		 0},
		{"remap_file_pages", SYS_remap_file_pages, {0}, ANY},
	};

	(void)state;
	assert_deadly(probes, COUNT(probes));
}

/* Control binds channels and makes taps; their descriptors could more. */
static void requests_of_control_are_deadly(void **state)
{
	static const struct probe probes[] = {
		{"restrict",
		 SYS_ioctl,
		 {NO_FD, IOCTL_EVTCHN_RESTRICT_DOMID},
		 EBADF},
		{"bind",
		 SYS_ioctl,
		 {NO_FD, IOCTL_EVTCHN_BIND_INTERDOMAIN},
		 EBADF},
		{"unbound",
		 SYS_ioctl,
		 {NO_FD, IOCTL_EVTCHN_BIND_UNBOUND_PORT},
		 EBADF},
		{"unbind", SYS_ioctl, {NO_FD, IOCTL_EVTCHN_UNBIND}, EBADF},
		{"reset", SYS_ioctl, {NO_FD, IOCTL_EVTCHN_RESET}, EBADF},
		{"unmap notify",
		 SYS_ioctl,
		 {NO_FD, IOCTL_GNTDEV_SET_UNMAP_NOTIFY},
		 EBADF},
		{"TUNSETIFF", SYS_ioctl, {NO_FD, TUNSETIFF}, EBADF},
		{"TUNSETPERSIST", SYS_ioctl, {NO_FD, TUNSETPERSIST}, EBADF},
		{"TUNSETOWNER", SYS_ioctl, {NO_FD, TUNSETOWNER}, EBADF},
		{"TIOCSTI", SYS_ioctl, {NO_FD, TIOCSTI}, EBADF},
	};

	(void)state;
	assert_deadly(probes, COUNT(probes));
}

static void what_a_library_may_try_is_refused(void **state)
{
	static const char path[] = "/dev/null";
	const long name = (long)(intptr_t)path;
	const struct probe probes[] = {
		{"openat", SYS_openat, {AT_FDCWD, name, O_RDONLY}, 0},
		{"faccessat", SYS_faccessat, {AT_FDCWD, name, R_OK}, 0},
		{"getppid", SYS_getppid, {0}, 0},
		{"prctl", SYS_prctl, {PR_GET_DUMPABLE}, 0},
		{"eventfd2", SYS_eventfd2, {0}, 0},
		{"timerfd_create", SYS_timerfd_create, {CLOCK_MONOTONIC}, 0},
		{"epoll_create1", SYS_epoll_create1, {0}, 0},
		{"getsockopt", SYS_getsockopt, {NO_FD}, EBADF},
		{"setsockopt", SYS_setsockopt, {NO_FD}, EBADF},
	};
	const struct probe terminal = {
		"TCGETS", SYS_ioctl, {NO_FD, TCGETS}, EBADF};

	(void)state;
	assert_answer(probes, COUNT(probes), EPERM);
	assert_answer(&terminal, 1, ENOTTY);
}

static void the_data_paths_requests_reach_the_kernel(void **state)
{
	static const long requests[] = {
		IOCTL_GNTDEV_MAP_GRANT_REF,
		IOCTL_GNTDEV_UNMAP_GRANT_REF,
		IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR,
		IOCTL_GNTDEV_GRANT_COPY,
		IOCTL_EVTCHN_NOTIFY,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		const struct probe probe = {
			"request", SYS_ioctl, {NO_FD, requests[i]}, EBADF};
		int status = make_call(&probe, true);

		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), EBADF);
	}
}

#define CHECK(condition)              \
	do {                          \
		if (!(condition))     \
			_exit(WRONG); \
	} while (0)

static void use_memory(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *block = malloc(8u << 20);

	CHECK(page != MAP_FAILED && block);
	page[0] = 1;
	CHECK(mprotect(page, 4096, PROT_READ) == 0);
	CHECK(munmap(page, 4096) == 0);
	block[0] = 1;
	block = realloc(block, 32u << 20);
	CHECK(block && block[0] == 1);
	free(block);
}

/* A new vif's descriptor comes over the datalink, is looked at, set up and
 * used. */
static void use_datalink(const int pair[2], int sent)
{
	struct stat st;
	size_t count;
	char byte;
	int fd;

	CHECK(xn_fd_send(pair[0], "x", 1, &sent, 1) == 0);
	CHECK(xn_fd_recv(pair[1], &byte, 1, &fd, 1, &count) == 1);
	CHECK(count == 1 && fstat(fd, &st) == 0);
	CHECK(fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK(close(fd) == 0);
}

static void use_events(int epoll_fd, int event_fd, int timer_fd)
{
	const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
	struct epoll_event event = {.events = EPOLLIN};
	struct timespec now;
	uint64_t value = 1;

	CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event) == 0);
	CHECK(timerfd_settime(timer_fd, 0, &soon, NULL) == 0);
	CHECK(epoll_wait(epoll_fd, &event, 1, -1) == 1);
	CHECK(write(event_fd, &value, sizeof(value)) == sizeof(value));
	CHECK(read(event_fd, &value, sizeof(value)) == sizeof(value));
	CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
}

static void the_data_paths_calls_work(void **state)
{
	int epoll_fd = epoll_create1(0);
	int event_fd = eventfd(0, 0);
	int timer_fd = timerfd_create(CLOCK_MONOTONIC, 0);
	int pair[2];
	pid_t child;

	(void)state;
	assert_int_equal(xn_fd_socketpair(0, pair), 0);
	child = fork();
	if (child == 0) {
		enter();
		use_memory();
		use_datalink(pair, event_fd);
		use_events(epoll_fd, event_fd, timer_fd);
		_exit(0);
	}
	assert_int_equal(wait_for(child), 0);
	for (int i = 0; i < 2; i++)
		close(pair[i]);
	close(epoll_fd);
	close(event_fd);
	close(timer_fd);
}

struct worker {
	pthread_barrier_t turns; /* running, filtered */
	int before, after;	 /* errno of a call that is refused */
};

static int parents_errno(void)
{
	return syscall(SYS_getppid) < 0 ? errno : 0;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	worker->before = parents_errno();
	pthread_barrier_wait(&worker->turns);
	pthread_barrier_wait(&worker->turns);
	worker->after = parents_errno();
	return NULL;
}

static void threads_are_held_to_it_too(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct worker worker = {.before = -1, .after = -1};
		pthread_t thread;

		pthread_barrier_init(&worker.turns, NULL, 2);
		CHECK(pthread_create(&thread, NULL, worker_main, &worker) == 0);
		pthread_barrier_wait(&worker.turns);
		enter();
		pthread_barrier_wait(&worker.turns);
		CHECK(pthread_join(thread, NULL) == 0);
		CHECK(worker.before == 0);
		_exit(worker.after);
	}
	assert_int_equal(WEXITSTATUS(wait_for(child)), EPERM);
}

static void an_abort_is_an_abort(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		enter();
		abort();
	}
	status = wait_for(child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

#if defined(__x86_64__)
#define X32 0x40000000L

static void x32_is_deadly(void **state)
{
	static const struct probe probe = {"x32", X32 | SYS_getpid, {0}, ANY};

	(void)state;
	assert_deadly(&probe, 1);
}

/* getpid() of the 32-bit ABI: number 20. Where the kernel has none, it is a
 * SIGSEGV, and the filter has nothing to say. */
static int make_i386_call(bool filtered)
{
	pid_t child = fork();
	long number = 20;

	if (child == 0) {
		if (filtered)
			enter();
		__asm__ volatile("int $0x80" : "+a"(number) : : "memory");
		_exit(0);
	}
	return wait_for(child);
}

static void i386_is_deadly(void **state)
{
	int status;

	(void)state;
	if (make_i386_call(false) != 0)
		skip();
	status = make_i386_call(true);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}
#define OTHER_ABIS \
	cmocka_unit_test(x32_is_deadly), cmocka_unit_test(i386_is_deadly),
#else
#define OTHER_ABIS
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_program_process_or_place_is_deadly),
		cmocka_unit_test(the_kernels_wide_doors_are_deadly),
		cmocka_unit_test(memory_to_execute_is_deadly),
		cmocka_unit_test(requests_of_control_are_deadly),
		cmocka_unit_test(what_a_library_may_try_is_refused),
		cmocka_unit_test(the_data_paths_requests_reach_the_kernel),
		cmocka_unit_test(the_data_paths_calls_work),
		cmocka_unit_test(threads_are_held_to_it_too),
		cmocka_unit_test(an_abort_is_an_abort),
		OTHER_ABIS};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
