/*
 * license.c - a license on the portal: where one asks for it, how its application is
 * decided, and how its user gets the token.
 *
 * Who decides sees what is asked beside what the authorisation permits, and what it
 * costs, above two buttons: a yes, and a no with its reason.
 */
#include "web/portal/internal.h"

/* --- asking: a user's way begins at what is licensed --- */

static json_t *authorisation(struct web_req *q, const char *number)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", number);
	json_t *a = NULL;

	return portal_command(q, "authorisation.show", params, &a, NULL) == FJ_OK ? a : NULL;
}

/* licenses are issued under what is in force */
static bool is_in_force(const json_t *a)
{
	return strcmp(fj_json_text(a, "state"), "ACTIVE") == 0;
}

void portal_ask_license(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o, const char *id)
{
	const char *state = fj_json_text(o, "state");
	FJ_AUTO(json) of = strcmp(noun, "product") == 0 && strcmp(state, "ON_SALE") == 0 ? authorisation(q, fj_json_text(o, "authorisation")) : NULL;
	bool there = is_in_force(of) || (strcmp(noun, "authorisation") == 0 && strcmp(state, "ACTIVE") == 0);

	static const char *const issuing[] = {"token.issue", "token.bulk"};
	bool seller = there && strcmp(noun, "product") == 0 && strcmp(fj_json_text(json_object_get(o, "seller"), "usci"), portal_actor(q)->org) == 0 && portal_may(q, iss_command_find("token.issue"));

	if (seller) { /* filled in as a user's request is */
		web_html(b, "<p class=\"acts first\">");
		for (size_t i = 0; i < FJ_ARRAY_LEN(issuing); i++) {
			char to[PORTAL_ADDRESS];
			portal_address("do", issuing[i], to);
			web_print(b, "<a class=\"button\" href=\"%s?product=%s\">", to, id);
			portal_command_word(q, b, iss_command_find(issuing[i]));
			web_html(b, "</a> ");
		}
		web_html(b, "</p>");
		return;
	}
	if (there && (portal_actor(q)->roles & (ISS_USER | ISS_DEVELOPER)) && portal_may(q, iss_command_find("token.request")))
		web_print(b, "<p class=\"acts first\"><a class=\"button\" href=\"/do/token/request?%s=%s\">%s</a></p>", noun, id, web_tr(q, "Ask for a license"));
}

#define PRODUCTS_SHOWN 8
#define PRODUCTS_LOOKED_AT 100

/* forms that a product fills in */
static const struct {
	const char *command;
	bool own, in_force; /* of one's own products, else of anybody's; of those whose authorisation is in force */
} from_product[] = {{"token.issue", true, true}, {"token.bulk", true, true}, {"token.request", false, true}, {"revenue.book", true, false}};

/* of which data, and what it costs */
static void product_told(struct web_req *q, struct fj_buf *b, const json_t *p, const json_t *a)
{
	const json_t *assets = json_object_get(a, "assets");
	char name[PORTAL_NAME], yuan[ISS_YUAN_CAP];

	web_html(b, "<br><span class=\"small\">");
	if (portal_object_name(q, "certificate", fj_json_text(json_array_get(assets, 0), "certificate"), name))
		web_print(b, "<bdi>%s</bdi> ", name);
	if (json_array_size(assets) > 1)
		web_say(q, b, "and %lld more", (long long)json_array_size(assets) - 1);
	web_html(b, name[0] != '\0' ? " · " : "");
	if (strcmp(fj_json_text(p, "price_form"), "FREE") == 0) {
		web_say(q, b, "free of charge");
	} else {
		iss_yuan_text(fj_json_num(p, "fee_fen"), yuan);
		web_print(b, "%s ", yuan);
		web_say(q, b, "yuan");
		web_print(b, "%s%s%s", web_either(q, "（", " ("), web_word(q, WEB_KIND, fj_json_text(p, "charge_basis")), web_either(q, "）", ")"));
	}
	web_html(b, "</span>");
}

void portal_begin_at_product(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c)
{
	FJ_AUTO(json) list = NULL;
	char to[PORTAL_ADDRESS];
	size_t k = 0, n = 0, i;
	json_t *v, *a = NULL;

	while (k < FJ_ARRAY_LEN(from_product) && strcmp(from_product[k].command, c->name) != 0)
		k++;
	if (k == FJ_ARRAY_LEN(from_product) || web_field(q, "product")[0] != '\0' || web_field(q, "authorisation")[0] != '\0')
		return;
	const char *seller = from_product[k].own ? portal_actor(q)->org : NULL;
	FJ_AUTO(json) params = json_pack("{s:s, s:s*, s:i}", "state", "ON_SALE", "seller", seller, "limit", PRODUCTS_LOOKED_AT);
	if (portal_command(q, "product.list", params, &list, NULL) != FJ_OK)
		return;
	portal_address("do", c->name, to);
	json_array_foreach(json_object_get(list, "items"), i, v) {
		const char *id = fj_json_text(v, "product");
		if (strcmp(fj_json_text(a, "number"), fj_json_text(v, "authorisation")) != 0) { /* they come by their authorisation */
			json_decref(a);
			a = authorisation(q, fj_json_text(v, "authorisation"));
		}
		if ((from_product[k].in_force && !is_in_force(a)) || n++ >= PRODUCTS_SHOWN)
			continue;
		if (n == 1)
			web_print(b, "<section class=\"notice\"><p>%s</p><ul>", web_tr(q, "Begin at a product, and most of this form is filled in:"));
		web_print(b, "<li><a href=\"%s?product=%s\"><bdi>%s</bdi></a> <span class=\"mono\">%s</span>", to, id, fj_json_text(v, "name"), id);
		product_told(q, b, v, a);
		web_html(b, "</li>");
	}
	json_decref(a);
	if (n == 0)
		return;
	if (n > PRODUCTS_SHOWN || fj_json_peek(list, "next") != NULL) {
		web_html(b, "<li>");
		if (fj_json_peek(list, "next") == NULL)
			web_say(q, b, "The first %zu of %lld. ", (size_t)PRODUCTS_SHOWN, (long long)n);
		web_html(b, "<a href=\"/list/product?state=ON_SALE");
		if (seller != NULL)
			web_print(b, "&amp;seller=%s", seller);
		web_print(b, "\">%s</a></li>", web_tr(q, "All products on sale"));
	}
	web_html(b, "</ul></section>");
}

/* --- a list of users --- */

void portal_left_out(struct web_req *q, struct fj_buf *b, int64_t good, const json_t *o)
{
	int64_t left = fj_json_num(o, "rows_left_out"), all = good + left;
	const json_t *list = json_object_get(o, "users_left_out");
	size_t i;
	json_t *v;

	if (left == 0)
		return;
	web_html(b, "<section class=\"missing\" role=\"status\"><p><strong>");
	web_say(q, b, "Of %lld rows of the list %lld get a license. The other %lld have faults and get none:", (long long)all, (long long)good, (long long)left);
	web_html(b, "</strong></p><ul>");
	json_array_foreach(list, i, v) {
		web_html(b, "<li>");
		web_say(q, b, "row %lld", (long long)fj_json_num(v, "line"));
		web_print(b, " <bdi>%s</bdi> <span class=\"mono small\">%s</span></li>", fj_json_text(v, "name"), fj_json_text(v, "usci"));
	}
	web_html(b, "</ul>");
	if (left > (int64_t)json_array_size(list)) {
		web_html(b, "<p class=\"small\">");
		web_say(q, b, "and %lld more", (long long)(left - (int64_t)json_array_size(list)));
		web_html(b, "</p>");
	}
	web_html(b, "</section>");
}

#define BATCH_PAGE 80

void portal_batch_tokens(struct web_req *q, struct fj_buf *b, const char *id)
{
	static const char *const columns[] = {"line", "id", "user", "state", NULL};
	const char *from = web_field(q, "after");
	FJ_AUTO(json) params = json_pack("{s:s, s:i, s:s*}", "id", id, "limit", BATCH_PAGE, "after", from[0] != '\0' ? from : NULL);
	FJ_AUTO(json) list = NULL;

	if (portal_command(q, "bulk.tokens", params, &list, NULL) != FJ_OK || (json_array_size(json_object_get(list, "items")) == 0 && from[0] == '\0'))
		return; /* nothing was issued yet */
	web_print(b, "<h2 id=\"licenses\">%s</h2>", web_tr(q, "License tokens of this batch"));
	web_table(q, b, json_object_get(list, "items"), portal_links, columns);
	web_html(b, "<p class=\"pager\">");
	if (from[0] != '\0')
		web_print(b, "<a href=\"/show/bulk/%s#licenses\">%s</a> ", id, web_tr(q, "First page"));
	if (fj_json_peek(list, "next") != NULL)
		web_print(b, "<a href=\"/show/bulk/%s?after=%s#licenses\">%s</a>", id, fj_json_text(list, "next"), web_tr(q, "Next page"));
	web_html(b, "</p>");
}

/* --- deciding --- */

static const char *const scope[] = {"mode", "domains", "scenarios", "rights", "purposes", "actions", "territory", "environment", "quota"};

static bool is_empty(const json_t *v)
{
	return v == NULL || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0);
}

static void cell(struct web_req *q, struct fj_buf *b, const char *label, const char *key, const json_t *v)
{
	web_print(b, "<td data-label=\"%s\"><div>", label);
	if (is_empty(v))
		web_html(b, "—");
	else
		web_value(q, b, key, v, NULL);
	web_html(b, "</div></td>");
}

static void compared(struct web_req *q, struct fj_buf *b, const json_t *asked, const json_t *permitted)
{
	const char *first = web_tr(q, "Asked for"), *second = web_tr(q, "The authorisation permits");

	web_print(b, "<table><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>", web_tr(q, "Scope"), first, second);
	for (size_t i = 0; i < FJ_ARRAY_LEN(scope); i++) {
		const json_t *a = json_object_get(asked, scope[i]), *p = json_object_get(permitted, scope[i]);
		if (is_empty(a) && is_empty(p))
			continue;
		web_print(b, "<tr><th scope=\"row\">%s</th>", web_label(q, scope[i]));
		cell(q, b, first, scope[i], a);
		cell(q, b, second, scope[i], p);
		web_html(b, "</tr>");
	}
	web_html(b, "</tbody></table>");
}

static void price(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	FJ_AUTO(json) fee = json_pack("{s:O*, s:O*}", "fee_fen", json_object_get(o, "fee_fen"), "charge_basis", json_object_get(o, "charge_basis"));

	if (json_object_size(fee) > 0)
		web_fields(q, b, fee, NULL);
}

static void begin(struct web_req *q, struct fj_buf *b, const char *id, const char *accept)
{
	char back[80];

	snprintf(back, sizeof(back), "/show/request/%.60s", id);
	web_html(b, "<form class=\"fill\" method=\"post\" action=\"/do/token/review\">");
	portal_keys(q, b);
	portal_hidden(b, "back", back);
	portal_hidden(b, "request", id);
	portal_hidden(b, "accept", accept);
}

/* the service that a license by name is for is the operator's: as was asked, else as its newest license has it */
static void service(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const json_t *r = json_object_get(o, "request");
	const char *asked = fj_json_text(r, "audience"), *known = json_string_value(json_array_get(json_object_get(o, "audiences"), 0));

	if (strcmp(fj_json_text(r, "binding"), "named") != 0)
		return;
	web_print(b, "<label for=\"where\">%s</label><input type=\"text\" id=\"where\" name=\"audience\" autocomplete=\"off\" maxlength=\"200\" required value=\"%s\"><p class=\"small hint\">%s</p>",
	    web_tr(q, "Service address (audience) of this license by name"), asked[0] != '\0' || known == NULL ? asked : known, web_tr(q, "The address of the service that the user calls, such as api.example.cn. Whoever checks the license is asked for it."));
}

static void decision(struct web_req *q, struct fj_buf *b, const json_t *o, const char *id)
{
	begin(q, b, id, "true");
	service(q, b, o);
	web_print(b, "<p>%s</p><p><button>%s</button></p></form>", web_tr(q, "A yes signs the license token at once."), web_tr(q, "Agree, and issue the token"));
	begin(q, b, id, "false");
	web_print(b, "<label for=\"why-not\">%s</label><textarea class=\"prose\" id=\"why-not\" name=\"note\" maxlength=\"400\" required></textarea><p><button class=\"danger\">%s</button></p></form>",
	    web_tr(q, "Reason for the no (the applicant reads it)"), web_tr(q, "Do not agree"));
}

bool portal_reviews(struct web_req *q, const json_t *o)
{
	const char *org = fj_json_text(json_object_get(o, "operator"), "usci");

	return strcmp(fj_json_text(o, "state"), "REQUESTED") == 0 && org[0] != '\0' && strcmp(org, portal_actor(q)->org) == 0 && portal_may(q, iss_command_find("token.review"));
}

void portal_license_review(struct web_req *q, struct fj_buf *b, const json_t *o, const char *id)
{
	const json_t *r = json_object_get(o, "request");

	if (strcmp(fj_json_text(o, "state"), "REQUESTED") != 0)
		return;
	if (!portal_reviews(q, o)) {
		web_print(b, "<p class=\"notice\">%s <bdi>%s</bdi></p>", web_tr(q, "A yes issues the license token at once; how it stands is shown here and on the applicant's first page. It is reviewed by:"),
		    fj_json_text(json_object_get(o, "operator"), "name"));
		return;
	}
	web_print(b, "<section class=\"card\" id=\"decide\"><h2>%s</h2>", web_tr(q, "Your decision"));
	price(q, b, o);
	compared(q, b, json_object_get(r, "grant"), json_object_get(o, "permitted"));
	decision(q, b, o, id);
	web_html(b, "</section>");
}

/* --- having it --- */

bool portal_license_file(struct web_res *r, const char *noun, const json_t *o, const char *id)
{
	const char *text = fj_json_text(o, "compact");
	char name[72];

	if (text[0] == '\0' || (strcmp(noun, "token") != 0 && strcmp(noun, "authorisation") != 0))
		return false;
	snprintf(name, sizeof(name), "%.64s.jwt", id);
	web_download(r, name, "application/jwt", fj_slice_str(text));
	return true;
}

void portal_audience(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const json_t *one = json_object_get(o, "audience"), *list = json_object_get(o, "audiences");
	FJ_AUTO(json) all = json_is_string(one) ? json_pack("[O]", one) : json_incref((json_t *)(uintptr_t)list);
	size_t i;
	json_t *v;

	if (json_array_size(all) == 0)
		return;
	web_print(b, "<p class=\"notice\">%s", web_tr(q, "Service address (audience):"));
	json_array_foreach(all, i, v)
		web_print(b, " <span class=\"mono\">%s</span>", json_string_value(v));
	web_print(b, "<br><span class=\"small\">%s</span></p>", json_is_string(one) ? web_tr(q, "Whoever checks this license is asked for it, with the code of who presents it.")
	    : web_tr(q, "Of its licenses that are bound by name. Whoever checks such a license is asked for it, with the code of who presents it."));
}

void portal_license_text(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o, const char *id)
{
	if (fj_json_text(o, "compact")[0] == '\0' || (strcmp(noun, "token") != 0 && strcmp(noun, "authorisation") != 0))
		return;
	web_print(b, "<p class=\"acts\"><a class=\"button quiet\" href=\"/show/%s/%s?download=compact\">%s</a> <button type=\"button\" class=\"quiet\" data-copy=\"text-compact\" data-done=\"%s\" hidden>%s</button></p>",
	    noun, id, web_tr(q, "Download (.jwt)"), web_tr(q, "Copied"), web_tr(q, "Copy the text"));
}
