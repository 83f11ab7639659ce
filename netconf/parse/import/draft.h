/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IMPORT_DRAFT_H
#define XN_IMPORT_DRAFT_H
/*
 * A xenplane.conf while it is made from something else: sections and keys as
 * words, and notes on what was not taken over. Everything is bounded; what is
 * beyond a bound is noted. Words from the file may hold anything; what a
 * configuration cannot hold is refused with a note. One thread.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "netconf/parse/conf.h"

#define XN_DRAFT_SECTIONS_MAX 256u
#define XN_DRAFT_NAME_MAX 20u
#define XN_DRAFT_PAIRS_MAX 32u
#define XN_DRAFT_KEY_MAX 24u
/* Together well below XN_CONF_FILE_BYTES_MAX, as they are comments too. */
#define XN_DRAFT_NOTES_MAX 120u
#define XN_DRAFT_NOTE_MAX 320u

struct xn_draft_pair {
	char key[XN_DRAFT_KEY_MAX];
	char value[XN_CONF_WORD_MAX];
	uint32_t written_line; /* in the text; 0: not there */
	bool refused;	       /* stands there as a comment */
};

struct xn_draft_section {
	const char *kind; /* "bridge" or "vif"; a constant */
	char name[XN_DRAFT_NAME_MAX];
	const char *file; /* where it was found */
	uint32_t line;
	uint32_t written_line;
	bool refused;
	uint32_t pair_count;
	struct xn_draft_pair pair[XN_DRAFT_PAIRS_MAX];
};

struct xn_draft {
	const char *file; /* that is being read */
	uint32_t section_count, note_count, notes_left_out;
	struct xn_draft_section section[XN_DRAFT_SECTIONS_MAX];
	char note[XN_DRAFT_NOTES_MAX][XN_DRAFT_NOTE_MAX];
};

/* "file:line: words", made printable. */
void xn_draft_note(struct xn_draft *draft, uint32_t line, const char *format,
		   ...) __attribute__((format(printf, 3, 4)));

/* NULL: there is no bridge of that name. */
struct xn_draft_section *xn_draft_find(struct xn_draft *draft,
				       const char *name);
/* The one of that name, made if it is new. NULL: refused, with a note. */
struct xn_draft_section *xn_draft_bridge(struct xn_draft *draft,
					 const char *name, uint32_t line);
/* The same for a guest's interface, by its MAC in any case. */
struct xn_draft_section *xn_draft_vif(struct xn_draft *draft, const char *mac,
				      uint32_t line);

/* Sets the key; a later word counts. bridge NULL: nothing. */
void xn_draft_put(struct xn_draft *draft, struct xn_draft_section *bridge,
		  const char *key, const char *value, uint32_t line);
/* Adds a word to the value, for keys that are lists. */
void xn_draft_add(struct xn_draft *draft, struct xn_draft_section *bridge,
		  const char *key, const char *word, uint32_t line);
/* NULL: not said. */
const char *xn_draft_get(const struct xn_draft_section *bridge,
			 const char *key);

/* As a configuration; notes which line each key stands in. `from` is named in
 * its head. */
void xn_draft_write(struct xn_draft *draft, const char *from, FILE *out);

#endif
