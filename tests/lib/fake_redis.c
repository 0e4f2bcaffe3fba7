#include "tests/lib/fake_redis.h"

#include "base/buf.h"

#include <strings.h>

enum { MAX_PARTS = 512 };

struct command {
	struct arena *a;
	struct str parts[MAX_PARTS];
	size_t n;
};

struct session {
	struct fake_redis *r;
	struct tcp_script_peer *p;
	bool is_known; /* has said who he is */
};

static bool read_command(struct tcp_script_peer *p, struct command *c)
{
	uint64_t n = 0, size = 0;

	struct str line = tcp_script_line(p);
	if (!line.p || line.p[0] != '*' || !str_to_u64(str_skip(line, 1), &n) || n > MAX_PARTS)
		return false;
	for (c->n = 0; c->n < n; c->n++) {
		line = tcp_script_line(p);
		if (!line.p || line.p[0] != '$' || !str_to_u64(str_skip(line, 1), &size))
			return false;
		struct str bytes = tcp_script_bytes(p, size + 2);
		if (!bytes.p)
			return false;
		c->parts[c->n] = arena_str(c->a, str_from(bytes.p, size));
	}
	return n > 0;
}

static bool is(const struct command *c, const char *name)
{
	return c->parts[0].n == strlen(name) &&
	       strncasecmp(c->parts[0].p, name, c->parts[0].n) == 0;
}

static void put_bulk(struct buf *b, struct str s)
{
	buf_printf(b, "$%zu\r\n", s.n);
	buf_append_str(b, s);
	buf_puts(b, "\r\n");
}

static void auth(struct session *s, const struct command *c, struct buf *b)
{
	const struct fake_redis *r = s->r;

	s->is_known = str_is(c->parts[c->n - 1], r->password) &&
		      (c->n == 2 || str_is(c->parts[1], r->username));
	buf_puts(b, s->is_known ? "+OK\r\n"
				: "-WRONGPASS invalid username-password pair or user is "
				  "disabled.\r\n");
}

static void mget(struct session *s, const struct command *c, struct buf *b)
{
	struct fake_redis *r = s->r;
	struct str value;

	r->n_gets++;
	r->n_keys += c->n - 1;
	buf_printf(b, "*%zu\r\n", c->n - 1 + (r->mood == REDIS_MISCOUNTS));
	for (size_t i = 1; i < c->n; i++) {
		if (!cache_get(fake_cache_as_cache(r->items), NULL, c->parts[i], c->a, &value))
			buf_puts(b, "$-1\r\n");
		else if (r->mood == REDIS_BOASTS)
			buf_puts(b, "$4611686018427387904\r\n");
		else
			put_bulk(b, value);
	}
}

static void set(struct session *s, const struct command *c, struct buf *b)
{
	struct fake_redis *r = s->r;
	int64_t ttl_s = 0;

	if (c->n == 5 && str_to_i64(c->parts[4], &ttl_s) && str_is(c->parts[3], "EX"))
		r->last_ttl_s = ttl_s;
	cache_set(fake_cache_as_cache(r->items), c->parts[1], c->parts[2], 1);
	r->n_sets++;
	buf_puts(b, "+OK\r\n");
}

static void sentinel(struct session *s, const struct command *c, struct buf *b)
{
	const char *host = s->r->master_host, *port = s->r->master_port;

	if (!host || c->n != 3 || !str_is(c->parts[2], "mymaster")) {
		buf_puts(b, "*-1\r\n");
		return;
	}
	buf_puts(b, "*2\r\n");
	put_bulk(b, str_of(host));
	put_bulk(b, str_of(port));
}

static void answer(struct session *s, const struct command *c, struct buf *b)
{
	if (is(c, "AUTH"))
		auth(s, c, b);
	else if (s->r->password && !s->is_known)
		buf_puts(b, "-NOAUTH Authentication required.\r\n");
	else if (s->r->mood == REDIS_IS_LOADING)
		buf_puts(b, "-LOADING Redis is loading the dataset in memory\r\n");
	else if (is(c, "MGET"))
		mget(s, c, b);
	else if (is(c, "SET"))
		set(s, c, b);
	else if (is(c, "SENTINEL"))
		sentinel(s, c, b);
	else if (is(c, "PING"))
		buf_puts(b, "+PONG\r\n");
	else if (is(c, "SELECT") && str_to_i64(c->parts[1], &(int64_t){0})) {
		s->r->last_db = c->parts[1].p[0] - '0';
		buf_puts(b, "+OK\r\n");
	} else if (is(c, "CLUSTER") && s->r->mood == REDIS_IS_CLUSTER)
		put_bulk(b, STR("cluster_state:ok\r\n"));
	else
		buf_puts(b, "-ERR unknown command or not supported here\r\n");
}

/* False: the connection ends. */
static bool say(struct session *s, struct str bytes)
{
	enum fake_redis_mood mood = s->r->mood;

	if (mood == REDIS_IS_SILENT)
		return true;
	if (mood == REDIS_HANGS_UP)
		return false;
	if (mood == REDIS_TALKS_GARBAGE)
		bytes = STR("HTTP/1.1 400 Bad Request\r\n\r\n");
	if (mood == REDIS_CUTS_ANSWERS)
		bytes.n /= 2;
	size_t piece = mood == REDIS_DRIPS ? 1 : bytes.n;
	for (size_t i = 0; i < bytes.n; i += piece)
		tcp_script_say(s->p, str_from(bytes.p + i, piece));
	return mood != REDIS_CUTS_ANSWERS;
}

static void serve(struct tcp_script_peer *p, void *arg)
{
	struct session s = {.r = arg, .p = p};

	for (bool goes_on = true; goes_on;) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct buf b auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		struct command c = {.a = a};
		if (!read_command(p, &c))
			return;
		answer(&s, &c, &b);
		if (s.r->mood == REDIS_TALKS_ON)
			buf_puts(&b, "+MORE\r\n");
		goes_on = say(&s, buf_str(&b));
	}
}

void fake_redis_start(struct fake_redis *r)
{
	*r = (struct fake_redis){.items = fake_cache_new("redis")};
	tcp_script_start(&r->tcp, serve, r);
}

void fake_redis_stop(struct fake_redis *r)
{
	tcp_script_stop(&r->tcp);
	cache_close(fake_cache_as_cache(r->items));
}
