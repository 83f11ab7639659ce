// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_options.h. */
#include "netback/netfront/traffic_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

#define SECONDS_MAX 86400u
#define DOMID_MAX 0x7fefu
#define CONNECT_MS 20000u

static const char usage[] =
	"usage: xenplane-traffic --vif N --mode send|sink|echo|loop|ping\n"
	"                        (--count N | --seconds S) [OPTION]...\n"
	"Sends, receives or returns frames on one vif, ring to ring, and "
	"prints\n"
	"what it saw as JSON. Loop: vif N sends, vif N+1 sinks. Ping: so too, "
	"one\n"
	"frame at a time, and how long each took.\n"
	"  --domid D            the domain (default: XENSIM_DOMID)\n"
	"  --size BYTES[,...]   frames to send take these sizes in turn\n"
	"  --dst MAC            where to (default: broadcast)\n"
	"  --src MAC            where from (default: the vif's address)\n"
	"  --flows N            so many UDP or TCP ports take turns (default "
	"1)\n"
	"  --gso SIZE           TCP frames with segments of SIZE bytes "
	"payload\n"
	"  --touch WHAT         none, header or payload: written and read\n"
	"  --verify             checksums over every frame\n"
	"  --announce           send one short broadcast first, so that "
	"switches know\n"
	"                       where this vif's address is\n"
	"  --idle-ms MS         over when nothing came for so long\n"
	"  --spin-us US         look for work so long before sleeping\n"
	"  --spin               (loop) never sleep\n"
	"  --pairs N            (loop) so many pairs of vifs, up to 15\n"
	"  --burst N            (loop) frames at a time, up to 64\n"
	"  --window N           (loop) frames under way at most\n"
	"  --macs N             (loop) to N stations behind the sinks\n"
	"  --flood              (loop) to everybody\n"
	"  --interval-us US     (ping) rest so long between two frames\n"
	"  --queues N           1 to 8 (default 1)\n"
	"  --single-channel     one event channel for a queue's two rings\n"
	"  --no-rx-notify       without feature-rx-notify\n"
	"  --connect-ms MS      time for the backend to connect\n"
	"  --ready-fd N         write a byte there when connected\n";

enum option_code {
	OPT_DOMID = 1,
	OPT_VIF,
	OPT_MODE,
	OPT_COUNT,
	OPT_SECONDS,
	OPT_SIZE,
	OPT_DST,
	OPT_FLOWS,
	OPT_GSO,
	OPT_TOUCH,
	OPT_VERIFY,
	OPT_ANNOUNCE,
	OPT_IDLE_MS,
	OPT_SPIN_US,
	OPT_SRC,
	OPT_SPIN,
	OPT_PAIRS,
	OPT_BURST,
	OPT_WINDOW,
	OPT_MACS,
	OPT_FLOOD,
	OPT_INTERVAL_US,
	OPT_QUEUES,
	OPT_SINGLE_CHANNEL,
	OPT_NO_RX_NOTIFY,
	OPT_CONNECT_MS,
	OPT_READY_FD,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"domid", required_argument, NULL, OPT_DOMID},
	{"vif", required_argument, NULL, OPT_VIF},
	{"mode", required_argument, NULL, OPT_MODE},
	{"count", required_argument, NULL, OPT_COUNT},
	{"seconds", required_argument, NULL, OPT_SECONDS},
	{"size", required_argument, NULL, OPT_SIZE},
	{"dst", required_argument, NULL, OPT_DST},
	{"flows", required_argument, NULL, OPT_FLOWS},
	{"gso", required_argument, NULL, OPT_GSO},
	{"touch", required_argument, NULL, OPT_TOUCH},
	{"verify", no_argument, NULL, OPT_VERIFY},
	{"announce", no_argument, NULL, OPT_ANNOUNCE},
	{"idle-ms", required_argument, NULL, OPT_IDLE_MS},
	{"spin-us", required_argument, NULL, OPT_SPIN_US},
	{"src", required_argument, NULL, OPT_SRC},
	{"spin", no_argument, NULL, OPT_SPIN},
	{"pairs", required_argument, NULL, OPT_PAIRS},
	{"burst", required_argument, NULL, OPT_BURST},
	{"window", required_argument, NULL, OPT_WINDOW},
	{"macs", required_argument, NULL, OPT_MACS},
	{"flood", no_argument, NULL, OPT_FLOOD},
	{"interval-us", required_argument, NULL, OPT_INTERVAL_US},
	{"queues", required_argument, NULL, OPT_QUEUES},
	{"single-channel", no_argument, NULL, OPT_SINGLE_CHANNEL},
	{"no-rx-notify", no_argument, NULL, OPT_NO_RX_NOTIFY},
	{"connect-ms", required_argument, NULL, OPT_CONNECT_MS},
	{"ready-fd", required_argument, NULL, OPT_READY_FD},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* What must be said, as bits. */
#define SEEN_DOMID (1u << 0)
#define SEEN_VIF (1u << 1)
#define SEEN_MODE (1u << 2)
#define SEEN_LIMIT (1u << 3)
#define SEEN_SIZE (1u << 4)
/* What else must be known. */
#define SEEN_TOUCH (1u << 5)
#define SEEN_LOOP (1u << 6) /* an option of loops only */
#define SEEN_MANY (1u << 7) /* of loops with more than one frame */
#define SEEN_PING (1u << 8) /* of pings only */

const char *xnf_traffic_mode_name(enum xnf_traffic_mode mode)
{
	switch (mode) {
	case XNF_TRAFFIC_SEND:
		return "send";
	case XNF_TRAFFIC_SINK:
		return "sink";
	case XNF_TRAFFIC_ECHO:
		return "echo";
	case XNF_TRAFFIC_LOOP:
		return "loop";
	case XNF_TRAFFIC_PING:
		return "ping";
	}
	return "unknown";
}

const char *xnf_touch_name(enum xnf_touch touch)
{
	switch (touch) {
	case XNF_TOUCH_NONE:
		return "none";
	case XNF_TOUCH_HEADER:
		return "header";
	case XNF_TOUCH_PAYLOAD:
		return "payload";
	}
	return "unknown";
}

int xnf_touch_parse(const char *text, enum xnf_touch *ret_touch)
{
	for (uint32_t i = XNF_TOUCH_NONE; i <= XNF_TOUCH_PAYLOAD; i++) {
		if (!strcmp(text, xnf_touch_name((enum xnf_touch)i))) {
			*ret_touch = (enum xnf_touch)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_mode(const char *text, enum xnf_traffic_mode *ret_mode)
{
	for (uint32_t i = XNF_TRAFFIC_SEND; i <= XNF_TRAFFIC_PING; i++) {
		if (!strcmp(text,
			    xnf_traffic_mode_name((enum xnf_traffic_mode)i))) {
			*ret_mode = (enum xnf_traffic_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_sizes(char *text, struct xnf_traffic_settings *settings)
{
	char *rest = NULL;

	settings->size_count = 0;
	for (char *one = strtok_r(text, ",", &rest); one;
	     one = strtok_r(NULL, ",", &rest)) {
		if (settings->size_count == XNF_SIZES_MAX ||
		    xn_parse_u32(one, XNF_FRAME_MIN, XNF_FRAME_MAX,
				 &settings->size[settings->size_count]))
			return -EINVAL;
		settings->size_count++;
	}
	return settings->size_count ? 0 : -EINVAL;
}

static int parse_seconds(const char *text, uint32_t *ret_ms)
{
	uint32_t seconds;
	int rc = xn_parse_u32(text, 1, SECONDS_MAX, &seconds);

	if (!rc)
		*ret_ms = seconds * 1000;
	return rc;
}

static int parse_limits(int code, const char *text,
			struct xnf_traffic_options *options, uint32_t *seen)
{
	struct xnf_traffic_settings *settings = &options->settings;

	switch (code) {
	case OPT_COUNT:
		*seen |= SEEN_LIMIT;
		return xn_parse_u64(text, 1, UINT64_MAX, &settings->count);
	case OPT_SECONDS:
		*seen |= SEEN_LIMIT;
		return parse_seconds(text, &settings->run_ms);
	case OPT_IDLE_MS:
		return xn_parse_u32(text, 1, SECONDS_MAX * 1000,
				    &settings->idle_ms);
	case OPT_SPIN_US:
		return xn_parse_u32(text, 0, 1000000, &settings->spin_us);
	case OPT_CONNECT_MS:
		return xn_parse_u32(text, 1, SECONDS_MAX * 1000,
				    &options->connect_ms);
	case OPT_INTERVAL_US:
		*seen |= SEEN_PING;
		return xn_parse_u32(text, 0, 1000000, &options->interval_us);
	}
	return -EINVAL;
}

static int parse_loop(int code, const char *text,
		      struct xnf_traffic_options *options, uint32_t *seen)
{
	struct xnf_loop_settings *loop = &options->loop;

	*seen |= SEEN_LOOP | SEEN_MANY;
	switch (code) {
	case OPT_PAIRS:
		return xn_parse_u32(text, 1, XNF_LOOP_PAIRS_MAX, &loop->pairs);
	case OPT_BURST:
		return xn_parse_u32(text, 1, XNF_LOOP_BURST_MAX, &loop->burst);
	case OPT_WINDOW:
		return xn_parse_u32(text, 1, XNF_RING_SLOTS, &loop->window);
	case OPT_MACS:
		return xn_parse_u32(text, 1, XNF_LOOP_MACS_MAX, &loop->macs);
	}
	return -EINVAL;
}

static int parse_mac(const char *text, struct xn_mac *ret_mac, bool *ret_has)
{
	*ret_has = true;
	return xn_mac_parse(text, ret_mac);
}

static int parse_value(int code, char *text,
		       struct xnf_traffic_options *options, uint32_t *seen)
{
	switch (code) {
	case OPT_DOMID:
		*seen |= SEEN_DOMID;
		return xn_parse_u32(text, 0, DOMID_MAX, &options->domid);
	case OPT_VIF:
		*seen |= SEEN_VIF;
		return xn_parse_u32(text, 0, 65535, &options->vif);
	case OPT_MODE:
		*seen |= SEEN_MODE;
		return parse_mode(text, &options->settings.mode);
	case OPT_SIZE:
		*seen |= SEEN_SIZE;
		return parse_sizes(text, &options->settings);
	case OPT_DST:
		return parse_mac(text, &options->dest, &options->has_dest);
	case OPT_SRC:
		return parse_mac(text, &options->source, &options->has_source);
	case OPT_TOUCH:
		*seen |= SEEN_TOUCH;
		return xnf_touch_parse(text, &options->settings.touch);
	case OPT_FLOWS:
		return xn_parse_u32(text, 1, XNF_FLOWS_MAX, &options->flows);
	case OPT_GSO:
		return xn_parse_u32(text, 8, 65535, &options->gso_size);
	case OPT_QUEUES:
		return xn_parse_u32(text, 1, XNF_QUEUES_MAX,
				    &options->front.queues_max);
	case OPT_READY_FD:
		return xn_parse_u32(text, 1, 1023, &options->ready_fd);
	case OPT_PAIRS:
	case OPT_BURST:
	case OPT_WINDOW:
	case OPT_MACS:
		return parse_loop(code, text, options, seen);
	}
	return parse_limits(code, text, options, seen);
}

static void set_flag(int code, struct xnf_traffic_options *options,
		     uint32_t *seen)
{
	if (code == OPT_VERIFY)
		options->settings.verify = true;
	if (code == OPT_SPIN || code == OPT_FLOOD)
		*seen |= SEEN_LOOP;
	if (code == OPT_FLOOD)
		*seen |= SEEN_MANY;
	if (code == OPT_SPIN)
		options->loop.spin = true;
	if (code == OPT_FLOOD)
		options->loop.flood = true;
	if (code == OPT_SINGLE_CHANNEL)
		options->front.split_channels = false;
	if (code == OPT_ANNOUNCE)
		options->announce = true;
	if (code == OPT_NO_RX_NOTIFY)
		options->front.rx_notify = false;
}

static int complain(const char *what)
{
	fprintf(stderr, "xenplane-traffic: %s\n", what);
	return 2;
}

static int check_loop(struct xnf_traffic_options *options, uint32_t seen)
{
	struct xnf_traffic_settings *settings = &options->settings;
	const struct xnf_loop_settings *loop = &options->loop;

	if (!(seen & SEEN_SIZE))
		return complain("which --size?");
	for (uint32_t i = 0; i < settings->size_count; i++)
		if (settings->size[i] < XNF_LOOP_FRAME_MIN)
			return complain("--mode loop: frames of 64 bytes and "
					"more");
	if (!(seen & SEEN_TOUCH) && !settings->verify)
		settings->touch = XNF_TOUCH_HEADER;
	if (settings->touch == XNF_TOUCH_NONE &&
	    (loop->macs || options->flows > 1))
		return complain("--touch none: all frames are the same");
	if (loop->macs && (loop->flood || options->has_dest))
		return complain("--macs, --dst or --flood?");
	if (options->has_dest && (loop->flood || loop->pairs > 1))
		return complain("--dst is for one pair");
	if (options->has_source && loop->pairs > 1)
		return complain("--src is for one pair");
	if (2 * loop->pairs > 65536 - options->vif)
		return complain("no vifs of such numbers");
	return -1;
}

static int check_ping(struct xnf_traffic_options *options, uint32_t seen)
{
	if (seen & SEEN_MANY || options->front.queues_max > 1)
		return complain("--mode ping: one frame at a time, of one pair "
				"and queue");
	if (options->settings.count > XNF_PINGS_MAX)
		return complain("--mode ping: a million frames at most");
	options->loop.window = 1;
	options->loop.burst = 1;
	return check_loop(options, seen);
}

static int check(struct xnf_traffic_options *options, uint32_t seen)
{
	const char *domid = getenv("XENSIM_DOMID");

	if (!(seen & SEEN_DOMID) &&
	    xn_parse_u32(domid, 0, DOMID_MAX, &options->domid))
		return complain("which --domid?");
	if (!(seen & SEEN_VIF))
		return complain("which --vif?");
	if (!(seen & SEEN_MODE))
		return complain("which --mode?");
	if (!(seen & SEEN_LIMIT))
		return complain("--count or --seconds: a run has an end");
	if (options->settings.mode == XNF_TRAFFIC_SEND && !(seen & SEEN_SIZE))
		return complain("which --size?");
	if (options->settings.verify)
		options->settings.touch = XNF_TOUCH_PAYLOAD;
	if (options->settings.mode == XNF_TRAFFIC_LOOP)
		return seen & SEEN_PING ? complain("an option of --mode ping")
					: check_loop(options, seen);
	if (options->settings.mode == XNF_TRAFFIC_PING)
		return check_ping(options, seen);
	if (seen & (SEEN_LOOP | SEEN_PING))
		return complain("an option that only --mode loop has");
	return -1;
}

int xnf_traffic_options_parse(int argc, char **argv,
			      struct xnf_traffic_options *ret_options)
{
	struct xnf_traffic_options options = {
		.settings = {.run_ms = SECONDS_MAX * 1000},
		.front = xnf_options_default,
		.dest = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
		.flows = 1,
		.connect_ms = CONNECT_MS,
		.loop = {.pairs = 1, .burst = XNF_LOOP_BURST_MAX},
	};
	uint32_t seen = 0;
	int code;
	int rc;

	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (code == OPT_HELP)
			return printf("%s", usage) < 0;
		if (code == '?')
			return 2;
		if (!optarg)
			set_flag(code, &options, &seen);
		else if (parse_value(code, optarg, &options, &seen))
			return complain("an option has a bad value");
	}
	if (optind != argc)
		return complain("options only, please; see --help");
	rc = check(&options, seen);
	if (rc < 0)
		*ret_options = options;
	return rc;
}
