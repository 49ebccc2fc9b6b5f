/*
 * restore_keys.c - a register of before a rollover gets the keys that there were after it.
 *
 * What was published names them: ca/issuing-2.cer, signer/token.pem and so on, roots that followed.  Each is taken only when it
 * is verified under a CA that the register has, is of the profile and the name that it must be of, and the newest one of
 * each kind is a key of the signer.  Nothing is signed here: the signer may still be closed.  It is all one transaction with the rest of
 * the restore, and undone with it.
 *
 * What is intended from now on is signed by the newest key, what was before by the one of then while the signer has it.  A CA's CRLs are
 * those that it had: its first shard is the first one that no CA before it signs.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/x509.h"
#include "issuer/ceremony.h"
#include "issuer/log/restore.h"
#include "issuer/spare.h"

#define LAYER "log"
#define CITE "formats.md 26"
#define GENERATIONS 32 /* of a signer, at once */

static const struct signer {
	const char *key;
	enum fj_alg alg;
	enum hsm_role role;
	struct {
		const char *what;
		enum ca_profile profile;
	} cert[2];
} signers[] = {
	{"token", FJ_ES256, HSM_TOKEN, {{"token", CA_TOKEN_SIGNER}, {"status", CA_STATUS_SIGNER}}},
	{"ocsp", FJ_ES256, HSM_OCSP, {{"ocsp", CA_OCSP}}},
	{"log", FJ_ES256, HSM_LOG, {{"log", CA_LOG_SIGNER}}},
	{"token-sm2", FJ_SM2, HSM_TOKEN_SM2, {{"token-sm2", CA_TOKEN_SIGNER}, {"status-sm2", CA_STATUS_SIGNER}}},
	{"ocsp-sm2", FJ_SM2, HSM_OCSP_SM2, {{"ocsp-sm2", CA_OCSP}}},
};

struct take { /* of one hierarchy */
	struct iss_call *c;
	struct hsm_conn *conn;
	struct rst_keys *k;
	enum fj_alg alg;
	struct fj_slice root[FJ_MAX_ROOTS], ca[FJ_MAX_CAS]; /* the register's, and what is taken: the oldest first */
	size_t n_root, n_ca;
	size_t had_ca;      /* of them the register's */
	int64_t shard;      /* of the register's, the last */
	bool responds;      /* a CA, or the responder's key, was taken */
	json_t *serials;
};

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, CITE, en, zh);
}

void rst_keys_release(struct rst_keys *k)
{
	while (k->n > 0)
		fj_buf_release(&k->of[--k->n].cert);
	json_decref(k->names);
}

/* --- files --- */

/* a certificate below publish/, DER or PEM; *there: there is one */
static enum fj_rc read_cert(const char *path, struct fj_buf *der, bool *there, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(4 * FJ_X509_MAX);

	fj_buf_clear(der);
	enum fj_rc rc = fj_file_read(AT_FDCWD, path, &file, err);
	*there = rc != FJ_E_NOTFOUND;
	if (!*there)
		return FJ_OK;
	FJ_TRY(rc);
	if (strstr(path, ".pem") != NULL)
		return ca_unpem("CERTIFICATE", fj_buf_slice(&file), der, err);
	return fj_buf_put(der, file.data, file.len) == FJ_OK ? FJ_OK : fj_no_memory(err, LAYER);
}

/* kept for as long as the restore takes */
static enum fj_rc hold(struct rst_keys *k, enum rst_kind kind, enum fj_alg alg, struct fj_slice der, struct fj_slice *out, struct fj_err *err)
{
	if (k->n == RST_KEYS)
		return no(err, FJ_E_LIMIT, "the register lacks more than 64 certificates of the appliance's own keys; restore a newer copy of it first", "登记簿缺失的自有密钥证书超过 64 张，请先恢复较新的副本");
	struct rst_key *key = &k->of[k->n++];
	*key = (struct rst_key){kind, alg, FJ_BUF_INIT(FJ_X509_MAX)};
	if (fj_buf_put(&key->cert, der.p, der.len) != FJ_OK)
		return fj_no_memory(err, LAYER);
	*out = fj_buf_slice(&key->cert);
	return FJ_OK;
}

static bool by_one_of(struct fj_slice der, const struct fj_slice *of, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (ca_verify_signed_by(der, of[k], NULL) == FJ_OK)
			return true;
	return false;
}

static enum fj_rc name_it(struct take *t, const char *key, size_t generation, struct fj_err *err)
{
	return json_array_append_new(t->k->names, json_sprintf("%s.%zu", key, generation)) == 0 ? FJ_OK : fj_no_memory(err, LAYER);
}

/* up to when the key of this certificate signs what was intended: up to the restore, or nothing any more */
static enum fj_rc until_of(struct take *t, enum hsm_role role, struct fj_slice der, int64_t *until, struct fj_err *err)
{
	bool here;

	FJ_TRY(spr_has_key(t->conn, role, der, &here, err));
	*until = here ? t->c->last_seq + 1 : ROL_NOTHING;
	return FJ_OK;
}

static enum fj_rc lacks(struct fj_err *err)
{
	return no(err, FJ_E_STATE, "the signer has not the newest key that was published: its folder was put back too; bring back the newest copy of the folder signer/ (and of the TPM's state), then restore",
	    "签名服务中没有已公布的最新密钥：其目录也被换成了旧副本；请放回最新的 signer/ 目录（及 TPM 状态）后再恢复");
}

static enum fj_rc newest_is_here(struct take *t, enum hsm_role role, struct fj_slice der, struct fj_err *err)
{
	bool here;

	FJ_TRY(spr_has_key(t->conn, role, der, &here, err));
	return here ? FJ_OK : lacks(err);
}

/* --- roots that followed (docs/formats.md 33) --- */

/* in chain.pem: this key's certificate by that root */
static enum fj_rc find_cross(struct take *t, struct fj_slice key_of, struct fj_slice by, struct fj_buf *der, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(1u << 20);
	struct fj_x509 wanted, x;
	char path[64];

	snprintf(path, sizeof(path), "publish/trust/chain%s.pem", fj_alg_suffix(t->alg));
	FJ_TRY(fj_file_read(AT_FDCWD, path, &pem, err));
	FJ_TRY(fj_x509_read(key_of, &wanted, err));
	for (struct fj_slice rest = fj_buf_slice(&pem); crm_next_block(&rest, "CERTIFICATE", der, NULL) == FJ_OK;)
		if (fj_x509_read(fj_buf_slice(der), &x, NULL) == FJ_OK && fj_slice_eq(x.spki, wanted.spki) && fj_slice_eq(x.subject, wanted.subject) && ca_verify_signed_by(fj_buf_slice(der), by, NULL) == FJ_OK)
			return FJ_OK;
	return no(err, FJ_E_NOTFOUND, "the root has passed on since, and publish/trust has not the certificates by which it did; bring publish/trust and publish/ca from a mirror",
	    "根此后已经移交，而 publish/trust 中缺少移交所用的证书；请从镜像站取回 publish/trust 与 publish/ca");
}

static enum fj_rc keep_cross(struct take *t, const char *what, struct fj_slice key_of, struct fj_slice by, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	char row[40];

	FJ_TRY(find_cross(t, key_of, by, &der, err));
	iss_cross_row(what, (unsigned)t->n_root + 1, t->alg, row);
	return sto_run(t->c->db, STO_KEYRING_SET, NULL, err, "tb", row, fj_buf_slice(&der));
}

static enum fj_rc take_root(struct take *t, const struct fj_buf *der, struct fj_err *err)
{
	struct fj_slice before = t->root[t->n_root - 1], root;
	struct fj_x509 old, x;
	char what[24];

	FJ_TRY(hold(t->k, RST_ROOT, t->alg, fj_buf_slice(der), &root, err));
	FJ_TRY(fj_x509_read(before, &old, err));
	FJ_TRY(fj_x509_read(root, &x, err));
	FJ_TRY(ca_verify_signed_by(root, root, err));
	if (!fj_slice_eq(x.subject, old.subject))
		return no(err, FJ_E_CORRUPT, "a root of publish/ca is of another name than this home's; bring publish/ca from a mirror", "publish/ca 中的根证书与本系统根的名称不同，请从镜像站取回 publish/ca");
	FJ_TRY(keep_cross(t, "new", root, before, err)); /* the root before says so: on this the rest is believed */
	FJ_TRY(keep_cross(t, "old", before, root, err));
	snprintf(what, sizeof(what), "root%s", fj_alg_suffix(t->alg));
	FJ_TRY(sto_run(t->c->db, STO_PAST_KEY_ADD, NULL, err, "tbi", what, before, t->c->last_seq + 1));
	FJ_TRY(sto_run(t->c->db, STO_KEYRING_SET, NULL, err, "tb", what, root));
	t->root[t->n_root++] = root;
	return name_it(t, what, t->n_root, err);
}

/* of a root that is another appliance's: from chain.pem, as they were taken in */
static enum fj_rc take_newer(struct take *t, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	char path[64];

	snprintf(path, sizeof(path), "publish/trust/chain%s.pem", fj_alg_suffix(t->alg));
	FJ_TRY(fj_file_read(AT_FDCWD, path, &pem, err));
	FJ_TRY(crm_take_crosses(t->c, fj_buf_slice(&pem), err));
	while (t->n_root < FJ_MAX_ROOTS && crm_newer_root(t->c->db, (unsigned)t->n_root + 1, t->alg, &der, NULL) == FJ_OK) {
		FJ_TRY(hold(t->k, RST_ROOT, t->alg, fj_buf_slice(&der), &t->root[t->n_root], err));
		t->n_root++;
	}
	return FJ_OK;
}

/* the plan whose officers rule the newest root */
static enum fj_rc plan_follows(struct take *t, struct fj_err *err)
{
	struct fj_plan plan;
	bool planned;

	FJ_TRY(crm_home_plan(&plan, &planned, err));
	return !planned || plan.generation == t->n_root ? FJ_OK
	    : no(err, FJ_E_STATE, "the root has passed on since, and ceremony/plan.json is the plan of before: put the signed plan that followed into its place, then restore", "根此后已经移交，而 ceremony/plan.json 仍是移交前的方案：请放回已签名的接续方案后再恢复");
}

static enum fj_rc take_roots(struct take *t, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	size_t had = t->n_root;
	char file[FJ_CA_FILE_CAP], path[64];
	bool there = true;

	while (t->n_root < FJ_MAX_ROOTS) {
		fj_generation_name("/ca/root", t->alg, (unsigned)t->n_root + 1, ".cer", file);
		snprintf(path, sizeof(path), "publish%s", file);
		FJ_TRY(read_cert(path, &der, &there, err));
		if (!there)
			break;
		FJ_TRY(take_root(t, &der, err));
	}
	return t->n_root > had ? plan_follows(t, err) : FJ_OK;
}

/* the root's newest list: what it has revoked stays revoked */
static enum fj_rc take_root_list(struct take *t, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_DER_MAX);
	struct fj_crl now, crl;
	char what[24], path[64];

	snprintf(path, sizeof(path), "publish/trust/crl/root%s.crl", fj_alg_suffix(t->alg));
	snprintf(what, sizeof(what), "root%s.crl", fj_alg_suffix(t->alg));
	if (fj_file_read(AT_FDCWD, path, &file, NULL) != FJ_OK)
		return no(err, FJ_E_NOTFOUND, "publish/trust/crl has not the root's list; bring it from a mirror, or a CA that was revoked would be lost", "publish/trust/crl 中没有根吊销列表，请从镜像站取回，否则对签发机构的吊销会丢失");
	FJ_TRY(fj_crl_read(fj_buf_slice(&file), &crl, err));
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(t->c->db, STO_KEYRING_GET, &q, "root CRL", err, "t", what));
		FJ_TRY(fj_crl_read(sto_blob(&q, 0), &now, err));
		if (crl.number <= now.number)
			return FJ_OK;
	}
	if (!by_one_of(fj_buf_slice(&file), t->root, t->n_root))
		return no(err, FJ_E_SIGNATURE, "the root's list in publish/trust/crl is not by this home's root; bring it from a mirror", "publish/trust/crl 中的根吊销列表不是本系统的根签发的，请从镜像站取回");
	return sto_run(t->c->db, STO_KEYRING_SET, NULL, err, "tb", what, fj_buf_slice(&file));
}

/* --- issuing CAs --- */

/* one of the name, for a key of its own, by a root */
static enum fj_rc read_ca(struct take *t, struct fj_buf *der, bool *there, struct fj_err *err)
{
	struct fj_x509 first, x, other;
	char file[FJ_CA_FILE_CAP], path[64];

	fj_ca_file(t->alg, (unsigned)t->n_ca + 1, file);
	snprintf(path, sizeof(path), "publish%s", file);
	FJ_TRY(read_cert(path, der, there, err));
	if (!*there)
		return FJ_OK;
	FJ_TRY(fj_x509_read(fj_buf_slice(der), &x, err));
	FJ_TRY(fj_x509_read(t->ca[0], &first, err));
	bool good = fj_slice_eq(x.subject, first.subject) && by_one_of(fj_buf_slice(der), t->root, t->n_root) && (t->c->iss->limited || ca_lint(iss_ca_home(t->c->iss), CA_ISSUING, fj_buf_slice(der), NULL) == FJ_OK);
	for (size_t k = 0; good && k < t->n_ca; k++) {
		FJ_TRY(fj_x509_read(t->ca[k], &other, err));
		good = !fj_slice_eq(x.spki, other.spki);
	}
	return good ? FJ_OK : no(err, FJ_E_SIGNATURE, "an issuing CA of publish/ca is not this home's, by its root; bring publish/ca from a mirror", "publish/ca 中的签发机构证书不是本系统的根为本机构签发的，请从镜像站取回 publish/ca");
}

/* Those that are published whole: the newest one has its responder.  What was cut before that is certified again (key roll). */
static enum fj_rc read_cas(struct take *t, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) responder = FJ_BUF_INIT(FJ_X509_MAX);
	char path[64];
	bool there = true;

	while (t->n_ca < FJ_MAX_CAS) {
		FJ_TRY(read_ca(t, &der, &there, err));
		if (!there)
			break;
		FJ_TRY(hold(t->k, RST_CA, t->alg, fj_buf_slice(&der), &t->ca[t->n_ca], err));
		t->n_ca++;
	}
	snprintf(path, sizeof(path), "publish/signer/ocsp%s.pem", fj_alg_suffix(t->alg));
	FJ_TRY(read_cert(path, &responder, &there, err));
	while (t->n_ca > t->had_ca && (!there || ca_verify_signed_by(fj_buf_slice(&responder), t->ca[t->n_ca - 1], NULL) != FJ_OK))
		t->n_ca--;
	return FJ_OK;
}

/* the first list from there on that no CA before this one signs */
static int64_t first_shard(const struct take *t, size_t ca)
{
	char path[64];
	int64_t n = t->shard;
	bool former = true;

	while (former) {
		FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_DER_MAX);
		snprintf(path, sizeof(path), "publish/trust/crl/%s%lld.crl", fj_alg_prefix(t->alg), (long long)++n);
		former = fj_file_read(AT_FDCWD, path, &file, NULL) == FJ_OK && by_one_of(fj_buf_slice(&file), t->ca, ca);
	}
	return n;
}

/* a made key that waited for the root in the copy: it has been certified */
static enum fj_rc drop_made(struct take *t, struct fj_slice der, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	struct fj_x509 x;
	char key[40];

	FJ_TRY(fj_x509_read(der, &x, err));
	if (rol_made(t->c->db, t->alg, &spki, NULL) != FJ_OK || !fj_slice_eq(x.spki, fj_buf_slice(&spki)))
		return FJ_OK;
	rol_made_setting(t->alg, key);
	return sto_run(t->c->db, STO_SETTING_DROP, NULL, err, "t", key);
}

static enum fj_rc place(struct take *t, const char *what, struct fj_slice der, int64_t until, struct fj_err *err)
{
	FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);

	if (fj_buf_put(&cert, der.p, der.len) != FJ_OK)
		return fj_no_memory(err, LAYER);
	return rol_take_place(t->c, what, &cert, until, t->serials, err);
}

static enum fj_rc take_cas(struct take *t, struct fj_err *err)
{
	const char *what = t->alg == FJ_SM2 ? "issuing-sm2" : "issuing";
	int64_t until;
	char setting[40];

	FJ_TRY(read_cas(t, err));
	if (t->n_ca > t->had_ca)
		FJ_TRY(newest_is_here(t, hsm_role_by(HSM_ISSUING, t->alg), t->ca[t->n_ca - 1], err));
	for (size_t k = t->had_ca; k < t->n_ca; k++) {
		FJ_TRY(until_of(t, hsm_role_by(HSM_ISSUING, t->alg), t->ca[k - 1], &until, err));
		t->shard = first_shard(t, k);
		iss_shard_setting(t->alg, (unsigned)k + 1, setting);
		FJ_TRY(crl_shard_from(t->c->db, setting, t->shard, err));
		FJ_TRY(place(t, what, t->ca[k], until, err));
		FJ_TRY(drop_made(t, t->ca[k], err));
		FJ_TRY(name_it(t, what, k + 1, err));
		t->responds = true;
	}
	return FJ_OK;
}

/* --- signers of tokens, lists, OCSP answers, the log's heads --- */

struct signer_of { /* a generation */
	struct fj_buf der[2];
	bool former; /* its file is named as one that has a successor */
};

static void signer_of_release(struct signer_of *g)
{
	fj_buf_release(&g->der[0]);
	fj_buf_release(&g->der[1]);
}
FJ_DEFINE_AUTO(signer_of, struct signer_of, signer_of_release)

static enum fj_rc read_signer(struct take *t, const struct signer *s, size_t n, const char *dot, struct signer_of *out, bool *there, struct fj_err *err)
{
	char path[64];
	struct fj_x509 one, x;

	snprintf(path, sizeof(path), "publish/signer/%s%s.pem", s->cert[n].what, dot);
	FJ_TRY(read_cert(path, &out->der[n], there, err));
	if (!*there)
		return FJ_OK;
	FJ_TRY(fj_x509_read(fj_buf_slice(&out->der[n]), &x, err));
	FJ_TRY(fj_x509_read(fj_buf_slice(&out->der[0]), &one, err));
	return fj_slice_eq(one.spki, x.spki) && by_one_of(fj_buf_slice(&out->der[n]), t->ca, t->n_ca) && ca_lint(iss_ca_home(t->c->iss), s->cert[n].profile, fj_buf_slice(&out->der[n]), NULL) == FJ_OK
	    ? FJ_OK
	    : no(err, FJ_E_SIGNATURE, "a certificate of publish/signer is not one of this home's signers, by its issuing CA; bring publish/signer and publish/ca from a mirror", "publish/signer 中的证书不是本系统签发机构为本系统签名服务签发的，请从镜像站取回 publish/signer 与 publish/ca");
}

/* a key that the register knows as a former one: what is published is older than the register, as where a spare went into service */
static enum fj_rc is_past(struct take *t, const char *what, struct fj_slice spki, bool *past, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct fj_x509 x;
	bool row;

	FJ_TRY(sto_query(t->c->db, STO_PAST_KEYS, &q, err, "t", what));
	for (*past = false; !*past;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(fj_x509_read(sto_blob(&q, 1), &x, err));
		*past = fj_slice_eq(x.spki, spki);
	}
	return FJ_OK;
}

/* generation n, as it is published when it is a former one, else the newest; *there: it is, and of a key that the register lacks */
static enum fj_rc next_signer(struct take *t, const struct signer *s, size_t generation, struct fj_slice before, struct signer_of *out, bool *there, struct fj_err *err)
{
	struct fj_x509 old, x;
	char dot[24];

	snprintf(dot, sizeof(dot), ".%zu", generation);
	out->former = true;
	FJ_TRY(read_signer(t, s, 0, dot, out, there, err));
	if (!*there) {
		dot[0] = '\0';
		out->former = false;
		FJ_TRY(read_signer(t, s, 0, dot, out, there, err));
	}
	if (!*there)
		return FJ_OK;
	FJ_TRY(fj_x509_read(before, &old, err));
	FJ_TRY(fj_x509_read(fj_buf_slice(&out->der[0]), &x, err));
	bool past;
	FJ_TRY(is_past(t, s->key, x.spki, &past, err));
	*there = !past && !fj_slice_eq(old.spki, x.spki);
	if (!*there || s->cert[1].what == NULL)
		return FJ_OK;
	FJ_TRY(read_signer(t, s, 1, dot, out, there, err));
	return *there ? FJ_OK : no(err, FJ_E_NOTFOUND, "publish/signer has only one of two certificates of a newer key; bring it from a mirror", "publish/signer 中新密钥的两张证书只有一张，请从镜像站取回");
}

static enum fj_rc take_generation(struct take *t, const struct signer *s, size_t generation, struct fj_slice *newest, const struct signer_of *g, struct fj_err *err)
{
	int64_t until;

	FJ_TRY(until_of(t, s->role, *newest, &until, err));
	for (size_t n = 0; n < FJ_ARRAY_LEN(s->cert) && s->cert[n].what != NULL; n++) {
		struct fj_slice der;
		FJ_TRY(hold(t->k, RST_SIGNER, t->alg, fj_buf_slice(&g->der[n]), &der, err));
		FJ_TRY(place(t, s->cert[n].what, der, until, err));
		*newest = n == 0 ? der : *newest;
	}
	t->responds = t->responds || s->cert[0].profile == CA_OCSP;
	return name_it(t, s->key, generation, err);
}

static enum fj_rc take_signer(struct take *t, const struct signer *s, struct fj_err *err)
{
	FJ_AUTO(buf) now = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_slice newest;
	size_t had = 1, generation;
	bool there = true, former = true;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(t->c->db, STO_PAST_KEYS, &q, err, "t", s->key));
		FJ_TRY(sto_step(&q, &there, err));
		had += there ? (size_t)sto_int(&q, 0) : 0;
	}
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(t->c->db, STO_KEYRING_GET, &q, s->key, err, "t", s->key));
		FJ_TRY(fj_buf_put(&now, sto_blob(&q, 0).p, sto_blob(&q, 0).len));
	}
	newest = fj_buf_slice(&now);
	for (generation = had; former && generation < had + GENERATIONS; generation++) {
		FJ_AUTO(signer_of) g = {.der = {FJ_BUF_INIT(FJ_X509_MAX), FJ_BUF_INIT(FJ_X509_MAX)}};
		FJ_TRY(next_signer(t, s, generation + 1, newest, &g, &there, err));
		if (!there)
			break;
		FJ_TRY(take_generation(t, s, generation + 1, &newest, &g, err));
		former = g.former;
	}
	return generation > had ? newest_is_here(t, s->role, newest, err) : FJ_OK;
}

/* responders' certificates are of days, and those of now are published, under each CA that has its key */
static enum fj_rc take_responders(struct take *t, struct fj_err *err)
{
	char row[24], path[64];
	bool there;

	for (size_t k = 0; k < t->n_ca; k++) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		iss_responder_row(t->alg, k + 1 == t->n_ca ? 0 : (unsigned)k + 1, row);
		snprintf(path, sizeof(path), "publish/signer/%s.pem", row);
		FJ_TRY(read_cert(path, &der, &there, err));
		there = there && ca_verify_signed_by(fj_buf_slice(&der), t->ca[k], NULL) == FJ_OK && ca_lint(iss_ca_home(t->c->iss), CA_OCSP, fj_buf_slice(&der), NULL) == FJ_OK;
		if (there)
			FJ_TRY(sto_run(t->c->db, STO_KEYRING_SET, NULL, err, "tb", row, fj_buf_slice(&der)));
		else if (k + 1 < t->n_ca)
			FJ_TRY(sto_run(t->c->db, STO_KEYRING_DROP, NULL, err, "t", row));
		else
			return no(err, FJ_E_NOTFOUND, "publish/signer has not the responder's certificate under the newest issuing CA; bring publish/signer from a mirror", "publish/signer 中没有最新签发机构的 OCSP 响应证书，请从镜像站取回 publish/signer");
	}
	return FJ_OK;
}

/* --- the end of keys --- */

/* Former generations of one kind whose key the signer has no more.  Of a root that passed on it does not tell: its end is said again
 * (key end root.1). */
static enum fj_rc ended(struct take *t, enum hsm_role role, const char *what, const char *responder, struct fj_err *err)
{
	int64_t gone[GENERATIONS];
	size_t n = 0;
	bool row = true, here;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(t->c->db, STO_PAST_KEYS, &q, err, "t", what));
		for (;;) {
			FJ_TRY(sto_step(&q, &row, err));
			if (!row)
				break;
			if (sto_int(&q, 3) != 0)
				continue;
			FJ_TRY(spr_has_key(t->conn, role, sto_blob(&q, 1), &here, err));
			if (!here && n < GENERATIONS)
				gone[n++] = sto_int(&q, 0);
		}
	}
	for (size_t k = 0; k < n; k++) {
		char former[32];
		FJ_TRY(sto_run(t->c->db, STO_PAST_KEY_END, NULL, err, "iti", (int64_t)t->c->now, what, gone[k]));
		snprintf(former, sizeof(former), "%s-%lld", responder == NULL ? "" : responder, (long long)gone[k]);
		if (responder != NULL)
			FJ_TRY(sto_run(t->c->db, STO_KEYRING_DROP, NULL, err, "t", former));
	}
	return FJ_OK;
}

static enum fj_rc note_ended(struct take *t, struct fj_err *err)
{
	const char *suffix = fj_alg_suffix(t->alg);
	char what[24], responder[24];

	for (size_t k = 0; k < FJ_ARRAY_LEN(signers); k++)
		for (size_t n = 0; signers[k].alg == t->alg && n < FJ_ARRAY_LEN(signers[k].cert) && signers[k].cert[n].what != NULL; n++)
			FJ_TRY(ended(t, signers[k].role, signers[k].cert[n].what, NULL, err));
	snprintf(what, sizeof(what), "issuing%s", suffix);
	snprintf(responder, sizeof(responder), "ocsp%s", suffix);
	return ended(t, hsm_role_by(HSM_ISSUING, t->alg), what, responder, err);
}

/* --- CAs of other appliances (docs/formats.md 27) --- */

static enum fj_rc take_sub(struct take *t, int64_t n, struct fj_slice pem, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	char what[FJ_SUB_NAME];
	struct fj_limits l;
	struct fj_x509 x;
	bool limited;

	for (enum fj_rc rc; (rc = crm_next_block(&pem, "CERTIFICATE", &der, err)) != FJ_E_NOTFOUND;) {
		FJ_TRY(rc);
		FJ_TRY(fj_x509_read(fj_buf_slice(&der), &x, err));
		if (x.alg != t->alg || fj_slice_eq(x.issuer, x.subject))
			continue;
		if (!by_one_of(fj_buf_slice(&der), t->root, t->n_root) || fj_limits_of(&x, &limited, &l, NULL) != FJ_OK || !limited)
			return no(err, FJ_E_SIGNATURE, "a subordinate CA of publish/ca was not certified by this home's root; bring publish/ca from a mirror", "publish/ca 中的下级签发机构证书不是本系统的根颁发的，请从镜像站取回 publish/ca");
		crm_sub_name(n, t->alg, what);
		FJ_TRY(sto_run(t->c->db, STO_KEYRING_SET, NULL, err, "tb", what, fj_buf_slice(&der)));
		return name_it(t, t->alg == FJ_SM2 ? "subordinate-sm2" : "subordinate", (size_t)n, err);
	}
	return FJ_OK;
}

/* those that are published and not in the register: what this root vouches for, and has to be able to revoke */
static enum fj_rc take_subs(struct take *t, struct fj_err *err)
{
	char path[64], what[FJ_SUB_NAME];

	for (int64_t n = 1;; n++) {
		FJ_AUTO(buf) pem = FJ_BUF_INIT(1u << 18);
		FJ_AUTO(sto_q) q = {0};
		crm_sub_name(n, t->alg, what);
		if (sto_first(t->c->db, STO_KEYRING_GET, &q, what, NULL, "t", what) == FJ_OK)
			continue;
		snprintf(path, sizeof(path), "publish/ca/subordinate-%lld.pem", (long long)n);
		enum fj_rc rc = fj_file_read(AT_FDCWD, path, &pem, err);
		if (rc == FJ_E_NOTFOUND)
			return FJ_OK;
		FJ_TRY(rc);
		FJ_TRY(take_sub(t, n, fj_buf_slice(&pem), err));
	}
}

/* --- all of it --- */

static enum fj_rc take_hierarchy(struct take *t, struct fj_err *err)
{
	const struct iss_ca *ca = &t->c->iss->ca[t->alg];

	for (size_t k = 0; k < ca->n_former; k++)
		t->root[t->n_root++] = fj_buf_slice(&ca->former[k].cert);
	t->root[t->n_root++] = fj_buf_slice(&ca->root);
	for (size_t k = 0; k < ca->n_issuing; k++)
		t->ca[t->n_ca++] = fj_buf_slice(&ca->issuing[k].cert);
	t->had_ca = t->n_ca;
	for (size_t k = 0; k < ca->n_newer; k++)
		t->root[t->n_root++] = fj_buf_slice(&ca->newer[k]);
	FJ_TRY(t->c->iss->limited ? take_newer(t, err) : take_roots(t, err));
	FJ_TRY(take_root_list(t, err));
	FJ_TRY(take_subs(t, err));
	FJ_TRY(take_cas(t, err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(signers); k++)
		if (signers[k].alg == t->alg)
			FJ_TRY(take_signer(t, &signers[k], err));
	if (t->responds)
		FJ_TRY(take_responders(t, err));
	return note_ended(t, err);
}

enum fj_rc rst_take_keys(struct iss_call *c, struct hsm_conn *conn, struct rst_keys *k, struct fj_err *err)
{
	FJ_AUTO(json) serials = json_object();
	int64_t last;

	k->names = json_array();
	if (k->names == NULL || serials == NULL)
		return fj_no_memory(err, LAYER);
	FJ_TRY(crl_shard_last(c->db, &last, err));
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(c->iss->sm2); a++) {
		struct take t = {.c = c, .conn = conn, .k = k, .alg = a, .shard = last, .serials = serials};
		FJ_TRY(take_hierarchy(&t, err));
	}
	return FJ_OK;
}

enum fj_rc rst_crl_verify(const struct iss *i, const struct rst_keys *k, enum fj_alg alg, struct fj_slice der, struct fj_err *err)
{
	for (size_t n = 0; n < k->n; n++)
		if (k->of[n].kind == RST_CA && k->of[n].alg == alg && ca_verify_signed_by(der, fj_buf_slice(&k->of[n].cert), NULL) == FJ_OK)
			return FJ_OK;
	return iss_issuing_verify(i, alg, der, err);
}

enum fj_rc rst_list_verify(const struct iss *i, const struct rst_keys *k, enum fj_alg alg, struct fj_slice input, struct fj_slice sig, struct fj_err *err)
{
	for (size_t n = 0; n < k->n; n++) {
		FJ_AUTO(ca_key) key = NULL;
		if (k->of[n].kind != RST_SIGNER || k->of[n].alg != alg)
			continue;
		FJ_TRY(ca_key_open(fj_buf_slice(&k->of[n].cert), &key, err));
		if (ca_key_verify(key, input, sig, NULL) == FJ_OK)
			return FJ_OK;
	}
	return iss_token_verify(i, alg, input, sig, err);
}
