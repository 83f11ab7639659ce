/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raising a port takes two steps: the state changes in shared memory, then
 * the number goes into the owner's pipe. A process killed between the two
 * would leave the port masked for ever, so before the first step it notes its
 * intent in shared memory; the broker finishes what it finds there when the
 * connection drops. In the worst case an event arrives twice, never not.
 *
 * Most notifications of a busy channel find its port raised already, and most
 * unmasks find nothing pending: these are one step and need no intent.
 */
#include "netback/xensim/evqueue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "netback/xensim/chan.h"

struct write_end {
	uint32_t instance; /* 0: none */
	int fd;
};

/* Whoever changes the table holds both; fork() waits for the mutex, because
 * a child could not unlock a rwlock that its parent's thread holds. */
static pthread_mutex_t change_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t ends_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct write_end ends[XSIM_INSTANCES_MAX];
static _Thread_local volatile sig_atomic_t writing;

static void on_sigpipe(int number)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};

	if (writing)
		return;
	sigaction(number, &standard, NULL);
	raise(number);
}

void xsim_evqueue_init(void)
{
	struct sigaction handler = {.sa_handler = on_sigpipe,
				    .sa_flags = SA_RESTART};
	struct sigaction present;

	if (sigaction(SIGPIPE, NULL, &present) || present.sa_handler != SIG_DFL)
		return;
	sigaction(SIGPIPE, &handler, NULL);
}

void xsim_evqueue_before_fork(void)
{
	pthread_mutex_lock(&change_lock);
}

void xsim_evqueue_after_fork(bool in_child)
{
	static const pthread_rwlock_t unlocked = PTHREAD_RWLOCK_INITIALIZER;

	if (in_child)
		ends_lock = unlocked; /* its readers stayed behind */
	for (uint32_t i = 0; in_child && i < XSIM_INSTANCES_MAX; i++) {
		if (ends[i].instance)
			close(ends[i].fd);
		ends[i].instance = 0;
	}
	pthread_mutex_unlock(&change_lock);
}

static int fetch(uint32_t instance)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_WRITE_END, instance);
	struct write_end *end = &ends[instance & (XSIM_INSTANCES_MAX - 1)];
	int rc = xsim_call(&call);

	if (rc)
		return rc;
	pthread_mutex_lock(&change_lock);
	pthread_rwlock_wrlock(&ends_lock);
	if (end->instance)
		close(end->fd);
	*end = (struct write_end){.instance = instance, .fd = call.fds[0]};
	pthread_rwlock_unlock(&ends_lock);
	pthread_mutex_unlock(&change_lock);
	return 0;
}

/* -ENOENT: the write end must be fetched first. */
static int try_write(uint32_t instance, uint32_t port)
{
	const struct write_end *end =
		&ends[instance & (XSIM_INSTANCES_MAX - 1)];
	int rc = -ENOENT;

	pthread_rwlock_rdlock(&ends_lock);
	if (end->instance == instance) {
		writing = 1;
		/* Full: the owner unmasked ports without reading them; a real
		 * device overflows then. No reader: the owner is gone. */
		rc = write(end->fd, &port, sizeof(port)) < 0 && errno == EBADF
			     ? -EIO
			     : 0;
		writing = 0;
	}
	pthread_rwlock_unlock(&ends_lock);
	return rc;
}

static int queue(const struct xsim_proc *proc, uint32_t index)
{
	uint32_t instance = atomic_load(&proc->lab->endpoint[index].owner);
	uint32_t port = index % XSIM_PORTS_MAX;
	int rc;

	if (!instance)
		return 0; /* closed a moment ago */
	rc = try_write(instance, port);
	if (rc != -ENOENT)
		return rc;
	rc = fetch(instance);
	if (rc == -ENOENT)
		return 0;
	return rc ? rc : try_write(instance, port);
}

/* NULL when more threads than there is room for notify at this moment: then
 * that one goes without insurance. */
static _Atomic uint64_t *note_intent(const struct xsim_proc *proc,
				     uint64_t link)
{
	_Atomic uint64_t *row = proc->lab->intent[proc->client];

	for (unsigned int i = 0; i < XSIM_INTENTS; i++) {
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&row[i], &none, link))
			return &row[i];
	}
	return NULL;
}

typedef enum xsim_step step_fn(struct xsim_endpoint *end, uint32_t generation);

static int take_step(const struct xsim_proc *proc, uint64_t link,
		     step_fn *quiet_step, step_fn *step)
{
	uint32_t index = xsim_link_index(link);
	uint32_t generation = xsim_link_generation(link);
	struct xsim_endpoint *end;
	_Atomic uint64_t *intent;
	int rc = 0;

	if (index >= XSIM_ENDPOINTS)
		return 0;
	end = &proc->lab->endpoint[index];
	if (quiet_step(end, generation) != XSIM_STEP_QUEUE)
		return 0;
	intent = note_intent(proc, link);
	if (step(end, generation) == XSIM_STEP_QUEUE)
		rc = queue(proc, index);
	if (intent)
		atomic_store(intent, 0);
	return rc;
}

int xsim_evqueue_raise(const struct xsim_proc *proc, uint64_t link)
{
	return take_step(proc, link, xsim_port_raise_merged, xsim_port_raise);
}

int xsim_evqueue_unmask(const struct xsim_proc *proc, uint64_t link)
{
	return take_step(proc, link, xsim_port_unmask_idle, xsim_port_unmask);
}

int xsim_evqueue_repeat(const struct xsim_proc *proc, uint64_t link)
{
	uint32_t index = xsim_link_index(link);

	return index < XSIM_ENDPOINTS ? queue(proc, index) : 0;
}
