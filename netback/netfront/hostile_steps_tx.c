// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Steps that put slots of any kind into the transmit ring:
 *
 *   tx:SLOT[/SLOT]...>okay|error|disabled
 *   SLOT   SIZE[@OFFSET][:FLAGS][*COUNT], or an extra info:
 *          eTYPE[:m][=HEX][*COUNT]
 *
 * See hostile_steps.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netback/netfront/hostile_steps.h"

#define ANSWER_MS 10000u
#define BODY_BYTES 6u /* of an extra info */

struct slot {
	bool extra;
	uint32_t type; /* of an extra info */
	uint32_t size, offset;
	uint32_t flags;
	uint32_t count;
	uint8_t body[BODY_BYTES];
};

static uint32_t flag_of(char letter)
{
	switch (letter) {
	case 'b':
		return NETTXF_csum_blank;
	case 'v':
		return NETTXF_data_validated;
	case 'm':
		return NETTXF_more_data;
	case 'x':
		return NETTXF_extra_info;
	case 'u': /* all those that the protocol does not have */
		return 0xfff0;
	}
	return 0;
}

static bool parse_hex(const char *text, char **ret_end,
		      uint8_t body[BODY_BYTES])
{
	char pair[3] = "";
	char *end;

	for (uint32_t i = 0; i < BODY_BYTES; i++) {
		memcpy(pair, text, strnlen(text, 2));
		body[i] = (uint8_t)strtoul(pair, &end, 16);
		if (end != pair + 2)
			return false;
		text += 2;
	}
	*ret_end = (char *)(uintptr_t)text;
	return true;
}

static bool parse_slot(const char *text, struct slot *ret)
{
	struct slot slot = {.count = 1, .extra = *text == 'e'};
	char *end;

	slot.size = (uint32_t)strtoul(text + slot.extra, &end, 10);
	if (end == text + slot.extra || slot.size > UINT16_MAX)
		return false;
	slot.type = slot.size;
	if (*end == '@')
		slot.offset = (uint32_t)strtoul(end + 1, &end, 10);
	if (*end == ':') {
		while (flag_of(*++end))
			slot.flags |= flag_of(*end);
	}
	if (*end == '=' && !parse_hex(end + 1, &end, slot.body))
		return false;
	if (*end == '*')
		slot.count = (uint32_t)strtoul(end + 1, &end, 10);
	*ret = slot;
	return !*end && slot.count && slot.count < XNF_RING_SLOTS;
}

static void put_extra(struct xnf_raw *raw, const struct slot *slot)
{
	struct netif_extra_info extra = {
		.type = (uint8_t)slot->type,
		.flags = slot->flags & NETTXF_more_data
				 ? XEN_NETIF_EXTRA_FLAG_MORE
				 : 0,
	};

	memcpy(&extra.u, slot->body, sizeof(slot->body));
	xnf_raw_put_extra(raw, &extra);
}

static void put_data(struct xnf_hostile *one, const struct slot *slot)
{
	struct netif_tx_request request =
		xnf_raw_request(&one->raw, slot->size, slot->flags);

	request.offset = (uint16_t)slot->offset;
	xnf_hostile_frame(one, xnf_raw_memory(&one->raw), 60);
	xnf_raw_put(&one->raw, &request);
}

/* How many slots of each kind, for nothing is said of others. */
struct put {
	uint64_t data, extra;
};

static int put_slots(struct xnf_hostile *one, char *words, struct put *ret_put,
		     struct xn_err *err)
{
	char *rest = NULL;

	*ret_put = (struct put){0};
	for (char *word = strtok_r(words, "/", &rest); word;
	     word = strtok_r(NULL, "/", &rest)) {
		struct slot slot;

		if (!parse_slot(word, &slot))
			return xn_fail(err, EINVAL, "no slot: %s", word);
		if (slot.count > xnf_raw_room(&one->raw))
			return xn_fail(err, ENOSPC, "too many slots");
		for (uint32_t i = 0; i < slot.count; i++) {
			if (slot.extra)
				put_extra(&one->raw, &slot);
			else
				put_data(one, &slot);
		}
		*(slot.extra ? &ret_put->extra : &ret_put->data) += slot.count;
	}
	return 0;
}

static int see_disabled(struct xnf_hostile *one, struct xn_err *err)
{
	if (!xnf_hostile_wait_disabled(one, ANSWER_MS))
		return xn_fail(err, ETIMEDOUT, "the backend's state is %u",
			       xnf_hostile_backend(one));
	return 0;
}

/* Extra infos are answered NULL, all else with the one status. */
static int see_answers(struct xnf_hostile *one, const struct xnf_raw *before,
		       const struct put *put, bool okay, struct xn_err *err)
{
	struct xnf_raw *raw = &one->raw;
	uint64_t right;

	if (!xnf_raw_wait(raw, ANSWER_MS))
		return xn_fail(err, ETIMEDOUT,
			       "%u slots without an answer, state %u",
			       raw->prod - raw->cons, xnf_hostile_backend(one));
	right = okay ? raw->okay - before->okay : raw->error - before->error;
	if (right != put->data || raw->null - before->null != put->extra)
		return xn_fail(err, EPROTO, "%llu okay, %llu error, %llu null",
			       (unsigned long long)(raw->okay - before->okay),
			       (unsigned long long)(raw->error - before->error),
			       (unsigned long long)(raw->null - before->null));
	return 0;
}

int xnf_step_tx(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	struct xnf_hostile *one = steps->one;
	char *wanted = strchr(word, '>');
	struct xnf_raw before = one->raw;
	struct put put;
	int rc;

	if (!wanted || !one->up)
		return xn_fail(err, EINVAL, "no answer said, or not up");
	*wanted++ = '\0';
	rc = put_slots(one, word, &put, err);
	if (rc)
		return rc;
	xnf_raw_show(&one->raw);
	if (!strcmp(wanted, "disabled"))
		return see_disabled(one, err);
	if (strcmp(wanted, "okay") != 0 && strcmp(wanted, "error") != 0)
		return xn_fail(err, EINVAL, "no such answer: %s", wanted);
	return see_answers(one, &before, &put, wanted[0] == 'o', err);
}
