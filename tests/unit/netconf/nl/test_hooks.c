/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else sees frames, in the kernel's words: nftables' hooks, queueing
 * disciplines, packet sockets, the files and tables of old netfilter. Right
 * about whole words, unharmed by cut and changed ones. Each damaged message is
 * in an allocation of its exact size, so that a sanitizer sees any step beyond
 * it. The random numbers are always the same ones.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <net/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_bridge/ebtables.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/monitor.h"
#include "netconf/nl/netfilter.h"
#include "netconf/nl/nft_parse.h"
#include "netconf/nl/packet.h"
#include "netconf/nl/qdisc_parse.h"
#include "netconf/nl/request.h"
#include "netconf/nl/wire.h"

#define CHANGED_ROUNDS 20000
#define DEVICE_PREFIX 2

static uint32_t next_random(void)
{
	static uint32_t x = 2463534242U;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

static struct xn_array new_array(size_t count_max)
{
	return (struct xn_array){.item_bytes = sizeof(struct xn_nft_hook),
				 .count_max = count_max};
}

static void begin_nft(struct xn_nl_request *request, uint8_t message,
		      uint8_t family)
{
	struct nfgenmsg *info = xn_nl_request_init(
		request, (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | message), 0,
		sizeof(*info));

	info->nfgen_family = family;
	xn_nl_put_text(request, NFTA_CHAIN_TABLE, "t");
}

/* A forward chain of the family. */
static void build_chain(struct xn_nl_request *request, uint8_t family)
{
	struct nlattr *hook;

	begin_nft(request, NFT_MSG_NEWCHAIN, family);
	xn_nl_put_text(request, NFTA_CHAIN_NAME, "c");
	hook = xn_nl_nest(request, NFTA_CHAIN_HOOK);
	xn_nl_put_u32(request, NFTA_HOOK_HOOKNUM, htonl(NF_INET_FORWARD));
	xn_nl_put_u32(request, NFTA_HOOK_PRIORITY, 0);
	xn_nl_nest_end(request, hook);
	xn_nl_put_text(request, NFTA_CHAIN_TYPE, "filter");
}

/* An ingress chain on three devices, the last two by their beginnings. */
static void build_device_chain(struct xn_nl_request *request)
{
	struct nlattr *hook, *devices;

	begin_nft(request, NFT_MSG_NEWCHAIN, NFPROTO_NETDEV);
	hook = xn_nl_nest(request, NFTA_CHAIN_HOOK);
	xn_nl_put_u32(request, NFTA_HOOK_HOOKNUM, htonl(NF_NETDEV_INGRESS));
	devices = xn_nl_nest(request, NFTA_HOOK_DEVS);
	xn_nl_put_text(request, NFTA_DEVICE_NAME, "vif1.0");
	xn_nl_put(request, NFTA_DEVICE_NAME, "vif2", 4);
	xn_nl_put_text(request, DEVICE_PREFIX, "vif3");
	xn_nl_put_u32(request, 9, 0); /* of a newer kernel */
	xn_nl_nest_end(request, devices);
	xn_nl_nest_end(request, hook);
}

static void build_flow_table(struct xn_nl_request *request)
{
	struct nlattr *hook, *devices;

	begin_nft(request, NFT_MSG_NEWFLOWTABLE, NFPROTO_INET);
	hook = xn_nl_nest(request, NFTA_FLOWTABLE_HOOK);
	xn_nl_put_u32(request, NFTA_FLOWTABLE_HOOK_NUM,
		      htonl(NF_NETDEV_INGRESS));
	devices = xn_nl_nest(request, NFTA_FLOWTABLE_HOOK_DEVS);
	xn_nl_put_text(request, NFTA_DEVICE_NAME, "vif1.0");
	xn_nl_nest_end(request, devices);
	xn_nl_nest_end(request, hook);
}

static void build_bridge_chain(struct xn_nl_request *request)
{
	build_chain(request, NFPROTO_BRIDGE);
}

static void build_kind(struct xn_nl_request *request, const char *kind)
{
	struct tcmsg *tc =
		xn_nl_request_init(request, RTM_NEWQDISC, 0, sizeof(*tc));

	tc->tcm_ifindex = 5;
	tc->tcm_handle = 0x80010000;
	xn_nl_put_text(request, TCA_KIND, kind);
}

static void build_qdisc(struct xn_nl_request *request)
{
	build_kind(request, "tbf");
}

static int parse(const struct xn_nl_request *request, struct xn_array *hooks)
{
	return xn_nft_parse(request->header, request->header->nlmsg_len, hooks);
}

static void a_base_chain_is_a_hook(void **state)
{
	struct xn_array hooks = new_array(10);
	struct xn_nl_request request;
	const struct xn_nft_hook *hook;

	(void)state;
	build_chain(&request, NFPROTO_BRIDGE);
	assert_int_equal(parse(&request, &hooks), 0);
	assert_int_equal(hooks.count, 1);
	hook = hooks.items;
	assert_int_equal(hook->family, NFPROTO_BRIDGE);
	assert_int_equal(hook->number, NF_INET_FORWARD);
	assert_string_equal(hook->device, "");
	assert_false(xn_nft_hook_is_on(hook, "vif1.0"));
	/* One that others jump to is none. */
	begin_nft(&request, NFT_MSG_NEWCHAIN, NFPROTO_BRIDGE);
	assert_int_equal(parse(&request, &hooks), 0);
	assert_int_equal(hooks.count, 1);
	xn_array_fini(&hooks);
}

static void a_policy_that_drops_is_told(void **state)
{
	static const uint32_t policies[] = {NF_ACCEPT, NF_DROP};
	static const char longest[] = "a name of more than thirty-one bytes";
	struct xn_array hooks = new_array(10);
	struct xn_nl_request request;
	const struct xn_nft_hook *hook;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		build_chain(&request, NFPROTO_IPV4);
		xn_nl_put_u32(&request, NFTA_CHAIN_POLICY, htonl(policies[i]));
		assert_int_equal(parse(&request, &hooks), 0);
		hook = (const struct xn_nft_hook *)hooks.items + i;
		assert_int_equal(hook->drops, policies[i] == NF_DROP);
		assert_string_equal(hook->table, "t");
		assert_string_equal(hook->chain, "c");
	}
	/* Not said, and not a number. */
	build_chain(&request, NFPROTO_IPV4);
	assert_int_equal(parse(&request, &hooks), 0);
	assert_false(((const struct xn_nft_hook *)hooks.items)[2].drops);
	build_chain(&request, NFPROTO_IPV4);
	xn_nl_put_u16(&request, NFTA_CHAIN_POLICY, 0);
	assert_int_equal(parse(&request, &hooks), -EBADMSG);
	/* Names are cut. */
	build_chain(&request, NFPROTO_IPV4);
	xn_nl_put_text(&request, NFTA_CHAIN_NAME, longest);
	assert_int_equal(parse(&request, &hooks), 0);
	hook = (const struct xn_nft_hook *)hooks.items + 3;
	assert_int_equal(strlen(hook->chain), XN_NFT_NAME_MAX - 1);
	assert_memory_equal(hook->chain, longest, XN_NFT_NAME_MAX - 1);
	xn_array_fini(&hooks);
}

static void a_chain_is_a_hook_on_each_of_its_devices(void **state)
{
	struct xn_array hooks = new_array(10);
	struct xn_nl_request request;
	const struct xn_nft_hook *hook;

	(void)state;
	build_device_chain(&request);
	assert_int_equal(parse(&request, &hooks), 0);
	assert_int_equal(hooks.count, 3);
	hook = hooks.items;
	assert_true(xn_nft_hook_is_on(&hook[0], "vif1.0"));
	assert_false(xn_nft_hook_is_on(&hook[0], "vif1.01"));
	assert_false(xn_nft_hook_is_on(&hook[0], "vif1"));
	assert_true(xn_nft_hook_is_on(&hook[1], "vif2"));
	assert_true(xn_nft_hook_is_on(&hook[1], "vif21.0"));
	assert_false(xn_nft_hook_is_on(&hook[1], "vif1.0"));
	assert_true(xn_nft_hook_is_on(&hook[2], "vif3.0"));
	assert_false(xn_nft_hook_is_on(&hook[2], "vif2.0"));
	xn_array_fini(&hooks);
}

static void an_older_kernel_names_one_device(void **state)
{
	struct xn_array hooks = new_array(10);
	struct xn_nl_request request;
	struct nlattr *nest;

	(void)state;
	begin_nft(&request, NFT_MSG_NEWCHAIN, NFPROTO_NETDEV);
	nest = xn_nl_nest(&request, NFTA_CHAIN_HOOK);
	xn_nl_put_u32(&request, NFTA_HOOK_HOOKNUM, 0);
	xn_nl_put_text(&request, NFTA_HOOK_DEV, "vif1.0");
	xn_nl_nest_end(&request, nest);
	assert_int_equal(parse(&request, &hooks), 0);
	assert_int_equal(hooks.count, 1);
	assert_true(xn_nft_hook_is_on(hooks.items, "vif1.0"));
	xn_array_fini(&hooks);
}

static void a_flow_table_is_a_hook_on_its_devices(void **state)
{
	struct xn_array hooks = new_array(10);
	struct xn_nl_request request;

	(void)state;
	build_flow_table(&request);
	assert_int_equal(parse(&request, &hooks), 0);
	assert_int_equal(hooks.count, 1);
	assert_true(xn_nft_hook_is_on(hooks.items, "vif1.0"));
	assert_int_equal(((struct xn_nft_hook *)hooks.items)->family,
			 NFPROTO_NETDEV);
	xn_array_fini(&hooks);
}

static void more_hooks_than_the_bound_are_refused(void **state)
{
	struct xn_array hooks = new_array(2);
	struct xn_nl_request request;

	(void)state;
	build_device_chain(&request);
	assert_int_equal(parse(&request, &hooks), -ENOMEM);
	xn_array_fini(&hooks);
}

static void a_device_name_that_is_too_long_is_refused(void **state)
{
	struct xn_array hooks = new_array(10);
	struct xn_nl_request request;
	struct nlattr *nest;

	(void)state;
	begin_nft(&request, NFT_MSG_NEWCHAIN, NFPROTO_NETDEV);
	nest = xn_nl_nest(&request, NFTA_CHAIN_HOOK);
	xn_nl_put_text(&request, NFTA_HOOK_DEV, "sixteen-or-more!");
	xn_nl_nest_end(&request, nest);
	assert_int_equal(parse(&request, &hooks), -EBADMSG);
	assert_int_equal(hooks.count, 0);
	xn_array_fini(&hooks);
}

static void only_added_disciplines_count(void **state)
{
	struct xn_nl_request request;
	struct tcmsg *tc = (void *)(request.buffer + NLMSG_HDRLEN);
	int ifindex = 0;

	(void)state;
	build_qdisc(&request);
	assert_int_equal(xn_qdisc_parse(request.header,
					request.header->nlmsg_len, &ifindex),
			 1);
	assert_int_equal(ifindex, 5);
	tc->tcm_handle = 0; /* the kernel's own */
	assert_int_equal(xn_qdisc_parse(request.header,
					request.header->nlmsg_len, &ifindex),
			 0);
	tc->tcm_ifindex = 0;
	assert_int_equal(xn_qdisc_parse(request.header,
					request.header->nlmsg_len, &ifindex),
			 -EBADMSG);
	build_kind(&request, "noqueue"); /* does nothing */
	assert_int_equal(xn_qdisc_parse(request.header,
					request.header->nlmsg_len, &ifindex),
			 0);
	build_kind(&request, "noqueue-of-a-longer-name");
	assert_int_equal(xn_qdisc_parse(request.header,
					request.header->nlmsg_len, &ifindex),
			 -EBADMSG);
}

#define SOCKET "00000000d109952c 3      3    "

static void a_packet_socket_that_takes_all_counts(void **state)
{
	int ifindex = -1;

	(void)state;
	assert_int_equal(
		xn_packet_parse(SOCKET "0003   7     1 0      0      106413\n",
				&ifindex),
		1);
	assert_int_equal(ifindex, 7);
	assert_int_equal(
		xn_packet_parse(SOCKET "0003   0     1 0      0      106413\n",
				&ifindex),
		1);
	assert_int_equal(ifindex, 0);
	/* Not yet bound to a protocol; 802.1Q only; LLDP only. */
	assert_int_equal(xn_packet_parse(SOCKET
					 "0003   7     0 0      0      1\n",
					 &ifindex),
			 0);
	assert_int_equal(xn_packet_parse(SOCKET
					 "8100   7     1 0      0      1\n",
					 &ifindex),
			 0);
	assert_int_equal(xn_packet_parse(SOCKET
					 "88cc   7     1 0      0      1\n",
					 &ifindex),
			 0);
}

static void other_lines_are_no_sockets(void **state)
{
	static const char *const lines[] = {
		"sk               RefCnt Type Proto  Iface R Rmem\n",
		"",
		"\n",
		SOCKET,
		SOCKET "0003",
		SOCKET "0003 7 1",
		SOCKET "0003 -1 1 0 0 1\n",
		SOCKET "0003 4294967295 1 0 0 1\n",
		SOCKET "0003 7 2 0 0 1\n",
		SOCKET "10003 7 1 0 0 1\n",
		SOCKET "0003x 7 1 0 0 1\n",
	};
	int ifindex = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(xn_packet_parse(lines[i], &ifindex), -EINVAL);
	assert_int_equal(ifindex, 77);
}

static void a_flag_is_a_number(void **state)
{
	bool flag = false;

	(void)state;
	assert_int_equal(xn_netfilter_parse_flag("1\n", &flag), 0);
	assert_true(flag);
	assert_int_equal(xn_netfilter_parse_flag("0\n", &flag), 0);
	assert_false(flag);
	/* Linux before 5.10 keeps what was written. */
	assert_int_equal(xn_netfilter_parse_flag("20", &flag), 0);
	assert_true(flag);
	assert_int_equal(xn_netfilter_parse_flag("", &flag), -EBADMSG);
	assert_int_equal(xn_netfilter_parse_flag("-1\n", &flag), -EBADMSG);
	assert_int_equal(xn_netfilter_parse_flag("1 0\n", &flag), -EBADMSG);
	assert_true(flag);
}

static void a_policy_is_a_rule(void **state)
{
	struct ebt_entries chain[3];
	bool in_use = true;

	(void)state;
	memset(chain, 0, sizeof(chain));
	for (int i = 0; i < 3; i++)
		chain[i].policy = EBT_ACCEPT;
	assert_int_equal(xn_ebtables_judge(chain, sizeof(chain), &in_use), 0);
	assert_false(in_use);
	chain[2].policy = EBT_DROP;
	assert_int_equal(xn_ebtables_judge(chain, sizeof(chain), &in_use), 0);
	assert_true(in_use);
	/* What is no chain; and half of one. */
	chain[2].policy = EBT_ACCEPT;
	chain[1].distinguisher = EBT_ENTRY_OR_ENTRIES;
	assert_int_equal(xn_ebtables_judge(chain, sizeof(chain), &in_use),
			 -EBADMSG);
	chain[1].distinguisher = 0;
	chain[1].nentries = 1;
	assert_int_equal(xn_ebtables_judge(chain, sizeof(chain), &in_use),
			 -EBADMSG);
	chain[1].nentries = 0;
	assert_int_equal(xn_ebtables_judge(chain, sizeof(chain) - 4, &in_use),
			 -EBADMSG);
}

static unsigned int told;

static void on_tc(void *arg, int ifindex)
{
	(void)arg;
	(void)ifindex;
	told++;
}

static void on_nft(void *arg)
{
	(void)arg;
	told++;
}

static const struct xn_nl_handlers handlers = {.tc_changed = on_tc,
					       .nft_changed = on_nft};

static void announcements_are_told_apart(void **state)
{
	struct xn_nl_request request;

	(void)state;
	told = 0;
	build_qdisc(&request);
	assert_int_equal(xn_nl_monitor_tell(request.buffer,
					    request.header->nlmsg_len,
					    &handlers),
			 0);
	assert_int_equal(told, 1);
	build_flow_table(&request);
	assert_int_equal(xn_nl_monitor_tell_nft(request.buffer,
						request.header->nlmsg_len,
						&handlers),
			 0);
	assert_int_equal(told, 2);
	/* A rule is no hook. */
	begin_nft(&request, NFT_MSG_NEWRULE, NFPROTO_BRIDGE);
	assert_int_equal(xn_nl_monitor_tell_nft(request.buffer,
						request.header->nlmsg_len,
						&handlers),
			 0);
	assert_int_equal(told, 2);
}

/* All parsers on these bytes as one message, whatever its header says. */
static void parse_all(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length);
	const struct nlmsghdr *header = (const void *)copy;
	struct xn_array hooks = new_array(10);
	int ifindex;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	(void)xn_nl_monitor_tell(copy, length, &handlers);
	(void)xn_nl_monitor_tell_nft(copy, length, &handlers);
	if (length >= sizeof(*header)) {
		(void)xn_nft_parse(header, length, &hooks);
		(void)xn_qdisc_parse(header, length, &ifindex);
	}
	for (size_t i = 0; i < hooks.count; i++) {
		const struct xn_nft_hook *hook =
			(const struct xn_nft_hook *)hooks.items + i;

		assert_true(strlen(hook->device) < IFNAMSIZ);
	}
	xn_array_fini(&hooks);
	free(copy);
}

typedef void build_fn(struct xn_nl_request *request);
static build_fn *const builders[] = {build_bridge_chain, build_device_chain,
				     build_flow_table, build_qdisc};
#define BUILDERS (sizeof(builders) / sizeof(builders[0]))

static void cut_messages_do_no_harm(void **state)
{
	struct xn_nl_request request;

	(void)state;
	for (size_t i = 0; i < BUILDERS; i++) {
		uint32_t whole;

		builders[i](&request);
		whole = request.header->nlmsg_len;
		told = 0;
		for (uint32_t cut = 1; cut < whole; cut++)
			parse_all(request.buffer, cut);
		assert_int_equal(told, 0);
		for (uint32_t cut = NLMSG_HDRLEN; cut < whole; cut++) {
			request.header->nlmsg_len = cut;
			parse_all(request.buffer, cut);
		}
		assert_true(told > 0);
	}
}

static void changed_messages_do_no_harm(void **state)
{
	struct xn_nl_request request;

	(void)state;
	told = 0;
	for (int round = 0; round < CHANGED_ROUNDS; round++) {
		uint32_t changes = next_random() % 6 + 1;
		uint32_t whole;

		builders[next_random() % BUILDERS](&request);
		whole = request.header->nlmsg_len;
		for (uint32_t i = 0; i < changes; i++)
			request.buffer[next_random() % whole] =
				(uint8_t)next_random();
		parse_all(request.buffer, whole);
	}
	assert_true(told > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_base_chain_is_a_hook),
		cmocka_unit_test(a_policy_that_drops_is_told),
		cmocka_unit_test(a_chain_is_a_hook_on_each_of_its_devices),
		cmocka_unit_test(an_older_kernel_names_one_device),
		cmocka_unit_test(a_flow_table_is_a_hook_on_its_devices),
		cmocka_unit_test(more_hooks_than_the_bound_are_refused),
		cmocka_unit_test(a_device_name_that_is_too_long_is_refused),
		cmocka_unit_test(only_added_disciplines_count),
		cmocka_unit_test(a_packet_socket_that_takes_all_counts),
		cmocka_unit_test(other_lines_are_no_sockets),
		cmocka_unit_test(a_flag_is_a_number),
		cmocka_unit_test(a_policy_is_a_rule),
		cmocka_unit_test(announcements_are_told_apart),
		cmocka_unit_test(cut_messages_do_no_harm),
		cmocka_unit_test(changed_messages_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
