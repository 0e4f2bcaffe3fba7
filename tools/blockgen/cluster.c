#include "tools/blockgen/cluster.h"

#include "base/hash.h"

#include <math.h>

#define DAY_MS INT64_C(86400000)

static const char *const handlers[] = {"/api/v1/items", "/api/v1/items/:id", NULL};
static const char *const methods[] = {"GET", "POST", NULL};
static const char *const codes[] = {"200", "404", "500", NULL};
static const char *const interfaces[] = {"eth0", NULL};
static const char *const calls[] = {"Get", "List", NULL};
static const char *const bounds[] = {"0.005", "0.01", "0.025", "0.05", "0.1",  "0.25", "0.5",
				     "1",     "2.5",  "5",     "10",   "+Inf", NULL};

const struct family cluster_families[] = {
    {"up", KIND_UP, {{NULL, NULL}}, 1, NULL},
    {"process_start_time_seconds", KIND_START, {{NULL, NULL}}, 1, NULL},
    {"process_resident_memory_bytes", KIND_GAUGE, {{NULL, NULL}}, 1e8, NULL},
    {"go_goroutines", KIND_GAUGE, {{NULL, NULL}}, 60, NULL},
    {"container_cpu_usage_seconds_total", KIND_SECONDS, {{NULL, NULL}}, 0.3, NULL},
    {"container_memory_working_set_bytes", KIND_GAUGE, {{NULL, NULL}}, 2e8, NULL},
    {"container_network_receive_bytes_total",
     KIND_COUNTER,
     {{"interface", interfaces}},
     20000,
     NULL},
    {"http_requests_total", KIND_COUNTER, {{"code", codes}, {"method", methods}}, 5, NULL},
    {"http_request_duration_seconds_bucket",
     KIND_BUCKET,
     {{"handler", handlers}, {"le", bounds}},
     8,
     "http_request_duration_seconds_count"},
    {"http_request_duration_seconds_count", KIND_COUNTER, {{"handler", handlers}}, 8, NULL},
    {"http_request_duration_seconds_sum", KIND_SECONDS, {{"handler", handlers}}, 1.5, NULL},
    {"rpc_duration_seconds", KIND_NATIVE, {{"method", calls}}, 10, NULL},
};
const size_t cluster_n_families = sizeof(cluster_families) / sizeof(*cluster_families);

uint64_t mix(uint64_t a, uint64_t b)
{
	return hash_u64(hash_u64(a + UINT64_C(0x9e3779b97f4a7c15)) ^ b);
}

double mix_unit(uint64_t a, uint64_t b)
{
	return (double)(mix(a, b) >> 11) * 0x1p-53;
}

static size_t axis_size(const struct axis *axis)
{
	size_t n = 0;

	while (axis->name && axis->values[n])
		n++;
	return n ? n : 1;
}

void pod_each_series(const struct pod *pod, pod_series_fn *visit, void *arg)
{
	for (size_t f = 0; f < cluster_n_families; f++) {
		const struct family *family = &cluster_families[f];
		size_t n0 = axis_size(&family->axes[0]), n1 = axis_size(&family->axes[1]);
		for (size_t i = 0; i < n0 * n1; i++) {
			struct pod_series s = {pod, family, {i / n1, i % n1}};
			visit(arg, &s);
		}
	}
}

static void count_series(void *arg, const struct pod_series *s)
{
	(void)s;
	++*(size_t *)arg;
}

/* --- pods ------------------------------------------------------------------------------------- */

/* Deployments have names, namespaces and jobs that their pods share. */
static struct labels pod_labels(uint64_t slot, uint64_t seed, struct arena *a)
{
	static const char *const services[] = {"checkout", "cart",   "search", "auth",
					       "payment",  "ledger", "mail",   "stock"};
	unsigned deployment = (unsigned)(slot / 10), service = deployment % 8;
	unsigned hash = (unsigned)mix(seed, 1) & 0xffffff;
	const char *const texts[][2] = {
	    {"container", services[service]},
	    {"instance",
	     arena_printf(a, "10.%u.%u.%u:8080", (unsigned)(mix(seed, 2) % 256),
			  (unsigned)(mix(seed, 3) % 256), (unsigned)(mix(seed, 4) % 254 + 1))},
	    {"job", arena_printf(a, "%s-%u", services[service], deployment)},
	    {"namespace", arena_printf(a, "team-%u", deployment % 40)},
	    {"node", arena_printf(a, "node-%u", (unsigned)(mix(seed, 5) % (slot / 30 + 3)))},
	    {"pod", arena_printf(a, "%s-%u-%06x-%05u", services[service], deployment, hash,
				 (unsigned)(mix(seed, 6) % 100000))},
	};
	enum { N = sizeof(texts) / sizeof(*texts) };
	struct label *v = ARENA_ARRAY(a, struct label, N);

	for (size_t i = 0; i < N; i++)
		v[i] = (struct label){str_of(texts[i][0]), str_of(texts[i][1])};
	return (struct labels){v, N};
}

/* A slot holds one pod after the other, each for the same time. */
static void slot_pods(const struct cluster_options *o, uint64_t slot, int64_t min_t_ms,
		      int64_t max_t_ms, struct arena *a, struct pods *out)
{
	uint64_t seed = mix(o->seed, slot);
	double mean_ms = o->churn_per_day > 0 ? (double)DAY_MS / o->churn_per_day : 1e15;
	int64_t life_ms = (int64_t)(mean_ms * (0.5 + mix_unit(seed, 1)));
	int64_t phase_ms = (int64_t)((double)life_ms * mix_unit(seed, 2));
	int64_t generation = (min_t_ms + phase_ms) / life_ms;

	for (;; generation++) {
		struct pod pod = {
		    .seed = mix(seed, (uint64_t)generation + 3),
		    .born_ms = generation * life_ms - phase_ms,
		    .dies_ms = (generation + 1) * life_ms - phase_ms,
		};
		if (pod.born_ms >= max_t_ms)
			return;
		pod.labels = pod_labels(slot, pod.seed, a);
		ARENA_PUSH(a, out, pod);
	}
}

struct pods cluster_pods(const struct cluster_options *options, int64_t min_t_ms, int64_t max_t_ms,
			 struct arena *a)
{
	struct pods pods = {0};
	size_t per_pod = 0;

	pod_each_series(NULL, count_series, &per_pod);
	for (size_t slot = 0; slot * per_pod < options->n_series; slot++)
		slot_pods(options, slot, min_t_ms, max_t_ms, a, &pods);
	return pods;
}

struct labels pod_series_labels(const struct pod_series *s, struct arena *a)
{
	struct label *v = ARENA_ARRAY(a, struct label, s->pod->labels.n + FAMILY_MAX_AXES + 1);
	size_t n = 0;

	v[n++] = (struct label){STR(LABEL_NAME), str_of(s->family->name)};
	for (size_t i = 0; i < FAMILY_MAX_AXES; i++)
		if (s->family->axes[i].name)
			v[n++] = (struct label){str_of(s->family->axes[i].name),
						str_of(s->family->axes[i].values[s->at[i]])};
	for (size_t i = 0; i < s->pod->labels.n; i++)
		v[n++] = s->pod->labels.v[i];
	labels_sort(v, n);
	return (struct labels){v, n};
}
