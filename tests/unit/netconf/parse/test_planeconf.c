/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane.conf: what each key means, what is refused and where, and what
 * contradicts itself; each refusal stands beside a text that is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/parse/conf.h"
#include "netconf/parse/planeconf.h"

static struct xn_report report;

static struct xn_planeconf *accepted(const char *text)
{
	struct xn_planeconf *conf = NULL;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("refused: %s in\n%s", xn_report_first(&report), text);
	return conf;
}

static void right(const char *text)
{
	xn_planeconf_destroy(accepted(text));
	if (report.count)
		fail_msg("warned: %s", report.problem[0].text);
}

static bool reported(const char *words)
{
	for (uint32_t i = 0; i < report.count; i++)
		if (strstr(report.problem[i].text, words))
			return true;
	return false;
}

/* One error alone, which begins with the place and holds the words. */
static void wrong(const char *text, const char *place, const char *words)
{
	struct xn_planeconf *conf = NULL;
	char begin[32];

	memset(&report, 0, sizeof(report));
	assert_int_equal(xn_planeconf_read_text("t", text, &conf, &report),
			 -EINVAL);
	assert_null(conf);
	(void)snprintf(begin, sizeof(begin), "t:%s: ", place);
	if (report.count != 1 ||
	    strncmp(report.problem[0].text, begin, strlen(begin)) != 0 ||
	    !strstr(report.problem[0].text, words))
		fail_msg("%u: '%s' is not '%s' '%s'", report.count,
			 report.problem[0].text, begin, words);
}

static void warned(const char *text, const char *words)
{
	xn_planeconf_destroy(accepted(text));
	if (report.errors || report.count != 1 || !reported(words))
		fail_msg("'%s' is not '%s'", report.problem[0].text, words);
}

static void every_key_is_kept(void **state)
{
	struct xn_planeconf *conf = accepted(
		"[bridge xenbr0]\nmode = bridged\nnetdev = eth0\nstyle = old\n"
		"vifnum = 3\naddress = 10.0.0.1/24 dhcp6 fd00::1/64\n"
		"gateway = 10.0.0.254 fd00::fe\n"
		"mtu = 9000\nstp = on\nstp-priority = 4096\n"
		"forward-delay = 4.5\nhello-time = 1\nmax-age = 6.25\n"
		"ageing = 0\nnetdev-cost = 65535\nnetdev-priority = 63\n"
		"multicast-snooping = on\nmulticast-querier = on\n"
		"vlan-filtering = on\nvlan-default-pvid = 0\n"
		"uplink-rate = 1Gb/s\nuplink-rate-in = off\n"
		"antispoof = on\nfastpath = off\nrate = 8Mb/s\n"
		"[bridge xenbr1]\nmac = 00:16:3e:00:00:07\n");
	const struct xn_planeconf_bridge *b = &conf->bridge[0];
	/* NAT's: test_nat.c; a prefix is a routed group's. */
	const uint64_t all = (XN_CONF_BIT(XN_CONF_MASQUERADE) - 1) &
			     ~XN_CONF_BIT(XN_CONF_PREFIX);

	(void)state;
	assert_int_equal(report.count, 0);
	assert_int_equal(conf->bridge_count, 2);
	assert_string_equal(b->name, "xenbr0");
	/* In the old style there is no MAC to be chosen. */
	assert_int_equal(b[0].said, all & ~XN_CONF_BIT(XN_CONF_MAC));
	assert_int_equal(b[1].said, XN_CONF_BIT(XN_CONF_MAC));
	assert_int_equal(b->style, XN_CONF_OLD);
	assert_string_equal(b->netdev, "eth0");
	assert_int_equal(b->vifnum, 3);
	assert_int_equal(b->address_count, 2);
	assert_int_equal(b->address[0].octet[3], 1);
	assert_int_equal(b->address[0].prefix, 24);
	assert_int_equal(b->address[1].octet[15], 1);
	assert_true(b->dhcp6);
	assert_false(b->dhcp);
	assert_int_equal(b->gateway_count, 2);
	assert_int_equal(b[1].mac.octet[5], 7);
	assert_int_equal(b->mtu, 9000);
	assert_int_equal(b->stp_priority, 4096);
	assert_int_equal(b->forward_delay_cs, 450);
	assert_int_equal(b->hello_time_cs, 100);
	assert_int_equal(b->max_age_cs, 625);
	assert_int_equal(b->ageing_cs, 0);
	assert_int_equal(b->netdev_cost, 65535);
	assert_int_equal(b->netdev_priority, 63);
	assert_true(b->multicast_querier);
	assert_true(b->vlan_filtering);
	assert_int_equal(b->uplink_rate, 125000000);
	assert_int_equal(b->uplink_rate_in, 0);
	assert_true(b->vifs.antispoof);
	assert_false(b->vifs.fastpath);
	assert_int_equal(b->vifs.send.rate_bytes, 50000);
	assert_int_equal(b->place[XN_CONF_MTU].line, 8);
	assert_string_equal(b->place[XN_CONF_MTU].file, "t");
	xn_planeconf_destroy(conf);
}

static void vifs_have_addresses_or_names(void **state)
{
	struct xn_planeconf *conf = accepted(
		"[defaults]\nstorm = 5\n[vif 00:16:3e:00:00:01]\nip = none\n"
		"[vif web0]\nisolated = on\n[vif 00:16:3e:00:00:02]\n");

	(void)state;
	assert_true(conf->has_defaults);
	assert_int_equal(conf->defaults.storm_frames, 5);
	assert_int_equal(conf->vif_count, 3);
	assert_string_equal(conf->vif[0].name, "");
	assert_int_equal(conf->vif[0].mac.octet[5], 1);
	assert_string_equal(conf->vif[1].name, "web0");
	assert_true(conf->vif[1].settings.isolated);
	xn_planeconf_destroy(conf);
	wrong("[vif web0]\n[vif web0]\n", "2:1", "twice, first at t:1");
	wrong("[vif 01:16:3e:00:00:01]\n", "1:1", "no address of a vif");
	wrong("[vif a b]\n", "1:1", "no address of a vif");
	wrong("[vif]\n", "1:1", "no address of a vif");
	wrong("[bridge xenbr0]\n[vif xenbr0]\n", "2:1", "no vif");
	wrong("[bridge b]\nnetdev = eth0\n[vif eth0]\n", "3:1", "no vif");
}

static void a_near_word_is_suggested(void **state)
{
	(void)state;
	wrong("[brigde b]\n", "1:1", "(did you mean 'bridge'?)");
	wrong("[bridge b]\nnetdv = eth0\n", "2:1", "(did you mean 'netdev'?)");
	wrong("[bridge b]\nstp = onn\n", "2:7", "(did you mean 'on'?)");
	wrong("[bridge b]\nmode = bridge\n", "2:8",
	      "(did you mean 'bridged'?)");
	wrong("[bridge b]\nantispoof = of\n", "2:13", "(did you mean 'off'?)");
	wrong("[defaults]\nbpdu = dorp\n", "2:8", "(did you mean 'drop'?)");
	wrong("[vif web0]\nnetdev = eth0\n", "2:1",
	      "it belongs into [bridge NAME]");
	wrong("[bridge b]\nspeed = 1\n", "2:1", "unknown key 'speed'");
	assert_false(reported("did you mean"));
}

static void bad_values_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{"mode = x", "2:8"},
		{"netdev = a/b", "2:10"},
		{"netdev = ..", "2:10"},
		{"netdev = eth%d", "2:10"},
		{"style = modern", "2:9"},
		{"vifnum = 256", "2:10"},
		{"vifnum = -1", "2:10"},
		{"address = 10.0.0.1", "2:11"},
		{"address = 10.0.0.0/24", "2:11"},
		{"address = 10.0.0.255/24", "2:11"},
		{"address = 127.0.0.1/8", "2:11"},
		{"address = 224.0.0.1/24", "2:11"},
		{"address = ff02::1/64", "2:11"},
		{"address = ::1/128", "2:11"},
		{"address = 10.0.0.1/0", "2:11"},
		{"address = 10.0.0.1/24 x", "2:23"},
		{"gateway = 10.0.0.1/24", "2:11"},
		{"mac = 01:00:00:00:00:01", "2:7"},
		{"mac = 00:00:00:00:00:00", "2:7"},
		{"mac = x", "2:7"},
		{"mtu = 67", "2:7"},
		{"mtu = 65536", "2:7"},
		{"stp = 1", "2:7"},
		{"stp-priority = 65536", "2:16"},
		{"forward-delay = 31", "2:17"},
		{"forward-delay = 1.", "2:17"},
		{"forward-delay = 1.234", "2:17"},
		{"forward-delay = .5", "2:17"},
		{"forward-delay = -1", "2:17"},
		{"forward-delay = 99999999999999999999", "2:17"},
		{"hello-time = 0.99", "2:14"},
		{"hello-time = 10.01", "2:14"},
		{"max-age = 5", "2:11"},
		{"max-age = 41", "2:11"},
		{"ageing = 1000001", "2:10"},
		{"netdev-cost = 0", "2:15"},
		{"netdev-priority = 64", "2:19"},
		{"multicast-snooping = x", "2:22"},
		{"multicast-querier = x", "2:21"},
		{"vlan-filtering = x", "2:18"},
		{"vlan-default-pvid = 4095", "2:21"},
		{"uplink-rate = 10", "2:15"},
		{"rate = much", "2:8"},
		{"ip = 10.0.0", "2:6"},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "[bridge b]\n%s\n",
			       bad[i][0]);
		wrong(text, bad[i][1], "");
	}
	right("[bridge b]\naddress = 10.0.0.0/31 192.0.2.1/32\n");
	right("[bridge b]\nforward-delay = 0\n");
	right("[bridge b]\naddress = none\n");
}

static void all_that_is_wrong_is_said(void **state)
{
	struct xn_planeconf *conf = NULL;
	char text[4096] = "[bridge b]\n";

	(void)state;
	memset(&report, 0, sizeof(report));
	assert_int_equal(
		xn_planeconf_read_text("t",
				       "x = 1\n[bridge]\nnetdev = eth0\n"
				       "[bridge c]\nmtu = 1\nmtu = 1500\n"
				       "nonsense\nrate = x\n[bridge d]\n"
				       "stp = on\nforward-delay = 1\n",
				       &conf, &report),
		-EINVAL);
	assert_int_equal(report.errors, 7);
	assert_true(reported("t:1:1: "));
	assert_true(reported("t:2:1: "));
	assert_false(reported("t:3:"));
	assert_true(reported("t:5:7: "));
	assert_true(reported("t:6:1: mtu: said twice, first in line 5"));
	assert_true(reported("t:7:1: "));
	assert_true(reported("t:8:8: "));
	assert_true(reported("t:11:17: "));
	for (int i = 0; i < 150; i++)
		(void)strcat(text, "x = 1\n");
	memset(&report, 0, sizeof(report));
	assert_int_equal(xn_planeconf_read_text("t", text, &conf, &report),
			 -EINVAL);
	assert_int_equal(report.count, XN_REPORT_MAX);
	assert_int_equal(report.errors, 150);
	assert_int_equal(report.left_out, 50);
}

static void keys_of_a_bridge_exclude_each_other(void **state)
{
	(void)state;
	right("[bridge b]\nmode = nat\naddress = 10.0.0.1/24\nstp = on\n");
	wrong("[bridge b]\nmode = nat\n", "1:1", "an address is wanted");
	wrong("[bridge b]\nmode = nat\naddress = 10.0.0.1/24\nnetdev = eth0\n",
	      "4:10", "not with mode=nat");
	wrong("[bridge b]\nmode = nat\naddress = 10.0.0.1/24 dhcp\n", "3:11",
	      "mode=nat");
	right("[bridge b]\nmode = routed\naddress = 10.0.0.1/32\n");
	right("[bridge b]\nmode = routed\nnetdev = eth0\n");
	right("[bridge b]\nmode = routed\nprefix = 192.0.2.0/24 "
	      "2001:db8::/32\n");
	right("[bridge b]\nmode = routed\nprefix = none\n");
	right("[bridge a]\naddress = 192.0.2.1/24\n"
	      "[bridge b]\nmode = routed\nnetdev = a\naddress = "
	      "192.0.2.1/32\n");
	wrong("[bridge b]\nmode = routed\nprefix = 192.0.2.1/24\n", "3:10",
	      "bits are set behind /24");
	wrong("[bridge b]\nmode = routed\nprefix = 192.0.2.0/24 web\n", "3:23",
	      "a network or none");
	wrong("[bridge b]\nprefix = 192.0.2.0/24\n", "2:10",
	      "only with mode=routed");
	wrong("[bridge b]\nmode = routed\nstyle = old\n", "3:9",
	      "not with mode=routed");
	wrong("[bridge b]\nmode = routed\ngateway = 192.0.2.1\n", "3:11",
	      "not with mode=routed");
	wrong("[bridge b]\nmode = routed\nstp = on\n", "3:7",
	      "not with mode=routed");
	wrong("[bridge b]\nmode = routed\nmtu = 1500\n", "3:7",
	      "not with mode=routed");
	right("[bridge b]\nnetdev = eth0\nstyle = old\nvifnum = 0\n");
	wrong("[bridge b]\nstyle = old\n", "2:9", "only with a netdev");
	wrong("[bridge b]\nnetdev-cost = 5\n", "2:15", "only with a netdev");
	wrong("[bridge b]\nnetdev = eth0\nvifnum = 0\n", "3:10",
	      "only with style=old");
	right("[bridge eth0]\nnetdev = eth0\nstyle = new\n"
	      "mac = 02:00:00:00:00:01\n");
	wrong("[bridge b]\nnetdev = eth0\nstyle = new\n", "3:9",
	      "it is [bridge eth0]");
	wrong("[bridge b]\nnetdev = eth0\nstyle = old\n"
	      "mac = 02:00:00:00:00:01\n",
	      "4:7", "not with style=old");
	wrong("[bridge eth0]\nnetdev = eth0\n", "2:10", "style=new");
	wrong("[bridge b]\nnetdev = a23456789012345\nstyle = old\n", "2:10",
	      "too long");
	right("[bridge b]\nnetdev = a23456789012345\n");
	wrong("[bridge peth0]\nnetdev = eth0\nstyle = old\n", "1:1",
	      "gets that name");
	right("[bridge b]\nstp = on\nforward-delay = 15\n");
	wrong("[bridge b]\nstp = on\nforward-delay = 0\n", "3:17",
	      "2 to 30 seconds");
	warned("[bridge b]\nstp = on\nforward-delay = 2\n", "802.1D");
	wrong("[bridge b]\nmulticast-snooping = off\n"
	      "multicast-querier = on\n",
	      "3:21", "multicast-snooping=off");
	right("[bridge b]\nmulticast-querier = on\n");
	wrong("[bridge b]\nuplink-rate = 1Gb/s\n", "2:15",
	      "uplink-rate: only with a netdev");
	wrong("[bridge b]\nvlan-default-pvid = 1\n", "2:21",
	      "only with vlan-filtering=on");
	right("[bridge b]\nvlan-filtering = on\nvlan-default-pvid = 1\n");
	warned("[bridge b]\nvlan-filtering = on\nfastpath = on\n",
	       "kernel's path");
	wrong("[bridge b]\nmtu = 1279\naddress = fd00::1/64\n", "2:7",
	      "no IPv6");
	right("[bridge b]\nmtu = 1280\naddress = fd00::1/64\n");
}

static void gateways_are_within_reach(void **state)
{
	(void)state;
	right("[bridge b]\naddress = 10.0.0.1/24\ngateway = 10.0.0.2\n");
	right("[bridge b]\naddress = fd00::1/64\ngateway = fe80::1\n");
	right("[bridge b]\naddress = dhcp fd00::1/64\ngateway = fd00::2\n");
	wrong("[bridge b]\naddress = 10.0.0.1/24\ngateway = 10.0.1.2\n", "3:11",
	      "in no network");
	wrong("[bridge b]\ngateway = 10.0.1.2\n", "2:11", "in no network");
	wrong("[bridge b]\naddress = 10.0.0.1/24\ngateway = 10.0.0.1\n", "3:11",
	      "own address");
	wrong("[bridge b]\naddress = dhcp\ngateway = 10.0.0.1\n", "3:11",
	      "from elsewhere");
	wrong("[bridge b]\naddress = 10.0.0.1/24\n"
	      "gateway = 10.0.0.2 10.0.0.3\n",
	      "3:20", "IPv4 already");
}

static void bridges_do_not_want_the_same(void **state)
{
	(void)state;
	right("[bridge a]\nnetdev = eth0\n[bridge b]\nnetdev = eth1\n");
	wrong("[bridge a]\nnetdev = eth0\n[bridge b]\nnetdev = eth0\n", "4:10",
	      "[bridge a] already");
	wrong("[bridge a]\n[bridge b]\nnetdev = a\n", "3:10",
	      "that is a bridge");
	wrong("[bridge a]\nnetdev = b\n[bridge b]\n", "2:10",
	      "that is a bridge");
	wrong("[bridge peth0]\n[bridge b]\nnetdev = eth0\nstyle = old\n", "2:1",
	      "a bridge's name");
	wrong("[bridge a]\nnetdev = peth0\n"
	      "[bridge b]\nnetdev = eth0\nstyle = old\n",
	      "4:10", "the same name");
	right("[bridge a]\nnetdev = peth0\n[bridge b]\nnetdev = eth0\n");
	wrong("[bridge a]\nnetdev = eth0\nstyle = old\nvifnum = 1\n"
	      "[bridge b]\nnetdev = eth1\nstyle = old\nvifnum = 1\n",
	      "8:10", "vifnum=1");
	/* Not said, it is the NIC's number, or none. */
	right("[bridge a]\nnetdev = eth0\nstyle = old\n"
	      "[bridge b]\nnetdev = eth1\nstyle = old\n");
	wrong("[bridge a]\nnetdev = eth1\nstyle = old\n"
	      "[bridge b]\nnetdev = ens3\nstyle = old\nvifnum = 1\n",
	      "7:10", "vifnum=1");
	wrong("[bridge a]\nnetdev = ens2\nstyle = old\n"
	      "[bridge b]\nnetdev = ens3\nstyle = old\n",
	      "6:9", "a vifnum is wanted");
	right("[bridge a]\nnetdev = ens2\nstyle = old\n"
	      "[bridge b]\nnetdev = ens3\n");
	wrong("[bridge a]\naddress = 10.0.0.1/24\n"
	      "[bridge b]\naddress = 10.0.0.1/32\n",
	      "4:11", "[bridge a] already");
	wrong("[bridge a]\naddress = 10.0.0.1/24 10.0.0.1/16\n", "2:11",
	      "[bridge a] already");
	warned("[bridge a]\naddress = 10.0.0.1/24\n"
	       "[bridge b]\naddress = 10.0.0.2/24\n",
	       "[bridge a] too");
	right("[bridge a]\naddress = 10.0.0.1/24\n"
	      "[bridge b]\naddress = 10.0.1.1/24\n");
}

static void texts_are_bounded(void **state)
{
	struct xn_planeconf *conf = NULL;
	size_t used = 0;
	char *text = calloc(1, XN_PLANECONF_TEXT_BYTES_MAX + 2);

	(void)state;
	assert_non_null(text);
	for (unsigned int i = 0; i < XN_PLANECONF_BRIDGES_MAX; i++)
		used += (size_t)sprintf(text + used, "[bridge b%u]\n", i);
	right(text);
	(void)strcat(text, "[bridge last]\n");
	wrong(text, "257:1", "more than 256 bridges");
	memset(text, '\n', XN_PLANECONF_TEXT_BYTES_MAX + 1);
	memset(&report, 0, sizeof(report));
	assert_int_equal(xn_planeconf_read_text("t", text, &conf, &report),
			 -EFBIG);
	wrong("[bridge b]\naddress = 10.0.0.1/24 10.0.0.2/24 10.0.0.3/24 "
	      "10.0.0.4/24 10.0.0.5/24 10.0.0.6/24 10.0.0.7/24 10.0.0.8/24 "
	      "10.0.0.9/24 10.0.0.10/24 10.0.0.11/24 10.0.0.12/24 "
	      "10.0.0.13/24 10.0.0.14/24 10.0.0.15/24 10.0.0.16/24 "
	      "10.0.0.17/24\n",
	      "2:210", "more than 16 addresses");
	wrong("[include x]\n", "1:1", "not possible here");
	free(text);
}

/* A folder of files, for includes. */
static char folder[] = "/tmp/test-planeconf-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int read_main(struct xn_planeconf **ret_conf)
{
	char path[128];

	memset(&report, 0, sizeof(report));
	(void)snprintf(path, sizeof(path), "%s/main.conf", folder);
	return xn_planeconf_read(path, ret_conf, &report);
}

static void not_read(const char *words)
{
	struct xn_planeconf *conf = NULL;

	assert_int_equal(read_main(&conf), -EINVAL);
	if (!reported(words))
		fail_msg("'%s' is not '%s'", xn_report_first(&report), words);
}

static void files_are_included(void **state)
{
	struct xn_planeconf *conf = NULL;

	(void)state;
	put("main.conf", "[include conf.d/*.conf]\n[bridge m]\n"
			 "[include conf.d/none*.conf]\n[include one]\n");
	put("conf.d/b.conf", "[bridge b]\nmtu = 1400\n");
	put("conf.d/a.conf", "[bridge a]\n");
	put("conf.d/.c.conf", "nonsense\n");
	put("conf.d/d.old", "nonsense\n");
	put("one", "[include conf.d/e]\n");
	put("conf.d/e", "[defaults]\nstorm = 7\n");
	if (read_main(&conf))
		fail_msg("%s", xn_report_first(&report));
	assert_int_equal(conf->file_count, 5);
	assert_int_equal(conf->bridge_count, 3);
	assert_string_equal(conf->bridge[0].name, "a");
	assert_string_equal(conf->bridge[1].name, "b");
	assert_string_equal(conf->bridge[2].name, "m");
	assert_int_equal(conf->defaults.storm_frames, 7);
	assert_non_null(strstr(conf->bridge[1].place[XN_CONF_MTU].file,
			       "conf.d/b.conf"));
	xn_planeconf_destroy(conf);
}

static void includes_are_strict(void **state)
{
	struct xn_planeconf *conf = NULL;
	char path[128], text[64];

	(void)state;
	put("main.conf", "[include gone]\n");
	not_read("main.conf:1:1: include: ");
	put("main.conf", "[include *.conf]\n");
	not_read("is read already");
	put("main.conf", "[include one]\n");
	put("one", "[include main.conf]\n");
	not_read("one:1:1: include: ");
	put("one", "[bridge a]\nspeed = 1\n");
	not_read("/one:2:1: unknown key 'speed'");
	put("one", "[bridge a]\n");
	put("main.conf", "[bridge a]\n[include one]\n");
	not_read("one:1:1: [bridge a] stands here twice, first at ");
	put("main.conf", "[include */x.conf]\n");
	not_read("only behind the last '/'");
	put("main.conf", "[include]\n");
	not_read("names files");
	put("main.conf", "[include one]\nmtu = 1500\n");
	not_read("[include] has no keys");
	put("main.conf", "[include conf.d]\n");
	not_read("no plain file");
	(void)snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	put("main.conf", "[include pipe]\n");
	not_read("no plain file");
	(void)unlink(path);
	put("main.conf", "[include d0]\n");
	for (int i = 0; i < 9; i++) {
		(void)snprintf(text, sizeof(text), "[include d%d]\n", i + 1);
		(void)snprintf(path, sizeof(path), "d%d", i);
		put(path, i == 8 ? "" : text);
	}
	not_read("files deep");
	put("d6", "[bridge deep]\n");
	assert_int_equal(read_main(&conf), 0);
	assert_string_equal(conf->bridge[0].name, "deep");
	xn_planeconf_destroy(conf);
}

static int make_folder(void **state)
{
	char path[128];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/conf.d", folder);
	return mkdir(path, 0700);
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_kept),
		cmocka_unit_test(vifs_have_addresses_or_names),
		cmocka_unit_test(a_near_word_is_suggested),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(all_that_is_wrong_is_said),
		cmocka_unit_test(keys_of_a_bridge_exclude_each_other),
		cmocka_unit_test(gateways_are_within_reach),
		cmocka_unit_test(bridges_do_not_want_the_same),
		cmocka_unit_test(texts_are_bounded),
		cmocka_unit_test(files_are_included),
		cmocka_unit_test(includes_are_strict),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
