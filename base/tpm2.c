/*
 * tpm2.c - Names, cpHashes and policy digests, over SHA-256 alone.
 *
 * Everything is hashed piece by piece in the order in which the TPM does it.  Numbers of
 * commands and algorithms stand here as octets, since no header of the TPM's software may be
 * needed by who only checks: Part 2, tables TPM_CC and TPM_ALG_ID.
 */
#include "base/tpm2.h"

#include <sodium.h>
#include <string.h>

#define CC_SIGN 0x0000015du
#define CC_UNSEAL 0x0000015eu
#define CC_POLICY_SIGNED 0x00000160u
#define CC_POLICY_OR 0x00000171u
#define CC_POLICY_DUPLICATION_SELECT 0x00000188u
#define LEAVES_MAX 70 /* sets of 4 of 8, the most there are */

typedef crypto_hash_sha256_state hashing;

static void add(hashing *h, const void *p, size_t n)
{
	crypto_hash_sha256_update(h, p, n);
}

static void add_u32(hashing *h, uint32_t v)
{
	const uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	add(h, b, sizeof(b));
}

void fj_tpm_name_of(struct fj_slice tpmt_public, struct fj_tpm_name *out)
{
	struct fj_hash h;

	fj_sha256(tpmt_public, &h);
	out->b[0] = 0x00; /* TPM_ALG_SHA256 */
	out->b[1] = 0x0b;
	memcpy(out->b + 2, h.b, sizeof(h.b));
}

enum fj_rc fj_tpm_officer_public(const uint8_t xy[64], struct fj_buf *tpmt_public)
{
	static const uint8_t head[] = {
		0x00, 0x23,             /* type: ECC */
		0x00, 0x0b,             /* nameAlg: SHA-256 */
		0x00, 0x04, 0x00, 0x40, /* objectAttributes: sign, userWithAuth */
		0x00, 0x00,             /* authPolicy: none */
		0x00, 0x10,             /* symmetric: NULL */
		0x00, 0x18, 0x00, 0x0b, /* scheme: ECDSA with SHA-256 */
		0x00, 0x03,             /* curve: NIST P-256 */
		0x00, 0x10,             /* kdf: NULL */
	};
	uint8_t point[2 + 32 + 2 + 32] = {0x00, 0x20};

	memcpy(point + 2, xy, 32);
	point[34] = 0x00;
	point[35] = 0x20;
	memcpy(point + 36, xy + 32, 32);
	FJ_TRY(fj_buf_put(tpmt_public, head, sizeof(head)));
	return fj_buf_put(tpmt_public, point, sizeof(point));
}

void fj_tpm_cphash_sign(const struct fj_tpm_name *key, const struct fj_hash *digest, struct fj_hash *out)
{
	static const uint8_t length[] = {0x00, 0x20};
	static const uint8_t rest[] = {
		0x00, 0x10,                                     /* inScheme: NULL */
		0x80, 0x24, 0x40, 0x00, 0x00, 0x07, 0x00, 0x00, /* validation: HASHCHECK, hierarchy NULL, no digest */
	};
	hashing h;

	crypto_hash_sha256_init(&h);
	add_u32(&h, CC_SIGN);
	add(&h, key->b, sizeof(key->b));
	add(&h, length, sizeof(length));
	add(&h, digest->b, sizeof(digest->b));
	add(&h, rest, sizeof(rest));
	crypto_hash_sha256_final(&h, out->b);
}

void fj_tpm_cphash_unseal(const struct fj_tpm_name *obj, struct fj_hash *out)
{
	hashing h;

	crypto_hash_sha256_init(&h);
	add_u32(&h, CC_UNSEAL);
	add(&h, obj->b, sizeof(obj->b));
	crypto_hash_sha256_final(&h, out->b);
}

/* PolicyUpdate(): the command and the Name, then the reference by itself, also when it is empty */
void fj_tpm_policy_signed(struct fj_hash *d, const struct fj_tpm_name *officer, struct fj_slice ref)
{
	hashing h;

	crypto_hash_sha256_init(&h);
	add(&h, d->b, sizeof(d->b));
	add_u32(&h, CC_POLICY_SIGNED);
	add(&h, officer->b, sizeof(officer->b));
	crypto_hash_sha256_final(&h, d->b);
	crypto_hash_sha256_init(&h);
	add(&h, d->b, sizeof(d->b));
	add(&h, ref.p, ref.len);
	crypto_hash_sha256_final(&h, d->b);
}

void fj_tpm_policy_or(struct fj_hash *d, const struct fj_hash *branch, size_t n)
{
	static const uint8_t zero[FJ_SHA256_LEN];
	hashing h;

	crypto_hash_sha256_init(&h);
	add(&h, zero, sizeof(zero));
	add_u32(&h, CC_POLICY_OR);
	for (size_t i = 0; i < n; i++)
		add(&h, branch[i].b, sizeof(branch[i].b));
	crypto_hash_sha256_final(&h, d->b);
}

void fj_tpm_policy_duplication(struct fj_hash *d, const struct fj_tpm_name *parent)
{
	static const uint8_t no_object[] = {0x00};
	hashing h;

	crypto_hash_sha256_init(&h);
	add(&h, d->b, sizeof(d->b));
	add_u32(&h, CC_POLICY_DUPLICATION_SELECT);
	add(&h, parent->b, sizeof(parent->b));
	add(&h, no_object, sizeof(no_object));
	crypto_hash_sha256_final(&h, d->b);
}

void fj_tpm_namehash_move(const struct fj_tpm_name *object, const struct fj_tpm_name *parent, struct fj_hash *out)
{
	hashing h;

	crypto_hash_sha256_init(&h);
	add(&h, object->b, sizeof(object->b));
	add(&h, parent->b, sizeof(parent->b));
	crypto_hash_sha256_final(&h, out->b);
}

/* a coordinate as a TPM marshals it; it may strip leading zeros */
static bool take_coordinate(struct fj_slice *rest)
{
	size_t n = rest->len < 2 ? 0 : (size_t)rest->p[0] << 8 | rest->p[1];

	if (n < 1 || n > 32 || rest->len < 2 + n)
		return false;
	*rest = FJ_SLICE(rest->p + 2 + n, rest->len - 2 - n);
	return true;
}

bool fj_tpm_storage_public(struct fj_slice tpmt_public)
{
	static const uint8_t head[] = {
		0x00, 0x23,                         /* type: ECC */
		0x00, 0x0b,                         /* nameAlg: SHA-256 */
		0x00, 0x03, 0x04, 0x72,             /* objectAttributes: fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt */
		0x00, 0x00,                         /* authPolicy: none */
		0x00, 0x06, 0x00, 0x80, 0x00, 0x43, /* symmetric: AES, 128, CFB */
		0x00, 0x10,                         /* scheme: NULL */
		0x00, 0x03,                         /* curve: NIST P-256 */
		0x00, 0x10,                         /* kdf: NULL */
	};
	struct fj_slice rest;

	if (tpmt_public.len < sizeof(head) || memcmp(tpmt_public.p, head, sizeof(head)) != 0)
		return false;
	rest = FJ_SLICE(tpmt_public.p + sizeof(head), tpmt_public.len - sizeof(head));
	for (int i = 0; i < 2; i++)
		if (!take_coordinate(&rest))
			return false;
	return rest.len == 0;
}

static enum fj_rc check(const struct fj_quorum *q)
{
	if (q->n < 1 || q->n > FJ_QUORUM_MAX || q->m < 1 || q->m > q->n || q->ref_len > sizeof(q->ref))
		return FJ_E_INVALID;
	for (unsigned i = 0; i < q->n; i++)
		for (unsigned j = 0; j < i; j++)
			if (memcmp(q->officer[i], q->officer[j], sizeof(q->officer[i])) == 0)
				return FJ_E_INVALID;
	return FJ_OK;
}

static enum fj_rc names_of(const struct fj_quorum *q, struct fj_tpm_name *name)
{
	for (unsigned i = 0; i < q->n; i++) {
		FJ_AUTO(buf) pub = FJ_BUF_INIT(128);

		FJ_TRY(fj_tpm_officer_public(q->officer[i], &pub));
		fj_tpm_name_of(fj_buf_slice(&pub), &name[i]);
	}
	return FJ_OK;
}

/* the digests of all branches in their order; *at: the place of `set` among them */
static enum fj_rc leaves(const struct fj_quorum *q, unsigned set, struct fj_hash leaf[LEAVES_MAX], size_t *n, size_t *at)
{
	struct fj_tpm_name name[FJ_QUORUM_MAX];

	FJ_TRY(names_of(q, name));
	*n = 0;
	for (unsigned s = 1; s < 1u << q->n; s++) {
		struct fj_hash *d = &leaf[*n];

		if ((unsigned)__builtin_popcount(s) != q->m)
			continue;
		*d = (struct fj_hash){{0}};
		for (unsigned i = 0; i < q->n; i++)
			if (s >> i & 1)
				fj_tpm_policy_signed(d, &name[i], FJ_SLICE(q->ref, q->ref_len));
		if (s == set)
			*at = *n;
		(*n)++;
	}
	return FJ_OK;
}

/* the g-th group of eight of n digests; one alone stands twice */
static void group_of(const struct fj_hash *digest, size_t n, size_t g, struct fj_or *out)
{
	size_t left = n - 8 * g;

	out->n = left > 8 ? 8 : left;
	memcpy(out->branch, digest + 8 * g, out->n * sizeof(*digest));
	if (out->n == 1)
		out->branch[out->n++] = digest[8 * g];
}

/* the ORs over n digests; the groups on the way up from `at` into path[0..*levels) */
static void tree(struct fj_hash *digest, size_t n, size_t at, struct fj_or path[FJ_QUORUM_LEVELS], size_t *levels)
{
	*levels = 0;
	do {
		size_t groups = (n + 7) / 8;

		group_of(digest, n, at / 8, &path[(*levels)++]);
		for (size_t g = 0; g < groups; g++) {
			struct fj_or o;

			group_of(digest, n, g, &o);
			fj_tpm_policy_or(&digest[g], o.branch, o.n);
		}
		n = groups;
		at /= 8;
	} while (n > 1);
}

enum fj_rc fj_quorum_policy(const struct fj_quorum *q, struct fj_hash *out)
{
	struct fj_hash leaf[LEAVES_MAX];
	struct fj_or path[FJ_QUORUM_LEVELS];
	size_t n, at = 0, levels;

	FJ_TRY(check(q));
	FJ_TRY(leaves(q, 0, leaf, &n, &at));
	tree(leaf, n, at, path, &levels);
	*out = leaf[0];
	return FJ_OK;
}

enum fj_rc fj_quorum_path(const struct fj_quorum *q, unsigned set, struct fj_or *out, size_t *n)
{
	struct fj_hash leaf[LEAVES_MAX];
	struct fj_or path[FJ_QUORUM_LEVELS];
	size_t count, at = 0, levels;

	FJ_TRY(check(q));
	if (set >> q->n != 0 || (unsigned)__builtin_popcount(set) != q->m)
		return FJ_E_INVALID;
	FJ_TRY(leaves(q, set, leaf, &count, &at));
	tree(leaf, count, at, path, &levels);
	if (levels > *n)
		return FJ_E_LIMIT;
	memcpy(out, path, levels * sizeof(*path));
	*n = levels;
	return FJ_OK;
}

void fj_tpm_approval_digest(const uint8_t nonce[FJ_TPM_NONCE_LEN], uint32_t expiration_s,
    const struct fj_hash *cphash, struct fj_slice ref, struct fj_hash *out)
{
	hashing h;

	crypto_hash_sha256_init(&h);
	add(&h, nonce, FJ_TPM_NONCE_LEN);
	add_u32(&h, expiration_s);
	add(&h, cphash->b, sizeof(cphash->b));
	add(&h, ref.p, ref.len);
	crypto_hash_sha256_final(&h, out->b);
}

void fj_tpm_approval_move_digest(const uint8_t nonce[FJ_TPM_NONCE_LEN], uint32_t expiration_s, struct fj_slice ref, struct fj_hash *out)
{
	hashing h;

	crypto_hash_sha256_init(&h);
	add(&h, nonce, FJ_TPM_NONCE_LEN);
	add_u32(&h, expiration_s);
	add(&h, ref.p, ref.len);
	crypto_hash_sha256_final(&h, out->b);
}

enum fj_rc fj_tpm_u16(struct fj_rd *r, uint16_t *out)
{
	struct fj_slice s;

	FJ_TRY(fj_get_raw(r, 2, &s));
	*out = (uint16_t)(s.p[0] << 8 | s.p[1]);
	return FJ_OK;
}

enum fj_rc fj_tpm_2b(struct fj_rd *r, size_t max, struct fj_slice *out)
{
	uint16_t n;

	FJ_TRY(fj_tpm_u16(r, &n));
	return n <= max ? fj_get_raw(r, n, out) : FJ_E_PARSE;
}
