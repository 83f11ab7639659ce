// SPDX-License-Identifier: GPL-2.0-or-later
/* xl's vif syntax: what each key means, and what each refusal says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/parse/vifspec.h"

static struct xn_vifspec accepted(const char *text)
{
	struct xn_vifspec spec;
	struct xn_err err = {0};

	if (xn_vifspec_parse(text, &spec, &err) < 0)
		fail_msg("'%s' was refused: %s", text, xn_err_text(&err));
	return spec;
}

static void refused(const char *text, const char *want)
{
	struct xn_vifspec spec;
	struct xn_err err = {0};

	memset(&spec, 0x5a, sizeof(spec));
	struct xn_vifspec before = spec;

	assert_true(xn_vifspec_parse(text, &spec, &err) < 0);
	if (!strstr(xn_err_text(&err), want))
		fail_msg("'%s': '%s' does not say '%s'", text,
			 xn_err_text(&err), want);
	assert_memory_equal(&spec, &before, sizeof(spec));
}

static void nothing_said(void **state)
{
	(void)state;
	struct xn_vifspec spec = accepted("");

	assert_false(spec.has_mac);
	assert_string_equal(spec.bridge, "");
	assert_int_equal(spec.devid, -1);
	assert_int_equal(spec.trusted, -1);
	assert_int_equal(spec.rate_bytes, 0);
	accepted("   ");
}

static void every_key(void **state)
{
	(void)state;
	struct xn_vifspec spec = accepted(
		"mac=00:16:3E:01:02:0f, bridge=xenbr1 ,gatewaydev=eth1,"
		"type=ioemu,model=e1000,vifname=web0,script=vif-route,"
		"ip=10.0.0.2 fd00::2/64,rate=10Mb/s,mtu=9000,"
		"vlan=10p/20/100+10x4,devid=3,backend=netdom,untrusted");

	assert_true(spec.has_mac);
	assert_memory_equal(spec.mac.octet, "\0\x16\x3e\x01\x02\x0f", 6);
	assert_string_equal(spec.bridge, "xenbr1");
	assert_string_equal(spec.gatewaydev, "eth1");
	assert_int_equal(spec.type, XN_VIF_TYPE_IOEMU);
	assert_string_equal(spec.model, "e1000");
	assert_string_equal(spec.vifname, "web0");
	assert_string_equal(spec.script, "vif-route");
	assert_int_equal(spec.ip_count, 2);
	assert_string_equal(spec.ip[0], "10.0.0.2");
	assert_string_equal(spec.ip[1], "fd00::2/64");
	assert_int_equal(spec.rate_bytes, 62500);
	assert_int_equal(spec.rate_interval_us, 50000);
	assert_int_equal(spec.mtu, 9000);
	assert_string_equal(spec.vlan, "10p/20/100+10x4");
	assert_int_equal(spec.devid, 3);
	assert_string_equal(spec.backend, "netdom");
	assert_int_equal(spec.trusted, 0);
	assert_int_equal(accepted("trusted").trusted, 1);
	assert_string_equal(accepted("netdev=eth2").gatewaydev, "eth2");
	assert_int_equal(accepted("type=vif").type, XN_VIF_TYPE_VIF);
}

static void refusals_name_the_column(void **state)
{
	(void)state;
	refused("mac=00:16:3e:01:02", "column 5: mac=00:16:3e:01:02");
	refused("bridge=xenbr0,mac=01:00:5e:00:00:01", "column 19");
	refused("mac=01:00:5e:00:00:01", "group address");
	refused("mac=", "empty");
	refused("brigde=xenbr0",
		"column 1: unknown key 'brigde' (did you mean 'bridge'?)");
	refused("trusted=1", "column 1: 'trusted' stands alone");
	refused("mtu=1500,untrusted=0", "column 10: 'untrusted' stands alone");
	refused("bridge=xenbr0, colour=red", "column 16: unknown key");
	refused("bridge", "key=value is wanted");
	refused("bridge=xenbr0,", "key=value is wanted");
	refused(",", "key=value is wanted");
	refused("bridge=averyveryverylongname", "too long");
	refused("bridge=a/b", "no interface name");
	refused("bridge=..", "no interface name");
	refused("bridge=a b", "no interface name");
	refused("type=isa", "vif or ioemu");
	refused("ip=10.0.0.300", "column 4: ip=10.0.0.300");
	refused("ip=10.0.0.1 nonsense", "column 13");
	refused("ip=10.0.0.1/33", "IP address");
	refused("ip=10.0.0.1/", "IP address");
	refused("ip=::1/129", "IP address");
	refused("ip=", "IP address");
	refused("mtu=67", "at least 68");
	refused("mtu=65536", "too large");
	refused("mtu=-1", "decimal number");
	refused("mtu=1500x", "decimal number");
	refused("devid=70000", "too large");
	refused("devid=", "number is wanted");
	refused("devid=99999999999999999999999", "too large");
	refused("rate=10Mb", "column 6: rate=10Mb");
}

static void too_long_is_refused(void **state)
{
	(void)state;
	char *text = malloc(XN_VIFSPEC_TEXT_MAX + 2);

	assert_non_null(text);
	memset(text, ' ', XN_VIFSPEC_TEXT_MAX + 1);
	text[XN_VIFSPEC_TEXT_MAX + 1] = '\0';
	refused(text, "too long");
	text[XN_VIFSPEC_TEXT_MAX] = '\0';
	accepted(text);
	free(text);
}

static void too_many_addresses_are_refused(void **state)
{
	(void)state;
	char text[512] = "ip=";

	for (int i = 0; i < XN_VIFSPEC_IPS_MAX; i++)
		strcat(text, " 10.0.0.1");
	assert_int_equal(accepted(text).ip_count, XN_VIFSPEC_IPS_MAX);
	strcat(text, " 10.0.0.1");
	refused(text, "too many addresses");
}

static void rates(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t bytes;
		uint32_t interval_us;
	} good[] = {
		{"1000000B/s", 50000, 50000},  {"8Mb/s", 50000, 50000},
		{"1MB/s@20ms", 20000, 20000},  {"1MB/s@20us", 20, 20},
		{"1KB/s@20", 20000, 20000000}, /* a bare 20 is seconds */
		{"1KB/s@2s", 2000, 2000000},   {"10Gb/s", 62500000, 50000},
		{"100Gb/s@1us", 12500, 1},
	};
	static const char *const bad[] = {
		"",
		"10",
		"10Mb",
		"10mb/s",
		"Mb/s",
		"-1Mb/s",
		"10Mb/s@",
		"10Mb/s@0ms",
		"10Mb/s@5h",
		"10Mb/s extra",
		"1b/s@1us",
		"0Mb/s",
		"10Tb/s",
		"99999999999999999999Gb/s",
		"1Mb/s@5000s",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t bytes = 0;
		uint32_t interval = 0;
		struct xn_err err = {0};

		assert_int_equal(
			xn_rate_parse(good[i].text, &bytes, &interval, &err),
			0);
		assert_int_equal(bytes, good[i].bytes);
		assert_int_equal(interval, good[i].interval_us);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t bytes = 7;
		uint32_t interval = 7;
		struct xn_err err = {0};

		assert_int_equal(xn_rate_parse(bad[i], &bytes, &interval, &err),
				 -EINVAL);
		assert_int_equal(bytes, 7);
		assert_true(err.set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said),
		cmocka_unit_test(every_key),
		cmocka_unit_test(refusals_name_the_column),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(too_many_addresses_are_refused),
		cmocka_unit_test(rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
