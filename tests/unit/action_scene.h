/*
 * A shell action at work in a directory of its own. Its commands write what
 * they do to the file that $LOG names; a test reads it back.
 */
#ifndef GAOL_TESTS_UNIT_ACTION_SCENE_H
#define GAOL_TESTS_UNIT_ACTION_SCENE_H

#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "action/action.h"
#include "base/buf.h"
#include "base/log.h"

#define SCENE_RESULTS_MAX 4096

struct scene {
	char dir[64];
	struct event_base *base;
	struct pool *pool;
	struct host *host;
	struct action *action;
	struct action_config config;
	struct action_result results[SCENE_RESULTS_MAX];
	size_t results_n;
	int log_fd;              /* where our log goes */
};

static struct scene scene;

static inline const char *
scene_path(const char *name)
{
	static char paths[4][128];
	static unsigned at;
	char *path = paths[at++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", scene.dir, name);
	return path;
}

/* The file's text, until the next call. */
static inline const char *
scene_read(const char *name)
{
	static struct buf text;
	char chunk[4096];
	size_t n;
	FILE *f = fopen(scene_path(name), "r");

	buf_clear(&text);
	if (f != NULL) {
		while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
			buf_add(&text, chunk, n);
		fclose(f);
	}
	return text.n > 0 ? text.p : "";
}

static inline int
scene_start(void **state)
{
	const struct pool_options options = { .adopt = true };

	(void)state;
	scene = (struct scene){ .dir = "/tmp/gaol-action-XXXXXX" };
	if (mkdtemp(scene.dir) == NULL)
		return -1;
	setenv("LOG", scene_path("log"), 1);
	setenv("DIR", scene.dir, 1);
	scene.log_fd = open(scene_path("gaol.log"),
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	log_set_fd(scene.log_fd);
	log_set_layout(false, false);
	scene.base = event_base_new();
	scene.pool = pool_new(scene.base, &options);
	scene.host = host_new(scene.base);
	return scene.base != NULL && scene.pool != NULL &&
	    scene.host != NULL ? 0 : -1;
}

static inline int
scene_end(void **state)
{
	char command[128];

	(void)state;
	action_free(scene.action);
	properties_fini(&scene.config.props);
	host_free(scene.host);
	pool_free(scene.pool);
	event_base_free(scene.base);
	log_set_fd(STDERR_FILENO);
	close(scene.log_fd);
	snprintf(command, sizeof(command), "rm -rf '%s'", scene.dir);
	return system(command) == 0 ? 0 : -1;
}

static inline void
scene_done(const struct action_result *result, void *arg)
{
	(void)arg;
	assert_true(scene.results_n < SCENE_RESULTS_MAX);
	scene.results[scene.results_n++] = *result;
}

/* Pairs of key and value, NULL at the end; replaces what was there. */
static inline void
scene_configure(const char *key, ...)
{
	va_list ap;

	properties_fini(&scene.config.props);
	scene.config.name = (char *)"a";
	scene.config.kind = ACTION_SHELL;
	va_start(ap, key);
	for (; key != NULL; key = va_arg(ap, const char *))
		properties_set(&scene.config.props, key,
		    va_arg(ap, const char *));
	va_end(ap);
}

static inline struct action_options
scene_options(void)
{
	return (struct action_options){
		.jail = "j", .config = &scene.config, .bantime = 600,
		.ipv6 = true, .pool = scene.pool, .host = scene.host,
		.done = scene_done,
	};
}

static inline void
scene_action(void)
{
	const struct action_options options = scene_options();

	scene.action = action_new(&options);
}

static inline void
give_up_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

/* Runs the loop until the condition holds; false after a minute. */
static inline bool
scene_until(bool (*condition)(void *arg), void *arg)
{
	const struct timeval patience = { 60, 0 };
	bool late = false;
	struct event *timer =
	    event_new(scene.base, -1, 0, give_up_cb, &late);

	event_add(timer, &patience);
	while (!condition(arg) && !late)
		event_base_loop(scene.base, EVLOOP_ONCE);
	event_free(timer);
	return condition(arg);
}

static inline bool
has_results(void *arg)
{
	return scene.results_n >= *(size_t *)arg;
}

static inline void
scene_ask_values(enum action_verb verb, const struct values *v)
{
	const struct action_request request = {
		.verb = verb, .cookie = scene.results_n, .values = v,
	};

	assert_int_equal(action_ask(scene.action, &request), 0);
}

static inline enum action_outcome
scene_wait(void)
{
	size_t want = scene.results_n + action_waiting(scene.action);

	assert_true(scene_until(has_results, &want));
	return scene.results[scene.results_n - 1].outcome;
}

/* One verb for one id (NULL: none), to its end. */
static inline enum action_outcome
scene_do(enum action_verb verb, const char *id)
{
	struct values v = { .fid = (char *)id, .failures = 3,
		.bantime = 600, .time = wall_from_seconds(1124013600) };

	scene_ask_values(verb, id != NULL ? &v : NULL);
	return scene_wait();
}

#endif
