/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xen-conformance: what the hypervisor and Linux's devices answer, one line
 * "case: result" each. The simulated hypervisor must print the same, byte for
 * byte, as a real Xen's domain 0 did (conformance.expected).
 *
 * Domain 0 grants to itself (gntalloc) and binds channels to itself, so that
 * one process plays both ends. Nothing printed depends on numbers that an
 * earlier program may have used up: no ports, references or addresses. The
 * libraries' own complaints go to stderr.
 *
 * Links libxengnttab and libxenevtchn only. Exit status: 0 when all cases
 * could be asked, 1 when the devices are not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenevtchn.h>
#include <xengnttab.h>

#define PAGE 4096
#define PAGES 4
#define FOREIGN_DOMID 999u /* nobody */
#define UNTOUCHED 77
#define SETTLE_MS 300	/* an event that has not come by then does not come */
#define ARRIVE_MS 10000 /* one that must come */

typedef xengnttab_grant_copy_segment_t segment;

static xengnttab_handle *tab;
static xengntshr_handle *shr;
static uint8_t *rw_page; /* granted to ourselves, writable */
static uint8_t *ro_page;
static uint32_t rw_ref[PAGES];
static uint32_t ro_ref;
static uint32_t foreign_ref; /* granted to FOREIGN_DOMID */
static uint32_t revoked_ref;
static uint32_t unused_ref; /* inside the table, never granted */
static uint8_t *local;	    /* PAGES pages */

static const char *errno_name(int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{EINVAL, "EINVAL"}, {ENOTCONN, "ENOTCONN"}, {EACCES, "EACCES"},
		{ESRCH, "ESRCH"},   {EAGAIN, "EAGAIN"},	    {ENOENT, "ENOENT"},
		{EPERM, "EPERM"},   {ENOMEM, "ENOMEM"},	    {EEXIST, "EEXIST"},
		{EFAULT, "EFAULT"}, {ENOSPC, "ENOSPC"},	    {EBADF, "EBADF"},
		{ENOTTY, "ENOTTY"}, {ENOSYS, "ENOSYS"},
	};
	static char other[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == number)
			return names[i].name;
	}
	snprintf(other, sizeof(other), "errno %d", number);
	return other;
}

static void print_rc(const char *what, int rc)
{
	if (rc < 0)
		printf("%s: %s\n", what, errno_name(errno));
	else
		printf("%s: ok\n", what);
}

static void fill(uint8_t *bytes, size_t length, unsigned int seed)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(i * 7 + seed);
}

static const char *equal(const void *a, const void *b, size_t length)
{
	return memcmp(a, b, length) == 0 ? "same" : "different";
}

/* ---- segments ---- */

static segment from_grant(uint32_t domid, uint32_t ref, uint16_t offset,
			  void *to, uint16_t len)
{
	segment seg = {
		.flags = GNTCOPY_source_gref, .len = len, .status = UNTOUCHED};

	seg.source.foreign.domid = (uint16_t)domid;
	seg.source.foreign.ref = ref;
	seg.source.foreign.offset = offset;
	seg.dest.virt = to;
	return seg;
}

static segment to_grant(void *from, uint32_t domid, uint32_t ref,
			uint16_t offset, uint16_t len)
{
	segment seg = {
		.flags = GNTCOPY_dest_gref, .len = len, .status = UNTOUCHED};

	seg.source.virt = from;
	seg.dest.foreign.domid = (uint16_t)domid;
	seg.dest.foreign.ref = ref;
	seg.dest.foreign.offset = offset;
	return seg;
}

static segment grant_to_grant(uint32_t from_ref, uint16_t from_offset,
			      uint32_t to_ref, uint16_t to_offset, uint16_t len)
{
	segment seg = {.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
		       .len = len,
		       .status = UNTOUCHED};

	seg.source.foreign.ref = from_ref;
	seg.source.foreign.offset = from_offset;
	seg.dest.foreign.ref = to_ref;
	seg.dest.foreign.offset = to_offset;
	return seg;
}

/* Prints the call's result and, where it succeeded, each status. After a
 * refused call the statuses mean nothing and are not printed. */
static int copy(const char *what, segment *segs, uint32_t count)
{
	int rc = xengnttab_grant_copy(tab, count, segs);

	if (rc) {
		printf("copy %s: %s\n", what, errno_name(errno));
		return rc;
	}
	printf("copy %s: ok, status", what);
	for (uint32_t i = 0; i < count; i++)
		printf(" %d", segs[i].status);
	putchar('\n');
	return 0;
}

static void copy_one(const char *what, segment seg)
{
	copy(what, &seg, 1);
}

/* ---- copies ---- */

static void copy_directions(void)
{
	segment seg;

	fill(rw_page, PAGE, 1);
	memset(local, 0, PAGE);
	copy_one("grant to local", from_grant(0, rw_ref[0], 0, local, PAGE));
	printf("  content: %s\n", equal(local, rw_page, PAGE));

	fill(local, PAGE, 2);
	copy_one("local to grant", to_grant(local, 0, rw_ref[0], 0, PAGE));
	printf("  content: %s\n", equal(local, rw_page, PAGE));

	fill(rw_page, PAGE, 3);
	memset(rw_page + PAGE, 0, PAGE);
	copy_one("grant to grant",
		 grant_to_grant(rw_ref[0], 0, rw_ref[1], 0, PAGE));
	printf("  content: %s\n", equal(rw_page, rw_page + PAGE, PAGE));

	seg = (segment){.len = 16, .status = UNTOUCHED};
	seg.source.virt = local;
	seg.dest.virt = local + 64;
	copy_one("local to local", seg);

	memset(rw_page + PAGE, 0, PAGE);
	copy_one("grant to grant with offsets",
		 grant_to_grant(rw_ref[0], 100, rw_ref[1], 3000, 1000));
	printf("  content: %s, neighbours %s\n",
	       equal(rw_page + 100, rw_page + PAGE + 3000, 1000),
	       rw_page[PAGE + 2999] || rw_page[PAGE + 4000] ? "touched"
							    : "untouched");
	copy_one("within one grant",
		 grant_to_grant(rw_ref[0], 0, rw_ref[0], 2048, 512));
	printf("  content: %s\n", equal(rw_page, rw_page + 2048, 512));
	copy_one("grant of DOMID_SELF to local",
		 from_grant(0x7ff0, rw_ref[0], 0, local, 64));
}

static void copy_lengths(void)
{
	fill(rw_page, PAGE, 4);
	copy_one("one byte at the page's end",
		 from_grant(0, rw_ref[0], PAGE - 1, local, 1));
	printf("  content: %s\n", equal(local, rw_page + PAGE - 1, 1));
	copy_one("a page into a local buffer that crosses pages",
		 from_grant(0, rw_ref[0], 0, local + 1000, PAGE));
	printf("  content: %s\n", equal(local + 1000, rw_page, PAGE));
	fill(local, 2 * PAGE, 5);
	copy_one("a page from a local buffer that crosses pages",
		 to_grant(local + 3000, 0, rw_ref[0], 0, PAGE));
	printf("  content: %s\n", equal(local + 3000, rw_page, PAGE));
	copy_one("grant source past its page",
		 from_grant(0, rw_ref[0], PAGE - 1, local, 2));
	copy_one("grant destination past its page",
		 to_grant(local, 0, rw_ref[0], 4000, 97));
	copy_one("grant source of more than a page",
		 from_grant(0, rw_ref[0], 0, local, PAGE + 1));
	copy_one("both grants, destination past its page",
		 grant_to_grant(rw_ref[0], 0, rw_ref[1], 1, PAGE));
	copy_one("grant offset beyond the page, no length",
		 from_grant(0, rw_ref[0], PAGE + 1, local, 0));
	copy_one("grant offset at the page's end, no length",
		 from_grant(0, rw_ref[0], PAGE, local, 0));
	copy_one("no length", from_grant(0, rw_ref[0], 0, local, 0));
	copy_one("no length, reference out of range",
		 from_grant(0, 0x7fffffff, 0, local, 0));
	copy_one("no length, no grant on either side",
		 (segment){.status = UNTOUCHED});
	printf("copy of no segments: ");
	print_rc("result", xengnttab_grant_copy(tab, 0, NULL));
}

static void copy_refusals(void)
{
	uint8_t before[64];

	copy_one("from a reference that was never granted",
		 from_grant(0, unused_ref, 0, local, 64));
	copy_one("to a reference that was never granted",
		 to_grant(local, 0, unused_ref, 0, 64));
	copy_one("from a reference out of range",
		 from_grant(0, 0x7fffffff, 0, local, 64));
	copy_one("to a reference out of range",
		 to_grant(local, 0, 0x7fffffff, 0, 64));
	copy_one("from a reference beyond 64 frames",
		 from_grant(0, 64 * 512, 0, local, 64));
	copy_one("from a grant to somebody else",
		 from_grant(0, foreign_ref, 0, local, 64));
	copy_one("to a grant to somebody else",
		 to_grant(local, 0, foreign_ref, 0, 64));
	copy_one("from a revoked grant",
		 from_grant(0, revoked_ref, 0, local, 64));
	copy_one("to a revoked grant", to_grant(local, 0, revoked_ref, 0, 64));
	copy_one("from a domain that does not exist",
		 from_grant(FOREIGN_DOMID, rw_ref[0], 0, local, 64));
	copy_one("to a domain that does not exist",
		 to_grant(local, FOREIGN_DOMID, rw_ref[0], 0, 64));
	copy_one("from a reserved domain id",
		 from_grant(0x7ff4, rw_ref[0], 0, local, 64));
	copy_one("from a read-only grant", from_grant(0, ro_ref, 0, local, 64));
	memcpy(before, ro_page, sizeof(before));
	fill(local, 64, 99);
	copy_one("to a read-only grant", to_grant(local, 0, ro_ref, 0, 64));
	printf("  content: %s\n", equal(before, ro_page, sizeof(before)));
	copy_one("from a read-only grant to a grant",
		 grant_to_grant(ro_ref, 0, rw_ref[0], 0, 64));
	copy_one("from a grant to a read-only grant",
		 grant_to_grant(rw_ref[0], 0, ro_ref, 0, 64));
	copy_one("both references out of range",
		 grant_to_grant(0x7fffffff, 0, 0x7fffffff, 0, 64));
}

static void copy_batches(void)
{
	segment segs[40];
	bool good = true;

	fill(rw_page, PAGE, 6);
	for (unsigned int i = 0; i < 40; i++)
		segs[i] = from_grant(0, rw_ref[0], (uint16_t)(i * 100),
				     local + i * 100, 96);
	segs[3] = from_grant(0, unused_ref, 0, local, 64);
	segs[17] = from_grant(FOREIGN_DOMID, 8, 0, local, 64);
	segs[39] = to_grant(local, 0, ro_ref, 0, 64);
	memset(local, 0, PAGE);
	copy("40 segments, three refused", segs, 40);
	for (unsigned int i = 0; i < 39; i++) {
		if (i == 3 || i == 17)
			continue;
		if (memcmp(local + i * 100, rw_page + i * 100, 96))
			good = false;
	}
	printf("  content of the others: %s\n", good ? "same" : "different");

	segs[0] = from_grant(0, rw_ref[0], 0, local, 64);
	segs[1] = from_grant(0, rw_ref[0], 4090, local, 64);
	segs[2] = from_grant(0, rw_ref[0], 0, local, 64);
	copy("three segments, the second crosses its page", segs, 3);
	printf("  status of the third: %s\n",
	       segs[2].status == UNTOUCHED ? "untouched" : "written");

	segs[0] = from_grant(0, rw_ref[0], 0, local, 64);
	segs[1] = to_grant(local, 0, rw_ref[1], 0, 64);
	segs[2] = grant_to_grant(rw_ref[1], 0, rw_ref[2], 0, 64);
	copy("three directions in one call", segs, 3);
	printf("  content went through in order: %s\n",
	       equal(rw_page, rw_page + 2 * PAGE, 64));
}

/* ---- maps ---- */

static void *map(const char *what, uint32_t domid, uint32_t ref, int prot)
{
	void *page = xengnttab_map_grant_ref(tab, domid, ref, prot);

	print_rc(what, page ? 0 : -1);
	return page;
}

static void unmap(const char *what, void *page, uint32_t count)
{
	print_rc(what, xengnttab_unmap(tab, page, count));
}

static void map_one(void)
{
	uint8_t *page;

	fill(rw_page, PAGE, 7);
	page = map("map writable", 0, rw_ref[0], PROT_READ | PROT_WRITE);
	if (page) {
		printf("  content: %s\n", equal(page, rw_page, PAGE));
		page[5] = 200;
		printf("  a write is seen by the granter: %s\n",
		       rw_page[5] == 200 ? "yes" : "no");
		rw_page[6] = 201;
		printf("  and the granter's by us: %s\n",
		       page[6] == 201 ? "yes" : "no");
		copy_one("from a grant that is mapped",
			 from_grant(0, rw_ref[0], 0, local, 64));
		unmap("unmap with the wrong count", page, 2);
		unmap("unmap", page, 1);
		unmap("unmap again", page, 1);
	}
	page = map("map read-only of a writable grant", 0, rw_ref[0],
		   PROT_READ);
	if (page) {
		printf("  content: %s\n", equal(page, rw_page, PAGE));
		unmap("unmap", page, 1);
	}
	page = map("map read-only of a read-only grant", 0, ro_ref, PROT_READ);
	if (page) {
		printf("  content: %s\n", equal(page, ro_page, PAGE));
		unmap("unmap", page, 1);
	}
	unmap("unmap of nothing", NULL, 1);
	unmap("unmap of our own memory", local, 1);
}

static void map_refusals(void)
{
	const int both = PROT_READ | PROT_WRITE;

	map("map writable of a read-only grant", 0, ro_ref, both);
	map("map of a reference never granted", 0, unused_ref, PROT_READ);
	map("map of a reference out of range", 0, 0x7fffffff, PROT_READ);
	map("map of a grant to somebody else", 0, foreign_ref, PROT_READ);
	map("map of a revoked grant", 0, revoked_ref, PROT_READ);
	map("map from a domain that does not exist", FOREIGN_DOMID, rw_ref[0],
	    PROT_READ);
	print_rc("map of no references",
		 xengnttab_map_domain_grant_refs(tab, 0, 0, rw_ref, PROT_READ)
			 ? 0
			 : -1);
}

static void map_many(void)
{
	uint32_t domids[PAGES] = {0, 0, 0, 0};
	uint32_t refs[PAGES];
	uint8_t *pages;
	const int both = PROT_READ | PROT_WRITE;

	for (unsigned int i = 0; i < PAGES; i++) {
		fill(rw_page + i * PAGE, PAGE, 10 + i);
		refs[i] = rw_ref[PAGES - 1 - i];
	}
	pages = xengnttab_map_domain_grant_refs(tab, PAGES, 0, refs, both);
	print_rc("map four in reverse order", pages ? 0 : -1);
	if (pages) {
		bool good = true;

		for (unsigned int i = 0; i < PAGES; i++) {
			if (memcmp(pages + i * PAGE,
				   rw_page + (PAGES - 1 - i) * PAGE, PAGE))
				good = false;
		}
		printf("  content: %s\n", good ? "same" : "different");
		unmap("unmap of three of four", pages, 3);
		unmap("unmap of four", pages, PAGES);
	}
	pages = xengnttab_map_grant_refs(tab, PAGES, domids, refs, PROT_READ);
	print_rc("map four, a domain each", pages ? 0 : -1);
	if (pages)
		unmap("unmap of four", pages, PAGES);
	refs[2] = unused_ref;
	print_rc("map four, one never granted",
		 xengnttab_map_domain_grant_refs(tab, PAGES, 0, refs, both)
			 ? 0
			 : -1);
	refs[2] = rw_ref[0];
	refs[3] = rw_ref[0];
	pages = xengnttab_map_domain_grant_refs(tab, PAGES, 0, refs, both);
	print_rc("map four, one of them twice", pages ? 0 : -1);
	if (pages)
		unmap("unmap of four", pages, PAGES);
}

static void map_limits(void)
{
	xengnttab_handle *small = xengnttab_open(NULL, 0);
	void *page[3];

	if (!small)
		return;
	print_rc("set_max_grants to two", xengnttab_set_max_grants(small, 2));
	for (unsigned int i = 0; i < 3; i++) {
		page[i] =
			xengnttab_map_grant_ref(small, 0, rw_ref[i], PROT_READ);
		print_rc("map with at most two", page[i] ? 0 : -1);
	}
	for (unsigned int i = 0; i < 3; i++) {
		if (page[i])
			xengnttab_unmap(small, page[i], 1);
	}
	xengnttab_close(small);
}

/* ---- channels ---- */

static bool readable(xenevtchn_handle *handle, int timeout_ms)
{
	struct pollfd fd = {.fd = xenevtchn_fd(handle), .events = POLLIN};

	return poll(&fd, 1, timeout_ms) == 1 && fd.revents & POLLIN;
}

/* Which of two ports came, as a word; `wait_ms` for it at most. */
static const char *next_event(xenevtchn_handle *handle, int a, int b,
			      int wait_ms)
{
	int port;

	if (!readable(handle, wait_ms))
		return "nothing";
	port = xenevtchn_pending(handle);
	if (port < 0)
		return errno_name(errno);
	if (port == a)
		return "first";
	return port == b ? "second" : "a stranger";
}

static void expect_event(const char *what, xenevtchn_handle *handle, int a,
			 int b)
{
	printf("%s: %s\n", what, next_event(handle, a, b, ARRIVE_MS));
}

static void expect_silence(const char *what, xenevtchn_handle *handle)
{
	printf("%s: %s\n", what, next_event(handle, -1, -1, SETTLE_MS));
}

static xenevtchn_handle *open_channel_device(void)
{
	xenevtchn_handle *handle = xenevtchn_open(NULL, 0);

	if (handle)
		return handle;
	perror("xenevtchn_open");
	exit(1);
}

static void channel_life(void)
{
	xenevtchn_handle *left = open_channel_device();
	xenevtchn_handle *right = open_channel_device();
	int a = xenevtchn_bind_unbound_port(left, 0);
	int b;

	print_rc("bind an unbound port for domain 0", a);
	print_rc("notify while unbound", xenevtchn_notify(left, (uint32_t)a));
	expect_silence("an event on the unbound port", left);
	b = xenevtchn_bind_interdomain(right, 0, (uint32_t)a);
	print_rc("bind it from the other side", b);
	expect_event("event on the binding side", right, b, a);
	expect_silence("event on the bound side", left);
	print_rc("unmask", xenevtchn_unmask(right, (uint32_t)b));
	expect_silence("event after the unmask", right);

	print_rc("notify to the right", xenevtchn_notify(left, (uint32_t)a));
	expect_event("event on the right", right, b, a);
	print_rc("notify to the right while masked",
		 xenevtchn_notify(left, (uint32_t)a));
	print_rc("and once more", xenevtchn_notify(left, (uint32_t)a));
	expect_silence("event while masked", right);
	xenevtchn_unmask(right, (uint32_t)b);
	expect_event("event after the unmask", right, b, a);
	xenevtchn_unmask(right, (uint32_t)b);
	expect_silence("both notifications were one event", right);
	print_rc("notify to the left", xenevtchn_notify(right, (uint32_t)b));
	expect_event("event on the left", left, a, b);
	xenevtchn_unmask(left, (uint32_t)a);

	print_rc("bind it a second time",
		 xenevtchn_bind_interdomain(right, 0, (uint32_t)a));
	print_rc("notify a port of another handle",
		 xenevtchn_notify(left, (uint32_t)b));
	print_rc("unbind a port of another handle",
		 xenevtchn_unbind(left, (uint32_t)b));
	print_rc("unmask a port of another handle",
		 xenevtchn_unmask(left, (uint32_t)b));

	print_rc("close the right device", xenevtchn_close(right));
	print_rc("notify into the void", xenevtchn_notify(left, (uint32_t)a));
	expect_silence("event for the closing", left);
	right = open_channel_device();
	b = xenevtchn_bind_interdomain(right, 0, (uint32_t)a);
	print_rc("bind again", b);
	expect_event("event on the binding side", right, b, a);
	xenevtchn_unmask(right, (uint32_t)b);
	print_rc("notify to the right", xenevtchn_notify(left, (uint32_t)a));
	expect_event("event on the right", right, b, a);
	xenevtchn_unmask(right, (uint32_t)b);

	print_rc("unbind the right end", xenevtchn_unbind(right, (uint32_t)b));
	print_rc("unbind it again", xenevtchn_unbind(right, (uint32_t)b));
	print_rc("notify on it", xenevtchn_notify(right, (uint32_t)b));
	print_rc("notify into the void", xenevtchn_notify(left, (uint32_t)a));
	b = xenevtchn_bind_interdomain(right, 0, (uint32_t)a);
	print_rc("bind again", b);
	expect_event("event on the binding side", right, b, a);
	xenevtchn_close(left);
	print_rc("notify after the bound side closed",
		 xenevtchn_notify(right, (uint32_t)b));
	xenevtchn_close(right);
}

static void channel_refusals(void)
{
	xenevtchn_handle *handle = open_channel_device();
	int other = xenevtchn_bind_unbound_port(handle, FOREIGN_DOMID);

	print_rc("bind an unbound port for a domain that does not exist",
		 other);
	print_rc("bind a port that waits for somebody else",
		 xenevtchn_bind_interdomain(handle, 0, (uint32_t)other));
	print_rc("bind to a domain that does not exist",
		 xenevtchn_bind_interdomain(handle, FOREIGN_DOMID, 1));
	print_rc("bind port 0", xenevtchn_bind_interdomain(handle, 0, 0));
	print_rc("bind a port beyond all",
		 xenevtchn_bind_interdomain(handle, 0, 0x7fffffff));
	print_rc("notify port 0", xenevtchn_notify(handle, 0));
	print_rc("notify a port beyond all",
		 xenevtchn_notify(handle, 0x7fffffff));
	print_rc("unbind port 0", xenevtchn_unbind(handle, 0));
	print_rc("unbind a port beyond all",
		 xenevtchn_unbind(handle, 0x7fffffff));
	print_rc("unmask port 0", xenevtchn_unmask(handle, 0));
	print_rc("unmask a port beyond all",
		 xenevtchn_unmask(handle, 0x7fffffff));
	print_rc("bind a virtual interrupt beyond all",
		 xenevtchn_bind_virq(handle, 1000));
	fcntl(xenevtchn_fd(handle), F_SETFL, O_NONBLOCK);
	print_rc("pending on a silent non-blocking device",
		 xenevtchn_pending(handle));
	xenevtchn_close(handle);
}

/* Two channels between two devices, to see order and early unmasking. */
static void channel_order(void)
{
	xenevtchn_handle *left = open_channel_device();
	xenevtchn_handle *right = open_channel_device();
	int a[2];
	int b[2];

	for (unsigned int i = 0; i < 2; i++) {
		a[i] = xenevtchn_bind_unbound_port(left, 0);
		b[i] = xenevtchn_bind_interdomain(right, 0, (uint32_t)a[i]);
		next_event(right, b[i], -1, ARRIVE_MS);
		xenevtchn_unmask(right, (uint32_t)b[i]);
	}
	xenevtchn_notify(left, (uint32_t)a[1]);
	readable(right, ARRIVE_MS);
	xenevtchn_notify(left, (uint32_t)a[0]);
	poll(NULL, 0, SETTLE_MS);
	expect_event("raised second, then first: event", right, b[0], b[1]);
	expect_event("and event", right, b[0], b[1]);
	expect_silence("and event", right);
	for (unsigned int i = 0; i < 2; i++)
		xenevtchn_unmask(right, (uint32_t)b[i]);

	xenevtchn_notify(left, (uint32_t)a[0]);
	readable(right, ARRIVE_MS);
	xenevtchn_unmask(right, (uint32_t)b[0]);
	xenevtchn_notify(left, (uint32_t)a[0]);
	poll(NULL, 0, SETTLE_MS);
	expect_event("unmasked before it was read: event", right, b[0], b[1]);
	expect_event("and event", right, b[0], b[1]);
	expect_silence("and event", right);
	xenevtchn_unmask(right, (uint32_t)b[0]);

	xenevtchn_notify(left, (uint32_t)a[0]);
	readable(right, ARRIVE_MS);
	xenevtchn_unbind(right, (uint32_t)b[0]);
	expect_event("unbound before it was read: event", right, b[0], b[1]);
	xenevtchn_close(left);
	xenevtchn_close(right);
}

static void channel_restrict(void)
{
	xenevtchn_handle *handle = open_channel_device();
	xenevtchn_handle *other = open_channel_device();
	int waiting = xenevtchn_bind_unbound_port(other, 0);
	int own = xenevtchn_bind_unbound_port(handle, 0);
	int bound = xenevtchn_bind_interdomain(other, 0, (uint32_t)own);

	print_rc("restrict to domain 0", xenevtchn_restrict(handle, 0));
	print_rc("restrict to a reserved id",
		 xenevtchn_restrict(handle, 0x7ff0));
	print_rc("restrict", xenevtchn_restrict(handle, FOREIGN_DOMID));
	print_rc("restrict again", xenevtchn_restrict(handle, FOREIGN_DOMID));
	print_rc("restricted: bind another domain's port",
		 xenevtchn_bind_interdomain(handle, 0, (uint32_t)waiting));
	print_rc("restricted: bind the named domain's port",
		 xenevtchn_bind_interdomain(handle, FOREIGN_DOMID, 1));
	print_rc("restricted: unbound port for another domain",
		 xenevtchn_bind_unbound_port(handle, 0));
	print_rc("restricted: unbound port for the named domain",
		 xenevtchn_bind_unbound_port(handle, FOREIGN_DOMID));
	print_rc("restricted: virtual interrupt",
		 xenevtchn_bind_virq(handle, 1000));
	print_rc("restricted: notify an earlier port",
		 xenevtchn_notify(handle, (uint32_t)own));
	next_event(other, bound, -1, ARRIVE_MS);
	xenevtchn_close(handle);
	xenevtchn_close(other);
}

/* ---- passing a device on ---- */

static void send_fd(int socket, int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {.iov_base = room, .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) < 0)
		perror("sendmsg");
}

static int receive_fd(int socket)
{
	char room[CMSG_SPACE(sizeof(int))] = {0};
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	int fd = -1;

	if (recvmsg(socket, &message, 0) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* The child binds a channel, passes its device up and dies by a signal. */
static void passing_child(int socket, int remote_port)
{
	xenevtchn_handle *mine = open_channel_device();
	int port = xenevtchn_bind_interdomain(mine, 0, (uint32_t)remote_port);

	next_event(mine, port, -1, ARRIVE_MS);
	xenevtchn_unmask(mine, (uint32_t)port);
	send_fd(socket, xenevtchn_fd(mine));
	if (write(socket, &port, sizeof(port)) != (ssize_t)sizeof(port))
		_exit(1);
	raise(SIGKILL);
}

static void channel_passing(void)
{
	xenevtchn_handle *left;
	xenevtchn_handle *adopted;
	int sockets[2];
	pid_t child;
	int port = -1;
	int a;
	int fd;

	fflush(stdout);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		return;
	left = open_channel_device();
	a = xenevtchn_bind_unbound_port(left, 0);
	child = fork();
	if (child == 0)
		passing_child(sockets[1], a);
	fd = receive_fd(sockets[0]);
	if (read(sockets[0], &port, sizeof(port)) != (ssize_t)sizeof(port))
		port = -1;
	waitpid(child, NULL, 0);
	print_rc("notify in the gap", xenevtchn_notify(left, (uint32_t)a));
	adopted = xenevtchn_fdopen(NULL, fd, 0);
	print_rc("adopt the dead process's device", adopted ? 0 : -1);
	if (!adopted)
		return;
	expect_event("event of the gap", adopted, port, a);
	print_rc("notify while masked", xenevtchn_notify(left, (uint32_t)a));
	print_rc("unmask", xenevtchn_unmask(adopted, (uint32_t)port));
	expect_event("event", adopted, port, a);
	print_rc("notify back", xenevtchn_notify(adopted, (uint32_t)port));
	expect_event("event", left, a, port);
	xenevtchn_unmask(left, (uint32_t)a);
	xenevtchn_close(adopted);
	print_rc("notify after the last holder closed",
		 xenevtchn_notify(left, (uint32_t)a));
	adopted = open_channel_device();
	port = xenevtchn_bind_interdomain(adopted, 0, (uint32_t)a);
	print_rc("bind again", port);
	xenevtchn_close(adopted);
	xenevtchn_close(left);
	close(sockets[0]);
	close(sockets[1]);
}

/* ---- notifications of unmapping ---- */

static void unmap_notification(void)
{
	xenevtchn_handle *left = open_channel_device();
	xenevtchn_handle *right = open_channel_device();
	int a = xenevtchn_bind_unbound_port(left, 0);
	int b = xenevtchn_bind_interdomain(right, 0, (uint32_t)a);
	uint8_t *page;

	next_event(right, b, -1, ARRIVE_MS);
	xenevtchn_unmask(right, (uint32_t)b);
	rw_page[9] = 1;
	page = xengnttab_map_grant_ref_notify(
		tab, 0, rw_ref[0], PROT_READ | PROT_WRITE, 9, (uint32_t)b);
	print_rc("map with byte and event", page ? 0 : -1);
	expect_silence("event while mapped", left);
	if (page)
		unmap("unmap", page, 1);
	printf("byte after the unmap: %d\n", rw_page[9]);
	expect_event("event", left, a, b);
	xenevtchn_unmask(left, (uint32_t)a);
	print_rc("map with a port that is nobody's",
		 xengnttab_map_grant_ref_notify(tab, 0, rw_ref[0],
						PROT_READ | PROT_WRITE,
						UINT32_MAX, 0x7ffffff)
			 ? 0
			 : -1);
	print_rc("map read-only with a byte to clear",
		 xengnttab_map_grant_ref_notify(tab, 0, rw_ref[0], PROT_READ, 9,
						UINT32_MAX)
			 ? 0
			 : -1);
	xenevtchn_close(left);
	xenevtchn_close(right);
}

static void set_up(void)
{
	void *page;

	tab = xengnttab_open(NULL, 0);
	shr = xengntshr_open(NULL, 0);
	if (!tab || !shr) {
		perror("xengnttab_open");
		exit(1);
	}
	rw_page = xengntshr_share_pages(shr, 0, PAGES, rw_ref, 1);
	ro_page = xengntshr_share_pages(shr, 0, 1, &ro_ref, 0);
	print_rc("share writable pages", rw_page ? 0 : -1);
	print_rc("share a read-only page", ro_page ? 0 : -1);
	page = xengntshr_share_pages(shr, FOREIGN_DOMID, 1, &foreign_ref, 1);
	print_rc("share with a domain that does not exist", page ? 0 : -1);
	page = xengntshr_share_pages(shr, 0, 1, &revoked_ref, 1);
	print_rc("share one more", page ? 0 : -1);
	print_rc("unshare it", page ? xengntshr_unshare(shr, page, 1) : -1);
	unused_ref = 5; /* reserved for tools, never granted in domain 0 */
	local = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!rw_page || !ro_page || local == MAP_FAILED)
		exit(1);
	fill(ro_page, PAGE, 50);
	for (unsigned int i = 0; i < PAGE; i++) {
		if (rw_page[3 * PAGE + i]) {
			puts("a shared page is not zero");
			break;
		}
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	set_up();
	copy_directions();
	copy_lengths();
	copy_refusals();
	copy_batches();
	map_one();
	map_refusals();
	map_many();
	map_limits();
	channel_life();
	channel_refusals();
	channel_order();
	channel_restrict();
	channel_passing();
	unmap_notification();
	xengntshr_close(shr);
	xengnttab_close(tab);
	puts("end");
	return 0;
}
