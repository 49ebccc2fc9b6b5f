/*
 * issuer.h - the register as other rooms see it: open it, sign in, run a
 * command by name.  Command line, API and portal are thin: they turn their
 * input into (command, params) and the answer into their output; every rule,
 * role and state is checked behind iss_command, nowhere else.
 */
#ifndef FJ_ISSUER_H
#define FJ_ISSUER_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

struct iss; /* one open register; shared by all threads of the registry */

/* Roles of domain.md section 6, as bits. */
enum iss_role {
	ISS_MOF = 1 << 0, ISS_FINANCE = 1 << 1, ISS_SUPERIOR = 1 << 2, ISS_HOLDER = 1 << 3,
	ISS_IMPLEMENTER = 1 << 4, ISS_GOV = 1 << 5, ISS_DATA_BUREAU = 1 << 6, ISS_DRC = 1 << 7,
	ISS_OPERATOR = 1 << 8, ISS_DEVELOPER = 1 << 9, ISS_USER = 1 << 10, ISS_EXCHANGE = 1 << 11,
	ISS_ASSESSOR = 1 << 12, ISS_AUDITOR = 1 << 13,
	ISS_LOCAL = 1 << 30,  /* whoever may read the home: READ commands only */
	ISS_SYSTEM = 1 << 29, /* start-up, init, clock: never from outside */
};
const char *iss_role_name(enum iss_role one);          /* "FINANCE" */
extern const char *const iss_role_names[];              /* those that people have; ends with NULL */
enum fj_rc iss_role_parse(const char *name, uint32_t *bit, struct fj_err *err) FJ_MUST_USE;
/* a list of names as bits, of at least one; and back: the caller's, NULL when out of memory */
enum fj_rc iss_roles_parse(const json_t *list, uint32_t *bits, struct fj_err *err) FJ_MUST_USE;
json_t *iss_roles_json(uint32_t bits);
/* the same in words, appended to both; FJ_E_LIMIT: no room */
enum fj_rc iss_roles_words(uint32_t bits, struct fj_buf *en, struct fj_buf *zh) FJ_MUST_USE;

#define ISS_PERSON_CAP 256
struct iss_actor {
	char login[64];
	char person[ISS_PERSON_CAP]; /* who is behind the act: one natural person, or several joined by "+" (iss_persons_meet) */
	char behalf[64]; /* login of the principal whom a deputy acts for; "" for oneself */
	char name[161];  /* display: 40 code points */
	char org[19];    /* USCC of the organisation acted for */
	uint32_t roles;  /* of that organisation's user */
	const char *via; /* "cli" "api" "portal" "system": static string */
	const char *factor; /* by what he signed in: "totp" "certificate" "recovery"; NULL: he did not. Static */
	char by[32];     /* the session or API token that acts: SS-..., AT-...; "" none */
	const char *scope; /* of an API token, borrowed from the session; NULL: all that he may */
	bool held;       /* he has to change his password before anything else */
};

struct iss_conf { /* the process's working directory is the home D */
	bool attest;      /* a service starts: the TPM is to say anew what it holds */
	bool with_signer; /* false: reading only, no publisher, no recovery */
	char base[160];   /* [public] base */
	char portal[64], verifier[64];
	bool demo;        /* offset clock allowed */
	int64_t outbox_days; /* [outbox] days: how long a package is kept */
	int64_t backup_days; /* [backup] days: one that is older is told; 0: nobody is told */
	const char *log_policy; /* [log] policy: a file, borrowed; NULL: the log has no witnesses */
	const char *mirror;  /* [public] mirror: address of another office's verifier, borrowed; NULL: none */
	const char *leaked;  /* [account] leaked: a file of leaked passwords, borrowed; NULL: none */
	int64_t signin_days; /* [account] signin_days: how long tries to sign in are kept */
	void (*progress)(const json_t *what); /* of iss_init: what a ceremony waits for, took or refused; of iss_upgrade: how far it is; NULL: nobody asks */
	const volatile int *ending; /* of iss_upgrade: not 0 when it is to end; borrowed, NULL: nobody says so */
};
/* Before iss_open, in a process with one thread and nothing open: what reads XLSX files and draws pages is forked
 * here, where forking is still allowed. */
enum fj_rc iss_prepare(struct fj_err *err) FJ_MUST_USE;
/* Opens register.db (FJ_E_UNSUPPORTED: of another version; iss_upgrade), finishes or abandons what was PENDING
 * and reports it in the log, publishes what is stale. FJ_E_BUSY: another process
 * has the home. */
enum fj_rc iss_open(const struct iss_conf *conf, struct iss **out, struct fj_err *err) FJ_MUST_USE;
/* Starts the thread that finishes what waits and renews what expires; after the sandbox. */
enum fj_rc iss_tend_start(struct iss *i, struct fj_err *err) FJ_MUST_USE;
void iss_close(struct iss *i);
/* What others see of this appliance, and the register tells its people (operation.c): the supervisor of configuration and
 * logs, the portal of the files of its certificate.  rc FJ_OK: there is no such fault, or no more. */
enum iss_matter { ISS_CONF, ISS_TLS, ISS_LOGS, ISS_MATTERS };
const char *iss_matter_name(enum iss_matter m); /* "configuration", "tls-files", "logs" */
void iss_tell(struct iss *i, enum iss_matter m, const struct fj_err *fault);
void iss_tell_tls(struct iss *i, fj_time until); /* the end of the portal's certificate, by the machine's clock */
/* made by `fujie demo`: pages say so */
bool iss_demo_home(const struct iss *i);

/* One try to sign in.  Texts are borrowed; those that are not there are "" . */
enum iss_door { ISS_DOOR_PORTAL, ISS_DOOR_API, ISS_DOOR_LOCAL };
struct iss_try {
	enum iss_door door;
	const char *login, *password;
	const char *code;    /* 6 digits, or a recovery code; "" where a client certificate stands for it */
	const char *spki;    /* SHA-256 (hex) of the key of a client certificate whose possession and chain TLS has checked */
	const char *address; /* of the peer; whose host is this one is not slowed by it */
	const char *agent;   /* what the client calls itself */
	const char *device;  /* what a browser that signed in before was given then */
};
#define ISS_SESSION_CAP 48
struct iss_entry {
	struct iss_actor actor;
	char device[ISS_SESSION_CAP]; /* for this browser to keep; "": it has one */
	int64_t recovery_left;        /* recovery codes that are left, after one was used; -1: none was */
};
/* Wrong password, factor or unknown login are one FJ_E_AUTH; so is a try that comes too soon after many failures
 * (never at the local door).  FJ_E_BUSY: too many passwords are being checked already. */
enum fj_rc iss_authenticate(struct iss *i, const struct iss_try *t, struct iss_entry *out, struct fj_err *err) FJ_MUST_USE;
/* `user enrol` for whoever holds a one-time code, without a session: params as of the command. */
enum fj_rc iss_enrol(struct iss *i, const struct iss_try *t, const json_t *params, json_t **answer, struct fj_err *err) FJ_MUST_USE;
#define ISS_MAX_PRINCIPALS 16
struct iss_principals {
	char login[ISS_MAX_PRINCIPALS][64];
	size_t n;
	uint32_t roles;
};
#define ISS_SCOPE_CAP 1024
struct iss_session {
	char token[ISS_SESSION_CAP]; /* base64url of 32 random octets; only its hash is stored */
	char csrf[ISS_SESSION_CAP];
	struct iss_actor actor;
	struct iss_principals today; /* for whom the actor may act ("behalf"), and the roles that gives, the own ones too */
	char scope[ISS_SCOPE_CAP]; /* of an API token */
};
/* a new token whatever the browser had before; the session of a certificate is bound to its key */
enum fj_rc iss_session_new(struct iss *i, const struct iss_try *t, const struct iss_entry *e, struct iss_session *out, struct fj_err *err) FJ_MUST_USE;
/* Idle end 30 min, absolute 12 h: FJ_E_AUTH.  spki: the key of this connection's certificate, "" none. */
#define ISS_SIGNIN_DAYS 190        /* that tries to sign in are kept where fujie.ini does not say */
#define ISS_SESSION_IDLE (30 * 60)
#define ISS_SESSION_WHOLE (12 * 3600)
enum fj_rc iss_session_find(struct iss *i, const char *token, const char *spki, struct iss_session *out, struct fj_err *err) FJ_MUST_USE;
void iss_session_end(struct iss *i, const char *token);
/* API tokens begin so; *out is a session without a form's token. */
#define ISS_TOKEN_PREFIX "fjt-"
enum fj_rc iss_token_find(struct iss *i, const char *token, const char *address, struct iss_session *out, struct fj_err *err) FJ_MUST_USE;

/*
 * iss_command - run `name` ("certificate.revoke") as actor with params (a JSON
 * object; members checked against the command's field table, unknown ones
 * refused).  *answer is owned by the caller: objects answer {...}, lists answer
 * {"items":[...],"next":text|null}; what waits for a second officer answers
 * {"approval":"ID", ...}.  When it returns, accepted changes are durable, and
 * published unless answer says "published": false.
 */
enum fj_rc iss_command(struct iss *i, const struct iss_actor *actor, const char *name,
    const json_t *params, json_t **answer, struct fj_err *err) FJ_MUST_USE;

#define ISS_MAX_ITEM 6000 /* octets of a text in a list: a paragraph */
enum iss_field_type { ISS_F_STR, ISS_F_INT, ISS_F_BOOL, ISS_F_LIST /* of strings */, ISS_F_JSON, ISS_F_FILE /* text or bytes of a file; CLI reads it */ };
struct iss_choice { /* one of a closed list, in words */
	const char *code, *zh, *en;
	const char *also; /* an older wording that is taken as well, or NULL */
};
/* What a JSON field holds, where that is known: an object of members; a list of such objects; an object
 * from texts to values like members[0]; {scheme: [[code, name]]}. */
enum iss_shape { ISS_OBJECT, ISS_ROWS, ISS_MAP, ISS_TABLE };
/* how people say it, and what becomes of it */
enum iss_as {
	ISS_AS_FEN = 1,   /* INT: yuan with two decimals, kept in fen */
	ISS_AS_BP = 2,    /* INT: per cent with two decimals, kept in basis points */
	ISS_AS_DAY = 4,   /* STR: a day, 2026-03-16 */
	ISS_AS_SET = 8,   /* LIST: sorted by octets, each once */
	ISS_AS_PROSE = 16, /* STR: may have several lines; LIST: its items are paragraphs */
	ISS_AS_FIXED = 32, /* nobody is asked: it is always what `absent` says */
	ISS_AS_NAMES = 64, /* LIST of divisions: chosen by name */
	ISS_AS_NEEDED = 128, /* a form asks for it, since it has no other way to say the same */
	ISS_AS_LATER = 256, /* a later step asks for it: of a card, registration or certificate */
	ISS_AS_PUBLIC = 512, /* of public data it is needed */
	ISS_AS_MMDD = 1024, /* INT: a day of any year, 731 is the 31st of July */
};
struct iss_unit { /* of a number, as a label has it in brackets, and as it stands behind the number */
	const char *zh, *en, *zh_counted;
};
struct iss_field {
	const char *name;
	enum iss_field_type type;
	bool required;
	int64_t max;      /* STR: code points; INT: value; LIST: items; FILE: octets */
	const char *zh, *en; /* label */
	const char *const *choices; /* NULL, or all that STR, an item of LIST or a key of an ISS_MAP may be; ends with NULL */
	const char *rule;           /* where that list stands, for refusals; may be NULL */
	/* of JSON fields, and of their members (issuer/shapes.c): by these forms are made, documents described and read */
	const struct iss_choice *words;  /* what it, or an item of it, may be; ends with a NULL code */
	const struct iss_field *members; /* JSON: ends with a NULL name; NULL: any document */
	enum iss_shape shape;            /* of `members` */
	const char *absent;              /* JSON text that stands where nothing is said; NULL: the member is left out */
	const char *noun;                /* it is the number of one of these */
	unsigned as;                     /* enum iss_as, or'ed */
	int item;                        /* its number in the clause that lists it; 0: none */
	const struct iss_unit *unit;     /* INT: what is counted, in a word; NULL: nothing, or `as` says it */
	const struct iss_choice *group;  /* of a member: the heading under which it stands, with those beside it that have the same; NULL: none */
};
/* of every list that is read by pages */
#define ISS_FIELD_LIMIT {"limit", ISS_F_INT, false, 1000, "条数", "how many, 100 by default"}
enum iss_command_kind {
	ISS_READ,
	ISS_WRITE,
	ISS_WRITE_ANY_TIME, /* even while the clock is in doubt */
	ISS_WRITE_STEPS,    /* many short transactions, so that nobody waits for the whole of it */
	ISS_OWN,            /* the own account, sessions and tokens: no act on the register, so an auditor may too; at any time, in steps */
};
struct iss_command_info {
	const char *name;   /* "certificate.revoke" */
	enum iss_command_kind kind;
	uint32_t roles;     /* any of these may; ISS_LOCAL among them: readable without --as */
	const struct iss_field *fields; /* ends with a NULL name; may be NULL */
	const char *zh, *en;
};
#define ISS_DUE_DAYS 30 /* deadline.list tells what is due within so many days, where it is not said */
/* An asset card for people (domain.md 4.3): [{"block","key","label","text"}] in the dictionary's
 * order, codes in words; the caller's. */
json_t *iss_card_lines(const json_t *card, bool en);
/* Do two cards say the same in this field?  Lists of codes are sets: their order says nothing. */
bool iss_card_same(const json_t *a, const json_t *b, const char *block, const char *key);
/* a field of a card from words such as a ledger's; NULL when they say nothing, or nothing of the field's form; the caller's */
json_t *iss_card_value(const char *block, const char *key, const char *text);
/* one text of a card by itself, as carding would check its form; FJ_OK for what is chosen from a list */
enum fj_rc iss_card_text_check(const char *block, const char *key, const char *text, struct fj_err *err) FJ_MUST_USE;
/* The "document" of a command that prints (certificate.print with format json) as part of a page: HTML that
 * needs the style sheet's .paper, every text escaped; appended. */
enum fj_rc iss_paper_part(const json_t *document, struct fj_buf *page, struct fj_err *err) FJ_MUST_USE;
/* Every command takes this one beside its own: the login of the principal for whom a deputy
 * acts, within the days of a delegation (issuer/delegation.c). */
extern const struct iss_field iss_fld_behalf;
/* And what changes something (ISS_WRITE) takes this one: true answers {"preview": true, "would": its answer, "events":
 * [{"kind", "object"}], "events_total"} after every check, and does nothing.  Ids and codes in "would" are of the trial
 * only. */
extern const struct iss_field iss_fld_preview;

/* --- drafts: what somebody began to fill in, beside the record; nobody else reads it --- */
#define ISS_DRAFT_CAP 24
#define ISS_DRAFTS 50              /* of one person */
#define ISS_DRAFT_MAX (1u << 17)   /* octets of one */
#define ISS_DRAFT_DAYS 90          /* since it was last saved */
struct iss_draft {
	char id[ISS_DRAFT_CAP]; /* DR-…; "": a new one */
	char command[64];
	char about[81];         /* the number that it is about, for lists; "" none */
	json_t *fill;           /* texts by field; owned */
	int64_t saved, ends;    /* seconds since 1970, of the real clock */
	bool changed;           /* the command has other fields by now */
};
void iss_draft_release(struct iss_draft *d);
FJ_DEFINE_AUTO(iss_draft, struct iss_draft, iss_draft_release)
/* Keeps d->fill under d->id, which is set when it is "".  FJ_E_LIMIT: too large, or too many; FJ_E_NOTFOUND: the id is
 * nobody's draft of this command and person. */
enum fj_rc iss_draft_save(struct iss *i, const struct iss_actor *a, struct iss_draft *d, struct fj_err *err) FJ_MUST_USE;
enum fj_rc iss_draft_get(struct iss *i, const struct iss_actor *a, const char *id, struct iss_draft *out, struct fj_err *err) FJ_MUST_USE;
/* all of the person, newest first, without what is in them: [{"id", "command", "about", "saved", "ends"}]; the caller's */
enum fj_rc iss_draft_list(struct iss *i, const struct iss_actor *a, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* thrown away; one that there is not is no error */
enum fj_rc iss_draft_drop(struct iss *i, const struct iss_actor *a, const char *id, struct fj_err *err) FJ_MUST_USE;
/* "1,234.5" yuan as fen, and back with two decimals; false: no amount, more than two decimals, or too much */
bool iss_yuan(const char *text, int64_t *fen);
#define ISS_YUAN_CAP 32
void iss_yuan_text(int64_t fen, char out[ISS_YUAN_CAP]);
/* the name of a kind of material in lists of what is missing (issuer/material.c), by its Chinese one; another text: itself */
const char *iss_material_word(const char *zh, bool en);
/* the kind, period and unit ("" all) of a report by its number, made or not; false: it is no such number */
bool iss_report_of(const char *id, const char **kind, char period[8], char unit[19]);
/* a section of a report's figures, which its document names in Chinese, in English; itself where it is none */
const char *iss_report_section(const char *zh);
/* All commands, for command line help, routes and OpenAPI; *n of them. */
const struct iss_command_info *const *iss_commands(size_t *n);
const struct iss_command_info *iss_command_find(const char *name); /* NULL: none */
/* May these roles run it?  An auditor runs every command that reads, sees to his own account, and nothing else. */
bool iss_command_allowed(const struct iss_command_info *info, uint32_t roles);
/* whether one of these roles files materials of this kind (material.add) */
bool iss_material_may(const char *kind, uint32_t roles);
/* the field by which a noun's list shows what is of the actor's organisation; NULL: no field does, or all of it is his to see */
const char *iss_own_filter(const struct iss_actor *a, const char *noun);

/* --- rules/basis.def, for people --- */
/* the rules, in order, and the clauses of the plan that it quotes; how many */
struct iss_rule {
	const char *id, *basis, *clause, *en, *zh, *quote; /* as basis.def says; "" where there is none */
};
struct iss_clause {
	const char *cite, *words;
};
size_t iss_rules(const struct iss_rule **out);
size_t iss_clauses(const struct iss_clause **out);

#endif
