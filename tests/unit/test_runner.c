/*
 * The runner with an engine that was taken over: command text that is in no
 * file is run only where gaol.conf, which the runner reads itself, allows it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdalign.h>
#include <sys/socket.h>
#include <time.h>

#include "action/action.h"
#include "base/buf.h"
#include "base/log.h"
#include "process/role.h"
#include "process/run_plan.h"
#include "process/runner.h"
#include "process/sheet.h"
#include "process/wire.h"
#include "random.h"
#include "tree.h"

#define JAILS "[one]\nenabled = true\nfilter = f\nlogpath = log\n" \
	"action = a\nbackend = polling\n"
#define ALLOWED "firewall = \"null\"; runtime_commands = true;\n"
#define REFUSED "firewall = \"null\";\n"

static struct tree tree;
static struct event_base *base;
static struct runner *runner;
static struct role_options options;
static int parent_end, engine_end;
static alignas(16) char inbox[PORT_MESSAGE_MAX];
static uint32_t generation;

static void
send_fd(int link, const void *body, size_t size, int fd)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (void *)(uintptr_t)body, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	assert_int_equal(sendmsg(link, &msg, MSG_NOSIGNAL), (ssize_t)size);
	close(fd);
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static int
setup(void **state)
{
	const struct wire_give give = { .type = WIRE_GIVE, .gift = GIFT_PEER };
	char action[512];
	int ends[2];

	(void)state;
	tree_make(&tree);
	snprintf(action, sizeof(action),
	    "[Definition]\nactionban = echo file <ip> >>%s/out\n", tree.dir);
	tree_write(&tree, "action.d/a.conf", action);
	tree_write(&tree, "filter.d/f.conf",
	    "[Definition]\nfailregex = ^<HOST>$\n");
	tree_write(&tree, "jail.conf", JAILS);
	tree_write(&tree, "fail2ban.conf", "[Definition]\n");
	tree_write(&tree, "log", "");
	options = (struct role_options){ .role = ROLE_RUNNER, .dir = tree.dir,
		.share = "/none", .single = true };
	base = event_base_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	parent_end = ends[0];
	runner = runner_new(base, ends[1], &options, true);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	engine_end = ends[0];
	send_fd(parent_end, &give, sizeof(give), ends[1]);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	runner_free(runner);
	event_base_free(base);
	close(parent_end);
	close(engine_end);
	tree_remove(&tree);
	return 0;
}

/* --- what the engine says and hears ---------------------------------- */

/* A jail of one action with one command. */
static void
make_text(const char *jail, const char *command, struct buf *out)
{
	struct property prop = { (char *)"actionban",
		(char *)(uintptr_t)command };
	char name[] = "mine", file[] = "";
	struct action_config action = { .name = name, .file = file,
		.kind = ACTION_SHELL, .props = { &prop, 1, 1 } };
	struct jail_config c = { .name = (char *)(uintptr_t)jail,
		.actions = &action, .actions_n = 1 };

	run_plan_text(&c, out);
}

static void
say_given(struct span text)
{
	const struct wire_given m = { .type = WIRE_RUN_GIVEN, .bantime = 60 };

	send_fd(engine_end, &m, sizeof(m), sheet_new(text));
}

static void
say_config(struct span text)
{
	struct { struct wire_config head; struct wire_digest digest; } m = {
		{ WIRE_RUN_CONFIG, ++generation }, { { 0 } }
	};
	char hex[SHA1_HEX];

	run_plan_digest_text(text, hex);
	memcpy(m.digest.hex, hex, WIRE_DIGEST);
	assert_int_equal(send(engine_end, &m, sizeof(m), 0), sizeof(m));
}

static void
say_ban(const char *ip)
{
	const struct wire_run m = {
		.type = WIRE_RUN_TICKET, .generation = generation,
		.seq = generation, .verb = ACTION_BAN,
	};
	struct values v = { .fid = (char *)(uintptr_t)ip };
	struct buf packed = { 0 };

	values_pack(&v, &packed);
	send_fd(engine_end, &m, sizeof(m), sheet_new(buf_span(&packed)));
	buf_fini(&packed);
}

/* The next message of that type; the test fails when none comes. */
static const void *
hear(uint32_t type)
{
	const struct timespec nap = { 0, 2000000 };

	for (int i = 0; i < 5000; i++) {
		uint32_t got;
		ssize_t n;

		event_base_loop(base, EVLOOP_NONBLOCK);
		n = recv(engine_end, inbox, sizeof(inbox), MSG_DONTWAIT);
		if (n >= (ssize_t)sizeof(got)) {
			memcpy(&got, inbox, sizeof(got));
			if (got == type)
				return inbox;
		}
		nanosleep(&nap, NULL);
	}
	fail_msg("no message %u", (unsigned)type);
	return NULL;
}

/* The runner's last word on a configuration, and what it refused before. */
static int
hear_state(char refusal[128])
{
	int refused = 0;

	for (;;) {
		const struct wire_run_state *m = hear(WIRE_RUN_STATE);

		if (m->jail == WIRE_RUN_ALL)
			return m->error != 0 ? m->error : refused;
		refused = m->error;
		memcpy(refusal, m->text, 128);
	}
}

static bool
ban_works(const char *ip)
{
	const struct wire_run_done *m;

	say_ban(ip);
	m = hear(WIRE_RUN_DONE);
	return m->outcome == ACTION_DONE;
}

static bool
was_written(const char *text)
{
	char line[256] = "";
	FILE *f = fopen(tree_path(&tree, "out"), "r");
	bool found = false;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		found |= strcmp(line, text) == 0;
	if (f != NULL)
		fclose(f);
	return found;
}

static void
offer(const char *jail, const char *word, struct buf *text)
{
	struct buf command = { 0 };

	buf_addf(&command, "echo %s <ip> >>%s/out", word, tree.dir);
	buf_clear(text);
	make_text(jail, command.p, text);
	say_given(buf_span(text));
	say_config(buf_span(text));
	buf_fini(&command);
}

/* --- tests ------------------------------------------------------------ */

static void
text_is_refused(void **state)
{
	struct buf text = { 0 };
	char why[128] = "";

	(void)state;
	tree_write(&tree, "gaol.conf", REFUSED);
	offer("one", "evil", &text);
	assert_int_equal(hear_state(why), EPERM);
	assert_non_null(strstr(why, "runtime_commands = true"));
	assert_false(ban_works("192.0.2.1"));
	/* Nor without a word, under the digest alone. */
	say_config(buf_span(&text));
	assert_int_equal(hear_state(why), ESTALE);
	assert_false(ban_works("192.0.2.1"));
	assert_false(was_written("evil 192.0.2.1\n"));
	buf_fini(&text);
}

static void
text_is_run_where_it_may(void **state)
{
	struct buf text = { 0 };
	char why[128] = "";

	(void)state;
	tree_write(&tree, "gaol.conf", ALLOWED);
	offer("new", "good", &text);
	assert_int_equal(hear_state(why), 0);
	assert_true(ban_works("192.0.2.1"));
	assert_true(was_written("good 192.0.2.1\n"));
	/* Who is never banned is not banned by it, either. */
	assert_false(ban_works("127.0.0.1"));
	/* Other text of the same action; the one before goes on as it. */
	offer("new", "better", &text);
	assert_int_equal(hear_state(why), 0);
	assert_true(ban_works("192.0.2.2"));
	assert_true(was_written("better 192.0.2.2\n"));
	/* It is remembered, */
	say_config(buf_span(&text));
	assert_int_equal(hear_state(why), 0);
	assert_true(ban_works("192.0.2.3"));
	assert_true(was_written("better 192.0.2.3\n"));
	/* … until gaol.conf says otherwise. */
	tree_write(&tree, "gaol.conf", REFUSED);
	say_config(buf_span(&text));
	assert_int_equal(hear_state(why), EPERM);
	assert_false(ban_works("192.0.2.4"));
	buf_fini(&text);
}

static void
files_need_no_setting(void **state)
{
	struct config_request request = { .dir = tree.dir, .share = "/none" };
	struct report report = { 0 };
	struct config *c;
	struct buf text = { 0 };
	char why[128] = "";

	(void)state;
	tree_write(&tree, "gaol.conf", REFUSED);
	c = config_load(&request, &report);
	assert_non_null(c);
	run_plan_text(&c->jails[0], &text);
	say_config(buf_span(&text));
	assert_int_equal(hear_state(why), 0);
	assert_true(ban_works("192.0.2.1"));
	assert_true(was_written("file 192.0.2.1\n"));
	buf_fini(&text);
	config_free(c);
	report_fini(&report);
}

/* Bytes that are no text of commands, and more of them than are kept. */
static void
any_bytes_do_no_harm(void **state)
{
	struct buf junk = { 0 };
	char why[128];

	(void)state;
	tree_write(&tree, "gaol.conf", ALLOWED);
	for (int i = 0; i < 200; i++) {
		struct config *c;

		buf_clear(&junk);
		make_text("j", "true", &junk);
		for (int k = 0; k < 6; k++)
			junk.p[random_below(junk.n)] =
			    (char)random_below(256);
		c = run_plan_read(span_sub(buf_span(&junk), 0,
		    random_below(junk.n + 1)));
		config_free(c);
	}
	say_given(buf_span(&junk));
	say_config(buf_span(&junk));
	(void)hear_state(why);
	buf_clear(&junk);
	for (size_t i = 0; i < RUN_PLAN_TEXT_MAX; i++)
		buf_addc(&junk, 'x');
	for (int i = 0; i < 40; i++)
		say_given(buf_span(&junk));
	say_config(buf_span(&junk));
	assert_int_equal(hear_state(why), ESTALE);
	buf_fini(&junk);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_is_refused, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(text_is_run_where_it_may,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(files_need_no_setting, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(any_bytes_do_no_harm, setup,
		    teardown),
	};

	random_start();
	log_set_level(LEVEL_CRITICAL);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
