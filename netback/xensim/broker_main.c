/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xensim-broker: the simulated hypervisor of one lab. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netback/xensim/broker.h"

static int usage(FILE *out, int status)
{
	fputs("usage: xensim-broker [--ready-fd N] [--die-with-parent] SOCKET\n"
	      "Serves a simulated Xen until SIGTERM. Programs join with\n"
	      "LD_PRELOAD=libxensim.so XENSIM_BROKER=SOCKET XENSIM_DOMID=N.\n"
	      "XENSIM_DOMAIN_MIB: memory of each domain (default 64).\n",
	      out);
	return status;
}

static int number(const char *text, unsigned long max, unsigned long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoul(text, &end, 10);
	return errno || *end || *text < '0' || *text > '9' || *ret > max;
}

static int domain_mib(uint32_t *ret_mib)
{
	const char *text = getenv("XENSIM_DOMAIN_MIB");
	unsigned long mib;

	*ret_mib = XSIM_DOMAIN_MIB_DEFAULT;
	if (!text || !*text)
		return 0;
	if (number(text, XSIM_DOMAIN_MIB_MAX, &mib) || !mib)
		return -EINVAL;
	*ret_mib = (uint32_t)mib;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"ready-fd", required_argument, NULL, 'r'},
		{"die-with-parent", no_argument, NULL, 'd'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct xsim_broker_options options = {.ready_fd = -1};
	unsigned long fd;
	int letter;
	int rc;

	while ((letter = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		if (letter == 'h')
			return usage(stdout, 0);
		if (letter == 'd')
			options.die_with_parent = true;
		else if (letter != 'r' || number(optarg, INT32_MAX, &fd))
			return usage(stderr, 2);
		else
			options.ready_fd = (int)fd;
	}
	if (optind + 1 != argc)
		return usage(stderr, 2);
	if (domain_mib(&options.domain_mib)) {
		fprintf(stderr,
			"xensim-broker: XENSIM_DOMAIN_MIB must be 1 to "
			"%u\n",
			XSIM_DOMAIN_MIB_MAX);
		return 2;
	}
	options.path = argv[optind];
	rc = xsim_broker_run(&options);
	if (!rc)
		return 0;
	fprintf(stderr, "xensim-broker: %s: %s\n", options.path, strerror(-rc));
	return 1;
}
