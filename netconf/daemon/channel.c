/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding a vif's event channels, see channel.h. Called by the vif's actions
 * (vif_actions.c). The port numbers are the guest's: the hypervisor judges
 * whether they are its to offer. */
#include "netconf/daemon/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenevtchn.h>

struct xn_channel {
	xenevtchn_handle *xce;
	uint32_t port[XN_QUEUES_MAX][2]; /* tx, rx */
	uint32_t ctrl_port;
};

static int bind_port(struct xn_channel *channel, uint32_t domid,
		     uint32_t remote, uint32_t *ret_port, struct xn_err *err)
{
	int port = xenevtchn_bind_interdomain(channel->xce, domid, remote);

	if (port < 0)
		return xn_fail(err, errno,
			       "binding event channel %u of domain %u: %s",
			       remote, domid, strerror(errno));
	*ret_port = (uint32_t)port;
	return 0;
}

static int bind_queue(struct xn_channel *channel, uint32_t domid,
		      const struct xnb_frontend_queue *queue, uint32_t ports[2],
		      struct xn_err *err)
{
	int error = bind_port(channel, domid, queue->tx_port, &ports[0], err);

	if (error)
		return error;
	if (queue->rx_port == queue->tx_port) {
		ports[1] = ports[0];
		return 0;
	}
	return bind_port(channel, domid, queue->rx_port, &ports[1], err);
}

int xn_channel_open(uint32_t domid, const struct xnb_frontend *fe,
		    struct xn_channel **ret_channel, struct xn_err *err)
{
	struct xn_channel *channel = calloc(1, sizeof(*channel));
	int error = 0;

	if (!channel)
		return xn_fail(err, ENOMEM, "out of memory");
	channel->xce = xenevtchn_open(NULL, 0);
	if (!channel->xce) {
		error = xn_fail(err, errno, "opening the event channels: %s",
				strerror(errno));
		goto err_free;
	}
	if (xenevtchn_restrict(channel->xce, (domid_t)domid)) {
		error = xn_fail(err, errno,
				"restricting event channels to domain %u: %s",
				domid, strerror(errno));
		goto err_close;
	}
	for (uint32_t i = 0; i < fe->queue_count && !error; i++)
		error = bind_queue(channel, domid, &fe->queue[i],
				   channel->port[i], err);
	if (!error && fe->features & XN_DL_FE_CTRL_RING)
		error = bind_port(channel, domid, fe->ctrl_port,
				  &channel->ctrl_port, err);
	if (error)
		goto err_close;
	*ret_channel = channel;
	return 0;

err_close:
	xenevtchn_close(channel->xce);
err_free:
	free(channel);
	return error;
}

int xn_channel_adopt(int take_fd, uint32_t queue_count,
		     const uint32_t (*ports)[2], uint32_t ctrl_port,
		     struct xn_channel **ret_channel, struct xn_err *err)
{
	struct xn_channel *channel = calloc(1, sizeof(*channel));
	int error;

	if (!channel) {
		(void)close(take_fd);
		return xn_fail(err, ENOMEM, "out of memory");
	}
	channel->xce = xenevtchn_fdopen(NULL, take_fd, 0);
	if (!channel->xce) {
		error = xn_fail(err, errno, "its event channels: %s",
				strerror(errno));
		(void)close(take_fd);
		free(channel);
		return error;
	}
	memcpy(channel->port, ports, queue_count * sizeof(*ports));
	channel->ctrl_port = ctrl_port;
	*ret_channel = channel;
	return 0;
}

void xn_channel_close(struct xn_channel *channel)
{
	if (!channel)
		return;
	xenevtchn_close(channel->xce);
	free(channel);
}

int xn_channel_fd(const struct xn_channel *channel)
{
	return xenevtchn_fd(channel->xce);
}

uint32_t xn_channel_ctrl_port(const struct xn_channel *channel)
{
	return channel->ctrl_port;
}

void xn_channel_ports(const struct xn_channel *channel, uint32_t queue,
		      uint32_t *ret_tx, uint32_t *ret_rx)
{
	*ret_tx = channel->port[queue][0];
	*ret_rx = channel->port[queue][1];
}
