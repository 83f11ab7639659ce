/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What waking each other costs two threads here: prints the round trip over
 * two eventfds, each side asleep until it is woken, between the first two
 * cores of our affinity (one core: both there), as JSON: ns at 50 and 99 %.
 * Exit status: 0 done, 1 failed.
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

#define TRIPS 2000u
#define WARM_UP 100u

static int to_answerer, to_asker;
static uint64_t trip_ns[TRIPS];

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
	for (uint32_t i = 0; i < WARM_UP + TRIPS; i++) {
		if (!wait_for(to_answerer) || eventfd_write(to_asker, 1) < 0)
			return failed;
	}
	return NULL;
}

static bool ask(void)
{
	for (uint32_t i = 0; i < WARM_UP + TRIPS; i++) {
		uint64_t begin = now_ns();

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

int main(void)
{
	pthread_t other;
	void *failed;

	to_answerer = eventfd(0, EFD_CLOEXEC);
	to_asker = eventfd(0, EFD_CLOEXEC);
	if (to_answerer < 0 || to_asker < 0 || run_on(1) < 0 ||
	    pthread_create(&other, NULL, answer, trip_ns))
		return 1;
	if (!ask() || pthread_join(other, &failed) || failed)
		return 1;
	qsort(trip_ns, TRIPS, sizeof(trip_ns[0]), ascending);
	printf("{\"ns_p50\": %llu, \"ns_p99\": %llu}\n",
	       (unsigned long long)trip_ns[TRIPS / 2],
	       (unsigned long long)trip_ns[TRIPS - TRIPS / 100]);
	return 0;
}
