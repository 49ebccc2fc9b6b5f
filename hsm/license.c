/*
 * license.c - license tokens that officers of their operator sign, and whether they have to.
 *
 * A token is issued by the operator that an authorisation names, so its officers sign it and
 * not the department's.  Which operator that is the signer takes from nobody: an approval
 * shows the authorisation itself, whose signature is verified, as that of a token key that our
 * issuing CA has certified.  What is approved stands in the approval in full ("license": what
 * all have in common, "users": what each has of its own), and the signer computes the hashes
 * itself; what an officer's tool shows is what is signed.  It lies within the authorisation
 * that is shown (R13): asset, grant, and whose it is.
 *
 * Who signs is a rule of the home: names, one, two.  It is changed by two of the department's
 * officers, in a record of its own.
 *
 * RULE record: bytes payload, bytes signatures, bytes names.
 */
#include "hsm/signer.h"

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))
#define MAX_USERS 10000

/* --- what is shown --- */

/* by a key that may sign tokens of ours, whichever generation it is of */
static enum fj_rc check_signer(const struct hsm_signer *s, const struct fj_jws *w, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);
	struct fj_x509 leaf;
	struct fj_hash digest;
	uint8_t xy[64];
	char purpose[80];

	FJ_TRY(fj_x509_read(fj_buf_slice(&w->x5c[0]), &leaf, err));
	snprintf(purpose, sizeof(purpose), "%s.2.3", s->mem.arc);
	MUST(strcmp(leaf.eku, purpose) == 0 && ca_verifies(s, FJ_ES256, &leaf), "RFC 5280 6.1.3", "the credential that is shown was not signed by a token key of this appliance");
	fj_time now = fj_now();
	MUST(now >= leaf.not_before && now <= leaf.not_after && leaf.serial.len == 16 && mem_revoked(&s->mem, leaf.serial.p) == NULL, "RFC 5280 6.1.3", "the certificate behind the credential that is shown is not valid now");
	fj_sha256(w->input, &digest);
	MUST(fj_p256_spki_read(leaf.spki, xy) && fj_ecdsa_raw_to_der(w->sig, &der) == FJ_OK && officer_verifies(xy, &digest, fj_buf_slice(&der)), "RFC 7515 5.2",
	    "the signature of the credential that is shown is wrong");
	return FJ_OK;
}

static enum fj_rc shown(const struct hsm_signer *s, const json_t *payload, const char *member, const char *vct, struct fj_jws *w, struct fj_err *err)
{
	const char *text;

	FJ_TRY(fj_json_str(payload, member, FJ_TOKEN_MAX, &text, err));
	size_t n = strlen(text);
	MUST(n > 1 && text[n - 1] == '~', "RFC 9901 4", "a credential is shown as it was issued, with its \"~\"");
	FJ_TRY(fj_jws_read(FJ_SLICE(text, n - 1), FJ_TOKEN_MAX, w, err));
	MUST(w->alg == FJ_ES256 && strcmp(w->typ, FJ_TYP_TOKEN) == 0 && strcmp(fj_json_text(w->payload, "vct"), vct) == 0, "RFC 8725 3.11", "what is shown is another kind of credential");
	return check_signer(s, w, err);
}

/* whose officers sign: the operator that the authorisation names */
static enum fj_rc operator_of(const struct hsm_signer *s, const json_t *payload, struct fj_jws *parent, struct hsm_items *t, struct fj_err *err)
{
	FJ_TRY(shown(s, payload, "parent", FJ_VCT_AUTHORISATION, parent, err));
	FJ_TRY(fj_authorisation_check(parent->payload, err));
	t->of.department = false;
	return fj_strcopy(t->of.operator_, sizeof(t->of.operator_), fj_json_text(json_object_get(parent->payload, "operator"), "usci"));
}

/* --- tokens --- */

static enum fj_rc within(const json_t *license, const json_t *parent, struct fj_err *err)
{
	const char *asset = fj_json_text(json_object_get(license, "asset"), "id");
	bool there = false;
	size_t i;
	json_t *a;

	MUST(strcmp(fj_json_text(json_object_get(license, "parent"), "authorisation"), fj_json_text(parent, "jti")) == 0, "R13", "the licenses are under another authorisation than the one that is shown");
	json_array_foreach(json_object_get(parent, "assets"), i, a)
		there = there || strcmp(fj_json_text(a, "id"), asset) == 0;
	MUST(there, "R13", "the licenses are for an asset that the authorisation does not name");
	MUST(json_is_object(json_object_get(license, "grant")), "R13", "the licenses have no grant");
	FJ_TRY(fj_grant_check(json_object_get(license, "grant"), err));
	return fj_grant_within(json_object_get(license, "grant"), json_object_get(parent, "grant"), err);
}

static enum fj_rc put_user(const json_t *license, const json_t *user, struct hsm_items *t, struct fj_err *err)
{
	static const char *const own[] = {"holder", "binding", "cnf", "audience", NULL};
	FJ_AUTO(json) content = json_copy((json_t *)(uintptr_t)license);
	struct fj_hash h;

	MUST(json_is_object(user), "formats.md 25", "a user of the licenses is malformed");
	FJ_TRY(fj_json_only(user, own, err));
	if (content == NULL || json_object_update(content, (json_t *)(uintptr_t)user) != 0)
		return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
	FJ_TRY(fj_content_token_hash(content, &h, err));
	return items_put(t, &h, err);
}

enum fj_rc license_read(const json_t *payload, const json_t *authorisation, size_t most, struct hsm_items *t, struct fj_err *err)
{
	static const char *const common[] = {"iss", "vct", "asset", "product", "grant", "terms", "parent", "duties", "days", NULL};
	json_t *license, *users, *u;
	size_t i;

	FJ_TRY(fj_json_obj(payload, "license", &license, err));
	FJ_TRY(fj_json_only(license, common, err));
	FJ_TRY(within(license, authorisation, err));
	FJ_TRY(fj_json_arr(payload, "users", most, &users, err));
	json_array_foreach(users, i, u)
		FJ_TRY(put_user(license, u, t, err));
	return FJ_OK;
}

static enum fj_rc licenses(const struct hsm_signer *s, const json_t *payload, size_t most, struct hsm_items *t, struct fj_err *err)
{
	FJ_AUTO(jws) parent = {0};

	MUST(s->mem.tokens != MEM_TOKENS_NAMES, "formats.md 25", "license tokens of this home go by names; two officers change that first (fujie officer-key require)");
	FJ_TRY(operator_of(s, payload, &parent, t, err));
	return license_read(payload, parent.payload, most, t, err);
}

static unsigned single(const struct hsm_signer *s)
{
	return s->mem.tokens == MEM_TOKENS_TWO ? 2 : 1;
}

enum fj_rc license_single(const struct hsm_signer *s, const json_t *payload, struct hsm_items *t, struct fj_err *err)
{
	t->of.persons = single(s);
	return licenses(s, payload, HSM_SINGLE_MOST, t, err);
}

enum fj_rc license_bulk(const struct hsm_signer *s, const json_t *payload, struct hsm_items *t, struct fj_err *err)
{
	t->of.persons = 2;
	return licenses(s, payload, MAX_USERS, t, err);
}

/* --- of a token that there is --- */

/* the token itself, under the very authorisation that is shown */
static enum fj_rc token_shown(const struct hsm_signer *s, const json_t *payload, struct fj_jws *token, struct hsm_items *t, struct fj_err *err)
{
	FJ_AUTO(jws) parent = {0};
	FJ_AUTO(buf) hash = FJ_BUF_INIT(64);
	struct fj_hash h;

	FJ_TRY(operator_of(s, payload, &parent, t, err));
	FJ_TRY(shown(s, payload, "token", FJ_VCT_TOKEN, token, err));
	FJ_TRY(fj_token_check(token->payload, err));
	fj_sha256(fj_slice_str(fj_json_text(payload, "parent")), &h);
	FJ_TRY(fj_b64u_put(&hash, FJ_SLICE(h.b, FJ_SHA256_LEN)));
	MUST(strcmp(fj_json_text(json_object_get(token->payload, "parent"), "sha256"), fj_buf_str(&hash)) == 0, "formats.md 5.1", "the token was issued under another authorisation than the one that is shown");
	return FJ_OK;
}

enum fj_rc license_twin(const struct hsm_signer *s, const json_t *payload, struct hsm_items *t, struct fj_err *err)
{
	FJ_AUTO(jws) token = {0};
	struct fj_hash h;

	MUST(s->mem.tokens != MEM_TOKENS_NAMES, "formats.md 25", "license tokens of this home go by names; two officers change that first (fujie officer-key require)");
	t->of.persons = single(s);
	FJ_TRY(token_shown(s, payload, &token, t, err));
	FJ_TRY(fj_content_twin(token.payload, &h, err));
	return items_put(t, &h, err);
}

/* "…/status/7" and "…/status/sm2-7" are the two hierarchies' lists of one number */
static bool same_list(const char *a, const char *b)
{
	size_t n = strlen(a);
	const char *tail = strrchr(a, '/');

	if (strcmp(a, b) == 0)
		return true;
	if (tail == NULL || strncmp(a, b, n - strlen(tail + 1)) != 0)
		return false;
	b += n - strlen(tail + 1);
	return strncmp(b, "sm2-", 4) == 0 && strcmp(b + 4, tail + 1) == 0;
}

enum fj_rc license_lifts(const struct hsm_signer *s, const json_t *payload, struct hsm_items *t, struct fj_err *err)
{
	FJ_AUTO(jws) token = {0};
	const char *uri;
	uint32_t idx;
	size_t i;
	json_t *v;

	FJ_TRY(token_shown(s, payload, &token, t, err));
	t->of.department = true;
	FJ_TRY(fj_status_ref(json_object_get(json_object_get(token.payload, "status"), "status_list"), &idx, &uri, err));
	json_array_foreach(json_object_get(payload, "lifts"), i, v)
		MUST(json_object_get(v, "serial") == NULL && fj_json_num(v, "idx") == (int64_t)idx && same_list(uri, fj_json_text(v, "uri")), "formats.md 25", "an entry to be lifted is not the token's that is shown");
	return FJ_OK;
}

/* --- the rule --- */

static const char *const names[] = {[MEM_TOKENS_NAMES] = "names", [MEM_TOKENS_ONE] = "one", [MEM_TOKENS_TWO] = "two"};

const char *rule_name(const struct hsm_memory *m)
{
	return names[m->tokens];
}

/* {"act", "tokens": "names"|"one"|"two"} */
static enum fj_rc read_rule(const json_t *payload, enum mem_tokens *out, struct fj_err *err)
{
	static const char *const keys[] = {"act", "tokens", NULL};

	FJ_TRY(fj_json_only(payload, keys, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		if (strcmp(fj_json_text(payload, "tokens"), names[i]) == 0) {
			*out = (enum mem_tokens)i;
			return FJ_OK;
		}
	return policy_no(err, "formats.md 25", "license tokens are signed for names, by one officer, or by two");
}

enum fj_rc rule_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err)
{
	FJ_AUTO(json) p = NULL;
	struct fj_slice payload;
	struct fj_act act;
	struct fj_hash hash;

	FJ_TRY(said_recorded(body, &payload, err));
	FJ_TRY(fj_json_parse(payload, FJ_IPC_MAX, &p, err));
	FJ_TRY(fj_act_read(p, &act, err));
	fj_sha256(payload, &hash);
	FJ_TRY(intent_spent(m, &hash, act.until, err));
	intents_let_go(m); /* by whom it has to be signed may be another now */
	return read_rule(p, &m->tokens, err);
}

static enum fj_rc judge(const struct hsm_signer *s, const struct hsm_said *q, unsigned officers, struct fj_err *err)
{
	enum mem_tokens to;

	MUST(!q->refuse && strcmp(q->act.kind, HSM_ACT_RULE) == 0, "R22", "what was approved is no rule of who signs");
	MUST(officers_check(&s->mem), "R22", "two officers have keys before anybody is asked to sign; enrol theirs first (fujie officer-key add)");
	FJ_TRY(intent_fresh(&s->mem, q, fj_now(), err));
	FJ_TRY(read_rule(q->json, &to, err));
	MUST(to != s->mem.tokens, "R22", "that is the rule already");
	return q->dry ? officers_look(&s->mem, q, err) : officers_agree(&s->mem, q, NULL, officers, err);
}

enum fj_rc signer_rule(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	static const struct hsm_change rule = {AUDIT_RULE, judge, rule_replay};

	(void)from;
	(void)answer;
	return officers_change(s, f, &rule, err);
}
