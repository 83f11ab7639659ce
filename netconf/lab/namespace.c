// SPDX-License-Identifier: GPL-2.0-or-later
/* Namespaces of the lab. Called by the supervisor and by `lab exec`. */
#include "netconf/lab/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"

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
