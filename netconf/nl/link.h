/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_LINK_H
#define XN_NL_LINK_H
/*
 * Network interfaces: reading, making, changing. Links are named by ifindex
 * once they exist: a name may be another link's a moment later. Threads and
 * errors: socket.h. A link that is not there: -ENODEV.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "netconf/base/err.h"
#include "netconf/base/mac.h"
#include "netconf/nl/bridge.h"
#include "netconf/nl/socket.h"

#define XN_LINK_KIND_MAX 16
/* Longer ones, which the kernel has, are not told. */
#define XN_LINK_ALIAS_MAX 32

/* A link's settings of IPv4 (net.ipv4.conf.LINK) by number: value[0] is
 * IPV4_DEVCONF_FORWARDING of linux/ip.h, and so on. What a newer kernel has
 * beyond them is not told. mc_forwarding is a routing daemon's: always 0. */
#define XN_LINK_CONF_MAX 33
struct xn_link_conf {
	uint8_t count; /* 0: the kernel says nothing */
	int32_t value[XN_LINK_CONF_MAX];
};

/* Settings of IPv6 (net.ipv6.conf.LINK) that are told and can be set, but for
 * those with members of their own below: the DEVCONF_* of linux/ipv6.h and
 * the sysctl's name. */
struct xn_ipv6_key {
	uint8_t number;
	const char *name;
};
extern const struct xn_ipv6_key xn_ipv6_key[];
extern const uint8_t xn_ipv6_key_count; /* at most XN_LINK_CONF_MAX */

struct xn_link {
	int ifindex;
	char name[IFNAMSIZ];
	char alias[XN_LINK_ALIAS_MAX]; /* a note for people, "": none */
	uint16_t arphrd;	       /* ARPHRD_ETHER, ... */
	uint32_t flags;		       /* IFF_* */
	uint8_t operstate;	       /* IF_OPER_* of linux/if.h */
	int master;		       /* ifindex, 0: none */
	/* IFLA_LINK: a veth's peer, a VLAN's device; 0: none, or it is in
	 * another network namespace. */
	int lower;
	/* The same where it is in another one, and the number that stands for
	 * that here; -1: none does. */
	int lower_far;
	int netnsid;
	char qdisc[XN_LINK_KIND_MAX]; /* of a longer name: "" */
	uint32_t group;
	struct xn_mac permanent_mac; /* zero: none is known */
	struct xn_mac mac; /* zero when the link has no Ethernet address */
	uint32_t mtu;
	uint32_t tx_queue_len;
	/* GSO packets below this size are handed to the device whole, whatever
	 * the IP version; 0: the kernel does not say. */
	uint32_t gso_bytes_max;
	uint32_t promiscuity;  /* how many want all frames */
	uint8_t addr_gen_mode; /* IN6_ADDR_GEN_MODE_*; 1: none */
	bool has_ipv6;	       /* else the next two say nothing */
	bool disable_ipv6;     /* IPv6 settings: sysctls of the link */
	int accept_ra;	       /* 0 no, 1 unless forwarding, 2 yes */
	struct xn_link_conf ipv4;
	/* By number: value[0] is the first of xn_ipv6_key[]. */
	struct xn_link_conf ipv6;
	char kind[XN_LINK_KIND_MAX]; /* "bridge", "veth", "tun", "" */
	/* A program sees its frames before anything else does. One that is
	 * attached as a BPF link is not announced. */
	bool xdp;
	bool is_bridge;
	struct xn_bridge bridge;
	bool is_bridge_port;
	struct xn_brport port;
};

struct xn_link_table {
	struct xn_link *link;
	size_t count;
};

/* A name that the kernel takes as it is: not empty, below IFNAMSIZ, not "."
 * or "..", without '/', ':', '%' (the kernel would number it), blanks and
 * control bytes. */
bool xn_link_name_valid(const char *name);

int xn_link_get(struct xn_nl *nl, const char *name, struct xn_link *ret_link,
		struct xn_err *err);
int xn_link_get_index(struct xn_nl *nl, int ifindex, struct xn_link *ret_link,
		      struct xn_err *err);
/* All links. The caller owns the table's memory: xn_link_table_fini(). */
int xn_link_dump(struct xn_nl *nl, struct xn_link_table *ret_table,
		 struct xn_err *err);
void xn_link_table_fini(struct xn_link_table *table);

/* A pair; the peer is born in `peer_netns_fd` (-1: here). Both are down. */
int xn_link_create_veth(struct xn_nl *nl, const char *name,
			const char *peer_name, int peer_netns_fd,
			struct xn_err *err);
/* The same, both here, each with a number of the caller's choice (-EEXIST:
 * taken), a MAC and an MTU of its own. */
struct xn_veth_birth {
	int ifindex;
	const char *name;
	struct xn_mac mac;
	uint32_t mtu;
};
int xn_link_create_pair(struct xn_nl *nl, const struct xn_veth_birth end[2],
			struct xn_err *err);
/* Of a kind that needs to know nothing: "ifb". It is down. With `ifindex` 0
 * the kernel chooses the number. */
int xn_link_create(struct xn_nl *nl, const char *name, int ifindex,
		   const char *kind, struct xn_err *err);
int xn_link_delete(struct xn_nl *nl, int ifindex, struct xn_err *err);
/* At once: the kernel waits for all its readers for each request, and not for
 * each link. Links that are gone already are passed over. Failing, some may
 * be gone. */
int xn_link_delete_all(struct xn_nl *nl, const int *ifindex, size_t count,
		       struct xn_err *err);

int xn_link_rename(struct xn_nl *nl, int ifindex, const char *name,
		   struct xn_err *err);
/* "" takes it away. */
int xn_link_set_alias(struct xn_nl *nl, int ifindex, const char *alias,
		      struct xn_err *err);
/* The flags in `mask` become as in `flags`: IFF_UP, IFF_NOARP, ... */
int xn_link_set_flags(struct xn_nl *nl, int ifindex, uint32_t mask,
		      uint32_t flags, struct xn_err *err);
int xn_link_set_up(struct xn_nl *nl, int ifindex, bool up, struct xn_err *err);
int xn_link_set_mtu(struct xn_nl *nl, int ifindex, uint32_t mtu,
		    struct xn_err *err);
/* What gso_bytes_max will be. -EOPNOTSUPP: a kernel (before 4.16) that takes
 * no notice. */
int xn_link_set_gso_max(struct xn_nl *nl, int ifindex, uint32_t bytes,
			struct xn_err *err);
int xn_link_set_tx_queue_len(struct xn_nl *nl, int ifindex, uint32_t length,
			     struct xn_err *err);
int xn_link_set_mac(struct xn_nl *nl, int ifindex, const struct xn_mac *mac,
		    struct xn_err *err);
/* `master` 0: to nobody. A changed master resets all port attributes. */
int xn_link_set_master(struct xn_nl *nl, int ifindex, int master,
		       struct xn_err *err);
/* To another namespace, with a new name there (NULL: the same). The ifindex
 * may change on the way. */
int xn_link_move(struct xn_nl *nl, int ifindex, int netns_fd,
		 const char *new_name, struct xn_err *err);
int xn_link_move_to_pid(struct xn_nl *nl, int ifindex, pid_t pid,
			const char *new_name, struct xn_err *err);

/* Those of `to` that are not as in `from`. */
int xn_link_set_ipv4(struct xn_nl *nl, int ifindex,
		     const struct xn_link_conf *from,
		     const struct xn_link_conf *to, struct xn_err *err);

/* No IPv6 link-local address from now on (addrgenmode none). 0 also on a
 * kernel without IPv6. */
int xn_link_set_no_link_local(struct xn_nl *nl, int ifindex,
			      struct xn_err *err);
/* Which link-local address the link gets when it comes up next:
 * IN6_ADDR_GEN_MODE_*. */
int xn_link_set_addr_gen_mode(struct xn_nl *nl, int ifindex, uint8_t mode,
			      struct xn_err *err);
/* Sets net.ipv6.conf.NAME.KEY, as xn_link_disable_ipv6() does. */
int xn_link_set_ipv6(const char *name, const char *key, int value,
		     struct xn_err *err);
/* Those of `to` that are not as in `from`. -ENOENT: the kernel has none of
 * that name. */
int xn_link_set_ipv6_conf(const char *name, const struct xn_link_conf *from,
			  const struct xn_link_conf *to, struct xn_err *err);
/* No IPv6 at all on a link of the THREAD's network namespace: the kernel
 * offers this only as the sysctl disable_ipv6. Existing IPv6 addresses go. 0
 * also on a kernel without IPv6; -EACCES or -EROFS where /proc/sys cannot be
 * written. */
int xn_link_disable_ipv6(const char *name, struct xn_err *err);

#endif
