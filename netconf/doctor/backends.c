/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which backend serves which guests' interfaces, for facts.c: by the driver of
 * the device behind the interface, which is the kernel's own word, and by the
 * kind of the interface. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "netconf/base/text.h"
#include "netconf/doctor/facts.h"

/* xen-netback's device driver, and its name on the xen-backend bus. */
#define NETBACK_DRIVER "/xen-backend/drivers/vif"

static bool is_netbacks(const char *root, const char *name)
{
	static const char driver[] = NETBACK_DRIVER;
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;

	if (xn_text_format(path, sizeof(path),
			   "%s/sys/class/net/%s/device/driver", root, name) < 0)
		return false;
	length = readlink(path, target, sizeof(target) - 1);
	if (length < (ssize_t)strlen(driver))
		return false;
	target[length] = '\0';
	return strcmp(target + length - strlen(driver), driver) == 0;
}

static bool is_twin(const struct xn_model_link *link)
{
	return strcmp(link->kind, "tun") == 0 &&
	       strncmp(link->name, "vif", 3) == 0;
}

/* The names that have room; the count is of all. */
static void note(struct xn_served *served, const char *name)
{
	size_t used = strlen(served->names);
	const char *gap = used ? ", " : "";

	served->count++;
	if (served->named + 1 < served->count)
		return;
	if (xn_text_format(served->names + used, sizeof(served->names) - used,
			   "%s%s", gap, name) < 0)
		served->names[used] = '\0';
	else
		served->named++;
}

void xn_backends_read(struct xn_facts *facts, const char *root)
{
	for (size_t i = 0; i < xn_model_count(&facts->model, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(&facts->model, XN_LINK, i);

		if (is_netbacks(root, link->name))
			note(&facts->netbacks, link->name);
		else if (is_twin(link))
			note(&facts->ours, link->name);
	}
	xn_text_make_printable(facts->netbacks.names);
	xn_text_make_printable(facts->ours.names);
}
