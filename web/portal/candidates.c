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
#define LOOKED_AT 1000

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

/* what tells one from another, of those that label_of has not enough for */
static const struct {
	const char *noun, *members[3];
} telling[] = {
	{"asset", {"name", "holder_name"}}, {"ledger", {"name", "holder_name"}}, {"registration", {"asset_name", "type", "holder_name"}}, {"plan", {"asset_names", "holder"}}, {"token", {"user", "product"}},
	{"request", {"user", "product"}}, {"objection", {"asset_no", "registration"}}, {"complaint", {"kind", "product", "authorisation"}}, {"order", {"kind", "org", "authorisation"}}, {"incident", {"kind", "asset_no", "authorisation"}},
	{"exit", {"operator"}}, {"collateral", {"kind", "creditor", "asset_no"}}, {"report", {"kind", "period", "unit"}}, {"revenue", {"payer_name", "period_from", "period_to"}}, {"remittance", {"name", "fund", "due"}},
	{"listing", {"name", "exchange"}}, {"copy", {"credential_no", "copy_no"}}, {"evaluation", {"authorisation", "from", "to"}}, {"price", {"authorisation", "doc_no"}},
};

/* a member in words: an organisation by its name, a code by its word */
static const char *member_words(struct web_req *q, const char *key, const json_t *v, char name[PORTAL_NAME])
{
	const struct web_term *t = web_term_find(key);
	const char *s = json_is_object(v) ? fj_json_text(v, "name") : json_is_string(v) ? json_string_value(v) : "", *word = t == NULL ? NULL : web_word_of(web_lang(q)[0] == 'e', t->form, s);

	if (json_is_integer(v))
		snprintf(name, PORTAL_NAME, "%lld", (long long)json_integer_value(v));
	if (json_is_integer(v) || (strlen(s) == 18 && portal_org_name(q, s, name)))
		return name;
	return word != NULL ? word : s;
}

/* false: of this noun nothing stands in the table */
static bool label_told(struct web_req *q, const char *noun, const json_t *v, char out[LABEL])
{
	size_t i = 0, n = 0;

	while (i < FJ_ARRAY_LEN(telling) && strcmp(telling[i].noun, noun) != 0)
		i++;
	out[0] = '\0';
	for (size_t k = 0; i < FJ_ARRAY_LEN(telling) && k < FJ_ARRAY_LEN(telling[i].members) && telling[i].members[k] != NULL; k++) {
		char name[PORTAL_NAME];
		const char *s = member_words(q, telling[i].members[k], json_object_get(v, telling[i].members[k]), name);
		size_t room = LABEL - n;
		if (s[0] != '\0' && room > NAME * 4 + sizeof(MIDDLE))
			n += (size_t)snprintf(out + n, room, "%s%.*s", n > 0 ? MIDDLE : "", (int)fj_utf8_prefix(s, NAME / 2), s);
	}
	return n > 0;
}

/* of a batch of licenses: what, how many, since when, and how far */
static void label_of_batch(struct web_req *q, const json_t *v, char out[LABEL])
{
	FJ_AUTO(buf) many = FJ_BUF_INIT(200);

	web_say(q, &many, "%lld licenses", (long long)fj_json_num(v, "total"));
	snprintf(out, LABEL, "%.*s" MIDDLE "%s" MIDDLE "%.10s" MIDDLE "%s", (int)fj_utf8_prefix(fj_json_text(v, "product"), NAME), fj_json_text(v, "product"), fj_buf_str(&many), fj_json_text(v, "at"),
	    web_word(q, WEB_STATE, fj_json_text(v, "state")));
}

static bool in_states(const char *states, const char *state)
{
	char in[48];

	snprintf(in, sizeof(in), " %.40s ", state);
	return strcmp(states, state) == 0 || strstr(states, in) != NULL;
}

/* lists of everybody's: which member of a row says whose it is */
static const struct {
	const char *noun, *command, *member; /* command: NULL any */
	enum { OFFICE, AUTHORISATION, ASSET } is;
} owners[] = {
	{"collateral", NULL, "asked_by", OFFICE}, {"order", "order.answer", "org", OFFICE}, {"order", NULL, "issued_by", OFFICE}, {"complaint", NULL, "authorisation", AUTHORISATION},
	{"request", NULL, "authorisation", AUTHORISATION}, {"objection", NULL, "asset_no", ASSET},
};

/* of a holder whose finance department, or superior, is the reader's, or who is it */
static bool asset_is_own(struct web_req *q, const char *asset_no)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "asset", asset_no);
	FJ_AUTO(json) asset = NULL;

	if (portal_command(q, "asset.show", params, &asset, NULL) != FJ_OK)
		return false;
	FJ_AUTO(json) holder = portal_organisation(q, fj_json_text(asset, "holder"));
	static const char *const offices[] = {"finance", "dept", "usci"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(offices); i++)
		if (strcmp(fj_json_text(holder, offices[i]), portal_actor(q)->org) == 0)
			return true;
	return false;
}

static bool has_number(const json_t *list, const char *number)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (strcmp(fj_json_text(v, "number"), number) == 0)
			return true;
	return false;
}

/* takes out of a list of rows what others alone can do this on */
static void leave_own(struct web_req *q, const char *noun, const char *command, json_t *rows)
{
	const char *filter = iss_own_filter(portal_actor(q), "authorisation"), *org = portal_actor(q)->org;
	FJ_AUTO(json) auths = NULL;
	size_t k = 0;

	while (k < FJ_ARRAY_LEN(owners) && (strcmp(owners[k].noun, noun) != 0 || (owners[k].command != NULL && strcmp(owners[k].command, command) != 0)))
		k++;
	if (k == FJ_ARRAY_LEN(owners) || org[0] == '\0')
		return;
	if (owners[k].is == AUTHORISATION && filter != NULL)
		auths = list_of(q, "authorisation", json_pack("{s:s, s:i}", filter, org, "limit", LOOKED_AT));
	for (size_t i = json_array_size(rows); i-- > 0;) {
		const char *of = fj_json_text(json_array_get(rows, i), owners[k].member);
		bool own = owners[k].is == OFFICE ? strcmp(of, org) == 0 : owners[k].is == ASSET ? asset_is_own(q, of) : filter == NULL || has_number(json_object_get(auths, "items"), of);
		if (!own)
			json_array_remove(rows, i);
	}
}

/* rows of a page of the list: of those the command can be done on (NULL: any), but for those in none of these states (NULL: any) */
static void add_rows(struct web_req *q, const char *noun, const char *command, const char *states, json_t *params, json_t *out)
{
	FJ_AUTO(json) list = list_of(q, noun, params);
	json_t *items = json_object_get(list, "items"), *v;
	size_t i;

	if (command != NULL)
		leave_own(q, noun, command, items);
	json_array_foreach(items, i, v) {
		char label[LABEL];
		const char *id = portal_number_of(v, noun), *state = fj_json_text(v, "state");
		if (id == NULL || json_array_size(out) >= SHOWN || (states != NULL && state[0] != '\0' && !in_states(states, portal_stands(noun, v))))
			continue;
		if (strcmp(noun, "bulk") == 0)
			label_of_batch(q, v, label);
		else if (!label_told(q, noun, v, label))
			label_of(q, v, label);
		json_array_append_new(out, json_pack("{s:s, s:s}", "id", id, "label", label));
	}
}

static json_t *rows(struct web_req *q, const char *noun, bool own)
{
	json_t *params = json_object(), *out = json_array();
	const char *filter = iss_own_filter(portal_actor(q), noun);

	for (size_t k = 0; k < FJ_ARRAY_LEN(narrow); k++) {
		if (strcmp(narrow[k].noun, noun) != 0)
			continue;
		if (narrow[k].state != NULL)
			json_object_set_new(params, "state", json_string(narrow[k].state));
		if (own && narrow[k].own)
			json_object_set_new(params, filter != NULL ? filter : "holder", json_string(portal_actor(q)->org));
	}
	add_rows(q, noun, NULL, NULL, params, out);
	return out;
}

#define OPERATORS 200 /* of so many organisations looked at */

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
	if (json_array_size(own) > 0 || (strcmp(noun, "authorisation") == 0 && iss_own_filter(portal_actor(q), noun) != NULL)) /* a party of authorisations acts under its own */
		return own;
	json_decref(own);
	return rows(q, noun, false);
}

/* --- what an act can be done on --- */

/* whose numbers forms ask for, and offer */
static const char *const numbered[] = {"asset", "ledger", "registration", "certificate", "authorisation", "plan", "product", "token", "request", "bulk", "objection", "collateral", "order", "incident", "complaint",
	"exit", "report", "revenue", "remittance", "listing", "copy", "price", "evaluation"};

/* fields that are the number of another noun than their command's, and not called by it */
static const struct {
	const char *command, *field, *noun;
} of_others[] = {{"evaluation.add", "number", "authorisation"}, {"order.issue", "number", "authorisation"}, {"complaint.file", "number", "authorisation"}, {"incident.report", "number", "authorisation"}};

bool portal_is_numbered(const char *noun)
{
	size_t i = 0;

	while (i < FJ_ARRAY_LEN(numbered) && strcmp(numbered[i], noun) != 0)
		i++;
	return i < FJ_ARRAY_LEN(numbered) && portal_find(noun, "list") != NULL;
}

/* "id" or "ids" */
static bool is_one_or_many(const char *field, const char *of)
{
	size_t n = strlen(of);

	return n > 0 && strncmp(field, of, n) == 0 && (field[n] == '\0' || strcmp(field + n, "s") == 0);
}

const char *portal_noun_asked(const struct iss_command_info *c, const char *field)
{
	char noun[PORTAL_NOUN];

	for (size_t i = 0; i < FJ_ARRAY_LEN(of_others); i++)
		if (strcmp(of_others[i].command, c->name) == 0 && strcmp(of_others[i].field, field) == 0)
			return of_others[i].noun;
	portal_noun_in(c->name, noun);
	const char *key = portal_key_of(noun);
	const struct portal_noun *own = key == NULL || !is_one_or_many(field, key) ? NULL : portal_noun_of(noun);
	if (own != NULL)
		return own->name;
	for (size_t i = 0; i < FJ_ARRAY_LEN(numbered); i++)
		if (is_one_or_many(field, numbered[i]))
			return numbered[i];
	return "";
}

/* by which filter a list shows what the reader's office can do this on, where it is not that of what is its own; and in which states,
 * where no hint says it */
static const struct {
	const char *begin, *filter, *states; /* of commands that begin so */
	uint32_t roles;
} turns[] = {
	{"asset.card", "turn", NULL, ~0u}, {"registration.submit", "turn", NULL, ~0u}, {"certificate.issue", "issuing", NULL, ~0u}, {"ledger.confirm", "confirmer", NULL, ~0u},
	{"plan.", "implementer", NULL, ISS_IMPLEMENTER}, {"evaluation.add", "implementer", NULL, ISS_IMPLEMENTER}, {"authorisation.adjust", "implementer", NULL, ISS_IMPLEMENTER}, {"exit.", "turn", NULL, ~0u}, {"product.", "seller", NULL, ~0u}, {"revenue.remit", NULL, " DUE LATE SHORT ", ~0u},
};

json_t *portal_actable(struct web_req *q, const struct iss_command_info *c, const char *noun)
{
	const struct iss_command_info *list = portal_find(noun, "list");
	const struct portal_hint *h = portal_hint_of(c->name);
	const struct iss_field *state = portal_field_of(list, "state");
	const char *filter = iss_own_filter(portal_actor(q), noun), *states = h == NULL || h->from == NULL || h->from[0] == '\0' ? NULL : h->from, *org = portal_actor(q)->org;
	json_t *out = json_array();
	bool turn = false, asked_by_state = false;

	for (size_t i = 0; i < FJ_ARRAY_LEN(turns); i++)
		if (c->kind != ISS_READ && (portal_actor(q)->roles & turns[i].roles) && strncmp(c->name, turns[i].begin, strlen(turns[i].begin)) == 0) {
			states = turns[i].states != NULL ? turns[i].states : states;
			turn = turns[i].filter != NULL && (strcmp(turns[i].filter, "turn") == 0 || strcmp(turns[i].filter, "issuing") == 0);
			if (turns[i].filter != NULL && portal_field_of(list, turns[i].filter) != NULL)
				filter = turns[i].filter;
		}
	for (size_t i = 0; states == NULL && c->kind != ISS_READ && i < FJ_ARRAY_LEN(narrow); i++)
		if (strcmp(narrow[i].noun, noun) == 0 && narrow[i].state != NULL)
			states = narrow[i].state;
	for (size_t i = 0; !turn && states != NULL && state != NULL && state->choices != NULL && state->choices[i] != NULL; i++)
		if (in_states(states, state->choices[i])) {
			asked_by_state = true;
			add_rows(q, noun, c->name, states, json_pack("{s:s, s:s*}", "state", state->choices[i], filter != NULL ? filter : "state", filter != NULL ? org : NULL), out);
		}
	if (!asked_by_state)
		add_rows(q, noun, c->name, turn ? NULL : states, json_pack("{s:s*}", filter != NULL ? filter : "state", filter != NULL && org[0] != '\0' ? org : NULL), out);
	return out;
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
