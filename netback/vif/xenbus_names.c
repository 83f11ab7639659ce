/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for a vif's states and phases, as users see them. Thread: any. */
#include "netback/vif/xenbus.h"

const char *xnb_state_name(enum xnb_state state)
{
	switch (state) {
	case XNB_STATE_UNKNOWN:
		return "Unknown";
	case XNB_STATE_INITIALISING:
		return "Initialising";
	case XNB_STATE_INIT_WAIT:
		return "InitWait";
	case XNB_STATE_INITIALISED:
		return "Initialised";
	case XNB_STATE_CONNECTED:
		return "Connected";
	case XNB_STATE_CLOSING:
		return "Closing";
	case XNB_STATE_CLOSED:
		return "Closed";
	case XNB_STATE_RECONFIGURING:
		return "Reconfiguring";
	case XNB_STATE_RECONFIGURED:
		return "Reconfigured";
	}
	return "Unknown";
}

const char *xnb_phase_name(enum xnb_phase phase)
{
	switch (phase) {
	case XNB_PHASE_NEW:
		return "new";
	case XNB_PHASE_IDLE:
		return "idle";
	case XNB_PHASE_KEYED:
		return "keyed";
	case XNB_PHASE_CONNECTING:
		return "connecting";
	case XNB_PHASE_UP:
		return "up";
	case XNB_PHASE_ORPHANED:
		return "orphaned";
	case XNB_PHASE_DISCONNECTING:
		return "disconnecting";
	case XNB_PHASE_RELEASING:
		return "releasing";
	case XNB_PHASE_END:
		return "end";
	}
	return "end";
}
