/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_ROOT_H
#define XNS_ROOT_H
/*
 * Whether the root file system hangs on the network, and on which address:
 * nfs and the like by what is mounted, iscsi, nbd and drbd by the block device
 * below it, through all layers of device mapper and md.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define XNS_ROOT_WORD_MAX 32

struct xns_root {
	char what[XNS_ROOT_WORD_MAX]; /* "nfs4", "iscsi", ...; "": a disk */
	/* The server's, in network order; family 0: nobody says it. */
	uint8_t family;
	uint8_t address[16];
};

/* `root`: "" but in tests, where proc and sys are below it. */
void xns_root_find(const char *root, struct xns_root *ret_root);

#endif
