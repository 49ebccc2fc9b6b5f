/*
 * unseal.c - what opens the issuing keys, under the plan's officers.
 *
 * In a home whose plan has "unseal" the issuing keys of both algorithms have a password of 32 octets, made in
 * the ceremony.  It lies sealed in the TPM under the plan's officers (docs/formats.md 30), and nowhere else: after each start
 * this process has to be given it by m of them.  UNSEAL_BEGIN begins a session; UNSEAL brings approvals, each
 * bound to that session's nonce and to the one TPM2_Unseal of that object, which the TPM judges; SEAL forgets it
 * again.  It is kept in locked pages that no core dump has, handed to the TPM with each signature and written
 * nowhere.  Until then the issuing keys sign nothing, and everything else is done as ever.
 *
 * It protects who is robbed of machine and TPM, and not who is conquered while it is open: whoever reads this process's
 * memory then has the password, and so has who listens between processor and TPM.
 */
#include "hsm/signer.h"

#define CITE "formats.md 30"

/* what stands in an open place, where a structure has the row of its kind */
static const struct hsm_kind_row row = {.role = HSM_SEAL};

bool unseal_rules(const struct hsm_memory *m, unsigned role)
{
	return m->unseal.m > 0 && hsm_role(role)->as == HSM_ISSUING;
}

bool unseal_waits(const struct hsm_signer *s)
{
	return s->mem.unseal.m > 0 && s->auth.p == NULL && s->mem.slot[HSM_SEAL] != 0;
}

enum fj_rc unseal_open(const struct hsm_signer *s, unsigned role, struct fj_err *err)
{
	if (!unseal_rules(&s->mem, role) || !unseal_waits(s))
		return FJ_OK;
	(void)!fj_fail(err, FJ_E_BUSY, HSM_LAYER, CITE, "the issuing keys are sealed since the signer was started: %u of the plan's %u officers unseal them (fujie signer unseal); until then no certificate and no CRL is signed",
	    s->mem.unseal.m, s->mem.unseal.n);
	fj_err_zh(err, "签发密钥自签名服务启动后处于封存状态：须由方案 %u 名官员中的 %u 名解封（fujie signer unseal）；此前不签发证书和证书吊销列表", s->mem.unseal.n, s->mem.unseal.m);
	return FJ_E_BUSY;
}

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, HSM_LAYER, CITE, en, zh);
}

/* --- records: raw[32] cpHash, bytes approvals; of SEAL bytes who --- */

enum fj_rc unseal_replay(enum audit_type type, struct fj_slice body, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice x;

	fj_rd_init(&r, body);
	if ((type == AUDIT_UNSEAL && fj_get_raw(&r, FJ_SHA256_LEN, &x) != FJ_OK) || fj_get_bytes(&r, 4096, &x) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a record of the audit log is malformed");
	return FJ_OK; /* it says who and when; a signer that starts is sealed */
}

static enum fj_rc put_unseal(const struct hsm_open *o, const struct quorum_approvals *a, struct fj_buf *b)
{
	FJ_TRY(fj_buf_put(b, o->cphash.b, FJ_SHA256_LEN));
	return fj_put_bytes(b, fj_buf_slice(&a->raw));
}

/* --- the requests --- */

static enum fj_rc may(const struct hsm_signer *s, struct fj_err *err)
{
	if (s->mem.unseal.m == 0)
		return no(err, FJ_E_POLICY, "this home's plan seals no keys: there is nothing to unseal", "本系统的方案没有封存密钥，无需解封");
	if (!store_whole(&s->mem))
		return no(err, FJ_E_POLICY, "there are no keys yet; the ceremony makes them", "尚无密钥，由密钥仪式生成");
	return counter_open(s, err);
}

enum fj_rc signer_unseal_begin(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(buf) public = FJ_BUF_INIT(1024);
	struct hsm_open o = {.row = &row, .role = HSM_SEAL, .at = fj_now()};
	struct fj_tpm_name name;

	(void)from;
	if (f->body.len != 0)
		return signer_broken(err, "a request to unseal has a body");
	FJ_TRY(may(s, err));
	if (!unseal_waits(s))
		return no(err, FJ_E_STATE, "the issuing keys are unsealed already, until the signer ends or is sealed (fujie signer seal)", "签发密钥已解封，直至签名服务停止或者重新封存（fujie signer seal）");
	FJ_TRY(hsm_tpm_public_area(s->tpm, s->mem.slot[HSM_SEAL], &public, err));
	fj_tpm_name_of(fj_buf_slice(&public), &name);
	fj_tpm_cphash_unseal(&name, &o.cphash);
	return quorum_open(s, &o, &public, answer, err);
}

static enum fj_rc unseal(struct hsm_signer *s, const struct hsm_open *o, const struct quorum_approvals *a, struct fj_err *err)
{
	FJ_AUTO(buf) record = FJ_BUF_INIT(8192);

	FJ_TRY(quorum_satisfy(s, o, a, err));
	FJ_TRY(quorum_record(s, AUDIT_UNSEAL, put_unseal(o, a, &record), &record, err));
	return hsm_tpm_policy_unseal(s->tpm, o->session, s->mem.slot[HSM_SEAL], &s->auth, err);
}

static struct hsm_open *find(struct hsm_signer *s, uint8_t id)
{
	quorum_tick(s);
	for (size_t i = 0; i < HSM_OPEN; i++)
		if (id != 0 && s->open[i].id == id && s->open[i].role == HSM_SEAL)
			return &s->open[i];
	return NULL;
}

enum fj_rc signer_unseal(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct quorum_approvals a = {.set = 0, .raw = FJ_BUF_INIT(4096)};
	struct fj_rd r;
	uint8_t id;

	(void)from;
	(void)answer;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_u8(&r, &id) != FJ_OK)
		return signer_broken(err, "a request is cut");
	struct hsm_open *o = find(s, id);
	if (o == NULL)
		return no(err, FJ_E_STATE, "no unsealing with this number awaits approvals: it is done, its time is over, or the signer was started anew; begin again, with new approvals",
		    "没有等待批准的解封：已完成、已超时或者签名服务已重新启动；请重新开始，并重新批准");
	FJ_TRY(may(s, err));
	enum fj_rc rc = quorum_read(s, o, &r, &a, err);
	if (rc == FJ_OK) {
		rc = unseal(s, o, &a, err);
		quorum_forget(s, o); /* its session has unsealed, or is not what it was */
	}
	fj_buf_release(&a.raw);
	return rc;
}

enum fj_rc signer_seal(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(buf) record = FJ_BUF_INIT(8192);
	struct fj_rd r;
	struct fj_slice who;
	unsigned officers;

	(void)from;
	(void)answer;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	FJ_TRY(signer_names(&r, &who, &officers, err));
	if (fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "a request to seal is malformed");
	FJ_TRY(may(s, err));
	if (unseal_waits(s))
		return no(err, FJ_E_STATE, "the issuing keys are sealed already", "签发密钥已处于封存状态");
	fj_secret_release(&s->auth); /* first: what can't be recorded is sealed all the same */
	return quorum_record(s, AUDIT_SEAL, fj_put_bytes(&record, who), &record, err);
}
