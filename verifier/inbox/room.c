/*
 * room.c - a mirror's folder: staging, and the one moment in which a package counts.
 *
 * Files and rows are staged and made durable; then commit.json says that they are
 * entered.  From there each step can be done twice: files are put into their places
 * (lists and CRLs first), rows replace rows, the state is written, the generation
 * rises, commit.json goes.  A process that ends before commit.json leaves nothing; one
 * that ends after it is finished by the next.
 */
#include "verifier/inbox/inbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define STAGE "inbox/stage"
#define ROWS "inbox/stage-rows"
#define LOCK_TRIES 100
#define PATH_CAP 512

enum fj_rc inb_lock(int *fd, struct fj_err *err)
{
	*fd = open("inbox/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return fj_fail_errno(err, "inbox", "open inbox/lock");
	for (int t = 0; t < LOCK_TRIES; t++) {
		if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
			return FJ_OK;
		usleep(100000);
	}
	return fj_refuse(err, FJ_E_BUSY, "inbox", NULL, "another process is taking packages in here; try again", "另一进程正在此处应用数据包；请稍后再试");
}

/* --- folders --- */

static bool is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void empty_folder(const char *folder, int depth)
{
	char path[PATH_CAP];
	DIR *d = depth > 8 ? NULL : opendir(folder);

	for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || snprintf(path, sizeof(path), "%.240s/%.255s", folder, e->d_name) >= (int)sizeof(path))
			continue;
		if (is_folder(path)) {
			empty_folder(path, depth + 1);
			rmdir(path);
		} else {
			unlink(path);
		}
	}
	if (d != NULL)
		closedir(d);
}

/* each folder of top/path but the last name */
static enum fj_rc make_folders(const char *top, const char *path, struct fj_err *err)
{
	char folder[PATH_CAP];

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.100s/%.*s", top, (int)(slash - path), path);
		FJ_TRY(fj_dir_make(AT_FDCWD, folder, 0755, err));
	}
	return FJ_OK;
}

static enum fj_rc write_file(const char *path, struct fj_slice data, struct fj_err *err)
{
	FJ_AUTO(fd) fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	return fd < 0 ? fj_fail_errno(err, "inbox", "create %s", path) : fj_write_all(fd, data.p, data.len, err);
}

static enum fj_rc make_durable(struct fj_err *err)
{
	FJ_AUTO(fd) dir = open("inbox", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir >= 0 && syncfs(dir) == 0 ? FJ_OK : fj_fail_errno(err, "inbox", "make the package durable");
}

static void forget_stage(void)
{
	unlink("inbox/stage.json");
	empty_folder(STAGE, 0);
	empty_folder(ROWS, 0);
}

enum fj_rc inb_stage(const struct fj_package *p, bool first, struct fj_err *err)
{
	char path[PATH_CAP];
	const char *name;
	struct fj_slice data;
	size_t at = 0;

	if (first)
		forget_stage();
	for (size_t k = 0; fj_package_file(p, k, &at, &name, &data); k++) {
		FJ_TRY(make_folders(STAGE, name, err));
		snprintf(path, sizeof(path), STAGE "/%.200s", name);
		FJ_TRY(write_file(path, data, err));
	}
	snprintf(path, sizeof(path), ROWS "/%06lld.jsonl", (long long)p->part);
	return p->rows.len == 0 ? FJ_OK : write_file(path, p->rows, err);
}

/* --- state --- */

static json_t *state_json(const char *iss, int64_t seq, const struct fj_hash *hash, fj_time at)
{
	FJ_AUTO(buf) sha = FJ_BUF_INIT(64);

	if (fj_b64u_put(&sha, FJ_SLICE(hash->b, FJ_SHA256_LEN)) != FJ_OK)
		return NULL;
	return json_pack("{s:s, s:I, s:s, s:I}", "iss", iss, "seq", (json_int_t)seq, "sha256", fj_buf_str(&sha), "at", (json_int_t)at);
}

static enum fj_rc write_json(const char *path, json_t *owned, struct fj_err *err)
{
	FJ_AUTO(json) j = owned;
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);

	FJ_TRY(j == NULL ? fj_no_memory(err, "inbox") : fj_json_canonical(j, &text, err));
	return fj_file_replace(AT_FDCWD, path, fj_buf_slice(&text), 0644, err);
}

static enum fj_rc corrupt(const char *path, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_CORRUPT, "inbox", "formats.md 18", "%s is damaged: make the mirror anew from a snapshot, in an empty folder", path);

	fj_err_zh(err, "%s 已损坏；请在空文件夹中以快照重建镜像", path);
	return rc;
}

/* *there false: no such file */
static enum fj_rc read_json(const char *path, bool *there, json_t **out, struct fj_hash *hash, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) sha = FJ_BUF_INIT(64);

	enum fj_rc rc = fj_file_read(AT_FDCWD, path, &text, err);
	*there = rc != FJ_E_NOTFOUND;
	if (!*there)
		return FJ_OK;
	FJ_TRY(rc);
	if (fj_json_parse(fj_buf_slice(&text), 4096, out, NULL) != FJ_OK)
		return corrupt(path, err);
	const char *s = fj_json_text(*out, "sha256");
	if (fj_b64u_get(s, strlen(s), &sha) != FJ_OK || sha.len != FJ_SHA256_LEN)
		return corrupt(path, err);
	memcpy(hash->b, sha.data, FJ_SHA256_LEN);
	return FJ_OK;
}

enum fj_rc inb_read_state(struct inb_state *s, struct fj_err *err)
{
	FJ_AUTO(json) state = NULL;
	FJ_AUTO(json) stage = NULL;
	bool there;

	memset(s, 0, sizeof(*s));
	s->stage_seq = -1;
	FJ_TRY(read_json("inbox/state.json", &there, &state, &s->last, err));
	if (there) {
		s->seq = fj_json_num(state, "seq");
		s->at = fj_json_num(state, "at");
		if (fj_strcopy(s->iss, sizeof(s->iss), fj_json_text(state, "iss")) != FJ_OK || s->iss[0] == '\0')
			return corrupt("inbox/state.json", err);
	}
	FJ_TRY(read_json("inbox/stage.json", &there, &stage, &s->stage_before, err));
	if (there) {
		s->stage_seq = fj_json_num(stage, "seq");
		s->stage_part = fj_json_num(stage, "part");
	}
	return FJ_OK;
}

enum fj_rc inb_stage_keep(const struct fj_package *p, struct fj_err *err)
{
	FJ_AUTO(buf) sha = FJ_BUF_INIT(64);

	FJ_TRY(make_durable(err));
	FJ_TRY(fj_b64u_put(&sha, FJ_SLICE(p->before.b, FJ_SHA256_LEN)));
	return write_json("inbox/stage.json", json_pack("{s:I, s:I, s:s}", "seq", (json_int_t)p->seq, "part", (json_int_t)p->part, "sha256", fj_buf_str(&sha)), err);
}

/* --- entering --- */

/* A copy beside its place, then renamed: Landlock (before ABI 2) lets nothing be renamed from one folder into
 * another. */
static enum fj_rc put_in_place(const char *from, const char *to, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(FJ_PACKAGE_DATA_MAX);
	char tmp[PATH_CAP + 8];

	snprintf(tmp, sizeof(tmp), "%s.tmp", to);
	FJ_TRY(fj_file_read(AT_FDCWD, from, &data, err));
	FJ_TRY(write_file(tmp, fj_buf_slice(&data), err));
	return rename(tmp, to) == 0 ? FJ_OK : fj_fail_errno(err, "inbox", "rename to %s", to);
}

static const char *const notes[] = {"log/checkpoint", "log/cosigned"};

static bool is_note(const char *path)
{
	return strcmp(path, notes[0]) == 0 || strcmp(path, notes[1]) == 0;
}

/* a tile of the log that is full takes the place of the partial ones before it, as with the issuer */
static void remove_narrower(const char *path)
{
	char folder[PATH_CAP];

	if (strncmp(path, "log/tile/", 9) != 0 || strstr(path, ".p") != NULL)
		return;
	snprintf(folder, sizeof(folder), "publish/%.400s.p", path);
	empty_folder(folder, 8);
	rmdir(folder);
}

static enum fj_rc promote(const char *folder, int depth, struct fj_err *err)
{
	char path[PATH_CAP], from[PATH_CAP], to[PATH_CAP];
	enum fj_rc rc = FJ_OK;

	snprintf(path, sizeof(path), STAGE "%s%.200s", folder[0] != '\0' ? "/" : "", folder);
	DIR *d = opendir(path);
	if (d == NULL)
		return errno == ENOENT ? FJ_OK : fj_fail_errno(err, "inbox", "list %s", path);
	for (const struct dirent *e; rc == FJ_OK && (e = readdir(d)) != NULL;) {
		snprintf(path, sizeof(path), "%.200s%s%.200s", folder, folder[0] != '\0' ? "/" : "", e->d_name);
		if (!fj_package_path(path) || depth > 8)
			continue;
		snprintf(from, sizeof(from), STAGE "/%.400s", path);
		snprintf(to, sizeof(to), "publish/%.400s", path);
		if (is_folder(from))
			rc = promote(path, depth + 1, err);
		else if (!is_note(path) && (rc = make_folders("publish", path, err)) == FJ_OK)
			rc = put_in_place(from, to, err);
		if (rc == FJ_OK)
			remove_narrower(path);
	}
	closedir(d);
	return rc;
}

/* what is signed over the tiles, once they are there */
static enum fj_rc promote_notes(struct fj_err *err)
{
	char from[PATH_CAP], to[PATH_CAP];

	for (size_t k = 0; k < FJ_ARRAY_LEN(notes); k++) {
		snprintf(from, sizeof(from), STAGE "/%s", notes[k]);
		snprintf(to, sizeof(to), "publish/%s", notes[k]);
		if (access(from, F_OK) == 0)
			FJ_TRY(put_in_place(from, to, err));
	}
	return FJ_OK;
}

/* the first name behind `last`; false: there is none */
static bool next_name(char last[NAME_MAX + 1])
{
	char best[NAME_MAX + 1] = "";
	const struct dirent *e;
	DIR *d = opendir(ROWS);

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, last) > 0 && (best[0] == '\0' || strcmp(e->d_name, best) < 0))
			snprintf(best, sizeof(best), "%s", e->d_name);
	if (d != NULL)
		closedir(d);
	memcpy(last, best, sizeof(best));
	return best[0] != '\0';
}

/* in the order of the parts: a row may clear what goes with an older one */
static enum fj_rc enter_rows(struct fj_err *err)
{
	char path[PATH_CAP], name[NAME_MAX + 1] = "";

	while (next_name(name)) {
		snprintf(path, sizeof(path), ROWS "/%.255s", name);
		FJ_TRY(inb_rows(path, err));
	}
	return FJ_OK;
}

static enum fj_rc raise_generation(struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(64);
	char next[24];

	int64_t n = fj_file_read(AT_FDCWD, "publish/generation", &text, NULL) == FJ_OK ? strtoll(fj_buf_str(&text), NULL, 10) : 0;
	snprintf(next, sizeof(next), "%lld\n", (long long)n + 1);
	return fj_file_replace(AT_FDCWD, "publish/generation", fj_slice_str(next), 0644, err);
}

static enum fj_rc finish(struct fj_err *err)
{
	FJ_AUTO(buf) state = FJ_BUF_INIT(4096);

	FJ_TRY(fj_file_read(AT_FDCWD, "inbox/commit.json", &state, err));
	FJ_TRY(promote("trust/crl", 1, err));
	FJ_TRY(promote("trust/status", 1, err));
	FJ_TRY(promote("", 0, err));
	FJ_TRY(promote_notes(err));
	FJ_TRY(enter_rows(err));
	FJ_TRY(make_durable(err));
	FJ_TRY(fj_file_replace(AT_FDCWD, "inbox/state.json", fj_buf_slice(&state), 0644, err));
	FJ_TRY(raise_generation(err));
	if (unlink("inbox/commit.json") != 0)
		return fj_fail_errno(err, "inbox", "remove inbox/commit.json");
	forget_stage();
	return FJ_OK;
}

enum fj_rc inb_commit(const struct fj_package *p, const struct fj_hash *last, struct fj_err *err)
{
	FJ_TRY(make_durable(err));
	FJ_TRY(write_json("inbox/commit.json", state_json(fj_json_text(p->jws.payload, "iss"), p->seq, last, p->at), err));
	return finish(err);
}

enum fj_rc inb_open(struct inb_state *s, struct fj_err *err)
{
	static const char *const folders[] = {STAGE, ROWS, "inbox/new", "publish", "run"};

	for (size_t k = 0; k < FJ_ARRAY_LEN(folders); k++)
		FJ_TRY(fj_dir_make(AT_FDCWD, folders[k], 0755, err));
	FJ_TRY(inb_rows_fit(err));
	fj_file_sweep(AT_FDCWD, "publish");
	fj_file_sweep(AT_FDCWD, "inbox");
	if (access("inbox/commit.json", F_OK) == 0)
		FJ_TRY(finish(err));
	else if (access("inbox/stage.json", F_OK) != 0)
		forget_stage();
	return inb_read_state(s, err);
}
