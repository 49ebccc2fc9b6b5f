/*
 * openapi.c - the service's description (OpenAPI 3.1), made from its routes each time it
 * is asked for: an address that is answered is in it.
 */
#include "verifier/service/service.h"

#define JSON_TYPE "application/json"

/* "/v/{number}/{product*}" without the star */
static void plain_path(const char *path, char out[96])
{
	size_t n = 0;

	for (; *path != '\0' && n + 1 < 96; path++)
		if (*path != '*')
			out[n++] = *path;
	out[n] = '\0';
}

static json_t *parameters_of(const struct web_route *r)
{
	json_t *list = json_array();

	for (const char *p = r->path; (p = strchr(p, '{')) != NULL; p++) {
		size_t n = strcspn(p + 1, "*}");
		json_array_append_new(list, json_pack("{s:s%, s:s, s:b, s:{s:s}}", "name", p + 1, n, "in", "path", "required", 1, "schema", "type", "string"));
	}
	if (strcmp(r->path, "/status/{name}") == 0)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:{s:s, s:i}}", "name", "time", "in", "query", "description",
		    "Unix time: the list that was in force at that second (draft-ietf-oauth-status-list-21 8.4)", "schema", "type", "integer", "minimum", 0));
	if (strcmp(r->path, "/v/{number}") == 0)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "name", "h", "in", "query", "description",
		    "16 or more hex digits of the SHA-256 or SM3 of the bytes as published: what the paper says", "schema", "type", "string", "pattern", "^[0-9a-fA-F]{16,64}$"));
	return list;
}

static json_t *item_schema(void)
{
	json_t *text = json_pack("{s:s}", "type", "string");
	json_t *use = json_object();

	for (const char *const *k = (const char *const[]){"asset", "product", "action", "purpose", "territory", "environment", "at", "quantity", "user", "audience", NULL}; *k != NULL; k++)
		json_object_set(use, *k, text);
	json_t *out = json_pack("{s:s, s:b, s:[s], s:{s:O, s:{s:s, s:b, s:o}, s:{s:s, s:b, s:{s:O, s:O}}, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s, s:s}}}", "type", "object", "additionalProperties", 0, "required", "credential",
	    "properties", "credential", text, "use", "type", "object", "additionalProperties", 0, "properties", use, "proof", "type", "object", "additionalProperties", 0,
	    "properties", "nonce", text, "x5t", text, "log_proof", "type", "string", "description",
	    "proof that it stands in the issuer's public log (C2SP tlog-proof); of a certificate or authorisation the published one is found", "logged", "type", "boolean", "description",
	    "ask for that proof: without it the verdict is indeterminate", "at", "type", "string", "format", "date-time", "description", "judge at this time instead of now");
	json_decref(text);
	return out;
}

static json_t *ref(const char *to)
{
	return json_pack("{s:s}", "$ref", to);
}

static json_t *verdict_schema(void)
{
	json_t *text = json_pack("{s:s}", "type", "string"), *object = json_pack("{s:s}", "type", "object");
	json_t *check = json_pack("{s:s, s:{s:O, s:{s:[s, s, s, s, s]}, s:O, s:O, s:O}}", "type", "object", "properties", "name", text, "outcome", "enum",
	    "pass", "fail", "unknown", "not requested", "not applicable", "clause", text, "evidence", text, "text", object);
	json_t *out = json_pack("{s:s, s:[s, s, s], s:{s:{s:[s, s, s]}, s:O, s:O, s:O, s:{s:s, s:o}, s:{s:s, s:O}, s:O, s:{s:[s, s, s]}, s:{s:s, s:O}}}", "type", "object", "required", "verdict", "kind", "checks",
	    "properties", "verdict", "enum", "permit", "deny", "indeterminate", "kind", text, "subject", object, "at", text, "checks", "type", "array", "items", check,
	    "not_checked", "type", "array", "items", text, "status", object, "tpm", "enum", "hardware", "software", "none", "path", "type", "array", "items", object);

	json_decref(text);
	json_decref(object);
	return out;
}

static json_t *body_of(const struct web_route *r)
{
	if (strcmp(r->path, "/v1/verify") == 0)
		return json_pack("{s:b, s:{s:{s:{s:[o, o]}}}}", "required", 1, "content", JSON_TYPE, "schema", "oneOf", ref("#/components/schemas/Item"),
		    ref("#/components/schemas/Items"));
	bool ocsp = strcmp(r->path, "/ocsp") == 0;
	return json_pack("{s:b, s:{s:{s:{s:s}}}}", "required", 1, "content", ocsp ? "application/ocsp-request" : "application/x-www-form-urlencoded", "schema", "type",
	    ocsp ? "string" : "object");
}

static json_t *responses_of(const struct web_route *r)
{
	static const char *const statuses[] = {"400", "404", "413", "429", "503"};
	bool verify = strcmp(r->path, "/v1/verify") == 0;
	json_t *all = json_object();

	if (verify)
		json_object_set_new(all, "200", json_pack("{s:s, s:{s:{s:{s:[o, {s:s}]}}}}", "description", "verdict 核验结果", "content", JSON_TYPE, "schema", "oneOf",
		    ref("#/components/schemas/Verdict"), "type", "object"));
	else
		json_object_set_new(all, "200", json_pack("{s:s}", "description", r->what));
	if (r->method == WEB_GET)
		json_object_set_new(all, "304", json_pack("{s:s}", "description", "not changed: If-None-Match named its ETag"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(statuses); i++)
		json_object_set_new(all, statuses[i], ref("#/components/responses/Problem"));
	return all;
}

static void add_route(json_t *paths, const struct web_route *r)
{
	char path[96], id[120];
	const char *method = r->method == WEB_POST ? "post" : "get";

	plain_path(r->path, path);
	snprintf(id, sizeof(id), "%s_%s", method, path);
	for (char *p = id; *p != '\0'; p++)
		if (strchr("/{}.-", *p) != NULL)
			*p = '_';
	json_t *op = json_pack("{s:s, s:s, s:o, s:o}", "operationId", id, "summary", r->what, "parameters", parameters_of(r), "responses", responses_of(r));
	if (r->method == WEB_POST)
		json_object_set_new(op, "requestBody", body_of(r));
	json_t *item = json_object_get(paths, path);
	if (item == NULL) {
		item = json_object();
		json_object_set_new(paths, path, item);
	}
	json_object_set_new(item, method, op);
}

void svc_get_openapi(struct web_req *q, struct web_res *r)
{
	json_t *paths = json_object();

	for (const struct web_route *at = svc_routes; at->path != NULL; at++)
		add_route(paths, at);
	json_t *problem = json_pack("{s:s, s:{s:{s:{s:s, s:[s, s, s, s]}}}}", "description", "refused: detail in Chinese and English (RFC 9457) 未办理：说明", "content",
	    "application/problem+json", "schema", "type", "object", "required", "type", "title", "status", "detail");
	json_t *items = json_pack("{s:s, s:[s], s:{s:{s:s, s:i, s:o}}}", "type", "object", "required", "items", "properties", "items", "type", "array", "maxItems", 1000,
	    "items", ref("#/components/schemas/Item"));
	FJ_AUTO(json) doc = json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:o, s:{s:{s:o, s:o, s:o}, s:{s:o}}}", "openapi", "3.1.0", "info", "title", "Fujie 符节: public verifier",
	    "version", "1", "description", "Verdicts and published files; public, no account, nobody is recorded. 公开核验服务：无需账户，不记录查询者。", "servers", "url", svc_base(web_app(q)),
	    "paths", paths, "components", "schemas", "Item", item_schema(), "Items", items, "Verdict", verdict_schema(), "responses", "Problem", problem);
	web_json(r, 200, doc);
	r->max_age = 300;
}
