/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a pattern to paths, see include.h. One folder is read, and no more of
 * it than a bound. */
#include "netconf/parse/include.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

void xn_include_fini(struct xn_include *include)
{
	for (uint32_t i = 0; i < include->count; i++)
		free(include->path[i]);
	include->count = 0;
}

static int add(struct xn_include *include, const char *path, struct xn_err *err)
{
	char *copy = strdup(path);

	if (!copy)
		return xn_fail(err, ENOMEM, "out of memory");
	include->path[include->count++] = copy;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* `path` is the pattern, whose last '/' is at `slash`. */
static int take_match(const struct xn_conf_place *place, char *path,
		      size_t slash, const char *name,
		      struct xn_include *include, struct xn_err *err)
{
	char found[XN_INCLUDE_PATH_MAX];

	if (fnmatch(path + slash + 1, name, FNM_PERIOD) != 0)
		return 0;
	if (include->count == XN_INCLUDE_FILES_MAX)
		return xn_conf_refuse(place, err, "include: more than %u files",
				      XN_INCLUDE_FILES_MAX);
	if (xn_text_format(found, sizeof(found), "%.*s/%s", (int)slash, path,
			   name) < 0)
		return xn_conf_refuse(place, err,
				      "include: a path is too long");
	return add(include, found, err);
}

static int read_folder(const struct xn_conf_place *place, char *path,
		       struct xn_include *include, struct xn_err *err)
{
	size_t slash = (size_t)(strrchr(path, '/') - path);
	uint32_t entries = 0;
	const struct dirent *entry;
	DIR *folder;
	int error = 0;

	path[slash] = '\0';
	folder = opendir(slash ? path : "/");
	path[slash] = '/';
	if (!folder)
		return xn_conf_refuse(place, err, "include: %.*s: %s",
				      (int)slash, path, strerror(errno));
	while (!error && (entry = readdir(folder))) {
		if (++entries > XN_INCLUDE_ENTRIES_MAX)
			error = xn_conf_refuse(place, err,
					       "include: more than %u entries "
					       "in %.*s",
					       XN_INCLUDE_ENTRIES_MAX,
					       (int)slash, path);
		else
			error = take_match(place, path, slash, entry->d_name,
					   include, err);
	}
	(void)closedir(folder);
	qsort(include->path, include->count, sizeof(include->path[0]), compare);
	return error;
}

int xn_include_expand(const struct xn_conf_place *place, const char *pattern,
		      struct xn_include *ret_include, struct xn_err *err)
{
	const char *slash = strrchr(place->file, '/');
	int folder = slash ? (int)(slash - place->file) : 0;
	char path[XN_INCLUDE_PATH_MAX];
	int length;

	ret_include->count = 0;
	if (pattern[0] == '/')
		length = xn_text_copy(path, sizeof(path), pattern);
	else
		length = xn_text_format(path, sizeof(path), "%.*s/%s",
					slash ? folder : 1,
					slash ? place->file : ".", pattern);
	if (length < 0)
		return xn_conf_refuse(place, err,
				      "include: the path is too long");
	if (!strpbrk(pattern, "*?["))
		return add(ret_include, path, err);
	slash = strrchr(pattern, '/');
	if (slash && strcspn(pattern, "*?[") < (size_t)(slash - pattern))
		return xn_conf_refuse(
			place, err,
			"include: wildcards may stand only behind "
			"the last '/'");
	return read_folder(place, path, ret_include, err);
}
