/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_SETTINGS_H
#define XN_PARSE_SETTINGS_H
/*
 * Settings as text (netconf/model/settings.h), for the command line, the
 * file, and what the toolstack writes:
 *
 *	fastpath, offload, antispoof, isolated, carrier, repair,
 *	police	on | off
 *	bpdu	pass | drop
 *	storm	frames a second | off
 *	rate, rate-in		xl's: 10Mb/s, 1MB/s@20ms | off
 *	ceiling, guarantee, ceiling-in, guarantee-in	10Mb/s | off
 *	burst, burst-in		100KB | off
 *	weight, weight-in	1 to 100
 *	acl	the name of an [acl NAME] | none
 *	ip	addresses with blanks between, each with /LENGTH or not | none
 *
 * The value `default` takes a layer's word back. Pure; any thread.
 */
#include "netconf/base/err.h"
#include "netconf/model/settings.h"
#include "netconf/parse/suggest.h"

/* Room for any setting's value as text. */
#define XN_SETTING_TEXT_MAX 2048u

bool xn_setting_known(const char *key);
/* What may have been meant by a key that is none of them, nor of the `count`
 * others that may stand there (suggest.h). Returns ret_text. */
const char *xn_setting_suggest(const char *key, const char *const *others,
			       size_t count,
			       char ret_text[XN_SUGGEST_TEXT_MAX]);

/* Sets one. 0; or -EINVAL with the key and what is wanted in err, and
 * *settings untouched. */
int xn_settings_put(struct xn_settings *settings, const char *key,
		    const char *value, struct xn_err *err);
/* `ip` as the toolstack has it: bits behind a length are passed over, as by the
 * stock scripts' rules. */
int xn_settings_put_stock_ip(struct xn_settings *settings, const char *value,
			     struct xn_err *err);
/* The same for "key=value". */
int xn_settings_put_pair(struct xn_settings *settings, const char *pair,
			 struct xn_err *err);

/* The toolstack's word on the rate, "BYTES,MICROSECONDS"; 0 bytes: no limit.
 * Source: xen's public io/netif.h, and libxl. -EINVAL with err. */
int xn_settings_put_store_rate(struct xn_settings *settings, const char *text,
			       struct xn_err *err);

/* One setting's value, as xn_settings_put() takes it. */
const char *xn_settings_format(const struct xn_settings *settings,
			       enum xn_setting setting,
			       char ret_text[XN_SETTING_TEXT_MAX]);

#endif
