/*
 * The files of a root's way to its spare (docs/formats.md 28): the spare's request and what was moved.
 *
 * Properties: no file is of both kinds; a request's parent is a storage key that is fixed to its TPM; what was
 * moved and is written again is read as the same.
 */
#include "base/spare.h"
#include "tests/fuzz/fuzz.h"

static bool request(struct fj_slice in)
{
	FJ_AUTO(buf) parent = FJ_BUF_INIT(FJ_STORAGE_PUBLIC_MAX);
	FJ_AUTO(json) doc = NULL;
	json_t *attestation = NULL;

	if (fj_spare_request_read(in, &parent, &doc, &attestation, NULL) != FJ_OK)
		return false;
	HOLDS(json_is_object(attestation) && fj_tpm_storage_public(fj_buf_slice(&parent)) && parent.data[7] == 0x72);
	return true;
}

static bool moved(struct fj_slice in)
{
	FJ_AUTO(move_file) f;
	FJ_AUTO(move_file) back;
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_MOVE_FILE_MAX);

	fj_move_file_init(&f);
	fj_move_file_init(&back);
	if (fj_move_file_read(in, &f, NULL) != FJ_OK)
		return false;
	HOLDS(f.n >= 1 && f.n <= FJ_MOVED_MAX && f.m[0].alg == FJ_ES256);
	HOLDS(fj_move_file_put(&f, &text, NULL) == FJ_OK && fj_move_file_read(fj_buf_slice(&text), &back, NULL) == FJ_OK && back.n == f.n);
	for (size_t i = 0; i < f.n; i++)
		HOLDS(fj_slice_eq(fj_buf_slice(&f.m[i].private), fj_buf_slice(&back.m[i].private)) && fj_slice_eq(fj_buf_slice(&f.m[i].seed), fj_buf_slice(&back.m[i].seed)));
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice in = FJ_SLICE(data, size);

	HOLDS(request(in) + moved(in) <= 1);
	return 0;
}
