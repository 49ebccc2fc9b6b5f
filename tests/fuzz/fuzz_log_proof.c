/*
 * Proofs of logging (verifier/logged.c), judged with the token and the trust of
 * tests/fuzz/log, and the same octets as a policy of a log's witnesses (log_policy.c).
 *
 * Properties: there is always a report, and it agrees with its checks; nobody here can sign,
 * so what passes as logged says what the seeds say, octet by octet: leaf, index, path and
 * checkpoint; a corpus file named pass-* passes.  A policy that was read is within its
 * maxima, each of its groups can be met by its members, and a quorum that is met without a
 * cosignature was none.
 */
#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "tests/fuzz/verdict.h"
#include "verifier/log_policy.h"

#define TRUST "tests/fuzz/log"
#define SEEDS "tests/fuzz/corpus/log_proof"
#define NOW INT64_C(1795000000)

static struct ver_trust *trust;
static struct fj_buf token = FJ_BUF_INIT(65536), seed = FJ_BUF_INIT(2 * FJ_LOG_PROOF_MAX);
static struct fj_log_proof known; /* of pass-token */

static bool passes(struct fj_slice proof, bool asked)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	const struct ver_input q = {.credential = fj_buf_slice(&token), .now = NOW, .log_proof = proof, .logged = asked};

	HOLDS(ver_verify(trust, &q, &r, NULL) == FJ_OK);
	permits(&r);
	HOLDS(strcmp(r.check[r.n - 1].name, "logged") == 0 && ver_report_passed(&r, "signature"));
	return ver_report_passed(&r, "logged");
}

static void seeds_pass(void)
{
	DIR *d = opendir(SEEDS);
	int n = 0;

	HOLDS(d != NULL);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		FJ_AUTO(buf) file = FJ_BUF_INIT(2 * FJ_LOG_PROOF_MAX);
		if (strncmp(e->d_name, "pass-", 5) != 0)
			continue;
		HOLDS(fj_file_read(dirfd(d), e->d_name, &file, NULL) == FJ_OK && passes(fj_buf_slice(&file), true));
		n++;
	}
	closedir(d);
	HOLDS(n > 0);
}

static void begin(void)
{
	HOLDS(ver_trust_load_dir(AT_FDCWD, TRUST, &trust, NULL, NULL) == FJ_OK && fj_file_read(AT_FDCWD, TRUST "/token.jwt", &token, NULL) == FJ_OK);
	HOLDS(fj_file_read(AT_FDCWD, SEEDS "/pass-token", &seed, NULL) == FJ_OK && fj_log_proof_read(fj_buf_slice(&seed), &known, NULL) == FJ_OK);
	seeds_pass();
}

static void as_proof(struct fj_slice in)
{
	FJ_AUTO(log_proof) p = {.index = 0};
	struct fj_note a, b;
	bool asked = passes(in, true), given = passes(in, false);

	HOLDS(given || !asked);
	if (!given)
		return;
	HOLDS(fj_log_proof_read(in, &p, NULL) == FJ_OK && fj_note_read(p.note, &a, NULL) == FJ_OK && fj_note_read(known.note, &b, NULL) == FJ_OK);
	HOLDS(fj_slice_eq(fj_buf_slice(&p.extra), fj_buf_slice(&known.extra)) && p.index == known.index && fj_slice_eq(a.text, b.text));
	HOLDS(p.path.n == known.path.n && memcmp(p.path.h, known.path.h, p.path.n * sizeof(p.path.h[0])) == 0);
}

static void as_policy(struct fj_slice in)
{
	FJ_AUTO(ver_policy) p = NULL;
	unsigned members[VER_POLICY_NAMES] = {0};
	struct ver_cosigned c;
	struct fj_note n;

	if (ver_policy_read(in, &p, NULL) != FJ_OK)
		return;
	HOLDS(p->n == p->n_witness + p->n_group && p->n <= VER_POLICY_NAMES && p->n_log <= VER_POLICY_LOGS && p->quorum < (int)p->n);
	for (size_t i = 0; i < p->n; i++) {
		HOLDS(p->name[i].name[0] != '\0' && strcmp(p->name[i].name, "none") != 0);
		HOLDS(p->name[i].in == VER_POLICY_NONE || (p->name[i].in > (int)i && p->name[p->name[i].in].group));
		if (p->name[i].in != VER_POLICY_NONE)
			members[p->name[i].in]++;
	}
	for (size_t i = 0; i < p->n; i++)
		HOLDS(p->name[i].group ? p->name[i].need >= 1 && p->name[i].need <= members[i] : members[i] == 0);
	HOLDS(fj_note_read(known.note, &n, NULL) == FJ_OK);
	if (ver_policy_cosigned(p, &n, &c, NULL) == FJ_OK)
		HOLDS(c.witnesses == p->n_witness && c.by <= c.witnesses && (!c.quorum || c.by > 0 || p->quorum == VER_POLICY_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice in = FJ_SLICE(data, size);

	if (trust == NULL)
		begin();
	if (size > 0 && size <= 2 * FJ_LOG_PROOF_MAX)
		as_proof(in);
	as_policy(in);
	return 0;
}
