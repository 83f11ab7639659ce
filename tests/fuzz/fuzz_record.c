// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Remembered applies: what is read back is within its bounds, names links that
 * there can be, and is the same when it is written and read once more.
 *
 * Input: the JSON text.
 */
#include "fuzz.h"
#include "netconf/nl/link.h"
#include "netconf/safe/record.h"

#define TEXT_MAX 65536

static void check_our(const struct xn_our *our)
{
	FUZZ_CHECK(xn_link_name_valid(our->bridge));
	FUZZ_CHECK(!our->netdev[0] || xn_link_name_valid(our->netdev));
	FUZZ_CHECK((strcmp(our->bridge, our->netdev) == 0) ==
		   (our->style == XN_CONF_NEW));
	FUZZ_CHECK(our->ifindex > 0);
	FUZZ_CHECK((unsigned int)our->style <= XN_CONF_NEW);
}

static void check_notes(const struct xn_ours *ours)
{
	FUZZ_CHECK(ours->note_count <= XN_NOTES_MAX);
	FUZZ_CHECK(ours->addr_count <= XN_ADDR_NOTES_MAX);
	FUZZ_CHECK(ours->route_count <= XN_ROUTE_NOTES_MAX);
	for (uint32_t i = 0; i < ours->note_count; i++) {
		const struct xn_note *note = &ours->note[i];

		FUZZ_CHECK(note->bridge > 0 && note->ifindex > 0);
		FUZZ_CHECK(xn_note_is_known(note->kind, note->attr));
	}
}

static void check_record(const struct xn_record *record)
{
	FUZZ_CHECK(record->conf);
	FUZZ_CHECK(memchr(record->boot_id, '\0', sizeof(record->boot_id)));
	FUZZ_CHECK(record->confirm_s <= XN_RECORD_SECONDS_MAX);
	FUZZ_CHECK(record->ours.count <= XN_OURS_MAX);
	FUZZ_CHECK(!record->session.ssh[0] ||
		   xn_session_ssh_valid(record->session.ssh));
	check_notes(&record->ours);
	for (uint32_t i = 0; i < record->ours.count; i++)
		check_our(&record->ours.item[i]);
}

static void check_again(const struct xn_record *record)
{
	struct xn_record again = {0};
	json_t *once = xn_record_to_json(record);
	json_t *twice;

	FUZZ_CHECK(once);
	FUZZ_CHECK(!xn_record_from_json(once, &again, NULL));
	twice = xn_record_to_json(&again);
	FUZZ_CHECK(twice && json_equal(once, twice));
	json_decref(once);
	json_decref(twice);
	xn_record_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct xn_record record;
	struct xn_err err = {0};
	json_t *json;

	if (size > TEXT_MAX)
		return 0;
	json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES,
			  NULL);
	if (!json)
		return 0;
	memset(&record, 0, sizeof(record));
	if (xn_record_from_json(json, &record, &err)) {
		FUZZ_CHECK(err.set && !record.conf);
	} else {
		check_record(&record);
		check_again(&record);
	}
	xn_record_fini(&record);
	json_decref(json);
	return 0;
}
