// SPDX-License-Identifier: GPL-2.0-or-later
/* A daemon's inside for the fuzzers (plane.h). */
#include "plane.h"

#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/daemon/acls.h"
#include "netconf/daemon/config.h"
#include "netconf/daemon/datapath_private.h"
#include "netconf/daemon/fdb.h"
#include "netconf/daemon/hooks.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/store_private.h"
#include "netconf/daemon/vifs.h"
#include "netconf/nl/bridge.h"

#define ROUNDS 3u
#define DATA_PID 0x7ffffffe /* nobody's */

struct xn_daemon plane;

static struct xn_datapath datapath;
static struct xn_store store; /* away */
static int turn_fd;
static bool killed;

/* Nothing is killed here. */
int __wrap_kill(pid_t pid, int signal_number);
int __wrap_kill(pid_t pid, int signal_number)
{
	FUZZ_CHECK(pid == DATA_PID && signal_number == SIGKILL);
	killed = true;
	return 0;
}

bool plane_was_killed(void)
{
	return killed;
}

static void on_ready(void *arg)
{
	struct xn_daemon *daemon = arg;

	xn_links_data_ready(daemon->links);
	xn_acls_data_ready(daemon->acls);
	xn_vifs_data_ready(daemon->vifs);
}

static void on_died(void *arg, int status)
{
	(void)arg;
	(void)status;
}

static void on_vif_up(void *arg, const struct xn_dl_vif_up *message)
{
	(void)arg;
	xn_vifs_up(plane.vifs, message);
}

static void on_vif_gone(void *arg, const struct xn_dl_vif_gone *message)
{
	(void)arg;
	xn_vifs_gone(plane.vifs, message);
}

static void on_vif_fault(void *arg, const struct xn_dl_vif_fault *message)
{
	(void)arg;
	xn_vifs_fault(plane.vifs, message);
}

static void on_active(void *arg)
{
	(void)arg;
}

static void on_vif_stall(void *arg, const struct xn_dl_vif_stall *message)
{
	(void)arg;
	xn_vifs_stall(plane.vifs, message);
}

static void on_port_done(void *arg, const struct xn_dl_port_done *message)
{
	struct xn_vif *vif = xn_vifs_by_slot(plane.vifs, message->slot);

	(void)arg;
	if (!vif)
		return;
	xn_port_done(vif, message);
	xn_vifs_step(plane.vifs, vif);
	xn_vifs_check_resumed(plane.vifs);
}

static void on_station(void *arg, const struct xn_dl_station *message)
{
	(void)arg;
	xn_fdb_station(plane.fdb, message);
}

static void on_stations_end(void *arg, const struct xn_dl_stations_end *message)
{
	(void)arg;
	xn_fdb_stations_end(plane.fdb, message);
}

static void make_vifs(void);

static void start_datapath(void)
{
	datapath = (struct xn_datapath){
		.loop = plane.loop,
		.link = -1,
		.stats_fd = -1,
		.listener =
			{
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
				.arg = &plane,
			},
	};
	datapath.stats = calloc(1, sizeof(*datapath.stats));
	FUZZ_CHECK(datapath.stats);
	plane.datapath = &datapath;
	(void)plane_new_data_process();
}

int plane_new_data_process(void)
{
	static int theirs = -1;
	int pair[2];

	xn_source_destroy(datapath.link_source);
	xn_close(&datapath.link);
	xn_close(&theirs);
	xn_datapath_queue_clear(&datapath);
	FUZZ_CHECK(xn_fd_socketpair(SOCK_NONBLOCK, pair) == 0);
	datapath.link = pair[0];
	theirs = pair[1];
	datapath.link_source =
		xn_loop_add_fd(plane.loop, datapath.link, EPOLLIN,
			       xn_datapath_link_event, &datapath);
	FUZZ_CHECK(datapath.link_source);
	datapath.pid = DATA_PID;
	datapath.ready = false;
	datapath.killed = false;
	killed = false;
	make_vifs();
	return theirs;
}

/* It stays readable for some rounds, in which all others have their turn. */
static void on_turn(void *arg, uint32_t epoll_events)
{
	static uint32_t rounds;
	uint64_t count;

	(void)arg;
	(void)epoll_events;
	if (++rounds % ROUNDS)
		return;
	FUZZ_CHECK(read(turn_fd, &count, sizeof(count)) ==
		   (ssize_t)sizeof(count));
	xn_loop_stop(plane.loop, 0);
}

void plane_turn(void)
{
	const uint64_t one = 1;

	FUZZ_CHECK(write(turn_fd, &one, sizeof(one)) == (ssize_t)sizeof(one));
	FUZZ_CHECK(xn_loop_run(plane.loop) == 0);
}

static void make_vifs(void)
{
	struct xn_store_listener listener = xn_vifs_store_listener(plane.vifs);

	for (uint32_t i = 0; i < PLANE_VIFS; i++)
		listener.backend(listener.arg, 1 + i, 0, true);
	for (uint32_t i = 0; i < PLANE_VIFS; i++) {
		struct xn_vif *vif = xn_vifs_by_slot(plane.vifs, i);

		FUZZ_CHECK(vif);
		vif->machine = (struct xnb_vif){
			.seen = {.backend_present = true,
				 .online = true,
				 .hotplug_connected = true,
				 .backend = XNB_STATE_INIT_WAIT,
				 .frontend = XNB_STATE_CONNECTED},
			.phase = i ? XNB_PHASE_UP : XNB_PHASE_CONNECTING,
			.generation = 1,
			.data_ready = true,
			.offered = true,
		};
	}
}

void plane_start(void)
{
	struct xn_err err = {0};

	xn_log_open("fuzz", XN_LOG_ERROR, false);
	if (unshare(CLONE_NEWNET)) {
		fprintf(stderr, "no network namespace: are you root?\n");
		exit(1);
	}
	plane.loop = xn_loop_create();
	turn_fd = eventfd(0, EFD_CLOEXEC);
	FUZZ_CHECK(plane.loop && turn_fd >= 0);
	FUZZ_CHECK(xn_loop_add_fd(plane.loop, turn_fd, EPOLLIN, on_turn, NULL));
	FUZZ_CHECK(xn_nl_open(&plane.nl, &err) == 0);
	FUZZ_CHECK(xn_bridge_create(plane.nl, "xenbr0", NULL, 0, &err) == 0);
	plane.queues_max = 4;
	plane.vifs_max = XN_VIFS_MAX;
	plane.config = xn_config_create();
	FUZZ_CHECK(plane.config);
	store = (struct xn_store){.loop = plane.loop, .hangup = -1};
	plane.store = &store;
	plane.fdb = xn_fdb_create(&plane);
	plane.vifs = xn_vifs_create(&plane);
	plane.acls = xn_acls_create(&plane);
	FUZZ_CHECK(plane.fdb && plane.vifs && plane.acls);
	FUZZ_CHECK(xn_hooks_create(&plane, &plane.hooks, &err) == 0);
	FUZZ_CHECK(xn_links_create(&plane, &plane.links, &err) == 0);
	start_datapath();
	FUZZ_CHECK(xn_links_need_index(
		plane.links, xn_links_bridge_by_name(plane.links, "xenbr0")));
}
