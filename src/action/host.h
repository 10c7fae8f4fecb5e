/*
 * Names for <ip-host> and <fq-hostname>. The resolver blocks, so it is asked
 * in threads: a few at most, each answer remembered for a while.
 */
#ifndef GAOL_ACTION_HOST_H
#define GAOL_ACTION_HOST_H

#include "base/addr.h"

struct event_base;
struct host;
struct host_query;

#define HOST_THREADS_MAX 4
#define HOST_CACHE_MAX 1000
#define HOST_CACHE_SECONDS 300
#define HOST_PATIENCE 10       /* seconds until the answer is "none" */

/* name is borrowed; NULL: there is none, or nobody said so in time. */
typedef void host_done_fn(const char *name, void *arg);

struct host *host_new(struct event_base *base);   /* NULL (errno) */
void host_free(struct host *h);                   /* NULL is a no-op */
/*
 * The name of an address, or with NULL of this machine, fully qualified.
 * done() is called once, never before this returns, unless cancelled.
 */
struct host_query *host_ask(struct host *h, const struct addr *a,
    host_done_fn *done, void *arg);
void host_cancel(struct host_query *q);           /* NULL is a no-op */

#endif
