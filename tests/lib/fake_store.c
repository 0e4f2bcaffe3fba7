#include "tests/lib/fake_store.h"

#include "base/alloc.h"

#include <stdlib.h>

struct fake_iter {
	struct series_iter base; /* first */
	struct fake_store *store;
	struct matchers matchers;
	size_t at;
	size_t n_given;
};

static enum iter_result fake_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct fake_iter *it = (struct fake_iter *)base;

	if (it->n_given > 0 && it->store->fail_after_one) {
		err_set(err, ERR_UNAVAILABLE, "%s", it->store->fail_after_one);
		return ITER_ERROR;
	}
	while (it->at < it->store->n_series) {
		const struct series *s = &it->store->series[it->at++];
		if (!matchers_match(it->matchers, s->labels))
			continue;
		it->n_given++;
		*out = *s;
		return ITER_VALUE;
	}
	return ITER_END;
}

static void fake_iter_close(struct series_iter *base)
{
	atomic_fetch_sub(&((struct fake_iter *)base)->store->n_open, 1);
	free(base);
}

static const struct series_iter_ops fake_iter_ops = {fake_next, fake_iter_close};

static bool fake_begin(struct fake_store *f, struct notes *notes, struct err *err)
{
	atomic_fetch_add(&f->n_calls, 1);
	if (f->fail)
		return err_set(err, ERR_UNAVAILABLE, "%s", f->fail);
	if (f->warning)
		notes_add(notes, NOTE_WARNING, "%s", f->warning);
	return true;
}

static struct series_iter *fake_series(struct store_api *base, struct ctx *ctx,
				       const struct series_request *req, struct notes *notes,
				       struct tracker *tracker, struct err *err)
{
	struct fake_store *f = (struct fake_store *)base;
	(void)ctx;
	(void)tracker;

	if (!fake_begin(f, notes, err))
		return NULL;
	f->last_request = *req;
	struct fake_iter *it = NEW(struct fake_iter);
	it->base.ops = &fake_iter_ops;
	it->store = f;
	it->matchers = req->matchers;
	atomic_fetch_add(&f->n_open, 1);
	return &it->base;
}

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void sort_unique(struct str_list *list)
{
	size_t n = 0;

	if (list->n > 0)
		qsort(list->v, list->n, sizeof(*list->v), str_order);
	for (size_t i = 0; i < list->n; i++)
		if (n == 0 || !str_eq(list->v[n - 1], list->v[i]))
			list->v[n++] = list->v[i];
	list->n = n;
}

static bool fake_labels(struct store_api *base, struct ctx *ctx, const struct label_request *req,
			struct notes *notes, struct arena *a, struct str_list *out, struct err *err)
{
	struct fake_store *f = (struct fake_store *)base;
	(void)ctx;

	if (!fake_begin(f, notes, err))
		return false;
	for (size_t i = 0; i < f->n_series; i++) {
		struct labels ls = f->series[i].labels;
		if (!matchers_match(req->matchers, ls))
			continue;
		for (size_t k = 0; k < ls.n; k++) {
			if (req->label.n == 0)
				ARENA_PUSH(a, out, ls.v[k].name);
			else if (str_eq(req->label, ls.v[k].name))
				ARENA_PUSH(a, out, ls.v[k].value);
		}
	}
	sort_unique(out);
	return true;
}

static bool fake_info(struct store_api *base, struct ctx *ctx, struct arena *a,
		      struct store_info *out, struct err *err)
{
	struct fake_store *f = (struct fake_store *)base;
	(void)ctx;
	(void)a;

	atomic_fetch_add(&f->n_infos, 1);
	if (f->fail)
		return err_set(err, ERR_UNAVAILABLE, "%s", f->fail);
	*out = f->info;
	return true;
}

static void fake_close(struct store_api *base)
{
	(void)base;
}

static const struct store_api_ops fake_ops = {
    .series = fake_series,
    .label_names = fake_labels,
    .label_values = fake_labels,
    .info = fake_info,
    .close = fake_close,
};

void fake_store_init(struct fake_store *f, const struct series *series, size_t n_series)
{
	*f = (struct fake_store){
	    .base.ops = &fake_ops,
	    .info =
		{
		    .component = "sidecar",
		    .min_t_ms = INT64_MIN,
		    .max_t_ms = INT64_MAX,
		    .supports_sharding = true,
		    .supports_without_replica_labels = true,
		    .has_store = true,
		},
	    .series = series,
	    .n_series = n_series,
	};
}
