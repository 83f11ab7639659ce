/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenplaned: the control process. Options, the order in which the parts start
 * and stop, and signals. SIGTERM and SIGINT stop it in order: the data process
 * goes, then the twins; the states in the store stay as they are.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "netconf/base/log.h"
#include "netconf/base/spin.h"
#include "netconf/base/text.h"
#include "netconf/daemon/acls.h"
#include "netconf/daemon/api.h"
#include "netconf/daemon/bridge_drift.h"
#include "netconf/daemon/config.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/dhcp.h"
#include "netconf/daemon/fdb.h"
#include "netconf/daemon/fdstore.h"
#include "netconf/daemon/handover.h"
#include "netconf/daemon/hooks.h"
#include "netconf/daemon/host_addr.h"
#include "netconf/daemon/keeper.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/notify.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/removals.h"
#include "netconf/daemon/upgrade.h"
#include "netconf/daemon/vifs.h"
#include "netconf/ipc/client.h"

struct options {
	const char *socket;
	struct xn_datapath_program netback; /* path NULL: beside this one */
	enum xn_log_level level;
	uint32_t ready_fd; /* XN_READY_TOLD: none */
	uint32_t vifs_max;
	const char *config;	/* NULL: the usual file, if there is one */
	uint32_t check_upgrade; /* a form of records; NOT_ASKED */
	const char *state;	/* of `xenplane apply`; NULL: the usual one */
	const char *repair;	/* a bridge: only that; NULL: not asked */
};

#define NOT_ASKED UINT32_MAX

#define SETTLE_MS_MAX 3600000u /* as xenplane-netback has it */

static const char usage_text[] =
	"Usage: xenplaned [--socket PATH] [--config FILE] [--netback PATH]\n"
	"                 [--netback-user USER] [--netback-spin-us N]\n"
	"                 [--netback-workers N] [--netback-settle-ms N]\n"
	"                 [--no-sandbox] [--vifs-max N]\n"
	"                 [--log-level error|warning|info|debug] [--ready-fd "
	"N]\n"
	"                 [--check-upgrade N] [--state DIR]\n"
	"                 [--repair-bridge NAME]\n"
	"\n"
	"The control process of xenplane. Stays in the foreground; serves\n"
	"`xenplane` on the socket (" XN_CLIENT_SOCKET ").\n"
	"--netback-spin-us, --netback-workers and --netback-settle-ms are the\n"
	"data process's --spin-us, --workers and --settle-ms.\n"
	"--no-sandbox leaves the data process its rights: for debugging it.\n"
	"--check-upgrade N only says whether this program could take over "
	"from\n"
	"one that runs with these options and keeps vifs in form N.\n"
	"--state DIR is where `xenplane apply` remembers what is in force.\n"
	"--repair-bridge NAME only puts that bridge right, as that has it.\n";

static int parse_level(const char *text, enum xn_log_level *ret_level)
{
	static const char *const names[] = {
		[XN_LOG_ERROR] = "error",
		[XN_LOG_WARNING] = "warning",
		[XN_LOG_INFO] = "info",
		[XN_LOG_DEBUG] = "debug",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*ret_level = (enum xn_log_level)i;
		return 0;
	}
	return -EINVAL;
}

static int take_number(const char **ret_text, uint32_t least, uint32_t most)
{
	uint32_t number;

	if (xn_parse_u32(optarg, least, most, &number))
		return -EINVAL;
	*ret_text = optarg;
	return 0;
}

/* What is said to the data process. -ENOENT: not for it. */
static int take_netback_option(int option, struct xn_datapath_program *netback)
{
	switch (option) {
	case 'n':
		netback->path = optarg;
		return 0;
	case 'u':
		netback->user = optarg;
		return 0;
	case 'x':
		netback->no_sandbox = true;
		return 0;
	case 'p':
		return take_number(&netback->spin_us, 0, XN_SPIN_US_LIMIT);
	case 'w':
		return take_number(&netback->workers, 1, XN_WORKERS_MAX);
	case 't':
		return take_number(&netback->settle_ms, 0, SETTLE_MS_MAX);
	default:
		return -ENOENT;
	}
}

/* 0, or negative errno: wrong usage. */
static int take_option(int option, struct options *options)
{
	switch (option) {
	case 's':
		options->socket = optarg;
		return 0;
	case 'c':
		options->config = optarg;
		return 0;
	case 'm':
		return xn_parse_u32(optarg, 1, XN_VIFS_MAX, &options->vifs_max);
	case 'l':
		return parse_level(optarg, &options->level);
	case 'k':
		return xn_parse_u32(optarg, 0, NOT_ASKED - 1,
				    &options->check_upgrade);
	case 'd':
		options->state = optarg;
		return 0;
	case 'b':
		options->repair = optarg;
		return 0;
	case 'r':
		return xn_parse_u32(optarg, 3, INT_MAX, &options->ready_fd);
	default:
		return take_netback_option(option, &options->netback);
	}
}

/* 0: go on; else the exit status plus one. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{"socket", required_argument, NULL, 's'},
		{"netback", required_argument, NULL, 'n'},
		{"config", required_argument, NULL, 'c'},
		{"vifs-max", required_argument, NULL, 'm'},
		{"netback-user", required_argument, NULL, 'u'},
		{"netback-spin-us", required_argument, NULL, 'p'},
		{"netback-workers", required_argument, NULL, 'w'},
		{"netback-settle-ms", required_argument, NULL, 't'},
		{"no-sandbox", no_argument, NULL, 'x'},
		{"log-level", required_argument, NULL, 'l'},
		{"ready-fd", required_argument, NULL, 'r'},
		{"check-upgrade", required_argument, NULL, 'k'},
		{"state", required_argument, NULL, 'd'},
		{"repair-bridge", required_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(usage_text, stdout);
			return 1;
		}
		if (take_option(option, options) < 0)
			break;
	}
	if (option == -1 && optind == argc)
		return 0;
	(void)fputs(usage_text, stderr);
	return 3;
}

/* The data process's program lies beside this one. */
static int find_netback(char path[PATH_MAX], struct xn_err *err)
{
	static const char name[] = "/xenplane-netback";
	ssize_t length =
		readlink("/proc/self/exe", path, PATH_MAX - sizeof(name));
	char *slash;

	if (length < 0 || length >= (ssize_t)(PATH_MAX - sizeof(name)))
		return xn_fail(err, ENAMETOOLONG, "/proc/self/exe: unreadable");
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return xn_fail(err, EINVAL, "/proc/self/exe: %s", path);
	memcpy(slash, name, sizeof(name));
	return 0;
}

/* Once, when guests can be served. */
static void say_ready(uint32_t *fd)
{
	if (*fd == XN_READY_TOLD)
		return;
	if (write((int)*fd, "\n", 1) != 1)
		xn_warning("--ready-fd %u: %s", *fd, strerror(errno));
	(void)close((int)*fd);
	*fd = XN_READY_TOLD;
}

/* The datapath's words to those whom they concern. */

static void on_ready(void *arg)
{
	struct xn_daemon *daemon = arg;

	xn_info("the data process is ready");
	xn_links_data_ready(daemon->links);
	xn_fdb_data_ready(daemon->fdb);
	xn_acls_data_ready(daemon->acls);
	xn_vifs_data_ready(daemon->vifs);
	xn_hooks_active(daemon->hooks);
	say_ready(&daemon->ready_fd);
	xn_notify_ready(daemon->notify);
}

static void on_died(void *arg, int status)
{
	struct xn_daemon *daemon = arg;

	xn_fdb_data_died(daemon->fdb);
	xn_vifs_data_died(daemon->vifs, status);
}

static void on_vif_up(void *arg, const struct xn_dl_vif_up *message)
{
	struct xn_daemon *daemon = arg;

	xn_vifs_up(daemon->vifs, message);
}

static void on_vif_gone(void *arg, const struct xn_dl_vif_gone *message)
{
	struct xn_daemon *daemon = arg;

	xn_vifs_gone(daemon->vifs, message);
}

static void on_vif_fault(void *arg, const struct xn_dl_vif_fault *message)
{
	struct xn_daemon *daemon = arg;

	xn_vifs_fault(daemon->vifs, message);
}

static void on_vif_stall(void *arg, const struct xn_dl_vif_stall *message)
{
	struct xn_daemon *daemon = arg;

	xn_vifs_stall(daemon->vifs, message);
}

static void on_active(void *arg)
{
	struct xn_daemon *daemon = arg;

	xn_hooks_active(daemon->hooks);
}

static void on_port_done(void *arg, const struct xn_dl_port_done *message)
{
	struct xn_daemon *daemon = arg;
	struct xn_vif *vif = xn_vifs_by_slot(daemon->vifs, message->slot);

	if (!vif)
		return;
	xn_port_done(vif, message);
	xn_vifs_step(daemon->vifs, vif);
	xn_vifs_check_resumed(daemon->vifs);
}

static void on_station(void *arg, const struct xn_dl_station *message)
{
	struct xn_daemon *daemon = arg;

	xn_fdb_station(daemon->fdb, message);
}

static void on_stations_end(void *arg, const struct xn_dl_stations_end *message)
{
	struct xn_daemon *daemon = arg;

	xn_fdb_stations_end(daemon->fdb, message);
}

static int start_datapath(struct xn_daemon *daemon,
			  const struct xn_datapath_program *program,
			  struct xn_err *err)
{
	struct xn_datapath_listener listener = {
		.ready = on_ready,
		.died = on_died,
		.vif_up = on_vif_up,
		.vif_gone = on_vif_gone,
		.vif_fault = on_vif_fault,
		.vif_stall = on_vif_stall,
		.active = on_active,
		.port_done = on_port_done,
		.station = on_station,
		.stations_end = on_stations_end,
		.arg = daemon,
	};

	return xn_datapath_create(daemon->loop, program, daemon->fdstore,
				  &listener, &daemon->datapath, err);
}

static void stop(struct xn_daemon *daemon)
{
	/* First nobody asks any more, then nobody moves frames, then the
	 * twins go, unless the manager keeps them for the next one. */
	daemon->leaving = xn_fdstore_keeps(daemon->fdstore);
	xn_api_destroy(daemon->api);
	xn_upgrade_destroy(daemon->upgrade);
	xn_dhcp_destroy(daemon->dhcp);
	daemon->dhcp = NULL;
	xn_datapath_destroy(daemon->datapath);
	xn_keeper_destroy(daemon->keeper);
	daemon->keeper = NULL;
	xn_bridge_drift_destroy(daemon->bridge_drift);
	daemon->bridge_drift = NULL;
	xn_vifs_destroy(daemon->vifs);
	xn_removals_destroy(daemon->removals);
	xn_store_close(daemon->store);
	xn_host_addr_destroy(daemon->host_addr);
	xn_acls_destroy(daemon->acls);
	xn_hooks_destroy(daemon->hooks);
	xn_links_destroy(daemon->links);
	xn_fdb_destroy(daemon->fdb);
	xn_nl_close(daemon->nl);
	xn_notify_destroy(daemon->notify);
	xn_loop_destroy(daemon->loop);
	xn_config_destroy(daemon->config);
	xn_fdstore_close(daemon->fdstore);
}

/* A file that was not asked for by name may be missing. */
static int read_config(const char *file, struct xn_config **ret_config,
		       struct xn_err *err)
{
	if (!file && access(XN_CONFIG_FILE, F_OK) && errno == ENOENT) {
		*ret_config = xn_config_create();
		return *ret_config ? 0 : xn_fail(err, ENOMEM, "out of memory");
	}
	return xn_config_read(file ? file : XN_CONFIG_FILE, ret_config, err);
}

static void reload(struct xn_daemon *daemon)
{
	struct xn_config *config = NULL;
	struct xn_err err = {0};

	if (read_config(daemon->config_file, &config, &err)) {
		xn_error("%s; what was set stays", xn_err_text(&err));
		daemon->reload_err = err;
		return;
	}
	daemon->reload_err.set = false;
	xn_config_destroy(daemon->config);
	daemon->config = config;
	daemon->reloads++;
	xn_info("the configuration was read again");
	(void)xn_config_say_unused(config);
	xn_policy_update_all(daemon);
	xn_dhcp_look(daemon->dhcp);
	xn_keeper_again(daemon->keeper);
	xn_bridge_drift_again(daemon->bridge_drift);
}

static void on_hangup(void *arg, int signal_number)
{
	struct xn_daemon *daemon = arg;
	bool told = xn_notify_reloading(daemon->notify);

	(void)signal_number;
	reload(daemon);
	if (told)
		xn_notify_ready(daemon->notify);
}

static void on_signal(void *arg, int signal_number)
{
	struct xn_daemon *daemon = arg;

	xn_info("stopping: signal %d", signal_number);
	xn_notify_stopping(daemon->notify);
	xn_loop_stop(daemon->loop, 0);
}

/* A vif has up to XN_QUEUES_MAX + 4 descriptors, and a service is started with
 * room for 1024. */
static void raise_descriptors(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static int start_loop(struct xn_daemon *daemon, struct xn_err *err)
{
	daemon->loop = xn_loop_create();
	if (!daemon->loop ||
	    !xn_loop_add_signal(daemon->loop, SIGTERM, on_signal, daemon) ||
	    !xn_loop_add_signal(daemon->loop, SIGINT, on_signal, daemon) ||
	    !xn_loop_add_signal(daemon->loop, SIGHUP, on_hangup, daemon))
		return xn_fail(err, errno, "event loop: %s", strerror(errno));
	return 0;
}

static uint32_t queues_to_offer(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (cpus < 1)
		return 1;
	return cpus > (long)XN_QUEUES_MAX ? XN_QUEUES_MAX : (uint32_t)cpus;
}

/* What there is before the parts: what was handed over, the configuration, the
 * loop. */
static int start_ground(struct xn_daemon *daemon, const struct options *options,
			char **argv, struct xn_err *err)
{
	int error;

	/* What was handed over has the lowest numbers: before all else. */
	daemon->fdstore = xn_fdstore_open(err);
	if (!daemon->fdstore)
		return -ENOMEM;
	daemon->ready_fd =
		xn_upgrade_is_one(daemon) ? XN_READY_TOLD : options->ready_fd;
	raise_descriptors();
	daemon->started_ms = xn_now_ms();
	daemon->queues_max = queues_to_offer();
	daemon->vifs_max = options->vifs_max;
	daemon->config_file = options->config;
	error = read_config(options->config, &daemon->config, err);
	if (error)
		return error;
	(void)xn_config_say_unused(daemon->config);
	error = start_loop(daemon, err);
	if (error)
		return error;
	daemon->notify = xn_notify_create(daemon->loop, err);
	if (!daemon->notify)
		return -ENOMEM;
	daemon->upgrade = xn_upgrade_create(daemon, argv, err);
	return daemon->upgrade ? 0 : -ENOMEM;
}

/* Each part may use those before it. */
static int start(struct xn_daemon *daemon, const struct options *options,
		 char **argv, struct xn_err *err)
{
	struct xn_store_listener listener;
	int error;

	error = start_ground(daemon, options, argv, err);
	if (error)
		return error;
	error = xn_nl_open(&daemon->nl, err);
	if (error)
		return error;
	daemon->fdb = xn_fdb_create(daemon);
	daemon->vifs = xn_vifs_create(daemon);
	daemon->removals = xn_removals_create(daemon->loop, daemon->nl);
	daemon->acls = xn_acls_create(daemon);
	if (!daemon->fdb || !daemon->vifs || !daemon->removals || !daemon->acls)
		return xn_fail(err, ENOMEM, "out of memory");
	error = xn_links_create(daemon, &daemon->links, err);
	if (error)
		return error;
	xn_fdb_read_all(daemon->fdb);
	error = xn_hooks_create(daemon, &daemon->hooks, err);
	if (error)
		return error;
	error = xn_keeper_create(daemon, &daemon->keeper, err);
	if (error)
		return error;
	error = start_datapath(daemon, &options->netback, err);
	if (error)
		return error;
	error = xn_host_addr_create(daemon, &daemon->host_addr, err);
	if (error)
		return error;
	listener = xn_vifs_store_listener(daemon->vifs);
	error = xn_store_open(daemon->loop, &listener, &daemon->store, err);
	if (error)
		return error;
	daemon->own_domid = xn_store_own_domid(daemon->store);
	xn_handover_adopt_all(daemon);
	error = xn_dhcp_create(daemon, &daemon->dhcp, err);
	if (error)
		return error;
	error = xn_bridge_drift_create(daemon, options->state,
				       &daemon->bridge_drift, err);
	if (error)
		return error;
	return xn_api_create(daemon, options->socket, &daemon->api, err);
}

/* Would this one start, and go on with the vifs of one that runs? */
static int check_upgrade(const struct options *options, struct xn_err *err)
{
	struct xn_config *config = NULL;
	int error = read_config(options->config, &config, err);

	xn_config_destroy(config);
	return error ? error
		     : xn_upgrade_check(options->check_upgrade,
					options->netback.path, err);
}

int main(int argc, char **argv)
{
	struct options options = {
		.socket = XN_CLIENT_SOCKET,
		.level = XN_LOG_INFO,
		.ready_fd = XN_READY_TOLD,
		.vifs_max = XN_VIFS_MAX,
		.check_upgrade = NOT_ASKED,
	};
	struct xn_daemon daemon = {0};
	struct xn_err err = {0};
	char beside[PATH_MAX];
	int status = parse_options(argc, argv, &options);

	if (status)
		return status - 1;
	xn_log_open("xenplaned", options.level, false);
	if (options.repair) {
		if (xn_bridge_drift_repair(options.state, options.repair, &err))
			goto failed;
		return 0;
	}
	if (!options.netback.path) {
		if (find_netback(beside, &err))
			goto failed;
		options.netback.path = beside;
	}
	if (options.check_upgrade != NOT_ASKED) {
		if (check_upgrade(&options, &err))
			goto failed;
		return 0;
	}
	if (start(&daemon, &options, argv, &err))
		goto failed;
	status = xn_loop_run(daemon.loop);
	stop(&daemon);
	return status ? 1 : 0;

failed:
	xn_error("%s", xn_err_text(&err));
	stop(&daemon);
	return 1;
}
