/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Setting and printing what vifs may do, for vif.c and bridge.c. */
#include <stdio.h>
#include <string.h>

#include "netconf/cli/commands.h"
#include "netconf/cli/table.h"
#include "netconf/parse/vifset.h"

/* The words behind `set NAME`; NULL: one is wrong, and the reason is said. */
static json_t *take_pairs(const struct xn_cli *cli, const char *kind,
			  enum xn_cli_status *ret_status)
{
	json_t *pairs = json_array();
	struct xn_vifset set = {.mtu = 0};
	bool is_vif = !strcmp(kind, "vif");

	*ret_status = XN_CLI_FAILED;
	for (int i = 2; i < cli->word_count; i++) {
		struct xn_err err = {0};

		if (is_vif ? xn_vifset_put_pair(&set, cli->word[i], &err)
			   : xn_settings_put_pair(&set.settings, cli->word[i],
						  &err)) {
			*ret_status = xn_cli_wrong_value(&err);
			json_decref(pairs);
			return NULL;
		}
		(void)json_array_append_new(pairs, json_string(cli->word[i]));
	}
	return pairs;
}

/* On stderr: stdout is for the answer alone. */
static void say_what_waits(const json_t *answer)
{
	const json_t *settings = json_object_get(answer, "settings");

	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++) {
		const char *key = xn_setting_name((enum xn_setting)i);
		const char *waits = json_string_value(json_object_get(
			json_object_get(settings, key), "waits"));

		if (waits)
			(void)fprintf(stderr, "xenplane: %s waits %s\n", key,
				      waits);
	}
	if (json_is_false(
		    json_object_get(json_object_get(answer, "place"), "saved")))
		(void)fprintf(stderr, "xenplane: in force; the store does not "
				      "take it now, and gets it later\n");
}

/* As it is now that all is done. */
static enum xn_cli_status print_result(const struct xn_cli *cli,
				       const char *kind)
{
	char command[16];
	json_t *answer;

	(void)snprintf(command, sizeof(command), "%s-show", kind);
	answer = xn_cli_ask(cli, json_pack("{s:s, s:s}", "cmd", command, kind,
					   cli->word[1]));
	if (!answer)
		return XN_CLI_FAILED;
	xn_cli_print_json(answer);
	json_decref(answer);
	return XN_CLI_DONE;
}

enum xn_cli_status xn_cli_set(const struct xn_cli *cli, const char *kind)
{
	enum xn_cli_status status;
	json_t *pairs = take_pairs(cli, kind, &status);
	char command[16];
	json_t *answer;

	if (!pairs)
		return status;
	(void)snprintf(command, sizeof(command), "%s-set", kind);
	answer = xn_cli_ask(cli,
			    json_pack("{s:s, s:s, s:o}", "cmd", command, kind,
				      cli->word[1], "settings", pairs));
	if (!answer)
		return XN_CLI_FAILED;
	say_what_waits(answer);
	json_decref(answer);
	if (!xn_cli_wait_settled(cli))
		return XN_CLI_FAILED;
	return cli->json ? print_result(cli, kind) : XN_CLI_DONE;
}

void xn_cli_print_settings(const json_t *settings)
{
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++) {
		const char *key = xn_setting_name((enum xn_setting)i);
		const json_t *setting = json_object_get(settings, key);
		const char *value =
			json_string_value(json_object_get(setting, "value"));
		const char *from =
			json_string_value(json_object_get(setting, "from"));
		const char *waits =
			json_string_value(json_object_get(setting, "waits"));

		if (value && from)
			(void)printf("%-16s%s (%s)%s%s\n", key, value, from,
				     waits ? ", waits " : "",
				     waits ? waits : "");
	}
}
