/*
 * outbox.c - `fujie outbox`: packages of publications, to be carried by hand.
 *
 * They lie in publish/outbox as files, signed, and public: no register is asked, so it
 * works whether the service runs or not.  A file for carrying is one package after the
 * other; a snapshot is the newest one and what came after it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/package.h"
#include "issuer/cli/cli.h"

struct box {
	struct cli_home home;
	int out;
	int64_t oldest, newest, snapshot, parts;
	int64_t written;
};

static void box_release(struct box *b)
{
	fj_fd_close(&b->out);
	cli_home_release(&b->home);
}

FJ_DEFINE_AUTO(box, struct box, box_release)

static enum fj_rc read_index(struct box *b, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	json_t *shot;

	enum fj_rc rc = fj_file_read(b->home.dir, "publish/outbox/index.json", &text, err);
	if (rc == FJ_E_NOTFOUND)
		return fj_refuse(err, rc, "cli", "formats.md 18", "this home has made no package yet: start it once (`fujie serve`)", "该主目录尚未生成数据包：请先运行一次 fujie serve");
	FJ_TRY(rc);
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), 65536, out, err));
	FJ_TRY(fj_json_obj(*out, "snapshot", &shot, err));
	b->oldest = fj_json_num(*out, "oldest");
	b->newest = fj_json_num(*out, "newest");
	b->snapshot = fj_json_num(shot, "seq");
	b->parts = fj_json_num(shot, "parts");
	return FJ_OK;
}

static enum fj_rc create(struct box *b, const char *path, struct fj_err *err)
{
	if (path == NULL)
		return fj_refuse(err, FJ_E_USAGE, "cli", NULL, "--out FILE is missing: into which file?", "缺少 --out 文件");
	b->out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return b->out >= 0 ? FJ_OK : fj_fail_errno(err, "cli", "create %s (it must not be there yet)", path);
}

/* FJ_E_NOTFOUND: there is none */
static enum fj_rc add(struct box *b, const char *path, struct fj_err *err)
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(FJ_PACKAGE_MAX);

	FJ_TRY(fj_file_read(b->home.dir, path, &whole, err));
	FJ_TRY(fj_write_all(b->out, whole.data, whole.len, err));
	b->written++;
	return FJ_OK;
}

static enum fj_rc add_changes(struct box *b, int64_t after, struct fj_err *err)
{
	char path[80];

	for (int64_t n = after + 1; n <= b->newest; n++) {
		snprintf(path, sizeof(path), "publish/outbox/%010lld.pkg", (long long)n);
		enum fj_rc rc = add(b, path, err);
		if (rc != FJ_OK && rc != FJ_E_NOTFOUND) /* a number that was never released */
			return rc;
	}
	return FJ_OK;
}

static enum fj_rc export_changes(const struct cli_args *a, struct box *b, struct fj_err *err)
{
	const char *text = cli_opt(a, "after", "");
	char *end;
	int64_t after = strtoll(text, &end, 10);

	if (text[0] == '\0' || *end != '\0' || after < 0)
		return fj_refuse(err, FJ_E_USAGE, "cli", NULL, "--after SEQ is missing: the last number that was taken in there (`fujie inbox state`)", "缺少 --after 序号：对方已应用的最后序号（fujie inbox state）");
	if (after + 1 < b->oldest && after < b->newest) {
		fj_fail(err, FJ_E_NOTFOUND, "cli", "formats.md 18", "packages %lld to %lld are not kept any more: take a snapshot (`fujie outbox snapshot --out FILE`)", (long long)after + 1, (long long)b->oldest - 1);
		fj_err_zh(err, "数据包 %lld 至 %lld 已不再保存：请改用快照（fujie outbox snapshot --out 文件）", (long long)after + 1, (long long)b->oldest - 1);
		return FJ_E_NOTFOUND;
	}
	FJ_TRY(create(b, a->out, err));
	return add_changes(b, after, err);
}

static enum fj_rc export_snapshot(const struct cli_args *a, struct box *b, struct fj_err *err)
{
	char path[100];

	if (b->snapshot < 0)
		return fj_refuse(err, FJ_E_NOTFOUND, "cli", "formats.md 18", "this home has made no snapshot yet: start it once (`fujie serve`)", "该主目录尚未生成快照：请先运行一次 fujie serve");
	FJ_TRY(create(b, a->out, err));
	for (int64_t k = 1; k <= b->parts; k++) {
		snprintf(path, sizeof(path), "publish/outbox/snapshot-%010lld/%05lld.pkg", (long long)b->snapshot, (long long)k);
		FJ_TRY(add(b, path, err));
	}
	return add_changes(b, b->snapshot, err);
}

static enum fj_rc run(const struct cli_args *a, json_t **out, struct fj_err *err)
{
	FJ_AUTO(box) b = {.home = {.dir = -1, .run = -1, .lock = -1}, .out = -1};
	FJ_AUTO(json) index = NULL;

	if (a->dir == NULL)
		return fj_refuse(err, FJ_E_USAGE, "cli", NULL, "--dir D is missing: which home?", "缺少 --dir：哪个主目录？");
	FJ_TRY(cli_home_open(a->dir, &b.home, err));
	FJ_TRY(read_index(&b, &index, err));
	if (strcmp(a->verb, "list") == 0) {
		*out = json_incref(index);
		return FJ_OK;
	}
	enum fj_rc rc = strcmp(a->verb, "export") == 0 ? export_changes(a, &b, err) : export_snapshot(a, &b, err);
	if (rc == FJ_OK && fsync(b.out) != 0)
		rc = fj_fail_errno(err, "cli", "write %s", a->out);
	if (rc != FJ_OK && b.out >= 0)
		unlink(a->out);
	FJ_TRY(rc);
	*out = json_pack("{s:s, s:I, s:I}", "saved", a->out, "packages", (json_int_t)b.written, "newest", (json_int_t)b.newest);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "cli");
}

int cli_outbox(const struct cli_args *a)
{
	static const char *const verbs[] = {"list", "export", "snapshot"}, *const known[] = {"after", NULL};
	FJ_AUTO(json) answer = NULL;
	struct fj_err err = {0};
	bool ok = false;

	for (size_t k = 0; k < FJ_ARRAY_LEN(verbs); k++)
		ok = ok || strcmp(a->verb, verbs[k]) == 0;
	enum fj_rc rc = ok ? cli_opt_only(a, known, &err)
	    : fj_refuse(&err, FJ_E_USAGE, "cli", NULL, "fujie outbox list|export --after SEQ --out FILE|snapshot --out FILE, each with --dir D", "用法：fujie outbox list|export --after 序号 --out 文件|snapshot --out 文件，均须 --dir D");
	if (rc == FJ_OK)
		rc = run(a, &answer, &err);
	if (rc != FJ_OK)
		return cli_print_error(&err, NULL, a->json);
	cli_print_answer(answer, a->json);
	return 0;
}
