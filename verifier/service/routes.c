/*
 * routes.c - the public verifier's addresses: one table.
 *
 * Everything here is public and nothing is written.  Who asks is neither logged
 * nor stored.
 */
#include "verifier/ask.h"
#include "verifier/service/outbox.h"
#include "verifier/service/service.h"

const struct web_route svc_routes[] = {
	{WEB_POST, "/v1/verify", svc_verify, WEB_PUBLIC, WEB_CSRF_NONE, VER_ASK_OCTETS, "verdict on one credential, or on up to 1000"},
	{WEB_GET, "/", svc_get_home, WEB_PUBLIC, WEB_CSRF_NONE, 0, "form"},
	{WEB_POST, "/", svc_post_home, WEB_PUBLIC, WEB_CSRF_NONE, 9u << 20, "verdict as a page, on a paste or a file"},
	{WEB_GET, "/v/{number}", svc_get_number, WEB_PUBLIC, WEB_CSRF_NONE, 0, "verdict on a published number"},
	{WEB_GET, "/v/{number}/{product*}", svc_get_product, WEB_PUBLIC, WEB_CSRF_NONE, 0, "a product of an authorisation"},
	{WEB_GET, "/v1/credential/{number}", svc_get_credential, WEB_PUBLIC, WEB_CSRF_NONE, 0, "the published credential under a number"},
	{WEB_POST, "/ocsp", svc_ocsp_post, WEB_PUBLIC, WEB_CSRF_NONE, 8192, "OCSP, RFC 6960"},
	{WEB_GET, "/ocsp/{request*}", svc_ocsp_get, WEB_PUBLIC, WEB_CSRF_NONE, 0, "OCSP by GET"},
	{WEB_GET, "/crl/{name}", svc_get_crl, WEB_PUBLIC, WEB_CSRF_NONE, 0, "CRL"},
	{WEB_GET, "/status", svc_get_lists, WEB_PUBLIC, WEB_CSRF_NONE, 0, "addresses of all status lists"},
	{WEB_GET, "/status/{name}", svc_get_status, WEB_PUBLIC, WEB_CSRF_NONE, 0, "status list; with time= the one of that second"},
	{WEB_GET, "/ca/{name}", svc_get_ca, WEB_PUBLIC, WEB_CSRF_NONE, 0, "CA certificates"},
	{WEB_GET, "/signer/{name}", svc_get_signer, WEB_PUBLIC, WEB_CSRF_NONE, 0, "delegated signers' certificates"},
	{WEB_GET, "/v1/bundle/{number}", svc_get_bundle, WEB_PUBLIC, WEB_CSRF_NONE, 0, "bundle of a published credential, for a verdict without a network"},
	{WEB_GET, "/v1/openapi.json", svc_get_openapi, WEB_PUBLIC, WEB_CSRF_NONE, 0, "this description, OpenAPI 3.1"},
	{WEB_GET, "/feed/authorisation/{name}", svc_feed_authorisation, WEB_PUBLIC, WEB_CSRF_NONE, 0, "changes of an authorisation: NUMBER.atom, NUMBER.json"},
	{WEB_GET, "/feed/organisation/{name}", svc_feed_organisation, WEB_PUBLIC, WEB_CSRF_NONE, 0, "changes of what an organisation holds or operates: USCC.atom, USCC.json"},
	{WEB_GET, "/v1/trust.tar", svc_get_tar, WEB_PUBLIC, WEB_CSRF_NONE, 0, "the trust folder"},
	{WEB_GET, "/.well-known/jwt-vc-issuer", svc_get_issuer, WEB_PUBLIC, WEB_CSRF_NONE, 0, "issuer metadata, SD-JWT VC"},
	{WEB_GET, "/healthz", svc_get_health, WEB_PUBLIC, WEB_CSRF_NONE, 0, "health"},
	{WEB_GET, "/v1/outbox", svc_outbox_index, WEB_PUBLIC, WEB_CSRF_NONE, 0, "which packages there are for mirrors"},
	{WEB_GET, "/v1/outbox/{seq}", svc_outbox_package, WEB_PUBLIC, WEB_CSRF_NONE, 0, "a package of what a publication changed"},
	{WEB_GET, "/v1/outbox/{seq}/{part}", svc_outbox_snapshot, WEB_PUBLIC, WEB_CSRF_NONE, 0, "a part of the newest snapshot"},
	{WEB_GET, "/log/checkpoint", svc_log_checkpoint, WEB_PUBLIC, WEB_CSRF_NONE, 0, "the public log's newest checkpoint (C2SP tlog-checkpoint)"},
	{WEB_GET, "/log/cosigned", svc_log_cosigned, WEB_PUBLIC, WEB_CSRF_NONE, 0, "the newest checkpoint that witnesses cosigned"},
	{WEB_GET, "/log/tile/{tile*}", svc_log_tile, WEB_PUBLIC, WEB_CSRF_NONE, 0, "hashes and entries of the public log (C2SP tlog-tiles)"},
	{WEB_GET, "/style.css", web_get_style, WEB_PUBLIC, WEB_CSRF_NONE, 0, "style sheet"},
	{WEB_GET, "/portal.js", web_get_script, WEB_PUBLIC, WEB_CSRF_NONE, 0, "script: comfort only"},
	{WEB_GET, NULL, NULL, WEB_PUBLIC, WEB_CSRF_NONE, 0, NULL},
};
