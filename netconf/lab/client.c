// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `xenplane lab ...`: the verbs on the command line's side. Called by the
 * command line's main; prints for people, or JSON with --json.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/spin.h"
#include "netconf/base/text.h"
#include "netconf/lab/exec.h"
#include "netconf/lab/lab.h"
#include "netconf/lab/supervisor.h"
#include "netconf/lab/wire.h"
#include "netconf/parse/vifspec.h"

#define USAGE 2
#define STOP_LIMIT_MS 30000
#define HEADROOM_MAX 2048u /* netback/netfront/keys.h */

static const char usage_text[] =
	"usage: xenplane lab VERB ...\n"
	"  start [-f FILE | --mtu BYTES] [--script PATH]\n"
	"                               a plane without Xen, in namespaces\n"
	"  create NAME [OPTION...] [VIFSPEC...]\n"
	"                               a simulated guest; prints its domid\n"
	"      VIFSPEC as in xl: mac=...,bridge=xenbr0,ip=10.77.0.2\n"
	"      OPTIONs of the guest: --queues=N --no-gso --no-csum --no-sg\n"
	"                            --single-channel --hash --static-grants\n"
	"                            --xdp-headroom=N --multicast-control\n"
	"                            --spin-us=N\n"
	"                            --frontend=none (a program that exec "
	"runs\n"
	"                            serves its vifs)\n"
	"  attach NAME VIFSPEC          a further vif; prints its device "
	"number\n"
	"  detach NAME DEVID|MAC\n"
	"  exec NAME -- COMMAND...      run in the guest, in `dom0` or "
	"`outside`\n"
	"  destroy NAME\n"
	"  list [--json]\n"
	"  stop                         ends the lab; nothing is left\n"
	"The lab's name is in XENPLANE_LAB (\"default\"); several can run.\n";

static int usage_error(const char *why)
{
	fprintf(stderr, "xenplane lab: %s\n%s", why, usage_text);
	return USAGE;
}

static int report(const struct xn_err *err)
{
	fprintf(stderr, "xenplane lab: %s\n", xn_err_text(err));
	return 1;
}

/* One request to the lab of this environment. Caller owns *ret_reply. */
static int ask(json_t *take_request, json_t **ret_reply, int *ret_fd,
	       struct xn_lab_paths *ret_paths, struct xn_err *err)
{
	int rc = xn_lab_paths_find(NULL, ret_paths, err);
	int socket = rc < 0 ? rc : xn_lab_wire_connect(ret_paths->socket, err);

	*ret_reply = NULL;
	if (socket < 0) {
		if (rc == 0)
			xn_err_prefix(err, "lab '%s'", ret_paths->name);
		json_decref(take_request);
		return socket;
	}
	rc = xn_lab_wire_send(socket, take_request, -1);
	if (rc == 0)
		rc = xn_lab_wire_receive(socket, ret_reply, ret_fd);
	close(socket);
	json_decref(take_request);
	if (rc < 0)
		return xn_fail(err, -rc, "the lab gave no answer: %s",
			       strerror(-rc));

	const char *error =
		json_string_value(json_object_get(*ret_reply, "error"));

	if (error) {
		xn_fail(err, EIO, "%s", error);
		json_decref(*ret_reply);
		return -EIO;
	}
	return 0;
}

/* A request whose answer is printed as it is, or by one number in it. */
static int ask_and_print(json_t *take_request, const char *number, bool json)
{
	struct xn_lab_paths paths;
	struct xn_err err = {0};
	json_t *reply;

	if (ask(take_request, &reply, NULL, &paths, &err) < 0)
		return report(&err);
	if (json) {
		json_dumpf(reply, stdout, JSON_INDENT(2));
		puts("");
	} else if (number) {
		printf("%lld\n",
		       json_integer_value(json_object_get(reply, number)));
	}
	json_decref(reply);
	return 0;
}

static volatile sig_atomic_t interrupted;

static void on_signal(int signal_number)
{
	interrupted = signal_number;
}

/* Reads what the starting supervisor says until it closes the pipe. */
static size_t read_all(int fd, char *ret_text, size_t size, pid_t supervisor)
{
	size_t used = 0;

	while (used < size - 1) {
		ssize_t bytes = read(fd, ret_text + used, size - 1 - used);

		if (bytes > 0)
			used += (size_t)bytes;
		else if (bytes == 0 || errno != EINTR)
			break;
		if (interrupted)
			kill(supervisor, SIGTERM); /* and wait for its end */
	}
	ret_text[used] = '\0';
	return used;
}

static void become_supervisor(const struct xn_lab_paths *paths,
			      const struct xn_lab_layout *layout, int ready_fd)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (chdir("/") < 0)
		_exit(1);
	prctl(PR_SET_NAME, "xenplane-lab");
	exit(xn_lab_supervise(paths, layout, ready_fd));
}

static int start_lab(const struct xn_lab_paths *paths,
		     const struct xn_lab_layout *layout)
{
	struct sigaction action = {.sa_handler = on_signal}; /* no restart */
	char said[8192];
	int ready[2];
	pid_t pid;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	if (pipe2(ready, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		fprintf(stderr, "xenplane lab: %s\n", strerror(errno));
		return 1;
	}
	if (pid == 0) {
		close(ready[0]);
		become_supervisor(paths, layout, ready[1]);
	}
	close(ready[1]);
	read_all(ready[0], said, sizeof(said), pid);
	close(ready[0]);
	if (interrupted) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
		return 1;
	}
	if (!strcmp(said, "+"))
		return 0;
	waitpid(pid, NULL, 0);
	fprintf(stderr, "xenplane lab: %s\n",
		said[0] ? said : "the lab did not start");
	return 1;
}

struct start_options {
	const char *file, *script; /* NULL: not said */
	uint32_t mtu;		   /* 0: not said */
};

/* Each option is a pair of words. */
static bool parse_start(int argc, char **argv, struct start_options *ret)
{
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return false;
		if (!strcmp(argv[i], "-f"))
			ret->file = argv[i + 1];
		else if (!strcmp(argv[i], "--script") && argv[i + 1][0] == '/')
			ret->script = argv[i + 1];
		else if (strcmp(argv[i], "--mtu") != 0 ||
			 xn_parse_u32(argv[i + 1], XN_LAB_MTU_MIN,
				      XN_LAB_MTU_MAX, &ret->mtu) < 0)
			return false;
	}
	return !ret->file || !ret->mtu;
}

static int verb_start(int argc, char **argv)
{
	struct start_options options = {.mtu = 0};
	struct xn_lab_layout layout;
	struct xn_lab_paths paths;
	struct xn_err err = {0};
	int rc = 0;

	if (geteuid() != 0) {
		xn_fail(&err, EPERM, "a lab needs root");
		return report(&err);
	}
	if (!parse_start(argc, argv, &options))
		return usage_error("start takes -f FILE, or --mtu BYTES (68 "
				   "to 65517), and --script PATH (absolute)");
	if (options.file)
		rc = xn_lab_layout_read(options.file, &layout, &err);
	else
		xn_lab_layout_default(options.mtu ? options.mtu
						  : XN_LAB_MTU_DEFAULT,
				      &layout);
	if (rc == 0 && options.script &&
	    xn_text_copy(layout.script, sizeof(layout.script), options.script) <
		    0)
		rc = xn_fail(&err, ENAMETOOLONG, "--script: too long");
	if (rc == 0)
		rc = xn_lab_paths_find(NULL, &paths, &err);
	return rc < 0 ? report(&err) : start_lab(&paths, &layout);
}

/* The options of usage_text, as xenplane-guest takes them. */
static bool is_guest_option(const char *text)
{
	static const char *const plain[] = {"--no-gso",
					    "--no-csum",
					    "--no-sg",
					    "--single-channel",
					    "--hash",
					    "--static-grants",
					    "--multicast-control",
					    XN_LAB_NO_FRONTEND};
	static const struct {
		const char *name;
		uint32_t min, max;
	} numbers[] = {{"--queues=", 1, XN_LAB_QUEUES_MAX},
		       {"--xdp-headroom=", 0, HEADROOM_MAX},
		       {"--spin-us=", 0, XN_SPIN_US_LIMIT}};
	uint32_t number;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcmp(text, plain[i]))
			return true;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		size_t length = strlen(numbers[i].name);

		if (!strncmp(text, numbers[i].name, length))
			return xn_parse_u32(text + length, numbers[i].min,
					    numbers[i].max, &number) == 0;
	}
	return false;
}

/* Checks a word of `create` and puts it where it belongs. */
static int take_word(const char *word, json_t *vifs, json_t *options)
{
	struct xn_vifspec spec;
	struct xn_err err = {0};

	if (word[0] == '-') {
		if (!is_guest_option(word)) {
			fprintf(stderr,
				"xenplane lab: '%s' is no option of a "
				"guest\n%s",
				word, usage_text);
			return -EINVAL;
		}
		return json_array_append_new(options, json_string(word));
	}
	if (xn_vifspec_parse(word, &spec, &err) < 0) {
		fprintf(stderr, "xenplane lab: vif '%s': %s\n", word,
			xn_err_text(&err));
		return -EINVAL;
	}
	return json_array_append_new(vifs, json_string(word));
}

static int verb_create(int argc, char **argv, bool json)
{
	json_t *vifs = json_array(), *options = json_array();

	if (argc < 2)
		return usage_error("create: a name is wanted");
	for (int i = 2; i < argc; i++) {
		if (take_word(argv[i], vifs, options) < 0) {
			json_decref(vifs);
			json_decref(options);
			return USAGE;
		}
	}
	return ask_and_print(json_pack("{s:s, s:s, s:o, s:o}", "verb", "create",
				       "name", argv[1], "vifs", vifs, "options",
				       options),
			     "domid", json);
}

static int verb_attach(int argc, char **argv, bool json)
{
	struct xn_vifspec spec;
	struct xn_err err = {0};

	if (argc != 3)
		return usage_error("attach: a name and a VIFSPEC are wanted");
	if (xn_vifspec_parse(argv[2], &spec, &err) < 0) {
		fprintf(stderr, "xenplane lab: vif '%s': %s\n", argv[2],
			xn_err_text(&err));
		return USAGE;
	}
	return ask_and_print(json_pack("{s:s, s:s, s:s}", "verb", "attach",
				       "name", argv[1], "vif", argv[2]),
			     "devid", json);
}

static int verb_detach(int argc, char **argv, bool json)
{
	if (argc != 3)
		return usage_error("detach: a name and a DEVID or MAC are "
				   "wanted");
	return ask_and_print(json_pack("{s:s, s:s, s:s}", "verb", "detach",
				       "name", argv[1], "vif", argv[2]),
			     NULL, json);
}

static int verb_destroy(int argc, char **argv, bool json)
{
	if (argc != 2)
		return usage_error("destroy: a name is wanted");
	return ask_and_print(
		json_pack("{s:s, s:s}", "verb", "destroy", "name", argv[1]),
		NULL, json);
}

static void print_list(const json_t *reply)
{
	const json_t *guests = json_object_get(reply, "guests");
	json_t *guest, *vif;
	size_t g, v;

	printf("%-16s %5s  %-10s %-17s %-15s %s\n", "guest", "domid", "vif",
	       "mac", "bridge", "ip");
	json_array_foreach (guests, g, guest) {
		const char *name =
			json_string_value(json_object_get(guest, "name"));
		long long domid =
			json_integer_value(json_object_get(guest, "domid"));
		const json_t *vifs = json_object_get(guest, "vifs");

		if (json_array_size(vifs) == 0)
			printf("%-16s %5lld  -\n", name, domid);
		json_array_foreach (vifs, v, vif) {
			const json_t *ips = json_object_get(vif, "ip");
			json_t *ip;
			size_t i;

			printf("%-16s %5lld  %-10s %-17s %-15s", name, domid,
			       json_string_value(json_object_get(vif, "vif")),
			       json_string_value(json_object_get(vif, "mac")),
			       json_string_value(
				       json_object_get(vif, "bridge")));
			json_array_foreach (ips, i, ip)
				printf(" %s", json_string_value(ip));
			puts("");
		}
	}
}

static int verb_list(int argc, bool json)
{
	struct xn_lab_paths paths;
	struct xn_err err = {0};
	json_t *reply;

	if (argc != 1)
		return usage_error("list takes --json only");
	if (json)
		return ask_and_print(json_pack("{s:s}", "verb", "list"), NULL,
				     true);
	if (ask(json_pack("{s:s}", "verb", "list"), &reply, NULL, &paths,
		&err) < 0)
		return report(&err);
	print_list(reply);
	json_decref(reply);
	return 0;
}

static int verb_exec(int argc, char **argv)
{
	struct xn_lab_paths paths;
	struct xn_err err = {0};
	json_t *reply;
	json_int_t domid;
	int netns = -1;
	int command = argc > 2 && !strcmp(argv[2], "--") ? 3 : 2;

	if (argc <= command)
		return usage_error("exec: NAME -- COMMAND... is wanted");
	if (ask(json_pack("{s:s, s:s}", "verb", "exec", "name", argv[1]),
		&reply, &netns, &paths, &err) < 0)
		return report(&err);
	/* Only of a guest that has no frontend of its own. */
	domid = json_integer_value(json_object_get(reply, "domid"));
	json_decref(reply);
	return xn_lab_exec(&paths, netns, argv[1], (uint32_t)domid,
			   argv + command);
}

/* A descriptor that becomes readable when the supervisor has ended. */
static int supervisor_pidfd(int socket)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	fd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	return fd < 0 ? -errno : fd;
}

/* 0 when the process has ended within the time. */
static int end_process(int pidfd, int signal_number, int limit_ms)
{
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};

	if (syscall(SYS_pidfd_send_signal, pidfd, signal_number, NULL, 0) < 0 &&
	    errno != ESRCH)
		return -errno;
	return poll(&ended, 1, limit_ms) > 0 ? 0 : -ETIMEDOUT;
}

/* Removes what a killed lab left. */
static int stop_leftovers(const struct xn_lab_paths *paths,
			  struct xn_err *not_running)
{
	struct xn_err why = {0};
	bool was_there = access(paths->folder, F_OK) == 0;
	int lock = xn_lab_lock(paths, &why);

	if (lock < 0)
		return report(&why);
	xn_lab_folder_remove(paths);
	close(lock);
	return was_there ? 0 : report(not_running);
}

/* Ends the supervisor: with a signal, which is heard also while a request
 * waits for something. One that is stuck is killed, and says nothing. */
static int stop_running(int take_socket, const struct xn_lab_paths *paths,
			struct xn_err *err)
{
	int pidfd = supervisor_pidfd(take_socket);
	int rc = pidfd < 0 ? pidfd : 0;

	close(take_socket);
	if (rc == 0)
		rc = end_process(pidfd, SIGTERM, STOP_LIMIT_MS);
	if (rc == -ETIMEDOUT) {
		rc = end_process(pidfd, SIGKILL, STOP_LIMIT_MS);
		xn_close(&pidfd);
		xn_fail(err, ETIMEDOUT, "the lab did not stop");
		return rc < 0 ? rc : stop_leftovers(paths, err);
	}
	xn_close(&pidfd);
	if (rc < 0)
		return xn_fail(err, -rc, "the lab did not stop: %s",
			       strerror(-rc));
	return 0;
}

static int verb_stop(int argc)
{
	struct xn_lab_paths paths;
	struct xn_err err = {0};
	int socket;

	if (argc != 1)
		return usage_error("stop takes nothing");
	if (xn_lab_paths_find(NULL, &paths, &err) < 0)
		return report(&err);
	socket = xn_lab_wire_connect(paths.socket, &err);
	if (socket < 0) {
		xn_err_prefix(&err, "lab '%s'", paths.name);
		return stop_leftovers(&paths, &err);
	}
	return stop_running(socket, &paths, &err) < 0 ? report(&err) : 0;
}

int xn_cli_lab(int argc, char **argv)
{
	bool json = false;
	const char *verb = argc > 1 ? argv[1] : "";
	bool is_exec = !strcmp(verb, "exec");
	int kept = 0;

	if (!strcmp(verb, "--help") || !strcmp(verb, "help")) {
		fputs(usage_text, stdout);
		return 0;
	}
	/* --json may stand anywhere, but not in a command that exec runs. */
	argv++;
	argc--;
	for (int i = 0; i < argc; i++) {
		if (!is_exec && !strcmp(argv[i], "--json"))
			json = true;
		else
			argv[kept++] = argv[i];
	}
	argc = kept;
	if (!strcmp(verb, "start"))
		return verb_start(argc, argv);
	if (!strcmp(verb, "create"))
		return verb_create(argc, argv, json);
	if (!strcmp(verb, "attach"))
		return verb_attach(argc, argv, json);
	if (!strcmp(verb, "detach"))
		return verb_detach(argc, argv, json);
	if (!strcmp(verb, "exec"))
		return verb_exec(argc, argv);
	if (!strcmp(verb, "destroy"))
		return verb_destroy(argc, argv, json);
	if (!strcmp(verb, "list"))
		return verb_list(argc, json);
	if (!strcmp(verb, "stop"))
		return verb_stop(argc);
	return usage_error(verb[0] ? "unknown verb" : "a verb is wanted");
}
