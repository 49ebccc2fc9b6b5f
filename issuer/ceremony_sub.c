/*
 * ceremony_sub.c - the beginning of a home whose root is another appliance's (docs/formats.md 27).
 *
 * In two steps, since the parent's officers lie between.  First the keys are made, all but a root's, and
 * a request is written that every issuing key has signed.  Then the certificates come, with the root's
 * lists: the signer compares them with what the home was opened for, and only then is there a register.
 * Each step may be broken off and begun again with the same words.
 */
#include <fcntl.h>

#include "base/file.h"
#include "issuer/ceremony.h"

#define LAYER "ceremony"
#define CITE "formats.md 27"
#define REQUEST_FILE CRM_DIR "/ca-request.json"

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, CITE, en, zh);
}

/* --- the parent's roots --- */

static enum fj_rc read_roots(struct iss *i, const json_t *sub, struct fj_err *err)
{
	static const char *const members[FJ_ALG_END] = {NULL, "root", "root_sm2"};
	struct fj_x509 x;

	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++) {
		const char *pem = fj_json_peek(sub, members[a]);
		fj_buf_init(&i->ca[a].root, FJ_X509_MAX);
		if (pem == NULL)
			return no(err, FJ_E_INVALID, "the parent's root is missing: --root FILE, and with --sm2 also --root-sm2 FILE (root.pem and root-sm2.pem of its trust folder)", "缺少上级的根证书：请给出 --root 文件；带 --sm2 时还须 --root-sm2 文件（上级信任资料中的 root.pem、root-sm2.pem）");
		FJ_TRY(ca_unpem("CERTIFICATE", fj_slice_str(pem), &i->ca[a].root, err));
		FJ_TRY(fj_x509_read(fj_buf_slice(&i->ca[a].root), &x, err));
		if (x.alg != a || ca_verify_signed_by(fj_buf_slice(&i->ca[a].root), fj_buf_slice(&i->ca[a].root), NULL) != FJ_OK)
			return no(err, FJ_E_INVALID, "what was given as the parent's root is none: another algorithm, or not signed by itself", "所给的上级根证书不是根：算法不符，或并非自签");
	}
	return FJ_OK;
}

static enum fj_rc policy_of(const struct iss *i, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) roots = json_array();

	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++) {
		FJ_AUTO(buf) b64 = FJ_BUF_INIT(2 * FJ_X509_MAX);
		if (fj_b64_put(&b64, fj_buf_slice(&i->ca[a].root)) != FJ_OK || json_array_append_new(roots, json_string(fj_buf_str(&b64))) != 0)
			return fj_no_memory(err, LAYER);
	}
	*out = json_pack("{s:b, s:s, s:s, s:s, s:b, s:O}", "demo", i->home.demo, "arc", i->home.arc, "base", i->home.base, "operator", i->home.operator_, "sm2", i->sm2, "parent", roots);
	return *out != NULL ? FJ_OK : fj_no_memory(err, LAYER);
}

static enum fj_rc open_here(struct iss *i, bool *closed, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(json) policy = NULL;
	FJ_AUTO(json) s = NULL;

	FJ_TRY(iss_signer(i, &i->make.signer, err));
	FJ_TRY(hsm_status(i->make.signer, &s, err));
	*closed = strcmp(fj_json_text(s, "ceremony"), "closed") == 0;
	if (json_is_true(json_object_get(s, "whole")))
		return FJ_OK;
	FJ_TRY(policy_of(i, &policy, err));
	FJ_TRY(fj_json_canonical(policy, &text, err));
	return hsm_ceremony_open(i->make.signer, fj_buf_slice(&text), err);
}

/* --- the request --- */

static enum fj_rc fill(struct iss *i, const json_t *sub, struct fj_ca_request *r, struct fj_err *err)
{
	FJ_TRY(fj_limits_make(fj_json_text(sub, "division"), fj_json_text(sub, "holders"), i->home.base, &r->limits, err));
	r->demo = i->home.demo;
	r->sm2 = i->sm2;
	r->made = fj_now();
	if (fj_strcopy(r->arc, sizeof(r->arc), i->home.arc) != FJ_OK || fj_strcopy(r->base, sizeof(r->base), i->home.base) != FJ_OK ||
	    fj_strcopy(r->operator_, sizeof(r->operator_), i->home.operator_) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, LAYER, NULL, "arc, base or operator are too long");
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++) {
		fj_buf_init(&r->spki[a], 256);
		FJ_TRY(hsm_public_key(i->make.signer, hsm_role_by(HSM_ISSUING, a), &r->spki[a], err));
		fj_sha256(fj_buf_slice(&i->ca[a].root), &r->root[a]);
	}
	return FJ_OK;
}

/* who: of a home that is made, for its newer keys; NULL in the ceremony */
static enum fj_rc sign_request(struct iss *i, struct hsm_conn *conn, const struct fj_buf *text, const struct hsm_approval *who, size_t n, json_t *signatures, struct fj_err *err)
{
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++) {
		struct hsm_item item = {.tbs = fj_buf_slice(text)};
		struct hsm_request r = {.role = hsm_role_by(HSM_ISSUING, a), .kind = HSM_CA_REQUEST, .approvals = who, .n_approvals = n, .items = &item, .n_items = 1};
		FJ_AUTO(buf) b64 = FJ_BUF_INIT(256);
		FJ_TRY(hsm_sign(conn, &r, err));
		if (item.rc != FJ_OK)
			return fj_fail(err, item.rc, "signer", NULL, "%s", item.why);
		if (fj_b64_put(&b64, FJ_SLICE(item.sig, item.sig_len)) != FJ_OK || json_array_append_new(signatures, json_pack("{s:s, s:s}", "alg", fj_alg_name(a), "sig", fj_buf_str(&b64))) != 0)
			return fj_no_memory(err, LAYER);
	}
	return FJ_OK;
}

static enum fj_rc text_of(const char *head, const json_t *request, struct fj_buf *text, struct fj_err *err)
{
	FJ_AUTO(buf) canonical = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);

	FJ_TRY(fj_json_canonical(request, &canonical, err));
	fj_buf_clear(text);
	return fj_buf_puts(text, head) == FJ_OK && fj_buf_put(text, canonical.data, canonical.len) == FJ_OK ? FJ_OK : fj_no_memory(err, LAYER);
}

/* doc is taken */
static enum fj_rc write_doc(json_t *doc, struct fj_err *err)
{
	FJ_AUTO(json) owned = doc;
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);

	FJ_TRY(fj_json_canonical(owned, &file, err));
	FJ_TRY(fj_buf_puts(&file, "\n"));
	FJ_TRY(fj_dir_make(AT_FDCWD, CRM_DIR, 0755, err));
	return fj_file_replace(AT_FDCWD, REQUEST_FILE, fj_buf_slice(&file), 0644, err);
}

static enum fj_rc write_request(struct iss *i, const json_t *sub, struct fj_err *err)
{
	FJ_AUTO(fj_ca_request) r = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);
	FJ_AUTO(json) signatures = json_array();

	FJ_TRY(fill(i, sub, &r, err));
	FJ_AUTO(json) request = fj_ca_request_json(&r);
	if (request == NULL)
		return fj_no_memory(err, LAYER);
	FJ_TRY(text_of(FJ_CA_REQUEST_HEAD, request, &text, err));
	FJ_TRY(sign_request(i, i->make.signer, &text, NULL, 0, signatures, err));
	return write_doc(json_pack("{s:O, s:O}", "request", request, "signatures", signatures), err);
}

enum fj_rc crm_request_newer(struct iss_call *c, struct hsm_conn *conn, const struct hsm_approval *who, size_t n, struct fj_err *err)
{
	FJ_AUTO(fj_ca_request) r = {.demo = c->iss->home.demo, .sm2 = c->iss->sm2, .limits = c->iss->limits, .made = fj_now()};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);
	FJ_AUTO(json) newer = json_array();
	FJ_AUTO(json) former = json_array();
	const struct iss *i = c->iss;

	if (fj_strcopy(r.arc, sizeof(r.arc), i->home.arc) != FJ_OK || fj_strcopy(r.base, sizeof(r.base), i->home.base) != FJ_OK || fj_strcopy(r.operator_, sizeof(r.operator_), i->home.operator_) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, LAYER, NULL, "arc, base or operator are too long");
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++) {
		fj_buf_init(&r.spki[a], 512);
		if (rol_made(c->db, a, &r.spki[a], NULL) != FJ_OK)
			return FJ_OK; /* with the other one */
		fj_sha256(fj_buf_slice(&i->ca[a].root), &r.root[a]);
	}
	FJ_AUTO(json) request = fj_ca_request_json(&r);
	if (request == NULL)
		return fj_no_memory(err, LAYER);
	FJ_TRY(text_of(FJ_CA_REQUEST_HEAD, request, &text, err));
	FJ_TRY(sign_request(c->iss, conn, &text, who, n, newer, err));
	FJ_TRY(text_of(FJ_CA_FORMER_HEAD, request, &text, err));
	FJ_TRY(sign_request(c->iss, conn, &text, who, n, former, err));
	return write_doc(json_pack("{s:O, s:O, s:O}", "request", request, "signatures", newer, "former", former), err);
}

enum fj_rc crm_next_block(struct fj_slice *in, const char *label, struct fj_buf *der, struct fj_err *err)
{
	char begin[64];

	snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
	const uint8_t *at = memmem(in->p, in->len, begin, strlen(begin));
	if (at == NULL)
		return FJ_E_NOTFOUND;
	struct fj_slice rest = {at, in->len - (size_t)(at - in->p)};
	*in = FJ_SLICE(at + strlen(begin), rest.len - strlen(begin));
	fj_buf_clear(der);
	return ca_unpem(label, rest, der, err);
}

/* to the signer, with the roots that followed the one that it knows */
static enum fj_rc bring(struct iss_call *c, struct hsm_conn *conn, enum fj_alg alg, struct fj_slice der, struct fj_err *err)
{
	FJ_AUTO(crm_newer) up = {.n = 0};
	struct fj_slice newer[FJ_MAX_ROOTS];

	FJ_TRY(crm_parent_signed(c, alg, der, &up, err));
	for (size_t k = 0; k < up.n; k++)
		newer[k] = fj_buf_slice(&up.cert[k]);
	return hsm_ca_cert(conn, alg, der, newer, up.n, err);
}

/* certificates in a file of PEM that are for newer keys of this home; the rest is left alone */
enum fj_rc crm_take_newer(struct iss_call *c, struct fj_slice pem, size_t *taken, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(hsm_conn) conn = NULL;
	FJ_AUTO(json) officers = json_pack("[s]", c->actor->login);
	struct fj_x509 x;
	enum fj_rc rc;

	*taken = 0;
	while ((rc = crm_next_block(&pem, "CERTIFICATE", &der, err)) == FJ_OK) {
		FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
		FJ_TRY(fj_x509_read(fj_buf_slice(&der), &x, err));
		if (rol_made(c->db, x.alg, &spki, NULL) != FJ_OK || !fj_slice_eq(x.spki, fj_buf_slice(&spki)))
			continue;
		(*taken)++;
		if (c->trial)
			continue;
		FJ_TRY(iss_signer(c->iss, &conn, err));
		FJ_TRY(bring(c, conn, x.alg, fj_buf_slice(&der), err));
		FJ_TRY(rol_certified(c, x.alg, &der, officers, err));
	}
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

/* --- the certificates --- */

static enum fj_rc copy(struct fj_slice from, struct fj_buf *to, size_t max, struct fj_err *err)
{
	fj_buf_release(to);
	fj_buf_init(to, max);
	return fj_buf_put(to, from.p, from.len) == FJ_OK ? FJ_OK : fj_no_memory(err, LAYER);
}

static enum fj_rc read_certificates(struct iss *i, struct fj_slice pem, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_x509 x;
	enum fj_rc rc;

	while ((rc = crm_next_block(&pem, "CERTIFICATE", &der, err)) == FJ_OK) {
		FJ_TRY(fj_x509_read(fj_buf_slice(&der), &x, err));
		if (!fj_slice_eq(x.issuer, x.subject) && (x.alg == FJ_ES256 || i->sm2)) /* one root by another is none of ours */
			FJ_TRY(copy(fj_buf_slice(&der), &i->ca[x.alg].issuing[0].cert, FJ_X509_MAX, err));
	}
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

static enum fj_rc read_lists(struct iss *i, struct fj_slice pem, struct fj_buf crl[FJ_ALG_END], struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
	struct fj_crl l;
	enum fj_rc rc;

	while ((rc = crm_next_block(&pem, "X509 CRL", &der, err)) == FJ_OK) {
		FJ_TRY(fj_crl_read(fj_buf_slice(&der), &l, err));
		if (l.alg == FJ_ES256 || i->sm2)
			FJ_TRY(copy(fj_buf_slice(&der), &crl[l.alg], FJ_STRUCTURE_MAX, err));
	}
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

/* the list is the one that the certificate names, is in force, and does not name the certificate */
static enum fj_rc check_list(struct iss *i, enum fj_alg a, const struct fj_buf *crl, struct fj_err *err)
{
	struct fj_x509 x;
	struct fj_crl l;
	struct fj_crl_entry e;

	if (crl->len == 0)
		return no(err, FJ_E_INVALID, "the file lacks the root's revocation list; take ca/subordinate-N.pem of the parent as it is", "文件中缺少根的吊销列表；请原样使用上级的 ca/subordinate-N.pem");
	FJ_TRY(ca_verify_signed_by(fj_buf_slice(crl), fj_buf_slice(&i->ca[a].root), err));
	FJ_TRY(fj_crl_read(fj_buf_slice(crl), &l, err));
	FJ_TRY(fj_x509_read(fj_buf_slice(&i->ca[a].issuing[0].cert), &x, err));
	if (!fj_slice_eq(l.uri, x.crldp) || fj_now() > l.next_update)
		return no(err, FJ_E_INVALID, "the root's revocation list is over, or not the one that the certificate names; get ca/subordinate-N.pem of the parent anew", "根的吊销列表已过期，或不是证书所指的列表；请重新获取上级的 ca/subordinate-N.pem");
	for (struct fj_der walk = l.entries; fj_crl_next(&walk, &e);)
		if (fj_slice_eq(e.serial, x.serial))
			return no(err, FJ_E_REFUSED, "the root has revoked this certificate", "根已吊销该证书");
	return FJ_OK;
}

static enum fj_rc take(struct iss *i, struct fj_slice pem, bool closed, struct fj_buf crl[FJ_ALG_END], struct fj_err *err)
{
	FJ_TRY(read_certificates(i, pem, err));
	FJ_TRY(read_lists(i, pem, crl, err));
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(i->sm2); a++) {
		if (i->ca[a].issuing[0].cert.len == 0)
			return no(err, FJ_E_INVALID, "the file has no certificate for one of this home's hierarchies; ask the parent for ca/subordinate-N.pem", "文件中缺少本系统某一体系的证书；请向上级索取 ca/subordinate-N.pem");
		if (!closed)
			FJ_TRY(hsm_ca_cert(i->make.signer, a, fj_buf_slice(&i->ca[a].issuing[0].cert), NULL, 0, err));
		FJ_TRY(check_list(i, a, &crl[a], err));
	}
	return closed ? FJ_OK : hsm_ceremony_close(i->make.signer, err);
}

enum fj_rc crm_subordinate(struct iss *i, const json_t *in, bool *certified, struct fj_buf crl[FJ_ALG_END], struct fj_err *err)
{
	const json_t *sub = json_object_get(in, "subordinate");
	const char *pem = fj_json_peek(in, "certificate");
	bool closed = false;

	*certified = pem != NULL;
	FJ_TRY(read_roots(i, sub, err));
	FJ_TRY(open_here(i, &closed, err));
	return pem == NULL ? write_request(i, sub, err) : take(i, fj_slice_str(pem), closed, crl, err);
}
