/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DOCTOR_JUDGE_H
#define XN_DOCTOR_JUDGE_H
/* What of a host will break guests' networking, and what to do. Pure. */
#include "netconf/doctor/facts.h"

#define XN_FINDINGS_MAX 256u
#define XN_FINDING_TEXT_MAX 400

enum xn_severity {
	XN_SEVERITY_NOTE,    /* something cannot be had */
	XN_SEVERITY_WARNING, /* it may break, or is slower than it could be */
	XN_SEVERITY_ERROR,   /* guests lose frames, or do not get on at all */
};

struct xn_finding {
	const char *id; /* "forward-drop": for programs */
	enum xn_severity severity;
	char subject[64]; /* what it is about: "eth0" */
	char what[XN_FINDING_TEXT_MAX];
	char todo[XN_FINDING_TEXT_MAX];
};

struct xn_findings {
	uint32_t count;
	struct xn_finding item[XN_FINDINGS_MAX];
};

const char *xn_severity_word(enum xn_severity severity);

/* `conf` NULL: there is no file. The worst come first. */
void xn_judge(const struct xn_facts *facts, const struct xn_planeconf *conf,
	      struct xn_findings *ret_findings);

bool xn_findings_break(const struct xn_findings *findings);
/* Something could not be looked at. */
bool xn_findings_lack(const struct xn_findings *findings);

#endif
