/*
 * iss.h - one open register, as the files of the core see it.
 */
#ifndef FJ_ISSUER_ISS_H
#define FJ_ISSUER_ISS_H

#include <pthread.h>

#include "ca/ca.h"
#include "hsm/client/client.h"
#include "issuer/core.h"

#define ISS_READERS 8
struct iss {
	struct iss_conf conf;
	struct ca_home home;
	struct fj_buf root, issuing, token, status, ocsp; /* certificates, DER */
	char kid[44];                  /* thumbprint of the token key */
	pthread_mutex_t lock;          /* one writer: commands that write, pipeline, publisher */
	struct sto *db;
	struct hsm_conn *signer;       /* NULL: not connected */
	int run;                       /* descriptor of D/run */
	pthread_mutex_t readers_lock;
	struct sto *reader[ISS_READERS];
	pthread_t tender;              /* publishes what waits, renews lists */
	bool tending, ending;
	pthread_cond_t wake;
	bool pub_behind;               /* the last publication did not finish */
	bool pub_dirty;                /* something was written since the generation rose */
	int64_t clock_real0, clock_boot0;
};

/* an empty register in memory, for iss_open and iss_init */
enum fj_rc iss_new(const struct iss_conf *conf, struct iss **out, struct fj_err *err) FJ_MUST_USE;
/* a call outside of any command: start-up, tender; the writer's lock is held */
void iss_system_call(struct iss *i, struct iss_call *c);
/* the signer's connection, made when there is none; a broken one is closed by iss_signer_drop */
enum fj_rc iss_signer(struct iss *i, struct hsm_conn **out, struct fj_err *err) FJ_MUST_USE;
void iss_signer_drop(struct iss *i);
/* after a step of the clock nothing is signed */
enum fj_rc iss_clock_check(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* certificates of the keyring into i; FJ_E_NOTFOUND before init */
enum fj_rc iss_load_keyring(struct iss *i, struct fj_err *err) FJ_MUST_USE;

/* what the core's tables name */
#define CMD(ident, name, kind, roles, fields, handler, zh, en) enum fj_rc handler(struct iss_call *c, struct fj_err *err);
#include "issuer/commands_core.def"
#undef CMD
#define EVENT(kind, apply) enum fj_rc apply(const struct evt *e, struct fj_err *err);
#include "issuer/events_core.def"
#undef EVENT
enum fj_rc apr_user_add(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_user_disable(struct iss_call *c, const struct apr *a, struct fj_err *err);

/* --- pipeline.c --- */
struct pipe_result {
	size_t issued, abandoned, pending;
};
/* everything that is PENDING; the writer's lock is held, no transaction is open */
enum fj_rc pipe_run(struct iss *i, struct pipe_result *out, struct fj_err *err) FJ_MUST_USE;
/* the core's part of "<kind>.intended|issued|abandoned" */
enum fj_rc pipe_apply(const struct evt *e, struct fj_err *err) FJ_MUST_USE;
/* approvals of an approval id, as the signer wants them: applicant first */
enum fj_rc apr_for_signer(struct sto *db, const char *id, struct hsm_approval *out, size_t *n, struct fj_hash *digest, struct fj_err *err) FJ_MUST_USE;

/* --- publish/publish.c --- */
/* Brings D/publish up to the register; the writer's lock is held. */
enum fj_rc pub_run(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* folders, CA certificates, chain, jwt-vc-issuer.json: once, at init */
enum fj_rc pub_fixed(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* certificates for own keys: token, status, ocsp; stored in the keyring */
enum fj_rc pub_delegate(struct iss *i, const char *what, struct fj_err *err) FJ_MUST_USE;

/* --- user.c --- */
enum fj_rc usr_invite(struct sto *db, const char *login, char code[20], struct fj_err *err) FJ_MUST_USE;
struct usr_demo {
	char password[32], totp_uri[200], secret_b32[40];
};
/* demo: a random password and factor at once, as enrolment would set them */
enum fj_rc usr_demo_enrol(struct iss *i, const char *login, struct usr_demo *out, struct fj_err *err) FJ_MUST_USE;
/* actor of a user without password: for the demo's own replay */
enum fj_rc usr_actor(struct sto *db, const char *login, const char *via, struct iss_actor *out, struct fj_err *err) FJ_MUST_USE;

/* --- totp.c --- */
#define TOTP_SECRET 20
unsigned totp_at(struct fj_slice secret, int64_t step); /* RFC 6238, SHA-1, 6 digits */
void totp_base32(struct fj_slice in, char *out, size_t cap);

#endif
