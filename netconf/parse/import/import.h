/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IMPORT_IMPORT_H
#define XN_IMPORT_IMPORT_H
/*
 * Another configuration as a xenplane.conf: xend-config.sxp, interfaces(5) or
 * libvirt's network XML, told apart by what is in the file. What comes out is
 * right for planeconf.h; what was not taken over is in the notes, and as
 * comments in the text. Files are read, nothing else is touched. One thread.
 */
#include "netconf/base/err.h"
#include "netconf/parse/import/draft.h"

enum xn_import_kind {
	XN_IMPORT_SXP,
	XN_IMPORT_INTERFACES,
	XN_IMPORT_LIBVIRT,
	XN_IMPORT_UNKNOWN,
};

struct xn_import {
	enum xn_import_kind kind;
	uint32_t bridge_count; /* that are in the text; 0: nothing was taken */
	char *text;
	struct xn_draft draft; /* for its notes */
};

const char *xn_import_kind_name(enum xn_import_kind kind);
enum xn_import_kind xn_import_tell(const char *text);

/* 0: the caller owns *ret_import, also when nothing was taken. Negative: the
 * file cannot be read, or is of none of these kinds. */
int xn_import_file(const char *file, struct xn_import **ret_import,
		   struct xn_err *err);
/* The same of a text in memory; scripts are looked for beside `file`. */
int xn_import_text(const char *file, const char *text,
		   struct xn_import **ret_import, struct xn_err *err);
void xn_import_destroy(struct xn_import *import); /* accepts NULL */

#endif
