/*
 * product.h - products and services, as tokens, revenue, listings and reports see them.
 */
#ifndef FJ_ISSUER_PRODUCT_H
#define FJ_ISSUER_PRODUCT_H

#include "issuer/domain.h"

#define DOM_MAX_PRODUCT_KEY 105 /* authorisation "/" id */

struct dom_product {
	char key[DOM_MAX_PRODUCT_KEY + 1];
	char authorisation[41], id[DOM_CAP(DOM_MAX_PRODUCT)], name[DOM_CAP(DOM_MAX_NAME)], version[DOM_CAP(32)];
	char purpose[12], delivery[12];
	char level[12];        /* OPERATOR, REDEVELOPED */
	char price_form[12];   /* FREE, GUIDED, MARKET */
	char charge_basis[12]; /* ITEMS SERVICES TIME CALLS; "" of what is free */
	char state[12];        /* ON_SALE, WITHDRAWN */
	char seller[19], seller_name[DOM_CAP(DOM_MAX_NAME)];
	int64_t cap_fen;       /* -1: none approved */
	int64_t fee_fen;       /* actual, per unit of the charge basis */
};
/* FJ_E_NOTFOUND names the key */
enum fj_rc dom_product_get(struct sto *db, const char *authorisation, const char *id, struct dom_product *out, struct fj_err *err) FJ_MUST_USE;

/* What a license costs: fen per unit of what its product is charged for, as both stood when it was
 * issued.  fen -1: paid, and no registered product says how much; basis "" unless it is known and above 0. */
struct dom_fee {
	int64_t fen;
	char basis[12];
};
/* May a license token of this request (docs/api.md, token.issue) be issued by the actor's organisation
 * under the authorisation?  Its product is registered there, on sale, the asker's own, of this version
 * and kind, with purpose, terms and fee as registered (fee <= actual fee <= cap), and
 * *fee is what it costs.  An authorisation without any registered product and without an agreement is
 * not asked (older ones, the short course). */
enum fj_rc dom_product_licensed(struct iss_call *c, const struct dom_auth *a, const json_t *request, struct dom_fee *fee, struct fj_err *err) FJ_MUST_USE;

/* what is on sale under an authorisation, as everybody may know it (R32); the caller's */
enum fj_rc dom_products_public(struct sto *db, const char *authorisation, json_t **out, struct fj_err *err) FJ_MUST_USE;

#endif
