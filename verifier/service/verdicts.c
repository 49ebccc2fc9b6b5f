/*
 * verdicts.c - POST /v1/verify: the verdict on one credential, or on a thousand.
 *
 * A use whose time lies in the past is judged by the lists, and by the authorisation,
 * of that time; a token that was replayed since is judged as it was.
 */
#include "verifier/service/service.h"

#define MAX_ITEMS 1000

/* a use of a day that is over is judged by that day */
bool svc_past(const struct ver_use *use, fj_time *now)
{
	fj_time at = ver_use_time(use);

	if (at == 0 || at >= *now)
		return false;
	*now = at;
	return true;
}

static enum fj_rc read_proof(const json_t *proof, struct ver_input *in, struct fj_err *err)
{
	static const char *const known[] = {"nonce", "x5t", NULL};

	if (proof == NULL)
		return FJ_OK;
	FJ_TRY(fj_json_only(proof, known, err));
	FJ_TRY(fj_json_opt_str(proof, "nonce", 256, &in->nonce, err));
	FJ_TRY(fj_json_opt_str(proof, "x5t", 64, &in->x5t, err));
	return ver_proof_form(in->nonce, in->x5t, err);
}

static enum fj_rc verdict_of(const struct ver_view *v, struct ver_trust *over, const json_t *item, json_t **out, struct fj_err *err)
{
	static const char *const known[] = {"credential", "use", "proof", NULL};
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(ver_report) report = {.n = 0};
	struct ver_input in = {.now = fj_now()};
	const json_t *credential = json_object_get(item, "credential");

	FJ_TRY(fj_json_only(item, known, err));
	if (!json_is_string(credential))
		return fj_fail(err, FJ_E_USAGE, "verifier", "formats.md 8", "\"credential\" is missing: a token, an authorisation credential or a PEM certificate as text");
	in.credential = fj_slice_str(json_string_value(credential));
	if (json_object_get(item, "use") != NULL)
		FJ_TRY(ver_use_from_json(json_object_get(item, "use"), &use, err));
	in.use = use;
	in.past = svc_past(use, &in.now);
	FJ_TRY(read_proof(json_object_get(item, "proof"), &in, err));
	FJ_TRY(ver_verify_in(v->dir, over, &in, &report, err));
	*out = ver_report_json(&report);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "verifier");
}

static enum fj_rc many(const struct ver_view *v, struct ver_trust *over, const json_t *request, json_t **out, struct fj_err *err)
{
	static const char *const known[] = {"items", NULL};
	FJ_AUTO(json) list = json_array();
	json_t *items, *one;
	size_t i;

	FJ_TRY(fj_json_only(request, known, err));
	FJ_TRY(fj_json_arr(request, "items", MAX_ITEMS, &items, err));
	json_array_foreach(items, i, one) {
		json_t *verdict = NULL;
		FJ_TRY(verdict_of(v, over, one, &verdict, err));
		json_array_append_new(list, verdict);
	}
	*out = json_pack("{s:O}", "items", list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "verifier");
}

static enum fj_rc verify_json(struct svc *s, struct fj_slice body, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) request = NULL;
	struct ver_view *v;

	FJ_TRY(fj_json_parse(body, 4u << 20, &request, err));
	FJ_TRY(svc_view_take(s, &v, err));
	struct ver_trust *over = NULL; /* shared by the items: what one of them wanted is there for the next */
	enum fj_rc rc = ver_trust_over(v->trust, &over, err);
	if (rc == FJ_OK)
		rc = json_object_get(request, "items") != NULL ? many(v, over, request, out, err) : verdict_of(v, over, request, out, err);
	ver_trust_free(over);
	svc_view_give(s, v);
	return rc;
}

void svc_verify(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) out = NULL;
	struct fj_err err = {0};

	r->cors = true;
	if (verify_json(web_app(q), web_body(q), &out, &err) == FJ_OK) {
		web_json(r, 200, out);
		return;
	}
	if (fj_rc_http(err.rc) == 422)
		err.rc = FJ_E_USAGE; /* an unknown key or a malformed value is wrong use */
	web_problem(r, &err);
}
