/*
 * bundle.c - a credential and all that its verdict rests on, in one document
 * (docs/formats.md 15), judged under a root of which only the fingerprint is known.
 *
 * There is no statement in it that is not signed: no time of making, no verdict.  The root is
 * compared with the fingerprint, the issuing CA is verified under the root, every list, CRL
 * and authorisation under these, and a certificate is worth what a signed hash says of it.
 * Where a trust folder leaves out what is not authentic, a bundle is refused: it is one
 * document of one maker, and whoever changed a part of it changed it all.
 */
#include "verifier/bundle.h"

#include "verifier/internal.h"

#define MAX_PARENTS 4096
#define MAX_LISTS 256 /* each status list takes 256 KiB of memory, whatever it has in the bundle */
#define PART_OUT(max) (2 * (max))

/* --- reading --- */

struct bundle {
	json_t *root, *issuing, *credential, *authorisations, *certificates, *lists, *crls; /* borrowed */
	json_t *log, *policy, *proofs; /* NULL in format 1 */
	json_t *chain;                 /* NULL before format 3 */
};

static enum fj_rc bad(struct fj_err *err, const char *what)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "verify", "formats.md 15", "this is no bundle: %s", what);

	fj_err_zh(err, "%s", "不是合规的核验包");
	return rc;
}

static bool all_texts(const json_t *list, size_t max)
{
	size_t i;
	json_t *v;

	json_array_foreach((json_t *)(uintptr_t)list, i, v)
		if (!json_is_string(v))
			return false;
	return json_is_array(list) && json_array_size(list) <= max;
}

static bool all_named(const json_t *obj)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)obj, name, v)
		if (!json_is_string(v))
			return false;
	return json_is_object(obj) && json_object_size(obj) <= MAX_PARENTS;
}

/* the members that format 2 has besides */
static enum fj_rc read_log(const json_t *doc, struct bundle *b, struct fj_err *err)
{
	b->log = json_object_get(doc, "log");
	b->policy = json_object_get(doc, "log_policy");
	b->proofs = json_object_get(doc, "proofs");
	if ((!json_is_string(b->log) && !json_is_null(b->log)) || (!json_is_string(b->policy) && !json_is_null(b->policy)))
		return bad(err, "log and log_policy are texts or null");
	return all_named(b->proofs) ? FJ_OK : bad(err, "proofs is an object of texts");
}

/* exactly the members, of their types; nothing is verified */
static enum fj_rc read_form(struct fj_slice in, json_t **doc, struct bundle *b, struct fj_err *err)
{
	static const char *const keys[] = {"format", "root", "issuing", "credential", "authorisations", "certificates", "lists", "crls", "log", "log_policy", "proofs", "chain", NULL};

	FJ_TRY(fj_json_parse(in, VER_BUNDLE_MAX, doc, err));
	if (!json_is_object(*doc))
		return bad(err, "it is no object");
	FJ_TRY(fj_json_only(*doc, keys, err));
	const char *format = fj_json_peek(*doc, "format");
	bool first = format != NULL && strcmp(format, VER_FORMAT_BUNDLE_1) == 0, third = format != NULL && strcmp(format, VER_FORMAT_BUNDLE_3) == 0;
	if (!first && !third && (format == NULL || strcmp(format, VER_FORMAT_BUNDLE) != 0))
		return bad(err, "format is none of " VER_FORMAT_BUNDLE_1 ", " VER_FORMAT_BUNDLE " and " VER_FORMAT_BUNDLE_3);
	if (first && json_object_size(*doc) != 8)
		return bad(err, "a bundle of format 1 has 8 members");
	b->chain = json_object_get(*doc, "chain");
	if (third != (b->chain != NULL))
		return bad(err, "chain belongs to format 3, and is there");
	if (third && (!all_texts(b->chain, VER_MAX_BLOCKS - 2) || json_array_size(b->chain) == 0))
		return bad(err, "chain is an array of at most 190 texts, and not empty");
	if (!first)
		FJ_TRY(read_log(*doc, b, err));
	json_t **const part[] = {&b->root, &b->issuing, &b->credential, &b->authorisations, &b->certificates, &b->lists, &b->crls};
	for (size_t i = 0; i < FJ_ARRAY_LEN(part); i++)
		*part[i] = json_object_get(*doc, keys[i + 1]);
	if (!json_is_string(b->root) || !json_is_string(b->issuing) || !json_is_string(b->credential))
		return bad(err, "root, issuing and credential are texts");
	if (!all_named(b->authorisations) || !all_named(b->certificates))
		return bad(err, "authorisations and certificates are objects of at most 4096 texts");
	return all_texts(b->lists, MAX_LISTS) && all_texts(b->crls, MAX_LISTS) ? FJ_OK : bad(err, "lists and crls are arrays of at most 256 texts");
}

static enum fj_rc der_of(const json_t *text, const char *what, struct fj_buf *der, struct fj_err *err)
{
	enum fj_rc rc = fj_b64_get(json_string_value(text), json_string_length(text), der);

	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "verify", "formats.md 15", "%s of the bundle is not base64, or too large", what);
}

static enum fj_rc add_block(struct ver_blocks *out, const json_t *text, const char *what, struct fj_err *err)
{
	fj_buf_init(&out->der[out->n], FJ_X509_MAX);
	enum fj_rc rc = der_of(text, what, &out->der[out->n], err);
	out->n++; /* released with the rest */
	return rc;
}

/* a root that was not named: another generation, to which the named one leads */
static enum fj_rc check_others(const struct ver_trust *t, const struct ver_blocks *b, struct fj_err *err)
{
	for (size_t i = 0; i < b->n; i++) {
		struct fj_slice der = fj_buf_slice(&b->der[i]);
		struct fj_x509 x;
		if (ver_self_signed(der, &x) && !ver_led_to(t->a, &x) && !fj_slice_eq(der, fj_buf_slice(&t->a->root[0].der)))
			return fj_refuse(err, FJ_E_SIGNATURE, "verify", "formats.md 31", "the bundle has a root to which no certificate by the one that was named leads", "核验包中有未经指定的根证书交叉认证的根证书");
	}
	return FJ_OK;
}

/* the root that was named, the issuing CA under it, and what else leads to it */
static enum fj_rc read_anchors(const struct bundle *b, const struct fj_hash *root, struct ver_trust **out, struct fj_err *err)
{
	FJ_AUTO(ver_blocks) all = {.n = 0};
	struct fj_hash got;
	size_t i, at = SIZE_MAX;
	json_t *v;

	FJ_TRY(add_block(&all, b->root, "the root", err));
	FJ_TRY(add_block(&all, b->issuing, "the issuing CA", err));
	json_array_foreach(b->chain, i, v)
		FJ_TRY(add_block(&all, v, "a certificate of the chain", err));
	for (i = 0; i < all.n; i++) {
		fj_sha256(fj_buf_slice(&all.der[i]), &got);
		at = i != 1 && at == SIZE_MAX && fj_hash_eq(&got, root) ? i : at;
	}
	if (at == SIZE_MAX)
		return fj_refuse(err, FJ_E_SIGNATURE, "verify", "formats.md 15", "the bundle is of another root: its fingerprint is not the one that was named", "核验包出自另一根证书，指纹与所给的不符");
	if (b->chain == NULL)
		return ver_trust_of(fj_buf_slice(&all.der[0]), fj_buf_slice(&all.der[1]), out, err);
	FJ_TRY(ver_trust_under(fj_buf_slice(&all.der[at]), &all, NULL, NULL, out, err));
	return check_others(*out, &all, err);
}

/* what came of adding a part */
static enum fj_rc added(enum fj_rc rc, const struct fj_err *why, struct fj_err *err)
{
	if (rc == FJ_OK)
		return FJ_OK;
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	fj_fail(err, rc, "verify", why->cite, "a part of the bundle is refused: %s", why->en);
	fj_err_zh(err, "%s", "核验包中有不能在该根证书下成立的部分");
	return rc;
}

static enum fj_rc add(struct ver_trust *t, enum ver_item kind, const char *name, struct fj_slice data, struct fj_err *err)
{
	struct fj_err why = {.rc = FJ_OK};

	return added(ver_trust_add(t, kind, name, data, &why), &why, err);
}

static enum fj_rc add_crls(struct ver_trust *t, const struct bundle *b, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(b->crls, i, v) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_CRL_MAX);
		FJ_TRY(der_of(v, "a CRL", &der, err));
		FJ_TRY(add(t, VER_CRL, "", fj_buf_slice(&der), err));
	}
	return FJ_OK;
}

static enum fj_rc add_lists(struct ver_trust *t, const struct bundle *b, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(b->lists, i, v)
		FJ_TRY(add(t, VER_STATUS_LIST, "", FJ_SLICE(json_string_value(v), json_string_length(v)), err));
	return FJ_OK;
}

/* a certificate under another's number would only not be found, and nobody would know why */
static enum fj_rc check_number(struct fj_slice der, const char *number, struct fj_err *err)
{
	struct fj_x509 x;
	char got[48];

	FJ_TRY(fj_x509_read(der, &x, err));
	if (fj_x509_name(x.subject, FJ_OID_SERIALNUMBER, got, sizeof(got), NULL) != FJ_OK || strcmp(got, number) != 0)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 15", "a certificate of the bundle bears another number");
	return FJ_OK;
}

/* base64 as a bundle has it, in one line: checked before, since a PEM block may be broken into lines */
static enum fj_rc pem_of(const char *number, const json_t *text, struct fj_buf *pem, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);

	FJ_TRY(der_of(text, "a certificate", &der, err));
	FJ_TRY(check_number(fj_buf_slice(&der), number, err));
	enum fj_rc rc = fj_buf_printf(pem, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", json_string_value(text));
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "verify", "formats.md 15", "a certificate of the bundle is too large");
}

static enum fj_rc add_parents(struct ver_trust *t, const struct bundle *b, struct fj_err *err)
{
	const char *number;
	json_t *v;

	json_object_foreach(b->authorisations, number, v)
		FJ_TRY(add(t, VER_AUTHORISATION, number, FJ_SLICE(json_string_value(v), json_string_length(v)), err));
	json_object_foreach(b->certificates, number, v) {
		FJ_AUTO(buf) pem = FJ_BUF_INIT(PART_OUT(FJ_X509_MAX));
		FJ_TRY(pem_of(number, v, &pem, err));
		FJ_TRY(add(t, VER_CERTIFICATE, number, fj_buf_slice(&pem), err));
	}
	return FJ_OK;
}

static enum fj_rc add_log(struct ver_trust *t, const struct bundle *b, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct fj_err why = {.rc = FJ_OK};

	if (json_is_string(b->log)) {
		FJ_TRY(der_of(b->log, "the log's certificate", &der, err));
		FJ_TRY(added(ver_trust_add_log(t, fj_buf_slice(&der), &why), &why, err));
	}
	return json_is_string(b->policy) ? add(t, VER_LOG_POLICY, "", FJ_SLICE(json_string_value(b->policy), json_string_length(b->policy)), err) : FJ_OK;
}

/* *at: the check that fails when this does */
static enum fj_rc open_bundle(struct fj_slice in, const struct fj_hash *root, json_t **doc, struct bundle *b, struct ver_trust **out, enum ver_ck *at, struct fj_err *err)
{
	*at = CK_FORM;
	FJ_TRY(read_form(in, doc, b, err));
	*at = CK_CHAIN;
	FJ_TRY(read_anchors(b, root, out, err));
	*at = CK_SIGNATURE;
	FJ_TRY(add_crls(*out, b, err));
	FJ_TRY(add_lists(*out, b, err));
	FJ_TRY(add_log(*out, b, err));
	return add_parents(*out, b, err);
}

static enum fj_rc refuse(struct ver_report *r, fj_time now, enum ver_ck at, const struct fj_err *why, struct fj_err *err)
{
	ver_report_begin(r, now);
	ver_report_expect(r, "unknown", (1u << CK_NARROWING) - 1);
	if (at != CK_FORM)
		ver_say(r, CK_FORM, VER_PASS, "formats.md 15", "a bundle: exactly the members that are allowed", "核验包格式合规");
	ver_say_err(r, at, VER_FAIL, why);
	r->subject = json_object();
	ver_report_end(r, 0);
	return r->subject != NULL ? FJ_OK : fj_no_memory(err, "verify");
}

/* The proof of what is judged, under its number: no other has anything to prove here.  FJ_E_NOTFOUND: none. */
static enum fj_rc proof_of(const struct bundle *b, const struct ver_report *r, struct fj_slice *out, struct fj_err *err)
{
	const char *id = fj_json_peek(r->subject, "number");
	const json_t *text = json_object_get(b->proofs, id != NULL ? id : fj_json_text(r->subject, "jti"));

	if (json_object_size(b->proofs) == 0 || r->check[CK_FORM].outcome != VER_PASS)
		return FJ_E_NOTFOUND;
	if (text == NULL || json_string_length(text) == 0 || json_object_size(b->proofs) != 1)
		return bad(err, "proofs has another member than the proof of its credential");
	*out = FJ_SLICE(json_string_value(text), json_string_length(text));
	return FJ_OK;
}

enum fj_rc ver_bundle_verify(const struct fj_hash *root, const struct ver_input *in, struct ver_report *out, struct fj_err *err)
{
	FJ_AUTO(json) doc = NULL;
	struct ver_trust *made = NULL;
	struct bundle b = {.log = NULL};
	enum ver_ck at;
	struct fj_err why = {.rc = FJ_OK};

	enum fj_rc rc = open_bundle(in->credential, root, &doc, &b, &made, &at, &why);
	FJ_AUTO(ver_trust) trust = made;
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	if (rc != FJ_OK)
		return refuse(out, in->now, at, &why, err);
	struct ver_input inner = *in;
	inner.credential = FJ_SLICE(json_string_value(b.credential), json_string_length(b.credential));
	FJ_TRY(ver_verify(trust, &inner, out, err));
	struct fj_slice proof = {.p = NULL};
	rc = proof_of(&b, out, &proof, &why);
	if (rc == FJ_E_NOTFOUND || (rc == FJ_OK && in->log_proof.len > 0)) /* the caller's own goes first */
		return FJ_OK;
	ver_report_release(out);
	if (rc != FJ_OK)
		return refuse(out, in->now, CK_FORM, &why, err);
	inner.log_proof = proof;
	return ver_verify(trust, &inner, out, err);
}
