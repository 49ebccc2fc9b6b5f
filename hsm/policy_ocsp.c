/*
 * policy_ocsp.c - which OCSP answers the OCSP key signs (RFC 6960 4.2.1).
 *
 * Compared: responderID (byKey, our OCSP key), producedAt and thisUpdate (now),
 * nextUpdate (one hour at most), and of every single answer the CertID: hash
 * algorithm (SHA-1 or SHA-256), issuer name hash and issuer key hash with our
 * issuing CA, serial (16 octets); "good" only for a CertID that is ours and that
 * we do not remember as revoked or on hold; "revoked" only for one that we do,
 * with the date and reason of the CRL that we signed; "unknown" is open to all.
 * Extensions: at most one nonce.
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

struct cert_id {
	uint8_t serial[16];
	bool ours; /* issued by our issuing CA, if at all */
};

static bool hash_is(const EVP_MD *md, struct fj_slice of, struct fj_slice want)
{
	uint8_t h[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	return EVP_Digest(of.p, of.len, h, &n, md, NULL) == 1 && fj_slice_eq(FJ_SLICE(h, n), want);
}

static enum fj_rc read_hash(struct fj_der *id, const EVP_MD **md, struct fj_err *err)
{
	struct fj_der alg;
	char oid[64];

	FJ_TRY(fj_der_enter(id, FJ_DER_SEQ, &alg, err));
	FJ_TRY(fj_der_oid(&alg, oid, sizeof(oid), err));
	*md = strcmp(oid, "1.3.14.3.2.26") == 0 ? EVP_sha1() : strcmp(oid, "2.16.840.1.101.3.4.2.1") == 0 ? EVP_sha256()
	    : strcmp(oid, "1.2.156.10197.1.401") == 0 ? EVP_sm3() : NULL;
	MUST(*md != NULL, "RFC 9919", "the CertID's hash is none of SHA-1, SHA-256 and SM3");
	struct fj_slice v = {0};
	if (fj_der_more(&alg))
		FJ_TRY(fj_der_get(&alg, FJ_DER_NULL, &v, NULL, err));
	MUST(v.len == 0, "RFC 6960 4.1.1", "the CertID's hash has parameters");
	return fj_der_end(&alg, err);
}

static enum fj_rc read_cert_id(const struct hsm_job *j, struct fj_der *single, struct cert_id *out, struct fj_err *err)
{
	struct fj_der id;
	struct fj_slice name, key, serial;
	const struct hsm_memory *m = &j->s->mem;
	struct fj_x509 ca;
	const EVP_MD *md;

	MUST(m->n_ca[j->alg] > 0, "design.md 2", "there is no issuing CA yet");
	FJ_TRY(fj_der_enter(single, FJ_DER_SEQ, &id, err));
	FJ_TRY(read_hash(&id, &md, err));
	FJ_TRY(fj_der_get(&id, FJ_DER_OCTETS, &name, NULL, err));
	FJ_TRY(fj_der_get(&id, FJ_DER_OCTETS, &key, NULL, err));
	FJ_TRY(fj_der_integer(&id, &serial, err));
	FJ_TRY(fj_der_end(&id, err));
	out->ours = false;
	for (size_t k = 0; k < m->n_ca[j->alg] && !out->ours; k++) {
		FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&m->ca[j->alg][k]), &ca, err));
		out->ours = serial.len == 16 && hash_is(md, ca.subject, name) && hash_is(md, ca.key, key);
	}
	if (out->ours)
		memcpy(out->serial, serial.p, 16);
	return FJ_OK;
}

static enum fj_rc check_revoked(const struct hsm_job *j, struct fj_der *single, const struct cert_id *id, struct fj_err *err)
{
	struct fj_der info, reason;
	fj_time at;
	uint64_t n;

	FJ_TRY(fj_der_enter(single, FJ_DER_CTX(1), &info, err));
	FJ_TRY(fj_der_time(&info, true, &at, err));
	FJ_TRY(fj_der_enter(&info, FJ_DER_CTX(0), &reason, err));
	FJ_TRY(fj_der_enumerated(&reason, &n, err));
	FJ_TRY(fj_der_end(&reason, err));
	const struct mem_entry *e = id->ours ? mem_revoked(&j->s->mem, id->serial) : NULL;
	MUST(e != NULL, "lesson 7", "\"revoked\" for a certificate that no CRL of ours names");
	MUST(e->at == at && e->reason == n, "lesson 7", "\"revoked\" with another date or reason than in the CRL");
	return fj_der_end(&info, err);
}

static enum fj_rc check_status(const struct hsm_job *j, struct fj_der *single, const struct cert_id *id, struct fj_err *err)
{
	int tag = fj_der_peek(single);

	if (tag == FJ_DER_CTX(1))
		return check_revoked(j, single, id, err);
	struct fj_slice v;
	FJ_TRY(fj_der_get(single, tag == FJ_DER_CTXP(0) ? tag : FJ_DER_CTXP(2), &v, NULL, err));
	MUST(v.len == 0, "RFC 6960 4.2.1", "good or unknown carry nothing");
	if (tag == FJ_DER_CTXP(0))
		MUST(id->ours && mem_revoked(&j->s->mem, id->serial) == NULL, "lesson 7",
		    "\"good\" for a certificate that is revoked or suspended, or that can't be ours");
	return FJ_OK;
}

static enum fj_rc check_single(const struct hsm_job *j, struct fj_der *list, struct fj_err *err)
{
	struct fj_der single, next;
	struct cert_id id;
	fj_time at, until;

	FJ_TRY(fj_der_enter(list, FJ_DER_SEQ, &single, err));
	FJ_TRY(read_cert_id(j, &single, &id, err));
	FJ_TRY(check_status(j, &single, &id, err));
	FJ_TRY(fj_der_time(&single, true, &at, err));
	FJ_TRY(check_now(j, at, err));
	FJ_TRY(fj_der_enter(&single, FJ_DER_CTX(0), &next, err));
	FJ_TRY(fj_der_time(&next, true, &until, err));
	FJ_TRY(fj_der_end(&next, err));
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
	FJ_TRY(fj_der_end(&wrap, err));
	FJ_TRY(fj_der_enter(&list, FJ_DER_SEQ, &e, err));
	FJ_TRY(fj_der_end(&list, err));
	FJ_TRY(fj_der_oid(&e, oid, sizeof(oid), err));
	FJ_TRY(fj_der_get(&e, FJ_DER_OCTETS, &value, NULL, err));
	FJ_TRY(fj_der_end(&e, err));
	fj_der_init(&v, value);
	FJ_TRY(fj_der_get(&v, FJ_DER_OCTETS, &nonce, NULL, err));
	FJ_TRY(fj_der_end(&v, err));
	MUST(strcmp(oid, "1.3.6.1.5.5.7.48.1.2") == 0 && nonce.len >= 1 && nonce.len <= 128, "RFC 9654 2.1", "the only extension is a nonce of 1 to 128 octets");
	return FJ_OK;
}

/* the responder is the OCSP key, or while there are two one of them: that signs */
static enum fj_rc find_key(const struct hsm_job *j, struct fj_slice id, struct fj_err *err)
{
	uint8_t own[20];

	for (unsigned k = j->role; k < HSM_KEY_END; k += HSM_ROLE_END) {
		if (signer_spki(j->s, k).len == 0)
			continue;
		policy_key_id(FJ_SLICE(signer_spki(j->s, k).p + 26, 65), own);
		if (fj_slice_eq(id, FJ_SLICE(own, 20))) {
			*j->key = k;
			return FJ_OK;
		}
	}
	return policy_no(err, "RFC 6960 4.2.1", "the responder is not our OCSP key");
}

enum fj_rc policy_ocsp(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	struct fj_der d, data, who, list;
	struct fj_slice id;
	fj_time produced;

	(void)delta;
	fj_der_init(&d, tbs);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &data, err));
	FJ_TRY(fj_der_end(&d, err));
	FJ_TRY(fj_der_enter(&data, FJ_DER_CTX(2), &who, err));
	FJ_TRY(fj_der_get(&who, FJ_DER_OCTETS, &id, NULL, err));
	FJ_TRY(fj_der_end(&who, err));
	FJ_TRY(find_key(j, id, err));
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
