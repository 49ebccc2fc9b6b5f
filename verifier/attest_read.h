/*
 * attest_read.h - strict readers of three structures of a TPM (TPM 2.0 Library, Part 2): a public area, a statement that
 * an attestation key signed, and how a key was made.
 *
 * Only what our appliances publish is accepted: nameAlg SHA-256, P-256 or SM2's curve, one bank of registers.  Nothing
 * is copied: slices borrow from the input.  They do NOT check a signature, nor that any of it is true.
 * FJ_E_PARSE: not of the form, or not of ours; the clause says which.
 */
#ifndef FJ_VERIFIER_ATTEST_READ_H
#define FJ_VERIFIER_ATTEST_READ_H

#include "base/tpm2.h"

#define VER_TPM_NAME FJ_TPM_NAME_LEN

/* TPMA_OBJECT (Part 2, 8.3) */
enum {
	VER_TPM_FIXED_TPM = 1 << 1, VER_TPM_ST_CLEAR = 1 << 2, VER_TPM_FIXED_PARENT = 1 << 4, VER_TPM_ORIGIN = 1 << 5,
	VER_TPM_USER_AUTH = 1 << 6, VER_TPM_ADMIN_POLICY = 1 << 7, VER_TPM_NO_DA = 1 << 10, VER_TPM_DUPLICATION = 1 << 11,
	VER_TPM_RESTRICTED = 1 << 16, VER_TPM_DECRYPT = 1 << 17, VER_TPM_SIGN = 1 << 18, VER_TPM_X509 = 1 << 19
};
enum ver_area_kind { VER_AREA_SIGNING = 1, VER_AREA_STORAGE, VER_AREA_SEALED };
enum { VER_TPM_ECDSA = 0x0018, VER_TPM_SM2 = 0x001b, VER_TPM_SHA256 = 0x000b, VER_TPM_SM3 = 0x0012, VER_TPM_P256 = 0x0003, VER_TPM_CURVE_SM2 = 0x0020 };
struct ver_area {
	enum ver_area_kind kind;  /* a key that signs by one scheme, a parent of others, or sealed octets */
	uint32_t attributes;
	struct fj_slice policy;   /* empty or 32 octets */
	uint16_t curve, scheme, hash; /* 0 where there is none */
	uint8_t xy[64];           /* of a key; a TPM may strip leading zeros, here they are */
	uint8_t name[VER_TPM_NAME];
};
enum fj_rc ver_area_read(struct fj_slice tpmt_public, struct ver_area *out, struct fj_err *err) FJ_MUST_USE;

enum { VER_TPM_CERTIFY = 0x8017, VER_TPM_QUOTE = 0x8018, VER_TPM_CREATION = 0x801a };
struct ver_statement {
	uint16_t type;
	struct fj_slice signer;    /* qualified name of the key that signed */
	struct fj_slice data;      /* the asker's */
	uint64_t clock, firmware;
	uint32_t resets, restarts;
	struct fj_slice name;      /* CERTIFY and CREATION: of the object */
	struct fj_slice qualified; /* CERTIFY: its qualified name */
	struct fj_slice creation;  /* CREATION: SHA-256 of the creation data */
	uint32_t registers;        /* QUOTE: bit n, register n of SHA-256 */
	struct fj_slice digest;    /* QUOTE: SHA-256 over their values */
};
/* TPMS_ATTEST, beginning with TPM_GENERATED_VALUE */
enum fj_rc ver_statement_read(struct fj_slice tpms_attest, struct ver_statement *out, struct fj_err *err) FJ_MUST_USE;

struct ver_creation {
	struct fj_slice parent, parent_qualified; /* its Name, its qualified name */
	struct fj_slice outside;                  /* what the maker put in */
};
/* TPMS_CREATION_DATA */
enum fj_rc ver_creation_read(struct fj_slice tpms_creation, struct ver_creation *out, struct fj_err *err) FJ_MUST_USE;

/* qualified name of an object below another (Part 1, 16): of a primary of the owner's hierarchy with parent empty */
void ver_tpm_qualified(struct fj_slice parent_qualified, const uint8_t name[VER_TPM_NAME], uint8_t out[VER_TPM_NAME]);

#endif
