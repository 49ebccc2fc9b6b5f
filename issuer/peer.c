/*
 * peer.c - 互信登记系统: whose signature under a return counts, and for whom.
 *
 * A signature says nothing until somebody has said whose key it is.  So an organisation
 * that takes in returns keeps a list of its own: the root certificate of another
 * register, its name, and the units whose reports that register signs.  Two officers
 * enter one, after comparing the fingerprint with what the other office gave them by
 * another way; one officer removes it at once.  What was taken in before stays as it was
 * marked then.  A root is trusted for its units only: a city's register can't report for
 * another city.
 */
#include "issuer/peer.h"

#include "base/jws.h"
#include "ca/ca.h"
#include "issuer/compromise.h"
#include "issuer/state.h"
#include "verifier/verify.h"

#define MAX_UNITS 500
#define MAX_PEM 65536
#define REPORT_IS "formats.md 14"

const struct iss_field fld_peer_add[] = {
	{"name", ISS_F_STR, true, DOM_MAX_NAME, "登记系统名称", "name of the other register"},
	{"root", ISS_F_FILE, true, MAX_PEM, "根证书", "its root certificate (PEM), after comparing the fingerprint"},
	{"signs_for", ISS_F_LIST, true, MAX_UNITS, "可签报告的单位代码", "USCCs of the units whose reports it signs"},
	{0},
};
const struct iss_field fld_peer_remove[] = {
	{"id", ISS_F_STR, true, 32, "编号", "the peer"},
	{"reason", ISS_F_STR, true, 400, "理由", "reason, for the record"},
	{0},
};

/* --- entering --- */

static enum fj_rc check_units(const json_t *units, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(units, i, v)
		if (!iss_usci_form(json_string_value(v)))
			return fj_refuse(err, FJ_E_INVALID, "issuer", "167·四(二)", "a unit is named by its unified social credit code", "单位应填写统一社会信用代码");
	return json_array_size(units) > 0 ? FJ_OK
	    : fj_refuse(err, FJ_E_INVALID, "issuer", "167·四(二)", "name the units whose reports the other register signs", "请填写由该登记系统签署报告的单位");
}

/* a root whose key was reported compromised is nobody's any more */
static enum fj_rc check_key(struct iss_call *c, struct fj_slice der, struct fj_err *err)
{
	struct ca_found key;
	char hex[65];

	FJ_TRY(ca_found_key(der, &key, err));
	fj_hex(key.spki_sha256.b, FJ_SHA256_LEN, hex);
	return cmp_key_free(c->db, hex, err);
}

static enum fj_rc check_new(struct iss_call *c, const char *b64, const char *sha256, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	bool row;

	FJ_TRY(fj_b64_get(b64, strlen(b64), &der));
	FJ_TRY(check_key(c, fj_buf_slice(&der), err));
	FJ_TRY(sto_query(c->db, STO_PEER_SAME, &q, err, "tt", c->actor->org, sha256));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", REPORT_IS, "this root is entered already: %s; remove that first to change its units", sto_text(&q, 0));
	fj_err_zh(err, "该根证书已录入（%s）；如需变更单位，请先移除", sto_text(&q, 0));
	return rc;
}

enum fj_rc cmd_peer_add(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(MAX_PEM);
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(2 * FJ_X509_MAX);
	FJ_AUTO(json) units = dom_sorted(json_object_get(c->params, "signs_for"));
	struct fj_hash h;
	char hex[65], id[32];

	FJ_TRY(check_units(units, err));
	FJ_TRY(iss_param_file(c, "root", &file, err));
	enum fj_rc rc = ver_root_read(fj_buf_slice(&file), &der, err);
	if (rc != FJ_OK) {
		fj_err_zh(err, "%s", "该文件不是自签名的根证书（PEM）");
		return rc;
	}
	fj_sha256(fj_buf_slice(&der), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	FJ_TRY(fj_b64_put(&b64, fj_buf_slice(&der)));
	FJ_TRY(check_new(c, fj_buf_str(&b64), hex, err));
	iss_new_id("PE-", 10, id);
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "id", id, "org", c->actor->org, "name", fj_json_text(c->params, "name"), "root", fj_buf_str(&b64), "sha256",
	    hex, "signs_for", units);
	FJ_TRY(apr_request(c, "peer.add", id, c->actor->org, payload, err));
	return fj_json_set(c->answer, "sha256", json_string(hex));
}

enum fj_rc apr_peer_add(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_TRY(check_new(c, fj_json_text(a->payload, "root"), fj_json_text(a->payload, "sha256"), err));
	FJ_TRY(evt_append(c, "peer.added", a->object, a->payload, err));
	c->answer = json_pack("{s:s, s:s, s:s, s:s}", "id", a->id, "state", "APPROVED", "peer", a->object, "sha256", fj_json_text(a->payload, "sha256"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_peer_added(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(buf) units = FJ_BUF_INIT(65536);
	const json_t *b = e->body;

	FJ_TRY(fj_json_canonical(json_object_get(b, "signs_for"), &units, err));
	return sto_run(e->db, STO_PEER_ADD, NULL, err, "tttttt" "ii", e->object, fj_json_text(b, "org"), fj_json_text(b, "name"), fj_json_text(b, "root"), fj_json_text(b, "sha256"),
	    fj_buf_str(&units), (int64_t)e->at, e->seq);
}

/* what is not trusted any more is so at once: one officer */
enum fj_rc cmd_peer_remove(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *id = fj_json_text(c->params, "id"), *to;

	FJ_TRY(sto_first(c->db, STO_PEER_GET, &q, id, err, "t", id));
	if (strcmp(sto_text(&q, 1), c->actor->org) != 0)
		return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 6", "whom another organisation trusts is its own to say", "互信登记系统由录入单位自行管理");
	FJ_TRY(iss_state_next(ISS_OBJ_PEER, sto_text(&q, 6), "remove", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s}", "to", to, "reason", fj_json_text(c->params, "reason"));
	FJ_TRY(evt_append(c, "peer.removed", id, body, err));
	c->answer = json_pack("{s:s, s:s}", "id", id, "state", to);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_peer_removed(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_PEER_STATE, NULL, err, "tit", fj_json_text(e->body, "to"), e->seq, e->object);
}

/* --- reading --- */

static json_t *peer_json(const struct sto_q *q, fj_time now)
{
	FJ_AUTO(json) units = NULL;
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 7), at);
	if (fj_json_parse(fj_slice_str(sto_text(q, 5)), 65536, &units, NULL) != FJ_OK)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:s}", "id", sto_text(q, 0), "state", sto_text(q, 6), "name", sto_text(q, 2), "org", sto_text(q, 1), "root_sha256", sto_text(q, 4),
	    "signs_for", units, "at", at);
}

enum fj_rc cmd_peer_list(struct iss_call *c, struct fj_err *err)
{
	return dom_list_rows(c, STO_PEER_LIST, peer_json, "id", err);
}

enum fj_rc cmd_peer_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) pem = FJ_BUF_INIT(2 * FJ_X509_MAX);
	const char *id = fj_json_text(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_PEER_GET, &q, id, err, "t", id));
	c->answer = peer_json(&q, c->now);
	FJ_TRY(fj_b64_get(sto_text(&q, 3), strlen(sto_text(&q, 3)), &der));
	FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&der), &pem, err));
	return fj_json_set(c->answer, "pem", json_string(fj_buf_str(&pem)));
}

/* --- judging --- */

static enum fj_rc unknown_root(const char *unit, bool root, struct fj_err *err)
{
	enum fj_rc rc;

	if (root) {
		rc = fj_fail(err, FJ_E_REFUSED, "issuer", REPORT_IS, "the register that signed this is not entered as one that signs reports of %s; two officers enter it with `fujie peer add`", unit);
		fj_err_zh(err, "签名的登记系统未被录入为可签署 %s 报告的互信登记系统；请由两名经办人录入（peer add）", unit);
		return rc;
	}
	rc = fj_fail(err, FJ_E_REFUSED, "issuer", REPORT_IS, "the root of the register that signed this is not known here; compare its fingerprint with the other office and enter it with `fujie peer add` (two officers)");
	fj_err_zh(err, "签名所属登记系统的根证书未录入；请与对方核对指纹后由两名经办人录入（peer add）");
	return rc;
}

/* the peer of org under whose root this issuing CA is, and which signs for the unit; q stands on it */
static enum fj_rc find_peer(struct iss_call *c, const char *org, const char *unit, struct fj_slice issuing, struct sto_q *q, struct ver_trust **trust, struct fj_err *err)
{
	bool row, root = false;

	FJ_TRY(sto_query(c->db, STO_PEER_OF, q, err, "t", org));
	for (;;) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		FJ_AUTO(json) units = NULL;
		FJ_AUTO(ver_trust) t = NULL;
		FJ_TRY(sto_step(q, &row, err));
		if (!row)
			return unknown_root(unit, root, err);
		FJ_TRY(fj_b64_get(sto_text(q, 3), strlen(sto_text(q, 3)), &der));
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 5)), 65536, &units, err));
		if (ver_trust_of(fj_buf_slice(&der), issuing, &t, NULL) != FJ_OK)
			continue;
		root = true;
		if (fj_list_has(units, unit)) {
			*trust = fj_move(t);
			return FJ_OK;
		}
	}
}

/* the first check that failed, or the first that could not be made */
static enum fj_rc refuse(const struct ver_report *r, struct fj_err *err)
{
	const struct ver_check *bad = NULL;

	for (size_t k = 0; k < r->n; k++) {
		const struct ver_check *one = &r->check[k];
		if (one->outcome == VER_FAIL && (bad == NULL || bad->outcome != VER_FAIL))
			bad = one;
		else if (one->outcome == VER_UNKNOWN && bad == NULL)
			bad = one;
	}
	if (bad == NULL)
		return fj_fail(err, FJ_E_REFUSED, "issuer", REPORT_IS, "the signed report is not accepted");
	bool open = bad->outcome == VER_UNKNOWN;
	fj_fail(err, FJ_E_REFUSED, "issuer", bad->clause, "the signed report is not accepted: %s: %s%s", bad->name, bad->en,
	    open ? "; ask for the file anew: its revocation lists are those of the day it was handed out" : "");
	fj_err_zh(err, "签名报告不予接收：%s%s", bad->zh, open ? "；请对方重新导出，文件所附吊销列表仅当时有效" : "");
	return FJ_E_REFUSED;
}

static enum fj_rc read_chain(const json_t *file, struct fj_jws *jws, struct fj_err *err)
{
	const char *compact;

	FJ_TRY(fj_signed_report_check(file, err));
	compact = fj_json_text(file, "signature");
	return fj_jws_read(fj_slice_str(compact), FJ_TOKEN_MAX, jws, err);
}

enum fj_rc peer_verify(struct iss_call *c, const char *org, const char *unit, const json_t *file, struct fj_slice bytes, json_t **signer, struct fj_err *err)
{
	FJ_AUTO(jws) jws = {.payload = NULL};
	FJ_AUTO(ver_trust) trust = NULL;
	FJ_AUTO(ver_report) r = {.subject = NULL};
	FJ_AUTO(sto_q) q = {0};
	const struct ver_input in = {.credential = bytes, .now = c->now};
	char at[FJ_TIME_CAP];

	enum fj_rc rc = read_chain(file, &jws, err);
	if (rc != FJ_OK) {
		fj_err_zh(err, "%s", "签名报告文件格式不合规");
		return rc;
	}
	FJ_TRY(find_peer(c, org, unit, fj_buf_slice(&jws.x5c[1]), &q, &trust, err));
	FJ_TRY(ver_verify(trust, &in, &r, err));
	if (r.verdict != VER_PERMIT)
		return refuse(&r, err);
	fj_time_utc(fj_json_num(r.subject, "iat"), at);
	*signer = json_pack("{s:s, s:s, s:s, s:O, s:s, s:O, s:s}", "peer", sto_text(&q, 0), "name", sto_text(&q, 2), "root", sto_text(&q, 4), "iss", json_object_get(r.subject, "iss"),
	    "kid", jws.kid, "report", json_object_get(r.subject, "report"), "signed_at", at);
	return *signer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
