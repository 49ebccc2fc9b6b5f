/*
 * policy_ocsp.c - which OCSP answers the OCSP key signs (RFC 6960 4.2.1).
 *
 * Compared: responderID (byKey, our OCSP key), producedAt and thisUpdate (now),
 * nextUpdate (one hour at most), the CertID's issuer key hash, every single
 * answer: "good" only for a serial that we do not remember as revoked or on
 * hold, "revoked" with date and reason; extensions: at most one nonce.
 * Whether a serial was ever issued the verifier service knows, not we.
 */
#include "hsm/signer.h"

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))
#define NOW_TOLERANCE 600

static enum fj_rc check_now(const struct hsm_job *j, fj_time t, struct fj_err *err)
{
	MUST(t - j->now <= NOW_TOLERANCE && j->now - t <= NOW_TOLERANCE, "RFC 6960 4.2.2.1", "a time of the answer is not now");
	return FJ_OK;
}

static enum fj_rc read_cert_id(struct fj_der *single, uint8_t serial[16], bool *ours, struct fj_err *err)
{
	struct fj_der id;
	struct fj_slice s;

	FJ_TRY(fj_der_enter(single, FJ_DER_SEQ, &id, err));
	FJ_TRY(fj_der_get(&id, FJ_DER_SEQ, NULL, NULL, err));
	FJ_TRY(fj_der_get(&id, FJ_DER_OCTETS, NULL, NULL, err));
	FJ_TRY(fj_der_get(&id, FJ_DER_OCTETS, NULL, NULL, err));
	FJ_TRY(fj_der_integer(&id, &s, err));
	FJ_TRY(fj_der_end(&id, err));
	*ours = s.len == 16;
	if (*ours)
		memcpy(serial, s.p, 16);
	return FJ_OK;
}

static enum fj_rc check_revoked(struct fj_der *single, struct fj_err *err)
{
	struct fj_der info, reason;
	fj_time at;
	uint64_t n;

	FJ_TRY(fj_der_enter(single, FJ_DER_CTX(1), &info, err));
	FJ_TRY(fj_der_time(&info, true, &at, err));
	FJ_TRY(fj_der_enter(&info, FJ_DER_CTX(0), &reason, err));
	FJ_TRY(fj_der_enumerated(&reason, &n, err));
	MUST(n >= 1 && n <= 10 && n != 8, "RFC 5280 5.3.1", "a revocation has no reason");
	return fj_der_end(&info, err);
}

static enum fj_rc check_status(const struct hsm_job *j, struct fj_der *single, const uint8_t serial[16], bool ours, struct fj_err *err)
{
	int tag = fj_der_peek(single);

	if (tag == FJ_DER_CTX(1))
		return check_revoked(single, err);
	struct fj_slice v;
	FJ_TRY(fj_der_get(single, tag == FJ_DER_CTXP(0) ? tag : FJ_DER_CTXP(2), &v, NULL, err));
	MUST(v.len == 0, "RFC 6960 4.2.1", "good or unknown carry nothing");
	if (tag == FJ_DER_CTXP(0))
		MUST(ours && mem_revoked(&j->s->mem, serial) == NULL, "lesson 7",
		    "\"good\" for a certificate that is revoked or suspended, or that can't be ours");
	return FJ_OK;
}

static enum fj_rc check_single(const struct hsm_job *j, struct fj_der *list, struct fj_err *err)
{
	struct fj_der single, next;
	uint8_t serial[16];
	fj_time at, until;
	bool ours;

	FJ_TRY(fj_der_enter(list, FJ_DER_SEQ, &single, err));
	FJ_TRY(read_cert_id(&single, serial, &ours, err));
	FJ_TRY(check_status(j, &single, serial, ours, err));
	FJ_TRY(fj_der_time(&single, true, &at, err));
	FJ_TRY(check_now(j, at, err));
	FJ_TRY(fj_der_enter(&single, FJ_DER_CTX(0), &next, err));
	FJ_TRY(fj_der_time(&next, true, &until, err));
	MUST(until - at <= 3600 && until >= at, "RFC 9919 2.2", "nextUpdate is more than an hour away");
	return fj_der_end(&single, err);
}

static enum fj_rc check_extensions(struct fj_der *d, struct fj_err *err)
{
	struct fj_der wrap, list, e, v;
	char oid[64];
	struct fj_slice value, nonce;

	FJ_TRY(fj_der_enter(d, FJ_DER_CTX(1), &wrap, err));
	FJ_TRY(fj_der_enter(&wrap, FJ_DER_SEQ, &list, err));
	FJ_TRY(fj_der_enter(&list, FJ_DER_SEQ, &e, err));
	FJ_TRY(fj_der_end(&list, err));
	FJ_TRY(fj_der_oid(&e, oid, sizeof(oid), err));
	FJ_TRY(fj_der_get(&e, FJ_DER_OCTETS, &value, NULL, err));
	fj_der_init(&v, value);
	FJ_TRY(fj_der_get(&v, FJ_DER_OCTETS, &nonce, NULL, err));
	MUST(strcmp(oid, "1.3.6.1.5.5.7.48.1.2") == 0 && nonce.len >= 1 && nonce.len <= 128, "RFC 9654 2.1", "the only extension is a nonce of 1 to 128 octets");
	return FJ_OK;
}

enum fj_rc policy_ocsp(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	struct fj_der d, data, who, list;
	struct fj_slice id;
	uint8_t key[20];
	fj_time produced;

	(void)delta;
	fj_der_init(&d, tbs);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &data, err));
	FJ_TRY(fj_der_end(&d, err));
	FJ_TRY(fj_der_enter(&data, FJ_DER_CTX(2), &who, err));
	FJ_TRY(fj_der_get(&who, FJ_DER_OCTETS, &id, NULL, err));
	policy_key_id(FJ_SLICE(j->s->spki[HSM_OCSP].data + 26, 65), key);
	MUST(fj_slice_eq(id, FJ_SLICE(key, 20)), "RFC 6960 4.2.1", "the responder is not our OCSP key");
	FJ_TRY(fj_der_time(&data, true, &produced, err));
	FJ_TRY(check_now(j, produced, err));
	FJ_TRY(fj_der_enter(&data, FJ_DER_SEQ, &list, err));
	MUST(fj_der_more(&list), "RFC 6960 4.2.1", "there is no answer in it");
	while (fj_der_more(&list))
		FJ_TRY(check_single(j, &list, err));
	if (fj_der_more(&data))
		FJ_TRY(check_extensions(&data, err));
	return fj_der_end(&data, err);
}
