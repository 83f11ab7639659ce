// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See grants.h. The table is open addressing with linear probing, never more
 * than half full; an entry that goes is filled from behind, so there are no
 * tombstones.
 */
#include "netback/ring/grants.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define TABLE_PER_GRANT 2u

void xnb_grants_init(struct xnb_grants *grants, const struct xnb_owner *owner,
		     xengnttab_handle *gnttab, uint32_t *left,
		     uint32_t queue_count, uint64_t seed)
{
	uint32_t bits = 0;

	while (1u << bits < TABLE_PER_GRANT * XNB_GRANTS_MAX * queue_count)
		bits++;
	memset(grants, 0, sizeof(*grants));
	grants->owner = owner;
	grants->gnttab = gnttab;
	grants->left = left;
	grants->queue_count = queue_count;
	grants->seed = seed;
	grants->shift = 64 - bits;
}

static uint32_t table_slots(const struct xnb_grants *grants)
{
	return 1u << (64 - grants->shift);
}

static uint32_t batches_max(const struct xnb_grants *grants)
{
	return grants->queue_count * XNB_GRANTS_MAX;
}

/* Most of it is never touched. */
static int get_memory(struct xnb_grants *grants)
{
	size_t table_bytes = table_slots(grants) * sizeof(*grants->table);
	size_t bytes =
		table_bytes + batches_max(grants) * sizeof(*grants->batch);
	uint8_t *memory;

	if (grants->table)
		return 0;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	grants->table = (struct xnb_static_page *)(void *)memory;
	grants->batch =
		(struct xnb_grant_batch *)(void *)(memory + table_bytes);
	grants->memory_bytes = bytes;
	return 0;
}

static struct xnb_static_page *find(const struct xnb_grants *grants,
				    uint32_t ref)
{
	return (struct xnb_static_page *)(uintptr_t)xnb_grants_find(grants,
								    ref);
}

static void insert(struct xnb_grants *grants, struct xnb_static_page page)
{
	const uint32_t mask = table_slots(grants) - 1;
	uint32_t i = xnb_grants_slot(grants, page.ref);

	while (grants->table[i & mask].page)
		i++;
	grants->table[i & mask] = page;
	grants->count++;
	grants->used[page.place / XNB_GRANTS_MAX]++;
	(void)__atomic_fetch_sub(grants->left, 1, __ATOMIC_RELAXED);
}

/* Whatever stands behind it, and would be found no more over the gap, moves
 * up. */
static void take_out(struct xnb_grants *grants, struct xnb_static_page *page)
{
	const uint32_t mask = table_slots(grants) - 1;
	uint32_t gap = (uint32_t)(page - grants->table);

	grants->count--;
	grants->used[page->place / XNB_GRANTS_MAX]--;
	(void)__atomic_fetch_add(grants->left, 1, __ATOMIC_RELAXED);
	for (uint32_t i = gap + 1;; i++) {
		struct xnb_static_page *next = &grants->table[i & mask];
		uint32_t home;

		if (!next->page)
			break;
		home = xnb_grants_slot(grants, next->ref);
		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		grants->table[gap & mask] = *next;
		gap = i;
	}
	grants->table[gap & mask].page = NULL;
}

static uint8_t *map_pages(struct xnb_grants *grants, uint32_t *ref,
			  uint32_t count, bool readonly)
{
	return xengnttab_map_domain_grant_refs(
		grants->gnttab, count, grants->owner->domid, ref,
		readonly ? PROT_READ : PROT_READ | PROT_WRITE);
}

static void unmap_batch(struct xnb_grants *grants,
			struct xnb_grant_batch *batch)
{
	(void)xengnttab_unmap(grants->gnttab, batch->base, batch->count);
	batch->count = 0;
}

void xnb_grants_fini(struct xnb_grants *grants)
{
	if (!grants->table)
		return;
	for (uint32_t i = 0; grants->count > 0 && i < batches_max(grants);
	     i++) {
		uint32_t count = grants->batch[i].count;

		if (count == 0)
			continue;
		unmap_batch(grants, &grants->batch[i]);
		grants->count -= count;
		(void)__atomic_fetch_add(grants->left, count, __ATOMIC_RELAXED);
	}
	munmap(grants->table, grants->memory_bytes);
	grants->table = NULL;
	grants->batch = NULL;
	memset(grants->used, 0, sizeof(grants->used));
}

void xnb_grants_forget(struct xnb_grants *grants)
{
	for (uint32_t q = 0; q < grants->queue_count; q++) {
		for (uint32_t i = 0; i < XNB_GRANTS_MAX; i++)
			xnb_kept_grant_forget(grants->kept[q], i);
	}
}

/* Grants on their way into the table, all read-only or all not. */
struct draft {
	uint32_t count;
	bool readonly;
	uint32_t ref[XNB_GRANT_BATCH];
	uint16_t place[XNB_GRANT_BATCH];
};

/* 0 or -errno with nothing mapped. */
static int map_draft(struct xnb_grants *grants, struct draft *draft)
{
	struct xnb_grant_batch *batch = grants->batch;
	uint32_t count = draft->count;

	draft->count = 0;
	if (count == 0)
		return 0;
	while (batch->count > 0)
		batch++; /* there are as many as grants */
	batch->base = map_pages(grants, draft->ref, count, draft->readonly);
	if (!batch->base)
		return errno > 0 ? -errno : -EIO;
	batch->count = count;
	memcpy(batch->ref, draft->ref, count * sizeof(batch->ref[0]));
	for (uint32_t i = 0; i < count; i++)
		insert(grants,
		       (struct xnb_static_page){
			       .page = batch->base + (size_t)i * XNB_PAGE_SIZE,
			       .ref = draft->ref[i],
			       .place = draft->place[i],
			       .batch = (uint16_t)(batch - grants->batch),
			       .readonly = draft->readonly,
		       });
	return 0;
}

static int put_draft(struct xnb_grants *grants, struct draft *draft,
		     uint32_t ref, uint16_t place)
{
	draft->ref[draft->count] = ref;
	draft->place[draft->count] = place;
	if (++draft->count < XNB_GRANT_BATCH)
		return 0;
	return map_draft(grants, draft);
}

static void forget_place(struct xnb_grants *grants, uint16_t place)
{
	xnb_kept_grant_forget(grants->kept[place / XNB_GRANTS_MAX],
			      place % XNB_GRANTS_MAX);
}

/* Empties a batch whose entries all leave the table. */
static void drop_batch(struct xnb_grants *grants, struct xnb_grant_batch *batch)
{
	for (uint32_t i = 0; i < batch->count; i++) {
		struct xnb_static_page *page = find(grants, batch->ref[i]);
		uint16_t place = page->place;

		forget_place(grants, place);
		take_out(grants, page);
	}
	unmap_batch(grants, batch);
}

static bool is_ring(const struct xnb_grants *grants, uint32_t ref)
{
	return xnb_owner_maps(grants->owner, ref);
}

/* All at once; if that fails, each by itself: a guest that took one back keeps
 * the others. */
static void map_again(struct xnb_grants *grants, struct draft *draft)
{
	struct draft all = *draft;

	if (map_draft(grants, draft) == 0)
		return;
	for (uint32_t i = 0; i < all.count; i++) {
		struct draft one = {
			.count = 1,
			.readonly = all.readonly,
			.ref = {all.ref[i]},
			.place = {all.place[i]},
		};

		if (map_draft(grants, &one) < 0)
			forget_place(grants, all.place[i]);
	}
}

static bool is_in(const struct draft *draft, uint32_t ref)
{
	for (uint32_t i = 0; i < draft->count; i++) {
		if (draft->ref[i] == ref)
			return true;
	}
	return false;
}

/* What was kept is not believed; and others may have taken meanwhile what the
 * worker may map. */
static bool may_resume(struct xnb_grants *grants, const struct draft draft[2],
		       uint32_t ref)
{
	return draft[0].count + draft[1].count < *grants->left &&
	       !is_ring(grants, ref) && get_memory(grants) == 0 &&
	       !find(grants, ref) && !is_in(&draft[0], ref) &&
	       !is_in(&draft[1], ref);
}

void xnb_grants_resume(struct xnb_grants *grants, uint32_t next)
{
	struct draft draft[2] = {{.readonly = false}, {.readonly = true}};
	struct xnb_kept_grant kept;

	for (uint32_t place = 0; place < batches_max(grants); place++) {
		struct draft *fits;

		if (!xnb_kept_grant_get(grants->kept[place / XNB_GRANTS_MAX],
					place % XNB_GRANTS_MAX, next, &kept))
			continue;
		if (!may_resume(grants, draft, kept.ref)) {
			forget_place(grants, (uint16_t)place);
			continue;
		}
		fits = &draft[kept.readonly];
		fits->ref[fits->count] = kept.ref;
		fits->place[fits->count] = (uint16_t)place;
		if (++fits->count == XNB_GRANT_BATCH)
			map_again(grants, fits);
	}
	map_again(grants, &draft[0]);
	map_again(grants, &draft[1]);
}

/* Sorted copies would need memory; the list is short and this is no hot path,
 * but 512 times 512 comparisons for each request would still be a burden on
 * the neighbours: a small hash set of the list's positions. */
#define SET_SLOTS (2u * XNB_GRANTS_MAX)

static bool has_twice(const struct xnb_grants *grants,
		      const struct xen_netif_gref *list, uint32_t count)
{
	uint16_t set[SET_SLOTS] = {0}; /* position + 1 */

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = xnb_grants_slot(grants, list[i].ref);

		for (; set[at % SET_SLOTS]; at++) {
			if (list[set[at % SET_SLOTS] - 1].ref == list[i].ref)
				return true;
		}
		set[at % SET_SLOTS] = (uint16_t)(i + 1);
	}
	return false;
}

static int check_list(struct xnb_grants *grants, uint32_t queue,
		      const struct xen_netif_gref *list, uint32_t count)
{
	if (count > XNB_GRANTS_MAX - grants->used[queue] ||
	    count > *grants->left)
		return -ENOSPC;
	for (uint32_t i = 0; i < count; i++) {
		if (list[i].flags & ~XEN_NETIF_CTRLF_GREF_readonly ||
		    is_ring(grants, list[i].ref) || find(grants, list[i].ref))
			return -EINVAL;
	}
	return has_twice(grants, list, count) ? -EINVAL : 0;
}

/* Takes back what the request mapped so far: all batches whose entries it
 * made are its alone. */
static void undo_add(struct xnb_grants *grants,
		     const struct xen_netif_gref *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct xnb_static_page *page =
			xnb_grants_find(grants, list[i].ref);

		if (page)
			drop_batch(grants, &grants->batch[page->batch]);
	}
}

/* One that holds nothing, or what was deleted. */
static uint32_t free_entry(const struct xnb_kept_grants *kept, uint32_t from)
{
	while (from < XNB_GRANTS_MAX && xnb_kept_grant_held(kept, from))
		from++;
	return from;
}

int xnb_grants_add(struct xnb_grants *grants, uint32_t queue,
		   const struct xen_netif_gref *list, uint32_t count,
		   uint32_t request)
{
	struct draft draft[2] = {{.readonly = false}, {.readonly = true}};
	struct xnb_kept_grants *kept = grants->kept[queue];
	uint32_t entry = 0;
	int rc;

	rc = get_memory(grants);
	if (rc == 0)
		rc = check_list(grants, queue, list, count);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		const struct xnb_kept_grant grant = {
			.ref = list[i].ref,
			.readonly =
				list[i].flags & XEN_NETIF_CTRLF_GREF_readonly,
		};

		entry = free_entry(kept, entry);
		if (entry == XNB_GRANTS_MAX) {
			rc = -ENOSPC;
			break;
		}
		xnb_kept_grant_add(kept, entry, grant, request);
		rc = put_draft(grants, &draft[grant.readonly], grant.ref,
			       (uint16_t)(queue * XNB_GRANTS_MAX + entry));
	}
	for (uint32_t i = 0; i < 2 && rc == 0; i++)
		rc = map_draft(grants, &draft[i]);
	if (rc == 0)
		return 0;
	undo_add(grants, list, count);
	xnb_kept_grants_undo(kept, request);
	return rc;
}

uint32_t xnb_grants_doom(struct xnb_grants *grants, uint32_t queue,
			 struct xen_netif_gref *list, uint32_t count)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct xnb_static_page *page = NULL;

		if (grants->count > 0)
			page = find(grants, list[i].ref);
		list[i].status = XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
		if (!page || page->doomed ||
		    page->place / XNB_GRANTS_MAX != queue)
			continue;
		page->doomed = true;
		list[i].status = XEN_NETIF_CTRL_STATUS_SUCCESS;
		doomed++;
	}
	return doomed;
}

void xnb_grants_spare(struct xnb_grants *grants)
{
	for (uint32_t i = 0; grants->count > 0 && i < table_slots(grants); i++)
		grants->table[i].doomed = false;
}

/* Unmaps a batch, and maps what is to stay of it again. */
static void sweep_batch(struct xnb_grants *grants,
			struct xnb_grant_batch *batch, uint32_t request)
{
	struct draft draft = {.count = 0};
	uint32_t stay = 0;

	for (uint32_t i = 0; i < batch->count; i++) {
		struct xnb_static_page *page = find(grants, batch->ref[i]);
		uint16_t place = page->place;

		draft.readonly = page->readonly;
		if (page->doomed) {
			xnb_kept_grant_del(grants->kept[place / XNB_GRANTS_MAX],
					   place % XNB_GRANTS_MAX, request);
		} else {
			draft.ref[stay] = page->ref;
			draft.place[stay++] = place;
		}
		take_out(grants, page);
	}
	unmap_batch(grants, batch);
	draft.count = stay;
	if (map_draft(grants, &draft) == 0)
		return;
	for (uint32_t i = 0; i < stay; i++)
		forget_place(grants, draft.place[i]);
}

static bool has_doomed(const struct xnb_grants *grants,
		       const struct xnb_grant_batch *batch)
{
	for (uint32_t i = 0; i < batch->count; i++) {
		if (xnb_grants_find(grants, batch->ref[i])->doomed)
			return true;
	}
	return false;
}

void xnb_grants_sweep(struct xnb_grants *grants, uint32_t request)
{
	for (uint32_t i = 0; grants->count > 0 && i < batches_max(grants);
	     i++) {
		struct xnb_grant_batch *batch = &grants->batch[i];

		if (batch->count > 0 && has_doomed(grants, batch))
			sweep_batch(grants, batch, request);
	}
}
