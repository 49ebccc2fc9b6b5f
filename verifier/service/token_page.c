/*
 * token_page.c - /v/LT-…: a license token for whoever has its paper only.
 *
 * A token's text is its user's and is not published.  Where a numbered copy of it was made
 * out, public.db has its term, its digest, and which entries of the signed status lists
 * decide it: its own, its asset's, its authorisation's.  So this judges what can be
 * judged without the text, time and status, and denies by them.  It never permits: nothing does
 * whose form and signature were not checked.  What is not denied is `indeterminate`, and the page
 * says in words that the token stands and that its text has to be verified before use.
 * ?h= and ?c= are compared as for certificates, and a paper of another token is a deny.
 */
#include "verifier/internal.h"
#include "verifier/service/service.h"

static void judge_entry(struct web_req *q, const struct ver_view *v, const json_t *row, const char *list, const char *idx, enum ver_ck k, struct ver_report *r)
{
	struct svc *s = web_app(q);
	struct ver_finding f = {.clause = ""};
	char uri[201];

	snprintf(uri, sizeof(uri), "%.160s/status/%lld", svc_base(s), (long long)fj_json_num(row, list));
	ver_status(v->trust, FJ_ES256, svc_base(s), uri, (uint32_t)fj_json_num(row, idx), fj_now(), &f);
	if (k == CK_STATUS)
		ver_status_token(&f);
	if (k == CK_AUTH_STATUS)
		ver_status_authorisation(&f);
	ver_say_finding(r, k, &f);
}

static void judge_time(const json_t *row, struct ver_report *r)
{
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];
	bool in = fj_json_num(row, "not_before") <= r->at && r->at <= fj_json_num(row, "not_after");

	fj_time_utc(fj_json_num(row, "not_before"), from);
	fj_time_utc(fj_json_num(row, "not_after"), to);
	ver_say(r, CK_TIME, in ? VER_PASS : VER_FAIL, "RFC 7519 4.1", in ? "the time lies within the token's term" : "the time lies outside of the token's term", in ? "在有效期内" : "不在有效期内");
	ver_evidence(r, CK_TIME, "%s .. %s", from, to);
}

/* the paper's digest, if it has one, is of this token: what the code was printed for */
static bool is_paper_of(struct web_req *q, const json_t *row)
{
	const char *h = web_field(q, "h");
	size_t n = strlen(h);

	return n == 0 || (n >= 16 && n <= 64 && strncasecmp(h, fj_json_text(row, "sha256"), n) == 0);
}

static void judge_paper(struct web_req *q, const json_t *row, struct ver_report *r)
{
	bool same = is_paper_of(q, row);

	ver_say(r, CK_FORM, same ? VER_UNKNOWN : VER_FAIL, "docs/paper.md", same ? "the token's text is not on the paper; its form and signature can be judged by the text only" : "the paper's digest is not that of this token",
	    same ? "纸面没有令牌原文，其格式和签名须凭原文核验" : "纸面所载摘要不是该令牌的摘要");
}

static enum fj_rc judge(struct web_req *q, const char *id, const json_t *row, json_t **out, struct fj_err *err)
{
	FJ_AUTO(ver_report) r = {.n = 0};
	struct ver_view *v;

	FJ_TRY(svc_view_take(web_app(q), &v, err));
	ver_report_begin(&r, fj_now());
	ver_report_expect(&r, "token", 1u << CK_FORM | 1u << CK_TIME | 1u << CK_STATUS | 1u << CK_ASSET_STATUS | 1u << CK_AUTH_STATUS);
	r.subject = json_pack("{s:s, s:s}", "id", id, "authorisation", fj_json_text(row, "authorisation"));
	judge_time(row, &r);
	judge_entry(q, v, row, "own_list", "own_idx", CK_STATUS, &r);
	judge_entry(q, v, row, "asset_list", "asset_idx", CK_ASSET_STATUS, &r);
	judge_entry(q, v, row, "line_list", "line_idx", CK_AUTH_STATUS, &r);
	judge_paper(q, row, &r);
	ver_report_end(&r, 0);
	svc_view_give(web_app(q), v);
	*out = ver_report_json(&r);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "verifier");
}

static enum fj_rc find(struct web_req *q, const char *id, json_t **rows, struct fj_err *err)
{
	FJ_TRY(svc_rows(web_app(q), SVC_COPIES, id, rows, err));
	if (json_array_size(*rows) > 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_NOTFOUND, "verifier", "docs/paper.md", "nothing is published of a license token unless a copy on paper was made out for it; paste the token itself to verify it",
	    "未制作纸质件的许可令牌不对外公布；请粘贴令牌原文进行核验");
}

/* all that could be judged is good */
static bool stands(const json_t *verdict)
{
	static const char *const names[] = {"time", "status", "asset status", "authorisation status"};
	size_t i, good = 0;
	json_t *c;

	json_array_foreach(json_object_get(verdict, "checks"), i, c)
		for (size_t k = 0; k < FJ_ARRAY_LEN(names); k++)
			good += strcmp(names[k], fj_json_text(c, "name")) == 0 && strcmp(fj_json_text(c, "outcome"), "pass") == 0;
	return good == FJ_ARRAY_LEN(names);
}

void svc_token_page(struct web_req *q, struct web_res *r, const char *id)
{
	FJ_AUTO(json) rows = NULL;
	FJ_AUTO(json) verdict = NULL;
	struct fj_err err = {0};

	r->cors = true;
	if (find(q, id, &rows, &err) != FJ_OK || judge(q, id, json_array_get(rows, 0), &verdict, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	if (web_wants_json(q)) {
		web_json(r, 200, verdict);
		return;
	}
	svc_page_top(q, &r->body, web_tr(q, "Verdict"));
	web_print(&r->body, "<p class=\"mono\">%s</p>", id);
	if (strcmp(fj_json_text(verdict, "verdict"), "indeterminate") == 0 && stands(verdict)) {
		web_html(&r->body, "<p class=\"notice\">");
		web_say(q, &r->body, "✔ By the register's signed lists this license token is in its term and neither revoked nor suspended. It is not permitted by its paper alone: have the token itself verified, with proof of its holder.");
		web_html(&r->body, "</p>");
	}
	web_paper_notice(q, &r->body, web_field(q, "h")[0] == '\0' ? "" : is_paper_of(q, json_array_get(rows, 0)) ? "same" : "other");
	svc_copy_notice(q, &r->body, id);
	web_verdict(q, &r->body, verdict);
	web_verify_form(q, &r->body, "/", NULL, SVC_FORM);
	web_page_end(&r->body);
}
