#include "tests/lib/golden_chunks.h"

#include "base/fs.h"
#include "codec/hex.h"
#include "tests/lib/expect.h"

#include <stdlib.h>

static struct chunk_data read_data(struct arena *a, struct str encoding, struct str hex)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	int64_t number;

	assert_true(str_to_i64(encoding, &number));
	expect_ok(hex_decode(hex, &bytes, &err), err);
	return (struct chunk_data){
	    .data = (const uint8_t *)arena_str(a, buf_str(&bytes)).p,
	    .size_bytes = (uint32_t)bytes.n,
	    .encoding = (enum chunk_encoding)number,
	};
}

static void read_line(struct arena *a, struct str line, struct golden_chunks *out)
{
	struct str words[4] = {0};

	for (size_t i = 0; i < 4; i++)
		line = str_split(line, ' ', &words[i]);
	if (str_is(words[0], "chunk")) {
		struct golden_chunk chunk = {.name = arena_printf(a, "%.*s", STR_FMT(words[1])),
					     .chunk = read_data(a, words[2], words[3])};
		ARENA_PUSH(a, out, chunk);
		return;
	}
	assert_true(out->n > 0);
	struct golden_chunk *chunk = &out->v[out->n - 1];
	if (str_is(words[0], "plain")) {
		chunk->plain = read_data(a, words[1], words[2]);
		return;
	}
	struct golden_sample sample;
	assert_true(str_to_i64(words[0], &sample.t_ms) && str_to_i64(words[1], &sample.st_ms));
	sample.v_bits = strtoull(arena_printf(a, "%.*s", STR_FMT(words[2])), NULL, 16);
	ARENA_PUSH(a, &chunk->samples, sample);
}

void golden_chunks_read(struct arena *a, struct golden_chunks *out)
{
	struct buf file auto_done(buf_done) = BUF_INIT(1 << 24);
	struct err err = ERR_INIT;

	*out = (struct golden_chunks){0};
	expect_ok(fs_read(TEST_DATA_DIR "/chunks/start_times.txt", &file, &err), err);
	for (struct str rest = buf_str(&file), line; rest.n;) {
		rest = str_split(rest, '\n', &line);
		if (line.n && line.p[0] != '#')
			read_line(a, line, out);
	}
	assert_true(out->n > 0);
}
