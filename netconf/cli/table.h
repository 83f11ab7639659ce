/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_CLI_TABLE_H
#define XN_CLI_TABLE_H
/* Text tables for people: columns as wide as their widest cell, the last one
 * open-ended. */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define XN_TABLE_COLUMNS_MAX 16
#define XN_TABLE_CELL_MAX 160

struct xn_table;

/* `heads` are printed above, even without a row. Caller owns; NULL: out of
 * memory. */
struct xn_table *xn_table_create(const char *const *heads, size_t columns);
void xn_table_destroy(struct xn_table *table); /* accepts NULL */

/* Fills the next cell, row by row; longer text is cut. false: out of memory. */
bool xn_table_add(struct xn_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The key's value as people read it; "-" when it is missing or null. */
bool xn_table_add_key(struct xn_table *table, const json_t *object,
		      const char *key);
void xn_table_print(const struct xn_table *table);

/* "1.5M": bytes or frames in a few characters. */
const char *xn_table_amount(double value, char ret_text[16]);

#endif
