/*
 * stops.c - what would stop, and what stopped: shown before a suspension, reclaim, surrender or
 * withdrawal (lessons.md 6: bulk revocation shows its list).
 *
 * By the number of a certificate, an asset or an authorisation: the certificate,
 * every authorisation in force that rests on its asset, their products, and their
 * tokens, counted, and the first hundred by name.  A license token stops alone.
 * Reads only.
 */
#include "issuer/supervision.h"
#include "issuer/token.h"

#define MAX_AUTHS 1000

const struct iss_field fld_stops[] = {{"number", ISS_F_STR, true, DOM_MAX_ASSET_NO, "证书、资产、授权或许可令牌编号", "number of a certificate, asset, authorisation or license token"}, {0}};

struct stops {
	struct iss_call *c;
	char asset_no[DOM_CAP(DOM_MAX_ASSET_NO)]; /* "": the tokens of every asset */
	json_t *certificates, *authorisations, *products, *tokens;
	int64_t n_tokens;
	char holder[19], operator_[19], implementer[19]; /* of what stops */
};

/* tokens of one authorisation by product; *n of them */
static enum fj_rc add_products(struct stops *s, const char *number, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*n = 0;
	FJ_TRY(sto_query(s->c->db, STO_STOP_PRODUCTS, &q, err, "tti", number, s->asset_no, (int64_t)s->c->now));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		*n += sto_int(&q, 1);
		if (json_array_append_new(s->products, json_pack("{s:s, s:s, s:s, s:I}", "product", sto_text(&q, 0), "name", sto_text(&q, 2), "authorisation", number, "tokens", (json_int_t)sto_int(&q, 1))) != 0)
			return fj_no_memory(err, "issuer");
	}
}

static enum fj_rc add_tokens(struct stops *s, const char *number, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char to[FJ_TIME_CAP];
	bool row;

	FJ_TRY(sto_query(s->c->db, STO_STOP_TOKENS, &q, err, "ttii", number, s->asset_no, (int64_t)s->c->now, (int64_t)(SUP_FIRST_TOKENS - json_array_size(s->tokens))));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		fj_time_utc(sto_int(&q, 5), to);
		if (json_array_append_new(s->tokens, json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:s}", "id", sto_text(&q, 0), "user", "usci", sto_text(&q, 1), "name", sto_text(&q, 2),
		    "product", sto_text(&q, 3), "state", sto_text(&q, 4), "not_after", to)) != 0)
			return fj_no_memory(err, "issuer");
	}
}

static enum fj_rc add_authorisation(struct stops *s, const char *number, const char *state, const char *operator_, const char *name, struct fj_err *err)
{
	int64_t n;

	FJ_TRY(add_products(s, number, &n, err));
	s->n_tokens += n;
	if (json_array_size(s->tokens) < SUP_FIRST_TOKENS)
		FJ_TRY(add_tokens(s, number, err));
	return json_array_append_new(s->authorisations, json_pack("{s:s, s:s, s:{s:s, s:s}, s:I}", "number", number, "state", state, "operator", "usci", operator_, "name", name,
	    "tokens", (json_int_t)n)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc of_asset(struct stops *s, const char *asset_no, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(sto_q) q = {0};
	struct dom_cert t;
	bool row;

	FJ_TRY(dom_asset_get(s->c->db, asset_no, &a, err));
	FJ_TRY(fj_strcopy(s->holder, sizeof(s->holder), a.holder));
	FJ_TRY(fj_strcopy(s->asset_no, sizeof(s->asset_no), asset_no));
	if (a.certificate[0] != '\0') {
		FJ_TRY(dom_cert_get(s->c->db, a.certificate, &t, err));
		if (json_array_append_new(s->certificates, json_pack("{s:s, s:s, s:s, s:s}", "number", t.number, "state", t.state, "asset_no", t.asset_no, "asset_name", t.asset_name)) != 0)
			return fj_no_memory(err, "issuer");
	}
	FJ_TRY(sto_query(s->c->db, STO_STOP_AUTHORISATIONS, &q, err, "ttii", a.holder, asset_no, (int64_t)s->c->now, (int64_t)MAX_AUTHS));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(add_authorisation(s, sto_text(&q, 0), sto_text(&q, 1), sto_text(&q, 2), sto_text(&q, 3), err));
	}
}

static void parties_of(struct stops *s, const struct dom_auth *a)
{
	memcpy(s->holder, a->holder, sizeof(s->holder));
	memcpy(s->operator_, a->operator_, sizeof(s->operator_));
	memcpy(s->implementer, a->implementer, sizeof(s->implementer));
}

static enum fj_rc of_token(struct stops *s, const char *id, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	struct token t;
	char to[FJ_TIME_CAP];

	FJ_TRY(tok_get(s->c->db, id, &t, err));
	FJ_TRY(dom_auth_get(s->c->db, t.authorisation, &a, err));
	parties_of(s, &a);
	fj_time_utc(t.not_after, to);
	s->n_tokens = 1;
	return json_array_append_new(s->tokens, json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:s}", "id", t.id, "user", "usci", t.user, "name", t.user_name, "product", t.product, "state", t.state, "not_after", to)) == 0
	    ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc find(struct stops *s, const char *number, struct fj_err *err)
{
	struct dom_cert t;
	FJ_AUTO(dom_auth) a = {.body = NULL};

	if (strncmp(number, "LT-", 3) == 0)
		return of_token(s, number, err);
	if (strncmp(number, "DAU-", 4) == 0) {
		FJ_TRY(dom_auth_get(s->c->db, number, &a, err));
		parties_of(s, &a);
		return add_authorisation(s, a.number, a.state, a.operator_, a.operator_name, err);
	}
	if (strncmp(number, "DAC-", 4) != 0)
		return of_asset(s, number, err);
	FJ_TRY(dom_cert_get(s->c->db, number, &t, err));
	return of_asset(s, t.asset_no, err);
}

enum fj_rc sup_is_party(struct iss_call *c, const char *holder, const char *implementer, const char *operator_, bool *out, struct fj_err *err)
{
	FJ_AUTO(dom_org) o = {.affiliates = NULL};
	const char *org = c->actor->org;

	FJ_TRY(dom_org_get(c->db, holder, &o, err));
	*out = org[0] == '\0' || strcmp(org, holder) == 0 || strcmp(org, operator_) == 0 || strcmp(org, implementer) == 0 || strcmp(org, o.finance) == 0 || strcmp(org, o.dept) == 0;
	return FJ_OK;
}

/* of what is suspended when, and for what reason: for whom it concerns */
static enum fj_rc put_why(struct iss_call *c, const char *number, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char at[FJ_TIME_CAP];
	bool row;

	FJ_TRY(sto_query(c->db, STO_STATE_WHY, &q, err, "t", number));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	fj_time_utc(sto_int(&q, 0), at);
	return fj_json_set(c->answer, "why", json_pack("{s:s, s:s}", "at", at, "reason", sto_text(&q, 1)));
}

/* a request to put it in force again that nobody has decided */
static enum fj_rc put_asked(struct iss_call *c, const char *number, struct fj_err *err)
{
	static const char *const kinds[][2] = {{"DAC-", "certificate.resume"}, {"DAU-", "authorisation.resume"}, {"LT-", "token.resume"}, {"", "asset.unfreeze"}};
	size_t i = 0;
	char open[32];
	json_t *who = NULL;

	while (strncmp(number, kinds[i][0], strlen(kinds[i][0])) != 0)
		i++;
	FJ_TRY(apr_open_for(c, kinds[i][1], number, open, err));
	if (open[0] == '\0')
		return FJ_OK;
	FJ_TRY(apr_waits_for(c, open, &who, err));
	return fj_json_set(c->answer, "resume_asked", json_pack("{s:s, s:o}", "approval", open, "waiting_for", who));
}

enum fj_rc cmd_stops_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) certificates = json_array();
	FJ_AUTO(json) authorisations = json_array();
	FJ_AUTO(json) products = json_array();
	FJ_AUTO(json) tokens = json_array();
	struct stops s = {.c = c, .certificates = certificates, .authorisations = authorisations, .products = products, .tokens = tokens};
	const char *number = fj_json_text(c->params, "number");

	bool party;

	FJ_TRY(find(&s, number, err));
	FJ_TRY(sup_is_party(c, s.holder, s.implementer, s.operator_, &party, err));
	c->answer = json_pack("{s:s, s:{s:I, s:I, s:I, s:I}, s:O, s:O, s:O, s:O, s:b}", "number", number, "counts", "certificates", (json_int_t)json_array_size(certificates),
	    "authorisations", (json_int_t)json_array_size(authorisations), "products", (json_int_t)json_array_size(products), "tokens", (json_int_t)s.n_tokens, "certificates", certificates,
	    "authorisations", authorisations, "products", products, "first_tokens", tokens, "party", party);
	if (c->answer == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(party ? put_why(c, number, err) : FJ_OK);
	return put_asked(c, number, err);
}
