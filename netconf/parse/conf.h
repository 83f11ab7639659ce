/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_CONF_H
#define XN_PARSE_CONF_H
/*
 * The form of xenplane's configuration files, without their meaning:
 *
 *	# a comment, on a line of its own
 *	[bridge xenbr0]
 *	address = 10.77.0.1/24 fd77::1/64
 *
 * A section has a kind and, mostly, a name; a key belongs to the section
 * above it. Blank lines are allowed anywhere. Every refusal, here and of
 * whoever gives the words a meaning, is "file:line:column: ...".
 *
 * The file is read once and bounded; control bytes are refused. One thread.
 */
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/model/place.h"

#define XN_CONF_FILE_BYTES_MAX 65536u
#define XN_CONF_WORD_MAX 256u

struct xn_conf_entry {
	struct xn_conf_place section_place;
	char kind[XN_CONF_WORD_MAX];
	char name[XN_CONF_WORD_MAX]; /* "" when the section has none */
	struct xn_conf_place key_place;
	char key[XN_CONF_WORD_MAX]; /* "": the section itself begins */
	struct xn_conf_place value_place;
	char value[XN_CONF_WORD_MAX];
};

/* Called for each section and each key in the order of the file. Negative
 * errno, with err filled, ends the reading. */
typedef int xn_conf_fn(void *arg, const struct xn_conf_entry *entry,
		       struct xn_err *err);

/* 0, what `fn` returned, or -EINVAL (form), -EFBIG, or open(2)'s error. */
int xn_conf_read(const char *file, xn_conf_fn *fn, void *arg,
		 struct xn_err *err);

/* A refused line: "file:line:column: ...". */
typedef void xn_conf_wrong_fn(void *arg, const char *words);

struct xn_conf_hands {
	xn_conf_fn *entry;
	xn_conf_wrong_fn *wrong;
	void *arg;
};

/* As xn_conf_read(), but each line that is refused with -EINVAL goes to
 * `wrong`, and the next one is read. Below a refused section only the form of
 * the keys is looked at. 0 also when lines were refused. */
int xn_conf_scan(const char *file, const struct xn_conf_hands *hands,
		 struct xn_err *err);
/* The same of a text in memory, which `file` names. */
int xn_conf_scan_text(const char *file, const char *text,
		      const struct xn_conf_hands *hands, struct xn_err *err);

/* "file:line:column: words"; returns -EINVAL. */
int xn_conf_refuse(const struct xn_conf_place *place, struct xn_err *err,
		   const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
