/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else sets a NIC up: NetworkManager's and networkd's notes on it in /run,
 * and what ifupdown's files say. Sources: NetworkManager(8), networkd's state
 * files as sd-network reads them, interfaces(5).
 */
#include <ctype.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/doctor/facts.h"

#define LINES_MAX 10000
#define FILES_MAX 256

/* True: one of the file's lines is so. */
static bool any_line(const char *path, bool (*is_so)(char *line, void *arg),
		     void *arg)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	for (int i = 0; file && !found && i < LINES_MAX; i++) {
		if (getline(&line, &room, file) < 0)
			break;
		line[strcspn(line, "\n")] = '\0';
		found = is_so(line, arg);
	}
	free(line);
	if (file)
		(void)fclose(file);
	return found;
}

static bool is_text(char *line, void *arg)
{
	const char *text = arg;

	return strcmp(line, text) == 0;
}

static bool networkmanager_has(const char *root, int ifindex)
{
	char managed[] = "managed=true";
	char path[PATH_MAX];

	(void)xn_text_format(path, sizeof(path),
			     "%s/run/NetworkManager/devices/%d", root, ifindex);
	return any_line(path, is_text, managed);
}

/* networkd has something for it to do; "unmanaged" and what is still pending
 * for a link that no file matches are not that. */
static bool is_configured(char *line, void *arg)
{
	(void)arg;
	return strcmp(line, "ADMIN_STATE=configured") == 0 ||
	       strcmp(line, "ADMIN_STATE=configuring") == 0 ||
	       strcmp(line, "ADMIN_STATE=failed") == 0;
}

static bool networkd_has(const char *root, int ifindex)
{
	char path[PATH_MAX];

	(void)xn_text_format(path, sizeof(path),
			     "%s/run/systemd/netif/links/%d", root, ifindex);
	return any_line(path, is_configured, NULL);
}

/* "eth0=home": ifup has brought it up by a stanza of another name. */
struct mapping {
	const char *name;
	char stanza[IFNAMSIZ];
};

/* "iface NAME inet METHOD", unless the method leaves it alone, and
 * "bridge_ports ... NAME ...". */
static bool names_nic(char *line, void *arg)
{
	const struct mapping *nic = arg;
	char *rest = line;
	char *word = strtok_r(line, " \t", &rest);
	bool bridge_ports;
	char *first;

	if (!word)
		return false;
	bridge_ports = strcmp(word, "bridge_ports") == 0 ||
		       strcmp(word, "bridge-ports") == 0;
	if (!bridge_ports && strcmp(word, "iface") != 0)
		return false;
	first = strtok_r(NULL, " \t", &rest);
	for (word = first; bridge_ports && word;
	     word = strtok_r(NULL, " \t", &rest)) {
		if (strcmp(word, nic->name) == 0)
			return true;
	}
	if (bridge_ports || !first || strcmp(first, nic->stanza) != 0)
		return false;
	(void)strtok_r(NULL, " \t", &rest);
	word = strtok_r(NULL, " \t", &rest);
	return word && strcmp(word, "manual") != 0;
}

static bool maps(char *line, void *arg)
{
	struct mapping *mapping = arg;
	size_t length = strlen(mapping->name);

	return strncmp(line, mapping->name, length) == 0 &&
	       line[length] == '=' &&
	       xn_text_copy(mapping->stanza, sizeof(mapping->stanza),
			    line + length + 1) > 0;
}

static void find_stanza(const char *root, struct mapping *mapping)
{
	char path[PATH_MAX];

	(void)xn_text_format(path, sizeof(path), "%s/run/network/ifstate",
			     root);
	if (!any_line(path, maps, mapping))
		(void)xn_text_copy(mapping->stanza, sizeof(mapping->stanza),
				   mapping->name);
}

static bool ifupdown_has(const char *root, const char *name)
{
	static const char *const patterns[] = {"/etc/network/interfaces",
					       "/etc/network/interfaces.d/*"};
	struct mapping mapping = {.name = name};
	bool found = false;

	find_stanza(root, &mapping);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char pattern[PATH_MAX];
		glob_t files = {0};

		(void)xn_text_format(pattern, sizeof(pattern), "%s%s", root,
				     patterns[i]);
		if (glob(pattern, 0, NULL, &files) == 0) {
			for (size_t k = 0; k < files.gl_pathc && k < FILES_MAX;
			     k++)
				found |= any_line(files.gl_pathv[k], names_nic,
						  &mapping);
		}
		globfree(&files);
	}
	return found;
}

uint32_t xn_managers_of(const char *root, const char *name, int ifindex)
{
	uint32_t managers = 0;

	if (ifindex && networkmanager_has(root, ifindex))
		managers |= 1U << XN_MANAGER_NETWORKMANAGER;
	if (ifindex && networkd_has(root, ifindex))
		managers |= 1U << XN_MANAGER_NETWORKD;
	if (ifupdown_has(root, name))
		managers |= 1U << XN_MANAGER_IFUPDOWN;
	return managers;
}
