/*
 * review.c - the access review: who could do what on a day, and what was done.
 *
 * It is computed from the events and not from the tables, so that it is as right for
 * a day two years ago as for today.  Roles are those that a user had at any moment of
 * the day while active, of what the organisation had; powers as a deputy stand beside
 * them, with the principal.  Counts are of events by their kind, on whose behalf.
 * Days are of +08:00; a day that has not begun is refused.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"

#define DAY 86400

struct review {
	fj_time from, to;      /* the day: from <= t < to */
	bool begun;            /* events of the day are being read */
	json_t *users;         /* login -> {"name","org","bits","state","could","changes"} */
	json_t *orgs;          /* USCC -> role bits */
	json_t *delegations;   /* id -> {"principal","deputy","from","to","ended"} */
};

/* what he could do in this moment is added to what he could do that day */
static void note(struct review *v, json_t *user)
{
	const json_t *org = json_object_get(v->orgs, fj_json_text(user, "org"));
	int64_t bits = fj_json_num(user, "bits") & (org == NULL ? -1 : json_integer_value(org));

	if (strcmp(fj_json_text(user, "state"), "ACTIVE") == 0)
		json_object_set_new(user, "could", json_integer(fj_json_num(user, "could") | bits));
}

static void note_all(struct review *v)
{
	const char *login;
	json_t *user;

	json_object_foreach(v->users, login, user)
		note(v, user);
}

static json_t *bits_of(const json_t *list)
{
	uint32_t bits = 0;

	return json_integer(iss_roles_parse(list, &bits, NULL) == FJ_OK ? (json_int_t)bits : 0);
}

static void on_user(struct review *v, const char *kind, const char *login, const json_t *body)
{
	json_t *user = json_object_get(v->users, login);

	if (strcmp(kind, "user.added") == 0) {
		user = json_pack("{s:s, s:s, s:s, s:o, s:s, s:i, s:[]}", "login", login, "name", fj_json_text(body, "name"), "org", fj_json_text(body, "org"),
		    "bits", bits_of(json_object_get(body, "roles")), "state", fj_json_text(body, "state"), "could", 0, "changes");
		json_object_set_new(v->users, login, user);
	} else if (strcmp(kind, "user.changed") == 0) {
		json_object_set(user, "state", json_object_get(body, "state"));
	} else if (strcmp(kind, "user.moved") == 0) {
		json_object_set(user, "org", json_object_get(body, "org"));
		json_object_set_new(user, "bits", bits_of(json_object_get(body, "roles")));
	} else if (strncmp(kind, "user.key-", 9) != 0) {
		json_object_set_new(user, "state", json_string(strcmp(kind, "user.reset") == 0 ? "INVITED" : "DISABLED"));
	}
}

static void on_delegation(struct review *v, const char *kind, const char *id, const json_t *body, fj_time at)
{
	fj_time from = 0, to = 0;

	if (strcmp(kind, "delegation.ended") == 0) {
		json_object_set_new(json_object_get(v->delegations, id), "ended", json_integer(at));
		return;
	}
	if (fj_date_parse(fj_json_text(body, "from"), &from, NULL) != FJ_OK || fj_date_parse(fj_json_text(body, "to"), &to, NULL) != FJ_OK)
		return;
	json_object_set_new(v->delegations, id, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "principal", fj_json_text(body, "principal"), "deputy",
	    fj_json_text(body, "deputy"),
	    "from", (json_int_t)from, "to", (json_int_t)to + DAY, "made", (json_int_t)at, "ended", (json_int_t)FJ_TIME_MAX));
}

static void take(struct review *v, const char *kind, const char *object, const json_t *body, fj_time at)
{
	if (strncmp(kind, "organisation.", 13) == 0)
		json_object_set_new(v->orgs, object, bits_of(json_object_get(body, "roles")));
	else if (strncmp(kind, "user.", 5) == 0)
		on_user(v, kind, object, body);
	else
		on_delegation(v, kind, object, body, at);
}

static enum fj_rc take_row(struct review *v, const struct sto_q *q, struct fj_err *err)
{
	FJ_AUTO(json) body = NULL;
	char at[FJ_TIME_CAP];
	const char *kind = sto_text(q, 3), *object = sto_text(q, 4);

	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 5)), 4u << 20, &body, err));
	if (!v->begun && sto_int(q, 1) >= v->from) {
		v->begun = true;
		note_all(v);
	}
	take(v, kind, object, body, sto_int(q, 1));
	if (!v->begun)
		return FJ_OK;
	note_all(v);
	fj_time_utc(sto_int(q, 1), at);
	json_array_append_new(json_object_get(json_object_get(v->users, object), "changes"),
	    json_pack("{s:s, s:s, s:s, s:s}", "at", at, "kind", kind, "by", sto_text(q, 2), "approval", sto_text(q, 6)));
	return FJ_OK;
}

static enum fj_rc read_people(struct iss_call *c, struct review *v, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_EVENT_PEOPLE, &q, err, "i", (int64_t)v->to));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(take_row(v, &q, err));
	}
	if (!v->begun)
		note_all(v);
	return FJ_OK;
}

/* for whom he could act that day: principals of the same organisation who were active in it */
static json_t *stood_in(const struct review *v, const char *login, const char *org)
{
	json_t *list = json_array(), *d;
	const char *id;

	json_object_foreach(v->delegations, id, d) {
		const json_t *p = json_object_get(v->users, fj_json_text(d, "principal"));
		bool that_day = fj_json_num(d, "from") < v->to && fj_json_num(d, "to") > v->from && fj_json_num(d, "ended") > v->from &&
		    fj_json_num(d, "made") < v->to;
		if (that_day && strcmp(fj_json_text(d, "deputy"), login) == 0 && strcmp(fj_json_text(p, "org"), org) == 0)
			json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "delegation", id, "principal", fj_json_text(d, "principal"), "roles",
			    iss_roles_json((uint32_t)fj_json_num(p, "could"))));
	}
	return list;
}

/* {login: [{"kind","behalf","n"}]} of the day */
static enum fj_rc read_acts(struct iss_call *c, const struct review *v, json_t *acts, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_EVENT_DAY, &q, err, "ii", (int64_t)v->from, (int64_t)v->to));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		json_t *list = json_object_get(acts, sto_text(&q, 0));
		if (list == NULL)
			json_object_set_new(acts, sto_text(&q, 0), list = json_array());
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "kind", sto_text(&q, 2), "behalf", sto_text(&q, 1), "n", (json_int_t)sto_int(&q, 3))) != 0)
			return fj_no_memory(err, "issuer");
	}
}

static json_t *line(const struct review *v, const char *login, const json_t *user, const json_t *acts)
{
	FJ_AUTO(json) none = json_array();
	uint32_t could = (uint32_t)fj_json_num(user, "could");
	const json_t *did = json_object_get(acts, login);

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:O, s:O}", "login", login, "name", fj_json_text(user, "name"), "org", fj_json_text(user, "org"),
	    "state", fj_json_text(user, "state"), "roles", iss_roles_json(could), "deputy_for", stood_in(v, login, fj_json_text(user, "org")),
	    "changes", json_object_get(user, "changes"), "did", did == NULL ? none : did);
}

static enum fj_rc answer(struct iss_call *c, const struct review *v, const json_t *acts, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	FJ_AUTO(json) logins = json_array();
	FJ_AUTO(json) sorted = NULL;
	const char *after, *login;
	int64_t limit;
	json_t *user, *v2;
	size_t i;

	iss_page(c, &after, &limit);
	json_object_foreach(v->users, login, user)
		if (strcmp(login, after) > 0)
			json_array_append_new(logins, json_string(login));
	sorted = dom_sorted(logins);
	json_array_foreach(sorted, i, v2)
		if ((int64_t)json_array_size(items) < limit)
			json_array_append_new(items, line(v, json_string_value(v2), json_object_get(v->users, json_string_value(v2)), acts));
	return dom_list_answer(c, items, "login", limit, err);
}

enum fj_rc cmd_access_review(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) users = json_object();
	FJ_AUTO(json) orgs = json_object();
	FJ_AUTO(json) delegations = json_object();
	FJ_AUTO(json) acts = json_object();
	struct review v = {.users = users, .orgs = orgs, .delegations = delegations};

	FJ_TRY(fj_date_parse(fj_json_text(c->params, "day"), &v.from, err));
	v.to = v.from + DAY;
	if (v.from > c->now) {
		return fj_refuse(err, FJ_E_INVALID, "issuer", NULL, "this day has not begun; nobody can say who will be able to do what",
		    "该日尚未开始，无法审阅");
	}
	FJ_TRY(read_people(c, &v, err));
	FJ_TRY(read_acts(c, &v, acts, err));
	FJ_TRY(answer(c, &v, acts, err));
	json_object_set_new(c->answer, "day", json_string(fj_json_text(c->params, "day")));
	json_object_set(c->answer, "system", json_object_get(acts, "system"));
	return FJ_OK;
}
