/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_TRAFFIC_OPTIONS_H
#define XNF_TRAFFIC_OPTIONS_H
/* The command line of xenplane-traffic. */
#include "netback/netfront/keys.h"
#include "netback/netfront/traffic_loop.h"
#include "netback/netfront/traffic_ping.h"
#include "netback/netfront/traffic_run.h"

struct xnf_traffic_options {
	struct xnf_traffic_settings settings;
	struct xnf_loop_settings loop;
	struct xnf_options front;
	uint32_t domid;
	uint32_t vif;
	struct xn_mac dest;
	struct xn_mac source;
	bool has_dest, has_source;
	uint32_t flows;
	bool announce;
	uint32_t gso_size;    /* 0: none */
	uint32_t ready_fd;    /* 0: none */
	uint32_t connect_ms;  /* how long the backend may take */
	uint32_t interval_us; /* between a ping's arrival and the next */
};

/* -1: *ret_options is whole and possible; else the exit status, and the
 * reason was printed. */
int xnf_traffic_options_parse(int argc, char **argv,
			      struct xnf_traffic_options *ret_options);
const char *xnf_traffic_mode_name(enum xnf_traffic_mode mode);
const char *xnf_touch_name(enum xnf_touch touch);
/* 0 or -EINVAL. */
int xnf_touch_parse(const char *text, enum xnf_touch *ret_touch);

#endif
