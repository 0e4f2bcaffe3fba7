#include "base/clock.h"

#include <time.h>

static int64_t read_ns(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int64_t system_wall_ms(struct clock *c)
{
	(void)c;
	return read_ns(CLOCK_REALTIME) / 1000000;
}

static int64_t system_monotonic_ns(struct clock *c)
{
	(void)c;
	return read_ns(CLOCK_MONOTONIC);
}

struct clock clock_system = {system_wall_ms, system_monotonic_ns};

static int64_t fake_wall_ms(struct clock *c)
{
	return __atomic_load_n(&((struct fake_clock *)c)->now_ms, __ATOMIC_SEQ_CST);
}

static int64_t fake_monotonic_ns(struct clock *c)
{
	return fake_wall_ms(c) * 1000000;
}

void fake_clock_init(struct fake_clock *c, int64_t now_ms)
{
	*c = (struct fake_clock){{fake_wall_ms, fake_monotonic_ns}, now_ms};
}

void fake_clock_advance(struct fake_clock *c, int64_t by_ms)
{
	__atomic_add_fetch(&c->now_ms, by_ms, __ATOMIC_SEQ_CST);
}
