/*
 * officers.c - the officers of a demo's root: three keys in officers/, each under a passphrase that
 * lies beside it, two of whom suffice.  Illustrative: whoever has the folder is all three.
 *
 * They act as officers anywhere do, by fujie-officer on files, so a demo is held through the same
 * code as a ceremony of an office.
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "issuer/cli/cli.h"

#define QUORUM 2
#define EXPIRATION 600
#define OFFICER_MS 60000

static const struct {
	const char *login, *name;
} officers[CLI_OFFICERS] = {{"officer1", "甲（虚构官员）"}, {"officer2", "乙（虚构官员）"}, {"officer3", "丙（虚构官员）"}};

/* an officer at work: several are at once, as they would be */
struct work {
	pid_t pid;
	int from; /* what it says */
};

static enum fj_rc begin(const char *const *argv, struct work *w, struct fj_err *err)
{
	char path[4096];
	int pair[2];

	FJ_TRY(fj_sibling("fujie-officer", path, sizeof(path), err));
	if (pipe2(pair, O_CLOEXEC) != 0)
		return fj_fail_errno(err, "cli", "pipe");
	FJ_AUTO(fd) ours = pair[0];
	FJ_AUTO(fd) theirs = pair[1];
	struct fj_spawn s = {.path = path, .argv = argv, .fds = {-1}, .stdout_fd = theirs, .quiet = true, .die_with_parent = true};
	FJ_TRY(fj_spawn(&s, &w->pid, err));
	w->from = ours;
	ours = -1;
	return FJ_OK;
}

/* its one document (may be NULL: not wanted) */
static enum fj_rc end(struct work *w, json_t **out, struct fj_err *err)
{
	FJ_AUTO(fd) from = w->from;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(json) said = NULL;
	int status = 0;

	for (ssize_t n = 1; n > 0;) {
		uint8_t *room = fj_buf_reserve(&text, 4096);
		n = room == NULL ? -1 : read(from, room, 4096);
		text.len += n > 0 ? (size_t)n : 0;
	}
	FJ_TRY(fj_reap(w->pid, OFFICER_MS, &status, err));
	(void)!fj_json_parse(fj_buf_slice(&text), text.len, &said, NULL);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return fj_fail(err, FJ_E_REFUSED, "cli", NULL, "fujie-officer refuses: %.250s", fj_json_text(json_object_get(said, "detail"), "en"));
	if (out != NULL)
		*out = fj_move(said);
	return FJ_OK;
}

struct paths {
	char key[4200], pass[4200], plan[4200];
};

static void paths_of(const struct cli_officers *o, size_t k, struct paths *p)
{
	snprintf(p->key, sizeof(p->key), "%.4000s/officers/%s.key", o->home, officers[k].login);
	snprintf(p->pass, sizeof(p->pass), "%.4000s/officers/%s.passphrase", o->home, officers[k].login);
	snprintf(p->plan, sizeof(p->plan), "%.4000s/officers/plan.json", o->home);
}

static enum fj_rc begin_key(const struct paths *p, struct work *w, struct fj_err *err)
{
	uint8_t random[12];
	char hex[25];
	FJ_AUTO(buf) pass = FJ_BUF_INIT(64);

	fj_random(random, sizeof(random));
	fj_hex(random, sizeof(random), hex);
	FJ_TRY(fj_buf_printf(&pass, "%s\n", hex));
	FJ_TRY(fj_file_replace(AT_FDCWD, p->pass, fj_buf_slice(&pass), 0600, err));
	const char *argv[] = {"fujie-officer", "new", "--key", p->key, "--passphrase-file", p->pass, "--json", NULL};
	return begin(argv, w, err);
}

static enum fj_rc make_keys(const struct cli_officers *o, json_t *list, struct fj_err *err)
{
	struct work w[CLI_OFFICERS];
	struct paths p;

	for (size_t k = 0; k < CLI_OFFICERS; k++) {
		paths_of(o, k, &p);
		FJ_TRY(begin_key(&p, &w[k], err));
	}
	for (size_t k = 0; k < CLI_OFFICERS; k++) {
		FJ_AUTO(json) made = NULL;
		FJ_TRY(end(&w[k], &made, err));
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "login", officers[k].login, "name", officers[k].name, "key", fj_json_text(made, "key"))) != 0)
			return fj_no_memory(err, "cli");
	}
	return FJ_OK;
}

/* one officer's signature out of the copy that he signed, into the plan */
static enum fj_rc add_signature(const char *copy, size_t k, struct fj_buf *plan, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(buf) sig = FJ_BUF_INIT(64);
	FJ_AUTO(buf) next = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(json) doc = NULL;

	FJ_TRY(fj_file_read(AT_FDCWD, copy, &text, err));
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), FJ_PLAN_MAX, &doc, err));
	const char *b64 = fj_json_text(json_array_get(json_object_get(doc, "signatures"), 0), "sig");
	if (fj_b64u_get(b64, strlen(b64), &sig) != FJ_OK || sig.len != 64)
		return fj_fail(err, FJ_E_CORRUPT, "cli", NULL, "a demo officer's signature is malformed");
	FJ_TRY(fj_plan_add_signature(fj_buf_slice(plan), (unsigned)k, sig.data, &next, err));
	fj_buf_clear(plan);
	unlink(copy);
	return fj_buf_put(plan, next.data, next.len);
}

static enum fj_rc sign_plan(const struct cli_officers *o, struct fj_buf *plan, struct fj_err *err)
{
	struct work w[CLI_OFFICERS];
	struct paths p;
	char copy[CLI_OFFICERS][4300];

	paths_of(o, 0, &p);
	FJ_TRY(fj_file_replace(AT_FDCWD, p.plan, fj_buf_slice(plan), 0644, err));
	for (size_t k = 0; k < CLI_OFFICERS; k++) {
		paths_of(o, k, &p);
		snprintf(copy[k], sizeof(copy[k]), "%s.%s", p.plan, officers[k].login);
		const char *argv[] = {"fujie-officer", "plan", "sign", p.plan, "--key", p.key, "--passphrase-file", p.pass, "--out", copy[k], "--yes", "--json", NULL};
		FJ_TRY(begin(argv, &w[k], err));
	}
	for (size_t k = 0; k < CLI_OFFICERS; k++) {
		FJ_TRY(end(&w[k], NULL, err));
		FJ_TRY(add_signature(copy[k], k, plan, err));
	}
	return fj_file_replace(AT_FDCWD, p.plan, fj_buf_slice(plan), 0644, err);
}

enum fj_rc cli_officers_make(const struct cli_officers *o, const char *arc, const char *base, const char *operator_, json_t **signed_plan, struct fj_err *err)
{
	static const char note[] = "Illustrative officers of a demonstration: their passphrases lie beside their keys.  Never use them for anything else.\n"
	    "演示用的虚构官员：口令与密钥放在一起，绝不可另作他用。\n";
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	char path[4200], now[FJ_TIME_CAP];

	snprintf(path, sizeof(path), "%.4000s/officers", o->home);
	FJ_TRY(fj_dir_make(AT_FDCWD, path, 0700, err));
	snprintf(path, sizeof(path), "%.4000s/officers/README", o->home);
	FJ_TRY(fj_file_replace(AT_FDCWD, path, fj_slice_str(note), 0644, err));
	FJ_TRY(make_keys(o, list, err));
	fj_time_utc(fj_now(), now);
	FJ_AUTO(json) file = json_pack("{s:{s:i, s:{s:b, s:s, s:s, s:s}, s:[s, s], s:O, s:{s:i}, s:i, s:s}, s:[]}", "plan", "version", 1, "home", "demo", 1, "arc", arc, "base", base,
	    "operator", operator_, "algorithms", fj_alg_name(FJ_ES256), fj_alg_name(FJ_SM2), "officers", list, "quorum", "root", QUORUM, "expiration", EXPIRATION, "made", now, "signatures");
	if (o->sealed && fj_json_set(json_object_get(file, "plan"), "unseal", json_pack("{s:i}", "m", QUORUM)) != FJ_OK)
		return fj_no_memory(err, "cli");
	if (o->move != NULL)
		FJ_TRY(cli_plan_move(o->move, QUORUM, json_object_get(file, "plan"), err));
	FJ_TRY(fj_json_canonical(file, &text, err));
	FJ_TRY(fj_put_u8(&text, '\n'));
	FJ_TRY(sign_plan(o, &text, err));
	return fj_json_parse(fj_buf_slice(&text), FJ_PLAN_MAX, signed_plan, err);
}

struct answers {
	char out[4300], to[4300];
};

static enum fj_rc begin_approval(const struct cli_officers *o, size_t k, const char *round, const char *challenges, struct answers *a, struct work *w, struct fj_err *err)
{
	struct paths p;
	char from[4300];

	paths_of(o, k, &p);
	snprintf(from, sizeof(from), "%.4000s/%.100s", o->home, challenges);
	snprintf(a->out, sizeof(a->out), "%.4000s/officers/%.40s.%s.answers", o->home, round, officers[k].login);
	snprintf(a->to, sizeof(a->to), "%.4000s/ceremony/%.40s.%s.answers", o->home, round, officers[k].login);
	const char *argv[] = {"fujie-officer", "approve", from, "--plan", p.plan, "--key", p.key, "--passphrase-file", p.pass, "--out", a->out, "--yes", "--json", NULL};
	return begin(argv, w, err);
}

/* the demo's TPM may have been set up with endorsement certificates: two see to the bond, as they would */
static enum fj_rc bind(const struct cli_officers *o, struct fj_err *err)
{
	char from[4200], out[4300], to[4300];
	struct paths p;
	struct work w;

	snprintf(from, sizeof(from), "%.4000s/ceremony/endorsement.json", o->home);
	for (size_t k = 0; k < QUORUM; k++) {
		paths_of(o, k, &p);
		snprintf(out, sizeof(out), "%.4000s/officers/bond.%s.credential", o->home, officers[k].login);
		snprintf(to, sizeof(to), "%.4000s/ceremony/bond.%s.credential", o->home, officers[k].login);
		const char *argv[] = {"fujie-officer", "bond", from, "--plan", p.plan, "--key", p.key, "--passphrase-file", p.pass, "--out", out, "--yes", "--json", NULL};
		FJ_TRY(begin(argv, &w, err));
		FJ_TRY(end(&w, NULL, err));
		if (rename(out, to) != 0)
			return fj_fail_errno(err, "cli", "hand in %s", out);
	}
	return FJ_OK;
}

enum fj_rc cli_officers_sign(const struct cli_officers *o, struct fj_err *err)
{
	struct work w;
	struct paths p;
	char transcript[4200];

	snprintf(transcript, sizeof(transcript), "%.4000s/ceremony/transcript", o->home);
	for (size_t k = 0; k < QUORUM; k++) { /* one after the other: each adds to the file of the one before */
		paths_of(o, k, &p);
		const char *argv[] = {"fujie-officer", "transcript", "sign", transcript, "--plan", p.plan, "--key", p.key, "--passphrase-file", p.pass, "--yes", "--json", NULL};
		FJ_TRY(begin(argv, &w, err));
		FJ_TRY(end(&w, NULL, err));
	}
	return FJ_OK;
}

enum fj_rc cli_officers_step(void *user, const json_t *progress, struct fj_err *err)
{
	const char *round = fj_json_peek(progress, "waits"), *refused = fj_json_peek(progress, "refused");
	struct work w[QUORUM];
	struct answers a[QUORUM];

	if (refused != NULL)
		return fj_refuse(err, FJ_E_REFUSED, "cli", NULL, fj_json_text(progress, "en"), fj_json_text(progress, "zh"));
	if (round != NULL && strcmp(round, "bond") == 0)
		return bind(user, err);
	for (size_t k = 0; round != NULL && k < QUORUM; k++)
		FJ_TRY(begin_approval(user, k, round, fj_json_text(progress, "challenges"), &a[k], &w[k], err));
	for (size_t k = 0; round != NULL && k < QUORUM; k++) {
		FJ_TRY(end(&w[k], NULL, err));
		if (rename(a[k].out, a[k].to) != 0)
			return fj_fail_errno(err, "cli", "hand in %s", a[k].out);
	}
	return FJ_OK;
}
