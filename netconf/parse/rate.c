// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xl's rate: how much a guest may send in each interval; and speeds and amounts
 * in the same units. Pure.
 * Source: xl-network-configuration(5), "rate".
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/parse/vifspec.h"

#define DEFAULT_INTERVAL_US 50000u
#define SPEED_MAX 100000000000u
#define BYTES_MAX (UINT64_C(1) << 40)

/* Digits at *at, below 10^12 so that no product here can overflow. */
static int take_number(const char **at, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!isdigit((unsigned char)**at))
		return -EINVAL;
	for (; isdigit((unsigned char)**at); (*at)++) {
		number = number * 10 + (uint64_t)(**at - '0');
		if (number >= 1000000000000u)
			return -ERANGE;
	}
	*ret_number = number;
	return 0;
}

/* "N[GMK]" */
static int take_amount(const char **at, uint64_t *ret_amount)
{
	uint64_t number, unit = 1;
	int rc = take_number(at, &number);

	if (rc < 0)
		return rc;
	if (**at == 'G')
		unit = 1000000000u;
	else if (**at == 'M')
		unit = 1000000u;
	else if (**at == 'K')
		unit = 1000u;
	if (unit > 1)
		(*at)++;
	if (number > UINT64_MAX / 1000000u / unit)
		return -ERANGE;
	*ret_amount = number * unit;
	return 0;
}

/* "N[GMK](b|B)/s" to bytes a second. */
static int take_speed(const char **at, uint64_t *ret_bytes_per_s)
{
	uint64_t amount;
	int rc = take_amount(at, &amount);

	if (rc < 0)
		return rc;
	if (**at != 'b' && **at != 'B')
		return -EINVAL;
	*ret_bytes_per_s = amount / (**at == 'b' ? 8 : 1);
	(*at)++;
	if ((*at)[0] != '/' || (*at)[1] != 's')
		return -EINVAL;
	*at += 2;
	return 0;
}

static int take_interval(const char **at, uint32_t *ret_us)
{
	uint64_t number, unit = 1000000u; /* a bare number is seconds */
	int rc = take_number(at, &number);

	if (rc < 0)
		return rc;
	if ((*at)[0] == 'u' && (*at)[1] == 's') {
		unit = 1;
		*at += 2;
	} else if ((*at)[0] == 'm' && (*at)[1] == 's') {
		unit = 1000;
		*at += 2;
	} else if ((*at)[0] == 's') {
		*at += 1;
	}
	if (number == 0 || number > UINT32_MAX / unit)
		return -ERANGE;
	*ret_us = (uint32_t)(number * unit);
	return 0;
}

int xn_rate_parse(const char *text, uint64_t *ret_bytes,
		  uint32_t *ret_interval_us, struct xn_err *err)
{
	const char *at = text;
	uint64_t bytes_per_s = 0;
	uint32_t interval_us = DEFAULT_INTERVAL_US;
	int rc = take_speed(&at, &bytes_per_s);

	if (rc == 0 && *at == '@') {
		at++;
		rc = take_interval(&at, &interval_us);
	}
	if (rc == 0 && *at)
		rc = -EINVAL;
	if (rc == -ERANGE)
		return xn_fail(err, EINVAL, "the number is out of range");
	if (rc < 0)
		return xn_fail(err, EINVAL,
			       "a rate such as 10Mb/s or 1MB/s@20ms is wanted");

	/* Split, so that seconds times microseconds cannot overflow. */
	uint64_t bytes = bytes_per_s / 1000000u * interval_us +
			 bytes_per_s % 1000000u * interval_us / 1000000u;

	if (bytes == 0)
		return xn_fail(err, EINVAL,
			       "the rate is less than a byte in each interval");
	*ret_bytes = bytes;
	*ret_interval_us = interval_us;
	return 0;
}

int xn_speed_parse(const char *text, uint64_t *ret_bytes_per_s)
{
	uint64_t speed;

	if (take_speed(&text, &speed) < 0 || *text || speed < 1 ||
	    speed > SPEED_MAX)
		return -EINVAL;
	*ret_bytes_per_s = speed;
	return 0;
}

int xn_bytes_parse(const char *text, uint64_t *ret_bytes)
{
	uint64_t bytes;

	if (take_amount(&text, &bytes) < 0 || strcmp(text, "B") != 0 ||
	    bytes > BYTES_MAX)
		return -EINVAL;
	*ret_bytes = bytes;
	return 0;
}
