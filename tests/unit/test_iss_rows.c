/*
 * test_iss_rows.c - what the fields admit can be read again: the widest texts,
 * of four octets a character, as rows of a register in memory; and a row that
 * can't be read is not kept.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/profile.h"
#include "issuer/rules/rules.h"
#include "issuer/token.h"
#include "tests/unit/test.h"

#define USCI "12100000DEMA000804"
#define ID "00112233445566778899aabbccddeeff"
#define CERT "DAC-420000-202604-000001-2"
#define AUTH "DAU-420000-202604-000001-X"

static const struct iss_actor officer = {.login = "hb-fin1", .person = "p-1", .org = USCI, .roles = ISS_FINANCE, .via = "cli"};

/* n characters of four octets */
static const char *wide(char *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		memcpy(out + 4 * i, "\xf0\xa0\x80\x80", 4);
	out[4 * n] = '\0';
	return out;
}

/* one event as one act: kept, or rolled back */
static enum fj_rc put(struct sto *db, const char *kind, const char *object, json_t *body, struct fj_err *err)
{
	struct iss_call c = {.actor = &officer, .db = db, .now = 1773619200, .acting = ISS_FINANCE};
	FJ_AUTO(json) owned = body;

	enum fj_rc rc = sto_begin(db, err);
	if (rc == FJ_OK)
		rc = evt_append(&c, kind, object, owned, err);
	if (rc == FJ_OK)
		return sto_commit(db, err);
	sto_rollback(db);
	return rc;
}

static enum fj_rc ask(struct sto *db, iss_handler handler, json_t *params, json_t **answer, struct fj_err *err)
{
	struct iss_call c = {.actor = &officer, .db = db, .params = params, .now = 1773619200, .acting = ISS_FINANCE};

	enum fj_rc rc = handler(&c, err);
	*answer = c.answer;
	json_decref(params);
	return rc;
}

static json_t *token_body(const char *product, const char *user)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:{s:i, s:i, s:{s:s}, s:{s:s, s:s}, s:{s:s}}}", "id", ID, "authorisation", AUTH, "operator", USCI,
	    "list", 0, "idx", 7, "payload", "nbf", 1, "exp", 2, "asset", "id", "A-1", "holder", "usci", USCI, "name", user, "product", "id", product);
}

#define REGISTER()               \
	struct fj_err err = {0}; \
	struct sto *db = NULL;   \
	CHECK_OK(sto_open(":memory:", true, &db, &err))

TEST("a token for the widest product and user is read again")
{
	char product[DOM_CAP(DOM_MAX_PRODUCT)], user[DOM_CAP(DOM_MAX_NAME)];
	struct token t;
	REGISTER();
	CHECK_OK(put(db, "token.intended", "LT-1", token_body(wide(product, DOM_MAX_PRODUCT), wide(user, DOM_MAX_NAME)), &err));
	CHECK_OK(tok_get(db, "LT-1", &t, &err));
	CHECK_STR(t.product, product);
	sto_close(db);
}

TEST("a token whose row can't be read is not kept: nobody could revoke it")
{
	char product[DOM_CAP(DOM_MAX_PRODUCT + 1)];
	json_t *answer = NULL;
	REGISTER();
	CHECK_RC(put(db, "token.intended", "LT-1", token_body(wide(product, DOM_MAX_PRODUCT + 1), "u"), &err), FJ_E_CORRUPT);
	CHECK_RC(ask(db, cmd_token_show, json_pack("{s:s}", "id", "LT-1"), &answer, &err), FJ_E_NOTFOUND);
	CHECK_OK(put(db, "token.intended", "LT-1", token_body("P-1", "u"), &err));
	sto_close(db);
}

static json_t *ledger_body(const char *no, const char *catalog, const char *name, const char *shared)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{}}", "holder", USCI, "ledger_no", no, "catalog_ref", catalog, "name", name, "summary", "",
	    "formed_by", "共享取得", "shared_from", shared, "no_key", no, "same_key", catalog, "more");
}

TEST("a ledger entry with the widest cells is read again, one that is wider is not kept")
{
	char no[DOM_CAP(DOM_MAX_LEDGER_NO)], catalog[DOM_CAP(DOM_MAX_CATALOG_REF)], name[DOM_CAP(DOM_MAX_NAME)], shared[DOM_CAP(DOM_MAX_SHARED_FROM) + 4];
	struct dom_ledger l;
	REGISTER();
	CHECK_OK(put(db, "ledger.entered", "LG-1", ledger_body(wide(no, DOM_MAX_LEDGER_NO), wide(catalog, DOM_MAX_CATALOG_REF), wide(name, DOM_MAX_NAME),
	    wide(shared, DOM_MAX_SHARED_FROM)), &err));
	CHECK_OK(dom_ledger_get(db, "LG-1", &l, &err));
	CHECK_STR(l.catalog_ref, catalog);
	CHECK_RC(put(db, "ledger.entered", "LG-2", ledger_body("L-2", "C-2", "n", wide(shared, DOM_MAX_SHARED_FROM + 1)), &err), FJ_E_CORRUPT);
	CHECK_RC(dom_ledger_get(db, "LG-2", &l, &err), FJ_E_NOTFOUND);
	sto_close(db);
}

static json_t *card_body(const char *name)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:{}, s:s}", "asset_no", "A-1", "ledger", "LG-1", "holder", USCI, "name", name, "version", 1, "hash", ID, "card", "origin", "INST");
}

TEST("an asset of the widest name is read again, one that is wider is not kept")
{
	char name[DOM_CAP(DOM_MAX_NAME + 1)];
	REGISTER();
	FJ_AUTO(dom_asset) a = {.card = NULL};
	CHECK_RC(put(db, "asset.carded", "A-1", card_body(wide(name, DOM_MAX_NAME + 1)), &err), FJ_E_CORRUPT);
	CHECK_RC(dom_asset_get(db, "A-1", &a, &err), FJ_E_NOTFOUND);
	CHECK_OK(put(db, "asset.carded", "A-1", card_body(wide(name, DOM_MAX_NAME)), &err));
	CHECK_OK(dom_asset_get(db, "A-1", &a, &err));
	CHECK_STR(a.name, name);
	sto_close(db);
}

static json_t *certificate_body(const char *asset, const char *holder)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:i, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b}", "id", ID, "series", "DAC-420000-202604",
	    "series_n", 1, "serial", ID, "asset_no", "A-1", "card_version", 1, "asset_name", asset, "holder", USCI, "holder_name", holder, "not_before", 1,
	    "not_after", 2, "shard", 1, "list", 0, "idx", 8, "restrictions", 0, "asset_list", 0, "asset_idx", 9, "asset_fresh", 1);
}

TEST("a certificate of the widest asset and holder is read again, one that is wider is not kept")
{
	char asset[DOM_CAP(DOM_MAX_NAME + 1)], holder[DOM_CAP(DOM_MAX_NAME)];
	struct dom_cert t;
	REGISTER();
	wide(holder, DOM_MAX_NAME);
	CHECK_RC(put(db, "certificate.intended", CERT, certificate_body(wide(asset, DOM_MAX_NAME + 1), holder), &err), FJ_E_CORRUPT);
	CHECK_RC(dom_cert_get(db, CERT, &t, &err), FJ_E_NOTFOUND);
	CHECK_OK(put(db, "certificate.intended", CERT, certificate_body(wide(asset, DOM_MAX_NAME), holder), &err));
	CHECK_OK(dom_cert_get(db, CERT, &t, &err));
	CHECK_STR(t.holder_name, holder);
	sto_close(db);
}

static json_t *authorisation_body(const char *holder, const char *operator_)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:{s:i, s:i}}", "id", ID, "series", "DAU-420000-202604", "series_n", 1,
	    "holder", USCI, "implementer", USCI, "operator", USCI, "holder_name", holder, "operator_name", operator_, "line_list", 0, "line_idx", 8,
	    "own_list", 0, "own_idx", 9, "payload", "nbf", 1, "exp", 2);
}

TEST("an authorisation of the widest holder and operator is read again, one that is wider is not kept")
{
	char holder[DOM_CAP(DOM_MAX_NAME + 1)], operator_[DOM_CAP(DOM_MAX_NAME)];
	REGISTER();
	FJ_AUTO(dom_auth) a = {.body = NULL};
	wide(operator_, DOM_MAX_NAME);
	CHECK_RC(put(db, "authorisation.intended", AUTH, authorisation_body(wide(holder, DOM_MAX_NAME + 1), operator_), &err), FJ_E_CORRUPT);
	CHECK_RC(dom_auth_get(db, AUTH, &a, &err), FJ_E_NOTFOUND);
	CHECK_OK(put(db, "authorisation.intended", AUTH, authorisation_body(wide(holder, DOM_MAX_NAME), operator_), &err));
	CHECK_OK(dom_auth_get(db, AUTH, &a, &err));
	CHECK_STR(a.operator_name, operator_);
	sto_close(db);
}

TEST("an approval about the longest asset number is read again")
{
	char no[DOM_MAX_ASSET_NO + 1];
	struct iss_call c = {.actor = &officer, .now = 1773619200, .acting = ISS_FINANCE};
	json_t *answer = NULL;
	REGISTER();
	c.db = db;
	memset(no, 'A', DOM_MAX_ASSET_NO);
	no[DOM_MAX_ASSET_NO] = '\0';
	FJ_AUTO(json) payload = json_pack("{s:[s]}", "assets", no);
	CHECK_OK(apr_request(&c, "certificate.issue", no, USCI, payload, &err));
	prf_release(&c);
	FJ_AUTO(json) asked = c.answer;
	CHECK_OK(ask(db, cmd_approval_show, json_pack("{s:s}", "id", fj_json_peek(asked, "approval")), &answer, &err));
	CHECK_STR(fj_json_peek(answer, "object"), no);
	json_decref(answer);
	sto_close(db);
}

TEST("every buffer of a row holds what the command's field admits")
{
#define HOLDS(command, field, type, member, octets) {command, field, sizeof(((struct type *)0)->member), octets}
	static const struct {
		const char *command, *field;
		size_t cap, octets; /* of one character: 1 where only ASCII is accepted */
	} rows[] = {
		HOLDS("organisation.add", "name", dom_org, name, 4), HOLDS("organisation.add", "usci", dom_org, usci, 1),
		HOLDS("asset.show", "asset", dom_asset, asset_no, 4), HOLDS("registration.submit", "asset", dom_asset, asset_no, 4),
		HOLDS("certificate.show", "number", dom_cert, number, 1), HOLDS("authorisation.show", "number", dom_auth, number, 1),
		HOLDS("user.add", "login", iss_actor, login, 1), HOLDS("user.add", "person", iss_actor, person, 1),
		HOLDS("user.add", "name", iss_actor, name, 4), HOLDS("user.add", "org", iss_actor, org, 1), HOLDS("user.add", "person", dom_ledger, person, 1),
	};
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		const struct iss_command_info *info = iss_command_find(rows[i].command);
		CHECK(info != NULL);
		const struct iss_field *f = info->fields;
		while (f->name != NULL && strcmp(f->name, rows[i].field) != 0)
			f++;
		CHECK(f->name != NULL && f->type == ISS_F_STR);
		if (rows[i].cap < rows[i].octets * (size_t)f->max + 1)
			printf("# %s %s\n", rows[i].command, rows[i].field);
		CHECK(rows[i].cap >= rows[i].octets * (size_t)f->max + 1);
	}
}

TEST("a person is identified by plain letters, digits, dot, hyphen and underscore")
{
	static const char *const good[] = {"p1", "demo-person-1", "A.b_9"}, *const bad[] = {"", "张三", "p 1", "p1\t", "p/1", "p\xc3\xa9"};
	struct fj_err err = {0};
	for (size_t i = 0; i < FJ_ARRAY_LEN(good); i++)
		CHECK_OK(iss_person_check(good[i], &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		CHECK_RC(iss_person_check(bad[i], &err), FJ_E_INVALID);
}

TEST_MAIN
