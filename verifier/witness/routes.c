/*
 * routes.c - a witness's addresses: all public, nothing about who asks is kept.
 */
#include "verifier/witness/witness.h"

static void post_checkpoint(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(4096);
	struct fj_err err = {0};

	r->cors = true;
	r->status = wit_add(web_app(q), web_body(q), fj_now(), &out, &err);
	if (r->status == 200 || r->status == 409)
		web_bytes(r, r->status == 200 ? "text/plain; charset=utf-8" : "text/x.tlog.size", fj_buf_slice(&out), 0);
	else
		web_problem_with(r, &err, r->status, NULL);
}

static void get_checkpoint(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(buf) note = FJ_BUF_INIT(FJ_NOTE_MAX);
	const char *hash = web_param(q, "origin");
	struct fj_err err = {0};

	r->cors = true;
	if (strlen(hash) == 64 && strspn(hash, "0123456789abcdef") == 64 && wit_last(hash, &note, NULL) == FJ_OK) {
		web_bytes(r, "text/plain; charset=utf-8", fj_buf_slice(&note), 0);
		return;
	}
	fj_refuse(&err, FJ_E_NOTFOUND, "witness", "C2SP tlog-witness", "no checkpoint of this log was cosigned here", "此处未签认过该日志的检查点");
	web_problem(r, &err);
}

const struct web_route wit_routes[] = {
	{WEB_POST, "/add-checkpoint", post_checkpoint, WEB_PUBLIC, WEB_CSRF_NONE, WIT_BODY, "a checkpoint to cosign (C2SP tlog-witness)"},
	{WEB_GET, "/{origin}/checkpoint", get_checkpoint, WEB_PUBLIC, WEB_CSRF_NONE, 0, "what was cosigned last of a log"},
	{WEB_GET, NULL, NULL, WEB_PUBLIC, WEB_CSRF_NONE, 0, NULL},
};
