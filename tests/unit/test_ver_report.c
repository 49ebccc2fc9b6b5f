/*
 * test_ver_report.c - signed reports: each check once as it should be, and spoilt.
 */
#include "tests/unit/test.h"
#include "tests/unit/ver_pki.h"

#define UNIT "11520000DEMA000217"
#define DOCUMENT "{\"kind\":\"half-year\",\"period\":\"2026H1\",\"unit\":{\"name\":\"甲\",\"usci\":\"" UNIT "\"},\"values\":{\"certificate.issued\":7}}"

static json_t *payload_of(const json_t *doc)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);

	if (fj_json_canonical(doc, &b, NULL) != FJ_OK)
		exit(1);
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:{s:s, s:s, s:s}, s:s}", "iss", BASE, "vct", FJ_VCT_MANIFEST, "jti", "RP-HY-2026H1-" UNIT, "iat", (json_int_t)(NOW - 60), "kind", "report",
	    "report", "kind", "half-year", "period", "2026H1", "unit", UNIT, "sha256", hash_b64u(fj_buf_slice(&b)));
}

static json_t *crl_text(const struct bytes *der)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);

	return fj_b64_put(&b, slice(der)) == FJ_OK ? json_string(fj_buf_str(&b)) : NULL;
}

/* the file with this payload signed under typ and certificate; lists of the world when `crls` */
static void file_of(const struct world *w, const char *typ, const json_t *payload, const struct bytes *leaf, bool crls, struct fj_buf *out)
{
	FJ_AUTO(buf) compact = FJ_BUF_INIT(65536);
	json_t *lists = crls ? json_pack("[o, o]", crl_text(&w->root_crl), crl_text(&w->shard)) : json_array();

	jws(typ, payload, leaf, &w->issuing, w->token_key, &compact);
	FJ_AUTO(json) file = json_pack("{s:s, s:o, s:s, s:o}", "format", FJ_FORMAT_REPORT, "document", json_loads(DOCUMENT, 0, NULL), "signature", fj_buf_str(&compact), "crls", lists);
	fj_buf_clear(out);
	if (fj_json_canonical(file, out, NULL) != FJ_OK)
		exit(1);
}

struct made {
	json_t *doc, *payload;
	struct fj_buf file;
};

static void made_release(struct made *m)
{
	json_decref(m->doc);
	json_decref(m->payload);
	fj_buf_release(&m->file);
}
FJ_DEFINE_AUTO(made, struct made, made_release)

static struct made make(const struct world *w, bool crls)
{
	struct made m = {.doc = json_loads(DOCUMENT, 0, NULL), .file = FJ_BUF_INIT(1u << 20)};

	m.payload = payload_of(m.doc);
	file_of(w, FJ_TYP_MANIFEST, m.payload, &w->token_cert, crls, &m.file);
	return m;
}

static enum ver_outcome after(const struct world *w, const struct made *m, const char *name, const char **verdict_name)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	struct fj_err err;

	if (judge(w, fj_buf_slice(&m->file), &(struct asked){.use = NULL}, &r, &err) != FJ_OK)
		exit(1);
	*verdict_name = ver_verdict_name(r.verdict);
	return outcome_of(&r, name);
}

#define MAKE(w, m, crls)                         \
	struct fj_err err;                       \
	FJ_AUTO(world) w = world_make();         \
	CHECK_OK(world_load(w, &err));           \
	FJ_AUTO(made) m = make(w, crls)

TEST("a signed report permits, and says whose it is")
{
	MAKE(w, m, false);
	FJ_AUTO(ver_report) r = {.subject = NULL};

	CHECK_OK(judge(w, fj_buf_slice(&m.file), &(struct asked){.use = NULL}, &r, &err));
	CHECK_STR(ver_verdict_name(r.verdict), "permit");
	CHECK_STR(r.kind, "report");
	CHECK_STR(fj_json_peek(r.subject, "report"), "RP-HY-2026H1-" UNIT);
	CHECK_STR(fj_json_peek(json_object_get(r.subject, "unit"), "name"), "甲");
	CHECK(outcome_of(&r, "signature") == VER_PASS && outcome_of(&r, "status") == VER_NOT_APPLICABLE);
}

TEST("its own revocation lists stand in for those that the trust lacks")
{
	FJ_AUTO(world) w = world_make();
	struct fj_err err;
	const char *said;

	w->no_crl = true;
	CHECK_OK(world_load(w, &err));
	FJ_AUTO(made) without = make(w, false);
	CHECK(after(w, &without, "signer status", &said) == VER_UNKNOWN);
	CHECK_STR(said, "indeterminate");
	FJ_AUTO(made) with = make(w, true);
	CHECK(after(w, &with, "signer status", &said) == VER_PASS);
	CHECK_STR(said, "permit");
}

TEST("a signer that they say is revoked denies")
{
	FJ_AUTO(world) w = world_make();
	struct fj_err err;
	const char *said;

	w->no_crl = true;
	w->shard_s.revoked = 3;
	w->shard_s.reason = 1;
	world_certs(w);
	CHECK_OK(world_load(w, &err));
	FJ_AUTO(made) m = make(w, true);
	CHECK(after(w, &m, "signer status", &said) == VER_FAIL);
	CHECK_STR(said, "deny");
}

TEST("and they don't speak against what the trust knows")
{
	FJ_AUTO(world) w = world_make();
	struct fj_err err;
	const char *said;

	world_certs(w);
	FJ_AUTO(made) m = make(w, true); /* with lists on which nothing is revoked */
	w->shard_s.revoked = 3;
	w->shard_s.reason = 1;
	w->shard_s.number++;
	crl(&w->shard_s, w->issuing_x, w->issuing_key, &w->shard);
	CHECK_OK(world_load(w, &err));
	CHECK(after(w, &m, "signer status", &said) == VER_FAIL);
	CHECK_STR(said, "deny");
}

TEST("a signer whose certificate is over, or another key's purpose, denies")
{
	FJ_AUTO(world) w = world_make();
	struct fj_err err;
	const char *said;

	w->token_s.to = NOW - DAY;
	world_certs(w);
	CHECK_OK(world_load(w, &err));
	FJ_AUTO(made) m = make(w, true);
	CHECK(after(w, &m, "chain", &said) == VER_FAIL);
	CHECK_STR(said, "deny");
	file_of(w, FJ_TYP_MANIFEST, m.payload, &w->status_cert, true, &m.file);
	CHECK(after(w, &m, "signer", &said) == VER_FAIL);
	CHECK_STR(said, "deny");
}

TEST("another document under the same signature denies")
{
	MAKE(w, m, true);
	const char *said;

	json_object_set_new(m.payload, "sha256", json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	file_of(w, FJ_TYP_MANIFEST, m.payload, &w->token_cert, true, &m.file);
	CHECK(after(w, &m, "signature", &said) == VER_FAIL);
	CHECK_STR(said, "deny");
}

TEST("a manifest of something else, or of another report, denies")
{
	static const struct {
		const char *key, *json;
	} wrong[] = {{"kind", "\"listing-pack\""}, {"vct", "\"" FJ_VCT_TOKEN "\""}, {"jti", "\"RP-HY-2026H2-" UNIT "\""}, {"jti", "\"RP-HY-2026H1-" UNIT "9\""}, {"jti", "\"LS-2026H1-" UNIT "\""},
		{"report", "{\"kind\":\"half-year\",\"period\":\"2026H2\",\"unit\":\"" UNIT "\"}"}, {"report", "{\"kind\":\"half-year\",\"period\":\"2026H1\",\"unit\":\"11420000DEMA00013M\"}"},
		{"report", "{\"kind\":\"state-asset\",\"period\":\"2026H1\",\"unit\":\"" UNIT "\"}"}, {"report", "{}"}, {"exp", "1"}, {"iss", "\"https://other.example\""}, {"iat", "1995000000"}};
	MAKE(w, m, true);
	const char *said;

	for (size_t i = 0; i < FJ_ARRAY_LEN(wrong); i++) {
		FJ_AUTO(json) bad = json_deep_copy(m.payload);
		json_object_set_new(bad, wrong[i].key, json_loads(wrong[i].json, JSON_DECODE_ANY, NULL));
		file_of(w, FJ_TYP_MANIFEST, bad, &w->token_cert, true, &m.file);
		(void)after(w, &m, "form", &said);
		CHECK_STR(said, "deny");
	}
	file_of(w, FJ_TYP_STATUS, m.payload, &w->token_cert, true, &m.file);
	(void)after(w, &m, "form", &said);
	CHECK_STR(said, "deny");
}

TEST("a file of another form denies")
{
	static const char *const texts[] = {"{}", "{\"format\":\"urn:fujie:signed-report:1\"}", "{\"crls\":[],\"document\":[],\"format\":\"urn:fujie:signed-report:1\",\"signature\":\"x\"}",
		"{\"crls\":[1],\"document\":{},\"format\":\"urn:fujie:signed-report:1\",\"signature\":\"x.y.z\"}", "{\"crls\":[],\"document\":{},\"format\":\"urn:fujie:signed-report:1\",\"signature\":\"x.y.z\"}",
		"{\"crls\":[],\"crls\":[],\"document\":{},\"format\":\"urn:fujie:signed-report:1\",\"signature\":\"x.y.z\"}"};
	MAKE(w, m, true);
	const char *said;

	for (size_t i = 0; i < FJ_ARRAY_LEN(texts); i++) {
		fj_buf_clear(&m.file);
		CHECK_OK(fj_buf_puts(&m.file, texts[i]));
		CHECK(after(w, &m, "form", &said) == VER_FAIL);
		CHECK_STR(said, "deny");
	}
}

TEST("no change of a single octet of the document permits")
{
	MAKE(w, m, false);
	const char *said, *at = strstr(fj_buf_str(&m.file), "\"document\":"), *end = strstr(fj_buf_str(&m.file), ",\"format\"");

	CHECK(at != NULL && end != NULL);
	for (size_t i = (size_t)(at - fj_buf_str(&m.file)) + 11, n = (size_t)(end - fj_buf_str(&m.file)); i < n; i++) {
		m.file.data[i] ^= 1;
		(void)after(w, &m, "form", &said);
		CHECK_STR(said, "deny");
		m.file.data[i] ^= 1;
	}
}

TEST_MAIN
