/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane nat list: what leads where, and whether the kernel has it. */
#include <stdio.h>
#include <string.h>

#include "natd/batch.h"
#include "natd/nat.h"
#include "natd/plan.h"
#include "netconf/cli/nat.h"
#include "netconf/cli/table.h"
#include "netconf/nl/socket.h"

/* What a row is made of. */
struct lister {
	const struct xnat_guests *guests;
	const struct xn_planeconf_bridge *bridge;
	json_t *rows;
};

static void add_row(struct lister *lister, const char *kind,
		    const char *protocol, const char *door,
		    const struct xn_nat_target *target, const char *to)
{
	char text[XN_NAT_NAME_MAX];

	(void)json_array_append_new(
		lister->rows,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "bridge",
			  lister->bridge->name, "kind", kind, "protocol",
			  protocol, "outside", door, "guest",
			  xn_nat_target_text(target, text), "to",
			  to[0] ? json_string(to) : json_null()));
}

/* "192.0.2.1:8000-8010", "*:22" */
static void door_text(const struct xn_nat_forward *forward, char *ret_text,
		      size_t bytes)
{
	char at[XN_ADDRESS_TEXT_MAX] = "*";

	if (forward->has_at)
		(void)xn_address_text(&forward->at, at);
	(void)snprintf(ret_text, bytes,
		       forward->has_at && forward->at.family == 6 ? "[%s]:%u"
								  : "%s:%u",
		       at, forward->port_first);
	if (forward->port_last != forward->port_first)
		(void)snprintf(ret_text + strlen(ret_text),
			       bytes - strlen(ret_text), "-%u",
			       forward->port_last);
}

static void list_forward(struct lister *lister,
			 const struct xn_nat_forward *forward)
{
	char door[96], to[96], address[XN_ADDRESS_TEXT_MAX];
	bool known = false;

	door_text(forward, door, sizeof(door));
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct xn_address guest;

		if (!xnat_forward_is(forward, family) ||
		    !xnat_guest_find(lister->guests, lister->bridge,
				     &forward->to, family, &guest))
			continue;
		known = true;
		(void)snprintf(
			to, sizeof(to), family == 6 ? "[%s]:%u" : "%s:%u",
			xn_address_text(&guest, address), forward->to_first);
		add_row(lister, "forward",
			xn_nat_protocols_name(forward->protocols), door,
			&forward->to, to);
	}
	if (!known)
		add_row(lister, "forward",
			xn_nat_protocols_name(forward->protocols), door,
			&forward->to, "");
}

static void list_pair(struct lister *lister, const struct xn_nat_pair *pair)
{
	char outside[XN_ADDRESS_TEXT_MAX], to[XN_ADDRESS_TEXT_MAX] = "";
	struct xn_address guest;

	if (xnat_guest_find(lister->guests, lister->bridge, &pair->to,
			    pair->outside.family, &guest))
		(void)xn_address_text(&guest, to);
	add_row(lister, "one-to-one", "all",
		xn_address_text(&pair->outside, outside), &pair->to, to);
}

static json_t *list_rows(const struct xn_planeconf *conf,
			 const struct xnat_guests *guests)
{
	struct lister lister = {.guests = guests, .rows = json_array()};

	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		const struct xn_conf_nat *nat = &conf->bridge[i].nat;

		lister.bridge = &conf->bridge[i];
		for (uint32_t k = 0; k < nat->forward_count; k++)
			list_forward(&lister, &nat->forward[k]);
		for (uint32_t k = 0; k < nat->pair_count; k++)
			list_pair(&lister, &nat->pair[k]);
	}
	return lister.rows;
}

/* The chains that dropped something, and how many packets. */
static json_t *list_drops(const struct xnat_seen *seen)
{
	json_t *drops = json_object();

	for (uint32_t i = 0; i < seen->table.chain_count; i++)
		if (seen->rules[i].dropped)
			(void)json_object_set_new(
				drops, seen->table.chain[i].name,
				json_integer(
					(json_int_t)seen->rules[i].dropped));
	return drops;
}

/* Whether the kernel has what the file wants. */
static int look(const struct xn_planeconf *conf,
		const struct xnat_guests *guests, const struct xnat_seen *seen,
		struct xn_nl *netfilter, bool *ret_as_wanted,
		struct xn_err *err)
{
	struct xnat_features features = {0};
	struct xnat_batch batch = {0};
	struct xnat_table wanted;
	int rc = xnat_probe(netfilter, &features, err);

	if (rc == 0)
		rc = xnat_plan(conf, guests, &features, &wanted, err);
	if (rc < 0)
		return rc;
	rc = xnat_batch_apply(&wanted, seen, &batch, err);
	*ret_as_wanted = rc == 0 && batch.changes == 0;
	xnat_batch_fini(&batch);
	xnat_table_fini(&wanted);
	return rc;
}

static void print_rows(const json_t *rows)
{
	static const char *const heads[] = {"BRIDGE",  "KIND",	"PROTOCOL",
					    "OUTSIDE", "GUEST", "TO"};
	static const char *const keys[] = {"bridge",  "kind",  "protocol",
					   "outside", "guest", "to"};
	struct xn_table *table = xn_table_create(heads, 6);
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		for (unsigned int k = 0; table && k < 6; k++)
			(void)xn_table_add_key(table, row, keys[k]);
	if (table)
		xn_table_print(table);
	xn_table_destroy(table);
}

/* `followed`: xenplaned runs, and makes what was applied so when its guests
 * change. */
static const char *state_words(const struct xnat_seen *seen, bool as_wanted,
			       bool followed)
{
	if (!seen->exists)
		return "nothing (xenplane nat apply)";
	if (as_wanted)
		return "as wanted";
	return followed ? "not yet as wanted: xenplaned follows its guests "
			  "by itself, a changed file takes an apply"
			: "not as wanted (xenplane nat apply)";
}

static void print_list(const struct xn_cli *cli, const struct xnat_seen *seen,
		       bool as_wanted, bool followed, json_t *take_rows)
{
	json_t *answer = json_pack(
		"{s:b, s:b, s:o, s:o}", "applied", seen->exists, "as_wanted",
		as_wanted, "forwards", take_rows, "dropped", list_drops(seen));
	const char *chain;
	json_t *drops;

	if (cli->json) {
		xn_cli_print_json(answer);
	} else {
		print_rows(json_object_get(answer, "forwards"));
		(void)printf("\nin the kernel: %s\n",
			     state_words(seen, as_wanted, followed));
		json_object_foreach (json_object_get(answer, "dropped"), chain,
				     drops)
			(void)printf("dropped in %s: %lld\n", chain,
				     (long long)json_integer_value(drops));
	}
	json_decref(answer);
}

static int list(const struct xn_cli *cli, const struct xn_planeconf *conf,
		const struct xnat_guests *more, struct xn_nl *netfilter,
		struct xn_nl *route, struct xn_err *err)
{
	struct xnat_guests guests;
	struct xnat_seen seen;
	bool as_wanted = false;
	int rc = xnat_guests_gather(route, conf, more, &guests, err);

	if (rc < 0)
		return rc;
	rc = xnat_see(netfilter, XNAT_TABLE_NAME, &seen, err);
	if (rc == 0) {
		rc = look(conf, &guests, &seen, netfilter, &as_wanted, err);
		if (rc == 0)
			print_list(cli, &seen, as_wanted,
				   more && more->complete,
				   list_rows(conf, &guests));
		xnat_seen_fini(&seen);
	}
	xnat_guests_fini(&guests);
	return rc;
}

enum xn_cli_status xn_cli_nat_list(const struct xn_cli *cli,
				   const struct xnat_guests *guests)
{
	struct xn_planeconf *conf = xn_cli_nat_conf(cli);
	struct xn_nl *netfilter = NULL, *route = NULL;
	struct xn_err err = {0};
	int rc;

	if (!conf)
		return XN_CLI_FAILED;
	rc = xn_nl_open_netfilter(&netfilter, &err);
	if (rc == 0)
		rc = xn_nl_open(&route, &err);
	if (rc == 0)
		rc = list(cli, conf, guests, netfilter, route, &err);
	if (rc < 0)
		(void)fprintf(stderr, "xenplane: %s\n", xn_err_text(&err));
	xn_nl_close(netfilter);
	xn_nl_close(route);
	xn_planeconf_destroy(conf);
	return rc < 0 ? XN_CLI_FAILED : XN_CLI_DONE;
}
