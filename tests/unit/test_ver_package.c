/*
 * test_ver_package.c - a package's form, and whether it may be believed: each thing
 * that is accepted beside what is refused.
 */
#include "tests/unit/test.h"
#include "tests/unit/ver_pki.h"
#include "verifier/package.h"

#define EMPTY hash_b64u(FJ_SLICE("", 0))

/* a package of one file, signed as whoever it is told */
struct made {
	json_t *payload;
	struct fj_buf whole;
};

static void made_release(struct made *m)
{
	json_decref(m->payload);
	fj_buf_release(&m->whole);
}

FJ_DEFINE_AUTO(made, struct made, made_release)

static json_t *payload_of(const char *path, struct fj_slice data)
{
	char before[44], rows[44], sha[44];

	snprintf(before, sizeof(before), "%s", EMPTY);
	snprintf(rows, sizeof(rows), "%s", EMPTY);
	snprintf(sha, sizeof(sha), "%s", hash_b64u(data));
	return json_pack("{s:s, s:s, s:I, s:s, s:i, s:i, s:b, s:i, s:{s:i, s:s}, s:[{s:s, s:s, s:I}], s:{s:s, s:i}}", "iss", BASE, "vct", FJ_VCT_PACKAGE, "iat",
	    (json_int_t)NOW, "kind", "change", "seq", 2, "part", 1, "last", 1, "generation", 5, "previous", "seq", 1, "sha256", before, "files", "path", path,
	    "sha256", sha, "size", (json_int_t)data.len, "rows", "sha256", rows, "size", 0);
}

static void wrap(const struct bytes *leaf, const struct bytes *issuing, EVP_PKEY *key, const char *typ, struct fj_slice data, struct made *m)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);

	jws(typ, m->payload, leaf, issuing, key, &text);
	fj_buf_release(&m->whole);
	fj_buf_init(&m->whole, FJ_PACKAGE_MAX);
	if (fj_package_head(fj_buf_slice(&text), &m->whole) != FJ_OK || fj_buf_put(&m->whole, data.p, data.len) != FJ_OK)
		exit(1);
}

static struct made make(struct world *w, const char *path, struct fj_slice data)
{
	struct made m = {.payload = payload_of(path, data)};

	wrap(&w->status_cert, &w->issuing, w->token_key, FJ_TYP_PACKAGE, data, &m);
	return m;
}

/* "" when it may be believed, else what it cites */
static const char *believed(struct world *w, const struct made *m)
{
	static struct fj_err err;
	FJ_AUTO(package) p = {.seq = 0};
	FJ_AUTO(ver_trust) t = NULL;

	err.cite[0] = '\0';
	if (fj_package_read(fj_buf_slice(&m->whole), &p, &err) != FJ_OK || ver_package_trust(&p, slice(&w->root), FJ_SLICE(NULL, 0), &t, &err) != FJ_OK ||
	    ver_package_crl(t, slice(&w->root_crl), &err) != FJ_OK || ver_package_crl(t, slice(&w->shard), &err) != FJ_OK ||
	    ver_package_signed(t, &p, &err) != FJ_OK)
		return err.zh[0] != '\0' ? err.cite : "it is not said in Chinese";
	return "";
}

static const struct fj_slice hello = {(const uint8_t *)"hello", 5};

TEST("a package is believed under the status signer of the issuer that it names, and no other")
{
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(made) m = make(w, "signer/ocsp.pem", hello);

	CHECK_STR(believed(w, &m), "");
	wrap(&w->token_cert, &w->issuing, w->token_key, FJ_TYP_PACKAGE, hello, &m);
	CHECK_STR(believed(w, &m), "RFC 5280 4.2.1.12");
	struct spec s = w->status_s;
	struct bytes log;
	s.eku = ARC ".2.5"; /* a log signer's */
	X509_free(world_cert(w, &s, w->token_key, &log));
	wrap(&log, &w->issuing, w->token_key, FJ_TYP_PACKAGE, hello, &m);
	CHECK_STR(believed(w, &m), "RFC 5280 4.2.1.12");
	wrap(&w->status_cert, &w->issuing, w->holder_key, FJ_TYP_PACKAGE, hello, &m);
	CHECK_STR(believed(w, &m), "RFC 5280 4.2.1.12"); /* another key's thumbprint */
	wrap(&w->status_cert, &w->issuing, w->token_key, FJ_TYP_STATUS, hello, &m);
	CHECK_STR(believed(w, &m), "RFC 8725 3.11");
	json_object_set_new(m.payload, "iss", json_string("https://other.example"));
	wrap(&w->status_cert, &w->issuing, w->token_key, FJ_TYP_PACKAGE, hello, &m);
	CHECK_STR(believed(w, &m), "RFC 5280 4.2.1.6");
}

TEST("a package of another root, or with a signature of nobody's, is refused")
{
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(world) other = world_make();
	FJ_AUTO(made) m = make(w, "signer/ocsp.pem", hello);

	CHECK_STR(believed(w, &m), "");
	CHECK(believed(other, &m)[0] != '\0');
	m.whole.data[m.whole.len - 5 - 10] ^= 1; /* in the signature's text */
	CHECK(believed(w, &m)[0] != '\0');
}

TEST("a signer that a CRL names is refused, whether the CRL is current or over; without a CRL it is not known to be revoked")
{
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(made) m = make(w, "signer/ocsp.pem", hello);

	w->shard_s.to = NOW - 10;
	w->shard_s.from = NOW - 2 * DAY;
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_STR(believed(w, &m), "");
	w->shard_s.revoked = 4;
	w->shard_s.reason = 1;
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_STR(believed(w, &m), "RFC 5280 6.3.3");
}

TEST("a package that was signed outside of its signer's time is refused")
{
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(made) m = make(w, "signer/ocsp.pem", hello);

	json_object_set_new(m.payload, "iat", json_integer(NOW + 2000 * DAY));
	wrap(&w->status_cert, &w->issuing, w->token_key, FJ_TYP_PACKAGE, hello, &m);
	CHECK(believed(w, &m)[0] != '\0');
}

TEST("a list or CRL that would go back, or is not authentic, is refused; the same again is not")
{
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(ver_trust) t = NULL;
	FJ_AUTO(buf) old = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);
	struct bytes before = w->shard;
	struct fj_err err;

	CHECK_OK(ver_trust_of(slice(&w->root), slice(&w->issuing), &t, &err));
	CHECK_OK(fj_buf_put(&old, w->list_jwt.data, w->list_jwt.len));
	json_object_set_new(w->list, "iat", json_integer(NOW - 500));
	world_sign_list(w);
	struct fj_slice now = fj_buf_slice(&w->list_jwt), was = fj_buf_slice(&old);
	CHECK_OK(ver_package_file(t, "trust/status/0.jwt", now, was, &err));
	CHECK_OK(ver_package_file(t, "trust/status/0.jwt", now, now, &err));
	CHECK_OK(ver_package_file(t, "trust/status/0.jwt", was, FJ_SLICE(NULL, 0), &err));
	CHECK_RC(ver_package_file(t, "trust/status/0.jwt", was, now, &err), FJ_E_INVALID);
	CHECK_RC(ver_package_file(t, "trust/status/x.jwt", was, FJ_SLICE(NULL, 0), &err), FJ_E_INVALID); /* an older one beside the newer */
	CHECK_RC(ver_package_file(t, "trust/status/00.jwt", was, FJ_SLICE(NULL, 0), &err), FJ_E_INVALID);
	CHECK_OK(ver_package_file(t, "history/status/0/1.jwt", was, FJ_SLICE(NULL, 0), &err));
	CHECK_RC(ver_package_file(t, "history/status/10/1.jwt", was, FJ_SLICE(NULL, 0), &err), FJ_E_INVALID);
	CHECK(ver_package_file(t, "trust/status/0.jwt", hello, was, &err) != FJ_OK && err.zh[0] != '\0');
	w->shard_s.number = 8;
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_OK(ver_package_file(t, "trust/crl/1.crl", slice(&w->shard), slice(&before), &err));
	CHECK_OK(ver_package_file(t, "trust/crl/1.crl", slice(&w->shard), slice(&w->shard), &err));
	CHECK_RC(ver_package_file(t, "trust/crl/1.crl", slice(&before), slice(&w->shard), &err), FJ_E_INVALID);
	crl(&w->shard_s, w->issuing_x, w->holder_key, &w->shard);
	CHECK(ver_package_file(t, "trust/crl/1.crl", slice(&w->shard), slice(&before), &err) != FJ_OK && err.zh[0] != '\0');
	CHECK_OK(ver_package_file(t, "ca/root.cer", hello, now, &err));
}

TEST("the root is the one whose fingerprint was named")
{
	FJ_AUTO(world) w = world_make();
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) der = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) again = FJ_BUF_INIT(65536);
	struct fj_hash h;
	struct fj_err err;

	pem_of("CERTIFICATE", slice(&w->root), &pem);
	fj_sha256(slice(&w->root), &h);
	CHECK_OK(ver_root_is(fj_buf_slice(&pem), &h, &der, &err));
	CHECK(fj_slice_eq(fj_buf_slice(&der), slice(&w->root)));
	h.b[3] ^= 1;
	CHECK_RC(ver_root_is(fj_buf_slice(&pem), &h, &again, &err), FJ_E_SIGNATURE);
}

TEST("a manifest has exactly its members, in an order that can follow")
{
	static const struct {
		const char *key, *value;
	} wrong[] = {
		{"more", "1"}, {"kind", "\"list\""}, {"kind", "\"snapshot\""}, {"seq", "1"}, {"seq", "-1"}, {"part", "2"}, {"last", "false"}, {"last", "1"}, {"vct", "\"urn:x\""},
		{"previous", "null"}, {"previous", "{\"seq\":1}"}, {"iat", "-1"}, {"rows", "{}"}, {"files", "{}"}, {"files", "[{\"path\":\"trust/x\"}]"},
	};
	FJ_AUTO(json) p = payload_of("trust/status/0.jwt", hello);
	struct fj_err err;

	CHECK_OK(fj_package_check(p, &err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(wrong); k++) {
		FJ_AUTO(json) q = json_deep_copy(p);
		json_object_set_new(q, wrong[k].key, json_loads(wrong[k].value, JSON_DECODE_ANY, NULL));
		CHECK(fj_package_check(q, &err) != FJ_OK);
	}
	json_t *files = json_object_get(p, "files");
	json_array_append(files, json_array_get(files, 0));
	CHECK_RC(fj_package_check(p, &err), FJ_E_INVALID);
}

TEST("of the public log a package has its two notes and its tiles, and nothing else")
{
	static const char *const good[] = {"log/checkpoint", "log/cosigned", "log/tile/0/000", "log/tile/1/x001/067.p/3", "log/tile/entries/x001/x234/x567/000.p/255"};
	static const char *const bad[] = {"log/fork", "log/x", "log/tile", "log/tile/8/000", "log/tile/0/0", "log/tile/0/000.p/256", "log/tile/entries/000.p/03", "log/checkpoint/x"};
	struct fj_err err;

	for (size_t k = 0; k < FJ_ARRAY_LEN(good); k++) {
		FJ_AUTO(json) p = payload_of(good[k], hello);
		CHECK_OK(fj_package_check(p, &err));
	}
	for (size_t k = 0; k < FJ_ARRAY_LEN(bad); k++) {
		FJ_AUTO(json) p = payload_of(bad[k], hello);
		CHECK_RC(fj_package_check(p, &err), FJ_E_INVALID);
	}
}

TEST("a path lies below publish/, and is none that a mirror keeps for itself")
{
	static const char *const good[] = {"trust/root.pem", "trust/status/0.jwt", "jwt-vc-issuer.json", "history/status/0/1700000000.jwt", "log/checkpoint", "log/tile/entries/x001/x234/x567/000.p/3"};
	static const char *const bad[] = {"", "/x", "../x", "trust/../x", "trust//x", "trust/", "trust/.x", "generation", "generation.tmp", "outbox/1.pkg", "public.db", "public.db-journal",
		"trust/x.tmp", "trust/a b", "a/b/c/d/e/f/g/h/i", "log/fork", "trust/\xe5\x9b\xbd"};

	for (size_t k = 0; k < FJ_ARRAY_LEN(good); k++)
		CHECK(fj_package_path(good[k]));
	for (size_t k = 0; k < FJ_ARRAY_LEN(bad); k++)
		CHECK(!fj_package_path(bad[k]));
}

TEST_MAIN
