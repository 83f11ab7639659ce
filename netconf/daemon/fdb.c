/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeping the two forwarding tables in agreement, see fdb.h. Fed by the
 * monitor (links.c), the data process, and the ports' switch-overs (port.c).
 */
#include "netconf/daemon/fdb.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdlib.h>

#include "bridge/switch.h"
#include "netconf/base/log.h"
#include "netconf/daemon/fdb_map.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/vifs.h"

/* What the kernel is told: at most that many entries each turn. */
#define TELL_MS 50u
#define TELL_MAX 256
/* Stations of a dead data process are forgotten when the new one has not
 * learned them within the default ageing time (802.1D). */
#define FORGET_MS 300000u

struct xn_fdb {
	struct xn_daemon *daemon;
	struct xn_source *tell;	  /* timer, armed while records are pending */
	struct xn_source *forget; /* timer, after a data process died */
	bool telling;
	bool dumping[XN_BRIDGES_MAX];
	struct xn_fdb_map map;
};

static void on_tell(void *arg);
static void on_forget(void *arg);

struct xn_fdb *xn_fdb_create(struct xn_daemon *daemon)
{
	struct xn_fdb *fdb = calloc(1, sizeof(*fdb));

	if (!fdb)
		return NULL;
	fdb->daemon = daemon;
	fdb->tell = xn_loop_add_timer(daemon->loop, on_tell, fdb);
	fdb->forget = xn_loop_add_timer(daemon->loop, on_forget, fdb);
	if (!fdb->tell || !fdb->forget || xn_fdb_map_init(&fdb->map)) {
		xn_fdb_destroy(fdb);
		return NULL;
	}
	return fdb;
}

void xn_fdb_destroy(struct xn_fdb *fdb)
{
	if (!fdb)
		return;
	xn_source_destroy(fdb->tell);
	xn_source_destroy(fdb->forget);
	xn_fdb_map_clear(&fdb->map);
	free(fdb);
}

static bool is_fast(const struct xn_vif *vif)
{
	return vif && vif->port.sent_valid && vif->port.sent.fast;
}

static bool is_hosts_own(const struct xn_fdb_node *node)
{
	return node->in_kernel && (node->state & NUD_PERMANENT);
}

static void send_outside(struct xn_fdb *fdb, const struct xn_fdb_node *node,
			 uint32_t bridge, bool present)
{
	struct xn_dl_outside message = {
		.bridge = bridge,
		.present = present,
		.fixed = present && is_hosts_own(node),
		.mac = node->mac,
	};

	xn_datapath_send(fdb->daemon->datapath, XN_DL_OUTSIDE, &message, NULL,
			 0);
}

/* What the kernel has for itself is outside wherever it hangs: a bridge that
 * has only twins takes its own address from one of them. */
static bool is_outside(struct xn_fdb *fdb, const struct xn_fdb_node *node)
{
	if (!node->in_kernel || xn_mac_is_group(&node->mac))
		return false;
	if (is_hosts_own(node))
		return true;
	return !is_fast(xn_vifs_by_ifindex(fdb->daemon->vifs, node->port));
}

static void update_outside(struct xn_fdb *fdb, struct xn_fdb_node *node)
{
	struct xn_bridge_node *bridge =
		xn_links_bridge(fdb->daemon->links, node->bridge);
	bool wanted = is_outside(fdb, node);

	bool fixed = wanted && is_hosts_own(node);

	if (!bridge || bridge->index == XN_DL_NO_BRIDGE ||
	    (wanted == node->outside_told && fixed == node->fixed_told))
		return;
	node->outside_told = wanted;
	node->fixed_told = fixed;
	send_outside(fdb, node, bridge->index, wanted);
}

/* The kernel's entry for the record is to be looked after. */
static void push(struct xn_fdb *fdb, struct xn_fdb_node *node)
{
	xn_fdb_map_push(&fdb->map, node);
	if (!fdb->telling) {
		fdb->telling = true;
		xn_timer_arm(fdb->tell, TELL_MS, 0);
	}
}

static bool is_kernels_own(const struct xn_fdb_node *node)
{
	return node->in_kernel && (node->state & (NUD_PERMANENT | NUD_NOARP));
}

/* Makes the kernel's entry what the record says. Refusals are no matter: the
 * port may just have left the bridge, and the entry with it. */
static void tell_kernel(struct xn_fdb *fdb, struct xn_fdb_node *node)
{
	struct xn_nl *nl = fdb->daemon->nl;
	struct xn_vif *vif = xn_vifs_by_slot(fdb->daemon->vifs, node->slot);
	int port = 0;

	if (node->station && is_fast(vif) &&
	    vif->port.link.master == node->bridge && !is_kernels_own(node))
		port = vif->twin.ifindex;
	if (node->told_port && node->told_port != port) {
		/* A move needs no deletion: adding it takes it along. */
		if (!port)
			(void)xn_fdb_delete(nl, node->told_port, &node->mac, 0,
					    NULL);
		node->told_port = 0;
	}
	if (port && !node->told_port &&
	    !xn_fdb_add_extern(nl, port, &node->mac, 0, NULL))
		node->told_port = port;
	xn_fdb_map_trim(&fdb->map, node);
}

static void on_tell(void *arg)
{
	struct xn_fdb *fdb = arg;

	fdb->telling = false;
	for (int i = 0; i < TELL_MAX; i++) {
		struct xn_fdb_node *node = xn_fdb_map_pop(&fdb->map);

		if (!node)
			return;
		tell_kernel(fdb, node);
	}
	fdb->telling = true;
	xn_timer_arm(fdb->tell, TELL_MS, 0);
}

/* The kernel may have had the address elsewhere all along: then it is outside
 * again, for the switch forgot that when it saw it on the port. */
static void forget_station(struct xn_fdb *fdb, struct xn_fdb_node *node)
{
	node->station = false;
	node->deadline_ms = 0;
	push(fdb, node);
	update_outside(fdb, node);
}

void xn_fdb_kernel_new(struct xn_fdb *fdb, const struct xn_fdb_entry *entry)
{
	struct xn_fdb_node *node;

	if (entry->vlan)
		return;
	node = xn_fdb_map_find(&fdb->map, entry->master, &entry->mac, true,
			       XN_FDB_RECORDS_MAX);
	if (!node)
		return;
	node->in_kernel = true;
	node->confirmed = true;
	node->port = entry->ifindex;
	node->state = entry->state;
	node->flags = entry->flags;
	/* A frame of the station came in somewhere else: our entry became the
	 * kernel's, there. */
	if (node->told_port && node->told_port != entry->ifindex) {
		node->told_port = 0;
		if (node->station)
			forget_station(fdb, node);
	}
	update_outside(fdb, node);
}

static void kernel_gone(struct xn_fdb *fdb, struct xn_fdb_node *node)
{
	node->in_kernel = false;
	if (node->told_port == node->port)
		node->told_port = 0;
	update_outside(fdb, node);
}

void xn_fdb_kernel_del(struct xn_fdb *fdb, const struct xn_fdb_entry *entry)
{
	struct xn_fdb_node *node;

	if (entry->vlan)
		return;
	node = xn_fdb_map_find(&fdb->map, entry->master, &entry->mac, false, 0);
	if (!node || node->port != entry->ifindex)
		return;
	kernel_gone(fdb, node);
	xn_fdb_map_trim(&fdb->map, node);
}

static void unconfirm(void *arg, struct xn_fdb_node *node)
{
	(void)arg;
	node->confirmed = false;
}

static void drop_unconfirmed(void *arg, struct xn_fdb_node *node)
{
	if (node->in_kernel && !node->confirmed)
		kernel_gone(arg, node);
}

void xn_fdb_read_all(struct xn_fdb *fdb)
{
	struct xn_fdb_table entries = {0};
	struct xn_err err = {0};

	if (xn_fdb_dump(fdb->daemon->nl, 0, &entries, &err)) {
		xn_error("%s", xn_err_text(&err));
		return;
	}
	xn_fdb_map_each(&fdb->map, unconfirm, NULL);
	for (size_t i = 0; i < entries.count; i++)
		xn_fdb_kernel_new(fdb, &entries.entry[i]);
	xn_fdb_table_fini(&entries);
	xn_fdb_map_each(&fdb->map, drop_unconfirmed, fdb);
	xn_fdb_map_sweep(&fdb->map);
}

/* Told of a station after its port confirmed that it is fast, as it still is.
 * What was said earlier is of a time that the switch has forgotten. */
static bool is_of_now(const struct xn_vif *vif)
{
	return is_fast(vif) &&
	       vif->port.sequence_done - vif->port.fast_since <= INT32_MAX;
}

/* The switch has forgotten it since. What it was told meanwhile may have come
 * before or behind that, so it is told again. */
static void station_is_past(struct xn_fdb *fdb, struct xn_fdb_node *node,
			    const struct xn_bridge_node *bridge, uint32_t slot)
{
	if (node->station && node->slot != slot)
		forget_station(fdb, node); /* it had moved away from there */
	if (node->outside_told)
		send_outside(fdb, node, bridge->index, true);
}

static void station_is_new(struct xn_fdb *fdb, struct xn_fdb_node *node,
			   const struct xn_bridge_node *bridge, uint32_t slot)
{
	node->seen = true;
	node->deadline_ms = 0;
	if (node->outside_told && !node->fixed_told) {
		/* It gave way to the station, if it did not come behind it. */
		send_outside(fdb, node, bridge->index, false);
		node->outside_told = false;
	}
	if (node->station && node->slot == slot)
		return;
	node->station = true;
	node->slot = slot;
	push(fdb, node);
}

void xn_fdb_station(struct xn_fdb *fdb, const struct xn_dl_station *message)
{
	struct xn_bridge_node *bridge =
		message->bridge < XN_BRIDGES_MAX
			? xn_links_bridge_by_index(fdb->daemon->links,
						   message->bridge)
			: NULL;
	bool learned = message->event != XSW_STATION_AGED;
	struct xn_fdb_node *node;
	bool now;

	if (!bridge || message->slot >= XN_VIFS_MAX ||
	    xn_mac_is_group(&message->mac))
		return;
	now = is_of_now(xn_vifs_by_slot(fdb->daemon->vifs, message->slot));
	node = xn_fdb_map_find(&fdb->map, bridge->link.ifindex, &message->mac,
			       learned && now, XN_FDB_RECORDS_MAX);
	if (!node)
		return;
	if (learned && now)
		station_is_new(fdb, node, bridge, message->slot);
	else if (learned)
		station_is_past(fdb, node, bridge, message->slot);
	else if (node->station && node->slot == message->slot)
		forget_station(fdb, node);
}

struct bridge_walk {
	struct xn_fdb *fdb;
	int bridge; /* ifindex */
	uint32_t index;
};

static void unsee(void *arg, struct xn_fdb_node *node)
{
	struct bridge_walk *walk = arg;

	if (node->bridge == walk->bridge)
		node->seen = false;
}

static void drop_unseen(void *arg, struct xn_fdb_node *node)
{
	struct bridge_walk *walk = arg;

	if (node->bridge == walk->bridge && node->station && !node->seen)
		forget_station(walk->fdb, node);
}

static void ask_for_stations(struct xn_fdb *fdb,
			     const struct xn_bridge_node *bridge)
{
	struct xn_dl_stations_get get = {.bridge = bridge->index};
	struct bridge_walk walk = {.fdb = fdb, .bridge = bridge->link.ifindex};

	if (fdb->dumping[bridge->index])
		return;
	fdb->dumping[bridge->index] = true;
	xn_fdb_map_each(&fdb->map, unsee, &walk);
	xn_datapath_send(fdb->daemon->datapath, XN_DL_STATIONS_GET, &get, NULL,
			 0);
}

void xn_fdb_stations_end(struct xn_fdb *fdb,
			 const struct xn_dl_stations_end *message)
{
	struct xn_links *links = fdb->daemon->links;
	struct xn_bridge_node *bridge;
	struct bridge_walk walk = {.fdb = fdb};

	if (message->lost) {
		for (uint32_t i = 0; i < XN_BRIDGES_MAX; i++) {
			bridge = xn_links_bridge_by_index(links, i);
			if (bridge)
				ask_for_stations(fdb, bridge);
		}
		return;
	}
	if (message->bridge >= XN_BRIDGES_MAX || !fdb->dumping[message->bridge])
		return;
	fdb->dumping[message->bridge] = false;
	bridge = xn_links_bridge_by_index(links, message->bridge);
	if (!bridge)
		return;
	walk.bridge = bridge->link.ifindex;
	xn_fdb_map_each(&fdb->map, drop_unseen, &walk);
}

static void orphan(void *arg, struct xn_fdb_node *node)
{
	(void)arg;
	node->outside_told = false;
	node->fixed_told = false;
	if (node->station)
		node->deadline_ms = xn_now_ms() + FORGET_MS;
}

void xn_fdb_data_died(struct xn_fdb *fdb)
{
	for (uint32_t i = 0; i < XN_BRIDGES_MAX; i++)
		fdb->dumping[i] = false;
	xn_fdb_map_each(&fdb->map, orphan, NULL);
	xn_fdb_map_sweep(&fdb->map);
	xn_timer_arm(fdb->forget, FORGET_MS + 1000, 0);
}

static void adopt(void *arg, struct xn_fdb_node *node)
{
	struct xn_fdb *fdb = arg;
	struct xn_vif *vif;

	if (!node->in_kernel || !(node->flags & NTF_EXT_LEARNED))
		return;
	vif = xn_vifs_by_ifindex(fdb->daemon->vifs, node->port);
	if (!vif)
		return;
	node->station = true;
	node->slot = vif->slot;
	node->told_port = node->port;
	node->deadline_ms = xn_now_ms() + FORGET_MS;
}

void xn_fdb_adopt(struct xn_fdb *fdb)
{
	xn_fdb_map_each(&fdb->map, adopt, fdb);
	xn_timer_arm(fdb->forget, FORGET_MS + 1000, 0);
}

static void update_node(void *arg, struct xn_fdb_node *node)
{
	update_outside(arg, node);
}

void xn_fdb_data_ready(struct xn_fdb *fdb)
{
	xn_fdb_map_each(&fdb->map, update_node, fdb);
}

static void forget_overdue(void *arg, struct xn_fdb_node *node)
{
	if (node->station && node->deadline_ms &&
	    node->deadline_ms <= xn_now_ms())
		forget_station(arg, node);
}

static void on_forget(void *arg)
{
	struct xn_fdb *fdb = arg;

	xn_fdb_map_each(&fdb->map, forget_overdue, fdb);
}

static void add_bridge_node(void *arg, struct xn_fdb_node *node)
{
	struct bridge_walk *walk = arg;

	if (node->bridge == walk->bridge)
		update_outside(walk->fdb, node);
}

void xn_fdb_bridge_added(struct xn_fdb *fdb, const struct xn_bridge_node *node)
{
	struct bridge_walk walk = {.fdb = fdb, .bridge = node->link.ifindex};

	xn_fdb_map_each(&fdb->map, add_bridge_node, &walk);
}

static void remove_bridge_node(void *arg, struct xn_fdb_node *node)
{
	struct bridge_walk *walk = arg;

	if (node->bridge != walk->bridge)
		return;
	if (node->outside_told)
		send_outside(walk->fdb, node, walk->index, false);
	node->outside_told = false;
	node->fixed_told = false;
	node->in_kernel = false;
	node->station = false;
	node->told_port = 0;
}

void xn_fdb_bridge_removed(struct xn_fdb *fdb,
			   const struct xn_bridge_node *node)
{
	struct bridge_walk walk = {
		.fdb = fdb,
		.bridge = node->link.ifindex,
		.index = node->index,
	};

	fdb->dumping[node->index] = false;
	xn_fdb_map_each(&fdb->map, remove_bridge_node, &walk);
	xn_fdb_map_sweep(&fdb->map);
}

struct port_walk {
	struct xn_fdb *fdb;
	const struct xn_vif *vif;
};

static void slow_node(void *arg, struct xn_fdb_node *node)
{
	struct port_walk *walk = arg;

	if (node->station && node->slot == walk->vif->slot)
		forget_station(walk->fdb, node);
}

void xn_fdb_port_slow(struct xn_fdb *fdb, const struct xn_vif *vif)
{
	struct port_walk walk = {.fdb = fdb, .vif = vif};

	xn_fdb_map_each(&fdb->map, slow_node, &walk);
}

static void change_node(void *arg, struct xn_fdb_node *node)
{
	struct port_walk *walk = arg;

	if (node->in_kernel && node->port == walk->vif->twin.ifindex)
		update_outside(walk->fdb, node);
}

void xn_fdb_port_changed(struct xn_fdb *fdb, const struct xn_vif *vif)
{
	struct port_walk walk = {.fdb = fdb, .vif = vif};

	xn_fdb_map_each(&fdb->map, change_node, &walk);
}

struct record_walk {
	int bridge;
	void (*fn)(void *arg, const struct xn_fdb_record *record);
	void *arg;
};

static void give_record(void *arg, struct xn_fdb_node *node)
{
	struct record_walk *walk = arg;
	struct xn_fdb_record record = {
		.mac = node->mac,
		.in_switch = node->station,
		.slot = node->slot,
		.in_kernel = node->in_kernel,
		.ifindex = node->port,
		.state = node->state,
		.flags = node->flags,
	};

	if (node->bridge == walk->bridge && (node->station || node->in_kernel))
		walk->fn(walk->arg, &record);
}

void xn_fdb_walk(struct xn_fdb *fdb, int bridge_ifindex,
		 void (*fn)(void *arg, const struct xn_fdb_record *record),
		 void *arg)
{
	struct record_walk walk = {
		.bridge = bridge_ifindex, .fn = fn, .arg = arg};

	xn_fdb_map_each(&fdb->map, give_record, &walk);
}
