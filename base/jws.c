/*
 * jws.c - the compact JWS and its header.
 *
 * There are two algorithms and one set of header members; a header that names
 * another place to find keys (jwk, jku, x5u) or an extension (crit) has a member
 * too many and is refused as such (RFC 8725 3.1, 3.8).
 */
#include "base/jws.h"

#include <zlib.h>

void fj_jws_release(struct fj_jws *j)
{
	fj_buf_release(&j->x5c[0]);
	fj_buf_release(&j->x5c[1]);
	json_decref(j->payload);
	j->payload = NULL;
}

static enum fj_rc bad(struct fj_err *err, const char *cite, const char *what)
{
	return fj_fail(err, FJ_E_PARSE, "jws", cite, "%s", what);
}

static enum fj_rc read_part(struct fj_slice part, size_t max, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(max);

	if (fj_b64u_get((const char *)part.p, part.len, &b) != FJ_OK)
		return bad(err, "RFC 7515 2", "a part is not base64url without padding");
	FJ_TRY(fj_json_parse(fj_buf_slice(&b), max, out, err));
	return json_is_object(*out) ? FJ_OK : bad(err, "RFC 7515 4", "header or payload is not a JSON object");
}

static enum fj_rc read_x5c(const json_t *header, struct fj_jws *j, struct fj_err *err)
{
	const json_t *list = json_object_get(header, "x5c");

	if (json_array_size(list) != 2)
		return bad(err, "RFC 7515 4.1.6", "x5c is not the signer's certificate and its issuing CA's");
	for (size_t i = 0; i < 2; i++) {
		const char *s = json_string_value(json_array_get(list, i));
		fj_buf_init(&j->x5c[i], 16384);
		if (s == NULL || fj_b64_get(s, strlen(s), &j->x5c[i]) != FJ_OK)
			return bad(err, "RFC 7515 4.1.6", "x5c holds something that is not base64 of a certificate");
	}
	return FJ_OK;
}

static enum fj_rc read_header(struct fj_slice part, struct fj_jws *j, struct fj_err *err)
{
	static const char *const known[] = {"alg", "kid", "typ", "x5c", NULL};
	FJ_AUTO(json) h = NULL;
	const char *alg, *typ, *kid;

	FJ_TRY(read_part(part, FJ_TOKEN_MAX, &h, err));
	if (fj_json_only(h, known, NULL) != FJ_OK)
		return bad(err, "RFC 8725 3.1", "the header has a member that is not allowed here (only alg, kid, typ, x5c)");
	FJ_TRY(fj_json_str(h, "alg", 40, &alg, err));
	j->alg = strcmp(alg, "ES256") == 0 ? FJ_ES256 : strcmp(alg, FJ_JWS_SM2) == 0 ? FJ_SM2 : 0;
	if (j->alg == 0)
		return fj_fail(err, FJ_E_UNSUPPORTED, "jws", "RFC 8725 3.1", "the algorithm \"%s\" is neither ES256 nor " FJ_JWS_SM2, alg);
	FJ_TRY(fj_json_str(h, "typ", sizeof(j->typ) - 1, &typ, err));
	FJ_TRY(fj_json_str(h, "kid", sizeof(j->kid) - 1, &kid, err));
	if (fj_strcopy(j->typ, sizeof(j->typ), typ) != FJ_OK || fj_strcopy(j->kid, sizeof(j->kid), kid) != FJ_OK)
		return bad(err, "RFC 7515 4.1", "typ or kid are too long");
	return read_x5c(h, j, err);
}

enum fj_rc fj_jws_read_input(struct fj_slice input, size_t max, struct fj_jws *j, struct fj_err *err)
{
	memset(j, 0, sizeof(*j));
	if (input.len > max)
		return fj_fail(err, FJ_E_LIMIT, "jws", NULL, "a signed text has %zu octets; %zu are allowed", input.len, max);
	const uint8_t *dot = input.len > 0 ? memchr(input.p, '.', input.len) : NULL;
	if (dot == NULL)
		return bad(err, "RFC 7515 7.1", "this is not a compact JWS");
	struct fj_slice head = FJ_SLICE(input.p, (size_t)(dot - input.p));
	struct fj_slice body = FJ_SLICE(dot + 1, input.len - head.len - 1);
	j->input = input;
	enum fj_rc rc = read_header(head, j, err);
	if (rc == FJ_OK)
		rc = read_part(body, max, &j->payload, err);
	if (rc != FJ_OK)
		fj_jws_release(j);
	return rc;
}

enum fj_rc fj_jws_read(struct fj_slice compact, size_t max, struct fj_jws *j, struct fj_err *err)
{
	FJ_AUTO(buf) sig = FJ_BUF_INIT(128);
	static const uint8_t zero[32];

	memset(j, 0, sizeof(*j));
	if (compact.len > max)
		return fj_fail(err, FJ_E_LIMIT, "jws", NULL, "a signed text has %zu octets; %zu are allowed", compact.len, max);
	const uint8_t *dot = compact.len > 0 ? memrchr(compact.p, '.', compact.len) : NULL;
	if (dot == NULL)
		return bad(err, "RFC 7515 7.1", "this is not a compact JWS");
	size_t n = (size_t)(dot - compact.p);
	if (fj_b64u_get((const char *)dot + 1, compact.len - n - 1, &sig) != FJ_OK || sig.len != 64)
		return bad(err, "RFC 7518 3.4", "the signature is not 64 octets in base64url");
	if (memcmp(sig.data, zero, 32) == 0 || memcmp(sig.data + 32, zero, 32) == 0)
		return bad(err, "RFC 7518 3.4", "r or s of the signature is zero");
	FJ_TRY(fj_jws_read_input(FJ_SLICE(compact.p, n), max, j, err));
	memcpy(j->sig, sig.data, 64);
	return FJ_OK;
}

enum fj_rc fj_jws_kid(struct fj_slice spki, char out[44], struct fj_err *err)
{
	FJ_AUTO(buf) x = FJ_BUF_INIT(64);
	FJ_AUTO(buf) y = FJ_BUF_INIT(64);
	FJ_AUTO(buf) text = FJ_BUF_INIT(256);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(64);
	struct fj_hash h;
	struct fj_slice key;
	enum fj_curve curve;

	FJ_TRY(fj_spki_read(spki, &curve, &key, err));
	if (fj_alg_of(curve) == 0)
		return fj_fail(err, FJ_E_INVALID, "jws", "RFC 7518 3.4", "a key is on neither P-256 nor SM2's curve");
	if (curve == FJ_CURVE_SM2) {
		fj_sha256(spki, &h);
	} else {
		FJ_TRY(fj_b64u_put(&x, FJ_SLICE(key.p + 1, 32)));
		FJ_TRY(fj_b64u_put(&y, FJ_SLICE(key.p + 33, 32)));
		FJ_TRY(fj_buf_printf(&text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", fj_buf_str(&x), fj_buf_str(&y)));
		fj_sha256(fj_buf_slice(&text), &h);
	}
	FJ_TRY(fj_b64u_put(&b64, FJ_SLICE(h.b, sizeof(h.b))));
	return fj_strcopy(out, 44, fj_buf_str(&b64));
}

enum fj_rc fj_jws_write_head(enum fj_alg alg, const char *typ, const char *kid, const struct fj_slice x5c[2], struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) a = FJ_BUF_INIT(24000);
	FJ_AUTO(buf) b = FJ_BUF_INIT(24000);
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);

	if (fj_b64_put(&a, x5c[0]) != FJ_OK || fj_b64_put(&b, x5c[1]) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "jws", NULL, "a certificate of the header is over its maximum size");
	FJ_AUTO(json) h = json_pack("{s:s, s:s, s:s, s:[s, s]}", "alg", alg == FJ_SM2 ? FJ_JWS_SM2 : "ES256", "typ", typ, "kid", kid,
	    "x5c", fj_buf_str(&a), fj_buf_str(&b));
	FJ_TRY(fj_json_canonical(h, &text, err));
	enum fj_rc rc = fj_b64u_put(out, fj_buf_slice(&text));
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "jws", NULL, "a header is over its maximum size");
}

enum fj_rc fj_jws_write_under(struct fj_slice head, const json_t *payload, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);

	FJ_TRY(fj_json_canonical(payload, &text, err));
	enum fj_rc rc = fj_buf_put(out, head.p, head.len);
	if (rc == FJ_OK)
		rc = fj_buf_puts(out, ".");
	if (rc == FJ_OK)
		rc = fj_b64u_put(out, fj_buf_slice(&text));
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "jws", NULL, "a signed text is over its maximum size");
}

enum fj_rc fj_jws_write_input(enum fj_alg alg, const char *typ, const char *kid, const struct fj_slice x5c[2],
    const json_t *payload, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) head = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);

	FJ_TRY(fj_jws_write_head(alg, typ, kid, x5c, &head, err));
	return fj_jws_write_under(fj_buf_slice(&head), payload, out, err);
}

/* --- status list bitmaps --- */

enum fj_rc fj_list_inflate(const json_t *payload, uint8_t *map, struct fj_err *err)
{
	const char *lst = fj_json_peek(json_object_get(payload, "status_list"), "lst");
	FJ_AUTO(buf) z = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);
	uLongf n = FJ_LIST_OCTETS;

	if (lst == NULL || fj_b64u_get(lst, strlen(lst), &z) != FJ_OK)
		return bad(err, "draft-ietf-oauth-status-list-21 4.1", "lst is not base64url");
	uLong used = z.len;
	if (uncompress2(map, &n, z.data, &used) != Z_OK || n != FJ_LIST_OCTETS || used != z.len)
		return bad(err, "draft-ietf-oauth-status-list-21 4.1", "the status list does not inflate to 2^20 entries of 2 bits");
	return FJ_OK;
}

enum fj_rc fj_list_deflate(const uint8_t *map, struct fj_buf *out, struct fj_err *err)
{
	uLongf n = compressBound(FJ_LIST_OCTETS);
	FJ_AUTO(mem) mem = fj_alloc(n, 1);

	if (mem == NULL || compress2(mem, &n, map, FJ_LIST_OCTETS, 6) != Z_OK)
		return fj_fail(err, FJ_E_NOMEM, "jws", NULL, "out of memory for a status list");
	enum fj_rc rc = fj_b64u_put(out, FJ_SLICE(mem, n));
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "jws", NULL, "a status list is over its maximum size");
}
