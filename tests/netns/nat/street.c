/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nat/street.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "natd/nat.h"
#include "netconf/base/fd.h"
#include "netconf/nl/netns.h"
#include "netconf/nl/request.h"
#include "netconf/parse/planeconf.h"

#define PATIENCE_MS 30000
#define SILENCE_MS 250
#define SOCKETS_MAX 128

static int space[HOUSES];
static int opened[SOCKETS_MAX];
static unsigned int opened_count;

static void give_up(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

bool street_begin(void)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0) {
		printf("skipped: namespaces need root: %s\n", strerror(errno));
		return false;
	}
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0)
		give_up("mount");
	return true;
}

static int new_space(void)
{
	int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int made;

	if (back < 0 || unshare(CLONE_NEWNET) < 0)
		give_up("namespace");
	/* Children name it by this descriptor. */
	made = open("/proc/thread-self/ns/net", O_RDONLY);
	if (made < 0)
		give_up("namespace");
	xn_netns_leave(&back);
	return made;
}

bool street_try(enum house house, const char *command)
{
	int back, status;

	if (xn_netns_enter(space[house], &back, NULL) < 0)
		give_up("enter");
	status = system(command);
	xn_netns_leave(&back);
	return status == 0;
}

void street_do(enum house house, const char *command)
{
	if (!street_try(house, command))
		give_up(command);
}

void host_do(const char *command)
{
	if (system(command) != 0)
		give_up(command);
}

static void wire(void)
{
	char command[512];

	host_do("ip link set lo up; ip link add xennat type bridge "
		"forward_delay 0; ip addr add 10.0.0.1/24 dev xennat; "
		"ip link set xennat up; "
		"for f in iptables ip6tables; do "
		"echo 0 >/proc/sys/net/bridge/bridge-nf-call-$f; done");
	for (unsigned int i = 0; i < HOUSES; i++) {
		(void)snprintf(command, sizeof(command),
			       "ip link add port%u type veth peer name eth0 "
			       "netns /proc/%d/fd/%d && ip link set port%u up",
			       i, (int)getpid(), space[i], i);
		host_do(command);
	}
	host_do("ip link set port0 master xennat; "
		"ip link set port1 master xennat; "
		"ip addr add " HOST "/24 dev port2; "
		"ip route add 203.0.113.0/24 via " OUT1);
	for (unsigned int i = 0; i < 2; i++) {
		(void)snprintf(command, sizeof(command),
			       "ip link set lo up; ip link set eth0 up; "
			       "ip addr add 10.0.0.%u/24 dev eth0; "
			       "ip route add default via 10.0.0.1",
			       5 + i);
		street_do((enum house)i, command);
	}
	street_do(OUTSIDE, "ip link set lo up; ip link set eth0 up; "
			   "ip addr add " OUT1 "/24 dev eth0; "
			   "ip addr add " OUT2 "/24 dev eth0; "
			   "ip route add unreachable 203.0.113.0/24; "
			   "echo 1 >/proc/sys/net/ipv4/ip_forward");
}

static void apply_ours(void)
{
	static const char text[] =
		"[bridge xennat]\nmode = nat\naddress = 10.0.0.1/24\n"
		"forward = tcp+udp 5353 -> 10.0.0.5\n";
	static struct xn_report report;
	static struct xnat_report done;
	struct xn_planeconf *conf = NULL;
	struct xn_err err = {0};

	if (xn_planeconf_read_text("t", text, &conf, &report) ||
	    xnat_apply(conf, NULL, &done, &err) < 0) {
		fprintf(stderr, "%s%s\n", xn_report_first(&report),
			xn_err_text(&err));
		exit(1);
	}
	xn_planeconf_destroy(conf);
}

static void apply_plain(void)
{
	host_do("echo 1 >/proc/sys/net/ipv4/ip_forward; nft -f - <<'END'\n"
		"table ip plain {\n"
		"  chain in {\n"
		"    type nat hook prerouting priority dstnat;\n"
		"    ip daddr " HOST " meta l4proto { tcp, udp } "
		"th dport 5353 dnat to 10.0.0.5\n"
		"  }\n"
		"  chain out {\n"
		"    type nat hook postrouting priority srcnat;\n"
		"    oifname port2 masquerade\n"
		"  }\n"
		"}\nEND");
}

void street_build(bool ours)
{
	if (unshare(CLONE_NEWNET) < 0)
		give_up("namespace");
	for (unsigned int i = 0; i < HOUSES; i++)
		space[i] = new_space();
	wire();
	if (ours)
		apply_ours();
	else
		apply_plain();
}

void street_leave(void)
{
	while (opened_count)
		xn_close(&opened[--opened_count]);
	for (unsigned int i = 0; i < HOUSES; i++)
		xn_close(&space[i]);
}

struct sockaddr_in street_address(const char *address, uint16_t port)
{
	struct sockaddr_in made = {.sin_family = AF_INET,
				   .sin_port = htons(port)};

	if (inet_pton(AF_INET, address, &made.sin_addr) != 1)
		give_up(address);
	return made;
}

int street_socket(enum house house, int kind, const char *address,
		  uint16_t port)
{
	struct sockaddr_in to = street_address(address, port);
	int back, made, on = 1;

	if (xn_netns_enter(space[house], &back, NULL) < 0)
		give_up("enter");
	made = socket(AF_INET, kind | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      kind == SOCK_RAW ? IPPROTO_RAW : 0);
	xn_netns_leave(&back);
	if (made < 0 || opened_count == SOCKETS_MAX)
		give_up("socket");
	opened[opened_count++] = made;
	(void)setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)setsockopt(made, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(made, (const struct sockaddr *)&to, sizeof(to)) < 0)
		give_up("bind");
	return made;
}

static bool ready(int socket, short events, int ms)
{
	struct pollfd poll_fd = {.fd = socket, .events = events};

	return poll(&poll_fd, 1, ms) == 1;
}

bool street_heard(int socket, struct sockaddr_in *ret_from)
{
	socklen_t length = sizeof(*ret_from);
	char data[4096];

	return ready(socket, POLLIN, PATIENCE_MS) &&
	       recvfrom(socket, data, sizeof(data), 0,
			(struct sockaddr *)ret_from, &length) > 0;
}

bool street_silent(int socket)
{
	return !ready(socket, POLLIN, SILENCE_MS);
}

void street_say(int socket, const char *address, uint16_t port)
{
	struct sockaddr_in to = street_address(address, port);

	if (sendto(socket, "x", 1, 0, (const struct sockaddr *)&to,
		   sizeof(to)) != 1)
		give_up("sendto");
}

int street_error(int socket)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (!ready(socket, POLLIN | POLLERR, PATIENCE_MS))
		return 0;
	(void)getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
	return error;
}

int street_left(const char *protocol, const char *text)
{
	FILE *table = fopen("/proc/thread-self/net/nf_conntrack", "re");
	char line[512], kind[16];
	int left = -1, seconds;

	if (!table)
		give_up("nf_conntrack");
	while (fgets(line, sizeof(line), table))
		if (sscanf(line, "%*s %*d %15s %*d %d", kind, &seconds) == 2 &&
		    !strcmp(kind, protocol) && strstr(line, text))
			left = seconds;
	(void)fclose(table);
	return left;
}

void street_set_left(uint16_t source_port, const char *to, uint16_t to_port,
		     uint32_t seconds)
{
	struct sockaddr_in from = street_address("10.0.0.5", source_port);
	struct sockaddr_in there = street_address(to, to_port);
	struct xn_nl_request request;
	struct nlattr *tuple, *nest;
	struct nfgenmsg *info;
	struct xn_err err = {0};
	struct xn_nl *nl;

	if (xn_nl_open_netfilter(&nl, &err) < 0)
		give_up("netlink");
	info = xn_nl_request_init(
		&request, (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_NEW, 0,
		sizeof(*info));
	info->nfgen_family = AF_INET;
	tuple = xn_nl_nest(&request, CTA_TUPLE_ORIG);
	nest = xn_nl_nest(&request, CTA_TUPLE_IP);
	xn_nl_put_u32(&request, CTA_IP_V4_SRC, from.sin_addr.s_addr);
	xn_nl_put_u32(&request, CTA_IP_V4_DST, there.sin_addr.s_addr);
	xn_nl_nest_end(&request, nest);
	nest = xn_nl_nest(&request, CTA_TUPLE_PROTO);
	xn_nl_put_u8(&request, CTA_PROTO_NUM, IPPROTO_UDP);
	xn_nl_put_u16(&request, CTA_PROTO_SRC_PORT, from.sin_port);
	xn_nl_put_u16(&request, CTA_PROTO_DST_PORT, there.sin_port);
	xn_nl_nest_end(&request, nest);
	xn_nl_nest_end(&request, tuple);
	xn_nl_put_u32(&request, CTA_TIMEOUT, htonl(seconds));
	if (xn_nl_call(nl, &request, &err) < 0) {
		fprintf(stderr, "%s\n", xn_err_text(&err));
		exit(1);
	}
	xn_nl_close(nl);
}
