#include "codec/start_time_stream.h"

/* All differences wrap around, as Go's integers do: whatever was written is read again. */

int64_t start_time_read(struct start_time_reader *s, struct bit_reader *r, size_t i, int64_t t_ms,
			int64_t before_ms)
{
	size_t change = s->header & START_TIME_CHANGE_MASK;

	if (i == 0) {
		if (s->header & START_TIME_FIRST_IS_KNOWN)
			s->st_ms = (uint64_t)t_ms - (uint64_t)bit_reader_varint(r);
	} else if (change && i >= change) {
		uint64_t diff = (uint64_t)bit_reader_var(r);
		s->diff = i == change ? diff : s->diff + diff;
		s->st_ms = (uint64_t)before_ms - s->diff;
	}
	return (int64_t)s->st_ms;
}

void start_time_put(struct start_time_writer *s, struct bit_writer *w, size_t i, int64_t t_ms,
		    int64_t before_ms, int64_t st_ms)
{
	uint64_t diff = (uint64_t)before_ms - (uint64_t)st_ms;
	size_t change = s->header & START_TIME_CHANGE_MASK;

	if (i == 0) {
		if (st_ms != 0) {
			s->header = START_TIME_FIRST_IS_KNOWN;
			bit_writer_put_varint(w, (int64_t)((uint64_t)t_ms - (uint64_t)st_ms));
		}
	} else if (change) {
		bit_writer_put_var(w, (int64_t)(diff - s->diff));
	} else if ((uint64_t)st_ms != s->st_ms || i == START_TIME_CHANGE_MASK) {
		/* A later change could not be told in the header. */
		s->header |= (uint8_t)i;
		bit_writer_put_var(w, (int64_t)diff);
	}
	s->st_ms = (uint64_t)st_ms;
	s->diff = diff;
}
