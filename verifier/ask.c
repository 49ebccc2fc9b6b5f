/*
 * ask.c - a question in JSON: which credential, for which use, with which proof.
 *
 * Public service and gateway answer the same document, so it is read in one
 * place.  A member that is not known is refused: a misspelt "use" that is passed
 * over would be a condition lost.
 */
#include "verifier/ask.h"

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

/* proof of logging: its own text, with its newlines; an empty one is a slip */
static enum fj_rc read_logged(const json_t *item, struct ver_input *in, struct fj_err *err)
{
	const json_t *proof = json_object_get(item, "log_proof"), *logged = json_object_get(item, "logged");

	if ((proof != NULL && (!json_is_string(proof) || json_string_length(proof) == 0)) || (logged != NULL && !json_is_boolean(logged)))
		return fj_refuse(err, FJ_E_USAGE, "verifier", "formats.md 19", "\"log_proof\" is the text of a proof of logging, \"logged\" true or false", "“log_proof”应为公开日志载入证明文本，“logged”应为 true 或 false");
	if (proof != NULL)
		in->log_proof = FJ_SLICE(json_string_value(proof), json_string_length(proof));
	in->logged = json_is_true(logged);
	return FJ_OK;
}

static enum fj_rc one(const json_t *item, ver_judge judge, void *arg, struct fj_buf *out, struct fj_err *err)
{
	static const char *const known[] = {"credential", "use", "proof", "log_proof", "logged", "at", NULL};
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(ver_report) report = {.n = 0};
	struct ver_input in = {.now = fj_now()};
	const json_t *credential = json_object_get(item, "credential");
	const char *at = NULL;

	FJ_TRY(fj_json_only(item, known, err));
	if (!json_is_string(credential))
		return fj_fail(err, FJ_E_USAGE, "verifier", "formats.md 8", "\"credential\" is missing: a token, an authorisation credential or a PEM certificate as text");
	in.credential = fj_slice_str(json_string_value(credential));
	if (json_object_get(item, "use") != NULL)
		FJ_TRY(ver_use_from_json(json_object_get(item, "use"), &use, err));
	in.use = use;
	FJ_TRY(read_proof(json_object_get(item, "proof"), &in, err));
	FJ_TRY(read_logged(item, &in, err));
	FJ_TRY(fj_json_opt_str(item, "at", 40, &at, err));
	FJ_TRY(ver_input_at(&in, at, err));
	FJ_TRY(judge(arg, &in, &report, err));
	FJ_AUTO(json) verdict = ver_report_json(&report); /* a thousand of them at once would be 50 MB */
	return fj_json_canonical(verdict, out, err);
}

static enum fj_rc many(const json_t *request, ver_judge judge, void *arg, struct fj_buf *out, struct fj_err *err)
{
	static const char *const known[] = {"items", NULL};
	json_t *items, *item;
	size_t i;

	FJ_TRY(fj_json_only(request, known, err));
	FJ_TRY(fj_json_arr(request, "items", VER_ASK_ITEMS, &items, err));
	size_t past = 0;
	json_array_foreach(items, i, item)
		past += json_object_get(item, "at") != NULL;
	if (past > VER_ASK_PAST)
		return fj_refuse(err, FJ_E_USAGE, "verifier", "docs/verifier.md", "at most 20 items of a request may name a time to judge at; ask in several", "一次请求中指定核验时间的至多 20 项，请分次核验");
	enum fj_rc rc = fj_buf_puts(out, "{\"items\":[");
	json_array_foreach(items, i, item) {
		if (rc == FJ_OK && i > 0)
			rc = fj_buf_puts(out, ",");
		if (rc == FJ_OK)
			FJ_TRY(one(item, judge, arg, out, err));
	}
	if (rc == FJ_OK)
		rc = fj_buf_puts(out, "]}");
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "verifier", NULL, "the verdicts do not fit into an answer");
}

enum fj_rc ver_ask(struct fj_slice body, ver_judge judge, void *arg, struct fj_buf *out, struct fj_err *err)
{
	struct fj_err why = {.rc = FJ_OK};
	FJ_AUTO(json) request = NULL;

	enum fj_rc rc = fj_json_parse(body, VER_ASK_OCTETS, &request, &why);
	if (rc == FJ_OK)
		rc = json_object_get(request, "items") != NULL ? many(request, judge, arg, out, &why) : one(request, judge, arg, out, &why);
	if (rc == FJ_OK)
		return FJ_OK;
	if (fj_rc_http(rc) == 422) /* an unknown key or a malformed value is wrong use */
		rc = why.rc = FJ_E_USAGE;
	if (err != NULL)
		*err = why;
	return rc;
}
