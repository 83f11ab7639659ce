/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remembered applies: read back as written, and refused when they are not,
 * value by value. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/if_link.h>
#include <sys/socket.h>

#include "netconf/safe/record.h"

static struct xn_err err;

static struct xn_record sample(void)
{
	struct xn_record record = {
		.boot_id = "b",
		.namespace_cookie = UINT64_MAX,
		.id = 1ULL << 63,
		.conf = strdup("[bridge xenbr0]\nmtu = 1400\n"),
		.confirm_s = 60,
		.deadline_ms = 1234567890123,
		.session = {true, UINT32_MAX - 1,
			    "192.0.2.9 40000 192.0.2.1 22"},
	};

	record.ours.count = 2;
	(void)strcpy(record.ours.item[0].bridge, "eth0");
	(void)strcpy(record.ours.item[0].netdev, "eth0");
	record.ours.item[0].ifindex = INT32_MAX;
	record.ours.item[0].made = true;
	record.ours.item[0].style = XN_CONF_NEW;
	record.ours.item[0].mac.octet[5] = 9;
	(void)strcpy(record.ours.item[1].bridge, "xenbr1");
	record.ours.item[1].ifindex = 1;
	record.ours.note_count = 2;
	record.ours.note[0] = (struct xn_note){
		1, 2, XN_NOTE_MAC, 0, true, (UINT64_C(1) << 48) - 1, 7};
	record.ours.note[1] = (struct xn_note){
		1, 1, XN_NOTE_PORT, IFLA_BRPORT_COST, false, 0, 33};
	record.ours.addr_count = 1;
	record.ours.addr[0] = (struct xn_addr_note){
		.bridge = 1,
		.added = true,
		.addr = {.ifindex = 1, .family = AF_INET, .prefix_length = 24}};
	record.ours.route_count = 1;
	record.ours.route[0] = (struct xn_route_note){
		.bridge = 1, .route = {.ifindex = 1, .family = AF_INET6}};
	return record;
}

static void what_was_written_is_read(void **state)
{
	struct xn_record record = sample(), again;
	json_t *json = xn_record_to_json(&record);

	(void)state;
	assert_non_null(json);
	assert_int_equal(xn_record_from_json(json, &again, &err), 0);
	assert_string_equal(again.conf, record.conf);
	free(record.conf);
	free(again.conf);
	record.conf = again.conf = NULL;
	assert_string_equal(again.boot_id, "b");
	assert_true(again.id == record.id);
	assert_true(again.namespace_cookie == record.namespace_cookie);
	assert_true(again.deadline_ms == record.deadline_ms);
	assert_int_equal(again.confirm_s, 60);
	assert_int_equal(again.session.audit, UINT32_MAX - 1);
	assert_string_equal(again.session.ssh, record.session.ssh);
	assert_int_equal(again.ours.count, 2);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(again.ours.item[i].bridge,
				    record.ours.item[i].bridge);
		assert_string_equal(again.ours.item[i].netdev,
				    record.ours.item[i].netdev);
		assert_int_equal(again.ours.item[i].ifindex,
				 record.ours.item[i].ifindex);
		assert_int_equal(again.ours.item[i].made,
				 record.ours.item[i].made);
		assert_int_equal(again.ours.item[i].style,
				 record.ours.item[i].style);
		assert_true(xn_mac_equal(&again.ours.item[i].mac,
					 &record.ours.item[i].mac));
	}
	assert_int_equal(again.ours.note_count, 2);
	assert_true(again.ours.note[0].was == record.ours.note[0].was);
	assert_true(again.ours.note[0].was_known);
	assert_int_equal(again.ours.note[0].ifindex, 2);
	assert_int_equal(again.ours.note[1].kind, XN_NOTE_PORT);
	assert_int_equal(again.ours.note[1].attr, IFLA_BRPORT_COST);
	assert_true(again.ours.note[1].set == 33);
	assert_false(again.ours.note[1].was_known);
	assert_int_equal(again.ours.addr_count, 1);
	assert_true(again.ours.addr[0].added);
	assert_int_equal(again.ours.addr[0].addr.prefix_length, 24);
	assert_int_equal(again.ours.route_count, 1);
	assert_false(again.ours.route[0].added);
	assert_int_equal(again.ours.route[0].route.family, AF_INET6);
	json_decref(json);
}

/* The value at the key becomes another; `our`: of the first bridge. */
static void refuse(const char *key, const char *value, bool our, int error)
{
	struct xn_record record = sample(), again = {0};
	json_t *json = xn_record_to_json(&record);
	json_t *at =
		our ? json_array_get(json_object_get(json, "ours"), 0) : json;
	json_t *wrong = json_loads(value, JSON_DECODE_ANY, NULL);

	assert_non_null(wrong);
	assert_non_null(json_object_get(at, key));
	assert_int_equal(json_object_set_new(at, key, wrong), 0);
	err.set = false;
	if (xn_record_from_json(json, &again, &err) != error)
		fail_msg("%s = %s", key, value);
	assert_true(err.set);
	assert_null(again.conf);
	/* Nor without it. */
	assert_int_equal(json_object_del(at, key), 0);
	assert_int_equal(xn_record_from_json(json, &again, &err), -EBADMSG);
	json_decref(json);
	xn_record_fini(&record);
}

static void every_value_is_checked(void **state)
{
	static const struct {
		const char *key, *value;
		bool our;
	} rows[] = {
		{"version", "\"1\"", false},
		{"version", "-1", false},
		{"boot", "7", false},
		{"boot",
		 "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaa\"",
		 false},
		{"namespace", "5", false},
		{"namespace", "\"18446744073709551616\"", false},
		{"id", "\"-1\"", false},
		{"id", "\"\"", false},
		{"deadline_ms", "\"1s\"", false},
		{"confirm_s", "86401", false},
		{"confirm_s", "-1", false},
		{"confirm_s", "1.5", false},
		{"audit_session", "-2", false},
		{"audit_session", "4294967296", false},
		{"ssh", "\"me\"", false},
		{"ssh", "null", false},
		{"conf", "[]", false},
		{"ours", "{}", false},
		{"ours", "[1]", false},
		{"ours", "[{}]", false},
		{"bridge", "\"\"", true},
		{"bridge", "\"a/b\"", true},
		/* Only that style's bridge has the name of its NIC. */
		{"bridge", "\"xenbr0\"", true},
		{"style", "\"old\"", true},
		{"bridge", "\"aaaaaaaaaaaaaaaa\"", true},
		{"netdev", "\"..\"", true},
		{"netdev", "0", true},
		{"ifindex", "0", true},
		{"ifindex", "2147483648", true},
		{"mac", "\"00:00\"", true},
		{"made", "1", true},
		{"style", "\"fancy\"", true},
		{"style", "2", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refuse(rows[i].key, rows[i].value, rows[i].our, -EBADMSG);
	refuse("version", "2", false, -EPROTONOSUPPORT);
}

static void there_is_a_bound(void **state)
{
	struct xn_record record = sample(), again = {0};
	json_t *json = xn_record_to_json(&record);
	json_t *ours = json_object_get(json, "ours");

	(void)state;
	while (json_array_size(ours) < XN_OURS_MAX)
		assert_int_equal(
			json_array_append(ours, json_array_get(ours, 0)), 0);
	assert_int_equal(xn_record_from_json(json, &again, &err), 0);
	xn_record_fini(&again);
	assert_int_equal(json_array_append(ours, json_array_get(ours, 0)), 0);
	assert_int_equal(xn_record_from_json(json, &again, &err), -EBADMSG);
	json_decref(json);
	xn_record_fini(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(every_value_is_checked),
		cmocka_unit_test(there_is_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
