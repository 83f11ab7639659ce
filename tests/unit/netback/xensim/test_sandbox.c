/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a data process does after it gave up its rights must need no more
 * system calls than its filter lets through. Not built with sanitizers: their
 * runtimes call the kernel on their own account. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "lab.h"
#include "netback/xensim/wire.h"

#define GUEST 3u
#define ALLOW(name)                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* poll and brk stand for the program's own epoll and malloc. */
static int enter_sandbox(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		ALLOW(read),
		ALLOW(write),
		ALLOW(sendmsg),
		ALLOW(recvmsg),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(close),
		ALLOW(futex),
		ALLOW(eventfd2),
		ALLOW(poll),
		ALLOW(brk),
		ALLOW(clock_gettime),
		ALLOW(exit_group),
		ALLOW(rt_sigreturn),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]),
				     .filter = filter};

	prctl(PR_SET_DUMPABLE, 0); /* the control leaves no core file */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int next_event(xenevtchn_handle *handle)
{
	struct pollfd fd = {.fd = xenevtchn_fd(handle), .events = POLLIN};

	return poll(&fd, 1, LAB_WAIT_MS) == 1 ? xenevtchn_pending(handle) : -1;
}

/* What control sends for a new vif: its reference, port, and device. */
struct vif {
	uint32_t ref;
	uint32_t local_port;
};

static int use_grants(xengnttab_handle *tab, uint32_t ref)
{
	uint8_t local[64];
	xengnttab_grant_copy_segment_t seg = {.flags = GNTCOPY_source_gref,
					      .len = sizeof(local)};
	uint8_t *page;

	seg.source.foreign.domid = GUEST;
	seg.source.foreign.ref = ref;
	seg.dest.virt = local;
	if (xengnttab_grant_copy(tab, 1, &seg) || seg.status || local[0] != 9)
		return 10;
	page = xengnttab_map_grant_ref(tab, GUEST, ref, PROT_READ | PROT_WRITE);
	if (!page || page[0] != 9 || xengnttab_unmap(tab, page, 1))
		return 11;
	return 0;
}

static int use_channel(int fd, uint32_t port)
{
	xenevtchn_handle *evt = xenevtchn_fdopen(NULL, fd, 0);

	if (!evt || next_event(evt) != (int)port)
		return 20;
	if (xenevtchn_unmask(evt, port) || xenevtchn_notify(evt, port))
		return 21;
	return xenevtchn_close(evt) ? 22 : 0;
}

static void data_process(int socket)
{
	xengnttab_handle *tab = xengnttab_open(NULL, 0);
	struct vif vif;
	struct iovec iov = {.iov_base = &vif, .iov_len = sizeof(vif)};
	int rc;
	int fd;

	if (!tab || enter_sandbox())
		_exit(1);
	if (write(socket, "S", 1) != 1 ||
	    xsim_wire_receive(socket, &iov, 1, &fd, 1) != (ssize_t)sizeof(vif))
		_exit(2);
	rc = use_grants(tab, vif.ref);
	if (!rc)
		rc = use_channel(fd, vif.local_port);
	_exit(rc);
}

static void serves_a_new_vif_inside_the_sandbox(void **state)
{
	struct vif vif;
	struct iovec iov = {.iov_base = &vif, .iov_len = sizeof(vif)};
	xenevtchn_handle *evt;
	struct guest guest;
	int64_t waiting;
	int sockets[2];
	int status = -1;
	char byte;
	pid_t child;
	int fd;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets), 0);
	child = fork();
	if (child == 0)
		data_process(sockets[1]);
	assert_int_equal(read(sockets[0], &byte, 1), 1);
	guest = guest_start(GUEST); /* of whom the sandbox has not heard */
	assert_int_equal(guest_do(&guest, GUEST_SHARE, 0, 1), 0);
	guest_do(&guest, GUEST_POKE, 0, 9);
	vif.ref = (uint32_t)guest_do(&guest, GUEST_REF, 0, 0);
	waiting = guest_do(&guest, GUEST_UNBOUND, 0, 0);
	evt = xenevtchn_open(NULL, 0);
	vif.local_port = (uint32_t)xenevtchn_bind_interdomain(
		evt, GUEST, (uint32_t)waiting);
	fd = xenevtchn_fd(evt);
	assert_true(xsim_wire_send(sockets[0], &iov, 1, &fd, 1, 0) > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(guest_do(&guest, GUEST_EVENT, LAB_WAIT_MS, 0),
			 waiting);
	xenevtchn_close(evt);
	guest_quit(&guest);
	close(sockets[0]);
	close(sockets[1]);
	lab_assert_dump("domain 0: processes 1\n");
}

/* The control: the filter does kill. */
static void the_sandbox_kills_other_calls(void **state)
{
	int status = -1;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		if (enter_sandbox())
			_exit(1);
		_exit(getppid() ? 2 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_a_new_vif_inside_the_sandbox),
		cmocka_unit_test(the_sandbox_kills_other_calls),
	};

	return cmocka_run_group_tests(tests, lab_group_start, lab_group_stop);
}
