/* start_time_stream.h - the start timestamps between the samples of chunks of encodings 4 to 6.
 *
 * Format: docs/formats/chunks.md. A byte of the chunk's header says from which sample on they are
 * told one by one; those before have that of the first sample.
 */
#ifndef CODEC_START_TIME_STREAM_H
#define CODEC_START_TIME_STREAM_H

#include "codec/bit_stream.h"

enum {
	START_TIME_HEADER_AT = 2, /* the byte of the chunk, in all three encodings */
	START_TIME_FIRST_IS_KNOWN = 0x80,
	START_TIME_CHANGE_MASK = 0x7f, /* the sample that is the first to be told; 0: none is */
};

struct start_time_reader {
	uint8_t header;
	uint64_t st_ms;
	uint64_t diff; /* from it to the sample before the last */
};

/* The start time of sample `i`, whose own bits were read: it is at t_ms, the one before it at
 * before_ms. For each sample in turn. */
int64_t start_time_read(struct start_time_reader *s, struct bit_reader *r, size_t i, int64_t t_ms,
			int64_t before_ms);

struct start_time_writer {
	uint8_t header; /* to be put into the chunk's at the end */
	uint64_t st_ms;
	uint64_t diff;
};

/* Likewise, behind the bits of the sample. */
void start_time_put(struct start_time_writer *s, struct bit_writer *w, size_t i, int64_t t_ms,
		    int64_t before_ms, int64_t st_ms);

#endif
