/* measure.h - what the programs of this folder read off the machine: time, and what a process
 * used of it, here or elsewhere. Included by each once; Linux only, as /proc is.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "base/clock.h"
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static inline double now_s(void)
{
	return (double)clock_monotonic_ns(&clock_system) * 1e-9;
}

static inline void die(const struct err *err)
{
	fprintf(stderr, "%s\n", err->msg);
	exit(1);
}

/* User and system time of all its threads, or 0 when it is gone. */
static inline double process_cpu_s(pid_t pid)
{
	clockid_t clock;
	struct timespec t;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) < 0)
		return 0;
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A line of /proc/PID/status that counts kB, as "VmHWM" (peak) or "VmRSS" (now), in MB. */
static inline double process_memory_mb(pid_t pid, const char *which)
{
	char path[64], line[256];
	double kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, which, strlen(which)) == 0 && line[strlen(which)] == ':')
			kb = atof(line + strlen(which) + 1);
	fclose(f);
	return kb / 1024;
}

/* From now on this process' "VmHWM" is its peak since now. */
static inline void process_reset_peak(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "we");

	if (!f)
		return;
	fputs("5", f);
	fclose(f);
}

static inline int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts them. */
static inline double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_size);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

#endif
