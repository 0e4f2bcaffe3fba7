#include "block/retention.h"

#include "base/duration.h"
#include "block/markers.h"

/* Of a resolution that nobody makes: for ever. */
static int64_t retention_ms(const struct retention *r, int64_t resolution_ms)
{
	switch (resolution_ms) {
	case 0:
		return r->raw_ms;
	case 5 * MS_PER_MIN:
		return r->five_minutes_ms;
	case MS_PER_H:
		return r->one_hour_ms;
	default:
		return 0;
	}
}

/* Blocks end at whole seconds, as far as Thanos looks at them. */
static bool is_over(int64_t max_t_ms, int64_t keep_ms, int64_t now_ms)
{
	int64_t end_ms;

	return !__builtin_add_overflow(max_t_ms - max_t_ms % MS_PER_S, keep_ms, &end_ms) &&
	       now_ms > end_ms;
}

static bool mark(const struct meta *m, int64_t keep_ms, struct bucket *b, struct ctx *ctx,
		 int64_t now_ms, struct counter *marked, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const char *details =
	    arena_printf(a, "block exceeding retention of %s", duration_str(keep_ms * NS_PER_MS));
	struct block_mark mark = {
	    .id = m->id, .time_s = now_ms / MS_PER_S, .details = str_of(details)};
	struct err why = ERR_INIT;

	if (mark_write(b, ctx, MARK_DELETION, &mark, &why)) {
		counter_inc(marked);
		return true;
	}
	if (why.code == ERR_EXISTS)
		return true;
	*err = why;
	return err_wrap(err, "mark block %s", ulid_str(m->id));
}

bool retention_apply(const struct retention *r, struct bucket *b, struct ctx *ctx,
		     const struct block_view *view, struct clock *clock, struct counter *marked,
		     struct logger *logger, struct err *err)
{
	int64_t now_ms = clock_wall_ms(clock);

	for (size_t i = 0; i < view->metas.n; i++) {
		const struct meta *m = view->metas.v[i];
		int64_t keep_ms = retention_ms(r, m->resolution_ms);
		if (keep_ms == 0 || !is_over(m->max_t_ms, keep_ms, now_ms))
			continue;
		log_info(logger, "applying retention: marking block for deletion",
			 LOG_STR("id", ulid_str(m->id)), LOG_TIME_MS("maxTime", m->max_t_ms));
		if (!mark(m, keep_ms, b, ctx, now_ms, marked, err))
			return err_wrap(err, "apply retention");
	}
	return true;
}
