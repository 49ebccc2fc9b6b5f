/*
 * The transcript of a ceremony, and the officers' signatures beside it (docs/formats.md 24, 29, 33): a plan, after
 * a zero octet a transcript, after another the signatures, after a third the plan that a succession's follows.
 *
 * Properties: a transcript is not replayed under a plan that not all its officers signed, nor one of a succession without
 * the plan before, signed by all of its own; a signature that is added to a file that was read is there; no file of
 * signatures is a signed plan; a quorum is one of the plan's.
 */
#include "base/transcript.h"
#include "tests/fuzz/fuzz.h"
#include "verifier/ceremony.h"

static enum fj_rc yes(void *ctx, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err)
{
	(void)ctx, (void)xy, (void)digest, (void)sig, (void)err;
	return FJ_OK;
}

static struct fj_slice part(struct fj_slice *rest)
{
	const uint8_t *zero = rest->len > 0 ? memchr(rest->p, 0, rest->len) : NULL;
	struct fj_slice first = FJ_SLICE(rest->p, zero != NULL ? (size_t)(zero - rest->p) : rest->len);

	*rest = FJ_SLICE(rest->p + first.len + (zero != NULL), rest->len - first.len - (zero != NULL));
	return first;
}

/* of the last line that it names itself, so that the list is reached */
static void signatures(struct fj_slice in, const struct fj_plan *p)
{
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);
	const uint8_t sig[64] = {1};
	struct fj_hash last = {{0}};
	struct fj_plan none;
	unsigned by, more;
	const char *hex;

	if (fj_json_parse(in, FJ_TRANSCRIPT_SIGNATURES_MAX, &j, NULL) != FJ_OK || (hex = fj_json_text(j, "last"), strlen(hex) != 64) || fj_unhex(hex, 64, last.b) != FJ_OK)
		return;
	if (fj_transcript_signatures_read(in, p, &last, yes, NULL, &by, NULL) != FJ_OK)
		return;
	HOLDS(by >> p->n == 0 && fj_plan_signed_read(in, yes, NULL, &none, &more, NULL) != FJ_OK);
	HOLDS((fj_transcript_quorum(p, by, NULL) == FJ_OK) == ((unsigned)__builtin_popcount(by) >= p->root));
	if (by & 1 || fj_transcript_add_signature(in, p, &last, 0, sig, &again, NULL) != FJ_OK)
		return;
	HOLDS(fj_transcript_signatures_read(fj_buf_slice(&again), p, &last, yes, NULL, &more, NULL) == FJ_OK && more == (by | 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice rest = FJ_SLICE(data, size);
	struct fj_slice plan = part(&rest), transcript = part(&rest), beside = part(&rest);
	struct fj_plan p, q, former;
	struct fj_hash last;
	unsigned by, before;

	if (fj_plan_signed_read(plan, yes, NULL, &p, &by, NULL) != FJ_OK)
		return 0;
	if (ver_replay(transcript, plan, rest, &q, &last, NULL, NULL, NULL) == FJ_OK) {
		HOLDS(fj_plan_all(&p, by, NULL) == FJ_OK && !fj_hash_eq(&last, &p.hash));
		HOLDS(p.generation == 1 || (fj_plan_signed_read(rest, yes, NULL, &former, &before, NULL) == FJ_OK && fj_plan_all(&former, before, NULL) == FJ_OK && fj_plan_follows(&p, &former, NULL) == FJ_OK));
	}
	signatures(beside, &p);
	return 0;
}
