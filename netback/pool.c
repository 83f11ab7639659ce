/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See pool.h. Free chunks are a stack, so that the warm ones are used again
 * first; there are as many packets as chunks, so they cannot run out earlier.
 */
#include "netback/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

struct xnb_pool {
	uint8_t *slab;
	uint32_t chunk_count;
	uint32_t free_count;
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

uint32_t xnb_pool_free(const struct xnb_pool *pool)
{
	return pool->free_count;
}

struct xnb_packet *xnb_pool_get(struct xnb_pool *pool, uint32_t frame_bytes)
{
	uint32_t chunks = xnb_pool_chunks_of(frame_bytes);
	struct xnb_packet *packet = pool->free_packet;

	assert(chunks > 0 && chunks <= XNB_PACKET_CHUNKS);
	if (chunks > pool->free_count)
		return NULL;
	pool->free_packet = packet->next;
	packet->frame_bytes = frame_bytes;
	packet->chunk_count = chunks;
	for (uint32_t i = 0; i < chunks; i++)
		packet->chunk[i] = pool->free_chunk[--pool->free_count];
	return packet;
}

void xnb_pool_put(struct xnb_pool *pool, struct xnb_packet *packet)
{
	for (uint32_t i = 0; i < packet->chunk_count; i++)
		pool->free_chunk[pool->free_count++] = packet->chunk[i];
	packet->chunk_count = 0;
	packet->next = pool->free_packet;
	pool->free_packet = packet;
}

uint8_t *xnb_pool_chunk(struct xnb_pool *pool, const struct xnb_packet *packet,
			uint32_t index)
{
	return pool->slab + (size_t)packet->chunk[index] * XNB_CHUNK_BYTES;
}
