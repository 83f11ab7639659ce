/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_NETNS_NL_PROGRAMS_H
#define TESTS_NETNS_NL_PROGRAMS_H
/* BPF programs that let every frame pass, attached to a link of the thread's
 * network namespace as BPF links: they go when the descriptor is closed. */

enum program {
	PROGRAM_XDP,
	PROGRAM_TCX_IN,
	PROGRAM_TCX_OUT
};

/* A descriptor, or -errno: -EINVAL when this kernel has no such place. */
int attach_program(enum program where, int ifindex);

#endif
