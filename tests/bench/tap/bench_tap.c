/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a frame to and from a tap costs: a system call each, as the twin does
 * it, and batches through io_uring. One thread, a network namespace of its own.
 * Prints ns a frame, the best of several rounds. Needs root. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32u
#define FRAMES 256u /* of a round; the tap's queue holds 1000 */
#define ROUNDS 200u
#define FRAME_BYTES 64u

struct uring {
	int fd;
	uint32_t *sq_tail, *sq_mask, *sq_array;
	uint32_t *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
};

struct bench {
	int tap;
	int packet; /* what it sends the tap's reader gets */
	int ifindex;
	struct uring uring;
	struct virtio_net_hdr vnet[BATCH];
	uint8_t frame[BATCH][2048];
	struct iovec iov[BATCH][2];
};

static void die(const char *what)
{
	perror(what);
	exit(errno == ENOSYS || errno == EPERM ? 77 : 1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void open_tap(struct bench *bench)
{
	struct ifreq request = {
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR,
		.ifr_name = "bench0",
	};

	if (unshare(CLONE_NEWNET) < 0)
		die("unshare");
	bench->tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (bench->tap < 0 || ioctl(bench->tap, TUNSETIFF, &request) < 0)
		die("tap");
	bench->packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP;
	if (bench->packet < 0 ||
	    ioctl(bench->packet, SIOCSIFFLAGS, &request) < 0)
		die("link");
	bench->ifindex = (int)if_nametoindex("bench0");
}

static void *map_ring(int fd, size_t bytes, off_t what)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, fd, what);

	if (memory == MAP_FAILED)
		die("io_uring's memory");
	return memory;
}

static void open_uring(struct uring *uring)
{
	struct io_uring_params params = {.flags = 0};
	uint8_t *sq, *cq;

	uring->fd = (int)syscall(__NR_io_uring_setup, BATCH, &params);
	if (uring->fd < 0)
		die("io_uring");
	sq = map_ring(uring->fd, params.sq_off.array + params.sq_entries * 4ul,
		      IORING_OFF_SQ_RING);
	cq = map_ring(uring->fd,
		      params.cq_off.cqes +
			      params.cq_entries * sizeof(*uring->cqe),
		      IORING_OFF_CQ_RING);
	uring->sqe =
		map_ring(uring->fd, params.sq_entries * sizeof(*uring->sqe),
			 IORING_OFF_SQES);
	uring->sq_tail = (uint32_t *)(void *)(sq + params.sq_off.tail);
	uring->sq_mask = (uint32_t *)(void *)(sq + params.sq_off.ring_mask);
	uring->sq_array = (uint32_t *)(void *)(sq + params.sq_off.array);
	uring->cq_head = (uint32_t *)(void *)(cq + params.cq_off.head);
	uring->cq_tail = (uint32_t *)(void *)(cq + params.cq_off.tail);
	uring->cq_mask = (uint32_t *)(void *)(cq + params.cq_off.ring_mask);
	uring->cqe = (struct io_uring_cqe *)(void *)(cq + params.cq_off.cqes);
}

/* One batch, submitted and awaited with one call. */
static void run_batch(struct bench *bench, uint8_t opcode)
{
	struct uring *uring = &bench->uring;
	uint32_t tail = *uring->sq_tail;
	uint32_t head = *uring->cq_head;

	for (uint32_t i = 0; i < BATCH; i++) {
		uint32_t slot = (tail + i) & *uring->sq_mask;

		uring->sqe[slot] = (struct io_uring_sqe){
			.opcode = opcode,
			.fd = bench->tap,
			.addr = (uint64_t)(uintptr_t)bench->iov[i],
			.len = 2,
		};
		uring->sq_array[slot] = slot;
	}
	__atomic_store_n(uring->sq_tail, tail + BATCH, __ATOMIC_RELEASE);
	if (syscall(__NR_io_uring_enter, uring->fd, BATCH, BATCH,
		    IORING_ENTER_GETEVENTS, NULL, 0) != BATCH)
		die("io_uring_enter");
	for (uint32_t i = 0; i < BATCH; i++, head++) {
		int result = uring->cqe[head & *uring->cq_mask].res;

		if (result < 0) {
			errno = -result;
			die("a frame through io_uring");
		}
	}
	__atomic_store_n(uring->cq_head, head, __ATOMIC_RELEASE);
}

static void call_batch(struct bench *bench, bool write)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		ssize_t done = write ? writev(bench->tap, bench->iov[i], 2)
				     : readv(bench->tap, bench->iov[i], 2);

		if (done < 0)
			die("a frame");
	}
}

/* Whole frames of FRAME_BYTES, to an address that is nobody's. */
static void set_frames(struct bench *bench, size_t bytes)
{
	static const uint8_t head[14] = {2, 0, 0, 0, 0, 1,    2,
					 0, 0, 0, 0, 2, 0x88, 0xb5};

	for (uint32_t i = 0; i < BATCH; i++) {
		bench->vnet[i] = (struct virtio_net_hdr){.flags = 0};
		memcpy(bench->frame[i], head, sizeof(head));
		bench->iov[i][0] =
			(struct iovec){&bench->vnet[i], sizeof(bench->vnet[i])};
		bench->iov[i][1] = (struct iovec){bench->frame[i], bytes};
	}
}

static void fill_tap(struct bench *bench)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = bench->ifindex,
		.sll_halen = 6,
	};

	for (uint32_t i = 0; i < FRAMES; i++)
		if (sendto(bench->packet, bench->frame[0], FRAME_BYTES, 0,
			   (struct sockaddr *)&to, sizeof(to)) < 0)
			die("a frame for the tap");
}

static double measure(struct bench *bench, bool write, bool uring)
{
	uint64_t best = UINT64_MAX;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t begin, took;

		set_frames(bench, FRAME_BYTES);
		if (!write) {
			fill_tap(bench);
			set_frames(bench, sizeof(bench->frame[0]));
		}
		begin = now_ns();
		for (uint32_t done = 0; done < FRAMES; done += BATCH) {
			if (uring)
				run_batch(bench, write ? IORING_OP_WRITEV
						       : IORING_OP_READV);
			else
				call_batch(bench, write);
		}
		took = now_ns() - begin;
		if (took < best)
			best = took;
	}
	return (double)best / FRAMES;
}

int main(void)
{
	static struct bench bench;

	open_tap(&bench);
	open_uring(&bench.uring);
	for (int write = 1; write >= 0; write--) {
		for (int uring = 0; uring <= 1; uring++)
			printf("%-5s %-8s %7.0f ns/frame of %u bytes\n",
			       write ? "write" : "read",
			       uring ? "io_uring" : "call",
			       measure(&bench, write, uring), FRAME_BYTES);
	}
	return 0;
}
