/*
 * The signer's memory: deltas as they stand in its audit log.
 *
 * Properties: revocations stay sorted, each serial number once; counts stay in
 * their bounds; the same delta a second time changes nothing.
 */
#include "tests/fuzz/memory.h"

FJ_DEFINE_AUTO(memory, struct hsm_memory, mem_release)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice delta = FJ_SLICE(data, size);
	FJ_AUTO(memory) once = {.demo = false};
	FJ_AUTO(memory) twice = {.demo = false};

	HOLDS(mem_init(&once, NULL) == FJ_OK && mem_init(&twice, NULL) == FJ_OK);
	enum fj_rc rc = mem_apply(&once, delta, NULL);
	sorted(&once);
	if (rc != FJ_OK)
		return 0;
	HOLDS(mem_apply(&twice, delta, NULL) == FJ_OK && mem_apply(&twice, delta, NULL) == FJ_OK);
	sorted(&twice);
	HOLDS(same(&once, &twice));
	return 0;
}
