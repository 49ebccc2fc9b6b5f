/*
 * x5t.c - which client certificate a proxy has seen, in the words of the proxies
 * that there are, to the thumbprint that a token names (RFC 8705 3.1).
 *
 * nginx gives the certificate itself ($ssl_client_escaped_cert), Envoy its hash
 * inside of x-forwarded-client-cert; neither gives base64url.  More than one
 * certificate is none: which of them was seen is not ours to guess.
 */
#include "verifier/gateway/gateway.h"

#define PEM_OCTETS 16384
#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

static bool put(const struct fj_hash *h, char out[GW_X5T])
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(64);

	return fj_b64u_put(&text, FJ_SLICE(h->b, FJ_SHA256_LEN)) == FJ_OK && fj_strcopy(out, GW_X5T, fj_buf_str(&text)) == FJ_OK;
}

static bool of_hex(const char *hex, size_t n, char out[GW_X5T])
{
	struct fj_hash h;

	return n == 64 && fj_unhex(hex, 64, h.b) == FJ_OK && put(&h, out);
}

/* "%0A" to an octet; NULL when it is malformed or too long */
static char *unescaped(const char *s)
{
	size_t n = strlen(s), at = 0;
	char *out = n > PEM_OCTETS ? NULL : fj_alloc(n + 1, 1);
	uint8_t c;

	for (; out != NULL && *s != '\0'; s++) {
		if (*s != '%') {
			out[at++] = *s;
		} else if (s[1] != '\0' && s[2] != '\0' && fj_unhex(s + 1, 2, &c) == FJ_OK && c != 0) {
			out[at++] = (char)c;
			s += 2;
		} else {
			fj_free(out);
			return NULL;
		}
	}
	return out;
}

/* PEM, its line breaks whatever a header made of them */
static bool of_certificate(const char *escaped, char out[GW_X5T])
{
	FJ_AUTO(str) pem = unescaped(escaped);
	FJ_AUTO(buf) body = FJ_BUF_INIT(PEM_OCTETS);
	FJ_AUTO(buf) der = FJ_BUF_INIT(PEM_OCTETS);
	struct fj_hash h;

	if (pem == NULL || strncmp(pem, BEGIN, strlen(BEGIN)) != 0)
		return false;
	const char *p = pem + strlen(BEGIN), *end = strstr(p, END);
	if (end == NULL || strspn(end + strlen(END), " \t\r\n") != strlen(end + strlen(END)))
		return false;
	for (; p < end; p++)
		if (strchr(" \t\r\n", *p) == NULL && fj_buf_put(&body, p, 1) != FJ_OK)
			return false;
	if (body.len == 0 || fj_b64_get(fj_buf_str(&body), body.len, &der) != FJ_OK)
		return false;
	fj_sha256(fj_buf_slice(&der), &h);
	return put(&h, out);
}

/* the end of a value: what stands in quotes may hold anything */
static const char *value_end(const char *p)
{
	if (*p != '"')
		return p + strcspn(p, ";,");
	for (p++; *p != '\0' && *p != '"'; p++)
		p += *p == '\\' && p[1] != '\0';
	return *p == '"' ? p + 1 : p;
}

/* By=…;Hash=<hex>;Subject="…" of one certificate; the subject is the client's own words */
static bool of_envoy(const char *p, char out[GW_X5T])
{
	const char *hash = NULL;
	size_t n = 0;

	for (;;) {
		const char *eq = strchr(p, '=');
		if (eq == NULL)
			return false;
		const char *end = value_end(eq + 1);
		if (eq - p == 4 && strncasecmp(p, "Hash", 4) == 0) {
			if (hash != NULL)
				return false;
			hash = eq + 1;
			n = (size_t)(end - hash);
		}
		if (*end == '\0')
			return hash != NULL && of_hex(hash, n, out);
		if (*end != ';') /* a comma: another certificate */
			return false;
		p = end + 1;
	}
}

bool gw_x5t(const char *seen, char out[GW_X5T])
{
	FJ_AUTO(buf) raw = FJ_BUF_INIT(64);

	if (strncmp(seen, "-----BEGIN", 10) == 0)
		return of_certificate(seen, out);
	if (strlen(seen) == 64)
		return of_hex(seen, 64, out);
	if (strchr(seen, '=') != NULL)
		return of_envoy(seen, out);
	return strlen(seen) < GW_X5T && fj_b64u_get(seen, strlen(seen), &raw) == FJ_OK && raw.len == FJ_SHA256_LEN && fj_strcopy(out, GW_X5T, seen) == FJ_OK;
}
