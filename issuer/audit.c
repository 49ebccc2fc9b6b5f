/*
 * audit.c - the whole record against itself: events, tables, credentials, the public log
 * and what was published (docs/verifier.md, "The public log").
 *
 * The events' chain is replayed and every table compared; the leaves, which follow from the
 * events, are held against the entries that lie in publish/log, whose tiles and signed head
 * are verified by their keys; each credential has one leaf that says its hash, and each list
 * that lies in publish/ has one.  What the signer remembers is asked where there is one.
 * The first fault ends it, with its place.  A state that is older as a whole (register, log,
 * signer) is true in itself: a kept checkpoint or a witness tells (fujie log consistency).
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "verifier/log/log.h"

#define MAX_LISTS (2u << 20)    /* lists that were ever published */
#define MAX_LIST_OCTETS FJ_DER_MAX
#define TRIES 20                /* of 100 ms: while the register serves, its head moves */

struct audit {
	struct iss_call *c;
	int64_t events, rows, credentials, files;
	int64_t leaves;             /* of the register */
	struct vlg_log log;
	struct vlg_seen seen;
	struct sto_q q;             /* the register's leaves, beside the log's */
	struct fj_buf lists;        /* hashes of lists and CRLs that the log has */
};
static void audit_release(struct audit *a)
{
	sto_done(&a->q);
	vlg_release(&a->log);
	fj_buf_release(&a->lists);
}
FJ_DEFINE_AUTO(audit, struct audit, audit_release)

/* a fault of the record is an answer of the auditor's, not a failure of the machine */
static enum fj_rc fault(struct fj_err *err, const char *en, const char *zh, const char *at)
{
	fj_fail(err, FJ_E_SIGNATURE, "audit", "design.md 2", "%s: %s", at, en);
	fj_err_zh(err, "%s：%s", at, zh);
	return FJ_E_SIGNATURE;
}

static enum fj_rc fault_at(struct fj_err *err, int64_t leaf, const char *en, const char *zh)
{
	char at[32];

	snprintf(at, sizeof(at), "leaf %lld", (long long)leaf);
	return fault(err, en, zh, at);
}

/* --- events and tables --- */

static enum fj_rc replay(struct audit *a, struct fj_err *err)
{
	struct sto *into = NULL;
	struct fj_err why = {0};

	FJ_TRY(sto_open(":memory:", true, &into, err));
	enum fj_rc rc = evt_rebuild_check(a->c->db, into, &a->events, &a->rows, &why);
	sto_close(into);
	if (rc == FJ_OK)
		return FJ_OK;
	if (rc == FJ_E_NOMEM || rc == FJ_E_IO || rc == FJ_E_BUSY) {
		if (err != NULL)
			*err = why;
		return rc;
	}
	fj_fail(err, FJ_E_SIGNATURE, "audit", "design.md 2", "%s (after event %lld)", why.en, (long long)a->events);
	fj_err_zh(err, "事件链与登记簿各表不一致（事件 %lld 之后）：%.300s", (long long)a->events, why.en);
	return FJ_E_SIGNATURE;
}

/* What an auditor noted of the private chain last time, "SEQ:HASH".  The chain stands in no signature: whoever owns the
 * register can write it anew from an event on, true in itself; a hash that somebody kept tells. */
static enum fj_rc kept_event(struct audit *a, const char *kept, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *colon = strchr(kept, ':');
	uint8_t hash[FJ_SHA256_LEN];
	char at[40];
	uint64_t seq;

	if (colon == NULL || fj_note_number(FJ_SLICE(kept, (size_t)(colon - kept)), &seq) != FJ_OK || strlen(colon + 1) != 2 * sizeof(hash) || fj_unhex(colon + 1, 2 * sizeof(hash), hash) != FJ_OK)
		return fj_refuse(err, FJ_E_INVALID, "audit", NULL, "--kept is what an earlier audit showed as \"event_head\": number, colon, 64 hex digits", "--kept 须为此前核验所示的 event_head：序号、冒号、64 位十六进制数");
	snprintf(at, sizeof(at), "event %llu", (unsigned long long)seq);
	if ((int64_t)seq > a->events)
		return fault(err, "it was there when it was noted, and is there no more: the register was rolled back", "记录时存在，现已不存在：登记簿已被回退", at);
	FJ_TRY(sto_first(a->c->db, STO_AUDIT_EVENT, &q, at, err, "i", (int64_t)seq));
	return fj_slice_eq(sto_blob(&q, 0), FJ_SLICE(hash, sizeof(hash))) ? FJ_OK : fault(err, "up to here the events are not those that were noted", "至此的事件与所记录的不同", at);
}

/* the same of the newest event, for next time */
static enum fj_rc chain_head(struct audit *a, char out[96], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char hex[2 * FJ_SHA256_LEN + 1];

	out[0] = '\0';
	if (a->events == 0)
		return FJ_OK;
	FJ_TRY(sto_first(a->c->db, STO_AUDIT_EVENT, &q, "event", err, "i", a->events));
	if (sto_blob(&q, 0).len != FJ_SHA256_LEN)
		return fault(err, "the last event has no hash", "末条事件没有散列值", "event");
	fj_hex(sto_blob(&q, 0).p, FJ_SHA256_LEN, hex);
	snprintf(out, 96, "%lld:%s", (long long)a->events, hex);
	return FJ_OK;
}

/* --- leaves --- */

/* the register's next leaf; *row false: it has no more */
static enum fj_rc next_leaf(struct audit *a, bool *row, struct fj_err *err)
{
	if (!a->q.open)
		FJ_TRY(sto_query(a->c->db, STO_LEAF_FROM, &a->q, err, "iii", (int64_t)0, INT64_MAX, (int64_t)-1));
	return sto_step(&a->q, row, err);
}

static enum fj_rc note_list(struct audit *a, const json_t *leaf, struct fj_err *err)
{
	const char *hash = fj_json_text(leaf, "sha256");
	FJ_AUTO(buf) raw = FJ_BUF_INIT(64);

	if (strcmp(fj_json_text(leaf, "event"), "published") != 0)
		return FJ_OK;
	if (fj_b64u_get(hash, strlen(hash), &raw) != FJ_OK || fj_buf_put(&a->lists, raw.data, raw.len) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "audit", NULL, "the log has more lists than %u", MAX_LISTS);
	return FJ_OK;
}

static bool serving(const struct audit *a)
{
	return a->c->iss->conf.with_signer && a->c->iss->log.open;
}

/* an entry of the log beside the register's; the register may have read its state before the log grew */
static enum fj_rc entry(void *user, uint64_t index, struct fj_slice data, const json_t *leaf, const struct fj_hash *hash, struct vlg_fault *f, struct fj_err *err)
{
	struct audit *a = user;
	bool row;

	(void)hash;
	(void)f;
	FJ_TRY(note_list(a, leaf, err));
	FJ_TRY(next_leaf(a, &row, err));
	if (!row)
		return serving(a) && (uint64_t)log_size(a->c->iss) > index ? FJ_OK : fault_at(err, (int64_t)index, "the log has it and the register has not", "公开日志中有，登记簿中无");
	a->leaves++;
	if (sto_int(&a->q, 0) != (int64_t)index)
		return fault_at(err, (int64_t)index, "it is missing from the register", "登记簿中缺失");
	return fj_slice_eq(data, fj_slice_str(sto_text(&a->q, 1))) ? FJ_OK : fault_at(err, (int64_t)index, "the register has another leaf than the log", "登记簿与公开日志中的叶不同");
}

/* the register has no leaf that no head covers, but for a moment */
static enum fj_rc covered(struct audit *a, struct fj_err *err)
{
	uint64_t size = a->log.head.size;
	bool row;

	FJ_TRY(next_leaf(a, &row, err));
	if (row && !serving(a))
		return fault_at(err, (int64_t)size, "the register has it and the checkpoint does not cover it: served, the log catches up; if it does not, the log is older than the register", "登记簿中有，而检查点未涵盖：服务运行时日志会补上，否则日志早于登记簿");
	return FJ_OK;
}

static enum fj_rc tree(struct audit *a, struct fj_err *err)
{
	struct vlg_fault f = {.what = NULL};
	struct fj_err why = {0};

	FJ_TRY(vlg_open_at(&a->log, AT_FDCWD, LOG_FOLDER, err));
	FJ_TRY(vlg_keys(&a->log, NULL, NULL, err));
	enum fj_rc rc = vlg_verify(&a->log, entry, a, &a->seen, &f, &why);
	if (rc != FJ_OK && err != NULL)
		*err = why;
	FJ_TRY(rc);
	return covered(a, err);
}

/* --- credentials --- */

static bool says(const char *leaf, const struct fj_hash *hash)
{
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(buf) text = FJ_BUF_INIT(64);

	return fj_json_parse(fj_slice_str(leaf), FJ_LEAF_MAX, &j, NULL) == FJ_OK && fj_b64u_put(&text, FJ_SLICE(hash->b, sizeof(hash->b))) == FJ_OK &&
	    strcmp(fj_json_text(j, "sha256"), fj_buf_str(&text)) == 0;
}

/* columns of AUDIT_CREDENTIALS: kind, object, sha256, bytes, the leaf's number and text */
static enum fj_rc credential(struct audit *a, const struct sto_q *q, struct fj_err *err)
{
	char at[96];
	struct fj_hash hash;

	a->credentials++;
	snprintf(at, sizeof(at), "%.60s", sto_text(q, 1));
	fj_sha256(sto_blob(q, 3), &hash);
	if (!fj_slice_eq(sto_blob(q, 2), FJ_SLICE(hash.b, sizeof(hash.b))))
		return fault(err, "the credential's bytes are not those of its hash", "凭证内容与其散列值不符", at);
	if (sto_null(q, 4))
		return fault(err, "the credential has no leaf in the log", "凭证在公开日志中没有对应的叶", at);
	snprintf(at, sizeof(at), "leaf %lld, %.60s", (long long)sto_int(q, 4), sto_text(q, 1));
	return says(sto_text(q, 5), &hash) ? FJ_OK : fault(err, "the leaf says another hash than the credential's", "叶中的散列值与凭证不符", at);
}

static enum fj_rc credentials(struct audit *a, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(sto_q) left = {0};
	bool row;

	FJ_TRY(sto_query(a->c->db, STO_AUDIT_CREDENTIALS, &q, err, ""));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(credential(a, &q, err));
	}
	FJ_TRY(sto_query(a->c->db, STO_AUDIT_LEFT, &left, err, ""));
	FJ_TRY(sto_step(&left, &row, err));
	return row ? fault_at(err, sto_int(&left, 0), "its credential is not in the register", "登记簿中没有其凭证") : FJ_OK;
}

/* --- what was published --- */

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, FJ_SHA256_LEN);
}

static enum fj_rc list_file(struct audit *a, const char *folder, const char *name, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(MAX_LIST_OCTETS);
	struct fj_hash hash;
	char path[256];

	snprintf(path, sizeof(path), "%.120s/%.100s", folder, name);
	if (strcmp(name, "root.crl") == 0 || strstr(name, ".tmp") != NULL) /* the ceremony's, and what is being written */
		return FJ_OK;
	enum fj_rc rc = fj_file_read(AT_FDCWD, path, &data, err);
	if (rc == FJ_E_NOTFOUND) /* pruned meanwhile */
		return FJ_OK;
	FJ_TRY(rc);
	fj_sha256(fj_buf_slice(&data), &hash);
	a->files++;
	if (a->lists.len > 0 && bsearch(hash.b, a->lists.data, a->lists.len / FJ_SHA256_LEN, FJ_SHA256_LEN, by_hash) != NULL)
		return FJ_OK;
	return fault(err, "no leaf of the log has the hash of this list", "公开日志中没有该列表的散列值", path);
}

/* a folder of lists, or of folders of them */
static enum fj_rc folder_of(struct audit *a, const char *folder, int depth, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	char path[256];

	enum fj_rc rc = fj_dir_list(AT_FDCWD, folder, &d, err);
	if (rc != FJ_OK)
		return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%.120s/%.100s", folder, e->d_name);
		FJ_TRY(depth > 0 ? folder_of(a, path, depth - 1, err) : list_file(a, folder, e->d_name, err));
	}
	return FJ_OK;
}

static enum fj_rc lists(struct audit *a, struct fj_err *err)
{
	static const struct {
		const char *path;
		int depth;
	} where[] = {{"publish/trust/status", 0}, {"publish/trust/crl", 0}, {"publish/history/status", 1}, {"publish/history/crl", 1}};

	if (a->lists.len > 0)
		qsort(a->lists.data, a->lists.len / FJ_SHA256_LEN, FJ_SHA256_LEN, by_hash);
	for (size_t i = 0; i < FJ_ARRAY_LEN(where); i++)
		FJ_TRY(folder_of(a, where[i].path, where[i].depth, err));
	return FJ_OK;
}

/* --- the signer --- */

/* *same: its head is the one that lies in publish/log now */
static enum fj_rc ask_signer(struct audit *a, struct hsm_conn *signer, bool *same, uint64_t *size, struct fj_err *err)
{
	struct fj_hash root;

	FJ_TRY(hsm_log_head(signer, size, &root, err));
	FJ_TRY(vlg_head(&a->log, NULL, err));
	*same = *size == a->log.head.size && (*size == 0 || fj_hash_eq(&root, &a->log.head.root));
	return FJ_OK;
}

static enum fj_rc signer_head(struct audit *a, bool *asked, struct fj_err *err)
{
	struct hsm_conn *signer = NULL;
	enum fj_rc rc = FJ_OK;
	bool same = false;
	uint64_t size = 0;
	char at[64];

	*asked = false;
	if (!a->c->iss->conf.with_signer || iss_signer(a->c->iss, &signer, NULL) != FJ_OK)
		return FJ_OK;
	for (int n = 0; rc == FJ_OK && !same && n < TRIES; n++) {
		if (n > 0)
			usleep(100000);
		rc = ask_signer(a, signer, &same, &size, err);
	}
	iss_signer_drop(&signer);
	FJ_TRY(rc);
	*asked = true;
	snprintf(at, sizeof(at), "checkpoint, leaf %llu", (unsigned long long)(size < a->log.head.size ? size : a->log.head.size));
	return same ? FJ_OK : fault(err, "the signer remembers another head of the log", "签名程序记录的日志头与检查点不符", at);
}

enum fj_rc cmd_audit_verify(struct iss_call *c, struct fj_err *err)
{
	const char *kept = NULL;
	char head[96];
	FJ_AUTO(audit) a = {.c = c, .log = {.dir = -1}, .lists = FJ_BUF_INIT((size_t)MAX_LISTS * FJ_SHA256_LEN)};
	bool asked;

	FJ_TRY(fj_json_opt_str(c->params, "kept", 90, &kept, err));
	FJ_TRY(replay(&a, err));
	if (kept != NULL)
		FJ_TRY(kept_event(&a, kept, err));
	FJ_TRY(chain_head(&a, head, err));
	FJ_TRY(tree(&a, err));
	FJ_TRY(credentials(&a, err));
	FJ_TRY(lists(&a, err));
	FJ_TRY(signer_head(&a, &asked, err));
	c->answer = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:s}", "same", 1, "events", (json_int_t)a.events, "rows", (json_int_t)a.rows, "leaves", (json_int_t)a.seen.leaves,
	    "credentials", (json_int_t)a.credentials, "files", (json_int_t)a.files + (json_int_t)a.seen.files, "cosigned", (json_int_t)a.seen.cosigned, "signer_asked", asked, "event_head", head);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
