// SPDX-License-Identifier: GPL-2.0-or-later
/* The form of configuration files: what is read, and where it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/parse/conf.h"

#define SEEN_MAX 4096

struct seen {
	char text[SEEN_MAX]; /* "kind/name/key=value@line:column;" ... */
	const char *refuse_key;
};

static int note(void *arg, const struct xn_conf_entry *entry,
		struct xn_err *err)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	if (seen->refuse_key && !strcmp(entry->key, seen->refuse_key))
		return xn_conf_refuse(&entry->value_place, err, "%s=%s: no",
				      entry->key, entry->value);
	snprintf(seen->text + used, SEEN_MAX - used, "%s/%s/%s=%s@%u:%u;",
		 entry->kind, entry->name, entry->key, entry->value,
		 entry->value_place.line, entry->value_place.column);
	return 0;
}

static int read_bytes(const char *bytes, size_t count, struct seen *seen,
		      struct xn_err *err)
{
	char file[] = "/tmp/test-conf-XXXXXX";
	int fd = mkstemp(file);
	int rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, count), (ssize_t)count);
	close(fd);
	rc = xn_conf_read(file, note, seen, err);
	unlink(file);
	return rc;
}

static void reads_as(const char *text, const char *want)
{
	struct seen seen = {0};
	struct xn_err err = {0};

	if (read_bytes(text, strlen(text), &seen, &err) < 0)
		fail_msg("refused: %s", xn_err_text(&err));
	assert_string_equal(seen.text, want);
}

static void refused_at(const char *text, const char *where, const char *why)
{
	struct seen seen = {0};
	struct xn_err err = {0};

	assert_int_equal(read_bytes(text, strlen(text), &seen, &err), -EINVAL);
	if (!strstr(xn_err_text(&err), where) ||
	    !strstr(xn_err_text(&err), why))
		fail_msg("'%s' does not say '%s' and '%s'", xn_err_text(&err),
			 where, why);
}

static void sections_and_keys(void **state)
{
	(void)state;
	reads_as("", "");
	reads_as("# only a comment\n\n   \n", "");
	reads_as("[bridge xenbr0]\naddress = 10.0.0.1/24 fd00::1/64\n",
		 "bridge/xenbr0/=@1:1;"
		 "bridge/xenbr0/address=10.0.0.1/24 fd00::1/64@2:11;");
	reads_as("[ a ]\n\t k=v \n[b  n ]\r\nx = y=z\r\n",
		 "a//=@1:1;a//k=v@2:5;b/n/=@3:1;b/n/x=y=z@4:5;");
	reads_as("[a]\nlast=without newline",
		 "a//=@1:1;a//last=without newline@2:6;");
}

static void refusals_name_the_place(void **state)
{
	(void)state;
	refused_at("key = value\n", ":1:1: ", "section is wanted first");
	refused_at("[a]\n  word\n", ":2:3: ", "key = value");
	refused_at("[a\n", ":1:1: ", "ends with ']'");
	refused_at("[]\n", ":1:1: ", "kind");
	refused_at("[a]\nkey =\n", ":2:", "value is empty");
	refused_at("[a]\n = value\n", ":2:", "key is empty");
	refused_at("[a]\nkey = bad\001byte\n", ":2:7: ", "control byte");
}

static void the_readers_own_refusal_ends_it(void **state)
{
	(void)state;
	struct seen seen = {.refuse_key = "bad"};
	struct xn_err err = {0};
	const char *text = "[a]\ngood = 1\nbad = 2\ngood = 3\n";

	assert_int_equal(read_bytes(text, strlen(text), &seen, &err), -EINVAL);
	assert_non_null(strstr(xn_err_text(&err), ":3:7: bad=2: no"));
	assert_string_equal(seen.text, "a//=@1:1;a//good=1@2:8;");
}

static void sizes_are_bounded(void **state)
{
	(void)state;
	size_t size = XN_CONF_FILE_BYTES_MAX;
	char *text = malloc(size + 1);
	struct seen seen = {0};
	struct xn_err err = {0};

	assert_non_null(text);
	memset(text, '\n', size + 1);
	assert_int_equal(read_bytes(text, size, &seen, &err), 0);
	assert_int_equal(read_bytes(text, size + 1, &seen, &err), -EFBIG);
	free(text);

	char line[XN_CONF_WORD_MAX + 16];

	snprintf(line, sizeof(line), "[a]\nk=%0*d\n", XN_CONF_WORD_MAX - 1, 1);
	err.set = false;
	assert_int_equal(read_bytes(line, strlen(line), &seen, &err), 0);
	snprintf(line, sizeof(line), "[a]\nk=%0*d\n", XN_CONF_WORD_MAX, 1);
	refused_at(line, ":2:3: ", "longer than");
}

static void not_text_is_refused(void **state)
{
	(void)state;
	struct seen seen = {0};
	struct xn_err err = {0};

	assert_int_equal(read_bytes("[a]\0[b]\n", 8, &seen, &err), -EINVAL);
	assert_non_null(strstr(xn_err_text(&err), "zero byte"));
	err.set = false;
	assert_int_equal(xn_conf_read("/does/not/exist", note, &seen, &err),
			 -ENOENT);
	assert_non_null(strstr(xn_err_text(&err), "/does/not/exist"));
	err.set = false;
	assert_int_equal(xn_conf_read("/tmp", note, &seen, &err), -EISDIR);
	assert_string_equal(seen.text, "");
}

static void note_wrong(void *arg, const char *words)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, SEEN_MAX - used, "!%s;", words);
}

static void a_scan_goes_on(void **state)
{
	struct seen seen = {.refuse_key = "bad"};
	const struct xn_conf_hands hands = {note, note_wrong, &seen};
	struct xn_err err = {0};

	(void)state;
	assert_int_equal(xn_conf_scan_text("t",
					   "k = 1\n[a]\nbad = 2\nword\n"
					   "good = 3\n[b\nbad = 4\n= 5\n"
					   "[c]\ngood = 6\n",
					   &hands, &err),
			 0);
	assert_false(err.set);
	assert_string_equal(seen.text,
			    "!t:1:1: a section is wanted first;a//=@2:1;"
			    "!t:3:7: bad=2: no;"
			    "!t:4:1: 'key = value' is wanted;a//good=3@5:8;"
			    "!t:6:1: a section ends with ']';"
			    "!t:8:1: the key is empty;c//=@9:1;"
			    "c//good=6@10:8;");
	assert_int_equal(xn_conf_scan("/does/not/exist", &hands, &err),
			 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_and_keys),
		cmocka_unit_test(refusals_name_the_place),
		cmocka_unit_test(the_readers_own_refusal_ends_it),
		cmocka_unit_test(a_scan_goes_on),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(not_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
