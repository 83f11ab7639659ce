/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How our NAT behaves, requirement by requirement: RFC 4787 (UDP), RFC 5382
 * (TCP) and RFC 5508 (ICMP), beside plain masquerade on the kernel's defaults.
 * Prints a line for each: met, or why not. Fails when one that we meet is not
 * met, when one that we are known not to meet is, or when plain masquerade
 * does not fail where it is known to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/netns/nat/street.h"

#define RFC_UDP_S 120
#define RFC_TCP_S 7440
#define RFC_TCP_TRANSITORY_S 240
#define RFC_ICMP_S 60
/* A second may pass before the table is looked at. */
#define AT_LEAST(left, wanted) ((left) >= (wanted)-5)

/* Ports that no two checks share. */
static uint16_t fresh_port(void)
{
	static uint16_t port = 41000;

	return port++;
}

/* What `to` hears a guest's socket come from. */
static struct sockaddr_in seen_from(int near, int far, const char *to,
				    uint16_t port)
{
	struct sockaddr_in from = {0};

	street_say(near, to, port);
	(void)street_heard(far, &from);
	return from;
}

static int udp_out(const char *address, uint16_t port)
{
	return street_socket(OUTSIDE, SOCK_DGRAM, address, port);
}

static bool same_mapping_for_all(void)
{
	uint16_t port = fresh_port();
	int near = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", 0);
	struct sockaddr_in a = seen_from(near, udp_out(OUT1, port), OUT1, port);
	struct sockaddr_in b = seen_from(near, udp_out(OUT2, port), OUT2, port);
	struct sockaddr_in c =
		seen_from(near, udp_out(OUT1, (uint16_t)(port + 1000)), OUT1,
			  (uint16_t)(port + 1000));

	return a.sin_port && a.sin_port == b.sin_port &&
	       a.sin_port == c.sin_port &&
	       a.sin_addr.s_addr == b.sin_addr.s_addr;
}

static bool one_outside_address_for_a_guest(void)
{
	uint16_t port = fresh_port();
	int far = udp_out(OUT1, port);
	struct sockaddr_in host = street_address(HOST, 0);

	for (int i = 0; i < 8; i++) {
		int near = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", 0);

		if (seen_from(near, far, OUT1, port).sin_addr.s_addr !=
		    host.sin_addr.s_addr)
			return false;
	}
	return true;
}

/* Two guests with one port, to different destinations; *ret_first is what the
 * first had outside before, and *ret_again after. */
static void share_a_port(uint16_t *ret_first, uint16_t *ret_second,
			 uint16_t *ret_again)
{
	uint16_t port = fresh_port(), to = fresh_port();
	int far1 = udp_out(OUT1, to), far2 = udp_out(OUT2, to);
	int near1 = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", port);
	int near2 = street_socket(GUEST2, SOCK_DGRAM, "10.0.0.6", port);

	*ret_first = seen_from(near1, far1, OUT1, to).sin_port;
	*ret_second = seen_from(near2, far2, OUT2, to).sin_port;
	*ret_again = seen_from(near1, far2, OUT2, to).sin_port;
}

static bool no_two_share_an_outside_port(void)
{
	uint16_t first, second, again;

	share_a_port(&first, &second, &again);
	return first && second && first != second;
}

static bool mapping_never_changes(void)
{
	uint16_t first, second, again;

	share_a_port(&first, &second, &again);
	return first && first == again;
}

static bool low_ports_stay_low(void)
{
	uint16_t to = fresh_port();
	int near = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", 700);
	uint16_t seen =
		ntohs(seen_from(near, udp_out(OUT1, to), OUT1, to).sin_port);

	return seen > 0 && seen < 1024;
}

static bool parity_is_kept(void)
{
	for (uint16_t i = 0; i < 2; i++) {
		uint16_t port = fresh_port(), to = fresh_port();
		int near = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5",
					 (uint16_t)(port + i * 1000));
		uint16_t seen = ntohs(
			seen_from(near, udp_out(OUT1, to), OUT1, to).sin_port);

		if (!seen || (seen ^ (port + i * 1000)) & 1)
			return false;
	}
	return true;
}

/* A guest that has said something to somebody outside. */
struct talk {
	int near, far;
	uint16_t port, to;
	char text[32]; /* of its line in the kernel's table */
};

static struct talk talk(void)
{
	struct talk talk = {.port = fresh_port(), .to = fresh_port()};

	talk.near = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", talk.port);
	talk.far = udp_out(OUT1, talk.to);
	(void)seen_from(talk.near, talk.far, OUT1, talk.to);
	(void)snprintf(talk.text, sizeof(talk.text), "sport=%u ", talk.port);
	return talk;
}

static bool udp_is_remembered(void)
{
	struct talk said = talk();

	return AT_LEAST(street_left("udp", said.text), RFC_UDP_S);
}

static bool outbound_packets_refresh(void)
{
	struct talk said = talk();
	int whole = street_left("udp", said.text);

	street_set_left(said.port, OUT1, said.to, 15);
	if (street_left("udp", said.text) > 15)
		return false;
	(void)seen_from(said.near, said.far, OUT1, said.to);
	return street_left("udp", said.text) >= whole - 5;
}

static bool others_outside_get_in(void)
{
	uint16_t to = fresh_port();
	int near = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", 0);
	int far = udp_out(OUT1, to), other = udp_out(OUT1, 0);
	struct sockaddr_in seen = seen_from(near, far, OUT1, to);

	street_say(other, HOST, ntohs(seen.sin_port));
	return !street_silent(near);
}

static bool hairpin_is_seen_from_outside(void)
{
	int near = street_socket(GUEST2, SOCK_DGRAM, "10.0.0.6", 0);
	int far = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", FORWARDED);
	struct sockaddr_in host = street_address(HOST, 0), from = {0};

	street_say(near, HOST, FORWARDED);
	if (street_silent(far) || !street_heard(far, &from) ||
	    from.sin_addr.s_addr != host.sin_addr.s_addr)
		return false;
	street_say(far, HOST, ntohs(from.sin_port));
	return !street_silent(near) && street_heard(near, &from) &&
	       from.sin_addr.s_addr == host.sin_addr.s_addr;
}

/* 0 where this kernel has no such sysctl. */
static int sysctl_value(const char *path)
{
	FILE *file = fopen(path, "re");
	int value = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &value) != 1)
		value = 0;
	(void)fclose(file);
	return value;
}

static bool no_gateways_of_applications(void)
{
	return !sysctl_value("/proc/sys/net/netfilter/nf_conntrack_helper");
}

/* Nobody listens there: an ICMP error comes back, and the mapping stays. */
static bool icmp_ends_no_mapping(void)
{
	uint16_t to = fresh_port(), port = fresh_port();
	int near = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", port);
	struct sockaddr_in there = street_address(OUT1, to);
	char text[32];

	if (connect(near, (const struct sockaddr *)&there, sizeof(there)) < 0)
		return false;
	(void)send(near, "x", 1, 0);
	(void)snprintf(text, sizeof(text), "sport=%u ", port);
	return street_error(near) == ECONNREFUSED &&
	       street_left("udp", text) > 0;
}

static bool too_big_is_said(void)
{
	uint16_t to = fresh_port();
	int near = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", 0);
	struct sockaddr_in there = street_address(OUT1, to);
	int always = IP_PMTUDISC_DO, error;
	char data[1400] = {0};

	host_do("ip link set port2 mtu 1300");
	(void)setsockopt(near, IPPROTO_IP, IP_MTU_DISCOVER, &always,
			 sizeof(always));
	if (connect(near, (const struct sockaddr *)&there, sizeof(there)) < 0)
		return false;
	(void)send(near, data, sizeof(data), 0);
	error = street_error(near);
	host_do("ip link set port2 mtu 1500");
	street_do(GUEST1, "ip route flush cache");
	return error == EMSGSIZE;
}

static bool fragments_pass(void)
{
	uint16_t to = fresh_port();
	int near = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", 0);
	int far = udp_out(OUT1, to), never = IP_PMTUDISC_DONT;
	struct sockaddr_in there = street_address(OUT1, to), from;
	char data[4000] = {0};

	(void)setsockopt(near, IPPROTO_IP, IP_MTU_DISCOVER, &never,
			 sizeof(never));
	return sendto(near, data, sizeof(data), 0,
		      (const struct sockaddr *)&there,
		      sizeof(there)) == sizeof(data) &&
	       street_heard(far, &from);
}

/* One fragment of a UDP datagram with 16 bytes of payload, without checksum. */
static void say_fragment(int raw, uint16_t to, bool first)
{
	uint8_t packet[36] = {0x45};
	uint16_t words[] = {htons(7), htons(to), htons(24), 0};
	struct sockaddr_in there = street_address(OUT1, 0);
	size_t bytes = first ? 36 : 28;

	packet[3] = (uint8_t)bytes;
	packet[4] = 0x12;
	packet[5] = (uint8_t)to;
	packet[6] = first ? 0x20 : 0;
	packet[7] = first ? 0 : 2;
	packet[8] = 64;
	packet[9] = IPPROTO_UDP;
	(void)inet_pton(AF_INET, "10.0.0.5", packet + 12);
	(void)inet_pton(AF_INET, OUT1, packet + 16);
	if (first)
		memcpy(packet + 20, words, sizeof(words));
	(void)sendto(raw, packet, bytes, 0, (const struct sockaddr *)&there,
		     sizeof(there));
}

static bool fragments_pass_in_any_order(void)
{
	uint16_t to = fresh_port();
	int raw = street_socket(GUEST1, SOCK_RAW, "10.0.0.5", 0);
	int far = udp_out(OUT1, to);
	struct sockaddr_in from;

	say_fragment(raw, to, false);
	say_fragment(raw, to, true);
	return street_heard(far, &from);
}

static int tcp_server(enum house house, const char *address, uint16_t port)
{
	int server = street_socket(house, SOCK_STREAM, address, port);

	return listen(server, 8) < 0 ? -1 : server;
}

/* Begins to connect; what comes of it is street_connected()'s. */
static int tcp_begin(enum house house, const char *address, uint16_t port,
		     const char *to, uint16_t to_port)
{
	int near = street_socket(house, SOCK_STREAM, address, port);
	struct sockaddr_in there = street_address(to, to_port);

	(void)connect(near, (const struct sockaddr *)&there, sizeof(there));
	return near;
}

/* Whom the server sees; the other end in *ret_far. */
static struct sockaddr_in tcp_seen(int server, int *ret_far)
{
	struct sockaddr_in from = {0};
	socklen_t length = sizeof(from);

	*ret_far = -1;
	for (int i = 0; i < 120 && *ret_far < 0; i++)
		if (!street_silent(server))
			*ret_far = accept(server, (struct sockaddr *)&from,
					  &length);
	return from;
}

static bool tcp_has_the_same_mapping(void)
{
	uint16_t port = fresh_port(), to = fresh_port();
	int here = tcp_server(OUTSIDE, OUT1, to);
	int there = tcp_server(OUTSIDE, OUT2, to), far1, far2;
	struct sockaddr_in a, b;

	(void)tcp_begin(GUEST1, "10.0.0.5", port, OUT1, to);
	a = tcp_seen(here, &far1);
	(void)tcp_begin(GUEST1, "10.0.0.5", port, OUT2, to);
	b = tcp_seen(there, &far2);
	(void)close(far1);
	(void)close(far2);
	return a.sin_port && a.sin_port == b.sin_port;
}

static bool both_may_begin_at_once(void)
{
	uint16_t port = fresh_port(), to = fresh_port();
	char command[224];
	int far, near;

	/* His SYN gets lost on the way; ours finds him waiting. */
	(void)snprintf(
		command, sizeof(command),
		"nft 'add table ip lost; add chain ip lost in { type "
		"filter hook prerouting priority -400; }; add rule ip "
		"lost in tcp dport %u tcp flags & (syn|ack) == syn drop'",
		port);
	host_do(command);
	far = tcp_begin(OUTSIDE, OUT1, to, HOST, port);
	near = tcp_begin(GUEST1, "10.0.0.5", port, OUT1, to);
	for (int i = 0; i < 120; i++) {
		if (send(near, "x", 1, MSG_NOSIGNAL) == 1)
			break;
		(void)street_silent(far);
	}
	host_do("nft delete table ip lost");
	return !street_silent(far) && street_error(far) == 0;
}

static bool unsolicited_syns_are_not_refused(void)
{
	int far = tcp_begin(OUTSIDE, OUT1, 0, HOST, fresh_port());

	return street_silent(far);
}

static bool tcp_is_remembered(void)
{
	uint16_t port = fresh_port(), to = fresh_port();
	int server = tcp_server(OUTSIDE, OUT1, to), far;
	char text[32];

	(void)tcp_begin(GUEST1, "10.0.0.5", port, OUT1, to);
	(void)tcp_seen(server, &far);
	(void)snprintf(text, sizeof(text), "sport=%u ", port);
	(void)close(far);
	return AT_LEAST(street_left("tcp", text), RFC_TCP_TRANSITORY_S);
}

static bool established_tcp_is_remembered(void)
{
	uint16_t port = fresh_port(), to = fresh_port();
	int server = tcp_server(OUTSIDE, OUT1, to), far;
	char text[32];
	int left;

	(void)tcp_begin(GUEST1, "10.0.0.5", port, OUT1, to);
	(void)tcp_seen(server, &far);
	(void)snprintf(text, sizeof(text), "sport=%u ", port);
	left = street_left("tcp", text);
	(void)close(far);
	return AT_LEAST(left, RFC_TCP_S);
}

static bool half_open_tcp_is_remembered(void)
{
	uint16_t port = fresh_port();
	char text[32];

	/* Nobody has that address: no answer comes. */
	host_do("ip neigh replace 192.0.2.99 lladdr 02:00:00:00:00:99 "
		"dev port2");
	(void)tcp_begin(GUEST1, "10.0.0.5", port, "192.0.2.99", 80);
	(void)snprintf(text, sizeof(text), "sport=%u ", port);
	for (int i = 0; i < 120 && street_left("tcp", text) < 0; i++)
		(void)street_silent(
			street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", 0));
	return AT_LEAST(street_left("tcp", text), RFC_TCP_TRANSITORY_S);
}

static bool transitory_tcp_is_remembered(void)
{
	return half_open_tcp_is_remembered() && tcp_is_remembered();
}

static bool tcp_ports_are_not_shared(void)
{
	uint16_t port = fresh_port(), to = fresh_port();
	int here = tcp_server(OUTSIDE, OUT1, to);
	int there = tcp_server(OUTSIDE, OUT2, to), far1, far2;
	struct sockaddr_in a, b;

	(void)tcp_begin(GUEST1, "10.0.0.5", port, OUT1, to);
	a = tcp_seen(here, &far1);
	(void)tcp_begin(GUEST2, "10.0.0.6", port, OUT2, to);
	b = tcp_seen(there, &far2);
	(void)close(far1);
	(void)close(far2);
	return a.sin_port && a.sin_port != b.sin_port;
}

static bool tcp_hairpin(void)
{
	int server = tcp_server(GUEST1, "10.0.0.5", FORWARDED), far = -1;
	struct sockaddr_in host = street_address(HOST, 0), from = {0};
	socklen_t length = sizeof(from);

	(void)tcp_begin(GUEST2, "10.0.0.6", 0, HOST, FORWARDED);
	if (!street_silent(server))
		far = accept(server, (struct sockaddr *)&from, &length);
	(void)close(far);
	return from.sin_addr.s_addr == host.sin_addr.s_addr;
}

static bool unreachable_is_said(void)
{
	int near = tcp_begin(GUEST1, "10.0.0.5", 0, "203.0.113.7", 80);

	return street_error(near) == EHOSTUNREACH;
}

static bool ping_works(void)
{
	return street_try(GUEST1, "ping -c1 -W9 " OUT1 " >/dev/null");
}

static bool pings_are_remembered(void)
{
	return ping_works() &&
	       AT_LEAST(street_left("icmp", "src=10.0.0.5"), RFC_ICMP_S);
}

static bool checksums_are_looked_at(void)
{
	return sysctl_value("/proc/sys/net/netfilter/nf_conntrack_checksum") ==
	       1;
}

/* Nobody listens at the guest's port that the host's leads to. */
static bool refusal_comes_back(enum house house, const char *address)
{
	int near = street_socket(house, SOCK_DGRAM, address, 0);
	struct sockaddr_in there = street_address(HOST, FORWARDED);

	if (connect(near, (const struct sockaddr *)&there, sizeof(there)) < 0)
		return false;
	(void)send(near, "x", 1, 0);
	return !street_silent(near) && street_error(near) == ECONNREFUSED;
}

static bool guests_errors_get_out(void)
{
	return refusal_comes_back(OUTSIDE, OUT1);
}

/* The error must be about the forward, and not the host's own about a port
 * that leads nowhere: with a listener, it does not come. */
static bool errors_between_guests_come_back(void)
{
	int far = street_socket(GUEST1, SOCK_DGRAM, "10.0.0.5", FORWARDED);
	int near = street_socket(GUEST2, SOCK_DGRAM, "10.0.0.6", 0);
	struct sockaddr_in from;

	street_say(near, HOST, FORWARDED);
	if (street_silent(far) || !street_heard(far, &from))
		return false;
	(void)shutdown(far, SHUT_RDWR);
	(void)dup2(near, far);
	return refusal_comes_back(GUEST2, "10.0.0.6");
}

static bool guests_ping_the_outside_address(void)
{
	return street_try(GUEST1, "ping -c1 -W9 " HOST " >/dev/null");
}

struct check {
	const char *rfc, *requirement, *what;
	bool (*run)(void);
	bool plain_fails;
	const char *why_not; /* known: why ours does not meet it */
};

#define SHARED                                                         \
	"two guests that use one port towards different destinations " \
	"share it outside: Linux tells them apart by destination"

/* Those that leave something behind at the forwarded port come last. */
static const struct check checks[] = {
	{"4787", "REQ-1", "one mapping towards all", same_mapping_for_all,
	 false, NULL},
	{"4787", "REQ-2", "one outside address for a guest",
	 one_outside_address_for_a_guest, false, NULL},
	{"4787", "REQ-3", "no port is shared", no_two_share_an_outside_port,
	 false, SHARED},
	{"4787", "REQ-3a", "low ports stay low", low_ports_stay_low, false,
	 NULL},
	{"4787", "REQ-4", "parity of ports", parity_is_kept, false, NULL},
	{"4787", "REQ-5", "2 minutes", udp_is_remembered, true, NULL},
	{"4787", "REQ-6", "outbound packets refresh", outbound_packets_refresh,
	 false, NULL},
	{"4787", "REQ-7", "no conflict inside and outside", NULL, false,
	 "the administrator gives the guests' network; xenplane check warns "
	 "where two bridges have one, and knows no network outside"},
	{"4787", "REQ-8", "filtering no stricter than by address",
	 others_outside_get_in, false,
	 "the kernel lets in only whom the guest sent to, address and port; "
	 "forward and one-to-one open more (recommended, not required)"},
	{"4787", "REQ-9", "hairpin, with the outside address",
	 hairpin_is_seen_from_outside, true, NULL},
	{"4787", "REQ-10", "no application gateways",
	 no_gateways_of_applications, false, NULL},
	{"4787", "REQ-11", "the same whatever happens", mapping_never_changes,
	 false, SHARED " until they meet, and then one gets another"},
	{"4787", "REQ-12", "ICMP ends no mapping", icmp_ends_no_mapping, false,
	 NULL},
	{"4787", "REQ-13", "too big is said", too_big_is_said, false, NULL},
	{"4787", "REQ-14", "fragments", fragments_pass, false, NULL},
	{"4787", "REQ-14a", "fragments in any order",
	 fragments_pass_in_any_order, false, NULL},
	{"5382", "REQ-1", "one mapping towards all", tcp_has_the_same_mapping,
	 false, NULL},
	{"5382", "REQ-2", "simultaneous open", both_may_begin_at_once, false,
	 NULL},
	{"5382", "REQ-3", "filtering no stricter than by address", NULL, false,
	 "as RFC 4787, REQ-8"},
	{"5382", "REQ-4", "unsolicited SYNs are not refused",
	 unsolicited_syns_are_not_refused, false,
	 "the outside address is the host's own, which refuses for itself"},
	{"5382", "REQ-5", "2 hours 4 minutes", established_tcp_is_remembered,
	 false, NULL},
	{"5382", "REQ-5", "4 minutes while it opens or closes",
	 transitory_tcp_is_remembered, true, NULL},
	{"5382", "REQ-6", "no application gateways",
	 no_gateways_of_applications, false, NULL},
	{"5382", "REQ-7", "no port is shared", tcp_ports_are_not_shared, false,
	 SHARED},
	{"5382", "REQ-8", "hairpin, with the outside address", tcp_hairpin,
	 true, NULL},
	{"5382", "REQ-9", "ICMP errors come back", unreachable_is_said, false,
	 NULL},
	{"5382", "REQ-10", "ICMP ends no connection", icmp_ends_no_mapping,
	 false, NULL},
	{"5508", "REQ-1", "queries", ping_works, false, NULL},
	{"5508", "REQ-2", "60 seconds", pings_are_remembered, true, NULL},
	{"5508", "REQ-3", "checksums of errors", checksums_are_looked_at, false,
	 NULL},
	{"5508", "REQ-4", "errors from outside", icmp_ends_no_mapping, false,
	 NULL},
	{"5508", "REQ-5", "errors from guests", guests_errors_get_out, false,
	 NULL},
	{"5508", "REQ-6", "errors between guests",
	 errors_between_guests_come_back, true, NULL},
	{"5508", "REQ-7", "queries to the outside address",
	 guests_ping_the_outside_address, false, NULL},
	{"5508", "REQ-9", "an error when the limit is reached", NULL, false,
	 "what is over `connections' is dropped and counted, without a word "
	 "(recommended, not required)"},
};

#define CHECKS (sizeof(checks) / sizeof(checks[0]))

static void run_all(bool ours, bool met[CHECKS])
{
	for (size_t i = 0; i < CHECKS; i++) {
		street_build(ours);
		met[i] = checks[i].run && checks[i].run();
		street_leave();
	}
}

int main(void)
{
	static bool ours[CHECKS], plain[CHECKS];
	int wrong = 0;

	if (!street_begin())
		return 77;
	run_all(true, ours);
	run_all(false, plain);
	for (size_t i = 0; i < CHECKS; i++) {
		const struct check *check = &checks[i];
		bool good =
			ours[i] == !check->why_not &&
			plain[i] == (!check->plain_fails && !check->why_not);

		printf("%s RFC %s %-8s %-38s %-8s (plain: %s)%s%s\n",
		       good ? "   " : "!!!", check->rfc, check->requirement,
		       check->what, ours[i] ? "pass" : "not met",
		       plain[i] ? "pass" : "not met", ours[i] ? "" : ": ",
		       ours[i]		? ""
		       : check->why_not ? check->why_not
					: "it should be");
		wrong += !good;
	}
	return wrong ? 1 : 0;
}
