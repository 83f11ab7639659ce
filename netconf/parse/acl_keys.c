/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Access lists from their text, see acl_keys.h. Called by planeconf.c. */
#include "netconf/parse/acl_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/acl_rule.h"
#include "netconf/parse/suggest.h"

#define ROOM_MIN 8u

/* Doubled. NULL with err. */
static void *more_room(void *array, uint32_t *room, size_t item_bytes,
		       struct xn_err *err)
{
	uint32_t wanted = *room ? *room * 2 : ROOM_MIN;
	void *more = reallocarray(array, wanted, item_bytes);

	if (more)
		*room = wanted;
	else
		(void)xn_fail(err, ENOMEM, "out of memory");
	return more;
}

static int check_name(const struct xn_planeconf *conf,
		      const struct xn_conf_entry *entry, struct xn_err *err)
{
	if (!xn_acl_name_valid(entry->name, XN_ACL_NAME_MAX))
		return xn_conf_refuse(&entry->section_place, err,
				      "'%.60s' is no name for an access list: "
				      "up to %u letters, digits, '.', '_', '-' "
				      "are",
				      entry->name, XN_ACL_NAME_MAX - 1);
	for (uint32_t i = 0; i < conf->acl_count; i++)
		if (!strcmp(conf->acl[i].name, entry->name))
			return xn_conf_refuse(
				&entry->section_place, err,
				"[acl %s]: said already, at %s:%u", entry->name,
				conf->acl[i].section.file,
				conf->acl[i].section.line);
	if (conf->acl_count == XN_CONF_ACLS_MAX)
		return xn_conf_refuse(&entry->section_place, err,
				      "more than %u access lists",
				      XN_CONF_ACLS_MAX);
	return 0;
}

int xn_acl_begin(struct xn_planeconf *conf, const struct xn_conf_entry *entry,
		 struct xn_err *err)
{
	int error = check_name(conf, entry, err);
	struct xn_acl *acl;

	if (error)
		return error;
	if (conf->acl_count == conf->acl_room) {
		acl = more_room(conf->acl, &conf->acl_room, sizeof(*acl), err);
		if (!acl)
			return -ENOMEM;
		conf->acl = acl;
	}
	acl = &conf->acl[conf->acl_count++];
	*acl = (struct xn_acl){.section = entry->section_place};
	(void)xn_text_copy(acl->name, sizeof(acl->name), entry->name);
	return 0;
}

static int put_default(struct xn_acl *acl, const struct xn_conf_entry *entry,
		       struct xn_err *err)
{
	static const char *const words[] = {"allow", "deny"};
	char hint[XN_SUGGEST_TEXT_MAX];
	bool allow = !strcmp(entry->value, words[0]);

	if (acl->default_said)
		return xn_conf_refuse(&entry->key_place, err,
				      "default: said twice in this section");
	if (!allow && strcmp(entry->value, words[1]) != 0)
		return xn_conf_refuse(
			&entry->value_place, err,
			"default=%.60s: allow or deny is wanted%s",
			entry->value, xn_suggest(entry->value, words, 2, hint));
	acl->default_said = true;
	acl->default_allow = allow;
	return 0;
}

static int put_rule(struct xn_acl *acl, bool allow,
		    const struct xn_conf_entry *entry, struct xn_err *err)
{
	struct xn_acl_rule *rule;

	if (acl->rule_count == XN_ACL_RULES_MAX)
		return xn_conf_refuse(&entry->key_place, err,
				      "more than %u rules in [acl %s]",
				      XN_ACL_RULES_MAX, acl->name);
	if (acl->rule_count == acl->rule_room) {
		rule = more_room(acl->rule, &acl->rule_room, sizeof(*rule),
				 err);
		if (!rule)
			return -ENOMEM;
		acl->rule = rule;
	}
	rule = &acl->rule[acl->rule_count];
	*rule = (struct xn_acl_rule){.place = entry->key_place, .allow = allow};
	if (xn_acl_rule_read(rule, entry, err))
		return -EINVAL;
	acl->rule_count++;
	return 0;
}

int xn_acl_put(struct xn_acl *acl, const struct xn_conf_entry *entry,
	       struct xn_err *err)
{
	static const char *const keys[] = {"allow", "default", "deny"};
	char hint[XN_SUGGEST_TEXT_MAX];

	if (!strcmp(entry->key, "allow"))
		return put_rule(acl, true, entry, err);
	if (!strcmp(entry->key, "deny"))
		return put_rule(acl, false, entry, err);
	if (!strcmp(entry->key, "default"))
		return put_default(acl, entry, err);
	return xn_conf_refuse(&entry->key_place, err,
			      "unknown key '%.60s' in [acl NAME]: allow, deny "
			      "or default is wanted%s",
			      entry->key,
			      xn_suggest(entry->key, keys, 3, hint));
}
