/*
 * domain.h - the domain half of the register: what its files share, and what
 * the core needs to declare from commands_domain.def, events_domain.def and
 * approvals.def.
 */
#ifndef FJ_ISSUER_DOMAIN_H
#define FJ_ISSUER_DOMAIN_H

#include "issuer/core.h"

#define ISS_DOM_READERS                                                                    \
	(ISS_MOF | ISS_FINANCE | ISS_SUPERIOR | ISS_HOLDER | ISS_IMPLEMENTER | ISS_GOV |   \
	    ISS_DATA_BUREAU | ISS_DRC | ISS_OPERATOR | ISS_DEVELOPER | ISS_USER |          \
	    ISS_EXCHANGE | ISS_ASSESSOR | ISS_AUDITOR | ISS_LOCAL)

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
enum fj_rc apr_certificate_issue(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_resume(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_revoke_request(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_revoke(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_certificate_revoke_refused(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_grant(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_resume(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_end_request(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_end(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_authorisation_end_refused(struct iss_call *c, const struct apr *a, struct fj_err *err);
enum fj_rc apr_token_resume(struct iss_call *c, const struct apr *a, struct fj_err *err);

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
 * caller's.  Warnings (R35) stand in body["warnings"]. */
struct dom_org_in {
	const char *usci, *name, *kind, *level, *div6, *dept, *finance, *note;
	const json_t *roles, *affiliates; /* lists of text; affiliates may be NULL */
	bool dishonest;
	int64_t mlps;
};
enum fj_rc dom_organisation_body(const struct dom_org_in *in, json_t **body, struct fj_err *err) FJ_MUST_USE;

#endif
