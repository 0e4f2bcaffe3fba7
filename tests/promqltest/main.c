/* promqltest - runs PromQL test scripts: promqltest [-v] FILE...
 *
 * Prints a line per file, "name passed/total", and with -v the evals that fail. Succeeds when all
 * pass.
 */
#include "base/fs.h"
#include "tests/lib/stored_samples.h"
#include "tests/promqltest/run.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRIPT_MAX_BYTES = 16 << 20 };

struct tally {
	size_t passed;
	size_t total;
};

/* Of the same series twice in a load, the last line counts. */
static bool is_replaced(const struct load *load, size_t i)
{
	for (size_t k = i + 1; k < load->lines.n; k++)
		if (labels_eq(load->lines.v[i].labels, load->lines.v[k].labels))
			return true;
	return false;
}

static const struct start_times *find_starts(const struct load *load, struct labels labels)
{
	for (size_t i = 0; i < load->starts.n; i++)
		if (labels_eq(load->starts.v[i].labels, labels))
			return &load->starts.v[i];
	return NULL;
}

static int64_t start_ms(const struct start_times *starts, size_t position, int64_t t_ms)
{
	if (!starts || position >= starts->offsets_ms.n ||
	    starts->offsets_ms.v[position] == START_UNKNOWN)
		return 0;
	return t_ms + starts->offsets_ms.v[position];
}

static bool load(struct memory_queryable *mq, const struct load *load, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	for (size_t i = 0; i < load->lines.n; i++) {
		const struct series_line *line = &load->lines.v[i];
		struct samples s = {0};
		if (is_replaced(load, i))
			continue;
		const struct start_times *starts = find_starts(load, line->labels);
		samples_of_points(a, line, load->step_ms, &s);
		if (starts)
			s.st_ms = ARENA_ARRAY(a, int64_t, s.cap);
		for (size_t k = 0; k < s.n && starts; k++)
			s.st_ms[k] =
			    start_ms(starts, (size_t)(s.t_ms[k] / load->step_ms), s.t_ms[k]);
		if (s.n && !memory_queryable_add(mq, line->labels, &s))
			return err_set(err, ERR_INVALID, "a sample that is not newer");
	}
	return true;
}

static bool run_command(const struct command *c, struct memory_queryable **mq, const char *name,
			bool is_verbose, struct tally *t, struct err *err)
{
	struct err failure = ERR_INIT;

	switch (c->kind) {
	case COMMAND_CLEAR:
		memory_queryable_free(*mq);
		*mq = memory_queryable_new();
		return true;
	case COMMAND_LOAD:
		return load(*mq, &c->load, err) || err_wrap(err, "line %zu", c->line);
	case COMMAND_EVAL:
		break;
	}
	bool passed = eval_run(&c->eval, memory_queryable(*mq), &failure);
	t->total++;
	t->passed += passed;
	if (!passed && is_verbose)
		printf("%s:%zu: %.*s\n\t%s\n", name, c->line, STR_FMT(c->eval.expr), failure.msg);
	return true;
}

static bool run_file(const char *path, bool is_verbose, struct tally *t, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(SCRIPT_MAX_BYTES);
	struct script script = {0};
	char *name = basename(arena_cstr(a, str_of(path)));

	if (!fs_read(path, &text, err) || !script_parse(a, buf_str(&text), &script, err))
		return err_wrap(err, "%s", name);
	struct memory_queryable *mq = memory_queryable_new();
	bool ok = true;
	for (size_t i = 0; i < script.n && ok; i++)
		ok = run_command(&script.v[i], &mq, name, is_verbose, t, err);
	memory_queryable_free(mq);
	printf("%s %zu/%zu\n", name, t->passed, t->total);
	return ok || err_wrap(err, "%s", name);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct tally all = {0};
	bool is_verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	bool ok = true;

	for (int i = is_verbose ? 2 : 1; i < argc; i++) {
		struct tally t = {0};
		if (!run_file(argv[i], is_verbose, &t, &err)) {
			fprintf(stderr, "%s\n", err.msg);
			ok = false;
		}
		all.passed += t.passed;
		all.total += t.total;
	}
	printf("all %zu/%zu\n", all.passed, all.total);
	return ok && all.passed == all.total ? EXIT_SUCCESS : EXIT_FAILURE;
}
