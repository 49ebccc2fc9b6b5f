/*
 * proofs.c - the proofs of logging beside the credentials of the trust folder.
 *
 * A credential is published with a proof by the checkpoint of that moment, which no witness
 * has seen yet.  When so many of the operator's witnesses as its policy asks for have
 * cosigned one that covers it, the proof is made anew by that one, once.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "issuer/publish/publish.h"
#include "verifier/log_policy.h"

enum fj_rc pub_proof(struct iss *i, enum pipe_kind kind, const char *number, const char *object, struct fj_err *err)
{
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	char path[128];

	FJ_TRY(log_proof(i, i->pub.db, kind, object, &proof, err));
	snprintf(path, sizeof(path), "publish/trust/%s/%.40s.tlog-proof", kind == PIPE_CERTIFICATE ? "certificates" : "authorisations", number);
	return pub_file(i, path, fj_buf_slice(&proof), err);
}

/* leaves of the tree that enough witnesses have cosigned; 0: of none, or there is no policy */
static enum fj_rc cosigned_size(struct iss *i, uint64_t *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(VER_POLICY_MAX);
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_NOTE_MAX);
	FJ_AUTO(ver_policy) p = NULL;
	struct fj_note n;
	struct fj_checkpoint c;
	struct ver_cosigned by;

	*out = 0;
	if (i->conf.log_policy == NULL || fj_file_read(AT_FDCWD, LOG_FOLDER "/cosigned", &file, NULL) != FJ_OK ||
	    fj_note_read(fj_buf_slice(&file), &n, NULL) != FJ_OK || fj_checkpoint_read(n.text, &c, NULL) != FJ_OK)
		return FJ_OK;
	FJ_TRY(fj_file_read(AT_FDCWD, "publish/trust/log.policy", &text, err));
	FJ_TRY(ver_policy_read(fj_buf_slice(&text), &p, err));
	if (ver_policy_cosigned(p, &n, &by, NULL) == FJ_OK && by.quorum)
		*out = c.size;
	return FJ_OK;
}

static enum fj_rc renew(struct iss *i, int64_t from, int64_t until, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(i->pub.db, STO_LEAF_SHOWN, &q, err, "ii", from, until));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		char path[128];
		enum pipe_kind kind = (enum pipe_kind)sto_int(&q, 0);
		snprintf(path, sizeof(path), "publish/trust/%s/%.40s.tlog-proof", kind == PIPE_CERTIFICATE ? "certificates" : "authorisations", sto_text(&q, 1));
		struct fj_err why = {0};
		if (access(path, F_OK) == 0 && pub_proof(i, kind, sto_text(&q, 1), sto_text(&q, 2), &why) != FJ_OK) /* a certificate that no authorisation names has no file */
			fj_log_err(FJ_LOG_WARN, "a proof beside a credential stays the one that it was", &why);
	}
}

enum fj_rc pub_proofs_renew(struct iss *i, struct fj_err *err)
{
	int64_t before, seq;
	uint64_t size;
	fj_time at;

	FJ_TRY(cosigned_size(i, &size, err));
	FJ_TRY(pub_state(i, "cosigned", &before, &at, &seq, err));
	if ((int64_t)size <= before)
		return FJ_OK;
	FJ_TRY(renew(i, before, (int64_t)size, err));
	return pub_noted(i, "cosigned", (int64_t)size, fj_now(), 0, err);
}
