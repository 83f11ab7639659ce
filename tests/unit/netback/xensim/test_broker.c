/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The broker against clients that do not play by the rules, its life and
 * end, and two of them side by side. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "lab.h"
#include "netback/xensim/chan.h"
#include "netback/xensim/proc.h"
#include "netback/xensim/wire.h"

static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, the_lab.socket);
	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (const struct sockaddr *)&address, sizeof(address)),
		0);
	return fd;
}

static void send_bytes(int fd, const void *bytes, size_t length)
{
	assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
}

/* One request on a raw connection; its error, or 1 when it was hung up on. */
static int ask(int fd, struct xsim_request req, struct xsim_reply *ret_reply)
{
	struct xsim_page pages[XSIM_BATCH_MAX];
	struct iovec iov[2] = {
		{.iov_base = ret_reply, .iov_len = sizeof(*ret_reply)},
		{.iov_base = pages, .iov_len = sizeof(pages)}};
	int fds[2] = {-1, -1};
	ssize_t got;

	if (send(fd, &req, sizeof(req), MSG_NOSIGNAL) < 0)
		return 1;
	got = xsim_wire_receive(fd, iov, 2, fds, 2);
	for (unsigned int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return got <= 0 ? 1 : ret_reply->error;
}

static int ask_op(int fd, enum xsim_op op, uint32_t id)
{
	struct xsim_reply reply;

	return ask(fd,
		   (struct xsim_request){.op = op,
					 .id = id,
					 .offset = XSIM_NONE,
					 .port = XSIM_NONE},
		   &reply);
}

static int join(uint32_t domid)
{
	int fd = dial();

	assert_int_equal(ask_op(fd, XSIM_OP_HELLO, domid), 0);
	return fd;
}

static void assert_hung_up(int fd)
{
	char byte;

	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
}

static int nothing_is_left(void **state)
{
	(void)state;
	lab_assert_dump("domain 0: processes 1\n");
	return 0;
}

static void packets_out_of_shape_end_the_connection(void **state)
{
	static uint8_t big[sizeof(struct xsim_request) +
			   (XSIM_BATCH_MAX + 1) * sizeof(struct xsim_ref)];
	struct xsim_request req = {.op = XSIM_OP_MAP, .count = 1};
	int fd;

	(void)state;
	fd = dial();
	send_bytes(fd, "x", 1);
	assert_hung_up(fd);
	fd = dial();
	send_bytes(fd, &req, sizeof(req) - 1);
	assert_hung_up(fd);
	fd = dial();
	send_bytes(fd, &req, sizeof(req)); /* its one reference is missing */
	assert_hung_up(fd);
	fd = dial();
	req.count = UINT32_MAX;
	send_bytes(fd, &req, sizeof(req));
	assert_hung_up(fd);
	fd = dial();
	req.count = XSIM_BATCH_MAX + 1;
	memcpy(big, &req, sizeof(req));
	send_bytes(fd, big, sizeof(big));
	assert_hung_up(fd);
	fd = dial();
	send_bytes(fd, &req, 0); /* an empty packet reads as the end */
	assert_hung_up(fd);
	fd = dial();
	req.count = 0; /* the positive control: this shape is answered */
	send_bytes(fd, &req, sizeof(req));
	assert_true(recv(fd, big, sizeof(big), 0) > 0);
	close(fd);
}

static void unknown_requests_are_refused(void **state)
{
	int fd = join(3);

	(void)state;
	assert_int_equal(ask_op(fd, (enum xsim_op)0, 0), -ENOSYS);
	assert_int_equal(ask_op(fd, (enum xsim_op)1000, 0), -ENOSYS);
	assert_int_equal(ask_op(fd, (enum xsim_op)INT32_MAX, 0), -ENOSYS);
	assert_int_equal(ask_op(fd, XSIM_OP_SYNC, 0), 0);
	close(fd);
	lab_sync();
}

static void nothing_before_the_greeting(void **state)
{
	int fd = dial();

	(void)state;
	for (unsigned int op = XSIM_OP_DOMAIN; op <= XSIM_OP_DUMP; op++)
		assert_int_equal(ask_op(fd, (enum xsim_op)op, 0), -EPROTO);
	assert_int_equal(ask_op(fd, XSIM_OP_HELLO, 0x7ff0), -EINVAL);
	assert_int_equal(ask_op(fd, XSIM_OP_HELLO, UINT32_MAX), -EINVAL);
	assert_int_equal(ask_op(fd, XSIM_OP_HELLO, 4), 0);
	assert_int_equal(ask_op(fd, XSIM_OP_HELLO, 4), -EPROTO);
	assert_int_equal(ask_op(fd, XSIM_OP_OBSERVE, 0), -EPROTO);
	close(fd);
	lab_sync();
}

static void a_tool_belongs_to_no_domain(void **state)
{
	int fd = dial();

	(void)state;
	assert_int_equal(ask_op(fd, XSIM_OP_OBSERVE, 0), 0);
	for (unsigned int op = XSIM_OP_SHARE; op <= XSIM_OP_RESTRICT; op++)
		assert_int_equal(ask_op(fd, (enum xsim_op)op, 0), -EPERM);
	assert_int_equal(ask_op(fd, XSIM_OP_DUMP, 0), 0);
	close(fd);
}

static void numbers_that_are_not_ours_are_refused(void **state)
{
	static const uint32_t ids[] = {0, 1, 16383, 16384, UINT32_MAX};
	xengntshr_handle *shr = xengntshr_open(NULL, 0);
	xenevtchn_handle *evt = xenevtchn_open(NULL, 0);
	int fd = join(3);
	uint32_t ref;
	void *page;

	(void)state;
	page = xengntshr_share_pages(shr, 3, 1, &ref, 1); /* has id 0 */
	assert_non_null(page);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_int_equal(ask_op(fd, XSIM_OP_UNSHARE, ids[i]), -EINVAL);
		assert_int_equal(ask_op(fd, XSIM_OP_UNMAP, ids[i]), -EINVAL);
		assert_int_equal(ask_op(fd, XSIM_OP_UNBOUND, ids[i]), -EBADF);
		assert_int_equal(ask_op(fd, XSIM_OP_INTERDOMAIN, ids[i]),
				 -EBADF);
		assert_int_equal(ask_op(fd, XSIM_OP_VIRQ, ids[i]), -EBADF);
		assert_int_equal(ask_op(fd, XSIM_OP_UNBIND, ids[i]), -EBADF);
		assert_int_equal(ask_op(fd, XSIM_OP_RESTRICT, ids[i]), -EBADF);
		assert_int_equal(ask_op(fd, XSIM_OP_WRITE_END, ids[i]),
				 -ENOENT);
	}
	assert_int_equal(ask_op(fd, XSIM_OP_ADOPT, 0), -EINVAL);
	assert_int_equal(ask_op(fd, XSIM_OP_DOMAIN, 77), -ESRCH);
	assert_int_equal(ask_op(fd, XSIM_OP_DOMAIN, UINT32_MAX), -ESRCH);
	assert_int_equal(ask_op(fd, XSIM_OP_DOMINFO, UINT32_MAX), -ESRCH);
	assert_int_equal(ask_op(fd, XSIM_OP_FAULT, UINT32_MAX), -EINVAL);
	assert_int_equal(ask_op(fd, XSIM_OP_SHARE, 0), -EINVAL);
	assert_int_equal(ask_op(fd, XSIM_OP_SHARE, XSIM_BATCH_MAX + 1),
			 -EINVAL);
	assert_int_equal(ask_op(fd, XSIM_OP_SHARE, UINT32_MAX), -EINVAL);
	assert_int_equal(xengntshr_unshare(shr, page, 1), 0);
	close(fd);
	xenevtchn_close(evt);
	xengntshr_close(shr);
	lab_sync();
}

static void faults_from_outside_are_checked(void **state)
{
	struct xsim_request bad[] = {
		{.op = XSIM_OP_FAULT,
		 .flags = XSIM_FAULT_ARM,
		 .every = 0,
		 .value = -1,
		 .domid = XSIM_ANY_DOMID},
		{.op = XSIM_OP_FAULT,
		 .flags = XSIM_FAULT_ARM,
		 .every = 1,
		 .value = 5,
		 .domid = XSIM_ANY_DOMID},
		{.op = XSIM_OP_FAULT,
		 .flags = XSIM_FAULT_ARM,
		 .every = 1,
		 .value = -1,
		 .domid = XSIM_DOMIDS},
	};
	struct xsim_reply reply;
	int fd = join(3);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ask(fd, bad[i], &reply), -EINVAL);
	close(fd);
	lab_sync();
}

static void floods_of_descriptors_are_closed(void **state)
{
	struct xsim_request req = {.op = XSIM_OP_SYNC};
	struct iovec iov = {.iov_base = &req, .iov_len = sizeof(req)};
	int many[XSIM_WIRE_FDS] = {0, 1, 2, 0};
	char path[64];
	char text[128];
	int fd = join(3);
	struct xsim_reply reply;
	int before;

	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)the_lab.broker);
	assert_int_equal(ask_op(fd, XSIM_OP_SYNC, 0), 0);
	snprintf(text, sizeof(text), "exit $(ls %s | wc -l)", path);
	before = system(text);
	for (unsigned int i = 0; i < 300; i++) {
		assert_true(xsim_wire_send(fd, &iov, 1, many, XSIM_WIRE_FDS,
					   0) > 0);
		assert_int_equal(recv(fd, &reply, sizeof(reply), 0),
				 sizeof(reply));
	}
	/* the broker closes what came after it has answered */
	assert_int_equal(ask_op(fd, XSIM_OP_SYNC, 0), 0);
	assert_int_equal(system(text), before);
	close(fd);
	lab_sync();
}

/* Who asks and never reads is dropped; others are served meanwhile. */
static void a_client_that_reads_no_answers_is_dropped(void **state)
{
	struct xsim_request req = {.op = XSIM_OP_SYNC};
	int fd = join(3);
	unsigned int sent = 0;

	(void)state;
	while (send(fd, &req, sizeof(req), MSG_NOSIGNAL) > 0 && sent < 100000)
		sent++;
	assert_true(sent < 100000);
	lab_sync();
	close(fd);
}

static void shares_are_bounded_by_memory(void **state)
{
	struct xsim_request req = {.op = XSIM_OP_SHARE,
				   .id = XSIM_BATCH_MAX,
				   .offset = XSIM_NONE,
				   .port = XSIM_NONE};
	struct xsim_reply reply;
	int fd = join(3);
	unsigned int pages = 0;
	int rc;

	(void)state;
	while ((rc = ask(fd, req, &reply)) == 0)
		pages += XSIM_BATCH_MAX;
	assert_int_equal(rc, -ENOSPC);
	/* 64 MiB but for frame 0: the last call is refused as a whole */
	assert_int_equal(pages, 64 * 256 - XSIM_BATCH_MAX);
	req.id = XSIM_BATCH_MAX - 1;
	assert_int_equal(ask(fd, req, &reply), 0);
	req.id = 1;
	assert_int_equal(ask(fd, req, &reply), -ENOSPC);
	close(fd);
	lab_sync();
}

static void connections_are_bounded(void **state)
{
	static int fds[XSIM_CLIENTS_MAX + 8];
	unsigned int refused = 0;

	(void)state;
	for (unsigned int i = 0; i < XSIM_CLIENTS_MAX + 8; i++) {
		fds[i] = dial();
		if (ask_op(fds[i], XSIM_OP_OBSERVE, 0) != 0)
			refused++;
	}
	assert_int_equal(refused, 9); /* one is this process's own */
	for (unsigned int i = 0; i < XSIM_CLIENTS_MAX + 8; i++)
		close(fds[i]);
	lab_sync();
}

static void domains_are_bounded(void **state)
{
	static int fds[XSIM_DOMAINS_MAX];

	(void)state;
	for (uint32_t i = 0; i < XSIM_DOMAINS_MAX - 1; i++)
		fds[i] = join(i + 1);
	fds[XSIM_DOMAINS_MAX - 1] = dial();
	assert_int_equal(ask_op(fds[XSIM_DOMAINS_MAX - 1], XSIM_OP_HELLO,
				XSIM_DOMAINS_MAX),
			 -ENOSPC);
	close(fds[0]);
	assert_int_equal(ask_op(fds[XSIM_DOMAINS_MAX - 1], XSIM_OP_HELLO,
				XSIM_DOMAINS_MAX),
			 0);
	for (uint32_t i = 1; i < XSIM_DOMAINS_MAX; i++)
		close(fds[i]);
	lab_sync();
}

/* The read end of a new instance's pipe, or negative errno. */
static int open_instance(int fd)
{
	struct xsim_request req = {.op = XSIM_OP_OPEN};
	struct xsim_reply reply = {.error = -EIO};
	struct iovec iov = {.iov_base = &reply, .iov_len = sizeof(reply)};
	int end = -1;

	send_bytes(fd, &req, sizeof(req));
	assert_int_equal(xsim_wire_receive(fd, &iov, 1, &end, 1),
			 sizeof(reply));
	return reply.error ? reply.error : end;
}

static void instances_are_bounded(void **state)
{
	static int ends[XSIM_INSTANCES_MAX];
	int fd = join(3);

	(void)state;
	for (uint32_t i = 0; i < XSIM_INSTANCES_MAX; i++) {
		ends[i] = open_instance(fd);
		assert_true(ends[i] >= 0);
	}
	assert_int_equal(open_instance(fd), -ENOSPC);
	close(ends[7]);
	ends[7] = open_instance(fd);
	assert_true(ends[7] >= 0);
	for (uint32_t i = 0; i < XSIM_INSTANCES_MAX; i++)
		close(ends[i]);
	close(fd);
	lab_sync();
}

/* Scribbles over all the memory it can reach. */
static void scribble(void *arg)
{
	const struct xsim_proc *proc = xsim_proc();
	xenevtchn_handle *evt = xenevtchn_open(NULL, 0);
	uint32_t base;

	(void)arg;
	if (!proc || !evt)
		return;
	xenevtchn_bind_unbound_port(evt, 0);
	base = proc->slot * XSIM_PORTS_MAX;
	for (uint32_t i = 0; i < 64; i++) {
		atomic_store(&proc->lab->endpoint[base + i].state, UINT32_MAX);
		atomic_store(&proc->lab->endpoint[base + i].owner, UINT32_MAX);
		atomic_store(&proc->lab->endpoint[base + i].peer, UINT64_MAX);
		atomic_store(&proc->lab->intent[proc->client][i % XSIM_INTENTS],
			     UINT64_MAX - i);
	}
	xenevtchn_notify(evt, 1);
}

static void scribbling_over_shared_memory_hurts_no_broker(void **state)
{
	xenevtchn_handle *evt;
	int port;

	(void)state;
	in_killed_child(scribble, NULL);
	evt = xenevtchn_open(NULL, 0);
	port = xenevtchn_bind_unbound_port(evt, 0);
	assert_true(port > 0);
	assert_int_equal(xenevtchn_notify(evt, (uint32_t)port), 0);
	xenevtchn_close(evt);
}

/* ---- domains and memory ---- */

static void a_domain_lives_as_long_as_its_last_process(void **state)
{
	int first = join(3);
	int second = join(3);

	(void)state;
	lab_assert_dump("domain 0: processes 1\ndomain 3: processes 2\n");
	close(first);
	lab_assert_dump("domain 0: processes 1\ndomain 3: processes 1\n");
	close(second);
	lab_assert_dump("domain 0: processes 1\n");
}

static void memory_cannot_shrink_or_grow(void **state)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_DOMAIN, 0);
	struct stat status;

	(void)state;
	assert_int_equal(xsim_call(&call), 0);
	assert_int_equal(fstat(call.fds[0], &status), 0);
	assert_int_equal(status.st_size, XSIM_TABLE_BYTES + 64 * 1048576);
	assert_int_equal(ftruncate(call.fds[0], 4096), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(call.fds[0], 1 << 30), -1);
	assert_int_equal(fcntl(call.fds[0], F_GET_SEALS),
			 F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	close(call.fds[0]);
}

/* ---- life and end ---- */

static int exit_of(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int run_broker(const char *a, const char *b, const char *c)
{
	pid_t child = fork();

	if (child == 0) {
		/* one that runs after all must not outlive the test */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(126);
		execl(TEST_BROKER, TEST_BROKER, a, b, c, NULL);
		_exit(127);
	}
	return exit_of(child);
}

static void a_living_brokers_socket_is_not_taken(void **state)
{
	char path[200];

	(void)state;
	assert_int_equal(run_broker(the_lab.socket, NULL, NULL), 1);
	lab_sync();
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(run_broker(path, NULL, NULL), 1);
	assert_int_equal(run_broker("", NULL, NULL), 1);
	assert_int_equal(run_broker("/nonexistent/x", NULL, NULL), 1);
}

static void other_files_are_not_taken_for_sockets(void **state)
{
	char path[128];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/file", the_lab.folder);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(run_broker(path, NULL, NULL), 1);
	assert_int_equal(unlink(path), 0);
}

static void wrong_arguments_are_usage(void **state)
{
	(void)state;
	assert_int_equal(run_broker(NULL, NULL, NULL), 2);
	assert_int_equal(run_broker("a", "b", NULL), 2);
	assert_int_equal(run_broker("--ready-fd", "x", "a"), 2);
	assert_int_equal(run_broker("--nonsense", "a", NULL), 2);
	setenv("XENSIM_DOMAIN_MIB", "0", 1);
	assert_int_equal(run_broker("a", NULL, NULL), 2);
	setenv("XENSIM_DOMAIN_MIB", "4097", 1);
	assert_int_equal(run_broker("a", NULL, NULL), 2);
	unsetenv("XENSIM_DOMAIN_MIB");
}

/* Starts a lab and dies with no word to its broker. */
static void start_and_die(int out)
{
	struct lab lab;

	lab_start(&lab);
	if (write(out, &lab, sizeof(lab)) != (ssize_t)sizeof(lab))
		_exit(1);
	raise(SIGKILL);
}

static void a_broker_dies_with_its_parent(void **state)
{
	struct lab lab;
	int ends[2];
	char byte;
	pid_t child;

	(void)state;
	/* the broker inherits the write end: its end is the pipe's end */
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		start_and_die(ends[1]);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &lab, sizeof(lab)), sizeof(lab));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	assert_int_not_equal(access(lab.socket, F_OK), 0);
	assert_int_equal(rmdir(lab.folder), 0);
}

static void a_stale_socket_is_replaced(void **state)
{
	struct lab lab;
	char *socket;
	pid_t child = fork(); /* one connection per process: a new one */

	(void)state;
	if (child == 0) {
		lab_start(&lab);
		kill(lab.broker, SIGKILL);
		waitpid(lab.broker, NULL, 0);
		socket = lab.socket;
		if (access(socket, F_OK))
			_exit(1);
		lab.broker = fork();
		if (lab.broker == 0) {
			execl(TEST_BROKER, TEST_BROKER, "--die-with-parent",
			      socket, NULL);
			_exit(127);
		}
		for (unsigned int i = 0; i < 1000 && !xsim_proc(); i++)
			usleep(10000);
		lab_sync();
		lab_stop(&lab);
		_exit(0);
	}
	assert_int_equal(exit_of(child), 0);
}

/* ---- two labs ---- */

static void in_another_lab(void)
{
	struct lab lab;
	struct guest guest;

	lab_start(&lab);
	guest = guest_start(3);
	assert_int_equal(guest_do(&guest, GUEST_SHARE, 0, 1), 0);
	assert_int_equal(guest_do(&guest, GUEST_REF, 0, 0), 8);
	assert_int_equal(guest_do(&guest, GUEST_UNBOUND, 0, 0), 1);
	lab_assert_dump("domain 0: processes 1\n"
			"domain 3: processes 1\n"
			"  grant 8 to domain 0: maps 0 writable 0\n"
			"  grant 9 to domain 0: maps 0 writable 0\n"
			"  grant 10 to domain 0: maps 0 writable 0\n"
			"  grant 11 to domain 0: maps 0 writable 0\n"
			"  port 1 waits for domain 0\n");
	guest_quit(&guest);
	lab_stop(&lab);
}

static void two_labs_do_not_see_each_other(void **state)
{
	struct guest guest = guest_start(3);
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		in_another_lab();
		_exit(0);
	}
	assert_int_equal(exit_of(child), 0);
	lab_assert_dump("domain 0: processes 1\ndomain 3: processes 1\n");
	guest_quit(&guest);
}

static void without_a_broker_there_is_no_xen(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		unsetenv("XENSIM_BROKER");
		if (xengnttab_open(NULL, 0) || errno != ENOENT)
			_exit(1);
		if (xenevtchn_open(NULL, 0) || errno != ENOENT)
			_exit(2);
		setenv("XENSIM_BROKER", the_lab.socket, 1);
		setenv("XENSIM_DOMID", "32752", 1);
		if (xengnttab_open(NULL, 0) || errno != EINVAL)
			_exit(3);
		setenv("XENSIM_DOMID", "1x", 1);
		if (xengnttab_open(NULL, 0) || errno != EINVAL)
			_exit(4);
		setenv("XENSIM_DOMID", "-1", 1);
		if (xengnttab_open(NULL, 0) || errno != EINVAL)
			_exit(5);
		setenv("XENSIM_DOMID", "32751", 1);
		_exit(xengnttab_open(NULL, 0) ? 0 : 6);
	}
	assert_int_equal(exit_of(child), 0);
	lab_sync();
}

#define TEST(name) cmocka_unit_test_teardown(name, nothing_is_left)

/* The tests of limits hold as many descriptors as the broker may. */
static int start_with_descriptors(void **state)
{
	struct rlimit files;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	return lab_group_start(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(packets_out_of_shape_end_the_connection),
		TEST(unknown_requests_are_refused),
		TEST(nothing_before_the_greeting),
		TEST(a_tool_belongs_to_no_domain),
		TEST(numbers_that_are_not_ours_are_refused),
		TEST(faults_from_outside_are_checked),
		TEST(floods_of_descriptors_are_closed),
		TEST(a_client_that_reads_no_answers_is_dropped),
		TEST(shares_are_bounded_by_memory),
		TEST(connections_are_bounded),
		TEST(domains_are_bounded),
		TEST(instances_are_bounded),
		TEST(scribbling_over_shared_memory_hurts_no_broker),
		TEST(a_domain_lives_as_long_as_its_last_process),
		TEST(memory_cannot_shrink_or_grow),
		TEST(a_living_brokers_socket_is_not_taken),
		TEST(other_files_are_not_taken_for_sockets),
		TEST(wrong_arguments_are_usage),
		TEST(a_broker_dies_with_its_parent),
		TEST(a_stale_socket_is_replaced),
		TEST(two_labs_do_not_see_each_other),
		TEST(without_a_broker_there_is_no_xen),
	};

	return cmocka_run_group_tests(tests, start_with_descriptors,
				      lab_group_stop);
}
