/*
 * practice_facts.c - the values of the practice statement, each from where the program has it.
 */
#include <fcntl.h>
#include <stdarg.h>

#include "base/file.h"
#include "issuer/ceremony.h"
#include "issuer/life.h"
#include "issuer/practice.h"
#include "issuer/profile.h"
#include "issuer/publish/publish.h"

#define DAY 86400
#define HOUR 3600

enum fj_rc prc_fact(struct prc *p, const char *name, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < sizeof(text) ? fj_json_set(p->facts, name, json_string(text)) : FJ_E_LIMIT;
}

/* --- the home --- */

static enum fj_rc the_plan(struct prc *p, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_PLAN_MAX);

	enum fj_rc rc = fj_file_read(AT_FDCWD, CRM_DIR "/plan.json", &file, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	p->officers = true;
	return crm_plan(fj_buf_slice(&file), &p->plan, err);
}

/* may a key leave its TPM?  Only roots and the log's own, where the plan has a spare. */
static enum fj_rc moves(struct prc *p, struct fj_err *err)
{
	struct fj_tpm_name parent;
	char name[2 * FJ_TPM_NAME_LEN + 1];

	(void)err;
	if (!p->officers || p->plan.move == 0) {
		FJ_TRY(prc_fact(p, "continues_zh", "TPM 损毁的，其中密钥不可恢复，须另行举行密钥仪式。"));
		FJ_TRY(prc_fact(p, "continues_en", "A TPM that is destroyed takes its keys along: another ceremony is held."));
		FJ_TRY(prc_fact(p, "moves_zh", "密钥带 fixedTPM 与 fixedParent 属性，不能离开 TPM，不作备份。"));
		return prc_fact(p, "moves_en", "Keys are fixedTPM and fixedParent: they can't leave the TPM, and there is no backup.");
	}
	FJ_TRY(prc_fact(p, "continues_zh", "TPM 损毁的，备机凭系统副本接替：由两名经办人批准启用，再由方案 %u 名官员以迁往备机的根密钥认证下一代签发密钥；此前签发的凭证照常核验，编号不重复。", p->plan.root));
	FJ_TRY(prc_fact(p, "continues_en", "When the TPM is destroyed its spare takes over with a copy of the home: two finance officers put it into service, and %u officers of the plan have the moved root certify the next issuing key; what was issued before verifies on, and no number is given twice.", p->plan.root));
	fj_plan_parent_name(&p->plan, &parent);
	fj_hex(parent.b, sizeof(parent.b), name);
	FJ_TRY(prc_fact(p, "moves_zh", "根密钥不带 fixedTPM 属性：经方案 %u 名官员批准，可迁往且仅可迁往一台备机的 TPM（存储密钥名称 %s）；公开日志的 Ed25519 密钥随之迁往。其他密钥带 fixedTPM 与 fixedParent 属性，不能离开 TPM，不作备份。", p->plan.move, name));
	return prc_fact(p, "moves_en", "The roots' keys are not fixedTPM: %u officers of the plan may move them to the TPM of one spare and no further (storage key %s); the public log's Ed25519 key goes with them. All other keys are fixedTPM and fixedParent: they can't leave the TPM, and there is no backup.", p->plan.move, name);
}

static enum fj_rc home(struct prc *p, struct fj_err *err)
{
	char policy[96];

	if (p->model)
		p->home = (struct ca_home){.arc = "ARC", .base = "BASE", .operator_ = "OPERATOR"};
	else
		p->home = p->c->iss->home;
	p->sm2 = p->model || p->c->iss->sm2;
	if (!p->model)
		FJ_TRY(the_plan(p, err));
	FJ_TRY(ca_profile_policy(&p->home, policy, sizeof(policy)));
	FJ_TRY(prc_fact(p, "policy", "%s", policy));
	FJ_TRY(prc_fact(p, "arc", "%s", p->home.arc));
	FJ_TRY(prc_fact(p, "base", "%s", p->home.base));
	FJ_TRY(prc_fact(p, "operator", "%s", p->home.operator_));
	FJ_TRY(prc_fact(p, "algorithms_zh", "%s%s", fj_alg_name(FJ_ES256), p->sm2 ? "、SM2" : ""));
	FJ_TRY(prc_fact(p, "algorithms_en", "%s%s", fj_alg_name(FJ_ES256), p->sm2 ? " and SM2" : ""));
	FJ_TRY(moves(p, err));
	FJ_TRY(prc_fact(p, "tpm_zh", "%s", p->home.demo ? "本系统为演示环境，使用软件 TPM，仅证明逻辑，不证明保管" : "其种类见所公开的 TPM 证明（2.2）；软件 TPM 仅证明逻辑，不证明保管"));
	return prc_fact(p, "tpm_en", "%s", p->home.demo ? "of this demonstration, a software TPM, which proves the logic and not custody" : "of which kind, what it attests (2.2) says; a software TPM proves the logic and not custody");
}

/* --- constants --- */

static enum fj_rc constants(struct prc *p)
{
	const struct {
		const char *name;
		long long value;
	} rows[] = {
		{"root.pathlen", ca_profile_find(CA_ROOT)->pathlen}, {"issuing.pathlen", ca_profile_find(CA_ISSUING)->pathlen}, {"ocsp.days", ca_profile_find(CA_OCSP)->days},
		{"crl.life_hours", PUB_CRL_LIFE / HOUR}, {"crl.renew_hours", PUB_CRL_RENEW / HOUR}, {"crl.shard", STS_CRL_SHARD}, {"rootcrl.days", CRM_ROOT_CRL_DAYS},
		{"rootcrl.soon_days", ca_term_of("root.crl")->soon / DAY}, {"list.life_hours", PUB_LIST_LIFE / HOUR}, {"list.renew_hours", PUB_LIST_RENEW / HOUR},
		{"list.ttl", PUB_LIST_TTL}, {"list.bits", PUB_LIST_BITS}, {"ocsp.life_minutes", CA_OCSP_LIFE / 60}, {"ocsp.renew_days", PUB_OCSP_RENEW / DAY},
		{"serial.bits", (long long)sizeof(struct ca_serial) * 8 - 2}, {"session.idle_minutes", ISS_SESSION_IDLE / 60}, {"session.hours", ISS_SESSION_WHOLE / HOUR},
	};

	for (size_t k = 0; k < FJ_ARRAY_LEN(rows); k++)
		FJ_TRY(prc_fact(p, rows[k].name, "%lld", rows[k].value));
	return FJ_OK;
}

static enum fj_rc reasons(struct prc *p)
{
	FJ_AUTO(buf) list = FJ_BUF_INIT(512);
	const char *name;

	for (size_t k = 0; (name = dom_revocation_reason(k)) != NULL; k++)
		FJ_TRY(fj_buf_printf(&list, "%s%s", k > 0 ? ", " : "", name));
	return prc_fact(p, "reasons", "%s", fj_buf_str(&list));
}

/* numbers of the policy profile: what the department that runs this has adopted; of the model the defaults */
static enum fj_rc profile(struct prc *p, struct fj_err *err)
{
	static const struct {
		const char *key, *def;
	} keys[] = {
#define INT(key, def) {key, def},
#define FLAG(key, def)
#define MMDD(key, def)
#define DATES(key, def)
#define CLASSES(key, def)
#define CHAINS(key, def)
#define AUTHORITY(key, def)
#define CODES18(key, def)
#define PROFILE_GROUP(group, zh, en)
#define PROFILE(group, key, kind, unit, least, most, def, zh, en, clause) kind(key, def)
#include "issuer/profile.def"
#undef PROFILE
#undef PROFILE_GROUP
#undef INT
#undef FLAG
#undef MMDD
#undef DATES
#undef CLASSES
#undef CHAINS
#undef AUTHORITY
#undef CODES18
	};
	int64_t value;

	for (size_t k = 0; k < FJ_ARRAY_LEN(keys); k++) {
		if (!p->model)
			FJ_TRY(prf_int(p->c, p->c->iss->keeper, keys[k].key, &value, err));
		FJ_TRY(p->model ? prc_fact(p, keys[k].key, "%s", keys[k].def) : prc_fact(p, keys[k].key, "%lld", (long long)value));
	}
	return FJ_OK;
}

enum fj_rc prc_facts(struct prc *p, struct fj_err *err)
{
	static const char *const events[] = {
#define EVENT_WORD(kind, zh, en, basis, clause) kind,
#include "issuer/event_words.def"
#undef EVENT_WORD
	};
	int64_t days = p->c->iss->conf.signin_days;

	FJ_TRY(home(p, err));
	FJ_TRY(profile(p, err));
	if (constants(p) != FJ_OK || reasons(p) != FJ_OK || prc_fact(p, "events", "%zu", FJ_ARRAY_LEN(events)) != FJ_OK ||
	    prc_fact(p, "signin.days", "%lld", (long long)(p->model || days <= 0 ? ISS_SIGNIN_DAYS : days)) != FJ_OK)
		return fj_no_memory(err, "practice");
	return FJ_OK;
}
