/* series_codec.c - what does a SeriesResponse of 2 KB cost to write and to read?
 *
 * Ten labels, three XOR chunks of 500 bytes each. Prints nanoseconds per message: the best of
 * several rounds, since other work on the machine only ever adds.
 */
#include "base/clock.h"
#include "proto/series_frame.h"

#include <stdio.h>

enum { N_LABELS = 10, N_CHUNKS = 3, CHUNK_BYTES = 500, N_MESSAGES = 1000, N_ROUNDS = 1000 };

static const struct label labels[N_LABELS] = {
    LABEL("__name__", "container_cpu_usage_seconds_total"),
    LABEL("cluster", "eu-west-1-production"),
    LABEL("container", "prometheus"),
    LABEL("cpu", "total"),
    LABEL("image", "quay.io/prometheus/prometheus:v2.42.0"),
    LABEL("instance", "10.0.12.34:10250"),
    LABEL("job", "kubelet"),
    LABEL("namespace", "monitoring"),
    LABEL("pod", "prometheus-k8s-0"),
    LABEL("replica", "prometheus-0"),
};

static double ns_per_message(int64_t start_ns)
{
	return (double)(clock_monotonic_ns(&clock_system) - start_ns) / N_MESSAGES;
}

static double encode(struct pb_writer *w, const struct series *s)
{
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	for (int i = 0; i < N_MESSAGES; i++)
		series_frame_encode(w, s);
	return ns_per_message(start_ns);
}

static double decode(struct arena *a, struct str message)
{
	struct series_frame frame;
	struct err err = ERR_INIT;
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	for (int i = 0; i < N_MESSAGES; i++) {
		arena_clear(a);
		if (!series_frame_decode(message, a, &frame, &err))
			printf("%s\n", err.msg);
	}
	return ns_per_message(start_ns);
}

int main(void)
{
	static uint8_t data[CHUNK_BYTES];
	struct chunk chunks[N_CHUNKS];
	struct series s = {.labels = {labels, N_LABELS}, .chunks = chunks, .n_chunks = N_CHUNKS};
	struct arena *a = arena_new(NULL);
	struct pb_writer w;
	double best_encode = 1e18, best_decode = 1e18;

	for (int i = 0; i < N_CHUNKS; i++)
		chunks[i] = (struct chunk){.min_t_ms = INT64_C(1700000000000) + i * 1800000,
					   .max_t_ms = INT64_C(1700001785000) + i * 1800000,
					   .raw = {data, CHUNK_BYTES, CHUNK_XOR, 0}};
	pb_writer_init(&w, 1 << 20, NULL);
	for (int round = 0; round < N_ROUNDS; round++) {
		double took = encode(&w, &s);
		best_encode = took < best_encode ? took : best_encode;
		took = decode(a, pb_written(&w));
		best_decode = took < best_decode ? took : best_decode;
	}
	printf("series_response_size %zu bytes\n", pb_written(&w).n);
	printf("series_response_encode %.0f ns\n", best_encode);
	printf("series_response_decode %.0f ns\n", best_decode);
	pb_writer_done(&w);
	arena_free(a);
	return 0;
}
