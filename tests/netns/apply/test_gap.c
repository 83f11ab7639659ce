/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections through the NIC live while it becomes a bridge's port and while
 * it is given back. A client in the neighbour's namespace sends a number and
 * waits for it to come back, again and again, over IPv4 and IPv6; the longest
 * it waited is printed. How long that is depends on the machine: what is
 * asserted is that it goes on, on the same connection.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "netconf/base/fd.h"
#include "netconf/base/loop.h"
#include "netconf/nl/netns.h"
#include "tests/netns/apply/house.h"

#define PORT 7777
#define PATIENCE_S 60
#define ECHOES 200

struct line {
	const char *name;
	struct sockaddr_storage to;
	socklen_t to_bytes;
	int listener;
	int client;
	pthread_t client_thread;
	pthread_t server_thread;
	pthread_mutex_t lock;
	pthread_cond_t counted;
	uint64_t echoes;
	uint64_t gap_us_max;
	bool stop;
	bool broken;
};

static struct line lines[2] = {{.name = "IPv4"}, {.name = "IPv6"}};

static void *serve(void *arg)
{
	struct line *line = arg;
	int fd = accept4(line->listener, NULL, NULL, SOCK_CLOEXEC);
	uint64_t number;

	while (fd >= 0 && recv(fd, &number, sizeof(number), MSG_WAITALL) ==
				  (ssize_t)sizeof(number)) {
		if (send(fd, &number, sizeof(number), MSG_NOSIGNAL) < 0)
			break;
	}
	xn_close(&fd);
	return NULL;
}

/* One number there and back. */
static bool echo(struct line *line, uint64_t number)
{
	uint64_t got = 0;

	return send(line->client, &number, sizeof(number), MSG_NOSIGNAL) ==
		       (ssize_t)sizeof(number) &&
	       recv(line->client, &got, sizeof(got), MSG_WAITALL) ==
		       (ssize_t)sizeof(got) &&
	       got == number;
}

static void *call(void *arg)
{
	struct line *line = arg;
	uint64_t last_us = xn_now_us();
	bool on = true;

	for (uint64_t number = 1; on; number++) {
		bool good = echo(line, number);
		uint64_t now_us = xn_now_us();

		pthread_mutex_lock(&line->lock);
		if (now_us - last_us > line->gap_us_max)
			line->gap_us_max = now_us - last_us;
		line->echoes++;
		line->broken = !good;
		on = good && !line->stop;
		pthread_cond_signal(&line->counted);
		pthread_mutex_unlock(&line->lock);
		last_us = now_us;
	}
	return NULL;
}

/* The connection goes on: so many echoes more. */
static void wait_for_echoes(struct line *line)
{
	uint64_t goal;

	pthread_mutex_lock(&line->lock);
	goal = line->echoes + ECHOES;
	while (line->echoes < goal && !line->broken)
		pthread_cond_wait(&line->counted, &line->lock);
	assert_false(line->broken);
	pthread_mutex_unlock(&line->lock);
}

static uint32_t retransmissions(const struct line *line)
{
	struct tcp_info info = {0};
	socklen_t bytes = sizeof(info);

	assert_int_equal(
		getsockopt(line->client, IPPROTO_TCP, TCP_INFO, &info, &bytes),
		0);
	return info.tcpi_total_retrans;
}

/* The longest wait since the last time it was asked for. */
static void print_gap(const char *during)
{
	for (int i = 0; i < 2; i++) {
		struct line *line = &lines[i];

		wait_for_echoes(line);
		pthread_mutex_lock(&line->lock);
		print_message("figure: %s, longest wait over %s: %llu us, "
			      "%u retransmissions so far\n",
			      during, line->name,
			      (unsigned long long)line->gap_us_max,
			      retransmissions(line));
		line->gap_us_max = 0;
		pthread_mutex_unlock(&line->lock);
	}
}

static void set_address(struct line *line, int family)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&line->to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&line->to;

	memset(&line->to, 0, sizeof(line->to));
	line->to.ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in->sin_port = htons(PORT);
		assert_int_equal(inet_pton(family, "192.0.2.1", &in->sin_addr),
				 1);
		line->to_bytes = sizeof(*in);
	} else {
		in6->sin6_port = htons(PORT);
		assert_int_equal(
			inet_pton(family, "fd00:1::1", &in6->sin6_addr), 1);
		line->to_bytes = sizeof(*in6);
	}
}

static int new_socket(int family)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				    sizeof(patience)),
			 0);
	assert_int_equal(
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
	return fd;
}

static void open_line(struct line *line, int family)
{
	int back;

	set_address(line, family);
	line->stop = line->broken = false;
	line->echoes = line->gap_us_max = 0;
	pthread_mutex_init(&line->lock, NULL);
	pthread_cond_init(&line->counted, NULL);
	line->listener = new_socket(family);
	assert_int_equal(bind(line->listener,
			      (const struct sockaddr *)&line->to,
			      line->to_bytes),
			 0);
	assert_int_equal(listen(line->listener, 1), 0);
	GOOD(xn_netns_enter(house.neighbour_fd, &back, &err));
	line->client = new_socket(family);
	xn_netns_leave(&back);
	assert_int_equal(connect(line->client,
				 (const struct sockaddr *)&line->to,
				 line->to_bytes),
			 0);
	assert_int_equal(
		pthread_create(&line->server_thread, NULL, serve, line), 0);
	assert_int_equal(pthread_create(&line->client_thread, NULL, call, line),
			 0);
}

static void close_line(struct line *line)
{
	pthread_mutex_lock(&line->lock);
	line->stop = true;
	pthread_mutex_unlock(&line->lock);
	pthread_join(line->client_thread, NULL);
	assert_false(line->broken);
	xn_close(&line->client);
	pthread_join(line->server_thread, NULL);
	xn_close(&line->listener);
	pthread_mutex_destroy(&line->lock);
	pthread_cond_destroy(&line->counted);
}

static void live_through(const struct front_doors *style)
{
	char words[64];

	open_line(&lines[0], AF_INET);
	open_line(&lines[1], AF_INET6);
	print_gap("before");
	print_gap("nothing done");
	assert_true(do_all(style->start) > 0);
	(void)snprintf(words, sizeof(words), "%s style, start", style->name);
	print_gap(words);
	assert_true(do_all(style->stop) > 0);
	(void)snprintf(words, sizeof(words), "%s style, stop", style->name);
	print_gap(words);
	close_line(&lines[0]);
	close_line(&lines[1]);
}

static void connections_live_through_the_direct_style(void **state)
{
	(void)state;
	live_through(&styles[0]);
}

static void connections_live_through_the_new_style(void **state)
{
	(void)state;
	live_through(&styles[1]);
}

static void connections_live_through_the_old_style(void **state)
{
	(void)state;
	live_through(&styles[2]);
}

#define HOUSE(test) \
	cmocka_unit_test_setup_teardown(test, build_house, leave_house)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE(connections_live_through_the_direct_style),
		HOUSE(connections_live_through_the_new_style),
		HOUSE(connections_live_through_the_old_style),
	};

	return NAMESPACE_GROUP(tests);
}
