/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled for the hot-path check alone, which must refuse it. */
#include <stdio.h>

int hotpath_bad_prints(int number);

int hotpath_bad_prints(int number)
{
	return printf("%d\n", number);
}
