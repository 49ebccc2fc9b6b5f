/*
 * Whole verdicts, with the trust of a demo's folder (tests/fuzz/trust) at a time
 * that is fixed.
 *
 * Properties: there is always a report, and it agrees with its checks; permit is
 * said of nothing but the credentials in the corpus named permit-*, octet by octet
 * (white space around and PEM around DER apart), and of each of those.  Not tried:
 * the mirror (r, n - s) of a signature (r, s), which ECDSA lets verify as well.
 */
#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "tests/fuzz/verdict.h"
#include "verifier/internal.h"

#define TRUST "tests/fuzz/trust"
#define SEEDS "tests/fuzz/corpus/verdict"
#define NOW INT64_C(1795536815)
#define MAX_SEEDS 64

static struct fj_buf good[MAX_SEEDS];
static size_t n_good;

/* what a permit is about: the DER of a PEM block, or the text without space around */
static void essence(struct fj_slice in, struct fj_buf *out)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_CRL_MAX);
	struct fj_slice rest = in;

	fj_buf_init(out, FJ_CRL_MAX);
	if (in.len > 0 && in.p[0] != FJ_DER_SEQ) {
		while (in.len > 0 && strchr(" \n\r\t", in.p[0]) != NULL && in.p[0] != 0)
			in = FJ_SLICE(in.p + 1, in.len - 1);
		while (in.len > 0 && strchr(" \n\r\t", in.p[in.len - 1]) != NULL && in.p[in.len - 1] != 0)
			in.len--;
		rest = in;
		if (ver_pem_next(&rest, "CERTIFICATE", &der, NULL) == FJ_OK || (rest = in, ver_pem_next(&rest, "X509 CRL", &der, NULL) == FJ_OK))
			in = fj_buf_slice(&der);
	}
	HOLDS(fj_buf_put(out, in.p, in.len) == FJ_OK);
}

static int folder;

static bool judge(struct ver_trust *t, struct fj_slice in)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	const struct ver_input q = {.credential = in, .now = NOW};

	HOLDS(ver_verify_in(folder, t, &q, &r, NULL) == FJ_OK);
	return permits(&r);
}

static void load_good(struct ver_trust *t)
{
	DIR *d = opendir(SEEDS);

	HOLDS(d != NULL);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_CRL_MAX);
		if (strncmp(e->d_name, "permit-", 7) != 0)
			continue;
		HOLDS(n_good < MAX_SEEDS && fj_file_read(dirfd(d), e->d_name, &file, NULL) == FJ_OK);
		HOLDS(judge(t, fj_buf_slice(&file)));
		essence(fj_buf_slice(&file), &good[n_good++]);
	}
	closedir(d);
	HOLDS(n_good > 0);
}

static struct ver_trust *trust(void)
{
	static struct ver_trust *base, *t;

	if (t == NULL) {
		HOLDS(fj_dir_open(AT_FDCWD, TRUST, &folder, NULL) == FJ_OK);
		HOLDS(ver_trust_load_dir(AT_FDCWD, TRUST, &base, NULL, NULL) == FJ_OK && ver_trust_over(base, &t, NULL) == FJ_OK);
		load_good(t);
	}
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice in = FJ_SLICE(data, size);
	struct fj_buf what;
	bool known = false;

	if (!judge(trust(), in))
		return 0;
	essence(in, &what);
	for (size_t i = 0; i < n_good; i++)
		known = known || fj_slice_eq(fj_buf_slice(&what), fj_buf_slice(&good[i]));
	fj_buf_release(&what);
	HOLDS(known);
	return 0;
}
