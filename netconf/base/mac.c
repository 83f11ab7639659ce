/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ethernet addresses to and from their text. Pure. */
#include "netconf/base/mac.h"

#include <errno.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int xn_mac_parse(const char *text, struct xn_mac *ret_mac)
{
	struct xn_mac mac;

	for (int i = 0; i < XN_MAC_BYTES; i++, text += 3) {
		char end = i < XN_MAC_BYTES - 1 ? ':' : '\0';
		int high = hex_digit(text[0]);
		int low;

		if (high < 0)
			return -EINVAL;
		low = hex_digit(text[1]);
		if (low < 0 || text[2] != end)
			return -EINVAL;
		mac.octet[i] = (uint8_t)(high << 4 | low);
	}
	*ret_mac = mac;
	return 0;
}

char *xn_mac_format(const struct xn_mac *mac, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";
	char *at = ret_text;

	for (int i = 0; i < XN_MAC_BYTES; i++) {
		*at++ = digits[mac->octet[i] >> 4];
		*at++ = digits[mac->octet[i] & 15];
		*at++ = i < XN_MAC_BYTES - 1 ? ':' : '\0';
	}
	return ret_text;
}
