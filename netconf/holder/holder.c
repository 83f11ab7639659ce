/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds a link, see holder.h. Names and words of processes are their own
 * choice; those that count must be root's, or have left a file of root's.
 */
#include "netconf/holder/holder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "netconf/base/text.h"
#include "netconf/base/small_file.h"
#include "netconf/holder/sockets.h"

#define PATH_BYTES_MAX 128
#define WORDS_BYTES_MAX 8192
#define STATE_BYTES_MAX 8192
#define PROCESSES_MAX 4194304

static const struct {
	const char *name;
	const char *comm; /* as the kernel cuts it */
	bool roots;	  /* it runs as root */
} kinds[XN_HOLDER_KINDS] = {
	[XN_HOLDER_DHCLIENT] = {"dhclient", "dhclient", true},
	[XN_HOLDER_UDHCPC] = {"udhcpc", "udhcpc", true},
	[XN_HOLDER_DHCPCD] = {"dhcpcd", "dhcpcd", true},
	[XN_HOLDER_CONNMAN] = {"connman", "connmand", true},
	[XN_HOLDER_NETWORKD] = {"systemd-networkd", "systemd-network", false},
	[XN_HOLDER_NETWORK_MANAGER] = {"NetworkManager", "NetworkManager",
				       true},
};

const char *xn_holder_name(enum xn_holder_kind kind)
{
	return kind < XN_HOLDER_KINDS ? kinds[kind].name : "?";
}

struct search {
	const char *root;
	const char *name;
	int ifindex;
	struct stat netns; /* ours */
	struct xn_holder *holder;
	size_t count;
};

/* Behind these of dhclient's options comes a word that is no link's name. */
static bool takes_word(const char *option)
{
	static const char *const taking[] = {"-p",
					     "-s",
					     "-g",
					     "-e",
					     "-cf",
					     "-lf",
					     "-pf",
					     "-df",
					     "-sf",
					     "-I",
					     "-D",
					     "-timeout",
					     "--address-prefix-len",
					     "-V"};

	for (size_t i = 0; i < sizeof(taking) / sizeof(taking[0]); i++) {
		if (strcmp(option, taking[i]) == 0)
			return true;
	}
	return false;
}

/* Without a link's name it holds all of them. */
static bool dhclient_names(const char *words, size_t bytes, const char *name)
{
	bool named = false;
	bool skip = true; /* its own name */

	for (size_t at = 0; at < bytes; at += strlen(words + at) + 1) {
		const char *word = words + at;

		if (!skip && word[0] != '-') {
			named = true;
			if (strcmp(word, name) == 0)
				return true;
		}
		skip = !skip && takes_word(word);
	}
	return !named;
}

/* -i NAME, -iNAME, --interface NAME or =NAME; else it is eth0. */
static bool udhcpc_names(const char *words, size_t bytes, const char *name)
{
	const char *last = "";
	const char *said = "eth0";

	for (size_t at = 0; at < bytes; at += strlen(words + at) + 1) {
		const char *word = words + at;

		if (strcmp(last, "-i") == 0 || strcmp(last, "--interface") == 0)
			said = word;
		else if (strncmp(word, "--interface=", 12) == 0)
			said = word + 12;
		else if (strncmp(word, "-i", 2) == 0 && word[2] != '\0')
			said = word + 2;
		last = word;
	}
	return strcmp(said, name) == 0;
}

bool xn_holder_words_name(enum xn_holder_kind kind, const char *words,
			  size_t bytes, const char *link_name)
{
	switch (kind) {
	case XN_HOLDER_DHCLIENT:
	case XN_HOLDER_DHCPCD: /* its options' words only make it hold less */
		return dhclient_names(words, bytes, link_name);
	case XN_HOLDER_UDHCPC:
		return udhcpc_names(words, bytes, link_name);
	case XN_HOLDER_CONNMAN:
	case XN_HOLDER_NETWORKD:
	case XN_HOLDER_NETWORK_MANAGER:
	case XN_HOLDER_KINDS:
		break;
	}
	return true;
}

/* A line KEY=VALUE of a small file; "": none. */
static void read_value(const char *path, const char *key, char *ret,
		       size_t bytes)
{
	char text[STATE_BYTES_MAX];
	size_t length = strlen(key);
	char *rest = text;
	char *line;

	ret[0] = '\0';
	if (xn_small_file_read(path, text, sizeof(text)) < 0)
		return;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, key, length) == 0 && line[length] == '=')
			(void)xn_text_copy(ret, bytes, line + length + 1);
	}
}

/* What networkd and NetworkManager write of each link. */
static bool is_managed(const struct search *search, enum xn_holder_kind kind)
{
	char path[PATH_BYTES_MAX];
	char value[32] = "";

	if (kind == XN_HOLDER_NETWORKD) {
		(void)xn_text_format(path, sizeof(path),
				     "%s/run/systemd/netif/links/%d",
				     search->root, search->ifindex);
		read_value(path, "ADMIN_STATE", value, sizeof(value));
		return value[0] != '\0' && strcmp(value, "unmanaged") != 0;
	}
	if (kind == XN_HOLDER_NETWORK_MANAGER) {
		(void)xn_text_format(path, sizeof(path),
				     "%s/run/NetworkManager/devices/%d",
				     search->root, search->ifindex);
		read_value(path, "managed", value, sizeof(value));
		return strcmp(value, "true") == 0;
	}
	return true;
}

static bool is_here(const struct search *search, const char *pid)
{
	char path[PATH_BYTES_MAX];
	struct stat netns;

	(void)xn_text_format(path, sizeof(path), "%s/proc/%s/ns/net",
			     search->root, pid);
	return stat(path, &netns) == 0 &&
	       netns.st_ino == search->netns.st_ino &&
	       netns.st_dev == search->netns.st_dev;
}

static bool is_roots(const struct search *search, const char *pid)
{
	char path[PATH_BYTES_MAX];
	struct stat folder;

	(void)xn_text_format(path, sizeof(path), "%s/proc/%s", search->root,
			     pid);
	return stat(path, &folder) == 0 && folder.st_uid == 0;
}

static enum xn_holder_kind kind_of(const struct search *search, const char *pid)
{
	char path[PATH_BYTES_MAX];
	char comm[32];
	int kind = 0;

	(void)xn_text_format(path, sizeof(path), "%s/proc/%s/comm",
			     search->root, pid);
	if (xn_small_file_read(path, comm, sizeof(comm)) < 0)
		return XN_HOLDER_KINDS;
	comm[strcspn(comm, "\n")] = '\0';
	while (kind < XN_HOLDER_KINDS && strcmp(comm, kinds[kind].comm) != 0)
		kind++;
	return (enum xn_holder_kind)kind;
}

static bool holds(const struct search *search, enum xn_holder_kind kind,
		  const char *pid)
{
	char path[PATH_BYTES_MAX];
	char words[WORDS_BYTES_MAX];
	int bytes;

	if (!is_here(search, pid) ||
	    (kinds[kind].roots && !is_roots(search, pid)) ||
	    !is_managed(search, kind))
		return false;
	(void)xn_text_format(path, sizeof(path), "%s/proc/%s/cmdline",
			     search->root, pid);
	bytes = xn_small_file_read(path, words, sizeof(words));
	/* More words than anybody reads: better one holder too many. */
	return bytes < 0 ? bytes == -EFBIG
			 : xn_holder_words_name(kind, words, (size_t)bytes,
						search->name);
}

static void look_at(struct search *search, const char *pid)
{
	enum xn_holder_kind kind = kind_of(search, pid);
	struct xn_holder holder = {.kind = kind};
	uint32_t number = 0;

	if (kind == XN_HOLDER_KINDS || !holds(search, kind, pid) ||
	    search->count == XN_HOLDERS_MAX ||
	    xn_parse_u32(pid, 1, PROCESSES_MAX, &number) < 0)
		return;
	holder.pid = (pid_t)number;
	if (kind == XN_HOLDER_DHCLIENT)
		holder.ifindex = xn_holder_socket_link(search->root, pid);
	search->holder[search->count++] = holder;
}

size_t xn_holders_find(const char *root, const char *name, int ifindex,
		       struct xn_holder ret[XN_HOLDERS_MAX])
{
	struct search search = {
		.root = root, .name = name, .ifindex = ifindex, .holder = ret};
	char path[PATH_BYTES_MAX];
	struct dirent *entry;
	DIR *proc;

	(void)xn_text_format(path, sizeof(path), "%s/proc", root);
	proc = opendir(path);
	if (!proc)
		return 0;
	(void)xn_text_format(path, sizeof(path), "%s/proc/self/ns/net", root);
	if (stat(path, &search.netns) == 0) {
		while ((entry = readdir(proc))) {
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
				look_at(&search, entry->d_name);
		}
	}
	(void)closedir(proc);
	return search.count;
}
