/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vif-setup, see setup.h. No shell sees the words. Called by main.c. */
#include "vif-hotplug/setup.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "netconf/base/text.h"

#define SCRIPTS_FOLDER "/etc/xen/scripts/"
#define DEFAULT_SCRIPT "vif-bridge"

static int add_word(struct xvh_setup *setup, const char *word,
		    struct xn_err *err)
{
	if (setup->argc == XVH_ARGUMENTS_MAX)
		return xn_fail(err, E2BIG, "script: more than %d arguments",
			       XVH_ARGUMENTS_MAX);
	setup->argv[setup->argc++] = word;
	setup->argv[setup->argc] = NULL;
	return 0;
}

static int split(struct xvh_setup *setup, struct xn_err *err)
{
	char *at = setup->text;
	int rc = 0;

	while (rc == 0) {
		at += strspn(at, " \t");
		if (*at == '\0')
			break;
		rc = add_word(setup, at, err);
		at += strcspn(at, " \t");
		if (*at != '\0')
			*at++ = '\0';
	}
	return rc;
}

static int find_program(struct xvh_setup *setup, struct xn_err *err)
{
	const char *name = setup->argv[0];
	bool bare = !strchr(name, '/');

	/* A path to a script that has our name may be the stock one: it is
	 * what was asked for. */
	setup->ours = xvh_script_named(name, &setup->script) == 0;
	if (setup->ours && setup->script == XVH_SETUP)
		return xn_fail(err, ELOOP, "script: %s would name itself",
			       name);
	setup->ours = setup->ours && bare;
	if (!bare && name[0] != '/')
		return xn_fail(err, EINVAL,
			       "script: \"%.200s\" is no absolute path", name);
	if (xn_text_format(setup->program, sizeof(setup->program), "%s%s",
			   bare ? SCRIPTS_FOLDER : "", name) < 0)
		return xn_fail(err, ENAMETOOLONG,
			       "script: the path is too "
			       "long");
	setup->argv[0] = setup->ours ? name : setup->program;
	return 0;
}

int xvh_setup_parse(int argc, const char *const *argv, const char *const *env,
		    struct xvh_setup *ret, struct xn_err *err)
{
	const char *script = xvh_setting(argc, argv, env, "script");
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (!script || script[strspn(script, " \t")] == '\0')
		script = DEFAULT_SCRIPT;
	if (xn_text_copy(ret->text, sizeof(ret->text), script) < 0)
		return xn_fail(err, E2BIG, "script: %d bytes and more",
			       XVH_VALUE_MAX);
	rc = split(ret, err);
	for (int i = 1; i < argc && rc == 0; i++)
		rc = add_word(ret, argv[i], err);
	return rc < 0 ? rc : find_program(ret, err);
}

int xvh_setup_become(struct xvh_setup *setup, struct xn_err *err)
{
	/* Exec takes "char *const *" for historical reasons. */
	(void)execv(setup->program, (char *const *)(uintptr_t)setup->argv);
	return xn_fail(err, errno, "script %s: %s", setup->program,
		       strerror(errno));
}
