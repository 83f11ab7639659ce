/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See sandbox.h. Called once by main. The steps are in an order in which each
 * has still the rights it needs; one that fails is named, and the others are
 * tried all the same, so that the log has the whole list.
 */
#include "netback/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netconf/base/log.h"
#include "netconf/ipc/datalink.h"

/* Somewhere to mount what becomes the root; gone with the old one. */
#define MOUNT_POINT "/proc"
/* A vif's event channels and taps, twice over: a slot's successor may come
 * before its predecessor's are closed. */
#define FILES_WANTED ((rlim_t)2 * XN_VIFS_MAX * (1u + XN_QUEUES_MAX))

static int result(long outcome)
{
	return outcome < 0 ? -errno : 0;
}

static int own_namespaces(const struct xnb_sandbox_user *user)
{
	(void)user;
	return result(unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS));
}

/* The current directory becomes the root. The old root is detached: it would
 * hold the host's file systems busy. The first root of a machine (an initramfs
 * that is not left) cannot be; it is covered then. */
static int change_root(void)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return result(umount2(".", MNT_DETACH));
	if (errno != EINVAL)
		return -errno;
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return -errno;
	return result(chroot("."));
}

/* Nothing here may run in the host's own mount namespace, so the first failure
 * ends it. */
static int empty_root(const struct xnb_sandbox_user *user)
{
	int rc;

	(void)user;
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("xenplane-netback", MOUNT_POINT, "tmpfs",
		  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "nr_inodes=2,mode=0555") < 0 ||
	    chdir(MOUNT_POINT) < 0)
		return -errno;
	rc = change_root();
	return rc < 0 ? rc : result(chdir("/"));
}

static int set_limit(__rlimit_resource_t which, rlim_t value)
{
	const struct rlimit limit = {value, value};

	return result(setrlimit(which, &limit));
}

/* Not RLIMIT_FSIZE: the log may be a file. Not RLIMIT_NPROC: the worker's
 * thread is still to come; the filter of calls sees to it. */
static int set_limits(const struct xnb_sandbox_user *user)
{
	struct rlimit files;
	int rc;

	(void)user;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	/* More than the limit that was inherited is not ours to take. */
	if (files.rlim_max > FILES_WANTED)
		files.rlim_max = FILES_WANTED;
	rc = set_limit(RLIMIT_NOFILE, files.rlim_max);
	return rc < 0 ? rc : set_limit(RLIMIT_CORE, 0);
}

/* One that makes readable memory executable would be inherited. It is not asked
 * for first: where a service manager has locked it, this one alone may be said
 * (systemd.exec(5), LockPersonality=). */
static int plain_personality(const struct xnb_sandbox_user *user)
{
	(void)user;
	return personality(PER_LINUX) < 0 ? -errno : 0;
}

/* The kernel says EINVAL behind the last one that it knows. */
static int empty_bounding_set(const struct xnb_sandbox_user *user)
{
	(void)user;
	for (unsigned long cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL && cap > 0 ? 0 : -errno;
	}
	return 0;
}

/* Root's uid means nothing any more, neither at exec nor at setuid. */
static int lock_securebits(const struct xnb_sandbox_user *user)
{
	const unsigned long bits =
		SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
		SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
		SECBIT_NO_CAP_AMBIENT_RAISE |
		SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	(void)user;
	return result(prctl(PR_SET_SECUREBITS, bits, 0, 0, 0));
}

/* A change of ids clears the parent-death signal. */
static int become_user(const struct xnb_sandbox_user *user)
{
	int death_signal = 0;

	if (prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0) < 0 ||
	    setgroups(0, NULL) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return -errno;
	return result(
		prctl(PR_SET_PDEATHSIG, (unsigned long)death_signal, 0, 0, 0));
}

/* The ambient set follows: it is a part of the permitted and inheritable. */
static int drop_capabilities(const struct xnb_sandbox_user *user)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
		{0}};

	(void)user;
	return result(syscall(SYS_capset, &header, none));
}

static int no_new_privileges(const struct xnb_sandbox_user *user)
{
	(void)user;
	return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static int not_dumpable(const struct xnb_sandbox_user *user)
{
	(void)user;
	return result(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

/* It is done when it cannot be undone. */
static int no_way_back(const struct xnb_sandbox_user *user)
{
	(void)user;
	if (setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0)
		return -ENOTRECOVERABLE;
	return 0;
}

static const struct {
	const char *part;
	int (*give_up)(const struct xnb_sandbox_user *user);
} steps[] = {
	{"network, IPC and UTS namespaces", own_namespaces},
	{"an empty root directory", empty_root},
	{"resource limits", set_limits},
	{"personality", plain_personality},
	{"capability bounding set", empty_bounding_set},
	{"securebits", lock_securebits},
	{"user and groups", become_user},
	{"capabilities", drop_capabilities},
	{"no new privileges", no_new_privileges},
	{"not dumpable", not_dumpable},
	{"no way back to root", no_way_back},
};

int xnb_sandbox_drop_rights(const struct xnb_sandbox_user *user)
{
	int outcome = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int rc = steps[i].give_up(user);

		if (rc == 0)
			continue;
		xn_error("sandbox: %s: %s", steps[i].part, strerror(-rc));
		outcome = -EPERM;
	}
	return outcome;
}
