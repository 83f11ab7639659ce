/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is there, see known.h. */
#include "netconf/force/known.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/force/files.h"

int xn_force_known_read(const struct xn_nl *nl, json_t **ret_vifs,
			struct xn_err *err)
{
	char path[XN_FORCE_PATH_MAX];
	json_t *json = NULL, *vifs;
	int rc;

	xn_force_path(nl, XN_FORCE_KNOWN, path);
	*ret_vifs = NULL;
	rc = xn_force_read(path, true, &json, err);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	vifs = json_object_get(json, "vifs");
	if (json_is_array(vifs))
		*ret_vifs = json_incref(vifs);
	else
		rc = xn_fail(err, EBADMSG, "%s: no list of vifs", path);
	json_decref(json);
	return rc;
}

int xn_force_known_write(const struct xn_nl *nl, json_t *vifs, int *ret_fd,
			 struct xn_err *err)
{
	char path[XN_FORCE_PATH_MAX];

	xn_force_path(nl, XN_FORCE_KNOWN, path);
	return xn_force_write(path, json_pack("{s:O}", "vifs", vifs), ret_fd,
			      err);
}

int xn_force_known_remove(const struct xn_nl *nl, struct xn_err *err)
{
	char path[XN_FORCE_PATH_MAX];

	xn_force_path(nl, XN_FORCE_KNOWN, path);
	return xn_force_remove(path, err);
}

static const char *word(const json_t *vif, const char *key)
{
	const char *text = json_string_value(json_object_get(vif, key));

	return text ? text : "";
}

static int read_addresses(const json_t *vif, struct xnat_guest *guest)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(vif, "addresses"), i, item) {
		const char *text = json_string_value(item);
		bool ipv6 = text && strchr(text, ':');
		struct xn_address *to = &guest->address[guest->address_count];

		if (guest->address_count == XNAT_GUEST_ADDRESSES_MAX)
			return 0;
		*to = (struct xn_address){.family = ipv6 ? 6 : 4,
					  .prefix = ipv6 ? 128 : 32};
		if (!text ||
		    inet_pton(ipv6 ? AF_INET6 : AF_INET, text, to->octet) != 1)
			return -EBADMSG;
		guest->address_count++;
	}
	return 0;
}

static int add_vif(struct xnat_guests *guests, const json_t *vif)
{
	struct xnat_guest guest = {.has_mac = false};
	const char *domain = word(vif, "domain");
	int rc;

	if (xn_text_copy(guest.name, sizeof(guest.name), word(vif, "name")) <
		    1 ||
	    xn_text_copy(guest.bridge, sizeof(guest.bridge),
			 word(vif, "bridge")) < 0)
		return -EBADMSG;
	guest.has_mac = xn_mac_parse(word(vif, "mac"), &guest.mac) == 0;
	rc = read_addresses(vif, &guest);
	if (rc == 0)
		rc = xnat_guests_add(guests, &guest);
	/* One whose name is too long for a forward is meant by none. */
	if (rc < 0 || xn_text_copy(guest.name, sizeof(guest.name), domain) < 1)
		return rc;
	return xnat_guests_add(guests, &guest);
}

int xn_force_known_guests(const json_t *vifs, struct xnat_guests *guests,
			  struct xn_err *err)
{
	const json_t *vif;
	size_t i;

	if (!vifs)
		return 0;
	guests->complete = true;
	json_array_foreach (vifs, i, vif) {
		int rc = add_vif(guests, vif);

		if (rc < 0)
			return xn_fail(err, -rc, "known guests: vif %zu: %s", i,
				       strerror(-rc));
	}
	return 0;
}
