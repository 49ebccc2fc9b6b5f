/*
 * sm2.c - a certificate or license token once more, signed under the SM2 hierarchy.
 *
 * It is made when somebody asks, of one that is in force, and says the same: content, number and end
 * are those of the first; serial number, key and begin are its own.  What becomes of the first becomes
 * of it by the same event: one status entry, whose list is signed in both hierarchies, and an entry in
 * the CRL of each.  So there is nothing to suspend or revoke by itself, and nothing that can be
 * forgotten.  Who checks it needs nothing of P-256 but the authorisation, which is signed once.
 *
 * Events: certificate-sm2.intended  number  {the intent, "of": number, "first": serial of the first}, and -issued, -abandoned;
 * token-sm2.intended  id  {"of", "payload"}.  An attempt that was given up can be made anew, as number~2.
 */
#include "base/secret.h"
#include "issuer/compromise.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/signed.h"
#include "issuer/token.h"

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *cite, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "issuer", cite, en, zh);
}

static enum fj_rc check_home(const struct iss_call *c, struct fj_err *err)
{
	return c->iss->sm2 ? FJ_OK : no(err, FJ_E_STATE, "design.md 3", "this appliance was made without an SM2 hierarchy; that is decided at its ceremony (init --sm2)",
	    "本机建立时未启用 SM2 体系；须在建立时（init --sm2）决定");
}

/* the object of the next attempt; refused when there is one that was made or is being made */
static enum fj_rc next_object(struct sto *db, enum pipe_kind kind, const char *number, char out[64], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) tries = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_TWIN_GET, &q, err, "it", (int64_t)kind, number));
	FJ_TRY(sto_step(&q, &row, err));
	if (row && strcmp(sto_text(&q, 1), "ABANDONED") != 0)
		return no(err, FJ_E_EXISTS, "lesson 2", "it is there under the SM2 hierarchy already, or being made", "该凭证的 SM2 版本已存在或正在制作");
	FJ_TRY(sto_first(db, STO_TWIN_TRIES, &tries, "attempt", err, "it", (int64_t)kind, number));
	int64_t n = sto_int(&tries, 0);
	int len = n == 0 ? snprintf(out, 64, "%s", number) : snprintf(out, 64, "%s~%lld", number, (long long)n + 1);
	return len > 0 && len < 64 ? FJ_OK : fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "a number is too long");
}

static enum fj_rc first_body(struct sto *db, enum pipe_kind kind, const char *number, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_INTENT_GET, &q, number, err, "it", (int64_t)kind, number));
	return fj_json_parse(fj_slice_str(sto_text(&q, 2)), 1u << 20, out, err);
}

/* the list's address in the other hierarchy: BASE/status/5 to BASE/status/sm2-5 */
static enum fj_rc other_list(const struct iss *i, const char *uri, char out[201], struct fj_err *err)
{
	int64_t list;

	FJ_TRY(sts_list_of(uri, &list, err));
	snprintf(out, 201, "%.150s/status/%s%lld", iss_base(i), fj_alg_prefix(FJ_SM2), (long long)list);
	return FJ_OK;
}

/* --- certificates --- */

#define MAX_TWINS 500

/* in force, and the asker's department's to issue */
static enum fj_rc check_certificate(struct iss_call *c, const char *number, struct dom_cert *t, json_t **body, char object[64], struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};

	FJ_TRY(num_check(number, err));
	FJ_TRY(dom_cert_get(c->db, number, t, err));
	FJ_TRY(dom_org_get(c->db, t->holder, &holder, err));
	FJ_TRY(iss_rule_no_foreign_issuer(holder.finance, c->actor->org, err));
	if (strcmp(t->state, "ACTIVE") != 0 || c->now > t->not_after)
		return no(err, FJ_E_STATE, "domain.md 5.3", "only a certificate that is in force is signed once more", "仅有效证书可另签 SM2 版本");
	FJ_TRY(next_object(c->db, PIPE_CERTIFICATE_SM2, number, object, err));
	return first_body(c->db, PIPE_CERTIFICATE, number, body, err);
}

/* The twin of a certificate with its holder's key bears an SM2 key of the same holder's, and of one without none: both say the same. */
static enum fj_rc key_of(struct iss_call *c, const struct dom_cert *t, const json_t *body, struct fj_buf *spki, json_t *item, struct fj_err *err)
{
	bool own = fj_json_num(body, "key_origin") != 0, given = json_object_get(c->params, "request") != NULL;

	if (own && !given)
		return no(err, FJ_E_REFUSED, "GB/T 20518 5.2.3.7", "the certificate bears a P-256 or P-384 key of its holder's, which an SM2 certificate can't: add the holder's request for an SM2 key (PKCS#10), one certificate at a time",
		    "该证书载有持有单位的 P-256 或 P-384 公钥，SM2 证书不能承载：请提交持有单位 SM2 密钥的证书请求（PKCS#10），每次一份证书");
	if (!own && given)
		return no(err, FJ_E_REFUSED, "domain.md decision 7", "the certificate bears no key of its holder's, so its SM2 version bears none; leave the request out, or issue a certificate with the holder's key first",
		    "该证书未载持有单位公钥，其 SM2 版本也不载；请去掉证书请求，或者先颁发载有持有单位公钥的证书");
	return own ? dom_key_sm2_into(c, t->holder, spki, item, err) : FJ_OK;
}

static enum fj_rc numbers_of(const json_t *list, json_t **sorted, struct fj_err *err)
{
	*sorted = dom_sorted(list);
	if (json_array_size(list) == 0 || json_array_size(list) > MAX_TWINS || json_array_size(*sorted) != json_array_size(list)) {
		json_decref(*sorted);
		*sorted = NULL;
		return no(err, FJ_E_INVALID, "lesson 6", "1 to 500 certificates are named, each once", "请选择 1 至 500 份证书，不得重复");
	}
	return FJ_OK;
}

enum fj_rc cmd_certificate_sm2(struct iss_call *c, struct fj_err *err)
{
	json_t *sorted = NULL, *v;
	size_t i;
	char object[80];

	FJ_TRY(check_home(c, err));
	FJ_AUTO(json) one = json_pack("[s*]", fj_json_peek(c->params, "number"));
	const json_t *list = json_object_get(c->params, "certificates");
	FJ_TRY(numbers_of(json_array_size(list) > 0 ? list : one, &sorted, err));
	FJ_AUTO(json) owned = sorted;
	if (json_array_size(sorted) > 1 && json_object_get(c->params, "request") != NULL)
		return no(err, FJ_E_INVALID, "domain.md decision 7", "a request is for one certificate", "一份证书请求只用于一份证书");
	FJ_AUTO(json) items = json_array();
	json_array_foreach(sorted, i, v) {
		struct dom_cert t;
		FJ_AUTO(json) body = NULL;
		FJ_AUTO(buf) spki = FJ_BUF_INIT(1024);
		char name[64], content[65];
		FJ_TRY(check_certificate(c, json_string_value(v), &t, &body, name, err));
		FJ_AUTO(json) item = json_pack("{s:s, s:s, s:s, s:s}", "number", t.number, "sha256", t.sha256, "asset_no", t.asset_no, "holder", t.holder);
		FJ_TRY(key_of(c, &t, body, &spki, item, err));
		FJ_TRY(dom_cert_content(body, FJ_SM2, 0, fj_json_num(body, "not_after"), fj_buf_slice(&spki), content, err));
		FJ_TRY(fj_json_set(item, "content", json_string(content)));
		if (json_array_append(items, item) != 0)
			return fj_no_memory(err, "issuer");
	}
	snprintf(object, sizeof(object), "%.60s", json_array_size(sorted) == 1 ? json_string_value(json_array_get(sorted, 0)) : "certificates");
	FJ_AUTO(json) payload = json_pack("{s:O}", "certificates", items);
	return apr_request(c, "certificate.sm2", object, c->actor->org, payload, err);
}

/* the holder's, as it was approved, or one that nobody has */
static enum fj_rc put_key(struct iss_call *c, const struct dom_cert *t, const json_t *item, struct fj_buf *spki64, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(256);
	const char *own = fj_json_peek(item, "spki");

	if (own == NULL) {
		FJ_TRY(ca_ephemeral_spki(FJ_SM2, &spki, err));
		return fj_b64u_put(spki64, fj_buf_slice(&spki));
	}
	FJ_TRY(dom_key_usable(c->db, fj_json_text(item, "spki_sha256"), t->holder, err)); /* it may have been reported since */
	return fj_buf_puts(spki64, own);
}

static enum fj_rc intend_certificate(struct iss_call *c, const json_t *item, struct fj_err *err)
{
	const char *number = fj_json_text(item, "number");
	struct dom_cert t;
	struct ca_serial serial;
	FJ_AUTO(json) body = NULL;
	FJ_AUTO(buf) spki64 = FJ_BUF_INIT(512);
	char object[64], hex[33], uri[201];

	FJ_TRY(check_certificate(c, number, &t, &body, object, err));
	ca_serial_new(&serial);
	fj_hex(serial.b, sizeof(serial.b), hex);
	FJ_TRY(put_key(c, &t, item, &spki64, err));
	FJ_TRY(other_list(c->iss, fj_json_text(body, "uri"), uri, err));
	int64_t first = iss_issuing_newest(c->iss, FJ_SM2)->shard, shard = fj_json_num(body, "shard"); /* the first one's number, but in a list of its own CA's key */
	FJ_AUTO(json) own = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "of", t.number, "first", t.serial, "serial", hex, "spki", fj_buf_str(&spki64), "uri", uri, "not_before", (json_int_t)c->now,
	    "shard", (json_int_t)(first > shard ? first : shard));
	if (own == NULL || json_object_update(body, own) != 0)
		return fj_no_memory(err, "issuer");
	return pipe_intend(c, PIPE_CERTIFICATE_SM2, object, body, err);
}

enum fj_rc apr_certificate_sm2(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	size_t i;
	json_t *v;

	FJ_TRY(check_home(c, err));
	json_array_foreach(json_object_get(a->payload, "certificates"), i, v)
		FJ_TRY(intend_certificate(c, v, err));
	c->answer = json_pack("{s:i}", "certificates", (int)json_array_size(json_object_get(a->payload, "certificates")));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_certificate_sm2_intended(const struct evt *e, struct fj_err *err)
{
	FJ_TRY(cmp_bind_spki(e->db, fj_json_text(e->body, "spki"), "certificate", fj_json_text(e->body, "of"), err));
	/* the shard has the first one's number; below 0 it is the SM2 hierarchy's */
	return sto_run(e->db, STO_TWIN_ADD, NULL, err, "ittttii", (int64_t)PIPE_CERTIFICATE_SM2, fj_json_text(e->body, "of"), e->object, fj_json_text(e->body, "serial"),
	    fj_json_text(e->body, "first"), -fj_json_num(e->body, "shard"), e->seq);
}

/* what became of the first while this one was made becomes of it now */
enum fj_rc apply_certificate_sm2_issued(const struct evt *e, struct fj_err *err)
{
	FJ_TRY(sto_run(e->db, STO_TWIN_STATE, NULL, err, "tiit", "ISSUED", e->seq, (int64_t)PIPE_CERTIFICATE_SM2, e->object));
	return sto_run(e->db, STO_CRL_TWIN_LATE, NULL, err, "iit", (int64_t)PIPE_CERTIFICATE_SM2, e->seq, e->object);
}

enum fj_rc apply_certificate_sm2_abandoned(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_TWIN_STATE, NULL, err, "tiit", "ABANDONED", e->seq, (int64_t)PIPE_CERTIFICATE_SM2, e->object);
}

/* --- tokens --- */

static enum fj_rc move_entry(struct iss_call *c, json_t *holder, const char *key, struct fj_err *err)
{
	json_t *ref = json_object_get(holder, key);
	char uri[201];

	FJ_TRY(other_list(c->iss, fj_json_peek(ref, "uri"), uri, err));
	FJ_AUTO(json) moved = sts_json(uri, (uint32_t)fj_json_num(ref, "idx"));
	return moved != NULL && json_object_set(holder, key, moved) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* the same claims: issued now, begun now at the earliest, every status entry in its SM2 list */
static enum fj_rc claims_of(struct iss_call *c, const char *id, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) body = NULL;

	FJ_TRY(first_body(c->db, PIPE_TOKEN, id, &body, err));
	FJ_AUTO(json) p = json_deep_copy(json_object_get(body, "payload"));
	if (p == NULL || json_object_set_new(p, "iat", json_integer((json_int_t)c->now)) != 0 ||
	    (fj_json_num(p, "nbf") < c->now && json_object_set_new(p, "nbf", json_integer((json_int_t)c->now)) != 0))
		return fj_no_memory(err, "issuer");
	FJ_TRY(move_entry(c, json_object_get(p, "status"), "status_list", err));
	FJ_TRY(move_entry(c, json_object_get(p, "asset"), "status", err));
	FJ_TRY(move_entry(c, json_object_get(p, "parent"), "status", err));
	*out = fj_move(p);
	return FJ_OK;
}

/* an operator's own, in force, and not made before */
static enum fj_rc check_token(struct iss_call *c, const char *id, char object[64], struct fj_err *err)
{
	struct token t;

	FJ_TRY(check_home(c, err));
	FJ_TRY(tok_get(c->db, id, &t, err));
	if (strcmp(t.operator_, c->actor->org) != 0)
		return no(err, FJ_E_FORBIDDEN, "167·三(四)", "the license is another operator's", "该许可令牌属于另一运营机构");
	if (strcmp(t.state, "ACTIVE") != 0 || c->now > t.not_after)
		return no(err, FJ_E_STATE, "domain.md 5.3", "only a license that is in force is signed once more", "仅有效许可令牌可另签 SM2 版本");
	return next_object(c->db, PIPE_TOKEN_SM2, id, object, err);
}

static enum fj_rc intend_token(struct iss_call *c, const char *id, struct fj_err *err)
{
	json_t *claims = NULL;
	char object[64];

	FJ_TRY(check_token(c, id, object, err));
	FJ_TRY(claims_of(c, id, &claims, err));
	FJ_AUTO(json) owned = claims;
	FJ_AUTO(json) body = json_pack("{s:s, s:O}", "of", id, "payload", claims);
	FJ_TRY(pipe_intend(c, PIPE_TOKEN_SM2, object, body, err));
	c->answer = json_pack("{s:s}", "id", id);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_token_sm2(struct iss_call *c, struct fj_err *err)
{
	const char *id = fj_json_peek(c->params, "id");
	int persons = sgn_tokens(c->iss);
	char object[64];

	if (persons == 0)
		return intend_token(c, id, err);
	FJ_TRY(check_token(c, id, object, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:i}", "id", id, "persons", persons);
	FJ_TRY(tok_shown(c->db, id, payload, err));
	return apr_request(c, "token.sm2", id, c->actor->org, payload, err);
}

enum fj_rc apr_token_sm2(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	return intend_token(c, a->object, err);
}

enum fj_rc apply_token_sm2_intended(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_TWIN_ADD, NULL, err, "ittnnii", (int64_t)PIPE_TOKEN_SM2, fj_json_text(e->body, "of"), e->object, (int64_t)0, e->seq);
}

enum fj_rc apply_token_sm2_issued(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_TWIN_STATE, NULL, err, "tiit", "ISSUED", e->seq, (int64_t)PIPE_TOKEN_SM2, e->object);
}

enum fj_rc apply_token_sm2_abandoned(const struct evt *e, struct fj_err *err)
{
	return sto_run(e->db, STO_TWIN_STATE, NULL, err, "tiit", "ABANDONED", e->seq, (int64_t)PIPE_TOKEN_SM2, e->object);
}

/* --- reading --- */

enum fj_rc dom_twin(struct iss *i, struct sto *db, enum pipe_kind kind, const char *number, struct fj_buf *credential, struct fj_buf *proof, struct fj_err *err)
{
	char object[64];
	{
		FJ_AUTO(sto_q) q = {0};
		bool row;
		FJ_TRY(sto_query(db, STO_TWIN_GET, &q, err, "it", (int64_t)kind, number));
		FJ_TRY(sto_step(&q, &row, err));
		if (!row || strcmp(sto_text(&q, 1), "ISSUED") != 0)
			return FJ_OK;
		FJ_TRY(fj_strcopy(object, sizeof(object), sto_text(&q, 0)));
	}
	return log_credential(i, db, kind, object, credential, proof, err);
}
