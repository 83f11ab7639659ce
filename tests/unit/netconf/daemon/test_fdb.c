/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which stations the data process is told to be outside: whatever is said late,
 * in the end it knows none as outside that the kernel does not. Its neighbours
 * in the daemon are played here; the kernel is told nothing, for the loop never
 * runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/neighbour.h>

#include "bridge/switch.h"
#include "netconf/daemon/fdb.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/vifs.h"

#define BRIDGE 2 /* ifindex */
#define TWIN 4
#define UPLINK 9
#define SLOT 1u

static const struct xn_mac station = {{0, 0x16, 0x3e, 0, 0x14, 1}};

static struct xn_daemon daemon_;
static struct xn_bridge_node bridge_node;
static struct xn_vif vif;
static struct xn_fdb *fdb;
static uint32_t told; /* messages about outside stations */
static bool told_present;

struct xn_bridge_node *xn_links_bridge(struct xn_links *links, int ifindex)
{
	(void)links;
	return ifindex == BRIDGE ? &bridge_node : NULL;
}

struct xn_bridge_node *xn_links_bridge_by_index(struct xn_links *links,
						uint32_t index)
{
	(void)links;
	return index == bridge_node.index ? &bridge_node : NULL;
}

struct xn_vif *xn_vifs_by_ifindex(struct xn_vifs *vifs, int ifindex)
{
	(void)vifs;
	return ifindex == TWIN ? &vif : NULL;
}

struct xn_vif *xn_vifs_by_slot(struct xn_vifs *vifs, uint32_t slot)
{
	(void)vifs;
	return slot == SLOT ? &vif : NULL;
}

void xn_datapath_send(struct xn_datapath *dp, enum xn_dl_type type,
		      void *message, const int *fds, size_t fd_count)
{
	const struct xn_dl_outside *outside = message;

	(void)dp;
	(void)fds;
	(void)fd_count;
	if (type != XN_DL_OUTSIDE)
		return;
	assert_int_equal(outside->bridge, bridge_node.index);
	assert_memory_equal(&outside->mac, &station, sizeof(station));
	told++;
	told_present = outside->present;
}

static int begin(void **state)
{
	(void)state;
	told = 0;
	told_present = false;
	bridge_node.link.ifindex = BRIDGE;
	bridge_node.index = 7;
	memset(&vif, 0, sizeof(vif));
	vif.slot = SLOT;
	vif.twin.ifindex = TWIN;
	vif.port.link.master = BRIDGE;
	daemon_.loop = xn_loop_create();
	fdb = daemon_.loop ? xn_fdb_create(&daemon_) : NULL;
	return fdb ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	xn_fdb_destroy(fdb);
	xn_loop_destroy(daemon_.loop);
	return 0;
}

/* As port.c does it. */
static void becomes_fast(bool confirmed)
{
	vif.port.sent_valid = true;
	vif.port.sent.fast = 1;
	vif.port.sent.sequence++;
	vif.port.fast_since = vif.port.sent.sequence;
	if (confirmed)
		vif.port.sequence_done = vif.port.sent.sequence;
	xn_fdb_port_changed(fdb, &vif);
}

static void leaves(void)
{
	vif.port.sent.fast = 0;
	xn_fdb_port_slow(fdb, &vif);
	xn_fdb_port_changed(fdb, &vif);
	vif.port.sent_valid = false;
}

static void kernel_has(int port, uint16_t state, uint8_t flags)
{
	const struct xn_fdb_entry entry = {
		.mac = station,
		.ifindex = port,
		.master = BRIDGE,
		.state = state,
		.flags = flags,
	};

	xn_fdb_kernel_new(fdb, &entry);
}

static void switch_says(enum xsw_station_event event)
{
	const struct xn_dl_station message = {
		.bridge = bridge_node.index,
		.slot = SLOT,
		.event = (uint8_t)event,
		.mac = station,
	};

	xn_fdb_station(fdb, &message);
}

static void note(void *arg, const struct xn_fdb_record *record)
{
	*(struct xn_fdb_record *)arg = *record;
}

static bool is_in_switch(void)
{
	struct xn_fdb_record record = {.in_switch = false};

	xn_fdb_walk(fdb, BRIDGE, note, &record);
	return record.in_switch;
}

static void a_station_of_a_fast_port_is_known_and_not_outside(void **state)
{
	(void)state;
	becomes_fast(true);
	switch_says(XSW_STATION_LEARNED);
	assert_true(is_in_switch());
	kernel_has(TWIN, NUD_REACHABLE, NTF_EXT_LEARNED);
	assert_int_equal(told, 0);
	switch_says(XSW_STATION_AGED);
	assert_false(is_in_switch());
}

static void an_entry_on_a_port_that_is_not_fast_is_outside(void **state)
{
	(void)state;
	becomes_fast(true);
	kernel_has(TWIN, NUD_REACHABLE, NTF_EXT_LEARNED);
	leaves();
	assert_true(told_present);
	becomes_fast(false);
	assert_int_equal(told, 2);
	assert_false(told_present);
}

/* Learned just before its port left, told of behind that. */
static void what_is_told_late_leaves_nothing_outside(void **state)
{
	(void)state;
	becomes_fast(true);
	kernel_has(TWIN, NUD_REACHABLE, NTF_EXT_LEARNED);
	leaves();
	switch_says(XSW_STATION_LEARNED);
	assert_true(told_present);
	assert_false(is_in_switch());
	becomes_fast(true);
	assert_false(told_present);
	switch_says(XSW_STATION_LEARNED);
	assert_true(is_in_switch());
	assert_false(told_present);
}

/* The same, told of when the port is on its way back. */
static void what_is_told_before_the_port_confirmed_is_of_the_past(void **state)
{
	(void)state;
	becomes_fast(true);
	leaves();
	kernel_has(TWIN, NUD_REACHABLE, 0);
	assert_true(told_present);
	becomes_fast(false);
	assert_false(told_present);
	switch_says(XSW_STATION_LEARNED);
	assert_false(is_in_switch());
	vif.port.sequence_done = vif.port.sent.sequence;
	switch_says(XSW_STATION_LEARNED);
	assert_true(is_in_switch());
}

/* It may have learned it before it heard that, or behind it. */
static void a_station_that_was_outside_is_so_no_more(void **state)
{
	(void)state;
	becomes_fast(true);
	kernel_has(UPLINK, NUD_REACHABLE, 0);
	assert_true(told_present);
	switch_says(XSW_STATION_MOVED);
	assert_int_equal(told, 2);
	assert_false(told_present);
	assert_true(is_in_switch());
}

static void the_hosts_own_addresses_stay_outside(void **state)
{
	(void)state;
	becomes_fast(true);
	kernel_has(UPLINK, NUD_PERMANENT, 0);
	switch_says(XSW_STATION_LEARNED);
	assert_int_equal(told, 1);
	assert_true(told_present);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_station_of_a_fast_port_is_known_and_not_outside,
			begin, end),
		cmocka_unit_test_setup_teardown(
			an_entry_on_a_port_that_is_not_fast_is_outside, begin,
			end),
		cmocka_unit_test_setup_teardown(
			what_is_told_late_leaves_nothing_outside, begin, end),
		cmocka_unit_test_setup_teardown(
			what_is_told_before_the_port_confirmed_is_of_the_past,
			begin, end),
		cmocka_unit_test_setup_teardown(
			a_station_that_was_outside_is_so_no_more, begin, end),
		cmocka_unit_test_setup_teardown(
			the_hosts_own_addresses_stay_outside, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
