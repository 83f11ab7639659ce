/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment of a run, see options.h. Limits are the kernel's
 * (net/bridge/br_private_stp.h, br_stp.c, br_stp_if.c). Pure.
 */
#include "netconf/ifupdown/options.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <linux/if_link.h>

#include "netconf/base/text.h"
#include "netconf/brctl/number.h"
#include "netconf/ifupdown/address.h"
#include "netconf/ifupdown/task.h"
#include "netconf/nl/link.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BLANKS " \t\n"
#define PREFIX "IF_BRIDGE_"

struct reader {
	const char *const *env;
	struct xn_ifup_options *options;
	struct xn_ifup_notes *notes;
};

/* One option: its name behind the prefix. */
struct option {
	const char *name;
	void (*put)(struct reader *reader, const struct option *option,
		    const char *value);
	uint16_t attr;	   /* IFLA_BR_* or IFLA_BRPORT_* */
	uint32_t min, max; /* in the attribute's units */
};

static const char *look_up(const char *const *env, const char *name)
{
	size_t length = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, length) == 0 && (*env)[length] == '=')
			return *env + length + 1;
	return NULL;
}

/* As it stands in the file: bridge_fd, or bridge-fd for ifupdown-ng. */
static const char *key_of(const struct reader *reader, const char *name,
			  char ret_key[IFNAMSIZ * 2])
{
	size_t i;

	(void)xn_text_format(ret_key, IFNAMSIZ * 2UL, "bridge_%.20s", name);
	for (i = 0; ret_key[i]; i++) {
		if (ret_key[i] >= 'A' && ret_key[i] <= 'Z')
			ret_key[i] = (char)(ret_key[i] - 'A' + 'a');
		else if (ret_key[i] == '_' &&
			 reader->options->style == XN_IFUP_NG)
			ret_key[i] = '-';
	}
	return ret_key;
}

static void refuse(struct reader *reader, const char *name, const char *value,
		   const char *wanted)
{
	char key[IFNAMSIZ * 2];

	xn_ifup_note(reader->notes, "%s %.60s: %s; it is left out",
		     key_of(reader, name, key), value, wanted);
}

static void refuse_range(struct reader *reader, const struct option *option,
			 const char *value, uint32_t unit)
{
	char wanted[64];

	(void)xn_text_format(wanted, sizeof(wanted), "%u to %u%s is wanted",
			     option->min / unit, option->max / unit,
			     unit > 1 ? " s" : "");
	refuse(reader, option->name, value, wanted);
}

static void add_setting(struct reader *reader, uint16_t attr, uint32_t value)
{
	struct xn_ifup_options *options = reader->options;

	options->setting[options->setting_count++] =
		(struct xn_nl_setting){.attr = attr, .value = value};
}

static void put_time(struct reader *reader, const struct option *option,
		     const char *value)
{
	uint32_t cs;
	int rc = xn_brctl_parse_time(value, &cs);

	if (rc == -EINVAL)
		refuse(reader, option->name, value, "seconds are wanted");
	else if (rc < 0 || cs < option->min || cs > option->max)
		refuse_range(reader, option, value, 100);
	else
		add_setting(reader, option->attr, cs);
}

static void put_number(struct reader *reader, const struct option *option,
		       const char *value)
{
	uint32_t number;
	int rc = xn_brctl_parse_number(value, option->max, &number);

	if (rc == -EINVAL)
		refuse(reader, option->name, value, "a number is wanted");
	else if (rc < 0 || number < option->min)
		refuse_range(reader, option, value, 1);
	else
		add_setting(reader, option->attr, number);
}

/* Words of both kinds of ifupdown and of brctl, in any case. */
static int parse_switch(const char *text, bool *ret_on)
{
	static const struct {
		const char *word;
		bool on;
	} words[] = {{"on", true},     {"yes", true},  {"true", true},
		     {"1", true},      {"off", false}, {"no", false},
		     {"false", false}, {"0", false}};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*ret_on = words[i].on;
			return 0;
		}
	}
	return -EINVAL;
}

static void put_stp(struct reader *reader, const struct option *option,
		    const char *value)
{
	bool on;

	if (parse_switch(value, &on) < 0)
		refuse(reader, option->name, value, "on or off is wanted");
	else
		add_setting(reader, option->attr, on);
}

static void put_vlan_aware(struct reader *reader, const struct option *option,
			   const char *value)
{
	if (parse_switch(value, &reader->options->vlan_aware) < 0)
		refuse(reader, option->name, value, "yes or no is wanted");
}

/* The garbage collection of learned addresses has had no setting since Linux
 * 2.6 went over to rtnetlink's bridges. */
static void put_gcint(struct reader *reader, const struct option *option,
		      const char *value)
{
	refuse(reader, option->name, value, "the kernel has no such setting");
}

static void put_vlans(struct reader *reader, const struct option *option,
		      const char *value)
{
	refuse(reader, option->name, value, "VLANs of ports are not set here");
}

static void put_hw(struct reader *reader, const struct option *option,
		   const char *value)
{
	struct xn_ifup_options *options = reader->options;

	if (strchr(value, ':')) {
		options->has_hw = xn_mac_parse(value, &options->hw) == 0 &&
				  !xn_mac_is_group(&options->hw) &&
				  !xn_mac_is_zero(&options->hw);
		if (!options->has_hw)
			refuse(reader, option->name, value,
			       "this is no station's MAC address");
	} else if (xn_link_name_valid(value)) {
		(void)xn_text_copy(options->hw_link, sizeof(options->hw_link),
				   value);
	} else {
		refuse(reader, option->name, value,
		       "a MAC address or an interface is wanted");
	}
}

/* The next word, of at most `bytes` - 1 bytes; NULL: no more, or too long. */
static const char *next_word(const char **text, char *word, size_t bytes)
{
	size_t length;

	*text += strspn(*text, BLANKS);
	length = strcspn(*text, BLANKS);
	if (length == 0 || length >= bytes)
		return NULL;
	memcpy(word, *text, length);
	word[length] = '\0';
	*text += length;
	return word;
}

/* PORT NUMBER, as often as wanted. */
static void put_port_numbers(struct reader *reader, const struct option *option,
			     const char *value)
{
	struct xn_ifup_options *options = reader->options;
	const char *rest = value;
	struct xn_ifup_port_setting *put;
	char port[XN_IFUP_VALUE_BYTES];
	char number[XN_IFUP_VALUE_BYTES];
	int rc;

	while (next_word(&rest, port, sizeof(port))) {
		if (options->port_setting_count == XN_IFUP_PORT_SETTINGS_MAX) {
			refuse(reader, option->name, port, "too many ports");
			return;
		}
		put = &options->port_setting[options->port_setting_count];
		put->setting.attr = option->attr;
		if (!xn_link_name_valid(port)) {
			refuse(reader, option->name, port,
			       "this is no interface name");
			return;
		}
		if (!next_word(&rest, number, sizeof(number))) {
			refuse(reader, option->name, value,
			       "a port and a number are wanted");
			return;
		}
		rc = xn_brctl_parse_number(number, option->max,
					   &put->setting.value);
		if (rc < 0 || put->setting.value < option->min) {
			refuse_range(reader, option, number, 1);
			continue;
		}
		(void)xn_text_copy(put->port, sizeof(put->port), port);
		options->port_setting_count++;
	}
}

static bool put_wait(struct reader *reader, const struct option *option,
		     const char *value, uint32_t *ret_seconds)
{
	if (xn_parse_u32(value, option->min, option->max, ret_seconds) == 0)
		return true;
	refuse_range(reader, option, value, 1);
	return false;
}

static void put_maxwait(struct reader *reader, const struct option *option,
			const char *value)
{
	struct xn_ifup_options *options = reader->options;

	options->has_maxwait =
		put_wait(reader, option, value, &options->maxwait_s);
}

static void put_waitport(struct reader *reader, const struct option *option,
			 const char *value)
{
	struct xn_ifup_options *options = reader->options;
	char seconds[XN_IFUP_VALUE_BYTES];
	const char *rest = value;

	if (!next_word(&rest, seconds, sizeof(seconds))) {
		refuse(reader, option->name, value, "seconds are wanted");
		return;
	}
	options->has_waitport =
		put_wait(reader, option, seconds, &options->waitport_s);
	rest += strspn(rest, BLANKS);
	(void)xn_text_copy(options->waitports, sizeof(options->waitports),
			   rest);
}

static void put_nothing(struct reader *reader, const struct option *option,
			const char *value)
{
	(void)reader;
	(void)option;
	(void)value;
}

/* In the order in which the kernel gets them: STP before the delay. */
static const struct option options_table[] = {
	{"PORTS", put_nothing, 0, 0, 0}, /* read first */
	{"VLAN_AWARE", put_vlan_aware, 0, 0, 0},
	{"HW", put_hw, 0, 0, 0},
	{"AGEING", put_time, IFLA_BR_AGEING_TIME, 0, UINT32_MAX},
	{"BRIDGEPRIO", put_number, IFLA_BR_PRIORITY, 0, UINT16_MAX},
	{"GCINT", put_gcint, 0, 0, 0},
	{"HELLO", put_time, IFLA_BR_HELLO_TIME, 100, 1000},
	{"MAXAGE", put_time, IFLA_BR_MAX_AGE, 600, 4000},
	{"STP", put_stp, IFLA_BR_STP_STATE, 0, 1},
	{"FD", put_time, IFLA_BR_FORWARD_DELAY, 0, UINT32_MAX},
	{"PATHCOST", put_port_numbers, IFLA_BRPORT_COST, 1, 65535},
	{"PORTPRIO", put_port_numbers, IFLA_BRPORT_PRIORITY, 0, 63},
	{"WAITPORT", put_waitport, 0, 0, XN_IFUP_WAIT_S_MAX},
	{"MAXWAIT", put_maxwait, 0, 0, XN_IFUP_WAIT_S_MAX},
	{"ACCESS", put_vlans, 0, 0, 0},
	{"ALLOW_UNTAGGED", put_vlans, 0, 0, 0},
	{"PVID", put_vlans, 0, 0, 0},
	{"VIDS", put_vlans, 0, 0, 0},
};

/* Without what people write behind a value: interfaces(5) has no comments
 * there, but the words go by unseen in brctl's arguments. -ENAMETOOLONG. */
static int copy_value(char ret_value[XN_IFUP_PORTS_BYTES], const char *value)
{
	size_t end = 0;

	while (value[end] && !(value[end] == '#' &&
			       (end == 0 || strchr(BLANKS, value[end - 1]))))
		end++;
	while (end > 0 && strchr(BLANKS, value[end - 1]))
		end--;
	return xn_text_format(ret_value, XN_IFUP_PORTS_BYTES, "%.*s",
			      end < INT_MAX ? (int)end : INT_MAX, value);
}

static bool is_list(const struct option *option)
{
	return option->put == put_nothing || option->put == put_waitport;
}

static void read_option(struct reader *reader, const struct option *option)
{
	char value[XN_IFUP_PORTS_BYTES];
	char name[IFNAMSIZ * 2];
	const char *said;

	(void)xn_text_format(name, sizeof(name), PREFIX "%s", option->name);
	said = look_up(reader->env, name);
	if (!said)
		return;
	if (copy_value(value, said) < 0 ||
	    (strlen(value) >= XN_IFUP_VALUE_BYTES && !is_list(option)))
		refuse(reader, option->name, said, "too long");
	else if (value[0])
		option->put(reader, option, value);
}

static void read_options(struct reader *reader)
{
	for (size_t i = 0; i < COUNT(options_table); i++)
		read_option(reader, &options_table[i]);
}

static bool is_known(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT(options_table); i++)
		if (strlen(options_table[i].name) == length &&
		    strncmp(options_table[i].name, name, length) == 0)
			return true;
	return false;
}

static void note_unknown(struct reader *reader)
{
	for (const char *const *env = reader->env; *env; env++) {
		const char *name = *env + strlen(PREFIX);
		char copy[IFNAMSIZ];
		char key[IFNAMSIZ * 2];
		size_t length;

		if (strncmp(*env, PREFIX, strlen(PREFIX)) != 0)
			continue;
		length = strcspn(name, "=");
		if (is_known(name, length))
			continue;
		(void)xn_text_format(copy, sizeof(copy), "%.*s",
				     length < sizeof(copy) ? (int)length : 15,
				     name);
		xn_ifup_note(reader->notes,
			     "%s: there is no such option; it is left out",
			     key_of(reader, copy, key));
	}
}

static const char *or_empty(const char *value)
{
	return value ? value : "";
}

/* The task, the bridge's name and its ports: without these nothing goes. */
static int read_task(const struct reader *reader, struct xn_err *err)
{
	struct xn_ifup_options *options = reader->options;
	const char *ports = or_empty(look_up(reader->env, PREFIX "PORTS"));
	const char *iface = or_empty(look_up(reader->env, "IFACE"));
	const char *mode = or_empty(look_up(reader->env, "MODE"));
	const char *phase = or_empty(look_up(reader->env, "PHASE"));
	char key[IFNAMSIZ * 2];
	int rc;

	if (!ports[strspn(ports, BLANKS)])
		return 0;
	rc = xn_ifup_task_choose(options->style, mode, phase, &options->task,
				 err);
	if (rc < 0 || options->task == XN_IFUP_NOTHING)
		return rc;
	if (!xn_link_name_valid(iface))
		return xn_fail(err, EINVAL,
			       "IFACE=%.60s: this is no name for a bridge",
			       iface);
	(void)xn_text_copy(options->iface, sizeof(options->iface), iface);
	if (copy_value(options->ports, ports) < 0)
		return xn_fail(err, EINVAL, "%s: more than %u bytes",
			       key_of(reader, "PORTS", key),
			       XN_IFUP_PORTS_BYTES - 1);
	return 0;
}

static void read_mtu(struct reader *reader)
{
	const char *mtu = look_up(reader->env, "IF_MTU");

	/* Executors of ifupdown-ng leave it to the one named link. */
	if (!mtu || !mtu[0] || reader->options->style == XN_IFUP_NG)
		return;
	if (xn_parse_u32(mtu, 68, 65535, &reader->options->port_mtu) < 0)
		xn_ifup_note(reader->notes,
			     "mtu %.60s: 68 to 65535 is wanted; the ports keep "
			     "theirs",
			     mtu);
}

static bool is_verbose(const struct reader *reader)
{
	const char *verbosity = look_up(reader->env, "VERBOSITY");

	if (reader->options->style == XN_IFUP_NG)
		return look_up(reader->env, "VERBOSE") != NULL;
	return verbosity && verbosity[0] && strcmp(verbosity, "0") != 0;
}

int xn_ifup_options_parse(enum xn_ifup_style style, const char *const *env,
			  struct xn_ifup_options *ret_options,
			  struct xn_ifup_notes *notes, struct xn_err *err)
{
	struct reader reader = {
		.env = env, .options = ret_options, .notes = notes};
	int rc;

	memset(ret_options, 0, sizeof(*ret_options));
	ret_options->style = style;
	rc = read_task(&reader, err);
	if (rc < 0 || ret_options->task == XN_IFUP_NOTHING)
		return rc;
	ret_options->verbose = is_verbose(&reader);
	read_options(&reader);
	note_unknown(&reader);
	read_mtu(&reader);
	if (ret_options->task == XN_IFUP_HOLD)
		(void)xn_ifup_address_parse(
			or_empty(look_up(env, "IF_ADDRESS")),
			or_empty(look_up(env, "IF_NETMASK")),
			&ret_options->address);
	return 0;
}
