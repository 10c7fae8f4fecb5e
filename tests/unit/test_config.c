#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "config/config.h"
#include "config/dump.h"
#include "config/logpath.h"
#include "tree.h"

static struct tree tree;
static struct config *config;
static struct report report;
static bool strict, daemons;

static int
setup(void **state)
{
	(void)state;
	strict = daemons = false;
	tree_make(&tree);
	tree_write(&tree, "filter.d/f.conf",
	    "[Definition]\nfailregex = ^<HOST> <mode>$\nmode = normal\n");
	tree_write(&tree, "action.d/a.conf", "[Definition]\n"
	    "actionban = ban <ip> <port> <name>\n[Init]\nport = 22\n");
	tree_write(&tree, "log", "");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	config_free(config);
	config = NULL;
	report_fini(&report);
	tree_remove(&tree);
	return 0;
}

/* Our own action.d, as it stands in the repository. */
static void
load(const char *jail_conf)
{
	struct config_request request = { .dir = tree.dir, .share = ".",
		.strict = strict, .decide_nologs = daemons };

	config_free(config);
	report_fini(&report);
	tree_write(&tree, "jail.conf", jail_conf);
	config = config_load(&request, &report);
}

static const struct problem *
problem(const char *words)
{
	for (size_t i = 0; i < report.n; i++)
		if (strstr(report.v[i].text, words) != NULL)
			return &report.v[i];
	for (size_t i = 0; i < report.n; i++)
		print_message("# %s\n", report.v[i].text);
	fail_msg("no problem says '%s'", words);
	return NULL;
}

static void
test_one_jail(void **state)
{
	struct jail_config *j;

	(void)state;
	load("[DEFAULT]\nmaxretry = 7\n[j]\nenabled = true\n"
	    "filter = f[mode=x]\naction = a[port=\"ssh\"]\n"
	    "logpath = log/../log\nfindtime = 1h\nbantime = -1\n"
	    "ignoreip = 127.0.0.1/8, ::1\nignoreself = false\n"
	    "[off]\nfilter = none\n");
	assert_non_null(config);
	assert_int_equal(config->jails_n, 1);
	j = &config->jails[0];
	assert_null(j->error);
	assert_string_equal(j->name, "j");
	assert_string_equal(j->backend, "auto");
	assert_int_equal(j->maxretry, 7);
	assert_int_equal(j->maxmatches, 5);
	assert_true(j->findtime == 3600);
	assert_int_equal(j->bantime, -1);
	assert_false(j->ignoreself);
	assert_int_equal(j->ignoreip.n, 2);
	assert_string_equal(j->ignoreip.v[1], "::1");
	assert_string_equal(j->logencoding, "auto");
	assert_string_equal(j->filter.name, "f");
	assert_int_equal(j->filter.failregex.n, 1);
	assert_string_equal(j->filter.failregex.v[0], "^<HOST> x$");
	assert_int_equal(j->actions_n, 1);
	assert_int_equal(j->actions[0].kind, ACTION_SHELL);
	assert_string_equal(properties_get(&j->actions[0].props, "actionban"),
	    "ban <ip> ssh j");
	assert_string_equal(properties_get(&j->actions[0].props, "port"),
	    "ssh");
	for (size_t i = 0; i < report.n; i++)
		assert_null(strstr(report.v[i].text, "action"));
}

static void
test_python_action(void **state)
{
	(void)state;
	load("[j]\nenabled = true\nfilter = f\nlogpath = log\n"
	    "action = x.py[to=root]\n");
	assert_int_equal(config->jails[0].actions_n, 1);
	problem("action 'x' is a part of fail2ban written in Python");
}

static const char *
ignoreip_of(size_t jail)
{
	const char *text = properties_get(&config->jails[jail].settings,
	    "ignoreip");

	return text != NULL ? text : "";
}

/* Who fails through a webmail is not the webmail: in jails of mail only. */
static void
test_proxies_are_spared_by_mail(void **state)
{
	(void)state;
	tree_write(&tree, "gaol.conf",
	    "trusted_proxy = [ \"10.0.0.2\", \"2001:db8::/64\" ];");
	tree_write(&tree, "filter.d/mail.conf", "[Definition]\n"
	    "failregex = ^<HOST>$\neventregex = login: ^<HOST>$\n");
	load("[DEFAULT]\nenabled = true\nlogpath = log\nfilter = f\n"
	    "[web]\nport = http,https\n[none]\n"
	    "[ports]\nport = pop3,Imaps , 4190\nignoreip = 192.0.2.1\n"
	    "[events]\nfilter = mail\nport = http\n"
	    "[range]\nport = 142:144\n");
	assert_int_equal(config->jails_n, 5);
	assert_string_equal(ignoreip_of(0), "");
	assert_string_equal(ignoreip_of(1), "");
	assert_string_equal(ignoreip_of(2),
	    "192.0.2.1 10.0.0.2 2001:db8::/64");
	assert_int_equal(config->jails[2].ignoreip.n, 3);
	assert_string_equal(ignoreip_of(3), "10.0.0.2 2001:db8::/64");
	assert_string_equal(config->jails[3].ignoreip.v[1], "2001:db8::/64");
	assert_string_equal(ignoreip_of(4), "");
	/* A ban by hand is the administrator's. */
	assert_int_equal(config->never.n, 0);
}

/* What the warden refuses to ban, whatever a jail's own ignoreip says. */
static void
test_never(void **state)
{
	(void)state;
	load("[DEFAULT]\noffice = 192.0.2.0/24\n"
	    "ignoreip = 127.0.0.1/8, %(office)s 2001:db8::7\n"
	    "\tmail.example.org file:/etc/trusted 192.0.2.300\n"
	    "[j]\nenabled = true\nfilter = f\nlogpath = log\n"
	    "ignoreip = 198.51.100.1\n");
	assert_non_null(config);
	assert_int_equal(config->never.n, 3);
	assert_string_equal(config->never.v[0], "127.0.0.1/8");
	assert_string_equal(config->never.v[1], "192.0.2.0/24");
	assert_string_equal(config->never.v[2], "2001:db8::7");
	load("[j]\nenabled = true\nfilter = f\nlogpath = log\n");
	assert_int_equal(config->never.n, 0);
	load("[DEFAULT]\nignoreip = %(nowhere)s\n"
	    "[j]\nenabled = true\nfilter = f\nlogpath = log\n"
	    "ignoreip =\n");
	assert_int_equal(config->never.n, 0);
	problem("[DEFAULT] ignoreip protects no address");
}

static void
test_broken_jail_stops_no_other(void **state)
{
	const struct problem *p;

	(void)state;
	load("[bad]\nenabled = true\nfilter = f\nmaxretry = many\n"
	    "action = null\n[worse]\nenabled = true\nfilter = %(none)s\n"
	    "[lost]\nenabled = 1\nfilter = nowhere\n"
	    "[time]\nenabled = yes\nfilter = f\nbantime = 3x\n"
	    "[entry]\nenabled = on\nfilter = f[x\n"
	    "[good]\nenabled = true\nfilter = f\naction = null\n");
	assert_non_null(config);
	assert_int_equal(config->jails_n, 6);
	for (size_t i = 0; i < 5; i++)
		assert_non_null(config->jails[i].error);
	assert_null(config->jails[5].error);
	p = problem("maxretry: 'many' is not a number; accepted: 0..");
	assert_int_equal(p->line, 4);
	assert_string_equal(p->jail, "bad");
	assert_string_equal(p->file, tree_path(&tree, "jail.conf"));
	assert_int_equal(problem("'none'")->line, 8);
	assert_int_equal(problem("Unable to read the filter 'nowhere'")->line,
	    11);
	assert_int_equal(problem("bantime: '3x'")->line, 15);
	problem("unexpected option syntax");
	strict = true;
	load("[bad]\nenabled = true\nfilter = f\nmaxretry = many\n");
	assert_null(config);
}

static void
test_problems_are_single_lines(void **state)
{
	struct buf line = { 0 };

	(void)state;
	load("[j]\nenabled = true\nfilter = f\nmaxretry = 1\n  2\x1b[m\n");
	report_format(&report.v[0], &line);
	assert_null(strchr(line.p, '\n'));
	assert_null(strchr(line.p, '\x1b'));
	assert_non_null(strstr(line.p, ":4: [j] error: maxretry: "
	    "'1\\n2\\x1b[m'"));
	buf_fini(&line);
}

static void
test_error_in_the_text_breaks_its_jail(void **state)
{
	(void)state;
	load("[a]\nenabled = true\nfilter = f\naction = null\nmaxretry = 3\n"
	    "maxretry = 5\n[b]\nenabled = true\nfilter = f\naction = null\n");
	assert_int_equal(config->jails_n, 2);
	assert_non_null(strstr(config->jails[0].error, "stands twice"));
	assert_null(config->jails[1].error);
	assert_int_equal(report.errors, 1);
}

static void
test_missing_log_is_waited_for(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), "[j]\nenabled = true\nfilter = f\n"
	    "action = null\nlogpath = %s/l*g\n %s/none.* tail\n", tree.dir,
	    tree.dir);
	load(text);
	assert_null(config->jails[0].error);
	assert_int_equal(config->jails[0].logs_n, 1);
	assert_string_equal(config->jails[0].logs[0].path,
	    tree_path(&tree, "log"));
	assert_false(config->jails[0].logs[0].tail);
	assert_int_equal(config->jails[0].logs_missing.n, 1);
	assert_string_equal(config->jails[0].logs_missing.v[0],
	    tree_path(&tree, "none.*"));
	assert_int_equal(report.errors, 0);
	problem("waits for it");
	snprintf(text, sizeof(text), "[j]\nenabled = true\nfilter = f\n"
	    "logpath = /x middle\n");
	load(text);
	assert_non_null(strstr(config->jails[0].error, "'middle'"));
}

static void
test_known_reaches_into_the_filter(void **state)
{
	(void)state;
	load("[j]\nenabled = true\nfilter = f\naction = null\n"
	    "failregex = %(known/failregex)s\n  ^second <HOST>$\n");
	assert_int_equal(config->jails[0].filter.failregex.n, 2);
	assert_string_equal(config->jails[0].filter.failregex.v[0],
	    "^<HOST> normal$");
	assert_string_equal(config->jails[0].filter.failregex.v[1],
	    "^second <HOST>$");
}

static void
test_unknown_options(void **state)
{
	(void)state;
	load("[DEFAULT]\nbantme = 1\nmy_own = 3\nmaxretries = 4\n"
	    "[j]\nenabled = true\nfilter = f\naction = null\nmaxrety = 4\n"
	    "maxretry = %(maxretries)s\n");
	assert_int_equal(config->jails[0].maxretry, 4);
	assert_int_equal(problem("'maxrety'; did you mean 'maxretry'?")->line,
	    9);
	assert_int_equal(problem("'bantme'; did you mean 'bantime'?")->line, 2);
	tree_write(&tree, "filter.d/typo.conf",
	    "[Definition]\nfailregx = ^<HOST>\nmodes = 1\n"
	    "failregex = <modes> <HOST>\n");
	tree_write(&tree, "action.d/typo.conf", "[Definition]\nactonban = x\n");
	load("[j]\nenabled = true\nfilter = typo\naction = typo\n"
	    "[DEFAULT]\nmy_own = 3\nmaxretries = 4\n"
	    "[k]\nmaxretry = %(maxretries)s\n");
	assert_int_equal(problem("'failregx'; did you mean 'failregex'?")->line,
	    2);
	problem("'actonban'; did you mean 'actionban'?");
	/* Used in %(…)s or <…>, hence a variable. */
	for (size_t i = 0; i < report.n; i++) {
		assert_null(strstr(report.v[i].text, "maxretries"));
		assert_null(strstr(report.v[i].text, "my_own"));
		assert_null(strstr(report.v[i].text, "modes"));
	}
}

static void
test_native_actions(void **state)
{
	const struct jail_config *j;
	const struct properties *p;

	(void)state;
	load("[j]\nenabled = true\nfilter = f\n"
	    "action = nftables-allports[chain_hook=forward]\n"
	    "  nftables[name=web, port=\"80,443\", table=t]\n  null\n");
	j = &config->jails[0];
	assert_null(j->error);
	assert_int_equal(j->actions_n, 3);
	assert_int_equal(j->actions[0].kind, ACTION_NFTABLES);
	assert_string_equal(j->actions[0].name, "nftables-allports");
	p = &j->actions[0].props;
	assert_string_equal(properties_get(p, "type"), "allports");
	assert_string_equal(properties_get(p, "table"), "f2b-table");
	assert_string_equal(properties_get(p, "table_family"), "inet");
	assert_string_equal(properties_get(p, "chain"), "f2b-chain");
	assert_string_equal(properties_get(p, "chain_hook"), "forward");
	assert_string_equal(properties_get(p, "chain_priority"), "-1");
	assert_string_equal(properties_get(p, "blocktype"), "reject");
	assert_string_equal(properties_get(p, "addr_set"), "addr-set-j");
	assert_string_equal(properties_get(p, "addr_set?family=inet6"),
	    "addr6-set-j");
	assert_string_equal(properties_get(p, "net_set"), "net-set-j");
	assert_string_equal(properties_get(p, "net_set?family=inet6"),
	    "net6-set-j");
	assert_null(properties_get(p, "native"));
	p = &j->actions[1].props;
	assert_string_equal(j->actions[1].name, "nftables-web");
	assert_string_equal(properties_get(p, "type"), "multiport");
	assert_string_equal(properties_get(p, "port"), "80,443");
	assert_string_equal(properties_get(p, "table"), "t");
	assert_string_equal(properties_get(p, "addr_set?family=inet6"),
	    "addr6-set-web");
	assert_int_equal(j->actions[2].kind, ACTION_NONE);
}

/* The unchanged file of an installed fail2ban, if there is one. */
static void
test_stock_nftables_is_native(void **state)
{
	const struct action_config *a;
	char command[512];

	(void)state;
	snprintf(command, sizeof(command), "cp /etc/fail2ban/action.d/nft* "
	    "%s/action.d 2>/dev/null", tree.dir);
	if (system(command) != 0)
		skip();
	load("[j]\nenabled = true\nfilter = f\nmaxretry = 2\n"
	    "action = nftables-allports[port=22]\n");
	a = &config->jails[0].actions[0];
	assert_int_equal(a->kind, ACTION_NFTABLES);
	assert_string_equal(properties_get(&a->props, "type"), "allports");
	assert_string_equal(properties_get(&a->props, "addr_set?family=inet6"),
	    "addr6-set-j");
	assert_null(properties_get(&a->props, "actionban"));
	assert_non_null(properties_get(&a->sent, "actionban"));
	/* Whoever changes a command gets that command. */
	load("[j]\nenabled = true\nfilter = f\n"
	    "action = nftables[type=custom]\n"
	    " nftables[actname=x, actionban=true]\n");
	assert_int_equal(config->jails[0].actions[0].kind, ACTION_SHELL);
	assert_int_equal(config->jails[0].actions[1].kind, ACTION_SHELL);
	tree_write(&tree, "action.d/nftables.local",
	    "[Definition]\nactionban = mine <ip>\n");
	load("[j]\nenabled = true\nfilter = f\naction = nftables\n");
	a = &config->jails[0].actions[0];
	assert_int_equal(a->kind, ACTION_SHELL);
	assert_string_equal(properties_get(&a->props, "actionban"),
	    "mine <ip>");
}

static void
test_action_names_must_differ(void **state)
{
	(void)state;
	load("[j]\nenabled = true\nfilter = f\naction = null\n null\n");
	assert_non_null(strstr(config->jails[0].error, "'null' stands twice"));
	load("[j]\nenabled = true\nfilter = f\naction = null\n"
	    " null[actname=other]\n");
	assert_null(config->jails[0].error);
}

static void
test_files_of_others_are_refused(void **state)
{
	(void)state;
	tree_write(&tree, "action.d/open.conf", "[Definition]\n");
	assert_int_equal(chmod(tree_path(&tree, "action.d/open.conf"), 0646),
	    0);
	load("[j]\nenabled = true\nfilter = f\naction = open\n"
	    "[k]\nenabled = true\nfilter = f\naction = null\n");
	assert_non_null(config->jails[0].error);
	assert_null(config->jails[1].error);
	problem("others may write it (mode 0646)");
	tree_write(&tree, "jail.local", "[DEFAULT]\n");
	assert_int_equal(chmod(tree_path(&tree, "jail.local"), 0666), 0);
	load("[k]\nenabled = true\nfilter = f\naction = null\n");
	assert_null(config);
}

/* As in fail2ban, whose users do not see why; here they do. */
static void
test_main_file_without_definition(void **state)
{
	(void)state;
	tree_write(&tree, "fail2ban.conf", "[DEFAULT]\nloglevel = ERROR\n");
	load("[j]\nenabled = true\nfilter = f\naction = null\n");
	assert_string_equal(config->main.loglevel, "INFO");
	problem("has no [Definition]");
	tree_write(&tree, "fail2ban.conf",
	    "[DEFAULT]\nloglevel = ERROR\n[Definition]\n");
	load("[j]\nenabled = true\nfilter = f\naction = null\n");
	assert_string_equal(config->main.loglevel, "ERROR");
	for (size_t i = 0; i < report.n; i++)
		assert_null(strstr(report.v[i].text, "[Definition]"));
}

static void
test_disabled_jail_is_looked_at(void **state)
{
	(void)state;
	load("[j]\nenabled = false\nfilter = %(nothing)s\n"
	    "[k]\nenabled = true\nfilter = f\naction = null\n");
	assert_int_equal(config->jails_n, 1);
	assert_int_equal(report.errors, 0);
	problem("the jail is disabled, but filter: ");
}

static void
test_formula_is_checked(void **state)
{
	(void)state;
	load("[DEFAULT]\nenabled = true\nfilter = f\naction = null\n"
	    "[a]\nbantime.formula = ban.Time * (1 << ban.Count)\n"
	    "bantime.factor = 24*60\nbantime.multipliers = 1 2 4\n"
	    "[b]\nbantime.formula = ban.Time *\n"
	    "[c]\nbantime.factor = ban.Time\n"
	    "[d]\nbantime.multipliers = 1 x 4\n");
	assert_null(config->jails[0].error);
	for (size_t i = 1; i < 4; i++)
		assert_non_null(config->jails[i].error);
	problem("bantime.formula: 'ban.Time *': expected a value at the end");
	problem("bantime.factor: 'ban.Time': unknown name");
	problem("bantime.multipliers: 'x': not a whole number");
}

static void
test_journal_and_backends(void **state)
{
	(void)state;
	load("[j]\nenabled = true\nfilter = f\naction = null\n"
	    "backend = systemd[journalflags=1]\nlogpath = /var/log/x\n"
	    "[k]\nenabled = true\nfilter = f\nbackend = sysd\n");
	assert_null(config->jails[0].error);
	assert_int_equal(config->jails[0].logs_n, 0);
	assert_int_equal(config->jails[0].logs_missing.n, 0);
	assert_non_null(strstr(config->jails[1].error, "'sysd'"));
}

/* The jail's own journalmatch counts wherever it runs, a filter's does not. */
static void
test_no_logs(void **state)
{
	(void)state;
	daemons = true;
	load("[DEFAULT]\nenabled = true\nfilter = f\naction = null\n"
	    "logpath = /nonexistent/*.log\n"
	    "[j]\njournalmatch = _A=1\n"
	    "[poll]\njournalmatch = _A=1\nbackend = polling\n"
	    "[never]\njournalmatch = _A=1\nsystemd_if_nologs = no\n"
	    "[skip]\nskip_if_nologs = yes\n"
	    "[wait]\n");
	assert_int_equal(config->jails_n, 4);
	assert_string_equal(config->jails[0].backend, "systemd");
	assert_int_equal(config->jails[0].logs_missing.n, 0);
	problem("the jail reads the systemd journal");
	assert_string_equal(config->jails[1].backend, "polling");
	assert_string_equal(config->jails[2].backend, "auto");
	assert_int_equal(config->jails[2].logs_missing.n, 1);
	problem("the jail is skipped (skip_if_nologs)");
	assert_string_equal(config->jails[3].name, "wait");
}

static void
test_patterns_are_looked_at_again(void **state)
{
	struct jail_config *j;

	(void)state;
	tree_write(&tree, "logs/a.log", "");
	load("[j]\nenabled = true\nfilter = f\naction = null\n"
	    "logpath = logs/nothing\n    /nonexistent/[x]\n");
	j = &config->jails[0];
	assert_int_equal(j->globs_n, 1);
	assert_string_equal(j->globs[0].path, "/nonexistent/[x]");
	assert_false(j->globs[0].tail);
	free(j->globs[0].path);
	j->globs[0].path = strdup(tree_path(&tree, "logs/*.log"));
	logpath_again(j);
	assert_int_equal(j->logs_n, 1);
	tree_write(&tree, "logs/b.log", "");
	assert_int_equal(symlink("nowhere", tree_path(&tree, "logs/c.log")),
	    0);
	logpath_again(j);
	logpath_again(j);
	assert_int_equal(j->logs_n, 2);
	assert_string_equal(j->logs[1].path, tree_path(&tree, "logs/b.log"));
}

/* What the first user of this program runs, on a mail server. */
static void
test_users_example(void **state)
{
	const struct jail_config *j;

	(void)state;
	tree_write(&tree, "filter.d/dbmailimap.local", "[Definition]\n"
	    "failregex = login rejected: user \\[.*\\] from "
	    "\\[<HOST>:\\d*\\]$\n");
	tree_write(&tree, "filter.d/webmail.local", "[Definition]\n"
	    "failregex = ^[0-9a-zA-Z._-]+ <HOST> - - .*\\\"(GET|POST) .* "
	    "HTTP/1.(0|1)\\\" 401 .*\n");
	tree_write(&tree, "action.d/bsd-ipfw.conf",
	    "[Definition]\nactionban = ipfw table 1 add <ip>\n");
	tree_write(&tree, "jail.local", "[dbmailimap-ipfw]\n\nenabled = true\n"
	    "filter = dbmailimap\naction = bsd-ipfw\n"
	    "logpath = /var/log/dbmail/dbmail-imap.err\n"
	    "ignoreip = 127.0.0.1 ::1\nlogencoding = utf-8\n"
	    "[webmail]\nenabled = true\naction = bsd-ipfw\n"
	    "filter = webmail\n");
	load("[DEFAULT]\nmaxretry = 5\n");
	assert_non_null(config);
	assert_int_equal(report.errors, 0);
	assert_int_equal(config->jails_n, 2);
	j = &config->jails[0];
	assert_string_equal(j->name, "dbmailimap-ipfw");
	assert_string_equal(j->filter.failregex.v[0], "login rejected: user "
	    "\\[.*\\] from \\[<HOST>:\\d*\\]$");
	assert_string_equal(j->logencoding, "utf-8");
	assert_string_equal(j->logs_missing.n > 0 ? j->logs_missing.v[0] :
	    j->logs[0].path, "/var/log/dbmail/dbmail-imap.err");
	assert_string_equal(config->jails[1].filter.failregex.v[0],
	    "^[0-9a-zA-Z._-]+ <HOST> - - .*\\\"(GET|POST) .* "
	    "HTTP/1.(0|1)\\\" 401 .*");
}

static void
test_one_filter_alone(void **state)
{
	struct config_request request = { .dir = tree.dir, .share = "." };
	struct filter_config f;

	(void)state;
	tree_write(&tree, "filter.d/g.conf", "# status: from documentation, "
	    "unverified\n[INCLUDES]\nbefore = f.conf\n[Definition]\n"
	    "ignoreregex = ^no\nmode = deep\nmaxlines = 3\n");
	assert_int_equal(config_load_filter(&request, "g[mode=x]", &f,
	    &report), 0);
	assert_string_equal(f.name, "g");
	assert_string_equal(f.failregex.v[0], "^<HOST> x$");
	assert_string_equal(f.ignoreregex.v[0], "^no");
	assert_int_equal(f.maxlines, 3);
	assert_true(f.unverified);
	filter_config_fini(&f);
	assert_int_equal(config_load_filter(&request, "none", &f, &report), -1);
	problem("Unable to read the filter 'none'");
}

static void
test_main_values(void **state)
{
	(void)state;
	tree_write(&tree, "fail2ban.conf", "[DEFAULT]\nloglevel = debug\n"
	    "dbpurgeage = 2d\ndbmaxmatches = 4\n[Definition]\n"
	    "socket = /s\npidfle = /p\n[Thread]\nstacksize = 0\n");
	load("[j]\nenabled = false\n");
	assert_string_equal(config->main.loglevel, "debug");
	assert_string_equal(config->main.socket, "/s");
	assert_string_equal(config->main.logtarget, "/var/log/gaol.log");
	assert_int_equal(config->main.dbpurgeage_s, 172800);
	assert_int_equal(config->main.dbmaxmatches, 4);
	assert_int_equal(config->main.stacksize, 0);
	problem("'pidfle'; did you mean 'pidfile'?");
	tree_write(&tree, "fail2ban.conf",
	    "[Definition]\nloglevel = loud\ndbpurgeage = soon\n");
	load("[j]\nenabled = false\n");
	assert_int_equal(report.errors, 2);
	assert_int_equal(problem("loglevel: 'loud'")->line, 2);
	assert_int_equal(problem("dbpurgeage: 'soon'")->line, 3);
	assert_string_equal(config->main.loglevel, "INFO");
}

static void
test_nothing_there(void **state)
{
	struct config_request request = { .dir = "/nonexistent",
		.share = "." };

	(void)state;
	assert_null(config_load(&request, &report));
	request.dir = tree.dir;
	assert_null(config_load(&request, &report));
	problem("there are no jails here");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_one_jail),
		CASE(test_python_action),
		CASE(test_never),
		CASE(test_proxies_are_spared_by_mail),
		CASE(test_broken_jail_stops_no_other),
		CASE(test_problems_are_single_lines),
		CASE(test_error_in_the_text_breaks_its_jail),
		CASE(test_missing_log_is_waited_for),
		CASE(test_known_reaches_into_the_filter),
		CASE(test_unknown_options),
		CASE(test_native_actions),
		CASE(test_stock_nftables_is_native),
		CASE(test_action_names_must_differ),
		CASE(test_files_of_others_are_refused),
		CASE(test_main_file_without_definition),
		CASE(test_disabled_jail_is_looked_at),
		CASE(test_formula_is_checked),
		CASE(test_journal_and_backends),
		CASE(test_no_logs),
		CASE(test_patterns_are_looked_at_again),
		CASE(test_users_example),
		CASE(test_one_filter_alone),
		CASE(test_main_values),
		CASE(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
