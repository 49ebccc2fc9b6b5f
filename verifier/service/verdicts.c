/*
 * verdicts.c - POST /v1/verify: the verdict on one credential, or on a thousand.
 *
 * With a past time ("at") it is judged by the lists, and by the authorisation, of then: was
 * this use covered on that day?
 */
#include "verifier/ask.h"
#include "verifier/service/service.h"

struct judging {
	const struct ver_view *view;
	struct ver_trust *over; /* shared by the items: what one of them wanted is there for the next */
};

static enum fj_rc judge_item(void *arg, const struct ver_input *in, struct ver_report *out, struct fj_err *err)
{
	const struct judging *j = arg;
	struct ver_trust *own = NULL;

	if (!in->past)
		return ver_verify_in(j->view->dir, j->over, in, out, err);
	/* lists and versions of then are nobody else's */
	FJ_TRY(ver_trust_over(j->view->trust, &own, err));
	enum fj_rc rc = ver_verify_in(j->view->dir, own, in, out, err);
	ver_trust_free(own);
	return rc;
}

static enum fj_rc verify_json(struct svc *s, struct fj_slice body, struct fj_buf *out, struct fj_err *err)
{
	struct judging j = {.over = NULL};
	struct ver_view *v;

	FJ_TRY(svc_view_take(s, &v, err));
	j.view = v;
	enum fj_rc rc = ver_trust_over(v->trust, &j.over, err);
	if (rc == FJ_OK)
		rc = ver_ask(body, judge_item, &j, out, err);
	ver_trust_free(j.over);
	svc_view_give(s, v);
	return rc;
}

void svc_verify(struct web_req *q, struct web_res *r)
{
	struct fj_err err = {0};

	r->cors = true;
	if (verify_json(web_app(q), web_body(q), &r->body, &err) == FJ_OK)
		web_json_text(r);
	else
		web_problem(r, &err);
}
