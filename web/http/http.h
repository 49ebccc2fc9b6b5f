/*
 * http.h - a small HTTP server over libmicrohttpd: routes as a table, typed
 * fields, sessions' cookies, answers, and security headers on all of them.
 *
 * A handler is called only when method, path, body size, sign-in and CSRF have
 * been checked by the row that names it.  It reads fields, calls one service,
 * and fills the answer.  Requests are not logged: nobody learns who asked.
 */
#ifndef FJ_WEB_HTTP_H
#define FJ_WEB_HTTP_H

#include "base/clock.h"
#include "base/json.h"
#include "web/http/form.h"

enum web_method { WEB_GET, WEB_POST, WEB_ANY }; /* ANY: whatever a proxy hands on */
enum web_access { WEB_PUBLIC, WEB_SIGNED_IN };
enum web_csrf { WEB_CSRF_NONE, WEB_CSRF_FORM }; /* FORM: field "csrf" equals the session's */

#define WEB_MAX_SAID 6
#define WEB_FOREVER 31536000 /* max_age of what never changes under its address: a year, and "immutable" */

struct web_req;
struct web_kept;
struct web_res {
	int status;              /* 200 */
	const char *type;        /* content type; static */
	struct fj_buf body;
	char location[320];      /* for 303 */
	char cookie[200];        /* Set-Cookie, "" none */
	long max_age;            /* Cache-Control: seconds; 0: no-store */
	bool cors;               /* Access-Control-Allow-Origin: * */
	bool csp_off;            /* not a page: no policy needed */
	char disposition[420];   /* Content-Disposition, "" none */
	struct web_said {
		const char *name;
		char value[200];
	} said[WEB_MAX_SAID];    /* the application's own headers: web_say_header */
	size_t n_said;
	struct web_kept *kept;   /* given instead of all above; the reference is the answer's */
};
typedef void (*web_handler)(struct web_req *q, struct web_res *r);
struct web_route {
	enum web_method method;
	const char *path;        /* "/certificates/{number}/revoke"; {name} matches one part,
	                          * {name*} all that is left */
	web_handler run;
	enum web_access access;
	enum web_csrf csrf;
	size_t body_max;         /* octets */
	const char *what;        /* for `make routes` */
};

/* Who asks: filled by the application's hook from cookie or bearer token; released by
 * web_session_free of the application. */
struct web_hooks {
	/* NULL: nobody.  bearer: the token came in Authorization, not in the cookie.  csrf is the session's token;
	 * without one no form is taken.  Asked before anything else of the request is known but path and connection. */
	void *(*session)(struct web_req *q, const char *token, bool bearer, const char **csrf);
	void (*session_free)(void *session);
	/* a page for an error; NULL: problem+json */
	void (*error_page)(struct web_req *q, struct web_res *r, const struct fj_err *err);
	const char *cookie;      /* cookie's name */
	const char *basis;       /* page of the rules and clauses that are cited; NULL: none */
	const char *login;       /* where a browser that is not signed in is sent; NULL: 401 */
	/* where this one has to go first, in place of the page that it asks for; NULL or its answer NULL: nowhere */
	const char *(*detour)(struct web_req *q);
	const char *api;         /* below this path answers are JSON and never a redirection; NULL: none */
	/* octets that this request's body may have, when less than its row says; NULL: its row's */
	size_t (*body_max)(struct web_req *q);
	/* label of a field that words.c does not have; NULL or its answer NULL: none */
	const char *(*label)(const char *key, bool en);
	/* the word of a code that stands in this field; NULL or its answer NULL: none */
	const char *(*choice)(const char *key, const char *code, bool en);
	/* the name of an organisation, of 400 octets at most; NULL or false: not known */
	bool (*org_name)(struct web_req *q, const char *usci, char *out);
	/* the code of a place by its name, as far as the application knows it; how many places bear it; NULL: none is known */
	size_t (*place)(struct web_req *q, const char *name, char code[7]);
	/* a sentence of the application with words for its codes, of 1200 octets at most; NULL: as it stands */
	void (*wording)(struct web_req *q, const char *text, char *out);
};
struct web_conf {
	const struct web_route *routes; /* ends with a NULL path */
	struct web_hooks hooks;
	void *app;
	/* 2..16: a pool; requests that one of them has taken wait for each other, so no handler may wait: web_later.
	 * 0: a thread a connection, for handlers that wait for the signer */
	unsigned threads;
	/* Everything is public: GET answers have an ETag, text may be compressed, pages of other sites
	 * may read them (CORS), and a request is cut whose body, not its head alone, is late */
	bool open;
	int64_t slow_ms;         /* a request has to be here so soon; 0: a minute */
	unsigned rate, burst;    /* requests of an address a second, and at once; rate 0: no limit */
	bool limit_local;        /* also those of this machine: a proxy on it is one address */
	bool tls;                /* with the certificate that web_tls_use names (tls.h), one such server a process; else plain HTTP */
	const char *client_ca;   /* PEM texts of authorities whose client certificates are asked for, not demanded; NULL: none is */
	int given;               /* a listening stream socket that is taken in place of one at the address, and becomes ours; 0: none */
	bool secure;             /* browsers come by https, here or to a proxy on this machine */
};

struct web_server;
/* Bind "127.0.0.1:8443" or "[::1]:8443"; port 0 takes a free one; "unix:PATH" a socket file
 * (mode 0660) that counts as loopback, in place of one that nobody listens on.  FJ_E_EXISTS
 * when the address is taken, FJ_E_INVALID when it is none. */
enum fj_rc web_bind(const char *address, const struct web_conf *conf, struct web_server **out, struct fj_err *err) FJ_MUST_USE;
unsigned web_port(const struct web_server *s);
bool web_is_loopback(const struct web_server *s);
/* Threads and answers from here on. */
enum fj_rc web_start(struct web_server *s, struct fj_err *err) FJ_MUST_USE;
void web_stop(struct web_server *s); /* NULL is fine */
void web_print_routes(const struct web_route *routes);

/* --- the request --- */
void *web_app(const struct web_req *q);
void *web_session(const struct web_req *q);      /* NULL when nobody */
const char *web_session_token(const struct web_req *q); /* "" */
const char *web_csrf(const struct web_req *q);   /* "" */
const char *web_param(const struct web_req *q, const char *name); /* of the path; "" */
/* query or form field, decoded; "" when absent */
const char *web_field(struct web_req *q, const char *name);
/* All values of a field, in order: *at 0 at first; NULL after the last.  name NULL: all names,
 * those of files too. */
const char *web_field_next(struct web_req *q, const char *name, size_t *at);
const struct web_upload *web_file(struct web_req *q, const char *name); /* NULL: none was sent */
struct fj_slice web_body(const struct web_req *q);
const char *web_header(const struct web_req *q, const char *name); /* "" */
const char *web_cookie(const struct web_req *q, const char *name); /* "" */
/* The peer's address, without port; "" for a socket file.  It is the connection's: a header that a proxy adds is not
 * believed. */
#define WEB_ADDRESS 46
void web_peer(const struct web_req *q, char out[WEB_ADDRESS]);
/* The client's certificate on this connection: NONE; REFUSED, with why (static, for web_tr); or ACCEPTED: it is in date and
 * leads to one of client_ca, and the key in it, whose SHA-256 (of the SubjectPublicKeyInfo) is in hex, made the handshake. */
enum web_client { WEB_CLIENT_NONE, WEB_CLIENT_REFUSED, WEB_CLIENT_ACCEPTED };
enum web_client web_client(const struct web_req *q, char spki[65], const char **why);
/* that key's hash alone, without asking whether the certificate is accepted; "" none */
void web_client_key(const struct web_req *q, char spki[65]);
/* a page of another site has sent this request (Fetch Metadata); false where the browser does not say */
bool web_is_foreign(const struct web_req *q);
unsigned web_header_count(const struct web_req *q, const char *name); /* how many times it was sent */
bool web_is_multipart(const struct web_req *q);  /* the body is multipart/form-data */
bool web_wants_json(const struct web_req *q);
const char *web_lang(struct web_req *q);         /* "zh" or "en" */
const char *web_path(const struct web_req *q);
bool web_is_post(const struct web_req *q);
/* 0: go on; else the seconds after which this address may try again (limit.h).  A client on this machine may be a proxy
 * for many: it has sixteen times as much. */
struct web_limit;
int64_t web_limited(const struct web_req *q, struct web_limit *l, int64_t cost);

/* The answer comes later and no thread waits for it (pools only).  When the connection rests, `begin` hands arg to whoever
 * calls web_ready, once, from any thread; then `end` fills the answer and releases arg; r NULL: only that, nobody hears it.
 * All have to be ready before web_stop. */
struct web_later {
	void (*begin)(void *arg);
	void (*end)(struct web_req *q, struct web_res *r, void *arg);
	void *arg;
};
void web_later(struct web_req *q, struct web_later later);
void web_ready(struct web_req *q);

/* --- answers --- */
void web_json(struct web_res *r, int status, const json_t *j);
void web_json_text(struct web_res *r); /* the body is JSON already */
void web_problem(struct web_res *r, const struct fj_err *err); /* RFC 9457 */
/* the same with a status of one's own and further members (borrowed; NULL: none) */
void web_problem_with(struct web_res *r, const struct fj_err *err, int status, json_t *more);
/* a file to keep: name may hold any character; type is static */
void web_download(struct web_res *r, const char *name, const char *type, struct fj_slice bytes);
void web_redirect(struct web_res *r, const char *to);
void web_bytes(struct web_res *r, const char *type, struct fj_slice bytes, long max_age);
/* The filled answer to give again and again, body and headers made once; r gives it too.  NULL:
 * this one can't be kept (memory, or it is not 200).  Counted: the caller owns one reference. */
struct web_kept *web_keep(struct web_req *q, struct web_res *r);
struct web_kept *web_kept_use(struct web_kept *k); /* one reference more */
void web_kept_drop(struct web_kept *k);            /* NULL is fine */
/* A header of the application: name is static; of value what is visible ASCII stays, other octets
 * become "_", and it is cut at 199.  At most WEB_MAX_SAID an answer; one more is left out. */
void web_say_header(struct web_res *r, const char *name, const char *value);
/* the error as page or JSON, by what the client wants */
void web_fail(struct web_req *q, struct web_res *r, const struct fj_err *err);

/* --- HTML; failures of memory are noticed when the answer is sent --- */
void web_html(struct fj_buf *b, const char *markup); /* a literal (lint): our own markup */
/* as it stands: what was made by these functions already, or becomes no markup */
void web_raw(struct fj_buf *b, const char *text);
/* escaped, for text and attributes; control characters and those that turn the
 * direction of text or can't be seen are shown by their numbers, as [U+202E] */
void web_text(struct fj_buf *b, const char *text);
void web_url(struct fj_buf *b, const char *text);              /* escaped as a part of a path or query (RFC 3986) */
/* Markup with places: each %s is escaped by where it stands - text, attribute, a part of a path or
 * query inside href, action, src and formaction; at the very begin of such a value it is a whole
 * address, and "#" unless it begins with /, ?, # or http(s)://.  NULL is "".  Numbers: %d %u %lld
 * %zu; "%%" is "%".  No flags, no widths. */
void web_print(struct fj_buf *b, const char *tmpl, ...) __attribute__((format(printf, 2, 3)));
void web_page_begin(struct web_req *q, struct fj_buf *b, const char *title);
void web_page_end(struct fj_buf *b);
/* Of a page that answers a form with a form: links in its main part, up to the end of its last form, open in windows of their own,
 * and say so to readers, since coming back to such a page the browser asks to send the form again.  Left as they are: those to a
 * part of the page, to files, in a <nav>, and buttons.  Nothing where what was typed stands in no form, unless it was refused,
 * and nothing to a page above 1 MiB. */
void web_links_apart(struct web_req *q, struct fj_buf *b, bool refused);

/* --- tr.c: texts in the page's language, from the catalogues in web/po --- */
#define WEB_N(text) text /* marks a text of a table, which web_tr is given later */
/* the English text in the page's language; itself when no catalogue has it */
const char *web_tr(struct web_req *q, const char *text);
/* a code or name below its context; NULL: the catalogues have none */
const char *web_tr_in(struct web_req *q, const char *context, const char *id);
const char *web_tr_of(bool en, const char *context, const char *id); /* the same by language; NULL: none */
/* for what comes in both languages; en when zh is NULL or "" */
const char *web_either(struct web_req *q, const char *zh, const char *en);
/* the text, escaped, its %s (escaped too) and numbers as web_print's */
void web_say(struct web_req *q, struct fj_buf *b, const char *text, ...) __attribute__((format(printf, 3, 4)));
extern const char web_style_css[], web_portal_js[];
void web_get_style(struct web_req *q, struct web_res *r); /* /style.css */
void web_get_script(struct web_req *q, struct web_res *r); /* /portal.js */

/* --- words.c: labels and codes in words (contexts of web/po: field, state, kind, ...) --- */
enum web_form { /* how a field's value is written; from WEB_TECHNICAL on it is for machines and folded away */
	WEB_TEXT, WEB_MONO, WEB_EPOCH, WEB_STATE, WEB_KIND, WEB_ACTION, WEB_PURPOSE, WEB_RIGHT, WEB_MODE, WEB_RESTRICTION, WEB_DUTY,
	WEB_BINDING, WEB_ROLE, WEB_REASON, WEB_LEVEL, WEB_PERSONAL, WEB_ORIGIN, WEB_CHECK, WEB_OUTCOME, WEB_CREDENTIAL, WEB_MATTER,
	WEB_BASIS, WEB_RESULT, WEB_HOLD, WEB_SIGNIN, WEB_FACTOR, WEB_DOOR, WEB_TECHNICAL, WEB_LONG
};
struct web_term {
	const char *key; /* its label: context "field" */
	enum web_form form;
};
const struct web_term *web_terms(void);                 /* in reading order; ends with a NULL key */
const struct web_term *web_term_find(const char *key);  /* NULL: none */
const char *web_label(struct web_req *q, const char *key);  /* the key itself when it has no label */
bool web_is_money(const char *key); /* money is kept in fen, in members that say so: "_fen" */
const char *web_label_of(const struct web_req *q, const char *key, bool en); /* the application's; NULL: none */
#define WEB_NAME 400
#define WEB_SENTENCE 1200
const char *web_choice_of(const struct web_req *q, const char *key, const char *code, bool en); /* the application's; NULL: none */
bool web_org_name(struct web_req *q, const char *usci, char out[WEB_NAME]);
size_t web_place(struct web_req *q, const char *name, char code[7]); /* the application's, as its hook says */
void web_wording(struct web_req *q, const char *text, char out[WEB_SENTENCE]);
const char *web_word(struct web_req *q, enum web_form form, const char *code); /* the code itself when it has no word */
const char *web_word_of(bool en, enum web_form form, const char *code); /* NULL: it has no word */

/* --- value.c: JSON values for people --- */
struct web_link { /* where a value leads; a list ends with a NULL key; NULL: no links */
	const char *key;   /* member's name; "^DAC-": any value that begins so */
	const char *prefix;
};
void web_value(struct web_req *q, struct fj_buf *b, const char *key, const json_t *v, const struct web_link *links);
/* the same, short, for a table: an organisation by its name, a time by its day in +08:00 */
/* a state; ACTIVE with a first day (ISO date or time; "" none) that has not come is not yet in force */
void web_state(struct web_req *q, struct fj_buf *b, const char *state, const char *from);
/* of a license that is in force itself and whose authorisation is not */
void web_stopped(struct web_req *q, struct fj_buf *b);
void web_cell(struct web_req *q, struct fj_buf *b, const char *key, const json_t *v, const struct web_link *links);
/* the columns of a list of objects by its first row: those named (NULL-ended; NULL or empty: none),
 * else members that people read, in reading order; heads and cells of a row */
#define WEB_COLUMNS 8
size_t web_columns(struct web_req *q, const json_t *row, const char *const *first, const char *col[WEB_COLUMNS]);
void web_heads(struct web_req *q, struct fj_buf *b, const char *const *col, size_t n);
void web_rest(struct web_req *q, struct fj_buf *b, size_t n); /* behind them: opens the rest on a narrow screen */
void web_cells(struct web_req *q, struct fj_buf *b, const json_t *row, const struct web_link *links, const char *const *col, size_t n);
/* a list of objects as a table: a column a member that people read, those named first */
void web_table(struct web_req *q, struct fj_buf *b, const json_t *list, const struct web_link *links, const char *const *first);
/* an object's fields that people read, in reading order; then those that only the application names */
void web_fields(struct web_req *q, struct fj_buf *b, const json_t *object, const struct web_link *links);
/* the others, folded away; nothing when there are none */
void web_technical(struct web_req *q, struct fj_buf *b, const json_t *object);
/* a division's code by the name of its province-level region, with the code where it is a part of it */
void web_region(struct web_req *q, struct fj_buf *b, const char *code);
/* the other way: six digits as they are, a province by its name in either language; false: it is neither */
bool web_region_code(const char *name, char code[7]);
/* text whose UTC times (2026-03-16T01:00:00Z) are shown in +08:00 */
void web_text_times(struct fj_buf *b, const char *text);

/* --- clause.c: citations --- */
struct web_document {
	const char *id;                  /* its anchor on the page of bases; NULL: it has none */
	const char *key;                 /* what citations begin with: "27号" */
	const char *zh, *en;             /* how it is called in one: 27号, Rules No. 27 */
	const char *title_zh, *title_en; /* in full; NULL: one of our own */
};
size_t web_documents(const struct web_document **out);
/* "27号 arts. 11, 13": 27号第11、13条, Rules No. 27, arts. 11, 13; cut at cap, within a character at worst not shown */
void web_clause_text(bool en, const char *clause, char *out, size_t cap);
/* where a citation, or a rule "R04", stands on the page of bases: "167-3-2", "d27", "R04"; "": nowhere */
#define WEB_CLAUSE_ID 40
void web_clause_id(const char *cite, char out[WEB_CLAUSE_ID]);
/* the same as part of a page, each document a link where the application has such a page */
void web_clause(struct web_req *q, struct fj_buf *b, const char *clause);
const char *web_basis_page(const struct web_req *q); /* the application's; NULL: none */

/* --- sent.c: what somebody sent to have it verified --- */
#define WEB_SENT_MAX (8u << 20) /* octets of a file */
struct web_sent {
	char *text;            /* owned: a number or a credential, without the blanks around it; NULL: `bytes` is it */
	struct fj_slice bytes; /* of a file; borrowed from the request */
	struct fj_buf proof;   /* of logging, from a bundle; empty: none */
	bool bundle;           /* it was a bundle: its own lists are left aside */
	bool file_of_number;   /* it was a file, and the number is all that is in it */
};
void web_sent_release(struct web_sent *s);
FJ_DEFINE_AUTO(web_sent, struct web_sent, web_sent_release)
bool web_is_number(const char *text); /* what is looked up, no credential: of a certificate or an authorisation; not checked: its form */
/* The line that stands beside the verdict: what a bundle's lists, or a file with a number, are worth; nothing of others. */
void web_sent_notice(struct web_req *q, struct fj_buf *b, const struct web_sent *s);
struct fj_slice web_sent_slice(const struct web_sent *s); /* the number or credential; empty: nothing was sent */
/* a text, also once more in the place of another; FJ_E_INTERNAL: no memory */
enum fj_rc web_sent_text(struct web_sent *s, struct fj_slice text, struct fj_err *err) FJ_MUST_USE;
/* Token, certificate (PEM or DER) or bundle (docs/formats.md 15); a file that is none of these is taken as it is, for the verifier
 * to judge; what is larger than WEB_MAX_VALUE is never taken as text.  A UTF-8 mark (U+FEFF) at its begin is left out. FJ_E_PARSE: a bundle without a
 * credential, or with a number in its place; FJ_E_UNSUPPORTED: a PDF, an archive, a picture of another kind: it says
 * what to send instead.  Not checked: anything of what it says, and PNG or JPEG (the portal reads these). */
enum fj_rc web_sent_file(struct web_sent *s, struct fj_slice file, struct fj_err *err) FJ_MUST_USE;
/* The proof of logging that was pasted beside it (field "log_proof"), as its own lines; it takes the place of a bundle's.
 * FJ_E_INVALID: there is nothing for it to be beside. */
enum fj_rc web_sent_proof(struct web_req *q, struct web_sent *s, struct fj_err *err) FJ_MUST_USE;
/* As a text that a form can carry on, so that it need not be chosen again: what is DER as PEM.  false: it is too large, or no text. */
bool web_sent_again(const struct web_sent *s, struct fj_buf *out);

/* --- verdict_page.c: a verdict document (docs/formats.md 8) as part of a page --- */
void web_verdict(struct web_req *q, struct fj_buf *b, const json_t *verdict);
/* verdict_plain.c: what it is, for whom, what for, until when, and what to do now; decisive: the check that decided, NULL of a permit */
void web_verdict_plain(struct web_req *q, struct fj_buf *b, const json_t *verdict, const json_t *decisive);
/* "since" into a verdict that permits nothing: the earliest day since which what it is about, or what stands above that, is not in
 * force, by `find` (as a UTC time; false: none is known).  Nothing where the object's own entry decides and find knows nothing of it. */
typedef bool (*web_since_fn)(void *ctx, const char *number, char since[FJ_TIME_CAP]);
void web_verdict_since(json_t *verdict, web_since_fn find, void *ctx);
void web_status_age(struct web_req *q, struct fj_buf *b, const json_t *verdict);
/* how a paper's digest compares, by the words of ver_paper (verifier/verify.h) */
void web_paper_notice(struct web_req *q, struct fj_buf *b, const char *paper);
/* The form that asks for one, with what was sent; credential: the text that was judged, where it came in a file (NULL: as sent). */
enum web_verify_with {
	WEB_VERIFY_AT = 1,    /* also a time to judge at */
	WEB_VERIFY_FILES = 2, /* also a file: multipart/form-data, field "file" */
	WEB_VERIFY_SHORT = 4, /* no more than what is to be judged */
	WEB_VERIFY_PICTURES = 8, /* the file may be a picture of a QR code, or come from the camera */
	WEB_VERIFY_USE = 16,  /* it stands there for asking about a use: that part is not folded */
};
void web_verify_form(struct web_req *q, struct fj_buf *b, const char *action, const char *credential, unsigned with);
/* The intended use of that form, its choices and its line together, as docs/formats.md 8 writes it. */
enum fj_rc web_use_text(struct web_req *q, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;

#endif
