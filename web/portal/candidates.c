/*
 * candidates.c - the objects that a field may name, with their names: so that people
 * choose by words, and type no codes.
 *
 * They come from the list commands, by what concerns who asks, a hundred at most: one
 * bounded read of an index each.  A name that was typed is turned into the number of
 * the only object of that name; anything else stays as it was typed, and the register
 * says what is wrong with it.
 */
#include "web/portal/internal.h"

#define NAME 120   /* points of a name, of its holder's too */
#define LABEL 1024 /* octets of both */
#define MIDDLE " · "

#define SHOWN 100

/* for whom a list is narrowed, and to which state */
static const struct {
	const char *noun, *state;
	bool own; /* the own organisation's, where it has some: by the list's filter, or its holder */
} narrow[] = {{"certificate", "ACTIVE", true}, {"authorisation", "ACTIVE", true}, {"bulk", NULL, true}};

static json_t *list_of(struct web_req *q, const char *noun, json_t *params)
{
	char command[80];
	json_t *answer = NULL;
	struct fj_err err = {0};

	snprintf(command, sizeof(command), "%.64s.list", noun);
	if (json_object_get(params, "limit") == NULL)
		json_object_set_new(params, "limit", json_integer(SHOWN));
	enum fj_rc rc = iss_command_find(command) == NULL ? FJ_E_NOTFOUND : portal_command(q, command, params, &answer, &err);
	json_decref(params);
	return rc == FJ_OK ? answer : NULL;
}

/* those divisions that lie in the province of the own organisation, and the country */
static json_t *divisions(struct web_req *q)
{
	FJ_AUTO(json) org = json_pack("{s:s}", "usci", portal_actor(q)->org);
	json_t *o = NULL, *out = json_array(), *v;
	struct fj_err err = {0};
	char after[8] = "", province[3] = "";
	size_t i;

	json_array_append_new(out, json_pack("{s:s, s:s}", "id", "100000", "label", web_tr(q, "the whole country")));
	if (portal_command(q, "organisation.show", org, &o, &err) != FJ_OK)
		return out;
	snprintf(province, sizeof(province), "%.2s", fj_json_text(o, "div6"));
	json_decref(o);
	if (strcmp(province, "10") == 0 || province[0] == '\0')
		return out;
	snprintf(after, sizeof(after), "%s.", province); /* sorts before its digits */
	FJ_AUTO(json) list = list_of(q, "division", json_pack("{s:s}", "after", after));
	json_array_foreach(json_object_get(list, "items"), i, v)
		if (strncmp(fj_json_text(v, "code"), province, 2) == 0)
			json_array_append_new(out, json_pack("{s:O, s:O}", "id", json_object_get(v, "code"), "label", json_object_get(v, "name")));
	return out;
}

static void label_of(struct web_req *q, const json_t *v, char out[LABEL])
{
	static const char *const keys[] = {"asset_name", "asset_names", "name", "mode"};
	const json_t *holder = json_object_get(v, "holder"), *operator_ = json_object_get(v, "operator");
	const char *name = NULL, *who = fj_json_peek(operator_ != NULL ? operator_ : holder, "name");

	for (size_t i = 0; i < FJ_ARRAY_LEN(keys) && name == NULL; i++)
		name = fj_json_peek(v, keys[i]);
	if (name != NULL && name == fj_json_peek(v, "mode"))
		name = web_word(q, WEB_MODE, name);
	if (who == NULL && json_is_string(holder) && fj_json_peek(v, "kind") == NULL)
		who = json_string_value(holder);
	if (name == NULL || name[0] == '\0') /* of a material */
		name = web_word(q, WEB_KIND, fj_json_text(v, "kind"));
	snprintf(out, LABEL, "%.*s%s%.*s", (int)fj_utf8_prefix(name, NAME), name, who == NULL ? "" : MIDDLE, who == NULL ? 0 : (int)fj_utf8_prefix(who, NAME), who == NULL ? "" : who);
}

/* of a batch of licenses: what, how many, since when, and how far */
static void label_of_batch(struct web_req *q, const json_t *v, char out[LABEL])
{
	FJ_AUTO(buf) many = FJ_BUF_INIT(200);

	web_say(q, &many, "%lld licenses", (long long)fj_json_num(v, "total"));
	snprintf(out, LABEL, "%.*s" MIDDLE "%s" MIDDLE "%.10s" MIDDLE "%s", (int)fj_utf8_prefix(fj_json_text(v, "product"), NAME), fj_json_text(v, "product"), fj_buf_str(&many), fj_json_text(v, "at"),
	    web_word(q, WEB_STATE, fj_json_text(v, "state")));
}

static json_t *rows(struct web_req *q, const char *noun, bool own)
{
	json_t *params = json_object(), *out = json_array(), *v;
	const char *filter = iss_own_filter(portal_actor(q), noun);
	size_t i;

	for (size_t k = 0; k < FJ_ARRAY_LEN(narrow); k++) {
		if (strcmp(narrow[k].noun, noun) != 0)
			continue;
		if (narrow[k].state != NULL)
			json_object_set_new(params, "state", json_string(narrow[k].state));
		if (own && narrow[k].own)
			json_object_set_new(params, filter != NULL ? filter : "holder", json_string(portal_actor(q)->org));
	}
	FJ_AUTO(json) list = list_of(q, noun, params);
	json_array_foreach(json_object_get(list, "items"), i, v) {
		char label[LABEL];
		const char *id = portal_number_of(v, noun);
		if (strcmp(noun, "bulk") == 0)
			label_of_batch(q, v, label);
		else
			label_of(q, v, label);
		if (id != NULL)
			json_array_append_new(out, json_pack("{s:s, s:s}", "id", id, "label", label));
	}
	return out;
}

#define OPERATORS 200 /* of so many organisations looked at */
#define LOOKED_AT 1000

/* organisations that operate data, by name */
static json_t *operators(struct web_req *q)
{
	json_t *out = json_array(), *v, *role;
	FJ_AUTO(json) list = list_of(q, "organisation", json_pack("{s:i}", "limit", LOOKED_AT));
	size_t i, k;

	json_array_foreach(json_object_get(list, "items"), i, v)
		json_array_foreach(json_object_get(v, "roles"), k, role)
			if (strcmp(json_string_value(role), "OPERATOR") == 0 && json_array_size(out) < OPERATORS)
				json_array_append_new(out, json_pack("{s:O, s:O}", "id", json_object_get(v, "usci"), "label", json_object_get(v, "name")));
	return out;
}

/* what the own organisation sells, by the seller's own number for it */
static json_t *sold(struct web_req *q)
{
	json_t *out = json_array(), *v;
	const char *under = web_field(q, "authorisation"); /* where the form has chosen one, its own */
	FJ_AUTO(json) list = list_of(q, "product", json_pack("{s:s, s:s*}", "seller", portal_actor(q)->org, "authorisation", under[0] != '\0' ? under : NULL));
	size_t i;

	json_array_foreach(json_object_get(list, "items"), i, v)
		json_array_append_new(out, json_pack("{s:O, s:o}", "id", json_object_get(v, "id"), "label", json_sprintf("%s" MIDDLE "%s", fj_json_text(v, "name"), fj_json_text(v, "authorisation"))));
	return out;
}

/* codes of the tables that the finance department has loaded; none: any code is typed */
static json_t *classes(struct web_req *q)
{
	json_t *out = json_array(), *answer = NULL, *v;
	FJ_AUTO(json) none = json_object();
	size_t i;

	if (portal_command(q, "class.list", none, &answer, NULL) != FJ_OK)
		return out;
	json_array_foreach(json_object_get(answer, "items"), i, v)
		if (json_is_true(json_object_get(v, "loaded")))
			json_array_append_new(out, json_pack("{s:O, s:o}", "id", json_object_get(v, "code"), "label", json_sprintf("%s" MIDDLE "%s", fj_json_text(v, "name"), fj_json_text(v, "scheme"))));
	json_decref(answer);
	return out;
}

json_t *portal_candidates(struct web_req *q, const char *noun)
{
	if (strcmp(noun, "class") == 0)
		return classes(q);
	if (strcmp(noun, "division") == 0)
		return divisions(q);
	if (strcmp(noun, "operator") == 0)
		return operators(q);
	if (strcmp(noun, "sold") == 0)
		return sold(q);
	if (strcmp(noun, "agreed") == 0)
		return portal_agreed(q);
	json_t *own = rows(q, noun, true);
	if (json_array_size(own) > 0)
		return own;
	json_decref(own);
	return rows(q, noun, false);
}

/* numbers have no blanks and no characters but these */
static bool is_number(const char *text)
{
	return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/~")] == '\0';
}

static json_t *division_named(struct web_req *q, const char *name)
{
	FJ_AUTO(json) next = json_string("");
	size_t i;
	json_t *v;

	for (int page = 0; page < 60 && json_is_string(next); page++) {
		FJ_AUTO(json) list = list_of(q, "division", json_string_value(next)[0] == '\0' ? json_object() : json_pack("{s:O}", "after", next));
		json_array_foreach(json_object_get(list, "items"), i, v)
			if (strcmp(fj_json_text(v, "name"), name) == 0)
				return json_string(fj_json_text(v, "code"));
		json_decref(next);
		next = json_incref(json_object_get(list, "next"));
	}
	return json_string(name);
}

json_t *portal_number_for(struct web_req *q, const char *noun, const char *text)
{
	const char *found = NULL;
	size_t i;
	json_t *v;

	if (is_number(text) || web_session(q) == NULL)
		return json_string(text);
	if (strcmp(noun, "division") == 0 && strcmp(text, "全国") != 0)
		return division_named(q, text);
	FJ_AUTO(json) known = portal_candidates(q, noun);
	json_array_foreach(known, i, v) {
		const char *label = fj_json_text(v, "label");
		size_t n = strlen(text);
		bool is = strncmp(label, text, n) == 0 && (label[n] == '\0' || strncmp(label + n, MIDDLE, strlen(MIDDLE)) == 0);
		if (is && found != NULL)
			return json_string(text); /* two of one name */
		if (is)
			found = fj_json_text(v, "id");
	}
	return json_string(found != NULL ? found : text);
}
