/* `gaol options`: the table of options, for people, programs, the manual. */
#include "tools/tool.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/option.h"

static const struct place {
	enum option_place place;
	const char *name;
	const char *title;
	const char *about;
} places[] = {
	{ OPTION_MAIN, "main", "fail2ban.conf",
	  "In the section [Definition], stacksize in [Thread]." },
	{ OPTION_JAIL, "jail", "Jails",
	  "In jail.conf, jail.d and jail.local, in [DEFAULT] or a jail's own "
	  "section." },
	{ OPTION_FILTER, "filter", "Filters",
	  "In the section [Definition] of a file in filter.d; all but before "
	  "and after may stand in a jail, whose value counts." },
	{ OPTION_ACTION, "action", "Actions",
	  "In the section [Definition] of a file in action.d." },
};

static const char *const types[] = {
	"text", "yes or no", "number", "duration", "list", "expression",
	"command", "variable",
};

static void
usage(FILE *to)
{
	fputs("usage: gaol options [--json | --man] [NAME ...]\n"
	    "Says what the options of fail2ban's files mean.\n"
	    "      --json   as JSON\n"
	    "      --man    as the manual page gaol-options(5)\n"
	    "  -h, --help   this text\n"
	    "Exit status: 0, 1 no such option, 2 misuse.\n", to);
}

static bool
wanted(const struct option *o, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], o->name) == 0)
			return true;
	return argc == 0;
}

static int
print_text(int argc, char **argv)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (const struct option *o = option_table(); o->name != NULL;
		     o++) {
			if ((o->places & places[i].place) == 0 ||
			    !wanted(o, argc, argv))
				continue;
			any = true;
			printf("%-7s %-22s %-10s %s%s%s%s\n", places[i].name,
			    o->name, types[o->type], o->help,
			    o->fallback != NULL ? " (" : "",
			    o->fallback != NULL ? o->fallback : "",
			    o->fallback != NULL ? ")" : "");
		}
	return any ? 0 : 1;
}

static json_t *
option_json(const struct option *o)
{
	json_t *j = json_object(), *where = json_array();

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if ((o->places & places[i].place) != 0)
			json_array_append_new(where,
			    json_string(places[i].name));
	json_object_set_new(j, "name", json_string(o->name));
	json_object_set_new(j, "places", where);
	json_object_set_new(j, "type", json_string(types[o->type]));
	json_object_set_new(j, "default", o->fallback != NULL ?
	    json_string(o->fallback) : json_null());
	json_object_set_new(j, "unit", json_string(o->unit));
	json_object_set_new(j, "help", json_string(o->help));
	return j;
}

static int
print_json(int argc, char **argv)
{
	json_t *list = json_array();
	size_t n;
	char *text;

	for (const struct option *o = option_table(); o->name != NULL; o++)
		if (wanted(o, argc, argv))
			json_array_append_new(list, option_json(o));
	n = json_array_size(list);
	text = json_dumps(list, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	puts(text != NULL ? text : "[]");
	free(text);
	json_decref(list);
	return n > 0 ? 0 : 1;
}

static const char man_head[] =
    ".\\\" Made by `make man` from the table of options; do not edit.\n"
    ".Dd November 22, 2026\n"
    ".Dt GAOL-OPTIONS 5\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm gaol-options\n"
    ".Nd options of jails, filters and actions\n"
    ".Sh DESCRIPTION\n"
    ".Xr gaold 8\n"
    "reads fail2ban's own files.\n"
    "These are the options that it knows in them;\n"
    ".Cm gaol options Ar name\n"
    "prints one of them.\n"
    ".Pp\n"
    "A duration is seconds, or numbers with the units y, mo, w, d, h, m and\n"
    "s, as in\n"
    ".Dq 1d 12h ,\n"
    "with + - * / ** and brackets.\n"
    "A list stands one entry a line, or between blanks or commas.\n"
    "What means yes is 1, on, true and yes; all else means no.\n"
    "A variable is only used by other options, as %(name)s or <name>.\n";

static const char man_tail[] =
    ".Sh SEE ALSO\n"
    ".Xr gaol 1 ,\n"
    ".Xr gaol.conf 5 ,\n"
    ".Xr gaold 8\n";

static void
man_option(const struct option *o)
{
	printf(".It Cm %s\n%c%s.\n", o->name,
	    o->help[0] >= 'a' && o->help[0] <= 'z' ?
	    o->help[0] - 'a' + 'A' : o->help[0], o->help + 1);
	printf("Type: %s", types[o->type]);
	if (o->unit[0] != '\0')
		printf(" in %s", o->unit);
	if (o->fallback != NULL)
		printf("; default\n.Dq %s .\n", o->fallback);
	else
		puts(".");
}

static int
print_man(void)
{
	fputs(man_head, stdout);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		printf(".Ss %s\n%s\n.Bl -tag -width Ds\n", places[i].title,
		    places[i].about);
		for (const struct option *o = option_table(); o->name != NULL;
		     o++)
			if ((o->places & places[i].place) != 0)
				man_option(o);
		puts(".El");
	}
	fputs(man_tail, stdout);
	return 0;
}

int
tool_options(int argc, char **argv)
{
	bool json = false, man = false;
	int first = 1;

	for (; first < argc && argv[first][0] == '-'; first++) {
		if (strcmp(argv[first], "--json") == 0) {
			json = true;
		} else if (strcmp(argv[first], "--man") == 0) {
			man = true;
		} else if (strcmp(argv[first], "--help") == 0 ||
		    strcmp(argv[first], "-h") == 0) {
			usage(stdout);
			return 0;
		} else {
			usage(stderr);
			return 2;
		}
	}
	if (man && (json || first < argc)) {
		usage(stderr);
		return 2;
	}
	if (man)
		return print_man();
	return json ? print_json(argc - first, argv + first) :
	    print_text(argc - first, argv + first);
}
