/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_ROUTER_WORDS_H
#define TEST_ROUTER_WORDS_H
/* Addresses as text, for tests. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "router/wish.h"

/* "10.0.0.2", "10.0.0.0/8" */
static inline struct xn_address address(const char *text)
{
	char host[64] = "";
	const char *slash = strchr(text, '/');
	struct xn_address made = {.family = strchr(text, ':') ? 6 : 4};

	strncat(host, text, slash ? (size_t)(slash - text) : sizeof(host) - 1);
	made.prefix = (uint8_t)(slash		   ? atoi(slash + 1)
				: made.family == 6 ? 128
						   : 32);
	if (inet_pton(made.family == 6 ? AF_INET6 : AF_INET, host,
		      made.octet) != 1)
		abort();
	return made;
}

/* Words with one blank between. */
static inline uint32_t addresses(const char *text, struct xn_address *list)
{
	char copy[512] = "";
	char *rest = copy, *word;
	uint32_t count = 0;

	strncat(copy, text, sizeof(copy) - 1);
	while ((word = strsep(&rest, " ")))
		if (*word)
			list[count++] = address(word);
	return count;
}

#endif
