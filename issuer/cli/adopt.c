/*
 * adopt.c - `fujie spare adopt --dir D2 --home COPY`: the copy of a home is laid beside the spare that stands in for it
 * (docs/formats.md 32).
 *
 * COPY is that home's folder as a backup or the disk of the dead machine has it; its TPM is not in it, or is dead.  The audit log
 * of its signer becomes signer/inherited.log, and the spare's signer is asked at once whether it can be taken in: a log that was
 * changed, of another home, of before its roots left, is refused before anything else is copied.  Then everything but TPM,
 * signer, sockets and the spare's own plan and proof is copied, fujie.ini last, with the spare's TPM in it: before that D2 is no home,
 * and what was cut is begun again by the same words.  Nothing is taken into service by this: that is two officers' (spare.enter).
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "hsm/client/client.h"
#include "issuer/cli/cli.h"

#define CITE "formats.md 32"
#define COPY_PART (1u << 18)
#define DEPTH 8
#define LOG "signer/inherited.log"

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "cli", CITE, en, zh);
}

/* --- copying --- */

static enum fj_rc copy_file(int from, const char *name, int to, const char *as, mode_t mode, struct fj_err *err)
{
	FJ_AUTO(mem) part = fj_alloc(COPY_PART, 1);
	FJ_AUTO(fd) in = openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FJ_AUTO(fd) out = -1;
	ssize_t n;

	if (part == NULL)
		return fj_no_memory(err, "cli");
	if (in < 0)
		return fj_fail_errno(err, "cli", "open %s of the copy", name);
	out = openat(to, as, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (out < 0)
		return fj_fail_errno(err, "cli", "create %s", as);
	while ((n = read(in, part, COPY_PART)) > 0)
		FJ_TRY(fj_write_all(out, part, (size_t)n, err));
	if (n < 0)
		return fj_fail_errno(err, "cli", "read %s of the copy", name);
	return fsync(out) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "make %s durable", as);
}

/* what is the spare's own, or is of the processes that ran there */
static bool left_out(const char *name, int depth)
{
	static const char *const top[] = {"tpm", "signer", "run", "fujie.ini", "spare.json"};

	for (size_t i = 0; depth == 0 && i < FJ_ARRAY_LEN(top); i++)
		if (strcmp(name, top[i]) == 0)
			return true;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* in ceremony/: what the spare has of its own; and rounds of the TPM that is gone, which nobody is to answer here */
static bool own(int to, const char *name)
{
	bool kept = strcmp(name, "plan.json") == 0 || strcmp(name, "proof.json") == 0;

	return strstr(name, ".challenges") != NULL || strstr(name, ".answers") != NULL || (kept && faccessat(to, name, F_OK, 0) == 0);
}

static enum fj_rc copy_below(int from, int to, int depth, bool ceremony, struct fj_err *err);

/* "trust" of a home leads to publish/trust; none leads out of it */
static enum fj_rc copy_link(int from, const char *name, int to, struct fj_err *err)
{
	char target[256];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return fj_fail_errno(err, "cli", "read the link %s of the copy", name);
	target[n] = '\0';
	if (target[0] == '/' || strstr(target, "..") != NULL)
		return fj_fail(err, FJ_E_INVALID, "cli", CITE, "the copy has a link that leads out of it: %.60s", name);
	unlinkat(to, name, 0);
	return symlinkat(target, to, name) == 0 ? FJ_OK : fj_fail_errno(err, "cli", "make the link %s", name);
}

static enum fj_rc copy_one(int from, const char *name, int to, int depth, bool ceremony, struct fj_err *err)
{
	FJ_AUTO(fd) below = -1;
	FJ_AUTO(fd) into = -1;
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return fj_fail_errno(err, "cli", "look at %s of the copy", name);
	if (S_ISREG(st.st_mode))
		return ceremony && own(to, name) ? FJ_OK : copy_file(from, name, to, name, st.st_mode & 0777, err);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, name, to, err);
	if (!S_ISDIR(st.st_mode))
		return FJ_OK; /* a home has nothing else that lasts */
	if (depth == DEPTH)
		return fj_fail(err, FJ_E_LIMIT, "cli", CITE, "the copy has folders that lie deeper than a home's: %s", name);
	FJ_TRY(fj_dir_open(from, name, &below, err));
	FJ_TRY(fj_dir_make(to, name, st.st_mode & 0777, err));
	FJ_TRY(fj_dir_open(to, name, &into, err));
	return copy_below(below, into, depth + 1, depth == 0 && strcmp(name, "ceremony") == 0, err);
}

static enum fj_rc copy_below(int from, int to, int depth, bool ceremony, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;

	FJ_TRY(fj_dir_list(from, ".", &d, err));
	while ((e = readdir(d)) != NULL)
		if (!left_out(e->d_name, depth))
			FJ_TRY(copy_one(from, e->d_name, to, depth, ceremony, err));
	return FJ_OK;
}

/* with this machine's TPM in it */
static enum fj_rc put_conf(const struct cli_spare_home *s, int from, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) out = FJ_BUF_INIT(65536 + 256);
	bool tpm = false, done = false;

	FJ_TRY(fj_file_read(from, "fujie.ini", &text, err));
	for (const char *line = fj_buf_str(&text); *line != '\0';) {
		size_t n = strcspn(line, "\n");
		n += line[n] == '\n';
		tpm = line[0] == '[' ? strncmp(line, "[tpm]", 5) == 0 : tpm;
		bool device = tpm && strncmp(line, "device", 6) == 0;
		FJ_TRY(device ? fj_buf_printf(&out, "device = %s\n", s->tpm) : fj_buf_put(&out, line, n));
		done = done || device;
		line += n;
	}
	if (!done)
		FJ_TRY(fj_buf_printf(&out, "\n[tpm]\ndevice = %s\n", s->tpm));
	return fj_file_replace(s->dir, "fujie.ini", fj_buf_slice(&out), 0644, err);
}

/* --- is it one? --- */

static enum fj_rc open_copy(const char *path, int *out, struct fj_err *err)
{
	static const char *const must[] = {"fujie.ini", "register.db", "signer/audit.log", "publish/trust/log.vkey"};
	FJ_AUTO(fd) lock = -1;

	FJ_TRY(fj_dir_open(AT_FDCWD, path, out, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(must); i++)
		if (faccessat(*out, must[i], R_OK, 0) != 0) {
			enum fj_rc rc = fj_fail(err, FJ_E_NOTFOUND, "cli", CITE, "%s is no whole copy of a home: it lacks %s, or it can't be read; register, publish and the signer's audit log are needed", path, must[i]);
			fj_err_zh(err, "%s 不是完整的系统副本：缺少 %s 或无法读取；须有登记簿、publish 目录与签名服务的审计日志", path, must[i]);
			return rc;
		}
	lock = openat(*out, "run/supervisor.lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0)
		return no(err, FJ_E_BUSY, "that home is served now: its TPM is alive, and two that sign are never one; end it first, and make sure that it does not come back", "该系统正在运行：其 TPM 可用，两处不得同时签名；请先停止该系统，并确保不再启动");
	return FJ_OK;
}

/* to whom the folder that it lies in belongs */
static enum fj_rc give_log(int dir, struct fj_err *err)
{
	struct stat st;

	if (fstatat(dir, "signer", &st, AT_SYMLINK_NOFOLLOW) != 0 || fchownat(dir, LOG, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
		return fj_fail_errno(err, "cli", "give %s to the signer's user", LOG);
	return FJ_OK;
}

/* the spare's signer, with the copy beside its log */
static enum fj_rc ask_signer(struct cli_spare_home *s, const char *dir, struct fj_err *err)
{
	FJ_AUTO(json) status = NULL;

	FJ_TRY(cli_spare_status(dir, &status, err));
	const json_t *copy = json_object_get(status, "inherits");
	const char *why = fj_json_peek(copy, "why");
	if (json_is_object(copy) && why == NULL)
		return FJ_OK;
	unlinkat(s->dir, LOG, 0);
	return why != NULL ? no(err, FJ_E_REFUSED, why, fj_json_text(copy, "why_zh")) : no(err, FJ_E_STATE, "this is no spare that waits", "此处不是等待启用的备机");
}

enum fj_rc cli_adopt(const struct cli_args *a, struct cli_spare_home *s, struct fj_err *err)
{
	FJ_AUTO(fd) from = -1;
	FJ_AUTO(cli_home) h = {.dir = -1, .run = -1, .lock = -1};

	FJ_TRY(open_copy(cli_opt(a, "home", ""), &from, err));
	FJ_TRY(copy_file(from, "signer/audit.log", s->dir, LOG, 0600, err));
	FJ_TRY(give_log(s->dir, err));
	FJ_TRY(ask_signer(s, a->dir, err));
	FJ_TRY(copy_below(from, s->dir, 0, false, err));
	if (syncfs(s->dir) != 0)
		return fj_fail_errno(err, "cli", "make the copy durable");
	FJ_TRY(put_conf(s, from, err));
	FJ_TRY(cli_home_open(a->dir, &h, err)); /* what was copied belongs to whom it belongs here */
	return cli_users_own(&h, err);
}
