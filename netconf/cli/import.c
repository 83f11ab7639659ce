/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane import: a configuration from what another program has. */
#include <stdio.h>

#include "netconf/cli/commands.h"
#include "netconf/parse/import/import.h"

static const char usage[] =
	"Usage: xenplane import FILE [--json]\n"
	"\n"
	"Reads xend-config.sxp, a file of interfaces(5) or libvirt's network\n"
	"XML, and prints a xenplane.conf. What could not be taken over is in\n"
	"its comments, and on stderr. Touches nothing.\n";

static void print_json(const struct xn_import *import)
{
	const struct xn_draft *draft = &import->draft;
	json_t *notes = json_array();
	json_t *answer;

	for (uint32_t i = 0; i < draft->note_count; i++)
		(void)json_array_append_new(notes,
					    xn_cli_json_text(draft->note[i]));
	answer = json_pack("{s:o, s:s, s:i, s:o, s:o, s:i}", "file",
			   xn_cli_json_text(draft->file), "kind",
			   xn_import_kind_name(import->kind), "bridges",
			   (int)import->bridge_count, "conf",
			   xn_cli_json_text(import->text), "notes", notes,
			   "notes_left_out", (int)draft->notes_left_out);
	xn_cli_print_json(answer);
	json_decref(answer);
}

static void print_text(const struct xn_import *import)
{
	const struct xn_draft *draft = &import->draft;

	for (uint32_t i = 0; i < draft->note_count; i++)
		(void)fprintf(stderr, "%s\n", draft->note[i]);
	if (draft->notes_left_out)
		(void)fprintf(stderr, "xenplane: and %u more\n",
			      draft->notes_left_out);
	if (import->bridge_count)
		(void)fputs(import->text, stdout);
}

enum xn_cli_status xn_cli_import(const struct xn_cli *cli)
{
	struct xn_import *import = NULL;
	struct xn_err err = {0};
	enum xn_cli_status status = XN_CLI_DONE;

	if (cli->help)
		return xn_cli_usage(usage);
	if (cli->word_count != 1)
		return xn_cli_wrong(usage, "import: one file is wanted");
	if (xn_import_file(cli->word[0], &import, &err)) {
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(&err));
		return XN_CLI_FAILED;
	}
	if (cli->json)
		print_json(import);
	else
		print_text(import);
	if (!import->bridge_count) {
		(void)fputs("xenplane: there is no bridge in it\n", stderr);
		status = XN_CLI_FAILED;
	}
	xn_import_destroy(import);
	return status;
}
