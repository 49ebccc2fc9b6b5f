/*
 * monitor.c - `fujie log monitor`: every leaf of a public log, read once, and the log
 * held to one history.
 *
 * The cache holds one checkpoint: the newest that was found good, with all its leaves.
 * Each newer one has to be signed, to be larger, and to be what the leaves since then
 * make of the older.  What is told is told after that, so no line rests on a leaf that
 * is not in the signed tree; then the checkpoint is kept.  A process that ends between
 * the two tells the same leaves again, never none.  A fault leaves the cache where it
 * was, so that it is found again until somebody has looked.
 */
#include "verifier/gateway/monitor.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "verifier/gateway/gateway.h"
#include "verifier/log/log.h"
#include "verifier/log_policy.h"

#define MAX_WATCHED 64
#define KEPT "checkpoint"
#define SPOOL "leaves.tmp"

struct monitor {
	char url[600];
	const char *vkey, *dir, *policy_file, *usci[MAX_WATCHED];
	size_t n_usci;
	int64_t refresh;
	bool once;
	struct fj_vkey key;
	struct ver_policy *policy;
	struct gw_remote remote;
	struct gw_fault fault;
	struct fj_edge edge;
	bool at_edge;               /* edge is that of kept */
	struct fj_buf kept_bytes;
	struct fj_checkpoint kept;  /* size 0: nothing yet */
	struct fj_buf bytes;        /* the newest */
	struct fj_checkpoint next;
};

static atomic_bool ending;

static void on_signal(int sig)
{
	(void)sig;
	atomic_store(&ending, true);
}

static void usage(FILE *to)
{
	fputs("fujie log monitor URL --vkey FILE|TEXT --dir CACHE [--usci CODE]... [--policy FILE]\n"
	      "                  [--refresh 60] [--once]\n"
	      "\n"
	      "Follows a public log (URL: where its checkpoint lies, such as https://ca.example.cn/log)\n"
	      "and prints one JSON line for each new leaf, or with --usci for each that names one of\n"
	      "these organisations as holder or operator.  Signature, tiles, leaves and the history\n"
	      "since the last time are verified; with --policy the checkpoint is the cosigned one and\n"
	      "has to reach the quorum.  The first fault is a line {\"fault\", \"position\"} and the end.\n"
	      "跟踪公开日志：核验签名、数据块、条目与历史的一致性，逐行输出涉及所列单位的条目；发现异常即输出并退出。\n"
	      "\n"
	      "Exit: 0 ended, 1 a fault of the log, 2 wrong use, 3 failure (--once: also when it can't be reached).\n", to);
}

/* --- the checkpoint --- */

static enum fj_rc fault(struct monitor *m, const char *what, uint64_t at, struct fj_err *err, const char *en, const char *zh)
{
	return gw_fault(&m->fault, what, at, err, en, zh);
}

static enum fj_rc read_note(struct monitor *m, struct fj_slice bytes, struct fj_checkpoint *out, struct fj_err *err)
{
	struct fj_note note;
	struct ver_cosigned by;

	if (fj_note_read(bytes, &note, NULL) != FJ_OK || fj_checkpoint_read(note.text, out, NULL) != FJ_OK)
		return fault(m, "signature", 0, err, "what the log gives is no signed checkpoint", "日志给出的不是已签名的检查点");
	if (strcmp(out->origin, m->key.name) != 0)
		return fault(m, "origin", out->size, err, "the checkpoint is of another log", "检查点属于另一日志");
	if (fj_note_verify(&note, &m->key, NULL, NULL) != FJ_OK)
		return fault(m, "signature", out->size, err, "the checkpoint has no true line by the log's key", "检查点没有该日志密钥的有效签名行");
	if (m->policy != NULL && (ver_policy_log(m->policy, &note, out->origin, NULL) != FJ_OK || ver_policy_cosigned(m->policy, &note, &by, NULL) != FJ_OK || !by.quorum))
		return fault(m, "quorum", out->size, err, "the checkpoint is not cosigned as the policy demands", "检查点的副署未达到策略要求");
	return FJ_OK;
}

static enum fj_rc read_kept(struct monitor *m, struct fj_err *err)
{
	struct ver_policy *policy = m->policy;

	enum fj_rc rc = fj_file_read(AT_FDCWD, KEPT, &m->kept_bytes, err);
	if (rc == FJ_E_NOTFOUND) {
		fj_empty_hash(&m->kept.root);
		return FJ_OK;
	}
	FJ_TRY(rc);
	m->policy = NULL; /* another policy than then is no fault of the cache */
	rc = read_note(m, fj_buf_slice(&m->kept_bytes), &m->kept, NULL);
	m->policy = policy;
	return rc == FJ_OK ? FJ_OK
	    : fj_refuse(err, FJ_E_CORRUPT, "monitor", NULL, "the cache is of another log, or damaged: name another --dir", "缓存属于另一日志或已损坏：请另指定 --dir");
}

/* --- leaves --- */

static bool named(const struct monitor *m, const json_t *leaf)
{
	const char *holder = fj_json_text(json_object_get(leaf, "holder"), "usci"), *op = fj_json_text(json_object_get(leaf, "operator"), "usci");

	for (size_t i = 0; i < m->n_usci; i++)
		if (strcmp(m->usci[i], holder) == 0 || strcmp(m->usci[i], op) == 0)
			return true;
	return m->n_usci == 0;
}

static enum fj_rc take_leaf(struct monitor *m, struct fj_slice entry, FILE *spool, struct fj_err *err)
{
	FJ_AUTO(json) leaf = NULL;
	struct fj_hash h;
	struct fj_err why = {.rc = FJ_OK};

	if (fj_leaf_read(entry, m->edge.size, &leaf, &why) != FJ_OK)
		return fault(m, "leaf", m->edge.size, err, why.en, "条目格式不正确，或序号不符");
	if (named(m, leaf) && fprintf(spool, "{\"leaf\":%.*s}\n", (int)entry.len, (const char *)entry.p) < 0)
		return fj_fail_errno(err, "monitor", "write " SPOOL);
	fj_leaf_hash(entry, &h);
	return gw_edge_add(&m->edge, &h, &m->remote, err);
}

/* what was read before has to be what it was */
static enum fj_rc same_as_before(struct monitor *m, struct fj_slice entry, uint64_t index, struct fj_err *err)
{
	struct fj_hash h;

	fj_leaf_hash(entry, &h);
	return memcmp(m->edge.hash[0].data + index % FJ_TILE_WIDTH * FJ_SHA256_LEN, h.b, FJ_SHA256_LEN) == 0 ? FJ_OK
	    : fault(m, "entry", index, err, "an entry is not the one whose hash is in the tree", "条目与树中的哈希不符");
}

static enum fj_rc take_bundle(struct monitor *m, FILE *spool, struct fj_err *err)
{
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	struct fj_tile t = fj_tile_at(0, m->edge.size, m->next.size);
	uint64_t index = t.n * FJ_TILE_WIDTH;
	struct fj_slice entry;

	t.entries = true;
	FJ_TRY(gw_remote_tile(&m->remote, &t, &bundle, err));
	struct fj_slice rest = fj_buf_slice(&bundle);
	uint64_t from = m->edge.size;
	for (; rest.len > 0 && fj_entry_next(&rest, &entry) == FJ_OK; index++)
		FJ_TRY(index < from ? same_as_before(m, entry, index, err) : take_leaf(m, entry, spool, err));
	return FJ_OK;
}

/* the edge of the tree that is kept, which the log's own tiles have to give again */
static enum fj_rc stand_at_kept(struct monitor *m, struct fj_err *err)
{
	struct fj_hash root;

	if (m->at_edge)
		return FJ_OK;
	FJ_TRY(gw_edge_load(&m->edge, m->kept.size, &m->remote, err));
	fj_edge_root(&m->edge, &root);
	if (!fj_hash_eq(&root, &m->kept.root))
		return fault(m, "fork", m->kept.size, err, "the log's tiles do not give the tree that was verified before: another history, or damaged tiles", "日志的数据块不能还原此前核验过的树：历史不同或数据块损坏");
	m->at_edge = true;
	return FJ_OK;
}

static enum fj_rc follow(struct monitor *m, FILE *spool, struct fj_err *err)
{
	struct fj_hash root;

	FJ_TRY(stand_at_kept(m, err));
	m->at_edge = false; /* until all of it is found good */
	while (m->edge.size < m->next.size)
		FJ_TRY(atomic_load(&ending) ? fj_fail(err, FJ_E_UNAVAILABLE, "monitor", NULL, "ended before all was read") : take_bundle(m, spool, err));
	FJ_TRY(gw_edge_compare(&m->edge, &m->remote, err));
	fj_edge_root(&m->edge, &root);
	if (!fj_hash_eq(&root, &m->next.root))
		return fault(m, "fork", m->kept.size, err, "the signed tree does not continue the one that was verified before: the log has two histories", "已签名的树不承接此前核验过的树：该日志有两个历史");
	m->at_edge = true;
	return FJ_OK;
}

/* --- telling --- */

static enum fj_rc tell(FILE *spool, struct fj_err *err)
{
	char piece[16384];
	size_t n;

	rewind(spool);
	while ((n = fread(piece, 1, sizeof(piece), spool)) > 0)
		if (fwrite(piece, 1, n, stdout) != n)
			return fj_fail_errno(err, "monitor", "write to standard output");
	return fflush(stdout) == 0 ? FJ_OK : fj_fail_errno(err, "monitor", "write to standard output");
}

static enum fj_rc keep(struct monitor *m, struct fj_err *err)
{
	FJ_TRY(fj_file_replace(AT_FDCWD, KEPT, fj_buf_slice(&m->bytes), 0644, err));
	fj_buf_release(&m->kept_bytes);
	m->kept_bytes = m->bytes;
	fj_buf_init(&m->bytes, FJ_NOTE_MAX);
	m->kept = m->next;
	return FJ_OK;
}

static enum fj_rc grow(struct monitor *m, struct fj_err *err)
{
	FILE *spool = fopen(SPOOL, "w+e");

	if (spool == NULL)
		return fj_fail_errno(err, "monitor", "create " SPOOL);
	unlink(SPOOL);
	enum fj_rc rc = follow(m, spool, err);
	if (rc == FJ_OK)
		rc = tell(spool, err);
	fclose(spool);
	return rc == FJ_OK ? keep(m, err) : rc;
}

/* one look at the log */
static enum fj_rc round_of(struct monitor *m, struct fj_err *err)
{
	fj_buf_clear(&m->bytes);
	FJ_TRY(gw_remote_get(&m->remote, m->policy != NULL ? "cosigned" : "checkpoint", &m->bytes, err));
	FJ_TRY(read_note(m, fj_buf_slice(&m->bytes), &m->next, err));
	m->remote.size = m->next.size;
	if (m->next.size < m->kept.size)
		return fault(m, "rollback", m->next.size, err, "the log is smaller than it was", "日志比此前短（回退）");
	if (m->next.size == m->kept.size)
		return fj_hash_eq(&m->next.root, &m->kept.root) ? FJ_OK : fault(m, "fork", m->next.size, err, "another tree of the same size is signed: the log has two histories", "同样大小的另一棵树已签名：该日志有两个历史");
	return grow(m, err);
}

/* both notes, for whoever has to show them */
static void keep_evidence(const struct monitor *m, const json_t *line)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8 * FJ_NOTE_MAX);
	FJ_AUTO(json) j = json_deep_copy(line);

	if (j == NULL || json_object_set_new(j, "had", json_string(fj_buf_str(&m->kept_bytes))) != 0 || json_object_set_new(j, "shown", json_string(fj_buf_str(&m->bytes))) != 0 ||
	    fj_json_canonical(j, &text, NULL) != FJ_OK || fj_file_replace(AT_FDCWD, "fault.json", fj_buf_slice(&text), 0644, NULL) != FJ_OK)
		fj_log(FJ_LOG_WARN, "the evidence could not be kept in fault.json");
}

static void tell_fault(const struct monitor *m, const struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	bool said = fj_utf8_valid(fj_slice_str(err->en)); /* it may be words of whoever wrote the log */
	FJ_AUTO(json) j = json_pack("{s:s, s:I, s:{s:s, s:s}}", "fault", m->fault.what, "position", (json_int_t)m->fault.at, "text", "en", said ? err->en : "", "zh", err->zh);

	if (j == NULL || fj_json_canonical(j, &text, NULL) != FJ_OK)
		return;
	keep_evidence(m, j);
	printf("%s\n", fj_buf_str(&text));
	fflush(stdout);
}

/* --- the process --- */

static enum fj_rc options_read(int argc, char **argv, struct monitor *m, bool *help, struct fj_err *err)
{
	for (int i = 2; i < argc; i++) {
		const char *w = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (strcmp(w, "--help") == 0)
			*help = true;
		else if (strcmp(w, "--once") == 0)
			m->once = true;
		else if (strncmp(w, "--", 2) != 0 && m->url[0] == '\0' && fj_strcopy(m->url, sizeof(m->url), w) == FJ_OK)
			continue;
		else if (value == NULL)
			return fj_fail(err, FJ_E_USAGE, "monitor", NULL, "\"%s\" is no option, or lacks its value; see --help", w);
		else if (strcmp(w, "--vkey") == 0)
			m->vkey = argv[++i];
		else if (strcmp(w, "--dir") == 0)
			m->dir = argv[++i];
		else if (strcmp(w, "--policy") == 0)
			m->policy_file = argv[++i];
		else if (strcmp(w, "--refresh") == 0)
			m->refresh = strtoll(argv[++i], NULL, 10);
		else if (strcmp(w, "--usci") == 0 && m->n_usci < MAX_WATCHED && strlen(value) == 18)
			m->usci[m->n_usci++] = argv[++i];
		else
			return fj_fail(err, FJ_E_USAGE, "monitor", NULL, "\"%s\" is not an option, or \"%s\" no value of it; see --help", w, value);
	}
	size_t n = strlen(m->url);
	if (!*help && (m->vkey == NULL || m->dir == NULL || m->refresh < 1 || m->refresh > 86400 || (strncmp(m->url, "http://", 7) != 0 && strncmp(m->url, "https://", 8) != 0)))
		return fj_refuse(err, FJ_E_USAGE, "monitor", NULL, "fujie log monitor URL --vkey FILE|TEXT --dir CACHE; see --help", "用法：fujie log monitor 地址 --vkey 密钥 --dir 缓存目录；详见 --help");
	if (n > 0 && m->url[n - 1] == '/')
		m->url[n - 1] = '\0';
	return FJ_OK;
}

/* key and policy, before the cache is entered */
static enum fj_rc read_keys(struct monitor *m, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(VER_POLICY_MAX);
	bool file = access(m->vkey, F_OK) == 0;

	if (file)
		FJ_TRY(fj_file_read(AT_FDCWD, m->vkey, &text, err));
	else if (fj_buf_puts(&text, m->vkey) != FJ_OK)
		return fj_no_memory(err, "monitor");
	FJ_TRY(fj_vkey_read(FJ_SLICE(text.data, strcspn(fj_buf_str(&text), "\n")), &m->key, err));
	if (m->key.type != FJ_NOTE_ED25519)
		return fj_refuse(err, FJ_E_USAGE, "monitor", "C2SP signed-note", "this is a witness's key, not a log's", "这是见证方的密钥，不是日志的");
	if (m->policy_file == NULL)
		return FJ_OK;
	fj_buf_clear(&text);
	FJ_TRY(fj_file_read(AT_FDCWD, m->policy_file, &text, err));
	return ver_policy_read(fj_buf_slice(&text), &m->policy, err);
}

static enum fj_rc enter(struct monitor *m, int *lock, struct fj_err *err)
{
	FJ_TRY(gw_enter(m->dir, err));
	*lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*lock < 0)
		return fj_fail_errno(err, "monitor", "open the lock");
	if (flock(*lock, LOCK_EX | LOCK_NB) != 0)
		return fj_refuse(err, FJ_E_BUSY, "monitor", NULL, "another monitor works in this folder", "另一监测进程正在使用此文件夹");
	FJ_TRY(gw_rights(".", NULL, err));
	fj_file_sweep(AT_FDCWD, ".");
	return read_kept(m, err);
}

/* *bad: the log has a fault */
static enum fj_rc run(struct monitor *m, bool *bad, struct fj_err *err)
{
	char said[sizeof(err->en)] = "";

	while (!atomic_load(&ending)) {
		enum fj_rc rc = round_of(m, err);
		*bad = rc != FJ_OK && m->fault.what != NULL;
		if (*bad)
			tell_fault(m, err);
		if (*bad || m->once)
			return rc;
		if (rc != FJ_OK && rc != FJ_E_NOTFOUND && rc != FJ_E_UNAVAILABLE && rc != FJ_E_TIMEOUT)
			return rc;
		if (rc != FJ_OK && strcmp(said, err->en) != 0)
			fj_log_err(FJ_LOG_WARN, "the log can't be read", err);
		snprintf(said, sizeof(said), "%s", rc == FJ_OK ? "" : err->en);
		for (int64_t i = 0; i < m->refresh * 10 && !atomic_load(&ending); i++)
			usleep(100000);
	}
	return FJ_OK;
}

static enum fj_rc work(struct monitor *m, bool *bad, struct fj_err *err)
{
	FJ_AUTO(fd) lock = -1;

	FJ_TRY(read_keys(m, err));
	FJ_TRY(enter(m, &lock, err));
	m->remote = (struct gw_remote){.url = m->url, .stop = &ending, .fault = &m->fault};
	return run(m, bad, err);
}

int gw_monitor_main(int argc, char **argv)
{
	static struct monitor m = {.refresh = 60};
	struct sigaction act = {.sa_handler = on_signal};
	struct fj_err err = {.rc = FJ_OK};
	bool help = false, bad = false;

	fj_sodium_init();
	fj_log_open("monitor", FJ_LOG_INFO);
	enum fj_rc rc = options_read(argc, argv, &m, &help, &err);
	if (rc == FJ_OK && help) {
		usage(stdout);
		return 0;
	}
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	fj_buf_init(&m.bytes, FJ_NOTE_MAX);
	fj_buf_init(&m.kept_bytes, FJ_NOTE_MAX);
	fj_edge_init(&m.edge);
	if (rc == FJ_OK && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		rc = fj_no_memory(&err, "monitor");
	if (rc == FJ_OK)
		rc = work(&m, &bad, &err);
	fj_edge_release(&m.edge);
	fj_buf_release(&m.bytes);
	fj_buf_release(&m.kept_bytes);
	ver_policy_free(m.policy);
	if (rc == FJ_OK || bad)
		return bad ? 1 : 0;
	fprintf(stderr, "fujie log monitor: %s%s%s\n", err.en, err.zh[0] != '\0' ? " / " : "", err.zh);
	return rc == FJ_E_USAGE ? 2 : 3;
}
