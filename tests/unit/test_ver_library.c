/*
 * test_ver_library.c - the public interface: what it accepts and refuses, and that it says what
 * the engine says.
 */
#include "tests/unit/test.h"
#include "tests/unit/ver_log.h"
#include "tests/unit/ver_pki.h"
#include "verifier/bundle.h"
#include "verifier/fujie-verify.h"

#define MAKE(w)                                  \
	struct fj_err err;                       \
	FJ_AUTO(world) w = world_make();         \
	CHECK_OK(world_load(w, &err))

FJ_DEFINE_AUTO_PTR(trust_, fjv_trust, fjv_trust_free)
FJ_DEFINE_AUTO_PTR(query_, fjv_query, fjv_query_free)
FJ_DEFINE_AUTO_PTR(report_, fjv_report, fjv_report_free)
FJ_DEFINE_AUTO_PTR(error_, fjv_error, fjv_error_free)

static fjv_result add(fjv_trust *t, fjv_kind kind, const char *name, struct fj_slice data)
{
	return fjv_trust_add(t, kind, name, data.p, data.len, NULL);
}

TEST("over an opened folder the verdict, its checks and its document are the engine's")
{
	MAKE(w);
	FJ_AUTO(trust_) t = NULL;
	FJ_AUTO(query_) q = NULL;
	FJ_AUTO(report_) r = NULL;
	FJ_AUTO(ver_report) own = {.subject = NULL};
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	size_t n;

	CHECK(fjv_trust_open(w->dir, &t, NULL) == FJV_OK && fjv_trust_notes(t) == 0 && fjv_trust_note(t, 0) == NULL && !fjv_trust_is_demo(t));
	CHECK(fjv_query_new(&q, NULL) == FJV_OK && fjv_query_use(q, "action=QUERY,purpose=INDUSTRY", NULL) == FJV_OK);
	CHECK(fjv_verify(t, q, w->token_jwt.data, w->token_jwt.len, NOW, &r, NULL) == FJV_OK);
	CHECK(fjv_report_permits(r) == 1 && fjv_report_verdict(r) == FJV_PERMIT && fjv_report_at(r) == NOW);
	CHECK_OK(judge(w, fj_buf_slice(&w->token_jwt), &(struct asked){.use = "action=QUERY,purpose=INDUSTRY"}, &own, &err));
	CHECK_STR(fjv_report_kind(r), own.kind);
	CHECK_STR(fjv_report_tpm(r), "none"); /* the trust has no attestation */
	CHECK(fjv_report_as_of(r) == own.as_of && fjv_report_until(r) == own.until && fjv_report_checks(r) == own.n);
	for (size_t i = 0; i < own.n; i++) {
		CHECK_STR(fjv_check_name(r, i), own.check[i].name);
		CHECK((int)fjv_check_outcome(r, i) == (int)own.check[i].outcome + 1);
		CHECK_STR(fjv_check_clause(r, i), own.check[i].clause);
		CHECK_STR(fjv_check_evidence(r, i), own.check[i].evidence);
		CHECK_STR(fjv_check_en(r, i), own.check[i].en);
		CHECK_STR(fjv_check_zh(r, i), own.check[i].zh);
	}
	CHECK(fjv_check_outcome(r, own.n) == FJV_UNKNOWN && strcmp(fjv_check_name(r, own.n), "") == 0);
	FJ_AUTO(json) doc = ver_report_json(&own);
	CHECK_OK(fj_json_canonical(doc, &text, &err));
	CHECK_STR(fjv_report_json(r, &n), fj_buf_str(&text));
	CHECK(n == text.len && fjv_report_not_checked(r) > 0 && fjv_report_not_checked_text(r, 99) == NULL);
}

TEST("a trust in memory says what it lacks, and once that was added the verdict is whole")
{
	MAKE(w);
	FJ_AUTO(trust_) t = NULL;
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);
	const struct fj_slice token = fj_buf_slice(&w->token_jwt);
	int rounds = 0;

	pem_of("CERTIFICATE", slice(&w->root), &pem);
	CHECK(fjv_trust_new(pem.data, pem.len, w->issuing.p, w->issuing.n, &t, NULL) == FJV_OK);
	fj_buf_clear(&pem);
	pem_of("CERTIFICATE", slice(&w->dac), &pem);
	for (bool lacks = true; lacks; rounds++) {
		FJ_AUTO(report_) r = NULL;
		CHECK(rounds < 8 && fjv_verify(t, NULL, token.p, token.len, NOW, &r, NULL) == FJV_OK);
		lacks = fjv_report_wanted(r) > 0;
		CHECK(lacks ? !fjv_report_permits(r) || fjv_report_wanted_kind(r, 0) >= FJV_AUTHORISATION : fjv_report_permits(r));
		for (size_t i = 0; i < fjv_report_wanted(r); i++) {
			const char *name = fjv_report_wanted_name(r, i);
			switch (fjv_report_wanted_kind(r, i)) {
			case FJV_LIST: CHECK(add(t, FJV_LIST, NULL, fj_buf_slice(&w->list_jwt)) == FJV_OK); break;
			case FJV_CRL: CHECK(add(t, FJV_CRL, NULL, slice(strstr(name, "root") != NULL ? &w->root_crl : &w->shard)) == FJV_OK); break;
			case FJV_AUTHORISATION: CHECK(add(t, FJV_AUTHORISATION, name, fj_buf_slice(&w->auth_jwt)) == FJV_OK); break;
			default: CHECK(add(t, FJV_CERTIFICATE, name, fj_buf_slice(&pem)) == FJV_OK); break;
			}
		}
		CHECK((int)fjv_report_wanted_kind(r, 99) == 0 && fjv_report_wanted_name(r, 99) == NULL);
	}
	CHECK(rounds > 1 && add(t, FJV_LIST, NULL, fj_buf_slice(&w->list_jwt)) == FJV_OK); /* again: the same version */
}

TEST("a trust in memory refuses what is not authentic, and stays as it was")
{
	MAKE(w);
	FJ_AUTO(world) stranger = world_make();
	FJ_AUTO(trust_) t = NULL;
	FJ_AUTO(trust_) none = NULL;

	CHECK(fjv_trust_new(w->root.p, w->root.n, w->issuing.p, w->issuing.n, &t, NULL) == FJV_OK);
	CHECK(add(t, FJV_LIST, NULL, fj_buf_slice(&stranger->list_jwt)) == FJV_E_INVALID);
	CHECK(add(t, FJV_CRL, NULL, slice(&stranger->shard)) == FJV_E_INVALID);
	CHECK(add(t, FJV_CRL, NULL, FJ_SLICE("", 0)) == FJV_E_INVALID);
	CHECK(add(t, FJV_AUTHORISATION, DAU, fj_buf_slice(&stranger->auth_jwt)) == FJV_E_INVALID);
	CHECK(add(t, FJV_AUTHORISATION, NULL, fj_buf_slice(&w->auth_jwt)) == FJV_E_USAGE);
	CHECK(add(t, FJV_LIST, DAU, fj_buf_slice(&w->list_jwt)) == FJV_E_USAGE);
	CHECK(add(t, (fjv_kind)0, NULL, fj_buf_slice(&w->list_jwt)) == FJV_E_USAGE);
	CHECK(add(t, (fjv_kind)9, DAU, fj_buf_slice(&w->list_jwt)) == FJV_E_USAGE && add(t, (fjv_kind)9, NULL, fj_buf_slice(&w->list_jwt)) == FJV_E_USAGE);
	CHECK(fjv_trust_new(w->root.p, w->root.n, stranger->issuing.p, stranger->issuing.n, &none, NULL) == FJV_E_INVALID && none == NULL);
	CHECK(fjv_trust_new(w->issuing.p, w->issuing.n, w->issuing.p, w->issuing.n, &none, NULL) == FJV_E_INVALID && none == NULL);
	CHECK(fjv_trust_new("", 0, w->issuing.p, w->issuing.n, &none, NULL) != FJV_OK && none == NULL);
}

TEST("a folder by the fingerprint of its root, and by no other; a further CA has to stand under the root")
{
	MAKE(w);
	FJ_AUTO(world) stranger = world_make();
	FJ_AUTO(trust_) t = NULL;
	FJ_AUTO(trust_) none = NULL;
	FJ_AUTO(buf) own = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) other = FJ_BUF_INIT(65536);
	struct fj_hash h;
	char hex[65];

	fj_sha256(slice(&w->root), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	CHECK(fjv_trust_open_under(w->dir, hex, NULL, &t, NULL) == FJV_OK);
	CHECK(fjv_trust_open_under(w->dir, NULL, NULL, &none, NULL) == FJV_E_USAGE && fjv_trust_open_under(w->dir, "x", NULL, &none, NULL) == FJV_E_USAGE && none == NULL);
	hex[0] = hex[0] == '0' ? '1' : '0';
	CHECK(fjv_trust_open_under(w->dir, hex, NULL, &none, NULL) == FJV_E_INVALID && none == NULL);
	pem_of("CERTIFICATE", slice(&w->issuing), &own);
	pem_of("CERTIFICATE", slice(&stranger->issuing), &other);
	CHECK(add(t, FJV_CA, NULL, fj_buf_slice(&own)) == FJV_OK); /* it is there */
	CHECK(add(t, FJV_CA, NULL, fj_buf_slice(&other)) == FJV_E_INVALID && add(t, FJV_CA, NULL, slice(&w->issuing)) == FJV_E_INVALID && add(t, FJV_CA, DAC, fj_buf_slice(&own)) == FJV_E_USAGE);
}

TEST("a query refuses what could not be meant, and keeps what it had")
{
	MAKE(w);
	FJ_AUTO(trust_) t = NULL;
	FJ_AUTO(query_) q = NULL;
	FJ_AUTO(report_) r = NULL;
	FJ_AUTO(error_) e = NULL;
	static const char json[] = "{\"action\":\"PLEDGE\"}";
	char large[300];

	memset(large, 'a', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	CHECK(fjv_query_new(&q, NULL) == FJV_OK && fjv_query_use_json(q, json, strlen(json), NULL) == FJV_OK);
	CHECK(fjv_query_use(q, "colour=red", &e) == FJV_E_USAGE && fjv_error_en(e)[0] != '\0' && fjv_error_zh(e)[0] != '\0' && fjv_error_clause(e)[0] != '\0');
	CHECK(fjv_query_use_json(q, "{\"action\":1}", 12, NULL) == FJV_E_USAGE && fjv_query_use_json(q, "", 0, NULL) == FJV_E_USAGE);
	CHECK(fjv_query_nonce(q, "", NULL) == FJV_E_USAGE && fjv_query_nonce(q, large, NULL) == FJV_E_USAGE);
	CHECK(fjv_query_x5t(q, "AAAA", NULL) == FJV_E_USAGE && fjv_query_number(q, large, NULL) == FJV_E_USAGE);
	CHECK(fjv_query_max_age(q, -1, NULL) == FJV_E_USAGE && fjv_query_max_age(q, INT64_C(315360001), NULL) == FJV_E_USAGE);
	CHECK(fjv_trust_open(w->dir, &t, NULL) == FJV_OK);
	CHECK(fjv_verify(t, q, w->token_jwt.data, w->token_jwt.len, NOW, &r, NULL) == FJV_OK && fjv_report_verdict(r) == FJV_DENY);
	fjv_report_free(r);
	r = NULL;
	CHECK(fjv_query_use(q, NULL, NULL) == FJV_OK && fjv_query_max_age(q, 1, NULL) == FJV_OK);
	CHECK(fjv_verify(t, q, w->token_jwt.data, w->token_jwt.len, NOW, &r, NULL) == FJV_OK && fjv_report_verdict(r) == FJV_INDETERMINATE);
}

TEST("a number, a proof and a past time are asked for as of the engine")
{
	MAKE(w);
	FJ_AUTO(trust_) t = NULL;
	FJ_AUTO(query_) q = NULL;
	static const struct {
		const char *number, *nonce, *use;
		fjv_verdict verdict;
	} cases[] = {{DAU, NULL, NULL, FJV_PERMIT}, {DAC, NULL, NULL, FJV_DENY}, {NULL, NULL, NULL, FJV_PERMIT}};

	CHECK(fjv_trust_open(w->dir, &t, NULL) == FJV_OK && fjv_query_new(&q, NULL) == FJV_OK && fjv_query_past(q, 1, NULL) == FJV_OK);
	for (size_t i = 0; i < FJ_ARRAY_LEN(cases); i++) {
		FJ_AUTO(report_) r = NULL;
		CHECK(fjv_query_number(q, cases[i].number, NULL) == FJV_OK);
		CHECK(fjv_verify(t, q, w->auth_jwt.data, w->auth_jwt.len, NOW, &r, NULL) == FJV_OK && fjv_report_verdict(r) == cases[i].verdict);
	}
	FJ_AUTO(report_) r = NULL;
	CHECK(fjv_query_nonce(q, "n-1", NULL) == FJV_OK && fjv_query_use(q, "audience=https://x.example", NULL) == FJV_OK);
	CHECK(fjv_verify(t, q, w->token_jwt.data, w->token_jwt.len, NOW, &r, NULL) == FJV_OK && fjv_report_verdict(r) == FJV_DENY);
}

TEST("a failure is no verdict: no report, and nothing permits")
{
	MAKE(w);
	FJ_AUTO(trust_) t = NULL;
	FJ_AUTO(report_) r = NULL;
	FJ_AUTO(error_) e = NULL;

	CHECK(fjv_trust_open("/nonexistent", &t, &e) == FJV_E_NOTFOUND && t == NULL && fjv_error_zh(e)[0] != '\0');
	CHECK(fjv_trust_open(w->dir, &t, NULL) == FJV_OK);
	CHECK(fjv_verify(t, NULL, w->token_jwt.data, w->token_jwt.len, -1, &r, NULL) == FJV_E_USAGE && r == NULL);
	CHECK(fjv_verify(t, NULL, w->token_jwt.data, w->token_jwt.len, INT64_MAX, &r, NULL) == FJV_E_USAGE && r == NULL);
	CHECK(fjv_report_permits(NULL) == 0 && strcmp(fjv_error_en(NULL), "") == 0 && strcmp(fjv_version(), FJV_VERSION) == 0);
	CHECK(fjv_verify(t, NULL, "hello", 5, NOW, &r, NULL) == FJV_OK && fjv_report_verdict(r) == FJV_DENY);
	CHECK_STR(fjv_report_kind(r), "unknown");
	CHECK(fjv_report_as_of(r) == 0 && fjv_report_until(r) == 0);
}

TEST("a bundle is judged by its root's fingerprint, with the query's use and age")
{
	MAKE(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);
	FJ_AUTO(fd) dir = -1;
	FJ_AUTO(query_) q = NULL;
	struct fj_hash h;
	char root[65];

	CHECK_OK(fj_dir_open(AT_FDCWD, w->dir, &dir, &err));
	CHECK_OK(ver_bundle_make(dir, fj_buf_slice(&w->token_jwt), FJ_SLICE(NULL, 0), NOW, false, &bundle, &err));
	fj_sha256(slice(&w->root), &h);
	fj_hex(h.b, sizeof(h.b), root);
	CHECK(fjv_query_new(&q, NULL) == FJV_OK);
	for (int i = 0; i < 4; i++) {
		FJ_AUTO(report_) r = NULL;
		static const fjv_verdict expected[] = {FJV_PERMIT, FJV_DENY, FJV_INDETERMINATE, FJV_DENY};
		CHECK(fjv_query_use(q, i == 1 ? "action=DOWNLOAD_PRODUCT" : "action=QUERY", NULL) == FJV_OK && fjv_query_max_age(q, i == 2, NULL) == FJV_OK);
		if (i == 3)
			root[0] = root[0] == '0' ? '1' : '0';
		CHECK(fjv_verify_bundle(root, q, bundle.data, bundle.len, NOW, &r, NULL) == FJV_OK);
		CHECK(fjv_report_verdict(r) == expected[i]);
	}
	FJ_AUTO(report_) r = NULL;
	CHECK(fjv_verify_bundle("5f", q, bundle.data, bundle.len, NOW, &r, NULL) == FJV_E_USAGE && r == NULL);
}

static const char *logged_of(const fjv_trust *t, const fjv_query *q, const struct world *w)
{
	static const char *const outcomes[] = {"", "pass", "fail", "unknown", "not requested", "not applicable"};
	FJ_AUTO(report_) r = NULL;

	if (fjv_verify(t, q, w->token_jwt.data, w->token_jwt.len, NOW, &r, NULL) != FJV_OK || strcmp(fjv_check_name(r, fjv_report_checks(r) - 1), "logged") != 0)
		return "?";
	return outcomes[fjv_check_outcome(r, fjv_report_checks(r) - 1)];
}

TEST("a proof of logging is given and asked for; certificate, key and policy of a log are added once")
{
	MAKE(w);
	FJ_AUTO(log) l = log_make(w);
	FJ_AUTO(trust_) t = NULL;
	FJ_AUTO(query_) q = NULL;
	uint8_t large[FJ_LOG_PROOF_MAX + 1] = {0};

	CHECK(fjv_trust_new(w->root.p, w->root.n, w->issuing.p, w->issuing.n, &t, NULL) == FJV_OK && fjv_query_new(&q, NULL) == FJV_OK);
	CHECK(add(t, FJV_CRL, NULL, slice(&w->root_crl)) == FJV_OK && add(t, FJV_CRL, NULL, slice(&w->shard)) == FJV_OK);
	CHECK_STR(logged_of(t, q, w), "not requested");
	CHECK(fjv_query_logged(q, 1, NULL) == FJV_OK);
	CHECK_STR(logged_of(t, q, w), "unknown");
	log_prove_token(w, l, false);
	CHECK(fjv_query_log_proof(q, l->proof.data, l->proof.len, NULL) == FJV_OK);
	CHECK_STR(logged_of(t, q, w), "unknown"); /* no log.pem */
	CHECK(add(t, FJV_LOG, NULL, fj_buf_slice(&l->pem)) == FJV_OK && add(t, FJV_LOG, NULL, fj_buf_slice(&l->pem)) == FJV_OK);
	CHECK(add(t, FJV_LOG_KEY, NULL, fj_buf_slice(&l->vkey_text)) == FJV_OK && add(t, FJV_LOG_KEY, NULL, fj_buf_slice(&l->vkey_text)) == FJV_E_LIMIT);
	CHECK_STR(logged_of(t, q, w), "pass");
	CHECK(add(t, FJV_LOG_POLICY, NULL, fj_slice_str("quorum none")) == FJV_E_INVALID && add(t, FJV_LOG, DAC, fj_buf_slice(&l->pem)) == FJV_E_USAGE);
	CHECK_STR(logged_of(t, q, w), "pass");
	CHECK(add(t, FJV_LOG_POLICY, NULL, fj_buf_slice(&l->policy)) == FJV_OK && add(t, FJV_LOG_POLICY, NULL, fj_buf_slice(&l->policy)) == FJV_E_LIMIT);
	CHECK_STR(logged_of(t, q, w), "unknown"); /* its witness did not cosign */
	CHECK(fjv_query_log_proof(q, "", 0, NULL) == FJV_E_USAGE && fjv_query_log_proof(q, large, sizeof(large), NULL) == FJV_E_LIMIT);
	CHECK_STR(logged_of(t, q, w), "unknown"); /* the query is as before */
	log_prove_token(w, l, true);
	CHECK(fjv_query_log_proof(q, l->proof.data, l->proof.len, NULL) == FJV_OK);
	CHECK_STR(logged_of(t, q, w), "pass");
	l->proof.data[l->proof.len - 3] ^= 1;
	CHECK(fjv_query_log_proof(q, l->proof.data, l->proof.len, NULL) == FJV_OK && fjv_query_logged(q, 0, NULL) == FJV_OK);
	CHECK_STR(logged_of(t, q, w), "fail");
	CHECK(fjv_query_log_proof(q, NULL, 0, NULL) == FJV_OK);
	CHECK_STR(logged_of(t, q, w), "not requested");
	CHECK(add(t, FJV_LOG, NULL, fj_slice_str("x")) == FJV_E_INVALID && add(t, FJV_LOG, NULL, slice(&w->issuing)) == FJV_E_INVALID);
}

TEST_MAIN
