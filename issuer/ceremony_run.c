/*
 * ceremony_run.c - a ceremony: rounds through files, until the root, the issuing CA and the root's
 * CRL of each algorithm are signed.
 *
 * A round has the structures that may be signed now, two at most (as the signer has room for).
 * Their challenges are written to CRM_DIR/ROUND.challenges; each officer's answers come as a file
 * CRM_DIR/ROUND*.answers, in any order, from anywhere.  A file is taken (and gets ".taken" to its
 * name) or refused (".refused"), and the transcript has why.  Where the time that the plan gives is
 * over the challenge is made anew, and so it is after an end in the middle: approvals are bound to
 * a session of the TPM, which is gone then.  What is signed stands in the transcript, from which an
 * interrupted ceremony goes on; a signature that the signer recorded and that never reached the
 * transcript is asked for again.
 *
 * Where the plan has the issuing keys sealed, one more round unseals them when the signer was started anew in the
 * meantime: they sign what is left to be made.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/ceremony.h"

#define LAYER "ceremony"
#define POLL_MS 40
#define HALF_S 3 /* a file that can't be read may be half copied: it is looked at again for so long */
#define ROUND_ITEMS 2

static const struct round {
	const char *name;
	struct {
		enum fj_step step;
		enum fj_alg alg;
	} of[ROUND_ITEMS];
} rounds[] = {
	{"root", {{FJ_STEP_ROOT, FJ_ES256}, {FJ_STEP_ROOT, FJ_SM2}}},
	{"issuing", {{FJ_STEP_ISSUING, FJ_ES256}, {FJ_STEP_ROOT_CRL, FJ_ES256}}},
	{"issuing-sm2", {{FJ_STEP_ISSUING, FJ_SM2}, {FJ_STEP_ROOT_CRL, FJ_SM2}}},
}, unseal_round = {"unseal", {{FJ_STEP_UNSEAL, FJ_ES256}}};

struct hold {
	struct iss *i;
	const struct fj_plan *p;
	struct fj_buf *crl;       /* by algorithm */
	struct crm_log log;       /* fd -1: nothing of it is written down */
	bool begun, closed;       /* as the transcript has it */
	struct fj_buf last[FJ_STEP_LATER][FJ_ALG_END]; /* the structure that was challenged last */
	bool bonds, certified;    /* the officers are waited for; the TPM shows a certificate */
	unsigned bound;           /* officers whose credential was answered */
	const struct round *r;
	struct crm_item item[ROUND_ITEMS];
	size_t n;
};

enum fj_rc crm_plan(struct fj_slice file, struct fj_plan *out, struct fj_err *err)
{
	unsigned by;

	FJ_TRY(fj_plan_signed_read(file, ca_point_verify, NULL, out, &by, err));
	return fj_plan_all(out, by, err);
}

static void tell(const struct hold *h, json_t *what)
{
	if (h->i->conf.progress != NULL && what != NULL)
		h->i->conf.progress(what);
	json_decref(what);
}

static enum fj_rc put_line(struct hold *h, const char *step, json_t *in, json_t *out, struct fj_err *err)
{
	if (h->log.fd >= 0)
		return crm_log_put(&h->log, step, in, out, err);
	json_decref(in);
	json_decref(out);
	return FJ_OK;
}

/* where what a step yields belongs */
static struct fj_buf *result(const struct hold *h, enum fj_step step, enum fj_alg alg)
{
	return step == FJ_STEP_ROOT ? &h->i->ca[alg].root : step == FJ_STEP_ISSUING ? &h->i->ca[alg].issuing[0].cert : &h->crl[alg];
}

/* --- going on from the transcript --- */

static enum fj_rc remember(void *user, const char *name, const json_t *in, const json_t *out, struct fj_err *err)
{
	struct hold *h = user;
	enum fj_step step;
	enum fj_alg alg;
	struct fj_buf *to = NULL;
	const char *text = "";

	h->begun = true;
	h->closed = h->closed || strcmp(name, "close") == 0;
	int who = fj_plan_officer(h->p, fj_json_text(json_object_get(in, "challenge"), "officer"));
	if (strcmp(name, "bond") == 0 && json_is_true(json_object_get(out, "taken")) && who >= 0)
		h->bound |= 1u << who;
	if (strcmp(name, "challenge") == 0 && crm_log_step(out, &step, &alg) && step < FJ_STEP_LATER) {
		to = &h->last[step][alg];
		text = fj_json_text(out, "structure");
	} else if (strcmp(name, "signature") == 0 && crm_log_step(in, &step, &alg) && step < FJ_STEP_LATER) {
		to = result(h, step, alg);
		text = fj_json_text(out, "signed");
	}
	return to == NULL ? FJ_OK : crm_log_octets(text, to, err);
}

/* --- a round --- */

static json_t *names(const struct hold *h, const struct crm_item *it)
{
	json_t *list = json_array();

	for (unsigned k = 0; k < h->p->n; k++)
		if (it->set & 1u << k)
			json_array_append_new(list, json_string(h->p->officer[k].login));
	return list;
}

static enum fj_rc keep(struct hold *h, struct crm_item *it, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(FJ_STRUCTURE_MAX * 2);
	struct fj_buf *to = result(h, it->c.step, it->c.alg);

	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&it->out)));
	FJ_TRY(put_line(h, "signature", json_pack("{s:s, s:s, s:o}", "step", fj_step_name(it->c.step), "alg", fj_alg_name(it->c.alg), "officers", names(h, it)),
	    json_pack("{s:s}", "signed", fj_buf_str(&b64)), err));
	fj_buf_release(to);
	fj_buf_init(to, FJ_STRUCTURE_MAX);
	FJ_TRY(fj_buf_put(to, it->out.data, it->out.len));
	tell(h, json_pack("{s:s, s:s, s:s, s:o}", "signed", fj_step_name(it->c.step), "alg", fj_alg_name(it->c.alg), "round", h->r->name, "officers", names(h, it)));
	return FJ_OK;
}

static enum fj_rc write_challenges(struct hold *h, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	FJ_AUTO(json) file = crm_challenges(h->item, h->n);
	char path[96];

	FJ_TRY(fj_json_canonical(file, &text, err));
	FJ_TRY(fj_put_u8(&text, '\n'));
	snprintf(path, sizeof(path), CRM_DIR "/%s.challenges", h->r->name);
	FJ_TRY(fj_file_replace(AT_FDCWD, path, fj_buf_slice(&text), 0644, err));
	tell(h, json_pack("{s:s, s:s, s:I, s:I}", "waits", h->r->name, "challenges", path, "needs", (json_int_t)crm_needs(h->p, h->item[0].c.step), "seconds", (json_int_t)h->p->expiration));
	return FJ_OK;
}

/* sessions for what is not signed yet; approvals given before are void */
static enum fj_rc challenge(struct hold *h, struct fj_err *err)
{
	FJ_TRY(iss_signer(h->i, &h->i->make.signer, err));
	for (size_t k = 0; k < h->n; k++) {
		struct crm_item *it = &h->item[k];
		if (it->out.len > 0)
			continue;
		fj_buf_clear(&it->c.structure);
		if (it->c.step != FJ_STEP_UNSEAL)
			FJ_TRY(crm_structure(h->i, it->c.step, it->c.alg, it->c.step == FJ_STEP_ROOT_CRL ? (uint64_t)fj_now() : 0, &it->c.structure, err));
		FJ_TRY(crm_begin(h->i->make.signer, h->p, it, err));
		FJ_TRY(put_line(h, "challenge", json_pack("{s:s}", "round", h->r->name), fj_challenge_json(&it->c), err));
	}
	return write_challenges(h, err);
}

static enum fj_rc note_answer(struct hold *h, const char *file, json_t *answer, const struct fj_err *why, struct fj_err *err)
{
	json_t *in = json_pack("{s:s, s:s, s:o}", "round", h->r->name, "file", file, "answer", answer);

	if (why->rc == FJ_OK)
		return put_line(h, "answer", in, json_pack("{s:b}", "taken", 1), err);
	tell(h, json_pack("{s:s, s:s, s:s, s:s}", "refused", file, "round", h->r->name, "en", why->en, "zh", why->zh));
	return put_line(h, "answer", in, json_pack("{s:b, s:s, s:s}", "taken", 0, "en", why->en, "zh", why->zh), err);
}

/* one officer's file: each answer by itself; *bad: one was refused */
static enum fj_rc take_answers(struct hold *h, const char *file, const struct fj_answer *a, size_t n, bool *bad, struct fj_err *err)
{
	for (size_t k = 0; k < n; k++) {
		struct fj_err why = {0};
		FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
		FJ_AUTO(json) doc = NULL;
		if (crm_take(h->p, h->item, h->n, &a[k], &why) != FJ_OK)
			*bad = true;
		FJ_TRY(fj_answers_put(&a[k], 1, &text, err));
		FJ_TRY(fj_json_parse(fj_buf_slice(&text), text.len, &doc, err));
		FJ_TRY(note_answer(h, file, json_incref(json_array_get(json_object_get(doc, "answers"), 0)), &why, err));
		if (why.rc == FJ_OK)
			tell(h, json_pack("{s:s, s:s, s:s, s:s}", "taken", a[k].officer, "round", h->r->name, "step", fj_step_name(a[k].step), "alg", fj_alg_name(a[k].alg)));
	}
	return FJ_OK;
}

static enum fj_rc put_aside(const char *name, bool bad, struct fj_err *err)
{
	char from[300], to[320];

	snprintf(from, sizeof(from), CRM_DIR "/%s", name);
	snprintf(to, sizeof(to), "%s.%s", from, bad ? "refused" : "taken");
	return rename(from, to) == 0 ? FJ_OK : fj_fail_errno(err, LAYER, "rename %s", from);
}

static enum fj_rc look_at(struct hold *h, const char *name, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	struct fj_answer a[FJ_ROUND_MAX];
	struct fj_err why = {0};
	struct stat st;
	char path[300];
	size_t n = 0;
	bool bad = false;

	snprintf(path, sizeof(path), CRM_DIR "/%s", name);
	if (stat(path, &st) != 0)
		return FJ_OK; /* somebody took it away */
	if (fj_file_read(AT_FDCWD, path, &data, &why) != FJ_OK || fj_answers_read(fj_buf_slice(&data), a, &n, &why) != FJ_OK) {
		if (fj_real_ms() / 1000 - st.st_mtime < HALF_S)
			return FJ_OK;
		FJ_TRY(note_answer(h, name, json_null(), &why, err));
		return put_aside(name, true, err);
	}
	FJ_TRY(take_answers(h, name, a, n, &bad, err));
	return put_aside(name, bad, err);
}

/* "root.answers", "root.zhang.answers" of the round "root" */
static bool of_round(const char *name, const char *round)
{
	size_t n = strlen(round), len = strlen(name), end = strlen(".answers");

	return len < 200 && len >= n + end && strncmp(name, round, n) == 0 && name[n] == '.' && strcmp(name + len - end, ".answers") == 0;
}

/* --- the bond of the attestation key --- */

/* "bond.zhang.credential" */
static bool is_bond(const char *name)
{
	size_t len = strlen(name), end = strlen(".credential");

	return len < 200 && len > 5 + end && strncmp(name, "bond.", 5) == 0 && strcmp(name + len - end, ".credential") == 0;
}

static enum fj_rc note_bond(struct hold *h, const char *file, json_t *challenge, const struct fj_buf *secret, const struct fj_err *why, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(96);
	json_t *in = json_pack("{s:s, s:o}", "file", file, "challenge", challenge);

	if (why->rc == FJ_OK) {
		FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(secret)));
		return crm_log_put(&h->log, "bond", in, json_pack("{s:b, s:s}", "taken", 1, "answer", fj_buf_str(&b64)), err);
	}
	tell(h, json_pack("{s:s, s:s, s:s, s:s}", "refused", file, "round", "bond", "en", why->en, "zh", why->zh));
	return crm_log_put(&h->log, "bond", in, json_pack("{s:b, s:s, s:s}", "taken", 0, "en", why->en, "zh", why->zh), err);
}

static enum fj_rc look_at_bond(struct hold *h, const char *name, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(FJ_BOND_OCTETS);
	FJ_AUTO(buf) secret = FJ_BUF_INIT(FJ_BOND_SECRET);
	FJ_AUTO(json) challenge = NULL;
	FJ_AUTO(bond) b;
	struct fj_err why = {0};
	struct stat st;
	char path[300];

	fj_bond_init(&b);
	snprintf(path, sizeof(path), CRM_DIR "/%s", name);
	if (stat(path, &st) != 0)
		return FJ_OK;
	if ((fj_file_read(AT_FDCWD, path, &data, &why) != FJ_OK || fj_json_parse(fj_buf_slice(&data), FJ_BOND_OCTETS, &challenge, &why) != FJ_OK) && fj_real_ms() / 1000 - st.st_mtime < HALF_S)
		return FJ_OK;
	enum fj_rc rc = challenge == NULL ? FJ_E_INVALID : crm_bond(h->i->make.signer, h->p, challenge, &b, &secret, &why);
	if (rc == FJ_E_UNAVAILABLE || rc == FJ_E_PROTO || rc == FJ_E_NOMEM) {
		*err = why;
		return rc;
	}
	if (rc == FJ_OK) {
		h->bound |= 1u << fj_plan_officer(h->p, b.officer);
		tell(h, json_pack("{s:s, s:s, s:s, s:s}", "taken", b.officer, "round", "bond", "step", "bond", "alg", "TPM"));
	}
	FJ_TRY(note_bond(h, name, challenge != NULL ? json_incref(challenge) : json_null(), &secret, &why, err));
	return put_aside(name, rc != FJ_OK, err);
}

static enum fj_rc look(struct hold *h, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;

	FJ_TRY(fj_dir_list(AT_FDCWD, CRM_DIR, &d, err));
	while ((e = readdir(d)) != NULL)
		if (is_bond(e->d_name))
			FJ_TRY(look_at_bond(h, e->d_name, err));
		else if (of_round(e->d_name, h->r->name))
			FJ_TRY(look_at(h, e->d_name, err));
	return FJ_OK;
}

/* what is done has something in `out` */
static enum fj_rc unsealed(const struct hold *h, struct crm_item *it, struct fj_err *err)
{
	FJ_TRY(crm_unseal(h->i->make.signer, it, err));
	return fj_buf_puts(&it->out, "unsealed");
}

/* what has its approvals is signed; *again: a session is gone, and the challenge is to be made anew */
static enum fj_rc sign_ready(struct hold *h, bool *again, struct fj_err *err)
{
	for (size_t k = 0; k < h->n; k++) {
		struct crm_item *it = &h->item[k];
		if (it->out.len > 0)
			continue;
		if (fj_boot_ms() >= it->until) {
			*again = true;
			continue;
		}
		if ((unsigned)__builtin_popcount(it->set) < crm_needs(h->p, it->c.step))
			continue;
		enum fj_rc rc = it->c.step == FJ_STEP_UNSEAL ? unsealed(h, it, err) : crm_sign(h->i, h->i->make.signer, it, err);
		if (rc == FJ_E_STATE || rc == FJ_E_TPM)
			*again = true;
		else
			FJ_TRY(rc);
		if (rc == FJ_OK && it->c.step != FJ_STEP_UNSEAL)
			FJ_TRY(keep(h, it, err));
	}
	return FJ_OK;
}

static size_t open_items(const struct hold *h)
{
	size_t open = 0;

	for (size_t k = 0; k < h->n; k++)
		open += h->item[k].out.len == 0;
	return open;
}

static enum fj_rc wait_for_officers(struct hold *h, struct fj_err *err)
{
	FJ_TRY(challenge(h, err));
	while (open_items(h) > 0) {
		bool again = false;
		FJ_TRY(look(h, err));
		FJ_TRY(sign_ready(h, &again, err));
		if (again) {
			FJ_TRY(put_line(h, "expired", json_pack("{s:s}", "round", h->r->name), json_object(), err));
			FJ_TRY(challenge(h, err));
		}
		if (open_items(h) > 0)
			usleep(POLL_MS * 1000);
	}
	return FJ_OK;
}

static enum fj_rc run_round(struct hold *h, const struct round *r, struct fj_err *err)
{
	enum fj_rc rc = FJ_OK;

	h->r = r;
	h->n = 0;
	for (size_t k = 0; k < ROUND_ITEMS && rc == FJ_OK; k++) {
		struct crm_item *it = &h->item[h->n];
		if ((r->of[k].alg == FJ_SM2 && !h->p->sm2) || result(h, r->of[k].step, r->of[k].alg)->len > 0)
			continue;
		crm_item_init(it, r->of[k].step, r->of[k].alg);
		h->n++;
		rc = crm_signed_before(h->i, h->i->make.signer, &h->last[it->c.step][it->c.alg], it, err);
		if (rc == FJ_OK && it->out.len > 0)
			rc = keep(h, it, err);
	}
	if (rc == FJ_OK && open_items(h) > 0)
		rc = wait_for_officers(h, err);
	for (size_t k = 0; k < h->n; k++)
		crm_item_release(&h->item[k]);
	return rc;
}

/* --- the whole --- */

/* which public keys there are */
static enum fj_rc put_keys(struct hold *h, json_t *keys, struct fj_err *err)
{
	static const struct {
		const char *name;
		enum hsm_role role;
		bool sm2;
	} roles[] = {{"root", HSM_ROOT, false}, {"issuing", HSM_ISSUING, false}, {"root-sm2", HSM_ROOT_SM2, true}, {"issuing-sm2", HSM_ISSUING_SM2, true}};

	for (size_t k = 0; k < FJ_ARRAY_LEN(roles); k++) {
		FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
		FJ_AUTO(buf) b64 = FJ_BUF_INIT(1024);
		if (roles[k].sm2 && !h->p->sm2)
			continue;
		FJ_TRY(hsm_public_key(h->i->make.signer, roles[k].role, &spki, err));
		FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(&spki)));
		if (fj_json_set(keys, roles[k].name, json_string(fj_buf_str(&b64))) != FJ_OK)
			return fj_no_memory(err, LAYER);
	}
	return FJ_OK;
}

static enum fj_rc begin(struct hold *h, struct fj_err *err)
{
	FJ_AUTO(json) keys = json_object();
	char plan[65];

	FJ_TRY(iss_signer(h->i, &h->i->make.signer, err));
	if (h->begun)
		return h->closed ? FJ_OK : put_line(h, "go-on", json_object(), json_object(), err);
	FJ_TRY(put_keys(h, keys, err));
	fj_hex(h->p->hash.b, FJ_SHA256_LEN, plan);
	return put_line(h, "open", json_pack("{s:s}", "plan", plan), json_pack("{s:O}", "keys", keys), err);
}

/* what the TPM shows, beside the challenges; a TPM that can't say it is bound by nobody */
static enum fj_rc show_endorsement(struct hold *h, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ENDORSEMENT_OCTETS);
	struct fj_err why = {0};

	enum fj_rc rc = crm_endorsement(h->i->make.signer, h->p, &text, &h->certified, &why);
	if (rc == FJ_E_TPM)
		return FJ_OK;
	if (rc != FJ_OK) {
		*err = why;
		return rc;
	}
	return fj_file_replace(AT_FDCWD, CRM_DIR "/endorsement.json", fj_buf_slice(&text), 0644, err);
}

static enum fj_rc wait_for_bonds(struct hold *h, struct fj_err *err)
{
	static const struct round bond = {"bond", {{FJ_STEP_END, FJ_ES256}}};

	h->r = &bond;
	h->n = 0;
	FJ_TRY(look(h, err)); /* also what came where none is waited for */
	if (!h->certified || !h->bonds || (unsigned)__builtin_popcount(h->bound) >= h->p->root)
		return FJ_OK;
	tell(h, json_pack("{s:s, s:s, s:I, s:I}", "waits", bond.name, "challenges", CRM_DIR "/endorsement.json", "needs", (json_int_t)h->p->root, "seconds", (json_int_t)0));
	while ((unsigned)__builtin_popcount(h->bound) < h->p->root) {
		usleep(POLL_MS * 1000);
		FJ_TRY(look(h, err));
	}
	return FJ_OK;
}

static enum fj_rc run(struct hold *h, struct fj_err *err)
{
	FJ_TRY(crm_log_open(&h->log, CRM_TRANSCRIPT, h->p, remember, h, err));
	FJ_TRY(begin(h, err));
	if (h->closed)
		return FJ_OK;
	FJ_TRY(show_endorsement(h, err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(rounds); k++)
		FJ_TRY(run_round(h, &rounds[k], err));
	return wait_for_bonds(h, err);
}

static enum fj_rc finish(struct hold *h, struct fj_err *err)
{
	FJ_AUTO(json) s = NULL;

	FJ_TRY(hsm_status(h->i->make.signer, &s, err));
	if (strcmp(fj_json_text(s, "ceremony"), "open") == 0)
		FJ_TRY(hsm_ceremony_close(h->i->make.signer, err));
	return h->closed ? FJ_OK : put_line(h, "close", json_object(), json_object(), err);
}

enum fj_rc crm_unseal_round(struct iss *i, const struct fj_plan *p, struct fj_err *err)
{
	struct hold h = {.i = i, .p = p, .r = &unseal_round, .n = 1, .log = {.fd = -1}};
	FJ_AUTO(json) s = NULL;

	FJ_TRY(iss_signer(i, &i->make.signer, err));
	FJ_TRY(hsm_status(i->make.signer, &s, err));
	if (!json_is_true(json_object_get(s, "sealed")))
		return FJ_OK;
	crm_item_init(&h.item[0], FJ_STEP_UNSEAL, FJ_ES256);
	enum fj_rc rc = wait_for_officers(&h, err);
	crm_item_release(&h.item[0]);
	return rc;
}

enum fj_rc crm_hold(struct iss *i, const struct fj_plan *p, bool bonds, struct fj_buf crl[FJ_ALG_END], struct fj_err *err)
{
	struct hold h = {.i = i, .p = p, .bonds = bonds, .crl = crl, .log = {.fd = -1}};

	enum fj_rc rc = run(&h, err);
	if (rc == FJ_OK)
		rc = finish(&h, err);
	fj_fd_close(&h.log.fd);
	for (int s = 0; s < FJ_STEP_LATER; s++)
		for (int a = 0; a < FJ_ALG_END; a++)
			fj_buf_release(&h.last[s][a]);
	return rc;
}
