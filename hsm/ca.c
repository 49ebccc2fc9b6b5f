/*
 * ca.c - the issuing CAs of this appliance: one name, and a key for each generation.
 *
 * A newer key is certified by the root under the name of the one before (docs/formats.md 26).  What is
 * signed names its CA by the key identifier; it is signed by that CA's key, as long as that is here.  What
 * was certified before stays ours when its CA's key is gone, and is ours no more when the root has revoked that CA.
 */
#include <openssl/x509.h>

#include "hsm/signer.h"

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))

struct fj_slice ca_newest(const struct hsm_memory *m, enum fj_alg alg)
{
	return m->n_ca[alg] == 0 ? FJ_SLICE(NULL, 0) : fj_buf_slice(&m->ca[alg][m->n_ca[alg] - 1]);
}

unsigned ca_newest_key(const struct hsm_memory *m, enum fj_alg alg)
{
	unsigned role = hsm_role_of(HSM_ISSUING, alg);

	return m->slot[HSM_NEWER(role)] != 0 ? HSM_NEWER(role) : role;
}

bool ca_keeps_up(const struct hsm_signer *s, enum fj_alg alg)
{
	struct fj_x509 ca;

	return fj_x509_read_tbs(ca_newest(&s->mem, alg), &ca, NULL) == FJ_OK && fj_slice_eq(ca.spki, signer_spki(s, ca_newest_key(&s->mem, alg)));
}

/* its place, or n_ca */
static size_t place_of(const struct hsm_memory *m, enum fj_alg alg, struct fj_slice spki)
{
	struct fj_x509 x;
	size_t k = 0;

	while (k < m->n_ca[alg] && (fj_x509_read_tbs(fj_buf_slice(&m->ca[alg][k]), &x, NULL) != FJ_OK || !fj_slice_eq(x.spki, spki)))
		k++;
	return k;
}

bool ca_is(const struct hsm_memory *m, enum fj_alg alg, struct fj_slice tbs)
{
	for (size_t k = 0; k < m->n_ca[alg]; k++)
		if (fj_slice_eq(fj_buf_slice(&m->ca[alg][k]), tbs))
			return true;
	return false;
}

enum fj_rc ca_put(struct hsm_memory *m, enum fj_alg alg, struct fj_slice tbs, struct fj_err *err)
{
	struct fj_x509 x;

	FJ_TRY(fj_x509_read_tbs(tbs, &x, err));
	size_t k = place_of(m, alg, x.spki);
	if (k == FJ_MAX_CAS)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an issuing CA has at most %d keys, one after the other", FJ_MAX_CAS);
	fj_buf_clear(&m->ca[alg][k]);
	if (fj_buf_put(&m->ca[alg][k], tbs.p, tbs.len) != FJ_OK)
		return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
	m->n_ca[alg] += k == m->n_ca[alg];
	return FJ_OK;
}

static bool is_revoked(const struct hsm_signer *s, const struct fj_x509 *ca)
{
	return ca->serial.len == 16 && mem_revoked(&s->mem, ca->serial.p) != NULL;
}

enum fj_rc ca_named(const struct hsm_signer *s, enum fj_alg alg, struct fj_slice ski, struct fj_x509 *ca, unsigned *generation, unsigned *key, struct fj_err *err)
{
	unsigned role = hsm_role_of(HSM_ISSUING, alg);

	MUST(s->mem.n_ca[alg] > 0, "design.md 2", "there is no issuing CA yet");
	for (size_t k = 0; k < s->mem.n_ca[alg]; k++) {
		FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&s->mem.ca[alg][k]), ca, err));
		if (!fj_slice_eq(ca->ski, ski))
			continue;
		if (is_revoked(s, ca))
			return fj_fail(err, FJ_E_STATE, HSM_LAYER, "RFC 5280 6.1.3", "the signer refuses: the root has revoked this generation of the issuing CA; the newest one signs");
		*generation = (unsigned)k + 1;
		for (*key = role; *key < HSM_KEY_END; *key += HSM_ROLE_END)
			if (fj_slice_eq(signer_spki(s, *key), ca->spki))
				return FJ_OK;
		return fj_fail(err, FJ_E_STATE, HSM_LAYER, "formats.md 26", "the signer refuses: the key of this generation of the issuing CA is gone; the newest one signs");
	}
	return policy_no(err, "RFC 5280 4.2.1.1", "the authority key identifier is none of our issuing CA's keys");
}

bool ca_verifies(const struct hsm_signer *s, enum fj_alg alg, const struct fj_x509 *x)
{
	struct fj_x509 ca;
	bool ok = false;

	for (size_t k = 0; !ok && k < s->mem.n_ca[alg]; k++) {
		if (fj_x509_read_tbs(fj_buf_slice(&s->mem.ca[alg][k]), &ca, NULL) != FJ_OK || !fj_slice_eq(ca.ski, x->aki) || !fj_slice_eq(ca.subject, x->issuer) ||
		    is_revoked(s, &ca))
			continue;
		const uint8_t *p = ca.spki.p;
		EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)ca.spki.len);
		ok = key != NULL && signer_key_verifies(key, alg, x->tbs, x->sig);
		EVP_PKEY_free(key);
	}
	return ok;
}
