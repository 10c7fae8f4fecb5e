/*
 * A network namespace of our own, the real nft(8) to look from outside, and a
 * firewall with an owner that writes down what it is told.
 */
#ifndef GAOL_TESTS_NETNS_H
#define GAOL_TESTS_NETNS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <event2/event.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/span.h"
#include "base/xalloc.h"
#include "firewall/firewall.h"

#define NETNS_RULES 8

static const char *netns_refused;   /* why there is no namespace */

struct owner {
	struct event_base *base;
	struct firewall *fw;
	struct firewall_rule rules[NETNS_RULES];
	size_t rules_n;
	struct firewall_done *done;
	size_t done_n;
	size_t lost_n;
	char lost_what[256], lost_name[64];
	pid_t lost_pid;
	size_t unknown_n;
	struct firewall_element *dumped;
	size_t dumped_n;
	size_t dumps_ended;
	unsigned busy;            /* so many pieces it cannot take at once */
	size_t state_n;
	int state;
};

static inline int
netns_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : write(fd, text, strlen(text));

	if (fd != -1)
		close(fd);
	return n == -1 ? -1 : 0;
}

static inline void
netns_enter(void)
{
	unsigned uid = getuid(), gid = getgid();
	char map[64];

	if (access("/usr/sbin/nft", X_OK) == -1) {
		netns_refused = "no /usr/sbin/nft";
		return;
	}
	if (uid == 0 && unshare(CLONE_NEWNET) == 0)
		return;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1) {
		netns_refused = "the kernel refuses a network namespace";
		return;
	}
	/* nft is exec'ed and keeps its rights only as a mapped uid 0. */
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (netns_write("/proc/self/uid_map", map) == -1)
		netns_refused = "the kernel refuses a uid map";
	netns_write("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", gid);
	netns_write("/proc/self/gid_map", map);
}

/* cmocka calls a skipped test "not ok", so that is said by ourselves. */
#define NETNS_SKIP(what, why) \
	printf("ok - %s # SKIP %s\n", what, why)

/* Output of a shell command; the caller frees it. *status: its exit code. */
static inline char *
netns_run(int *status, const char *command)
{
	struct buf b = { 0 };
	char part[4096];
	FILE *p = popen(command, "r");
	size_t n;

	assert_non_null(p);
	while ((n = fread(part, 1, sizeof(part), p)) > 0)
		buf_add(&b, part, n);
	*status = pclose(p);
	buf_addc(&b, '\0');
	return buf_take(&b);
}

static inline void __attribute__((format(printf, 1, 2)))
netns_sh(const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;
	char *out;
	int status;

	buf_adds(&b, "exec 2>&1; ");
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	out = netns_run(&status, b.p);
	if (status != 0)
		print_error("%s: %s\n", b.p, out);
	assert_int_equal(status, 0);
	free(out);
	buf_fini(&b);
}

static inline char *
netns_ruleset(void)
{
	int status;
	char *out = netns_run(&status, "/usr/sbin/nft list ruleset 2>&1");

	assert_int_equal(status, 0);
	return out;
}

/* How often `what` stands in the ruleset. */
static inline size_t
netns_count(const char *what)
{
	char *out = netns_ruleset(), *at = out;
	size_t n = 0;

	while ((at = strstr(at, what)) != NULL) {
		n++;
		at += strlen(what);
	}
	free(out);
	return n;
}

static inline void
netns_has(const char *what)
{
	char *out = netns_ruleset();

	if (strstr(out, what) == NULL)
		print_error("no '%s' in:\n%s\n", what, out);
	assert_non_null(strstr(out, what));
	free(out);
}

/* Elements of a set of our table, counted by nft. */
static inline size_t
netns_elements(const char *set)
{
	char command[256], *out;
	json_t *root, *item, *elements;
	size_t i, n = 0;
	int status;

	snprintf(command, sizeof(command), "/usr/sbin/nft -j list set inet "
	    "f2b-table %s", set);
	out = netns_run(&status, command);
	assert_int_equal(status, 0);
	root = json_loads(out, 0, NULL);
	assert_non_null(root);
	json_array_foreach(json_object_get(root, "nftables"), i, item) {
		elements = json_object_get(json_object_get(item, "set"),
		    "elem");
		n += json_array_size(elements);
	}
	json_decref(root);
	free(out);
	return n;
}

static inline double
netns_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- the owner -------------------------------------------------------------- */

static inline void
owner_done(const struct firewall_done *v, size_t n, void *arg)
{
	struct owner *o = arg;

	o->done = xreallocarray(o->done, o->done_n + n, sizeof(*v));
	memcpy(o->done + o->done_n, v, n * sizeof(*v));
	o->done_n += n;
}

static inline void
owner_lost(const char *what, pid_t pid, const char *name, void *arg)
{
	struct owner *o = arg;

	o->lost_n++;
	o->lost_pid = pid;
	snprintf(o->lost_what, sizeof(o->lost_what), "%s", what);
	snprintf(o->lost_name, sizeof(o->lost_name), "%s", name);
}

static inline void
owner_unknown(const char *why, void *arg)
{
	(void)why;
	((struct owner *)arg)->unknown_n++;
}

static inline void
owner_dumped(const struct firewall_element *v, size_t n, void *arg)
{
	struct owner *o = arg;

	if (n == 0) {
		o->dumps_ended++;
		return;
	}
	o->dumped = xreallocarray(o->dumped, o->dumped_n + n, sizeof(*v));
	memcpy(o->dumped + o->dumped_n, v, n * sizeof(*v));
	o->dumped_n += n;
}

static inline bool
owner_busy(void *arg)
{
	struct owner *o = arg;

	if (o->busy == 0)
		return false;
	o->busy--;
	return true;
}

static inline void
owner_state(int error, const char *text, void *arg)
{
	struct owner *o = arg;

	assert_non_null(text);
	o->state_n++;
	o->state = error;
}

static inline void
owner_open(struct owner *o, const char *kind)
{
	static const struct firewall_events events = { owner_done, owner_lost,
		owner_unknown, owner_dumped, owner_busy, owner_state };
	const char *why = NULL;

	memset(o, 0, sizeof(*o));
	o->base = event_base_new();
	o->fw = firewall_open(kind, o->base, &events, o, &why);
	if (o->fw == NULL)
		print_error("%s\n", why);
	assert_non_null(o->fw);
}

/* Adds a rule for `jail` with "key", "value" pairs, NULL at the end. */
static inline void
owner_rule(struct owner *o, const char *jail, ...)
{
	struct jail_config j = { .name = (char *)jail };
	struct action_config a = { .name = "nftables", .file = "nftables" };
	struct report report = { 0 };
	struct buf text = { 0 };
	const char *key;
	va_list ap;
	int rc;

	va_start(ap, jail);
	while ((key = va_arg(ap, const char *)) != NULL)
		properties_set(&a.props, key, va_arg(ap, const char *));
	va_end(ap);
	rc = firewall_rule_parse(&o->rules[o->rules_n++], &j, &a, &report);
	for (size_t i = 0; i < report.n; i++) {
		report_format(&report.v[i], &text);
		print_error("%s\n", text.p);
		buf_clear(&text);
	}
	assert_int_equal(rc, 0);
	properties_fini(&a.props);
	report_fini(&report);
	buf_fini(&text);
}

static inline void
owner_close(struct owner *o)
{
	firewall_close(o->fw);
	for (size_t i = 0; i < o->rules_n; i++)
		firewall_rule_fini(&o->rules[i]);
	event_base_free(o->base);
	free(o->done);
	free(o->dumped);
}

/* Runs the loop until the condition holds; false after a minute. */
#define owner_wait(o, condition) do {					\
	double until_ = netns_time() + 60;				\
	while (!(condition) && netns_time() < until_) {			\
		event_base_loop((o)->base, EVLOOP_NONBLOCK);		\
		usleep(100);						\
	}								\
	assert_true(condition);						\
} while (0)

static inline struct addr
net(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse_net(span_of(text), &a), 0);
	return a;
}

/* The n-th address of 10.0.0.0/8. */
static inline struct addr
host(uint32_t n)
{
	struct addr a = { .family = ADDR_V4, .plen = 32,
		.b = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8),
		    (uint8_t)n } };

	return a;
}

static inline void
owner_add(struct owner *o, const char *text, int64_t seconds, uint64_t cookie)
{
	struct addr a = net(text);

	assert_int_equal(firewall_add(o->fw, 0, &a, seconds, cookie), 0);
}

static inline void
owner_delete(struct owner *o, const char *text, uint64_t cookie)
{
	struct addr a = net(text);

	assert_int_equal(firewall_delete(o->fw, 0, &a, cookie), 0);
}

static inline int
owner_error(const struct owner *o, uint64_t cookie)
{
	for (size_t i = 0; i < o->done_n; i++)
		if (o->done[i].cookie == cookie)
			return o->done[i].error;
	return -1;
}

/* --- a firewall for each test ------------------------------------------------ */

static inline int
netns_setup(void **state)
{
	struct owner *o = xcalloc(1, sizeof(*o));

	*state = o;
	netns_sh("/usr/sbin/nft flush ruleset");
	owner_open(o, "nftables");
	return 0;
}

static inline int
netns_teardown(void **state)
{
	struct owner *o = *state;

	if (o->fw != NULL)
		owner_close(o);
	free(o);
	return 0;
}

static inline void
owner_define(struct owner *o)
{
	assert_int_equal(firewall_define(o->fw, o->rules, o->rules_n), 0);
}

/* One element, confirmed. */
static inline void
owner_ban(struct owner *o, uint32_t rule, const char *text,
    int64_t seconds)
{
	size_t done = o->done_n;
	struct addr a = net(text);

	assert_int_equal(firewall_add(o->fw, rule, &a, seconds, done), 0);
	assert_int_equal(firewall_commit(o->fw), 0);
	owner_wait(o, o->done_n == done + 1);
	assert_int_equal(o->done[done].error, 0);
}

#define NETNS_TEST(f)							\
	cmocka_unit_test_setup_teardown(f, netns_setup, netns_teardown)

#endif
