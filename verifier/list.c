/*
 * list.c - status lists (draft-ietf-oauth-status-list-21, docs/formats.md 5.3):
 * read and checked when loaded, kept inflated, asked by index.
 *
 * A list speaks only for its own issuer: its sub lies under its iss, its iss is
 * the address in its signer's certificate, and the credential's issuer must be
 * the same.  Otherwise one issuer under the root could answer for another's
 * credentials.  A list that is missing or not current leaves the entry unknown.
 */
#include "verifier/internal.h"

#define WANT(cond, cite, what) FJ_ENSURE(cond, fj_fail(err, FJ_E_INVALID, "verify", cite, "%s", what))
#define DRAFT "draft-ietf-oauth-status-list-21"

void ver_list_release(struct ver_list *l)
{
	fj_free(l->map);
	l->map = NULL;
}

/* iss "/status/" digits, "sm2-" before them in a list of that hierarchy */
static bool uri_of_issuer(const char *uri, const char *iss)
{
	size_t n = strlen(iss);

	if (strncmp(uri, iss, n) != 0 || strncmp(uri + n, "/status/", 8) != 0)
		return false;
	const char *digits = uri + n + 8 + (strncmp(uri + n + 8, "sm2-", 4) == 0 ? 4 : 0);
	size_t d = strspn(digits, "0123456789");
	return d > 0 && d < 10 && digits[d] == '\0';
}

/* form of the payload; signature and signer are the callers' */
static enum fj_rc fill(const json_t *p, struct ver_list *out, struct fj_err *err)
{
	FJ_TRY(fj_status_list_check(p, err));
	const char *sub = fj_json_peek(p, "sub"), *iss = fj_json_peek(p, "iss");
	WANT(fj_strcopy(out->uri, sizeof(out->uri), sub) == FJ_OK && fj_strcopy(out->iss, sizeof(out->iss), iss) == FJ_OK,
	    DRAFT " 5.1", "a status list's sub or iss is too long");
	WANT(uri_of_issuer(sub, iss), DRAFT " 5.1", "a status list's sub is not an address of its issuer");
	out->from = fj_json_num(p, "iat");
	out->to = fj_json_num(p, "exp");
	out->map = fj_alloc(FJ_LIST_OCTETS, 1);
	if (out->map == NULL)
		return fj_no_memory(err, "verify");
	return fj_list_inflate(p, out->map, err);
}

static enum fj_rc check_signer(const struct ver_signer *s, const struct fj_jws *jws, struct fj_err *err)
{
	WANT(ver_signer_is(s, ".2.4"), "RFC 5280 4.2.1.12", "a status list is not signed under a status-signer certificate");
	WANT(strcmp(s->iss, fj_json_peek(jws->payload, "iss")) == 0, "RFC 5280 4.2.1.6", "a status list's iss is not the address in its signer's certificate");
	WANT(jws->alg == s->x.alg, "RFC 8725 3.1", "a status list's alg is another than its signer's key has");
	WANT((strstr(fj_json_peek(jws->payload, "sub"), "/status/sm2-") != NULL) == (jws->alg == FJ_SM2), "formats.md 5.3", "a status list's address is of another hierarchy than its signer");
	WANT(strcmp(s->kid, jws->kid) == 0, "RFC 7638", "a status list's kid is not the thumbprint of its signer's key");
	return FJ_OK;
}

static enum fj_rc read_list(const struct ver_trust *t, struct fj_slice jwt, struct ver_list *out, struct fj_err *err)
{
	FJ_AUTO(jws) jws = {.payload = NULL};
	FJ_AUTO(ver_signer) ref = {NULL, NULL};
	struct fj_err chain = {.rc = FJ_OK};

	FJ_TRY(ver_jws_read(t, jwt, FJ_STATUS_JWT_MAX, &jws, &ref, &chain, err));
	WANT(strcmp(jws.typ, FJ_TYP_STATUS) == 0, DRAFT " 5.1", "a status list's typ is not statuslist+jwt");
	FJ_TRY(fill(jws.payload, out, err));
	if (ref.s == NULL)
		return fj_fail(err, chain.rc, "verify", chain.cite, "%s", chain.en);
	FJ_TRY(check_signer(ref.s, &jws, err));
	WANT(ver_jws_verify(t, &jws, &ref), "RFC 7515 5.2", "a status list's signature does not verify");
	WANT(ref.owned == NULL, "formats.md 7", "the trust has more signers than can be kept");
	out->signer = ref.s;
	return FJ_OK;
}

enum fj_rc ver_list_read(const struct ver_trust *t, struct fj_slice jwt, struct ver_list *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	enum fj_rc rc = read_list(t, jwt, out, err);
	if (rc != FJ_OK)
		ver_list_release(out);
	return rc;
}

static void lacking(struct ver_finding *f, enum ver_item kind, struct fj_slice address)
{
	f->wanted = kind;
	snprintf(f->address, sizeof(f->address), "%.*s", (int)address.len, (const char *)address.p);
}

static void rests_on(struct ver_finding *f, const struct ver_list *l)
{
	f->from = l->from;
	f->to = l->to;
}

static void judge_entry(const struct ver_list *l, uint32_t idx, struct ver_finding *f)
{
	static const char *const en[] = {"in force", "revoked", "suspended", "superseded by a successor"};
	static const char *const zh[] = {"状态有效", "已吊销", "已暂停", "已被后继凭证取代"};
	unsigned v = fj_list_get(l->map, idx);
	char to[FJ_TIME_CAP];

	fj_time_utc(l->to, to);
	ver_find(f, v == 0 ? VER_PASS : VER_FAIL, DRAFT " 7", en[v], zh[v]);
	snprintf(f->evidence, sizeof(f->evidence), "%s#%u = %u, list valid to %s", l->uri, idx, v, to);
	rests_on(f, l);
}

static bool of_sm2(const char *uri)
{
	const char *name = strrchr(uri, '/');

	return name != NULL && strncmp(name + 1, "sm2-", 4) == 0;
}

void ver_status(const struct ver_trust *t, enum fj_alg alg, const char *iss, const char *uri, uint32_t idx, fj_time now, struct ver_finding *f)
{
	const struct ver_list *l = ver_trust_list(t, uri, now);

	if (of_sm2(uri) != (alg == FJ_SM2)) {
		ver_find(f, VER_FAIL, "formats.md 21", "it names a status list of the other hierarchy", "所引状态列表属于另一算法体系");
	} else if (l == NULL) {
		ver_find(f, VER_UNKNOWN, DRAFT " 8.3", "the trust has no such status list", "信任资料中没有该状态列表");
		lacking(f, VER_STATUS_LIST, fj_slice_str(uri));
	} else if (idx >= FJ_LIST_ENTRIES) {
		ver_find(f, VER_FAIL, DRAFT " 8.3", "the index lies outside of the list", "序号超出状态列表");
	} else if (strcmp(l->iss, iss) != 0) {
		ver_find(f, VER_UNKNOWN, DRAFT " 8.3", "the status list is another issuer's", "状态列表属于另一签发方");
	} else if (now > l->to || now + VER_SKEW < l->from) {
		ver_find(f, VER_UNKNOWN, DRAFT " 8.3", "the status list is not current at this time", "状态列表此时不在有效期内");
		lacking(f, VER_STATUS_LIST, fj_slice_str(uri));
		rests_on(f, l);
	} else if (!ver_signer_good(t, l->signer, now)) {
		ver_find(f, VER_UNKNOWN, "RFC 5280 6.3", "the status list's signer can't be trusted at this time", "状态列表的签名者此时不可信");
		lacking(f, VER_CRL, ver_path_lacks(t, &l->signer->x, l->signer->ca, now));
	} else {
		struct ver_finding of_signer; /* whose CRL bounds what the list is worth */
		judge_entry(l, idx, f);
		ver_path_revoked(t, &l->signer->x, l->signer->ca, now, &of_signer);
		f->from = of_signer.from != 0 && of_signer.from < f->from ? of_signer.from : f->from;
		f->to = of_signer.to != 0 && of_signer.to < f->to ? of_signer.to : f->to;
		return;
	}
	snprintf(f->evidence, sizeof(f->evidence), "%.200s#%u", uri, idx);
}

void ver_status_of(const struct ver_trust *t, enum fj_alg alg, const char *iss, const json_t *ref, fj_time now, struct ver_finding *f)
{
	const char *uri;
	uint32_t idx;

	if (fj_status_ref(ref, &idx, &uri, NULL) != FJ_OK)
		ver_find(f, VER_FAIL, "formats.md 5", "the status reference is malformed", "状态引用格式错误");
	else
		ver_status(t, alg, iss, uri, idx, now, f);
}

void ver_status_token(struct ver_finding *f)
{
	if (f->outcome == VER_FAIL && strcmp(f->en, "suspended") == 0) {
		f->en = "suspended, or its quota is used up";
		f->zh = "已暂停，或限额已用尽";
	}
}

void ver_status_authorisation(struct ver_finding *f)
{
	if (f->outcome == VER_FAIL && strcmp(f->en, "revoked") == 0) {
		f->en = "revoked (the authorisation was taken back or surrendered)";
		f->zh = "已撤销（授权已收回或已终止）";
	}
}

/* --- a status list as the credential to judge --- */

static void check_time(struct ver_job *j)
{
	const json_t *p = j->jws.payload;
	fj_time from = fj_json_num(p, "iat"), to = fj_json_num(p, "exp"), now = j->in->now;
	char a[FJ_TIME_CAP], b[FJ_TIME_CAP];

	if (now + VER_SKEW >= from && now <= to)
		ver_say(j->r, CK_TIME, VER_PASS, DRAFT " 8.3", "the list is current", "列表现行有效");
	else
		ver_say(j->r, CK_TIME, VER_FAIL, DRAFT " 8.3", "the list is not current at this time", "列表此时不在有效期内");
	if (j->r->as_of == 0 || from < j->r->as_of)
		j->r->as_of = from;
	if (j->r->until == 0 || to < j->r->until)
		j->r->until = to;
	fj_time_utc(from, a);
	fj_time_utc(to, b);
	ver_evidence(j->r, CK_TIME, "%s to %s", a, b);
}

void ver_verify_list(struct ver_job *j)
{
	struct fj_err err = {.rc = FJ_OK};
	struct ver_list l = {.map = NULL};
	const json_t *p = j->jws.payload;

	ver_report_expect(j->r, "status-list", 1u << CK_FORM | 1u << CK_ALGORITHM | 1u << CK_CHAIN | 1u << CK_SIGNER | 1u << CK_SIGNER_STATUS |
	    1u << CK_SIGNATURE | 1u << CK_TIME);
	enum fj_rc rc = fill(p, &l, &err);
	ver_list_release(&l);
	if (rc != FJ_OK) {
		j->nomem = rc == FJ_E_NOMEM;
		ver_say_err(j->r, CK_FORM, VER_FAIL, &err);
		return;
	}
	ver_say(j->r, CK_FORM, VER_PASS, DRAFT " 5.1", "a status list of 2^20 entries of two bits", "格式合规的状态列表（2^20 项，每项两位）");
	j->r->subject = json_pack("{s:s, s:s, s:I, s:I, s:I, s:i}", "iss", fj_json_peek(p, "iss"), "sub", fj_json_peek(p, "sub"), "iat",
	    (json_int_t)fj_json_num(p, "iat"), "exp", (json_int_t)fj_json_num(p, "exp"), "ttl", (json_int_t)fj_json_num(p, "ttl"), "entries", (int)FJ_LIST_ENTRIES);
	if (ver_job_signer(j, ".2.4"))
		check_time(j);
}
