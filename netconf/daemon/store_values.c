/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the toolstack says of a vif beside its states: see struct
 * xn_store_values. Called by a vif when the store says that it changed. The
 * toolstack is trusted with the vif, but not to write what can be read.
 */
#include "netconf/daemon/store_private.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/nl/link.h"
#include "netconf/parse/vifset.h"

struct values_reader {
	struct xn_store *store;
	uint32_t domid, handle;
	struct xn_store_values values;
	int error; /* -EAGAIN: the store is away */
};

static void note_problem(struct values_reader *r, const struct xn_err *err)
{
	char *text;

	if (r->values.problem_count == XN_STORE_PROBLEMS_MAX)
		return;
	text = r->values.problem[r->values.problem_count++];
	/* Cut: the key and what is wrong stand at its beginning. */
	strncpy(text, xn_err_text(err), XN_STORE_PROBLEM_BYTES - 1);
	text[XN_STORE_PROBLEM_BYTES - 1] = '\0';
	xn_text_make_printable(text);
}

/* false: absent, or a problem, which is then noted. */
static bool read_value(struct values_reader *r, const char *key, char *text,
		       size_t text_bytes)
{
	struct xn_err err = {0};
	char path[XN_STORE_PATH_MAX];
	int length = xn_store_backend_path(r->domid, r->handle, key, path);

	text[0] = '\0';
	if (length == 0)
		length = xn_store_read_text(r->store, XBT_NULL, path, text,
					    text_bytes);
	if (length >= 0)
		return text[0] != '\0';
	if (length == -EAGAIN)
		r->error = -EAGAIN;
	if (length == -EAGAIN || length == -ENOENT)
		return false;
	xn_fail(&err, EINVAL, "backend key %s: unreadable: %s", key,
		strerror(-length));
	note_problem(r, &err);
	return false;
}

static void read_mac(struct values_reader *r)
{
	struct xn_store_values *v = &r->values;
	struct xn_err err = {0};

	if (!read_value(r, "mac", v->mac_text, sizeof(v->mac_text)))
		return;
	xn_text_make_printable(v->mac_text);
	v->has_mac = !xn_mac_parse(v->mac_text, &v->mac) &&
		     !xn_mac_is_group(&v->mac);
	if (v->has_mac)
		return;
	xn_fail(&err, EINVAL, "backend key mac=%s: no address of a vif",
		v->mac_text);
	note_problem(r, &err);
}

static void read_mtu(struct values_reader *r)
{
	struct xn_err err = {0};
	char text[XN_STORE_VALUE_MAX];

	if (!read_value(r, "mtu", text, sizeof(text)) ||
	    !xn_parse_u32(text, XN_VIF_MTU_MIN, XN_VIF_MTU_MAX, &r->values.mtu))
		return;
	xn_fail(&err, EINVAL, "backend key mtu=%.20s: %u to %u is wanted", text,
		XN_VIF_MTU_MIN, XN_VIF_MTU_MAX);
	note_problem(r, &err);
}

static void read_rate(struct values_reader *r)
{
	struct xn_err err = {0};
	char text[XN_STORE_VALUE_MAX];

	if (!read_value(r, "rate", text, sizeof(text)) ||
	    !xn_settings_put_store_rate(&r->values.settings, text, &err))
		return;
	xn_err_prefix(&err, "backend key");
	note_problem(r, &err);
}

/* Who could not say which addresses are allowed has allowed none. There is no
 * word to take back here: `default` is no address either. */
static void read_ip(struct values_reader *r)
{
	struct xn_err err = {0};
	char text[XN_SETTING_TEXT_MAX];
	uint32_t problems = r->values.problem_count;

	if (!read_value(r, "ip", text, sizeof(text)))
		text[0] = '\0';
	if (!strcmp(text, "default"))
		xn_fail(&err, EINVAL, "ip=default: addresses are wanted");
	else if (text[0])
		(void)xn_settings_put_stock_ip(&r->values.settings, text, &err);
	if (err.set) {
		xn_err_prefix(&err, "backend key");
		note_problem(r, &err);
	}
	if (r->values.problem_count != problems)
		r->values.settings.said |= 1u << XN_SETTING_IP;
}

/* What no link can be called is the script's to complain of. */
static void read_name(struct values_reader *r, const char *key,
		      char ret_name[IFNAMSIZ])
{
	(void)read_value(r, key, ret_name, IFNAMSIZ);
	if (!xn_link_name_valid(ret_name))
		ret_name[0] = '\0';
}

/* The guest's, of its own folder, where only the toolstack writes that. */
static void read_guest(struct values_reader *r)
{
	char path[XN_STORE_PATH_MAX], name[XN_STORE_VALUE_MAX];
	int length = xn_text_format(path, sizeof(path), "/local/domain/%u/name",
				    r->domid);

	if (length > 0)
		length = xn_store_read_text(r->store, XBT_NULL, path, name,
					    sizeof(name));
	if (length == -EAGAIN)
		r->error = -EAGAIN;
	if (length <= 0)
		return;
	xn_text_make_printable(name);
	(void)xn_text_copy(r->values.guest, sizeof(r->values.guest), name);
}

int xn_store_read_values(struct xn_store *store, uint32_t domid,
			 uint32_t handle, struct xn_store_values *ret)
{
	struct values_reader r = {
		.store = store, .domid = domid, .handle = handle};
	struct xn_store_values *v = &r.values;

	read_mac(&r);
	read_name(&r, "bridge", v->bridge);
	read_name(&r, "vifname", v->vifname);
	read_rate(&r);
	read_ip(&r);
	read_mtu(&r);
	read_guest(&r);
	if (r.error)
		return r.error;
	*ret = r.values;
	return 0;
}
