/*
 * note.h - signed notes (C2SP signed-note), checkpoints (tlog-checkpoint),
 * cosignatures (tlog-cosignature) and proofs of logging (tlog-proof).
 *
 * Ed25519 lines are verified here.  An ECDSA line is found here and verified by who
 * links a library that can.
 */
#ifndef FJ_BASE_NOTE_H
#define FJ_BASE_NOTE_H

#include "base/clock.h"
#include "base/tlog.h"

#define FJ_NOTE_NAME 200   /* octets of a key's name: ours are addresses */
#define FJ_NOTE_MAX 32768  /* octets of a note */
#define FJ_NOTE_SIGS 32    /* lines; the standard wants at least 16 */

enum fj_note_type { FJ_NOTE_ED25519 = 1, FJ_NOTE_ECDSA = 2, FJ_NOTE_COSIGNATURE = 4 };

/* A verifier key: "<name>+<hex id>+<base64 of type and key>". */
struct fj_vkey {
	char name[FJ_NOTE_NAME + 1];
	uint8_t id[4];
	enum fj_note_type type;
	uint8_t key[32]; /* Ed25519 */
};
/* Types 1 and 4; FJ_E_PARSE, FJ_E_UNSUPPORTED for another type, FJ_E_INVALID when the id is not the key's. */
enum fj_rc fj_vkey_read(struct fj_slice text, struct fj_vkey *out, struct fj_err *err) FJ_MUST_USE;
/* fills the id; FJ_E_INVALID for a name that a key can't have (empty, white space, '+', control characters) */
enum fj_rc fj_vkey_make(const char *name, enum fj_note_type type, const uint8_t key[32], struct fj_vkey *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_vkey_put(struct fj_buf *out, const struct fj_vkey *k) FJ_MUST_USE;
/* id of an ECDSA line: of SHA-256 over the SubjectPublicKeyInfo */
void fj_ecdsa_id(struct fj_slice spki, uint8_t id[4]);

/* A note as it was read; slices into the source. */
struct fj_note_line {
	struct fj_slice name;
	uint8_t id[4];
	uint8_t sig[160]; /* what stands behind the id */
	size_t sig_len;   /* 0: longer than any that is known here */
};
struct fj_note {
	struct fj_slice text; /* with its last newline */
	size_t n;
	struct fj_note_line line[FJ_NOTE_SIGS];
};
/* Strict: UTF-8, no control characters but newlines, at least one line; FJ_E_PARSE, FJ_E_LIMIT. */
enum fj_rc fj_note_read(struct fj_slice in, struct fj_note *out, struct fj_err *err) FJ_MUST_USE;
/* the line of this name and id, NULL when there is none */
const struct fj_note_line *fj_note_line_of(const struct fj_note *n, const char *name, const uint8_t id[4]);
/* Is there a line by this key, and is it true?  FJ_E_NOTFOUND: none; FJ_E_SIGNATURE: it does not verify.  *at
 * (may be NULL): the time of a cosignature. */
enum fj_rc fj_note_verify(const struct fj_note *n, const struct fj_vkey *k, fj_time *at, struct fj_err *err) FJ_MUST_USE;
/* a signature line with its newline; sig: what stands behind the id */
enum fj_rc fj_note_line_put(struct fj_buf *out, const char *name, const uint8_t id[4], struct fj_slice sig) FJ_MUST_USE;
/* Signs as a witness at a time (tlog-cosignature v1); secret: libsodium's 64 octets. */
enum fj_rc fj_cosign(struct fj_buf *out, const struct fj_vkey *k, const uint8_t *secret, fj_time at, struct fj_slice text, struct fj_err *err) FJ_MUST_USE;

struct fj_checkpoint {
	char origin[FJ_NOTE_NAME + 1];
	uint64_t size;
	struct fj_hash root;
};
/* The text of a note; lines behind the third pass.  FJ_E_PARSE. */
enum fj_rc fj_checkpoint_read(struct fj_slice text, struct fj_checkpoint *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_checkpoint_put(struct fj_buf *out, const struct fj_checkpoint *c) FJ_MUST_USE;

/* Origin and key name of the log of an appliance: its public address without the scheme, and "/log" (docs/formats.md 19).
 * FJ_E_INVALID when the address has no scheme, or is too long. */
enum fj_rc fj_log_origin(const char *base, char out[FJ_NOTE_NAME + 1], struct fj_err *err) FJ_MUST_USE;

/* c2sp.org/tlog-proof@v1 */
#define FJ_LOG_PROOF_MAX 65536
struct fj_log_proof {
	struct fj_buf extra; /* decoded; empty when there is none */
	uint64_t index;
	struct fj_path path;
	struct fj_slice note; /* into the source */
};
enum fj_rc fj_log_proof_read(struct fj_slice in, struct fj_log_proof *out, struct fj_err *err) FJ_MUST_USE;
void fj_log_proof_release(struct fj_log_proof *p);
FJ_DEFINE_AUTO(log_proof, struct fj_log_proof, fj_log_proof_release)
enum fj_rc fj_log_proof_put(struct fj_buf *out, const struct fj_log_proof *p) FJ_MUST_USE;
/* decimal without leading zeroes, as notes have numbers: FJ_E_PARSE */
enum fj_rc fj_note_number(struct fj_slice s, uint64_t *out) FJ_MUST_USE;

#endif
