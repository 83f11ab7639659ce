/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled for the hot-path check alone, which must refuse it. */
#include <stdlib.h>

void *hotpath_bad_allocates(size_t bytes, void *old);

void *hotpath_bad_allocates(size_t bytes, void *old)
{
	free(old);
	return malloc(bytes);
}
