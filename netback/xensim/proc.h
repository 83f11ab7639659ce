/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_PROC_H
#define XSIM_PROC_H
/*
 * What this process is in the lab: one connection to the broker, made by the
 * first call that needs it and kept until the process ends (its end is how
 * the broker learns of the process's death), and the lab's shared memory.
 *
 * Identity: XENSIM_DOMID (default 0). Broker: XENSIM_BROKER, a socket's path.
 * A forked child starts anew with a connection of its own; what it inherited
 * stays its parent's, as with the real devices.
 *
 * Thread: any; requests are serialised. After the connection stands only
 * sendmsg, recvmsg, mmap, munmap, read, write, close and futex are used.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netback/xensim/proto.h"
#include "netback/xensim/shared.h"

#define XSIM_EXPORT __attribute__((visibility("default")))

struct xsim_proc {
	uint32_t domid;
	uint32_t slot;	 /* of our domain */
	uint32_t client; /* our row of intents */
	struct xsim_lab *lab;
};

/* One exchange. The caller fills `req`, `refs` (req.count of them) and
 * `send_fd` (-1: none); the rest is the answer. Descriptors that came along
 * are the caller's; those that did not are -1. */
struct xsim_call {
	struct xsim_request req;
	const struct xsim_ref *refs;
	int send_fd;
	struct xsim_reply reply;
	struct xsim_page *pages; /* room for pages_max, or NULL */
	uint32_t pages_max;
	int fds[XSIM_REPLY_FDS];
};

/* Connects when needed. NULL with errno when there is no broker. */
const struct xsim_proc *xsim_proc(void);

/* 0, or the broker's negative errno, or -EIO when it is gone. On failure no
 * descriptor is left in call->fds. */
int xsim_call(struct xsim_call *call);

/* A call without refs, pages and descriptors to send. */
struct xsim_call xsim_call_make(enum xsim_op op, uint32_t id);

/* Counts the forks above this process: a handle remembers the number it was
 * made under, and one inherited from a parent is only ever closed. */
uint32_t xsim_proc_epoch(void);

/* Sleeps without a system call outside the sandbox's list. */
void xsim_sleep_us(uint32_t us);

#endif
