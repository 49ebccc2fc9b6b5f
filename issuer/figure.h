/*
 * figure.h - the reports' figures: the table of them (issuer/store/figures.def), and what they
 * are for a unit and a period.
 *
 * Computed from events only: the tables that they are counted in are made by replaying the events
 * up to the end of the period.
 */
#ifndef FJ_ISSUER_FIGURE_H
#define FJ_ISSUER_FIGURE_H

#include "issuer/domain.h"

enum { FIG_HALF_YEAR = 1, FIG_STATE_ASSETS = 2, FIG_IMPLEMENTER = 4, FIG_OPERATOR = 8, FIG_OPERATOR_YEAR = 16, FIG_MAIN = 256 };
/* in the order in which they stand in a report */
enum fig_section {
	FIG_SECTION_LEDGER, FIG_SECTION_REGISTRATION, FIG_SECTION_CERTIFICATE, FIG_SECTION_AUTHORISATION, FIG_SECTION_REVENUE, FIG_SECTION_CIRCULATION,
	FIG_SECTION_RISK, FIG_SECTION_DISPOSAL, FIG_SECTION_DISCLOSURE, FIG_SECTIONS
};
enum fig_unit { FIG_UNIT_COUNT, FIG_UNIT_FEN };

struct fig {
	enum sto_id sql;
	unsigned reports;
	enum fig_section section;
	const char *key;
	enum fig_unit unit;
	const char *columns;             /* of a list; NULL: one number */
	const char *zh, *en, *how_zh, *how_en;
};
extern const struct fig fig_table[];
size_t fig_count(void);
const struct fig *fig_find(const char *key); /* NULL: none */
void fig_section_names(enum fig_section s, const char **zh, const char **en);

/* The register as the events before `to` make it, with the events from `from` on. */
struct fig_past {
	struct sto *db;
	bool own;      /* made for this, not the call's own connection */
	char file[48]; /* where it lies; "" in memory */
};
enum fj_rc fig_past(struct iss_call *c, fj_time from, fj_time to, struct fig_past *out, struct fj_err *err) FJ_MUST_USE;
void fig_past_drop(struct fig_past *p);
FJ_DEFINE_AUTO(fig_past, struct fig_past, fig_past_drop)

struct fig_of {
	unsigned report;     /* one of FIG_…; with FIG_MAIN only its main figures */
	fj_time from, to;    /* to is the first moment after the period */
	const char *unit;    /* "", USCC, or "=" and USCC (figures.def) */
};
/* {key: integer} of every number of the report; the caller's */
enum fj_rc fig_values(struct sto *db, const struct fig_of *of, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* {key: [{column: value}...]} of every list of the report; the caller's */
enum fj_rc fig_lists(struct sto *db, const struct fig_of *of, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* columns of a list: [{"key","zh","type"}...]; the caller's */
json_t *fig_columns(const struct fig *f);

#endif
