/*
 * policy_crl.c - which CRLs the root and the issuing CA sign.
 *
 * Compared: version, algorithm, issuer name and key identifier, the critical
 * distribution point (a shard of this appliance and hierarchy, the root CRL's for the root), number
 * (strictly above the last for this point), thisUpdate (now), nextUpdate (49 h
 * at most; root: 401 days), and the entries with those remembered: one that was
 * revoked stays, with its date and reason; one on hold may become final, or
 * leave with two approvals (the root's list knows no hold, so it only grows); no
 * serial stands twice; none lies in the future.
 */
#include "hsm/signer.h"

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))
#define HOLD 6
#define GONE 255
#define NOW_TOLERANCE 600
#define NUMBER_AHEAD 86400 /* a number is the time, or one more than the last */

static enum fj_rc check_head(const struct hsm_job *j, const struct fj_crl *c, struct fj_err *err)
{
	bool root = j->kind == HSM_CRL_ROOT;
	const struct fj_buf *tbs = root ? mem_root_tbs(&j->s->mem, j->role) : NULL;
	struct fj_x509 ca;
	unsigned generation;

	MUST(tbs == NULL || tbs->len > 0, "design.md 2", "the CA of this CRL is not made yet");
	FJ_TRY(tbs != NULL ? fj_x509_read_tbs(fj_buf_slice(tbs), &ca, err) : ca_named(j->s, j->alg, c->aki, &ca, &generation, j->key, err));
	MUST(c->alg == j->alg, "RFC 5280 5.1.1.2", "the CRL names another signature algorithm than its issuer's key has");
	MUST(fj_slice_eq(c->issuer, ca.subject) && fj_slice_eq(c->aki, ca.ski), "RFC 5280 5.1.2.3", "the issuer is not our CA");
	if (root)
		MUST(policy_path_is(j, c->uri, "/crl/root%s.crl"), "RFC 5280 5.2.5", "the distribution point is not the root CRL's");
	else
		MUST(policy_numbered(j, c->uri, "/crl/") > 0, "RFC 5280 5.2.5", "the distribution point is not a shard of this appliance");
	int64_t off = c->this_update - j->now, span = c->next_update - c->this_update;
	MUST(off <= NOW_TOLERANCE && off >= -NOW_TOLERANCE, "RFC 5280 5.1.2.4", "thisUpdate is not now");
	MUST(span > 0 && span <= (root ? 401 * 86400 : 49 * 3600), "RFC 5280 5.1.2.5", "nextUpdate is too far away");
	return FJ_OK;
}

static int by_serial(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* entries of the list, sorted by serial; none twice; of one that only grows, none that could leave */
static enum fj_rc collect(const struct fj_crl *c, fj_time now, bool grows, struct mem_entry *out, struct fj_err *err)
{
	struct fj_der walk = c->entries;
	struct fj_crl_entry e;
	size_t n = 0;

	while (fj_crl_next(&walk, &e)) {
		MUST(e.serial.len == 16, "RFC 5280 5.1.2.6", "an entry's serial number is not one of ours");
		MUST(e.at <= now + NOW_TOLERANCE, "RFC 5280 5.1.2.6", "an entry's date lies in the future");
		MUST(!grows || e.reason != HOLD, "design.md 2", "a CA is not suspended: entries of the root's list only grow");
		memcpy(out[n].serial, e.serial.p, 16);
		out[n].at = e.at;
		out[n++].reason = (uint8_t)e.reason;
	}
	qsort(out, n, sizeof(*out), by_serial);
	for (size_t i = 1; i < n; i++)
		MUST(memcmp(out[i - 1].serial, out[i].serial, 16) != 0, "RFC 5280 5.1.2.6", "a serial number stands twice");
	return FJ_OK;
}

static enum fj_rc put_entry(struct fj_buf *d, const struct mem_entry *e, uint8_t reason, uint32_t *n)
{
	(*n)++;
	FJ_TRY(fj_buf_put(d, e->serial, 16));
	FJ_TRY(fj_put_u64(d, (uint64_t)e->at));
	return fj_put_u8(d, reason);
}

/* what the new list changes, against what is remembered */
static enum fj_rc compare(const struct hsm_job *j, const struct mem_crl *old, const struct mem_entry *now, size_t n,
    struct fj_buf *changes, uint32_t *count, struct fj_err *err)
{
	size_t a = 0, b = 0, n_old = old == NULL ? 0 : old->n;
	struct fj_hash content;
	enum fj_rc rc = FJ_OK;

	while (rc == FJ_OK && (a < n_old || b < n)) {
		int order = a == n_old ? 1 : b == n ? -1 : memcmp(old->entry[a].serial, now[b].serial, 16);
		if (order < 0) {
			MUST(old->entry[a].reason == HOLD, "lesson 6", j->kind == HSM_CRL_ROOT ? "a revoked CA would leave the CRL; where its revocation was cut, ask for it again (fujie ceremony root-crl --revoke)"
			    : "a revoked certificate would leave the CRL");
			fj_content_serial(old->entry[a].serial, &content);
			FJ_TRY(intent_lift(j, &content, err));
			rc = put_entry(changes, &old->entry[a++], GONE, count);
		} else if (order > 0) {
			rc = put_entry(changes, &now[b], now[b].reason, count);
			b++;
		} else {
			bool same = old->entry[a].reason == now[b].reason && old->entry[a].at == now[b].at;
			MUST(same || old->entry[a].reason == HOLD, "lesson 6", "a revoked certificate's date or reason would change");
			if (!same)
				rc = put_entry(changes, &now[b], now[b].reason, count);
			a++;
			b++;
		}
	}
	return rc;
}

enum fj_rc policy_crl(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	struct fj_crl c;
	uint32_t count = 0;
	FJ_AUTO(buf) changes = FJ_BUF_INIT(16u << 20);

	FJ_TRY(fj_crl_read_tbs(tbs, &c, err));
	FJ_TRY(check_head(j, &c, err));
	const struct mem_crl *old = mem_crl_find(&j->s->mem, c.uri);
	MUST(old == NULL || c.number > old->number, "RFC 5280 5.2.3", "the CRL's number does not rise");
	uint64_t most = old != NULL && old->number > (uint64_t)j->now ? old->number : (uint64_t)j->now;
	MUST(c.number <= most + NUMBER_AHEAD, "RFC 5280 5.2.3", "the CRL's number leaves none for the lists that come after it");
	FJ_AUTO(mem) mem = fj_alloc(c.n + 1, sizeof(struct mem_entry));
	if (mem == NULL)
		return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory for a CRL");
	FJ_TRY(collect(&c, j->now, j->kind == HSM_CRL_ROOT, mem, err));
	enum fj_rc rc = compare(j, old, mem, c.n, &changes, &count, err);
	if (rc == FJ_E_POLICY)
		return rc;
	if (rc != FJ_OK || fj_put_u8(delta, MEM_OP_CRL) != FJ_OK || fj_put_bytes(delta, c.uri) != FJ_OK ||
	    fj_put_u64(delta, c.number) != FJ_OK || fj_put_u32(delta, count) != FJ_OK ||
	    fj_buf_put(delta, changes.data, changes.len) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
	return FJ_OK;
}
