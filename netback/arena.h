/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_ARENA_H
#define XNB_ARENA_H
/*
 * Private memory of one burst: frames that must be had whole, headers that
 * were changed for a receiver. Handed out in one direction, taken back all at
 * once (or down to a mark) when nothing refers to it any more.
 *
 * Thread: one worker. Allocated at start, never after.
 */
#include <stddef.h>
#include <stdint.h>

#define XNB_ARENA_BYTES (2u << 20)
#define XNB_ARENA_ALIGN 64u
#define XNB_ARENA_PAGE 4096u

struct xnb_arena {
	uint8_t *base;
	uint32_t used;
};

/* 0 or -ENOMEM. */
int xnb_arena_init(struct xnb_arena *arena);
void xnb_arena_fini(struct xnb_arena *arena); /* accepts a zeroed one */

static inline uint32_t xnb_arena_room(const struct xnb_arena *arena)
{
	return XNB_ARENA_BYTES - arena->used;
}

/* NULL: not enough room left. */
static inline uint8_t *xnb_arena_take(struct xnb_arena *arena, uint32_t bytes)
{
	uint8_t *taken = arena->base + arena->used;

	if (bytes > xnb_arena_room(arena))
		return NULL;
	bytes = (bytes + XNB_ARENA_ALIGN - 1) & ~(XNB_ARENA_ALIGN - 1);
	if (bytes > xnb_arena_room(arena))
		bytes = xnb_arena_room(arena);
	arena->used += bytes;
	return taken;
}

/* What is taken next begins at that place of a page, if there is room. A copy
 * of what crosses a page's end is two for the kernel; frames of many pages that
 * lie as the guest's pages do have half as many. Small ones are better spread:
 * lines at the same place of many pages push each other out of the cache. */
static inline void xnb_arena_place(struct xnb_arena *arena, uint32_t place)
{
	uint32_t gap = (place - arena->used) % XNB_ARENA_PAGE;

	if (gap <= xnb_arena_room(arena))
		arena->used += gap;
}

/* Takes back what was handed out since `used` had this value. */
static inline void xnb_arena_reset(struct xnb_arena *arena, uint32_t used)
{
	arena->used = used;
}

#endif
