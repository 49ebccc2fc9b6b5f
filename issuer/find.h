/*
 * find.h - lists, search, export and history: what their files share.  Not for
 * other rooms.
 *
 * fnd_note keeps find_row and find_text (store/schema_find.sql) after every event;
 * the lists of all nouns are one engine over the tables in find.c.
 */
#ifndef FJ_ISSUER_FIND_H
#define FJ_ISSUER_FIND_H

#include "issuer/core.h"

enum fnd_noun { FND_ORGANISATION = 1, FND_LEDGER, FND_ASSET, FND_REGISTRATION, FND_CERTIFICATE, FND_AUTHORISATION, FND_TOKEN, FND_USER, FND_PLAN,
	FND_PRODUCT, FND_END };

/* How a column of a row is written.  PARTY takes two columns of the statement (code, name), STATE
 * two (state, last second: ACTIVE and over is EXPIRED; the second is not shown).  A TIME of 0 is "";
 * OVERDUE is true for a time that is over; a FEN below 0 is null. */
enum fnd_kind { FND_TEXT, FND_INT, FND_FEN, FND_BOOL, FND_TIME, FND_OVERDUE, FND_JSON, FND_ROLES, FND_RESTRICTIONS, FND_PARTY, FND_STATE };
struct fnd_column {
	const char *key;      /* member of the item; NULL ends the list */
	enum fnd_kind kind;
	const char *zh, *en;  /* heading of an export */
};
struct fnd_list {
	const char *name;     /* "asset" */
	enum sto_id row;      /* one row by its key */
	const struct fnd_column *columns;
	const struct iss_field *fields; /* of its list command */
};
const struct fnd_list *fnd_list_of(enum fnd_noun noun);
/* by name; 0 and FJ_E_INVALID, naming those that there are */
enum fj_rc fnd_noun_of(const char *name, enum fnd_noun *out, struct fj_err *err) FJ_MUST_USE;

/* Looks anew at what the event touched; called after its apply function, also on replay. */
enum fj_rc fnd_note(const struct evt *e, struct fj_err *err) FJ_MUST_USE;

/* A list being read, page by page.  fnd_query reads the filters of `params` (the list command's
 * fields); FJ_E_INVALID names the one that is malformed. */
#define FND_CURSOR_CAP 320
struct fnd_query {
	enum fnd_noun noun;
	const char *holder, *superior, *turn /* whose it is to act */, *person /* who looks */, *finance, *state, *class_, *industry, *parent;
	int decides;  /* the turn is of 0 the holder or institution, 1 who confirms an entry or issues a certificate, 2 the operator */
	char div_from[8], div_below[8];
	int64_t created_from, created_to, expires_from, expires_to;
	enum sto_id lead;     /* the statement whose index serves */
	char sort;            /* 'k' key, 'd' division, 't' time: what the list is ordered by before the key */
	fj_time now;
	int64_t limit;
	char after[FND_CURSOR_CAP], after_sort[24]; /* last key and sort value of the page before */
};
enum fj_rc fnd_query(enum fnd_noun noun, const json_t *params, fj_time now, const char *person, struct fnd_query *out, struct fj_err *err) FJ_MUST_USE;
/* one page: fn for each row, whose columns stand in q; `out` moves on; *rows, less than limit at the end */
typedef enum fj_rc (*fnd_row_fn)(void *ctx, const struct fnd_list *l, const struct sto_q *q, struct fj_err *err);
enum fj_rc fnd_page(struct sto *db, struct fnd_query *fq, fnd_row_fn fn, void *ctx, int64_t *rows, struct fj_err *err) FJ_MUST_USE;
/* what a client gives as "after" to go on */
void fnd_cursor(const struct fnd_query *fq, char out[FND_CURSOR_CAP]);
/* a row as an item of a list; NULL when out of memory */
json_t *fnd_item(const struct fnd_list *l, const struct sto_q *q, fj_time now);
/* the state that people see: EXPIRED for what is ACTIVE and over */
const char *fnd_state(const char *state, int64_t not_after, fj_time now);

/* --- export.c --- */
/* The answer of a command that is a file: {"file": {"name", "type", "base64url"}}; command line and
 * API turn it into bytes. */
enum fj_rc fnd_file(struct iss_call *c, const char *name, const char *type, const struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;

/* --- history.c --- */
/* Events of an object, of what belongs to it, and of the approvals and tasks by which they happened,
 * in order, after event `after`: fn for at most `limit`; *last the last event seen (`after` when none).
 * The row has the columns of STO_HISTORY_EVENT; before: hash of the event before, 32 octets. */
typedef enum fj_rc (*fnd_event_fn)(void *ctx, const struct sto_q *q, struct fj_slice before, struct fj_err *err);
enum fj_rc fnd_events(struct sto *db, const char *object, int64_t after, int64_t limit, fnd_event_fn fn, void *ctx, int64_t *last,
    struct fj_err *err) FJ_MUST_USE;
/* {"id","kind","object","org","applicant","role","requested_at","state","digest","decisions"}; *out
 * NULL when `id` is no approval; payload (may be NULL) gets its canonical bytes */
enum fj_rc fnd_approval(struct sto *db, const char *id, json_t **out, struct fj_buf *payload, struct fj_err *err) FJ_MUST_USE;

/* --- search.c --- */
/* Text as it is indexed: half-width, Han characters in pairs, separated by spaces. */
enum fj_rc fnd_fold(const char *text, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* What somebody typed as an FTS5 expression of quoted phrases, all of which have to be there; noun
 * "" any.  FJ_E_INVALID when no letter or digit is in it, FJ_E_LIMIT past FND_MAX_WORDS. */
#define FND_MAX_WORDS 16
/* One step of bringing the index into one segment: every segment is looked into by every search.
 * Some 8 MB are written at most; *done when nothing is left to do.  A transaction of its own on
 * the writer, whose lock is held. */
enum fj_rc fnd_tidy(struct sto *db, bool *done, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fnd_expression(const char *typed, const char *noun, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
