/*
 * course.h - what happened, in words, and what comes next.
 */
#ifndef FJ_ISSUER_COURSE_H
#define FJ_ISSUER_COURSE_H

#include "issuer/core.h"

/* What a kind of event is called, and the clause that the step rests on; NULL: there is no such kind. */
struct evt_word {
	const char *kind, *zh, *en, *basis, *clause;
};
const struct evt_word *evt_word(const char *kind);
/* "what" {"zh","en"}, and "basis" and "clause" where there is one, into the item */
enum fj_rc evt_word_into(const char *kind, json_t *item, struct fj_err *err) FJ_MUST_USE;

/* a row of STO_HISTORY_EVENT as a step that is done, onto the end of steps */
struct sto_q;
enum fj_rc crs_done(const struct sto_q *q, json_t *steps, struct fj_err *err) FJ_MUST_USE;

#endif
