/*
 * Payloads that the token signer did sign: what a conquered registry could have
 * got past it, and what a holder puts into a key binding JWT (RFC 9901 4.3).
 *
 * Input: the payload; on a second line the proof's payload, on a third the text
 * of a use, each of which may be absent.  "?" stands for the hashes and keys of
 * this run's own authorisation, certificate and holder.
 * Properties: a permit is for a well-formed payload, in its time, within the
 * authorisation that it names, and with a proof only when that is right.
 */
#include "tests/fuzz/fuzz.h"
#define FJ_TEST_H /* the home made by hand, without the harness of unit tests */
#include "tests/unit/ver_pki.h"

#define MAX 12000
#define NONCE "n-1"
#define AUDIENCE "https://a.example"

static struct world *the_world(void)
{
	static struct world *w;
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);
	struct ver_trust *over;
	struct fj_err err;

	if (w == NULL) {
		w = world_make();
		HOLDS(world_load(w, &err) == FJ_OK && strcmp(token_verdict(w, NULL), "permit") == 0);
		nftw(w->home, drop, 8, FTW_DEPTH | FTW_PHYS);
		pem_of("CERTIFICATE", slice(&w->dac), &pem); /* the parents, which a folder would be asked for */
		HOLDS(ver_trust_over(w->trust, &over, &err) == FJ_OK && ver_trust_add(over, VER_AUTHORISATION, DAU, fj_buf_slice(&w->auth_jwt), &err) == FJ_OK &&
		    ver_trust_add(over, VER_CERTIFICATE, DAC, fj_buf_slice(&pem), &err) == FJ_OK);
		w->trust = over;
	}
	return w;
}

static void fill(json_t *o, const char *key, const char *value)
{
	const char *now = fj_json_peek(o, key);

	if (now != NULL && strcmp(now, "?") == 0)
		HOLDS(json_object_set_new(o, key, json_string(value)) == 0);
}

static void fill_payload(struct world *w, json_t *p)
{
	json_t *jwk = json_object_get(json_object_get(p, "cnf"), "jwk"), *a;
	uint8_t pt[65];
	size_t i;

	point_of(w->holder_key, pt);
	fill(jwk, "x", b64u(FJ_SLICE(pt + 1, 32)));
	fill(jwk, "y", b64u(FJ_SLICE(pt + 33, 32)));
	fill(json_object_get(p, "parent"), "sha256", hash_b64u(fj_buf_slice(&w->auth_jwt)));
	fill(json_object_get(p, "asset"), "certificate_sha256", hash_b64u(slice(&w->dac)));
	json_array_foreach(json_object_get(p, "assets"), i, a)
		fill(a, "certificate_sha256", hash_b64u(slice(&w->dac)));
}

/* base64url of the text after what out holds: filled in and canonical when it is JSON */
static json_t *put_payload(struct world *w, struct fj_slice text, const char *sd_hash, struct fj_buf *out)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4 * MAX);
	json_t *p = NULL;

	if (fj_json_parse(text, MAX, &p, NULL) == FJ_OK && json_is_object(p)) {
		fill_payload(w, p);
		fill(p, "sd_hash", sd_hash);
		HOLDS(fj_json_canonical(p, &b, NULL) == FJ_OK);
		text = fj_buf_slice(&b);
	}
	HOLDS(fj_b64u_put(out, text) == FJ_OK);
	return p;
}

static json_t *put_token(struct world *w, struct fj_slice text, struct fj_buf *out)
{
	const uint8_t *dot = memchr(w->token_jwt.data, '.', w->token_jwt.len);

	HOLDS(dot != NULL && fj_buf_put(out, w->token_jwt.data, (size_t)(dot - w->token_jwt.data) + 1) == FJ_OK);
	json_t *p = put_payload(w, text, "", out);
	sign_tail(w->token_key, out, 0);
	HOLDS(fj_buf_puts(out, "~") == FJ_OK);
	return p;
}

static json_t *put_proof(struct world *w, struct fj_slice text, struct fj_buf *out)
{
	size_t from = out->len;
	char hash[44];

	snprintf(hash, sizeof(hash), "%s", hash_b64u(fj_buf_slice(out)));
	HOLDS(fj_b64u_put(out, fj_slice_str("{\"alg\":\"ES256\",\"typ\":\"kb+jwt\"}")) == FJ_OK && fj_buf_puts(out, ".") == FJ_OK);
	json_t *p = put_payload(w, text, hash, out);
	sign_tail(w->holder_key, out, from);
	return p;
}

static struct fj_slice line(struct fj_slice *in)
{
	const uint8_t *end = in->len == 0 ? NULL : memchr(in->p, '\n', in->len);
	struct fj_slice out = FJ_SLICE(in->p, end == NULL ? in->len : (size_t)(end - in->p));

	*in = FJ_SLICE(in->p + out.len + (end != NULL), in->len - out.len - (end != NULL));
	return out;
}

static void permitted(struct world *w, const json_t *p, const json_t *proof, bool asked)
{
	bool token = fj_token_check(p, NULL) == FJ_OK;
	const json_t *auth = w->auth, *parent = json_object_get(p, "parent");

	HOLDS(token || fj_authorisation_check(p, NULL) == FJ_OK);
	HOLDS(json_integer_value(json_object_get(p, "nbf")) <= NOW && json_integer_value(json_object_get(p, "exp")) >= NOW);
	HOLDS(strcmp(fj_json_peek(p, "iss"), BASE) == 0);
	if (token && strcmp(fj_json_peek(parent, "authorisation"), DAU) == 0 && json_integer_value(json_object_get(parent, "version")) == 1) {
		HOLDS(strcmp(fj_json_peek(parent, "sha256"), hash_b64u(fj_buf_slice(&w->auth_jwt))) == 0);
		HOLDS(fj_grant_within(json_object_get(p, "grant"), json_object_get(auth, "grant"), NULL) == FJ_OK);
	}
	if (asked) {
		HOLDS(token && proof != NULL && strcmp(fj_json_peek(proof, "nonce"), NONCE) == 0);
		HOLDS(strcmp(fj_json_peek(proof, "aud"), AUDIENCE) == 0);
		int64_t iat = json_integer_value(json_object_get(proof, "iat"));
		HOLDS(iat >= NOW - 300 && iat <= NOW + 60);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = the_world();
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	FJ_AUTO(json) payload = NULL;
	FJ_AUTO(json) proof = NULL;
	FJ_AUTO(ver_use) use = NULL;
	FJ_AUTO(ver_report) r = {.subject = NULL};
	struct fj_slice in = FJ_SLICE(data, size);

	if (size > MAX)
		return 0;
	struct fj_slice first = line(&in), second = line(&in);
	payload = put_token(w, first, &text);
	if (second.len > 0)
		proof = put_proof(w, second, &text);
	FJ_AUTO(str) words = fj_strndup((const char *)in.p, in.len);
	HOLDS(words != NULL);
	if (words[0] != '\0' && ver_use_parse(words, &use, NULL) != FJ_OK)
		return 0;
	struct ver_input q = {.credential = fj_buf_slice(&text), .now = NOW, .use = use, .nonce = second.len > 0 ? NONCE : NULL};
	HOLDS(ver_verify(w->trust, &q, &r, NULL) == FJ_OK);
	if (r.verdict == VER_PERMIT)
		permitted(w, payload, proof, q.nonce != NULL);
	return 0;
}
