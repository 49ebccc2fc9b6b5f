/*
 * test_ver_pkits.c - every certificate and CRL of the NIST PKITS (Debian
 * python3-cryptography-vectors), valid and invalid ones alike, as it is: none of
 * them is this house's, so none is ever permitted, by name or by file, and each
 * report says why.  tests/conformance/pkits_test.py carries the faults over.
 */
#include <dirent.h>

#include "tests/unit/test.h"
#include "tests/unit/ver_pki.h"

#define DATA "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data/"

static bool refused(const struct world *w, struct fj_slice der)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	struct fj_err err;

	if (judge(w, der, &(struct asked){.use = NULL}, &r, &err) != FJ_OK || r.verdict != VER_DENY)
		return false;
	for (size_t i = 0; i < r.n; i++)
		if (r.check[i].outcome == VER_FAIL)
			return r.check[i].en[0] != '\0' && r.check[i].zh[0] != '\0' && r.check[i].clause[0] != '\0';
	return false;
}

/* how many files of a folder were refused; -1: one was not */
static int walk(const struct world *w, const char *folder)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(65536);
	DIR *d = opendir(folder);
	const struct dirent *e;
	int n = 0;

	while (d != NULL && n >= 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		fj_buf_clear(&data);
		bool ok = fj_file_read(dirfd(d), e->d_name, &data, NULL) == FJ_OK && refused(w, fj_buf_slice(&data));
		if (!ok)
			printf("# %s/%s\n", folder, e->d_name);
		n = ok ? n + 1 : -1;
	}
	if (d != NULL)
		closedir(d);
	return n;
}

/* with STRICT=1 it is looked for all the same, and not found */
static bool absent(void)
{
	const char *strict = getenv("STRICT");

	if (access(DATA, R_OK) == 0 || (strict != NULL && strcmp(strict, "1") == 0))
		return false;
	printf("# python3-cryptography-vectors is absent (make deps-full)\n");
	return true;
}

TEST("no certificate of PKITS is permitted, and each refusal has its reason")
{
	struct fj_err err;
	FJ_AUTO(world) w = world_make();

	CHECK_OK(world_load(w, &err));
	CHECK(absent() || walk(w, DATA "certs") >= 400);
}

TEST("no CRL of PKITS is permitted, and each refusal has its reason")
{
	struct fj_err err;
	FJ_AUTO(world) w = world_make();

	CHECK_OK(world_load(w, &err));
	CHECK(absent() || walk(w, DATA "crls") >= 170);
}

TEST("a trust folder with PKITS's trust anchor as its root is refused")
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(65536);
	struct bytes root = {.n = 0};
	struct fj_err err;
	FJ_AUTO(world) w = world_make();

	if (absent())
		return;
	CHECK_OK(fj_file_read(AT_FDCWD, DATA "certs/TrustAnchorRootCertificate.crt", &data, &err));
	memcpy(root.p, data.data, data.len);
	root.n = data.len;
	w->root = root;
	CHECK_RC(world_load(w, &err), FJ_E_PARSE);
}

TEST_MAIN
