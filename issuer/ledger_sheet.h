/*
 * ledger_sheet.h - a catalogue (台账) as a table: which column means what, and
 * what is wrong with a row by itself.  What the register knows is no matter here.
 */
#ifndef FJ_ISSUER_LEDGER_SHEET_H
#define FJ_ISSUER_LEDGER_SHEET_H

#include "base/json.h"
#include "issuer/domain.h"
#include "issuer/sheet/sheet.h"

enum led_column {
	LED_NO, LED_CATALOG, LED_NAME, LED_SUMMARY, LED_FORMED, LED_SHARED, LED_INDUSTRY, LED_SCHEME, LED_CLASS, LED_FROM, LED_TO,
	LED_FREQUENCY, LED_SCOPE, LED_SOURCE, LED_STRUCTURE, LED_LEVEL, LED_VOLUME, LED_PERSONAL, LED_DEPT, LED_SECRET, LED_COLUMNS
};
#define LED_MORE LED_FROM /* from here to LED_DEPT: kept together in ledger.more */
struct led_col {
	const char *field, *zh;
	const char *also[7];        /* other headings, NULL-ended */
	const char *const *choices; /* NULL: free */
	const char *const *codes;   /* what is stored for each choice; NULL: the choice */
	size_t max;                 /* code points */
	bool required;
	int width;
};
extern const struct led_col led_cols[LED_COLUMNS];
int led_column_of(const char *field); /* by field name; -1 none */

enum led_fault {
#define FAULT(name, kind, rule, en, zh) LED_F_##name,
#include "issuer/ledger_faults.def"
#undef FAULT
	LED_FAULTS
};
struct led_fault_kind {
	const char *kind, *rule, *en, *zh;
};
extern const struct led_fault_kind led_faults[LED_FAULTS];
/* told of one fault; column from 1.  Sentences never repeat what a cell holds. */
typedef void (*led_tell)(void *arg, size_t line, size_t column, const struct led_fault_kind *f);

/* --- headings --- */
#define LED_MAX_SECRET 8
struct led_layout {
	int of[LED_COLUMNS];        /* cell, from 0; -1 absent; LED_SECRET is in secret[] */
	int secret[LED_MAX_SECRET]; /* every column that may mark a secret */
	size_t n_secret;
	size_t width;               /* cells of the heading */
	size_t last;                /* line of the heading; rows begin after it */
	bool is_csv;
	json_t *ignored;            /* [{"column","title"}]; owned */
};
void led_layout_release(struct led_layout *l);
FJ_DEFINE_AUTO(led_layout, struct led_layout, led_layout_release)
/* Looks for the heading in the first ten rows of a sheet just opened: one row, or two that belong
 * together.  mapping (may be NULL): the sender's headings, as keys, to field names.  *ok false: told
 * why.  Fails only as sheet_next does. */
enum fj_rc led_layout_read(struct sheet *s, const json_t *mapping, struct led_layout *l, bool *ok, led_tell tell, void *arg, struct fj_err *err) FJ_MUST_USE;
/* a heading as mappings name it; "" when it is too long */
void led_heading_key(const char *title, char out[256]);

/* --- rows --- */
enum led_verdict {
	LED_GOOD,
	LED_FAULTY,
	LED_HIDDEN,  /* faulty, and it may be secret: nothing of it is repeated */
	LED_SECRET_ROW, /* marked 涉密: only its number may be told */
};
struct led_record {
	struct fj_buf text;
	const char *v[LED_COLUMNS];  /* as stored; "" absent */
	char no_key[DOM_CAP(DOM_MAX_LEDGER_NO) * 2];
	char same_key[DOM_CAP(DOM_MAX_CATALOG_REF + DOM_MAX_NAME) * 2];
};
void led_record_release(struct led_record *r);
FJ_DEFINE_AUTO(led_record, struct led_record, led_record_release)
/* Reads a row into r and tells every fault of it; warn is told what does not hinder (R34).
 * FJ_E_NOMEM only. */
enum fj_rc led_read(const struct led_layout *l, const struct sheet_row *row, struct led_record *r, enum led_verdict *out, led_tell tell,
    led_tell warn, void *arg) FJ_MUST_USE;
/* what a cell of a column of secrecy says; unclear: neither yes nor no */
enum led_mark { LED_MARK_OPEN, LED_MARK_SECRET, LED_MARK_UNCLEAR };
enum led_mark led_mark_of(const char *cell);
/* the key of one text (a ledger number) or of two (catalogue reference and name); FJ_E_LIMIT */
enum fj_rc led_put_key(const char *a, const char *b, char *out, size_t cap) FJ_MUST_USE;
/* cell of a column, from 1, for a fault found elsewhere */
size_t led_cell(const struct led_layout *l, enum led_column k);

#endif
