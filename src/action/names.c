#include "action/names.h"

#include <stdlib.h>

#include "action/tags.h"
#include "base/xalloc.h"

static void
own_cb(const char *name, void *arg)
{
	struct names *n = arg;

	n->query = NULL;
	n->own = name != NULL ? xstrdup(name) : NULL;
	names_find(n, n->text);
}

static void
of_addr_cb(const char *name, void *arg)
{
	struct names *n = arg;

	n->query = NULL;
	n->of_addr = name != NULL ? xstrdup(name) : NULL;
	names_find(n, n->text);
}

/* One after the other: hardly a text wants both. */
void
names_find(struct names *n, struct span text)
{
	n->text = text;
	if (!n->asked_own && tags_wants(text, SPAN("fq-hostname"))) {
		n->asked_own = true;
		n->query = host_ask(n->host, NULL, own_cb, n);
	} else if (!n->asked_host && n->addr.family != ADDR_NONE &&
	    addr_is_host(&n->addr) && tags_wants(text, SPAN("ip-host"))) {
		n->asked_host = true;
		n->query = host_ask(n->host, &n->addr, of_addr_cb, n);
	} else {
		n->done(n->arg);
	}
}

void
names_fini(struct names *n)
{
	host_cancel(n->query);
	free(n->own);
	free(n->of_addr);
	*n = (struct names){ 0 };
}
