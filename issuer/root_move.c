/*
 * root_move.c - the roots leave for the plan's spare (docs/formats.md 28), after the ceremony.
 *
 * root.move answers challenges, or, of roots that have left before, what left: the signer keeps it and
 * gives it out again, since only the spare's TPM can open it.  root.answer takes one officer's
 * answers at a time; with the last one needed all roots of the plan leave, an event says where to and by
 * whom, and the answer has the file.  What awaits approvals is this process's memory.
 */
#include "issuer/ceremony.h"
#include "issuer/rules/rules.h"

#define LAYER "ceremony"

static enum fj_rc say(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, "formats.md 28", en, zh);
}

/* the file, as an answer's member */
static enum fj_rc put_file(const struct fj_move_file *f, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_MOVE_FILE_MAX);

	FJ_TRY(fj_move_file_put(f, &text, err));
	return fj_json_parse(fj_buf_slice(&text), FJ_MOVE_FILE_MAX, out, err);
}

/* what has left, of the plan's algorithms; *all: none is missing */
static enum fj_rc left_before(struct hsm_conn *conn, const struct fj_plan *p, struct fj_move_file *f, bool *all, struct fj_err *err)
{
	static const enum fj_alg algs[] = {FJ_ES256, FJ_SM2};

	f->plan = p->hash;
	*all = true;
	for (size_t k = 0; k < (p->sm2 ? 2u : 1u); k++) {
		struct fj_err why = {0};
		struct fj_moved *m = &f->m[f->n];
		enum fj_rc rc = hsm_move(conn, hsm_role_by(HSM_ROOT, algs[k]), 0, NULL, 0, m, &why);
		m->alg = algs[k];
		f->n += rc == FJ_OK;
		*all = *all && rc == FJ_OK;
		if (rc != FJ_OK && rc != FJ_E_STATE) {
			*err = why;
			return rc;
		}
	}
	return FJ_OK;
}

static bool has(const struct fj_move_file *f, enum fj_alg alg)
{
	for (size_t k = 0; k < f->n; k++)
		if (f->m[k].alg == alg)
			return true;
	return false;
}

static enum fj_rc begin(struct iss_call *c, struct hsm_conn *conn, struct crm_renewal *r, const struct fj_move_file *left, struct fj_err *err)
{
	static const enum fj_alg algs[] = {FJ_ES256, FJ_SM2};

	for (size_t k = 0; k < (r->plan.sm2 ? 2u : 1u); k++) {
		struct crm_item *it = &r->item[r->n];
		if (has(left, algs[k]))
			continue;
		crm_item_init(it, FJ_STEP_MOVE, algs[k]);
		r->n++;
		FJ_TRY(fj_buf_put(&it->c.structure, r->plan.parent, r->plan.parent_len));
		FJ_TRY(crm_begin(conn, &r->plan, it, err));
	}
	FJ_AUTO(json) file = crm_challenges(r->item, r->n);
	c->answer = json_pack("{s:O, s:I, s:I}", "challenges", json_object_get(file, "challenges"), "needs", (json_int_t)r->plan.move, "seconds", (json_int_t)r->plan.expiration);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

static enum fj_rc ask(struct iss_call *c, struct crm_renewal *r, bool *awaits, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the two that there are belong to other locks */
	FJ_AUTO(move_file) left;
	json_t *file = NULL;
	bool planned = false, all;

	fj_move_file_init(&left);
	FJ_TRY(crm_home_plan(&r->plan, &planned, err));
	if (!planned || r->plan.move == 0)
		return say(err, FJ_E_REFUSED, "this home's plan has no spare, and its root can't leave its TPM; a plan with a spare is made before the ceremony (fujie ceremony plan --move)", "本系统的方案没有备机，根密钥不能离开其 TPM；备机须在密钥仪式之前写入方案（fujie ceremony plan --move）");
	if (c->trial)
		return FJ_OK;
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(left_before(conn, &r->plan, &left, &all, err));
	*awaits = !all;
	if (!all)
		return begin(c, conn, r, &left, err);
	FJ_TRY(put_file(&left, &file, err));
	c->answer = json_pack("{s:b, s:o}", "signed", 1, "blob", file);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc cmd_root_move(struct iss_call *c, struct fj_err *err)
{
	struct crm_renewal *r = fj_alloc(1, sizeof(*r));
	bool awaits = false;

	if (r == NULL)
		return fj_no_memory(err, LAYER);
	enum fj_rc rc = iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err);
	if (rc == FJ_OK)
		rc = ask(c, r, &awaits, err);
	if (rc == FJ_OK && awaits) {
		crm_renewal_free(c->iss->renewal);
		c->iss->renewal = r;
		return FJ_OK;
	}
	crm_renewal_free(r);
	return rc;
}

static enum fj_rc note(struct iss_call *c, const struct crm_renewal *r, const struct crm_item *it, const json_t *officers, struct fj_err *err)
{
	struct fj_tpm_name key, parent;
	char of[2 * FJ_TPM_NAME_LEN + 1], to[2 * FJ_TPM_NAME_LEN + 1];

	fj_tpm_name_of(fj_buf_slice(&it->c.key), &key);
	fj_plan_parent_name(&r->plan, &parent);
	fj_hex(key.b, sizeof(key.b), of);
	fj_hex(parent.b, sizeof(parent.b), to);
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:O}", "alg", fj_alg_name(it->c.alg), "key", of, "to", to, "officers", officers);
	return evt_append(c, "root.moved", it->c.alg == FJ_SM2 ? "root-sm2" : "root", body, err);
}

static enum fj_rc leave(struct hsm_conn *conn, const struct crm_item *it, struct fj_err *err)
{
	struct hsm_officer_approval a[FJ_QUORUM_MAX];
	FJ_AUTO(move_file) one;
	size_t n = 0;

	fj_move_file_init(&one);
	for (unsigned k = 0; k < FJ_QUORUM_MAX; k++)
		if (it->set & 1u << k)
			a[n++] = it->approval[k];
	return hsm_move(conn, hsm_role_by(HSM_ROOT, it->c.alg), it->id, a, n, &one.m[0], err);
}

/* all that was asked for leaves; then the whole is read from the signer, which has it recorded */
enum fj_rc crm_moved(struct iss_call *c, struct crm_renewal *r, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(move_file) all;
	json_t *file = NULL;
	bool whole;

	fj_move_file_init(&all);
	FJ_TRY(iss_signer(c->iss, &conn, err));
	for (size_t k = 0; k < r->n; k++) {
		FJ_AUTO(json) officers = crm_names(&r->plan, &r->item[k]);
		FJ_TRY(leave(conn, &r->item[k], err));
		FJ_TRY(note(c, r, &r->item[k], officers, err));
	}
	FJ_TRY(left_before(conn, &r->plan, &all, &whole, err));
	if (!whole)
		return fj_fail(err, FJ_E_INTERNAL, LAYER, NULL, "the signer does not give out what has just left");
	FJ_TRY(put_file(&all, &file, err));
	return fj_json_set(c->answer, "blob", file) == FJ_OK ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc apply_root_moved(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the signer keeps what left; the event is the record */
}
