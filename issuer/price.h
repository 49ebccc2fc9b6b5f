/*
 * price.h - prices of 65号: the computation, and what of it other files ask.
 *
 * Integers only: money in fen, shares in basis points; every product of the two is
 * rounded down to the fen, so that no result is above what the rates allow.
 */
#ifndef FJ_ISSUER_PRICE_H
#define FJ_ISSUER_PRICE_H

#include "issuer/domain.h"

#define PRC_MAX_FEN INT64_C(100000000000000) /* 10^12 yuan: no product of the computation overflows */
#define PRC_MAX_VOLUME INT64_C(1000000000000)
#define PRC_MAX_POINTS 600   /* basis points above the bond average (65号 二) */
#define PRC_MAX_YEARS 3      /* from one review of the price to the next (65号 五) */
#define PRC_MAX_CAPS 200

/* amount * bp / 10000, rounded down; amount 0..4 * PRC_MAX_FEN, bp 0..20000 */
int64_t prc_share(int64_t amount_fen, int64_t bp);

struct prc_in {
	int64_t cost_fen, subsidy_fen;       /* 经营成本, and what of it was subsidised */
	int64_t bond_bp, profit_bp, tax_bp;  /* average of the year before the survey; the rate of profit; tax */
	int64_t carried_fen;                 /* excess of the cycle before, taken off */
};
struct prc_out {
	int64_t net_fen, profit_fen, tax_fen, maximum_fen; /* 最高准许收入 */
};
/* 65号 二: (cost net of subsidy + profit) and tax on it, less what is carried down.  FJ_E_INVALID
 * beyond the bounds above or with a subsidy above the cost; R08 with a rate of profit above the
 * bond average and 6 points. */
enum fj_rc prc_compute(const struct prc_in *in, struct prc_out *out, struct fj_err *err) FJ_MUST_USE;

/* 65号 四: of a year's revenue from the maximum, which is above 0 */
enum prc_adjust { PRC_KEEP, PRC_ADJUST_FEE, PRC_ADJUST_CAP }; /* none; up to 10 %; more */
struct prc_deviation {
	int64_t bp;          /* of the maximum, rounded down; below it as well as above */
	int64_t excess_fen;  /* above the maximum: carried down into the next cycle */
	enum prc_adjust adjust;
};
void prc_deviate(int64_t actual_fen, int64_t maximum_fen, struct prc_deviation *out);

/* sum of cap and volume; false: larger than any money */
bool prc_total(const json_t *caps, int64_t *total_fen);

/* does 65号 bind this authorisation: is one of its assets public data (domain.md decision 3)? */
enum fj_rc prc_binds(struct sto *db, const struct dom_auth *a, bool *out, struct fj_err *err) FJ_MUST_USE;
/* cap in force for the product of this id; -1 none */
enum fj_rc prc_cap(struct sto *db, const char *authorisation, const char *id, int64_t *cap_fen, struct fj_err *err) FJ_MUST_USE;

#endif
