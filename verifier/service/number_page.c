/*
 * number_page.c - /v/{number}: what the register says of a certificate, an authorisation
 * or a product, for whoever has only its number, or its QR code on paper.
 *
 * The verdict is the verifier's own on the published bytes; beside it stands what the
 * register publishes about it.  ?h= is what the paper says of those bytes, the first 16
 * or more hex digits of their SHA-256 or SM3 (domain.md 5.6): a paper that differs is of
 * another version, or of another register, and the page says so first.
 */
#include "verifier/service/service.h"

#include <stdlib.h>

/* --- the register's own rows --- */

static void state_line(struct web_req *q, struct fj_buf *b, const json_t *row)
{
	if (row == NULL)
		return;
	web_html(b, "<p>");
	web_say(q, b, "State in the register: ");
	web_html(b, "<span class=\"state ");
	web_text(b, fj_json_text(row, "state"));
	web_html(b, "\">");
	web_text(b, web_word(q, WEB_STATE, fj_json_text(row, "state")));
	web_html(b, "</span></p>");
}

/* of an authorisation in force the certificate that is not, by which it is denied; NULL: none */
static const json_t *stopped_by(const json_t *row, const json_t *named)
{
	size_t i;
	json_t *c;

	if (strcmp(fj_json_text(row, "state"), "ACTIVE") != 0)
		return NULL;
	json_array_foreach(named, i, c)
		if (strcmp(fj_json_text(c, "state"), "ACTIVE") != 0)
			return c;
	return NULL;
}

/* its own state, or that its certificate stops it, and how that stands */
static void authorisation_line(struct web_req *q, struct fj_buf *b, const char *number, const json_t *row)
{
	FJ_AUTO(json) named = NULL;
	const json_t *by = svc_rows(web_app(q), SVC_NAMED, number, &named, NULL) == FJ_OK ? stopped_by(row, named) : NULL;

	if (by == NULL) {
		state_line(q, b, row);
		return;
	}
	web_html(b, "<p>");
	web_say(q, b, "State in the register: ");
	web_state(q, b, "WITH_CERTIFICATE", "");
	web_say(q, b, "; its certificate: ");
	web_print(b, "<a class=\"mono\" href=\"/v/%s\">%s</a> ", fj_json_text(by, "number"), fj_json_text(by, "number"));
	web_state(q, b, fj_json_text(by, "state"), "");
	web_html(b, "</p>");
}

static void rows_table(struct web_req *q, struct fj_buf *b, json_t *rows, const char *title, const char *const *columns)
{
	static const struct web_link links[] = {{"^DAC-", "/v/"}, {"^DAU-", "/v/"}, {NULL, NULL}};

	if (json_array_size(rows) == 0)
		return;
	web_html(b, "<h2>");
	web_text(b, title);
	web_html(b, "</h2>");
	web_table(q, b, rows, links, columns);
}

static void link_to(struct fj_buf *b, const char *prefix, const char *number, const char *suffix, const char *text)
{
	web_print(b, "<li><a href=\"%s%s%s\">%s</a></li>", prefix, number, suffix, text);
}

static void links_of(struct web_req *q, struct fj_buf *b, const char *number)
{
	bool auth = strncmp(number, "DAU-", 4) == 0;

	web_html(b, "<h2>");
	web_say(q, b, "Check it yourself, and watch it");
	web_html(b, "</h2><ul>");
	link_to(b, "/v1/credential/", number, "", auth ? web_tr(q, "Download the signed credential") : web_tr(q, "Download the certificate (PEM)"));
	link_to(b, "/v1/bundle/", number, "", web_tr(q, "Download the bundle, to check without a network (fujie-verify --root FINGERPRINT FILE)"));
	link_to(b, "/v1/trust.tar", "", "", web_tr(q, "Download the trust folder, to check offline with fujie-verify"));
	if (auth) {
		link_to(b, "/feed/authorisation/", number, ".atom", web_tr(q, "Changes of its state, as a feed (Atom)"));
		link_to(b, "/feed/authorisation/", number, ".json", web_tr(q, "Changes of its state, as a feed (JSON)"));
	}
	web_html(b, "</ul>");
}

/* --- which copy the paper is (docs/paper.md) --- */

/* the copy of this number among those that were made out; NULL: none of that number */
static const json_t *copy_of(const json_t *copies, const char *n)
{
	char *end;
	long want = strtol(n, &end, 10);
	size_t i;
	json_t *row;

	json_array_foreach(copies, i, row)
		if (*end == '\0' && fj_json_num(row, "n") == want)
			return row;
	return NULL;
}

/* the register knows which copies it made out; a void one is told by its number */
void svc_copy_notice(struct web_req *q, struct fj_buf *b, const char *number)
{
	FJ_AUTO(json) copies = NULL;
	const char *n = web_field(q, "c");

	if (n[0] == '\0' || svc_rows(web_app(q), SVC_COPIES, number, &copies, NULL) != FJ_OK)
		return;
	const json_t *row = copy_of(copies, n);
	bool good = row != NULL && strcmp(fj_json_text(row, "state"), "VALID") == 0;
	web_html(b, good ? "<p class=\"notice\">" : "<p class=\"error\" role=\"alert\">");
	if (good)
		web_say(q, b, "✔ Copy no. %lld on paper was made out by the issuing authority and is not declared void.", (long long)fj_json_num(row, "n"));
	else if (row != NULL)
		web_say(q, b, "✘ Copy no. %lld on paper was declared void; do not accept it. The credential itself is judged below.", (long long)fj_json_num(row, "n"));
	else
		web_say(q, b, "✘ The register knows no copy on paper of this number; do not accept it. The credential itself is judged below.");
	web_html(b, "</p>");
}

/* --- the page --- */

static void register_part(struct web_req *q, struct fj_buf *b, const char *number)
{
	static const char *const assets[] = {"asset_name", "asset_no", "number", "state", NULL}, *const products[] = {"id", "name", "version", "purpose", "state", NULL};
	FJ_AUTO(json) named = NULL;
	FJ_AUTO(json) sold = NULL;

	if (strncmp(number, "DAU-", 4) == 0 && svc_rows(web_app(q), SVC_NAMED, number, &named, NULL) == FJ_OK && svc_rows(web_app(q), SVC_PRODUCTS_OF, number, &sold, NULL) == FJ_OK) {
		rows_table(q, b, named, web_tr(q, "Data assets"), assets);
		rows_table(q, b, sold, web_tr(q, "Products and services"), products);
	}
	links_of(q, b, number);
}

void svc_number_page(struct web_req *q, struct web_res *r, const struct web_sent *sent, const json_t *verdict, struct fj_slice bytes)
{
	const char *number = sent->text;
	FJ_AUTO(json) rows = NULL;
	bool cert = strncmp(number, "DAC-", 4) == 0;

	svc_page_top(q, &r->body, web_tr(q, "Verdict"));
	web_html(&r->body, "<p class=\"mono\">");
	web_text(&r->body, number);
	web_html(&r->body, "</p>");
	web_paper_notice(q, &r->body, ver_paper(web_field(q, "h"), bytes));
	svc_copy_notice(q, &r->body, number);
	if (svc_rows(web_app(q), cert ? SVC_CERTIFICATE : SVC_AUTHORISATION, number, &rows, NULL) == FJ_OK && cert)
		state_line(q, &r->body, json_array_get(rows, 0));
	else if (!cert && json_array_size(rows) > 0)
		authorisation_line(q, &r->body, number, json_array_get(rows, 0));
	web_sent_notice(q, &r->body, sent);
	web_verdict(q, &r->body, verdict);
	register_part(q, &r->body, number);
	web_verify_form(q, &r->body, "/", NULL, SVC_FORM);
	web_page_end(&r->body);
}

/* --- products --- */

/* those of this id, and of this authorisation unless it is "" */
static enum fj_rc find_products(struct svc *s, const char *authorisation, const char *id, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) all = NULL;
	json_t *row;
	size_t i;

	FJ_TRY(svc_rows(s, SVC_PRODUCTS, id, &all, err));
	*out = json_array();
	json_array_foreach(all, i, row)
		if (authorisation[0] == '\0' || strcmp(fj_json_text(row, "authorisation"), authorisation) == 0)
			json_array_append(*out, row);
	if (json_array_size(*out) > 0)
		return FJ_OK;
	json_decref(*out);
	*out = NULL;
	enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "verifier", "formats.md 7", "nothing published bears the number \"%.60s\"", id);
	fj_err_zh(err, "没有编号为“%.60s”的已公开内容", id);
	return rc;
}

void svc_product_page(struct web_req *q, struct web_res *r, const char *authorisation, const char *id)
{
	static const struct web_link links[] = {{"^DAU-", "/v/"}, {NULL, NULL}};
	FJ_AUTO(json) found = NULL;
	struct fj_err err = {0};
	json_t *row;
	size_t i;

	r->cors = true;
	if (find_products(web_app(q), authorisation, id, &found, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	if (web_wants_json(q)) {
		FJ_AUTO(json) j = json_pack("{s:O}", "items", found);
		web_json(r, 200, j);
		return;
	}
	svc_page_top(q, &r->body, web_tr(q, "Product or service"));
	json_array_foreach(found, i, row) {
		state_line(q, &r->body, row);
		json_object_del(row, "state");
		web_fields(q, &r->body, row, links);
	}
	web_html(&r->body, "<p class=\"notice\">");
	web_say(q, &r->body, "A product is offered under its authorisation: whether that is in force says its own page. Who uses it needs a license token.");
	web_html(&r->body, "</p>");
	web_verify_form(q, &r->body, "/", NULL, SVC_FORM);
	web_page_end(&r->body);
}

void svc_get_product(struct web_req *q, struct web_res *r)
{
	svc_product_page(q, r, web_param(q, "number"), web_param(q, "product"));
}
