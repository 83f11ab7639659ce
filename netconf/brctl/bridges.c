/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addbr, delbr, addif, delif. The kernel's old calls behind these names refuse
 * some of what rtnetlink does without a word (deleting a bridge that is up,
 * taking a port from its bridge for another one): that is asked for here, a
 * moment before the change.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/brctl/lookup.h"
#include "netconf/brctl/verbs.h"
#include "netconf/nl/bridge.h"

/* As many as the kernel tries for a name with "%d". */
#define NUMBERS_MAX 32768

/* "xenbr%d": the first free number, as the kernel chooses it. */
static int add_numbered(struct xn_nl *nl, const char *name)
{
	const char *mark = strchr(name, '%');
	char numbered[IFNAMSIZ];
	int rc = -EEXIST;

	if (mark[1] != 'd' || strchr(mark + 2, '%'))
		return -EINVAL;
	for (int i = 0; i < NUMBERS_MAX && rc == -EEXIST; i++) {
		rc = xn_text_format(numbered, sizeof(numbered), "%.*s%d%s",
				    (int)(mark - name), name, i, mark + 2);
		if (rc < 0)
			return rc;
		rc = xn_bridge_create(nl, numbered, NULL, 0, NULL);
	}
	return rc == -EEXIST ? -ENFILE : rc;
}

enum xn_brctl_status xn_brctl_addbr(struct xn_nl *nl, int word_count,
				    char *const *word)
{
	const char *name = word[1];
	struct xn_link link;
	int rc;

	(void)word_count;
	if (strlen(name) >= IFNAMSIZ)
		rc = -ENAMETOOLONG;
	else if (strchr(name, '%'))
		rc = add_numbered(nl, name);
	else
		rc = xn_bridge_create(nl, name, NULL, 0, NULL);
	if (rc == -EINVAL && xn_brctl_find_link(nl, name, &link) == 0)
		rc = -EEXIST;
	if (rc == 0)
		return XN_BRCTL_DONE;
	if (rc == -EEXIST)
		(void)fprintf(stderr,
			      "device %s already exists; can't create bridge "
			      "with the same name\n",
			      name);
	else
		(void)fprintf(stderr, "add bridge failed: %s\n", strerror(-rc));
	return XN_BRCTL_FAILED;
}

static int delete_bridge(struct xn_nl *nl, const char *name)
{
	struct xn_link bridge;
	int rc = xn_brctl_find_bridge(nl, name, &bridge);

	if (rc == -EOPNOTSUPP)
		return -EPERM;
	if (rc < 0)
		return rc;
	if (bridge.flags & IFF_UP)
		return -EBUSY;
	return xn_link_delete(nl, bridge.ifindex, NULL);
}

enum xn_brctl_status xn_brctl_delbr(struct xn_nl *nl, int word_count,
				    char *const *word)
{
	const char *name = word[1];
	int rc = delete_bridge(nl, name);

	(void)word_count;
	if (rc == 0)
		return XN_BRCTL_DONE;
	if (rc == -ENODEV)
		(void)fprintf(stderr,
			      "bridge %s doesn't exist; can't delete it\n",
			      name);
	else if (rc == -EBUSY)
		(void)fprintf(stderr,
			      "bridge %s is still up; can't delete it\n", name);
	else
		(void)fprintf(stderr, "can't delete bridge %s: %s\n", name,
			      strerror(-rc));
	return XN_BRCTL_FAILED;
}

/* Whose absence -ENODEV means: the interface's is told first. */
static enum xn_brctl_status missing(struct xn_nl *nl, const char *bridge_name,
				    const char *name)
{
	struct xn_link link;

	if (xn_brctl_find_link(nl, name, &link) == -ENODEV)
		(void)fprintf(stderr, "interface %s does not exist!\n", name);
	else
		(void)fprintf(stderr, "bridge %s does not exist!\n",
			      bridge_name);
	return XN_BRCTL_FAILED;
}

static int add_port(struct xn_nl *nl, const char *bridge_name, const char *name)
{
	struct xn_link bridge;
	struct xn_link link;
	int rc = xn_brctl_find_link(nl, name, &link);

	if (rc < 0)
		return rc;
	rc = xn_brctl_find_bridge(nl, bridge_name, &bridge);
	if (rc < 0)
		return rc;
	if (link.is_bridge)
		return -ELOOP;
	if (link.master != 0)
		return -EBUSY;
	return xn_link_set_master(nl, link.ifindex, bridge.ifindex, NULL);
}

static enum xn_brctl_status refuse_port(struct xn_nl *nl, int rc,
					const char *bridge, const char *name)
{
	if (rc == -ENODEV)
		return missing(nl, bridge, name);
	if (rc == -EBUSY)
		(void)fprintf(stderr,
			      "device %s is already a member of a bridge; "
			      "can't add it to bridge %s.\n",
			      name, bridge);
	else if (rc == -ELOOP)
		(void)fprintf(stderr,
			      "device %s is a bridge device itself; can't add "
			      "a bridge device to a bridge device.\n",
			      name);
	else
		(void)fprintf(stderr, "can't add %s to bridge %s: %s\n", name,
			      bridge, strerror(-rc));
	return XN_BRCTL_FAILED;
}

enum xn_brctl_status xn_brctl_addif(struct xn_nl *nl, int word_count,
				    char *const *word)
{
	for (int i = 2; i < word_count; i++) {
		int rc = add_port(nl, word[1], word[i]);

		if (rc < 0)
			return refuse_port(nl, rc, word[1], word[i]);
	}
	return XN_BRCTL_DONE;
}

static enum xn_brctl_status remove_port(struct xn_nl *nl, const char *bridge,
					const char *name)
{
	struct xn_link port;
	int rc = xn_brctl_find_port(nl, bridge, name, &port);

	if (rc == 0)
		rc = xn_link_set_master(nl, port.ifindex, 0, NULL);
	if (rc == 0)
		return XN_BRCTL_DONE;
	if (rc == -ENODEV)
		return missing(nl, bridge, name);
	if (rc == -ENOENT)
		(void)fprintf(stderr, "device %s is not a port of %s\n", name,
			      bridge);
	else
		(void)fprintf(stderr, "can't delete %s from %s: %s\n", name,
			      bridge, strerror(-rc));
	return XN_BRCTL_FAILED;
}

enum xn_brctl_status xn_brctl_delif(struct xn_nl *nl, int word_count,
				    char *const *word)
{
	enum xn_brctl_status status = XN_BRCTL_DONE;

	for (int i = 2; i < word_count && status == XN_BRCTL_DONE; i++)
		status = remove_port(nl, word[1], word[i]);
	return status;
}
