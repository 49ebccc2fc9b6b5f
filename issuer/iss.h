/*
 * iss.h - one open register, as the files of the core see it.
 */
#ifndef FJ_ISSUER_ISS_H
#define FJ_ISSUER_ISS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/note.h"
#include "ca/ca.h"
#include "hsm/client/client.h"
#include "issuer/account.h"
#include "issuer/core.h"
#include "issuer/log/log.h"

#define ISS_READERS 8
#define OPN_ROWS 5
struct iss {
	struct iss_conf conf;
	struct ca_home home;
	struct iss_ca {                /* a hierarchy */
		struct fj_buf root;     /* certificate, DER; the newest generation's */
		struct iss_root {       /* those before, the oldest first */
			struct fj_buf cert, new_with_old, old_with_new; /* it; the next one by it; it by the next one */
		} former[FJ_MAX_ROOTS];
		size_t n_former;
		struct fj_buf newer[FJ_MAX_ROOTS]; /* of a root that is another appliance's: those that followed, each as the one before certified it */
		size_t n_newer;
		struct iss_issuing {    /* a generation of the issuing CA, the oldest first */
			struct fj_buf cert;
			struct fj_buf ocsp;     /* of the responder for what is under it; empty: its key is gone */
			struct ca_trust *trust; /* it and the root, checked */
			int64_t since;  /* what this event and later ones intend is under it */
			int64_t shard;  /* the first of those that its certificates are in */
		} issuing[FJ_MAX_CAS];  /* replaced as what follows */
		size_t n_issuing;
		struct iss_signing {   /* by a generation of its token key */
			struct fj_buf token, status; /* its certificates, DER; empty: there was none before */
			struct ca_key *key;
			char kid[44];  /* what the key is called (base/jws.h) */
			fj_time from;  /* begin of its certificate */
			struct iss_head { /* of what is signed with typ: the same for every one */
				const char *typ;
				struct fj_buf text;
			} head[4];
		} now, before;
		int64_t since;         /* what was intended up to this event is signed by the key of before */
	} ca[FJ_ALG_END];              /* replaced under three locks: make's, the publisher's and the writer's, in this order */
	atomic_bool rolled;            /* the keyring has others than these (key_roll.c) */
	bool sm2;                      /* ca[FJ_SM2] is there */
	bool limited;                  /* the root is another appliance's, and this home's CA has limits */
	struct fj_limits limits;
	struct fj_buf log_signer;
	int64_t log_since;             /* as of a hierarchy */
	struct crm_renewal *renewal;   /* root CRLs, or the root's move, that await their officers (root_crl.c); under the writer's lock */
	struct crm_unsealing *unsealing; /* the issuing keys, in the same way (unseal.c) */
	atomic_bool sealed;            /* they are, as the signer said last: it is asked whenever something is made */
	struct pwd_leaks leaks;        /* passwords that are known to have leaked */
	char keeper[19];               /* USCC of the finance department that made this appliance */
	int run;                       /* descriptor of D/run */
	pthread_mutex_t lock;          /* the writer's: db; held for a transaction, never while signing */
	struct sto *db;
	struct iss_make {              /* the pipeline: whoever holds its lock makes what waits, for all */
		pthread_mutex_t lock;  /* taken before the writer's, never with the publisher's */
		struct hsm_conn *signer; /* NULL: not connected */
		int64_t done;          /* intents up to this event are made or given up */
		char brought[32];      /* the approval whose signatures the signer was given last */
		struct iss_behind {    /* who stands behind an approval; the one of the last frame, since a list has many and is long to read */
			char approval[32];
			struct hsm_approval who[HSM_MAX_APPROVALS];
			size_t n;
			struct fj_hash intent;
		} behind;
		size_t batch;          /* credentials a round: what the TPM signs in a third of a second */
	} make;
	struct iss_pub {               /* the publisher, in the same way */
		pthread_mutex_t lock;
		struct hsm_conn *signer;
		struct sto *db;        /* reads one state of the register for a whole publication */
		struct pub_db *rows;   /* public.db */
		struct pub_box *box;   /* packages of what was published */
		struct pub_note *note; /* what is to be noted as published */
		size_t n_notes;
		struct pub_list *held; /* signed, and not yet in the log */
		size_t n_held;
		int64_t done;          /* events up to this are published */
		int64_t rows_done;     /* rows up to this event are in public.db; noted with the next files */
		fj_time pruned;        /* when the history was last gone through */
		bool attest;           /* the TPM is to say anew what it holds: at init, and when a service starts */
		fj_time attest_at;     /* not before then */
		char attested[12];     /* "software", "none": what a verifier makes of what was published; "" not known */
		bool keys;             /* the appliance's own certificates are to be shown */
		bool files;            /* a file below publish/ was replaced: the generation is to rise */
	} pub;
	struct iss_log log;
	pthread_mutex_t readers_lock;
	struct sto *reader[ISS_READERS];
	pthread_t tender;              /* publishes what waits, renews lists */
	bool tending, ending;
	pthread_cond_t wake;
	atomic_bool behind;            /* issuing or publication did not finish: the tender tries again */
	unsigned fell_behind;          /* how often it did not; under `lock` */
	atomic_int hurry;              /* so many publish, or wait to: rounds of the pipeline are short */
	atomic_bool jobs;              /* a job may have rows left: the tender does not wait */
	struct fj_err waits_for;       /* why, as the tender last found; under `lock` */
	int retry_s;                   /* its pause until it tries again; its own */
	_Atomic int64_t clock_real0, clock_boot0; /* when the two clocks were last found to agree */
	struct iss_opn {               /* operation.c */
		pthread_mutex_t lock;
		struct fj_err told[ISS_MATTERS]; /* under `lock` */
		_Atomic int64_t tls_until;       /* 0: the portal has no certificate of its own */
		int step[OPN_ROWS];              /* as last logged; the tender's own */
	} opn;
};

/* why issuing or publication did not finish, as the tender last found; rc FJ_OK: it did */
void iss_waits_for(struct iss *i, struct fj_err *why);
/* --- unseal.c: issuing keys that wait for their officers after each start of the signer --- */
/* Asks the signer, where this home has such keys; what needs them is left to wait. */
enum fj_rc iss_seal_look(struct iss *i, struct hsm_conn **conn, struct fj_err *err) FJ_MUST_USE;
/* why it waits */
void iss_sealed(const struct iss *i, struct fj_err *why);
/* an empty register in memory, for iss_open and iss_init */
enum fj_rc iss_new(const struct iss_conf *conf, struct iss **out, struct fj_err *err) FJ_MUST_USE;
/* a call outside of any command: start-up, pipeline; the writer's lock is held */
void iss_system_call(struct iss *i, struct iss_call *c);
/* fn as the system, with the writer, in a transaction of its own: durable when it answers FJ_OK, undone otherwise.  The
 * writer's lock is not held by the caller. */
enum fj_rc iss_write(struct iss *i, iss_step_fn fn, void *arg, struct fj_err *err) FJ_MUST_USE;
/* A connection to the signer, in *conn, made when there is none; a broken one is closed by
 * iss_signer_drop.  Pipeline and publisher have one each, so that a revocation never waits
 * behind a batch for more than the one round that the signer is busy with. */
enum fj_rc iss_signer(struct iss *i, struct hsm_conn **conn, struct fj_err *err) FJ_MUST_USE;
void iss_signer_drop(struct hsm_conn **conn);
/* a reading connection from the pool; given back always */
enum fj_rc iss_reader_take(struct iss *i, struct sto **out, struct fj_err *err) FJ_MUST_USE;
void iss_reader_give(struct iss *i, struct sto *s);
/* something was left unfinished: the tender takes it up again soon */
void iss_behind(struct iss *i);
/* a job was begun: the tender runs it at once; without one it is run here */
void iss_jobs(struct iss *i);
/* after a step of the clock, or on a register that is older than its log, nothing is accepted or signed */
enum fj_rc iss_may_act(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* of these two, the clock alone */
enum fj_rc iss_clock_check(const struct iss *i, struct fj_err *err) FJ_MUST_USE;
void iss_clock_trust(struct iss *i);
/* The issuing CA: its newest generation; the one under which is what event `seq` intended; the one that signs the CRLs of that
 * shard, which is the newest where its own key is gone.  One of the three locks of `ca` is held. */
const struct iss_issuing *iss_issuing_newest(const struct iss *i, enum fj_alg alg);
const struct iss_issuing *iss_issuing_at(const struct iss *i, enum fj_alg alg, int64_t seq);
const struct iss_issuing *iss_issuing_for(const struct iss *i, enum fj_alg alg, int64_t shard);
unsigned iss_issuing_generation(const struct iss *i, enum fj_alg alg, const struct iss_issuing *g); /* from 1 */
/* a certificate or CRL that one of the generations signed */
enum fj_rc iss_issuing_verify(const struct iss *i, enum fj_alg alg, struct fj_slice der, struct fj_err *err) FJ_MUST_USE;
/* the setting that has a generation's first shard, and how many certificates there were before it */
void iss_shard_setting(enum fj_alg alg, unsigned generation, char out[40]);
/* keyring's row of the responder's certificate under a generation of the CA: "ocsp" the newest (0), "ocsp-1" a former one whose key is here */
void iss_responder_row(enum fj_alg alg, unsigned former, char out[24]);
/* of what one root says of the other: "cross-new-2" the second one by the first, "cross-old-2" the reverse; of a parent's also "cross-self-2",
 * the second one by itself */
void iss_cross_row(const char *which, unsigned generation, enum fj_alg alg, char out[40]);
const char *iss_ca_key(enum fj_alg alg); /* "issuing", "issuing-sm2" */
/* the certificate of the issuing CA with this key identifier */
enum fj_rc iss_issuer_of(const struct iss_ca *ca, struct fj_slice aki, struct fj_slice *out, struct fj_err *err) FJ_MUST_USE;
/* the signature, by the token key of now or of before */
enum fj_rc iss_token_verify(const struct iss *i, enum fj_alg alg, struct fj_slice input, struct fj_slice der, struct fj_err *err) FJ_MUST_USE;
/* Takes up what the keyring has since a rollover; nothing when there was none.  make's lock is held, or no lock. */
enum fj_rc iss_take_keys(struct iss *i, bool making, struct fj_err *err) FJ_MUST_USE;
/* certificates of the keyring into i; FJ_E_NOTFOUND before init */
enum fj_rc iss_load_keyring(struct iss *i, struct fj_err *err) FJ_MUST_USE;

/* what the core's tables name */
extern const struct iss_field fld_account_show[], fld_account_password[], fld_account_factor[], fld_account_confirm[], fld_account_recovery[], fld_session_list[],
    fld_root_answer[], fld_signer_answer[], fld_root_renew[], fld_root_issue[], fld_root_succeed[], fld_root_certify[], fld_root_take[], fld_ceremony_statement[], fld_ceremony_bond[], fld_session_end[], fld_apitoken_add[], fld_apitoken_list[], fld_apitoken_end[], fld_signin_list[], fld_user_bind[], fld_user_unbind[],
    fld_approval_signature[], fld_officer_key_add[], fld_officer_key_remove[], fld_officer_key_require[], fld_backup_recipients[], fld_key_roll[], fld_key_end[];
#define CMD(ident, name, kind, roles, fields, handler, zh, en) enum fj_rc handler(struct iss_call *c, struct fj_err *err);
#include "issuer/commands_core.def"
#undef CMD
#define EVENT(kind, apply) enum fj_rc apply(const struct evt *e, struct fj_err *err);
#include "issuer/events_core.def"
#undef EVENT
enum fj_rc apr_user_add(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_user_disable(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_profile_adopt(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_clock_reset(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_root_renew(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_root_certify(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_key_roll(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_key_end(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_officer_key_change(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_officer_key_require(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_spare_enter(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_backup_recipients(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_log_restore(struct iss_call *c, const struct apr *a, struct fj_err *err);

enum fj_rc apr_user_bind(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_user_move(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_user_reinstate(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_user_reset(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_user_handover(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_user_deputise(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_user_undeputise(struct iss_call *c, const struct apr *a, struct fj_err *err);

/* --- approval.c, chain.c --- */
#define APR_MAX_LEVELS 6
struct apr_level {
	uint32_t roles; /* any of these decides */
	char org[19];   /* whose officers; "" those of any organisation */
};
struct apr_chain {
	struct apr_level level[APR_MAX_LEVELS];
	int n;
};
/* The chain of an approval that is requested now: the levels of the profile of the finance
 * department that `a->org` (or the applicant) belongs to, resolved, and `demanded` last.  Refused:
 * a profile that would make more than six. */
enum fj_rc chn_make(struct iss_call *c, const struct apr *a, const struct apr_level *demanded, struct apr_chain *out, struct fj_err *err) FJ_MUST_USE;
/* [{"roles":[...],"org"}], as events and rows keep it; the caller's */
json_t *chn_json(const struct apr_chain *ch);
enum fj_rc chn_parse(const json_t *list, struct apr_chain *out, struct fj_err *err) FJ_MUST_USE;
/* names of the approvals that a role asks for, or decides in the end; the caller's */
json_t *apr_kinds_of(uint32_t role, bool asks);

/* --- delegation.c --- */
/* Whose deputy self is at `now`, and roles by which something may be done then: the own ones and
 * theirs; nobody's while he acts for another already. */
enum fj_rc dlg_principals(struct sto *db, const struct iss_actor *self, fj_time now, struct iss_principals *out, struct fj_err *err) FJ_MUST_USE;
/* self acting for the principal: his roles, both persons; FJ_E_FORBIDDEN when he is not the deputy at `now` */
enum fj_rc dlg_actor(struct sto *db, const struct iss_actor *self, const char *principal, fj_time now, struct iss_actor *out, struct fj_err *err) FJ_MUST_USE;
/* every delegation from or to the login that is not over ends; their ids into the list `ended` */
enum fj_rc dlg_end_all(struct iss_call *c, const char *login, const char *reason, json_t *ended, struct fj_err *err) FJ_MUST_USE;

/* --- pipeline.c --- */
/* Every intent up to event `seq` is made or given up, by this thread or by the one that was at
 * it already; FJ_E_UNAVAILABLE and the like when the signer is away: they stay PENDING.  No
 * lock is held by the caller. */
enum fj_rc pipe_make(struct iss *i, int64_t seq, struct fj_err *err) FJ_MUST_USE;
/* how many credentials are made in about a second: as many as others should have to wait for */
size_t pipe_second(struct iss *i);
/* the core's part of "<kind>.intended|issued|abandoned" */
enum fj_rc pipe_apply(const struct evt *e, struct fj_err *err) FJ_MUST_USE;
/* approvals of an approval id, as the signer wants them: applicant first */
enum fj_rc apr_for_signer(struct sto *db, const char *id, struct hsm_approval *out, size_t *n, struct fj_hash *digest, struct fj_err *err) FJ_MUST_USE;

/* --- publish/publish.c --- */
/* D/publish shows the register as of event `seq` or later; INT64_MAX also looks for what grows
 * old.  No lock is held by the caller. */
enum fj_rc pub_publish(struct iss *i, int64_t seq, struct fj_err *err) FJ_MUST_USE;
void pub_release(struct iss *i);
/* folders, CA certificates, chain, jwt-vc-issuer.json: once, at init */
enum fj_rc pub_fixed(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* The verifier service needs public.db to start.  Where it is gone and the log is closed, which is so after a restore, it is there without
 * rows: nothing is known rather than what may have been revoked since.  The first publication fills it. */
enum fj_rc pub_rows_there(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* at a start: is the TPM to say anew what it holds? */
void pub_attest_due(struct iss *i);
/* the witnesses of the log, from the operator's file, when they are others than those that are published */
enum fj_rc pub_log_policy(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* A new certificate for an own key: token, status, ocsp, log; the caller keeps it in the keyring.  spki: of which key, NULL
 * for the one that the signer has.  by: under which generation of the issuing CA; NULL: the newest. */
struct pub_issuer {
	struct fj_slice cert;
	unsigned generation;
	int64_t shard;
};
enum fj_rc pub_delegate(struct iss *i, struct hsm_conn *conn, const char *what, const struct fj_buf *spki, const struct pub_issuer *by, struct fj_buf *cert, struct fj_err *err) FJ_MUST_USE;
void pub_issuer_of(const struct iss *i, enum fj_alg alg, const struct iss_issuing *g, struct pub_issuer *out);

/* --- key.c --- */
/* The appliance's own certificates and root CRLs of both hierarchies, what ends first at the head, those of former keys last, as
 * key.list answers them; and those that are to be renewed soon, at once, or are over.  The caller's. */
enum fj_rc key_calendar(struct sto *db, fj_time now, json_t **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc key_warnings(struct sto *db, fj_time now, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- token_bulk.c --- */
/* One step of every job of license tokens that is not over: some rows are intended and their tokens
 * made; *more: one has rows left.  No lock is held by the caller. */
enum fj_rc tok_jobs_advance(struct iss *i, bool *more, struct fj_err *err) FJ_MUST_USE;
/* jobs whose last token is made are done; after publication, so that who sees it can verify them */
enum fj_rc tok_jobs_conclude(struct iss *i, struct fj_err *err) FJ_MUST_USE;

/* --- user.c --- */
/* One-time code of an invitation, "first-second": two people hold its halves; only hashes are
 * stored.  usr_code_first draws the first half and its hash, usr_invite the second. */
#define USR_CODE_FIRST 13
#define USR_CODE_SECOND 8
void usr_code_first(char first[USR_CODE_FIRST + 1], char hash_hex[65]);
enum fj_rc usr_invite(struct sto *db, const char *login, const char *first_hash_hex, char second[USR_CODE_SECOND + 1], struct fj_err *err) FJ_MUST_USE;
/* Who answers for the people of an organisation (R40): its finance department, or while that has
 * not two officers the one that made this appliance; into keeper (may be NULL).  FJ_E_REFUSED
 * unless asker is that office or the organisation itself. */
enum fj_rc usr_office(struct iss_call *c, const char *org, const char *asker, char keeper[19], struct fj_err *err) FJ_MUST_USE;
/* that office of a finance department: itself, or the one that made this appliance */
enum fj_rc usr_keeper(struct iss_call *c, const char *finance, char keeper[19], struct fj_err *err) FJ_MUST_USE;
struct usr {
	struct iss_actor a; /* roles: what he was given; an actor has those that his organisation still has */
	char state[12];
};
enum fj_rc usr_get(struct sto *db, const char *login, struct usr *out, struct fj_err *err) FJ_MUST_USE;
/* R22: the department that made this appliance keeps two officers besides this one */
enum fj_rc usr_leaves_two(struct iss_call *c, const struct usr *u, struct fj_err *err) FJ_MUST_USE;
struct dom_org;
/* roles that the organisation has, and an auditor's alone */
enum fj_rc usr_check_roles(const struct dom_org *o, const json_t *list, struct fj_err *err) FJ_MUST_USE;
/* sessions and API tokens */
enum fj_rc usr_end_sessions(struct iss_call *c, const char *login, struct fj_err *err) FJ_MUST_USE;
/* these, and recovery codes and browsers that are known */
enum fj_rc usr_forget_ways(struct iss_call *c, const char *login, struct fj_err *err) FJ_MUST_USE;
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
