/*
 * policy_package.c - which manifest of a package the token key signs, under the
 * status signer's certificate.
 *
 * Compared: form and canonical bytes, typ, kid, x5c, issuer (policy_jws.c), issued
 * now, exactly its members (base/package.h).  A change's number rises, or is the last
 * one with the very same bytes; a snapshot's does not fall, and is of no number that
 * was not signed.  What a package carries is not seen here: each list and CRL in it
 * was signed under its own policy, and who takes it in checks that they do not go back.
 */
#include "base/package.h"
#include "hsm/signer.h"

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))
#define NOW_TOLERANCE 600
#define PACKAGES_SINCE 1700000000 /* before there were any */
#define PACKAGES_A_SECOND 10

enum fj_rc policy_package(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	const struct hsm_memory *m = &j->s->mem;
	FJ_AUTO(jws) w = {0};
	struct fj_hash hash;

	FJ_TRY(policy_jws_read(j, tbs, FJ_TYP_PACKAGE, ".2.4", &w, err));
	FJ_TRY(fj_package_check(w.payload, err));
	int64_t iat = fj_json_num(w.payload, "iat");
	uint64_t seq = (uint64_t)fj_json_num(w.payload, "seq");
	bool snapshot = strcmp(fj_json_text(w.payload, "kind"), "snapshot") == 0;
	MUST(iat - j->now <= NOW_TOLERANCE && j->now - iat <= NOW_TOLERANCE, "RFC 7519 4.1.6", "iat is not now");
	/* a number that jumps would leave none for those that follow */
	MUST(snapshot || (j->now > PACKAGES_SINCE && seq <= (uint64_t)(j->now - PACKAGES_SINCE) * PACKAGES_A_SECOND), "formats.md 18", "a package's number is far beyond its time");
	fj_sha256(tbs, &hash);
	if (snapshot)
		MUST(seq >= m->snapshot && seq <= m->package, "formats.md 18", "a snapshot is older than the last one, or of a package that was never signed");
	else
		MUST(seq > m->package || (seq == m->package && fj_hash_eq(&hash, &m->package_input)), "formats.md 18",
		    "a package's number does not rise, and it is not the same package");
	if (fj_put_u8(delta, MEM_OP_PACKAGE) != FJ_OK || fj_put_u8(delta, snapshot) != FJ_OK || fj_put_u64(delta, seq) != FJ_OK ||
	    fj_buf_put(delta, hash.b, sizeof(hash.b)) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
	return FJ_OK;
}
