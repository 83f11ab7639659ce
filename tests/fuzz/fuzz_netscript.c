// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What network-bridge reads: its arguments, other processes' command lines, and
 * tables below /proc. A request that is taken is within its bounds, and one
 * that is refused says why; a table's line is a line, whatever is in it.
 *
 * Input: a byte for what it is, then the text: words with a zero behind each,
 * or lines.
 */
#include "fuzz.h"
#include "netconf/nl/link.h"
#include "netconf/base/columns.h"
#include "netconf/holder/holder.h"
#include "network-script/print.h"
#include "network-script/request.h"
#include "netconf/holder/sockets.h"

#define WORDS_MAX 32
#define TEXT_MAX 4096
/* The widest that a line of three addresses and four numbers can get. */
#define LINE_BYTES_MAX 640

static void check_name(const char *name)
{
	FUZZ_CHECK(memchr(name, '\0', IFNAMSIZ));
	FUZZ_CHECK(!name[0] || xn_link_name_valid(name));
}

static void check_request(const char *text, size_t length)
{
	const char *words[WORDS_MAX];
	struct xns_request request;
	struct xn_err err = {0};
	int count = 0;
	int rc;

	for (size_t at = 0; at < length && count < WORDS_MAX;
	     at += strlen(text + at) + 1)
		words[count++] = text + at;
	rc = xns_request_parse(count, words, &request, &err);
	FUZZ_CHECK((rc < 0) == err.set);
	FUZZ_CHECK(request.word && request.command <= XNS_UNKNOWN);
	FUZZ_CHECK(!strchr(request.word, '='));
	if (rc < 0)
		return;
	check_name(request.bridge);
	check_name(request.netdev);
	FUZZ_CHECK(request.vifnum <= XN_VIFNUM_MAX);
	FUZZ_CHECK(request.style <= XN_STYLES);
	FUZZ_CHECK(request.unknown != request.word);
}

static void check_words(const char *text, size_t length)
{
	for (int kind = 0; kind < XN_HOLDER_KINDS; kind++)
		(void)xn_holder_words_name((enum xn_holder_kind)kind, text,
					   length, "eth0");
}

static void check_sockets(char *text, size_t length)
{
	FILE *from = length ? fmemopen(text, length, "r") : NULL;

	if (!from)
		return;
	FUZZ_CHECK(xn_holder_socket_find(from, 4711) >= 0);
	(void)fclose(from);
}

/* As many lines as there were, and two heads. */
static void check_routes(char *text, size_t length)
{
	char *printed = NULL;
	size_t bytes = 0;
	FILE *from = length ? fmemopen(text, length, "r") : NULL;
	FILE *to = open_memstream(&printed, &bytes);
	size_t lines = 2;

	FUZZ_CHECK(to);
	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	if (from) {
		xns_print_old_routes(to, from);
		(void)fclose(from);
	}
	(void)fclose(to);
	FUZZ_CHECK(bytes <= (lines + length / 500 + 1) * LINE_BYTES_MAX);
	free(printed);
}

static void check_number(const char *text)
{
	uint64_t number = 0;
	uint32_t hex = 0;

	if (xn_column_number(text, "socket:[", &number) == 0)
		FUZZ_CHECK(strtoull(text + 8, NULL, 10) == number);
	if (xn_column_hex(text, &hex) == 0)
		FUZZ_CHECK(strlen(text) <= 8 && strtoul(text, NULL, 16) == hex);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length = size > 0 ? size - 1 : 0;
	char *text;

	if (length > TEXT_MAX)
		return 0;
	text = malloc(length + 1);
	FUZZ_CHECK(text);
	if (length > 0)
		memcpy(text, data + 1, length);
	text[length] = '\0';
	switch (size > 0 ? data[0] % 5 : 0) {
	case 0:
		check_request(text, length);
		break;
	case 1:
		check_words(text, length);
		break;
	case 2:
		check_sockets(text, length);
		break;
	case 3:
		check_routes(text, length);
		break;
	default:
		check_number(text);
		break;
	}
	free(text);
	return 0;
}
