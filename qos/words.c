/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations in words and as JSON. Pure. */
#include <string.h>

#include "netconf/base/text.h"
#include "qos/build.h"
#include "qos/plan.h"
#include "qos/words.h"

#define WORDS_MAX 320u

const char *xq_rate_words(uint64_t bytes_per_s, char ret_text[XQ_RATE_TEXT_MAX])
{
	static const struct {
		uint64_t factor;
		const char *unit;
	} units[] = {
		{1000000000u, "Gb"}, {1000000u, "Mb"}, {1000u, "Kb"}, {1, "b"}};
	uint64_t bits = bytes_per_s * 8;
	size_t i = 0;

	while (bits % units[i].factor)
		i++;
	(void)xn_text_format(ret_text, XQ_RATE_TEXT_MAX, "%llu%s/s",
			     (unsigned long long)(bits / units[i].factor),
			     units[i].unit);
	return ret_text;
}

static void class_words(const struct xn_tc_class *class, char *text,
			size_t bytes)
{
	char rate[XQ_RATE_TEXT_MAX], ceil[XQ_RATE_TEXT_MAX];

	(void)xn_text_format(
		text, bytes,
		"class %x:%x, rate %s (burst %llu), ceiling %s (burst %llu), "
		"quantum %u",
		class->handle >> 16, class->handle & 0xffffu,
		xq_rate_words(class->rate, rate),
		(unsigned long long)xq_ticks_bytes(class->burst_ticks,
						   class->rate),
		xq_rate_words(class->ceil, ceil),
		(unsigned long long)xq_ticks_bytes(class->cburst_ticks,
						   class->ceil),
		class->quantum_bytes);
}

static void qdisc_words(const struct xn_tc_qdisc *qdisc, char *text,
			size_t bytes)
{
	if (!strcmp(qdisc->kind, "bfifo"))
		(void)xn_text_format(text, bytes, "bfifo %x:, limit %u",
				     qdisc->handle >> 16, qdisc->limit_bytes);
	else if (!strcmp(qdisc->kind, "fq_codel"))
		(void)xn_text_format(text, bytes, "fq_codel %x:, target %u us",
				     qdisc->handle >> 16, qdisc->target_us);
	else
		(void)xn_text_format(text, bytes, "%s %x:", qdisc->kind,
				     qdisc->handle >> 16);
}

static void filter_words(const struct xn_tc_filter *filter, char *text,
			 size_t bytes)
{
	uint8_t mac[6] = {0};

	if (filter->divisor) {
		(void)xn_text_format(text, bytes, "table of addresses");
	} else if (filter->link) {
		(void)xn_text_format(text, bytes, "step into the table");
	} else if (filter->redirect) {
		(void)xn_text_format(text, bytes,
				     "redirection of what comes in");
	} else {
		memcpy(mac, &filter->key[0].value_be, 4);
		memcpy(mac + 2, &filter->key[1].value_be, 4);
		(void)xn_text_format(
			text, bytes,
			"%02x:%02x:%02x:%02x:%02x:%02x to class %x:%x", mac[0],
			mac[1], mac[2], mac[3], mac[4], mac[5],
			filter->class_handle >> 16,
			filter->class_handle & 0xffffu);
	}
}

static void police_words(const struct xq_police *police, char *text,
			 size_t bytes)
{
	char rate[XQ_RATE_TEXT_MAX];
	int used = xn_text_format(text, bytes, "limit that drops");

	for (uint32_t i = 0; i < police->count && used > 0; i++) {
		text += used;
		bytes -= (size_t)used;
		used = xn_text_format(
			text, bytes, ", %s (burst %u)",
			xq_rate_words(police->limit[i].rate, rate),
			police->limit[i].burst_bytes);
	}
}

static void object_words(enum xq_noun noun, const union xq_object *object,
			 char *text, size_t bytes)
{
	text[0] = '\0';
	switch (noun) {
	case XQ_IFB:
		(void)xn_text_copy(text, bytes, "ifb");
		break;
	case XQ_QDISC:
		qdisc_words(&object->qdisc, text, bytes);
		break;
	case XQ_CLASS:
		class_words(&object->class, text, bytes);
		break;
	case XQ_FILTER:
		filter_words(&object->filter, text, bytes);
		break;
	case XQ_POLICE:
		police_words(&object->police, text, bytes);
		break;
	case XQ_NOUNS:
		break;
	}
}

void xq_op_words(const struct xq_op *op, char *ret_text, size_t text_bytes)
{
	char object[WORDS_MAX];
	char words[WORDS_MAX * 2];

	object_words((enum xq_noun)op->noun,
		     op->verb == XN_DELETE ? &op->before : &op->after, object,
		     sizeof(object));
	(void)xn_text_format(words, sizeof(words), "%s %s%s on %s%s%s%s",
			     xn_verb_word((enum xn_verb)op->verb),
			     op->taken ? "somebody else's " : "", object,
			     op->link, op->of[0] ? " (from " : "", op->of,
			     op->of[0] ? ")" : "");
	words[text_bytes < sizeof(words) ? text_bytes - 1 : sizeof(words) - 1] =
		'\0';
	(void)xn_text_copy(ret_text, text_bytes, words);
}

static json_t *op_json(const struct xq_op *op)
{
	static const char *const nouns[XQ_NOUNS] = {
		[XQ_IFB] = "ifb",      [XQ_QDISC] = "discipline",
		[XQ_CLASS] = "class",  [XQ_FILTER] = "filter",
		[XQ_POLICE] = "limit",
	};
	char words[WORDS_MAX * 2];

	xq_op_words(op, words, sizeof(words));
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s}", "do",
			 xn_verb_word((enum xn_verb)op->verb), "what",
			 nouns[op->noun], "cost",
			 xn_cost_word((enum xn_cost)op->cost), "link", op->link,
			 "taken", op->taken, "words", words);
}

json_t *xq_plan_to_json(const struct xq_plan *plan)
{
	enum xn_cost cost = XN_COST_NONE;
	json_t *operations = json_array();

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->op[i].cost > cost)
			cost = (enum xn_cost)plan->op[i].cost;
		if (json_array_append_new(operations, op_json(&plan->op[i]))) {
			json_decref(operations);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o}", "cost", xn_cost_word(cost), "operations",
			 operations);
}
