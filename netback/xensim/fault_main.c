/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xensim-fault: arms and disarms faults in a lab, and prints what it holds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "netback/xensim/fault.h"
#include "netback/xensim/proto.h"
#include "netback/xensim/wire.h"

static int usage(void)
{
	fputs("usage: xensim-fault SOCKET dump\n"
	      "       xensim-fault SOCKET FAULT...\n"
	      "       xensim-fault SOCKET off [NAME...]\n"
	      "FAULT: NAME[=VALUE][,every=N][,domid=D] with NAME one of\n"
	      "  copy-status=CODE copy-fail=ERRNO map-fail=ERRNO map-limit=N\n"
	      "  event-lost event-doubled delay-us=N crash\n",
	      stderr);
	return 2;
}

static int exchange(int fd, struct xsim_request *req, int *ret_fd)
{
	struct xsim_reply reply = {.error = -EIO};
	struct iovec out = {.iov_base = req, .iov_len = sizeof(*req)};
	struct iovec in = {.iov_base = &reply, .iov_len = sizeof(reply)};

	if (xsim_wire_send(fd, &out, 1, NULL, 0, 0) < 0)
		return -EIO;
	if (xsim_wire_receive(fd, &in, 1, ret_fd, 1) != (ssize_t)sizeof(reply))
		return -EIO;
	return reply.error;
}

static int dump(int fd)
{
	struct xsim_request req = {.op = XSIM_OP_DUMP};
	char buffer[4096];
	int text = -1;
	ssize_t got;
	int rc = exchange(fd, &req, &text);

	if (rc)
		return rc;
	while ((got = read(text, buffer, sizeof(buffer))) > 0) {
		if (fwrite(buffer, 1, (size_t)got, stdout) != (size_t)got)
			break;
	}
	close(text);
	return fflush(stdout) || got != 0 ? -EIO : 0;
}

static int set(int fd, const struct xsim_fault_spec *spec, uint32_t flags)
{
	struct xsim_request req = {.op = XSIM_OP_FAULT,
				   .id = (uint32_t)spec->kind,
				   .flags = flags,
				   .value = spec->value,
				   .every = spec->every,
				   .domid = spec->domid};
	int none;

	return exchange(fd, &req, &none);
}

static int arm(int fd, const char *text)
{
	struct xsim_fault_spec spec;

	if (xsim_fault_parse(text, (uint32_t)strlen(text), &spec)) {
		fprintf(stderr, "xensim-fault: '%s' is no fault\n", text);
		return -EINVAL;
	}
	return set(fd, &spec, XSIM_FAULT_ARM);
}

static int disarm(int fd, int count, char **names)
{
	struct xsim_fault_spec spec = {0};
	int rc = 0;

	for (unsigned int i = 0; !count && !rc && i < XSIM_FAULT_KINDS; i++) {
		spec.kind = (enum xsim_fault_kind)i;
		rc = set(fd, &spec, 0);
	}
	for (int i = 0; !rc && i < count; i++) {
		if (xsim_fault_kind_parse(names[i], &spec.kind)) {
			fprintf(stderr, "xensim-fault: '%s' is no fault\n",
				names[i]);
			return -EINVAL;
		}
		rc = set(fd, &spec, 0);
	}
	return rc;
}

static int open_lab(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct xsim_request req = {.op = XSIM_OP_OBSERVE};
	int lab = -1;
	int fd;
	int rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = connect(fd, (const struct sockaddr *)&address, sizeof(address))
		     ? -errno
		     : exchange(fd, &req, &lab);
	if (!rc && lab >= 0)
		close(lab); /* the tool asks; it does not look */
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

static int run(int fd, int count, char **words)
{
	int rc = 0;

	if (strcmp(words[0], "dump") == 0)
		return count == 1 ? dump(fd) : -EINVAL;
	if (strcmp(words[0], "off") == 0)
		return disarm(fd, count - 1, words + 1);
	for (int i = 0; !rc && i < count; i++)
		rc = arm(fd, words[i]);
	return rc;
}

int main(int argc, char **argv)
{
	int fd;
	int rc;

	if (argc < 3)
		return usage();
	fd = open_lab(argv[1]);
	if (fd < 0) {
		fprintf(stderr, "xensim-fault: %s: %s\n", argv[1],
			strerror(-fd));
		return 1;
	}
	rc = run(fd, argc - 2, argv + 2);
	close(fd);
	if (rc == -EINVAL)
		return usage();
	if (!rc)
		return 0;
	fprintf(stderr, "xensim-fault: %s: %s\n", argv[1], strerror(-rc));
	return 1;
}
