/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See mailbox.h. The eventfd is written when the first item comes and read
 * when the last one goes, both under the lock: so it says "not empty" and a
 * reader may stop in the middle without losing its wake-up.
 */
#include "netback/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct xnb_mailbox {
	pthread_mutex_t lock;
	pthread_cond_t room;
	int event_fd;
	uint32_t items_max;
	size_t item_bytes;
	uint32_t first; /* under the lock, as all below */
	uint32_t count;
	uint8_t items[];
};

struct xnb_mailbox *xnb_mailbox_create(uint32_t items_max, size_t item_bytes)
{
	struct xnb_mailbox *mailbox;

	mailbox = calloc(1, sizeof(*mailbox) + items_max * item_bytes);
	if (!mailbox)
		return NULL;
	mailbox->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mailbox->event_fd < 0) {
		free(mailbox);
		return NULL;
	}
	pthread_mutex_init(&mailbox->lock, NULL);
	pthread_cond_init(&mailbox->room, NULL);
	mailbox->items_max = items_max;
	mailbox->item_bytes = item_bytes;
	return mailbox;
}

void xnb_mailbox_destroy(struct xnb_mailbox *mailbox)
{
	if (!mailbox)
		return;
	pthread_cond_destroy(&mailbox->room);
	pthread_mutex_destroy(&mailbox->lock);
	close(mailbox->event_fd);
	free(mailbox);
}

int xnb_mailbox_fd(const struct xnb_mailbox *mailbox)
{
	return mailbox->event_fd;
}

/* An eventfd that holds 0 takes a 1, and one that holds 1 gives it back:
 * neither can fail or wait. */
static void event_set(struct xnb_mailbox *mailbox)
{
	const uint64_t one = 1;
	ssize_t n = write(mailbox->event_fd, &one, sizeof(one));

	assert(n == (ssize_t)sizeof(one));
	(void)n;
}

static void event_clear(struct xnb_mailbox *mailbox)
{
	uint64_t value;
	ssize_t n = read(mailbox->event_fd, &value, sizeof(value));

	assert(n == (ssize_t)sizeof(value));
	(void)n;
}

static uint8_t *item_at(struct xnb_mailbox *mailbox, uint32_t offset)
{
	uint32_t index = (mailbox->first + offset) % mailbox->items_max;

	return mailbox->items + index * mailbox->item_bytes;
}

static void append(struct xnb_mailbox *mailbox, const void *item)
{
	memcpy(item_at(mailbox, mailbox->count), item, mailbox->item_bytes);
	if (mailbox->count++ == 0)
		event_set(mailbox);
}

bool xnb_mailbox_put(struct xnb_mailbox *mailbox, const void *item,
		     uint32_t leave_free)
{
	bool room;

	pthread_mutex_lock(&mailbox->lock);
	room = mailbox->items_max - mailbox->count > leave_free;
	if (room)
		append(mailbox, item);
	pthread_mutex_unlock(&mailbox->lock);
	return room;
}

void xnb_mailbox_put_wait(struct xnb_mailbox *mailbox, const void *item)
{
	pthread_mutex_lock(&mailbox->lock);
	while (mailbox->count == mailbox->items_max)
		pthread_cond_wait(&mailbox->room, &mailbox->lock);
	append(mailbox, item);
	pthread_mutex_unlock(&mailbox->lock);
}

bool xnb_mailbox_get(struct xnb_mailbox *mailbox, void *ret_item)
{
	bool any;

	pthread_mutex_lock(&mailbox->lock);
	any = mailbox->count > 0;
	if (any) {
		memcpy(ret_item, item_at(mailbox, 0), mailbox->item_bytes);
		mailbox->first = (mailbox->first + 1) % mailbox->items_max;
		if (--mailbox->count == 0)
			event_clear(mailbox);
		pthread_cond_signal(&mailbox->room);
	}
	pthread_mutex_unlock(&mailbox->lock);
	return any;
}

uint32_t xnb_mailbox_count(struct xnb_mailbox *mailbox)
{
	uint32_t count;

	pthread_mutex_lock(&mailbox->lock);
	count = mailbox->count;
	pthread_mutex_unlock(&mailbox->lock);
	return count;
}
