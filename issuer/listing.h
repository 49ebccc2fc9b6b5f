/*
 * listing.h - 场内挂牌: a product offered on a data exchange (domain.md 4.13, 167·三(五)),
 * as listing.c, listing_pack.c and trade.c share it.
 */
#ifndef FJ_ISSUER_LISTING_H
#define FJ_ISSUER_LISTING_H

#include "issuer/product.h"

#define LST_SELLERS (ISS_OPERATOR | ISS_DEVELOPER | ISS_USER) /* who may register a product */
#define LST_MAX_NO 64     /* the exchange's own number of a listing or a trade, code points */
#define LST_MAX_TEXT 4000 /* of a disclosure */

struct lst {
	char id[32], authorisation[41], product[DOM_CAP(DOM_MAX_PRODUCT)], name[DOM_CAP(DOM_MAX_NAME)], exchange[19], seller[19],
	    listing_no[DOM_CAP(LST_MAX_NO)], listed_on[11], ended_on[11], state[12], manifest[65];
	const char *now;      /* what the state amounts to: HALTED or DELISTING while listed, or the state itself; static or state */
	const char *cause;    /* "authorisation", "certificate" or "product", static; NULL: nothing stands against it */
	char cause_of[DOM_CAP(DOM_MAX_PRODUCT)]; /* its number */
	int64_t version, is_signed; /* of the pack: made last, signed last */
	fj_time at;           /* when that pack was made */
};
enum fj_rc lst_get(struct sto *db, const char *id, fj_time now, struct lst *out, struct fj_err *err) FJ_MUST_USE;
/* the listing of this number at this exchange; FJ_E_NOTFOUND */
enum fj_rc lst_by_number(struct sto *db, const char *exchange, const char *listing_no, fj_time now, struct lst *out, struct fj_err *err) FJ_MUST_USE;

/* --- the pack (listing_pack.c; docs/formats.md 12) --- */
/* What a pack is made of is put under materials/ by hash; *files is the list of the manifest, the
 * caller's; `manifest` its hash, hex.  The authorisation and its certificates are in force. */
struct lst_pack_in {
	const char *id, *product, *name, *seller, *text; /* text: the seller's disclosure */
	const struct dom_product *registered;   /* NULL: the authorisation is older than registered products */
	int64_t version;
	const struct dom_auth *auth;
	const struct dom_org *exchange;
};
enum fj_rc lst_pack_make(struct iss_call *c, const struct lst_pack_in *in, json_t **files, char manifest[65], struct fj_err *err) FJ_MUST_USE;
/* the payload that is signed for it; the caller's */
json_t *lst_pack_payload(struct iss_call *c, const char *id, int64_t version, const char *manifest);

#endif
