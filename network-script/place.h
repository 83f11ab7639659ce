/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_PLACE_H
#define XNS_PLACE_H
/* Where runs meet: a folder below /run, which is also their lock. */
#include "netconf/base/err.h"

#define XNS_PATH_MAX 96

struct xns_place {
	int fd;			    /* the folder, locked */
	char journal[XNS_PATH_MAX]; /* of this network namespace */
};

/* Waits for other runs. -EPERM: others than root can write the folder. */
int xns_place_open(struct xns_place *ret_place, struct xn_err *err);
void xns_place_close(struct xns_place *place);

#endif
