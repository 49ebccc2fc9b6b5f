/*
 * share.h - the arithmetic of revenue: net of tax, shares in basis points, yuan as
 * offices write them, entries that balance.  Money is int64_t fen everywhere.
 *
 * Pure: no clock, database or configuration.  It does not know who gets what, or
 * why; that is revenue.c's.
 */
#ifndef FJ_ISSUER_SHARE_H
#define FJ_ISSUER_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define SHR_WHOLE 10000            /* basis points */
#define SHR_MAX 20                 /* shares of one agreement */
#define SHR_MAX_FEN INT64_C(100000000000000) /* of one booking: 10^12 yuan */

/* gross - tax.  FJ_E_INVALID unless 0 <= tax <= gross. */
enum fj_rc shr_net(int64_t gross, int64_t tax, int64_t *net, struct fj_err *err) FJ_MUST_USE;
/* R27: 1 to SHR_MAX shares, each of 1 to 10,000 basis points, that sum to exactly 10,000;
 * `remainder` (from 0) is one of them */
enum fj_rc shr_check(const int64_t *bp, size_t n, size_t remainder, struct fj_err *err) FJ_MUST_USE;
/* Each share's floor into fen[], what is left over to the one at `remainder`: the sum is exactly net.
 * net is 0 or more, any int64_t.  Checks as shr_check. */
enum fj_rc shr_split(int64_t net, const int64_t *bp, size_t n, size_t remainder, int64_t *fen, struct fj_err *err) FJ_MUST_USE;

/* Entries of one booking: debit positive, credit negative.  Rows of zero are left out. */
enum shr_account {
	SHR_RECEIVED, /* 收到款项 */
	SHR_TAX,      /* 应交税费 */
	SHR_SHARE,    /* 应付收益分配款: stays with the party, or in its own budget */
	SHR_REMIT,    /* 应缴款项: goes to the treasury */
	SHR_PAID,     /* 已付款项: what a remittance paid out */
	SHR_ACCOUNTS
};
const char *shr_account_name(enum shr_account a); /* "RECEIVED" */
struct shr_entry {
	enum shr_account account;
	size_t share;  /* whose, from 0; of SHARE, REMIT and PAID */
	int64_t fen;
};
#define SHR_MAX_ENTRIES (SHR_MAX + 2)
/* received gross; owed: tax, and each share (remit[i]: to the treasury).  FJ_E_INTERNAL unless they balance. */
enum fj_rc shr_entries(int64_t gross, int64_t tax, const int64_t *fen, const bool *remit, size_t n, struct shr_entry *out, size_t *n_out,
    struct fj_err *err) FJ_MUST_USE;
/* do they sum to zero, without leaving int64_t on the way? */
bool shr_balanced(const struct shr_entry *e, size_t n);

/* "1,234,567.89", "￥ 12", "-3.5", "(3.50)" as fen; two decimals at most.  false: no amount, or more than
 * SHR_MAX_FEN either way. */
bool shr_yuan(const char *text, int64_t *fen);
#define SHR_YUAN_CAP 32
/* "1,234,567.89" */
void shr_yuan_text(int64_t fen, char out[SHR_YUAN_CAP]);

#endif
