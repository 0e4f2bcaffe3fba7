#include "cache/memcached_answer.h"

enum { KEY_MAX_BYTES = 250 };

bool memcached_key_is_legal(struct str key)
{
	for (size_t i = 0; i < key.n; i++) {
		if ((unsigned char)key.p[i] <= ' ' || key.p[i] == 0x7f)
			return false;
	}
	return key.n > 0 && key.n <= KEY_MAX_BYTES;
}

static bool is_error_line(struct str line)
{
	return str_is(line, "ERROR") || str_starts(line, STR("CLIENT_ERROR")) ||
	       str_starts(line, STR("SERVER_ERROR"));
}

/* Text of a server in a message of ours: short, and without bytes that would not print. */
static bool say(struct err *err, enum err_code code, const char *what, struct str line)
{
	char text[128];
	size_t n = line.n < sizeof(text) ? line.n : sizeof(text);

	for (size_t i = 0; i < n; i++)
		text[i] = line.p[i] >= ' ' && line.p[i] < 0x7f ? line.p[i] : '?';
	return err_set(err, code, "%s \"%.*s\"", what, (int)n, text);
}

static bool unexpected(struct err *err, struct str line)
{
	return is_error_line(line) ? say(err, ERR_INTERNAL, "the server answered", line)
				   : say(err, ERR_CORRUPT, "unexpected answer", line);
}

/* --- get -------------------------------------------------------------------------------------- */

/* Servers answer in the order of the keys, and leave out what they do not have. */
static bool find_key(struct memcached_get *g, struct str key)
{
	for (size_t i = 0; i < g->n_keys; i++) {
		size_t at = (g->next_key + i) % g->n_keys;
		if (!g->values[at].p && str_eq(g->keys[at], key)) {
			g->at = at;
			g->next_key = at + 1;
			return true;
		}
	}
	return false;
}

/* VALUE <key> <flags> <bytes> [<cas>] */
static bool start_value(struct memcached_get *g, struct str line, struct err *err)
{
	struct str key, flags, size, rest = str_skip(line, 6);
	uint64_t n;

	rest = str_split(rest, ' ', &key);
	rest = str_split(rest, ' ', &flags);
	str_split(rest, ' ', &size);
	if (!str_to_u64(size, &n))
		return unexpected(err, line);
	if (!find_key(g, key))
		return say(err, ERR_CORRUPT, "a value that was not asked for:", line);
	g->body = answer_room(g->a, n, err);
	g->n_body = (size_t)n;
	return g->body != NULL;
}

static void end_value(struct memcached_get *g)
{
	g->values[g->at] = str_from(g->body, g->n_body);
	g->body = NULL;
	g->n_hits++;
	g->n_hit_bytes += g->n_body;
}

static enum answer_progress read_line(struct memcached_get *g, struct str *in, struct err *err)
{
	struct str line;

	enum read_result r = answer_line(&g->reader, in, &line, err);
	if (r != READ_DONE)
		return r == READ_MORE ? ANSWER_MORE : ANSWER_BROKEN;
	if (str_is(line, "END"))
		return --g->n_commands ? ANSWER_PART : ANSWER_WHOLE;
	if (!str_starts(line, STR("VALUE ")))
		return unexpected(err, line) ? ANSWER_MORE : ANSWER_BROKEN;
	return start_value(g, line, err) ? ANSWER_MORE : ANSWER_BROKEN;
}

enum answer_progress memcached_get_read(struct memcached_get *g, struct str in, struct err *err)
{
	enum answer_progress progress = ANSWER_MORE;

	while (in.n) {
		if (progress == ANSWER_WHOLE) {
			err_set(err, ERR_CORRUPT, "bytes behind the end of the answer");
			return ANSWER_BROKEN;
		}
		if (!g->body) {
			enum answer_progress p = read_line(g, &in, err);
			if (p == ANSWER_BROKEN)
				return p;
			progress = p == ANSWER_MORE ? progress : p;
			continue;
		}
		enum read_result r = answer_bytes(&g->reader, &in, g->body, g->n_body, err);
		if (r == READ_BROKEN)
			return ANSWER_BROKEN;
		if (r == READ_DONE)
			end_value(g);
	}
	return progress;
}

/* --- set -------------------------------------------------------------------------------------- */

enum answer_progress memcached_set_read(struct memcached_set *s, struct str in, struct err *err)
{
	struct str line;

	enum read_result r = answer_line(&s->reader, &in, &line, err);
	if (r == READ_MORE)
		return ANSWER_MORE;
	if (r == READ_BROKEN)
		return ANSWER_BROKEN;
	if (in.n) {
		err_set(err, ERR_CORRUPT, "bytes behind the end of the answer");
		return ANSWER_BROKEN;
	}
	s->is_stored = str_is(line, "STORED");
	if (s->is_stored)
		return ANSWER_WHOLE;
	unexpected(&s->why, line);
	/* After an error the value may still be on its way, and be read as commands. */
	*err = s->why;
	return is_error_line(line) && !str_starts(line, STR("SERVER_ERROR")) ? ANSWER_BROKEN
									     : ANSWER_WHOLE;
}
