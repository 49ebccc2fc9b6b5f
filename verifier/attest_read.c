/*
 * attest_read.c - a TPM's structures, octet by octet; integers are big-endian, a TPM2B is u16 length and octets.
 */
#include "verifier/attest_read.h"

#include <string.h>

#define GENERATED 0xff544347u /* Part 2, 6.2 */
#define ALG_NULL 0x0010
#define KNOWN_ATTRIBUTES (VER_TPM_FIXED_TPM | VER_TPM_ST_CLEAR | VER_TPM_FIXED_PARENT | VER_TPM_ORIGIN | VER_TPM_USER_AUTH | VER_TPM_ADMIN_POLICY | \
	VER_TPM_NO_DA | VER_TPM_DUPLICATION | VER_TPM_RESTRICTED | VER_TPM_DECRYPT | VER_TPM_SIGN | VER_TPM_X509)

#define WANT(cond, cite, what) FJ_ENSURE(cond, fj_fail(err, FJ_E_PARSE, "verify", "TPM 2.0 Part 2, " cite, "%s", what))

/* a Name, or a qualified one, by SHA-256 */
static enum fj_rc get_name(struct fj_rd *r, struct fj_slice *out)
{
	FJ_TRY(fj_tpm_2b(r, VER_TPM_NAME, out));
	return out->len == VER_TPM_NAME && out->p[0] == 0 && out->p[1] == VER_TPM_SHA256 ? FJ_OK : FJ_E_PARSE;
}

void ver_tpm_qualified(struct fj_slice parent, const uint8_t name[VER_TPM_NAME], uint8_t out[VER_TPM_NAME])
{
	static const uint8_t owner[] = {0x40, 0x00, 0x00, 0x01}; /* TPM_RH_OWNER */
	uint8_t both[2 * VER_TPM_NAME];
	struct fj_tpm_name n;

	if (parent.len == 0)
		parent = FJ_SLICE(owner, sizeof(owner));
	memcpy(both, parent.p, parent.len);
	memcpy(both + parent.len, name, VER_TPM_NAME);
	fj_tpm_name_of(FJ_SLICE(both, parent.len + VER_TPM_NAME), &n); /* its form is a Name's */
	memcpy(out, n.b, VER_TPM_NAME);
}

/* --- public areas --- */

static enum fj_rc get_coordinate(struct fj_rd *r, uint8_t out[32])
{
	struct fj_slice s;

	FJ_TRY(fj_tpm_2b(r, 32, &s));
	if (s.len == 0)
		return FJ_E_PARSE;
	memset(out, 0, 32);
	memcpy(out + 32 - s.len, s.p, s.len);
	return FJ_OK;
}

/* symmetric: none of a key that signs, AES-128 in CFB of a parent */
static enum fj_rc read_symmetric(struct fj_rd *r, enum ver_area_kind *kind)
{
	uint16_t alg, bits, mode;

	FJ_TRY(fj_tpm_u16(r, &alg));
	*kind = alg == ALG_NULL ? VER_AREA_SIGNING : VER_AREA_STORAGE;
	if (alg == ALG_NULL)
		return FJ_OK;
	FJ_TRY(fj_tpm_u16(r, &bits));
	FJ_TRY(fj_tpm_u16(r, &mode));
	return alg == 0x0006 && bits == 128 && mode == 0x0043 ? FJ_OK : FJ_E_PARSE;
}

static enum fj_rc read_scheme(struct fj_rd *r, struct ver_area *a)
{
	FJ_TRY(fj_tpm_u16(r, &a->scheme));
	if (a->scheme == ALG_NULL) {
		a->scheme = 0;
		return FJ_OK;
	}
	if (a->scheme != VER_TPM_ECDSA && a->scheme != VER_TPM_SM2)
		return FJ_E_PARSE;
	FJ_TRY(fj_tpm_u16(r, &a->hash));
	return a->hash == VER_TPM_SHA256 || (a->hash == VER_TPM_SM3 && a->scheme == VER_TPM_SM2) ? FJ_OK : FJ_E_PARSE;
}

static enum fj_rc read_ecc(struct fj_rd *r, struct ver_area *a, struct fj_err *err)
{
	uint16_t kdf;

	WANT(read_symmetric(r, &a->kind) == FJ_OK, "12.2.3.6", "a key's symmetric algorithm is none that our keys have");
	WANT(read_scheme(r, a) == FJ_OK, "11.2.3.2", "a key's scheme is neither ECDSA with SHA-256 nor SM2");
	WANT(fj_tpm_u16(r, &a->curve) == FJ_OK && (a->curve == VER_TPM_P256 || a->curve == VER_TPM_CURVE_SM2), "6.4", "a key is on neither P-256 nor SM2's curve");
	WANT(fj_tpm_u16(r, &kdf) == FJ_OK && kdf == ALG_NULL, "12.2.3.6", "a key has a derivation function");
	WANT(get_coordinate(r, a->xy) == FJ_OK && get_coordinate(r, a->xy + 32) == FJ_OK, "11.2.5.2", "a key's point is malformed");
	WANT((a->kind == VER_AREA_SIGNING) == (a->scheme != 0), "12.2.3.6", "a key that signs has one scheme, and a parent none");
	WANT(a->scheme != VER_TPM_ECDSA || a->curve == VER_TPM_P256, "6.4", "a key for ECDSA is not on P-256");
	WANT(a->scheme != VER_TPM_SM2 || a->curve == VER_TPM_CURVE_SM2, "6.4", "a key for SM2 is not on SM2's curve");
	return FJ_OK;
}

static enum fj_rc read_sealed(struct fj_rd *r, struct ver_area *a, struct fj_err *err)
{
	uint16_t scheme;
	struct fj_slice unique;

	a->kind = VER_AREA_SEALED;
	WANT(fj_tpm_u16(r, &scheme) == FJ_OK && scheme == ALG_NULL, "12.2.3.3", "sealed octets have a scheme: they are a key");
	WANT(fj_tpm_2b(r, FJ_SHA256_LEN, &unique) == FJ_OK && unique.len == FJ_SHA256_LEN, "12.2.3.2", "a public area is malformed");
	return FJ_OK;
}

enum fj_rc ver_area_read(struct fj_slice in, struct ver_area *out, struct fj_err *err)
{
	struct fj_rd r;
	uint16_t type, name;
	struct fj_tpm_name n;

	memset(out, 0, sizeof(*out));
	fj_rd_init(&r, in);
	WANT(fj_tpm_u16(&r, &type) == FJ_OK && fj_tpm_u16(&r, &name) == FJ_OK && fj_get_u32(&r, &out->attributes) == FJ_OK && fj_tpm_2b(&r, FJ_SHA256_LEN, &out->policy) == FJ_OK,
	    "12.2.4", "a public area is cut");
	WANT(name == VER_TPM_SHA256, "12.2.4", "a public area's name is not by SHA-256");
	WANT((out->attributes & ~(uint32_t)KNOWN_ATTRIBUTES) == 0, "8.3.2", "an attribute that is reserved is set");
	WANT(out->policy.len == 0 || out->policy.len == FJ_SHA256_LEN, "12.2.4", "a policy is no SHA-256 digest");
	WANT(type == 0x0023 || type == 0x0008, "12.2.2", "an object is neither an elliptic key nor sealed octets");
	FJ_TRY(type == 0x0023 ? read_ecc(&r, out, err) : read_sealed(&r, out, err));
	WANT(fj_rd_end(&r) == FJ_OK, "12.2.4", "something follows a public area");
	fj_tpm_name_of(in, &n);
	memcpy(out->name, n.b, VER_TPM_NAME);
	return FJ_OK;
}

/* --- registers --- */

/* one bank, SHA-256, or (bank false) none at all */
static enum fj_rc get_selection(struct fj_rd *r, bool bank, uint32_t *out)
{
	uint32_t banks;
	uint16_t hash;
	uint8_t n;
	struct fj_slice bits;

	*out = 0;
	FJ_TRY(fj_get_u32(r, &banks));
	if (banks != (bank ? 1 : 0))
		return FJ_E_PARSE;
	if (!bank)
		return FJ_OK;
	FJ_TRY(fj_tpm_u16(r, &hash));
	FJ_TRY(fj_get_u8(r, &n));
	if (hash != VER_TPM_SHA256 || n < 3 || n > 4)
		return FJ_E_PARSE;
	FJ_TRY(fj_get_raw(r, n, &bits));
	for (size_t i = 0; i < bits.len; i++)
		*out |= (uint32_t)bits.p[i] << (8 * i);
	return *out != 0 ? FJ_OK : FJ_E_PARSE;
}

/* --- statements --- */

static enum fj_rc read_clock(struct fj_rd *r, struct ver_statement *s)
{
	uint8_t safe;

	FJ_TRY(fj_get_u64(r, &s->clock));
	FJ_TRY(fj_get_u32(r, &s->resets));
	FJ_TRY(fj_get_u32(r, &s->restarts));
	FJ_TRY(fj_get_u8(r, &safe));
	FJ_TRY(fj_get_u64(r, &s->firmware));
	return safe <= 1 ? FJ_OK : FJ_E_PARSE;
}

static enum fj_rc read_attested(struct fj_rd *r, struct ver_statement *s)
{
	switch (s->type) {
	case VER_TPM_CERTIFY:
		FJ_TRY(get_name(r, &s->name));
		return get_name(r, &s->qualified);
	case VER_TPM_CREATION:
		FJ_TRY(get_name(r, &s->name));
		FJ_TRY(fj_tpm_2b(r, FJ_SHA256_LEN, &s->creation));
		return s->creation.len == FJ_SHA256_LEN ? FJ_OK : FJ_E_PARSE;
	case VER_TPM_QUOTE:
		FJ_TRY(get_selection(r, true, &s->registers));
		FJ_TRY(fj_tpm_2b(r, FJ_SHA256_LEN, &s->digest));
		return s->digest.len == FJ_SHA256_LEN ? FJ_OK : FJ_E_PARSE;
	default:
		return FJ_E_PARSE;
	}
}

enum fj_rc ver_statement_read(struct fj_slice in, struct ver_statement *out, struct fj_err *err)
{
	struct fj_rd r;
	uint32_t magic;

	memset(out, 0, sizeof(*out));
	fj_rd_init(&r, in);
	WANT(fj_get_u32(&r, &magic) == FJ_OK && magic == GENERATED, "6.2", "a statement does not begin with TPM_GENERATED_VALUE: no TPM made it");
	WANT(fj_tpm_u16(&r, &out->type) == FJ_OK && (out->type == VER_TPM_CERTIFY || out->type == VER_TPM_QUOTE || out->type == VER_TPM_CREATION), "10.12.8",
	    "a statement is neither a certification nor a quote");
	WANT(get_name(&r, &out->signer) == FJ_OK && fj_tpm_2b(&r, 64, &out->data) == FJ_OK && read_clock(&r, out) == FJ_OK && read_attested(&r, out) == FJ_OK && fj_rd_end(&r) == FJ_OK,
	    "10.12.12", "a statement is malformed");
	return FJ_OK;
}

enum fj_rc ver_creation_read(struct fj_slice in, struct ver_creation *out, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice digest;
	uint32_t none;
	uint16_t alg;
	uint8_t locality;

	memset(out, 0, sizeof(*out));
	fj_rd_init(&r, in);
	WANT(get_selection(&r, false, &none) == FJ_OK && fj_tpm_2b(&r, FJ_SHA256_LEN, &digest) == FJ_OK && fj_get_u8(&r, &locality) == FJ_OK && fj_tpm_u16(&r, &alg) == FJ_OK &&
	    get_name(&r, &out->parent) == FJ_OK && get_name(&r, &out->parent_qualified) == FJ_OK && fj_tpm_2b(&r, 64, &out->outside) == FJ_OK && fj_rd_end(&r) == FJ_OK &&
	    alg == VER_TPM_SHA256, "15.1", "how a key was made is malformed");
	return FJ_OK;
}
