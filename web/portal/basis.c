/*
 * basis.c - the rules in one sentence each, what each rests on, and the words of the plan: where every
 * citation of a page leads.  All of it is data: issuer/rules/basis.def and the documents of clause.c.
 */
#include "web/portal/internal.h"

/* the documents are in force in Chinese; on an English page too they are quoted, not translated */
static void quote(struct fj_buf *b, const char *words)
{
	if (words[0] != '\0')
		web_print(b, "<blockquote lang=\"zh-CN\">%s</blockquote>", words);
}

/* own: those that have no number of domain.md 8 */
static void rules(struct web_req *q, struct fj_buf *b, bool own)
{
	const struct iss_rule *r;
	size_t n = iss_rules(&r);
	char called[80], id[WEB_CLAUSE_ID];

	web_html(b, "<dl>");
	for (size_t i = 0; i < n; i++) {
		if ((r[i].id[0] != 'R') != own || r[i].en[0] == '\0')
			continue;
		web_clause_text(web_lang(q)[0] == 'e', r[i].id, called, sizeof(called));
		web_clause_id(r[i].id, id);
		web_print(b, "<div id=\"%s\"><dt>%s</dt><dd>", id, own ? called : id);
		web_print(b, "<strong>%s</strong><p class=\"small\">", web_either(q, r[i].zh, r[i].en));
		portal_basis(q, b, r[i].basis, r[i].clause);
		web_html(b, "</p>");
		quote(b, r[i].quote);
		if (!own)
			web_print(b, "<p class=\"small\"><a href=\"/help/refusals#%s\">%s</a></p>", r[i].id, web_tr(q, "What to do after a refusal by it"));
		web_html(b, "</dd></div>");
	}
	web_html(b, "</dl>");
}

static void numbers(struct web_req *q, struct fj_buf *b)
{
	const struct iss_rule *r;
	size_t n = iss_rules(&r);

	web_print(b, "<nav class=\"links\" aria-label=\"%s\">", web_tr(q, "On this page"));
	for (size_t i = 0; i < n; i++)
		if (r[i].id[0] == 'R')
			web_print(b, "<a href=\"#%s\">%s</a>", r[i].id, r[i].id);
	web_print(b, "<a href=\"#plan\">%s</a><a href=\"#own\">%s</a><a href=\"#documents\">%s</a></nav>", web_tr(q, "The plan in its own words"), web_tr(q, "The register's own rules"), web_tr(q, "The documents"));
}

static void clauses(struct web_req *q, struct fj_buf *b)
{
	const struct iss_clause *c;
	size_t n = iss_clauses(&c);
	char id[WEB_CLAUSE_ID], called[80];

	web_print(b, "<h2 id=\"plan\">%s</h2><dl>", web_tr(q, "The plan in its own words"));
	for (size_t i = 0; i < n; i++) {
		web_clause_id(c[i].cite, id);
		web_clause_text(web_lang(q)[0] == 'e', c[i].cite, called, sizeof(called));
		web_print(b, "<div id=\"%s\"><dt>%s</dt><dd>", id, called);
		quote(b, c[i].words);
		web_html(b, "</dd></div>");
	}
	web_html(b, "</dl>");
}

static void documents(struct web_req *q, struct fj_buf *b)
{
	const struct web_document *d;
	size_t n = web_documents(&d);

	web_print(b, "<h2 id=\"documents\">%s</h2><dl>", web_tr(q, "The documents"));
	for (size_t i = 0; i < n; i++)
		if (d[i].title_zh != NULL)
			web_print(b, "<div id=\"%s\"><dt>%s</dt><dd>%s</dd></div>", d[i].id, web_either(q, d[i].zh, d[i].en), web_either(q, d[i].title_zh, d[i].title_en));
	web_html(b, "</dl>");
}

void portal_get_basis(struct web_req *q, struct web_res *r)
{
	struct fj_buf *b = &r->body;

	portal_top(q, b, web_tr(q, "Rules and what they rest on"));
	web_print(b, "<p>%s</p>", web_tr(q, "Each rule that this register enforces, in one sentence. “Stated by”: the document says so. “Concluded from”: this project draws it from the document. “Rule of the finance department”: it is the department's to set, and the document is its model. What is quoted stands so in the plan."));
	numbers(q, b);
	web_print(b, "<h2>%s</h2>", web_tr(q, "The rules"));
	rules(q, b, false);
	clauses(q, b);
	web_print(b, "<h2 id=\"own\">%s</h2><p>%s</p>", web_tr(q, "The register's own rules"), web_tr(q, "Drawn by this project from the documents below."));
	rules(q, b, true);
	documents(q, b);
	web_page_end(b);
}
