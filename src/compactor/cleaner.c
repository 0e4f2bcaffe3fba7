#include "compactor/cleaner.h"

#include "base/alloc.h"
#include "block/remembering_filter.h"

#include <stdlib.h>

enum { N_FILTERS = 4 };

struct cleaner {
	struct cleaning cleaning;
	struct time_partition_filter time_partition;
	struct relabel_filter selector;
	struct consistency_delay_filter consistency_delay;
	struct deletion_mark_filter deletion_marks;
	struct remembering_filter marked_blocks;
	struct block_filter *filters[N_FILTERS];
	struct fetcher *fetcher;
};

static void make_filters(struct cleaner *c, const struct cleaner_options *o)
{
	struct clock *clock = o->cleaning.clock;

	time_partition_filter_init(&c->time_partition, o->min_time, o->max_time, clock);
	relabel_filter_init(&c->selector, o->selector, NULL, 0);
	consistency_delay_filter_init(&c->consistency_delay, o->consistency_delay_ms, clock);
	deletion_mark_filter_init(&c->deletion_marks, o->cleaning.bucket,
				  o->cleaning.delete_delay_ms, o->fetch_concurrency, clock,
				  o->cleaning.logger);
	remembering_filter_init(&c->marked_blocks, &c->deletion_marks.base);
	struct block_filter *const filters[N_FILTERS] = {&c->time_partition.base, &c->selector.base,
							 &c->consistency_delay.base,
							 &c->marked_blocks.base};
	for (size_t i = 0; i < N_FILTERS; i++)
		c->filters[i] = filters[i];
}

struct cleaner *cleaner_new(const struct cleaner_options *options)
{
	struct cleaner *c = NEW(struct cleaner);

	c->cleaning = options->cleaning;
	make_filters(c, options);
	c->fetcher = fetcher_new(&(struct fetcher_options){
	    .bucket = options->cleaning.bucket,
	    .discovery = options->discovery,
	    .concurrency = options->fetch_concurrency,
	    .data_dir = options->data_dir,
	    .keeps_little = true,
	    .filters = c->filters,
	    .n_filters = N_FILTERS,
	    .logger = options->cleaning.logger,
	});
	return c;
}

void cleaner_free(struct cleaner *c)
{
	if (!c)
		return;
	fetcher_free(c->fetcher);
	deletion_mark_filter_done(&c->deletion_marks);
	remembering_filter_done(&c->marked_blocks);
	free(c);
}

bool cleaner_clean(struct cleaner *c, struct ctx *ctx, struct err *err)
{
	struct block_view view auto_done(block_view_done) = {0};

	if (!fetcher_fetch(c->fetcher, ctx, &view, err))
		return err_wrap(err, "sync");
	if (view.n_failed) {
		*err = view.failure;
		return err_wrap(err, "sync: %zu blocks cannot be read", view.n_failed);
	}
	clean_partial_uploads(&c->cleaning, ctx, view.partial.v, view.partial.n);
	return clean_marked_blocks(&c->cleaning, ctx, c->marked_blocks.dropped.v,
				   c->marked_blocks.dropped.n, err);
}
