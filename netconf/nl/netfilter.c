/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Old netfilter: files of /proc, and a getsockopt(2). */
#include "netconf/nl/netfilter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <netinet/in.h>
#include <linux/netfilter_bridge/ebtables.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"

/* Chains of a table without rules: the hooks', and some of an admin's. More
 * than these count as rules. */
#define CHAIN_BYTES_MAX (64 * sizeof(struct ebt_entries))

/* The length of what fits, or -errno. */
static ssize_t read_file(const char *path, char *text, size_t text_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, text, text_bytes - 1);
	if (got < 0)
		got = -errno;
	else
		text[got] = '\0';
	xn_close(&fd);
	return got;
}

int xn_netfilter_parse_flag(const char *text, bool *ret_flag)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || strspn(text + digits, "\n") != strlen(text + digits))
		return -EBADMSG;
	*ret_flag = strspn(text, "0") != digits;
	return 0;
}

static int read_flag(const char *path, bool *ret_flag, struct xn_err *err)
{
	char text[32];
	ssize_t got = read_file(path, text, sizeof(text));

	*ret_flag = false;
	if (got == -ENOENT)
		return 0;
	if (got < 0)
		return xn_fail(err, (int)-got, "%s: %s", path,
			       strerror((int)-got));
	if (xn_netfilter_parse_flag(text, ret_flag) < 0)
		return xn_fail(err, EBADMSG, "%s: not a number", path);
	return 0;
}

int xn_bridge_nf_read(struct xn_bridge_nf *ret_nf, struct xn_err *err)
{
#define FOLDER "/proc/sys/net/bridge/bridge-nf-call-"
	struct xn_bridge_nf nf;
	int rc = read_flag(FOLDER "iptables", &nf.call_iptables, err);

	if (rc == 0)
		rc = read_flag(FOLDER "ip6tables", &nf.call_ip6tables, err);
	if (rc == 0)
		rc = read_flag(FOLDER "arptables", &nf.call_arptables, err);
	if (rc == 0)
		*ret_nf = nf;
	return rc;
#undef FOLDER
}

/* The file names the tables, a line each. */
static int read_names(const char *path, bool *ret_any, struct xn_err *err)
{
	char text[2];
	ssize_t got = read_file(path, text, sizeof(text));

	if (got < 0 && got != -ENOENT)
		return xn_fail(err, (int)-got, "%s: %s", path,
			       strerror((int)-got));
	*ret_any = got > 0;
	return 0;
}

int xn_xtables_read(struct xn_xtables *ret_tables, struct xn_err *err)
{
#define FOLDER "/proc/thread-self/net/"
	struct xn_xtables tables;
	int rc = read_names(FOLDER "ip_tables_names", &tables.ip, err);

	if (rc == 0)
		rc = read_names(FOLDER "ip6_tables_names", &tables.ip6, err);
	if (rc == 0)
		rc = read_names(FOLDER "arp_tables_names", &tables.arp, err);
	if (rc == 0)
		*ret_tables = tables;
	return rc;
#undef FOLDER
}

int xn_ebtables_judge(const void *entries, size_t bytes, bool *ret_in_use)
{
	const struct ebt_entries *chain = entries;

	for (; bytes >= sizeof(*chain); chain++) {
		if (chain->distinguisher != 0 || chain->nentries != 0)
			return -EBADMSG;
		if (chain->policy != EBT_ACCEPT) {
			*ret_in_use = true;
			return 0;
		}
		bytes -= sizeof(*chain);
	}
	if (bytes != 0)
		return -EBADMSG;
	*ret_in_use = false;
	return 0;
}

/* The module is loaded; false also when it is built in. */
static bool module_loaded(const char *name)
{
	FILE *file = fopen("/proc/modules", "re");
	size_t length = strlen(name);
	bool found = false;
	char line[512];

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = strncmp(line, name, length) == 0 && line[length] == ' ';
	(void)fclose(file);
	return found;
}

/* What the kernel has of a table without rules. */
static int judge_policies(int fd, const struct ebt_replace *info,
			  bool *ret_in_use)
{
	/* The length counts the room behind the pointer in, wherever it is. */
	struct {
		struct ebt_replace ask;
		_Alignas(struct ebt_entries) uint8_t entries[CHAIN_BYTES_MAX];
	} table = {
		.ask.nentries = info->nentries,
		.ask.entries_size = info->entries_size,
		.ask.entries = (char *)table.entries,
	};
	socklen_t bytes = (socklen_t)(sizeof(table.ask) + info->entries_size);

	memcpy(table.ask.name, info->name, sizeof(table.ask.name));
	if (getsockopt(fd, IPPROTO_IP, EBT_SO_GET_ENTRIES, &table, &bytes) == 0)
		return xn_ebtables_judge(table.entries, info->entries_size,
					 ret_in_use);
	/* Somebody has just put rules in. */
	*ret_in_use = errno == EINVAL;
	return errno == EINVAL ? 0 : -errno;
}

static int judge_table(int fd, const char *name, bool *ret_in_use)
{
	struct ebt_replace info = {0};
	socklen_t bytes = sizeof(info);

	if (xn_text_copy(info.name, sizeof(info.name), name) < 0)
		return -EINVAL;
	if (getsockopt(fd, IPPROTO_IP, EBT_SO_GET_INFO, &info, &bytes) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (info.nentries != 0 || info.entries_size > CHAIN_BYTES_MAX) {
		*ret_in_use = true;
		return 0;
	}
	(void)xn_text_copy(info.name, sizeof(info.name), name);
	return judge_policies(fd, &info, ret_in_use);
}

int xn_ebtables_in_use(bool *ret_in_use, struct xn_err *err)
{
	static const struct {
		const char *table, *module;
	} tables[] = {
		{"filter", "ebtable_filter"},
		{"nat", "ebtable_nat"},
		{"broute", "ebtable_broute"},
	};
	bool modular = module_loaded("ebtables");
	bool in_use = false;
	int rc = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return xn_fail(err, errno, "ebtables: socket: %m");
	for (size_t i = 0; i < 3 && rc == 0 && !in_use; i++)
		/* Asking for a table would load its module. */
		if (!modular || module_loaded(tables[i].module))
			rc = judge_table(fd, tables[i].table, &in_use);
	xn_close(&fd);
	/* No ebtables, or none in this namespace. */
	if (rc == -ENOPROTOOPT)
		rc = 0;
	if (rc < 0)
		return xn_fail(err, -rc, "ebtables: %s", strerror(-rc));
	*ret_in_use = in_use;
	return 0;
}
