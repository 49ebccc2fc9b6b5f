/*
 * outbox.c - publish/outbox: signed packages of what each publication changed, for
 * mirrors and for whoever carries them by hand (docs/formats.md 18).
 *
 * A publication says which files and rows it wrote; what waits is kept in a file of
 * its own before it is noted as published, so that a process that ends in between
 * packs it at its next start.  A package comes after the generation has risen: it
 * never keeps a revocation from our own channels, and one that can't be signed waits.
 *
 * Numbers: one above the newest that lies here.  A number that the signer has signed
 * and nobody has kept (the process ended in between, the home is from a backup) it
 * refuses; then a higher one is taken, in steps that double.  A gap in the numbers is
 * none in the chain, which is by hashes.
 *
 * A package older than the configured days goes, but none that is newer than the
 * newest snapshot: with that and what follows it a mirror can always be made.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/package.h"
#include "issuer/publish/publish.h"

#define BOX "publish/outbox"
#define WAITING BOX "/waiting"
#define LOG_SIZE BOX "/log" /* leaves of the public log that packages have */
#define DAY 86400
#define DAYS 14              /* when fujie.ini says nothing */
#define MAX_KEPT 20000       /* packages, however young */
#define MANY_ROWS 500        /* that do not wait for the next file */
#define SNAPSHOT_EVERY 200   /* packages; more when a snapshot is large */
#define TRIES 34             /* steps of 1, 2, 4... */
#define WIDE 32              /* a gap in the numbers over which mirrors had better take a snapshot */
#define DEPTH 6

struct row {
	size_t table;
	int64_t rowid;
};
struct path {
	char s[FJ_PACKAGE_PATH + 1];
};
struct pub_box {
	struct path *path;
	struct row *row;
	size_t n_path, cap_path, n_row, cap_row;
	bool nomem;                         /* something that changed could not be kept in mind */
	int64_t oldest, newest;             /* 0: none */
	int64_t snapshot, former, parts;    /* -1: none */
	struct fj_hash last;                /* manifest of the newest */
	bool jumped;                        /* over a wide gap */
	uint64_t log_size;                  /* leaves of the public log that packages have */
	bool told;                          /* the index is of what lies here */
};

/* --- what waits --- */

static bool grow(void **v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return true;
	size_t want = *cap == 0 ? 64 : *cap * 2;
	void *p = fj_realloc(*v, want, size);
	if (p == NULL)
		return false;
	*v = p;
	*cap = want;
	return true;
}

static bool add_path(struct pub_box *b, const char *path)
{
	void *v = b->path;

	if (!grow(&v, b->n_path, &b->cap_path, sizeof(*b->path)))
		return false;
	b->path = v;
	return fj_strcopy(b->path[b->n_path++].s, sizeof(b->path->s), path) == FJ_OK;
}

static bool add_row(struct pub_box *b, size_t table, int64_t rowid)
{
	void *v = b->row;

	if (!grow(&v, b->n_row, &b->cap_row, sizeof(*b->row)))
		return false;
	b->row = v;
	b->row[b->n_row++] = (struct row){table, rowid};
	return true;
}

void pub_box_row(void *box, size_t table, int64_t rowid)
{
	struct pub_box *b = box;

	b->nomem = !add_row(b, table, rowid) || b->nomem;
}

enum fj_rc pub_box_changed(struct iss *i, const char *path, struct fj_err *err)
{
	if (i->pub.box == NULL)
		FJ_TRY(pub_box_open(i, err));
	if (strncmp(path, "publish/", 8) != 0 || !fj_package_path(path + 8))
		return FJ_OK; /* the generation is each reader's own */
	return add_path(i->pub.box, path + 8) ? FJ_OK : fj_no_memory(err, "publish");
}

static int path_order(const void *a, const void *b)
{
	return strcmp(((const struct path *)a)->s, ((const struct path *)b)->s);
}

static int row_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return x->rowid < y->rowid ? -1 : x->rowid > y->rowid;
}

/* sorted, and each once */
static size_t settle(void *v, size_t n, size_t size, int (*order)(const void *, const void *))
{
	char *at = v;
	size_t kept = 0;

	if (n == 0)
		return 0;
	qsort(v, n, size, order);
	for (size_t k = 0; k < n; k++) {
		if (kept > 0 && order(at + (kept - 1) * size, at + k * size) == 0)
			continue;
		memmove(at + kept++ * size, at + k * size, size);
	}
	return kept;
}

static void settle_all(struct pub_box *b)
{
	b->n_path = settle(b->path, b->n_path, sizeof(*b->path), path_order);
	b->n_row = settle(b->row, b->n_row, sizeof(*b->row), row_order);
}

/* a file of ours that need not outlive a fall of the machine, or is made durable with the publication */
static enum fj_rc put_file(const char *path, struct fj_slice data, struct fj_err *err)
{
	char tmp[200];

	snprintf(tmp, sizeof(tmp), "%.180s.tmp", path);
	FJ_AUTO(fd) fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fj_fail_errno(err, "publish", "create %s", tmp);
	FJ_TRY(fj_write_all(fd, data.p, data.len, err));
	return rename(tmp, path) == 0 ? FJ_OK : fj_fail_errno(err, "publish", "rename to %s", path);
}

enum fj_rc pub_box_keep(struct iss *i, struct fj_err *err)
{
	struct pub_box *b = i->pub.box;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 30);

	if (b->nomem)
		return fj_no_memory(err, "publish");
	settle_all(b);
	if (b->n_path == 0 && b->n_row == 0)
		return FJ_OK;
	for (size_t k = 0; k < b->n_path; k++)
		if (fj_buf_printf(&text, "f %s\n", b->path[k].s) != FJ_OK)
			return fj_no_memory(err, "publish");
	for (size_t k = 0; k < b->n_row; k++)
		if (fj_buf_printf(&text, "r %zu %lld\n", b->row[k].table, (long long)b->row[k].rowid) != FJ_OK)
			return fj_no_memory(err, "publish");
	return put_file(WAITING, fj_buf_slice(&text), err);
}

/* one line of what a process before this one left */
static bool take_line(struct pub_box *b, const char *line)
{
	char *end;

	if (strncmp(line, "f ", 2) == 0)
		return !fj_package_path(line + 2) || add_path(b, line + 2);
	if (strncmp(line, "r ", 2) != 0)
		return true;
	unsigned long table = strtoul(line + 2, &end, 10);
	return table >= pub_db_tables() || *end != ' ' || add_row(b, table, strtoll(end, NULL, 10));
}

static enum fj_rc take_waiting(struct pub_box *b, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 30);
	char line[FJ_PACKAGE_PATH + 32];

	enum fj_rc rc = fj_file_read(AT_FDCWD, WAITING, &text, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	for (const char *p = fj_buf_str(&text); *p != '\0';) {
		size_t n = strcspn(p, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)(n < sizeof(line) ? n : 0), p);
		if (!take_line(b, line))
			return fj_no_memory(err, "publish");
		p += n + (p[n] == '\n');
	}
	return FJ_OK;
}

/* --- what lies here --- */

static void package_path(int64_t seq, char out[64])
{
	snprintf(out, 64, BOX "/%010lld.pkg", (long long)seq);
}

static void snapshot_path(int64_t seq, char out[64])
{
	snprintf(out, 64, BOX "/snapshot-%010lld", (long long)seq);
}

static int64_t count_files(const char *folder)
{
	DIR *d = opendir(folder);
	int64_t n = 0;

	for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	if (d != NULL)
		closedir(d);
	return n;
}

static void see_name(struct pub_box *b, const char *name)
{
	int64_t seq;
	char *end;

	if (strncmp(name, "snapshot-", 9) == 0) {
		seq = strtoll(name + 9, &end, 10);
		if (*end != '\0')
			return;
		if (seq > b->snapshot) {
			b->former = b->snapshot;
			b->snapshot = seq;
		} else if (seq > b->former) {
			b->former = seq;
		}
		return;
	}
	seq = strtoll(name, &end, 10);
	if (seq < 1 || strcmp(end, ".pkg") != 0)
		return;
	b->newest = seq > b->newest ? seq : b->newest;
	b->oldest = b->oldest == 0 || seq < b->oldest ? seq : b->oldest;
}

static enum fj_rc look(struct pub_box *b, struct fj_err *err)
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(FJ_PACKAGE_MAX);
	FJ_AUTO(package) p = {.seq = 0};
	char path[64];
	DIR *d = opendir(BOX);

	if (d == NULL)
		return fj_fail_errno(err, "publish", "list %s", BOX);
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		see_name(b, e->d_name);
	closedir(d);
	if (b->snapshot >= 0) {
		snapshot_path(b->snapshot, path);
		b->parts = count_files(path);
	}
	if (b->newest == 0)
		return FJ_OK;
	FJ_AUTO(buf) size = FJ_BUF_INIT(32);
	if (fj_file_read(AT_FDCWD, LOG_SIZE, &size, NULL) != FJ_OK || fj_note_number(fj_buf_slice(&size), &b->log_size) != FJ_OK)
		b->log_size = 0; /* all of it once more, rather than a part never */
	package_path(b->newest, path);
	FJ_TRY(fj_file_read(AT_FDCWD, path, &whole, err));
	FJ_TRY(fj_package_read(fj_buf_slice(&whole), &p, err));
	b->last = p.hash;
	return FJ_OK;
}

void pub_box_close(struct pub_box *b)
{
	if (b == NULL)
		return;
	fj_free(b->path);
	fj_free(b->row);
	fj_free(b);
}

enum fj_rc pub_box_open(struct iss *i, struct fj_err *err)
{
	struct pub_box *b = i->pub.box;

	if (b != NULL)
		return FJ_OK;
	FJ_TRY(fj_dir_make(AT_FDCWD, BOX, 0755, err));
	b = fj_alloc(1, sizeof(*b));
	if (b == NULL)
		return fj_no_memory(err, "publish");
	b->snapshot = b->former = -1;
	enum fj_rc rc = look(b, err);
	if (rc == FJ_OK)
		rc = take_waiting(b, err);
	if (rc != FJ_OK)
		pub_box_close(b);
	else
		i->pub.box = b;
	return rc;
}

/* --- packing --- */

static int64_t generation(void)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(64);

	return fj_file_read(AT_FDCWD, "publish/generation", &text, NULL) == FJ_OK ? strtoll(fj_buf_str(&text), NULL, 10) : 0;
}

/* *full: there is no room for it, it comes first in the next one */
static enum fj_rc pack_file(struct pub_pack *k, const char *path, bool *full, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(FJ_PACKAGE_DATA_MAX);
	char from[FJ_PACKAGE_PATH + 16];

	snprintf(from, sizeof(from), "publish/%s", path);
	enum fj_rc rc = fj_file_read(AT_FDCWD, from, &data, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK; /* it went again */
	FJ_TRY(rc);
	*full = !pub_pack_takes(k, data.len);
	return *full ? FJ_OK : pub_pack_file(k, path, fj_buf_slice(&data), err);
}

static enum fj_rc pack_log(struct pub_log_files *f, struct pub_pack *k, bool *full, struct fj_err *err)
{
	bool more;

	for (*full = false;; pub_log_taken(f)) {
		FJ_TRY(pub_log_file(f, &more, err));
		*full = more && !pub_pack_takes(k, f->data.len);
		if (!more || *full)
			return FJ_OK;
		FJ_TRY(pub_pack_file(k, f->path, fj_buf_slice(&f->data), err));
	}
}

static enum fj_rc keep_log_size(struct pub_box *b, uint64_t size, struct fj_err *err)
{
	char text[24];

	if (size == b->log_size)
		return FJ_OK;
	b->log_size = size;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)size);
	return put_file(LOG_SIZE, fj_slice_str(text), err);
}

static enum fj_rc pack_row(struct iss *i, struct pub_pack *k, const struct row *r, bool *full, struct fj_err *err)
{
	FJ_AUTO(json) row = NULL;
	int64_t rowid = 0;

	*full = !pub_pack_takes(k, 0);
	if (*full)
		return FJ_OK;
	FJ_ENSURE(i->pub.rows != NULL, fj_fail(err, FJ_E_UNAVAILABLE, "publish", NULL, "public.db is not open"));
	FJ_TRY(pub_db_row_from(i->pub.rows, r->table, r->rowid, &rowid, &row, err));
	return row == NULL || rowid != r->rowid ? FJ_OK : pub_pack_row(k, row, err); /* replaced by a later one */
}

/* a number that was signed and lost is passed over */
static enum fj_rc write_change(struct iss *i, struct pub_pack *k, struct fj_err *err)
{
	struct pub_box *b = i->pub.box;
	struct pub_pack_as as = {.last = true, .seq = b->newest, .part = 1, .generation = generation(), .previous = b->newest, .before = b->last};
	enum fj_rc rc = FJ_E_POLICY;
	char path[64];

	for (int t = 0; rc == FJ_E_POLICY && t < TRIES; t++) {
		as.seq += t < 2 ? 1 : INT64_C(1) << (t - 1);
		package_path(as.seq, path);
		rc = pub_pack_write(i, k, &as, path, &b->last, err);
	}
	FJ_TRY(rc);
	b->jumped = b->jumped || as.seq - b->newest > WIDE;
	b->newest = as.seq;
	b->oldest = b->oldest == 0 ? as.seq : b->oldest;
	b->told = false;
	return FJ_OK;
}

static enum fj_rc pack_waiting(struct iss *i, struct fj_err *err)
{
	struct pub_box *b = i->pub.box;
	FJ_AUTO(pub_pack) k = {.files = NULL};
	FJ_AUTO(pub_log_files) log = {.size = 0};
	size_t f = 0, r = 0;
	bool full = true;

	settle_all(b);
	FJ_TRY(pub_pack_init(&k, err));
	FJ_TRY(pub_log_open(&log, b->log_size, err));
	while (f < b->n_path || r < b->n_row || full) {
		FJ_TRY(pack_log(&log, &k, &full, err)); /* first: a list is taken in only where its leaf is known */
		for (; f < b->n_path && !full; f += !full)
			FJ_TRY(pack_file(&k, b->path[f].s, &full, err));
		for (; r < b->n_row && !full; r += !full)
			FJ_TRY(pack_row(i, &k, &b->row[r], &full, err));
		if (!pub_pack_empty(&k))
			FJ_TRY(write_change(i, &k, err));
	}
	b->n_path = b->n_row = 0;
	FJ_TRY(keep_log_size(b, log.size, err));
	return unlink(WAITING) == 0 || access(WAITING, F_OK) != 0 ? FJ_OK : fj_fail_errno(err, "publish", "remove %s", WAITING);
}

/* --- a snapshot --- */

struct shot {
	struct iss *i;
	struct pub_pack pack;
	struct pub_pack_as as;
	struct pub_box found; /* only its paths */
};

static enum fj_rc walk(struct shot *s, const char *folder, int depth, struct fj_err *err)
{
	char path[FJ_PACKAGE_PATH + 300], name[FJ_PACKAGE_PATH + 300];
	struct stat st;
	enum fj_rc rc = FJ_OK;

	snprintf(path, sizeof(path), "publish/%s", folder);
	DIR *d = opendir(path);
	if (d == NULL)
		return fj_fail_errno(err, "publish", "list %s", path);
	for (const struct dirent *e; rc == FJ_OK && (e = readdir(d)) != NULL;) {
		snprintf(name, sizeof(name), "%.160s%s%.255s", folder, folder[0] != '\0' ? "/" : "", e->d_name);
		snprintf(path, sizeof(path), "publish/%.440s", name);
		if (e->d_name[0] == '.' || strcmp(name, "log") == 0 || !fj_package_path(name) || lstat(path, &st) != 0)
			continue; /* the log's files come by themselves, of one tree */
		if (S_ISDIR(st.st_mode) && depth < DEPTH)
			rc = walk(s, name, depth + 1, err);
		else if (S_ISREG(st.st_mode) && !add_path(&s->found, name))
			rc = fj_no_memory(err, "publish");
	}
	closedir(d);
	return rc;
}

static enum fj_rc write_part(struct shot *s, bool last, struct fj_err *err)
{
	char path[80];
	struct fj_hash hash;

	s->as.last = last;
	snprintf(path, sizeof(path), BOX "/snapshot.new/%05lld.pkg", (long long)s->as.part);
	FJ_TRY(pub_pack_write(s->i, &s->pack, &s->as, path, &hash, err));
	s->as.part++;
	return FJ_OK;
}

/* the root first, and what says who may be believed before what is believed */
static int rank(const char *path)
{
	return strcmp(path, "trust/root.pem") == 0 ? 0 : strncmp(path, "trust/crl/", 10) == 0 ? 1 : 2;
}

static int shot_order(const void *a, const void *b)
{
	const struct path *x = a, *y = b;

	return rank(x->s) != rank(y->s) ? rank(x->s) - rank(y->s) : strcmp(x->s, y->s);
}

static enum fj_rc shoot_files(struct shot *s, struct fj_err *err)
{
	bool full = false;

	FJ_TRY(walk(s, "", 0, err));
	qsort(s->found.path, s->found.n_path, sizeof(*s->found.path), shot_order);
	for (size_t k = 0; k < s->found.n_path; k += !full) {
		FJ_TRY(pack_file(&s->pack, s->found.path[k].s, &full, err));
		if (full)
			FJ_TRY(write_part(s, false, err));
	}
	return FJ_OK;
}

static enum fj_rc shoot_log(struct shot *s, struct fj_err *err)
{
	FJ_AUTO(pub_log_files) log = {.size = 0};
	bool full = true;

	FJ_TRY(pub_log_open(&log, 0, err));
	while (full) {
		FJ_TRY(pack_log(&log, &s->pack, &full, err));
		if (full)
			FJ_TRY(write_part(s, false, err));
	}
	return FJ_OK;
}

static enum fj_rc shoot_rows(struct shot *s, struct fj_err *err)
{
	int64_t rowid = 0;

	FJ_ENSURE(s->i->pub.rows != NULL, fj_fail(err, FJ_E_UNAVAILABLE, "publish", NULL, "public.db is not open"));
	for (size_t t = 0; t < pub_db_tables(); t++)
		for (int64_t from = 0;; from = rowid + 1) {
			FJ_AUTO(json) row = NULL;
			FJ_TRY(pub_db_row_from(s->i->pub.rows, t, from, &rowid, &row, err));
			if (row == NULL)
				break;
			if (!pub_pack_takes(&s->pack, 0))
				FJ_TRY(write_part(s, false, err));
			FJ_TRY(pub_pack_row(&s->pack, row, err));
		}
	return FJ_OK;
}

static void remove_folder(const char *folder)
{
	char path[400];
	DIR *d = opendir(folder);

	for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		snprintf(path, sizeof(path), "%.100s/%.255s", folder, e->d_name);
		if (e->d_name[0] != '.' || strstr(e->d_name, ".tmp") != NULL)
			unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(folder);
}

static enum fj_rc shoot(struct iss *i, struct fj_err *err)
{
	struct pub_box *b = i->pub.box;
	struct shot s = {.i = i, .as = {.snapshot = true, .seq = b->newest, .part = 1, .generation = generation(), .previous = b->newest, .before = b->last}};
	char path[64];

	remove_folder(BOX "/snapshot.new");
	FJ_TRY(fj_dir_make(AT_FDCWD, BOX "/snapshot.new", 0755, err));
	enum fj_rc rc = pub_pack_init(&s.pack, err);
	if (rc == FJ_OK)
		rc = shoot_files(&s, err);
	if (rc == FJ_OK)
		rc = shoot_log(&s, err);
	if (rc == FJ_OK)
		rc = shoot_rows(&s, err);
	if (rc == FJ_OK)
		rc = write_part(&s, true, err);
	pub_pack_release(&s.pack);
	fj_free(s.found.path);
	FJ_TRY(rc);
	snapshot_path(b->newest, path);
	remove_folder(path);
	if (rename(BOX "/snapshot.new", path) != 0)
		return fj_fail_errno(err, "publish", "rename to %s", path);
	if (b->former >= 0 && b->former != b->newest) {
		snapshot_path(b->former, path);
		remove_folder(path);
	}
	b->former = b->snapshot;
	b->snapshot = b->newest;
	b->parts = s.as.part - 1;
	b->jumped = b->told = false;
	return FJ_OK;
}

static int64_t age_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? fj_real_ms() / 1000 - st.st_mtime : -1;
}

static bool snapshot_due(const struct pub_box *b, int64_t days)
{
	int64_t every = 50 * b->parts > SNAPSHOT_EVERY ? 50 * b->parts : SNAPSHOT_EVERY;
	char path[64];

	if (b->snapshot < 0)
		return true;
	snapshot_path(b->snapshot, path);
	int64_t age = age_of(path);
	bool root_since = age_of("publish/trust/root.pem") < age; /* who pins the newer root can't begin with one that has it not */
	return b->newest > b->snapshot && (b->jumped || root_since || b->newest - b->snapshot >= every || age > days * DAY / 2);
}

static void prune(struct pub_box *b, int64_t days)
{
	char path[64];

	for (; b->oldest < b->newest && b->oldest <= b->snapshot; b->oldest++) {
		package_path(b->oldest, path);
		int64_t age = age_of(path);
		if (age >= 0 && age <= days * DAY && b->newest - b->oldest < MAX_KEPT)
			break;
		unlink(path);
	}
}

/* what the public service tells mirrors */
static enum fj_rc write_index(struct iss *i, struct fj_err *err)
{
	const struct pub_box *b = i->pub.box;
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	char at[FJ_TIME_CAP];

	fj_time_utc(fj_now(), at);
	FJ_AUTO(json) j = json_pack("{s:s, s:I, s:I, s:s, s:{s:I, s:I}}", "base", iss_base(i), "oldest", (json_int_t)b->oldest, "newest", (json_int_t)b->newest,
	    "at", at, "snapshot", "seq", (json_int_t)b->snapshot, "parts", (json_int_t)b->parts);
	FJ_TRY(j == NULL ? fj_no_memory(err, "publish") : fj_json_canonical(j, &text, err));
	return put_file(BOX "/index.json", fj_buf_slice(&text), err);
}

enum fj_rc pub_box_pack(struct iss *i, bool rows_too, struct fj_err *err)
{
	struct pub_box *b = i->pub.box;
	int64_t days = i->conf.outbox_days > 0 ? i->conf.outbox_days : DAYS;
	bool due = b->n_path > 0 || b->n_row >= MANY_ROWS || (b->n_row > 0 && rows_too);

	if (b->nomem)
		return fj_no_memory(err, "publish");
	if (due)
		FJ_TRY(pack_waiting(i, err));
	if (snapshot_due(b, days))
		FJ_TRY(shoot(i, err));
	prune(b, days);
	if (!b->told)
		FJ_TRY(write_index(i, err));
	b->told = true;
	return FJ_OK;
}
