#include "config/stock.h"

#include <string.h>

#include "base/buf.h"

/* One for each time that fail2ban changed its commands. */
static const char *const nftables[] = {
	"4cee31adc36d581367136bbaa8c8825fda7ec450",  /* 0.11.2 to 1.1.0 */
	"eb494b617d2fe59d8c10a928eba3d8037f800850",  /* with flags interval */
	"e7cc30666f18838cb3d69506557e98e6435f7ccf",  /* without grep -P */
	"0b88a02402afa962086c187b470ad26a139a8c0b",  /* 1.1.1 */
};

void
stock_fingerprint(const struct ini *ini, char hash[SHA1_HEX])
{
	struct ini_section *s = ini_section(ini, "Definition");
	struct buf text = { 0 };

	for (struct ini_option *o = s != NULL ? s->options : NULL; o != NULL;
	     o = o->next)
		if (strcmp(o->name, "type") != 0)
			buf_addf(&text, "%s = %s\n", o->name, o->value);
	sha1_hex(buf_span(&text), hash);
	buf_fini(&text);
}

bool
stock_is_nftables(const struct ini *ini)
{
	char hash[SHA1_HEX];

	stock_fingerprint(ini, hash);
	for (size_t i = 0; i < sizeof(nftables) / sizeof(nftables[0]); i++)
		if (strcmp(hash, nftables[i]) == 0)
			return true;
	return false;
}
