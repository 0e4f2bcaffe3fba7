#include "cache/redis_answer.h"

bool redis_error(struct str text, struct err *err)
{
	char shown[160];
	size_t n = text.n < sizeof(shown) ? text.n : sizeof(shown);

	for (size_t i = 0; i < n; i++)
		shown[i] = text.p[i] >= ' ' && text.p[i] < 0x7f ? text.p[i] : '?';
	return err_set(err, ERR_INTERNAL, "the server answered \"%.*s\"", (int)n, shown);
}

static bool unexpected(struct err *err)
{
	return err_set(err, ERR_CORRUPT, "the answer is not of the kind that was asked for");
}

static bool is_whole(const struct redis_answer *r)
{
	return r->n_plain == 0 && r->in_array == 0 && r->next == r->n_values;
}

static size_t batch_of(const struct redis_answer *r)
{
	size_t left = r->n_values - r->next;

	return left < r->batch_size ? left : r->batch_size;
}

static void note_failure(struct redis_answer *r, struct str text)
{
	r->n_failed++;
	redis_error(text, &r->why);
}

static bool take_plain(struct redis_answer *r, const struct resp_item *item, struct err *err)
{
	bool is_greeting = r->n_greetings > 0;

	r->n_plain--;
	r->n_greetings -= is_greeting;
	if (item->type == RESP_ARRAY)
		return unexpected(err);
	if (item->type != RESP_ERROR)
		return true;
	if (is_greeting)
		return redis_error(item->text, err);
	note_failure(r, item->text);
	return true;
}

/* The head of an MGET's answer. */
static bool take_array(struct redis_answer *r, const struct resp_item *item, struct err *err)
{
	size_t n = batch_of(r);

	if (item->type == RESP_ERROR) {
		note_failure(r, item->text);
		r->next += n;
		return true;
	}
	if (item->type == RESP_NIL) { /* of what is not known at all */
		r->next += n;
		return true;
	}
	r->in_array = n;
	return (item->type == RESP_ARRAY && item->number == (int64_t)n) || unexpected(err);
}

static bool take_value(struct redis_answer *r, const struct resp_item *item, struct err *err)
{
	if (item->type != RESP_BULK && item->type != RESP_NIL)
		return unexpected(err);
	r->values[r->next++] = item->type == RESP_BULK ? item->text : (struct str){0};
	r->in_array--;
	return true;
}

static bool take_item(struct redis_answer *r, const struct resp_item *item, struct err *err)
{
	return r->n_plain    ? take_plain(r, item, err)
	       : r->in_array ? take_value(r, item, err)
			     : take_array(r, item, err);
}

enum answer_progress redis_answer_read(struct redis_answer *r, struct str in, struct err *err)
{
	enum answer_progress progress = ANSWER_MORE;
	struct resp_item item;

	while (in.n) {
		if (is_whole(r)) {
			err_set(err, ERR_CORRUPT, "bytes behind the end of the answer");
			return ANSWER_BROKEN;
		}
		enum read_result result = resp_read(&r->reader, &in, r->a, &item, err);
		if (result == READ_BROKEN)
			return ANSWER_BROKEN;
		if (result == READ_MORE)
			break;
		if (!take_item(r, &item, err))
			return ANSWER_BROKEN;
		if (r->in_array == 0)
			progress = ANSWER_PART;
	}
	return is_whole(r) ? ANSWER_WHOLE : progress;
}
