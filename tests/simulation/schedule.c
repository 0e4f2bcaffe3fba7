#include "tests/simulation/schedule.h"

#include <stdio.h>
#include <stdlib.h>

void schedule_init(struct schedule *s, uint64_t seed, int64_t now_ms)
{
	*s = (struct schedule){0};
	fake_clock_init(&s->clock, now_ms);
	rand_seed(&s->rand, seed);
	pthread_mutex_init(&s->mu, NULL);
	pthread_cond_init(&s->all_done, NULL);
}

void schedule_done(struct schedule *s)
{
	pthread_mutex_destroy(&s->mu);
	pthread_cond_destroy(&s->all_done);
}

struct actor *schedule_add(struct schedule *s, const char *name,
			   void (*body)(struct actor *a, void *arg), void *arg)
{
	if (s->n_actors == MAX_ACTORS)
		abort();
	struct actor *a = &s->actors[s->n_actors++];

	*a = (struct actor){.schedule = s, .body = body, .arg = arg, .wakes_ms = s->clock.now_ms};
	snprintf(a->name, sizeof(a->name), "%s", name);
	pthread_cond_init(&a->turn, NULL);
	return a;
}

/* One of those that are awake; when all sleep, time goes on until one is. NULL: all are done. */
static struct actor *draw(struct schedule *s)
{
	struct actor *awake[MAX_ACTORS], *first = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_actors; i++) {
		struct actor *a = &s->actors[i];
		if (a->is_done)
			continue;
		if (!first || a->wakes_ms < first->wakes_ms)
			first = a;
		if (a->wakes_ms <= s->clock.now_ms)
			awake[n++] = a;
	}
	if (n > 0)
		return awake[rand_below(&s->rand, n)];
	if (first)
		s->clock.now_ms = first->wakes_ms;
	return first;
}

/* With mu held. */
static void hand_on(struct schedule *s)
{
	s->running = draw(s);
	if (s->running)
		pthread_cond_signal(&s->running->turn);
	else
		pthread_cond_signal(&s->all_done);
}

static void wait_for_turn(struct actor *a)
{
	while (a->schedule->running != a)
		pthread_cond_wait(&a->turn, &a->schedule->mu);
}

void schedule_sleep(struct actor *a, int64_t ms)
{
	struct schedule *s = a->schedule;

	pthread_mutex_lock(&s->mu);
	a->wakes_ms = s->clock.now_ms + ms;
	hand_on(s);
	wait_for_turn(a);
	pthread_mutex_unlock(&s->mu);
}

void schedule_pass(struct actor *a)
{
	a->schedule->clock.now_ms++;
	schedule_sleep(a, 0);
}

static void *run_actor(void *arg)
{
	struct actor *a = arg;
	struct schedule *s = a->schedule;

	pthread_mutex_lock(&s->mu);
	wait_for_turn(a);
	pthread_mutex_unlock(&s->mu);
	a->body(a, a->arg);
	pthread_mutex_lock(&s->mu);
	a->is_done = true;
	hand_on(s);
	pthread_mutex_unlock(&s->mu);
	return NULL;
}

void schedule_run(struct schedule *s)
{
	for (unsigned i = 0; i < s->n_actors; i++)
		if (pthread_create(&s->actors[i].thread, NULL, run_actor, &s->actors[i]) != 0)
			abort();
	pthread_mutex_lock(&s->mu);
	hand_on(s);
	while (s->running)
		pthread_cond_wait(&s->all_done, &s->mu);
	pthread_mutex_unlock(&s->mu);
	for (unsigned i = 0; i < s->n_actors; i++) {
		pthread_join(s->actors[i].thread, NULL);
		pthread_cond_destroy(&s->actors[i].turn);
	}
	s->n_actors = 0;
}
