/*
 * spare.c - `fujie spare`: another machine whose TPM gets the roots, for the day when the first one dies
 * (docs/formats.md 28).
 *
 * prepare makes the folder and the TPM's storage key, and a request, from which the plan's --move is made: it
 * comes before the ceremony, since the plan's hash stands in the roots' policy.  import takes in what
 * `fujie ceremony move` wrote, and goes on to prove: the roots sign a text under their officers, who approve it as
 * they do everything; without them the TPM refused already.  The folder is no home: it has no register, and its
 * signer signs nothing but that proof.  Nothing here needs a library for signatures: the signer verifies them.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/spare.h"
#include "hsm/client/client.h"
#include "issuer/cli/cli.h"

#define CONF "spare.json"
#define PLAN "ceremony/plan.json"
#define CITE "formats.md 28"

static enum fj_rc usage(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_USAGE, "cli", CITE, en, zh);
}

/* the folder, locked, with TPM and signer running and asked; ended with it */
struct spare {
	struct cli_home h;
	struct cli_parts p;
	bool started;
	struct hsm_conn *conn;
};

static void spare_release(struct spare *s)
{
	hsm_close(s->conn);
	if (s->started)
		cli_parts_stop(&s->p);
	cli_home_release(&s->h);
}
FJ_DEFINE_AUTO(spare, struct spare, spare_release)

static enum fj_rc start(struct spare *s, struct fj_err *err)
{
	FJ_TRY(cli_parts_init(&s->p, &s->h, err));
	s->started = s->p.signer = true;
	FJ_TRY(cli_start_signer(&s->p, err));
	return hsm_connect(s->h.run, HSM_SOCK_REGISTRY, &s->conn, err);
}

/* --- prepare --- */

static enum fj_rc keep_conf(const struct spare *s, struct fj_err *err)
{
	FJ_AUTO(json) j = json_pack("{s:b, s:s}", "demo", s->h.conf.demo, "tpm", s->h.conf.tpm);
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);

	FJ_TRY(fj_json_canonical(j, &text, err));
	return fj_file_replace(s->h.dir, CONF, fj_buf_slice(&text), 0644, err);
}

/* what its TPM says of its storage key, now; there is no root yet that it could be bound to */
static enum fj_rc attested(struct spare *s, json_t **out, struct fj_err *err)
{
	FJ_AUTO(hsm_attestation) a = {.n = 0};
	char now[FJ_TIME_CAP], text[80];
	struct fj_hash h;

	fj_time_utc(fj_now(), now);
	snprintf(text, sizeof(text), "fujie-spare-1\n%s\n", now);
	fj_sha256(fj_slice_str(text), &h);
	FJ_TRY(hsm_attest(s->conn, FJ_SLICE(h.b, FJ_SHA256_LEN), &a, err));
	*out = hsm_attestation_json(&a, text);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

static enum fj_rc request(struct spare *s, struct fj_buf *out, struct fj_buf *parent, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(200);
	FJ_AUTO(json) attestation = NULL;

	FJ_TRY(hsm_spare(s->conn, parent, err));
	FJ_TRY(attested(s, &attestation, err));
	FJ_TRY(fj_b64u_put(&b64, fj_buf_slice(parent)));
	FJ_AUTO(json) doc = json_pack("{s:i, s:s, s:O}", "version", 1, "parent", fj_buf_str(&b64), "attestation", attestation);
	FJ_TRY(fj_json_canonical(doc, out, err));
	return fj_put_u8(out, '\n');
}

static enum fj_rc prepare(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"tpm", "demo", NULL};
	FJ_AUTO(spare) s = {.h = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_SPARE_REQUEST_MAX);
	FJ_AUTO(buf) parent = FJ_BUF_INIT(FJ_STORAGE_PUBLIC_MAX);
	struct cli_conf conf;
	struct fj_tpm_name name;
	char hex[2 * FJ_TPM_NAME_LEN + 1], path[4200];

	if (a->dir == NULL)
		return usage(err, "fujie spare prepare --dir D2 [--tpm DEVICE] [--demo] [--out REQUEST]: in which folder?", "用法：fujie spare prepare --dir D2 [--tpm 设备] [--demo] [--out 请求]");
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(cli_conf_from(a, cli_opt(a, "demo", NULL) != NULL, &conf, err));
	FJ_TRY(cli_home_ceremony(a->dir, &conf, &s.h, err));
	FJ_TRY(start(&s, err));
	FJ_TRY(request(&s, &text, &parent, err));
	FJ_TRY(keep_conf(&s, err));
	snprintf(path, sizeof(path), "%s/spare.request", a->dir);
	const char *to = a->out != NULL ? a->out : path;
	FJ_TRY(fj_file_replace(AT_FDCWD, to, fj_buf_slice(&text), 0644, err));
	fj_tpm_name_of(fj_buf_slice(&parent), &name);
	fj_hex(name.b, sizeof(name.b), hex);
	FJ_AUTO(json) answer = json_pack("{s:s, s:s}", "name", hex, "request", to);
	if (a->json)
		cli_print_answer(answer, true);
	else
		printf("%s: the spare's request.  Its storage key has the Name %s: compare it aloud with what `fujie-officer plan show` says.\n"
		       "Judge it: fujie-verify attestation --spare %s [--vendors FILE].  Then: fujie ceremony plan --move %s ...\n"
		       "备机请求已写入；备机存储密钥名称（Name）如上，请与 fujie-officer plan show 所示口头核对。\n", to, hex, to, to);
	return FJ_OK;
}

/* --- a spare that was prepared --- */

static enum fj_rc read_conf(int dir, struct cli_conf *conf, struct fj_err *err)
{
	static const char *const keys[] = {"demo", "tpm", NULL};
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	FJ_AUTO(json) j = NULL;
	const char *tpm;

	memset(conf, 0, sizeof(*conf));
	if (fj_file_read(dir, CONF, &text, NULL) != FJ_OK)
		return fj_refuse(err, FJ_E_NOTFOUND, "cli", CITE, "no spare was prepared in this folder: fujie spare prepare", "此目录中没有已准备的备机：请先执行 fujie spare prepare");
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), text.len, &j, err));
	FJ_TRY(fj_json_only(j, keys, err));
	FJ_TRY(fj_json_str(j, "tpm", sizeof(conf->tpm) - 1, &tpm, err));
	conf->demo = json_is_true(json_object_get(j, "demo"));
	cli_users_default(conf);
	return fj_strcopy(conf->tpm, sizeof(conf->tpm), tpm);
}

static enum fj_rc open_spare(const struct cli_args *a, struct spare *s, struct fj_err *err)
{
	struct cli_conf conf;
	FJ_AUTO(fd) dir = -1;

	FJ_TRY(fj_dir_open(AT_FDCWD, a->dir, &dir, err));
	FJ_TRY(read_conf(dir, &conf, err));
	FJ_TRY(cli_home_ceremony(a->dir, &conf, &s->h, err));
	return start(s, err);
}

enum fj_rc cli_spare_status(const char *dir, json_t **out, struct fj_err *err)
{
	const struct cli_args a = {.dir = dir};
	FJ_AUTO(spare) s = {.h = {.dir = -1, .run = -1, .lock = -1}};

	FJ_TRY(open_spare(&a, &s, err));
	return hsm_status(s.conn, out, err);
}

/* which TPM it was prepared with; a folder that is a home already is none that waits for one */
static enum fj_rc adopt(const struct cli_args *a, struct fj_err *err)
{
	static const char *const known[] = {"home", NULL};
	struct cli_spare_home s = {.dir = -1};
	struct cli_conf conf;
	FJ_AUTO(fd) dir = -1;

	if (a->dir == NULL || cli_opt(a, "home", NULL) == NULL)
		return usage(err, "fujie spare adopt --dir D2 --home COPY: the folder of the home whose TPM is gone, as it was copied", "用法：fujie spare adopt --dir D2 --home 副本：TPM 已损毁的系统的目录副本");
	FJ_TRY(cli_opt_only(a, known, err));
	FJ_TRY(fj_dir_open(AT_FDCWD, a->dir, &dir, err));
	if (faccessat(dir, "fujie.ini", F_OK, 0) == 0)
		return fj_refuse(err, FJ_E_EXISTS, "cli", "formats.md 32", "this folder is a home already: fujie serve, then fujie spare enter", "此目录已是主目录：请执行 fujie serve，再执行 fujie spare enter");
	FJ_TRY(read_conf(dir, &conf, err));
	s.dir = dir;
	FJ_TRY(fj_strcopy(s.tpm, sizeof(s.tpm), conf.tpm));
	FJ_TRY(cli_adopt(a, &s, err));
	if (a->json)
		puts("{\"adopted\":true}");
	else
		printf("The copy lies beside the spare's TPM.  Now: fujie serve --dir %s; two finance officers: fujie spare enter --dir %s --as LOGIN; then the plan's officers: fujie ceremony issuing --dir %s --as LOGIN\n"
		       "副本已置于备机。接下来：fujie serve；两名财政经办人执行 fujie spare enter；再由方案官员执行 fujie ceremony issuing\n", a->dir, a->dir, a->dir);
	return FJ_OK;
}

/* --- the proof --- */

struct proof {
	struct spare *s;
	struct fj_plan plan;
	size_t n;
	struct {
		struct fj_challenge c;
		uint8_t id;
		size_t have;
		struct hsm_officer_approval approval[FJ_QUORUM_MAX];
		struct fj_buf sig; /* DER; empty: not signed yet */
	} item[FJ_MOVED_MAX];
};

static void proof_release(struct proof *p)
{
	for (size_t k = 0; k < FJ_MOVED_MAX; k++) {
		fj_buf_release(&p->item[k].c.structure);
		fj_buf_release(&p->item[k].c.key);
		fj_buf_release(&p->item[k].sig);
	}
}
FJ_DEFINE_AUTO(proof, struct proof, proof_release)

static enum fj_rc begin_one(struct proof *p, enum fj_alg alg, const struct hsm_attestation *keys, struct fj_err *err)
{
	const char *role = alg == FJ_SM2 ? "root-sm2" : "root";
	struct fj_challenge *c = &p->item[p->n].c;
	struct hsm_challenge ch;
	struct fj_tpm_name name;
	size_t k = 0;

	while (k < keys->n && strcmp(keys->object[k].name, role) != 0)
		k++;
	if (k == keys->n)
		return fj_refuse(err, FJ_E_STATE, "cli", CITE, "no root was taken in here yet: fujie spare import", "此处尚未接收根密钥：请先执行 fujie spare import");
	fj_tpm_name_of(keys->object[k].pub, &name);
	*c = (struct fj_challenge){.plan = p->plan.hash, .step = FJ_STEP_PROOF, .alg = alg, .structure = FJ_BUF_INIT(1024), .key = FJ_BUF_INIT(1024)};
	fj_buf_init(&p->item[p->n].sig, 128);
	p->n++;
	FJ_TRY(fj_proof_text(&p->plan, &name, &c->structure));
	enum fj_rc rc = hsm_quorum_begin(p->s->conn, hsm_role_by(HSM_ROOT, alg), HSM_PROOF, fj_buf_slice(&c->structure), &ch, err);
	if (rc == FJ_OK) {
		p->item[p->n - 1].id = ch.id;
		c->expiration = ch.expiration;
		memcpy(c->nonce, ch.nonce, sizeof(c->nonce));
		rc = fj_buf_put(&c->key, ch.public.data, ch.public.len);
	}
	fj_buf_release(&ch.public);
	return rc;
}

static enum fj_rc begin(struct proof *p, json_t **challenges, struct fj_err *err)
{
	FJ_AUTO(hsm_attestation) keys = {.n = 0};
	json_t *list = *challenges = json_array();

	FJ_TRY(hsm_attest(p->s->conn, FJ_SLICE(NULL, 0), &keys, err));
	FJ_TRY(begin_one(p, FJ_ES256, &keys, err));
	if (p->plan.sm2)
		FJ_TRY(begin_one(p, FJ_SM2, &keys, err));
	for (size_t k = 0; k < p->n; k++)
		if (json_array_append_new(list, fj_challenge_json(&p->item[k].c)) != 0)
			return fj_no_memory(err, "cli");
	return FJ_OK;
}

/* What is in hand and this one are given to the signer: it signs, or says that more are needed, which is no refusal of this one. */
static enum fj_rc try_one(struct proof *p, size_t k, uint8_t officer, const struct fj_answer *a, struct fj_err *err)
{
	struct hsm_officer_approval *next = &p->item[k].approval[p->item[k].have];
	struct fj_err why = {0};

	for (size_t i = 0; i < p->item[k].have; i++)
		if (p->item[k].approval[i].officer == officer)
			return fj_refuse(err, FJ_E_REFUSED, "cli", "R22", "this officer has approved already; each counts once", "该官员已批准；每人只计一次");
	next->officer = officer;
	memcpy(next->sig, a->sig, sizeof(next->sig));
	enum fj_rc rc = hsm_quorum_sign(p->s->conn, p->item[k].id, p->item[k].approval, p->item[k].have + 1, &p->item[k].sig, &why);
	if (rc == FJ_OK || (rc == FJ_E_POLICY && p->item[k].have + 1 < p->plan.root)) {
		p->item[k].have++;
		return FJ_OK;
	}
	if (err != NULL)
		*err = why;
	return rc;
}

static enum fj_rc take_one(struct proof *p, const struct fj_answer *a, struct fj_err *err)
{
	int officer = fj_plan_officer(&p->plan, a->officer);

	if (!fj_hash_eq(&a->plan, &p->plan.hash) || officer < 0 || a->step != FJ_STEP_PROOF)
		return fj_refuse(err, FJ_E_REFUSED, "cli", CITE, "the answer is of another plan, of nobody in this plan, or to another question", "答复属于另一方案、非方案官员，或者并非对此质询的答复");
	for (size_t k = 0; k < p->n; k++)
		if (p->item[k].c.alg == a->alg)
			return p->item[k].sig.len > 0 ? FJ_OK : try_one(p, k, (uint8_t)officer, a, err);
	return fj_refuse(err, FJ_E_REFUSED, "cli", CITE, "the plan has no such algorithm", "方案没有该算法");
}

static enum fj_rc take(void *user, const struct fj_buf *file, bool *done, struct fj_err *err)
{
	struct proof *p = user;
	struct fj_answer a[FJ_ROUND_MAX];
	size_t n = 0;

	FJ_TRY(fj_answers_read(fj_buf_slice(file), a, &n, err));
	for (size_t k = 0; k < n; k++)
		FJ_TRY(take_one(p, &a[k], err));
	*done = true;
	for (size_t k = 0; k < p->n; k++)
		*done = *done && p->item[k].sig.len > 0;
	return FJ_OK;
}

/* what was signed, for who wants to see it later: verifies under the root's certificate over these octets */
static enum fj_rc put_result(const struct proof *p, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	char now[FJ_TIME_CAP];

	for (size_t k = 0; k < p->n; k++) {
		FJ_AUTO(buf) sig = FJ_BUF_INIT(256);
		FJ_AUTO(json) who = json_array();
		FJ_TRY(fj_b64_put(&sig, fj_buf_slice(&p->item[k].sig)));
		for (size_t i = 0; i < p->item[k].have; i++)
			json_array_append_new(who, json_string(p->plan.officer[p->item[k].approval[i].officer].login));
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:O}", "alg", fj_alg_name(p->item[k].c.alg), "text", fj_buf_str(&p->item[k].c.structure), "signature", fj_buf_str(&sig), "officers", who));
	}
	fj_time_utc(fj_now(), now);
	FJ_AUTO(json) doc = json_pack("{s:s, s:O}", "at", now, "proofs", list);
	FJ_TRY(fj_json_canonical(doc, &text, err));
	return fj_file_replace(p->s->h.dir, "ceremony/proof.json", fj_buf_slice(&text), 0644, err);
}

static enum fj_rc prove(const struct cli_args *a, struct spare *s, struct fj_err *err)
{
	FJ_AUTO(proof) p = {.s = s};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(json) file = NULL;
	FJ_AUTO(json) challenges = NULL;
	struct cli_round r = {.name = "proof", .home = s->h.dir, .take = take, .user = &p};

	if (fj_file_read(s->h.dir, PLAN, &text, NULL) != FJ_OK)
		return fj_refuse(err, FJ_E_STATE, "cli", CITE, "no root was taken in here yet: fujie spare import", "此处尚未接收根密钥：请先执行 fujie spare import");
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), FJ_PLAN_MAX, &file, err));
	FJ_TRY(fj_plan_read(json_object_get(file, "plan"), &p.plan, err)); /* the signer verified its signatures */
	FJ_TRY(begin(&p, &challenges, err));
	FJ_TRY(cli_round_challenges(&r, a->dir, a->out, challenges, err));
	FJ_TRY(cli_round_wait(&r, p.plan.expiration, err));
	FJ_TRY(put_result(&p, err));
	puts(a->json ? "{\"proved\":true}" : "The spare's roots sign under their officers, and the TPM refuses without them.  The proof: ceremony/proof.json\n备机的根密钥凭官员批准即可签名，未经批准则被 TPM 拒绝。验证结果见 ceremony/proof.json");
	return FJ_OK;
}

/* --- import --- */

static enum fj_rc import(const struct cli_args *a, struct spare *s, struct fj_err *err)
{
	FJ_AUTO(buf) plan = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_MOVE_FILE_MAX);
	FJ_AUTO(move_file) f;
	struct fj_err why = {0};

	fj_move_file_init(&f);
	FJ_TRY(fj_file_read(AT_FDCWD, cli_opt(a, "plan", ""), &plan, err));
	FJ_TRY(fj_file_read(AT_FDCWD, cli_opt(a, "blob", ""), &text, err));
	FJ_TRY(fj_move_file_read(fj_buf_slice(&text), &f, err));
	FJ_TRY(open_spare(a, s, err));
	enum fj_rc rc = hsm_import(s->conn, fj_buf_slice(&plan), &f, &why);
	if (rc != FJ_OK && rc != FJ_E_EXISTS) {
		*err = why;
		return rc;
	}
	fprintf(stderr, rc == FJ_OK ? "The roots are taken in; without their officers the TPM refused to sign.\n已接收根密钥；未经官员批准，TPM 拒绝签名。\n" : "The roots were taken in before.\n根密钥此前已接收。\n");
	return fj_file_replace(s->h.dir, PLAN, fj_buf_slice(&plan), 0644, err);
}

static enum fj_rc run(const struct cli_args *a, const char *verb, struct fj_err *err)
{
	static const char *const imports[] = {"plan", "blob", NULL}, *const none[] = {NULL};
	FJ_AUTO(spare) s = {.h = {.dir = -1, .run = -1, .lock = -1}};
	bool in = strcmp(verb, "import") == 0;

	if (a->dir == NULL || (in && (cli_opt(a, "plan", NULL) == NULL || cli_opt(a, "blob", NULL) == NULL)))
		return usage(err, "fujie spare import --dir D2 --plan SIGNED --blob FILE; fujie spare prove --dir D2", "用法：fujie spare import --dir D2 --plan 已签方案 --blob 文件；fujie spare prove --dir D2");
	FJ_TRY(cli_opt_only(a, in ? imports : none, err));
	FJ_TRY(in ? import(a, &s, err) : open_spare(a, &s, err));
	return prove(a, &s, err);
}

int cli_spare(const struct cli_args *a)
{
	const char *verb = a->verb != NULL ? a->verb : "";
	struct fj_err err = {0};
	enum fj_rc rc;

	if (strcmp(verb, "enter") == 0)
		return cli_command(a);
	if (strcmp(verb, "prepare") == 0)
		rc = prepare(a, &err);
	else if (strcmp(verb, "adopt") == 0)
		rc = adopt(a, &err);
	else if (strcmp(verb, "import") == 0 || strcmp(verb, "prove") == 0)
		rc = run(a, verb, &err);
	else
		rc = usage(&err, "fujie spare prepare|import|prove|adopt|enter; `fujie help` says more", "用法：fujie spare prepare|import|prove|adopt|enter；详见 fujie help");
	return rc == FJ_OK ? 0 : cli_print_error(&err, NULL, a->json);
}
