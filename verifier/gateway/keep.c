/*
 * keep.c - the trust folder of an issuer, fetched, checked and kept.
 *
 *   state.json      which folder counts, the ETag it came with, digest and marks
 *   trust-<n>/      a trust folder as docs/formats.md section 7 has it
 *   new/            one that is being unpacked
 *   lock            held while a process runs here
 *
 * state.json is replaced whole, so after a kill at any point the old folder or
 * the new one counts.  What is fetched replaces what is there only when it is
 * under the root that was named and no list goes back (marks.c); else it is
 * thrown away and said in /healthz, and the old trust serves on until its lists
 * end: then every verdict is indeterminate, which is no permit.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "verifier/gateway/gateway.h"
#include "verifier/gateway/tar.h"

#define STATE_OCTETS (8u << 20)

struct gw_keep {
	const struct gw_conf *conf;
	int lock_fd;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	struct gw_view *view;      /* NULL: none yet */
	struct gw_health health;
	/* the refreshing thread's alone */
	struct gw_marks marks;
	char etag[128], digest[65];
	int64_t n;
};

/* --- folders --- */

static const char *const below[] = {"crl", "status", "authorisations", "certificates", "attestation"};

static void empty_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	FJ_AUTO(dir) d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL) {
		fj_fd_close(&fd);
		return;
	}
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(d), e->d_name, 0);
}

/* a trust folder of ours: two levels, no more */
static void remove_folder(const char *path)
{
	char sub[80];

	for (size_t i = 0; i < FJ_ARRAY_LEN(below); i++) {
		snprintf(sub, sizeof(sub), "%.40s/%s", path, below[i]);
		empty_folder(sub);
		rmdir(sub);
	}
	empty_folder(path);
	rmdir(path);
}

/* what a kill left behind */
static void sweep(const char *but)
{
	FJ_AUTO(dir) d = opendir(".");

	if (d == NULL)
		return;
	for (const struct dirent *e; (e = readdir(d)) != NULL;)
		if ((strncmp(e->d_name, "trust-", 6) == 0 || strcmp(e->d_name, "new") == 0) && strcmp(e->d_name, but) != 0)
			remove_folder(e->d_name);
}

static enum fj_rc write_file(const char *path, struct fj_slice data, struct fj_err *err)
{
	FJ_AUTO(fd) fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return errno == EEXIST ? fj_fail(err, FJ_E_PARSE, "gateway", "formats.md 7", "the archive has the file %.80s twice", path)
		    : fj_fail_errno(err, "gateway", "write %s", path);
	return fj_write_all(fd, data.p, data.len, err);
}

static void digest_add(crypto_hash_sha256_state *h, const struct gw_tar_entry *e)
{
	crypto_hash_sha256_update(h, (const uint8_t *)e->folder, strlen(e->folder) + 1);
	crypto_hash_sha256_update(h, (const uint8_t *)e->name, strlen(e->name) + 1);
	crypto_hash_sha256_update(h, e->data.p, e->data.len);
}

/* archive into new/; its digest is of names and contents, not of the archive's own dates */
static enum fj_rc unpack(struct fj_slice archive, char digest[65], struct fj_err *err)
{
	crypto_hash_sha256_state h;
	struct gw_tar t;
	struct gw_tar_entry e;
	uint8_t sum[32];
	char path[160];
	bool more = true;

	remove_folder("new");
	FJ_TRY(fj_dir_make(AT_FDCWD, "new", 0755, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(below); i++) {
		snprintf(path, sizeof(path), "new/%s", below[i]);
		FJ_TRY(fj_dir_make(AT_FDCWD, path, 0755, err));
	}
	crypto_hash_sha256_init(&h);
	gw_tar_open(&t, archive);
	for (;;) {
		FJ_TRY(gw_tar_next(&t, &e, &more, err));
		if (!more)
			break;
		if (e.folder == NULL)
			continue;
		snprintf(path, sizeof(path), "new/%s%s%s", e.folder, e.folder[0] != '\0' ? "/" : "", e.name);
		FJ_TRY(write_file(path, e.data, err));
		digest_add(&h, &e);
	}
	crypto_hash_sha256_final(&h, sum);
	fj_hex(sum, sizeof(sum), digest);
	return FJ_OK;
}

/* --- views --- */

static void view_free(struct gw_view *v, bool with_folder)
{
	if (v == NULL)
		return;
	if (with_folder)
		remove_folder(v->folder);
	while (v->n_idle > 0)
		ver_trust_free(v->idle[--v->n_idle].trust);
	pthread_mutex_destroy(&v->lock);
	ver_trust_free(v->trust);
	fj_fd_close(&v->dir);
	fj_free(v);
}

/* nobody needs the folder of a view that was replaced */
static void drop(struct gw_view *v)
{
	if (v != NULL && --v->users == 0)
		view_free(v, true);
}

static enum fj_rc view_load(const struct gw_conf *conf, const char *folder, struct gw_marks *marks, struct gw_view **out, struct fj_err *err)
{
	struct gw_view *v = fj_alloc(1, sizeof(*v));
	FJ_AUTO(json) notes = NULL;
	json_t *list = NULL, *n;
	size_t i;

	if (v == NULL)
		return fj_no_memory(err, "gateway");
	pthread_mutex_init(&v->lock, NULL);
	v->users = 1;
	v->dir = -1;
	snprintf(v->folder, sizeof(v->folder), "%s", folder);
	enum fj_rc rc = fj_dir_open(AT_FDCWD, folder, &v->dir, err);
	if (rc == FJ_OK)
		rc = ver_trust_load_under(v->dir, ".", &conf->pins, &v->trust, &list, err);
	notes = list;
	if (rc == FJ_OK)
		rc = gw_marks_read(v->trust, folder, marks, err);
	if (rc != FJ_OK) {
		view_free(v, false);
		return rc;
	}
	json_array_foreach(notes, i, n)
		fj_log(FJ_LOG_WARN, "left out: %s", json_string_value(n));
	v->oldest = marks->oldest;
	v->first_end = marks->first_end;
	*out = v;
	return FJ_OK;
}

enum fj_rc gw_view_take(struct gw_keep *k, struct gw_view **out, struct fj_err *err)
{
	pthread_mutex_lock(&k->lock);
	*out = k->view;
	if (k->view != NULL)
		k->view->users++;
	pthread_mutex_unlock(&k->lock);
	return *out != NULL ? FJ_OK : fj_refuse(err, FJ_E_UNAVAILABLE, "gateway", "formats.md 7", "no trust has been fetched from the issuer yet", "尚未从签发方取得信任资料");
}

void gw_view_give(struct gw_keep *k, struct gw_view *v)
{
	pthread_mutex_lock(&k->lock);
	drop(v);
	pthread_mutex_unlock(&k->lock);
}

static enum fj_rc over_take(struct gw_view *v, struct gw_over *o, struct fj_err *err)
{
	*o = (struct gw_over){.trust = NULL};
	pthread_mutex_lock(&v->lock);
	if (v->n_idle > 0)
		*o = v->idle[--v->n_idle];
	pthread_mutex_unlock(&v->lock);
	return o->trust != NULL ? FJ_OK : ver_trust_over(v->trust, &o->trust, err);
}

static void over_give(struct gw_view *v, struct gw_over *o)
{
	pthread_mutex_lock(&v->lock);
	bool keep = ++o->used < GW_OVER_USES && v->n_idle < GW_IDLE;
	if (keep)
		v->idle[v->n_idle++] = *o;
	pthread_mutex_unlock(&v->lock);
	if (!keep)
		ver_trust_free(o->trust);
}

enum fj_rc gw_judge(struct gw_view *v, const struct ver_input *in, struct ver_report *out, struct fj_err *err)
{
	struct gw_over o;

	FJ_TRY(over_take(v, &o, err));
	enum fj_rc rc = ver_verify_in(v->dir, o.trust, in, out, err);
	over_give(v, &o);
	return rc;
}

/* --- state --- */

static enum fj_rc state_write(struct gw_keep *k, struct fj_err *err)
{
	char root[65];
	FJ_AUTO(buf) text = FJ_BUF_INIT(STATE_OCTETS);

	fj_hex(k->conf->pins.root.b, FJ_SHA256_LEN, root);
	FJ_AUTO(json) j = json_pack("{s:s, s:I, s:s, s:s, s:O, s:O}", "root", root, "n", (json_int_t)k->n, "etag", k->etag, "digest", k->digest,
	    "lists", k->marks.lists, "crls", k->marks.crls);
	if (j == NULL)
		return fj_no_memory(err, "gateway");
	FJ_TRY(fj_json_canonical(j, &text, err));
	return fj_file_replace(AT_FDCWD, "state.json", fj_buf_slice(&text), 0644, err);
}

static enum fj_rc state_read(struct gw_keep *k, bool *there, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(STATE_OCTETS);
	FJ_AUTO(json) j = NULL;
	char root[65];

	enum fj_rc rc = fj_file_read(AT_FDCWD, "state.json", &text, err);
	*there = rc == FJ_OK;
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	FJ_TRY(fj_json_parse(fj_buf_slice(&text), STATE_OCTETS, &j, err));
	fj_hex(k->conf->pins.root.b, FJ_SHA256_LEN, root);
	if (strcmp(fj_json_text(j, "root"), root) != 0)
		return fj_refuse(err, FJ_E_INVALID, "gateway", NULL, "this cache is of another root than --root names; give --dir another folder", "该缓存目录属于另一根证书，请为 --dir 指定其他目录");
	k->n = fj_json_num(j, "n");
	snprintf(k->etag, sizeof(k->etag), "%s", fj_json_text(j, "etag"));
	snprintf(k->digest, sizeof(k->digest), "%s", fj_json_text(j, "digest"));
	k->marks.lists = json_incref(json_object_get(j, "lists"));
	k->marks.crls = json_incref(json_object_get(j, "crls"));
	return json_is_object(k->marks.lists) && json_is_object(k->marks.crls) ? FJ_OK
	    : fj_fail(err, FJ_E_CORRUPT, "gateway", NULL, "state.json of the cache is not ours; remove the folder and start again");
}

/* --- refreshing --- */

static void show(struct gw_keep *k, struct gw_view *v)
{
	pthread_mutex_lock(&k->lock);
	drop(k->view);
	k->view = v;
	k->health.oldest = v->oldest;
	k->health.first_end = v->first_end;
	pthread_mutex_unlock(&k->lock);
}

/* new/ becomes the folder that counts, if it may */
static enum fj_rc adopt(struct gw_keep *k, const char *etag, const char *digest, struct fj_err *err)
{
	FJ_AUTO(gw_marks) marks = {.lists = NULL};
	struct gw_view *v = NULL;

	FJ_TRY(view_load(k->conf, "new", &marks, &v, err));
	snprintf(v->folder, sizeof(v->folder), "trust-%lld", (long long)k->n + 1);
	enum fj_rc rc = k->marks.lists == NULL ? FJ_OK : gw_marks_ahead(&k->marks, &marks, fj_now(), err);
	if (rc == FJ_OK && rename("new", v->folder) != 0)
		rc = fj_fail_errno(err, "gateway", "rename to %s", v->folder);
	if (rc != FJ_OK) {
		view_free(v, false);
		return rc;
	}
	if (syncfs(k->lock_fd) != 0) /* the files before the state that names them */
		fj_log(FJ_LOG_WARN, "the cache was not flushed");
	k->n++;
	snprintf(k->etag, sizeof(k->etag), "%s", etag);
	snprintf(k->digest, sizeof(k->digest), "%s", digest);
	if (k->marks.lists != NULL && (json_object_update_missing(marks.lists, k->marks.lists) != 0 || json_object_update_missing(marks.crls, k->marks.crls) != 0))
		fj_log(FJ_LOG_WARN, "memory is short: some marks of lists are forgotten");
	gw_marks_release(&k->marks);
	k->marks = marks;
	marks.lists = marks.crls = NULL;
	rc = state_write(k, err);
	show(k, v); /* true even when the disk is full: only a restart knows less */
	return rc;
}

static enum fj_rc fetch_and_adopt(struct gw_keep *k, struct fj_err *err)
{
	struct gw_fetched got = {.same = false};
	char url[400], digest[65];

	if (snprintf(url, sizeof(url), "%s/v1/trust.tar", k->conf->issuer) >= (int)sizeof(url))
		return fj_fail(err, FJ_E_USAGE, "gateway", NULL, "--issuer is too long");
	fj_buf_init(&got.body, GW_TAR_OCTETS);
	enum fj_rc rc = gw_fetch(url, k->view == NULL ? "" : k->etag, &k->stop, &got, err);
	if (rc == FJ_OK && !got.same)
		rc = unpack(fj_buf_slice(&got.body), digest, err);
	if (rc == FJ_OK && !got.same && (k->view == NULL || strcmp(digest, k->digest) != 0))
		rc = adopt(k, got.etag, digest, err);
	fj_buf_release(&got.body);
	remove_folder("new");
	return rc;
}

enum fj_rc gw_keep_refresh(struct gw_keep *k, struct fj_err *err)
{
	struct fj_err why = {.rc = FJ_OK};
	enum fj_rc rc = fetch_and_adopt(k, &why);

	pthread_mutex_lock(&k->lock);
	bool news = strcmp(k->health.error, rc == FJ_OK ? "" : why.en) != 0;
	snprintf(k->health.error, sizeof(k->health.error), "%s", rc == FJ_OK ? "" : why.en);
	if (rc == FJ_OK)
		k->health.fetched = fj_now();
	pthread_mutex_unlock(&k->lock);
	if (news && rc != FJ_OK)
		fj_log_err(FJ_LOG_WARN, "trust was not refreshed", &why);
	else if (news)
		fj_log(FJ_LOG_INFO, "trust is refreshed again");
	if (rc != FJ_OK && err != NULL)
		*err = why;
	return rc;
}

static void *refreshing(void *arg)
{
	struct gw_keep *k = arg;
	struct timespec until;

	while (!atomic_load(&k->stop)) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += k->conf->refresh;
		pthread_mutex_lock(&k->lock);
		while (!atomic_load(&k->stop) && pthread_cond_timedwait(&k->wake, &k->lock, &until) != ETIMEDOUT)
			;
		pthread_mutex_unlock(&k->lock);
		if (!atomic_load(&k->stop) && gw_keep_refresh(k, NULL) != FJ_OK)
			continue; /* said in health and log */
	}
	return NULL;
}

enum fj_rc gw_keep_start(struct gw_keep *k, struct fj_err *err)
{
	k->running = pthread_create(&k->thread, NULL, refreshing, k) == 0;
	return k->running ? FJ_OK : fj_fail(err, FJ_E_INTERNAL, "gateway", NULL, "the refreshing thread does not start");
}

void gw_keep_health(struct gw_keep *k, struct gw_health *out)
{
	pthread_mutex_lock(&k->lock);
	*out = k->health;
	pthread_mutex_unlock(&k->lock);
}

bool gw_health_ok(const struct gw_health *h, int64_t max_age, fj_time now)
{
	return h->first_end != 0 && now + GW_RED_BEFORE < h->first_end && (max_age == 0 || (now - h->oldest) * 4 < max_age * 3);
}

/* --- opening --- */

static enum fj_rc take_lock(struct gw_keep *k, struct fj_err *err)
{
	k->lock_fd = open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (k->lock_fd < 0)
		return fj_fail_errno(err, "gateway", "open the lock of the cache");
	return flock(k->lock_fd, LOCK_EX | LOCK_NB) == 0 ? FJ_OK
	    : fj_refuse(err, FJ_E_BUSY, "gateway", NULL, "another process uses this cache; give --dir another folder", "该缓存目录正被另一进程使用，请为 --dir 指定其他目录");
}

static enum fj_rc load_cached(struct gw_keep *k, struct fj_err *err)
{
	FJ_AUTO(gw_marks) marks = {.lists = NULL};
	struct fj_err why = {.rc = FJ_OK};
	struct gw_view *v = NULL;
	char folder[40];
	bool there;

	FJ_TRY(state_read(k, &there, err));
	snprintf(folder, sizeof(folder), "trust-%lld", (long long)k->n);
	sweep(there ? folder : "");
	if (!there)
		return FJ_OK;
	enum fj_rc rc = view_load(k->conf, folder, &marks, &v, &why);
	if (rc == FJ_OK && (rc = gw_marks_ahead(&k->marks, &marks, fj_now(), &why)) != FJ_OK)
		view_free(v, false);
	if (rc == FJ_OK)
		show(k, v);
	else
		fj_log_err(FJ_LOG_WARN, "the cached trust is not used", &why);
	return FJ_OK; /* what is lost is fetched again; the marks stay */
}

enum fj_rc gw_keep_open(const struct gw_conf *conf, struct gw_keep **out, struct fj_err *err)
{
	struct gw_keep *k = fj_alloc(1, sizeof(*k));

	if (k == NULL)
		return fj_no_memory(err, "gateway");
	k->conf = conf;
	k->lock_fd = -1;
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->wake, NULL);
	enum fj_rc rc = take_lock(k, err);
	if (rc == FJ_OK)
		rc = load_cached(k, err);
	if (rc != FJ_OK) {
		gw_keep_close(k);
		return rc;
	}
	*out = k;
	return FJ_OK;
}

void gw_keep_close(struct gw_keep *k)
{
	if (k == NULL)
		return;
	atomic_store(&k->stop, true);
	if (k->running) {
		pthread_mutex_lock(&k->lock);
		pthread_cond_signal(&k->wake);
		pthread_mutex_unlock(&k->lock);
		pthread_join(k->thread, NULL);
	}
	view_free(k->view, false);
	gw_marks_release(&k->marks);
	fj_fd_close(&k->lock_fd);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	fj_free(k);
}
