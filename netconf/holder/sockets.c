/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconf/holder/sockets.h"

#include <dirent.h>
#include <stdio.h>

#include "netconf/base/text.h"
#include "netconf/base/columns.h"
#include "netconf/base/small_file.h"

#define PATH_BYTES_MAX 320
#define LINE_BYTES_MAX 512
#define LINES_MAX 65536

/* sk RefCnt Type Proto Iface R Rmem User Inode */
#define FIELDS 9

int xn_holder_socket_find(FILE *from, uint64_t inode)
{
	char line[LINE_BYTES_MAX];
	char *field[FIELDS];

	for (int i = 0; i < LINES_MAX && fgets(line, sizeof(line), from); i++) {
		uint64_t number;
		uint32_t ifindex;

		if (xn_columns_split(line, field, FIELDS) == FIELDS &&
		    xn_parse_u64(field[8], 1, UINT64_MAX, &number) == 0 &&
		    number == inode &&
		    xn_parse_u32(field[4], 1, INT32_MAX, &ifindex) == 0)
			return (int)ifindex;
	}
	return 0;
}

static int link_of(const char *root, uint64_t inode)
{
	char path[PATH_BYTES_MAX];
	int ifindex;
	FILE *from;

	(void)xn_text_format(path, sizeof(path), "%s/proc/self/net/packet",
			     root);
	from = fopen(path, "re");
	if (!from)
		return 0;
	ifindex = xn_holder_socket_find(from, inode);
	(void)fclose(from);
	return ifindex;
}

int xn_holder_socket_link(const char *root, const char *pid)
{
	char path[PATH_BYTES_MAX];
	struct dirent *entry;
	int ifindex = 0;
	DIR *fds;

	(void)xn_text_format(path, sizeof(path), "%s/proc/%s/fd", root, pid);
	fds = opendir(path);
	if (!fds)
		return 0;
	while (ifindex == 0 && (entry = readdir(fds))) {
		uint64_t inode;
		char text[64];

		if (xn_text_format(path, sizeof(path), "%s/proc/%s/fd/%s", root,
				   pid, entry->d_name) >= 0 &&
		    xn_small_file_link(path, text, sizeof(text)) > 0 &&
		    xn_column_number(text, "socket:[", &inode) == 0)
			ifindex = link_of(root, inode);
	}
	(void)closedir(fds);
	return ifindex;
}
