// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenplane-guest: what a guest's kernel is to its network devices, as a
 * process in a network namespace. Options, signals, and the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <xengnttab.h>

#include "netback/netfront/guest.h"
#include "netconf/base/log.h"
#include "netconf/base/spin.h"
#include "netconf/base/text.h"

#define DOMID_MAX 0x7fefu

static const char usage[] =
	"usage: xenplane-guest [OPTION]...\n"
	"Serves the vifs of a domain as taps eth0, eth1, ... in this network\n"
	"namespace, until SIGTERM or until the domain's store folder goes.\n"
	"  --domid D           the domain (default: XENSIM_DOMID, else the\n"
	"                      store's word)\n"
	"  --queues N          queues of each vif, 1 to 8 (default 1)\n"
	"  --no-gso            no segmentation offload\n"
	"  --no-csum           no checksum offload (implies --no-gso)\n"
	"  --no-sg             frames in one page only (implies --no-gso)\n"
	"  --no-rx-notify      without feature-rx-notify\n"
	"  --xdp-headroom N    bytes before each received frame, as for an "
	"XDP\n"
	"                      program: 0 to 2048 (default 0)\n"
	"  --single-channel    one event channel for a queue's two rings\n"
	"  --hash              frames steered to queues by a Toeplitz hash\n"
	"  --static-grants     buffers that the backend keeps mapped\n"
	"  --multicast-control receive the groups only that are registered\n"
	"  --frontend none     be the domain and nothing else: its vifs are "
	"left\n"
	"                      to another program\n"
	"  --spin-us N         looks so long for work, at most, before it "
	"sleeps\n"
	"                      (default 0: never)\n"
	"  --close-first       a close cycle before connecting (Windows)\n"
	"  --die-with-parent   end when the parent process ends\n"
	"  --ready-fd N        write a byte there when serving\n"
	"  --log-level LEVEL   error, warning, info (default) or debug\n";

struct settings {
	struct xnf_options options;
	uint32_t domid;
	bool has_domid;
	bool no_frontend;
	bool die_with_parent;
	uint32_t ready_fd; /* 0: none */
	enum xn_log_level log_level;
};

enum option_code {
	OPT_DOMID = 1,
	OPT_QUEUES,
	OPT_NO_GSO,
	OPT_NO_CSUM,
	OPT_NO_SG,
	OPT_NO_RX_NOTIFY,
	OPT_XDP_HEADROOM,
	OPT_SINGLE_CHANNEL,
	OPT_HASH,
	OPT_STATIC_GRANTS,
	OPT_MULTICAST_CONTROL,
	OPT_SPIN_US,
	OPT_CLOSE_FIRST,
	OPT_FRONTEND,
	OPT_DIE_WITH_PARENT,
	OPT_READY_FD,
	OPT_LOG_LEVEL,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"domid", required_argument, NULL, OPT_DOMID},
	{"queues", required_argument, NULL, OPT_QUEUES},
	{"no-gso", no_argument, NULL, OPT_NO_GSO},
	{"no-csum", no_argument, NULL, OPT_NO_CSUM},
	{"no-sg", no_argument, NULL, OPT_NO_SG},
	{"no-rx-notify", no_argument, NULL, OPT_NO_RX_NOTIFY},
	{"xdp-headroom", required_argument, NULL, OPT_XDP_HEADROOM},
	{"single-channel", no_argument, NULL, OPT_SINGLE_CHANNEL},
	{"hash", no_argument, NULL, OPT_HASH},
	{"static-grants", no_argument, NULL, OPT_STATIC_GRANTS},
	{"multicast-control", no_argument, NULL, OPT_MULTICAST_CONTROL},
	{"spin-us", required_argument, NULL, OPT_SPIN_US},
	{"close-first", no_argument, NULL, OPT_CLOSE_FIRST},
	{"frontend", required_argument, NULL, OPT_FRONTEND},
	{"die-with-parent", no_argument, NULL, OPT_DIE_WITH_PARENT},
	{"ready-fd", required_argument, NULL, OPT_READY_FD},
	{"log-level", required_argument, NULL, OPT_LOG_LEVEL},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static int parse_level(const char *text, enum xn_log_level *ret_level)
{
	static const char *const names[] = {"error", "warning", "info",
					    "debug"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret_level = (enum xn_log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

static void no_gso(struct xnf_options *options)
{
	options->gso_tcpv4 = false;
	options->gso_tcpv6 = false;
}

static int parse_value(struct settings *settings, int code, const char *text)
{
	switch (code) {
	case OPT_DOMID:
		settings->has_domid = true;
		return xn_parse_u32(text, 0, DOMID_MAX, &settings->domid);
	case OPT_QUEUES:
		return xn_parse_u32(text, 1, XNF_QUEUES_MAX,
				    &settings->options.queues_max);
	case OPT_XDP_HEADROOM:
		return xn_parse_u32(text, 0, XNF_HEADROOM_MAX,
				    &settings->options.xdp_headroom);
	case OPT_SPIN_US:
		return xn_parse_u32(text, 0, XN_SPIN_US_LIMIT,
				    &settings->options.spin_us);
	case OPT_FRONTEND:
		settings->no_frontend = true;
		return strcmp(text, "none") == 0 ? 0 : -EINVAL;
	case OPT_READY_FD:
		return xn_parse_u32(text, 1, 1023, &settings->ready_fd);
	case OPT_LOG_LEVEL:
		return parse_level(text, &settings->log_level);
	}
	return -EINVAL;
}

static void set_flag(struct settings *settings, int code)
{
	struct xnf_options *options = &settings->options;

	if (code == OPT_NO_GSO || code == OPT_NO_CSUM || code == OPT_NO_SG)
		no_gso(options);
	if (code == OPT_NO_CSUM) {
		options->csum = false;
		options->ipv6_csum = false;
	}
	if (code == OPT_NO_SG)
		options->sg = false;
	if (code == OPT_NO_RX_NOTIFY)
		options->rx_notify = false;
	if (code == OPT_SINGLE_CHANNEL)
		options->split_channels = false;
	if (code == OPT_HASH)
		options->hash = true;
	if (code == OPT_STATIC_GRANTS)
		options->static_grants = true;
	if (code == OPT_MULTICAST_CONTROL)
		options->mcast_control = true;
	if (code == OPT_CLOSE_FIRST)
		options->close_first = true;
	if (code == OPT_DIE_WITH_PARENT)
		settings->die_with_parent = true;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct settings *settings)
{
	int code;

	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (code == OPT_HELP)
			return printf("%s", usage) < 0;
		if (code == '?')
			return 2;
		if (!optarg) {
			set_flag(settings, code);
		} else if (parse_value(settings, code, optarg)) {
			fprintf(stderr, "xenplane-guest: bad value \"%s\"\n",
				optarg);
			return 2;
		}
	}
	if (optind == argc)
		return -1;
	fputs(usage, stderr);
	return 2;
}

static int find_domid(struct settings *settings, struct xnf_store *store,
		      struct xn_err *err)
{
	const char *text = getenv("XENSIM_DOMID");
	char value[16];
	int rc;

	if (settings->has_domid)
		return 0;
	if (!text) {
		rc = xnf_store_read(store, XBT_NULL, "domid", value,
				    sizeof(value));
		if (rc < 0)
			return xn_fail(err, -rc, "which domain? (domid: %s)",
				       strerror(-rc));
		text = value;
	}
	rc = xn_parse_u32(text, 0, DOMID_MAX, &settings->domid);
	if (rc)
		return xn_fail(err, -rc, "\"%s\" is no domid", text);
	return 0;
}

static void on_signal(void *arg, int signal_number)
{
	(void)signal_number;
	xnf_guest_shut_down(arg);
}

static int say_ready(const struct settings *settings, struct xn_err *err)
{
	int fd = (int)settings->ready_fd;

	if (!fd)
		return 0;
	if (write(fd, "", 1) != 1 || close(fd) < 0)
		return xn_fail(err, errno, "--ready-fd %u: %s",
			       settings->ready_fd, strerror(errno));
	return 0;
}

static int serve(struct xn_loop *loop, struct settings *settings,
		 struct xn_err *err)
{
	struct xnf_store *store = xnf_store_open(err);
	struct xnf_guest_run *run = NULL;
	/* A guest's kernel is there before its first device and after its
	 * last: the domain lives as long as this handle. */
	xengntshr_handle *life = xengntshr_open(NULL, 0);
	int rc = -EIO;

	if (!life)
		xn_fail(err, errno, "the hypervisor: %s", strerror(errno));
	if (!life || !store)
		goto out;
	if (find_domid(settings, store, err))
		goto out;
	run = xnf_guest_start(loop, store, settings->domid,
			      settings->no_frontend ? NULL : &settings->options,
			      err);
	if (!run)
		goto out;
	if (!xn_loop_add_signal(loop, SIGTERM, on_signal, run) ||
	    !xn_loop_add_signal(loop, SIGINT, on_signal, run)) {
		xn_fail(err, errno, "signals: %s", strerror(errno));
		goto out;
	}
	rc = say_ready(settings, err);
	if (!rc)
		rc = xn_loop_run(loop);
out:
	xnf_guest_stop(run);
	xnf_store_close(store);
	if (life)
		xengntshr_close(life);
	return rc;
}

int main(int argc, char **argv)
{
	struct settings settings = {
		.options = xnf_options_default,
		.log_level = XN_LOG_INFO,
	};
	pid_t parent = getppid();
	struct xn_err err = {0};
	struct xn_loop *loop;
	int rc;

	rc = parse_options(argc, argv, &settings);
	if (rc >= 0)
		return rc;
	xn_log_open("xenplane-guest", settings.log_level, false);
	if (settings.die_with_parent &&
	    (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent))
		return 1;
	loop = xn_loop_create();
	if (!loop) {
		xn_error("event loop: %s", strerror(errno));
		return 1;
	}
	rc = serve(loop, &settings, &err);
	xn_loop_destroy(loop);
	if (rc) {
		xn_error("%s", xn_err_text(&err));
		return 1;
	}
	return 0;
}
