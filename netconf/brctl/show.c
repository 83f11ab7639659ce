/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show and showstp. Each reads the kernel's table of links once, so that a
 * bridge and its ports are of one moment. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/brctl/print.h"
#include "netconf/brctl/verbs.h"
#include "netconf/nl/link.h"

static int compare_names(const void *a, const void *b)
{
	const struct xn_link *const *one = a;
	const struct xn_link *const *other = b;

	return strcmp((*one)->name, (*other)->name);
}

/* The links in the order of their names, byte by byte; the caller frees the
 * list. NULL: out of memory. */
static const struct xn_link **sort_links(const struct xn_link_table *table)
{
	const struct xn_link **list =
		calloc(table->count + 1, sizeof(const struct xn_link *));

	if (!list)
		return NULL;
	for (size_t i = 0; i < table->count; i++)
		list[i] = &table->link[i];
	qsort(list, table->count, sizeof(const struct xn_link *),
	      compare_names);
	return list;
}

/* All links as they are shown; ports of one bridge at a time. */
struct view {
	struct xn_link_table table;
	const struct xn_link **by_name;
	const struct xn_link **ports;
	size_t port_count;
};

static void close_view(struct view *view)
{
	free(view->by_name);
	free(view->ports);
	xn_link_table_fini(&view->table);
}

static int open_view(struct xn_nl *nl, struct view *ret_view)
{
	struct view view = {0};
	int rc = xn_link_dump(nl, &view.table, NULL);

	if (rc < 0)
		return rc;
	view.by_name = sort_links(&view.table);
	view.ports =
		calloc(view.table.count + 1, sizeof(const struct xn_link *));
	if (!view.by_name || !view.ports) {
		close_view(&view);
		return -ENOMEM;
	}
	*ret_view = view;
	return 0;
}

static const struct xn_link *find_name(const struct view *view,
				       const char *name)
{
	for (size_t i = 0; i < view->table.count; i++) {
		if (strcmp(view->table.link[i].name, name) == 0)
			return &view->table.link[i];
	}
	return NULL;
}

static void collect_ports(struct view *view, const struct xn_link *bridge)
{
	view->port_count = 0;
	for (size_t i = 0; i < view->table.count; i++) {
		const struct xn_link *link = view->by_name[i];

		if (link->is_bridge_port && link->master == bridge->ifindex)
			view->ports[view->port_count++] = link;
	}
}

/* Says why there is none. */
static const struct xn_link *find_bridge(const struct view *view,
					 const char *name)
{
	const struct xn_link *bridge = find_name(view, name);

	if (!bridge)
		(void)fprintf(stderr, "bridge %s does not exist!\n", name);
	else if (!bridge->is_bridge)
		(void)fprintf(stderr, "device %s is not a bridge!\n", name);
	return bridge && bridge->is_bridge ? bridge : NULL;
}

static enum xn_brctl_status fail(const char *what, int rc)
{
	(void)fprintf(stderr, "%s failed: %s\n", what, strerror(-rc));
	return XN_BRCTL_FAILED;
}

static void show_bridge(struct view *view, const struct xn_link *bridge,
			bool *shown)
{
	if (!*shown)
		xn_brctl_print_heads(stdout);
	*shown = true;
	collect_ports(view, bridge);
	xn_brctl_print_bridge(stdout, bridge, view->ports, view->port_count);
}

enum xn_brctl_status xn_brctl_show(struct xn_nl *nl, int word_count,
				   char *const *word)
{
	enum xn_brctl_status status = XN_BRCTL_DONE;
	bool shown = false;
	struct view view;
	int rc = open_view(nl, &view);

	if (rc < 0)
		return fail("list of bridges", rc);
	for (size_t i = 0; word_count == 1 && i < view.table.count; i++) {
		if (view.by_name[i]->is_bridge)
			show_bridge(&view, view.by_name[i], &shown);
	}
	for (int i = 1; i < word_count; i++) {
		const struct xn_link *bridge = find_bridge(&view, word[i]);

		if (bridge)
			show_bridge(&view, bridge, &shown);
		else
			status = XN_BRCTL_FAILED;
	}
	close_view(&view);
	return status;
}

enum xn_brctl_status xn_brctl_showstp(struct xn_nl *nl, int word_count,
				      char *const *word)
{
	const struct xn_link *bridge;
	struct view view;
	int rc = open_view(nl, &view);

	(void)word_count;
	if (rc < 0)
		return fail("list of ports", rc);
	bridge = find_bridge(&view, word[1]);
	if (bridge) {
		collect_ports(&view, bridge);
		xn_brctl_print_stp(stdout, word[1], &bridge->bridge);
		for (size_t i = 0; i < view.port_count; i++)
			xn_brctl_print_stp_port(stdout, view.ports[i]);
	}
	close_view(&view);
	return bridge ? XN_BRCTL_DONE : XN_BRCTL_FAILED;
}
