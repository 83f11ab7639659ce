/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IFUP_NOTES_H
#define XN_IFUP_NOTES_H
/*
 * What an administrator is told of a run: options that could not be read, and
 * what could not be had. They do not end it: a bridge without one of its ports
 * is better than a host without a network. Pure; memory: the caller's.
 */
#include <stdbool.h>
#include <stddef.h>

#define XN_IFUP_NOTES_MAX 64
#define XN_IFUP_NOTE_BYTES 256

/* Zero-initialise: empty. */
struct xn_ifup_notes {
	size_t count;
	bool more; /* there were others */
	char text[XN_IFUP_NOTES_MAX][XN_IFUP_NOTE_BYTES];
};

/* Once each. A longer one is cut; what is not printable becomes '?'. */
void xn_ifup_note(struct xn_ifup_notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
