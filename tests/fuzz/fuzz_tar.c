/*
 * The archive of a trust folder, as it comes over a network (verifier/gateway/tar.c).
 *
 * Properties: reading ends; what it gives lies in the input; a file's place is one
 * of five folders and a plain name, so that it can lead nowhere else; a refusal
 * has a reason in both languages, and nothing is read after it.  The checksum is
 * set right first, so that the fuzzer gets behind it.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/tar.h"
#include "verifier/gateway/tar.h"

#define MAX 20000

static bool known(const char *folder)
{
	static const char *const names[] = {"", "crl", "status", "authorisations", "certificates"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		if (strcmp(folder, names[i]) == 0)
			return true;
	return false;
}

static void read_all(struct fj_slice in)
{
	struct gw_tar t;
	struct gw_tar_entry e;
	struct fj_err err = {.rc = FJ_OK};
	bool more = true;
	size_t turns = 0;

	gw_tar_open(&t, in);
	while (more) {
		HOLDS(turns++ <= in.len / 512 + 1);
		if (gw_tar_next(&t, &e, &more, &err) != FJ_OK) {
			HOLDS(err.en[0] != '\0' && !more);
			return;
		}
		HOLDS(within(e.data, in));
		if (!more || e.folder == NULL)
			continue;
		HOLDS(known(e.folder) && e.name[0] != '\0' && e.name[0] != '.' && strlen(e.name) < sizeof(e.name));
		HOLDS(strstr(e.name, "..") == NULL && strpbrk(e.name, "/\\ ") == NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t copy[MAX];

	if (size > MAX)
		return 0;
	read_all(FJ_SLICE(data, size));
	memcpy(copy, data, size);
	if (size >= 512)
		tar_seal(copy);
	read_all(FJ_SLICE(copy, size));
	return 0;
}
