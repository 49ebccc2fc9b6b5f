/*
 * report.c - the report under construction and the document made of it.
 *
 * A report always has every check of docs/formats.md section 8 in its order.
 * A check starts as "not reached", which is unknown and so never permits; texts
 * that came from outside are cut at a whole character and lose their control
 * characters before they are kept, because they end up on terminals and pages.
 */
#include "verifier/internal.h"

#include <stdarg.h>

static const struct {
	const char *name, *clause, *zh_failed;
} checks[CK_COUNT] = {
	[CK_FORM] = {"form", "formats.md 5", "格式不合规，拒绝解析"},
	[CK_ALGORITHM] = {"algorithm", "RFC 8725 3.1", "签名算法不在允许之列（仅 ES256 与 SM2）"},
	[CK_CHAIN] = {"chain", "RFC 5280 6", "证书链不成立"},
	[CK_SIGNER] = {"signer", "formats.md 2", "签名证书的用途或签发地址不符"},
	[CK_SIGNER_STATUS] = {"signer status", "RFC 5280 6.3", "签名证书的状态不可信"},
	[CK_SIGNATURE] = {"signature", "RFC 7515 5.2", "签名不成立"},
	[CK_TIME] = {"time", "RFC 7519 4.1", "不在有效期内"},
	[CK_STATUS] = {"status", "draft-ietf-oauth-status-list-21 8.3", "状态异常"},
	[CK_ASSET_STATUS] = {"asset status", "formats.md 5.1", "数据资产状态异常"},
	[CK_AUTH_STATUS] = {"authorisation status", "formats.md 5.1", "授权状态异常"},
	[CK_NARROWING] = {"narrowing", "R13", "超出上级授权范围"},
	[CK_SCOPE] = {"scope", "formats.md 8", "所述用途超出许可范围"},
	[CK_RESTRICTIONS] = {"restrictions", "R04", "所述行为受到禁止"},
	[CK_HOLDER] = {"holder", "domain.md decision 7", "持有人不符"},
	[CK_QUOTA] = {"quota", "formats.md 5.1", "数量超出限额"},
	[CK_FRESHNESS] = {"freshness", "formats.md 8", "状态资料过旧"},
	[CK_LOGGED] = {"logged", "formats.md 19", "公开日志载入证明不成立"},
};

void ver_keep(char *out, size_t cap, const char *in)
{
	size_t n = 0;

	while (n < cap - 1 && in[n] != '\0') {
		unsigned char c = (unsigned char)in[n];
		out[n++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	while (n > 0 && in[n] != '\0' && ((unsigned char)in[n] & 0xc0) == 0x80)
		n--;
	out[n] = '\0';
	for (size_t i = 0; i + 1 < n; i++) /* C1 controls, as UTF-8 writes them */
		if ((unsigned char)out[i] == 0xc2 && (unsigned char)out[i + 1] < 0xa0)
			out[i] = out[i + 1] = '?';
	if (!fj_utf8_valid(fj_slice_str(out)))
		out[0] = '\0';
}

void ver_report_begin(struct ver_report *r, fj_time at)
{
	r->verdict = VER_DENY;
	r->kind = "unknown";
	r->at = at;
	r->subject = NULL;
	r->n = CK_COUNT;
	r->as_of = r->until = 0;
	r->n_path = 0;
	r->past = false;
	r->tpm = VER_TPM_NONE;
	r->n_wanted = 0;
	for (size_t k = 0; k < CK_COUNT; k++) {
		struct ver_check *c = &r->check[k];
		c->name = checks[k].name;
		c->outcome = VER_NOT_APPLICABLE;
		c->clause[0] = c->evidence[0] = c->en[0] = c->zh[0] = '\0';
	}
}

void ver_report_expect(struct ver_report *r, const char *kind, unsigned wanted)
{
	r->kind = kind;
	for (size_t k = 0; k < CK_COUNT; k++)
		if (wanted & (1u << k))
			r->check[k].outcome = VER_UNKNOWN;
}

/* our own texts, cut at a whole character if one were too long */
static void copy(char *out, size_t cap, const char *in)
{
	size_t n = strlen(in);

	if (n >= cap)
		ver_keep(out, cap, in);
	else
		memcpy(out, in, n + 1);
}

void ver_say(struct ver_report *r, enum ver_ck k, enum ver_outcome o, const char *clause, const char *en, const char *zh)
{
	struct ver_check *c = &r->check[k];

	c->outcome = o;
	copy(c->clause, sizeof(c->clause), clause);
	copy(c->en, sizeof(c->en), en);
	copy(c->zh, sizeof(c->zh), zh);
}

void ver_say_alg(struct ver_report *r, enum fj_alg alg)
{
	if (alg == FJ_SM2)
		ver_say(r, CK_ALGORITHM, VER_PASS, "GB/T 32918.2", "SM2 with SM3, under the SM2 root", "SM2 与 SM3，经 SM2 根证书验证");
	else
		ver_say(r, CK_ALGORITHM, VER_PASS, "RFC 5758 3.2", "ECDSA on P-256 with SHA-256 (ES256)", "P-256 曲线 ECDSA 与 SHA-256（ES256）");
}

void ver_say_err(struct ver_report *r, enum ver_ck k, enum ver_outcome o, const struct fj_err *e)
{
	struct ver_check *c = &r->check[k];

	c->outcome = o;
	ver_keep(c->clause, sizeof(c->clause), e->cite[0] != '\0' ? e->cite : checks[k].clause);
	ver_keep(c->en, sizeof(c->en), e->en); /* may quote the credential */
	ver_keep(c->zh, sizeof(c->zh), e->zh[0] != '\0' ? e->zh : checks[k].zh_failed);
}

void ver_evidence(struct ver_report *r, enum ver_ck k, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0)
		ver_keep(r->check[k].evidence, sizeof(r->check[k].evidence), text);
}

void ver_find(struct ver_finding *f, enum ver_outcome o, const char *clause, const char *en, const char *zh)
{
	f->outcome = o;
	f->clause = clause;
	f->en = en;
	f->zh = zh;
	f->evidence[0] = f->address[0] = '\0';
	f->from = f->to = 0;
}

void ver_want(struct ver_report *r, enum ver_item kind, const char *name)
{
	for (size_t i = 0; i < r->n_wanted; i++)
		if (r->wanted[i].kind == kind && strcmp(r->wanted[i].name, name) == 0)
			return;
	if (r->n_wanted == VER_MAX_WANTED || fj_strcopy(r->wanted[r->n_wanted].name, sizeof(r->wanted[0].name), name) != FJ_OK)
		return;
	r->wanted[r->n_wanted++].kind = kind;
}

/* the earlier of two times, of which 0 is none */
static fj_time earlier(fj_time a, fj_time b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

void ver_say_finding(struct ver_report *r, enum ver_ck k, const struct ver_finding *f)
{
	ver_say(r, k, f->outcome, f->clause, f->en, f->zh);
	if (f->evidence[0] != '\0')
		ver_evidence(r, k, "%s", f->evidence);
	if (f->address[0] != '\0')
		ver_want(r, f->wanted, f->address);
	r->as_of = earlier(r->as_of, f->from);
	r->until = earlier(r->until, f->to);
}

static int badness(enum ver_outcome o)
{
	return o == VER_FAIL ? 2 : o == VER_UNKNOWN ? 1 : 0;
}

void ver_worse(struct ver_finding *a, const struct ver_finding *b)
{
	fj_time from = earlier(a->from, b->from), to = earlier(a->to, b->to);

	if (badness(b->outcome) > badness(a->outcome))
		*a = *b;
	a->from = from;
	a->to = to;
}

/* a text for every check that nothing was said about */
static void fill_rest(struct ver_report *r)
{
	for (size_t k = 0; k < CK_COUNT; k++) {
		if (r->check[k].en[0] != '\0')
			continue;
		if (r->check[k].outcome == VER_NOT_APPLICABLE)
			ver_say(r, (enum ver_ck)k, VER_NOT_APPLICABLE, checks[k].clause, "does not apply to this kind of credential", "不适用于此类凭证");
		else
			ver_say(r, (enum ver_ck)k, VER_UNKNOWN, checks[k].clause, "was not reached, because of an earlier failure", "因前项未通过，未予检查");
	}
}

/* how old the status is on which all of this rests */
static void check_freshness(struct ver_report *r, int64_t max_age)
{
	char at[FJ_TIME_CAP];

	if (r->as_of == 0)
		return;
	if (max_age == 0)
		ver_say(r, CK_FRESHNESS, VER_NOT_REQUESTED, "formats.md 8", "no greatest age was named", "未要求核对状态资料的时限");
	else if (r->at - r->as_of <= max_age)
		ver_say(r, CK_FRESHNESS, VER_PASS, "formats.md 8", "the status is no older than was asked", "状态资料未超过所要求的时限");
	else
		ver_say(r, CK_FRESHNESS, VER_UNKNOWN, "formats.md 8", "the status is older than was asked: get a newer trust or bundle", "状态资料超过所要求的时限，请获取新的信任资料或核验包");
	fj_time_utc(r->as_of, at);
	ver_evidence(r, CK_FRESHNESS, "as of %s, %lld s old", at, (long long)(r->at - r->as_of));
}

void ver_report_end(struct ver_report *r, int64_t max_age)
{
	int worst = 0;

	check_freshness(r, max_age);
	fill_rest(r);
	for (size_t k = 0; k < r->n; k++)
		if (badness(r->check[k].outcome) > worst)
			worst = badness(r->check[k].outcome);
	r->verdict = worst == 2 ? VER_DENY : worst == 1 ? VER_INDETERMINATE : VER_PERMIT;
	/* nothing permits unless form, chain and signature were really checked */
	if (r->verdict == VER_PERMIT && (r->check[CK_FORM].outcome != VER_PASS || r->check[CK_CHAIN].outcome != VER_PASS ||
	    r->check[CK_SIGNATURE].outcome != VER_PASS || r->check[CK_TIME].outcome != VER_PASS))
		r->verdict = VER_DENY;
}

void ver_report_release(struct ver_report *r)
{
	json_decref(r->subject);
	r->subject = NULL;
}

const struct ver_check *ver_report_worst(const struct ver_report *r)
{
	const struct ver_check *worst = NULL;

	for (size_t k = 0; k < r->n; k++)
		if (badness(r->check[k].outcome) > (worst == NULL ? 0 : badness(worst->outcome)))
			worst = &r->check[k];
	return worst;
}

bool ver_report_passed(const struct ver_report *r, const char *check)
{
	for (size_t k = 0; k < r->n; k++)
		if (strcmp(r->check[k].name, check) == 0)
			return r->check[k].outcome == VER_PASS;
	return false;
}

const char *ver_verdict_name(enum ver_verdict v)
{
	static const char *const names[] = {[VER_PERMIT] = "permit", [VER_DENY] = "deny", [VER_INDETERMINATE] = "indeterminate"};

	return names[v];
}

const char *ver_tpm_name(enum ver_tpm tpm)
{
	static const char *const names[] = {[VER_TPM_NONE] = "none", [VER_TPM_SOFTWARE] = "software", [VER_TPM_HARDWARE] = "hardware"};

	return names[tpm];
}

const char *ver_tpm_text(enum ver_tpm tpm, bool chinese)
{
	static const char *const texts[][2] = {
		[VER_TPM_NONE] = {"it is not shown that the keys lie in a TPM", "未能证明密钥在 TPM 中"},
		[VER_TPM_SOFTWARE] = {"the keys lie in a TPM by its own word; nothing shows that it is hardware", "密钥在 TPM 中（依其自身声明），尚无证据表明为硬件 TPM"},
		[VER_TPM_HARDWARE] = {"the keys lie in the TPM of a vendor's endorsement certificate, as the plan's officers bound it", "密钥在持有厂商背书证书的 TPM 中，经方案官员核对绑定"},
	};

	return texts[tpm][chinese];
}

/* texts of a report are UTF-8 since they were put into it: a thousand reports need not be looked at again */
static bool put(json_t *o, const char *key, const char *text)
{
	return json_object_set_new_nocheck(o, key, json_string_nocheck(text)) == 0;
}

json_t *ver_check_json(const struct ver_check *c)
{
	static const char *const outcomes[] = {[VER_PASS] = "pass", [VER_FAIL] = "fail", [VER_UNKNOWN] = "unknown",
		[VER_NOT_REQUESTED] = "not requested", [VER_NOT_APPLICABLE] = "not applicable"};

	FJ_AUTO(json) text = json_object();
	FJ_AUTO(json) o = json_object();

	bool ok = put(text, "en", c->en) && put(text, "zh", c->zh) && put(o, "name", c->name) && put(o, "outcome", outcomes[c->outcome]) &&
	    put(o, "clause", c->clause) && put(o, "evidence", c->evidence) && json_object_set_nocheck(o, "text", text) == 0;
	return ok ? fj_move(o) : NULL;
}

/* what no verdict of this library covers, said each time */
static json_t *not_checked(const struct ver_report *r)
{
	json_t *list = json_array();
	bool token = strcmp(r->kind, "token") == 0;

	json_array_append_new(list, json_string("that nothing newer was published than this trust holds / 信任资料之后发布的变动"));
	if (r->past)
		json_array_append_new(list, json_string("that no key was found compromised since, unless the newest CRL is at hand / 此后是否发现密钥泄露（除非已取得最新吊销列表）"));
	if (token && r->check[CK_HOLDER].outcome != VER_PASS)
		json_array_append_new(list, json_string("that who presents the token is its holder / 出示者是否为持有人本人"));
	if (token || strcmp(r->kind, "authorisation") == 0)
		json_array_append_new(list, json_string("quota already used elsewhere / 在他处已用的限额"));
	if (strcmp(r->kind, "report") == 0) {
		json_array_append_new(list, json_string("that no further version of the report was fixed / 是否另有后续版本"));
		json_array_append_new(list, json_string("the figures, which are the signing register's / 指标数据，由签名的登记系统负责"));
	}
	if (token && r->check[CK_NARROWING].outcome == VER_NOT_APPLICABLE)
		json_array_append_new(list, json_string("that the token lies within its authorisation: asserted by the issuer / 令牌未超出授权：仅由签发方声明"));
	if ((token || strcmp(r->kind, "authorisation") == 0 || strcmp(r->kind, "certificate") == 0) && r->check[CK_LOGGED].outcome != VER_PASS)
		json_array_append_new(list, json_string("that it stands in the issuer's public log / 是否已载入签发方公开日志"));
	return list;
}

/* by which CA and which root */
static json_t *path(const struct ver_report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_path; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "name", r->path[i].name, "sha256", r->path[i].sha256));
	return list;
}

json_t *ver_report_json(const struct ver_report *r)
{
	char at[FJ_TIME_CAP], until[FJ_TIME_CAP];
	json_t *list = json_array();

	for (size_t k = 0; k < r->n; k++)
		json_array_append_new(list, ver_check_json(&r->check[k]));
	fj_time_utc(r->at, at);
	json_t *out = json_pack("{s:s, s:s, s:O, s:s, s:o, s:o, s:s}", "verdict", ver_verdict_name(r->verdict), "kind", r->kind, "subject", r->subject,
	    "at", at, "checks", list, "not_checked", not_checked(r), "tpm", ver_tpm_name(r->tpm));
	if (out != NULL && r->n_path > 0)
		json_object_set_new(out, "path", path(r));
	if (out == NULL || r->as_of == 0)
		return out;
	fj_time_utc(r->as_of, at);
	fj_time_utc(r->until, until);
	json_object_set_new(out, "status", json_pack("{s:s, s:s}", "as_of", at, "until", until));
	return out;
}
