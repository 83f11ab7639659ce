/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * brctl: a drop-in for bridge-utils' program of that name, which speaks
 * rtnetlink where that one writes to sysfs: it needs no /sys, and works on
 * the network namespace it runs in whatever is mounted there.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "netconf/brctl/verbs.h"

/* What it stands in for; scripts ask. */
#define VERSION "bridge-utils, 1.7"

/* On standard output, also where it answers a mistake. */
static void print_usage(void)
{
	(void)fputs("Usage: brctl [commands]\ncommands:\n", stdout);
	for (size_t i = 0; i < xn_brctl_verb_count; i++)
		(void)printf("\t%-10s\t%s\n", xn_brctl_verbs[i].name,
			     xn_brctl_verbs[i].help);
}

/* An option that asks for a text and nothing else. *ret_status: of the
 * program, if true. */
static bool run_options(int argc, char **argv, int *ret_status)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option = getopt_long(argc, argv, "Vh", options, NULL);

	if (option == -1)
		return false;
	*ret_status = XN_BRCTL_DONE;
	if (option == 'V') {
		(void)puts(VERSION);
		return true;
	}
	if (option != 'h') {
		(void)fprintf(stderr, "Unknown option '%c'\n", option);
		*ret_status = XN_BRCTL_FAILED;
	}
	print_usage();
	return true;
}

static enum xn_brctl_status run_verb(const struct xn_brctl_verb *verb,
				     int word_count, char *const *word)
{
	enum xn_brctl_status status;
	struct xn_nl *nl;
	int rc = xn_nl_open(&nl, NULL);

	if (rc < 0) {
		(void)fprintf(stderr, "can't setup bridge control: %s\n",
			      strerror(-rc));
		return XN_BRCTL_FAILED;
	}
	status = verb->run(nl, word_count, word);
	xn_nl_close(nl);
	return status;
}

/* A script that reads half a table should know that it is half. */
static int end(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(stderr, "brctl: standard output: %s\n",
			      strerror(errno));
		return XN_BRCTL_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	const struct xn_brctl_verb *verb;
	int status;

	if (run_options(argc, argv, &status))
		return end(status);
	if (argc <= optind) {
		print_usage();
		return end(XN_BRCTL_FAILED);
	}
	argc -= optind;
	argv += optind;
	verb = xn_brctl_find_verb(argv[0]);
	if (!verb) {
		(void)fprintf(stderr, "never heard of command [%s]\n", argv[0]);
		print_usage();
		return end(XN_BRCTL_FAILED);
	}
	if (argc < verb->words_min + 1) {
		(void)printf("Incorrect number of arguments for command\n"
			     "Usage: brctl %s %s\n",
			     verb->name, verb->help);
		return end(XN_BRCTL_FAILED);
	}
	return end((int)run_verb(verb, argc, argv));
}
