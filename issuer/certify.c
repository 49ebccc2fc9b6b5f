/*
 * certify.c - CAs of other appliances under this root, and the list of a root that is elsewhere
 * (docs/formats.md 27).
 *
 * root.certify takes a request: of a home without a root, for this root, signed by each of its issuing
 * keys.  The limits are the request's, or narrower ones that are given with it.  What is to be signed
 * then goes the way of the root's lists (root_crl.c): the plan's officers approve, or without a plan two
 * finance officers.  A certificate stands in the keyring as sub-N (sub-N-sm2) from then on, in chain.pem,
 * and with the root's lists in ca/subordinate-N.pem, which the other appliance takes in.
 *
 * root.take is for the home without a root: the parent's newest lists.
 */
#include "base/content.h"
#include "issuer/ceremony.h"
#include "issuer/domain.h"
#include "issuer/publish/publish.h"
#include "issuer/rules/rules.h"

#define LAYER "certify"
#define CITE "formats.md 27"
#define PEM_MAX (1u << 18)
#define CLOCKS 300 /* seconds: it begins so long before it is made, since two machines' clocks differ */

static enum fj_rc say(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, CITE, en, zh);
}

void crm_sub_release(struct crm_sub *s)
{
	fj_ca_request_release(&s->request);
}

void crm_sub_name(int64_t n, enum fj_alg alg, char out[FJ_SUB_NAME])
{
	snprintf(out, FJ_SUB_NAME, "sub-%lld%s", (long long)n, fj_alg_suffix(alg));
}

/* the certificate with this number into out; FJ_E_NOTFOUND */
static enum fj_rc sub_get(struct sto *db, int64_t n, enum fj_alg alg, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char what[FJ_SUB_NAME];

	crm_sub_name(n, alg, what);
	FJ_TRY(sto_first(db, STO_KEYRING_GET, &q, "subordinate CA", err, "t", what));
	fj_buf_clear(out);
	return fj_buf_put(out, sto_blob(&q, 0).p, sto_blob(&q, 0).len) == FJ_OK ? FJ_OK : fj_no_memory(err, LAYER);
}

/* --- the request --- */

/* this root; of a CA that is under it, or under one before it, also the one that its home was made for */
static bool root_of(const struct iss_ca *ca, const struct fj_hash *root, bool follows)
{
	struct fj_hash h;

	fj_sha256(fj_buf_slice(&ca->root), &h);
	bool is = fj_hash_eq(&h, root);
	for (size_t k = 0; follows && !is && k < ca->n_former; k++) {
		fj_sha256(fj_buf_slice(&ca->former[k].cert), &h);
		is = fj_hash_eq(&h, root);
	}
	return is;
}

static enum fj_rc check_request(const struct iss *i, const struct fj_ca_request *r, struct fj_err *err)
{
	if (r->demo != i->home.demo || strcmp(r->arc, i->home.arc) != 0)
		return say(err, FJ_E_REFUSED, "the request is of another arc or kind than this root's: under one root all homes have one arc, and are demonstrations or none is", "申请的标识弧或性质与本根不同：同一根之下标识弧一致，演示与正式不得混用");
	if (r->sm2 && !i->sm2)
		return say(err, FJ_E_REFUSED, "the request has an SM2 key, and this root has no SM2 hierarchy; ask without --sm2", "申请含 SM2 密钥，而本根没有 SM2 体系；请不带 --sm2 重新申请");
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(r->sm2); a++) {
		if (!root_of(&i->ca[a], &r->root[a], r->follows))
			return say(err, FJ_E_REFUSED, "the request is for another root; its home was made with another --root FILE", "申请指向另一根；该系统初始化时所给的 --root 文件不是本根");
		if (ca_spki_verify(fj_buf_slice(&r->spki[a]), fj_buf_slice(&r->text), fj_buf_slice(&r->sig[a]), NULL) != FJ_OK)
			return say(err, FJ_E_SIGNATURE, "the request was changed after it was signed, or its asker does not have the key; get it anew", "申请在签名后被改动，或者申请者不持有该密钥；请重新获取申请");
	}
	return FJ_OK;
}

static bool is_revoked(struct sto *db, const struct fj_x509 *x)
{
	FJ_AUTO(sto_q) q = {0};
	struct fj_crl crl;
	struct fj_crl_entry e;
	char what[24];

	snprintf(what, sizeof(what), "root%s.crl", fj_alg_suffix(x->alg));
	if (sto_first(db, STO_KEYRING_GET, &q, "root CRL", NULL, "t", what) != FJ_OK || fj_crl_read(sto_blob(&q, 0), &crl, NULL) != FJ_OK)
		return true; /* who can't look does not trust */
	for (struct fj_der walk = crl.entries; fj_crl_next(&walk, &e);)
		if (fj_slice_eq(e.serial, x->serial))
			return true;
	return false;
}

/* the last CA that this root certified for the address; n 0: none */
static enum fj_rc newest_of(struct sto *db, const char *base, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_limits l;
	struct fj_x509 x;
	bool limited;

	*n = 0;
	for (int64_t k = 1; sub_get(db, k, FJ_ES256, &der, NULL) == FJ_OK; k++) {
		FJ_TRY(fj_x509_read(fj_buf_slice(&der), &x, err));
		FJ_TRY(fj_limits_of(&x, &limited, &l, err));
		if (strcmp(l.base, base) == 0)
			*n = k;
	}
	return FJ_OK;
}

/* Of a CA that was certified before, whose newest keys have signed that these follow: not revoked, and within its limits.  Of any other
 * address it is a new CA. */
static enum fj_rc check_former(struct sto *db, const struct fj_ca_request *r, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);
	struct fj_limits l;
	struct fj_x509 x;
	bool limited, all = true;
	int64_t n;

	FJ_TRY(newest_of(db, r->base, &n, err));
	if (n > 0 && sub_get(db, n, FJ_ES256, &der, NULL) == FJ_OK && fj_x509_read(fj_buf_slice(&der), &x, NULL) == FJ_OK && fj_slice_eq(x.spki, fj_buf_slice(&r->spki[FJ_ES256])))
		return FJ_OK; /* the key itself: what comes after tells that it is certified already, or goes on */
	if (n > 0 && !r->follows)
		return say(err, FJ_E_REFUSED, "a CA of this address was certified before: its newer key is asked for by its home, whose request its former keys sign (key roll issuing); another appliance has another address", "该地址的签发机构已获认证：更换密钥须由其系统申请，申请由原密钥签署（key roll issuing）；其他系统应使用其他地址");
	if (!r->follows)
		return FJ_OK;
	FJ_TRY(fj_ca_request_former_text(r, &text, err));
	for (enum fj_alg a = FJ_ES256; all && a <= fj_last_alg(r->sm2); a++)
		all = n > 0 && sub_get(db, n, a, &der, NULL) == FJ_OK && fj_x509_read(fj_buf_slice(&der), &x, NULL) == FJ_OK && fj_limits_of(&x, &limited, &l, NULL) == FJ_OK &&
		    !is_revoked(db, &x) && fj_limits_same(&l, &r->limits) && ca_spki_verify(x.spki, fj_buf_slice(&text), fj_buf_slice(&r->former[a]), NULL) == FJ_OK;
	return all ? FJ_OK : say(err, FJ_E_SIGNATURE, "the request is for a newer key of a CA that was certified before, and no CA of this root with this address and these limits, which is not revoked, has signed it by its newest former keys; its home writes it when both newer keys are made (key roll issuing)", "申请是为已认证的签发机构更换密钥，但本根认证过、未被吊销且地址和限制相同的签发机构中，没有一个以其最新密钥签署；对方在新密钥均制作后生成申请（key roll issuing）");
}

enum fj_rc crm_sub_former(struct iss *i, struct hsm_conn *given, const struct crm_sub *s, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) own = NULL;

	if (!s->request.follows)
		return FJ_OK;
	if (given == NULL)
		FJ_TRY(iss_signer(i, &own, err));
	return hsm_former(given != NULL ? given : own, &s->request, err);
}

enum fj_rc crm_sub_read(const struct iss *i, struct fj_slice file, const char *division, const char *holders, int64_t years, struct crm_sub *s, struct fj_err *err)
{
	char asked[64];

	FJ_TRY(fj_ca_request_read(file, &s->request, err));
	FJ_TRY(check_request(i, &s->request, err));
	FJ_TRY(check_former(i->db, &s->request, err));
	fj_limits_holders(&s->request.limits, asked);
	FJ_TRY(fj_limits_make(division != NULL ? division : s->request.limits.division, holders != NULL ? holders : asked, s->request.base, &s->limits, err));
	if (s->request.follows && !fj_limits_same(&s->limits, &s->request.limits))
		return say(err, FJ_E_REFUSED, "a newer key of a CA has the limits of the one before; for others a new CA is made", "签发机构的新密钥沿用原有限制；需要其他限制的，另建签发机构");
	if (!fj_limits_within(&s->limits, &s->request.limits))
		return say(err, FJ_E_REFUSED, "limits can be narrower than those that were asked for, and no wider: a department answers for what it asked for", "所定限制只可比申请的更窄，不得更宽");
	s->years = (int)years;
	return years >= 1 && years <= 12 ? FJ_OK : say(err, FJ_E_INVALID, "a CA certificate is valid for 1 to 12 years", "签发机构证书有效期为 1 至 12 年");
}

/* as it was kept, with these limits */
static bool kept(const struct iss *i, const struct crm_sub *s, enum fj_alg alg, const char *name, struct fj_buf *tbs)
{
	struct fj_limits l;
	struct fj_x509 x;
	bool there;

	return crm_kept(i, alg, name, fj_buf_slice(&s->request.spki[alg]), tbs) && fj_x509_read_tbs(fj_buf_slice(tbs), &x, NULL) == FJ_OK && fj_limits_of(&x, &there, &l, NULL) == FJ_OK &&
	    there && fj_limits_same(&l, &s->limits);
}

static enum fj_rc new_tbs(struct iss *i, const struct crm_sub *s, enum fj_alg alg, struct fj_buf *tbs, struct fj_err *err)
{
	struct ca_cert_in in = {.profile = CA_SUBORDINATE, .not_before = fj_now() - CLOCKS, .issuer_cert = fj_buf_slice(&i->ca[alg].root), .spki = fj_buf_slice(&s->request.spki[alg]),
		.operator_ = s->request.operator_, .limits = &s->limits, .generation = (unsigned)i->ca[alg].n_former + 1};
	struct ca_info root;

	FJ_TRY(ca_cert_info(in.issuer_cert, &root, err));
	in.not_after = fj_term_end(in.not_before, s->years);
	in.not_after = in.not_after > root.not_after ? root.not_after : in.not_after;
	ca_serial_new(&in.serial);
	return ca_cert_tbs(&i->home, &in, tbs, err);
}

/* --- what was certified --- */

/* the number that this key has already, or the next */
static enum fj_rc number_for(struct sto *db, struct fj_slice spki, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_x509 x;

	for (*n = 1;; (*n)++) {
		enum fj_rc rc = sub_get(db, *n, FJ_ES256, &der, err);
		if (rc == FJ_E_NOTFOUND)
			return FJ_OK;
		FJ_TRY(rc);
		FJ_TRY(fj_x509_read(fj_buf_slice(&der), &x, err));
		if (fj_slice_eq(x.spki, spki))
			return FJ_OK;
	}
}

static json_t *certificate_json(const struct fj_buf *der, enum fj_alg alg)
{
	struct ca_info info;
	char serial[33], sha[65], until[FJ_TIME_CAP];

	if (ca_cert_info(fj_buf_slice(der), &info, NULL) != FJ_OK)
		return NULL;
	fj_hex(info.serial.b, sizeof(info.serial.b), serial);
	fj_hex(info.sha256.b, FJ_SHA256_LEN, sha);
	fj_time_utc(info.not_after, until);
	return json_pack("{s:s, s:s, s:s, s:s}", "alg", fj_alg_name(alg), "serial", serial, "sha256", sha, "until", until);
}

enum fj_rc crm_sub_keep(struct iss_call *c, const struct crm_sub *s, const struct fj_buf der[FJ_ALG_END], const json_t *officers, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	char what[FJ_SUB_NAME], holders[64];
	int64_t n;

	FJ_TRY(number_for(c->db, fj_buf_slice(&s->request.spki[FJ_ES256]), &n, err));
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(s->request.sm2); a++) {
		crm_sub_name(n, a, what);
		FJ_TRY(sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", what, fj_buf_slice(&der[a])));
		if (json_array_append_new(list, certificate_json(&der[a], a)) != 0)
			return fj_no_memory(err, LAYER);
	}
	fj_limits_holders(&s->limits, holders);
	crm_sub_name(n, FJ_ES256, what);
	FJ_AUTO(json) body = json_pack("{s:I, s:s, s:s, s:s, s:s, s:O, s:O}", "number", (json_int_t)n, "operator", s->request.operator_, "base", s->request.base,
	    "division", s->limits.division, "holders", holders, "certificates", list, "officers", officers);
	FJ_TRY(evt_append(c, "root.certified", what, body, err));
	c->dirty_status = true;
	return FJ_OK;
}

enum fj_rc apply_root_certified(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK; /* the keyring is not rebuilt; the event is the record */
}

enum fj_rc crm_sub_serial(struct sto *db, int64_t n, enum fj_alg alg, struct ca_serial *out, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct ca_info info;

	if (sub_get(db, n, alg, &der, NULL) != FJ_OK)
		return alg != FJ_ES256 ? FJ_E_NOTFOUND : say(err, FJ_E_NOTFOUND, "this root has certified no CA of that number; ca/subordinate-N.pem names them", "本根没有认证过该编号的签发机构；编号见 ca/subordinate-N.pem");
	FJ_TRY(ca_cert_info(fj_buf_slice(&der), &info, err));
	*out = info.serial;
	return FJ_OK;
}

enum fj_rc crm_sub_tbs(struct iss *i, const void *sub, enum fj_alg alg, bool fresh, struct fj_buf *tbs, struct fj_err *err)
{
	const struct crm_sub *s = sub;
	struct fj_hash h;
	char name[48], hex[65];

	fj_sha256(fj_buf_slice(&s->request.spki[alg]), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	snprintf(name, sizeof(name), "sub-%.32s", hex);
	if (!fresh && kept(i, s, alg, name, tbs))
		return FJ_OK;
	fj_buf_clear(tbs);
	FJ_TRY(new_tbs(i, s, alg, tbs, err));
	return crm_keep(name, tbs, err);
}

/* --- published --- */

static enum fj_rc put_root_list(struct sto *db, enum fj_alg alg, struct fj_buf *pem, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char what[24];

	snprintf(what, sizeof(what), "root%s.crl", fj_alg_suffix(alg));
	FJ_TRY(sto_first(db, STO_KEYRING_GET, &q, "root CRL", err, "t", what));
	return ca_pem("X509 CRL", sto_blob(&q, 0), pem, err);
}

/* A newer generation of the root, of this home's own (succession.c) or of its parent's: "new" as the one before certified it, and of a
 * parent's "self" as it certified itself, which tells verifiers of its age; FJ_E_NOTFOUND. */
static enum fj_rc cross_get(struct sto *db, const char *by, unsigned generation, enum fj_alg alg, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char what[40];

	iss_cross_row(by, generation, alg, what);
	FJ_TRY(sto_first(db, STO_KEYRING_GET, &q, "root", err, "t", what));
	fj_buf_clear(out);
	return fj_buf_put(out, sto_blob(&q, 0).p, sto_blob(&q, 0).len) == FJ_OK ? FJ_OK : fj_no_memory(err, LAYER);
}

enum fj_rc crm_newer_root(struct sto *db, unsigned generation, enum fj_alg alg, struct fj_buf *der, struct fj_err *err)
{
	return cross_get(db, "new", generation, alg, der, err);
}

static enum fj_rc put_crosses(struct sto *db, enum fj_alg alg, struct fj_buf *pem, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);

	for (unsigned g = 2; g <= FJ_MAX_ROOTS && cross_get(db, "new", g, alg, &der, NULL) == FJ_OK; g++) {
		FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&der), pem, err));
		if (cross_get(db, "self", g, alg, &der, NULL) == FJ_OK)
			FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&der), pem, err));
	}
	return FJ_OK;
}

/* What the other appliance takes in: its certificates, the root's lists, and where the root has passed on its newer generations, by the
 * former ones and by themselves. */
static enum fj_rc bundle(const struct iss *i, struct sto *db, int64_t n, struct fj_buf *pem, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);

	for (enum fj_alg a = FJ_ES256; a < FJ_ALG_END; a++) {
		enum fj_rc rc = sub_get(db, n, a, &der, err);
		if (rc == FJ_E_NOTFOUND && a != FJ_ES256)
			continue;
		FJ_TRY(rc);
		FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&der), pem, err));
		FJ_TRY(put_root_list(db, a, pem, err));
		FJ_TRY(put_crosses(db, a, pem, err));
		for (size_t k = 1; k <= i->ca[a].n_former; k++)
			FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(k < i->ca[a].n_former ? &i->ca[a].former[k].cert : &i->ca[a].root), pem, err));
	}
	return FJ_OK;
}

enum fj_rc pub_chain_pem(struct iss *i, struct sto *db, enum fj_alg alg, struct fj_buf *pem, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);

	const struct iss_ca *ca = &i->ca[alg];

	for (size_t k = ca->n_issuing > 0 ? ca->n_issuing : 1; k > 0; k--)
		FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&ca->issuing[k - 1].cert), pem, err));
	for (int64_t n = 1; sub_get(db, n, FJ_ES256, &der, NULL) == FJ_OK; n++)
		if (sub_get(db, n, alg, &der, NULL) == FJ_OK)
			FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&der), pem, err));
	if (i->limited) /* of a parent's root: its lists are by the newer one */
		FJ_TRY(put_crosses(db, alg, pem, err));
	for (size_t k = ca->n_former; k > 0; k--) { /* each root by the one before, and the one before by it */
		FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&ca->former[k - 1].new_with_old), pem, err));
		FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&ca->former[k - 1].old_with_new), pem, err));
	}
	return pub_root_pem(i, alg, pem, err);
}

enum fj_rc pub_root_pem(const struct iss *i, enum fj_alg alg, struct fj_buf *pem, struct fj_err *err)
{
	const struct iss_ca *ca = &i->ca[alg];

	FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&ca->root), pem, err));
	for (size_t k = ca->n_former; k > 0; k--)
		FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&ca->former[k - 1].cert), pem, err));
	return FJ_OK;
}

enum fj_rc pub_subs(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	char path[64];

	for (int64_t n = 1; sub_get(i->pub.db, n, FJ_ES256, &der, NULL) == FJ_OK; n++) {
		FJ_AUTO(buf) pem = FJ_BUF_INIT(PEM_MAX);
		snprintf(path, sizeof(path), "publish/ca/subordinate-%lld.pem", (long long)n);
		FJ_TRY(bundle(i, i->pub.db, n, &pem, err));
		FJ_TRY(pub_keep_file(i, path, &pem, err));
	}
	if (der.len == 0)
		return FJ_OK;
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++) {
		FJ_AUTO(buf) pem = FJ_BUF_INIT(PEM_MAX);
		snprintf(path, sizeof(path), "publish/trust/chain%s.pem", fj_alg_suffix(a));
		FJ_TRY(pub_chain_pem(i, i->pub.db, a, &pem, err));
		FJ_TRY(pub_keep_file(i, path, &pem, err));
	}
	return FJ_OK;
}

/* --- commands --- */

static enum fj_rc own_root(const struct iss *i, struct fj_err *err)
{
	return !i->limited ? FJ_OK : say(err, FJ_E_REFUSED, "this home's root is another appliance's: ask there", "本系统的根属于另一系统，请到根所在的系统办理");
}

static enum fj_rc request_of(struct iss_call *c, struct fj_buf *file, struct crm_sub *s, struct fj_err *err)
{
	const json_t *years = json_object_get(c->params, "years");

	FJ_TRY(own_root(c->iss, err));
	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(iss_param_file(c, "file", file, err));
	return crm_sub_read(c->iss, fj_buf_slice(file), fj_json_peek(c->params, "division"), fj_json_peek(c->params, "holders"), json_is_integer(years) ? json_integer_value(years) : 12, s, err);
}

/* what two finance officers approve, and where they have keys sign */
static enum fj_rc ask(struct iss_call *c, const struct crm_sub *s, const struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(json) keys = json_array();
	char holders[64];

	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(s->request.sm2); a++) {
		struct fj_hash h;
		char hex[65], key[65];
		FJ_TRY(fj_content_ca_request(&s->request, a, &s->limits, &h, err));
		fj_hex(h.b, FJ_SHA256_LEN, hex);
		fj_sha256(fj_buf_slice(&s->request.spki[a]), &h);
		fj_hex(h.b, FJ_SHA256_LEN, key);
		if (json_array_append_new(keys, json_pack("{s:s, s:s, s:s}", "alg", fj_alg_name(a), "content", hex, "spki_sha256", key)) != 0)
			return fj_no_memory(err, LAYER);
	}
	fj_limits_holders(&s->limits, holders);
	FJ_AUTO(json) payload = json_pack("{s:O, s:s, s:s, s:s, s:s, s:i, s:s}", "keys", keys, "operator", s->request.operator_, "base", s->request.base,
	    "division", s->limits.division, "holders", holders, "years", s->years, "request", fj_buf_str(file));
	return apr_request(c, "root.certify", s->request.base, c->actor->org, payload, err);
}

/* a second certificate would stand beside the first, wider or narrower, and a revocation would name one of them */
static enum fj_rc check_new(struct sto *db, const struct crm_sub *s, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	int64_t n;

	FJ_TRY(number_for(db, fj_buf_slice(&s->request.spki[FJ_ES256]), &n, err));
	if (sub_get(db, n, FJ_ES256, &der, NULL) != FJ_OK)
		return FJ_OK;
	return say(err, FJ_E_EXISTS, "this key is certified already; for other limits or a longer time the other appliance makes a new key (init --subordinate in a new folder), and the first certificate is revoked", "该密钥已获认证；需要变更限制或延长有效期的，请对方系统另建新密钥（在新目录执行 init --subordinate），并吊销原证书");
}

enum fj_rc cmd_root_certify(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);
	FJ_AUTO(crm_sub) s = {.years = 0};
	bool planned = false;

	FJ_TRY(request_of(c, &file, &s, err));
	FJ_TRY(check_new(c->db, &s, err));
	FJ_TRY(crm_renewal_sub(c, &s, &planned, err));
	return planned ? FJ_OK : ask(c, &s, &file, err);
}

enum fj_rc apr_root_certify(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const char *request = fj_json_text(a->payload, "request");
	FJ_AUTO(crm_sub) s = {.years = 0};
	FJ_AUTO(json) officers = NULL;
	struct fj_buf der[FJ_ALG_END] = {{0}};

	FJ_TRY(crm_sub_read(c->iss, fj_slice_str(request), fj_json_text(a->payload, "division"), fj_json_text(a->payload, "holders"), fj_json_num(a->payload, "years"), &s, err));
	if (c->trial)
		return FJ_OK;
	FJ_TRY(crm_sub_former(c->iss, NULL, &s, err));
	enum fj_rc rc = FJ_OK;
	for (enum fj_alg alg = FJ_ES256; rc == FJ_OK && alg <= fj_last_alg(s.request.sm2); alg++) {
		fj_buf_init(&der[alg], FJ_X509_MAX);
		json_decref(officers);
		officers = NULL;
		rc = crm_once_by_two(c, a, alg, HSM_CERT_SUBORDINATE, crm_sub_tbs, &s, &der[alg], &officers, err);
	}
	if (rc == FJ_OK)
		rc = crm_sub_keep(c, &s, der, officers, err);
	for (int k = 0; k < FJ_ALG_END; k++)
		fj_buf_release(&der[k]);
	return rc;
}

/* --- a root that is elsewhere --- */

static enum fj_rc keep_cross(struct iss_call *c, const char *by, unsigned g, enum fj_alg alg, struct fj_slice der, struct fj_err *err)
{
	char what[40];

	if (c->trial)
		return FJ_OK;
	iss_cross_row(by, g, alg, what);
	FJ_TRY(sto_run(c->db, STO_KEYRING_SET, NULL, err, "tb", what, der));
	c->iss->rolled = c->dirty_status = true; /* chain.pem shows it */
	return FJ_OK;
}

/* A newer generation of the parent's root, certified by the one before: from the root that this home was made for on, each by the last.
 * By itself (alone): only of a key that is there. */
static enum fj_rc take_cross(struct iss_call *c, struct fj_slice der, bool alone, struct fj_err *err)
{
	FJ_AUTO(buf) last = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_x509 x, root, by;
	unsigned g = 2;

	FJ_TRY(fj_x509_read(der, &x, err));
	if (!fj_slice_eq(x.issuer, x.subject) || (x.alg == FJ_SM2 && !c->iss->sm2) || (x.aki.len == 0) != alone)
		return FJ_OK;
	struct fj_slice before = fj_buf_slice(&c->iss->ca[x.alg].root);
	FJ_TRY(fj_x509_read(before, &root, err));
	if (fj_slice_eq(root.spki, x.spki))
		return FJ_OK;
	for (; g <= FJ_MAX_ROOTS && cross_get(c->db, "new", g, x.alg, &last, NULL) == FJ_OK; g++) {
		before = fj_buf_slice(&last);
		FJ_TRY(fj_x509_read(before, &by, err));
		if (!fj_slice_eq(by.spki, x.spki))
			continue;
		return !alone || ca_verify_signed_by(der, der, NULL) != FJ_OK ? FJ_OK : keep_cross(c, "self", g, x.alg, der, err); /* it is there */
	}
	if (alone && c->trial)
		return FJ_OK; /* what has to be there was not kept */
	if (alone || !fj_slice_eq(x.subject, root.subject) || !x.ca || x.pathlen != 1 || !(x.ku & FJ_KU_CERT) || !(x.ku & FJ_KU_CRL) || ca_verify_signed_by(der, before, NULL) != FJ_OK)
		return say(err, FJ_E_REFUSED, "the file has a root's certificate that is not by the root that this home was made for, or by one that followed it; get ca/subordinate-N.pem of the parent anew", "文件中的根证书并非由本系统的根或其继任根颁发；请重新获取上级的 ca/subordinate-N.pem");
	return keep_cross(c, "new", g, x.alg, der, err);
}

static enum fj_rc take_crosses(struct iss_call *c, struct fj_slice pem, bool alone, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	enum fj_rc rc;

	while ((rc = crm_next_block(&pem, "CERTIFICATE", &der, err)) == FJ_OK)
		FJ_TRY(take_cross(c, fj_buf_slice(&der), alone, err));
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

enum fj_rc crm_take_crosses(struct iss_call *c, struct fj_slice pem, struct fj_err *err)
{
	FJ_TRY(take_crosses(c, pem, false, err));
	return take_crosses(c, pem, true, err);
}

enum fj_rc crm_parent_signed(struct iss_call *c, enum fj_alg alg, struct fj_slice der, struct crm_newer *up, struct fj_err *err)
{
	struct fj_slice by = fj_buf_slice(&c->iss->ca[alg].root);

	for (up->n = 0;;) {
		enum fj_rc rc = ca_verify_signed_by(der, by, err);
		struct fj_buf *next = &up->cert[up->n];
		if (rc == FJ_OK || up->n + 1 == FJ_MAX_ROOTS)
			return rc;
		fj_buf_init(next, FJ_X509_MAX);
		up->n++;
		if (cross_get(c->db, "new", (unsigned)up->n + 1, alg, next, NULL) != FJ_OK)
			return rc;
		by = fj_buf_slice(next);
	}
}

void crm_newer_release(struct crm_newer *up)
{
	for (size_t k = 0; k < up->n; k++)
		fj_buf_release(&up->cert[k]);
}

/* the newest list of each algorithm in a file of PEM, of which the rest is left alone; *n: how many */
static enum fj_rc take_lists(struct iss_call *c, struct fj_slice pem, size_t *n, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
	enum fj_rc rc;

	for (*n = 0; (rc = crm_next_block(&pem, "X509 CRL", &der, err)) == FJ_OK; (*n)++)
		FJ_TRY(crm_list_take(c, fj_buf_slice(&der), err));
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

enum fj_rc cmd_root_take(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(PEM_MAX);
	size_t n = 1, newer = 0;

	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	if (!c->iss->limited)
		return say(err, FJ_E_REFUSED, "this home's root is its own: fujie ceremony root-crl signs its list anew", "本系统的根是自有的；请用 fujie ceremony root-crl 续签其吊销列表");
	FJ_TRY(iss_param_file(c, "file", &file, err));
	bool pem = file.len == 0 || file.data[0] != 0x30;
	if (pem)
		FJ_TRY(crm_take_crosses(c, fj_buf_slice(&file), err));
	FJ_TRY(!pem ? crm_list_take(c, fj_buf_slice(&file), err) : take_lists(c, fj_buf_slice(&file), &n, err));
	if (n == 0) /* before the signer takes anything */
		return say(err, FJ_E_INVALID, "the file has no CRL: it is a root's list in DER, or PEM with blocks X509 CRL", "文件中没有吊销列表：应为 DER 格式，或含 X509 CRL 的 PEM 文件");
	if (pem)
		FJ_TRY(crm_take_newer(c, fj_buf_slice(&file), &newer, err));
	c->answer = json_pack("{s:I, s:I}", "taken", (json_int_t)n, "certificates", (json_int_t)newer);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

const struct iss_field fld_root_certify[] = {
	{"file", ISS_F_FILE, true, FJ_CA_REQUEST_MAX, "申请文件", "the request of the other appliance (ceremony/ca-request.json of its home)"},
	{"division", ISS_F_STR, false, 6, "行政区划限制", "2, 4 or 6 digits of GB/T 2260, no wider than asked for"},
	{"holders", ISS_F_STR, false, 63, "持有人类别限制", "kinds of holders with commas between, no wider than asked for: ADMIN,INST"},
	{"years", ISS_F_INT, false, 12, "年限", "1 to 12; 12 by default, and never beyond the root"},
	{0},
};
const struct iss_field fld_root_take[] = {
	{"file", ISS_F_FILE, true, PEM_MAX, "根吊销列表", "the parent's newest lists: its ca/subordinate-N.pem, or crl/root.crl"},
	{0},
};
