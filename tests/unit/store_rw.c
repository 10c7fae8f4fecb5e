/*
 * The store from a shell, for tests that put other programs at the other end:
 *
 *	store_rw write PATH NOW       a fixed set of jails, bans, positions
 *	store_rw unban PATH JAIL ID
 *	store_rw read PATH NOW        what a start would restore, one a line
 *	store_rw position PATH JAIL LOG
 */
#include "store/store.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/xalloc.h"
#include "jail/detail.h"

static struct store *
open_store(struct event_base *base, const char *path)
{
	struct store_options o = { .path = path, .purge_age = 86400,
		.maxmatches = 10, .queue_max = 1000 };
	struct store *s = store_open(&o, base, NULL, NULL);

	if (s == NULL || store_error(s) != NULL) {
		fprintf(stderr, "store_rw: %s: %s\n", path,
		    s != NULL ? store_error(s) : "no store");
		exit(1);
	}
	return s;
}

static void
add(struct store *s, const char *jail, const char *id, int64_t time,
    int64_t bantime, const char *data)
{
	struct ticket t = { .bantime = bantime, .permanent = bantime < 0,
		.bancount = 1, .failures = 5 };

	t.id = id_from_span(span_of(id));
	t.time = wall_from_seconds(time);
	t.data = data != NULL ? xstrdup(data) : NULL;
	store_ban(s, jail, &t);
	free(t.data);
}

static void
write_all(struct store *s, int64_t now)
{
	static const char hash[] = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
	struct tail_position p = { .offset = 4711 };

	memcpy(p.hash, hash, sizeof(hash));
	store_add_jail(s, "sshd");
	store_add_jail(s, "other");
	store_disable_jail(s, "other");
	add(s, "sshd", "192.0.2.1", now - 300, 600, "{\"matches\": [\"old\"],"
	    " \"failures\": 3}");
	add(s, "sshd", "192.0.2.1", now - 30, 600, "{\"matches\": [\"a\","
	    " \"b \xc3\xa4\"], \"failures\": 5, \"user\": \"root\"}");
	add(s, "sshd", "2001:db8::1", now - 20, -1, NULL);
	add(s, "sshd", "198.51.100.0/24", now - 20, 600, NULL);
	add(s, "sshd", "raw \xff id", now - 20, 600, NULL);
	add(s, "sshd", "192.0.2.9", now - 700, 600, NULL);
	add(s, "other", "192.0.2.1", now - 20, 600, NULL);
	store_position(s, "sshd", "/var/log/auth.log", &p);
}

static void
print_ban(struct store_row *row, void *arg)
{
	struct strings lines = { 0 };
	struct buf id = { 0 };
	unsigned failures;
	char *user;
	size_t i;

	(void)arg;
	id_format(&row->ticket.id, &id);
	detail_read(row->ticket.data, &lines, &failures);
	user = detail_group(row->ticket.data, "user");
	printf("%s|%s|%lld|%lld|%u|%u|%s|", row->jail, id.p,
	    (long long)wall_seconds(row->ticket.time),
	    (long long)row->ticket.bantime, row->ticket.bancount, failures,
	    user != NULL ? user : "");
	for (i = 0; i < lines.n; i++)
		printf("%s%s", i > 0 ? "+" : "", lines.v[i]);
	putchar('\n');
	free(user);
	strings_fini(&lines);
	buf_fini(&id);
}

static int
run(struct store *s, int argc, char **argv)
{
	struct tail_position p;
	struct id id;
	int64_t now;

	if (strcmp(argv[1], "position") == 0 && argc == 5) {
		if (!store_load_position(s, argv[3], argv[4], &p))
			return 1;
		printf("%s %lld\n", p.hash, (long long)p.offset);
		return 0;
	}
	if (strcmp(argv[1], "unban") == 0 && argc == 5) {
		id = id_from_span(span_of(argv[4]));
		return store_unban(s, argv[3], &id) ? 0 : 1;
	}
	if (argc != 4 || number_parse(span_of(argv[3]), 0, INT64_C(1) << 40,
	    &now) == -1)
		return 2;
	if (strcmp(argv[1], "write") == 0)
		write_all(s, now);
	else if (strcmp(argv[1], "read") != 0 || store_load_bans(s, NULL,
	    wall_from_seconds(now), print_ban, NULL) == -1)
		return 2;
	return 0;
}

int
main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct store *s;
	int rc;

	if (argc < 4 || base == NULL)
		return 2;
	s = open_store(base, argv[2]);
	rc = run(s, argc, argv);
	/* Writes what was asked. */
	store_close(s);
	event_base_free(base);
	return rc;
}
