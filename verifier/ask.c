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

static enum fj_rc one(const json_t *item, ver_judge judge, void *arg, json_t **out, struct fj_err *err)
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
	FJ_TRY(read_proof(json_object_get(item, "proof"), &in, err));
	FJ_TRY(judge(arg, &in, &report, err));
	*out = ver_report_json(&report);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "verifier");
}

static enum fj_rc many(const json_t *request, ver_judge judge, void *arg, json_t **out, struct fj_err *err)
{
	static const char *const known[] = {"items", NULL};
	FJ_AUTO(json) list = json_array();
	json_t *items, *item;
	size_t i;

	FJ_TRY(fj_json_only(request, known, err));
	FJ_TRY(fj_json_arr(request, "items", VER_ASK_ITEMS, &items, err));
	json_array_foreach(items, i, item) {
		json_t *verdict = NULL;
		FJ_TRY(one(item, judge, arg, &verdict, err));
		json_array_append_new(list, verdict);
	}
	*out = json_pack("{s:O}", "items", list);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "verifier");
}

enum fj_rc ver_ask(struct fj_slice body, ver_judge judge, void *arg, json_t **out, struct fj_err *err)
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
