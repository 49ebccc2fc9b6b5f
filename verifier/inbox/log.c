/*
 * log.c - a package's part of the public log: believed only when it continues the one
 * that is here.
 *
 * Whoever signs packages signs the log, too, or stands beside who does; so a package that
 * is signed rightly can still show another history than the one that this mirror, and all
 * who asked it, were shown before.  Two signed checkpoints of which one does not lead to
 * the other are the proof: the package is refused, both are kept in publish/log/fork, and
 * this mirror's health is red until a person has looked.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/tiles.h"
#include "verifier/inbox/inbox.h"

#define CHECKPOINT "log/checkpoint"
#define CITE "formats.md 19"

static struct fj_tile_folder here = {AT_FDCWD, "publish/log"}, staged = {AT_FDCWD, "inbox/stage/log"};

/* --- tiles --- */

/* of this package, as it is, or cut from a wider one */
static bool own_tile(const struct inb_log *l, const struct fj_tile *t, struct fj_slice *out)
{
	const char *path;
	struct fj_slice data;
	struct fj_tile is;
	size_t at = 0;

	for (size_t k = 0; fj_package_file(l->p, k, &at, &path, &data); k++)
		if (strncmp(path, "log/tile/", 9) == 0 && fj_tile_parse(path + 4, &is) == FJ_OK && is.entries == t->entries && is.level == t->level && is.n == t->n && is.width >= t->width &&
		    fj_tile_cut(t->entries, t->width, false, data, out) == FJ_OK)
			return true;
	return false;
}

enum fj_rc inb_tile_then(void *user, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	const struct inb_log *l = user;
	struct fj_slice own;

	if (own_tile(l, t, &own))
		return fj_buf_put(out, own.p, own.len) == FJ_OK ? FJ_OK : fj_no_memory(err, "inbox");
	enum fj_rc rc = l->first ? FJ_E_NOTFOUND : fj_tile_read(&staged, t, out, NULL);
	if (rc == FJ_OK)
		return rc;
	fj_buf_clear(out);
	return fj_tile_read(&here, t, out, err);
}

/* --- two histories --- */

static enum fj_rc no(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "inbox", CITE, en, zh);
}

struct pair {
	struct fj_buf ours, theirs;       /* bytes; ours empty: none is here */
	struct fj_checkpoint had, shown;
};
static void pair_release(struct pair *c)
{
	fj_buf_release(&c->ours);
	fj_buf_release(&c->theirs);
}
FJ_DEFINE_AUTO(pair, struct pair, pair_release)

static enum fj_rc keep_fork(const struct inb_log *l, const struct pair *c, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8 * FJ_NOTE_MAX);
	char name[64];

	snprintf(name, sizeof(name), "%s %lld", l->p->snapshot ? "snapshot" : "package", (long long)l->p->seq);
	FJ_AUTO(json) j = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "at", (json_int_t)(fj_real_ms() / 1000), "by", "mirror", "name", name, "why", "package",
	    "size", (json_int_t)c->had.size, "seen", (json_int_t)c->shown.size, "ours", fj_buf_str(&c->ours), "theirs", fj_buf_str(&c->theirs));
	FJ_TRY(j == NULL ? fj_no_memory(err, "inbox") : fj_json_canonical(j, &text, err));
	return fj_file_replace(AT_FDCWD, "publish/log/fork", fj_buf_slice(&text), 0644, err);
}

static enum fj_rc forked(const struct inb_log *l, const struct pair *c, struct fj_err *err)
{
	struct fj_err why = {.rc = FJ_OK};

	if (access("publish/log/fork", F_OK) != 0 && keep_fork(l, c, &why) != FJ_OK)
		fj_log_err(FJ_LOG_ERROR, "publish/log/fork", &why);
	fj_fail(err, FJ_E_INVALID, "inbox", CITE, "two histories of the public log: the package's checkpoint of %llu leaves and the one here of %llu do not belong to one tree; both are kept in publish/log/fork",
	    (unsigned long long)c->shown.size, (unsigned long long)c->had.size);
	fj_err_zh(err, "公开日志出现两个历史：数据包的检查点（%llu 条）与此处的检查点（%llu 条）不属同一棵树；两份均已保存于 publish/log/fork", (unsigned long long)c->shown.size, (unsigned long long)c->had.size);
	return FJ_E_INVALID;
}

/* --- checkpoints --- */

static enum fj_rc verify(const struct inb_log *l, struct fj_slice bytes, struct fj_checkpoint *out, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) vkey = FJ_BUF_INIT(1024);

	if (inb_file_now(l->p, l->first, "trust/log.pem", &pem, NULL) != FJ_OK || inb_file_now(l->p, l->first, "trust/log.vkey", &vkey, NULL) != FJ_OK)
		return no(err, "there is a checkpoint of a log whose keys are not here", "有检查点而没有日志密钥");
	return ver_package_checkpoint(l->trust, l->p, fj_buf_slice(&pem), fj_buf_slice(&vkey), bytes, out, err);
}

/* ours was verified when it was taken in */
static enum fj_rc read_ours(struct pair *c, struct fj_err *err)
{
	struct fj_note note;

	fj_empty_hash(&c->had.root);
	fj_buf_init(&c->ours, FJ_NOTE_MAX);
	fj_buf_init(&c->theirs, FJ_NOTE_MAX);
	enum fj_rc rc = fj_file_read(AT_FDCWD, "publish/" CHECKPOINT, &c->ours, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	FJ_TRY(fj_note_read(fj_buf_slice(&c->ours), &note, err));
	return fj_checkpoint_read(note.text, &c->had, err);
}

enum fj_rc inb_log_evident(const struct inb_log *l, struct fj_err *err)
{
	FJ_AUTO(pair) c = {.had = {.size = 0}};
	struct fj_tiles tiles = {fj_tile_read, &here};
	struct fj_slice theirs;
	struct fj_hash root;

	FJ_TRY(read_ours(&c, err));
	if (c.ours.len == 0 || !inb_file_of(l->p, CHECKPOINT, &theirs))
		return FJ_OK;
	FJ_TRY(verify(l, theirs, &c.shown, err));
	if (c.shown.size > c.had.size)
		return FJ_OK;
	FJ_TRY(fj_buf_put(&c.theirs, theirs.p, theirs.len) == FJ_OK ? FJ_OK : fj_no_memory(err, "inbox"));
	FJ_TRY(fj_tree_root(&tiles, c.shown.size, &root, err));
	return fj_hash_eq(&root, &c.shown.root) ? FJ_OK : forked(l, &c, err);
}

/* from the tree that is here to that of the package, by the tiles that there are then */
static enum fj_rc check_follows(const struct inb_log *l, const struct pair *c, struct fj_err *err)
{
	struct fj_tiles tiles = {inb_tile_then, (void *)(uintptr_t)l};
	struct fj_path path = {.n = 0};
	struct fj_hash root;

	if (c->shown.size < c->had.size)
		return no(err, "the public log in the package is shorter than the one here: it would roll back", "数据包中的公开日志比现有的短（回退）");
	if (fj_tree_root(&tiles, c->shown.size, &root, NULL) != FJ_OK || !fj_hash_eq(&root, &c->shown.root))
		return no(err, "the tiles of the public log do not give the root of the package's checkpoint", "公开日志的数据块不能得出数据包检查点的根");
	if (c->had.size > 0 && c->had.size < c->shown.size)
		FJ_TRY(fj_tree_consistency(&tiles, c->had.size, c->shown.size, &path, err));
	return fj_path_consistent(&path, c->had.size, &c->had.root, c->shown.size, &c->shown.root) ? FJ_OK : forked(l, c, err);
}

/* --- files --- */

/* each entry of a bundle is the one whose hash is in the tree */
static enum fj_rc check_bundle(const struct inb_log *l, struct fj_tile t, struct fj_slice data, struct fj_err *err)
{
	FJ_AUTO(buf) tile = FJ_BUF_INIT(FJ_TILE_OCTETS);
	struct fj_slice entry;
	struct fj_hash h;

	t.entries = false;
	if (inb_tile_then((void *)(uintptr_t)l, &t, &tile, NULL) != FJ_OK)
		return no(err, "there is no tile for a bundle of the public log", "公开日志条目包缺少对应的数据块");
	for (size_t k = 0; fj_entry_next(&data, &entry) == FJ_OK; k++) {
		fj_leaf_hash(entry, &h);
		if (memcmp(h.b, tile.data + k * FJ_SHA256_LEN, FJ_SHA256_LEN) != 0)
			return no(err, "an entry of the public log is not the one whose hash is in its tree", "公开日志的条目与树中的哈希不符");
	}
	return FJ_OK;
}

/* a full tile is the subtree whose hash stands in the one above it: so each hangs from the edge, whose root is signed */
static enum fj_rc check_above(const struct inb_log *l, const struct fj_tile *t, struct fj_slice data, struct fj_err *err)
{
	FJ_AUTO(buf) above = FJ_BUF_INIT(FJ_TILE_OCTETS);
	struct fj_tile up = {.level = t->level + 1, .n = t->n / FJ_TILE_WIDTH, .width = (unsigned)(t->n % FJ_TILE_WIDTH) + 1};
	struct fj_hash h;

	fj_subtree_hash(data.p, FJ_TILE_WIDTH, &h);
	if (up.level < FJ_TILE_LEVELS && inb_tile_then((void *)(uintptr_t)l, &up, &above, NULL) == FJ_OK && memcmp(above.data + (up.width - 1) * FJ_SHA256_LEN, h.b, FJ_SHA256_LEN) == 0)
		return FJ_OK;
	return no(err, "a tile of the public log is not the one whose hash stands above it", "公开日志的数据块与上一层的哈希不符");
}

static enum fj_rc check_tile(const struct inb_log *l, const struct fj_tile *t, struct fj_slice data, struct fj_err *err)
{
	if (fj_tile_cut(t->entries, t->width, true, data, &data) != FJ_OK)
		return no(err, "a tile of the public log is not as wide as its name says", "公开日志数据块的宽度与其文件名不符");
	if (t->entries)
		return check_bundle(l, *t, data, err);
	return t->width == FJ_TILE_WIDTH ? check_above(l, t, data, err) : FJ_OK;
}

static enum fj_rc check_file(const struct inb_log *l, const char *path, struct fj_slice data, struct fj_err *err)
{
	FJ_AUTO(buf) before = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	struct fj_tile t;
	char now[300];

	snprintf(now, sizeof(now), "publish/%.200s", path);
	bool there = fj_file_read(AT_FDCWD, now, &before, NULL) == FJ_OK, same = there && fj_slice_eq(fj_buf_slice(&before), data);
	if (strcmp(path, "trust/log.vkey") == 0)
		return !there || same ? FJ_OK : no(err, "the package brings another key of the public log: a log's key is its name, it does not change", "数据包更换了公开日志的密钥：日志密钥即其身份，不得更换");
	if (strncmp(path, "log/tile/", 9) != 0 || fj_tile_parse(path + 4, &t) != FJ_OK)
		return FJ_OK;
	if (there && !same)
		return no(err, "the package brings another tile in the place of one that is here: tiles do not change", "数据包以不同内容替换现有数据块：数据块不得更改");
	return check_tile(l, &t, data, err);
}

static enum fj_rc check_cosigned(const struct inb_log *l, const struct pair *c, struct fj_slice bytes, struct fj_err *err)
{
	struct fj_tiles tiles = {inb_tile_then, (void *)(uintptr_t)l};
	struct fj_checkpoint at;
	struct fj_hash root;

	FJ_TRY(verify(l, bytes, &at, err));
	if (at.size <= c->shown.size && fj_tree_root(&tiles, at.size, &root, NULL) == FJ_OK && fj_hash_eq(&root, &at.root))
		return FJ_OK;
	return no(err, "the cosigned checkpoint is none of the package's log", "已副署的检查点不属于数据包中的日志");
}

enum fj_rc inb_log_check(const struct inb_log *l, struct fj_err *err)
{
	FJ_AUTO(pair) c = {.had = {.size = 0}};
	struct fj_slice data;
	const char *path;
	size_t at = 0;

	FJ_TRY(read_ours(&c, err));
	enum fj_rc rc = l->p->last ? inb_file_now(l->p, l->first, CHECKPOINT, &c.theirs, err) : FJ_E_NOTFOUND;
	bool any = rc == FJ_OK;
	if (any && !fj_slice_eq(fj_buf_slice(&c.theirs), fj_buf_slice(&c.ours))) {
		FJ_TRY(verify(l, fj_buf_slice(&c.theirs), &c.shown, err));
		FJ_TRY(check_follows(l, &c, err));
	} else if (any) {
		c.shown = c.had;
	}
	for (size_t k = 0; fj_package_file(l->p, k, &at, &path, &data); k++)
		FJ_TRY(check_file(l, path, data, err));
	if (any)
		FJ_TRY(inb_lists_logged(l, c.shown.size, err));
	FJ_AUTO(buf) cosigned = FJ_BUF_INIT(FJ_NOTE_MAX);
	return any && inb_file_now(l->p, l->first, "log/cosigned", &cosigned, NULL) == FJ_OK ? check_cosigned(l, &c, fj_buf_slice(&cosigned), err) : FJ_OK;
}
