/*
 * status.c - entries of status lists, series of numbers, CRL entries.
 *
 * Entries are drawn at random within a block, so neighbours say nothing about
 * each other; the drawing happens in the handler and stands in the event, the
 * table changes in apply.  What was set to 1 stays 1: the rule is here, in the
 * signer, and in the verifier's reading of 3.
 */
#include "base/jws.h"
#include "base/secret.h"
#include "issuer/iss.h"

#define BLOCK 4096

json_t *sts_json(const char *uri, uint32_t idx)
{
	return json_pack("{s:I, s:s}", "idx", (json_int_t)idx, "uri", uri);
}

enum fj_rc sts_list_of(const char *uri, int64_t *list, struct fj_err *err)
{
	const char *slash = uri == NULL ? NULL : strrchr(uri, '/');
	char *end;

	if (slash != NULL && strncmp(slash + 1, fj_alg_prefix(FJ_SM2), 4) == 0)
		slash += 4;
	if (slash != NULL && slash[1] >= '0' && slash[1] <= '9') {
		*list = strtoll(slash + 1, &end, 10);
		if (*end == '\0' && *list < 1000000)
			return FJ_OK;
	}
	return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "a status address is none of ours");
}

/* list and first entry of the block to draw from: the open one, or the next new one */
static enum fj_rc find_block(struct iss_call *c, const char *block, int64_t *list, int64_t *base, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) n = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_BLOCK_FREE, &q, err, "t", block));
	FJ_TRY(sto_step(&q, &row, err));
	if (row) {
		*list = sto_int(&q, 0);
		*base = sto_int(&q, 1);
		return FJ_OK;
	}
	FJ_TRY(sto_first(c->db, STO_BLOCK_COUNT, &n, "count", err, ""));
	int64_t first = sto_int(&n, 0) * BLOCK;
	*list = first / FJ_LIST_ENTRIES;
	*base = first % FJ_LIST_ENTRIES;
	return FJ_OK;
}

static enum fj_rc taken(struct iss_call *c, int64_t list, uint32_t idx, bool *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(c->db, STO_ENTRY_GET, &q, err, "ii", list, (int64_t)idx));
	return sto_step(&q, out, err);
}

static bool drawn(const struct sts_ref *out, size_t n, uint32_t idx)
{
	for (size_t i = 0; i < n; i++)
		if (out[i].idx == idx)
			return true;
	return false;
}

enum fj_rc sts_allot(struct iss_call *c, const char *block, struct sts_ref *out, size_t n, struct fj_err *err)
{
	int64_t list, base;
	bool used = true;

	FJ_TRY(find_block(c, block, &list, &base, err));
	for (size_t i = 0; i < n; i++) {
		do { /* at most 4000 of 4096 are used, so this ends soon */
			out[i].idx = (uint32_t)base + fj_random_below(BLOCK);
			FJ_TRY(taken(c, list, out[i].idx, &used, err));
		} while (used || drawn(out, i, out[i].idx));
		out[i].list = list;
		snprintf(out[i].uri, sizeof(out[i].uri), "%s/status/%lld", iss_base(c->iss), (long long)list);
	}
	return FJ_OK;
}

enum fj_rc sts_apply_allot(const struct evt *e, const char *block, int64_t list, uint32_t idx, struct fj_err *err)
{
	FJ_TRY(sto_run(e->db, STO_BLOCK_ADD, NULL, err, "iit", list, (int64_t)(idx / BLOCK * BLOCK), block));
	return sto_run(e->db, STO_ENTRY_ADD, NULL, err, "iii", list, (int64_t)idx, e->seq);
}

enum fj_rc sts_apply_set(const struct evt *e, int64_t list, uint32_t idx, enum sts_value v, struct fj_err *err)
{
	int64_t before;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(e->db, STO_ENTRY_GET, &q, "status entry", err, "ii", list, (int64_t)idx));
		before = sto_int(&q, 0);
	}
	if (before == (int64_t)v)
		return FJ_OK;
	if (before == STS_INVALID || (before == STS_SUPERSEDED && v != STS_INVALID))
		return fj_fail(err, FJ_E_STATE, "issuer", "R23", "a status entry that is final can't change");
	return sto_run(e->db, STO_ENTRY_SET, NULL, err, "iitii", (int64_t)v, e->seq, e->approval, list, (int64_t)idx);
}


/* rows count up as certificates are issued, and none is ever taken away */
static enum fj_rc last_certificate(struct sto *db, int64_t *row, int64_t *shard, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool any;

	*row = 0;
	*shard = 1;
	FJ_TRY(sto_query(db, STO_CERT_LAST, &q, err, ""));
	FJ_TRY(sto_step(&q, &any, err));
	if (any) {
		*row = sto_int(&q, 0);
		*shard = sto_int(&q, 1);
	}
	return FJ_OK;
}

/* the first shard of the newest generation of a CA, and how many certificates there were before */
static enum fj_rc shard_base(struct sto *db, int64_t *shard, int64_t *row, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool any;
	char *end;

	*shard = 1;
	*row = 0;
	FJ_TRY(sto_query(db, STO_SHARD_BASE, &q, err, ""));
	FJ_TRY(sto_step(&q, &any, err));
	if (any) {
		*shard = strtoll(sto_text(&q, 0), &end, 10);
		*row = strtoll(end, NULL, 10);
	}
	return FJ_OK;
}

enum fj_rc crl_shard_last(struct sto *db, int64_t *out, struct fj_err *err)
{
	int64_t row, base, before;

	FJ_TRY(last_certificate(db, &row, out, err));
	FJ_TRY(shard_base(db, &base, &before, err));
	*out = base > *out ? base : *out;
	return FJ_OK;
}

enum fj_rc crl_shard_next(struct sto *db, int64_t *out, struct fj_err *err)
{
	int64_t row, base, before;

	FJ_TRY(last_certificate(db, &row, out, err));
	FJ_TRY(shard_base(db, &base, &before, err));
	base += (row - before) / STS_CRL_SHARD;
	*out = base > *out ? base : *out;
	return FJ_OK;
}

enum fj_rc crl_shard_from(struct sto *db, const char *setting, int64_t shard, struct fj_err *err)
{
	int64_t row, last;
	char value[48];

	FJ_TRY(last_certificate(db, &row, &last, err));
	snprintf(value, sizeof(value), "%lld %lld", (long long)shard, (long long)row);
	return sto_run(db, STO_SETTING_SET, NULL, err, "tt", setting, value);
}

enum fj_rc crl_shard_begin(struct sto *db, const char *setting, int64_t *out, struct fj_err *err)
{
	FJ_TRY(crl_shard_last(db, out, err));
	return crl_shard_from(db, setting, ++*out, err);
}

enum fj_rc crl_apply_set(const struct evt *e, const char *serial_hex, int64_t shard, unsigned reason, struct fj_err *err)
{
	bool row;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_query(e->db, STO_CRL_GET, &q, err, "t", serial_hex));
		FJ_TRY(sto_step(&q, &row, err));
		if (row && sto_int(&q, 0) != 6)
			return fj_fail(err, FJ_E_STATE, "issuer", "R23", "a revoked certificate's entry can't change");
	}
	FJ_TRY(sto_run(e->db, STO_CRL_SET, NULL, err, "tiiiit", serial_hex, shard, (int64_t)e->at, (int64_t)reason, e->seq, e->approval));
	return sto_run(e->db, STO_CRL_TWIN, NULL, err, "tiiit", serial_hex, (int64_t)e->at, (int64_t)reason, e->seq, e->approval);
}

enum fj_rc crl_apply_lift(const struct evt *e, const char *serial_hex, struct fj_err *err)
{
	FJ_TRY(sto_run(e->db, STO_CRL_LIFT, NULL, err, "itt", e->seq, e->approval, serial_hex));
	return sto_run(e->db, STO_CRL_TWIN_LIFT, NULL, err, "itt", e->seq, e->approval, serial_hex);
}

static enum fj_rc series_at(struct sto *db, const char *name, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_SERIES_GET, &q, err, "t", name));
	FJ_TRY(sto_step(&q, &row, err));
	*n = row ? sto_int(&q, 0) : 0;
	return FJ_OK;
}

enum fj_rc ser_next(struct iss_call *c, const char *series, int64_t *out, struct fj_err *err)
{
	char floor[16];
	int64_t n, least;
	size_t len = strlen(series);

	snprintf(floor, sizeof(floor), "floor-%.6s", series + (len > 6 ? len - 6 : 0));
	FJ_TRY(series_at(c->db, series, &n, err));
	FJ_TRY(series_at(c->db, floor, &least, err));
	*out = (n > least ? n : least) + 1;
	return *out <= 999999 ? FJ_OK : fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "the series %s is used up", series);
}

enum fj_rc ser_apply(const struct evt *e, const char *series, int64_t n, struct fj_err *err)
{
	return sto_run(e->db, STO_SERIES_SET, NULL, err, "ti", series, n);
}
