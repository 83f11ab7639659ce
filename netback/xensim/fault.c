/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netback/xensim/fault.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netback/xensim/proc.h"

#define SPEC_BYTES_MAX 128u

static const struct {
	const char *name;
	bool has_value;
	bool negative; /* the value is a status or a -errno */
} kinds[XSIM_FAULT_KINDS] = {
	[XSIM_FAULT_COPY_STATUS] = {"copy-status", true, true},
	[XSIM_FAULT_COPY_FAIL] = {"copy-fail", true, true},
	[XSIM_FAULT_MAP_FAIL] = {"map-fail", true, true},
	[XSIM_FAULT_MAP_LIMIT] = {"map-limit", true, false},
	[XSIM_FAULT_EVENT_LOST] = {"event-lost", false, false},
	[XSIM_FAULT_EVENT_DOUBLED] = {"event-doubled", false, false},
	[XSIM_FAULT_DELAY_US] = {"delay-us", true, false},
	[XSIM_FAULT_CRASH] = {"crash", false, false},
};

static struct xsim_faults own; /* from XENSIM_FAULTS */
static pthread_once_t own_once = PTHREAD_ONCE_INIT;

const char *xsim_fault_name(enum xsim_fault_kind kind)
{
	return kinds[kind].name;
}

bool xsim_fault_has_value(enum xsim_fault_kind kind)
{
	return kinds[kind].has_value;
}

int xsim_fault_kind_parse(const char *name, enum xsim_fault_kind *ret_kind)
{
	for (unsigned int i = 0; i < XSIM_FAULT_KINDS; i++) {
		if (strcmp(name, kinds[i].name) == 0) {
			*ret_kind = (enum xsim_fault_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(const char *text, long min, long max, long *ret_number)
{
	char *end;
	long number;

	if (!*text || *text == ' ' || *text == '+')
		return -EINVAL;
	errno = 0;
	number = strtol(text, &end, 10);
	if (errno || *end || number < min || number > max)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

static int parse_value(const char *text, struct xsim_fault_spec *spec)
{
	long number;

	if (!kinds[spec->kind].has_value)
		return text ? -EINVAL : 0;
	if (!text || parse_number(text, -4095, 1000000000, &number))
		return -EINVAL;
	if (kinds[spec->kind].negative && number > 0)
		number = -number;
	spec->value = (int32_t)number;
	return 0;
}

static int parse_option(char *text, struct xsim_fault_spec *spec)
{
	char *value = strchr(text, '=');
	long number;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	if (parse_number(value, 0, INT32_MAX, &number))
		return -EINVAL;
	if (strcmp(text, "every") == 0)
		spec->every = (uint32_t)number;
	else if (strcmp(text, "domid") == 0)
		spec->domid = (uint32_t)number;
	else
		return -EINVAL;
	return 0;
}

bool xsim_fault_valid(const struct xsim_fault_spec *spec)
{
	if ((unsigned int)spec->kind >= XSIM_FAULT_KINDS || !spec->every)
		return false;
	if (spec->domid != XSIM_ANY_DOMID && spec->domid >= XSIM_DOMIDS)
		return false;
	if (kinds[spec->kind].negative)
		return spec->value < 0 && spec->value >= -4095;
	return spec->value >= 0;
}

int xsim_fault_parse(const char *text, uint32_t length,
		     struct xsim_fault_spec *ret_spec)
{
	struct xsim_fault_spec spec = {.every = 1, .domid = XSIM_ANY_DOMID};
	char copy[SPEC_BYTES_MAX];
	char *rest = copy;
	char *name;
	char *value;
	int rc;

	if (length >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	name = strsep(&rest, ",");
	value = strchr(name, '=');
	if (value)
		*value++ = '\0';
	rc = xsim_fault_kind_parse(name, &spec.kind);
	if (!rc)
		rc = parse_value(value, &spec);
	while (!rc && rest)
		rc = parse_option(strsep(&rest, ","), &spec);
	if (!rc && !xsim_fault_valid(&spec))
		rc = -EINVAL;
	if (!rc)
		*ret_spec = spec;
	return rc;
}

void xsim_fault_arm(struct xsim_faults *faults,
		    const struct xsim_fault_spec *spec)
{
	struct xsim_fault *fault = &faults->fault[spec->kind];

	atomic_store(&fault->value, spec->value);
	atomic_store(&fault->every, spec->every);
	atomic_store(&fault->domid, spec->domid);
	atomic_store(&fault->occasions, 0);
	atomic_fetch_or(&faults->armed, 1u << spec->kind);
}

void xsim_fault_disarm(struct xsim_faults *faults, enum xsim_fault_kind kind)
{
	atomic_fetch_and(&faults->armed, ~(1u << kind));
}

static void arm_own(void)
{
	const char *text = getenv("XENSIM_FAULTS");

	while (text && *text) {
		uint32_t length = (uint32_t)strcspn(text, ";");
		struct xsim_fault_spec spec;

		if (xsim_fault_parse(text, length, &spec) == 0)
			xsim_fault_arm(&own, &spec);
		else
			fprintf(stderr,
				"xensim: XENSIM_FAULTS: '%.*s' is no "
				"fault; ignored\n",
				(int)length, text);
		text += length;
		text += *text == ';';
	}
}

bool xsim_fault_any(const struct xsim_lab *lab)
{
	pthread_once(&own_once, arm_own);
	return (atomic_load_explicit(&lab->faults.armed, memory_order_relaxed) |
		atomic_load_explicit(&own.armed, memory_order_relaxed)) != 0;
}

static bool hits(struct xsim_faults *faults, enum xsim_fault_kind kind,
		 uint32_t domid, int32_t *ret_value)
{
	struct xsim_fault *fault = &faults->fault[kind];
	uint32_t wanted;
	uint32_t every;

	if (!(atomic_load(&faults->armed) & 1u << kind))
		return false;
	wanted = atomic_load(&fault->domid);
	if (wanted != XSIM_ANY_DOMID && wanted != domid)
		return false;
	every = atomic_load(&fault->every);
	if (!every || (atomic_fetch_add(&fault->occasions, 1) + 1) % every)
		return false;
	*ret_value = atomic_load(&fault->value);
	return true;
}

bool xsim_fault_hits(struct xsim_lab *lab, enum xsim_fault_kind kind,
		     uint32_t domid, int32_t *ret_value)
{
	if (!xsim_fault_any(lab))
		return false;
	return hits(&lab->faults, kind, domid, ret_value) ||
	       hits(&own, kind, domid, ret_value);
}

void xsim_fault_delay(struct xsim_lab *lab)
{
	int32_t us;

	if (xsim_fault_hits(lab, XSIM_FAULT_DELAY_US, XSIM_ANY_DOMID, &us))
		xsim_sleep_us((uint32_t)us);
}
