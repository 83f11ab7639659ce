/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolstack's part of a vif's life: keys, order and time limits. The store
 * and the waiting are the test's, so no limit takes its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka.h wants these first. */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/base/loop.h"
#include "netconf/lab/store.h"
#include "netconf/lab/toolstack.h"
#include "netconf/lab/wait.h"

#define FRONT "/local/domain/7/device/vif/2"
#define BACK "/local/domain/0/backend/vif/7/2"
#define KEYS_MAX 64u

int __wrap_xn_lab_store_create(struct xs_handle *xs,
			       const struct xn_lab_node *nodes,
			       size_t node_count, struct xn_err *err);
int __wrap_xn_lab_store_write(struct xs_handle *xs, const char *folder,
			      const char *key, const char *value,
			      struct xn_err *err);
void __wrap_xn_lab_store_read(struct xs_handle *xs, const char *folder,
			      const char *key,
			      char ret[XN_LAB_STORE_VALUE_MAX]);
void __wrap_xn_lab_store_remove(struct xs_handle *xs, const char *folder);
int __wrap_xn_lab_store_wait(struct xs_handle *xs, const char *folder,
			     const char *key, const char *value,
			     const char *other, unsigned int limit_ms,
			     struct xn_err *err);
int __wrap_xn_lab_wait(int fd, uint64_t deadline_ms);
int __real_xn_lab_wait(int fd, uint64_t deadline_ms);
int __wrap_xn_lab_namespace_mounts(void);

/* What the store holds. */
static struct {
	char path[320];
	char value[512];
} store[KEYS_MAX];

/* What was waited for in the store, and how long it might have taken. */
static unsigned int init_limit_ms, close_limit_ms;
static uint64_t script_limit_ms;
static const char *silent_state; /* this one never comes */
static bool script_hangs;
static char written[128]; /* one by one, not with a folder */

static char folder[] = "/tmp/xp-toolstack-XXXXXX";
static char script[64], log_path[64];
static const struct xn_lab_paths paths = {.store = "/nowhere"};
static struct xn_lab_toolstack toolstack;

static void put(const char *where, const char *key, const char *value)
{
	char path[320];
	uint32_t i = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", where, key);
	while (store[i].path[0] && strcmp(store[i].path, path))
		assert_true(++i < KEYS_MAX);
	(void)strcpy(store[i].path, path);
	(void)snprintf(store[i].value, sizeof(store[i].value), "%s", value);
}

static const char *value_of(const char *where, const char *key)
{
	char path[320];

	(void)snprintf(path, sizeof(path), "%s/%s", where, key);
	for (uint32_t i = 0; i < KEYS_MAX; i++) {
		if (!strcmp(store[i].path, path))
			return store[i].value;
	}
	return NULL;
}

int __wrap_xn_lab_store_create(struct xs_handle *xs,
			       const struct xn_lab_node *nodes,
			       size_t node_count, struct xn_err *err)
{
	(void)xs;
	(void)err;
	for (size_t i = 0; i < node_count; i++) {
		for (size_t k = 0; k < nodes[i].key_count; k++)
			put(nodes[i].folder, nodes[i].keys[k].key,
			    nodes[i].keys[k].value);
	}
	return 0;
}

int __wrap_xn_lab_store_write(struct xs_handle *xs, const char *where,
			      const char *key, const char *value,
			      struct xn_err *err)
{
	size_t used = strlen(written);

	(void)xs;
	(void)err;
	(void)snprintf(written + used, sizeof(written) - used, "%s=%s ", key,
		       value);
	put(where, key, value);
	return 0;
}

void __wrap_xn_lab_store_read(struct xs_handle *xs, const char *where,
			      const char *key, char ret[XN_LAB_STORE_VALUE_MAX])
{
	const char *value = value_of(where, key);

	(void)xs;
	(void)strcpy(ret, value ? value : "");
}

void __wrap_xn_lab_store_remove(struct xs_handle *xs, const char *where)
{
	(void)xs;
	for (uint32_t i = 0; i < KEYS_MAX; i++) {
		if (!strncmp(store[i].path, where, strlen(where)))
			(void)strcpy(store[i].path, "(removed)");
	}
}

/* The backend goes at once where it is waited for, but for one state. */
int __wrap_xn_lab_store_wait(struct xs_handle *xs, const char *where,
			     const char *key, const char *value,
			     const char *other, unsigned int limit_ms,
			     struct xn_err *err)
{
	(void)xs;
	(void)other;
	assert_string_equal(where, BACK);
	assert_string_equal(key, "state");
	*(strcmp(value, "6") ? &init_limit_ms : &close_limit_ms) = limit_ms;
	if (silent_state && !strcmp(value, silent_state))
		return xn_fail(err, ETIMEDOUT, "never %s", value);
	put(where, key, value);
	return 0;
}

/* A script that hangs is one whose time is over, once it has begun. */
int __wrap_xn_lab_wait(int fd, uint64_t deadline_ms)
{
	uint64_t now_ms = xn_now_ms();

	if (!script_hangs)
		return __real_xn_lab_wait(fd, deadline_ms);
	script_limit_ms = deadline_ms - now_ms;
	while (access(log_path, F_OK) != 0 && xn_now_ms() - now_ms < 30000)
		(void)usleep(1000);
	return -ETIMEDOUT;
}

/* Only root has mounts. */
int __wrap_xn_lab_namespace_mounts(void)
{
	return 0;
}

/* The script notes its arguments and environment, then does `more`. */
static void write_script(const char *more)
{
	FILE *file = fopen(script, "w");

	assert_non_null(file);
	fprintf(file,
		"#!/bin/sh\necho $$ $1 $2 $vif $XENBUS_PATH $XENBUS_TYPE "
		"netdev=$netdev > %s.new\nmv %s.new %s\n%s\n",
		log_path, log_path, log_path, more);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(script, 0700), 0);
	(void)unlink(log_path);
}

static struct xn_lab_vif vif_of(const char *text)
{
	struct xn_lab_vif vif = {.domid = 7, .devid = 2};
	struct xn_err err = {0};

	assert_int_equal(xn_vifspec_parse(text, &vif.spec, &err), 0);
	(void)strcpy(vif.spec.script, script);
	return vif;
}

static int setup(void **state)
{
	(void)state;
	memset(store, 0, sizeof(store));
	init_limit_ms = close_limit_ms = 0;
	script_limit_ms = 0;
	silent_state = NULL;
	script_hangs = false;
	written[0] = '\0';
	toolstack.paths = &paths;
	toolstack.dom0_netns = -1;
	write_script("exit 0");
	return 0;
}

static void every_key_that_was_said_is_written(void **state)
{
	struct xn_lab_vif vif = vif_of(
		"mac=00:16:3e:00:00:07,bridge=xenbr1,ip=10.0.0.7 fd00::7,"
		"vifname=web0,gatewaydev=eth1,vlan=20,mtu=9000,"
		"rate=10Mb/s,untrusted");
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), 0);
	assert_string_equal(value_of(BACK, "frontend"), FRONT);
	assert_string_equal(value_of(BACK, "frontend-id"), "7");
	assert_string_equal(value_of(BACK, "online"), "1");
	assert_string_equal(value_of(BACK, "handle"), "2");
	assert_string_equal(value_of(BACK, "mac"), "00:16:3e:00:00:07");
	assert_string_equal(value_of(BACK, "script"), script);
	assert_string_equal(value_of(BACK, "type"), "vif");
	assert_string_equal(value_of(BACK, "bridge"), "xenbr1");
	assert_string_equal(value_of(BACK, "ip"), "10.0.0.7 fd00::7");
	assert_string_equal(value_of(BACK, "vifname"), "web0");
	assert_string_equal(value_of(BACK, "gatewaydev"), "eth1");
	assert_string_equal(value_of(BACK, "vlan"), "20");
	assert_string_equal(value_of(BACK, "mtu"), "9000");
	assert_string_equal(value_of(BACK, "rate"), "62500,50000");
	assert_string_equal(value_of(BACK, "hotplug-status"), "");
	assert_string_equal(value_of(FRONT, "backend"), BACK);
	assert_string_equal(value_of(FRONT, "backend-id"), "0");
	assert_string_equal(value_of(FRONT, "state"), "1");
	assert_string_equal(value_of(FRONT, "handle"), "2");
	assert_string_equal(value_of(FRONT, "mac"), "00:16:3e:00:00:07");
	assert_string_equal(value_of(FRONT, "mtu"), "9000");
	assert_string_equal(value_of(FRONT, "trusted"), "0");
}

static void what_was_not_said_is_absent(void **state)
{
	static const char *const keys[] = {
		"bridge", "ip", "vifname", "gatewaydev", "vlan", "mtu", "rate"};
	struct xn_lab_vif vif = vif_of("mac=00:16:3e:00:00:07");
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_null(value_of(BACK, keys[i]));
	assert_null(value_of(FRONT, "mtu"));
	assert_null(value_of(FRONT, "trusted"));
	assert_null(value_of(FRONT, "disconnect"));
}

/* One line of what the script noted, without its process id, which is told. */
static long noted(char text[256])
{
	FILE *file = fopen(log_path, "r");
	long pid;
	int behind = 0;

	assert_non_null(file);
	assert_non_null(fgets(text, 256, file));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(sscanf(text, "%ld %n", &pid, &behind), 1);
	text[strcspn(text, "\n")] = '\0';
	memmove(text, text + behind, strlen(text + behind) + 1);
	return pid;
}

static void the_script_is_told_which_vif(void **state)
{
	struct xn_lab_vif vif = vif_of("mac=00:16:3e:00:00:07,gatewaydev=eth1");
	struct xn_err err = {0};
	char text[256];

	(void)state;
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), 0);
	(void)noted(text);
	assert_string_equal(text, "online type_if=vif vif7.2 backend/vif/7/2 "
				  "vif netdev=eth1");
	assert_int_equal(xn_lab_vif_detach(&toolstack, &vif, &err), 0);
	(void)noted(text);
	assert_string_equal(text, "offline type_if=vif vif7.2 backend/vif/7/2 "
				  "vif netdev=eth1");
}

static void init_wait_has_ten_seconds(void **state)
{
	struct xn_lab_vif vif = vif_of("mac=00:16:3e:00:00:07");
	struct xn_err err = {0};
	char text[256];

	(void)state;
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), 0);
	assert_int_equal(init_limit_ms, 10000);
	/* A backend that does not come there: no script brings it up, and
	 * nothing of the vif is left. */
	silent_state = "2";
	(void)unlink(log_path);
	memset(store, 0, sizeof(store));
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), -ETIMEDOUT);
	(void)noted(text);
	assert_true(!strncmp(text, "offline", 7));
	assert_null(value_of(BACK, "state"));
	assert_null(value_of(FRONT, "state"));
}

static void closed_has_ten_seconds(void **state)
{
	struct xn_lab_vif vif = vif_of("mac=00:16:3e:00:00:07");
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), 0);
	assert_int_equal(xn_lab_vif_detach(&toolstack, &vif, &err), 0);
	assert_int_equal(close_limit_ms, 10000);
	assert_null(value_of(BACK, "state"));
	/* Who does not close in time is removed all the same. */
	silent_state = "6";
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), 0);
	assert_int_equal(xn_lab_vif_detach(&toolstack, &vif, &err), -ETIMEDOUT);
	assert_null(value_of(BACK, "state"));
	assert_null(value_of(FRONT, "state"));
}

static void the_script_has_forty_seconds(void **state)
{
	struct xn_lab_vif vif = vif_of("mac=00:16:3e:00:00:07");
	struct xn_err err = {0};
	char text[256];

	(void)state;
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), 0);
	write_script("exec sleep 1000");
	script_hangs = true;
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), -ETIMEDOUT);
	assert_in_range(script_limit_ms, 39000, 40000);
	assert_non_null(strstr(xn_err_text(&err), "not done after 40 s"));
	/* It was ended, and waited for. */
	assert_int_equal(kill((pid_t)noted(text), 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_null(value_of(BACK, "state"));
}

static void the_scripts_own_words_are_told(void **state)
{
	struct xn_lab_vif vif = vif_of("mac=00:16:3e:00:00:07");
	struct xn_err err = {0};

	(void)state;
	put(BACK, "hotplug-error", "bridge xenbr9 does not exist");
	write_script("exit 3");
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), -EIO);
	assert_non_null(strstr(xn_err_text(&err), "exit status 3"));
	assert_non_null(
		strstr(xn_err_text(&err), "bridge xenbr9 does not exist"));
	assert_null(value_of(BACK, "hotplug-error"));
}

static void detaching_writes_what_libxl_writes(void **state)
{
	struct xn_lab_vif vif = vif_of("mac=00:16:3e:00:00:07");
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), 0);
	assert_string_equal(value_of(BACK, "online"), "1");
	written[0] = '\0';
	assert_int_equal(xn_lab_vif_detach(&toolstack, &vif, &err), 0);
	assert_string_equal(written, "online=0 state=5 ");
	assert_null(value_of(BACK, "online"));
	/* One that is closed is only removed. */
	assert_int_equal(xn_lab_vif_attach(&toolstack, &vif, &err), 0);
	put(BACK, "state", "6");
	written[0] = '\0';
	assert_int_equal(xn_lab_vif_detach(&toolstack, &vif, &err), 0);
	assert_string_equal(written, "");
	assert_null(value_of(BACK, "online"));
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(script, sizeof(script), "%s/script", folder);
	(void)snprintf(log_path, sizeof(log_path), "%s/noted", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(script);
	(void)unlink(log_path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup(name, setup)
		T(every_key_that_was_said_is_written),
		T(what_was_not_said_is_absent),
		T(the_script_is_told_which_vif),
		T(init_wait_has_ten_seconds),
		T(closed_has_ten_seconds),
		T(the_script_has_forty_seconds),
		T(the_scripts_own_words_are_told),
		T(detaching_writes_what_libxl_writes),
#undef T
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
