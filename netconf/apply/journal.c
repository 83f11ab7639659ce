/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's file: made, marked, locked, removed. */
#include "netconf/apply/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"

struct xn_journal {
	int fd;
	uint32_t crc;
	off_t end;
	char path[PATH_MAX];
	char new_path[PATH_MAX];
};

int xn_journal_here(uint64_t namespace_cookie,
		    struct xn_journal_place *ret_place, struct xn_err *err)
{
	struct xn_journal_place place = {.namespace_cookie = namespace_cookie};
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	struct timespec now;
	ssize_t got;

	if (fd < 0)
		return xn_fail(err, errno, "journal: boot_id: %m");
	got = read(fd, place.boot_id, sizeof(place.boot_id) - 1);
	xn_close(&fd);
	if (got <= 0)
		return xn_fail(err, EIO, "journal: boot_id cannot be read");
	place.boot_id[strcspn(place.boot_id, "\n")] = '\0';
	if (clock_gettime(CLOCK_BOOTTIME, &now) < 0)
		return xn_fail(err, errno, "journal: clock: %m");
	place.boottime_s = (uint64_t)now.tv_sec;
	*ret_place = place;
	return 0;
}

/* New names, and names that are gone, are on disk when their folder is. */
static int sync_folder(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int rc = 0;
	int fd;

	if (xn_text_copy(folder, sizeof(folder), path) < 0)
		return -ENAMETOOLONG;
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		rc = -errno;
	xn_close(&fd);
	return rc;
}

static int write_all(struct xn_journal *journal, const char *text, size_t bytes)
{
	while (bytes > 0) {
		ssize_t done = pwrite(journal->fd, text, bytes, journal->end);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		text += done;
		bytes -= (size_t)done;
		journal->end += done;
	}
	return 0;
}

/* Consumes the JSON, which may be NULL: out of memory. */
static int print_line(struct xn_journal *journal, FILE *to, json_t *take_json)
{
	char *text = take_json ? json_dumps(take_json, JSON_COMPACT) : NULL;

	json_decref(take_json);
	if (!text)
		return -ENOMEM;
	journal->crc = xn_journal_crc(journal->crc, text, strlen(text));
	(void)fprintf(to, "%08" PRIx32 " %s\n", journal->crc, text);
	free(text);
	return 0;
}

static json_t *u64_json(uint64_t value)
{
	return json_sprintf("%" PRIu64, value);
}

static int print_plan(struct xn_journal *journal, FILE *to,
		      const struct xn_plan *plan,
		      const struct xn_journal_place *place)
{
	int rc = print_line(journal, to,
			    json_pack("{si ss so so so}", "version",
				      XN_JOURNAL_VERSION, "boot",
				      place->boot_id, "namespace",
				      u64_json(place->namespace_cookie),
				      "boottime_s", u64_json(place->boottime_s),
				      "operations", u64_json(plan->count)));

	for (size_t i = 0; i < plan->count && rc == 0; i++)
		rc = print_line(journal, to, xn_op_to_json(&plan->op[i]));
	return rc;
}

static int write_plan(struct xn_journal *journal, const struct xn_plan *plan,
		      const struct xn_journal_place *place)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);
	int rc;

	if (!memory)
		return -ENOMEM;
	rc = print_plan(journal, memory, plan, place);
	/* Memory that ran out is told here. */
	if (fclose(memory) != 0 && rc == 0)
		rc = -ENOMEM;
	if (rc == 0)
		rc = write_all(journal, text, bytes);
	if (rc == 0 && fsync(journal->fd) < 0)
		rc = -errno;
	free(text);
	return rc;
}

static int write_mark(struct xn_journal *journal, enum xn_step step)
{
	char line[64];
	char json[48];
	int bytes;

	(void)snprintf(json, sizeof(json), "{\"begun\":\"%s\"}",
		       xn_step_word(step));
	journal->crc = xn_journal_crc(journal->crc, json, strlen(json));
	bytes = snprintf(line, sizeof(line), "%08" PRIx32 " %s\n", journal->crc,
			 json);
	return write_all(journal, line, (size_t)bytes);
}

static int lock(int fd, const char *path)
{
	struct stat there;
	struct stat held;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	/* It may have become another's, or nobody's, before it was locked. */
	if (fstat(fd, &held) < 0 || lstat(path, &there) < 0 ||
	    held.st_ino != there.st_ino || held.st_dev != there.st_dev)
		return -EBUSY;
	return 0;
}

static struct xn_journal *new_journal(const char *path)
{
	struct xn_journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return NULL;
	journal->fd = -1;
	if (xn_text_copy(journal->path, sizeof(journal->path), path) < 0 ||
	    xn_text_format(journal->new_path, sizeof(journal->new_path),
			   "%s.new", path) < 0) {
		free(journal);
		return NULL;
	}
	return journal;
}

static int publish(struct xn_journal *journal)
{
	if (renameat2(AT_FDCWD, journal->new_path, AT_FDCWD, journal->path,
		      RENAME_NOREPLACE) < 0)
		return -errno;
	return sync_folder(journal->path);
}

static int fill(struct xn_journal *journal, const struct xn_plan *plan,
		const struct xn_journal_place *place)
{
	int rc;

	journal->fd = open(journal->new_path,
			   O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (journal->fd < 0)
		return -errno;
	rc = lock(journal->fd, journal->new_path);
	if (rc < 0)
		return rc;
	if (ftruncate(journal->fd, 0) < 0)
		rc = -errno;
	if (rc == 0)
		rc = write_plan(journal, plan, place);
	if (rc == 0)
		rc = publish(journal);
	if (rc < 0)
		(void)unlink(journal->new_path);
	return rc;
}

int xn_journal_create(const char *path, const struct xn_plan *plan,
		      const struct xn_journal_place *place,
		      struct xn_journal **ret_journal, struct xn_err *err)
{
	struct xn_journal *journal = new_journal(path);
	int rc;

	if (!journal)
		return xn_fail(err, ENOMEM, "journal %s: no memory", path);
	rc = fill(journal, plan, place);
	if (rc < 0) {
		xn_journal_close(journal);
		return xn_fail(err, -rc, "journal %s: %s", path,
			       rc == -EEXIST  ? "an earlier one is there"
			       : rc == -EBUSY ? "another one is at work"
					      : strerror(-rc));
	}
	*ret_journal = journal;
	return 0;
}

int xn_journal_begin(struct xn_journal *journal, enum xn_step step,
		     struct xn_err *err)
{
	int rc = write_mark(journal, step);

	if (rc == 0 && fdatasync(journal->fd) < 0)
		rc = -errno;
	if (rc < 0)
		return xn_fail(err, -rc, "journal %s: %s", journal->path,
			       strerror(-rc));
	return 0;
}

int xn_journal_remove(struct xn_journal *journal, struct xn_err *err)
{
	int rc = unlink(journal->path) < 0 ? -errno : 0;

	if (rc == 0)
		rc = sync_folder(journal->path);
	if (rc < 0)
		return xn_fail(err, -rc, "journal %s: %s", journal->path,
			       strerror(-rc));
	return 0;
}

void xn_journal_close(struct xn_journal *journal)
{
	if (!journal)
		return;
	xn_close(&journal->fd);
	free(journal);
}

static int read_text(int fd, char **ret_text, size_t *ret_bytes)
{
	struct stat status;
	size_t have = 0;
	char *text;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	if (status.st_size > XN_JOURNAL_BYTES_MAX)
		return -EBADMSG;
	text = malloc((size_t)status.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (have < (size_t)status.st_size) {
		ssize_t got = pread(fd, text + have,
				    (size_t)status.st_size - have, (off_t)have);

		if (got <= 0)
			break;
		have += (size_t)got;
	}
	*ret_text = text;
	*ret_bytes = have;
	return 0;
}

static int open_and_read(struct xn_journal *journal,
			 struct xn_journal_content *ret_content,
			 struct xn_err *err)
{
	char *text = NULL;
	size_t bytes = 0;
	size_t good = 0;
	int rc;

	journal->fd = open(journal->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (journal->fd < 0)
		return -errno;
	rc = lock(journal->fd, journal->path);
	if (rc == 0)
		rc = read_text(journal->fd, &text, &bytes);
	if (rc == 0)
		rc = xn_journal_parse(text, bytes, ret_content, &good,
				      &journal->crc, err);
	journal->end = (off_t)good;
	free(text);
	return rc;
}

int xn_journal_open(const char *path, struct xn_journal **ret_journal,
		    struct xn_journal_content *ret_content, struct xn_err *err)
{
	struct xn_journal *journal = new_journal(path);
	int rc;

	if (!journal)
		return xn_fail(err, ENOMEM, "journal %s: no memory", path);
	rc = open_and_read(journal, ret_content, err);
	if (rc < 0) {
		xn_journal_close(journal);
		(void)xn_fail(err, -rc, "journal: %s", strerror(-rc));
		xn_err_prefix(err, "%s", path);
		return rc;
	}
	*ret_journal = journal;
	return 0;
}
