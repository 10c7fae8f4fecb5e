/* `gaol dump`: the configuration as it was understood. */
#include "tools/tool.h"

#include <getopt.h>
#include <stdio.h>

#include "config/config.h"
#include "config/dump.h"
#include "config/report.h"

enum form { FORM_STREAM, FORM_PRETTY, FORM_JSON };

static void
usage(FILE *to)
{
	fputs("usage: gaol dump [-c DIR] [--share DIR] [--json | --pretty]\n"
	    "Prints the resolved configuration as fail2ban's command stream.\n"
	    "  -c, --conf DIR    configuration (default /etc/gaol with jails, "
	    "else /etc/fail2ban)\n"
	    "      --share DIR   where our own filter.d and action.d are\n"
	    "      --json        as a JSON tree\n"
	    "      --pretty      long lines broken up, as fail2ban-client "
	    "--dp does\n"
	    "  -h, --help        this text\n"
	    "Exit status: 0, 1 nothing to print (broken jails are in the "
	    "stream), 2 misuse.\n", to);
}

static void
print_problems(const struct report *report)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < report->n; i++) {
		buf_clear(&line);
		report_format(&report->v[i], &line);
		fprintf(stderr, "%s\n", line.p);
	}
	buf_fini(&line);
}

static int
dump(const struct config_request *request, enum form form)
{
	struct report report = { 0 };
	struct buf out = { 0 }, stream = { 0 };
	struct config *c = config_load(request, &report);

	print_problems(&report);
	report_fini(&report);
	if (c == NULL)
		return 1;
	if (form == FORM_JSON)
		dump_json(c, &out);
	else
		dump_write(c, DUMP_UPSTREAM, form == FORM_PRETTY ? &stream :
		    &out);
	if (form == FORM_PRETTY)
		dump_pretty(buf_span(&stream), &out);
	buf_fini(&stream);
	config_free(c);
	fwrite(out.p, 1, out.n, stdout);
	buf_fini(&out);
	return fflush(stdout) == 0 ? 0 : 1;
}

int
tool_dump(int argc, char **argv)
{
	static const struct option options[] = {
		{ "conf", required_argument, NULL, 'c' },
		{ "share", required_argument, NULL, 'S' },
		{ "json", no_argument, NULL, 'j' },
		{ "pretty", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct config_request request = { 0 };
	enum form form = FORM_STREAM;
	int o;

	optind = 1;
	while ((o = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			request.dir = optarg;
			break;
		case 'S':
			request.share = optarg;
			break;
		case 'j':
			form = FORM_JSON;
			break;
		case 'p':
			form = FORM_PRETTY;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return 2;
	}
	return dump(&request, form);
}
