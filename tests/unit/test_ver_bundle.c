/*
 * test_ver_bundle.c - bundles: made of a trust folder, judged by a fingerprint, and spoilt.
 */
#include "tests/unit/test.h"
#include "tests/unit/ver_log.h"
#include "tests/unit/ver_pki.h"
#include "verifier/bundle.h"

#define MAKE(w)                                  \
	struct fj_err err;                       \
	FJ_AUTO(world) w = world_make();         \
	CHECK_OK(world_load(w, &err))

static enum fj_rc make_with(const struct world *w, struct fj_slice credential, struct fj_slice proof, fj_time at, bool past, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(fd) dir = -1;

	fj_buf_clear(out);
	FJ_TRY(fj_dir_open(AT_FDCWD, w->dir, &dir, err));
	return ver_bundle_make(dir, credential, proof, at, past, out, err);
}

static enum fj_rc make(const struct world *w, struct fj_slice credential, struct fj_buf *out, struct fj_err *err)
{
	return make_with(w, credential, FJ_SLICE(NULL, 0), NOW, false, out, err);
}

static struct fj_hash fingerprint(const struct world *w)
{
	struct fj_hash h;

	fj_sha256(slice(&w->root), &h);
	return h;
}

static const char *judged(const struct world *w, struct fj_slice bundle, const struct asked *a)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	const struct ver_input in = {.credential = bundle, .now = a->now == 0 ? NOW : a->now, .max_age = a->max_age, .log_proof = a->log_proof, .logged = a->logged};
	struct fj_hash root = fingerprint(w);
	static struct fj_err err;

	return ver_bundle_verify(&root, &in, &r, &err) == FJ_OK ? brief(&r) : err.en;
}

/* the document changed by who gets it, as canonical JSON */
static const char *after(const struct world *w, struct fj_slice bundle, void (*change)(json_t *))
{
	FJ_AUTO(json) doc = NULL;
	FJ_AUTO(buf) text = FJ_BUF_INIT(VER_BUNDLE_MAX);

	if (fj_json_parse(bundle, VER_BUNDLE_MAX, &doc, NULL) != FJ_OK)
		return "no bundle";
	change(doc);
	return fj_json_canonical(doc, &text, NULL) == FJ_OK ? judged(w, fj_buf_slice(&text), &(struct asked){.now = 0}) : "no JSON";
}

static void no_change(json_t *doc) { (void)doc; }
static void more(json_t *doc) { json_object_set_new(doc, "made_at", json_string("2026-11-18T11:06:40Z")); }
static void no_format(json_t *doc) { json_object_del(doc, "format"); }
static void other_format(json_t *doc) { json_object_set_new(doc, "format", json_string("urn:fujie:bundle:3")); }
static void no_crls_member(json_t *doc) { json_object_del(doc, "crls"); }
static void no_log_member(json_t *doc) { json_object_del(doc, "log"); }
static void no_policy_member(json_t *doc) { json_object_del(doc, "log_policy"); }
static void no_proofs_member(json_t *doc) { json_object_del(doc, "proofs"); }
static void log_array(json_t *doc) { json_object_set_new(doc, "log", json_array()); }
static void policy_number(json_t *doc) { json_object_set_new(doc, "log_policy", json_integer(1)); }
static void proofs_null(json_t *doc) { json_object_set_new(doc, "proofs", json_null()); }
static void proof_null(json_t *doc) { json_object_set_new(json_object_get(doc, "proofs"), "x", json_null()); }
static void stray_proof(json_t *doc) { json_object_set_new(json_object_get(doc, "proofs"), DAC, json_string("x")); }
static void as_format_1(json_t *doc) { json_object_set_new(doc, "format", json_string(VER_FORMAT_BUNDLE_1)); }
static void to_format_1(json_t *doc)
{
	as_format_1(doc);
	no_log_member(doc);
	no_policy_member(doc);
	no_proofs_member(doc);
}
static void root_number(json_t *doc) { json_object_set_new(doc, "root", json_integer(1)); }
static void lists_object(json_t *doc) { json_object_set_new(doc, "lists", json_object()); }
static void list_number(json_t *doc) { json_array_append_new(json_object_get(doc, "lists"), json_integer(1)); }
static void many_lists(json_t *doc) { for (int i = 0; i < 256; i++) json_array_append_new(json_object_get(doc, "lists"), json_string("x")); }
static void parents_array(json_t *doc) { json_object_set_new(doc, "certificates", json_array()); }
static void no_lists(json_t *doc) { json_array_clear(json_object_get(doc, "lists")); }
static void no_crls(json_t *doc) { json_array_clear(json_object_get(doc, "crls")); }
static void one_crl(json_t *doc) { json_array_remove(json_object_get(doc, "crls"), 1); }
static void list_twice(json_t *doc) { json_array_append(json_object_get(doc, "lists"), json_array_get(json_object_get(doc, "lists"), 0)); }
static void no_parents(json_t *doc) { json_object_clear(json_object_get(doc, "authorisations")); json_object_clear(json_object_get(doc, "certificates")); }
static void root_as_issuing(json_t *doc) { json_object_set(doc, "issuing", json_object_get(doc, "root")); }
static void padded(json_t *doc) { json_object_set_new(doc, "issuing", json_sprintf("%s\n", json_string_value(json_object_get(doc, "issuing")))); }
static void no_credential(json_t *doc) { json_object_set_new(doc, "credential", json_string("")); }
static void bundle_in_bundle(json_t *doc) { json_object_set_new(doc, "credential", json_string("{\"format\":\"" VER_FORMAT_BUNDLE "\"}")); }
static void renamed(json_t *doc)
{
	json_t *certificates = json_object_get(doc, "certificates");

	json_object_set(certificates, "DAC-440300-202611-000002-Q", json_object_get(certificates, DAC));
}

TEST("a bundle of a token, an authorisation or a certificate is judged by the root's fingerprint alone, as the folder judges it")
{
	MAKE(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);
	const struct fj_slice of[] = {fj_buf_slice(&w->token_jwt), fj_buf_slice(&w->auth_jwt), slice(&w->dac)};

	for (size_t i = 0; i < FJ_ARRAY_LEN(of); i++) {
		CHECK_OK(make(w, of[i], &bundle, &err));
		CHECK_STR(verdict(w, of[i], &(struct asked){.now = 0}), "permit");
		CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.now = 0}), "permit");
		CHECK_STR(after(w, fj_buf_slice(&bundle), no_change), "permit");
	}
}

TEST("its report says how old the status is: the list's age, not the root CRL's")
{
	MAKE(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);
	FJ_AUTO(ver_report) r = {.subject = NULL};
	struct fj_hash root = fingerprint(w);

	CHECK_OK(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err));
	CHECK_OK(ver_bundle_verify(&root, &(struct ver_input){.credential = fj_buf_slice(&bundle), .now = NOW}, &r, &err));
	CHECK(r.as_of == w->shard_s.from && r.until == NOW - 3600 + 2 * DAY);
	CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.max_age = 3600}), "permit");
	CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.max_age = 3599}), "indeterminate freshness");
	CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.now = r.until}), "permit");
	CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.now = r.until + 1}), "indeterminate signer status");
}

TEST("what its verdict needs is in it and nothing else")
{
	MAKE(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);
	FJ_AUTO(json) doc = NULL;

	CHECK_OK(make(w, slice(&w->dac), &bundle, &err));
	CHECK_OK(fj_json_parse(fj_buf_slice(&bundle), VER_BUNDLE_MAX, &doc, &err));
	CHECK(json_object_size(doc) == 11 && json_is_null(json_object_get(doc, "log")) && json_is_null(json_object_get(doc, "log_policy")) && json_object_size(json_object_get(doc, "proofs")) == 0 && json_array_size(json_object_get(doc, "crls")) == 2 && json_array_size(json_object_get(doc, "lists")) == 1);
	CHECK(json_object_size(json_object_get(doc, "authorisations")) == 0 && json_object_size(json_object_get(doc, "certificates")) == 0);
	CHECK_OK(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err));
	json_decref(doc);
	doc = NULL;
	CHECK_OK(fj_json_parse(fj_buf_slice(&bundle), VER_BUNDLE_MAX, &doc, &err));
	CHECK(json_object_get(json_object_get(doc, "authorisations"), DAU) != NULL && json_object_get(json_object_get(doc, "certificates"), DAC) != NULL);
}

TEST("a bundle that is not exactly one denies: members, types, names twice, octets behind")
{
	MAKE(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);
	static void (*const changes[])(json_t *) = {more, no_format, other_format, no_crls_member, root_number, lists_object, list_number, many_lists, parents_array,
		no_log_member, no_policy_member, no_proofs_member, log_array, policy_number, proofs_null, proof_null, stray_proof, as_format_1};

	CHECK_OK(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(changes); i++)
		CHECK_STR(after(w, fj_buf_slice(&bundle), changes[i]), "deny form");
	FJ_AUTO(buf) twice = FJ_BUF_INIT(VER_BUNDLE_MAX);
	CHECK_OK(fj_buf_printf(&twice, "{\"crls\":[],%s", fj_buf_str(&bundle) + 1));
	CHECK_STR(judged(w, fj_buf_slice(&twice), &(struct asked){.now = 0}), "deny form");
	CHECK_OK(fj_buf_puts(&bundle, "{}"));
	CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.now = 0}), "deny form");
	CHECK_STR(judged(w, FJ_SLICE("", 0), &(struct asked){.now = 0}), "deny form");
	CHECK_STR(judged(w, fj_buf_slice(&w->token_jwt), &(struct asked){.now = 0}), "deny form");
}

TEST("a part that does not hold denies the whole, a part that is missing leaves it open")
{
	MAKE(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);

	CHECK_OK(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err));
	struct fj_slice b = fj_buf_slice(&bundle);
	CHECK_STR(after(w, b, no_lists), "indeterminate status");
	CHECK_STR(after(w, b, no_crls), "indeterminate signer status");
	CHECK_STR(after(w, b, one_crl), "indeterminate signer status");
	CHECK_STR(after(w, b, list_twice), "deny signature");
	CHECK_STR(after(w, b, renamed), "deny signature");
	CHECK_STR(after(w, b, root_as_issuing), "deny chain");
	CHECK_STR(after(w, b, padded), "deny chain");
	CHECK_STR(after(w, b, no_credential), "deny form");
	CHECK_STR(after(w, b, bundle_in_bundle), "deny form");
	CHECK_STR(after(w, b, no_parents), "permit"); /* "narrowing: asserted by the issuer", as of a folder without them */
}

TEST("a bundle of another root denies, also when only the root was exchanged")
{
	MAKE(w);
	FJ_AUTO(world) stranger = world_make();
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(65536);
	FJ_AUTO(json) doc = NULL;

	CHECK_OK(world_load(stranger, &err));
	CHECK_OK(make(stranger, fj_buf_slice(&stranger->token_jwt), &bundle, &err));
	CHECK_STR(judged(stranger, fj_buf_slice(&bundle), &(struct asked){.now = 0}), "permit");
	CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.now = 0}), "deny chain");
	CHECK_OK(fj_json_parse(fj_buf_slice(&bundle), VER_BUNDLE_MAX, &doc, &err));
	CHECK_OK(fj_b64_put(&b64, slice(&w->root)));
	json_object_set_new(doc, "root", json_string(fj_buf_str(&b64)));
	fj_buf_clear(&bundle);
	CHECK_OK(fj_json_canonical(doc, &bundle, &err));
	CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.now = 0}), "deny chain");
	CHECK_RC(make(w, fj_buf_slice(&stranger->token_jwt), &bundle, &err), FJ_E_INVALID);
	CHECK(err.zh[0] != '\0');
}

TEST("a list or CRL of another issuer denies")
{
	MAKE(w);
	FJ_AUTO(world) stranger = world_make();
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(65536);
	FJ_AUTO(json) doc = NULL;

	CHECK_OK(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err));
	for (int crl = 0; crl < 2; crl++) {
		json_decref(doc);
		doc = NULL;
		CHECK_OK(fj_json_parse(fj_buf_slice(&bundle), VER_BUNDLE_MAX, &doc, &err));
		fj_buf_clear(&b64);
		CHECK_OK(fj_b64_put(&b64, slice(&stranger->shard)));
		json_array_append_new(json_object_get(doc, crl ? "crls" : "lists"), json_string(fj_buf_str(crl ? &b64 : &stranger->list_jwt)));
		FJ_AUTO(buf) text = FJ_BUF_INIT(VER_BUNDLE_MAX);
		CHECK_OK(fj_json_canonical(doc, &text, &err));
		CHECK_STR(judged(w, fj_buf_slice(&text), &(struct asked){.now = 0}), "deny signature");
	}
}

TEST("a revoked credential has a bundle, and it denies; of what is none, none is made")
{
	MAKE(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);

	fj_list_set(w->map, 14, 1);
	world_sign_list(w);
	CHECK_OK(world_load(w, &err));
	CHECK_OK(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err));
	CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.now = 0}), "deny status");
	CHECK_RC(make(w, fj_slice_str("hello"), &bundle, &err), FJ_E_INVALID);
	CHECK_RC(make(w, fj_slice_str("\xff\xfe"), &bundle, &err), FJ_E_INVALID);
	CHECK_RC(make(w, FJ_SLICE("", 0), &bundle, &err), FJ_E_INVALID);
	w->token_jwt.data[w->token_jwt.len - 20] ^= 1;
	CHECK_RC(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err), FJ_E_INVALID);
}

TEST("no octet of a bundle can be changed by a bit so that it still permits")
{
	MAKE(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);

	CHECK_OK(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err));
	for (size_t i = 0; i < bundle.len; i += 11) {
		uint8_t bit = (uint8_t)(1u << (i % 8));
		bundle.data[i] ^= bit;
		CHECK(strcmp(judged(w, fj_buf_slice(&bundle), &(struct asked){.now = 0}), "permit") != 0);
		bundle.data[i] ^= bit;
	}
	CHECK_STR(judged(w, fj_buf_slice(&bundle), &(struct asked){.now = 0}), "permit");
}

TEST("a fingerprint is 64 hex digits, whatever their case, with colons and spaces")
{
	struct fj_err err;
	struct fj_hash a, b;
	static const char hex[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

	CHECK_OK(ver_fingerprint_read(hex, &a, &err));
	CHECK_OK(ver_fingerprint_read("00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff", &b, &err));
	CHECK(fj_hash_eq(&a, &b));
	CHECK_RC(ver_fingerprint_read("", &a, &err), FJ_E_USAGE);
	CHECK_RC(ver_fingerprint_read(hex + 2, &a, &err), FJ_E_USAGE);
	CHECK_RC(ver_fingerprint_read("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0", &a, &err), FJ_E_USAGE);
	CHECK_RC(ver_fingerprint_read("00112233445566778899aabbccddeeff00112233445566778899aabbccddeefg", &a, &err), FJ_E_USAGE);
	CHECK(err.zh[0] != '\0');
}

static void no_log(json_t *doc) { json_object_set_new(doc, "log", json_null()); }
static void no_policy(json_t *doc) { json_object_set_new(doc, "log_policy", json_null()); }
static void no_proofs(json_t *doc) { json_object_clear(json_object_get(doc, "proofs")); }
static void cut_policy(json_t *doc) { json_object_set_new(doc, "log_policy", json_string("quorum none")); }
static void token_signer_as_log(json_t *doc)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(65536);

	if (fj_b64_get(fj_json_text(doc, "issuing"), strlen(fj_json_text(doc, "issuing")), &der) == FJ_OK && fj_b64_put(&b64, fj_buf_slice(&der)) == FJ_OK)
		json_object_set_new(doc, "log", json_string(fj_buf_str(&b64)));
}
static void proof_renamed(json_t *doc)
{
	json_t *proofs = json_object_get(doc, "proofs");

	json_object_set(proofs, DAC, json_object_iter_value(json_object_iter(proofs)));
	json_object_del(proofs, json_object_iter_key(json_object_iter(proofs)));
}
static void proof_cut(json_t *doc)
{
	json_t *proofs = json_object_get(doc, "proofs");
	const char *name = json_object_iter_key(json_object_iter(proofs)), *text = json_string_value(json_object_get(proofs, name));

	json_object_set_new(proofs, name, json_stringn(text, strlen(text) - 1));
}

/* after(), with the proof asked for */
static const char *after_asked(const struct world *w, struct fj_slice bundle, void (*change)(json_t *), struct fj_slice proof)
{
	FJ_AUTO(json) doc = NULL;
	FJ_AUTO(buf) text = FJ_BUF_INIT(VER_BUNDLE_MAX);

	if (fj_json_parse(bundle, VER_BUNDLE_MAX, &doc, NULL) != FJ_OK)
		return "no bundle";
	change(doc);
	return fj_json_canonical(doc, &text, NULL) == FJ_OK ? judged(w, fj_buf_slice(&text), &(struct asked){.logged = true, .log_proof = proof}) : "no JSON";
}

TEST("a bundle of format 1 is read as before")
{
	MAKE(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);

	CHECK_OK(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err));
	CHECK_STR(after(w, fj_buf_slice(&bundle), to_format_1), "permit");
	CHECK_STR(after_asked(w, fj_buf_slice(&bundle), to_format_1, FJ_SLICE(NULL, 0)), "indeterminate logged");
}

TEST("the caller's proof of logging, the log's certificate and the policy go into the bundle, and it passes as logged by them")
{
	const struct fj_slice none = FJ_SLICE(NULL, 0);
	struct fj_err err;
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(log) l = log_make(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);

	world_write(w);
	log_put(w, l, true);
	CHECK_OK(world_load(w, &err));
	log_prove_token(w, l, true);
	CHECK_OK(make_with(w, fj_buf_slice(&w->token_jwt), fj_buf_slice(&l->proof), NOW, false, &bundle, &err));
	struct fj_slice b = fj_buf_slice(&bundle);
	CHECK_STR(after_asked(w, b, no_change, none), "permit");
	CHECK_STR(after_asked(w, b, no_policy, none), "permit");
	CHECK_STR(after_asked(w, b, no_proofs, none), "indeterminate logged");
	CHECK_STR(after_asked(w, b, no_proofs, fj_buf_slice(&l->proof)), "permit");
	CHECK_STR(after_asked(w, b, no_log, none), "indeterminate logged");
	CHECK_STR(after_asked(w, b, cut_policy, none), "deny signature");
	CHECK_STR(after_asked(w, b, token_signer_as_log, none), "deny signature");
	CHECK_STR(after_asked(w, b, proof_renamed, none), "deny form");
	CHECK_STR(after_asked(w, b, stray_proof, none), "deny form");
	CHECK_STR(after_asked(w, b, proof_cut, none), "deny logged");
	CHECK_STR(after(w, b, proof_cut), "deny logged");
	log_prove_token(w, l, false);
	CHECK_OK(make_with(w, fj_buf_slice(&w->token_jwt), fj_buf_slice(&l->proof), NOW, false, &bundle, &err));
	CHECK_STR(after_asked(w, fj_buf_slice(&bundle), no_change, none), "indeterminate logged"); /* too few witnesses */
	log_prove_auth(w, l, true);
	CHECK_RC(make_with(w, fj_buf_slice(&w->token_jwt), fj_buf_slice(&l->proof), NOW, false, &bundle, &err), FJ_E_INVALID);
	CHECK(err.zh[0] != '\0');
}

TEST("the proof that is published for an authorisation is in its bundle; one of another version is left out")
{
	const struct fj_slice none = FJ_SLICE(NULL, 0);
	struct fj_err err;
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(log) l = log_make(w);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);

	world_write(w);
	log_put(w, l, false);
	log_prove_auth(w, l, false);
	put_file(w, "authorisations/" DAU ".tlog-proof", fj_buf_slice(&l->proof));
	CHECK_OK(world_load(w, &err));
	CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.logged = true}), "permit");
	CHECK_OK(make(w, fj_buf_slice(&w->auth_jwt), &bundle, &err));
	CHECK_STR(after_asked(w, fj_buf_slice(&bundle), no_change, none), "permit");
	world_sign_auth(w); /* the same text under another signature */
	CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.logged = true}), "indeterminate logged");
	CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.logged = false}), "permit");
	CHECK_STR(verdict(w, fj_buf_slice(&w->auth_jwt), &(struct asked){.log_proof = fj_buf_slice(&l->proof)}), "deny logged");
	CHECK_OK(make(w, fj_buf_slice(&w->auth_jwt), &bundle, &err));
	CHECK_STR(after(w, fj_buf_slice(&bundle), no_change), "permit");
	CHECK_STR(after_asked(w, fj_buf_slice(&bundle), no_change, none), "indeterminate logged");
}

TEST("of a log's certificates the one that the proof was signed under goes into the bundle")
{
	const struct fj_slice none = FJ_SLICE(NULL, 0);
	struct fj_err err;
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(log) l = log_make(w);
	FJ_AUTO(log) newer = log_make(w);
	FJ_AUTO(buf) both = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(VER_BUNDLE_MAX);

	world_write(w);
	CHECK_OK(fj_buf_put(&both, newer->pem.data, newer->pem.len));
	CHECK_OK(fj_buf_put(&both, l->pem.data, l->pem.len));
	put_file(w, "log.pem", fj_buf_slice(&both));
	CHECK_OK(world_load(w, &err));
	log_prove_token(w, l, false);
	CHECK_OK(make_with(w, fj_buf_slice(&w->token_jwt), fj_buf_slice(&l->proof), NOW, false, &bundle, &err));
	CHECK_STR(after_asked(w, fj_buf_slice(&bundle), no_change, none), "permit");
	put_file(w, "log.policy", fj_slice_str("quorum none"));
	CHECK_RC(make(w, fj_buf_slice(&w->token_jwt), &bundle, &err), FJ_E_PARSE); /* a bundle would ask for less than its folder */
}

TEST_MAIN
