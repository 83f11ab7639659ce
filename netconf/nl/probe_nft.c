/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does nftables have a family? A table with a base chain is made, in one batch,
 * and goes with the namespace. Source: linux/netfilter/nf_tables.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "netconf/nl/probe.h"

#define TABLE "xnprobe"
#define REQUEST_BYTES 2048
#define ANSWER_BYTES 8192

/* Marks the messages that are answered. */
#define TABLE_SEQUENCE 2
#define CHAIN_SEQUENCE 3

static struct nlmsghdr *put(struct mnl_nlmsg_batch *batch, uint16_t type,
			    uint16_t flags, uint32_t sequence, uint8_t family)
{
	struct nlmsghdr *header =
		mnl_nlmsg_put_header(mnl_nlmsg_batch_current(batch));
	struct nfgenmsg *info =
		mnl_nlmsg_put_extra_header(header, sizeof(*info));

	header->nlmsg_type = type;
	header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	header->nlmsg_seq = sequence;
	info->nfgen_family = family;
	info->version = NFNETLINK_V0;
	/* Of a batch's ends: whose it is. */
	info->res_id =
		type < NLMSG_MIN_TYPE + 2 ? htons(NFNL_SUBSYS_NFTABLES) : 0;
	return header;
}

static uint16_t nft(uint16_t message)
{
	return (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | message);
}

static void put_chain(struct nlmsghdr *header, uint8_t family,
		      const char *device)
{
	uint32_t number =
		family == NFPROTO_NETDEV ? NF_NETDEV_INGRESS : NF_INET_FORWARD;
	struct nlattr *hook;

	mnl_attr_put_strz(header, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(header, NFTA_CHAIN_NAME, "c");
	mnl_attr_put_strz(header, NFTA_CHAIN_TYPE, "filter");
	hook = mnl_attr_nest_start(header, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(header, NFTA_HOOK_HOOKNUM, htonl(number));
	mnl_attr_put_u32(header, NFTA_HOOK_PRIORITY, 0);
	if (device)
		mnl_attr_put_strz(header, NFTA_HOOK_DEV, device);
	mnl_attr_nest_end(header, hook);
}

static size_t build(uint8_t *buffer, uint8_t family, const char *device)
{
	struct mnl_nlmsg_batch *batch =
		mnl_nlmsg_batch_start(buffer, REQUEST_BYTES);
	uint16_t create = NLM_F_CREATE | NLM_F_ACK;
	struct nlmsghdr *header;
	size_t bytes;

	if (!batch)
		return 0;
	(void)put(batch, NFNL_MSG_BATCH_BEGIN, 0, 1, AF_UNSPEC);
	(void)mnl_nlmsg_batch_next(batch);
	header = put(batch, nft(NFT_MSG_NEWTABLE), create, TABLE_SEQUENCE,
		     family);
	mnl_attr_put_strz(header, NFTA_TABLE_NAME, TABLE);
	(void)mnl_nlmsg_batch_next(batch);
	header = put(batch, nft(NFT_MSG_NEWCHAIN), create, CHAIN_SEQUENCE,
		     family);
	put_chain(header, family, device);
	(void)mnl_nlmsg_batch_next(batch);
	(void)put(batch, NFNL_MSG_BATCH_END, 0, 4, AF_UNSPEC);
	(void)mnl_nlmsg_batch_next(batch);
	bytes = mnl_nlmsg_batch_size(batch);
	mnl_nlmsg_batch_stop(batch);
	return bytes;
}

struct answers {
	int error;
	bool done;
};

/* The chain's answer is the last one; a refusal of the whole is another's. */
static int read_answer(const struct nlmsghdr *header, void *arg)
{
	struct answers *answers = arg;
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(header);

	if (header->nlmsg_type != NLMSG_ERROR ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(*answer))
		return MNL_CB_OK;
	if (answer->error != 0 && answers->error == 0)
		answers->error = answer->error;
	answers->done |=
		answer->error != 0 || header->nlmsg_seq == CHAIN_SEQUENCE;
	return MNL_CB_OK;
}

static int ask(struct mnl_socket *socket, const void *request, size_t bytes)
{
	const struct timeval limit = {.tv_sec = 5};
	uint8_t buffer[ANSWER_BYTES];
	struct answers answers = {0};

	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO,
		       &limit, sizeof(limit)) < 0 ||
	    mnl_socket_sendto(socket, request, bytes) < 0)
		return -errno;
	while (!answers.done) {
		ssize_t got =
			mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		int left = (int)got;

		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		for (const struct nlmsghdr *header = (const void *)buffer;
		     mnl_nlmsg_ok(header, left);
		     header = mnl_nlmsg_next(header, &left))
			(void)read_answer(header, &answers);
	}
	return answers.error;
}

int xn_probe_nft(uint8_t family, const char *device)
{
	_Alignas(8) uint8_t request[REQUEST_BYTES];
	size_t bytes = build(request, family, device);
	struct mnl_socket *socket;
	int rc;

	if (bytes == 0)
		return -ENOMEM;
	socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!socket)
		return -errno;
	rc = ask(socket, request, bytes);
	(void)mnl_socket_close(socket);
	return rc;
}
