// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values of the store, which guests and toolstacks write: what is understood
 * is within its bounds and is what was written, a frontend's path never leaves
 * its domain, and a refusal says why. Watch events and folder names come from
 * there, too.
 *
 * Input: entries, each u8 which key (of `keys` below), u8 a length, then the
 * value; the last one of a key counts.
 */
#include <ctype.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xenstore.h>

#include "fuzz.h"
#include "netconf/base/log.h"
#include "netconf/daemon/store_private.h"

#define DOMID 5u
#define HANDLE 0u
#define QUEUES 4u
#define EVENTS_MAX 16u

/* "b": in the backend's folder; "f": in the frontend's; "w": a watch event's
 * path, "t": its token; "d": a name in a folder. */
static const char *const keys[] = {
	"b frontend",
	"b frontend-id",
	"b mac",
	"b state",
	"b online",
	"b hotplug-status",
	"f state",
	"f tx-ring-ref",
	"f rx-ring-ref",
	"f event-channel",
	"f event-channel-tx",
	"f event-channel-rx",
	"f request-rx-copy",
	"f feature-sg",
	"f feature-rx-notify",
	"f feature-gso-tcpv4",
	"f feature-gso-tcpv6",
	"f feature-ipv6-csum-offload",
	"f feature-no-csum-offload",
	"f multi-queue-num-queues",
	"f queue-0/tx-ring-ref",
	"f queue-0/rx-ring-ref",
	"f queue-0/event-channel-tx",
	"f queue-0/event-channel-rx",
	"f queue-1/tx-ring-ref",
	"f queue-1/rx-ring-ref",
	"f queue-1/event-channel",
	"f queue-2/tx-ring-ref",
	"f queue-2/rx-ring-ref",
	"f queue-2/event-channel",
	"f queue-3/tx-ring-ref",
	"f queue-3/rx-ring-ref",
	"f queue-3/event-channel",
	"f request-multicast-control",
	"f ctrl-ring-ref",
	"f event-channel-ctrl",
	"f xdp-headroom",
	"w path",
	"t token",
	"d name",
	"b bridge",
	"b rate",
	"b ip",
	"b mtu",
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static struct {
	bool present;
	uint8_t bytes;
	uint8_t value[255];
} entries[KEYS];

static struct xn_store *store;
static struct xn_loop *loop;
static const char *const frontend = "/local/domain/5/device/vif/0";
static uint32_t events_left;
static int event_fd;

static int find(const char *folder, const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i][0] == *folder && !strcmp(keys[i] + 2, name))
			return (int)i;
	return -1;
}

/* A value's own memory, as the library gives it; NULL: ENOENT. */
static char *value_of(int key)
{
	char *value;

	errno = ENOENT;
	if (key < 0 || !entries[key].present)
		return NULL;
	value = malloc((size_t)entries[key].bytes + 1);
	FUZZ_CHECK(value);
	memcpy(value, entries[key].value, entries[key].bytes);
	value[entries[key].bytes] = '\0';
	return value;
}

/* libxenstore, the calls that the daemon makes. */

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	return calloc(1, 1);
}

void xs_close(struct xs_handle *xsh)
{
	free(xsh);
}

int xs_fileno(struct xs_handle *h)
{
	(void)h;
	return event_fd;
}

const char *xs_daemon_socket(void)
{
	return "";
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	(void)path;
	(void)token;
	return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	(void)path;
	(void)token;
	return true;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	(void)h;
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort_it)
{
	(void)h;
	(void)abort_it;
	FUZZ_CHECK(t == 1);
	return true;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	(void)h;
	(void)t;
	(void)path;
	(void)data;
	(void)len;
	FUZZ_CHECK(false && "nothing is written");
	return false;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	static const char backend[] = "backend/vif/5/0/";
	int key = -1;
	char *value;

	(void)h;
	(void)t;
	if (!strncmp(path, backend, strlen(backend)))
		key = find("b", path + strlen(backend));
	else if (!strncmp(path, frontend, strlen(frontend)))
		key = find("f", path + strlen(frontend) + 1);
	value = value_of(key);
	if (value)
		*len = entries[key].bytes;
	return value;
}

/* As the library does: the names behind the array, in one piece. */
static char **pieces(const char *first, const char *second)
{
	size_t a = strlen(first) + 1, b = strlen(second) + 1;
	char **array = malloc(2 * sizeof(char *) + a + b);

	FUZZ_CHECK(array);
	array[0] = (char *)(array + 2);
	array[1] = array[0] + a;
	memcpy(array[0], first, a);
	memcpy(array[1], second, b);
	return array;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num)
{
	char *name = value_of(find("d", "name"));
	char **names;

	(void)h;
	(void)t;
	(void)path;
	if (!name)
		return NULL;
	names = pieces(name, "7");
	*num = 2;
	free(name);
	return names;
}

char **xs_check_watch(struct xs_handle *h)
{
	char *path = value_of(find("w", "path"));
	char *token = value_of(find("t", "token"));
	char **event = NULL;

	(void)h;
	errno = EAGAIN;
	if (path && token && events_left) {
		events_left--;
		event = pieces(path, token);
	}
	free(path);
	free(token);
	errno = EAGAIN;
	return event;
}

static void on_nothing(void *arg)
{
	(void)arg;
}

static void on_settled(void *arg)
{
	uint64_t count;

	(void)arg;
	FUZZ_CHECK(read(event_fd, &count, sizeof(count)) > 0);
	xn_loop_stop(loop, 0);
}

static void on_backend(void *arg, uint32_t domid, uint32_t handle, bool values)
{
	(void)arg;
	(void)values;
	FUZZ_CHECK(domid <= 0x7fef && handle <= 0xffff);
}

static void on_frontend(void *arg, uint32_t slot, uint32_t serial)
{
	char token[64], *said = value_of(find("t", "token"));

	(void)arg;
	/* Leading zeros are the only other way to write it. */
	(void)snprintf(token, sizeof(token), "f%u/%u", slot, serial);
	FUZZ_CHECK(said && strlen(said) >= strlen(token));
	free(said);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct xn_err err = {0};

	(void)argc;
	(void)argv;
	xn_log_open("fuzz", XN_LOG_ERROR, false);
	event_fd = eventfd(0, EFD_CLOEXEC);
	loop = xn_loop_create();
	FUZZ_CHECK(loop && event_fd >= 0);
	FUZZ_CHECK(xn_store_open(loop,
				 &(struct xn_store_listener){
					 .up = on_nothing,
					 .down = on_nothing,
					 .backend = on_backend,
					 .frontend = on_frontend,
					 .rescan = on_nothing,
					 .settled = on_settled,
				 },
				 &store, &err) == 0);
	return 0;
}

static void read_entries(struct fuzz_input *in)
{
	for (size_t i = 0; i < KEYS; i++)
		entries[i].present = false;
	while (in->left) {
		uint8_t key = fuzz_u8(in) % KEYS;

		entries[key].present = true;
		entries[key].bytes = fuzz_u8(in);
		fuzz_bytes(in, entries[key].value, entries[key].bytes);
	}
}

/* The key's text is this number. */
static void check_number(const char *name, uint32_t number)
{
	char *text = value_of(find("f", name));
	char *end;

	FUZZ_CHECK(text && isdigit((unsigned char)*text));
	FUZZ_CHECK(strtoull(text, &end, 10) == number && !*end);
	free(text);
}

static void check_queue(const struct xnb_frontend *fe, uint32_t q)
{
	const struct xnb_frontend_queue *queue = &fe->queue[q];
	char name[64];
	const char *prefix = "";

	if (fe->queue_count > 1) {
		(void)snprintf(name, sizeof(name), "queue-%u/", q);
		prefix = name;
	}
	char key[96];

	(void)snprintf(key, sizeof(key), "%stx-ring-ref", prefix);
	check_number(key, queue->tx_ring_ref);
	(void)snprintf(key, sizeof(key), "%srx-ring-ref", prefix);
	check_number(key, queue->rx_ring_ref);
	FUZZ_CHECK(queue->tx_port && queue->tx_port < 1u << 17);
	FUZZ_CHECK(queue->rx_port && queue->rx_port < 1u << 17);
	FUZZ_CHECK(queue->tx_ring_ref != queue->rx_ring_ref);
	for (uint32_t i = 0; i < q; i++) {
		FUZZ_CHECK(fe->queue[i].tx_ring_ref != queue->tx_ring_ref);
		FUZZ_CHECK(fe->queue[i].rx_ring_ref != queue->rx_ring_ref);
		FUZZ_CHECK(fe->queue[i].tx_port != queue->tx_port);
		FUZZ_CHECK(fe->queue[i].rx_port != queue->rx_port);
	}
}

static void try_keys(bool offload)
{
	struct xnb_frontend fe;
	struct xn_err err = {0};

	memset(&fe, 0xa5, sizeof(fe));
	if (xn_store_read_keys(store, frontend, offload, QUEUES, &fe, &err)) {
		FUZZ_CHECK(err.set && fe.queue_count == 0xa5a5a5a5);
		return;
	}
	FUZZ_CHECK(fe.queue_count >= 1 && fe.queue_count <= QUEUES);
	if (!offload)
		FUZZ_CHECK(!(fe.features &
			     (XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6 |
			      XN_DL_FE_IPV6_CSUM | XN_DL_FE_CSUM)));
	if (!(fe.features & XN_DL_FE_SG))
		FUZZ_CHECK(!(fe.features &
			     (XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6)));
	for (uint32_t q = 0; q < fe.queue_count; q++)
		check_queue(&fe, q);
}

static void check_path(const char *path)
{
	static const char prefix[] = "/local/domain/5/";

	FUZZ_CHECK(!strncmp(path, prefix, strlen(prefix)));
	FUZZ_CHECK(!strstr(path, "//") && path[strlen(path) - 1] != '/');
	for (; *path; path++)
		FUZZ_CHECK(isalnum((unsigned char)*path) ||
			   strchr("-/_@", *path));
}

static void check_values(const struct xn_store_values *values)
{
	const struct xn_settings *settings = &values->settings;

	for (const char *c = values->mac_text; *c; c++)
		FUZZ_CHECK(isprint((unsigned char)*c));
	FUZZ_CHECK(!values->has_mac || !xn_mac_is_group(&values->mac));
	FUZZ_CHECK(strlen(values->bridge) < IFNAMSIZ &&
		   !strchr(values->bridge, '/'));
	FUZZ_CHECK(!values->mtu || (values->mtu >= 68 && values->mtu <= 65535));
	FUZZ_CHECK(values->problem_count <= XN_STORE_PROBLEMS_MAX);
	for (uint32_t i = 0; i < values->problem_count; i++)
		FUZZ_CHECK(memchr(values->problem[i], '\0',
				  XN_STORE_PROBLEM_BYTES));
	FUZZ_CHECK(settings->send.rate_bytes == 0 ||
		   settings->send.rate_interval_us);
	FUZZ_CHECK(settings->address_count <= XN_SETTINGS_ADDRESSES_MAX);
	for (uint32_t i = 0; i < settings->address_count; i++) {
		const struct xn_address *address = &settings->address[i];

		FUZZ_CHECK(address->family == 4 || address->family == 6);
		FUZZ_CHECK(address->prefix <=
			   (address->family == 4 ? 32 : 128));
	}
}

static void try_backend(void)
{
	char path[XN_STORE_PATH_MAX];
	struct xn_store_values values;
	struct xnb_observed seen;
	struct xn_err err = {0};
	uint16_t headroom;

	if (xn_store_read_frontend(store, DOMID, HANDLE, path, &err) == 0)
		check_path(path);
	else
		FUZZ_CHECK(err.set);
	FUZZ_CHECK(xn_store_read_values(store, DOMID, HANDLE, &values) == 0);
	check_values(&values);
	if (xn_store_observe(store, DOMID, HANDLE, frontend, &seen) == 0) {
		FUZZ_CHECK(seen.backend <= XNB_STATE_RECONFIGURED);
		FUZZ_CHECK(seen.frontend <= XNB_STATE_RECONFIGURED);
	}
	err.set = false;
	if (xn_store_read_headroom(store, frontend, &headroom, &err) == 0)
		FUZZ_CHECK(headroom <= XN_DL_XDP_HEADROOM_MAX);
	else
		FUZZ_CHECK(err.set);
}

static void on_listed(void *arg, uint32_t domid, uint32_t handle, bool values)
{
	uint32_t *count = arg;

	(*count)++;
	on_backend(NULL, domid, handle, values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, size};
	const uint64_t one = 1;
	uint32_t listed = 0;

	read_entries(&in);
	try_keys(true);
	try_keys(false);
	try_backend();
	events_left = EVENTS_MAX;
	FUZZ_CHECK(write(event_fd, &one, sizeof(one)) > 0);
	FUZZ_CHECK(xn_loop_run(loop) == 0);
	FUZZ_CHECK(xn_store_list_vifs(store, 3, on_listed, &listed) == 0);
	FUZZ_CHECK(listed <= 3);
	return 0;
}
