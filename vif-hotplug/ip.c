/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's addresses, see ip.h. Called for the request (request.c) and by
 * vif-nat. */
#include "vif-hotplug/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/text.h"

#define IP_TEXT_MAX (INET6_ADDRSTRLEN + 4)
#define ROUTER_DISTANCE 127u

static int parse_ip(const char *text, struct xvh_ip *ret)
{
	char address[IP_TEXT_MAX];
	struct xvh_ip ip = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	uint32_t bits = (uint32_t)(8 * xn_ip_bytes(ip.family));
	uint32_t length = bits;
	char *slash;

	if (xn_text_copy(address, sizeof(address), text) < 0)
		return -EINVAL;
	slash = strchr(address, '/');
	if (slash) {
		*slash = '\0';
		if (xn_parse_u32(slash + 1, 0, bits, &length) < 0)
			return -EINVAL;
	}
	if (inet_pton(ip.family, address, ip.address) != 1)
		return -EINVAL;
	ip.prefix_length = (uint8_t)length;
	*ret = ip;
	return 0;
}

int xvh_ip_list(const char *text, struct xvh_request *request,
		struct xn_err *err)
{
	struct xvh_ip list[XVH_IPS_MAX];
	uint32_t count = 0;

	for (;;) {
		char word[IP_TEXT_MAX];
		size_t length;

		text += strspn(text, " \t\n");
		length = strcspn(text, " \t\n");
		if (length == 0)
			break;
		if (count == XVH_IPS_MAX)
			return xn_fail(err, E2BIG, "ip: more than %d addresses",
				       XVH_IPS_MAX);
		if (length >= sizeof(word))
			return xn_fail(err, EINVAL,
				       "ip: \"%.*s...\" is no IP address",
				       IP_TEXT_MAX, text);
		memcpy(word, text, length);
		word[length] = '\0';
		if (parse_ip(word, &list[count]) < 0)
			return xn_fail(err, EINVAL,
				       "ip: \"%s\" is no IP address", word);
		count++;
		text += length;
	}
	memcpy(request->ip, list, count * sizeof(list[0]));
	request->ip_count = count;
	return 0;
}

bool xvh_ip_has_host_bits(const struct xvh_ip *ip)
{
	for (size_t bit = ip->prefix_length; bit < 8 * xn_ip_bytes(ip->family);
	     bit++)
		if (ip->address[bit / 8] & (0x80u >> bit % 8))
			return true;
	return false;
}

int xvh_ip_of_domain(uint32_t domid, uint32_t handle, struct xvh_ip *ret,
		     struct xn_err *err)
{
	struct xvh_ip ip = {.family = AF_INET, .prefix_length = 32};

	if (domid > XVH_DOMID_MAX || handle >= UINT8_MAX)
		return xn_fail(err, ERANGE,
			       "vif%u.%u: 10.x.x.x has no address for it: say "
			       "ip=",
			       domid, handle);
	ip.address[0] = 10;
	ip.address[1] = (uint8_t)(domid / 256);
	ip.address[2] = (uint8_t)(domid % 256);
	ip.address[3] = (uint8_t)(handle + 1);
	*ret = ip;
	return 0;
}

struct xvh_ip xvh_ip_of_router(const struct xvh_ip *guest)
{
	struct xvh_ip router = *guest;
	uint32_t octet = guest->address[3];

	octet = octet <= UINT8_MAX - ROUTER_DISTANCE ? octet + ROUTER_DISTANCE
						     : octet - ROUTER_DISTANCE;
	router.address[3] = (uint8_t)octet;
	router.prefix_length = 32;
	return router;
}

const char *xvh_ip_format(const struct xvh_ip *ip, char *ret_text)
{
	char address[INET6_ADDRSTRLEN] = "?";

	inet_ntop(ip->family, ip->address, address, sizeof(address));
	(void)xn_text_format(ret_text, IP_TEXT_MAX, "%s/%u", address,
			     ip->prefix_length);
	return ret_text;
}
