/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nl/namespaces.h"

#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>

#include "netconf/base/fd.h"
#include "netconf/nl/fdb.h"
#include "netconf/nl/tap.h"

static const struct xn_mac guest = {{0x00, 0x16, 0x3e, 0, 0, 1}};
static const struct xn_mac outside = {{0x52, 0x54, 0, 0, 0, 2}};

/* A bridge with two ports, for each test. */
static int bridge, port[2], tap[2];

static int open_ports(void **state)
{
	if (open_nl(state) < 0)
		return -1;
	bridge = new_bridge("xenbr0");
	port[0] = new_tap("vif1.0", &tap[0]);
	port[1] = new_tap("vif2.0", &tap[1]);
	GOOD(xn_link_set_master(nl, port[0], bridge, &err));
	GOOD(xn_link_set_master(nl, port[1], bridge, &err));
	return 0;
}

static int close_ports(void **state)
{
	xn_close(&tap[0]);
	xn_close(&tap[1]);
	return close_nl(state);
}

/* False: the bridge does not know the station. */
static bool find(const struct xn_mac *mac, struct xn_fdb_entry *ret_entry)
{
	struct xn_fdb_table table;
	bool found = false;

	GOOD(xn_fdb_dump(nl, bridge, &table, &err));
	for (size_t i = 0; i < table.count; i++) {
		assert_int_equal(table.entry[i].master, bridge);
		if (!xn_mac_equal(&table.entry[i].mac, mac))
			continue;
		assert_false(found);
		found = true;
		*ret_entry = table.entry[i];
	}
	xn_fdb_table_fini(&table);
	assert_null(table.entry);
	return found;
}

static void send_from(const struct xn_mac *source, int fd)
{
	uint8_t frame[XN_TAP_HEADER_BYTES + 60] = {0};

	memset(frame + XN_TAP_HEADER_BYTES, 0xff, XN_MAC_BYTES);
	memcpy(frame + XN_TAP_HEADER_BYTES + XN_MAC_BYTES, source->octet,
	       XN_MAC_BYTES);
	frame[XN_TAP_HEADER_BYTES + 12] = 0x88;
	frame[XN_TAP_HEADER_BYTES + 13] = 0xb5;
	assert_int_equal(write(fd, frame, sizeof(frame)),
			 (ssize_t)sizeof(frame));
}

static void an_entry_is_added_seen_and_deleted(void **state)
{
	struct xn_fdb_entry entry;

	(void)state;
	assert_false(find(&guest, &entry));
	GOOD(xn_fdb_add_extern(nl, port[0], &guest, 0, &err));
	assert_true(find(&guest, &entry));
	assert_int_equal(entry.ifindex, port[0]);
	assert_int_equal(entry.vlan, 0);
	assert_true(entry.flags & NTF_EXT_LEARNED);
	/* Twice changes nothing. */
	GOOD(xn_fdb_add_extern(nl, port[0], &guest, 0, &err));
	assert_true(find(&guest, &entry));
	GOOD(xn_fdb_delete(nl, port[0], &guest, 0, &err));
	assert_false(find(&guest, &entry));
	REFUSED(xn_fdb_delete(nl, port[0], &guest, 0, &err), -ENOENT,
		"delete forwarding entry 00:16:3e:00:00:01 on port");
}

static void an_entry_moves_to_the_port_told_last(void **state)
{
	struct xn_fdb_entry entry;

	(void)state;
	GOOD(xn_fdb_add_extern(nl, port[0], &guest, 0, &err));
	GOOD(xn_fdb_add_extern(nl, port[1], &guest, 0, &err));
	assert_true(find(&guest, &entry));
	assert_int_equal(entry.ifindex, port[1]);
	REFUSED(xn_fdb_delete(nl, port[0], &guest, 0, &err), -ENOENT, "");
	assert_true(find(&guest, &entry));
}

static void an_entry_grows_older(void **state)
{
	struct xn_fdb_entry entry;
	uint32_t last_cs = 0;

	(void)state;
	GOOD(xn_fdb_add_extern(nl, port[0], &guest, 0, &err));
	/* A hundred thousand looks take longer than a tick of the clock. */
	for (int i = 0; i < 100000 && last_cs < 2; i++) {
		assert_true(find(&guest, &entry));
		assert_true(entry.age_cs >= last_cs);
		last_cs = entry.age_cs;
	}
	assert_true(last_cs >= 2);
}

static void ports_have_local_entries(void **state)
{
	struct xn_mac own = link_at(port[0]).mac;
	struct xn_fdb_entry entry;

	(void)state;
	assert_true(find(&own, &entry));
	assert_int_equal(entry.ifindex, port[0]);
	assert_int_equal(entry.state, NUD_PERMANENT);
	assert_false(entry.flags & NTF_EXT_LEARNED);
}

static void impossible_entries_are_refused(void **state)
{
	static const struct xn_mac zero = {{0}};
	struct xn_fdb_entry entry;
	int alone;
	int fd;

	(void)state;
	REFUSED(xn_fdb_add_extern(nl, port[0], &zero, 0, &err), -EINVAL,
		"00:00:00:00:00:00");
	REFUSED(xn_fdb_add_extern(nl, 9999, &guest, 0, &err), -ENODEV,
		"on port 9999");
	alone = new_tap("vif3.0", &fd);
	assert_true(xn_fdb_add_extern(nl, alone, &guest, 0, &err) < 0);
	err.set = false;
	assert_false(find(&guest, &entry));
	xn_close(&fd);
}

struct ageing {
	bool learned, forgotten;
};

static void note_learned(void *arg, const struct xn_fdb_entry *entry)
{
	struct ageing *ageing = arg;

	if (xn_mac_equal(&entry->mac, &outside) && entry->ifindex == port[1])
		ageing->learned = true;
}

static void note_forgotten(void *arg, const struct xn_fdb_entry *entry)
{
	struct ageing *ageing = arg;

	if (xn_mac_equal(&entry->mac, &outside))
		ageing->forgotten = true;
}

static void told_entries_do_not_age_but_learned_ones_do(void **state)
{
	static const struct xn_nl_setting short_ageing = {IFLA_BR_AGEING_TIME,
							  10};
	struct ageing ageing = {0};
	struct xn_nl_handlers handlers = {.fdb_new = note_learned,
					  .fdb_del = note_forgotten,
					  .arg = &ageing};
	struct xn_nl_monitor *monitor;
	struct xn_fdb_entry entry;

	(void)state;
	GOOD(xn_nl_monitor_open(XN_MONITOR_FDB, &monitor, &err));
	GOOD(xn_fdb_add_extern(nl, port[0], &guest, 0, &err));
	send_from(&outside, tap[1]);
	wait_for(monitor, &handlers, &ageing.learned);
	GOOD(xn_bridge_set(nl, bridge, &short_ageing, 1, &err));
	wait_for(monitor, &handlers, &ageing.forgotten);
	assert_false(find(&outside, &entry));
	assert_true(find(&guest, &entry));
	assert_true(entry.flags & NTF_EXT_LEARNED);
	xn_nl_monitor_close(monitor);
}

static void note_guest_moved(void *arg, const struct xn_fdb_entry *entry)
{
	if (xn_mac_equal(&entry->mac, &guest) && entry->ifindex == port[1])
		*(bool *)arg = true;
}

static void a_frame_elsewhere_takes_a_told_entry_over(void **state)
{
	bool moved = false;
	struct xn_nl_handlers handlers = {.fdb_new = note_guest_moved,
					  .arg = &moved};
	struct xn_nl_monitor *monitor;
	struct xn_fdb_entry entry;

	(void)state;
	GOOD(xn_nl_monitor_open(XN_MONITOR_FDB, &monitor, &err));
	GOOD(xn_fdb_add_extern(nl, port[0], &guest, 0, &err));
	send_from(&guest, tap[1]);
	wait_for(monitor, &handlers, &moved);
	assert_true(find(&guest, &entry));
	assert_int_equal(entry.ifindex, port[1]);
	assert_false(entry.flags & NTF_EXT_LEARNED);
	xn_nl_monitor_close(monitor);
}

static void a_dump_of_many_entries_is_whole(void **state)
{
	enum {
		MANY = 1000
	};
	struct xn_fdb_table table;
	size_t told = 0;

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		struct xn_mac mac = {
			{0x00, 0x16, 0x3e, 1, (uint8_t)(i >> 8), (uint8_t)i}};

		GOOD(xn_fdb_add_extern(nl, port[i & 1], &mac, 0, &err));
	}
	GOOD(xn_fdb_dump(nl, 0, &table, &err));
	for (size_t i = 0; i < table.count; i++) {
		if (table.entry[i].flags & NTF_EXT_LEARNED)
			told++;
	}
	xn_fdb_table_fini(&table);
	assert_int_equal(told, MANY);
}

#define NL(test) cmocka_unit_test_setup_teardown(test, open_ports, close_ports)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NL(an_entry_is_added_seen_and_deleted),
		NL(an_entry_moves_to_the_port_told_last),
		NL(an_entry_grows_older),
		NL(ports_have_local_entries),
		NL(impossible_entries_are_refused),
		NL(told_entries_do_not_age_but_learned_ones_do),
		NL(a_frame_elsewhere_takes_a_told_entry_over),
		NL(a_dump_of_many_entries_is_whole),
	};

	return NAMESPACE_GROUP(tests);
}
