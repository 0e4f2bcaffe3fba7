#include "tests/simulation/data.h"

#include "base/alloc.h"
#include "block/block_id.h"
#include "block/new_block.h"
#include "codec/xor_chunk.h"

#include <stdio.h>
#include <stdlib.h>

const int64_t SLOT_LENGTHS_MS[N_LENGTHS] = {2 * MS_PER_HOUR, 8 * MS_PER_HOUR, 48 * MS_PER_HOUR};

struct data {
	const char *dir;
	char *blocks[N_LENGTHS][N_TENANTS][N_REPLICAS][N_SLOTS];
};

/* --- samples ---------------------------------------------------------------------------------- */

static int64_t sample_t_ms(unsigned length, unsigned slot, unsigned series, unsigned k)
{
	int64_t slot_ms = SLOT_LENGTHS_MS[length];

	return DATA_START_MS + slot * slot_ms + k * slot_ms / N_SAMPLES + series + 1;
}

static double sample_v(unsigned tenant, unsigned slot, unsigned series, unsigned k)
{
	return 1 + k + N_SAMPLES * (slot + N_SLOTS * (series + N_SERIES * (double)tenant));
}

static unsigned sample_bit(unsigned slot, unsigned series, unsigned k)
{
	return (slot * N_SERIES + series) * N_SAMPLES + k;
}

/* The second series is not always there. */
static bool has_series(unsigned slot, unsigned series)
{
	return series == 0 || slot % 4 != 3;
}

int64_t data_sample_t_ms(unsigned length, unsigned bit)
{
	unsigned k = bit % N_SAMPLES, series = bit / N_SAMPLES % N_SERIES;

	return sample_t_ms(length, bit / N_SAMPLES / N_SERIES, series, k);
}

static const char *const series_names[N_SERIES] = {"first", "second"};
static const char *const tenant_names[N_TENANTS] = {"ada", "bob"};
static const char *const replica_names[N_REPLICAS] = {"0", "1"};

static int number_of(struct str name, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (str_is(name, names[i]))
			return i;
	return -1;
}

int data_tenant_of(struct labels external)
{
	return number_of(labels_get(external, STR("tenant")), tenant_names, N_TENANTS);
}

uint64_t data_sample(unsigned length, unsigned tenant, struct labels labels, int64_t t_ms, double v)
{
	int series = number_of(labels_get(labels, STR("series")), series_names, N_SERIES);

	if (series < 0 || labels.n != 1)
		return 0;
	for (unsigned slot = 0; slot < N_SLOTS; slot++)
		for (unsigned k = 0; has_series(slot, (unsigned)series) && k < N_SAMPLES; k++)
			if (sample_t_ms(length, slot, (unsigned)series, k) == t_ms)
				return sample_v(tenant, slot, (unsigned)series, k) == v
					   ? UINT64_C(1) << sample_bit(slot, (unsigned)series, k)
					   : 0;
	return 0;
}

uint64_t data_block_samples(struct data_block b)
{
	uint64_t all = 0;

	for (unsigned series = 0; series < N_SERIES; series++)
		for (unsigned k = 0; has_series(b.slot, series) && k < N_SAMPLES; k++)
			all |= UINT64_C(1) << sample_bit(b.slot, series, k);
	return all;
}

/* --- blocks ----------------------------------------------------------------------------------- */

static const uint8_t magic[6] = {'s', 'a', 'm', 'p', 'l', 'e'};

struct ulid data_block_id(struct data_block b)
{
	int64_t end_ms = DATA_START_MS + (b.slot + 1) * SLOT_LENGTHS_MS[b.length];
	struct ulid id;

	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)(end_ms >> (40 - 8 * i));
	memcpy(id.bytes + 6, magic, sizeof(magic));
	id.bytes[12] = (uint8_t)b.length;
	id.bytes[13] = (uint8_t)b.tenant;
	id.bytes[14] = (uint8_t)b.replica;
	id.bytes[15] = (uint8_t)b.slot;
	return id;
}

bool data_block_of(struct ulid id, struct data_block *out)
{
	struct data_block b = {id.bytes[12], id.bytes[13], id.bytes[14], id.bytes[15]};

	if (b.length >= N_LENGTHS || b.tenant >= N_TENANTS || b.replica >= N_REPLICAS ||
	    b.slot >= N_SLOTS || ulid_cmp(data_block_id(b), id) != 0)
		return false;
	*out = b;
	return true;
}

static bool write_series(struct block_writer *w, struct data_block b, unsigned series,
			 struct err *err)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 16);
	struct xor_encoder encoder;
	struct symbol_pair label = {2, series};
	struct chunk_meta chunk = {.min_t_ms = sample_t_ms(b.length, b.slot, series, 0),
				   .max_t_ms =
				       sample_t_ms(b.length, b.slot, series, N_SAMPLES - 1)};
	struct index_series entry = {&label, 1, &chunk, 1};

	xor_encoder_init(&encoder, &bytes);
	for (unsigned k = 0; k < N_SAMPLES; k++)
		xor_encoder_append(&encoder, sample_t_ms(b.length, b.slot, series, k),
				   sample_v(b.tenant, b.slot, series, k));
	struct chunk_data raw = {.data = (const uint8_t *)bytes.p,
				 .size_bytes = (uint32_t)bytes.n,
				 .encoding = CHUNK_XOR};
	return block_writer_add_series(w, &entry, &raw, err);
}

/* Symbols 0 and 1 are the series' names, 2 is the label's. */
static bool write_all(struct block_writer *w, struct data_block b, struct err *err)
{
	if (!block_writer_add_symbol(w, str_of(series_names[0]), err) ||
	    !block_writer_add_symbol(w, str_of(series_names[1]), err) ||
	    !block_writer_add_symbol(w, STR("series"), err))
		return false;
	for (unsigned series = 0; series < N_SERIES; series++)
		if (has_series(b.slot, series) && !write_series(w, b, series, err))
			return false;
	return true;
}

static bool make_block(const char *dir, struct data_block b, struct err *err)
{
	struct ulid id = data_block_id(b);
	struct block_writer_options options = {.index_memory_bytes = 1 << 16};
	struct new_block *block auto_free(new_block_close) = new_block_open(dir, id, &options, err);
	struct label labels[] = {
	    {STR("replica"), str_of(replica_names[b.replica])},
	    {STR("tenant"), str_of(tenant_names[b.tenant])},
	};
	int64_t slot_ms = SLOT_LENGTHS_MS[b.length];
	struct meta meta = {
	    .min_t_ms = DATA_START_MS + b.slot * slot_ms,
	    .max_t_ms = DATA_START_MS + (b.slot + 1) * slot_ms,
	    .compaction = {.level = 1, .sources = &id, .n_sources = 1},
	    .thanos_version = 1,
	    .labels = {labels, 2},
	    .source = STR(META_SOURCE_SIDECAR),
	    .upload_time_ms = META_NO_UPLOAD_TIME,
	};

	return block && write_all(new_block_writer(block), b, err) &&
	       new_block_commit(block, NULL, &meta, err);
}

const char *data_block_dir(struct data *d, struct data_block b)
{
	char **path = &d->blocks[b.length][b.tenant][b.replica][b.slot];
	struct err err = ERR_INIT;

	if (*path)
		return *path;
	if (!make_block(d->dir, b, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
	return *path = xasprintf("%s/%s", d->dir, ulid_str(data_block_id(b)));
}

struct data *data_new(const char *dir)
{
	struct data *d = NEW(struct data);

	d->dir = dir;
	return d;
}

void data_free(struct data *d)
{
	char **all = &d->blocks[0][0][0][0];

	for (size_t i = 0; i < N_LENGTHS * N_TENANTS * N_REPLICAS * N_SLOTS; i++)
		free(all[i]);
	free(d);
}
