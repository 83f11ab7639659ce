/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans as JSON: for `diff`, and for the journal, which reads them back. */
#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/model/fields.h"
#include "netconf/model/json.h"
#include "netconf/plan/plan.h"

#define WORDS_MAX 512

static int set(json_t *json, const char *key, json_t *value)
{
	return json_object_set_new(json, key, value);
}

json_t *xn_op_to_json(const struct xn_op *op)
{
	enum xn_noun noun = (enum xn_noun)op->noun;
	json_t *json = json_object();
	char words[WORDS_MAX];
	int rc = 0;

	if (!json)
		return NULL;
	xn_op_words(op, words, sizeof(words));
	rc |= set(json, "do",
		  json_string(xn_verb_word((enum xn_verb)op->verb)));
	rc |= set(json, "what", json_string(xn_noun[noun].word));
	rc |= set(json, "cost",
		  json_string(xn_cost_word((enum xn_cost)op->cost)));
	rc |= set(json, "step",
		  json_string(xn_step_word((enum xn_step)op->step)));
	rc |= set(json, "link", json_string(op->link));
	rc |= set(json, "words", json_string(words));
	if (noun == XN_LINK && op->verb == XN_CHANGE)
		rc |= set(json, "field",
			  json_string(xn_noun[noun].field[op->field].name));
	if (op->verb != XN_ADD || xn_op_makes_pair(op))
		rc |= set(json, "before", xn_object_to_json(noun, &op->before));
	if (op->verb != XN_DELETE)
		rc |= set(json, "after", xn_object_to_json(noun, &op->after));
	if (rc != 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

typedef const char *word_fn(int number);

static const char *verb_word(int number)
{
	return xn_verb_word((enum xn_verb)number);
}

static const char *noun_word(int number)
{
	return xn_noun[number].word;
}

static const char *cost_word(int number)
{
	return xn_cost_word((enum xn_cost)number);
}

static const char *step_word(int number)
{
	return xn_step_word((enum xn_step)number);
}

static const char *field_word(int number)
{
	return xn_noun[XN_LINK].field[number].name;
}

static int read_word(const json_t *json, const char *key, word_fn *word,
		     int count, uint8_t *ret_number)
{
	const char *text = json_string_value(json_object_get(json, key));

	for (int i = 0; text && i < count; i++) {
		if (strcmp(text, word(i)) == 0) {
			*ret_number = (uint8_t)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int read_objects(const json_t *json, struct xn_op *op,
			struct xn_err *err)
{
	enum xn_noun noun = (enum xn_noun)op->noun;
	int rc = 0;

	if (op->verb != XN_ADD || json_object_get(json, "before"))
		rc = xn_object_from_json(noun, json_object_get(json, "before"),
					 &op->before, err);
	if (rc == 0 && op->verb != XN_DELETE)
		rc = xn_object_from_json(noun, json_object_get(json, "after"),
					 &op->after, err);
	if (rc == 0 && op->verb == XN_CHANGE &&
	    !xn_same_key(noun, &op->before, &op->after))
		rc = xn_fail(err, EINVAL, "a change of one %s to another",
			     xn_noun[noun].word);
	if (rc == 0 && op->verb == XN_ADD && json_object_get(json, "before") &&
	    (noun != XN_LINK ||
	     op->before.link.peer != op->after.link.ifindex ||
	     op->after.link.peer != op->before.link.ifindex))
		rc = xn_fail(err, EINVAL, "a new %s with another",
			     xn_noun[noun].word);
	return rc;
}

int xn_op_from_json(const json_t *json, struct xn_op *ret_op,
		    struct xn_err *err)
{
	const char *link = json_string_value(json_object_get(json, "link"));
	struct xn_op op;
	int rc;

	memset(&op, 0, sizeof(op));
	if (read_word(json, "do", verb_word, XN_VERBS, &op.verb) < 0 ||
	    read_word(json, "what", noun_word, XN_NOUNS, &op.noun) < 0 ||
	    read_word(json, "cost", cost_word, XN_COSTS, &op.cost) < 0 ||
	    read_word(json, "step", step_word, XN_STEPS, &op.step) < 0 ||
	    !link || xn_text_copy(op.link, sizeof(op.link), link) < 0)
		return xn_fail(err, EINVAL, "an operation with unknown words");
	if (op.noun == XN_LINK && op.verb == XN_CHANGE &&
	    (read_word(json, "field", field_word, (int)xn_noun[XN_LINK].count,
		       &op.field) < 0 ||
	     xn_noun[XN_LINK].field[op.field].use != XN_USE_CHANGE))
		return xn_fail(err, EINVAL, "a change of an unknown field");
	rc = read_objects(json, &op, err);
	if (rc == 0)
		*ret_op = op;
	return rc;
}

json_t *xn_plan_to_json(const struct xn_plan *plan)
{
	json_t *list = json_array();
	json_t *json;

	for (size_t i = 0; list && i < plan->count; i++) {
		if (json_array_append_new(list, xn_op_to_json(&plan->op[i])) <
		    0) {
			json_decref(list);
			return NULL;
		}
	}
	if (!list)
		return NULL;
	json = json_pack("{ss so}", "cost", xn_cost_word(xn_plan_cost(plan)),
			 "operations", list);
	return json;
}
