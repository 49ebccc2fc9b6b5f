/*
 * prefill.c - what the register has already, into the form that changes or goes on
 * from it: a card into its next version, a plan's proposal into the agreement, an
 * authorisation's scope into the license under it.
 *
 * Only what nobody typed, of which no part stands in the form yet; all of it can be
 * changed there.
 */
#include "web/portal/internal.h"

/* how many rows stand there is nothing that was filled in */
bool portal_is_begun(const json_t *fill, const char *path)
{
	size_t n = strlen(path);
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)fill, key, v)
		if (strncmp(key, path, n) == 0 && (key[n] == '\0' || key[n] == '.' || key[n] == '@') && key[strlen(key) - 1] != '#')
			return true;
	return false;
}

static json_t *ask(struct web_req *q, const char *command, const char *key, const char *value)
{
	FJ_AUTO(json) params = json_object();
	json_t *answer = NULL;

	if (key != NULL && value[0] == '\0')
		return NULL;
	if (key != NULL)
		json_object_set_new(params, key, json_string(value));
	return portal_command(q, command, params, &answer, NULL) == FJ_OK ? answer : NULL;
}

static void put(json_t *fill, const struct iss_command_info *c, const char *field, const json_t *v)
{
	const struct iss_field *f = portal_field_of(c, field);

	if (f != NULL && v != NULL && !portal_is_begun(fill, field))
		portal_put_value(fill, f, field, v);
}

/* one member, below a field of which nothing is there */
static void put_member(json_t *fill, const struct iss_command_info *c, const char *field, const char *member, const json_t *v)
{
	FJ_AUTO(json) doc = v == NULL ? NULL : json_pack("{s:O}", member, v);

	if (doc != NULL)
		portal_put_value(fill, portal_field_of(c, field), field, doc);
}

/* a first card begins with what its ledger entry says, under the same names */
static void of_ledger(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	static const struct {
		const char *block, *key, *from;
	} same[] = {
		{"basic", "name", "name"}, {"basic", "overview", "summary"}, {"basic", "class_scheme", "class_scheme"}, {"basic", "class_code", "class_code"}, {"basic", "industry", "industry"},
		{"basic", "time_from", NULL}, {"basic", "time_to", NULL}, {"basic", "update_freq", NULL}, {"basic", "geo_scope", NULL}, {"basic", "source_kind", NULL}, {"basic", "structure", NULL},
		{"basic", "volume_rows", NULL}, {"rights", "personal_info", NULL}, {"management", "data_level", NULL}, {"management", "mgr_dept", NULL},
	};
	FJ_AUTO(json) entry = ask(q, "ledger.show", "id", fj_json_text(fill, "ledger"));
	FJ_AUTO(json) made = json_pack("{s:{}, s:{}, s:{}}", "basic", "rights", "management");

	for (size_t i = 0; entry != NULL && i < FJ_ARRAY_LEN(same); i++) {
		const char *text = same[i].from != NULL ? fj_json_text(entry, same[i].from) : fj_json_text(json_object_get(entry, "more"), same[i].key);
		json_t *v = text[0] == '\0' ? NULL : iss_card_value(same[i].block, same[i].key, text);
		if (v != NULL)
			json_object_set_new(json_object_get(made, same[i].block), same[i].key, v);
	}
	if (entry != NULL)
		put(fill, c, "card", made);
}

/* the newest version, of the asset that is named; else what the ledger entry has */
static void card(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) now = ask(q, "asset.show", "asset", web_field(q, "asset"));
	int64_t newest = fj_json_num(now, "newest");

	if (now == NULL) {
		of_ledger(q, c, fill);
		return;
	}
	put(fill, c, "ledger", json_object_get(now, "ledger"));
	if (newest == fj_json_num(now, "card_version")) {
		put(fill, c, "card", json_object_get(now, "card"));
		return;
	}
	FJ_AUTO(json) params = json_pack("{s:s, s:I}", "asset", web_field(q, "asset"), "version", (json_int_t)newest);
	json_t *draft = NULL;
	if (portal_command(q, "asset.show", params, &draft, NULL) == FJ_OK)
		put(fill, c, "card", json_object_get(draft, "card"));
	json_decref(draft);
}

/* the only one of these two that is granted; NULL: both, or neither */
static json_t *only_purpose(const json_t *granted, const char *one, const char *other)
{
	bool a = fj_list_has(granted, one), b = fj_list_has(granted, other);

	return a == b ? NULL : json_string(a ? one : other);
}

/* what the plan is to offer, each as a product of the operator with a number */
static json_t *planned_products(const json_t *items, const json_t *granted)
{
	static const struct {
		const char *list, *one, *other;
	} classes[] = {{"public", "PUBGOV", "WELFARE"}, {"development", "INDUSTRY", "SECTOR"}};
	json_t *out = json_array(), *v;
	size_t i;

	for (size_t k = 0; k < FJ_ARRAY_LEN(classes); k++) {
		FJ_AUTO(json) purpose = only_purpose(granted, classes[k].one, classes[k].other);
		json_array_foreach(json_object_get(json_object_get(items, "products"), classes[k].list), i, v)
			json_array_append_new(out, json_pack("{s:o, s:O, s:s, s:O*}", "id", json_sprintf("P-%03zu", json_array_size(out) + 1), "name", v, "level", "OPERATOR", "purpose", purpose));
	}
	return out;
}

/* who takes part, for the shares to be filled in */
static json_t *taking_part(struct web_req *q, const json_t *p)
{
	static const struct {
		const char *key, *role;
	} parties[] = {{"holder", "提供"}, {"implementer", "治理"}, {"operator", "运营"}};
	json_t *out = json_array();
	const char *before = "";

	for (size_t i = 0; i < FJ_ARRAY_LEN(parties); i++) {
		const char *usci = fj_json_text(p, parties[i].key);
		char name[PORTAL_NAME];
		if (usci[0] != '\0' && strcmp(usci, before) != 0 && portal_org_name(q, usci, name))
			json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "party", usci, "name", name, "role", parties[i].role));
		before = usci;
	}
	return out;
}

/* the agreement as far as proposal, study and plan say it */
static json_t *agreement_of(struct web_req *q, const json_t *p)
{
	const json_t *proposal = json_object_get(p, "proposal"), *items = json_object_get(p, "items"), *term = json_object_get(items, "term");

	return json_pack("{s:O*, s:{s:O*, s:O*}, s:o, s:O*, s:{s:O*, s:o}, s:O*, s:{s:O*}}", "scope", json_object_get(proposal, "certificates"), "term", "from", json_object_get(proposal, "from"),
	    "to", json_object_get(proposal, "to"), "products", planned_products(items, json_object_get(json_object_get(proposal, "grant"), "purposes")), "platform", json_object_get(term, "support"),
	    "income", "accounting", json_object_get(items, "accounting"), "shares", taking_part(q, p), "security", json_object_get(json_object_get(p, "study"), "emergency_plan"),
	    "evaluation", "exit", json_object_get(term, "exit"));
}

/* --- an authorisation that is adjusted: one begins with what it and its agreement say --- */

/* the plan that an authorisation goes by; NULL: none, or none is named; the caller's */
static json_t *plan_of(struct web_req *q, const char *number)
{
	FJ_AUTO(json) a = ask(q, "authorisation.show", "number", number);

	return ask(q, "plan.show", "id", fj_json_text(a, "plan"));
}

/* the day of a time, or today where that is over (a proposal begins today at the earliest) */
static json_t *day_of(const char *at, bool today)
{
	char day[FJ_TIME_CAP];
	fj_time t;

	if (fj_time_parse(at, &t, NULL) != FJ_OK)
		return NULL;
	fj_date_china(today && t < fj_now() ? fj_now() : t, day);
	return json_string(day);
}

static bool is_named(const json_t *list, const json_t *name)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_equal(json_is_string(v) ? v : json_object_get(v, "name"), name))
			return true;
	return false;
}

/* what the plan has that neither the one before nor the agreement names, after those of the agreement: numbers go on, none is given twice */
static json_t *adjusted_products(const json_t *p, const json_t *before, const json_t *there)
{
	json_t *out = json_copy(json_object_get(json_object_get(before, "agreement"), "products")), *v;
	FJ_AUTO(json) planned = planned_products(json_object_get(p, "items"), json_object_get(json_object_get(json_object_get(p, "proposal"), "grant"), "purposes"));
	const json_t *old = json_object_get(json_object_get(before, "items"), "products");
	char id[24];
	size_t i, n = 0;

	json_array_foreach(planned, i, v) {
		const json_t *name = json_object_get(v, "name");
		if (is_named(json_object_get(old, "public"), name) || is_named(json_object_get(old, "development"), name) || is_named(out, name))
			continue;
		do
			snprintf(id, sizeof(id), "P-%03zu", ++n);
		while (portal_has_product(out, id) || portal_has_product(there, id));
		json_object_set_new(v, "id", json_string(id));
		json_array_append(out, v);
	}
	return out;
}

/* the agreement in force, for the scope and term that are proposed now */
static json_t *adjusted_agreement(struct web_req *q, const json_t *p, const json_t *before)
{
	const json_t *now = json_object_get(p, "proposal");
	json_t *out = json_copy(json_object_get(before, "agreement"));
	FJ_AUTO(json) there = portal_products(q, fj_json_text(now, "adjusts"));

	json_object_set(out, "scope", json_object_get(now, "certificates"));
	json_object_set_new(out, "term", json_pack("{s:O, s:O}", "from", json_object_get(now, "from"), "to", json_object_get(now, "to")));
	json_object_set_new(out, "products", adjusted_products(p, before, there));
	return out;
}

static void proposal(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) a = ask(q, "authorisation.show", "number", fj_json_text(fill, PORTAL_ADJUSTS));
	FJ_AUTO(json) p = ask(q, "plan.show", "id", fj_json_text(a, "plan"));
	FJ_AUTO(json) now = p != NULL ? json_copy(json_object_get(p, "proposal")) : json_object();
	FJ_AUTO(json) certificates = json_array();
	const struct iss_field *doc = portal_field_of(c, "proposal");
	char path[80];
	size_t i;
	json_t *v;

	if (a == NULL)
		return;
	json_array_foreach(json_object_get(a, "assets"), i, v)
		json_array_append(certificates, json_object_get(v, "certificate"));
	json_object_set(now, "certificates", certificates);
	json_object_set(now, "grant", json_object_get(a, "grant"));
	json_object_set(now, "terms", json_object_get(a, "terms"));
	json_object_set_new(now, "from", day_of(fj_json_text(a, "not_before"), true));
	json_object_set_new(now, "to", day_of(fj_json_text(a, "not_after"), false));
	if (json_object_get(now, "agreement") != NULL) { /* of the short course */
		FJ_AUTO(json) one = json_pack("{s:O}", "proposal", now);
		json_object_set_new(now, "agreement", adjusted_agreement(q, one, p));
	}
	for (const struct iss_field *f = doc->members; f->name != NULL; f++) {
		snprintf(path, sizeof(path), "proposal.%.60s", f->name);
		if (!portal_is_begun(fill, path))
			portal_put_value(fill, f, path, json_object_get(now, f->name));
	}
}

/* each step's document as it is kept for the authorisation that this plan adjusts; nothing where it adjusts none */
static void adjusted_plan(struct web_req *q, const struct iss_command_info *c, const json_t *p, json_t *fill)
{
	const char *number = fj_json_text(json_object_get(p, "proposal"), "adjusts");
	FJ_AUTO(json) before = number[0] == '\0' ? NULL : plan_of(q, number);
	FJ_AUTO(json) items = json_copy(json_object_get(before, "items"));

	if (before == NULL)
		return;
	if (items != NULL)
		json_object_set(items, "mode", json_object_get(json_object_get(json_object_get(p, "proposal"), "grant"), "mode"));
	put(fill, c, "study", json_object_get(before, "study"));
	put(fill, c, "items", items);
	put(fill, c, "selection", json_object_get(before, "selection"));
	put(fill, c, "place", json_object_get(json_object_get(before, "disclosure"), "place"));
	put(fill, c, "address", json_object_get(json_object_get(before, "disclosure"), "address"));
	if (portal_field_of(c, "agreement") != NULL && json_object_get(before, "agreement") != NULL) {
		FJ_AUTO(json) agreement = adjusted_agreement(q, p, before);
		put(fill, c, "agreement", agreement);
	}
}

static void plan(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) p = ask(q, "plan.show", "id", fj_json_text(fill, "id"));
	const json_t *proposal = json_object_get(p, "proposal");
	static const char *const parts[] = {"study", "items", "selection", "agreement"};

	if (p == NULL)
		return;
	for (size_t i = 0; i < FJ_ARRAY_LEN(parts); i++)
		put(fill, c, parts[i], json_object_get(p, parts[i]));
	put(fill, c, "place", json_object_get(json_object_get(p, "disclosure"), "place"));
	put(fill, c, "address", json_object_get(json_object_get(p, "disclosure"), "address"));
	adjusted_plan(q, c, p, fill);
	if (portal_field_of(c, "items") != NULL && !portal_is_begun(fill, "items"))
		put_member(fill, c, "items", "mode", json_object_get(json_object_get(proposal, "grant"), "mode"));
	if (portal_field_of(c, "agreement") != NULL) {
		FJ_AUTO(json) agreed = agreement_of(q, p);
		put(fill, c, "agreement", agreed);
	}
}

/* a license lies within its authorisation, and is for its product's one purpose, on its terms: one begins with all of it */
static void license(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	const char *number = fj_json_text(fill, "request.authorisation");
	FJ_AUTO(json) p = ask(q, "product.show", "product", web_field(q, "product"));

	if (number[0] == '\0')
		number = p != NULL ? fj_json_text(p, "authorisation") : web_field(q, "authorisation");
	FJ_AUTO(json) a = ask(q, "authorisation.show", "number", number);
	const json_t *assets = json_object_get(a, "assets");

	if (a == NULL || portal_is_begun(fill, "request.grant"))
		return;
	put_member(fill, c, "request", "authorisation", json_object_get(a, "number"));
	FJ_AUTO(json) grant = json_copy(json_object_get(a, "grant"));
	if (p != NULL && grant != NULL) {
		FJ_AUTO(json) product = json_pack("{s:O, s:O, s:O}", "id", json_object_get(p, "id"), "version", json_object_get(p, "version"), "kind", json_object_get(p, "kind"));
		json_object_set_new(grant, "purposes", json_pack("[O]", json_object_get(p, "purpose")));
		put_member(fill, c, "request", "product", product);
		put_member(fill, c, "request", "audience", json_array_get(json_object_get(p, "audiences"), 0)); /* where it is served, by its newest license by name */
	}
	put_member(fill, c, "request", "grant", grant);
	FJ_AUTO(json) terms = p != NULL ? json_string(strcmp(fj_json_text(p, "price_form"), "FREE") == 0 ? "free" : "paid") : json_incref(json_object_get(a, "terms"));
	put_member(fill, c, "request", "terms", terms);
	if (json_array_size(assets) == 1)
		put_member(fill, c, "request", "certificate", json_object_get(json_array_get(assets, 0), "certificate"));
}

static void product(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) p = ask(q, "product.show", "product", fj_json_text(fill, "product"));

	for (const struct iss_field *f = c->fields; p != NULL && f->name != NULL; f++)
		put(fill, c, f->name, json_object_get(p, f->name));
}

/* the one that was chosen, else the first, that the agreement lists and nobody registered yet; where it lists none, the next number */
static void next_product(struct web_req *q, const struct iss_command_info *c, json_t *fill, const json_t *agreed, const char *number)
{
	FJ_AUTO(json) there = portal_products(q, number);
	FJ_AUTO(str) chosen = fj_strdup(fj_json_text(fill, "id"));
	char id[24];
	size_t i, n = 0;
	json_t *v;

	if (there == NULL || chosen == NULL)
		return;
	json_array_foreach(agreed, i, v)
		if (strcmp(fj_json_text(v, "level"), "OPERATOR") == 0 && !portal_has_product(there, fj_json_text(v, "id")) && (chosen[0] == '\0' || strcmp(chosen, fj_json_text(v, "id")) == 0)) {
			static const char *const same[] = {"id", "name", "purpose"};
			for (size_t k = 0; k < FJ_ARRAY_LEN(same); k++)
				put(fill, c, same[k], json_object_get(v, same[k]));
			return;
		}
	do
		snprintf(id, sizeof(id), "P-%03zu", ++n);
	while (portal_has_product(there, id));
	FJ_AUTO(json) next = json_array_size(agreed) > 0 ? NULL : json_string(id);
	put(fill, c, "id", next);
}

/* an operator with one authorisation offers under that */
static void new_product(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) own = fj_json_text(fill, "authorisation")[0] != '\0' ? NULL : portal_candidates(q, "authorisation");
	FJ_AUTO(json) first = json_string("1.0");

	if (json_array_size(own) == 1)
		put(fill, c, "authorisation", json_object_get(json_array_get(own, 0), "id"));
	FJ_AUTO(json) a = ask(q, "authorisation.show", "number", fj_json_text(fill, "authorisation"));
	if (a != NULL)
		next_product(q, c, fill, json_object_get(a, "agreed_products"), fj_json_text(a, "number"));
	put(fill, c, "version", first);
}

/* a price replaces the one before with all its caps: it begins with those */
static void price(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) now = portal_price_of(q, fj_json_text(fill, "authorisation"));

	if (now != NULL)
		put(fill, c, "caps", json_object_get(now, "caps"));
}

/* a unit's officer reports for the unit, and for the last period that is over; whoever looks over all of them begins with all */
static void report(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) own = json_string(portal_actor(q)->org);
	const char *kind = portal_field_of(c, "kind") != NULL ? fj_json_text(fill, "kind") : c->name + strlen("report.");
	char period[PORTAL_PERIOD] = "";

	if (portal_field_of(c, "period") != NULL)
		portal_report_period(q, kind, period);
	FJ_AUTO(json) last = period[0] == '\0' ? NULL : json_string(period);
	put(fill, c, "period", last);

	if (!(portal_actor(q)->roles & (ISS_MOF | ISS_AUDITOR)) && portal_actor(q)->org[0] != '\0')
		put(fill, c, "unit", own);
}

/* a product's number is its authorisation's and its seller's own for it */
static void booking(const struct iss_command_info *c, json_t *fill)
{
	const char *whole = fj_json_text(fill, "product"), *own = strchr(whole, '/');
	FJ_AUTO(json) number = own == NULL ? NULL : json_stringn(whole, (size_t)(own - whole));

	if (number == NULL)
		return;
	put(fill, c, "authorisation", number);
	json_object_set_new(fill, "product", json_string(own + 1));
}

/* whose card has a version beyond the certificate's is registered for the change */
static void application(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) a = ask(q, "asset.show", "asset", fj_json_text(fill, "asset"));
	FJ_AUTO(json) change = json_string("CHANGE");

	if (strcmp(fj_json_text(a, "state"), "CERTIFICATED") == 0 && fj_json_num(a, "newest") > fj_json_num(a, "card_version"))
		put(fill, c, "type", change);
}

/* what is typed anew as a whole begins with what is in force: lists and tables; the others stay empty until they change */
static void settings(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) now = portal_settings_now(q, c);
	FJ_AUTO(json) lists = json_object();
	const char *key;
	json_t *v;

	json_object_foreach(now, key, v)
		if (json_array_size(v) > 0 || json_object_size(v) > 0)
			json_object_set(lists, key, v);
	put(fill, c, "profile", lists);
}

/* a scope that is made narrower begins as it is: what is not to stay is taken out */
static void scope(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	FJ_AUTO(json) a = ask(q, "authorisation.show", "number", fj_json_text(fill, "number"));

	for (const struct iss_field *f = c->fields; a != NULL && f->name != NULL; f++)
		if (f->type == ISS_F_LIST)
			put(fill, c, f->name, json_object_get(json_object_get(a, "grant"), f->name));
}

void portal_prefill(struct web_req *q, const struct iss_command_info *c, json_t *fill)
{
	if (strncmp(c->name, "report.", 7) == 0)
		report(q, c, fill);
	if (c->kind == ISS_READ)
		return;
	if (strcmp(c->name, "asset.card") == 0)
		card(q, c, fill);
	else if (strcmp(c->name, "revenue.book") == 0)
		booking(c, fill);
	else if (strcmp(c->name, "registration.submit") == 0)
		application(q, c, fill);
	else if (strncmp(c->name, "plan.", 5) == 0 && portal_field_of(c, "id") != NULL)
		plan(q, c, fill);
	else if (portal_field_of(c, "request") != NULL && strncmp(c->name, "token.", 6) == 0 && portal_field_of(c, "request")->members != NULL)
		license(q, c, fill);
	else if (strcmp(c->name, "authorisation.propose") == 0)
		proposal(q, c, fill);
	else if (strcmp(c->name, "product.change") == 0)
		product(q, c, fill);
	else if (strcmp(c->name, "product.add") == 0)
		new_product(q, c, fill);
	else if (strcmp(c->name, "price.record") == 0)
		price(q, c, fill);
	else if (strcmp(c->name, "authorisation.adjust") == 0)
		scope(q, c, fill);
	else if (strcmp(c->name, "profile.propose") == 0)
		settings(q, c, fill);
	else if (strcmp(c->name, "exchange.map") == 0 || strcmp(c->name, "trade.map") == 0) {
		FJ_AUTO(json) m = ask(q, c->name[0] == 'e' ? "exchange.mapping" : "trade.mapping", fj_json_text(fill, "exchange")[0] != '\0' ? "exchange" : NULL, fj_json_text(fill, "exchange"));
		put(fill, c, "mapping", json_object_get(m, "mapping"));
	}
}
