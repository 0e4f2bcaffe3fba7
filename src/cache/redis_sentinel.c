#include "cache/redis_sentinel.h"

#include "cache/redis_answer.h"

static enum answer_progress read_answer(void *arg, struct str bytes, struct err *err)
{
	return redis_answer_read(arg, bytes, err);
}

/* SENTINEL GET-MASTER-ADDR-BY-NAME: an array of host and port, or none. */
static bool ask_one(struct str sentinel, struct str request, int64_t timeout_ms, struct ctx *ctx,
		    struct arena *a, struct str host_and_port[2], struct err *err)
{
	struct wire_address to;
	struct redis_answer answer = {
	    .n_values = 2,
	    .batch_size = 2,
	    .values = host_and_port,
	    .a = a,
	};

	if (!wire_address_resolve(sentinel, &to, err))
		return false;
	struct wire *w auto_free(wire_close) = wire_open(&to, NULL, err);
	if (!w)
		return false;
	struct exchange e = {
	    .wire = w,
	    .request = request,
	    .read = read_answer,
	    .arg = &answer,
	    .timeout_ms = timeout_ms,
	};
	exchanges_run(&e, 1, ctx);
	if (e.state == EXCHANGE_DONE && answer.n_failed == 0)
		return true;
	*err = e.state == EXCHANGE_DONE ? answer.why : e.err;
	return false;
}

bool redis_sentinel_ask(const struct str *sentinels, size_t n, struct str master_name,
			int64_t timeout_ms, struct ctx *ctx, struct arena *a, struct str *out,
			struct err *err)
{
	struct buf request auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str found[2] = {{0}};

	resp_write_head(&request, 3);
	resp_write_part(&request, STR("SENTINEL"));
	resp_write_part(&request, STR("GET-MASTER-ADDR-BY-NAME"));
	resp_write_part(&request, master_name);
	for (size_t i = 0; i < n; i++) {
		if (!ask_one(sentinels[i], buf_str(&request), timeout_ms, ctx, a, found, err)) {
			err_wrap(err, "sentinel %.*s", STR_FMT(sentinels[i]));
			continue;
		}
		if (found[0].p && found[1].p) {
			bool is_ipv6 = str_find_char(found[0], ':') < found[0].n;
			*out = str_of(arena_printf(a, is_ipv6 ? "[%.*s]:%.*s" : "%.*s:%.*s",
						   STR_FMT(found[0]), STR_FMT(found[1])));
			return true;
		}
		err_set(err, ERR_NOT_FOUND, "sentinel %.*s knows no master \"%.*s\"",
			STR_FMT(sentinels[i]), STR_FMT(master_name));
	}
	return err_wrap(err, "redis master \"%.*s\"", STR_FMT(master_name));
}
