/* process_metrics.c - read from /proc/self and from malloc whenever somebody looks.
 *
 * go_goroutines and go_threads are both our threads; go_memstats_* are malloc's figures of the same
 * meaning. go_gc_* have none and are left out.
 */
#include "telemetry/process_metrics.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/version.h"

#include <dirent.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PROC_FILE_MAX_BYTES = 1 << 20 };

/* --- /proc/self/stat -----------------------------------------------------------------------------
 */

/* proc(5) counts the fields from 1; those before the fourth are the process id, its name, which may
 * hold anything, and a letter. */
enum stat_field {
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_N_THREADS = 20,
	STAT_START_TIME = 22,
	STAT_VSIZE = 23,
	STAT_RSS = 24,
	STAT_N_FIELDS,
};

static bool read_proc(const char *path, struct buf *out)
{
	struct err err = ERR_INIT;
	return fs_read(path, out, &err);
}

static bool read_stat(double fields[STAT_N_FIELDS])
{
	struct buf text auto_done(buf_done) = BUF_INIT(PROC_FILE_MAX_BYTES);

	if (!read_proc("/proc/self/stat", &text))
		return false;
	const char *name_end = memrchr(text.p, ')', text.n);
	if (!name_end)
		return false;
	struct str left = str_skip(buf_str(&text), (size_t)(name_end + 4 - text.p)), field;
	for (int i = 4; i < STAT_N_FIELDS; i++) {
		int64_t value;
		left = str_split(left, ' ', &field);
		if (!str_to_i64(field, &value))
			return false;
		fields[i] = (double)value;
	}
	return true;
}

static double ticks_to_seconds(double ticks)
{
	return ticks / (double)sysconf(_SC_CLK_TCK);
}

/* Seconds since 1970 when the machine started. */
static double boot_time(void)
{
	struct buf text auto_done(buf_done) = BUF_INIT(PROC_FILE_MAX_BYTES);
	static const struct str key = {"\nbtime ", 7};

	if (!read_proc("/proc/stat", &text))
		return 0;
	struct str at = str_skip(buf_str(&text), str_find(buf_str(&text), key) + key.n), value;
	int64_t seconds = 0;
	str_split(at, '\n', &value);
	return str_to_i64(value, &seconds) ? (double)seconds : 0;
}

static bool cpu_seconds(double *out)
{
	double f[STAT_N_FIELDS];
	if (!read_stat(f))
		return false;
	*out = ticks_to_seconds(f[STAT_UTIME] + f[STAT_STIME]);
	return true;
}

static bool start_time(double *out)
{
	double f[STAT_N_FIELDS];
	if (!read_stat(f))
		return false;
	*out = boot_time() + ticks_to_seconds(f[STAT_START_TIME]);
	return true;
}

static bool n_threads(double *out)
{
	double f[STAT_N_FIELDS];
	if (!read_stat(f))
		return false;
	*out = f[STAT_N_THREADS];
	return true;
}

static bool virtual_bytes(double *out)
{
	double f[STAT_N_FIELDS];
	if (!read_stat(f))
		return false;
	*out = f[STAT_VSIZE];
	return true;
}

static bool resident_bytes(double *out)
{
	double f[STAT_N_FIELDS];
	if (!read_stat(f))
		return false;
	*out = f[STAT_RSS] * (double)sysconf(_SC_PAGESIZE);
	return true;
}

/* --- limits and descriptors
 * ----------------------------------------------------------------------- */

static bool limit_of(int resource, double *out)
{
	struct rlimit limit;
	if (getrlimit(resource, &limit) != 0)
		return false;
	/* procfs reads "unlimited" as the largest number. */
	*out = limit.rlim_cur == RLIM_INFINITY ? (double)UINT64_MAX : (double)limit.rlim_cur;
	return true;
}

static bool max_fds(double *out)
{
	return limit_of(RLIMIT_NOFILE, out);
}

static bool max_virtual_bytes(double *out)
{
	return limit_of(RLIMIT_AS, out);
}

static bool open_fds(double *out)
{
	DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		return false;
	double n = -1; /* the one that is open for looking */
	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	*out = n;
	return true;
}

/* --- network
 * -------------------------------------------------------------------------------------- */

/* /proc/self/net/netstat: a line of names, then a line of values, each behind "IpExt:". */
static bool netstat(const char *name, double *out)
{
	struct buf text auto_done(buf_done) = BUF_INIT(PROC_FILE_MAX_BYTES);
	static const struct str prefix = {"IpExt:", 6};

	if (!read_proc("/proc/self/net/netstat", &text))
		return false;
	struct str s = buf_str(&text), names, values, name_word, value_word;
	size_t at = str_find(s, prefix);
	s = str_split(str_skip(s, at), '\n', &names);
	str_split(s, '\n', &values);
	while (names.n && values.n) {
		int64_t value;
		names = str_split(names, ' ', &name_word);
		values = str_split(values, ' ', &value_word);
		if (str_is(name_word, name) && str_to_i64(value_word, &value)) {
			*out = (double)value;
			return true;
		}
	}
	return false;
}

static bool received_bytes(double *out)
{
	return netstat("InOctets", out);
}

static bool sent_bytes(double *out)
{
	return netstat("OutOctets", out);
}

/* --- malloc
 * --------------------------------------------------------------------------------------- */

static bool heap_used(double *out)
{
	struct mallinfo2 info = mallinfo2();
	*out = (double)(info.uordblks + info.hblkhd);
	return true;
}

static bool heap_size(double *out)
{
	struct mallinfo2 info = mallinfo2();
	*out = (double)(info.arena + info.hblkhd);
	return true;
}

static bool heap_idle(double *out)
{
	*out = (double)mallinfo2().fordblks;
	return true;
}

/* --- the table
 * ------------------------------------------------------------------------------------ */

typedef bool read_fn(double *out);

static const struct process_metric {
	const char *name, *help;
	enum metric_type type;
	read_fn *read;
} table[] = {
    {"process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
     METRIC_COUNTER, cpu_seconds},
    {"process_open_fds", "Number of open file descriptors.", METRIC_GAUGE, open_fds},
    {"process_max_fds", "Maximum number of open file descriptors.", METRIC_GAUGE, max_fds},
    {"process_virtual_memory_bytes", "Virtual memory size in bytes.", METRIC_GAUGE, virtual_bytes},
    {"process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.",
     METRIC_GAUGE, max_virtual_bytes},
    {"process_resident_memory_bytes", "Resident memory size in bytes.", METRIC_GAUGE,
     resident_bytes},
    {"process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
     METRIC_GAUGE, start_time},
    {"process_network_receive_bytes_total",
     "Number of bytes received by the process over the network.", METRIC_COUNTER, received_bytes},
    {"process_network_transmit_bytes_total",
     "Number of bytes sent by the process over the network.", METRIC_COUNTER, sent_bytes},
    {"go_goroutines", "Number of threads that currently exist.", METRIC_GAUGE, n_threads},
    {"go_threads", "Number of OS threads that currently exist.", METRIC_GAUGE, n_threads},
    {"go_memstats_alloc_bytes", "Number of bytes allocated in heap and currently in use.",
     METRIC_GAUGE, heap_used},
    {"go_memstats_heap_alloc_bytes", "Number of heap bytes allocated and currently in use.",
     METRIC_GAUGE, heap_used},
    {"go_memstats_heap_inuse_bytes", "Number of heap bytes that are in use.", METRIC_GAUGE,
     heap_used},
    {"go_memstats_heap_idle_bytes", "Number of heap bytes waiting to be used.", METRIC_GAUGE,
     heap_idle},
    {"go_memstats_heap_sys_bytes", "Number of heap bytes obtained from system.", METRIC_GAUGE,
     heap_size},
    {"go_memstats_sys_bytes", "Number of bytes obtained from system.", METRIC_GAUGE, heap_size},
};

static void emit(struct metric_sink *sink, void *arg)
{
	const struct process_metric *metric = arg;
	double value;

	if (metric->read(&value))
		metric_emit_plain(sink, value);
}

static void register_build_info(struct metrics *m)
{
	struct family *info = metrics_gauges(
	    m, "thanos_build_info",
	    "A metric with a constant '1' value labeled by version, revision, branch, goversion "
	    "from which thanos was built, and the goos and goarch for the build.",
	    "version", "revision", "branch", "goversion", "goos", "goarch", "tags");
	const char *slash = strchr(version_platform(), '/');

	gauge_set(gauge_at(info, version_string(), version_revision(), version_branch(),
			   version_compiler(), "linux", slash + 1, "athanor"),
		  1);
}

void process_metrics_register(struct metrics *m)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct metric_spec spec = {
		    .name = table[i].name,
		    .help = table[i].help,
		    .type = table[i].type,
		};
		metrics_callback(m, &spec, emit, (void *)&table[i]);
	}
	gauge_set(
	    gauge_at(metrics_gauges(m, "go_info", "Information about the environment.", "version"),
		     version_compiler()),
	    1);
	register_build_info(m);
}
