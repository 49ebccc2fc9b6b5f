/*
 * exchange_number.c - assets that wait for their number (state AWAITING_NUMBER).
 *
 * The asset number is 预算管理一体化's to give (domain.md 4.3), and a unit fills in
 * its cards before it comes.  A card without one gets a provisional number from the
 * register, W- and twelve characters; until the number arrives, nothing but cards
 * and materials changes on the asset.  The number then stands everywhere: asset,
 * all versions of the card as their key, materials, receipts; and a further version
 * of the card says it, since older versions keep their words and hashes.  The
 * provisional number leads to the asset for ever and is not given again.
 */
#include "base/jws.h"
#include "issuer/exchange.h"
#include "issuer/rules/rules.h"
#include "issuer/state.h"

#define PREFIX "W-"
#define RANDOM 12

bool xch_provisional(const char *asset_no)
{
	size_t n = sizeof(PREFIX) - 1;

	return strncmp(asset_no, PREFIX, n) == 0 && strlen(asset_no) == n + RANDOM && strspn(asset_no + n, "0123456789abcdefghjkmnpqrstvwxyz") == RANDOM;
}

enum fj_rc xch_card_number(struct sto *db, const char *ledger, const json_t *card, json_t **out, bool *fresh, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char number[XCH_PROVISIONAL_CAP] = "";
	bool row = false;

	*fresh = false;
	*out = json_incref((json_t *)(uintptr_t)card);
	if (iss_said(dom_card_text(card, "basic", "asset_no")) || ledger[0] == '\0' || !json_is_object(json_object_get(card, "basic")))
		return FJ_OK;
	FJ_TRY(sto_query(db, STO_ASSET_OF_LEDGER, &q, err, "t", ledger));
	FJ_TRY(sto_step(&q, &row, err));
	if (row && !xch_provisional(sto_text(&q, 0)))
		return FJ_OK; /* it has a number: the card has to say which */
	*fresh = !row;
	if (row)
		snprintf(number, sizeof(number), "%s", sto_text(&q, 0));
	else
		iss_new_id(PREFIX, RANDOM, number);
	json_decref(*out);
	*out = json_deep_copy(card);
	return fj_json_set(json_object_get(*out, "basic"), "asset_no", json_string(number)) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc xch_number_used(struct sto *db, const char *asset_no, bool *used, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_NUMBER_GET, &q, err, "t", asset_no));
	return sto_step(&q, used, err);
}

enum fj_rc xch_number_now(struct sto *db, const char *asset_no, char out[DOM_CAP(DOM_MAX_ASSET_NO)], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) u = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_NUMBER_GET, &q, err, "t", asset_no));
	FJ_TRY(sto_step(&q, &row, err));
	if (row)
		return fj_strcopy(out, DOM_CAP(DOM_MAX_ASSET_NO), sto_text(&q, 0));
	FJ_TRY(sto_query(db, STO_ASSET_KNOWN, &u, err, "t", asset_no));
	FJ_TRY(sto_step(&u, &row, err));
	if (row)
		return fj_strcopy(out, DOM_CAP(DOM_MAX_ASSET_NO), asset_no);
	enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "issuer", "domain.md 4.3", "the register knows no asset %.64s", asset_no);
	fj_err_zh(err, "登记系统中没有编号为 %.64s 的资产", asset_no);
	return rc;
}

enum fj_rc xch_number_free(struct sto *db, const struct dom_asset *a, const char *number, struct fj_err *err)
{
	FJ_AUTO(dom_asset) there = {.card = NULL};
	const char *to;
	bool used;

	FJ_TRY(iss_state_next(ISS_OBJ_ASSET, a->state, "number", &to, err));
	FJ_TRY(dom_asset_no_check(number, err));
	FJ_TRY(xch_number_used(db, number, &used, err));
	enum fj_rc rc = used ? FJ_OK : dom_asset_get(db, number, &there, NULL);
	if (rc == FJ_E_NOTFOUND && !xch_provisional(number))
		return FJ_OK;
	bool foreign = rc == FJ_OK && !used && strcmp(there.holder, a->holder) != 0;
	rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.3", foreign ? "the asset number %.64s is another holder's; numbers are never used twice"
	    : "the asset number %.64s is used already, or is a provisional one; numbers are never used twice", number);
	fj_err_zh(err, foreign ? "资产编号 %.64s 属于其他单位的资产，编号不得重复使用" : "资产编号 %.64s 已被使用或为临时编号，编号不得重复使用", number);
	return rc;
}

enum fj_rc xch_give_number(struct iss_call *c, const struct dom_asset *a, const char *number, const char *file, struct fj_err *err)
{
	FJ_AUTO(json) card = NULL;
	json_t *newest = NULL;
	char hash[65];

	FJ_TRY(xch_number_free(c->db, a, number, err));
	FJ_TRY(card_version(c->db, a->asset_no, a->newest, hash, &newest, err));
	card = newest;
	if (fj_json_set(json_object_get(card, "basic"), "asset_no", json_string(number)) != FJ_OK)
		return fj_no_memory(err, "issuer");
	FJ_TRY(dom_card_hash(card, hash, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:I, s:s, s:O}", "from", a->asset_no, "file", file, "holder", a->holder, "version", (json_int_t)a->newest + 1, "hash", hash,
	    "card", card);
	return evt_append(c, "asset.numbered", number, body, err);
}

enum fj_rc apply_asset_numbered(const struct evt *e, struct fj_err *err)
{
	static const enum sto_id named[] = {STO_NUMBERED_CARD, STO_NUMBERED_MATERIAL, STO_NUMBERED_COLLATERAL, STO_NUMBERED_OVERRIDE, STO_NUMBERED_RECEIPT};
	const json_t *b = e->body;
	int64_t version = fj_json_num(b, "version");
	FJ_AUTO(buf) card = FJ_BUF_INIT(CARD_MAX);
	FJ_AUTO(dom_asset) again = {.card = NULL};

	FJ_TRY(fj_json_canonical(json_object_get(b, "card"), &card, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(named); i++)
		FJ_TRY(sto_run(e->db, named[i], NULL, err, "tt", e->object, fj_json_text(b, "from")));
	FJ_TRY(sto_run(e->db, STO_NUMBERED_ASSET, NULL, err, "tiiit", e->object, version, version, e->seq, fj_json_text(b, "from")));
	FJ_TRY(sto_run(e->db, STO_CARD_ADD, NULL, err, "titt", e->object, version, fj_json_text(b, "hash"), fj_buf_str(&card)));
	FJ_TRY(sto_run(e->db, STO_NUMBER_ADD, NULL, err, "ttti", fj_json_text(b, "from"), e->object, fj_json_text(b, "file"), (int64_t)e->at));
	return dom_asset_get(e->db, e->object, &again, err);
}
