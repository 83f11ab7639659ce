/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_TAP_H
#define XN_NL_TAP_H
/*
 * Multi-queue tap devices with a struct virtio_net_hdr (10 bytes, native
 * order) before each frame, for checksum and GSO metadata. The device lives
 * as long as one of its queues is open. Descriptors are non-blocking and
 * close-on-exec. Any thread; a descriptor is one thread's at a time.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "netconf/base/err.h"

#define XN_TAP_QUEUES_MAX 64
#define XN_TAP_HEADER_BYTES 10 /* struct virtio_net_hdr */
/* Rings carry frames of up to 65535 bytes. The kernel would hand over longer
 * ones: a GSO packet whose VLAN tag it keeps aside (4 bytes more), before
 * 5.18 also one of 65535 bytes from the IP header on. With this limit
 * (xn_link_set_gso_max) it segments what is not shorter, tag not counted. */
#define XN_TAP_GSO_MAX (65535u - 4u + 1u)

/* Creates tap `name` in the thread's network namespace, down, with all its
 * queues attached and no offloads. `ret_fds` gets `queues` descriptors that
 * the caller owns; closing all of them removes the device.
 * -EEXIST: a link has that name; -EINVAL: not a name, or queue count. */
int xn_tap_create(const char *name, unsigned int queues, int *ret_fds,
		  struct xn_err *err);

/* What the reader of the tap takes: TUN_F_CSUM, TUN_F_TSO4, ... of
 * linux/if_tun.h, for the whole device. -EINVAL: a combination that the
 * kernel does not have. */
int xn_tap_set_offload(int fd, unsigned int tun_f_flags);
/* How many bytes written to the tap may wait inside the kernel. */
int xn_tap_set_sndbuf(int fd, int bytes);
/* The whole device's carrier, whether it is up or not; on at first. */
int xn_tap_set_carrier(int fd, bool on);
/* Whose queue the descriptor is: the tap's present name. -EBADF: of none;
 * -EPROTO: of one that was not made by xn_tap_create(). */
int xn_tap_name(int fd, char ret_name[IFNAMSIZ]);
/* A detached queue gets no frames. Queues are born attached. -EINVAL: it is
 * already so. */
int xn_tap_attach_queue(int fd, bool attach);

#endif
