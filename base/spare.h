/*
 * spare.h - the two files by which a root gets a second home (docs/formats.md 28): the request that the
 * spare writes before the ceremony, and what leaves the first TPM for it.
 *
 * Both are read strictly.  Neither is secret, and neither is believed: the request's parent goes
 * into the plan, which officers compare and sign; what is moved opens in that one TPM alone, and there only
 * as a key of the plan's policy.  Not checked: the request's attestation (fujie-verify attestation --spare does).
 */
#ifndef FJ_BASE_SPARE_H
#define FJ_BASE_SPARE_H

#include "base/approval.h"

#define FJ_SPARE_REQUEST_MAX (1u << 20)
#define FJ_MOVE_FILE_MAX 16384
#define FJ_MOVED_MAX 2
#define FJ_MOVED_PART 1024 /* octets of a part */

/* {"version":1,"parent":base64url TPMT_PUBLIC,"attestation":{...}}; *attestation is borrowed from *doc, the caller's */
enum fj_rc fj_spare_request_read(struct fj_slice file, struct fj_buf *parent, json_t **doc, json_t **attestation, struct fj_err *err) FJ_MUST_USE;

/* one root's key on its way: TPMT_PUBLIC, and the contents of TPM2B_PRIVATE and TPM2B_ENCRYPTED_SECRET as TPM2_Duplicate answers them */
struct fj_moved {
	enum fj_alg alg;
	struct fj_buf public, private, seed;
};
void fj_moved_init(struct fj_moved *m);
void fj_moved_clear(struct fj_moved *m);
void fj_moved_release(struct fj_moved *m);
FJ_DEFINE_AUTO(fj_moved, struct fj_moved, fj_moved_release)
struct fj_move_file {
	struct fj_hash plan;
	size_t n;
	struct fj_moved m[FJ_MOVED_MAX]; /* P-256 first */
};
void fj_move_file_init(struct fj_move_file *f);
void fj_move_file_release(struct fj_move_file *f);
FJ_DEFINE_AUTO(move_file, struct fj_move_file, fj_move_file_release)
enum fj_rc fj_move_file_read(struct fj_slice file, struct fj_move_file *out, struct fj_err *err) FJ_MUST_USE;
/* canonical and a newline */
enum fj_rc fj_move_file_put(const struct fj_move_file *f, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
