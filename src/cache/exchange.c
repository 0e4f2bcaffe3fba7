#include "cache/exchange.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/ctx_event.h"
#include "base/duration.h"

#include <poll.h>
#include <stdlib.h>

enum { RECEIVE_BYTES = 32 << 10 };

static bool is_running(const struct exchange *e)
{
	return e->state == EXCHANGE_OPENING || e->state == EXCHANGE_TALKING;
}

static void start_time(struct exchange *e, int64_t timeout_ms)
{
	int64_t now_ns = clock_monotonic_ns(&clock_system);

	if (timeout_ms <= 0 ||
	    __builtin_add_overflow(now_ns, timeout_ms * NS_PER_MS, &e->deadline_ns))
		e->deadline_ns = INT64_MAX;
}

static void read_some(struct exchange *e)
{
	char bytes[RECEIVE_BYTES];
	size_t n = 0;

	while (e->state == EXCHANGE_TALKING) {
		enum wire_result r = wire_receive(e->wire, bytes, sizeof(bytes), &n, &e->err);
		if (r == WIRE_AGAIN)
			return;
		if (r == WIRE_FAILED) {
			e->state = EXCHANGE_FAILED;
			return;
		}
		switch (e->read(e->arg, str_from(bytes, n), &e->err)) {
		case ANSWER_MORE:
			break;
		case ANSWER_PART:
			start_time(e, e->timeout_ms);
			break;
		case ANSWER_WHOLE:
			e->state = EXCHANGE_DONE;
			break;
		case ANSWER_BROKEN:
			e->state = EXCHANGE_FAILED;
			break;
		}
	}
}

/* As far as it goes without waiting. */
static void advance(struct exchange *e)
{
	if (e->state == EXCHANGE_OPENING) {
		enum wire_result r = wire_finish_opening(e->wire, &e->err);
		if (r == WIRE_AGAIN)
			return;
		e->state = r == WIRE_DONE ? EXCHANGE_TALKING : EXCHANGE_FAILED;
		if (e->open_timeout_ms)
			start_time(e, e->timeout_ms);
	}
	if (e->state == EXCHANGE_TALKING && e->request.n &&
	    wire_send(e->wire, &e->request, &e->err) == WIRE_FAILED)
		e->state = EXCHANGE_FAILED;
	read_some(e);
}

static void fail(struct exchange *e, const struct err *why)
{
	e->err = *why;
	e->state = EXCHANGE_FAILED;
}

static void fail_if_late(struct exchange *e, int64_t now_ns)
{
	struct err why;

	if (now_ns < e->deadline_ns)
		return;
	err_set(&why, ERR_TIMEOUT, "no %s within the time limit",
		e->state == EXCHANGE_OPENING ? "connection" : "answer");
	fail(e, &why);
}

static int64_t nearest_deadline(const struct exchange *list, size_t n)
{
	int64_t nearest_ns = INT64_MAX;

	for (size_t i = 0; i < n; i++) {
		if (is_running(&list[i]) && list[i].deadline_ns < nearest_ns)
			nearest_ns = list[i].deadline_ns;
	}
	return nearest_ns;
}

/* What is polled for; slots of exchanges that have ended are skipped by poll(). */
static bool fill(const struct exchange *list, size_t n, struct pollfd *polled)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const struct exchange *e = &list[i];
		bool runs = is_running(e);
		polled[i] = (struct pollfd){
		    .fd = runs ? wire_fd(e->wire) : -1,
		    .events = runs ? wire_events(e->wire) : 0,
		};
		any = any || runs;
	}
	return any;
}

static void wait_for_any(const struct exchange *list, size_t n, struct ctx *ctx,
			 struct pollfd *polled)
{
	int64_t nearest_ns = nearest_deadline(list, n);
	int64_t left_ms = INT64_MAX;

	if (nearest_ns != INT64_MAX)
		left_ms = (nearest_ns - clock_monotonic_ns(&clock_system)) / NS_PER_MS + 1;
	if (poll(polled, n + 1, ctx_poll_timeout_ms(ctx, left_ms)) > 0)
		return;
	for (size_t i = 0; i < n; i++)
		polled[i].revents = 0;
}

static void turn(struct exchange *list, size_t n, struct ctx *ctx, struct pollfd *polled)
{
	struct err why = ERR_INIT;

	wait_for_any(list, n, ctx, polled);
	bool goes_on = ctx_check(ctx, &why);
	int64_t now_ns = clock_monotonic_ns(&clock_system);
	for (size_t i = 0; i < n; i++) {
		struct exchange *e = &list[i];
		if (is_running(e) && polled[i].revents)
			advance(e);
		if (is_running(e))
			fail_if_late(e, now_ns);
		if (is_running(e) && !goes_on)
			fail(e, &why);
	}
}

void exchanges_run(struct exchange *list, size_t n, struct ctx *ctx)
{
	struct pollfd *polled auto_free(mem_free) = xcalloc(n + 1, sizeof(*polled));
	struct ctx_event canceled;

	for (size_t i = 0; i < n; i++) {
		start_time(&list[i],
			   list[i].open_timeout_ms ? list[i].open_timeout_ms : list[i].timeout_ms);
		advance(&list[i]);
	}
	ctx_event_start(&canceled, ctx);
	polled[n] = (struct pollfd){.fd = canceled.fd, .events = POLLIN};
	while (fill(list, n, polled))
		turn(list, n, ctx, polled);
	ctx_event_stop(&canceled);
}
