/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Login sessions, see session.h. /proc of other processes is their own word:
 * it is bounded and checked, and whoever can forge it is root already. */
#include "netconf/safe/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"

#define AUDIT_UNSET 4294967295U
#define ANCESTORS_MAX 64
#define ENVIRONMENT_BYTES_MAX 262144
#define VARIABLE "SSH_CONNECTION="

/* The length of what fits, with a zero behind; 0: nothing. */
static size_t read_file(const char *path, char *text, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;

	while (fd >= 0 && have < bytes - 1) {
		ssize_t got = read(fd, text + have, bytes - 1 - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	xn_close(&fd);
	text[have] = '\0';
	return have;
}

static bool read_address(const char *text, uint8_t *ret_family,
			 uint8_t ret_octet[16])
{
	uint8_t octet[16] = {0};
	char bare[INET6_ADDRSTRLEN];

	/* An IPv6 link-local one has its link behind. */
	if (xn_text_format(bare, sizeof(bare), "%.*s", (int)strcspn(text, "%"),
			   text) < 0)
		return false;
	*ret_family = strchr(bare, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(*ret_family, bare, octet) != 1)
		return false;
	memcpy(ret_octet, octet, sizeof(octet));
	return true;
}

bool xn_session_ssh_valid(const char *text)
{
	char copy[XN_SESSION_SSH_MAX];
	uint8_t family, octet[16];
	char *rest = copy;
	uint32_t port;
	int count = 0;

	if (xn_text_copy(copy, sizeof(copy), text) < 1)
		return false;
	for (char *word; (word = strsep(&rest, " ")); count++) {
		if (count % 2 == 0 ? !read_address(word, &family, octet)
				   : xn_parse_u32(word, 1, 65535, &port) < 0)
			return false;
	}
	return count == 4;
}

static bool take_ssh(const char *text, struct xn_session *session)
{
	return xn_session_ssh_valid(text) &&
	       xn_text_copy(session->ssh, sizeof(session->ssh), text) > 0;
}

static bool find_in_environment(const char *environment, size_t bytes,
				struct xn_session *session)
{
	for (size_t at = 0; at < bytes; at += strlen(environment + at) + 1) {
		if (strncmp(environment + at, VARIABLE, strlen(VARIABLE)) == 0)
			return take_ssh(environment + at + strlen(VARIABLE),
					session);
	}
	return false;
}

/* Behind the name, which may hold anything: the state, then the parent. */
static int parent_of(int pid)
{
	char path[64], text[512];
	const char *behind;
	int parent = 0;
	char *end;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, text, sizeof(text)) == 0)
		return 0;
	behind = strrchr(text, ')');
	if (behind && strlen(behind) > 4) {
		long number = strtol(behind + 4, &end, 10);

		parent = number > 0 && number <= INT32_MAX ? (int)number : 0;
	}
	return parent;
}

static void find_ssh(struct xn_session *session)
{
	char *environment = malloc(ENVIRONMENT_BYTES_MAX);
	int pid = (int)getpid();

	for (int i = 0; environment && i < ANCESTORS_MAX && pid > 0; i++) {
		char path[64];
		size_t bytes;

		(void)snprintf(path, sizeof(path), "/proc/%d/environ", pid);
		bytes = read_file(path, environment, ENVIRONMENT_BYTES_MAX);
		if (find_in_environment(environment, bytes, session))
			break;
		pid = parent_of(pid);
	}
	free(environment);
}

void xn_session_read(struct xn_session *ret_session)
{
	struct xn_session session = {0};
	uint32_t audit;
	char text[32];

	if (read_file("/proc/self/sessionid", text, sizeof(text)) > 0 &&
	    xn_parse_u32(text, 0, UINT32_MAX, &audit) == 0 &&
	    audit != AUDIT_UNSET) {
		session.has_audit = true;
		session.audit = audit;
	}
	find_ssh(&session);
	*ret_session = session;
}

enum xn_session_told xn_session_compare(const struct xn_session *a,
					const struct xn_session *b)
{
	if (a->has_audit && b->has_audit)
		return a->audit == b->audit ? XN_SESSION_SAME
					    : XN_SESSION_OTHER;
	if (a->ssh[0] && b->ssh[0])
		return strcmp(a->ssh, b->ssh) == 0 ? XN_SESSION_SAME
						   : XN_SESSION_OTHER;
	return XN_SESSION_UNTOLD;
}

bool xn_session_peer(const struct xn_session *session, uint8_t *ret_family,
		     uint8_t ret_octet[16])
{
	char address[XN_SESSION_SSH_MAX];

	if (!session->ssh[0])
		return false;
	(void)xn_text_format(address, sizeof(address), "%.*s",
			     (int)strcspn(session->ssh, " "), session->ssh);
	return read_address(address, ret_family, ret_octet);
}
