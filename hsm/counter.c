/*
 * counter.c - is the signer's folder the newest one there ever was?
 *
 * What the signer remembers is a file, and a file can be put back.  A counter in the
 * TPM can't: it only rises.  At every start, and then every 4096 records or hour with
 * records, the value that it is about to get is written to the audit log, and then it
 * is raised.  So at a start the TPM stands at the value that was announced last, or,
 * after a kill between the two, one below.  Anything else means that folder and TPM
 * do not belong together: the signer starts, says so, and signs nothing until two
 * officers have looked into it and take the folder as it is.
 *
 * A ceremony raises it before it makes its keys, and again behind them: one that is cut in between goes on,
 * and is not taken for a folder that was put back.
 *
 * A folder that is put back within one interval and without a start in between is
 * not found; nor is a software TPM's state that is put back together with it.  Who
 * keeps a checkpoint elsewhere, a witness or a mirror, finds both.
 *
 * A record here bears the time of the one before: at a start the clock may not be
 * set yet, and is not to count for the clock watch.
 */
#include "base/log.h"
#include "hsm/signer.h"

static enum fj_rc record(struct hsm_signer *s, enum audit_type type, const struct fj_buf *b, struct fj_err *err)
{
	return audit_append(&s->audit, type, s->mem.last, fj_buf_slice(b), err);
}

static void close_signer(struct hsm_signer *s, uint64_t stands)
{
	if (stands > s->mem.counter)
		snprintf(s->watch.closed, sizeof(s->watch.closed), "the TPM's counter stands at %llu and the audit log knows %llu: the signer's folder is an older state that was put back",
		    (unsigned long long)stands, (unsigned long long)s->mem.counter);
	else
		snprintf(s->watch.closed, sizeof(s->watch.closed), "the TPM's counter stands at %llu and the audit log says %llu: the TPM's own state is an older one, or this is another TPM",
		    (unsigned long long)stands, (unsigned long long)s->mem.counter);
	fj_log(FJ_LOG_ERROR, "the signer is closed and signs nothing: %s", s->watch.closed);
}

/* the TPM's value, 0 when it has no counter any more; closes when that is not the log's */
static enum fj_rc compare(struct hsm_signer *s, uint64_t *stands, struct fj_err *err)
{
	enum fj_rc rc = hsm_tpm_counter(s->tpm, stands, err);

	if (rc == FJ_E_NOTFOUND)
		*stands = 0;
	else
		FJ_TRY(rc);
	if (*stands == 0 || (*stands != s->mem.counter && *stands + 1 != s->mem.counter))
		close_signer(s, *stands);
	return FJ_OK;
}

/* announced, then raised: the other way round a kill between them would look like a folder put back */
static enum fj_rc raise_from(struct hsm_signer *s, uint64_t stands, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(16);
	uint64_t now = 0;

	FJ_TRY(fj_put_u64(&b, stands + 1));
	FJ_TRY(record(s, AUDIT_COUNTER, &b, err));
	s->mem.counter = stands + 1;
	FJ_TRY(hsm_tpm_counter_up(s->tpm, err));
	FJ_TRY(hsm_tpm_counter(s->tpm, &now, err));
	if (now != stands + 1)
		return fj_fail(err, FJ_E_TPM, HSM_LAYER, NULL, "the TPM's counter was to be %llu, and is %llu", (unsigned long long)stands + 1, (unsigned long long)now);
	s->watch.due = false;
	s->watch.seq = s->audit.seq;
	s->watch.boot = fj_boot_ms();
	return FJ_OK;
}

static enum fj_rc advance(struct hsm_signer *s, struct fj_err *err)
{
	uint64_t stands;

	s->watch.due = true;
	FJ_TRY(compare(s, &stands, err));
	return s->watch.closed[0] == '\0' ? raise_from(s, stands, err) : FJ_OK;
}

enum fj_rc counter_start(struct hsm_signer *s, struct fj_err *err)
{
	struct fj_err why = {0};
	enum fj_rc rc = advance(s, &why);

	if (rc == FJ_OK || hsm_tpm_lost(s->tpm)) {
		if (rc != FJ_OK && err != NULL)
			*err = why;
		return rc;
	}
	fj_log_err(FJ_LOG_WARN, "the TPM's counter waits", &why);
	return FJ_OK;
}

enum fj_rc counter_begin(struct hsm_signer *s, struct fj_err *err)
{
	uint64_t stands;

	FJ_TRY(hsm_tpm_counter(s->tpm, &stands, err));
	return raise_from(s, stands, err);
}

enum fj_rc counter_open(const struct hsm_signer *s, struct fj_err *err)
{
	if (s->watch.closed[0] == '\0')
		return FJ_OK;
	return fj_fail(err, FJ_E_STATE, HSM_LAYER, "lesson 14", "the signer is closed: %.190s; find out why, then let two officers open it: fujie log restore", s->watch.closed);
}

/* What was announced and did not rise stands one below the log, or at it: so does a kill between the two.  With a TPM
 * that refuses for now the signer goes on and tries again; after anything else the log is read anew. */
static enum fj_rc advance_or_end(struct hsm_signer *s, struct fj_err *err)
{
	enum fj_rc rc = advance(s, err);

	s->fatal = s->fatal || (rc != FJ_OK && !hsm_tpm_stays(err));
	return rc;
}

enum fj_rc counter_ready(struct hsm_signer *s, struct fj_err *err)
{
	if (s->watch.due)
		FJ_TRY(advance_or_end(s, err));
	return counter_open(s, err);
}

enum fj_rc counter_tick(struct hsm_signer *s, struct fj_err *err)
{
	uint64_t records = s->audit.seq - s->watch.seq;

	if (s->mem.counter == 0 || s->watch.closed[0] != '\0' || s->watch.due || records == 0 ||
	    (records < COUNTER_RECORDS && fj_boot_ms() - s->watch.boot < COUNTER_S * INT64_C(1000)))
		return FJ_OK;
	enum fj_rc rc = advance_or_end(s, err);
	if (rc != FJ_OK && !s->fatal)
		fj_log_err(FJ_LOG_WARN, "the TPM's counter waits", err);
	return rc;
}

/* COUNTER: u64 value.  RESTORE: u64 value, str reason, bytes approvals. */
enum fj_rc counter_replay(struct hsm_memory *m, const struct audit_record *r, struct fj_err *err)
{
	char reason[320];
	struct fj_slice approvals;
	struct fj_rd rd;

	fj_rd_init(&rd, r->body);
	if (fj_get_u64(&rd, &m->counter) != FJ_OK ||
	    (r->type == AUDIT_RESTORE && (fj_get_str(&rd, reason, sizeof(reason)) != FJ_OK || fj_get_bytes(&rd, FJ_IPC_MAX, &approvals) != FJ_OK)) ||
	    fj_rd_end(&rd) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a record of the audit log is malformed");
	return FJ_OK;
}

enum fj_rc counter_restore(struct hsm_signer *s, struct fj_slice approvals, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(16384);
	uint64_t stands;

	if (s->watch.closed[0] == '\0')
		return fj_fail(err, FJ_E_STATE, HSM_LAYER, "lesson 14", "the signer is not closed: there is nothing to restore");
	FJ_TRY(hsm_tpm_counter_make(s->tpm, err)); /* where it was removed */
	FJ_TRY(hsm_tpm_counter(s->tpm, &stands, err));
	FJ_TRY(fj_put_u64(&b, stands));
	FJ_TRY(fj_put_str(&b, s->watch.closed));
	FJ_TRY(fj_put_bytes(&b, approvals));
	s->fatal = true;
	FJ_TRY(record(s, AUDIT_RESTORE, &b, err));
	s->mem.counter = stands;
	s->watch.closed[0] = '\0';
	FJ_TRY(raise_from(s, stands, err));
	s->fatal = false;
	fj_log(FJ_LOG_WARN, "two officers have opened the signer on the state that it has");
	return FJ_OK;
}
