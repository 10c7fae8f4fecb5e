/*
 * A filter or action file as a jail uses it: its [Definition] and [Init]
 * with what the jail hands in. Precedence: jail's [opts] > [Init] >
 * [Definition] > [DEFAULT].
 */
#ifndef GAOL_CONFIG_DEFINITION_H
#define GAOL_CONFIG_DEFINITION_H

#include "base/buf.h"
#include "config/config.h"
#include "config/ini.h"

struct definition {
	struct ini ini;
	struct properties init;     /* the jail's [opts], then [Init]'s */
	struct properties given;    /* what %(x)s sees of the jail */
	struct properties options;  /* of [Definition] */
	struct properties cache;    /* tags that were looked up behind them */
	struct strings absent;      /* and those that led nowhere */
};

/*
 * Reads FOLDER/NAME from the configuration directory, else from share.
 * Takes over what `opts` holds. 0, or -1: `why` (and the report) say why not.
 */
int definition_open(struct definition *d, const struct config_request *where,
    const char *folder, const char *name, struct properties *opts,
    struct report *report, struct buf *why);
/*
 * Reads the options named (NULL-terminated) unless the jail set them, and
 * [Init]; with `all` every other option of [Definition] too. May be called
 * again with more jail options. 0, or -1: why.
 */
int definition_read(struct definition *d, const struct properties *jail,
    const char *const *names, bool all, struct buf *why);
/*
 * Everything with its tags resolved, except those of run time. `later` names
 * more of these; NULL: none. 0, or -1: why.
 */
int definition_combine(struct definition *d, const char *const *later,
    struct properties *out, struct buf *why);
/* The same for one condition ("family=inet6"; "" for none), nothing left. */
int definition_resolve(struct definition *d, const char *condition,
    struct properties *out, struct buf *why);
void definition_fini(struct definition *d);

#endif
