/*
 * Signed reports: what another office may send, and what a conquered registry could
 * have got past its token signer.
 *
 * Input: the document; on a second line the manifest's payload, in which "?" stands
 * for the document's hash; on a third the list of revocation lists.  The payload is
 * signed with this run's token key, whatever it says.
 * Properties: there is always a report; a permit is for a well-formed manifest of a
 * report whose hash is the document's, and of the kind, period and unit that it names.
 */
#include "tests/fuzz/fuzz.h"
#define FJ_TEST_H /* the home made by hand, without the harness of unit tests */
#include "tests/unit/ver_pki.h"

#define MAX 12000

static struct world *the_world(void)
{
	static struct world *w;
	struct fj_err err;

	if (w == NULL) {
		w = world_make();
		HOLDS(world_load(w, &err) == FJ_OK);
		nftw(w->home, drop, 8, FTW_DEPTH | FTW_PHYS);
	}
	return w;
}

static struct fj_slice line(struct fj_slice *in)
{
	const uint8_t *end = in->len == 0 ? NULL : memchr(in->p, '\n', in->len);
	struct fj_slice out = FJ_SLICE(in->p, end == NULL ? in->len : (size_t)(end - in->p));

	*in = FJ_SLICE(in->p + out.len + (end != NULL), in->len - out.len - (end != NULL));
	return out;
}

static void permitted(const json_t *payload, const json_t *doc, const char *hash)
{
	const json_t *r = json_object_get(payload, "report");

	HOLDS(fj_manifest_check(payload, NULL) == FJ_OK && strcmp(fj_json_peek(payload, "kind"), FJ_MANIFEST_REPORT) == 0);
	HOLDS(strcmp(fj_json_peek(payload, "sha256"), hash) == 0 && strcmp(fj_json_peek(payload, "iss"), BASE) == 0);
	HOLDS(strcmp(fj_json_text(r, "kind"), fj_json_text(doc, "kind")) == 0 && strcmp(fj_json_text(r, "period"), fj_json_text(doc, "period")) == 0);
	HOLDS(strcmp(fj_json_text(r, "unit"), fj_json_text(json_object_get(doc, "unit"), "usci")) == 0);
	HOLDS(json_integer_value(json_object_get(payload, "iat")) <= NOW + 60);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = the_world();
	FJ_AUTO(buf) canonical = FJ_BUF_INIT(4 * MAX);
	FJ_AUTO(buf) compact = FJ_BUF_INIT(16 * MAX);
	FJ_AUTO(buf) file = FJ_BUF_INIT(64 * MAX);
	FJ_AUTO(json) doc = NULL;
	FJ_AUTO(json) payload = NULL;
	FJ_AUTO(json) crls = NULL;
	FJ_AUTO(ver_report) r = {.subject = NULL};
	struct fj_slice in = FJ_SLICE(data, size);
	char hash[44] = "";

	if (size > MAX || fj_json_parse(line(&in), MAX, &doc, NULL) != FJ_OK || fj_json_parse(line(&in), MAX, &payload, NULL) != FJ_OK || !json_is_object(payload))
		return 0;
	if (fj_json_parse(in, MAX, &crls, NULL) != FJ_OK)
		crls = json_array();
	HOLDS(fj_json_canonical(doc, &canonical, NULL) == FJ_OK);
	snprintf(hash, sizeof(hash), "%s", hash_b64u(fj_buf_slice(&canonical)));
	if (fj_json_peek(payload, "sha256") != NULL && strcmp(fj_json_peek(payload, "sha256"), "?") == 0)
		HOLDS(json_object_set_new(payload, "sha256", json_string(hash)) == 0);
	jws(FJ_TYP_MANIFEST, payload, &w->token_cert, &w->issuing, w->token_key, &compact);
	FJ_AUTO(json) whole = json_pack("{s:s, s:O, s:s, s:O}", "format", FJ_FORMAT_REPORT, "document", doc, "signature", fj_buf_str(&compact), "crls", crls);
	HOLDS(whole != NULL && fj_json_canonical(whole, &file, NULL) == FJ_OK);
	const struct ver_input q = {.credential = fj_buf_slice(&file), .now = NOW};
	HOLDS(ver_verify(w->trust, &q, &r, NULL) == FJ_OK);
	if (r.verdict == VER_PERMIT)
		permitted(payload, doc, hash);
	return 0;
}
