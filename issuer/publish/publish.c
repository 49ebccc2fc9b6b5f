/*
 * publish.c - D/publish, brought up to the register.
 *
 * Order: revocations first (lists, CRLs), then credentials and rows; then all of
 * it is made durable at once; then the generation rises, which is what readers
 * look at.  A publication that is cut anywhere is simply done again: every step
 * starts from the tables and from what was noted as published, and a process that
 * starts raises the generation once, since it can't know whether the last one did.
 */
#include "issuer/publish/publish.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define OCSP_RENEW (3 * 86400)
#define DAY 86400

enum fj_rc pub_file(const char *path, struct fj_slice data, struct fj_err *err)
{
	char tmp[160];

	snprintf(tmp, sizeof(tmp), "%.150s.tmp", path);
	FJ_AUTO(fd) fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fj_fail_errno(err, "publish", "create %s", tmp);
	FJ_TRY(fj_write_all(fd, data.p, data.len, err));
	if (rename(tmp, path) != 0)
		return fj_fail_errno(err, "publish", "rename to %s", path);
	return FJ_OK;
}

static enum fj_rc pem_file(const char *path, struct fj_slice a, struct fj_slice b, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);

	FJ_TRY(ca_pem("CERTIFICATE", a, &pem, err));
	if (b.len > 0)
		FJ_TRY(ca_pem("CERTIFICATE", b, &pem, err));
	return pub_file(path, fj_buf_slice(&pem), err);
}

/* --- delegated certificates --- */

static const struct {
	const char *what;
	enum ca_profile profile;
	enum hsm_role role;
	int years; /* 0: seven days */
} delegated[] = {
	{"token", CA_TOKEN_SIGNER, HSM_TOKEN, 6}, {"status", CA_STATUS_SIGNER, HSM_TOKEN, 6}, {"ocsp", CA_OCSP, HSM_OCSP, 0},
};

static enum fj_rc delegate_tbs(struct iss *i, size_t k, struct fj_buf *tbs, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	struct hsm_conn *conn = NULL;
	struct ca_cert_in in = {.profile = delegated[k].profile, .not_before = fj_now(), .issuer_cert = fj_buf_slice(&i->issuing), .shard = 1};
	struct fj_date d = fj_date_of(in.not_before, 0);

	FJ_TRY(iss_signer(i, &conn, err));
	FJ_TRY(hsm_public_key(conn, delegated[k].role, &spki, err));
	in.spki = fj_buf_slice(&spki);
	d.y += delegated[k].years;
	d.d = d.d > 28 ? 28 : d.d;
	in.not_after = delegated[k].years == 0 ? in.not_before + 7 * DAY - 1 : fj_time_of(d, 0, 0, 0, 0) - 1;
	ca_serial_new(&in.serial);
	return ca_cert_tbs(&i->home, &in, tbs, err);
}

enum fj_rc pub_delegate(struct iss *i, const char *what, struct fj_err *err)
{
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);
	struct hsm_conn *conn = NULL;
	struct hsm_item item = {.sig_len = 0};
	struct hsm_request r = {.role = HSM_ISSUING, .kind = HSM_CERT_DELEGATED, .items = &item, .n_items = 1};
	size_t k = 0;

	while (strcmp(delegated[k].what, what) != 0)
		k++;
	FJ_TRY(delegate_tbs(i, k, &tbs, err));
	item.tbs = fj_buf_slice(&tbs);
	FJ_TRY(iss_signer(i, &conn, err));
	FJ_TRY(hsm_sign(conn, &r, err));
	if (item.rc != FJ_OK)
		return fj_fail(err, item.rc, "signer", NULL, "%s", item.why);
	FJ_TRY(ca_assemble(fj_buf_slice(&tbs), FJ_SLICE(item.sig, item.sig_len), &cert, err));
	FJ_TRY(ca_verify_signed_by(fj_buf_slice(&cert), fj_buf_slice(&i->issuing), err));
	return sto_run(i->db, STO_KEYRING_SET, NULL, err, "tb", what, fj_buf_slice(&cert));
}

/* the responder's certificate is of days: it is renewed well before its end */
static enum fj_rc renew_ocsp(struct iss *i, bool *changed, struct fj_err *err)
{
	struct ca_info info;

	FJ_TRY(ca_cert_info(fj_buf_slice(&i->ocsp), &info, err));
	if (info.not_after - fj_now() > OCSP_RENEW)
		return FJ_OK;
	FJ_TRY(pub_delegate(i, "ocsp", err));
	*changed = true;
	return iss_load_keyring(i, err);
}

static enum fj_rc publish_delegated(struct iss *i, struct pub_db *db, struct fj_err *err)
{
	const struct fj_buf *certs[] = {&i->token, &i->status, &i->ocsp};
	char path[64], hex[33];
	struct ca_info info;

	for (size_t k = 0; k < FJ_ARRAY_LEN(delegated); k++) {
		snprintf(path, sizeof(path), "publish/signer/%s.pem", delegated[k].what);
		FJ_TRY(pem_file(path, fj_buf_slice(certs[k]), FJ_SLICE(NULL, 0), err));
		FJ_TRY(ca_cert_info(fj_buf_slice(certs[k]), &info, err));
		fj_hex(info.serial.b, sizeof(info.serial.b), hex);
		FJ_TRY(pub_db_delegated(db, hex, delegated[k].what, fj_buf_slice(certs[k]), err));
	}
	return FJ_OK;
}

/* --- fixed files --- */

static enum fj_rc issuer_metadata(struct iss *i, struct fj_err *err)
{
	struct fj_x509 x;
	FJ_AUTO(buf) kx = FJ_BUF_INIT(64);
	FJ_AUTO(buf) ky = FJ_BUF_INIT(64);
	FJ_AUTO(buf) a = FJ_BUF_INIT(24000);
	FJ_AUTO(buf) b = FJ_BUF_INIT(24000);
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);

	FJ_TRY(fj_x509_read(fj_buf_slice(&i->token), &x, err));
	if (fj_b64u_put(&kx, FJ_SLICE(x.key.p + 1, 32)) != FJ_OK || fj_b64u_put(&ky, FJ_SLICE(x.key.p + 33, 32)) != FJ_OK ||
	    fj_b64_put(&a, fj_buf_slice(&i->token)) != FJ_OK || fj_b64_put(&b, fj_buf_slice(&i->issuing)) != FJ_OK)
		return fj_fail(err, FJ_E_NOMEM, "publish", NULL, "out of memory");
	FJ_AUTO(json) j = json_pack("{s:s, s:{s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s, s]}]}}", "issuer", iss_base(i), "jwks", "keys",
	    "kty", "EC", "crv", "P-256", "x", fj_buf_str(&kx), "y", fj_buf_str(&ky), "kid", i->kid, "alg", "ES256", "use", "sig",
	    "x5c", fj_buf_str(&a), fj_buf_str(&b));
	FJ_TRY(fj_json_canonical(j, &text, err));
	return pub_file("publish/jwt-vc-issuer.json", fj_buf_slice(&text), err);
}

enum fj_rc pub_fixed(struct iss *i, struct fj_err *err)
{
	static const char *const folders[] = {"publish/trust", "publish/trust/crl", "publish/trust/status",
		"publish/trust/authorisations", "publish/trust/certificates", "publish/ca", "publish/signer"};

	for (size_t k = 0; k < FJ_ARRAY_LEN(folders); k++)
		FJ_TRY(fj_dir_make(AT_FDCWD, folders[k], 0755, err));
	if (symlink("publish/trust", "trust") != 0 && access("trust", F_OK) != 0)
		return fj_fail_errno(err, "publish", "make the link trust");
	FJ_TRY(pem_file("publish/trust/root.pem", fj_buf_slice(&i->root), FJ_SLICE(NULL, 0), err));
	FJ_TRY(pem_file("publish/trust/chain.pem", fj_buf_slice(&i->issuing), fj_buf_slice(&i->root), err));
	FJ_TRY(pub_file("publish/ca/root.cer", fj_buf_slice(&i->root), err));
	FJ_TRY(pub_file("publish/ca/issuing.cer", fj_buf_slice(&i->issuing), err));
	FJ_AUTO(sto_q) q = {0};
	FJ_TRY(sto_first(i->db, STO_KEYRING_GET, &q, "root CRL", err, "t", "root.crl"));
	FJ_TRY(pub_file("publish/trust/crl/root.crl", sto_blob(&q, 0), err));
	return issuer_metadata(i, err);
}

/* --- rows and files of credentials --- */

static enum fj_rc publish_certificates(struct iss *i, struct pub_db *db, int64_t since, int64_t *seq, bool *changed, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char path[128];
	bool row;

	FJ_TRY(sto_query(i->db, STO_PUB_CERTIFICATES, &q, err, "i", since));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		*changed = true;
		snprintf(path, sizeof(path), "publish/trust/certificates/%.40s.pem", sto_text(&q, 1));
		FJ_TRY(pem_file(path, sto_blob(&q, 12), FJ_SLICE(NULL, 0), err));
		FJ_TRY(pub_db_certificate(db, &q, err));
		if (sto_int(&q, 13) > *seq)
			*seq = sto_int(&q, 13);
	}
}

static enum fj_rc publish_authorisations(struct iss *i, struct pub_db *db, int64_t since, int64_t *seq, bool *changed, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char path[128];
	bool row;

	FJ_TRY(sto_query(i->db, STO_PUB_AUTHORISATIONS, &q, err, "i", since));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		*changed = true;
		snprintf(path, sizeof(path), "publish/trust/authorisations/%.40s.jwt", sto_text(&q, 0));
		FJ_TRY(pub_file(path, sto_blob(&q, 7), err));
		FJ_TRY(pub_db_authorisation(db, &q, err));
		if (sto_int(&q, 8) > *seq)
			*seq = sto_int(&q, 8);
	}
}

static enum fj_rc publish_rows(struct iss *i, bool delegated_too, bool *changed, struct fj_err *err)
{
	FJ_AUTO(pub_db) db = NULL;
	int64_t number, since, seq;
	fj_time at;

	FJ_TRY(pub_state(i, "rows", &number, &at, &since, err));
	seq = since;
	FJ_TRY(pub_db_open(&db, err));
	FJ_TRY(pub_db_begin(db, err));
	FJ_TRY(publish_certificates(i, db, since, &seq, changed, err));
	FJ_TRY(publish_authorisations(i, db, since, &seq, changed, err));
	if (delegated_too || at == 0)
		FJ_TRY(publish_delegated(i, db, err));
	FJ_TRY(pub_db_commit(db, err));
	if (at != 0 && seq == since && !delegated_too)
		return FJ_OK;
	*changed = true;
	return sto_run(i->db, STO_PUB_SET, NULL, err, "tiii", "rows", (int64_t)0, (int64_t)fj_now(), seq);
}

static enum fj_rc raise_generation(struct iss *i, struct fj_err *err)
{
	int64_t n, seq;
	fj_time at;
	char text[24];

	FJ_AUTO(fd) dir = open("publish", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || syncfs(dir) != 0)
		return fj_fail_errno(err, "publish", "make the publication durable");
	FJ_TRY(pub_state(i, "generation", &n, &at, &seq, err));
	FJ_TRY(sto_run(i->db, STO_PUB_SET, NULL, err, "tiii", "generation", n + 1, (int64_t)fj_now(), (int64_t)0));
	snprintf(text, sizeof(text), "%lld\n", (long long)n + 1);
	return fj_file_replace(AT_FDCWD, "publish/generation", fj_slice_str(text), 0644, err);
}

enum fj_rc pub_run(struct iss *i, struct fj_err *err)
{
	bool changed = false, renewed = false;

	i->pub_dirty = i->pub_dirty || i->pub_behind;
	FJ_TRY(pub_lists(i, &i->pub_dirty, err));
	FJ_TRY(pub_crls(i, &i->pub_dirty, err));
	FJ_TRY(renew_ocsp(i, &renewed, err));
	FJ_TRY(publish_rows(i, renewed, &changed, err));
	i->pub_dirty = i->pub_dirty || changed || renewed;
	if (!i->pub_dirty)
		return FJ_OK;
	FJ_TRY(raise_generation(i, err));
	i->pub_dirty = false;
	return FJ_OK;
}
