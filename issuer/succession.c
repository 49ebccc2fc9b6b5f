/*
 * succession.c - the root passes on: a successor under a plan that follows, with other officers (docs/formats.md 33).
 *
 * root.succeed brings the plan that follows, signed by all its officers, and answers the challenges of the next round; root.answer takes
 * an officer's answers; so round after round, until all is signed: the new root's own certificate, of each algorithm one of the old
 * root by it and its first list, by the new plan's officers; last the new root by the old one, by the officers of the plan of now, who
 * thereby give the root away.  With all of it the signer passes the root on, and the register takes the certificates over.
 *
 * Each step stands in a transcript, CRM_DIR/transcript-N for generation N, as a ceremony's do (ceremony_log.c), from which whatever was cut
 * goes on: the same command again.  Until the signer has passed the root on everything is as it was; if this process ends between that
 * and its own record, the same command again records it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/ceremony.h"
#include "issuer/rules/rules.h"

#define LAYER "ceremony"
#define CITE "formats.md 33"
#define PLAN_FILE CRM_DIR "/plan.json"
#define ROUND_ITEMS 2

static const struct round {
	const char *name;
	bool old; /* the officers of the plan of now approve */
	struct {
		enum fj_step step;
		enum fj_alg alg;
	} of[ROUND_ITEMS];
} rounds[] = {
	{"successor", false, {{FJ_STEP_ROOT, FJ_ES256}, {FJ_STEP_ROOT, FJ_SM2}}},
	{"successor-list", false, {{FJ_STEP_OLD_WITH_NEW, FJ_ES256}, {FJ_STEP_ROOT_CRL, FJ_ES256}}},
	{"successor-list-sm2", false, {{FJ_STEP_OLD_WITH_NEW, FJ_SM2}, {FJ_STEP_ROOT_CRL, FJ_SM2}}},
	{"pass-on", true, {{FJ_STEP_NEW_WITH_OLD, FJ_ES256}, {FJ_STEP_NEW_WITH_OLD, FJ_SM2}}},
};

/* what the transcript has: the structure that was challenged last, and what is signed */
struct pieces {
	bool begun, closed;
	struct fj_buf last[FJ_STEP_END][FJ_ALG_END], out[FJ_STEP_END][FJ_ALG_END];
	unsigned set[FJ_STEP_END][FJ_ALG_END]; /* officers whose approval of the last one was taken */
	const struct crm_succession *of;
};

static void pieces_release(struct pieces *p)
{
	for (int s = 0; s < FJ_STEP_END; s++)
		for (int a = 0; a < FJ_ALG_END; a++) {
			fj_buf_release(&p->last[s][a]);
			fj_buf_release(&p->out[s][a]);
		}
}
FJ_DEFINE_AUTO(pieces, struct pieces, pieces_release)

void crm_succession_free(struct crm_succession *s)
{
	for (int a = 0; s != NULL && a < FJ_ALG_END; a++)
		fj_buf_release(&s->new_root[a]);
	fj_free(s);
}

static enum fj_rc say(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, CITE, en, zh);
}

/* --- the transcript --- */

static void path_of(unsigned generation, char out[64])
{
	snprintf(out, 64, CRM_TRANSCRIPT "-%u", generation);
}

static enum fj_rc remember(void *user, const char *name, const json_t *in, const json_t *out, struct fj_err *err)
{
	struct pieces *p = user;
	enum fj_step step;
	enum fj_alg alg;
	struct fj_buf *to = NULL;
	const char *text = "";

	p->begun = true;
	p->closed = p->closed || strcmp(name, "close") == 0;
	const json_t *answer = json_object_get(in, "answer");
	if (strcmp(name, "answer") == 0 && json_is_true(json_object_get(out, "taken")) && crm_log_step(answer, &step, &alg)) {
		int who = fj_plan_officer(step == FJ_STEP_NEW_WITH_OLD ? &p->of->now : &p->of->next, fj_json_text(answer, "officer"));
		p->set[step][alg] |= who >= 0 ? 1u << who : 0;
	} else if (strcmp(name, "challenge") == 0 && crm_log_step(out, &step, &alg)) {
		p->set[step][alg] = 0;
		to = &p->last[step][alg];
		text = fj_json_text(out, "structure");
	} else if (strcmp(name, "signature") == 0 && crm_log_step(in, &step, &alg)) {
		to = &p->out[step][alg];
		text = fj_json_text(out, "signed");
	}
	return to == NULL ? FJ_OK : crm_log_octets(text, to, err);
}

/* one that was begun under another plan stays beside it, under that plan's hash */
static enum fj_rc make_way(const char *path, const struct fj_plan *next, struct fj_err *err)
{
	FJ_AUTO(buf) all = FJ_BUF_INIT(16u << 20);
	FJ_AUTO(json) first = NULL;
	char hex[65], aside[96];

	enum fj_rc rc = fj_file_read(AT_FDCWD, path, &all, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	const uint8_t *end = memchr(all.data, '\n', all.len);
	fj_hex(next->hash.b, FJ_SHA256_LEN, hex);
	if (end == NULL || fj_json_parse(FJ_SLICE(all.data, (size_t)(end - all.data)), all.len, &first, NULL) != FJ_OK || strcmp(fj_json_text(first, "before"), hex) == 0)
		return FJ_OK;
	snprintf(aside, sizeof(aside), "%s.%.8s", path, fj_json_text(first, "before"));
	return rename(path, aside) == 0 ? FJ_OK : fj_fail_errno(err, LAYER, "rename %s", path);
}

static enum fj_rc open_log(const struct crm_succession *s, struct pieces *p, struct crm_log *l, struct fj_err *err)
{
	const struct fj_plan *next = &s->next;
	char path[64];

	p->of = s;
	path_of(next->generation, path);
	FJ_TRY(make_way(path, next, err));
	return crm_log_open(l, path, next, remember, p, err);
}

static enum fj_rc put_keys(struct hsm_conn *conn, const struct fj_plan *next, json_t *keys, struct fj_err *err)
{
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(next->sm2); a++) {
		FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
		FJ_AUTO(buf) b64 = FJ_BUF_INIT(1024);
		FJ_TRY(hsm_public_key(conn, HSM_NEWER(hsm_role_by(HSM_ROOT, a)), &spki, err));
		FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&spki)));
		if (fj_json_set(keys, a == FJ_SM2 ? "root-sm2" : "root", json_string(fj_buf_str(&b64))) != FJ_OK)
			return fj_no_memory(err, LAYER);
	}
	return FJ_OK;
}

static enum fj_rc put_former(const struct iss *i, const struct fj_plan *next, json_t *former, struct fj_err *err)
{
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(next->sm2); a++) {
		FJ_AUTO(buf) b64 = FJ_BUF_INIT(2 * FJ_X509_MAX);
		FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&i->ca[a].root)));
		if (fj_json_set(former, a == FJ_SM2 ? "root-sm2" : "root", json_string(fj_buf_str(&b64))) != FJ_OK)
			return fj_no_memory(err, LAYER);
	}
	return FJ_OK;
}

/* what was challenged and is not signed: its approvals are void now */
static bool awaits(const struct pieces *p)
{
	bool any = false;

	for (int s = 0; s < FJ_STEP_END; s++)
		for (int a = 0; a < FJ_ALG_END; a++)
			any = any || (p->last[s][a].len > 0 && p->out[s][a].len == 0);
	return any;
}

/* the first line, or that it goes on: sessions of before are gone */
static enum fj_rc begin_log(struct iss_call *c, struct hsm_conn *conn, const struct crm_succession *s, const struct pieces *p, struct crm_log *l, struct fj_err *err)
{
	FJ_AUTO(json) keys = json_object();
	FJ_AUTO(json) former = json_object();
	char next[65], now[65];

	if (p->begun && !awaits(p))
		return FJ_OK;
	if (p->begun)
		return crm_log_put(l, "go-on", json_object(), json_object(), err);
	FJ_TRY(put_keys(conn, &s->next, keys, err));
	FJ_TRY(put_former(c->iss, &s->next, former, err));
	fj_hex(s->next.hash.b, FJ_SHA256_LEN, next);
	fj_hex(s->now.hash.b, FJ_SHA256_LEN, now);
	return crm_log_put(l, "open", json_pack("{s:s, s:s}", "plan", next, "follows", now), json_pack("{s:O, s:O}", "keys", keys, "former", former), err);
}

static enum fj_rc put_signature(struct crm_log *l, const struct crm_item *it, const struct fj_plan *p, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(FJ_STRUCTURE_MAX * 2);

	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&it->out)));
	return crm_log_put(l, "signature", json_pack("{s:s, s:s, s:o}", "step", fj_step_name(it->c.step), "alg", fj_alg_name(it->c.alg), "officers", crm_names(p, it)), json_pack("{s:s}", "signed", fj_buf_str(&b64)), err);
}

/* --- what is to be signed --- */

/* TPMT_PUBLIC of one of the signer's keys */
static enum fj_rc area_of(struct hsm_conn *conn, unsigned key, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(hsm_attestation) a = {.n = 0};

	FJ_TRY(hsm_attest_keys(conn, fj_slice_str(""), &key, 1, &a, err));
	fj_buf_clear(out);
	return a.n == 1 && fj_buf_put(out, a.object[0].pub.p, a.object[0].pub.len) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_TPM, LAYER, NULL, "the signer has no such root key");
}

static enum fj_rc cross(struct iss_call *c, struct hsm_conn *conn, const struct crm_succession *s, struct crm_item *it, struct fj_err *err)
{
	bool old_signs = it->c.step == FJ_STEP_NEW_WITH_OLD;
	struct fj_slice old = fj_buf_slice(&c->iss->ca[it->c.alg].root), new = fj_buf_slice(&s->new_root[it->c.alg]);
	struct fj_x509 certified, before;

	FJ_TRY(fj_x509_read(old_signs ? new : old, &certified, err));
	FJ_TRY(fj_x509_read(old, &before, err));
	it->with = old_signs ? &s->next : &s->now;
	FJ_TRY(area_of(conn, old_signs ? HSM_NEWER(hsm_role_by(HSM_ROOT, it->c.alg)) : hsm_role_by(HSM_ROOT, it->c.alg), &it->c.other, err));
	return crm_cross_tbs(c->iss, old_signs ? old : new, old_signs ? s->now.generation : s->next.generation, certified.spki, before.not_after, &it->c.structure, err);
}

static enum fj_rc structure(struct iss_call *c, struct hsm_conn *conn, const struct crm_succession *s, struct crm_item *it, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);

	if (it->c.step == FJ_STEP_ROOT_CRL)
		return crm_next_list(c, it->c.alg, fj_buf_slice(&s->new_root[it->c.alg]), &it->c.structure, err);
	if (fj_step_cross(it->c.step))
		return cross(c, conn, s, it, err);
	FJ_TRY(hsm_public_key(conn, HSM_NEWER(hsm_role_by(HSM_ROOT, it->c.alg)), &spki, err));
	return crm_root_tbs(c->iss, it->c.alg, &spki, &it->c.structure, err);
}

/* the old root may have signed a list since: the new one's first has to be above it */
static enum fj_rc list_stands(struct iss_call *c, enum fj_alg alg, const struct fj_buf *der, bool *stands, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct fj_crl mine, now;
	char what[24];

	snprintf(what, sizeof(what), "root%s.crl", fj_alg_suffix(alg));
	FJ_TRY(sto_first(c->db, STO_KEYRING_GET, &q, "root CRL", err, "t", what));
	FJ_TRY(fj_crl_read(sto_blob(&q, 0), &now, err));
	FJ_TRY(fj_crl_read(fj_buf_slice(der), &mine, err));
	*stands = mine.number > now.number;
	return FJ_OK;
}

static enum fj_rc is_done(struct iss_call *c, const struct pieces *p, enum fj_step step, enum fj_alg alg, bool *done, struct fj_err *err)
{
	*done = p->out[step][alg].len > 0;
	return *done && step == FJ_STEP_ROOT_CRL ? list_stands(c, alg, &p->out[step][alg], done, err) : FJ_OK;
}

static struct fj_slice issuer_of(const struct iss_call *c, const struct crm_succession *s, const struct crm_item *it)
{
	if (it->c.step == FJ_STEP_ROOT)
		return FJ_SLICE(NULL, 0); /* its own */
	return fj_buf_slice(it->follows ? &s->new_root[it->c.alg] : &c->iss->ca[it->c.alg].root);
}

struct stage {
	struct iss_call *c;
	struct hsm_conn *conn;
	struct crm_renewal *r;
	struct pieces *p;
	struct crm_log log;
};

/* a thing of a round that is not done: in the renewal, with its challenge */
static enum fj_rc put_item(struct stage *g, const struct round *of, enum fj_step step, enum fj_alg alg, struct fj_err *err)
{
	struct crm_renewal *r = g->r;
	struct crm_item *it = &r->item[r->n];

	crm_item_init(it, step, alg);
	r->n++;
	it->follows = !of->old;
	it->issuer = issuer_of(g->c, r->succession, it);
	FJ_TRY(structure(g->c, g->conn, r->succession, it, err));
	FJ_TRY(crm_begin(g->conn, &r->plan, it, err));
	return crm_log_put(&g->log, "challenge", json_pack("{s:s}", "round", of->name), fj_challenge_json(&it->c), err);
}

/* the new root's certificates, once the transcript has them, are what the rest is signed under */
static enum fj_rc take_roots(struct stage *g)
{
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(g->r->succession->next.sm2); a++) {
		const struct fj_buf *from = &g->p->out[FJ_STEP_ROOT][a];
		struct fj_buf *to = &g->r->succession->new_root[a];
		fj_buf_release(to);
		fj_buf_init(to, FJ_X509_MAX);
		if (from->len > 0)
			FJ_TRY(fj_buf_put(to, from->data, from->len));
	}
	return FJ_OK;
}

static enum fj_rc recover(struct stage *g, const struct round *of, size_t m, struct fj_err *err)
{
	enum fj_step step = of->of[m].step;
	enum fj_alg alg = of->of[m].alg;
	struct crm_item it;

	crm_item_init(&it, step, alg);
	it.follows = !of->old;
	it.issuer = issuer_of(g->c, g->r->succession, &it);
	it.set = g->p->set[step][alg];
	enum fj_rc rc = g->p->out[it.c.step][it.c.alg].len > 0 ? FJ_OK : crm_signed_before(g->c->iss, g->conn, &g->p->last[it.c.step][it.c.alg], &it, err);
	if (rc == FJ_OK && it.out.len > 0) {
		rc = put_signature(&g->log, &it, of->old ? &g->r->succession->now : &g->r->succession->next, err);
		struct fj_buf *to = &g->p->out[step][alg];
		fj_buf_release(to);
		*to = it.out;
		it.out = (struct fj_buf)FJ_BUF_INIT(0);
	}
	crm_item_release(&it);
	return rc;
}

/* what was signed when the end came, before anything goes on */
static enum fj_rc recover_all(struct stage *g, struct fj_err *err)
{
	for (size_t k = 0; k < FJ_ARRAY_LEN(rounds); k++)
		for (size_t m = 0; m < ROUND_ITEMS; m++) {
			FJ_TRY(take_roots(g));
			FJ_TRY(recover(g, &rounds[k], m, err));
		}
	return FJ_OK;
}

/* the first round of which something is not done; r->n 0: there is none */
static enum fj_rc next_round(struct stage *g, struct fj_err *err)
{
	struct crm_succession *s = g->r->succession;

	for (size_t k = 0; k < FJ_ARRAY_LEN(rounds) && g->r->n == 0; k++) {
		FJ_TRY(take_roots(g));
		g->r->plan = rounds[k].old ? s->now : s->next;
		s->round = rounds[k].name;
		for (size_t m = 0; m < ROUND_ITEMS; m++) {
			bool done = rounds[k].of[m].alg == FJ_SM2 && !s->next.sm2;
			if (!done)
				FJ_TRY(is_done(g->c, g->p, rounds[k].of[m].step, rounds[k].of[m].alg, &done, err));
			if (!done)
				FJ_TRY(put_item(g, &rounds[k], rounds[k].of[m].step, rounds[k].of[m].alg, err));
		}
	}
	return FJ_OK;
}

/* --- the end: it has passed on --- */

static enum fj_rc signer_passes(struct stage *g, struct fj_err *err)
{
	const struct crm_succession *s = g->r->succession;
	FJ_AUTO(json) j = NULL;
	struct fj_slice certs[6];
	size_t n = 0;
	char hex[65];

	FJ_TRY(hsm_status(g->conn, &j, err));
	fj_hex(s->next.hash.b, FJ_SHA256_LEN, hex);
	if (strcmp(fj_json_text(j, "plan"), hex) == 0)
		return FJ_OK; /* it has, and this process ended before its own record */
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(s->next.sm2); a++) {
		certs[n++] = fj_buf_slice(&g->p->out[FJ_STEP_ROOT][a]);
		certs[n++] = fj_buf_slice(&g->p->out[FJ_STEP_NEW_WITH_OLD][a]);
		certs[n++] = fj_buf_slice(&g->p->out[FJ_STEP_OLD_WITH_NEW][a]);
	}
	return hsm_pass(g->conn, certs, n, err);
}

static enum fj_rc keyring(struct iss_call *c, const char *what, enum fj_alg alg, const char *rest, struct fj_slice der, struct fj_err *err)
{
	char row[40];

	snprintf(row, sizeof(row), "%s%s%s", what, fj_alg_suffix(alg), rest);
	return sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", row, der);
}

static enum fj_rc keep(struct stage *g, enum fj_alg alg, json_t *roots, struct fj_err *err)
{
	const struct crm_succession *s = g->r->succession;
	struct iss_call *c = g->c;
	struct ca_info info;
	char row[40], hex[65];

	snprintf(row, sizeof(row), "root%s", fj_alg_suffix(alg));
	FJ_TRY(sto_run(c->db, STO_PAST_KEY_ADD, NULL, err, "tbi", row, fj_buf_slice(&c->iss->ca[alg].root), c->last_seq + 1));
	FJ_TRY(keyring(c, "root", alg, "", fj_buf_slice(&g->p->out[FJ_STEP_ROOT][alg]), err));
	iss_cross_row("new", s->next.generation, alg, row);
	FJ_TRY(sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", row, fj_buf_slice(&g->p->out[FJ_STEP_NEW_WITH_OLD][alg])));
	iss_cross_row("old", s->next.generation, alg, row);
	FJ_TRY(sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", row, fj_buf_slice(&g->p->out[FJ_STEP_OLD_WITH_NEW][alg])));
	FJ_TRY(keyring(c, "root", alg, ".crl", fj_buf_slice(&g->p->out[FJ_STEP_ROOT_CRL][alg]), err));
	FJ_TRY(ca_cert_info(fj_buf_slice(&g->p->out[FJ_STEP_ROOT][alg]), &info, err));
	fj_hex(info.sha256.b, FJ_SHA256_LEN, hex);
	return json_array_append_new(roots, json_pack("{s:s, s:s}", "alg", fj_alg_name(alg), "sha256", hex)) == 0 ? FJ_OK : fj_no_memory(err, LAYER);
}

static enum fj_rc finish(struct stage *g, struct fj_slice file, struct fj_err *err)
{
	const struct crm_succession *s = g->r->succession;
	FJ_AUTO(json) roots = json_array();
	struct crm_item gave = {.set = g->p->set[FJ_STEP_NEW_WITH_OLD][FJ_ES256]};
	FJ_AUTO(json) officers = crm_names(&s->now, &gave);
	char next[65], now[65];

	FJ_TRY(signer_passes(g, err));
	if (!g->p->closed)
		FJ_TRY(crm_log_put(&g->log, "close", json_object(), json_object(), err));
	FJ_TRY(fj_file_replace(AT_FDCWD, PLAN_FILE, file, 0644, err));
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(s->next.sm2); a++)
		FJ_TRY(keep(g, a, roots, err));
	fj_hex(s->next.hash.b, FJ_SHA256_LEN, next);
	fj_hex(s->now.hash.b, FJ_SHA256_LEN, now);
	FJ_AUTO(json) body = json_pack("{s:i, s:s, s:s, s:O, s:O}", "generation", (int)s->next.generation, "plan", next, "follows", now, "roots", roots, "officers", officers);
	FJ_TRY(evt_append(g->c, "root.succeeded", "root", body, err));
	g->c->dirty_status = true;
	g->c->iss->rolled = true;
	g->c->answer = json_pack("{s:b, s:i}", "done", 1, "generation", (int)s->next.generation);
	return g->c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc apply_root_succeeded(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the keyring is not rebuilt; the event is the record */
}

/* --- commands --- */

static enum fj_rc read_plan(const char *path, struct fj_plan *p, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_PLAN_MAX);

	FJ_TRY(fj_file_read(AT_FDCWD, path, &file, err));
	return crm_plan(fj_buf_slice(&file), p, err);
}

/* The plan of now: of the register's generation, though its file may have the next one's already.  *done: the root has passed on to `next`. */
static enum fj_rc plan_of_now(struct iss_call *c, const struct fj_plan *next, struct fj_plan *now, bool *done, struct fj_err *err)
{
	unsigned generation = (unsigned)c->iss->ca[FJ_ES256].n_former + 1;
	bool planned;
	char path[64];

	FJ_TRY(crm_home_plan(now, &planned, err));
	if (!planned)
		return say(err, FJ_E_REFUSED, "this home's root is under no plan: there are no officers who could pass it on, and none whose consent its TPM could ask for. Begin a new home with a plan (fujie ceremony plan, run)",
		    "本系统的根不受方案约束：没有可以移交根的官员，TPM 也无从核对其同意。请以方案另建系统（fujie ceremony plan、run）");
	*done = fj_hash_eq(&now->hash, &next->hash) && generation == next->generation;
	if (*done || now->generation == generation)
		return FJ_OK;
	snprintf(path, sizeof(path), CRM_DIR "/plan-%u.json", generation);
	return read_plan(path, now, err);
}

/* both plans stay beside the transcript: whoever replays it needs both */
static enum fj_rc keep_plans(const struct crm_succession *s, struct fj_slice file, struct fj_err *err)
{
	FJ_AUTO(buf) old = FJ_BUF_INIT(FJ_PLAN_MAX);
	char path[64];

	snprintf(path, sizeof(path), CRM_DIR "/plan-%u.json", s->next.generation);
	FJ_TRY(fj_file_replace(AT_FDCWD, path, file, 0644, err));
	snprintf(path, sizeof(path), CRM_DIR "/plan-%u.json", s->now.generation);
	if (access(path, F_OK) == 0)
		return FJ_OK;
	FJ_TRY(fj_file_read(AT_FDCWD, PLAN_FILE, &old, err));
	return fj_file_replace(AT_FDCWD, path, fj_buf_slice(&old), 0644, err);
}

static enum fj_rc run(struct stage *g, struct fj_slice file, struct fj_err *err)
{
	struct crm_renewal *r = g->r;
	struct crm_succession *s = r->succession;

	FJ_TRY(hsm_successor(g->conn, file, err));
	FJ_TRY(keep_plans(s, file, err));
	FJ_TRY(open_log(s, g->p, &g->log, err));
	if (!g->p->closed)
		FJ_TRY(recover_all(g, err));
	if (!g->p->closed)
		FJ_TRY(begin_log(g->c, g->conn, s, g->p, &g->log, err));
	if (!g->p->closed)
		FJ_TRY(next_round(g, err));
	if (r->n == 0)
		return finish(g, file, err);
	FJ_AUTO(json) challenges = crm_challenges(r->item, r->n);
	g->c->answer = json_pack("{s:s, s:O, s:I, s:I, s:i, s:i}", "round", s->round, "challenges", json_object_get(challenges, "challenges"), "needs", (json_int_t)r->plan.root, "seconds", (json_int_t)r->plan.expiration,
	    "generation", (int)r->plan.generation, "other", (int)(r->plan.generation == s->next.generation ? s->now : s->next).generation);
	return g->c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

static enum fj_rc succeed(struct iss_call *c, struct crm_renewal *r, bool *awaits, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the two that there are belong to other locks */
	FJ_AUTO(pieces) p = {.begun = false};
	struct crm_succession *s = r->succession;
	bool done;

	if (!(c->actor->roles & ISS_LOCAL)) /* who asks decides nothing: officers' signatures do */
		FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	if (c->iss->limited)
		return say(err, FJ_E_REFUSED, "this home's root is another appliance's, which passes it on there", "本系统的根属于另一系统，由该系统移交");
	FJ_TRY(iss_param_file(c, "file", &file, err));
	FJ_TRY(crm_plan(fj_buf_slice(&file), &s->next, err));
	FJ_TRY(plan_of_now(c, &s->next, &s->now, &done, err));
	if (done) {
		c->answer = json_pack("{s:b, s:i}", "done", 1, "generation", (int)s->next.generation);
		return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
	}
	FJ_TRY(fj_plan_follows(&s->next, &s->now, err));
	if (c->trial)
		return FJ_OK;
	FJ_TRY(iss_signer(c->iss, &conn, err));
	struct stage g = {.c = c, .conn = conn, .r = r, .p = &p, .log = {.fd = -1}};
	enum fj_rc rc = run(&g, fj_buf_slice(&file), err);
	fj_fd_close(&g.log.fd);
	*awaits = rc == FJ_OK && r->n > 0;
	return rc;
}

enum fj_rc cmd_root_succeed(struct iss_call *c, struct fj_err *err)
{
	struct crm_renewal *r = fj_alloc(1, sizeof(*r));
	bool awaits = false;

	if (r == NULL || (r->succession = fj_alloc(1, sizeof(*r->succession))) == NULL) {
		fj_free(r);
		return fj_no_memory(err, LAYER);
	}
	r->what = CRM_SUCCEED;
	enum fj_rc rc = succeed(c, r, &awaits, err);
	if (!awaits) {
		crm_renewal_free(r);
		return rc;
	}
	crm_renewal_free(c->iss->renewal);
	c->iss->renewal = r;
	return FJ_OK;
}

/* --- an officer's answers --- */

static enum fj_rc note_answer(struct crm_log *l, const struct crm_renewal *r, const struct fj_answer *a, const struct fj_err *why, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	FJ_AUTO(json) doc = NULL;
	char file[160];

	FJ_TRY(fj_answers_put(a, 1, &text, err));
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), text.len, &doc, err));
	snprintf(file, sizeof(file), "%s.%s.answers", r->succession->round, a->officer);
	json_t *in = json_pack("{s:s, s:s, s:O}", "round", r->succession->round, "file", file, "answer", json_array_get(json_object_get(doc, "answers"), 0));
	if (why->rc == FJ_OK)
		return crm_log_put(l, "answer", in, json_pack("{s:b}", "taken", 1), err);
	return crm_log_put(l, "answer", in, json_pack("{s:b, s:s, s:s}", "taken", 0, "en", why->en, "zh", why->zh), err);
}

enum fj_rc crm_succession_take(struct crm_renewal *r, struct fj_slice file, struct fj_err *err)
{
	FJ_AUTO(pieces) p = {.begun = false};
	struct crm_log l;
	struct fj_answer a[FJ_ROUND_MAX];
	struct fj_err first = {.rc = FJ_OK};
	size_t n = 0;
	enum fj_rc rc = FJ_OK;

	FJ_TRY(fj_answers_read(file, a, &n, err));
	FJ_TRY(open_log(r->succession, &p, &l, err));
	for (size_t k = 0; k < n && rc == FJ_OK; k++) {
		struct fj_err why = {.rc = FJ_OK};
		if (crm_take(&r->plan, r->item, r->n, &a[k], &why) != FJ_OK && first.rc == FJ_OK)
			first = why;
		rc = note_answer(&l, r, &a[k], &why, err);
	}
	fj_fd_close(&l.fd);
	FJ_TRY(rc);
	if (first.rc != FJ_OK && err != NULL)
		*err = first;
	return first.rc;
}

enum fj_rc crm_succession_sign(struct iss_call *c, struct crm_renewal *r, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(pieces) p = {.begun = false};
	struct crm_log l;
	enum fj_rc rc = FJ_OK;

	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(open_log(r->succession, &p, &l, err));
	for (size_t k = 0; k < r->n && rc == FJ_OK; k++) {
		rc = crm_sign(c->iss, conn, &r->item[k], err);
		if (rc == FJ_OK)
			rc = put_signature(&l, &r->item[k], &r->plan, err);
	}
	fj_fd_close(&l.fd);
	return rc;
}

const struct iss_field fld_root_succeed[] = {
	{"file", ISS_F_FILE, true, FJ_PLAN_MAX, "接续方案", "the plan that follows, signed by all its officers", NULL, CITE},
	{0},
};
