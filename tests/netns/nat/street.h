/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_NETNS_NAT_STREET_H
#define TESTS_NETNS_NAT_STREET_H
/*
 * For the NAT behaviour test: two guests behind a host and a network outside,
 * in namespaces of the process, and either our NAT on the host or nothing but
 * masquerade and a forward on the kernel's defaults.
 *
 *	10.0.0.5, 10.0.0.6 -- 10.0.0.1 host 192.0.2.1 -- 192.0.2.9, .10
 *
 * UDP and TCP port 5353 of the host lead to 10.0.0.5. The thread lives on the
 * host; a function that makes a socket goes where it is wanted and comes back.
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum house {
	GUEST1,
	GUEST2,
	OUTSIDE,
	HOUSES,
};

#define HOST "192.0.2.1"
#define OUT1 "192.0.2.9"
#define OUT2 "192.0.2.10"
#define FORWARDED 5353

/* A mount namespace of the process, with a /run of its own. false: not
 * allowed, which is said. */
bool street_begin(void);
/* Aborts with the reason when it cannot be built. */
void street_build(bool ours);
void street_leave(void);

/* Runs `sh -c` there; it must succeed. The second tells whether it did. */
void street_do(enum house house, const char *command);
bool street_try(enum house house, const char *command);
void host_do(const char *command);

/* Bound; port 0: any. Closed by street_leave(). */
int street_socket(enum house house, int kind, const char *address,
		  uint16_t port);
struct sockaddr_in street_address(const char *address, uint16_t port);
/* Where the next datagram comes from; false: none came in time. */
bool street_heard(int socket, struct sockaddr_in *ret_from);
/* Sends a byte. */
void street_say(int socket, const char *address, uint16_t port);
/* The error that comes for a connected socket; 0: none in time. */
int street_error(int socket);
/* A quarter of a second: what is to stay away stays away that long. */
bool street_silent(int socket);

/* Seconds that are left to the connection whose line has both texts; -1:
 * there is none. */
int street_left(const char *protocol, const char *text);
/* Sets them, for UDP from 10.0.0.5. */
void street_set_left(uint16_t source_port, const char *to, uint16_t to_port,
		     uint32_t seconds);

#endif
