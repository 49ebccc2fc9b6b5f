/*
 * reporting.h - what the files about reports share: kinds, periods, documents.
 *
 * A report is a kind, a period and a unit.  Its document (docs/api.md) holds the figures, which
 * nobody can write, and around them what people write.  A draft is made when it is asked for; what
 * is submitted is stored with its hash, and fixed when a second officer approves it.
 */
#ifndef FJ_ISSUER_REPORTING_H
#define FJ_ISSUER_REPORTING_H

#include "issuer/figure.h"
#include "issuer/report/report.h"

#define RPT_MAX_DOC (3u << 20)
#define RPT_MAX_SIGNED (16u << 20) /* a signed report as a file: the document and the revocation lists */
#define RPT_ID_CAP 48

struct rpt_kind {
	const char *name, *code;    /* "half-year", "HY" */
	unsigned figures;           /* FIG_… */
	bool half;                  /* periods are half-years; else years */
	bool needs_unit;            /* not for all units at once */
	const char *by;             /* "unit", "holder": units side by side; NULL none */
	uint32_t roles;             /* whose officers write and approve it, for their own organisation */
	const char *zh, *en, *basis, *basis_zh;
	const char *due_key;        /* of the profile: month and day as MMDD; of the second half-year: due_key2 */
	const char *due_key2;
};
extern const struct rpt_kind rpt_kinds[];
size_t rpt_kind_count(void);
/* FJ_E_INVALID, naming all */
enum fj_rc rpt_kind_find(const char *name, const struct rpt_kind **out, struct fj_err *err) FJ_MUST_USE;

/* a text that people write: key, heading, whether it stands before the figures; NULL at the end.
 * `kinds`: of which kinds (FIG_…) */
struct rpt_section {
	const char *key, *zh;
	unsigned kinds;
	bool first;
};
extern const struct rpt_section rpt_sections[];

struct rpt_key {
	const struct rpt_kind *kind;
	char period[8];      /* 2026H1, 2026 */
	fj_time from, to;    /* to: the first moment after it */
	char unit[19];       /* "" all units */
};
/* FJ_E_INVALID: no period of this kind */
enum fj_rc rpt_period(const struct rpt_kind *kind, const char *text, struct rpt_key *out, struct fj_err *err) FJ_MUST_USE;
void rpt_period_name(const struct rpt_key *k, char out[48]); /* 2026年上半年 */
/* how the report of this id is called: "2026年上半年 …"; the id itself where it is none */
void rpt_title(const char *id, char zh[160], char en[160]);
void rpt_id(const struct rpt_key *k, int64_t version, char out[RPT_ID_CAP]);

/* The document of a draft, as of `upto` (the period's end, or now while it runs); the caller's. */
enum fj_rc rpt_draft(struct iss_call *c, const struct rpt_key *k, fj_time upto, json_t **doc, struct fj_err *err) FJ_MUST_USE;
/* SHA-256 of a canonical document, hex */
enum fj_rc rpt_hash(const json_t *doc, char hex[65], struct fj_err *err) FJ_MUST_USE;
/* The document of a stored report, with what the register says of it ("id", "state", "draft",
 * "version", "sha256", "signature", …); q stands on a row of REPORT_GET and the like.  The caller's. */
enum fj_rc rpt_stored(struct sto *db, const struct sto_q *q, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* Intends the signature of the report that was just fixed: sha256 of its document, hex. */
enum fj_rc rpt_seal(struct iss_call *c, const char *id, const struct rpt_key *k, const char *sha256, struct fj_err *err) FJ_MUST_USE;
/* {"state": SIGNED, "at", "jws"}, or another state and "why" there is none; null while it is not FIXED; the caller's */
enum fj_rc rpt_signature(struct sto *db, const char *id, const char *state, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* c->answer: document, signature and revocation lists as one file; FJ_E_STATE without a signature */
enum fj_rc rpt_signed_file(struct iss_call *c, const char *id, const char *doc, struct fj_err *err) FJ_MUST_USE;
/* the document as one to be written (issuer/report); the caller's */
enum fj_rc rpt_model(const json_t *doc, json_t **model, struct fj_err *err) FJ_MUST_USE;
/* c->answer: the document itself (format "json"), or a file of it */
enum fj_rc rpt_answer(struct iss_call *c, json_t *doc, const char *format, struct fj_err *err) FJ_MUST_USE;
/* figures of other registers taken into this report: [{"unit","name","format","sha256","values","signed","signer"?}...] */
enum fj_rc rpt_returns(struct sto *db, const struct rpt_key *k, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_FORBIDDEN unless the actor's office writes this kind of report, for his own organisation */
enum fj_rc rpt_writer(struct iss_call *c, const struct rpt_key *k, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_STATE while a report waits for its approval */
enum fj_rc rpt_open(struct iss_call *c, const struct rpt_key *k, struct fj_err *err) FJ_MUST_USE;
/* kind, period and unit (the own organisation by default) of the call's parameters */
enum fj_rc rpt_key_of(struct iss_call *c, const char *kind, struct rpt_key *out, struct fj_err *err) FJ_MUST_USE;
/* when the report of this period is due: a day of +08:00 */
enum fj_rc rpt_due(struct iss_call *c, const char *finance, const struct rpt_key *k, fj_time *out, struct fj_err *err) FJ_MUST_USE;
/* What statement DEADLINES asks with: canonical JSON, one object for each kind and period that is due until
 * then, by each profile that somebody adopted and by the defaults (report_calendar.c). */
enum fj_rc rpt_terms(struct iss_call *c, fj_time until, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
