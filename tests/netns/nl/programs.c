/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/netns/nl/programs.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>

#include "netconf/base/fd.h"

/* Of linux/bpf.h from Linux 6.6 on. */
#define TCX_INGRESS 46U
#define TCX_EGRESS 47U
#define TCX_NEXT (-1)

static int call(int command, union bpf_attr *attr)
{
	int fd = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

static uint64_t pointer(const void *to)
{
	return (uint64_t)(uintptr_t)to;
}

/* r0 = verdict; exit */
static int load(uint32_t type, uint32_t place, int32_t verdict)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = pointer(code);
	attr.insn_cnt = sizeof(code) / sizeof(code[0]);
	attr.license = pointer("GPL");
	attr.expected_attach_type = place;
	return call(BPF_PROG_LOAD, &attr);
}

int attach_program(enum program where, int ifindex)
{
	static const struct {
		uint32_t type, place;
		int32_t verdict;
	} kinds[] = {
		[PROGRAM_XDP] = {BPF_PROG_TYPE_XDP, BPF_XDP, XDP_PASS},
		[PROGRAM_TCX_IN] = {BPF_PROG_TYPE_SCHED_CLS, TCX_INGRESS,
				    TCX_NEXT},
		[PROGRAM_TCX_OUT] = {BPF_PROG_TYPE_SCHED_CLS, TCX_EGRESS,
				     TCX_NEXT},
	};
	int program =
		load(kinds[where].type, where == PROGRAM_XDP ? BPF_XDP : 0,
		     kinds[where].verdict);
	union bpf_attr attr;
	int link;

	if (program < 0)
		return program;
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)program;
	attr.link_create.target_ifindex = (uint32_t)ifindex;
	attr.link_create.attach_type = kinds[where].place;
	link = call(BPF_LINK_CREATE, &attr);
	xn_close(&program);
	return link;
}
