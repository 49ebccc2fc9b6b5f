/*
 * ceremony_bond.c - officers bind the attestation key to the TPM's endorsement key (docs/formats.md 29): in the
 * ceremony, and at any time after it.
 *
 * CRM_DIR/endorsement.json is what the TPM shows; an officer's credential for it is opened by the TPM, and
 * kept with the answer in CRM_DIR/bonds.json, from where the attestation takes it.  Nothing is decided here: who
 * reads a bond checks the officer's signature and the answer, as this does before it keeps it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/ceremony.h"
#include "issuer/find.h"
#include "issuer/rules/rules.h"

#define LAYER "ceremony"
#define BONDS CRM_DIR "/bonds.json"
#define BONDS_MAX (FJ_BOND_MOST * 2 * FJ_BOND_OCTETS)

/* --- what the TPM shows --- */

static enum fj_rc copy(struct fj_slice s, struct fj_buf *to, struct fj_err *err)
{
	return fj_buf_put(to, s.p, s.len) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, LAYER, NULL, "an endorsement key or certificate of the TPM is too long");
}

enum fj_rc crm_endorsement(struct hsm_conn *conn, const struct fj_plan *p, struct fj_buf *out, bool *certified, struct fj_err *err)
{
	FJ_AUTO(hsm_endorsement) of = {.n = 0};
	FJ_AUTO(endorsement) e;
	struct fj_ek ek;

	fj_endorsement_init(&e);
	FJ_TRY(hsm_endorsement_keys(conn, &of, err));
	e.plan = p->hash;
	FJ_TRY(copy(of.ak, &e.ak, err));
	for (size_t k = 0; k < of.n && e.n < FJ_BOND_KEYS; k++)
		if (fj_ek_read(of.key[k], &ek, NULL) == FJ_OK) /* one that no credential can be made for is left out */
			FJ_TRY(copy(of.key[k], &e.key[e.n++], err));
	for (size_t k = 0; k < of.n_certificates && e.n_certificates < FJ_BOND_KEYS; k++)
		FJ_TRY(copy(of.certificate[k], &e.certificate[e.n_certificates++], err));
	*certified = e.n > 0 && e.n_certificates > 0;
	FJ_AUTO(json) doc = fj_endorsement_json(&e);
	FJ_TRY(doc == NULL ? fj_no_memory(err, LAYER) : fj_json_canonical(doc, out, err));
	return fj_put_u8(out, '\n');
}

/* --- bonds --- */

enum fj_rc crm_bonds(json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(BONDS_MAX);

	*out = NULL;
	if (access(BONDS, F_OK) != 0)
		return FJ_OK;
	FJ_TRY(fj_file_read(AT_FDCWD, BONDS, &text, err));
	return fj_json_parse(fj_buf_slice(&text), text.len, out, err);
}

/* the newest stand last; the oldest make room */
static enum fj_rc keep(const struct fj_bond *b, struct fj_slice secret, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(BONDS_MAX);
	json_t *there = NULL;

	FJ_TRY(crm_bonds(&there, err));
	FJ_AUTO(json) list = there != NULL ? there : json_array();
	FJ_AUTO(json) one = fj_bonded_json(b, secret);
	for (size_t k = 0; k < json_array_size(list); k++)
		if (json_equal(json_array_get(list, k), one))
			return fj_refuse(err, FJ_E_EXISTS, LAYER, "formats.md 29", "this credential was answered already; make another one", "该凭据已应答过；请另行生成");
	if (json_array_size(list) == FJ_BOND_MOST)
		json_array_remove(list, 0);
	if (one == NULL || json_array_append(list, one) != 0)
		return fj_no_memory(err, LAYER);
	FJ_TRY(fj_json_canonical(list, &text, err));
	FJ_TRY(fj_put_u8(&text, '\n'));
	return fj_file_replace(AT_FDCWD, BONDS, fj_buf_slice(&text), 0644, err);
}

/* what the TPM says to a credential that is not for it is said in words; its code stays */
static enum fj_rc not_opened(const struct fj_err *why, struct fj_err *err)
{
	(void)!fj_fail(err, FJ_E_REFUSED, LAYER, "TPM 2.0 Part 3, 12.5", "the TPM does not open the credential: it was made for another attestation key or another TPM, or was changed; %.120s", why->en);
	fj_err_zh(err, "TPM 不能打开该凭据：它是为另一证明密钥或另一 TPM 生成的，或者已被改动；%.120s", why->zh);
	return FJ_E_REFUSED;
}

enum fj_rc crm_bond(struct hsm_conn *conn, const struct fj_plan *p, const json_t *challenge, struct fj_bond *b, struct fj_buf *secret, struct fj_err *err)
{
	struct fj_err why = {0};
	int who;

	FJ_TRY(fj_bond_read(challenge, b, err));
	FJ_TRY(fj_bond_check(b, p, ca_point_verify, NULL, &who, err));
	enum fj_rc rc = hsm_activate(conn, fj_buf_slice(&b->ek), fj_buf_slice(&b->credential), fj_buf_slice(&b->seed), secret, &why);
	if (rc == FJ_E_TPM)
		return not_opened(&why, err);
	if (rc != FJ_OK) {
		*err = why;
		return rc;
	}
	FJ_TRY(fj_bond_answered(b, fj_buf_slice(secret), err));
	return keep(b, fj_buf_slice(secret), err);
}

/* --- commands, of a home that is there --- */

const struct iss_field fld_ceremony_bond[] = {
	{"file", ISS_F_FILE, true, FJ_BOND_OCTETS, "凭据文件", "an officer's credential, as fujie-officer bond wrote it"},
	{0},
};

static enum fj_rc begin(struct iss_call *c, struct fj_plan *p, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_PLAN_MAX);

	if (!(c->actor->roles & ISS_LOCAL))
		FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	enum fj_rc rc = fj_file_read(AT_FDCWD, CRM_DIR "/plan.json", &file, err);
	if (rc == FJ_E_NOTFOUND)
		return fj_refuse(err, FJ_E_STATE, LAYER, "formats.md 29", "this home has no plan of officers, so nobody binds its keys", "本系统没有官员方案，无人可核对绑定");
	FJ_TRY(rc);
	return crm_plan(fj_buf_slice(&file), p, err);
}

enum fj_rc cmd_ceremony_endorsement(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ENDORSEMENT_OCTETS);
	struct fj_plan p;
	bool certified;

	FJ_TRY(begin(c, &p, err));
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(crm_endorsement(conn, &p, &text, &certified, err));
	return fnd_file(c, "endorsement.json", "application/json", &text, err);
}

static enum fj_rc note(struct iss_call *c, const struct fj_bond *b, struct fj_err *err)
{
	char made[FJ_TIME_CAP], ek[65], expects[65];
	struct fj_hash h;

	fj_time_utc(b->made, made);
	fj_sha256(fj_buf_slice(&b->ek), &h);
	fj_hex(h.b, sizeof(h.b), ek);
	fj_hex(b->expects.b, sizeof(b->expects.b), expects);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s}", "officer", b->officer, "made", made, "ek", ek, "expects", expects);
	return evt_append(c, "attestation.bound", "", body, err);
}

enum fj_rc apply_attestation_bound(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the bonds lie beside the plan; the event is the record */
}

enum fj_rc cmd_ceremony_bond(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_BOND_OCTETS);
	FJ_AUTO(buf) secret = FJ_BUF_INIT(FJ_BOND_SECRET);
	FJ_AUTO(json) challenge = NULL;
	FJ_AUTO(bond) b;
	struct fj_plan p;

	fj_bond_init(&b);
	FJ_TRY(begin(c, &p, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(fj_json_parse(fj_buf_slice(&file), FJ_BOND_OCTETS, &challenge, err));
	if (c->trial)
		return FJ_OK;
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(crm_bond(conn, &p, challenge, &b, &secret, err));
	FJ_TRY(note(c, &b, err));
	c->iss->pub.attest = true; /* it is said anew, with this */
	c->iss->pub.attest_at = 0;
	c->dirty_status = true;
	c->answer = json_pack("{s:s, s:b}", "officer", b.officer, "bound", 1);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}
