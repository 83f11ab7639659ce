/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the root file system hangs on, see root.h. */
#include "network-script/root.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netconf/base/text.h"
#include "netconf/base/columns.h"
#include "netconf/base/small_file.h"

#define PATH_BYTES_MAX 512
#define MOUNTS_BYTES_MAX (1U << 20)
#define DEVICES_MAX 32
#define NAME_BYTES_MAX 32

static bool is_network_type(const char *type)
{
	static const char *const types[] = {
		"nfs",	      "nfs4", "cifs",	   "smb3",
		"ceph",	      "9p",   "glusterfs", "fuse.glusterfs",
		"fuse.sshfs", "afs",  "lustre",	   "ocfs2"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(type, types[i]) == 0)
			return true;
	}
	return false;
}

static void set_address(struct xns_root *root, const char *text)
{
	root->family = 0;
	if (inet_pton(AF_INET, text, root->address) == 1)
		root->family = AF_INET;
	else if (inet_pton(AF_INET6, text, root->address) == 1)
		root->family = AF_INET6;
}

/* addr=192.0.2.9 among the options. */
static void find_address(struct xns_root *root, char *options)
{
	char *option;

	while ((option = strsep(&options, ","))) {
		if (strncmp(option, "addr=", 5) == 0)
			set_address(root, option + 5);
	}
}

struct mount {
	char device[XNS_ROOT_WORD_MAX]; /* MAJOR:MINOR */
	char type[XNS_ROOT_WORD_MAX];
	char *options; /* the file system's own */
};

/* MAJOR:MINOR, and nothing that leads elsewhere. */
static bool is_device(const char *text)
{
	size_t major = strspn(text, "0123456789");
	size_t minor =
		strspn(text + major + (text[major] == ':'), "0123456789");

	return major > 0 && text[major] == ':' && minor > 0 &&
	       text[major + 1 + minor] == '\0';
}

/* ID PARENT DEVICE ROOT PLACE */
#define MOUNT_FIELDS 5

/* A line of mountinfo, taken apart. False: not that of the root. */
static bool read_mount(char *line, struct mount *ret)
{
	char *field[MOUNT_FIELDS];
	char *rest = strstr(line, " - ");
	char *type;

	if (!rest)
		return false;
	*rest = '\0';
	rest += 3;
	if (xn_columns_split(line, field, MOUNT_FIELDS) != MOUNT_FIELDS ||
	    strcmp(field[4], "/") != 0 || !is_device(field[2]) ||
	    xn_text_copy(ret->device, sizeof(ret->device), field[2]) < 0)
		return false;
	type = strsep(&rest, " ");
	(void)strsep(&rest, " "); /* the source */
	ret->options = rest;
	return xn_text_copy(ret->type, sizeof(ret->type), type) >= 0;
}

/* iscsi_connection's address, by "sessionN" in the device's path. */
static void find_target(const char *root, const char *device,
			struct xns_root *ret_root)
{
	const char *session = strstr(device, "/session");
	char path[PATH_BYTES_MAX];
	char text[INET6_ADDRSTRLEN];
	uint64_t number;

	if (!session || xn_column_number(session, "/session", &number) < 0 ||
	    xn_text_format(path, sizeof(path),
			   "%s/sys/class/iscsi_connection/connection%" PRIu64
			   ":0/"
			   "persistent_address",
			   root, number) < 0 ||
	    xn_small_file_read(path, text, sizeof(text)) < 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	set_address(ret_root, text);
}

/* What a device's place among all of them says of its kind. */
static bool judge_device(const char *root, const char *device,
			 struct xns_root *ret_root)
{
	const char *name = strrchr(device, '/');
	const char *what = NULL;

	if (strstr(device, "/session"))
		what = "iscsi";
	else if (name && strstr(device, "/nbd"))
		what = "nbd";
	else if (name && strncmp(name, "/drbd", 5) == 0)
		what = "drbd";
	else if (name && strncmp(name, "/rbd", 4) == 0)
		what = "rbd";
	if (!what)
		return false;
	(void)xn_text_copy(ret_root->what, sizeof(ret_root->what), what);
	find_target(root, device, ret_root);
	return true;
}

/* Block devices by name, those that are still to be looked at behind the
 * others: a file system's, what that is made of, and so on. */
struct devices {
	char name[DEVICES_MAX][NAME_BYTES_MAX];
	size_t count;
};

static void note_device(struct devices *devices, const char *name)
{
	if (devices->count < DEVICES_MAX &&
	    xn_text_copy(devices->name[devices->count], NAME_BYTES_MAX, name) >
		    0)
		devices->count++;
}

static void note_layers(const char *root, const char *name,
			struct devices *devices)
{
	char path[PATH_BYTES_MAX];
	struct dirent *entry;
	DIR *layers;

	(void)xn_text_format(path, sizeof(path), "%s/sys/class/block/%s/slaves",
			     root, name);
	layers = opendir(path);
	while (layers && (entry = readdir(layers))) {
		if (entry->d_name[0] != '.')
			note_device(devices, entry->d_name);
	}
	if (layers)
		(void)closedir(layers);
}

static void find_device(const char *root, const struct mount *mount,
			struct xns_root *ret_root)
{
	struct devices devices = {.count = 0};
	char path[PATH_BYTES_MAX];
	char real[PATH_MAX];

	(void)xn_text_format(path, sizeof(path), "%s/sys/dev/block/%s", root,
			     mount->device);
	if (realpath(path, real) && strrchr(real, '/'))
		note_device(&devices, strrchr(real, '/') + 1);
	for (size_t i = 0; i < devices.count; i++) {
		(void)xn_text_format(path, sizeof(path),
				     "%s/sys/class/block/%s", root,
				     devices.name[i]);
		if (realpath(path, real) && judge_device(root, real, ret_root))
			return;
		note_layers(root, devices.name[i], &devices);
	}
}

/* The last mount on "/" is the one that is seen. */
static bool find_mount(char *mounts, struct mount *ret_mount)
{
	bool found = false;
	char *line;

	while ((line = strsep(&mounts, "\n"))) {
		struct mount mount;

		if (!read_mount(line, &mount))
			continue;
		*ret_mount = mount;
		found = true;
	}
	return found;
}

void xns_root_find(const char *root, struct xns_root *ret_root)
{
	char path[PATH_BYTES_MAX];
	char *mounts = malloc(MOUNTS_BYTES_MAX);
	struct mount mount;

	*ret_root = (struct xns_root){.family = 0};
	if (mounts &&
	    xn_text_format(path, sizeof(path), "%s/proc/self/mountinfo",
			   root) >= 0 &&
	    xn_small_file_read(path, mounts, MOUNTS_BYTES_MAX) >= 0 &&
	    find_mount(mounts, &mount)) {
		if (is_network_type(mount.type)) {
			memcpy(ret_root->what, mount.type, sizeof(mount.type));
			find_address(ret_root, mount.options);
		} else {
			find_device(root, &mount, ret_root);
		}
	}
	free(mounts);
}
