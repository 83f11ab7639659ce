/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See pool.h. Free chunks are a stack, so that the warm ones are used again
 * first; there are as many packets as chunks, so they cannot run out earlier.
 */
#include "netback/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

struct xnb_pool {
	bool shared;
	pthread_mutex_t mutex;
	uint8_t *slab;
	uint32_t chunk_count;
	uint32_t free_count;  /* read without the lock, to see how it is */
	uint32_t *free_chunk; /* the first free_count are free */
	struct xnb_packet *packets;
	struct xnb_packet *free_packet; /* list by `next` */
};

static size_t slab_bytes(const struct xnb_pool *pool)
{
	return (size_t)pool->chunk_count * XNB_CHUNK_BYTES;
}

struct xnb_pool *xnb_pool_create(uint32_t chunks)
{
	struct xnb_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	(void)pthread_mutex_init(&pool->mutex, NULL);
	pool->chunk_count = chunks;
	pool->slab = mmap(NULL, slab_bytes(pool), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pool->slab == MAP_FAILED)
		pool->slab = NULL;
	pool->free_chunk = calloc(chunks, sizeof(*pool->free_chunk));
	pool->packets = calloc(chunks, sizeof(*pool->packets));
	if (!pool->slab || !pool->free_chunk || !pool->packets) {
		xnb_pool_destroy(pool);
		return NULL;
	}
	for (uint32_t i = 0; i < chunks; i++) {
		pool->free_chunk[i] = chunks - 1 - i;
		pool->packets[i].next = pool->free_packet;
		pool->free_packet = &pool->packets[i];
	}
	pool->free_count = chunks;
	return pool;
}

void xnb_pool_destroy(struct xnb_pool *pool)
{
	if (!pool)
		return;
	if (pool->slab)
		munmap(pool->slab, slab_bytes(pool));
	free(pool->free_chunk);
	free(pool->packets);
	free(pool);
}

void xnb_pool_share(struct xnb_pool *pool)
{
	pool->shared = true;
}

static void lock(struct xnb_pool *pool)
{
	if (pool->shared)
		(void)pthread_mutex_lock(&pool->mutex);
}

static void unlock(struct xnb_pool *pool)
{
	if (pool->shared)
		(void)pthread_mutex_unlock(&pool->mutex);
}

static void set_free(struct xnb_pool *pool, uint32_t count)
{
	__atomic_store_n(&pool->free_count, count, __ATOMIC_RELAXED);
}

uint32_t xnb_pool_free(const struct xnb_pool *pool)
{
	return __atomic_load_n(&pool->free_count, __ATOMIC_RELAXED);
}

static struct xnb_packet *take(struct xnb_pool *pool, uint32_t chunks)
{
	struct xnb_packet *packet = pool->free_packet;
	uint32_t left = pool->free_count;

	if (chunks > left)
		return NULL;
	pool->free_packet = packet->next;
	packet->chunk_count = chunks;
	for (uint32_t i = 0; i < chunks; i++)
		packet->chunk[i] = pool->free_chunk[--left];
	set_free(pool, left);
	return packet;
}

struct xnb_packet *xnb_pool_get(struct xnb_pool *pool, uint32_t frame_bytes)
{
	uint32_t chunks = xnb_pool_chunks_of(frame_bytes);
	struct xnb_packet *packet;

	assert(chunks > 0 && chunks <= XNB_PACKET_CHUNKS);
	lock(pool);
	packet = take(pool, chunks);
	unlock(pool);
	if (packet)
		packet->frame_bytes = frame_bytes;
	return packet;
}

void xnb_pool_put(struct xnb_pool *pool, struct xnb_packet *packet)
{
	uint32_t left;

	lock(pool);
	left = pool->free_count;
	for (uint32_t i = 0; i < packet->chunk_count; i++)
		pool->free_chunk[left++] = packet->chunk[i];
	set_free(pool, left);
	packet->chunk_count = 0;
	packet->next = pool->free_packet;
	pool->free_packet = packet;
	unlock(pool);
}

uint8_t *xnb_pool_chunk(struct xnb_pool *pool, const struct xnb_packet *packet,
			uint32_t index)
{
	return pool->slab + (size_t)packet->chunk[index] * XNB_CHUNK_BYTES;
}
