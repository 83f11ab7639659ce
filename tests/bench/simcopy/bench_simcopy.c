/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a grant-copy call costs on xensim: calls of 64 segments as domain 0,
 * on one thread, between pages of two guests (which sleep in processes of
 * their own), of one guest, or between a guest and private memory. Each
 * segment has its own page and begins at its own cache line. And what a
 * notification costs: of a port that is raised already, and of one that is
 * read and unmasked each time.
 *
 * usage: bench-simcopy [-n CALLS] [CASE BYTES]
 * Needs a lab: XENSIM_BROKER and the preload (simcopy.sh). Prints the ns of a
 * segment, the least of several rounds. With a case and a size it makes just
 * those calls, untimed, so that callgrind can count two runs of different
 * length. Exit status: 0 all segments were copied, 1 not, 2 usage.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#define SEGMENTS 64u
#define PAGES 256u
#define PAGE_BYTES 4096u
#define LINE_BYTES 64u
#define ROUNDS 7u
#define CALLS 20000u
#define FIRST_DOMID 1u

typedef xengnttab_grant_copy_segment_t segment;

struct guest {
	uint32_t domid;
	uint32_t refs[PAGES];
};

struct bench {
	xengnttab_handle *tab;
	struct guest guest[2];
	uint8_t *memory; /* private pages */
	segment segs[PAGES];
	bool failed;
};

struct sides {
	const char *name;
	int from, to; /* guest's number; -1: private memory */
};

static const struct sides cases[] = {
	{"across", 0, 1},
	{"same", 0, 0},
	{"peek", 0, -1},
	{"put", -1, 1},
};

static const uint32_t sizes[] = {64, 256, 1500, 4096};

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* In the guest's process: grants its pages to domain 0, says their
 * references, and sleeps until its parent is gone. */
static void be_guest(uint32_t domid, int answer)
{
	uint32_t refs[PAGES];
	char text[16];
	xengntshr_handle *shr;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)snprintf(text, sizeof(text), "%u", domid);
	if (setenv("XENSIM_DOMID", text, 1))
		_exit(1);
	shr = xengntshr_open(NULL, 0);
	if (!shr || !xengntshr_share_pages(shr, 0, (int)PAGES, refs, 1) ||
	    write(answer, refs, sizeof(refs)) != (ssize_t)sizeof(refs))
		_exit(1);
	for (;;)
		(void)pause();
}

static bool start_guest(struct guest *guest, uint32_t domid)
{
	int ends[2];
	bool good;
	pid_t pid;

	if (pipe(ends))
		return false;
	pid = fork();
	if (pid == 0)
		be_guest(domid, ends[1]);
	(void)close(ends[1]);
	guest->domid = domid;
	good = pid > 0 && read(ends[0], guest->refs, sizeof(guest->refs)) ==
				  (ssize_t)sizeof(guest->refs);
	(void)close(ends[0]);
	return good;
}

static void set_side(const struct bench *bench, union xengnttab_copy_ptr *side,
		     int who, uint32_t page, uint32_t offset)
{
	if (who < 0) {
		side->virt = bench->memory + (size_t)page * PAGE_BYTES + offset;
		return;
	}
	side->foreign.ref = bench->guest[who].refs[page];
	side->foreign.offset = (uint16_t)offset;
	side->foreign.domid = (domid_t)bench->guest[who].domid;
}

/* Sources are the lower pages, destinations the upper ones. */
static void plan(struct bench *bench, const struct sides *sides, uint32_t bytes)
{
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		uint32_t room = PAGE_BYTES - bytes;
		uint32_t offset = room ? i % 32 * LINE_BYTES % room : 0;
		segment *seg = &bench->segs[i];

		memset(seg, 0, sizeof(*seg));
		set_side(bench, &seg->source, sides->from, i, offset);
		set_side(bench, &seg->dest, sides->to, PAGES / 2 + i, offset);
		seg->flags =
			(uint16_t)((sides->from < 0 ? 0 : GNTCOPY_source_gref) |
				   (sides->to < 0 ? 0 : GNTCOPY_dest_gref));
		seg->len = (uint16_t)bytes;
	}
}

static void call(struct bench *bench, uint32_t calls)
{
	for (uint32_t i = 0; i < calls; i++) {
		if (xengnttab_grant_copy(bench->tab, SEGMENTS, bench->segs))
			bench->failed = true;
	}
	for (uint32_t i = 0; i < SEGMENTS; i++)
		bench->failed |= bench->segs[i].status != GNTST_okay;
}

static double time_case(struct bench *bench, uint32_t calls)
{
	double least = 0;

	call(bench, 100);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t begin = now_ns();
		double ns;

		call(bench, calls);
		ns = (double)(now_ns() - begin) / ((double)calls * SEGMENTS);
		least = round && least < ns ? least : ns;
	}
	return least;
}

static void time_all(struct bench *bench, uint32_t calls)
{
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			plan(bench, &cases[c], sizes[s]);
			printf("%s %u B: %.2f ns\n", cases[c].name, sizes[s],
			       time_case(bench, calls));
		}
	}
}

struct channel {
	xenevtchn_handle *handle[2];
	evtchn_port_t port[2];
};

static bool open_channel(struct channel *channel)
{
	int port;

	for (uint32_t i = 0; i < 2; i++) {
		channel->handle[i] = xenevtchn_open(NULL, 0);
		if (!channel->handle[i])
			return false;
	}
	port = xenevtchn_bind_unbound_port(channel->handle[0], 0);
	channel->port[0] = (evtchn_port_t)port;
	if (port < 0)
		return false;
	port = xenevtchn_bind_interdomain(channel->handle[1], 0,
					  channel->port[0]);
	channel->port[1] = (evtchn_port_t)port;
	return port >= 0;
}

static bool answer(const struct channel *channel)
{
	int port = xenevtchn_pending(channel->handle[1]);

	return port >= 0 &&
	       !xenevtchn_unmask(channel->handle[1], (evtchn_port_t)port);
}

static double time_notify(const struct channel *channel, uint32_t calls,
			  bool answered, bool *failed)
{
	double least = 0;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t begin = now_ns();
		double ns;

		for (uint32_t i = 0; i < calls; i++) {
			*failed |= xenevtchn_notify(channel->handle[0],
						    channel->port[0]) != 0;
			if (answered)
				*failed |= !answer(channel);
		}
		ns = (double)(now_ns() - begin) / calls;
		least = round && least < ns ? least : ns;
	}
	return least;
}

/* Binding the channel has raised its other end. */
static void time_events(struct bench *bench, uint32_t calls)
{
	struct channel channel;

	if (!open_channel(&channel) || !answer(&channel)) {
		bench->failed = true;
		return;
	}
	printf("notify, read, unmask: %.1f ns\n",
	       time_notify(&channel, calls, true, &bench->failed));
	printf("notify when raised: %.1f ns\n",
	       time_notify(&channel, calls, false, &bench->failed));
	(void)xenevtchn_close(channel.handle[0]);
	(void)xenevtchn_close(channel.handle[1]);
}

static int call_case(struct bench *bench, uint32_t calls, const char *name,
		     const char *size)
{
	uint32_t bytes = (uint32_t)strtoul(size, NULL, 10);

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		if (strcmp(name, cases[c].name) != 0 || !bytes ||
		    bytes > PAGE_BYTES)
			continue;
		plan(bench, &cases[c], bytes);
		call(bench, calls);
		return 0;
	}
	return 2;
}

static bool open_lab(struct bench *bench)
{
	for (uint32_t g = 0; g < 2; g++)
		if (!start_guest(&bench->guest[g], FIRST_DOMID + g))
			return false;
	bench->memory = aligned_alloc(PAGE_BYTES, (size_t)PAGES * PAGE_BYTES);
	bench->tab = xengnttab_open(NULL, 0);
	if (!bench->memory || !bench->tab)
		return false;
	memset(bench->memory, 1, (size_t)PAGES * PAGE_BYTES);
	return true;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	uint32_t calls = CALLS;
	int rc = 0;

	if (argc > 2 && !strcmp(argv[1], "-n")) {
		calls = (uint32_t)strtoul(argv[2], NULL, 10);
		argc -= 2;
		argv += 2;
	}
	if (!calls || (argc != 1 && argc != 3)) {
		fprintf(stderr,
			"usage: bench-simcopy [-n CALLS] [CASE BYTES]\n");
		return 2;
	}
	if (!open_lab(&bench)) {
		perror("bench-simcopy: no lab");
		return 1;
	}
	if (argc == 3)
		rc = call_case(&bench, calls, argv[1], argv[2]);
	else
		time_all(&bench, calls);
	if (argc == 1)
		time_events(&bench, calls);
	return rc ? rc : bench.failed;
}
