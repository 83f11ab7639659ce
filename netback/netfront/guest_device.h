/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_GUEST_DEVICE_H
#define XNF_GUEST_DEVICE_H
/*
 * One network interface of the simulated guest: vif N of the domain, and tap
 * ethN with the store's MAC and MTU. The tap is there while the vif is; its
 * carrier follows the connection and the backend's word on the link. Whether
 * it is up is the guest's user's business, as on any machine.
 *
 * Thread: the control thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netback/netfront/front.h"
#include "netconf/base/loop.h"
#include "netconf/nl/socket.h"

struct xnf_device;

/* What all interfaces of a guest share. */
struct xnf_guest {
	struct xn_loop *loop;
	struct xnf_store *store;
	struct xn_nl *nl;
	uint32_t domid;
	struct xnf_options options;
	void (*closed)(struct xnf_guest *guest); /* a device's close is over */
};

/* Caller owns the result. NULL: see `err`; `ret_later` says that the store
 * does not have all of the device yet. `guest` must outlive it. */
struct xnf_device *xnf_device_create(struct xnf_guest *guest, uint32_t handle,
				     bool *ret_later, struct xn_err *err);
/* Without a close cycle. Accepts NULL. */
void xnf_device_destroy(struct xnf_device *device);

/* What the kernel may leave to the backend: the guest's options and the
 * backend's offer, in the TUN_F_... of a tap. */
unsigned int xnf_device_offloads(const struct xnf_options *options,
				 const struct xnf_features *features);

void xnf_device_close(struct xnf_device *device);
bool xnf_device_is_closed(const struct xnf_device *device);

#endif
