/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_TEXT_H
#define XN_BASE_TEXT_H
/*
 * Text from outside to checked numbers, and text built in bounded memory.
 * Pure; any thread.
 */
#include <stddef.h>
#include <stdint.h>

/* The whole text is one decimal number: digits only, no sign, no blanks, at
 * least one digit. -EINVAL: it is not; -ERANGE: below min or above max.
 * *ret_value untouched on failure. text may be NULL (-EINVAL). */
int xn_parse_u64(const char *text, uint64_t min, uint64_t max,
		 uint64_t *ret_value);
int xn_parse_u32(const char *text, uint32_t min, uint32_t max,
		 uint32_t *ret_value);

/* snprintf() that does not pass a cut text off as whole: the length, or
 * -ENAMETOOLONG with an empty string in `ret_text`. text_bytes > 0. */
int xn_text_format(char *ret_text, size_t text_bytes, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Copies the string whole: its length, or -ENAMETOOLONG as above. */
int xn_text_copy(char *ret_text, size_t text_bytes, const char *text);

/* Replaces what is not printable ASCII by '?'. For a guest's words, which
 * people read on their terminals and programs as JSON. */
void xn_text_make_printable(char *text);

#endif
