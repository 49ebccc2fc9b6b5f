/*
 * make.c - `fujie backup`: one stream of a home that goes on serving, without a copy of anything on its disk.
 *
 * For one moment nobody can write to the register (store.h, sto_shot).  Its state of then is streamed first, and the signer's log up to
 * where it was then: the signer has recorded all that this state says was signed, and no head of a log that this state does not have.
 * What is published comes after it, so it may be newer, never older; a restore reads from it what the register lacks.  The
 * file gets its name when it is whole and on the disk.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/tiles.h"
#include "issuer/backup/bak.h"
#include "issuer/recipients.h"
#include "issuer/store/store.h"

struct make {
	const struct bak_args *a;
	int home;
	struct sto *w, *r;
	struct fj_backup b;
	struct fj_backup_out *out;
	int64_t audit;      /* octets of the signer's log, at the moment of the register's state */
	int64_t files;
	dev_t out_dev;      /* the backup itself may lie in the home */
	ino_t out_ino;
};

static void done_reading(struct make *m)
{
	if (m->r != NULL)
		sto_rollback(m->r);
	sto_close(m->r);
	sto_close(m->w);
	m->r = m->w = NULL;
}

static void make_release(struct make *m)
{
	done_reading(m);
	fj_free(m->out);
	fj_fd_close(&m->home);
}
FJ_DEFINE_AUTO(make, struct make, make_release)

/* --- at one moment --- */

static enum fj_rc setting(struct sto *db, const char *key, char *out, size_t cap, bool *there, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, STO_SETTING_GET, &q, err, "t", key));
	FJ_TRY(sto_step(&q, there, err));
	return fj_strcopy(out, cap, *there ? sto_text(&q, 0) : "");
}

static enum fj_rc recipients(struct make *m, struct fj_err *err)
{
	FJ_AUTO(json) kept = NULL;
	char text[16384];
	bool there;

	FJ_TRY(setting(m->r, BAK_SETTING, text, sizeof(text), &there, err));
	if (!there)
		return fj_refuse(err, FJ_E_STATE, BAK_LAYER, "formats.md 42",
		    "nobody is named who could open a backup, so none is made. Each holder makes a key (fujie-officer backup-key new); then two finance officers: fujie backup recipients --dir D --as LOGIN --need M --keys NAME=KEY,...",
		    "尚未确定由谁打开备份，因此不作备份。请各保管人生成密钥（fujie-officer backup-key new），再由两名财政经办人执行 fujie backup recipients --dir D --as 登录名 --need M --keys 姓名=公钥,…");
	FJ_TRY(fj_json_parse(fj_slice_str(text), sizeof(text), &kept, err));
	return fj_backup_officers_read(json_object_get(kept, "officers"), fj_json_num(kept, "need"), &m->b, err);
}

static enum fj_rc counts(struct make *m, struct fj_err *err)
{
	FJ_AUTO(sto_q) e = {0};
	FJ_AUTO(sto_q) l = {0};
	bool row;

	FJ_TRY(sto_query(m->r, STO_EVENT_LAST, &e, err, ""));
	FJ_TRY(sto_step(&e, &row, err));
	m->b.events = row ? sto_int(&e, 0) : 0;
	FJ_TRY(sto_query(m->r, STO_LEAF_LAST, &l, err, ""));
	FJ_TRY(sto_step(&l, &row, err));
	m->b.leaves = row ? sto_int(&l, 0) + 1 : 0;
	return FJ_OK;
}

static enum fj_rc held(void *user, struct fj_err *err)
{
	struct make *m = user;
	FJ_AUTO(buf) offset = FJ_BUF_INIT(32);
	struct stat st;
	char demo[8];
	bool there;

	if (fstatat(m->home, "signer/audit.log", &st, AT_SYMLINK_NOFOLLOW) != 0)
		return fj_fail_errno(err, BAK_LAYER, "look at signer/audit.log");
	m->audit = st.st_size;
	FJ_TRY(recipients(m, err));
	FJ_TRY(setting(m->r, "base", m->b.base, sizeof(m->b.base), &there, err));
	FJ_TRY(setting(m->r, "demo", demo, sizeof(demo), &there, err));
	m->b.demo = strcmp(demo, "true") == 0;
	if (m->b.demo && fj_file_read(m->home, FJ_DEMO_CLOCK, &offset, NULL) == FJ_OK)
		fj_clock_set_offset(strtoll(fj_buf_str(&offset), NULL, 10));
	m->b.at = fj_now();
	return counts(m, err);
}

/* --- the stream --- */

static enum fj_rc put(void *user, const void *p, size_t n, struct fj_err *err)
{
	struct make *m = user;

	return fj_backup_put(m->out, p, n, err);
}

static enum fj_rc put_head(struct make *m, const struct fj_ustar *e, struct fj_err *err)
{
	uint8_t head[FJ_USTAR_BLOCK];
	enum fj_rc rc = fj_ustar_put(e, head, err);

	if (rc != FJ_OK)
		return bak_no(err, rc, "\"%.120s\" can't be in a backup: its name, size or time is none that an archive has; rename it", "“%.120s”不能写入备份：文件名、大小或时间不合归档格式；请重命名", e->name);
	m->files += e->type == FJ_USTAR_FILE;
	return fj_backup_put(m->out, head, sizeof(head), err);
}

static enum fj_rc put_rest(struct make *m, int64_t size, struct fj_err *err)
{
	static const uint8_t zeros[FJ_USTAR_BLOCK];

	return fj_backup_put(m->out, zeros, fj_ustar_rest(size), err);
}

/* what says which state it is: page 1 has SQLite's change counter; both as they were when it began */
static enum fj_rc put_register(struct make *m, struct fj_err *err)
{
	FJ_AUTO(mem) part = fj_alloc(BAK_PART, 1);
	struct fj_ustar e = {.type = FJ_USTAR_FILE, .name = BAK_REGISTER, .mode = 0600, .at = m->b.at};
	uint8_t begin[100], end[100];
	int64_t size;

	if (part == NULL)
		return fj_no_memory(err, BAK_LAYER);
	FJ_TRY(sto_shot_size(m->r, &e.size, err));
	FJ_TRY(sto_shot_read(m->r, 0, begin, sizeof(begin), err));
	FJ_TRY(put_head(m, &e, err));
	for (int64_t at = 0; at < e.size; at += BAK_PART) {
		size_t n = e.size - at < (int64_t)BAK_PART ? (size_t)(e.size - at) : BAK_PART;
		FJ_TRY(sto_shot_read(m->r, at, part, n, err));
		FJ_TRY(fj_backup_put(m->out, part, n, err));
	}
	FJ_TRY(sto_shot_size(m->r, &size, err));
	FJ_TRY(sto_shot_read(m->r, 0, end, sizeof(end), err));
	if (size != e.size || memcmp(begin, end, sizeof(begin)) != 0)
		return fj_refuse(err, FJ_E_BUSY, BAK_LAYER, FJ_BACKUP_CITE, "the register's file was changed while it was copied, past its locks; nothing was kept of this backup; try again", "登记库文件在复制时被绕过锁更改；本次备份未保留，请重试");
	return put_rest(m, e.size, err);
}

static enum fj_rc put_file(struct make *m, const struct bak_found *f, struct fj_ustar *e, struct fj_err *err)
{
	FJ_AUTO(fd) fd = openat(f->dir, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && faccessat(f->dir, f->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return FJ_OK; /* it has gone meanwhile */
	if (fd < 0 || fstat(fd, &st) != 0)
		return fj_fail_errno(err, BAK_LAYER, "open %s", f->path);
	if (!S_ISREG(st.st_mode) || (st.st_dev == m->out_dev && st.st_ino == m->out_ino))
		return FJ_OK;
	e->size = strcmp(f->path, "signer/audit.log") == 0 ? m->audit : st.st_size;
	FJ_TRY(put_head(m, e, err));
	FJ_TRY(bak_copy(fd, e->size, f->path, put, m, err));
	return put_rest(m, e->size, err);
}

/* "trust" leads to publish/trust; one that leads out of the home is left out, and said */
static enum fj_rc put_link(struct make *m, const struct bak_found *f, struct fj_ustar *e, struct fj_err *err)
{
	ssize_t n = readlinkat(f->dir, f->name, e->link, sizeof(e->link) - 1);

	e->link[n > 0 ? n : 0] = '\0';
	if (n > 0 && fj_ustar_name_ok(e->link))
		return put_head(m, e, err);
	fj_log(FJ_LOG_WARN, "the link %s leads out of the home and is not in the backup; what it leads to isn't either", f->path);
	return FJ_OK;
}

static enum fj_rc put_octets(struct make *m, const char *path, struct fj_slice octets, struct fj_err *err)
{
	struct fj_ustar e = {.type = FJ_USTAR_FILE, .mode = 0644, .size = (int64_t)octets.len, .at = m->b.at};

	FJ_TRY(fj_strcopy(e.name, sizeof(e.name), path));
	FJ_TRY(put_head(m, &e, err));
	FJ_TRY(fj_backup_put(m->out, octets.p, octets.len, err));
	return put_rest(m, e.size, err);
}

/* a partial tile of the tree of the checkpoint, in its folder: cut from a wider one where that one has gone meanwhile */
static enum fj_rc put_tile(struct make *m, struct fj_tile *t, struct fj_err *err)
{
	FJ_AUTO(buf) octets = FJ_BUF_INIT(FJ_BUNDLE_MAX);
	struct fj_tile_folder f = {m->home, "publish/log"};
	struct fj_ustar e = {.type = FJ_USTAR_FOLDER, .mode = 0755, .at = m->b.at};
	char name[FJ_TILE_PATH], path[FJ_TILE_PATH + 20];

	FJ_TRY(fj_tile_read(&f, t, &octets, err));
	fj_tile_path(t, name);
	snprintf(path, sizeof(path), "publish/log/%s", name);
	snprintf(e.name, sizeof(e.name), "%.*s", (int)(strrchr(path, '/') - path), path);
	FJ_TRY(put_head(m, &e, err));
	return put_octets(m, path, fj_buf_slice(&octets), err);
}

/* the newest checkpoint and the right edge of its tree; what is full stays, and comes with the other files */
static enum fj_rc put_edge(struct make *m, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_checkpoint c;
	struct fj_note n;
	enum fj_rc rc = fj_file_read(m->home, BAK_CHECKPOINT, &text, err);

	if (rc == FJ_E_NOTFOUND) /* nothing was logged yet */
		return FJ_OK;
	FJ_TRY(rc);
	FJ_TRY(fj_note_read(fj_buf_slice(&text), &n, err));
	FJ_TRY(fj_checkpoint_read(n.text, &c, err));
	for (unsigned l = 0; l < FJ_TILE_LEVELS && c.size >> (8 * l) > 0; l++) {
		uint64_t hashes = c.size >> (8 * l);
		struct fj_tile t = fj_tile_at(l, hashes - 1, c.size);
		if (t.width == FJ_TILE_WIDTH)
			continue;
		FJ_TRY(put_tile(m, &t, err));
		t.entries = true;
		if (l == 0)
			FJ_TRY(put_tile(m, &t, err));
	}
	return put_octets(m, BAK_CHECKPOINT, fj_buf_slice(&text), err);
}

static enum fj_rc put_one(void *user, const struct bak_found *f, struct fj_err *err)
{
	struct make *m = user;
	struct fj_ustar e = {.type = S_ISDIR(f->st.st_mode) ? FJ_USTAR_FOLDER : S_ISLNK(f->st.st_mode) ? FJ_USTAR_LINK : FJ_USTAR_FILE,
		.mode = S_ISLNK(f->st.st_mode) ? 0777 : f->st.st_mode & 0777, .at = f->st.st_mtime > 0 ? f->st.st_mtime : 0};

	FJ_TRY(fj_strcopy(e.name, sizeof(e.name), f->path));
	return e.type == FJ_USTAR_FOLDER ? put_head(m, &e, err) : e.type == FJ_USTAR_LINK ? put_link(m, f, &e, err) : put_file(m, f, &e, err);
}

static enum fj_rc stream(struct make *m, int fd, struct fj_hash *sha, struct fj_err *err)
{
	static const uint8_t end[2 * FJ_USTAR_BLOCK];
	FJ_AUTO(secret) key = FJ_SECRET_INIT;

	FJ_TRY(fj_secret_new(&key, FJ_BACKUP_KEY, err));
	fj_random(key.p, key.len);
	fj_random(m->b.id, sizeof(m->b.id));
	FJ_TRY(bak_split(&m->b, key.p, err));
	FJ_TRY(fj_backup_begin(m->out, fd, &m->b, key.p, err));
	FJ_TRY(put_register(m, err));
	sto_rollback(m->r); /* the log beside the register is emptied again */
	FJ_TRY(put_edge(m, err));
	FJ_TRY(bak_walk(m->home, put_one, m, err));
	FJ_TRY(fj_backup_put(m->out, end, sizeof(end), err));
	return fj_backup_end(m->out, sha, err);
}

/* --- the home, and where it goes --- */

static enum fj_rc open_home(struct make *m, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1024);

	if (m->a->dir == NULL)
		return fj_refuse(err, FJ_E_USAGE, BAK_LAYER, NULL, "--dir D is missing: which home?", "缺少 --dir D：哪个主目录？");
	FJ_TRY(fj_dir_open(AT_FDCWD, m->a->dir, &m->home, err));
	if (faccessat(m->home, "fujie.ini", F_OK, 0) != 0 || faccessat(m->home, BAK_REGISTER, R_OK | W_OK, AT_EACCESS) != 0)
		return bak_no(err, FJ_E_NOTFOUND, "%.120s is no home of Fujie, or its register can't be read and locked by you; run it as the home's owner", "%.120s 不是符节的主目录，或者无权读取、锁定其登记库；请以其所有者身份运行", m->a->dir);
	FJ_TRY(fj_file_read(m->home, "publish/trust/log.vkey", &text, err));
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	FJ_TRY(fj_vkey_read(fj_buf_slice(&text), &m->b.log, err));
	m->b.software = faccessat(m->home, "tpm/tpm2-00.permall", F_OK, 0) == 0;
	m->out = fj_alloc(1, sizeof(*m->out));
	return m->out != NULL ? FJ_OK : fj_no_memory(err, BAK_LAYER);
}

/* beside its name, until it is whole */
static enum fj_rc open_out(struct make *m, char tmp[4096], int *fd, struct fj_err *err)
{
	struct stat st;

	if (m->a->out == NULL)
		return fj_refuse(err, FJ_E_USAGE, BAK_LAYER, NULL, "--out FILE is missing: where does the backup go? - is standard output", "缺少 --out 文件：备份写到哪里？“-”为标准输出");
	if (strcmp(m->a->out, "-") == 0) {
		*fd = dup(1);
		return *fd >= 0 ? FJ_OK : fj_fail_errno(err, BAK_LAYER, "write to standard output");
	}
	if (faccessat(AT_FDCWD, m->a->out, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return bak_no(err, FJ_E_EXISTS, "%.200s is there already; a backup is never written over: choose another name, with the day in it", "%.200s 已存在；备份从不覆盖：请另取文件名，例如写明日期", m->a->out);
	int n = snprintf(tmp, 4096, "%s.partial", m->a->out);
	if (n < 0 || n >= 4096)
		return fj_fail(err, FJ_E_LIMIT, BAK_LAYER, NULL, "the name of --out is too long");
	unlink(tmp); /* of one that was cut */
	*fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return fj_fail_errno(err, BAK_LAYER, "create %s", tmp);
	m->out_dev = st.st_dev;
	m->out_ino = st.st_ino;
	return FJ_OK;
}

static enum fj_rc keep_out(const struct make *m, const char *tmp, int fd, struct fj_err *err)
{
	char folder[4096];
	const char *slash = strrchr(m->a->out, '/');

	if (strcmp(m->a->out, "-") == 0)
		return FJ_OK;
	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 1 : slash == m->a->out ? 1 : (int)(slash - m->a->out), slash == NULL ? "." : m->a->out);
	if (fsync(fd) != 0 || rename(tmp, m->a->out) != 0)
		return fj_fail_errno(err, BAK_LAYER, "make %s durable", m->a->out);
	FJ_AUTO(fd) dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir >= 0 && fsync(dir) == 0 ? FJ_OK : fj_fail_errno(err, BAK_LAYER, "make %s durable", m->a->out);
}

/* a line in backup/made, which the registry reads, whoever it runs as; the backup is whole already, so what can't be noted is a warning */
static void note(const struct make *m, const json_t *answer)
{
	FJ_AUTO(json) line = json_pack("{s:O, s:O, s:O, s:O, s:O, s:O, s:O}", "at", json_object_get(answer, "at"), "events", json_object_get(answer, "events"), "file", json_object_get(answer, "file"), "id",
	    json_object_get(answer, "id"), "leaves", json_object_get(answer, "leaves"), "octets", json_object_get(answer, "octets"), "sha256", json_object_get(answer, "sha256"));
	FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
	struct fj_err err = {0};
	enum fj_rc rc = fj_dir_make(m->home, "backup", 0755, &err);
	FJ_AUTO(fd) fd = rc == FJ_OK ? openat(m->home, BAK_MADE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644) : -1;

	if (line != NULL && fd >= 0 && fj_json_canonical(line, &text, &err) == FJ_OK && fj_put_u8(&text, '\n') == FJ_OK && fj_write_all(fd, text.data, text.len, &err) == FJ_OK && fsync(fd) == 0)
		return;
	fj_log(FJ_LOG_WARN, "the backup is whole, but could not be noted in " BAK_MADE ": fujie backup list does not show it");
}

static enum fj_rc answer_of(const struct make *m, const struct fj_hash *sha, json_t **out, struct fj_err *err)
{
	char at[FJ_TIME_CAP], id[33], hex[65];

	fj_time_utc(m->b.at, at);
	fj_hex(m->b.id, sizeof(m->b.id), id);
	fj_hex(sha->b, sizeof(sha->b), hex);
	*out = json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:i, s:i, s:b}", "id", id, "at", at, "file", m->a->out, "octets", (json_int_t)m->out->octets, "sha256", hex, "files", (json_int_t)m->files,
	    "events", (json_int_t)m->b.events, "leaves", (json_int_t)m->b.leaves, "need", (int)m->b.need, "officers", (int)m->b.n, "tpm_state", m->b.software);
	return *out != NULL ? FJ_OK : fj_no_memory(err, BAK_LAYER);
}

enum fj_rc bak_make(const struct bak_args *a, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(make) m = {.a = a, .home = -1};
	FJ_AUTO(fd) fd = -1;
	char tmp[4096] = "";
	struct fj_hash sha;

	FJ_TRY(open_home(&m, err));
	FJ_TRY(open_out(&m, tmp, &fd, err));
	FJ_AUTO(fd) back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (back < 0 || fchdir(m.home) != 0)
		return fj_fail_errno(err, BAK_LAYER, "go into the home");
	enum fj_rc rc = sto_copy_open(BAK_REGISTER, true, &m.w, err);
	if (rc == FJ_OK)
		rc = sto_copy_open(BAK_REGISTER, false, &m.r, err);
	if (rc == FJ_OK)
		rc = sto_shot(BAK_REGISTER, m.w, m.r, held, &m, err);
	if (rc == FJ_OK)
		rc = stream(&m, fd, &sha, err);
	done_reading(&m); /* by its name, which is relative to the home */
	if (fchdir(back) != 0 && rc == FJ_OK)
		rc = fj_fail_errno(err, BAK_LAYER, "go back");
	if (rc == FJ_OK)
		rc = keep_out(&m, tmp, fd, err);
	if (rc != FJ_OK && tmp[0] != '\0')
		unlink(tmp);
	FJ_TRY(rc);
	FJ_TRY(answer_of(&m, &sha, answer, err));
	note(&m, *answer);
	return FJ_OK;
}
