// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The environment of ifupdown's hooks: what is taken of it is within the
 * kernel's bounds and each thing once; ports are names, each once; what is said
 * can be printed. The plan that comes of it, on a small host, touches no link
 * but the bridge and the ports.
 *
 * Input: a byte for the kind of ifupdown, then variables ("NAME=VALUE"), each
 * ended by a zero byte.
 */
#include <ctype.h>
#include <sys/socket.h>
#include <linux/if_link.h>

#include "fuzz.h"
#include "netconf/ifupdown/wanted.h"
#include "netconf/plan/plan.h"

#define VARIABLES_MAX 64

static struct xn_ifup_options options;
static struct xn_ifup_ports ports;
static struct xn_ifup_notes notes;
static struct xn_model host;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct {
		const char *name, *kind;
		int master;
	} links[] = {{"lo", "", 0},	      {"eth0", "", 0},
		     {"eth1", "", 0},	      {"vif1.0", "vif", 6},
		     {"p4", "veth", 0},	      {"br0", "bridge", 0},
		     {"virbr0", "bridge", 0}, {"vnet0", "tun", 7}};

	(void)argc;
	(void)argv;
	for (int i = 0; i < 8; i++) {
		struct xn_model_link link;

		memset(&link, 0, sizeof(link));
		link.ifindex = i + 1;
		snprintf(link.name, sizeof(link.name), "%s", links[i].name);
		snprintf(link.kind, sizeof(link.kind), "%s", links[i].kind);
		link.master = links[i].master;
		link.mtu = 1500;
		link.ethernet = i > 0;
		link.has_ipv6 = true;
		link.mac.octet[5] = (uint8_t)i;
		FUZZ_CHECK(xn_model_add(&host, XN_LINK, &link) == 0);
	}
	return 0;
}

static void check_notes(void)
{
	FUZZ_CHECK(notes.count <= XN_IFUP_NOTES_MAX);
	for (size_t i = 0; i < notes.count; i++) {
		FUZZ_CHECK(strnlen(notes.text[i], XN_IFUP_NOTE_BYTES) <
			   XN_IFUP_NOTE_BYTES);
		for (const char *c = notes.text[i]; *c; c++)
			FUZZ_CHECK(isprint((unsigned char)*c));
	}
}

static bool is_in_range(const struct xn_nl_setting *setting)
{
	switch (setting->attr) {
	case IFLA_BR_HELLO_TIME:
		return setting->value >= 100 && setting->value <= 1000;
	case IFLA_BR_MAX_AGE:
		return setting->value >= 600 && setting->value <= 4000;
	case IFLA_BR_PRIORITY:
		return setting->value <= UINT16_MAX;
	case IFLA_BR_STP_STATE:
		return setting->value <= 1;
	default:
		return setting->attr == IFLA_BR_FORWARD_DELAY ||
		       setting->attr == IFLA_BR_AGEING_TIME;
	}
}

static void check_options(void)
{
	FUZZ_CHECK(xn_link_name_valid(options.iface));
	FUZZ_CHECK(options.setting_count <= XN_IFUP_SETTINGS_MAX);
	for (size_t i = 0; i < options.setting_count; i++) {
		FUZZ_CHECK(is_in_range(&options.setting[i]));
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(options.setting[i].attr !=
				   options.setting[k].attr);
	}
	FUZZ_CHECK(options.port_setting_count <= XN_IFUP_PORT_SETTINGS_MAX);
	for (size_t i = 0; i < options.port_setting_count; i++) {
		const struct xn_ifup_port_setting *said =
			&options.port_setting[i];

		FUZZ_CHECK(xn_link_name_valid(said->port));
		if (said->setting.attr == IFLA_BRPORT_COST)
			FUZZ_CHECK(said->setting.value >= 1 &&
				   said->setting.value <= 65535);
		else
			FUZZ_CHECK(said->setting.value <= 63);
	}
	FUZZ_CHECK(!options.has_hw || !(options.hw.octet[0] & 1));
	FUZZ_CHECK(!options.hw_link[0] || xn_link_name_valid(options.hw_link));
	FUZZ_CHECK(options.waitport_s <= XN_IFUP_WAIT_S_MAX &&
		   options.maxwait_s <= XN_IFUP_WAIT_S_MAX);
	FUZZ_CHECK(options.port_mtu == 0 ||
		   (options.port_mtu >= 68 && options.port_mtu <= 65535));
}

static bool is_port(const char *name)
{
	for (size_t i = 0; i < ports.count; i++)
		if (!strcmp(ports.port[i].name, name))
			return true;
	return false;
}

static void check_ports(void)
{
	FUZZ_CHECK(ports.count <= XN_IFUP_PORTS_MAX);
	for (size_t i = 0; i < ports.count; i++) {
		FUZZ_CHECK(xn_link_name_valid(ports.port[i].name));
		FUZZ_CHECK(strcmp(ports.port[i].name, options.iface) != 0);
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(strcmp(ports.port[i].name,
					  ports.port[k].name) != 0);
	}
}

/* Another bridge's port is another's. */
static void check_op(const struct xn_op *op, const struct xn_model_link *bridge)
{
	const struct xn_model_link *was = &op->before.link;
	const char *name =
		op->verb == XN_DELETE ? was->name : op->after.link.name;

	if (op->noun == XN_LINK && strcmp(name, options.iface) != 0) {
		bool was_in = bridge && was->master == bridge->ifindex;

		FUZZ_CHECK(op->verb == XN_CHANGE);
		FUZZ_CHECK(was_in || (is_port(name) && !was->master));
	}
}

static void check_plan(const struct xn_model *wanted)
{
	struct xn_plan plan;
	struct xn_err err = {.set = false};

	if (xn_plan_make(&host, wanted, &plan, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	for (size_t i = 0; i < plan.count; i++)
		check_op(&plan.op[i],
			 xn_model_link_named(&host, options.iface));
	xn_plan_fini(&plan);
}

static void try_task(void)
{
	struct xn_ifup_request request = {.options = &options, .ports = &ports};
	struct xn_ifup_part whole = {.settings = UINT32_MAX,
				     .vlan_aware = true,
				     .port_end = ports.count,
				     .port_mtu = true,
				     .port_settings = true};
	struct xn_err err = {.set = false};
	struct xn_model wanted;
	int rc;

	if (options.task == XN_IFUP_HOLD)
		rc = xn_ifup_want_hold(&host, &request, &wanted, &err);
	else if (options.task == XN_IFUP_STOP ||
		 options.task == XN_IFUP_RELEASE)
		rc = xn_ifup_want_stop(&host, &request, &wanted, &err);
	else
		rc = xn_ifup_want_start(&host, &request, &whole, &wanted,
					&notes, &err);
	FUZZ_CHECK((rc < 0) == err.set);
	if (rc < 0)
		return;
	check_plan(&wanted);
	xn_model_fini(&wanted);
}

static void try_environment(enum xn_ifup_style style, const char *const *env)
{
	struct xn_err err = {.set = false};
	int rc;

	memset(&notes, 0, sizeof(notes));
	rc = xn_ifup_options_parse(style, env, &options, &notes, &err);
	FUZZ_CHECK((rc < 0) == err.set);
	check_notes();
	if (rc < 0 || options.task == XN_IFUP_NOTHING)
		return;
	check_options();
	xn_ifup_ports_expand(&options, options.waitports, NULL, &ports, &notes);
	check_ports();
	xn_ifup_ports_expand(&options, options.ports, &host, &ports, &notes);
	check_ports();
	try_task();
	check_notes();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *env[VARIABLES_MAX + 1];
	size_t count = 0;
	char *text;

	if (size < 1)
		return 0;
	text = malloc(size);
	FUZZ_CHECK(text);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	for (const char *at = text; at < text + size && count < VARIABLES_MAX;
	     at += strlen(at) + 1)
		env[count++] = at;
	env[count] = NULL;
	try_environment(data[0] % 2 ? XN_IFUP_NG : XN_IFUP_CLASSIC, env);
	free(text);
	return 0;
}
