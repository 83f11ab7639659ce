/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_FLOW_H
#define XNB_FLOW_H
/*
 * Which of a receiver's queues a frame goes to: a keyed hash of its flow, so
 * that a flow keeps its order and no guest can compute which flows share a
 * queue. Pure; any thread.
 */
#include <stdint.h>

/* An unfragmented TCP or UDP packet: addresses, ports and protocol. Else the
 * two MAC addresses. `head` has at least 14 bytes. */
uint32_t xnb_flow_hash(const uint8_t key[16], const uint8_t *head,
		       uint32_t head_bytes, uint32_t frame_bytes);

#endif
