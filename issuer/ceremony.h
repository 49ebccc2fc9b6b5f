/*
 * ceremony.h - what the root signs under its officers: structures, challenges, answers, rounds,
 * and the transcript of a ceremony (docs/formats.md 22).
 */
#ifndef FJ_ISSUER_CEREMONY_H
#define FJ_ISSUER_CEREMONY_H

#include "base/bond.h"
#include "base/limits.h"
#include "base/spare.h"
#include "issuer/iss.h"

#define CRM_DIR "ceremony" /* below the home */
#define CRM_ROOT_CRL_DAYS 400

/* --- ceremony.c: one structure, or that the issuing keys are unsealed (which has none) --- */
struct crm_item {
	struct fj_challenge c;      /* step and alg are the caller's; the rest by crm_begin */
	uint8_t id;                 /* the signer's */
	int64_t until;              /* boot clock, ms: later answers come too late */
	struct fj_hash cphash, to_sign;
	unsigned set;               /* officers whose approval is in hand */
	struct hsm_officer_approval approval[FJ_QUORUM_MAX];
	bool follows;               /* by the root that follows: HSM_NEWER of the root's role */
	const struct fj_plan *with; /* of fj_step_cross: the plan of the root that is certified; borrowed */
	struct fj_slice issuer;     /* whose signature it is to be; empty: of step "root" its own, else this home's root's.  Borrowed */
	struct fj_buf out;          /* certificate or CRL, once it is signed */
};
void crm_item_init(struct crm_item *it, enum fj_step step, enum fj_alg alg);
void crm_item_release(struct crm_item *it);
/* To-be-signed bytes of a step by the certificates that i has; number: a CRL's. */
enum fj_rc crm_structure(struct iss *i, enum fj_step step, enum fj_alg alg, uint64_t number, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
/* To-be-signed bytes of something that the root signs once: as it was kept, unless it is to be made fresh, and kept then. */
typedef enum fj_rc (*crm_make)(struct iss *i, const void *of, enum fj_alg alg, bool fresh, struct fj_buf *tbs, struct fj_err *err);
/* an issuing CA's certificate by the root, for a key (struct fj_buf, SubjectPublicKeyInfo) that the signer has made anew */
enum fj_rc crm_issuing_tbs(struct iss *i, const void *spki, enum fj_alg alg, bool fresh, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
/* What the root signs once is kept before it is: CRM_DIR/kept-NAME.tbs, so that a try that is cut after the signer's part is made again with
 * the same octets.  Of this subject key, by the root of now; false: none is kept. */
bool crm_kept(const struct iss *i, enum fj_alg alg, const char *name, struct fj_slice spki, struct fj_buf *tbs);
enum fj_rc crm_keep(const char *name, const struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
/* a root's CRL with these entries, for 400 days from now; root: its certificate */
enum fj_rc crm_crl(struct iss *i, struct fj_slice root, enum fj_alg alg, uint64_t number, const struct ca_revoked *revoked, size_t n, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
/* A root's own certificate for a key; and one root by another, until the root that is followed ends. */
enum fj_rc crm_root_tbs(struct iss *i, enum fj_alg alg, const struct fj_buf *spki, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
enum fj_rc crm_cross_tbs(struct iss *i, struct fj_slice issuer, unsigned generation, struct fj_slice spki, fj_time until, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
enum hsm_kind crm_kind(enum fj_step step);
/* so many officers have to approve */
unsigned crm_needs(const struct fj_plan *p, enum fj_step step);
/* The structure is given to the signer, and the challenge made; approvals in hand are forgotten. */
enum fj_rc crm_begin(struct hsm_conn *conn, const struct fj_plan *p, struct crm_item *it, struct fj_err *err) FJ_MUST_USE;
/* An answer, to the structure of these that it is for.  FJ_E_REFUSED, FJ_E_SIGNATURE: why it is none. */
enum fj_rc crm_take(const struct fj_plan *p, struct crm_item *items, size_t n, const struct fj_answer *a, struct fj_err *err) FJ_MUST_USE;
/* With enough approvals in hand: unsealed. */
enum fj_rc crm_unseal(struct hsm_conn *conn, const struct crm_item *it, struct fj_err *err) FJ_MUST_USE;
/* With enough approvals in hand: signed, assembled into it->out, and verified under the root of its algorithm. */
enum fj_rc crm_sign(struct iss *i, struct hsm_conn *conn, struct crm_item *it, struct fj_err *err) FJ_MUST_USE;
/* The same from a signature (DER) that is there. */
enum fj_rc crm_assemble(struct iss *i, struct crm_item *it, struct fj_slice sig, struct fj_err *err) FJ_MUST_USE;
/* It was signed and recorded, and the end came before the transcript had it: the signer has it still.  last: what was challenged last;
 * it->out stays empty when it was not. */
enum fj_rc crm_signed_before(struct iss *i, struct hsm_conn *conn, const struct fj_buf *last, struct crm_item *it, struct fj_err *err) FJ_MUST_USE;
/* {"challenges":[…]} of those that are not signed yet; the caller's */
json_t *crm_challenges(const struct crm_item *items, size_t n);

/* --- ceremony_log.c: the transcript, a line a step, each bound to the one before --- */
struct crm_log {
	int fd;
	uint64_t n;
	struct fj_hash before; /* of the last line; of the plan when there is none */
};
/* in and out are borrowed */
typedef enum fj_rc (*crm_line_fn)(void *user, const char *step, const json_t *in, const json_t *out, struct fj_err *err);
/* Opens or begins a transcript; each line that stands there is handed to fn.  A last line that is cut is removed. */
#define CRM_TRANSCRIPT CRM_DIR "/transcript"
enum fj_rc crm_log_open(struct crm_log *l, const char *path, const struct fj_plan *p, crm_line_fn fn, void *user, struct fj_err *err) FJ_MUST_USE;
/* which step a line's object is of; false: of none that there is */
bool crm_log_step(const json_t *o, enum fj_step *step, enum fj_alg *alg);
/* a structure or signature of a line, in the place of what `to` had */
enum fj_rc crm_log_octets(const char *text, struct fj_buf *to, struct fj_err *err) FJ_MUST_USE;
/* in and out are stolen; durable when it returns */
enum fj_rc crm_log_put(struct crm_log *l, const char *step, json_t *in, json_t *out, struct fj_err *err) FJ_MUST_USE;

/* --- ceremony_bond.c --- */
/* What the TPM shows of its endorsement keys, as an officer's tool reads it (base/bond.h); *certified: with a certificate. */
enum fj_rc crm_endorsement(struct hsm_conn *conn, const struct fj_plan *p, struct fj_buf *out, bool *certified, struct fj_err *err) FJ_MUST_USE;
/* An officer's credential: of the plan, opened by the TPM with what he put in, and kept.  b, secret: initialised; what was
 * read and answered.  FJ_E_REFUSED, FJ_E_SIGNATURE, FJ_E_EXISTS, FJ_E_INVALID: why not. */
enum fj_rc crm_bond(struct hsm_conn *conn, const struct fj_plan *p, const json_t *challenge, struct fj_bond *b, struct fj_buf *secret, struct fj_err *err) FJ_MUST_USE;
/* those that were kept, [{"challenge","answer"}]; the caller's, NULL when there are none */
enum fj_rc crm_bonds(json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- ceremony_run.c --- */
/* The signed plan of `file`, in force: every officer's signature verified. */
enum fj_rc crm_plan(struct fj_slice file, struct fj_plan *out, struct fj_err *err) FJ_MUST_USE;
/* Everything that the root signs at the beginning, into i->ca[…] and crl[alg]: rounds through files in CRM_DIR,
 * waiting for the officers as long as it takes; `bonds`: also for
 * the plan's number of them to bind the attestation key, where the TPM has an endorsement certificate.  Broken off, it goes on from the transcript. */
enum fj_rc crm_hold(struct iss *i, const struct fj_plan *p, bool bonds, struct fj_buf crl[FJ_ALG_END], struct fj_err *err) FJ_MUST_USE;

/* A ceremony that goes on after a new start of the signer: the issuing keys are unsealed first, by a round through files, where
 * the plan has them sealed.  The transcript has nothing of it, the signer's log has. */
enum fj_rc crm_unseal_round(struct iss *i, const struct fj_plan *p, struct fj_err *err) FJ_MUST_USE;

/* --- root_crl.c: the root's CRLs after the ceremony; what awaits approvals --- */
struct crm_sub { /* another appliance's CA (certify.c) */
	struct fj_ca_request request;
	struct fj_limits limits; /* as they will stand in the certificate */
	int years;
};
struct crm_succession { /* of the root, to the one that follows (succession.c) */
	struct fj_plan now, next;
	struct fj_buf new_root[FJ_ALG_END]; /* certificates, once they are signed */
	const char *round;
};
struct crm_renewal {
	struct fj_plan plan;         /* whose officers approve */
	struct crm_item item[2];
	size_t n;
	enum { CRM_LISTS, CRM_CERTIFY, CRM_ISSUE, CRM_SUCCEED } what; /* the root's lists; certificates of sub; of this appliance's newer issuing key; what the root passes on by */
	struct crm_sub sub;
	struct crm_succession *succession; /* of CRM_SUCCEED alone */
};
void crm_renewal_free(struct crm_renewal *r);
/* A subordinate's certificates await the plan's officers; *planned is false, and nothing done, in a home without a plan. */
enum fj_rc crm_renewal_sub(struct iss_call *c, const struct crm_sub *s, bool *planned, struct fj_err *err) FJ_MUST_USE;
/* Signed by the root for two officers' approval; der: the caller's.  officers: their logins, the caller's. */
enum fj_rc crm_sign_by_two(struct iss_call *c, const struct apr *a, enum fj_alg alg, enum hsm_kind kind, struct fj_slice tbs, struct fj_buf *der, json_t **officers, struct fj_err *err) FJ_MUST_USE;
/* The same of something that is signed once.  What was kept is tried first: FJ_E_STATE says that its time is over and it was never signed. */
enum fj_rc crm_once_by_two(struct iss_call *c, const struct apr *a, enum fj_alg alg, enum hsm_kind kind, crm_make make, const void *of, struct fj_buf *der, json_t **officers, struct fj_err *err) FJ_MUST_USE;
/* newer generations of a parent's root, each as the one before certified it */
struct crm_newer {
	struct fj_buf cert[FJ_MAX_ROOTS];
	size_t n;
};
void crm_newer_release(struct crm_newer *up);
FJ_DEFINE_AUTO(crm_newer, struct crm_newer, crm_newer_release)
/* A list or a CA is signed by the parent's root, or by one that followed it and that was taken in: up to that one into up. */
enum fj_rc crm_parent_signed(struct iss_call *c, enum fj_alg alg, struct fj_slice der, struct crm_newer *up, struct fj_err *err) FJ_MUST_USE;
/* keyring's row of a subordinate CA: "sub-1", "sub-1-sm2" */
#define FJ_SUB_NAME 32
void crm_sub_name(int64_t n, enum fj_alg alg, char out[FJ_SUB_NAME]);
/* a generation of the root, from 2, as the one before certified it; FJ_E_NOTFOUND */
enum fj_rc crm_newer_root(struct sto *db, unsigned generation, enum fj_alg alg, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;
/* those of a file of PEM, each by the last, and as each certified itself; FJ_E_REFUSED: a root of another line */
enum fj_rc crm_take_crosses(struct iss_call *c, struct fj_slice pem, struct fj_err *err) FJ_MUST_USE;
/* A newer list of a root that is elsewhere, in place of the one that is kept. */
enum fj_rc crm_list_take(struct iss_call *c, struct fj_slice der, struct fj_err *err) FJ_MUST_USE;

/* --- certify.c: CAs of other appliances --- */
void crm_sub_release(struct crm_sub *s);
FJ_DEFINE_AUTO(crm_sub, struct crm_sub, crm_sub_release)
/* The request, for this root and signed by its keys; division and holders may be NULL: as asked for. */
enum fj_rc crm_sub_read(const struct iss *i, struct fj_slice file, const char *division, const char *holders, int64_t years, struct crm_sub *s, struct fj_err *err) FJ_MUST_USE;
/* The former keys' word to the signer, where the request has it; given: a connection to it, NULL for one of its own. */
enum fj_rc crm_sub_former(struct iss *i, struct hsm_conn *given, const struct crm_sub *s, struct fj_err *err) FJ_MUST_USE;
/* a subordinate's (struct crm_sub) */
enum fj_rc crm_sub_tbs(struct iss *i, const void *sub, enum fj_alg alg, bool fresh, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
enum fj_rc crm_sub_keep(struct iss_call *c, const struct crm_sub *s, const struct fj_buf der[FJ_ALG_END], const json_t *officers, struct fj_err *err) FJ_MUST_USE;
/* serial of the certificate with this number; FJ_E_NOTFOUND, of SM2 without a reason: it may have none */
enum fj_rc crm_sub_serial(struct sto *db, int64_t n, enum fj_alg alg, struct ca_serial *out, struct fj_err *err) FJ_MUST_USE;

/* --- ceremony_sub.c: a home without a root --- */
/* Makes the keys and, without `certificate`, writes CRM_DIR/ca-request.json; with it (PEM: certificates, the root's lists) the
 * home is certified: *certified, into i->ca[…] and crl[alg]. */
enum fj_rc crm_subordinate(struct iss *i, const json_t *in, bool *certified, struct fj_buf crl[FJ_ALG_END], struct fj_err *err) FJ_MUST_USE;
/* --- succession.c: the root passes on to its successor (docs/formats.md 33) --- */
void crm_succession_free(struct crm_succession *s);
/* one officer's answers, and with enough of them the signatures, into the succession's transcript */
enum fj_rc crm_succession_take(struct crm_renewal *r, struct fj_slice file, struct fj_err *err) FJ_MUST_USE;
enum fj_rc crm_succession_sign(struct iss_call *c, struct crm_renewal *r, struct fj_err *err) FJ_MUST_USE;
/* the next list of the root in force, by another root's certificate */
enum fj_rc crm_next_list(struct iss_call *c, enum fj_alg alg, struct fj_slice root, struct fj_buf *tbs, struct fj_err *err) FJ_MUST_USE;
/* A request for the newer issuing keys, once all are made: signed by them and by those before, for the approval's officers. */
enum fj_rc crm_request_newer(struct iss_call *c, struct hsm_conn *conn, const struct hsm_approval *who, size_t n, struct fj_err *err) FJ_MUST_USE;
/* the next PEM block of that label, whole; FJ_E_NOTFOUND when there is none */
enum fj_rc crm_next_block(struct fj_slice *in, const char *label, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;
/* certificates in a file of PEM that are for newer keys of this home issue from now on; *taken: how many */
enum fj_rc crm_take_newer(struct iss_call *c, struct fj_slice pem, size_t *taken, struct fj_err *err) FJ_MUST_USE;
/* the plan of this home, in force; *there: it has one */
enum fj_rc crm_home_plan(struct fj_plan *p, bool *there, struct fj_err *err) FJ_MUST_USE;
/* logins of those whose approval is in hand; the caller's */
json_t *crm_names(const struct fj_plan *p, const struct crm_item *it);
/* --- key_roll.c: the appliance's newer issuing keys --- */
/* the one that waits for the root; FJ_E_STATE: none does */
enum fj_rc rol_made(struct sto *db, enum fj_alg alg, struct fj_buf *spki, struct fj_err *err) FJ_MUST_USE;
/* the setting that has it */
void rol_made_setting(enum fj_alg alg, char out[40]);
/* A certificate in the place of the one before, which is kept and signs what earlier events than `until` intended; its serial into serials. */
#define ROL_NOTHING 1 /* every intent is a later one: nothing is signed by a key that is gone */
enum fj_rc rol_take_place(struct iss_call *c, const char *what, const struct fj_buf *cert, int64_t until, json_t *serials, struct fj_err *err) FJ_MUST_USE;
/* Nothing that signs now is certified under this generation of the issuing CA; FJ_E_STATE: something is. */
enum fj_rc rol_leaves_nobody(struct iss_call *c, enum fj_alg alg, int64_t generation, struct fj_err *err) FJ_MUST_USE;
/* The root has certified it: it issues from now on. */
enum fj_rc rol_certified(struct iss_call *c, enum fj_alg alg, const struct fj_buf *der, const json_t *officers, struct fj_err *err) FJ_MUST_USE;
/* --- root_move.c: with enough approvals in hand the roots leave for the spare; c->answer gets "blob" --- */
enum fj_rc crm_moved(struct iss_call *c, struct crm_renewal *r, struct fj_err *err) FJ_MUST_USE;

/* --- unseal.c: the issuing keys after a start; what awaits approvals --- */
void crm_unsealing_free(struct crm_unsealing *u);

#endif
