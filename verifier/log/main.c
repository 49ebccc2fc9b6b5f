/*
 * main.c - fujie-log: a public log's files, checked by whoever has them (`fujie log …`).
 *
 *   fujie log verify DIR      every leaf, tile and file against the signed checkpoint
 *   fujie log prove ID        the proof (tlog-proof) of what was issued under this number or token id
 *   fujie log consistency OLD from a checkpoint that somebody kept to the one there is now
 *   fujie log show            the head, the keys, the lines on it
 *     each with --dir D (or DIR) [--vkey FILE|TEXT] [--cert log.pem] [--json], prove with [--out FILE]
 *
 * DIR is a home, a copy of what it publishes, or of publish/log alone.  It reads, writes nothing
 * but --out, and makes no socket.  Exit: 0 true, 1 a fault or nothing found, 2 wrong use, 3 failure.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "verifier/log/log.h"

struct args {
	const char *verb, *word, *dir, *vkey, *cert, *out;
	bool json;
};
struct run {
	const struct args *a;
	struct vlg_log log;
	struct vlg_fault fault;
	struct fj_buf kept; /* consistency: the old checkpoint's text */
	int out;
};
static void run_release(struct run *r)
{
	vlg_release(&r->log);
	fj_buf_release(&r->kept);
	fj_fd_close(&r->out);
}
FJ_DEFINE_AUTO(run, struct run, run_release)

static enum fj_rc wrong(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_USAGE, "log", NULL,
	    "fujie log verify DIR | prove ID [--out FILE] | consistency OLD-CHECKPOINT | show, with --dir D [--vkey FILE|TEXT] [--cert log.pem] [--json]",
	    "用法：fujie log verify 文件夹 | prove 编号 [--out 文件] | consistency 旧检查点 | show，均可带 --dir D [--vkey 文件或内容] [--cert log.pem] [--json]");
}

static enum fj_rc args_read(int argc, char **argv, struct args *a, struct fj_err *err)
{
	const struct {
		const char *name, **value;
	} opts[] = {{"--dir", &a->dir}, {"--vkey", &a->vkey}, {"--cert", &a->cert}, {"--out", &a->out}};

	for (int i = 1; i < argc; i++) {
		const char **to = NULL;
		for (size_t k = 0; k < FJ_ARRAY_LEN(opts); k++)
			if (strcmp(argv[i], opts[k].name) == 0)
				to = opts[k].value;
		if (strcmp(argv[i], "--json") == 0)
			continue;
		if (to == NULL && strncmp(argv[i], "--", 2) != 0)
			to = a->verb == NULL ? &a->verb : &a->word;
		else if (to != NULL && (++i == argc || strncmp(argv[i], "--", 2) == 0))
			return wrong(err);
		if (to == NULL || *to != NULL)
			return wrong(err);
		*to = argv[i];
	}
	if (a->verb == NULL)
		return wrong(err);
	bool names_dir = strcmp(a->verb, "verify") == 0 || strcmp(a->verb, "show") == 0;
	if (names_dir && a->dir == NULL) {
		a->dir = a->word;
		a->word = NULL;
	}
	return a->dir != NULL && (a->word == NULL) == names_dir && (a->out == NULL || strcmp(a->verb, "prove") == 0) ? FJ_OK : wrong(err);
}

/* --- what is opened before the sandbox closes --- */

static enum fj_rc open_out(struct run *r, struct fj_err *err)
{
	if (r->a->out == NULL)
		return FJ_OK;
	r->out = open(r->a->out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	return r->out >= 0 ? FJ_OK : fj_fail_errno(err, "log", "create %s (it must not be there yet)", r->a->out);
}

static enum fj_rc enter(struct run *r, struct fj_err *err)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_FILER, .rw = {NULL}, .ro = {".", "../trust", "/usr", "/lib", "/proc/self", NULL}};
	bool landlock = false;

	FJ_TRY(vlg_open(&r->log, r->a->dir, err));
	FJ_TRY(vlg_keys(&r->log, r->a->vkey, r->a->cert, err));
	if (strcmp(r->a->verb, "consistency") == 0)
		FJ_TRY(fj_file_read(AT_FDCWD, r->a->word, &r->kept, err));
	FJ_TRY(open_out(r, err));
	if (fchdir(r->log.dir) != 0)
		return fj_fail_errno(err, "log", "enter %s", r->a->dir);
	return fj_sandbox_enter(&box, &landlock, err);
}

/* --- answers --- */

static json_t *head_json(const struct fj_checkpoint *c)
{
	FJ_AUTO(buf) root = FJ_BUF_INIT(64);

	if (fj_b64_put(&root, FJ_SLICE(c->root.b, sizeof(c->root.b))) != FJ_OK)
		return NULL;
	return json_pack("{s:s, s:I, s:s}", "origin", c->origin, "size", (json_int_t)c->size, "root", fj_buf_str(&root));
}

static json_t *keys_json(const struct vlg_log *l)
{
	FJ_AUTO(buf) vkey = FJ_BUF_INIT(512);
	char id[9];

	if (l->by_vkey && fj_vkey_put(&vkey, &l->vkey) != FJ_OK)
		return NULL;
	fj_hex(l->cert[0].id, sizeof(l->cert[0].id), id);
	return json_pack("{s:s?, s:s?}", "ed25519", l->by_vkey ? fj_buf_str(&vkey) : NULL, "p256", l->by_cert ? id : NULL);
}

/* null: no policy names any */
static json_t *witnesses_json(const struct ver_cosigned *w)
{
	return w->witnesses == 0 ? json_null() : json_pack("{s:I, s:I, s:b}", "named", (json_int_t)w->witnesses, "cosigned", (json_int_t)w->by, "quorum", w->quorum);
}

static enum fj_rc verify(struct run *r, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) events = json_object();
	struct vlg_seen seen;

	FJ_TRY(vlg_verify(&r->log, NULL, NULL, &seen, &r->fault, err));
	for (size_t i = 0; fj_leaf_events[i] != NULL; i++)
		json_object_set_new(events, fj_leaf_events[i], json_integer((json_int_t)seen.events[i]));
	*out = json_pack("{s:b, s:o, s:o, s:O, s:I, s:I, s:o}", "ok", 1, "checkpoint", head_json(&r->log.head), "keys", keys_json(&r->log), "events", events,
	    "files", (json_int_t)seen.files, "cosigned", (json_int_t)seen.cosigned, "witnesses", witnesses_json(&seen.witnesses));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "log");
}

static enum fj_rc prove(struct run *r, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	FJ_AUTO(json) leaf = NULL;
	uint64_t index = 0;

	FJ_TRY(vlg_head(&r->log, &r->fault, err));
	FJ_TRY(vlg_find(&r->log, r->a->word, &index, &leaf, err));
	FJ_TRY(vlg_prove(&r->log, index, leaf, &proof, err));
	if (r->out >= 0) {
		FJ_TRY(fj_write_all(r->out, proof.data, proof.len, err));
		if (fsync(r->out) != 0)
			return fj_fail_errno(err, "log", "write %s", r->a->out);
		*out = json_pack("{s:s, s:I, s:O, s:o}", "saved", r->a->out, "index", (json_int_t)index, "leaf", leaf, "checkpoint", head_json(&r->log.head));
	} else
		*out = r->a->json ? json_pack("{s:s, s:I, s:O}", "proof", fj_buf_str(&proof), "index", (json_int_t)index, "leaf", leaf) : json_string(fj_buf_str(&proof));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "log");
}

static json_t *path_json(const struct fj_path *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n && list != NULL; i++) {
		FJ_AUTO(buf) text = FJ_BUF_INIT(64);
		if (fj_b64_put(&text, FJ_SLICE(p->h[i].b, FJ_SHA256_LEN)) != FJ_OK || json_array_append_new(list, json_string(fj_buf_str(&text))) != 0)
			return list;
	}
	return list;
}

static enum fj_rc consistency(struct run *r, json_t **out, struct fj_err *err)
{
	struct fj_note note;
	struct fj_checkpoint kept;
	struct fj_path path;

	FJ_TRY(vlg_note(&r->log, fj_buf_slice(&r->kept), &note, &kept, err));
	FJ_TRY(vlg_head(&r->log, &r->fault, err));
	FJ_TRY(vlg_consistency(&r->log, &kept, &path, err));
	*out = json_pack("{s:b, s:o, s:o, s:o}", "ok", 1, "kept", head_json(&kept), "checkpoint", head_json(&r->log.head), "proof", path_json(&path));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "log");
}

/* names of the lines on a note, the log's own among them */
static json_t *names_json(const struct fj_note *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->n && list != NULL; i++)
		json_array_append_new(list, json_stringn((const char *)n->line[i].name.p, n->line[i].name.len));
	return list;
}

static enum fj_rc show(struct run *r, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	FJ_AUTO(buf) policy = FJ_BUF_INIT(VER_POLICY_MAX);
	struct ver_cosigned witnesses = {.witnesses = 0};
	FJ_AUTO(json) cosigned = json_null();
	struct fj_note note;
	struct fj_checkpoint c;

	FJ_TRY(vlg_head(&r->log, &r->fault, err));
	enum fj_rc rc = vlg_cosigned(&r->log, &text, &note, &c, err);
	if (rc != FJ_OK && rc != FJ_E_NOTFOUND)
		return rc;
	if (rc == FJ_OK) {
		FJ_TRY(vlg_witnesses(&r->log, &note, &witnesses, err));
		cosigned = head_json(&c);
		if (cosigned != NULL)
			json_object_set_new(cosigned, "lines", names_json(&note));
	}
	bool named = fj_file_read(r->log.dir, "../trust/log.policy", &policy, NULL) == FJ_OK;
	*out = json_pack("{s:o, s:o, s:O, s:o, s:s?}", "checkpoint", head_json(&r->log.head), "keys", keys_json(&r->log), "cosigned", cosigned, "witnesses", witnesses_json(&witnesses),
	    "policy", named ? fj_buf_str(&policy) : NULL);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "log");
}

static enum fj_rc run(struct run *r, json_t **out, struct fj_err *err)
{
	static const struct {
		const char *verb;
		enum fj_rc (*fn)(struct run *, json_t **, struct fj_err *);
	} verbs[] = {{"verify", verify}, {"prove", prove}, {"consistency", consistency}, {"show", show}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(verbs); i++)
		if (strcmp(r->a->verb, verbs[i].verb) == 0) {
			FJ_TRY(enter(r, err));
			return verbs[i].fn(r, out, err);
		}
	return wrong(err);
}

static void print(const json_t *j)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4u << 20);

	if (fj_json_canonical(j, &text, NULL) == FJ_OK)
		puts(fj_buf_str(&text));
}

static void say(const json_t *answer)
{
	const char *key;
	json_t *v;

	if (json_is_string(answer)) {
		fputs(json_string_value(answer), stdout);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)answer, key, v) {
		printf("%s: ", key);
		if (json_is_string(v))
			puts(json_string_value(v));
		else if (json_is_object(v) || json_is_array(v))
			print(v);
		else if (json_is_integer(v))
			printf("%lld\n", (long long)json_integer_value(v));
		else
			puts(json_is_true(v) ? "yes" : "none");
	}
}

static int refused(const struct run *r, const struct fj_err *err, bool json)
{
	FJ_AUTO(json) doc = json_pack("{s:b, s:o}", "ok", 0, "error", fj_err_json(err));

	if (doc != NULL && r->fault.what != NULL)
		json_object_set_new(doc, "fault", vlg_fault_json(&r->fault));
	if (json)
		print(doc);
	else
		fprintf(stderr, "%s%sfujie log: %s%s%s%s\n", err->zh, err->zh[0] != '\0' ? "\n" : "", err->en, err->cite[0] != '\0' ? " [" : "", err->cite, err->cite[0] != '\0' ? "]" : "");
	return fj_rc_exit(err->rc);
}

int main(int argc, char **argv)
{
	FJ_AUTO(json) answer = NULL;
	struct args a = {.verb = NULL};
	struct fj_err err = {0};

	fj_sodium_init();
	fj_log_open("log", FJ_LOG_INFO);
	for (int i = 1; i < argc; i++) /* before anything can fail */
		a.json = a.json || strcmp(argv[i], "--json") == 0;
	FJ_AUTO(run) r = {.a = &a, .log = {.dir = -1}, .fault = {.leaf = -1, .octet = -1}, .kept = FJ_BUF_INIT(FJ_NOTE_MAX), .out = -1};
	enum fj_rc rc = args_read(argc, argv, &a, &err);
	if (rc == FJ_OK)
		rc = run(&r, &answer, &err);
	if (rc != FJ_OK) {
		if (r.out >= 0)
			unlink(a.out);
		return refused(&r, &err, a.json);
	}
	if (a.json && !json_is_string(answer))
		print(answer);
	else
		say(answer);
	return fflush(stdout) == 0 ? 0 : 3;
}
