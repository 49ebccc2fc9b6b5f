/*
 * internal.h - what portal and API share.
 */
#ifndef FJ_WEB_PORTAL_INTERNAL_H
#define FJ_WEB_PORTAL_INTERNAL_H

#include "issuer/issuer.h"
#include "verifier/published.h"
#include "web/http/http.h"
#include "web/portal/portal.h"

struct portal {
	struct ver_published *published;
	struct iss *i;
	struct web_server *server;
	struct fj_buf cert, key; /* PEM texts */
	bool demo, tls;
};

/* --- the lists and what may be done from a detail --- */
struct portal_act {
	const char *verb, *zh, *en;
	const char *from;            /* states it is offered in, with spaces around each */
	bool danger;                 /* no way back */
	const char *then_zh, *then_en; /* what follows, before the button */
};
struct portal_noun {
	const char *path, *name;     /* "certificates" in addresses, "certificate" in commands */
	const char *key, *ask;       /* its number: the member's name, the field's name in commands */
	const char *zh, *en;         /* the list */
	const char *one_zh, *one_en; /* one of them */
	const char *columns[6];
	struct portal_act acts[4];
};
extern const struct portal_noun portal_nouns[];
#define PORTAL_NOUNS 4
const struct portal_noun *portal_noun_of(const char *path); /* NULL: none */
extern const struct web_link portal_links[]; /* from fields to details */

/* --- frame.c: the page around everything --- */
struct portal *portal_of(const struct web_req *q);
void portal_top(struct web_req *q, struct fj_buf *b, const char *zh, const char *en);
void portal_error_page(struct web_req *q, struct web_res *r, const struct fj_err *err);
/* the refusal as a paragraph: what was wrong and what to do, its rule and clause */
void portal_error(struct web_req *q, struct fj_buf *b, const struct fj_err *err);
/* "?done=WORD" in words; nothing when there is none */
void portal_done(struct web_req *q, struct fj_buf *b);
void portal_csrf(struct web_req *q, struct fj_buf *b); /* the hidden field */
/* a command of the register as the officer who asks */
enum fj_rc portal_command(struct web_req *q, const char *name, const json_t *params, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* the four blocks of an asset card (card.c); nothing without a card */
void portal_card(struct web_req *q, struct fj_buf *b, const json_t *card);

/* --- pages --- */
extern const struct web_route portal_routes[]; /* pages.c */
void portal_get_root(struct web_req *q, struct web_res *r);   /* login.c */
void portal_get_login(struct web_req *q, struct web_res *r);
void portal_post_login(struct web_req *q, struct web_res *r);
void portal_post_logout(struct web_req *q, struct web_res *r);
void portal_get_inbox(struct web_req *q, struct web_res *r);  /* inbox.c */
void portal_post_approve(struct web_req *q, struct web_res *r);
void portal_post_reject(struct web_req *q, struct web_res *r);
void portal_get_list(struct web_req *q, struct web_res *r);   /* lists.c */
void portal_get_show(struct web_req *q, struct web_res *r);
void portal_post_act(struct web_req *q, struct web_res *r);
void portal_get_verify(struct web_req *q, struct web_res *r); /* verify.c */
void portal_post_verify(struct web_req *q, struct web_res *r);

/* --- web/api/api.c --- */
void api_session(struct web_req *q, struct web_res *r);
void api_list(struct web_req *q, struct web_res *r);
void api_show(struct web_req *q, struct web_res *r);
void api_act(struct web_req *q, struct web_res *r);

#endif
