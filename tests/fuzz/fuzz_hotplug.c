// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a hotplug script is called with: a request that is taken is within its
 * bounds, names interfaces that there can be and one vif's folder, whichever
 * of argv, environment and store said so; a refusal says why.
 *
 * Input: a byte for the script, then words, each ended by a zero byte and
 * begun by a letter: 'a' an argument, 'e' a variable, 's' a key of the store
 * ("key=value").
 */
#include <errno.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "netconf/nl/link.h"
#include "vif-hotplug/ip.h"
#include "vif-hotplug/setup.h"

#define WORDS_MAX (XVH_ARGUMENTS_MAX + 8)

struct words {
	int count;
	const char *word[WORDS_MAX + 1]; /* ends with NULL */
};

static struct words arguments, environment, keys;

static void add(struct words *to, const char *word)
{
	if (to->count == WORDS_MAX)
		return;
	to->word[to->count++] = word;
	to->word[to->count] = NULL;
}

static void divide(const char *at, const char *end)
{
	arguments = environment = keys = (struct words){.count = 0};
	add(&arguments, "vif-script");
	for (; at < end; at += strlen(at) + 1) {
		if (*at == 'a')
			add(&arguments, at + 1);
		else if (*at == 'e')
			add(&environment, at + 1);
		else if (*at == 's')
			add(&keys, at + 1);
	}
}

static int read_key(void *arg, const char *key, char *ret_text,
		    size_t text_bytes)
{
	const char *value;
	size_t length;

	(void)arg;
	ret_text[0] = '\0';
	/* The first word of argv is passed over; here it is a key. */
	value = NULL;
	for (int i = 0; i < keys.count && !value; i++) {
		size_t bytes = strlen(key);

		if (strncmp(keys.word[i], key, bytes) == 0 &&
		    keys.word[i][bytes] == '=')
			value = keys.word[i] + bytes + 1;
	}
	if (!value)
		return -ENOENT;
	length = strlen(value);
	if (length >= text_bytes)
		return -E2BIG;
	memcpy(ret_text, value, length + 1);
	return (int)length;
}

static void check_name(const char name[IFNAMSIZ])
{
	FUZZ_CHECK(!name[0] || xn_link_name_valid(name));
}

static void check_ips(const struct xvh_request *r)
{
	char text[64];

	FUZZ_CHECK(r->ip_count <= XVH_IPS_MAX);
	for (uint32_t i = 0; i < r->ip_count; i++) {
		struct xvh_request again = {.ip_count = 0};
		const struct xvh_ip *ip = &r->ip[i];

		FUZZ_CHECK(ip->family == AF_INET || ip->family == AF_INET6);
		FUZZ_CHECK(ip->prefix_length <= 8 * xn_ip_bytes(ip->family));
		FUZZ_CHECK(xvh_ip_list(xvh_ip_format(ip, text), &again, NULL) ==
			   0);
		FUZZ_CHECK(again.ip_count == 1 &&
			   !memcmp(&again.ip[0], ip, sizeof(*ip)));
	}
}

/* The folder is D/N's and nothing else's. */
static void check_path(const struct xvh_request *r)
{
	char tail[XVH_PATH_MAX];
	size_t length = strlen(r->path), tail_length;

	snprintf(tail, sizeof(tail), "backend/vif/%u/%u", r->domid, r->devid);
	tail_length = strlen(tail);
	FUZZ_CHECK(length >= tail_length &&
		   !strcmp(r->path + length - tail_length, tail));
	FUZZ_CHECK(length == tail_length ||
		   !strncmp(r->path, "/local/domain/", 14));
	FUZZ_CHECK(!strstr(r->path, "..") && !strstr(r->path, "//"));
	FUZZ_CHECK(r->domid <= XVH_DOMID_MAX && r->devid <= XVH_DEVID_MAX);
}

static void check_request(const struct xvh_request *r)
{
	check_path(r);
	FUZZ_CHECK(r->dev[0] && r->born[0]);
	check_name(r->dev);
	check_name(r->born);
	check_name(r->vifname);
	check_name(r->bridge);
	check_name(r->netdev);
	check_ips(r);
	FUZZ_CHECK(r->mtu == 0 || (r->mtu >= 68 && r->mtu <= 65535));
	FUZZ_CHECK(r->handle <= XVH_DEVID_MAX);
}

static void try_request(enum xvh_script script)
{
	struct xvh_request request;
	struct xn_err err = {.set = false};
	int rc = xvh_request_parse(script, arguments.count, arguments.word,
				   environment.word, &request, &err);

	FUZZ_CHECK((rc < 0) == err.set);
	if (rc < 0 && request.path[0])
		check_path(&request);
	if (rc < 0 || request.ignored)
		return;
	check_request(&request);
	rc = xvh_request_complete(&request, read_key, NULL, &err);
	FUZZ_CHECK((rc < 0) == err.set);
	check_request(&request);
}

static void try_setup(void)
{
	static struct xvh_setup setup;
	struct xn_err err = {.set = false};
	int rc = xvh_setup_parse(arguments.count, arguments.word,
				 environment.word, &setup, &err);

	FUZZ_CHECK((rc < 0) == err.set);
	if (rc < 0)
		return;
	FUZZ_CHECK(setup.argc >= arguments.count &&
		   setup.argc <= XVH_ARGUMENTS_MAX);
	FUZZ_CHECK(!setup.argv[setup.argc]);
	FUZZ_CHECK(setup.program[0] == '/' &&
		   strlen(setup.program) < sizeof(setup.program));
	FUZZ_CHECK(!setup.ours || setup.script != XVH_SETUP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 1)
		return 0;
	text = malloc(size);
	FUZZ_CHECK(text);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	divide(text, text + size - 1);
	if (data[0] % 4 == XVH_SETUP)
		try_setup();
	else
		try_request((enum xvh_script)(data[0] % 4));
	free(text);
	return 0;
}
