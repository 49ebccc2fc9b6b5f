/*
 * cli.h - what the files of the command line share: the home folder, the
 * processes of the appliance, one request to the register, and printing.
 *
 * The command line holds no rule and no database: it sends a command name and
 * typed parameters to the register and prints what comes back.
 */
#ifndef FJ_CLI_H
#define FJ_CLI_H

#include "base/json.h"
#include "base/plan.h"
#include "base/x509.h"
#include "base/proc.h"

/* whom the parts run as */
enum cli_user { CLI_USER_SIGNER, CLI_USER_REGISTRY, CLI_USER_VERIFIER, CLI_USERS };

/* --- home.c: the home folder, its configuration and its lock --- */
struct cli_conf {
	char base[161];     /* [public] base: address that goes into certificates */
	char mirror[161];   /* [public] mirror: a verifier of these credentials that another office runs; "" none */
	char portal[64];    /* [portal] bind: "127.0.0.1:8443" */
	char portal_base[161]; /* [portal] base: its public address, to which the verifier's pages lead; "" none */
	char cert[512];     /* [portal] cert, key: PEM files in the home; "" for plain HTTP */
	char key[512];
	char client_ca[512]; /* [portal] client_ca: PEM file with authorities of client certificates; "" none */
	bool https;         /* [portal] https: a proxy on this machine serves it under https */
	char leaked[512];   /* [account] leaked: a file of leaked passwords; "" none */
	int64_t signin_days; /* [account] signin_days: how long tries to sign in are kept */
	char verifier[64];  /* [verifier] bind */
	int64_t rate;       /* [verifier] rate: requests of an address a second; 0 none */
	bool limit_local;   /* [verifier] limit_local */
	char tpm[128];      /* [tpm] device: "software" or a device node */
	bool demo;          /* [home] demo: an offset clock was allowed here */
	int64_t outbox_days; /* [outbox] days: how long packages for mirrors are kept */
	int64_t backup_days; /* [backup] days: officers are told of a last backup that is older; 0: they are not */
	char user[CLI_USERS][33]; /* [users] signer, registry, verifier: users of this machine; "" the caller's */
	char log_policy[512]; /* [log] policy: witnesses of the public log; "" none */
};
struct cli_home {
	int dir, run, lock; /* descriptors; -1 when not open */
	struct fj_user user[CLI_USERS]; /* uid 0: the caller's */
	struct cli_conf conf;
	struct fj_err fault; /* why fujie.ini is not what conf says; rc FJ_OK: it is */
};
void cli_home_release(struct cli_home *h);
FJ_DEFINE_AUTO(cli_home, struct cli_home, cli_home_release)
/* Open an existing home and read fujie.ini; FJ_E_NOTFOUND says how to make one. */
enum fj_rc cli_home_open(const char *path, struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
/* Take the home's lock; FJ_E_BUSY at once when another process has it. */
enum fj_rc cli_home_lock(struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
/* The lock alone, whoever owns the folders. */
enum fj_rc cli_home_free(struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
/*
 * A new home is built in a folder beside `path` and renamed when it is whole.
 * cli_home_begin: FJ_E_EXISTS when path is there and not an empty folder; partial[cap]
 * gets the folder's name.  cli_home_finish renames; cli_home_discard removes.
 */
enum fj_rc cli_home_begin(const char *path, const struct cli_conf *conf, char *partial, size_t cap,
    struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_home_finish(const char *partial, const char *path, struct fj_err *err) FJ_MUST_USE;
void cli_home_discard(const char *partial);
/* A home whose ceremony takes its time is built in its own place: it is a home when fujie.ini is there.
 * cli_home_ceremony: makes the folder, or takes up the one where a ceremony was begun; FJ_E_EXISTS for any
 * other.  cli_home_done writes fujie.ini. */
enum fj_rc cli_home_ceremony(const char *path, const struct cli_conf *conf, struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_home_done(const struct cli_home *h, struct fj_err *err) FJ_MUST_USE;

/* --- conf.c: fujie.ini --- */
void cli_conf_blank(struct cli_conf *c); /* where the file does not say */
/* FJ_E_INVALID says what is wrong, with its line or key; *out is then as it was. */
enum fj_rc cli_conf_read(int dirfd, const char *path, struct cli_conf *out, struct fj_err *err) FJ_MUST_USE;
/* The home's fujie.ini, or, where it is at fault, the one with which all came up last: h->fault then says why. */
enum fj_rc cli_conf_load(struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
/* The parts do not come up with it: true, and h->conf is that one, where it is another. */
bool cli_conf_fall_back(struct cli_home *h, const struct fj_err *why);
/* All came up with it: it is kept. */
enum fj_rc cli_conf_keep(const struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
/* ["[verifier] rate"] of what differs and needs the service started anew; the caller's */
json_t *cli_conf_restarts(const struct cli_conf *now, const struct cli_conf *next);
/* The portal's certificate and key, PEM texts, and the name by which browsers come ("" not known). */
struct cli_tls {
	struct fj_buf cert, key;
	char host[161];
};
void cli_tls_release(struct cli_tls *t);
FJ_DEFINE_AUTO(cli_tls, struct cli_tls, cli_tls_release)
/* of the files that c names, which may be links; *out is as it was when it fails */
enum fj_rc cli_tls_read(int dir, const struct cli_conf *c, struct cli_tls *out, struct fj_err *err) FJ_MUST_USE;
/* --- users.c: users of their own for the parts, and what of a home is whose --- */
/* The package's users, where root makes a home (never a demo's) and the machine has them. */
void cli_users_default(struct cli_conf *c);
/* h->user from h->conf; FJ_E_INVALID: one is no user of this machine, root, or named twice */
enum fj_rc cli_users_find(struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
/* Everything in the home to whom it belongs (docs/formats.md 45); name and what lies below it to one of them.
 * Nothing where the home has no users. */
enum fj_rc cli_users_own(const struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_users_give(const struct cli_home *h, const char *name, enum cli_user to, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_REFUSED, with the remedy, when a part could not work: a folder is another's, or we are not root. */
enum fj_rc cli_users_check(const struct cli_home *h, struct fj_err *err) FJ_MUST_USE;

/* --- parts.c: starting and ending the processes --- */
enum cli_part_id { CLI_TPM, CLI_SIGNER, CLI_REGISTRY, CLI_VERIFIER, CLI_COSIGNER, CLI_PARTS };
struct cli_part {
	pid_t pid;         /* 0: not running */
	int64_t started;   /* boot clock, ms */
	int64_t due;       /* when to start again, 0: not waiting */
	int64_t delay;     /* last backoff, ms */
};
struct cli_parts {
	const struct cli_home *home;
	const char *portal, *verifier; /* binds; portal NULL: none */
	bool signer;                   /* false: reading only */
	char outbox_days[24], signin_days[24], backup_days[24];
	int given_portal, given_verifier; /* listening sockets of the service manager's, which are its; -1: the part makes its own */
	int listen_registry, listen_verifier;
	int line;                      /* to the registry (line.c); -1: none */
	struct cli_tls tls;            /* what it was given last; empty: nothing */
	struct fj_err tls_fault;       /* why there is nothing; rc FJ_OK: there is */
	struct cli_part part[CLI_PARTS];
};
/* Listening sockets of the signer are made here and kept across its restarts. */
enum fj_rc cli_parts_init(struct cli_parts *p, const struct cli_home *h, struct fj_err *err) FJ_MUST_USE;
/* TPM (when it is a software one) and signer. */
enum fj_rc cli_start_signer(struct cli_parts *p, struct fj_err *err) FJ_MUST_USE;
/* Registry, verifier service or what goes to the log's witnesses; returns when it says that it is ready, or has failed. */
enum fj_rc cli_start_service(struct cli_parts *p, enum cli_part_id id, struct fj_err *err) FJ_MUST_USE;
/* The registry once, to make a home from run/init.json; *answer is its last JSON line.  Whoever follows it hears what
 * its ceremony waits for (issuer/ceremony_run.c), for as long as that takes; NULL: nobody, and it takes no officers. */
struct cli_follow {
	enum fj_rc (*step)(void *user, const json_t *progress, struct fj_err *err);
	void *user;
};
enum fj_rc cli_run_init(struct cli_parts *p, const struct cli_follow *f, json_t **answer, struct fj_err *err) FJ_MUST_USE;
/* The registry once, to bring the register to the version of now (issuer/init.h: iss_upgrade); without a signer.  f gets
 * {"stage","done","of"} now and then; *answer as iss_upgrade's. */
enum fj_rc cli_run_upgrade(struct cli_parts *p, bool dry_run, bool check, const struct cli_follow *f, json_t **answer, struct fj_err *err) FJ_MUST_USE;
/* Another executable of ours. */
struct cli_child {
	const char *const *argv; /* argv[0]: which one */
	const char *name;        /* what people call it */
	int dir;                 /* the folder that becomes its descriptor 3 */
	int listen;              /* a listening socket that becomes its descriptor 4; -1: none */
	int line;                /* a socket to us (line.c), its next one; 0: none */
	struct fj_user user;
};
/* FJ_OK when it says "ready", its own reason otherwise. */
enum fj_rc cli_start(const struct cli_child *c, pid_t *pid, struct fj_err *err) FJ_MUST_USE;
/* run/init.json, for the registry that makes a home */
enum fj_rc cli_init_put(const struct cli_home *h, const json_t *in, struct fj_err *err) FJ_MUST_USE;
/* Asked first, killed after 5 s; *pid 0 is fine, and is 0 after. */
void cli_end(pid_t *pid);
/* End everything in order: services, signer, TPM; asked first, killed after 5 s. */
void cli_parts_stop(struct cli_parts *p);
FJ_DEFINE_AUTO(cli_parts, struct cli_parts, cli_parts_stop)
const char *cli_part_name(enum cli_part_id id);
/* --- alive.c: do parts answer? --- */
/* a public verifier at a given socket (-1: none), or at an address: within some seconds */
enum fj_rc cli_verifier_answers(int given, const char *bind, struct fj_err *err) FJ_MUST_USE;
/* each part that runs; *which does not */
bool cli_parts_answer(const struct cli_parts *p, enum cli_part_id *which, struct fj_err *err);

/* --- line.c: to the registry, which reads no file beyond the home ---
 * cli_line_begin: what it needs before it starts, into a pair of sockets; *theirs is for the child. */
enum fj_rc cli_line_begin(struct cli_parts *p, int *theirs, struct fj_err *err) FJ_MUST_USE;
void cli_line_heard(struct cli_parts *p); /* it is ready: its answers to that are taken */
/* asks and waits, 10 s at most; the registry's refusal comes back as it said it.  FJ_E_UNAVAILABLE: it does not run. */
enum fj_rc cli_line_tls(struct cli_parts *p, const struct cli_tls *t, struct fj_err *err) FJ_MUST_USE;
/* what: "configuration", "logs"; rc FJ_OK: there is no such fault any more */
enum fj_rc cli_line_tell(struct cli_parts *p, const char *what, const struct fj_err *fault, struct fj_err *err) FJ_MUST_USE;
/* Would these be taken?  Asked of a registry that does nothing else. */
enum fj_rc cli_tls_check(int dir, const struct cli_tls *t, struct fj_err *err) FJ_MUST_USE;

/* --- reload.c --- */
/* The supervisor's: reads fujie.ini and the PEM files anew; what is at fault changes nothing.  Leaves the outcome in
 * run/reload.json. */
void cli_reload_now(struct cli_home *h, struct cli_parts *p);
struct cli_args;
int cli_reload(const struct cli_args *a); /* `fujie reload` */
int cli_config(const struct cli_args *a); /* `fujie config check` */

/* --- request.c: one command to the register --- */
struct cli_link {
	int fd;                 /* control socket */
	struct cli_home home;
	struct cli_parts parts; /* running only when we started them */
	bool own;
	struct fj_buf file;     /* that the answer brought */
};
#define CLI_MAX_FILE (64u << 20)
void cli_link_release(struct cli_link *l);
FJ_DEFINE_AUTO(cli_link, struct cli_link, cli_link_release)
/* Reach the running service of the home at dir, or start what is needed for this
 * one command: `write` starts the signer too. */
enum fj_rc cli_link_open(struct cli_link *l, const char *dir, bool write, struct fj_err *err) FJ_MUST_USE;
/* Sends the attached file, if there is one, and {"command","params","as","via"}; *answer owned by the caller.  A refusal comes
 * back as failure with the register's own words in *err, its JSON in *refusal. */
enum fj_rc cli_request(struct cli_link *l, const json_t *request, struct fj_slice attached, json_t **answer, json_t **refusal, struct fj_err *err) FJ_MUST_USE;

/* --- args.c --- */
#define CLI_MAX_ARGS 64
struct cli_args {
	const char *noun, *verb;     /* verb may be NULL */
	const char *id;              /* one positional, may be NULL */
	const char *dir, *as, *out;  /* --dir, --as, --out: where a file in the answer goes */
	bool json, no_serve;
	struct {
		const char *key, *value; /* value NULL: given without one */
	} opt[CLI_MAX_ARGS];
	size_t n_opt;
};
enum fj_rc cli_args_parse(int argc, char **argv, struct cli_args *a, struct fj_err *err) FJ_MUST_USE;
/* value of an option, or dflt */
const char *cli_opt(const struct cli_args *a, const char *key, const char *dflt);
/* FJ_E_USAGE names the first option that is not in the NULL-terminated list */
enum fj_rc cli_opt_only(const struct cli_args *a, const char *const *keys, struct fj_err *err) FJ_MUST_USE;
/* Typed parameters from the options by the register's field table (JSON).  One file of more than
 * 1 MiB goes into *attached, and its parameter is {"attached": true}. */
enum fj_rc cli_params(const struct cli_args *a, const json_t *fields, struct fj_buf *attached, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- ask.c: a secret from the environment or the terminal, without echo ---
 * out[cap] NUL-terminated; "" when neither is there. */
enum fj_rc cli_ask_secret(const char *env, const char *prompt, char *out, size_t cap, struct fj_err *err) FJ_MUST_USE;

/* --- command.c --- */
/* as whom: --as with password and code, FUJIE_TOKEN, or nobody; the caller's */
enum fj_rc cli_identity(const struct cli_args *a, json_t **as, struct fj_err *err) FJ_MUST_USE;
/* a command to the register; params and as are stolen */
enum fj_rc cli_ask(struct cli_link *l, const char *name, json_t *params, json_t *as, struct fj_slice attached, json_t **answer, json_t **refusal, struct fj_err *err) FJ_MUST_USE;

/* --- round.c: challenges for officers, and their answers, as files in D/ceremony --- */
struct cli_round {
	const char *name; /* of the files */
	int home;
	/* One officer's file.  A refusal (exit 1) is told, and the round goes on; *done: it was the last one needed. */
	enum fj_rc (*take)(void *user, const struct fj_buf *file, bool *done, struct fj_err *err);
	enum fj_rc (*stay)(void *user, struct fj_err *err); /* now and then, while nothing comes; NULL: nothing */
	void *user;
	int plan, other; /* where one root certifies the other: the generations of the plans that officers need; 0: the home's plan */
};
/* into ROUND.challenges, or `out` where it is not NULL; home: as the asker calls it */
enum fj_rc cli_round_challenges(const struct cli_round *r, const char *home, const char *out, const json_t *challenges, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_round_wait(const struct cli_round *r, int64_t seconds, struct fj_err *err) FJ_MUST_USE;

/* --- root_crl.c --- */
enum fj_rc cli_root_crl(const struct cli_args *a, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_issuing(const struct cli_args *a, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_root_succeed(const struct cli_args *a, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_certify(const struct cli_args *a, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_parent_crl(const struct cli_args *a, struct fj_err *err) FJ_MUST_USE;
#define CLI_DEMO_ARC "1.3.6.1.4.1.32473" /* RFC 5612: for documentation */
/* --- subordinate.c: `fujie init --subordinate` --- */
enum fj_rc cli_init_subordinate(const struct cli_args *a, bool demo, json_t **answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_root_move(const struct cli_args *a, struct fj_err *err) FJ_MUST_USE;

/* --- stops.c --- */
/* Before an act that takes back: prints what would stop, and asks at a terminal whether to go on;
 * FJ_E_USAGE when not. */
enum fj_rc cli_stops(struct cli_link *l, const char *command, const json_t *params, struct fj_err *err) FJ_MUST_USE;

/* --- print.c --- */
void cli_print_answer(const json_t *answer, bool json);
/* The file that an answer brought (bytes; empty: none, or still as "base64url" in the answer): with --out into that
 * file, which is not there yet, replaced in the answer by "saved"; FJ_E_NOTFOUND when the answer has none.  Without it
 * a member "file" goes to standard output (*printed), but with --json, or under another name, into the answer. */
enum fj_rc cli_file(json_t *answer, struct fj_slice file, const struct cli_args *a, bool *printed, struct fj_err *err) FJ_MUST_USE;
/* the refusal on stderr for people, on stdout as JSON; returns the exit code */
int cli_print_error(const struct fj_err *err, const json_t *refusal, bool json);

/* --- make.c --- */
enum fj_rc cli_conf_from(const struct cli_args *a, bool demo, struct cli_conf *c, struct fj_err *err) FJ_MUST_USE;
/* run/init.json of a real home; arc, base and operator by the options, or (not NULL) by a plan */
enum fj_rc cli_init_request(const struct cli_args *a, const struct cli_conf *c, const struct fj_plan *plan, json_t **out, struct fj_err *err) FJ_MUST_USE;
void cli_print_officers(const char *dir, const json_t *answer);

/* --- ceremony.c --- */
/* a spare's request becomes the plan's "move", of m officers */
enum fj_rc cli_plan_move(const char *request, int64_t m, json_t *plan, struct fj_err *err) FJ_MUST_USE;

/* --- officers.c: a demo's officers, who approve what its ceremony asks (illustrative) --- */
#define CLI_OFFICERS 3
struct cli_officers {
	const char *home; /* the folder, as a path */
	bool sealed;      /* the plan has the issuing keys sealed: two of them unseal after each start */
	const char *move; /* a spare's request: two of them may move the roots there; NULL: there is none */
};
/* Keys and passphrases in officers/, and a plan that all of them have signed; the caller's. */
enum fj_rc cli_officers_make(const struct cli_officers *o, const char *arc, const char *base, const char *operator_, json_t **signed_plan, struct fj_err *err) FJ_MUST_USE;
/* a cli_follow's step: who is needed approves each challenge by fujie-officer */
/* The transcript of the ceremony that is over, signed by as many as the root needs. */
enum fj_rc cli_officers_sign(const struct cli_officers *o, struct fj_err *err) FJ_MUST_USE;
enum fj_rc cli_officers_step(void *officers, const json_t *progress, struct fj_err *err);

/* --- the commands with an own process to manage; each returns an exit code --- */
int cli_serve(const struct cli_args *a);   /* serve.c */
int cli_upgrade(const struct cli_args *a); /* upgrade.c: `fujie upgrade` */
int cli_version(const struct cli_args *a); /* `fujie version` */
/* before a service starts: the register, when an older program wrote it, told in the log and to the service manager, which
 * waits for it; a refusal is FJ_E_UNAVAILABLE */
struct fj_systemd;
enum fj_rc cli_upgrade_first(struct cli_parts *p, const struct fj_systemd *manager, struct fj_err *err) FJ_MUST_USE;
int cli_own(const struct cli_args *a);     /* users.c */
int cli_init(const struct cli_args *a);    /* make.c */
int cli_demo(const struct cli_args *a);    /* make.c */
int cli_ceremony(const struct cli_args *a, char **argv); /* ceremony.c */
int cli_command(const struct cli_args *a); /* command.c */
int cli_unseal(const struct cli_args *a);  /* unseal.c */
int cli_sign(const struct cli_args *a);    /* sign.c */
int cli_spare(const struct cli_args *a);   /* spare.c */
/* a spare's folder and its TPM; what its signer says, which is started for it */
struct cli_spare_home {
	int dir;
	char tpm[128];
};
enum fj_rc cli_spare_status(const char *dir, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* --home COPY becomes this spare's home (adopt.c) */
enum fj_rc cli_adopt(const struct cli_args *a, struct cli_spare_home *s, struct fj_err *err) FJ_MUST_USE;
int cli_archive(const struct cli_args *a); /* archive.c: a year's packages */
int cli_outbox(const struct cli_args *a);  /* outbox.c */
int cli_verifier(const struct cli_args *a); /* mirror.c */
int cli_become(const char *name, char **argv); /* mirror.c: another executable of ours takes over, with words of its own */

#endif
