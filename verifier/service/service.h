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
/* demo: answers at the time of FJ_DEMO_CLOCK while there is one; a home that is none never looks at it */
enum fj_rc svc_open(const char *base, bool demo, struct svc **out, struct fj_err *err) FJ_MUST_USE;
void svc_close(struct svc *s);
const char *svc_base(const struct svc *s);
/* the newest view, loaded anew when the generation has risen; given back with svc_release */
enum fj_rc svc_view_take(struct svc *s, struct ver_view **out, struct fj_err *err) FJ_MUST_USE;
void svc_view_give(struct svc *s, struct ver_view *v);
/* a certificate's row in public.db by serial (hex): FJ_E_NOTFOUND when it was never issued */
struct svc_row {
	char state[16];
	fj_time revoked_at;
	unsigned reason;
};
enum fj_rc svc_serial(struct svc *s, const char *serial_hex, struct svc_row *out, struct fj_err *err) FJ_MUST_USE;
/* a certificate's DER by its number: FJ_E_NOTFOUND when none bears it */
enum fj_rc svc_certificate(struct svc *s, const char *number, struct fj_buf *der, struct fj_err *err) FJ_MUST_USE;
/* a file below publish/, whole; at most 8 MiB */
enum fj_rc svc_file(const char *path, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

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
/* signature over response data; the connection is made anew when it was lost */
enum fj_rc svc_sign(struct svc *s, struct fj_slice tbs, struct fj_buf *sig, struct fj_err *err) FJ_MUST_USE;

/* --- routes.c --- */
extern const struct web_route svc_routes[];
extern void (*const svc_error_page)(struct web_req *q, struct web_res *r, const struct fj_err *err);

#endif
