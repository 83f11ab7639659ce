/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_COLUMNS_H
#define XN_BASE_COLUMNS_H
/* Lines of the kernel's tables below /proc: words between blanks. Pure. */
#include <stddef.h>
#include <stdint.h>

/* Takes the line apart where it lies: how many words it has, up to `max`, and
 * where they are; what is beyond stays with the last but is not its part. */
size_t xn_columns_split(char *line, char **ret_fields, size_t max);
/* Up to eight hexadecimal digits and nothing else. -EINVAL. */
int xn_column_hex(const char *field, uint32_t *ret_value);
/* The number behind "WORD" at the start of the text, whatever comes after it.
 * -EINVAL. */
int xn_column_number(const char *text, const char *word, uint64_t *ret_value);

#endif
