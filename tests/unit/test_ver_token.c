/*
 * test_ver_token.c - license tokens and authorisation credentials: each check
 * once as it should be, and spoilt.
 */
#include "tests/unit/test.h"
#include "tests/unit/ver_pki.h"

#define MAKE(w)                                  \
	struct fj_err err;                       \
	FJ_AUTO(world) w = world_make();         \
	CHECK_OK(world_load(w, &err))

static json_t *grant(struct world *w)
{
	return json_object_get(w->token, "grant");
}

/* sign the token again after its payload was changed */
static const char *again(struct world *w, const char *use)
{
	world_sign_token(w);
	return token_verdict(w, use);
}

TEST("a good token permits, and every check is named in its order")
{
	static const char *const names[] = {"form", "algorithm", "chain", "signer", "signer status", "signature", "time", "status", "asset status",
		"authorisation status", "narrowing", "scope", "restrictions", "holder", "quota", "freshness", "logged"};
	MAKE(w);
	FJ_AUTO(ver_report) r = {.subject = NULL};

	CHECK_OK(judge(w, fj_buf_slice(&w->token_jwt), &(struct asked){.use = NULL}, &r, &err));
	CHECK_STR(brief(&r), "permit");
	CHECK_STR(r.kind, "token");
	CHECK(r.n == FJ_ARRAY_LEN(names));
	for (size_t i = 0; i < r.n; i++)
		CHECK_STR(r.check[i].name, names[i]);
	CHECK(outcome_of(&r, "narrowing") == VER_PASS);
	CHECK(outcome_of(&r, "scope") == VER_NOT_APPLICABLE);
	CHECK(outcome_of(&r, "holder") == VER_NOT_REQUESTED);
	CHECK(outcome_of(&r, "logged") == VER_NOT_REQUESTED);
	CHECK(json_array_size(w->notes) == 0);
}

TEST("the verdict document has the members of formats.md section 8, texts in both languages")
{
	MAKE(w);
	FJ_AUTO(ver_report) r = {.subject = NULL};

	CHECK_OK(judge(w, fj_buf_slice(&w->token_jwt), &(struct asked){.use = "action=QUERY"}, &r, &err));
	FJ_AUTO(json) d = ver_report_json(&r);
	CHECK(d != NULL);
	CHECK_STR(fj_json_peek(d, "verdict"), "permit");
	CHECK_STR(fj_json_peek(d, "kind"), "token");
	CHECK_STR(fj_json_peek(d, "at"), "2026-11-18T11:06:40Z");
	CHECK_STR(fj_json_peek(json_object_get(d, "subject"), "iss"), BASE);
	CHECK(json_array_size(json_object_get(d, "not_checked")) >= 2);
	size_t i;
	json_t *c;
	json_array_foreach(json_object_get(d, "checks"), i, c) {
		const json_t *text = json_object_get(c, "text");
		CHECK(fj_json_peek(c, "outcome") != NULL && fj_json_peek(c, "clause")[0] != '\0');
		CHECK(fj_json_peek(text, "en")[0] != '\0' && fj_json_peek(text, "zh")[0] != '\0');
	}
}

TEST("validity includes its first and last second and no other")
{
	MAKE(w);
	struct fj_slice t = fj_buf_slice(&w->token_jwt);

	json_object_set_new(w->token, "nbf", json_integer(NOW - 600));
	json_object_set_new(w->token, "exp", json_integer(NOW + 600));
	world_sign_token(w);
	t = fj_buf_slice(&w->token_jwt);
	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW - 600}), "permit");
	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW + 600}), "permit");
	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW - 601}), "deny time");
	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW + 601}), "deny time");
}

TEST("each of the three entries denies when it is 1, 2 or 3")
{
	static const struct {
		uint32_t idx;
		const char *want;
	} entries[] = {{14, "deny status"}, {11, "deny asset status"}, {12, "deny authorisation status"}};
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(entries); i++)
		for (unsigned v = 1; v <= 3; v++) {
			fj_list_set(w->map, entries[i].idx, v);
			world_sign_list(w);
			CHECK_OK(world_load(w, &err));
			CHECK_STR(token_verdict(w, NULL), entries[i].want);
			fj_list_set(w->map, entries[i].idx, 0);
		}
	/* neighbours say nothing */
	fj_list_set(w->map, 15, 1);
	fj_list_set(w->map, 9, 1);
	world_sign_list(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "permit");
}

TEST("a missing or expired status list leaves the verdict open")
{
	MAKE(w);
	struct fj_slice t = fj_buf_slice(&w->token_jwt);

	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW - 600 + 2 * DAY - 3600 - 1}), "permit");
	json_object_set_new(w->list, "exp", json_integer(NOW));
	world_sign_list(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW}), "permit");
	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW + 1}), "indeterminate status");
	json_object_set_new(w->list, "exp", json_integer(NOW + 2 * DAY));
	json_object_set_new(w->list, "iat", json_integer(NOW + 3600));
	world_sign_list(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW}), "indeterminate status");
	json_object_set_new(json_object_get(json_object_get(w->token, "status"), "status_list"), "uri", json_string(BASE "/status/9"));
	CHECK_STR(again(w, NULL), "indeterminate status");
}

TEST("a revoked signer denies, on hold too; without a current CRL nothing is known")
{
	MAKE(w);
	struct fj_slice t = fj_buf_slice(&w->token_jwt);

	w->shard_s.revoked = 3;
	for (w->shard_s.reason = 1; w->shard_s.reason <= 6; w->shard_s.reason += 5) {
		crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
		CHECK_OK(world_load(w, &err));
		CHECK_STR(token_verdict(w, NULL), "deny signer status");
	}
	w->shard_s.revoked = 0;
	w->shard_s.to = NOW - 1;
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW - 1}), "permit");
	CHECK_STR(verdict(w, t, &(struct asked){.now = NOW}), "indeterminate signer status");
}

TEST("a CRL of another address or under another CA's key serves nobody")
{
	MAKE(w);

	w->shard_s.uri = BASE "/crl/2.crl";
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "indeterminate signer status");
	w->shard_s.uri = BASE "/crl/1.crl";
	crl(&w->shard_s, w->root_x, w->root_key, &w->shard); /* the root speaks for another issuer's certificates */
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "indeterminate signer status");
	crl(&w->shard_s, w->issuing_x, w->holder_key, &w->shard);
	CHECK_OK(world_load(w, &err));
	CHECK(json_array_size(w->notes) == 1);
	CHECK_STR(token_verdict(w, NULL), "indeterminate signer status");
}

TEST("a revoked issuing CA or status signer stops belief in what they signed")
{
	MAKE(w);

	w->root_crl_s.revoked = 2;
	w->root_crl_s.reason = 2;
	crl(&w->root_crl_s, w->root_x, w->root_key, &w->root_crl);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "deny signer status");
	w->root_crl_s.revoked = 0;
	crl(&w->root_crl_s, w->root_x, w->root_key, &w->root_crl);
	w->shard_s.revoked = 4;
	w->shard_s.reason = 1;
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "indeterminate status");
}

TEST("narrowing: each member of the grant that goes beyond the authorisation denies")
{
	static const struct {
		const char *key, *json;
	} wider[] = {
		{"mode", "\"WHOLE\""}, {"rights", "[\"OPER\"]"}, {"purposes", "[\"INDUSTRY\",\"SECTOR\"]"}, {"actions", "[\"DOWNLOAD_PRODUCT\",\"QUERY\"]"},
		{"territory", "[\"100000\"]"}, {"territory", "[\"450000\"]"}, {"environment", "[]"}, {"environment", "[\"sandbox-2\"]"}, {"quota", "null"},
		{"quota", "{\"limit\":1001,\"unit\":\"CALLS\"}"}, {"quota", "{\"limit\":10,\"unit\":\"ROWS\"}"}, {"domains", "[\"气象\",\"海洋\"]"},
	};
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(wider); i++) {
		FJ_AUTO(json) kept = json_deep_copy(grant(w));
		json_object_set_new(grant(w), wider[i].key, json_loads(wider[i].json, JSON_DECODE_ANY, NULL));
		if (strcmp(wider[i].json, "\"WHOLE\"") == 0)
			json_object_set_new(grant(w), "domains", json_array());
		CHECK_STR(again(w, NULL), "deny narrowing");
		json_object_set(w->token, "grant", kept);
	}
	json_object_set_new(grant(w), "territory", json_pack("[s]", "440300"));
	json_object_set_new(grant(w), "actions", json_pack("[s]", "QUERY"));
	json_object_set_new(grant(w), "quota", json_pack("{s:i, s:s}", "limit", 1000, "unit", "CALLS"));
	CHECK_STR(again(w, NULL), "permit");
}

TEST("narrowing: terms, asset, entry, hash and term against the authorisation")
{
	MAKE(w);
	json_t *parent = json_object_get(w->token, "parent"), *asset = json_object_get(w->token, "asset");

	json_object_set_new(w->token, "terms", json_pack("{s:s}", "kind", "free"));
	CHECK_STR(again(w, NULL), "deny narrowing");
	json_object_set_new(w->token, "terms", json_pack("{s:s}", "kind", "paid"));
	json_object_set_new(w->token, "exp", json_integer(NOW + 701 * DAY));
	CHECK_STR(again(w, NULL), "deny narrowing");
	json_object_set_new(w->token, "exp", json_integer(NOW + 30 * DAY));
	json_object_set_new(w->token, "nbf", json_integer(NOW - 51 * DAY));
	CHECK_STR(again(w, NULL), "deny narrowing");
	json_object_set_new(w->token, "nbf", json_integer(NOW - DAY));
	json_object_set_new(asset, "id", json_string("SZ-0002"));
	CHECK_STR(again(w, NULL), "deny narrowing");
	json_object_set_new(asset, "id", json_string("SZ-0001"));
	json_object_set_new(parent, "status", ref(15));
	CHECK_STR(again(w, NULL), "deny narrowing");
	json_object_set_new(parent, "status", ref(12));
	json_object_set_new(parent, "sha256", json_string(hash_b64u(fj_slice_str("other"))));
	CHECK_STR(again(w, NULL), "deny narrowing");
	json_object_set_new(parent, "sha256", json_string(hash_b64u(fj_buf_slice(&w->auth_jwt))));
	CHECK_STR(again(w, NULL), "permit");
}

TEST("narrowing: without the authorisation it is the issuer's word; a later version counts by its content")
{
	MAKE(w);
	FJ_AUTO(ver_report) r = {.subject = NULL};

	json_object_set_new(json_object_get(w->token, "parent"), "version", json_integer(2)); /* the trust has version 1 */
	world_sign_token(w);
	CHECK_OK(judge(w, fj_buf_slice(&w->token_jwt), &(struct asked){.use = NULL}, &r, &err));
	CHECK_STR(brief(&r), "permit");
	CHECK(outcome_of(&r, "narrowing") == VER_NOT_APPLICABLE);
	json_object_set_new(json_object_get(w->token, "parent"), "version", json_integer(1));
	world_sign_token(w);
	json_object_set_new(w->auth, "version", json_integer(2));
	json_object_set_new(w->auth, "previous", json_string(hash_b64u(fj_buf_slice(&w->auth_jwt))));
	world_sign_auth(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "permit");
	json_object_set_new(json_object_get(w->auth, "grant"), "territory", json_pack("[s]", "450000"));
	world_sign_auth(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "deny narrowing");
}

TEST("narrowing: a version knows its own hash and that of the one before it, and a token that names another of them is not under it")
{
	static const struct {
		int version;
		bool before; /* `previous` is what the token names */
		const char *want;
	} c[] = {{2, true, "permit"}, {2, false, "deny narrowing"}, {3, false, "permit"}};
	MAKE(w);
	FJ_AUTO(json) first = json_string(hash_b64u(fj_buf_slice(&w->auth_jwt)));

	for (size_t i = 0; i < FJ_ARRAY_LEN(c); i++) {
		json_object_set_new(w->auth, "version", json_integer(c[i].version));
		json_object_set_new(w->auth, "previous", c[i].before ? json_copy(first) : json_string(hash_b64u(fj_slice_str("another"))));
		world_sign_auth(w);
		CHECK_OK(world_load(w, &err));
		CHECK_STR(token_verdict(w, NULL), c[i].want);
	}
}

TEST("narrowing: an authorisation beyond its certificate denies, and so does a token under it that would itself fit")
{
	static const struct {
		const char *member, *value; /* of the authorisation */
		unsigned restrictions;
		const char *want;
	} c[] = {
		{"grant", "{}", 2, "permit"}, {"grant", "{\"depth\": 1}", 0, "permit"}, {"grant", "{\"depth\": 1}", 2, "deny narrowing"},
		{"grant", "{\"rights\": [\"OPER\", \"USE\"]}", 0, "deny narrowing"},
		{"holder", "{\"usci\": \"91440300MA5OTHER1X\"}", 0, "deny narrowing"}, {"holder", "{\"name\": \"另名\"}", 0, "permit"},
	};
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(c); i++) {
		FJ_AUTO(json) changes = json_loads(c[i].value, 0, NULL);
		w->asset.restrictions = c[i].restrictions;
		w->asset.rights = 3; /* HOLD, USE */
		X509_free(world_cert(w, &w->dac_s, w->holder_key, &w->dac));
		world_sign(w);
		json_object_update(json_object_get(w->auth, c[i].member), changes);
		world_sign_auth(w);
		world_token_payload(w);
		world_sign_token(w);
		CHECK_OK(world_load(w, &err));
		CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.use = NULL}), c[i].want);
		CHECK_STR(token_verdict(w, NULL), c[i].want);
	}
}

TEST("narrowing: rights, modes, end and hash against the certificate")
{
	static const struct {
		unsigned rights, modes;
		fj_time to;
		const char *want;
	} cases[] = {
		{7, 2, NOW + 1000 * DAY, "permit"}, {7, 1, NOW + 1000 * DAY, "permit"}, {7, 0, NOW + 1000 * DAY, "permit"},
		{5, 2, NOW + 1000 * DAY, "deny narrowing"}, {7, 4, NOW + 1000 * DAY, "deny narrowing"}, {7, 2, NOW + 30 * DAY - 1, "deny narrowing"},
	};
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		w->asset.rights = cases[i].rights;
		w->asset.modes = cases[i].modes;
		w->dac_s.to = cases[i].to;
		X509_free(world_cert(w, &w->dac_s, w->holder_key, &w->dac));
		world_sign(w);
		CHECK_OK(world_load(w, &err));
		CHECK_STR(token_verdict(w, NULL), cases[i].want);
	}
	w->asset.rights = 7; /* other bytes under the number */
	w->dac_s.to = NOW + 999 * DAY;
	X509_free(world_cert(w, &w->dac_s, w->holder_key, &w->dac));
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "deny narrowing");
}

TEST("scope: what is granted passes, what is not denies, key by key")
{
	static const char *const granted[] = {"asset=SZ-0001", "asset=" DAC, "product=P-1", "action=QUERY", "action=QUERY+VERIFY", "purpose=INDUSTRY",
		"territory=440300", "territory=440000+440305", "environment=sandbox-1", "at=2026-11-20T00:00:00Z", "quantity=1000", "user=" USER,
		"asset=SZ-0001,product=P-1,action=QUERY,purpose=INDUSTRY,territory=440300,environment=sandbox-1,quantity=5"};
	static const char *const refused[] = {"asset=SZ-0002", "product=P-2", "action=MODEL_CALL", "action=QUERY+REDEVELOP", "purpose=PUBGOV",
		"territory=450000", "territory=440300+110000", "territory=100000", "environment=sandbox-2", "at=2027-11-20T00:00:00Z", "at=2026-11-01T00:00:00Z"};
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(granted); i++)
		CHECK_STR(token_verdict(w, granted[i]), "permit");
	for (size_t i = 0; i < FJ_ARRAY_LEN(refused); i++)
		CHECK_STR(token_verdict(w, refused[i]), "deny scope");
	CHECK_STR(token_verdict(w, "quantity=1001"), "deny quota");
}

TEST("narrowing: the operator itself holds no token to re-develop, another may, and the operator may query")
{
	MAKE(w);
	json_t *holder = json_object_get(w->token, "holder"), *actions = json_pack("[s, s]", "QUERY", "REDEVELOP");

	json_object_set(json_object_get(w->auth, "grant"), "actions", actions);
	json_object_set_new(grant(w), "actions", actions);
	world_sign_auth(w);
	json_object_set_new(json_object_get(w->token, "parent"), "sha256", json_string(hash_b64u(fj_buf_slice(&w->auth_jwt))));
	CHECK_OK(world_load(w, &err));
	CHECK_STR(again(w, NULL), "permit");
	json_object_set(holder, "usci", json_object_get(json_object_get(w->auth, "operator"), "usci"));
	CHECK_STR(again(w, NULL), "deny narrowing");
	json_object_set_new(grant(w), "actions", json_pack("[s]", "QUERY"));
	CHECK_STR(again(w, NULL), "permit");
}

TEST("a token for the asset itself, by its number or its certificate's, is no token")
{
	static const char *const raw[] = {"SZ-0001", DAC};
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(raw); i++) {
		json_object_set_new(json_object_get(w->token, "product"), "id", json_string(raw[i]));
		CHECK_STR(again(w, NULL), "deny form");
	}
	json_object_set_new(json_object_get(w->token, "product"), "id", json_string("SZ-0001-P"));
	CHECK_STR(again(w, NULL), "permit");
}

TEST("narrowing: one asset among 32 with another certificate's hash is found at every place")
{
	MAKE(w);
	json_t *assets = json_object_get(w->auth, "assets");

	for (size_t i = json_array_size(assets); i < 32; i++)
		json_array_append_new(assets, asset_entry(w));
	for (size_t i = 0; i < 32; i++) {
		FJ_AUTO(ver_report) r = {.subject = NULL};
		json_object_set_new(json_array_get(assets, i), "certificate_sha256", json_string(hash_b64u(fj_slice_str("other"))));
		world_sign_auth(w);
		CHECK_OK(judge(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.use = NULL}, &r, &err));
		CHECK_STR(brief(&r), "deny narrowing");
		json_object_set_new(json_array_get(assets, i), "certificate_sha256", json_string(hash_b64u(slice(&w->dac))));
	}
	FJ_AUTO(ver_report) good = {.subject = NULL};
	world_sign_auth(w);
	CHECK_OK(judge(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.use = NULL}, &good, &err));
	CHECK_STR(brief(&good), "permit");
}

TEST("restricted acts are never given by a token")
{
	static const char *const acts[] = {"action=PLEDGE", "action=RESELL", "action=EXPORT", "action=SUBLICENSE", "action=RAW", "action=QUERY+PLEDGE"};
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(acts); i++)
		CHECK_STR(token_verdict(w, acts[i]), "deny restrictions");
}

/* --- holder --- */

/* kb+jwt over the token; keys of `how` replace the right values */
static void prove(struct world *w, EVP_PKEY *key, const char *header, const json_t *how, struct fj_buf *out)
{
	FJ_AUTO(buf) kb = FJ_BUF_INIT(8192);
	FJ_AUTO(json) p = json_pack("{s:I, s:s, s:s, s:s}", "iat", (json_int_t)NOW, "aud", "https://gate.example", "nonce", "n-1",
	    "sd_hash", hash_b64u(fj_buf_slice(&w->token_jwt)));

	json_object_update(p, (json_t *)(uintptr_t)how);
	jws_text(header, p, key, &kb);
	fj_buf_clear(out);
	if (fj_buf_put(out, w->token_jwt.data, w->token_jwt.len) != FJ_OK || fj_buf_put(out, kb.data, kb.len) != FJ_OK)
		exit(1);
}

#define KB "{\"alg\":\"ES256\",\"typ\":\"kb+jwt\"}"

TEST("a key-bound token: the right proof passes, a missing or wrong one denies")
{
	static const char *const wrong[] = {"{\"nonce\":\"n-2\"}", "{\"aud\":\"https://other.example\"}", "{\"sd_hash\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		"{\"iat\":1794999699}", "{\"iat\":1795000061}", "{\"extra\":1}"};
	struct asked ask = {.use = "audience=https://gate.example", .nonce = "n-1"};
	FJ_AUTO(buf) out = FJ_BUF_INIT(65536);
	MAKE(w);

	prove(w, w->holder_key, KB, NULL, &out);
	CHECK_STR(verdict(w, fj_buf_slice(&out), &ask), "permit");
	CHECK_STR(verdict(w, fj_buf_slice(&out), &(struct asked){.nonce = "n-1"}), "indeterminate holder");
	CHECK_STR(verdict(w, fj_buf_slice(&out), &(struct asked){.use = NULL}), "permit");
	CHECK_STR(verdict(w, fj_buf_slice(&w->token_jwt), &ask), "deny holder");
	for (size_t i = 0; i < FJ_ARRAY_LEN(wrong); i++) {
		FJ_AUTO(json) how = json_loads(wrong[i], 0, NULL);
		prove(w, w->holder_key, KB, how, &out);
		CHECK_STR(verdict(w, fj_buf_slice(&out), &ask), "deny holder");
	}
	prove(w, w->token_key, KB, NULL, &out);
	CHECK_STR(verdict(w, fj_buf_slice(&out), &ask), "deny holder");
	CHECK_STR(verdict(w, fj_buf_slice(&out), &(struct asked){.use = NULL}), "deny holder");
	prove(w, w->holder_key, "{\"alg\":\"none\",\"typ\":\"kb+jwt\"}", NULL, &out);
	CHECK_STR(verdict(w, fj_buf_slice(&out), &ask), "deny holder");
	prove(w, w->holder_key, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", NULL, &out);
	CHECK_STR(verdict(w, fj_buf_slice(&out), &ask), "deny holder");
	CHECK_STR(verdict(w, fj_buf_slice(&w->token_jwt), &(struct asked){.x5t = hash_b64u(fj_slice_str("c"))}), "indeterminate holder");
	CHECK_STR(token_verdict(w, "user=91440300MA5OTHER1X"), "deny holder");
}

TEST("an mtls-bound token: the same client certificate passes, another denies, a nonce can't be proved")
{
	MAKE(w);

	json_object_set_new(w->token, "binding", json_string("mtls"));
	json_object_set_new(w->token, "cnf", json_pack("{s:s}", "x5t#S256", hash_b64u(fj_slice_str("client"))));
	world_sign_token(w);
	struct fj_slice t = fj_buf_slice(&w->token_jwt);
	CHECK_STR(verdict(w, t, &(struct asked){.x5t = hash_b64u(fj_slice_str("client"))}), "permit");
	CHECK_STR(verdict(w, t, &(struct asked){.x5t = hash_b64u(fj_slice_str("thief"))}), "deny holder");
	CHECK_STR(verdict(w, t, &(struct asked){.nonce = "n-1"}), "indeterminate holder");
	CHECK_STR(verdict(w, t, &(struct asked){.use = NULL}), "permit");
}

TEST("a named token needs the user and the audience, and they must be its own")
{
	MAKE(w);

	json_object_set_new(w->token, "binding", json_string("named"));
	json_object_del(w->token, "cnf");
	json_object_set_new(w->token, "audience", json_string("https://gate.example"));
	CHECK_STR(again(w, NULL), "indeterminate holder");
	CHECK_STR(token_verdict(w, "user=" USER), "indeterminate holder");
	CHECK_STR(token_verdict(w, "audience=https://gate.example"), "indeterminate holder");
	CHECK_STR(token_verdict(w, "user=" USER ",audience=https://gate.example"), "permit");
	CHECK_STR(token_verdict(w, "user=" USER ",audience=https://other.example"), "deny holder");
	CHECK_STR(token_verdict(w, "user=91440300MA5OTHER1X,audience=https://gate.example"), "deny holder");
	json_object_set_new(w->token, "exp", json_integer(NOW - DAY + 90 * DAY));
	CHECK_STR(again(w, "user=" USER ",audience=https://gate.example"), "deny form");
}

/* --- authorisations --- */

TEST("an authorisation credential: good, wider than its certificate, its entries, its restrictions")
{
	MAKE(w);
	struct fj_slice a = fj_buf_slice(&w->auth_jwt);
	FJ_AUTO(ver_report) r = {.subject = NULL};

	CHECK_OK(judge(w, a, &(struct asked){.use = "asset=SZ-0001,action=QUERY,user=91440300MA5DEMO02X"}, &r, &err));
	CHECK_STR(brief(&r), "permit");
	CHECK_STR(r.kind, "authorisation");
	CHECK(outcome_of(&r, "narrowing") == VER_PASS);
	CHECK_STR(verdict(w, a, &(struct asked){.use = "user=" USER}), "deny holder");
	CHECK_STR(verdict(w, a, &(struct asked){.use = "asset=SZ-0009"}), "deny scope");
	CHECK_STR(verdict(w, a, &(struct asked){.use = "product=P-1"}), "indeterminate scope");
	CHECK_STR(verdict(w, a, &(struct asked){.use = "product=P-1,territory=110000"}), "deny scope");
	CHECK_STR(verdict(w, a, &(struct asked){.use = "action=PLEDGE"}), "deny restrictions");
	CHECK_STR(verdict(w, a, &(struct asked){.use = "action=SUBLICENSE"}), "deny restrictions");
	CHECK_STR(verdict(w, a, &(struct asked){.use = "action=RESELL"}), "permit");
	for (uint32_t idx = 11; idx <= 13; idx++) {
		static const char *const want[] = {"deny asset status", "deny authorisation status", "deny status"};
		fj_list_set(w->map, idx, 2);
		world_sign_list(w);
		CHECK_OK(world_load(w, &err));
		CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.use = NULL}), want[idx - 11]);
		fj_list_set(w->map, idx, 0);
	}
	world_sign_list(w);
	CHECK_OK(world_load(w, &err));
	json_object_set_new(json_object_get(w->auth, "grant"), "mode", json_string("WHOLE"));
	json_object_set_new(json_object_get(w->auth, "grant"), "domains", json_array());
	world_sign_auth(w);
	CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.use = NULL}), "deny narrowing");
}

TEST("an act that one certificate of an authorisation forbids is denied, whatever others are missing; what none forbids stays open")
{
	MAKE(w);
	FJ_AUTO(json) missing = json_deep_copy(json_array_get(json_object_get(w->auth, "assets"), 0));

	json_object_set_new(missing, "certificate", json_string("DAC-440300-202611-000009-X"));
	for (size_t at = 0; at < 2; at++) {
		json_array_clear(json_object_get(w->auth, "assets"));
		json_array_append_new(json_object_get(w->auth, "assets"), asset_entry(w));
		json_array_insert(json_object_get(w->auth, "assets"), at, missing);
		world_sign_auth(w);
		CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.use = "action=EXPORT"}), "deny restrictions");
		CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.use = "action=RESELL"}), "indeterminate restrictions");
		CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.use = "action=QUERY"}), "permit");
	}
}

TEST("a later version keeps its start under the successor of its certificate; a first one begins within it, and no version is older than its certificate")
{
	MAKE(w);
	static const struct {
		int version, nbf, iat; /* days before now; the certificate is 100 days old */
		const char *want;
	} c[] = {{1, 50, 50, "permit"}, {1, 101, 50, "deny narrowing"}, {2, 101, 50, "permit"}, {2, 101, 101, "deny narrowing"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(c); i++) {
		json_object_set_new(w->auth, "version", json_integer(c[i].version));
		json_object_set_new(w->auth, "previous", c[i].version == 1 ? json_null() : json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
		json_object_set_new(w->auth, "nbf", json_integer(NOW - c[i].nbf * DAY));
		json_object_set_new(w->auth, "iat", json_integer(NOW - c[i].iat * DAY));
		world_sign_auth(w);
		CHECK_OK(world_load(w, &err));
		CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.use = NULL}), c[i].want);
	}
}

TEST_MAIN
