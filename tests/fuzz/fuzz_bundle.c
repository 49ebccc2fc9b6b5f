/*
 * Bundles, judged by the fingerprint of the root of tests/fuzz/trust at a time that is fixed.
 *
 * Properties: there is always a report, and it agrees with its checks; under another fingerprint
 * nothing permits; what is permitted is permitted by the trust folder as well, since nobody here
 * can sign; a corpus file named permit-* permits.
 */
#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/json.h"
#include "tests/fuzz/verdict.h"
#include "verifier/bundle.h"

#define TRUST "tests/fuzz/trust"
#define SEEDS "tests/fuzz/corpus/bundle"
#define NOW INT64_C(1795536815)

static struct ver_trust *trust;
static int folder = -1;
static struct fj_hash root;

static bool judge(const struct fj_hash *fingerprint, struct fj_slice in)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	const struct ver_input q = {.credential = in, .now = NOW};

	HOLDS(ver_bundle_verify(fingerprint, &q, &r, NULL) == FJ_OK);
	return permits(&r);
}

static bool permitted_here(const char *credential)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	FJ_AUTO(ver_trust) over = NULL;
	const struct ver_input q = {.credential = fj_slice_str(credential), .now = NOW};
	struct fj_err err;

	HOLDS(ver_trust_over(trust, &over, &err) == FJ_OK && ver_verify_in(folder, over, &q, &r, &err) == FJ_OK);
	return r.verdict == VER_PERMIT;
}

static void seeds_permit(void)
{
	DIR *d = opendir(SEEDS);
	int n = 0;

	HOLDS(d != NULL);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		FJ_AUTO(buf) file = FJ_BUF_INIT(VER_BUNDLE_MAX);
		if (strncmp(e->d_name, "permit-", 7) != 0)
			continue;
		HOLDS(fj_file_read(dirfd(d), e->d_name, &file, NULL) == FJ_OK && judge(&root, fj_buf_slice(&file)));
		n++;
	}
	closedir(d);
	HOLDS(n > 0);
}

static void begin(void)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) der = FJ_BUF_INIT(65536);

	HOLDS(ver_trust_load_dir(AT_FDCWD, TRUST, &trust, NULL, NULL) == FJ_OK && fj_dir_open(AT_FDCWD, TRUST, &folder, NULL) == FJ_OK);
	HOLDS(fj_file_read(AT_FDCWD, TRUST "/root.pem", &pem, NULL) == FJ_OK && ver_root_read(fj_buf_slice(&pem), &der, NULL) == FJ_OK);
	fj_sha256(fj_buf_slice(&der), &root);
	seeds_permit();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(json) doc = NULL;

	if (trust == NULL)
		begin();
	struct fj_hash other = root;
	other.b[size % sizeof(other.b)] ^= 1;
	HOLDS(!judge(&other, FJ_SLICE(data, size)));
	if (!judge(&root, FJ_SLICE(data, size)))
		return 0;
	HOLDS(fj_json_parse(FJ_SLICE(data, size), VER_BUNDLE_MAX, &doc, NULL) == FJ_OK);
	const char *format = fj_json_text(doc, "format");
	HOLDS(json_object_size(doc) == (strcmp(format, VER_FORMAT_BUNDLE_1) == 0 ? 8 : strcmp(format, VER_FORMAT_BUNDLE_3) == 0 ? 12 : 11));
	HOLDS(permitted_here(fj_json_text(doc, "credential")));
	return 0;
}
