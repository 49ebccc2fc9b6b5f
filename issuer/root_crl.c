/*
 * root_crl.c - the root's CRLs anew, after the ceremony: before they end, every verdict depends on them.
 *
 * In a home with a plan its officers approve, as in the ceremony: root.renew makes the structures and
 * answers challenges, root.answer takes one officer's answers at a time, and with the last one the
 * CRLs of all algorithms are signed, kept and published.  What awaits approvals is this process's
 * memory: after a restart it begins again.  In a home without a plan two finance officers approve.
 * A list keeps what stood on the one before, and its number rises; root.renew may add a subordinate CA
 * (certify.c), whose certificates go the same way through answers to a signature.
 */
#include <fcntl.h>

#include "base/file.h"
#include "issuer/ceremony.h"
#include "issuer/domain.h"
#include "issuer/rules/rules.h"
#include "issuer/spare.h"

#define LAYER "ceremony"
#define MAX_CAS 64 /* certificates that a root's CRL names */

void crm_renewal_free(struct crm_renewal *r)
{
	for (size_t k = 0; r != NULL && k < r->n; k++)
		crm_item_release(&r->item[k]);
	if (r != NULL) {
		crm_sub_release(&r->sub);
		crm_succession_free(r->succession);
	}
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

/* a CA that is to be revoked, and why: a subordinate by its number, or a former generation of this appliance's own */
struct revoking {
	int64_t number, generation; /* 0: none */
	enum fj_alg alg;            /* of the generation */
	unsigned reason;
};

static const char *const reasons[] = {"keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation", NULL}; /* RFC 5280 5.3.1, from 1 */

/* "issuing.1", "issuing-sm2.2" */
static enum fj_rc generation_of(const char *name, struct revoking *r, struct fj_err *err)
{
	const char *dot = strchr(name, '.');

	if (name[0] == '\0')
		return FJ_OK;
	size_t n = dot == NULL ? 0 : (size_t)(dot - name);
	r->alg = n == strlen("issuing-sm2") ? FJ_SM2 : FJ_ES256;
	if (dot == NULL || strncmp(name, "issuing-sm2", n) != 0 || (n != strlen("issuing") && n != strlen("issuing-sm2")) || dot[1] < '1' || dot[1] > '9' || dot[2] != '\0')
		return say(err, FJ_E_INVALID, "a former key of the issuing CA is called like \"issuing.1\": its name in key.list", "签发机构原密钥的名称形如 issuing.1，见 key.list");
	r->generation = dot[1] - '0';
	return FJ_OK;
}

static enum fj_rc revoking_of(const json_t *o, struct revoking *r, struct fj_err *err)
{
	const char *why = fj_json_peek(o, "reason");

	*r = (struct revoking){.number = fj_json_num(o, "revoke"), .alg = FJ_ES256};
	FJ_TRY(generation_of(fj_json_text(o, "former"), r, err));
	if (r->number > 0 && r->generation > 0)
		return say(err, FJ_E_INVALID, "one CA is revoked at a time: a subordinate, or a former key of this one", "一次只吊销一个签发机构：下级签发机构，或者本签发机构的原密钥");
	if (r->number <= 0 && r->generation == 0)
		return why == NULL ? FJ_OK : say(err, FJ_E_INVALID, "a reason was given, and no CA that is to be revoked", "给出了吊销原因，但没有指明要吊销的签发机构");
	for (unsigned k = 0; why != NULL && reasons[k] != NULL; k++)
		if (strcmp(reasons[k], why) == 0)
			r->reason = k + 1;
	return r->reason != 0 ? FJ_OK : say(err, FJ_E_INVALID, "the reason is missing: keyCompromise, cACompromise, affiliationChanged, superseded or cessationOfOperation", "缺少吊销原因：keyCompromise、cACompromise、affiliationChanged、superseded 或 cessationOfOperation");
}

/* has the signer signed an entry of it? */
static enum fj_rc signer_names(struct iss_call *c, const char *serial, bool *yes, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(json) status = NULL;
	json_t *v;
	size_t i;

	*yes = false;
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(hsm_status(conn, &status, err));
	json_array_foreach(json_object_get(status, "revoked"), i, v)
		*yes = *yes || strcmp(json_string_value(v), serial) == 0;
	return FJ_OK;
}

/* The entry's date is fixed when the revocation is asked for, and kept before anything is signed: a signer that has signed an
 * entry signs no other date for it, so what was cut between its part and ours has to come again octet by octet.  What nobody has signed
 * is asked for anew, with another date and reason. */
static enum fj_rc begun_at(struct iss_call *c, struct ca_revoked *one, bool asked, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char key[64], hex[33], value[40], *end;
	bool is_signed;

	fj_hex(one->serial.b, sizeof(one->serial.b), hex);
	snprintf(key, sizeof(key), "revoking.%s", hex);
	snprintf(value, sizeof(value), "%lld %u", (long long)fj_now(), one->reason);
	if (asked && !c->trial) {
		FJ_TRY(signer_names(c, hex, &is_signed, err));
		FJ_TRY(sto_run(c->db, is_signed ? STO_SETTING_ADD : STO_SETTING_PUT, NULL, err, "tt", key, value));
	}
	enum fj_rc rc = sto_first(c->db, STO_SETTING_GET, &q, key, err, "t", key);
	if (rc == FJ_E_NOTFOUND && c->trial) {
		one->at = fj_now();
		return FJ_OK;
	}
	FJ_TRY(rc);
	one->at = strtoll(sto_text(&q, 0), &end, 10);
	if ((unsigned)strtoul(end, NULL, 10) == one->reason)
		return FJ_OK;
	return say(err, FJ_E_STATE, "this revocation was begun with another reason, and is signed in part; give that one", "该吊销已按另一原因开始办理，并已部分签名；请填写原来的原因");
}

/* The newest generation is not revoked: the newer key comes first, so that lists go on. */
static enum fj_rc former_serial(struct iss_call *c, enum fj_alg alg, const struct revoking *r, struct ca_revoked *one, size_t *n, struct fj_err *err)
{
	const struct iss_ca *ca = &c->iss->ca[alg];
	struct ca_info info;

	if (alg != r->alg)
		return FJ_OK;
	if (r->generation >= (int64_t)ca->n_issuing)
		return say(err, FJ_E_STATE, "this is no former key of the issuing CA: a newer one is made and certified first (key roll issuing), then the former one can be revoked", "这不是签发机构的原密钥：请先制作并认证新密钥（key roll issuing），再吊销原密钥");
	FJ_TRY(rol_leaves_nobody(c, alg, r->generation, err));
	FJ_TRY(ca_cert_info(fj_buf_slice(&ca->issuing[r->generation - 1].cert), &info, err));
	one->serial = info.serial;
	one->reason = r->reason;
	*n = 1;
	return FJ_OK;
}

/* *n: 1, or 0 where nothing of this hierarchy is to be revoked */
static enum fj_rc to_revoke(struct iss_call *c, enum fj_alg alg, const struct revoking *r, struct ca_revoked *one, size_t *n, struct fj_err *err)
{
	*n = 0;
	if (r->generation > 0)
		return former_serial(c, alg, r, one, n, err);
	if (r->number == 0)
		return FJ_OK;
	enum fj_rc rc = crm_sub_serial(c->db, r->number, alg, &one->serial, err);
	if (rc == FJ_E_NOTFOUND && alg != FJ_ES256)
		return FJ_OK; /* it has none of this hierarchy */
	FJ_TRY(rc);
	one->reason = r->reason;
	*n = 1;
	return FJ_OK;
}

static enum fj_rc add_revoked(const struct ca_revoked *one, struct ca_revoked list[MAX_CAS], size_t *n, struct fj_err *err)
{
	for (size_t k = 0; k < *n; k++)
		if (memcmp(list[k].serial.b, one->serial.b, sizeof(one->serial.b)) == 0)
			return say(err, FJ_E_STATE, "this CA is revoked already", "该签发机构已被吊销");
	if (*n == MAX_CAS)
		return fj_fail(err, FJ_E_LIMIT, LAYER, NULL, "the root's CRL has room for %d entries", MAX_CAS);
	list[(*n)++] = *one;
	return FJ_OK;
}

static enum fj_rc next_list(struct iss_call *c, enum fj_alg alg, struct fj_slice root, const struct revoking *more, bool asked, struct fj_buf *tbs, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct ca_revoked revoked[MAX_CAS], one;
	struct fj_crl crl;
	char what[24];
	size_t n = 0, adds;

	FJ_TRY(to_revoke(c, alg, more, &one, &adds, err));
	snprintf(what, sizeof(what), "root%s.crl", fj_alg_suffix(alg));
	FJ_TRY(sto_first(c->db, STO_KEYRING_GET, &q, "root CRL", err, "t", what));
	FJ_TRY(fj_crl_read(sto_blob(&q, 0), &crl, err));
	FJ_TRY(revoked_of(&crl, revoked, &n, err));
	if (adds > 0) {
		FJ_TRY(add_revoked(&one, revoked, &n, err));
		FJ_TRY(begun_at(c, &revoked[n - 1], asked, err));
	}
	uint64_t number = crl.number + 1 > (uint64_t)fj_now() ? crl.number + 1 : (uint64_t)fj_now();
	return crm_crl(c->iss, root, alg, number, revoked, n, tbs, err);
}

static enum fj_rc next_tbs(struct iss_call *c, enum fj_alg alg, const struct revoking *more, bool asked, struct fj_buf *tbs, struct fj_err *err)
{
	return next_list(c, alg, fj_buf_slice(&c->iss->ca[alg].root), more, asked, tbs, err);
}

enum fj_rc crm_next_list(struct iss_call *c, enum fj_alg alg, struct fj_slice root, struct fj_buf *tbs, struct fj_err *err)
{
	static const struct revoking none;

	return next_list(c, alg, root, &none, false, tbs, err);
}

/* under a generation of our CA that is revoked nobody answers "good" any more, and its lists are the newest one's to sign */
static enum fj_rc drop_responders(struct iss_call *c, enum fj_alg alg, const struct fj_crl *crl, struct fj_err *err)
{
	const struct iss_ca *ca = &c->iss->ca[alg];
	struct fj_crl_entry e;
	struct fj_x509 x;
	char row[24];

	for (size_t k = 0; k + 1 < ca->n_issuing; k++) {
		FJ_TRY(fj_x509_read(fj_buf_slice(&ca->issuing[k].cert), &x, err));
		for (struct fj_der walk = crl->entries; fj_crl_next(&walk, &e);) {
			if (!fj_slice_eq(e.serial, x.serial) || ca->issuing[k].ocsp.len == 0)
				continue;
			iss_responder_row(alg, (unsigned)k + 1, row);
			FJ_TRY(sto_run(c->db, STO_KEYRING_DROP, NULL, err, "t", row));
			c->iss->rolled = true;
		}
	}
	return FJ_OK;
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
	return drop_responders(c, alg, &crl, err);
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

static enum fj_rc structure_of(struct iss_call *c, const struct crm_renewal *r, enum fj_alg alg, const struct revoking *more, bool fresh, struct fj_buf *tbs, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);

	if (r->what == CRM_LISTS)
		return next_tbs(c, alg, more, true, tbs, err);
	if (r->what == CRM_CERTIFY)
		return crm_sub_tbs(c->iss, &r->sub, alg, fresh, tbs, err);
	FJ_TRY(rol_made(c->db, alg, &spki, err));
	return crm_issuing_tbs(c->iss, &spki, alg, fresh, tbs, err);
}

static enum fj_rc begin(struct iss_call *c, struct crm_renewal *r, const struct revoking *more, struct fj_err *err)
{
	static const enum fj_step steps[] = {[CRM_LISTS] = FJ_STEP_ROOT_CRL, [CRM_CERTIFY] = FJ_STEP_SUBORDINATE, [CRM_ISSUE] = FJ_STEP_ISSUING};
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the two that there are belong to other locks */
	enum fj_alg alg[2] = {FJ_ES256};
	size_t n = r->what == CRM_CERTIFY && !r->sub.request.sm2 ? 1 : algorithms(c->iss, alg);

	if (r->what == CRM_ISSUE) {
		alg[0] = strcmp(fj_json_text(c->params, "key"), "issuing-sm2") == 0 ? FJ_SM2 : FJ_ES256;
		n = 1;
	}
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(crm_sub_former(c->iss, conn, &r->sub, err));
	for (r->n = 0; r->n < n;) {
		struct crm_item *it = &r->item[r->n];
		crm_item_init(it, steps[r->what], alg[r->n++]);
		FJ_TRY(structure_of(c, r, it->c.alg, more, false, &it->c.structure, err));
		enum fj_rc rc = crm_begin(conn, &r->plan, it, err);
		if (rc == FJ_E_STATE && r->what != CRM_LISTS) { /* what was kept was never signed, and its time is over */
			fj_buf_clear(&it->c.structure);
			FJ_TRY(structure_of(c, r, it->c.alg, more, true, &it->c.structure, err));
			rc = crm_begin(conn, &r->plan, it, err);
		}
		FJ_TRY(rc);
	}
	FJ_AUTO(json) file = crm_challenges(r->item, r->n);
	c->answer = json_pack("{s:O, s:I, s:I}", "challenges", json_object_get(file, "challenges"), "needs", (json_int_t)r->plan.root, "seconds", (json_int_t)r->plan.expiration);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

/* with a plan they await its officers, in the place of what did before; r is taken then */
static enum fj_rc put_before_officers(struct iss_call *c, struct crm_renewal *r, const struct revoking *more, bool *planned, struct fj_err *err)
{
	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(crm_home_plan(&r->plan, planned, err));
	if (!*planned || c->trial)
		return FJ_OK;
	FJ_TRY(begin(c, r, more, err));
	crm_renewal_free(c->iss->renewal);
	c->iss->renewal = r;
	return FJ_OK;
}

static void keep_or_free(struct iss_call *c, struct crm_renewal *r)
{
	if (c->iss->renewal != r)
		crm_renewal_free(r);
}

enum fj_rc crm_renewal_sub(struct iss_call *c, const struct crm_sub *s, bool *planned, struct fj_err *err)
{
	struct crm_renewal *r = fj_alloc(1, sizeof(*r));

	if (r == NULL)
		return fj_no_memory(err, LAYER);
	r->what = CRM_CERTIFY;
	r->sub = *s;
	memset(&r->sub.request, 0, sizeof(r->sub.request));
	enum fj_rc rc = fj_ca_request_copy(&s->request, &r->sub.request, err);
	if (rc == FJ_OK)
		rc = put_before_officers(c, r, NULL, planned, err);
	keep_or_free(c, r);
	return rc;
}

enum fj_rc cmd_root_issue(struct iss_call *c, struct fj_err *err)
{
	struct crm_renewal *r = fj_alloc(1, sizeof(*r));
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	bool planned = false;

	if (r == NULL)
		return fj_no_memory(err, LAYER);
	r->what = CRM_ISSUE;
	enum fj_rc rc = spr_may(c->iss, err);
	if (rc == FJ_OK)
		rc = rol_made(c->db, strcmp(fj_json_text(c->params, "key"), "issuing-sm2") == 0 ? FJ_SM2 : FJ_ES256, &spki, err);
	if (rc == FJ_OK)
		rc = put_before_officers(c, r, NULL, &planned, err);
	keep_or_free(c, r);
	return rc;
}

enum fj_rc cmd_root_renew(struct iss_call *c, struct fj_err *err)
{
	struct crm_renewal *r = fj_alloc(1, sizeof(*r));
	struct revoking more;
	bool planned = false;

	if (r == NULL)
		return fj_no_memory(err, LAYER);
	enum fj_rc rc = c->iss->limited ? say(err, FJ_E_REFUSED, "this home's root is another appliance's: get its newest list there, and take it in with fujie ceremony parent-crl", "本系统的根属于另一系统：请从该系统取得最新吊销列表，再用 fujie ceremony parent-crl 导入") : revoking_of(c->params, &more, err);
	if (rc == FJ_OK)
		rc = put_before_officers(c, r, &more, &planned, err);
	keep_or_free(c, r);
	FJ_TRY(rc);
	if (planned)
		return FJ_OK;
	if ((more.number != 0 || more.generation != 0) && !c->trial) { /* its date is of now, however often it has to be tried */
		struct ca_revoked one;
		size_t n;
		for (enum fj_alg alg = FJ_ES256; alg <= fj_last_alg(c->iss->sm2); alg++) {
			FJ_TRY(to_revoke(c, alg, &more, &one, &n, err));
			if (n > 0)
				FJ_TRY(begun_at(c, &one, true, err));
		}
	}
	FJ_AUTO(json) payload = more.number != 0 ? json_pack("{s:I, s:s}", "revoke", (json_int_t)more.number, "reason", reasons[more.reason - 1])
	    : more.generation != 0 ? json_pack("{s:s, s:s}", "former", fj_json_text(c->params, "former"), "reason", reasons[more.reason - 1]) : json_object();
	return apr_request(c, "root.renew", "root", c->actor->org, payload, err);
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

static enum fj_rc keep_certificates(struct iss_call *c, struct crm_renewal *r, struct fj_err *err)
{
	struct fj_buf der[FJ_ALG_END] = {{0}};
	FJ_AUTO(json) officers = crm_names(&r->plan, &r->item[0]);

	for (size_t k = 0; k < r->n; k++)
		der[r->item[k].c.alg] = r->item[k].out; /* borrowed */
	return crm_sub_keep(c, &r->sub, der, officers, err);
}

/* enough for all: all are signed, or what the signer refuses is begun anew by whoever asks */
static enum fj_rc sign_all(struct iss_call *c, struct crm_renewal *r, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;

	FJ_TRY(iss_signer(c->iss, &conn, err));
	for (size_t k = 0; k < r->n; k++) {
		FJ_AUTO(json) officers = crm_names(&r->plan, &r->item[k]);
		FJ_TRY(crm_sign(c->iss, conn, &r->item[k], err));
		if (r->what == CRM_LISTS)
			FJ_TRY(keep(c, r->item[k].c.alg, &r->item[k].out, officers, err));
		else if (r->what == CRM_ISSUE)
			FJ_TRY(rol_certified(c, r->item[k].c.alg, &r->item[k].out, officers, err));
	}
	return r->what == CRM_CERTIFY ? keep_certificates(c, r, err) : FJ_OK;
}

enum fj_rc cmd_root_answer(struct iss_call *c, struct fj_err *err)
{
	struct crm_renewal *r = c->iss->renewal;
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	bool enough = true;

	if (!(c->actor->roles & ISS_LOCAL)) /* who hands it in decides nothing: the officer's signature does */
		FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(spr_may(c->iss, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	if (c->trial)
		return FJ_OK;
	if (r == NULL)
		return say(err, FJ_E_STATE, "nothing of the root awaits approvals; begin with root.renew, root.issue, root.certify, root.move or root.succeed", "没有等待批准的根密钥事项；请先执行 root.renew、root.issue、root.certify、root.move 或者 root.succeed");
	FJ_TRY(r->what == CRM_SUCCEED ? crm_succession_take(r, fj_buf_slice(&file), err) : take(r, fj_buf_slice(&file), err));
	bool move = r->item[0].c.step == FJ_STEP_MOVE;
	unsigned needs = move ? r->plan.move : r->plan.root;
	for (size_t k = 0; k < r->n; k++)
		enough = enough && (unsigned)__builtin_popcount(r->item[k].set) >= needs;
	FJ_AUTO(json) officers = crm_names(&r->plan, &r->item[0]);
	c->answer = json_pack("{s:O, s:I, s:b}", "officers", officers, "needs", (json_int_t)needs, "signed", enough);
	if (!enough)
		return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
	enum fj_rc rc = move ? crm_moved(c, r, err) : r->what == CRM_SUCCEED ? crm_succession_sign(c, r, err) : sign_all(c, r, err);
	crm_renewal_free(r);
	c->iss->renewal = NULL;
	return rc;
}

/* --- without --- */

enum fj_rc crm_sign_by_two(struct iss_call *c, const struct apr *a, enum fj_alg alg, enum hsm_kind kind, struct fj_slice tbs, struct fj_buf *der, json_t **officers, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	struct hsm_approval who[HSM_MAX_APPROVALS];
	struct hsm_item item = {.tbs = tbs};
	struct fj_hash h;
	struct hsm_request r = {.role = hsm_role_by(HSM_ROOT, alg), .kind = kind, .approvals = who, .items = &item, .n_items = 1};

	fj_sha256(tbs, &h);
	memcpy(item.id, h.b, sizeof(item.id)); /* asked again, since the answer was lost, it gets the signature that was made */
	FJ_TRY(apr_for_signer(c->db, a->id, who, &r.n_approvals, &r.intent, err));
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(hsm_sign(conn, &r, err));
	if (item.rc != FJ_OK)
		return fj_fail(err, item.rc, "signer", NULL, "%s", item.why);
	FJ_TRY(ca_assemble(tbs, FJ_SLICE(item.sig, item.sig_len), der, err));
	FJ_TRY(ca_verify_signed_by(fj_buf_slice(der), fj_buf_slice(&c->iss->ca[alg].root), err));
	*officers = json_array();
	for (size_t k = 0; k < r.n_approvals; k++)
		json_array_append_new(*officers, json_string(who[k].officer));
	return *officers != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc crm_once_by_two(struct iss_call *c, const struct apr *a, enum fj_alg alg, enum hsm_kind kind, crm_make make, const void *of, struct fj_buf *der, json_t **officers, struct fj_err *err)
{
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);

	FJ_TRY(make(c->iss, of, alg, false, &tbs, err));
	enum fj_rc rc = crm_sign_by_two(c, a, alg, kind, fj_buf_slice(&tbs), der, officers, err);
	if (rc != FJ_E_STATE)
		return rc;
	fj_buf_clear(&tbs);
	FJ_TRY(make(c->iss, of, alg, true, &tbs, err));
	return crm_sign_by_two(c, a, alg, kind, fj_buf_slice(&tbs), der, officers, err);
}

enum fj_rc apr_root_renew(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	enum fj_alg alg[2];
	size_t n = algorithms(c->iss, alg);
	struct revoking more;

	FJ_TRY(revoking_of(a->payload, &more, err));
	if (c->trial)
		return FJ_OK;
	for (size_t k = 0; k < n; k++) {
		FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
		FJ_AUTO(json) officers = NULL;
		FJ_TRY(next_tbs(c, alg[k], &more, false, &tbs, err));
		FJ_TRY(crm_sign_by_two(c, a, alg[k], HSM_CRL_ROOT, fj_buf_slice(&tbs), &der, &officers, err));
		FJ_TRY(keep(c, alg[k], &der, officers, err));
	}
	return FJ_OK;
}

/* --- of a root that is elsewhere --- */

enum fj_rc crm_list_take(struct iss_call *c, struct fj_slice der, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) copy = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
	FJ_AUTO(json) officers = json_pack("[s]", c->actor->login);
	FJ_AUTO(crm_newer) up = {.n = 0};
	struct fj_crl now, before;
	char what[24];

	FJ_TRY(fj_crl_read(der, &now, err));
	if (now.alg == FJ_SM2 && !c->iss->sm2)
		return FJ_OK; /* the parent's file may have it */
	snprintf(what, sizeof(what), "root%s.crl", fj_alg_suffix(now.alg));
	FJ_TRY(crm_parent_signed(c, now.alg, der, &up, err));
	FJ_TRY(sto_first(c->db, STO_KEYRING_GET, &q, "root CRL", err, "t", what));
	FJ_TRY(fj_crl_read(sto_blob(&q, 0), &before, err));
	if (!fj_slice_eq(now.uri, before.uri) || !fj_slice_eq(now.issuer, before.issuer))
		return say(err, FJ_E_REFUSED, "the list is not the one that this home's CA certificate names", "该吊销列表不是本系统签发机构证书所指的列表");
	if (now.number < before.number)
		return say(err, FJ_E_REFUSED, "the list is older than the one that is kept: its number is lower", "该吊销列表比现有的旧：编号更小");
	if (c->trial || now.number == before.number)
		return FJ_OK;
	FJ_TRY(fj_buf_put(&copy, der.p, der.len));
	return keep(c, now.alg, &copy, officers, err);
}

const struct iss_field fld_root_renew[] = {
	{"revoke", ISS_F_INT, false, 64, "吊销的下级签发机构编号", "a subordinate CA's number (ca/subordinate-N.pem) that is to be revoked by it"},
	{"former", ISS_F_STR, false, 16, "吊销的原签发密钥", "a former key of this appliance's own issuing CA, such as issuing.1, that is to be revoked by it", NULL, "formats.md 26"},
	{"reason", ISS_F_STR, false, 20, "吊销原因", "keyCompromise, cACompromise, affiliationChanged, superseded or cessationOfOperation", reasons},
	{0},
};
static const char *const issuing_keys[] = {"issuing", "issuing-sm2", NULL};
const struct iss_field fld_root_issue[] = {
	{"key", ISS_F_STR, true, 16, "签发密钥", "issuing or issuing-sm2: the newer one, which was made by key.roll", issuing_keys, "formats.md 26"},
	{0},
};
const struct iss_field fld_root_answer[] = {
	{"file", ISS_F_FILE, true, FJ_ROUND_OCTETS, "批准文件", "an officer's answers, as fujie-officer wrote them"},
	{0},
};
