/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may not be read is not taken for absent, what the kernel lacks is; and
 * when br_netfilter matters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/daemon/hooks_read.h"

static void a_kernel_without_netfilter_has_no_hooks(void **state)
{
	struct xn_hooks_known known = {.nft_bridge = true,
				       .unreadable[XN_HOOKS_NFT] = true};
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_hooks_read_nft(&known, NULL, &err), 1);
	assert_true(known.absent[XN_HOOKS_NFT]);
	assert_false(known.unreadable[XN_HOOKS_NFT]);
	assert_false(known.nft_bridge);
	xn_hooks_known_fini(&known);
}

/* In a process without privileges: 0 when nftables is unreadable there, and
 * what was known is kept; 77: there is none. */
static int read_without_permission(void)
{
	struct xn_hooks_known known = {.nft_bridge = true};
	struct xn_nl *netfilter = NULL;
	struct xn_err err = {0};

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 1;
	if (xn_nl_open_netfilter(&netfilter, &err) < 0)
		return 77;
	if (xn_hooks_read_nft(&known, netfilter, &err) != -EPERM)
		return 2;
	if (!known.unreadable[XN_HOOKS_NFT] || known.absent[XN_HOOKS_NFT] ||
	    !known.nft_bridge || !err.set)
		return 3;
	xn_nl_close(netfilter);
	return 0;
}

static void what_may_not_be_read_is_unknown(void **state)
{
	pid_t child;
	int status;

	(void)state;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(read_without_permission());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void br_netfilter_matters_where_somebody_is_hooked(void **state)
{
	struct xn_hooks_known known = {0};

	(void)state;
	known.nft_ip = known.nft_ip6 = true;
	known.xtables = (struct xn_xtables){true, true, true};
	assert_false(xn_hooks_bridge_nf(&known));
	known = (struct xn_hooks_known){.bridge_nf = {true, true, true}};
	assert_false(xn_hooks_bridge_nf(&known));
	for (int protocol = 0; protocol < 3; protocol++) {
		known = (struct xn_hooks_known){
			.bridge_nf = {protocol == 0, protocol == 1,
				      protocol == 2},
			.xtables = {protocol != 0, protocol != 1,
				    protocol != 2}};
		known.nft_ip = protocol != 0;
		known.nft_ip6 = protocol != 1;
		assert_false(xn_hooks_bridge_nf(&known));
		known.xtables.ip = known.xtables.ip6 = known.xtables.arp = true;
		assert_true(xn_hooks_bridge_nf(&known));
	}
	known = (struct xn_hooks_known){.bridge_nf.call_iptables = true,
					.nft_ip = true};
	assert_true(xn_hooks_bridge_nf(&known));
	known = (struct xn_hooks_known){.bridge_nf.call_ip6tables = true,
					.nft_ip6 = true};
	assert_true(xn_hooks_bridge_nf(&known));
}

static void packet_sockets_are_news_once(void **state)
{
	struct xn_hooks_known known = {.unreadable[XN_HOOKS_PACKET] = true};
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_hooks_read_packets(&known, &err), 1);
	assert_int_equal(xn_hooks_read_packets(&known, &err), 0);
	assert_false(known.unreadable[XN_HOOKS_PACKET]);
	xn_hooks_known_fini(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_without_netfilter_has_no_hooks),
		cmocka_unit_test(what_may_not_be_read_is_unknown),
		cmocka_unit_test(br_netfilter_matters_where_somebody_is_hooked),
		cmocka_unit_test(packet_sockets_are_news_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
