/*
 * Limits of a subordinate CA (docs/formats.md 27): the extension caLimits, and the request by which an
 * appliance asks for a certificate.
 *
 * Properties: limits that are read and written again are octet by octet the same, and are what their
 * words, given to people, make again; an address that they allow begins with theirs; a request that is
 * read says what its canonical text says, which is read again as the same.
 */
#include "base/limits.h"
#include "tests/fuzz/fuzz.h"

static void extension(struct fj_slice in)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1024);
	struct fj_limits l, back;
	char holders[64], words[512];

	if (fj_limits_read(in, &l, NULL) != FJ_OK)
		return;
	HOLDS(fj_limits_write(&l, &b) == FJ_OK && fj_slice_eq(fj_buf_slice(&b), in));
	fj_limits_holders(&l, holders);
	HOLDS(fj_limits_make(l.division, holders, l.base, &back, NULL) == FJ_OK && fj_limits_same(&l, &back));
	fj_limits_words(&l, true, words);
	fj_limits_words(&l, false, words);
	HOLDS(fj_limits_address(&l, fj_slice_str(l.base), NULL) == FJ_OK);
}

static void request(struct fj_slice in)
{
	FJ_AUTO(fj_ca_request) r = {0};
	FJ_AUTO(fj_ca_request) back = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_CA_REQUEST_MAX);

	if (fj_ca_request_read(in, &r, NULL) != FJ_OK)
		return;
	HOLDS(r.spki[FJ_ES256].len > 0 && r.sig[FJ_ES256].len > 0 && (r.spki[FJ_SM2].len > 0) == r.sm2);
	HOLDS(strcmp(r.limits.base, r.base) == 0 && r.limits.holders != 0);
	HOLDS((r.former[FJ_ES256].len > 0) == r.follows && (r.former[FJ_SM2].len > 0) == (r.follows && r.sm2));
	HOLDS(fj_ca_request_read_text(fj_buf_slice(&r.text), &back, NULL) == FJ_OK && !back.by_former);
	FJ_AUTO(json) j = fj_ca_request_json(&back);
	HOLDS(j != NULL && fj_buf_puts(&text, FJ_CA_REQUEST_HEAD) == FJ_OK);
	FJ_AUTO(buf) canonical = FJ_BUF_INIT(2 * FJ_CA_REQUEST_MAX);
	HOLDS(fj_json_canonical(j, &canonical, NULL) == FJ_OK && fj_buf_put(&text, canonical.data, canonical.len) == FJ_OK);
	/* times and lists have one form: what it says is what it is */
	FJ_AUTO(fj_ca_request) again = {0};
	HOLDS(fj_ca_request_read_text(fj_buf_slice(&text), &again, NULL) == FJ_OK && fj_limits_same(&again.limits, &r.limits) && again.made == r.made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	extension(FJ_SLICE(data, size));
	request(FJ_SLICE(data, size));
	return 0;
}
