/*
 * stops.c - what would stop, above the form that stops it.
 *
 * For the acts whose hint says so, and a number that is known: counts first, then
 * certificates, authorisations, products and the first tokens by name, from
 * stops.show.  A number that is wrong shows nothing here; the form says why.
 */
#include "web/portal/internal.h"

static void counts(struct web_req *q, struct fj_buf *b, const json_t *n)
{
	web_say(q, b, "What stops: certificates %lld, authorisations %lld, products %lld, license tokens %lld",
	    (long long)fj_json_num(n, "certificates"), (long long)fj_json_num(n, "authorisations"), (long long)fj_json_num(n, "products"), (long long)fj_json_num(n, "tokens"));
}

static void lists(struct web_req *q, struct fj_buf *b, const json_t *stops)
{
	static const char *const names[] = {"certificates", "authorisations", "products", "first_tokens"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++) {
		const json_t *list = json_object_get(stops, names[i]);
		if (json_array_size(list) == 0)
			continue;
		web_html(b, "<h3>");
		web_text(b, web_label(q, names[i]));
		web_html(b, "</h3>");
		web_table(q, b, list, portal_links, NULL);
	}
}

void portal_stops(struct web_req *q, struct fj_buf *b, const char *number)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", number);
	FJ_AUTO(json) stops = NULL;
	struct fj_err err = {0};

	if (number == NULL || number[0] == '\0' || portal_command(q, "stops.show", params, &stops, &err) != FJ_OK)
		return;
	web_html(b, "<details class=\"stops\"><summary>");
	counts(q, b, json_object_get(stops, "counts"));
	web_html(b, "</summary>");
	lists(q, b, stops);
	web_html(b, "</details>");
}

void portal_stops_of(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	static const char *const keys[] = {"number", "asset"};
	const struct portal_hint *h = portal_hint_of(c->name);
	const char *number = NULL;

	for (size_t i = 0; i < FJ_ARRAY_LEN(keys) && number == NULL; i++)
		number = fj_json_peek(fill, keys[i]);
	if (h != NULL && h->stops)
		portal_stops(q, b, number);
}
