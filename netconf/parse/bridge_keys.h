/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_BRIDGE_KEYS_H
#define XN_PARSE_BRIDGE_KEYS_H
/*
 * The keys of [bridge NAME] one by one, from text to plain values. What keys
 * have to do with each other is planeconf_check.c's. Pure; any thread.
 */
#include "netconf/model/planeconf.h"
#include "netconf/parse/conf.h"

/* What the kernel takes as it is (dev_valid_name(), and no '%', which it would
 * number): 1 to 15 bytes, no '/', ':', blanks or control bytes, not "." or
 * "..". */
bool xn_conf_ifname_valid(const char *name);

/* XN_CONF_KEY_COUNT when it is none. */
enum xn_conf_key xn_conf_key_find(const char *name);

/* Sets the key of a section. 0; or -EINVAL with file:line:column in err. A key
 * that is said twice is refused. */
int xn_bridge_key_put(struct xn_planeconf_bridge *bridge, enum xn_conf_key key,
		      const struct xn_conf_entry *entry, struct xn_err *err);

/* An address with the host's bits; `bare` allows it to be without /LENGTH.
 * -EINVAL. */
int xn_conf_address_parse(const char *text, bool bare, struct xn_address *ret);

#endif
