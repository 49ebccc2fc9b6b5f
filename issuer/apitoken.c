/*
 * apitoken.c - API tokens: a program that acts as a user, within what was named.
 *
 * A token acts as its user does, with the roles he has at that moment, at most with
 * the commands that its scope names, until a day a year away at most.  Only a hash of
 * it is kept.  It never stands in for a person where two are asked for: deciding on a
 * request is out of every general scope, and has to be named by itself, as has what
 * gives or takes somebody's way in; it is nobody's deputy; and it can't see to its
 * own user's account, make tokens or end sessions, so it can't make more of itself.
 * Events that it makes name it.
 */
#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

#define MAX_TOKENS 20
#define MAX_SCOPE 40
#define MAX_DAYS 366
#define DAYS 90 /* where no end is named */
#define DAY 86400

/* --- scopes --- */

/* a second person's decision; a way in for somebody, or one taken away */
static bool by_name_only(const char *command)
{
	static const char *const all[] = {"approval.approve", "approval.reject", "profile.approve", "user.bind", "user.unbind", "user.expire", "user.reset"};

	for (size_t k = 0; k < FJ_ARRAY_LEN(all); k++)
		if (strcmp(command, all[k]) == 0)
			return true;
	return false;
}

static bool of_account(const char *command)
{
	static const char *const nouns[] = {"account.", "session.", "apitoken.", "signin."};

	for (size_t k = 0; k < FJ_ARRAY_LEN(nouns); k++)
		if (strncmp(command, nouns[k], strlen(nouns[k])) == 0)
			return true;
	return false;
}

static bool is_noun(const char *text, size_t n)
{
	size_t count;
	const struct iss_command_info *const *all = iss_commands(&count);

	for (size_t k = 0; k < count; k++)
		if (strncmp(all[k]->name, text, n) == 0 && all[k]->name[n] == '.')
			return true;
	return false;
}

static bool is_scope(const char *item)
{
	const char *colon = strchr(item, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - item);

	if (colon == NULL)
		return iss_command_find(item) != NULL && iss_command_find(item)->kind != ISS_OWN;
	return (strcmp(colon, ":read") == 0 || strcmp(colon, ":write") == 0) && ((n == 1 && item[0] == '*') || (n > 0 && is_noun(item, n)));
}

enum fj_rc apt_scope_parse(const json_t *list, char out[ISS_SCOPE_CAP], struct fj_err *err)
{
	size_t i, n = 0;
	json_t *v;

	out[0] = '\0';
	json_array_foreach(list, i, v) {
		const char *item = json_is_string(v) ? json_string_value(v) : "";
		if (!is_scope(item)) {
			enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", NULL,
			    "\"%.60s\" is no scope: NOUN:read, NOUN:write, *:read, *:write, or a command such as certificate.suspend that is none of the own account", item);
			fj_err_zh(err, "“%.60s”不是令牌权限：应为 名词:read、名词:write、*:read、*:write，或具体命令（如 certificate.suspend；账户类命令除外）", item);
			return rc;
		}
		int k = snprintf(out + n, ISS_SCOPE_CAP - n, "%s%s", n > 0 ? " " : "", item);
		if (k < 0 || (size_t)k >= ISS_SCOPE_CAP - n)
			return fj_refuse(err, FJ_E_LIMIT, "issuer", NULL, "the scope is too long; name nouns in place of commands", "令牌权限过长，请以名词代替命令");
		n += (size_t)k;
	}
	return n > 0 ? FJ_OK : fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "a token has a scope of at least one item", "令牌至少应有一项权限");
}

static bool item_allows(const char *item, size_t n, const struct iss_command_info *c)
{
	const char *kind = c->kind == ISS_READ ? ":read" : ":write";
	size_t noun = strcspn(c->name, "."), k = strlen(kind);

	if (n == strlen(c->name) && strncmp(item, c->name, n) == 0)
		return true;
	if (by_name_only(c->name) || n <= k || strncmp(item + n - k, kind, k) != 0)
		return false;
	if (n - k == 1 && item[0] == '*')
		return !of_account(c->name);
	return n - k == noun && strncmp(item, c->name, noun) == 0;
}

bool apt_scope_allows(const char *scope, const struct iss_command_info *c)
{
	if (c->kind == ISS_OWN)
		return false;
	for (const char *p = scope; *p != '\0'; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		if (item_allows(p, n, c))
			return true;
		p += n;
	}
	return false;
}

/* --- making, listing, ending --- */

const struct iss_field fld_apitoken_add[] = {
	{"name", ISS_F_STR, true, 60, "名称", "what it is for"},
	{"scope", ISS_F_LIST, true, MAX_SCOPE, "权限", "what it may do: asset:read, asset:write, *:read, certificate.suspend"},
	{"until", ISS_F_STR, false, 10, "截止日期", "last day, 2026-12-31; a year away at most, 90 days by default"},
	{"current", ISS_F_STR, true, PWD_MAX, "当前密码", "your present password"},
	{0},
};
const struct iss_field fld_apitoken_list[] = {
	{"login", ISS_F_STR, false, 63, "用户名", "of this user; your own by default"},
	{"after", ISS_F_STR, false, 64, "起始", "start after this one"},
	ISS_FIELD_LIMIT,
	{0},
};
const struct iss_field fld_apitoken_end[] = {{"id", ISS_F_STR, true, 40, "编号", "token"}, {0}};

struct fresh {
	char id[32], scope[ISS_SCOPE_CAP], token[60];
	struct fj_hash hash;
	int64_t until;
};

static enum fj_rc read_end(struct iss_call *c, int64_t *until, struct fj_err *err)
{
	const char *day = fj_json_peek(c->params, "until");
	int64_t now = acc_now();
	fj_time t;

	*until = now + (int64_t)DAYS * DAY;
	if (day == NULL)
		return FJ_OK;
	FJ_TRY(fj_date_parse(day, &t, err));
	*until = t + DAY - 1;
	return *until > now && *until <= now + (int64_t)MAX_DAYS * DAY ? FJ_OK
	    : fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "a token ends today or later, within a year", "令牌的截止日期应为今日起一年以内");
}

static enum fj_rc add(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct fresh *f = arg;
	const char *login = c->actor->login;
	int64_t now = acc_now();
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(c->db, STO_APITOKEN_COUNT, &q, "count", err, "ti", login, now));
		if (sto_int(&q, 0) >= MAX_TOKENS)
			return fj_refuse(err, FJ_E_LIMIT, "issuer", NULL, "a user has 20 tokens at most; end one first", "每名用户最多 20 个令牌，请先终止不用的令牌");
	}
	FJ_TRY(sto_run(c->db, STO_APITOKEN_OLD, NULL, err, "i", now - (int64_t)MAX_DAYS * DAY));
	FJ_TRY(sto_run(c->db, STO_APITOKEN_ADD, NULL, err, "tbtttii", f->id, FJ_SLICE(f->hash.b, FJ_SHA256_LEN), login, fj_json_text(c->params, "name"), f->scope, now, f->until));
	return sgn_did(c, login, "TOKEN", err);
}

static json_t *scope_json(const char *scope)
{
	json_t *list = json_array();

	for (const char *p = scope; *p != '\0'; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		json_array_append_new(list, json_stringn(p, n));
		p += n;
	}
	return list;
}

enum fj_rc cmd_apitoken_add(struct iss_call *c, struct fj_err *err)
{
	char until[FJ_TIME_CAP], text[ISS_SESSION_CAP];
	struct fresh f;

	FJ_TRY(apt_scope_parse(json_object_get(c->params, "scope"), f.scope, err));
	FJ_TRY(read_end(c, &f.until, err));
	FJ_TRY(acc_prove(c, fj_json_text(c->params, "current"), err));
	iss_new_id("AT-", 16, f.id);
	FJ_TRY(acc_random_text(text, err));
	snprintf(f.token, sizeof(f.token), ISS_TOKEN_PREFIX "%s", text);
	fj_wipe(text, sizeof(text));
	fj_sha256(fj_slice_str(f.token), &f.hash);
	FJ_TRY(iss_step(c, add, &f, err));
	acc_time(f.until, until);
	c->answer = json_pack("{s:s, s:s, s:s, s:o, s:s}", "id", f.id, "api_token", f.token, "name", fj_json_text(c->params, "name"), "scope", scope_json(f.scope), "until", until);
	fj_wipe(&f, sizeof(f));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static json_t *token_json(const struct sto_q *q, fj_time unused)
{
	char made[FJ_TIME_CAP], until[FJ_TIME_CAP], used[FJ_TIME_CAP];
	const char *state = sto_int(q, 8) != 0 ? "ENDED" : sto_int(q, 5) < acc_now() ? "EXPIRED" : "ACTIVE";

	(void)unused;
	acc_time(sto_int(q, 4), made);
	acc_time(sto_int(q, 5), until);
	acc_time(sto_int(q, 6), used);
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "login", sto_text(q, 1), "name", sto_text(q, 2), "scope", scope_json(sto_text(q, 3)),
	    "made", made, "until", until, "last_used", used, "from_address", sto_text(q, 7), "state", state);
}

enum fj_rc cmd_apitoken_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char login[64];
	const char *after;
	int64_t limit;

	FJ_TRY(acc_whose(c, true, login, err));
	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_APITOKEN_OF, &q, err, "tti", login, after, limit));
	return dom_list_page(c, &q, token_json, "id", limit, err);
}

static enum fj_rc end(struct iss_call *c, void *arg, struct fj_err *err)
{
	const char *id = arg;
	char login[64];

	FJ_TRY(acc_owner(c, STO_APITOKEN_WHOSE, id, login, err));
	FJ_TRY(sto_run(c->db, STO_APITOKEN_END, NULL, err, "it", acc_now(), id));
	FJ_TRY(sgn_did(c, login, "TOKEN_ENDED", err));
	c->answer = json_pack("{s:s, s:s, s:s}", "id", id, "login", login, "state", "ENDED");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_apitoken_end(struct iss_call *c, struct fj_err *err)
{
	return iss_step(c, end, (void *)(uintptr_t)fj_json_text(c->params, "id"), err);
}

/* --- using --- */

static enum fj_rc find(struct sto *db, const struct fj_hash *h, struct iss_session *out, int64_t *used, struct fj_err *err)
{
	char login[64], id[32];
	int64_t now = acc_now();
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(db, STO_APITOKEN_FIND, &q, "token", err, "b", FJ_SLICE(h->b, FJ_SHA256_LEN)));
		*used = sto_int(&q, 4);
		if (sto_int(&q, 5) != 0 || sto_int(&q, 3) < now || fj_strcopy(id, sizeof(id), sto_text(&q, 0)) != FJ_OK ||
		    fj_strcopy(login, sizeof(login), sto_text(&q, 1)) != FJ_OK || fj_strcopy(out->scope, sizeof(out->scope), sto_text(&q, 2)) != FJ_OK)
			return FJ_E_NOTFOUND;
	}
	FJ_TRY(usr_actor(db, login, "api", &out->actor, err));
	memcpy(out->actor.by, id, sizeof(id));
	out->actor.scope = out->scope;
	out->today = (struct iss_principals){.roles = out->actor.roles}; /* nobody's deputy */
	return FJ_OK;
}

enum fj_rc iss_token_find(struct iss *i, const char *token, const char *address, struct iss_session *out, struct fj_err *err)
{
	struct fj_hash h;
	struct sto *db;
	int64_t used = 0;

	memset(out, 0, sizeof(*out));
	fj_sha256(fj_slice_str(token), &h);
	FJ_TRY(iss_reader_take(i, &db, err));
	enum fj_rc rc = find(db, &h, out, &used, NULL);
	iss_reader_give(i, db);
	if (rc == FJ_OK) {
		acc_note_use(i, STO_APITOKEN_USE, out->actor.by, address, used);
		return FJ_OK;
	}
	return fj_refuse(err, FJ_E_AUTH, "issuer", NULL, "this token is none, was ended, or is over", "令牌无效、已终止或已过期");
}
