/*
 * account.h - what the files of accounts share: secrets and their checks, sessions,
 * API tokens, the record of tries to sign in, slowing down, keys of client
 * certificates.
 *
 * Accounts stand beside the record (schema_core.sql); what gives somebody a way in
 * or takes one away by decision of officers is an event (user.*).  All times here are
 * the machine's, not a demo's clock: people's telephones show it.
 */
#ifndef FJ_ISSUER_ACCOUNT_H
#define FJ_ISSUER_ACCOUNT_H

#include <sodium.h>

#include "issuer/core.h"

int64_t acc_now(void);

/* --- password.c --- */
#define PWD_MIN 12
#define PWD_MAX 128
#define PWD_PARTS 8 /* a password has as many parts that nobody tries first */
/* argon2id, RFC 9106 4 (second choice): 3 passes over 64 MiB; one lane, which is libsodium's */
#define PWD_OPS 3
#define PWD_MEMORY ((size_t)64 << 20)
struct pwd_about { /* what others know of the user; NULL: not known */
	const char *login, *name, *org, *org_name;
};
/* In how many parts somebody who tries the likeliest first would write it: a known word, a row of keys, a date, a
 * repetition, a piece of what is in `about` is one part; so is each other character.  Pure. */
int pwd_parts(const char *password, const struct pwd_about *about);
/* FJ_E_INVALID: too short, too long, too few parts, or in the operator's file */
enum fj_rc pwd_check(struct iss *i, const char *password, const struct pwd_about *about, struct fj_err *err) FJ_MUST_USE;
enum fj_rc pwd_hash(const char *password, char out[crypto_pwhash_STRBYTES], struct fj_err *err) FJ_MUST_USE;
/* The operator's file: sorted lines that each begin with the first 16 to 40 hex digits of a password's SHA-1, as many in
 * each; what follows behind ":" is passed over.  FJ_E_INVALID names what is wrong with its beginning. */
struct pwd_leaks {
	int fd; /* -1: none */
	int64_t size;
	size_t digits;
};
enum fj_rc pwd_leaks_open(const char *path, struct pwd_leaks *out, struct fj_err *err) FJ_MUST_USE;
/* by binary search; a file that can't be read knows nothing, and the log says so */
bool pwd_leaked(const struct pwd_leaks *l, const char *password);

/* --- throttle.c --- */
/* seconds to wait after so many failures in a row, the last of them at `at` */
#define THR_FREE 5
#define THR_WAIT_MAX 60
int64_t thr_wait(int64_t failures, int64_t at, int64_t now);
/* One try from an address (an IPv6 network of 64 bits is one, all that are no address are one): 0, or the seconds to wait.
 * 30 at once, then one a minute; this machine and "" are never slowed.  thr_forgive takes the try back: it succeeded. */
int64_t thr_address(const char *address, int64_t now);
int64_t thr_address_wait(const char *address, int64_t now); /* what it would say; counts nothing */
void thr_forgive(const char *address);
/* One try at a login that does not exist: 0, and it counts as a failure; or the seconds to wait, as at one that does. */
int64_t thr_unknown(const char *login, int64_t now);
int64_t thr_unknown_wait(const char *login, int64_t now); /* what it would say; counts nothing */
/* Hashing takes 64 MiB and a fifth of a second: two strangers at once, one an address; who is known has a place of his
 * own.  Each waits for it up to wait_ms, of strangers eight.  thr_leave with the same arguments, if true. */
bool thr_enter(bool known, const char *address, int wait_ms);
void thr_leave(bool known, const char *address);

/* --- signin.c --- */
struct acc_secret {
	char hash[crypto_pwhash_STRBYTES];
	uint8_t totp[64], pending[64];
	size_t totp_len, pending_len;
	int64_t step, failures, failed_at, set_at, pending_end;
	char must[12];
};
/* FJ_E_NOTFOUND: none, or never enrolled */
enum fj_rc acc_secret_get(struct sto *db, const char *login, struct acc_secret *s, struct fj_err *err) FJ_MUST_USE;
/* a code of the step before, this one, or the next, that is later than `after`; 0: none */
int64_t acc_step(struct fj_slice totp, int64_t after, const char *code);
/* What the code proves: "totp" or "recovery", and it is used up, unless the caller's transaction is undone; NULL: nothing. */
enum fj_rc acc_use_code(struct sto *db, const char *login, const struct acc_secret *s, const char *code, const char **factor, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_AUTH: too many failures, this many seconds to wait */
enum fj_rc acc_too_soon(struct fj_err *err, int64_t wait);
/* the hash a recovery code is kept by; blanks, hyphens and case don't matter */
void acc_recovery_hash(const char *login, const char *code, struct fj_hash *out);
/* A try of somebody who is signed in at something of his own: counted, or refused because it comes too soon after others;
 * acc_calm forgets the count.  Steps of their own, no lock is held; no stranger reaches these counts. */
enum fj_rc acc_turn(struct iss_call *c, const char *of, struct fj_err *err) FJ_MUST_USE;
enum fj_rc acc_calm(struct iss_call *c, const char *of, struct fj_err *err) FJ_MUST_USE;
/* The actor gives his password once more, before what a borrowed session must not do.  As acc_turn. */
enum fj_rc acc_prove(struct iss_call *c, const char *password, struct fj_err *err) FJ_MUST_USE;

/* --- signin_log.c --- */
struct sgn_note {
	const char *login, *what, *door, *address, *agent, *factor, *by;
};
/* In the caller's transaction; a failure like the one before is counted with it.  n: its number (may be NULL). */
enum fj_rc sgn_add(struct iss *i, struct sto *db, const struct sgn_note *note, int64_t *n, struct fj_err *err) FJ_MUST_USE;
/* the try that was noted as number n succeeded, or was of another kind */
enum fj_rc sgn_was(struct iss *i, struct sto *db, int64_t n, const struct sgn_note *note, struct fj_err *err) FJ_MUST_USE;
/* the same about the actor's account, done by this call */
enum fj_rc sgn_did(struct iss_call *c, const char *login, const char *what, struct fj_err *err) FJ_MUST_USE;
/* Whose account the command is about: "login", or the actor's own.  FJ_E_FORBIDDEN unless the actor is that user, an
 * officer of the office that answers for him, or an auditor (only where `reads`). */
enum fj_rc acc_whose(struct iss_call *c, bool reads, char login[64], struct fj_err *err) FJ_MUST_USE;
bool acc_keeps(struct iss_call *c, const char *login);
/* text that a client sent about itself: cut at 120 octets, what is no visible text left out */
void acc_agent(const char *text, char out[121]);
void acc_time(int64_t t, char out[FJ_TIME_CAP]); /* "" for 0 */

/* --- session.c --- */
/* 32 random octets as base64url: what a cookie or a token holds */
enum fj_rc acc_random_text(char out[ISS_SESSION_CAP], struct fj_err *err) FJ_MUST_USE;
/* A session or token (`use`: the statement of its kind; address may be NULL) was used now, and at `before`. */
void acc_note_use(struct iss *i, enum sto_id use, const char *id, const char *address, int64_t before);
/* Whose it is (`whose`: the statement of its kind), where the actor may end it: FJ_E_NOTFOUND unless he is that user or
 * an officer of the office that answers for him. */
enum fj_rc acc_owner(struct iss_call *c, enum sto_id whose, const char *id, char login[64], struct fj_err *err) FJ_MUST_USE;
enum fj_rc ses_end_all(struct iss_call *c, const char *login, const char *except, struct fj_err *err) FJ_MUST_USE;

/* --- apitoken.c --- */
/* "asset:read" "asset:write" "*:read" "*:write" "certificate.suspend": FJ_E_INVALID names the first that is none */
enum fj_rc apt_scope_parse(const json_t *list, char out[ISS_SCOPE_CAP], struct fj_err *err) FJ_MUST_USE;
/* Does the scope name this command?  Deciding on a request, and giving or taking a way in, are named by their full name
 * or not at all; reading of accounts by its noun; the own account is out of every token's reach. */
bool apt_scope_allows(const char *scope, const struct iss_command_info *c);

/* --- client_key.c --- */
/* SHA-256 of the key of a certificate (PEM or DER) in hex, and the end of its validity */
enum fj_rc cky_of_certificate(struct fj_slice file, char spki[65], fj_time *until, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cky_bound(struct sto *db, const char *login, const char *spki, bool *bound, struct fj_err *err) FJ_MUST_USE;
/* [{"spki","label","until","at"}]; the caller's */
enum fj_rc cky_list(struct sto *db, const char *login, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- account.c --- */
/* fresh recovery codes in place of those before, as people write them; the caller's */
enum fj_rc acc_recovery_make(struct sto *db, const char *login, json_t **codes, struct fj_err *err) FJ_MUST_USE;
enum fj_rc acc_about(struct sto *db, const char *login, struct pwd_about *about, char store[4][200], struct fj_err *err) FJ_MUST_USE;
/* "otpauth://totp/..." */
enum fj_rc acc_totp_uri(const char *login, struct fj_slice secret, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
