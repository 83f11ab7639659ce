/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drift in words, see drifted_words.h. */
#include "netconf/safe/drifted_words.h"

#include <linux/if_link.h>
#include <stddef.h>
#include <stdio.h>

#include "netconf/model/fields.h"
#include "netconf/plan/ours.h"

static size_t field_of(const struct xn_op *op)
{
	if (op->noun != XN_LINK || op->verb != XN_CHANGE)
		return SIZE_MAX;
	return xn_noun[XN_LINK].field[op->field].offset;
}

/* The first that differs. NULL: none. */
static const struct xn_nl_setting *
find_change(const struct xn_link_settings *before,
	    const struct xn_link_settings *after, uint16_t but,
	    const struct xn_nl_setting **ret_before)
{
	for (uint8_t i = 0; i < after->count; i++) {
		const struct xn_nl_setting *setting = &after->setting[i];

		*ret_before = NULL;
		for (uint8_t j = 0; j < before->count; j++) {
			if (before->setting[j].attr == setting->attr)
				*ret_before = &before->setting[j];
		}
		if (setting->attr != but &&
		    (!*ret_before || (*ret_before)->value != setting->value))
			return setting;
	}
	return NULL;
}

bool xn_drifted_is_ageing(const struct xn_op *op)
{
	const struct xn_nl_setting *before;

	return field_of(op) == offsetof(struct xn_model_link, bridge) &&
	       !find_change(&op->before.link.bridge, &op->after.link.bridge,
			    IFLA_BR_AGEING_TIME, &before);
}

static int setting_words(const struct xn_op *op, enum xn_note_kind kind,
			 char *text, size_t bytes)
{
	bool port = kind == XN_NOTE_PORT;
	const struct xn_nl_setting *before, *after;
	const char *key;

	after = find_change(
		port ? &op->before.link.port : &op->before.link.bridge,
		port ? &op->after.link.port : &op->after.link.bridge, 0,
		&before);
	key = after ? xn_note_key(kind, after->attr) : NULL;
	if (!key)
		return snprintf(text, bytes, "settings");
	if (!before)
		return snprintf(text, bytes, "%s -> %u", key, after->value);
	return snprintf(text, bytes, "%s %u -> %u", key, before->value,
			after->value);
}

static void change_words(const struct xn_op *op, char *text, size_t bytes)
{
	size_t at = field_of(op);
	char what[96] = "";

	if (at == offsetof(struct xn_model_link, bridge))
		(void)setting_words(op, XN_NOTE_BRIDGE, what, sizeof(what));
	else if (at == offsetof(struct xn_model_link, port))
		(void)setting_words(op, XN_NOTE_PORT, what, sizeof(what));
	else if (at == offsetof(struct xn_model_link, mtu))
		(void)snprintf(what, sizeof(what), "mtu %u -> %u",
			       op->before.link.mtu, op->after.link.mtu);
	if (what[0])
		(void)snprintf(text, bytes, "change %s: %s", op->link, what);
	else
		xn_op_words(op, text, bytes);
}

void xn_drifted_words(const struct xn_op *op, uint32_t more, char *ret_text,
		      size_t bytes)
{
	char words[192];

	change_words(op, words, sizeof(words));
	if (more)
		(void)snprintf(ret_text, bytes, "%s (and %u more)", words,
			       more);
	else
		(void)snprintf(ret_text, bytes, "%s", words);
}
