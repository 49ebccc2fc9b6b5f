/*
 * check.c - is what came out of a backup a home of one piece?
 *
 * A backup proves that nobody changed it since it was made; it does not prove by whom, nor that the home was whole.  So the signer's log is
 * read by its chain, the register by SQLite's own check and the chain of its events, and the published log by its key: the
 * register's leaves have to be those of the tree that was signed.  What events mean for tables, and whether each credential is true,
 * `fujie audit verify` shows, with the rules of the register; the signer reads its log again when it starts.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/leaf.h"
#include "base/tiles.h"
#include "issuer/backup/bak.h"
#include "issuer/core.h"

#define LOG "signer/audit.log"
#define RECORD_MAX (32u << 20) /* hsm/audit.c */
#define TOLD 5000
#define PAGE 256

static enum fj_rc broken(struct fj_err *err, const char *en, const char *zh, int64_t at)
{
	char n[24];

	snprintf(n, sizeof(n), "%lld", (long long)at);
	return bak_no(err, FJ_E_CORRUPT, en, zh, n);
}

/* --- the signer's log: u32 length of the rest; the rest, whose last 32 octets are SHA-256 over the hash before and what stands before them --- */

struct records {
	int fd;
	struct fj_hash last;
	struct fj_buf one;
	int64_t n;
};

static void records_release(struct records *r)
{
	fj_fd_close(&r->fd);
	fj_buf_release(&r->one);
}
FJ_DEFINE_AUTO(records, struct records, records_release)

static bool chained(struct records *r)
{
	crypto_hash_sha256_state st;
	struct fj_hash want;
	size_t n = r->one.len;

	if (n <= FJ_SHA256_LEN)
		return false;
	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, r->last.b, FJ_SHA256_LEN);
	crypto_hash_sha256_update(&st, r->one.data, n - FJ_SHA256_LEN);
	crypto_hash_sha256_final(&st, want.b);
	r->last = want;
	return memcmp(want.b, r->one.data + n - FJ_SHA256_LEN, FJ_SHA256_LEN) == 0;
}

/* *whole false: the file ends here, or inside a record, as it does when it was copied while one was written */
static enum fj_rc record(struct records *r, int64_t left, bool *whole, int64_t *octets, struct fj_err *err)
{
	uint8_t len[4];

	*whole = left >= 4;
	if (!*whole)
		return FJ_OK;
	FJ_TRY(fj_read_all(r->fd, len, 4, err));
	size_t n = (size_t)len[0] << 24 | (size_t)len[1] << 16 | (size_t)len[2] << 8 | len[3];
	*whole = (int64_t)n <= left - 4;
	if (!*whole || n > RECORD_MAX)
		return *whole ? broken(err, "record %s of the signer's audit log is too long", "签名服务审计日志第 %s 条记录过长", r->n + 1) : FJ_OK;
	fj_buf_clear(&r->one);
	uint8_t *p = fj_buf_reserve(&r->one, n);
	if (p == NULL)
		return fj_no_memory(err, BAK_LAYER);
	FJ_TRY(fj_read_all(r->fd, p, n, err));
	r->one.len = n;
	*octets = 4 + (int64_t)n;
	return chained(r) ? FJ_OK : broken(err, "record %s of the signer's audit log does not match its chain", "签名服务审计日志第 %s 条记录与散列链不符", r->n + 1);
}

static enum fj_rc check_records(int64_t *n, struct fj_err *err)
{
	FJ_AUTO(records) r = {.fd = open(LOG, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), .one = FJ_BUF_INIT(RECORD_MAX)};
	struct stat st;
	int64_t octets = 0;
	bool whole = true;

	if (r.fd < 0 || fstat(r.fd, &st) != 0)
		return fj_fail_errno(err, BAK_LAYER, "open " LOG);
	for (int64_t left = st.st_size; whole; left -= octets) {
		FJ_TRY(record(&r, left, &whole, &octets, err));
		r.n += whole;
	}
	*n = r.n;
	return FJ_OK;
}

/* --- the register --- */

static enum fj_rc event_page(struct sto *db, struct fj_hash *before, int64_t *seq, bool *more, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_EVENT_ALL, &q, err, "i", *seq));
	for (bool any = false;; any = true) {
		FJ_TRY(sto_step(&q, more, err));
		if (!*more) {
			*more = any;
			return FJ_OK;
		}
		if (sto_int(&q, 0) != *seq + 1 || !evt_row_true(&q, FJ_SLICE(before->b, FJ_SHA256_LEN)))
			return broken(err, "the register's events do not match their chain at event %s", "登记库的事件在第 %s 条与散列链不符", *seq + 1);
		memcpy(before->b, sto_blob(&q, 8).p, FJ_SHA256_LEN);
		++*seq;
	}
}

static enum fj_rc check_events(struct sto *db, int64_t *n, struct fj_err *err)
{
	struct fj_hash before = {{0}};
	bool more = true;

	for (*n = 0; more;)
		FJ_TRY(event_page(db, &before, n, &more, err));
	return FJ_OK;
}

/* nothing is kept of what is full: only the root is wanted */
static enum fj_rc forget(void *user, const struct fj_tile *t, struct fj_slice hashes, struct fj_err *err)
{
	(void)user;
	(void)t;
	(void)hashes;
	(void)err;
	return FJ_OK;
}

static enum fj_rc leaf_page(struct sto *db, struct fj_edge *g, int64_t until, bool *more, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct fj_hash h;
	int64_t from = (int64_t)g->size;

	FJ_TRY(sto_query(db, STO_LEAF_FROM, &q, err, "iii", from, until, (int64_t)PAGE));
	for (;;) {
		FJ_TRY(sto_step(&q, more, err));
		if (!*more) {
			*more = (int64_t)g->size > from;
			return FJ_OK;
		}
		if (sto_int(&q, 0) != (int64_t)g->size)
			return broken(err, "leaf %s is missing from the register", "登记库缺少日志条目 %s", (int64_t)g->size);
		fj_leaf_hash(fj_slice_str(sto_text(&q, 1)), &h);
		FJ_TRY(fj_edge_add(g, &h, forget, NULL, err));
	}
}

static enum fj_rc count_leaves(struct sto *db, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_LEAF_LAST, &q, err, ""));
	FJ_TRY(sto_step(&q, &row, err));
	*n = row ? sto_int(&q, 0) + 1 : 0;
	return FJ_OK;
}

/* as far as both go, the register's leaves are those of the tree that was signed */
static enum fj_rc check_leaves(struct sto *db, const struct fj_checkpoint *head, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(edge) g;
	struct fj_tile_folder f = {AT_FDCWD, "publish/log"};
	struct fj_tiles tiles = {fj_tile_read, &f};
	struct fj_hash mine, theirs;
	bool more = true;

	fj_edge_init(&g);
	FJ_TRY(count_leaves(db, n, err));
	int64_t both = *n < (int64_t)head->size ? *n : (int64_t)head->size;
	while (more)
		FJ_TRY(leaf_page(db, &g, both, &more, err));
	if (both == 0)
		return FJ_OK;
	fj_edge_root(&g, &mine);
	FJ_TRY(fj_tree_root(&tiles, (uint64_t)both, &theirs, err));
	return (int64_t)g.size == both && fj_hash_eq(&mine, &theirs) ? FJ_OK : broken(err, "the first %s leaves of the register are not those of the log that was published", "登记库的前 %s 条日志条目与已公布的日志不符", both);
}

static enum fj_rc check_register(struct bak_checked *out, struct fj_err *err)
{
	struct sto *db = NULL;

	FJ_TRY(sto_copy_open(BAK_REGISTER, false, &db, err));
	enum fj_rc rc = sto_sound(db, err);
	if (rc == FJ_OK)
		rc = check_events(db, &out->events, err);
	if (rc == FJ_OK)
		rc = check_leaves(db, &out->head, &out->leaves, err);
	sto_close(db);
	return rc;
}

/* --- the published log --- */

enum fj_rc bak_head(const struct fj_vkey *key, int dir, const char *folder, struct fj_checkpoint *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_tile_folder f = {dir, folder};
	struct fj_tiles tiles = {fj_tile_read, &f};
	struct fj_hash root;
	struct fj_note n;
	char path[300];

	memset(out, 0, sizeof(*out));
	snprintf(path, sizeof(path), "%.280s/checkpoint", folder);
	FJ_TRY(fj_file_read(dir, path, &text, err));
	FJ_TRY(fj_note_read(fj_buf_slice(&text), &n, err));
	FJ_TRY(fj_checkpoint_read(n.text, out, err));
	if (strcmp(out->origin, key->name) != 0 || fj_note_verify(&n, key, NULL, NULL) != FJ_OK)
		return bak_no(err, FJ_E_SIGNATURE, "the checkpoint in %.120s is not of this home's log, by its key; bring what this home has published", "%.120s 中的检查点不是本系统公开日志的密钥所签；请提供本系统所公布的内容", folder);
	if (out->size == 0)
		return FJ_OK;
	FJ_TRY(fj_tree_root(&tiles, out->size, &root, err));
	return fj_hash_eq(&root, &out->root) ? FJ_OK
	    : bak_no(err, FJ_E_SIGNATURE, "the tiles in %.120s are not those of the checkpoint that lies beside them; bring them from another copy", "%.120s 中的分片与其检查点不符；请从其他副本取回", folder);
}

/* --- leaves by what they say --- */

static enum fj_rc tell(json_t *out, uint64_t n, struct fj_slice text, struct fj_err *err)
{
	FJ_AUTO(json) leaf = NULL;
	char at[FJ_TIME_CAP];

	FJ_TRY(fj_json_parse(text, FJ_LEAF_MAX, &leaf, err));
	fj_time_utc(fj_json_num(leaf, "at"), at);
	json_t *one = json_pack("{s:I, s:s, s:s, s:s, s:s}", "n", (json_int_t)n, "event", fj_json_text(leaf, "event"), "kind", fj_json_text(leaf, "kind"), "id", fj_json_text(leaf, "id"), "at", at);
	return json_array_append_new(out, one) == 0 ? FJ_OK : fj_no_memory(err, BAK_LAYER);
}

static enum fj_rc tell_bundle(json_t *out, const struct fj_checkpoint *head, uint64_t from, uint64_t *next, struct fj_err *err)
{
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	struct fj_tile_folder f = {AT_FDCWD, "publish/log"};
	struct fj_tile t = fj_tile_at(0, from, head->size);
	struct fj_slice rest, entry;

	t.entries = true;
	FJ_TRY(fj_tile_read(&f, &t, &bundle, err));
	rest = fj_buf_slice(&bundle);
	for (uint64_t n = from / FJ_TILE_WIDTH * FJ_TILE_WIDTH; n < head->size && rest.len > 0 && json_array_size(out) < TOLD; n++) {
		FJ_TRY(fj_entry_next(&rest, &entry));
		if (n >= from)
			FJ_TRY(tell(out, n, entry, err));
	}
	*next = from / FJ_TILE_WIDTH * FJ_TILE_WIDTH + FJ_TILE_WIDTH;
	return FJ_OK;
}

enum fj_rc bak_leaves(const struct fj_checkpoint *head, int64_t from, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();

	if (list == NULL)
		return fj_no_memory(err, BAK_LAYER);
	for (uint64_t n = (uint64_t)from; n < head->size && json_array_size(list) < TOLD;)
		FJ_TRY(tell_bundle(list, head, n, &n, err));
	*out = fj_move(list);
	return FJ_OK;
}

/* --- all of it --- */

/* the home that the header names is the one that is inside */
static enum fj_rc check_key(const struct fj_backup *b, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1024);
	struct fj_vkey key;

	FJ_TRY(fj_file_read(AT_FDCWD, "publish/trust/log.vkey", &text, err));
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	FJ_TRY(fj_vkey_read(fj_buf_slice(&text), &key, err));
	return strcmp(key.name, b->log.name) == 0 && memcmp(key.key, b->log.key, sizeof(key.key)) == 0 ? FJ_OK
	    : fj_refuse(err, FJ_E_CORRUPT, BAK_LAYER, FJ_BACKUP_CITE, "what is in the backup is another home than its header says", "备份中的系统与文件头所称的不是同一系统");
}

enum fj_rc bak_check(const struct fj_backup *b, struct bak_checked *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	FJ_TRY(check_key(b, err));
	FJ_TRY(check_records(&out->records, err));
	enum fj_rc rc = bak_head(&b->log, AT_FDCWD, "publish/log", &out->head, err);
	if (rc != FJ_OK && rc != FJ_E_NOTFOUND)
		return rc;
	return check_register(out, err);
}
