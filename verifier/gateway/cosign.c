/*
 * cosign.c - `fujie-gateway --cosign`: brings each new checkpoint of the log that is
 * published here to the witnesses of its policy, and puts what they cosigned into
 * publish/log/cosigned.
 *
 * It reads what everybody may read, holds no key and decides nothing: a cosignature
 * either verifies or is none.  What it writes is checked by whoever reads it, against the
 * policy.  cosigned is never replaced by one that fewer stand for: once the quorum was
 * reached, only by one that reaches it.
 *
 * A witness that knows a larger tree than ours, or refuses what follows by our tiles, has
 * seen another history under our key.  Then publish/log/fork says so, the service's
 * health is red, and it stays until a person has looked and removed it.
 */
#include "verifier/gateway/cosign.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "verifier/gateway/gateway.h"
#include "verifier/log_policy.h"

#define FD_HOME 3
#define POLICY "publish/trust/log.policy"
#define VKEY "publish/trust/log.vkey"
#define CHECKPOINT "publish/log/checkpoint"
#define COSIGNED "publish/log/cosigned"
#define FORK "publish/log/fork"
#define EVERY 2                 /* seconds between two looks */
#define ANEW_MS (30 * 60 * 1000) /* a cosignature says "as of"; twice an hour it says it anew */
#define OLD_MS (60 * 60 * 1000)  /* an older one is not passed on */
#define PAUSE_MIN 5000
#define PAUSE_MAX 300000

struct cosign {
	struct gw_log log;
	struct fj_vkey key;
	struct fj_watch saw_policy, saw_key, saw_point;
	struct ver_policy *policy;
	struct gw_witness *witness;
	size_t n;
	bool ready;   /* log and key are read and belong together */
	bool held;    /* what lies in cosigned reaches the quorum */
	long every;
	char said[320];
};

static atomic_bool ending;

static void on_signal(int sig)
{
	(void)sig;
	atomic_store(&ending, true);
}

/* --- what lies here --- */

static void witnesses_free(struct cosign *c)
{
	for (size_t i = 0; i < c->n; i++)
		fj_buf_release(&c->witness[i].line);
	fj_free(c->witness);
	c->witness = NULL;
	c->n = 0;
}

static enum fj_rc take_policy(struct cosign *c, struct fj_slice text, struct fj_err *err)
{
	struct ver_policy *p;

	FJ_TRY(ver_policy_read(text, &p, err));
	ver_policy_free(c->policy);
	c->policy = p;
	witnesses_free(c);
	c->witness = fj_alloc(p->n + 1, sizeof(*c->witness));
	if (c->witness == NULL)
		return fj_no_memory(err, "cosign");
	for (size_t i = 0; i < p->n; i++) {
		struct gw_witness *w = &c->witness[c->n];
		if (p->name[i].group || p->name[i].url[0] == '\0')
			continue;
		w->key = p->name[i].key;
		/* a policy's names are any octets, those of keys are text */
		snprintf(w->name, sizeof(w->name), "%s", fj_utf8_valid(fj_slice_str(p->name[i].name)) ? p->name[i].name : w->key.name);
		snprintf(w->url, sizeof(w->url), "%s", p->name[i].url);
		fj_buf_init(&w->line, 1024);
		c->n++;
	}
	return FJ_OK;
}

/* does what lies in cosigned reach the quorum? */
static bool look_at_cosigned(const struct cosign *c)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_note note;
	struct ver_cosigned by;

	return fj_file_read(AT_FDCWD, COSIGNED, &text, NULL) == FJ_OK && fj_note_read(fj_buf_slice(&text), &note, NULL) == FJ_OK &&
	    fj_note_verify(&note, &c->key, NULL, NULL) == FJ_OK && ver_policy_cosigned(c->policy, &note, &by, NULL) == FJ_OK && by.quorum;
}

/* the file when it has changed since; *same otherwise */
static enum fj_rc newer(struct fj_watch *w, const char *path, size_t max, struct fj_buf *out, bool *same, struct fj_err *err)
{
	*same = fj_watch_same(w);
	if (*same)
		return FJ_OK;
	fj_buf_init(out, max);
	return fj_watch_read(w, AT_FDCWD, path, out, err);
}

static enum fj_rc read_key(struct cosign *c, bool *same, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(0);

	FJ_TRY(newer(&c->saw_key, VKEY, 1024, &text, same, err));
	return *same ? FJ_OK : fj_vkey_read(FJ_SLICE(text.data, strcspn(fj_buf_str(&text), "\n")), &c->key, err);
}

static enum fj_rc read_policy(struct cosign *c, bool *same, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(0);

	FJ_TRY(newer(&c->saw_policy, POLICY, VER_POLICY_MAX, &text, same, err));
	return *same ? FJ_OK : take_policy(c, fj_buf_slice(&text), err);
}

/* signed by the log, and what its tiles come to */
static enum fj_rc check_point(struct cosign *c, struct fj_err *err)
{
	struct gw_log *l = &c->log;
	struct fj_hash root;

	FJ_TRY(fj_note_read(fj_buf_slice(&l->bytes), &l->note, err));
	FJ_TRY(fj_checkpoint_read(l->note.text, &l->at, err));
	FJ_TRY(fj_note_verify(&l->note, &c->key, NULL, err));
	FJ_TRY(fj_tree_root(&l->tiles, l->at.size, &root, err));
	return fj_hash_eq(&root, &l->at.root) ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, "cosign", "C2SP tlog-tiles", "the tiles of the log don't come to the root of its checkpoint");
}

/* Everything that is new since the last look; *changed: the checkpoint is another. */
static enum fj_rc look(struct cosign *c, bool *changed, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(0);
	bool same_key, same_policy, same;

	*changed = false;
	FJ_TRY(read_key(c, &same_key, err));
	FJ_TRY(read_policy(c, &same_policy, err));
	FJ_TRY(newer(&c->saw_point, CHECKPOINT, FJ_NOTE_MAX, &text, &same, err));
	if (same_key && same_policy && same)
		return FJ_OK;
	c->ready = false;
	if (!same) {
		fj_buf_release(&c->log.bytes);
		c->log.bytes = text;
		fj_buf_init(&text, 0);
	}
	enum fj_rc rc = check_point(c, err);
	if (rc != FJ_OK) {
		fj_watch_close(&c->saw_point); /* to be looked at again: tiles may be on their way */
		return rc;
	}
	c->ready = *changed = true;
	c->held = look_at_cosigned(c);
	return FJ_OK;
}

/* --- a second history --- */

static enum fj_rc write_fork(const struct cosign *c, const struct gw_witness *w, bool ahead, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4 * FJ_NOTE_MAX);
	FJ_AUTO(buf) theirs = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_note note;
	struct fj_checkpoint at;

	/* only what bears the log's own line under a tree that we know for certain not to be ours helps anybody */
	if (gw_witness_last(w, c->log.at.origin, &ending, &theirs, NULL) != FJ_OK || fj_note_read(fj_buf_slice(&theirs), &note, NULL) != FJ_OK ||
	    fj_checkpoint_read(note.text, &at, NULL) != FJ_OK || fj_note_verify(&note, &c->key, NULL, NULL) != FJ_OK)
		fj_buf_clear(&theirs);
	FJ_AUTO(json) j = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:s%, s:s%}", "at", (json_int_t)(fj_real_ms() / 1000), "by", "witness", "name", w->name, "why", ahead ? "ahead" : "refused",
	    "size", (json_int_t)c->log.at.size, "seen", (json_int_t)w->size, "ours", (const char *)c->log.bytes.data, c->log.bytes.len, "theirs", fj_buf_str(&theirs), theirs.len);
	FJ_TRY(j == NULL ? fj_no_memory(err, "cosign") : fj_json_canonical(j, &text, err));
	return fj_file_replace(AT_FDCWD, FORK, fj_buf_slice(&text), 0644, err);
}

/* a checkpoint that was replaced while we asked may be the larger tree that the witness knows */
static bool still_newest(struct cosign *c)
{
	return fj_watch_same(&c->saw_point);
}

static void alarm_fork(struct cosign *c, struct gw_witness *w, bool ahead)
{
	struct fj_err err = {0};

	if (!still_newest(c))
		return;
	fj_log(FJ_LOG_ERROR, "two histories of the log: the witness %s %s (it has %llu leaves, this log %llu); see publish/log/fork and docs/verifier.md", w->name,
	    ahead ? "has cosigned a larger tree than this log has" : "refuses this log's tree: it does not continue the one that it cosigned", (unsigned long long)w->size, (unsigned long long)c->log.at.size);
	if (access(FORK, F_OK) != 0 && write_fork(c, w, ahead, &err) != FJ_OK)
		fj_log_err(FJ_LOG_ERROR, FORK, &err);
}

/* --- asking, and what comes of it --- */

static void put_off(struct gw_witness *w, const struct fj_err *err)
{
	w->pause = w->pause == 0 ? PAUSE_MIN : w->pause * 2 < PAUSE_MAX ? w->pause * 2 : PAUSE_MAX;
	w->due = fj_boot_ms() + w->pause;
	if (strcmp(w->said, err->en) != 0)
		fj_log(FJ_LOG_WARN, "the witness %s: %s", w->name, err->en);
	snprintf(w->said, sizeof(w->said), "%s", err->en);
}

/* true: it has cosigned */
static bool ask(struct cosign *c, struct gw_witness *w)
{
	struct fj_err err = {0};

	enum gw_told told = gw_witness_ask(w, &c->log, &ending, &err);
	if (told == GW_COSIGNED) {
		if (w->said[0] != '\0')
			fj_log(FJ_LOG_INFO, "the witness %s cosigns again", w->name);
		w->said[0] = '\0';
		w->pause = 0;
		w->due = w->got + ANEW_MS;
		return true;
	}
	if (told == GW_AHEAD || told == GW_FORKED)
		alarm_fork(c, w, told == GW_AHEAD);
	put_off(w, &err);
	return false;
}

static enum fj_rc compose(const struct cosign *c, struct fj_buf *out, struct fj_err *err)
{
	enum fj_rc rc = fj_buf_put(out, c->log.bytes.data, c->log.bytes.len);

	for (size_t i = 0; rc == FJ_OK && i < c->n; i++)
		if (c->witness[i].line.len > 0 && fj_boot_ms() - c->witness[i].got < OLD_MS)
			rc = fj_buf_put(out, c->witness[i].line.data, c->witness[i].line.len);
	return rc == FJ_OK ? FJ_OK : fj_no_memory(err, "cosign");
}

static enum fj_rc pass_on(struct cosign *c, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_note note;
	struct ver_cosigned by;

	FJ_TRY(compose(c, &text, err));
	FJ_TRY(fj_note_read(fj_buf_slice(&text), &note, err));
	FJ_TRY(ver_policy_cosigned(c->policy, &note, &by, err));
	if (c->held && !by.quorum)
		return FJ_OK;
	c->held = by.quorum;
	return fj_file_replace(AT_FDCWD, COSIGNED, fj_buf_slice(&text), 0644, err);
}

static void begin_anew(struct cosign *c)
{
	for (size_t i = 0; i < c->n; i++) {
		fj_buf_clear(&c->witness[i].line);
		if (c->witness[i].pause == 0)
			c->witness[i].due = 0;
	}
}

static enum fj_rc round_of(struct cosign *c, struct fj_err *err)
{
	bool changed, any = false;

	FJ_TRY(look(c, &changed, err));
	if (!c->ready)
		return FJ_OK;
	if (changed)
		begin_anew(c);
	for (size_t i = 0; i < c->n && !atomic_load(&ending); i++)
		if (fj_boot_ms() >= c->witness[i].due)
			any = ask(c, &c->witness[i]) || any;
	return any ? pass_on(c, err) : FJ_OK;
}

static void say(struct cosign *c, enum fj_rc rc, const struct fj_err *err)
{
	if (rc == FJ_OK && c->said[0] != '\0')
		fj_log(FJ_LOG_INFO, "the log can be read again");
	else if (rc != FJ_OK && strcmp(c->said, err->en) != 0)
		fj_log_err(rc == FJ_E_NOTFOUND ? FJ_LOG_INFO : FJ_LOG_ERROR, "nothing is brought to witnesses", err);
	snprintf(c->said, sizeof(c->said), "%s", rc == FJ_OK ? "" : err->en);
}

/* --- the process --- */

static enum fj_rc enter(struct fj_err *err)
{
	if (fchdir(FD_HOME) != 0)
		return fj_fail_errno(err, "cosign", "enter the home");
	FJ_TRY(fj_dir_make(AT_FDCWD, "publish/log", 0755, err));
	return gw_rights("publish/log", "publish", err);
}

static enum fj_rc run(struct cosign *c, struct fj_err *err)
{
	static struct fj_tile_folder folder = {AT_FDCWD, "publish/log"};

	c->saw_policy.fd = c->saw_key.fd = c->saw_point.fd = -1;
	c->log.tiles = (struct fj_tiles){fj_tile_read, &folder};
	FJ_TRY(enter(err));
	printf("ready\n");
	fflush(stdout);
	while (!atomic_load(&ending)) {
		struct fj_err why = {0};
		say(c, round_of(c, &why), &why);
		for (long t = 0; t < c->every * 10 && !atomic_load(&ending); t++)
			usleep(100000);
	}
	witnesses_free(c);
	ver_policy_free(c->policy);
	fj_buf_release(&c->log.bytes);
	return FJ_OK;
}

int gw_cosign_main(int argc, char **argv)
{
	static struct cosign c = {.every = EVERY};
	struct sigaction act = {.sa_handler = on_signal};
	struct fj_err err = {0};
	enum fj_rc rc = FJ_OK;

	fj_sodium_init();
	fj_log_open("cosign", FJ_LOG_INFO);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && strcmp(argv[2], "--every") == 0)
		c.every = strtol(argv[3], NULL, 10);
	if ((argc != 2 && argc != 4) || c.every < 1 || c.every > 3600)
		rc = fj_fail(&err, FJ_E_USAGE, "cosign", NULL, "fujie-gateway --cosign [--every SECONDS]");
	if (rc == FJ_OK && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		rc = fj_no_memory(&err, "cosign");
	if (rc == FJ_OK)
		rc = run(&c, &err);
	if (rc == FJ_OK)
		return 0;
	fj_err_tell(&err);
	return fj_rc_exit(rc);
}
