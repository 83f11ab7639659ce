/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text tables, see table.h. */
#include "netconf/cli/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct xn_table {
	size_t columns;
	size_t count, room; /* cells, heads among them */
	char (*cell)[XN_TABLE_CELL_MAX];
};

struct xn_table *xn_table_create(const char *const *heads, size_t columns)
{
	struct xn_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns =
		columns < XN_TABLE_COLUMNS_MAX ? columns : XN_TABLE_COLUMNS_MAX;
	for (size_t i = 0; i < table->columns; i++) {
		if (!xn_table_add(table, "%s", heads[i])) {
			xn_table_destroy(table);
			return NULL;
		}
	}
	return table;
}

void xn_table_destroy(struct xn_table *table)
{
	if (!table)
		return;
	free(table->cell);
	free(table);
}

static bool make_room(struct xn_table *table)
{
	size_t room = table->room ? table->room * 2 : 128;
	void *cell;

	if (table->count < table->room)
		return true;
	cell = reallocarray(table->cell, room, sizeof(*table->cell));
	if (!cell)
		return false;
	table->cell = cell;
	table->room = room;
	return true;
}

bool xn_table_add(struct xn_table *table, const char *format, ...)
{
	va_list args;

	if (!make_room(table))
		return false;
	va_start(args, format);
	(void)vsnprintf(table->cell[table->count++], XN_TABLE_CELL_MAX, format,
			args);
	va_end(args);
	return true;
}

bool xn_table_add_key(struct xn_table *table, const json_t *object,
		      const char *key)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (text)
		return xn_table_add(table, "%s", text[0] ? text : "-");
	if (json_is_integer(value))
		return xn_table_add(table, "%lld",
				    (long long)json_integer_value(value));
	if (json_is_boolean(value))
		return xn_table_add(table, "%s",
				    json_is_true(value) ? "yes" : "no");
	return xn_table_add(table, "-");
}

void xn_table_print(const struct xn_table *table)
{
	size_t width[XN_TABLE_COLUMNS_MAX] = {0};

	for (size_t i = 0; i < table->count; i++) {
		size_t length = strlen(table->cell[i]);

		if (length > width[i % table->columns])
			width[i % table->columns] = length;
	}
	for (size_t i = 0; i < table->count; i++) {
		if (i % table->columns == table->columns - 1)
			(void)printf("%s\n", table->cell[i]);
		else
			(void)printf("%-*s  ", (int)width[i % table->columns],
				     table->cell[i]);
	}
}

const char *xn_table_amount(double value, char ret_text[16])
{
	static const char units[] = "\0kMGTPE";
	size_t unit = 0;

	while (value >= 1000 && unit < sizeof(units) - 2) {
		value /= 1000;
		unit++;
	}
	(void)snprintf(ret_text, 16, unit ? "%.1f%c" : "%.0f", value,
		       units[unit]);
	return ret_text;
}
