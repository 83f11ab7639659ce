// SPDX-License-Identifier: GPL-2.0-or-later
/* See guest_groups.h. */
#include "netback/netfront/guest_groups.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netconf/base/fd.h"

/* Newer than Debian 12's headers. */
#define GROUP_IPV4_MCADDR 37
#define GROUP_IPV6_MCADDR 38

/* Without the kernel's word looking is all there is. */
#define LOOK_TOLD_MS 1000u
#define LOOK_UNTOLD_MS 200u

struct list {
	uint32_t count;
	struct xn_mac mac[XNF_GROUPS_MAX];
};

struct xnf_groups {
	int ifindex;
	void (*changed)(void *arg);
	void *arg;
	int fd; /* -1: the kernel tells nothing */
	struct xn_source *source;
	struct xn_source *timer;
	atomic_bool due; /* there may be requests to make */
	pthread_mutex_t lock;
	/* Under it. */
	bool fit;
	struct list wanted;	/* by the kernel; empty unless they fit */
	struct list registered; /* with the backend */
};

static int find(const struct list *list, const struct xn_mac *mac)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (!memcmp(&list->mac[i], mac, sizeof(*mac)))
			return (int)i;
	return -1;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "7    eth0            1     0     01005e000001": what is behind the last
 * blank. */
static bool parse_line(const char *line, int ifindex, struct xn_mac *ret)
{
	const char *at = strrchr(line, ' ');

	if (!at || strtol(line, NULL, 10) != ifindex ||
	    strlen(at + 1) < (size_t)2 * XN_MAC_BYTES)
		return false;
	at++;
	for (uint32_t i = 0; i < XN_MAC_BYTES; i++, at += 2) {
		int high = hex_digit(at[0]), low = hex_digit(at[1]);

		if (high < 0 || low < 0)
			return false;
		ret->octet[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* False: more than fit. */
static bool read_wanted(const struct xnf_groups *groups, struct list *ret)
{
	FILE *file = fopen("/proc/net/dev_mcast", "re");
	char line[256];
	bool fit = true;

	ret->count = 0;
	while (file && fgets(line, sizeof(line), file)) {
		struct xn_mac mac;

		if (!parse_line(line, groups->ifindex, &mac) ||
		    find(ret, &mac) >= 0)
			continue;
		fit = ret->count < XNF_GROUPS_MAX;
		if (!fit)
			break;
		ret->mac[ret->count++] = mac;
	}
	if (file)
		(void)fclose(file);
	return fit;
}

static bool same(const struct list *a, const struct list *b)
{
	return a->count == b->count &&
	       !memcmp(a->mac, b->mac, a->count * sizeof(a->mac[0]));
}

static void look(struct xnf_groups *groups)
{
	struct list wanted;
	bool fit = read_wanted(groups, &wanted);
	bool changed;

	if (!fit)
		wanted.count = 0;
	pthread_mutex_lock(&groups->lock);
	changed = fit != groups->fit || !same(&wanted, &groups->wanted);
	groups->fit = fit;
	groups->wanted = wanted;
	pthread_mutex_unlock(&groups->lock);
	if (!changed)
		return;
	atomic_store(&groups->due, true);
	groups->changed(groups->arg);
}

static void on_timer(void *arg)
{
	look(arg);
}

static void on_news(void *arg, uint32_t epoll_events)
{
	struct xnf_groups *groups = arg;
	char news[4096];

	(void)epoll_events;
	while (recv(groups->fd, news, sizeof(news), MSG_DONTWAIT) > 0)
		;
	look(groups);
}

/* Not to be told is no failure. */
static void listen_to_kernel(struct xnf_groups *groups, struct xn_loop *loop)
{
	const int which[] = {GROUP_IPV4_MCADDR, GROUP_IPV6_MCADDR};

	groups->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	for (size_t i = 0; groups->fd >= 0 && i < 2; i++)
		if (setsockopt(groups->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &which[i], sizeof(which[i])) < 0)
			xn_close(&groups->fd);
	if (groups->fd >= 0)
		groups->source = xn_loop_add_fd(loop, groups->fd, EPOLLIN,
						on_news, groups);
	if (!groups->source)
		xn_close(&groups->fd);
}

struct xnf_groups *xnf_groups_create(struct xn_loop *loop, int ifindex,
				     void (*changed)(void *arg), void *arg)
{
	struct xnf_groups *groups = calloc(1, sizeof(*groups));

	if (!groups)
		return NULL;
	groups->ifindex = ifindex;
	groups->changed = changed;
	groups->arg = arg;
	groups->fd = -1;
	groups->fit = true;
	atomic_init(&groups->due, false);
	pthread_mutex_init(&groups->lock, NULL);
	groups->timer = xn_loop_add_timer(loop, on_timer, groups);
	if (!groups->timer) {
		xnf_groups_destroy(groups);
		return NULL;
	}
	listen_to_kernel(groups, loop);
	xn_timer_arm(groups->timer, 0,
		     groups->source ? LOOK_TOLD_MS : LOOK_UNTOLD_MS);
	return groups;
}

void xnf_groups_destroy(struct xnf_groups *groups)
{
	if (!groups)
		return;
	xn_source_destroy(groups->source);
	xn_source_destroy(groups->timer);
	xn_close(&groups->fd);
	pthread_mutex_destroy(&groups->lock);
	free(groups);
}

bool xnf_groups_fit(struct xnf_groups *groups)
{
	bool fit;

	pthread_mutex_lock(&groups->lock);
	fit = groups->fit;
	pthread_mutex_unlock(&groups->lock);
	return fit;
}

/* First what is too much: then there is room for what is missing. */
static bool take_request(struct xnf_groups *groups,
			 struct xnf_group_request *ret)
{
	struct list *registered = &groups->registered;
	const struct list *wanted = &groups->wanted;

	for (uint32_t i = 0; i < registered->count; i++) {
		if (find(wanted, &registered->mac[i]) >= 0)
			continue;
		ret->mac = registered->mac[i];
		ret->add = false;
		registered->mac[i] = registered->mac[--registered->count];
		return true;
	}
	for (uint32_t i = 0; i < wanted->count; i++) {
		if (find(registered, &wanted->mac[i]) >= 0)
			continue;
		ret->mac = wanted->mac[i];
		ret->add = true;
		registered->mac[registered->count++] = wanted->mac[i];
		return true;
	}
	return false;
}

bool xnf_groups_next(struct xnf_groups *groups, struct xnf_group_request *ret)
{
	bool more;

	if (!atomic_load_explicit(&groups->due, memory_order_relaxed))
		return false;
	/* Before the look: what comes meanwhile sets it again. */
	atomic_store(&groups->due, false);
	pthread_mutex_lock(&groups->lock);
	more = take_request(groups, ret);
	pthread_mutex_unlock(&groups->lock);
	if (more)
		atomic_store(&groups->due, true);
	return more;
}
