/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_JSON_H
#define XN_MODEL_JSON_H
/*
 * Objects of a model as JSON: for people's programs, and for the journal.
 * Fields that are zero are left out. Pure but for jansson's memory.
 */
#include <jansson.h>

#include "netconf/model/plane.h"

/* A new reference. NULL: out of memory. */
json_t *xn_object_to_json(enum xn_noun noun, const void *object);

/* Every value is checked: its type, its range, and that counts and families
 * are such as the object can have. Unknown keys are refused: this is read
 * back only where it was written. -EINVAL with the key in `err`; *ret_object
 * is untouched then. */
int xn_object_from_json(enum xn_noun noun, const json_t *json,
			union xn_object *ret_object, struct xn_err *err);

#endif
