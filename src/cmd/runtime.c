#include "cmd/runtime.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/vec.h"
#include "cmd/global_flags.h"
#include "telemetry/process_metrics.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct runner {
	struct actor actor;
	struct runtime *rt;
	pthread_t thread;
	bool started;
	bool ok;
	struct err err;
};

struct reloader {
	reload_fn *fn;
	void *arg;
};

struct runtime_group {
	VEC(struct runner *) runners;
	VEC(struct reloader) reloaders;
	int journal_fd; /* -1: none */
	int signal_fd;
	int ended_fd; /* an eventfd: an actor has ended */
	pthread_mutex_t mu;
	struct runner *first; /* guarded by mu; the first that ended */
	bool was_run;
};

/* --- beginning and end
 * ---------------------------------------------------------------------------- */

static bool open_logger(struct runtime *rt, const struct global_flags *global, struct err *err)
{
	struct logger_options options = {
	    .fd = STDERR_FILENO,
	    .level = (enum log_level)global->log_level,
	    .format = (enum log_format)global->log_format,
	    .debug_name = global->debug_name,
	};

	rt->group->journal_fd = -1;
	if (options.format == LOG_FORMAT_JOURNALD) {
		rt->group->journal_fd = log_open_journal(err);
		if (rt->group->journal_fd < 0)
			return err_wrap(err, "failed to create logger");
		options.fd = rt->group->journal_fd;
	}
	rt->logger = logger_new(&options);
	return true;
}

/* The signals are blocked everywhere and read from a descriptor. */
static bool open_signals(struct runtime_group *g, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	g->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	g->ended_fd = eventfd(0, EFD_CLOEXEC);
	if (g->signal_fd < 0 || g->ended_fd < 0)
		return err_set_errno(err, errno, "waiting for signals");
	return true;
}

/* What is left of the memory is for what no budget counts: buffers of the kernel, code, stacks. */
#define MEMORY_RATIO_DEFAULT 0.8

bool runtime_init(struct runtime *rt, const char *command, const struct global_flags *global,
		  struct flags *flags, struct err *err)
{
	*rt = (struct runtime){
	    .command = command,
	    .flags = flags,
	    .start_ms = clock_wall_ms(&clock_system),
	    .memory_ratio =
		global->auto_gomemlimit ? global->gomemlimit_ratio : MEMORY_RATIO_DEFAULT,
	    .group = NEW(struct runtime_group),
	};
	rt->group->signal_fd = rt->group->ended_fd = rt->group->journal_fd = -1;
	pthread_mutex_init(&rt->group->mu, NULL);
	rt->ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	rt->metrics = metrics_new();
	process_metrics_register(rt->metrics);
	return open_logger(rt, global, err) && open_signals(rt->group, err);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void runtime_done(struct runtime *rt)
{
	struct runtime_group *g = rt->group;

	for (size_t i = 0; i < g->runners.n; i++)
		free(g->runners.v[i]);
	vec_done(&g->runners);
	vec_done(&g->reloaders);
	ctx_free(rt->ctx);
	metrics_free(rt->metrics);
	logger_free(rt->logger);
	close_fd(g->signal_fd);
	close_fd(g->ended_fd);
	close_fd(g->journal_fd);
	pthread_mutex_destroy(&g->mu);
	free(g);
	*rt = (struct runtime){0};
}

void runtime_add(struct runtime *rt, const struct actor *actor)
{
	assert(!rt->group->was_run);
	struct runner *r = NEW(struct runner);
	r->actor = *actor;
	r->rt = rt;
	vec_push(&rt->group->runners, r);
}

void runtime_on_reload(struct runtime *rt, reload_fn *fn, void *arg)
{
	vec_push(&rt->group->reloaders, (struct reloader){fn, arg});
}

bool runtime_was_run(const struct runtime *rt)
{
	return rt->group->was_run;
}

/* --- actors
 * --------------------------------------------------------------------------------------- */

static void tell_ended(struct runner *r)
{
	struct runtime_group *g = r->rt->group;
	uint64_t one = 1;

	pthread_mutex_lock(&g->mu);
	if (!g->first)
		g->first = r;
	pthread_mutex_unlock(&g->mu);
	ssize_t ignored = write(g->ended_fd, &one, sizeof(one));
	(void)ignored;
}

static void *runner_main(void *arg)
{
	struct runner *r = arg;

	r->ok = r->actor.run(r->actor.arg, r->rt->ctx, &r->err);
	tell_ended(r);
	return NULL;
}

static bool start_all(struct runtime_group *g, struct err *err)
{
	for (size_t i = 0; i < g->runners.n; i++) {
		struct runner *r = g->runners.v[i];
		char name[16] = "";
		int rc = pthread_create(&r->thread, NULL, runner_main, r);
		if (rc != 0)
			return err_set_errno(err, rc, "starting %s", r->actor.name);
		r->started = true;
		strncpy(name, r->actor.name, sizeof(name) - 1);
		pthread_setname_np(r->thread, name);
	}
	return true;
}

static void stop_all(struct runtime *rt)
{
	struct runtime_group *g = rt->group;

	ctx_cancel(rt->ctx, ERR_CANCELED, "%s is shutting down", rt->command);
	for (size_t i = g->runners.n; i-- > 0;) {
		struct runner *r = g->runners.v[i];
		if (r->started && r->actor.stop)
			r->actor.stop(r->actor.arg);
	}
	for (size_t i = g->runners.n; i-- > 0;)
		if (g->runners.v[i]->started)
			pthread_join(g->runners.v[i]->thread, NULL);
}

/* --- signals
 * -------------------------------------------------------------------------------------- */

static const char *signal_text(uint32_t number)
{
	return number == SIGINT ? "interrupt" : number == SIGTERM ? "terminated" : "hangup";
}

static void reload(struct runtime *rt)
{
	struct runtime_group *g = rt->group;

	log_info(rt->logger, "caught signal. Reloading.", LOG_STR("signal", signal_text(SIGHUP)));
	for (size_t i = 0; i < g->reloaders.n; i++)
		g->reloaders.v[i].fn(g->reloaders.v[i].arg);
	log_info(rt->logger, "reload dispatched.");
}

/* True when it asks the command to end. */
static bool handle_signal(struct runtime *rt)
{
	struct signalfd_siginfo info;

	if (read(rt->group->signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo == SIGHUP) {
		reload(rt);
		return false;
	}
	log_info(rt->logger, "caught signal. Exiting.",
		 LOG_STR("signal", signal_text(info.ssi_signo)));
	return true;
}

/* Until a signal ends the command, or an actor has ended. */
static void wait_for_end(struct runtime *rt)
{
	struct pollfd fds[] = {
	    {.fd = rt->group->signal_fd, .events = POLLIN},
	    {.fd = rt->group->ended_fd, .events = POLLIN},
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue; /* EINTR: the debugger's signals */
		if (fds[1].revents || (fds[0].revents && handle_signal(rt)))
			return;
	}
}

bool runtime_run(struct runtime *rt, struct err *err)
{
	struct runtime_group *g = rt->group;

	assert(!g->was_run);
	g->was_run = true;
	if (!start_all(g, err)) {
		stop_all(rt);
		return false;
	}
	wait_for_end(rt);
	pthread_mutex_lock(&g->mu);
	const struct runner *first = g->first;
	pthread_mutex_unlock(&g->mu);
	stop_all(rt);
	if (!first || first->ok)
		return true;
	return err_set(err, first->err.code, "%s", first->err.msg);
}
