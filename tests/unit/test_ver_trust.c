/*
 * test_ver_trust.c - the trust folder, data asset certificates, status lists and
 * CRLs as credentials, and the reading of a use.
 */
#include <pthread.h>

#include "tests/unit/test.h"
#include "tests/unit/ver_pki.h"
#include "verifier/internal.h"

#define MAKE(w)                                  \
	struct fj_err err;                       \
	FJ_AUTO(world) w = world_make();         \
	CHECK_OK(world_load(w, &err))

static const char *dac_verdict(const struct world *w, const char *use)
{
	return verdict(w, slice(&w->dac), &(struct asked){.use = use});
}

static void dac_again(struct world *w)
{
	X509_free(world_cert(w, &w->dac_s, w->holder_key, &w->dac));
}

/* --- data asset certificates --- */

TEST("a data asset certificate permits, as DER and as PEM, and says what it says")
{
	MAKE(w);
	FJ_AUTO(ver_report) r = {.subject = NULL};
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);

	CHECK_OK(judge(w, slice(&w->dac), &(struct asked){.use = NULL}, &r, &err));
	CHECK_STR(brief(&r), "permit");
	CHECK_STR(r.kind, "certificate");
	CHECK_STR(fj_json_peek(r.subject, "number"), DAC);
	CHECK_STR(fj_json_peek(json_object_get(r.subject, "holder"), "usci"), USER);
	CHECK(json_array_size(json_object_get(r.subject, "restrictions")) == 2);
	pem_of("CERTIFICATE", slice(&w->dac), &pem);
	CHECK_STR(verdict(w, fj_buf_slice(&pem), &(struct asked){.use = NULL}), "permit");
	pem_of("CERTIFICATE", slice(&w->dac), &pem);
	CHECK_STR(verdict(w, fj_buf_slice(&pem), &(struct asked){.use = NULL}), "deny form");
}

TEST("a certificate's status is its CRL and its list entry: either revokes, both are needed")
{
	MAKE(w);

	fj_list_set(w->map, 10, 3);
	world_sign_list(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(dac_verdict(w, NULL), "deny status");
	fj_list_set(w->map, 10, 0);
	world_sign_list(w);
	w->shard_s.revoked = 5;
	w->shard_s.reason = 4;
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(dac_verdict(w, NULL), "deny status");
	w->shard_s.to = NOW - 10; /* an old list that names it still denies */
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(dac_verdict(w, NULL), "deny status");
	w->shard_s.revoked = 0;
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(dac_verdict(w, NULL), "indeterminate status");
	w->shard_s.to = NOW + DAY;
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	json_object_set_new(w->list, "exp", json_integer(NOW - 1));
	world_sign_list(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(dac_verdict(w, NULL), "indeterminate status");
}

TEST("dates, purpose, number and issuer of a certificate")
{
	MAKE(w);
	FJ_AUTO(world) other = world_make();

	CHECK_STR(verdict(w, slice(&w->dac), &(struct asked){.now = NOW - 100 * DAY - 1}), "deny time");
	CHECK_STR(verdict(w, slice(&other->dac), &(struct asked){.use = NULL}), "deny chain");
	w->dac_s.to = NOW;
	dac_again(w);
	CHECK_STR(dac_verdict(w, NULL), "permit");
	w->dac_s.to = NOW - 1;
	dac_again(w);
	CHECK_STR(dac_verdict(w, NULL), "deny time");
	w->dac_s.to = NOW + DAY;
	w->dac_s.eku = ARC ".2.3";
	dac_again(w);
	CHECK_STR(dac_verdict(w, NULL), "deny signer");
	w->dac_s.eku = ARC ".2.5";
	dac_again(w);
	CHECK_STR(dac_verdict(w, NULL), "deny signer");
	CHECK_STR(verdict(w, slice(&w->token_cert), &(struct asked){.use = NULL}), "deny form");
	CHECK_STR(verdict(w, slice(&w->issuing), &(struct asked){.use = NULL}), "deny form");
	CHECK_STR(verdict(w, slice(&w->root), &(struct asked){.use = NULL}), "deny form");
}

TEST("restrictions of a certificate bind by bit, and R04 by the holder's kind")
{
	static const char *const acts[] = {"action=PLEDGE", "action=SUBLICENSE", "action=EXPORT", "action=RESELL", "action=RAW"};
	MAKE(w);

	for (unsigned kind = 0; kind <= 5; kind++)
		for (unsigned bit = 0; bit < 5; bit++) {
			w->asset.holder_kind = kind;
			w->asset.restrictions = 1u << bit;
			dac_again(w);
			for (unsigned a = 0; a < 5; a++)
				CHECK_STR(dac_verdict(w, acts[a]), a == bit || (a == 0 && kind <= 2) ? "deny restrictions" : "permit");
		}
	CHECK_STR(dac_verdict(w, "asset=" DAC ",user=" USER), "permit");
	CHECK_STR(dac_verdict(w, "asset=SZ-0002"), "deny scope");
	CHECK_STR(dac_verdict(w, "action=QUERY"), "deny scope");
	CHECK_STR(dac_verdict(w, "purpose=PUBGOV"), "deny scope");
	CHECK_STR(dac_verdict(w, "user=91440300MA5OTHER1X"), "deny holder");
}

TEST("a certificate proves nobody: with a nonce or a client certificate a keyless one denies, another stays open")
{
	MAKE(w);
	const char *x5t = hash_b64u(fj_slice_str("client"));

	for (unsigned origin = 0; origin < 2; origin++) {
		const char *want = origin == 0 ? "deny holder" : "indeterminate holder";
		w->asset.key_origin = origin;
		dac_again(w);
		CHECK_STR(verdict(w, slice(&w->dac), &(struct asked){.nonce = "n-1"}), want);
		CHECK_STR(verdict(w, slice(&w->dac), &(struct asked){.x5t = x5t, .use = "user=" USER}), want);
		CHECK_STR(verdict(w, slice(&w->dac), &(struct asked){.x5t = x5t, .use = "user=91440300MA5OTHER1X"}), "deny holder");
		CHECK_STR(dac_verdict(w, "user=" USER), "permit");
	}
}

/* --- lists and CRLs as credentials --- */

TEST("a status list is judged by type, signer, address and term")
{
	MAKE(w);

	CHECK_STR(verdict(w, fj_buf_slice(&w->list_jwt), &(struct asked){.use = NULL}), "permit");
	CHECK_STR(verdict(w, fj_buf_slice(&w->list_jwt), &(struct asked){.now = NOW - 600 + 2 * DAY + 1}), "deny time");
	jws(FJ_TYP_STATUS, w->list, &w->token_cert, &w->issuing, w->token_key, &w->list_jwt);
	CHECK_STR(verdict(w, fj_buf_slice(&w->list_jwt), &(struct asked){.use = NULL}), "deny signer");
	struct spec s = w->status_s;
	struct bytes log;
	s.eku = ARC ".2.5"; /* a log signer's */
	X509_free(world_cert(w, &s, w->token_key, &log));
	jws(FJ_TYP_STATUS, w->list, &log, &w->issuing, w->token_key, &w->list_jwt);
	CHECK_STR(verdict(w, fj_buf_slice(&w->list_jwt), &(struct asked){.use = NULL}), "deny signer");
	jws("JWT", w->list, &w->status_cert, &w->issuing, w->token_key, &w->list_jwt);
	CHECK_STR(verdict(w, fj_buf_slice(&w->list_jwt), &(struct asked){.use = NULL}), "deny form");
	json_object_set_new(w->list, "sub", json_string("http://127.0.0.1:8445/status/0"));
	world_sign_list(w);
	CHECK_STR(verdict(w, fj_buf_slice(&w->list_jwt), &(struct asked){.use = NULL}), "deny form");
}

TEST("a list of the wrong length, width or compression is refused")
{
	static const char *const lsts[] = {"", "AAAA", "eJwDAAAAAAE", "eJztwTEBAAAAwqD1T20ND6AAAAAAAAAAAA"};
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(lsts); i++) {
		json_object_set_new(w->list, "status_list", json_pack("{s:i, s:s}", "bits", 2, "lst", lsts[i]));
		jws(FJ_TYP_STATUS, w->list, &w->status_cert, &w->issuing, w->token_key, &w->list_jwt);
		CHECK_STR(verdict(w, fj_buf_slice(&w->list_jwt), &(struct asked){.use = NULL}), "deny form");
		CHECK_OK(world_load(w, &err));
		CHECK(json_array_size(w->notes) == 1);
		CHECK_STR(token_verdict(w, NULL), "indeterminate status");
	}
	world_sign_list(w);
	json_object_set_new(json_object_get(w->list, "status_list"), "bits", json_integer(1));
	jws(FJ_TYP_STATUS, w->list, &w->status_cert, &w->issuing, w->token_key, &w->list_jwt);
	CHECK_STR(verdict(w, fj_buf_slice(&w->list_jwt), &(struct asked){.use = NULL}), "deny form");
}

TEST("one issuer's list never answers for another's credentials")
{
	MAKE(w);
	struct bytes leaf;
	struct spec s = w->status_s;

	s.san = "URI:http://other.example"; /* a status signer of another home under the same CA */
	X509_free(world_cert(w, &s, w->token_key, &leaf));
	json_object_set_new(w->list, "iss", json_string("http://other.example"));
	jws(FJ_TYP_STATUS, w->list, &leaf, &w->issuing, w->token_key, &w->list_jwt);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "indeterminate status");
	json_object_set_new(w->list, "iss", json_string(BASE));
	jws(FJ_TYP_STATUS, w->list, &leaf, &w->issuing, w->token_key, &w->list_jwt);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "indeterminate status");
	CHECK_STR(verdict(w, fj_buf_slice(&w->list_jwt), &(struct asked){.use = NULL}), "deny signer");
}

TEST("a CRL is judged by issuer, signature and term, as DER and as PEM")
{
	MAKE(w);
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);
	FJ_AUTO(world) other = world_make();

	CHECK_STR(verdict(w, slice(&w->shard), &(struct asked){.use = NULL}), "permit");
	CHECK_STR(verdict(w, slice(&w->root_crl), &(struct asked){.use = NULL}), "permit");
	pem_of("X509 CRL", slice(&w->shard), &pem);
	CHECK_STR(verdict(w, fj_buf_slice(&pem), &(struct asked){.use = NULL}), "permit");
	fj_buf_clear(&pem);
	pem_of("CERTIFICATE", slice(&w->shard), &pem);
	CHECK_STR(verdict(w, fj_buf_slice(&pem), &(struct asked){.use = NULL}), "deny form");
	CHECK_STR(verdict(w, slice(&w->shard), &(struct asked){.now = NOW + 2 * DAY - 3600 + 1}), "deny time");
	CHECK_STR(verdict(w, slice(&other->shard), &(struct asked){.use = NULL}), "deny chain");
	crl(&w->shard_s, w->issuing_x, w->holder_key, &w->shard);
	CHECK_STR(verdict(w, slice(&w->shard), &(struct asked){.use = NULL}), "deny signature");
}

/* --- the folder --- */

TEST("a folder without a good root or an issuing CA under it is refused")
{
	MAKE(w);
	FJ_AUTO(world) other = world_make();
	struct ver_trust *t = NULL;

	put_pem(w, "root.pem", &other->root, NULL);
	CHECK_RC(ver_trust_load_dir(AT_FDCWD, w->dir, &t, NULL, &err), FJ_E_INVALID);
	put_pem(w, "root.pem", &w->issuing, NULL);
	CHECK_RC(ver_trust_load_dir(AT_FDCWD, w->dir, &t, NULL, &err), FJ_E_INVALID);
	put_file(w, "root.pem", fj_slice_str("no PEM"));
	CHECK(ver_trust_load_dir(AT_FDCWD, w->dir, &t, NULL, &err) != FJ_OK);
	CHECK_RC(ver_trust_load_dir(AT_FDCWD, "/nonexistent-trust", &t, NULL, &err), FJ_E_NOTFOUND);
	put_pem(w, "root.pem", &w->root, NULL);
	put_file(w, "chain.pem", fj_slice_str(""));
	CHECK_RC(ver_trust_load_dir(AT_FDCWD, w->dir, &t, NULL, &err), FJ_E_INVALID);
	CHECK(t == NULL);
}

TEST("CAs with wrong flags, path length, policy or signature are not taken")
{
	static const struct {
		const char *root_bc, *bc, *ku, *policy;
	} cases[] = {
		{NULL, "critical,CA:TRUE,pathlen:1", NULL, NULL}, {NULL, "critical,CA:TRUE", NULL, NULL}, {NULL, "CA:TRUE,pathlen:0", NULL, NULL},
		{NULL, NULL, "critical,digitalSignature", NULL}, {NULL, NULL, NULL, "2.5.29.32.0"}, {"critical,CA:TRUE,pathlen:0", NULL, NULL, NULL},
	};
	MAKE(w);

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		struct spec root = w->root_s, issuing = w->issuing_s;
		w->root_s.bc = cases[i].root_bc != NULL ? cases[i].root_bc : root.bc;
		w->issuing_s.bc = cases[i].bc != NULL ? cases[i].bc : issuing.bc;
		w->issuing_s.ku = cases[i].ku != NULL ? cases[i].ku : issuing.ku;
		w->issuing_s.policy = cases[i].policy != NULL ? cases[i].policy : issuing.policy;
		world_certs(w);
		CHECK_RC(world_load(w, &err), FJ_E_INVALID);
		w->root_s = root;
		w->issuing_s = issuing;
	}
	world_certs(w);
	world_sign(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "permit");
}

TEST("an expired root or issuing CA ends belief, to the second")
{
	MAKE(w);

	w->issuing_s.to = NOW;
	world_certs(w);
	world_sign(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "permit");
	CHECK_STR(verdict(w, fj_buf_slice(&w->token_jwt), &(struct asked){.now = NOW + 1}), "deny chain");
	CHECK_STR(verdict(w, slice(&w->dac), &(struct asked){.now = NOW + 1}), "deny chain");
}

TEST("files that are not authentic are left out with a note, and temporary files without")
{
	MAKE(w);
	FJ_AUTO(world) other = world_make();

	put_file(w, "status/1.jwt", fj_buf_slice(&other->list_jwt));
	put_file(w, "crl/2.crl", slice(&other->shard));
	put_file(w, "authorisations/DAU-x.jwt", fj_buf_slice(&w->auth_jwt)); /* another number than its own */
	put_file(w, "certificates/DAC-y.pem", fj_slice_str("no PEM"));
	put_file(w, "status/0.jwt.tmp", fj_slice_str("half"));
	CHECK_OK(world_load(w, &err));
	CHECK(json_array_size(w->notes) == 2);
	CHECK_STR(token_verdict(w, NULL), "permit");
}

TEST("of two CRLs or lists for one address the newer counts, whatever its file's name")
{
	MAKE(w);
	struct bytes newer;
	struct crl_spec s = w->shard_s;

	s.number = 8;
	s.revoked = 3;
	s.reason = 1;
	crl(&s, w->issuing_x, w->issuing_key, &newer);
	put_file(w, "crl/0.crl", slice(&newer));
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "deny signer status");
	put_file(w, "crl/0.crl", slice(&w->shard));
	put_file(w, "status/old.jwt", fj_buf_slice(&w->list_jwt));
	json_object_set_new(w->list, "iat", json_integer(NOW - 60));
	fj_list_set(w->map, 14, 1);
	world_sign_list(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "deny status");
}

static void put_old(struct world *w, const char *name, struct fj_slice data)
{
	char path[96];

	put_dir(w, "../history");
	put_dir(w, "../history/status");
	put_dir(w, "../history/status/0");
	put_dir(w, "../history/crl");
	put_dir(w, "../history/crl/1");
	snprintf(path, sizeof(path), "../history/%s", name);
	put_file(w, path, data);
}

static void put_old_list(struct world *w, fj_time from)
{
	char name[64];

	json_object_set_new(w->list, "iat", json_integer(from));
	json_object_set_new(w->list, "exp", json_integer(from + 2 * DAY));
	world_sign_list(w);
	snprintf(name, sizeof(name), "status/0/%lld.jwt", (long long)from);
	put_old(w, name, fj_buf_slice(&w->list_jwt));
}

static void put_old_crl(struct world *w, int number, fj_time from, int revoked, struct bytes *out)
{
	struct crl_spec s = w->shard_s;
	char name[64];

	s.number = number;
	s.from = from;
	s.to = from + 2 * DAY;
	s.revoked = revoked;
	s.reason = 5;
	crl(&s, w->issuing_x, w->issuing_key, out);
	snprintf(name, sizeof(name), "crl/1/%lld.crl", (long long)from);
	put_old(w, name, slice(out));
}

TEST("a past time is judged by the lists of then, when they are at hand, and only when it is asked for")
{
	MAKE(w);
	struct bytes old;
	struct asked then = {.now = NOW - 10 * DAY, .past = true};

	w->token_s.from = w->status_s.from = NOW - 30 * DAY;
	w->root_crl_s.from = NOW - 30 * DAY; /* one root CRL for all of it */
	world_certs(w);
	world_sign(w);
	json_object_set_new(w->token, "nbf", json_integer(NOW - 20 * DAY));
	json_object_set_new(w->token, "iat", json_integer(NOW - 20 * DAY));
	world_sign_token(w);
	put_old_list(w, NOW - 11 * DAY);
	put_old_crl(w, 2, NOW - 11 * DAY, 0, &old);
	fj_list_set(w->map, 14, 1); /* revoked today */
	json_object_set_new(w->list, "iat", json_integer(NOW - 3600));
	json_object_set_new(w->list, "exp", json_integer(NOW + DAY));
	world_sign_list(w);
	CHECK_OK(world_load(w, &err));
	CHECK_STR(token_verdict(w, NULL), "deny status");
	CHECK_STR(verdict(w, fj_buf_slice(&w->token_jwt), &then), "permit");
	then.past = false;
	CHECK_STR(verdict(w, fj_buf_slice(&w->token_jwt), &then), "indeterminate signer status");
	then = (struct asked){.now = NOW - 8 * DAY, .past = true}; /* the lists of then had ended */
	CHECK_STR(verdict(w, fj_buf_slice(&w->token_jwt), &then), "indeterminate signer status");

	struct crl_spec since = w->shard_s; /* the signer's certificate was revoked since then, and for what counts at any time */
	then.now = NOW - 10 * DAY;
	since.revoked = 3;
	for (since.reason = 1; since.reason <= 4; since.reason++) { /* 3 is affiliationChanged */
		since.number++;
		crl(&since, w->issuing_x, w->issuing_key, &w->shard);
		CHECK_OK(world_load(w, &err));
		CHECK_STR(verdict(w, fj_buf_slice(&w->token_jwt), &then), since.reason <= 2 ? "deny signer status" : "permit");
	}
}

TEST("how old the status is, and how old it may be")
{
	MAKE(w);
	struct ver_report r = {.n = 0};

	CHECK_OK(judge(w, fj_buf_slice(&w->token_jwt), &(struct asked){.max_age = 30 * DAY}, &r, &err));
	int64_t age = NOW - r.as_of;
	CHECK(r.verdict == VER_PERMIT && age > 0 && r.until > NOW);
	ver_report_release(&r);
	CHECK_STR(verdict(w, fj_buf_slice(&w->token_jwt), &(struct asked){.max_age = age}), "permit");
	CHECK_STR(verdict(w, fj_buf_slice(&w->token_jwt), &(struct asked){.max_age = age - 1}), "indeterminate freshness");
}

TEST("published credentials are found by number")
{
	MAKE(w);
	FJ_AUTO(buf) found = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(fd) dir = -1;

	CHECK_OK(fj_dir_open(AT_FDCWD, w->dir, &dir, &err));
	CHECK_OK(ver_folder_find(dir, DAC, &found, &err));
	struct fj_slice pem = fj_buf_slice(&found);
	CHECK_OK(ver_pem_next(&pem, "CERTIFICATE", &der, &err));
	CHECK(fj_slice_eq(fj_buf_slice(&der), slice(&w->dac)));
	fj_buf_clear(&found);
	CHECK_OK(ver_folder_find(dir, DAU, &found, &err));
	CHECK(fj_slice_eq(fj_buf_slice(&found), fj_buf_slice(&w->auth_jwt)));
	fj_buf_clear(&found);
	CHECK_RC(ver_folder_find(dir, "DAC-440300-202611-000002-Q", &found, &err), FJ_E_NOTFOUND);
	CHECK(err.zh[0] != '\0');
	CHECK_RC(ver_folder_find(dir, "../root", &found, &err), FJ_E_NOTFOUND);
}

struct work {
	const struct world *w;
	int permits;
};

static void *judge_many(void *arg)
{
	struct work *k = arg;

	for (int i = 0; i < 200; i++) {
		FJ_AUTO(ver_report) r = {.subject = NULL};
		if (judge(k->w, fj_buf_slice(&k->w->token_jwt), &(struct asked){.use = NULL}, &r, NULL) == FJ_OK && r.verdict == VER_PERMIT)
			k->permits++;
	}
	return NULL;
}

TEST("one trust serves several threads")
{
	MAKE(w);
	pthread_t th[4];
	struct work k[4];

	for (int i = 0; i < 4; i++) {
		k[i] = (struct work){.w = w};
		CHECK(pthread_create(&th[i], NULL, judge_many, &k[i]) == 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(th[i], NULL);
		CHECK(k[i].permits == 200);
	}
}

/* --- uses --- */

TEST("a use is read strictly")
{
	static const char *const good[] = {"asset=A", "asset=A+B,product=P", "action=QUERY+PLEDGE", "at=2026-11-18T00:00:00Z", "quantity=1",
		"user=91440300MA5DEMO01X", "audience=https://a.example/x?y", "environment=沙箱"};
	static const char *const bad[] = {"", "asset", "asset=", "=A", "asset=A,", "asset=A+", "asset=A,asset=B", "colour=red", "Asset=A", "action=query",
		"action=QUERY+", "purpose=ALL", "territory=44030", "territory=44030x", "at=today", "at=2026-11-18", "quantity=0", "quantity=-1", "quantity=01",
		"quantity=1e3", "quantity=9999999999999999", "user=short", "user=91440300ma5demo01x", "asset=\x01", "asset=\xff", " asset=A"};
	struct fj_err err;

	for (size_t i = 0; i < FJ_ARRAY_LEN(good); i++) {
		FJ_AUTO(ver_use) u = NULL;
		CHECK_OK(ver_use_parse(good[i], &u, &err));
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		FJ_AUTO(ver_use) u = NULL;
		CHECK_RC(ver_use_parse(bad[i], &u, &err), FJ_E_USAGE);
		CHECK(err.zh[0] != '\0');
	}
}

TEST("a use from JSON is an object of texts")
{
	static const struct {
		const char *json;
		enum fj_rc want;
	} cases[] = {
		{"{}", FJ_OK}, {"{\"asset\":\"A+B\",\"quantity\":\"5\"}", FJ_OK}, {"{\"quantity\":5}", FJ_E_USAGE}, {"{\"x\":\"1\"}", FJ_E_USAGE},
		{"[]", FJ_E_USAGE}, {"{\"asset\":\"a\\u0000b\"}", FJ_E_USAGE}, {"{\"asset\":\"\"}", FJ_E_USAGE},
	};
	struct fj_err err;

	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		FJ_AUTO(ver_use) u = NULL;
		FJ_AUTO(json) j = json_loads(cases[i].json, JSON_ALLOW_NUL, NULL);
		CHECK_RC(ver_use_from_json(j, &u, &err), cases[i].want);
	}
}

TEST_MAIN
