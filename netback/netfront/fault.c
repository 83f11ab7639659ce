// SPDX-License-Identifier: GPL-2.0-or-later
/* See fault.h. */
#include "netback/netfront/fault.h"

const char *xnf_fault_name(enum xnf_fault fault)
{
	switch (fault) {
	case XNF_FAULT_NONE:
		return "none";
	case XNF_FAULT_TX_INDEX:
		return "tx-index";
	case XNF_FAULT_TX_ID:
		return "tx-id";
	case XNF_FAULT_TX_STATUS:
		return "tx-status";
	case XNF_FAULT_RX_INDEX:
		return "rx-index";
	case XNF_FAULT_RX_CHAIN:
		return "rx-chain";
	case XNF_FAULT_CTRL_INDEX:
		return "ctrl-index";
	case XNF_FAULT_CTRL_ID:
		return "ctrl-id";
	}
	return "unknown";
}
