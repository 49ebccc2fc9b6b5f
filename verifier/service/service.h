/*
 * service.h - what the files of fujie-verifier share.
 */
#ifndef FJ_VERIFIER_SERVICE_H
#define FJ_VERIFIER_SERVICE_H

#include <pthread.h>

#include "ca/ca.h"
#include "hsm/client/client.h"
#include "verifier/published.h"
#include "web/http/http.h"

struct svc;

/* --- state.c: what was published, as it is now --- */
/* portal: the issuing department's, to which pages lead, borrowed; NULL: not known.  demo: answers at the time of FJ_DEMO_CLOCK while there is one; a home that is none never looks at it */
enum fj_rc svc_open(const char *base, const char *portal, bool demo, struct svc **out, struct fj_err *err) FJ_MUST_USE;
void svc_close(struct svc *s);
const char *svc_base(const struct svc *s);
const char *svc_portal(const struct svc *s); /* NULL: not known */
/* the newest view, loaded anew when the generation has risen; given back with svc_view_give */
enum fj_rc svc_view_take(struct svc *s, struct ver_view **out, struct fj_err *err) FJ_MUST_USE;
void svc_view_give(struct svc *s, struct ver_view *v);
/* a certificate's row in public.db by the CA that certified it and serial (hex): FJ_E_NOTFOUND when it never did */
struct svc_row {
	char state[16];
	fj_time revoked_at;
	unsigned reason;
};
enum fj_rc svc_serial(struct svc *s, const struct fj_x509 *ca, const char *serial_hex, struct svc_row *out, struct fj_err *err) FJ_MUST_USE;
/* a certificate's DER by its number: FJ_E_NOTFOUND when none bears it */
enum fj_rc svc_certificate(struct svc *s, const char *number, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;
/* rows of public.db for pages and feeds, as objects of their columns; times as RFC 3339 */
enum svc_query { SVC_CERTIFICATE, SVC_AUTHORISATION, SVC_NAMED, SVC_PRODUCTS_OF, SVC_PRODUCTS, SVC_COPIES, SVC_CHANGES_AUTHORISATION, SVC_CHANGES_ORGANISATION, SVC_ROWS };
enum fj_rc svc_rows(struct svc *s, enum svc_query q, const char *key, json_t **out, struct fj_err *err) FJ_MUST_USE;
#define SVC_TAR_OCTETS (32u << 20) /* of the archive of the trust: credentials are left out of a larger one */
/* a file below publish/, whole; at most 8 MiB (a CRL) */
enum fj_rc svc_file(const char *path, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

/* --- signing.c: OCSP answers on their way to the signer and back --- */
struct svc_signing {
	enum fj_alg alg; /* which responder signs */
	struct fj_buf tbs;
	struct web_req *q; /* web_ready when item or err is there */
	struct hsm_item item;
	struct fj_err err; /* rc FJ_OK: signed */
	struct svc_signing *next;
};
struct svc_signer;
enum fj_rc svc_signer_new(int run, struct svc_signer **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc svc_signer_start(struct svc *s, struct fj_err *err) FJ_MUST_USE; /* its thread */
void svc_signer_end(struct svc *s); /* who waits is told to try later; before web_stop */
void svc_signer_free(struct svc_signer *g);
struct svc_signer *svc_signer(struct svc *s);
/* A place for one more.  FJ_E_BUSY: SVC_WAITING have one, or the signer has not answered for so long that nobody who
 * comes now would be served soon. */
#define SVC_WAITING 64
enum fj_rc svc_sign_place(struct svc *s, struct fj_err *err) FJ_MUST_USE;
/* into the queue, at the place that it has; those who wait are signed together, and the connection is made anew when it was lost */
void svc_sign(struct svc *s, struct svc_signing *w);
/* {"waiting","most","since" (milliseconds that the signer has been asked for), "refused"}; a cause while it does not answer */
json_t *svc_signer_health(struct svc *s, json_t *causes);

/* Answers that are given again: OCSP's to requests without nonce, by the request's octets, and
 * published files, by their path, of this generation only: a publication drops them all.
 * NULL: none; a reference otherwise. */
int64_t svc_generation(struct svc *s);
struct web_kept *svc_kept(struct svc *s, struct fj_slice key, int64_t generation);
/* keeps the filled answer until then, when it can be */
void svc_keep(struct svc *s, struct fj_slice key, int64_t generation, fj_time until, struct web_req *q, struct web_res *r);

/* --- ocsp.c --- */
void svc_ocsp_post(struct web_req *q, struct web_res *r);
void svc_ocsp_get(struct web_req *q, struct web_res *r);

/* --- verdicts.c --- */
void svc_verify(struct web_req *q, struct web_res *r);

/* --- files.c --- */
void svc_get_crl(struct web_req *q, struct web_res *r);
void svc_get_status(struct web_req *q, struct web_res *r);
void svc_get_lists(struct web_req *q, struct web_res *r);
void svc_get_ca(struct web_req *q, struct web_res *r);
void svc_get_signer(struct web_req *q, struct web_res *r);
void svc_get_issuer(struct web_req *q, struct web_res *r);
void svc_get_tar(struct web_req *q, struct web_res *r);

/* --- pages.c --- */
void svc_get_home(struct web_req *q, struct web_res *r);
void svc_post_home(struct web_req *q, struct web_res *r);
void svc_get_number(struct web_req *q, struct web_res *r);
void svc_get_credential(struct web_req *q, struct web_res *r);
void svc_get_bundle(struct web_req *q, struct web_res *r);
#define SVC_FORM (WEB_VERIFY_AT | WEB_VERIFY_FILES) /* what the form of its pages has */
void svc_page_top(struct web_req *q, struct fj_buf *b, const char *title); /* in the page's language */
void svc_error_page(struct web_req *q, struct web_res *r, const struct fj_err *err);

/* --- number_page.c --- */
void svc_number_page(struct web_req *q, struct web_res *r, const struct web_sent *number, const json_t *verdict, struct fj_slice bytes);
/* what the register says of the copy on paper that led here (?c=); nothing when none is named */
void svc_copy_notice(struct web_req *q, struct fj_buf *b, const char *number);
void svc_product_page(struct web_req *q, struct web_res *r, const char *authorisation, const char *id);
void svc_get_product(struct web_req *q, struct web_res *r);

/* --- token_page.c: a license token that a copy was made out for --- */
void svc_token_page(struct web_req *q, struct web_res *r, const char *id);

/* --- feed.c --- */
void svc_feed_authorisation(struct web_req *q, struct web_res *r);
void svc_feed_organisation(struct web_req *q, struct web_res *r);

/* --- openapi.c --- */
void svc_get_openapi(struct web_req *q, struct web_res *r);

/* --- log.c --- */
void svc_log_checkpoint(struct web_req *q, struct web_res *r);
void svc_log_cosigned(struct web_req *q, struct web_res *r);
void svc_log_tile(struct web_req *q, struct web_res *r);

/* --- health.c --- */
void svc_get_health(struct web_req *q, struct web_res *r);
/* one reason to be red */
void svc_cause(json_t *causes, const char *code, int64_t left, const char *en, const char *zh);
/* --- log_health.c --- */
void svc_log_health(json_t *causes);
/* Has a list or CRL of this publication ended?  Then the rows of public.db are as old, and no
 * answer of ours may be younger. */
bool svc_stale(const struct ver_view *v);

/* --- routes.c --- */
extern const struct web_route svc_routes[];

#endif
