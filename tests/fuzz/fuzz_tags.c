/*
 * A command and a ticket's values of any bytes: the values never get into the
 * text of the script unless every shell takes them for a word.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "action/tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expand(struct span text, const struct values *v, struct escape *e)
{
	const struct tags_context context = {
		.values = v, .jail = "sshd", .family = "None",
		.ip_host = v->fid, .fq_hostname = v->fid,
	};

	tags_expand(text, &context, e);
}

/* All that stands in the text is ours, plain, or the name of a variable. */
static void
check_text(const struct escape *e)
{
	for (size_t i = 0; i < e->text.n; i++)
		if (strchr(" ${}", e->text.p[i]) == NULL &&
		    !escape_is_plain(span_from(e->text.p + i, 1)) &&
		    e->text.p[i] != '-')
			abort();
}

static void
check(struct span text, const struct values *v, bool fixed)
{
	struct escape e = { 0 };
	char **argv;

	expand(text, v, &e);
	if (e.names.n != e.values.n || e.bytes > ESCAPE_VALUES_MAX)
		abort();
	if (fixed)
		check_text(&e);
	argv = escape_argv(&e);
	if (argv != NULL) {
		struct buf b = { 0 };

		escape_format(&e, &b);
		buf_fini(&b);
	}
	free(argv);
	escape_fini(&e);
}

/* The command as a parameter of itself and of others. */
static void
resolve(struct span command)
{
	struct properties p = { 0 };
	struct buf why = { 0 };
	char *text = span_dup(command);
	char *family;
	struct tags *t;

	properties_set(&p, "actionban", text);
	properties_set(&p, "x", text);
	properties_set(&p, "x?family=inet6", "y");
	t = tags_new(&p);
	if (tags_text(t, TAGS_BAN, "", &why) == NULL && why.n == 0)
		abort();
	family = tags_family_text(t, TAGS_BAN, "inet6", &why);
	free(family);
	tags_free(t);
	properties_fini(&p);
	buf_fini(&why);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = span_from(data, size), command, id;
	struct values v = { 0 };

	if (size > 4096)
		return 0;
	if (!span_cut(&all, '\n', &command))
		return 0;
	if (!span_cut(&all, '\n', &id))
		id = SPAN("");
	v.fid = span_dup(id);
	strings_add(&v.matches, all);
	values_add_group(&v, SPAN("user"), all);
	check(command, &v, false);
	check(SPAN("a <matches> <ip>b<F-USER>c <F-*> <ip-host> <raw-ticket>"),
	    &v, true);
	/* What grows up to its bound takes its time; configurations do not. */
	if (command.n <= 64)
		resolve(command);
	values_fini(&v);
	return 0;
}
