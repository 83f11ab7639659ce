/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See link_check.h. Thread: any. */
#include "netback/link_check.h"

#include <errno.h>
#include <stdbool.h>

#define MTU_MIN 68u /* RFC 791 */
#define MTU_MAX 65535u
#define FE_KNOWN                                                   \
	(XN_DL_FE_SG | XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6 |   \
	 XN_DL_FE_CSUM | XN_DL_FE_IPV6_CSUM | XN_DL_FE_RX_NOTIFY | \
	 XN_DL_FE_CTRL_RING)
#define FDB_ENTRIES_MAX (1u << 20)
#define DOMID_MAX 0x7fefu /* above are reserved ones */
#define CHANNEL_MAX 0x7fffffffu

static bool good_add(const struct xn_dl_vif_add *add)
{
	if (add->slot >= XN_VIFS_MAX || add->domid > DOMID_MAX)
		return false;
	if (add->frontend & ~FE_KNOWN || add->offload_off > 1 ||
	    add->resume > 1)
		return false;
	if (add->ctrl_port > CHANNEL_MAX)
		return false;
	if (add->queue_count < 1 || add->queue_count > XN_QUEUES_MAX)
		return false;
	for (uint32_t i = 0; i < add->queue_count; i++) {
		if (add->queue[i].tx_port > CHANNEL_MAX ||
		    add->queue[i].rx_port > CHANNEL_MAX)
			return false;
	}
	return true;
}

static bool good_port(const struct xn_dl_port *port)
{
	if (port->slot >= XN_VIFS_MAX)
		return false;
	if (port->bridge >= XN_BRIDGES_MAX && port->bridge != XN_DL_NO_BRIDGE)
		return false;
	if (port->mtu < MTU_MIN || port->mtu > MTU_MAX)
		return false;
	return port->fast <= 1 && port->forwarding <= 1 &&
	       port->learning <= 1 && port->flood <= 1 &&
	       port->mcast_flood <= 1 && port->bcast_flood <= 1 &&
	       port->twin_up <= 1 && port->hold <= 1;
}

static bool good_outside(const struct xn_dl_outside *outside)
{
	return outside->bridge < XN_BRIDGES_MAX && outside->present <= 1 &&
	       outside->fixed <= 1;
}

static bool good_address(const struct xn_dl_address *address)
{
	if (address->family == 4)
		return address->prefix <= 32;
	return address->family == 6 && address->prefix <= 128;
}

static bool good_policy(const struct xn_dl_policy *policy)
{
	if (policy->slot >= XN_VIFS_MAX ||
	    policy->rate_interval_us > XN_DL_RATE_INTERVAL_MAX_US ||
	    (policy->rate_bytes > 0 && policy->rate_interval_us == 0) ||
	    policy->receive_interval_us > XN_DL_RATE_INTERVAL_MAX_US ||
	    (policy->receive_bytes > 0 && policy->receive_interval_us == 0) ||
	    policy->xdp_headroom > XN_DL_XDP_HEADROOM_MAX ||
	    policy->address_count > XN_ADDRESSES_MAX)
		return false;
	for (uint32_t i = 0; i < policy->address_count; i++) {
		if (!good_address(&policy->address[i]))
			return false;
	}
	return policy->guard <= 1 && policy->isolated <= 1 &&
	       policy->bpdu_drop <= 1 && policy->mcast_control <= 1 &&
	       policy->acl <= XN_ACLS_MAX;
}

static bool good_acl(const struct xn_dl_acl *acl)
{
	if (acl->acl < 1 || acl->acl > XN_ACLS_MAX ||
	    acl->total > XN_DL_ACL_TOTAL_MAX || acl->bytes > XN_DL_ACL_PART)
		return false;
	if (acl->total == 0)
		return acl->offset == 0 && acl->bytes == 0;
	return acl->bytes > 0 && acl->offset < acl->total &&
	       acl->offset % XN_DL_ACL_PART == 0;
}

static bool good_fields(const struct xnb_command *command)
{
	switch (command->header.type) {
	case XN_DL_HELLO:
		return command->hello.fdb_entries_max >= 1 &&
		       command->hello.fdb_entries_max <= FDB_ENTRIES_MAX;
	case XN_DL_VIF_ADD:
		return good_add(&command->add);
	case XN_DL_VIF_DEL:
		return command->del.slot < XN_VIFS_MAX;
	case XN_DL_PORT:
		return good_port(&command->port);
	case XN_DL_BRIDGE:
		return command->bridge.bridge < XN_BRIDGES_MAX;
	case XN_DL_OUTSIDE:
		return good_outside(&command->outside);
	case XN_DL_POLICY:
		return good_policy(&command->policy);
	case XN_DL_ACL:
		return good_acl(&command->acl);
	case XN_DL_WATCH:
		return true;
	case XN_DL_STATIONS_GET:
		return command->stations_get.bridge < XN_BRIDGES_MAX;
	}
	return false;
}

static size_t descriptors_of(const struct xnb_command *command)
{
	if (command->header.type == XN_DL_HELLO)
		return 1;
	if (command->header.type == XN_DL_VIF_ADD)
		return (size_t)2 + command->add.queue_count;
	return 0;
}

int xnb_link_check(const struct xnb_command *command, size_t bytes,
		   size_t fd_count)
{
	if (bytes < sizeof(command->header) ||
	    command->header.version != XN_DATALINK_VERSION ||
	    command->header.type >= XN_DL_READY ||
	    xn_dl_length(command->header.type) != bytes)
		return -EPROTO;
	if (!good_fields(command))
		return -EINVAL;
	return fd_count == descriptors_of(command) ? 0 : -EPROTO;
}
