/*
 * test_iss_people.c - roles, persons, deputies, chains and the access review on a
 * register in memory; the acts themselves are tested on a whole appliance.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/profile.h"
#include "tests/unit/test.h"

#define OFFICE "11420000DEMA00013M"
#define DAY1 1773590400 /* 2026-03-16 00:00 +08:00 */
#define DAY 86400

static const struct iss_actor officer = {.login = "fin1", .person = "p-1", .org = OFFICE, .roles = ISS_FINANCE, .via = "cli"};

#define REGISTER()               \
	struct fj_err err = {0}; \
	struct sto *db = NULL;   \
	CHECK_OK(sto_open(":memory:", true, &db, &err))

static enum fj_rc put(struct sto *db, const struct iss_actor *actor, fj_time at, const char *kind, const char *object, json_t *body)
{
	struct iss_call c = {.actor = actor, .db = db, .now = at, .acting = ISS_FINANCE};
	FJ_AUTO(json) owned = body;
	struct fj_err err = {0};

	enum fj_rc rc = evt_append(&c, kind, object, owned, &err);
	if (rc != FJ_OK)
		printf("# %s\n", err.en);
	prf_release(&c);
	return rc;
}

static enum fj_rc user(struct sto *db, fj_time at, const char *login, const char *role, const char *state)
{
	char person[80];

	snprintf(person, sizeof(person), "p-%s", login);
	return put(db, &officer, at, "user.added", login, json_pack("{s:s, s:s, s:s, s:s, s:[s], s:s}", "login", login, "person", person, "name", login, "org", OFFICE,
	    "roles", role, "state", state));
}

static enum fj_rc delegation(struct sto *db, fj_time at, const char *id, const char *from, const char *to)
{
	return put(db, &officer, at, "delegation.made", id, json_pack("{s:s, s:s, s:s, s:s, s:s}", "principal", "chief", "deputy", "clerk", "from", from, "to", to, "reason", ""));
}

TEST("persons meet when one of them stands on both sides")
{
	static const struct {
		const char *a, *b;
		bool meet;
	} rows[] = {{"p-1", "p-1", true}, {"p-1", "p-2", false}, {"p-1+p-2", "p-2", true}, {"p-3", "p-1+p-2", false}, {"p-1+p-2", "p-3+p-1", true},
		{"p-1", "p-10", false}, {"p-10", "p-1", false}, {"", "", false}, {"", "p-1", false}, {"+p-1", "p-1", true}, {"p-2+", "+p-3", false}};
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++)
		CHECK(iss_persons_meet(rows[i].a, rows[i].b) == rows[i].meet);
}

TEST("R22 knows a deputy's two persons")
{
	struct fj_err err = {0};
	CHECK_RC(iss_rule_no_two_roles_of_one_person("p-1", "p-9+p-1", &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R22");
	CHECK_OK(iss_rule_no_two_roles_of_one_person("p-1+p-2", "p-3", &err));
}

TEST("an auditor may run every command that reads, those of his own account, and no other")
{
	size_t n, reads = 0;
	const struct iss_command_info *const *list = iss_commands(&n);
	for (size_t i = 0; i < n; i++) {
		bool read = list[i]->kind == ISS_READ || list[i]->kind == ISS_OWN;
		CHECK(iss_command_allowed(list[i], ISS_AUDITOR) == read);
		CHECK(iss_command_allowed(list[i], ISS_AUDITOR | ISS_FINANCE | ISS_HOLDER | ISS_SYSTEM) == read);
		reads += read;
	}
	CHECK(reads > 10 && reads < n);
}

TEST("every other role may run what its row says, and nobody without a role anything")
{
	size_t n;
	const struct iss_command_info *const *list = iss_commands(&n);
	for (size_t i = 0; i < n; i++) {
		CHECK(!iss_command_allowed(list[i], 0));
		for (uint32_t bit = 1; bit < ISS_AUDITOR; bit <<= 1)
			CHECK(iss_command_allowed(list[i], bit) == ((list[i]->roles & bit) != 0));
	}
}

TEST("roles are read and written by name; an unknown one, LOCAL and SYSTEM are refused")
{
	static const char *const bad[] = {"", "finance", "LOCAL", "SYSTEM", "ROOT"};
	struct fj_err err = {0};
	uint32_t bits, bit;
	FJ_AUTO(json) two = json_pack("[s, s]", "FINANCE", "AUDITOR");
	CHECK_OK(iss_roles_parse(two, &bits, &err));
	CHECK(bits == (ISS_FINANCE | ISS_AUDITOR));
	FJ_AUTO(json) back = iss_roles_json(bits);
	CHECK(json_equal(two, back) == 1);
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		CHECK_RC(iss_role_parse(bad[i], &bit, &err), FJ_E_INVALID);
		CHECK(err.zh[0] != '\0');
	}
	FJ_AUTO(json) none = json_array();
	CHECK_RC(iss_roles_parse(none, &bits, &err), FJ_E_INVALID);
}

TEST("a stored chain has one to six levels of known roles")
{
	struct fj_err err = {0};
	struct apr_chain ch;
	FJ_AUTO(json) list = json_array();
	CHECK_RC(chn_parse(list, &ch, &err), FJ_E_CORRUPT);
	for (int i = 1; i <= APR_MAX_LEVELS; i++) {
		json_array_append_new(list, json_pack("{s:[s], s:s}", "roles", "FINANCE", "org", OFFICE));
		CHECK_OK(chn_parse(list, &ch, &err));
		CHECK(ch.n == i);
	}
	FJ_AUTO(json) again = chn_json(&ch);
	CHECK(json_equal(list, again) == 1);
	json_array_append_new(list, json_pack("{s:[s], s:s}", "roles", "FINANCE", "org", ""));
	CHECK_RC(chn_parse(list, &ch, &err), FJ_E_CORRUPT);
	FJ_AUTO(json) odd = json_pack("[{s:[s], s:s}]", "roles", "NOBODY", "org", "");
	CHECK_RC(chn_parse(odd, &ch, &err), FJ_E_INVALID);
}

TEST("a deputy acts from the first second of the first day to the last of the last, with both persons behind")
{
	static const struct iss_actor clerk = {.login = "clerk", .person = "p-clerk", .org = OFFICE, .roles = ISS_HOLDER, .via = "api"};
	struct iss_actor as;
	struct iss_principals list;
	REGISTER();
	CHECK_OK(user(db, DAY1 - DAY, "chief", "FINANCE", "ACTIVE"));
	CHECK_OK(user(db, DAY1 - DAY, "clerk", "HOLDER", "ACTIVE"));
	CHECK_OK(delegation(db, DAY1 - DAY, "DG-1", "2026-03-16", "2026-03-17"));
	CHECK_RC(dlg_actor(db, &clerk, "chief", DAY1 - 1, &as, &err), FJ_E_FORBIDDEN);
	CHECK_STR(err.cite, "domain.md decision 10");
	CHECK_OK(dlg_actor(db, &clerk, "chief", DAY1, &as, &err));
	CHECK_STR(as.login, "clerk");
	CHECK_STR(as.behalf, "chief");
	CHECK_STR(as.person, "p-clerk+p-chief");
	CHECK(as.roles == ISS_FINANCE);
	CHECK_OK(dlg_actor(db, &clerk, "chief", DAY1 + 2 * DAY - 1, &as, &err));
	CHECK_RC(dlg_actor(db, &clerk, "chief", DAY1 + 2 * DAY, &as, &err), FJ_E_FORBIDDEN);
	CHECK_RC(dlg_actor(db, &clerk, "nobody", DAY1, &as, &err), FJ_E_FORBIDDEN);
	CHECK_OK(dlg_principals(db, &clerk, DAY1, &list, &err));
	CHECK(list.n == 1);
	CHECK_OK(dlg_actor(db, &clerk, "chief", DAY1, &as, &err));
	struct iss_actor second;
	CHECK_RC(dlg_actor(db, &as, "chief", DAY1, &second, &err), FJ_E_FORBIDDEN);
	CHECK_OK(dlg_principals(db, &as, DAY1, &list, &err));
	CHECK(list.n == 0);
	sto_close(db);
}

TEST("a deputy of one who was disabled, or whose delegation was ended, acts for nobody")
{
	static const struct iss_actor clerk = {.login = "clerk", .person = "p-clerk", .org = OFFICE, .roles = ISS_HOLDER, .via = "api"};
	struct iss_actor as;
	REGISTER();
	CHECK_OK(user(db, DAY1 - DAY, "chief", "FINANCE", "ACTIVE"));
	CHECK_OK(delegation(db, DAY1 - DAY, "DG-1", "2026-03-16", "2026-03-16"));
	CHECK_OK(put(db, &officer, DAY1, "user.changed", "chief", json_pack("{s:s}", "state", "DISABLED")));
	CHECK_RC(dlg_actor(db, &clerk, "chief", DAY1 + 1, &as, &err), FJ_E_FORBIDDEN);
	CHECK_OK(put(db, &officer, DAY1, "user.changed", "chief", json_pack("{s:s}", "state", "ACTIVE")));
	CHECK_OK(dlg_actor(db, &clerk, "chief", DAY1 + 1, &as, &err));
	CHECK_OK(put(db, &officer, DAY1 + 2, "delegation.ended", "DG-1", json_pack("{s:s}", "reason", "")));
	CHECK_RC(dlg_actor(db, &clerk, "chief", DAY1 + 3, &as, &err), FJ_E_FORBIDDEN);
	sto_close(db);
}

static json_t *review(struct sto *db, const char *day, fj_time now, struct fj_err *err)
{
	struct iss_call c = {.actor = &officer, .db = db, .now = now};
	FJ_AUTO(json) params = json_pack("{s:s}", "day", day);

	c.params = params;
	return cmd_access_review(&c, err) == FJ_OK ? c.answer : NULL;
}

static const json_t *of(const json_t *answer, const char *login)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(answer, "items"), i, v)
		if (strcmp(fj_json_peek(v, "login"), login) == 0)
			return v;
	return NULL;
}

static bool roles_are(const json_t *line, const char *want)
{
	FJ_AUTO(str) got = json_dumps(json_object_get(line, "roles"), JSON_COMPACT);

	return got != NULL && strcmp(got, want) == 0;
}

TEST("the access review of a past day is the same after everything has changed")
{
	REGISTER();
	CHECK_OK(user(db, DAY1 - DAY, "chief", "FINANCE", "ACTIVE"));
	CHECK_OK(user(db, DAY1 - DAY, "clerk", "HOLDER", "ACTIVE"));
	CHECK_OK(delegation(db, DAY1 - DAY, "DG-1", "2026-03-16", "2026-03-16"));
	FJ_AUTO(json) before = review(db, "2026-03-16", DAY1 + 10, &err);
	CHECK(roles_are(of(before, "chief"), "[\"FINANCE\"]") && roles_are(of(before, "clerk"), "[\"HOLDER\"]"));
	const json_t *deputy = json_object_get(of(before, "clerk"), "deputy_for");
	CHECK(json_array_size(deputy) == 1 && roles_are(json_array_get(deputy, 0), "[\"FINANCE\"]"));
	CHECK_OK(put(db, &officer, DAY1 + DAY, "user.moved", "clerk", json_pack("{s:s, s:[s]}", "org", "11520000DEMA000217", "roles", "OPERATOR")));
	CHECK_OK(put(db, &officer, DAY1 + 2 * DAY, "user.changed", "chief", json_pack("{s:s}", "state", "DISABLED")));
	CHECK_OK(put(db, &officer, DAY1 + 2 * DAY, "delegation.ended", "DG-1", json_pack("{s:s}", "reason", "")));
	FJ_AUTO(json) after = review(db, "2026-03-16", DAY1 + 9 * DAY, &err);
	CHECK(json_equal(before, after) == 1);
	FJ_AUTO(json) next = review(db, "2026-03-18", DAY1 + 9 * DAY, &err);
	CHECK(roles_are(of(next, "chief"), "[\"FINANCE\"]")); /* until that moment of the day */
	CHECK_STR(fj_json_peek(of(next, "chief"), "state"), "DISABLED");
	CHECK(json_array_size(json_object_get(of(next, "chief"), "changes")) == 1);
	CHECK(json_array_size(json_object_get(of(next, "clerk"), "deputy_for")) == 0);
	FJ_AUTO(json) last = review(db, "2026-03-19", DAY1 + 9 * DAY, &err);
	CHECK(roles_are(of(last, "chief"), "[]") && roles_are(of(last, "clerk"), "[\"OPERATOR\"]"));
	sto_close(db);
}

TEST("the access review counts what was done that day, and for whom; a future day is refused")
{
	struct iss_actor as = {.login = "clerk", .person = "p-clerk+p-chief", .org = OFFICE, .roles = ISS_FINANCE, .via = "api", .behalf = "chief"};
	REGISTER();
	CHECK_OK(user(db, DAY1 - DAY, "clerk", "HOLDER", "ACTIVE"));
	CHECK_OK(put(db, &as, DAY1, "user.changed", "clerk", json_pack("{s:s}", "state", "ACTIVE")));
	CHECK_OK(put(db, &as, DAY1 + DAY - 1, "user.changed", "clerk", json_pack("{s:s}", "state", "ACTIVE")));
	CHECK_OK(put(db, &as, DAY1 + DAY, "user.changed", "clerk", json_pack("{s:s}", "state", "ACTIVE")));
	FJ_AUTO(json) day = review(db, "2026-03-16", DAY1 + 9 * DAY, &err);
	const json_t *did = json_array_get(json_object_get(of(day, "clerk"), "did"), 0);
	CHECK_STR(fj_json_peek(did, "kind"), "user.changed");
	CHECK_STR(fj_json_peek(did, "behalf"), "chief");
	CHECK(json_integer_value(json_object_get(did, "n")) == 2);
	CHECK(review(db, "2026-03-26", DAY1 + 9 * DAY, &err) == NULL && err.rc == FJ_E_INVALID && err.zh[0] != '\0');
	CHECK(review(db, "2026-13-01", DAY1 + 9 * DAY, &err) == NULL);
	sto_close(db);
}

TEST("what an organisation loses its people have not, on that day and at once")
{
	static const char *const roles[] = {"FINANCE", "HOLDER"};
	struct iss_actor a;
	REGISTER();
	CHECK_OK(user(db, DAY1, "chief", "FINANCE", "ACTIVE"));
	for (int i = 0; i < 2; i++)
		CHECK_OK(put(db, &officer, DAY1 + i * DAY, i == 0 ? "organisation.added" : "organisation.changed", OFFICE,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[], s:b, s:i, s:s, s:s}", "name", "n", "kind", "ADMIN", "level", "省", "div6", "420000",
		    "dept", "", "finance", OFFICE, "roles", roles[i], "affiliates", "dishonest", 0, "mlps", 0, "note", "", "override", "")));
	CHECK_OK(usr_actor(db, "chief", "cli", &a, &err));
	CHECK(a.roles == 0);
	FJ_AUTO(json) first = review(db, "2026-03-16", DAY1 + 9 * DAY, &err);
	FJ_AUTO(json) third = review(db, "2026-03-18", DAY1 + 9 * DAY, &err);
	CHECK(roles_are(of(first, "chief"), "[\"FINANCE\"]"));
	CHECK(roles_are(of(third, "chief"), "[]"));
	sto_close(db);
}

/* body of an organisation with this code and kind */
static enum fj_rc organisation(const char *usci, const char *kind, const char *note, const char *override, json_t **body, struct fj_err *err)
{
	FJ_AUTO(json) roles = json_pack("[s]", "HOLDER");
	const struct dom_org_in in = {.usci = usci, .name = "单位（虚构）", .kind = kind, .level = "省", .div6 = "420000", .dept = "", .finance = OFFICE,
		.note = note, .override = override, .roles = roles};

	return dom_organisation_body(&in, body, err);
}

TEST("the kind is compared with the first two characters of the code")
{
	/* codes are illustrative; override says so, since most of them fail the check */
	static const struct {
		const char *usci, *kind;
		char want; /* f fits, w warning, c contradiction */
	} rows[] = {{"11420000DEMA00013M", "ADMIN", 'f'}, {"11420000DEMA00013M", "INST", 'w'}, {"11420000DEMA00013M", "ENT", 'c'},
		{"12420000DEMA00099D", "INST", 'f'}, {"12420000DEMA00099D", "ADMIN", 'w'}, {"12420000DEMA00099D", "SOE", 'c'},
		{"13420000DEMA000111", "MASS", 'f'}, {"13420000DEMA000111", "UTIL", 'c'}, {"19420000DEMA000111", "INST", 'f'}, {"19420000DEMA000111", "ENT", 'c'},
		{"51420000DEMA000111", "MASS", 'f'}, {"51420000DEMA000111", "ENT", 'f'}, {"51420000DEMA000111", "ADMIN", 'c'},
		{"52420000DEMA000111", "ENT", 'f'}, {"52420000DEMA000111", "INST", 'c'}, {"53420000DEMA000111", "MASS", 'w'}, {"53420000DEMA000111", "SOE", 'c'},
		{"91420100DEMA001011", "SOE", 'f'}, {"91420100DEMA001011", "UTIL", 'f'}, {"91420100DEMA001011", "INST", 'c'}, {"91420100DEMA001011", "MASS", 'c'},
		{"92420000DEMA000111", "ENT", 'f'}, {"92420000DEMA000111", "SOE", 'c'}, {"93420000DEMA000111", "ENT", 'f'}, {"93420000DEMA000111", "ADMIN", 'c'},
		{"Y1420000DEMA000111", "ADMIN", 'f'}, {"Y1420000DEMA000111", "ENT", 'f'}, {"31420000DEMA000111", "ENT", 'w'}};
	struct fj_err err = {0};
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		json_t *made = NULL;
		enum fj_rc rc = organisation(rows[i].usci, rows[i].kind, "", "illustrative", &made, &err);
		json_decref(made);
		if ((rc == FJ_OK) != (rows[i].want != 'c'))
			printf("# %s %s\n", rows[i].usci, rows[i].kind);
		CHECK((rc == FJ_OK) == (rows[i].want != 'c'));
		if (rc != FJ_OK)
			CHECK_STR(err.cite, "domain.md 3.4");
		CHECK_OK(organisation(rows[i].usci, rows[i].kind, "reason", "illustrative", &made, &err));
		FJ_AUTO(json) body = made;
		CHECK((json_object_get(body, "contradiction") != NULL) == (rows[i].want == 'c'));
		size_t odd = iss_usci_check(rows[i].usci) ? 0 : 1;
		CHECK(json_array_size(json_object_get(body, "warnings")) == odd + (rows[i].want == 'w'));
	}
}

TEST("R35: a check character that fails is taken with a reason, and never without")
{
	struct fj_err err = {0};
	json_t *made = NULL;
	CHECK_RC(organisation("91350203M0001QAY9B", "ENT", "", "", &made, &err), FJ_E_REFUSED);
	CHECK_STR(err.cite, "R35");
	CHECK(err.zh[0] != '\0' && err.clause[0] != '\0');
	CHECK_RC(organisation("91350203M0001QAY9B", "ENT", "", " \xe3\x80\x80", &made, &err), FJ_E_REFUSED);
	CHECK_OK(organisation("91350203M0001QAY9B", "ENT", "", "printed so on the licence of 2015", &made, &err));
	CHECK_STR(fj_json_peek(made, "override"), "printed so on the licence of 2015");
	CHECK_STR(fj_json_peek(json_array_get(json_object_get(made, "warnings"), 0), "rule"), "R35");
	json_decref(made);
	CHECK_OK(organisation("91350100M000100Y43", "ENT", "", "not needed", &made, &err));
	CHECK_STR(fj_json_peek(made, "override"), "");
	json_decref(made);
}

TEST("the pilot list has 7 departments, 6 enterprises and 16 finance departments, each illustrative code whole")
{
	struct iss_call c = {.actor = &officer};
	struct fj_err err = {0};
	int n[3] = {0, 0, 0}, lines = 0;
	CHECK_OK(cmd_organisation_template(&c, &err));
	FJ_AUTO(json) answer = c.answer;
	for (const char *p = strchr(fj_json_peek(answer, "csv"), '\n') + 1; *p != '\0'; p = strchr(p, '\n') + 1, lines++) {
		char usci[19];
		snprintf(usci, sizeof(usci), "%.18s", p);
		CHECK(iss_usci_check(usci) && strstr(p, "illustrative") != NULL);
		const char *end = strchr(p, '\n'), *office = strstr(p, ",FINANCE,");
		n[office != NULL && office < end ? 2 : p[0] == '9' ? 1 : 0]++;
	}
	CHECK(lines == 29 && n[0] == 7 && n[1] == 6 && n[2] == 16);
}

TEST_MAIN
