// SPDX-License-Identifier: GPL-2.0-or-later
/* Attacks through the control ring. See hostile.h. */
#include <errno.h>
#include <poll.h>

#include "netback/netfront/hostile.h"
#include "netconf/base/loop.h"

#define ANSWER_MS 5000u
#define INVALID XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER

int xnf_hostile_ask(struct xnf_hostile *one,
		    const struct xnf_ctrl_request *request,
		    struct xnf_ctrl_answer *ret_answer, struct xn_err *err)
{
	struct xnf_ctrl *ctrl = xnf_front_ctrl(one->front);
	uint64_t until = xn_now_ms() + ANSWER_MS;
	int rc = xnf_ctrl_ask(ctrl, request->type, request->data[0],
			      request->data[1], request->data[2]);

	if (rc < 0)
		return xn_fail(err, -rc, "the control ring is full");
	xnf_ctrl_show(ctrl);
	while ((rc = xnf_ctrl_take(ctrl, ret_answer)) == 0) {
		struct pollfd fd = {
			.fd = xnf_ctrl_fd(ctrl),
			.events = POLLIN,
		};

		if (xn_now_ms() >= until)
			return xn_fail(err, ETIMEDOUT, "no control answer");
		if (poll(&fd, 1, 20) > 0 && fd.revents & POLLIN)
			xnf_ctrl_ack(ctrl);
	}
	if (rc < 0)
		return xn_fail(err, -rc, "the control ring is broken");
	return 0;
}

/* How many of these are answered with that status. */
static int count_status(struct xnf_hostile *one,
			const struct xnf_ctrl_request *request, uint32_t count,
			uint32_t wanted, uint64_t *ret_count,
			struct xn_err *err)
{
	struct xnf_ctrl_answer answer = {0};
	int rc = 0;

	*ret_count = 0;
	for (uint32_t i = 0; !rc && i < count; i++) {
		rc = xnf_hostile_ask(one, &request[i], &answer, err);
		*ret_count += !rc && answer.status == wanted;
	}
	return rc;
}

#define COUNT(array) (uint32_t)(sizeof(array) / sizeof((array)[0]))

static int hash_mapping(struct xnf_hostile *one, struct xn_err *err)
{
	struct xnf_ctrl *ctrl = xnf_front_ctrl(one->front);
	uint64_t sound_ok, invalid = 0;
	uint32_t ref, *table;
	int rc;

	if (!ctrl)
		return xn_fail(err, ENOTSUP, "the backend has no control ring");
	table = xnf_ctrl_page(ctrl, &ref);
	for (uint32_t i = 0; i < XNF_PAGE_BYTES / sizeof(*table); i++)
		table[i] = 0;

	const struct xnf_ctrl_request sound[] = {
		{XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM,
		 {XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ, 0, 0}},
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE, {64, 0, 0}},
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, {ref, 64, 0}},
	};
	const struct xnf_ctrl_request bad[] = {
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, {ref, 64, 1}},
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, {ref, 65, 0}},
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING,
		 {ref, 2, UINT32_MAX}}, /* the sum wraps to 1 */
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, {ref, UINT32_MAX, 2}},
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING,
		 {ref, 0x80000000u, 0x80000000u}},
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING,
		 {UINT32_MAX, 64, 0}}, /* no such grant */
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE, {129, 0, 0}},
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE, {UINT32_MAX, 0, 0}},
		{XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM, {2, 0, 0}},
		{XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS, {UINT32_MAX, 0, 0}},
	};
	const struct xnf_ctrl_request odd_queue[] = {
		{XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING, {ref, 64, 0}},
	};

	rc = count_status(one, sound, COUNT(sound),
			  XEN_NETIF_CTRL_STATUS_SUCCESS, &sound_ok, err);
	if (!rc)
		rc = count_status(one, bad, COUNT(bad), INVALID, &invalid, err);
	xnf_report(one, "sound", COUNT(sound));
	xnf_report(one, "sound_ok", sound_ok);
	xnf_report(one, "bad", COUNT(bad));
	xnf_report(one, "bad_invalid", invalid);
	if (rc)
		return rc;
	/* The answers freed the page. A single queue that we lack: */
	table = xnf_ctrl_page(ctrl, &ref);
	for (uint32_t i = 0; i < 64; i++)
		table[i] = i == 63 ? 8 : 0;
	rc = count_status(one, odd_queue, 1, INVALID, &invalid, err);
	xnf_report(one, "odd_queue_invalid", invalid);
	return rc;
}

/* Lists of grants that are too long, twice the same, or nobody's. */
static int gref_mapping(struct xnf_hostile *one, struct xn_err *err)
{
	struct xnf_ctrl *ctrl = xnf_front_ctrl(one->front);
	struct xen_netif_gref *list;
	uint64_t refused = 0;
	struct xnf_ctrl_answer answer = {0};
	uint32_t ref;
	int rc = 0;

	if (!ctrl)
		return xn_fail(err, ENOTSUP, "the backend has no control ring");
	list = xnf_ctrl_page(ctrl, &ref);
	for (uint32_t i = 0; i < XNF_PAGE_BYTES / sizeof(*list); i++)
		list[i] = (struct xen_netif_gref){.ref = 30000 + i};
	list[0].ref = one->raw.queue->tx_ring_ref;

	const struct xnf_ctrl_request bad[] = {
		{XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, {0, ref, 513}},
		{XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, {0, ref, UINT32_MAX}},
		{XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, {0, ref, 512}},
		{XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, {0, UINT32_MAX, 1}},
		{XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, {7, ref, 1}},
		{XEN_NETIF_CTRL_TYPE_ADD_GREF_MAPPING, {UINT32_MAX, ref, 1}},
		{XEN_NETIF_CTRL_TYPE_DEL_GREF_MAPPING, {7, ref, 8}},
		{XEN_NETIF_CTRL_TYPE_GET_GREF_MAPPING_SIZE, {7, 0, 0}},
		{11, {0, 0, 0}},
		{99, {0, 0, 0}},
	};

	for (uint32_t i = 0; !rc && i < COUNT(bad); i++) {
		rc = xnf_hostile_ask(one, &bad[i], &answer, err);
		refused +=
			!rc && answer.status != XEN_NETIF_CTRL_STATUS_SUCCESS;
	}
	xnf_report(one, "bad", COUNT(bad));
	xnf_report(one, "bad_refused", refused);
	return rc;
}

const struct xnf_attack xnf_attacks_ctrl[] = {
	{.name = "hash-mapping",
	 .advisory = "XSA-270",
	 .what = "hash mappings beyond their table, and to queues it lacks",
	 .run = hash_mapping,
	 .ctrl = true},
	{.name = "gref-mapping",
	 .advisory = "XSA-361",
	 .what = "static grants that are not there, too many, its own ring",
	 .run = gref_mapping,
	 .ctrl = true},
	{.name = NULL},
};
