/*
 * package.c - trust in a package of a publication.
 *
 * A signer that a CRL names as revoked is refused, by any CRL that is at hand,
 * current or not.  A CRL that is missing or over refuses nothing: a package grants
 * nothing by itself, each list, CRL and credential in it is signed and judged with its
 * own status, and after an outage the package that brings the new CRL has to come in.
 */
#include "verifier/package.h"

#include "verifier/internal.h"

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "package", cite, en, zh);
}

/* The CAs of the chain are worth what the root makes of them, whoever brings them: what does not hold is passed over. */
static enum fj_rc trust_of(const struct fj_package *p, struct fj_slice root, struct fj_slice chain, struct ver_trust **out, struct fj_err *err)
{
	struct fj_slice own = fj_buf_slice(&p->jws.x5c[1]);
	FJ_AUTO(ver_blocks) b = {.n = 1};
	struct ver_trust *made = NULL;
	struct fj_err why = {.rc = FJ_OK}; /* of the package's own CA, which comes first */

	fj_buf_init(&b.der[0], FJ_X509_MAX);
	FJ_TRY(fj_buf_put(&b.der[0], own.p, own.len));
	FJ_TRY(ver_blocks_read(chain, &b, ver_pass_over, NULL, err));
	FJ_TRY(ver_trust_under(root, &b, ver_keep_why, &why, &made, err));
	FJ_AUTO(ver_trust) t = made;
	if (ver_ca_in(t->a, own) != NULL) {
		*out = fj_move(t);
		return FJ_OK;
	}
	*err = why;
	return why.rc;
}

enum fj_rc ver_package_trust(const struct fj_package *p, struct fj_slice root, struct fj_slice chain, struct ver_trust **out, struct fj_err *err)
{
	enum fj_rc rc = trust_of(p, root, chain, out, err);

	if (rc != FJ_OK && rc != FJ_E_NOMEM)
		fj_err_zh(err, "%s", "数据包的签发 CA 不在该根证书之下");
	return rc;
}

enum fj_rc ver_package_trust_sm2(struct fj_slice before, struct fj_slice chain, struct ver_trust **out, struct fj_err *err)
{
	FJ_AUTO(ver_blocks) here = {.n = 0};
	FJ_AUTO(ver_blocks) cas = {.n = 0};
	struct ver_trust *made = NULL;

	FJ_TRY(ver_trust_new(&made, err));
	FJ_AUTO(ver_trust) t = made;
	FJ_TRY(ver_blocks_read(before, &here, NULL, NULL, err));
	for (size_t i = 0; i < here.n; i++)
		FJ_TRY(ver_anchor_add(t->a, fj_buf_slice(&here.der[i]), err));
	FJ_TRY(ver_blocks_read(chain, &cas, ver_pass_over, NULL, err));
	FJ_TRY(ver_chain_add(t->a, FJ_SM2, &cas, ver_pass_over, NULL, err));
	*out = fj_move(t);
	return FJ_OK;
}

enum fj_rc ver_package_crl(struct ver_trust *t, struct fj_slice der, struct fj_err *err)
{
	enum fj_rc rc = ver_trust_add(t, VER_CRL, "", der, err);

	return rc == FJ_E_NOMEM ? rc : FJ_OK; /* what is not authentic says nothing */
}

enum fj_rc ver_package_signed(const struct ver_trust *t, const struct fj_package *p, struct fj_err *err)
{
	FJ_AUTO(ver_signer) ref = {NULL, NULL};
	struct ver_finding f;

	enum fj_rc rc = ver_signer_get(t, fj_buf_slice(&p->jws.x5c[0]), fj_buf_slice(&p->jws.x5c[1]), &ref, err);
	if (rc != FJ_OK) {
		if (rc != FJ_E_NOMEM)
			fj_err_zh(err, "%s", "数据包签名证书不在该根证书之下");
		return rc;
	}
	const struct ver_signer *s = ref.s;
	if (!ver_signer_is(s, ".2.4") || strcmp(s->kid, p->jws.kid) != 0)
		return no(err, FJ_E_INVALID, "RFC 5280 4.2.1.12", "the package is not signed under a status signer's certificate", "数据包并非以状态签名证书签名");
	if (strcmp(s->iss, fj_json_text(p->jws.payload, "iss")) != 0)
		return no(err, FJ_E_INVALID, "RFC 5280 4.2.1.6", "the package's issuer is not the address in its signer's certificate", "数据包签发方与签名证书不符");
	if (p->jws.alg != FJ_ES256)
		return no(err, FJ_E_INVALID, "formats.md 21", "packages are signed under P-256 alone", "数据包仅以 P-256 体系签名");
	if (!ver_signed_raw(s->key, p->jws.alg, p->jws.input, p->jws.sig))
		return no(err, FJ_E_SIGNATURE, "RFC 7515 5.2", "the signature of the package's manifest does not verify", "数据包清单的签名不成立");
	ver_dates(&s->x, s->ca, p->at, &f);
	if (f.outcome == VER_FAIL)
		return no(err, FJ_E_INVALID, f.clause, "the package was signed when its signer's certificate was not valid", "数据包签名时其签名证书不在有效期内");
	ver_path_revoked(t, &s->x, s->ca, p->at, &f);
	return f.outcome != VER_FAIL ? FJ_OK : no(err, FJ_E_INVALID, f.clause, "the package's signer is revoked", "数据包签名证书已被吊销");
}

/* --- lists and CRLs do not go back --- */

static bool below(const char *path, const char *folder, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return strncmp(path, folder, strlen(folder)) == 0 && n > m && strcmp(path + n - m, suffix) == 0;
}

/* the address's last part, without an ending, is the file's name, or below history its folder's: else an older list could
 * lie beside the newer one under another name */
static bool named(const char *path, const char *address)
{
	const char *at = strrchr(address, '/'), *file = strrchr(path, '/');
	size_t n = at == NULL ? 0 : strcspn(at + 1, ".");

	if (n == 0 || file == NULL)
		return false;
	if (strncmp(path, "history/", 8) == 0) {
		const char *from = file - n;
		return from > path && from[-1] == '/' && strncmp(from, at + 1, n) == 0;
	}
	return strncmp(file + 1, at + 1, n) == 0 && file[1 + n] == '.';
}

static enum fj_rc misnamed(struct fj_err *err)
{
	return no(err, FJ_E_INVALID, "formats.md 18", "a list in the package lies under another name than its own", "数据包内列表的文件名与其地址不符");
}

static enum fj_rc check_crl(const struct ver_trust *t, const char *path, struct fj_slice data, struct fj_slice before, struct fj_err *err)
{
	struct ver_crl now;
	struct fj_crl was;

	enum fj_rc rc = ver_crl_read(t, data, &now, err);
	if (rc != FJ_OK) {
		fj_err_zh(err, "%s", "数据包内的吊销列表不真实");
		return rc;
	}
	bool older = before.len > 0 && fj_crl_read(before, &was, NULL) == FJ_OK && now.number < was.number;
	bool right = named(path, now.uri);
	ver_crl_release(&now);
	if (!right)
		return misnamed(err);
	return !older ? FJ_OK : no(err, FJ_E_INVALID, "RFC 5280 5.2.3", "a CRL in the package is older than the one that is here", "数据包内的吊销列表早于现有列表（回退）");
}

static enum fj_rc check_list(const struct ver_trust *t, const char *path, struct fj_slice data, struct fj_slice before, struct fj_err *err)
{
	FJ_AUTO(jws) was = {.payload = NULL};
	struct ver_list now;

	enum fj_rc rc = ver_list_read(t, data, &now, err);
	if (rc != FJ_OK) {
		fj_err_zh(err, "%s", "数据包内的状态列表不真实");
		return rc;
	}
	bool older = before.len > 0 && fj_jws_read(before, FJ_STATUS_JWT_MAX, &was, NULL) == FJ_OK && now.from < fj_json_num(was.payload, "iat");
	bool right = named(path, now.uri);
	ver_list_release(&now);
	if (!right)
		return misnamed(err);
	return !older ? FJ_OK : no(err, FJ_E_INVALID, "formats.md 5.3", "a status list in the package is older than the one that is here", "数据包内的状态列表早于现有列表（回退）");
}

enum fj_rc ver_package_file(const struct ver_trust *t, const char *path, struct fj_slice data, struct fj_slice before, struct fj_err *err)
{
	if (below(path, "trust/crl/", ".crl") || below(path, "history/crl/", ".crl"))
		return check_crl(t, path, data, before, err);
	if (below(path, "trust/status/", ".jwt") || below(path, "history/status/", ".jwt"))
		return check_list(t, path, data, before, err);
	return FJ_OK;
}

/* --- the public log --- */

static enum fj_rc unsigned_point(struct fj_err *err)
{
	return no(err, FJ_E_SIGNATURE, "formats.md 19", "the checkpoint in the package is not signed by the issuer's log", "数据包内的检查点未经签发方日志签名");
}

/* a true line by this certificate, which no CRL at hand names */
static bool point_signed(const struct ver_trust *t, const struct fj_package *p, struct fj_slice der, const struct fj_note *note, const char *origin)
{
	struct ver_signer *s = NULL;
	struct ver_finding f;
	uint8_t id[4];

	if (ver_log_signer(t, der, &s, NULL) != FJ_OK)
		return false;
	fj_ecdsa_id(s->x.spki, id);
	const struct fj_note_line *l = fj_note_line_of(note, origin, id);
	bool good = strcmp(s->iss, fj_json_text(p->jws.payload, "iss")) == 0 && l != NULL && ver_signed_der(s->key, FJ_ES256, note->text, FJ_SLICE(l->sig, l->sig_len));
	ver_path_revoked(t, &s->x, s->ca, p->at, &f);
	ver_log_signer_free(s);
	return good && f.outcome != VER_FAIL;
}

enum fj_rc ver_package_checkpoint(const struct ver_trust *t, const struct fj_package *p, struct fj_slice pem, struct fj_slice vkey, struct fj_slice bytes, struct fj_checkpoint *out,
    struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_vkey key;
	struct fj_note note;
	bool good = false;

	while (vkey.len > 0 && vkey.p[vkey.len - 1] == '\n')
		vkey.len--;
	if (fj_note_read(bytes, &note, NULL) != FJ_OK || fj_checkpoint_read(note.text, out, NULL) != FJ_OK || fj_vkey_read(vkey, &key, NULL) != FJ_OK || key.type != FJ_NOTE_ED25519 ||
	    strcmp(key.name, out->origin) != 0 || fj_note_verify(&note, &key, NULL, NULL) != FJ_OK)
		return unsigned_point(err);
	while (!good && ver_pem_next(&pem, "CERTIFICATE", &der, NULL) == FJ_OK) {
		good = point_signed(t, p, fj_buf_slice(&der), &note, out->origin);
		fj_buf_clear(&der);
	}
	return good ? FJ_OK : unsigned_point(err);
}
