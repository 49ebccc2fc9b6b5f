/*
 * disclosure.c - the public page of authorised operation, and the same as JSON and
 * as a feed (27号 arts. 18, 19): what the register's disclosure.list answers to
 * anybody, and nothing beside it.
 *
 * The feed is Atom (RFC 4287): one entry an authorisation, updated when it, its
 * products or its caps change.
 */
#include "web/portal/internal.h"

#define MAX_FEED 1000 /* entries */
#define AGE 300       /* seconds that a copy may be old */

static enum fj_rc disclosed(struct web_req *q, const char *after, json_t **out, struct fj_err *err)
{
	static const struct iss_actor anybody = {.login = "local", .roles = ISS_LOCAL, .via = "public"};
	FJ_AUTO(json) params = json_object();

	if (after != NULL && after[0] != '\0')
		FJ_TRY(fj_json_set(params, "after", json_string(after)));
	return iss_command(portal_of(q)->i, &anybody, "disclosure.list", params, out, err);
}

/* --- the page --- */

/* the names of its data, which a reader knows it by */
static void data_names(struct web_req *q, struct fj_buf *b, const json_t *item)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(item, "assets"), i, v)
		web_print(b, i == 0 ? "<bdi>%s</bdi>" : "%s<bdi>%s</bdi>", i == 0 ? fj_json_text(v, "name") : web_either(q, "、", ", "), fj_json_text(v, "name"));
}

/* of a cap what it is for is a product */
static void name_caps(json_t *item)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(json_object_get(item, "price"), "caps"), i, v) {
		json_object_set(v, "product", json_object_get(v, "id"));
		json_object_del(v, "id");
	}
}

static void products_of(struct web_req *q, struct fj_buf *b, const json_t *products)
{
	static const char *const columns[] = {"id", "name", "kind", "purpose", "price_form", "fee_fen", "cap_fen", "data_use", NULL};

	if (json_array_size(products) == 0)
		return;
	web_html(b, "<h3>");
	web_say(q, b, "Products and services");
	web_html(b, "</h3>");
	web_table(q, b, products, NULL, columns);
}

static void section(struct web_req *q, struct fj_buf *b, const json_t *item)
{
	static const struct web_link links[] = {{"^DAC-", "/verify?number="}, {"^DAU-", "/verify?number="}, {NULL, NULL}};
	FJ_AUTO(json) rest = json_deep_copy(item);
	const char *number = fj_json_text(item, "authorisation");

	json_object_del(rest, "products");
	json_object_del(rest, "state");
	name_caps(rest);
	web_print(b, "<section class=\"card\" id=\"%s\"><h2>", number);
	data_names(q, b, item);
	web_print(b, "</h2><p><bdi>%s</bdi> → <bdi>%s</bdi> · ", fj_json_text(json_object_get(item, "holder"), "name"), fj_json_text(json_object_get(item, "operator"), "name"));
	web_text_times(b, fj_json_text(item, "from"));
	web_html(b, " – ");
	web_text_times(b, fj_json_text(item, "to"));
	web_html(b, " · ");
	web_state(q, b, fj_json_text(item, "state"), fj_json_text(item, "from"));
	web_print(b, "</p><p><a class=\"mono\" href=\"/verify?number=%s\">%s</a></p>", number, number);
	web_print(b, "<details><summary>%s</summary>", web_tr(q, "Scope, fees, products"));
	web_fields(q, b, rest, links);
	products_of(q, b, json_object_get(item, "products"));
	web_html(b, "</details></section>");
}

void portal_get_disclosure(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};
	const json_t *item;
	size_t i;

	if (disclosed(q, web_field(q, "after"), &answer, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	portal_top(q, b, web_tr(q, "Disclosure of authorised operation"));
	web_print(b, "<p>%s</p>", web_tr(q, "Who operates which public data, until when, with which products and at what price. Select a number to see whether it is valid now."));
	web_print(b, "<p class=\"small\">%s</p>", web_tr(q, "Complaints about a product, a charge or a use go to the operating or the implementing institution that is named, or to the finance department: they enter them here, and the answer has a term."));
	if (json_array_size(json_object_get(answer, "items")) == 0) {
		web_html(b, "<p class=\"notice\">");
		web_say(q, b, "There are none.");
		web_html(b, "</p>");
	}
	json_array_foreach(json_object_get(answer, "items"), i, item)
		section(q, b, item);
	if (fj_json_peek(answer, "next") != NULL) {
		web_html(b, "<p class=\"pager\"><a href=\"?after=");
		web_url(b, fj_json_peek(answer, "next"));
		web_html(b, "\">");
		web_say(q, b, "Next page");
		web_html(b, "</a></p>");
	}
	web_print(b, "<p class=\"small\">%s <a href=\"/disclosure.json\">JSON</a> <a href=\"/disclosure.atom\">Atom</a></p>", web_tr(q, "The same for programs and feed readers:"));
	web_page_end(b);
}

void portal_get_disclosure_json(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (disclosed(q, web_field(q, "after"), &answer, &err) != FJ_OK) {
		web_problem(r, &err);
		return;
	}
	web_json(r, 200, answer);
	r->max_age = AGE;
	r->cors = true;
}

/* --- the feed --- */

static void product_line(struct fj_buf *b, const json_t *p)
{
	char text[96];
	int64_t fee = fj_json_num(p, "fee_fen");

	web_text(b, fj_json_text(p, "id"));
	web_html(b, " ");
	web_text(b, fj_json_text(p, "version"));
	web_html(b, " ");
	web_text(b, fj_json_text(p, "name"));
	snprintf(text, sizeof(text), "，收费 %lld.%02lld 元；\n", (long long)(fee / 100), (long long)(fee % 100));
	web_text(b, text);
}

/* in one language, since one copy of the feed serves everybody; the state is its code */
static void entry(struct fj_buf *b, const json_t *item, const char *after)
{
	const json_t *record = json_object_get(item, "disclosed"), *p; /* where the institution disclosed it itself */
	const char *number = fj_json_text(item, "authorisation"), *place = fj_json_text(record, "place");
	size_t i;

	web_html(b, "<entry><id>urn:fujie:disclosure:");
	web_text(b, number);
	web_html(b, "</id><title>");
	web_text(b, fj_json_text(json_object_get(item, "operator"), "name"));
	web_html(b, " ");
	web_text(b, number);
	web_html(b, "</title><updated>");
	web_text(b, fj_json_text(item, "updated"));
	web_html(b, "</updated><category term=\"");
	web_text(b, fj_json_text(item, "state"));
	web_html(b, after[0] == '\0' ? "\"/><link rel=\"alternate\" type=\"text/html\" href=\"/disclosure" : "\"/><link rel=\"alternate\" type=\"text/html\" href=\"/disclosure?after=");
	web_url(b, after);
	web_html(b, "#");
	web_url(b, number);
	web_html(b, "\"/><content type=\"text\">");
	web_text(b, fj_json_text(item, "from"));
	web_html(b, " 至 ");
	web_text(b, fj_json_text(item, "to"));
	web_html(b, "；\n");
	json_array_foreach(json_object_get(item, "products"), i, p)
		product_line(b, p);
	if (place[0] != '\0') {
		web_text(b, place);
		web_html(b, "，");
		web_text(b, fj_json_text(record, "on"));
		web_html(b, "：");
		web_text(b, fj_json_text(record, "address"));
	}
	web_html(b, "</content></entry>\n");
}

/* the entries of all pages; *newest: when the last of them changed */
static enum fj_rc entries(struct web_req *q, struct fj_buf *b, char newest[32], struct fj_err *err)
{
	char after[64] = "", page_after[64];
	size_t n = 0, i;
	const json_t *item;

	for (;;) {
		FJ_AUTO(json) page = NULL;
		snprintf(page_after, sizeof(page_after), "%s", after);
		FJ_TRY(disclosed(q, after, &page, err));
		json_array_foreach(json_object_get(page, "items"), i, item) {
			if (strcmp(fj_json_text(item, "updated"), newest) > 0)
				snprintf(newest, 32, "%s", fj_json_text(item, "updated"));
			entry(b, item, page_after);
			n++;
		}
		if (fj_json_peek(page, "next") == NULL || n >= MAX_FEED)
			return FJ_OK;
		snprintf(after, sizeof(after), "%s", fj_json_peek(page, "next"));
	}
}

void portal_get_disclosure_feed(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(buf) list = FJ_BUF_INIT(16u << 20);
	struct fj_buf *b = &r->body;
	struct fj_err err = {0};
	char newest[32] = "1970-01-01T00:00:00Z";

	if (entries(q, &list, newest, &err) != FJ_OK) {
		web_problem(r, &err);
		return;
	}
	web_html(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\"><id>urn:fujie:disclosure</id>"
	    "<title>授权运营信息披露</title><author><name>符节 Fujie</name></author><link rel=\"self\" href=\"/disclosure.atom\"/><updated>");
	web_text(b, newest);
	web_html(b, "</updated>\n");
	web_raw(b, fj_buf_str(&list));
	web_html(b, "</feed>\n");
	r->type = "application/atom+xml; charset=utf-8";
	r->max_age = AGE;
	r->cors = true;
	r->csp_off = true;
}
