/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_REQUEST_H
#define XVH_REQUEST_H
/*
 * What a toolstack asks of a hotplug script: argv, the environment and the
 * vif's folder of the store, read into one checked value. Contract:
 * docs/hotplug.md. Of what several say, the later counts: environment, argv,
 * store.
 *
 * Pure: no system call; the store is read through a function. Nothing in it
 * is trusted: texts are bounded, names are names of links, numbers are in
 * their range. Errors: negative errno with the key and its value in err.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/base/mac.h"
#include "netconf/nl/addr.h"

#define XVH_VALUE_MAX 1024 /* a setting's text, with its end */
#define XVH_PATH_MAX 64
#define XVH_ARGUMENTS_MAX 64
#define XVH_ENVIRONMENT_MAX 4096 /* variables that are looked at */
#define XVH_IPS_MAX 16
#define XVH_DOMID_MAX 32751u /* below DOMID_FIRST_RESERVED (xen.h) */
#define XVH_DEVID_MAX 65535u

enum xvh_script {
	XVH_BRIDGE,
	XVH_ROUTE,
	XVH_NAT,
	XVH_SETUP, /* becomes the script that the toolstack names */
};

/* An address or a network of the guest's. */
struct xvh_ip {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t prefix_length;
	uint8_t address[XN_IP_BYTES_MAX];
};

struct xvh_request {
	enum xvh_script script;
	/* A command for the other kind of device (online for a tap): there is
	 * nothing to do, and nothing below is filled. */
	bool ignored;
	bool up;   /* online or add, not offline or remove */
	bool tap;  /* the emulated NIC's device, not the vif */
	bool udev; /* an old kernel's event, not a toolstack's call */
	bool dhcp; /* dhcp=yes was said */
	uint32_t domid, devid;
	char path[XVH_PATH_MAX]; /* of the vif's folder; may be relative */
	/* The device as it is called now, and as it is born: vifD.N or
	 * vifD.N-emu. They differ when udev tells of a renamed one. */
	char dev[IFNAMSIZ];
	char born[IFNAMSIZ];
	/* From the store as well. */
	char vifname[IFNAMSIZ]; /* the device's wanted name; "": as born */
	char bridge[IFNAMSIZ];	/* "": not said */
	char netdev[IFNAMSIZ];	/* the way out, "": not said */
	bool has_mac;
	struct xn_mac mac; /* the guest's; not of vif-bridge */
	uint32_t mtu;	   /* 0: not said */
	uint32_t handle;   /* the device number unless the store says */
	uint32_t ip_count;
	struct xvh_ip ip[XVH_IPS_MAX];
};

/* The script of a program's name, with or without a folder. -ENOENT: none. */
int xvh_script_named(const char *name, enum xvh_script *ret_script);
const char *xvh_script_name(enum xvh_script script);

/* The value that argv (the last one) or else the environment has for `key`;
 * NULL: neither. `env` ends with NULL. */
const char *xvh_setting(int argc, const char *const *argv,
			const char *const *env, const char *key);

/* From argv (argv[0] is passed over) and the environment. On failure
 * ret->path is the vif's folder when that much is known, else "". */
int xvh_request_parse(enum xvh_script script, int argc, const char *const *argv,
		      const char *const *env, struct xvh_request *ret,
		      struct xn_err *err);

/* Copies the key's value from the vif's folder into `ret_text`, which is "" on
 * failure. Its length; -ENOENT: there is no such key; -E2BIG, -EILSEQ: it is
 * longer than the room, or no text. */
typedef int xvh_read_fn(void *arg, const char *key, char *ret_text,
			size_t text_bytes);

/* Lets the store have its say. A request that is to take things away is
 * completed as far as its keys are right; the first that is not is the error
 * all the same. */
int xvh_request_complete(struct xvh_request *request, xvh_read_fn *read,
			 void *arg, struct xn_err *err);

/* vif-bridge's request, when its bridge is a group of routed vifs, becomes
 * vif-route's: with the addresses that vif-bridge does not look at. `read`:
 * NULL without a store. */
int xvh_request_become_routed(struct xvh_request *request, int argc,
			      const char *const *argv, const char *const *env,
			      xvh_read_fn *read, void *arg, struct xn_err *err);

#endif
