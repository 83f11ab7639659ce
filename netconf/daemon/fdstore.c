/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The service manager's store of descriptors, see fdstore.h. Used by
 * handover.c for vifs and by datapath.c. */
#include "netconf/daemon/fdstore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "netconf/base/exec_fds.h"
#include "netconf/base/log.h"
#include "netconf/base/text.h"

struct handed {
	char name[XN_FDSTORE_NAME_MAX];
	int fd;
};

struct xn_fdstore {
	bool keeps;
	size_t count, room;
	struct handed *handed;
};

/* A manager that does not listen is told of each descriptor all the same. */
static void tell(const char *words, const char *name, const int *fd)
{
	static struct xn_log_limit limit = {.burst = 3, .interval_ms = 60000};
	char text[64 + XN_FDSTORE_NAME_MAX];
	int rc = xn_text_format(text, sizeof(text), "%s\nFDNAME=%s%s", words,
				name, fd ? "\nFDPOLL=0" : "");

	if (rc >= 0)
		rc = sd_pid_notify_with_fds(0, 0, text, fd, fd ? 1 : 0);
	if (rc < 0 && xn_log_allowed(&limit))
		xn_warning("the service manager does not keep %s: %s", name,
			   strerror(-rc));
}

static bool make_room(struct xn_fdstore *store)
{
	size_t room = store->room ? 2 * store->room : 64;
	struct handed *more;

	if (store->count < store->room)
		return true;
	more = reallocarray(store->handed, room, sizeof(*more));
	if (!more)
		return false;
	store->handed = more;
	store->room = room;
	return true;
}

/* Names that none of ours is are not known to anybody here. */
static void take_one(void *arg, const char *name, int fd)
{
	struct xn_fdstore *store = arg;
	struct handed *h;

	if (!make_room(store)) {
		(void)close(fd);
		return;
	}
	h = &store->handed[store->count];
	if (xn_text_copy(h->name, sizeof(h->name), name) < 0) {
		(void)close(fd);
		return;
	}
	h->fd = fd;
	store->count++;
}

static void take_managers(struct xn_fdstore *store)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);

	if (count < 0)
		xn_warning("descriptors of the one before: %s",
			   strerror(-count));
	for (int i = 0; i < count; i++) {
		take_one(store, names[i], SD_LISTEN_FDS_START + i);
		free(names[i]);
	}
	free(names);
}

struct xn_fdstore *xn_fdstore_open(struct xn_err *err)
{
	struct xn_fdstore *store = calloc(1, sizeof(*store));

	if (!store) {
		(void)xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	store->keeps = getenv("NOTIFY_SOCKET") != NULL;
	take_managers(store);
	(void)xn_exec_fds_take(take_one, store);
	return store;
}

void xn_fdstore_close(struct xn_fdstore *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->count; i++)
		(void)close(store->handed[i].fd);
	free(store->handed);
	free(store);
}

bool xn_fdstore_keeps(const struct xn_fdstore *store)
{
	return store && store->keeps;
}

void xn_fdstore_keep(struct xn_fdstore *store, const char *name, int fd)
{
	if (!xn_fdstore_keeps(store))
		return;
	tell("FDSTORE=1", name, &fd);
}

void xn_fdstore_drop(struct xn_fdstore *store, const char *name)
{
	if (xn_fdstore_keeps(store))
		tell("FDSTOREREMOVE=1", name, NULL);
}

int xn_fdstore_look(const struct xn_fdstore *store, const char *name)
{
	for (size_t i = 0; store && i < store->count; i++)
		if (!strcmp(store->handed[i].name, name))
			return store->handed[i].fd;
	return -1;
}

int xn_fdstore_take(struct xn_fdstore *store, const char *name)
{
	int fd = -1;

	for (size_t i = 0; store && i < store->count;) {
		struct handed *h = &store->handed[i];

		if (strcmp(h->name, name) != 0) {
			i++;
			continue;
		}
		if (fd < 0)
			fd = h->fd;
		else
			(void)close(h->fd);
		*h = store->handed[--store->count];
	}
	return fd;
}

const char *xn_fdstore_name_at(const struct xn_fdstore *store, size_t at)
{
	return store && at < store->count ? store->handed[at].name : NULL;
}

void xn_fdstore_drop_rest(struct xn_fdstore *store)
{
	while (store && store->count > 0) {
		struct handed *h = &store->handed[--store->count];

		xn_debug("%s of the one before is not wanted any more",
			 h->name);
		(void)close(h->fd);
		xn_fdstore_drop(store, h->name);
	}
}
