/* Where databases of places lie. */
#include <unistd.h>

#include "access/place.h"
#include "config/config.h"

const char *const place_directories[] = {
	"/usr/share/GeoIP", "/usr/local/share/GeoIP", "/var/lib/GeoIP",
	"/usr/share/tor", NULL,
};

static const char *
first_there(const char *given, const char *const *usual)
{
	if (given != NULL)
		return given;
	for (; *usual != NULL; usual++)
		if (access(*usual, R_OK) == 0)
			return *usual;
	return NULL;
}

void
place_paths_find(struct place_paths *paths, const struct own_config *own)
{
	/* As the distributions and MaxMind's and DB-IP's tools put them. */
	static const char *const country[] = {
		"/var/lib/GeoIP/GeoLite2-City.mmdb",
		"/var/lib/GeoIP/GeoLite2-Country.mmdb",
		"/usr/share/GeoIP/GeoLite2-City.mmdb",
		"/usr/share/GeoIP/GeoLite2-Country.mmdb", NULL,
	};
	static const char *const asn[] = {
		"/var/lib/GeoIP/GeoLite2-ASN.mmdb",
		"/usr/share/GeoIP/GeoLite2-ASN.mmdb", NULL,
	};
	static const char *const ranges4[] = { "/usr/share/tor/geoip", NULL };
	static const char *const ranges6[] = { "/usr/share/tor/geoip6", NULL };

	paths->country = first_there(own->geoip_country, country);
	paths->asn = first_there(own->geoip_asn, asn);
	paths->ranges4 = first_there(own->geoip_ranges4, ranges4);
	paths->ranges6 = first_there(own->geoip_ranges6, ranges6);
}
