/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attach_program xdp|tcx-in|tcx-out LINK: a BPF program that lets every frame
 * pass, there until this one ends. Says "attached"; exit status 77 and why,
 * when this kernel has no such thing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>

#include "tests/netns/nl/programs.h"

int main(int argc, char **argv)
{
	static const char *const places[] = {[PROGRAM_XDP] = "xdp",
					     [PROGRAM_TCX_IN] = "tcx-in",
					     [PROGRAM_TCX_OUT] = "tcx-out"};
	int ifindex = argc == 3 ? (int)if_nametoindex(argv[2]) : 0;
	int link = -EINVAL;

	if (!ifindex) {
		(void)fputs("usage: attach_program xdp|tcx-in|tcx-out LINK\n",
			    stderr);
		return 2;
	}
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!strcmp(argv[1], places[i]))
			link = attach_program((enum program)i, ifindex);
	if (link < 0) {
		(void)printf("no %s here: %s\n", argv[1], strerror(-link));
		return 77;
	}
	(void)puts("attached");
	(void)fflush(stdout);
	(void)pause();
	return 0;
}
