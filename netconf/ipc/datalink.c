/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lengths and names of the datalink's messages. Both ends compare a
 * datagram's length with xn_dl_length() before they look into it.
 * Thread: any.
 */
#include "netconf/ipc/datalink.h"

#include <stddef.h>

static const uint16_t control_length[] = {
	[XN_DL_HELLO] = sizeof(struct xn_dl_hello),
	[XN_DL_VIF_ADD] = sizeof(struct xn_dl_vif_add),
	[XN_DL_VIF_DEL] = sizeof(struct xn_dl_vif_del),
	[XN_DL_PORT] = sizeof(struct xn_dl_port),
	[XN_DL_BRIDGE] = sizeof(struct xn_dl_bridge),
	[XN_DL_OUTSIDE] = sizeof(struct xn_dl_outside),
	[XN_DL_STATIONS_GET] = sizeof(struct xn_dl_stations_get),
	[XN_DL_POLICY] = sizeof(struct xn_dl_policy),
	[XN_DL_WATCH] = sizeof(struct xn_dl_watch),
	[XN_DL_ACL] = sizeof(struct xn_dl_acl),
};

static const uint16_t data_length[] = {
	[XN_DL_READY - XN_DL_READY] = sizeof(struct xn_dl_ready),
	[XN_DL_VIF_UP - XN_DL_READY] = sizeof(struct xn_dl_vif_up),
	[XN_DL_VIF_GONE - XN_DL_READY] = sizeof(struct xn_dl_vif_gone),
	[XN_DL_VIF_FAULT - XN_DL_READY] = sizeof(struct xn_dl_vif_fault),
	[XN_DL_PORT_DONE - XN_DL_READY] = sizeof(struct xn_dl_port_done),
	[XN_DL_STATION - XN_DL_READY] = sizeof(struct xn_dl_station),
	[XN_DL_STATIONS_END - XN_DL_READY] = sizeof(struct xn_dl_stations_end),
	[XN_DL_VIF_STALL - XN_DL_READY] = sizeof(struct xn_dl_vif_stall),
	[XN_DL_ACTIVE - XN_DL_READY] = sizeof(struct xn_dl_active),
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

uint32_t xn_dl_length(uint32_t type)
{
	if (type < LENGTH(control_length))
		return control_length[type];
	if (type >= XN_DL_READY && type - XN_DL_READY < LENGTH(data_length))
		return data_length[type - XN_DL_READY];
	return 0;
}

const char *xn_dl_fault_name(uint32_t fault)
{
	static const char *const names[] = {
		[XN_DL_FAULT_TX_INDEX] = "tx_index",
		[XN_DL_FAULT_RX_INDEX] = "rx_index",
		[XN_DL_FAULT_TX_SLOTS] = "tx_slots",
		[XN_DL_FAULT_TX_EXTRA] = "tx_extra",
		[XN_DL_FAULT_TX_FRAG] = "tx_frag",
		[XN_DL_FAULT_CHANNEL] = "channel",
		[XN_DL_FAULT_CTRL] = "ctrl",
	};

	if (fault >= LENGTH(names) || !names[fault])
		return "unknown";
	return names[fault];
}
