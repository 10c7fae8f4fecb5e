/* Settings that say who is left alone. */
#include "process/command_setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "config/duration.h"
#include "config/entry.h"
#include "config/value.h"
#include "control/payload.h"
#include "process/command_local.h"

#define ENTRIES_MAX 100000      /* of ignoreip */
#define WORDS_MAX 1000          /* … that one command adds */
#define CACHE_SECONDS 300       /* what upstream takes when it is not said */
#define CACHE_COUNT 100

static json_t *
show_self(struct setting_call *c)
{
	return json_boolean(c->jail->config->ignoreself);
}

static int
change_self(struct setting_call *c)
{
	return command_setting_store(c, "ValueError",
	    value_bool(c->argv[0]) ? "True" : "False");
}

/* --- ignoreip ------------------------------------------------------------ */

/* As upstream shows an entry: addresses in their usual form. */
static char *
shown(const char *entry)
{
	struct id id = id_from_span(span_of(entry));
	struct buf text = { 0 };

	id_format(&id, &text);
	return buf_take(&text);
}

static bool
is_single(const char *entry)
{
	struct id id = id_from_span(span_of(entry));

	return id.addr.family != ADDR_NONE && addr_is_host(&id.addr);
}

static bool
same_id(const void *entry, const void *key)
{
	return id_eq(entry, key);
}

/* False: it is one of those that were seen. */
static bool
is_new(struct table *seen, struct id *id, const char *entry)
{
	*id = id_from_span(span_of(entry));
	if (table_find(seen, id_hash(id), id) != NULL)
		return false;
	(void)table_add(seen, id_hash(id), id);
	return true;
}

/*
 * Upstream keeps single addresses apart and shows them behind the others,
 * each of all once.
 */
static json_t *
show_ip(struct setting_call *c)
{
	const struct strings *all = &c->jail->config->ignoreip;
	json_t *list = json_array(), *singles = json_array();
	struct id *ids = xcalloc(all->n + 1, sizeof(*ids));
	struct table *seen = table_new(0, same_id);

	for (size_t i = 0; i < all->n; i++) {
		if (!is_new(seen, &ids[i], all->v[i]))
			continue;
		json_array_append_new(is_single(all->v[i]) ? singles : list,
		    command_id_json(&ids[i]));
	}
	json_array_extend(list, singles);
	json_decref(singles);
	table_free(seen);
	free(ids);
	return list;
}

static size_t
find_entry(const struct strings *all, const char *text)
{
	size_t i;

	for (i = 0; i < all->n; i++) {
		char *one = shown(all->v[i]);
		bool same = strcmp(one, text) == 0;

		free(one);
		if (same)
			break;
	}
	return i;
}

/* The text of ignoreip without entry `skip`, and with those of `more`. */
static int
store_ip(struct setting_call *c, size_t skip, const struct strings *more)
{
	const struct strings *all = &c->jail->config->ignoreip;
	struct setting_call ip = *c;
	struct buf text = { 0 };
	int rc;

	for (size_t i = 0; i < all->n; i++)
		if (i != skip)
			buf_addf(&text, "%s%s", text.n > 0 ? " " : "",
			    all->v[i]);
	for (size_t i = 0; i < more->n; i++)
		buf_addf(&text, "%s%s", text.n > 0 ? " " : "", more->v[i]);
	ip.name = "ignoreip";
	rc = command_setting_store(&ip, "ValueError",
	    text.p != NULL ? text.p : "");
	c->type = ip.type;
	c->why = ip.why;
	buf_fini(&text);
	return rc;
}

/* Those of the words that are not among `all` yet, each once. */
static void
new_words(const struct strings *all, const struct strings *words,
    struct strings *more)
{
	struct id *ids = xcalloc(all->n + words->n + 1, sizeof(*ids));
	struct table *seen = table_new(0, same_id);

	for (size_t i = 0; i < all->n; i++)
		is_new(seen, &ids[i], all->v[i]);
	for (size_t i = 0; i < words->n; i++)
		if (is_new(seen, &ids[all->n + i], words->v[i]))
			strings_add(more, span_of(words->v[i]));
	table_free(seen);
	free(ids);
}

/* What is there already is not there twice. */
static int
add_ip(struct setting_call *c)
{
	const struct strings *all = &c->jail->config->ignoreip;
	struct strings words = { 0 }, more = { 0 };
	int rc = 0;

	for (size_t i = 0; i < c->argc; i++)
		value_words(c->argv[i], &words);
	if (words.n <= WORDS_MAX)
		new_words(all, &words, &more);
	if (words.n > WORDS_MAX || all->n + more.n > ENTRIES_MAX)
		rc = command_setting_fail(c, "ValueError", "ignoreip: too "
		    "many; accepted: %d at once, %d in all", WORDS_MAX,
		    ENTRIES_MAX);
	else if (more.n > 0)
		rc = store_ip(c, SIZE_MAX, &more);
	strings_fini(&words);
	strings_fini(&more);
	return rc;
}

static int
del_ip(struct setting_call *c)
{
	const struct strings *all = &c->jail->config->ignoreip;
	const struct strings none = { 0 };
	char *text = shown(c->argv[0]);
	size_t at = find_entry(all, text);

	free(text);
	if (at == all->n)
		return command_setting_fail(c, "ValueError",
		    "list.remove(x): x not in list");
	return store_ip(c, at, &none);
}

/* --- ignorecommand --------------------------------------------------------- */

static json_t *
show_command(struct setting_call *c)
{
	json_t *text = command_setting_text(c);

	return json_is_null(text) ? json_false() : text;
}

/*
 * What the runner has read in the administrator's files can be asked again, or
 * left unasked; other text is handed to it, if it may be.
 */
static int
change_command(struct setting_call *c)
{
	const struct jail_config *loaded = NULL;
	const struct config *all = c->jail->engine->config;
	bool given;

	for (size_t i = 0; i < all->jails_n; i++)
		if (strcmp(all->jails[i].name, c->jail->config->name) == 0)
			loaded = &all->jails[i];
	given = c->argv[0][0] != '\0' && (loaded == NULL ||
	    loaded->ignorecommand == NULL ||
	    strcmp(loaded->ignorecommand, c->argv[0]) != 0);
	if (given && command_action_may(c) == -1)
		return -1;
	if (command_setting_store(c, "ValueError", c->argv[0]) == -1)
		return -1;
	if (given || c->jail->run_given)
		command_action_changed(c->jail);
	return 0;
}

/* --- ignorecache ------------------------------------------------------------- */

struct cache {
	char *key;
	int64_t count;
	double seconds;
};

/* 1: there is one, its key the caller's; 0: none; -1: *c says why. */
static int
read_cache(struct setting_call *c, const char *text, struct cache *out)
{
	struct buf whole = { 0 }, why = { 0 };
	const char *key, *count, *time;
	struct entry e;
	int rc = 1;

	*out = (struct cache){ NULL, CACHE_COUNT, CACHE_SECONDS };
	buf_addf(&whole, "cache[%s]", text);
	rc = entry_parse(&e, buf_span(&whole), &why);
	buf_fini(&whole);
	if (rc != 0) {
		command_setting_fail(c, "ValueError", "ignorecache: %s",
		    why.n > 0 ? why.p : "wrong syntax");
		buf_fini(&why);
		return -1;
	}
	key = properties_get(&e.options, "key");
	count = properties_get(&e.options, "max-count");
	time = properties_get(&e.options, "max-time");
	if (e.options.n == 0)
		rc = 0;
	else if (key == NULL)
		rc = command_setting_fail(c, "KeyError", "key");
	else if (count != NULL &&
	    value_int(count, 0, INT32_MAX, &out->count) != 0)
		rc = command_setting_fail(c, "ValueError",
		    "invalid literal for int() with base 10: '%s'", count);
	else if (time != NULL &&
	    duration_parse(span_of(time), &out->seconds) != 0)
		rc = command_setting_fail(c, "SyntaxError",
		    "max-time: '%s' is not a duration", time);
	else
		rc = 1;
	if (rc == 1)
		out->key = xstrdup(key);
	entry_fini(&e);
	return rc;
}

static json_t *
show_cache(struct setting_call *c)
{
	const char *text = properties_get(&c->jail->config->settings,
	    "ignorecache");
	struct cache cache;
	json_t *list;

	if (text == NULL || read_cache(c, text, &cache) != 1)
		return json_null();
	list = json_pack("[o, I]", payload_text(span_of(cache.key)),
	    (json_int_t)cache.count);
	json_array_append_new(list, cache.seconds ==
	    (double)(json_int_t)cache.seconds ?
	    json_integer((json_int_t)cache.seconds) :
	    json_real(cache.seconds));
	free(cache.key);
	return list;
}

static int
change_cache(struct setting_call *c)
{
	struct cache cache;
	int rc = read_cache(c, c->argv[0], &cache);

	if (rc == -1)
		return -1;
	if (engine_ignore_set_cache(c->jail, cache.key, cache.count,
		cache.seconds) == -1)
		rc = command_setting_fail(c, "ValueError", "ignorecache: the "
		    "key is too long; accepted: up to %d bytes",
		    WIRE_KEY_MAX - 1);
	else
		rc = command_setting_store(c, "ValueError",
		    rc == 1 ? c->argv[0] : NULL);
	free(cache.key);
	/* It goes with the commands that are in no file. */
	if (rc == 0 && c->jail->run_given)
		command_action_changed(c->jail);
	return rc;
}

const struct setting command_setting_ignore[] = {
	{ "ignoreself", show_self, change_self, .least = 1 },
	{ "ignoreip", .show = show_ip },
	{ "addignoreip", show_ip, add_ip, .verb = true },
	{ "delignoreip", show_ip, del_ip, .least = 1, .verb = true },
	{ "ignorecommand", show_command, change_command, .least = 1 },
	{ "ignorecache", show_cache, change_cache, .least = 1 },
	{ 0 },
};
