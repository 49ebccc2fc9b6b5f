/*
 * practice_tables.c - the tables of the practice statement: each is written from the rows that the program
 * itself goes by (profiles, extensions, terms, roles, approvals, events, the ceremony's plan).
 */
#include "issuer/practice.h"

#define DAY 86400
#define BASIS_PROFILES "standard: RFC 5280; docs/formats.md 2"
#define BASIS_PLAN "standard: docs/formats.md 22"
#define BASIS_ROOT "standard: docs/formats.md 24"
#define BASIS_UNSEAL "standard: docs/formats.md 30"

static const struct role {
	uint32_t bit;
	const char *name, *zh, *en, *may_zh, *may_en, *source;
} roles[] = {
#define ROLE(name, zh, en, may_zh, may_en, source) {ISS_##name, #name, zh, en, may_zh, may_en, source},
#include "issuer/roles.def"
#undef ROLE
};

static enum fj_rc cells(struct prc *p, const char *const words[][2], size_t n)
{
	for (size_t k = 0; k < n; k++) {
		FJ_TRY(fj_buf_puts(p->out, "| "));
		FJ_TRY(prc_both(p, words[k][0], words[k][1]));
		FJ_TRY(fj_buf_puts(p->out, " "));
	}
	FJ_TRY(fj_buf_puts(p->out, "|\n"));
	for (size_t k = 0; k < n; k++)
		FJ_TRY(fj_buf_puts(p->out, "| --- "));
	return fj_buf_puts(p->out, "|\n");
}

/* --- 1.2, 1.3.5, 5.2 --- */

static enum fj_rc fingerprints(struct prc *p)
{
	struct fj_hash h;
	char hex[65];

	if (p->model)
		return FJ_OK;
	for (int a = FJ_ES256; a < FJ_ALG_END; a++) {
		const struct fj_buf *root = &p->c->iss->ca[a].root;
		if (root->len == 0)
			continue;
		fj_sha256(fj_buf_slice(root), &h);
		fj_hex(h.b, sizeof(h.b), hex);
		FJ_TRY(prc_both(p, "根证书 SHA-256", "SHA-256 of the root certificate"));
		FJ_TRY(fj_buf_printf(p->out, " (%s): `%s`\n\n", fj_alg_name((enum fj_alg)a), hex));
	}
	return FJ_OK;
}

static enum fj_rc roles_table(struct prc *p)
{
	static const char *const words[][2] = {{"角色", "role"}, {"职责", "what it does"}, {"依据", "basis"}};

	FJ_TRY(cells(p, words, FJ_ARRAY_LEN(words)));
	for (size_t k = 0; k < FJ_ARRAY_LEN(roles); k++) {
		FJ_TRY(fj_buf_puts(p->out, "| "));
		FJ_TRY(prc_both(p, roles[k].zh, roles[k].en));
		FJ_TRY(fj_buf_puts(p->out, " | "));
		FJ_TRY(prc_both(p, roles[k].may_zh, roles[k].may_en));
		FJ_TRY(fj_buf_printf(p->out, " | %s |\n", roles[k].source));
	}
	return fj_buf_puts(p->out, "\n");
}

static enum fj_rc officers(struct prc *p)
{
	if (p->model)
		return prc_para(p, "根密钥官员由密钥仪式方案指明；其他角色见 1.3.5。", "The root's officers are those of the ceremony's plan; other roles as in 1.3.5.", BASIS_PLAN);
	if (!p->officers)
		return prc_para(p, "根密钥未设官员方案；角色见 1.3.5。", "The root has no plan of officers; roles as in 1.3.5.", BASIS_ROOT);
	FJ_TRY(prc_para(p, "根密钥官员：", "The root's officers:", BASIS_PLAN));
	for (unsigned k = 0; k < p->plan.n; k++)
		FJ_TRY(fj_buf_printf(p->out, "* %s (%s)\n", p->plan.officer[k].name, p->plan.officer[k].login));
	return fj_buf_puts(p->out, "\n");
}

static enum fj_rc quorum(struct prc *p)
{
	char zh[320], en[320], m[16] = "M", n[16] = "N";

	if (!p->model && !p->officers)
		return prc_para(p, "根密钥仅在密钥仪式中使用；此后的根吊销列表须两名经办人批准，由软件执行。", "The root's key is used in the ceremony alone; its CRL after that takes two officers' names, which software enforces.", BASIS_ROOT);
	if (!p->model) {
		snprintf(m, sizeof(m), "%u", p->plan.root);
		snprintf(n, sizeof(n), "%u", p->plan.n);
	}
	snprintf(zh, sizeof(zh), "根密钥的每次签名须由方案所列 %s 名官员中的 %s 名以本人密钥批准，由 TPM 策略执行（TPM2_PolicySigned），无其他途径。", n, m);
	snprintf(en, sizeof(en), "Each signature of the root's key takes %s of the plan's %s officers, each with a key of his own; the TPM's policy asks for it (TPM2_PolicySigned), and there is no way around.", m, n);
	return prc_para(p, zh, en, BASIS_PLAN);
}

/* what opens the issuing keys after a start */
static enum fj_rc activation(struct prc *p)
{
	char zh[320], en[400], m[16] = "M", n[16] = "N";

	if (!p->model && p->plan.unseal == 0)
		return prc_para(p, "签发密钥在签名服务启动后即可由其策略使用。", "The issuing keys are at the signer's policy from its start on.", BASIS_UNSEAL);
	if (!p->model) {
		snprintf(m, sizeof(m), "%u", p->plan.unseal);
		snprintf(n, sizeof(n), "%u", p->plan.n);
	}
	snprintf(zh, sizeof(zh), "%s签发密钥在签名服务每次启动后处于封存状态，须由方案所列 %s 名官员中的 %s 名批准解封，由 TPM 策略执行；解封前不签发证书和证书吊销列表。", p->model ? "方案要求封存的，" : "", n, m);
	snprintf(en, sizeof(en), "%sfter each start of the signer the issuing keys are sealed until %s of the plan's %s officers have them unsealed, which the TPM's policy asks for; until then no certificate and no CRL is signed.",
	    p->model ? "Where the plan seals them, a" : "A", m, n);
	return prc_para(p, zh, en, BASIS_UNSEAL);
}

/* names, or a dash */
static enum fj_rc names(struct prc *p, uint32_t role, bool asks)
{
	FJ_AUTO(json) list = apr_kinds_of(role, asks);
	size_t k;
	json_t *v;

	if (json_array_size(list) == 0)
		return fj_buf_puts(p->out, "—");
	json_array_foreach(list, k, v)
		FJ_TRY(fj_buf_printf(p->out, "%s%s", k > 0 ? ", " : "", json_string_value(v)));
	return FJ_OK;
}

static enum fj_rc approvals(struct prc *p)
{
	static const char *const words[][2] = {{"角色", "role"}, {"提出", "asks for"}, {"第二人批准", "decides as the second person"}};

	FJ_TRY(cells(p, words, FJ_ARRAY_LEN(words)));
	for (size_t k = 0; k < FJ_ARRAY_LEN(roles); k++) {
		FJ_TRY(fj_buf_puts(p->out, "| "));
		FJ_TRY(prc_both(p, roles[k].zh, roles[k].en));
		FJ_TRY(fj_buf_puts(p->out, " | "));
		FJ_TRY(names(p, roles[k].bit, true));
		FJ_TRY(fj_buf_puts(p->out, " | "));
		FJ_TRY(names(p, roles[k].bit, false));
		FJ_TRY(fj_buf_puts(p->out, " |\n"));
	}
	return fj_buf_puts(p->out, "\n〔inferred: DB33/T 1329 [E]〕\n\n");
}

static enum fj_rc events(struct prc *p)
{
	static const struct {
		const char *kind, *zh, *en, *basis, *clause;
	} rows[] = {
#define EVENT_WORD(kind, zh, en, basis, clause) {kind, zh, en, basis, clause},
#include "issuer/event_words.def"
#undef EVENT_WORD
	};

	for (size_t k = 0; k < FJ_ARRAY_LEN(rows); k++) {
		FJ_TRY(fj_buf_printf(p->out, "* %s: ", rows[k].kind));
		FJ_TRY(prc_both(p, rows[k].zh, rows[k].en));
		FJ_TRY(rows[k].clause[0] != '\0' ? fj_buf_printf(p->out, " 〔%s: %s〕\n", rows[k].basis, rows[k].clause) : fj_buf_puts(p->out, "\n"));
	}
	return fj_buf_puts(p->out, "\n");
}

/* --- 4: the department's own numbers --- */

static enum fj_rc terms(struct prc *p)
{
	static const char *const words[][2] = {{"政策配置", "policy profile"}, {"取值", "value"}, {"依据", "basis"}};
	static const struct {
		const char *key, *zh, *en, *clause;
	} rows[] = {
#define PROFILE_GROUP(group, zh, en)
#define PROFILE(group, key, kind, unit, least, most, def, zh, en, clause) {key, zh, en, clause},
#include "issuer/profile.def"
#undef PROFILE
#undef PROFILE_GROUP
	};

	FJ_TRY(cells(p, words, FJ_ARRAY_LEN(words)));
	for (size_t k = 0; k < FJ_ARRAY_LEN(rows); k++) {
		const char *value = fj_json_peek(p->facts, rows[k].key);
		if (value == NULL)
			continue; /* switches and tables: `fujie profile show` */
		FJ_TRY(fj_buf_puts(p->out, "| "));
		FJ_TRY(prc_both(p, rows[k].zh, rows[k].en));
		FJ_TRY(fj_buf_printf(p->out, " (%s) | %s | profile%s%s |\n", rows[k].key, value, rows[k].clause[0] != '\0' ? ": " : "", rows[k].clause));
	}
	return fj_buf_puts(p->out, "\n");
}

/* --- 5.6 --- */

static enum fj_rc changeover(struct prc *p)
{
	static const char *const words[][2] = {{"对象", "what"}, {"届满前开始更替（天）", "begun so many days before its end"}, {"届满前紧急（天）", "urgent so many days before"}, {"依据", "basis"}};
	static const char *const what[] = {"root", "issuing", "token", "status", "log", "ocsp", "root.crl"};

	FJ_TRY(cells(p, words, FJ_ARRAY_LEN(words)));
	for (size_t k = 0; k < FJ_ARRAY_LEN(what); k++) {
		const struct ca_term *t = ca_term_of(what[k]);
		FJ_TRY(fj_buf_printf(p->out, "| %s | %lld | %lld | standard: %s |\n", what[k], (long long)(t->soon / DAY), (long long)(t->urgent / DAY), t->clause));
	}
	return fj_buf_puts(p->out, "\n");
}

/* --- 6.3.2, 7.1 --- */

static const struct ca_profile_row *next(enum ca_profile *id)
{
	const struct ca_profile_row *r = NULL;

	while (r == NULL && *id < CA_PROFILE_END)
		r = ca_profile_find((*id)++);
	return r;
}

static enum fj_rc periods(struct prc *p)
{
	static const char *const words[][2] = {{"证书", "certificate"}, {"有效期不超过", "valid at most"}};
	enum ca_profile id = CA_ROOT;

	FJ_TRY(cells(p, words, FJ_ARRAY_LEN(words)));
	for (const struct ca_profile_row *r; (r = next(&id)) != NULL;) {
		FJ_TRY(fj_buf_printf(p->out, "| %s | %d ", r->name, r->years > 0 ? r->years : r->days));
		FJ_TRY(prc_both(p, r->years > 0 ? "年" : "天", r->years > 0 ? "years" : "days"));
		FJ_TRY(fj_buf_puts(p->out, " |\n"));
	}
	return fj_buf_puts(p->out, "\n〔" BASIS_PROFILES "〕\n\n");
}

static enum fj_rc profiles(struct prc *p)
{
	static const char *const words[][2] = {{"模板", "profile"}, {"主体 CN", "subject's CN"}, {"密钥用途", "key usage"}, {"扩展密钥用途", "extended key usage"}, {"路径长度", "path length"}};
	enum ca_profile id = CA_ROOT;
	char eku[96];

	FJ_TRY(cells(p, words, FJ_ARRAY_LEN(words)));
	for (const struct ca_profile_row *r; (r = next(&id)) != NULL;) {
		FJ_TRY(ca_profile_eku(&p->home, r, eku, sizeof(eku)));
		FJ_TRY(fj_buf_printf(p->out, "| %s | ", r->name));
		FJ_TRY(r->cn != NULL ? fj_buf_puts(p->out, p->home.demo ? r->cn_demo : r->cn) : prc_both(p, "资产名称", "asset name"));
		if (r->id == CA_SUBORDINATE)
			FJ_TRY(prc_both(p, "＋行政区划限制", "+ the division that it is limited to"));
		FJ_TRY(fj_buf_printf(p->out, " | %s | %s | ", r->ku == FJ_KU_SIGN ? "digitalSignature" : "keyCertSign, cRLSign", eku[0] != '\0' ? eku : "—"));
		FJ_TRY(r->pathlen >= 0 ? fj_buf_printf(p->out, "%d |\n", r->pathlen) : fj_buf_puts(p->out, "— |\n"));
	}
	FJ_TRY(fj_buf_puts(p->out, "\n"));
	if (p->sm2)
		return prc_para(p, "SM2 体系的系统自身证书 CN 末尾加“ SM2”。", "Of the SM2 hierarchy the CN of the appliance's own ends in \" SM2\".", BASIS_PROFILES);
	return fj_buf_puts(p->out, "〔" BASIS_PROFILES "〕\n\n");
}

static enum fj_rc extensions(struct prc *p)
{
	static const char *const words[][2] = {{"模板", "profile"}, {"扩展项（对象标识符）", "extensions (object identifier)"}};
	enum ca_profile id = CA_ROOT;

	FJ_TRY(cells(p, words, FJ_ARRAY_LEN(words)));
	for (const struct ca_profile_row *r; (r = next(&id)) != NULL;) {
		bool first = true;
		FJ_TRY(fj_buf_printf(p->out, "| %s | ", r->name));
		for (unsigned bit = 1; bit <= FJ_X_PRIVATE; bit <<= 1) {
			const struct ca_extension *e = ca_extension_find(bit, r->ca);
			if (!(r->wants & bit) || e == NULL)
				continue;
			FJ_TRY(fj_buf_printf(p->out, "%s%s (%s%s%s)", first ? "" : ", ", e->name, e->oid[0] == '.' ? p->home.arc : "", e->oid, e->critical ? ", critical" : ""));
			first = false;
		}
		FJ_TRY(fj_buf_puts(p->out, " |\n"));
	}
	return fj_buf_puts(p->out, "\n〔" BASIS_PROFILES "〕\n\n");
}

static enum fj_rc algorithms(struct prc *p)
{
	static const char *const words[][2] = {{"算法", "algorithm"}, {"签名算法对象标识符", "object identifier of its signatures"}, {"依据", "basis"}};
	char oid[96];

	FJ_TRY(cells(p, words, FJ_ARRAY_LEN(words)));
	for (int a = FJ_ES256; a < FJ_ALG_END; a++) {
		struct fj_der d, s;
		if (a == FJ_SM2 && !p->sm2)
			continue;
		fj_der_init(&d, ca_algorithm((enum fj_alg)a));
		FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &s, NULL));
		FJ_TRY(fj_der_oid(&s, oid, sizeof(oid), NULL));
		FJ_TRY(fj_buf_printf(p->out, "| %s | %s | standard: %s |\n", a == FJ_SM2 ? "SM2 / SM3" : "ECDSA P-256 / SHA-256", oid, a == FJ_SM2 ? "GB/T 20518" : "RFC 5758 3.2"));
	}
	return fj_buf_puts(p->out, "\n");
}

enum fj_rc prc_table(struct prc *p, const char *name, struct fj_err *err)
{
	static const struct {
		const char *name;
		enum fj_rc (*write)(struct prc *p);
	} tables[] = {{"fingerprints", fingerprints}, {"roles", roles_table}, {"officers", officers}, {"quorum", quorum}, {"activation", activation}, {"approvals", approvals}, {"events", events}, {"terms", terms},
		{"changeover", changeover}, {"periods", periods}, {"profiles", profiles}, {"extensions", extensions}, {"algorithms", algorithms}};

	for (size_t k = 0; k < FJ_ARRAY_LEN(tables); k++)
		if (strcmp(tables[k].name, name) == 0)
			return tables[k].write(p) == FJ_OK ? FJ_OK : fj_no_memory(err, "practice");
	return fj_fail(err, FJ_E_INTERNAL, "practice", NULL, "there is no table \"%s\"", name);
}
