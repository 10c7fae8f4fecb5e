/* gaol.conf's accounts, as user_normalise() wants them. */
#include <stdlib.h>

#include "access/user.h"
#include "base/xalloc.h"
#include "config/config.h"

static char *
lower_dup(struct span s)
{
	char *text = span_dup(span_trim(s));

	for (char *c = text; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return text;
}

static void
add_alias(struct user_rules *rules, struct span alias)
{
	size_t at = span_chr(alias, '=');

	/* config/own.c has refused such a text already. */
	if (at == SPAN_NONE)
		return;
	rules->aliases = xreallocarray(rules->aliases, rules->aliases_n + 1,
	    sizeof(*rules->aliases));
	rules->aliases[rules->aliases_n++] = (struct user_alias){
		lower_dup(span_sub(alias, 0, at)),
		lower_dup(span_skip(alias, at + 1)) };
}

void
user_rules_init(struct user_rules *rules, const struct own_config *own)
{
	struct span rest = span_of(own->accounts_aliases), alias;

	*rules = (struct user_rules){ 0 };
	if (own->accounts_domain != NULL)
		rules->domain = lower_dup(span_of(own->accounts_domain));
	if (own->accounts_separator != NULL)
		rules->separator = own->accounts_separator[0];
	while (span_cut(&rest, ',', &alias))
		add_alias(rules, alias);
}

void
user_rules_fini(struct user_rules *rules)
{
	for (size_t i = 0; i < rules->aliases_n; i++) {
		free(rules->aliases[i].from);
		free(rules->aliases[i].to);
	}
	free(rules->aliases);
	free(rules->domain);
	*rules = (struct user_rules){ 0 };
}
