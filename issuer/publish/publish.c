/*
 * publish.c - D/publish, brought up to the register.
 *
 * A publication reads one state of the register, on a connection of its own, and
 * holds the writer's lock only to enter what it signed into the log, and to note at its end what it published.  Order:
 * revocations first (lists, CRLs), then credentials and rows; then all of it is
 * made durable at once; then the generation rises, which is what readers look at.
 * Whoever needs the register published up to an event does it for all who wait;
 * who comes meanwhile finds it done.  A publication that is cut anywhere is simply
 * done again: every step starts from the tables and from what was noted as
 * published (packages for mirrors come last, outbox.c), and a process that starts raises the generation once, since it can't
 * know whether the last one did.
 *
 * A certificate's row goes to public.db, which readers ask anew each time; its file
 * goes to the trust folder when an authorisation names it, since only then a token
 * is judged by it.
 */
#include "issuer/publish/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define DAY 86400

struct pub_note {
	char what[40];
	int64_t number, at, seq;
};
#define MAX_NOTES 2048 /* every list and CRL, and the rows */

enum fj_rc pub_file(struct iss *i, const char *path, struct fj_slice data, struct fj_err *err)
{
	char tmp[160];

	FJ_TRY(pub_box_changed(i, path, err));
	i->pub.files = true;
	snprintf(tmp, sizeof(tmp), "%.150s.tmp", path);
	FJ_AUTO(fd) fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fj_fail_errno(err, "publish", "create %s", tmp);
	FJ_TRY(fj_write_all(fd, data.p, data.len, err));
	if (rename(tmp, path) != 0)
		return fj_fail_errno(err, "publish", "rename to %s", path);
	return FJ_OK;
}

enum fj_rc pub_noted(struct iss *i, const char *what, int64_t number, fj_time at, int64_t seq, struct fj_err *err)
{
	if (i->pub.n_notes == MAX_NOTES)
		return fj_fail(err, FJ_E_LIMIT, "publish", NULL, "more than %d lists changed at once", MAX_NOTES);
	struct pub_note *n = &i->pub.note[i->pub.n_notes++];
	snprintf(n->what, sizeof(n->what), "%s", what);
	n->number = number;
	n->at = at;
	n->seq = seq;
	return FJ_OK;
}

enum fj_rc pub_keep_file(struct iss *i, const char *path, const struct fj_buf *data, struct fj_err *err)
{
	FJ_AUTO(buf) now = FJ_BUF_INIT(data->len + 1);

	if (fj_file_read(AT_FDCWD, path, &now, NULL) == FJ_OK && fj_slice_eq(fj_buf_slice(&now), fj_buf_slice(data)))
		return FJ_OK;
	return pub_file(i, path, fj_buf_slice(data), err);
}

static enum fj_rc pem_file(struct iss *i, const char *path, struct fj_slice a, struct fj_slice b, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);

	FJ_TRY(ca_pem("CERTIFICATE", a, &pem, err));
	if (b.len > 0)
		FJ_TRY(ca_pem("CERTIFICATE", b, &pem, err));
	return pub_keep_file(i, path, &pem, err);
}

/* --- delegated certificates --- */

static const struct delegated {
	const char *what;
	enum fj_alg alg; /* of its issuer */
	enum ca_profile profile;
	enum hsm_role role;
	int years; /* 0: seven days */
} delegated[] = {
	{"token", FJ_ES256, CA_TOKEN_SIGNER, HSM_TOKEN, 6}, {"status", FJ_ES256, CA_STATUS_SIGNER, HSM_TOKEN, 6}, {"ocsp", FJ_ES256, CA_OCSP, HSM_OCSP, 0},
	{"log", FJ_ES256, CA_LOG_SIGNER, HSM_LOG, 6},
	{"token-sm2", FJ_SM2, CA_TOKEN_SIGNER, HSM_TOKEN_SM2, 6}, {"status-sm2", FJ_SM2, CA_STATUS_SIGNER, HSM_TOKEN_SM2, 6}, {"ocsp-sm2", FJ_SM2, CA_OCSP, HSM_OCSP_SM2, 0},
};

void pub_issuer_of(const struct iss *i, enum fj_alg alg, const struct iss_issuing *g, struct pub_issuer *out)
{
	*out = (struct pub_issuer){fj_buf_slice(&g->cert), iss_issuing_generation(i, alg, g), g->shard > 0 ? g->shard : 1};
}

static enum fj_rc delegate_tbs(struct iss *i, const struct delegated *what, const struct fj_buf *spki, const struct pub_issuer *by, struct fj_buf *tbs, struct fj_err *err)
{
	struct ca_cert_in in = {.profile = what->profile, .not_before = fj_now(), .issuer_cert = by->cert, .shard = (unsigned)by->shard, .generation = by->generation};
	struct fj_date d = fj_date_of(in.not_before, 0);

	in.spki = fj_buf_slice(spki);
	d.y += what->years;
	d.d = d.d > 28 ? 28 : d.d;
	in.not_after = what->years == 0 ? in.not_before + 7 * DAY - 1 : fj_time_of(d, 0, 0, 0, 0) - 1;
	ca_serial_new(&in.serial);
	return ca_cert_tbs(&i->home, &in, tbs, err);
}

enum fj_rc pub_delegate(struct iss *i, struct hsm_conn *conn, const char *what, const struct fj_buf *spki, const struct pub_issuer *by, struct fj_buf *cert, struct fj_err *err)
{
	FJ_AUTO(buf) own = FJ_BUF_INIT(512);
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);
	struct hsm_item item = {.sig_len = 0};
	const struct delegated *d = delegated;
	struct pub_issuer newest;

	while (strcmp(d->what, what) != 0)
		d++;
	if (by == NULL) {
		pub_issuer_of(i, d->alg, iss_issuing_newest(i, d->alg), &newest);
		by = &newest;
	}
	struct hsm_request r = {.role = hsm_role_by(HSM_ISSUING, d->alg), .kind = HSM_CERT_DELEGATED, .items = &item, .n_items = 1};
	if (spki == NULL)
		FJ_TRY(hsm_public_key(conn, d->role, &own, err));
	FJ_TRY(delegate_tbs(i, d, spki != NULL ? spki : &own, by, &tbs, err));
	item.tbs = fj_buf_slice(&tbs);
	FJ_TRY(hsm_sign(conn, &r, err));
	if (item.rc != FJ_OK)
		return fj_fail(err, item.rc, "signer", NULL, "%s", item.why);
	FJ_TRY(ca_assemble(fj_buf_slice(&tbs), FJ_SLICE(item.sig, item.sig_len), cert, err));
	return ca_verify_signed_by(fj_buf_slice(cert), by->cert, err);
}

/* of a generation of the issuing CA; `row` of the keyring */
static enum fj_rc renew_one(struct iss *i, enum fj_alg alg, struct iss_issuing *g, const char *row, bool *changed, struct fj_err *err)
{
	struct fj_buf *of = &g->ocsp;
	struct pub_issuer by;
	struct ca_info info;
	char what[24];

	FJ_TRY(ca_cert_info(fj_buf_slice(of), &info, err));
	if (info.not_after - fj_now() > PUB_OCSP_RENEW)
		return FJ_OK;
	FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	struct fj_x509 x;
	FJ_TRY(fj_x509_read(fj_buf_slice(of), &x, err));
	FJ_TRY(fj_buf_put(&spki, x.spki.p, x.spki.len));
	FJ_TRY(iss_signer(i, &i->pub.signer, err));
	snprintf(what, sizeof(what), "ocsp%s", fj_alg_suffix(alg));
	pub_issuer_of(i, alg, g, &by);
	enum fj_rc rc = pub_delegate(i, i->pub.signer, what, &spki, &by, &cert, err); /* for the same key */
	if (rc != FJ_OK) {
		iss_signer_drop(&i->pub.signer); /* its answer may still be to come */
		return rc;
	}
	pthread_mutex_lock(&i->lock);
	bool rolled = i->rolled; /* the key was rolled over meanwhile: what is there now stays */
	rc = rolled ? FJ_OK : sto_run(i->db, STO_KEYRING_SET, NULL, err, "tb", row, fj_buf_slice(&cert));
	pthread_mutex_unlock(&i->lock);
	FJ_TRY(rc);
	if (rolled)
		return FJ_OK;
	fj_buf_release(of);
	*of = cert;
	memset(&cert, 0, sizeof(cert));
	*changed = true;
	return FJ_OK;
}

/* the responders' certificates are of days: they are renewed well before their end */
static enum fj_rc renew_ocsp(struct iss *i, bool *changed, struct fj_err *err)
{
	char row[24];

	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++)
		for (size_t k = 0; k < i->ca[a].n_issuing; k++) {
			iss_responder_row(a, k + 1 == i->ca[a].n_issuing ? 0 : (unsigned)k + 1, row);
			if (i->ca[a].issuing[k].ocsp.len == 0)
				continue;
			enum fj_rc rc = renew_one(i, a, &i->ca[a].issuing[k], row, changed, err);
			if (rc == FJ_E_STATE && k + 1 < i->ca[a].n_issuing)
				continue; /* its key has ended, or is revoked: there are lists alone */
			FJ_TRY(rc);
		}
	return FJ_OK;
}

/* signer/ocsp-1.pem: under a former generation of the CA whose key is here; nobody answers for one whose key has ended */
static enum fj_rc publish_former_responders(struct iss *i, struct pub_db *db, struct fj_err *err)
{
	char path[64], hex[33], row[24];
	struct ca_info info;

	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++)
		for (size_t k = 0; k + 1 < i->ca[a].n_issuing; k++) {
			struct fj_slice der = fj_buf_slice(&i->ca[a].issuing[k].ocsp);
			iss_responder_row(a, (unsigned)k + 1, row);
			snprintf(path, sizeof(path), "publish/signer/%s.pem", row);
			if (der.len == 0 && unlink(path) != 0 && errno != ENOENT)
				return fj_fail_errno(err, "publish", "remove %s", path);
			if (der.len == 0)
				continue;
			FJ_TRY(pem_file(i, path, der, FJ_SLICE(NULL, 0), err));
			FJ_TRY(ca_cert_info(der, &info, err));
			fj_hex(info.serial.b, sizeof(info.serial.b), hex);
			FJ_TRY(pub_db_delegated(db, hex, row, der, err));
		}
	return FJ_OK;
}

static enum fj_rc publish_delegated(struct iss *i, struct pub_db *db, struct fj_err *err)
{
	const struct iss_ca *p = &i->ca[FJ_ES256], *s = &i->ca[FJ_SM2];
	const struct fj_buf *certs[] = {&p->now.token, &p->now.status, &iss_issuing_newest(i, FJ_ES256)->ocsp, &i->log_signer, &s->now.token, &s->now.status, &iss_issuing_newest(i, FJ_SM2)->ocsp};
	_Static_assert(FJ_ARRAY_LEN(certs) == FJ_ARRAY_LEN(delegated), "one certificate for each");
	char path[64], hex[33];
	struct ca_info info;

	for (size_t k = 0; k < FJ_ARRAY_LEN(delegated); k++) {
		if (delegated[k].alg == FJ_SM2 && !i->sm2)
			continue;
		snprintf(path, sizeof(path), "publish/signer/%s.pem", delegated[k].what);
		FJ_TRY(pem_file(i, path, fj_buf_slice(certs[k]), FJ_SLICE(NULL, 0), err));
		FJ_TRY(ca_cert_info(fj_buf_slice(certs[k]), &info, err));
		fj_hex(info.serial.b, sizeof(info.serial.b), hex);
		FJ_TRY(pub_db_delegated(db, hex, delegated[k].what, fj_buf_slice(certs[k]), err));
	}
	return publish_former_responders(i, db, err);
}

/* --- fixed files --- */

typedef enum fj_rc (*past_fn)(struct iss *i, const char *what, int64_t generation, struct fj_slice der, void *arg, struct fj_err *err);

/* certificates of former keys, the newest first; of this kind, or NULL of all */
static enum fj_rc each_past(struct iss *i, const char *what, past_fn fn, void *arg, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct sto *db = i->pub.db != NULL ? i->pub.db : i->db; /* at init there is nobody else */
	bool row;

	FJ_TRY(sto_query(db, STO_PAST_KEY_ALL, &q, err, ""));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (what == NULL || strcmp(sto_text(&q, 0), what) == 0)
			FJ_TRY(fn(i, sto_text(&q, 0), sto_int(&q, 1), sto_blob(&q, 2), arg, err));
	}
}

static enum fj_rc put_jwk(struct iss *i, const char *what, int64_t generation, struct fj_slice der, void *keys, struct fj_err *err)
{
	struct fj_x509 x;
	FJ_AUTO(buf) kx = FJ_BUF_INIT(64);
	FJ_AUTO(buf) ky = FJ_BUF_INIT(64);
	FJ_AUTO(buf) a = FJ_BUF_INIT(24000);
	FJ_AUTO(buf) b = FJ_BUF_INIT(24000);
	struct fj_slice ca;
	char kid[44];

	(void)what;
	(void)generation;
	FJ_TRY(fj_x509_read(der, &x, err));
	FJ_TRY(fj_jws_kid(x.spki, kid, err));
	FJ_TRY(iss_issuer_of(&i->ca[FJ_ES256], x.aki, &ca, err));
	if (fj_b64u_put(&kx, FJ_SLICE(x.key.p + 1, 32)) != FJ_OK || fj_b64u_put(&ky, FJ_SLICE(x.key.p + 33, 32)) != FJ_OK || fj_b64_put(&a, der) != FJ_OK ||
	    fj_b64_put(&b, ca) != FJ_OK)
		return fj_no_memory(err, "publish");
	return json_array_append_new(keys, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s, s]}", "kty", "EC", "crv", "P-256", "x", fj_buf_str(&kx), "y", fj_buf_str(&ky), "kid", kid,
	    "alg", "ES256", "use", "sig", "x5c", fj_buf_str(&a), fj_buf_str(&b))) == 0 ? FJ_OK : fj_no_memory(err, "publish");
}

/* the key of now, and former ones: what they signed is still valid */
static enum fj_rc issuer_metadata(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(json) keys = json_array();
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	char lists[200];

	FJ_TRY(put_jwk(i, "", 0, fj_buf_slice(&i->ca[FJ_ES256].now.token), keys, err));
	FJ_TRY(each_past(i, "token", put_jwk, keys, err));
	snprintf(lists, sizeof(lists), "%.160s/status", iss_base(i));
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:{s:O}}", "issuer", iss_base(i), "status_list_aggregation_endpoint", lists, "jwks", "keys", keys);
	FJ_TRY(fj_json_canonical(j, &text, err));
	return pub_keep_file(i, "publish/jwt-vc-issuer.json", &text, err);
}

static enum fj_rc put_pem(struct iss *i, const char *what, int64_t generation, struct fj_slice der, void *pem, struct fj_err *err)
{
	(void)i;
	(void)what;
	(void)generation;
	return ca_pem("CERTIFICATE", der, pem, err);
}

/* with those of former keys: a checkpoint has a line by the one that there was */
static enum fj_rc log_file(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(1u << 20);

	FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&i->log_signer), &pem, err));
	FJ_TRY(each_past(i, "log", put_pem, &pem, err));
	return pub_keep_file(i, "publish/trust/log.pem", &pem, err);
}

/* signer/token.1.pem: for who looks at an old signature */
static enum fj_rc past_file(struct iss *i, const char *what, int64_t generation, struct fj_slice der, void *arg, struct fj_err *err)
{
	char path[64];

	(void)arg;
	if (strncmp(what, "issuing", 7) == 0 || strncmp(what, "root", 4) == 0)
		return FJ_OK; /* ca_generations */
	snprintf(path, sizeof(path), "publish/signer/%.16s.%lld.pem", what, (long long)generation);
	return pem_file(i, path, der, FJ_SLICE(NULL, 0), err);
}

/* ca/root-2.cer, and all of them */
static enum fj_rc root_generations(struct iss *i, enum fj_alg alg, struct fj_err *err)
{
	const struct iss_ca *ca = &i->ca[alg];
	FJ_AUTO(buf) pem = FJ_BUF_INIT(1u << 18);
	char path[64], file[FJ_CA_FILE_CAP];

	for (size_t k = 0; k <= ca->n_former; k++) {
		fj_generation_name("/ca/root", alg, (unsigned)k + 1, ".cer", file);
		snprintf(path, sizeof(path), "publish%s", file);
		FJ_TRY(pub_keep_file(i, path, k < ca->n_former ? &ca->former[k].cert : &ca->root, err));
	}
	snprintf(path, sizeof(path), "publish/trust/root%s.pem", fj_alg_suffix(alg));
	FJ_TRY(pub_root_pem(i, alg, &pem, err));
	return pub_keep_file(i, path, &pem, err);
}

/* ca/issuing-2.cer, and the chain with all of them */
static enum fj_rc ca_generations(struct iss *i, enum fj_alg alg, struct fj_err *err)
{
	FJ_AUTO(buf) chain = FJ_BUF_INIT(1u << 18);
	char path[64], file[FJ_CA_FILE_CAP];

	for (size_t k = 0; k < i->ca[alg].n_issuing; k++) {
		fj_ca_file(alg, (unsigned)k + 1, file);
		snprintf(path, sizeof(path), "publish%s", file);
		FJ_TRY(pub_keep_file(i, path, &i->ca[alg].issuing[k].cert, err));
	}
	snprintf(path, sizeof(path), "publish/trust/chain%s.pem", fj_alg_suffix(alg));
	FJ_TRY(pub_chain_pem(i, i->pub.db != NULL ? i->pub.db : i->db, alg, &chain, err));
	return pub_keep_file(i, path, &chain, err);
}

/* what a rollover changes, and nothing when there was none */
static enum fj_rc show_keys(struct iss *i, struct fj_err *err)
{
	if (!i->pub.keys)
		return FJ_OK;
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++)
		FJ_TRY(root_generations(i, a, err));
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++)
		FJ_TRY(ca_generations(i, a, err));
	FJ_TRY(issuer_metadata(i, err));
	FJ_TRY(log_file(i, err));
	return each_past(i, NULL, past_file, NULL, err);
}

/* the key of a checkpoint's Ed25519 line, as those know it who verify notes */
static enum fj_rc vkey_file(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(512);

	if (fj_vkey_put(&text, &i->log.key) != FJ_OK || fj_put_u8(&text, '\n') != FJ_OK)
		return fj_no_memory(err, "publish");
	return pub_file(i, "publish/trust/log.vkey", fj_buf_slice(&text), err);
}

/* a hierarchy's own: root-sm2.pem is root.pem of the other */
static enum fj_rc ca_files(struct iss *i, enum fj_alg alg, struct fj_err *err)
{
	const char *suffix = fj_alg_suffix(alg);
	char what[24];
	struct fj_crl crl;
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(root_generations(i, alg, err));
	FJ_TRY(ca_generations(i, alg, err));
	snprintf(what, sizeof(what), "root%s.crl", suffix);
	FJ_TRY(sto_first(i->db, STO_KEYRING_GET, &q, "root CRL", err, "t", what));
	FJ_TRY(fj_crl_read(sto_blob(&q, 0), &crl, err));
	struct pub_list root = {.kind = "crl", .from = crl.this_update, .number = (int64_t)crl.number, .bytes = FJ_BUF_INIT(sto_blob(&q, 0).len)};
	snprintf(root.name, sizeof(root.name), "root%s", suffix);
	if (fj_buf_put(&root.bytes, sto_blob(&q, 0).p, sto_blob(&q, 0).len) != FJ_OK)
		return fj_no_memory(err, "publish");
	return pub_hold(i, &root, err); /* the first publication shows it */
}

enum fj_rc pub_fixed(struct iss *i, struct fj_err *err)
{
	static const char *const folders[] = {"publish/trust", "publish/trust/crl", "publish/trust/status",
		"publish/trust/authorisations", "publish/trust/certificates", "publish/ca", "publish/signer"};

	for (size_t k = 0; k < FJ_ARRAY_LEN(folders); k++)
		FJ_TRY(fj_dir_make(AT_FDCWD, folders[k], 0755, err));
	if (symlink("publish/trust", "trust") != 0 && access("trust", F_OK) != 0)
		return fj_fail_errno(err, "publish", "make the link trust");
	FJ_TRY(vkey_file(i, err));
	FJ_TRY(ca_files(i, FJ_ES256, err));
	if (i->sm2)
		FJ_TRY(ca_files(i, FJ_SM2, err));
	return show_keys(i, err);
}

/* --- rows and files of credentials --- */

/* the certificates that an authorisation names, where a token's verifier looks for them */
static enum fj_rc publish_named(struct iss *i, const json_t *p, struct fj_err *err)
{
	char path[128];
	size_t k;
	json_t *asset;

	json_array_foreach(json_object_get(p, "assets"), k, asset) {
		FJ_AUTO(sto_q) q = {0};
		const char *number = fj_json_peek(asset, "certificate");
		FJ_TRY(sto_first(i->pub.db, STO_CREDENTIAL_GET, &q, number, err, "it", (int64_t)PIPE_CERTIFICATE, number));
		snprintf(path, sizeof(path), "publish/trust/certificates/%.40s.pem", number);
		FJ_TRY(pem_file(i, path, sto_blob(&q, 0), FJ_SLICE(NULL, 0), err));
		FJ_TRY(pub_proof(i, PIPE_CERTIFICATE, number, number, err));
	}
	return FJ_OK;
}

static enum fj_rc put_authorisation(struct iss *i, const struct sto_q *q, struct fj_err *err)
{
	FJ_AUTO(json) payload = NULL;
	char path[128];

	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 10)), 1u << 20, &payload, err));
	FJ_TRY(pub_keep(i, "authorisations", sto_text(q, 0), fj_json_num(payload, "iat"), ".jwt", sto_blob(q, 8), err));
	snprintf(path, sizeof(path), "publish/trust/authorisations/%.40s.jwt", sto_text(q, 0));
	FJ_TRY(pub_file(i, path, sto_blob(q, 8), err));
	FJ_TRY(pub_proof(i, PIPE_AUTHORISATION, sto_text(q, 0), sto_text(q, 12), err));
	FJ_TRY(publish_named(i, payload, err));
	return pub_db_authorisation(i->pub.rows, q, payload, err);
}

/* what is published as rows: what has changed since an event, and which column says by which event */
static const struct {
	enum sto_id changed;
	int seq;
	enum fj_rc (*put)(struct pub_db *p, const struct sto_q *row, struct fj_err *err); /* NULL: of an authorisation, with its files */
} published[] = {
	{STO_PUB_CERTIFICATES, 13, pub_db_certificate}, {STO_PUB_TWINS, 3, pub_db_twin}, {STO_PUB_AUTHORISATIONS, 9, NULL},
	{STO_PUB_PRODUCTS, 11, pub_db_product}, {STO_PUB_COPIES, 14, pub_db_copy},
};

static enum fj_rc publish_changed(struct iss *i, size_t which, int64_t since, int64_t *seq, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(i->pub.db, published[which].changed, &q, err, "i", since));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(published[which].put != NULL ? published[which].put(i->pub.rows, &q, err) : put_authorisation(i, &q, err));
		if (sto_int(&q, published[which].seq) > *seq)
			*seq = sto_int(&q, published[which].seq);
	}
}

static enum fj_rc put_rows(struct iss *i, bool delegated_too, bool all, int64_t since, int64_t *seq, struct fj_err *err)
{
	for (size_t k = 0; k < FJ_ARRAY_LEN(published); k++)
		FJ_TRY(publish_changed(i, k, since, seq, err));
	if (delegated_too)
		FJ_TRY(publish_delegated(i, i->pub.rows, err));
	if (all)
		FJ_TRY(pub_db_whole(i->pub.rows, err));
	return pub_db_commit(i->pub.rows, err);
}

enum fj_rc pub_rows_there(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(pub_db) p = NULL;
	bool empty;

	return i->log.shut && access("publish/public.db", F_OK) != 0 ? pub_db_open(&p, &empty, err) : FJ_OK;
}

static enum fj_rc publish_rows(struct iss *i, bool delegated_too, int64_t now_seq, struct fj_err *err)
{
	int64_t number, since, seq;
	fj_time at;
	bool empty = false;

	FJ_TRY(pub_state(i, "rows", &number, &at, &since, err));
	since = i->pub.rows_done > since ? i->pub.rows_done : since;
	if (i->pub.rows == NULL) {
		FJ_TRY(pub_db_open(&i->pub.rows, &empty, err));
		pub_db_watch(i->pub.rows, pub_box_row, i->pub.box);
	}
	since = empty ? 0 : since;
	seq = since;
	enum fj_rc rc = pub_db_begin(i->pub.rows, err);
	if (rc == FJ_OK)
		rc = put_rows(i, delegated_too || empty, empty, since, &seq, err);
	if (rc != FJ_OK) {
		pub_db_close(i->pub.rows); /* rolls back; opened anew at the next try */
		i->pub.rows = NULL;
		return rc;
	}
	i->pub.rows_done = now_seq;
	return FJ_OK;
}

/* --- the end of a publication --- */

static enum fj_rc write_notes(struct iss_call *c, void *publisher, struct fj_err *err)
{
	const struct iss_pub *p = publisher;

	for (size_t k = 0; k < p->n_notes; k++)
		FJ_TRY(sto_run(c->db, STO_PUB_SET, NULL, err, "tiii", p->note[k].what, p->note[k].number, p->note[k].at, p->note[k].seq));
	return FJ_OK;
}

static enum fj_rc sync_files(struct fj_err *err)
{
	FJ_AUTO(fd) dir = open("publish", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir >= 0 && syncfs(dir) == 0 ? FJ_OK : fj_fail_errno(err, "publish", "make the publication durable");
}

/* The generation is what a running reader compares; it needs no durability, since
 * every start of this process raises it.  Rows alone raise nothing and are noted with
 * the next files: a row that is published twice is the same row. */
static enum fj_rc conclude(struct iss *i, struct fj_err *err)
{
	int64_t n, seq, tiles;
	fj_time at;
	char text[24];

	if (!i->pub.files)
		return FJ_OK;
	tiles = log_size(i); /* their files were written before */
	FJ_TRY(pub_box_keep(i, err));
	FJ_TRY(sync_files(err));
	FJ_TRY(pub_state(i, "generation", &n, &at, &seq, err));
	FJ_TRY(pub_noted(i, "generation", n + 1, fj_now(), 0, err));
	FJ_TRY(pub_noted(i, "rows", 0, fj_now(), i->pub.rows_done, err));
	FJ_TRY(pub_noted(i, "log", tiles, fj_now(), 0, err));
	FJ_TRY(iss_write(i, write_notes, &i->pub, err));
	snprintf(text, sizeof(text), "%lld\n", (long long)n + 1);
	FJ_TRY(pub_file(i, "publish/generation", fj_slice_str(text), err));
	i->pub.files = false;
	return FJ_OK;
}

static void keep_first(enum fj_rc *out, struct fj_err *err, enum fj_rc rc, const struct fj_err *why)
{
	if (rc == FJ_OK || *out != FJ_OK)
		return;
	*out = rc;
	if (err != NULL)
		*err = *why;
}

/* what can't be packed waits: here it is published all the same */
static void pack(struct iss *i, bool rows_too)
{
	struct fj_err err = {0};

	if (pub_box_pack(i, rows_too, &err) != FJ_OK)
		fj_log_err(FJ_LOG_ERROR, "a package for mirrors waits", &err);
}

static enum fj_rc publish(struct iss *i, int64_t now_seq, struct fj_err *err)
{
	bool renewed = i->pub.keys;
	struct fj_err why = {0};
	enum fj_rc out = FJ_OK;

	/* what the register has, credentials among it, is in the public log before it is shown */
	bool shut = i->log.shut; /* the keys of a register that is older than its log take no published one's place */
	if (!shut)
		FJ_TRY(show_keys(i, err)); /* before anything that they sign */
	FJ_TRY(log_advance(i, err));
	if (shut)
		FJ_TRY(show_keys(i, err));
	/* each is tried whatever became of the others, and what succeeded is shown */
	keep_first(&out, err, pub_lists(i, &why), &why);
	keep_first(&out, err, pub_crls(i, &why), &why);
	keep_first(&out, err, pub_show_held(i, &why), &why);
	keep_first(&out, err, pub_subs(i, &why), &why);
	keep_first(&out, err, renew_ocsp(i, &renewed, &why), &why);
	enum fj_rc rows = publish_rows(i, renewed, now_seq, &why);
	keep_first(&out, err, rows, &why);
	i->pub.keys = i->pub.keys && rows != FJ_OK;
	keep_first(&out, err, pub_proofs_renew(i, &why), &why);
	pub_attest(i);
	keep_first(&out, err, conclude(i, &why), &why);
	if (pub_history_prune(i, &why) != FJ_OK) /* what is kept too long holds no publication back */
		fj_log_err(FJ_LOG_WARN, "old lists were not removed", &why);
	return out;
}

/* one state of the register for all of it */
static enum fj_rc publish_state(struct iss *i, bool tending, struct fj_err *err)
{
	int64_t seq;

	if (i->pub.note == NULL && (i->pub.note = fj_alloc(MAX_NOTES, sizeof(*i->pub.note))) == NULL)
		return fj_no_memory(err, "publish");
	i->pub.n_notes = 0;
	FJ_TRY(pub_box_open(i, err));
	if (i->pub.db == NULL)
		FJ_TRY(sto_open("register.db", false, &i->pub.db, err));
	FJ_TRY(sto_begin(i->pub.db, err));
	FJ_AUTO(sto_q) q = {0};
	enum fj_rc rc = sto_first(i->pub.db, STO_EVENT_LAST, &q, "event", err, "");
	seq = rc == FJ_OK ? sto_int(&q, 0) : 0;
	sto_done(&q);
	if (rc == FJ_OK)
		rc = publish(i, seq, err);
	sto_rollback(i->pub.db);
	if (rc == FJ_OK)
		i->pub.done = seq;
	pack(i, tending);
	return rc;
}

enum fj_rc pub_publish(struct iss *i, int64_t seq, struct fj_err *err)
{
	FJ_TRY(iss_take_keys(i, false, err));
	atomic_fetch_add(&i->hurry, 1);
	pthread_mutex_lock(&i->pub.lock);
	enum fj_rc rc = i->pub.done >= seq ? FJ_OK : publish_state(i, seq == INT64_MAX, err);
	pthread_mutex_unlock(&i->pub.lock);
	atomic_fetch_sub(&i->hurry, 1);
	return rc;
}

void pub_release(struct iss *i)
{
	pub_db_close(i->pub.rows);
	pub_box_close(i->pub.box);
	sto_close(i->pub.db);
	iss_signer_drop(&i->pub.signer);
	fj_free(i->pub.note);
	pub_held_release(i);
}
