#include "process/lookup.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

#define LABEL_MAX 63
#define REPLY_MAX 4096

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_label(struct span s)
{
	if (s.n == 0 || s.n > LABEL_MAX || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_letter(s.p[i]) && !is_digit(s.p[i]) &&
		    s.p[i] != '-' && s.p[i] != '_')
			return false;
	return true;
}

/* The last label of what inet_aton(3) takes: 10, 0x7f. */
static bool
is_number(struct span s)
{
	size_t i = 0;

	if (s.n > 1 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X'))
		return true;
	while (i < s.n && is_digit(s.p[i]))
		i++;
	return i == s.n;
}

bool
lookup_is_name(struct span s)
{
	struct span rest = s, label = { 0 };

	if (s.n == 0 || s.n > LOOKUP_NAME_MAX)
		return false;
	while (span_cut(&rest, '.', &label))
		if (!is_label(label))
			return false;
	return !is_number(label);
}

const char *
lookup_why(enum lookup_result result)
{
	return result == LOOKUP_NONE ? "[Errno -2] Name or service not known" :
	    "[Errno -3] Temporary failure in name resolution";
}

static void
add(struct lookup_addresses *out, const struct addr *a)
{
	if (out->n == LOOKUP_ADDRESSES_MAX)
		return;
	for (size_t i = 0; i < out->n; i++)
		if (addr_eq(&out->v[i], a))
			return;
	out->v[out->n++] = *a;
}

static enum lookup_result
result_of(int error)
{
	return error == 0 ? LOOKUP_FOUND :
	    error == EAI_NONAME || error == EAI_NODATA ? LOOKUP_NONE :
	    LOOKUP_FAILED;
}

static enum lookup_result
gather(const char *name, struct lookup_addresses *out)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *info = NULL, *i;
	struct addr a;
	int error = getaddrinfo(name, NULL, &hints, &info);

	if (error != 0)
		return result_of(error);
	for (i = info; i != NULL; i = i->ai_next)
		if (addr_from_sockaddr(i->ai_addr, &a) == 0)
			add(out, &a);
	freeaddrinfo(info);
	return out->n > 0 ? LOOKUP_FOUND : LOOKUP_NONE;
}

enum lookup_result
lookup_addresses(const char *name, struct lookup_addresses *out)
{
	out->n = 0;
	if (!lookup_is_name(span_of(name)))
		return LOOKUP_NONE;
	return gather(name, out);
}

/* Under a canonical name there may be more than under the short one. */
static void
gather_canonical(const char *name, struct lookup_addresses *out)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_CANONNAME,
	};
	struct addrinfo *info = NULL;

	if (getaddrinfo(name, NULL, &hints, &info) != 0)
		return;
	if (info->ai_canonname != NULL &&
	    lookup_is_name(span_of(info->ai_canonname)) &&
	    strcmp(info->ai_canonname, name) != 0)
		gather(info->ai_canonname, out);
	freeaddrinfo(info);
}

enum lookup_result
lookup_own(struct lookup_addresses *out)
{
	char name[LOOKUP_NAME_MAX + 1] = "";

	out->n = 0;
	gather("localhost", out);
	if (gethostname(name, sizeof(name) - 1) == 0 &&
	    lookup_is_name(span_of(name))) {
		gather(name, out);
		gather_canonical(name, out);
	}
	return out->n > 0 ? LOOKUP_FOUND : LOOKUP_NONE;
}

/* Its first string behind an octet of length; printable ASCII only. */
static size_t
put_string(const unsigned char *string, char *out)
{
	size_t kept = 0;

	for (size_t k = 1; k <= string[0]; k++)
		if (string[k] >= 0x20 && string[k] < 0x7f)
			out[kept++] = (char)string[k];
	return kept;
}

/* What has no room is left out whole. */
enum lookup_result
lookup_read_text(const unsigned char *reply, size_t n,
    char out[LOOKUP_TEXT_MAX + 1])
{
	const unsigned char *string;
	size_t kept = 0, found = 0;
	ns_msg message;
	ns_rr record;

	out[0] = '\0';
	if (n > REPLY_MAX || ns_initparse(reply, (int)n, &message) == -1)
		return LOOKUP_FAILED;
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		if (ns_parserr(&message, ns_s_an, i, &record) == -1)
			return LOOKUP_FAILED;
		if (ns_rr_type(record) != ns_t_txt || ns_rr_rdlen(record) < 1)
			continue;
		string = ns_rr_rdata(record);
		if (string[0] + 1 > ns_rr_rdlen(record))
			return LOOKUP_FAILED;
		if (kept + 1 + string[0] > LOOKUP_TEXT_MAX)
			break;
		if (found++ > 0)
			out[kept++] = '\n';
		kept += put_string(string, out + kept);
		out[kept] = '\0';
	}
	return found > 0 ? LOOKUP_FOUND : LOOKUP_NONE;
}

enum lookup_result
lookup_text(const char *name, char out[LOOKUP_TEXT_MAX + 1])
{
	unsigned char reply[REPLY_MAX];
	struct __res_state state = { 0 };
	enum lookup_result result;
	int n;

	out[0] = '\0';
	if (!lookup_is_name(span_of(name)) || res_ninit(&state) != 0)
		return LOOKUP_FAILED;
	n = res_nquery(&state, name, ns_c_in, ns_t_txt, reply, sizeof(reply));
	if (n < 0)
		result = state.res_h_errno == HOST_NOT_FOUND ||
		    state.res_h_errno == NO_DATA ? LOOKUP_NONE :
		    LOOKUP_FAILED;
	else
		result = lookup_read_text(reply, n < REPLY_MAX ? (size_t)n :
		    REPLY_MAX, out);
	res_nclose(&state);
	return result;
}

void
lookup_confine(void)
{
	__nss_configure_lookup("hosts", "files dns");
}
