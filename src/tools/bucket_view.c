#include "tools/bucket_view.h"

#include "block/fetcher.h"

bool bucket_view_fetch(struct bucket *b, struct ctx *ctx, struct block_filter *const *filters,
		       size_t n_filters, struct logger *logger, struct block_view *out,
		       struct err *err)
{
	struct fetcher *f auto_free(fetcher_free) = fetcher_new(&(struct fetcher_options){
	    .bucket = b,
	    .concurrency = BUCKET_VIEW_CONCURRENCY,
	    .filters = filters,
	    .n_filters = n_filters,
	    .logger = logger,
	});
	struct block_view view = {0};

	if (!fetcher_fetch(f, ctx, &view, err))
		return false;
	if (view.n_failed > 0) {
		*err = view.failure;
		block_view_done(&view);
		return err_wrap(err, "%zu blocks could not be read", view.n_failed);
	}
	*out = view;
	return true;
}
