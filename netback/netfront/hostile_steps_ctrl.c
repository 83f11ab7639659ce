// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Steps that ask the control ring:
 *
 *   ask:TYPE,DATA,DATA,DATA>STATUS[=ANSWER]
 *   DATA   a number, or the reference of a page that is granted for it:
 *          page (of zeros), page=N (each word is N), grefs (a list of our
 *          buffers' grants), rings (a list that has our ring in it)
 *
 * See hostile_steps.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netback/netfront/hostile_steps.h"
#include "netconf/base/text.h"

static void fill(uint32_t *page, uint32_t value)
{
	for (uint32_t i = 0; i < XNF_PAGE_BYTES / sizeof(*page); i++)
		page[i] = value;
}

static void list_grefs(struct xnf_hostile *one, void *page, bool rings)
{
	struct xen_netif_gref *list = page;

	for (uint32_t i = 0; i < XNF_RING_SLOTS; i++)
		list[i] = (struct xen_netif_gref){
			.ref = one->raw.queue->tx_refs[i],
			.flags = XEN_NETIF_CTRLF_GREF_readonly,
		};
	if (rings)
		list[0] = (struct xen_netif_gref){
			.ref = one->raw.queue->tx_ring_ref,
		};
}

static int parse_data(struct xnf_hostile *one, const char *text,
		      uint32_t *ret_data)
{
	uint32_t value = 0;
	void *page;

	if (*text >= '0' && *text <= '9')
		return xn_parse_u32(text, 0, UINT32_MAX, ret_data);
	if (!strncmp(text, "page=", 5) &&
	    xn_parse_u32(text + 5, 0, UINT32_MAX, &value))
		return -EINVAL;
	page = xnf_ctrl_page(xnf_front_ctrl(one->front), ret_data);
	if (!page)
		return -ENOSPC;
	fill(page, value);
	if (!strcmp(text, "grefs") || !strcmp(text, "rings"))
		list_grefs(one, page, text[0] == 'r');
	else if (strncmp(text, "page", 4) != 0)
		return -EINVAL;
	return 0;
}

static int parse_request(struct xnf_hostile *one, char *words,
			 struct xnf_ctrl_request *ret)
{
	uint32_t field[4];
	uint32_t count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(words, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest)) {
		if (count == 4 || parse_data(one, word, &field[count++]))
			return -EINVAL;
	}
	if (count != 4 || field[0] > UINT16_MAX)
		return -EINVAL;
	ret->type = (uint16_t)field[0];
	memcpy(ret->data, field + 1, sizeof(ret->data));
	return 0;
}

int xnf_step_ask(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	struct xnf_hostile *one = steps->one;
	char *wanted = strchr(word, '>');
	struct xnf_ctrl_request request;
	struct xnf_ctrl_answer answer = {0};
	uint32_t status, data = 0;
	char *wanted_data;
	int rc;

	if (!wanted || steps->queue || !xnf_front_ctrl(one->front))
		return xn_fail(err, EINVAL, "no status said, or no ring");
	*wanted++ = '\0';
	wanted_data = strchr(wanted, '=');
	if (wanted_data)
		*wanted_data++ = '\0';
	if (parse_request(one, word, &request) ||
	    xn_parse_u32(wanted, 0, UINT32_MAX, &status) ||
	    (wanted_data && xn_parse_u32(wanted_data, 0, UINT32_MAX, &data)))
		return xn_fail(err, EINVAL, "no request");
	rc = xnf_hostile_ask(one, &request, &answer, err);
	if (rc)
		return rc;
	if (answer.status != status || (wanted_data && answer.data != data))
		return xn_fail(err, EPROTO, "status %u, data %u", answer.status,
			       answer.data);
	return 0;
}
