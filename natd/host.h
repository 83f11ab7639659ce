/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_HOST_H
#define XNAT_HOST_H
/*
 * What NAT needs of the host besides its table: forwarding, the time that ICMP
 * is remembered (RFC 5508, where it is shorter), and bridges whose
 * frames are not shown to the rules a second time (br_netfilter). What was
 * before is remembered in a file, and comes back when NAT goes, unless
 * somebody else has changed it since.
 *
 * Thread: in the network namespace of the socket. Memory: the list owns its
 * array.
 */
#include "natd/guests.h"
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

#define XNAT_STATE_FOLDER "/run/xenplane"
#define XNAT_HOLD_NAME_MAX 96u
#define XNAT_HOLDS_MAX 4096u

enum xnat_hold_kind {
	XNAT_SYSCTL, /* name: its path below /proc/sys */
	XNAT_BRIDGE, /* name: the bridge's; attr: IFLA_BR_* */
};

/* One value that is ours while NAT is. */
struct xnat_hold {
	enum xnat_hold_kind kind;
	char name[XNAT_HOLD_NAME_MAX];
	uint16_t attr;
	uint32_t before, set;
	bool wanted; /* by the configuration at hand; not in the file */
};

struct xnat_holds {
	uint32_t count, room;
	struct xnat_hold *hold;
};

/* The file for the thread's network namespace: "/run/xenplane/nat-COOKIE". */
int xnat_holds_path(const struct xn_nl *nl, char *ret_path, size_t path_bytes,
		    struct xn_err *err);
/* Nothing when there is no file. -EPERM: others could have written it;
 * -EBADMSG: it is not what was written. */
int xnat_holds_read(const char *path, struct xnat_holds *ret_holds,
		    struct xn_err *err);
/* Whole or not at all; an empty list removes the file. */
int xnat_holds_write(const char *path, const struct xnat_holds *holds,
		     struct xn_err *err);
void xnat_holds_fini(struct xnat_holds *holds);

/* How it is done, and what it came to. */
struct xnat_host_job {
	bool dry; /* it is only said what would be done */
	/* Each change in words; NULL: nobody wants them. */
	void (*say)(void *arg, const char *words);
	void *arg;
	uint32_t changes; /* out */
};

/* Sets what the configuration needs and is not so, and gives back what it does
 * not need any more; `changes` counts both. What is held already keeps its
 * first `before`. The file is written before each value is. Bridges that are
 * not there yet are passed over. */
int xnat_host_take(struct xn_nl *nl, const char *path,
		   const struct xn_planeconf *conf, struct xnat_host_job *job,
		   struct xn_err *err);
/* Gives everything back. Goes on after an error, and returns the first. */
int xnat_host_give(struct xn_nl *nl, const char *path,
		   struct xnat_host_job *job, struct xn_err *err);

#endif
