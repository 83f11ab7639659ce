/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far apart two cores are now: prints the round trip of a cache line
 * between the first two cores of our affinity in ns, 0.0 when there is only
 * one. The least of many short batches: what else runs on the cores can only
 * make a batch longer. Exit status: 0 done, 1 failed.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define BATCHES 64u
#define TRIPS 64u
#define LIMIT_NS 250000000u /* the cores are taken: enough is enough */
#define CACHE_LINE 64

/* Written by both in turn: odd numbers by the asker, even ones by the
 * answerer. */
static _Alignas(CACHE_LINE) atomic_uint ball;
static _Alignas(CACHE_LINE) atomic_bool over;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int run_on(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)core, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* Two cores that we may use; how many were found. */
static int find_cores(int ret_core[2])
{
	cpu_set_t set;
	int found = 0;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 0;
	for (int core = 0; core < CPU_SETSIZE && found < 2; core++)
		if (CPU_ISSET((size_t)core, &set))
			ret_core[found++] = core;
	return found;
}

static void *answer(void *arg)
{
	const int *core = arg;
	unsigned int seen;

	if (run_on(*core) < 0)
		return arg;
	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		seen = atomic_load_explicit(&ball, memory_order_acquire);
		if (seen & 1)
			atomic_store_explicit(&ball, seen + 1,
					      memory_order_release);
	}
	return NULL;
}

/* False: the other side did not answer within the limit. */
static bool run_batch(uint64_t until_ns, uint64_t *ret_ns)
{
	uint64_t begin = now_ns();
	uint32_t tries = 0;

	for (uint32_t i = 0; i < TRIPS; i++) {
		atomic_fetch_add_explicit(&ball, 1, memory_order_release);
		while (atomic_load_explicit(&ball, memory_order_acquire) & 1)
			if (++tries % 4096 == 0 && now_ns() > until_ns)
				return false;
	}
	*ret_ns = now_ns() - begin;
	return true;
}

static double least_trip(void)
{
	uint64_t until = now_ns() + LIMIT_NS;
	uint64_t best = UINT64_MAX, ns;

	for (uint32_t i = 0; i < BATCHES && now_ns() < until; i++)
		if (run_batch(until, &ns) && ns < best)
			best = ns;
	return best == UINT64_MAX ? 0 : (double)best / TRIPS;
}

int main(void)
{
	pthread_t other;
	int core[2];
	double trip = 0;
	void *failed;

	if (find_cores(core) < 2) {
		printf("0.0\n");
		return 0;
	}
	if (run_on(core[0]) < 0 ||
	    pthread_create(&other, NULL, answer, &core[1]))
		return 1;
	trip = least_trip();
	atomic_store(&over, true);
	if (pthread_join(other, &failed) || failed)
		return 1;
	printf("%.1f\n", trip);
	return trip > 0 ? 0 : 1;
}
