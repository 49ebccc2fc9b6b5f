/*
 * webauthn.h - strict reading of an assertion by a passkey (Web Authentication Level 2, 7.2):
 * what the authenticator and the browser say of it, before its signature is verified.
 *
 * Checked: rpIdHash, user present and user verified, no attested key and no extension in
 * authenticatorData, its length; type, challenge, origin and crossOrigin in clientDataJSON,
 * each named once.  Not checked: the signature, which is the caller's (ECDSA P-256 with
 * SHA-256 over *signed), and the signature counter, which synchronised passkeys leave at zero.
 */
#ifndef FJ_BASE_WEBAUTHN_H
#define FJ_BASE_WEBAUTHN_H

#include "base/json.h"

#define FJ_CLIENT_DATA_MAX 4096
#define FJ_AUTH_DATA_LEN 37
/* rp: the RP id ("example.cn"); origin: "https://portal.example.cn", octet by octet; *digest: SHA-256 of
 * authenticatorData and the SHA-256 of clientDataJSON.  FJ_E_SIGNATURE names what is wrong and its section. */
enum fj_rc fj_webauthn_read(struct fj_slice auth_data, struct fj_slice client_data, const char *rp, const char *origin,
    const struct fj_hash *challenge, struct fj_hash *digest, struct fj_err *err) FJ_MUST_USE;
/* Is an origin one that this RP id may be used from: https with a host that is the id or lies under it; or http://localhost? */
bool fj_webauthn_origin(const char *origin, const char *rp);

#endif
