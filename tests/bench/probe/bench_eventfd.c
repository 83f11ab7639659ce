/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What waking each other costs two threads here: prints the round trip over
 * two eventfds, each side asleep until it is woken, between the first two
 * cores of our affinity (one core: both there), as JSON: ns at 50 and 99 %.
 * Between two round trips it rests for so many us, so that the cores go idle.
 *
 * usage: bench-eventfd [REST_US]. Exit status: 0 done, 1 failed, 2 usage.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "netconf/base/text.h"

#define TRIPS_MAX 2000u
#define TRIPS_RESTED 200u
#define WARM_UP 20u
#define REST_US_MAX 100000u

static int to_answerer, to_asker;
static uint64_t trip_ns[TRIPS_MAX];
static uint32_t trips = TRIPS_MAX;
static uint32_t rest_us;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The n-th core that we may use, or the last one. */
static int run_on(int n)
{
	cpu_set_t allowed, set;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -1;
	CPU_ZERO(&set);
	for (size_t core = 0; core < CPU_SETSIZE && n >= 0; core++) {
		if (!CPU_ISSET(core, &allowed))
			continue;
		CPU_ZERO(&set);
		CPU_SET(core, &set);
		n--;
	}
	return sched_setaffinity(0, sizeof(set), &set);
}

static bool wait_for(int fd)
{
	eventfd_t value;

	return eventfd_read(fd, &value) == 0;
}

static void *answer(void *failed)
{
	if (run_on(0) < 0)
		return failed;
	for (uint32_t i = 0; i < WARM_UP + trips; i++) {
		if (!wait_for(to_answerer) || eventfd_write(to_asker, 1) < 0)
			return failed;
	}
	return NULL;
}

static void rest(void)
{
	const struct timespec time = {.tv_nsec = (long)rest_us * 1000};

	if (rest_us)
		(void)nanosleep(&time, NULL);
}

static bool ask(void)
{
	for (uint32_t i = 0; i < WARM_UP + trips; i++) {
		uint64_t begin;

		rest();
		begin = now_ns();
		if (eventfd_write(to_answerer, 1) < 0 || !wait_for(to_asker))
			return false;
		if (i >= WARM_UP)
			trip_ns[i - WARM_UP] = now_ns() - begin;
	}
	return true;
}

static int ascending(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return (first > second) - (first < second);
}

int main(int argc, char **argv)
{
	pthread_t other;
	void *failed;

	if (argc > 2 ||
	    (argc == 2 && xn_parse_u32(argv[1], 0, REST_US_MAX, &rest_us))) {
		(void)fputs("usage: bench-eventfd [REST_US]\n", stderr);
		return 2;
	}
	if (rest_us)
		trips = TRIPS_RESTED;

	to_answerer = eventfd(0, EFD_CLOEXEC);
	to_asker = eventfd(0, EFD_CLOEXEC);
	if (to_answerer < 0 || to_asker < 0 || run_on(1) < 0 ||
	    pthread_create(&other, NULL, answer, trip_ns))
		return 1;
	if (!ask() || pthread_join(other, &failed) || failed)
		return 1;
	qsort(trip_ns, trips, sizeof(trip_ns[0]), ascending);
	printf("{\"ns_p50\": %llu, \"ns_p99\": %llu}\n",
	       (unsigned long long)trip_ns[trips / 2],
	       (unsigned long long)trip_ns[trips - trips / 100]);
	return 0;
}
