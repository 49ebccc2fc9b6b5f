/*
 * practice.h - the certification practice statement (RFC 3647) under construction: what its files share.
 */
#ifndef FJ_ISSUER_PRACTICE_H
#define FJ_ISSUER_PRACTICE_H

#include "base/plan.h"
#include "ca/ca.h"
#include "issuer/iss.h"

struct prc {
	struct iss_call *c;
	bool model;             /* of no home: names stand in the place of what a home decides */
	bool zh, en;            /* the languages that are asked for */
	struct ca_home home;
	struct fj_plan plan;
	bool officers;          /* the home has such a plan */
	bool sm2;
	json_t *facts;          /* {name: text}: what {name} in practice.def stands for */
	struct fj_buf *out;     /* Markdown */
};

/* practice_facts.c: into p->facts */
enum fj_rc prc_facts(struct prc *p, struct fj_err *err) FJ_MUST_USE;
enum fj_rc prc_fact(struct prc *p, const char *name, const char *fmt, ...) FJ_MUST_USE FJ_PRINTF(3, 4);

/* practice_tables.c: the table of that name in practice.def */
enum fj_rc prc_table(struct prc *p, const char *name, struct fj_err *err) FJ_MUST_USE;

/* a cell or line in the languages that are asked for: Chinese, then English, with " / " between */
enum fj_rc prc_both(struct prc *p, const char *zh, const char *en) FJ_MUST_USE;
/* a paragraph of its own, and what it rests on */
enum fj_rc prc_para(struct prc *p, const char *zh, const char *en, const char *basis) FJ_MUST_USE;
/* text with its {names} replaced; FJ_E_INTERNAL for a name that there is not */
enum fj_rc prc_expand(struct prc *p, const char *text, struct fj_err *err) FJ_MUST_USE;

#endif
