/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_VIFSPEC_H
#define XN_PARSE_VIFSPEC_H
/*
 * One vif as xl writes it: "mac=00:16:3e:01:02:03,bridge=xenbr0,rate=10Mb/s".
 * Source: xl-network-configuration(5). Every refusal names the column
 * (counted from 1), the key and the value.
 *
 * Pure: no system call; the result is a plain value.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/base/mac.h"

#define XN_VIFSPEC_TEXT_MAX 4096
#define XN_VIFSPEC_WORD_MAX 64
#define XN_VIFSPEC_PATH_MAX 256
#define XN_VIFSPEC_IPS_MAX 16
#define XN_VIFSPEC_IP_MAX 64

enum xn_vif_type {
	XN_VIF_TYPE_DEFAULT, /* not said */
	XN_VIF_TYPE_VIF,     /* paravirtual only */
	XN_VIF_TYPE_IOEMU,   /* with an emulated NIC beside it */
};

struct xn_vifspec {
	bool has_mac;
	struct xn_mac mac;
	char bridge[IFNAMSIZ]; /* "" when not said */
	char gatewaydev[IFNAMSIZ];
	char vifname[IFNAMSIZ];
	char model[XN_VIFSPEC_WORD_MAX];
	char backend[XN_VIFSPEC_WORD_MAX]; /* domain name or id */
	char script[XN_VIFSPEC_PATH_MAX];
	char vlan[XN_VIFSPEC_WORD_MAX];
	enum xn_vif_type type;
	uint32_t ip_count;
	char ip[XN_VIFSPEC_IPS_MAX][XN_VIFSPEC_IP_MAX]; /* address or network */
	uint64_t rate_bytes; /* credit in each interval; 0: unlimited */
	uint32_t rate_interval_us;
	uint32_t mtu;	/* 0: not said */
	int32_t devid;	/* -1: not said */
	int8_t trusted; /* 1, 0, or -1: not said */
};

/* 0, or negative errno with the column in err; *ret_spec is untouched then.
 * An empty text is a vif with nothing said. */
int xn_vifspec_parse(const char *text, struct xn_vifspec *ret_spec,
		     struct xn_err *err);

/* "N[GMK](b|B)/s[@N[us|ms|s]]", decimal multiples, 50 ms when no interval is
 * said; a bare number after @ is seconds, as in xl. 0 or -EINVAL with err. */
int xn_rate_parse(const char *text, uint64_t *ret_bytes,
		  uint32_t *ret_interval_us, struct xn_err *err);

/* "N[GMK](b|B)/s" to bytes a second, 1 to 10^11. -EINVAL. */
int xn_speed_parse(const char *text, uint64_t *ret_bytes_per_s);
/* "N[GMK]B", decimal multiples; up to 2^40. -EINVAL. */
int xn_bytes_parse(const char *text, uint64_t *ret_bytes);

/* "10.0.0.1", "fd00::1", either with "/length". */
bool xn_ip_text_valid(const char *text);

#endif
