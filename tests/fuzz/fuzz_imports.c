// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Other programs' configurations: never read beyond their end; whatever comes
 * out is a xenplane.conf that is right, with as many bridges as it says; notes
 * and text are printable.
 *
 * Input: the text. A script that it names is not there; a text that begins with
 * % is read as one.
 */
#include "fuzz.h"
#include "netconf/parse/import/import.h"
#include "netconf/parse/import/sources.h"
#include "netconf/parse/planeconf.h"

#define TEXT_MAX 16384u
#define FILE_NAME "/nonexistent/source"

static void check_printable(const char *text)
{
	for (; *text; text++)
		FUZZ_CHECK(*text == '\n' || (*text >= ' ' && *text <= '~'));
}

static void check_right(const struct xn_import *import)
{
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;

	memset(&report, 0, sizeof(report));
	FUZZ_CHECK(
		!xn_planeconf_read_text("made", import->text, &conf, &report));
	FUZZ_CHECK(conf->bridge_count == import->bridge_count);
	FUZZ_CHECK(conf->vif_count == 0);
	xn_planeconf_destroy(conf);
	check_printable(import->text);
}

static void read_script(const char *text)
{
	struct xn_draft *draft = calloc(1, sizeof(*draft));

	FUZZ_CHECK(draft);
	draft->file = FILE_NAME;
	xn_import_script(draft, text);
	FUZZ_CHECK(draft->section_count <= XN_DRAFT_SECTIONS_MAX);
	for (uint32_t i = 0; i < draft->note_count; i++)
		check_printable(draft->note[i]);
	free(draft);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xn_import *import = NULL;
	struct xn_err err = {0};
	char *text;

	if (size > TEXT_MAX)
		return 0;
	text = malloc(size + 1);
	FUZZ_CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (text[0] == '%') {
		read_script(text + 1);
	} else if (xn_import_text(FILE_NAME, text, &import, &err)) {
		FUZZ_CHECK(err.set && !import);
	} else {
		FUZZ_CHECK(!err.set);
		check_right(import);
	}
	xn_import_destroy(import);
	free(text);
	return 0;
}
