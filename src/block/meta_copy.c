/* meta_copy.c - metas that are kept: each in one piece of memory of exactly its size.
 *
 * There may be hundreds of thousands of them. The copy is made twice by the same code, first
 * without memory, to learn how much it takes.
 */
#include "block/meta.h"

#include "base/alloc.h"
#include "base/assert.h"

#include <stdatomic.h>
#include <stdlib.h>

struct kept_meta {
	struct meta meta; /* first, so that the two pointers convert */
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

static struct meta pack_meta(struct packer *to, const struct meta *m)
{
	struct meta copy = *m;
	struct meta_compaction *c = &copy.compaction;

	c->sources = pack(to, c->sources, c->n_sources * sizeof(*c->sources));
	c->parents = pack(to, c->parents, c->n_parents * sizeof(*c->parents));
	c->hints = pack_strs(to, c->hints, c->n_hints);
	copy.labels = pack_labels(to, m->labels);
	copy.source = pack_str(to, m->source);
	copy.segment_files = pack_strs(to, m->segment_files, m->n_segment_files);
	copy.files = pack_files(to, m->files, m->n_files);
	copy.rewrites = pack_str(to, m->rewrites);
	copy.extensions = pack_str(to, m->extensions);
	copy.upload_time = pack_str(to, m->upload_time);
	return copy;
}

struct meta *meta_new(const struct meta *m)
{
	struct packer measure = {0};
	pack_meta(&measure, m);

	struct kept_meta *kept = xmalloc(sizeof(*kept) + measure.n);
	struct packer to = {.p = kept->data};
	kept->meta = pack_meta(&to, m);
	kept->n_refs = 1;
	assert(to.n == measure.n);
	return &kept->meta;
}

struct meta *meta_ref(struct meta *m)
{
	((struct kept_meta *)m)->n_refs++;
	return m;
}

void meta_unref(struct meta *m)
{
	if (m && --((struct kept_meta *)m)->n_refs == 0)
		free(m);
}
