/*
 * erase.c - the words of a person are erased (个人信息保护法 art. 47), the record stays.
 *
 * Events hold a salted hash of what a person said of himself; the words lie beside the record
 * (opening.c) and go when their purpose is over or the law has them go, by two officers of
 * the finance department that keeps them.  What says so is an event without the words: the
 * chain, the commitment in it and everything that was decided stay as they were, and who kept
 * salt and text can still prove what was said.  The register's file and its log hold no octet
 * of it afterwards, drafts neither.  What left the appliance before can't be called back: the
 * request names it, so that who approves knows, and somebody goes after it.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/jws.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/opening.h"
#include "issuer/registration.h"

#define BASIS "个人信息保护法 art. 47"
#define MAX_LEFT 1000

static const char *const bases[] = {"PURPOSE_OVER", "TERM_OVER", "CONSENT_WITHDRAWN", "UNLAWFUL", "OTHER_LAW", NULL};
static const struct iss_choice basis_words[] = {
	{"PURPOSE_OVER", "处理目的已实现、无法实现或不再必要（第一项）", "the purpose is achieved, can't be, or needs them no more (1)", NULL},
	{"TERM_OVER", "保存期限已届满（第二项）", "the term of keeping them is over (2)", NULL},
	{"CONSENT_WITHDRAWN", "个人撤回同意（第三项）", "the person has withdrawn consent (3)", NULL},
	{"UNLAWFUL", "违法或违反约定处理（第四项）", "they were processed against law or agreement (4)", NULL},
	{"OTHER_LAW", "法律、行政法规规定的其他情形（第五项）", "another case of law (5)", NULL},
	{0}};
const struct iss_field fld_opening_erase[] = {
	{"object", ISS_F_STR, true, 64, "对象", "objection, complaint or copy on paper whose person is meant"},
	{"basis", ISS_F_STR, true, 20, "清除依据", "case of the law", bases, BASIS, .words = basis_words},
	{"reason", ISS_F_STR, true, 400, "理由", "reason, for the record; without what is to be erased"},
	{0},
};

/* whose it is to erase, and what it belongs to */
struct kept {
	char finance[19], state[16], kind[16];
};

static enum fj_rc kept_of(struct sto *db, const char *object, struct kept *k, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_OPENING_KEEPER, &q, err, "t", object));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return fj_refuse(err, FJ_E_NOTFOUND, "issuer", BASIS, "no words of a person are kept under this number, or they were erased; `fujie opening list` names those that are", "该编号下没有保存个人信息，或已清除；可用 fujie opening list 查看");
	const struct sto_copy texts[] = {STO_COPY(0, k->finance), STO_COPY(1, k->state), STO_COPY(2, k->kind)};
	return sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "what is kept of a person", err);
}

static enum fj_rc check_over(const struct kept *k, struct fj_err *err)
{
	static const char *const open[] = {"OPEN", "LODGED", "FILED", "ANSWERED", NULL};

	if (!fj_among(k->state, open))
		return FJ_OK;
	return fj_refuse(err, FJ_E_STATE, "issuer", BASIS, "this is not decided yet, and its purpose stands: decide it first (objection decide, complaint decide)",
	    "该事项尚未办结，处理目的仍然存在：请先作出处理决定（objection decide 或 complaint decide）");
}

/* --- what left before --- */

static enum fj_rc left_exports(struct sto *db, const char *object, json_t *left, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_OPENING_LEFT, &q, err, "ti", object, (int64_t)PIPE_ARCHIVE));
	while (json_array_size(left) < MAX_LEFT) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (json_array_append_new(left, json_pack("{s:s, s:s}", "what", "archive", "id", sto_text(&q, 0))) != 0)
			return fj_no_memory(err, "issuer");
	}
	return FJ_OK;
}

/* the copy of before an upgrade (store.h), which goes with the words */
static bool goes_too(const char *name)
{
	return strcmp(name, "partial") == 0 || (name[0] == 'v' && name[1] != '\0' && name[1 + strspn(name + 1, "0123456789")] == '\0');
}

/* copies of the register that somebody laid into the home */
static enum fj_rc left_copies(json_t *left, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;

	FJ_TRY(fj_dir_list(AT_FDCWD, ".", &d, err));
	for (struct dirent *e; (e = readdir(d)) != NULL && json_array_size(left) < MAX_LEFT;)
		if (strncmp(e->d_name, "register.db.", 12) == 0 && !goes_too(e->d_name + 12) && fj_utf8_valid(fj_slice_str(e->d_name)))
			json_array_append_new(left, json_pack("{s:s, s:s}", "what", "copy", "id", e->d_name));
	return FJ_OK;
}

enum fj_rc cmd_opening_erase(struct iss_call *c, struct fj_err *err)
{
	const char *object = fj_json_text(c->params, "object");
	FJ_AUTO(json) left = json_array();
	struct kept k;
	char commitment[65];

	FJ_TRY(kept_of(c->db, object, &k, err));
	FJ_TRY(iss_rule_no_foreign_issuer(k.finance, c->actor->org, err));
	FJ_TRY(check_over(&k, err));
	FJ_TRY(opn_commitment(c->db, object, commitment, err));
	FJ_TRY(left == NULL ? fj_no_memory(err, "issuer") : left_exports(c->db, object, left, err));
	FJ_TRY(left_copies(left, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "object", object, "kind", k.kind, "basis", fj_json_text(c->params, "basis"), "reason", fj_json_text(c->params, "reason"),
	    "commitment", commitment, "left", left);
	FJ_TRY(payload == NULL ? fj_no_memory(err, "issuer") : apr_request(c, "opening.erase", object, k.finance, payload, err));
	return fj_json_set(c->answer, "left", json_incref(left));
}

/* drafts of forms that ask for a person, with a text of this one in them */
static enum fj_rc drop_drafts(struct sto *db, const char *object, struct fj_err *err)
{
	FJ_AUTO(json) who = NULL;
	const char *key;
	json_t *v;

	FJ_TRY(opn_read(db, object, &who, err));
	json_object_foreach(who, key, v) {
		FJ_AUTO(buf) quoted = FJ_BUF_INIT(65536);
		if (!json_is_string(v) || json_string_length(v) == 0)
			continue;
		FJ_TRY(fj_json_canonical(v, &quoted, err));
		FJ_TRY(sto_run(db, STO_DRAFT_NAMING, NULL, err, "b", FJ_SLICE(quoted.data + 1, quoted.len - 2)));
	}
	return FJ_OK;
}

enum fj_rc apr_opening_erase(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	struct kept k;
	int64_t n = 0;

	FJ_TRY(kept_of(c->db, a->object, &k, err));
	FJ_TRY(check_over(&k, err));
	FJ_TRY(evt_append(c, "opening.erased", a->object, a->payload, err));
	FJ_TRY(drop_drafts(c->db, a->object, err));
	FJ_TRY(sto_run(c->db, STO_OPENING_DROP, &n, err, "t", a->object));
	FJ_TRY(sto_scrub(c->db, err));
	c->scrubbed = true;
	c->answer = json_pack("{s:s, s:s, s:s, s:O}", "id", a->id, "state", "APPROVED", "object", a->object, "left", json_object_get(a->payload, "left"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* the words are no table that events give again */
enum fj_rc apply_opening_erased(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK;
}

/* --- what is kept --- */

static json_t *to_json(const struct sto_q *q, fj_time now)
{
	(void)now;
	return json_pack("{s:s, s:s, s:s}", "id", sto_text(q, 0), "kind", sto_text(q, 1), "state", sto_text(q, 2));
}

enum fj_rc cmd_opening_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_OPENING_LIST, &q, err, "tti", after, (c->actor->roles & (ISS_AUDITOR | ISS_LOCAL)) != 0 ? "" : c->actor->org, limit));
	return dom_list_page(c, &q, to_json, "id", limit, err);
}
