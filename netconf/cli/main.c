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
	"  leases                 the addresses that guests got by DHCP\n"
	"  top                    what vifs may send and receive, and do\n"
	"  qos apply|diff|show|stop\n"
	"                         rates and shares on the kernel's path\n"
	"  check                  is the configuration right\n"
	"  diff                   what the configuration would change\n"
	"  apply                  put it in force, with a way back\n"
	"  confirm                what was applied is to stay\n"
	"  rollback               back to what was confirmed\n"
	"  recover                finish what was cut short; at boot\n"
	"  import                 a configuration from xend's, interfaces or\n"
	"                         libvirt's\n"
	"  upgrade                the installed programs take over\n"
	"  doctor                 what on this host will break guests\n"
	"  nat apply|plan|list|forget|stop\n"
	"                         guests behind the host's addresses\n"
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
	uint32_t takes; /* XN_CLI_TAKES_* */
};

static const struct command *find_command(const char *name)
{
	static const struct command commands[] = {
		{"status", xn_cli_status, 0},
		{"vif", xn_cli_vif, 0},
		{"bridge", xn_cli_bridge, 0},
		{"leases", xn_cli_leases, 0},
		{"top", xn_cli_top, XN_CLI_TAKES_ONCE},
		{"check", xn_cli_check, XN_CLI_TAKES_FILE},
		{"import", xn_cli_import, 0},
		{"diff", xn_cli_diff, XN_CLI_TAKES_FILE | XN_CLI_TAKES_STATE},
		{"apply", xn_cli_apply,
		 XN_CLI_TAKES_FILE | XN_CLI_TAKES_STATE | XN_CLI_TAKES_CONFIRM |
			 XN_CLI_TAKES_FORCE | XN_CLI_TAKES_DRY_RUN},
		{"confirm", xn_cli_confirm,
		 XN_CLI_TAKES_STATE | XN_CLI_TAKES_FORCE},
		{"rollback", xn_cli_rollback, XN_CLI_TAKES_STATE},
		{"recover", xn_cli_recover,
		 XN_CLI_TAKES_FILE | XN_CLI_TAKES_STATE | XN_CLI_TAKES_BOOT},
		{"upgrade", xn_cli_upgrade, 0},
		{"doctor", xn_cli_doctor,
		 XN_CLI_TAKES_FILE | XN_CLI_TAKES_STATE},
		{"nat", xn_cli_nat, XN_CLI_TAKES_FILE},
		{"qos", xn_cli_qos, XN_CLI_TAKES_FILE | XN_CLI_TAKES_TAKE},
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
	const char *excess;

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
	excess = xn_cli_excess_option(&cli, command->takes);
	if (excess)
		return (int)xn_cli_wrong(usage, "%s takes no %s", command->name,
					 excess);
	cli.word_count--;
	memmove(cli.word, cli.word + 1,
		(size_t)cli.word_count * sizeof(cli.word[0]));
	return (int)command->fn(&cli);
}
