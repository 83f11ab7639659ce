/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT and traffic control follow the guests, see keeper.h. */
#include "netconf/daemon/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/force/force.h"
#include "netconf/force/known.h"

/* After the first of many events; a pause is at least so many times what the
 * last refresh took, so that guests' events never take the loop from others. */
#define DELAY_MS 50u
#define PAUSE_TIMES 10u
#define PAUSE_MS_MAX 2000u
/* Another process makes something just now. */
#define BUSY_MS 100u

struct xn_keeper {
	struct xn_daemon *daemon;
	struct xn_force *force;
	struct xn_source *timer;
	bool armed;
	bool listed;
	bool again;  /* something is to be made, whoever is there */
	bool lists;  /* those of access lists are others */
	bool failed; /* and was said */
	bool has_qos;
	json_t *vifs;  /* as they were told last; NULL: never */
	json_t *dealt; /* as they were when all was made; NULL: never */
	int known_fd;
	uint64_t refreshes, operations, ended, last_us, max_us;
	struct xn_err error;
};

static void arm(struct xn_keeper *keeper, uint64_t delay_ms)
{
	keeper->armed = true;
	xn_timer_arm(keeper->timer, delay_ms, 0);
}

static uint64_t pause_ms(const struct xn_keeper *keeper)
{
	uint64_t ms = keeper->last_us * PAUSE_TIMES / 1000;

	if (ms < DELAY_MS)
		return DELAY_MS;
	return ms > PAUSE_MS_MAX ? PAUSE_MS_MAX : ms;
}

void xn_keeper_note(struct xn_keeper *keeper)
{
	if (keeper && keeper->listed && !keeper->armed)
		arm(keeper, pause_ms(keeper));
}

void xn_keeper_lists_changed(struct xn_keeper *keeper)
{
	if (!keeper)
		return;
	keeper->lists = true;
	xn_keeper_note(keeper);
}

void xn_keeper_again(struct xn_keeper *keeper)
{
	if (!keeper)
		return;
	keeper->again = true;
	xn_keeper_note(keeper);
}

void xn_keeper_listed(struct xn_keeper *keeper)
{
	if (!keeper || keeper->listed)
		return;
	keeper->listed = true;
	xn_keeper_again(keeper);
}

/* Others read it (`xenplane apply`). */
static int tell(struct xn_keeper *keeper, json_t *vifs, struct xn_err *err)
{
	int fd = -1;
	int rc = xn_force_known_write(keeper->daemon->nl, vifs, &fd, err);

	if (rc < 0)
		return rc;
	xn_close(&keeper->known_fd);
	keeper->known_fd = fd;
	json_decref(keeper->vifs);
	keeper->vifs = json_incref(vifs);
	return 0;
}

static int make(struct xn_keeper *keeper, json_t *vifs, struct xn_err *err)
{
	struct xn_force_refreshed done;
	uint32_t ended = 0;
	uint32_t cut = 0;
	int rc = xn_force_refresh(keeper->force, vifs, keeper->has_qos, &done,
				  err);

	keeper->has_qos = done.has_qos;
	if (rc == 0 && done.has_nat && keeper->dealt)
		rc = xn_keeper_forget(keeper->daemon->nl, keeper->force,
				      keeper->dealt, vifs, &ended, err);
	if (rc == 0 && done.has_nat && keeper->lists)
		rc = xn_keeper_cut(keeper->force, keeper->daemon->acls, vifs,
				   &cut, err);
	if (rc == 0)
		keeper->lists = false;
	keeper->operations += done.ops.count;
	keeper->ended += ended + cut;
	for (size_t i = 0; i < done.ops.count; i++)
		xn_info("in force for the guests of now: %s: %s",
			xn_force_part_name(done.ops.op[i].part),
			done.ops.op[i].words);
	xn_force_ops_fini(&done.ops);
	return rc;
}

static int refresh(struct xn_keeper *keeper, json_t *vifs, struct xn_err *err)
{
	uint64_t begin_us = xn_now_us();
	int rc = 0;

	if (!keeper->vifs || !json_equal(keeper->vifs, vifs))
		rc = tell(keeper, vifs, err);
	if (rc == 0)
		rc = make(keeper, vifs, err);
	keeper->last_us = xn_now_us() - begin_us;
	if (keeper->last_us > keeper->max_us)
		keeper->max_us = keeper->last_us;
	keeper->refreshes++;
	return rc;
}

static void conclude(struct xn_keeper *keeper, json_t *vifs, int rc,
		     const struct xn_err *err)
{
	keeper->again = rc < 0;
	if (rc == -EBUSY && !err->set) {
		uint64_t pause = pause_ms(keeper);

		arm(keeper, pause > BUSY_MS ? pause : BUSY_MS);
		return;
	}
	if (rc < 0) {
		if (!keeper->failed ||
		    strcmp(keeper->error.text, err->text) != 0)
			xn_warning("what is in force does not follow the "
				   "guests: %s",
				   xn_err_text(err));
		keeper->failed = true;
		keeper->error = *err;
		return;
	}
	if (keeper->failed)
		xn_info("what is in force follows the guests again");
	keeper->failed = false;
	json_decref(keeper->dealt);
	keeper->dealt = json_incref(vifs);
}

static void on_timer(void *arg)
{
	struct xn_keeper *keeper = arg;
	json_t *vifs = xn_keeper_vifs(keeper->daemon);
	struct xn_err err = {0};
	int rc = 0;

	keeper->armed = false;
	if (!vifs)
		rc = xn_fail(&err, ENOMEM, "out of memory");
	else if (!keeper->again && !keeper->lists &&
		 json_equal(keeper->dealt, vifs))
		goto out;
	else
		rc = refresh(keeper, vifs, &err);
	conclude(keeper, vifs, rc, &err);
out:
	json_decref(vifs);
}

int xn_keeper_create(struct xn_daemon *daemon, struct xn_keeper **ret_keeper,
		     struct xn_err *err)
{
	struct xn_keeper *keeper = calloc(1, sizeof(*keeper));
	int rc;

	if (!keeper)
		return xn_fail(err, ENOMEM, "out of memory");
	keeper->daemon = daemon;
	keeper->known_fd = -1;
	rc = xn_force_open(daemon->nl, &keeper->force, err);
	if (rc == 0)
		keeper->timer =
			xn_loop_add_timer(daemon->loop, on_timer, keeper);
	if (rc == 0 && !keeper->timer)
		rc = xn_fail(err, errno, "event loop: %m");
	if (rc < 0) {
		xn_keeper_destroy(keeper);
		return rc;
	}
	*ret_keeper = keeper;
	return 0;
}

void xn_keeper_destroy(struct xn_keeper *keeper)
{
	struct xn_err none = {0};

	if (!keeper)
		return;
	if (keeper->known_fd >= 0)
		(void)xn_force_known_remove(keeper->daemon->nl, &none);
	xn_close(&keeper->known_fd);
	json_decref(keeper->vifs);
	json_decref(keeper->dealt);
	xn_source_destroy(keeper->timer);
	xn_force_close(keeper->force);
	free(keeper);
}

json_t *xn_keeper_describe(const struct xn_keeper *keeper)
{
	if (!keeper)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:s?}", "refreshes",
			 (json_int_t)keeper->refreshes, "operations",
			 (json_int_t)keeper->operations, "connections_ended",
			 (json_int_t)keeper->ended, "last_us",
			 (json_int_t)keeper->last_us, "max_us",
			 (json_int_t)keeper->max_us, "error",
			 keeper->failed ? xn_err_text(&keeper->error) : NULL);
}
