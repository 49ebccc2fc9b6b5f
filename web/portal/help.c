/*
 * help.c - help in place: the manual's sections as pages, those of one's own role first.
 */
#include "web/portal/help_text.h"
#include "web/portal/internal.h"

static bool slice_is(struct fj_slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

/* the section of a role; NULL: none of its own */
static const char *section_of(uint32_t roles)
{
	static const struct {
		uint32_t roles;
		const char *id;
	} table[] = {{ISS_FINANCE | ISS_MOF, "finance"}, {ISS_HOLDER, "holder"}, {ISS_SUPERIOR | ISS_GOV | ISS_DATA_BUREAU | ISS_DRC, "superior"}, {ISS_IMPLEMENTER, "implementer"},
		{ISS_OPERATOR, "operator"}, {ISS_DEVELOPER | ISS_USER | ISS_EXCHANGE, "user"}, {ISS_AUDITOR | ISS_ASSESSOR, "auditor"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		if (roles & table[i].roles)
			return table[i].id;
	return NULL;
}

static void entry(struct fj_buf *b, const struct help_section *s)
{
	FJ_AUTO(str) id = fj_strndup((const char *)s->id.p, s->id.len);
	FJ_AUTO(str) title = fj_strndup((const char *)s->title.p, s->title.len);

	if (id != NULL && title != NULL)
		web_print(b, "<li><a href=\"/help/%s\">%s</a></li>", id, title);
}

/* the section that is named; false: there is none */
static bool find(struct web_req *q, const char *id, struct help_section *s)
{
	for (size_t at = 0; help_next(help_manual(web_lang(q)[0] == 'e'), &at, s);)
		if (slice_is(s->id, id))
			return true;
	return false;
}

void portal_get_help(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;
	const char *own = web_session(q) != NULL ? section_of(portal_actor(q)->roles) : "public";
	struct help_section s;

	portal_top(q, b, web_tr(q, "Help"));
	if (own != NULL && find(q, own, &s)) {
		web_print(b, "<p>%s</p><ul class=\"doors\">", web_tr(q, "For you first:"));
		entry(b, &s);
		web_html(b, "</ul>");
	}
	web_print(b, "<h2>%s</h2><ul>", web_tr(q, "All pages of help"));
	for (size_t at = 0; help_next(help_manual(web_lang(q)[0] == 'e'), &at, &s);)
		entry(b, &s);
	web_print(b, "<li><a href=\"/basis\">%s</a></li></ul>", web_tr(q, "Rules and what they rest on"));
	web_page_end(b);
}

void portal_get_help_page(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;
	const char *id = web_param(q, "page");
	struct help_section s;
	struct fj_err err = {0};

	if (!find(q, id, &s)) {
		fj_refuse(&err, FJ_E_NOTFOUND, "portal", NULL, "there is no such page of help; take one from the list at /help", "没有该帮助页面，请从 /help 的目录进入");
		web_fail(q, r, &err);
		return;
	}
	FJ_AUTO(str) title = fj_strndup((const char *)s.title.p, s.title.len);
	portal_top(q, b, title == NULL ? "" : title);
	web_html(b, "<div class=\"help\">");
	help_render(b, s.text);
	if (slice_is(s.id, "refusals"))
		portal_advice_all(q, b);
	web_print(b, "</div><p><a href=\"/help\">%s</a></p>", web_tr(q, "All pages of help"));
	web_page_end(b);
}
