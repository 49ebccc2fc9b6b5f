/*
 * api.c - the JSON API: every command of the register, by noun and verb.
 *
 *   POST /api/v1/session {"login","password","totp"}   {"token"}: Authorization: Bearer
 *   GET  /api/v1/{noun}?after=&limit=&...              noun.list
 *   GET  /api/v1/{noun}/{id}?...                       noun.show
 *   GET  /api/v1/{noun}/{verb}?...                     a command that only reads
 *   POST /api/v1/{noun}/{verb} {parameters}            any command; multipart/form-data is taken too
 *   POST /api/v1/{noun}/{verb}?field=value  a file     the same, with its first file as it is
 *
 * Roles, fields, rules and states are the register's; this file turns a request
 * into a command and its answer into JSON, refusals as problem+json (RFC 9457).  An
 * answer with "refused": true (a file whose faults it tells, an attempt that is kept on
 * record) is such a refusal too, with the answer's own members.
 */
#include "web/portal/internal.h"

static struct iss *register_of(const struct web_req *q)
{
	return ((struct portal *)web_app(q))->i;
}

/* the bytes of a file in the answer, for a client that accepts its type (RFC 9110 12.5.1) */
static bool file_answer(struct web_req *q, struct web_res *r, const json_t *answer)
{
	static const char *const types[] = {"text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/x-tar",
		"text/html; charset=utf-8", "application/pdf", "text/calendar; charset=utf-8", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"};
	const json_t *file = json_object_get(answer, "file");
	const char *text = fj_json_peek(file, "base64url"), *name = fj_json_peek(file, "name"), *type = fj_json_peek(file, "type");
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(64u << 20);
	char plain[80];

	if (text == NULL || name == NULL || type == NULL)
		return false;
	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(type, ";"), type);
	for (size_t k = 0; k < FJ_ARRAY_LEN(types); k++)
		if (strcmp(types[k], type) == 0 && strstr(web_header(q, "Accept"), plain) != NULL && fj_b64u_get(text, strlen(text), &bytes) == FJ_OK) {
			web_download(r, name, types[k], fj_buf_slice(&bytes));
			return true;
		}
	return false;
}

static void run(struct web_req *q, struct web_res *r, const char *command, const json_t *params)
{
	struct iss_actor actor = *portal_actor(q);
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	actor.via = "api";
	if (iss_command(register_of(q), &actor, command, params, &answer, &err) != FJ_OK)
		web_problem(r, &err);
	else if (portal_refused(answer, &err))
		web_problem_with(r, &err, fj_rc_http(err.rc), answer); /* the answer's own members stay */
	else if (!file_answer(q, r, answer))
		web_json(r, 200, answer);
}

static void no_such(struct web_res *r, const char *noun, const char *verb)
{
	struct fj_err err = {0};

	fj_fail(&err, FJ_E_NOTFOUND, "api", NULL, "there is no command \"%.60s.%.60s\"; /api/v1/openapi.json lists them", noun, verb);
	fj_err_zh(&err, "没有命令“%.60s.%.60s”，全部命令见 /api/v1/openapi.json", noun, verb);
	web_problem(r, &err);
}

/* a reading command with the query's fields, and `key` (NULL: none) from the path */
static void read_command(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const char *key)
{
	FJ_AUTO(json) params = NULL;
	struct fj_err err = {0};

	if (portal_params(q, c, true, &params, &err) != FJ_OK) {
		if (portal_may(q, c)) {
			web_problem(r, &err);
			return;
		}
		params = json_object(); /* the role is refused before the fields are looked at */
	}
	if (key != NULL)
		json_object_set_new(params, key, json_string(web_param(q, "id")));
	run(q, r, c->name, params);
}

void api_session(struct web_req *q, struct web_res *r)
{
	static const char *const known[] = {"login", "password", "totp", NULL};
	FJ_AUTO(json) in = NULL;
	struct iss_entry e;
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
	struct portal_try t;
	portal_try(q, ISS_DOOR_API, login, password, totp, &t);
	if (rc == FJ_OK)
		rc = iss_authenticate(register_of(q), &t.t, &e, &err);
	if (rc == FJ_OK)
		rc = iss_session_new(register_of(q), &t.t, &e, &s, &err);
	if (rc != FJ_OK) {
		web_problem(r, &err);
		return;
	}
	FJ_AUTO(json) out = json_pack("{s:s}", "token", s.token);
	web_json(r, 200, out);
}

void api_list(struct web_req *q, struct web_res *r)
{
	const struct iss_command_info *c = portal_find(web_param(q, "noun"), "list");

	if (c == NULL)
		no_such(r, web_param(q, "noun"), "list");
	else
		read_command(q, r, c, NULL);
}

/* a command's name goes before an object's number */
void api_show(struct web_req *q, struct web_res *r)
{
	const char *noun = web_param(q, "noun"), *key = portal_key_of(noun);
	const struct iss_command_info *c = portal_find(noun, web_param(q, "id"));

	if (c != NULL && c->kind == ISS_READ) {
		read_command(q, r, c, NULL);
		return;
	}
	c = portal_find(noun, "show");
	if (c == NULL || key == NULL)
		no_such(r, noun, web_param(q, "id"));
	else
		read_command(q, r, c, key);
}

static enum fj_rc act_params(struct web_req *q, const struct iss_command_info *c, json_t **out, struct fj_err *err)
{
	if (web_is_multipart(q) || (portal_has_type(c, ISS_F_FILE) && portal_body_is_file(q)))
		return portal_params(q, c, true, out, err);
	return fj_json_parse(web_body(q), API_MAX_JSON, out, err);
}

void api_act(struct web_req *q, struct web_res *r)
{
	const char *noun = web_param(q, "noun"), *verb = web_param(q, "verb");
	const struct iss_command_info *c = portal_find(noun, verb);
	FJ_AUTO(json) params = NULL;
	struct fj_err err = {0};

	if (c == NULL)
		no_such(r, noun, verb);
	else if (act_params(q, c, &params, &err) != FJ_OK && portal_may(q, c))
		web_problem(r, &err);
	else
		run(q, r, c->name, params); /* a deputy's role is his principal's: the register decides */
}

size_t api_body_max(struct web_req *q)
{
	const struct iss_command_info *c = portal_find(web_param(q, "noun"), web_param(q, "verb"));
	size_t files = 0, rest = 2u << 20;

	if (c == NULL)
		return SIZE_MAX;
	if (web_session(q) == NULL)
		return rest;
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		files += f->type == ISS_F_FILE ? (size_t)f->max : 0;
	if (web_is_multipart(q) || portal_body_is_file(q))
		return rest + files;
	size_t json = rest + files / 3 * 4;
	return json < API_MAX_JSON ? json : API_MAX_JSON;
}
