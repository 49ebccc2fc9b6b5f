/*
 * ceremony.c - one structure that the root signs under its officers: made, given to the signer,
 * approved, signed; and, without a structure, that the issuing keys are unsealed.
 *
 * What is checked of an approval is what the signer checks too (hsm/quorum.c), so that it can be
 * refused as it comes, with its officer and the reason; the signer and the TPM do not rely on it.
 */
#include <fcntl.h>

#include "base/file.h"
#include "issuer/ceremony.h"
#include "verifier/verify.h"

#define LAYER "ceremony"
#define MARGIN_MS 1500 /* before the TPM's own time is over */

void crm_item_init(struct crm_item *it, enum fj_step step, enum fj_alg alg)
{
	memset(it, 0, sizeof(*it));
	it->c.step = step;
	it->c.alg = alg;
	fj_buf_init(&it->c.structure, FJ_STRUCTURE_MAX);
	fj_buf_init(&it->c.key, 1024);
	fj_buf_init(&it->c.other, FJ_ROOT_PUBLIC_LEN);
	fj_buf_init(&it->c.made, FJ_MADE_MAX);
	fj_buf_init(&it->out, FJ_STRUCTURE_MAX);
}

void crm_item_release(struct crm_item *it)
{
	fj_buf_release(&it->c.structure);
	fj_buf_release(&it->c.key);
	fj_buf_release(&it->c.other);
	fj_buf_release(&it->c.made);
	fj_buf_release(&it->out);
}

/* --- structures --- */

static enum fj_rc ca_tbs(struct iss *i, bool root, enum fj_alg alg, const struct fj_buf *spki, struct fj_buf *tbs, struct fj_err *err)
{
	struct ca_cert_in in = {.profile = root ? CA_ROOT : CA_ISSUING, .not_before = fj_now(), .issuer_cert = fj_buf_slice(&i->ca[alg].root), .spki = fj_buf_slice(spki), .generation = root ? 0 : (unsigned)i->ca[alg].n_former + 1};
	struct fj_date d = fj_date_of(in.not_before, 0);
	struct ca_info above;

	d.y += ca_profile_find(in.profile)->years;
	d.d = d.d > 28 ? 28 : d.d;
	in.not_after = fj_time_of(d, 0, 0, 0, 0) - 1;
	if (!root) {
		FJ_TRY(ca_cert_info(in.issuer_cert, &above, err));
		in.not_after = in.not_after > above.not_after ? above.not_after : in.not_after;
	}
	ca_serial_new(&in.serial);
	return ca_cert_tbs(&i->home, &in, tbs, err);
}

enum fj_rc crm_root_tbs(struct iss *i, enum fj_alg alg, const struct fj_buf *spki, struct fj_buf *tbs, struct fj_err *err)
{
	return ca_tbs(i, true, alg, spki, tbs, err);
}

enum fj_rc crm_cross_tbs(struct iss *i, struct fj_slice issuer, unsigned generation, struct fj_slice spki, fj_time until, struct fj_buf *tbs, struct fj_err *err)
{
	struct ca_cert_in in = {.profile = CA_CROSS, .not_before = fj_now(), .not_after = until, .issuer_cert = issuer, .generation = generation, .spki = spki};

	ca_serial_new(&in.serial);
	return ca_cert_tbs(&i->home, &in, tbs, err);
}


static enum fj_rc ca_structure(struct iss *i, bool root, enum fj_alg alg, struct fj_buf *tbs, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	enum hsm_role role = hsm_role_by(root ? HSM_ROOT : HSM_ISSUING, alg);

	FJ_TRY(iss_signer(i, &i->make.signer, err));
	FJ_TRY(hsm_public_key(i->make.signer, role, &spki, err));
	return ca_tbs(i, root, alg, &spki, tbs, err);
}

static void kept_path(const char *name, char out[96])
{
	snprintf(out, 96, CRM_DIR "/kept-%.60s.tbs", name);
}

bool crm_kept(const struct iss *i, enum fj_alg alg, const char *name, struct fj_slice spki, struct fj_buf *tbs)
{
	struct fj_x509 x, root;
	char path[96];

	kept_path(name, path);
	fj_buf_clear(tbs);
	if (fj_file_read(AT_FDCWD, path, tbs, NULL) == FJ_OK && fj_x509_read_tbs(fj_buf_slice(tbs), &x, NULL) == FJ_OK && fj_slice_eq(x.spki, spki) &&
	    fj_x509_read(fj_buf_slice(&i->ca[alg].root), &root, NULL) == FJ_OK && fj_slice_eq(x.aki, root.ski))
		return true;
	fj_buf_clear(tbs);
	return false;
}

enum fj_rc crm_keep(const char *name, const struct fj_buf *tbs, struct fj_err *err)
{
	char path[96];

	kept_path(name, path);
	FJ_TRY(fj_dir_make(AT_FDCWD, CRM_DIR, 0755, err));
	return fj_file_replace(AT_FDCWD, path, fj_buf_slice(tbs), 0644, err);
}

enum fj_rc crm_issuing_tbs(struct iss *i, const void *of, enum fj_alg alg, bool fresh, struct fj_buf *tbs, struct fj_err *err)
{
	const struct fj_buf *spki = of;
	char name[24];

	snprintf(name, sizeof(name), "issuing%s", fj_alg_suffix(alg));
	if (!fresh && crm_kept(i, alg, name, fj_buf_slice(spki), tbs))
		return FJ_OK;
	FJ_TRY(ca_tbs(i, false, alg, spki, tbs, err));
	return crm_keep(name, tbs, err);
}

enum fj_rc crm_crl(struct iss *i, struct fj_slice root, enum fj_alg alg, uint64_t number, const struct ca_revoked *revoked, size_t n, struct fj_buf *tbs, struct fj_err *err)
{
	struct ca_crl_in in = {.issuer_cert = root, .number = number, .this_update = fj_now(),
		.next_update = fj_now() + (fj_time)CRM_ROOT_CRL_DAYS * 86400, .revoked = revoked, .n_revoked = n};

	snprintf(in.uri, sizeof(in.uri), "%s/crl/root%s.crl", i->home.base, fj_alg_suffix(alg));
	return ca_crl_tbs(&in, tbs, err);
}

enum fj_rc crm_structure(struct iss *i, enum fj_step step, enum fj_alg alg, uint64_t number, struct fj_buf *tbs, struct fj_err *err)
{
	return step == FJ_STEP_ROOT_CRL ? crm_crl(i, fj_buf_slice(&i->ca[alg].root), alg, number, NULL, 0, tbs, err) : ca_structure(i, step == FJ_STEP_ROOT, alg, tbs, err);
}

enum hsm_kind crm_kind(enum fj_step step)
{
	static const enum hsm_kind kinds[] = {[FJ_STEP_ROOT] = HSM_CERT_ROOT, [FJ_STEP_ISSUING] = HSM_CERT_ISSUING, [FJ_STEP_ROOT_CRL] = HSM_CRL_ROOT, [FJ_STEP_PROOF] = HSM_PROOF, [FJ_STEP_SUBORDINATE] = HSM_CERT_SUBORDINATE,
		[FJ_STEP_NEW_WITH_OLD] = HSM_CERT_NEW_WITH_OLD, [FJ_STEP_OLD_WITH_NEW] = HSM_CERT_OLD_WITH_NEW};

	return kinds[step];
}

/* --- challenge and answers --- */

unsigned crm_needs(const struct fj_plan *p, enum fj_step step)
{
	return step == FJ_STEP_UNSEAL ? p->unseal : p->root;
}

/* what the officers compute too; a key that is not the plan's is told before anybody is asked */
static enum fj_rc compute(const struct fj_plan *p, struct crm_item *it, struct fj_err *err)
{
	struct fj_tpm_name name;
	struct fj_hash digest;
	uint8_t xy[64];

	FJ_TRY(fj_challenge_check(&it->c, p, &name, err));
	if (fj_step_cross(it->c.step))
		FJ_TRY(fj_challenge_cross(&it->c, p, it->with, err));
	fj_challenge_xy(&it->c, xy);
	if (it->c.step != FJ_STEP_UNSEAL)
		FJ_TRY(ca_digest(it->c.alg, xy, fj_buf_slice(&it->c.structure), &digest, err));
	fj_challenge_approval(&it->c, p, &name, &digest, &it->cphash, &it->to_sign);
	return FJ_OK;
}

/* the key that a structure certifies, an issuing one or a root's: this role's, or its newer one */
static enum fj_rc key_in(struct hsm_conn *conn, const struct crm_item *it, unsigned *key, struct fj_err *err)
{
	enum hsm_role role = hsm_role_by(it->c.step == FJ_STEP_ISSUING ? HSM_ISSUING : HSM_ROOT, it->c.alg);
	struct fj_x509 x;

	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&it->c.structure), &x, err));
	for (unsigned n = 0; n < 2; n++) {
		FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
		*key = n == 0 ? role : HSM_NEWER(role);
		if (hsm_public_key(conn, *key, &spki, NULL) == FJ_OK && fj_slice_eq(fj_buf_slice(&spki), x.spki))
			return FJ_OK;
	}
	return fj_fail(err, FJ_E_INTERNAL, LAYER, NULL, "a certificate is to be signed whose key the signer does not have");
}

/* what the TPM states of the key that is to be certified, in this session; judged here before anybody is asked */
static enum fj_rc state_made(struct hsm_conn *conn, struct crm_item *it, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(512);
	FJ_AUTO(buf) ak = FJ_BUF_INIT(1024);
	FJ_AUTO(hsm_attestation) a = {.n = 0};
	unsigned keys[] = {0, HSM_AK, 0};
	struct fj_hash h;

	FJ_TRY(key_in(conn, it, &keys[2], err));
	FJ_TRY(fj_challenge_made_text(&it->c, &text));
	fj_sha256(fj_buf_slice(&text), &h);
	FJ_TRY(hsm_attest_keys(conn, FJ_SLICE(h.b, FJ_SHA256_LEN), keys, FJ_ARRAY_LEN(keys), &a, err));
	for (size_t k = 0; k < a.n; k++)
		if (a.object[k].attest.len == 0)
			return fj_fail(err, FJ_E_TPM, LAYER, "TPM 2.0 Part 3, 18.3", "the TPM does not state how the key that is to be certified was made, so no officer would approve it: %.200s", a.n_missing > 0 ? a.missing[a.n_missing - 1] : a.object[k].name);
	a.quote.attest = FJ_SLICE(NULL, 0); /* the platform is not what is asked about */
	a.n_ek = a.n_missing = 0;
	FJ_AUTO(json) doc = hsm_attestation_json(&a, fj_buf_str(&text));
	fj_buf_clear(&it->c.made);
	FJ_TRY(doc == NULL ? fj_no_memory(err, LAYER) : fj_json_canonical(doc, &it->c.made, err));
	return ver_made_judge(&it->c, &ak, err);
}

enum fj_rc crm_begin(struct hsm_conn *conn, const struct fj_plan *p, struct crm_item *it, struct fj_err *err)
{
	struct hsm_challenge ch;

	it->set = 0;
	enum fj_rc rc = it->c.step == FJ_STEP_UNSEAL ? hsm_unseal_begin(conn, &ch, err)
	    : it->c.step == FJ_STEP_MOVE ? hsm_move_begin(conn, hsm_role_by(HSM_ROOT, it->c.alg), &ch, err)
	    : hsm_quorum_begin(conn, it->follows ? HSM_NEWER(hsm_role_by(HSM_ROOT, it->c.alg)) : hsm_role_by(HSM_ROOT, it->c.alg), crm_kind(it->c.step), fj_buf_slice(&it->c.structure), &ch, err);
	if (rc == FJ_OK) {
		it->id = ch.id;
		it->until = fj_boot_ms() + (int64_t)ch.expiration * 1000 - MARGIN_MS;
		it->c.plan = p->hash;
		it->c.expiration = ch.expiration;
		memcpy(it->c.nonce, ch.nonce, sizeof(it->c.nonce));
		fj_buf_clear(&it->c.key);
		rc = fj_buf_put(&it->c.key, ch.public.data, ch.public.len);
	}
	fj_buf_release(&ch.public);
	FJ_TRY(rc);
	if (fj_step_made(it->c.step))
		FJ_TRY(state_made(conn, it, err));
	return compute(p, it, err);
}

json_t *crm_challenges(const struct crm_item *items, size_t n)
{
	FJ_AUTO(json) list = json_array();

	for (size_t k = 0; k < n; k++)
		if (items[k].out.len == 0 && json_array_append_new(list, fj_challenge_json(&items[k].c)) != 0)
			return NULL;
	return json_pack("{s:O}", "challenges", list);
}

static enum fj_rc no(struct fj_err *err, const struct fj_answer *a, const char *en, const char *zh)
{
	char to[40];

	snprintf(to, sizeof(to), a->step == FJ_STEP_UNSEAL ? "%s" : "%s, %s", fj_step_name(a->step), fj_alg_name(a->alg));
	(void)!fj_fail(err, FJ_E_REFUSED, LAYER, "formats.md 22", "the answer of %s (%s) is refused: %s", a->officer, to, en);
	fj_err_zh(err, "%s 的答复（%s）被拒绝：%s", a->officer, to, zh);
	return FJ_E_REFUSED;
}

static struct crm_item *asked(struct crm_item *items, size_t n, const struct fj_answer *a)
{
	for (size_t k = 0; k < n; k++)
		if (items[k].c.step == a->step && items[k].c.alg == a->alg && items[k].out.len == 0)
			return &items[k];
	return NULL;
}

enum fj_rc crm_take(const struct fj_plan *p, struct crm_item *items, size_t n, const struct fj_answer *a, struct fj_err *err)
{
	struct crm_item *it = asked(items, n, a);
	int officer = fj_plan_officer(p, a->officer);

	if (!fj_hash_eq(&a->plan, &p->hash))
		return no(err, a, "it is for another plan", "所属方案不同");
	if (officer < 0)
		return no(err, a, "the plan has no such officer", "方案中没有这名官员");
	if (it == NULL)
		return no(err, a, "no such structure awaits approvals in this round", "本轮没有等待批准的该结构");
	if (it->set & 1u << officer)
		return no(err, a, "this officer has approved already; each counts once", "该官员已批准；每人只计一次");
	if (fj_boot_ms() >= it->until)
		return no(err, a, "it came too late; the round goes on with a new challenge", "已超时；本轮以新的质询继续");
	if (!fj_hash_eq(&a->cphash, &it->cphash))
		return no(err, a, "it approves another structure, or a signature by another key", "批准的是另一结构，或者另一密钥的签名");
	if (ca_point_verify(NULL, p->officer[officer].xy, &it->to_sign, a->sig, NULL) != FJ_OK)
		return no(err, a, "its signature is not this officer's, or is of another session: approve the newest challenge", "签名不是该官员的，或者属于另一会话；请批准最新的质询");
	it->approval[officer].officer = (uint8_t)officer;
	memcpy(it->approval[officer].sig, a->sig, sizeof(a->sig));
	it->set |= 1u << officer;
	return FJ_OK;
}

/* --- the signature --- */

enum fj_rc crm_assemble(struct iss *i, struct crm_item *it, struct fj_slice sig, struct fj_err *err)
{
	FJ_TRY(ca_assemble(fj_buf_slice(&it->c.structure), sig, &it->out, err));
	struct fj_slice issuer = it->issuer.len > 0 ? it->issuer : fj_buf_slice(it->c.step == FJ_STEP_ROOT ? &it->out : &i->ca[it->c.alg].root);
	return ca_verify_signed_by(fj_buf_slice(&it->out), issuer, err);
}

enum fj_rc crm_signed_before(struct iss *i, struct hsm_conn *conn, const struct fj_buf *last, struct crm_item *it, struct fj_err *err)
{
	enum hsm_role role = hsm_role_by(HSM_ROOT, it->c.alg);
	struct hsm_item item = {.tbs = fj_buf_slice(last)};
	struct hsm_request r = {.role = it->follows ? (enum hsm_role)HSM_NEWER(role) : role, .kind = crm_kind(it->c.step), .items = &item, .n_items = 1};
	struct fj_hash hash;

	if (last->len == 0)
		return FJ_OK;
	fj_sha256(item.tbs, &hash);
	memcpy(item.id, hash.b, sizeof(item.id));
	enum fj_rc rc = hsm_sign(conn, &r, err);
	if (rc == FJ_E_POLICY || (rc == FJ_OK && item.rc != FJ_OK))
		return FJ_OK;
	FJ_TRY(rc);
	FJ_TRY(fj_buf_put(&it->c.structure, last->data, last->len));
	return crm_assemble(i, it, FJ_SLICE(item.sig, item.sig_len), err);
}

static size_t in_hand(const struct crm_item *it, struct hsm_officer_approval a[FJ_QUORUM_MAX])
{
	size_t n = 0;

	for (unsigned k = 0; k < FJ_QUORUM_MAX; k++)
		if (it->set & 1u << k)
			a[n++] = it->approval[k];
	return n;
}

enum fj_rc crm_sign(struct iss *i, struct hsm_conn *conn, struct crm_item *it, struct fj_err *err)
{
	struct hsm_officer_approval a[FJ_QUORUM_MAX];
	FJ_AUTO(buf) sig = FJ_BUF_INIT(96);

	FJ_TRY(hsm_quorum_sign(conn, it->id, a, in_hand(it, a), &sig, err));
	return crm_assemble(i, it, fj_buf_slice(&sig), err);
}

enum fj_rc crm_unseal(struct hsm_conn *conn, const struct crm_item *it, struct fj_err *err)
{
	struct hsm_officer_approval a[FJ_QUORUM_MAX];

	return hsm_unseal(conn, it->id, a, in_hand(it, a), err);
}
