/*
 * openapi.c - the API's description (OpenAPI 3.1), made from the command tables
 * each time it is asked for: it can't be older than what it describes.
 *
 * Each command is one operation: what only reads is a GET with its fields as query
 * parameters (and a POST, for what is too long for an address), what changes
 * something a POST with them as a JSON object.  With a file it is also a POST of
 * multipart/form-data, or of the file itself with the other fields in the query.
 * Roles stand in "x-roles", the portal's own pages are not part of it (`make routes`).
 */
#include "web/portal/internal.h"

#define MAX_SAFE 9007199254740991LL /* integers that every reader of JSON keeps (RFC 8259 6) */
#define JSON_TYPE "application/json"
#define PROBLEM_TYPE "application/problem+json"

/* --- schemas --- */

static void set_enum(json_t *schema, const struct iss_field *f)
{
	json_t *list = json_array();

	for (const char *const *c = f->choices; c != NULL && *c != NULL; c++)
		json_array_append_new(list, json_string(*c));
	if (f->choices != NULL)
		json_object_set(schema, "enum", list);
	json_decref(list);
}

static json_t *text_schema(const struct iss_field *f, long long max)
{
	json_t *s = json_pack("{s:s, s:i, s:I}", "type", "string", "minLength", 1, "maxLength", (json_int_t)max);

	set_enum(s, f);
	return s;
}

static json_t *file_schema(const struct iss_field *f)
{
	json_int_t text = f->max < API_MAX_JSON ? (json_int_t)f->max : API_MAX_JSON, b64 = (f->max + 2) / 3 * 4;

	return json_pack("{s:[{s:s, s:I}, {s:s, s:[s], s:b, s:{s:{s:s, s:s, s:I}}}]}", "oneOf", "type", "string", "maxLength", text,
	    "type", "object", "required", "base64url", "additionalProperties", 0, "properties", "base64url", "type", "string",
	    "pattern", "^[A-Za-z0-9_-]*$", "maxLength", b64 < API_MAX_JSON ? b64 : API_MAX_JSON);
}

static json_t *schema_of(const struct iss_field *f);

/* a document by its members; which of them have to be there its command says */
static json_t *document_schema(const struct iss_field *f)
{
	json_t *props = json_object(), *one;

	if (f->members == NULL)
		return json_pack("{s:[s, s]}", "type", "object", "array");
	if (f->shape == ISS_TABLE)
		return json_pack("{s:s, s:{s:s, s:{s:s, s:{s:s}}}}", "type", "object", "additionalProperties", "type", "array", "items", "type", "array", "items", "type", "string");
	if (f->shape == ISS_MAP)
		return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", schema_of(&f->members[0]));
	for (const struct iss_field *m = f->members; m->name != NULL; m++)
		json_object_set_new(props, m->name, schema_of(m));
	one = json_pack("{s:s, s:o}", "type", "object", "properties", props);
	return f->shape == ISS_ROWS ? json_pack("{s:s, s:o}", "type", "array", "items", one) : one;
}

static json_t *schema_of(const struct iss_field *f)
{
	json_t *s = NULL;

	if (f->type == ISS_F_STR)
		s = text_schema(f, f->max);
	else if (f->type == ISS_F_INT && f->max <= MAX_SAFE)
		s = json_pack("{s:s, s:i, s:I}", "type", "integer", "minimum", 0, "maximum", (json_int_t)f->max);
	else if (f->type == ISS_F_INT)
		s = json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
	else if (f->type == ISS_F_BOOL)
		s = json_pack("{s:s}", "type", "boolean");
	else if (f->type == ISS_F_LIST)
		s = json_pack("{s:s, s:I, s:o}", "type", "array", "maxItems", (json_int_t)f->max, "items", text_schema(f, ISS_MAX_ITEM));
	else if (f->type == ISS_F_FILE)
		s = file_schema(f);
	else
		s = document_schema(f);
	json_object_set_new(s, "title", json_string(f->zh));
	json_object_set_new(s, "description", f->unit != NULL ? json_sprintf("%s, in %s", f->en, f->unit->en) : json_string(f->en));
	return s;
}

/* `form`: as multipart/form-data, where a file is octets as they are */
static json_t *fields_schema(const struct iss_command_info *c, bool form)
{
	json_t *props = json_object(), *required = json_array();

	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		json_object_set_new(props, f->name, form && f->type == ISS_F_FILE ? json_pack("{s:s, s:s, s:s}", "contentMediaType", portal_file_types[0],
		    "title", f->zh, "description", f->en) : schema_of(f));
		if (f->required)
			json_array_append_new(required, json_string(f->name));
	}
	json_object_set_new(props, iss_fld_behalf.name, schema_of(&iss_fld_behalf));
	if (c->kind == ISS_WRITE)
		json_object_set_new(props, iss_fld_preview.name, schema_of(&iss_fld_preview));
	return json_pack("{s:s, s:b, s:o, s:o}", "type", "object", "additionalProperties", 0, "properties", props, "required", required);
}

static json_t *body_of(const struct iss_command_info *c)
{
	json_t *content = json_pack("{s:{s:o}}", JSON_TYPE, "schema", fields_schema(c, false));

	if (portal_has_type(c, ISS_F_FILE)) {
		json_object_set_new(content, "multipart/form-data", json_pack("{s:o}", "schema", fields_schema(c, true)));
		for (const char *const *t = portal_file_types; *t != NULL; t++)
			json_object_set_new(content, *t, json_pack("{s:{s:s}}", "schema", "contentMediaType", *t));
	}
	return json_pack("{s:b, s:o}", "required", 1, "content", content);
}

/* --- operations --- */

static json_t *roles_of(const struct iss_command_info *c)
{
	json_t *list = json_array();

	for (uint32_t bit = 1; bit <= ISS_AUDITOR; bit <<= 1)
		if (iss_command_allowed(c, bit))
			json_array_append_new(list, json_string(iss_role_name((enum iss_role)bit)));
	return list;
}

static json_t *ref(const char *to)
{
	return json_pack("{s:s}", "$ref", to);
}

/* what any command may answer; by the table of result codes */
static json_t *responses_of(const struct iss_command_info *c)
{
	bool list = strlen(c->name) > 5 && strcmp(c->name + strlen(c->name) - 5, ".list") == 0;
	json_t *all = json_pack("{s:{s:s, s:{s:{s:o}}}}", "200", "description", "done 已办理", "content", JSON_TYPE, "schema",
	    ref(list ? "#/components/schemas/List" : "#/components/schemas/Answer"));
	char status[8];

	for (int rc = FJ_OK + 1; rc < FJ_RC_COUNT; rc++) {
		snprintf(status, sizeof(status), "%d", fj_rc_http((enum fj_rc)rc));
		if (json_object_get(all, status) == NULL)
			json_object_set_new(all, status, ref("#/components/responses/Problem"));
	}
	json_object_set_new(all, "429", ref("#/components/responses/Problem"));
	return all;
}

static json_t *operation(const struct iss_command_info *c, const char *method)
{
	char id[128], summary[400];
	size_t n = strcspn(c->name, ".");

	snprintf(id, sizeof(id), "%s_%s", method, c->name);
	id[strlen(method) + 1 + n] = '_';
	snprintf(summary, sizeof(summary), "%s / %s", c->zh, c->en);
	return json_pack("{s:s, s:s, s:s, s:[s%], s:o, s:o}", "operationId", id, "summary", summary, "x-command", c->name,
	    "tags", c->name, n, "x-roles", roles_of(c), "responses", responses_of(c));
}

static json_t *parameter(const struct iss_field *f, const char *name, const char *in, bool required)
{
	json_t *p = json_pack("{s:s, s:s, s:b, s:o}", "name", name, "in", in, "required", required, "schema", schema_of(f));

	if (f->type == ISS_F_LIST) { /* a=1&a=2 */
		json_object_set_new(p, "style", json_string("form"));
		json_object_set_new(p, "explode", json_true());
	}
	if (f->type == ISS_F_JSON) {
		json_object_set_new(p, "content", json_pack("{s:{s:O}}", JSON_TYPE, "schema", json_object_get(p, "schema")));
		json_object_del(p, "schema");
	}
	return p;
}

/* `key`: the field that stands in the path; NULL: none */
static json_t *get_of(const struct iss_command_info *c, const char *key)
{
	json_t *op = operation(c, key == NULL ? "get" : "getOne"), *list = json_array();

	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++) {
		bool in_path = key != NULL && strcmp(f->name, key) == 0;
		json_array_append_new(list, parameter(f, in_path ? "id" : f->name, in_path ? "path" : "query", in_path || f->required));
	}
	json_array_append_new(list, parameter(&iss_fld_behalf, iss_fld_behalf.name, "query", false));
	json_object_set_new(op, "parameters", list);
	return op;
}

static json_t *post_of(const struct iss_command_info *c)
{
	json_t *op = operation(c, "post"), *beside = json_array();

	json_object_set_new(op, "requestBody", body_of(c));
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL && portal_has_type(c, ISS_F_FILE); f++)
		if (f->type != ISS_F_FILE) /* where the body is the file */
			json_array_append_new(beside, parameter(f, f->name, "query", false));
	if (portal_has_type(c, ISS_F_FILE)) {
		json_array_append_new(beside, parameter(&iss_fld_behalf, iss_fld_behalf.name, "query", false));
		json_object_set(op, "parameters", beside);
	}
	json_decref(beside);
	return op;
}

static void put(json_t *paths, const char *path, const char *method, json_t *op)
{
	json_t *item = json_object_get(paths, path);

	if (item == NULL) {
		item = json_object();
		json_object_set_new(paths, path, item);
	}
	json_object_set_new(item, method, op);
}

static void add_command(json_t *paths, const struct iss_command_info *c)
{
	char path[160], noun[64];
	size_t n = strcspn(c->name, ".");
	const char *verb = c->name + n + 1;

	snprintf(noun, sizeof(noun), "%.*s", (int)n, c->name);
	snprintf(path, sizeof(path), "/api/v1/%s/%s", noun, verb);
	put(paths, path, "post", post_of(c));
	if (c->kind != ISS_READ || portal_has_type(c, ISS_F_FILE))
		return;
	put(paths, path, "get", get_of(c, NULL));
	if (strcmp(verb, "show") == 0 && portal_key_of(noun) != NULL) {
		snprintf(path, sizeof(path), "/api/v1/%s/{id}", noun);
		put(paths, path, "get", get_of(c, portal_key_of(noun)));
	}
	if (strcmp(verb, "list") == 0) {
		snprintf(path, sizeof(path), "/api/v1/%s", noun);
		json_t *op = get_of(c, NULL);
		char id[96];
		snprintf(id, sizeof(id), "getAll_%s", noun);
		json_object_set_new(op, "operationId", json_string(id));
		put(paths, path, "get", op);
	}
}

/* --- the document --- */

/* rc to status is a table: these two stand outside the commands */
static void add_fixed(json_t *paths)
{
	put(paths, "/api/v1/openapi.json", "get", json_pack("{s:s, s:s, s:[], s:[s], s:{s:{s:s, s:{s:{s:{s:s}}}}}}", "operationId", "openapi",
	    "summary", "接口说明 / This description", "security", "tags", "session", "responses", "200", "description", "OpenAPI 3.1",
	    "content", JSON_TYPE, "schema", "type", "object"));
	json_t *text = json_pack("{s:s, s:i, s:i}", "type", "string", "minLength", 1, "maxLength", 255);
	json_t *body = json_pack("{s:s, s:b, s:[s, s], s:{s:O, s:O, s:{s:s, s:s}}}", "type", "object", "additionalProperties", 0, "required", "login", "password",
	    "properties", "login", text, "password", text, "totp", "type", "string", "pattern", "^([0-9]{6})?$");
	put(paths, "/api/v1/session", "post", json_pack("{s:s, s:s, s:[], s:[s], s:{s:b, s:{s:{s:o}}}, s:{s:{s:s, s:{s:{s:{s:s, s:[s], s:{s:{s:s}}}}}}, s:o, s:o, s:o, s:o}}",
	    "operationId", "session", "summary", "登录，取得令牌 / Sign in for a bearer token", "security", "tags", "session", "requestBody", "required", 1,
	    "content", JSON_TYPE, "schema", body, "responses", "200", "description", "a bearer token 令牌", "content", JSON_TYPE, "schema", "type", "object",
	    "required", "token", "properties", "token", "type", "string", "400", ref("#/components/responses/Problem"), "401", ref("#/components/responses/Problem"),
	    "422", ref("#/components/responses/Problem"), "503", ref("#/components/responses/Problem")));
	json_decref(text);
}

static json_t *problem_schema(void)
{
	json_t *text = json_pack("{s:s}", "type", "string");
	json_t *basis = json_pack("{s:s, s:[s, s, s], s:s}", "type", "string", "enum", "text", "inferred", "profile", "description",
	    "依据 / 推定 / 本级财政部门规则: the text of a document, concluded from it, or a rule of the finance department");
	json_t *out = json_pack("{s:s, s:[s, s, s, s, s], s:{s:O, s:O, s:{s:s}, s:O, s:O, s:O, s:o, s:O, s:{s:s, s:[s], s:{s:O, s:O}}}}", "type", "object",
	    "required", "type", "title", "status", "error", "detail", "properties", "type", text, "title", text, "status", "type", "integer",
	    "error", text, "layer", text, "rule", text, "basis", basis, "clause", text, "detail", "type", "object", "required", "en", "properties", "en", text, "zh", text);

	json_decref(text);
	return out;
}

static json_t *components(void)
{
	json_t *list = json_pack("{s:s, s:[s], s:{s:{s:s, s:{s:s}}, s:{s:[s, s]}}}", "type", "object", "required", "items", "properties", "items",
	    "type", "array", "items", "type", "object", "next", "type", "string", "null");
	json_t *answer = json_pack("{s:[s, s]}", "type", "object", "string");
	json_t *problem = json_pack("{s:s, s:{s:{s:o}}}", "description", "refused: rule, basis, clause, and detail in Chinese and English 未办理：规则、依据、条款和说明",
	    "content", PROBLEM_TYPE, "schema", ref("#/components/schemas/Problem"));

	return json_pack("{s:{s:{s:s, s:s}}, s:{s:o, s:o, s:o}, s:{s:o}}", "securitySchemes", "session", "type", "http", "scheme", "bearer",
	    "schemas", "List", list, "Answer", answer, "Problem", problem_schema(), "responses", "Problem", problem);
}

/* the caller's; NULL when out of memory */
static json_t *document(void)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);
	json_t *paths = json_object();

	add_fixed(paths);
	for (size_t i = 0; i < n; i++)
		add_command(paths, all[i]);
	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:[]}], s:o, s:o}", "openapi", "3.1.0", "info", "title", "Fujie 符节", "version", "1", "description",
	    "Data asset register, certificates and license tokens. 数据资产登记、证书和许可令牌。", "security", "session", "paths", paths, "components", components());
}

void api_openapi(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) doc = document();

	(void)q;
	web_json(r, 200, doc);
}
