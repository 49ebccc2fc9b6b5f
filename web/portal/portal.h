/*
 * portal.h - portal and API: the register for officers, over HTTP.
 */
#ifndef FJ_WEB_PORTAL_H
#define FJ_WEB_PORTAL_H

#include "issuer/issuer.h"

struct portal;
struct portal_conf {
	bool tls;               /* it has a certificate, which comes by portal_certificate; else plain HTTP, loopback only */
	const char *client_ca;  /* PEM file: authorities of UKeys' certificates; NULL: no client certificate is asked for */
	int given;              /* a socket that listens already; 0: one is made */
	bool https;             /* a proxy on this machine serves us under https: cookies are Secure */
};
/* what looks at pictures is forked here, before the sandbox and before threads */
enum fj_rc portal_prepare(struct fj_err *err) FJ_MUST_USE;
/* FJ_E_EXISTS: the port is taken; FJ_E_REFUSED: plain HTTP beyond loopback, client certificates without TLS of our own */
enum fj_rc portal_bind(const struct portal_conf *conf, const char *address, struct iss *i, struct portal **out, struct fj_err *err) FJ_MUST_USE;
/* threads; after the sandbox.  With TLS and without a certificate nobody is served until there is one. */
enum fj_rc portal_start(struct portal *p, struct fj_err *err) FJ_MUST_USE;
/* What is shown from now on to whoever connects; connections that are there stay.  Owned by the portal then, and *t is NULL. */
struct web_tls;
enum fj_rc portal_certificate(struct portal *p, struct web_tls **t, struct fj_err *err) FJ_MUST_USE;
void portal_stop(struct portal *p); /* NULL is fine */
void portal_print_routes(void);

#endif
