/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dnsmasq is told, for several bridges; which guests it knows, and by
 * which names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "natd/dhcp/plan.h"
#include "netconf/base/text.h"
#include "netconf/parse/planeconf.h"

#define BEGIN                                                  \
	"# Made by xenplaned. What is changed here is lost.\n" \
	"keep-in-foreground\n"                                 \
	"log-facility=-\n"                                     \
	"pid-file=\n"                                          \
	"bind-dynamic\n"                                       \
	"interface=xennat\n"                                   \
	"except-interface=lo\n"
#define NAMES                       \
	"port=53\n"                 \
	"no-hosts\n"                \
	"addn-hosts=/run/x/names\n" \
	"domain-needed\n"           \
	"bogus-priv\n"              \
	"cache-size=1000\n"
#define DHCP                             \
	"dhcp-authoritative\n"           \
	"dhcp-ignore-clid\n"             \
	"dhcp-ignore-names\n"            \
	"no-ping\n"                      \
	"quiet-dhcp\n"                   \
	"quiet-dhcp6\n"                  \
	"quiet-ra\n"                     \
	"dhcp-lease-max=20480\n"         \
	"dhcp-leasefile=/run/x/leases\n" \
	"dhcp-hostsfile=/run/x/guests\n"
#define NAT "[bridge xennat]\nmode = nat\n"

static struct xn_planeconf *read_conf(const char *text)
{
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("%s", xn_report_first(&report));
	return conf;
}

static struct xdhcp_texts plan(const char *text, uint32_t mtu,
			       const struct xnat_guests *guests)
{
	struct xn_planeconf *conf = read_conf(text);
	struct xdhcp_site site = {
		.bridge = &conf->bridge[0],
		.mtu = mtu,
		.folder = "/run/x",
		.guests = guests,
	};
	struct xdhcp_texts texts;

	assert_int_equal(xdhcp_plan(&site, &texts, NULL), 0);
	xn_planeconf_destroy(conf);
	return texts;
}

static void conf_is(const char *text, uint32_t mtu, const char *wanted)
{
	const struct xnat_guests nobody = {0};
	struct xdhcp_texts texts = plan(text, mtu, &nobody);

	assert_string_equal(texts.conf, wanted);
	assert_string_equal(texts.guests, "");
	assert_string_equal(texts.names, "");
	xdhcp_texts_fini(&texts);
}

static void both_families(void **state)
{
	(void)state;
	conf_is(NAT "address = 10.0.0.1/24 fd00:1::1/64\n"
		    "dhcp = on\ndomain = lan\n",
		1400,
		BEGIN NAMES
		"local=/lan/\nexpand-hosts\ndomain=lan\n" DHCP
		"dhcp-range=10.0.0.2,10.0.0.254,255.255.255.0,3600s\n"
		"dhcp-option=option:mtu,1400\n"
		"enable-ra\n"
		"dhcp-range=fd00:1::,static,slaac,ra-names,64,3600s\n");
}

static void ranges_and_times(void **state)
{
	(void)state;
	conf_is(NAT "address = 10.0.0.1/20 10.9.0.1/25\n"
		    "dhcp = 10.0.3.0-10.0.3.9 10.9.0.7-10.9.0.7\n"
		    "lease-time = 2d\n",
		0,
		BEGIN NAMES DHCP
		"dhcp-range=10.0.3.0,10.0.3.9,255.255.240.0,172800s\n"
		"dhcp-range=10.9.0.7,10.9.0.7,255.255.255.128,172800s\n");
}

static void names_alone_and_addresses_alone(void **state)
{
	(void)state;
	conf_is(NAT "address = 10.0.0.1/24\ndns = on\n", 1500, BEGIN NAMES);
	conf_is(NAT "address = 10.0.0.1/24 fd00:1::1/64\n"
		    "dhcp = on\ndns = off\n",
		0,
		BEGIN "port=0\n" DHCP
		      "dhcp-range=10.0.0.2,10.0.0.254,255.255.255.0,3600s\n"
		      "dhcp-option=option:dns-server\n"
		      "enable-ra\n"
		      "dhcp-option=option6:dns-server\n"
		      "dhcp-range=fd00:1::,static,slaac,ra-names,64,3600s\n");
}

/* Who leads nowhere says so. */
static void a_bridge_without_a_way_out(void **state)
{
	(void)state;
	conf_is("[bridge xennat]\naddress = 10.0.0.1/24 fd00:1::1/80\n"
		"dhcp = on\n",
		0,
		BEGIN NAMES DHCP
		"dhcp-range=10.0.0.2,10.0.0.254,255.255.255.0,3600s\n"
		"dhcp-option=option:router\n"
		"enable-ra\n"
		"ra-param=xennat,600,0\n"
		"dhcp-range=fd00:1::,static,80,3600s\n");
}

static void add(struct xnat_guests *guests, const char *name, const char *mac,
		const char *first, const char *second)
{
	struct xnat_guest guest = {.has_mac = mac != NULL};
	const char *const address[] = {first, second};

	(void)xn_text_copy(guest.name, sizeof(guest.name), name);
	if (mac)
		assert_int_equal(xn_mac_parse(mac, &guest.mac), 0);
	for (size_t i = 0; i < 2; i++) {
		struct xn_planeconf *conf;
		char text[64];

		if (!address[i])
			continue;
		(void)snprintf(text, sizeof(text), "[vif v]\nip = %s\n",
			       address[i]);
		conf = read_conf(text);
		guest.address[guest.address_count++] =
			conf->vif[0].settings.address[0];
		xn_planeconf_destroy(conf);
	}
	assert_int_equal(xnat_guests_add(guests, &guest), 0);
}

static void guests_are(struct xnat_guests *guests, const char *lines,
		       const char *names)
{
	struct xdhcp_texts texts =
		plan(NAT "address = 10.0.0.1/24 fd00:1::1/64\ndhcp = on\n", 0,
		     guests);

	assert_string_equal(texts.guests, lines);
	assert_string_equal(texts.names, names);
	xdhcp_texts_fini(&texts);
	xnat_guests_fini(guests);
}

static void guests_have_their_addresses_and_names(void **state)
{
	struct xnat_guests guests = {0};

	(void)state;
	add(&guests, "Web", "00:16:3e:00:00:01", "10.0.0.5", "fd00:1::5");
	add(&guests, "db", "00:16:3e:00:00:02", NULL, NULL);
	add(&guests, "", "00:16:3e:00:00:03", "10.0.0.6", NULL);
	add(&guests, "", "00:16:3e:00:00:04", NULL, NULL);
	/* Not here: networks, and what is elsewhere. */
	add(&guests, "v6", "00:16:3e:00:00:06", "192.0.2.1", "10.0.0.0/25");
	guests_are(&guests,
		   "00:16:3e:00:00:01,10.0.0.5,[fd00:1::5],web\n"
		   "00:16:3e:00:00:02,db\n"
		   "00:16:3e:00:00:03,10.0.0.6\n"
		   "00:16:3e:00:00:06,v6\n",
		   "10.0.0.5 web\nfd00:1::5 web\n");
}

static void addresses_of_the_unknown_are_kept_back(void **state)
{
	struct xnat_guests guests = {0};

	(void)state;
	add(&guests, "later", NULL, "10.0.0.9", "fd00:1::9");
	add(&guests, "two", "00:16:3e:00:00:01", "10.0.0.7", "10.0.0.8");
	guests_are(&guests,
		   "id:xenplane-reserved-0-0,10.0.0.9\n"
		   "00:16:3e:00:00:01,10.0.0.7,two\n"
		   "id:xenplane-reserved-1-1,10.0.0.8\n",
		   "10.0.0.9 later\nfd00:1::9 later\n10.0.0.7 two\n");
}

/* The first counts; what could be more than a name in a line is none. */
static void nobody_takes_what_is_anothers(void **state)
{
	struct xnat_guests guests = {0};

	(void)state;
	add(&guests, "web", "00:16:3e:00:00:01", "10.0.0.5", NULL);
	add(&guests, "WEB", "00:16:3e:00:00:02", "10.0.0.6", NULL);
	add(&guests, "x", "00:16:3e:00:00:01", "10.0.0.7", NULL);
	add(&guests, "y", "00:16:3e:00:00:03", "10.0.0.5", NULL);
	add(&guests, "a,ignore", "00:16:3e:00:00:04", NULL, NULL);
	add(&guests, "a.b", "00:16:3e:00:00:05", NULL, NULL);
	add(&guests, "a\nb", "00:16:3e:00:00:06", "10.0.0.8", NULL);
	guests_are(&guests,
		   "00:16:3e:00:00:01,10.0.0.5,web\n"
		   "00:16:3e:00:00:02,10.0.0.6\n"
		   "id:xenplane-reserved-2-0,10.0.0.7\n"
		   "00:16:3e:00:00:03,y\n"
		   "00:16:3e:00:00:06,10.0.0.8\n",
		   "10.0.0.5 web\n10.0.0.7 x\n");
}

/* dnsmasq takes a bare word in a guest's line for a time or an order. */
static void a_name_is_no_word_of_dnsmasqs(void **state)
{
	struct xnat_guests guests = {0};

	(void)state;
	add(&guests, "ignore", "00:16:3e:00:00:01", "10.0.0.5", NULL);
	add(&guests, "Infinite", "00:16:3e:00:00:02", "10.0.0.6", NULL);
	add(&guests, "101", "00:16:3e:00:00:03", "10.0.0.7", NULL);
	add(&guests, "7D", "00:16:3e:00:00:04", NULL, NULL);
	add(&guests, "7x", "00:16:3e:00:00:05", NULL, NULL);
	add(&guests, "s", "00:16:3e:00:00:06", NULL, NULL);
	add(&guests, "7-d", "00:16:3e:00:00:07", NULL, NULL);
	guests_are(&guests,
		   "00:16:3e:00:00:01,10.0.0.5\n"
		   "00:16:3e:00:00:02,10.0.0.6\n"
		   "00:16:3e:00:00:03,10.0.0.7\n"
		   "00:16:3e:00:00:05,7x\n"
		   "00:16:3e:00:00:06,s\n"
		   "00:16:3e:00:00:07,7-d\n",
		   "10.0.0.5 ignore\n10.0.0.6 infinite\n10.0.0.7 101\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_families),
		cmocka_unit_test(ranges_and_times),
		cmocka_unit_test(names_alone_and_addresses_alone),
		cmocka_unit_test(a_bridge_without_a_way_out),
		cmocka_unit_test(guests_have_their_addresses_and_names),
		cmocka_unit_test(addresses_of_the_unknown_are_kept_back),
		cmocka_unit_test(nobody_takes_what_is_anothers),
		cmocka_unit_test(a_name_is_no_word_of_dnsmasqs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
