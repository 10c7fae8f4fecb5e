#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "action/tags.h"

static struct values ticket;

static void
add(struct strings *l, const char *line)
{
	strings_add(l, span_of(line));
}

static int
make_ticket(void **state)
{
	(void)state;
	ticket = (struct values){
		.fid = strdup("192.0.2.7"), .time = { 1124013600500000 },
		.bantime = 600, .bancount = 2, .failures = 5,
		.jail_banned = 1, .jail_banned_total = 20, .jail_found = 3,
		.jail_found_total = 40,
	};
	add(&ticket.matches, "first line");
	add(&ticket.matches, "second <ip> $(x)");
	values_add_group(&ticket, SPAN("user"), SPAN("root"));
	values_add_group(&ticket, SPAN("fport"), SPAN("22"));
	return 0;
}

static int
drop_ticket(void **state)
{
	(void)state;
	values_fini(&ticket);
	return 0;
}

/* The text with its values in place: what the shell would see. */
static char *
expand_for(const char *text, const struct values *v, const char *family,
    const char *host)
{
	const struct tags_context context = {
		.values = v, .jail = "sshd", .family = family,
		.ip_host = host, .fq_hostname = "mail.example.org",
	};
	struct escape e = { 0 };
	struct buf out = { 0 };

	tags_expand(span_of(text), &context, &e);
	buf_addf(&out, "%s", e.text.n > 0 ? e.text.p : "");
	for (size_t i = 0; i < e.values.n; i++)
		buf_addf(&out, "|%s", e.values.v[i]);
	escape_fini(&e);
	return buf_take(&out);
}

static void
expect(const char *text, const char *want)
{
	char *have = expand_for(text, &ticket, "inet4", NULL);

	assert_string_equal(have, want);
	free(have);
}

static void
every_tag_of_a_ticket(void **state)
{
	(void)state;
	expect("<ip> <fid> <family>", "192.0.2.7 192.0.2.7 inet4");
	expect("<ip-rev>x", "7.2.0.192.x");
	expect("<ip-host>", "None");
	expect("<failures> <bancount> <bantime> <restored>", "5 2 600 0");
	expect("<time>", "1124013600.5");
	expect("<ipfailures> <ipjailfailures>", "5 5");
	expect("<jail.name> <jail.banned> <jail.banned_total>", "sshd 1 20");
	expect("<jail.found> <jail.found_total>", "3 40");
	expect("<F-USER> <F-PORT> <F-FAILURES>[<F-NONE>]", "root 22 5[]");
	expect("a<br>b<sp>c", "a\nb c");
	expect("<fq-hostname>", "mail.example.org");
	expect("<matches>",
	    "$f2bV_matches|first line\nsecond <ip> $(x)");
	expect("<ipmatches><ipjailmatches>", "$f2bV_ipmatches"
	    "$f2bV_ipjailmatches|first line\nsecond <ip> $(x)"
	    "|first line\nsecond <ip> $(x)");
	expect("<raw-ticket>", "$f2bV_raw_ticket|BanTicket: ip=192.0.2.7 "
	    "time=1124013600.5 bantime=600 bancount=2 #attempts=5 "
	    "matches=['first line', 'second <ip> $(x)']");
	expect("<F-*>", "$f2bV_F__|{'matches': ['first line', "
	    "'second <ip> $(x)'], 'failures': 5, 'user': 'root', "
	    "'fport': '22'}");
	expect("<F-MATCHES>",
	    "$f2bV_F_matches|['first line', 'second <ip> $(x)']");
}

static void
unknown_tags_stay(void **state)
{
	(void)state;
	expect("cat <file >out <<EOF <nosuch> <F-user> <> < ip> <ip",
	    "cat <file >out <<EOF <nosuch> <F-user> <> < ip> <ip");
	expect("<a<ip>b>", "<a192.0.2.7b>");
}

static void
values_are_not_looked_into(void **state)
{
	(void)state;
	free(ticket.groups[0].value);
	ticket.groups[0].value = strdup("<ip>");
	expect("<F-USER>", "$f2bV_F_user|<ip>");
}

static void
other_ids(void **state)
{
	struct values v = { .fid = (char *)"2001:db8::7" };
	struct values raw = { .fid = (char *)"a name" };
	struct values both = { .fid = (char *)"session/1",
		.ip = (char *)"192.0.2.9", .time = { 1124013600000000 } };
	char *have;

	(void)state;
	have = expand_for("<ip-rev> <ip-host>", &v, "inet6", "h.example");
	assert_string_equal(have, "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "0.0.0.0.8.b.d.0.1.0.0.2. h.example");
	free(have);
	have = expand_for("<ip> <ip-rev>. <family>", &raw, "None", NULL);
	assert_string_equal(have, "$f2bV_ip . None|a name");
	free(have);
	have = expand_for("<ip> <fid> <time>", &both, "inet4", NULL);
	assert_string_equal(have, "192.0.2.9 session/1 1124013600.0");
	free(have);
	both.time_whole = true;
	have = expand_for("<time>", &both, "inet4", NULL);
	assert_string_equal(have, "1124013600");
	free(have);
	/* Nothing but what needs no ticket. */
	have = expand_for("<ip> <family><br><sp><F-USER>", NULL, "", NULL);
	assert_string_equal(have, "<ip> <family>\n <F-USER>");
	free(have);
}

static void
merged_values(void **state)
{
	(void)state;
	ticket.merged = true;
	ticket.ipfailures = 50;
	ticket.ipjailfailures = 30;
	add(&ticket.ipmatches, "all");
	add(&ticket.ipjailmatches, "here");
	expect("<ipfailures> <ipjailfailures> <ipmatches> <ipjailmatches>",
	    "50 30 all here");
}

static struct tags *
tags_of(const char *key, ...)
{
	struct properties p = { 0 };
	struct tags *t;
	va_list ap;

	va_start(ap, key);
	for (; key != NULL; key = va_arg(ap, const char *))
		properties_set(&p, key, va_arg(ap, const char *));
	va_end(ap);
	t = tags_new(&p);
	properties_fini(&p);
	return t;
}

static void
parameters_have_variants(void **state)
{
	struct tags *t = tags_of("actionban", "<cmd> <ip> <block> <timeout>",
	    "cmd", "<prog> -w", "prog", "iptables", "prog?family=inet6",
	    "ip6tables", "block", "REJECT", "block?family=inet6", "DROP<x>",
	    "x", "6", "bantime", "77", "matches", "mine", NULL);
	struct buf why = { 0 };
	char *text;

	(void)state;
	assert_true(tags_has_families(t));
	assert_string_equal(tags_text(t, TAGS_BAN, "inet4", &why),
	    "iptables -w <ip> REJECT 60");
	assert_string_equal(tags_text(t, TAGS_BAN, "inet6", &why),
	    "ip6tables -w <ip> DROP6 60");
	assert_string_equal(tags_text(t, TAGS_BAN, "", &why),
	    "iptables -w <ip> REJECT 60");
	assert_string_equal(tags_text(t, TAGS_UNBAN, "", &why), "");
	assert_string_equal(tags_raw(t, TAGS_UNBAN), "");
	tags_free(t);

	t = tags_of("actionstart", "s <family> <ip> <F-X> <bantime>",
	    "bantime", "77", NULL);
	assert_false(tags_has_families(t));
	text = tags_family_text(t, TAGS_START, "inet6", &why);
	assert_string_equal(text, "s inet6 <ip>  <bantime>");
	free(text);
	text = tags_family_text(t, TAGS_START, "", &why);
	assert_string_equal(text, "s <family> <ip> <F-X> <bantime>");
	free(text);
	tags_free(t);
	assert_int_equal(why.n, 0);
}

static void
recursion_ends(void **state)
{
	struct tags *t = tags_of("actionban", "<a>", "a", "<b>", "b", "<a>",
	    NULL);
	struct buf why = { 0 };
	struct properties p = { 0 };

	(void)state;
	assert_null(tags_text(t, TAGS_BAN, "", &why));
	assert_true(why.n > 0);
	assert_null(tags_family_text(t, TAGS_BAN, "inet4", &why));
	tags_free(t);
	/* 64 ^ 6 bytes, if nobody stopped it. */
	properties_set(&p, "actionban", "<a0>");
	for (int i = 0; i < 6; i++) {
		char key[16], text[64 * 16] = "", next[16];

		snprintf(key, sizeof(key), "a%d", i);
		snprintf(next, sizeof(next), "<a%d>", i + 1);
		for (int k = 0; k < 64; k++)
			strcat(text, next);
		properties_set(&p, key, text);
	}
	properties_set(&p, "a6", "x");
	t = tags_new(&p);
	buf_clear(&why);
	assert_null(tags_text(t, TAGS_BAN, "", &why));
	assert_true(why.n > 0);
	tags_free(t);
	properties_fini(&p);
	buf_fini(&why);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_ticket, drop_ticket)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_tag_of_a_ticket),
		TEST(unknown_tags_stay),
		TEST(values_are_not_looked_into),
		TEST(other_ids),
		TEST(merged_values),
		TEST(parameters_have_variants),
		TEST(recursion_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
