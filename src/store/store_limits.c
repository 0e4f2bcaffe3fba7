#include "store/store_limits.h"

#include <inttypes.h>

static const char *const limit_names[STORE_LIMIT_N] = {
    [STORE_LIMIT_SERIES] = "series",
    [STORE_LIMIT_CHUNKS] = "chunks",
    [STORE_LIMIT_BYTES] = "bytes",
};

void store_limits_init(struct store_limits *l, const struct store_limits_config *config,
		       struct family *dropped, const char *tenant)
{
	*l = (struct store_limits){.dropped = dropped, .tenant = tenant};
	l->allowed[STORE_LIMIT_SERIES] = config->series;
	l->allowed[STORE_LIMIT_CHUNKS] = config->samples / STORE_SAMPLES_PER_CHUNK;
	l->allowed[STORE_LIMIT_BYTES] = config->bytes;
	/* Fewer samples than one chunk allow no chunk at all, which 0 would not say. */
	if (config->samples > 0 && l->allowed[STORE_LIMIT_CHUNKS] == 0)
		l->allowed[STORE_LIMIT_CHUNKS] = 1;
}

bool store_limits_reserve(struct store_limits *l, enum store_limit which, uint64_t n,
			  struct err *err)
{
	if (!l || l->allowed[which] == 0)
		return true;
	uint64_t used = atomic_fetch_add(&l->used[which], n) + n;
	if (used <= l->allowed[which])
		return true;
	if (l->dropped && used - n <= l->allowed[which]) /* counted once per request */
		counter_inc(counter_at(l->dropped, limit_names[which], l->tenant));
	return err_set(err, ERR_LIMIT,
		       "exceeded %s limit: limit %" PRIu64 " violated (got %" PRIu64 ")",
		       limit_names[which], l->allowed[which], used);
}
