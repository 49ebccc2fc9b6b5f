/*
 * roles.c - the roles, and what each of them may do.
 *
 * Names, wording and sources are data (roles.def, domain.md section 6).  Which
 * commands a role may run and which approvals it asks for and decides is read from
 * the tables that enforce it, so that the list can't say anything else than what
 * the register does.  An auditor reads everything and changes nothing: that is
 * decided in command.c for every command at once.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"

static const struct {
	enum iss_role bit;
	const char *name, *zh, *en, *may_zh, *may_en, *source;
} roles[] = {
#define ROLE(name, zh, en, may_zh, may_en, source) {ISS_##name, #name, zh, en, may_zh, may_en, source},
#include "issuer/roles.def"
#undef ROLE
};

const char *const iss_role_names[] = {
#define ROLE(name, zh, en, may_zh, may_en, source) #name,
#include "issuer/roles.def"
#undef ROLE
	NULL};

const char *iss_role_name(enum iss_role one)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(roles); i++)
		if (roles[i].bit == one)
			return roles[i].name;
	return one == ISS_LOCAL ? "LOCAL" : one == ISS_SYSTEM ? "SYSTEM" : "";
}

/* LOCAL and SYSTEM are nobody's */
enum fj_rc iss_role_parse(const char *name, uint32_t *bit, struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(roles); i++)
		if (strcmp(roles[i].name, name) == 0) {
			*bit = roles[i].bit;
			return FJ_OK;
		}
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 6", "there is no role \"%.40s\"", name);
	fj_err_zh(err, "没有角色“%.40s”", name);
	return rc;
}

enum fj_rc iss_roles_parse(const json_t *list, uint32_t *bits, struct fj_err *err)
{
	size_t i;
	json_t *v;
	uint32_t bit;

	*bits = 0;
	json_array_foreach(list, i, v) {
		FJ_TRY(iss_role_parse(json_is_string(v) ? json_string_value(v) : "", &bit, err));
		*bits |= bit;
	}
	if (*bits != 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 6", "at least one role is needed", "至少应有一个角色");
}

json_t *iss_roles_json(uint32_t bits)
{
	json_t *list = json_array();

	for (size_t i = 0; i < FJ_ARRAY_LEN(roles) && list != NULL; i++)
		if (bits & roles[i].bit)
			json_array_append_new(list, json_string(roles[i].name));
	return list;
}

enum fj_rc iss_roles_words(uint32_t bits, struct fj_buf *en, struct fj_buf *zh)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(roles); i++) {
		if (!(bits & roles[i].bit))
			continue;
		if (fj_buf_printf(en, "%s%s", en->len > 0 ? ", " : "", roles[i].en) != FJ_OK || fj_buf_printf(zh, "%s%s", zh->len > 0 ? "、" : "", roles[i].zh) != FJ_OK)
			return FJ_E_LIMIT;
	}
	return FJ_OK;
}

/* what the role may run: reads, or changes */
static json_t *commands_of(enum iss_role bit, bool reads)
{
	size_t n;
	const struct iss_command_info *const *list = iss_commands(&n);
	json_t *out = json_array();

	for (size_t i = 0; i < n && out != NULL; i++)
		if (list[i]->kind != ISS_OWN && (list[i]->kind == ISS_READ) == reads && iss_command_allowed(list[i], bit))
			json_array_append_new(out, json_string(list[i]->name));
	return out;
}

enum fj_rc cmd_role_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();

	for (size_t i = 0; i < FJ_ARRAY_LEN(roles); i++) {
		json_t *one = json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:o, s:o, s:o, s:o}", "role", roles[i].name, "zh", roles[i].zh, "en", roles[i].en,
		    "may", "zh", roles[i].may_zh, "en", roles[i].may_en, "source", roles[i].source, "reads", commands_of(roles[i].bit, true),
		    "changes", commands_of(roles[i].bit, false), "asks", apr_kinds_of(roles[i].bit, true), "decides", apr_kinds_of(roles[i].bit, false));
		if (json_array_append_new(items, one) != 0)
			return fj_no_memory(err, "issuer");
	}
	c->answer = json_pack("{s:O, s:n}", "items", items, "next");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
