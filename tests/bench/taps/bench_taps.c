/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-taps floor COUNT | twins COUNT QUEUES: taps on a bridge, made and
 * removed, in a network namespace of our own.
 *
 *   floor   one queue each, made through /dev/net/tun and held open; address,
 * master and "up" of all by libmnl, many messages in a send; removed by closing
 *           one tap after the other
 *   twins   made and removed by xenplaned's own functions (daemon/twin.h);
 *           enslaved as the floor's are, since a script or an administrator
 *           does that
 *
 * Prints "made_ms enslaved_ms removed_ms". Exit status: 0 done, 1 failed, 2
 * usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/daemon/twin.h"
#include "netconf/nl/bridge.h"
#include "netconf/nl/link.h"
#include "netconf/nl/tap.h"

#define COUNT_MAX 1023u /* ports of a Linux bridge */
#define BATCH_BYTES 16384u
#define MESSAGE_BYTES_MAX 256u /* of ours */
#define BRIDGE "bench0"

struct taps {
	struct xn_nl *nl;
	struct mnl_socket *socket;
	int bridge;
	uint32_t count, queues;
	struct xn_twin twin[COUNT_MAX];
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void name_of(uint32_t number, char ret_name[IFNAMSIZ])
{
	(void)xn_text_format(ret_name, IFNAMSIZ, "vif%u.0", number + 1);
}

/* Only the last of a batch is acknowledged; what fails says so unasked. */
static int read_answers(struct taps *taps, uint32_t last)
{
	_Alignas(struct nlmsghdr) char buffer[BATCH_BYTES];

	for (;;) {
		ssize_t got = mnl_socket_recvfrom(taps->socket, buffer,
						  sizeof(buffer));
		const struct nlmsghdr *header = (const void *)buffer;
		const struct nlmsgerr *answer = mnl_nlmsg_get_payload(header);

		if (got < 0)
			return -errno;
		if (answer->error || header->nlmsg_seq == last)
			return answer->error;
	}
}

/* The floor's taps get here what a twin has already. */
static void put_change(struct nlmsghdr *header, const struct taps *taps,
		       int ifindex, bool floor)
{
	static const uint8_t mac[] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct ifinfomsg *info;

	header->nlmsg_type = RTM_NEWLINK;
	header->nlmsg_flags = NLM_F_REQUEST;
	info = mnl_nlmsg_put_extra_header(header, sizeof(*info));
	info->ifi_index = ifindex;
	info->ifi_change = info->ifi_flags = IFF_UP;
	mnl_attr_put_u32(header, IFLA_MASTER, (uint32_t)taps->bridge);
	if (floor) {
		struct nlattr *spec = mnl_attr_nest_start(header, IFLA_AF_SPEC);
		struct nlattr *inet6 = mnl_attr_nest_start(header, AF_INET6);

		mnl_attr_put_u8(header, IFLA_INET6_ADDR_GEN_MODE,
				IN6_ADDR_GEN_MODE_NONE);
		mnl_attr_nest_end(header, inet6);
		mnl_attr_nest_end(header, spec);
		mnl_attr_put(header, IFLA_ADDRESS, sizeof(mac), mac);
	}
}

static int enslave(struct taps *taps, bool floor)
{
	_Alignas(struct nlmsghdr) char buffer[BATCH_BYTES];
	uint32_t sent = 0;

	while (sent < taps->count) {
		struct nlmsghdr *header = NULL;
		size_t bytes = 0;
		int error;

		while (sent < taps->count &&
		       bytes + MESSAGE_BYTES_MAX <= sizeof(buffer)) {
			header = mnl_nlmsg_put_header(buffer + bytes);
			put_change(header, taps, taps->twin[sent].ifindex,
				   floor);
			header->nlmsg_seq = ++sent;
			bytes += NLMSG_ALIGN(header->nlmsg_len);
		}
		header->nlmsg_flags |= NLM_F_ACK;
		if (mnl_socket_sendto(taps->socket, buffer, bytes) < 0)
			return -errno;
		error = read_answers(taps, sent);
		if (error)
			return error;
	}
	return 0;
}

/* One queue, and not even room for more. */
static int make_tap(const char *name, int *ret_fd)
{
	struct ifreq request = {.ifr_flags =
					IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	(void)xn_text_copy(request.ifr_name, sizeof(request.ifr_name), name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int make_floor(struct taps *taps, struct xn_err *err)
{
	for (uint32_t i = 0; i < taps->count; i++) {
		struct xn_twin *tap = &taps->twin[i];
		char name[IFNAMSIZ];
		int error;

		name_of(i, name);
		error = make_tap(name, &tap->fd[0]);
		if (error)
			return xn_fail(err, -error, "%s: %s", name,
				       strerror(-error));
		tap->queue_count = 1;
		tap->ifindex = (int)if_nametoindex(name);
	}
	return 0;
}

static int make_twins(struct taps *taps, struct xn_err *err)
{
	for (uint32_t i = 0; i < taps->count; i++) {
		char name[IFNAMSIZ];
		int error;

		name_of(i, name);
		error = xn_twin_create(&taps->twin[i], taps->nl, name,
				       taps->queues, err);
		if (error)
			return error;
	}
	return 0;
}

static void remove_floor(struct taps *taps)
{
	for (uint32_t i = 0; i < taps->count; i++)
		for (uint32_t j = 0; j < taps->twin[i].queue_count; j++)
			xn_close(&taps->twin[i].fd[j]);
}

static void remove_twins(struct taps *taps)
{
	xn_twins_destroy(taps->twin, taps->count, taps->nl);
}

static int run(struct taps *taps, bool floor, struct xn_err *err)
{
	double begin = now_ms(), made, enslaved;
	int error = floor ? make_floor(taps, err) : make_twins(taps, err);

	made = now_ms();
	if (!error)
		error = enslave(taps, floor);
	if (error)
		return xn_fail(err, -error, "enslave: %s", strerror(-error));
	enslaved = now_ms();
	if (floor)
		remove_floor(taps);
	else
		remove_twins(taps);
	printf("%.2f %.2f %.2f\n", made - begin, enslaved - made,
	       now_ms() - enslaved);
	return 0;
}

/* Nothing outside sees what is made here, and all goes with the process. */
static int open_ground(struct taps *taps, struct xn_err *err)
{
	struct rlimit files;
	int error;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return xn_fail(err, errno, "limits: %s", strerror(errno));
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) || unshare(CLONE_NEWNET))
		return xn_fail(err, errno, "namespace: %s", strerror(errno));
	error = xn_nl_open(&taps->nl, err);
	if (error)
		return error;
	taps->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!taps->socket || mnl_socket_bind(taps->socket, 0, 0))
		return xn_fail(err, errno, "netlink: %s", strerror(errno));
	error = xn_bridge_create(taps->nl, BRIDGE, NULL, 0, err);
	if (error)
		return error;
	taps->bridge = (int)if_nametoindex(BRIDGE);
	return xn_link_set_up(taps->nl, taps->bridge, true, err);
}

int main(int argc, char **argv)
{
	static struct taps taps;
	struct xn_err err = {0};
	bool floor = argc == 3 && !strcmp(argv[1], "floor");
	bool twins = argc == 4 && !strcmp(argv[1], "twins");

	if (!(floor || twins) ||
	    xn_parse_u32(argv[2], 1, COUNT_MAX, &taps.count) ||
	    (twins && xn_parse_u32(argv[3], 1, XN_QUEUES_MAX, &taps.queues))) {
		(void)fputs("usage: bench-taps floor COUNT | "
			    "twins COUNT QUEUES\n",
			    stderr);
		return 2;
	}
	if (open_ground(&taps, &err) || run(&taps, floor, &err)) {
		(void)fprintf(stderr, "bench-taps: %s\n", xn_err_text(&err));
		return 1;
	}
	return 0;
}
