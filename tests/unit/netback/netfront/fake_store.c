// SPDX-License-Identifier: GPL-2.0-or-later
/* See fake_store.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "tests/unit/netback/netfront/fake_store.h"

#define NODES_MAX 256
#define WATCHES_MAX 32
#define EVENTS_MAX 512
#define TEXT_MAX 256

struct node {
	char path[TEXT_MAX];
	char value[TEXT_MAX];
};

struct event {
	char path[TEXT_MAX];
	char token[TEXT_MAX];
};

static struct {
	struct node node[NODES_MAX];
	unsigned int nodes;
	struct event watch[WATCHES_MAX];
	unsigned int watches;
	struct event event[EVENTS_MAX];
	unsigned int events;
	unsigned int conflicts;
	unsigned int writes;
	bool in_transaction;
	bool broken;
} fake;

static void text(char *to, const char *from)
{
	size_t length = strlen(from);

	if (length >= TEXT_MAX)
		abort();
	memmove(to, from, length + 1);
}

static bool is_below(const char *path, const char *root)
{
	size_t length = strlen(root);

	return !strncmp(path, root, length) &&
	       (!path[length] || path[length] == '/');
}

static void raise_event(const char *path, const char *token)
{
	if (fake.events == EVENTS_MAX)
		abort();
	text(fake.event[fake.events].path, path);
	text(fake.event[fake.events++].token, token);
}

/* A watch hears of changes at and below its path; of a removal also when an
 * ancestor goes. */
static void tell(const char *path, bool removed)
{
	/* Nobody hears of a transaction that will fail. */
	if (fake.in_transaction && fake.conflicts)
		return;
	for (unsigned int i = 0; i < fake.watches; i++) {
		if (is_below(path, fake.watch[i].path))
			raise_event(path, fake.watch[i].token);
		else if (removed && is_below(fake.watch[i].path, path))
			raise_event(fake.watch[i].path, fake.watch[i].token);
	}
}

static struct node *find(const char *path)
{
	for (unsigned int i = 0; i < fake.nodes; i++)
		if (!strcmp(fake.node[i].path, path))
			return &fake.node[i];
	return NULL;
}

void fake_store_reset(void)
{
	memset(&fake, 0, sizeof(fake));
}

void fake_store_set(const char *path, const char *value)
{
	struct node *node = find(path);

	if (!node) {
		if (fake.nodes == NODES_MAX)
			abort();
		node = &fake.node[fake.nodes++];
		text(node->path, path);
	}
	text(node->value, value);
	fake.writes++;
	tell(path, false);
}

void fake_store_remove(const char *path)
{
	bool found = false;

	for (unsigned int i = 0; i < fake.nodes;) {
		if (is_below(fake.node[i].path, path)) {
			fake.node[i] = fake.node[--fake.nodes];
			found = true;
		} else {
			i++;
		}
	}
	if (found)
		tell(path, true);
}

const char *fake_store_get(const char *path)
{
	struct node *node = find(path);

	return node ? node->value : NULL;
}

void fake_store_conflicts(unsigned int count)
{
	fake.conflicts = count;
}

void fake_store_break(void)
{
	fake.broken = true;
}

unsigned int fake_store_writes(void)
{
	return fake.writes;
}

static bool is_broken(void)
{
	if (fake.broken)
		errno = EIO;
	return fake.broken;
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	return is_broken() ? NULL : (struct xs_handle *)&fake;
}

void xs_close(struct xs_handle *xsh)
{
	(void)xsh;
}

int xs_fileno(struct xs_handle *h)
{
	(void)h;
	return 0;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	struct node *node = find(path);
	char *value;

	(void)h;
	(void)t;
	if (is_broken())
		return NULL;
	if (!node) {
		errno = ENOENT;
		return NULL;
	}
	value = strdup(node->value);
	*len = (unsigned int)strlen(node->value);
	return value;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	char value[TEXT_MAX] = {0};

	(void)h;
	(void)t;
	if (is_broken())
		return false;
	if (len >= sizeof(value))
		abort();
	memcpy(value, data, len);
	fake_store_set(path, value);
	return true;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	(void)h;
	(void)t;
	if (is_broken())
		return false;
	fake_store_remove(path);
	return true;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num)
{
	(void)h;
	(void)t;
	(void)path;
	(void)num;
	abort(); /* no frontend lists */
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	if (is_broken())
		return false;
	if (fake.watches == WATCHES_MAX)
		abort();
	text(fake.watch[fake.watches].path, path);
	text(fake.watch[fake.watches++].token, token);
	raise_event(path, token);
	return true;
}

/* Events that are queued already stay: a late one must find nobody. */
bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	for (unsigned int i = 0; i < fake.watches; i++) {
		if (!strcmp(fake.watch[i].path, path) &&
		    !strcmp(fake.watch[i].token, token)) {
			fake.watch[i] = fake.watch[--fake.watches];
			return true;
		}
	}
	errno = ENOENT;
	return false;
}

char **xs_check_watch(struct xs_handle *h)
{
	struct {
		char *vector[2];
		struct event event;
	} * one;

	(void)h;
	if (fake.broken) {
		errno = EINVAL;
		return NULL;
	}
	if (!fake.events) {
		errno = EAGAIN;
		return NULL;
	}
	one = malloc(sizeof(*one));
	if (!one)
		abort();
	one->event = fake.event[0];
	memmove(&fake.event[0], &fake.event[1],
		--fake.events * sizeof(fake.event[0]));
	one->vector[XS_WATCH_PATH] = one->event.path;
	one->vector[XS_WATCH_TOKEN] = one->event.token;
	return one->vector;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	(void)h;
	if (is_broken())
		return XBT_NULL;
	fake.in_transaction = true;
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort_it)
{
	(void)h;
	(void)t;
	fake.in_transaction = false;
	if (is_broken())
		return false;
	if (abort_it || !fake.conflicts)
		return true;
	fake.conflicts--;
	errno = EAGAIN;
	return false;
}
