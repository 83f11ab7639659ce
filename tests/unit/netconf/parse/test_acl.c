/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [acl NAME] of xenplane.conf: what each form means, what is refused and where,
 * and that what is written reads back the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "netconf/base/text.h"
#include "netconf/parse/planeconf.h"
#include "netconf/parse/planeconf_write.h"

static struct xn_report report;

static struct xn_planeconf *accepted(const char *text)
{
	struct xn_planeconf *conf = NULL;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("refused: %s", xn_report_first(&report));
	return conf;
}

/* Written down, the list is `wanted`; and that is written the same again. */
static void becomes(const char *lines, const char *wanted)
{
	char text[2048];
	struct xn_planeconf *conf;
	char *written = NULL, *again = NULL;

	(void)snprintf(text, sizeof(text), "[acl other]\n[acl web]\n%s\n",
		       lines);
	conf = accepted(text);
	assert_int_equal(xn_planeconf_write(conf, &written, NULL), 0);
	xn_planeconf_destroy(conf);
	(void)snprintf(text, sizeof(text), "[acl other]\n[acl web]\n%s\n",
		       wanted);
	assert_string_equal(written, text);
	conf = accepted(written);
	assert_int_equal(xn_planeconf_write(conf, &again, NULL), 0);
	xn_planeconf_destroy(conf);
	assert_string_equal(again, written);
	free(written);
	free(again);
}

static void same(const char *line)
{
	becomes(line, line);
}

static void refused(const char *text, const char *words)
{
	struct xn_planeconf *conf = NULL;

	memset(&report, 0, sizeof(report));
	assert_int_equal(xn_planeconf_read_text("t", text, &conf, &report),
			 -EINVAL);
	if (strcmp(xn_report_first(&report), words) != 0)
		fail_msg("'%s' is not '%s'", xn_report_first(&report), words);
}

/* The list's only line is refused: the place is behind "t:2:". */
static void wrong(const char *line, const char *words)
{
	char text[1024], said[1024];

	(void)snprintf(text, sizeof(text), "[acl web]\n%s\n", line);
	(void)snprintf(said, sizeof(said), "t:2:%s", words);
	refused(text, said);
}

static void each_form_is_kept(void **state)
{
	(void)state;
	same("allow = in tcp");
	same("allow = in any");
	same("deny = out any");
	same("default = allow");
	same("default = deny");
	same("allow = in tcp 22");
	same("allow = out tcp 80,443,8000-8080");
	same("allow = in udp source 53");
	same("allow = in tcp 1024-65535 source 80 established");
	same("allow = in icmp 8");
	same("allow = out icmp6 1-4,128");
	same("deny = in 47");
	same("deny = in sctp 5000");
	same("allow = in tcp from 10.0.0.0/8");
	same("allow = in any from 0.0.0.0/0 ::/0");
	same("allow = out tcp 53 to 192.0.2.1 2001:db8::/32");
	same("allow = in tcp 5432 from web0 vif3.0 db-1 group other");
	same("deny = in any from 00:16:3e:00:00:01");
	same("allow = out udp 53 to 192.0.2.1 replies");
	same("allow = out tcp replies");
	same("allow = out icmp replies");
	same("allow = out tcp 80\nallow = out tcp 80\ndeny = in any");
	becomes(" allow=in   tcp 22-22   from  FD00::1/128 ",
		"allow = in tcp 22 from fd00::1");
	becomes("allow = in 6 22", "allow = in tcp 22");
	becomes("allow = in 1", "allow = in 1");
	becomes("allow = in 255", "allow = in 255");
}

static void a_rule_is_what_it_says(void **state)
{
	struct xn_planeconf *conf = accepted(
		"[acl web]\ndeny = in tcp 80,90-99 source 7 established from "
		"10.0.0.0/8 web0 group web\n");
	const struct xn_acl_rule *rule = conf->acl[0].rule;

	(void)state;
	assert_int_equal(conf->acl_count, 1);
	assert_string_equal(conf->acl[0].name, "web");
	assert_false(conf->acl[0].default_allow);
	assert_int_equal(conf->acl[0].rule_count, 1);
	assert_false(rule->allow);
	assert_true(rule->in && rule->established && !rule->replies);
	assert_int_equal(rule->protocol, 6);
	assert_int_equal(rule->to_count, 2);
	assert_int_equal(rule->to[1].first, 90);
	assert_int_equal(rule->to[1].last, 99);
	assert_int_equal(rule->from_count, 1);
	assert_int_equal(rule->peer_count, 3);
	assert_int_equal(rule->peer[0].by, XN_ACL_BY_NETWORK);
	assert_int_equal(rule->peer[0].network.prefix, 8);
	assert_int_equal(rule->peer[1].by, XN_ACL_BY_NAME);
	assert_int_equal(rule->peer[2].by, XN_ACL_BY_GROUP);
	assert_string_equal(rule->peer[2].name, "web");
	assert_int_equal(rule->place.line, 2);
	xn_planeconf_destroy(conf);
}

static void what_is_no_rule_is_refused_at_its_word(void **state)
{
	(void)state;
	wrong("allow = tcp 22", "9: allow: 'tcp': in or out is wanted first");
	wrong("allow = in", "9: allow=in: a protocol is wanted");
	wrong("allow = in foo",
	      "12: allow: 'foo': any, tcp, udp, sctp, icmp, icmp6 or the "
	      "number of a protocol is wanted");
	wrong("allow = in 256",
	      "12: allow: '256': any, tcp, udp, sctp, icmp, icmp6 or the "
	      "number of a protocol is wanted");
	wrong("allow = in tcp 0",
	      "16: allow: '0': ports such as 22 or 80,8000-8080 are wanted");
	wrong("allow = in tcp 65536",
	      "16: allow: '65536': ports such as 22 or 80,8000-8080 are "
	      "wanted");
	wrong("allow = in tcp 9-8",
	      "16: allow: '9-8': ports such as 22 or 80,8000-8080 are wanted");
	wrong("allow = in tcp 1,,2",
	      "16: allow: '1,,2': ports such as 22 or 80,8000-8080 are "
	      "wanted");
	wrong("allow = in icmp 256",
	      "17: allow: '256': types such as 8 or 3,11-12 are wanted");
	wrong("allow = in tcp 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
	      "16: allow: '1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17': more "
	      "than 16 ports or ranges");
	wrong("allow = in any 22",
	      "16: allow: '22': this protocol has no ports");
	wrong("allow = in 47 22",
	      "15: allow: '22': this protocol has no ports");
	wrong("allow = in icmp source 8",
	      "17: allow: 'source': this protocol has no ports");
	wrong("allow = in udp source",
	      "9: allow=in udp source: ports are wanted at its end");
	wrong("allow = in udp established",
	      "16: allow: 'established': only tcp knows that");
	wrong("allow = in tcp to 10.0.0.1",
	      "16: allow: 'to': PORTS, source PORTS, established, from "
	      "PEER..., replies is the order");
	wrong("allow = out tcp from 10.0.0.1",
	      "17: allow: 'from': PORTS, source PORTS, established, to "
	      "PEER..., replies is the order");
	wrong("allow = in tcp from",
	      "9: allow=in tcp from: who is wanted at its end");
	wrong("allow = in tcp from group",
	      "9: allow=in tcp from group: who is wanted at its end");
	wrong("allow = in tcp from 10.0.0.1/8",
	      "21: allow: '10.0.0.1/8': a network (without bits behind its "
	      "length), an address, a MAC, a vif's name or group NAME is "
	      "wanted");
	wrong("allow = in tcp from 10.0.0.300",
	      "21: allow: '10.0.0.300': a network (without bits behind its "
	      "length), an address, a MAC, a vif's name or group NAME is "
	      "wanted");
	wrong("allow = in tcp from 01:00:5e:00:00:01",
	      "21: allow: '01:00:5e:00:00:01': no vif has a group's address");
	wrong("allow = in tcp from any",
	      "21: allow: 'any': a network (without bits behind its length), "
	      "an address, a MAC, a vif's name or group NAME is wanted");
	wrong("allow = in tcp from a b c d e f g h i j k l m n o p q",
	      "53: allow: 'q': more than 16 of them");
	wrong("deny = in tcp 22 replies",
	      "18: deny: 'replies': only what is allowed is answered");
	wrong("allow = in any replies",
	      "16: allow: 'replies': nobody can tell answers of this protocol");
	wrong("allow = out udp replies",
	      "17: allow: 'replies': answers are told by PORTS, which are "
	      "wanted");
	wrong("allow = out tcp replies 22",
	      "25: allow: '22': PORTS, source PORTS, established, to PEER..., "
	      "replies is the order");
	wrong("allow = in tcp from group nobody",
	      "1: group nobody: there is no [acl nobody]");
	wrong("default = maybe", "11: default=maybe: allow or deny is wanted");
	wrong("default = alow", "11: default=alow: allow or deny is wanted "
				"(did you mean 'allow'?)");
	refused("[acl web]\ndefault = deny\ndefault = deny\n",
		"t:3:1: default: said twice in this section");
	wrong("alow = in tcp",
	      "1: unknown key 'alow' in [acl NAME]: allow, deny or default is "
	      "wanted (did you mean 'allow'?)");
}

static void sections_and_settings_go_together(void **state)
{
	struct xn_planeconf *conf;

	(void)state;
	conf = accepted("[defaults]\nacl = web\n[bridge b]\nacl=none\n"
			"[vif 00:16:3e:00:00:01]\nacl = web\n[acl web]\n");
	assert_string_equal(conf->defaults.acl, "web");
	assert_string_equal(conf->bridge[0].vifs.acl, "");
	assert_true(conf->bridge[0].vifs.said & 1u << XN_SETTING_ACL);
	assert_string_equal(conf->vif[0].settings.acl, "web");
	xn_planeconf_destroy(conf);
	refused("[vif a]\nacl = web\n",
		"t:1:1: acl=web: there is no [acl web]");
	refused("[bridge b]\nacl = web\n",
		"t:1:1: acl=web: there is no [acl web]");
	refused("[defaults]\nacl = web\n",
		"t:1:1: acl=web: there is no [acl web]");
	refused("[vif a]\nacl = a/b\n",
		"t:2:7: acl=a/b: the name of an access list or none is wanted");
	refused("[acl web]\n[acl web]\n",
		"t:2:1: [acl web]: said already, at t:1");
	refused("[acl]\n",
		"t:1:1: '' is no name for an access list: up to 31 letters, "
		"digits, '.', '_', '-' are");
	refused("[acl none]\n",
		"t:1:1: 'none' is no name for an access list: up to 31 "
		"letters, digits, '.', '_', '-' are");
	refused("[acl a-name-that-is-longer-than-it-may]\n",
		"t:1:1: 'a-name-that-is-longer-than-it-may' is no name for an "
		"access list: up to 31 letters, digits, '.', '_', '-' are");
}

static void append(char *text, size_t bytes, const char *line)
{
	size_t used = strlen(text);

	assert_true(xn_text_copy(text + used, bytes - used, line) >= 0);
}

static void there_are_not_too_many(void **state)
{
	static char text[65536];
	struct xn_planeconf *conf;

	(void)state;
	(void)strcpy(text, "[acl web]\n");
	for (uint32_t i = 0; i < XN_ACL_RULES_MAX; i++)
		append(text, sizeof(text), "deny = in tcp 1\n");
	conf = accepted(text);
	assert_int_equal(conf->acl[0].rule_count, XN_ACL_RULES_MAX);
	xn_planeconf_destroy(conf);
	append(text, sizeof(text), "deny = in tcp 1\n");
	refused(text, "t:258:1: more than 256 rules in [acl web]");

	(void)strcpy(text, "[acl web]\n");
	for (uint32_t i = 0; i < 57; i++)
		append(text, sizeof(text),
		       "allow = in tcp 1,2,3,4 source 1,2 replies\n");
	refused(text, "t:1:1: [acl web]: with each port and range of its rules "
		      "it has more than 900");

	text[0] = '\0';
	for (uint32_t i = 0; i <= XN_CONF_ACLS_MAX; i++) {
		char line[32];

		(void)snprintf(line, sizeof(line), "[acl a%u]\n", i);
		append(text, sizeof(text), line);
	}
	refused(text, "t:65:1: more than 64 access lists");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_kept),
		cmocka_unit_test(a_rule_is_what_it_says),
		cmocka_unit_test(what_is_no_rule_is_refused_at_its_word),
		cmocka_unit_test(sections_and_settings_go_together),
		cmocka_unit_test(there_are_not_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
