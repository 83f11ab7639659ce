// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lab's guests. Called by the supervisor's requests; names and vif texts
 * come from the command line and are checked here.
 */
#include "netconf/lab/guest.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/base/proc.h"
#include "netconf/base/text.h"
#include "netconf/lab/lab.h"
#include "netconf/lab/namespace.h"
#include "netconf/lab/network.h"
#include "netconf/lab/wait.h"

#define GUEST_NAME_MAX 64
#define READY_LIMIT_MS 20000u
#define CONNECT_LIMIT_MS 20000u
#define GONE_LIMIT_MS 10000u
#define OPTIONS_MAX 8

struct guest {
	char name[GUEST_NAME_MAX]; /* "" marks a free entry */
	uint32_t domid;
	int netns_fd;
	pid_t pid;
	bool no_frontend; /* its vifs connect when somebody serves them */
	struct xn_source *child; /* NULL once it has ended */
	struct xn_lab_guests *owner;
	uint32_t vif_count;
	struct xn_lab_vif vif[XN_LAB_VIFS_MAX];
};

struct xn_lab_guests {
	struct xn_loop *loop;
	struct xn_lab_toolstack *ts;
	uint32_t next_domid;
	struct guest guest[XN_LAB_GUESTS_MAX];
};

struct xn_lab_guests *xn_lab_guests_create(struct xn_loop *loop,
					   struct xn_lab_toolstack *ts)
{
	struct xn_lab_guests *guests = calloc(1, sizeof(*guests));

	if (!guests)
		return NULL;
	guests->loop = loop;
	guests->ts = ts;
	guests->next_domid = 1;
	return guests;
}

static void end_process(struct guest *guest)
{
	int status;

	xn_source_destroy(guest->child);
	guest->child = NULL;
	if (guest->pid <= 0)
		return;
	kill(guest->pid, SIGKILL);
	while (waitpid(guest->pid, &status, 0) < 0 && errno == EINTR)
		;
	guest->pid = 0;
}

static void forget(struct guest *guest)
{
	end_process(guest);
	xn_lab_namespace_end_processes(guest->netns_fd);
	xn_close(&guest->netns_fd);
	memset(guest, 0, sizeof(*guest));
	guest->netns_fd = -1;
}

void xn_lab_guests_destroy(struct xn_lab_guests *guests)
{
	if (!guests)
		return;
	for (uint32_t i = 0; i < XN_LAB_GUESTS_MAX; i++)
		if (guests->guest[i].name[0])
			forget(&guests->guest[i]);
	free(guests);
}

static struct guest *find(struct xn_lab_guests *guests, const char *name)
{
	for (uint32_t i = 0; i < XN_LAB_GUESTS_MAX; i++)
		if (!strcmp(guests->guest[i].name, name))
			return &guests->guest[i];
	return NULL;
}

static struct guest *find_named(struct xn_lab_guests *guests, const char *name,
				struct xn_err *err)
{
	struct guest *guest = name[0] ? find(guests, name) : NULL;

	if (!guest)
		xn_fail(err, ENOENT, "there is no guest '%s'", name);
	return guest;
}

/* A guest's process that ended by itself: what the toolstack does when a
 * domain dies. */
static void guest_ended(void *arg, pid_t pid, int status)
{
	struct guest *guest = arg;
	struct xn_lab_guests *guests = guest->owner;
	char name[GUEST_NAME_MAX];
	struct xn_err err = {0};

	xn_warning("guest '%s' (process %d) ended by itself, status 0x%x",
		   guest->name, (int)pid, (unsigned int)status);
	guest->pid = 0; /* reaped */
	memcpy(name, guest->name, sizeof(name));
	if (xn_lab_guest_destroy(guests, name, &err) < 0)
		xn_warning("guest '%s': %s", name, xn_err_text(&err));
}

static int check_name(struct xn_lab_guests *guests, const char *name,
		      struct xn_err *err)
{
	if (!name[0] || strlen(name) >= GUEST_NAME_MAX)
		return xn_fail(err, EINVAL,
			       "a guest's name has 1 to %d letters",
			       GUEST_NAME_MAX - 1);
	if (name[0] == '-')
		return xn_fail(err, EINVAL,
			       "'%s': a guest's name does not begin with '-'",
			       name);
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return xn_fail(err, EINVAL,
				       "'%s': letters, digits, '-', '_' and "
				       "'.' are wanted",
				       name);
	if (!strcmp(name, "dom0") || !strcmp(name, "outside"))
		return xn_fail(err, EINVAL, "'%s' is the lab's own", name);
	if (find(guests, name))
		return xn_fail(err, EEXIST, "there is a guest '%s' already",
			       name);
	return 0;
}

struct guest_start {
	char program[XN_LAB_PATH_MAX];
	char text[8][XN_LAB_PATH_MAX + 32];
	const char *env[9];
	const char *argv[OPTIONS_MAX + 4];
};

static int describe_start(struct xn_lab_guests *guests, struct guest *guest,
			  const json_t *options, struct guest_start *ret,
			  struct xn_err *err)
{
	const struct xn_lab_paths *p = guests->ts->paths;
	int n = 0, bad = 0;
	size_t i;
	json_t *option;

#define ENV(...)                                                    \
	bad |= xn_text_format(ret->text[n++], sizeof(ret->text[0]), \
			      __VA_ARGS__) < 0
	ENV("XENSIM_DOMID=%u", guest->domid);
	ENV("XENSIM_BROKER=%s", p->broker);
	ENV("XENSTORED_PATH=%s", p->store);
	ENV("LD_PRELOAD=%s", p->xensim);
	ENV("XENPLANE_LAB=%s", p->name);
	ENV("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
#undef ENV
	for (int e = 0; e < n; e++)
		ret->env[e] = ret->text[e];
	ret->env[n] = NULL;
	bad |= xn_text_format(ret->program, sizeof(ret->program),
			      "%s/xenplane-guest", p->programs) < 0;
	if (bad || json_array_size(options) > OPTIONS_MAX)
		return xn_fail(err, E2BIG, "too much to start the guest with");

	int a = 0;

	ret->argv[a++] = ret->program;
	ret->argv[a++] = "--ready-fd";
	ret->argv[a++] = "3";
	json_array_foreach (options, i, option)
		ret->argv[a++] = json_string_value(option);
	ret->argv[a] = NULL;
	return 0;
}

static int start_process(struct xn_lab_guests *guests, struct guest *guest,
			 const json_t *options, struct xn_err *err)
{
	struct guest_start start;
	int ready[2];
	int rc = describe_start(guests, guest, options, &start, err);

	if (rc < 0)
		return rc;
	if (pipe2(ready, O_CLOEXEC) < 0)
		return xn_fail(err, errno, "pipe: %s", strerror(errno));

	struct xn_proc_fd map = {.from = ready[1], .to = 3};
	struct xn_proc proc = {
		.argv = start.argv,
		.env = start.env,
		.fds = &map,
		.fd_count = 1,
		.death_signal = SIGKILL,
		.netns_fd = guest->netns_fd,
	};

	rc = xn_proc_spawn(&proc, &guest->pid, err);
	close(ready[1]);
	if (rc == 0)
		rc = xn_lab_wait_ready(ready[0], guest->name, READY_LIMIT_MS,
				       err);
	close(ready[0]);
	if (rc < 0)
		return rc;
	guest->child =
		xn_loop_add_child(guests->loop, guest->pid, guest_ended, guest);
	if (!guest->child)
		return xn_fail(err, errno, "watching a process: %s",
			       strerror(errno));
	return 0;
}

/* xl's random addresses: Xen's prefix, the fourth byte below 0x80. */
static int random_mac(struct xn_mac *ret_mac)
{
	static const uint8_t prefix[3] = {0x00, 0x16, 0x3e};

	memcpy(ret_mac->octet, prefix, sizeof(prefix));
	if (getrandom(&ret_mac->octet[3], 3, 0) != 3)
		return -errno;
	ret_mac->octet[3] &= 0x7f;
	return 0;
}

/* A script's name without a folder is one of the host's Xen scripts. */
static int complete_script(struct xn_vifspec *spec, const char *script,
			   struct xn_err *err)
{
	char name[XN_VIFSPEC_PATH_MAX];

	if (!spec->script[0])
		(void)xn_text_copy(spec->script, sizeof(spec->script), script);
	if (spec->script[0] == '/')
		return 0;
	memcpy(name, spec->script[0] ? spec->script : "vif-bridge",
	       spec->script[0] ? sizeof(name) : sizeof("vif-bridge"));
	if (xn_text_format(spec->script, sizeof(spec->script),
			   "/etc/xen/scripts/%s", name) < 0)
		return xn_fail(err, ENAMETOOLONG, "script=%s: too long", name);
	return 0;
}

/* Fills in what xl fills in. */
static int complete_spec(struct xn_vifspec *spec, const char *script,
			 struct xn_err *err)
{
	if (spec->backend[0] && strcmp(spec->backend, "0") != 0 &&
	    strcmp(spec->backend, "Domain-0") != 0)
		return xn_fail(err, ENOTSUP,
			       "backend=%s: the lab has no driver domain",
			       spec->backend);
	if (!spec->has_mac && random_mac(&spec->mac) < 0)
		return xn_fail(err, errno, "no random numbers");
	spec->has_mac = true;
	if (!spec->bridge[0])
		(void)xn_text_copy(spec->bridge, sizeof(spec->bridge),
				   XN_LAB_BRIDGE);
	return complete_script(spec, script, err);
}

static bool devid_taken(const struct guest *guest, uint32_t devid)
{
	for (uint32_t i = 0; i < guest->vif_count; i++)
		if (guest->vif[i].devid == devid)
			return true;
	return false;
}

static int choose_devid(const struct guest *guest,
			const struct xn_vifspec *spec, uint32_t *ret_devid,
			struct xn_err *err)
{
	uint32_t devid = 0;

	if (spec->devid > (int32_t)XN_LAB_DEVID_MAX)
		return xn_fail(err, EINVAL,
			       "devid=%d: a lab's guest has 0 to %u",
			       spec->devid, XN_LAB_DEVID_MAX);
	if (spec->devid >= 0) {
		if (devid_taken(guest, (uint32_t)spec->devid))
			return xn_fail(err, EEXIST, "devid=%d: it is taken",
				       spec->devid);
		*ret_devid = (uint32_t)spec->devid;
		return 0;
	}
	while (devid_taken(guest, devid))
		devid++;
	*ret_devid = devid;
	return 0;
}

static int attach(struct xn_lab_guests *guests, struct guest *guest,
		  const char *text, uint32_t *ret_devid, struct xn_err *err)
{
	struct xn_lab_vif *vif = &guest->vif[guest->vif_count];
	int rc;

	if (guest->vif_count == XN_LAB_VIFS_MAX)
		return xn_fail(err, E2BIG, "a guest has at most %u vifs",
			       XN_LAB_VIFS_MAX);
	memset(vif, 0, sizeof(*vif));
	vif->domid = guest->domid;
	rc = xn_vifspec_parse(text, &vif->spec, err);
	if (rc == 0)
		rc = complete_spec(&vif->spec, guests->ts->script, err);
	if (rc == 0)
		rc = choose_devid(guest, &vif->spec, &vif->devid, err);
	if (rc < 0)
		return rc;
	rc = xn_lab_network_name_free(guests->ts->dom0_netns, vif->spec.vifname,
				      err);
	if (rc == 0)
		rc = xn_lab_vif_attach(guests->ts, vif, err);
	if (rc < 0)
		return rc;
	guest->vif_count++;
	if (guest->no_frontend) {
		*ret_devid = vif->devid;
		return 0;
	}
	rc = xn_lab_vif_wait_connected(guests->ts, vif, CONNECT_LIMIT_MS, err);
	if (rc == 0)
		rc = xn_lab_network_guest(guest->netns_fd, vif->devid,
					  &vif->spec, err);
	if (rc < 0) {
		struct xn_err ignored = {0};

		guest->vif_count--;
		xn_lab_vif_detach(guests->ts, vif, &ignored);
		return rc;
	}
	*ret_devid = vif->devid;
	return 0;
}

static void destroy(struct xn_lab_guests *guests, struct guest *guest,
		    struct xn_err *err)
{
	/* As `xl destroy`: the guest ends first, then its devices. */
	end_process(guest);
	while (guest->vif_count > 0)
		xn_lab_vif_detach(guests->ts, &guest->vif[--guest->vif_count],
				  err);
	xn_lab_domain_remove(guests->ts, guest->domid);
	forget(guest);
}

static bool has_option(const json_t *options, const char *wanted)
{
	json_t *option;
	size_t i;

	json_array_foreach (options, i, option)
		if (!strcmp(json_string_value(option), wanted))
			return true;
	return false;
}

int xn_lab_guest_create(struct xn_lab_guests *guests, const char *name,
			const json_t *vifs, const json_t *options,
			uint32_t *ret_domid, struct xn_err *err)
{
	struct xn_err ignored = {0};
	struct guest *guest;
	uint32_t devid;
	json_t *vif;
	size_t i;
	int rc = check_name(guests, name, err);

	if (rc < 0)
		return rc;
	guest = find(guests, "");
	if (!guest || guests->next_domid >= 0x7ff0) /* DOMID_FIRST_RESERVED */
		return xn_fail(err, ENOSPC, "the lab is full");
	(void)xn_text_copy(guest->name, sizeof(guest->name), name);
	guest->owner = guests;
	guest->domid = guests->next_domid++;
	guest->no_frontend = has_option(options, XN_LAB_NO_FRONTEND);
	guest->netns_fd = xn_lab_namespace_create(err);
	rc = guest->netns_fd < 0 ? guest->netns_fd : 0;
	if (rc == 0)
		rc = xn_lab_domain_create(guests->ts, guest->domid, name, err);
	if (rc == 0)
		rc = start_process(guests, guest, options, err);
	json_array_foreach (vifs, i, vif)
		if (rc == 0)
			rc = attach(guests, guest, json_string_value(vif),
				    &devid, err);
	if (rc < 0) {
		destroy(guests, guest, &ignored);
		return rc;
	}
	*ret_domid = guest->domid;
	return 0;
}

int xn_lab_guest_destroy(struct xn_lab_guests *guests, const char *name,
			 struct xn_err *err)
{
	struct guest *guest = find_named(guests, name, err);

	if (!guest)
		return -ENOENT;
	destroy(guests, guest, err);
	return err->set ? -ETIMEDOUT : 0;
}

int xn_lab_guest_attach(struct xn_lab_guests *guests, const char *name,
			const char *vif, uint32_t *ret_devid,
			struct xn_err *err)
{
	struct guest *guest = find_named(guests, name, err);

	return guest ? attach(guests, guest, vif, ret_devid, err) : -ENOENT;
}

static int find_vif(const struct guest *guest, const char *which)
{
	struct xn_mac mac;
	uint32_t devid;
	bool is_mac = xn_mac_parse(which, &mac) == 0;

	if (!is_mac && xn_parse_u32(which, 0, 65535, &devid) < 0)
		return -1;
	for (uint32_t i = 0; i < guest->vif_count; i++) {
		const struct xn_lab_vif *vif = &guest->vif[i];

		if (is_mac ? xn_mac_equal(&vif->spec.mac, &mac)
			   : vif->devid == devid)
			return (int)i;
	}
	return -1;
}

int xn_lab_guest_detach(struct xn_lab_guests *guests, const char *name,
			const char *which, struct xn_err *err)
{
	struct guest *guest = find_named(guests, name, err);
	struct xn_err gone_err = {0};
	struct xn_lab_vif vif;
	int at, rc;

	if (!guest)
		return -ENOENT;
	at = find_vif(guest, which);
	if (at < 0)
		return xn_fail(err, ENOENT,
			       "the guest '%s' has no vif '%s' (a device "
			       "number or a MAC address is wanted)",
			       name, which);
	vif = guest->vif[at];
	guest->vif_count--;
	memmove(&guest->vif[at], &guest->vif[at + 1],
		(guest->vif_count - (uint32_t)at) * sizeof(guest->vif[0]));
	rc = xn_lab_vif_detach(guests->ts, &vif, err);
	/* The toolstack is done, whatever the guest does. */
	if (rc == 0 && !guest->no_frontend &&
	    xn_lab_network_gone(guest->netns_fd, vif.devid, GONE_LIMIT_MS,
				&gone_err) < 0)
		xn_info("%s: %s", name, xn_err_text(&gone_err));
	return rc;
}

int xn_lab_guest_namespace(struct xn_lab_guests *guests, const char *name,
			   uint32_t *ret_domid, struct xn_err *err)
{
	struct guest *guest = find_named(guests, name, err);

	if (!guest)
		return -ENOENT;
	*ret_domid = guest->no_frontend ? guest->domid : 0;
	return guest->netns_fd;
}

static json_t *list_vif(struct xn_lab_guests *guests,
			const struct xn_lab_vif *vif)
{
	char mac[XN_MAC_TEXT], name[32], state[512];
	json_t *ips = json_array();

	for (uint32_t i = 0; i < vif->spec.ip_count; i++)
		json_array_append_new(ips, json_string(vif->spec.ip[i]));
	xn_lab_vif_backend_key(guests->ts, vif, "state", state);
	snprintf(name, sizeof(name), "vif%u.%u", vif->domid, vif->devid);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:o}", "devid",
			 (json_int_t)vif->devid, "vif", name, "mac",
			 xn_mac_format(&vif->spec.mac, mac), "bridge",
			 vif->spec.bridge, "state", state, "ip", ips);
}

json_t *xn_lab_guest_list(struct xn_lab_guests *guests)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < XN_LAB_GUESTS_MAX; i++) {
		const struct guest *guest = &guests->guest[i];
		json_t *vifs;

		if (!guest->name[0])
			continue;
		vifs = json_array();
		for (uint32_t v = 0; v < guest->vif_count; v++)
			json_array_append_new(vifs,
					      list_vif(guests, &guest->vif[v]));
		json_array_append_new(
			list,
			json_pack("{s:s, s:I, s:I, s:o}", "name", guest->name,
				  "domid", (json_int_t)guest->domid, "pid",
				  (json_int_t)guest->pid, "vifs", vifs));
	}
	return list;
}
