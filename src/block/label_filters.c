/* label_filters.c - the filters that look at external labels: which of them count, and without
 * which they do.
 */
#include "base/arena.h"
#include "block/filters.h"

/* --- relabelling ----------------------------------------------------------------------------- */

/* Whether the rules leave something of the block's labels. */
static bool survives(const struct relabel_filter *f, const struct meta *m, struct arena *a,
		     bool *out, struct err *err)
{
	struct ulid_text id = ulid_text(m->id);
	struct label id_label = {STR(LABEL_BLOCK_ID), str_of(id.s)};
	struct labels shown = labels_without(a, m->labels, f->hidden, f->n_hidden), left;

	if (!relabel_apply(f->rules, labels_merge(a, (struct labels){&id_label, 1}, shown), a,
			   &left, err))
		return err_wrap(err, "labels of block %s", id.s);
	*out = left.n > 0;
	return true;
}

static bool apply_relabelling(struct block_filter *base, struct ctx *ctx, struct block_view *view,
			      struct err *err)
{
	struct relabel_filter *f = (struct relabel_filter *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	bool *drop = ARENA_ARRAY(a, bool, view->metas.n);
	bool kept = false;
	(void)ctx;

	if (!f->rules)
		return true;
	for (size_t i = 0; i < view->metas.n; i++) {
		struct arena_mark mark = arena_mark(a);
		if (!survives(f, view->metas.v[i], a, &kept, err))
			return false;
		drop[i] = !kept;
		arena_rewind(a, mark);
	}
	block_view_drop(view, drop, BLOCK_LABEL_EXCLUDED);
	return true;
}

void relabel_filter_init(struct relabel_filter *f, const struct relabel *rules,
			 const struct str *hidden, size_t n_hidden)
{
	*f = (struct relabel_filter){{apply_relabelling}, rules, hidden, n_hidden};
}

/* --- replica labels -------------------------------------------------------------------------- */

static struct labels without_replicas(const struct replica_label_filter *f, const struct meta *m,
				      struct arena *a)
{
	struct labels left = labels_without(a, m->labels, f->replica_labels, f->n_replica_labels);

	if (left.n > 0)
		return left;
	log_warn(f->logger, "block has no labels left, creating one",
		 LOG_STR("block", ulid_str(m->id)));
	struct label *only = ARENA_NEW(a, struct label);
	*only = (struct label){f->replica_labels[0], STR("deduped")};
	return (struct labels){only, 1};
}

static bool remove_replica_labels(struct block_filter *base, struct ctx *ctx,
				  struct block_view *view, struct err *err)
{
	struct replica_label_filter *f = (struct replica_label_filter *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)ctx, (void)err;

	for (size_t i = 0; f->n_replica_labels > 0 && i < view->metas.n; i++) {
		struct arena_mark mark = arena_mark(a);
		struct meta *old = view->metas.v[i], changed = *old;
		changed.labels = without_replicas(f, old, a);
		for (size_t k = 0; k < f->n_replica_labels; k++)
			view->n_replica_labels_removed +=
			    labels_has(old->labels, f->replica_labels[k]);
		if (!labels_eq(changed.labels, old->labels)) {
			view->metas.v[i] = meta_new(&changed);
			meta_unref(old);
		}
		arena_rewind(a, mark);
	}
	return true;
}

void replica_label_filter_init(struct replica_label_filter *f, const struct str *replica_labels,
			       size_t n_replica_labels, struct logger *logger)
{
	*f = (struct replica_label_filter){
	    {remove_replica_labels}, replica_labels, n_replica_labels, logger};
}
