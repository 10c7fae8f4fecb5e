/*
 * The warden: reads the configuration, opens the logs, owns netlink. It keeps
 * two capabilities and re-checks every request of the engine against its own
 * tables before it acts.
 */
#ifndef GAOL_PROCESS_WARDEN_H
#define GAOL_PROCESS_WARDEN_H

#include <stdbool.h>

struct event_base;
struct role_options;
struct warden;

/*
 * parent_fd is taken over. Drops its rights (unless `single`), then loads the
 * configuration. NULL when there is nothing to run with (logged).
 */
struct warden *warden_new(struct event_base *base, int parent_fd,
    const struct role_options *options, bool single);
void warden_free(struct warden *w);   /* firewall objects stay */

#endif
