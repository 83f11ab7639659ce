/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "netback/xensim/guest.h"
#include "netback/xensim/proc.h"

extern const struct xsim_guest_calls xsim_guest_calls;

struct lab the_lab;

/* ---- the broker ---- */

void lab_start(struct lab *lab)
{
	char ready[16];
	char byte;
	int ends[2];

	strcpy(lab->folder, "/tmp/xensim-test-XXXXXX");
	assert_non_null(mkdtemp(lab->folder));
	snprintf(lab->socket, sizeof(lab->socket), "%s/broker", lab->folder);
	assert_int_equal(pipe(ends), 0);
	lab->broker = fork();
	assert_true(lab->broker >= 0);
	if (lab->broker == 0) {
		close(ends[0]);
		snprintf(ready, sizeof(ready), "%d", ends[1]);
		execl(TEST_BROKER, TEST_BROKER, "--die-with-parent",
		      "--ready-fd", ready, lab->socket, NULL);
		_exit(127);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	setenv("XENSIM_BROKER", lab->socket, 1);
	setenv("XENSIM_DOMID", "0", 1);
}

void lab_stop(struct lab *lab)
{
	int status = -1;

	assert_int_equal(kill(lab->broker, SIGTERM), 0);
	assert_int_equal(waitpid(lab->broker, &status, 0), lab->broker);
	assert_int_equal(status, 0);
	assert_int_not_equal(access(lab->socket, F_OK), 0);
	assert_int_equal(rmdir(lab->folder), 0);
}

int lab_group_start(void **state)
{
	(void)state;
	lab_start(&the_lab);
	return 0;
}

int lab_group_stop(void **state)
{
	(void)state;
	lab_stop(&the_lab);
	return 0;
}

char *lab_dump(void)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_DUMP, 0);
	size_t room = 1 << 20;
	char *text = malloc(room);
	size_t length = 0;
	ssize_t got;

	assert_non_null(text);
	assert_int_equal(xsim_call(&call), 0);
	while ((got = read(call.fds[0], text + length, room - 1 - length)) > 0)
		length += (size_t)got;
	close(call.fds[0]);
	text[length] = '\0';
	return text;
}

void lab_assert_dump(const char *text)
{
	char *dump = lab_dump();

	assert_string_equal(dump, text);
	free(dump);
}

void lab_sync(void)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_SYNC, 0);

	assert_int_equal(xsim_call(&call), 0);
}

/* ---- the guest's side ---- */

struct order {
	uint32_t op;
	uint32_t a;
	uint32_t b;
};

static struct {
	xengntshr_handle *shr;
	xengnttab_handle *tab;
	xenevtchn_handle *evt;
	uint8_t *pages;
	uint8_t *mapped;
	uint32_t refs[LAB_PAGES];
} kernel; /* of the guest */

static int64_t answer(bool good)
{
	return good ? 0 : -errno;
}

static int64_t do_grant(const struct order *order)
{
	volatile struct grant_entry_v1 *entry =
		xsim_guest_calls.grant_entry(order->a);

	switch (order->op) {
	case GUEST_SHARE:
		kernel.pages = xengntshr_share_pages(
			kernel.shr, order->a, (int)LAB_PAGES, kernel.refs,
			(int)order->b);
		return answer(kernel.pages);
	case GUEST_UNSHARE:
		return answer(xengntshr_unshare(kernel.shr, kernel.pages,
						LAB_PAGES) == 0);
	case GUEST_REF:
		return kernel.refs[order->a];
	case GUEST_PEEK:
		return kernel.pages[order->a];
	case GUEST_POKE:
		kernel.pages[order->a] = (uint8_t)order->b;
		return 0;
	case GUEST_FLAGS:
		return entry->flags;
	case GUEST_SET_FLAGS:
		entry->flags = (uint16_t)order->b;
		return 0;
	default: /* GUEST_SET_FRAME */
		entry->frame = order->b;
		return 0;
	}
}

static int64_t do_map(const struct order *order)
{
	switch (order->op) {
	case GUEST_MAP:
		kernel.mapped = xengnttab_map_grant_ref(
			kernel.tab, order->a, order->b, PROT_READ | PROT_WRITE);
		return answer(kernel.mapped);
	case GUEST_MAP_PEEK:
		return kernel.mapped[order->a];
	default: /* GUEST_UNMAP */
		return answer(xengnttab_unmap(kernel.tab, kernel.mapped, 1) ==
			      0);
	}
}

static int64_t wait_event(uint32_t ms)
{
	struct pollfd fd = {.fd = xenevtchn_fd(kernel.evt), .events = POLLIN};

	if (poll(&fd, 1, (int)ms) != 1)
		return -ETIMEDOUT;
	return xenevtchn_pending(kernel.evt);
}

static int64_t do_event(const struct order *order)
{
	int rc;

	switch (order->op) {
	case GUEST_UNBOUND:
		rc = xenevtchn_bind_unbound_port(kernel.evt, order->a);
		break;
	case GUEST_BIND:
		rc = xenevtchn_bind_interdomain(kernel.evt, order->a, order->b);
		break;
	case GUEST_UNBIND:
		rc = xenevtchn_unbind(kernel.evt, order->a);
		break;
	case GUEST_NOTIFY:
		rc = xenevtchn_notify(kernel.evt, order->a);
		break;
	case GUEST_UNMASK:
		rc = xenevtchn_unmask(kernel.evt, order->a);
		break;
	default: /* GUEST_EVENT */
		return wait_event(order->a);
	}
	return rc < 0 ? -errno : rc;
}

static int64_t obey(const struct order *order)
{
	if (order->op <= GUEST_SET_FRAME)
		return do_grant(order);
	if (order->op <= GUEST_UNMAP)
		return do_map(order);
	if (order->op <= GUEST_UNMASK)
		return do_event(order);
	return kernel.shr && kernel.tab && kernel.evt;
}

static void guest_main(int socket)
{
	struct order order;
	int64_t result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	kernel.shr = xengntshr_open(NULL, 0);
	kernel.tab = xengnttab_open(NULL, 0);
	kernel.evt = xenevtchn_open(NULL, 0);
	while (read(socket, &order, sizeof(order)) == (ssize_t)sizeof(order)) {
		if (order.op == GUEST_QUIT)
			break;
		result = obey(&order);
		if (write(socket, &result, sizeof(result)) < 0)
			break;
	}
	_exit(0);
}

/* ---- orders ---- */

struct guest guest_start(uint32_t domid)
{
	struct guest guest;
	char number[16];
	int sockets[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	guest.pid = fork();
	assert_true(guest.pid >= 0);
	if (guest.pid == 0) {
		close(sockets[0]);
		snprintf(number, sizeof(number), "%u", domid);
		setenv("XENSIM_DOMID", number, 1);
		guest_main(sockets[1]);
	}
	close(sockets[1]);
	guest.socket = sockets[0];
	assert_int_equal(guest_do(&guest, GUEST_CONNECTION, 0, 0), 1);
	return guest;
}

int64_t guest_do(const struct guest *guest, enum guest_op op, uint32_t a,
		 uint32_t b)
{
	struct order order = {.op = op, .a = a, .b = b};
	int64_t result = INT64_MIN;

	assert_int_equal(
		send(guest->socket, &order, sizeof(order), MSG_NOSIGNAL),
		sizeof(order));
	assert_int_equal(read(guest->socket, &result, sizeof(result)),
			 sizeof(result));
	return result;
}

static void wait_for(pid_t pid, int expected)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, expected);
}

void guest_quit(struct guest *guest)
{
	struct order order = {.op = GUEST_QUIT};

	assert_int_equal(
		send(guest->socket, &order, sizeof(order), MSG_NOSIGNAL),
		sizeof(order));
	wait_for(guest->pid, 0);
	close(guest->socket);
	lab_sync();
}

void guest_kill(struct guest *guest)
{
	kill(guest->pid, SIGKILL);
	wait_for(guest->pid, SIGKILL);
	close(guest->socket);
	lab_sync();
}

void in_killed_child(void (*fn)(void *arg), void *arg)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		fn(arg);
		raise(SIGKILL);
	}
	wait_for(child, SIGKILL);
	lab_sync();
}
