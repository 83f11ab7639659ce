/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_WORDS_H
#define XNS_WORDS_H
/* iproute2's words for the kernel's numbers, as its own tables have them; what
 * an administrator added in /etc/iproute2 stays a number. Pure. */
#include <netinet/in.h>
#include <stdint.h>

const char *xns_operstate_word(uint8_t operstate);
/* A number without a word is written to `text`. */
const char *xns_scope_word(uint8_t scope, char text[INET6_ADDRSTRLEN]);
const char *xns_addr_protocol_word(uint8_t protocol,
				   char text[INET6_ADDRSTRLEN]);
const char *xns_route_protocol_word(uint8_t protocol,
				    char text[INET6_ADDRSTRLEN]);
/* "": a unicast route, which goes without. */
const char *xns_route_type_word(uint8_t type);
/* Of RTAX_*; NULL: none. */
const char *xns_route_value_word(unsigned int which);

#endif
