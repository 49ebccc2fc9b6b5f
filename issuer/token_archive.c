/*
 * token_archive.c - what a job of license tokens has given, for its operator to hand
 * on: one archive with every token as it was signed, and a covering list
 * (docs/formats.md 10).  For people it may be a ZIP, which a clerk's computer opens: larger,
 * since each token is packed by itself.
 *
 * The list's hash stands in the event that ended the job, and the list has every
 * token's, so the archive can be checked against the log without the appliance.
 * Who was left out stands in the list too, with the reason.  Tokens that were
 * revoked since are in it as before: the archive says what was issued, the status
 * lists what it is worth.
 */
#include "issuer/find.h"
#include "issuer/report/parts.h"
#include "issuer/sheet/sheet.h"
#include "base/tar.h"
#include "issuer/token.h"

static const char *const kinds[] = {"tar.gz", "zip", NULL};
const struct iss_field fld_token_archive[] = {{"bulk", ISS_F_STR, true, 40, "批次编号", "job", .noun = "bulk"},
	{"format", ISS_F_STR, false, 6, "格式（不填为 tar.gz）", "format of the archive, tar.gz by default", kinds}, {0}};
enum { L_LINE, L_NUMBER, L_USER, L_NAME, L_PRODUCT, L_FROM, L_TO, L_SHA, L_NOTE, L_COLUMNS };

/* --- the covering list --- */

/* columns of STO_JOB_TOKENS: line, id, user, name, product, from, to, state, sha256, bytes */
static enum fj_rc list_token(struct sheet_out *o, const struct sto_q *q, struct fj_err *err)
{
	const char *cells[L_COLUMNS] = {NULL};
	char line[24], from[FJ_TIME_CAP], to[FJ_TIME_CAP], hex[65] = "";

	snprintf(line, sizeof(line), "%lld", (long long)sto_int(q, 0));
	fj_time_china(sto_int(q, 5), from);
	fj_time_china(sto_int(q, 6), to);
	if (sto_blob(q, 8).len == FJ_SHA256_LEN)
		fj_hex(sto_blob(q, 8).p, FJ_SHA256_LEN, hex);
	cells[L_LINE] = line;
	cells[L_NUMBER] = sto_text(q, 1);
	cells[L_USER] = sto_text(q, 2);
	cells[L_NAME] = sto_text(q, 3);
	cells[L_PRODUCT] = sto_text(q, 4);
	cells[L_FROM] = from;
	cells[L_TO] = to;
	cells[L_SHA] = hex;
	cells[L_NOTE] = hex[0] != '\0' ? "" : "未签发";
	return sheet_out_row(o, cells, err);
}

static enum fj_rc list_tokens(struct sto *db, const char *job, struct sheet_out *o, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_JOB_TOKENS, &q, err, "t", job));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(list_token(o, &q, err));
	}
}

static enum fj_rc list_left_out(struct sto *db, const struct tok_job *j, struct sheet_out *o, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_JOB_ASIDE, &q, err, "t", j->id));
	for (;;) {
		const char *cells[L_COLUMNS] = {NULL};
		FJ_AUTO(json) why = NULL;
		char line[24];
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 4)), 4096, &why, err));
		snprintf(line, sizeof(line), "%lld", (long long)sto_int(&q, 0));
		cells[L_LINE] = line;
		cells[L_USER] = sto_text(&q, 1);
		cells[L_NAME] = sto_text(&q, 2);
		cells[L_PRODUCT] = j->product;
		cells[L_NOTE] = fj_json_text(why, "zh");
		FJ_TRY(sheet_out_row(o, cells, err));
	}
}

enum fj_rc tok_list(struct sto *db, const struct tok_job *j, struct fj_buf *out, char hex[65], struct fj_err *err)
{
	static const struct sheet_column columns[L_COLUMNS] = {{.title = "清单行号"}, {.title = "令牌编号"}, {.title = "用户代码"}, {.title = "用户名称"}, {.title = "产品"},
		{.title = "生效时间"}, {.title = "截止时间"}, {.title = "SHA-256"}, {.title = "说明"}};
	FJ_AUTO(sheet_out) o = NULL;
	size_t before = out->len;
	struct fj_hash h;

	FJ_TRY(sheet_out_new(SHEET_CSV, "许可令牌", columns, L_COLUMNS, &o, err));
	FJ_TRY(list_tokens(db, j->id, o, err));
	FJ_TRY(list_left_out(db, j, o, err));
	FJ_TRY(sheet_out_finish(&o, out, err));
	fj_sha256(FJ_SLICE(out->data + before, out->len - before), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

/* --- the archive --- */

struct kept {
	char name[80];
	size_t at, len; /* in bytes */
};
struct archive {
	struct fj_tar tar;
	bool zip;                  /* then the files are kept until all are there */
	struct fj_buf bytes, kept; /* of kept: struct kept */
};

static void archive_release(struct archive *a)
{
	fj_tar_release(&a->tar);
	fj_buf_release(&a->bytes);
	fj_buf_release(&a->kept);
}
FJ_DEFINE_AUTO(archive, struct archive, archive_release)

static enum fj_rc put(struct archive *a, const char *name, struct fj_slice bytes, struct fj_err *err)
{
	struct kept k = {.at = a->bytes.len, .len = bytes.len};

	if (!a->zip)
		return fj_tar_add(&a->tar, name, bytes, err);
	FJ_TRY(fj_strcopy(k.name, sizeof(k.name), name));
	if (fj_buf_put(&a->bytes, bytes.p, bytes.len) == FJ_OK && fj_buf_put(&a->kept, &k, sizeof(k)) == FJ_OK)
		return FJ_OK;
	return fj_refuse(err, FJ_E_LIMIT, "issuer", NULL, "there are too many for a ZIP; take the tar.gz", "该批次过大，不能制作 ZIP；请下载 tar.gz");
}

static enum fj_rc zipped(const struct archive *a, struct fj_buf *out, struct fj_err *err)
{
	size_t n = a->kept.len / sizeof(struct kept);
	const struct kept *k = (const struct kept *)(const void *)a->kept.data;
	struct rep_part *parts = fj_alloc(n + 1, sizeof(*parts));

	if (parts == NULL)
		return fj_no_memory(err, "issuer");
	for (size_t i = 0; i < n; i++)
		parts[i] = (struct rep_part){k[i].name, FJ_SLICE(a->bytes.data + k[i].at, k[i].len)};
	enum fj_rc rc = rep_zip(parts, n, out);
	fj_free(parts);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "issuer", NULL, "the ZIP can't be made");
}

static enum fj_rc add_proof(struct iss_call *c, const char *id, struct archive *t, struct fj_err *err)
{
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	char name[80];

	FJ_TRY(log_proof(c->iss, c->db, PIPE_TOKEN, id, &proof, err));
	snprintf(name, sizeof(name), "tokens/%.40s.tlog-proof", id);
	return put(t, name, fj_buf_slice(&proof), err);
}

static enum fj_rc add_tokens(struct iss_call *c, const char *job, struct archive *t, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char name[80];
	bool row;

	FJ_TRY(sto_query(c->db, STO_JOB_TOKENS, &q, err, "t", job));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (sto_blob(&q, 9).len == 0) /* given up before it was signed */
			continue;
		snprintf(name, sizeof(name), "tokens/%.40s.jwt", sto_text(&q, 1));
		FJ_TRY(put(t, name, sto_blob(&q, 9), err));
		FJ_TRY(add_proof(c, sto_text(&q, 1), t, err));
		(*n)++;
	}
}

static enum fj_rc add_manifest(struct iss_call *c, const struct tok_job *j, int64_t n, const char *list, struct archive *t, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	FJ_AUTO(json) m = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:O}", "format", "urn:fujie:license-tokens:1", "base", iss_base(c->iss), "job", j->id,
	    "state", j->state, "approval", j->approval, "authorisation", j->authorisation, "operator", j->operator_, "digest", j->digest, "total", (json_int_t)j->total, "tokens",
	    (json_int_t)n, "left_out", (json_int_t)j->refused, "list_sha256", list, "request", j->request);

	if (m == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(fj_json_canonical(m, &text, err));
	return put(t, "manifest.json", fj_buf_slice(&text), err);
}

static enum fj_rc fill(struct iss_call *c, const struct tok_job *j, struct archive *t, struct fj_err *err)
{
	FJ_AUTO(buf) list = FJ_BUF_INIT(TOK_MAX_LIST);
	char hex[65];
	int64_t n = 0;

	FJ_TRY(tok_list(c->db, j, &list, hex, err));
	if (j->list_sha256[0] != '\0' && strcmp(hex, j->list_sha256) != 0)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the covering list of %s is not the one that its last event holds", j->id);
	FJ_TRY(put(t, "list.csv", fj_buf_slice(&list), err));
	FJ_TRY(add_tokens(c, j->id, t, &n, err));
	FJ_TRY(add_manifest(c, j, n, hex, t, err));
	return t->zip ? FJ_OK : fj_tar_end(&t->tar, err);
}

static enum fj_rc check_ended(struct iss_call *c, const struct tok_job *j, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool ended = strcmp(j->state, "DONE") == 0 || strcmp(j->state, "STOPPED") == 0;

	FJ_TRY(sto_first(c->db, STO_JOB_COUNTS, &q, "count", err, "t", j->id));
	if (ended && sto_int(&q, 1) == 0)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 4.10", "the job is not over: %lld of %lld rows are taken up; wait until it is done, or stop it", (long long)j->taken, (long long)j->total);
	fj_err_zh(err, "该批次尚未结束（%lld/%lld）；请待其完成，或先停止", (long long)j->taken, (long long)j->total);
	return rc;
}

enum fj_rc cmd_token_archive(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(tok_job) j = {.request = NULL};
	FJ_AUTO(archive) t = {.zip = strcmp(fj_json_text(c->params, "format"), "zip") == 0, .bytes = FJ_BUF_INIT(SHEET_MAX_FILE), .kept = FJ_BUF_INIT(1u << 24)};
	FJ_AUTO(buf) file = FJ_BUF_INIT(SHEET_MAX_FILE);
	char name[64];

	FJ_TRY(tok_job_get(c->db, fj_json_peek(c->params, "bulk"), &j, err));
	FJ_TRY(tok_job_reader(c, &j, err));
	FJ_TRY(check_ended(c, &j, err));
	FJ_TRY(t.zip ? FJ_OK : fj_tar_new(&t.tar, SHEET_MAX_FILE, j.at, true, err));
	FJ_TRY(fill(c, &j, &t, err));
	FJ_TRY(t.zip ? zipped(&t, &file, err) : FJ_OK);
	snprintf(name, sizeof(name), "tokens-%.30s.%s", j.id, t.zip ? "zip" : "tar.gz");
	return fnd_file(c, name, t.zip ? "application/zip" : "application/gzip", t.zip ? &file : &t.tar.out, err);
}
