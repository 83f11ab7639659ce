/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One checked request out of argv, the environment and the store, see
 * request.h. Called by main.c; the unit tests and a fuzz target give it
 * everything a caller could.
 */
#include "vif-hotplug/request.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/nl/link.h"
#include "vif-hotplug/ip.h"

#define MTU_MIN 68u /* RFC 791: every link carries 68 bytes */
#define MTU_MAX 65535u
#define EMULATED "-emu"

static const char *const script_names[] = {
	[XVH_BRIDGE] = "vif-bridge",
	[XVH_ROUTE] = "vif-route",
	[XVH_NAT] = "vif-nat",
	[XVH_SETUP] = "vif-setup",
};

int xvh_script_named(const char *name, enum xvh_script *ret_script)
{
	const char *slash = strrchr(name, '/');

	if (slash)
		name = slash + 1;
	for (size_t i = 0; i < sizeof(script_names) / sizeof(*script_names);
	     i++) {
		if (strcmp(name, script_names[i]) == 0) {
			*ret_script = (enum xvh_script)i;
			return 0;
		}
	}
	return -ENOENT;
}

const char *xvh_script_name(enum xvh_script script)
{
	return script_names[script];
}

/* The value of "key=value" when that is its key. */
static const char *value_of(const char *pair, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(pair, key, length) == 0 && pair[length] == '=')
		return pair + length + 1;
	return NULL;
}

const char *xvh_setting(int argc, const char *const *argv,
			const char *const *env, const char *key)
{
	for (int i = argc - 1; i > 0; i--) {
		const char *value = value_of(argv[i], key);

		if (value)
			return value;
	}
	for (size_t i = 0; i < XVH_ENVIRONMENT_MAX && env[i]; i++) {
		const char *value = value_of(env[i], key);

		if (value)
			return value;
	}
	return NULL;
}

/* Where the settings are taken from, and what is made of them. */
struct parser {
	int argc;
	const char *const *argv;
	const char *const *env;
	struct xvh_request *request;
	struct xn_err *err;
};

/* "" when it is not said. NULL: it is too long for anything. */
static const char *setting(const struct parser *p, const char *key)
{
	const char *value = xvh_setting(p->argc, p->argv, p->env, key);

	if (!value)
		return "";
	if (strnlen(value, XVH_VALUE_MAX) == XVH_VALUE_MAX) {
		xn_fail(p->err, E2BIG, "%s: %d bytes and more", key,
			XVH_VALUE_MAX);
		return NULL;
	}
	return value;
}

static int check_name(const char *key, const char *value, char ret[IFNAMSIZ],
		      struct xn_err *err)
{
	if (!xn_link_name_valid(value))
		return xn_fail(err, EINVAL,
			       "%s: \"%.64s\" is no name of an interface", key,
			       value);
	(void)xn_text_copy(ret, IFNAMSIZ, value);
	return 0;
}

/* An empty value says nothing. */
static int take_name(const struct parser *p, const char *key,
		     char ret[IFNAMSIZ])
{
	const char *value = setting(p, key);

	if (!value)
		return -E2BIG;
	return *value ? check_name(key, value, ret, p->err) : 0;
}

/* A number at *at that ends before `end`, which is passed over. */
static int take_number(const char **at, char end, uint32_t max, uint32_t *ret)
{
	const char *stop = strchr(*at, end);
	char digits[12];
	size_t length;

	length = stop ? (size_t)(stop - *at) : 0;
	if (length == 0 || length >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, *at, length);
	digits[length] = '\0';
	/* Only as the toolstack writes it: another spelling would be another
	 * folder of the store. */
	if (digits[0] == '0' && length > 1)
		return -EINVAL;
	*at = *stop ? stop + 1 : stop;
	return xn_parse_u32(digits, 0, max, ret);
}

/* "backend/vif/D/N", as it is or below /local/domain/B/. */
static int take_path(const struct parser *p)
{
	const char *path = setting(p, "XENBUS_PATH");
	struct xvh_request *r = p->request;
	uint32_t backend, domid, devid;
	const char *at = path;

	if (!path)
		return -E2BIG;
	if (strncmp(at, "/local/domain/", 14) == 0) {
		at += 14;
		if (take_number(&at, '/', XVH_DOMID_MAX, &backend) < 0)
			goto no_vif;
	}
	if (strncmp(at, "backend/vif/", 12) != 0)
		goto no_vif;
	at += 12;
	if (take_number(&at, '/', XVH_DOMID_MAX, &domid) < 0 ||
	    take_number(&at, '\0', XVH_DEVID_MAX, &devid) < 0)
		goto no_vif;
	if (xn_text_copy(r->path, sizeof(r->path), path) < 0)
		goto no_vif;
	r->domid = domid;
	r->devid = devid;
	return 0;
no_vif:
	return xn_fail(p->err, EINVAL,
		       "XENBUS_PATH: \"%.80s\" is no vif's folder", path);
}

/* The numbers in vifD.N-emu. */
static int numbers_of(const char *name, uint32_t *ret_domid,
		      uint32_t *ret_devid)
{
	char digits[IFNAMSIZ];
	size_t length = strlen(name), tail = strlen(EMULATED);
	const char *at = digits;

	if (strncmp(name, "vif", 3) != 0 || length <= 3 + tail ||
	    strcmp(name + length - tail, EMULATED) != 0)
		return -EINVAL;
	memcpy(digits, name + 3, length - 3 - tail);
	digits[length - 3 - tail] = '\0';
	if (take_number(&at, '.', XVH_DOMID_MAX, ret_domid) < 0 ||
	    take_number(&at, '\0', XVH_DEVID_MAX, ret_devid) < 0)
		return -EINVAL;
	return 0;
}

/* A toolstack that starts an emulated NIC's script may leave the path out:
 * the device's name tells it. */
static int take_tap_path(const struct parser *p, bool has_path)
{
	struct xvh_request *r = p->request;
	uint32_t domid, devid;

	if (numbers_of(r->dev, &domid, &devid) < 0) {
		if (has_path)
			return 0;
		return xn_fail(p->err, EINVAL,
			       "INTERFACE: \"%s\" is not vifD.N%s, and there "
			       "is no XENBUS_PATH",
			       r->dev, EMULATED);
	}
	if (has_path && (domid != r->domid || devid != r->devid))
		return xn_fail(p->err, EINVAL,
			       "INTERFACE %s is not of XENBUS_PATH %s", r->dev,
			       r->path);
	r->domid = domid;
	r->devid = devid;
	if (!has_path)
		(void)xn_text_format(r->path, sizeof(r->path),
				     "backend/vif/%u/%u", domid, devid);
	return 0;
}

static int take_device(const struct parser *p)
{
	struct xvh_request *r = p->request;
	const char *path = setting(p, "XENBUS_PATH");
	const char *type = setting(p, "XENBUS_TYPE");
	const char *key = r->tap ? "INTERFACE" : "vif";
	bool has_path = path && *path;
	int rc = 0;

	if (!path || !type)
		return -E2BIG;
	if (*type && strcmp(type, "vif") != 0)
		return xn_fail(p->err, EINVAL,
			       "XENBUS_TYPE: \"%.64s\", not vif", type);
	if (has_path)
		rc = take_path(p);
	else if (!r->tap)
		rc = xn_fail(p->err, EINVAL, "XENBUS_PATH is not set");
	if (rc == 0)
		rc = take_name(p, key, r->dev);
	if (rc == 0 && !r->dev[0])
		rc = xn_fail(p->err, EINVAL, "%s is not set", key);
	if (rc == 0 && r->tap)
		rc = take_tap_path(p, has_path);
	if (rc == 0 &&
	    xn_text_format(r->born, sizeof(r->born), "vif%u.%u%s", r->domid,
			   r->devid, r->tap ? EMULATED : "") < 0)
		rc = xn_fail(p->err, ENAMETOOLONG,
			     "vif%u.%u: its device's name is too long",
			     r->domid, r->devid);
	return rc;
}

static int take_settings(const struct parser *p)
{
	struct xvh_request *r = p->request;
	const char *ip = setting(p, "ip");
	const char *dhcp = setting(p, "dhcp");
	const char *udev = setting(p, "UDEV_CALL");
	int rc;

	if (!ip || !dhcp || !udev)
		return -E2BIG;
	r->udev = *udev != '\0';
	r->dhcp = *dhcp != '\0' && strcmp(dhcp, "no") != 0;
	rc = take_name(p, "bridge", r->bridge);
	if (rc == 0)
		rc = take_name(p, "gatewaydev", r->netdev);
	if (rc == 0)
		rc = take_name(p, "netdev", r->netdev);
	/* A bridge's guests have what addresses they like. */
	if (rc == 0 && r->script != XVH_BRIDGE)
		rc = xvh_ip_list(ip, r, p->err);
	return rc;
}

/* The first argument that is no setting. */
static const char *command_of(int argc, const char *const *argv)
{
	for (int i = 1; i < argc; i++)
		if (!strchr(argv[i], '='))
			return argv[i];
	return "";
}

static int take_command(const struct parser *p)
{
	static const struct {
		const char *word;
		bool tap, up;
	} commands[] = {
		{"online", false, true},
		{"offline", false, false},
		{"add", true, true},
		{"remove", true, false},
	};
	const char *word = command_of(p->argc, p->argv);
	const char *type = setting(p, "type_if");

	if (!type)
		return -E2BIG;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(word, commands[i].word) != 0)
			continue;
		/* Xen before 4.1 did not say which, and meant the vif. */
		if (*type && strcmp(type, "vif") != 0 &&
		    strcmp(type, "tap") != 0)
			return xn_fail(p->err, EINVAL,
				       "unknown interface type %.64s", type);
		p->request->up = commands[i].up;
		p->request->tap = strcmp(type, "tap") == 0;
		p->request->ignored = p->request->tap != commands[i].tap;
		return 0;
	}
	return xn_fail(p->err, EINVAL,
		       "Invalid command: %.64s (online, offline, add or remove "
		       "is wanted)",
		       word);
}

int xvh_request_parse(enum xvh_script script, int argc, const char *const *argv,
		      const char *const *env, struct xvh_request *ret,
		      struct xn_err *err)
{
	struct parser p = {.argc = argc,
			   .argv = argv,
			   .env = env,
			   .request = ret,
			   .err = err};
	int rc;

	memset(ret, 0, sizeof(*ret));
	ret->script = script;
	if (argc > XVH_ARGUMENTS_MAX)
		return xn_fail(err, E2BIG, "more than %d arguments",
			       XVH_ARGUMENTS_MAX);
	rc = take_command(&p);
	if (rc < 0 || ret->ignored)
		return rc;
	rc = take_device(&p);
	return rc < 0 ? rc : take_settings(&p);
}

/* What the store says, key by key. */
struct completion {
	struct xvh_request *request;
	xvh_read_fn *read;
	void *arg;
	struct xn_err *err;
	char text[XVH_VALUE_MAX];
};

/* 1: c->text has a value that says something. */
static int read_key(struct completion *c, const char *key)
{
	int rc = c->read(c->arg, key, c->text, sizeof(c->text));

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return xn_fail(c->err, -rc, "%s/%s: %s", c->request->path, key,
			       rc == -E2BIG    ? "the value is too long"
			       : rc == -EILSEQ ? "the value is no text"
					       : strerror(-rc));
	return c->text[0] != '\0';
}

static int complete_name(struct completion *c, const char *key,
			 char ret[IFNAMSIZ])
{
	int rc = read_key(c, key);

	return rc <= 0 ? rc : check_name(key, c->text, ret, c->err);
}

static int complete_vifname(struct completion *c)
{
	struct xvh_request *r = c->request;
	int rc = complete_name(c, "vifname", r->vifname);

	if (rc < 0 || !r->vifname[0])
		return rc;
	if (!r->tap) {
		if (strcmp(r->vifname, r->born) == 0)
			r->vifname[0] = '\0';
		return 0;
	}
	if (xn_text_format(r->vifname, IFNAMSIZ, "%.*s%s", IFNAMSIZ, c->text,
			   EMULATED) < 0)
		return xn_fail(c->err, ENAMETOOLONG,
			       "vifname: \"%s%s\" is too long for an interface",
			       c->text, EMULATED);
	return 0;
}

static int complete_mtu(struct completion *c)
{
	uint32_t mtu;
	int rc = read_key(c, "mtu");

	if (rc <= 0)
		return rc;
	/* The stock scripts take 0 for "not said". */
	if (xn_parse_u32(c->text, 0, MTU_MAX, &mtu) < 0 ||
	    (mtu > 0 && mtu < MTU_MIN))
		return xn_fail(c->err, EINVAL,
			       "mtu: \"%.64s\": %u to %u is "
			       "wanted",
			       c->text, MTU_MIN, MTU_MAX);
	c->request->mtu = mtu;
	return 0;
}

static int complete_handle(struct completion *c)
{
	int rc = read_key(c, "handle");

	c->request->handle = c->request->devid;
	if (rc <= 0)
		return rc;
	if (xn_parse_u32(c->text, 0, XVH_DEVID_MAX, &c->request->handle) < 0)
		return xn_fail(c->err, EINVAL, "handle: \"%.64s\"", c->text);
	return 0;
}

static int complete_ips(struct completion *c)
{
	int rc = c->request->script == XVH_BRIDGE ? 0 : read_key(c, "ip");

	return rc <= 0 ? rc : xvh_ip_list(c->text, c->request, c->err);
}

/* Whom a routed device need not ask for. The toolstack gives each vif one; a
 * backend of old may not. */
static int complete_mac(struct completion *c)
{
	struct xvh_request *r = c->request;
	int rc = r->script == XVH_BRIDGE ? 0 : read_key(c, "mac");

	if (rc <= 0)
		return rc;
	if (xn_mac_parse(c->text, &r->mac) || xn_mac_is_group(&r->mac))
		return xn_fail(c->err, EINVAL,
			       "mac: \"%.64s\" is no station's address",
			       c->text);
	r->has_mac = true;
	return 0;
}

/* Whose vif it is stands in the folder's name, too. */
static int check_owner(struct completion *c)
{
	uint32_t domid;
	int rc = read_key(c, "frontend-id");

	if (rc <= 0)
		return rc;
	if (xn_parse_u32(c->text, 0, XVH_DOMID_MAX, &domid) < 0 ||
	    domid != c->request->domid)
		return xn_fail(c->err, EINVAL, "frontend-id: \"%.64s\" in %s",
			       c->text, c->request->path);
	return 0;
}

int xvh_request_complete(struct xvh_request *request, xvh_read_fn *read,
			 void *arg, struct xn_err *err)
{
	struct completion c = {
		.request = request, .read = read, .arg = arg, .err = err};
	int first = check_owner(&c);
	int rc[] = {
		complete_vifname(&c),
		complete_name(&c, "bridge", request->bridge),
		complete_name(&c, "gatewaydev", request->netdev),
		complete_mtu(&c),
		complete_handle(&c),
		complete_ips(&c),
		complete_mac(&c),
	};

	for (size_t i = 0; i < sizeof(rc) / sizeof(*rc) && first == 0; i++)
		first = rc[i] < 0 ? rc[i] : 0;
	return first;
}

int xvh_request_become_routed(struct xvh_request *request, int argc,
			      const char *const *argv, const char *const *env,
			      xvh_read_fn *read, void *arg, struct xn_err *err)
{
	struct parser p = {.argc = argc,
			   .argv = argv,
			   .env = env,
			   .request = request,
			   .err = err};
	struct completion c = {
		.request = request, .read = read, .arg = arg, .err = err};
	const char *ip = setting(&p, "ip");
	int rc;

	request->script = XVH_ROUTE;
	if (!ip)
		return -E2BIG;
	rc = xvh_ip_list(ip, request, err);
	if (rc == 0 && read)
		rc = complete_ips(&c);
	return rc == 0 && read ? complete_mac(&c) : rc;
}
