/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of other programs' configurations, and what is said of the
 * rest. All that comes out is read again as `xenplane check` does. */
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

#include "netconf/parse/import/import.h"
#include "netconf/parse/planeconf.h"

static char folder[] = "/tmp/test-import-XXXXXX";

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

static void check_right(const struct xn_import *import)
{
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("made", import->text, &conf, &report))
		fail_msg("%s in\n%s", xn_report_first(&report), import->text);
	assert_int_equal(conf->bridge_count, import->bridge_count);
	xn_planeconf_destroy(conf);
}

static struct xn_import *import_text(const char *text)
{
	struct xn_import *import = NULL;
	struct xn_err err = {0};
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/source", folder);
	put("source", text);
	if (xn_import_file(path, &import, &err))
		fail_msg("refused: %s", xn_err_text(&err));
	check_right(import);
	return import;
}

/* The text has these lines somewhere, in this order. */
static void holds(const struct xn_import *import, const char *lines)
{
	if (!strstr(import->text, lines))
		fail_msg("there is no\n%s\nin\n%s", lines, import->text);
}

static void noted(const struct xn_import *import, const char *words)
{
	for (uint32_t i = 0; i < import->draft.note_count; i++)
		if (strstr(import->draft.note[i], words))
			return;
	fail_msg("'%s' is not said in\n%s", words, import->text);
}

static void becomes(const char *text, const char *lines, const char *note)
{
	struct xn_import *import = import_text(text);

	if (lines)
		holds(import, lines);
	else
		assert_int_equal(import->bridge_count, 0);
	if (note)
		noted(import, note);
	else if (import->draft.note_count)
		fail_msg("'%s' is said", import->draft.note[0]);
	xn_import_destroy(import);
}

static void kinds_are_told_by_content(void **state)
{
	struct xn_import *import = NULL;
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_import_tell("# x\n\n (a b)"), XN_IMPORT_SXP);
	assert_int_equal(xn_import_tell("#\nauto lo\n"), XN_IMPORT_INTERFACES);
	assert_int_equal(xn_import_tell("allow-hotplug a\n"),
			 XN_IMPORT_INTERFACES);
	assert_int_equal(xn_import_tell("\n<network/>"), XN_IMPORT_LIBVIRT);
	assert_int_equal(xn_import_tell(""), XN_IMPORT_UNKNOWN);
	assert_int_equal(xn_import_tell("[bridge b]\n"), XN_IMPORT_UNKNOWN);
	assert_int_equal(xn_import_text("f", "hello\n", &import, &err),
			 -EINVAL);
	assert_non_null(strstr(xn_err_text(&err), "f: neither"));
	err.set = false;
	assert_int_equal(xn_import_file("/no/such", &import, &err), -ENOENT);
	err.set = false;
	assert_int_equal(xn_import_file("/dev/null", &import, &err), -EINVAL);
	err.set = false;
	assert_int_equal(xn_import_file("/", &import, &err), -EISDIR);
	assert_null(import);
}

static void xends_own_scripts(void **state)
{
	(void)state;
	becomes("(network-script network-bridge)\n(vif-script vif-bridge)\n"
		"# (network-script network-nat)\n",
		"[bridge xenbr0]\nnetdev = eth0\nstyle = old\n",
		"source:1: network-bridge: bridge=xenbr0 netdev=eth0 taken");
	becomes("(network-script 'network-bridge bridge=lan netdev=eth1')\n",
		"[bridge lan]\nnetdev = eth1\nstyle = old\n", NULL);
	becomes("(network-script \"network-bridge netdev=eth1\")\n",
		"[bridge xenbr1]\nnetdev = eth1\nstyle = old\n", "xenbr1");
	becomes("(network-script network-bridge vifnum=2)\n",
		"[bridge xenbr2]\nnetdev = eth2\nstyle = old\nvifnum = 2\n",
		"xenbr2");
	becomes("(network-script 'network-bridge bridge=eth0 netdev=eth0 "
		"antispoof=yes')",
		"[bridge eth0]\nnetdev = eth0\nstyle = new\nantispoof = on\n",
		NULL);
	becomes("(network-script 'network-bridge bridge=null')", NULL, NULL);
	becomes("(network-script network-route)(vif-script vif-route)",
		"[bridge xenroute]\nmode = routed\n", NULL);
	becomes("(network-script 'network-nat dhcp=yes')(vif-script vif-nat)",
		"[bridge xennat]\nmode = nat\naddress = 10.0.0.1/16\n"
		"dhcp = on\n",
		"network-nat: the guests");
	becomes("(network-script network-dummy)(vif-script vif-nat)",
		"[bridge xennat]\nmode = nat\n", "network-nat: the guests");
	becomes("(network-script 'network-bridge colour=red bridge=a')",
		"[bridge a]\n", "colour=red is not understood");
	becomes("(network-script 'network-bridge bridge=a/b netdev=eth0')",
		NULL, "'a/b' is no name");
	becomes("(network-script 'network-bridge bridge=a] netdev=eth0')",
		"[bridge a]]\n", NULL);
	becomes("(network-script)", NULL, "network-script: not understood");
	becomes("(network-script nowhere)", NULL, "not beside the file");
	becomes("(vif-script 'vif-bridge bridge=xenbr0')", NULL, "xl.conf");
	becomes("(vif-script my-own)", NULL, "of its own");
	becomes("(vif-speed 3)", NULL, "vif-speed is not understood");
	becomes("\n(dom0-min-mem 1024)\n(enable-dom0-ballooning no)\n", NULL,
		"not the network's: 2 (dom0-min-mem, enable-dom0-ballooning)");
	becomes("(a (b c) (d", NULL, "a ')' is missing");
	becomes("(a))\n", NULL, "a ')' too many");
}

static void a_script_with_two_bridges(void **state)
{
	(void)state;
	put("two", "#!/bin/sh\n"
		   "dir=$(dirname \"$0\")\n"
		   "\"$dir/network-bridge\" \"$@\" vifnum=0 netdev=eth0 "
		   "bridge=xenbr0\n"
		   "\"$dir/network-bridge\" \"$@\" vifnum=1 netdev=dummy0 "
		   "\\\n  bridge=xenbr1\n"
		   "sleep 2\n"
		   "if [[ $1 == 'start' ]]\nthen\n"
		   "\techo '[ !! ] Enable STP'\n"
		   "\tbrctl stp xenbr0 on\n\tbrctl stp xenbr1 on\n"
		   "\tbrctl setfd xenbr1 4\n\tethtool -K eth0 tx off\nfi\n");
	becomes("(network-script two)\n",
		"[bridge xenbr0]\nnetdev = eth0\nstyle = old\nvifnum = 0\n"
		"stp = on\n",
		"two:13: not understood: ethtool -K eth0 tx off");
	becomes("(network-script two)\n",
		"[bridge xenbr1]\nnetdev = dummy0\nstyle = old\nvifnum = 1\n"
		"stp = on\nforward-delay = 4\n",
		"ethtool");
}

static void a_script_with_a_case(void **state)
{
	struct xn_import *import;

	(void)state;
	put("scripts/three",
	    "set -e\nOP=$1\nshift\n"
	    "script=/etc/xen/scripts/network-bridge\n"
	    "case ${OP} in\nstart|restart)\n"
	    "  $script start vifnum=2 bridge=xenbr2 netdev=dummy0\n"
	    "  $script start vifnum=1 bridge=xenbr1 netdev=eth1\n  ;;\n"
	    "stop)\n  $script stop vifnum=7 bridge=xenbr7 netdev=eth7\n"
	    "  rm -f /run/x\n  ;;\n"
	    "*)\n  echo 'Unknown command: ' ${OP}\n  exit 1\nesac\n"
	    "if [ $OP = stop ]; then ifdown eth9; else brctl stp xenbr1 on; "
	    "fi\n"
	    "for i in 3 4; do $script start vifnum=$i bridge=xenbr$i; done\n");
	import = import_text("(network-script /elsewhere/three)\n");
	assert_int_equal(import->bridge_count, 2);
	holds(import, "[bridge xenbr2]\nnetdev = dummy0\nstyle = old\n"
		      "vifnum = 2\n");
	holds(import, "[bridge xenbr1]\nnetdev = eth1\nstyle = old\n"
		      "vifnum = 1\nstp = on\n");
	noted(import, "three:19: not understood: for i in 3 4");
	noted(import, "vifnum=$i is not understood");
	assert_null(strstr(import->text, "xenbr7"));
	assert_null(strstr(import->text, "ifdown"));
	assert_null(strstr(import->text, "/run/x"));
	xn_import_destroy(import);
}

static void stanzas(void **state)
{
	(void)state;
	becomes("iface xenbr0 inet dhcp\nbridge_ports eth0\n",
		"[bridge xenbr0]\nnetdev = eth0\n",
		":1: xenbr0: inet dhcp: no client");
	becomes("iface br0 inet manual\nbridge_ports bond0.100\n",
		"[bridge br0]\nnetdev = bond0.100\n", NULL);
	becomes("iface br0 inet manual\nbridge_ports eth.*\n", "[bridge br0]\n",
		"bridge_ports eth.*: a NIC's name is wanted");
	becomes("iface xenbr0 inet manual\n"
		"\tpre-up brctl addbr $IFACE\n\tup ip link set $IFACE up\n"
		"\tpost-down brctl delbr $IFACE\n"
		"\tdown ip link set $IFACE down\n"
		"\tbridge_stp off          # no spanning tree\n"
		"\tbridge_waitport 0       # no waiting\n\tbridge_fd 0\n",
		"[bridge xenbr0]\nstp = off\nforward-delay = 0\n",
		"bridge_waitport 0: there is no key");
	becomes("auto br0\niface br0 inet static\n  address 192.0.2.1\n"
		"  netmask 255.255.255.128\n  gateway 192.0.2.2\n"
		"  bridge-ports eth0 eth1\n  bridge-stp yes\n"
		"  bridge_bridgeprio 100\n  bridge_hello 1\n"
		"  bridge_maxage 10\n  bridge_ageing 60\n"
		"  bridge_pathcost eth0 50\n  bridge_portprio eth0 1\n"
		"  mtu 9000\n  hwaddress ether 00:16:3e:00:00:09\n"
		"iface br0 inet6 static\n  address fd00::1/64\n",
		"netdev = eth0\naddress = 192.0.2.1/25 fd00::1/64\n"
		"gateway = 192.0.2.2\nstp = on\nstp-priority = 100\n"
		"hello-time = 1\nmax-age = 10\nageing = 60\n"
		"netdev-cost = 50\nnetdev-priority = 1\nmtu = 9000\n"
		"mac = 00:16:3e:00:00:09\n",
		"br0: eth1: a bridge has one netdev here");
	becomes("iface b inet6 auto\nbridge_ports none\nbridge_vlan_aware "
		"yes\n",
		"address = auto6\nvlan-filtering = on\n", NULL);
	becomes("iface b inet manual\nbridge_ports regex eth.*\n",
		"[bridge b]\n", "a NIC's name is wanted");
	becomes("iface b inet manual\nbridge_ports none\nbridge_gcint 4\n",
		"[bridge b]\n", "bridge_gcint 4 is not understood");
	becomes("iface b inet manual\nbridge_ports none\npost-up /bin/x\n",
		"[bridge b]\n", "post_up: not understood: /bin/x");
	becomes("iface b inet static\nbridge_ports none\naddress 10.0.0.1\n"
		"netmask 255.0.255.0\n",
		"[bridge b]\n", "no netmask");
	becomes("auto lo\niface lo inet loopback\niface eth0 inet dhcp\n"
		"source x\n",
		NULL, "eth0 is no bridge");
	becomes("auto lo\nsource x\n", NULL, "source x: not read");
}

/* STP with a forward delay that the kernel refuses is what people have. */
static void what_contradicts_itself_is_left_out(void **state)
{
	(void)state;
	becomes("iface b inet manual\nbridge_ports eth0\nbridge_stp on\n"
		"bridge_fd 0\n",
		"stp = on\n# forward-delay = 0\n", "2 to 30 seconds");
	becomes("iface b inet manual\nbridge_ports eth0\n"
		"iface c inet manual\nbridge_ports eth0\n",
		"[bridge c]\n# netdev = eth0\n", "[bridge b] already");
	becomes("iface b inet manual\nbridge_ports none\nbridge_fd x\n",
		"[bridge b]\n# forward-delay = x\n", "seconds are wanted");
	becomes("(network-script 'network-bridge bridge=peth0 netdev=eth0')",
		NULL, "gets that name");
}

static void libvirts_networks(void **state)
{
	(void)state;
	becomes("<network>\n<name>default</name><uuid>x</uuid>\n"
		"<forward mode='nat'/>\n"
		"<bridge name='virbr0' stp='on' delay='4'/>\n"
		"<mac address='52:54:00:00:00:01'/><mtu size='9000'/>\n"
		"<ip address='192.0.2.1' netmask='255.255.255.0'/>\n"
		"<ip family='ipv6' address='fd00::1' prefix='64'/>\n"
		"</network>\n",
		"[bridge virbr0]\nstp = on\nforward-delay = 4\n"
		"mac = 52:54:00:00:00:01\nmtu = 9000\n"
		"address = 192.0.2.1/24 fd00::1/64\nmode = nat\n",
		NULL);
	becomes("<network><bridge name='lan' stp='on' delay='0'/></network>",
		"[bridge lan]\nstp = on\n# forward-delay = 0\n",
		"2 to 30 seconds");
	becomes("<network><forward mode='bridge'/><bridge name='b'/></network>",
		"[bridge b]\n", "its NIC is not said");
	becomes("<network><forward mode='route'/><bridge name='b' stp='on'/>"
		"<ip address='192.0.2.1' prefix='24'/></network>",
		"[bridge b]\n# stp = on\naddress = 192.0.2.1/24\n"
		"mode = routed\n",
		"each on its own");
	becomes("<network><forward mode='nat'/><bridge name='b'/>\n"
		"<ip address='192.0.2.1' prefix='24'><dhcp>\n"
		"<range start='192.0.2.2' end='192.0.2.9'/>\n"
		"<range start='192.0.2.20' end='192.0.2.29'/></dhcp></ip>\n"
		"<domain name='lan.test'/></network>",
		"[bridge b]\naddress = 192.0.2.1/24\n"
		"dhcp = 192.0.2.2-192.0.2.9 192.0.2.20-192.0.2.29\n"
		"domain = lan.test\nmode = nat\n",
		NULL);
	becomes("<network><forward mode='nat'/><bridge name='b'/>\n"
		"<ip address='192.0.2.1' prefix='24'><dhcp>\n"
		"<range start='192.0.2.0' end='192.0.2.9'/></dhcp></ip>\n"
		"</network>",
		"# dhcp = 192.0.2.0-192.0.2.9\n", "own or its broadcast");
	becomes("<network><forward mode='nat'/><bridge name='b'/>\n"
		"<ip family='ipv6' address='fd00::1' prefix='64'><dhcp>\n"
		"<range start='fd00::2' end='fd00::9'/></dhcp></ip>\n"
		"<bandwidth><inbound average='1'/></bandwidth></network>",
		"mode = nat\n",
		":3: <range start='fd00::2' end='fd00::9'> in <dhcp>");
	becomes("<network><forward mode='nat'/><bridge name='b'/>\n"
		"<ip address='192.0.2.1' prefix='24'><dhcp>"
		"<host mac='00:16:3E:00:00:01' ip='192.0.2.7'/></dhcp></ip>\n"
		"<ip family='ipv6' address='fd00::1' prefix='64'><dhcp>"
		"<host mac='00:16:3e:00:00:01' ip='fd00::7'/></dhcp></ip>"
		"</network>",
		"[vif 00:16:3e:00:00:01]\nip = 192.0.2.7 fd00::7\n", NULL);
	becomes("<network><bridge name='b'/><ip address='192.0.2.1' "
		"prefix='24'><dhcp>\n<host mac='00:16:3e:00:00:01' name='web' "
		"ip='192.0.2.7'/><host mac='x' ip='192.0.2.8'/>\n"
		"<host name='db' ip='192.0.2.9'/></dhcp></ip></network>",
		"[vif 00:16:3e:00:00:01]\nip = 192.0.2.7\n",
		":2: <host name='web'>: there is no key");
	becomes("<network><forward mode='hostdev'/><bridge name='b'/>"
		"<bandwidth/></network>",
		"[bridge b]\n", "<bandwidth>: there is no key");
	becomes("<network><name>n</name></network>", NULL, "has no bridge");
	becomes("<network><bridge name='a&#10;b'/></network>", NULL,
		"'a?b' is no name");
}

static void libvirts_bandwidth(void **state)
{
	(void)state;
	becomes("<network><bridge name='b'/>"
		"<portgroup name='all' default='yes'><bandwidth>"
		"<inbound average='1000' peak='5000' burst='5120' floor='200'/>"
		"<outbound average='128' peak='256' burst='256'/>"
		"</bandwidth></portgroup></network>",
		"[bridge b]\nrate-in = 1000KB/s\nceiling-in = 5000KB/s\n"
		"burst-in = 5242880B\nguarantee-in = 200KB/s\n"
		"rate = 128KB/s\nceiling = 256KB/s\nburst = 262144B\n",
		NULL);
	becomes("<network><bridge name='b'/>"
		"<portgroup name='gold'><bandwidth><inbound average='1'/>"
		"</bandwidth></portgroup></network>",
		"[bridge b]\n", "<portgroup name='gold'>: its guests need");
	becomes("<network><bridge name='b'/><portgroup default='yes'>"
		"<bandwidth><outbound average='-1'/></bandwidth></portgroup>"
		"</network>",
		"[bridge b]\n", "'-1' for rate: kilobytes a second");
	becomes("<network><bridge name='b'/><portgroup default='yes'>"
		"<bandwidth><outbound burst='9999999999' colour='red'/>"
		"</bandwidth></portgroup></network>",
		"[bridge b]\n", "'9999999999' for burst: kilobytes are");
	becomes("<network><bridge name='b'/><portgroup default='yes'>"
		"<virtualport/><bandwidth><inbound colour='red'/></bandwidth>"
		"</portgroup></network>",
		"[bridge b]\n", "<inbound colour>: there is no key");
	becomes("<network><portgroup default='yes'><bandwidth>"
		"<inbound average='1'/></bandwidth></portgroup>"
		"<bridge name='b'/></network>",
		"[bridge b]\n", "<inbound>: stands before the <bridge>");
}

static void not_xml(const char *text, const char *words)
{
	struct xn_import *import = NULL;
	struct xn_err err = {0};

	assert_int_equal(xn_import_text("f.xml", text, &import, &err), -EINVAL);
	assert_null(import);
	if (!strstr(xn_err_text(&err), words))
		fail_msg("'%s' is not '%s'", xn_err_text(&err), words);
}

static void hostile_xml_is_refused(void **state)
{
	char deep[8192] = "<network>";

	(void)state;
	not_xml("<network>", "f.xml:1: ");
	not_xml("<network>\n<a></b></network>", "f.xml:2: mismatched");
	not_xml("<domain/>", "a <network> is wanted");
	not_xml("<!DOCTYPE network [<!ENTITY a 'b'>]>\n"
		"<network><name>&a;</name></network>",
		"a document type is not taken");
	not_xml("<!DOCTYPE network SYSTEM 'file:///etc/passwd'><network/>",
		"a document type is not taken");
	for (int i = 0; i < 100; i++)
		strcat(deep, "<a>");
	for (int i = 0; i < 100; i++)
		strcat(deep, "</a>");
	strcat(deep, "</network>");
	not_xml(deep, "too deep");
}

static void notes_and_bridges_are_bounded(void **state)
{
	char *text = calloc(1, 65536);
	struct xn_import *import;
	size_t used = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 300; i++)
		used += (size_t)sprintf(text + used,
					"iface b%d inet manual\n"
					"bridge_ports none\nx y\n",
					i);
	import = import_text(text);
	assert_int_equal(import->bridge_count, XN_DRAFT_SECTIONS_MAX);
	assert_int_equal(import->draft.note_count, XN_DRAFT_NOTES_MAX);
	assert_true(import->draft.notes_left_out > 0);
	xn_import_destroy(import);
	free(text);
}

static void what_people_read_is_printable(void **state)
{
	struct xn_import *import =
		import_text("iface b inet manual\nbridge_ports none\n"
			    "x \033[31m\n\001 y\n");

	(void)state;
	assert_null(strchr(import->text, '\033'));
	assert_null(strchr(import->draft.note[0], '\033'));
	noted(import, "x ?[31m");
	xn_import_destroy(import);
}

static int make_folder(void **state)
{
	char path[128];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/scripts", folder);
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
		cmocka_unit_test(kinds_are_told_by_content),
		cmocka_unit_test(xends_own_scripts),
		cmocka_unit_test(a_script_with_two_bridges),
		cmocka_unit_test(a_script_with_a_case),
		cmocka_unit_test(stanzas),
		cmocka_unit_test(what_contradicts_itself_is_left_out),
		cmocka_unit_test(libvirts_networks),
		cmocka_unit_test(libvirts_bandwidth),
		cmocka_unit_test(hostile_xml_is_refused),
		cmocka_unit_test(notes_and_bridges_are_bounded),
		cmocka_unit_test(what_people_read_is_printable),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
