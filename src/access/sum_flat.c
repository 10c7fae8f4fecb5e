#include "access/sum_flat.h"

#include "access/event_json.h"

#define NUMBERS 9   /* behind the texts, in sum_flat()'s order */

static void
add(json_t *list, int64_t n)
{
	json_array_append_new(list, json_integer((json_int_t)n));
}

json_t *
sum_flat(const struct access_sum *sum)
{
	json_t *list = json_array();

	json_array_append_new(list, event_json_text(sum->user));
	json_array_append_new(list,
	    json_string(event_service_name(sum->service)));
	json_array_append_new(list, sum->countries.n > 0 ?
	    event_json_text(sum->countries) : json_string(""));
	add(list, sum->logins);
	add(list, sum->failures);
	add(list, sum->first.us);
	add(list, sum->last.us);
	add(list, sum->insecure);
	add(list, sum->insecure_first.us);
	add(list, sum->insecure_last.us);
	add(list, sum->secure_after.us);
	add(list, sum->secure_first.us);
	return list;
}

static struct span
text_at(const json_t *list, size_t at)
{
	const json_t *v = json_array_get(list, at);

	return span_from(json_string_value(v), json_string_length(v));
}

static int64_t
number_at(const json_t *list, size_t at)
{
	return json_integer_value(json_array_get(list, 3 + at));
}

bool
sum_flat_read(const json_t *json, struct access_sum *sum)
{
	if (json_array_size(json) != 3 + NUMBERS)
		return false;
	*sum = (struct access_sum){
		.user = text_at(json, 0), .countries = text_at(json, 2),
		.logins = number_at(json, 0), .failures = number_at(json, 1),
		.first = { number_at(json, 2) }, .last = { number_at(json, 3) },
		.insecure = number_at(json, 4),
		.insecure_first = { number_at(json, 5) },
		.insecure_last = { number_at(json, 6) },
		.secure_after = { number_at(json, 7) },
		.secure_first = { number_at(json, 8) },
	};
	event_service_parse(text_at(json, 1), &sum->service);
	return sum->user.n > 0;
}
