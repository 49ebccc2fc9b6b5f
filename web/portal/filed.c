/*
 * filed.c - a material is filed on the way: from the form that wants one to the form
 * that files it, and back with its number.
 *
 * What was filled in is a draft meanwhile, which is taken up again where it was left.
 * The kind that is offered is the one that the field wants, as a rule; another can be
 * chosen there.
 */
#include "web/portal/internal.h"

static const struct {
	const char *member, *kind;
} filed_as[] = {{".feasibility", "FEASIBILITY"}, {".due_diligence", "DUE_DILIGENCE"}, {".risk_evaluation", "RISK_EVALUATION"}, {".security_rules", "SEC_POLICY"}, {".emergency_plan", "EMERGENCY_PLAN"},
	{"evidence.", "REVENUE"}, {"", "OTHER"}};

const struct iss_field *portal_field_at(const struct iss_command_info *c, const char *path)
{
	char part[80];
	const struct iss_field *list = c->fields, *found = NULL;

	while (list != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");
		if (found != NULL && n > 0 && strspn(path, "0123456789") == n) { /* a row */
			path += n + (path[n] == '.' ? 1 : 0);
			continue;
		}
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		for (found = list; found->name != NULL && strcmp(found->name, part) != 0; found++)
			;
		if (found->name == NULL)
			return NULL;
		list = found->members;
		path += n + (path[n] == '.' ? 1 : 0);
	}
	return found;
}

void portal_to_file(struct web_res *r, const char *under, const struct iss_command_info *c, const char *draft, const char *step, const char *path)
{
	char back[PORTAL_TO], to[PORTAL_TO] = "/do/material/add";
	size_t k = 0;

	portal_address(under, c->name, back);
	portal_to(back, "draft", draft);
	portal_to(back, "step", step);
	portal_to(back, "for", path);
	while (filed_as[k].member[0] != '\0' && strstr(path, filed_as[k].member) == NULL)
		k++;
	portal_to(to, "kind", filed_as[k].kind);
	portal_to(to, "back", back);
	web_redirect(r, to);
}

void portal_take_filed(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	const char *path = web_field(q, "for"), *id = web_field(q, "filed");
	const struct iss_field *f = portal_field_at(c, path);

	if (f == NULL || f->noun == NULL || strcmp(f->noun, "material") != 0 || strncmp(id, "MT-", 3) != 0)
		return;
	if (f->type != ISS_F_LIST) {
		json_object_set_new(fill, path, json_string(id));
		return;
	}
	FJ_AUTO(json) list = portal_lines(json_object_get(fill, path));
	json_array_append_new(list, json_string(id));
	json_object_set(fill, path, list);
}
