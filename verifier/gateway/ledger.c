/*
 * ledger.c - what was used here, and which proofs were shown: one file of fixed
 * records, appended, on disk before an answer goes out.
 *
 *   record: token (40, NUL padded), day YYYYMMDD (4), count (8), until (8),
 *           proof (32), the first 8 octets of SHA-256 over all before
 *
 * Requests that come together share one write and one fdatasync.  In memory
 * there are sums by token and day and the proofs that could still be shown
 * again; both are bounded, and a full one refuses.  After a kill the file is
 * read again: what was never acknowledged may be lost or kept, what was
 * acknowledged is there, once.  The file is rewritten from the sums when it has
 * grown; days older than KEEP_DAYS are then one sum.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "verifier/gateway/gateway.h"

#define FILE_NAME "ledger"
#define TOKEN 40
#define BODY 92
#define RECORD 100
#define MAX_ROWS 524288          /* token and day, and a sum a token */
#define MAX_PROOFS 100000        /* of one generation */
#define GENERATION 600           /* seconds: longer than any proof may be shown */
#define FILE_MAX (512u << 20)
#define COMPACT_OCTETS (64u << 20)
#define KEEP_DAYS 400
#define SUM 0                    /* "day" of a token's sum: in memory alone */
#define CARRIED 1                /* "day" of what lies longer back than KEEP_DAYS */
#define MAX_COUNT INT64_C(1000000000000)
#define USAGE_ROWS 50000         /* docs/formats.md section 11 */

struct row {
	char token[TOKEN];
	int64_t count;
	int day;
};
struct rows {
	struct row *v; /* open addressing; an empty one has no token */
	size_t n, cap;
};
struct proof {
	struct fj_hash h;
	fj_time until; /* 0: empty */
};
struct proofs {
	struct proof *v; /* 2 * MAX_PROOFS places, fixed */
	size_t n;
	fj_time since;
};
struct gw_ledger {
	pthread_mutex_t lock;
	pthread_cond_t flushed_more;
	int fd;
	bool flushing, failed;
	uint64_t taken, flushed;     /* records */
	struct fj_buf pending, writing;
	size_t octets, compact_at;
	struct rows rows;
	struct proofs now, before;
};

/* --- sums --- */

static size_t place(const char *token, int day, size_t cap)
{
	uint64_t h = 1469598103934665603u ^ (uint64_t)day; /* spreads; who chooses tokens is the issuer */

	for (; *token != '\0'; token++)
		h = (h ^ (uint8_t)*token) * 1099511628211u;
	return (size_t)(h ^ h >> 29) & (cap - 1);
}

static struct row *find(const struct rows *r, const char *token, int day)
{
	size_t i = place(token, day, r->cap);

	while (r->v[i].token[0] != '\0' && (r->v[i].day != day || strcmp(r->v[i].token, token) != 0))
		i = (i + 1) & (r->cap - 1);
	return &r->v[i];
}

static enum fj_rc grow(struct rows *r)
{
	struct rows bigger = {.cap = r->cap == 0 ? 1024 : r->cap * 2};

	if (r->n * 2 < r->cap)
		return FJ_OK;
	bigger.v = fj_alloc(bigger.cap, sizeof(*bigger.v));
	if (bigger.v == NULL)
		return FJ_E_NOMEM;
	for (size_t i = 0; i < r->cap; i++)
		if (r->v[i].token[0] != '\0')
			*find(&bigger, r->v[i].token, r->v[i].day) = r->v[i];
	bigger.n = r->n;
	fj_free(r->v);
	*r = bigger;
	return FJ_OK;
}

static enum fj_rc add(struct rows *r, const char *token, int day, int64_t count)
{
	FJ_TRY(grow(r));
	struct row *w = find(r, token, day);
	if (w->token[0] == '\0') {
		if (r->n >= MAX_ROWS)
			return FJ_E_BUSY;
		r->n++;
		FJ_TRY(fj_strcopy(w->token, sizeof(w->token), token));
		w->day = day;
	}
	w->count += count;
	return FJ_OK;
}

static int64_t sum_of(const struct rows *r, const char *token)
{
	return r->cap == 0 ? 0 : find(r, token, SUM)->count;
}

static int day_of(fj_time t)
{
	struct fj_date d = fj_date_of(t, FJ_CHINA_OFFSET);

	return d.y * 10000 + d.m * 100 + d.d;
}

/* --- proofs --- */

static struct proof *find_proof(const struct proofs *p, const struct fj_hash *h)
{
	size_t i = ((size_t)h->b[0] << 16 | (size_t)h->b[1] << 8 | h->b[2]) % (2 * MAX_PROOFS);

	while (p->v[i].until != 0 && !fj_hash_eq(&p->v[i].h, h))
		i = (i + 1) % (2 * MAX_PROOFS);
	return &p->v[i];
}

static bool seen(const struct gw_ledger *l, const struct fj_hash *h)
{
	return find_proof(&l->now, h)->until != 0 || find_proof(&l->before, h)->until != 0;
}

/* what a generation holds has ended when the next one has lasted as long */
static void turn(struct gw_ledger *l, fj_time now)
{
	if (now - l->now.since < GENERATION)
		return;
	struct proofs old = l->before;
	memset(old.v, 0, 2 * MAX_PROOFS * sizeof(*old.v));
	old.n = 0;
	old.since = now;
	l->before = l->now;
	l->now = old;
}

static void remember(struct gw_ledger *l, const struct fj_hash *h, fj_time until)
{
	struct proof *p = find_proof(&l->now, h);

	l->now.n += p->until == 0;
	p->h = *h;
	p->until = until;
}

/* --- records --- */

static void put_number(uint8_t *p, int n, uint64_t v)
{
	for (int i = n - 1; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

static uint64_t get_number(const uint8_t *p, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static enum fj_rc put_record(struct fj_buf *b, const char *token, int day, int64_t count, fj_time until, const struct fj_hash *proof)
{
	uint8_t r[RECORD] = {0};
	struct fj_hash sum;

	memcpy(r, token, strnlen(token, TOKEN - 1));
	put_number(r + 40, 4, (uint64_t)day);
	put_number(r + 44, 8, (uint64_t)count);
	put_number(r + 52, 8, (uint64_t)until);
	if (proof != NULL)
		memcpy(r + 60, proof->b, FJ_SHA256_LEN);
	fj_sha256(FJ_SLICE(r, BODY), &sum);
	memcpy(r + BODY, sum.b, RECORD - BODY);
	return fj_buf_put(b, r, sizeof(r));
}

static bool whole(const uint8_t *r)
{
	struct fj_hash sum;

	fj_sha256(FJ_SLICE(r, BODY), &sum);
	return r[0] != '\0' && r[TOKEN - 1] == '\0' && memcmp(sum.b, r + BODY, RECORD - BODY) == 0;
}

static enum fj_rc replay(struct gw_ledger *l, const uint8_t *r, fj_time now)
{
	const char *token = (const char *)r;
	int64_t count = (int64_t)get_number(r + 44, 8);
	fj_time until = (fj_time)get_number(r + 52, 8);
	struct fj_hash h;

	if (count != 0) {
		FJ_TRY(add(&l->rows, token, (int)get_number(r + 40, 4), count));
		FJ_TRY(add(&l->rows, token, SUM, count));
	}
	memcpy(h.b, r + 60, FJ_SHA256_LEN);
	if (until >= now && l->now.n < MAX_PROOFS)
		remember(l, &h, until);
	return FJ_OK;
}

/* whole records from the start; what follows them was never acknowledged, so it holds none */
static enum fj_rc read_all(struct gw_ledger *l, struct fj_slice in, fj_time now, struct fj_err *err)
{
	size_t at = 0;

	for (; in.len - at >= RECORD && whole(in.p + at); at += RECORD) {
		enum fj_rc rc = replay(l, in.p + at, now);
		if (rc != FJ_OK)
			return fj_fail(err, rc, "gateway", NULL, "the ledger holds more than can be kept; hand in the usage and give --dir another folder");
	}
	for (size_t i = at + 1; i + RECORD <= in.len; i++)
		if ((i - at) % RECORD == 0 && whole(in.p + i))
			return fj_fail(err, FJ_E_CORRUPT, "gateway", NULL, "record %zu of the ledger is damaged and others follow it; restore the file, or move it away and know that its counts are lost", at / RECORD);
	l->octets = at;
	if (at == in.len)
		return FJ_OK;
	fj_log(FJ_LOG_WARN, "the ledger's last %zu octets were never acknowledged and are cut off", in.len - at);
	return ftruncate(l->fd, (off_t)at) == 0 ? FJ_OK : fj_fail_errno(err, "gateway", "cut the ledger");
}

/* --- the file --- */

static enum fj_rc open_file(struct gw_ledger *l, struct fj_err *err)
{
	fj_fd_close(&l->fd);
	l->fd = open(FILE_NAME, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	return l->fd >= 0 ? FJ_OK : fj_fail_errno(err, "gateway", "open the ledger");
}

/* the same counts and proofs in fewer records; the caller holds the lock and nobody writes */
static enum fj_rc compact(struct gw_ledger *l, fj_time now, struct fj_err *err)
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(FILE_MAX);
	const struct proofs *both[] = {&l->now, &l->before};
	struct rows fresh = {.v = NULL};
	int oldest = day_of(now - KEEP_DAYS * 86400);
	enum fj_rc rc = FJ_OK;

	for (size_t i = 0; rc == FJ_OK && i < l->rows.cap; i++) {
		const struct row *w = &l->rows.v[i];
		if (w->token[0] == '\0' || w->day == SUM)
			continue;
		rc = add(&fresh, w->token, w->day < oldest ? CARRIED : w->day, w->count);
		if (rc == FJ_OK)
			rc = add(&fresh, w->token, SUM, w->count);
	}
	for (size_t i = 0; rc == FJ_OK && i < fresh.cap; i++)
		if (fresh.v[i].token[0] != '\0' && fresh.v[i].day != SUM)
			rc = put_record(&out, fresh.v[i].token, fresh.v[i].day, fresh.v[i].count, 0, NULL);
	for (size_t g = 0; g < 2; g++)
		for (size_t i = 0; rc == FJ_OK && i < (size_t)2 * MAX_PROOFS; i++)
			if (both[g]->v[i].until >= now)
				rc = put_record(&out, "-", CARRIED, 0, both[g]->v[i].until, &both[g]->v[i].h);
	if (rc == FJ_OK)
		rc = fj_file_replace(AT_FDCWD, FILE_NAME, fj_buf_slice(&out), 0600, err);
	if (rc == FJ_OK)
		rc = open_file(l, err);
	if (rc != FJ_OK) {
		fj_free(fresh.v);
		return rc;
	}
	fj_free(l->rows.v);
	l->rows = fresh;
	l->octets = out.len;
	l->compact_at = out.len * 2 > COMPACT_OCTETS ? out.len * 2 : COMPACT_OCTETS;
	fj_buf_clear(&l->pending); /* in the sums already */
	l->flushed = l->taken;
	return FJ_OK;
}

/* one thread writes what all have brought; the lock is free meanwhile */
static void write_pending(struct gw_ledger *l)
{
	struct fj_err err = {.rc = FJ_OK};
	struct fj_buf take = l->pending;
	uint64_t upto = l->taken;

	l->pending = l->writing;
	l->writing = take;
	l->flushing = true;
	pthread_mutex_unlock(&l->lock);
	enum fj_rc rc = fj_write_all(l->fd, take.data, take.len, &err);
	if (rc == FJ_OK && fdatasync(l->fd) != 0)
		rc = fj_fail_errno(&err, "gateway", "flush the ledger");
	pthread_mutex_lock(&l->lock);
	fj_buf_clear(&l->writing);
	l->octets += take.len;
	if (rc == FJ_OK)
		l->flushed = upto;
	if (rc == FJ_OK && l->octets > l->compact_at)
		rc = compact(l, fj_now(), &err);
	if (rc != FJ_OK) { /* nobody knows what is on disk now: a restart reads it */
		l->failed = true;
		fj_log_err(FJ_LOG_ERROR, "the ledger can't be written; every request is refused until a restart", &err);
	}
	l->flushing = false;
	pthread_cond_broadcast(&l->flushed_more);
}

/* --- taking --- */

static enum fj_rc broken(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_IO, "gateway", NULL, "the ledger can't be written", "用量账本无法写入");
}

static enum fj_rc may_take(struct gw_ledger *l, const struct gw_take *t, struct fj_err *err)
{
	if (l->failed)
		return broken(err);
	if (t->token[0] == '\0' || strlen(t->token) >= TOKEN || t->count < 1 || t->count > MAX_COUNT)
		return fj_refuse(err, FJ_E_LIMIT, "gateway", "formats.md 11", "the token's number or the quantity is longer than the ledger keeps", "令牌编号或数量超出账本上限");
	if (t->proof != NULL && seen(l, t->proof))
		return fj_refuse(err, FJ_E_EXISTS, "gateway", "RFC 9901 7.3", "this proof was shown before; each works once", "该持有证明已使用过，每份证明仅可使用一次");
	if (t->limit >= 0 && t->count > t->limit - sum_of(&l->rows, t->token))
		return fj_refuse(err, FJ_E_REFUSED, "gateway", "formats.md 5.1", "the token's quota is used up at this gateway", "令牌限额在本网关已用尽");
	if (l->rows.n + 2 > MAX_ROWS || (t->proof != NULL && l->now.n >= MAX_PROOFS))
		return fj_refuse(err, FJ_E_BUSY, "gateway", NULL, "the gateway can keep no more counts or proofs", "网关的用量或证明记录已满");
	return FJ_OK;
}

static enum fj_rc enter(struct gw_ledger *l, const struct gw_take *t)
{
	int day = day_of(t->now);

	FJ_TRY(put_record(&l->pending, t->token, day, t->count, t->proof != NULL ? t->until : 0, t->proof));
	l->taken++;
	if (t->proof != NULL)
		remember(l, t->proof, t->until);
	FJ_TRY(add(&l->rows, t->token, day, t->count));
	return add(&l->rows, t->token, SUM, t->count);
}

enum fj_rc gw_ledger_take(struct gw_ledger *l, const struct gw_take *t, struct fj_err *err)
{
	pthread_mutex_lock(&l->lock);
	turn(l, t->now);
	enum fj_rc rc = may_take(l, t, err);
	if (rc == FJ_OK && enter(l, t) != FJ_OK) { /* memory: the record may be there without its sum */
		l->failed = true;
		rc = broken(err);
	}
	uint64_t mine = l->taken;
	while (rc == FJ_OK && l->flushed < mine && !l->failed) {
		if (l->flushing)
			pthread_cond_wait(&l->flushed_more, &l->lock);
		else
			write_pending(l);
	}
	if (rc == FJ_OK && l->flushed < mine)
		rc = broken(err);
	pthread_mutex_unlock(&l->lock);
	return rc;
}

/* --- usage --- */

static int by_token_and_day(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;
	int c = strcmp(x->token, y->token);

	return c != 0 ? c : (x->day > y->day) - (x->day < y->day);
}

static enum fj_rc list_rows(const struct rows *r, int from, int to, json_t *list, struct fj_err *err)
{
	FJ_AUTO(mem) place_of = fj_alloc(USAGE_ROWS, sizeof(void *));
	const struct row **v = place_of;
	char day[24];
	size_t n = 0;

	if (v == NULL)
		return fj_no_memory(err, "gateway");
	for (size_t i = 0; i < r->cap; i++) {
		if (r->v[i].token[0] == '\0' || r->v[i].day < from || r->v[i].day > to || r->v[i].day <= CARRIED)
			continue;
		if (n == USAGE_ROWS)
			return fj_fail(err, FJ_E_LIMIT, "gateway", "formats.md 11", "there are more than %d rows; name fewer days with from= and to=", USAGE_ROWS);
		v[n++] = &r->v[i];
	}
	if (n > 0)
		qsort(v, n, sizeof(*v), by_token_and_day);
	for (size_t i = 0; i < n; i++) {
		snprintf(day, sizeof(day), "%04d-%02d-%02d", v[i]->day / 10000, v[i]->day / 100 % 100, v[i]->day % 100);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "token", v[i]->token, "day", day, "count", (json_int_t)v[i]->count)) != 0)
			return fj_no_memory(err, "gateway");
	}
	return FJ_OK;
}

enum fj_rc gw_ledger_usage(struct gw_ledger *l, int from, int to, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();

	if (list == NULL)
		return fj_no_memory(err, "gateway");
	pthread_mutex_lock(&l->lock);
	enum fj_rc rc = list_rows(&l->rows, from, to, list, err);
	pthread_mutex_unlock(&l->lock);
	if (rc == FJ_OK)
		*out = fj_move(list);
	return rc;
}

/* --- opening --- */

static enum fj_rc load(struct gw_ledger *l, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(FILE_MAX);

	FJ_TRY(open_file(l, err));
	FJ_TRY(fj_file_read(AT_FDCWD, FILE_NAME, &data, err));
	FJ_TRY(read_all(l, fj_buf_slice(&data), fj_now(), err));
	return l->octets > l->compact_at / 4 ? compact(l, fj_now(), err) : FJ_OK;
}

enum fj_rc gw_ledger_open(struct gw_ledger **out, struct fj_err *err)
{
	struct gw_ledger *l = fj_alloc(1, sizeof(*l));

	if (l == NULL)
		return fj_no_memory(err, "gateway");
	l->fd = -1;
	l->compact_at = COMPACT_OCTETS;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->flushed_more, NULL);
	fj_buf_init(&l->pending, 4u << 20);
	fj_buf_init(&l->writing, 4u << 20);
	l->now = (struct proofs){.v = fj_alloc((size_t)2 * MAX_PROOFS, sizeof(struct proof)), .since = fj_now()};
	l->before = (struct proofs){.v = fj_alloc((size_t)2 * MAX_PROOFS, sizeof(struct proof)), .since = fj_now()};
	enum fj_rc rc = l->now.v == NULL || l->before.v == NULL ? fj_no_memory(err, "gateway") : load(l, err);
	if (rc != FJ_OK) {
		gw_ledger_close(l);
		return rc;
	}
	*out = l;
	return FJ_OK;
}

void gw_ledger_close(struct gw_ledger *l)
{
	if (l == NULL)
		return;
	fj_fd_close(&l->fd);
	fj_buf_release(&l->pending);
	fj_buf_release(&l->writing);
	fj_free(l->rows.v);
	fj_free(l->now.v);
	fj_free(l->before.v);
	pthread_cond_destroy(&l->flushed_more);
	pthread_mutex_destroy(&l->lock);
	fj_free(l);
}
