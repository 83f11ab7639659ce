/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See blame.h. */
#include "netconf/daemon/blame.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "netback/ring/redo.h"

bool xn_blame_is_crash(int status)
{
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status) != 0;
	return WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGTERM &&
	       WTERMSIG(status) != SIGINT && WTERMSIG(status) != SIGHUP;
}

int xn_blame_take_note(int redo_fd, uint32_t queue_count,
		       struct xn_blame_place *ret_place)
{
	size_t bytes = xnb_redo_bytes(queue_count);
	struct xnb_redo *redo;
	struct stat st;
	int rc;

	/* Its seals keep it from shrinking under the mapping. */
	if (fstat(redo_fd, &st))
		return -errno;
	if (st.st_size < 0 || (uint64_t)st.st_size < bytes)
		return -EPROTO;
	redo = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, redo_fd,
		    0);
	if (redo == MAP_FAILED)
		return -errno;
	rc = xnb_redo_check(redo, bytes, queue_count);
	if (!rc) {
		rc = xnb_redo_in_work(redo, &ret_place->queue,
				      &ret_place->index);
		xnb_redo_leave(redo);
	}
	(void)munmap(redo, bytes);
	return rc;
}

bool xn_blame_add(struct xn_blame *blame, uint64_t now_ms)
{
	bool again =
		blame->before && now_ms - blame->last_ms < XN_BLAME_WINDOW_MS;

	blame->before = true;
	blame->last_ms = now_ms;
	return again;
}
