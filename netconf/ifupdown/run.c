/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run from its environment to its exit status, see run.h. */
#include "netconf/ifupdown/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "netconf/base/text.h"
#include "netconf/ifupdown/job.h"
#include "netconf/observe/observe.h"

static void say(const struct xn_ifup_options *options, const char *text)
{
	(void)fprintf(stderr, "bridge: %s%s%s\n", options->iface,
		      options->iface[0] ? ": " : "", text);
}

static void say_notes(struct xn_ifup_job *job)
{
	for (size_t i = 0; i < job->notes.count; i++)
		say(job->options, job->notes.text[i]);
	if (job->notes.more)
		say(job->options, "there is more of this kind");
	job->notes.count = 0;
	job->notes.more = false;
}

static void name_journal(struct xn_ifup_job *job)
{
	struct stat netns = {0};

	/* The same name in another namespace is another's. */
	(void)stat("/proc/thread-self/ns/net", &netns);
	(void)xn_text_format(job->journal, sizeof(job->journal),
			     "/run/xenplane-ifupdown-%llu-%s.journal",
			     (unsigned long long)netns.st_ino,
			     job->options->iface);
}

static int find_ports(struct xn_ifup_job *job, struct xn_err *err)
{
	struct xn_model observed;
	int rc = xn_observe(job->nl, &observed, err);

	if (rc < 0)
		return rc;
	xn_ifup_ports_expand(job->options, job->options->ports, &observed,
			     &job->ports, &job->notes);
	xn_model_fini(&observed);
	return 0;
}

static int start(struct xn_ifup_job *job, struct xn_err *err)
{
	bool is_classic = job->options->style == XN_IFUP_CLASSIC;
	struct xn_link bridge;
	int rc;

	/* The classic hook's second run, for a second stanza, finds it. */
	if (!is_classic ||
	    xn_link_get(job->nl, job->options->iface, &bridge, NULL) < 0)
		xn_ifup_wait_for_ports(job);
	rc = find_ports(job, err);
	if (rc < 0)
		return rc;
	if (is_classic)
		xn_ifup_make_vlans(job);
	rc = xn_ifup_start(job, err);
	say_notes(job);
	if (rc == 0)
		xn_ifup_wait_for_bridge(job);
	return rc;
}

static int stop(struct xn_ifup_job *job, struct xn_err *err)
{
	static int vlans[XN_IFUP_PORTS_MAX];
	size_t count = 0;
	int rc;

	if (job->options->style == XN_IFUP_CLASSIC)
		count = xn_ifup_find_vlans(job, vlans);
	rc = xn_ifup_stop(job, err);
	if (rc == 0 && count > 0)
		xn_ifup_remove_vlans(job, vlans, count);
	return rc;
}

static int print_ports(const struct xn_ifup_job *job, struct xn_err *err)
{
	for (size_t i = 0; i < job->ports.count; i++)
		(void)printf("%s%s", i ? " " : "", job->ports.port[i].name);
	(void)printf("\n");
	if (fflush(stdout) != 0 || ferror(stdout))
		return xn_fail(err, EIO, "standard output: %m");
	return 0;
}

static int do_task(struct xn_ifup_job *job, struct xn_err *err)
{
	int rc = 0;

	if (job->options->task != XN_IFUP_START) {
		rc = find_ports(job, err);
		/* What is wrong with an option is said when it counts. */
		job->notes.count = 0;
	}
	if (rc == 0 && job->options->task != XN_IFUP_DEPEND)
		rc = xn_ifup_recover(job, err);
	if (rc < 0)
		return rc;
	switch (job->options->task) {
	case XN_IFUP_NOTHING:
		return 0;
	case XN_IFUP_DEPEND:
		return print_ports(job, err);
	case XN_IFUP_CREATE:
		rc = xn_ifup_start(job, err);
		job->notes.count = 0;
		return rc;
	case XN_IFUP_START:
		return start(job, err);
	case XN_IFUP_HOLD:
		return xn_ifup_hold(job, err);
	case XN_IFUP_RELEASE:
	case XN_IFUP_STOP:
		return stop(job, err);
	}
	return 0;
}

static int serve(struct xn_ifup_job *job)
{
	struct xn_err err = {.set = false};
	int rc;

	name_journal(job);
	rc = xn_nl_open(&job->nl, &err);
	if (rc == 0) {
		rc = do_task(job, &err);
		xn_nl_close(job->nl);
	}
	say_notes(job);
	if (rc < 0)
		say(job->options, xn_err_text(&err));
	return rc < 0 ? 1 : 0;
}

static int usage(FILE *to)
{
	(void)fputs("usage: bridge\n"
		    "\n"
		    "A hook of ifupdown, or an executor of ifupdown-ng, which "
		    "set the environment:\n"
		    "IFACE, MODE, PHASE, IF_BRIDGE_PORTS and the stanza's "
		    "other options. See\n"
		    "xenplane-ifupdown(8).\n",
		    to);
	return to == stdout ? 0 : 2;
}

int xn_ifup_run(enum xn_ifup_style style, int argc, char *const *argv,
		const char *const *env)
{
	static struct xn_ifup_options options;
	static struct xn_ifup_job job;
	struct xn_err err = {.set = false};

	if (argc > 1)
		return usage(strcmp(argv[1], "--help") == 0 ? stdout : stderr);
	job.options = &options;
	job.request.options = &options;
	job.request.ports = &job.ports;
	if (xn_ifup_options_parse(style, env, &options, &job.notes, &err) < 0) {
		say(&options, xn_err_text(&err));
		return 1;
	}
	return options.task == XN_IFUP_NOTHING ? 0 : serve(&job);
}
