/*
 * log_policy.h - which logs and witnesses somebody believes, and how many of them are
 * enough: a log.policy (C2SP tlog-policy), read strictly, and asked of a checkpoint.
 *
 * Pure.  It does NOT check the log's ECDSA line or that a leaf is in the tree, nor what a
 * witness's time says: a cosignature that verifies counts.  Keys that are not Ed25519 are
 * refused: a witness that can't be checked would count as one that did not sign.
 */
#ifndef FJ_VERIFIER_LOG_POLICY_H
#define FJ_VERIFIER_LOG_POLICY_H

#include "base/note.h"

#define VER_POLICY_MAX 65536 /* octets of a policy */
#define VER_POLICY_LOGS 32
#define VER_POLICY_NAMES 64  /* witnesses and groups together; 32 of each at most */
#define VER_POLICY_KIND 32
#define VER_POLICY_NONE (-1)

/* A witness, or a group of what was defined before it.  Each stands in one group at most, so a witness counts once. */
struct ver_policy_name {
	char name[FJ_NOTE_NAME + 1];
	char url[FJ_NOTE_NAME + 1]; /* of a witness, "" when it has none */
	bool group;
	struct fj_vkey key;         /* of a witness: cosignatures, type 4 */
	unsigned need;              /* of a group: how many of its members */
	int in;                     /* the group that it is a member of, VER_POLICY_NONE */
};
struct ver_policy {
	size_t n_log, n_witness, n_group, n; /* n: of name[], in the order of the file */
	struct fj_vkey log[VER_POLICY_LOGS];
	struct ver_policy_name name[VER_POLICY_NAMES];
	int quorum;                 /* index, or VER_POLICY_NONE: no cosignature is asked for */
};
/* FJ_E_PARSE with the line's number; FJ_E_LIMIT for more than the limits above. */
enum fj_rc ver_policy_read(struct fj_slice text, struct ver_policy **out, struct fj_err *err) FJ_MUST_USE;
void ver_policy_free(struct ver_policy *p);
FJ_DEFINE_AUTO_PTR(ver_policy, struct ver_policy, ver_policy_free)

struct ver_cosigned {
	size_t witnesses, by; /* that the policy names; of them, whose cosignature verifies */
	bool quorum;
};
/* Who of the policy cosigned this note, and is it enough?  FJ_E_SIGNATURE: a line by a witness's key does not
 * verify, and nothing in the note is worth anything. */
enum fj_rc ver_policy_cosigned(const struct ver_policy *p, const struct fj_note *note, struct ver_cosigned *out, struct fj_err *err) FJ_MUST_USE;
/* A true line by one of the policy's logs of this origin; a policy without logs asks for none.  FJ_E_SIGNATURE. */
enum fj_rc ver_policy_log(const struct ver_policy *p, const struct fj_note *note, const char *origin, struct fj_err *err) FJ_MUST_USE;

#endif
