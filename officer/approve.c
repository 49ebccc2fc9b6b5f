/*
 * approve.c - the approval of what an appliance wants its root to sign, or its TPM to unseal.
 *
 * In this order: the plan with all its signatures; each challenge against the plan; each
 * structure against plan, step and key, shown, and asked about by itself; only then the key is
 * opened, and all are signed, or none.  Digest and cpHash are computed here.
 */
#include "officer/officer.h"
#include "verifier/verify.h"

static enum fj_rc read_plan(const char *path, struct fj_plan *p, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	unsigned by;

	FJ_TRY(ofc_read(path, &text, err));
	FJ_TRY(fj_plan_signed_read(fj_buf_slice(&text), ofc_verify, NULL, p, &by, err));
	return fj_plan_all(p, by, err);
}

struct item {
	struct fj_hash digest, cphash, to_sign;
};

/* where one root certifies another: its plan, in force, the one that follows this one or that this one follows */
static enum fj_rc cross(const struct ofc *o, const struct fj_plan *p, const struct fj_challenge *c, struct fj_plan *with, struct fj_err *err)
{
	if (o->other == NULL)
		return fj_refuse(err, FJ_E_USAGE, OFC_LAYER, "formats.md 33", "one generation of the root certifies another here: name the signed plan of that one too, --other FILE", "此处由一代根认证另一代根：请以 --other 文件 指明另一代根的已签方案");
	FJ_TRY(read_plan(o->other, with, err));
	return fj_challenge_cross(c, p, with, err);
}

/* the key that is certified was made in a TPM and stays there, by the statements of that attestation key; of the other steps nothing is asked */
static enum fj_rc made(const struct fj_challenge *c, struct fj_tpm_name *ak, struct fj_err *err)
{
	FJ_AUTO(buf) area = FJ_BUF_INIT(1024);
	struct fj_err why = {0};

	if (!fj_step_made(c->step))
		return FJ_OK;
	enum fj_rc rc = ver_made_judge(c, &area, &why);
	if (rc == FJ_OK) {
		fj_tpm_name_of(fj_buf_slice(&area), ak);
		return FJ_OK;
	}
	(void)!fj_fail(err, rc, OFC_LAYER, why.cite, "don't approve: %.300s", why.en);
	fj_err_zh(err, "请勿批准：%.380s", why.zh);
	return fj_err_at(err, rc, "made");
}

/* check, compute, show, ask */
static enum fj_rc consider(const struct ofc *o, const struct fj_plan *p, const struct fj_challenge *c, struct item *i, struct fj_err *err)
{
	struct fj_plan with;
	struct fj_tpm_name name, ak;
	uint8_t xy[64];

	FJ_TRY(fj_challenge_check(c, p, &name, err));
	if (c->step == FJ_STEP_UNSEAL) {
		fj_challenge_approval(c, p, &name, NULL, &i->cphash, &i->to_sign);
		ofc_show_unseal(o, p, c, &name);
		return ofc_ask(o, "\n要解封签发密钥吗？批准请输入“是”：", "\nAre the issuing keys to be unsealed? To approve type \"yes\": ", err);
	}
	if (fj_step_cross(c->step))
		FJ_TRY(cross(o, p, c, &with, err));
	FJ_TRY(made(c, &ak, err));
	fj_challenge_xy(c, xy);
	FJ_TRY(ofc_digest(c->alg, xy, fj_buf_slice(&c->structure), &i->digest, err));
	fj_challenge_approval(c, p, &name, &i->digest, &i->cphash, &i->to_sign);
	FJ_TRY(ofc_show_structure(o, p, fj_step_cross(c->step) ? &with : NULL, c, &i->digest, err));
	if (fj_step_made(c->step))
		ofc_show_made(o, c->step, &ak);
	if (c->step == FJ_STEP_MOVE)
		return ofc_ask(o, "\n根密钥就是要迁往这台备机吗？批准请输入“是”：", "\nIs this where the root is to go? To approve type \"yes\": ", err);
	if (c->step == FJ_STEP_NEW_WITH_OLD)
		return ofc_ask(o, "\n要把根移交给新方案的官员吗？批准请输入“是”：", "\nIs the root to pass to the officers of the new plan? To approve type \"yes\": ", err);
	return ofc_ask(o, "\n这就是要由根签名的内容吗？批准请输入“是”：", "\nIs this what the root is to sign? To approve type \"yes\": ", err);
}

static enum fj_rc answer(const struct ofc_key *k, const struct fj_plan *p, int who, const struct fj_challenge *c, const struct item *i, struct fj_answer *a, struct fj_err *err)
{
	*a = (struct fj_answer){.plan = p->hash, .cphash = i->cphash, .step = c->step, .alg = c->alg};
	memcpy(a->officer, p->officer[who].login, sizeof(a->officer));
	return ofc_key_sign(k, &i->to_sign, a->sig, err);
}

static enum fj_rc report(const struct ofc *o, const struct fj_plan *p, int who, const struct fj_round *r, const struct item *item, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	char hash[65], digest[65], cphash[65];
	struct fj_hash h;

	for (size_t i = 0; i < r->n; i++) {
		bool sign = r->c[i].step != FJ_STEP_UNSEAL;
		fj_sha256(fj_buf_slice(&r->c[i].structure), &h);
		fj_hex(h.b, sizeof(h.b), hash);
		fj_hex(item[i].digest.b, sizeof(item[i].digest.b), digest);
		fj_hex(item[i].cphash.b, sizeof(item[i].cphash.b), cphash);
		if (json_array_append_new(list, json_pack("{s:s, s:s*, s:s*, s:s*, s:s}", "step", fj_step_name(r->c[i].step), "alg", sign ? fj_alg_name(r->c[i].alg) : NULL,
		        "sha256", sign ? hash : NULL, "digest", sign ? digest : NULL, "cphash", cphash)) != 0)
			return fj_no_memory(err, OFC_LAYER);
	}
	return ofc_print(json_pack("{s:s, s:s, s:O}", "officer", p->officer[who].login, "out", o->out, "approved", list), err);
}

enum fj_rc ofc_approve(struct ofc *o, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(buf) out = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(round) r = {0};
	FJ_AUTO(ofc_key) k = NULL;
	struct fj_plan p;
	struct item item[FJ_ROUND_MAX];
	struct fj_answer a[FJ_ROUND_MAX];

	FJ_TRY(read_plan(o->plan, &p, err));
	FJ_TRY(ofc_read(o->file, &text, err));
	FJ_TRY(fj_round_read(fj_buf_slice(&text), &r, err));
	FJ_TRY(ofc_words(o, err));
	for (size_t i = 0; i < r.n; i++)
		FJ_TRY(consider(o, &p, &r.c[i], &item[i], err));
	FJ_TRY(ofc_key_open(o, false, &k, err));
	int who = fj_plan_officer_by_key(&p, ofc_key_xy(k));
	if (who < 0)
		return fj_refuse(err, FJ_E_REFUSED, OFC_LAYER, "formats.md 22", "your key is not of an officer of this plan; nothing was approved", "您的密钥不属于本方案的官员，未作批准");
	for (size_t i = 0; i < r.n; i++)
		FJ_TRY(answer(k, &p, who, &r.c[i], &item[i], &a[i], err));
	FJ_TRY(fj_answers_put(a, r.n, &out, err));
	FJ_TRY(ofc_write_new(o->out, fj_buf_slice(&out), 0644, err));
	if (o->json)
		return report(o, &p, who, &r, item, err);
	ofc_title(o, "已批准", "Approved");
	ofc_line(o, "官员", "officer", "%s (%s)", p.officer[who].name, p.officer[who].login);
	ofc_line(o, "答复写入", "answers in", "%s", o->out);
	return FJ_OK;
}
