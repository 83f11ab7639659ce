/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that a section gives its bridge and netdev, what they were before, and
 * taking them back when the section no longer says them. Pure. */
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>

#include "netconf/plan/host.h"

/* Names, and what the kernel gives a bridge or port that is made.
 * Source: net/bridge/br_device.c br_dev_setup(), br_if.c new_nbp(),
 * br_stp.c, br_multicast.c, br_vlan.c. */
static const struct row {
	enum xn_note_kind kind;
	uint16_t attr;
	enum xn_conf_key key;
	bool has_default;
	uint32_t value;
} rows[] = {
	{XN_NOTE_BRIDGE, IFLA_BR_STP_STATE, XN_CONF_STP, true, 0},
	{XN_NOTE_BRIDGE, IFLA_BR_PRIORITY, XN_CONF_STP_PRIORITY, true, 32768},
	{XN_NOTE_BRIDGE, IFLA_BR_FORWARD_DELAY, XN_CONF_FORWARD_DELAY, true,
	 1500},
	{XN_NOTE_BRIDGE, IFLA_BR_HELLO_TIME, XN_CONF_HELLO_TIME, true, 200},
	{XN_NOTE_BRIDGE, IFLA_BR_MAX_AGE, XN_CONF_MAX_AGE, true, 2000},
	{XN_NOTE_BRIDGE, IFLA_BR_AGEING_TIME, XN_CONF_AGEING, true, 30000},
	{XN_NOTE_BRIDGE, IFLA_BR_MCAST_SNOOPING, XN_CONF_MULTICAST_SNOOPING,
	 true, 1},
	{XN_NOTE_BRIDGE, IFLA_BR_MCAST_QUERIER, XN_CONF_MULTICAST_QUERIER, true,
	 0},
	{XN_NOTE_BRIDGE, IFLA_BR_VLAN_FILTERING, XN_CONF_VLAN_FILTERING, true,
	 0},
	{XN_NOTE_BRIDGE, IFLA_BR_VLAN_DEFAULT_PVID, XN_CONF_VLAN_DEFAULT_PVID,
	 true, 1},
	/* By the speed that the NIC has when it becomes a port. */
	{XN_NOTE_PORT, IFLA_BRPORT_COST, XN_CONF_NETDEV_COST, false, 0},
	{XN_NOTE_PORT, IFLA_BRPORT_PRIORITY, XN_CONF_NETDEV_PRIORITY, true, 32},
	{XN_NOTE_MTU, 0, XN_CONF_MTU, false, 0},
	{XN_NOTE_MAC, 0, XN_CONF_MAC, false, 0},
	{XN_NOTE_ACCEPT_RA, 0, XN_CONF_ADDRESS, false, 0},
};

static const struct row *find_row(enum xn_note_kind kind, uint16_t attr)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].kind == kind && rows[i].attr == attr)
			return &rows[i];
	}
	return NULL;
}

bool xn_note_is_known(enum xn_note_kind kind, uint16_t attr)
{
	return find_row(kind, attr) != NULL;
}

const char *xn_note_key(enum xn_note_kind kind, uint16_t attr)
{
	const struct row *row = find_row(kind, attr);

	if (kind == XN_NOTE_ACCEPT_RA)
		return "auto6";
	return row ? xn_conf_key_name(row->key) : NULL;
}

uint64_t xn_note_mac(const struct xn_mac *mac)
{
	uint64_t number = 0;

	for (int i = 0; i < XN_MAC_BYTES; i++)
		number = number << 8 | mac->octet[i];
	return number;
}

static struct xn_mac number_mac(uint64_t number)
{
	struct xn_mac mac;

	for (int i = XN_MAC_BYTES - 1; i >= 0; i--, number >>= 8)
		mac.octet[i] = (uint8_t)number;
	return mac;
}

/* NULL: the kind is no setting. */
static struct xn_link_settings *settings_of(struct xn_model_link *link,
					    enum xn_note_kind kind)
{
	switch (kind) {
	case XN_NOTE_BRIDGE:
		return &link->bridge;
	case XN_NOTE_PORT:
		return &link->port;
	case XN_NOTE_MTU:
	case XN_NOTE_MAC:
	case XN_NOTE_ACCEPT_RA:
	case XN_NOTE_KINDS:
		break;
	}
	return NULL;
}

static bool get_setting(const struct xn_link_settings *settings, uint16_t attr,
			uint64_t *ret)
{
	for (uint8_t i = 0; i < settings->count; i++) {
		if (settings->setting[i].attr == attr) {
			*ret = settings->setting[i].value;
			return true;
		}
	}
	return false;
}

/* What is not said of a new one is what the kernel gives it. */
static bool get(struct xn_model_link *link, enum xn_note_kind kind,
		uint16_t attr, uint64_t *ret)
{
	const struct xn_link_settings *settings = settings_of(link, kind);
	const struct row *row = find_row(kind, attr);

	if (settings) {
		if (get_setting(settings, attr, ret))
			return true;
		*ret = row->value;
		return row->has_default;
	}
	if (kind == XN_NOTE_MTU)
		*ret = link->mtu;
	else if (kind == XN_NOTE_MAC)
		*ret = xn_note_mac(&link->mac);
	else
		*ret = (uint64_t)link->accept_ra;
	return true;
}

static void put_setting(struct xn_link_settings *settings, uint16_t attr,
			uint32_t value)
{
	for (uint8_t i = 0; i < settings->count; i++) {
		if (settings->setting[i].attr == attr) {
			settings->setting[i].value = value;
			return;
		}
	}
	if (settings->count < XN_NL_SETTINGS_MAX)
		settings->setting[settings->count++] =
			(struct xn_nl_setting){attr, value};
}

static void put(struct xn_model_link *link, enum xn_note_kind kind,
		uint16_t attr, uint64_t value)
{
	struct xn_link_settings *settings = settings_of(link, kind);

	if (settings)
		put_setting(settings, attr, (uint32_t)value);
	else if (kind == XN_NOTE_MTU)
		link->mtu = (uint32_t)value;
	else if (kind == XN_NOTE_MAC)
		link->mac = number_mac(value);
	else
		link->accept_ra = (int)value;
}

static const struct xn_note *find_note(const struct xn_ours *ours,
				       const struct xn_note *like)
{
	for (uint32_t i = 0; i < ours->note_count; i++) {
		const struct xn_note *note = &ours->note[i];

		if (note->bridge == like->bridge &&
		    note->ifindex == like->ifindex &&
		    note->kind == like->kind && note->attr == like->attr)
			return note;
	}
	return NULL;
}

static int add_note(struct xn_ours *ours, const struct xn_note *note,
		    struct xn_err *err)
{
	if (ours->note_count == XN_NOTES_MAX)
		return xn_fail(err, E2BIG,
			       "more than %u settings of bridges to note",
			       XN_NOTES_MAX);
	ours->note[ours->note_count++] = *note;
	return 0;
}

/* Somebody else deleted the bridge, and left what its section gave another
 * link. */
static const struct xn_note *find_orphan(const struct xn_ours *ours,
					 const struct xn_note *like,
					 uint64_t value)
{
	for (uint32_t i = 0; i < ours->note_count; i++) {
		const struct xn_note *note = &ours->note[i];

		if (note->ifindex != note->bridge &&
		    note->ifindex == like->ifindex &&
		    note->kind == like->kind && note->attr == like->attr &&
		    note->set == value)
			return note;
	}
	return NULL;
}

int xn_host_put(const struct xn_host_step *step, struct xn_model_link *link,
		enum xn_note_kind kind, uint16_t attr, uint64_t value)
{
	struct xn_ours *ours = &step->wanted->ours;
	struct xn_note note = {
		.bridge = xn_model_link_named(step->model, step->conf->name)
				  ->ifindex,
		.ifindex = link->ifindex,
		.kind = kind,
		.attr = attr,
		.set = value};
	const struct xn_note *old;

	/* One link can be there in two roles. */
	if (find_note(ours, &note)) {
		put(link, kind, attr, value);
		return 0;
	}
	note.was_known = get(link, kind, attr, &note.was);
	old = step->before ? find_note(step->host->ours, &note)
			   : find_orphan(step->host->ours, &note, note.was);
	if (old) {
		note.was_known = old->was_known;
		note.was = old->was;
	}
	put(link, kind, attr, value);
	return add_note(ours, &note, step->err);
}

static void note_stays(struct xn_host_wanted *wanted,
		       const struct xn_model_link *link,
		       const struct xn_note *note, uint64_t value)
{
	struct xn_stays *stays = &wanted->stays[wanted->stays_count];

	if (wanted->stays_count == XN_STAYS_MAX)
		return;
	wanted->stays_count++;
	memcpy(stays->link, link->name, sizeof(stays->link));
	stays->key = xn_note_key(note->kind, note->attr);
	stays->value = value;
	stays->foreign = value != note->set;
}

static bool is_gone(const struct xn_note *note, struct xn_model_link *link)
{
	uint64_t value;

	return !link || (settings_of(link, note->kind) &&
			 !get_setting(settings_of(link, note->kind), note->attr,
				      &value));
}

void xn_host_unput(const struct xn_host_step *step)
{
	const struct xn_ours *ours = step->host->ours;

	for (uint32_t i = 0; step->before && i < ours->note_count; i++) {
		const struct xn_note *note = &ours->note[i];
		struct xn_model_link *link =
			xn_model_link(step->model, note->ifindex);
		uint64_t value = 0;

		if (note->bridge != step->before->ifindex ||
		    find_note(&step->wanted->ours, note) || is_gone(note, link))
			continue;
		(void)get(link, note->kind, note->attr, &value);
		if (value == note->set && note->was_known)
			put(link, note->kind, note->attr, note->was);
		else if (!step->released &&
			 (!note->was_known || value != note->was))
			note_stays(step->wanted, link, note, value);
	}
}

void xn_host_unput_all(struct xn_model *model, const struct xn_ours *ours,
		       const struct xn_our *our, bool bridge)
{
	for (uint32_t i = 0; i < ours->note_count; i++) {
		const struct xn_note *note = &ours->note[i];
		struct xn_model_link *link =
			xn_model_link(model, note->ifindex);
		uint64_t value = 0;

		if (note->bridge != our->ifindex || !note->was_known ||
		    (!bridge && note->ifindex == our->ifindex) ||
		    is_gone(note, link))
			continue;
		(void)get(link, note->kind, note->attr, &value);
		if (value == note->set)
			put(link, note->kind, note->attr, note->was);
	}
}

int xn_host_keep_notes(const struct xn_ours *from, const struct xn_our *our,
		       struct xn_ours *ours, struct xn_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < from->note_count && rc == 0; i++) {
		if (from->note[i].bridge == our->ifindex)
			rc = add_note(ours, &from->note[i], err);
	}
	return rc;
}

void xn_ours_forget_notes(struct xn_ours *ours, int bridge)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < ours->note_count; i++) {
		if (ours->note[i].bridge != bridge)
			ours->note[kept++] = ours->note[i];
	}
	ours->note_count = kept;
	kept = 0;
	for (uint32_t i = 0; i < ours->addr_count; i++) {
		if (ours->addr[i].bridge != bridge)
			ours->addr[kept++] = ours->addr[i];
	}
	ours->addr_count = kept;
	kept = 0;
	for (uint32_t i = 0; i < ours->route_count; i++) {
		if (ours->route[i].bridge != bridge)
			ours->route[kept++] = ours->route[i];
	}
	ours->route_count = kept;
}
