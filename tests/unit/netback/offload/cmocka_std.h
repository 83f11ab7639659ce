/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_OFFLOAD_CMOCKA_STD_H
#define TEST_OFFLOAD_CMOCKA_STD_H
/* cmocka wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
