/*
 * add.c - one add-checkpoint of C2SP tlog-witness: who signed it, does it follow what
 * was cosigned last, and only then our cosignature.
 *
 * The checks stand in the order of that text, each with its status.  What does not
 * follow is never cosigned, and kept: a log's signature under a second history is what
 * a witness is there to find.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "verifier/witness/witness.h"

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_PARSE, "witness", "C2SP tlog-witness", en, zh);
}

/* --- the request --- */

static bool line_of(struct fj_slice *rest, struct fj_slice *line)
{
	const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);

	if (end == NULL)
		return false;
	*line = FJ_SLICE(rest->p, (size_t)(end - rest->p));
	*rest = FJ_SLICE(end + 1, rest->len - line->len - 1);
	return true;
}

static bool hash_of(struct fj_slice line, struct fj_hash *out)
{
	FJ_AUTO(buf) raw = FJ_BUF_INIT(64);

	if (line.len != 44 || fj_b64_get((const char *)line.p, line.len, &raw) != FJ_OK || raw.len != FJ_SHA256_LEN)
		return false;
	memcpy(out->b, raw.data, FJ_SHA256_LEN);
	return true;
}

enum fj_rc wit_ask_read(struct fj_slice body, struct wit_ask *out, struct fj_err *err)
{
	struct fj_slice rest = body, line;

	out->proof.n = 0;
	if (!line_of(&rest, &line) || line.len < 5 || memcmp(line.p, "old ", 4) != 0 || fj_note_number(FJ_SLICE(line.p + 4, line.len - 4), &out->old) != FJ_OK)
		return bad(err, "the first line is \"old\" and the size of the tree that was cosigned before", "首行应为 old 与此前已签认的树大小");
	for (;;) {
		if (!line_of(&rest, &line))
			return bad(err, "an empty line and a checkpoint follow the proof", "一致性证明之后应为空行与检查点");
		if (line.len == 0)
			break;
		if (out->proof.n == WIT_PROOF_LINES || !hash_of(line, &out->proof.h[out->proof.n]))
			return bad(err, "a proof has at most 63 lines, each the base64 of a hash", "证明至多 63 行，每行为一个哈希的 base64");
		out->proof.n++;
	}
	out->bytes = rest;
	if (rest.len > WIT_NOTE || fj_note_read(rest, &out->note, err) != FJ_OK || fj_checkpoint_read(out->note.text, &out->point, err) != FJ_OK)
		return bad(err, "what follows the empty line is no signed checkpoint", "空行之后不是已签名的检查点");
	return FJ_OK;
}

/* --- the answer --- */

struct work {
	struct wit *w;
	struct wit_ask ask;
	struct fj_vkey key[WIT_KEYS];
	size_t n;
	bool by[WIT_KEYS]; /* has a true line in the note */
	fj_time now;
	struct fj_buf had; /* the note that was cosigned last; empty: none */
	struct fj_checkpoint last;
};

static int no(struct fj_err *err, int status, const char *en, const char *zh)
{
	fj_refuse(err, status == 404 ? FJ_E_NOTFOUND : status == 403 ? FJ_E_FORBIDDEN : status == 400 ? FJ_E_PARSE : FJ_E_INVALID, "witness", "C2SP tlog-witness", en, zh);
	return status;
}

/* by a key that is trusted, and by none of them falsely */
static int check_signed(struct work *k, struct fj_err *err)
{
	bool any = false;

	if (k->n == 0)
		return no(err, 404, "this witness does not know the log", "本见证方未登记该日志");
	for (size_t i = 0; i < k->n; i++) {
		enum fj_rc rc = fj_note_verify(&k->ask.note, &k->key[i], NULL, NULL);
		if (rc != FJ_OK && rc != FJ_E_NOTFOUND)
			return no(err, 403, "a line by the log's key does not verify", "日志密钥的签名行未通过验证");
		k->by[i] = rc == FJ_OK;
		any = any || rc == FJ_OK;
	}
	return any ? 0 : no(err, 403, "no line is by a key of the log that is trusted here", "没有受信日志密钥的签名行");
}

static enum fj_rc read_last(struct work *k, struct fj_err *err)
{
	struct fj_note note;
	char hash[65];

	wit_hash(k->ask.point.origin, hash);
	enum fj_rc rc = wit_last(hash, &k->had, err);
	if (rc == FJ_E_NOTFOUND) {
		fj_empty_hash(&k->last.root);
		return FJ_OK;
	}
	FJ_TRY(rc);
	if (fj_note_read(fj_buf_slice(&k->had), &note, NULL) != FJ_OK || fj_checkpoint_read(note.text, &k->last, NULL) != FJ_OK ||
	    strcmp(k->last.origin, k->ask.point.origin) != 0)
		return fj_fail(err, FJ_E_CORRUPT, "witness", NULL, "logs/%s.checkpoint is damaged: this log can't be cosigned before somebody has looked", hash);
	return FJ_OK;
}

static int differs(struct work *k, const char *why, struct fj_err *err, const char *en, const char *zh)
{
	if (k->had.len > 0)
		wit_evidence(k->ask.point.origin, why, fj_buf_slice(&k->had), k->ask.bytes);
	return no(err, 422, en, zh);
}

static int check_follows(struct work *k, struct fj_buf *out, struct fj_err *err)
{
	const struct wit_ask *a = &k->ask;
	struct fj_hash empty;

	if (a->old > a->point.size)
		return no(err, 400, "the old size is larger than the checkpoint's", "旧的大小大于检查点的大小");
	if (a->old != k->last.size) {
		if (a->point.size == k->last.size && k->had.len > 0 && !fj_hash_eq(&a->point.root, &k->last.root))
			wit_evidence(a->point.origin, "root", fj_buf_slice(&k->had), a->bytes); /* told by the two notes alone */
		return fj_buf_printf(out, "%llu\n", (unsigned long long)k->last.size) == FJ_OK ? 409 : 500;
	}
	fj_empty_hash(&empty);
	if (a->point.size == 0 && !fj_hash_eq(&a->point.root, &empty))
		return no(err, 422, "the root of an empty tree is the hash of nothing", "空树的根应为空串的哈希");
	if (a->old == 0 && a->proof.n > 0)
		return no(err, 422, "nothing has to be proved from an empty tree: the proof is empty", "自空树起无需证明，证明应为空");
	if (a->old == a->point.size && !fj_hash_eq(&a->point.root, &k->last.root))
		return differs(k, "root", err, "another tree of this size was cosigned before: the log has two histories", "同样大小的另一棵树此前已签认：该日志有两个历史");
	if (!fj_path_consistent(&a->proof, a->old, &k->last.root, a->point.size, &a->point.root))
		return differs(k, "proof", err, "the proof does not lead from what was cosigned before to this checkpoint", "证明不能从此前已签认的树推出该检查点");
	return 0;
}

/* the log's lines that were verified, and ours */
static enum fj_rc cosign(struct work *k, struct fj_buf *line, struct fj_err *err)
{
	FJ_AUTO(buf) note = FJ_BUF_INIT(FJ_NOTE_MAX);
	const struct fj_note *n = &k->ask.note;
	enum fj_rc rc = fj_buf_put(&note, n->text.p, n->text.len);

	FJ_TRY(fj_cosign(line, &k->w->key, k->w->secret.p, k->now, n->text, err));
	if (rc == FJ_OK)
		rc = fj_buf_puts(&note, "\n");
	for (size_t i = 0; rc == FJ_OK && i < k->n; i++) {
		const struct fj_note_line *l = fj_note_line_of(n, k->key[i].name, k->key[i].id);
		if (k->by[i])
			rc = fj_note_line_put(&note, k->key[i].name, k->key[i].id, FJ_SLICE(l->sig, l->sig_len));
	}
	if (rc == FJ_OK)
		rc = fj_buf_put(&note, line->data, line->len);
	return rc == FJ_OK ? wit_keep(k->ask.point.origin, fj_buf_slice(&note), err) : fj_no_memory(err, "witness");
}

/* under the lock: what is compared is what is replaced */
static int add(struct work *k, struct fj_buf *out, struct fj_err *err)
{
	enum fj_rc rc = read_last(k, err);

	if (rc != FJ_OK)
		return fj_rc_http(rc);
	int status = check_follows(k, out, err);
	if (status != 0)
		return status;
	rc = cosign(k, out, err);
	return rc == FJ_OK ? 200 : fj_rc_http(rc);
}

int wit_add(struct wit *w, struct fj_slice body, fj_time now, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(mem) room = fj_alloc(1, sizeof(struct work));
	struct work *k = room;

	if (k == NULL)
		return fj_rc_http(fj_no_memory(err, "witness"));
	*k = (struct work){.w = w, .now = now};
	fj_buf_init(&k->had, FJ_NOTE_MAX);
	if (wit_ask_read(body, &k->ask, err) != FJ_OK)
		return 400;
	enum fj_rc rc = wit_log_keys(k->ask.point.origin, k->key, &k->n, err);
	int status = rc == FJ_OK ? check_signed(k, err) : fj_rc_http(rc);
	if (status != 0)
		return status;
	pthread_mutex_lock(&w->lock);
	status = add(k, out, err);
	pthread_mutex_unlock(&w->lock);
	fj_buf_release(&k->had);
	if (fj_rc_exit(err->rc) == 3)
		fj_log_err(FJ_LOG_ERROR, "a checkpoint could not be cosigned", err);
	return status;
}
