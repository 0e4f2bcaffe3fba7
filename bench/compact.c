/* compact.c - how fast are blocks merged into one, and in how much memory?
 *
 *	bench_compact [--penalty] OUT BLOCK...
 *
 * OUT/index and OUT/chunks/ are what Prometheus' compactor makes of the same blocks (ascending by
 * time), byte for byte, so that its time can be compared: see bench/README.md.
 */
#include "base/vec.h"
#include "bench/measure.h"
#include "compaction/merge.h"

static void merge_all(struct source_block *const *blocks, size_t n, struct chunk_merger *merger,
		      const char *out, struct block_stats *stats)
{
	struct err err = ERR_INIT;
	struct merge_options options = {merger, {INT64_MIN, INT64_MAX}};
	size_t bad;
	struct block_writer *w = block_writer_open(out, &(struct block_writer_options){0}, &err);

	if (!w || !merge_blocks(blocks, n, &options, NULL, w, &bad, &err) ||
	    !block_writer_finish(w, NULL, stats, &err))
		die(&err);
	block_writer_close(w);
}

int main(int argc, char **argv)
{
	VEC(struct source_block *) blocks = {0};
	struct block_stats stats;
	struct err err = ERR_INIT;

	bool is_penalty = argc > 1 && strcmp(argv[1], "--penalty") == 0;
	argc -= is_penalty;
	argv += is_penalty;
	if (argc < 3) {
		fprintf(stderr, "usage: bench_compact [--penalty] OUT BLOCK...\n");
		return 2;
	}
	double start = now_s();
	for (int i = 2; i < argc; i++) {
		struct source_block *b = source_block_open(argv[i], NULL, &err);
		if (!b)
			die(&err);
		vec_push(&blocks, b);
	}
	merge_all(blocks.v, blocks.n, is_penalty ? &chunk_merger_penalty : &chunk_merger_one_to_one,
		  argv[1], &stats);
	double seconds = now_s() - start, cpu = process_cpu_s(getpid());
	double samples = (double)(stats.n_float_samples + stats.n_histogram_samples);

	printf("compact_time %.3f s\n", seconds);
	printf("compact_samples %.1f M/s/core\n", samples / cpu * 1e-6);
	printf("compact_peak %.1f MB\n", process_memory_mb(getpid(), "VmHWM"));
	for (size_t i = 0; i < blocks.n; i++)
		source_block_close(blocks.v[i]);
	vec_done(&blocks);
	return 0;
}
