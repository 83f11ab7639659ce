/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See sandbox_filter.h: the lists, and loading them. libseccomp makes the
 * program for the kernel; what it does not know on this machine's architecture
 * (open on arm64) it leaves out.
 */
#include "netback/sandbox_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/xen.h>

#include <xen/sys/evtchn.h>
#include <xen/sys/gntdev.h>

#include "netback/sandbox_runtime.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const int allowed[] = {
	/* Rings' events, taps, mailboxes, timers, the log. */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(clock_gettime),
	/* The datalink: new vifs' descriptors come that way, and go. */
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	/* Memory; mmap and mprotect are below. */
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(getrandom), /* malloc's keys */
	/* Locks, and waiting: libxengnttab does for a page swapped out. */
	SCMP_SYS(futex),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(sched_yield),
	/* Signals that came, and the end of threads and the process. */
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static const int refused[] = {
	/* malloc reads overcommit_memory, the C library /etc and /sys. */
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd),
	SCMP_SYS(lseek),
	/* Questions about itself and the machine. */
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getppid),
	SCMP_SYS(getrlimit),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrusage),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(prctl),
	/* What must have been made before; its lack is an error like any. */
	SCMP_SYS(epoll_create1),
	SCMP_SYS(eventfd2),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(memfd_create),
	SCMP_SYS(pipe2),
	SCMP_SYS(dup),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(sigaltstack),
};

/* Binding event channels is control's; so are the taps' settings. */
static const uint64_t requests[] = {
	IOCTL_GNTDEV_MAP_GRANT_REF,
	IOCTL_GNTDEV_UNMAP_GRANT_REF,
	IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR,
	IOCTL_GNTDEV_GRANT_COPY,
	IOCTL_EVTCHN_NOTIFY,
};

/* -EEXIST: an earlier list has the call, and that one counts. */
static int add_list(scmp_filter_ctx ctx, uint32_t action, const int *calls,
		    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int rc = seccomp_rule_add(ctx, action, calls[i], 0);

		if (rc < 0 && rc != -EEXIST)
			return rc;
	}
	return 0;
}

/* If the argument (counted from 0) is `value`. */
static int allow_if(scmp_filter_ctx ctx, int call, unsigned int argument,
		    uint64_t value)
{
	const struct scmp_arg_cmp wanted = {
		.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value};

	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, 1, &wanted);
}

/* Readable and writable at most; other bits are none that we use. */
static int add_memory(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp no_other = {
		.arg = 2,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = ~(uint64_t)(PROT_READ | PROT_WRITE),
		.datum_b = 0,
	};
	int rc;

	rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				    &no_other);
	return rc < 0 ? rc
		      : seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
					       SCMP_SYS(mprotect), 1,
					       &no_other);
}

static int add_ioctl(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp terminal = {
		.arg = 1, .op = SCMP_CMP_EQ, .datum_a = TCGETS};

	for (size_t i = 0; i < COUNT(requests); i++) {
		int rc = allow_if(ctx, SCMP_SYS(ioctl), 1, requests[i]);

		if (rc < 0)
			return rc;
	}
	/* libxenevtchn asks for each vif whether stderr is a terminal. */
	return seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(ENOTTY),
				      SCMP_SYS(ioctl), 1, &terminal);
}

/* fstat() is newfstatat() of a descriptor in newer C libraries; abort() is a
 * signal to itself. */
static int add_rest(scmp_filter_ctx ctx)
{
	int rc;

	rc = allow_if(ctx, SCMP_SYS(fcntl), 1, F_SETFL);
	if (rc == 0)
		rc = allow_if(ctx, SCMP_SYS(fcntl), 1, F_GETFL);
	if (rc == 0)
		rc = allow_if(ctx, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH);
	if (rc == 0)
		rc = allow_if(ctx, SCMP_SYS(tgkill), 0, (uint64_t)getpid());
	return rc;
}

static int set_attributes(scmp_filter_ctx ctx)
{
	int rc;

	rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
			      SCMP_ACT_KILL_PROCESS);
	if (rc == 0) /* all threads, or none */
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0) /* a binary tree instead of a list */
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return rc;
}

static int fill(scmp_filter_ctx ctx)
{
	size_t count;
	const int *calls = xnb_sandbox_runtime_calls(&count);
	int rc;

	rc = set_attributes(ctx);
	if (rc == 0)
		rc = add_list(ctx, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
	if (rc == 0)
		rc = add_list(ctx, SCMP_ACT_ALLOW, calls, count);
	if (rc == 0)
		rc = add_list(ctx, SCMP_ACT_ERRNO(EPERM), refused,
			      COUNT(refused));
	if (rc == 0)
		rc = add_memory(ctx);
	if (rc == 0)
		rc = add_ioctl(ctx);
	return rc < 0 ? rc : add_rest(ctx);
}

int xnb_sandbox_filter_calls(struct xn_err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc;

	if (!ctx)
		return xn_fail(err, ENOMEM, "sandbox: no filter of calls");
	rc = fill(ctx);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc < 0)
		return xn_fail(err, -rc, "sandbox: filter of calls: %s",
			       strerror(-rc));
	xnb_sandbox_runtime_entered();
	return 0;
}
