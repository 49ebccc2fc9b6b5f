/*
 * card.h - what the files about asset cards share: the dictionary, one card's way into the
 * register, and the way from a card to a row of a sheet and back.
 */
#ifndef FJ_ISSUER_CARD_H
#define FJ_ISSUER_CARD_H

#include "issuer/domain.h"

#define CARD_MAX (1u << 18)   /* octets of a canonical card */
#define CARD_MAX_FIELDS 100
#define CARD_MAX_ITEMS 64     /* of a list in a card */
#define CARD_MAX_LIST 6000    /* octets of its texts in all: they stand in one cell */

/* outside text in a sentence, cut between characters: "%.*s" */
#define CARD_SAID(s) (int)fj_utf8_prefix(s, 40), s

/* --- the dictionary (card_fields.c; card_fields.def) --- */
enum card_type {
	CARD_TEXT, CARD_CODE, CARD_CODES /* list of codes */, CARD_BOOL, CARD_COUNT /* 0 to INT64_MAX */, CARD_MONEY /* fen */, CARD_DATE,
	CARD_TEXTS /* list */, CARD_DIVISIONS /* list, GB/T 2260 */, CARD_HASH /* 32 octets, hex */, CARD_INDUSTRY, CARD_SJ, CARD_ASSET_NO, CARD_CLASS,
	CARD_RIGHTS /* list of {right, holder, from, to, limits, evidence} */, CARD_KEPT /* kept by the register: no card says it */
};
enum card_need { CARDING = 1, PATH26 = 2, CERT = 4, PUBLIC = 8 /* of public data */ };
struct card_field {
	const char *block, *key;
	enum card_type type;
	int64_t max;
	const struct iss_choice *choices; /* ends with a NULL code */
	unsigned need;                     /* enum card_need, or'ed */
	const char *zh, *en, *source;
};
/* the dictionary, in its order */
const struct card_field *card_fields(size_t *n);
/* the same as members of "card" (struct iss_field): the four blocks, ends with a NULL name; what the register keeps is not among them */
extern const struct iss_field card_members[];
/* NULL: there is none */
const struct card_field *card_field(const char *block, const char *key);
/* does the card's list of encumbrances name what secures a debt: 质押, 抵押, 担保 and the like? A denial counts as well. */
bool card_secures(const json_t *card);
const char *card_type_name(enum card_type t);
/* the choice with this code or wording; NULL: none */
const struct iss_choice *card_choice(const struct card_field *f, const char *word);
/* fj_err_at: the refusal is at this field of "card" */
enum fj_rc card_err_at(struct fj_err *err, enum fj_rc rc, const struct card_field *f);
/* the value's form: *out (the caller's) has codes for wordings and is NULL where the value says
 * nothing (null, blank, empty list).  FJ_E_INVALID, or FJ_E_REFUSED (R36), names the field. */
enum fj_rc card_value(const struct card_field *f, const json_t *value, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* The whole card: known blocks and members, each of its form; what a card can't be without; dates
 * in order; nothing allowed and prohibited at once.  *out is the caller's; *bad, unless NULL, the
 * field that was wrong, or NULL. */
enum fj_rc card_normalise(const json_t *card, json_t **out, const struct card_field **bad, struct fj_err *err) FJ_MUST_USE;
/* a list of {"field", "zh", "en", "source"}: what the card lacks for `need`; the caller's */
json_t *card_missing(const json_t *card, unsigned need);
/* the member's value; NULL: absent */
const json_t *card_get(const json_t *card, const struct card_field *f);
/* set, or with a NULL value (stolen) remove, a member; its block is made when absent */
enum fj_rc card_set(json_t *card, const struct card_field *f, json_t *value) FJ_MUST_USE;

/* --- one card into the register (card.c) --- */
struct card_in {
	const char *ledger;       /* "": that of the asset which the card names */
	const json_t *card;
	int64_t base;             /* version that it was made from; -1: not said */
	const char *note;         /* why; may be NULL */
};
struct card_ready {
	json_t *card, *warnings;  /* owned: normalised; list of {"rule","en","zh"} */
	const struct card_field *bad; /* after a refusal: the field at fault, NULL none */
	char hash[65], asset_no[DOM_CAP(DOM_MAX_ASSET_NO)], ledger[40], holder[19], origin[8];
	int64_t version;
	bool draft, provisional; /* provisional: the register gave the number */
};
void card_ready_release(struct card_ready *r);
FJ_DEFINE_AUTO(card_ready, struct card_ready, card_ready_release)
/* every rule and state that stands before a card (R02, R03, R17, R33, R36, R37; class tables; what
 * is open on the asset); changes nothing.  `out` is released by the caller either way. */
enum fj_rc card_check(struct iss_call *c, const struct card_in *in, struct card_ready *out, struct fj_err *err) FJ_MUST_USE;
/* the same, and the event; c->answer is {"asset_no","version","hash","draft","warnings"} */
enum fj_rc card_put(struct iss_call *c, const struct card_in *in, struct fj_err *err) FJ_MUST_USE;
/* card of a version and its hash; *card is the caller's.  FJ_E_NOTFOUND */
enum fj_rc card_version(struct sto *db, const char *asset_no, int64_t version, char hash[65], json_t **card, struct fj_err *err) FJ_MUST_USE;

/* --- card_diff.c --- */
/* what differs between two versions of an asset's card, as asset.diff tells it; appended */
enum fj_rc card_differences(struct sto *db, const char *asset_no, int64_t from, int64_t to, json_t *items, struct fj_err *err) FJ_MUST_USE;

/* --- class codes (card_class.c) --- */
/* The code stands in the table that the finance department loaded for the scheme; *warning is true
 * where it loaded none.  FJ_E_INVALID names scheme and code. */
enum fj_rc card_class_check(struct iss_call *c, const char *finance, const char *scheme, const char *code, bool *warning, struct fj_err *err) FJ_MUST_USE;

/* --- a card as a row (card_row.c) --- */
/* the cell's text appended to out; a value that a cell can't hold (rights_table) gives none */
enum fj_rc card_cell(const struct card_field *f, const json_t *value, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* The cell's value, the caller's; NULL for a cell that says nothing.  Form as card_value. */
enum fj_rc card_uncell(const struct card_field *f, const char *cell, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* is there a column for it? */
bool card_has_column(const struct card_field *f);

/* --- collateral (collateral.c) --- */
/* list of the encumbrances registered on the asset, each with the override that let it through;
 * the caller's */
enum fj_rc dom_collateral_of(struct sto *db, const char *asset_no, json_t **out, struct fj_err *err) FJ_MUST_USE;

#endif
