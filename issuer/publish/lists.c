/*
 * lists.c - status lists and CRLs: signed again when an entry changed or when
 * they grow old, written whole.
 *
 * A list says what the register says, not what it said last: it is made from
 * the tables each time, so a publication that failed loses nothing.  What is signed is
 * held until the public log has its hash (shown.c); only then is it a file.  A lifted
 * suspension carries the approvals under which it was lifted; without them the
 * signer refuses the list.
 */
#include <unistd.h>

#include "base/jws.h"
#include "issuer/publish/publish.h"
#include "issuer/signed.h"


enum fj_rc pub_state(struct iss *i, const char *what, int64_t *number, fj_time *at, int64_t *seq, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*number = *at = *seq = 0;
	FJ_TRY(sto_query(i->pub.db, STO_PUB_GET, &q, err, "t", what));
	FJ_TRY(sto_step(&q, &row, err));
	if (row) {
		*number = sto_int(&q, 0);
		*at = sto_int(&q, 1);
		*seq = sto_int(&q, 2);
	}
	return FJ_OK;
}

static enum fj_rc one_int(struct iss *i, enum sto_id id, int64_t arg, int64_t *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(i->pub.db, id, &q, "row", err, "i", arg));
	*out = sto_null(&q, 0) ? 0 : sto_int(&q, 0);
	return FJ_OK;
}

/* What officers signed of a lift, to the signer: an approval, or a refusal that keeps.  One that it does not take any more
 * may have been used already, and the list says then what is left to say. */
static enum fj_rc bring(struct iss *i, const char *approval, struct fj_err *err)
{
	FJ_AUTO(buf) yes = FJ_BUF_INIT(0);
	FJ_AUTO(buf) refusal = FJ_BUF_INIT(0);
	struct fj_err why = {0};

	FJ_TRY(sgn_load(i, i->pub.db, approval, false, &yes, err));
	FJ_TRY(sgn_load(i, i->pub.db, approval, true, &refusal, err));
	enum fj_rc rc = sgn_bring(i, yes.len > 0 ? &yes : &refusal, &why);
	if (rc == FJ_OK || fj_rc_exit(rc) != 3)
		return FJ_OK;
	if (err != NULL)
		*err = why;
	return rc;
}

/* approvals for what was lifted after seq; none is fine when nothing was */
static enum fj_rc lift_approvals(struct iss *i, enum sto_id id, int64_t key, int64_t seq, struct hsm_request *r,
    struct hsm_approval *who, struct fj_err *err)
{
	char approval[32] = "";
	FJ_AUTO(sto_q) q = {0};
	bool row;

	r->approvals = who;
	FJ_TRY(sto_query(i->pub.db, id, &q, err, "ii", key, seq));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return approval[0] == '\0' ? FJ_OK : apr_for_signer(i->pub.db, approval, who, &r->n_approvals, &r->intent, err);
		FJ_TRY(fj_strcopy(approval, sizeof(approval), sto_text(&q, 0)));
		FJ_TRY(bring(i, approval, err));
		if (!i->log.checked) /* names are counted, and one approval has enough of them */
			sto_done(&q);
		if (!i->log.checked)
			return apr_for_signer(i->pub.db, approval, who, &r->n_approvals, &r->intent, err);
	}
}

static enum fj_rc sign_one(struct iss *i, struct hsm_request *r, struct fj_err *err)
{
	FJ_TRY(iss_may_act(i, err));
	FJ_TRY(iss_signer(i, &i->pub.signer, err));
	enum fj_rc rc = hsm_sign(i->pub.signer, r, err);
	if (rc == FJ_E_UNAVAILABLE || rc == FJ_E_PROTO || rc == FJ_E_TIMEOUT)
		iss_signer_drop(&i->pub.signer);
	FJ_TRY(rc);
	return r->items[0].rc == FJ_OK ? FJ_OK : fj_fail(err, r->items[0].rc, "signer", NULL, "%s", r->items[0].why);
}

static enum fj_rc load_map(struct iss *i, int64_t list, uint8_t *map, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(i->pub.db, STO_LIST_VALUES, &q, err, "i", list));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (sto_int(&q, 0) < 0 || sto_int(&q, 0) >= FJ_LIST_ENTRIES)
			return fj_fail(err, FJ_E_CORRUPT, "publish", NULL, "a status entry lies outside of its list");
		fj_list_set(map, (uint32_t)sto_int(&q, 0), (unsigned)sto_int(&q, 1));
	}
}

static enum fj_rc list_input(struct iss *i, enum fj_alg alg, int64_t list, fj_time now, struct fj_buf *input, struct fj_err *err)
{
	FJ_AUTO(mem) map = fj_alloc(FJ_LIST_OCTETS, 1);
	FJ_AUTO(buf) lst = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);
	char uri[240];

	if (map == NULL)
		return fj_no_memory(err, "publish");
	FJ_TRY(load_map(i, list, map, err));
	FJ_TRY(fj_list_deflate(map, &lst, err));
	snprintf(uri, sizeof(uri), "%s/status/%s%lld", iss_base(i), fj_alg_prefix(alg), (long long)list);
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:I, s:I, s:i, s:{s:i, s:s}}", "iss", iss_base(i), "sub", uri, "iat", (json_int_t)now,
	    "exp", (json_int_t)now + PUB_LIST_LIFE, "ttl", PUB_LIST_TTL, "status_list", "bits", PUB_LIST_BITS, "lst", fj_buf_str(&lst));
	return iss_jws_input(i, alg, INT64_MAX, FJ_TYP_STATUS, payload, input, err);
}

#define AHEAD 10 /* seconds that a list may begin before its time; verifiers allow 60 */

/* Each list begins after the one before it, so that whoever has two knows which is newer: of two lists
 * of one second the older one is an un-revocation that nobody could tell. */
static fj_time begin_after(fj_time last)
{
	if (last >= fj_now() + 60) /* the clock was set back: the signer's to refuse */
		return fj_now();
	while (last + 1 > fj_now() + AHEAD)
		usleep(100000);
	return last < fj_now() ? fj_now() : last + 1;
}

static enum fj_rc sign_list(struct iss *i, enum fj_alg alg, int64_t list, fj_time last, int64_t since, int64_t seq, struct fj_err *err)
{
	FJ_AUTO(buf) jwt = FJ_BUF_INIT(FJ_STATUS_JWT_MAX + 256);
	struct hsm_approval who[HSM_MAX_APPROVALS];
	struct hsm_item item = {.sig_len = 0};
	struct hsm_request r = {.role = hsm_role_by(HSM_TOKEN, alg), .kind = HSM_JWS_STATUS, .items = &item, .n_items = 1};
	fj_time now = begin_after(last);

	FJ_TRY(list_input(i, alg, list, now, &jwt, err));
	item.tbs = fj_buf_slice(&jwt);
	FJ_TRY(lift_approvals(i, STO_LIST_LIFTED, list, since, &r, who, err));
	FJ_TRY(sign_one(i, &r, err));
	enum fj_rc rc = fj_buf_puts(&jwt, ".");
	if (rc == FJ_OK)
		rc = fj_b64u_put(&jwt, FJ_SLICE(item.sig, item.sig_len));
	if (rc != FJ_OK)
		return fj_fail(err, rc, "publish", NULL, "a status list is too large");
	struct pub_list made = {.kind = "status-list", .from = now, .seq = seq, .bytes = jwt};
	jwt = (struct fj_buf)FJ_BUF_INIT(0);
	snprintf(made.name, sizeof(made.name), "%s%lld", fj_alg_prefix(alg), (long long)list);
	return pub_hold(i, &made, err);
}

/* lists that exist: at least number 0, so that there is always one to look at */
static enum fj_rc list_numbers(struct iss *i, int64_t *out, size_t max, size_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*n = 0;
	FJ_TRY(sto_query(i->pub.db, STO_LIST_ALL, &q, err, ""));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row || *n == max)
			return FJ_OK;
		out[(*n)++] = sto_int(&q, 0);
	}
}

static enum fj_rc publish_list(struct iss *i, enum fj_alg alg, int64_t list, struct fj_err *err)
{
	int64_t number, since, seq;
	fj_time at;
	char what[32];

	snprintf(what, sizeof(what), "list/%s%lld", fj_alg_prefix(alg), (long long)list);
	FJ_TRY(pub_state(i, what, &number, &at, &since, err));
	FJ_TRY(one_int(i, STO_LIST_CHANGED, list, &seq, err));
	bool former = i->ca[alg].since > 0 && at <= i->ca[alg].now.from; /* of before a rollover */
	if (at != 0 && seq <= since && fj_now() - at < PUB_LIST_RENEW && !former)
		return FJ_OK;
	return sign_list(i, alg, list, at, since, seq, err);
}

/* The lists of the SM2 hierarchy are signed from the first credential that names one: whoever asks for none does not pay for them. */
static enum fj_rc any_twin(struct iss *i, bool *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	*out = false;
	if (!i->sm2)
		return FJ_OK;
	FJ_TRY(sto_query(i->pub.db, STO_TWIN_ANY, &q, err, ""));
	return sto_step(&q, out, err);
}

enum fj_rc pub_lists(struct iss *i, struct fj_err *err)
{
	int64_t lists[1024];
	size_t n;
	bool sm2;
	enum fj_rc first = FJ_OK;

	FJ_TRY(list_numbers(i, lists, FJ_ARRAY_LEN(lists), &n, err));
	FJ_TRY(any_twin(i, &sm2, err));
	for (size_t k = 0; k < n * (sm2 ? 2 : 1); k++) {
		struct fj_err why = {0};
		enum fj_rc rc = publish_list(i, k < n ? FJ_ES256 : FJ_SM2, lists[k % n], &why);
		if (rc == FJ_OK || first != FJ_OK)
			continue; /* one list that can't be signed does not keep the others back */
		first = rc;
		if (err != NULL)
			*err = why;
	}
	return first;
}

/* --- CRLs --- */

static enum fj_rc load_revoked(struct iss *i, int64_t shard, struct ca_revoked **out, size_t *n, struct fj_err *err)
{
	int64_t count;
	bool row;

	FJ_TRY(one_int(i, STO_CRL_COUNT, shard, &count, err));
	struct ca_revoked *r = fj_alloc((size_t)count + 1, sizeof(*r));
	if (r == NULL)
		return fj_no_memory(err, "publish");
	*out = r;
	FJ_AUTO(sto_q) q = {0};
	FJ_TRY(sto_query(i->pub.db, STO_CRL_LIST, &q, err, "i", shard));
	for (*n = 0; *n < (size_t)count; (*n)++) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		if (strlen(sto_text(&q, 0)) != 32 || fj_unhex(sto_text(&q, 0), 32, r[*n].serial.b) != FJ_OK)
			return fj_fail(err, FJ_E_CORRUPT, "publish", NULL, "a CRL entry has no serial number");
		r[*n].at = sto_int(&q, 1);
		r[*n].reason = (unsigned)sto_int(&q, 2);
	}
	return FJ_OK;
}

/* *gone: the key of this generation is, and nothing was signed; a register that ended within key.end does not know it yet */
static enum fj_rc crl_bytes(struct iss *i, const struct iss_issuing *g, int64_t shard, int64_t number, int64_t since, fj_time now, struct fj_buf *out, bool *gone, struct fj_err *err)
{
	struct ca_revoked *list = NULL;
	struct hsm_approval who[HSM_MAX_APPROVALS];
	struct hsm_item item = {.sig_len = 0};
	enum fj_alg alg = shard < 0 ? FJ_SM2 : FJ_ES256;
	struct hsm_request r = {.role = hsm_role_by(HSM_ISSUING, alg), .kind = HSM_CRL, .items = &item, .n_items = 1};
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_DER_MAX);
	size_t n = 0;
	char name[32];

	enum fj_rc rc = load_revoked(i, shard, &list, &n, err);
	FJ_AUTO(mem) owned = list;
	FJ_TRY(rc);
	struct fj_slice by = fj_buf_slice(&g->cert);
	struct ca_crl_in in = {.issuer_cert = by, .number = (uint64_t)number, .this_update = now,
		.next_update = now + PUB_CRL_LIFE, .revoked = list, .n_revoked = n};
	snprintf(name, sizeof(name), "%s%lld", fj_alg_prefix(alg), llabs((long long)shard));
	snprintf(in.uri, sizeof(in.uri), "%s/crl/%s.crl", iss_base(i), name);
	FJ_TRY(ca_crl_tbs(&in, &tbs, err));
	item.tbs = fj_buf_slice(&tbs);
	FJ_TRY(lift_approvals(i, STO_CRL_LIFTED, shard, since, &r, who, err));
	rc = sign_one(i, &r, err);
	*gone = rc == FJ_E_STATE && g != iss_issuing_newest(i, alg);
	FJ_TRY(rc);
	FJ_TRY(ca_assemble(fj_buf_slice(&tbs), FJ_SLICE(item.sig, item.sig_len), out, err));
	return ca_verify_signed_by(fj_buf_slice(out), by, err);
}

static enum fj_rc publish_crl(struct iss *i, int64_t shard, struct fj_err *err)
{
	FJ_AUTO(buf) crl = FJ_BUF_INIT(FJ_DER_MAX);
	int64_t number, since, seq;
	fj_time at, now = fj_now();
	char what[40], name[32];

	/* below 0: of the SM2 hierarchy */
	snprintf(name, sizeof(name), "%s%lld", fj_alg_prefix(shard < 0 ? FJ_SM2 : FJ_ES256), llabs((long long)shard));
	snprintf(what, sizeof(what), "crl/%s", name);
	FJ_TRY(pub_state(i, what, &number, &at, &since, err));
	FJ_TRY(one_int(i, STO_CRL_CHANGED, shard, &seq, err));
	if (at != 0 && seq <= since && now - at < PUB_CRL_RENEW)
		return FJ_OK;
	/* rises by time too: after a crash between signing and noting it, the next one is above */
	number = number + 1 > now ? number + 1 : now;
	enum fj_alg alg = shard < 0 ? FJ_SM2 : FJ_ES256;
	bool gone = false;
	enum fj_rc rc = crl_bytes(i, iss_issuing_for(i, alg, llabs((long long)shard)), shard, number, since, now, &crl, &gone, err);
	if (gone) {
		fj_buf_clear(&crl);
		rc = crl_bytes(i, iss_issuing_newest(i, alg), shard, number, since, now, &crl, &gone, err);
	}
	FJ_TRY(rc);
	struct pub_list made = {.kind = "crl", .from = now, .number = number, .seq = seq, .bytes = crl};
	crl = (struct fj_buf)FJ_BUF_INIT(0);
	snprintf(made.name, sizeof(made.name), "%s", name);
	return pub_hold(i, &made, err);
}

/* the root's, when it was signed anew (root_crl.c) */
static enum fj_rc publish_root_crl(struct iss *i, enum fj_alg alg, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct fj_crl crl;
	char what[24];
	int64_t number, seq;
	fj_time at;

	snprintf(what, sizeof(what), "crl/root%s", fj_alg_suffix(alg));
	FJ_TRY(pub_state(i, what, &number, &at, &seq, err));
	snprintf(what, sizeof(what), "root%s.crl", fj_alg_suffix(alg));
	FJ_TRY(sto_first(i->pub.db, STO_KEYRING_GET, &q, "root CRL", err, "t", what));
	FJ_TRY(fj_crl_read(sto_blob(&q, 0), &crl, err));
	if (at == 0 || (int64_t)crl.number <= number)
		return FJ_OK; /* the first one is pub_fixed's */
	struct pub_list made = {.kind = "crl", .from = crl.this_update, .number = (int64_t)crl.number, .bytes = FJ_BUF_INIT(sto_blob(&q, 0).len)};
	snprintf(made.name, sizeof(made.name), "root%s", fj_alg_suffix(alg));
	if (fj_buf_put(&made.bytes, sto_blob(&q, 0).p, sto_blob(&q, 0).len) != FJ_OK)
		return fj_no_memory(err, "publish");
	return pub_hold(i, &made, err);
}

enum fj_rc pub_crls(struct iss *i, struct fj_err *err)
{
	int64_t last;
	enum fj_rc first = FJ_OK;

	FJ_TRY(publish_root_crl(i, FJ_ES256, err));
	if (i->sm2)
		FJ_TRY(publish_root_crl(i, FJ_SM2, err));

	FJ_TRY(crl_shard_last(i->pub.db, &last, err));
	for (int64_t shard = i->sm2 ? -last : 1; shard <= last; shard++) {
		struct fj_err why = {0};
		if (shard == 0)
			continue;
		enum fj_rc rc = publish_crl(i, shard, &why);
		if (rc == FJ_OK || first != FJ_OK)
			continue; /* one that can't be signed does not keep the others back */
		first = rc;
		if (err != NULL)
			*err = why;
	}
	return first;
}
