/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_HANDLE_H
#define XSIM_HANDLE_H
/* What stands behind xengnttab_handle and xengntshr_handle. */
#include <stdint.h>

struct xengntdev_handle {
	int fd; /* for xengnttab_fd(): never ready, closed with the handle */
};

#endif
