/*
 * verify.c - a whole log against its signed checkpoint, from the leaves up.
 *
 * Leaves are read bundle by bundle; their hashes fill a tile of level 0, which is held
 * against the file; a full tile's root fills a hash of the level above.  So every hash of
 * every tile is computed from the leaves, and what is kept is one tile a level.  Then the
 * root, then what lies in the folder beside: narrower tiles of former checkpoints have to
 * be the beginnings of today's, and nothing else may lie there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "verifier/log/log.h"

#define GROWTH_MS 100 /* a log that runs writes tiles first, then the checkpoint */
#define GROWTH_TRIES 30
#define PATH_MAX_DEPTH 12

struct check {
	struct vlg_log *l;
	vlg_each each;
	void *user;
	struct vlg_seen *seen;
	struct vlg_fault *f;
	struct fj_buf bundle, tile;
	struct fj_edge edge;
};
static void check_release(struct check *c)
{
	fj_buf_release(&c->bundle);
	fj_buf_release(&c->tile);
	fj_edge_release(&c->edge);
}

/* --- faults --- */

enum fj_rc vlg_bad(struct vlg_fault *f, enum fj_rc rc, const char *what, const char *file, int64_t leaf, int64_t octet, struct fj_err *err,
    const char *en, const char *zh)
{
	char at_en[96] = "", at_zh[96] = "";
	int n = 0, m = 0;

	if (f != NULL) {
		*f = (struct vlg_fault){.what = what, .leaf = leaf, .octet = octet};
		snprintf(f->file, sizeof(f->file), "%s", file == NULL ? "" : file);
	}
	if (leaf >= 0) {
		n = snprintf(at_en, sizeof(at_en), ", leaf %lld", (long long)leaf);
		m = snprintf(at_zh, sizeof(at_zh), "，叶 %lld", (long long)leaf);
	}
	if (octet >= 0) {
		snprintf(at_en + n, sizeof(at_en) - (size_t)n, ", octet %lld", (long long)octet);
		snprintf(at_zh + m, sizeof(at_zh) - (size_t)m, "，第 %lld 字节", (long long)octet);
	}
	fj_fail(err, rc, "log", "formats.md 19", "%s%s: %s", file == NULL ? "log" : file, at_en, en);
	fj_err_zh(err, "%s%s：%s", file == NULL ? "日志" : file, at_zh, zh);
	return rc;
}

json_t *vlg_fault_json(const struct vlg_fault *f)
{
	json_t *j = json_pack("{s:s, s:s}", "what", f->what == NULL ? "" : f->what, "file", f->file);

	if (f->leaf >= 0)
		json_object_set_new(j, "leaf", json_integer(f->leaf));
	if (f->octet >= 0)
		json_object_set_new(j, "octet", json_integer(f->octet));
	return j;
}

/* index of the first leaf under a hash of a level */
static int64_t leaf_of(unsigned level, uint64_t index)
{
	return (int64_t)(level * 8 >= 63 ? 0 : index << (level * 8));
}

/* --- reading --- */

static enum fj_rc read_tile(struct check *c, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	char path[FJ_TILE_PATH];
	int64_t first = leaf_of(t->level, t->n * FJ_TILE_WIDTH);

	fj_tile_path(t, path);
	fj_buf_clear(out);
	enum fj_rc rc = vlg_read(c->l, t, out, err);
	if (rc == FJ_E_NOTFOUND)
		return vlg_bad(c->f, rc, "missing", path, first, -1, err, "the file is missing", "文件缺失");
	if (rc != FJ_OK && rc != FJ_E_LIMIT)
		return rc;
	size_t want = (size_t)t->width * FJ_SHA256_LEN;
	if (rc == FJ_E_LIMIT || (!t->entries && out->len != want)) {
		int64_t at = (int64_t)(out->len < want ? out->len : want);
		return vlg_bad(c->f, FJ_E_INVALID, "length", path, first, at, err, "the file has another length than its tree gives it", "文件长度与树不符");
	}
	return FJ_OK;
}

/* what was computed against the file of that tile */
static enum fj_rc settle(void *check, const struct fj_tile *t, struct fj_slice hashes, struct fj_err *err)
{
	struct check *c = check;
	char path[FJ_TILE_PATH];

	FJ_TRY(read_tile(c, t, &c->tile, err));
	fj_tile_path(t, path);
	for (unsigned i = 0; i < t->width; i++)
		if (memcmp(c->tile.data + i * FJ_SHA256_LEN, hashes.p + i * FJ_SHA256_LEN, FJ_SHA256_LEN) != 0)
			return vlg_bad(c->f, FJ_E_SIGNATURE, "tile", path, leaf_of(t->level, t->n * FJ_TILE_WIDTH + i), (int64_t)i * FJ_SHA256_LEN, err,
			    t->level == 0 ? "the hash is not that of the entry in its bundle" : "the hash is not that of the tile below",
			    t->level == 0 ? "散列值与条目包中的条目不符" : "散列值与下层不符");
	c->seen->files++;
	return FJ_OK;
}

/* --- leaves --- */

static void count(struct check *c, const json_t *leaf)
{
	const char *event = fj_json_text(leaf, "event");

	for (size_t i = 0; fj_leaf_events[i] != NULL; i++)
		if (strcmp(event, fj_leaf_events[i]) == 0)
			c->seen->events[i]++;
	c->seen->leaves++;
}

static enum fj_rc take(struct check *c, const char *path, uint64_t index, size_t octet, struct fj_slice entry, struct fj_err *err)
{
	FJ_AUTO(json) leaf = NULL;
	struct fj_err why = {0};
	struct fj_hash hash;

	enum fj_rc rc = fj_leaf_read(entry, index, &leaf, &why);
	if (rc != FJ_OK) {
		vlg_bad(c->f, fj_rc_exit(rc) == 1 ? rc : FJ_E_INVALID, "leaf", path, (int64_t)index, (int64_t)octet, err, why.en, "条目不是规范的叶");
		return err == NULL ? rc : err->rc;
	}
	fj_leaf_hash(entry, &hash);
	count(c, leaf);
	if (c->each != NULL)
		FJ_TRY(c->each(c->user, index, entry, leaf, &hash, c->f, err));
	return fj_edge_add(&c->edge, &hash, settle, c, err);
}

static enum fj_rc bundle(struct check *c, uint64_t n, struct fj_err *err)
{
	struct fj_tile t = fj_tile_at(0, n * FJ_TILE_WIDTH, c->l->head.size);
	struct fj_slice rest, entry;
	char path[FJ_TILE_PATH];

	t.entries = true;
	fj_tile_path(&t, path);
	FJ_TRY(read_tile(c, &t, &c->bundle, err));
	rest = fj_buf_slice(&c->bundle);
	for (unsigned i = 0; i < t.width; i++) {
		size_t octet = c->bundle.len - rest.len;
		uint64_t index = n * FJ_TILE_WIDTH + i;
		if (fj_entry_next(&rest, &entry) != FJ_OK)
			return vlg_bad(c->f, FJ_E_PARSE, "length", path, (int64_t)index, (int64_t)octet, err, "the bundle is cut within an entry", "条目包在条目中被截断");
		FJ_TRY(take(c, path, index, octet + 2, entry, err));
	}
	c->seen->files++;
	return rest.len == 0 ? FJ_OK
	    : vlg_bad(c->f, FJ_E_INVALID, "length", path, -1, (int64_t)(c->bundle.len - rest.len), err, "the bundle has more than its entries", "条目包含有多余内容");
}

static enum fj_rc tree(struct check *c, struct fj_err *err)
{
	struct fj_hash root;

	for (uint64_t n = 0; n * FJ_TILE_WIDTH < c->l->head.size; n++)
		FJ_TRY(bundle(c, n, err));
	for (unsigned level = 0; level < FJ_TILE_LEVELS; level++) {
		struct fj_tile t = fj_edge_last(&c->edge, level);
		if (t.width > 0)
			FJ_TRY(settle(c, &t, fj_buf_slice(&c->edge.hash[level]), err));
	}
	fj_edge_root(&c->edge, &root);
	if (!fj_hash_eq(&root, &c->l->head.root))
		return vlg_bad(c->f, FJ_E_SIGNATURE, "root", "checkpoint", -1, -1, err, "the root of the tiles is not the one that was signed", "由树层算得的根与所签检查点不符");
	return FJ_OK;
}

/* --- what lies beside --- */

static bool grown(struct check *c, uint64_t leaves)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_checkpoint now;
	struct fj_note n;

	for (int n_try = 0; n_try < GROWTH_TRIES; n_try++) {
		fj_buf_clear(&text);
		if (fj_file_read(c->l->dir, "checkpoint", &text, NULL) == FJ_OK && vlg_note(c->l, fj_buf_slice(&text), &n, &now, NULL) == FJ_OK && now.size >= leaves)
			return true;
		usleep(GROWTH_MS * 1000);
	}
	return false;
}

/* the octets of the first `width` entries; SIZE_MAX when there are not so many */
static size_t entries_length(const struct fj_buf *b, unsigned width)
{
	struct fj_slice rest = fj_buf_slice(b), entry;

	for (unsigned i = 0; i < width; i++)
		if (fj_entry_next(&rest, &entry) != FJ_OK)
			return SIZE_MAX;
	return b->len - rest.len;
}

/* a tile of a former checkpoint: the beginning of today's */
static enum fj_rc narrower(struct check *c, const char *path, const struct fj_tile *old, const struct fj_tile *now, struct fj_err *err)
{
	size_t want, at = 0;

	FJ_TRY(read_tile(c, now, now->entries ? &c->bundle : &c->tile, err));
	struct fj_buf *whole = now->entries ? &c->bundle : &c->tile;
	FJ_AUTO(buf) part = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	enum fj_rc rc = fj_file_read(c->l->dir, path, &part, err);
	if (rc != FJ_OK) /* removed meanwhile */
		return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
	want = now->entries ? entries_length(whole, old->width) : (size_t)old->width * FJ_SHA256_LEN;
	while (at < part.len && at < want && part.data[at] == whole->data[at])
		at++;
	if (part.len == want && at == want)
		return FJ_OK;
	return vlg_bad(c->f, FJ_E_SIGNATURE, "former", path, leaf_of(old->level, old->n * FJ_TILE_WIDTH), (int64_t)at, err,
	    "this file of a former checkpoint is not the beginning of today's", "旧检查点的文件不是现有文件的开头部分");
}

static enum fj_rc judge(struct check *c, const char *path, struct fj_err *err)
{
	struct fj_tile t;
	uint64_t hashes;

	size_t len = strlen(path);
	if (len > 4 && strcmp(path + len - 4, ".tmp") == 0) /* being written, or what a killed process left: nobody is served it */
		return FJ_OK;
	if (fj_tile_parse(path, &t) != FJ_OK)
		return vlg_bad(c->f, FJ_E_INVALID, "stray", path, -1, -1, err, "this is no file of a log", "这不是日志的文件");
	hashes = c->l->head.size >> (t.level * 8);
	struct fj_tile now = fj_tile_at(t.level, t.n * FJ_TILE_WIDTH, c->l->head.size);
	now.entries = t.entries;
	if (t.n * FJ_TILE_WIDTH >= hashes || t.width > now.width) {
		uint64_t end = (t.n * FJ_TILE_WIDTH + t.width) << (t.level * 8);
		return grown(c, end) ? FJ_OK
		    : vlg_bad(c->f, FJ_E_INVALID, "ahead", path, leaf_of(t.level, t.n * FJ_TILE_WIDTH), -1, err, "the checkpoint's tree does not reach so far", "检查点所签的树未及此处");
	}
	return t.width == now.width ? FJ_OK : narrower(c, path, &t, &now, err);
}

/* every file below a folder of tile/, a path of `len` octets in path[] */
static enum fj_rc walk(struct check *c, char path[256], size_t len, int depth, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	struct stat st = {.st_mode = 0};

	enum fj_rc rc = fj_dir_list(c->l->dir, path, &d, err);
	if (rc != FJ_OK) /* no tile yet, or a folder that was removed meanwhile */
		return rc == FJ_E_NOTFOUND && (c->l->head.size == 0 || depth > 0) ? FJ_OK : rc;
	for (const struct dirent *e; (e = readdir(d)) != NULL; path[len] = '\0') {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		int n = snprintf(path + len, 256 - len, "/%.100s", e->d_name);
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) /* removed meanwhile */
			continue;
		if (n < 0 || len + (size_t)n >= 255 || depth == PATH_MAX_DEPTH || !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
			return vlg_bad(c->f, FJ_E_INVALID, "stray", path, -1, -1, err, "this is no file of a log", "这不是日志的文件");
		FJ_TRY(S_ISDIR(st.st_mode) ? walk(c, path, len + (size_t)n, depth + 1, err) : judge(c, path, err));
	}
	return FJ_OK;
}

/* an older head that witnesses blessed has to be of this tree */
static enum fj_rc cosigned(struct check *c, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_note note;
	struct fj_checkpoint head;
	struct fj_path path;
	struct fj_err why = {0};

	enum fj_rc rc = vlg_cosigned(c->l, &text, &note, &head, &why);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	if (rc == FJ_OK && head.size > c->l->head.size && grown(c, head.size))
		return FJ_OK;
	if (rc == FJ_OK)
		rc = vlg_consistency(c->l, &head, &path, &why);
	if (rc == FJ_OK)
		rc = vlg_witnesses(c->l, &note, &c->seen->witnesses, &why);
	if (rc != FJ_OK && fj_rc_exit(rc) == 1)
		return vlg_bad(c->f, rc, "cosigned", "cosigned", -1, -1, err, why.en, why.zh[0] != '\0' ? why.zh : "见证方签过的检查点与日志不符");
	if (rc != FJ_OK && err != NULL)
		*err = why;
	c->seen->cosigned = head.size;
	return rc;
}

enum fj_rc vlg_verify(struct vlg_log *l, vlg_each each, void *user, struct vlg_seen *seen, struct vlg_fault *f, struct fj_err *err)
{
	FJ_AUTO(mem) room = fj_alloc(1, sizeof(struct check));
	struct check *c = room;
	char path[256] = "tile";

	*f = (struct vlg_fault){.what = NULL, .leaf = -1, .octet = -1};
	memset(seen, 0, sizeof(*seen));
	if (c == NULL)
		return fj_no_memory(err, "log");
	*c = (struct check){.l = l, .each = each, .user = user, .seen = seen, .f = f};
	fj_buf_init(&c->bundle, FJ_BUNDLE_MAX);
	fj_buf_init(&c->tile, FJ_TILE_OCTETS);
	fj_edge_init(&c->edge);
	enum fj_rc rc = vlg_head(l, f, err);
	if (rc == FJ_OK)
		rc = tree(c, err);
	if (rc == FJ_OK)
		rc = walk(c, path, strlen(path), 0, err);
	if (rc == FJ_OK)
		rc = cosigned(c, err);
	check_release(c);
	return rc;
}
