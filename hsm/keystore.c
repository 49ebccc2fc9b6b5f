/*
 * keystore.c - which keys there are: made once, recorded, found again at each start.
 *
 * A key has a role and a generation, a handle in the TPM (0: it is loaded when it is used), and a
 * blob.  The blobs stand in the file `keys`, HSM_MAX_KEYS slots of SLOT octets: u32 length, then bytes public,
 * private, creation data, raw[32] creation hash, bytes creation ticket (tpm.h).  They are worth
 * nothing in another TPM.  The audit log says which slots count: a record KEY has the SHA-256 of the
 * slot's content, so a slot that was changed is found, and one that was written without its record is
 * free.  The blob is in the file before its record is in the log, and the record before the key is put
 * at its handle: whenever power goes, the next start goes on from there, and never takes a foreign
 * object for ours nor ours away from somebody.  Slot 0 is the storage key.
 */
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <unistd.h>

#include "base/approval.h"
#include "hsm/signer.h"
#include "hsm/tpm_attest.h"

#define SLOT 4096

void hsm_blob_init(struct hsm_blob *b)
{
	memset(b, 0, sizeof(*b));
	fj_buf_init(&b->pub, HSM_BLOB_PART);
	fj_buf_init(&b->priv, HSM_BLOB_PART);
	fj_buf_init(&b->creation, HSM_BLOB_PART);
	fj_buf_init(&b->ticket, HSM_BLOB_PART);
}

void hsm_blob_release(struct hsm_blob *b)
{
	fj_buf_release(&b->pub);
	fj_buf_release(&b->priv);
	fj_buf_release(&b->creation);
	fj_buf_release(&b->ticket);
}

enum fj_rc store_open(struct hsm_signer *s, int dirfd, struct fj_err *err)
{
	s->keys_fd = openat(dirfd, "keys", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return s->keys_fd >= 0 ? FJ_OK : fj_fail_errno(err, HSM_LAYER, "open the key file");
}

/* --- slots --- */

static enum fj_rc encode(const struct hsm_blob *b, struct fj_buf *out)
{
	FJ_TRY(fj_put_bytes(out, fj_buf_slice(&b->pub)));
	FJ_TRY(fj_put_bytes(out, fj_buf_slice(&b->priv)));
	FJ_TRY(fj_put_bytes(out, fj_buf_slice(&b->creation)));
	FJ_TRY(fj_buf_put(out, b->creation_hash.b, FJ_SHA256_LEN));
	return fj_put_bytes(out, fj_buf_slice(&b->ticket));
}

static enum fj_rc part(struct fj_rd *r, struct fj_buf *to)
{
	struct fj_slice s;

	FJ_TRY(fj_get_bytes(r, HSM_BLOB_PART, &s));
	return fj_buf_put(to, s.p, s.len);
}

static enum fj_rc decode(struct fj_slice content, struct hsm_blob *b)
{
	struct fj_rd r;
	struct fj_slice hash;

	fj_rd_init(&r, content);
	FJ_TRY(part(&r, &b->pub));
	FJ_TRY(part(&r, &b->priv));
	FJ_TRY(part(&r, &b->creation));
	FJ_TRY(fj_get_raw(&r, FJ_SHA256_LEN, &hash));
	memcpy(b->creation_hash.b, hash.p, FJ_SHA256_LEN);
	FJ_TRY(part(&r, &b->ticket));
	return fj_rd_end(&r);
}

static enum fj_rc write_slot(const struct hsm_signer *s, unsigned slot, const struct hsm_blob *b, struct fj_hash *hash, struct fj_err *err)
{
	uint8_t room[SLOT] = {0};
	FJ_AUTO(buf) content = FJ_BUF_INIT(SLOT - 4);
	FJ_AUTO(buf) head = FJ_BUF_INIT(4);

	if (encode(b, &content) != FJ_OK || fj_put_u32(&head, (uint32_t)content.len) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a key's blob is too long for its slot");
	memcpy(room, head.data, 4);
	memcpy(room + 4, content.data, content.len);
	fj_sha256(fj_buf_slice(&content), hash);
	if (pwrite(s->keys_fd, room, SLOT, (off_t)slot * SLOT) != SLOT || fsync(s->keys_fd) != 0)
		return fj_fail_errno(err, HSM_LAYER, "write the key file");
	return FJ_OK;
}

enum fj_rc store_read(const struct hsm_signer *s, unsigned slot, struct hsm_blob *b, struct fj_err *err)
{
	uint8_t room[SLOT];
	struct fj_rd r;
	struct fj_slice content;
	struct fj_hash hash;

	if (pread(s->keys_fd, room, SLOT, (off_t)slot * SLOT) != SLOT)
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "the key file ends before slot %u, which the audit log knows", slot);
	fj_rd_init(&r, FJ_SLICE(room, SLOT));
	if (fj_get_bytes(&r, SLOT - 4, &content) == FJ_OK) {
		fj_sha256(content, &hash);
		if (fj_hash_eq(&hash, &s->mem.key[slot].blob) && decode(content, b) == FJ_OK)
			return FJ_OK;
	}
	return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "slot %u of the key file is not what the audit log says; put the file back that belongs to this log", slot);
}

/* --- records: u8 slot, u8 role (0: storage), u8 generation, u32 handle, raw[32] hash of the slot's content --- */

static enum fj_rc malformed(struct fj_err *err)
{
	return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a record of the audit log is malformed");
}

enum fj_rc store_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice hash;
	struct mem_key k = {.used = true};
	uint8_t slot;

	fj_rd_init(&r, body);
	if (fj_get_u8(&r, &slot) != FJ_OK || slot >= HSM_MAX_KEYS || fj_get_u8(&r, &k.role) != FJ_OK || k.role >= HSM_ROLE_END || fj_get_u8(&r, &k.generation) != FJ_OK ||
	    fj_get_u32(&r, &k.handle) != FJ_OK || fj_get_raw(&r, FJ_SHA256_LEN, &hash) != FJ_OK || fj_rd_end(&r) != FJ_OK || m->key[slot].used || (slot == 0) != (k.role == 0))
		return malformed(err);
	bool making = m->ceremony == MEM_OPEN || (m->inherited && !store_whole(m)); /* one that was cut may make a key anew */
	bool beside = !making && (hsm_role(k.role)->rolls || k.role == HSM_SEAL || k.role == HSM_NOTE);
	unsigned key = m->slot[k.role] == 0 || !beside ? k.role : HSM_NEWER(k.role);
	if (key != k.role && m->slot[key] != 0)
		return malformed(err);
	memcpy(k.blob.b, hash.p, FJ_SHA256_LEN);
	m->key[slot] = k;
	if (k.role != 0)
		m->slot[key] = slot;
	return FJ_OK;
}

enum fj_rc store_replay_end(struct hsm_memory *m, struct fj_slice body, struct fj_err *err)
{
	struct fj_rd r;
	uint8_t slot;

	fj_rd_init(&r, body);
	if (fj_get_u8(&r, &slot) != FJ_OK || fj_rd_end(&r) != FJ_OK || slot == 0 || slot >= HSM_MAX_KEYS || !m->key[slot].used)
		return malformed(err);
	unsigned role = m->key[slot].role;
	if (hsm_role(role)->as == HSM_ROOT && !m->key[slot].ended && m->slot[role] != slot && m->slot[HSM_NEWER(role)] != slot) { /* it passed on to its successor */
		m->key[slot].ended = true;
		return FJ_OK;
	}
	if (m->slot[role] != slot || m->slot[HSM_NEWER(role)] == 0)
		return malformed(err);
	m->key[slot].ended = true;
	m->slot[role] = m->slot[HSM_NEWER(role)];
	m->slot[HSM_NEWER(role)] = 0;
	return FJ_OK;
}

static enum fj_rc record(struct hsm_signer *s, unsigned slot, uint8_t role, uint8_t generation, uint32_t handle, const struct hsm_blob *b, struct fj_err *err)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(64);
	struct fj_hash hash;

	FJ_TRY(write_slot(s, slot, b, &hash, err));
	FJ_TRY(fj_put_u8(&body, (uint8_t)slot));
	FJ_TRY(fj_put_u8(&body, role));
	FJ_TRY(fj_put_u8(&body, generation));
	FJ_TRY(fj_put_u32(&body, handle));
	FJ_TRY(fj_buf_put(&body, hash.b, FJ_SHA256_LEN));
	FJ_TRY(signer_record(s, AUDIT_KEY, fj_buf_slice(&body), err));
	return store_replay(&s->mem, fj_buf_slice(&body), err);
}

/* --- making --- */

static bool new_scalar(enum fj_alg alg, uint8_t out[32])
{
	BIGNUM *d = NULL;
	EVP_PKEY *key = alg == FJ_SM2 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_EC_gen("P-256");
	bool ok = key != NULL && EVP_PKEY_get_bn_param(key, "priv", &d) == 1 && BN_bn2binpad(d, out, 32) == 32;

	EVP_PKEY_free(key);
	BN_clear_free(d);
	return ok;
}

/* 32 octets made outside: they are to sign in our memory, sealed at rest */
static enum fj_rc create_sealed(struct hsm_signer *s, enum fj_alg alg, struct hsm_blob *b, struct fj_err *err)
{
	uint8_t octets[32];
	struct fj_slice secret = FJ_SLICE(octets, sizeof(octets));
	enum fj_rc rc = FJ_OK;

	if (!new_scalar(alg, octets))
		rc = fj_fail(err, FJ_E_CRYPTO, HSM_LAYER, NULL, "the OCSP key could not be made");
	if (rc == FJ_OK)
		rc = hsm_tpm_create(s->tpm, 0, &secret, NULL, false, b, err);
	fj_wipe(octets, sizeof(octets));
	return rc;
}

unsigned store_free(const struct hsm_memory *m)
{
	unsigned i = 1;

	while (i < HSM_MAX_KEYS && m->key[i].used)
		i++;
	return i;
}

/* Officers compare the public area octet by octet with both coordinates whole; where a TPM strips a leading zero
 * (one key in 128) another key is made. */
static enum fj_rc create_ruled(struct hsm_signer *s, unsigned key, const struct fj_hash *policy, struct hsm_blob *b, struct fj_err *err)
{
	for (int tries = 0; tries < 16; tries++) {
		FJ_TRY(hsm_tpm_create(s->tpm, hsm_role(key)->alg, NULL, policy, quorum_plan_of(&s->mem, key)->move > 0, b, err));
		if (b->pub.len == 2 + FJ_ROOT_PUBLIC_LEN)
			return FJ_OK;
	}
	return fj_fail(err, FJ_E_TPM, HSM_LAYER, NULL, "the TPM makes a root key of another form than the plan's officers can check");
}

/* 32 octets that open the issuing keys, sealed under the officers and kept, since the ceremony goes on with them */
static enum fj_rc create_seal(struct hsm_signer *s, unsigned key, const struct fj_hash *policy, struct hsm_blob *b, struct fj_err *err)
{
	if (key == HSM_SEAL) { /* else the same octets, sealed anew under the officers who follow */
		fj_secret_release(&s->auth);
		FJ_TRY(fj_secret_new(&s->auth, FJ_SHA256_LEN, err));
		fj_random(s->auth.p, s->auth.len);
	}
	struct fj_slice secret = FJ_SLICE(s->auth.p, s->auth.len);
	return hsm_tpm_create(s->tpm, 0, &secret, policy, false, b, err);
}

/* The log's key is its identity, so where the plan has a spare it leaves with the roots: for that one TPM, by its policy. */
static enum fj_rc create_note(struct hsm_signer *s, unsigned key, struct hsm_blob *b, struct fj_err *err)
{
	const struct fj_plan *plan = quorum_plan_of(&s->mem, key);
	uint8_t octets[32];
	struct fj_slice secret = FJ_SLICE(octets, sizeof(octets));
	struct fj_hash policy;
	bool moves = s->mem.planned && plan->move > 0;

	if (moves)
		fj_plan_note_policy(plan, &policy);
	if (key == HSM_NOTE)
		fj_random(octets, sizeof(octets));
	else if (crypto_sign_ed25519_sk_to_seed(octets, s->note.p) != 0) /* the same key, for the spare of the plan that follows */
		return fj_fail(err, FJ_E_CRYPTO, HSM_LAYER, NULL, "the log's key is not usable");
	enum fj_rc rc = hsm_tpm_create(s->tpm, 0, &secret, moves ? &policy : NULL, moves, b, err);
	fj_wipe(octets, sizeof(octets));
	return rc;
}

static enum fj_rc create(struct hsm_signer *s, unsigned role, struct hsm_blob *b, struct fj_err *err)
{
	const struct hsm_role_row *r = hsm_role(role);
	struct fj_hash policy;

	if (quorum_policy(&s->mem, role, &policy))
		return r->as == HSM_SEAL ? create_seal(s, role, &policy, b, err) : create_ruled(s, role, &policy, b, err);
	if (role == HSM_AK)
		return hsm_tpm_create_ak(s->tpm, b, err);
	if (r->as == HSM_NOTE)
		return s->mem.inherited && role == HSM_NOTE ? inherit_note(s, b, err) : create_note(s, role, b, err);
	FJ_TRY(unseal_open(s, role, err)); /* who makes one more knows what opens it */
	if (unseal_rules(&s->mem, role))
		return hsm_tpm_create_locked(s->tpm, r->alg, &s->auth, b, err);
	return r->where == HSM_SEALED ? create_sealed(s, r->alg, b, err) : hsm_tpm_create(s->tpm, r->alg, NULL, NULL, false, b, err);
}

static enum fj_rc attach(struct hsm_signer *s, unsigned slot, const struct hsm_blob *b, struct fj_err *err)
{
	const struct mem_key *k = &s->mem.key[slot];

	FJ_TRY(hsm_tpm_attach(s->tpm, slot, b, k->handle, err));
	if (unseal_rules(&s->mem, k->role))
		hsm_tpm_auth(s->tpm, slot, &s->auth);
	return FJ_OK;
}

/* key: a role, or in the root's succession HSM_NEWER of one */
static enum fj_rc make_key(struct hsm_signer *s, unsigned key, uint32_t handle, struct fj_err *err)
{
	FJ_AUTO(hsm_blob) b;
	unsigned slot = store_free(&s->mem), role = key % HSM_ROLE_END;

	hsm_blob_init(&b);
	if (slot == HSM_MAX_KEYS)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "the key file has room for %d keys", HSM_MAX_KEYS);
	FJ_TRY(create(s, key, &b, err));
	uint8_t generation = (uint8_t)(s->mem.slot[role] == 0 ? s->mem.former[role] + 1 : s->mem.key[s->mem.slot[role]].generation + 1);
	FJ_TRY(record(s, slot, (uint8_t)role, generation, handle, &b, err));
	return attach(s, slot, &b, err);
}

bool store_has(const struct hsm_memory *m, unsigned role)
{
	if (m->ceremony == MEM_SPARE) /* its own, and what came from elsewhere */
		return role == HSM_AK || m->slot[role] != 0;
	return (m->sm2 || hsm_role(role)->alg != FJ_SM2) && !(m->parent && hsm_role(role)->as == HSM_ROOT) && (role != HSM_SEAL || m->unseal.m > 0);
}

static bool lacks(const struct hsm_memory *m, unsigned role)
{
	return store_has(m, role) && m->slot[role] == 0;
}

/* A ceremony that was cut between the keys that one secret opens has nobody who could unseal it yet: these are made anew, and
 * the ones before stay behind, unused. */
static bool to_make(const struct hsm_signer *s, bool cut, unsigned role)
{
	return lacks(&s->mem, role) || (cut && store_has(&s->mem, role) && (role == HSM_SEAL || unseal_rules(&s->mem, role)));
}

static enum fj_rc make_rest(struct hsm_signer *s, bool cut, const uint32_t *handle, struct fj_err *err)
{
	size_t next = 0;

	if (to_make(s, cut, HSM_SEAL))
		FJ_TRY(make_key(s, HSM_SEAL, 0, err));
	for (unsigned r = HSM_ROOT; r < HSM_ROLE_END; r++)
		if (r != HSM_SEAL && to_make(s, cut, r))
			FJ_TRY(make_key(s, r, hsm_role(r)->where == HSM_PERSISTENT ? handle[next++] : 0, err));
	return FJ_OK;
}

enum fj_rc store_make(struct hsm_signer *s, struct fj_err *err)
{
	uint32_t handle[1 + HSM_ROLE_END];
	FJ_AUTO(hsm_blob) storage;
	size_t n = !s->mem.key[0].used, next = 0;
	bool cut = unseal_waits(s) && (lacks(&s->mem, HSM_ISSUING) || lacks(&s->mem, HSM_ISSUING_SM2));

	hsm_blob_init(&storage);
	for (unsigned r = HSM_ROOT; r < HSM_ROLE_END; r++)
		n += to_make(s, cut, r) && hsm_role(r)->where == HSM_PERSISTENT;
	FJ_TRY(hsm_tpm_free_handles(s->tpm, handle, n, err));
	if (!s->mem.key[0].used) {
		FJ_TRY(hsm_tpm_storage(s->tpm, handle[next], &storage, err));
		FJ_TRY(record(s, 0, 0, 1, handle[next++], &storage, err));
	}
	FJ_TRY(hsm_tpm_counter_make(s->tpm, err));
	return make_rest(s, cut, handle + next, err);
}

enum fj_rc store_make_ak(struct hsm_signer *s, struct fj_err *err)
{
	return make_key(s, HSM_AK, 0, err);
}

enum fj_rc store_make_next(struct hsm_signer *s, unsigned role, struct fj_err *err)
{
	return s->mem.slot[HSM_NEWER(role)] != 0 ? FJ_OK : make_key(s, HSM_NEWER(role), 0, err);
}

enum fj_rc store_make_newer(struct hsm_signer *s, unsigned role, struct fj_err *err)
{
	uint32_t handle = 0;

	if (s->mem.slot[HSM_NEWER(role)] != 0 || s->mem.key[s->mem.slot[role]].generation == UINT8_MAX)
		return fj_fail(err, FJ_E_STATE, HSM_LAYER, NULL, "the role has two keys already, or no generation is left");
	if (hsm_role(role)->where == HSM_PERSISTENT)
		FJ_TRY(hsm_tpm_free_handles(s->tpm, &handle, 1, err));
	return make_key(s, role, handle, err);
}

/* Overwritten and out of the TPM.  What the storage key wraps, though, that TPM opens for whoever kept a copy of the
 * file: only a new storage key (TPM2_Clear) ends those. */
enum fj_rc store_destroy(struct hsm_signer *s, unsigned slot, struct fj_err *err)
{
	static const uint8_t nothing[SLOT];
	FJ_AUTO(hsm_blob) b;

	hsm_blob_init(&b);
	if (store_read(s, slot, &b, NULL) != FJ_OK)
		return FJ_OK; /* it was overwritten: all was done */
	FJ_TRY(hsm_tpm_evict(s->tpm, slot, &b, s->mem.key[slot].handle, err));
	if (pwrite(s->keys_fd, nothing, SLOT, (off_t)slot * SLOT) != SLOT || fsync(s->keys_fd) != 0)
		return fj_fail_errno(err, HSM_LAYER, "overwrite a key in the key file");
	return FJ_OK;
}

enum fj_rc store_keep(struct hsm_signer *s, unsigned role, const struct hsm_blob *b, struct fj_err *err)
{
	unsigned slot = store_free(&s->mem);

	if (slot == HSM_MAX_KEYS)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "the key file has room for %d keys", HSM_MAX_KEYS);
	FJ_TRY(record(s, slot, (uint8_t)role, 1, 0, b, err));
	return hsm_tpm_attach(s->tpm, slot, b, 0, err);
}

/* homes of before have no attestation key, and lack nothing else by that */
bool store_whole(const struct hsm_memory *m)
{
	bool all = m->key[0].used;

	for (unsigned r = HSM_ROOT; r < HSM_ROLE_END; r++)
		all = all && (r == HSM_AK || !lacks(m, r));
	return all;
}

/* --- at the start --- */

enum fj_rc store_find(struct hsm_signer *s, struct fj_err *err)
{
	for (unsigned i = 0; i < HSM_MAX_KEYS; i++) {
		FJ_AUTO(hsm_blob) b;
		hsm_blob_init(&b);
		if (!s->mem.key[i].used)
			continue;
		if (s->mem.key[i].ended) {
			FJ_TRY(store_destroy(s, i, err));
			continue;
		}
		FJ_TRY(store_read(s, i, &b, err));
		FJ_TRY(i == 0 ? hsm_tpm_storage(s->tpm, s->mem.key[0].handle, &b, err) : attach(s, i, &b, err));
	}
	return FJ_OK;
}
