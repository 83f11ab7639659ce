/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_PLACE_H
#define XN_MODEL_PLACE_H
/* Where something was said. The file's name is somebody else's memory. */
#include <stdint.h>

struct xn_conf_place {
	const char *file;
	uint32_t line, column; /* from 1; 0: not said */
};

#endif
