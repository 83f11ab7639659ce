/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnsmasq's lease file, see leases.h. Every byte may be a guest's doing. */
#include "natd/dhcp/leases.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "natd/dhcp/plan.h"
#include "netconf/base/text.h"

#define ROOM_MIN 16u
#define LINE_MAX_BYTES 1024u
#define WORDS 5u

void xdhcp_leases_fini(struct xdhcp_leases *leases)
{
	free(leases->lease);
	*leases = (struct xdhcp_leases){0};
}

static int add(struct xdhcp_leases *leases, const struct xdhcp_lease *lease)
{
	uint32_t wanted = leases->room ? leases->room * 2 : ROOM_MIN;

	if (leases->count == XDHCP_LEASES_MAX)
		return -E2BIG;
	if (leases->count == leases->room) {
		void *more = reallocarray(leases->lease, wanted,
					  sizeof(*leases->lease));

		if (!more)
			return -ENOMEM;
		leases->lease = more;
		leases->room = wanted;
	}
	leases->lease[leases->count++] = *lease;
	return 0;
}

static bool parse_address(const char *word, struct xn_address *ret)
{
	*ret = (struct xn_address){.family = strchr(word, ':') ? 6 : 4};
	ret->prefix = ret->family == 6 ? 128 : 32;
	return inet_pton(ret->family == 6 ? AF_INET6 : AF_INET, word,
			 ret->octet) == 1;
}

static bool is_client(const char *word)
{
	for (const char *c = word; *c; c++)
		if (!isxdigit((unsigned char)*c) && *c != ':')
			return false;
	return true;
}

/* "*": none. A domain may follow the name. */
static bool parse_name(char *word, struct xdhcp_lease *lease)
{
	char *dot = strchr(word, '.');

	if (!strcmp(word, "*"))
		return true;
	if (dot && !xn_dhcp_domain_valid(dot + 1))
		return false;
	if (dot)
		*dot = '\0';
	return xn_dhcp_label_valid(word) &&
	       xn_text_copy(lease->name, sizeof(lease->name), word) > 0;
}

/* The words of a lease; false: it is none. */
static bool parse_lease(char *const word[WORDS], struct xdhcp_lease *ret_lease)
{
	struct xdhcp_lease lease = {0};
	uint32_t iaid;

	if (xn_parse_u64(word[0], 0, INT64_MAX, &lease.expires_s) ||
	    !parse_address(word[2], &lease.address) ||
	    !parse_name(word[3], &lease))
		return false;
	if (lease.address.family == 4) {
		lease.has_mac = !xn_mac_parse(word[1], &lease.mac);
		if (!lease.has_mac)
			return false;
	} else if (xn_parse_u32(word[1] + (word[1][0] == 'T'), 0, UINT32_MAX,
				&iaid)) {
		return false;
	}
	if (strcmp(word[4], "*") != 0) {
		if (!is_client(word[4]))
			return false;
		/* What is longer is valid, and nobody has to see it. */
		(void)xn_text_copy(lease.client, sizeof(lease.client), word[4]);
	}
	*ret_lease = lease;
	return true;
}

enum line_kind {
	LINE_LEASE,
	LINE_OTHER, /* empty, or the server's own identifier */
	LINE_WRONG,
};

static enum line_kind parse_line(const char *at, size_t bytes,
				 struct xdhcp_lease *ret_lease)
{
	char line[LINE_MAX_BYTES], *word[WORDS], *rest = line;
	size_t count = 0;

	if (bytes == 0)
		return LINE_OTHER;
	if (bytes >= sizeof(line))
		return LINE_WRONG;
	memcpy(line, at, bytes);
	line[bytes] = '\0';
	while (rest && count < WORDS)
		word[count++] = strsep(&rest, " ");
	if (count == 2 && !strcmp(word[0], "duid"))
		return LINE_OTHER;
	if (count < WORDS || rest || !parse_lease(word, ret_lease))
		return LINE_WRONG;
	return LINE_LEASE;
}

/* The line's length; a last one that is not ended is not whole yet, and is
 * cut. */
static const char *line_end(const char *at)
{
	return strchr(at, '\n');
}

int xdhcp_leases_parse(const char *text, struct xdhcp_leases *ret_leases,
		       struct xn_err *err)
{
	struct xdhcp_leases leases = {0};
	const char *end;

	for (; (end = line_end(text)); text = end + 1) {
		struct xdhcp_lease lease;
		int rc = 0;

		switch (parse_line(text, (size_t)(end - text), &lease)) {
		case LINE_LEASE:
			rc = add(&leases, &lease);
			break;
		case LINE_WRONG:
			leases.left_out++;
			break;
		case LINE_OTHER:
			break;
		}
		if (rc < 0) {
			xdhcp_leases_fini(&leases);
			return xn_fail(err, -rc, "leases: %s", strerror(-rc));
		}
	}
	*ret_leases = leases;
	return 0;
}

/* Caller frees *ret_text. */
static int read_file(int fd, char **ret_text)
{
	struct stat status;
	size_t room, used = 0;
	char *text;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if (status.st_size > (off_t)XDHCP_FILE_BYTES_MAX)
		return -EFBIG;
	room = (size_t)status.st_size;
	text = malloc(room + 1);
	if (!text)
		return -ENOMEM;
	while (used < room) {
		ssize_t got = read(fd, text + used, room - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	text[used] = '\0';
	*ret_text = text;
	return 0;
}

int xdhcp_leases_load(const char *path, char **ret_text, struct xn_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int rc;

	*ret_text = NULL;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return xn_fail(err, errno, "%s: %s", path, strerror(errno));
	rc = read_file(fd, ret_text);
	(void)close(fd);
	return rc < 0 ? xn_fail(err, -rc, "%s: %s", path, strerror(-rc)) : 0;
}

int xdhcp_leases_read(const char *path, struct xdhcp_leases *ret_leases,
		      struct xn_err *err)
{
	char *text;
	int rc = xdhcp_leases_load(path, &text, err);

	if (rc == 0)
		rc = xdhcp_leases_parse(text ? text : "", ret_leases, err);
	free(text);
	return rc;
}

bool xdhcp_lease_in_the_way(const struct xdhcp_lease *lease,
			    const struct xn_planeconf_bridge *bridge,
			    const struct xnat_guests *guests)
{
	for (uint32_t i = 0; lease->has_mac && i < guests->count; i++) {
		const struct xnat_guest *guest = &guests->guest[i];
		const struct xn_address *fixed = xdhcp_fixed(bridge, guest, 4);

		if (fixed && xn_address_within(fixed, &lease->address, 32))
			return !guest->has_mac ||
			       !xn_mac_equal(&guest->mac, &lease->mac);
	}
	return false;
}

int xdhcp_leases_prune(const char *text,
		       const struct xn_planeconf_bridge *bridge,
		       const struct xnat_guests *guests, char **ret_text,
		       uint32_t *ret_gone)
{
	char *kept = malloc(strlen(text) + 1);
	uint32_t gone = 0;
	const char *end;
	size_t used = 0;

	if (!kept)
		return -ENOMEM;
	for (; (end = line_end(text)); text = end + 1) {
		size_t bytes = (size_t)(end - text) + 1;
		struct xdhcp_lease lease;

		if (parse_line(text, bytes - 1, &lease) == LINE_LEASE &&
		    xdhcp_lease_in_the_way(&lease, bridge, guests)) {
			gone++;
			continue;
		}
		memcpy(kept + used, text, bytes);
		used += bytes;
	}
	kept[used] = '\0';
	if (gone == 0) {
		free(kept);
		kept = NULL;
	}
	*ret_text = kept;
	*ret_gone = gone;
	return 0;
}

int xdhcp_leases_add_guests(const struct xdhcp_leases *leases,
			    const char *bridge, uint64_t now_s,
			    struct xnat_guests *guests)
{
	int error = 0;

	for (uint32_t i = 0; i < leases->count && !error; i++) {
		const struct xdhcp_lease *lease = &leases->lease[i];
		struct xnat_guest guest = {
			.has_mac = true,
			.mac = lease->mac,
			.address_count = 1,
			.address = {lease->address},
		};

		if (!lease->has_mac || !xdhcp_lease_holds(lease, now_s))
			continue;
		if (guests->complete && !xnat_guests_has(guests, &guest))
			continue;
		(void)xn_text_copy(guest.name, sizeof(guest.name), lease->name);
		(void)xn_text_copy(guest.bridge, sizeof(guest.bridge), bridge);
		error = xnat_guests_add(guests, &guest);
	}
	return error;
}
