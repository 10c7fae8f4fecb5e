/*
 * Commands of several clients that change bans, made in steps and in each
 * other's way, against a model that does each of them at once when it comes:
 * replies, the order of bans, of log lines, and what the kernel has are the
 * same. Half of the histories begin while the bans of the database are still
 * coming back: the order in which ids are banned is another one then, what
 * happens to each of them is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/slice.h"
#include "engine_scene.h"
#include "random.h"

#define JAILS "[DEFAULT]\nbantime = 1h\nmaxretry = 1\nfilter = f\n" \
	"logpath =\naction =\nignoreip_lifts = true\nignoreself = false\n" \
	"[one]\nenabled = true\n" \
	"[two]\nenabled = true\naction = nftables[port=\"22\"]\n" \
	"[three]\nenabled = true\n"
#define MANY 3
#define BANS_MAX 2048
#define CLIENTS 6
#define WORDS_MAX 1500

/* --- the model ----------------------------------------------------------- */

struct model {
	const char *name;
	bool runs, native, lifts;
	struct addr bans[BANS_MAX];
	size_t n;
	struct addr spared[64];
	size_t spared_n;
	struct buf log;
};

static struct model jails[MANY];
static size_t meetings;     /* commands that came while others were made */
static size_t early;        /* … while bans were still coming back */
static bool restores;       /* this history begins with those */
static bool stopped;        /* a jail, in this history */

static void
model_log(struct model *m, const char *word, const struct addr *a)
{
	char text[ADDR_STRLEN];

	addr_format(a, text);
	buf_addf(&m->log, "[%s] %s %s\n", m->name, word, text);
}

static size_t
model_find(const struct model *m, const struct addr *a)
{
	size_t i = 0;

	while (i < m->n && !addr_eq(&m->bans[i], a))
		i++;
	return i;
}

static void
model_take(struct model *m, size_t i, const char *word)
{
	if (word != NULL)
		model_log(m, word, &m->bans[i]);
	m->n--;
	memmove(&m->bans[i], &m->bans[i + 1], (m->n - i) * sizeof(m->bans[0]));
}

static bool
model_ban(struct model *m, const struct addr *a)
{
	if (model_find(m, a) < m->n)
		return false;
	assert_true(m->n < BANS_MAX);
	m->bans[m->n++] = *a;
	model_log(m, "Ban", a);
	return true;
}

/* One word of an unban: its own ban, then those inside. */
static json_int_t
model_unban(struct model *m, const struct addr *a)
{
	size_t at = model_find(m, a);
	json_int_t n = at < m->n;

	if (at < m->n)
		model_take(m, at, "Unban");
	if (addr_is_host(a))
		return n;
	for (size_t i = 0; i < m->n;) {
		if (!addr_in(&m->bans[i], a)) {
			i++;
			continue;
		}
		model_take(m, i, "Unban");
		n++;
	}
	return n;
}

static json_int_t
model_clear(struct model *m, const char *word)
{
	json_int_t n = (json_int_t)m->n;

	while (m->n > 0)
		model_take(m, 0, word);
	return n;
}

static bool
model_spares(const struct model *m, const struct addr *a)
{
	for (size_t i = 0; i < m->spared_n; i++)
		if (addr_in(a, &m->spared[i]))
			return true;
	return false;
}

static void
model_ignore(struct model *m, const struct addr *a)
{
	bool known = false;

	for (size_t i = 0; i < m->spared_n; i++)
		known |= addr_eq(a, &m->spared[i]);
	for (size_t i = 0; m->lifts && i < m->n;) {
		if (addr_in(&m->bans[i], a) && !model_spares(m, &m->bans[i]))
			model_take(m, i, "Unban");
		else
			i++;
	}
	assert_true(m->spared_n < 64);
	if (!known)
		m->spared[m->spared_n++] = *a;
}

static void
model_reload(void)
{
	for (size_t i = 0; i < MANY; i++) {
		jails[i].runs = jails[i].lifts = true;
		jails[i].spared_n = 0;
	}
}

/* --- clients --------------------------------------------------------------- */

static struct client {
	int fd;                 /* -1: it has nothing to wait for */
	json_t *want;           /* NULL: an error */
	bool any;               /* whatever, but no error */
} clients[CLIENTS];

static struct words {
	struct addr v[WORDS_MAX];
	size_t n;
} words;

/* Networks now and then. */
static void
make_words(size_t most, bool nets)
{
	words.n = 1 + random_below(most);
	for (size_t i = 0; i < words.n; i++) {
		struct addr *a = &words.v[i];

		*a = (struct addr){ .family = ADDR_V4, .plen = 32, .b = {
		    198, 18, (uint8_t)random_below(4),
		    (uint8_t)random_below(128) } };
		if (nets && random_below(8) == 0)
			addr_mask(a, 24 + (unsigned)random_below(8));
	}
}

static json_t *
text_of(const struct addr *a)
{
	char text[ADDR_STRLEN];

	addr_format(a, text);
	return json_string(text);
}

static void
add_words(json_t *request)
{
	for (size_t i = 0; i < words.n; i++)
		json_array_append_new(request, text_of(&words.v[i]));
}

/* spin() goes on until nothing is left to be done. */
static void
turns(size_t n)
{
	while (n-- > 0)
		event_base_loop(s->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* Handed in and taken, with no more turns for the others than that needs. */
static int
hand_in(const char *text)
{
	struct server_counters now;
	int fd = dial();
	uint64_t requests;

	server_counters(s->e->server, &now);
	requests = now.requests;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(write(fd, "\n", 1), 1);
	for (; now.requests == requests; server_counters(s->e->server, &now))
		turns(1);
	return fd;
}

/* The firewall's timing, not ours: it was asked about it anew meanwhile. */
static void
drop_overtaken(json_t *payload)
{
	json_t *errors = json_object_get(payload, "errors");

	for (size_t i = json_array_size(errors); i-- > 0;)
		if (strcmp(json_string_value(json_object_get(
		    json_array_get(errors, i), "error")),
		    "overtaken by a newer request") == 0)
			json_array_remove(errors, i);
}

static struct client *
begin_request(json_t *request, json_t *want, bool any)
{
	char *text = json_dumps(request, JSON_COMPACT);
	struct client *c = clients;

	while (c->fd != -1)
		c++;
	meetings += engine_changes_any(s->e, NULL);
	early += s->e->restore != NULL;
	c->fd = hand_in(text);
	c->want = want;
	c->any = any;
	free(text);
	json_decref(request);
	return c;
}

static void
send_request(json_t *request, json_t *want, bool any)
{
	struct client *c = begin_request(request, want, any);

	/* It goes before it has its answer. */
	if (random_below(8) != 0)
		return;
	close(c->fd);
	c->fd = -1;
	json_decref(want);
}

static bool
is_free(void)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (clients[i].fd == -1)
			return true;
	return false;
}

/* Without giving anybody a turn. */
static bool
has_reply(const struct client *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	return c->fd != -1 && poll(&p, 1, 0) == 1;
}

static void
take_replies(void)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		struct client *c = &clients[i];
		json_t *got = has_reply(c) ? reply(c->fd) : NULL;
		json_t *payload = json_object_get(got, "ok");

		if (got == NULL)
			continue;
		drop_overtaken(payload);
		assert_int_equal(c->want == NULL && !c->any, payload == NULL);
		assert_true(c->want == NULL ||
		    json_equal(payload, c->want));
		json_decref(c->want);
		json_decref(got);
		c->fd = -1;
	}
}

/* --- commands ------------------------------------------------------------- */

static void
do_ban(struct model *m)
{
	bool upstream = random_below(2);
	json_t *r = upstream ? json_pack("[s, s, s]", "set", m->name, "banip") :
	    json_pack("[s, s]", "ban", m->name), *want = NULL;
	json_int_t fresh = 0;

	make_words(WORDS_MAX, true);
	add_words(r);
	for (size_t i = 0; m->runs && i < words.n; i++)
		fresh += model_ban(m, &words.v[i]);
	if (m->runs)
		want = upstream ? json_integer(fresh) :
		    json_pack("{s:I, s:I, s:[]}", "new", fresh, "prolonged",
		    (json_int_t)words.n - fresh, "errors");
	send_request(r, want, false);
}

static void
do_unban(struct model *m)
{
	json_t *r = json_pack("[s, s]", "unban", m->name);
	json_t *errors = json_array(), *want = NULL;
	json_int_t n, count = 0;

	make_words(WORDS_MAX / 2, true);
	add_words(r);
	for (size_t i = 0; m->runs && i < words.n; i++) {
		n = model_unban(m, &words.v[i]);
		count += n;
		if (n == 0)
			json_array_append_new(errors, json_pack("{s:o, s:s}",
			    "id", text_of(&words.v[i]), "error",
			    "is not banned"));
	}
	if (m->runs)
		want = json_pack("{s:I, s:O}", "count", count, "errors",
		    errors);
	json_decref(errors);
	send_request(r, want, false);
}

static void
do_unbanip(struct model *m)
{
	bool report = random_below(2), absent = false;
	json_t *r = json_pack("[s, s, s]", "set", m->name, "unbanip");
	json_int_t n, count = 0;

	if (report)
		json_array_append_new(r, json_string("--report-absent"));
	/* Networks wait for all that come back. */
	make_words(random_below(2) ? 3 : WORDS_MAX / 2, s->patient);
	add_words(r);
	for (size_t i = 0; m->runs && i < words.n; i++) {
		n = model_unban(m, &words.v[i]);
		count += n;
		absent |= n == 0;
	}
	send_request(r, m->runs && !(report && absent) ?
	    json_integer(count) : NULL, false);
}

static void
do_unban_everywhere(void)
{
	json_t *r = json_pack("[s]", "unban");
	json_int_t count = 0;

	make_words(200, true);
	add_words(r);
	for (size_t k = 0; k < MANY; k++)
		for (size_t i = 0; jails[k].runs && i < words.n; i++)
			count += model_unban(&jails[k], &words.v[i]);
	send_request(r, json_pack("{s:I, s:[]}", "count", count, "errors"),
	    false);
}

static void
do_sweep(void)
{
	json_int_t count = 0;

	for (size_t k = 0; k < MANY; k++)
		count += model_clear(&jails[k], "Unban");
	send_request(json_pack("[s, s]", "unban", "--all"),
	    json_pack("{s:I, s:[]}", "count", count, "errors"), false);
}

static void
do_ignore(struct model *m)
{
	/* Whoever has not come back does not, and without a line. */
	if (s->e->restore != NULL)
		return;
	make_words(1, true);
	if (m->runs)
		model_ignore(m, &words.v[0]);
	send_request(json_pack("[s, s, s, o]", "set", m->name, "addignoreip",
	    text_of(&words.v[0])), NULL, m->runs);
}

static void
do_stop(struct model *m)
{
	bool ran = m->runs;

	model_clear(m, "Repeal Ban");
	m->runs = false;
	stopped = true;
	send_request(json_pack("[s, s]", "stop", m->name),
	    ran ? json_null() : NULL, false);
}

/* As commands make one: no action, nobody is lifted. */
static void
do_add(struct model *m)
{
	send_request(json_pack("[s, s]", "add", m->name),
	    m->runs ? NULL : json_string(m->name), false);
	if (m->runs)
		return;
	m->runs = true;
	m->lifts = false;
	m->spared_n = 0;
}

/* The warden's: only one is on its way at a time. */
static void
do_reload(void)
{
	if (s->generation != s->next_generation)
		return;
	/* What was banned when it stopped would come back. */
	if (restores && stopped)
		return;
	model_reload();
	send_config(JAILS);
}

static void
do_one(void)
{
	struct model *m = &jails[random_below(MANY)];

	/* Of few ids it must be known at once; there is little time for that. */
	if (s->e->restore != NULL && random_below(2) == 0) {
		do_unbanip(m);
		return;
	}
	switch (random_below(16)) {
	case 0: case 1: case 2: case 3: case 4:
		do_ban(m);
		break;
	case 5: case 6: case 7:
		do_unban(m);
		break;
	case 8: case 9:
		do_unbanip(m);
		break;
	case 10:
		do_unban_everywhere();
		break;
	case 11:
		do_ignore(m);
		break;
	case 12:
		do_stop(m);
		break;
	case 13:
		do_add(m);
		break;
	case 14:
		if (random_below(3) == 0)
			do_sweep();
		break;
	case 15:
		do_reload();
		break;
	}
}

/* --- what there is at the end ----------------------------------------------- */

static void
check_bans(const struct model *m)
{
	const struct engine_jail *j = engine_jail_find(s->e, m->name);
	const struct ticket *t;
	size_t i = 0;

	assert_int_equal(j->jail != NULL, m->runs);
	if (j->jail == NULL)
		return;
	for (t = jail_ban_first(j->jail); t != NULL;
	    t = jail_ban_next(j->jail, t)) {
		size_t at = restores ? model_find(m, &t->id.addr) : i;

		assert_true(at < m->n);
		assert_true(addr_eq(&t->id.addr, &m->bans[at]));
		i++;
	}
	assert_int_equal(i, m->n);
}

static void
check_kernel(void)
{
	const struct engine_jail *two = engine_jail_find(s->e, "two");
	size_t n = two->jail != NULL && two->rules_n > 0 ?
	    jail_banned(two->jail) : 0;

	if (two->rules_n > 0)
		assert_int_equal(s->kernel_n, n);
	for (size_t i = 0; i < s->kernel_n && two->rules_n > 0; i++) {
		struct id id = id_from_addr(&s->kernel[i].addr);

		assert_non_null(jail_find(two->jail, &id));
	}
}

struct line {
	struct span text, id;
	size_t number;
};

static int
by_id(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	size_t n = x->id.n < y->id.n ? x->id.n : y->id.n;
	int rc = memcmp(x->id.p, y->id.p, n);

	if (rc == 0 && x->id.n != y->id.n)
		rc = x->id.n < y->id.n ? -1 : 1;
	return rc != 0 ? rc : (x->number > y->number) - (x->number < y->number);
}

/* Only the order of the lines of each id is left. */
static void
sort_by_id(struct buf *log)
{
	struct line *v = xcalloc(log->n + 1, sizeof(*v));
	struct span all = buf_span(log);
	struct buf sorted = { 0 };
	size_t n = 0;

	while (log->n > 0 && span_cut(&all, '\n', &v[n].text)) {
		const char *blank = memrchr(v[n].text.p, ' ', v[n].text.n);

		v[n].id = span_from(blank, (size_t)(v[n].text.p +
		    v[n].text.n - blank));
		v[n].number = n;
		n++;
	}
	qsort(v, n, sizeof(*v), by_id);
	for (size_t i = 0; i < n; i++)
		buf_addf(&sorted, "%.*s\n", SPAN_FMT(v[i].text));
	free(v);
	buf_fini(log);
	*log = sorted;
}

static void
same_lines(struct span got, struct span want)
{
	struct span a = { 0 }, b = { 0 };
	bool more, other;

	do {
		more = span_cut(&got, '\n', &a);
		other = span_cut(&want, '\n', &b);
		if (more != other || (more && !span_eq(a, b)))
			fail_msg("'%.*s' is logged, not '%.*s'",
			    SPAN_FMT(a), SPAN_FMT(b));
	} while (more);
}

/* Lines of bans, of one jail; a native ban is told when the kernel has it. */
static void
check_log(struct model *m, struct span all)
{
	char name[32];
	struct buf got = { 0 };
	struct span line;

	snprintf(name, sizeof(name), "[%s] ", m->name);
	while (span_cut(&all, '\n', &line)) {
		const char *at = memmem(line.p, line.n, name, strlen(name));
		struct span rest;

		if (at == NULL)
			continue;
		rest = span_from(at, line.n - (size_t)(at - line.p));
		if (memmem(rest.p, rest.n, "] Ban ", 6) != NULL ||
		    memmem(rest.p, rest.n, "] Unban ", 8) != NULL ||
		    memmem(rest.p, rest.n, "] Repeal Ban ", 13) != NULL)
			buf_addf(&got, "%.*s\n", SPAN_FMT(rest));
	}
	if (restores) {
		sort_by_id(&got);
		sort_by_id(&m->log);
	}
	same_lines(buf_span(&got), buf_span(&m->log));
	buf_fini(&got);
}

static void
check_logs(int fd)
{
	struct buf all = { 0 };
	off_t size = lseek(fd, 0, SEEK_END);

	assert_int_equal(pread(fd, buf_reserve(&all, (size_t)size + 1),
	    (size_t)size, 0), size);
	all.n = (size_t)size;
	for (size_t i = 0; i < MANY; i++)
		if (!jails[i].native)
			check_log(&jails[i], buf_span(&all));
	buf_fini(&all);
}

/* --- one history ------------------------------------------------------------ */

static void
fill_jail(struct store *store, struct model *m)
{
	struct ticket t = { .bantime = 3600, .bancount = 1,
		.time = clock_wall() };

	make_words(WORDS_MAX / 2, true);
	for (size_t i = 0; i < words.n; i++) {
		if (model_find(m, &words.v[i]) < m->n)
			continue;
		t.id = id_from_addr(&words.v[i]);
		assert_true(store_ban(store, m->name, &t));
		m->bans[m->n++] = words.v[i];
	}
}

/* What an earlier life has left behind. */
static void
fill(const char *path)
{
	struct store_options o = { .path = path, .purge_age = 86400,
		.maxmatches = 10, .queue_max = MANY * WORDS_MAX + 100 };
	static const struct store_events events;
	struct store *store = store_open(&o, s->base, &events, NULL);

	assert_non_null(store);
	assert_int_equal(store_start(store), 0);
	for (size_t i = 0; i < MANY; i++) {
		assert_true(store_add_jail(store, jails[i].name));
		fill_jail(store, &jails[i]);
	}
	store_close(store);
}

static void
begin_restoring(void)
{
	char path[128], text[256];

	snprintf(path, sizeof(path), "%s/db", s->tree.dir);
	snprintf(text, sizeof(text), "[Definition]\nloglevel = CRITICAL\n"
	    "dbfile = %s\n", path);
	tree_write(&s->tree, "fail2ban.conf", text);
	fill(path);
	s->patient = false;
	send_config(JAILS);
}

static void
begin(int fd)
{
	static const char *const names[MANY] = { "one", "two", "three" };

	scene_start(NULL);
	s->options.log_level = "NOTICE";
	log_set_fd(fd);
	for (size_t i = 0; i < MANY; i++)
		jails[i] = (struct model){ .name = names[i], .runs = true,
			.lifts = true, .native = i == 1 };
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;
	stopped = false;
	/* A step a turn: whatever can be between two of them is. */
	slice_limit(0);
	if (restores) {
		begin_restoring();
		return;
	}
	send_config(JAILS);
	work_all();
}

static void
finish(void)
{
	bool waits = true;

	s->patient = true;
	while (waits || engine_changes_any(s->e, NULL) ||
	    s->e->restore != NULL) {
		work_all();
		spin();
		take_replies();
		waits = false;
		for (size_t i = 0; i < CLIENTS; i++)
			waits |= clients[i].fd != -1;
	}
	work_all();
}

static void
history(int commands)
{
	char path[] = "/tmp/gaol-changes-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	begin(fd);
	for (int i = 0; i < commands; i++) {
		/* All that come back come in so few turns. */
		s->patient = s->e->config != NULL && s->e->restore == NULL;
		if (is_free())
			do_one();
		turns(random_below(s->patient ? 12 : 2));
		if (random_below(8) == 0)
			work_one();
		take_replies();
	}
	finish();
	for (size_t i = 0; i < MANY; i++)
		check_bans(&jails[i]);
	check_kernel();
	check_logs(fd);
	scene_end();
	log_set_fd(STDERR_FILENO);
	close(fd);
	for (size_t i = 0; i < MANY; i++)
		buf_fini(&jails[i].log);
}

static void
what_is_done_in_turns_is_done_as_at_once(void **state)
{
	int histories = getenv("SOAK") != NULL ? 1000 : 20;

	(void)state;
	for (int i = 0; i < histories; i++) {
		restores = i % 2 == 1;
		history(20 + (int)random_below(60));
	}
	restores = false;
	printf("# %zu commands met others, %zu came while bans came back\n",
	    meetings, early);
	assert_true(meetings > 5 * (size_t)histories);
	assert_true(early > (size_t)histories / 2);
}

/* `add two` waits for `unban --all`, and `unban two …` for both. */
static void
a_jail_that_is_to_come_is_one(void **state)
{
	json_t *ban = json_pack("[s, s, s]", "set", "one", "banip");
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	begin(fd);
	/* So many that all of this comes before the last. */
	do
		make_words(WORDS_MAX, false);
	while (words.n < WORDS_MAX / 2);
	add_words(ban);
	begin_request(ban, NULL, true);
	begin_request(json_pack("[s, s]", "stop", "two"), json_null(), false);
	work_all();
	begin_request(json_pack("[s, s]", "unban", "--all"), NULL, true);
	begin_request(json_pack("[s, s]", "add", "two"), json_string("two"),
	    false);
	begin_request(json_pack("[s, s, s]", "unban", "two", "192.0.2.1"),
	    json_pack("{s:i, s:[{s:s, s:s}]}", "count", 0, "errors",
	    "id", "192.0.2.1", "error", "is not banned"), false);
	assert_true(engine_changes_any(s->e, "two"));
	finish();
	scene_end();
	log_set_fd(STDERR_FILENO);
	close(fd);
	for (size_t i = 0; i < MANY; i++)
		buf_fini(&jails[i].log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_jail_that_is_to_come_is_one),
		cmocka_unit_test(what_is_done_in_turns_is_done_as_at_once),
	};

	signal(SIGPIPE, SIG_IGN);
	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
