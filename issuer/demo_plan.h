/*
 * demo_plan.h - the documents of the sample cases' authorised operations: illustrative 虚构.
 */
#ifndef FJ_ISSUER_DEMO_PLAN_H
#define FJ_ISSUER_DEMO_PLAN_H

#include "base/json.h"

struct dmo_plan {
	const char *certificate, *from, *to;
	const char *priced_to; /* last day of the price: three years at most */
	const char *products; /* "P-FLOOD=WELFARE,…": id and purpose of each */
	const char *holder, *implementer, *operator_; /* USCCs */
	bool shared;
	int bp[3]; /* shares of net income in basis points: provider, governance, operation; 0 none */
};
/* each the caller's; NULL when out of memory */
json_t *dmo_study(const struct dmo_plan *p);
json_t *dmo_items(const struct dmo_plan *p, const char *mode);
json_t *dmo_selection(const struct dmo_plan *p);
json_t *dmo_agreement(const struct dmo_plan *p);
/* What is then sold, as parameters of price.record (case 2's figures) and of one product.add each:
 * free for public governance and welfare, else at 10.00 yuan a call, which is the cap. */
json_t *dmo_price(const struct dmo_plan *p, const char *authorisation);
json_t *dmo_products(const struct dmo_plan *p, const char *authorisation, const char *delivery);

#endif
