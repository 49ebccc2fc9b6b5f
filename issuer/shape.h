/*
 * shape.h - the members of the documents that commands take, described once: forms and
 * the API's description are made of them (issuer.h, struct iss_field).  What may stand in
 * a document is checked by its command; docs/api.md says what it means.  Each list ends
 * with a NULL name.
 */
#ifndef FJ_ISSUER_SHAPE_H
#define FJ_ISSUER_SHAPE_H

#include "issuer/issuer.h"

extern const struct iss_field shp_proposal[];      /* authorisation.propose */
extern const struct iss_field shp_study[];         /* plan.study */
extern const struct iss_field shp_items[];         /* plan.deliberate: the twelve of 27号 art. 9 */
extern const struct iss_field shp_selection[];     /* plan.select */
extern const struct iss_field shp_agreement[];     /* plan.agree: the thirteen of 27号 art. 14 */
extern const struct iss_field shp_request[];       /* token.issue */
extern const struct iss_field shp_request_bulk[];  /* token.bulk: its users are a file */
extern const struct iss_field shp_request_own[];   /* token.request: one user, perhaps oneself */
extern const struct iss_field shp_evidence[];      /* revenue.book, revenue.clear */
extern const struct iss_field shp_costs[];         /* rows: complaint.*, product.* */
extern const struct iss_field shp_indicators[];    /* rows: evaluation.add */
extern const struct iss_field shp_caps[];          /* rows: price.record */
extern const struct iss_field shp_totals[];        /* rows: usage.report */
extern const struct iss_field shp_act[];           /* offline.record */
extern const struct iss_field shp_ledger_map[];    /* the value of a map: ledger.map */
extern const struct iss_field shp_statement_map[]; /* the same: statement.import */
extern const struct iss_field shp_trade_map[];     /* trade.map */
extern const struct iss_field shp_exchange_map[];  /* exchange.map */
extern const struct iss_field shp_profile[];       /* profile.propose, by profile.def */
extern const char *const shp_matters[];            /* what another officer approves: the keys of its chains */

#endif
