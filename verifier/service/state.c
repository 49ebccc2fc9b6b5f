/*
 * state.c - what the service answers from: the publication (verifier/published.h),
 * public.db, read only, and answers that may be given again.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "verifier/service/service.h"

/* columns are the members of the answer; "from, to, at": times */
static const char *const row_sql[SVC_ROWS] = {
	[SVC_CERTIFICATE] = "SELECT number, state, asset_no, asset_name, holder_name, holder_usci, not_before AS 'from', not_after AS 'to', NULLIF(revoked_at, 0) AS since FROM certificate WHERE number = ?",
	[SVC_AUTHORISATION] = "SELECT number, state, holder_name, operator_name, not_before AS 'from', not_after AS 'to', since FROM authorisation WHERE number = ?",
	[SVC_NAMED] = "SELECT certificate AS number, c.state, c.asset_no, c.asset_name FROM named LEFT JOIN certificate c ON c.number = certificate WHERE authorisation = ? LIMIT 200",
	[SVC_PRODUCTS_OF] = "SELECT authorisation, id, name, version, purpose, delivery, level, state, seller_name, seller_usci, at FROM product WHERE authorisation = ? LIMIT 200",
	[SVC_PRODUCTS] = "SELECT authorisation, id, name, version, purpose, delivery, level, state, seller_name, seller_usci, at FROM product WHERE id = ? LIMIT 200",
	[SVC_COPIES] = "SELECT n, state, at, sha256, own_list, own_idx, asset_list, asset_idx, line_list, line_idx, authorisation, not_before, not_after FROM copy WHERE number = ? ORDER BY n LIMIT 100",
	[SVC_CHANGES_AUTHORISATION] = "SELECT id AS seq, at, kind, number, authorisation, version, state FROM change WHERE authorisation = ?1"
	    " UNION SELECT id, at, kind, number, authorisation, version, state FROM change WHERE number IN (SELECT certificate FROM named WHERE authorisation = ?1) AND authorisation = ''"
	    " ORDER BY 1 DESC LIMIT 100",
	[SVC_CHANGES_ORGANISATION] = "SELECT id AS seq, at, kind, number, authorisation, version, state FROM change WHERE holder = ?1"
	    " UNION SELECT id, at, kind, number, authorisation, version, state FROM change WHERE implementer = ?1 AND implementer <> ''"
	    " UNION SELECT id, at, kind, number, authorisation, version, state FROM change WHERE operator = ?1 AND operator <> '' ORDER BY 1 DESC LIMIT 100",
};

#define SLOTS 1024
/* octets of an answer that is kept, and of all: the largest is the archive of the trust, which many fetch at once
 * and slowly, and which all of them then read from the same memory */
#define KEPT_ONE (SVC_TAR_OCTETS + 4096)
#define KEPT_ALL (2 * SVC_TAR_OCTETS)
#define FILE_MAX (8u << 20)

struct slot {
	struct fj_hash key;
	int64_t generation;
	fj_time until;
	struct web_kept *kept; /* NULL: empty */
	size_t size;
};
struct svc {
	char base[161];
	const char *portal;
	bool demo;
	int run;
	struct ver_published *published;
	pthread_mutex_t lock;      /* slots */
	pthread_mutex_t db_lock;
	sqlite3 *db;
	sqlite3_stmt *by_serial[FJ_ALG_END], *delegated, *by_number, *rows[SVC_ROWS];
	struct svc_signer *signer;
	struct slot slot[SLOTS];
	size_t held; /* octets in the slots */
};

const char *svc_portal(const struct svc *s)
{
	return s->portal;
}

struct svc_signer *svc_signer(struct svc *s)
{
	return s->signer;
}

const char *svc_base(const struct svc *s)
{
	return s->base;
}

enum fj_rc svc_file(const char *path, struct fj_buf *out, struct fj_err *err)
{
	char full[300];

	if (strstr(path, "..") != NULL || snprintf(full, sizeof(full), "publish/%s", path) >= (int)sizeof(full))
		return fj_fail(err, FJ_E_NOTFOUND, "verifier", NULL, "there is no such file");
	fj_buf_init(out, FILE_MAX);
	return fj_file_read(AT_FDCWD, full, out, err);
}

/* --- public.db --- */

static enum fj_rc db_fail(struct svc *s, struct fj_err *err)
{
	int code = sqlite3_extended_errcode(s->db);

	return fj_fail_code(err, (code & 0xff) == SQLITE_BUSY ? FJ_E_BUSY : FJ_E_DB, "verifier", code, "public.db can't be read: %s", sqlite3_errmsg(s->db));
}

static int full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
	(void)vfs;
	return fj_strcopy(out, (size_t)n, name) == FJ_OK ? SQLITE_OK : SQLITE_CANTOPEN;
}

static enum fj_rc open_db(struct svc *s, struct fj_err *err)
{
	static sqlite3_vfs vfs;

	vfs = *sqlite3_vfs_find(NULL);
	vfs.zName = "relative";
	vfs.xFullPathname = full_name;
	vfs.pNext = NULL;
	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK ||
	    sqlite3_open_v2("publish/public.db", &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, "relative") != SQLITE_OK ||
	    sqlite3_busy_timeout(s->db, 3000) != SQLITE_OK ||
	    sqlite3_prepare_v2(s->db, "SELECT der, state, revoked_at, reason FROM certificate WHERE serial = ?", -1, &s->by_serial[FJ_ES256], NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(s->db, "SELECT t.der, c.state, c.revoked_at, c.reason FROM twin t CROSS JOIN certificate c ON c.number = t.number WHERE t.serial = ?", -1, &s->by_serial[FJ_SM2], NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(s->db, "SELECT der FROM delegated WHERE serial = ?", -1, &s->delegated, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(s->db, "SELECT der FROM certificate WHERE number = ?", -1, &s->by_number, NULL) != SQLITE_OK)
		return db_fail(s, err);
	for (int k = 0; k < SVC_ROWS; k++)
		if (sqlite3_prepare_v2(s->db, row_sql[k], -1, &s->rows[k], NULL) != SQLITE_OK)
			return db_fail(s, err);
	return FJ_OK;
}

static json_t *row_json(sqlite3_stmt *q)
{
	json_t *row = json_object();

	for (int c = 0; c < sqlite3_column_count(q); c++) {
		const char *name = sqlite3_column_name(q, c);
		char at[FJ_TIME_CAP];
		if (sqlite3_column_type(q, c) == SQLITE_NULL)
			continue;
		if (strcmp(name, "at") == 0 || strcmp(name, "from") == 0 || strcmp(name, "to") == 0 || strcmp(name, "since") == 0) {
			fj_time_utc(sqlite3_column_int64(q, c), at);
			json_object_set_new(row, name, json_string(at));
		} else if (sqlite3_column_type(q, c) == SQLITE_INTEGER) {
			json_object_set_new(row, name, json_integer(sqlite3_column_int64(q, c)));
		} else {
			json_object_set_new(row, name, json_string((const char *)sqlite3_column_text(q, c)));
		}
	}
	return row;
}

enum fj_rc svc_rows(struct svc *s, enum svc_query id, const char *key, json_t **out, struct fj_err *err)
{
	sqlite3_stmt *q = s->rows[id];
	FJ_AUTO(json) list = json_array();

	pthread_mutex_lock(&s->db_lock);
	int code = sqlite3_bind_text(q, 1, key, -1, SQLITE_TRANSIENT);
	if (code == SQLITE_OK)
		while ((code = sqlite3_step(q)) == SQLITE_ROW)
			json_array_append_new(list, row_json(q));
	enum fj_rc rc = code == SQLITE_DONE ? FJ_OK : db_fail(s, err);
	sqlite3_reset(q);
	pthread_mutex_unlock(&s->db_lock);
	FJ_TRY(rc);
	*out = fj_move(list);
	return FJ_OK;
}

/* by that very key: a serial number is one CA's, and a name has several keys */
static bool certified_by(sqlite3_stmt *q, const struct fj_x509 *ca)
{
	struct fj_x509 x;

	return fj_x509_read(FJ_SLICE(sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0)), &x, NULL) == FJ_OK && x.alg == ca->alg && fj_slice_eq(x.aki, ca->ski) &&
	    fj_slice_eq(x.issuer, ca->subject);
}

static enum fj_rc lookup(struct svc *s, sqlite3_stmt *q, const struct fj_x509 *ca, const char *serial, struct svc_row *out, struct fj_err *err)
{
	int code = sqlite3_bind_text(q, 1, serial, -1, SQLITE_TRANSIENT);

	if (code == SQLITE_OK)
		code = sqlite3_step(q);
	bool found = code == SQLITE_ROW && certified_by(q, ca);
	if (found && q != s->delegated) {
		snprintf(out->state, sizeof(out->state), "%s", (const char *)sqlite3_column_text(q, 1));
		out->revoked_at = sqlite3_column_int64(q, 2);
		out->reason = (unsigned)sqlite3_column_int(q, 3);
	}
	enum fj_rc rc = found ? FJ_OK : code == SQLITE_ROW || code == SQLITE_DONE ? FJ_E_NOTFOUND : db_fail(s, err);
	sqlite3_reset(q);
	return rc;
}

enum fj_rc svc_serial(struct svc *s, const struct fj_x509 *ca, const char *serial_hex, struct svc_row *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&s->db_lock);
	enum fj_rc rc = lookup(s, s->by_serial[ca->alg], ca, serial_hex, out, err);
	if (rc == FJ_E_NOTFOUND)
		rc = lookup(s, s->delegated, ca, serial_hex, out, err); /* own signers: good while they are published */
	pthread_mutex_unlock(&s->db_lock);
	return rc == FJ_E_NOTFOUND ? fj_fail(err, rc, "verifier", "RFC 6960 2.2", "this serial number was never issued here") : rc;
}

enum fj_rc svc_certificate(struct svc *s, const char *number, struct fj_buf *der, struct fj_err *err)
{
	pthread_mutex_lock(&s->db_lock);
	int code = sqlite3_bind_text(s->by_number, 1, number, -1, SQLITE_TRANSIENT);
	if (code == SQLITE_OK)
		code = sqlite3_step(s->by_number);
	enum fj_rc rc = code == SQLITE_ROW ? fj_buf_put(der, sqlite3_column_blob(s->by_number, 0), (size_t)sqlite3_column_bytes(s->by_number, 0))
	    : code == SQLITE_DONE ? FJ_E_NOTFOUND : db_fail(s, err);
	sqlite3_reset(s->by_number);
	pthread_mutex_unlock(&s->db_lock);
	if (rc != FJ_E_NOTFOUND)
		return rc;
	return ver_no_such(number, err);
}

/* A demo home's days are those of its sample cases, and its lists are dated so: it is judged by its
 * own clock.  What a home is its issuing CA's certificate says, not a line of its configuration:
 * another home's clock is never followed. */
static void follow_clock(const struct svc *s, const struct ver_view *v)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(32);

	if (s->demo && ver_trust_demo(v->trust) && fj_file_read(AT_FDCWD, FJ_DEMO_CLOCK, &text, NULL) == FJ_OK)
		fj_clock_set_offset(strtoll(fj_buf_str(&text), NULL, 10));
}

enum fj_rc svc_view_take(struct svc *s, struct ver_view **out, struct fj_err *err)
{
	FJ_TRY(ver_view_take(s->published, out, err));
	follow_clock(s, *out);
	return FJ_OK;
}

void svc_view_give(struct svc *s, struct ver_view *v)
{
	ver_view_give(s->published, v);
}

/* --- answers that are given again --- */

int64_t svc_generation(struct svc *s)
{
	return ver_published_generation(s->published);
}

static struct slot *slot_of(struct svc *s, const struct fj_hash *h)
{
	return &s->slot[((unsigned)h->b[0] << 8 | h->b[1]) % SLOTS];
}

static void empty(struct svc *s, struct slot *k)
{
	web_kept_drop(k->kept);
	k->kept = NULL;
	s->held -= k->size;
	k->size = 0;
}

struct web_kept *svc_kept(struct svc *s, struct fj_slice key, int64_t generation)
{
	struct web_kept *out = NULL;
	struct fj_hash h;

	fj_sha256(key, &h);
	pthread_mutex_lock(&s->lock);
	const struct slot *k = slot_of(s, &h);
	if (k->kept != NULL && k->generation == generation && k->until > fj_now() && fj_hash_eq(&k->key, &h))
		out = web_kept_use(k->kept);
	pthread_mutex_unlock(&s->lock);
	return out;
}

void svc_keep(struct svc *s, struct fj_slice key, int64_t generation, fj_time until, struct web_req *q, struct web_res *r)
{
	size_t size = r->body.len;
	struct web_kept *kept = generation < 0 || size > KEPT_ONE ? NULL : web_keep(q, r);
	struct fj_hash h;

	if (kept == NULL)
		return;
	fj_sha256(key, &h);
	pthread_mutex_lock(&s->lock);
	if (s->held + size > KEPT_ALL)
		for (size_t i = 0; i < SLOTS; i++)
			empty(s, &s->slot[i]);
	struct slot *k = slot_of(s, &h);
	empty(s, k);
	*k = (struct slot){h, generation, until, kept, size};
	s->held += size;
	pthread_mutex_unlock(&s->lock);
}

enum fj_rc svc_open(const char *base, const char *portal, bool demo, struct svc **out, struct fj_err *err)
{
	struct svc *s = fj_alloc(1, sizeof(*s));
	struct ver_view *v = NULL;

	if (s == NULL)
		return fj_no_memory(err, "verifier");
	s->run = -1;
	s->demo = demo;
	s->portal = portal;
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->db_lock, NULL);
	enum fj_rc rc = fj_strcopy(s->base, sizeof(s->base), base) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, "verifier", NULL, "--base is too long");
	if (rc == FJ_OK)
		rc = fj_dir_open(AT_FDCWD, "run", &s->run, err);
	if (rc == FJ_OK)
		rc = svc_signer_new(s->run, &s->signer, err);
	if (rc == FJ_OK)
		rc = open_db(s, err);
	if (rc == FJ_OK)
		rc = ver_published_open(&s->published, err);
	if (rc == FJ_OK)
		rc = svc_view_take(s, &v, err);
	if (rc != FJ_OK) {
		svc_close(s);
		return rc;
	}
	svc_view_give(s, v);
	*out = s;
	return FJ_OK;
}

void svc_close(struct svc *s)
{
	if (s == NULL)
		return;
	ver_published_close(s->published);
	for (int k = 0; k < SVC_ROWS; k++)
		sqlite3_finalize(s->rows[k]);
	sqlite3_finalize(s->by_number);
	for (int a = 0; a < FJ_ALG_END; a++)
		sqlite3_finalize(s->by_serial[a]);
	sqlite3_finalize(s->delegated);
	sqlite3_close(s->db);
	svc_signer_free(s->signer);
	for (size_t i = 0; i < SLOTS; i++)
		empty(s, &s->slot[i]);
	fj_fd_close(&s->run);
	fj_free(s);
}
