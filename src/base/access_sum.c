#include "base/access_sum.h"

#include <string.h>

struct access_sum
access_sum_of(const struct access_event *e, enum event_tls tls,
    char code[ACCESS_SUM_CODE])
{
	struct access_sum sum = { .user = e->texts[EVENT_USER],
		.service = e->service };
	size_t n = strlen(e->place.country);

	if (e->kind == EVENT_FAILURE) {
		sum.failures = e->numbers[EVENT_ATTEMPTS];
		return sum;
	}
	sum.logins = 1;
	sum.first = sum.last = e->time;
	if (tls == EVENT_TLS_NONE && !e->place.lan) {
		sum.insecure = 1;
		sum.insecure_first = sum.insecure_last = e->time;
	} else if (tls != EVENT_TLS_NONE && tls != EVENT_TLS_UNKNOWN &&
	    tls != EVENT_TLS_LOCAL) {
		sum.secure_first = e->time;
	}
	memset(code, ' ', ACCESS_SUM_CODE);
	memcpy(code, e->place.country, n < ACCESS_SUM_CODE ? n :
	    ACCESS_SUM_CODE);
	sum.countries = span_from(code, n > 0 ? ACCESS_SUM_CODE : 0);
	return sum;
}

static bool
has_country(const struct buf *countries, const char *code)
{
	for (size_t i = 0; i < countries->n; i += ACCESS_SUM_CODE)
		if (memcmp(countries->p + i, code, ACCESS_SUM_CODE) == 0)
			return true;
	return false;
}

static void
add_countries(struct buf *countries, struct span more)
{
	for (; more.n >= ACCESS_SUM_CODE;
	    more = span_skip(more, ACCESS_SUM_CODE))
		if (!has_country(countries, more.p))
			buf_add(countries, more.p, ACCESS_SUM_CODE);
}

static void
add_insecure(struct access_sum *sum, const struct access_sum *more)
{
	if (more->insecure > 0) {
		if (sum->insecure == 0)
			sum->insecure_first = more->insecure_first;
		sum->insecure += more->insecure;
		sum->insecure_last = more->insecure_last;
		sum->secure_after = more->secure_after;
	} else if (sum->insecure > 0 && sum->secure_after.us == 0) {
		sum->secure_after = more->secure_first;
	}
}

void
access_sum_add(struct access_sum *sum, const struct access_sum *more,
    struct buf *countries)
{
	sum->failures += more->failures;
	if (sum->logins == 0)
		sum->first = more->first;
	if (more->logins > 0)
		sum->last = more->last;
	sum->logins += more->logins;
	add_insecure(sum, more);
	if (sum->secure_first.us == 0)
		sum->secure_first = more->secure_first;
	add_countries(countries, more->countries);
	sum->countries = buf_span(countries);
}
