/*
 * core.h - what the files of issuer/ share: calls, transactions, events,
 * approvals, intents, status entries.  Not for other rooms.
 *
 * Everything that changes is an event; tables are changed ONLY by the event's
 * apply function (events.def), so replaying the events rebuilds them.  A command
 * handler checks roles' finer points, rules (issuer/rules) and states
 * (issuer/state.h), then appends events through evt_append.
 */
#ifndef FJ_ISSUER_CORE_H
#define FJ_ISSUER_CORE_H

#include "base/limits.h"
#include "base/x509.h"
#include "issuer/issuer.h"
#include "issuer/store/store.h"

struct iss_call {
	struct iss *iss;
	const struct iss_actor *actor;
	const json_t *params; /* validated against the field table */
	struct sto *db;       /* READ: a reader; WRITE: the writer, in a transaction */
	fj_time now;          /* one time for the whole call */
	bool dirty_status;    /* set by sts_set etc.: publish after commit */
	int64_t first_seq, last_seq; /* events of this call; 0: none */
	bool has_intents;     /* set by pipe_intend: run the pipeline after commit */
	bool own;             /* a command of the kind OWN: it makes no event and signs nothing, so it may act at any time */
	bool trial;           /* a preview: nothing of it stays, so nothing is kept beside the database */
	bool scrubbed;        /* words were erased: the register's log is emptied after the commit */
	bool has_job;         /* a job was begun: it runs behind, after the commit */
	json_t *answer;       /* handler sets it (owned by the call) */
	char approval[32];    /* approval being executed or task being done, "" if none: goes into events */
	uint32_t acting;      /* the actor's roles that this command asks for */
	const char *command;  /* its name: static */
	json_t *policy;       /* the profile consulted last (profile.h) */
	char policy_of[19], policy_hash[65];
	const json_t *offline; /* what an act on paper rests on: evt_append puts it into each event; NULL: none */
};
typedef enum fj_rc (*iss_handler)(struct iss_call *c, struct fj_err *err);
/* WRITE_STEPS and OWN commands run without the writer's lock, with a reader in c->db.  What they change they
 * change in steps: fn runs with the writer in c->db, in a transaction of its own, which is durable when
 * it returns FJ_OK and undone otherwise.  Between steps others write.  Steps of OWN ask neither clock nor log. */
typedef enum fj_rc (*iss_step_fn)(struct iss_call *c, void *arg, struct fj_err *err);
enum fj_rc iss_step(struct iss_call *c, iss_step_fn fn, void *arg, struct fj_err *err) FJ_MUST_USE;

/* --- commands: issuer/commands_core.def and issuer/commands_domain.def hold
 * CMD(ident, "name", READ|WRITE, roles, fields_table, handler, "zh", "en") --- */

/* --- events ---
 * body: JSON object, canonicalised and hashed with seq, time, actor, kind, object,
 * approval and the previous hash; then applied.  Everything apply needs stands in
 * body (apply must not read the clock, randomness or the actor's session). */
/* Replays every event of `from` into the empty `into` and compares each rebuildable table row
 * by row; FJ_E_CORRUPT names the first that differs, or the event whose hash does not fit. */
enum fj_rc evt_rebuild_check(struct sto *from, struct sto *into, int64_t *events, int64_t *rows, struct fj_err *err) FJ_MUST_USE;
/* Replays the events before `until` into the empty `into`, in a transaction of the caller's there: its
 * tables are then as they stood at that moment.  Events from `since` on are kept in it too. */
enum fj_rc evt_replay(struct sto *from, struct sto *into, fj_time since, fj_time until, struct fj_err *err) FJ_MUST_USE;
/* Does the event in this row, whose first columns are those of EVENT_ALL, have the hash that stands
 * there, over the hash of the one before (32 zero octets before the first)? */
bool evt_row_true(const struct sto_q *q, struct fj_slice before);
/* the number of the last event; 0: there is none */
enum fj_rc evt_last(struct sto *db, int64_t *seq, struct fj_err *err) FJ_MUST_USE;
enum fj_rc evt_append(struct iss_call *c, const char *kind, const char *object, const json_t *body, struct fj_err *err) FJ_MUST_USE;
struct evt { /* what an apply function gets */
	struct sto *db;
	int64_t seq;
	fj_time at;
	const char *actor, *org, *kind, *object, *approval, *policy;
	const json_t *body;
	const char *text; /* the body as the log has it, canonical */
};
/* May the reader know what the body of this event says?  Of revenue, statements, trades and drafts of
 * reports only who did it, auditors and MOF: the lists of these are not everybody's either. */
bool evt_body_open(const struct iss_actor *a, const char *kind, const char *org, const json_t *body);
/* event_row.c: a row whose first columns are those of EVENT_ALL, borrowed, without db and body; and the hash that it has over the one before */
struct evt evt_from_row(const struct sto_q *q);
void evt_hash(const struct evt *e, struct fj_slice before, struct fj_hash *out);
typedef enum fj_rc (*evt_apply)(const struct evt *e, struct fj_err *err);
/* events_core.def / events_domain.def: EVENT("certificate.revoked", apply_certificate_revoked) */

/* --- approvals: approvals.def holds
 * APPROVAL("certificate.issue", request roles, approve roles, on_request, execute, on_refuse, refusals)
 * A request stores kind, object, payload and a digest over the canonical payload; the
 * applicant can't approve.  Approving runs execute in the same transaction (it may call
 * pipe_intend).  on_request (may be NULL) runs at once: immediate suspension; on_refuse
 * (may be NULL) after `refusals` different officers refused.  Who may approve: roles, and
 * `org`: the USCC whose officers decide ("" = any with the role). --- */
struct apr {
	char id[32];
	const char *kind, *object, *org;
	json_t *payload; /* borrowed; "contradiction" {"en","zh"}: each approver confirms it
			  * expressly; "not_by": persons whom it concerns and who may not approve it */
	const char *applicant;
};
typedef enum fj_rc (*apr_fn)(struct iss_call *c, const struct apr *a, struct fj_err *err);
/* Sets c->answer to {"approval": id, "object":..., "waiting_for": {...}}. */
enum fj_rc apr_request(struct iss_call *c, const char *kind, const char *object, const char *org, json_t *payload, struct fj_err *err) FJ_MUST_USE;
/* the same with a level of these roles of this organisation before all others (0: none) */
enum fj_rc apr_request_first(struct iss_call *c, const char *kind, const char *object, const char *org, uint32_t first, const char *first_org, json_t *payload,
    struct fj_err *err) FJ_MUST_USE;
/* the same where the act itself knows who decides: levels [{"roles":[...],"org":USCC}], first to last */
enum fj_rc apr_request_levels(struct iss_call *c, const char *kind, const char *object, const json_t *levels, json_t *payload, struct fj_err *err) FJ_MUST_USE;
/* All natural persons behind an approval so far, applicant and deciders, joined by "+": for rules
 * that keep persons apart (iss_persons_meet). */
enum fj_rc apr_persons(struct sto *db, const char *id, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* of those, who asked (with the principal, where a deputy did) */
enum fj_rc apr_applicant(struct sto *db, const char *id, char person[ISS_PERSON_CAP], struct fj_err *err) FJ_MUST_USE;
/* An approval as approval.show answers it: what the reader may know of it; the caller's. */
enum fj_rc apr_show(struct iss_call *c, const char *id, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* What the actor may decide now, himself or as somebody's deputy, oldest first: at most `limit` of
 * {"id","kind","object","applicant","behalf","requested_at"} into items; *more: there may be others. */
enum fj_rc apr_waiting(struct iss_call *c, size_t limit, json_t *items, bool *more, struct fj_err *err) FJ_MUST_USE;
/* whose decision an open approval waits for: {"role","roles","org","level","levels"}; the caller's */
enum fj_rc apr_waits_for(struct iss_call *c, const char *id, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* is there an open approval of this kind for this object? id into out[32] ("" none) */
enum fj_rc apr_open_for(struct iss_call *c, const char *kind, const char *object, char out[32], struct fj_err *err) FJ_MUST_USE;

/* refuse the open approval of this kind for this object, if there is one: its ground is gone.
 * Its on_refuse is not run. */
enum fj_rc apr_void(struct iss_call *c, const char *kind, const char *object, const char *note, struct fj_err *err) FJ_MUST_USE;

/* --- the pipeline: credentials of three kinds, signed packs and reports, one way to be made.
 * pipe_intend (in the handler's or execute's transaction, step 1) stores the intent
 * PENDING; after commit pipe_make builds, has signed, verifies (2, 3), and finishes (4)
 * everything pending, in rounds. --- */
enum pipe_kind {
	PIPE_CERTIFICATE = 1, PIPE_AUTHORISATION, PIPE_TOKEN, PIPE_PACK, PIPE_REPORT,
	PIPE_CERTIFICATE_SM2, PIPE_TOKEN_SM2, /* the same once more under the SM2 hierarchy (sm2.c) */
	PIPE_ARCHIVE, /* what a year's packages come to (archive.c) */
	PIPE_END
};
/* a signature over files that were put together: no credential, and not in the public log */
static inline bool pipe_is_manifest(enum pipe_kind k)
{
	return k == PIPE_PACK || k == PIPE_REPORT || k == PIPE_ARCHIVE;
}
struct pipe_intent {
	uint8_t id[16];
	enum pipe_kind kind;
	enum fj_alg alg;     /* of its kind */
	const char *object;  /* certificate number, DAU-… number, jti, LS-…~version, RP-…, AE-… */
	const json_t *body;  /* everything the structure is built from, times and serial included */
	const char *approval;
	int64_t seq;         /* of the event that intended it */
};
/* body becomes event "<kind>.intended"; object and serial (hex in body["serial"], certificates)
 * must be new: FJ_E_EXISTS; FJ_E_BUSY: see pipe_queue. */
enum fj_rc pipe_intend(struct iss_call *c, enum pipe_kind kind, const char *object, const json_t *body, struct fj_err *err) FJ_MUST_USE;
/* Of what waits for the signer: {"waiting", "most", "oldest" (when the first was asked for, or null), "signing" (the pipeline is at
 * work), "a_second" (what the TPM was seen to sign), "because" (why it did not finish last, as errors are told, or null)}.  New.
 * At most PIPE_QUEUE wait: who asks for more is refused (FJ_E_BUSY) before anything is written. */
#define PIPE_QUEUE 50000
enum fj_rc pipe_queue(struct iss_call *c, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* The table in domain code (pipe_kinds.c): */
struct pipe_ops {
	const char *name;   /* "certificate" */
	enum fj_alg alg;
	int hsm_role, hsm_kind;
	/* to-be-signed bytes, lint and comparison with the intent included */
	enum fj_rc (*build)(struct iss *i, const struct pipe_intent *in, struct fj_buf *tbs, struct fj_err *err);
	/* whole credential from tbs and signature, verified against the chain */
	enum fj_rc (*finish)(struct iss *i, const struct pipe_intent *in, struct fj_slice tbs, struct fj_slice sig, struct fj_buf *credential, struct fj_err *err);
};
extern const struct pipe_ops pipe_table[PIPE_END];
/* The core stores credential bytes (table credential: kind, object, sha256, bytes) with the
 * "<kind>.issued" event, or appends "<kind>.abandoned" {"reason"} when build or signer refuse. */

/* --- status entries (docs/formats.md 5.3) --- */
enum sts_value { STS_VALID = 0, STS_INVALID = 1, STS_SUSPENDED = 2, STS_SUPERSEDED = 3 };
struct sts_ref {
	int64_t list;
	uint32_t idx;
	char uri[201]; /* BASE/status/<list> */
};
/* n (1..8) fresh, different entries.  block: key of the block to draw from ("register", or an
 * authorisation number): blocks of 4096, random within, a new one when full.  Draws randomness:
 * call it in the handler and put the result into the event body; sts_apply_allot in apply. */
enum fj_rc sts_allot(struct iss_call *c, const char *block, struct sts_ref *out, size_t n, struct fj_err *err) FJ_MUST_USE;
/* {"idx","uri"} of an entry, NULL when out of memory; and back from list number and index */
json_t *sts_json(const char *uri, uint32_t idx);
/* list number of a status URI of this appliance ("BASE/status/<n>"; "BASE/status/sm2-<n>" is the same list) */
enum fj_rc sts_list_of(const char *uri, int64_t *list, struct fj_err *err) FJ_MUST_USE;
/* In apply functions: record an allotted entry / change its value. 1 never changes; 3 only to 1
 * (FJ_E_STATE).  A change marks the list for the publisher. */
enum fj_rc sts_apply_allot(const struct evt *e, const char *block, int64_t list, uint32_t idx, struct fj_err *err) FJ_MUST_USE;
enum fj_rc sts_apply_set(const struct evt *e, int64_t list, uint32_t idx, enum sts_value v, struct fj_err *err) FJ_MUST_USE;

/* --- CRL entries; in apply functions.  A final entry never changes; a hold may become final
 * or be lifted.  What was signed once more under the SM2 hierarchy gets the same entry in its CRL; its
 * shards are below 0. --- */
#define STS_CRL_SHARD 1000000 /* certificates in one CRL, about: those of one act may be more (standards.md) */
/* the shard of the next certificate: the newest one's, or the next when that holds STS_CRL_SHARD of them */
enum fj_rc crl_shard_next(struct sto *db, int64_t *out, struct fj_err *err) FJ_MUST_USE;
/* the newest shard that a certificate is in, or may be from now on; at least 1 */
enum fj_rc crl_shard_last(struct sto *db, int64_t *out, struct fj_err *err) FJ_MUST_USE;
/* certificates are in another shard from now on; `setting` keeps which (iss_shard_setting) */
enum fj_rc crl_shard_from(struct sto *db, const char *setting, int64_t shard, struct fj_err *err) FJ_MUST_USE; /* in this one */
enum fj_rc crl_shard_begin(struct sto *db, const char *setting, int64_t *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc crl_apply_set(const struct evt *e, const char *serial_hex, int64_t shard, unsigned reason, struct fj_err *err) FJ_MUST_USE;
enum fj_rc crl_apply_lift(const struct evt *e, const char *serial_hex, struct fj_err *err) FJ_MUST_USE;

/* --- what the signer and the publisher hold, for domain code --- */
const char *iss_base(const struct iss *i);
/* limits of this home's CA, which another appliance's root has certified; NULL: it has none */
const struct fj_limits *iss_limits(const struct iss *i);
const struct ca_home *iss_ca_home(const struct iss *i);
struct fj_slice iss_issuing_cert(const struct iss *i, enum fj_alg alg); /* DER, the newest generation's */
/* JWS signing input: canonical header {alg,typ,kid,x5c} and payload, with `typ`, by the key that signs what event `seq` intended;
 * INT64_MAX: by the one of now */
enum fj_rc iss_jws_input(struct iss *i, enum fj_alg alg, int64_t seq, const char *typ, const json_t *payload, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* Next number of a series: counts events only, so it is rebuilt by replay: series "DAC-420000-202604"
 * gives 1, 2, 3...; the caller's event must carry the number; apply calls ser_apply.  The series "floor-202604" is none of these:
 * those of that month go on above it. */
enum fj_rc ser_next(struct iss_call *c, const char *series, int64_t *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ser_apply(const struct evt *e, const char *series, int64_t n, struct fj_err *err) FJ_MUST_USE;
/* DAC/DAU number with its MOD 37,36 check character (issuer/number.c) */
enum fj_rc num_make(const char *prefix, const char *div6, fj_time at, int64_t n, char out[41], struct fj_err *err) FJ_MUST_USE;
enum fj_rc num_check(const char *number, struct fj_err *err) FJ_MUST_USE;

/* Demo homes only: register and signer run at t from now on (0: the real present). */
enum fj_rc iss_demo_clock(struct iss *i, fj_time t, struct fj_err *err) FJ_MUST_USE;
/* the same, and again whenever this home is opened */
enum fj_rc iss_demo_clock_keep(struct iss *i, fj_time t, struct fj_err *err) FJ_MUST_USE;
/* The bytes of an ISS_F_FILE parameter: {"base64url"}, a text, or octets that came beside the
 * parameters as a JSON string that need not be UTF-8.  FJ_E_NOTFOUND when it is absent. */
enum fj_rc iss_param_file(const struct iss_call *c, const char *key, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* page of a list command: fields "after" (text) and "limit" (1..1000, 100 by default) */
void iss_page(const struct iss_call *c, const char **after, int64_t *limit);
/* a random public id: prefix and n characters of Crockford's base32 in lower case */
void iss_new_id(const char *prefix, size_t n, char *out);
extern const struct iss_field iss_fld_none[], iss_fld_list[];

#endif
