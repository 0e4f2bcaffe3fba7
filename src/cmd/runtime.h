/* runtime.h - what every command shares: logger, metrics, signals, and a group of actors that live
 * and die together.
 *
 *	static bool query_run(struct runtime *rt, const void *options, struct err *err)
 *	{
 *		struct server *s auto_free(server_free) = server_new(options, err);
 *		if (!s)
 *			return false;
 *		runtime_add(rt, &(struct actor){"http", server_run, server_stop, s});
 *		return runtime_run(rt, err);
 *	}
 *
 * The first actor that returns ends all of them; so do SIGINT and SIGTERM, without a failure. The
 * command's parts are taken down by its own frame, after all actors have ended.
 */
#ifndef CMD_RUNTIME_H
#define CMD_RUNTIME_H

#include "base/ctx.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/metric.h"

struct command;
struct global_flags;

/* Runs in a thread of its own until `ctx` is done or `stop` was called. */
struct actor {
	const char *name; /* of the thread, and in the log */
	bool (*run)(void *arg, struct ctx *ctx, struct err *err);
	void (*stop)(void *arg); /* from another thread, once; may be NULL */
	void *arg;
};

typedef void reload_fn(void *arg);

struct runtime_group;

struct runtime {
	const char *command;
	struct logger *logger;
	struct metrics *metrics; /* with the process' own */
	struct ctx *ctx;         /* done when the command shall end; parent of all its work */
	struct flags *flags;     /* for /api/v1/status/flags, and to ask what was given */
	int64_t start_ms;
	double memory_ratio; /* of the memory there is, for budgets that no flag sets */
	struct runtime_group *group;
};

/* The flags outlive the runtime. Call before any thread is started: it blocks the signals it
 * waits for. Fails when the logger cannot be had. */
bool runtime_init(struct runtime *rt, const char *command, const struct global_flags *global,
		  struct flags *flags, struct err *err);
void runtime_done(struct runtime *rt);

/* Before runtime_run(). */
void runtime_add(struct runtime *rt, const struct actor *actor);
/* Called in the main thread for every SIGHUP; before runtime_run(). */
void runtime_on_reload(struct runtime *rt, reload_fn *fn, void *arg);

/* Starts the actors in order, waits for the first to end or for a signal, stops them in reverse
 * order and waits for all. The error is that of the first that failed before anything was
 * stopped. */
bool runtime_run(struct runtime *rt, struct err *err);
bool runtime_was_run(const struct runtime *rt);

#endif
