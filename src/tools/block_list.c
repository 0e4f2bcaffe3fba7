#include "tools/block_list.h"

#include "base/duration.h"
#include "base/time_text.h"
#include "template/template.h"
#include "tools/block_value.h"
#include "tools/text_table.h"

#include <inttypes.h>

static void write_id(const struct meta *m, struct buf *out)
{
	buf_printf(out, "%s\n", ulid_str(m->id));
}

static void write_wide(const struct meta *m, struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	int64_t min_s = m->min_t_ms / 1000, max_s = m->max_t_ms / 1000;
	int64_t ns;

	if (__builtin_mul_overflow(max_s - min_s, NS_PER_S, &ns))
		ns = max_s < min_s ? INT64_MIN : INT64_MAX;
	buf_printf(out, "%s -- %s - %s Diff: %s, Compaction: %" PRId64 ", Downsample: %" PRId64,
		   ulid_str(m->id), time_text_local_s(min_s).s, time_text_local_s(max_s).s,
		   duration_str(ns), m->compaction.level, m->resolution_ms);
	buf_printf(out, ", Source: %.*s\n", STR_FMT(text_printable(m->source, a)));
}

typedef void write_fn(const struct meta *m, struct buf *out);

static const struct {
	const char *format;
	write_fn *write;
} formats[] = {
    {"", write_id},
    {"wide", write_wide},
    {"json", meta_write},
};

static bool write_known(const struct block_view *view, struct str format, struct buf *out)
{
	for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
		if (!str_is(format, formats[f].format))
			continue;
		for (size_t i = 0; i < view->metas.n; i++)
			formats[f].write(view->metas.v[i], out);
		return true;
	}
	return false;
}

bool block_list_write(const struct block_view *view, struct str format, struct buf *out,
		      struct err *err)
{
	if (write_known(view, format, out))
		return true;
	struct template *t auto_free(template_free) = template_parse(format, err);
	if (!t)
		return err_wrap(err, "invalid template");
	for (size_t i = 0; i < view->metas.n; i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct template_value block = block_value(view->metas.v[i], a);
		if (!template_execute(t, &block, out, err))
			return err_wrap(err, "execute template");
		buf_putc(out, '\n');
	}
	return true;
}
