/*
 * content.c - see content.h.
 *
 * Each hash is over text that begins with what it is of, so that one of a serial number can't
 * pass for one of a certificate.  Canonical JSON writes every member's name; the two short forms
 * are lines.
 */
#include "base/content.h"

#include <stdio.h>

static enum fj_rc hash_of(const json_t *j, struct fj_hash *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);

	if (j == NULL)
		return fj_fail(err, FJ_E_NOMEM, "base", NULL, "out of memory");
	FJ_TRY(fj_json_canonical(j, &text, err));
	fj_sha256(fj_buf_slice(&text), out);
	return FJ_OK;
}

enum fj_rc fj_content_certificate(const struct fj_cert_content *c, struct fj_hash *out, struct fj_err *err)
{
	const struct fj_asset *a = c->asset;
	char card[65], key[65] = "";
	struct fj_hash spki;

	fj_hex(a->card_hash.b, FJ_SHA256_LEN, card);
	if (a->key_origin != 0) {
		fj_sha256(c->spki, &spki);
		fj_hex(spki.b, FJ_SHA256_LEN, key);
	}
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:s, s:i, s:s, s:i, s:I}", "what", "certificate", "algorithm", fj_alg_name(c->alg),
	    "asset_no", a->asset_no, "asset_name", a->asset_name, "holder", c->holder, "card_version", (json_int_t)a->card_version, "holder_name", c->holder_name, "card_hash", card,
	    "class_scheme", a->class_scheme, "holder_kind", (int)a->holder_kind, "rights", (int)a->rights, "modes", (int)a->modes, "restrictions", (int)a->restrictions,
	    "class_code", a->class_code, "key_origin", (int)a->key_origin, "key", key, "years", c->ends != 0 ? 0 : c->years, "ends", (json_int_t)c->ends);
	if (j != NULL && fj_json_set(j, "region", json_string(a->region)) != FJ_OK)
		return fj_fail(err, FJ_E_NOMEM, "base", NULL, "out of memory");
	return hash_of(j, out, err);
}

static enum fj_rc without(const json_t *claims, const char *const *drawn, bool assets, struct fj_hash *out, struct fj_err *err)
{
	FJ_AUTO(json) content = json_copy((json_t *)(uintptr_t)claims);
	FJ_AUTO(json) ids = json_array();
	size_t i;
	json_t *v;

	for (i = 0; drawn[i] != NULL; i++)
		json_object_del(content, drawn[i]);
	json_array_foreach(json_object_get(claims, "assets"), i, v)
		json_array_append(ids, json_object_get(v, "id"));
	if (!assets && json_object_set(content, "assets", ids) != 0)
		return fj_fail(err, FJ_E_NOMEM, "base", NULL, "out of memory");
	return hash_of(content, out, err);
}

enum fj_rc fj_content_claims(const json_t *claims, struct fj_hash *out, struct fj_err *err)
{
	static const char *const drawn[] = {"jti", "version", "iat", "nbf", "previous", "authorisation_status", "status", NULL};

	return without(claims, drawn, true, out, err);
}

enum fj_rc fj_content_rebound(const json_t *claims, struct fj_hash *out, struct fj_err *err)
{
	static const char *const drawn[] = {"version", "iat", "previous", "status", NULL};

	return without(claims, drawn, false, out, err);
}

enum fj_rc fj_content_subordinate(enum fj_alg alg, struct fj_slice spki, const char *operator_, const struct fj_limits *l, struct fj_hash *out, struct fj_err *err)
{
	char key[65], holders[64];
	struct fj_hash h;

	fj_sha256(spki, &h);
	fj_hex(h.b, FJ_SHA256_LEN, key);
	fj_limits_holders(l, holders);
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "what", "subordinate", "algorithm", fj_alg_name(alg), "key", key, "operator", operator_,
	    "division", l->division, "holders", holders, "base", l->base);
	return hash_of(j, out, err);
}

enum fj_rc fj_content_ca_request(const struct fj_ca_request *r, enum fj_alg alg, const struct fj_limits *l, struct fj_hash *out, struct fj_err *err)
{
	char o[sizeof(r->operator_)];
	size_t n = fj_utf8_prefix(r->operator_, 64); /* as a subject has it (RFC 5280, ub-organization-name) */

	memcpy(o, r->operator_, n);
	o[n] = '\0';
	return fj_content_subordinate(alg, fj_buf_slice(&r->spki[alg]), o, l, out, err);
}

/* {member: value of that member}: of a reference what does not change with its version */
static enum fj_rc only(json_t *content, const char *of, const char *member, struct fj_err *err)
{
	json_t *kept = json_pack("{s:O}", member, json_object_get(json_object_get(content, of), member));

	return kept != NULL && json_object_set_new(content, of, kept) == 0 ? FJ_OK : fj_fail(err, FJ_E_INVALID, "base", "formats.md 25", "\"%s\" of a token has no \"%s\"", of, member);
}

enum fj_rc fj_content_token_json(const json_t *claims, json_t **out, struct fj_err *err)
{
	static const char *const drawn[] = {"jti", "iat", "nbf", "exp", "status", NULL};
	FJ_AUTO(json) content = json_copy((json_t *)(uintptr_t)claims);
	int64_t seconds = fj_json_num(claims, "exp") - fj_json_num(claims, "nbf") + 1;

	if (seconds <= 0 || seconds % 86400 != 0)
		return fj_fail(err, FJ_E_INVALID, "base", "formats.md 25", "a token that officers sign is valid for whole days");
	for (size_t i = 0; drawn[i] != NULL; i++)
		json_object_del(content, drawn[i]);
	FJ_TRY(only(content, "asset", "id", err));
	FJ_TRY(only(content, "parent", "authorisation", err));
	FJ_TRY(fj_json_set(content, "days", json_integer(seconds / 86400)));
	*out = fj_move(content);
	return FJ_OK;
}

static enum fj_rc hash_as(const char *what, json_t *content, struct fj_hash *out, struct fj_err *err)
{
	FJ_AUTO(json) named = json_pack("{s:s, s:O}", "what", what, "claims", content);

	return hash_of(named, out, err);
}

enum fj_rc fj_content_token_hash(const json_t *content, struct fj_hash *out, struct fj_err *err)
{
	return hash_as("token", (json_t *)(uintptr_t)content, out, err);
}

enum fj_rc fj_content_token(const json_t *claims, struct fj_hash *out, struct fj_err *err)
{
	json_t *content = NULL;

	FJ_TRY(fj_content_token_json(claims, &content, err));
	FJ_AUTO(json) owned = content;
	return hash_as("token", content, out, err);
}

enum fj_rc fj_content_twin(const json_t *claims, struct fj_hash *out, struct fj_err *err)
{
	FJ_AUTO(json) content = json_deep_copy(claims);
	json_t *own = json_object_get(content, "status");

	json_object_del(content, "iat");
	json_object_del(content, "nbf");
	/* the lists of the two hierarchies have the same entries */
	json_object_del(json_object_get(own, "status_list"), "uri");
	json_object_del(json_object_get(json_object_get(content, "asset"), "status"), "uri");
	json_object_del(json_object_get(json_object_get(content, "parent"), "status"), "uri");
	return hash_as("token twin", content, out, err);
}

void fj_content_serial(const uint8_t serial[16], struct fj_hash *out)
{
	char text[48], hex[33];

	fj_hex(serial, 16, hex);
	snprintf(text, sizeof(text), "serial\n%s", hex);
	fj_sha256(fj_slice_str(text), out);
}

void fj_content_entry(const char *uri, uint32_t idx, struct fj_hash *out)
{
	char text[256];

	snprintf(text, sizeof(text), "entry\n%u\n%.220s", idx, uri);
	fj_sha256(fj_slice_str(text), out);
}

void fj_content_act(const char *kind, struct fj_hash *out)
{
	char text[64];

	snprintf(text, sizeof(text), "act\n%.40s", kind);
	fj_sha256(fj_slice_str(text), out);
}

enum fj_rc fj_act_read(const json_t *payload, struct fj_act *out, struct fj_err *err)
{
	static const char *const keys[] = {"approval", "kind", "until", NULL};
	json_t *act;
	const char *approval, *kind;

	FJ_TRY(fj_json_obj(payload, "act", &act, err));
	FJ_TRY(fj_json_only(act, keys, err));
	FJ_TRY(fj_json_str(act, "approval", sizeof(out->approval) - 1, &approval, err));
	FJ_TRY(fj_json_str(act, "kind", sizeof(out->kind) - 1, &kind, err));
	FJ_TRY(fj_json_int(act, "until", 1, FJ_TIME_MAX, &out->until, err));
	FJ_TRY(fj_strcopy(out->approval, sizeof(out->approval), approval));
	return fj_strcopy(out->kind, sizeof(out->kind), kind);
}

void fj_act_digest(bool refuse, const struct fj_hash *payload, struct fj_hash *out)
{
	static const char approval[] = "fujie-approval-1\n", refusal[] = "fujie-refusal-1\n";
	uint8_t text[sizeof(approval) + FJ_SHA256_LEN];
	size_t n = refuse ? sizeof(refusal) - 1 : sizeof(approval) - 1;

	memcpy(text, refuse ? refusal : approval, n);
	memcpy(text + n, payload->b, FJ_SHA256_LEN);
	fj_sha256(FJ_SLICE(text, n + FJ_SHA256_LEN), out);
}
