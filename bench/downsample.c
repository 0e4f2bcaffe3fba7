/* How fast, and in how much memory, is a block downsampled?
 *
 *	bench_downsample BLOCK OUT_DIR [REPEATS]
 *
 * BLOCK is a folder with meta.json, raw or of 5 minutes; what is made of it appears in OUT_DIR. The
 * rate is that of the samples that the source has, by its meta.json, per second of CPU time. */
#include "compaction/downsample.h"
#include "base/alloc.h"
#include "bench/measure.h"

static struct downsample_result run(const char *block, const char *out_dir, struct meta *meta)
{
	struct downsample_job job = {
	    .source_dir = block,
	    .source = meta,
	    .out_dir = out_dir,
	    .id = ulid_new(clock_wall_ms(&clock_system)),
	    .resolution_ms =
		meta->resolution_ms == RESOLUTION_RAW_MS ? RESOLUTION_5M_MS : RESOLUTION_1H_MS,
	};
	struct downsample_result result;
	struct err err = ERR_INIT;

	if (!downsample_block(&job, NULL, &result, &err))
		die(&err);
	return result;
}

int main(int argc, char **argv)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct meta meta;

	if (argc < 3) {
		fprintf(stderr, "usage: %s BLOCK OUT_DIR [REPEATS]\n", argv[0]);
		return 2;
	}
	if (!meta_read_file(argv[1], a, &meta, &err))
		die(&err);
	size_t n = argc > 3 ? (size_t)atol(argv[3]) : 1;
	double *cpu_s = ARENA_ARRAY(a, double, n + 1), *wall_s = ARENA_ARRAY(a, double, n + 1);
	for (size_t i = 0; i < n; i++) {
		double cpu = process_cpu_s(getpid()), wall = now_s();
		struct downsample_result result = run(argv[1], argv[2], &meta);
		cpu_s[i] = process_cpu_s(getpid()) - cpu;
		wall_s[i] = now_s() - wall;
		if (i == 0)
			printf("samples_in %lu\nsamples_out %lu\nseries %lu\nchunks_in %lu\n",
			       meta.stats.n_samples, result.n_samples, result.n_series,
			       result.n_chunks);
	}
	double samples = (double)meta.stats.n_samples * 1e-6;
	printf("downsample_cpu %.1f Msamples/s\n", samples / median(cpu_s, n));
	printf("downsample_wall %.1f Msamples/s\n", samples / median(wall_s, n));
	printf("peak_rss %.1f MB\n", process_memory_mb(getpid(), "VmHWM"));
	return 0;
}
