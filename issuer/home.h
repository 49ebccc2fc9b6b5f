/*
 * home.h - what the home page shows, and to whom: home.show's parts.  Not for other rooms.
 *
 * Everybody sees what the own roles' commands would show, of the own scope: the Ministry of Finance and
 * auditors all, a finance department its level, a superior its units, others their own.  Nothing is
 * counted here: figures are rows of tally (store/tally.def).
 */
#ifndef FJ_ISSUER_HOME_H
#define FJ_ISSUER_HOME_H

#include "issuer/domain.h"

/* whose rows of tally; 0: this reader has no figures of the kind */
struct hom_scope {
	char whose;    /* as in tally.whose */
	char scope[19];
};
enum hom_about { HOM_ASSETS, HOM_CERTIFICATES, HOM_AUTHORISATIONS, HOM_TOKENS, HOM_REVENUE, HOM_REMITTED, HOM_ABOUTS };
/* the widest that these roles have: org the reader's organisation, finance the department of its level */
void hom_scope_of(uint32_t roles, const char *org, const char *finance, enum hom_about about, struct hom_scope *out);

struct hom {
	struct iss_call *c;
	uint32_t roles;      /* those at hand: all of the actor's, or the one that was asked for */
	struct dom_org own;  /* the actor's organisation; empty for who only reads the home's files */
	struct hom_scope of[HOM_ABOUTS];
};

/* --- home_figures.c --- */
/* how many there are in a state of a noun that tally counts by state alone */
enum fj_rc hom_count(const struct hom *h, const struct hom_scope *of, const char *what, const char *state, int64_t *n, struct fj_err *err) FJ_MUST_USE;
/* those whose state is ACTIVE and whose last day has not passed */
enum fj_rc hom_in_force(const struct hom *h, const struct hom_scope *of, const char *what, int64_t *n, struct fj_err *err) FJ_MUST_USE;
/* [{"figure","of":{"whose","usci"},"unit","series":[key],"rows":[{"code",key: integer}]}]; the caller's */
enum fj_rc hom_figures(const struct hom *h, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* what ends within 7, 30 and 90 days: [{"noun","filter":{},"within":[{"days","count","from","to"}]}] of what ends at all; the caller's */
enum fj_rc hom_ending(const struct hom *h, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* {filter: usci} by which the lists of a noun show the scope's; {} when it is everybody's, or no filter does */
json_t *hom_filter(const struct hom_scope *of, const char *noun);

/* --- outcome.c --- */
/* Notes for whom the event is a decision on what they had asked for; called after its apply function, also on replay. */
enum fj_rc hom_note(const struct evt *e, struct fj_err *err) FJ_MUST_USE;
/* those of the own office, of the last 14 days, eight, newest first: [{"day","kind","what","id","object","object_name","state","matter"?}]; the caller's */
enum fj_rc hom_decided(const struct hom *h, json_t **out, struct fj_err *err) FJ_MUST_USE;

#endif
