/*
 * internal.h - what portal and API share.
 */
#ifndef FJ_WEB_PORTAL_INTERNAL_H
#define FJ_WEB_PORTAL_INTERNAL_H

#include "issuer/issuer.h"
#include "verifier/verify.h"
#include "web/http/http.h"
#include "web/portal/portal.h"

struct portal {
	struct iss *i;
	struct web_server *server;
	struct fj_buf cert, key; /* PEM texts */
	bool demo, tls;
};

/* --- pages.c --- */
extern const struct web_route portal_routes[];
void portal_error_page(struct web_req *q, struct web_res *r, const struct fj_err *err);

/* --- web/api/api.c --- */
void api_session(struct web_req *q, struct web_res *r);
void api_list(struct web_req *q, struct web_res *r);
void api_show(struct web_req *q, struct web_res *r);
void api_act(struct web_req *q, struct web_res *r);

#endif
