/*
 * witness.h - what the files of fujie-witness share: a witness of transparency logs
 * (C2SP tlog-witness).  The process's working folder is W:
 *
 *   key                  PRIVATE+KEY+<name>+<id>+<base64 of type 4 and seed>, mode 0600
 *   vkey                 the key that others verify with
 *   logs/<hash>.vkey     keys of a log, one a line; hash: hex of SHA-256 of its origin
 *   logs/<hash>.checkpoint  what was cosigned last, with the log's line and ours
 *   evidence/            what a log showed that does not follow: both notes
 */
#ifndef FJ_WITNESS_H
#define FJ_WITNESS_H

#include <pthread.h>

#include "base/json.h"
#include "base/note.h"
#include "base/secret.h"
#include "web/http/http.h"

#define WIT_KEYS 4          /* of one log */
#define WIT_EVIDENCE 1000   /* files; more are only said in the log */
#define WIT_PROOF_LINES 63  /* tlog-witness */
#define WIT_NOTE (FJ_NOTE_MAX - 512) /* room for our line */
#define WIT_BODY (FJ_NOTE_MAX + 8192)

struct wit {
	struct fj_vkey key;
	struct fj_secret secret; /* libsodium's 64 octets */
	pthread_mutex_t lock;    /* checking against the newest checkpoint and replacing it are one */
};

/* --- book.c: what lies in W --- */
/* A new key and the folders; FJ_E_EXISTS when there is a key. */
enum fj_rc wit_init(const char *name, struct fj_vkey *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc wit_open(struct wit *w, struct fj_err *err) FJ_MUST_USE;
void wit_close(struct wit *w);
/* A log's verifier key (type 1), whose name is its origin; the same again changes nothing. */
enum fj_rc wit_log_add(struct fj_slice vkey, struct fj_vkey *out, struct fj_err *err) FJ_MUST_USE;
/* *n 0: the log is not known */
enum fj_rc wit_log_keys(const char *origin, struct fj_vkey k[WIT_KEYS], size_t *n, struct fj_err *err) FJ_MUST_USE;
void wit_hash(const char *origin, char hex[65]);
/* the note that was cosigned last; FJ_E_NOTFOUND when there was none */
enum fj_rc wit_last(const char *hash, struct fj_buf *note, struct fj_err *err) FJ_MUST_USE;
enum fj_rc wit_keep(const char *origin, struct fj_slice note, struct fj_err *err) FJ_MUST_USE;
/* Both notes and the proof that was shown; why: "root" (two trees of one size, by themselves a proof), "proof"
 * (what was sent does not lead from one to the other).  The same again is kept once. */
void wit_evidence(const char *origin, const char *why, struct fj_slice had, struct fj_slice shown);
/* {"logs":[{"origin","size","root","at"}…],"evidence":[{"file","origin","why","at","sizes"}…]} */
enum fj_rc wit_show(json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- add.c: add-checkpoint --- */
struct wit_ask {
	uint64_t old;
	struct fj_path proof;
	struct fj_slice bytes; /* the note's */
	struct fj_note note;
	struct fj_checkpoint point;
};
/* Slices into body; FJ_E_PARSE. */
enum fj_rc wit_ask_read(struct fj_slice body, struct wit_ask *out, struct fj_err *err) FJ_MUST_USE;
/* The status that tlog-witness wants.  200: the cosignature line is in out; 409: the size, with its newline; others:
 * the reason is in *err.  Nothing is answered with 200 that is not kept durably. */
int wit_add(struct wit *w, struct fj_slice body, fj_time now, struct fj_buf *out, struct fj_err *err);

/* --- routes.c --- */
extern const struct web_route wit_routes[];

#endif
