/* promqltest - runs PromQL test scripts: promqltest FILE...
 *
 * Prints each case that fails with what came of it and what was expected, a line per file,
 * "FILE: n passed, m failed", and the sum of all. Succeeds when there were no failures. A script
 * that cannot be read or loaded is a failure too, where it stops.
 */
#include "base/fs.h"
#include "tests/promqltest/run.h"
#include "tests/promqltest/storage.h"

#include <stdio.h>
#include <stdlib.h>

enum { SCRIPT_MAX_BYTES = 16 << 20, GOT_MAX_BYTES = 64 << 10 };

struct tally {
	size_t passed;
	size_t failed;
};

/* The lines below an eval, as they are written, less their margin. */
static void print_want(struct str body)
{
	struct str line;

	printf("    want:\n");
	if (body.n == 0)
		printf(GOT_INDENT "no series\n");
	while (body.n) {
		body = str_split(body, '\n', &line);
		printf(GOT_INDENT "%.*s\n", STR_FMT(str_trim(line, " \t\r")));
	}
}

static void run_eval(const struct command *c, struct storage *s, const char *path, struct tally *t)
{
	struct source src = storage_source(s);
	struct buf got auto_done(buf_done) = BUF_INIT(GOT_MAX_BYTES);
	struct err err = ERR_INIT;

	if (eval_run(&c->eval, &src, &got, &err)) {
		t->passed++;
		return;
	}
	t->failed++;
	printf("%s:%zu: %.*s\n    %s\n    got:\n%s", path, c->line, STR_FMT(c->eval.head), err.msg,
	       buf_cstr(&got));
	print_want(c->eval.body);
}

static bool run_command(const struct command *c, struct storage *s, const char *path,
			struct tally *t, struct err *err)
{
	switch (c->kind) {
	case COMMAND_CLEAR:
		storage_clear(s);
		return true;
	case COMMAND_LOAD:
		return storage_load(s, &c->load, err) || err_wrap(err, "line %zu", c->line);
	case COMMAND_STORE:
		return storage_order(s, &c->order, err) || err_wrap(err, "line %zu", c->line);
	case COMMAND_DEDUP:
		storage_set_dedup(s, c->dedup);
		return true;
	case COMMAND_PARTIAL_RESPONSE:
		storage_set_partial_response(s, c->partial_response);
		return true;
	case COMMAND_EVAL:
		run_eval(c, s, path, t);
		return true;
	}
	return false;
}

static bool run_script(const char *path, struct tally *t, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(SCRIPT_MAX_BYTES);
	struct script script = {0};

	if (!fs_read(path, &text, err) || !script_parse(a, buf_str(&text), &script, err))
		return false;
	struct storage *s auto_free(storage_free) = storage_new();
	for (size_t i = 0; i < script.n; i++)
		if (!run_command(&script.v[i], s, path, t, err))
			return false;
	return true;
}

static struct tally run_file(const char *path)
{
	struct tally t = {0};
	struct err err = ERR_INIT;

	if (!run_script(path, &t, &err)) {
		t.failed++;
		printf("%s: %s\n", path, err.msg);
	}
	printf("%s: %zu passed, %zu failed\n", path, t.passed, t.failed);
	return t;
}

int main(int argc, char **argv)
{
	struct tally all = {0};

	if (argc < 2) {
		fprintf(stderr, "usage: promqltest FILE...\n");
		return EXIT_FAILURE;
	}
	for (int i = 1; i < argc; i++) {
		struct tally t = run_file(argv[i]);
		all.passed += t.passed;
		all.failed += t.failed;
	}
	printf("%zu passed, %zu failed\n", all.passed, all.failed);
	return all.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
