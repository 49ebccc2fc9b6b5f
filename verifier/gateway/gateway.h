/*
 * gateway.h - what the files of fujie-gateway share.
 *
 * The process's working folder is its cache; every path here is relative to it.
 * A request thread takes a view of the trust, judges, and takes from the ledger
 * what the use costs; one thread of its own keeps the trust fresh.
 */
#ifndef FJ_GATEWAY_H
#define FJ_GATEWAY_H

#include <pthread.h>
#include <stdatomic.h>

#include "verifier/verify.h"
#include "web/http/http.h"

#define GW_NONCE_SECONDS 120
#define GW_NONCE_MAX 64
#define GW_RED_BEFORE 43200 /* seconds before the first list ends that /healthz turns red: lists last 48 h */

struct gw_conf {
	const char *listen, *issuer, *dir;
	const char *audience;       /* our own; NULL: key and named tokens have none to match */
	const char *use;            /* fixed part of every use; NULL */
	const char *x5t_header, *user_header;
	struct ver_pins pins;       /* SHA-256 of the root certificate's DER, and where it is named of the SM2 root's */
	int64_t max_age, refresh, window; /* seconds; max_age 0: not asked */
	bool logged;                /* a token without a proof of logging is refused */
	bool nonces;                /* else the holder chooses, and its proofs are remembered */
};

/* --- rights.c --- */
/* makes the folder when it is not there, and works in it from now on */
enum fj_rc gw_enter(const char *dir, struct fj_err *err) FJ_MUST_USE;
/* writes below one folder, reads below another (NULL: none) and what libraries need; no way back */
enum fj_rc gw_rights(const char *writes, const char *reads, struct fj_err *err) FJ_MUST_USE;

/* --- fetch.c --- */
struct gw_fetched {
	struct fj_buf body;
	char etag[128];             /* "" none */
	bool same;                  /* 304: as it was under the ETag that was sent */
};
/* GET url, http or https, no redirection, at most body.max octets, at most a minute; *stop true
 * ends it early.  FJ_E_UNAVAILABLE with the library's words, FJ_E_LIMIT when too large. */
enum fj_rc gw_fetch(const char *url, const char *etag, const atomic_bool *stop, struct gw_fetched *out, struct fj_err *err) FJ_MUST_USE;

/* POST of a body of plain octets, in the same way: whatever the status is, FJ_OK when there was an answer. */
enum fj_rc gw_post(const char *url, struct fj_slice body, const atomic_bool *stop, struct fj_buf *out, long *status, struct fj_err *err) FJ_MUST_USE;

/* --- marks.c: how far the lists have come --- */
struct gw_marks {
	json_t *lists, *crls;       /* address to [iat or number, end] */
	fj_time oldest, first_end;  /* beginning of the oldest list, end of the first to end; 0: there is none */
};
void gw_marks_release(struct gw_marks *m);
FJ_DEFINE_AUTO(gw_marks, struct gw_marks, gw_marks_release)
/* Of every authentic status list and CRL in folder, checked under t; m is empty before. */
enum fj_rc gw_marks_read(const struct ver_trust *t, const char *folder, struct gw_marks *m, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_REFUSED, naming the list, when `next` is behind `had` in any list that has not ended by now. */
enum fj_rc gw_marks_ahead(const struct gw_marks *had, const struct gw_marks *next, fj_time now, struct fj_err *err) FJ_MUST_USE;

/* --- keep.c: the trust, kept fresh --- */
#define GW_IDLE 16      /* one a thread */
#define GW_OVER_USES 1000 /* then it is made anew, so that it does not grow for ever */
struct gw_view {
	struct ver_trust *trust;
	int dir;                    /* the folder, open */
	char folder[40];
	fj_time oldest, first_end;
	int users;                  /* under the lock of who lends it */
	/* trusts over this one that no request uses now: what earlier verdicts read and checked stays in them */
	pthread_mutex_t lock;
	struct gw_over {
		struct ver_trust *trust;
		int used;
	} idle[GW_IDLE];
	size_t n_idle;
};
struct gw_health {
	fj_time oldest, first_end, fetched; /* 0: none */
	char error[400];            /* of the last attempt; "" when it succeeded */
};
struct gw_keep;
/* What the cache has, if anything; FJ_E_INVALID when the cache is another root's, FJ_E_BUSY when
 * another process has it.  conf is borrowed. */
enum fj_rc gw_keep_open(const struct gw_conf *conf, struct gw_keep **out, struct fj_err *err) FJ_MUST_USE;
void gw_keep_close(struct gw_keep *k); /* NULL is fine; no view may be held */
/* One attempt to get what is newer.  On failure what was there stays. */
enum fj_rc gw_keep_refresh(struct gw_keep *k, struct fj_err *err) FJ_MUST_USE;
/* A thread that does so every conf->refresh seconds, until gw_keep_close. */
enum fj_rc gw_keep_start(struct gw_keep *k, struct fj_err *err) FJ_MUST_USE;
void gw_keep_health(struct gw_keep *k, struct gw_health *out);
/* Red while there is time to act: GW_RED_BEFORE before the first list ends, or when three quarters of the
 * greatest age that is allowed have passed. */
bool gw_health_ok(const struct gw_health *h, int64_t max_age, fj_time now);
/* FJ_E_UNAVAILABLE while there has been none */
enum fj_rc gw_view_take(struct gw_keep *k, struct gw_view **out, struct fj_err *err) FJ_MUST_USE;
void gw_view_give(struct gw_keep *k, struct gw_view *v);
/* the verdict of this view */
enum fj_rc gw_judge(struct gw_view *v, const struct ver_input *in, struct ver_report *out, struct fj_err *err) FJ_MUST_USE;

/* --- nonce.c --- */
void gw_nonce_start(void);      /* a key of this process alone */
void gw_nonce_new(fj_time now, char out[GW_NONCE_MAX]);
/* made by this process within the last GW_NONCE_SECONDS */
bool gw_nonce_good(const char *nonce, fj_time now);

/* --- x5t.c --- */
#define GW_X5T 44
/* What a proxy says of the client certificate that it saw, to base64url of its SHA-256: that itself, 64 hex
 * digits, the certificate in PEM (percent-encoded: nginx), or x-forwarded-client-cert (Envoy).  False when
 * it is none of them, or of more than one certificate. */
bool gw_x5t(const char *seen, char out[GW_X5T]);

/* --- ledger.c: what was used, durably --- */
struct gw_ledger;
struct gw_take {
	const char *token;          /* its jti */
	fj_time now;
	int64_t count, limit;       /* limit < 0: none */
	const struct fj_hash *proof;/* of the holder's proof or nonce; NULL: none */
	fj_time until;              /* the last second at which the proof could be shown again */
};
enum fj_rc gw_ledger_open(struct gw_ledger **out, struct fj_err *err) FJ_MUST_USE;
void gw_ledger_close(struct gw_ledger *l); /* NULL is fine */
/* Written and on disk when it returns FJ_OK.  FJ_E_EXISTS: the proof was used before; FJ_E_REFUSED:
 * over the limit; FJ_E_BUSY: no room for more.  With none of them anything is counted. */
enum fj_rc gw_ledger_take(struct gw_ledger *l, const struct gw_take *t, struct fj_err *err) FJ_MUST_USE;
/* [{"token","day","count"}…] by token and day, days from..to (YYYYMMDD), as docs/formats.md section 11
 * wants it; FJ_E_LIMIT past 50,000 rows. */
enum fj_rc gw_ledger_usage(struct gw_ledger *l, int from, int to, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- door.c: one request of a proxy --- */
struct gw {
	const struct gw_conf *conf;
	struct gw_keep *keep;
	struct gw_ledger *ledger;
};
struct gw_answer {
	int status;                 /* 200, 401, 403 */
	enum ver_verdict verdict;
	char reason[160], en[256], zh[384];
	int64_t age;                /* seconds; -1: unknown */
};
struct gw_request {
	const char *token;          /* with its proof; "" none */
	const char *log_proof;      /* base64 of a proof of logging; "" none */
	const char *x5t, *user, *use; /* as the proxy says; "" none */
};
/* Always an answer; permit only for a license token whose holder is proved, and counted. */
void gw_ask(struct gw *g, const struct gw_request *r, struct gw_answer *a);

/* --- routes.c --- */
extern const struct web_route gw_routes[];

/* --- watch.c --- */
struct gw_watch;
/* the items of a list file, one a line: a number (DAC-…, DAU-…), or a token's file */
enum fj_rc gw_watch_open(const char *file, struct gw_watch **out, struct fj_err *err) FJ_MUST_USE;
void gw_watch_close(struct gw_watch *w); /* NULL is fine */
/* judges all once; one JSON line for each that differs from what was told before (the cache
 * remembers); *good false when any is not a permit */
enum fj_rc gw_watch_round(struct gw_watch *w, struct gw_keep *k, bool *good, struct fj_err *err) FJ_MUST_USE;

#endif
