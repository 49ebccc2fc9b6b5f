/*
 * domain.h - the domain half of the register: what its files share, and what
 * the core needs to declare from commands_domain.def, events_domain.def and
 * approvals.def.
 */
#ifndef FJ_ISSUER_DOMAIN_H
#define FJ_ISSUER_DOMAIN_H

#include "issuer/core.h"
#include "issuer/log/log.h"
#include "issuer/rules/rules.h"

#define ISS_DOM_READERS                                                                    \
	(ISS_MOF | ISS_FINANCE | ISS_SUPERIOR | ISS_HOLDER | ISS_IMPLEMENTER | ISS_GOV |   \
	    ISS_DATA_BUREAU | ISS_DRC | ISS_OPERATOR | ISS_DEVELOPER | ISS_USER |          \
	    ISS_EXCHANGE | ISS_ASSESSOR | ISS_AUDITOR | ISS_LOCAL)

/* whoever may stand at a level of an approval chain */
#define ISS_DOM_DECIDERS (ISS_DOM_READERS & ~(uint32_t)(ISS_AUDITOR | ISS_LOCAL))

/* who gives supervision orders, each within R40; and who is told to do something */
#define SUP_SUPERVISORS (ISS_FINANCE | ISS_SUPERIOR | ISS_DATA_BUREAU | ISS_MOF)
#define SUP_SUPERVISED (ISS_OPERATOR | ISS_IMPLEMENTER | ISS_HOLDER)

/* prototypes of every table, handler, apply and approval function in the .def files */
#define CMD(ident, name, kind, roles, fields, handler, zh, en) \
	extern const struct iss_field fields[];                \
	enum fj_rc handler(struct iss_call *c, struct fj_err *err);
#include "issuer/commands_domain.def"
#undef CMD
#define EVENT(kind, apply) enum fj_rc apply(const struct evt *e, struct fj_err *err);
#include "issuer/events_domain.def"
#undef EVENT
enum fj_rc apr_organisation_add(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_rule_override(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_legacy_import(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_offline_record(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_organisation_change(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_organisation_import(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_division_load(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_asset_unfreeze(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_registration_execute(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_registration_withdraw(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_issue(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_sm2(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_resume(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_revoke_request(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_revoke(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_revoke_refused(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_key_compromised_request(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_key_compromised(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_key_compromised_refused(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_grant(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_resume(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_end_request(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_end(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_end_refused(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_adjust(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_order_disqualify(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_opening_erase(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_peer_add(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_report_approve(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_report_reopened(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_grant_refused(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_plan_approve(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_plan_audited(struct iss_call *c, const struct apr *a, struct fj_err *err); /* a level before the last passed */
enum fj_rc apr_plan_refused(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_plan_deliberate(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_plan_agree(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_plan_file(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_token_resume(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_price_record(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_revenue_clear(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_revenue_refuse(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_revenue_counter(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_token_issue(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_token_sm2(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_token_bulk(struct iss_call *c, const struct apr *a, struct fj_err *err);

/* The longest texts that fields, columns and documents admit, in code points; a row's buffer
 * holds that many of four octets each. */
#define DOM_MAX_NAME 120     /* organisations, users of data, assets, ledger entries */
#define DOM_MAX_ASSET_NO 64
#define DOM_MAX_PRODUCT 64
#define DOM_MAX_LEDGER_NO 40
#define DOM_MAX_CATALOG_REF 80
#define DOM_MAX_SHARED_FROM 40
#define DOM_CAP(code_points) (4 * (code_points) + 1)

/* --- organisations (organisation.c) --- */
struct dom_org {
	char usci[19], name[484], kind[8], level[16], div6[7], dept[19], finance[19];
	uint32_t roles;     /* role bits */
	bool dishonest;
	int64_t mlps;
	json_t *affiliates; /* owned: list of USCCs */
};
void dom_org_release(struct dom_org *o);
FJ_DEFINE_AUTO(dom_org, struct dom_org, dom_org_release)
/* FJ_E_NOTFOUND names the code. */
enum fj_rc dom_org_get(struct sto *db, const char *usci, struct dom_org *out, struct fj_err *err) FJ_MUST_USE;
/* Checks all of an organisation's facts and makes the body of "organisation.added"
 * (also for `fujie init`): kind is a holder_kind code, roles names as of iss_role_name;
 * dept, finance may be "" (a finance department without one is its own).  *body is the
 * caller's.  A check character that fails needs `override` (R35), a kind that contradicts the
 * code needs `note`; both are told: body["warnings"] [{"rule","en","zh"}], body["contradiction"]
 * {"en","zh"}, which every approver confirms. */
struct dom_org_in {
	const char *usci, *name, *kind, *level, *div6, *dept, *finance, *note, *override;
	const json_t *roles, *affiliates; /* lists of text; affiliates may be NULL */
	bool dishonest;
	int64_t mlps;
};
enum fj_rc dom_organisation_body(const struct dom_org_in *in, json_t **body, struct fj_err *err) FJ_MUST_USE;
/* warnings about what the register does not know: division, superior and finance department */
enum fj_rc dom_organisation_warn(struct sto *db, json_t *body, struct fj_err *err) FJ_MUST_USE;
/* R40: may officers of `asker` enter these facts?  With peers (bodies by USCC, may be NULL) a
 * finance department among them counts as entered. */
enum fj_rc dom_organisation_enterer(struct iss_call *c, const json_t *body, const json_t *peers, const char *asker, struct fj_err *err) FJ_MUST_USE;
/* an organisation as the register shows it, note and override included; the caller's */
enum fj_rc dom_organisation_json(struct sto *db, const char *usci, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* May the actor know who objected to this asset?  The finance department that decides, and auditors. */
enum fj_rc dom_objectors_known(struct iss_call *c, const char *asset_no, bool *out, struct fj_err *err) FJ_MUST_USE;

/* Lists (page.c).  A statement answers its rows in the order of their key, `limit` at most after the
 * one that "after" names (iss_page); each becomes an object whose member `key` is that key. */
typedef json_t *(*dom_row_fn)(const struct sto_q *q, fj_time now);                             /* NULL: out of memory */
typedef enum fj_rc (*dom_item_fn)(const struct sto_q *q, json_t **out, struct fj_err *err); /* for rows that may be malformed */
enum fj_rc dom_rows(struct sto_q *q, fj_time now, dom_row_fn row, json_t *items, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dom_list_page(struct iss_call *c, struct sto_q *q, dom_row_fn row, const char *key, int64_t limit, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dom_list_items(struct iss_call *c, struct sto_q *q, dom_item_fn item, const char *key, int64_t limit, struct fj_err *err) FJ_MUST_USE;
/* the whole command, of a statement that has these two parameters alone */
enum fj_rc dom_list_rows(struct iss_call *c, enum sto_id id, dom_row_fn row, const char *key, struct fj_err *err) FJ_MUST_USE;
/* {"items","next"}: next is the last item's `key` when the page is full; items stays the caller's */
enum fj_rc dom_list_answer(struct iss_call *c, json_t *items, const char *key, int64_t limit, struct fj_err *err) FJ_MUST_USE;

/* --- assets (card.c) --- */
struct dom_asset {
	char asset_no[DOM_CAP(DOM_MAX_ASSET_NO)], ledger[40], holder[19], name[DOM_CAP(DOM_MAX_NAME)], state[16], certificate[41],
	    former[16], frozen_by[19], held[41], origin[8], registration[40], came_from[DOM_CAP(DOM_MAX_ASSET_NO)];
	int64_t version, newest, status_list, status_idx; /* status_list -1: none yet */
	json_t *card;        /* the one in force (`version`); owned */
	char card_hash[65];
};
void dom_asset_release(struct dom_asset *a);
FJ_DEFINE_AUTO(dom_asset, struct dom_asset, dom_asset_release)
enum fj_rc dom_asset_get(struct sto *db, const char *asset_no, struct dom_asset *out, struct fj_err *err) FJ_MUST_USE;
/* SHA-256 of the canonical card, hex */
enum fj_rc dom_card_hash(const json_t *card, char hex[65], struct fj_err *err) FJ_MUST_USE;
/* letters, digits, hyphen, dot and underscore, 64 at most; else FJ_E_INVALID */
enum fj_rc dom_asset_no_check(const char *asset_no, struct fj_err *err) FJ_MUST_USE;
/* a text member of a block of the card; "" when absent */
const char *dom_card_text(const json_t *card, const char *block, const char *key);

/* --- ledger entries (ledger.c) --- */
struct dom_ledger {
	char id[40], holder[19], ledger_no[DOM_CAP(DOM_MAX_LEDGER_NO)], catalog_ref[DOM_CAP(DOM_MAX_CATALOG_REF)], name[DOM_CAP(DOM_MAX_NAME)],
	    shared_from[DOM_CAP(DOM_MAX_SHARED_FROM)], state[16], result[8], person[ISS_PERSON_CAP];
};
enum fj_rc dom_ledger_get(struct sto *db, const char *id, struct dom_ledger *out, struct fj_err *err) FJ_MUST_USE;

/* --- certificates (certificate.c) --- */
struct dom_cert {
	char number[41], serial[40], asset_no[DOM_CAP(DOM_MAX_ASSET_NO)], asset_name[DOM_CAP(DOM_MAX_NAME)], holder[19], holder_name[DOM_CAP(DOM_MAX_NAME)],
	    state[16], former[16], sha256[65], succeeds[41], registration[40];
	int64_t version, reason, shard, list, idx, restrictions, revoked_at; /* revoked_at 0: not */
	fj_time not_before, not_after;
};
/* --- holder_key.c --- */
/* SHA-256 of a SubjectPublicKeyInfo, hex */
void dom_spki_hash(struct fj_slice spki, char out[65]);
/* FJ_E_REFUSED: reported compromised, or in another holder's certificate */
enum fj_rc dom_key_usable(struct sto *db, const char *spki_hex, const char *holder, struct fj_err *err) FJ_MUST_USE;
/* The key of the parameter "request", or of "key" with "proof", into the payload: "spki" (base64url),
 * "spki_sha256" (hex). */
enum fj_rc dom_key_into(struct iss_call *c, const struct dom_asset *a, json_t *payload, struct fj_err *err) FJ_MUST_USE;
/* of the parameter "request", an SM2 key of the holder's: "spki" and "spki_sha256" into payload, and its octets */
enum fj_rc dom_key_sm2_into(struct iss_call *c, const char *holder, struct fj_buf *spki, json_t *payload, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dom_cert_get(struct sto *db, const char *number, struct dom_cert *out, struct fj_err *err) FJ_MUST_USE;
/* What would be issued for the asset if this request were approved now: {"asset_no", "succeeds": number or "",
 * "keeps_end": the end is that of the one that it succeeds, "intent"?: as it would be stored, "refused"?: why not, as of tsk_aside}.  What is drawn in the intent (number,
 * serial, entries, a key that nobody has) is an example; nothing is stored.  *out is the caller's. */
enum fj_rc dom_certificate_preview(struct iss_call *c, const json_t *payload, const char *asset_no, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* What is approved of a certificate, as a hash in hexadecimal (base/content.h): b as an intent has it, without what is
 * drawn; by years, or with ends; spki where the key is the holder's. */
enum fj_rc dom_cert_content(const json_t *b, enum fj_alg alg, int years, fj_time ends, struct fj_slice spki, char hex[65], struct fj_err *err) FJ_MUST_USE;
/* --- authorisations (authorisation.c) --- */
struct dom_auth {
	char number[41], state[16], former[16], holder[19], implementer[19], operator_[19], holder_name[DOM_CAP(DOM_MAX_NAME)],
	    operator_name[DOM_CAP(DOM_MAX_NAME)], sha256[65];
	fj_time not_before, not_after;
	json_t *body; /* payload of the credential; owned */
	int64_t line_list, line_idx, own_list, own_idx;
	char credential[48];   /* object of its newest version */
	char suspended_by[16]; /* iss_party_name; "" not suspended */
};
void dom_auth_release(struct dom_auth *a);
FJ_DEFINE_AUTO(dom_auth, struct dom_auth, dom_auth_release)
/* the first of its assets' certificates that is not in force now (R01, domain.md 7.2); out->number "" when all are */
enum fj_rc dom_auth_lost(struct iss_call *c, const struct dom_auth *a, struct dom_cert *out, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_REFUSED (R13) when the grant has a right or mode that the card does not */
enum fj_rc dom_grant_on_card(const json_t *grant, const json_t *card, struct fj_err *err) FJ_MUST_USE;
/* One authorisation that waits for a new version because a certificate has a successor: its intent
 * is stored.  *more false: none waits.  In a transaction of the pipeline's. */
enum fj_rc dom_rebind(struct iss_call *c, bool *more, struct fj_err *err) FJ_MUST_USE;
/* the payload with its assets' certificates as they are now; the caller's */
enum fj_rc dom_auth_current(struct iss_call *c, const struct dom_auth *a, json_t **payload, struct fj_err *err) FJ_MUST_USE;
/* A new version of the credential with this payload, whose number, time and entry are set here; its
 * intent is stored.  plan: the one that it carries out, NULL none.  FJ_E_STATE while another is being made. */
enum fj_rc dom_auth_renew(struct iss_call *c, const struct dom_auth *a, json_t *payload, const char *plan, int64_t *version, struct fj_err *err) FJ_MUST_USE;
/* Suspended at once by this party, or raised to it where a lower one suspended, or nobody, and its end
 * waits to be confirmed; FJ_E_STATE else. */
enum fj_rc dom_auth_suspend(struct iss_call *c, const struct dom_auth *a, enum iss_party by, const char *reason, struct fj_err *err) FJ_MUST_USE;
/* is it suspended, by this party or a higher one? */
bool dom_auth_suspended_by(const struct dom_auth *a, enum iss_party by);
/* The reclaim begins: suspended at once, final when the finance department confirms. */
enum fj_rc dom_auth_reclaim(struct iss_call *c, const struct dom_auth *a, const char *finance, json_t *payload, struct fj_err *err) FJ_MUST_USE;
/* "revoked_at" into o: since when the authorisation or token is suspended or ended; nothing where it is not */
enum fj_rc dom_since(struct sto *db, const char *number, json_t *o, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dom_auth_get(struct sto *db, const char *number, struct dom_auth *out, struct fj_err *err) FJ_MUST_USE;
/* the highest party of the authorisation that the actor is in this call: the holder's finance
 * department, implementer or operator; FJ_E_FORBIDDEN when none */
enum fj_rc dom_party(struct iss_call *c, const struct dom_auth *a, enum iss_party *out, struct fj_err *err) FJ_MUST_USE;
/* bytes of a credential: DER, or compact with "~" */
/* what was signed once more of it under the SM2 hierarchy, and its proof of the public log; nothing is appended where it was not */
enum fj_rc dom_twin(struct iss *i, struct sto *db, enum pipe_kind kind, const char *number, struct fj_buf *credential, struct fj_buf *proof, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dom_credential(struct sto *db, enum pipe_kind kind, const char *object, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* sorted list of texts without repetition, from a list in any order; the caller's */
json_t *dom_sorted(const json_t *list);

#endif
