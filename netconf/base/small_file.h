/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BASE_SMALL_FILE_H
#define XN_BASE_SMALL_FILE_H
/* Small files of others, below /proc, /sys and /run. Whole or not at all. */
#include <stdbool.h>
#include <stddef.h>

/* Up to `bytes` - 1, with a zero behind them. The length, or negative errno:
 * -EFBIG: there is more. */
int xn_small_file_read(const char *path, char *ret_text, size_t bytes);
/* What a link's text is. -ENAMETOOLONG: longer. */
int xn_small_file_link(const char *path, char *ret_text, size_t bytes);
bool xn_small_file_exists(const char *path);

#endif
