/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_OFFLOAD_WIRE_H
#define XNB_OFFLOAD_WIRE_H
/* Big-endian fields of a frame at any alignment. The caller checked that they
 * lie in its memory. */
#include <stdint.h>

static inline uint16_t xnb_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t xnb_get32(const uint8_t *at)
{
	return (uint32_t)xnb_get16(at) << 16 | xnb_get16(at + 2);
}

static inline void xnb_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void xnb_put32(uint8_t *at, uint32_t value)
{
	xnb_put16(at, (uint16_t)(value >> 16));
	xnb_put16(at + 2, (uint16_t)value);
}

#endif
