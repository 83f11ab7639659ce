/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings from text and back, and every word that is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "netconf/parse/settings.h"

/* Put, and formatted again. */
static void becomes(enum xn_setting setting, const char *value,
		    const char *want)
{
	struct xn_settings settings = {0};
	struct xn_err err = {0};
	char text[XN_SETTING_TEXT_MAX];

	if (xn_settings_put(&settings, xn_setting_name(setting), value, &err))
		fail_msg("%s=%s refused: %s", xn_setting_name(setting), value,
			 xn_err_text(&err));
	assert_int_equal(settings.said, 1u << setting);
	assert_string_equal(xn_settings_format(&settings, setting, text), want);
}

static void refused(const char *key, const char *value, const char *words)
{
	struct xn_settings settings, before;
	struct xn_err err = {0};

	memset(&settings, 0, sizeof(settings));
	settings.said = 0x55;
	settings.address_count = 3;
	before = settings;
	assert_int_equal(xn_settings_put(&settings, key, value, &err), -EINVAL);
	assert_memory_equal(&settings, &before, sizeof(settings));
	if (!strstr(xn_err_text(&err), key) ||
	    !strstr(xn_err_text(&err), words))
		fail_msg("'%s' is not in '%s'", words, xn_err_text(&err));
}

static void words_are_kept(void **state)
{
	(void)state;
	becomes(XN_SETTING_FASTPATH, "on", "on");
	becomes(XN_SETTING_FASTPATH, "off", "off");
	becomes(XN_SETTING_OFFLOAD, "off", "off");
	becomes(XN_SETTING_ANTISPOOF, "on", "on");
	becomes(XN_SETTING_ISOLATED, "on", "on");
	becomes(XN_SETTING_CARRIER, "off", "off");
	becomes(XN_SETTING_BPDU, "drop", "drop");
	becomes(XN_SETTING_BPDU, "pass", "pass");
	becomes(XN_SETTING_STORM, "off", "off");
	becomes(XN_SETTING_STORM, "500", "500");
	becomes(XN_SETTING_RATE, "off", "off");
	becomes(XN_SETTING_RATE, "10Mb/s", "10Mb/s");
	becomes(XN_SETTING_RATE, "1GB/s", "8Gb/s");
	becomes(XN_SETTING_RATE, "250KB/s@20ms", "2Mb/s@20000us");
	becomes(XN_SETTING_BURST, "100KB", "100KB");
	becomes(XN_SETTING_BURST, "1514B", "1514B");
	becomes(XN_SETTING_BURST, "off", "off");
	becomes(XN_SETTING_CEILING, "1GB/s", "8Gb/s");
	becomes(XN_SETTING_CEILING, "off", "off");
	becomes(XN_SETTING_GUARANTEE, "12345678b/s", "12345672b/s");
	becomes(XN_SETTING_WEIGHT, "100", "100");
	becomes(XN_SETTING_RATE_IN, "250KB/s@20ms", "2Mb/s@20000us");
	becomes(XN_SETTING_RATE_IN, "off", "off");
	becomes(XN_SETTING_BURST_IN, "2GB", "2GB");
	becomes(XN_SETTING_CEILING_IN, "800Gb/s", "800Gb/s");
	becomes(XN_SETTING_GUARANTEE_IN, "8b/s", "8b/s");
	becomes(XN_SETTING_WEIGHT_IN, "1", "1");
	becomes(XN_SETTING_POLICE, "on", "on");
	becomes(XN_SETTING_POLICE, "off", "off");
	becomes(XN_SETTING_IP, "none", "none");
	becomes(XN_SETTING_IP, "10.0.0.1", "10.0.0.1");
	becomes(XN_SETTING_IP, " fd00::1\t10.0.0.1/32 ", "fd00::1 10.0.0.1");
}

/* A formatted rate means the same when it is read again. */
static void a_rate_reads_back_the_same(void **state)
{
	static const char *const rates[] = {"1b/s@1s", "8b/s@1s", "10Mb/s@1ms",
					    "1Gb/s@333us", "12345678b/s"};

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct xn_settings first = {0}, second = {0};
		struct xn_err err = {0};
		char text[XN_SETTING_TEXT_MAX];

		if (xn_settings_put(&first, "rate", rates[i], &err))
			continue; /* less than a byte */
		assert_int_equal(
			xn_settings_put(&second, "rate",
					xn_settings_format(
						&first, XN_SETTING_RATE, text),
					&err),
			0);
		assert_true(xn_settings_equal(&first, &second));
	}
}

static void the_toolstacks_network_loses_the_hosts_bits(void **state)
{
	static const char *const rows[][2] = {
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"10.1.2.255/31", "10.1.2.254/31"},
		{"1.2.3.4/0", "0.0.0.0/0"},
		{"fd00:1:2:3:4::1/64", "fd00:1:2:3::/64"},
		{"ffff::/1", "8000::/1"},
		{"fd00::1/128", "fd00::1"},
	};
	char text[XN_SETTING_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct xn_settings settings = {0};
		struct xn_err err = {0};

		assert_int_equal(
			xn_settings_put_stock_ip(&settings, rows[i][0], &err),
			0);
		assert_int_equal(settings.said, 1u << XN_SETTING_IP);
		assert_string_equal(
			xn_settings_format(&settings, XN_SETTING_IP, text),
			rows[i][1]);
	}
}

static void default_takes_it_back(void **state)
{
	struct xn_settings settings = {0};
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_settings_put(&settings, "storm", "5", &err), 0);
	assert_int_equal(xn_settings_put(&settings, "bpdu", "drop", &err), 0);
	assert_int_equal(xn_settings_put(&settings, "storm", "default", &err),
			 0);
	assert_int_equal(settings.said, 1u << XN_SETTING_BPDU);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	refused("fastpath", "yes", "on or off is wanted");
	refused("fastpath", "", "on or off is wanted");
	refused("offload", "ON", "on or off is wanted");
	refused("rate-in", "10", "a rate such as");
	refused("rate-in", "10Mb/s@11s", "an interval of");
	refused("burst", "0B", "bytes such as");
	refused("burst", "100", "bytes such as");
	refused("burst", "100Kb", "bytes such as");
	refused("burst-in", "1100GB", "bytes such as");
	refused("burst-in", "-1B", "bytes such as");
	refused("ceiling", "801Gb/s", "a rate such as");
	refused("ceiling", "1b/s", "a rate such as");
	refused("ceiling-in", "10Mb/s@1ms", "a rate such as");
	refused("guarantee", "999999999999GB/s", "a rate such as");
	refused("guarantee-in", "", "a rate such as");
	refused("weight", "0", "1 to 100 is wanted");
	refused("weight-in", "101", "1 to 100 is wanted");
	refused("police", "nft", "on or off is wanted");
	refused("antispoof", "1", "on or off is wanted");
	refused("isolated", "on ", "on or off is wanted");
	refused("carrier", "up", "on or off is wanted");
	refused("bpdu", "on", "pass or drop is wanted");
	refused("storm", "0", "or off is wanted");
	refused("storm", "-1", "or off is wanted");
	refused("storm", "1000000001", "or off is wanted");
	refused("storm", "5/s", "or off is wanted");
	refused("rate", "fast", "a rate such as");
	refused("rate", "10Mb/s@11s", "1us to 10s");
	refused("rate", "900000GB/s", "rate");
	refused("ip", "", "addresses or none");
	refused("ip", " ", "addresses or none");
	refused("ip", "10.0.0", "an IP address");
	refused("ip", "10.0.0.1,10.0.0.2", "an IP address");
	refused("ip", "10.0.0.1/33", "an IP address");
	refused("ip", "fd00::1/129", "an IP address");
	refused("ip", "10.0.0.1/", "an IP address");
	refused("ip", "10.0.0.1 x", "ip=x:");
	refused("ip", "10.77.0.3/24", "bits behind it");
	refused("ip", "fd00::1/64", "bits behind it");
	refused("speed", "1", "unknown key");
	refused("", "1", "unknown key");
}

static void addresses_are_bounded(void **state)
{
	char text[XN_SETTING_TEXT_MAX + 32] = "";
	struct xn_settings settings = {0};
	struct xn_err err = {0};

	(void)state;
	for (int i = 0; i < 32; i++)
		(void)snprintf(text + strlen(text), 24, "10.0.0.%d ", i);
	assert_int_equal(xn_settings_put(&settings, "ip", text, &err), 0);
	assert_int_equal(settings.address_count, 32);
	(void)strcat(text, "10.0.0.32");
	refused("ip", text, "more than 32");
	memset(text, '1', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	refused("ip", text, "too long");
}

static void the_longest_list_can_be_written(void **state)
{
	struct xn_settings settings = {0}, again = {0};
	struct xn_err err = {0};
	char text[XN_SETTING_TEXT_MAX];

	(void)state;
	settings.said = 1u << XN_SETTING_IP;
	settings.address_count = XN_SETTINGS_ADDRESSES_MAX;
	for (uint32_t i = 0; i < XN_SETTINGS_ADDRESSES_MAX; i++) {
		settings.address[i].family = 6;
		settings.address[i].prefix = 127;
		memset(settings.address[i].octet, 0xfe, 16);
	}
	(void)xn_settings_format(&settings, XN_SETTING_IP, text);
	assert_int_equal(xn_settings_put(&again, "ip", text, &err), 0);
	assert_true(xn_settings_equal(&settings, &again));
}

static void pairs_are_split(void **state)
{
	struct xn_settings settings = {0};
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(
		xn_settings_put_pair(&settings, "ip=10.0.0.1 fd00::1", &err),
		0);
	assert_int_equal(settings.address_count, 2);
	assert_int_equal(xn_settings_put_pair(&settings, "ip", &err), -EINVAL);
	assert_non_null(strstr(xn_err_text(&err), "KEY=VALUE"));
	err.set = false;
	assert_int_equal(xn_settings_put_pair(
				 &settings,
				 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1",
				 &err),
			 -EINVAL);
	assert_non_null(strstr(xn_err_text(&err), "unknown key"));
}

static void the_toolstacks_rate(void **state)
{
	static const char *const bad[] = {
		"",
		",",
		"5",
		"5,",
		",5",
		"-1,5",
		"5,-1",
		"5,x",
		"5,50000,1",
		" 5,5",
		"10000,10000001",
		"2000000000000,50000",
		"99999999999999999999999999999999999,1"};
	struct xn_settings settings = {0}, before;
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(
		xn_settings_put_store_rate(&settings, "62500,50000", &err), 0);
	assert_int_equal(settings.said, 1u << XN_SETTING_RATE);
	assert_int_equal(settings.send.rate_bytes, 62500);
	assert_int_equal(settings.send.rate_interval_us, 50000);
	before = settings;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.set = false;
		if (xn_settings_put_store_rate(&settings, bad[i], &err) !=
		    -EINVAL)
			fail_msg("rate \"%s\" was taken", bad[i]);
		assert_non_null(strstr(xn_err_text(&err), "rate="));
		assert_memory_equal(&settings, &before, sizeof(before));
	}
	assert_int_equal(xn_settings_put_store_rate(&settings, "0,0", &err), 0);
	assert_int_equal(settings.send.rate_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_kept),
		cmocka_unit_test(a_rate_reads_back_the_same),
		cmocka_unit_test(the_toolstacks_network_loses_the_hosts_bits),
		cmocka_unit_test(default_takes_it_back),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(addresses_are_bounded),
		cmocka_unit_test(the_longest_list_can_be_written),
		cmocka_unit_test(pairs_are_split),
		cmocka_unit_test(the_toolstacks_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
