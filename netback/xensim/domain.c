/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netback/xensim/domain.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netback/xensim/proc.h"

/* A copy call must not cost what two cores take to pass a lock's cache line
 * around, so threads are counted in and out of the views at lines that they
 * share with few others or none. Whoever changes views says so and waits until
 * all of these are zero: a reader counts first and looks then, the other way
 * round than the changer, so one of the two sees the other. */
#define STRIPES 16u
#define CACHE_LINE 64
#define CHANGE_SPINS 1000u
#define CHANGE_WAIT_US 20u

struct stripe {
	_Alignas(CACHE_LINE) _Atomic uint32_t readers;
};

static pthread_mutex_t change_lock = PTHREAD_MUTEX_INITIALIZER;
static struct stripe stripes[STRIPES];
static _Atomic bool changing; /* under change_lock */
static _Atomic uint32_t threads_seen;
/* The library is there when the program starts, never loaded later. */
static _Thread_local struct stripe *mine
	__attribute__((tls_model("initial-exec")));
static struct xsim_view view[XSIM_DOMIDS];
static uint32_t mapped[XSIM_DOMAINS_MAX * 2]; /* domids with a view */
static uint32_t mapped_count;

void xsim_domain_lock_shared(void)
{
	if (!mine)
		mine = &stripes[atomic_fetch_add(&threads_seen, 1) % STRIPES];
	for (;;) {
		atomic_fetch_add(&mine->readers, 1);
		if (!atomic_load(&changing))
			return;
		atomic_fetch_sub(&mine->readers, 1);
		pthread_mutex_lock(&change_lock); /* until the change is over */
		pthread_mutex_unlock(&change_lock);
	}
}

void xsim_domain_unlock_shared(void)
{
	atomic_fetch_sub(&mine->readers, 1);
}

/* fork() waits for the mutex: nobody changes views at that moment. */
static void lock_exclusive(void)
{
	pthread_mutex_lock(&change_lock);
	atomic_store(&changing, true);
	for (uint32_t i = 0; i < STRIPES; i++) {
		uint32_t spins = 0;

		while (atomic_load(&stripes[i].readers))
			if (++spins > CHANGE_SPINS)
				xsim_sleep_us(CHANGE_WAIT_US);
	}
}

static void unlock_exclusive(void)
{
	atomic_store(&changing, false);
	pthread_mutex_unlock(&change_lock);
}

static size_t view_bytes(uint32_t frames)
{
	return XSIM_TABLE_BYTES + (size_t)frames * XSIM_PAGE_BYTES;
}

const struct xsim_view *xsim_domain_view(const struct xsim_lab *lab,
					 uint32_t domid)
{
	uint32_t generation = atomic_load_explicit(&lab->generation[domid],
						   memory_order_acquire);

	if (!generation || view[domid].generation != generation)
		return NULL;
	return &view[domid];
}

static void give_up(uint32_t at)
{
	struct xsim_view *v = &view[mapped[at]];

	munmap((void *)(uintptr_t)v->table, view_bytes(v->frames));
	close(v->fd);
	v->generation = 0;
	mapped[at] = mapped[--mapped_count];
}

static void give_up_stale(const struct xsim_lab *lab)
{
	for (uint32_t i = mapped_count; i-- > 0;) {
		if (!xsim_domain_view(lab, mapped[i]))
			give_up(i);
	}
}

static int install(uint32_t domid, uint32_t generation, uint32_t frames, int fd)
{
	void *base;

	if (mapped_count == sizeof(mapped) / sizeof(mapped[0]))
		return -ENOSPC;
	base = mmap(NULL, view_bytes(frames), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	view[domid] = (struct xsim_view){
		.generation = generation,
		.frames = frames,
		.table = base,
		.memory = (uint8_t *)base + XSIM_TABLE_BYTES,
		.fd = fd,
	};
	mapped[mapped_count++] = domid;
	return 0;
}

int xsim_domain_refresh(uint32_t domid)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_DOMAIN, domid);
	const struct xsim_proc *proc = xsim_proc();
	int rc;

	if (!proc)
		return -errno;
	rc = xsim_call(&call);
	lock_exclusive();
	give_up_stale(proc->lab);
	/* a second thread may have been here, or the domain have died */
	if (!rc && !view[domid].generation)
		rc = install(domid, call.reply.generation, call.reply.frames,
			     call.fds[0]);
	else if (!rc)
		close(call.fds[0]);
	unlock_exclusive();
	return rc;
}

void xsim_domain_adopt(const struct xsim_lab *lab, uint32_t domid,
		       uint32_t generation, uint32_t frames, int take_fd)
{
	lock_exclusive();
	give_up_stale(lab);
	if (view[domid].generation ||
	    install(domid, generation, frames, take_fd))
		close(take_fd);
	unlock_exclusive();
}

void xsim_domain_before_fork(void)
{
	pthread_mutex_lock(&change_lock);
}

void xsim_domain_after_fork(bool in_child)
{
	for (uint32_t i = 0; in_child && i < STRIPES; i++)
		atomic_store(&stripes[i].readers, 0); /* they stayed behind */
	while (in_child && mapped_count)
		give_up(mapped_count - 1);
	pthread_mutex_unlock(&change_lock);
}
