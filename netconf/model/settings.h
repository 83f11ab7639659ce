/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_SETTINGS_H
#define XN_MODEL_SETTINGS_H
/*
 * What an administrator, or the toolstack, says about a vif. It is said in
 * layers, each of which may leave anything unsaid; of what several say, the
 * last layer's word counts. Pure values; any thread.
 * The text of settings is netconf/parse/settings.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which people read them. */
enum xn_setting {
	XN_SETTING_FASTPATH,  /* may take the switch */
	XN_SETTING_OFFLOAD,   /* the guest is offered checksums and GSO */
	XN_SETTING_ANTISPOOF, /* only its own addresses as a source */
	XN_SETTING_ISOLATED,  /* no frames to other isolated vifs */
	XN_SETTING_CARRIER,   /* the guest sees a link */
	XN_SETTING_BPDU,      /* pass or drop what it says of spanning trees */
	XN_SETTING_STORM,     /* floods, in frames a second */
	XN_SETTING_RATE,      /* what it sends */
	/* The rest of what it sends, and all of what it receives: qos/. */
	XN_SETTING_BURST,
	XN_SETTING_CEILING,
	XN_SETTING_GUARANTEE,
	XN_SETTING_WEIGHT,
	XN_SETTING_RATE_IN,
	XN_SETTING_BURST_IN,
	XN_SETTING_CEILING_IN,
	XN_SETTING_GUARANTEE_IN,
	XN_SETTING_WEIGHT_IN,
	XN_SETTING_POLICE, /* what it sends beyond is dropped, not queued */
	XN_SETTING_IP,	   /* its addresses, for antispoof */
	XN_SETTING_ACL,	   /* which packets it may send and receive */
	XN_SETTING_REPAIR, /* its twin is put back when others change it */
	XN_SETTING_COUNT,
};

#define XN_SETTINGS_ADDRESSES_MAX 32u
#define XN_ACL_NAME_MAX 32u /* with the terminating zero */
#define XN_WEIGHT_MAX 100u
#define XN_WEIGHT_DEFAULT 10u

struct xn_address {
	uint8_t family;	   /* 4 or 6 */
	uint8_t prefix;	   /* bits of octet[] behind it are 0 */
	uint8_t octet[16]; /* network order; IPv4 in the first four */
};

/* One way of the vif's traffic. Bytes are of frames. */
struct xn_share {
	uint64_t rate_bytes; /* in each interval; 0: no limit */
	uint32_t rate_interval_us;
	uint32_t weight;	     /* of what is left over on an uplink */
	uint64_t burst_bytes;	     /* 0: what the interval holds */
	uint64_t ceiling, guarantee; /* bytes a second; 0: none */
};

/* One layer, or the sum of all. A value counts when its bit is in `said`. */
struct xn_settings {
	uint32_t said; /* bit (1 << enum xn_setting) each */
	bool fastpath, offload, antispoof, isolated, carrier;
	bool bpdu_drop, repair, police;
	uint32_t storm_frames; /* 0: no limit */
	struct xn_share send, receive;
	uint32_t address_count;
	struct xn_address address[XN_SETTINGS_ADDRESSES_MAX];
	char acl[XN_ACL_NAME_MAX]; /* of [acl NAME]; "": none */
};

/* Who may say something, a later one against an earlier one. The toolstack
 * speaks of one guest: that is more than what holds for a whole bridge. */
enum xn_settings_layer {
	XN_LAYER_BUILTIN,
	XN_LAYER_DEFAULTS,   /* the file's [defaults] */
	XN_LAYER_BRIDGE,     /* the file's [bridge NAME] */
	XN_LAYER_BRIDGE_SET, /* `xenplane bridge set` */
	XN_LAYER_STORE,	     /* the toolstack: rate, ip */
	XN_LAYER_VIF_NAME,   /* the file's [vif NAME] */
	XN_LAYER_VIF,	     /* the file's [vif MAC] */
	XN_LAYER_VIF_SET,    /* `xenplane vif set` */
	XN_LAYER_COUNT,
};

/* What holds, and who said it; everything is said. */
struct xn_settings_sum {
	struct xn_settings now;
	enum xn_settings_layer from[XN_SETTING_COUNT];
};

/* Every setting at its first value. */
void xn_settings_builtin(struct xn_settings *ret_settings);

/* Takes over what `from` says. */
void xn_settings_overlay(struct xn_settings *settings,
			 const struct xn_settings *from);

/* layer[i] NULL: that one says nothing. BUILTIN's place is not read. */
void xn_settings_merge(const struct xn_settings *const layer[XN_LAYER_COUNT],
		       struct xn_settings_sum *ret_sum);

/* The same words, and the same of them. */
bool xn_settings_equal(const struct xn_settings *a,
		       const struct xn_settings *b);

/* The rate as a bucket that an interval fills: what the interval gives, or the
 * burst that is said, which takes another interval at the same rate. 0 bytes:
 * no limit. The interval is at most `interval_us_max`. */
void xn_share_bucket(const struct xn_share *share, uint32_t interval_us_max,
		     uint64_t *ret_bytes, uint32_t *ret_interval_us);

const char *xn_setting_name(enum xn_setting setting);		  /* "rate" */
const char *xn_settings_layer_name(enum xn_settings_layer layer); /* "vif" */

#endif
