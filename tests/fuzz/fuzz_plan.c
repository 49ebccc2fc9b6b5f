/*
 * A signed plan (docs/formats.md 22), and the same file as challenges and as answers: what an
 * officer's tool and the signer read from each other.
 *
 * Properties: officers of a plan are different, its quorum has a policy; a plan that is
 * written canonically is the same plan; a signature that is added is there; no file is of two
 * kinds; a challenge that is read and written is read again; answers likewise; what checks
 * against a plan has that plan's bounds.
 */
#include "base/approval.h"
#include "base/x509.h"
#include "tests/fuzz/fuzz.h"

static enum fj_rc yes(void *ctx, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err)
{
	(void)ctx, (void)xy, (void)digest, (void)sig, (void)err;
	return FJ_OK;
}

static bool plan(struct fj_slice in, struct fj_plan *p)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(2 * FJ_PLAN_MAX);
	const uint8_t sig[64] = {1};
	struct fj_quorum q;
	struct fj_plan back;
	struct fj_hash policy;
	unsigned by, more;

	if (fj_plan_signed_read(in, yes, NULL, p, &by, NULL) != FJ_OK)
		return false;
	HOLDS(p->n >= 1 && p->n <= FJ_QUORUM_MAX && p->root >= 1 && p->root <= p->n && by >> p->n == 0);
	fj_plan_root_quorum(p, &q);
	HOLDS(fj_quorum_policy(&q, &policy) == FJ_OK);
	HOLDS(p->unseal <= p->n);
	HOLDS(p->generation >= 1 && p->generation <= FJ_MAX_ROOTS && fj_plan_follows(p, p, NULL) == FJ_E_REFUSED);
	fj_plan_unseal_quorum(p, &q);
	HOLDS((fj_quorum_policy(&q, &policy) == FJ_OK) == (p->unseal > 0));
	HOLDS((fj_plan_all(p, by, NULL) == FJ_OK) == (by == (1u << p->n) - 1));
	if (!(by & 1) && fj_plan_add_signature(in, 0, sig, &again, NULL) == FJ_OK && again.len <= FJ_PLAN_MAX) {
		HOLDS(fj_plan_signed_read(fj_buf_slice(&again), yes, NULL, &back, &more, NULL) == FJ_OK);
		HOLDS(more == (by | 1) && fj_hash_eq(&back.hash, &p->hash));
	}
	return true;
}

static bool round_of(struct fj_slice in, const struct fj_plan *p)
{
	struct fj_round r, back;
	struct fj_tpm_name name;
	bool read = fj_round_read(in, &r, NULL) == FJ_OK;

	for (size_t i = 0; read && i < r.n; i++) {
		FJ_AUTO(json) j = fj_challenge_json(&r.c[i]);
		FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);

		HOLDS(r.c[i].expiration >= 1 && r.c[i].expiration <= FJ_PLAN_EXPIRATION && (r.c[i].structure.len > 0) == (r.c[i].step != FJ_STEP_UNSEAL));
		HOLDS(j != NULL && fj_json_canonical(j, &text, NULL) == FJ_OK);
		HOLDS(fj_round_read(fj_buf_slice(&text), &back, NULL) == FJ_OK);
		HOLDS(back.n == 1 && fj_slice_eq(fj_buf_slice(&back.c[0].other), fj_buf_slice(&r.c[i].other)) && (r.c[i].other.len > 0) == fj_step_cross(r.c[i].step));
		HOLDS(fj_slice_eq(fj_buf_slice(&back.c[0].structure), fj_buf_slice(&r.c[i].structure)));
		fj_round_release(&back);
		if (p != NULL && fj_challenge_check(&r.c[i], p, &name, NULL) == FJ_OK)
			HOLDS(r.c[i].expiration <= p->expiration && fj_hash_eq(&r.c[i].plan, &p->hash) && (p->sm2 || r.c[i].alg == FJ_ES256) && (r.c[i].step != FJ_STEP_UNSEAL || p->unseal > 0));
	}
	fj_round_release(&r);
	return read;
}

static bool answers(struct fj_slice in)
{
	struct fj_answer a[FJ_ROUND_MAX], back[FJ_ROUND_MAX];
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ROUND_OCTETS);
	size_t n, m;

	if (fj_answers_read(in, a, &n, NULL) != FJ_OK)
		return false;
	HOLDS(n >= 1 && n <= FJ_ROUND_MAX);
	HOLDS(fj_answers_put(a, n, &text, NULL) == FJ_OK);
	HOLDS(fj_answers_read(fj_buf_slice(&text), back, &m, NULL) == FJ_OK && m == n && memcmp(a[0].sig, back[0].sig, 64) == 0);
	return true;
}

/* a plan, and after a zero octet what may be a challenge of it */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
	struct fj_slice first = FJ_SLICE(data, zero != NULL ? (size_t)(zero - data) : size);
	struct fj_plan p;

	bool is_plan = plan(first, &p);
	HOLDS(is_plan + round_of(first, is_plan ? &p : NULL) + answers(first) <= 1);
	if (zero != NULL)
		round_of(FJ_SLICE(zero + 1, size - first.len - 1), is_plan ? &p : NULL);
	return 0;
}
