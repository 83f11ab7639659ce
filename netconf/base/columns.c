/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconf/base/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

#define BLANKS " \t\n"
#define DIGITS_MAX 20

size_t xn_columns_split(char *line, char **ret_fields, size_t max)
{
	size_t count = 0;
	char *word;

	while (count < max && (word = strsep(&line, BLANKS))) {
		if (word[0] != '\0')
			ret_fields[count++] = word;
	}
	return count;
}

int xn_column_hex(const char *field, uint32_t *ret_value)
{
	size_t length = strspn(field, "0123456789abcdefABCDEF");

	if (length == 0 || length > 8 || field[length] != '\0')
		return -EINVAL;
	*ret_value = (uint32_t)strtoul(field, NULL, 16);
	return 0;
}

int xn_column_number(const char *text, const char *word, uint64_t *ret_value)
{
	size_t skip = strlen(word);
	char digits[DIGITS_MAX + 1];
	size_t length;

	if (strncmp(text, word, skip) != 0)
		return -EINVAL;
	length = strspn(text + skip, "0123456789");
	if (length > DIGITS_MAX)
		return -EINVAL;
	memcpy(digits, text + skip, length);
	digits[length] = '\0';
	return xn_parse_u64(digits, 0, UINT64_MAX, ret_value);
}
