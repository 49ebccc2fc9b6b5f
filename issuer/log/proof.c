/*
 * proof.c - what leaves the register, and that it is in the public log (C2SP tlog-proof).
 *
 * A proof is made when it is asked for, by the newest checkpoint that witnesses cosigned
 * when that has the leaf, else by the log's own.  It is verified before it is given out:
 * tiles are files.
 */
#include <fcntl.h>

#include "base/file.h"
#include "issuer/domain.h"
#include "issuer/iss.h"

/* the newest checkpoint that witnesses cosigned, when it has the leaf */
static bool cosigned(uint64_t n, const struct fj_checkpoint *head, struct fj_buf *file, struct fj_checkpoint *c)
{
	struct fj_note read;

	return fj_file_read(AT_FDCWD, LOG_FOLDER "/cosigned", file, NULL) == FJ_OK && fj_note_read(fj_buf_slice(file), &read, NULL) == FJ_OK &&
	    fj_checkpoint_read(read.text, c, NULL) == FJ_OK && c->size > n && c->size <= head->size;
}

static enum fj_rc put_extra(struct fj_buf *out, struct fj_slice leaf, struct fj_slice salt, struct fj_err *err)
{
	FJ_AUTO(json) data = NULL;
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(64);

	FJ_TRY(fj_json_parse(leaf, FJ_LEAF_MAX, &data, err));
	FJ_AUTO(json) extra = json_pack("{s:O}", "leaf", data);
	if (extra == NULL || (salt.len > 0 && (fj_b64u_put(&b64, salt) != FJ_OK || fj_json_set(extra, "salt", json_string(fj_buf_str(&b64))) != FJ_OK)))
		return fj_no_memory(err, "log");
	return fj_json_canonical(extra, out, err);
}

/* From the files, which are there before a head is given out: nobody waits here for a signer.  A proof that does not
 * verify by the checkpoint at hand: the tiles are damaged, or somebody else wrote it. */
static enum fj_rc prove(struct fj_log_proof *p, const struct fj_hash *leaf, const struct fj_checkpoint *c, struct fj_err *err)
{
	struct fj_tiles tiles = {fj_tile_read, &log_folder};

	FJ_TRY(fj_tree_prove(&tiles, p->index, c->size, &p->path, err));
	return fj_path_includes(&p->path, p->index, c->size, leaf, &c->root) ? FJ_OK
	    : fj_fail(err, FJ_E_CORRUPT, "log", NULL, "the tiles of the public log do not prove leaf %llu; look at it with fujie log verify", (unsigned long long)p->index);
}

static enum fj_rc prove_leaf(struct iss *i, uint64_t n, struct fj_slice leaf, struct fj_slice salt, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(log_proof) p = {.index = n};
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_NOTE_MAX);
	FJ_AUTO(buf) note = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_checkpoint head, c;
	struct fj_hash h;

	FJ_TRY(log_given(i, &head, &note, err));
	if (n >= head.size || note.len == 0)
		return fj_refuse(err, FJ_E_BUSY, "log", "formats.md 19", "it is being entered into the public log and is given out then; ask again", "正在载入公开日志，载入后方可取得，请稍后再试");
	fj_buf_init(&p.extra, FJ_LOG_PROOF_MAX);
	fj_leaf_hash(leaf, &h);
	FJ_TRY(put_extra(&p.extra, leaf, salt, err));
	if (!cosigned(n, &head, &file, &c) || prove(&p, &h, &c, NULL) != FJ_OK) {
		p.note = fj_buf_slice(&note);
		FJ_TRY(prove(&p, &h, &head, err));
	} else
		p.note = fj_buf_slice(&file);
	return fj_log_proof_put(out, &p) == FJ_OK ? FJ_OK : fj_no_memory(err, "log");
}

enum fj_rc log_proof(struct iss *i, struct sto *db, enum pipe_kind kind, const char *object, struct fj_buf *proof, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	if (pipe_is_manifest(kind))
		return FJ_OK;
	FJ_TRY(sto_first(db, STO_LEAF_ISSUED, &q, object, err, "it", (int64_t)kind, object));
	return prove_leaf(i, (uint64_t)sto_int(&q, 0), fj_slice_str(sto_text(&q, 1)), sto_blob(&q, 2), proof, err);
}

enum fj_rc log_credential(struct iss *i, struct sto *db, enum pipe_kind kind, const char *object, struct fj_buf *out, struct fj_buf *proof, struct fj_err *err)
{
	FJ_AUTO(buf) unwanted = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);

	FJ_TRY(log_proof(i, db, kind, object, proof == NULL ? &unwanted : proof, err));
	return dom_credential(db, kind, object, out, err);
}
