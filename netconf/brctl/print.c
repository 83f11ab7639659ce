/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconf/brctl/print.h"

#include <inttypes.h>
#include <linux/neighbour.h>

#define ID_TEXT 18 /* "8000.00163e010203" */
#define CS_PER_S 100

static const char *format_id(const struct xn_bridge_id *id, char *ret_text)
{
	const uint8_t *o = id->octet;

	(void)snprintf(ret_text, ID_TEXT, "%02x%02x.%02x%02x%02x%02x%02x%02x",
		       o[0], o[1], o[2], o[3], o[4], o[5], o[6], o[7]);
	return ret_text;
}

static void print_id(FILE *out, const char *label,
		     const struct xn_bridge_id *id)
{
	char text[ID_TEXT];

	(void)fprintf(out, "%s%s", label, format_id(id, text));
}

static void print_time(FILE *out, const char *label, uint64_t cs)
{
	(void)fprintf(out, "%s%4" PRIu64 ".%02" PRIu64, label, cs / CS_PER_S,
		      cs % CS_PER_S);
}

void xn_brctl_print_heads(FILE *out)
{
	(void)fputs("bridge name\tbridge id\t\tSTP enabled\tinterfaces\n", out);
}

void xn_brctl_print_bridge(FILE *out, const struct xn_link *bridge,
			   const struct xn_link *const *ports, size_t count)
{
	(void)fprintf(out, "%s\t\t", bridge->name);
	print_id(out, "", &bridge->bridge.bridge_id);
	(void)fprintf(out, "\t%s\t\t",
		      bridge->bridge.stp_state != 0 ? "yes" : "no");
	for (size_t i = 0; i < count; i++)
		(void)fprintf(out, "%s%s\n", i > 0 ? "\t\t\t\t\t\t\t" : "",
			      ports[i]->name);
	if (count == 0)
		(void)fputc('\n', out);
}

/* The kernel tells the times in force, which the root sets; a bridge's own,
 * where another one is the root, it tells nobody. bridge-utils prints those
 * in force twice. */
static void print_stp_times(FILE *out, const struct xn_bridge *bridge)
{
	print_time(out, "\n max age\t\t", bridge->max_age_cs);
	print_time(out, "\t\t\tbridge max age\t\t", bridge->max_age_cs);
	print_time(out, "\n hello time\t\t", bridge->hello_time_cs);
	print_time(out, "\t\t\tbridge hello time\t", bridge->hello_time_cs);
	print_time(out, "\n forward delay\t\t", bridge->forward_delay_cs);
	print_time(out, "\t\t\tbridge forward delay\t",
		   bridge->forward_delay_cs);
	print_time(out, "\n ageing time\t\t", bridge->ageing_time_cs);
	print_time(out, "\n hello timer\t\t", bridge->hello_timer_cs);
	print_time(out, "\t\t\ttcn timer\t\t", bridge->tcn_timer_cs);
	print_time(out, "\n topology change timer\t",
		   bridge->topology_change_timer_cs);
	print_time(out, "\t\t\tgc timer\t\t", bridge->gc_timer_cs);
}

void xn_brctl_print_stp(FILE *out, const char *name,
			const struct xn_bridge *bridge)
{
	(void)fputs(name, out);
	print_id(out, "\n bridge id\t\t", &bridge->bridge_id);
	print_id(out, "\n designated root\t", &bridge->root_id);
	(void)fprintf(out, "\n root port\t\t%4u\t\t\tpath cost\t\t%4" PRIu32,
		      bridge->root_port, bridge->root_path_cost);
	print_stp_times(out, bridge);
	(void)fprintf(out, "\n flags\t\t\t%s%s\n\n\n",
		      bridge->topology_change ? "TOPOLOGY_CHANGE " : "",
		      bridge->topology_change_detected
			      ? "TOPOLOGY_CHANGE_DETECTED "
			      : "");
}

static const char *state_name(uint8_t state)
{
	static const char *const names[] = {
		[XN_BRPORT_DISABLED] = "disabled",
		[XN_BRPORT_LISTENING] = "listening",
		[XN_BRPORT_LEARNING] = "learning",
		[XN_BRPORT_FORWARDING] = "forwarding",
		[XN_BRPORT_BLOCKING] = "blocking",
	};

	if (state >= sizeof(names) / sizeof(names[0]))
		return "<INVALID STATE>";
	return names[state];
}

void xn_brctl_print_stp_port(FILE *out, const struct xn_link *link)
{
	const struct xn_brport *port = &link->port;

	(void)fprintf(out, "%s (%u)\n port id\t\t%.4x\t\t\tstate\t\t%15s",
		      link->name, port->number, port->id,
		      state_name(port->state));
	print_id(out, "\n designated root\t", &port->designated_root);
	(void)fprintf(out, "\tpath cost\t\t%4" PRIu32, port->cost);
	print_id(out, "\n designated bridge\t", &port->designated_bridge);
	print_time(out, "\tmessage age timer\t", port->message_age_timer_cs);
	(void)fprintf(out, "\n designated port\t%.4x", port->designated_port);
	print_time(out, "\t\t\tforward delay timer\t",
		   port->forward_delay_timer_cs);
	(void)fprintf(out, "\n designated cost\t%4u", port->designated_cost);
	print_time(out, "\t\t\thold timer\t\t", port->hold_timer_cs);
	(void)fprintf(out, "\n flags\t\t\t%s%s\n",
		      port->config_pending ? "CONFIG_PENDING " : "",
		      port->topology_change_ack ? "TOPOLOGY_CHANGE_ACK " : "");
	if (port->hairpin)
		(void)fprintf(out, " hairpin mode\t\t%4u\n", port->hairpin);
	(void)fputc('\n', out);
}

void xn_brctl_print_mac_heads(FILE *out)
{
	(void)fputs("port no\tmac addr\t\tis local?\tageing timer\n", out);
}

void xn_brctl_print_mac(FILE *out, const struct xn_fdb_entry *entry,
			uint16_t number)
{
	bool fixed = entry->state & (NUD_PERMANENT | NUD_NOARP);
	char mac[XN_MAC_TEXT];

	(void)fprintf(out, "%3u\t%s\t%s\t\t", number,
		      xn_mac_format(&entry->mac, mac),
		      entry->state & NUD_PERMANENT ? "yes" : "no");
	print_time(out, "", fixed ? 0 : entry->age_cs);
	(void)fputc('\n', out);
}
