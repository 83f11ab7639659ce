/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The xenbus state machine of a vif, against a store and a data process that
 * do what they are told at once, later, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "netback/vif/xenbus.h"

struct bed {
	struct xnb_vif vif;
	struct xnb_observed store;
	char told[1024];   /* the actions, in words */
	bool rings_mapped; /* the data process holds the rings */
	bool twin;
	bool ended;
	enum xnb_action fail; /* this action fails ... */
	int error;	      /* ... with that */
};

static void say(struct bed *bed, const char *word)
{
	size_t used = strlen(bed->told);

	assert_true(used + strlen(word) + 2 < sizeof(bed->told));
	(void)snprintf(bed->told + used, sizeof(bed->told) - used, "%s%s",
		       used ? " " : "", word);
}

/* What must hold whatever the guest and the toolstack do. */
static void check_write(struct bed *bed, const struct xnb_todo *todo)
{
	assert_true(bed->store.backend_present);
	assert_int_equal(todo->expected, bed->vif.seen.backend);
	assert_int_not_equal(todo->state, XNB_STATE_UNKNOWN);
	if (todo->state == XNB_STATE_CLOSED)
		assert_false(bed->rings_mapped);
	if (todo->state == XNB_STATE_CONNECTED) {
		assert_true(bed->rings_mapped);
		assert_true(bed->vif.entered);
		assert_true(bed->store.hotplug_connected);
	}
	if (todo->state == XNB_STATE_INIT_WAIT)
		assert_true(bed->vif.offered && bed->twin);
}

static const char *act(struct bed *bed, const struct xnb_todo *todo)
{
	static char text[16];

	switch (todo->action) {
	case XNB_ACT_CREATE_TWIN:
		assert_false(bed->twin);
		bed->twin = true;
		return "twin";
	case XNB_ACT_WRITE_OFFER:
		return "offer";
	case XNB_ACT_WRITE_STATE:
		check_write(bed, todo);
		bed->store.backend = todo->state;
		(void)snprintf(text, sizeof(text), "%d", (int)todo->state);
		return text;
	case XNB_ACT_READ_KEYS:
		return "keys";
	case XNB_ACT_CONNECT:
		assert_false(bed->rings_mapped);
		bed->rings_mapped = true;
		return todo->resume ? "resume" : "connect";
	case XNB_ACT_RECONFIGURE:
		return "reread";
	case XNB_ACT_ENTER_SWITCH:
		assert_true(bed->rings_mapped);
		return "enter";
	case XNB_ACT_DISCONNECT:
		assert_true(bed->rings_mapped);
		return "disconnect";
	case XNB_ACT_RELEASE:
		assert_false(bed->rings_mapped);
		return "release";
	case XNB_ACT_ARM_CLOSE:
		return "wait";
	case XNB_ACT_DESTROY_TWIN:
		assert_false(bed->rings_mapped);
		bed->twin = false;
		return "untwin";
	case XNB_ACT_FREE:
		assert_false(bed->rings_mapped);
		assert_false(bed->twin);
		return "free";
	case XNB_ACT_NONE:
		break;
	}
	fail();
	return "";
}

static void run(struct bed *bed)
{
	for (unsigned int i = 0; i < XNB_ACTIONS_MAX; i++) {
		struct xnb_todo todo = xnb_vif_next(&bed->vif);

		if (todo.action == XNB_ACT_NONE)
			return;
		if (todo.action == bed->fail) {
			say(bed, "failed");
			xnb_vif_done(&bed->vif, &todo, bed->error);
			continue;
		}
		say(bed, act(bed, &todo));
		if (todo.action == XNB_ACT_FREE) {
			bed->ended = true;
			return;
		}
		xnb_vif_done(&bed->vif, &todo, 0);
	}
	fail_msg("no end of actions: %s", bed->told);
}

static void look(struct bed *bed)
{
	xnb_vif_retry(&bed->vif);
	xnb_vif_observe(&bed->vif, &bed->store);
	run(bed);
}

static void frontend(struct bed *bed, enum xnb_state state)
{
	bed->store.frontend = state;
	look(bed);
}

static void hotplug(struct bed *bed)
{
	bed->store.hotplug_connected = true;
	look(bed);
}

static void up(struct bed *bed)
{
	xnb_vif_up(&bed->vif, bed->vif.generation, 0);
	run(bed);
}

static void gone(struct bed *bed)
{
	bed->rings_mapped = false;
	xnb_vif_gone(&bed->vif, bed->vif.generation);
	run(bed);
}

static void entered(struct bed *bed)
{
	xnb_vif_entered(&bed->vif, bed->vif.generation);
	run(bed);
}

static void die(struct bed *bed)
{
	bed->rings_mapped = false;
	xnb_vif_data_died(&bed->vif);
	run(bed);
}

static void ready(struct bed *bed)
{
	xnb_vif_data_ready(&bed->vif);
	run(bed);
}

static void toolstack_closes(struct bed *bed)
{
	bed->store.online = false;
	bed->store.backend = XNB_STATE_CLOSING;
	look(bed);
}

static void folder_goes(struct bed *bed)
{
	memset(&bed->store, 0, sizeof(bed->store));
	look(bed);
}

/* As libxl leaves it: both ends Initialising, online. */
static void begin(struct bed *bed)
{
	memset(bed, 0, sizeof(*bed));
	xnb_vif_init(&bed->vif, 0);
	xnb_vif_data_ready(&bed->vif);
	bed->store.backend_present = true;
	bed->store.online = true;
	bed->store.backend = XNB_STATE_INITIALISING;
	bed->store.frontend = XNB_STATE_INITIALISING;
}

static void expect(struct bed *bed, const char *words)
{
	assert_string_equal(bed->told, words);
	bed->told[0] = '\0';
}

static void begin_connected(struct bed *bed)
{
	begin(bed);
	look(bed);
	hotplug(bed);
	frontend(bed, XNB_STATE_CONNECTED);
	up(bed);
	entered(bed);
	expect(bed, "twin offer 2 keys connect enter 4");
}

static void the_twin_and_the_offer_come_before_init_wait(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	expect(&bed, "twin offer 2");
}

static void connected_waits_for_script_and_switch(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	hotplug(&bed);
	expect(&bed, "twin offer 2");
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "keys connect");
	up(&bed);
	expect(&bed, "enter");
	entered(&bed);
	expect(&bed, "4");
}

static void a_late_script_keeps_the_backend_at_init_wait(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	frontend(&bed, XNB_STATE_CONNECTED);
	up(&bed);
	expect(&bed, "twin offer 2 keys connect");
	hotplug(&bed);
	expect(&bed, "enter");
	entered(&bed);
	expect(&bed, "4");
}

static void a_frontend_that_was_first_is_served_the_same_way(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	bed.store.frontend = XNB_STATE_CONNECTED;
	bed.store.hotplug_connected = true;
	look(&bed);
	expect(&bed, "twin offer keys connect 2");
	up(&bed);
	entered(&bed);
	expect(&bed, "enter 4");
}

static void initialised_is_not_connected(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	frontend(&bed, XNB_STATE_INIT_WAIT);
	frontend(&bed, XNB_STATE_INITIALISED);
	expect(&bed, "twin offer 2");
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "keys connect");
}

static void closing_is_followed_and_closed_waits_for_the_unmap(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	frontend(&bed, XNB_STATE_CLOSING);
	expect(&bed, "disconnect 5");
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "");
	gone(&bed);
	expect(&bed, "release 6");
}

static void
a_frontend_that_jumps_to_closed_gets_closed_after_unmap(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "disconnect 5");
	gone(&bed);
	expect(&bed, "release 6");
}

static void a_close_cycle_before_connecting_is_played_along(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	hotplug(&bed);
	expect(&bed, "twin offer 2");
	frontend(&bed, XNB_STATE_CLOSING);
	expect(&bed, "5");
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "6");
	frontend(&bed, XNB_STATE_INITIALISING);
	expect(&bed, "2");
	frontend(&bed, XNB_STATE_CONNECTED);
	up(&bed);
	entered(&bed);
	expect(&bed, "keys connect enter 4");
}

static void a_reconnect_raises_the_generation(void **state)
{
	struct bed bed;
	uint32_t before;

	(void)state;
	begin_connected(&bed);
	before = bed.vif.generation;
	frontend(&bed, XNB_STATE_CLOSING);
	gone(&bed);
	frontend(&bed, XNB_STATE_CLOSED);
	frontend(&bed, XNB_STATE_INITIALISING);
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "disconnect 5 release 6 2 keys connect");
	assert_int_equal(bed.vif.generation, before + 1);
}

static void a_slot_goes_on_counting_its_generations(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	xnb_vif_init(&bed.vif, 41);
	xnb_vif_data_ready(&bed.vif);
	frontend(&bed, XNB_STATE_CONNECTED);
	assert_int_equal(bed.vif.generation, 42);
}

static void a_frontend_that_starts_over_never_sees_closing(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	frontend(&bed, XNB_STATE_INITIALISING);
	expect(&bed, "disconnect");
	gone(&bed);
	expect(&bed, "release 2");
}

static void detach_waits_for_the_frontend(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	toolstack_closes(&bed);
	expect(&bed, "disconnect wait");
	gone(&bed);
	expect(&bed, "release");
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "6");
	folder_goes(&bed);
	expect(&bed, "untwin free");
}

static void detach_does_not_wait_for_a_frontend_that_hangs(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	toolstack_closes(&bed);
	gone(&bed);
	expect(&bed, "disconnect wait release");
	xnb_vif_close_timeout(&bed.vif);
	run(&bed);
	expect(&bed, "6");
}

static void detach_of_a_frontend_that_never_came_is_immediate(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	toolstack_closes(&bed);
	expect(&bed, "twin offer 2 6");
	/* It stays Closed although the frontend is Initialising. */
	look(&bed);
	expect(&bed, "");
}

static void online_keeps_the_device_for_a_reconnect(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	/* Our own 5, and the toolstack's 5 without offline: no detach. */
	bed.store.backend = XNB_STATE_CLOSING;
	look(&bed);
	assert_true(bed.rings_mapped);
	assert_true(bed.twin);
}

static void a_vanished_frontend_folder_closes(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	frontend(&bed, XNB_STATE_UNKNOWN);
	expect(&bed, "disconnect 5");
	gone(&bed);
	expect(&bed, "release 6");
}

static void
a_vanished_backend_folder_undoes_all_and_writes_nothing(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	folder_goes(&bed);
	expect(&bed, "disconnect");
	gone(&bed);
	expect(&bed, "release untwin free");
	assert_true(bed.ended);
}

static void a_folder_that_was_made_anew_is_not_ours(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	bed.store.backend = XNB_STATE_INITIALISING;
	bed.store.frontend = XNB_STATE_INITIALISING;
	look(&bed);
	expect(&bed, "disconnect");
	bed.store.backend = XNB_STATE_CLOSING; /* whatever becomes of it */
	look(&bed);
	gone(&bed);
	expect(&bed, "release untwin free");
	assert_true(bed.vif.replaced);
}

/* A guest that reconfigures early keeps it there. */
static void initialising_before_our_first_state_is_the_same_folder(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	bed.store.frontend = XNB_STATE_RECONFIGURING;
	look(&bed);
	expect(&bed, "twin offer");
	look(&bed);
	expect(&bed, "");
	frontend(&bed, XNB_STATE_INITIALISING);
	expect(&bed, "2");
}

static void a_folder_that_goes_while_connecting_is_undone(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "twin offer 2 keys connect");
	folder_goes(&bed);
	expect(&bed, "disconnect");
	up(&bed); /* crossed our order on its way */
	expect(&bed, "");
	gone(&bed);
	expect(&bed, "release untwin free");
}

static void reconfiguring_keeps_the_rings(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	frontend(&bed, XNB_STATE_RECONFIGURING);
	expect(&bed, "reread 8");
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "4");
	frontend(&bed, XNB_STATE_RECONFIGURED);
	expect(&bed, "");
	assert_true(bed.rings_mapped);
}

/* The states between may be missed, but not the second wish. */
static void reconfiguring_twice_is_read_twice(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	frontend(&bed, XNB_STATE_RECONFIGURING);
	expect(&bed, "reread 8");
	frontend(&bed, XNB_STATE_RECONFIGURING);
	expect(&bed, "reread");
}

static void a_refused_reconfiguration_closes(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	bed.fail = XNB_ACT_RECONFIGURE;
	bed.error = -ERANGE;
	frontend(&bed, XNB_STATE_RECONFIGURING);
	expect(&bed, "failed disconnect 5");
	gone(&bed);
	expect(&bed, "release");
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "6");
}

static void a_reconfiguration_waits_for_the_store(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	bed.fail = XNB_ACT_RECONFIGURE;
	bed.error = -EAGAIN;
	frontend(&bed, XNB_STATE_RECONFIGURING);
	expect(&bed, "failed");
	assert_true(bed.rings_mapped);
	bed.fail = XNB_ACT_NONE;
	look(&bed);
	expect(&bed, "reread 8");
}

static void without_rings_nothing_is_reconfigured(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	expect(&bed, "twin offer 2");
	frontend(&bed, XNB_STATE_RECONFIGURING);
	expect(&bed, "");
}

static void
a_new_offer_waits_until_nobody_can_have_read_the_old_one(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	assert_true(xnb_vif_offer_again(&bed.vif)); /* not yet written */
	look(&bed);
	expect(&bed, "twin offer 2");
	assert_false(xnb_vif_offer_again(&bed.vif));
	run(&bed);
	expect(&bed, "");
	frontend(&bed, XNB_STATE_CLOSING);
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "5 6");
	assert_true(xnb_vif_offer_again(&bed.vif));
	frontend(&bed, XNB_STATE_INITIALISING);
	expect(&bed, "offer 2");
}

static void a_new_offer_never_comes_under_served_rings(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	assert_false(xnb_vif_offer_again(&bed.vif));
}

static void a_paused_vif_connects_later(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	xnb_vif_pause(&bed.vif, true);
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "twin offer 2");
	xnb_vif_pause(&bed.vif, false);
	run(&bed);
	expect(&bed, "keys connect");
}

static void a_pause_does_not_touch_what_is_connected(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	xnb_vif_pause(&bed.vif, true);
	look(&bed);
	expect(&bed, "");
	die(&bed);
	ready(&bed);
	expect(&bed, "resume");
}

static void refused_keys_close_until_the_frontend_starts_over(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	bed.fail = XNB_ACT_READ_KEYS;
	bed.error = -EINVAL;
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "twin offer 2 failed 5");
	look(&bed);
	expect(&bed, "");
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "6");
	bed.fail = XNB_ACT_NONE;
	frontend(&bed, XNB_STATE_INITIALISING);
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "2 keys connect");
}

static void refused_channels_and_refused_rings_close_too(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	bed.fail = XNB_ACT_CONNECT;
	bed.error = -EINVAL;
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "twin offer 2 keys failed release 5");

	begin(&bed);
	look(&bed);
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "twin offer 2 keys connect");
	bed.rings_mapped = false;
	xnb_vif_up(&bed.vif, bed.vif.generation, -EFAULT);
	run(&bed);
	expect(&bed, "release 5");
}

static void a_fault_closes_this_vif(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	xnb_vif_fault(&bed.vif, bed.vif.generation);
	run(&bed);
	expect(&bed, "disconnect 5");
	gone(&bed);
	expect(&bed, "release");
	frontend(&bed, XNB_STATE_CLOSING);
	expect(&bed, "");
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "6");
}

static void stale_messages_change_nothing(void **state)
{
	struct bed bed;
	struct xnb_vif before;

	(void)state;
	begin_connected(&bed);
	before = bed.vif;
	xnb_vif_fault(&bed.vif, bed.vif.generation - 1);
	xnb_vif_gone(&bed.vif, bed.vif.generation - 1);
	xnb_vif_up(&bed.vif, bed.vif.generation + 1, -EIO);
	xnb_vif_entered(&bed.vif, bed.vif.generation + 1);
	assert_memory_equal(&before, &bed.vif, sizeof(before));
	xnb_vif_fault(&bed.vif, bed.vif.generation);
	assert_true(bed.vif.refused);
}

static void a_dead_data_process_changes_no_state(void **state)
{
	struct bed bed;
	uint32_t generation;

	(void)state;
	begin_connected(&bed);
	generation = bed.vif.generation;
	die(&bed);
	expect(&bed, "");
	ready(&bed);
	expect(&bed, "resume");
	assert_int_equal(bed.vif.generation, generation);
	up(&bed);
	expect(&bed, "enter");
	entered(&bed);
	expect(&bed, "");
	assert_int_equal(bed.store.backend, XNB_STATE_CONNECTED);
}

static void it_may_die_before_it_answers(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	look(&bed);
	hotplug(&bed);
	frontend(&bed, XNB_STATE_CONNECTED);
	die(&bed);
	ready(&bed);
	up(&bed);
	die(&bed);
	ready(&bed);
	up(&bed);
	entered(&bed);
	expect(&bed, "twin offer 2 keys connect resume enter resume enter 4");
}

static void its_death_is_as_good_as_gone(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "disconnect 5");
	die(&bed);
	expect(&bed, "release 6");
}

/* Another control process had connected the vif, and left its twin. */
static void begin_adopted(struct bed *bed)
{
	begin_connected(bed);
	bed->rings_mapped = false;
	xnb_vif_init(&bed->vif, 0);
	xnb_vif_adopt(&bed->vif, 5);
	run(bed);
	expect(bed, "");
}

static void an_adopted_vif_goes_on_and_writes_nothing(void **state)
{
	struct bed bed;

	(void)state;
	for (int store_is_first = 0; store_is_first < 2; store_is_first++) {
		begin_adopted(&bed);
		if (store_is_first)
			look(&bed);
		ready(&bed);
		expect(&bed, "resume");
		assert_int_equal(bed.vif.generation, 5);
		up(&bed);
		look(&bed);
		entered(&bed);
		expect(&bed, "enter");
		assert_int_equal(bed.store.backend, XNB_STATE_CONNECTED);
		frontend(&bed, XNB_STATE_CLOSING);
		gone(&bed);
		expect(&bed, "disconnect 5 release");
	}
}

static void an_adopted_vif_was_not_quite_connected(void **state)
{
	struct bed bed;

	(void)state;
	begin_adopted(&bed);
	bed.store.backend = XNB_STATE_INIT_WAIT;
	bed.store.hotplug_connected = false;
	look(&bed);
	ready(&bed);
	up(&bed);
	expect(&bed, "resume");
	hotplug(&bed);
	entered(&bed);
	expect(&bed, "enter 4");
}

static void what_an_adopted_vifs_guest_did_meanwhile_counts(void **state)
{
	struct bed bed;

	(void)state;
	begin_adopted(&bed);
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "release 6");
	begin_adopted(&bed);
	toolstack_closes(&bed);
	expect(&bed, "release wait");
	begin_adopted(&bed);
	folder_goes(&bed);
	expect(&bed, "release untwin free");
	begin_adopted(&bed);
	bed.store.backend = XNB_STATE_INITIALISING;
	bed.store.frontend = XNB_STATE_INITIALISING;
	look(&bed);
	expect(&bed, "release untwin free");
	assert_true(bed.vif.replaced);
}

static void a_close_without_a_data_process_needs_none(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	die(&bed);
	frontend(&bed, XNB_STATE_CLOSING);
	expect(&bed, "release 5");
	frontend(&bed, XNB_STATE_CLOSED);
	expect(&bed, "6");
	frontend(&bed, XNB_STATE_INITIALISING);
	frontend(&bed, XNB_STATE_CONNECTED);
	expect(&bed, "2"); /* nobody could serve it yet */
	ready(&bed);
	expect(&bed, "keys connect");
}

static void a_failing_store_holds_back_states_but_not_rings(void **state)
{
	struct bed bed;

	(void)state;
	begin_connected(&bed);
	bed.fail = XNB_ACT_WRITE_STATE;
	bed.error = -EAGAIN;
	frontend(&bed, XNB_STATE_RECONFIGURING);
	expect(&bed, "reread failed");
	die(&bed);
	ready(&bed);
	expect(&bed, "resume"); /* not stopped by the store */
	bed.fail = XNB_ACT_NONE;
	look(&bed);
	expect(&bed, "reread 8");
}

static void a_state_that_somebody_else_wrote_is_not_overwritten(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	bed.fail = XNB_ACT_WRITE_STATE;
	bed.error = -ESTALE;
	look(&bed);
	expect(&bed, "twin offer failed");
	bed.fail = XNB_ACT_NONE;
	toolstack_closes(&bed); /* that was it */
	expect(&bed, "6");
}

static void a_twin_that_cannot_be_made_is_tried_again(void **state)
{
	struct bed bed;

	(void)state;
	begin(&bed);
	bed.fail = XNB_ACT_CREATE_TWIN;
	bed.error = -EEXIST;
	look(&bed);
	expect(&bed, "failed");
	run(&bed);
	expect(&bed, "");
	bed.fail = XNB_ACT_NONE;
	look(&bed);
	expect(&bed, "twin offer 2");
}

/* Each pair of ends, with and without a connection, online and offline: what
 * the backend's state becomes once everybody has answered. */
static enum xnb_state settle(struct bed *bed)
{
	for (int i = 0; i < 8; i++) {
		if (bed->vif.phase == XNB_PHASE_CONNECTING)
			up(bed);
		else if (bed->vif.entering)
			entered(bed);
		else if (bed->vif.phase == XNB_PHASE_DISCONNECTING)
			gone(bed);
	}
	return bed->store.backend;
}

static enum xnb_state wanted(enum xnb_state backend, enum xnb_state front,
			     bool online, bool connected)
{
	static const enum xnb_state by_frontend[] = {
		[XNB_STATE_UNKNOWN] = XNB_STATE_CLOSED,
		[XNB_STATE_INITIALISING] = XNB_STATE_INIT_WAIT,
		[XNB_STATE_INIT_WAIT] = XNB_STATE_INIT_WAIT,
		[XNB_STATE_INITIALISED] = XNB_STATE_INIT_WAIT,
		[XNB_STATE_CONNECTED] = XNB_STATE_CONNECTED,
		[XNB_STATE_CLOSING] = XNB_STATE_CLOSING,
		[XNB_STATE_CLOSED] = XNB_STATE_CLOSED,
	};

	if (!online && backend == XNB_STATE_CLOSED)
		return XNB_STATE_CLOSED;
	if (!online && backend == XNB_STATE_CLOSING)
		return front == XNB_STATE_CONNECTED ? XNB_STATE_CLOSING
						    : XNB_STATE_CLOSED;
	if (front == XNB_STATE_RECONFIGURED)
		return backend;
	if (front == XNB_STATE_RECONFIGURING)
		return connected ? XNB_STATE_RECONFIGURED : backend;
	/* Offline: what the table makes Closed or Closing stays down. */
	if (!online && (by_frontend[front] == XNB_STATE_CLOSING ||
			by_frontend[front] == XNB_STATE_CLOSED))
		return XNB_STATE_CLOSED;
	return by_frontend[front];
}

static void every_pair_of_states_follows_the_table(void **state)
{
	struct bed bed;

	(void)state;
	for (int i = 0; i < 9 * 9 * 4; i++) {
		enum xnb_state backend = (enum xnb_state)(i % 9);
		enum xnb_state front = (enum xnb_state)(i / 9 % 9);
		bool online = i / 81 % 2;
		bool connected = i / 162 % 2;

		if (connected && backend == XNB_STATE_INITIALISING)
			continue; /* another folder */
		if (connected)
			begin_connected(&bed);
		else
			begin(&bed);
		bed.store.hotplug_connected = true;
		bed.store.online = online;
		bed.store.backend = backend;
		bed.store.frontend = front;
		look(&bed);
		if (settle(&bed) != wanted(backend, front, online, connected))
			fail_msg("backend %d frontend %d online %d connected "
				 "%d: %d (%s)",
				 (int)backend, (int)front, online, connected,
				 (int)bed.store.backend, bed.told);
	}
}

static void any_input(struct bed *bed)
{
	switch (rand() % 12) {
	case 0:
	case 1:
	case 2:
		frontend(bed, (enum xnb_state)(rand() % 9));
		break;
	case 3:
		bed->store.hotplug_connected = rand() % 2;
		look(bed);
		break;
	case 4:
		toolstack_closes(bed);
		break;
	case 5:
		bed->store.online = true;
		bed->store.backend = (enum xnb_state)(rand() % 9);
		look(bed);
		break;
	case 6:
		if (bed->vif.phase == XNB_PHASE_CONNECTING)
			up(bed);
		break;
	case 7:
		if (bed->vif.phase == XNB_PHASE_DISCONNECTING)
			gone(bed);
		break;
	case 8:
		entered(bed);
		break;
	case 9:
		if (bed->vif.data_ready)
			die(bed);
		else
			ready(bed);
		break;
	case 10:
		xnb_vif_close_timeout(&bed->vif);
		run(bed);
		break;
	default:
		xnb_vif_fault(&bed->vif, bed->vif.generation);
		run(bed);
		break;
	}
}

/* check_write() and act() hold their ground whatever comes. */
static void no_order_of_inputs_breaks_a_rule(void **state)
{
	struct bed bed;

	(void)state;
	srand(20231);
	for (int walk = 0; walk < 300; walk++) {
		begin(&bed);
		look(&bed);
		for (int i = 0; i < 200; i++) {
			any_input(&bed);
			bed.told[0] = '\0';
		}
		/* And it always comes to its end. */
		folder_goes(&bed);
		if (!bed.ended && bed.vif.phase == XNB_PHASE_DISCONNECTING)
			gone(&bed);
		assert_true(bed.ended);
	}
}

static void only_a_digit_is_a_state(void **state)
{
	(void)state;
	assert_int_equal(xnb_state_parse("4"), XNB_STATE_CONNECTED);
	assert_int_equal(xnb_state_parse("0"), XNB_STATE_UNKNOWN);
	assert_int_equal(xnb_state_parse("8"), XNB_STATE_RECONFIGURED);
	assert_int_equal(xnb_state_parse("9"), XNB_STATE_UNKNOWN);
	assert_int_equal(xnb_state_parse("44"), XNB_STATE_UNKNOWN);
	assert_int_equal(xnb_state_parse("4 "), XNB_STATE_UNKNOWN);
	assert_int_equal(xnb_state_parse(" 4"), XNB_STATE_UNKNOWN);
	assert_int_equal(xnb_state_parse("-1"), XNB_STATE_UNKNOWN);
	assert_int_equal(xnb_state_parse(""), XNB_STATE_UNKNOWN);
	assert_int_equal(xnb_state_parse(NULL), XNB_STATE_UNKNOWN);
}

static void states_and_phases_have_names(void **state)
{
	(void)state;
	assert_string_equal(xnb_state_name(XNB_STATE_INIT_WAIT), "InitWait");
	assert_string_equal(xnb_state_name(XNB_STATE_RECONFIGURED),
			    "Reconfigured");
	for (int i = 0; i <= 8; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
				xnb_state_name((enum xnb_state)i),
				xnb_state_name((enum xnb_state)j));
	for (int i = 0; i <= (int)XNB_PHASE_END; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
				xnb_phase_name((enum xnb_phase)i),
				xnb_phase_name((enum xnb_phase)j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_twin_and_the_offer_come_before_init_wait),
		cmocka_unit_test(connected_waits_for_script_and_switch),
		cmocka_unit_test(a_late_script_keeps_the_backend_at_init_wait),
		cmocka_unit_test(
			a_frontend_that_was_first_is_served_the_same_way),
		cmocka_unit_test(initialised_is_not_connected),
		cmocka_unit_test(
			closing_is_followed_and_closed_waits_for_the_unmap),
		cmocka_unit_test(
			a_frontend_that_jumps_to_closed_gets_closed_after_unmap),
		cmocka_unit_test(
			a_close_cycle_before_connecting_is_played_along),
		cmocka_unit_test(a_reconnect_raises_the_generation),
		cmocka_unit_test(a_slot_goes_on_counting_its_generations),
		cmocka_unit_test(
			a_frontend_that_starts_over_never_sees_closing),
		cmocka_unit_test(detach_waits_for_the_frontend),
		cmocka_unit_test(
			detach_does_not_wait_for_a_frontend_that_hangs),
		cmocka_unit_test(
			detach_of_a_frontend_that_never_came_is_immediate),
		cmocka_unit_test(online_keeps_the_device_for_a_reconnect),
		cmocka_unit_test(a_vanished_frontend_folder_closes),
		cmocka_unit_test(
			a_vanished_backend_folder_undoes_all_and_writes_nothing),
		cmocka_unit_test(a_folder_that_was_made_anew_is_not_ours),
		cmocka_unit_test(
			initialising_before_our_first_state_is_the_same_folder),
		cmocka_unit_test(a_folder_that_goes_while_connecting_is_undone),
		cmocka_unit_test(reconfiguring_keeps_the_rings),
		cmocka_unit_test(reconfiguring_twice_is_read_twice),
		cmocka_unit_test(a_refused_reconfiguration_closes),
		cmocka_unit_test(a_reconfiguration_waits_for_the_store),
		cmocka_unit_test(without_rings_nothing_is_reconfigured),
		cmocka_unit_test(
			a_new_offer_waits_until_nobody_can_have_read_the_old_one),
		cmocka_unit_test(a_new_offer_never_comes_under_served_rings),
		cmocka_unit_test(a_paused_vif_connects_later),
		cmocka_unit_test(a_pause_does_not_touch_what_is_connected),
		cmocka_unit_test(
			refused_keys_close_until_the_frontend_starts_over),
		cmocka_unit_test(refused_channels_and_refused_rings_close_too),
		cmocka_unit_test(a_fault_closes_this_vif),
		cmocka_unit_test(stale_messages_change_nothing),
		cmocka_unit_test(a_dead_data_process_changes_no_state),
		cmocka_unit_test(it_may_die_before_it_answers),
		cmocka_unit_test(its_death_is_as_good_as_gone),
		cmocka_unit_test(an_adopted_vif_goes_on_and_writes_nothing),
		cmocka_unit_test(an_adopted_vif_was_not_quite_connected),
		cmocka_unit_test(
			what_an_adopted_vifs_guest_did_meanwhile_counts),
		cmocka_unit_test(a_close_without_a_data_process_needs_none),
		cmocka_unit_test(
			a_failing_store_holds_back_states_but_not_rings),
		cmocka_unit_test(
			a_state_that_somebody_else_wrote_is_not_overwritten),
		cmocka_unit_test(a_twin_that_cannot_be_made_is_tried_again),
		cmocka_unit_test(every_pair_of_states_follows_the_table),
		cmocka_unit_test(no_order_of_inputs_breaks_a_rule),
		cmocka_unit_test(only_a_digit_is_a_state),
		cmocka_unit_test(states_and_phases_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
