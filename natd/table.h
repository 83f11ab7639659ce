/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_TABLE_H
#define XNAT_TABLE_H
/*
 * An nftables table as plain data: chains of rules, sets and maps with their
 * elements, and timeouts. natd/plan.h makes one from a configuration;
 * natd/batch.h makes messages for the kernel of it.
 *
 * Numbers are those of linux/netfilter/nf_tables.h. Values that the kernel
 * compares with a packet's are in network order, its own in the host's.
 *
 * Pure; any thread. Memory: the table owns all of it. What runs out of memory
 * or of room is noted in `error`, after which the functions that add do
 * nothing: whoever builds a table looks at it once, in the end.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XNAT_TABLE_NAME "xenplane_nat"
#define XNAT_NAME_MAX 32u
#define XNAT_RULE_EXPRS_MAX 16u
#define XNAT_ELEMENTS_MAX 131072u /* of all sets */
#define XNAT_VALUE_MAX 64u	  /* the kernel's own limit */
#define XNAT_FIELDS_MAX 4u

enum xnat_do {
	XNAT_META,     /* key -> dreg */
	XNAT_PAYLOAD,  /* base, offset, bytes -> dreg */
	XNAT_CT,       /* key -> dreg; of the original direction if so */
	XNAT_IS_LOCAL, /* the kind of the destination -> dreg */
	XNAT_MASK,     /* sreg & value -> dreg */
	XNAT_EQUAL,    /* goes on if sreg is value */
	XNAT_DIFFERS,  /* goes on if not */
	XNAT_IN,       /* goes on if sreg is in the set */
	XNAT_NOT_IN,
	XNAT_MAP, /* sreg -> dreg by the map; goes on if it has it */
	XNAT_VERDICT_MAP,
	XNAT_ACCEPT,
	XNAT_DROP,
	XNAT_RETURN,
	XNAT_JUMP, /* to the chain */
	XNAT_GOTO,
	XNAT_COUNT,
	XNAT_MASQUERADE,
	XNAT_SNAT, /* family; sreg: address, .. see struct xnat_nat */
	XNAT_DNAT,
	XNAT_LIMIT,   /* sreg into the set; goes on if it has over `key`
		       * connections */
	XNAT_TIMEOUT, /* the named one */
};

/* Registers of 4 bytes each, from 0; XNAT_NO_REG: none. */
#define XNAT_NO_REG 0xffu
struct xnat_nat {
	uint8_t family; /* NFPROTO_* */
	uint8_t address_max, port_min, port_max;
	bool whole_prefix; /* the host's bits are kept */
};

struct xnat_expr {
	enum xnat_do kind;
	uint8_t sreg, dreg; /* words of 4 bytes, from 0 */
	uint8_t base, bytes;
	bool original;
	uint32_t key, offset;
	struct xnat_nat nat;
	uint8_t value[16];
	char name[XNAT_NAME_MAX]; /* of a set, a chain, a timeout */
};

struct xnat_rule {
	uint32_t count;
	struct xnat_expr expr[XNAT_RULE_EXPRS_MAX];
};

struct xnat_chain {
	char name[XNAT_NAME_MAX];
	/* Others' rules may stand in it: made when it is missing, and never
	 * changed or emptied. */
	bool admins;
	bool is_base;
	const char *type; /* "nat", "filter"; of a base chain, as below */
	uint32_t hook;
	int32_t priority;
	uint32_t count, room;
	struct xnat_rule *rule;
};

struct xnat_element {
	uint8_t key[XNAT_VALUE_MAX];
	uint8_t key_end[XNAT_VALUE_MAX]; /* of a set with intervals */
	uint8_t data[XNAT_VALUE_MAX];	 /* of a map */
	char chain[XNAT_NAME_MAX];	 /* of a verdict map: jumps there */
};

struct xnat_set {
	char name[XNAT_NAME_MAX];
	uint8_t field_count;
	uint8_t field_bytes[XNAT_FIELDS_MAX]; /* each fills whole words */
	uint32_t key_type, data_type;	      /* nft(8)'s, for its listings */
	uint32_t key_bytes;
	uint32_t data_bytes; /* 0: no map */
	bool is_verdicts;
	bool has_intervals;
	bool data_is_interval; /* the least, then the greatest */
	bool is_dynamic;       /* the kernel adds elements; not compared */
	uint32_t count, room;
	struct xnat_element *element;
};

#define XNAT_TIMEOUT_STEPS_MAX 16u
struct xnat_timeout {
	char name[XNAT_NAME_MAX];
	uint8_t protocol; /* IPPROTO_* */
	uint32_t count;
	struct {
		uint16_t attr; /* CTA_TIMEOUT_* of nfnetlink_cttimeout.h */
		uint32_t seconds;
	} step[XNAT_TIMEOUT_STEPS_MAX];
};

/* Zero-initialise: empty. */
struct xnat_table {
	int error; /* -ENOMEM, -E2BIG */
	uint32_t chain_count, chain_room;
	struct xnat_chain *chain;
	uint32_t set_count, set_room;
	struct xnat_set *set;
	uint32_t timeout_count, timeout_room;
	struct xnat_timeout *timeout;
	uint32_t elements;
};

void xnat_table_fini(struct xnat_table *table);

/* Each gives the place of the new one. What the rest is for is said by the
 * caller, who may write to it until the next is added. */
uint32_t xnat_chain_add(struct xnat_table *table, const char *name);
uint32_t xnat_base_chain_add(struct xnat_table *table, const char *name,
			     const char *type, uint32_t hook, int32_t priority);
void xnat_rule_begin(struct xnat_table *table, uint32_t chain);
/* To the rule that was begun last in that chain. */
void xnat_expr_add(struct xnat_table *table, uint32_t chain,
		   const struct xnat_expr *expr);
void xnat_set_add(struct xnat_table *table, const struct xnat_set *set);
void xnat_timeout_add(struct xnat_table *table,
		      const struct xnat_timeout *timeout);
/* By the set's name. */
void xnat_element_add(struct xnat_table *table, const char *set,
		      const struct xnat_element *element);

/* In the order of their keys, so that two sets can be compared. */
void xnat_set_sort(struct xnat_set *set);
int xnat_element_compare(const struct xnat_set *set,
			 const struct xnat_element *a,
			 const struct xnat_element *b);
/* The same key leads to the same. */
bool xnat_element_equal(const struct xnat_set *set,
			const struct xnat_element *a,
			const struct xnat_element *b);
/* NULL: there is none. */
struct xnat_set *xnat_set_named(const struct xnat_table *table,
				const char *name);

/* How many rules: this does not grow with guests or forwards. */
uint32_t xnat_table_rules(const struct xnat_table *table);

#endif
