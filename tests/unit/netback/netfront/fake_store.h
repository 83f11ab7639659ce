/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FAKE_STORE_H
#define TEST_FAKE_STORE_H
/*
 * A double of libxenstore in the same process: nodes, watches, transactions
 * (which write through, and conflict as often as told). Only what the
 * frontend calls. Others' writes: fake_store_set().
 */
#include <stdbool.h>

void fake_store_reset(void);
void fake_store_set(const char *path, const char *value);
void fake_store_remove(const char *path);
/* NULL: absent. Valid until the next change. */
const char *fake_store_get(const char *path);
/* The next transactions end with EAGAIN. */
void fake_store_conflicts(unsigned int count);
/* Every call fails with EIO from now on. */
void fake_store_break(void);
/* Written since the reset, by whomever. */
unsigned int fake_store_writes(void);

#endif
