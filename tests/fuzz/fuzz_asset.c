/*
 * The dataAsset extension (docs/formats.md 3).
 *
 * Property: one that was read and is written again is octet by octet the same.
 */
#include "base/x509.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);
	struct fj_asset a;

	if (fj_asset_read(FJ_SLICE(data, size), &a, NULL) != FJ_OK)
		return 0;
	HOLDS(a.holder_kind <= 5 && a.rights < 8 && a.modes < 8 && a.restrictions < 32 && a.key_origin <= 1);
	HOLDS(fj_asset_write(&a, &b) == FJ_OK && fj_slice_eq(fj_buf_slice(&b), FJ_SLICE(data, size)));
	return 0;
}
