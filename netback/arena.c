/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See arena.h. Mapped and not allocated: pages come when they are used. */
#include "netback/arena.h"

#include <errno.h>
#include <sys/mman.h>

int xnb_arena_init(struct xnb_arena *arena)
{
	void *base = mmap(NULL, XNB_ARENA_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return -ENOMEM;
	arena->base = base;
	arena->used = 0;
	return 0;
}

void xnb_arena_fini(struct xnb_arena *arena)
{
	if (arena->base)
		munmap(arena->base, XNB_ARENA_BYTES);
	arena->base = NULL;
}
