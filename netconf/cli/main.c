/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane: the command line. Chooses the command; each is in its own file. */
#include <stdio.h>
#include <string.h>

#include "netconf/cli/commands.h"
#include "netconf/lab/lab.h"

static const char usage[] =
	"Usage: xenplane COMMAND ... [--json] [--socket PATH] [--help]\n"
	"\n"
	"  status                 is the plane working\n"
	"  vif list|show|set      the guests' interfaces\n"
	"  bridge list|show|fdb|set\n"
	"                         the bridges they are on\n"
	"  qos apply|diff|show|stop\n"
	"                         rates and shares on the kernel's path\n"
	"  check                  is the configuration right\n"
	"  import                 a configuration from xend's, interfaces or\n"
	"                         libvirt's\n"
	"  lab ...                a plane without Xen (xenplane lab --help)\n"
	"\n"
	"Asks the xenplaned at --socket PATH, or of the lab that XENPLANE_LAB\n"
	"names, or of this host, or of the lab \"default\".\n"
	"xenplane --version says which one this is.\n"
	"Exit status: 0 done, 1 failed (the reason is on stderr), 2 usage.\n";

typedef enum xn_cli_status command_fn(const struct xn_cli *cli);

struct command {
	const char *name;
	command_fn *fn;
	bool takes_file, takes_take;
};

static const struct command *find_command(const char *name)
{
	static const struct command commands[] = {
		{"status", xn_cli_status, false, false},
		{"vif", xn_cli_vif, false, false},
		{"bridge", xn_cli_bridge, false, false},
		{"qos", xn_cli_qos, true, true},
		{"check", xn_cli_check, true, false},
		{"import", xn_cli_import, false, false},
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct xn_cli cli;
	const struct command *command;

	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("xenplane " XP_VERSION);
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "lab"))
		return xn_cli_lab(argc - 1, argv + 1);
	if (!xn_cli_parse(argc - 1, (const char *const *)argv + 1, &cli))
		return XN_CLI_USAGE;
	if (!cli.word_count && cli.help)
		return (int)xn_cli_usage(usage);
	if (!cli.word_count)
		return (int)xn_cli_wrong(usage, "what to do?");
	command = find_command(cli.word[0]);
	if (!command && !strcmp(cli.word[0], "lab"))
		return (int)xn_cli_wrong(usage, "\"lab\" comes first, its "
						"options after its verb");
	if (!command)
		return (int)xn_cli_wrong(usage, "no command \"%s\"",
					 cli.word[0]);
	if (cli.file && !command->takes_file)
		return (int)xn_cli_wrong(usage, "%s takes no -f",
					 command->name);
	if (cli.take && !command->takes_take)
		return (int)xn_cli_wrong(usage, "%s takes no --take",
					 command->name);
	cli.word_count--;
	memmove(cli.word, cli.word + 1,
		(size_t)cli.word_count * sizeof(cli.word[0]));
	return (int)command->fn(&cli);
}
