/*
 * officers.c - the keys of officers, and what they sign.
 *
 * A key belongs to a login and a person; however many keys a person has, he is one officer.
 * Until two persons have keys, one is enrolled on the names of two officers, as the ceremony
 * is; from then on each enrolment and each removal is signed by two of them, and approvals
 * are checked by the signer.  There is no way back: a removal that would leave fewer than two
 * persons is refused.  A key that is enrolled signs its own enrolment, so that none is enrolled
 * that does not work.
 *
 * A key with "operator" is of an officer of that operator: it signs its license tokens
 * (license.c) and nothing else, and its owner is none of the two.
 *
 * ENROL record: bytes payload, bytes signatures, bytes names.
 */
#include "hsm/signer.h"

#include <openssl/x509.h>

#include "base/plan.h"

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))

/* of the department */
static unsigned persons(const struct hsm_memory *m)
{
	unsigned n = 0;

	for (size_t i = 0; i < m->n_officers; i++) {
		bool seen = m->officer[i].operator_[0] != '\0';
		for (size_t k = 0; k < i; k++)
			seen = seen || (m->officer[k].operator_[0] == '\0' && strcmp(m->officer[k].person, m->officer[i].person) == 0);
		n += !seen;
	}
	return n;
}

bool officers_check(const struct hsm_memory *m)
{
	return persons(m) >= 2;
}

const struct mem_officer *officer_find(const struct hsm_memory *m, struct fj_slice id)
{
	for (size_t i = 0; i < m->n_officers; i++)
		if (fj_slice_eq(FJ_SLICE(m->officer[i].id.b, FJ_SHA256_LEN), id))
			return &m->officer[i];
	return NULL;
}

/* --- signatures --- */

bool officer_verifies(const uint8_t xy[64], const struct fj_hash *digest, struct fj_slice der)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(FJ_P256_SPKI);

	if (fj_p256_spki_put(&spki, xy) != FJ_OK)
		return false;
	const uint8_t *p = spki.data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_verify(ctx, der.p, der.len, digest->b, FJ_SHA256_LEN) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

static enum fj_rc bad_signature(const struct mem_officer *o, struct fj_err *err)
{
	return fj_fail(err, FJ_E_SIGNATURE, HSM_LAYER, "R22", "the signature of %.60s is not over what this approval says", o->login);
}

static enum fj_rc check_one(const struct hsm_said *q, const struct hsm_signature *g, const struct mem_officer *o, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);
	struct fj_hash digest = q->digest;

	if (o->passkey) {
		FJ_TRY(fj_webauthn_read(g->auth, g->client, o->rp, o->origin, &q->digest, &digest, err));
		return officer_verifies(o->xy, &digest, g->sig) ? FJ_OK : bad_signature(o, err);
	}
	bool form = g->sig.len == 64 && g->auth.len == 0 && g->client.len == 0 && fj_ecdsa_raw_to_der(g->sig.p, &der) == FJ_OK;
	return form && officer_verifies(o->xy, &digest, fj_buf_slice(&der)) ? FJ_OK : bad_signature(o, err);
}

static enum fj_rc counts(const struct mem_officer *o, const struct hsm_whose *of, struct fj_err *err)
{
	if (o->operator_[0] == '\0' ? of->department : strcmp(o->operator_, of->operator_) == 0)
		return FJ_OK;
	if (o->operator_[0] == '\0')
		return fj_fail(err, FJ_E_POLICY, HSM_LAYER, "R22", "license tokens are signed by officers of the operator %.18s, and %.60s is none", of->operator_, o->login);
	return fj_fail(err, FJ_E_POLICY, HSM_LAYER, "R22", "the key of %.60s signs license tokens of the operator %.18s, and nothing else", o->login, o->operator_);
}

enum fj_rc officers_signed(const struct hsm_memory *m, const struct hsm_said *q, const struct hsm_whose *of, const struct mem_officer *also, unsigned *who, bool *self, struct fj_err *err)
{
	const char *seen[HSM_MAX_SIGNATURES];

	*who = 0;
	*self = false;
	for (uint32_t i = 0; i < q->n; i++) {
		const struct mem_officer *o = officer_find(m, q->s[i].key);
		bool is_new = o == NULL && also != NULL && fj_slice_eq(FJ_SLICE(also->id.b, FJ_SHA256_LEN), q->s[i].key);
		bool again = false;
		MUST(o != NULL || is_new, "R22", "a signature is by a key that is not enrolled");
		FJ_TRY(check_one(q, &q->s[i], is_new ? also : o, err));
		if (!is_new)
			FJ_TRY(counts(o, of, err));
		*self = *self || is_new;
		for (unsigned k = 0; !is_new && k < *who; k++)
			again = again || strcmp(seen[k], o->person) == 0;
		if (!is_new && !again)
			seen[(*who)++] = o->person;
	}
	return FJ_OK;
}

/* --- enrolment --- */

static enum fj_rc text_into(const json_t *e, const char *key, char *out, size_t cap, struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(e, key, cap - 1, &s, err));
	return fj_strcopy(out, cap, s) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_INVALID, HSM_LAYER, NULL, "\"%s\" of an enrolment is too long", key);
}

static enum fj_rc octets_into(const json_t *e, const char *key, struct fj_buf *out, struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(e, key, 1024, &s, err));
	return fj_b64u_get(s, strlen(s), out) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_INVALID, HSM_LAYER, NULL, "\"%s\" of an enrolment is no base64url, or too long", key);
}

static enum fj_rc read_passkey(const json_t *e, struct mem_officer *o, struct fj_err *err)
{
	FJ_AUTO(buf) cred = FJ_BUF_INIT(sizeof(o->credential));

	FJ_TRY(text_into(e, "rp", o->rp, sizeof(o->rp), err));
	FJ_TRY(text_into(e, "origin", o->origin, sizeof(o->origin), err));
	MUST(fj_webauthn_origin(o->origin, o->rp), "WebAuthn 5.1.3", "a passkey's origin does not belong to its RP id, or is not https");
	FJ_TRY(octets_into(e, "credential", &cred, err));
	memcpy(o->credential, cred.data, cred.len);
	o->credential_len = cred.len;
	return FJ_OK;
}

/* {"op":"add","login","person","kind":"file"|"passkey","key", of a passkey "rp","origin","credential", of an operator's officer "operator"} */
static enum fj_rc read_officer(const json_t *e, struct mem_officer *o, struct fj_err *err)
{
	static const char *const file[] = {"op", "login", "person", "kind", "key", "operator", NULL};
	static const char *const passkey[] = {"op", "login", "person", "kind", "key", "operator", "rp", "origin", "credential", NULL};
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	char kind[12];

	memset(o, 0, sizeof(*o));
	FJ_TRY(text_into(e, "login", o->login, sizeof(o->login), err));
	FJ_TRY(text_into(e, "person", o->person, sizeof(o->person), err));
	FJ_TRY(text_into(e, "kind", kind, sizeof(kind), err));
	if (json_object_get(e, "operator") != NULL) {
		FJ_TRY(text_into(e, "operator", o->operator_, sizeof(o->operator_), err));
		MUST(strlen(o->operator_) == 18, "GB 32100", "an operator is named by its unified social credit code");
	}
	o->passkey = strcmp(kind, "passkey") == 0;
	MUST(o->passkey || strcmp(kind, "file") == 0, "R22", "an officer's key is a file's or a passkey's");
	FJ_TRY(fj_json_only(e, o->passkey ? passkey : file, err));
	FJ_TRY(octets_into(e, "key", &spki, err));
	MUST(fj_p256_spki_read(fj_buf_slice(&spki), o->xy), "R22", "an officer's key is on P-256, with an uncompressed point");
	fj_sha256(fj_buf_slice(&spki), &o->id);
	return o->passkey ? read_passkey(e, o, err) : FJ_OK;
}

static enum fj_rc may_add(const struct hsm_memory *m, const struct mem_officer *o, struct fj_err *err)
{
	MUST(officer_find(m, FJ_SLICE(o->id.b, FJ_SHA256_LEN)) == NULL, "R22", "this key is enrolled already");
	MUST(m->n_officers < HSM_MAX_OFFICERS, "R22", "there are 256 officers' keys already; remove one first");
	for (size_t i = 0; i < m->n_officers; i++)
		MUST(strcmp(m->officer[i].login, o->login) != 0 || strcmp(m->officer[i].person, o->person) == 0, "R22", "this login belongs to another person");
	return FJ_OK;
}

static size_t index_of(const struct hsm_memory *m, const json_t *e)
{
	uint8_t id[FJ_SHA256_LEN];
	const char *hex = fj_json_text(e, "key");

	if (strlen(hex) != 64 || fj_unhex(hex, 64, id) != FJ_OK)
		return m->n_officers;
	const struct mem_officer *o = officer_find(m, FJ_SLICE(id, sizeof(id)));
	return o == NULL ? m->n_officers : (size_t)(o - m->officer);
}

static void take_out(struct hsm_memory *m, size_t at)
{
	memmove(&m->officer[at], &m->officer[at + 1], (--m->n_officers - at) * sizeof(m->officer[0]));
}

static enum fj_rc may_remove(const struct hsm_memory *m, size_t at, struct fj_err *err)
{
	unsigned left = persons(m), of = 0;

	MUST(at < m->n_officers, "R22", "there is no such key");
	for (size_t i = 0; i < m->n_officers; i++)
		of += m->officer[i].operator_[0] == '\0' && strcmp(m->officer[i].person, m->officer[at].person) == 0;
	MUST(m->officer[at].operator_[0] != '\0' || left - (of == 1) >= 2, "R22", "fewer than two officers would have a key; enrol another first");
	return FJ_OK;
}

static const struct hsm_whose department = {.department = true, .persons = 2};

enum fj_rc officers_look(const struct hsm_memory *m, const struct hsm_said *q, struct fj_err *err)
{
	return officers_signed(m, q, &department, NULL, &(unsigned){0}, &(bool){false}, err);
}

enum fj_rc officers_agree(const struct hsm_memory *m, const struct hsm_said *q, const struct mem_officer *also, unsigned names, struct fj_err *err)
{
	bool self;
	unsigned who;

	FJ_TRY(officers_signed(m, q, &department, also, &who, &self, err));
	MUST(also == NULL || self, "R22", "the key that is enrolled has to sign its own enrolment");
	if (!officers_check(m))
		return names >= 2 ? FJ_OK : policy_no(err, "R22", "the first officers' keys are enrolled by two officers");
	if (who >= 2)
		return FJ_OK;
	return fj_fail(err, FJ_E_POLICY, HSM_LAYER, "R22", "the signer refuses: two different officers with enrolled keys sign each change of officers' keys and of what they sign; %u did, and names alone do not count", who);
}

static enum fj_rc replay(struct hsm_memory *m, struct fj_slice payload, struct fj_err *err)
{
	FJ_AUTO(json) p = NULL;
	struct mem_officer o;
	struct fj_act act;
	struct fj_hash hash;

	FJ_TRY(fj_json_parse(payload, FJ_IPC_MAX, &p, err));
	FJ_TRY(fj_act_read(p, &act, err));
	const json_t *e = json_object_get(p, "enrolment");
	fj_sha256(payload, &hash);
	FJ_TRY(intent_spent(m, &hash, act.until, err));
	if (strcmp(fj_json_text(e, "op"), "remove") == 0) {
		size_t at = index_of(m, e);
		if (at == m->n_officers)
			return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a key is removed that was never enrolled");
		take_out(m, at);
		intents_let_go(m); /* what he signed is looked at again */
		return FJ_OK;
	}
	FJ_TRY(read_officer(e, &o, err));
	FJ_TRY(may_add(m, &o, err));
	m->officer[m->n_officers++] = o;
	return FJ_OK;
}

enum fj_rc said_record(const struct hsm_said *q, struct fj_slice names, struct fj_buf *b, struct fj_err *err)
{
	if (fj_put_bytes(b, q->payload) != FJ_OK || fj_put_bytes(b, q->raw) != FJ_OK || fj_put_bytes(b, names) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an audit record is too large");
	return FJ_OK;
}

enum fj_rc said_recorded(struct fj_slice record, struct fj_slice *payload, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice rest;

	fj_rd_init(&r, record);
	if (fj_get_bytes(&r, FJ_IPC_MAX, payload) != FJ_OK || fj_get_bytes(&r, FJ_IPC_MAX, &rest) != FJ_OK || fj_get_bytes(&r, FJ_IPC_MAX, &rest) != FJ_OK ||
	    fj_rd_end(&r) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a record of the audit log is malformed");
	return FJ_OK;
}

enum fj_rc officers_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err)
{
	struct fj_slice payload;

	FJ_TRY(said_recorded(body, &payload, err));
	return replay(m, payload, err);
}

static enum fj_rc judge(const struct hsm_signer *s, const struct hsm_said *q, unsigned names, struct fj_err *err)
{
	const json_t *e = json_object_get(q->json, "enrolment");
	struct mem_officer o;

	MUST(!q->refuse && strcmp(q->act.kind, HSM_ACT_ENROL) == 0, "R22", "what was approved is no enrolment of an officer's key");
	FJ_TRY(intent_fresh(&s->mem, q, fj_now(), err));
	if (strcmp(fj_json_text(e, "op"), "remove") == 0) {
		FJ_TRY(may_remove(&s->mem, index_of(&s->mem, e), err));
		return q->dry ? officers_look(&s->mem, q, err) : officers_agree(&s->mem, q, NULL, names, err);
	}
	MUST(strcmp(fj_json_text(e, "op"), "add") == 0, "R22", "a key is added or removed");
	FJ_TRY(read_officer(e, &o, err));
	FJ_TRY(may_add(&s->mem, &o, err));
	return q->dry ? officers_signed(&s->mem, q, &department, &o, &(unsigned){0}, &(bool){false}, err) : officers_agree(&s->mem, q, &o, names, err);
}

enum fj_rc officers_change(struct hsm_signer *s, const struct fj_frame *f, const struct hsm_change *c, struct fj_err *err)
{
	FJ_AUTO(said) q = {.json = NULL};
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX);
	struct fj_slice names;
	struct fj_rd r;
	unsigned officers;

	fj_rd_init(&r, fj_buf_slice(&f->body));
	FJ_TRY(intent_read(&r, &q, err));
	FJ_TRY(signer_names(&r, &names, &officers, err));
	if (fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "a change by officers is longer than it says");
	MUST(s->mem.ceremony != MEM_NONE, "design.md 2", "there are no keys yet; the ceremony makes them");
	MUST(s->mem.ceremony != MEM_SPARE, "formats.md 28", "a spare has no officers' keys and no rules of its own");
	FJ_TRY(c->judge(s, &q, officers, err));
	if (q.dry)
		return FJ_OK;
	FJ_TRY(said_record(&q, names, &b, err));
	s->fatal = true;
	FJ_TRY(signer_record(s, c->type, fj_buf_slice(&b), err));
	FJ_TRY(c->replay(&s->mem, fj_buf_slice(&b), err));
	s->fatal = false;
	return FJ_OK;
}

enum fj_rc signer_enrol(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	static const struct hsm_change enrolment = {AUDIT_ENROL, judge, officers_replay};

	(void)from;
	(void)answer;
	return officers_change(s, f, &enrolment, err);
}

enum fj_rc officers_into(const struct hsm_memory *m, json_t *status, struct fj_err *err)
{
	json_t *list = json_array();

	if (fj_json_set(status, "approvals", json_string(officers_check(m) ? "signer" : "software")) != FJ_OK || fj_json_set(status, "officers", list) != FJ_OK ||
	    fj_json_set(status, "tokens", json_string(rule_name(m))) != FJ_OK)
		return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
	for (size_t i = 0; i < m->n_officers; i++) {
		const struct mem_officer *o = &m->officer[i];
		FJ_AUTO(buf) cred = FJ_BUF_INIT(2 * sizeof(o->credential));
		char key[65];
		fj_hex(o->id.b, FJ_SHA256_LEN, key);
		FJ_TRY(fj_b64u_put(&cred, FJ_SLICE(o->credential, o->credential_len)));
		json_t *one = json_pack("{s:s, s:s, s:s, s:s}", "login", o->login, "person", o->person, "kind", o->passkey ? "passkey" : "file", "key", key);
		if (one != NULL && o->operator_[0] != '\0')
			json_object_set_new(one, "operator", json_string(o->operator_));
		if (one != NULL && o->passkey)
			json_object_update_new(one, json_pack("{s:s, s:s, s:s}", "rp", o->rp, "origin", o->origin, "credential", fj_buf_str(&cred)));
		if (json_array_append_new(list, one) != 0)
			return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
	}
	return FJ_OK;
}
