/*
 * successor.c - the root passes on: a key that follows it, under other officers (docs/formats.md 33).
 *
 * SUCCESSOR brings a plan that follows the one of now and that all its own officers signed: root keys are made under it
 * (HSM_NEWER of the root's roles), and where issuing keys are unsealed, what opens them is sealed once more, under the officers who
 * follow; where a plan has a spare, the log's key for the one of the plan that follows.  Nothing else changes yet.  Under the new plan's officers the new root signs its own certificate, one of the root that it
 * follows, and a list; only then the old root, under its own officers, signs the new root's key: that is their consent.  PASS brings these
 * certificates of every algorithm, is recorded, and from that record on the new plan's officers rule the root and the old key has no act
 * left; it ends by KEY_END.  Until PASS everything is as before: whatever is cut goes on from where it was, or another plan takes this
 * one's place.
 *
 * Both roots have one name.  What each says of the other is issued to itself (RFC 4210 4.4), so it does not count against a path length
 * (RFC 5280 4.2.1.9), and who trusts either accepts what stands under both.
 */
#include "base/log.h"
#include "hsm/signer.h"

#define CITE "formats.md 33"
#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))
#define SLOTS_KEPT 16 /* of the key file, for rollovers, when a plan takes another one's place */

static const unsigned made_anew[] = {HSM_ROOT, HSM_ROOT_SM2, HSM_SEAL, HSM_NOTE};

const struct fj_buf *mem_root_tbs(const struct hsm_memory *m, unsigned key)
{
	enum fj_alg alg = hsm_role(key)->alg;

	return key > HSM_ROLE_END ? &m->next.root_tbs[alg] : &m->root_tbs[alg];
}

static enum hsm_role root_of(enum fj_alg alg)
{
	return hsm_role_of(HSM_ROOT, alg);
}

/* --- which key signs what --- */

enum fj_rc successor_may(const struct hsm_memory *m, const struct hsm_kind_row *row, unsigned key, struct fj_err *err)
{
	enum fj_alg alg = hsm_role(key)->alg;

	if (key > HSM_ROLE_END) {
		MUST(m->next.there && m->slot[key] != 0, CITE, "no root follows the one that there is: a plan for it is brought first (fujie ceremony succeed)");
		MUST(row->kind == HSM_CERT_ROOT || row->kind == HSM_CERT_OLD_WITH_NEW || row->kind == HSM_CRL_ROOT, CITE, "until the root has passed on its successor signs its own certificate, one of the root of now, and its first list");
		return FJ_OK;
	}
	if (row->kind == HSM_CERT_OLD_WITH_NEW)
		return policy_no(err, CITE, "the root of now is certified by the one that follows it, and not by itself");
	if (row->kind == HSM_CERT_NEW_WITH_OLD)
		MUST(m->next.there && quorum_final((struct hsm_memory *)(uintptr_t)m, &m->next.root_tbs[alg]) && quorum_final((struct hsm_memory *)(uintptr_t)m, &m->next.old_with_new[alg]), CITE,
		    "the root passes on last: its successor's own certificate and the one of the root of now are signed before");
	return FJ_OK;
}

/* --- one root certifies the other --- */

enum fj_rc policy_cross(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	struct hsm_memory *m = &j->s->mem;
	enum hsm_role role = root_of(j->alg);
	bool old_signs = j->kind == HSM_CERT_NEW_WITH_OLD;
	unsigned certified = old_signs ? HSM_NEWER(role) : role;
	const struct fj_buf *kept = old_signs ? &m->next.new_with_old[j->alg] : &m->next.old_with_new[j->alg];
	struct fj_x509 x, signing, old;

	MUST(m->ceremony == MEM_CLOSED && m->next.there, CITE, "no root follows the one that there is");
	MUST(!quorum_final(m, kept), CITE, "this certificate is signed already");
	FJ_TRY(fj_x509_read_tbs(tbs, &x, err));
	FJ_TRY(policy_common(j, &x, err));
	MUST(mem_root_tbs(m, j->role)->len > 0, CITE, "the root that is to sign has no certificate yet");
	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(mem_root_tbs(m, j->role)), &signing, err));
	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&m->root_tbs[j->alg]), &old, err));
	MUST(fj_slice_eq(x.issuer, signing.subject) && fj_slice_eq(x.subject, x.issuer), "RFC 4210 4.4", "what one root says of the other is issued to its own name");
	MUST(fj_slice_eq(x.aki, signing.ski), "RFC 5280 4.2.1.1", "the issuer is not our root");
	MUST(fj_slice_eq(x.spki, signer_spki(j->s, certified)), CITE, "the certificate is not for the other root's key");
	MUST(x.seen == (FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA), "formats.md 2", "what one root says of the other has other extensions");
	MUST(x.not_after <= old.not_after, "RFC 5280 6.1.3", "it outlives the root that is followed");
	FJ_TRY(policy_ca_fields(j, &x, 1, 20, err));
	if (fj_put_u8(delta, old_signs ? MEM_OP_NEW_WITH_OLD : MEM_OP_OLD_WITH_NEW) == FJ_OK && fj_put_bytes(delta, tbs) == FJ_OK)
		return FJ_OK;
	return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
}

/* --- SUCCESSOR --- */

static enum fj_rc yes(void *unused, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err)
{
	(void)unused, (void)xy, (void)digest, (void)sig, (void)err;
	return FJ_OK; /* they were verified before they were recorded */
}

static void clear_structures(struct mem_next *n)
{
	for (int a = 0; a < FJ_ALG_END; a++) {
		fj_buf_clear(&n->root_tbs[a]);
		fj_buf_clear(&n->new_with_old[a]);
		fj_buf_clear(&n->old_with_new[a]);
	}
}

void successor_forget(struct hsm_memory *m)
{
	clear_structures(&m->next);
	m->next.there = false;
}

/* what a plan was begun with that another one takes the place of: its keys have ended */
static void give_up(struct hsm_memory *m)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(made_anew); i++) {
		uint8_t *slot = &m->slot[HSM_NEWER(made_anew[i])];
		if (*slot != 0)
			m->key[*slot].ended = true;
		*slot = 0;
	}
	clear_structures(&m->next);
}

static enum fj_rc corrupt(struct fj_err *err)
{
	return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a record of the audit log is malformed");
}

/* SUCCESSOR: bytes signed plan */
static enum fj_rc replay_successor(struct hsm_memory *m, struct fj_slice body, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice file;
	struct fj_plan p;
	unsigned by;

	fj_rd_init(&r, body);
	if (fj_get_bytes(&r, FJ_PLAN_MAX, &file) != FJ_OK || fj_rd_end(&r) != FJ_OK || !m->planned || fj_plan_signed_read(file, yes, NULL, &p, &by, NULL) != FJ_OK || fj_plan_follows(&p, &m->plan, NULL) != FJ_OK)
		return corrupt(err);
	give_up(m);
	m->next.there = true;
	m->next.plan = p;
	fj_plan_root_quorum(&p, &m->next.quorum);
	fj_plan_move_quorum(&p, &m->next.moving);
	fj_plan_unseal_quorum(&p, &m->next.unseal);
	return FJ_OK;
}

static enum fj_rc may(struct hsm_signer *s, struct fj_err *err)
{
	if (s->mem.ceremony != MEM_CLOSED || s->mem.parent)
		return policy_no(err, CITE, s->mem.parent ? "this home's root is another appliance's, which changes it there" : "a root passes on when its ceremony is over");
	if (!s->mem.planned)
		return fj_refuse(err, FJ_E_POLICY, HSM_LAYER, CITE, "the signer refuses: this home's root is under no plan, so there are no officers whose consent a TPM could ask for; begin a new home with a plan (fujie ceremony plan, run)",
		    "签名服务拒绝：本系统的根不受方案约束，没有可由 TPM 核对其同意的官员；请以方案另建系统（fujie ceremony plan、run）");
	FJ_TRY(counter_open(s, err));
	FJ_TRY(clock_check(s, err));
	return counter_ready(s, err);
}

static enum fj_rc record(struct hsm_signer *s, enum audit_type type, enum fj_rc made, const struct fj_buf *b, struct fj_err *err)
{
	unsigned before[FJ_ARRAY_LEN(made_anew)], newer[FJ_ARRAY_LEN(made_anew)];

	for (size_t i = 0; i < FJ_ARRAY_LEN(made_anew); i++) {
		before[i] = s->mem.slot[made_anew[i]];
		newer[i] = s->mem.slot[HSM_NEWER(made_anew[i])];
	}
	FJ_TRY(quorum_record(s, type, made, b, err));
	s->fatal = true; /* until keys are where the record has them */
	for (size_t i = 0; i < FJ_ARRAY_LEN(made_anew); i++) {
		if (before[i] != 0 && s->mem.key[before[i]].ended)
			FJ_TRY(store_destroy(s, before[i], err));
		if (newer[i] != 0 && s->mem.key[newer[i]].ended)
			FJ_TRY(store_destroy(s, newer[i], err));
	}
	s->fatal = false;
	return FJ_OK;
}

/* the log's key leaves with the roots for the one spare that its policy names (spare.c): another plan, another spare or none */
static bool note_anew(const struct hsm_memory *m)
{
	return m->plan.move > 0 || m->next.plan.move > 0;
}

static enum fj_rc make_keys(struct hsm_signer *s, struct fj_err *err)
{
	s->fatal = true; /* a record that failed may stand in the file or not */
	FJ_TRY(store_make_next(s, HSM_ROOT, err));
	if (s->mem.sm2)
		FJ_TRY(store_make_next(s, HSM_ROOT_SM2, err));
	if (s->mem.next.plan.unseal > 0)
		FJ_TRY(store_make_next(s, HSM_SEAL, err));
	if (note_anew(&s->mem))
		FJ_TRY(store_make_next(s, HSM_NOTE, err));
	FJ_TRY(signer_load_keys(s, err));
	s->fatal = false;
	return FJ_OK;
}

static unsigned free_slots(const struct hsm_memory *m)
{
	unsigned n = 0;

	for (unsigned i = 1; i < HSM_MAX_KEYS; i++)
		n += !m->key[i].used;
	return n;
}

static bool made(const struct hsm_memory *m)
{
	return m->slot[HSM_NEWER(HSM_ROOT)] != 0 && (!m->sm2 || m->slot[HSM_NEWER(HSM_ROOT_SM2)] != 0) && (m->next.plan.unseal == 0 || m->slot[HSM_NEWER(HSM_SEAL)] != 0) &&
	    (!note_anew(m) || m->slot[HSM_NEWER(HSM_NOTE)] != 0);
}

/* *again: this plan is followed already, or was */
static enum fj_rc take_plan(struct hsm_signer *s, struct fj_slice file, bool *again, struct fj_err *err)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(FJ_PLAN_MAX + 16);
	struct hsm_memory *m = &s->mem;
	struct fj_plan p;
	unsigned by;

	FJ_TRY(fj_plan_signed_read(file, quorum_verifies, NULL, &p, &by, err));
	FJ_TRY(fj_plan_all(&p, by, err));
	*again = fj_hash_eq(&p.hash, &m->plan.hash) || (m->next.there && fj_hash_eq(&p.hash, &m->next.plan.hash));
	if (*again)
		return FJ_OK;
	FJ_TRY(fj_plan_follows(&p, &m->plan, err));
	if (free_slots(m) < SLOTS_KEPT)
		return fj_refuse(err, FJ_E_LIMIT, HSM_LAYER, CITE, "the signer refuses: too many successors were begun and given up; go on with the plan that was begun last", "签名服务拒绝：开始后又放弃的继任方案过多；请以最近开始的方案继续");
	FJ_TRY(unseal_open(s, HSM_ISSUING, err)); /* what opens the issuing keys is sealed anew */
	return record(s, AUDIT_SUCCESSOR, fj_put_bytes(&body, file), &body, err);
}

enum fj_rc signer_successor(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice file;
	bool again;

	(void)from;
	(void)answer;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_bytes(&r, FJ_PLAN_MAX, &file) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "a plan is malformed");
	FJ_TRY(may(s, err));
	FJ_TRY(take_plan(s, file, &again, err));
	if (!s->mem.next.there || made(&s->mem))
		return FJ_OK;
	FJ_TRY(unseal_open(s, HSM_ISSUING, err)); /* cut before what opens the issuing keys was sealed anew */
	FJ_TRY(make_keys(s, err));
	fj_log(FJ_LOG_INFO, "root keys of generation %u were made, under a plan that follows", s->mem.next.plan.generation);
	return FJ_OK;
}

/* --- PASS --- */

static void take_over(struct fj_buf *to, struct fj_buf *from)
{
	struct fj_buf old = *to;

	*to = *from;
	*from = old;
	fj_buf_clear(from);
}

/* the new plan is the plan; its keys are the root's; what left for the old plan's spare was the old root */
static void pass(struct hsm_memory *m)
{
	m->plan = m->next.plan;
	m->quorum = m->next.quorum;
	m->moving = m->next.moving;
	m->unseal = m->next.unseal;
	for (size_t i = 0; i < FJ_ARRAY_LEN(made_anew); i++) {
		unsigned role = made_anew[i];
		if (m->slot[HSM_NEWER(role)] == 0)
			continue;
		if (role == HSM_SEAL || role == HSM_NOTE) /* what was in it is in the newer one */
			m->key[m->slot[role]].ended = true;
		m->slot[role] = m->slot[HSM_NEWER(role)];
		m->slot[HSM_NEWER(role)] = 0;
	}
	for (int a = 0; a < FJ_ALG_END; a++) {
		take_over(&m->root_tbs[a], &m->next.root_tbs[a]);
		fj_moved_clear(&m->moved[a]);
	}
	fj_moved_clear(&m->note.m);
	successor_forget(m);
}

enum fj_rc successor_replay(struct hsm_memory *m, const struct audit_record *r, struct fj_err *err)
{
	if (r->type == AUDIT_SUCCESSOR)
		return replay_successor(m, r->body, err);
	if (!m->next.there || !made(m))
		return corrupt(err);
	pass(m);
	return FJ_OK;
}

/* it is what was signed, and the signature is of that key */
static enum fj_rc is_signed(const struct hsm_signer *s, struct fj_slice cert, const struct fj_buf *tbs, unsigned by, struct fj_err *err)
{
	struct fj_x509 x;

	FJ_TRY(fj_x509_read(cert, &x, err));
	MUST(tbs->len > 0 && fj_slice_eq(x.tbs, fj_buf_slice(tbs)) && signer_verifies(s, by, x.tbs, x.sig), CITE, "a certificate is not the one that was signed, or is missing: of each algorithm the new root's own, the new by the old, the old by the new");
	return FJ_OK;
}

static enum fj_rc check_all(const struct hsm_signer *s, struct fj_rd *r, struct fj_err *err)
{
	const struct mem_next *n = &s->mem.next;
	struct fj_slice cert;
	uint32_t count;

	if (fj_get_u32(r, &count) != FJ_OK || count > 6)
		return signer_broken(err, "the certificates of a succession are malformed");
	MUST(count == (s->mem.sm2 ? 6 : 3), CITE, "there are three certificates of each algorithm");
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(s->mem.sm2); a++) {
		const struct fj_buf *const tbs[] = {&n->root_tbs[a], &n->new_with_old[a], &n->old_with_new[a]};
		for (size_t i = 0; i < FJ_ARRAY_LEN(tbs); i++) {
			if (fj_get_bytes(r, FJ_X509_MAX, &cert) != FJ_OK)
				return signer_broken(err, "the certificates of a succession are malformed");
			FJ_TRY(is_signed(s, cert, tbs[i], i == 1 ? root_of(a) : HSM_NEWER(root_of(a)), err));
		}
	}
	return fj_rd_end(r) == FJ_OK ? FJ_OK : signer_broken(err, "the certificates of a succession are malformed");
}

static void forget_open(struct hsm_signer *s)
{
	for (size_t i = 0; i < HSM_OPEN; i++)
		quorum_forget(s, &s->open[i]); /* they are of the plan before */
}

enum fj_rc signer_pass(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct fj_rd r;
	FJ_AUTO(buf) body = FJ_BUF_INIT(8 * FJ_X509_MAX);

	(void)from;
	(void)answer;
	FJ_TRY(may(s, err));
	MUST(s->mem.next.there && made(&s->mem), CITE, "no root follows the one that there is");
	fj_rd_init(&r, fj_buf_slice(&f->body));
	FJ_TRY(check_all(s, &r, err));
	forget_open(s);
	FJ_TRY(record(s, AUDIT_PASS, fj_buf_put(&body, f->body.data, f->body.len), &body, err));
	s->fatal = true;
	FJ_TRY(signer_load_keys(s, err));
	s->fatal = false;
	memset(s->x5c_ok, 0, sizeof(s->x5c_ok));
	fj_log(FJ_LOG_INFO, "the root has passed to generation %u; the officers of the plan that followed rule it", s->mem.plan.generation);
	return FJ_OK;
}

enum fj_rc successor_into(const struct hsm_memory *m, json_t *status, struct fj_err *err)
{
	json_t *next = json_null();
	char hex[65];

	if (m->next.there) {
		fj_hex(m->next.plan.hash.b, FJ_SHA256_LEN, hex);
		next = json_pack("{s:s, s:i, s:b}", "plan", hex, "generation", (int)m->next.plan.generation, "keys", made(m));
	}
	return fj_json_set(status, "successor", next) == FJ_OK ? FJ_OK : fj_no_memory(err, HSM_LAYER);
}
