/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from outside to checked numbers, and text in bounded memory. Pure. */
#include "netconf/base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int xn_parse_u64(const char *text, uint64_t min, uint64_t max,
		 uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!text || *text == '\0')
		return -EINVAL;
	/* A wrong character anywhere outweighs a number that is too large. */
	for (const char *c = text; *c != '\0'; c++) {
		if (*c < '0' || *c > '9')
			return -EINVAL;
	}
	for (const char *c = text; *c != '\0'; c++) {
		uint64_t digit = (uint64_t)(*c - '0');

		if (value > max / 10 || digit > max - value * 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (value < min)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int xn_parse_u32(const char *text, uint32_t min, uint32_t max,
		 uint32_t *ret_value)
{
	uint64_t value;
	int rc = xn_parse_u64(text, min, max, &value);

	if (rc < 0)
		return rc;
	*ret_value = (uint32_t)value;
	return 0;
}

int xn_text_format(char *ret_text, size_t text_bytes, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(ret_text, text_bytes, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= text_bytes) {
		ret_text[0] = '\0';
		return -ENAMETOOLONG;
	}
	return length;
}

int xn_text_copy(char *ret_text, size_t text_bytes, const char *text)
{
	size_t length = strnlen(text, text_bytes);

	if (length >= text_bytes || length > INT_MAX) {
		ret_text[0] = '\0';
		return -ENAMETOOLONG;
	}
	memcpy(ret_text, text, length + 1);
	return (int)length;
}

void xn_text_make_printable(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}
