/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking over the vifs of the xenplaned before, see handover.h. Called by
 * main.c at the start, and by a vif that would make a twin. Each descriptor is
 * looked at for what it is; a vif of which anything is wrong is begun anew, and
 * nothing of it stays with the manager.
 */
#include "netconf/daemon/adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/fdb.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/vifs.h"
#include "netconf/nl/tap.h"

static int take(struct xn_vif *vif, const char *what)
{
	char name[XN_FDSTORE_NAME_MAX];

	xn_handover_name(vif, what, name);
	return xn_fdstore_take(vif->daemon->fdstore, name);
}

/* Closed here, unless it is -1, and by the manager. */
static void discard(struct xn_vif *vif, const char *what, int fd)
{
	char name[XN_FDSTORE_NAME_MAX];

	xn_close(&fd);
	xn_handover_name(vif, what, name);
	xn_fdstore_drop(vif->daemon->fdstore, name);
}

/* A memfd of the record's size that nobody can cut under us. NULL with err. */
static struct xn_record *map_record(int fd, struct xn_err *err)
{
	const int needed = F_SEAL_SHRINK | F_SEAL_GROW;
	struct stat st;
	void *map;

	if (fstat(fd, &st) || st.st_size != sizeof(struct xn_record) ||
	    (fcntl(fd, F_GET_SEALS) & needed) != needed) {
		(void)xn_fail(err, EPROTO, "its record is not one");
		return NULL;
	}
	map = mmap(NULL, sizeof(struct xn_record), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		(void)xn_fail(err, errno, "its record: %s", strerror(errno));
		return NULL;
	}
	return map;
}

static int take_record(struct xn_vif *vif, struct xn_err *err)
{
	int fd = take(vif, "record");
	struct xn_record *record;
	int error = -ENOENT;

	if (fd < 0)
		return error;
	record = map_record(fd, err);
	if (!record) {
		discard(vif, "record", fd);
		return -EPROTO;
	}
	error = xn_record_check(record, err);
	if (!error &&
	    (record->domid != vif->domid || record->handle != vif->handle))
		error = xn_fail(err, EPROTO, "its record is another vif's");
	if (error) {
		(void)munmap(record, sizeof(*record));
		discard(vif, "record", fd);
		return error;
	}
	vif->kept.record = record;
	vif->kept.record_fd = fd;
	return 0;
}

/* All queues that are there, for whoever takes them or closes them. */
static void take_taps(struct xn_vif *vif, struct xn_twin *ret_twin)
{
	char name[XN_FDSTORE_NAME_MAX];

	memset(ret_twin, 0, sizeof(*ret_twin));
	for (uint32_t i = 0; i < XN_QUEUES_MAX; i++) {
		int fd;

		xn_handover_tap_name(vif, i, name);
		fd = xn_fdstore_take(vif->daemon->fdstore, name);
		if (fd >= 0)
			ret_twin->fd[ret_twin->queue_count++] = fd;
	}
}

/* All of them queues of one tap of ours, as many as we would make. */
static int check_taps(const struct xn_daemon *daemon, struct xn_twin *twin,
		      struct xn_err *err)
{
	char first[IFNAMSIZ] = "", name[IFNAMSIZ];

	for (uint32_t i = 0; i < twin->queue_count; i++) {
		int error = xn_tap_name(twin->fd[i], name);

		if (error)
			return xn_fail(err, -error, "queue %u of its twin: %s",
				       i, strerror(-error));
		if (i == 0)
			memcpy(first, name, sizeof(first));
		else if (strcmp(first, name) != 0)
			return xn_fail(err, EPROTO,
				       "queues of two taps, %s and %s", first,
				       name);
	}
	twin->ifindex = twin->queue_count ? (int)if_nametoindex(first) : 0;
	if (!twin->ifindex)
		return xn_fail(err, ENODEV, "its twin is gone");
	if (twin->queue_count != daemon->queues_max)
		return xn_fail(err, EPROTO,
			       "its twin has %u queues, not %u as are offered "
			       "now",
			       twin->queue_count, daemon->queues_max);
	return 0;
}

static void discard_twin(struct xn_vif *vif, struct xn_twin *twin)
{
	char name[XN_FDSTORE_NAME_MAX];

	for (uint32_t i = 0; i < XN_QUEUES_MAX && twin->queue_count; i++) {
		xn_handover_tap_name(vif, i, name);
		xn_fdstore_drop(vif->daemon->fdstore, name);
	}
	/* The manager closes its copies in its own time: the link is not to
	 * wait for that. */
	xn_twins_destroy(twin, 1, vif->daemon->nl);
}

static void discard_record(struct xn_vif *vif)
{
	xn_handover_leave(vif);
	discard(vif, "record", -1);
}

static void say_why(const struct xn_vif *vif, struct xn_err *err)
{
	xn_text_make_printable(err->text);
	xn_warning("%s: cannot go on as it was: %s", vif->name,
		   xn_err_text(err));
}

bool xn_handover_adopt_twin(struct xn_vif *vif)
{
	struct xn_twin twin;
	struct xn_err err = {0};
	int error = take_record(vif, &err);

	take_taps(vif, &twin);
	if (error == -ENOENT && !twin.queue_count)
		return false;
	if (error == -ENOENT)
		(void)xn_fail(&err, EPROTO, "its record is missing");
	if (!error)
		error = check_taps(vif->daemon, &twin, &err);
	if (error) {
		say_why(vif, &err);
		discard_twin(vif, &twin);
		discard_record(vif);
		return false;
	}
	vif->twin = twin;
	vif->port.isolated_by_us = vif->kept.record->isolated_by_us;
	/* What it was told of the guest counts no more. */
	(void)xn_tap_set_carrier(twin.fd[0], true);
	return true;
}

static void learn(struct xn_vif *vif, const struct xn_record *record)
{
	struct xnb_frontend *fe = &vif->frontend;

	*fe = (struct xnb_frontend){
		.features = record->features,
		.xdp_headroom = (uint16_t)record->xdp_headroom,
		.mcast_control = record->mcast_control != 0,
		.ctrl_ring_ref = record->ctrl_ring_ref,
		.queue_count = record->queue_count,
	};
	for (uint32_t i = 0; i < record->queue_count; i++) {
		fe->queue[i].tx_ring_ref = record->queue[i].tx_ring_ref;
		fe->queue[i].rx_ring_ref = record->queue[i].rx_ring_ref;
	}
	vif->offload = record->offload != 0;
	memcpy(vif->frontend_path, record->frontend_path,
	       sizeof(record->frontend_path));
}

static int adopt_channel(struct xn_vif *vif, const struct xn_record *record,
			 int take_fd, struct xn_err *err)
{
	uint32_t ports[XN_QUEUES_MAX][2];

	for (uint32_t i = 0; i < record->queue_count; i++) {
		ports[i][0] = record->queue[i].tx_port;
		ports[i][1] = record->queue[i].rx_port;
	}
	return xn_channel_adopt(take_fd, record->queue_count, ports,
				record->ctrl_port, &vif->channel, err);
}

static int adopt_connection(struct xn_vif *vif, int take_event, int take_redo,
			    struct xn_err *err)
{
	/* A copy, which nobody changes under us. */
	struct xn_record record = *vif->kept.record;
	struct xn_blame_place place;
	int error = xn_record_check(&record, err);

	if (!error && (take_event < 0 || take_redo < 0))
		error = xn_fail(err, EPROTO, "its channels or log are missing");
	/* Nobody is to blame: its data process was killed with ours. */
	if (!error &&
	    xn_blame_take_note(take_redo, record.queue_count, &place) < 0)
		error = xn_fail(err, EPROTO, "its redo log is not one");
	if (!error) {
		error = adopt_channel(vif, &record, take_event, err);
		take_event = -1;
	}
	if (error) {
		discard(vif, "event", take_event);
		discard(vif, "redo", take_redo);
		vif->kept.record->queue_count = 0;
		return error;
	}
	vif->redo_fd = take_redo;
	learn(vif, &record);
	xnb_vif_adopt(&vif->machine, record.generation);
	vif->observed = true;
	return 0;
}

/* "D.N.record" */
static bool is_record(const char *name, uint32_t *ret_domid,
		      uint32_t *ret_handle)
{
	char text[XN_FDSTORE_NAME_MAX];
	char *rest = text, *domid, *handle;

	(void)xn_text_copy(text, sizeof(text), name);
	domid = strsep(&rest, ".");
	handle = strsep(&rest, ".");
	return rest && !strcmp(rest, "record") &&
	       !xn_parse_u32(domid, 0, UINT16_MAX, ret_domid) &&
	       !xn_parse_u32(handle, 0, UINT16_MAX, ret_handle);
}

/* Only one that is connected: another is begun when the store tells of it. */
static void adopt_vif(struct xn_daemon *daemon, const char *name,
		      uint32_t domid, uint32_t handle)
{
	struct xn_record record;
	struct xn_err err = {0};
	struct xn_vif *vif;
	int fd = xn_fdstore_look(daemon->fdstore, name);
	ssize_t bytes = pread(fd, &record, sizeof(record), 0);

	if (bytes != (ssize_t)sizeof(record) ||
	    xn_record_check(&record, &err) || !record.queue_count ||
	    record.domid != domid || record.handle != handle)
		return;
	vif = xn_vifs_add_at(daemon->vifs, record.slot, domid, handle);
	if (!vif || !xn_handover_adopt_twin(vif))
		return;
	if (adopt_connection(vif, take(vif, "event"), take(vif, "redo"),
			     &err)) {
		say_why(vif, &err);
		return;
	}
	xn_links_read_twin(daemon->links, vif);
	xn_info("%s: taken over, %s", vif->name, vif->port.link.name);
}

struct found {
	char name[XN_FDSTORE_NAME_MAX];
	uint32_t domid, handle;
};

/* Taking descriptors changes their order: first all names. */
static size_t find_records(struct xn_fdstore *store, struct found *ret_found)
{
	const char *name;
	size_t count = 0;

	for (size_t i = 0; (name = xn_fdstore_name_at(store, i)); i++) {
		struct found *f = &ret_found[count];

		if (count == XN_VIFS_MAX ||
		    !is_record(name, &f->domid, &f->handle))
			continue;
		(void)xn_text_copy(f->name, sizeof(f->name), name);
		count++;
	}
	return count;
}

void xn_handover_adopt_all(struct xn_daemon *daemon)
{
	struct found *found = calloc(XN_VIFS_MAX, sizeof(*found));
	size_t count = found ? find_records(daemon->fdstore, found) : 0;

	for (size_t i = 0; i < count; i++)
		adopt_vif(daemon, found[i].name, found[i].domid,
			  found[i].handle);
	free(found);
	if (count)
		xn_fdb_adopt(daemon->fdb);
}
