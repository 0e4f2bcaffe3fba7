/* json_writer.h - writes JSON as it comes, without building it first.
 *
 *	struct json_writer w;
 *	json_writer_init(&w, &out, JSON_ESCAPE_HTML);
 *	json_begin_object(&w);
 *	json_key(&w, "status");
 *	json_put_cstr(&w, "success");
 *	json_end_object(&w);
 *
 * The text goes into a `struct buf`, whose maximum and `overflowed` say how much may be written; no
 * call needs checking by itself. With a sink, the buf is only a stage: it is handed on whenever it
 * is full enough, and json_writer_flush() at the end says whether all of it arrived.
 *
 * Escapes and numbers are those of Go's encoding/json, byte for byte. Text that is not UTF-8 is
 * written with U+FFFD in place of each wrong byte, but for JSON_ESCAPE_LEAST.
 */
#ifndef CODEC_JSON_WRITER_H
#define CODEC_JSON_WRITER_H

#include "base/buf.h"
#include "base/byte_sink.h"

enum json_escape {
	JSON_ESCAPE_HTML,  /* < > & as \u003c \u003e \u0026: encoding/json's default, the API's too
			    */
	JSON_ESCAPE_PLAIN, /* as they are */
	/* Only what JSON demands; all bytes from 0x80 on are copied. How Prometheus and Thanos
	 * write labels. */
	JSON_ESCAPE_LEAST,
};

struct json_writer {
	struct buf *out; /* borrowed */
	enum json_escape escape;
	const char *indent; /* per level, as MarshalIndent(v, "", indent); NULL: compact */
	struct byte_sink *sink;
	size_t flush_at_bytes;
	struct err err; /* of the sink; nothing is written after it */

	/* The writer's own. */
	unsigned depth;
	bool has_value; /* in the innermost object or array */
	bool after_key;
};

void json_writer_init(struct json_writer *w, struct buf *out, enum json_escape escape);
/* Write with line breaks, each level indented by `indent` (a literal). */
void json_writer_set_indent(struct json_writer *w, const char *indent);
/* Hand the text on to `sink` whenever the buf holds `at_bytes` or more. */
void json_writer_set_sink(struct json_writer *w, struct byte_sink *sink, size_t at_bytes);
/* Hand on what is left. Fails with the sink's first error, or ERR_LIMIT when the buf overflowed. */
bool json_writer_flush(struct json_writer *w, struct err *err);

void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_key_str(struct json_writer *w, struct str key);

void json_put_str(struct json_writer *w, struct str s);
void json_put_cstr(struct json_writer *w, const char *s);
void json_put_i64(struct json_writer *w, int64_t v);
void json_put_u64(struct json_writer *w, uint64_t v);
void json_put_f64(struct json_writer *w, double v); /* finite; null otherwise */
void json_put_bool(struct json_writer *w, bool v);
void json_put_null(struct json_writer *w);
/* A value that is JSON already. */
void json_put_raw(struct json_writer *w, struct str json);

/* Prometheus' sample values: "1.5", "+Inf", "NaN", in quotes. */
void json_put_sample(struct json_writer *w, double v);
/* Prometheus' times: seconds with up to three decimals, 1435781451.781. */
void json_put_time_ms(struct json_writer *w, int64_t t_ms);

/* `s` with quotes and escapes, for who writes without a writer. */
void json_quote(struct buf *out, struct str s, enum json_escape escape);

#endif
