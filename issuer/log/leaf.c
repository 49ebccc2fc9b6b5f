/*
 * leaf.c - which event puts what into the public log.
 *
 * Leaves are a table that follows from the events alone, in their order: replaying them
 * gives the same leaves, so neither can be changed without the other.  The leaf of a later
 * event is the one of the issuing with another event, time and index: what it says of the
 * credential is what was signed.
 */
#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/log/log.h"

enum fj_rc log_count(struct sto *db, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_LEAF_LAST, &q, err, ""));
	FJ_TRY(sto_step(&q, &row, err));
	*n = row ? sto_int(&q, 0) + 1 : 0; /* indices are without gaps */
	return FJ_OK;
}

/* the rest of the leaf, which is the caller's to fill in, is in it */
static enum fj_rc add(const struct evt *e, int kind, const char *object, const char *event, json_t *leaf, struct fj_slice salt, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_LEAF_MAX);
	int64_t n;

	FJ_TRY(log_count(e->db, &n, err));
	if (fj_json_set(leaf, "v", json_integer(1)) != FJ_OK || fj_json_set(leaf, "seq", json_integer(n)) != FJ_OK ||
	    fj_json_set(leaf, "at", json_integer(e->at)) != FJ_OK || fj_json_set(leaf, "event", json_string(event)) != FJ_OK)
		return fj_no_memory(err, "issuer");
	FJ_TRY(fj_json_canonical(leaf, &text, err));
	return sto_run(e->db, STO_LEAF_ADD, NULL, err, "iiitttb", n, e->seq, (int64_t)kind, object, event, fj_buf_str(&text), salt);
}

/* hex of an event, as the formats have hashes */
static enum fj_rc hash_text(const char *hex, struct fj_buf *out, struct fj_err *err)
{
	uint8_t raw[FJ_SHA256_LEN];

	if (hex == NULL || strlen(hex) != 64 || fj_unhex(hex, 64, raw) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "an event has no SHA-256");
	return fj_b64u_put(out, FJ_SLICE(raw, sizeof(raw)));
}

static json_t *copy(const json_t *o, const char *key)
{
	return json_incref(json_object_get(o, key));
}

static json_t *of_certificate(const json_t *intent, const char *hash)
{
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "kind", "certificate", "id", fj_json_text(intent, "number"), "sha256", hash,
	    "holder", "usci", fj_json_text(intent, "holder"), "name", fj_json_text(intent, "holder_name"));
}

static json_t *of_authorisation(const json_t *p, const char *hash)
{
	const json_t *first = json_array_get(json_object_get(p, "assets"), 0);

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s}", "kind", "authorisation", "id", fj_json_text(p, "jti"), "sha256", hash,
	    "holder", copy(p, "holder"), "operator", copy(p, "operator"), "version", copy(p, "version"), "parent", fj_json_text(first, "certificate"));
}

/* who has a token is not public: whoever holds it can show that it is he */
static enum fj_rc commitment(const json_t *holder, struct fj_slice salt, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	struct fj_hash h;

	if (fj_buf_put(&text, salt.p, salt.len) != FJ_OK)
		return fj_no_memory(err, "issuer");
	FJ_TRY(fj_json_canonical(holder, &text, err));
	fj_sha256(fj_buf_slice(&text), &h);
	return fj_b64u_put(out, FJ_SLICE(h.b, sizeof(h.b)));
}

static enum fj_rc of_token(const json_t *p, const char *hash, struct fj_slice salt, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) hidden = FJ_BUF_INIT(64);

	FJ_TRY(commitment(json_object_get(p, "holder"), salt, &hidden, err));
	*out = json_pack("{s:s, s:s, s:s, s:{s:s}, s:s}", "kind", "token", "id", fj_json_text(p, "jti"), "sha256", hash,
	    "holder", "commitment", fj_buf_str(&hidden), "parent", fj_json_text(json_object_get(p, "parent"), "authorisation"));
	return FJ_OK;
}

enum fj_rc log_issued(const struct evt *e, enum pipe_kind kind, const json_t *intent, struct fj_err *err)
{
	const json_t *p = json_object_get(intent, "payload");
	const char *hex = fj_json_text(e->body, "salt");
	FJ_AUTO(buf) hash = FJ_BUF_INIT(64);
	uint8_t raw[16];
	struct fj_slice salt = FJ_SLICE(raw, 0);
	json_t *leaf = NULL;

	if (pipe_is_manifest(kind))
		return FJ_OK;
	FJ_TRY(hash_text(fj_json_peek(e->body, "sha256"), &hash, err));
	if (kind == PIPE_TOKEN || kind == PIPE_TOKEN_SM2) {
		if (strlen(hex) != 32 || fj_unhex(hex, 32, raw) != FJ_OK)
			return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the event of a token's issuing has no salt");
		salt = FJ_SLICE(raw, sizeof(raw));
		FJ_TRY(of_token(p, fj_buf_str(&hash), salt, &leaf, err));
	} else
		leaf = kind != PIPE_AUTHORISATION ? of_certificate(intent, fj_buf_str(&hash)) : of_authorisation(p, fj_buf_str(&hash));
	FJ_AUTO(json) owned = leaf;
	return leaf == NULL ? fj_no_memory(err, "issuer") : add(e, (int)kind, e->object, "issued", leaf, salt, err);
}

/* nothing for what was not issued */
static enum fj_rc changed(const struct evt *e, enum pipe_kind kind, const char *object, enum sts_value v, struct fj_err *err)
{
	static const char *const event[] = {[STS_VALID] = "resumed", [STS_INVALID] = "revoked", [STS_SUSPENDED] = "suspended", [STS_SUPERSEDED] = "superseded"};
	FJ_AUTO(json) leaf = NULL;
	bool row;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(e->db, STO_LEAF_ISSUED, &q, err, "it", (int64_t)kind, object));
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 1)), FJ_LEAF_MAX, &leaf, err));
	}
	return add(e, (int)kind, object, event[v], leaf, FJ_SLICE("", 0), err);
}

enum fj_rc log_changed(const struct evt *e, enum pipe_kind kind, const char *object, enum sts_value v, struct fj_err *err)
{
	enum pipe_kind twin = kind == PIPE_CERTIFICATE ? PIPE_CERTIFICATE_SM2 : PIPE_TOKEN_SM2;
	char under[64];
	bool row;

	FJ_TRY(changed(e, kind, object, v, err));
	if (kind != PIPE_CERTIFICATE && kind != PIPE_TOKEN)
		return FJ_OK;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(e->db, STO_TWIN_GET, &q, err, "it", (int64_t)twin, object));
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(fj_strcopy(under, sizeof(under), sto_text(&q, 0)));
	}
	return changed(e, twin, under, v, err);
}

enum fj_rc apply_list_published(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) hash = FJ_BUF_INIT(64);

	FJ_TRY(hash_text(fj_json_peek(e->body, "sha256"), &hash, err));
	FJ_AUTO(json) leaf = json_pack("{s:s, s:s, s:s}", "kind", fj_json_text(e->body, "kind"), "id", e->object, "sha256", fj_buf_str(&hash));
	return leaf == NULL ? fj_no_memory(err, "issuer") : add(e, 0, e->object, "published", leaf, FJ_SLICE("", 0), err);
}
