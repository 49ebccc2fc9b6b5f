/*
 * history.c - publish/history: every status list, CRL and authorisation credential
 * that was ever the newest, so that "was this use covered on that day" can be answered
 * with the lists of that day.
 *
 *   history/status/<n>/<iat>.jwt, history/crl/<shard>/<thisUpdate>.crl, history/authorisations/<number>/<iat>.jwt
 *
 * A file is named by the second from which it counts; it counts until the next one
 * begins.  It is written before the newest, in the same publication, and made durable
 * with it.  Two of one second are one file, the later: nothing asks for less than a
 * second.  Once a day those are removed that were already replaced before the days of
 * the profile (status.history_days) began.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "issuer/profile.h"
#include "issuer/publish/publish.h"

#define HISTORY "publish/history"
#define DAY 86400
#define MAX_VERSIONS (1u << 20) /* of one list */

enum fj_rc pub_keep(struct iss *i, const char *kind, const char *name, fj_time from, const char *suffix, struct fj_slice data, struct fj_err *err)
{
	char path[128];

	FJ_TRY(fj_dir_make(AT_FDCWD, HISTORY, 0755, err));
	snprintf(path, sizeof(path), HISTORY "/%.20s", kind);
	FJ_TRY(fj_dir_make(AT_FDCWD, path, 0755, err));
	snprintf(path, sizeof(path), HISTORY "/%.20s/%.40s", kind, name);
	FJ_TRY(fj_dir_make(AT_FDCWD, path, 0755, err));
	snprintf(path, sizeof(path), HISTORY "/%.20s/%.40s/%lld%.4s", kind, name, (long long)from, suffix);
	return pub_file(i, path, data, err);
}

/* --- what is too old --- */

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* the times that name the files of a folder, rising */
static enum fj_rc times_in(DIR *d, struct fj_buf *out, struct fj_err *err)
{
	const struct dirent *e;

	while ((e = readdir(d)) != NULL) {
		char *end;
		int64_t t = e->d_name[0] >= '0' && e->d_name[0] <= '9' ? strtoll(e->d_name, &end, 10) : -1;
		if (t >= 0 && strstr(e->d_name, ".tmp") == NULL && fj_buf_put(out, &t, sizeof(t)) != FJ_OK)
			return fj_fail(err, FJ_E_LIMIT, "publish", NULL, "a list has more than %u versions", MAX_VERSIONS);
	}
	if (out->len > 0)
		qsort(out->data, out->len / sizeof(int64_t), sizeof(int64_t), by_time);
	return FJ_OK;
}

/* all but what still counted at `since`, or begins after it */
static enum fj_rc prune_folder(const char *path, const char *suffix, fj_time since, struct fj_err *err)
{
	FJ_AUTO(buf) times = FJ_BUF_INIT(MAX_VERSIONS * sizeof(int64_t));
	FJ_AUTO(dir) d = opendir(path);
	char name[40];

	if (d == NULL)
		return fj_fail_errno(err, "publish", "list %s", path);
	FJ_TRY(times_in(d, &times, err));
	const int64_t *t = (const int64_t *)(const void *)times.data;
	for (size_t k = 0; k + 1 < times.len / sizeof(int64_t) && t[k + 1] <= since; k++) {
		snprintf(name, sizeof(name), "%lld%.4s", (long long)t[k], suffix);
		if (unlinkat(dirfd(d), name, 0) != 0)
			return fj_fail_errno(err, "publish", "remove %s/%s", path, name);
	}
	return FJ_OK;
}

static enum fj_rc prune_kind(const char *kind, const char *suffix, fj_time since, struct fj_err *err)
{
	char path[200];

	snprintf(path, sizeof(path), HISTORY "/%.20s", kind);
	FJ_AUTO(dir) d = opendir(path);
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), HISTORY "/%.20s/%.40s", kind, e->d_name);
		FJ_TRY(prune_folder(path, suffix, since, err));
	}
	return FJ_OK;
}

static enum fj_rc days_kept(struct iss *i, int64_t *days, struct fj_err *err)
{
	struct iss_call c = {.iss = i, .db = i->pub.db, .now = fj_now()};

	enum fj_rc rc = prf_int(&c, i->keeper, "status.history_days", days, err);
	prf_release(&c);
	return rc;
}

enum fj_rc pub_history_prune(struct iss *i, struct fj_err *err)
{
	static const char *const kinds[][2] = {{"status", ".jwt"}, {"crl", ".crl"}, {"authorisations", ".jwt"}};
	fj_time now = fj_now();
	int64_t days;

	if (now < i->pub.pruned + DAY && now >= i->pub.pruned)
		return FJ_OK;
	FJ_TRY(days_kept(i, &days, err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(kinds); k++)
		FJ_TRY(prune_kind(kinds[k][0], kinds[k][1], now - days * DAY, err));
	i->pub.pruned = now;
	return FJ_OK;
}
