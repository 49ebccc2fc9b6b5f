/*
 * prove.c - proofs from a log's files: that a leaf is in the tree, and that an older
 * tree is the beginning of this one.
 *
 * Tiles are read as they lie there and not believed: what they give is verified against
 * the signed checkpoint before it leaves this file.
 */
#include "base/file.h"
#include "verifier/log/log.h"

/* the first `width` hashes or entries of what was read; what is shorter stays as it is */
static void cut(const struct fj_tile *t, struct fj_buf *b)
{
	struct fj_slice rest = fj_buf_slice(b), entry;
	size_t want = (size_t)t->width * FJ_SHA256_LEN;

	for (unsigned i = 0; t->entries && i < t->width; i++)
		if (fj_entry_next(&rest, &entry) != FJ_OK)
			return;
	if (t->entries)
		want = b->len - rest.len;
	b->len = b->len < want ? b->len : want;
}

/* Narrower files go when the full one is there (C2SP tlog-tiles), in a log that runs also while it is read. */
enum fj_rc vlg_read(const struct vlg_log *l, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	struct fj_tile full = *t;
	char path[FJ_TILE_PATH];

	fj_tile_path(t, path);
	enum fj_rc rc = fj_file_read(l->dir, path, out, err);
	if (rc != FJ_E_NOTFOUND || t->width == FJ_TILE_WIDTH)
		return rc;
	full.width = FJ_TILE_WIDTH;
	fj_tile_path(&full, path);
	fj_buf_clear(out);
	rc = fj_file_read(l->dir, path, out, err);
	if (rc == FJ_OK)
		cut(t, out);
	return rc;
}

/* A narrower tile than today's is cut from today's: former ones may have been removed. */
static enum fj_rc read_tile(void *user, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err)
{
	const struct vlg_log *l = user;
	struct fj_tile now = fj_tile_at(t->level, t->n * FJ_TILE_WIDTH, l->head.size);
	char path[FJ_TILE_PATH];

	now.entries = t->entries;
	enum fj_rc rc = vlg_read(l, now.width > t->width ? &now : t, out, err);
	if (rc == FJ_OK)
		cut(t, out);
	fj_tile_path(t, path);
	if (rc == FJ_E_NOTFOUND)
		return vlg_bad(NULL, rc, "missing", path, -1, -1, err, "the file is missing", "文件缺失");
	return rc;
}

struct fj_tiles vlg_tiles(struct vlg_log *l)
{
	return (struct fj_tiles){read_tile, l};
}

/* --- which leaf --- */

/* the last entry of a bundle that issued this id; *found */
static enum fj_rc find_in(struct vlg_log *l, uint64_t n, const char *id, struct fj_buf *data, uint64_t *index, json_t **leaf, struct fj_err *err)
{
	struct fj_tile t = fj_tile_at(0, n * FJ_TILE_WIDTH, l->head.size);
	struct fj_slice rest, entry;
	size_t len = strlen(id);

	t.entries = true;
	fj_buf_clear(data);
	FJ_TRY(read_tile(l, &t, data, err));
	rest = fj_buf_slice(data);
	for (uint64_t i = n * FJ_TILE_WIDTH; fj_entry_next(&rest, &entry) == FJ_OK; i++) {
		FJ_AUTO(json) j = NULL;
		if (memmem(entry.p, entry.len, id, len) == NULL) /* cheaper than reading each */
			continue;
		FJ_TRY(fj_leaf_read(entry, i, &j, err));
		if (strcmp(fj_json_text(j, "event"), "issued") != 0 || strcmp(fj_json_text(j, "id"), id) != 0)
			continue;
		json_decref(*leaf);
		*leaf = fj_move(j);
		*index = i;
	}
	return FJ_OK;
}

enum fj_rc vlg_find(struct vlg_log *l, const char *id, uint64_t *index, json_t **leaf, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(FJ_BUNDLE_MAX);

	*leaf = NULL;
	for (uint64_t n = (l->head.size + FJ_TILE_WIDTH - 1) / FJ_TILE_WIDTH; n > 0 && *leaf == NULL; n--)
		FJ_TRY(find_in(l, n - 1, id, &data, index, leaf, err));
	if (*leaf != NULL)
		return FJ_OK;
	fj_fail(err, FJ_E_NOTFOUND, "log", "formats.md 19", "the log has no leaf that issued %.200s", id);
	fj_err_zh(err, "日志中没有 %.200s 的签发记录", id);
	return FJ_E_NOTFOUND;
}

/* --- that it is in the tree --- */

enum fj_rc vlg_cosigned(struct vlg_log *l, struct fj_buf *text, struct fj_note *note, struct fj_checkpoint *c, struct fj_err *err)
{
	FJ_TRY(fj_file_read(l->dir, "cosigned", text, err));
	return vlg_note(l, fj_buf_slice(text), note, c, err);
}

enum fj_rc vlg_witnesses(struct vlg_log *l, const struct fj_note *cosigned, struct ver_cosigned *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(VER_POLICY_MAX);
	FJ_AUTO(ver_policy) policy = NULL;
	size_t own = 0;

	*out = (struct ver_cosigned){.witnesses = 0};
	enum fj_rc rc = fj_file_read(l->dir, "../trust/log.policy", &text, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	FJ_TRY(ver_policy_read(fj_buf_slice(&text), &policy, err));
	FJ_TRY(ver_policy_cosigned(policy, cosigned, out, err));
	for (size_t i = 0; i < cosigned->n; i++)
		own += fj_slice_eq(cosigned->line[i].name, fj_slice_str(l->head.origin));
	return cosigned->n == own + out->by ? FJ_OK
	    : fj_refuse(err, FJ_E_SIGNATURE, "log", "C2SP tlog-policy", "a line on the cosigned checkpoint is by nobody whom the policy names", "见证检查点上有策略未列名者的签名行");
}

static enum fj_rc write_extra(const json_t *leaf, struct fj_log_proof *p, struct fj_hash *hash, struct fj_err *err)
{
	FJ_AUTO(buf) entry = FJ_BUF_INIT(FJ_LEAF_MAX);
	FJ_AUTO(json) extra = json_pack("{s:O}", "leaf", leaf);

	if (extra == NULL)
		return fj_no_memory(err, "log");
	FJ_TRY(fj_json_canonical(leaf, &entry, err));
	fj_leaf_hash(fj_buf_slice(&entry), hash);
	return fj_json_canonical(extra, &p->extra, err);
}

enum fj_rc vlg_prove(struct vlg_log *l, uint64_t index, const json_t *leaf, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(log_proof) p = {.index = index, .note = fj_buf_slice(&l->text)};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_checkpoint head = l->head, c;
	struct fj_tiles from = vlg_tiles(l);
	struct fj_note note;
	struct fj_hash hash;

	fj_buf_init(&p.extra, FJ_LOG_PROOF_MAX);
	if (vlg_cosigned(l, &text, &note, &c, NULL) == FJ_OK && c.size > index && c.size <= l->head.size) {
		p.note = fj_buf_slice(&text);
		head = c;
	}
	FJ_TRY(write_extra(leaf, &p, &hash, err));
	FJ_TRY(fj_tree_prove(&from, index, head.size, &p.path, err));
	if (!fj_path_includes(&p.path, index, head.size, &hash, &head.root))
		return fj_refuse(err, FJ_E_SIGNATURE, "log", "RFC 6962 2.1.1", "the tiles do not lead from this leaf to the signed root: `fujie log verify` says where", "由树层不能从该叶到达所签的根：请用 fujie log verify 查明位置");
	return fj_log_proof_put(out, &p);
}

/* --- that an older tree is the beginning of this one --- */

enum fj_rc vlg_consistency(struct vlg_log *l, const struct fj_checkpoint *kept, struct fj_path *out, struct fj_err *err)
{
	struct fj_tiles from = vlg_tiles(l);

	out->n = 0;
	if (strcmp(kept->origin, l->head.origin) != 0)
		return fj_refuse(err, FJ_E_INVALID, "log", "C2SP tlog-checkpoint", "the two checkpoints are of two logs", "两个检查点属于不同的日志");
	if (kept->size > l->head.size) {
		fj_fail(err, FJ_E_REFUSED, "log", "RFC 6962 2.1.2", "the log was rolled back: it had signed %llu leaves and now has %llu", (unsigned long long)kept->size, (unsigned long long)l->head.size);
		fj_err_zh(err, "日志已被回退：此前签过 %llu 片叶，现仅有 %llu 片", (unsigned long long)kept->size, (unsigned long long)l->head.size);
		return FJ_E_REFUSED;
	}
	if (kept->size > 0)
		FJ_TRY(fj_tree_consistency(&from, kept->size, l->head.size, out, err));
	if (fj_path_consistent(out, kept->size, &kept->root, l->head.size, &l->head.root))
		return FJ_OK;
	fj_fail(err, FJ_E_REFUSED, "log", "RFC 6962 2.1.2", "the log was rewritten: its first %llu leaves are not those that the kept checkpoint signed", (unsigned long long)kept->size);
	fj_err_zh(err, "日志已被改写：其前 %llu 片叶与所保存检查点所签的不同", (unsigned long long)kept->size);
	return FJ_E_REFUSED;
}
