/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stanza's address, see address.h. Pure. */
#include "netconf/ifupdown/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"

/* 255.255.255.0 is 24; ones after a zero are no mask. */
static int parse_mask(const char *text, uint32_t *ret_length)
{
	struct in_addr mask;
	uint32_t bits;
	uint32_t length = 0;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return -EINVAL;
	bits = ntohl(mask.s_addr);
	while (bits & 0x80000000U) {
		bits <<= 1;
		length++;
	}
	if (bits)
		return -EINVAL;
	*ret_length = length;
	return 0;
}

int xn_ifup_address_parse(const char *address, const char *netmask,
			  struct xn_addr *ret_addr)
{
	struct xn_addr addr = {.family = AF_INET};
	const char *length_text = netmask;
	char host[INET6_ADDRSTRLEN + 4];
	uint32_t length;
	char *slash;

	if (xn_text_copy(host, sizeof(host), address) < 1)
		return -EINVAL;
	slash = strchr(host, '/');
	if (slash) {
		*slash = '\0';
		length_text = slash + 1;
	}
	if (strchr(host, ':'))
		addr.family = AF_INET6;
	if (inet_pton(addr.family, host, addr.address) != 1)
		return -EINVAL;
	if (xn_parse_u32(length_text, 0, addr.family == AF_INET ? 32 : 128,
			 &length) < 0 &&
	    (addr.family != AF_INET || parse_mask(length_text, &length) < 0))
		return -EINVAL;
	addr.prefix_length = (uint8_t)length;
	addr.valid_s = UINT32_MAX;
	addr.preferred_s = UINT32_MAX;
	*ret_addr = addr;
	return 0;
}
