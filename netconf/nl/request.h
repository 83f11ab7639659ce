/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_REQUEST_H
#define XN_NL_REQUEST_H
/*
 * Building a request and getting its answers. For netconf/nl and natd.
 *
 * Putting more than fits marks the request, and the call that sends it
 * fails with -EMSGSIZE; the putters need no checking one by one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

#include "netconf/nl/answer.h"
#include "netconf/nl/array.h"
#include "netconf/nl/attr.h"
#include "netconf/nl/bridge.h"
#include "netconf/nl/socket.h"

#define XN_NL_REQUEST_BYTES 4096

struct xn_nl_request {
	struct nlmsghdr *header;
	bool full;
	_Alignas(8) uint8_t buffer[XN_NL_REQUEST_BYTES];
};

/* A new request with `extra_bytes` of zeroed family header, which is
 * returned. NLM_F_REQUEST is added to the flags. */
void *xn_nl_request_init(struct xn_nl_request *request, uint16_t type,
			 uint16_t flags, size_t extra_bytes);
/* A request to one of netfilter's subsystems (NFNL_SUBSYS_*), with its family
 * header. */
void xn_nl_request_netfilter(struct xn_nl_request *request, uint16_t subsystem,
			     uint16_t message, uint8_t family);
void xn_nl_put(struct xn_nl_request *request, uint16_t type, const void *data,
	       size_t bytes);
void xn_nl_put_u8(struct xn_nl_request *request, uint16_t type, uint8_t value);
void xn_nl_put_u16(struct xn_nl_request *request, uint16_t type,
		   uint16_t value);
void xn_nl_put_u32(struct xn_nl_request *request, uint16_t type,
		   uint32_t value);
void xn_nl_put_text(struct xn_nl_request *request, uint16_t type,
		    const char *text);
/* Nests close in reverse order. NULL (a full request) may be handed on. */
struct nlattr *xn_nl_nest(struct xn_nl_request *request, uint16_t type);
void xn_nl_nest_end(struct xn_nl_request *request, struct nlattr *nest);
/* A family header inside a nest (the peer of a veth pair). */
void *xn_nl_put_header(struct xn_nl_request *request, size_t bytes);

/* Puts settings by their fields: -EINVAL for an attribute that no settable
 * field names, -ERANGE for a value that it cannot hold. */
int xn_nl_put_settings(struct xn_nl_request *request,
		       const struct xn_nl_fields *fields,
		       const struct xn_nl_setting *settings, size_t count,
		       struct xn_err *err);

/* Sends and waits for the kernel's acknowledgement. */
int xn_nl_call(struct xn_nl *nl, struct xn_nl_request *request,
	       struct xn_err *err);
/* The same for a request that one object answers. */
int xn_nl_get(struct xn_nl *nl, struct xn_nl_request *request,
	      xn_nl_answer_fn *answer, void *arg, struct xn_err *err);

struct xn_nl_dump {
	void (*restart)(void *arg); /* forget what came so far */
	xn_nl_answer_fn *answer;
	void *arg;
};

#define XN_NL_DUMP_ATTEMPTS_MAX 10

/* A whole table. When the kernel says that the table changed in between, it
 * is read again from the start, up to the number above in all (-EAGAIN). */
int xn_nl_dump(struct xn_nl *nl, struct xn_nl_request *request,
	       const struct xn_nl_dump *dump, struct xn_err *err);
/* The same into `array`, which `answer` gets as its arg: the caller's when
 * that succeeds, emptied otherwise. */
int xn_nl_dump_array(struct xn_nl *nl, struct xn_nl_request *request,
		     xn_nl_answer_fn *answer, struct xn_array *array,
		     struct xn_err *err);

#endif
