/*
 * take.c - `fujie restore`: a home from its backup, closed until two officers take it as it is.
 *
 * First a request is written, with a key of this restore alone: each officer opens his share for it, on his own machine, and sees which
 * backup of which home he opens.  With as many shares as are needed the archive is unpacked beside the folder, checked (check.c), what
 * was published since is taken in (mirror.c), and the register gets its mark: its log is closed whatever it shows, all sessions and API
 * tokens are over.  Then folder and home change places, at once; a kill before that leaves the request as it was.
 *
 * Refused: what does not verify, to its last octet; a name that leads out of the home or that no backup has; and to go on without a mirror
 * unless that is said, since what was revoked after the backup would be valid again.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/backup/bak.h"
#include "issuer/store/store.h"

#define KEY_FILE "restore.key"
#define REQUEST_FILE "restore.request"
#define REPORT "restored.json"
#define LINKS 64

struct take {
	const struct bak_args *a;
	char dir[3900], beside[4000]; /* the folder, and where it is unpacked */
	int fd, work, home, mirror;   /* the backup, the folder, what is unpacked */
	struct fj_backup b;
	struct fj_backup_in *in;
	struct fj_ustar link[LINKS];
	size_t n_links;
	int64_t files, octets;
	int to;                       /* the file that is written */
	struct bak_checked c;
};

static void take_release(struct take *t)
{
	fj_fd_close(&t->fd);
	fj_fd_close(&t->work);
	fj_fd_close(&t->home);
	fj_fd_close(&t->mirror);
	fj_free(t->in);
}
FJ_DEFINE_AUTO(take, struct take, take_release)

static enum fj_rc usage(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_USAGE, BAK_LAYER, FJ_BACKUP_CITE,
	    "fujie restore --dir NEW --file BACKUP: writes NEW/restore.request for the officers; then the same with --share FILE for each, and --mirror FOLDER or --no-mirror; with --verify it is only checked",
	    "用法：fujie restore --dir 新目录 --file 备份：写出 NEW/restore.request 供保管人使用；然后加 --share 文件（每人一个），以及 --mirror 目录或 --no-mirror；加 --verify 则只作核验");
}

/* --- the request --- */

/* nothing but a request may be in it */
static enum fj_rc check_empty(int dir, const char *path, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;

	FJ_TRY(fj_dir_list(dir, ".", &d, err));
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.' && strcmp(e->d_name, KEY_FILE) != 0 && strcmp(e->d_name, REQUEST_FILE) != 0)
			return bak_no(err, FJ_E_EXISTS, "%.200s is not empty; a home is restored into a folder of its own", "%.200s 不为空；请恢复到一个新的目录", path);
	return FJ_OK;
}

static enum fj_rc open_work(struct take *t, struct fj_err *err)
{
	size_t n = t->a->dir == NULL ? 0 : strlen(t->a->dir);

	while (n > 1 && t->a->dir[n - 1] == '/')
		n--;
	if (n == 0 || t->a->file == NULL)
		return usage(err);
	if (n >= sizeof(t->dir))
		return fj_fail(err, FJ_E_LIMIT, BAK_LAYER, NULL, "the name of --dir is too long");
	snprintf(t->dir, sizeof(t->dir), "%.*s", (int)n, t->a->dir);
	snprintf(t->beside, sizeof(t->beside), "%s.restoring", t->dir);
	t->fd = open(t->a->file, O_RDONLY | O_CLOEXEC);
	if (t->fd < 0)
		return fj_fail_errno(err, BAK_LAYER, "open %s", t->a->file);
	FJ_TRY(fj_backup_read(t->fd, &t->b, err));
	FJ_TRY(fj_dir_make(AT_FDCWD, t->dir, 0700, err));
	FJ_TRY(fj_dir_open(AT_FDCWD, t->dir, &t->work, err));
	return check_empty(t->work, t->dir, err);
}

static enum fj_rc read_key(const struct take *t, uint8_t public[crypto_box_PUBLICKEYBYTES], struct fj_secret *secret, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_BACKUP_FILE_MAX);
	FJ_AUTO(fd) fd = openat(t->work, KEY_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t id[16], said[crypto_box_PUBLICKEYBYTES];

	FJ_TRY(fj_secret_new(secret, crypto_box_SECRETKEYBYTES, err));
	if (fd < 0 || fj_file_read(t->work, REQUEST_FILE, &text, NULL) != FJ_OK)
		return bak_no(err, FJ_E_NOTFOUND, "%.200s has no request: begin with fujie restore --dir NEW --file BACKUP, without shares", "%.200s 中没有请求文件：请先执行 fujie restore --dir 新目录 --file 备份（不带份额）", t->dir);
	FJ_TRY(fj_read_all(fd, secret->p, secret->len, err));
	FJ_TRY(fj_backup_request_read(fj_buf_slice(&text), id, said, err));
	if (crypto_scalarmult_base(public, secret->p) != 0 || memcmp(public, said, sizeof(said)) != 0 || memcmp(id, t->b.id, sizeof(id)) != 0)
		return bak_no(err, FJ_E_STATE, "the request in %.200s is of another backup, or its key is not beside it: remove both files and begin anew", "%.200s 中的请求属于另一份备份，或者其密钥不在一起：请删除这两个文件后重新开始", t->dir);
	return FJ_OK;
}

static enum fj_rc make_key(const struct take *t, uint8_t public[crypto_box_PUBLICKEYBYTES], struct fj_err *err)
{
	FJ_AUTO(secret) secret = FJ_SECRET_INIT;
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_BACKUP_FILE_MAX);

	FJ_TRY(fj_secret_new(&secret, crypto_box_SECRETKEYBYTES, err));
	crypto_box_keypair(public, secret.p);
	FJ_TRY(fj_backup_request_put(t->b.id, public, &text, err));
	FJ_TRY(fj_file_replace(t->work, KEY_FILE, FJ_SLICE(secret.p, secret.len), 0600, err));
	return fj_file_replace(t->work, REQUEST_FILE, fj_buf_slice(&text), 0644, err);
}

static json_t *officers_json(const struct fj_backup *b)
{
	json_t *list = json_array();
	char print[FJ_BACKUP_PRINT];

	for (unsigned i = 0; i < b->n; i++) {
		fj_backup_print(b->officer[i].key, print);
		json_array_append_new(list, json_pack("{s:s, s:s}", "name", b->officer[i].name, "fingerprint", print));
	}
	return list;
}

/* which backup it is */
static enum fj_rc about(const struct fj_backup *b, json_t **out, struct fj_err *err)
{
	char at[FJ_TIME_CAP], id[33];

	fj_time_utc(b->at, at);
	fj_hex(b->id, sizeof(b->id), id);
	*out = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:i, s:o}", "backup", id, "at", at, "base", b->base, "log", b->log.name, "demo", b->demo, "tpm_state", b->software, "events", (json_int_t)b->events,
	    "leaves", (json_int_t)b->leaves, "need", (int)b->need, "officers", officers_json(b));
	return *out != NULL ? FJ_OK : fj_no_memory(err, BAK_LAYER);
}

/* one that lies there is kept: officers may have answered it */
static enum fj_rc request(struct take *t, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(secret) secret = FJ_SECRET_INIT;
	uint8_t public[crypto_box_PUBLICKEYBYTES];
	char print[FJ_BACKUP_PRINT], path[4096];

	if (faccessat(t->work, REQUEST_FILE, F_OK, 0) == 0)
		FJ_TRY(read_key(t, public, &secret, err));
	else
		FJ_TRY(make_key(t, public, err));
	FJ_TRY(about(&t->b, answer, err));
	fj_backup_print(public, print);
	snprintf(path, sizeof(path), "%s/" REQUEST_FILE, t->dir);
	FJ_TRY(fj_json_set(*answer, "request", json_string(path)));
	return fj_json_set(*answer, "fingerprint", json_string(print));
}

/* --- the archive --- */

static enum fj_rc odd(struct fj_err *err, const char *name)
{
	return bak_no(err, FJ_E_CORRUPT, "the backup has \"%.120s\", which no backup of a home has", "备份中有“%.120s”，任何系统备份都不含此内容", name);
}

static enum fj_rc write_part(void *user, const void *p, size_t n, struct fj_err *err)
{
	struct take *t = user;

	return t->to < 0 ? FJ_OK : fj_write_all(t->to, p, n, err);
}

static enum fj_rc take_octets(struct take *t, int64_t n, struct fj_err *err)
{
	FJ_AUTO(mem) part = fj_alloc(BAK_PART, 1);
	uint8_t rest[FJ_USTAR_BLOCK];
	size_t zeros = fj_ustar_rest(n);

	if (part == NULL)
		return fj_no_memory(err, BAK_LAYER);
	for (int64_t left = n; left > 0;) {
		size_t k = left < (int64_t)BAK_PART ? (size_t)left : BAK_PART;
		FJ_TRY(fj_backup_get(t->in, part, k, err));
		FJ_TRY(write_part(t, part, k, err));
		left -= (int64_t)k;
	}
	t->octets += n;
	return fj_backup_get(t->in, rest, zeros, err);
}

static enum fj_rc take_file(struct take *t, const struct fj_ustar *e, int dir, const char *name, struct fj_err *err)
{
	t->to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->to < 0)
		return errno == EEXIST ? odd(err, e->name) : fj_fail_errno(err, BAK_LAYER, "create %s", e->name);
	enum fj_rc rc = take_octets(t, e->size, err);
	if (rc == FJ_OK && fchmod(t->to, e->mode) != 0)
		rc = fj_fail_errno(err, BAK_LAYER, "set the mode of %s", e->name);
	fj_fd_close(&t->to);
	return rc;
}

static enum fj_rc take_folder(const struct fj_ustar *e, int dir, const char *name, struct fj_err *err)
{
	FJ_TRY(fj_dir_make(dir, name, 0700, err));
	return fchmodat(dir, name, e->mode | 0700, 0) == 0 ? FJ_OK : fj_fail_errno(err, BAK_LAYER, "set the mode of %s", e->name);
}

/* links are made when all else is there, so that nothing is written through one */
static enum fj_rc take_entry(struct take *t, const struct fj_ustar *e, struct fj_err *err)
{
	FJ_AUTO(fd) dir = -1;
	const char *name;

	if (bak_left_out(e->name) && strcmp(e->name, BAK_REGISTER) != 0)
		return odd(err, e->name);
	t->files += e->type == FJ_USTAR_FILE;
	if (e->type == FJ_USTAR_LINK) {
		if (t->n_links == LINKS)
			return fj_refuse(err, FJ_E_LIMIT, BAK_LAYER, FJ_BACKUP_CITE, "the backup has more than 64 links", "备份中的链接超过 64 个");
		t->link[t->n_links++] = *e;
		return FJ_OK;
	}
	if (t->home < 0)
		return e->type == FJ_USTAR_FILE ? take_octets(t, e->size, err) : FJ_OK;
	FJ_TRY(bak_folder(t->home, e->name, &name, &dir, err));
	return e->type == FJ_USTAR_FILE ? take_file(t, e, dir, name, err) : take_folder(e, dir, name, err);
}

static enum fj_rc make_links(const struct take *t, struct fj_err *err)
{
	const char *name;

	for (size_t i = 0; t->home >= 0 && i < t->n_links; i++) {
		FJ_AUTO(fd) dir = -1;
		FJ_TRY(bak_folder(t->home, t->link[i].name, &name, &dir, err));
		if (symlinkat(t->link[i].link, dir, name) != 0)
			return fj_fail_errno(err, BAK_LAYER, "make the link %s", t->link[i].name);
	}
	return FJ_OK;
}

/* every entry, two blocks of zeros, and nothing behind them */
static enum fj_rc take_archive(struct take *t, struct fj_err *err)
{
	uint8_t head[FJ_USTAR_BLOCK];
	struct fj_ustar e;
	bool end = false;

	while (!end) {
		FJ_TRY(fj_backup_get(t->in, head, sizeof(head), err));
		FJ_TRY(fj_ustar_read(head, &e, &end, err));
		if (!end)
			FJ_TRY(take_entry(t, &e, err));
	}
	FJ_TRY(fj_backup_get(t->in, head, sizeof(head), err));
	FJ_TRY(fj_ustar_read(head, &e, &end, err));
	if (!end)
		return odd(err, e.name);
	FJ_TRY(fj_backup_done(t->in, err));
	return make_links(t, err);
}

/* --- the home --- */

static enum fj_rc make_beside(struct take *t, struct fj_err *err)
{
	bak_remove(t->beside); /* of one that was cut */
	if (mkdir(t->beside, 0755) != 0)
		return fj_fail_errno(err, BAK_LAYER, "make the folder %s", t->beside);
	return fj_dir_open(AT_FDCWD, t->beside, &t->home, err);
}

/* what every home has, and a backup may not: nothing was in it */
static enum fj_rc make_folders(struct fj_err *err)
{
	static const char *const names[] = {"run", "tpm", "signer", "publish"};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		FJ_TRY(fj_dir_make(AT_FDCWD, names[i], i == 3 ? 0755 : 0700, err));
	return FJ_OK;
}

static enum fj_rc mark(struct take *t, struct sto *db, struct fj_err *err)
{
	FJ_TRY(sto_begin(db, err));
	FJ_TRY(sto_run(db, STO_PUB_SET, NULL, err, "tiii", "backup", (int64_t)t->b.at, (int64_t)fj_now(), t->c.events));
	FJ_TRY(sto_run(db, STO_SESSION_NONE, NULL, err, ""));
	FJ_TRY(sto_run(db, STO_APITOKEN_NONE, NULL, err, "i", (int64_t)fj_now()));
	return sto_commit(db, err);
}

static enum fj_rc mark_register(struct take *t, struct fj_err *err)
{
	struct sto *db = NULL;

	FJ_TRY(sto_copy_open(BAK_REGISTER, true, &db, err));
	enum fj_rc rc = mark(t, db, err);
	sto_close(db);
	return rc;
}

/* The answer, which is kept in the home too: of when it is, and of what the register knows nothing but a leaf. */
static enum fj_rc report(struct take *t, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) doc = NULL;
	FJ_AUTO(buf) text = FJ_BUF_INIT(4u << 20);
	json_t *lost = NULL;
	int64_t have = t->c.leaves, more = (int64_t)t->c.head.size - have;

	FJ_TRY(about(&t->b, &doc, err));
	FJ_TRY(bak_leaves(&t->c.head, have, &lost, err));
	FJ_AUTO(json) rest = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:I}", "restored", t->dir, "files", (json_int_t)t->files, "octets", (json_int_t)t->octets, "signer_records", (json_int_t)t->c.records,
	    "leaves", (json_int_t)have, "published", (json_int_t)t->c.head.size, "mirror", t->mirror >= 0, "lost", lost, "lost_total", (json_int_t)(more > 0 ? more : 0));
	if (rest == NULL || json_object_update(doc, rest) != 0)
		return fj_no_memory(err, BAK_LAYER);
	FJ_TRY(fj_json_canonical(doc, &text, err));
	FJ_TRY(fj_file_replace(AT_FDCWD, REPORT, fj_buf_slice(&text), 0600, err));
	*out = fj_move(doc);
	return FJ_OK;
}

static enum fj_rc in_home(struct take *t, json_t **answer, struct fj_err *err)
{
	FJ_TRY(make_folders(err));
	FJ_TRY(bak_check(&t->b, &t->c, err));
	if (t->mirror >= 0)
		FJ_TRY(bak_mirror(&t->b, t->mirror, &t->c, err));
	FJ_TRY(mark_register(t, err));
	FJ_TRY(report(t, answer, err));
	return syncfs(t->home) == 0 ? FJ_OK : fj_fail_errno(err, BAK_LAYER, "make the home durable");
}

static enum fj_rc exchange(const struct take *t, struct fj_err *err)
{
	char up[4096];
	const char *slash = strrchr(t->dir, '/');

	if (syscall(SYS_renameat2, AT_FDCWD, t->beside, AT_FDCWD, t->dir, RENAME_EXCHANGE) != 0)
		return fj_fail_errno(err, BAK_LAYER, "put the home in its place");
	snprintf(up, sizeof(up), "%.*s", slash == NULL ? 1 : slash == t->dir ? 1 : (int)(slash - t->dir), slash == NULL ? "." : t->dir);
	FJ_AUTO(fd) fd = open(up, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return fj_fail_errno(err, BAK_LAYER, "make the home durable");
	bak_remove(t->beside); /* the request */
	return FJ_OK;
}

static enum fj_rc restore(struct take *t, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(fd) back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	FJ_TRY(make_beside(t, err));
	FJ_TRY(take_archive(t, err));
	if (back < 0 || fchdir(t->home) != 0)
		return fj_fail_errno(err, BAK_LAYER, "go into the home");
	enum fj_rc rc = in_home(t, answer, err);
	if (fchdir(back) != 0 && rc == FJ_OK)
		rc = fj_fail_errno(err, BAK_LAYER, "go back");
	return rc == FJ_OK ? exchange(t, err) : rc;
}

static enum fj_rc verify(struct take *t, json_t **answer, struct fj_err *err)
{
	FJ_TRY(take_archive(t, err));
	FJ_TRY(about(&t->b, answer, err));
	FJ_TRY(fj_json_set(*answer, "verified", json_true()));
	FJ_TRY(fj_json_set(*answer, "files", json_integer((json_int_t)t->files)));
	return fj_json_set(*answer, "octets", json_integer((json_int_t)t->octets));
}

static enum fj_rc may_restore(struct take *t, struct fj_err *err)
{
	if (t->a->verify)
		return FJ_OK;
	if ((t->a->mirror == NULL) == !t->a->no_mirror)
		return fj_refuse(err, FJ_E_USAGE, BAK_LAYER, "lessons.md 14",
		    "name --mirror FOLDER, what was published since the backup: D/publish of a mirror, or of what is left of this home. Without it what was revoked since is valid again; if there is none, say --no-mirror",
		    "请以 --mirror 指明备份之后公布的内容：镜像的或本系统残存的 publish 目录。否则备份之后吊销的凭证将重新有效；确实没有时，请写明 --no-mirror");
	return t->a->mirror == NULL ? FJ_OK : bak_mirror_open(t->a->mirror, &t->mirror, err);
}

enum fj_rc bak_take(const struct bak_args *a, json_t **answer, struct fj_err *err)
{
	FJ_AUTO(take) t = {.a = a, .fd = -1, .work = -1, .home = -1, .mirror = -1, .to = -1};
	FJ_AUTO(secret) secret = FJ_SECRET_INIT;
	FJ_AUTO(secret) key = FJ_SECRET_INIT;
	uint8_t public[crypto_box_PUBLICKEYBYTES];

	FJ_TRY(open_work(&t, err));
	if (a->n_shares == 0)
		return a->mirror != NULL || a->no_mirror ? usage(err) : request(&t, answer, err);
	FJ_TRY(may_restore(&t, err));
	FJ_TRY(read_key(&t, public, &secret, err));
	FJ_TRY(bak_join(&t.b, a, public, &secret, &key, err));
	t.in = fj_alloc(1, sizeof(*t.in));
	if (t.in == NULL)
		return fj_no_memory(err, BAK_LAYER);
	FJ_TRY(fj_backup_open(t.in, t.fd, &t.b, key.p, err));
	if (a->verify)
		return verify(&t, answer, err);
	enum fj_rc rc = restore(&t, answer, err);
	if (rc != FJ_OK)
		bak_remove(t.beside);
	return rc;
}
