// SPDX-License-Identifier: GPL-2.0-or-later
/* See hostile_options.h. */
#include "netback/netfront/hostile_options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "netconf/base/text.h"

#define SECONDS_MAX 3600u
#define SECONDS 2u
#define DOMID_MAX 0x7fefu
#define CONNECT_MS 20000u

static const char usage[] =
	"usage: xenplane-hostile [OPTION]... ATTACK [WORD]...\n"
	"       xenplane-hostile --list\n"
	"Connects one vif as a good frontend, does the attack, and prints as "
	"JSON what\n"
	"the backend made of it.\n"
	"  --list               the attacks\n"
	"  --domid D            the domain (default: XENSIM_DOMID)\n"
	"  --vif N              its vif (default 0)\n"
	"  --seconds N          how long, for attacks that go on (default 2)\n"
	"  --count N            how often, for attacks that have a number\n"
	"  --seed S             of what is random (default: another each "
	"time)\n"
	"  --ask ADDRESS        who answers an ARP probe (default 10.77.0.1, "
	"a lab's\n"
	"                       dom0)\n"
	"  --no-hello           ask nobody, before or after\n"
	"  --no-rx-notify       without feature-rx-notify\n"
	"  --no-sg              without feature-sg\n"
	"  --no-recover         do not connect again when it is over\n"
	"  --connect-ms MS      time for the backend to connect\n";

enum option_code {
	OPT_LIST = 1,
	OPT_DOMID,
	OPT_VIF,
	OPT_SECONDS,
	OPT_COUNT,
	OPT_SEED,
	OPT_ASK,
	OPT_NO_HELLO,
	OPT_NO_RX_NOTIFY,
	OPT_NO_SG,
	OPT_NO_RECOVER,
	OPT_CONNECT_MS,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"list", no_argument, NULL, OPT_LIST},
	{"domid", required_argument, NULL, OPT_DOMID},
	{"vif", required_argument, NULL, OPT_VIF},
	{"seconds", required_argument, NULL, OPT_SECONDS},
	{"count", required_argument, NULL, OPT_COUNT},
	{"seed", required_argument, NULL, OPT_SEED},
	{"ask", required_argument, NULL, OPT_ASK},
	{"no-hello", no_argument, NULL, OPT_NO_HELLO},
	{"no-rx-notify", no_argument, NULL, OPT_NO_RX_NOTIFY},
	{"no-sg", no_argument, NULL, OPT_NO_SG},
	{"no-recover", no_argument, NULL, OPT_NO_RECOVER},
	{"connect-ms", required_argument, NULL, OPT_CONNECT_MS},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static int complain(const char *what)
{
	fprintf(stderr, "xenplane-hostile: %s\n", what);
	return 2;
}

static int print_list(void)
{
	const struct xnf_attack *attack;

	for (uint32_t i = 0; (attack = xnf_attack_at(i)); i++)
		printf("%-14s %-15s %s\n", attack->name, attack->advisory,
		       attack->what);
	return 0;
}

static int parse_value(int code, const char *text,
		       struct xnf_hostile_options *options)
{
	uint32_t seconds;
	int rc;

	switch (code) {
	case OPT_DOMID:
		return xn_parse_u32(text, 1, DOMID_MAX, &options->domid);
	case OPT_VIF:
		return xn_parse_u32(text, 0, 65535, &options->vif);
	case OPT_SECONDS:
		rc = xn_parse_u32(text, 1, SECONDS_MAX, &seconds);
		if (!rc)
			options->run_ms = seconds * 1000;
		return rc;
	case OPT_COUNT:
		return xn_parse_u64(text, 1, UINT64_MAX, &options->count);
	case OPT_SEED:
		return xn_parse_u64(text, 0, UINT64_MAX, &options->seed);
	case OPT_ASK:
		return inet_pton(AF_INET, text, options->ask) == 1 ? 0
								   : -EINVAL;
	case OPT_CONNECT_MS:
		return xn_parse_u32(text, 1, SECONDS_MAX * 1000,
				    &options->connect_ms);
	}
	return -EINVAL;
}

static int check(struct xnf_hostile_options *options, const char *name)
{
	const char *domid = getenv("XENSIM_DOMID");
	const struct xnf_attack *attack;
	uint32_t i = 0;

	while ((attack = xnf_attack_at(i++)) && strcmp(attack->name, name) != 0)
		;
	if (!attack)
		return complain("no such attack; see --list");
	options->attack = attack;
	if (attack->words != (options->word_count != 0))
		return complain(attack->words ? "steps, please"
					      : "one attack, please");
	if (!options->domid &&
	    (!domid || xn_parse_u32(domid, 1, DOMID_MAX, &options->domid)))
		return complain("which --domid?");
	return -1;
}

int xnf_hostile_options_parse(int argc, char **argv,
			      struct xnf_hostile_options *ret_options)
{
	struct xnf_hostile_options options = {
		.run_ms = SECONDS * 1000,
		.ask = {10, 77, 0, 1},
		.hello = true,
		.rx_notify = true,
		.sg = true,
		.recover = true,
		.connect_ms = CONNECT_MS,
	};
	int code, rc;

	if (getrandom(&options.seed, sizeof(options.seed), 0) < 0)
		return complain("no random numbers; give a --seed");
	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (code == OPT_HELP)
			return printf("%s", usage) < 0;
		if (code == OPT_LIST)
			return print_list();
		if (code == '?')
			return 2;
		if (code == OPT_NO_HELLO)
			options.hello = false;
		else if (code == OPT_NO_RX_NOTIFY)
			options.rx_notify = false;
		else if (code == OPT_NO_SG)
			options.sg = false;
		else if (code == OPT_NO_RECOVER)
			options.recover = false;
		else if (parse_value(code, optarg, &options))
			return complain("an option has a bad value");
	}
	if (optind == argc)
		return complain("which attack? see --list");
	options.words = argv + optind + 1;
	options.word_count = (uint32_t)(argc - optind - 1);
	rc = check(&options, argv[optind]);
	if (rc < 0)
		*ret_options = options;
	return rc;
}
