#include "action/ignorecommand.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "action/answers.h"
#include "action/command.h"
#include "action/names.h"
#include "action/tags.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "config/duration.h"
#include "config/entry.h"
#include "config/value.h"

#define CACHE_COUNT 100
#define CACHE_SECONDS 300.0
#define QUESTIONS_PER_WAKE 64   /* that the cache may answer */

/* One failure that is asked about. */
struct question {
	struct question *next, *prev;   /* among those at work */
	struct ignorecommand *of;
	struct values values;
	struct addr addr;
	uint64_t cookie;
	struct names names;
	struct command *command;
	struct buf key;                 /* of the cache, once it is known */
	char *both;                     /* text and key, as they were asked */
};

struct ignorecommand {
	char *jail;
	char *text;             /* the command */
	char *key;              /* NULL: no cache */
	struct answers *answers;
	struct pool *pool;
	struct host *host;
	ignorecommand_done_fn *done;
	void *arg;
	struct event *turn;
	struct question *first, **last;   /* waiting */
	struct question *working;
	size_t waiting, running;
	size_t bytes;                     /* of those that wait */
	unsigned long refused;
};

static void
free_question(struct question *q)
{
	names_fini(&q->names);
	command_cancel(q->command);
	values_fini(&q->values);
	buf_fini(&q->key);
	free(q->both);
	free(q);
}

static void
answer(struct question *q, bool ignored, bool answered)
{
	struct ignorecommand *i = q->of;
	uint64_t cookie = q->cookie;

	*(q->prev != NULL ? &q->prev->next : &i->working) = q->next;
	if (q->next != NULL)
		q->next->prev = q->prev;
	i->running--;
	if (i->first != NULL)
		event_active(i->turn, 0, 0);
	free_question(q);
	i->done(cookie, ignored, answered, i->arg);
}

static void
done_cb(const struct command_result *result, void *arg)
{
	struct question *q = arg;
	bool answered = result->error == 0 && !result->timed_out &&
	    (result->code == 0 || result->code == 1);
	bool ignored = answered && result->code == 0;

	q->command = NULL;
	/* A failure too: it would most likely fail again. */
	if (q->of->answers != NULL && q->key.n > 0) {
		clock_tick();
		answers_set(q->of->answers, buf_span(&q->key), clock_boot(),
		    ignored);
	}
	answer(q, ignored, answered);
}

static void
expand(const struct question *q, const char *text, struct escape *out)
{
	const struct tags_context context = {
		.values = &q->values, .jail = q->of->jail,
		.family = q->addr.family == ADDR_V4 ? "inet4" :
		    q->addr.family == ADDR_V6 ? "inet6" : "None",
		.ip_host = q->names.of_addr, .fq_hostname = q->names.own,
	};

	tags_expand(span_of(text), &context, out);
}

/* The text and what stands for its variables, which it names. */
static void
make_key(struct question *q)
{
	struct escape e = { 0 };

	expand(q, q->of->key, &e);
	buf_add_span(&q->key, buf_span(&e.text));
	for (size_t i = 0; i < e.values.n; i++) {
		buf_addc(&q->key, '\0');
		buf_adds(&q->key, e.values.v[i]);
	}
	escape_fini(&e);
}

static void
execute(void *arg)
{
	const struct command_options options = { .one_is_success = true };
	struct question *q = arg;
	struct escape script = { 0 };
	bool ignored;

	if (q->of->answers != NULL) {
		make_key(q);
		clock_tick();
		if (answers_find(q->of->answers, buf_span(&q->key),
		    clock_boot(), &ignored)) {
			answer(q, ignored, true);
			return;
		}
	}
	expand(q, q->of->text, &script);
	q->command = command_start(q->of->pool, &script, &options, done_cb, q);
}

/* All tags whose names are needed. */
static char *
both_texts(const struct ignorecommand *i)
{
	struct buf both = { 0 };

	buf_addf(&both, "%s\n%s", i->text, i->key != NULL ? i->key : "");
	return buf_take(&both);
}

static void
next_question(struct ignorecommand *i)
{
	struct question *q = i->first;

	i->first = q->next;
	if (i->first == NULL)
		i->last = &i->first;
	i->waiting--;
	i->bytes -= values_size(&q->values);
	i->running++;
	q->next = i->working;
	if (q->next != NULL)
		q->next->prev = q;
	i->working = q;
	q->names = (struct names){
		.host = i->host, .addr = q->addr, .done = execute, .arg = q,
	};
	q->both = both_texts(i);
	names_find(&q->names, span_of(q->both));
}

static void
turn_cb(evutil_socket_t fd, short what, void *arg)
{
	struct ignorecommand *i = arg;

	(void)fd;
	(void)what;
	for (int n = 0; n < QUESTIONS_PER_WAKE; n++) {
		if (i->first == NULL ||
		    i->running >= IGNORECOMMAND_RUNNING_MAX)
			return;
		next_question(i);
	}
	event_active(i->turn, 0, 0);
}

int
ignorecommand_set_cache(struct ignorecommand *i, const char *key,
    int64_t count, double seconds)
{
	if (key != NULL && (key[0] == '\0' || count < 1 ||
		count > ANSWERS_MAX || !(seconds >= 0)))
		return -1;
	answers_free(i->answers);
	free(i->key);
	i->answers = key != NULL ? answers_new((size_t)count, seconds) : NULL;
	i->key = key != NULL ? xstrdup(key) : NULL;
	return 0;
}

/* "key=…, max-count=…, max-time=…" */
static int
read_cache(struct ignorecommand *i, const char *text, struct buf *why)
{
	struct buf entry_text = { 0 };
	struct entry e;
	const char *key, *count_text, *time_text;
	int64_t count = CACHE_COUNT;
	double seconds = CACHE_SECONDS;
	int result = -1;

	buf_addf(&entry_text, "cache[%s]", text);
	if (entry_parse(&e, buf_span(&entry_text), why) != 0) {
		buf_fini(&entry_text);
		return -1;
	}
	key = properties_get(&e.options, "key");
	count_text = properties_get(&e.options, "max-count");
	time_text = properties_get(&e.options, "max-time");
	if (key == NULL || key[0] == '\0') {
		buf_adds(why, "ignorecache: it has no key=");
	} else if (count_text != NULL &&
	    value_int(count_text, 1, ANSWERS_MAX, &count) != 0) {
		buf_addf(why, "ignorecache: max-count: '%s' is not within "
		    "1..%d", count_text, ANSWERS_MAX);
	} else if (time_text != NULL &&
	    (duration_parse(span_of(time_text), &seconds) != 0 ||
	    seconds < 0)) {
		buf_addf(why, "ignorecache: max-time: '%s' is not a duration",
		    time_text);
	} else {
		result = ignorecommand_set_cache(i, key, count, seconds);
	}
	entry_fini(&e);
	buf_fini(&entry_text);
	return result;
}

struct ignorecommand *
ignorecommand_new(const struct ignorecommand_options *options,
    struct buf *why)
{
	struct ignorecommand *i = xcalloc(1, sizeof(*i));

	i->last = &i->first;
	i->turn = event_new(pool_base(options->pool), -1, 0, turn_cb, i);
	if (i->turn == NULL)
		log_fatal("gaol.action", "no memory for an event");
	if (options->cache != NULL && options->cache[0] != '\0' &&
	    read_cache(i, options->cache, why) != 0) {
		ignorecommand_free(i);
		return NULL;
	}
	i->jail = xstrdup(options->jail);
	i->text = xstrdup(options->command);
	i->pool = options->pool;
	i->host = options->host;
	i->done = options->done;
	i->arg = options->arg;
	return i;
}

void
ignorecommand_free(struct ignorecommand *i)
{
	struct question *q;

	if (i == NULL)
		return;
	while ((q = i->first) != NULL) {
		i->first = q->next;
		free_question(q);
	}
	while ((q = i->working) != NULL) {
		i->working = q->next;
		free_question(q);
	}
	answers_free(i->answers);
	event_free(i->turn);
	free(i->jail);
	free(i->text);
	free(i->key);
	free(i);
}

int
ignorecommand_ask(struct ignorecommand *i, const struct values *v,
    uint64_t cookie)
{
	struct question *q;

	if (i->waiting >= IGNORECOMMAND_QUEUE_MAX ||
	    i->bytes >= IGNORECOMMAND_QUEUE_BYTES) {
		i->refused++;
		errno = ENOBUFS;
		return -1;
	}
	q = xcalloc(1, sizeof(*q));
	q->of = i;
	q->cookie = cookie;
	values_copy(&q->values, v);
	if (!values_addr(&q->values, &q->addr))
		q->addr = (struct addr){ 0 };
	*i->last = q;
	i->last = &q->next;
	i->waiting++;
	i->bytes += values_size(&q->values);
	event_active(i->turn, 0, 0);
	return 0;
}

unsigned long
ignorecommand_refused(const struct ignorecommand *i)
{
	return i->refused;
}
