// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The toolstack's part of a vif's life. Called by guest.c. What the backend
 * and the guest write is only compared; paths are built from our own numbers.
 */
#include "netconf/lab/toolstack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/log.h"
#include "netconf/base/text.h"
#include "netconf/lab/hotplug.h"
#include "netconf/lab/store.h"

/* libxl's own limits (LIBXL_INIT_TIMEOUT, LIBXL_HOTPLUG_TIMEOUT). */
#define INIT_LIMIT_MS 10000u
#define CLOSE_LIMIT_MS 10000u

/* Xenbus states (xen/io/xenbus.h) as the store spells them. */
#define STATE_INITIALISING "1"
#define STATE_INIT_WAIT "2"
#define STATE_CONNECTED "4"
#define STATE_CLOSING "5"
#define STATE_CLOSED "6"

struct folders {
	char backend[XN_LAB_STORE_PATH_MAX];
	char frontend[XN_LAB_STORE_PATH_MAX];
};

static void folders_of(const struct xn_lab_vif *vif, struct folders *ret)
{
	snprintf(ret->backend, sizeof(ret->backend),
		 "/local/domain/0/backend/vif/%u/%u", vif->domid, vif->devid);
	snprintf(ret->frontend, sizeof(ret->frontend),
		 "/local/domain/%u/device/vif/%u", vif->domid, vif->devid);
}

/* The store takes permissions only for a domain that exists, and the domain
 * is born with the guest's process, which wants these folders: they stay
 * dom0's. A lab's clients all come by the store's socket, as dom0. */
int xn_lab_domain_create(struct xn_lab_toolstack *ts, uint32_t domid,
			 const char *name, struct xn_err *err)
{
	char folder[64], device[80], number[16];
	struct xn_lab_key keys[] = {{"name", name}, {"domid", number}};
	struct xn_lab_node nodes[] = {
		{folder, 0, 0, keys, 2},
		{device, 0, 0, NULL, 0},
	};

	snprintf(folder, sizeof(folder), "/local/domain/%u", domid);
	snprintf(device, sizeof(device), "%s/device/vif", folder);
	snprintf(number, sizeof(number), "%u", domid);
	return xn_lab_store_create(ts->xs, nodes, 2, err);
}

void xn_lab_domain_remove(struct xn_lab_toolstack *ts, uint32_t domid)
{
	char folder[64];

	snprintf(folder, sizeof(folder), "/local/domain/%u", domid);
	xn_lab_store_remove(ts->xs, folder);
	snprintf(folder, sizeof(folder), "/local/domain/0/backend/vif/%u",
		 domid);
	xn_lab_store_remove(ts->xs, folder);
}

/* The texts of the keys, which struct xn_lab_key points into. */
struct key_texts {
	char mac[XN_MAC_TEXT];
	char domid[16], devid[16], mtu[16], rate[48];
	char ips[XN_VIFSPEC_IPS_MAX * XN_VIFSPEC_IP_MAX];
};

static void format_texts(const struct xn_lab_vif *vif, struct key_texts *ret)
{
	const struct xn_vifspec *spec = &vif->spec;
	size_t used = 0;

	xn_mac_format(&spec->mac, ret->mac);
	snprintf(ret->domid, sizeof(ret->domid), "%u", vif->domid);
	snprintf(ret->devid, sizeof(ret->devid), "%u", vif->devid);
	snprintf(ret->mtu, sizeof(ret->mtu), "%u", spec->mtu);
	snprintf(ret->rate, sizeof(ret->rate), "%llu,%u",
		 (unsigned long long)spec->rate_bytes, spec->rate_interval_us);
	ret->ips[0] = '\0';
	for (uint32_t i = 0; i < spec->ip_count; i++) {
		int length = snprintf(ret->ips + used, sizeof(ret->ips) - used,
				      "%s%s", i ? " " : "", spec->ip[i]);

		used += (size_t)length;
	}
}

#define KEYS_MAX 20

/* A key that libxl writes only when it was said. */
static void add_said(struct xn_lab_key *keys, size_t *count, const char *key,
		     const char *value)
{
	if (value[0])
		keys[(*count)++] = (struct xn_lab_key){key, value};
}

static size_t backend_keys(const struct xn_lab_vif *vif,
			   const struct folders *f, const struct key_texts *t,
			   struct xn_lab_key keys[KEYS_MAX])
{
	size_t n = 0;
	const struct xn_vifspec *spec = &vif->spec;

	keys[n++] = (struct xn_lab_key){"frontend", f->frontend};
	keys[n++] = (struct xn_lab_key){"frontend-id", t->domid};
	keys[n++] = (struct xn_lab_key){"online", "1"};
	keys[n++] = (struct xn_lab_key){"state", STATE_INITIALISING};
	keys[n++] = (struct xn_lab_key){"handle", t->devid};
	keys[n++] = (struct xn_lab_key){"mac", t->mac};
	keys[n++] = (struct xn_lab_key){"script", spec->script};
	keys[n++] = (struct xn_lab_key){"type", "vif"};
	add_said(keys, &n, "bridge", spec->bridge);
	add_said(keys, &n, "ip", t->ips);
	add_said(keys, &n, "vifname", spec->vifname);
	add_said(keys, &n, "gatewaydev", spec->gatewaydev);
	add_said(keys, &n, "vlan", spec->vlan);
	if (spec->mtu)
		keys[n++] = (struct xn_lab_key){"mtu", t->mtu};
	if (spec->rate_bytes)
		keys[n++] = (struct xn_lab_key){"rate", t->rate};
	keys[n++] = (struct xn_lab_key){"hotplug-status", ""};
	return n;
}

static size_t frontend_keys(const struct xn_lab_vif *vif,
			    const struct folders *f, const struct key_texts *t,
			    struct xn_lab_key keys[KEYS_MAX])
{
	size_t n = 0;

	keys[n++] = (struct xn_lab_key){"backend", f->backend};
	keys[n++] = (struct xn_lab_key){"backend-id", "0"};
	keys[n++] = (struct xn_lab_key){"state", STATE_INITIALISING};
	keys[n++] = (struct xn_lab_key){"handle", t->devid};
	keys[n++] = (struct xn_lab_key){"mac", t->mac};
	if (vif->spec.mtu)
		keys[n++] = (struct xn_lab_key){"mtu", t->mtu};
	if (vif->spec.trusted >= 0)
		keys[n++] = (struct xn_lab_key){"trusted",
						vif->spec.trusted ? "1" : "0"};
	return n;
}

static int create_folders(struct xn_lab_toolstack *ts,
			  const struct xn_lab_vif *vif, const struct folders *f,
			  struct xn_err *err)
{
	struct key_texts texts;
	struct xn_lab_key back[KEYS_MAX], front[KEYS_MAX];
	struct xn_lab_node nodes[2] = {
		{f->frontend, vif->domid, 0, front, 0},
		{f->backend, 0, vif->domid, back, 0},
	};

	format_texts(vif, &texts);
	nodes[0].key_count = frontend_keys(vif, f, &texts, front);
	nodes[1].key_count = backend_keys(vif, f, &texts, back);
	return xn_lab_store_create(ts->xs, nodes, 2, err);
}

static int run_script(struct xn_lab_toolstack *ts, const struct xn_lab_vif *vif,
		      const char *command, struct xn_err *err)
{
	struct xn_lab_hotplug hotplug = {
		.script = vif->spec.script,
		.command = command,
		.gatewaydev = vif->spec.gatewaydev,
		.domid = vif->domid,
		.devid = vif->devid,
		.netns_fd = ts->dom0_netns,
		.store_socket = ts->paths->store,
		.config = ts->paths->config,
	};

	return xn_lab_hotplug_run(&hotplug, err);
}

static int run_online(struct xn_lab_toolstack *ts, const struct xn_lab_vif *vif,
		      const struct folders *f, struct xn_err *err)
{
	char reason[XN_LAB_STORE_VALUE_MAX];
	struct xn_err script_err = {0};
	int rc = run_script(ts, vif, "online", &script_err);

	if (rc == 0)
		return 0;
	xn_lab_store_read(ts->xs, f->backend, "hotplug-error", reason);
	return xn_fail(err, -rc, "vif%u.%u: %s%s%s", vif->domid, vif->devid,
		       xn_err_text(&script_err), reason[0] ? ": " : "", reason);
}

int xn_lab_vif_attach(struct xn_lab_toolstack *ts, const struct xn_lab_vif *vif,
		      struct xn_err *err)
{
	struct folders f;
	struct xn_err ignored = {0};
	int rc;

	folders_of(vif, &f);
	rc = create_folders(ts, vif, &f, err);
	if (rc < 0)
		return rc;
	rc = xn_lab_store_wait(ts->xs, f.backend, "state", STATE_INIT_WAIT,
			       NULL, INIT_LIMIT_MS, err);
	if (rc == 0)
		rc = run_online(ts, vif, &f, err);
	if (rc < 0)
		xn_lab_vif_detach(ts, vif, &ignored);
	return rc;
}

int xn_lab_vif_wait_connected(struct xn_lab_toolstack *ts,
			      const struct xn_lab_vif *vif,
			      unsigned int limit_ms, struct xn_err *err)
{
	struct folders f;
	int rc;

	folders_of(vif, &f);
	rc = xn_lab_store_wait(ts->xs, f.backend, "state", STATE_CONNECTED,
			       NULL, limit_ms, err);
	if (rc < 0)
		return rc;
	return xn_lab_store_wait(ts->xs, f.frontend, "state", STATE_CONNECTED,
				 NULL, limit_ms, err);
}

int xn_lab_vif_detach(struct xn_lab_toolstack *ts, const struct xn_lab_vif *vif,
		      struct xn_err *err)
{
	struct folders f;
	struct xn_err script_err = {0};
	char state[XN_LAB_STORE_VALUE_MAX];
	int rc = 0;

	folders_of(vif, &f);
	xn_lab_store_read(ts->xs, f.backend, "state", state);
	if (strcmp(state, STATE_CLOSED) != 0) {
		xn_lab_store_write(ts->xs, f.backend, "online", "0",
				   &script_err);
		rc = xn_lab_store_write(ts->xs, f.backend, "state",
					STATE_CLOSING, err);
		if (rc == 0)
			rc = xn_lab_store_wait(ts->xs, f.backend, "state",
					       STATE_CLOSED, NULL,
					       CLOSE_LIMIT_MS, err);
	}
	/* As libxl: whatever the script says on removal is not an error. */
	if (run_script(ts, vif, "offline", &script_err) < 0)
		xn_info("vif%u.%u: offline: %s", vif->domid, vif->devid,
			xn_err_text(&script_err));
	xn_lab_store_remove(ts->xs, f.backend);
	xn_lab_store_remove(ts->xs, f.frontend);
	return rc;
}

void xn_lab_vif_backend_key(struct xn_lab_toolstack *ts,
			    const struct xn_lab_vif *vif, const char *key,
			    char ret[512])
{
	struct folders f;

	folders_of(vif, &f);
	xn_lab_store_read(ts->xs, f.backend, key, ret);
}
