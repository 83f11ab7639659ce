/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One byte there, one byte back, over one TCP connection: how long a guest
 * waits for an answer.
 *
 *   bench-rr -s PORT                     serves one client after the other
 *   bench-rr [-m MS | -n COUNT] ADDRESS PORT
 *
 * The client prints "transactions/s p50_us p99_us count". Exit status: 0 done,
 * 1 failed, 2 usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 32u	     /* the ARP question, the first wake-ups */
#define COUNT_MAX (1u << 21) /* what a long sample can hold, several times */
#define PATIENCE_SECONDS 10  /* a lost segment is sent again sooner */

struct plan {
	uint64_t limit_ns;
	uint32_t count_max;
	struct sockaddr_in server;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int fail(const char *what)
{
	(void)fprintf(stderr, "bench-rr: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool set_options(int fd)
{
	struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	int on = 1;

	return !setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) &&
	       !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			   sizeof(patience)) &&
	       !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			   sizeof(patience));
}

static int serve(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port)};
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	if (listener < 0 ||
	    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 1))
		return fail("listen");
	(void)puts("serving");
	(void)fflush(stdout);
	for (;;) {
		int client = accept(listener, NULL, NULL);
		char byte;

		if (client < 0)
			return fail("accept");
		if (set_options(client))
			while (recv(client, &byte, 1, 0) == 1 &&
			       send(client, &byte, 1, MSG_NOSIGNAL) == 1)
				;
		(void)close(client);
	}
}

static bool transact(int fd)
{
	char byte = 'x';

	return send(fd, &byte, 1, MSG_NOSIGNAL) == 1 &&
	       recv(fd, &byte, 1, 0) == 1;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void report(uint32_t *ns, uint32_t count, uint64_t all_ns)
{
	uint32_t middle = count / 2;
	uint32_t late = (uint32_t)((uint64_t)count * 99 / 100);

	qsort(ns, count, sizeof(*ns), compare);
	printf("%.1f %.2f %.2f %u\n", count / ((double)all_ns / 1e9),
	       ns[middle] / 1e3, ns[late] / 1e3, count);
}

static int measure(int fd, const struct plan *plan, uint32_t *ns)
{
	uint64_t begin, before, now;
	uint32_t count = 0;

	for (uint32_t i = 0; i < WARM_UP; i++)
		if (!transact(fd))
			return fail("no answer");
	begin = before = now_ns();
	do {
		if (!transact(fd))
			return fail("no answer");
		now = now_ns();
		/* Patience is below what 32 bits hold, but for a server that
		 * sends one byte at its own leisure. */
		ns[count++] = now - before > UINT32_MAX
				      ? UINT32_MAX
				      : (uint32_t)(now - before);
		before = now;
	} while (count < plan->count_max && now - begin < plan->limit_ns);
	report(ns, count, now - begin);
	return 0;
}

static int ask(const struct plan *plan)
{
	uint32_t *ns = calloc(plan->count_max, sizeof(*ns));
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int status;

	if (!ns || fd < 0 || !set_options(fd) ||
	    connect(fd, (const struct sockaddr *)&plan->server,
		    sizeof(plan->server)))
		status = fail("connect");
	else
		status = measure(fd, plan, ns);
	if (fd >= 0)
		(void)close(fd);
	free(ns);
	return status;
}

static bool parse(const char *text, uint32_t max, uint32_t *ret)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value == 0 || value > max)
		return false;
	*ret = (uint32_t)value;
	return true;
}

int main(int argc, char **argv)
{
	struct plan plan = {.limit_ns = 1000000000u, .count_max = COUNT_MAX};
	uint32_t port = 0, ms;
	bool server = false;
	int option;

	while ((option = getopt(argc, argv, "s:m:n:")) != -1) {
		if (option == 's')
			server = parse(optarg, UINT16_MAX, &port);
		else if (option == 'm' && parse(optarg, UINT32_MAX, &ms))
			plan.limit_ns = (uint64_t)ms * 1000000u;
		else if (option != 'n' ||
			 !parse(optarg, COUNT_MAX, &plan.count_max))
			goto usage;
	}
	if (server && optind == argc)
		return serve((uint16_t)port);
	plan.server.sin_family = AF_INET;
	if (server || argc - optind != 2 ||
	    inet_pton(AF_INET, argv[optind], &plan.server.sin_addr) != 1 ||
	    !parse(argv[optind + 1], UINT16_MAX, &port))
		goto usage;
	plan.server.sin_port = htons((uint16_t)port);
	return ask(&plan);

usage:
	(void)fputs("usage: bench-rr -s PORT | "
		    "[-m MS | -n COUNT] ADDRESS PORT\n",
		    stderr);
	return 2;
}
