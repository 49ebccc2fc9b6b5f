/*
 * paper.h - certificates, authorisations and license tokens as official paper: their pages
 * as documents (issuer/report), numbered copies, and what comes back sealed.
 */
#ifndef FJ_ISSUER_PAPER_H
#define FJ_ISSUER_PAPER_H

#include "issuer/domain.h"
#include "issuer/report/report.h"

#define PPR_ID_CAP 64 /* of a copy: CP-number-nn */

/* One copy of a paper, or NULL for a print that is no numbered copy and says so. */
struct ppr_copy {
	int64_t n;   /* 1 and up */
	fj_time at;  /* it was made out */
};
/* what a paper is of */
enum ppr_kind { PPR_CERTIFICATE, PPR_AUTHORISATION, PPR_TOKEN };
struct ppr_subject {
	enum ppr_kind kind;
	char number[64];
	char holder[19];  /* USCC of the holder of the asset, whose finance department keeps the copies */
	char finance[19]; /* USCC of that */
	char sha256[65];  /* of the signed credential, hex; "" not issued */
	char state[16];   /* fnd_state's, or what keeps an active one from being used */
};
/* FJ_E_NOTFOUND: no credential of this number; FJ_E_INVALID: it is no such number */
enum fj_rc ppr_subject(struct iss_call *c, const char *number, struct ppr_subject *out, struct fj_err *err) FJ_MUST_USE;
/* The page as a document of issuer/report; the caller's.  Of a copy it depends on the register's record
 * and the copy alone, not on the present. */
enum fj_rc ppr_document(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- the three kinds; *model the caller's --- */
enum fj_rc ppr_certificate(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, json_t **model, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ppr_authorisation(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, json_t **model, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ppr_token(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, json_t **model, struct fj_err *err) FJ_MUST_USE;
/* what keeps an authorisation that is active from being used: a certificate, its day; *lost may be NULL */
enum fj_rc ppr_authorisation_state(struct iss_call *c, const struct dom_auth *a, struct dom_cert *lost, const char **state, struct fj_err *err) FJ_MUST_USE;

/* --- page.c: what their pages share --- */
const char *ppr_word(const char *code); /* a code in both languages; the code itself when it has none */
void ppr_section(json_t *sections, const char *heading, json_t *blocks);
/* codes (as words) or texts of a list in one line, appended; `none` when it is empty */
enum fj_rc ppr_joined(const json_t *list, bool codes, const char *none, struct fj_buf *out) FJ_MUST_USE;
/* divisions of a list with their names, appended */
enum fj_rc ppr_territory(struct sto *db, const json_t *list, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* "…; at most 100 calls; no sub-authorisation" */
void ppr_limits(const json_t *grant, char out[400]);
/* "2026-03-16 至 2029-03-15（…）" */
void ppr_term(fj_time from, fj_time to, char out[200]);
/* address of the public page, ?h= of the signed credential, &c= of the copy; h and c only with `code` */
void ppr_address(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, bool code, char out[260]);
/* row of the state as of a print; of a copy: that it was in force when it was made out */
void ppr_state_text(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, const char *more, char out[240]);
/* That the register prevails, what the paper is not, what to do when it is lost. */
json_t *ppr_notes(const struct ppr_copy *copy, const char *first);
/* the whole document around its sections (taken over); finance: the issuing department's name */
enum fj_rc ppr_finish(struct iss_call *c, const struct ppr_subject *s, const struct ppr_copy *copy, const char *title, const char *subtitle, const char *finance, json_t *sections, json_t **model,
    struct fj_err *err) FJ_MUST_USE;

/* --- print.c --- */
/* the command's answer: the document as a file NAME.format, or for json as it is */
enum fj_rc ppr_answer(struct iss_call *c, const json_t *document, const char *name, const char *format, struct fj_err *err) FJ_MUST_USE;

/* --- sealed.c: files that come back with a seal --- */
enum fj_rc ppr_sealed_prepare(struct fj_err *err) FJ_MUST_USE; /* as rep_prepare */
/* Is `sealed` the exported file `own` (both PDF, or both OFD) and nothing else but a seal put on it?  FJ_E_INVALID
 * says what differs; FJ_E_PARSE, FJ_E_LIMIT what can't be read. */
#define PPR_MAX_SEALED (16u << 20)
enum fj_rc ppr_sealed_check(struct fj_slice own, struct fj_slice sealed, struct fj_err *err) FJ_MUST_USE;

#endif
