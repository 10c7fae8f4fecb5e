/*
 * Names asked of the system's resolver: these calls wait for it. The resolver
 * process makes them in threads, tools at once.
 */
#ifndef GAOL_PROCESS_LOOKUP_H
#define GAOL_PROCESS_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/span.h"

#define LOOKUP_NAME_MAX 253
#define LOOKUP_ADDRESSES_MAX 64   /* of one name; more are left out */
#define LOOKUP_TEXT_MAX 1023      /* of TXT records, one a line */

enum lookup_result {
	LOOKUP_FOUND,
	LOOKUP_NONE,     /* the name has none of what was asked for */
	LOOKUP_FAILED,   /* nobody could say */
};

/* A set: each address once. */
struct lookup_addresses {
	size_t n;
	struct addr v[LOOKUP_ADDRESSES_MAX];
};

/*
 * May it be looked up? Labels of letters, digits, '-' and '_', not one that
 * inet_aton(3) would read as a number ("1.2.3", "0x7f.1").
 */
bool lookup_is_name(struct span s);
/* For people and fail2ban's log: "[Errno -2] Name or service not known". */
const char *lookup_why(enum lookup_result result);

enum lookup_result lookup_addresses(const char *name,
    struct lookup_addresses *out);
/* Those of "localhost" and of this machine's name, short and qualified. */
enum lookup_result lookup_own(struct lookup_addresses *out);
/*
 * The first string of the first TXT record of `name`, without control
 * characters and what is no ASCII.
 */
enum lookup_result lookup_text(const char *name,
    char out[LOOKUP_TEXT_MAX + 1]);
/* The same from a reply of `n` bytes: foreign bytes. */
enum lookup_result lookup_read_text(const unsigned char *reply, size_t n,
    char out[LOOKUP_TEXT_MAX + 1]);
/* "files dns", whatever nsswitch.conf says: no module is loaded. */
void lookup_confine(void);

#endif
