/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-event FILE COMMAND ARGUMENT...: runs the command and adds a line to the
 * file: "wall_ms cpu_ms processes". The processor time is that of all who were
 * waited for, and the processes are counted by their numbers: the command runs
 * in a process namespace of its own, where they begin at 1. Ends as the
 * command ends; 125: it could not be run or counted.
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FAILED 125
#define OURS 2 /* the namespace's first process, and the one that counts */

struct result {
	double cpu_ms;
	int processes;
	int status; /* as from waitpid(2) */
};

static double ms_of(const struct timeval *time)
{
	return (double)time->tv_sec * 1e3 + (double)time->tv_usec / 1e3;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return FAILED << 8;
	return status;
}

/* The namespace's first process: what it starts now gets the next number. */
static int count(char **command, struct result *result)
{
	struct rusage usage;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		_exit(FAILED);
	}
	if (pid < 0)
		return FAILED;
	result->status = wait_for(pid);
	getrusage(RUSAGE_CHILDREN, &usage);
	result->cpu_ms = ms_of(&usage.ru_utime) + ms_of(&usage.ru_stime);
	pid = fork();
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return FAILED;
	(void)wait_for(pid);
	result->processes = (int)pid - OURS;
	return 0;
}

static int write_line(const char *file, double wall_ms,
		      const struct result *result)
{
	FILE *out = fopen(file, "ae");

	if (!out)
		return FAILED;
	(void)fprintf(out, "%.3f %.3f %d\n", wall_ms, result->cpu_ms,
		      result->processes);
	return fclose(out) ? FAILED : 0;
}

static int run(const char *file, char **command)
{
	struct result *result =
		mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double begin = now_ms();
	pid_t first;
	int status;

	if (result == MAP_FAILED || unshare(CLONE_NEWPID))
		return FAILED;
	first = fork();
	if (first == 0)
		_exit(count(command, result));
	if (first < 0)
		return FAILED;
	status = wait_for(first);
	if (!WIFEXITED(status) || WEXITSTATUS(status) ||
	    write_line(file, now_ms() - begin, result))
		return FAILED;
	return WIFEXITED(result->status) ? WEXITSTATUS(result->status)
					 : 128 + WTERMSIG(result->status);
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 3) {
		(void)fputs("usage: bench-event FILE COMMAND ARGUMENT...\n",
			    stderr);
		return 2;
	}
	status = run(argv[1], argv + 2);
	if (status == FAILED)
		(void)fprintf(stderr, "bench-event: %s\n", strerror(errno));
	/* The namespace of our children is gone with its first process: what
	 * an instrumented build would start at the exit cannot be started. */
	_exit(status);
}
