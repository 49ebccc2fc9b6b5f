/*
 * token_signed.c - license tokens that officers of their operator sign (docs/formats.md 25).
 *
 * Where the home's rule asks for it (officer-key.require) a token is not issued on names: what
 * will be signed stands whole in an approval, officers sign the approval's hash, and the signer
 * computes from it which tokens it may sign.  Who issues a single license signs it himself and
 * decides it himself, which R22 lets him: a request to issue then takes a signature, and no
 * second officer.  A list takes two, as before.
 *
 * Payload: "parent": the authorisation as it was issued; "license": what all have in common;
 * "users": what each has of its own, in the order of the list; "persons": how many sign.
 */
#include "base/content.h"
#include "base/jws.h"
#include "hsm/proto.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/signed.h"
#include "issuer/token.h"

/* {"holder","binding","cnf"|"audience"}; the rest of its content stays in *license */
static enum fj_rc split(json_t *content, json_t *users, struct fj_err *err)
{
	static const char *const own[] = {"holder", "binding", "cnf", "audience"};
	json_t *one = json_object();

	for (size_t i = 0; i < FJ_ARRAY_LEN(own); i++) {
		json_t *v = json_object_get(content, own[i]);
		if (v != NULL && json_object_set(one, own[i], v) != 0) {
			json_decref(one);
			return fj_no_memory(err, "issuer");
		}
		json_object_del(content, own[i]);
	}
	return json_array_append_new(users, one) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc tok_seal(struct issuing *w, const json_t *users, int persons, json_t *payload, struct fj_err *err)
{
	static const struct sts_ref none = {.uri = "-"};
	FJ_AUTO(buf) parent = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(json) license = NULL;
	FJ_AUTO(json) list = json_array();
	size_t i;
	json_t *u;

	FJ_TRY(dom_credential(w->c->db, PIPE_AUTHORISATION, w->auth.credential, &parent, err));
	json_array_foreach(users, i, u) {
		FJ_AUTO(json) claims = NULL;
		FJ_AUTO(json) content = NULL;
		FJ_TRY(tok_claims(w, u, "LT-", &none, &claims, err));
		FJ_TRY(fj_content_token_json(claims, &content, err));
		FJ_TRY(split(content, list, err));
		if (license == NULL)
			license = json_incref(content);
	}
	FJ_TRY(fj_json_set(payload, "parent", json_string(fj_buf_str(&parent))));
	FJ_TRY(fj_json_set(payload, "license", json_incref(license)));
	FJ_TRY(fj_json_set(payload, "users", json_incref(list)));
	return fj_json_set(payload, "persons", json_integer(persons));
}

/* a request is known by what it asks for, so that the same twice is one */
static enum fj_rc name_of(const json_t *payload, char id[32], struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(HSM_MAX_PAYLOAD);
	struct fj_hash h;
	char hex[65];

	FJ_TRY(fj_json_canonical(payload, &text, err));
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	snprintf(id, 32, "TI-%.12s", hex);
	return FJ_OK;
}

enum fj_rc tok_ask(struct issuing *w, const json_t *users, const char *application, const char *note, struct fj_err *err)
{
	struct iss_call *c = w->c;
	int persons = sgn_tokens(c->iss);
	char id[32];

	if (json_array_size(users) > HSM_SINGLE_MOST)
		return fj_refuse(err, FJ_E_LIMIT, "issuer", "formats.md 25", "one officer signs 100 licenses at most at once; issue a list with a second officer (token bulk)", "一次签发至多 100 件；更多的请批量签发，由两名经办人签名（token bulk）");
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:O}", "authorisation", w->auth.number, "operator", w->auth.operator_, "request", w->r);
	if (application != NULL)
		FJ_TRY(fj_json_set(payload, "application", json_pack("{s:s, s:s}", "id", application, "note", note)));
	FJ_TRY(tok_seal(w, users, persons, payload, err));
	FJ_TRY(name_of(payload, id, err));
	return apr_request(c, "token.issue", id, c->actor->org, payload, err);
}

static enum fj_rc issue(struct issuing *w, const struct apr *a, struct fj_err *err)
{
	const json_t *users = json_object_get(w->r, "users"), *application = json_object_get(a->payload, "application");
	FJ_AUTO(json) ids = json_array();
	size_t i;
	json_t *u;

	/* things may have changed since it was asked for */
	FJ_TRY(tok_check(w, err));
	json_array_foreach(users, i, u)
		FJ_TRY(tok_user(w, u, err));
	FJ_TRY(tok_intend_all(w, users, ids, err));
	if (application != NULL)
		FJ_TRY(tok_accepted(w->c, fj_json_text(application, "id"), fj_json_text(application, "note"), json_string_value(json_array_get(ids, 0)), err));
	json_decref(w->c->answer);
	w->c->answer = json_pack("{s:s, s:s, s:s, s:s, s:O, s:s}", "id", a->id, "state", "APPROVED", "kind", a->kind, "object", a->object, "tokens", ids, "authorisation", w->auth.number);
	return w->c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apr_token_issue(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct issuing w = {.c = c, .r = json_object_get(a->payload, "request"), .by = fj_json_text(a->payload, "operator")};

	enum fj_rc rc = issue(&w, a, err);
	tok_release(&w);
	return rc;
}

/* --- of a token that there is --- */

enum fj_rc tok_shown(struct sto *db, const char *id, json_t *payload, struct fj_err *err)
{
	FJ_AUTO(buf) token = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(buf) parent = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(jws) w = {0};
	char object[64];

	FJ_TRY(dom_credential(db, PIPE_TOKEN, id, &token, err));
	FJ_TRY(fj_jws_read(FJ_SLICE(token.data, token.len - 1), FJ_TOKEN_MAX, &w, err)); /* without its "~" */
	const json_t *of = json_object_get(w.payload, "parent");
	int64_t version = fj_json_num(of, "version");
	if (version > 1)
		snprintf(object, sizeof(object), "%.40s~%lld", fj_json_text(of, "authorisation"), (long long)version);
	else
		snprintf(object, sizeof(object), "%.40s", fj_json_text(of, "authorisation"));
	FJ_TRY(dom_credential(db, PIPE_AUTHORISATION, object, &parent, err));
	FJ_TRY(fj_json_set(payload, "token", json_string(fj_buf_str(&token))));
	return fj_json_set(payload, "parent", json_string(fj_buf_str(&parent)));
}
