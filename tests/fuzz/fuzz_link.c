// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What control says to the data process, and what the worker does about it.
 * Control is trusted, but what it says was made of the store's and the
 * kernel's words: a command that passes the check is done or refused, each
 * that wants an answer gets one, of its slot and generation, and when the vifs
 * have gone nothing is left mapped. The worker lives on from input to input.
 *
 * Input: datagrams, each u8 type, u8 descriptors (0: as many as its type has),
 * u16 a length (0: that of its type), then its bytes behind the header.
 */
#include <poll.h>
#include <sanitizer/lsan_interface.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/netback/ring/hypervisor.h"
#include "../unit/netback/worker/events.h"
#include "fuzz.h"
#include "netback/acl_parts.h"
#include "netback/link_check.h"
#include "netback/ring/redo.h"
#include "netback/worker.h"
#include "netback/worker_state.h"
#include "netconf/base/fd.h"
#include "netconf/base/log.h"

#define COMMANDS_MAX 48u
#define POOL_CHUNKS 16u
#define RING_PAGES 40u /* grants 0 and up, of domains 0 to 7 */
#define DOMAINS 8u
#define ROUNDS_MAX 1000u

static struct xnb_mailbox *commands, *events;
static struct xnb_worker *worker;
static struct xn_stats *stats;
static uint8_t (*pages)[XNB_PAGE_SIZE];
static struct xnb_acl_parts acl_parts;
static uint32_t channels_used; /* of the double's, by this input */

static void start(void);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	xn_log_open("fuzz", XN_LOG_ERROR, false);
	stats = calloc(1, sizeof(*stats));
	pages = mmap(NULL, RING_PAGES * sizeof(pages[0]),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FUZZ_CHECK(stats && pages != MAP_FAILED);
	start();
	return 0;
}

static void put(const struct xnb_command *command)
{
	FUZZ_CHECK(xnb_mailbox_put(commands, command, 0));
}

static bool something_to_do(void)
{
	struct pollfd poller = {.fd = worker->epoll_fd, .events = POLLIN};

	return !TAILQ_EMPTY(&worker->ready) || poll(&poller, 1, 0) > 0;
}

static void run(void)
{
	for (uint32_t i = 0; something_to_do(); i++) {
		FUZZ_CHECK(i < ROUNDS_MAX);
		xnb_worker_round(worker);
	}
}

static void start(void)
{
	struct xnb_command command = {
		.start = {.header = {XNB_START, XN_DATALINK_VERSION},
			  .stats = stats}};
	struct xn_err err = {0};

	hv_reset();
	ev_reset();
	for (uint32_t domid = 0; domid < DOMAINS; domid++)
		for (uint32_t i = 0; i < RING_PAGES; i++)
			hv_grant((uint16_t)domid, i, pages[i], false);
	commands = xnb_mailbox_create(XNB_COMMANDS_MAX,
				      sizeof(struct xnb_command));
	events = xnb_mailbox_create(XNB_EVENTS_MAX, sizeof(struct xnb_event));
	worker = xnb_worker_create(commands, events, POOL_CHUNKS, &err);
	command.start.sw = xsw_switch_create(256, command.start.hash_key);
	FUZZ_CHECK(commands && events && worker && command.start.sw);
	/* It lies in mapped memory, where pointers are not looked for. */
	__lsan_register_root_region(worker, sizeof(*worker));
	put(&command);
	run();
}

/* The input's vifs go; what they had is free again. */
static void clear(void)
{
	struct xnb_event event;

	for (uint32_t slot = 0; slot < XN_VIFS_MAX; slot++) {
		const struct xnb_port *port = &worker->port[slot];
		struct xnb_command command = {
			.del = {.header = {XN_DL_VIF_DEL, XN_DATALINK_VERSION},
				.slot = slot,
				.generation = port->generation}};

		if (port->state == XNB_PORT_FREE)
			continue;
		put(&command);
		run();
		FUZZ_CHECK(xnb_mailbox_get(events, &event) &&
			   event.header.type == XN_DL_VIF_GONE);
	}
	FUZZ_CHECK(ev_mapped() == 0);
	FUZZ_CHECK(xnb_pool_free(worker->pool) == POOL_CHUNKS);
	FUZZ_CHECK(hv.breaches == 0);
	ev_reset();
	channels_used = 0;
}

static int make_redo(uint32_t queues)
{
	size_t bytes = xnb_redo_bytes(queues);
	int fd = memfd_create("redo", MFD_CLOEXEC);
	void *log;

	FUZZ_CHECK(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0);
	log = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	FUZZ_CHECK(log != MAP_FAILED);
	xnb_redo_init(log, queues);
	munmap(log, bytes);
	return fd;
}

/* The link's part: descriptors, all valid. The kernel's end of a tap is gone
 * at once. */
static void add_descriptors(struct xnb_command *command)
{
	command->event_fd = ev_open(&channels_used, 1);
	channels_used++;
	command->redo_fd = make_redo(command->add.queue_count);
	for (uint32_t i = 0; i < command->add.queue_count; i++) {
		int pair[2];

		FUZZ_CHECK(xn_fd_socketpair(SOCK_NONBLOCK, pair) == 0);
		command->tap_fd[i] = pair[1];
		close(pair[0]);
	}
}

/* Ports that the double knows; what they are called changes nothing. */
static void bring_into_the_double(struct xnb_command *command)
{
	for (uint32_t i = 0; i < command->add.queue_count; i++) {
		command->add.queue[i].tx_port %= EV_CHANNELS;
		command->add.queue[i].rx_port %= EV_CHANNELS;
	}
	command->add.ctrl_port %= EV_CHANNELS;
}

static void expect_answer(const struct xnb_command *command)
{
	const struct xn_dl_vif_del *said = &command->del;
	struct xnb_event event = {.header = {0, 0}};
	uint32_t type = command->header.type, answers = 0;

	while (xnb_mailbox_get(events, &event)) {
		FUZZ_CHECK(event.header.version == XN_DATALINK_VERSION);
		FUZZ_CHECK(xn_dl_length(event.header.type));
		if (event.header.type == XN_DL_VIF_FAULT)
			continue;
		/* Slot and generation lie at one place in all of them. */
		FUZZ_CHECK(event.gone.slot == said->slot &&
			   event.gone.generation == said->generation);
		FUZZ_CHECK(event.header.type ==
			   (type == XN_DL_VIF_ADD   ? XN_DL_VIF_UP
			    : type == XN_DL_VIF_DEL ? XN_DL_VIF_GONE
						    : XN_DL_PORT_DONE));
		answers++;
	}
	if (type == XN_DL_VIF_ADD)
		FUZZ_CHECK(answers == 1);
	else
		FUZZ_CHECK(answers <=
			   (type == XN_DL_VIF_DEL || type == XN_DL_PORT));
}

/* The link's part: the list is whole. */
static void give_acl(const struct xn_dl_acl *part)
{
	struct xnb_command order = {
		.acl_order = {.header = {XNB_ACL, XN_DATALINK_VERSION},
			      .number = part->acl}};
	bool whole;

	if (xnb_acl_parts_take(&acl_parts, part, &whole,
			       &order.acl_order.acl) ||
	    !whole)
		return;
	put(&order);
	run();
}

static void give_one(struct fuzz_input *in)
{
	struct xnb_command command;
	uint32_t type = fuzz_u8(in), fds = fuzz_u8(in), bytes = fuzz_u16(in);
	uint32_t right;

	memset(&command, 0, sizeof(command));
	command.event_fd = command.redo_fd = -1;
	command.header.type = type;
	command.header.version = XN_DATALINK_VERSION;
	right = xn_dl_length(type);
	if (bytes == 0)
		bytes = right;
	if (bytes > offsetof(struct xnb_command, event_fd))
		return;
	if (bytes > sizeof(command.header))
		fuzz_bytes(in, (uint8_t *)&command + sizeof(command.header),
			   bytes - sizeof(command.header));
	if (fds == 0 && type == XN_DL_VIF_ADD)
		fds = 2 + command.add.queue_count;
	else if (fds == 0 && type == XN_DL_HELLO)
		fds = 1;
	if (xnb_link_check(&command, bytes, fds))
		return;
	FUZZ_CHECK(bytes == right && right);
	if (type == XN_DL_HELLO || type == XN_DL_STATIONS_GET)
		return; /* these end at the link */
	if (type == XN_DL_ACL) {
		give_acl(&command.acl);
		return;
	}
	if (type == XN_DL_VIF_ADD) {
		add_descriptors(&command);
		bring_into_the_double(&command);
	}
	put(&command);
	run();
	expect_answer(&command);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};

	for (uint32_t i = 0; i < COMMANDS_MAX && in.left; i++)
		give_one(&in);
	clear();
	xnb_acl_parts_fini(&acl_parts);
	return 0;
}
