/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_TEST_LAB_H
#define XSIM_TEST_LAB_H
/*
 * A lab for unit tests: the real broker as a child, this process as domain 0,
 * and guests as forked processes that do what they are told. Failures assert.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LAB_PAGES 4u
#define LAB_WAIT_MS 10000 /* for what must happen */

struct lab {
	char folder[64];
	char socket[96];
	pid_t broker;
};

/* Starts a broker and makes it this process's. */
void lab_start(struct lab *lab);
/* Ends it; asserts that it ends well and leaves no file. */
void lab_stop(struct lab *lab);

/* The same as cmocka fixtures with one lab per program. */
int lab_group_start(void **state);
int lab_group_stop(void **state);
extern struct lab the_lab;

/* What the broker's dump says now; the caller frees it. */
char *lab_dump(void);
/* Asserts that the dump is exactly this. */
void lab_assert_dump(const char *text);
/* Returns once all deaths so far are seen. */
void lab_sync(void);

enum guest_op {
	GUEST_SHARE,	 /* a: for domid, b: writable; LAB_PAGES pages */
	GUEST_UNSHARE,	 /* what was shared last */
	GUEST_REF,	 /* a: which page; its reference */
	GUEST_PEEK,	 /* a: byte of the shared pages */
	GUEST_POKE,	 /* a: byte, b: value */
	GUEST_FLAGS,	 /* a: reference; its entry's flags */
	GUEST_SET_FLAGS, /* a: reference, b: flags */
	GUEST_SET_FRAME, /* a: reference, b: frame */
	GUEST_MAP,	 /* a: domid, b: reference; mapped writable */
	GUEST_MAP_PEEK,	 /* a: byte of that page */
	GUEST_UNMAP,
	GUEST_UNBOUND,	  /* a: domid; port */
	GUEST_BIND,	  /* a: domid, b: port; port */
	GUEST_UNBIND,	  /* a: port */
	GUEST_NOTIFY,	  /* a: port */
	GUEST_EVENT,	  /* a: wait at most ms; port, or -ETIMEDOUT */
	GUEST_UNMASK,	  /* a: port */
	GUEST_CONNECTION, /* 1 when this guest has a lab */
	GUEST_QUIT,
};

struct guest {
	pid_t pid;
	int socket;
};

/* A process of that domain. */
struct guest guest_start(uint32_t domid);
/* One order; its answer, or negative errno. */
int64_t guest_do(const struct guest *guest, enum guest_op op, uint32_t a,
		 uint32_t b);
/* Ends it in order, or at once. Both wait until it is gone. */
void guest_quit(struct guest *guest);
void guest_kill(struct guest *guest);

/* Runs fn(arg) in a child of domain 0 that is SIGKILLed when fn returns. */
void in_killed_child(void (*fn)(void *arg), void *arg);

#endif
