/*
 * head.c - the head of the public log: taken up at start, moved on after each commit.
 *
 * The leaves are in the register, durable with what they speak of.  A step reads the new
 * ones, writes their tiles, has the signer sign the head that has them, and gives it out;
 * only then does anything leave that they cover.  The signer has made the head durable
 * before it signs, and signs none that its last one does not lead to.  So wherever a process
 * is killed, the next one finds the signer's head, finds its leaves in the register, and
 * goes on: a leaf is never lost, never twice, and there is one tree.
 *
 * A register that has less than the signer's head, or other leaves, is an older state, or was
 * changed.  Nothing is accepted or signed on it until two officers restore it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "issuer/iss.h"
#include "issuer/signed.h"
#include "issuer/spare.h"

#define PAGE 512 /* leaves read at once */
#define AGAIN 3600

static void close_for(struct iss_log *l, const char *en, const char *zh)
{
	pthread_mutex_lock(&l->given);
	snprintf(l->closed, sizeof(l->closed), "%s", en);
	snprintf(l->closed_zh, sizeof(l->closed_zh), "%s", zh);
	pthread_mutex_unlock(&l->given);
	l->shut = true;
}

enum fj_rc log_check_open(struct iss_log *l, struct fj_err *err)
{
	if (!l->shut)
		return FJ_OK;
	pthread_mutex_lock(&l->given);
	enum fj_rc rc = fj_refuse(err, FJ_E_STATE, "log", "design.md 2", l->closed, l->closed_zh);
	pthread_mutex_unlock(&l->given);
	return rc;
}

/* --- leaves --- */

typedef enum fj_rc (*leaf_fn)(void *user, int64_t n, struct fj_slice data, struct fj_err *err);

/* one page from leaf `from` on, none from `until`; *n: how many */
static enum fj_rc page(struct sto *db, int64_t from, int64_t until, leaf_fn fn, void *user, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*n = 0;
	FJ_TRY(sto_query(db, STO_LEAF_FROM, &q, err, "iii", from, until, (int64_t)PAGE));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		int64_t at = from + *n;
		if (sto_int(&q, 0) != at)
			return fj_fail(err, FJ_E_CORRUPT, "log", NULL, "leaf %lld is missing from the register", (long long)at);
		FJ_TRY(fn(user, at, fj_slice_str(sto_text(&q, 1)), err));
		(*n)++;
	}
}

static enum fj_rc each(struct sto *db, int64_t from, int64_t until, leaf_fn fn, void *user, int64_t *end, struct fj_err *err)
{
	int64_t n = 1;

	for (*end = from; n > 0; *end += n)
		FJ_TRY(page(db, *end, until, fn, user, &n, err));
	return FJ_OK;
}

static enum fj_rc grow(void *edge, int64_t n, struct fj_slice data, struct fj_err *err)
{
	(void)n;
	return log_edge_add(edge, data, err);
}

/* --- taking up --- */

/* The edge at `size`, from leaf `from` (a multiple of 256) on, whose tiles are there.
 * *same: it has this root.  *have: leaves that there are, at most size. */
static enum fj_rc edge_at(struct log_edge *g, struct sto *db, bool write, int64_t from, int64_t size, const struct fj_hash *root, bool *same, int64_t *have,
    struct fj_err *err)
{
	struct fj_hash h;

	log_edge_release(g);
	log_edge_init(g, write);
	*same = false;
	*have = from;
	if (log_edge_load(g, (uint64_t)from, err) != FJ_OK)
		return FJ_OK; /* tiles that are missing or damaged: as good as another root */
	FJ_TRY(each(db, from, size, grow, g, have, err));
	if (*have < size)
		return FJ_OK;
	fj_edge_root(&g->tree, &h);
	*same = fj_hash_eq(&h, root);
	return FJ_OK;
}

/* *at: the first leaf that is not what its tile says */
static enum fj_rc compare(void *at, int64_t n, struct fj_slice data, struct fj_err *err)
{
	struct fj_tile t = fj_tile_at(0, (uint64_t)n, (uint64_t)n + 1);
	FJ_AUTO(buf) tile = FJ_BUF_INIT(FJ_TILE_OCTETS);
	int64_t *first = at;
	struct fj_hash h;

	(void)err;
	fj_leaf_hash(data, &h);
	if (*first < 0 && (fj_tile_read(&log_folder, &t, &tile, NULL) != FJ_OK || memcmp(tile.data + (size_t)(t.width - 1) * FJ_SHA256_LEN, h.b, sizeof(h.b)) != 0))
		*first = n;
	return FJ_OK;
}

static enum fj_rc close_different(struct iss_log *l, struct sto *db, int64_t size, struct fj_err *err)
{
	char en[320], zh[480];
	int64_t at = -1, end;

	FJ_TRY(each(db, 0, size, compare, &at, &end, err));
	snprintf(en, sizeof(en), "the register is not the one whose log was signed: leaf %lld of %lld differs; nothing is signed until two officers restore it (fujie log restore)", (long long)at, (long long)size);
	snprintf(zh, sizeof(zh), "登记簿与已签名的公开日志不符：第 %lld 条（共 %lld 条）不同；在两名经办人恢复之前（fujie log restore）不予签发", (long long)at, (long long)size);
	close_for(l, en, zh);
	return FJ_OK;
}

static void close_older(struct iss_log *l, int64_t have, int64_t size)
{
	char en[320], zh[480];

	snprintf(en, sizeof(en), "the register is older than its public log: it ends before leaf %lld of %lld that were signed; nothing is signed until two officers restore it (fujie log restore)", (long long)have, (long long)size);
	snprintf(zh, sizeof(zh), "登记簿早于其公开日志：止于第 %lld 条，而已签名 %lld 条；在两名经办人恢复之前（fujie log restore）不予签发", (long long)have, (long long)size);
	close_for(l, en, zh);
}

/* "log": leaves up to here have tiles that are on the disk; "restored": an older signer is known up to here */
static enum fj_rc noted(struct sto *db, const char *what, int64_t *n, int64_t *seq, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_PUB_GET, &q, err, "t", what));
	FJ_TRY(sto_step(&q, &row, err));
	*n = row ? sto_int(&q, 0) : 0;
	*seq = row ? sto_int(&q, 2) : 0;
	return FJ_OK;
}

/* at the head that the signer remembers: first without writing, so that what is in the files stays evidence */
/* *as_signed false: the log is closed */
static enum fj_rc take_up(struct iss_log *l, struct sto *db, bool *as_signed, struct fj_err *err)
{
	int64_t size = (int64_t)l->head.size, from, have, seq;
	bool same;

	*as_signed = true;
	if (size == 0) {
		log_edge_release(&l->edge);
		log_edge_init(&l->edge, true);
		return FJ_OK;
	}
	FJ_TRY(noted(db, "log", &from, &seq, err));
	from = (from < size ? from : size) / FJ_TILE_WIDTH * FJ_TILE_WIDTH;
	FJ_TRY(edge_at(&l->edge, db, false, from, size, &l->head.root, &same, &have, err));
	if (!same && from > 0) {
		from = 0;
		FJ_TRY(edge_at(&l->edge, db, false, from, size, &l->head.root, &same, &have, err));
	}
	*as_signed = same;
	if (have < size) {
		close_older(l, have, size);
		return FJ_OK;
	}
	if (!same)
		return close_different(l, db, size, err);
	FJ_TRY(edge_at(&l->edge, db, true, from, size, &l->head.root, &same, &have, err));
	return log_edge_write(&l->edge, err);
}

enum fj_rc log_edge_from(struct log_edge *g, struct sto *db, int64_t until, struct fj_err *err)
{
	int64_t end;

	return each(db, 0, until, grow, g, &end, err);
}

/* --- signing --- */

static enum fj_rc put_lines(const struct iss_log *l, const struct hsm_checkpoint *s, struct fj_buf *note, struct fj_err *err)
{
	bool ok = fj_buf_puts(note, "\n") == FJ_OK && fj_note_line_put(note, l->key.name, l->key.id, FJ_SLICE(s->ed25519, sizeof(s->ed25519))) == FJ_OK;

	for (size_t k = 0; k < s->n; k++)
		ok = ok && fj_note_line_put(note, l->key.name, s->ecdsa[k].id, FJ_SLICE(s->ecdsa[k].der, s->ecdsa[k].len)) == FJ_OK;
	return ok ? FJ_OK : fj_no_memory(err, "log");
}

static enum fj_rc give_out(struct fj_slice note, struct fj_err *err)
{
	static const char path[] = LOG_FOLDER "/checkpoint", tmp[] = LOG_FOLDER "/checkpoint.tmp";

	FJ_TRY(fj_dir_make(AT_FDCWD, LOG_FOLDER, 0755, err));
	FJ_AUTO(fd) fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fj_fail_errno(err, "log", "create %s", tmp);
	FJ_TRY(fj_write_all(fd, note.p, note.len, err));
	return rename(tmp, path) == 0 ? FJ_OK : fj_fail_errno(err, "log", "rename to %s", path);
}

/* `given` is held; note: taken over */
static void set_head(struct iss_log *l, const struct fj_checkpoint *head, struct fj_buf *note)
{
	fj_buf_release(&l->note);
	l->note = *note;
	l->head = *head;
	*note = (struct fj_buf)FJ_BUF_INIT(0);
}

/* a reader finds the file and what is known of it here alike */
static enum fj_rc give_out_as_head(struct iss_log *l, const struct fj_checkpoint *head, struct fj_buf *note, struct fj_err *err)
{
	pthread_mutex_lock(&l->given);
	enum fj_rc rc = give_out(fj_buf_slice(note), err);
	uint64_t before = l->head.size;
	if (rc == FJ_OK)
		set_head(l, head, note);
	pthread_mutex_unlock(&l->given);
	if (rc == FJ_OK)
		log_edge_prune(&l->edge, before);
	return rc;
}

enum fj_rc log_given(struct iss *i, struct fj_checkpoint *head, struct fj_buf *note, struct fj_err *err)
{
	struct iss_log *l = &i->log;

	pthread_mutex_lock(&l->given);
	*head = l->head;
	enum fj_rc rc = note == NULL ? FJ_OK : fj_buf_put(note, l->note.data, l->note.len);
	pthread_mutex_unlock(&l->given);
	return rc == FJ_OK ? FJ_OK : fj_no_memory(err, "log");
}

/* head and note change together, once it is given out */
static enum fj_rc sign_head(struct iss *i, const struct fj_checkpoint *next, const struct fj_path *proof, struct fj_err *err)
{
	struct iss_log *l = &i->log;
	FJ_AUTO(buf) note = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct hsm_checkpoint s;

	if (fj_checkpoint_put(&note, next) != FJ_OK)
		return fj_no_memory(err, "log");
	FJ_TRY(iss_signer(i, &l->signer, err));
	FJ_TRY(hsm_checkpoint(l->signer, fj_buf_slice(&note), proof->h, proof->n, &s, err));
	FJ_TRY(put_lines(l, &s, &note, err));
	FJ_TRY(give_out_as_head(l, next, &note, err));
	l->signed_at = fj_now();
	return FJ_OK;
}

static enum fj_rc sign_edge(struct iss *i, struct fj_err *err)
{
	struct iss_log *l = &i->log;
	struct fj_tiles tiles = {log_edge_tile, &l->edge};
	struct fj_checkpoint next = l->head;
	struct fj_path proof = {.n = 0};

	next.size = l->edge.tree.size;
	fj_edge_root(&l->edge.tree, &next.root);
	if (l->head.size > 0 && l->head.size < next.size)
		FJ_TRY(fj_tree_consistency(&tiles, l->head.size, next.size, &proof, err));
	return sign_head(i, &next, &proof, err);
}

/* --- opening --- */

enum fj_rc log_key(struct iss *i, struct hsm_conn *c, struct fj_vkey *out, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	char name[FJ_NOTE_NAME + 1];

	FJ_TRY(fj_log_origin(iss_base(i), name, err));
	FJ_TRY(hsm_public_key(c, HSM_NOTE, &spki, err));
	if (spki.len < sizeof(out->key))
		return fj_fail(err, FJ_E_PROTO, "log", NULL, "the signer's log key is none");
	return fj_vkey_make(name, FJ_NOTE_ED25519, spki.data + spki.len - sizeof(out->key), out, err);
}

static enum fj_rc names(struct iss *i, struct fj_err *err)
{
	return log_key(i, i->log.signer, &i->log.key, err);
}

/* what was given out last, when it can be read and the key's line is true; key NULL: whoever wrote it */
static bool given_out(const struct fj_vkey *key, struct fj_checkpoint *c, struct fj_buf *text)
{
	struct fj_note n;

	return fj_file_read(AT_FDCWD, LOG_FOLDER "/checkpoint", text, NULL) == FJ_OK && fj_note_read(fj_buf_slice(text), &n, NULL) == FJ_OK &&
	    fj_checkpoint_read(n.text, c, NULL) == FJ_OK && (key == NULL || (strcmp(c->origin, key->name) == 0 && fj_note_verify(&n, key, NULL, NULL) == FJ_OK));
}

enum fj_rc log_newest(const struct fj_vkey *key, struct fj_checkpoint *head, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_checkpoint c;

	if (!given_out(key, &c, &text) || c.size < head->size)
		return FJ_OK;
	if (c.size == head->size && !fj_hash_eq(&c.root, &head->root))
		return fj_refuse(err, FJ_E_CORRUPT, "log", "formats.md 19", "the checkpoint that was given out is of another tree than the signer's: the log was forked", "已公布的检查点与签名程序的记录不是同一棵树：公开日志已分叉");
	head->size = c.size;
	head->root = c.root;
	return FJ_OK;
}

/* a signer that found its own memory or TPM put back */
static enum fj_rc signer_open(struct iss_log *l, bool *shut, struct fj_err *err)
{
	FJ_AUTO(json) status = NULL;
	char en[320];

	FJ_TRY(hsm_status(l->signer, &status, err));
	const char *why = fj_json_peek(status, "closed");
	snprintf(l->tpm, sizeof(l->tpm), "%s", fj_json_text(status, "tpm"));
	sgn_take(l, status);
	l->seals = json_is_boolean(json_object_get(status, "sealed"));
	*shut = why != NULL;
	if (!*shut)
		return FJ_OK;
	snprintf(en, sizeof(en), "%s", why);
	close_for(l, en, "签名程序已关闭：其记录或 TPM 的状态被换成了旧状态；在两名经办人恢复之前（fujie log restore）不予签发");
	return FJ_OK;
}

/* against what was given out; restored: an older signer is known up to there */
static enum fj_rc signer_current(struct iss_log *l, int64_t restored, bool *shut, struct fj_err *err)
{
	struct fj_checkpoint newest = l->head;
	char en[320], zh[480];

	FJ_TRY(log_newest(&l->key, &newest, err));
	*shut = newest.size > l->head.size && restored < (int64_t)newest.size;
	if (!*shut)
		return FJ_OK;
	snprintf(en, sizeof(en), "the signer's memory is older than the public log: it knows %llu leaves, a checkpoint of %llu was given out; nothing is signed until two officers restore it (fujie log restore)",
	    (unsigned long long)l->head.size, (unsigned long long)newest.size);
	snprintf(zh, sizeof(zh), "签名程序的记录早于公开日志：其记录为 %llu 条，而已公布 %llu 条的检查点；在两名经办人恢复之前（fujie log restore）不予签发",
	    (unsigned long long)l->head.size, (unsigned long long)newest.size);
	close_for(l, en, zh);
	return FJ_OK;
}

/* Until two officers have agreed to it: what it issued since would be issued once more. */
static enum fj_rc from_backup(struct iss_log *l, struct sto *db, bool *shut, struct fj_err *err)
{
	char en[320], zh[480], at[FJ_TIME_CAP];
	int64_t made, seq;

	FJ_TRY(noted(db, "backup", &made, &seq, err));
	*shut = made > 0;
	if (!*shut)
		return FJ_OK;
	fj_time_china(made, at);
	snprintf(en, sizeof(en), "this home was restored from a backup of %s; what was done since then is unknown here but for what was published; nothing is signed until two officers take it as it is (fujie log restore)", at);
	snprintf(zh, sizeof(zh), "本系统由 %s 的备份恢复；此后所办事项，除已公布的以外，本系统均无记录；在两名经办人确认（fujie log restore）之前不予签发", at);
	close_for(l, en, zh);
	return FJ_OK;
}

static enum fj_rc compare_all(struct iss_log *l, struct sto *db, int64_t restored, bool *good, struct fj_err *err)
{
	bool shut, backup;

	*good = false;
	FJ_TRY(signer_open(l, &shut, err));
	FJ_TRY(from_backup(l, db, &backup, err));
	if (shut || backup)
		return FJ_OK;
	FJ_TRY(signer_current(l, restored, &shut, err));
	return shut ? FJ_OK : take_up(l, db, good, err);
}

/* It is opened when all was found as it must be, and not before; one that was closed is looked at again when the
 * register has changed, which only a restore does.  The head that the signer remembers may have been signed for
 * nobody: it is signed again before anything rests on it. */
static enum fj_rc begin(struct iss *i, struct sto *db, struct fj_err *err)
{
	struct iss_log *l = &i->log;
	struct fj_checkpoint head = {.size = 0};
	struct fj_buf none = FJ_BUF_INIT(0);
	int64_t leaves, restored, seq;
	enum spr_state spare;
	const char *en, *zh;
	bool good;

	FJ_TRY(log_count(db, &leaves, err));
	FJ_TRY(noted(db, "restored", &restored, &seq, err));
	if (l->shut && l->spare == SPR_NONE && leaves == l->shut_leaves && seq == l->shut_restored)
		return FJ_OK;
	FJ_TRY(iss_signer(i, &l->signer, err));
	FJ_TRY(spr_look(i, db, l->signer, &spare, err));
	l->spare = spare;
	if (spare != SPR_NONE) {
		spr_why(spare, &en, &zh);
		close_for(l, en, zh);
		return FJ_OK;
	}
	FJ_TRY(names(i, err));
	memcpy(head.origin, l->key.name, sizeof(head.origin));
	FJ_TRY(hsm_log_head(l->signer, &head.size, &head.root, err));
	pthread_mutex_lock(&l->given);
	set_head(l, &head, &none);
	pthread_mutex_unlock(&l->given);
	l->signed_at = 0;
	FJ_TRY(compare_all(l, db, restored, &good, err));
	l->shut_leaves = leaves;
	l->shut_restored = seq;
	l->open = good;
	if (good)
		l->shut = false;
	return FJ_OK;
}

/* without a signer nothing is signed; what was given out can be read */
static enum fj_rc open_to_read(struct iss_log *l)
{
	struct fj_checkpoint c;

	log_edge_init(&l->edge, true);
	fj_buf_clear(&l->note);
	if (given_out(NULL, &c, &l->note))
		l->head = c;
	return FJ_OK;
}

enum fj_rc log_open(struct iss *i, struct fj_err *err)
{
	struct iss_log *l = &i->log;
	struct sto *db;

	pthread_mutex_init(&l->lock, NULL);
	pthread_mutex_init(&l->given, NULL);
	fj_buf_init(&l->note, FJ_NOTE_MAX);
	log_edge_init(&l->edge, true);
	if (!i->conf.with_signer)
		return open_to_read(l);
	FJ_TRY(iss_reader_take(i, &db, err));
	enum fj_rc rc = begin(i, db, err);
	iss_reader_give(i, db);
	if (l->shut)
		fj_log(FJ_LOG_ERROR, "the public log is closed: %s", l->closed);
	return rc;
}

void log_close(struct iss_log *l)
{
	iss_signer_drop(&l->signer);
	log_edge_release(&l->edge);
	fj_buf_release(&l->note);
}

/* --- moving on --- */

static enum fj_rc advance(struct iss *i, struct sto *db, struct fj_err *err)
{
	struct iss_log *l = &i->log;
	int64_t end;

	if (!l->open)
		FJ_TRY(begin(i, db, err));
	FJ_TRY(log_check_open(l, err));
	FJ_TRY(each(db, (int64_t)l->edge.tree.size, INT64_MAX, grow, &l->edge, &end, err));
	if (l->edge.tree.size == 0 || (l->edge.tree.size == l->head.size && l->note.len > 0 && fj_now() - l->signed_at < AGAIN))
		return FJ_OK;
	FJ_TRY(log_edge_write(&l->edge, err));
	return sign_edge(i, err);
}

enum fj_rc log_advance(struct iss *i, struct fj_err *err)
{
	struct iss_log *l = &i->log;
	struct sto *db;

	if (!i->conf.with_signer)
		return FJ_OK;
	pthread_mutex_lock(&l->lock);
	enum fj_rc rc = iss_reader_take(i, &db, err);
	if (rc == FJ_OK) {
		rc = advance(i, db, err);
		iss_reader_give(i, db);
	}
	if (rc != FJ_OK) { /* what is in memory may be ahead of files and signer: it is taken up anew */
		l->open = false;
		iss_signer_drop(&l->signer);
	}
	pthread_mutex_unlock(&l->lock);
	return rc;
}

int64_t log_size(struct iss *i)
{
	struct fj_checkpoint head;

	return log_given(i, &head, NULL, NULL) == FJ_OK ? (int64_t)head.size : 0;
}
