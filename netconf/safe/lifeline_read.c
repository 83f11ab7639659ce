/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host hangs on: the mount table and sysfs, and the SSH session. A
 * root whose way cannot be told (overlays) is taken to be local. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <arpa/inet.h>

#include "netconf/base/text.h"
#include "netconf/safe/lifeline.h"

#define DEVICES_MAX 32
#define TYPE_MAX 32

struct root_mount {
	char device[32]; /* "8:1" */
	char type[TYPE_MAX];
	char source[PATH_MAX];
	char options[PATH_MAX];
};

static struct xn_lifeline *add(struct xn_lifelines *lines,
			       enum xn_lifeline_kind kind, const char *words)
{
	struct xn_lifeline *line;

	if (lines->count == XN_LIFELINES_MAX)
		return NULL;
	line = &lines->item[lines->count++];
	*line = (struct xn_lifeline){.kind = kind};
	(void)xn_text_format(line->words, sizeof(line->words), "%s", words);
	return line;
}

static void put_address(struct xn_lifeline *line, const char *text)
{
	uint8_t octet[16] = {0};
	uint8_t family = strchr(text, ':') ? AF_INET6 : AF_INET;

	if (!line || inet_pton(family, text, octet) != 1)
		return;
	line->has_address = true;
	line->family = family;
	memcpy(line->octet, octet, sizeof(octet));
}

/* "36 25 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=..." */
static bool parse_mount(char *text, struct root_mount *mount)
{
	char *field[6];
	char *rest = strstr(text, " - ");
	char *type, *source;

	if (!rest)
		return false;
	*rest = '\0';
	rest += 3;
	for (int i = 0; i < 5; i++) {
		field[i] = strsep(&text, " ");
		if (!field[i])
			return false;
	}
	type = strsep(&rest, " ");
	source = strsep(&rest, " ");
	if (strcmp(field[4], "/") != 0 || !type || !source || !rest)
		return false;
	rest[strcspn(rest, "\n")] = '\0';
	return xn_text_copy(mount->device, sizeof(mount->device), field[2]) >
		       0 &&
	       xn_text_copy(mount->type, sizeof(mount->type), type) > 0 &&
	       xn_text_copy(mount->source, sizeof(mount->source), source) > 0 &&
	       xn_text_copy(mount->options, sizeof(mount->options), rest) >= 0;
}

/* The last one counts: it lies on top. */
static int read_root_mount(const char *root, struct root_mount *mount,
			   struct xn_err *err)
{
	char path[PATH_MAX];
	char *line = NULL;
	size_t room = 0;
	FILE *file;

	(void)xn_text_format(path, sizeof(path), "%s/proc/self/mountinfo",
			     root);
	file = fopen(path, "re");
	if (!file)
		return xn_fail(err, errno, "%s: %m", path);
	while (getline(&line, &room, file) > 0) {
		struct root_mount found = {0};

		if (parse_mount(line, &found))
			*mount = found;
	}
	free(line);
	(void)fclose(file);
	return 0;
}

static bool is_network_type(const char *type)
{
	static const char *const types[] = {"nfs",  "nfs4", "cifs", "smb3",
					    "ceph", "9p",   "afs",  "ncpfs"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(type, types[i]) == 0)
			return true;
	}
	return false;
}

/* ",addr=192.0.2.1,": the server. */
static void read_server(const char *options, struct xn_lifeline *line)
{
	const char *at = strstr(options, ",addr=");
	char address[INET6_ADDRSTRLEN];

	if (at && xn_text_format(address, sizeof(address), "%.*s",
				 (int)strcspn(at + 6, ","), at + 6) > 0)
		put_address(line, address);
}

/* The iSCSI session's number in ".../session3/target...". */
static bool find_session(const char *path, unsigned long *ret_number)
{
	const char *at = strstr(path, "/session");
	char *end;

	if (!at)
		return false;
	*ret_number = strtoul(at + 8, &end, 10);
	return end != at + 8 && *end == '/' && *ret_number <= UINT32_MAX;
}

static void read_portal(const char *root, unsigned long session,
			struct xn_lifeline *line)
{
	char path[PATH_MAX];
	char text[INET6_ADDRSTRLEN + 2];
	FILE *file;

	(void)xn_text_format(path, sizeof(path),
			     "%s/sys/class/iscsi_connection/connection%lu:0/"
			     "persistent_address",
			     root, session);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		put_address(line, text);
	}
	(void)fclose(file);
}

/* One block device, by its place in sysfs. */
static void judge_device(const char *root, const char *place,
			 struct xn_lifelines *lines)
{
	const char *nbd = strstr(place, "/block/nbd");
	unsigned long session;

	if (nbd)
		(void)add(lines, XN_LIFELINE_ROOT,
			  "the root file system (nbd)");
	else if (find_session(place, &session))
		read_portal(root, session,
			    add(lines, XN_LIFELINE_ROOT,
				"the root file system (iscsi)"));
}

struct devices {
	size_t count;
	char place[DEVICES_MAX][PATH_MAX];
};

/* "dm-0/slaves/sda2": what a mapped device is made of. */
static void add_slaves(struct devices *devices, const char *place)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *folder;

	(void)xn_text_format(path, sizeof(path), "%s/slaves", place);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		char slave[PATH_MAX];

		if (entry->d_name[0] == '.' || devices->count == DEVICES_MAX ||
		    xn_text_format(slave, sizeof(slave), "%s/%s", path,
				   entry->d_name) < 0)
			continue;
		if (realpath(slave, devices->place[devices->count]))
			devices->count++;
	}
	if (folder)
		(void)closedir(folder);
}

/* Of an anonymous device (btrfs) the source says which. */
static void find_device(const char *root, struct root_mount *mount)
{
	char path[PATH_MAX];
	struct stat status;

	if (strncmp(mount->device, "0:", 2) != 0 ||
	    strncmp(mount->source, "/dev/", 5) != 0 ||
	    xn_text_format(path, sizeof(path), "%s%s", root, mount->source) <
		    0 ||
	    stat(path, &status) < 0 || !S_ISBLK(status.st_mode))
		return;
	(void)xn_text_format(mount->device, sizeof(mount->device), "%u:%u",
			     major(status.st_rdev), minor(status.st_rdev));
}

static int read_block(const char *root, struct root_mount *mount,
		      struct xn_lifelines *lines, struct xn_err *err)
{
	struct devices *devices = calloc(1, sizeof(*devices));
	char path[PATH_MAX];

	if (!devices)
		return xn_fail(err, ENOMEM, "root device: out of memory");
	find_device(root, mount);
	(void)xn_text_format(path, sizeof(path), "%s/sys/dev/block/%s", root,
			     mount->device);
	if (realpath(path, devices->place[0]))
		devices->count = 1;
	for (size_t i = 0; i < devices->count; i++) {
		judge_device(root, devices->place[i], lines);
		add_slaves(devices, devices->place[i]);
	}
	free(devices);
	return 0;
}

int xn_lifelines_read(const char *root, const struct xn_session *session,
		      struct xn_lifelines *ret_lines, struct xn_err *err)
{
	struct root_mount *mount = calloc(1, sizeof(*mount));
	struct xn_lifelines lines = {0};
	struct xn_lifeline *line;
	char words[64];
	int rc;

	if (!mount)
		return xn_fail(err, ENOMEM, "root file system: out of memory");
	if (strcmp(root, "/") == 0)
		root = "";
	rc = read_root_mount(root, mount, err);
	if (rc == 0 && is_network_type(mount->type)) {
		(void)xn_text_format(words, sizeof(words),
				     "the root file system (%s)", mount->type);
		read_server(mount->options,
			    add(&lines, XN_LIFELINE_ROOT, words));
	} else if (rc == 0 && mount->type[0]) {
		rc = read_block(root, mount, &lines, err);
	}
	free(mount);
	if (rc < 0)
		return rc;
	if (session->ssh[0]) {
		line = add(&lines, XN_LIFELINE_SSH, "this SSH session");
		if (line)
			line->has_address = xn_session_peer(
				session, &line->family, line->octet);
	}
	*ret_lines = lines;
	return 0;
}
