/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_INCLUDE_H
#define XN_PARSE_INCLUDE_H
/*
 * Which files an [include PATTERN] means. A relative pattern begins at the
 * folder of the file that says it; *, ? and [] may stand behind the last '/'.
 * Hidden files are meant only when the pattern begins with a dot.
 */
#include <stdint.h>

#include "netconf/parse/conf.h"

#define XN_INCLUDE_FILES_MAX 64u
#define XN_INCLUDE_PATH_MAX 1024u
/* A folder with more entries is refused. */
#define XN_INCLUDE_ENTRIES_MAX 4096u

struct xn_include {
	uint32_t count;
	char *path[XN_INCLUDE_FILES_MAX]; /* in the order of their names */
};

/* A pattern that nothing matches means no file; one without wildcards means
 * that file, which is not looked for here. -EINVAL with the place in err;
 * -ENOMEM. *ret_include is to be finished in any case. */
int xn_include_expand(const struct xn_conf_place *place, const char *pattern,
		      struct xn_include *ret_include, struct xn_err *err);
void xn_include_fini(struct xn_include *include);

#endif
