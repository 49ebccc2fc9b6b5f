/*
 * policy_jws.c - which signed JSON the token key signs.
 *
 * Compared, for all: canonical header and payload with exactly their members
 * (base/jws.h), algorithm (the key's), typ, kid (the key's, base/jws.h), x5c: the
 * signer's certificate is for the token key, has the one purpose of the job, was
 * signed by our issuing key, which stands behind it, and both are valid now;
 * issuer address.
 * Token and authorisation: times (issued now, begin not before issue, end at most
 * one year - named 90 days - or five years by inclusive count), depth 0 of a
 * token, every status entry under this appliance's address.
 * Manifest (of a listing's pack, of a report, or of a year's archive): issued now, exactly its members;
 * a report's has the two officers behind it who fixed the report.
 * Status list: address, times (issued now, 48 h, not before the last), and each
 * entry with the one remembered: 1 stays 1; 3 stays 3 or becomes 1; 2 may become
 * 1 or 3, and 0 only with two approvals.
 */
#include "hsm/signer.h"

#include <sodium.h>

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))
#define NOW_TOLERANCE 600
#define DAY 86400

/* everything but the dates, which are the caller's to compare */
static enum fj_rc check_pair(const struct hsm_job *j, const struct fj_jws *w, const char *purpose, struct hsm_pair *out,
    struct fj_err *err)
{
	struct hsm_signer *s = j->s;
	struct fj_x509 leaf, ca;
	char want[80];

	FJ_TRY(fj_x509_read(fj_buf_slice(&w->x5c[0]), &leaf, err));
	FJ_TRY(fj_x509_read(fj_buf_slice(&w->x5c[1]), &ca, err));
	snprintf(want, sizeof(want), "%s%s", s->mem.arc, purpose);
	MUST(fj_slice_eq(leaf.spki, signer_spki(s, *j->key)), "RFC 7515 4.1.6", "x5c is not a certificate of the token key");
	MUST(strcmp(leaf.eku, want) == 0, "RFC 5280 4.2.1.12", "x5c is a certificate for another purpose");
	MUST(ca_is(&s->mem, j->alg, ca.tbs) && fj_slice_eq(leaf.aki, ca.ski), "RFC 7515 4.1.6", "x5c does not lead to our issuing CA");
	MUST(ca_verifies(s, j->alg, &leaf), "RFC 5280 6.1.3", "x5c was not signed by our issuing CA");
	out->from = leaf.not_before > ca.not_before ? leaf.not_before : ca.not_before;
	out->until = leaf.not_after < ca.not_after ? leaf.not_after : ca.not_after;
	return FJ_OK;
}

static enum fj_rc check_dates(const struct hsm_job *j, const struct hsm_pair *p, struct fj_err *err)
{
	MUST(j->now >= p->from && j->now <= p->until, "RFC 5280 4.1.2.5", "the signer's certificate is not valid now");
	return FJ_OK;
}

/* The pair of certificates is the same for millions of tokens: a pair that was
 * found good for a purpose is known by its hash.  Its dates are compared each time. */
static enum fj_rc check_x5c(const struct hsm_job *j, const struct fj_jws *w, const char *purpose, struct fj_err *err)
{
	crypto_hash_sha256_state st;
	struct hsm_pair p = {.from = 0};

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, (const uint8_t *)purpose, strlen(purpose));
	crypto_hash_sha256_update(&st, (const uint8_t *)w->kid, strlen(w->kid)); /* of the role's two keys one */
	crypto_hash_sha256_update(&st, w->x5c[0].data, w->x5c[0].len);
	crypto_hash_sha256_update(&st, w->x5c[1].data, w->x5c[1].len);
	crypto_hash_sha256_final(&st, p.hash.b);
	for (size_t i = 0; i < FJ_ARRAY_LEN(j->s->x5c_ok); i++)
		if (fj_hash_eq(&p.hash, &j->s->x5c_ok[i].hash))
			return check_dates(j, &j->s->x5c_ok[i], err);
	FJ_TRY(check_pair(j, w, purpose, &p, err));
	FJ_TRY(check_dates(j, &p, err));
	j->s->x5c_ok[j->s->x5c_next++ % FJ_ARRAY_LEN(j->s->x5c_ok)] = p;
	return FJ_OK;
}

/* the input is exactly what canonical writing of its parts gives */
static enum fj_rc check_canonical(const struct fj_jws *w, struct fj_err *err)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_STATUS_JWT_MAX + FJ_TOKEN_MAX);
	struct fj_slice x5c[2] = {fj_buf_slice(&w->x5c[0]), fj_buf_slice(&w->x5c[1])};

	FJ_TRY(fj_jws_write_input(w->alg, w->typ, w->kid, x5c, w->payload, &again, err));
	MUST(fj_slice_eq(fj_buf_slice(&again), w->input), "formats.md 5", "the text is not in canonical form");
	return FJ_OK;
}

/* kid names the token key, or while there are two one of them: that signs */
static enum fj_rc find_key(const struct hsm_job *j, const char *kid, struct fj_err *err)
{
	char own[44];

	for (unsigned k = j->role; k < HSM_KEY_END; k += HSM_ROLE_END) {
		if (signer_spki(j->s, k).len == 0)
			continue;
		FJ_TRY(fj_jws_kid(signer_spki(j->s, k), own, err));
		if (strcmp(own, kid) == 0) {
			*j->key = k;
			return FJ_OK;
		}
	}
	return policy_no(err, "RFC 7515 4.1.4", "kid is not the token key");
}

enum fj_rc policy_jws_read(const struct hsm_job *j, struct fj_slice tbs, const char *typ, const char *purpose, struct fj_jws *w, struct fj_err *err)
{
	/* what is signed as the status signer is long: lists and manifests of packages */
	FJ_TRY(fj_jws_read_input(tbs, strcmp(purpose, ".2.4") == 0 ? FJ_STATUS_JWT_MAX : FJ_TOKEN_MAX, w, err));
	MUST(strcmp(w->typ, typ) == 0, "RFC 8725 3.11", "typ is another");
	MUST(w->alg == j->alg, "RFC 8725 3.1", "alg is another than the token key's");
	FJ_TRY(find_key(j, w->kid, err));
	FJ_TRY(check_canonical(w, err));
	FJ_TRY(check_x5c(j, w, purpose, err));
	MUST(fj_json_peek(w->payload, "iss") != NULL && strcmp(fj_json_peek(w->payload, "iss"), j->s->mem.base) == 0, "RFC 7519 4.1.1",
	    "the issuer is not this appliance's address");
	return FJ_OK;
}

static enum fj_rc check_entry(const struct hsm_job *j, const json_t *ref, struct fj_err *err)
{
	const char *uri = fj_json_peek(ref, "uri");

	MUST(uri != NULL && policy_numbered(j, fj_slice_str(uri), "/status/") > 0, "formats.md 5.3", "a status entry is not in a list of this appliance and algorithm");
	return FJ_OK;
}

static enum fj_rc check_term(const struct hsm_job *j, const json_t *p, const char *vct, int days_over, struct fj_err *err)
{
	int64_t iat = fj_json_num(p, "iat"), nbf = fj_json_num(p, "nbf"), exp = fj_json_num(p, "exp");

	MUST(fj_json_peek(p, "vct") != NULL && strcmp(fj_json_peek(p, "vct"), vct) == 0, "SD-JWT VC 2.2.2", "vct is another");
	MUST(iat - j->now <= NOW_TOLERANCE && j->now - iat <= NOW_TOLERANCE, "RFC 7519 4.1.6", "iat is not now");
	/* a later version of an authorisation keeps the first second of its line */
	MUST(nbf >= iat - 86400 - NOW_TOLERANCE || fj_json_num(p, "version") > 1, "RFC 7519 4.1.5", "the validity begins before it was issued");
	MUST(exp - nbf + 1 <= (int64_t)days_over * DAY, "RFC 7519 4.1.4", "the validity is longer than this kind allows");
	return FJ_OK;
}

enum fj_rc policy_token(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	FJ_AUTO(jws) w = {0};

	(void)delta;
	FJ_TRY(policy_jws_read(j, tbs, FJ_TYP_TOKEN, ".2.3", &w, err));
	FJ_TRY(fj_token_check(w.payload, err));
	FJ_TRY(limits_claims(j, w.payload, err));
	FJ_TRY(check_term(j, w.payload, FJ_VCT_TOKEN, 366, err));
	FJ_TRY(check_entry(j, json_object_get(json_object_get(w.payload, "status"), "status_list"), err));
	FJ_TRY(check_entry(j, json_object_get(json_object_get(w.payload, "asset"), "status"), err));
	FJ_TRY(check_entry(j, json_object_get(json_object_get(w.payload, "parent"), "status"), err));
	if (j->s->mem.tokens == MEM_TOKENS_NAMES)
		return FJ_OK;
	return j->alg == FJ_SM2 ? fj_content_twin(w.payload, j->content, err) : fj_content_token(w.payload, j->content, err);
}

enum fj_rc policy_authorisation(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	FJ_AUTO(jws) w = {0};
	size_t i;
	json_t *a;

	(void)delta;
	FJ_TRY(policy_jws_read(j, tbs, FJ_TYP_TOKEN, ".2.3", &w, err));
	FJ_TRY(fj_authorisation_check(w.payload, err));
	FJ_TRY(limits_claims(j, w.payload, err));
	FJ_TRY(check_term(j, w.payload, FJ_VCT_AUTHORISATION, 5 * 366, err));
	/* 27号 art. 14(二): at most five years, 2026-03-16 to 2031-03-15 (R14) */
	MUST(fj_json_num(w.payload, "exp") <= fj_term_end(fj_json_num(w.payload, "nbf"), 5), "R14", "an authorisation is longer than five years");
	json_array_foreach(json_object_get(w.payload, "assets"), i, a)
		FJ_TRY(check_entry(j, json_object_get(a, "status"), err));
	FJ_TRY(check_entry(j, json_object_get(w.payload, "authorisation_status"), err));
	return check_entry(j, json_object_get(json_object_get(w.payload, "status"), "status_list"), err);
}

/* Says that these files were put together, or this report was fixed, here at this time; a credential
 * it can't pass for, by typ and vct. */
enum fj_rc policy_manifest(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	FJ_AUTO(jws) w = {0};

	(void)delta;
	FJ_TRY(policy_jws_read(j, tbs, FJ_TYP_MANIFEST, ".2.3", &w, err));
	FJ_TRY(fj_manifest_check(w.payload, err));
	int64_t iat = fj_json_num(w.payload, "iat");
	MUST(strcmp(fj_json_peek(w.payload, "vct"), FJ_VCT_MANIFEST) == 0, "SD-JWT VC 2.2.2", "vct is another");
	MUST(strcmp(fj_json_peek(w.payload, "kind"), FJ_MANIFEST_REPORT) != 0 || j->approvals >= 2, "R22", "a report is signed for two officers");
	MUST(iat - j->now <= NOW_TOLERANCE && j->now - iat <= NOW_TOLERANCE, "RFC 7519 4.1.6", "iat is not now");
	return FJ_OK;
}

static enum fj_rc check_change(const struct hsm_job *j, const char *uri, uint32_t idx, unsigned before, unsigned now, struct fj_err *err)
{
	struct fj_hash content;

	MUST(before != 1 || now == 1, "lesson 6", "a revoked entry of the status list would come back");
	MUST(before != 3 || now == 3 || now == 1, "formats.md 5.3", "a superseded entry would come back");
	if (before != 2 || now != 0)
		return FJ_OK;
	fj_content_entry(uri, idx, &content);
	return intent_lift(j, &content, err);
}

static enum fj_rc compare_maps(const struct hsm_job *j, const char *uri, const uint8_t *before, const uint8_t *now, struct fj_buf *changes,
    uint32_t *n, struct fj_err *err)
{
	for (uint32_t o = 0; o < FJ_LIST_OCTETS; o++) {
		unsigned old = before == NULL ? 0 : before[o];
		if (old == now[o])
			continue;
		for (uint32_t i = o * 4; i < o * 4 + 4; i++) {
			unsigned was = (old >> ((i & 3) * 2)) & 3, is = fj_list_get(now, i);
			if (was == is)
				continue;
			FJ_TRY(check_change(j, uri, i, was, is, err));
			(*n)++;
			if (fj_put_u32(changes, i) != FJ_OK || fj_put_u8(changes, (uint8_t)is) != FJ_OK)
				return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
		}
	}
	return FJ_OK;
}

static enum fj_rc check_list(const struct hsm_job *j, const struct fj_jws *w, const struct mem_list *old, struct fj_err *err)
{
	int64_t iat = fj_json_num(w->payload, "iat"), exp = fj_json_num(w->payload, "exp");
	const char *sub = fj_json_peek(w->payload, "sub");

	MUST(policy_numbered(j, fj_slice_str(sub), "/status/") > 0, "formats.md 5.3", "the list's address is not this appliance's");
	MUST(iat - j->now <= NOW_TOLERANCE && j->now - iat <= NOW_TOLERANCE, "RFC 7519 4.1.6", "iat is not now");
	MUST(exp - iat <= 48 * 3600, "formats.md 5.3", "a status list is valid for 48 hours at most");
	MUST(old == NULL || iat >= old->iat, "formats.md 5.3", "the list is older than the last that was signed");
	return FJ_OK;
}

enum fj_rc policy_status(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	FJ_AUTO(jws) w = {0};
	FJ_AUTO(mem) map = fj_alloc(FJ_LIST_OCTETS, 1);
	FJ_AUTO(buf) changes = FJ_BUF_INIT(8u << 20);
	uint32_t n = 0;

	if (map == NULL)
		return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory for a status list");
	FJ_TRY(policy_jws_read(j, tbs, FJ_TYP_STATUS, ".2.4", &w, err));
	FJ_TRY(fj_status_list_check(w.payload, err));
	const char *sub = fj_json_peek(w.payload, "sub");
	const struct mem_list *old = mem_list_find(&j->s->mem, sub);
	FJ_TRY(check_list(j, &w, old, err));
	FJ_TRY(fj_list_inflate(w.payload, map, err));
	FJ_TRY(compare_maps(j, sub, old == NULL ? NULL : old->map, map, &changes, &n, err));
	if (fj_put_u8(delta, MEM_OP_LIST) != FJ_OK || fj_put_str(delta, sub) != FJ_OK ||
	    fj_put_u64(delta, (uint64_t)fj_json_num(w.payload, "iat")) != FJ_OK || fj_put_u32(delta, n) != FJ_OK ||
	    fj_buf_put(delta, changes.data, changes.len) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
	return FJ_OK;
}
