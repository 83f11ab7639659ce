// SPDX-License-Identifier: GPL-2.0-or-later
/* Namespaces of the lab. Called by the supervisor and by `lab exec`. */
#include "netconf/lab/namespace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/base/text.h"

#define END_LIMIT_MS 1000
#define END_PASSES 8

int xn_lab_namespace_enter(int netns_fd)
{
	return setns(netns_fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

/* A setting that some kernels do not have: its absence is no failure. */
static void write_setting(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		xn_debug("%s: %s", path, strerror(errno));
	close(fd);
}

static int loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int rc = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	request.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* /proc/sys/net shows the namespace of the thread that opens it. */
static int settle(void)
{
	static const char *const zero[] = {
		"/proc/sys/net/ipv6/conf/all/accept_dad",
		"/proc/sys/net/ipv6/conf/default/accept_dad",
		"/proc/sys/net/bridge/bridge-nf-call-iptables",
		"/proc/sys/net/bridge/bridge-nf-call-ip6tables",
		"/proc/sys/net/bridge/bridge-nf-call-arptables",
	};

	for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		write_setting(zero[i], "0");
	return loopback_up();
}

int xn_lab_namespace_create(struct xn_err *err)
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int made = -1, rc = 0;

	if (home < 0)
		return xn_fail(err, errno, "/proc/thread-self/ns/net: %s",
			       strerror(errno));
	if (unshare(CLONE_NEWNET) < 0) {
		rc = xn_fail(err, errno, "cannot make a network namespace: %s",
			     strerror(errno));
		close(home);
		return rc;
	}
	rc = settle();
	made = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (made < 0 && rc == 0)
		rc = -errno;
	if (setns(home, CLONE_NEWNET) < 0)
		abort(); /* in a wrong namespace nothing may go on */
	close(home);
	if (rc < 0) {
		xn_close(&made);
		return xn_fail(err, -rc, "a new network namespace: %s",
			       strerror(-rc));
	}
	return made;
}

static int hide(const char *folder)
{
	if (mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") <
	    0)
		return errno == ENOENT ? 0 : -errno;
	return 0;
}

int xn_lab_namespace_mounts(void)
{
	bool hidden = true;

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	if (mount("", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0) {
		/* In a chroot the root is no mount point, and a mount beside
		 * /sys could reach the world outside. */
		if (errno != EINVAL ||
		    mount("", "/sys", "none", MS_PRIVATE, NULL) < 0)
			return -errno;
		hidden = false;
	}
	if (mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		return -errno;
	return hidden ? hide("/var/log/xen") : 0;
}

static bool is_inside(const char *pid, const struct stat *namespace)
{
	char path[64];
	struct stat its;

	return xn_text_format(path, sizeof(path), "/proc/%s/ns/net", pid) > 0 &&
	       stat(path, &its) == 0 && its.st_ino == namespace->st_ino &&
	       its.st_dev == namespace->st_dev;
}

/* The descriptor is opened before the second look: so the process that is
 * ended is one that was inside, whatever its number names by then. */
static bool end_if_inside(const char *text, const struct stat *namespace)
{
	struct pollfd ended = {.events = POLLIN};
	uint32_t pid;
	bool found;

	if (xn_parse_u32(text, 1, INT32_MAX, &pid) < 0 ||
	    !is_inside(text, namespace))
		return false;
	ended.fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (ended.fd < 0)
		return false;
	found = is_inside(text, namespace);
	if (found &&
	    syscall(SYS_pidfd_send_signal, ended.fd, SIGKILL, NULL, 0) == 0)
		poll(&ended, 1, END_LIMIT_MS);
	close(ended.fd);
	return found;
}

void xn_lab_namespace_end_processes(int netns_fd)
{
	struct stat namespace;
	bool again = fstat(netns_fd, &namespace) == 0;

	/* A process may have had children meanwhile. */
	for (int pass = 0; again && pass < END_PASSES; pass++) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;

		again = false;
		while (proc && (entry = readdir(proc)))
			again |= end_if_inside(entry->d_name, &namespace);
		if (proc)
			closedir(proc);
	}
}
