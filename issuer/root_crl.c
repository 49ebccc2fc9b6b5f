/*
 * root_crl.c - the root's CRLs anew, after the ceremony: before they end, every verdict depends on them.
 *
 * In a home with a plan its officers approve, as in the ceremony: root.renew makes the structures and
 * answers challenges, root.answer takes one officer's answers at a time, and with the last one the
 * CRLs of all algorithms are signed, kept and published.  What awaits approvals is this process's
 * memory: after a restart it begins again.  In a home without a plan two finance officers approve.
 * A list keeps what stood on the one before, and its number rises.
 */
#include <fcntl.h>

#include "base/file.h"
#include "issuer/ceremony.h"
#include "issuer/domain.h"
#include "issuer/rules/rules.h"

#define LAYER "ceremony"
#define MAX_CAS 64 /* certificates that a root's CRL names */

void crm_renewal_free(struct crm_renewal *r)
{
	for (size_t k = 0; r != NULL && k < r->n; k++)
		crm_item_release(&r->item[k]);
	fj_free(r);
}

static enum fj_rc say(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, "formats.md 22", en, zh);
}

static size_t algorithms(const struct iss *i, enum fj_alg out[2])
{
	out[0] = FJ_ES256;
	out[1] = FJ_SM2;
	return i->sm2 ? 2 : 1;
}

/* --- the next list, from the one in force --- */

static enum fj_rc revoked_of(const struct fj_crl *crl, struct ca_revoked out[MAX_CAS], size_t *n, struct fj_err *err)
{
	struct fj_der walk = crl->entries;
	struct fj_crl_entry e;

	if (crl->n > MAX_CAS)
		return fj_fail(err, FJ_E_LIMIT, LAYER, NULL, "the root's CRL has more than %d entries", MAX_CAS);
	for (*n = 0; fj_crl_next(&walk, &e); (*n)++) {
		if (e.serial.len != sizeof(out[*n].serial.b))
			return fj_fail(err, FJ_E_CORRUPT, LAYER, NULL, "the root's CRL has a serial number that is none of ours");
		memcpy(out[*n].serial.b, e.serial.p, e.serial.len);
		out[*n].at = e.at;
		out[*n].reason = e.reason;
	}
	return FJ_OK;
}

static enum fj_rc next_tbs(struct iss_call *c, enum fj_alg alg, struct fj_buf *tbs, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct ca_revoked revoked[MAX_CAS];
	struct fj_crl crl;
	char what[24];
	size_t n = 0;

	snprintf(what, sizeof(what), "root%s.crl", fj_alg_suffix(alg));
	FJ_TRY(sto_first(c->db, STO_KEYRING_GET, &q, "root CRL", err, "t", what));
	FJ_TRY(fj_crl_read(sto_blob(&q, 0), &crl, err));
	FJ_TRY(revoked_of(&crl, revoked, &n, err));
	uint64_t number = crl.number + 1 > (uint64_t)fj_now() ? crl.number + 1 : (uint64_t)fj_now();
	return crm_crl(c->iss, alg, number, revoked, n, tbs, err);
}

/* what is signed counts from now on; the publisher finds it (lists.c) */
static enum fj_rc keep(struct iss_call *c, enum fj_alg alg, const struct fj_buf *der, const json_t *officers, struct fj_err *err)
{
	struct fj_crl crl;
	char what[24], until[FJ_TIME_CAP], hex[65];
	struct fj_hash h;

	FJ_TRY(fj_crl_read(fj_buf_slice(der), &crl, err));
	snprintf(what, sizeof(what), "root%s.crl", fj_alg_suffix(alg));
	fj_time_utc(crl.next_update, until);
	fj_sha256(fj_buf_slice(der), &h);
	fj_hex(h.b, sizeof(h.b), hex);
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:s, s:s, s:O}", "alg", fj_alg_name(alg), "number", (json_int_t)crl.number, "until", until, "sha256", hex, "officers", officers);
	FJ_TRY(evt_append(c, "root.renewed", what, body, err));
	FJ_TRY(sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", what, fj_buf_slice(der)));
	c->dirty_status = true;
	return FJ_OK;
}

enum fj_rc apply_root_renewed(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the keyring is not rebuilt; the event is the record */
}

/* --- with officers --- */

enum fj_rc crm_home_plan(struct fj_plan *p, bool *there, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_PLAN_MAX);

	enum fj_rc rc = fj_file_read(AT_FDCWD, CRM_DIR "/plan.json", &file, err);
	*there = rc != FJ_E_NOTFOUND;
	if (!*there)
		return FJ_OK;
	FJ_TRY(rc);
	return crm_plan(fj_buf_slice(&file), p, err);
}

static enum fj_rc begin(struct iss_call *c, struct crm_renewal *r, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the two that there are belong to other locks */
	enum fj_alg alg[2];
	size_t n = algorithms(c->iss, alg);

	FJ_TRY(iss_signer(c->iss, &conn, err));
	for (r->n = 0; r->n < n;) {
		struct crm_item *it = &r->item[r->n];
		crm_item_init(it, FJ_STEP_ROOT_CRL, alg[r->n++]);
		FJ_TRY(next_tbs(c, it->c.alg, &it->c.structure, err));
		FJ_TRY(crm_begin(conn, &r->plan, it, err));
	}
	FJ_AUTO(json) file = crm_challenges(r->item, r->n);
	c->answer = json_pack("{s:O, s:I, s:I}", "challenges", json_object_get(file, "challenges"), "needs", (json_int_t)r->plan.root, "seconds", (json_int_t)r->plan.expiration);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc cmd_root_renew(struct iss_call *c, struct fj_err *err)
{
	struct crm_renewal *r = fj_alloc(1, sizeof(*r));
	bool planned = false;

	if (r == NULL)
		return fj_no_memory(err, LAYER);
	enum fj_rc rc = iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err);
	if (rc == FJ_OK)
		rc = crm_home_plan(&r->plan, &planned, err);
	if (rc == FJ_OK && planned && !c->trial)
		rc = begin(c, r, err);
	if (rc == FJ_OK && planned && !c->trial) {
		crm_renewal_free(c->iss->renewal);
		c->iss->renewal = r;
		return FJ_OK;
	}
	crm_renewal_free(r);
	FJ_TRY(rc);
	return planned ? FJ_OK : apr_request(c, "root.renew", "root", c->actor->org, json_object(), err);
}

json_t *crm_names(const struct fj_plan *p, const struct crm_item *it)
{
	json_t *list = json_array();

	for (unsigned k = 0; k < p->n; k++)
		if (it->set & 1u << k)
			json_array_append_new(list, json_string(p->officer[k].login));
	return list;
}

static enum fj_rc take(struct crm_renewal *r, struct fj_slice file, struct fj_err *err)
{
	struct fj_answer a[FJ_ROUND_MAX];
	size_t n = 0;

	FJ_TRY(fj_answers_read(file, a, &n, err));
	for (size_t k = 0; k < n; k++)
		FJ_TRY(crm_take(&r->plan, r->item, r->n, &a[k], err));
	return FJ_OK;
}

/* enough for all: all are signed, or what the signer refuses is begun anew by whoever asks */
static enum fj_rc sign_all(struct iss_call *c, struct crm_renewal *r, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;

	FJ_TRY(iss_signer(c->iss, &conn, err));
	for (size_t k = 0; k < r->n; k++) {
		FJ_AUTO(json) officers = crm_names(&r->plan, &r->item[k]);
		FJ_TRY(crm_sign(c->iss, conn, &r->item[k], err));
		FJ_TRY(keep(c, r->item[k].c.alg, &r->item[k].out, officers, err));
	}
	return FJ_OK;
}

enum fj_rc cmd_root_answer(struct iss_call *c, struct fj_err *err)
{
	struct crm_renewal *r = c->iss->renewal;
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	bool enough = true;

	if (!(c->actor->roles & ISS_LOCAL)) /* who hands it in decides nothing: the officer's signature does */
		FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	if (c->trial)
		return FJ_OK;
	if (r == NULL)
		return say(err, FJ_E_STATE, "nothing of the root awaits approvals; begin with root.renew or root.move", "没有等待批准的根密钥事项；请先执行 root.renew 或者 root.move");
	FJ_TRY(take(r, fj_buf_slice(&file), err));
	bool move = r->item[0].c.step == FJ_STEP_MOVE;
	unsigned needs = move ? r->plan.move : r->plan.root;
	for (size_t k = 0; k < r->n; k++)
		enough = enough && (unsigned)__builtin_popcount(r->item[k].set) >= needs;
	FJ_AUTO(json) officers = crm_names(&r->plan, &r->item[0]);
	c->answer = json_pack("{s:O, s:I, s:b}", "officers", officers, "needs", (json_int_t)needs, "signed", enough);
	if (!enough)
		return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
	enum fj_rc rc = move ? crm_moved(c, r, err) : sign_all(c, r, err);
	crm_renewal_free(r);
	c->iss->renewal = NULL;
	return rc;
}

/* --- without --- */

static enum fj_rc sign_by_two(struct iss_call *c, const struct apr *a, enum fj_alg alg, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
	struct hsm_approval who[HSM_MAX_APPROVALS];
	struct hsm_item item = {.sig_len = 0};
	struct hsm_request r = {.role = alg == FJ_SM2 ? HSM_ROOT_SM2 : HSM_ROOT, .kind = HSM_CRL_ROOT, .approvals = who, .items = &item, .n_items = 1};
	FJ_AUTO(json) officers = json_array();

	FJ_TRY(apr_for_signer(c->db, a->id, who, &r.n_approvals, &r.intent, err));
	FJ_TRY(next_tbs(c, alg, &tbs, err));
	item.tbs = fj_buf_slice(&tbs);
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(hsm_sign(conn, &r, err));
	if (item.rc != FJ_OK)
		return fj_fail(err, item.rc, "signer", NULL, "%s", item.why);
	FJ_TRY(ca_assemble(fj_buf_slice(&tbs), FJ_SLICE(item.sig, item.sig_len), &der, err));
	FJ_TRY(ca_verify_signed_by(fj_buf_slice(&der), fj_buf_slice(&c->iss->ca[alg].root), err));
	for (size_t k = 0; k < r.n_approvals; k++)
		json_array_append_new(officers, json_string(who[k].officer));
	return keep(c, alg, &der, officers, err);
}

enum fj_rc apr_root_renew(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	enum fj_alg alg[2];
	size_t n = algorithms(c->iss, alg);

	if (c->trial)
		return FJ_OK;
	for (size_t k = 0; k < n; k++)
		FJ_TRY(sign_by_two(c, a, alg[k], err));
	return FJ_OK;
}

const struct iss_field fld_root_answer[] = {
	{"file", ISS_F_FILE, true, FJ_ROUND_OCTETS, "批准文件", "an officer's answers, as fujie-officer wrote them"},
	{0},
};
