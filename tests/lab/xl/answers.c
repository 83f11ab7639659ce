/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into Debian's xl, before libxensim: the hypervisor's calls that xl
 * network-attach, -list and -detach make, answered for a host with domains 0
 * and 1 and two processors. Everything else that xl does is real.
 */
#include <errno.h>
#include <string.h>
#include <xenctrl.h>

#define DOMAIN_LAST 1u
#define PROCESSORS 2
#define UUID_BYTE 0x11 /* test_xl.py has it, too */
#define CAPABILITIES "xen-3.0-x86_64"

/* What stands for the handle; nobody looks into it. */
static int handle;

xc_interface *xc_interface_open(xentoollog_logger *logger,
				xentoollog_logger *dombuild_logger,
				unsigned int open_flags)
{
	(void)logger;
	(void)dombuild_logger;
	(void)open_flags;
	return (xc_interface *)(void *)&handle;
}

int xc_interface_close(xc_interface *xch)
{
	(void)xch;
	return 0;
}

static int zero(void *arg, size_t bytes)
{
	memset(arg, 0, bytes);
	return 0;
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
	(void)xch;
	switch (cmd) {
	case XENVER_version:
		return 4 << 16 | 17;
	case XENVER_pagesize:
		return 4096;
	case XENVER_extraversion:
		return zero(arg, sizeof(xen_extraversion_t));
	case XENVER_compile_info:
		return zero(arg, sizeof(xen_compile_info_t));
	case XENVER_capabilities:
		zero(arg, sizeof(xen_capabilities_info_t));
		memcpy(arg, CAPABILITIES, sizeof(CAPABILITIES));
		return 0;
	case XENVER_changeset:
		return zero(arg, sizeof(xen_changeset_info_t));
	case XENVER_platform_parameters:
		return zero(arg, sizeof(xen_platform_parameters_t));
	case XENVER_commandline:
		return zero(arg, sizeof(xen_commandline_t));
	default:
		errno = ENOSYS;
		return -1;
	}
}

int xc_get_max_cpus(xc_interface *xch)
{
	(void)xch;
	return PROCESSORS;
}

int xc_get_online_cpus(xc_interface *xch)
{
	(void)xch;
	return PROCESSORS;
}

int xc_get_max_nodes(xc_interface *xch)
{
	(void)xch;
	return 1;
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	(void)xch;
	return zero(info, sizeof(*info));
}

/* Without the security module. */
int xc_flask_sid_to_context(xc_interface *xch, int sid, char *buffer,
			    uint32_t size)
{
	(void)xch;
	(void)sid;
	(void)buffer;
	(void)size;
	errno = ENOSYS;
	return -1;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain,
			  unsigned int max_domains, xc_domaininfo_t *info)
{
	unsigned int count = 0;

	(void)xch;
	for (uint32_t domid = first_domain;
	     domid <= DOMAIN_LAST && count < max_domains; domid++, count++) {
		memset(&info[count], 0, sizeof(*info));
		info[count].domain = (domid_t)domid;
		info[count].flags = XEN_DOMINF_running;
		memset(info[count].handle, UUID_BYTE,
		       sizeof(info[count].handle));
	}
	return (int)count;
}
