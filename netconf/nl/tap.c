/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multi-queue tap devices through /dev/net/tun. */
#include "netconf/nl/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/if_tun.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/nl/link.h"

/* ifr_flags is a short and IFF_TUN_EXCL its highest bit. */
static short tap_flags(bool exclusive)
{
	unsigned int flags =
		IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;

	if (exclusive)
		flags |= IFF_TUN_EXCL;
	return (short)(unsigned short)flags;
}

static int configure_queue(int fd, const char *name, bool first)
{
	struct ifreq request = {.ifr_flags = tap_flags(first)};
	int header_bytes = XN_TAP_HEADER_BYTES;

	(void)xn_text_copy(request.ifr_name, sizeof(request.ifr_name), name);
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		/* The exclusive flag's word for a link of that name, of
		 * whatever kind. */
		if (first && errno == EBUSY)
			return -EEXIST;
		return -errno;
	}
	if (ioctl(fd, TUNSETVNETHDRSZ, &header_bytes) < 0)
		return -errno;
	return 0;
}

static int open_queue(const char *name, bool first, int *ret_fd,
		      struct xn_err *err)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return xn_fail(err, errno, "create tap %s: /dev/net/tun: %m",
			       name);
	rc = configure_queue(fd, name, first);
	if (rc < 0) {
		xn_close(&fd);
		return xn_fail(err, -rc, "create tap %s: %s", name,
			       strerror(-rc));
	}
	*ret_fd = fd;
	return 0;
}

int xn_tap_create(const char *name, unsigned int queues, int *ret_fds,
		  struct xn_err *err)
{
	int fds[XN_TAP_QUEUES_MAX];
	unsigned int opened;
	int rc = 0;

	if (!xn_link_name_valid(name))
		return xn_fail(err, EINVAL,
			       "create tap: \"%s\" is not a valid name", name);
	if (queues == 0 || queues > XN_TAP_QUEUES_MAX)
		return xn_fail(err, EINVAL, "create tap %s: %u queues", name,
			       queues);
	for (opened = 0; opened < queues && rc == 0; opened++)
		rc = open_queue(name, opened == 0, &fds[opened], err);
	if (rc < 0) {
		/* The last one did not open. */
		for (unsigned int i = 0; i + 1 < opened; i++)
			xn_close(&fds[i]);
		return rc;
	}
	memcpy(ret_fds, fds, queues * sizeof(*ret_fds));
	return 0;
}

int xn_tap_set_offload(int fd, unsigned int tun_f_flags)
{
	return ioctl(fd, TUNSETOFFLOAD, (unsigned long)tun_f_flags) < 0 ? -errno
									: 0;
}

int xn_tap_set_sndbuf(int fd, int bytes)
{
	return ioctl(fd, TUNSETSNDBUF, &bytes) < 0 ? -errno : 0;
}

int xn_tap_set_carrier(int fd, bool on)
{
	int value = on;

	return ioctl(fd, TUNSETCARRIER, &value) < 0 ? -errno : 0;
}

int xn_tap_name(int fd, char ret_name[IFNAMSIZ])
{
	const unsigned int wanted =
		IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
	struct ifreq request = {0};

	if (ioctl(fd, TUNGETIFF, &request) < 0)
		return -EBADF;
	if (((unsigned short)request.ifr_flags & wanted) != wanted)
		return -EPROTO;
	request.ifr_name[IFNAMSIZ - 1] = '\0';
	memcpy(ret_name, request.ifr_name, IFNAMSIZ);
	return 0;
}

int xn_tap_attach_queue(int fd, bool attach)
{
	struct ifreq request = {0};
	int rc;

	request.ifr_flags = attach ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE;
	rc = ioctl(fd, TUNSETQUEUE, &request) < 0 ? -errno : 0;
	return rc;
}
