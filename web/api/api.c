/*
 * api.c - the JSON API: every command of the register, by noun and verb.
 *
 *   POST /api/v1/session {"login","password","totp"}   {"token"}: Authorization: Bearer
 *   GET  /api/v1/{noun}?after=&limit=                  noun.list
 *   GET  /api/v1/{noun}/{id}                           noun.show
 *   POST /api/v1/{noun}/{verb} {parameters}            noun.verb
 *   POST /api/v1/{noun}/{verb}?field=value  a file     the same, with the file as it is: text/csv,
 *                                                      .xlsx or application/octet-stream
 *
 * Roles, fields, rules and states are the register's; this file turns a request
 * into a command and its answer into JSON, refusals as problem+json (RFC 9457).
 */
#include "web/portal/internal.h"

static struct iss *register_of(const struct web_req *q)
{
	return ((struct portal *)web_app(q))->i;
}

/* an answer that is a file: its bytes */
static bool file_answer(struct web_res *r, const json_t *answer)
{
	static const char *const types[] = {"text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/json",
		"application/x-tar"};
	const json_t *file = json_object_get(answer, "file");
	const char *text = fj_json_peek(file, "base64url"), *name = fj_json_peek(file, "name"), *type = fj_json_peek(file, "type");
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(64u << 20);
	size_t k = 0;

	if (text == NULL || name == NULL || type == NULL || fj_b64u_get(text, strlen(text), &bytes) != FJ_OK)
		return false;
	while (k < FJ_ARRAY_LEN(types) - 1 && strcmp(types[k], type) != 0)
		k++;
	web_download(r, name, types[k], fj_buf_slice(&bytes));
	return true;
}

static void run(struct web_req *q, struct web_res *r, const char *command, const json_t *params)
{
	const struct iss_session *s = web_session(q);
	struct iss_actor actor = s->actor;
	FJ_AUTO(json) answer = NULL;
	json_t *out = NULL;
	struct fj_err err = {0};

	actor.via = "api";
	if (iss_command(register_of(q), &actor, command, params, &out, &err) != FJ_OK) {
		web_problem(r, &err);
		return;
	}
	answer = out;
	if (!file_answer(r, answer))
		web_json(r, 200, answer);
}

void api_session(struct web_req *q, struct web_res *r)
{
	static const char *const known[] = {"login", "password", "totp", NULL};
	FJ_AUTO(json) in = NULL;
	struct iss_actor actor;
	struct iss_session s;
	struct fj_err err = {0};
	const char *login = "", *password = "", *totp = "";

	enum fj_rc rc = fj_json_parse(web_body(q), 4096, &in, &err);
	if (rc == FJ_OK)
		rc = fj_json_only(in, known, &err);
	if (rc == FJ_OK)
		rc = fj_json_str(in, "login", 63, &login, &err);
	if (rc == FJ_OK)
		rc = fj_json_str(in, "password", 255, &password, &err);
	if (rc == FJ_OK && fj_json_peek(in, "totp") != NULL)
		totp = fj_json_peek(in, "totp");
	if (rc == FJ_OK)
		rc = iss_authenticate(register_of(q), ISS_DOOR_PORTAL, login, password, totp, &actor, &err);
	if (rc == FJ_OK)
		rc = iss_session_new(register_of(q), &actor, &s, &err);
	if (rc != FJ_OK) {
		web_problem(r, &err);
		return;
	}
	FJ_AUTO(json) out = json_pack("{s:s}", "token", s.token);
	web_json(r, 200, out);
}

void api_list(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) params = json_object();
	const char *limit = web_field(q, "limit"), *after = web_field(q, "after");
	char command[96];

	if (limit[0] != '\0')
		json_object_set_new(params, "limit", json_integer(strtoll(limit, NULL, 10)));
	if (after[0] != '\0')
		json_object_set_new(params, "after", json_string(after));
	snprintf(command, sizeof(command), "%.60s.list", web_param(q, "noun"));
	run(q, r, command, params);
}

void api_show(struct web_req *q, struct web_res *r)
{
	char command[96];

	snprintf(command, sizeof(command), "%.60s.show", web_param(q, "noun"));
	const struct iss_command_info *c = iss_command_find(command);
	const char *key = c != NULL && c->fields[0].name != NULL ? c->fields[0].name : "id";
	FJ_AUTO(json) params = json_pack("{s:s}", key, web_param(q, "id"));
	run(q, r, command, params);
}

#define MAX_JSON (16u << 20)

/* the types that a body may have which is a file */
static bool is_file(struct web_req *q)
{
	static const char *const types[] = {"text/csv", "application/octet-stream", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", NULL};
	const char *type = web_header(q, "Content-Type");
	size_t n = strcspn(type, "; ");

	for (size_t i = 0; types[i] != NULL; i++)
		if (strlen(types[i]) == n && strncasecmp(type, types[i], n) == 0)
			return true;
	return false;
}

/* A file's command: its other fields stand in the query.  NULL: it takes no file. */
static json_t *file_params(struct web_req *q, const char *command)
{
	const struct iss_command_info *info = iss_command_find(command);
	FJ_AUTO(json) params = json_object();
	bool file = false;

	for (const struct iss_field *f = info == NULL ? NULL : info->fields; f != NULL && f->name != NULL; f++) {
		const char *v = web_field(q, f->name);
		if (f->type == ISS_F_FILE && !file) {
			file = true;
			json_object_set_new(params, f->name, json_stringn_nocheck((const char *)web_body(q).p, web_body(q).len));
		} else if (v[0] != '\0')
			json_object_set_new(params, f->name, f->type == ISS_F_INT ? json_integer(strtoll(v, NULL, 10)) : f->type == ISS_F_BOOL
			    ? json_boolean(strcmp(v, "true") == 0) : json_string(v));
	}
	return file ? fj_move(params) : NULL;
}

void api_act(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) params = NULL;
	struct fj_err err = {0};
	char command[128];

	snprintf(command, sizeof(command), "%.60s.%.60s", web_param(q, "noun"), web_param(q, "verb"));
	if (is_file(q) && web_body(q).len > 0)
		params = file_params(q, command);
	if (params == NULL && fj_json_parse(web_body(q), MAX_JSON, &params, &err) != FJ_OK) {
		web_problem(r, &err);
		return;
	}
	run(q, r, command, params);
}
