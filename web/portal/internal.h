/*
 * internal.h - what portal and API share.
 */
#ifndef FJ_WEB_PORTAL_INTERNAL_H
#define FJ_WEB_PORTAL_INTERNAL_H

#include "issuer/issuer.h"
#include "issuer/sheet/sheet.h"
#include "verifier/published.h"
#include "web/http/http.h"
#include "web/portal/portal.h"

#define PORTAL_MAX_BATCH 5000 /* items of a selection */

struct portal {
	struct ver_published *published;
	struct iss *i;
	struct web_server *server;
	struct fj_buf client_ca; /* PEM texts */
	bool demo, tls, prepared, serves; /* its threads may start, and have */
	char tool[65]; /* SHA-256 of the fujie-verify that is installed beside this program, in hex; "" where there is none */
	bool secure; /* browsers come by https: cookies are Secure and have the prefix __Host- */
	struct web_limit *pictures, *lodging; /* of the public, by address */
};

/* --- nouns.c: words, columns and hints; and finding commands by noun and verb --- */
struct portal_noun {
	const char *name;            /* as in commands and addresses; its words: contexts "noun" and "noun-one" */
	const char *columns[9];      /* of its list; none: what its rows have */
};
struct portal_hint {
	const char *command;
	const char *from;              /* states it is offered in, with spaces around each; "": it takes another number */
	bool danger;                   /* no way back; what follows is said before the button: context "then" */
};
#define PORTAL_LINKS 42
extern const struct web_link portal_links[PORTAL_LINKS]; /* from values to details */
const struct portal_noun *portal_noun_of(const char *name);   /* NULL: none */
const struct portal_hint *portal_hint_of(const char *command); /* NULL: none */
const char *portal_noun_word(struct web_req *q, const char *name, bool one);
bool portal_is_noun(const char *command, const char *noun); /* "asset.show" is of "asset" */
#define PORTAL_NOUN 64
void portal_noun_in(const char *command, char out[PORTAL_NOUN]); /* "asset" of "asset.show" */
bool portal_noun_by(const char *number, char out[PORTAL_NOUN]); /* "certificate" of "DAC-…", as links go by it; false: none begins so */
#define PORTAL_ADDRESS 160
void portal_address(const char *under, const char *command, char out[PORTAL_ADDRESS]); /* "/do/asset/card": under is "do" or "wizard" */
const struct iss_command_info *portal_find(const char *noun, const char *verb); /* NULL: none */
const struct iss_field *portal_field_of(const struct iss_command_info *c, const char *name); /* NULL: none */
bool portal_is_paging(const char *field); /* where a page of a list begins, and how long it is */
const char *portal_key_of(const char *noun); /* the field by which one is shown; NULL: none */
const char *portal_number_of(const json_t *o, const char *noun); /* its value in an answer; NULL: none */
const char *portal_label(const char *key, bool en); /* of a command, or a field by any command's table; NULL: none */

/* --- frame.c: the page around everything --- */
/* who has signed in, for as long as a request lasts: web_session */
struct portal_person {
	struct iss_session session; /* first: the API reads this alone */
	json_t *known;              /* organisations that were looked up, by their codes; empty after a change */
};
struct portal *portal_of(const struct web_req *q);
const struct iss_session *portal_session(const struct web_req *q);
const struct iss_actor *portal_actor(const struct web_req *q); /* who has signed in */
/* has one of its roles, or for what changes something is today's deputy of somebody who has */
bool portal_may(const struct web_req *q, const struct iss_command_info *c);
void portal_top(struct web_req *q, struct fj_buf *b, const char *title); /* in the page's language */
void portal_error_page(struct web_req *q, struct web_res *r, const struct fj_err *err);
/* the refusal as a paragraph: what was wrong and what to do, its rule, basis and clause */
/* codes in a sentence of the register as words: states, fields, commands, organisations (wording.c) */
#define PORTAL_NAME WEB_NAME
#define PORTAL_SENTENCE WEB_SENTENCE
void portal_wording(struct web_req *q, const char *text, char out[PORTAL_SENTENCE]);
/* the word of a state for this noun, where one code means another thing of several nouns */
const char *portal_state_of(const char *noun, const char *state);
/* such states in an answer of the command; of a paper copy the kind is a credential's, not a deadline's; the name is who collected it, the
 * document his */
void portal_own_words(struct web_req *q, const char *command, json_t *object);
json_t *portal_organisation(struct web_req *q, const char *usci); /* as of organisation.show, the caller's; NULL: not known to who asks */
bool portal_org_name(struct web_req *q, const char *usci, char out[PORTAL_NAME]); /* false: not known to who asks */
/* of a division, by the register's own table, else of its province; false: out is the code */
bool portal_division_name(struct web_req *q, const char *code, char out[PORTAL_NAME]);
bool portal_object_name(struct web_req *q, const char *noun, const char *id, char out[PORTAL_NAME]); /* as its page is headed; false: none that the reader may see */
void portal_error(struct web_req *q, struct fj_buf *b, const struct fj_err *err);
/* "Rule R04", and "stated by Plan No. 167, section 4(3)", each with its link */
void portal_rule(struct web_req *q, struct fj_buf *b, const char *cite);
void portal_basis(struct web_req *q, struct fj_buf *b, const char *basis, const char *clause);
void portal_tell(struct web_req *q, struct web_res *r, const struct fj_err *err); /* the same, and it is the answer's status; NULL: nothing */
/* the act is of a role that is not the officer's: it is refused for that before anything else; true: he may */
bool portal_let(struct web_req *q, struct web_res *r, const struct iss_command_info *c);
/* FJ_E_FORBIDDEN: a page of another site has sent this form (web_is_foreign); for forms without a session */
enum fj_rc portal_own_form(const struct web_req *q, struct fj_err *err) FJ_MUST_USE;
/* advice.c: what to do now, where the refusal does not say it, with a link to its help; and all of that, for the help page */
void portal_advice(struct web_req *q, struct fj_buf *b, const struct fj_err *err);
void portal_advice_all(struct web_req *q, struct fj_buf *b);
/* a text that begins small, as reasons and labels do, with a capital */
void portal_capital(struct fj_buf *b, const char *text);
/* "?name=value" or "&name=value" behind an address to be led to, escaped; not when value is "" or there is no room */
#define PORTAL_TO 320
void portal_to(char to[PORTAL_TO], const char *name, const char *value);
/* the list of a noun, of the own office where its filters can say so */
void portal_own_list(struct web_req *q, const char *noun, char to[PORTAL_TO]);
/* who was signed in here and is not any more learns it; nothing else */
void portal_ended(struct web_req *q, struct fj_buf *b);
void portal_no_such(struct web_req *q, struct web_res *r); /* 404, as a page */
/* "?done=WORD" in words, or a word given; nothing when there is none */
void portal_done_words(struct web_req *q, struct fj_buf *b, const char *word);
void portal_done(struct web_req *q, struct fj_buf *b);
/* the office that an approval waits for, by its name; false: the reader's own, or it is not known which */
/* that a request to resume waits, for whom, and its link; stops: as of portal_stops, or NULL; false: none */
bool portal_resume_asked(struct web_req *q, struct fj_buf *b, const json_t *stops);
bool portal_ends_by(struct web_req *q, struct fj_buf *b, const json_t *waiting_for); /* of another office: told; false: it is of the own */
bool portal_decider(struct web_req *q, const json_t *waiting_for, char name[PORTAL_NAME]);
/* which word that is, by the answer */
const char *portal_done_word(const char *command, const json_t *answer);
void portal_csrf(struct web_req *q, struct fj_buf *b); /* the hidden field */
void portal_keys(struct web_req *q, struct fj_buf *b); /* and the form's own key (once.c) */
void portal_hidden(struct fj_buf *b, const char *name, const char *value);
/* a command of the register as the officer who asks */
enum fj_rc portal_command(struct web_req *q, const char *name, const json_t *params, json_t **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc portal_no_memory(struct fj_err *err);
/* a command of the register as anybody, who has no account; params NULL: none */
enum fj_rc portal_public(struct web_req *q, const char *command, const json_t *params, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- typed.c: what was typed, and documents made of it --- */
#define PORTAL_MAX_ROWS 200
/* members of a fill that are no field: the field at fault and why, and which row is new */
#define PORTAL_BAD "!"
#define PORTAL_WHY "!why"
#define PORTAL_FOCUS "!focus"
/* Typed parameters from query, form, or a body that is a file; a field that was not sent or is empty is absent.
 * FJ_E_INVALID names the field that does not fit its type; what is not a field of the command
 * is refused when `strict` (API), left alone otherwise. */
enum fj_rc portal_params(struct web_req *q, const struct iss_command_info *c, bool strict, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* The texts as they were typed, for showing them again: name to text or list of texts; the caller's. */
json_t *portal_typed(struct web_req *q, const struct iss_command_info *c);
/* FJ_E_LIMIT: more fields or rows were sent than a form has; nothing is done with such a form, or a part of it were lost */
enum fj_rc portal_fits(struct web_req *q, const struct iss_command_info *c, struct fj_err *err) FJ_MUST_USE;
/* parameters of such texts; files are not among them */
enum fj_rc portal_params_of(struct web_req *q, const struct iss_command_info *c, const json_t *fill, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* the value at a path; *out NULL: nothing was said.  And back: a value into the texts. */
enum fj_rc portal_value(struct web_req *q, const json_t *fill, const struct iss_field *f, const char *path, json_t **out, struct fj_err *err) FJ_MUST_USE;
void portal_put_value(json_t *fill, const struct iss_field *f, const char *path, const json_t *v);
/* a document whose members were typed, as it was read (v): what names stood for, and no row that says nothing */
void portal_put_again(json_t *fill, const struct iss_field *f, const json_t *v);
/* a command's field, or an answer's member, that is typed anew each time and shown once: never kept, carried on or shown again */
bool portal_is_secret(const char *name);
/* in which unit a number is typed: "@yuan", "@pct", or "" */
const char *portal_unit(const struct iss_field *f);
#define PORTAL_PERCENT 32
void portal_percent_text(int64_t bp, char out[PORTAL_PERCENT]); /* 1250 as "12.50", 1200 as "12" */
json_t *portal_lines(const json_t *typed); /* items of a list, one a line or one a text; the caller's */
size_t portal_rows_shown(const json_t *fill, const char *path); /* rows that have something in them, and blank ones that were asked for */
/* "+PATH" one row more, "-PATH.3" this one gone; false: it is no such step */
bool portal_rows_step(json_t *fill, const char *step);
bool portal_has_type(const struct iss_command_info *c, enum iss_field_type t);
/* Types of a body that is the command's first file, its other fields in the query; ends with NULL. */
extern const char *const portal_file_types[];
bool portal_body_is_file(const struct web_req *q);

/* --- candidates.c: objects by their names --- */
json_t *portal_candidates(struct web_req *q, const char *noun); /* [{"id", "label"}], 100 at most; the caller's */
/* the noun whose number (or numbers) this field of the command is, "": of none; static */
const char *portal_noun_asked(const struct iss_command_info *c, const char *field);
bool portal_is_numbered(const char *noun); /* forms offer its objects */
/* the same, of those that the command can be done on: in a state it takes, of the own office where its list can say so */
json_t *portal_actable(struct web_req *q, const struct iss_command_info *c, const char *noun);
json_t *portal_number_for(struct web_req *q, const char *noun, const char *text); /* of a name, as a JSON text; else the text */

/* --- fields.c: a command's fields as the inputs of a form --- */
#define PORTAL_MAX_NOUNS 8
struct form {
	struct web_req *q;
	struct fj_buf *b;
	const json_t *fill;   /* as of portal_typed; NULL: empty */
	size_t id;            /* makes the inputs' ids differ on one page */
	const char **nouns;   /* whose names the inputs use; PORTAL_MAX_NOUNS, NULL where free */
	bool *focus;          /* one input has the focus already; NULL: none gets it */
	bool inner;           /* within a row */
	bool filter;          /* of a list: by any number */
	bool lax;             /* the browser is not to ask for what is required: a draft may lack it */
	const struct iss_command_info *act; /* whose fields they are; NULL: it does not matter */
	const char *object;   /* the field that asks which object it is done on; NULL: none does */
	const json_t *now;    /* of members in groups: what is in force, by their names; NULL: not told */
};
void portal_input(const struct form *d, const struct iss_field *f, const char *path);
/* Label and input of each field; those in `hidden` (NULL-ended names; NULL: none) are not shown. */
void portal_inputs(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const char *const *hidden, size_t id);
/* the same for some members alone, none of them required by the browser */
struct portal_place {
	const struct iss_field *field;
	char path[120];
};
void portal_inputs_at(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const struct portal_place *place, size_t n);
/* for whom it is done: oneself or a principal; nothing for who is nobody's deputy today */
void portal_behalf(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, size_t id);
void portal_label_of(struct web_req *q, struct fj_buf *b, const struct iss_field *f);
/* of the fields of a command that which is called a number and no more, as the number of what it is; else f */
struct iss_field portal_named_field(struct web_req *q, const struct iss_command_info *c, const struct iss_field *f, char words[200]);
const char *portal_choice_of(const char *key, const char *code, bool en); /* of any command's field of this name; NULL: none */
const char *portal_choice(bool en, const struct iss_field *f, const char *code); /* NULL: it has no word */
const char *portal_choice_word(struct web_req *q, const struct iss_field *f, const char *code);
/* the refusal is shown beside its field too, where that is known */
void portal_fill_bad(struct web_req *q, const struct iss_command_info *c, json_t *fill, const struct fj_err *err);

/* --- once.c: a form that is sent twice is done once --- */
enum once_state { ONCE_NEW, ONCE_RUNNING, ONCE_DONE, ONCE_REFUSED };
struct once {
	enum once_state state;
	json_t *answer;        /* DONE; the caller's */
	struct fj_err err;     /* REFUSED */
	char command[64];
	char back[320];        /* where the form came from; "" */
};
#define ONCE_KEY 24
#define ONCE_PUBLIC "public" /* the session of forms that need none: it has few of the places */
void once_key(char out[ONCE_KEY]); /* a fresh one */
enum fj_rc once_sent(struct web_req *q, const char **key, struct fj_err *err) FJ_MUST_USE; /* the form's; FJ_E_USAGE: it has none */
/* ONCE_NEW: it is the caller's to run, and to tell the end with once_end; else how it stands,
 * as of once_find.  The key is the session's: nobody else finds it. */
void once_begin(const char *session, const char *key, const char *command, const char *back, struct once *out);
void once_end(const char *session, const char *key, const json_t *answer, const struct fj_err *refusal);
bool once_find(const char *session, const char *key, struct once *out); /* false: not known (any more) */

/* --- held.c: files between a preview and the act; keys are the session's --- */
#define PORTAL_HELD "@held" /* the key of a file's field stands under the field's name and this */
#define PORTAL_HELD_NAME 96
void held_name(const char *field, char out[PORTAL_HELD_NAME]); /* that name */
bool held_put(const char *session, const char *field, const char *name, struct fj_slice bytes, char key[ONCE_KEY]);
json_t *held_get(const char *session, const char *field, const char *key, char name[161]); /* octets as a JSON text; NULL: not (any more) */
void held_drop(const char *session, const char *field, const char *key);

/* --- behind.c: commands that take long --- */
/* params are borrowed; false: not started, too many run */
bool behind_start(struct web_req *q, const char *command, const char *key, json_t *params);
void behind_wait(void); /* until all have ended */

/* --- drafts.c --- */
#define PORTAL_DRAFT "!draft"     /* the draft that a fill came from */
#define PORTAL_CHANGED "!changed" /* true: of a form with other fields */
/* keeps what was typed, under id where it is not ""; id is set */
enum fj_rc portal_draft_keep(struct web_req *q, const struct iss_command_info *c, const json_t *fill, char id[ISS_DRAFT_CAP], struct fj_err *err) FJ_MUST_USE;
void portal_draft_answer(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const json_t *fill, const char *back);
/* into fill; false: there is no such draft of who asks, for this command */
bool portal_draft_take(struct web_req *q, const struct iss_command_info *c, const char *id, json_t *fill, bool *changed);
void portal_draft_done(struct portal *p, const struct iss_actor *a, const char *id); /* what it began was done; "": there is none */
void portal_draft_told(struct web_req *q, struct fj_buf *b, bool changed);
/* the drafts of this form, as links to /UNDER/noun/verb; about: only those about this number, "" all */
void portal_drafts_of(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const char *under, const char *about);
void portal_get_drafts(struct web_req *q, struct web_res *r);
void portal_post_draft_drop(struct web_req *q, struct web_res *r);

/* --- preview.c, said.c --- */
/* a form of nothing but hidden fields, every text of a fill, and the files; it leads to the preview */
void portal_send_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill);
bool portal_of_preview(const struct iss_field *f); /* nobody fills it in: the preview does */
bool portal_at_once(const struct iss_command_info *c); /* its form leads to no preview: it reads, or is one of the few that act at once */
/* the files that were sent with this form, until it is sent for good: their marks into fill */
void portal_hold_files(struct web_req *q, const struct iss_command_info *c, json_t *fill);
void portal_held_done(struct web_req *q, const struct iss_command_info *c); /* the files of this form are not kept any more */
void portal_preview(struct web_req *q, struct web_res *r, const struct iss_command_info *c, json_t *fill);
void portal_said(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *params);
void portal_said_value(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *v); /* one value of a field, in words */

/* --- compute.c: figures while a form is filled in --- */
#define PORTAL_COMPUTED "@computed" /* behind a field's name: the text that was found for it, so that it follows while nobody changed it */
#define PORTAL_DIFFERS "!differs"   /* labels of those that were typed otherwise */
#define PORTAL_COMPUTE "!compute" /* they are shown; false: and were filled in */
void portal_compute_box(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill);
bool portal_compute(struct web_req *q, struct web_res *r, const struct iss_command_info *c, json_t *fill); /* false: it has none */

/* --- prefill.c: what is there already, into the form that changes it --- */
void portal_prefill(struct web_req *q, const struct iss_command_info *c, json_t *fill);

/* --- wizard.c: long documents, step by step --- */
struct portal_wizard {
	const char *command; /* "plan.agree" */
	const struct portal_step *steps;
};
const struct portal_wizard *portal_wizard_of(const char *command); /* NULL: none */
/* all of it read back, with what is missing; err (NULL: none) stands above */
void portal_wizard_review(struct web_req *q, struct web_res *r, const struct portal_wizard *w, const struct iss_command_info *c, json_t *fill, const struct fj_err *err);
void portal_get_wizard(struct web_req *q, struct web_res *r);
void portal_post_wizard(struct web_req *q, struct web_res *r);

/* --- filed.c: a material is filed on the way, and back --- */
const struct iss_field *portal_field_at(const struct iss_command_info *c, const char *path); /* "evidence.delivery.0.material"; NULL: none */
/* to the form that files what the field at `path` wants; back is the draft, of a page "do" or "wizard" (at its step; "" none) */
void portal_to_file(struct web_res *r, const char *under, const struct iss_command_info *c, const char *draft, const char *step, const char *path);
/* back from there: its number stands where it was wanted */
void portal_take_filed(struct web_req *q, const struct iss_command_info *c, json_t *fill);

/* --- compare.c: two versions of a card side by side --- */
void portal_card_against(struct web_req *q, struct fj_buf *b, const char *asset_no, const json_t *card); /* the newest version, and this one */
void portal_get_compare(struct web_req *q, struct web_res *r);

/* --- answer.c: a command's answer as part of a page --- */
/* `again` is the address of this answer, to which "download=MEMBER" is added; NULL: no files */
void portal_answer(struct web_req *q, struct fj_buf *b, const char *command, const json_t *answer, const char *again);
/* the file of an answer's member; false: there is none such */
bool portal_answer_file(struct web_res *r, const char *command, const json_t *answer, const char *member);
/* {"refused": true}: a refusal in an answer, which the register keeps (an attempt that is on record,
 * the faults of a file); err as the answer words it */
bool portal_refused(const json_t *answer, struct fj_err *err);
bool portal_answer_is_plain(const json_t *answer); /* nothing in it that one has to look at */

/* --- show.c --- */
/* the head of an object's page: name, number, state, validity; o as its .show answers it */
void portal_face(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o);
const char *portal_name_of(const json_t *o, const char *noun); /* its name; NULL: none but its number */
/* of the noun's object with this number; false: it is not shown to the reader, and nothing is printed */
bool portal_face_of(struct web_req *q, struct fj_buf *b, const char *noun, const char *id);

/* --- takeback.c: suspending, taking back, resuming --- */
bool portal_takes_back(const char *command);      /* it suspends, takes back or resumes one object */
bool portal_stops_something(const char *command); /* it suspends or takes back */
/* what the act would stop, as stops.show answers; NULL: it stops nothing, or the object is not named in fill */
json_t *portal_what_stops(struct web_req *q, const char *command, const json_t *fill);
/* what the section of these acts is called: all of them stop, or all of them resume */
const char *portal_stop_word(struct web_req *q, const struct iss_command_info *const *list, size_t n);
/* what stops with the object, as of stops.show (the caller's; NULL when that is refused), and whether it is the reader's office's to stop it */
json_t *portal_stops(struct web_req *q, const char *id, bool *party);
void portal_returns_told(struct web_req *q, struct fj_buf *b, const char *number); /* what a resumption brings back, and why it had been suspended */
void portal_stops_told(struct web_req *q, struct fj_buf *b, const char *number); /* under a heading; nothing where the register names nothing */
/* of an authorisation that is stopped or has ended, what it had: under a heading; nothing of one in force */
void portal_stopped(struct web_req *q, struct fj_buf *b, const json_t *stops);
/* "#stop" or "#resume" of an object's page: n commands, all of one kind (0: what stops it by another's order alone); `back` is the page's address */
void portal_stop_section(struct web_req *q, struct fj_buf *b, const struct iss_command_info *const *list, size_t n, const char *id, const char *back, const json_t *stops);
/* counted and by name: the first ones of each list, the rest behind a link */
void portal_stops_list(struct web_req *q, struct fj_buf *b, const json_t *stops);
/* the field in which such an act's reason is typed, which its form requires; NULL: it is another act */
const char *portal_takeback_why(const struct iss_command_info *c);
enum fj_rc portal_takeback_told(const struct iss_command_info *c, const json_t *params, struct fj_err *err) FJ_MUST_USE; /* FJ_E_INVALID: nothing is typed there */
bool portal_takes_back_one(const struct iss_command_info *c, const json_t *fill); /* such an act, on the object that fill names */
void portal_takeback_buttons(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill);
/* the form of such an act for the object that fill names; false: it is another act, or names none */
bool portal_takeback_page(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const char *back);
struct once;
/* what is denied from now on; false: nothing was stopped */
bool portal_takeback_done(struct web_req *q, struct fj_buf *b, const struct once *o);

/* --- report.c --- */
bool portal_is_report(const json_t *o); /* a report's document, fixed or a draft */
void portal_report(struct web_req *q, struct fj_buf *b, const json_t *o);
/* what it says, where it is submitted or decided on: by section, folded what is all zero, the lists and what it rests on; folded: all of it */
void portal_report_told(struct web_req *q, struct fj_buf *b, const json_t *o, bool folded);
#define PORTAL_PERIOD 8
/* of the own organisation's reports whose period is over and that are not fixed: the last period of a kind; "" none */
void portal_report_period(struct web_req *q, const char *kind, char out[PORTAL_PERIOD]);
void portal_reports_due(struct web_req *q, struct fj_buf *b); /* what the own organisation has to report, each with the way to its form; nothing where it has none */

/* --- revenue.c --- */
/* of a booking in words: who pays what to whom by when, and what was remitted; nothing of one that is over */
void portal_revenue(struct web_req *q, struct fj_buf *b, const json_t *o);

/* --- order.c --- */
bool portal_order_stops(const json_t *o); /* does an order of this kind stop its authorisation? */
void portal_order_labels(struct web_req *q, json_t *o); /* its members by the names of their labels */
void portal_complaint_labels(struct web_req *q, json_t *o); /* the same of a complaint, with its name, and without what nobody has said yet */
void portal_complaint_turn(struct web_req *q, struct fj_buf *b, const json_t *o); /* who answers it, or decides */
void portal_my_complaints(struct web_req *q, struct fj_buf *b, const json_t *list);
/* what the order says, above a form that answers, returns or closes it; nothing for other acts */
void portal_order_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill);

/* --- profile.c: the policy profile --- */
bool portal_is_profile(const json_t *list); /* its settings, as profile.show has them */
void portal_profile(struct web_req *q, struct fj_buf *b, const json_t *list);
void portal_profile_head(struct web_req *q, struct fj_buf *b, const json_t *o); /* above it: whether anything of it is the own, and the way to change it */
/* a setting's value in words; an empty list is none, a long one is folded */
void portal_setting(struct web_req *q, struct fj_buf *b, const struct iss_field *f, const json_t *v);
json_t *portal_settings_now(struct web_req *q, const struct iss_command_info *c); /* {key: value} of the own department, for the form that changes them; NULL: it is another, or not shown */
/* a table of what a change makes of which: both {key: value} */
void portal_settings_changed(struct web_req *q, struct fj_buf *b, const json_t *change, const json_t *was);

/* --- batch.c --- */
#define PORTAL_BATCH_FILE "/do/token/archive?run=1&amp;download=file&amp;bulk=" /* the licenses of a batch, by its number */
/* what was chosen, above the form that takes a selection; false: nothing was.  field (NULL: it is the form): its name, for a preview, which
 * has of one alone the face */
bool portal_selected(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, char field[PORTAL_NOUN]);
/* how far a task or job is, and a button for what was set aside; nothing for other answers */
void portal_batch(struct web_req *q, struct fj_buf *b, const char *command, const json_t *answer);

/* --- timeline.c --- */
/* what happened to an object, oldest first; `here` is the page's address, to which "events=" is added for more */
void portal_history(struct web_req *q, struct fj_buf *b, const char *object, const char *here);
/* the steps of a registration, done and to come, and whose turn it is */
void portal_course(struct web_req *q, struct fj_buf *b, const char *command, const char *id); /* registration.course, plan.course */

/* --- approval.c --- */
/* of an approval of that kind what approval.preview answered: what each document says and what differs, entries, differences; whole: below it, folded, every field */
void portal_content(struct web_req *q, struct fj_buf *b, const char *kind, const json_t *preview, bool whole);
/* what an approval is about: its name, and its number as a link where it has a page */
void portal_object(struct web_req *q, struct fj_buf *b, const json_t *a);
/* one decision, with the form's note and confirmation; digest: of what was shown, "" not said */
enum fj_rc portal_decide(struct web_req *q, const char *command, const char *id, const char *digest, json_t **answer, struct fj_err *err) FJ_MUST_USE;

/* --- paper.c --- */
/* its pages to print and its numbered copies; nothing for other nouns */
/* --- license.c --- */
/* The button by which a user asks for a license, on the page of a product on sale or an authorisation in force. */
void portal_ask_license(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o, const char *id);
/* Is this application the reader's to decide? */
bool portal_reviews(struct web_req *q, const json_t *o);
/* On the page of an application that waits: the decision, or who reviews it. */
void portal_begin_at_product(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c); /* above an empty form that one fills in */
/* --- adjust.c --- */
#define PORTAL_ADJUSTS "proposal.adjusts"
#define PORTAL_FILL_IN "fill" /* the button beside it */
void portal_adjust_button(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o, const char *id);
void portal_adjust_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill);
void portal_adjust_told(struct web_req *q, struct fj_buf *b, const json_t *changes);
/* --- approval.c: what is adjusted, and each member that differs from what is in force --- */
void portal_changes(struct web_req *q, struct fj_buf *b, const char *authorisation, const json_t *rows);
/* --- prefill.c: something stands in the form at this path or below it --- */
bool portal_is_begun(const json_t *fill, const char *path);
void portal_license_review(struct web_req *q, struct fj_buf *b, const json_t *o, const char *id);
/* The service address that a license bound by name is checked for, or those of a product's licenses; nothing of others. */
/* the licenses of a batch, a page of them: by row of its list, number, user and state */
void portal_batch_tokens(struct web_req *q, struct fj_buf *b, const char *id);
/* of a list of users: how many get a license, and which rows are left out; nothing where none is */
void portal_left_out(struct web_req *q, struct fj_buf *b, int64_t good, const json_t *o);
void portal_audience(struct web_req *q, struct fj_buf *b, const json_t *o);
/* The credential's text: as a file (false: it has none for this reader), and the buttons that lead to it. */
bool portal_license_file(struct web_res *r, const char *noun, const json_t *o, const char *id);
void portal_license_text(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o, const char *id);

void portal_paper(struct web_req *q, struct fj_buf *b, const char *noun, const char *id);
void portal_get_paper(struct web_req *q, struct web_res *r);

/* --- do.c --- */
/* the act in words, without what follows from it; a page that begins with it; and what follows, as a paragraph */
void portal_command_word(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c);
void portal_command_top(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c);
void portal_consequence(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c);
/* the form of a command as a page; err (NULL: none) stands above it */
void portal_form_page(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const json_t *fill, const struct fj_err *err);
/* the form itself, for a command that changes something; `back`: NULL or where it is shown */
void portal_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill, const char *const *hidden, const char *back, size_t id);

/* the four blocks of an asset card (card.c); nothing without a card */
void portal_card(struct web_req *q, struct fj_buf *b, const json_t *card);
/* these of its fields; keys ends with NULL */
void portal_card_facts(struct web_req *q, struct fj_buf *b, const json_t *card, const char *const *keys);
/* above the form of a step of one registration: whether officers are left for its certificate, how objections were settled, and the card with its materials, folded;
 * above one that settles an objection what is objected; nothing for others */
void portal_case(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill);

/* --- signing in and accounts --- */
struct portal_try { /* a try to sign in, with what the connection says of the client; t points into the rest */
	struct iss_try t;
	char spki[65], address[WEB_ADDRESS];
	const char *refused; /* why its certificate is not accepted; "" */
};
void portal_try(struct web_req *q, enum iss_door door, const char *login, const char *password, const char *code, struct portal_try *out); /* login.c */
const char *portal_detour(struct web_req *q); /* a password that has to be changed first */
/* account.c */
void portal_account_top(struct web_req *q, struct fj_buf *b, const char *title); /* with the links between these pages */
/* label and input; type is that of HTML; more: its other attributes, each with a blank before it */
void portal_plain_input(struct fj_buf *b, const char *name, const char *label, const char *type, const char *complete, size_t max, const char *value);
void portal_button(struct web_req *q, struct fj_buf *b, const char *text, bool danger); /* text: of web_tr already */
/* from the form's fields, as a command of the own account; `names` ends with NULL; what is empty is absent */
enum fj_rc portal_account_command(struct web_req *q, const char *command, const char *const *names, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* what it makes is shown in its answer and no other: the same form sent again makes and shows nothing */
enum fj_rc portal_account_once(struct web_req *q, const char *command, const json_t *params, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* where a command of the own account is done (kind ISS_OWN): these pages alone take it, not those of all commands; NULL: it is none */
const char *portal_own_page(const struct iss_command_info *c);
void portal_get_account(struct web_req *q, struct web_res *r);
void portal_get_password(struct web_req *q, struct web_res *r);
void portal_post_password(struct web_req *q, struct web_res *r);
void portal_get_factor(struct web_req *q, struct web_res *r); /* account_factor.c */
void portal_post_factor(struct web_req *q, struct web_res *r);
void portal_post_confirm(struct web_req *q, struct web_res *r);
void portal_get_recovery(struct web_req *q, struct web_res *r);
void portal_post_recovery(struct web_req *q, struct web_res *r);
void portal_get_enrol(struct web_req *q, struct web_res *r);
void portal_post_enrol(struct web_req *q, struct web_res *r);
void portal_get_sessions(struct web_req *q, struct web_res *r); /* account_lists.c */
void portal_post_sessions(struct web_req *q, struct web_res *r);
void portal_get_tokens(struct web_req *q, struct web_res *r);
void portal_post_tokens(struct web_req *q, struct web_res *r);
void portal_post_token_end(struct web_req *q, struct web_res *r);
void portal_get_signins(struct web_req *q, struct web_res *r);

/* --- pages --- */
extern const struct web_route portal_routes[]; /* pages.c */
void portal_get_root(struct web_req *q, struct web_res *r);   /* login.c */
void portal_home(struct web_req *q, struct web_res *r);       /* home.c: of who has signed in */
void portal_get_login(struct web_req *q, struct web_res *r);
void portal_post_login(struct web_req *q, struct web_res *r);
void portal_post_logout(struct web_req *q, struct web_res *r);
void portal_get_inbox(struct web_req *q, struct web_res *r);  /* inbox.c */
void portal_get_batch(struct web_req *q, struct web_res *r);
void portal_post_batch(struct web_req *q, struct web_res *r);
void portal_signing(struct web_req *q, struct fj_buf *b, const json_t *a); /* signing.c: what an approval's officers sign, where they do */
const char *portal_tokens_rule(struct web_req *q, const char *rule); /* signing.c: by whom license tokens are signed, from the rule's code (officer-key.require) */
void portal_post_sign(struct web_req *q, struct web_res *r);
void portal_get_keys(struct web_req *q, struct web_res *r);
void portal_post_keys(struct web_req *q, struct web_res *r);
void portal_get_approval(struct web_req *q, struct web_res *r); /* approval.c */
void portal_post_approve(struct web_req *q, struct web_res *r);
void portal_post_reject(struct web_req *q, struct web_res *r);
void portal_get_do(struct web_req *q, struct web_res *r);     /* do.c */
void portal_get_form(struct web_req *q, struct web_res *r);
void portal_post_form(struct web_req *q, struct web_res *r);
void portal_get_done(struct web_req *q, struct web_res *r);
void portal_get_lists(struct web_req *q, struct web_res *r);  /* lists.c */
void portal_get_list(struct web_req *q, struct web_res *r);
void portal_post_select(struct web_req *q, struct web_res *r);
void portal_get_show(struct web_req *q, struct web_res *r);   /* show.c */
void portal_get_verify(struct web_req *q, struct web_res *r); /* verify.c */
void portal_post_verify(struct web_req *q, struct web_res *r);
void portal_public_front(struct web_req *q, struct web_res *r); /* public.c: "/" for nobody */
void portal_get_notices(struct web_req *q, struct web_res *r);
void portal_get_notice(struct web_req *q, struct web_res *r);
void portal_post_objection(struct web_req *q, struct web_res *r);
void portal_get_objections(struct web_req *q, struct web_res *r);
void portal_post_objections(struct web_req *q, struct web_res *r);
void portal_get_basis(struct web_req *q, struct web_res *r);  /* basis.c */
void portal_get_check(struct web_req *q, struct web_res *r);  /* check.c */
size_t portal_place(struct web_req *q, const char *name, char code[7]); /* verify.c: by the table of divisions; how many bear the name */
void portal_get_help(struct web_req *q, struct web_res *r);   /* help.c */
void portal_get_help_page(struct web_req *q, struct web_res *r);
void portal_get_disclosure(struct web_req *q, struct web_res *r); /* disclosure.c */
void portal_get_disclosure_json(struct web_req *q, struct web_res *r);
void portal_get_disclosure_feed(struct web_req *q, struct web_res *r);

/* --- web/api --- */
void api_session(struct web_req *q, struct web_res *r); /* api.c */
void api_list(struct web_req *q, struct web_res *r);
void api_show(struct web_req *q, struct web_res *r);
void api_act(struct web_req *q, struct web_res *r);
/* by the fields of the command that is asked for; a JSON body has API_MAX_JSON at most: what is
 * larger comes as a form or as the body itself */
#define API_MAX_JSON (16u << 20)
size_t api_body_max(struct web_req *q);
void api_openapi(struct web_req *q, struct web_res *r); /* openapi.c */

/* --- next.c: whose turn it is with an object, and what comes after an act --- */
enum portal_whose { PORTAL_HOLDERS, PORTAL_SUPERIORS, PORTAL_FINANCE, PORTAL_CONFIRMERS /* superior, else finance */, PORTAL_ANYBODYS, PORTAL_IMPLEMENTERS, PORTAL_ADDRESSEES, PORTAL_ISSUERS /* of an order */, PORTAL_DECIDERS /* of the open approval */ };
struct portal_turn {
	const char *noun, *state, *command;
	enum portal_whose whose;
	const char *query; /* NULL: the act is asked for with the object's number; "": without; else this field, with the object's `member` */
	const char *text;
	const char *member; /* NULL: asset_no */
};
/* the state by which acts go: an entry that has a card is CARDED, what may be completed and applied for again is RETURNED, a memorandum is MEMO,
 * a registration that was decided and ends its asset is ENDING */
const char *portal_stands(const char *noun, const json_t *o);
const struct portal_turn *portal_turn_of(const char *noun, const json_t *o); /* NULL: nobody's */
/* what is missing, by name, and for its holder the ways to add it; nothing when nothing is */
/* price.c: products that an authorisation may have, and what a price file replaces */
bool portal_has_product(const json_t *list, const char *id);
json_t *portal_products(struct web_req *q, const char *number); /* registered under it */
json_t *portal_agreed(struct web_req *q);                       /* candidates, of the authorisation in the form */
json_t *portal_price_of(struct web_req *q, const char *number);
void portal_price_told(struct web_req *q, struct fj_buf *b, const json_t *o);
void portal_price_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill);
void portal_gaps(struct web_req *q, struct fj_buf *b, const char *said, const json_t *missing, const char *asset_no);
bool portal_turn_mine(struct web_req *q, const struct portal_turn *t, const json_t *o);
void portal_turn_told(struct web_req *q, struct fj_buf *b, const struct portal_turn *t, const json_t *o);
void portal_turn_link(struct web_req *q, struct fj_buf *b, const struct portal_turn *t, const json_t *o, const char *id);
bool portal_report_then(struct web_req *q, struct fj_buf *b, const json_t *answer); /* report.c */
void portal_then(struct web_req *q, struct fj_buf *b, const char *command, const json_t *answer);
/* lists.c: "&state=OPEN", the filters as they were given, without the place in the list */
void portal_query_of(struct fj_buf *b, const json_t *fill);
/* listcells.c: a list's file with the columns of its first row (NULL: it has none), and any row of the list, on this page of it or another, into the file */
#define LIST_COLUMNS 40
#define LIST_KEY 64
#define LIST_TITLE 200
enum list_part { LIST_WHOLE, LIST_NAME, LIST_CODE }; /* an organisation takes two columns */
struct list_columns {
	struct {
		char key[LIST_KEY], title[LIST_TITLE];
		enum list_part part;
	} c[LIST_COLUMNS];
	size_t n;
};
enum fj_rc list_begin(struct web_req *q, const char *noun, enum sheet_format f, const json_t *row, struct list_columns *o, struct sheet_out **s, struct fj_err *err) FJ_MUST_USE;
enum fj_rc list_row(struct web_req *q, const struct list_columns *o, const json_t *row, struct sheet_out *s, struct fj_err *err) FJ_MUST_USE;
/* listfile.c: FJ_E_BUSY: one is being made for this login, or as many as may be at once; each that begins has to end */
enum fj_rc list_file_begin(const char *login, struct fj_err *err) FJ_MUST_USE;
void list_file_end(const char *login);
/* all of the list as a file; false: this is no format.  And the links to it; the paragraph stays open. */
bool portal_list_file(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const char *format);
void portal_list_files(struct web_req *q, struct fj_buf *b, const json_t *fill);
/* show.c: the field by which c asks for an object of this noun; NULL: it does not */
const struct iss_field *portal_asks_for(const struct iss_command_info *c, const char *noun, const char *key);
/* home.c: what waits for the reader's roles and organisation, by the command that does it */
void portal_acts(struct web_req *q, struct fj_buf *b, const json_t *list);

#endif
