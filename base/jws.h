/*
 * jws.h - strict reading of the signed JSON of this house (docs/formats.md 5):
 * compact JWS with ES256 or SM2 and exactly the header members alg, typ, kid, x5c; the
 * payloads of license tokens, authorisation credentials and status lists with
 * exactly their members; GRANTs and their narrowing; status list bitmaps.
 *
 * Reading checks form, not trust: no signature, no chain, no time.  The signer,
 * the register and the verifier use the same reader and hold their own policies.
 */
#ifndef FJ_BASE_JWS_H
#define FJ_BASE_JWS_H

#include "base/json.h"
#include "base/x509.h"

#define FJ_TOKEN_MAX 16384        /* octets of a token or authorisation credential */
#define FJ_STATUS_JWT_MAX (1u << 20)
/* SM2 with SM3 has no registered name in JOSE: its object identifier as a URN (RFC 3061) collides with nobody's (RFC 7515 4.1.1) */
#define FJ_JWS_SM2 "urn:oid:" FJ_OID_SM2_SM3
#define FJ_TYP_TOKEN "dc+sd-jwt"
#define FJ_TYP_STATUS "statuslist+jwt"
#define FJ_TYP_MANIFEST "manifest+jwt"
#define FJ_VCT_TOKEN "urn:fujie:license-token:1"
#define FJ_VCT_AUTHORISATION "urn:fujie:authorisation:1"
#define FJ_VCT_MANIFEST "urn:fujie:manifest:1"
#define FJ_MANIFEST_PACK "listing-pack" /* a manifest's "kind" */
#define FJ_MANIFEST_REPORT "report"
#define FJ_MANIFEST_ARCHIVE "archive"
#define FJ_FORMAT_REPORT "urn:fujie:signed-report:1"
#define FJ_REPORT_CRLS 8                /* revocation lists that a signed report brings along */

struct fj_jws {
	enum fj_alg alg;
	struct fj_slice input;      /* header "." payload: what was signed, borrowed */
	char typ[24], kid[44];
	struct fj_buf x5c[2];       /* DER: signer certificate, issuing CA certificate */
	json_t *payload;
	uint8_t sig[64];            /* r || s of 32 octets each, RFC 7518 3.4; zero when there was none */
};
void fj_jws_release(struct fj_jws *j);
FJ_DEFINE_AUTO(jws, struct fj_jws, fj_jws_release)
/* A compact JWS without a trailing "~". */
enum fj_rc fj_jws_read(struct fj_slice compact, size_t max, struct fj_jws *out, struct fj_err *err) FJ_MUST_USE;
/* header "." payload alone: what is sent to the signer. */
enum fj_rc fj_jws_read_input(struct fj_slice input, size_t max, struct fj_jws *out, struct fj_err *err) FJ_MUST_USE;
/* Only header and payload of such an input, written: canonical JSON, base64url. */
enum fj_rc fj_jws_write_input(enum fj_alg alg, const char *typ, const char *kid, const struct fj_slice x5c[2],
    const json_t *payload, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* The same in two parts, for whoever writes many under one header: the header, base64url, and the
 * input under it.  FJ_E_LIMIT when out is too small. */
enum fj_rc fj_jws_write_head(enum fj_alg alg, const char *typ, const char *kid, const struct fj_slice x5c[2], struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_jws_write_under(struct fj_slice head, const json_t *payload, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

/* What a header calls a key (kid), base64url: the thumbprint of RFC 7638 of a P-256 key; SHA-256 of the SubjectPublicKeyInfo of
 * an SM2 key, for whose curve JWK has no name.  FJ_E_INVALID for a key on another curve. */
enum fj_rc fj_jws_kid(struct fj_slice spki, char out[44], struct fj_err *err) FJ_MUST_USE;

/* Payload forms; FJ_E_INVALID names the member. */
enum fj_rc fj_token_check(const json_t *payload, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_authorisation_check(const json_t *payload, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_manifest_check(const json_t *payload, struct fj_err *err) FJ_MUST_USE;
/* A signed report as a file (docs/formats.md 14): {"format","document","signature","crls"} with
 * exactly these members; nothing of what is in them is verified. */
enum fj_rc fj_signed_report_check(const json_t *file, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_status_list_check(const json_t *payload, struct fj_err *err) FJ_MUST_USE;
/* {"idx","uri"} */
enum fj_rc fj_status_ref(const json_t *ref, uint32_t *idx, const char **uri, struct fj_err *err) FJ_MUST_USE;

/* Shape of a GRANT: exactly the members, sorted lists without repetition, known codes. */
enum fj_rc fj_grant_check(const json_t *grant, struct fj_err *err) FJ_MUST_USE;
/* Narrowing (R13): FJ_E_REFUSED names the member and the value that goes beyond. */
enum fj_rc fj_grant_within(const json_t *child, const json_t *parent, struct fj_err *err) FJ_MUST_USE;
/* does the division list contain div6? (100000 all, XX0000 province, XXYY00 prefecture; 210200
 * and 440300 stand for themselves and lie in their provinces) */
bool fj_territory_has(const json_t *list, const char *div6);
bool fj_list_has(const json_t *list, const char *text);
bool fj_div6_ok(const char *s);
/* Numbers that people read, DAC-420000-202604-000001-2: the form alone, and with its last character, ISO/IEC 7064
 * MOD 37,36 over letters and digits without hyphens; and that character of the first n. */
#define FJ_NUMBER_LEN 26
bool fj_number_form(const char *number);
bool fj_number_ok(const char *number);
char fj_number_check_of(const char *s, size_t n);

/* Status list bits */
#define FJ_LIST_ENTRIES (1u << 20)
#define FJ_LIST_OCTETS (FJ_LIST_ENTRIES / 4)
static inline unsigned fj_list_get(const uint8_t *map, uint32_t i)
{
	return (map[i >> 2] >> ((i & 3) * 2)) & 3;
}
static inline void fj_list_set(uint8_t *map, uint32_t i, unsigned v)
{
	map[i >> 2] = (uint8_t)((map[i >> 2] & ~(3u << ((i & 3) * 2))) | (v & 3u) << ((i & 3) * 2));
}
/* "lst" of a checked payload into map[FJ_LIST_OCTETS]; FJ_E_PARSE unless it inflates to
 * exactly that many octets */
enum fj_rc fj_list_inflate(const json_t *payload, uint8_t *map, struct fj_err *err) FJ_MUST_USE;
/* map to base64url(zlib level 6) */
enum fj_rc fj_list_deflate(const uint8_t *map, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
