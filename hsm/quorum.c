/*
 * quorum.c - what the root signs in a home with a plan: nothing without its officers.
 *
 * Two requests.  QUORUM_BEGIN brings a structure: the policy of its kind reads it whole, a policy
 * session is begun in the TPM, and nonce, public area and expiration go out, from which an officer's
 * own tool computes what it signs.  QUORUM_SIGN brings the approvals: the structure is judged once
 * more against what is remembered by now, each approval is verified here (so that a refusal names the
 * officer and the reason), then the TPM gets them, which alone decides; then the audit record, with
 * who approved, then the signature, which is verified, recorded and answered.
 *
 * An approval is bound to the nonce of one session and to the one TPM2_Sign command of one digest by
 * the root key (cpHash); without either it can't be expressed here.  Two structures are open at most,
 * for as long as the plan says; a new one of the same kind and key takes the older one's place.  A
 * refused approval leaves the structure open; what the TPM refuses closes it, since its session is not
 * what it was.  Nobody's word here replaces an officer: with this process conquered, what the TPM
 * signs is still what a quorum approved.
 */
#include <openssl/x509.h>

#include "hsm/signer.h"

#define OFFICER_ROLE "OFFICER" /* in the audit log, where others have their office's */

/* --- the plan --- */

enum fj_rc quorum_plan(struct hsm_memory *m, const json_t *policy, struct fj_err *err)
{
	const json_t *plan = json_object_get(policy, "plan");
	const struct fj_plan *p = &m->plan;

	m->planned = plan != NULL;
	if (plan == NULL)
		return FJ_OK;
	FJ_TRY(fj_plan_read(plan, &m->plan, err));
	if (p->demo != m->demo || p->sm2 != m->sm2 || strcmp(p->arc, m->arc) != 0 || strcmp(p->base, m->base) != 0 || strcmp(p->operator_, m->operator_) != 0)
		return fj_fail(err, FJ_E_INVALID, HSM_LAYER, NULL, "the plan is of another home: demo, SM2, arc, base or operator differ from the ceremony's policy");
	fj_plan_root_quorum(p, &m->quorum);
	fj_plan_move_quorum(p, &m->moving);
	fj_plan_unseal_quorum(p, &m->unseal);
	return FJ_OK;
}

bool quorum_rules(const struct hsm_memory *m, const struct hsm_kind_row *row)
{
	return m->planned && row->role == HSM_ROOT;
}

const struct fj_plan *quorum_plan_of(const struct hsm_memory *m, unsigned key)
{
	return key > HSM_ROLE_END ? &m->next.plan : &m->plan;
}

bool quorum_policy(const struct hsm_memory *m, unsigned key, struct fj_hash *out)
{
	if (hsm_role(key)->as == HSM_SEAL)
		return m->planned && fj_quorum_policy(key == HSM_SEAL ? &m->unseal : &m->next.unseal, out) == FJ_OK;
	return m->planned && hsm_role(key)->as == HSM_ROOT && fj_plan_root_policy(quorum_plan_of(m, key), out) == FJ_OK;
}

static void id_of(struct fj_slice tbs, uint8_t id[16])
{
	struct fj_hash h;

	fj_sha256(tbs, &h);
	memcpy(id, h.b, 16);
}

bool quorum_final(struct hsm_memory *m, const struct fj_buf *tbs)
{
	uint8_t id[16];

	id_of(fj_buf_slice(tbs), id);
	const struct mem_recent *r = mem_recent_find(m, id);
	return tbs->len > 0 && (r == NULL || r->sig_len > 0);
}

/* those who sign, those who move, or those who unseal */
static const struct fj_quorum *rule(const struct hsm_signer *s, const struct hsm_open *o)
{
	if (o->role > HSM_ROLE_END)
		return &s->mem.next.quorum;
	return o->role == HSM_SEAL ? &s->mem.unseal : o->row == NULL ? &s->mem.moving : &s->mem.quorum;
}

/* --- structures that await their approvals --- */

void quorum_forget(struct hsm_signer *s, struct hsm_open *o)
{
	if (o->id == 0)
		return;
	hsm_tpm_policy_end(s->tpm, o->session);
	fj_buf_release(&o->tbs);
	memset(o, 0, sizeof(*o));
}

void quorum_tick(struct hsm_signer *s)
{
	for (size_t i = 0; i < HSM_OPEN; i++)
		if (s->open[i].id != 0 && fj_boot_ms() >= s->open[i].until)
			quorum_forget(s, &s->open[i]);
}

/* the place of one of the same kind and key, or a free one; NULL: two others are open */
static struct hsm_open *place(struct hsm_signer *s, const struct hsm_kind_row *row, unsigned role)
{
	struct hsm_open *at = NULL;

	for (size_t i = 0; i < HSM_OPEN; i++) {
		struct hsm_open *o = &s->open[i];
		if (o->id != 0 && o->row == row && o->role == role)
			return o;
		if (o->id == 0)
			at = o;
	}
	return at;
}

static enum fj_rc judge(struct hsm_signer *s, const struct hsm_open *o, unsigned officers, struct fj_buf *delta, struct fj_err *err)
{
	struct hsm_job j = {.s = s, .kind = o->row->kind, .role = o->role, .alg = hsm_role(o->role)->alg, .approvals = officers, .now = o->at};

	return o->row->policy(&j, fj_buf_slice(&o->tbs), delta, err);
}

static enum fj_rc bind(struct hsm_signer *s, struct hsm_open *o, struct fj_buf *public, struct fj_err *err)
{
	struct fj_tpm_name name;

	FJ_TRY(signer_digest(s, o->role, fj_buf_slice(&o->tbs), &o->digest, err));
	FJ_TRY(hsm_tpm_public_area(s->tpm, s->mem.slot[o->role], public, err));
	fj_tpm_name_of(fj_buf_slice(public), &name);
	fj_tpm_cphash_sign(&name, &o->digest, &o->cphash);
	return FJ_OK;
}

enum fj_rc quorum_open(struct hsm_signer *s, struct hsm_open *o, const struct fj_buf *public, struct fj_buf *answer, struct fj_err *err)
{
	quorum_tick(s);
	struct hsm_open *at = place(s, o->row, o->role);

	if (at == NULL)
		return fj_fail(err, FJ_E_BUSY, HSM_LAYER, NULL, "%d structures await their officers' approvals; finish one, or wait until one ends", HSM_OPEN);
	quorum_forget(s, at);
	FJ_TRY(hsm_tpm_policy_begin(s->tpm, o->role == HSM_SEAL, &o->session, o->nonce, err));
	o->id = ++s->opened != 0 ? s->opened : ++s->opened;
	const struct fj_plan *p = quorum_plan_of(&s->mem, o->role);
	o->until = fj_boot_ms() + (int64_t)p->expiration * 1000;
	*at = *o;
	memset(&o->tbs, 0, sizeof(o->tbs));
	FJ_TRY(fj_put_u8(answer, o->id));
	FJ_TRY(fj_buf_put(answer, o->nonce, sizeof(o->nonce)));
	FJ_TRY(fj_put_bytes(answer, fj_buf_slice(public)));
	return fj_put_u32(answer, p->expiration);
}

static enum fj_rc begin(struct hsm_signer *s, struct hsm_open *o, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(buf) delta = FJ_BUF_INIT(16u << 20);
	FJ_AUTO(buf) public = FJ_BUF_INIT(1024);

	FJ_TRY(signer_may(s, o->row, o->role, rule(s, o)->m, err));
	FJ_TRY(judge(s, o, rule(s, o)->m, &delta, err));
	FJ_TRY(bind(s, o, &public, err));
	return quorum_open(s, o, &public, answer, err);
}

enum fj_rc signer_quorum_begin(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice tbs;
	struct hsm_open o = {.at = fj_now(), .tbs = FJ_BUF_INIT(FJ_CRL_MAX)};
	uint8_t role, kind;

	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_u8(&r, &role) != FJ_OK || fj_get_u8(&r, &kind) != FJ_OK || fj_get_bytes(&r, FJ_CRL_MAX, &tbs) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "a structure to be approved is malformed");
	o.row = signer_row(kind, role, from);
	o.role = role;
	if (o.row == NULL || o.row->role != HSM_ROOT)
		return signer_broken(err, "officers approve what the root signs, and nothing else");
	if (!s->mem.planned)
		return policy_no(err, "design.md 3", "this home has no plan with officers; its root signs by the ordinary request");
	enum fj_rc rc = fj_buf_put(&o.tbs, tbs.p, tbs.len);
	if (rc == FJ_OK)
		rc = begin(s, &o, answer, err);
	fj_buf_release(&o.tbs);
	return rc;
}

/* --- approvals --- */

/* ECDSA over a digest, under a P-256 point */
static bool point_verifies(const uint8_t xy[64], const struct fj_hash *digest, const uint8_t raw[64])
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(FJ_P256_SPKI);
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);
	const uint8_t *p = fj_p256_spki_put(&spki, xy) == FJ_OK ? spki.data : NULL;

	EVP_PKEY *key = p == NULL ? NULL : d2i_PUBKEY(NULL, &p, (long)spki.len);
	EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx != NULL && fj_ecdsa_raw_to_der(raw, &der) == FJ_OK && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_verify(ctx, der.data, der.len, digest->b, FJ_SHA256_LEN) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

enum fj_rc quorum_verifies(void *unused, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err)
{
	(void)unused;
	return point_verifies(xy, digest, sig) ? FJ_OK : fj_refuse(err, FJ_E_SIGNATURE, HSM_LAYER, "FIPS 186-5 6.4", "the signature is not this key's", "签名与该密钥不符");
}

static enum fj_rc verify(struct hsm_signer *s, const struct hsm_open *o, unsigned officer, const uint8_t sig[64], struct fj_err *err)
{
	const struct fj_quorum *q = rule(s, o);
	const struct fj_plan *p = quorum_plan_of(&s->mem, o->role);
	struct fj_hash digest;

	if (o->row == NULL)
		fj_tpm_approval_move_digest(o->nonce, p->expiration, FJ_SLICE(q->ref, q->ref_len), &digest);
	else
		fj_tpm_approval_digest(o->nonce, p->expiration, &o->cphash, FJ_SLICE(q->ref, q->ref_len), &digest);
	if (point_verifies(q->officer[officer], &digest, sig))
		return FJ_OK;
	return fj_fail(err, FJ_E_SIGNATURE, HSM_LAYER, "TPM 2.0 Part 3 23.3",
	    "the signer refuses: what %s sent is no approval of this %s in this session, by that officer's key and for this plan", p->officer[officer].login, o->role == HSM_SEAL ? "unsealing" : o->row == NULL ? "move" : "structure");
}

static enum fj_rc read_approvals(struct hsm_signer *s, const struct hsm_open *o, struct fj_rd *r, struct quorum_approvals *a, struct fj_err *err)
{
	const struct fj_plan *p = quorum_plan_of(&s->mem, o->role);
	struct fj_slice sig;
	uint32_t n;
	uint8_t officer;

	if (fj_get_u32(r, &n) != FJ_OK || n > HSM_MAX_APPROVALS)
		return signer_broken(err, "a request has too many approvals");
	while (n-- > 0) {
		if (fj_get_u8(r, &officer) != FJ_OK || fj_get_raw(r, 64, &sig) != FJ_OK)
			return signer_broken(err, "an officer's approval is malformed");
		if (officer >= p->n)
			return fj_fail(err, FJ_E_POLICY, HSM_LAYER, "design.md 2", "the signer refuses: the plan has %u officers, and none with the number %u", p->n, officer + 1u);
		if (a->set & 1u << officer)
			return fj_fail(err, FJ_E_POLICY, HSM_LAYER, "R22", "the signer refuses: %s approves twice; each officer counts once", p->officer[officer].login);
		FJ_TRY(verify(s, o, officer, sig.p, err));
		a->set |= 1u << officer;
		memcpy(a->sig[officer], sig.p, 64);
	}
	return fj_rd_end(r) == FJ_OK ? FJ_OK : signer_broken(err, "a request is longer than its approvals");
}

/* as many as the plan asks for, in the order in which the key's policy has them; the rest is left out */
static enum fj_rc choose(struct hsm_signer *s, const struct hsm_open *o, struct quorum_approvals *a, struct fj_err *err)
{
	const struct fj_plan *p = quorum_plan_of(&s->mem, o->role);
	unsigned have = (unsigned)__builtin_popcount(a->set), m = rule(s, o)->m;

	if (have < m)
		return fj_fail(err, FJ_E_POLICY, HSM_LAYER, "R22", "the signer refuses: the plan asks for the approval of %u of its %u officers, there are %u", m, p->n, have);
	for (unsigned i = p->n; have > m; i--)
		if (a->set & 1u << (i - 1)) {
			a->set &= ~(1u << (i - 1));
			have--;
		}
	FJ_TRY(fj_put_u32(&a->raw, m));
	for (unsigned i = 0; i < p->n; i++) {
		if (!(a->set & 1u << i))
			continue;
		FJ_TRY(fj_put_str(&a->raw, p->officer[i].login));
		FJ_TRY(fj_put_str(&a->raw, OFFICER_ROLE));
		FJ_TRY(fj_put_u64(&a->raw, (uint64_t)o->at));
		FJ_TRY(fj_put_bytes(&a->raw, FJ_SLICE(a->sig[i], 64)));
	}
	return FJ_OK;
}

enum fj_rc quorum_read(struct hsm_signer *s, const struct hsm_open *o, struct fj_rd *r, struct quorum_approvals *a, struct fj_err *err)
{
	FJ_TRY(read_approvals(s, o, r, a, err));
	return choose(s, o, a, err);
}

static enum fj_rc give(struct hsm_signer *s, const struct hsm_open *o, const struct quorum_approvals *a, struct fj_err *err)
{
	const struct fj_quorum *q = rule(s, o);

	for (unsigned i = 0; i < q->n; i++) {
		FJ_AUTO(buf) officer = FJ_BUF_INIT(256);
		if (!(a->set & 1u << i))
			continue;
		FJ_TRY(fj_tpm_officer_public(q->officer[i], &officer));
		struct hsm_tpm_approval one = {.officer = fj_buf_slice(&officer), .sig = a->sig[i], .nonce = o->nonce, .expiration = quorum_plan_of(&s->mem, o->role)->expiration,
			.cphash = o->row == NULL ? NULL : &o->cphash, .ref = FJ_SLICE(q->ref, q->ref_len)};
		FJ_TRY(hsm_tpm_policy_signed(s->tpm, o->session, &one, err));
	}
	return FJ_OK;
}

/* where a move goes is part of the policy, between its officers and the last OR */
static enum fj_rc select_parent(struct hsm_signer *s, const struct hsm_open *o, struct fj_err *err)
{
	FJ_AUTO(buf) public = FJ_BUF_INIT(1024);
	struct fj_tpm_name name, parent;

	FJ_TRY(hsm_tpm_public_area(s->tpm, s->mem.slot[o->role], &public, err));
	fj_tpm_name_of(fj_buf_slice(&public), &name);
	fj_plan_parent_name(&s->mem.plan, &parent);
	return hsm_tpm_policy_duplication(s->tpm, o->session, &name, &parent, err);
}

/* the TPM's own judgement */
enum fj_rc quorum_satisfy(struct hsm_signer *s, const struct hsm_open *o, const struct quorum_approvals *a, struct fj_err *err)
{
	bool move = o->row == NULL;
	struct fj_or or[FJ_ROOT_LEVELS];
	size_t n = FJ_ROOT_LEVELS;

	FJ_TRY(give(s, o, a, err));
	if ((o->role == HSM_SEAL ? fj_quorum_path(&s->mem.unseal, a->set, or, &n) : fj_plan_root_path(quorum_plan_of(&s->mem, o->role), move, a->set, or, &n)) != FJ_OK)
		return fj_fail(err, FJ_E_INTERNAL, HSM_LAYER, NULL, "these officers are no quorum of the plan");
	for (size_t i = 0; i < n; i++) {
		if (move && i + 1 == n)
			FJ_TRY(select_parent(s, o, err));
		FJ_TRY(hsm_tpm_policy_or(s->tpm, o->session, &or[i], err));
	}
	return FJ_OK;
}

/* --- the signature --- */

/* the body of an AUDIT_SIGN: what the approvals are bound to stands in the place of the intent */
static enum fj_rc put_record(const struct hsm_open *o, const struct quorum_approvals *a, const struct fj_buf *delta, const uint8_t id[16], struct fj_buf *b)
{
	struct fj_hash hash;

	fj_sha256(fj_buf_slice(&o->tbs), &hash);
	FJ_TRY(fj_put_u8(b, (uint8_t)o->role));
	FJ_TRY(fj_put_u8(b, (uint8_t)o->row->kind));
	FJ_TRY(fj_buf_put(b, o->cphash.b, FJ_SHA256_LEN));
	FJ_TRY(fj_put_bytes(b, fj_buf_slice(&a->raw)));
	FJ_TRY(fj_put_u32(b, 1));
	FJ_TRY(fj_buf_put(b, id, 16));
	FJ_TRY(fj_buf_put(b, hash.b, FJ_SHA256_LEN));
	return fj_put_bytes(b, fj_buf_slice(delta));
}

static enum fj_rc put_release(const uint8_t id[16], const struct fj_buf *der, struct fj_buf *b)
{
	FJ_TRY(fj_put_u32(b, 1));
	FJ_TRY(fj_buf_put(b, id, 16));
	return fj_put_bytes(b, fj_buf_slice(der));
}

enum fj_rc quorum_record(struct hsm_signer *s, enum audit_type type, enum fj_rc made, const struct fj_buf *b, struct fj_err *err)
{
	struct audit_record r = {.type = type, .body = fj_buf_slice(b)};

	if (made != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an audit record is too large");
	s->fatal = true; /* it may stand in the file or not */
	FJ_TRY(counter_ready(s, err));
	FJ_TRY(signer_record(s, type, r.body, err));
	r.at = s->mem.last;
	FJ_TRY(signer_replay(s, &r, err));
	s->fatal = false;
	return FJ_OK;
}

static enum fj_rc sign(struct hsm_signer *s, struct hsm_open *o, const struct quorum_approvals *a, const struct fj_buf *delta, struct fj_buf *der, struct fj_err *err)
{
	FJ_AUTO(buf) record = FJ_BUF_INIT(17u << 20);
	FJ_AUTO(buf) release = FJ_BUF_INIT(256);
	uint8_t id[16], raw[64];

	id_of(fj_buf_slice(&o->tbs), id);
	FJ_TRY(quorum_satisfy(s, o, a, err));
	FJ_TRY(quorum_record(s, AUDIT_SIGN, put_record(o, a, delta, id, &record), &record, err));
	FJ_TRY(hsm_tpm_policy_sign(s->tpm, o->session, s->mem.slot[o->role], &o->digest, raw, err));
	if (fj_ecdsa_raw_to_der(raw, der) != FJ_OK || !signer_verifies(s, o->role, fj_buf_slice(&o->tbs), fj_buf_slice(der))) {
		s->fatal = true;
		return fj_fail(err, FJ_E_TPM, HSM_LAYER, NULL, "a signature that was just made does not verify; nothing is released");
	}
	return quorum_record(s, AUDIT_RELEASE, put_release(id, der, &release), &release, err);
}

enum fj_rc quorum_find(struct hsm_signer *s, uint8_t id, bool move, struct hsm_open **out, struct fj_err *err)
{
	quorum_tick(s);
	for (size_t i = 0; i < HSM_OPEN; i++) {
		*out = &s->open[i];
		if (id != 0 && (*out)->id == id && ((*out)->row == NULL) == move && (*out)->role != HSM_SEAL)
			return FJ_OK;
	}
	*out = NULL;
	return fj_fail(err, FJ_E_STATE, HSM_LAYER, "TPM 2.0 Part 3 23.3",
	    "no %s with this number awaits approvals: it is %s, its time is over, or the signer was started anew; begin again, with new approvals", move ? "move" : "structure", move ? "done" : "signed");
}

/* the approvals, and the structure once more: what is remembered may have changed */
static enum fj_rc consider(struct hsm_signer *s, const struct hsm_open *o, struct fj_rd *r, struct quorum_approvals *a, struct fj_buf *delta, struct fj_err *err)
{
	FJ_TRY(quorum_read(s, o, r, a, err));
	FJ_TRY(signer_may(s, o->row, o->role, rule(s, o)->m, err));
	return judge(s, o, rule(s, o)->m, delta, err);
}

enum fj_rc signer_quorum_sign(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct quorum_approvals a = {.set = 0, .raw = FJ_BUF_INIT(4096)};
	FJ_AUTO(buf) delta = FJ_BUF_INIT(16u << 20);
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);
	struct hsm_open *o;
	struct fj_rd r;
	uint8_t id;

	(void)from;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_u8(&r, &id) != FJ_OK)
		return signer_broken(err, "a request is cut");
	FJ_TRY(quorum_find(s, id, false, &o, err));
	enum fj_rc rc = consider(s, o, &r, &a, &delta, err);
	if (rc == FJ_OK) {
		rc = sign(s, o, &a, &delta, &der, err);
		quorum_forget(s, o); /* its session has signed, or is not what it was */
	}
	fj_buf_release(&a.raw);
	FJ_TRY(rc);
	return fj_put_bytes(answer, fj_buf_slice(&der));
}
