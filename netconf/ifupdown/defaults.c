/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debian's file of defaults, see defaults.h. It is a shell's; what is read of
 * it is one word, and nothing is run. */
#include "netconf/ifupdown/defaults.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "netconf/base/fd.h"

#define DEFAULTS_FILE "/etc/default/bridge-utils"
#define KEY "BRIDGE_DISABLE_LINKLOCAL_IPV6_ALSO_PHYS="
#define FILE_BYTES_MAX 8192

static bool is_no(const char *value)
{
	if (*value == '"' || *value == '\'')
		value++;
	return strncmp(value, "no", 2) == 0 &&
	       strchr(" \t\r\n\"';#", value[2]) != NULL;
}

bool xn_ifup_defaults_parse(const char *text)
{
	bool quiet = true;

	while (text) {
		text += strspn(text, " \t");
		if (strncmp(text, KEY, strlen(KEY)) == 0)
			quiet = !is_no(text + strlen(KEY));
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return quiet;
}

bool xn_ifup_defaults_quiet_lower(void)
{
	char text[FILE_BYTES_MAX + 1];
	int fd = open(DEFAULTS_FILE, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t bytes;

	if (fd < 0)
		return true;
	bytes = read(fd, text, FILE_BYTES_MAX);
	xn_close(&fd);
	if (bytes < 0)
		return true;
	text[bytes] = '\0';
	return xn_ifup_defaults_parse(text);
}
