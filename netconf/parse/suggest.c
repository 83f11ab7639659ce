/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nearest known word, see suggest.h. */
#include "netconf/parse/suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "netconf/base/text.h"

#define DISTANCE_MAX 3u
#define LETTERS_FOR_ONE 3u

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Letters to change, add, drop or swap with the next: the optimal string
 * alignment of Damerau and Levenshtein, with three rows of the matrix. Both
 * are at most XN_SUGGEST_WORD_MAX long. */
static uint32_t distance(const char *a, const char *b)
{
	uint32_t row[3][XN_SUGGEST_WORD_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	for (uint32_t j = 0; j <= b_length; j++)
		row[0][j] = row[2][j] = j;
	for (uint32_t i = 1; i <= a_length; i++) {
		uint32_t *now = row[i % 3];
		const uint32_t *above = row[(i + 2) % 3];
		const uint32_t *second = row[(i + 1) % 3];

		now[0] = i;
		for (uint32_t j = 1; j <= b_length; j++) {
			bool same = a[i - 1] == b[j - 1];

			now[j] = least(above[j], now[j - 1]) + 1;
			now[j] = least(now[j], above[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], second[j - 2] + 1);
		}
	}
	return row[a_length % 3][b_length];
}

static size_t same_letters(const char *a, const char *b)
{
	size_t count = 0;

	while (a[count] && a[count] == b[count])
		count++;
	return count;
}

const char *xn_suggest(const char *word, const char *const *words, size_t count,
		       char ret_text[XN_SUGGEST_TEXT_MAX])
{
	size_t length = strnlen(word, XN_SUGGEST_WORD_MAX + 1);
	const char *nearest = NULL;
	uint32_t allowed =
		(uint32_t)(length + LETTERS_FOR_ONE - 1) / LETTERS_FOR_ONE;
	uint32_t best = least(allowed, DISTANCE_MAX) + 1;

	ret_text[0] = '\0';
	if (length > XN_SUGGEST_WORD_MAX)
		return ret_text;
	for (size_t i = 0; i < count; i++) {
		uint32_t steps;

		if (strnlen(words[i], XN_SUGGEST_WORD_MAX + 1) >
		    XN_SUGGEST_WORD_MAX)
			continue;
		steps = distance(word, words[i]);
		/* Not a word of which no letter is left. Of two that are as
		 * near, the one that begins the same. */
		if (steps >= strlen(words[i]))
			continue;
		if (steps < best || (steps == best && nearest &&
				     same_letters(word, words[i]) >
					     same_letters(word, nearest))) {
			best = steps;
			nearest = words[i];
		}
	}
	if (nearest)
		(void)xn_text_format(ret_text, XN_SUGGEST_TEXT_MAX,
				     " (did you mean '%s'?)", nearest);
	return ret_text;
}
