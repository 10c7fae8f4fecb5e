#include "config/spare.h"

#include "base/buf.h"
#include "config/interpolate.h"
#include "config/own_nets.h"

bool
spare_is_mail_port(const char *ports)
{
	/* Names of /etc/services, their aliases, and their numbers. */
	static const char *const known[] = {
		"smtp", "25", "submission", "587", "submissions", "smtps",
		"ssmtp", "urd", "465", "imap", "imap2", "143", "imaps", "993",
		"pop3", "pop-3", "110", "pop3s", "995", "sieve", "4190",
	};
	struct span rest = span_of(ports), port;

	while (span_word(&rest, ", \t\n", &port))
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (span_eq_nocase(port, span_of(known[i])))
				return true;
	return false;
}

static bool
is_mail(const struct jail_config *jail, const struct ini *jails)
{
	const struct scope scope = { .ini = jails, .section = jail->name };
	struct buf ports = { 0 }, why = { 0 };
	bool yes = jail->filter.events_n > 0;

	if (!yes && interpolate_get(&scope, "port", &ports, &why) == 0)
		yes = spare_is_mail_port(ports.p);
	buf_fini(&ports);
	buf_fini(&why);
	return yes;
}

void
spare_proxies(struct jail_config *jail, const struct ini *jails,
    const char *trusted_proxy)
{
	struct span rest = span_of(trusted_proxy);
	const char *before;
	struct buf all = { 0 };
	struct addr net;

	if (trusted_proxy == NULL || !is_mail(jail, jails))
		return;
	before = properties_get(&jail->settings, "ignoreip");
	if (before != NULL)
		buf_adds(&all, before);
	while (own_nets_next(&rest, &net)) {
		char text[ADDR_STRLEN];

		addr_format(&net, text);
		buf_addf(&all, "%s%s", all.n > 0 ? " " : "", text);
		strings_add(&jail->ignoreip, span_of(text));
	}
	properties_set(&jail->settings, "ignoreip", all.p);
	buf_fini(&all);
}
