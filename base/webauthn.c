/*
 * webauthn.c - see webauthn.h.
 */
#include "base/webauthn.h"

#include <string.h>

#define MUST(cond, cite, what) FJ_ENSURE(cond, fj_fail(err, FJ_E_SIGNATURE, "webauthn", cite, "the passkey's answer is refused: %s", what))
#define UP 0x01
#define UV 0x04
#define BE 0x08 /* may be backed up, and is: of no weight here */
#define BS 0x10

static enum fj_rc check_auth_data(struct fj_slice a, const char *rp, struct fj_err *err)
{
	struct fj_hash id;

	MUST(a.len >= FJ_AUTH_DATA_LEN, "WebAuthn 6.1", "authenticatorData is cut");
	fj_sha256(fj_slice_str(rp), &id);
	MUST(memcmp(a.p, id.b, FJ_SHA256_LEN) == 0, "WebAuthn 7.2 step 15", "it is for another relying party");
	MUST(a.p[32] & UP, "WebAuthn 7.2 step 16", "nobody was present");
	MUST(a.p[32] & UV, "WebAuthn 7.2 step 17", "who was present was not verified by PIN or biometrics");
	MUST((a.p[32] & ~(UP | UV | BE | BS)) == 0 && a.len == FJ_AUTH_DATA_LEN, "WebAuthn 6.1", "authenticatorData holds more than was asked for");
	return FJ_OK;
}

static enum fj_rc check_client_data(struct fj_slice c, const char *origin, const struct fj_hash *challenge, struct fj_err *err)
{
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(buf) want = FJ_BUF_INIT(64);
	const json_t *cross;

	FJ_TRY(fj_b64u_put(&want, FJ_SLICE(challenge->b, FJ_SHA256_LEN)));
	MUST(fj_json_parse(c, FJ_CLIENT_DATA_MAX, &j, NULL) == FJ_OK && json_is_object(j), "WebAuthn 5.8.1", "clientDataJSON is malformed");
	MUST(strcmp(fj_json_text(j, "type"), "webauthn.get") == 0, "WebAuthn 7.2 step 11", "it is no assertion");
	MUST(strcmp(fj_json_text(j, "challenge"), fj_buf_str(&want)) == 0, "WebAuthn 7.2 step 12", "it answers another challenge");
	MUST(strcmp(fj_json_text(j, "origin"), origin) == 0, "WebAuthn 7.2 step 13", "it was given to another origin");
	cross = json_object_get(j, "crossOrigin");
	MUST((cross == NULL || json_is_false(cross)) && json_object_get(j, "topOrigin") == NULL, "WebAuthn 5.8.1", "it was asked for from within a page of another origin");
	return FJ_OK;
}

enum fj_rc fj_webauthn_read(struct fj_slice auth_data, struct fj_slice client_data, const char *rp, const char *origin,
    const struct fj_hash *challenge, struct fj_hash *digest, struct fj_err *err)
{
	uint8_t text[FJ_AUTH_DATA_LEN + FJ_SHA256_LEN];
	struct fj_hash client;

	FJ_TRY(check_auth_data(auth_data, rp, err));
	FJ_TRY(check_client_data(client_data, origin, challenge, err));
	fj_sha256(client_data, &client);
	memcpy(text, auth_data.p, FJ_AUTH_DATA_LEN);
	memcpy(text + FJ_AUTH_DATA_LEN, client.b, FJ_SHA256_LEN);
	fj_sha256(FJ_SLICE(text, sizeof(text)), digest);
	return FJ_OK;
}

bool fj_webauthn_origin(const char *origin, const char *rp)
{
	bool https = strncmp(origin, "https://", 8) == 0;
	const char *host = origin + (https ? 8 : 7);
	size_t n = strlen(rp), len;

	if (n == 0 || (!https && strncmp(origin, "http://", 7) != 0))
		return false;
	len = strcspn(host, ":");
	if (host[strcspn(host, "/?#@")] != '\0' || len < n || memcmp(host + len - n, rp, n) != 0 || (len > n && host[len - n - 1] != '.'))
		return false;
	return host[len] == '\0' || strspn(host + len + 1, "0123456789") == strlen(host + len + 1) ? https || strcmp(rp, "localhost") == 0 : false;
}
