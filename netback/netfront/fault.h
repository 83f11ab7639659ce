/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_FAULT_H
#define XNF_FAULT_H
/*
 * What a backend may do wrong so that its rings cannot be believed any more.
 * After a fault a ring is not touched again; the device must be closed. What
 * is wrong with one packet only is counted and the packet dropped.
 */
enum xnf_fault {
	XNF_FAULT_NONE,
	XNF_FAULT_TX_INDEX,  /* more responses than there were requests */
	XNF_FAULT_TX_ID,     /* a response to a request that is not there */
	XNF_FAULT_TX_STATUS, /* a status that does not exist, or NULL for data
			      */
	XNF_FAULT_RX_INDEX,
	XNF_FAULT_RX_CHAIN, /* a packet's chain leaves what was published */
	XNF_FAULT_CTRL_INDEX,
	XNF_FAULT_CTRL_ID, /* an answer to a request that is not there */
};

/* For messages; never NULL. */
const char *xnf_fault_name(enum xnf_fault fault);

#endif
