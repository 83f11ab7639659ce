/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_MAC_H
#define XN_BASE_MAC_H
/* Ethernet addresses: value type, text form "00:16:3e:01:02:03". */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define XN_MAC_BYTES 6
#define XN_MAC_TEXT 18 /* with the terminating zero */

struct xn_mac {
	uint8_t octet[XN_MAC_BYTES];
};

/* Six pairs of hex digits with ':' between; nothing before or after.
 * 0 or -EINVAL; *ret_mac untouched on failure. */
int xn_mac_parse(const char *text, struct xn_mac *ret_mac);
/* `ret_text` has at least XN_MAC_TEXT bytes; returns it. */
char *xn_mac_format(const struct xn_mac *mac, char *ret_text);

static inline bool xn_mac_is_group(const struct xn_mac *mac)
{
	return mac->octet[0] & 1;
}

/* No station's: what has no address, or none yet. */
static inline bool xn_mac_is_zero(const struct xn_mac *mac)
{
	static const struct xn_mac zero;

	return memcmp(mac->octet, zero.octet, XN_MAC_BYTES) == 0;
}

static inline bool xn_mac_equal(const struct xn_mac *a, const struct xn_mac *b)
{
	return memcmp(a->octet, b->octet, XN_MAC_BYTES) == 0;
}

#endif
