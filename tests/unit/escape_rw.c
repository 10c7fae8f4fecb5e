/*
 * Hostile values in every tag of a ticket, each in a command of its own:
 *
 *	escape_rw COUNT
 *
 * runs COUNT commands in the current directory. Each uses all tags without
 * quotes, in quotes, in a here-document and in a substitution, and writes the
 * quoted ones to a file, which must hold them as they were. Prints TAP; who
 * finds a file "canary" afterwards has found a hole. SEED=n repeats a run.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action/command.h"
#include "action/tags.h"
#include "base/log.h"
#include "base/number.h"
#include "random.h"

#define AT_ONCE 8

/* Names of tags; each gets a value of its own. */
static const char *const names[] = {
	"ip", "fid", "matches", "ipmatches", "ipjailmatches", "ip-host",
	"fq-hostname", "F-USER", "F-RHOST"
};
#define NAMES (sizeof(names) / sizeof(*names))

static const char *const others[] = {
	"ip-rev", "raw-ticket", "F-*", "failures", "time", "bantime",
	"bancount", "restored", "family", "jail.name", "jail.banned"
};
#define OTHERS (sizeof(others) / sizeof(*others))

static const char *const pieces[] = {
	"$(touch canary)", "`touch canary`", "; touch canary #",
	"\ntouch canary\n", "'; touch canary; '", "\"; touch canary; \"",
	"${x:=$(touch canary)}", ">canary", "| touch canary",
	"&& touch canary &", "\\", "\nEOF\ntouch canary\n", "$f2bV_ip",
	"$0", "$((`touch canary`))", "-", "--", ">&canary", "<ip>",
	"<matches>", "<F-USER>", "<br>", "%s", "%b\\n", "\r", "\t", " ",
	"\x01", "\x7f", "\xff", "\xc3\xa9", "\xe2\x80\xae", "*", "?", "[a-z]",
	"~", "~root", "!!", "#", "=", "'", "\"", "a", "192.0.2.7", "x=1",
	"}", "{", ")", "(", ";;", "\\$(touch canary)", "\\\ntouch canary",
	"'\"$(touch canary)\"'", "f2bV_ip=$(touch canary)", "@", ",", "/",
};
#define PIECES (sizeof(pieces) / sizeof(*pieces))

struct one {
	unsigned number;
	char *values[NAMES];
};

static unsigned wanted, started, ended, failed;
static struct pool *pool;
static char *text;

static char *
hostile(void)
{
	struct buf b = { 0 };

	for (size_t n = 1 + random_below(6); n > 0; n--) {
		if (random_below(5) > 0)
			buf_adds(&b, pieces[random_below(PIECES)]);
		else
			buf_addc(&b, (char)(1 + random_below(255)));
	}
	return buf_take(&b);
}

static void
add_list(struct buf *b, const char *quote)
{
	for (size_t i = 0; i < NAMES; i++)
		buf_addf(b, " %s<%s>%s", quote, names[i], quote);
}

static char *
make_text(void)
{
	struct buf b = { 0 };

	buf_adds(&b, "printf '%s\\0'");
	add_list(&b, "\"");
	buf_adds(&b, " > \"out.<jail.found>\"\n: ");
	add_list(&b, "");
	for (size_t i = 0; i < OTHERS; i++)
		buf_addf(&b, " <%s> \"<%s>\" '<%s>'", others[i], others[i],
		    others[i]);
	buf_adds(&b, "\n: ");
	add_list(&b, "'");
	buf_adds(&b, "\necho $(echo");
	add_list(&b, "\"");
	buf_adds(&b, ") `echo");
	add_list(&b, "");
	buf_adds(&b, "` | cat >/dev/null\ncat >/dev/null <<EOF\n");
	add_list(&b, "");
	buf_adds(&b, "\nEOF\n[ \"x<matches>y<F-USER>z\" = \"<ip>\" ]\n"
	    "case <ip> in a) ;; *) ;; esac\nfor i in");
	add_list(&b, "");
	buf_adds(&b, "; do :; done\nexit 0\n");
	return buf_take(&b);
}

/* Is the file what printf was to write? */
static bool
came_through(const struct one *o)
{
	struct buf have = { 0 }, want = { 0 };
	char path[32];
	bool same;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "out.%u", o->number);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	while ((n = fread(buf_reserve(&have, 4096), 1, 4096, f)) > 0)
		have.n += n;
	fclose(f);
	unlink(path);
	for (size_t i = 0; i < NAMES; i++)
		buf_add(&want, o->values[i], strlen(o->values[i]) + 1);
	same = span_eq(buf_span(&have), buf_span(&want));
	buf_fini(&have);
	buf_fini(&want);
	return same;
}

static void start_some(void);

static void
done(const struct command_result *result, void *arg)
{
	struct one *o = arg;

	if (result->code != 0 || !came_through(o)) {
		printf("not ok - command %u: status %d\n", o->number,
		    result->code);
		for (size_t i = 0; i < NAMES; i++)
			printf("# %s: %s\n", names[i],
			    log_text(span_of(o->values[i])));
		failed++;
	}
	for (size_t i = 0; i < NAMES; i++)
		free(o->values[i]);
	free(o);
	ended++;
	start_some();
}

static void
start(unsigned number)
{
	const struct command_options options = { .timeout = 30 };
	struct one *o = calloc(1, sizeof(*o));
	struct values v = { .merged = true, .jail_found = number };
	struct escape script = { 0 };

	if (o == NULL)
		exit(1);
	o->number = number;
	for (size_t i = 0; i < NAMES; i++)
		o->values[i] = hostile();
	v.ip = o->values[0];
	v.fid = o->values[1];
	strings_add(&v.matches, span_of(o->values[2]));
	strings_add(&v.ipmatches, span_of(o->values[3]));
	strings_add(&v.ipjailmatches, span_of(o->values[4]));
	values_add_group(&v, SPAN("user"), span_of(o->values[7]));
	values_add_group(&v, SPAN("rhost"), span_of(o->values[8]));
	tags_expand(span_of(text), &(struct tags_context){
		.values = &v, .jail = "sshd", .family = "None",
		.ip_host = o->values[5], .fq_hostname = o->values[6],
	}, &script);
	command_start(pool, &script, &options, done, o);
	v.ip = v.fid = NULL;
	values_fini(&v);
}

static void
start_some(void)
{
	while (started < wanted && started - ended < AT_ONCE)
		start(started++);
}

int
main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	int64_t count;

	if (argc != 2 || number_parse(span_of(argv[1]), 1, 10000000,
	    &count) != 0 || base == NULL)
		return 2;
	pool = pool_new(base, &(struct pool_options){ .adopt = true });
	if (pool == NULL)
		return 1;
	random_start();
	text = make_text();
	wanted = (unsigned)count;
	start_some();
	while (ended < wanted)
		event_base_loop(base, EVLOOP_ONCE);
	if (failed == 0)
		printf("ok - %u times %zu hostile values come through the "
		    "shell as they were\n", wanted, NAMES);
	pool_free(pool);
	event_base_free(base);
	free(text);
	return failed != 0;
}
