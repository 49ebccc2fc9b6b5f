/*
 * The compact JWS of this house: header, payload, signature, and the bitmaps of
 * status lists.
 *
 * Properties: what was read can be written and reads to the same; there is one
 * spelling of a signed text's parts; a map that was inflated, deflated and
 * inflated again is the same map.
 */
#include "base/jws.h"
#include "tests/fuzz/fuzz.h"

static void one_spelling(struct fj_slice part)
{
	FJ_AUTO(buf) raw = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_STATUS_JWT_MAX);

	HOLDS(fj_b64u_get((const char *)part.p, part.len, &raw) == FJ_OK);
	HOLDS(fj_b64u_put(&text, fj_buf_slice(&raw)) == FJ_OK && fj_slice_eq(fj_buf_slice(&text), part));
}

static void again(const struct fj_jws *j)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_STATUS_JWT_MAX);
	FJ_AUTO(jws) k = {.payload = NULL};
	struct fj_slice x5c[2] = {fj_buf_slice(&j->x5c[0]), fj_buf_slice(&j->x5c[1])};

	HOLDS(fj_jws_write_input(j->alg, j->typ, j->kid, x5c, j->payload, &text, NULL) == FJ_OK);
	if (text.len > FJ_STATUS_JWT_MAX)
		return;
	HOLDS(fj_jws_read_input(fj_buf_slice(&text), FJ_STATUS_JWT_MAX, &k, NULL) == FJ_OK);
	HOLDS(strcmp(j->typ, k.typ) == 0 && strcmp(j->kid, k.kid) == 0 && json_equal(j->payload, k.payload));
	HOLDS(fj_slice_eq(x5c[0], fj_buf_slice(&k.x5c[0])) && fj_slice_eq(x5c[1], fj_buf_slice(&k.x5c[1])));
}

static void list(const json_t *payload)
{
	static uint8_t map[FJ_LIST_OCTETS], same[FJ_LIST_OCTETS];
	FJ_AUTO(buf) lst = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);

	if (fj_status_list_check(payload, NULL) != FJ_OK || fj_list_inflate(payload, map, NULL) != FJ_OK)
		return;
	HOLDS(fj_list_deflate(map, &lst, NULL) == FJ_OK);
	FJ_AUTO(json) p = json_pack("{s:{s:s}}", "status_list", "lst", fj_buf_str(&lst));
	HOLDS(fj_list_inflate(p, same, NULL) == FJ_OK && memcmp(map, same, sizeof(map)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(jws) j = {.payload = NULL};

	if (fj_jws_read(FJ_SLICE(data, size), FJ_STATUS_JWT_MAX, &j, NULL) != FJ_OK)
		return 0;
	const uint8_t *dot = memchr(data, '.', size), *last = memrchr(data, '.', size);
	HOLDS(j.payload != NULL && dot != last && within(j.input, FJ_SLICE(data, size)));
	one_spelling(FJ_SLICE(data, (size_t)(dot - data)));
	one_spelling(FJ_SLICE(dot + 1, (size_t)(last - dot) - 1));
	one_spelling(FJ_SLICE(last + 1, size - (size_t)(last - data) - 1));
	again(&j);
	list(j.payload);
	return 0;
}
