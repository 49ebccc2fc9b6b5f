/*
 * spare.c - the root gets a second home (docs/formats.md 28).
 *
 * In the spare: an empty signer is prepared (SPARE): storage key, counter and attestation key, no keys of
 * a home.  Its storage key stands in the plan, and with it in the policy of the roots' keys.  In the first
 * appliance (MOVE_BEGIN, MOVE): the plan's officers let the root leave for that one parent; what the TPM
 * answers is recorded before it is given out, and given out again when it is asked for, so a root leaves
 * once.  In the spare again (IMPORT): what arrives is compared octet by octet with what the plan
 * says a root is, taken in, asked for a signature without its officers, which the TPM has to refuse,
 * and recorded.  After that a spare signs a proof under them (HSM_PROOF), and nothing else.
 *
 * An approval to sign is none to move, nor the other way about: each has a reference of its own in its own
 * branch of the policy.  With a software TPM all this proves the logic, not custody.
 */
#include "hsm/signer.h"

#define CITE "formats.md 28"
#define PRIVATE_MAX 8192

/* --- the spare --- */

static enum fj_rc storage_public(const struct hsm_signer *s, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(hsm_blob) b;

	hsm_blob_init(&b);
	FJ_TRY(store_read(s, 0, &b, err));
	return b.pub.len > 2 ? fj_buf_put(out, b.pub.data + 2, b.pub.len - 2) : fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "the storage key's public area is malformed");
}

enum fj_rc signer_spare(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(buf) public = FJ_BUF_INIT(HSM_BLOB_PART);

	(void)from;
	if (f->body.len != 0)
		return signer_broken(err, "a request to become a spare has a body");
	if (s->mem.ceremony != MEM_NONE && s->mem.ceremony != MEM_SPARE)
		return policy_no(err, CITE, "there are keys of a home here; a spare begins in a folder of its own");
	s->fatal = true;
	if (s->mem.ceremony == MEM_NONE)
		FJ_TRY(signer_record(s, AUDIT_SPARE, FJ_SLICE("", 0), err));
	s->mem.ceremony = MEM_SPARE;
	FJ_TRY(store_make(s, err)); /* what is not there yet */
	FJ_TRY(signer_load_keys(s, err));
	if (s->mem.counter == 0)
		FJ_TRY(counter_begin(s, err));
	s->fatal = false;
	FJ_TRY(storage_public(s, &public, err));
	return fj_put_bytes(answer, fj_buf_slice(&public));
}

enum fj_rc spare_may(const struct hsm_signer *s, const struct hsm_kind_row *row, enum hsm_role role, struct fj_err *err)
{
	if (s->mem.ceremony != MEM_SPARE)
		return policy_no(err, CITE, "a proof is what a spare's root signs, and nothing that a home's does");
	if (row->kind != HSM_PROOF)
		return policy_no(err, CITE, "this is a spare; until it is taken into service it signs nothing but the proof that its root obeys its officers");
	if (s->mem.slot[role] == 0)
		return policy_no(err, CITE, "no root was taken in yet: fujie spare import");
	FJ_TRY(counter_open(s, err));
	return clock_check(s, err);
}

enum fj_rc policy_proof(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	const struct hsm_signer *s = j->s;
	FJ_AUTO(buf) area = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) text = FJ_BUF_INIT(1024);
	struct fj_tpm_name name;

	(void)delta;
	FJ_TRY(hsm_tpm_public_area(s->tpm, s->mem.slot[j->role], &area, err));
	fj_tpm_name_of(fj_buf_slice(&area), &name);
	FJ_TRY(fj_proof_text(&s->mem.plan, &name, &text));
	return fj_slice_eq(tbs, fj_buf_slice(&text)) ? FJ_OK : policy_no(err, CITE, "the text is not the proof of this plan and this root");
}

/* --- arrival --- */

struct arriving {
	struct fj_slice file;
	struct fj_plan plan;
	uint32_t n;
	struct {
		enum hsm_role role;
		struct fj_moved m;
	} key[FJ_MOVED_MAX];
};

static void arriving_release(struct arriving *a)
{
	for (size_t i = 0; i < FJ_MOVED_MAX; i++)
		fj_moved_release(&a->key[i].m);
}
FJ_DEFINE_AUTO(arriving, struct arriving, arriving_release)

static enum fj_rc read_part(struct fj_rd *r, size_t max, struct fj_buf *out)
{
	struct fj_slice s;

	fj_buf_init(out, max);
	FJ_TRY(fj_get_bytes(r, max, &s));
	return fj_buf_put(out, s.p, s.len);
}

static enum fj_rc read_moved(struct fj_rd *r, struct fj_moved *m)
{
	FJ_TRY(read_part(r, FJ_ROOT_PUBLIC_LEN, &m->public));
	FJ_TRY(read_part(r, FJ_MOVED_PART, &m->private));
	return read_part(r, FJ_MOVED_PART, &m->seed);
}

static enum fj_rc read_arriving(struct fj_rd *r, struct arriving *a)
{
	uint8_t role;

	FJ_TRY(fj_get_bytes(r, FJ_PLAN_MAX, &a->file));
	FJ_TRY(fj_get_u32(r, &a->n));
	if (a->n > FJ_MOVED_MAX)
		return FJ_E_PROTO;
	for (uint32_t i = 0; i < a->n; i++) {
		FJ_TRY(fj_get_u8(r, &role));
		if (role < HSM_ROOT || role >= HSM_ROLE_END || hsm_role(role)->as != HSM_ROOT)
			return FJ_E_PROTO;
		a->key[i].role = (enum hsm_role)role;
		a->key[i].m.alg = hsm_role(role)->alg;
		FJ_TRY(read_moved(r, &a->key[i].m));
	}
	return fj_rd_end(r);
}

static enum fj_rc no(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_POLICY, HSM_LAYER, CITE, en, zh);
}

static enum fj_rc check_plan(const struct hsm_signer *s, struct arriving *a, struct fj_err *err)
{
	FJ_AUTO(buf) own = FJ_BUF_INIT(HSM_BLOB_PART);
	unsigned by;

	FJ_TRY(fj_plan_signed_read(a->file, quorum_verifies, NULL, &a->plan, &by, err));
	FJ_TRY(fj_plan_all(&a->plan, by, err));
	FJ_TRY(storage_public(s, &own, err));
	if (a->plan.move == 0 || !fj_slice_eq(FJ_SLICE(a->plan.parent, a->plan.parent_len), fj_buf_slice(&own)))
		return no(err, "the signer refuses: the plan's spare is another TPM than this one, or it has none; take the plan that was made with this TPM's request", "签名服务拒绝：方案的备机不是此 TPM，或者方案没有备机；请使用以此 TPM 的请求制定的方案");
	if (a->plan.demo && (!s->demo_allowed || s->hardware))
		return policy_no(err, "design.md 4", "a demo home's root goes to a software TPM only, one that was prepared with --demo");
	if (s->mem.planned && !fj_hash_eq(&s->mem.plan.hash, &a->plan.hash))
		return no(err, "the signer refuses: the root of another plan was taken in here already", "签名服务拒绝：此处已接收另一方案的根密钥");
	return FJ_OK;
}

static enum fj_rc check_keys(const struct arriving *a, struct fj_err *err)
{
	bool ok = a->n == (a->plan.sm2 ? 2u : 1u) && a->key[0].role == HSM_ROOT && (!a->plan.sm2 || a->key[1].role == HSM_ROOT_SM2);

	if (!ok)
		return no(err, "the signer refuses: what was moved are not all roots of the plan, P-256 first", "签名服务拒绝：迁移的密钥不是方案的全部根密钥（P-256 在前）");
	for (uint32_t i = 0; i < a->n; i++)
		if (!fj_plan_root_is(&a->plan, a->key[i].m.alg, fj_buf_slice(&a->key[i].m.public)))
			return no(err, "the signer refuses: what arrives is no root of this plan: its attributes, its algorithm or the officers in its policy differ", "签名服务拒绝：到达的密钥不是本方案的根密钥：其属性、算法或者策略中的官员不符");
	return FJ_OK;
}

/* it signs without its officers?  The TPM has to say no, and to say it because of the policy. */
static enum fj_rc try_without(struct hsm_signer *s, const struct hsm_blob *b, struct fj_err *err)
{
	struct fj_hash digest = {{0}};
	struct fj_err why = {0};
	unsigned slot = store_free(&s->mem);
	uint8_t raw[64];

	if (slot == HSM_MAX_KEYS)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "the key file has room for %d keys", HSM_MAX_KEYS);
	FJ_TRY(hsm_tpm_attach(s->tpm, slot, b, 0, err));
	enum fj_rc rc = hsm_tpm_sign_start(s->tpm, slot, &digest, &why);
	if (rc == FJ_OK)
		rc = hsm_tpm_sign_finish(s->tpm, raw, &why);
	if (rc == FJ_OK)
		return no(err, "the signer refuses: the key that arrived signs without its officers; nothing was kept", "签名服务拒绝：到达的密钥未经官员批准即可签名；未予保存");
	if (rc == FJ_E_TPM && !hsm_tpm_stays(&why) && !hsm_tpm_lost(s->tpm))
		return FJ_OK;
	if (err != NULL)
		*err = why;
	return rc;
}

static enum fj_rc policy_of(const struct arriving *a, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(json) file = NULL;
	const struct fj_plan *p = &a->plan;

	FJ_TRY(fj_json_parse(a->file, FJ_PLAN_MAX, &file, err));
	FJ_AUTO(json) j = json_pack("{s:b, s:s, s:s, s:s, s:b, s:O}", "demo", p->demo, "arc", p->arc, "base", p->base, "operator", p->operator_, "sm2", p->sm2, "plan", json_object_get(file, "plan"));
	return fj_json_canonical(j, out, err);
}

static enum fj_rc keep(struct hsm_signer *s, const struct arriving *a, const struct hsm_blob *b, struct fj_err *err)
{
	FJ_AUTO(buf) policy = FJ_BUF_INIT(FJ_PLAN_MAX);

	FJ_TRY(policy_of(a, &policy, err));
	FJ_TRY(quorum_record(s, AUDIT_IMPORT, FJ_OK, &policy, err));
	s->fatal = true;
	for (uint32_t i = 0; i < a->n; i++)
		if (s->mem.slot[a->key[i].role] == 0)
			FJ_TRY(store_keep(s, a->key[i].role, &b[i], err));
	FJ_TRY(signer_load_keys(s, err));
	s->fatal = false;
	return FJ_OK;
}

static enum fj_rc take_in(struct hsm_signer *s, const struct arriving *a, struct fj_err *err)
{
	struct hsm_blob b[FJ_MOVED_MAX];
	enum fj_rc rc = FJ_OK;

	for (size_t i = 0; i < FJ_MOVED_MAX; i++)
		hsm_blob_init(&b[i]);
	for (uint32_t i = 0; rc == FJ_OK && i < a->n; i++) {
		rc = hsm_tpm_import(s->tpm, &a->key[i].m, &b[i], err);
		if (rc == FJ_OK)
			rc = try_without(s, &b[i], err);
	}
	if (rc == FJ_OK)
		rc = keep(s, a, b, err);
	for (size_t i = 0; i < FJ_MOVED_MAX; i++)
		hsm_blob_release(&b[i]);
	return rc;
}

enum fj_rc signer_import(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(arriving) a = {.n = 0};
	struct fj_rd r;
	bool again = true;

	(void)from;
	(void)answer;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (read_arriving(&r, &a) != FJ_OK)
		return signer_broken(err, "what is to be taken in is malformed");
	if (s->mem.ceremony != MEM_SPARE || s->mem.counter == 0)
		return policy_no(err, CITE, "a root is taken in by a spare that was prepared for it: fujie spare prepare");
	FJ_TRY(check_plan(s, &a, err));
	FJ_TRY(check_keys(&a, err));
	for (uint32_t i = 0; i < a.n; i++)
		again = again && s->mem.slot[a.key[i].role] != 0;
	if (again)
		return fj_refuse(err, FJ_E_EXISTS, HSM_LAYER, CITE, "the root was taken in here already", "此处已接收该根密钥");
	FJ_TRY(counter_open(s, err));
	FJ_TRY(clock_check(s, err));
	return take_in(s, &a, err);
}

/* --- departure --- */

static bool is_moved(const struct hsm_signer *s, uint8_t role)
{
	return s->mem.moved[hsm_role(role)->alg].private.len > 0;
}

static bool is_root(uint8_t role)
{
	return role >= HSM_ROOT && role < HSM_ROLE_END && hsm_role(role)->as == HSM_ROOT;
}

static enum fj_rc may_move(const struct hsm_signer *s, uint8_t role, struct fj_err *err)
{
	if (!s->mem.planned || s->mem.plan.move == 0)
		return no(err, "the signer refuses: this home's plan has no spare, and its root can't leave its TPM", "签名服务拒绝：本系统的方案没有备机，根密钥不能离开其 TPM");
	if (s->mem.ceremony != MEM_CLOSED)
		return policy_no(err, CITE, "the root moves when its ceremony is closed");
	if (s->mem.slot[role] == 0)
		return policy_no(err, "design.md 2", "this home was made without an SM2 hierarchy");
	if (is_moved(s, role))
		return fj_refuse(err, FJ_E_EXISTS, HSM_LAYER, CITE, "this root has left for the spare already, and leaves once; what left is kept and is given out again", "该根密钥已迁往备机，且只迁移一次；迁出的内容已保存，可再次取得");
	FJ_TRY(counter_open(s, err));
	return clock_check(s, err);
}

enum fj_rc signer_move_begin(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct hsm_open o = {.at = fj_now()};
	FJ_AUTO(buf) public = FJ_BUF_INIT(1024);
	struct fj_rd r;
	uint8_t role;

	(void)from;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_u8(&r, &role) != FJ_OK || fj_rd_end(&r) != FJ_OK || !is_root(role))
		return signer_broken(err, "what is to be moved is no root");
	FJ_TRY(may_move(s, role, err));
	o.role = (enum hsm_role)role;
	FJ_TRY(hsm_tpm_public_area(s->tpm, s->mem.slot[role], &public, err));
	return quorum_open(s, &o, &public, answer, err);
}

/* MOVE: u8 role, bytes approvals, raw[34] the parent's Name, bytes public, bytes private, bytes seed */
static enum fj_rc put_record(const struct hsm_signer *s, uint8_t role, const struct quorum_approvals *a, const struct fj_moved *m, struct fj_buf *b)
{
	struct fj_tpm_name parent;

	fj_plan_parent_name(&s->mem.plan, &parent);
	FJ_TRY(fj_put_u8(b, role));
	FJ_TRY(fj_put_bytes(b, fj_buf_slice(&a->raw)));
	FJ_TRY(fj_buf_put(b, parent.b, sizeof(parent.b)));
	FJ_TRY(fj_put_bytes(b, fj_buf_slice(&m->public)));
	FJ_TRY(fj_put_bytes(b, fj_buf_slice(&m->private)));
	return fj_put_bytes(b, fj_buf_slice(&m->seed));
}

static enum fj_rc leave(struct hsm_signer *s, const struct hsm_open *o, const struct quorum_approvals *a, struct fj_moved *m, struct fj_err *err)
{
	FJ_AUTO(buf) record = FJ_BUF_INIT(PRIVATE_MAX);

	fj_buf_init(&m->public, FJ_ROOT_PUBLIC_LEN);
	fj_buf_init(&m->private, FJ_MOVED_PART);
	fj_buf_init(&m->seed, FJ_MOVED_PART);
	FJ_TRY(hsm_tpm_public_area(s->tpm, s->mem.slot[o->role], &m->public, err));
	FJ_TRY(quorum_satisfy(s, o, a, err));
	FJ_TRY(hsm_tpm_duplicate(s->tpm, o->session, s->mem.slot[o->role], FJ_SLICE(s->mem.plan.parent, s->mem.plan.parent_len), &m->private, &m->seed, err));
	return quorum_record(s, AUDIT_MOVE, put_record(s, (uint8_t)o->role, a, m, &record), &record, err);
}

static enum fj_rc move(struct hsm_signer *s, struct hsm_open *o, struct fj_rd *r, struct fj_err *err)
{
	struct quorum_approvals a = {.set = 0, .raw = FJ_BUF_INIT(4096)};
	struct fj_moved m = {.alg = hsm_role(o->role)->alg};

	enum fj_rc rc = quorum_read(s, o, r, &a, err);
	if (rc == FJ_OK)
		rc = may_move(s, (uint8_t)o->role, err);
	if (rc == FJ_OK) {
		rc = leave(s, o, &a, &m, err);
		quorum_forget(s, o);
	}
	fj_buf_release(&a.raw);
	fj_buf_release(&m.public);
	fj_buf_release(&m.private);
	fj_buf_release(&m.seed);
	return rc;
}

enum fj_rc signer_move(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct hsm_open *o;
	struct fj_rd r;
	uint8_t role, id;

	(void)from;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_u8(&r, &role) != FJ_OK || fj_get_u8(&r, &id) != FJ_OK || !is_root(role))
		return signer_broken(err, "what is to be moved is no root");
	const struct fj_moved *m = &s->mem.moved[hsm_role(role)->alg];
	if (!is_moved(s, role)) {
		FJ_TRY(quorum_find(s, id, true, &o, err));
		if (o->role != (enum hsm_role)role)
			return signer_broken(err, "a move is of another key");
		FJ_TRY(move(s, o, &r, err));
	}
	FJ_TRY(spare_note_leaves(s, err));
	FJ_TRY(fj_put_bytes(answer, fj_buf_slice(&m->public)));
	FJ_TRY(fj_put_bytes(answer, fj_buf_slice(&m->private)));
	return fj_put_bytes(answer, fj_buf_slice(&m->seed));
}

/* --- the log's key goes with them --- */

/* NOTE: bytes public, bytes private, bytes seed, raw[32] the Ed25519 key */
static enum fj_rc put_note(const struct hsm_signer *s, const struct fj_moved *m, struct fj_buf *b)
{
	const struct fj_buf *spki = &s->spki[HSM_NOTE];

	FJ_TRY(fj_put_bytes(b, fj_buf_slice(&m->public)));
	FJ_TRY(fj_put_bytes(b, fj_buf_slice(&m->private)));
	FJ_TRY(fj_put_bytes(b, fj_buf_slice(&m->seed)));
	return fj_buf_put(b, spki->data + spki->len - sizeof(s->mem.note.key), sizeof(s->mem.note.key));
}

static enum fj_rc note_leaves(struct hsm_signer *s, struct fj_moved *m, struct fj_err *err)
{
	FJ_AUTO(buf) record = FJ_BUF_INIT(PRIVATE_MAX);
	struct fj_tpm_name object, parent;
	uint8_t nonce[FJ_TPM_NONCE_LEN];
	uint32_t session;

	FJ_TRY(hsm_tpm_public_area(s->tpm, s->mem.slot[HSM_NOTE], &m->public, err));
	if (!fj_plan_note_is(&s->mem.plan, fj_buf_slice(&m->public)))
		return FJ_OK; /* made before these left: it can't */
	fj_tpm_name_of(fj_buf_slice(&m->public), &object);
	fj_plan_parent_name(&s->mem.plan, &parent);
	FJ_TRY(hsm_tpm_policy_begin(s->tpm, false, &session, nonce, err));
	enum fj_rc rc = hsm_tpm_policy_duplication(s->tpm, session, &object, &parent, err);
	if (rc == FJ_OK)
		rc = hsm_tpm_duplicate(s->tpm, session, s->mem.slot[HSM_NOTE], FJ_SLICE(s->mem.plan.parent, s->mem.plan.parent_len), &m->private, &m->seed, err);
	hsm_tpm_policy_end(s->tpm, session);
	FJ_TRY(rc);
	return quorum_record(s, AUDIT_NOTE, put_note(s, m, &record), &record, err);
}

enum fj_rc spare_note_leaves(struct hsm_signer *s, struct fj_err *err)
{
	FJ_AUTO(fj_moved) m;

	fj_moved_init(&m);
	if (s->mem.note.m.private.len > 0 || s->mem.slot[HSM_NOTE] == 0 || !is_moved(s, HSM_ROOT) || (s->mem.sm2 && !is_moved(s, HSM_ROOT_SM2)))
		return FJ_OK;
	return note_leaves(s, &m, err);
}

/* --- replay --- */

static enum fj_rc corrupt(struct fj_err *err)
{
	return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a record of the audit log is malformed");
}

static enum fj_rc replay_move(struct hsm_memory *m, struct fj_slice body, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice approvals, parent;
	struct fj_moved *to;
	uint8_t role;

	fj_rd_init(&r, body);
	if (fj_get_u8(&r, &role) != FJ_OK || !is_root(role) || fj_get_bytes(&r, 4096, &approvals) != FJ_OK || fj_get_raw(&r, FJ_TPM_NAME_LEN, &parent) != FJ_OK)
		return corrupt(err);
	to = &m->moved[hsm_role(role)->alg];
	fj_moved_release(to);
	to->alg = hsm_role(role)->alg;
	return read_moved(&r, to) == FJ_OK && to->private.len > 0 && fj_rd_end(&r) == FJ_OK ? FJ_OK : corrupt(err);
}

static enum fj_rc replay_note(struct hsm_memory *m, struct fj_slice body, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice key;

	fj_rd_init(&r, body);
	fj_moved_release(&m->note.m);
	if (read_moved(&r, &m->note.m) != FJ_OK || m->note.m.private.len == 0 || fj_get_raw(&r, sizeof(m->note.key), &key) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return corrupt(err);
	memcpy(m->note.key, key.p, sizeof(m->note.key));
	return FJ_OK;
}

enum fj_rc spare_replay(struct hsm_signer *s, const struct audit_record *r, struct fj_err *err)
{
	if (r->type == AUDIT_MOVE)
		return replay_move(&s->mem, r->body, err);
	if (r->type == AUDIT_NOTE)
		return replay_note(&s->mem, r->body, err);
	if (r->type == AUDIT_SPARE ? s->mem.ceremony != MEM_NONE || r->body.len != 0 : s->mem.ceremony != MEM_SPARE)
		return corrupt(err);
	if (r->type == AUDIT_IMPORT)
		FJ_TRY(signer_set_policy(s, r->body, err));
	s->mem.ceremony = MEM_SPARE;
	return FJ_OK;
}

enum fj_rc spare_into(const struct hsm_memory *m, json_t *status, struct fj_err *err)
{
	struct fj_tpm_name parent;
	char hex[2 * FJ_TPM_NAME_LEN + 1];
	json_t *move = json_null();

	if (m->planned && m->plan.move > 0) {
		fj_plan_parent_name(&m->plan, &parent);
		fj_hex(parent.b, sizeof(parent.b), hex);
		move = json_pack("{s:s, s:b, s:b}", "parent", hex, "root", m->moved[FJ_ES256].private.len > 0, "root-sm2", m->moved[FJ_SM2].private.len > 0);
	}
	return fj_json_set(status, "move", move) == FJ_OK ? FJ_OK : fj_no_memory(err, HSM_LAYER);
}
