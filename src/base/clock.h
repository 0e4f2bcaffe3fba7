/* clock.h - time as a plug: production reads the system, tests set it.
 *
 * Wall time may jump; deadlines and durations use monotonic time.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
	int64_t (*wall_ms)(struct clock *c);      /* since 1970, UTC */
	int64_t (*monotonic_ns)(struct clock *c); /* since some fixed moment */
};

extern struct clock clock_system;

static inline int64_t clock_wall_ms(struct clock *c)
{
	return c->wall_ms(c);
}

static inline int64_t clock_monotonic_ns(struct clock *c)
{
	return c->monotonic_ns(c);
}

/* A clock that stands still until told otherwise, for tests. */
struct fake_clock {
	struct clock base; /* first, so that the two pointers convert */
	int64_t now_ms;
};

void fake_clock_init(struct fake_clock *c, int64_t now_ms);
void fake_clock_advance(struct fake_clock *c, int64_t by_ms);

#endif
