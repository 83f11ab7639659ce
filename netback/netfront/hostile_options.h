/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_HOSTILE_OPTIONS_H
#define XNF_HOSTILE_OPTIONS_H
/* The command line of xenplane-hostile. */
#include "netback/netfront/hostile.h"

/* -1: *ret_options is whole and possible; else the exit status, and the
 * reason (or what was asked for) was printed. */
int xnf_hostile_options_parse(int argc, char **argv,
			      struct xnf_hostile_options *ret_options);

#endif
