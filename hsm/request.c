/*
 * request.c - the request table, and the way of one signing request.
 *
 * Anything that is not in the table for the socket it came from ends the
 * connection.  A signing request: every item is read by the policy of its kind;
 * what passes is written to the audit log with what is to be remembered, while the
 * TPM begins with the first; each signature is verified with the public key while the
 * TPM works on the next; then the signatures are written to the log, and only then is
 * there an answer.  An item that a policy refuses does not touch the others.
 *
 * The same id with the same bytes gets the signature that was recorded; the
 * same id with other bytes is refused: one intent, one signature.
 */
#include "hsm/signer.h"

static const struct hsm_kind_row table[] = {
	{HSM_CERT_ROOT, HSM_ROOT, HSM_FROM_REGISTRY, true, 0, false, true, policy_ca},
	{HSM_CERT_ISSUING, HSM_ROOT, HSM_FROM_REGISTRY, true, 2, false, true, policy_ca},
	{HSM_CRL_ROOT, HSM_ROOT, HSM_FROM_REGISTRY, true, 2, false, true, policy_crl},
	{HSM_CERT_SUBORDINATE, HSM_ROOT, HSM_FROM_REGISTRY, true, 2, false, true, policy_subordinate},
	{HSM_CERT_NEW_WITH_OLD, HSM_ROOT, HSM_FROM_REGISTRY, true, 2, false, true, policy_cross},
	{HSM_CERT_OLD_WITH_NEW, HSM_ROOT, HSM_FROM_REGISTRY, true, 2, false, true, policy_cross},
	{HSM_CA_REQUEST, HSM_ISSUING, HSM_FROM_REGISTRY, true, 2, false, true, policy_ca_request},
	{HSM_PROOF, HSM_ROOT, HSM_FROM_REGISTRY, true, 0, false, true, policy_proof},
	{HSM_CERT_DATA_ASSET, HSM_ISSUING, HSM_FROM_REGISTRY, false, 2, false, true, policy_leaf},
	{HSM_CERT_DELEGATED, HSM_ISSUING, HSM_FROM_REGISTRY, false, 0, false, true, policy_leaf},
	{HSM_CRL, HSM_ISSUING, HSM_FROM_REGISTRY, false, 0, false, true, policy_crl},
	{HSM_JWS_TOKEN, HSM_TOKEN, HSM_FROM_REGISTRY, false, 1, true, true, policy_token},
	{HSM_JWS_AUTHORISATION, HSM_TOKEN, HSM_FROM_REGISTRY, false, 2, true, false, policy_authorisation},
	{HSM_JWS_STATUS, HSM_TOKEN, HSM_FROM_REGISTRY, false, 0, true, true, policy_status},
	{HSM_OCSP_RESPONSE, HSM_OCSP, HSM_FROM_VERIFIER, false, 0, false, true, policy_ocsp},
	{HSM_JWS_MANIFEST, HSM_TOKEN, HSM_FROM_REGISTRY, false, 1, true, false, policy_manifest},
	{HSM_JWS_PACKAGE, HSM_TOKEN, HSM_FROM_REGISTRY, false, 0, true, false, policy_package},
};

enum fj_rc signer_broken(struct fj_err *err, const char *what)
{
	return fj_fail(err, FJ_E_PROTO, HSM_LAYER, NULL, "%s; the connection ends", what);
}

/* --- reading a signing request --- */

struct item {
	const uint8_t *id;
	struct fj_slice tbs;
	struct fj_hash hash;
	enum fj_rc rc;
	char why[320], cite[64];
	uint8_t raw[64];
	uint8_t sig[80];
	size_t sig_len;
	unsigned key;   /* that signs it: the role's, or its newer one */
	bool sign;      /* to be signed now */
	bool remember;  /* has an id */
};
struct request {
	const struct hsm_kind_row *row;
	unsigned role; /* row->role, or the one that stands in for it */
	struct fj_slice intent;
	struct fj_slice approvals_raw;
	unsigned officers;
	uint32_t n;
	struct item *item;
};

static bool known_before(char names[][64], unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* counts different officers; keeps the bytes for the log */
static enum fj_rc read_approvals(struct fj_rd *r, struct fj_slice *raw, unsigned *officers, struct fj_err *err)
{
	const uint8_t *from = r->p;
	char names[HSM_MAX_APPROVALS][64], role[24];
	uint32_t n;
	uint64_t at;
	struct fj_slice sig;

	*officers = 0;
	if (fj_get_u32(r, &n) != FJ_OK || n > HSM_MAX_APPROVALS)
		return signer_broken(err, "a request has too many approvals");
	for (uint32_t i = 0; i < n; i++) {
		char *name = names[*officers];
		if (fj_get_str(r, name, 64) != FJ_OK || fj_get_str(r, role, sizeof(role)) != FJ_OK ||
		    fj_get_u64(r, &at) != FJ_OK || fj_get_bytes(r, 128, &sig) != FJ_OK || name[0] == '\0')
			return signer_broken(err, "an approval is malformed");
		if (!known_before(names, *officers, name))
			(*officers)++;
	}
	*raw = FJ_SLICE(from, (size_t)(r->p - from));
	return FJ_OK;
}

enum fj_rc signer_names(struct fj_rd *r, struct fj_slice *raw, unsigned *officers, struct fj_err *err)
{
	return read_approvals(r, raw, officers, err);
}

const struct hsm_kind_row *signer_row(uint8_t kind, uint8_t key, enum hsm_socket from)
{
	bool follows = key > HSM_ROLE_END && key < HSM_KEY_END && hsm_role(key)->as == HSM_ROOT; /* of the root alone, since of other roles a structure says which key signs it */
	uint8_t role = follows ? (uint8_t)(key - HSM_ROLE_END) : key;

	if (role < HSM_ROOT || role >= HSM_ROLE_END)
		return NULL;
	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++)
		if (table[i].kind == kind && table[i].role == hsm_role(role)->as && (table[i].sockets & from) && (table[i].sm2 || hsm_role(role)->alg != FJ_SM2))
			return &table[i];
	return NULL;
}

static enum fj_rc read_items(struct fj_rd *r, struct request *q, struct fj_err *err)
{
	static const uint8_t none[16];
	struct fj_slice id;

	if (fj_get_u32(r, &q->n) != FJ_OK || q->n < 1 || q->n > HSM_MAX_ITEMS)
		return signer_broken(err, "a request has no items, or too many");
	q->item = fj_alloc(q->n, sizeof(*q->item));
	if (q->item == NULL)
		return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
	for (uint32_t i = 0; i < q->n; i++) {
		struct item *it = &q->item[i];
		if (fj_get_raw(r, 16, &id) != FJ_OK || fj_get_bytes(r, FJ_IPC_MAX, &it->tbs) != FJ_OK)
			return signer_broken(err, "an item is malformed");
		it->id = id.p;
		it->remember = memcmp(id.p, none, 16) != 0;
		fj_sha256(it->tbs, &it->hash);
	}
	return fj_rd_end(r) == FJ_OK ? FJ_OK : signer_broken(err, "a request is longer than its items");
}

static enum fj_rc read_request(const struct fj_frame *f, enum hsm_socket from, struct request *q, struct fj_err *err)
{
	struct fj_rd r;
	uint8_t role, kind;

	memset(q, 0, sizeof(*q));
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_u8(&r, &role) != FJ_OK || fj_get_u8(&r, &kind) != FJ_OK || fj_get_raw(&r, FJ_SHA256_LEN, &q->intent) != FJ_OK)
		return signer_broken(err, "a request is cut");
	q->row = signer_row(kind, role, from);
	if (q->row == NULL)
		return signer_broken(err, "this socket may not ask for this kind of signature with this key");
	q->role = role; /* or HSM_NEWER of the root's */
	FJ_TRY(read_approvals(&r, &q->approvals_raw, &q->officers, err));
	return read_items(&r, q, err);
}

/* --- policy --- */

/* A row with the approvals of nobody is for the ceremony alone; one of the ceremony with approvals needs them afterwards. */
static unsigned needs(const struct hsm_signer *s, const struct hsm_kind_row *row)
{
	return row->ceremony && s->mem.ceremony == MEM_OPEN ? 0 : row->approvals;
}

static const char *lacking(const struct hsm_memory *m, enum hsm_role role)
{
	return m->parent && hsm_role(role)->as == HSM_ROOT ? "this home has no root key: another appliance's root certified it, and signs there" : "this home was made without an SM2 hierarchy";
}

enum fj_rc signer_may(const struct hsm_signer *s, const struct hsm_kind_row *row, unsigned role, unsigned officers, struct fj_err *err)
{
	bool early = s->mem.ceremony == MEM_OPEN && s->mem.n_ca[hsm_role(role)->alg] == 0;
	bool late = row->ceremony && row->approvals == 0 && s->mem.ceremony != MEM_OPEN && role < HSM_ROLE_END; /* a successor's root comes after the ceremony */

	if (s->mem.ceremony == MEM_SPARE || row->kind == HSM_PROOF)
		return spare_may(s, row, role, err);
	if (!store_whole(&s->mem))
		return policy_no(err, "design.md 2", "there are no keys yet; the ceremony makes them");
	if (!store_has(&s->mem, role % HSM_ROLE_END))
		return policy_no(err, "design.md 2", lacking(&s->mem, role % HSM_ROLE_END));
	if (row->role == HSM_ROOT)
		FJ_TRY(successor_may(&s->mem, row, role, err));
	FJ_TRY(counter_open(s, err));
	FJ_TRY(unseal_open(s, role, err));
	if (late || (early && !row->ceremony))
		return policy_no(err, "design.md 2", late ? "a root's certificate is signed in the ceremony only" : "there are no CA certificates yet");
	if (officers < needs(s, row) && !quorum_rules(&s->mem, row))
		return fj_fail(err, FJ_E_POLICY, HSM_LAYER, "R22", "the signer refuses: this needs the approval of %u different officers, there are %u",
		    needs(s, row), officers);
	return clock_check(s, err);
}

/* an id that was seen: the recorded signature, or a refusal */
static bool answer_again(struct hsm_signer *s, struct item *it)
{
	struct mem_recent *r = it->remember ? mem_recent_find(&s->mem, it->id) : NULL;

	if (r == NULL)
		return false;
	if (!fj_hash_eq(&r->tbs, &it->hash)) {
		it->rc = FJ_E_POLICY;
		snprintf(it->why, sizeof(it->why), "the signer refuses: another structure was signed for this intent [lesson 2]");
		return true;
	}
	if (r->sig_len == 0)
		return false; /* recorded, never released: sign it now */
	memcpy(it->sig, r->sig, r->sig_len);
	it->sig_len = r->sig_len;
	return true;
}

/* recorded and never released, as when the power went: what it uses was used already */
static bool recorded(const struct hsm_signer *s, const struct item *it)
{
	const struct mem_recent *r = it->remember ? mem_recent_find((struct hsm_memory *)(uintptr_t)&s->mem, it->id) : NULL;

	return r != NULL && fj_hash_eq(&r->tbs, &it->hash);
}

static void refuse_item(struct item *it, const struct fj_err *err)
{
	it->rc = err->rc;
	snprintf(it->why, sizeof(it->why), "%.240s%s%.60s%s", err->en, err->cite[0] ? " [" : "", err->cite, err->cite[0] ? "]" : "");
}

/* two items of one request may not have one id */
static bool id_twice(const struct request *q, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (q->item[i].remember && memcmp(q->item[k].id, q->item[i].id, 16) == 0)
			return true;
	return false;
}

static enum fj_rc judge(struct hsm_signer *s, struct request *q, struct fj_buf *deltas, struct fj_err *err)
{
	struct hsm_job j = {.s = s, .kind = q->row->kind, .role = q->role, .alg = hsm_role(q->role)->alg, .approvals = q->officers, .now = fj_now(), .intent = q->intent};

	for (uint32_t i = 0; i < q->n; i++) {
		struct item *it = &q->item[i];
		FJ_AUTO(buf) delta = FJ_BUF_INIT(16u << 20);
		FJ_AUTO(buf) uses = FJ_BUF_INIT(1u << 20);
		struct fj_hash content;
		struct fj_err why = {0};

		if (id_twice(q, i)) {
			policy_no(&why, "lesson 2", "one id stands twice in a request");
			refuse_item(it, &why);
			continue;
		}
		if (answer_again(s, it))
			continue;
		if (quorum_rules(&s->mem, q->row)) {
			policy_no(&why, "design.md 2", "the root of this home signs with its officers' approvals and in no other way; ask for them (fujie ceremony)");
			refuse_item(it, &why);
			continue;
		}
		j.uses = &uses;
		it->key = q->role;
		j.key = &it->key;
		j.content = &content;
		if (q->row->policy(&j, it->tbs, &delta, &why) != FJ_OK || (!recorded(s, it) && intent_bind(&j, it->tbs, &why) != FJ_OK)) {
			refuse_item(it, &why);
			continue;
		}
		if (fj_buf_put(&delta, uses.data, uses.len) != FJ_OK)
			return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a request changes too much at once");
		it->sign = true;
		FJ_TRY(mem_apply(&s->mem, fj_buf_slice(&delta), err));
		if (fj_buf_put(deltas, delta.data, delta.len) != FJ_OK)
			return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a request changes too much at once");
	}
	return FJ_OK;
}

/* --- the log's records of a request --- */

static uint32_t to_sign(const struct request *q)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < q->n; i++)
		n += q->item[i].sign;
	return n;
}

static enum fj_rc sign_record(const struct request *q, const struct fj_buf *deltas, struct fj_buf *b)
{
	FJ_TRY(fj_put_u8(b, (uint8_t)q->role));
	FJ_TRY(fj_put_u8(b, (uint8_t)q->row->kind));
	FJ_TRY(fj_buf_put(b, q->intent.p, q->intent.len));
	FJ_TRY(fj_put_bytes(b, q->approvals_raw));
	FJ_TRY(fj_put_u32(b, to_sign(q)));
	for (uint32_t i = 0; i < q->n; i++) {
		if (!q->item[i].sign)
			continue;
		FJ_TRY(fj_buf_put(b, q->item[i].id, 16));
		FJ_TRY(fj_buf_put(b, q->item[i].hash.b, FJ_SHA256_LEN));
	}
	return fj_put_bytes(b, fj_buf_slice(deltas));
}

static enum fj_rc release_record(const struct request *q, struct fj_buf *b)
{
	FJ_TRY(fj_put_u32(b, to_sign(q)));
	for (uint32_t i = 0; i < q->n; i++) {
		if (!q->item[i].sign)
			continue;
		FJ_TRY(fj_buf_put(b, q->item[i].id, 16));
		FJ_TRY(fj_put_bytes(b, FJ_SLICE(q->item[i].sig, q->item[i].sig_len)));
	}
	return FJ_OK;
}

static bool has_id(const uint8_t id[16])
{
	static const uint8_t none[16];

	return memcmp(id, none, 16) != 0;
}

static enum fj_rc corrupt(struct fj_err *err)
{
	return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a record of the audit log is malformed");
}

static enum fj_rc replay_sign(struct hsm_signer *s, struct fj_slice body, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice x, id, hash, delta;
	uint8_t role, kind;
	uint32_t n;
	struct fj_hash h;

	fj_rd_init(&r, body);
	if (fj_get_u8(&r, &role) == FJ_OK && fj_get_u8(&r, &kind) == FJ_OK && kind >= HSM_KIND_END)
		return audit_newer("structure", kind, err);
	fj_rd_init(&r, body);
	if (fj_get_u8(&r, &role) != FJ_OK || fj_get_u8(&r, &kind) != FJ_OK || fj_get_raw(&r, FJ_SHA256_LEN, &x) != FJ_OK || fj_get_bytes(&r, FJ_IPC_MAX, &x) != FJ_OK || fj_get_u32(&r, &n) != FJ_OK)
		return corrupt(err);
	s->mem.count[kind] += n;
	while (n-- > 0) {
		if (fj_get_raw(&r, 16, &id) != FJ_OK || fj_get_raw(&r, FJ_SHA256_LEN, &hash) != FJ_OK)
			return corrupt(err);
		memcpy(h.b, hash.p, FJ_SHA256_LEN);
		if (has_id(id.p))
			mem_recent_put(&s->mem, id.p, &h);
	}
	if (fj_get_bytes(&r, FJ_IPC_MAX * 2, &delta) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return corrupt(err);
	return mem_apply(&s->mem, delta, err);
}

static enum fj_rc replay_release(struct hsm_signer *s, struct fj_slice body, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice id, sig;
	uint32_t n;

	fj_rd_init(&r, body);
	if (fj_get_u32(&r, &n) != FJ_OK)
		return corrupt(err);
	while (n-- > 0) {
		if (fj_get_raw(&r, 16, &id) != FJ_OK || fj_get_bytes(&r, 80, &sig) != FJ_OK)
			return corrupt(err);
		struct mem_recent *m = has_id(id.p) ? mem_recent_find(&s->mem, id.p) : NULL;
		if (m == NULL)
			continue;
		memcpy(m->sig, sig.p, sig.len);
		m->sig_len = (uint8_t)sig.len;
	}
	return fj_rd_end(&r) == FJ_OK ? FJ_OK : corrupt(err);
}

enum fj_rc signer_set_policy(struct hsm_signer *s, struct fj_slice json, struct fj_err *err)
{
	FJ_AUTO(json) p = NULL;
	const char *arc, *base, *who;
	struct hsm_memory *m = &s->mem;

	FJ_TRY(fj_json_parse(json, 65536, &p, err));
	FJ_TRY(fj_json_str(p, "arc", 60, &arc, err));
	FJ_TRY(fj_json_str(p, "base", 160, &base, err));
	FJ_TRY(fj_json_str(p, "operator", 64, &who, err));
	if (fj_strcopy(m->arc, sizeof(m->arc), arc) != FJ_OK || fj_strcopy(m->base, sizeof(m->base), base) != FJ_OK ||
	    fj_strcopy(m->operator_, sizeof(m->operator_), who) != FJ_OK || !json_is_boolean(json_object_get(p, "demo")))
		return fj_fail(err, FJ_E_INVALID, HSM_LAYER, NULL, "the ceremony's policy lacks demo, arc, base or operator, or one is too long");
	m->demo = json_is_true(json_object_get(p, "demo"));
	m->sm2 = json_is_true(json_object_get(p, "sm2"));
	FJ_TRY(quorum_plan(m, p, err));
	FJ_TRY(sub_parent(m, p, err));
	fj_buf_clear(&m->policy);
	m->ceremony = MEM_OPEN;
	return fj_buf_put(&m->policy, json.p, json.len) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
}

enum fj_rc signer_replay(void *signer, const struct audit_record *r, struct fj_err *err)
{
	struct hsm_signer *s = signer;

	s->mem.last = r->at;
	switch (r->type) {
	case AUDIT_CEREMONY_OPEN:
		return signer_set_policy(s, r->body, err);
	case AUDIT_CEREMONY_CLOSE:
		s->mem.ceremony = MEM_CLOSED;
		return FJ_OK;
	case AUDIT_SIGN:
		return replay_sign(s, r->body, err);
	case AUDIT_RELEASE:
		return replay_release(s, r->body, err);
	case AUDIT_CLOCK:
		return FJ_OK;
	case AUDIT_ENROL:
		return officers_replay(&s->mem, r->body, err);
	case AUDIT_INTENT:
		return intent_replay(&s->mem, r->body, err);
	case AUDIT_USE:
		return mem_apply(&s->mem, r->body, err);
	case AUDIT_CA:
		return sub_replay(&s->mem, r->body, err);
	case AUDIT_RULE:
		return rule_replay(&s->mem, r->body, err);
	case AUDIT_KEY:
		return store_replay(&s->mem, r->body, err);
	case AUDIT_KEY_END:
		return store_replay_end(&s->mem, r->body, err);
	case AUDIT_UNSEAL:
	case AUDIT_SEAL:
		return unseal_replay(r->type, r->body, err);
	case AUDIT_SPARE:
	case AUDIT_MOVE:
	case AUDIT_IMPORT:
	case AUDIT_NOTE:
		return spare_replay(s, r, err);
	case AUDIT_INHERIT:
		return inherit_replay(s, r->body, err);
	case AUDIT_SUCCESSOR:
	case AUDIT_PASS:
		return successor_replay(&s->mem, r, err);
	case AUDIT_COUNTER:
	case AUDIT_RESTORE:
		return counter_replay(&s->mem, r, err);
	}
	return audit_newer("record", (unsigned)r->type, err);
}

/* the same record that is written is what memory learns from */
enum fj_rc signer_record(struct hsm_signer *s, enum audit_type type, struct fj_slice body, struct fj_err *err)
{
	fj_time now = fj_now();

	FJ_TRY(audit_append(&s->audit, type, now, body, err));
	s->mem.last = now;
	return FJ_OK;
}

/* --- signing --- */

static enum fj_rc make_der(const struct hsm_kind_row *row, struct item *it, struct fj_buf *der)
{
	FJ_TRY(fj_ecdsa_raw_to_der(it->raw, der));
	struct fj_slice out = row->raw ? FJ_SLICE(it->raw, 64) : fj_buf_slice(der);
	if (out.len > sizeof(it->sig))
		return FJ_E_INTERNAL;
	memcpy(it->sig, out.p, out.len);
	it->sig_len = out.len;
	return FJ_OK;
}

static enum fj_rc check_own(const struct hsm_signer *s, const struct request *q, struct item *it, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);

	if (make_der(q->row, it, &der) != FJ_OK || !signer_verifies(s, it->key, it->tbs, fj_buf_slice(&der)))
		return fj_fail(err, FJ_E_TPM, HSM_LAYER, NULL, "a signature that was just made does not verify; nothing is released");
	return FJ_OK;
}

static enum fj_rc sign_start(struct hsm_signer *s, const struct request *q, const struct item *it, struct fj_err *err)
{
	struct fj_hash digest = it->hash;

	if (hsm_role(q->role)->alg == FJ_SM2)
		FJ_TRY(signer_digest(s, it->key, it->tbs, &digest, err));
	return hsm_tpm_sign_start(s->tpm, s->mem.slot[it->key], &digest, err);
}

/* one signature is verified while the TPM makes the next; `begun`: the one that it makes already, or NULL */
static enum fj_rc sign_all(struct hsm_signer *s, struct request *q, const struct item *begun, struct fj_err *err)
{
	struct item *before = NULL;
	bool soft = hsm_role(q->role)->where == HSM_SEALED;

	for (uint32_t i = 0; i < q->n; i++) {
		struct item *it = &q->item[i];
		if (!it->sign)
			continue;
		if (it != begun)
			FJ_TRY(soft ? signer_sign_soft(s, it->key, it->tbs, it->raw, err) : sign_start(s, q, it, err));
		enum fj_rc rc = before == NULL ? FJ_OK : check_own(s, q, before, err);
		if (!soft && s->meanwhile != NULL)
			s->meanwhile(s->meanwhile_arg);
		if (!soft)
			FJ_TRY(hsm_tpm_sign_finish(s->tpm, it->raw, err));
		FJ_TRY(rc);
		before = it;
	}
	return before == NULL ? FJ_OK : check_own(s, q, before, err);
}

static enum fj_rc put_answers(const struct request *q, struct fj_buf *out)
{
	FJ_TRY(fj_put_u32(out, q->n));
	for (uint32_t i = 0; i < q->n; i++) {
		FJ_TRY(fj_put_u8(out, (uint8_t)q->item[i].rc));
		FJ_TRY(fj_put_str(out, q->item[i].why));
		FJ_TRY(fj_put_bytes(out, FJ_SLICE(q->item[i].sig, q->item[i].rc == FJ_OK ? q->item[i].sig_len : 0)));
	}
	return FJ_OK;
}

/* the first signature, which the TPM began with before the record was on the disk, or why it did not */
struct begun {
	struct item *item;
	enum fj_rc rc;
	struct fj_err why;
};

/* A signature that nobody gets needs no record, and none leaves before it has one: so the TPM does not wait for the disk. */
static enum fj_rc record_while_it_signs(struct hsm_signer *s, struct request *q, struct fj_slice record, struct begun *out, struct fj_err *err)
{
	uint8_t unused[64];

	out->item = q->item;
	while (!out->item->sign)
		out->item++;
	out->rc = sign_start(s, q, out->item, &out->why);
	enum fj_rc rc = signer_record(s, AUDIT_SIGN, record, err);
	if (rc != FJ_OK && out->rc == FJ_OK)
		(void)!hsm_tpm_sign_finish(s->tpm, unused, NULL);
	return rc;
}

/* OCSP answers are many and each is public: they are counted, not recorded one
 * by one, since the memory that they are checked against is. */
static enum fj_rc sign_recorded(struct hsm_signer *s, struct request *q, const struct fj_buf *deltas, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(32u << 20);
	struct begun begun = {.rc = FJ_OK};

	if (to_sign(q) == 0)
		return FJ_OK;
	if (q->row->kind == HSM_OCSP_RESPONSE) {
		s->mem.count[q->row->kind] += to_sign(q);
		return sign_all(s, q, NULL, err);
	}
	s->fatal = true; /* until log and memory agree again */
	if (sign_record(q, deltas, &b) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an audit record is too large");
	FJ_TRY(record_while_it_signs(s, q, fj_buf_slice(&b), &begun, err));
	s->mem.count[q->row->kind] += to_sign(q);
	for (uint32_t i = 0; i < q->n; i++)
		if (q->item[i].sign && q->item[i].remember)
			mem_recent_put(&s->mem, q->item[i].id, &q->item[i].hash);
	enum fj_rc rc = begun.rc == FJ_OK ? sign_all(s, q, begun.item, err) : (*err = begun.why).rc;
	if (rc != FJ_OK && hsm_tpm_stays(err))
		s->fatal = false; /* they do: all of it is recorded, nothing released; who asks again gets it */
	FJ_TRY(rc);
	fj_buf_clear(&b);
	if (release_record(q, &b) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an audit record is too large");
	FJ_TRY(signer_record(s, AUDIT_RELEASE, fj_buf_slice(&b), err));
	FJ_TRY(replay_release(s, fj_buf_slice(&b), err));
	s->fatal = false;
	return FJ_OK;
}

static enum fj_rc do_sign(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct request q;
	FJ_AUTO(buf) deltas = FJ_BUF_INIT(24u << 20);

	enum fj_rc rc = read_request(f, from, &q, err);
	FJ_AUTO(mem) items = q.item;
	FJ_TRY(rc);
	s->items = q.n;
	FJ_TRY(signer_may(s, q.row, q.role, q.officers, err));
	if (q.row->kind != HSM_OCSP_RESPONSE)
		FJ_TRY(counter_ready(s, err));
	s->fatal = true; /* judge changes memory before the log does */
	rc = judge(s, &q, &deltas, err);
	if (rc == FJ_OK && to_sign(&q) == 0)
		s->fatal = false;
	FJ_TRY(rc);
	if (q.row->kind == HSM_OCSP_RESPONSE)
		s->fatal = false;
	FJ_TRY(sign_recorded(s, &q, &deltas, err));
	return put_answers(&q, answer) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an answer is too large");
}

/* --- the other requests --- */

static enum fj_rc do_pubkey(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct fj_rd r;
	uint8_t key;

	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_u8(&r, &key) != FJ_OK || fj_rd_end(&r) != FJ_OK || key < HSM_ROOT || key >= HSM_KEY_END || key == HSM_ROLE_END)
		return signer_broken(err, "a key was asked for that does not exist");
	if (from == HSM_FROM_VERIFIER && hsm_role(key)->as != HSM_OCSP)
		return signer_broken(err, "the verifier's socket may ask for the OCSP keys only");
	if (s->spki[key].len == 0)
		return fj_fail(err, FJ_E_NOTFOUND, HSM_LAYER, NULL, "%s", s->mem.ceremony == MEM_NONE ? "there are no keys yet; the ceremony makes them"
		    : key > HSM_ROLE_END ? "this role has one key" : lacking(&s->mem, key));
	return fj_put_bytes(answer, fj_buf_slice(&s->spki[key]));
}

static json_t *status_keys(const struct hsm_signer *s)
{
	static const char *const algs[FJ_ALG_END] = {"Ed25519", "ES256", "SM2"};
	json_t *list = json_array();
	char handle[16];

	for (unsigned r = HSM_ROOT; r < HSM_KEY_END; r++) {
		const struct mem_key *k = &s->mem.key[s->mem.slot[r]];
		if (s->spki[r].len == 0)
			continue;
		snprintf(handle, sizeof(handle), "0x%08x", k->handle);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:i, s:s*}", "role", hsm_role(r)->name, "alg", algs[hsm_role(r)->alg],
		    "where", hsm_role(r)->where == HSM_SEALED ? "sealed by the TPM" : "TPM", "generation", k->generation, "handle", k->handle != 0 ? handle : NULL));
	}
	return list;
}

/* serial numbers on the root's lists, as they were signed */
static json_t *status_revoked(const struct hsm_memory *m)
{
	json_t *list = json_array();
	char head[180], hex[33];

	snprintf(head, sizeof(head), "%s/crl/root", m->base);
	for (size_t i = 0; i < m->n_crl; i++)
		for (size_t k = 0; strncmp(m->crl[i].uri, head, strlen(head)) == 0 && k < m->crl[i].n; k++) {
			fj_hex(m->crl[i].entry[k].serial, 16, hex);
			json_array_append_new(list, json_string(hex));
		}
	return list;
}

static enum fj_rc do_status(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	static const char *const ceremony[] = {"none", "open", "closed", "spare"};
	FJ_AUTO(buf) text = FJ_BUF_INIT(HSM_STATUS_MAX);
	char hash[65], root[65], plan[65], now[FJ_TIME_CAP], maker[8], kind[12];
	FJ_AUTO(json) counts = json_object();

	(void)from;
	if (f->body.len != 0)
		return signer_broken(err, "a status request has a body");
	for (int k = 1; k < HSM_KIND_END; k++) {
		snprintf(kind, sizeof(kind), "%d", k);
		json_object_set_new(counts, kind, json_integer((json_int_t)s->mem.count[k]));
	}
	fj_hex(s->audit.last.b, FJ_SHA256_LEN, hash);
	fj_hex(s->mem.log_root.b, FJ_SHA256_LEN, root);
	fj_hex(s->mem.plan.hash.b, FJ_SHA256_LEN, plan);
	fj_time_utc(fj_now(), now);
	hsm_tpm_maker(s->tpm, maker);
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:b, s:s, s:o, s:O, s:{s:I, s:s}, s:{s:I, s:s}, s:I, s:s?, s:s, s:s?, s:b, s:o, s:o}", "tpm", s->hardware ? "hardware" : "software",
	    "manufacturer", maker, "demo", s->mem.demo, "ceremony", ceremony[s->mem.ceremony], "keys", status_keys(s),
	    "signed", counts, "audit", "seq", (json_int_t)s->audit.seq, "hash", hash,
	    "log", "size", (json_int_t)s->mem.log_size, "root", root, "counter", (json_int_t)s->mem.counter, "closed", s->watch.closed[0] != '\0' ? s->watch.closed : NULL, "now", now, "plan", s->mem.planned ? plan : NULL, "whole", store_whole(&s->mem), "sealed", s->mem.unseal.m == 0 ? json_null() : json_boolean(unseal_waits(s)), "revoked", status_revoked(&s->mem));
	FJ_TRY(officers_into(inherit_whose(s), j, err));
	FJ_TRY(spare_into(&s->mem, j, err));
	FJ_TRY(inherit_into(s, j, err));
	FJ_TRY(successor_into(&s->mem, j, err));
	FJ_TRY(fj_json_canonical(j, &text, err));
	return fj_put_bytes(answer, fj_buf_slice(&text));
}

static enum fj_rc do_open(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice policy;

	(void)from;
	(void)answer;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_bytes(&r, 65536, &policy) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "a ceremony's policy is malformed");
	bool again = s->mem.ceremony == MEM_OPEN && !store_whole(&s->mem) && fj_slice_eq(fj_buf_slice(&s->mem.policy), policy); /* cut while keys were made */
	if (s->mem.ceremony == MEM_SPARE)
		return policy_no(err, "formats.md 28", "this TPM was prepared as a spare; hold the ceremony in another folder");
	if (s->mem.ceremony != MEM_NONE && !again)
		return policy_no(err, "design.md 2", "the ceremony was held already");
	FJ_TRY(counter_open(s, err)); /* what was begun, and put back since */
	s->fatal = true;
	if (!again)
		FJ_TRY(signer_set_policy(s, policy, err));
	if (s->mem.planned && s->mem.plan.generation > 1)
		return policy_no(err, "formats.md 33", "the plan follows another one: it makes a successor of a root that there is, and begins no home");
	if (s->mem.demo && (!s->demo_allowed || s->hardware))
		return policy_no(err, "design.md 4", "a demo home takes a software TPM, and must be started as one");
	if (!again)
		FJ_TRY(signer_record(s, AUDIT_CEREMONY_OPEN, policy, err));
	FJ_TRY(hsm_tpm_counter_make(s->tpm, err));
	if (s->mem.counter == 0) /* before the keys: whenever it is cut, the log knows where the counter stands */
		FJ_TRY(counter_begin(s, err));
	FJ_TRY(store_make(s, err));
	FJ_TRY(signer_load_keys(s, err));
	FJ_TRY(counter_begin(s, err));
	s->fatal = false;
	return FJ_OK;
}

static enum fj_rc do_close(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	(void)from;
	(void)answer;
	if (f->body.len != 0)
		return signer_broken(err, "a closing request has a body");
	if (s->mem.ceremony != MEM_OPEN)
		return policy_no(err, "design.md 2", "no ceremony is open");
	if (!sub_certified(&s->mem))
		return policy_no(err, "formats.md 27", "the parent's root has not certified this home yet");
	FJ_TRY(signer_record(s, AUDIT_CEREMONY_CLOSE, FJ_SLICE("", 0), err));
	s->mem.ceremony = MEM_CLOSED;
	return FJ_OK;
}

static enum fj_rc do_offset(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct fj_rd r;
	uint64_t v;

	(void)from;
	(void)answer;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_u64(&r, &v) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "a clock offset is malformed");
	if (!s->demo_allowed || s->hardware || (s->mem.ceremony != MEM_NONE && !s->mem.demo))
		return policy_no(err, "design.md 4", "only a demo home on a software TPM may run on an offset clock");
	fj_time then = fj_real_ms() / 1000 + (int64_t)v;
	if (then < s->mem.last || then > FJ_TIME_MAX || then < 0)
		return policy_no(err, "design.md 4", "the clock would lie before the last signature");
	fj_clock_set_offset((int64_t)v);
	return FJ_OK;
}

/* the body of a request that is only who wants it: two different officers; *raw for the log */
static enum fj_rc two_officers(const struct fj_frame *f, const char *malformed, const char *too_few, struct fj_slice *raw, struct fj_err *err)
{
	struct fj_rd r;
	unsigned officers;

	fj_rd_init(&r, fj_buf_slice(&f->body));
	FJ_TRY(read_approvals(&r, raw, &officers, err));
	if (fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, malformed);
	return officers >= 2 ? FJ_OK : policy_no(err, "R22", too_few);
}

static enum fj_rc do_reset(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct fj_slice raw;

	(void)from;
	(void)answer;
	FJ_TRY(two_officers(f, "a clock reset is malformed", "resetting the clock watch needs two officers", &raw, err));
	FJ_TRY(intent_act(s, HSM_ACT_CLOCK, err));
	FJ_TRY(signer_record(s, AUDIT_CLOCK, raw, err));
	clock_trust(s);
	return FJ_OK;
}

static enum fj_rc do_restore(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct fj_slice raw;

	(void)from;
	(void)answer;
	FJ_TRY(two_officers(f, "a restore is malformed", "opening a closed signer needs two officers", &raw, err));
	if (s->watch.closed[0] != '\0')
		FJ_TRY(intent_act(s, HSM_ACT_RESTORE, err));
	return counter_restore(s, raw, err);
}

enum fj_rc signer_say(const struct fj_err *err, struct fj_buf *answer)
{
	fj_buf_clear(answer);
	FJ_TRY(fj_put_u8(answer, (uint8_t)err->rc));
	FJ_TRY(fj_put_str(answer, err->cite));
	FJ_TRY(fj_put_str(answer, err->en));
	return fj_put_str(answer, err->zh);
}

enum fj_rc signer_answer(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f,
    uint16_t *kind, struct fj_buf *answer, struct fj_err *err)
{
	static const struct {
		enum hsm_msg msg;
		unsigned sockets;
		enum fj_rc (*run)(struct hsm_signer *, enum hsm_socket, const struct fj_frame *, struct fj_buf *, struct fj_err *);
	} requests[] = {
		{HSM_MSG_SIGN, HSM_FROM_REGISTRY | HSM_FROM_VERIFIER, do_sign},
		{HSM_MSG_PUBKEY, HSM_FROM_REGISTRY | HSM_FROM_VERIFIER, do_pubkey},
		{HSM_MSG_STATUS, HSM_FROM_REGISTRY | HSM_FROM_VERIFIER, do_status},
		{HSM_MSG_CEREMONY_OPEN, HSM_FROM_REGISTRY, do_open},
		{HSM_MSG_CEREMONY_CLOSE, HSM_FROM_REGISTRY, do_close},
		{HSM_MSG_CLOCK_OFFSET, HSM_FROM_REGISTRY, do_offset},
		{HSM_MSG_CLOCK_RESET, HSM_FROM_REGISTRY, do_reset},
		{HSM_MSG_CHECKPOINT, HSM_FROM_REGISTRY, signer_checkpoint},
		{HSM_MSG_LOG_HEAD, HSM_FROM_REGISTRY, signer_log_head},
		{HSM_MSG_RESTORE, HSM_FROM_REGISTRY, do_restore},
		{HSM_MSG_ATTEST, HSM_FROM_REGISTRY, signer_attest},
		{HSM_MSG_QUORUM_BEGIN, HSM_FROM_REGISTRY, signer_quorum_begin},
		{HSM_MSG_QUORUM_SIGN, HSM_FROM_REGISTRY, signer_quorum_sign},
		{HSM_MSG_UNSEAL_BEGIN, HSM_FROM_REGISTRY, signer_unseal_begin},
		{HSM_MSG_UNSEAL, HSM_FROM_REGISTRY, signer_unseal},
		{HSM_MSG_SEAL, HSM_FROM_REGISTRY, signer_seal},
		{HSM_MSG_EKS, HSM_FROM_REGISTRY, signer_eks},
		{HSM_MSG_ACTIVATE, HSM_FROM_REGISTRY, signer_activate},
		{HSM_MSG_ENROL, HSM_FROM_REGISTRY, signer_enrol},
		{HSM_MSG_INTENT, HSM_FROM_REGISTRY, signer_intent},
		{HSM_MSG_CA_CERT, HSM_FROM_REGISTRY, signer_ca_cert},
		{HSM_MSG_KEY_NEW, HSM_FROM_REGISTRY, signer_key_new},
		{HSM_MSG_KEY_END, HSM_FROM_REGISTRY, signer_key_end},
		{HSM_MSG_SPARE, HSM_FROM_REGISTRY, signer_spare},
		{HSM_MSG_IMPORT, HSM_FROM_REGISTRY, signer_import},
		{HSM_MSG_MOVE_BEGIN, HSM_FROM_REGISTRY, signer_move_begin},
		{HSM_MSG_MOVE, HSM_FROM_REGISTRY, signer_move},
		{HSM_MSG_RULE, HSM_FROM_REGISTRY, signer_rule},
		{HSM_MSG_FORMER, HSM_FROM_REGISTRY, signer_former},
		{HSM_MSG_INHERIT, HSM_FROM_REGISTRY, signer_inherit},
		{HSM_MSG_SUCCESSOR, HSM_FROM_REGISTRY, signer_successor},
		{HSM_MSG_PASS, HSM_FROM_REGISTRY, signer_pass},
	};

	for (size_t i = 0; i < FJ_ARRAY_LEN(requests); i++) {
		if (requests[i].msg != f->kind || !(requests[i].sockets & from))
			continue;
		*kind = f->kind;
		enum fj_rc rc = requests[i].run(s, from, f, answer, err);
		if (rc == FJ_OK || rc == FJ_E_PROTO)
			return rc;
		*kind = HSM_MSG_ERROR;
		return signer_say(err, answer);
	}
	return signer_broken(err, "this socket may not send this request");
}
