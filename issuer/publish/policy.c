/*
 * policy.c - publish/trust/log.policy: the witnesses of the public log, as the operator's
 * file names them ([log] policy of fujie.ini).
 *
 * It is taken over at start, when it has changed, and read by the same reader as a
 * verifier's: what nobody could follow is told to whoever configured it.  A policy that
 * names no log is given ours, so that it says by itself whose checkpoints it is about.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/publish/publish.h"
#include "verifier/log_policy.h"

#define POLICY "publish/trust/log.policy"

static enum fj_rc names_ours(const struct iss *i, const struct ver_policy *p, struct fj_err *err)
{
	for (size_t k = 0; k < p->n_log; k++)
		if (strcmp(p->log[k].name, i->log.key.name) == 0 && memcmp(p->log[k].key, i->log.key.key, sizeof(i->log.key.key)) == 0)
			return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "publish", "C2SP tlog-policy", "the policy of [log] policy names logs, and this home's is none of them: its key is in publish/trust/log.vkey",
	    "[log] policy 所指策略列有日志，但不含本系统的日志；其密钥见 publish/trust/log.vkey");
}

static enum fj_rc compose(struct iss *i, struct fj_slice text, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(ver_policy) p = NULL;
	enum fj_rc rc = FJ_OK;

	FJ_TRY(ver_policy_read(text, &p, err));
	if (p->n_log > 0)
		FJ_TRY(names_ours(i, p, err));
	else if ((rc = fj_buf_puts(out, "log ")) == FJ_OK && (rc = fj_vkey_put(out, &i->log.key)) == FJ_OK)
		rc = fj_buf_printf(out, " %s/log\n", iss_base(i));
	if (rc == FJ_OK)
		rc = fj_buf_put(out, text.p, text.len);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "publish", "C2SP tlog-policy", "the policy of the log is too large");
}

enum fj_rc pub_log_policy(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(VER_POLICY_MAX);
	FJ_AUTO(buf) next = FJ_BUF_INIT(VER_POLICY_MAX);
	FJ_AUTO(buf) now = FJ_BUF_INIT(VER_POLICY_MAX);

	if (i->conf.log_policy == NULL)
		return unlink(POLICY) == 0 || errno == ENOENT ? FJ_OK : fj_fail_errno(err, "publish", "remove %s", POLICY);
	FJ_TRY(fj_file_read(AT_FDCWD, i->conf.log_policy, &text, err));
	FJ_TRY(compose(i, fj_buf_slice(&text), &next, err));
	if (fj_file_read(AT_FDCWD, POLICY, &now, NULL) == FJ_OK && fj_slice_eq(fj_buf_slice(&now), fj_buf_slice(&next)))
		return FJ_OK;
	return pub_file(i, POLICY, fj_buf_slice(&next), err);
}
