/*
 * jws.c - a compact JWS and its signer, read the short way when possible.
 *
 * All tokens of one signer share their header, three quarters of their octets:
 * two certificates in base64 twice over.  A header that is octet by octet one
 * under which this trust has verified a signature is not decoded again; any other
 * goes through base/jws.c and the chain.  The payload is always read strictly.
 */
#include "verifier/internal.h"

/* the parts of header.payload.signature */
struct parts {
	struct fj_slice header, payload, sig;
};

static bool split(struct fj_slice in, struct parts *p)
{
	const uint8_t *a = in.len == 0 ? NULL : memchr(in.p, '.', in.len), *b = in.len == 0 ? NULL : memrchr(in.p, '.', in.len);

	if (a == NULL || a == b)
		return false;
	p->header = FJ_SLICE(in.p, (size_t)(a - in.p));
	p->payload = FJ_SLICE(a + 1, (size_t)(b - a) - 1);
	p->sig = FJ_SLICE(b + 1, in.len - (size_t)(b - in.p) - 1);
	return true;
}

static enum fj_rc read_payload(const struct parts *p, size_t max, struct fj_jws *out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(max);
	FJ_AUTO(buf) sig = FJ_BUF_INIT(128);

	if (fj_b64u_get((const char *)p->payload.p, p->payload.len, &b) != FJ_OK)
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 7515 2", "a part is not base64url without padding");
	if (fj_b64u_get((const char *)p->sig.p, p->sig.len, &sig) != FJ_OK || sig.len != 64)
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 7518 3.4", "the signature is not 64 octets in base64url");
	memcpy(out->sig, sig.data, 64);
	FJ_TRY(fj_json_parse(fj_buf_slice(&b), max, &out->payload, err));
	return json_is_object(out->payload) ? FJ_OK : fj_fail(err, FJ_E_PARSE, "verify", "RFC 7515 4", "the payload is not a JSON object");
}

/* under a header that is known: what fj_jws_read would give, without x5c */
static enum fj_rc read_short(const struct parts *p, struct fj_slice compact, size_t max, const struct ver_signer *s, struct fj_jws *out, struct fj_err *err)
{
	out->input = FJ_SLICE(compact.p, p->header.len + 1 + p->payload.len);
	out->alg = s->x.alg; /* the header was kept because its signature verified by it */
	memcpy(out->kid, s->kid, sizeof(out->kid));
	memcpy(out->typ, s->typ, sizeof(out->typ));
	enum fj_rc rc = read_payload(p, max, out, err);
	if (rc != FJ_OK)
		fj_jws_release(out);
	return rc;
}

enum fj_rc ver_jws_read(const struct ver_trust *t, struct fj_slice compact, size_t max, struct fj_jws *out,
    struct ver_signer_ref *ref, struct fj_err *chain, struct fj_err *err)
{
	struct parts p;

	memset(out, 0, sizeof(*out));
	*ref = (struct ver_signer_ref){NULL, NULL};
	if (compact.len > max)
		return fj_fail(err, FJ_E_LIMIT, "verify", "standards.md", "a signed text has %zu octets; %zu are allowed", compact.len, max);
	/* the octets of a known header were looked at before, and base64url's decoder looks at the others */
	if (split(compact, &p) && (ref->s = ver_signer_by_header(t, p.header)) != NULL)
		return read_short(&p, compact, max, ref->s, out, err);
	if (!ver_visible(compact))
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 7515 2", "a signed text holds an octet that is no visible ASCII");
	FJ_TRY(fj_jws_read(compact, max, out, err));
	if (ver_signer_get(t, fj_buf_slice(&out->x5c[0]), fj_buf_slice(&out->x5c[1]), ref, chain) == FJ_OK || chain->rc != FJ_E_NOMEM)
		return FJ_OK;
	fj_jws_release(out);
	return fj_no_memory(err, "verify");
}

bool ver_jws_verify(const struct ver_trust *t, const struct fj_jws *jws, const struct ver_signer_ref *ref)
{
	if (!ver_signed_raw(ref->s->key, jws->alg, jws->input, jws->sig))
		return false;
	ver_signer_learn(t, ref, jws);
	return true;
}
