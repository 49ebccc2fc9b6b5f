/*
 * exchange.h - files to and from 预算管理一体化: mapping, formats, numbers that are waited
 * for.  What the files about the exchange share, and what cards and 历史补录 need of it.
 */
#ifndef FJ_ISSUER_EXCHANGE_H
#define FJ_ISSUER_EXCHANGE_H

#include "issuer/card.h"
#include "issuer/sheet/sheet.h"

#define XCH_MAX_ROWS 5000         /* of a file that is exported or imported */
#define XCH_MAX_FILE (48u << 20)
#define XCH_PROVISIONAL_CAP 20

/* --- asset numbers that are waited for (exchange_number.c) --- */
/* has the text the form of a provisional number, as the register gives them? */
bool xch_provisional(const char *asset_no);
/* A card without asset number gets the provisional one of its ledger entry, or a new one (*fresh).
 * *out is the caller's; a card with a number, or one that is malformed, comes back as it is. */
enum fj_rc xch_card_number(struct sto *db, const char *ledger, const json_t *card, json_t **out, bool *fresh, struct fj_err *err) FJ_MUST_USE;
/* was it a provisional number that has been replaced? */
enum fj_rc xch_number_used(struct sto *db, const char *asset_no, bool *used, struct fj_err *err) FJ_MUST_USE;
/* the number that replaced this one, or the number itself; FJ_E_NOTFOUND: there is no such asset */
enum fj_rc xch_number_now(struct sto *db, const char *asset_no, char out[DOM_CAP(DOM_MAX_ASSET_NO)], struct fj_err *err) FJ_MUST_USE;
/* asset.numbered: the asset waits no longer.  FJ_E_EXISTS: the number is another asset's. */
enum fj_rc xch_give_number(struct iss_call *c, const struct dom_asset *a, const char *number, const char *file, struct fj_err *err) FJ_MUST_USE;
/* the same checks alone */
enum fj_rc xch_number_free(struct sto *db, const struct dom_asset *a, const char *number, struct fj_err *err) FJ_MUST_USE;

/* --- formats (exchange_file.c) --- */
enum xch_format { XCH_CSV, XCH_XLSX, XCH_XML };
/* "csv", "xlsx", "xml" */
enum fj_rc xch_format_of(const char *word, enum xch_format *out, struct fj_err *err) FJ_MUST_USE;
const char *xch_format_name(enum xch_format f);
struct xch_out; /* a file on its way out, row by row */
/* root and record: element names of XML; there every title is an element's name too, and one that is
 * none is FJ_E_INVALID */
struct xch_layout {
	const char *name, *root, *record;
	const struct sheet_column *columns;
	size_t n;
};
enum fj_rc xch_out_new(enum xch_format f, const struct xch_layout *l, struct xch_out **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc xch_out_row(struct xch_out *o, const char *const *cells, struct fj_err *err) FJ_MUST_USE;
/* the whole file appended; *o is freed either way, and NULL */
enum fj_rc xch_out_finish(struct xch_out **o, struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;
void xch_out_drop(struct xch_out *o);
FJ_DEFINE_AUTO_PTR(xch_out, struct xch_out, xch_out_drop)
/* may this be the name of an XML element: letters, Chinese, digits, _ - . and no colon */
bool xch_xml_name(const char *s);
/* a heading as such a name: without signs, and without a remark in （） at its end */
void xch_xml_plain(const char *title, char *out, size_t cap);
/* answer["file"] = {"name", "type", "base64url"} */
enum fj_rc xch_attach(json_t *answer, const char *name, enum xch_format f, const struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;

/* --- the mapping of a finance department (exchange_map.c) --- */
#define XCH_MAX_FIELDS SHEET_MAX_COLUMNS
enum xch_own { XCH_NUMBER, XCH_HOLDER, XCH_HOLDER_NAME, XCH_STATE, XCH_VERSION, XCH_HASH, XCH_CERTIFICATE, XCH_OWN };
enum xch_as { XCH_WORDS, XCH_CODE, XCH_FEN, XCH_DATE8 };
struct xch_field {
	enum xch_own own;            /* XCH_OWN: a field of the card */
	const struct card_field *card;
	const char *name, *column;   /* "basic.name"; theirs */
	enum xch_as as;
	const json_t *codes;         /* {our code: theirs}; NULL none */
};
struct xch_map {
	json_t *doc;                 /* owned; fields point into it */
	int64_t version;             /* 0: the defaults */
	size_t n;
	struct xch_field field[XCH_MAX_FIELDS];
	struct {
		const char *number, *asset_no, *verdict, *reason;
		const json_t *accepted, *refused; /* lists of words */
	} receipt;
};
void xch_map_release(struct xch_map *m);
FJ_DEFINE_AUTO(xch_map, struct xch_map, xch_map_release)
/* the one in force of the finance department */
enum fj_rc xch_map_load(struct sto *db, const char *finance, struct xch_map *out, struct fj_err *err) FJ_MUST_USE;
/* One asset as the statements XCH_ASSETS and XCH_ASSET give it. */
struct xch_asset {
	char own[XCH_OWN][DOM_CAP(DOM_MAX_NAME)];
	json_t *card; /* owned */
};
void xch_asset_release(struct xch_asset *a);
FJ_DEFINE_AUTO(xch_asset, struct xch_asset, xch_asset_release)
enum fj_rc xch_asset_from_row(const struct sto_q *q, struct xch_asset *out, struct fj_err *err) FJ_MUST_USE;
/* What the field says of the asset in their form, appended to out.  FJ_E_INVALID: a code that the
 * mapping does not translate. */
enum fj_rc xch_text(const struct xch_field *f, const struct xch_asset *a, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* does their cell say the same: by value for amounts, else as text in NFKC, trimmed? */
bool xch_same(const struct xch_field *f, const char *ours, const char *theirs);
/* do two headings mean the same column? */
bool xch_heading(const char *a, const char *b);

#endif
