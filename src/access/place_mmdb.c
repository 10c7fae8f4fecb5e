/* MaxMind's database format, through libmaxminddb(3), where that is. */
#include "access/place_local.h"

#ifdef GAOL_MAXMINDDB

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/xalloc.h"

struct mmdb { MMDB_s db; };

struct mmdb *
mmdb_open(const char *path, struct buf *why)
{
	struct mmdb *m = xcalloc(1, sizeof(*m));
	int status = MMDB_open(path, MMDB_MODE_MMAP, &m->db);

	if (status == MMDB_SUCCESS)
		return m;
	buf_addf(why, "%s: %s", path, MMDB_strerror(status));
	free(m);
	return NULL;
}

const char *
mmdb_type(const struct mmdb *m)
{
	const char *type = m->db.metadata.database_type;

	return type != NULL ? type : "";
}

void
mmdb_close(struct mmdb *m)
{
	if (m == NULL)
		return;
	MMDB_close(&m->db);
	free(m);
}

static void
to_sockaddr(const struct addr *a, struct sockaddr_storage *out)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (a->family == ADDR_V4) {
		in4->sin_family = AF_INET;
		memcpy(&in4->sin_addr, a->b, 4);
	} else {
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, a->b, 16);
	}
}

/* Text at the path (ended by NULL), or the empty span. */
static struct span
text_at(MMDB_entry_s *entry, const char *const *path)
{
	MMDB_entry_data_s data;

	if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS ||
	    !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING)
		return (struct span){ NULL, 0 };
	return span_from(data.utf8_string, data.data_size);
}

static uint32_t
number_at(MMDB_entry_s *entry, const char *const *path)
{
	MMDB_entry_data_s data;

	if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS ||
	    !data.has_data || data.type != MMDB_DATA_TYPE_UINT32)
		return 0;
	return data.uint32;
}

/* MaxMind and DB-IP say country.iso_code; IPinfo just country. */
static void
take_country(MMDB_entry_s *entry, struct place *place)
{
	static const char *const paths[][3] = {
		{ "country", "iso_code", NULL },
		{ "registered_country", "iso_code", NULL },
		{ "country_code", NULL, NULL },
		{ "country", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct span code = text_at(entry, paths[i]);

		if (code.n != 2)
			continue;
		memcpy(place->country, code.p, 2);
		place->country[2] = '\0';
		return;
	}
}

/* As much as fits, no character cut in two. */
static void
take_network(struct span name, struct place *place)
{
	size_t n = name.n, most = sizeof(place->network) - 1;

	if (name.n == 0)
		return;
	if (n > most) {
		n = most;
		while (n > 0 && ((unsigned char)name.p[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(place->network, name.p, n);
	place->network[n] = '\0';
}

static void
take_asn(MMDB_entry_s *entry, struct place *place)
{
	static const char *const number[] = {
		"autonomous_system_number", NULL
	};
	static const char *const owner[] = {
		"autonomous_system_organization", NULL
	};
	static const char *const asn[] = { "asn", NULL };
	static const char *const as_name[] = { "as_name", NULL };
	struct span text = text_at(entry, asn);
	int64_t n;

	place->asn = number_at(entry, number);
	if (place->asn != 0) {
		take_network(text_at(entry, owner), place);
	} else if (span_starts(text, SPAN("AS")) && number_parse(
		span_skip(text, 2), 1, UINT32_MAX, &n) == 0) {
		place->asn = (uint32_t)n;
		take_network(text_at(entry, as_name), place);
	}
}

void
mmdb_find(const struct mmdb *m, const struct addr *a, struct place *place)
{
	struct sockaddr_storage sa;
	MMDB_lookup_result_s found;
	struct place got = { 0 };
	int error;

	/* A file of IPv4 only knows no other addresses. */
	if (a->family == ADDR_V6 && m->db.metadata.ip_version == 4)
		return;
	to_sockaddr(a, &sa);
	found = MMDB_lookup_sockaddr(&m->db, (struct sockaddr *)&sa, &error);
	if (error != MMDB_SUCCESS || !found.found_entry)
		return;
	take_country(&found.entry, &got);
	take_asn(&found.entry, &got);
	if (got.country[0] != '\0')
		memcpy(place->country, got.country, sizeof(got.country));
	if (got.asn != 0) {
		place->asn = got.asn;
		memcpy(place->network, got.network, sizeof(got.network));
	}
}

#else

struct mmdb *
mmdb_open(const char *path, struct buf *why)
{
	buf_addf(why, "%s: this gaol was built without libmaxminddb", path);
	return NULL;
}

const char *
mmdb_type(const struct mmdb *m)
{
	(void)m;
	return "";
}

void
mmdb_close(struct mmdb *m)
{
	(void)m;
}

void
mmdb_find(const struct mmdb *m, const struct addr *a, struct place *place)
{
	(void)m;
	(void)a;
	(void)place;
}

#endif
