/*
 * show.c - one object: its name, number, state and validity first, then what its state asks
 * for as a button, its facts, its course, how to stop it, all other acts, and its history.
 *
 * What is shown is the noun's .show command; what may be done are the officer's commands that
 * ask for such a number.  An act whose hint names the state of the object is what comes next:
 * a button.  Taking back has a section of its own (takeback.c); the others stand folded, short
 * forms ready to fill in.
 */
#include "web/portal/internal.h"

/* further fields of a form that still stands on the page of the object */
#define SHORT_FORM 6
#define MAX_ACTS 48

/* --- the head --- */

/* members in which an object's name may stand, and those of its first and last day */
static const char *const names[] = {"asset_name", "asset_names", "name", "product", "user", "operator", "asset_no", "payer_name", "period_name", "title", NULL};

const char *portal_name_of(const json_t *o, const char *noun)
{
	const char *number = portal_number_of(o, noun), *s = NULL;

	for (size_t i = 0; names[i] != NULL && s == NULL; i++) {
		const json_t *v = json_object_get(o, names[i]);
		s = json_is_object(v) ? fj_json_peek(v, "name") : json_string_value(v);
		if (s != NULL && (s[0] == '\0' || (number != NULL && strcmp(s, number) == 0)))
			s = NULL;
	}
	return s;
}

/* an asset whose certificate is not in force says so beside its own state */
static void certificate_stands(struct web_req *q, struct fj_buf *b, const char *number)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", number);
	FJ_AUTO(json) c = NULL;

	if (number[0] == '\0' || portal_command(q, "certificate.show", params, &c, NULL) != FJ_OK || strcmp(fj_json_text(c, "state"), "ACTIVE") == 0)
		return;
	web_print(b, " %s ", web_tr(q, "its certificate:"));
	web_state(q, b, fj_json_text(c, "state"), "");
}

void portal_face(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o)
{
	const char *name = portal_name_of(o, noun), *number = portal_number_of(o, noun);
	const json_t *from = json_object_get(o, "not_before"), *to = json_object_get(o, "not_after");

	web_html(b, "<div class=\"face\">");
	if (name != NULL)
		web_print(b, "<p class=\"name\"><bdi>%s</bdi></p>", name);
	web_print(b, "<p><span class=\"mono\">%s</span>", number == NULL ? "" : number);
	if (strcmp(noun, "token") == 0 && strcmp(fj_json_text(o, "state"), "ACTIVE") == 0 && json_is_false(json_object_get(o, "usable"))) {
		web_html(b, " ");
		web_stopped(q, b);
	} else if (json_is_string(json_object_get(o, "state"))) {
		web_html(b, " ");
		web_state(q, b, fj_json_text(o, "state"), json_is_string(from) ? json_string_value(from) : "");
	}
	if (strcmp(noun, "asset") == 0)
		certificate_stands(q, b, fj_json_text(o, "certificate"));
	if (json_is_string(from) && json_is_string(to)) {
		web_print(b, " <span class=\"valid\">%s ", web_tr(q, "valid"));
		web_cell(q, b, "not_before", from, NULL);
		web_html(b, " — ");
		web_cell(q, b, "not_after", to, NULL);
		web_html(b, "</span>");
	}
	web_html(b, "</p></div>");
}

bool portal_object_name(struct web_req *q, const char *noun, const char *id, char out[PORTAL_NAME])
{
	const struct iss_command_info *show = portal_find(noun, "show");
	FJ_AUTO(json) params = show == NULL ? NULL : json_pack("{s:s}", portal_key_of(noun), id);
	FJ_AUTO(json) o = NULL;
	const char *name = params != NULL && portal_command(q, show->name, params, &o, NULL) == FJ_OK ? portal_name_of(o, noun) : NULL;

	if (name == NULL)
		name = "";
	snprintf(out, PORTAL_NAME, "%.*s", (int)fj_utf8_prefix(name, PORTAL_NAME / 4), name);
	return out[0] != '\0';
}

bool portal_face_of(struct web_req *q, struct fj_buf *b, const char *noun, const char *id)
{
	const struct iss_command_info *show = portal_find(noun, "show");
	FJ_AUTO(json) params = show == NULL ? NULL : json_pack("{s:s}", portal_key_of(noun), id);
	FJ_AUTO(json) o = NULL;

	if (params == NULL || portal_command(q, show->name, params, &o, NULL) != FJ_OK)
		return false;
	portal_own_words(q, show->name, o);
	portal_face(q, b, noun, o);
	return true;
}

/* --- acts --- */

const struct iss_field *portal_asks_for(const struct iss_command_info *c, const char *noun, const char *key)
{
	if (!portal_is_noun(c->name, noun))
		return portal_field_of(c, noun); /* asset.card asks for a "ledger" */
	const struct iss_field *f = portal_field_of(c, key);
	return f != NULL ? f : portal_field_of(c, noun);
}

static bool in_state(const struct portal_hint *h, const char *state)
{
	char in[48];

	snprintf(in, sizeof(in), " %.40s ", state == NULL ? "" : state);
	return strstr(h->from, in) != NULL;
}

static bool offered(struct web_req *q, const struct iss_command_info *c, const char *state)
{
	const struct portal_hint *h = portal_hint_of(c->name);
	const char *dot = strchr(c->name, '.');

	bool of_one = strcmp(dot, ".show") != 0 && strcmp(dot, ".list") != 0 && strcmp(dot, ".add") != 0;
	return portal_may(q, c) && of_one && (h == NULL || h->from == NULL || in_state(h, state));
}

/* what this state waits for */
static bool comes_next(const struct iss_command_info *c, const char *state)
{
	const struct portal_hint *h = portal_hint_of(c->name);

	return h != NULL && h->from != NULL && h->from[0] != '\0' && !h->danger && in_state(h, state);
}

static bool is_short(const struct iss_command_info *c)
{
	size_t n = 0;

	while (c->fields[n].name != NULL)
		n++;
	return n <= SHORT_FORM + 1 && !portal_has_type(c, ISS_F_JSON) && !portal_has_type(c, ISS_F_FILE) && c->kind != ISS_READ;
}

struct act {
	const struct iss_command_info *c;
	const struct iss_field *f;
};
struct acts { /* of one object, for one officer, now */
	const struct iss_command_info *back[MAX_ACTS], *again[MAX_ACTS]; /* that stop it, and that put it in force again */
	struct act next[MAX_ACTS], other[MAX_ACTS], read[MAX_ACTS];
	size_t n_back, n_again, n_next, n_other, n_read;
	const struct portal_turn *turn; /* NULL: none */
	bool mine;                      /* the turn is the reader's */
};

static void sort(const struct iss_command_info *c, const struct iss_field *f, const char *noun, const char *state, struct acts *out)
{
	struct act a = {c, f};
	bool turn = out->turn != NULL && strcmp(out->turn->command, c->name) == 0;

	if (turn && !out->mine)
		return; /* another office's */
	if (turn && out->n_next < MAX_ACTS) { /* first of them */
		memmove(out->next + 1, out->next, out->n_next++ * sizeof(a));
		out->next[0] = a;
	} else if (portal_is_noun(c->name, noun) && portal_stops_something(c->name) && out->n_back < MAX_ACTS)
		out->back[out->n_back++] = c;
	else if (portal_is_noun(c->name, noun) && portal_takes_back(c->name) && out->n_again < MAX_ACTS)
		out->again[out->n_again++] = c;
	else if (strcmp(c->name, "registration.course") == 0 || strcmp(c->name, "plan.course") == 0 || strcmp(c->name, "bulk.tokens") == 0)
		return; /* stands on the page */
	else if (strcmp(c->name, "token.review") == 0 && strcmp(noun, "request") == 0)
		return; /* license.c */
	else if ((out->turn == NULL || out->mine) && comes_next(c, state) && (portal_is_noun(c->name, noun) || c->kind == ISS_READ) && out->n_next < MAX_ACTS)
		out->next[out->n_next++] = a;
	else if (c->kind == ISS_READ && out->n_read < MAX_ACTS)
		out->read[out->n_read++] = a;
	else if (c->kind != ISS_READ && out->n_other < MAX_ACTS)
		out->other[out->n_other++] = a;
}

/* acts of the parties to an authorisation and of a product's seller, each on the page of the noun */
static const struct {
	const char *noun, *begin;
} of_parties[] = {
	{"product", "product."}, {"product", "revenue."}, {"product", "listing."}, {"product", "usage."}, {"authorisation", "authorisation."}, {"authorisation", "plan."},
	{"authorisation", "token.issue"}, {"authorisation", "token.bulk"}, {"authorisation", "listing."},
};

static bool of_others(const char *noun, const char *command)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(of_parties); i++)
		if (strcmp(of_parties[i].noun, noun) == 0 && strncmp(of_parties[i].begin, command, strlen(of_parties[i].begin)) == 0)
			return true;
	return false;
}

/* is it the reader's own office's to act on?  What has no parties is everybody's who may. */
static bool is_party(struct web_req *q, const char *noun, const json_t *o, json_t **stops)
{
	const char *org = portal_actor(q)->org, *seller = fj_json_text(json_object_get(o, "seller"), "usci");
	bool party = true;

	if (strcmp(noun, "product") == 0)
		return org[0] == '\0' || strcmp(org, seller) == 0;
	if (strcmp(noun, "authorisation") == 0)
		*stops = portal_stops(q, web_param(q, "id"), &party);
	return party;
}

static void find_acts(struct web_req *q, const char *noun, const json_t *o, bool party, struct acts *out)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);
	const char *key = portal_key_of(noun), *state = portal_stands(noun, o);

	memset(out, 0, sizeof(*out));
	out->turn = portal_turn_of(noun, o);
	out->mine = out->turn != NULL && portal_turn_mine(q, out->turn, o);
	for (size_t i = 0; i < n; i++) {
		const struct iss_field *f = portal_asks_for(all[i], noun, key);
		if (!party && all[i]->kind != ISS_READ && of_others(noun, all[i]->name))
			continue; /* it is another office's */
		if (f != NULL && f->type == ISS_F_STR && offered(q, all[i], state))
			sort(all[i], f, noun, state, out);
	}
}

/* it can be asked with this field alone */
static bool needs_only(const struct iss_command_info *c, const struct iss_field *f)
{
	for (const struct iss_field *other = c->fields; other->name != NULL; other++)
		if (other->required && strcmp(other->name, f->name) != 0)
			return false;
	return true;
}

static void act_link(struct web_req *q, struct fj_buf *b, const struct act *a, const char *id, const char *back, const char *class)
{
	char to[PORTAL_ADDRESS];

	portal_address(portal_wizard_of(a->c->name) != NULL ? "wizard" : "do", a->c->name, to);
	web_print(b, "<a class=\"%s\" href=\"%s?%s=%s&amp;back=%s", class, to, a->f->name, id, back);
	web_html(b, a->c->kind == ISS_READ && needs_only(a->c, a->f) ? (strcmp(a->c->name, "token.archive") == 0 ? "&amp;run=1&amp;download=file&amp;format=zip\">" : "&amp;run=1\">") : "\">");
	portal_command_word(q, b, a->c);
	web_html(b, "</a>");
}

static void next_acts(struct web_req *q, struct fj_buf *b, const struct acts *x, const json_t *o, const char *id, const char *back)
{
	bool without = x->mine && (x->n_next == 0 || strcmp(x->next[0].c->name, x->turn->command) != 0); /* the act takes a file or several numbers */

	if (x->n_next + x->n_back + x->n_again == 0 && !without)
		return;
	web_html(b, "<p class=\"acts first\">");
	if (without)
		portal_turn_link(q, b, x->turn, o, id);
	for (size_t i = 0; i < x->n_next; i++)
		act_link(q, b, &x->next[i], id, back, i == 0 ? "button" : "button quiet");
	if (x->n_again > 0)
		web_print(b, "<a class=\"button quiet\" href=\"#resume\">%s</a>", portal_stop_word(q, x->again, x->n_again));
	if (x->n_back > 0)
		web_print(b, "<a class=\"button quiet\" href=\"#stop\">%s</a>", portal_stop_word(q, x->back, x->n_back));
	web_html(b, "</p>");
}

static void act(struct web_req *q, struct fj_buf *b, const struct act *a, const char *id, const char *back, size_t k)
{
	char many[72];
	const char *const hidden[] = {a->f->name, "ids", many, NULL};
	FJ_AUTO(json) fill = json_pack("{s:s}", a->f->name, id);

	snprintf(many, sizeof(many), "%ss", a->f->name); /* one, or a selection: here it is one */
	if (is_short(a->c)) {
		web_html(b, "<details class=\"act\"><summary>");
		portal_command_word(q, b, a->c);
		web_html(b, "</summary>");
		portal_form(q, b, a->c, fill, hidden, back, k);
		web_html(b, "</details>");
		return;
	}
	web_html(b, "<p class=\"act\">");
	act_link(q, b, a, id, back, "plain");
	web_html(b, "</p>");
}

static void other_acts(struct web_req *q, struct fj_buf *b, const struct acts *x, const char *id, const char *back)
{
	if (x->n_next + x->n_other + x->n_read == 0)
		return;
	web_print(b, "<h2 id=\"acts\">%s</h2><div class=\"menu\">", web_tr(q, "Acts"));
	for (size_t i = 0; i < x->n_next; i++)
		act(q, b, &x->next[i], id, back, i + 1);
	for (size_t i = 0; i < x->n_other; i++)
		act(q, b, &x->other[i], id, back, MAX_ACTS + i);
	for (size_t i = 0; i < x->n_read; i++)
		act(q, b, &x->read[i], id, back, 0);
	web_html(b, "</div>");
}

/* --- what belongs to it --- */

static const struct {
	const char *noun, *text, *to; /* the number follows */
	const char *command;          /* that answers there */
} related[] = {
	{"asset", WEB_N("Its registrations"), "/list/registration?asset=", "registration.list"}, {"asset", WEB_N("Its certificates"), "/list/certificate?asset=", "certificate.list"}, {"asset", WEB_N("Its materials"), "/list/material?asset=", "material.list"},
	{"asset", WEB_N("License tokens for it"), "/list/token?asset=", "token.list"}, {"asset", WEB_N("Versions of the card"), "/do/asset/history?run=1&asset=", "asset.history"},
	{"asset", WEB_N("What differs from the version before"), "/compare/asset/", "asset.diff"}, {"asset", WEB_N("Change the card"), "/do/asset/card?asset=", "asset.card"},
	{"authorisation", WEB_N("License tokens under it"), "/list/token?authorisation=", "token.list"}, {"authorisation", WEB_N("Products under it"), "/list/product?authorisation=", "product.list"},
	{"authorisation", WEB_N("Its evaluations"), "/list/evaluation?number=", "evaluation.list"}, {"authorisation", WEB_N("Supervision orders"), "/list/order?number=", "order.list"}, {"authorisation", WEB_N("Complaints"), "/list/complaint?number=", "complaint.list"},
	{"organisation", WEB_N("Its assets"), "/list/asset?holder=", "asset.list"}, {"organisation", WEB_N("Its officers"), "/list/user?org=", "user.list"}, {"organisation", WEB_N("Authorisations to it"), "/list/authorisation?operator=", "authorisation.list"},
	{"organisation", WEB_N("License tokens for it"), "/list/token?user=", "token.list"},
};

static void links(struct web_req *q, struct fj_buf *b, const char *noun, const char *id)
{
	size_t n = 0;

	for (size_t i = 0; i < FJ_ARRAY_LEN(related); i++) {
		const struct iss_command_info *c = iss_command_find(related[i].command);
		if (strcmp(related[i].noun, noun) != 0 || c == NULL || !portal_may(q, c))
			continue;
		if (n++ == 0)
			web_print(b, "<h2 id=\"documents\">%s</h2><ul class=\"links\">", web_tr(q, "What belongs to it"));
		const char *who = web_tr_in(q, "who", related[i].command);
		web_print(b, who == NULL ? "<li><a href=\"%s%s\">%s</a>%s</li>" : "<li><a href=\"%s%s\">%s</a> <span class=\"small\">%s</span></li>", related[i].to, id, web_tr(q, related[i].text), who == NULL ? "" : who);
	}
	web_html(b, n > 0 ? "</ul>" : "");
}

/* --- the page --- */

static void places(struct web_req *q, struct fj_buf *b, const char *noun, const struct acts *x)
{
	bool acts = x->n_next + x->n_other + x->n_read > 0, course = strcmp(noun, "registration") == 0 || strcmp(noun, "plan") == 0;

	web_print(b, "<nav class=\"tabs\" aria-label=\"%s\">", web_tr(q, "On this page"));
	if (course)
		web_print(b, "<a href=\"#course\">%s</a>", web_tr(q, "Course"));
	web_print(b, "<a href=\"#facts\">%s</a>", web_tr(q, "Facts"));
	if (x->n_again > 0)
		web_print(b, "<a href=\"#resume\">%s</a>", portal_stop_word(q, x->again, x->n_again));
	if (x->n_back > 0)
		web_print(b, "<a href=\"#stop\">%s</a>", portal_stop_word(q, x->back, x->n_back));
	if (acts)
		web_print(b, "<a href=\"#acts\">%s</a>", web_tr(q, "Acts"));
	web_print(b, "<a href=\"#history\">%s</a></nav>", web_tr(q, "History"));
}

/* what another part of an object's page says already */
static const struct {
	const char *noun, *member;
} told_elsewhere[] = {
	{"plan", "from"}, {"plan", "to"}, {"plan", "at"}, {"plan", "waiting_for"}, {"plan", "asset_names"}, {"plan", "changes"}, /* its proposal, its course, its head */
	{"registration", "missing"},                                                                                         /* whose turn it is, and the course */
	{"evaluation", "waits"}, {"evaluation", "waiting_for"},                                                              /* what comes next */
	{"complaint", "name"}, {"profile", "name"},
	{"request", "permitted"}, /* beside what is asked, for who decides */
};

/* without what the head has told already, and what says nothing */
static json_t *without_head(const json_t *o, const char *noun)
{
	const char *number = portal_number_of(o, noun), *key;
	json_t *rest = json_copy((json_t *)(uintptr_t)o), *v;
	void *next;

	json_object_foreach_safe(rest, next, key, v)
		if (json_is_string(v) && (json_string_value(v)[0] == '\0' || (number != NULL && strcmp(json_string_value(v), number) == 0)))
			json_object_del(rest, key);
	if (json_is_string(json_object_get(rest, "state")))
		json_object_del(rest, "state");
	if (json_object_get(rest, "score_bp") != NULL)
		json_object_del(rest, "score"); /* the same without its decimals */
	json_object_del(rest, "returned");
	json_object_del(rest, "resubmit");
	json_object_del(rest, "certificate_missing");
	json_object_del(rest, "issuers"); /* what comes next names them */
	json_object_del(rest, "had_part");
	json_object_del(rest, "audiences");
	for (size_t i = 0; i < FJ_ARRAY_LEN(told_elsewhere); i++)
		if (strcmp(noun, told_elsewhere[i].noun) == 0)
			json_object_del(rest, told_elsewhere[i].member);
	if (strcmp(noun, "profile") == 0 && fj_json_num(rest, "version") == 0)
		json_object_del(rest, "version"); /* that there is none is said */
	return rest;
}

/* the holder by its name, where only the number is told */
static void name_holder(struct web_req *q, json_t *o)
{
	const json_t *h = json_object_get(o, "holder");
	FJ_AUTO(json) org = json_is_string(h) ? portal_organisation(q, json_string_value(h)) : NULL;

	if (org != NULL)
		json_object_set_new(o, "holder", json_pack("{s:O, s:O}", "usci", json_object_get(org, "usci"), "name", json_object_get(org, "name")));
}

/* of the version of the card that it was issued on: the certificate has its hash, and of these the class, rights and modes */
static void says(struct web_req *q, struct fj_buf *b, const json_t *cert)
{
	static const char *const keys[] = {"class_scheme", "class_code", "industry", "source_kind", "geo_scope", "geo_codes", "time_from", "time_to", "update_freq", "rights", "rights_table", "modes", NULL};
	FJ_AUTO(json) params = json_pack("{s:s, s:I}", "asset", fj_json_text(cert, "asset_no"), "version", (json_int_t)fj_json_num(cert, "card_version"));
	FJ_AUTO(json) asset = NULL;

	if (portal_command(q, "asset.show", params, &asset, NULL) != FJ_OK)
		return;
	web_html(b, "<h2>");
	web_say(q, b, "From the card that the certificate binds (version %lld)", (long long)fj_json_num(cert, "card_version"));
	web_html(b, "</h2>");
	portal_card_facts(q, b, json_object_get(asset, "card"), keys);
}

/* an asset's open registration says whose turn it is */
static void turn_of_registration(struct web_req *q, struct fj_buf *b, const char *id)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", id);
	FJ_AUTO(json) reg = NULL;
	const struct portal_turn *t = portal_command(q, "registration.show", params, &reg, NULL) == FJ_OK ? portal_turn_of("registration", reg) : NULL;

	if (t != NULL)
		portal_turn_told(q, b, t, reg);
}

/* what an evaluation concluded, and is done */
static void carried_out(struct web_req *q, struct fj_buf *b, json_t *rest)
{
	const long long version = fj_json_num(rest, "narrowed_version");

	if (version <= 0)
		return;
	web_html(b, "<p class=\"notice\">");
	web_say(q, b, "Narrowed since: version %lld of the authorisation.", version);
	web_print(b, " <a class=\"mono\" href=\"/show/authorisation/%s\">%s</a></p>", fj_json_text(rest, "authorisation"), fj_json_text(rest, "authorisation"));
	json_object_del(rest, "narrowed_version");
}

/* of a certificate that is suspended: the officer's words for its code, to whom they are told */
static void words_of_reason(const json_t *stops, json_t *rest)
{
	const json_t *why = json_object_get(stops, "why");

	if (json_is_integer(json_object_get(rest, "reason")) && fj_json_text(why, "reason")[0] != '\0')
		json_object_set(rest, "reason", json_object_get(why, "reason"));
}

static void page(struct web_req *q, struct web_res *r, const char *noun, const char *command, const json_t *o)
{
	FJ_AUTO(buf) here = FJ_BUF_INIT(2048);
	FJ_AUTO(json) told = json_copy((json_t *)(uintptr_t)o);
	portal_own_words(q, command, told);
	FJ_AUTO(json) rest = without_head(told, noun);
	name_holder(q, rest);
	struct fj_buf *b = &r->body;
	const char *id = web_param(q, "id"), *open = fj_json_text(o, "registration");
	struct acts x;

	web_html(&here, "/show/");
	web_url(&here, noun);
	web_html(&here, "/");
	web_url(&here, id);
	const char *back = fj_buf_str(&here);
	json_t *stopped = NULL;
	bool party = is_party(q, noun, o, &stopped);
	find_acts(q, noun, o, party, &x);
	if (stopped == NULL && (x.n_back + x.n_again > 0 || (strcmp(noun, "certificate") == 0 && strcmp(fj_json_text(o, "state"), "SUSPENDED") == 0)))
		stopped = portal_stops(q, id, &party);
	if (strcmp(noun, "order") == 0)
		portal_order_labels(q, rest);
	if (strcmp(noun, "order") == 0 && portal_order_stops(o)) {
		bool any; /* who may stop it is not asked here */
		stopped = portal_stops(q, fj_json_text(o, "authorisation"), &any);
	}
	FJ_AUTO(json) stops = stopped;
	words_of_reason(stops, rest);
	if (!party)
		x.n_back = x.n_again = 0; /* it is another office's to stop */
	portal_top(q, b, portal_noun_word(q, noun, true));
	portal_done(q, b);
	if (!portal_is_report(o))
		portal_face(q, b, noun, told);
	if (x.turn != NULL)
		portal_turn_told(q, b, x.turn, o);
	else if (strcmp(noun, "asset") == 0 && open[0] != '\0')
		turn_of_registration(q, b, open);
	if (strcmp(noun, "complaint") == 0)
		portal_complaint_turn(q, b, o);
	carried_out(q, b, rest);
	if (portal_resume_asked(q, b, stops))
		x.n_again = 0; /* it is asked for once */
	portal_ask_license(q, b, noun, o, id);
	next_acts(q, b, &x, o, id, back);
	portal_adjust_button(q, b, noun, o, id);
	portal_adjust_told(q, b, json_object_get(o, "changes"));
	portal_license_text(q, b, noun, o, id);
	if (strcmp(noun, "request") != 0)
		portal_audience(q, b, o);
	if (strcmp(noun, "revenue") == 0)
		portal_revenue(q, b, o);
	if (strcmp(noun, "request") == 0)
		portal_license_review(q, b, o, id);
	if (strcmp(noun, "profile") == 0)
		portal_profile_head(q, b, o);
	places(q, b, noun, &x);
	if (strcmp(noun, "registration") == 0)
		portal_course(q, b, "registration.course", id);
	if (strcmp(noun, "plan") == 0)
		portal_course(q, b, "plan.course", id);
	web_html(b, "<div id=\"facts\">");
	if (strcmp(noun, "certificate") == 0)
		says(q, b, o);
	portal_answer(q, b, command, portal_is_report(o) ? o : rest, back);
	web_html(b, "</div>");
	if (strcmp(noun, "bulk") == 0)
		portal_batch_tokens(q, b, id);
	if (strcmp(noun, "token") == 0)
		web_print(b, "<p class=\"notice\">%s</p>", web_tr(q, "This is the token's own state: it is denied as well while its authorisation or certificate is not in force."));
	if (strcmp(noun, "asset") == 0 && open[0] != '\0')
		portal_course(q, b, "registration.course", open);
	if (strcmp(noun, "authorisation") == 0 || strcmp(noun, "order") == 0)
		portal_stopped(q, b, stops);
	if (x.n_again > 0)
		portal_stop_section(q, b, x.again, x.n_again, id, back, stops);
	if (x.n_again + x.n_back > 0)
		portal_stop_section(q, b, x.back, x.n_back, id, back, stops);
	links(q, b, noun, id);
	portal_paper(q, b, noun, id);
	other_acts(q, b, &x, id, back);
	portal_history(q, b, id, back);
	web_page_end(b);
}

/* a report that is due and not made: as it would be now */
static bool to_be_made(struct web_res *r, const char *id)
{
	const char *kind;
	char period[8], unit[19], to[PORTAL_TO];

	if (!iss_report_of(id, &kind, period, unit))
		return false;
	snprintf(to, sizeof(to), "/do/report/%s", kind);
	portal_to(to, "period", period);
	portal_to(to, "unit", unit);
	portal_to(to, "run", "1");
	web_redirect(r, to);
	return true;
}

void portal_get_show(struct web_req *q, struct web_res *r)
{
	const char *noun = web_param(q, "noun"), *key = portal_key_of(noun), *member = web_field(q, "download");
	const struct iss_command_info *c = portal_find(noun, "show");
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (key == NULL) {
		portal_no_such(q, r);
		return;
	}
	if (strcmp(noun, "approval") == 0) { /* has a page of its own */
		portal_get_approval(q, r);
		return;
	}
	FJ_AUTO(json) params = json_pack("{s:s}", key, web_param(q, "id"));
	if (portal_command(q, c->name, params, &answer, &err) != FJ_OK) {
		if (strcmp(noun, "report") != 0 || err.rc != FJ_E_NOTFOUND || !to_be_made(r, web_param(q, "id")))
			web_fail(q, r, &err);
		return;
	}
	if (member[0] != '\0' && (portal_answer_file(r, c->name, answer, member) || (strcmp(member, "compact") == 0 && portal_license_file(r, noun, answer, web_param(q, "id")))))
		return;
	if (strcmp(noun, "bulk") == 0 && strcmp(fj_json_text(answer, "state"), "RUNNING") == 0)
		web_say_header(r, "Refresh", "3"); /* until it is done, or held */
	page(q, r, noun, c->name, answer);
}
