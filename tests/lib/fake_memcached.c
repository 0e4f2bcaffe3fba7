#include "tests/lib/fake_memcached.h"

#include "base/buf.h"

#include <unistd.h>

static void put_value(struct buf *b, struct str key, struct str value, size_t announced)
{
	buf_printf(b, "VALUE %.*s 0 %zu\r\n", STR_FMT(key), announced);
	buf_append_str(b, value);
	buf_puts(b, "\r\n");
}

static void put_values(struct fake_memcached *m, struct str keys, struct buf *b)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str key, value;

	while (keys.n) {
		keys = str_split(keys, ' ', &key);
		m->n_keys++;
		if (!cache_get(fake_cache_as_cache(m->items), NULL, key, a, &value))
			continue;
		size_t announced = m->mood == MEMCACHED_BOASTS ? (size_t)1 << 62
				   : m->mood == MEMCACHED_LIES ? value.n - 1
							       : value.n;
		put_value(b, m->mood == MEMCACHED_MIXES_UP ? STR("other") : key, value, announced);
	}
	buf_puts(b, m->mood == MEMCACHED_TALKS_ON ? "END\r\nEND\r\n" : "END\r\n");
}

/* False: the connection ends. */
static bool say(struct fake_memcached *m, struct tcp_script_peer *p, struct str answer)
{
	enum fake_memcached_mood mood = m->mood;

	if (mood == MEMCACHED_IS_SILENT)
		return true;
	if (mood == MEMCACHED_HANGS_UP)
		return false;
	if (mood == MEMCACHED_TALKS_GARBAGE)
		answer = STR("HTTP/1.1 400 Bad Request\r\n\r\n");
	if (mood == MEMCACHED_IS_FULL)
		answer = STR("SERVER_ERROR out of memory storing object\r\n");
	if (mood == MEMCACHED_CUTS_ANSWERS)
		answer.n /= 2;
	size_t piece = mood == MEMCACHED_DRIPS ? 1 : answer.n;
	for (size_t i = 0; i < answer.n; i += piece)
		tcp_script_say(p, str_from(answer.p + i, piece));
	return mood != MEMCACHED_CUTS_ANSWERS;
}

static bool take_set(struct fake_memcached *m, struct tcp_script_peer *p, struct str rest)
{
	struct str key, flags, expiry;
	uint64_t n = 0;
	int64_t expiry_s = 0;
	char key_text[256];

	rest = str_split(rest, ' ', &key);
	rest = str_split(rest, ' ', &flags);
	rest = str_split(rest, ' ', &expiry);
	str_to_u64(rest, &n);
	str_to_i64(expiry, &expiry_s);
	memcpy(key_text, key.p, key.n);
	key = str_from(key_text, key.n);
	struct str value = tcp_script_bytes(p, (size_t)n + 2);
	if (!value.p)
		return false;
	m->last_expiry_s = expiry_s;
	if (m->mood == MEMCACHED_WORKS || m->mood == MEMCACHED_DRIPS)
		cache_set(fake_cache_as_cache(m->items), key, str_from(value.p, value.n - 2), 1);
	m->n_sets++;
	return say(m, p, STR("STORED\r\n"));
}

static bool take_get(struct fake_memcached *m, struct tcp_script_peer *p, struct str keys)
{
	struct buf b auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	m->n_gets++;
	put_values(m, keys, &b);
	return say(m, p, buf_str(&b));
}

static void serve(struct tcp_script_peer *p, void *arg)
{
	struct fake_memcached *m = arg;

	for (struct str line; (line = tcp_script_line(p)).p;) {
		bool goes_on = str_starts(line, STR("get "))   ? take_get(m, p, str_skip(line, 4))
			       : str_starts(line, STR("set ")) ? take_set(m, p, str_skip(line, 4))
							       : say(m, p, STR("ERROR\r\n"));
		if (!goes_on)
			return;
	}
}

void fake_memcached_start(struct fake_memcached *m)
{
	*m = (struct fake_memcached){.items = fake_cache_new("memcached")};
	tcp_script_start(&m->tcp, serve, m);
}

void fake_memcached_stop(struct fake_memcached *m)
{
	tcp_script_stop(&m->tcp);
	cache_close(fake_cache_as_cache(m->items));
}
