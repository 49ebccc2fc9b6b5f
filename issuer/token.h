/*
 * token.h - what the files about license tokens share: a token's row, and the one way in which
 * a token is checked and intended, whoever asked for it.
 */
#ifndef FJ_ISSUER_TOKEN_H
#define FJ_ISSUER_TOKEN_H

#include "issuer/product.h"

#define TOK_NAMED_DAYS 90 /* domain.md decision 7; the verifier holds it too */
#define TOK_BULK 10000    /* users of one job */
#define TOK_MAX_AUDIENCE 200 /* as base/claims.c holds it */
#define TOK_MAX_TOLD 5000 /* faults in one answer */
#define TOK_MAX_LIST (24u << 20) /* octets of a covering list: TOK_BULK rows of the longest names */

struct token {
	char id[64], authorisation[41], operator_[19], asset_no[DOM_CAP(DOM_MAX_ASSET_NO)], user[19], user_name[DOM_CAP(DOM_MAX_NAME)],
	    product[DOM_CAP(DOM_MAX_PRODUCT)], state[16];
	fj_time not_before, not_after;
	int64_t list, idx;
	char suspended_by[16]; /* iss_party_name; "" not suspended */
	int64_t quota, used;   /* quota -1: none; used: by the reported daily totals */
	bool spent;            /* it was used up, and its operator has not opened it again */
	struct dom_fee fee;
};
enum fj_rc tok_get(struct sto *db, const char *id, struct token *t, struct fj_err *err) FJ_MUST_USE;
/* the service addresses of the newest licenses of a product that are bound by name, each once: texts, appended */
enum fj_rc tok_audiences(struct sto *db, const char *authorisation, const char *product, json_t *out, struct fj_err *err) FJ_MUST_USE;
bool tok_used_up(const struct token *t);
/* Is the token's text for the actor?  For whom it was made, its authorisation's parties, and who audits them: by name it can
 * be used by whoever has it.  Whatever hands the text out asks this. */
enum fj_rc tok_may_have(struct iss_call *c, const struct token *t, bool *out, struct fj_err *err) FJ_MUST_USE;

/* Tokens being issued under one request (docs/api.md, token.issue).  Set c and r, then tok_check;
 * tok_release always.  line: the row of a job that the next token is for. */
struct issuing {
	struct iss_call *c;
	const json_t *r;      /* the request */
	bool asked;           /* an application: the address of a service may be left to who decides */
	const char *by;       /* USCC that has to be the operator's; NULL: it only asks */
	struct dom_auth auth;
	struct dom_org op;
	const json_t *asset;  /* of the authorisation's payload */
	const json_t *grant;
	fj_time to;
	struct dom_fee fee;   /* by tok_check */
	char parent_hash[48];
	const char *job;      /* NULL: no job */
	int64_t line;
};
void tok_release(struct issuing *w);
/* All that does not depend on the user: who issues, authorisation in force, scope, term, terms,
 * certificate, product, and the form of what becomes a token. */
enum fj_rc tok_check(struct issuing *w, struct fj_err *err) FJ_MUST_USE;
/* What it costs, after tok_check: "fee_fen" and "charge_basis" where a registered product says so; added to out. */
enum fj_rc tok_price(const struct issuing *w, json_t *out, struct fj_err *err) FJ_MUST_USE;
/* For who decides on a request: "fee_fen" and "charge_basis" where it could be issued now, and "permitted",
 * the authorisation's grant; added to out. */
enum fj_rc tok_told(struct iss_call *c, const json_t *request, json_t *out, struct fj_err *err) FJ_MUST_USE;
/* One user {usci, name, binding?, x5t?, jwk?}; its own binding goes before the request's. */
enum tok_part { TOK_USCI, TOK_NAME, TOK_BINDING, TOK_X5T, TOK_JWK, TOK_PARTS };
enum fj_rc tok_user(const struct issuing *w, const json_t *user, struct fj_err *err) FJ_MUST_USE;
const char *tok_binding(const struct issuing *w, const json_t *user);
/* the same by its steps, for who wants every fault; *part: which member a refusal is about */
#define TOK_USER_STEPS 4
enum fj_rc tok_user_step(const struct issuing *w, const json_t *user, int step, enum tok_part *part, struct fj_err *err) FJ_MUST_USE;
/* a token for a user who passed tok_user, as an intent; its id into id[40] */
enum fj_rc tok_intend(struct issuing *w, const json_t *user, char id[40], struct fj_err *err) FJ_MUST_USE;

/* The claims of a token for that user under this id and with this entry; new, the caller's. */
enum fj_rc tok_claims(struct issuing *w, const json_t *user, const char *id, const struct sts_ref *own, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* all of them as intents; their ids appended */
enum fj_rc tok_intend_all(struct issuing *w, const json_t *users, json_t *ids, struct fj_err *err) FJ_MUST_USE;

/* --- token_signed.c: where the operator's officers sign license tokens (docs/formats.md 25) --- */
/* What they sign, into an approval's payload: "parent", "license", "users", "persons".  After tok_check and tok_user; `users` as tok_user takes them. */
enum fj_rc tok_seal(struct issuing *w, const json_t *users, int persons, json_t *payload, struct fj_err *err) FJ_MUST_USE;
/* the request to issue, which its asker may sign and decide himself; application: the one that it says yes to, or NULL */
enum fj_rc tok_ask(struct issuing *w, const json_t *users, const char *application, const char *note, struct fj_err *err) FJ_MUST_USE;
/* "token" and "parent": the token and its authorisation as they were issued, so that the signer sees whose it is */
enum fj_rc tok_shown(struct sto *db, const char *id, json_t *payload, struct fj_err *err) FJ_MUST_USE;
/* token_request.c: the application was accepted, and this token intended */
enum fj_rc tok_accepted(struct iss_call *c, const char *application, const char *note, const char *token, struct fj_err *err) FJ_MUST_USE;

/* --- token_bulk.c: jobs --- */
struct tok_job {
	char id[32], authorisation[41], operator_[19], product[DOM_CAP(DOM_MAX_PRODUCT)], state[12], sha256[65], digest[65], approval[32], applicant[64], list_sha256[65];
	int64_t total, taken, refused; /* rows of the job, those that were taken up, those that got no token */
	fj_time at, done_at;
	json_t *request, *reason;      /* owned; reason {"en","zh"} of a job that is held or was stopped, else null */
};
void tok_job_release(struct tok_job *j);
FJ_DEFINE_AUTO(tok_job, struct tok_job, tok_job_release)
enum fj_rc tok_job_get(struct sto *db, const char *id, struct tok_job *out, struct fj_err *err) FJ_MUST_USE;
/* operator's own people, implementer, finance department and auditors; else FJ_E_FORBIDDEN */
enum fj_rc tok_job_reader(struct iss_call *c, const struct tok_job *j, struct fj_err *err) FJ_MUST_USE;
/* The covering list of a job as CSV, appended to out; its SHA-256, hex, into hex. */
enum fj_rc tok_list(struct sto *db, const struct tok_job *j, struct fj_buf *out, char hex[65], struct fj_err *err) FJ_MUST_USE;

/* For people who decide: [{"line","usci","name"}], the first TOK_USERS_TOLD of a list's lines, or of the rows
 * kept under this hash.  Owned by the caller. */
#define TOK_USERS_TOLD 50
json_t *tok_users_told(const json_t *lines);
enum fj_rc tok_users_kept(const char *sha256, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- token_sheet.c: lists of users --- */
/* Users as they stand in a file (CSV, XLSX: headings in Chinese or English, in any order) or in
 * the request's "users", checked each as tok_user does.  Good ones in lines, in order; faults as
 * [{"line","column","rule","basis","clause","detail"}], the column of JSON being 0.  A user who
 * stands twice with one binding is a fault of the second row.  FJ_E_LIMIT: more than TOK_BULK good ones;
 * FJ_E_INVALID: no such file. */
struct tok_list {
	json_t *lines, *faults; /* owned; lines: [{"line": "7", "user": {...}}] */
	json_t *left;           /* owned; [{"line", "usci", "name"}], the first TOK_USERS_TOLD of the rows that are left out for their faults */
	int64_t read, n_faults, n_left; /* rows; faults, of which TOK_MAX_TOLD are told; rows left out */
	const char *encoding;   /* of the file; "JSON" */
};
void tok_list_release(struct tok_list *l);
FJ_DEFINE_AUTO(tok_list, struct tok_list, tok_list_release)
enum fj_rc tok_read(struct issuing *w, struct fj_slice file, struct tok_list *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc tok_read_json(struct issuing *w, const json_t *users, struct tok_list *out, struct fj_err *err) FJ_MUST_USE;

#endif
