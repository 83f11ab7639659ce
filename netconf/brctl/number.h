/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BRCTL_NUMBER_H
#define XN_BRCTL_NUMBER_H
/*
 * The words of a command line to values. They are taken as C's own functions
 * take them (blanks and a sign before, hex, octal, exponents), as bridge-utils
 * does; but the whole word counts: "15s" is no number. Pure.
 *
 * -EINVAL: it is not what it should be; -ERANGE: more than can be held.
 * Outputs are untouched on failure.
 */
#include <stdbool.h>
#include <stdint.h>

/* Seconds, with fractions, to hundredths that are not rounded up. */
int xn_brctl_parse_time(const char *text, uint32_t *ret_cs);
/* A whole number from 0 to max. */
int xn_brctl_parse_number(const char *text, uint32_t max, uint32_t *ret_value);
/* on, yes, 1; off, no, 0. */
int xn_brctl_parse_switch(const char *text, bool *ret_on);

#endif
