/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_HOSTILE_H
#define XNF_HOSTILE_H
/*
 * The hostile guest: connects a vif as a good frontend does, then does one of
 * the things that Xen's security advisories (xenbits.xen.org/xsa) taught
 * backends to expect, or that the protocol forbids (the steps of
 * hostile_steps.h), and says what the backend made of it. Each attack is a
 * function in one of the hostile_*.c files, listed in hostile_list.c.
 *
 * Everything ends by itself: waits have limits, and an attack has a time or a
 * count. Thread: the program's only one, but where an attack says otherwise.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/front.h"
#include "netback/netfront/hostile_raw.h"
#include "netconf/base/err.h"

#define XNF_REPORT_MAX 24u

struct xnf_hostile_options {
	uint32_t domid;
	uint32_t vif;
	const struct xnf_attack *attack;
	uint32_t run_ms; /* how long, for attacks that go on */
	uint64_t count;	 /* how often; 0: the attack's own number */
	uint64_t seed;
	uint8_t ask[4]; /* IPv4 address of somebody who answers ARP */
	bool hello;
	bool rx_notify, sg; /* what we are able to do */
	bool recover;
	uint32_t connect_ms;
	char *const *words; /* behind the attack's name: argv's */
	uint32_t word_count;
};

struct xnf_report_row {
	const char *name;
	uint64_t value;
};

struct xnf_hostile {
	struct xnf_hostile_options options;
	struct xnf_store *store;
	struct xnf_front *front;
	char path[XNF_STORE_PATH_MAX];
	char backend_path[XNF_STORE_PATH_MAX];
	struct xn_mac mac;
	bool up;
	struct xnf_raw raw; /* of queue 0, while up */
	uint64_t dice;	    /* xnf_dice()'s state */
	uint32_t row_count;
	struct xnf_report_row row[XNF_REPORT_MAX];
};

struct xnf_attack {
	const char *name;
	const char *advisory;
	const char *what;
	int (*run)(struct xnf_hostile *one, struct xn_err *err);
	uint64_t count; /* when none is said */
	bool ctrl;	/* wants a control ring */
	bool floods;	/* the store has more to tell us than we can hear */
	bool words;	/* takes words behind its name */
};

/* NULL behind the last one. */
const struct xnf_attack *xnf_attack_at(uint32_t index);

/* `name` must stay valid. */
void xnf_report(struct xnf_hostile *one, const char *name, uint64_t value);

uint64_t xnf_dice_roll(uint64_t *state);
static inline uint32_t xnf_dice(struct xnf_hostile *one, uint32_t sides)
{
	return (uint32_t)(xnf_dice_roll(&one->dice) % sides);
}

static inline uint64_t xnf_hostile_count(const struct xnf_hostile *one)
{
	return one->options.count ? one->options.count
				  : one->options.attack->count;
}

/* hostile_life.c: the vif's life. */

/* Until both sides are Connected; then `raw` is the queue's. */
int xnf_hostile_connect(struct xnf_hostile *one, struct xn_err *err);
/* A close cycle and a new connection. */
int xnf_hostile_reconnect(struct xnf_hostile *one, struct xn_err *err);
/* The same as another program would, with a new connection to the store. */
int xnf_hostile_start_anew(struct xnf_hostile *one, struct xn_err *err);
/* Until the backend has closed, too. */
int xnf_hostile_close(struct xnf_hostile *one, struct xn_err *err);
/* The backend's state as the store has it now (enum xenbus_state). */
uint32_t xnf_hostile_backend(struct xnf_hostile *one);
/* Waits until the backend's state is one of these bits (1 << state). */
bool xnf_hostile_wait_backend(struct xnf_hostile *one, uint32_t states,
			      uint32_t limit_ms);
/* Waits until the backend has given the vif up. */
bool xnf_hostile_wait_disabled(struct xnf_hostile *one, uint32_t limit_ms);
int xnf_hostile_write(struct xnf_hostile *one, const char *key,
		      const char *value);
/* Writes our own state, behind the frontend library's back. */
int xnf_hostile_set_state(struct xnf_hostile *one, uint32_t state);

/* hostile_hello.c: an ARP probe for options.ask (RFC 5227), and its answer:
 * frames go through both ways. */
bool xnf_hostile_hello(struct xnf_hostile *one, uint32_t limit_ms);
uint32_t xnf_hostile_probe(const struct xnf_hostile *one, uint8_t frame[60]);
/* Puts one if there is room; shows nothing. */
void xnf_hostile_put_probe(struct xnf_hostile *one);
/* Takes what was received; true: an answer was in it. */
bool xnf_hostile_take(struct xnf_hostile *one);
/* A frame of so many bytes for nobody in particular. */
void xnf_hostile_frame(struct xnf_hostile *one, uint8_t *frame, uint32_t bytes);

/* hostile_ctrl.c: one request on the control ring, and its answer. */
struct xnf_ctrl_request {
	uint16_t type;
	uint32_t data[3];
};
int xnf_hostile_ask(struct xnf_hostile *one,
		    const struct xnf_ctrl_request *request,
		    struct xnf_ctrl_answer *ret_answer, struct xn_err *err);

/* The attacks. */
extern const struct xnf_attack xnf_attacks_index[];
extern const struct xnf_attack xnf_attacks_slots[];
extern const struct xnf_attack xnf_attacks_grants[];
extern const struct xnf_attack xnf_attacks_events[];
extern const struct xnf_attack xnf_attacks_keys[];
extern const struct xnf_attack xnf_attacks_store[];
extern const struct xnf_attack xnf_attacks_ctrl[];
extern const struct xnf_attack xnf_attacks_rx[];
extern const struct xnf_attack xnf_attacks_look[];
extern const struct xnf_attack xnf_attacks_steps[];
extern const struct xnf_attack xnf_attacks_mutate[];

#endif
