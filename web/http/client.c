/*
 * client.c - who is at the other end of the TLS connection: the client's certificate.
 *
 * It is asked for, never demanded: most people have none.  GnuTLS has proved in the
 * handshake that the client holds the key of what it sent; here the certificate's
 * dates, its purpose and its way to one of the authorities that the operator named
 * are checked, and the key is named by its hash.  Without such a certificate the
 * request goes on as anybody's.  Nothing that a header says counts.
 */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

#include "base/x509.h"
#include "web/http/client.h"

/* the certificate as it was sent; false: none, or this connection has no TLS */
static bool sent(const struct web_req *q, gnutls_session_t *session, struct fj_slice *cert)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(web_connection(q), MHD_CONNECTION_INFO_GNUTLS_SESSION);
	unsigned n = 0;

	if (i == NULL || i->tls_session == NULL)
		return false;
	*session = i->tls_session;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(*session, &n);
	if (list == NULL || n == 0)
		return false;
	*cert = FJ_SLICE(list[0].data, list[0].size);
	return true;
}

static bool key_of(struct fj_slice cert, char spki[65])
{
	struct fj_slice key;
	struct fj_hash h;
	fj_time until;

	if (fj_x509_key(cert, &key, &until, NULL) != FJ_OK)
		return false;
	fj_sha256(key, &h);
	fj_hex(h.b, FJ_SHA256_LEN, spki);
	return true;
}

void web_client_key(const struct web_req *q, char spki[65])
{
	gnutls_session_t session;
	struct fj_slice cert;

	if (!sent(q, &session, &cert) || !key_of(cert, spki))
		spki[0] = '\0';
}

enum web_client web_client(const struct web_req *q, char spki[65], const char **why)
{
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT};
	gnutls_session_t session;
	struct fj_slice cert;
	unsigned status = 0;

	spki[0] = '\0';
	*why = "";
	if (!sent(q, &session, &cert))
		return WEB_CLIENT_NONE;
	if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) != 0 || !key_of(cert, spki))
		*why = WEB_N("The client certificate can't be read.");
	else if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
		*why = WEB_N("The client certificate is over, or not valid yet.");
	else if (status & GNUTLS_CERT_REVOKED)
		*why = WEB_N("The client certificate was revoked.");
	else if (status != 0)
		*why = WEB_N("The client certificate is not from an authority that this portal accepts.");
	if ((*why)[0] == '\0')
		return WEB_CLIENT_ACCEPTED;
	spki[0] = '\0';
	return WEB_CLIENT_REFUSED;
}
