/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_BRIDGE_BURST_H
#define TEST_BRIDGE_BURST_H
/*
 * Builds bursts of frames for tests of the switch. Addresses are written as
 * numbers: 0x00163e000001 is 00:16:3e:00:00:01. Memory: the caller's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bridge/switch.h"

#define BURST_HEAD_BYTES 64u
#define BROADCAST 0xffffffffffffu

struct burst {
	struct xsw_batch batch;
	uint8_t head[XSW_BATCH_MAX][BURST_HEAD_BYTES];
};

struct xn_mac mac_of(uint64_t number);
uint64_t mac_number(const struct xn_mac *mac);

void burst_init(struct burst *burst, uint16_t in_port);
/* An IPv4 frame of 60 bytes; returns its index. */
uint32_t burst_add(struct burst *burst, uint64_t dst, uint64_t src);
/* Makes frame `i` shorter, or says another EtherType. */
void burst_cut(struct burst *burst, uint32_t i, uint16_t bytes);
void burst_type(struct burst *burst, uint32_t i, uint16_t ethertype);

/* True when the switch hands frame `i` to `port`. */
bool burst_reaches(const struct burst *burst, uint32_t i, uint16_t port);
bool burst_reaches_twin(const struct burst *burst, uint32_t i);
/* How many ports get frame `i`. */
uint32_t burst_copies(const struct burst *burst, uint32_t i);
enum xsw_drop burst_drop(const struct burst *burst, uint32_t i);
/* Fails the running test unless the switch's answer is consistent: each port
 * once, no frame both dropped and sent, nothing for frames that are not there,
 * nothing back to the sender. */
void burst_check(const struct burst *burst);

#endif
