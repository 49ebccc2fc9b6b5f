/*
 * unseal.c - issuing keys that wait for their officers after each start of the signer (docs/formats.md 30).
 *
 * signer.unseal begins and answers a challenge; signer.answer takes one officer's answer at a time, from whoever may
 * read the home, since the officer's signature decides; with the last one that is needed the keys sign, and what
 * waited is made and published.  signer.seal ends it before the signer ends.  What awaits approvals is this process's memory
 * and a session of the TPM: after a restart of either it begins again.  Meanwhile tokens, lists and OCSP go on,
 * certificates and CRLs wait: the pipeline passes by the first, and the publisher tries the second again.
 */
#include "issuer/ceremony.h"
#include "issuer/domain.h"
#include "issuer/rules/rules.h"

#define LAYER "ceremony"
#define CITE "formats.md 30"

struct crm_unsealing {
	struct fj_plan plan;
	struct crm_item item;
};

void crm_unsealing_free(struct crm_unsealing *u)
{
	if (u != NULL)
		crm_item_release(&u->item);
	fj_free(u);
}

static enum fj_rc say(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, CITE, en, zh);
}

/* --- is it so? --- */

enum fj_rc iss_seal_look(struct iss *i, struct hsm_conn **conn, struct fj_err *err)
{
	FJ_AUTO(json) status = NULL;

	if (!i->log.seals)
		return FJ_OK;
	FJ_TRY(iss_signer(i, conn, err));
	FJ_TRY(hsm_status(*conn, &status, err));
	i->sealed = json_is_true(json_object_get(status, "sealed"));
	return FJ_OK;
}

void iss_sealed(const struct iss *i, struct fj_err *why)
{
	*why = (struct fj_err){.rc = FJ_OK};
	if (i->sealed)
		(void)!say(why, FJ_E_BUSY, "the issuing keys are sealed since the signer was started: the plan's officers unseal them (fujie signer unseal); certificates and CRLs wait until then, everything else goes on",
		    "签发密钥自签名服务启动后处于封存状态：须由方案官员解封（fujie signer unseal）；证书和证书吊销列表等待签发，其他业务照常");
}

/* --- the officers --- */

static enum fj_rc may(struct iss_call *c, struct fj_err *err)
{
	return c->actor->roles & ISS_LOCAL ? FJ_OK : iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err);
}

static enum fj_rc begin(struct iss_call *c, struct crm_unsealing *u, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the two that there are belong to other locks */
	bool planned;

	FJ_TRY(crm_home_plan(&u->plan, &planned, err));
	if (!planned || u->plan.unseal == 0)
		return say(err, FJ_E_REFUSED, "the issuing keys of this appliance are not sealed: its ceremony's plan has no \"unseal\"", "本系统的签发密钥不封存：密钥仪式方案中没有“unseal”");
	if (c->trial)
		return FJ_OK;
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(crm_begin(conn, &u->plan, &u->item, err));
	FJ_AUTO(json) file = crm_challenges(&u->item, 1);
	c->answer = json_pack("{s:O, s:I, s:I}", "challenges", json_object_get(file, "challenges"), "needs", (json_int_t)u->plan.unseal, "seconds", (json_int_t)u->plan.expiration);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc cmd_signer_unseal(struct iss_call *c, struct fj_err *err)
{
	FJ_TRY(may(c, err));
	struct crm_unsealing *u = fj_alloc(1, sizeof(*u));
	if (u == NULL)
		return fj_no_memory(err, LAYER);
	crm_item_init(&u->item, FJ_STEP_UNSEAL, FJ_ES256);
	enum fj_rc rc = begin(c, u, err);
	if (rc != FJ_OK || c->trial) {
		crm_unsealing_free(u);
		return rc;
	}
	crm_unsealing_free(c->iss->unsealing);
	c->iss->unsealing = u;
	return FJ_OK;
}

static enum fj_rc take(struct crm_unsealing *u, struct fj_slice file, struct fj_err *err)
{
	struct fj_answer a[FJ_ROUND_MAX];
	size_t n = 0;

	FJ_TRY(fj_answers_read(file, a, &n, err));
	for (size_t k = 0; k < n; k++)
		FJ_TRY(crm_take(&u->plan, &u->item, 1, &a[k], err));
	return FJ_OK;
}

static enum fj_rc unseal(struct iss_call *c, const struct crm_unsealing *u, const json_t *officers, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(json) body = json_pack("{s:O}", "officers", officers);

	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(crm_unseal(conn, &u->item, err));
	c->iss->sealed = false;
	c->iss->behind = true;
	pthread_cond_signal(&c->iss->wake); /* the tender makes what waited, when this is committed */
	return evt_append(c, "signer.unsealed", "issuing", body, err);
}

enum fj_rc cmd_signer_answer(struct iss_call *c, struct fj_err *err)
{
	struct crm_unsealing *u = c->iss->unsealing;
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_ROUND_OCTETS);

	FJ_TRY(may(c, err));
	FJ_TRY(iss_param_file(c, "file", &file, err));
	if (c->trial)
		return FJ_OK;
	if (u == NULL)
		return say(err, FJ_E_STATE, "no unsealing awaits approvals; begin with signer.unseal", "没有等待批准的解封；请先执行 signer.unseal");
	FJ_TRY(take(u, fj_buf_slice(&file), err));
	bool enough = (unsigned)__builtin_popcount(u->item.set) >= u->plan.unseal;
	FJ_AUTO(json) officers = crm_names(&u->plan, &u->item);
	c->answer = json_pack("{s:O, s:I, s:b}", "officers", officers, "needs", (json_int_t)u->plan.unseal, "unsealed", enough);
	if (!enough)
		return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
	enum fj_rc rc = unseal(c, u, officers, err);
	crm_unsealing_free(u);
	c->iss->unsealing = NULL;
	return rc;
}

enum fj_rc cmd_signer_seal(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	struct hsm_approval who = {.role = "SEAL", .at = c->now};

	FJ_TRY(may(c, err));
	if (c->trial)
		return FJ_OK;
	FJ_TRY(fj_strcopy(who.officer, sizeof(who.officer), c->actor->login));
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(hsm_seal(conn, &who, 1, err));
	c->iss->sealed = true;
	FJ_AUTO(json) body = json_object();
	FJ_TRY(evt_append(c, "signer.sealed", "issuing", body, err));
	c->answer = json_pack("{s:b}", "sealed", 1);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc apply_signer_sealing(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* who and when; whether it is so is the signer's to say */
}

const struct iss_field fld_signer_answer[] = {
	{"file", ISS_F_FILE, true, FJ_ROUND_OCTETS, "批准文件", "an officer's answer, as fujie-officer wrote it"},
	{0},
};
