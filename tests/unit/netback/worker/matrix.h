/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_WORKER_MATRIX_H
#define TEST_WORKER_MATRIX_H
/*
 * The bed of the offload matrix: a sender, a receiver for every set of
 * features, and what is checked after each frame. One combination at a time
 * is in work: `kind` as its sender made it, `model` of what must become of it.
 */
#include "bed.h"
#include "matrix_model.h"

#define SENDER 0u
#define RECEIVER 1u		  /* the first */
#define FEATURES 32u		  /* sets of them */
#define RECEIVERS (FEATURES + 1u) /* the last one: offload = off */
#define VIFS (RECEIVER + RECEIVERS)
#define OUTSIDE 200u   /* a station beyond the twin */
#define LINK_BYTES 18u /* Ethernet and a tag, above the MTU */
#define MTUS 4u

struct matrix {
	struct bed *bed;
	uint32_t receiver; /* in work: for who reads a failure */
	uint32_t kinds;
	uint32_t step; /* what goes round */
	uint32_t mtu[VIFS];
	uint32_t slots_seen; /* set of slot counts sent */
	uint32_t combinations, delivered, frames, dropped;
	uint64_t drop[VIFS][XN_DROP_COUNT]; /* that there must be */
};

extern struct kind_spec specs[KINDS_MAX];
extern struct kind kind;
extern struct model model;
extern struct matrix matrix;

/* cmocka teardown: a combination that failed says which it was. */
int matrix_teardown(void **state);
#define MATRIX_TEST(name) \
	cmocka_unit_test_setup_teardown(name, bed_setup, matrix_teardown)

/* All vifs connected and known to the switch. */
void matrix_begin(struct matrix *m, struct bed *bed);
/* Nothing is left of it all; says how much was tried. */
void matrix_end(struct matrix *m, const char *what);
/* Every receiver gets another MTU, in each of MTUS passes. */
void matrix_set_mtus(struct matrix *m, uint32_t pass);
uint32_t matrix_features(uint32_t n); /* of vif n, XN_DL_FE_... */

/* The kind goes into the sender's ring in one of many ways; the result is how
 * many slots it took. */
uint32_t matrix_put_frame(struct matrix *m);
/* So many buffers are there before the frame comes: none more than there are,
 * half of what it needs, or all. */
void matrix_post_early(struct matrix *m, uint32_t n,
		       const struct verdict *verdict);
/* The others are there when it has come. */
void matrix_post_late(struct matrix *m, uint32_t n,
		      const struct verdict *verdict);

/* Everything of the verdict is there; its drop is expected from now on. */
void matrix_check_received(struct matrix *m, uint32_t from, uint32_t n,
			   const struct verdict *verdict);
/* The sender's responses. */
void matrix_check_answers(struct matrix *m, uint32_t slots);
/* Nobody has anything that was not looked at, no counter of drops but the
 * expected ones has moved, nothing waits. */
void matrix_check_rest(struct matrix *m);
/* Receiver's and sender's counters since `before`. */
void matrix_check_counted(const struct matrix *m, uint32_t n,
			  const struct xn_vif_counters *before,
			  const struct verdict *verdict, bool fast);
void matrix_check_sent(const struct matrix *m,
		       const struct xn_vif_counters *before, bool fast);

#endif
