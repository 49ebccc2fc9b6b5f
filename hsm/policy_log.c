/*
 * policy_log.c - which heads of the public log are signed.
 *
 * Compared: the text is origin, size and root and nothing more, as we would write
 * it; the origin is the ceremony's address without its scheme, and "/log"; the size
 * is not below that of the head signed last.  The same size has the same root (its
 * signature may be asked for again); a greater one comes with a proof that the tree
 * signed last is its beginning (RFC 6962 2.1.2).  So there is one history: whoever
 * has taken the registry can end it, not write a second one.
 */
#include "hsm/signer.h"

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))

static enum fj_rc check_text(const struct hsm_memory *m, struct fj_slice text, struct fj_checkpoint *c, struct fj_err *err)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_NOTE_MAX);
	char origin[FJ_NOTE_NAME + 1];

	FJ_TRY(fj_checkpoint_read(text, c, err));
	FJ_TRY(fj_log_origin(m->base, origin, err));
	if (fj_checkpoint_put(&again, c) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a checkpoint is too large");
	MUST(fj_slice_eq(text, fj_buf_slice(&again)), "formats.md 19", "a checkpoint is not exactly origin, size and root");
	MUST(strcmp(c->origin, origin) == 0, "formats.md 19", "the checkpoint's origin is not this appliance's log");
	return FJ_OK;
}

enum fj_rc policy_log(const struct hsm_memory *m, struct fj_slice text, const struct fj_path *proof, struct fj_buf *delta, struct fj_err *err)
{
	struct fj_checkpoint c;

	FJ_TRY(check_text(m, text, &c, err));
	MUST(c.size >= m->log_size, "lesson 14", "the log would be shorter than the head that was signed last");
	if (c.size == m->log_size)
		MUST(proof->n == 0 && fj_hash_eq(&c.root, &m->log_root), "RFC 6962 2.1", "the log would have another root at the size that was signed last");
	else
		MUST(fj_path_consistent(proof, m->log_size, &m->log_root, c.size, &c.root), "RFC 6962 2.1.2",
		    "the log's new head does not extend the head that was signed last");
	if (fj_put_u8(delta, MEM_OP_LOG) != FJ_OK || fj_put_u64(delta, c.size) != FJ_OK || fj_buf_put(delta, c.root.b, FJ_SHA256_LEN) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
	return FJ_OK;
}
