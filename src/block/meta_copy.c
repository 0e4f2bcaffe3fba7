/* meta_copy.c - metas that are kept: each in one piece of memory of exactly its size.
 *
 * There may be hundreds of thousands of them. The copy is made twice by the same code, first
 * without memory, to learn how much it takes.
 */
#include "block/meta.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "block/block_id.h"
#include "block/label_pool.h"

#include <stdatomic.h>
#include <stdlib.h>

struct kept_meta {
	struct meta meta;             /* first, so that the two pointers convert */
	struct shared_labels *shared; /* NULL: the labels are its own */
	_Atomic size_t n_refs;
	_Alignas(8) char data[];
};

struct packer {
	char *p; /* NULL while measuring */
	size_t n;
};

static void *pack(struct packer *to, const void *from, size_t bytes)
{
	char *copy = to->p ? to->p + to->n : NULL;

	if (copy && bytes)
		memcpy(copy, from, bytes);
	to->n += (bytes + 7) & ~(size_t)7;
	return copy;
}

static struct str pack_str(struct packer *to, struct str s)
{
	return s.n ? str_from(pack(to, s.p, s.n), s.n) : (struct str){0};
}

static struct str *pack_strs(struct packer *to, const struct str *v, size_t n)
{
	struct str *copy = pack(to, v, n * sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		struct str s = pack_str(to, v[i]);
		if (copy)
			copy[i] = s;
	}
	return copy;
}

static struct labels pack_labels(struct packer *to, struct labels ls)
{
	struct label *copy = pack(to, ls.v, ls.n * sizeof(*ls.v));

	for (size_t i = 0; i < ls.n; i++) {
		struct label l = {pack_str(to, ls.v[i].name), pack_str(to, ls.v[i].value)};
		if (copy)
			copy[i] = l;
	}
	return (struct labels){copy, ls.n};
}

static struct meta_file *pack_files(struct packer *to, const struct meta_file *v, size_t n)
{
	struct meta_file *copy = pack(to, v, n * sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		struct meta_file f = {
		    .path = pack_str(to, v[i].path),
		    .size_bytes = v[i].size_bytes,
		    .hash_func = pack_str(to, v[i].hash_func),
		    .hash = pack_str(to, v[i].hash),
		};
		if (copy)
			copy[i] = f;
	}
	return copy;
}

/* Nearly all are one of a few. */
static struct str pack_source(struct packer *to, struct str source)
{
	static const char *const usual[] = {META_SOURCE_SIDECAR,   META_SOURCE_RECEIVE,
					    META_SOURCE_COMPACTOR, META_SOURCE_COMPACTOR_REPAIR,
					    META_SOURCE_RULER,     META_SOURCE_BUCKET_REPAIR};

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (str_is(source, usual[i]))
			return str_of(usual[i]);
	return pack_str(to, source);
}

static struct meta pack_meta(struct packer *to, const struct meta *m)
{
	struct meta copy = *m;
	struct meta_compaction *c = &copy.compaction;

	c->sources = pack(to, c->sources, c->n_sources * sizeof(*c->sources));
	c->parents = pack(to, c->parents, c->n_parents * sizeof(*c->parents));
	c->hints = pack_strs(to, c->hints, c->n_hints);
	copy.labels = pack_labels(to, m->labels);
	copy.source = pack_source(to, m->source);
	copy.segment_files = pack_strs(to, m->segment_files, m->n_segment_files);
	copy.files = pack_files(to, m->files, m->n_files);
	copy.rewrites = pack_str(to, m->rewrites);
	copy.extensions = pack_str(to, m->extensions);
	copy.upload_time = pack_str(to, m->upload_time);
	return copy;
}

static struct meta *new_meta(const struct meta *m, struct shared_labels *shared)
{
	struct packer measure = {0};
	pack_meta(&measure, m);

	struct kept_meta *kept = xmalloc(sizeof(*kept) + measure.n);
	struct packer to = {.p = kept->data};
	kept->meta = pack_meta(&to, m);
	kept->shared = shared;
	kept->n_refs = 1;
	assert(to.n == measure.n);
	return &kept->meta;
}

struct meta *meta_new(const struct meta *m)
{
	return new_meta(m, NULL);
}

struct meta *meta_new_shared(const struct meta *m, struct shared_labels *labels)
{
	struct meta without = *m;

	without.labels = (struct labels){0};
	struct meta *kept = new_meta(&without, labels);
	kept->labels = labels->labels;
	return kept;
}

void meta_drop_details(struct meta *m)
{
	struct meta_compaction *c = &m->compaction;
	size_t n = 0;

	for (size_t i = 0; i < m->n_files; i++)
		if (str_is(m->files[i].path, INDEX_FILENAME))
			m->files[n++] = (struct meta_file){.path = m->files[i].path,
							   .size_bytes = m->files[i].size_bytes};
	m->n_files = n;
	m->n_segment_files = 0;
	c->n_parents = 0;
	c->n_hints = 0;
	m->rewrites = m->extensions = m->upload_time = (struct str){0};
}

struct meta *meta_ref(struct meta *m)
{
	((struct kept_meta *)m)->n_refs++;
	return m;
}

void meta_unref(struct meta *m)
{
	struct kept_meta *kept = (struct kept_meta *)m;

	if (!m || --kept->n_refs > 0)
		return;
	shared_labels_unref(kept->shared);
	free(kept);
}
