/*
 * archive.c - `fujie archive export`: a year's packages into a folder (docs/formats.md 44).
 *
 * The register says which package is next and gives it; here it is laid down, each file whole
 * or not at all, and its line put behind the others in index.part, with what the register
 * says of how far it has come in state.part.  A line is written before the state that counts
 * it, so an export that was broken off, however, goes on where it stood: lines that the state
 * does not know are cut off and asked for again.  The folder is finished when archive.jws is
 * there.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/file.h"
#include "base/secret.h"
#include "issuer/cli/cli.h"

#define PART "index.part"
#define STATE "state.part"
#define MAX_STATE 4096

struct export {
	const struct cli_args *a;
	int64_t year;
	struct cli_link link;
	int out, index;   /* the folder, and its unfinished index */
	off_t end;        /* octets of the index that the state counts */
	int64_t lines;
	struct fj_buf state;
	json_t *refusal;  /* the register's, of the request that failed */
};
static void export_release(struct export *x)
{
	cli_link_release(&x->link);
	fj_fd_close(&x->index);
	fj_fd_close(&x->out);
	fj_buf_release(&x->state);
	json_decref(x->refusal);
}
FJ_DEFINE_AUTO(export, struct export, export_release)

/* --- asking --- */

static enum fj_rc ask(struct export *x, const char *name, json_t *params, bool as_officer, json_t **answer, struct fj_err *err)
{
	json_t *as = json_null();

	if (as_officer && cli_identity(x->a, &as, err) != FJ_OK) {
		json_decref(params);
		return err->rc;
	}
	json_decref(x->refusal);
	x->refusal = NULL;
	return cli_ask(&x->link, name, params, as, FJ_SLICE(NULL, 0), answer, &x->refusal, err);
}

/* the octets that an answer brought, on the way or in it */
static enum fj_rc bytes_of(struct export *x, const json_t *answer, struct fj_buf *out, struct fj_err *err)
{
	const char *b64 = fj_json_peek(json_object_get(answer, "file"), "base64url");
	enum fj_rc rc = b64 != NULL ? fj_b64u_get(b64, strlen(b64), out) : fj_buf_put(out, x->link.file.data, x->link.file.len);

	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "cli", NULL, "the register's answer holds no file");
}

/* --- the folder --- */

static enum fj_rc put_state(struct export *x, const char *register_says, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_STATE);
	FJ_AUTO(json) j = json_pack("{s:I, s:I, s:s}", "octets", (json_int_t)x->end, "lines", (json_int_t)x->lines, "state", register_says);

	FJ_TRY(j == NULL ? fj_no_memory(err, "cli") : fj_json_canonical(j, &text, err));
	fj_buf_clear(&x->state);
	if (fj_buf_puts(&x->state, register_says) != FJ_OK)
		return fj_no_memory(err, "cli");
	return fj_file_replace(x->out, STATE, fj_buf_slice(&text), 0600, err);
}

static enum fj_rc add_line(struct export *x, const char *line, const char *state, struct fj_err *err)
{
	size_t n = strlen(line);

	FJ_TRY(fj_write_all(x->index, line, n, err));
	FJ_TRY(fj_write_all(x->index, "\n", 1, err));
	if (fsync(x->index) != 0)
		return fj_fail_errno(err, "cli", "write %s", PART);
	x->end += (off_t)n + 1;
	x->lines++;
	return put_state(x, state, err);
}

static enum fj_rc in_the_way(struct fj_err *err, const char *out)
{
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "cli", "formats.md 44", "%s holds something else than an export of this year that was broken off; name an empty folder (--out)", out);

	fj_err_zh(err, "%s 中已有其他内容，不是本年度中断的导出；请指定空目录（--out）", out);
	return rc;
}

/* what was being written when an export was broken off */
static void sweep(int out)
{
	static const char *const folders[] = {".", "originals", "trust/crl", "trust/status"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(folders); i++)
		fj_file_sweep(out, folders[i]);
	for (int k = 0; k < FJ_AR_KINDS; k++)
		fj_file_sweep(out, fj_archive_kind_name((enum fj_archive_kind)k));
}

/* where an export stands that was broken off; lines that are not counted are cut off */
static enum fj_rc take_up(struct export *x, bool *begun, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_STATE);
	FJ_AUTO(json) j = NULL;
	struct fj_archive_head h;
	char head[FJ_ARCHIVE_LINE + 1] = "";

	*begun = false;
	enum fj_rc rc = fj_file_read(x->out, STATE, &text, err);
	if (rc == FJ_E_NOTFOUND)
		return ftruncate(x->index, 0) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "write %s", PART);
	FJ_TRY(rc);
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), MAX_STATE, &j, err));
	x->end = (off_t)fj_json_num(j, "octets");
	x->lines = fj_json_num(j, "lines");
	ssize_t n = pread(x->index, head, FJ_ARCHIVE_LINE, 0);
	char *nl = n > 0 ? memchr(head, '\n', (size_t)n) : NULL;
	if (nl == NULL || fj_archive_head_read(FJ_SLICE(head, (size_t)(nl - head)), &h, err) != FJ_OK || h.year != x->year)
		return in_the_way(err, x->a->out);
	if (ftruncate(x->index, x->end) != 0 || lseek(x->index, 0, SEEK_END) != x->end)
		return fj_fail_errno(err, "cli", "take up %s", PART);
	sweep(x->out);
	*begun = true;
	return fj_buf_puts(&x->state, fj_json_text(j, "state"));
}

static bool empty(int out)
{
	FJ_AUTO(dir) d = NULL;
	bool is = fj_dir_list(out, ".", &d, NULL) == FJ_OK;

	for (struct dirent *e; is && (e = readdir(d)) != NULL;)
		is = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	return is;
}

static enum fj_rc open_out(struct export *x, bool *begun, struct fj_err *err)
{
	const char *path = x->a->out;

	if (mkdir(path, 0700) != 0 && access(path, F_OK) != 0)
		return fj_fail_errno(err, "cli", "make %s", path);
	FJ_TRY(fj_dir_open(AT_FDCWD, path, &x->out, err));
	if (faccessat(x->out, "archive.jws", F_OK, 0) == 0) {
		fj_fail(err, FJ_E_EXISTS, "cli", "formats.md 44", "%s holds a finished export; check it with fujie-verify archive, or name another folder (--out)", path);
		fj_err_zh(err, "%s 中的导出已经完成；请用 fujie-verify archive 核验，或另行指定目录（--out）", path);
		return FJ_E_EXISTS;
	}
	bool fresh = empty(x->out);
	if (!fresh && faccessat(x->out, PART, F_OK, 0) != 0 && faccessat(x->out, STATE, F_OK, 0) == 0) /* broken off at its very end */
		(void)!renameat(x->out, "index.jsonl", x->out, PART);
	x->index = openat(x->out, PART, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (fresh ? O_CREAT | O_EXCL : 0), 0600);
	if (x->index < 0)
		return fresh ? fj_fail_errno(err, "cli", "create %s in %s", PART, path) : in_the_way(err, path);
	if (flock(x->index, LOCK_EX | LOCK_NB) != 0) {
		fj_fail(err, FJ_E_BUSY, "cli", NULL, "an export into %s is under way; wait for it to end", path);
		fj_err_zh(err, "正在向 %s 导出；请等待其完成", path);
		return FJ_E_BUSY;
	}
	return take_up(x, begun, err);
}

static enum fj_rc put_file(struct export *x, const char *path, struct fj_slice bytes, struct fj_err *err)
{
	char folder[FJ_ARCHIVE_PATH];
	const char *slash = path;

	while ((slash = strchr(slash, '/')) != NULL) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		FJ_TRY(fj_dir_make(x->out, folder, 0700, err));
		slash++;
	}
	return fj_file_replace(x->out, path, bytes, 0600, err);
}

/* --- what is put into it --- */

static enum fj_rc add_originals(struct export *x, const json_t *list, struct fj_err *err)
{
	char path[FJ_ARCHIVE_PATH];
	size_t i;
	json_t *o;

	json_array_foreach((json_t *)(uintptr_t)list, i, o) {
		FJ_AUTO(buf) bytes = FJ_BUF_INIT(FJ_ARCHIVE_ORIGINAL);
		FJ_AUTO(json) owned = NULL;
		const char *sha256 = fj_json_text(o, "sha256");
		json_t *answer = NULL;
		if (!fj_hex64(sha256))
			return fj_fail(err, FJ_E_PROTO, "cli", NULL, "the register names a file without its hash");
		snprintf(path, sizeof(path), "originals/%s", sha256);
		if (faccessat(x->out, path, F_OK, 0) == 0)
			continue;
		FJ_TRY(ask(x, "archive.original", json_pack("{s:s}", "sha256", sha256), false, &answer, err));
		owned = answer;
		FJ_TRY(bytes_of(x, owned, &bytes, err));
		FJ_TRY(put_file(x, path, fj_buf_slice(&bytes), err));
	}
	return FJ_OK;
}

/* the next one; *over: there was none */
static enum fj_rc step(struct export *x, bool *over, struct fj_err *err)
{
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(FJ_ARCHIVE_PACKAGE);
	struct fj_archive_entry e;
	json_t *answer = NULL;
	char path[FJ_ARCHIVE_PATH];

	FJ_TRY(ask(x, "archive.next", json_pack("{s:s}", "state", fj_buf_str(&x->state)), false, &answer, err));
	FJ_AUTO(json) owned = answer;
	*over = json_is_true(json_object_get(owned, "over"));
	if (*over)
		return put_state(x, fj_json_text(owned, "state"), err);
	const char *line = fj_json_text(owned, "line");
	FJ_TRY(fj_archive_entry_read(fj_slice_str(line), &e, err));
	FJ_TRY(bytes_of(x, owned, &bytes, err));
	FJ_TRY(add_originals(x, json_object_get(owned, "originals"), err));
	fj_archive_path(&e, path);
	FJ_TRY(put_file(x, path, fj_buf_slice(&bytes), err));
	FJ_TRY(add_line(x, line, fj_json_text(owned, "state"), err));
	if (!x->a->json && x->lines % 100 == 0)
		fprintf(stderr, "%lld\n", (long long)x->lines);
	return FJ_OK;
}

static enum fj_rc begin(struct export *x, struct fj_err *err)
{
	json_t *answer = NULL;

	FJ_TRY(ask(x, "archive.begin", json_pack("{s:I}", "year", (json_int_t)x->year), false, &answer, err));
	FJ_AUTO(json) owned = answer;
	FJ_TRY(add_line(x, fj_json_text(owned, "line"), fj_json_text(owned, "state"), err));
	x->lines = 0;
	return put_state(x, fj_json_text(owned, "state"), err);
}

/* what it comes to, signed: the document first, its signature last */
static enum fj_rc seal(struct export *x, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ARCHIVE_DOC);
	json_t *answer = NULL, *shown = NULL;

	FJ_TRY(ask(x, "archive.seal", json_pack("{s:s}", "state", fj_buf_str(&x->state)), true, &answer, err));
	FJ_AUTO(json) sealed = answer;
	FJ_TRY(fj_json_canonical(json_object_get(sealed, "document"), &text, err));
	FJ_TRY(ask(x, "archive.show", json_pack("{s:s}", "id", fj_json_text(sealed, "id")), false, &shown, err));
	FJ_AUTO(json) export = shown;
	const char *jws = fj_json_peek(export, "signature");
	if (jws == NULL)
		return fj_refuse(err, FJ_E_BUSY, "cli", "formats.md 44", "its signature is not made yet (`fujie status show` says why); run the same command again", "签名尚未完成（原因见 fujie status show）；请稍后重新执行同一命令");
	if (renameat(x->out, PART, x->out, "index.jsonl") != 0)
		return fj_fail_errno(err, "cli", "finish the index");
	FJ_TRY(fj_file_replace(x->out, "archive.json", fj_buf_slice(&text), 0600, err));
	FJ_TRY(fj_file_replace(x->out, "archive.jws", fj_slice_str(jws), 0600, err));
	if (unlinkat(x->out, STATE, 0) != 0 || fsync(x->out) != 0)
		return fj_fail_errno(err, "cli", "finish %s", x->a->out);
	*out = json_pack("{s:s, s:O, s:I, s:O, s:s, s:s}", "id", fj_json_text(sealed, "id"), "year", json_object_get(export, "year"), "lines", (json_int_t)x->lines, "counts",
	    json_object_get(export, "counts"), "sha256", fj_json_text(sealed, "sha256"), "saved", x->a->out);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

static enum fj_rc options(struct export *x, struct fj_err *err)
{
	static const char *const known[] = {"year", NULL};
	const char *year = cli_opt(x->a, "year", "");
	char *end;

	FJ_TRY(cli_opt_only(x->a, known, err));
	x->year = strtoll(year, &end, 10);
	if (x->a->dir == NULL || x->a->out == NULL || strlen(year) != 4 || *end != '\0' || (x->a->as == NULL && getenv("FUJIE_TOKEN") == NULL))
		return fj_refuse(err, FJ_E_USAGE, "cli", NULL, "fujie archive export --year 2026 --dir D --out FOLDER --as LOGIN", "用法：fujie archive export --year 2026 --dir 主目录 --out 目录 --as 用户名");
	return FJ_OK;
}

static enum fj_rc run(struct export *x, json_t **out, struct fj_err *err)
{
	bool begun = false, over = false;

	FJ_TRY(options(x, err));
	FJ_TRY(cli_link_open(&x->link, x->a->dir, true, err));
	FJ_TRY(open_out(x, &begun, err));
	if (!begun)
		FJ_TRY(begin(x, err));
	while (!over)
		FJ_TRY(step(x, &over, err));
	return seal(x, out, err);
}

int cli_archive(const struct cli_args *a)
{
	FJ_AUTO(export) x = {.a = a, .link = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}}, .out = -1, .index = -1, .state = FJ_BUF_INIT(MAX_STATE)};
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};

	if (run(&x, &answer, &err) != FJ_OK)
		return cli_print_error(&err, x.refusal, a->json);
	cli_print_answer(answer, a->json);
	return 0;
}
