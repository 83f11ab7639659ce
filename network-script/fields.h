/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_FIELDS_H
#define XNS_FIELDS_H
/* Lines of the kernel's tables below /proc: words between blanks. Pure. */
#include <stddef.h>
#include <stdint.h>

/* Takes the line apart where it lies: how many words it has, up to `max`, and
 * where they are; what is beyond stays with the last but is not its part. */
size_t xns_fields_split(char *line, char **ret_fields, size_t max);
/* Up to eight hexadecimal digits and nothing else. -EINVAL. */
int xns_field_hex(const char *field, uint32_t *ret_value);
/* The number behind "WORD" at the start of the text, whatever comes after it.
 * -EINVAL. */
int xns_field_number(const char *text, const char *word, uint64_t *ret_value);

#endif
