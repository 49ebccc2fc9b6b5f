/*
 * paper.c - official paper in the portal: on the page of a certificate, an authorisation or a
 * license token its copies and what may be done, and /paper/… the page itself, to be
 * read and printed (print style).
 *
 * What the page says is the register's document (issuer/paper), made HTML by the register's own
 * writer, which escapes every text.
 */
#include "web/portal/internal.h"

/* by the number's form, the command that prints it and the field that asks for it */
static const struct print {
	const char *prefix, *noun, *verb, *key;
} prints[] = {{"DAC-", "certificate", "print", "number"}, {"DAU-", "authorisation", "print", "number"}, {"LT-", "token", "print", "id"}, {"CP-", "copy", "file", "id"}};

static const struct print *print_of(const char *id)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(prints); i++)
		if (strncmp(id, prints[i].prefix, strlen(prints[i].prefix)) == 0)
			return &prints[i];
	return NULL;
}

static void file_link(struct fj_buf *b, const struct print *p, const char *id, const char *format, const char *text)
{
	web_print(b, "<a class=\"button quiet\" href=\"/do/%s/%s?run=1&amp;%s=%s&amp;format=%s&amp;download=file\">%s</a> ", p->noun, p->verb, p->key, id, format, text);
}

static void copies_table(struct web_req *q, struct fj_buf *b, const char *id)
{
	static const char *const columns[] = {"id", "copy_no", "state", "at", "collected_at", "void_at", "sealed", NULL};
	FJ_AUTO(json) params = json_pack("{s:s, s:i}", "number", id, "limit", 100);
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (portal_command(q, "copy.list", params, &answer, &err) != FJ_OK || json_array_size(json_object_get(answer, "items")) == 0) {
		web_print(b, "<p>%s</p>", web_tr(q, "No numbered copy was made out."));
		return;
	}
	web_table(q, b, json_object_get(answer, "items"), portal_links, columns);
	web_print(b, "<p><a href=\"/do/copy/sheet?run=1&amp;number=%s&amp;download=file\">%s</a></p>", id, web_tr(q, "Sheet for collectors to sign (PDF)"));
}

void portal_paper(struct web_req *q, struct fj_buf *b, const char *noun, const char *id)
{
	const struct print *p = print_of(id);
	const struct iss_command_info *issue = iss_command_find("copy.issue");

	if (p == NULL || strcmp(p->noun, noun) != 0)
		return;
	bool copies = strcmp(noun, "copy") != 0 && issue != NULL && portal_may(q, issue);
	web_print(b, "<h2 id=\"paper\">%s</h2>", web_tr(q, "On paper"));
	if (strcmp(noun, "copy") != 0)
		web_print(b, "<p class=\"small\">%s</p>", web_tr(q, "For handing out make out a numbered copy: it is printed, collected against a signature, and on record. The page and the files here are for reading and say that they are not numbered."));
	web_html(b, "<p class=\"acts\">");
	if (copies)
		web_print(b, "<a class=\"button\" href=\"/do/copy/issue?number=%s\">%s</a> ", id, web_tr(q, "Make out a numbered copy"));
	web_print(b, "<a class=\"button quiet\" href=\"/paper/%s\">%s</a> ", id, web_tr(q, "Page to print"));
	file_link(b, p, id, "pdf", "PDF");
	file_link(b, p, id, "ofd", "OFD");
	web_html(b, "</p>");
	if (strcmp(noun, "copy") != 0)
		copies_table(q, b, id);
}

/* --- the page itself --- */

static enum fj_rc document_of(struct web_req *q, const struct print *p, const char *id, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(json) params = json_pack("{s:s, s:s}", p->key, id, "format", "json");
	char command[48];

	snprintf(command, sizeof(command), "%s.%s", p->noun, p->verb);
	return portal_command(q, command, params, answer, err);
}

void portal_get_paper(struct web_req *q, struct web_res *r)
{
	const char *id = web_param(q, "id");
	const struct print *p = print_of(id);
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};
	struct fj_buf *b = &r->body;

	if (p == NULL) {
		portal_no_such(q, r);
		return;
	}
	enum fj_rc rc = document_of(q, p, id, &answer, &err);
	if (rc == FJ_OK) {
		portal_top(q, b, web_tr(q, "On paper"));
		web_print(b, "<p class=\"acts\"><a class=\"button quiet\" href=\"/show/%s/%s\">%s</a> ", p->noun, id, web_tr(q, "Back"));
		file_link(b, p, id, "pdf", "PDF");
		file_link(b, p, id, "ofd", "OFD");
		web_print(b, "</p><p class=\"small screen\">%s</p>", web_tr(q, "The browser prints this page as it stands. For a page with its ornament and fonts take the PDF."));
		rc = iss_paper_part(json_object_get(answer, "document"), b, &err);
	}
	if (rc != FJ_OK) {
		fj_buf_clear(b);
		web_fail(q, r, &err);
		return;
	}
	web_page_end(b);
}
