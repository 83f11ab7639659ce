/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The little of libxenctrl that xenstored calls.
 *
 * How Debian's real xenstored runs on a lab (one per lab, side by side):
 *
 *	LD_PRELOAD=.../libxensim.so XENSIM_BROKER=$LAB/broker \
 *	XENSTORED_RUNDIR=$LAB XENSTORED_PATH=$LAB/socket \
 *	/usr/lib/xen-4.17/bin/xenstored -N --pid-file=$LAB/xenstored.pid
 *
 * XENSTORED_RUNDIR must exist; xenstored keeps its database and, unless
 * XENSTORED_PATH names another, its socket there. Without the two variables a
 * second xenstored takes /var/run/xenstored/socket away from the first.
 * Clients (xenstore-read, libxenstore, xl) need XENSTORED_PATH only, and no
 * preload. xenstored must not be run with -D.
 *
 * Thread: any.
 */
#include <errno.h>
#include <string.h>
#include <xenctrl.h>

#include "netback/xensim/proc.h"

/* What a handle points to; nothing behind it. */
static char interface;

XSIM_EXPORT xc_interface *xc_interface_open(xentoollog_logger *logger,
					    xentoollog_logger *dombuild_logger,
					    unsigned open_flags)
{
	(void)logger;
	(void)dombuild_logger;
	(void)open_flags;
	return xsim_proc() ? (xc_interface *)(void *)&interface : NULL;
}

XSIM_EXPORT int xc_interface_close(xc_interface *xch)
{
	(void)xch;
	return 0;
}

XSIM_EXPORT int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid,
				  unsigned int max_doms, xc_dominfo_t *info)
{
	unsigned int found = 0;

	(void)xch;
	while (found < max_doms) {
		struct xsim_call call =
			xsim_call_make(XSIM_OP_DOMINFO, first_domid);
		int rc = xsim_call(&call);

		if (rc == -ESRCH)
			break;
		if (rc) {
			errno = -rc;
			return -1;
		}
		memset(&info[found], 0, sizeof(info[found]));
		info[found].domid = call.reply.id;
		info[found].running = 1;
		info[found].nr_pages = call.reply.frames;
		info[found].max_memkb = (unsigned long)call.reply.frames * 4;
		info[found].nr_online_vcpus = 1;
		first_domid = call.reply.id + 1;
		found++;
	}
	if (!found) {
		errno = ESRCH;
		return -1;
	}
	return (int)found;
}
