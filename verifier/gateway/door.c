/*
 * door.c - may this request pass?  A license token, what is wanted with it, and
 * who shows it.
 *
 * A verdict alone is not enough at a door: an authorisation or a certificate is
 * public and lets nobody in; a token that is bound to a key or a client
 * certificate comes with a proof of it, made for this door and never shown
 * before; what it uses is written down before the answer.  Whatever goes wrong,
 * the answer is no.
 */
#include "base/note.h"
#include "verifier/gateway/gateway.h"

#define MAX_USE 4096

struct work {
	struct gw *g;
	const struct gw_request *r;
	struct gw_answer *a;
	fj_time now;
	struct fj_slice compact, proof; /* parts of the token as it was shown */
	struct fj_jws jws;              /* read, not verified */
	const char *binding, *nonce;
	struct fj_hash seen;            /* of the proof: what may not come twice */
	bool proved;
	fj_time until;
	json_t *kb;
};

static bool no(struct gw_answer *a, int status, const char *reason, const char *en, const char *zh)
{
	a->status = status;
	snprintf(a->reason, sizeof(a->reason), "%s", reason);
	snprintf(a->en, sizeof(a->en), "%s", en);
	snprintf(a->zh, sizeof(a->zh), "%s", zh);
	return false;
}

static bool no_because(struct gw_answer *a, const char *check, const struct fj_err *e)
{
	char reason[160];

	snprintf(reason, sizeof(reason), "%s%s%s%s", check, e->cite[0] != '\0' ? " [" : "", e->cite, e->cite[0] != '\0' ? "]" : "");
	return no(a, 403, reason, e->en, e->zh);
}

/* --- what was shown --- */

/* enough of the token to know what to ask of it; the verifier reads it all again, strictly */
static bool peek(struct work *w)
{
	const char *tilde = strchr(w->r->token, '~');
	struct fj_err err = {.rc = FJ_OK};

	if (tilde == NULL)
		return no(w->a, 403, "form [RFC 9901 4]", "this is no license token: a token ends in ~, or in ~ and a proof", "并非许可令牌");
	w->compact = FJ_SLICE(w->r->token, (size_t)(tilde - w->r->token));
	w->proof = fj_slice_str(tilde + 1);
	if (w->compact.len + w->proof.len > FJ_TOKEN_MAX)
		return no(w->a, 403, "form [standards.md]", "the token is larger than 16 KiB", "令牌超过 16 KiB");
	if (fj_jws_read(w->compact, FJ_TOKEN_MAX, &w->jws, &err) != FJ_OK)
		return no_because(w->a, "form", &err);
	const char *vct = fj_json_text(w->jws.payload, "vct");
	if (strcmp(vct, FJ_VCT_TOKEN) != 0 || fj_token_check(w->jws.payload, &err) != FJ_OK)
		return no(w->a, 403, "form [RFC 8725 3.11]", "only a license token lets anybody in", "仅许可令牌可用于放行");
	w->binding = fj_json_text(w->jws.payload, "binding");
	return true;
}

static bool read_proof(struct work *w, int64_t *iat)
{
	const uint8_t *a = memchr(w->proof.p, '.', w->proof.len), *b = memrchr(w->proof.p, '.', w->proof.len);
	FJ_AUTO(buf) raw = FJ_BUF_INIT(FJ_TOKEN_MAX);

	if (a == NULL || a == b || fj_b64u_get((const char *)a + 1, (size_t)(b - a) - 1, &raw) != FJ_OK ||
	    fj_json_parse(fj_buf_slice(&raw), FJ_TOKEN_MAX, &w->kb, NULL) != FJ_OK ||
	    fj_json_str(w->kb, "nonce", 256, &w->nonce, NULL) != FJ_OK || fj_json_int(w->kb, "iat", 0, FJ_TIME_MAX, iat, NULL) != FJ_OK)
		return false;
	/* another signature over the same words is the same proof: ECDSA has two for each */
	struct fj_slice words = w->g->conf->nonces ? fj_slice_str(w->nonce) : FJ_SLICE(w->proof.p, (size_t)(b - w->proof.p));
	fj_sha256(words, &w->seen);
	return true;
}

/* Is it fresh, and for us?  Signature, audience and token are the verifier's to check. */
static bool check_proof(struct work *w)
{
	const struct gw_conf *c = w->g->conf;
	int64_t iat;

	if (c->audience == NULL)
		return no(w->a, 403, "holder [RFC 9901 7.3]", "this gateway has no audience (--audience), so no proof can be for it", "网关未配置受众（--audience），无法核验持有证明");
	if (w->proof.len == 0)
		return no(w->a, 401, "holder [RFC 9901 7.3]", "a proof of the holder's key is missing: append a Key Binding JWT with a nonce of GET /nonce", "缺少持有证明：请附上含 GET /nonce 所给随机数的 Key Binding JWT");
	if (!read_proof(w, &iat))
		return no(w->a, 403, "holder [RFC 9901 4.3]", "the proof can't be read, or lacks nonce or iat", "持有证明无法解析，或缺少 nonce、iat");
	if (iat > w->now + c->window || iat < w->now - c->window)
		return no(w->a, 401, "holder [RFC 9901 7.3]", "the proof was not made just now; look at the clocks", "持有证明不是刚刚生成的，请核对时钟");
	if (c->nonces && !gw_nonce_good(w->nonce, w->now))
		return no(w->a, 401, "holder [RFC 9901 7.3]", "the nonce is not one of this gateway, or is too old; get a new one", "随机数并非本网关所发或已过期，请重新获取");
	w->proved = true;
	w->until = c->nonces ? w->now + GW_NONCE_SECONDS : iat + c->window;
	return true;
}

/* --- what is wanted --- */

static bool join(char out[MAX_USE + 1], const char *key, const char *value)
{
	size_t n = strlen(out);

	if (value == NULL || value[0] == '\0')
		return true;
	int m = snprintf(out + n, MAX_USE + 1 - n, "%s%s%s", n > 0 ? "," : "", key, value);
	return m > 0 && (size_t)m < MAX_USE + 1 - n;
}

/* Fixed part, the proxy's part, and what we know ourselves; a key that stands twice is refused, so
 * that neither can be widened by the other. */
static bool read_use(struct work *w, char text[MAX_USE + 1], struct ver_use **use)
{
	const struct gw_conf *c = w->g->conf;
	struct fj_err err = {.rc = FJ_OK};
	bool mtls = strcmp(w->binding, "mtls") == 0;

	text[0] = '\0';
	if (!join(text, "", c->use) || !join(text, "", w->r->use))
		return no(w->a, 403, "scope [formats.md 8]", "the use is too long", "用途过长");
	if (text[0] == '\0')
		return no(w->a, 403, "scope [formats.md 8]", "nothing says what the token is used for: configure --use, or let the proxy set X-Fujie-Use", "未说明用途：请配置 --use 或由代理设置 X-Fujie-Use");
	if (strchr(w->r->user, ',') != NULL || !join(text, "user=", w->r->user) || !join(text, "audience=", mtls ? NULL : c->audience))
		return no(w->a, 403, "scope [formats.md 8]", "the use is too long, or the user holds a comma", "用途过长，或用户含逗号");
	return ver_use_parse(text, use, &err) == FJ_OK || no_because(w->a, "scope", &err);
}

/* of a use that has been parsed; 0: none */
static int64_t quantity_of(const char *text)
{
	for (const char *p = text; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, "quantity=", 9) == 0)
			return strtoll(p + 9, NULL, 10);
	}
	return 0;
}

/* --- the verdict --- */

static void say_worst(struct gw_answer *a, const struct ver_report *r)
{
	const struct ver_check *worst = ver_report_worst(r);
	char reason[160];

	if (worst == NULL)
		return;
	snprintf(reason, sizeof(reason), "%s [%s]", worst->name, worst->clause);
	no(a, 403, reason, worst->en, worst->zh);
}

/* beside the token: another's, or none where one is demanded, is the verdict's to say */
static bool read_log_proof(struct work *w, struct fj_buf *out)
{
	const char *text = w->r->log_proof;

	return text[0] == '\0' || (fj_b64_get(text, strlen(text), out) == FJ_OK && out->len > 0) ||
	    no(w->a, 403, "logged [formats.md 19]", "X-Fujie-Log-Proof is not the base64 of a proof of logging", "X-Fujie-Log-Proof 不是公开日志载入证明的 base64");
}

static bool judge(struct work *w, const struct ver_use *use)
{
	FJ_AUTO(buf) log_proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	struct ver_input in = {.credential = fj_slice_str(w->r->token), .use = use, .now = w->now, .max_age = w->g->conf->max_age, .nonce = w->nonce, .logged = w->g->conf->logged};
	FJ_AUTO(ver_report) r = {.n = 0};
	struct fj_err err = {.rc = FJ_OK};
	struct gw_view *v;
	char x5t[GW_X5T];

	if (strcmp(w->binding, "mtls") == 0) {
		if (!gw_x5t(w->r->x5t, x5t))
			return no(w->a, 403, "holder [RFC 8705 3.1]", "what the proxy says of the client certificate is neither thumbprint nor one certificate", "代理所报客户端证书信息既非指纹也非单个证书");
		in.x5t = x5t;
	}
	if (!read_log_proof(w, &log_proof))
		return false;
	in.log_proof = fj_buf_slice(&log_proof);
	w->a->verdict = VER_INDETERMINATE; /* until there is one */
	if (gw_view_take(w->g->keep, &v, &err) != FJ_OK)
		return no_because(w->a, "status", &err);
	enum fj_rc rc = gw_judge(v, &in, &r, &err);
	gw_view_give(w->g->keep, v);
	if (rc != FJ_OK)
		return no_because(w->a, "form", &err);
	w->a->verdict = r.verdict;
	w->a->age = r.as_of != 0 ? w->now - r.as_of : -1;
	if (r.verdict != VER_PERMIT) {
		say_worst(w->a, &r);
		return false;
	}
	if (strcmp(r.kind, "token") == 0 && ver_report_passed(&r, "holder"))
		return true;
	w->a->verdict = VER_INDETERMINATE;
	return no(w->a, 403, "holder [domain.md decision 7]", "who shows the token has not proved to be its holder", "出示者未证明其为持有人");
}

/* --- the count --- */

static bool take(struct work *w, const char *use)
{
	const json_t *quota = json_object_get(json_object_get(w->jws.payload, "grant"), "quota");
	int64_t quantity = quantity_of(use);
	struct gw_take t = {.token = fj_json_text(w->jws.payload, "jti"), .now = w->now, .count = quantity > 0 ? quantity : 1,
		.limit = json_is_object(quota) ? fj_json_num(quota, "limit") : -1, .proof = w->proved ? &w->seen : NULL, .until = w->until};
	struct fj_err err = {.rc = FJ_OK};

	bool ok = !(json_is_object(quota) && quantity == 0 && strcmp(fj_json_text(quota, "unit"), "CALLS") != 0);
	if (!ok)
		no(w->a, 403, "quota [formats.md 5.1]", "the token's quota counts rows: name them with quantity= in the use", "令牌按行数限额，请在用途中给出 quantity");
	else if (gw_ledger_take(w->g->ledger, &t, &err) != FJ_OK)
		ok = no_because(w->a, err.rc == FJ_E_EXISTS ? "holder" : "quota", &err);
	if (!ok)
		w->a->verdict = err.rc == FJ_E_EXISTS || err.rc == FJ_E_REFUSED ? VER_DENY : VER_INDETERMINATE;
	return ok;
}

static bool pass(struct work *w)
{
	char text[MAX_USE + 1];
	FJ_AUTO(ver_use) use = NULL;

	if (w->r->token[0] == '\0')
		return no(w->a, 401, "form [RFC 6750 2.1]", "no token was shown: Authorization: Bearer, or X-Fujie-Token", "未出示令牌：请使用 Authorization: Bearer 或 X-Fujie-Token");
	if (!peek(w))
		return false;
	if (strcmp(w->binding, "key") == 0 && !check_proof(w))
		return false;
	if (strcmp(w->binding, "mtls") == 0 && w->r->x5t[0] == '\0')
		return no(w->a, 401, "holder [RFC 8705 3.1]", "the token is bound to a client certificate, and the proxy has seen none", "令牌绑定客户端证书，代理未见到客户端证书");
	return read_use(w, text, &use) && judge(w, use) && take(w, text);
}

void gw_ask(struct gw *g, const struct gw_request *r, struct gw_answer *a)
{
	struct work w = {.g = g, .r = r, .a = a, .now = fj_now(), .binding = ""};

	*a = (struct gw_answer){.status = 403, .verdict = VER_DENY, .age = -1};
	if (pass(&w)) {
		a->status = 200;
		snprintf(a->reason, sizeof(a->reason), "permit");
		snprintf(a->en, sizeof(a->en), "the token covers this use, and its holder shows it");
		snprintf(a->zh, sizeof(a->zh), "令牌许可本次使用，且由持有人出示");
	}
	fj_jws_release(&w.jws);
	json_decref(w.kb);
}
