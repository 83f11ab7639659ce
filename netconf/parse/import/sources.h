/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IMPORT_SOURCES_H
#define XN_IMPORT_SOURCES_H
/*
 * What each kind of file says, put into a draft. The text is whole, without
 * zero bytes, and stays the caller's. Nothing that is written there is run.
 */
#include "netconf/parse/import/draft.h"
#include "netconf/parse/import/shell.h"

/* Longer files are refused. */
#define XN_IMPORT_BYTES_MAX 262144u
#define XN_IMPORT_LINE_MAX 4096u

/* A whole file in memory that the caller frees. -EINVAL with err: a zero byte;
 * -EFBIG. */
int xn_import_load(const char *file, char **ret_text, struct xn_err *err);

/* The next line without its end, joined with those behind it while it ends
 * with a backslash; *number becomes its first line's. A line that is too long
 * is noted and left out. false: there is none. */
struct xn_lines {
	const char *at;
	uint32_t next;	 /* the line that *at begins */
	uint32_t number; /* of text[] */
	char text[XN_IMPORT_LINE_MAX];
};
bool xn_lines_next(struct xn_lines *lines, struct xn_draft *draft);

/* xend-config.sxp (sxp.c). Scripts that it names are read when they lie beside
 * it, or in the folder scripts there. */
void xn_import_sxp(struct xn_draft *draft, const char *text);
/* A script that calls network-bridge (script.c); draft->file is its name. */
void xn_import_script(struct xn_draft *draft, const char *text);
/* The arguments of network-bridge, network-route, network-nat (xend.c), for
 * whoever found the call. false: it is none of these. */
bool xn_import_network_script(struct xn_draft *draft,
			      const struct xn_command *command, uint32_t line);
/* interfaces(5) (interfaces.c). */
void xn_import_interfaces(struct xn_draft *draft, const char *text);
/* libvirt's network XML (libvirt.c). -EINVAL with err: it is no XML. */
int xn_import_libvirt(struct xn_draft *draft, const char *text,
		      struct xn_err *err);

/* <inbound> or <outbound> of an interface's <bandwidth> (bandwidth.c). */
void xn_import_bandwidth(struct xn_draft *draft,
			 struct xn_draft_section *bridge, const char *way,
			 const char **attributes, uint32_t line);

/* What brctl, ip link or ifconfig does to a bridge (command.c). false: it is
 * not understood, and nothing is noted. */
bool xn_import_bridge_command(struct xn_draft *draft,
			      const struct xn_command *command, uint32_t line);
/* A NIC on the bridge: the first one is its netdev, others are noted. */
void xn_import_port(struct xn_draft *draft, struct xn_draft_section *bridge,
		    const char *nic, uint32_t line);
/* "on" or "off" for the ways in which people say it; NULL: neither. */
const char *xn_import_switch(const char *word);
/* The command in one line, for notes. */
const char *xn_import_words(const struct xn_command *command,
			    char ret_text[XN_DRAFT_NOTE_MAX]);

#endif
