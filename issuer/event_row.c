/*
 * event_row.c - a row of the event log: its hash over the one before.
 *
 * Apart from what events do (event.c), so that a copy of a register can be checked by who holds none of its rules.
 */
#include <sodium.h>

#include "issuer/core.h"

static void hash_part(crypto_hash_sha256_state *st, const void *p, size_t n)
{
	uint8_t len[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	crypto_hash_sha256_update(st, len, 4);
	if (n > 0)
		crypto_hash_sha256_update(st, p, n);
}

void evt_hash(const struct evt *e, struct fj_slice before, struct fj_hash *out)
{
	crypto_hash_sha256_state st;
	char nums[64];
	const char *text[] = {e->actor, e->org, e->kind, e->object, e->approval, e->policy, e->text};

	crypto_hash_sha256_init(&st);
	hash_part(&st, before.p, before.len);
	int n = snprintf(nums, sizeof(nums), "%lld %lld", (long long)e->seq, (long long)e->at);
	hash_part(&st, nums, (size_t)n);
	for (size_t i = 0; i < FJ_ARRAY_LEN(text); i++)
		hash_part(&st, text[i], strlen(text[i]));
	crypto_hash_sha256_final(&st, out->b);
}

struct evt evt_from_row(const struct sto_q *q)
{
	return (struct evt){.seq = sto_int(q, 0), .at = sto_int(q, 1), .actor = sto_text(q, 2), .org = sto_text(q, 3), .kind = sto_text(q, 4),
		.object = sto_text(q, 5), .approval = sto_text(q, 6), .policy = sto_text(q, 9), .text = sto_text(q, 7)};
}

bool evt_row_true(const struct sto_q *q, struct fj_slice before)
{
	struct evt e = evt_from_row(q);
	struct fj_hash hash;

	evt_hash(&e, before, &hash);
	return fj_slice_eq(sto_blob(q, 8), FJ_SLICE(hash.b, FJ_SHA256_LEN));
}
