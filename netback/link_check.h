/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_LINK_CHECK_H
#define XNB_LINK_CHECK_H
/*
 * Is a datagram from control a command that makes sense? Every field that is
 * used as an index, a count or a flag later is bounded here, once. Pure.
 */
#include <stddef.h>

#include "netback/message.h"

/* `command` holds a datagram of `bytes` that came with `fd_count` descriptors.
 * 0;
 * -EPROTO: a broken peer: an unknown type, another version, a length or a
 *          number of descriptors that does not belong to the type;
 * -EINVAL: a field beyond its limit. */
int xnb_link_check(const struct xnb_command *command, size_t bytes,
		   size_t fd_count);

#endif
