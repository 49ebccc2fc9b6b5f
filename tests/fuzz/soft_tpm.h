/*
 * soft_tpm.h - keys in memory in the TPM's place: every function of hsm/tpm.h and hsm/tpm_attest.h,
 * so that what talks to a TPM is not linked.  Keys go by their number; a signer that makes all of
 * its own in one ceremony has number r for role r.
 */
#ifndef FJ_FUZZ_SOFT_TPM_H
#define FJ_FUZZ_SOFT_TPM_H

#include <openssl/x509.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hsm/signer.h"
#include "hsm/tpm_attest.h"
#include "tests/fuzz/fuzz.h"

struct hsm_tpm {
	unsigned role;
	struct fj_hash digest;
	uint64_t counter; /* 0: none */
};
static struct hsm_tpm the_tpm;

/* the signer's key file, without a name; emptied where a new home begins */
static int keys_fd(bool fresh)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("keys", MFD_CLOEXEC);
	HOLDS(fd >= 0 && (!fresh || ftruncate(fd, 0) == 0));
	return fd;
}

/* scalar r, r, ... of role r: the same in every run, so that a corpus stays good */
static EVP_PKEY *key_of(unsigned role)
{
	static EVP_PKEY *keys[HSM_MAX_KEYS];
	uint8_t der[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20, [7] = 0, [39] = 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	const uint8_t *p = der;

	memset(der + 7, (int)role, 32);
	if (keys[role] == NULL)
		keys[role] = d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, sizeof(der));
	HOLDS(keys[role] != NULL);
	return keys[role];
}

enum fj_rc hsm_tpm_open(int fd, struct hsm_tpm **out, struct fj_err *err)
{
	(void)fd;
	(void)err;
	*out = &the_tpm;
	return FJ_OK;
}

void hsm_tpm_close(struct hsm_tpm *t)
{
	(void)t;
}

bool hsm_tpm_lost(const struct hsm_tpm *t)
{
	return t == NULL;
}

enum fj_rc hsm_tpm_free_handles(struct hsm_tpm *t, uint32_t *out, size_t n, struct fj_err *err)
{
	(void)t;
	(void)err;
	for (size_t i = 0; i < n; i++)
		out[i] = 0x81004600u + (uint32_t)i;
	return FJ_OK;
}

enum fj_rc hsm_tpm_storage(struct hsm_tpm *t, uint32_t handle, struct hsm_blob *b, struct fj_err *err)
{
	(void)t;
	(void)handle;
	(void)err;
	return b->pub.len > 0 ? FJ_OK : fj_buf_puts(&b->pub, "storage");
}

enum fj_rc hsm_tpm_create(struct hsm_tpm *t, enum fj_alg alg, const struct fj_slice *secret, const struct fj_hash *policy, bool moves, struct hsm_blob *b, struct fj_err *err)
{
	(void)t;
	(void)moves;
	(void)alg;
	(void)secret;
	(void)policy;
	(void)err;
	return fj_buf_puts(&b->pub, "key");
}

enum fj_rc hsm_tpm_create_locked(struct hsm_tpm *t, enum fj_alg alg, const struct fj_secret *auth, struct hsm_blob *b, struct fj_err *err)
{
	HOLDS(auth->len == FJ_SHA256_LEN);
	return hsm_tpm_create(t, alg, NULL, NULL, false, b, err);
}

void hsm_tpm_auth(struct hsm_tpm *t, unsigned key, const struct fj_secret *auth)
{
	(void)t;
	HOLDS(key > 0 && auth != NULL);
}

enum fj_rc hsm_tpm_attach(struct hsm_tpm *t, unsigned key, const struct hsm_blob *b, uint32_t handle, struct fj_err *err)
{
	(void)t;
	(void)handle;
	(void)err;
	HOLDS(key > 0 && key < HSM_MAX_KEYS && b->pub.len > 0);
	return FJ_OK;
}

enum fj_rc hsm_tpm_evict(struct hsm_tpm *t, unsigned key, const struct hsm_blob *b, uint32_t handle, struct fj_err *err)
{
	(void)t;
	(void)handle;
	(void)err;
	HOLDS(key > 0 && key < HSM_MAX_KEYS && b->pub.len > 0);
	return FJ_OK;
}

enum fj_rc hsm_tpm_public(const struct hsm_tpm *t, unsigned role, struct fj_buf *spki, struct fj_err *err)
{
	uint8_t *der = NULL;
	int n = i2d_PUBKEY(key_of(role), &der);

	(void)t;
	(void)err;
	HOLDS(n == 91 && fj_buf_put(spki, der, (size_t)n) == FJ_OK);
	OPENSSL_free(der);
	return FJ_OK;
}

enum fj_rc hsm_tpm_unseal(struct hsm_tpm *t, unsigned role, struct fj_secret *secret, struct fj_err *err)
{
	uint8_t raw[32];

	(void)t;
	memset(raw, (int)role, sizeof(raw));
	return fj_secret_copy(secret, FJ_SLICE(raw, sizeof(raw)), err);
}

enum fj_rc hsm_tpm_sign_start(struct hsm_tpm *t, unsigned role, const struct fj_hash *digest, struct fj_err *err)
{
	(void)err;
	t->role = role;
	t->digest = *digest;
	return FJ_OK;
}

enum fj_rc hsm_tpm_sign_finish(struct hsm_tpm *t, uint8_t raw[64], struct fj_err *err)
{
	uint8_t der[96];
	size_t n = sizeof(der);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key_of(t->role), NULL);

	HOLDS(ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, der, &n, t->digest.b, FJ_SHA256_LEN) == 1);
	EVP_PKEY_CTX_free(ctx);
	return fj_ecdsa_der_to_raw(FJ_SLICE(der, n), raw, err);
}

/* sessions of a TPM that asks nothing of them: what the signer itself asks is what is tried here */
enum fj_rc hsm_tpm_public_area(const struct hsm_tpm *t, unsigned key, struct fj_buf *tpmt_public, struct fj_err *err)
{
	return hsm_tpm_public(t, key, tpmt_public, err);
}

enum fj_rc hsm_tpm_policy_begin(struct hsm_tpm *t, bool secret, uint32_t *session, uint8_t nonce[32], struct fj_err *err)
{
	(void)t;
	(void)secret;
	(void)err;
	*session = 1;
	memset(nonce, 1, 32);
	return FJ_OK;
}

void hsm_tpm_policy_end(struct hsm_tpm *t, uint32_t session)
{
	(void)t;
	(void)session;
}

enum fj_rc hsm_tpm_policy_signed(struct hsm_tpm *t, uint32_t session, const struct hsm_tpm_approval *a, struct fj_err *err)
{
	(void)t;
	(void)err;
	HOLDS(session == 1 && a->officer.len > 0);
	return FJ_OK;
}

enum fj_rc hsm_tpm_policy_or(struct hsm_tpm *t, uint32_t session, const struct fj_or *or, struct fj_err *err)
{
	(void)t;
	(void)err;
	HOLDS(session == 1 && or->n >= 2 && or->n <= 8);
	return FJ_OK;
}

enum fj_rc hsm_tpm_policy_sign(struct hsm_tpm *t, uint32_t session, unsigned key, const struct fj_hash *digest, uint8_t raw[64], struct fj_err *err)
{
	HOLDS(session == 1);
	FJ_TRY(hsm_tpm_sign_start(t, key, digest, err));
	return hsm_tpm_sign_finish(t, raw, err);
}

enum fj_rc hsm_tpm_policy_unseal(struct hsm_tpm *t, uint32_t session, unsigned key, struct fj_secret *out, struct fj_err *err)
{
	HOLDS(session == 1);
	return hsm_tpm_unseal(t, key, out, err);
}

enum fj_rc hsm_tpm_policy_duplication(struct hsm_tpm *t, uint32_t session, const struct fj_tpm_name *object, const struct fj_tpm_name *parent, struct fj_err *err)
{
	(void)t;
	(void)err;
	HOLDS(session == 1 && memcmp(object, parent, sizeof(*object)) != 0);
	return FJ_OK;
}

enum fj_rc hsm_tpm_duplicate(struct hsm_tpm *t, uint32_t session, unsigned key, struct fj_slice parent, struct fj_buf *private, struct fj_buf *seed, struct fj_err *err)
{
	(void)t;
	(void)err;
	HOLDS(session == 1 && key > 0 && fj_tpm_storage_public(parent));
	FJ_TRY(fj_buf_puts(private, "private"));
	return fj_buf_puts(seed, "seed");
}

enum fj_rc hsm_tpm_import(struct hsm_tpm *t, const struct fj_moved *m, struct hsm_blob *b, struct fj_err *err)
{
	(void)t;
	(void)err;
	HOLDS(m->public.len == FJ_ROOT_PUBLIC_LEN);
	return fj_buf_put(&b->pub, m->public.data, m->public.len);
}

enum fj_rc hsm_tpm_counter(struct hsm_tpm *t, uint64_t *value, struct fj_err *err)
{
	*value = t->counter;
	return t->counter > 0 ? FJ_OK : fj_fail(err, FJ_E_NOTFOUND, "tpm", NULL, "no counter");
}

enum fj_rc hsm_tpm_counter_make(struct hsm_tpm *t, struct fj_err *err)
{
	(void)err;
	t->counter += t->counter == 0;
	return FJ_OK;
}

enum fj_rc hsm_tpm_counter_up(struct hsm_tpm *t, struct fj_err *err)
{
	(void)err;
	t->counter++;
	return FJ_OK;
}

/* --- attestation: text in the statements' place; there are no registers and no certificates --- */

enum fj_rc hsm_tpm_create_ak(struct hsm_tpm *t, struct hsm_blob *b, struct fj_err *err)
{
	return hsm_tpm_create(t, FJ_ES256, NULL, NULL, false, b, err);
}

enum fj_rc hsm_tpm_certify_creation(struct hsm_tpm *t, unsigned ak, unsigned key, const struct hsm_blob *b, struct fj_slice data, struct hsm_statement *out, struct fj_err *err)
{
	(void)t;
	(void)err;
	HOLDS(ak > 0 && key > 0 && b->pub.len > 0 && data.len <= HSM_QUALIFYING_MAX);
	FJ_TRY(fj_buf_puts(&out->attest, "made here"));
	return fj_buf_puts(&out->sig, "signature");
}

enum fj_rc hsm_tpm_certify_storage(struct hsm_tpm *t, unsigned ak, struct fj_slice data, struct hsm_statement *out, struct fj_err *err)
{
	(void)t;
	(void)err;
	HOLDS(ak > 0 && data.len <= HSM_QUALIFYING_MAX);
	FJ_TRY(fj_buf_puts(&out->attest, "is here"));
	return fj_buf_puts(&out->sig, "signature");
}

enum fj_rc hsm_tpm_quote(struct hsm_tpm *t, unsigned ak, struct fj_slice data, struct hsm_statement *out, struct fj_buf *pcrs, struct fj_err *err)
{
	(void)t;
	(void)ak;
	(void)data;
	(void)out;
	(void)pcrs;
	return fj_fail(err, FJ_E_TPM, "tpm", NULL, "no registers");
}

enum fj_rc hsm_tpm_endorsement(struct hsm_tpm *t, uint32_t index, struct fj_buf *der, struct fj_err *err)
{
	(void)t;
	(void)index;
	(void)der;
	return fj_fail(err, FJ_E_NOTFOUND, "tpm", NULL, "no certificate");
}

/* one endorsement key, and a credential that it opens: what begins with 1 */
enum fj_rc hsm_tpm_eks(struct hsm_tpm *t, struct fj_buf *out, uint32_t *n, struct fj_err *err)
{
	(void)t;
	(void)err;
	*n = 1;
	return fj_put_str(out, "an endorsement key");
}

enum fj_rc hsm_tpm_activate(struct hsm_tpm *t, unsigned ak, const struct hsm_credential *c, struct fj_buf *secret, struct fj_err *err)
{
	(void)t;
	HOLDS(ak > 0 && c->ek.len <= HSM_BLOB_PART && c->credential.len <= HSM_BLOB_PART && c->seed.len <= HSM_BLOB_PART);
	if (c->credential.len == 0 || c->credential.p[0] != 1)
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "another key's");
	return fj_buf_puts(secret, "0123456789abcdef0123456789abcdef");
}

bool hsm_tpm_stays(const struct fj_err *err)
{
	(void)err;
	return false;
}

void hsm_tpm_maker(const struct hsm_tpm *t, char out[8])
{
	(void)t;
	snprintf(out, 8, "none");
}

#endif
