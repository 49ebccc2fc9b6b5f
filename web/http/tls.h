/*
 * tls.h - the certificate that a server shows, exchanged while it serves.
 *
 * Whoever connects after web_tls_use is shown the new one; connections that are there
 * keep what they were made with.  Checked: that certificate and key belong together, the
 * order of the chain, the dates, what the certificate is for, and the server's name.  Not
 * checked: whether anybody trusts who signed it.  A process has one such server.
 */
#ifndef FJ_WEB_TLS_H
#define FJ_WEB_TLS_H

#include "base/buf.h"
#include "base/clock.h"

#define WEB_TLS_CERT_MAX (1u << 18) /* octets of the PEM file with the certificate and those above it */
#define WEB_TLS_KEY_MAX (1u << 16)
#define WEB_TLS_CHAIN_MAX 10

struct web_tls_state {
	bool there;
	fj_time from, until; /* of the server's own certificate, by this machine's clock, never a demo's */
	char subject[200];   /* its distinguished name */
	char sha256[65];     /* of the certificate, hex */
};
struct web_tls;
void web_tls_free(struct web_tls *t); /* NULL is fine */
FJ_DEFINE_AUTO_PTR(web_tls, struct web_tls, web_tls_free)
/* PEM texts (borrowed) of the chain, the server's own first or in any order, and of its key without passphrase.
 * FJ_E_INVALID says why they can't serve: key of another certificate, not readable, no certificate for servers. */
enum fj_rc web_tls_read(struct fj_slice cert, struct fj_slice key, struct web_tls **out, struct fj_err *err) FJ_MUST_USE;
/* What would serve with a warning of browsers: FJ_E_INVALID for what is over, not valid yet, or of another name than host,
 * by which browsers come ("": not known). */
enum fj_rc web_tls_fits(const struct web_tls *t, const char *host, struct fj_err *err) FJ_MUST_USE;
/* From now on: takes *t over, which is NULL after. */
void web_tls_use(struct web_tls **t);
void web_tls_state(const struct web_tls *t, struct web_tls_state *out); /* NULL: of the one in use */
void *web_tls_callback(void); /* for MHD_OPTION_HTTPS_CERT_CALLBACK2 */

#endif
