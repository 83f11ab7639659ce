/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenplane.conf's sections, see planeconf.h. Called by `xenplane check`, by
 * xenplaned and by imports with an administrator's files; nothing in them is
 * trusted. Included files are read where they are named.
 */
#include "netconf/parse/planeconf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "netconf/base/text.h"
#include "netconf/parse/acl_keys.h"
#include "netconf/parse/bridge_keys.h"
#include "netconf/parse/include.h"
#include "netconf/parse/settings.h"
#include "netconf/parse/suggest.h"

/* Sections to make room for at first. */
#define ROOM_MIN 8u

struct file_id {
	dev_t device;
	ino_t inode;
};

enum section_kind {
	IN_NOTHING,
	IN_DEFAULTS,
	IN_BRIDGE,
	IN_VIF,
	IN_ACL
};

struct reader {
	struct xn_planeconf *conf;
	struct xn_report *report;
	bool may_include;
	uint32_t depth;
	struct file_id id[XN_PLANECONF_FILES_MAX]; /* of conf->file[] */
	enum section_kind kind; /* keys are of the last one of its kind */
	uint32_t settings_said; /* also those with `default` */
	uint32_t bridge_room, vif_room;
	bool broken[XN_PLANECONF_BRIDGES_MAX];
};

static int read_file(struct reader *reader, const struct xn_conf_place *from,
		     const char *path, struct xn_err *err);

/* Room for one more: doubled, up to a bound. NULL with err. */
static void *add_room(void *array, uint32_t count, uint32_t *room,
		      size_t item_bytes, struct xn_err *err)
{
	uint32_t wanted = *room ? *room * 2 : ROOM_MIN;

	if (count == *room) {
		void *more = reallocarray(array, wanted, item_bytes);

		if (!more) {
			(void)xn_fail(err, ENOMEM, "out of memory");
			return NULL;
		}
		*room = wanted;
		array = more;
	}
	memset((char *)array + (size_t)count * item_bytes, 0, item_bytes);
	return array;
}

static int refuse_second(const struct xn_conf_entry *entry,
			 const struct xn_conf_place *first, struct xn_err *err)
{
	return xn_conf_refuse(&entry->section_place, err,
			      "[%.20s%s%.60s] stands here twice, first at "
			      "%s:%u",
			      entry->kind, entry->name[0] ? " " : "",
			      entry->name, first->file, first->line);
}

static int begin_defaults(struct reader *reader,
			  const struct xn_conf_entry *entry, struct xn_err *err)
{
	struct xn_planeconf *conf = reader->conf;

	if (entry->name[0])
		return xn_conf_refuse(
			&entry->section_place, err,
			"[defaults] has no name: [bridge NAME] or "
			"[vif MAC] is wanted");
	if (conf->has_defaults)
		return refuse_second(entry, &conf->defaults_section, err);
	conf->has_defaults = true;
	conf->defaults_section = entry->section_place;
	reader->kind = IN_DEFAULTS;
	return 0;
}

static int begin_bridge(struct reader *reader,
			const struct xn_conf_entry *entry, struct xn_err *err)
{
	struct xn_planeconf *conf = reader->conf;
	struct xn_planeconf_bridge *bridge;

	if (!xn_conf_ifname_valid(entry->name))
		return xn_conf_refuse(&entry->section_place, err,
				      "'%.60s' is no name for a bridge",
				      entry->name);
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		if (!strcmp(conf->bridge[i].name, entry->name))
			return refuse_second(entry, &conf->bridge[i].section,
					     err);
	if (conf->bridge_count == XN_PLANECONF_BRIDGES_MAX)
		return xn_conf_refuse(&entry->section_place, err,
				      "more than %u bridges",
				      XN_PLANECONF_BRIDGES_MAX);
	bridge = add_room(conf->bridge, conf->bridge_count,
			  &reader->bridge_room, sizeof(*bridge), err);
	if (!bridge)
		return -ENOMEM;
	conf->bridge = bridge;
	bridge += conf->bridge_count++;
	(void)xn_text_copy(bridge->name, sizeof(bridge->name), entry->name);
	bridge->section = entry->section_place;
	bridge->nat.connections = XN_NAT_CONNECTIONS_DEFAULT;
	reader->kind = IN_BRIDGE;
	return 0;
}

/* By address, or by name. */
static int name_vif(const struct xn_conf_entry *entry,
		    struct xn_planeconf_vif *ret_vif, struct xn_err *err)
{
	if (!xn_mac_parse(entry->name, &ret_vif->mac)) {
		if (!xn_mac_is_group(&ret_vif->mac))
			return 0;
	} else if (xn_conf_ifname_valid(entry->name)) {
		(void)xn_text_copy(ret_vif->name, sizeof(ret_vif->name),
				   entry->name);
		return 0;
	}
	return xn_conf_refuse(&entry->section_place, err,
			      "'%.60s' is no address of a vif, and no name of "
			      "one",
			      entry->name);
}

static int begin_vif(struct reader *reader, const struct xn_conf_entry *entry,
		     struct xn_err *err)
{
	struct xn_planeconf *conf = reader->conf;
	struct xn_planeconf_vif vif = {.section = entry->section_place};
	struct xn_planeconf_vif *room;
	int error = name_vif(entry, &vif, err);

	if (error)
		return error;
	for (uint32_t i = 0; i < conf->vif_count; i++)
		if (!strcmp(conf->vif[i].name, vif.name) &&
		    (vif.name[0] || xn_mac_equal(&conf->vif[i].mac, &vif.mac)))
			return refuse_second(entry, &conf->vif[i].section, err);
	if (conf->vif_count == XN_PLANECONF_VIFS_MAX)
		return xn_conf_refuse(&entry->section_place, err,
				      "more than %u vifs",
				      XN_PLANECONF_VIFS_MAX);
	room = add_room(conf->vif, conf->vif_count, &reader->vif_room,
			sizeof(*room), err);
	if (!room)
		return -ENOMEM;
	conf->vif = room;
	conf->vif[conf->vif_count++] = vif;
	reader->kind = IN_VIF;
	return 0;
}

static int begin_acl(struct reader *reader, const struct xn_conf_entry *entry,
		     struct xn_err *err)
{
	int error = xn_acl_begin(reader->conf, entry, err);

	if (!error)
		reader->kind = IN_ACL;
	return error;
}

static int read_include(struct reader *reader,
			const struct xn_conf_entry *entry, struct xn_err *err)
{
	const struct xn_conf_place place = entry->section_place;
	struct xn_include include;
	int error;

	if (!entry->name[0])
		return xn_conf_refuse(&place, err,
				      "[include PATTERN] names files");
	if (!reader->may_include)
		return xn_conf_refuse(&place, err,
				      "include: not possible here");
	error = xn_include_expand(&place, entry->name, &include, err);
	for (uint32_t i = 0; i < include.count && !error; i++) {
		/* Each that cannot be read is said; the others are read. */
		error = read_file(reader, &place, include.path[i], err);
		if (error && error != -ENOMEM) {
			xn_report_text(reader->report, false, xn_err_text(err));
			err->set = false;
			error = 0;
		}
	}
	xn_include_fini(&include);
	reader->kind = IN_NOTHING;
	return error;
}

static int begin_section(struct reader *reader,
			 const struct xn_conf_entry *entry, struct xn_err *err)
{
	static const char *const kinds[] = {"acl", "bridge", "defaults",
					    "include", "vif"};
	char hint[XN_SUGGEST_TEXT_MAX];

	reader->kind = IN_NOTHING;
	reader->settings_said = 0;
	if (!strcmp(entry->kind, "defaults"))
		return begin_defaults(reader, entry, err);
	if (!strcmp(entry->kind, "bridge"))
		return begin_bridge(reader, entry, err);
	if (!strcmp(entry->kind, "vif"))
		return begin_vif(reader, entry, err);
	if (!strcmp(entry->kind, "acl"))
		return begin_acl(reader, entry, err);
	if (!strcmp(entry->kind, "include"))
		return read_include(reader, entry, err);
	return xn_conf_refuse(&entry->section_place, err,
			      "[%.60s]: [defaults], [bridge NAME], [vif MAC], "
			      "[vif NAME], [acl NAME] or [include PATTERN] is "
			      "wanted%s",
			      entry->kind,
			      xn_suggest(entry->kind, kinds, 5, hint));
}

static int refuse_key(const struct xn_conf_entry *entry, bool is_bridge,
		      struct xn_err *err)
{
	const char *others[XN_CONF_KEY_COUNT] = {NULL};
	char hint[XN_SUGGEST_TEXT_MAX];
	size_t count = 0;

	for (unsigned int i = 0; i < XN_CONF_KEY_COUNT && is_bridge; i++)
		others[count++] = xn_conf_key_name((enum xn_conf_key)i);
	(void)xn_setting_suggest(entry->key, others, count, hint);
	if (!is_bridge && !hint[0] &&
	    xn_conf_key_find(entry->key) != XN_CONF_KEY_COUNT)
		return xn_conf_refuse(&entry->key_place, err,
				      "unknown key '%.60s': it belongs into "
				      "[bridge NAME]",
				      entry->key);
	return xn_conf_refuse(&entry->key_place, err, "unknown key '%.60s'%s",
			      entry->key, hint);
}

/* What the value of a setting may have been meant to be. */
static void suggest_value(const struct xn_conf_entry *entry,
			  char ret_hint[XN_SUGGEST_TEXT_MAX])
{
	static const char *const bpdu[] = {"pass", "drop"};
	static const char *const none[] = {"none"};
	static const char *const switched[] = {"on", "off"};

	if (!strcmp(entry->key, xn_setting_name(XN_SETTING_BPDU)))
		(void)xn_suggest(entry->value, bpdu, 2, ret_hint);
	else if (!strcmp(entry->key, xn_setting_name(XN_SETTING_IP)) ||
		 !strcmp(entry->key, xn_setting_name(XN_SETTING_ACL)))
		(void)xn_suggest(entry->value, none, 1, ret_hint);
	else
		(void)xn_suggest(entry->value, switched, 2, ret_hint);
}

static uint32_t setting_bit(const char *key)
{
	uint32_t i = 0;

	while (i < XN_SETTING_COUNT &&
	       strcmp(key, xn_setting_name((enum xn_setting)i)) != 0)
		i++;
	return 1u << i;
}

static int read_setting(struct reader *reader, struct xn_settings *settings,
			const struct xn_conf_entry *entry, struct xn_err *err)
{
	uint32_t bit = setting_bit(entry->key);
	char hint[XN_SUGGEST_TEXT_MAX];
	struct xn_err why = {0};

	if (reader->settings_said & bit)
		return xn_conf_refuse(&entry->key_place, err,
				      "%s: said twice in this section",
				      entry->key);
	reader->settings_said |= bit;
	if (!xn_settings_put(settings, entry->key, entry->value, &why))
		return 0;
	suggest_value(entry, hint);
	return xn_conf_refuse(&entry->value_place, err, "%s%s",
			      xn_err_text(&why), hint);
}

static int read_key(struct reader *reader, const struct xn_conf_entry *entry,
		    struct xn_err *err)
{
	struct xn_planeconf *conf = reader->conf;
	bool is_setting = xn_setting_known(entry->key);
	enum xn_conf_key key = xn_conf_key_find(entry->key);
	struct xn_planeconf_bridge *bridge;
	int error;

	switch (reader->kind) {
	case IN_DEFAULTS:
		if (is_setting)
			return read_setting(reader, &conf->defaults, entry,
					    err);
		break;
	case IN_VIF:
		if (is_setting)
			return read_setting(
				reader,
				&conf->vif[conf->vif_count - 1].settings, entry,
				err);
		break;
	case IN_BRIDGE:
		bridge = &conf->bridge[conf->bridge_count - 1];
		if (is_setting)
			error = read_setting(reader, &bridge->vifs, entry, err);
		else if (key != XN_CONF_KEY_COUNT)
			error = xn_bridge_key_put(bridge, key, entry, err);
		else
			break;
		if (error)
			reader->broken[conf->bridge_count - 1] = true;
		return error;
	case IN_ACL:
		return xn_acl_put(&conf->acl[conf->acl_count - 1], entry, err);
	case IN_NOTHING:
		return xn_conf_refuse(&entry->key_place, err,
				      "%.60s: [include] has no keys",
				      entry->key);
	}
	return refuse_key(entry, reader->kind == IN_BRIDGE, err);
}

static int read_entry(void *arg, const struct xn_conf_entry *entry,
		      struct xn_err *err)
{
	struct reader *reader = arg;

	return entry->key[0] ? read_key(reader, entry, err)
			     : begin_section(reader, entry, err);
}

static void note_wrong(void *arg, const char *words)
{
	struct reader *reader = arg;

	xn_report_text(reader->report, false, words);
}

/* Keeps the name for the places in it. NULL: with err. */
static const char *keep_name(struct reader *reader, const char *path,
			     struct xn_err *err)
{
	struct xn_planeconf *conf = reader->conf;
	char *name = strdup(path);

	if (name)
		conf->file[conf->file_count++] = name;
	else
		(void)xn_fail(err, ENOMEM, "out of memory");
	return name;
}

/* An included file is a plain one, and one that was not read before: each
 * that includes itself, however far round, is found that way. */
static int check_included(struct reader *reader,
			  const struct xn_conf_place *from, const char *path,
			  const struct file_id *id, mode_t mode,
			  struct xn_err *err)
{
	if (!S_ISREG(mode))
		return xn_conf_refuse(from, err, "include: %s: no plain file",
				      path);
	for (uint32_t i = 0; i < reader->conf->file_count; i++)
		if (reader->id[i].device == id->device &&
		    reader->id[i].inode == id->inode)
			return xn_conf_refuse(
				from, err, "include: %s is read already", path);
	if (reader->conf->file_count == XN_PLANECONF_FILES_MAX)
		return xn_conf_refuse(from, err, "include: more than %u files",
				      XN_PLANECONF_FILES_MAX);
	if (reader->depth == XN_PLANECONF_DEPTH_MAX)
		return xn_conf_refuse(from, err,
				      "include: more than %u files deep",
				      XN_PLANECONF_DEPTH_MAX);
	return 0;
}

/* `from`: where it is included; NULL: nowhere. */
static int read_file(struct reader *reader, const struct xn_conf_place *from,
		     const char *path, struct xn_err *err)
{
	const struct xn_conf_hands hands = {read_entry, note_wrong, reader};
	uint32_t place = reader->conf->file_count;
	struct stat status;
	struct file_id id;
	const char *name;
	int error = 0;

	if (stat(path, &status)) {
		if (from)
			return xn_conf_refuse(from, err, "include: %s: %s",
					      path, strerror(errno));
		return xn_fail(err, errno, "%s: %s", path, strerror(errno));
	}
	id = (struct file_id){status.st_dev, status.st_ino};
	if (from)
		error = check_included(reader, from, path, &id, status.st_mode,
				       err);
	if (error)
		return error;
	name = keep_name(reader, path, err);
	if (!name)
		return -ENOMEM;
	reader->id[place] = id;
	reader->kind = IN_NOTHING;
	reader->depth++;
	error = xn_conf_scan(name, &hands, err);
	reader->depth--;
	return error;
}

static int read_text(struct reader *reader, const char *file, const char *text,
		     struct xn_err *err)
{
	const struct xn_conf_hands hands = {read_entry, note_wrong, reader};
	const char *name = keep_name(reader, file, err);

	if (!name)
		return -ENOMEM;
	if (strnlen(text, XN_PLANECONF_TEXT_BYTES_MAX + 1) >
	    XN_PLANECONF_TEXT_BYTES_MAX)
		return xn_fail(err, EFBIG, "%s: more than %u bytes", file,
			       XN_PLANECONF_TEXT_BYTES_MAX);
	return xn_conf_scan_text(name, text, &hands, err);
}

/* `text` NULL: the file's. */
static int read_plane(const char *file, const char *text,
		      struct xn_planeconf **ret_conf, struct xn_report *report)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct xn_planeconf *conf = calloc(1, sizeof(*conf));
	struct xn_err err = {0};
	int error = -ENOMEM;

	if (!reader || !conf) {
		(void)xn_fail(&err, ENOMEM, "out of memory");
	} else {
		reader->conf = conf;
		reader->report = report;
		reader->may_include = !text;
		error = text ? read_text(reader, file, text, &err)
			     : read_file(reader, NULL, file, &err);
	}
	if (error)
		xn_report_text(report, false, xn_err_text(&err));
	else
		xn_planeconf_check(conf, reader->broken, report);
	xn_report_sort(report);
	free(reader);
	if (!error && report->errors)
		error = -EINVAL;
	if (error)
		xn_planeconf_destroy(conf);
	else
		*ret_conf = conf;
	return error;
}

int xn_planeconf_read(const char *file, struct xn_planeconf **ret_conf,
		      struct xn_report *report)
{
	return read_plane(file, NULL, ret_conf, report);
}

int xn_planeconf_read_text(const char *file, const char *text,
			   struct xn_planeconf **ret_conf,
			   struct xn_report *report)
{
	return read_plane(file, text, ret_conf, report);
}
