/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's file: whom each section speaks of, and where a wrong
 * word stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#include "netconf/daemon/config.h"

static int read_text(const char *text, struct xn_config **ret,
		     struct xn_err *err)
{
	char file[] = "/tmp/test-config-XXXXXX";
	int fd = mkstemp(file);
	size_t bytes = strlen(text);
	int rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, bytes), (ssize_t)bytes);
	(void)close(fd);
	rc = xn_config_read(file, ret, err);
	(void)unlink(file);
	return rc;
}

static void refused(const char *text, const char *place, const char *words)
{
	struct xn_config *config = NULL;
	struct xn_err err = {0};

	assert_int_equal(read_text(text, &config, &err), -EINVAL);
	assert_null(config);
	if (!strstr(xn_err_text(&err), place) ||
	    !strstr(xn_err_text(&err), words))
		fail_msg("'%s' and '%s' are not in '%s'", place, words,
			 xn_err_text(&err));
}

static void sections_speak_of_their_own(void **state)
{
	const struct xn_mac mac = {{0, 0x16, 0x3e, 0, 0, 1}};
	const struct xn_mac other = {{0, 0x16, 0x3e, 0, 0, 2}};
	struct xn_config *config = NULL;
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(read_text("[defaults]\nstorm = 100\n"
				   "[bridge xenbr0]\nrate = 8Mb/s\n"
				   "isolated = on\n"
				   "[vif 00:16:3e:00:00:01]\nrate=off\n"
				   "ip = 10.0.0.1 fd00::/64\n"
				   "[vif web0]\nstorm = 9\n",
				   &config, &err),
			 0);
	assert_int_equal(xn_config_defaults(config)->storm_frames, 100);
	assert_int_equal(xn_config_bridge(config, "xenbr0")->send.rate_bytes,
			 50000);
	assert_true(xn_config_bridge(config, "xenbr0")->isolated);
	assert_null(xn_config_bridge(config, "xenbr1"));
	assert_null(xn_config_bridge(config, ""));
	assert_null(xn_config_bridge(config, "a-name-that-no-link-can-have"));
	assert_int_equal(xn_config_vif(config, &mac)->address_count, 2);
	assert_int_equal(xn_config_vif(config, &mac)->send.rate_bytes, 0);
	assert_null(xn_config_vif(config, &other));
	assert_int_equal(xn_config_vif_named(config, "web0")->storm_frames, 9);
	assert_null(xn_config_vif_named(config, "web1"));
	assert_null(xn_config_vif_named(config, ""));
	xn_config_destroy(config);
}

static void an_empty_file_says_nothing(void **state)
{
	struct xn_config *config = NULL;
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(read_text("# nothing\n", &config, &err), 0);
	assert_null(xn_config_defaults(config));
	assert_null(xn_config_bridge(config, "xenbr0"));
	xn_config_destroy(config);
}

static void a_wrong_word_has_its_place(void **state)
{
	(void)state;
	refused("[defaults]\nrate = much\n", ":2:8:", "rate=much");
	refused("[defaults]\n\nspeed = 1\n", ":3:1:", "unknown key 'speed'");
	refused("[bridge]\n", ":1:1:", "no name for a bridge");
	refused("[bridge a/b]\n", ":1:1:", "'a/b'");
	refused("[vif xen/br0]\n", ":1:1:", "no address of a vif");
	refused("[bridge a]\nstp = on\nforward-delay = 0\n",
		":3:17:", "2 to 30 seconds");
	refused("[bridge a]\nspeed = 1\nmtu = 1\n", ":2:1:", "1 more");
	refused("[vif 01:00:5e:00:00:01]\n", ":1:1:", "no address of a vif");
	refused("[defaults all]\n", ":1:1:", "[bridge NAME]");
	refused("[guest a]\n", ":1:1:", "[bridge NAME]");
	refused("[bridge a]\n[bridge b]\n[bridge a]\n", ":3:1:", "twice");
	refused("[defaults]\n[defaults]\n", ":2:1:", "twice");
	refused("[vif 00:16:3e:00:00:01]\n[vif 00:16:3E:00:00:01]\n",
		":2:1:", "twice");
	refused("rate = 1Mb/s\n", ":1:1:", "section");
}

/* What is logged, on stderr. */
static uint32_t log_of(const struct xn_config *config, char *text, size_t bytes)
{
	FILE *file = tmpfile();
	int before = dup(STDERR_FILENO);
	uint32_t count;
	size_t got;

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	count = xn_config_say_unused(config);
	(void)dup2(before, STDERR_FILENO);
	(void)close(before);
	rewind(file);
	got = fread(text, 1, bytes - 1, file);
	text[got] = '\0';
	(void)fclose(file);
	return count;
}

/* What nothing does yet is not taken in silence. */
static void what_is_not_in_force_is_said(void **state)
{
	char text[1024];
	struct xn_config *config = NULL;
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(read_text("[bridge xenbr0]\nisolated = on\n"
				   "[vif 00:16:3e:00:00:01]\nstorm = 5\n",
				   &config, &err),
			 0);
	assert_int_equal(xn_config_say_unused(config), 0);
	xn_config_destroy(config);
	assert_int_equal(read_text("[bridge xenbr0]\nnetdev = eth0\n"
				   "isolated = on\nstp = on\n"
				   "[vif web0]\nstorm = 5\n",
				   &config, &err),
			 0);
	assert_int_equal(log_of(config, text, sizeof(text)), 1);
	assert_non_null(
		strstr(text, ":1: [bridge xenbr0]: for `xenplane apply`"));
	assert_non_null(strstr(text, ": netdev, stp\n"));
	assert_null(strstr(text, "[vif"));
	assert_true(xn_config_bridge(config, "xenbr0")->isolated);
	xn_config_destroy(config);
	config = xn_config_create();
	assert_int_equal(xn_config_say_unused(config), 0);
	xn_config_destroy(config);
}

static void a_missing_file_is_named(void **state)
{
	struct xn_config *config = NULL;
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_config_read("/no/such/file", &config, &err),
			 -ENOENT);
	assert_non_null(strstr(xn_err_text(&err), "/no/such/file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_speak_of_their_own),
		cmocka_unit_test(an_empty_file_says_nothing),
		cmocka_unit_test(a_wrong_word_has_its_place),
		cmocka_unit_test(what_is_not_in_force_is_said),
		cmocka_unit_test(a_missing_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
