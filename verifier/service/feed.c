/*
 * feed.c - changes of state as feeds: Atom (RFC 4287) and JSON Feed 1.1, of an
 * authorisation (its own, its certificates', its products'), and of an organisation
 * (what it holds, implements, operates or sells).
 *
 * The newest hundred, as the publisher noted them.  An entry says number, kind, version
 * and state; who acted, why, and what it costs is not published.
 */
#include "verifier/service/service.h"

struct feed {
	struct web_req *q;
	const char *base, *kind, *key; /* authorisation, organisation; its number */
	const json_t *changes;
};

static const struct {
	const char *code, *zh, *en;
} kinds[] = {{"certificate", "数据资产证书", "Data Asset Certificate"}, {"authorisation", "授权", "Authorisation"}, {"product", "产品和服务", "Product"}};

static void kind_words(const json_t *c, const char **zh, const char **en)
{
	*zh = *en = fj_json_text(c, "kind");
	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].code, fj_json_text(c, "kind")) == 0) {
			*zh = kinds[i].zh;
			*en = kinds[i].en;
		}
}

/* "授权 DAU-… : 已暂停" */
static void title_of(const struct feed *f, const json_t *c, char out[400])
{
	const char *zh, *en, *version = fj_json_text(c, "version");

	kind_words(c, &zh, &en);
	bool english = web_lang(f->q)[0] == 'e';
	snprintf(out, 400, english ? "%.40s %.140s%s%.60s: %.80s" : "%.60s %.140s%s%.60s：%.80s", english ? en : zh, fj_json_text(c, "number"),
	    version[0] == '\0' ? "" : english ? ", version " : "，版本 ", version, web_word(f->q, WEB_STATE, fj_json_text(c, "state")));
}

/* the same change has the same id for ever, also when public.db is made anew */
static void address_of(const struct feed *f, const json_t *c, struct fj_buf *out, bool id)
{
	char text[120];

	web_raw(out, f->base);
	web_html(out, "/v/");
	if (strcmp(fj_json_text(c, "kind"), "product") == 0) {
		web_url(out, fj_json_text(c, "authorisation"));
		web_html(out, "/");
	}
	web_url(out, fj_json_text(c, "number"));
	if (!id)
		return;
	snprintf(text, sizeof(text), "#%.24s-%.20s", fj_json_text(c, "at"), fj_json_text(c, "state"));
	web_raw(out, text);
}

static void self_of(const struct feed *f, const char *ending, struct fj_buf *out)
{
	web_raw(out, f->base);
	web_html(out, "/feed/");
	web_raw(out, f->kind);
	web_html(out, "/");
	web_url(out, f->key);
	web_raw(out, ending);
}

static void name_of(const struct feed *f, char out[160])
{
	snprintf(out, 160, web_lang(f->q)[0] == 'e' ? "Changes of state: %.80s" : "状态变更：%.80s", f->key);
}

/* --- Atom --- */

static void element(struct fj_buf *b, const char *name, const char *text)
{
	web_print(b, "<%s>%s</%s>", name, text, name);
}

static void entry(const struct feed *f, const json_t *c, struct fj_buf *b)
{
	char title[400];

	title_of(f, c, title);
	web_html(b, "<entry><id>");
	address_of(f, c, b, true);
	web_html(b, "</id>");
	element(b, "title", title);
	element(b, "updated", fj_json_text(c, "at"));
	web_html(b, "<link href=\"");
	address_of(f, c, b, false);
	web_html(b, "\"/><category term=\"");
	web_text(b, fj_json_text(c, "state"));
	web_html(b, "\"/>");
	element(b, "summary", title);
	web_html(b, "</entry>\n");
}

static void atom(const struct feed *f, struct web_res *r)
{
	struct fj_buf *b = &r->body;
	char name[160];
	const json_t *c;
	size_t i;

	name_of(f, name);
	web_html(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"");
	web_html(b, web_lang(f->q)[0] == 'e' ? "en\"><id>" : "zh-CN\"><id>");
	self_of(f, ".atom", b);
	web_html(b, "</id>");
	element(b, "title", name);
	element(b, "updated", fj_json_text(json_array_get(f->changes, 0), "at"));
	web_html(b, "<author><name>");
	web_text(b, f->base);
	web_html(b, "</name></author><link rel=\"self\" href=\"");
	self_of(f, ".atom", b);
	web_html(b, "\"/>\n");
	json_array_foreach(f->changes, i, c)
		entry(f, c, b);
	web_html(b, "</feed>\n");
	r->type = "application/atom+xml; charset=utf-8";
	r->csp_off = true;
}

/* --- JSON Feed --- */

static json_t *item(const struct feed *f, const json_t *c)
{
	FJ_AUTO(buf) id = FJ_BUF_INIT(2048);
	FJ_AUTO(buf) url = FJ_BUF_INIT(2048);
	char title[400];

	title_of(f, c, title);
	address_of(f, c, &id, true);
	address_of(f, c, &url, false);
	json_t *change = json_deep_copy(c);
	json_object_del(change, "seq");
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s], s:o}", "id", fj_buf_str(&id), "url", fj_buf_str(&url), "title", title, "content_text", title,
	    "date_published", fj_json_text(c, "at"), "tags", fj_json_text(c, "state"), "_fujie", change);
}

static void feed_json(const struct feed *f, struct web_res *r)
{
	FJ_AUTO(json) items = json_array();
	FJ_AUTO(buf) self = FJ_BUF_INIT(1024);
	char name[160];
	const json_t *c;
	size_t i;

	json_array_foreach(f->changes, i, c)
		json_array_append_new(items, item(f, c));
	name_of(f, name);
	self_of(f, ".json", &self);
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "version", "https://jsonfeed.org/version/1.1", "title", name, "home_page_url", f->base,
	    "feed_url", fj_buf_str(&self), "language", web_lang(f->q)[0] == 'e' ? "en" : "zh-CN", "items", items);
	web_json(r, 200, j);
	r->type = "application/feed+json; charset=utf-8";
}

/* --- asked --- */

/* the name without its ending; NULL: neither .atom nor .json */
static char *key_of(const char *name, bool *as_json)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || dot == name || dot - name > 60 || (strcmp(dot, ".atom") != 0 && strcmp(dot, ".json") != 0))
		return NULL;
	*as_json = dot[1] == 'j';
	return fj_strndup(name, (size_t)(dot - name));
}

static void answer(struct web_req *q, struct web_res *r, const char *kind, enum svc_query id)
{
	FJ_AUTO(json) changes = NULL;
	struct fj_err err = {0};
	bool as_json = false;
	FJ_AUTO(str) key = key_of(web_param(q, "name"), &as_json);
	struct feed f = {.q = q, .base = svc_base(web_app(q)), .kind = kind, .key = key};

	r->cors = true;
	enum fj_rc rc = key == NULL ? FJ_OK : svc_rows(web_app(q), id, key, &changes, &err);
	if (rc == FJ_OK && json_array_size(changes) == 0) {
		rc = fj_fail(&err, FJ_E_NOTFOUND, "verifier", NULL, "nothing is published under \"%.60s\"; a feed's name ends in .atom or .json", web_param(q, "name"));
		fj_err_zh(&err, "“%.60s”没有已公开的内容；订阅地址以 .atom 或 .json 结尾", web_param(q, "name"));
	}
	if (rc != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	f.changes = changes;
	if (as_json)
		feed_json(&f, r);
	else
		atom(&f, r);
	r->max_age = 300;
}

void svc_feed_authorisation(struct web_req *q, struct web_res *r)
{
	answer(q, r, "authorisation", SVC_CHANGES_AUTHORISATION);
}

void svc_feed_organisation(struct web_req *q, struct web_res *r)
{
	answer(q, r, "organisation", SVC_CHANGES_ORGANISATION);
}
