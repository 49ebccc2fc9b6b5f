/*
 * demo_act.h - who acts in the sample cases, and the courses that they share: an asset to
 * its certificate, a plan to its authorisation, a request to its token.
 *
 * Every function acts through iss_command as the officers it is given (logins), at the
 * demo's clock, and fails with what the register answered.
 */
#ifndef FJ_ISSUER_DEMO_ACT_H
#define FJ_ISSUER_DEMO_ACT_H

#include "issuer/domain.h"
#include "issuer/iss.h"

#define DMO_MAX_USERS 64

struct dmo_user {
	const char *login, *org, *roles;
	struct usr_demo secret;
	struct iss_actor actor;
};
struct dmo {
	struct iss *i;
	struct dmo_user user[DMO_MAX_USERS];
	size_t n;
	json_t *certificates, *tokens, *authorisations, *certificates_sm2, *tokens_sm2; /* for demo.json */
	json_t *registrations; /* of each asset number */
	int person;
	bool cases;
};

/* the organisations; codes are invented */
#define MOF "11100000DEMA00056N"
#define HUBEI "11420000DEMA00013M"
#define HUBEI_DATA "11420000DEMA00187Y"
#define GUIZHOU "11520000DEMA000217"
#define GUANGXI "11450000DEMA0003XL"
#define SHENZHEN "11440300DEMA000480"
#define MWR "11100000DEMA00064H"
#define MWR_IC "12100000DEMA000729"
#define METEO "12100000DEMA000804"
#define HUBEI_WATER "12420000DEMA00099D"
#define JINGCHU "91420100DEMA001011"
#define QIANSHU "91520100DEMA0011XF"
#define PENGCHENG "91440300DEMA00128B"
#define JIANGCHENG "91420100DEMA00136K"
#define YONGJIANG "91450100DEMA00144T"
#define COUNTY "11429090DEMA001527"
#define COUNTY_CENTRE "12429090DEMA00160Y"
#define COUNTY_BUREAU "11429090DEMA00179Y"

/* --- acting --- */

/* the user of that login; the first one when nobody has it */
struct dmo_user *dmo_user(struct dmo *d, const char *login);
/* "A,B" as a list, the caller's; "" is an empty one */
json_t *dmo_split(const char *s);
/* a command; params is stolen, *answer (NULL: not wanted) is the caller's */
enum fj_rc dmo_act(struct dmo *d, const char *login, const char *command, json_t *params, json_t **answer, struct fj_err *err) FJ_MUST_USE;
/* a command, and the approval it asks for: the answer is the approval's */
enum fj_rc dmo_act2(struct dmo *d, const char *first, const char *second, const char *command, json_t *params, json_t **answer, struct fj_err *err) FJ_MUST_USE;
/* the demo's clock, RFC 3339 in UTC */
enum fj_rc dmo_at(struct dmo *d, const char *when, struct fj_err *err) FJ_MUST_USE;
/* what has to be refused is refused, by that rule: rc and got are the attempt's */
enum fj_rc dmo_must_refuse(enum fj_rc rc, const struct fj_err *got, const char *rule, struct fj_err *err) FJ_MUST_USE;

/* --- an asset on its way to a certificate --- */

struct dmo_asset {
	const char *no, *name, *industry, *holder, *superior, *reviewer; /* logins */
	const char *fin1, *fin2, *fin3;
	const char *shared;      /* supplying unit, "" none */
	const char *modes;
	bool public_data, pledge;
	int years;               /* of the certificate; 0: three */
};
/* 26号's course up to the public notice, which runs for ten working days */
enum fj_rc dmo_notice(struct dmo *d, const struct dmo_asset *a, struct fj_err *err) FJ_MUST_USE;
/* Registered and certificated: what is public data had its notice before, the others take the
 * short path in one day.  expected: the number that it has to have, NULL any. */
enum fj_rc dmo_certified(struct dmo *d, const struct dmo_asset *a, const char *expected, char number[41], struct fj_err *err) FJ_MUST_USE;

/* --- authorisations, by the full course, and tokens --- */

struct dmo_grant {
	const char *mode, *domains, *scenarios, *rights, *purposes, *actions, *territory;
};
struct dmo_authorisation {
	const char *implementer, *second;  /* logins of the institution */
	const char *superior;              /* login, "" no department above the holder */
	const char *fin1, *fin2;           /* logins: who approves the plan, and who the grant */
	const char *signer;                /* login of the operator */
	const char *from, *to, *terms, *products;
	const struct dmo_grant *grant;
	bool shared;
	int bp[3];                         /* shares of net income (demo_plan.h) */
	const char *priced_to;             /* last day of the price; NULL: to */
};
/* by proposal, approval, meeting, selection, agreement, filing and disclosure, with an approved price
 * and its products; number is the authorisation's */
enum fj_rc dmo_authorise(struct dmo *d, const struct dmo_authorisation *a, const struct dmo_asset *asset, const char *certificate, char number[41], struct fj_err *err) FJ_MUST_USE;

struct dmo_license {
	const char *operator_; /* login */
	const char *product, *kind, *terms;
	int days;
	const struct dmo_grant *grant;
	const char *user, *user_name;
	const char *audience;  /* NULL: bound to a key */
};
/* a public key for the demo's users: nobody has its private half; NULL when none could be made */
json_t *dmo_jwk(void);
/* the request of token.issue for these users, which are stolen */
json_t *dmo_license_request(const struct dmo_license *l, const char *authorisation, json_t *users);
/* one token, for the license's user */
enum fj_rc dmo_license(struct dmo *d, const struct dmo_license *l, const char *authorisation, char id[64], struct fj_err *err) FJ_MUST_USE;

/* --- for demo.json: a file below demo/, and the verdict that it has from now on --- */

enum fj_rc dmo_show_certificate(struct dmo *d, const char *number, const char *expect, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dmo_show_authorisation(struct dmo *d, const char *number, const char *expect, struct fj_err *err) FJ_MUST_USE;
/* use: "action=QUERY,purpose=…", NULL none */
enum fj_rc dmo_show_token(struct dmo *d, const char *id, const char *expect, const char *use, struct fj_err *err) FJ_MUST_USE;
/* signed once more under SM2, and noted with the verdict that it will have at the demo's end */
enum fj_rc dmo_sm2_certificate(struct dmo *d, const char *first, const char *second, const char *number, const char *expect, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dmo_sm2_token(struct dmo *d, const char *login, const char *id, const char *expect, const char *use, struct fj_err *err) FJ_MUST_USE;

/* --- demo_cases.c --- */

/* cases 1 to 6 of domain.md section 12 with their dates, then the present */
enum fj_rc dmo_cases(struct dmo *d, struct fj_err *err) FJ_MUST_USE;

#endif
