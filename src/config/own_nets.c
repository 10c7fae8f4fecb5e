#include "config/own_nets.h"

#include <stdlib.h>

static int
add_entry(struct span entry, struct buf *out, struct buf *bad)
{
	char text[ADDR_STRLEN];
	struct addr net;

	if (addr_parse_net(entry, &net) == -1) {
		buf_add_span(bad, entry);
		return -1;
	}
	addr_format(&net, text);
	buf_addf(out, "%s%s", out->n > 0 ? ", " : "", text);
	return 0;
}

static int
add_entries(struct span text, struct buf *out, struct buf *bad)
{
	struct span entry;

	if (span_trim(text).n == 0)
		return 0;
	while (span_cut(&text, ',', &entry))
		if (add_entry(span_trim(entry), out, bad) == -1)
			return -1;
	return 0;
}

static int
read_list(const config_setting_t *s, struct buf *out, struct buf *bad)
{
	if (config_setting_type(s) == CONFIG_TYPE_STRING)
		return add_entries(span_of(config_setting_get_string(s)), out,
		    bad);
	if (config_setting_type(s) != CONFIG_TYPE_ARRAY &&
	    config_setting_type(s) != CONFIG_TYPE_LIST)
		return -1;
	for (int i = 0; i < config_setting_length(s); i++) {
		const char *entry = config_setting_get_string_elem(s, i);

		if (entry == NULL)
			return -1;
		if (add_entry(span_trim(span_of(entry)), out, bad) == -1)
			return -1;
	}
	return 0;
}

int
own_nets_read(const config_setting_t *s, char **out, struct buf *bad)
{
	struct buf nets = { 0 };

	if (read_list(s, &nets, bad) == -1) {
		buf_fini(&nets);
		return -1;
	}
	free(*out);
	*out = nets.n > 0 ? buf_take(&nets) : NULL;
	buf_fini(&nets);
	return 0;
}

bool
own_nets_next(struct span *rest, struct addr *net)
{
	struct span entry;

	/* What is no network was refused when the file was read. */
	while (span_cut(rest, ',', &entry))
		if (addr_parse_net(span_trim(entry), net) == 0)
			return true;
	return false;
}
