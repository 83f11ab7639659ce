/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_SESSION_H
#define XN_SAFE_SESSION_H
/*
 * Which login session somebody is in, so that who applies can be told from
 * who confirms: the kernel's audit session, which a login gets once and which
 * su and sudo keep; else the SSH connection, of the process or of one that it
 * comes from (sudo takes it from the environment). Any thread.
 */
#include <stdbool.h>
#include <stdint.h>

#define XN_SESSION_SSH_MAX 128

struct xn_session {
	bool has_audit;
	uint32_t audit;
	/* Client's address and port, server's address and port; "": none. */
	char ssh[XN_SESSION_SSH_MAX];
};

/* Of this process. */
void xn_session_read(struct xn_session *ret_session);

enum xn_session_told {
	XN_SESSION_SAME,
	XN_SESSION_OTHER,
	XN_SESSION_UNTOLD, /* nothing tells the two apart, or one */
};

/* Pure. */
enum xn_session_told xn_session_compare(const struct xn_session *a,
					const struct xn_session *b);

/* Two addresses and two ports with blanks between, as SSH_CONNECTION has.
 * Pure. */
bool xn_session_ssh_valid(const char *text);
/* The client's address alone: false without one. */
bool xn_session_peer(const struct xn_session *session, uint8_t *ret_family,
		     uint8_t ret_octet[16]);

#endif
