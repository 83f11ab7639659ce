// SPDX-License-Identifier: GPL-2.0-or-later
/* See traffic_track.h. */
#include "netback/netfront/traffic_track.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static struct xnf_stream_track *find(struct xnf_track *track, uint32_t stream)
{
	uint32_t i;

	for (i = 0; i < track->stream_count; i++)
		if (track->stream[i].stream == stream)
			return &track->stream[i];
	if (i == XNF_STREAMS_MAX)
		return NULL;
	track->stream[i].stream = stream;
	track->stream_count++;
	return &track->stream[i];
}

static bool test_and_set(struct xnf_stream_track *stream, uint64_t number)
{
	uint64_t *word = &stream->window[number % XNF_WINDOW / 64];
	uint64_t bit = (uint64_t)1 << number % 64;
	bool seen = *word & bit;

	*word |= bit;
	return seen;
}

/* Moves the window so that `number` is its newest; what was skipped is not
 * seen yet. */
static void advance(struct xnf_stream_track *stream, uint64_t number)
{
	if (number - stream->next >= XNF_WINDOW) {
		memset(stream->window, 0, sizeof(stream->window));
	} else {
		for (uint64_t i = stream->next; i <= number; i++)
			stream->window[i % XNF_WINDOW / 64] &=
				~((uint64_t)1 << i % 64);
	}
	(void)test_and_set(stream, number);
	stream->next = number + 1;
	stream->unique++;
}

void xnf_track_frame(struct xnf_track *track, uint32_t stream, uint64_t number)
{
	struct xnf_stream_track *one = find(track, stream);

	if (!one) {
		track->streams_refused++;
		return;
	}
	if (number >= one->next) {
		advance(one, number);
	} else if (one->next - number > XNF_WINDOW) {
		one->too_old++;
	} else if (test_and_set(one, number)) {
		one->duplicates++;
	} else {
		one->reordered++;
		one->unique++;
	}
}

void xnf_track_run(struct xnf_track *track, uint32_t stream, uint64_t first,
		   uint32_t count)
{
	struct xnf_stream_track *one = find(track, stream);

	if (!one || one->next != first || count > XNF_WINDOW) {
		while (count--)
			xnf_track_frame(track, stream, first++);
		return;
	}
	one->next += count;
	one->unique += count;
	for (uint64_t number = first; number < one->next;) {
		uint64_t bit = number % 64;
		uint64_t bits = 64 - bit;

		if (bits > one->next - number)
			bits = one->next - number;
		one->window[number % XNF_WINDOW / 64] |=
			(bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1)
			<< bit;
		number += bits;
	}
}

struct xnf_track_sum xnf_track_sum(const struct xnf_track *track)
{
	struct xnf_track_sum sum = {0};

	for (uint32_t i = 0; i < track->stream_count; i++) {
		const struct xnf_stream_track *one = &track->stream[i];

		sum.unique += one->unique;
		sum.missing += one->next - one->unique;
		sum.duplicates += one->duplicates;
		sum.reordered += one->reordered;
		sum.too_old += one->too_old;
	}
	return sum;
}
