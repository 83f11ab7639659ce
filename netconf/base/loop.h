/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_LOOP_H
#define XN_BASE_LOOP_H
/*
 * A single-threaded event loop over epoll: file descriptors, timers, signals
 * (signalfd) and child processes (pidfd). All calls from the loop's thread.
 *
 * A source lives until xn_source_destroy(); destroying any source, also the
 * running one, inside a callback is allowed. The loop never closes a caller's
 * descriptor. Callbacks must not block.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct xn_loop;
struct xn_source;

typedef void xn_fd_fn(void *arg, uint32_t epoll_events);
typedef void xn_timer_fn(void *arg);
typedef void xn_signal_fn(void *arg, int signal_number);
/* `status` is as from waitpid(2); the child is already reaped. */
typedef void xn_child_fn(void *arg, pid_t pid, int status);

/* Caller owns the result. NULL: errno is set. */
struct xn_loop *xn_loop_create(void);
/* Destroys the sources that are left. Accepts NULL. */
void xn_loop_destroy(struct xn_loop *loop);

/* Runs until xn_loop_stop(); returns the code given there, or -errno. */
int xn_loop_run(struct xn_loop *loop);
void xn_loop_stop(struct xn_loop *loop, int code);

/* All adders: NULL on failure with errno set. `epoll_events` is EPOLLIN etc. */
struct xn_source *xn_loop_add_fd(struct xn_loop *loop, int fd,
				 uint32_t epoll_events, xn_fd_fn *fn,
				 void *arg);
int xn_source_set_events(struct xn_source *source, uint32_t epoll_events);

/* A timer starts disarmed. CLOCK_BOOTTIME. */
struct xn_source *xn_loop_add_timer(struct xn_loop *loop, xn_timer_fn *fn,
				    void *arg);
/* Fires once after `delay_ms`, then every `interval_ms` (0: once only). */
void xn_timer_arm(struct xn_source *timer, uint64_t delay_ms,
		  uint64_t interval_ms);
void xn_timer_disarm(struct xn_source *timer);

/* Blocks the signal for the process and delivers it here. */
struct xn_source *xn_loop_add_signal(struct xn_loop *loop, int signal_number,
				     xn_signal_fn *fn, void *arg);
/* One shot: the source stays but is inert after the call. */
struct xn_source *xn_loop_add_child(struct xn_loop *loop, pid_t pid,
				    xn_child_fn *fn, void *arg);

void xn_source_destroy(struct xn_source *source); /* accepts NULL */

/* CLOCK_MONOTONIC, milliseconds. */
uint64_t xn_now_ms(void);
uint64_t xn_now_us(void);

#endif
