/*
 * audit.c - the signer's log: every record chained to the one before.
 *
 * Record: u32 length of the rest; u8 type; u64 sequence; u64 time; body; SHA-256
 * over the previous record's hash and this record.  A record is on the disk
 * before what it speaks of happens; when it can't be written nothing is signed.
 * At start the whole chain is read: a record that is flipped, missing, moved or
 * cut anywhere but at the very end refuses to start, and says where.
 */
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/version.h"
#include "hsm/signer.h"

#define MAX_RECORD (32u << 20)
#define OVERHEAD (1 + 8 + 8 + FJ_SHA256_LEN)

static void chain(const struct fj_hash *before, struct fj_slice record, struct fj_hash *out)
{
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, before->b, FJ_SHA256_LEN);
	crypto_hash_sha256_update(&st, record.p, record.len);
	crypto_hash_sha256_final(&st, out->b);
}

static enum fj_rc broken(struct fj_err *err, const struct hsm_audit *a, const char *what)
{
	return fj_fail(err, a->copy ? FJ_E_INVALID : FJ_E_CORRUPT, HSM_LAYER, NULL, "the %s audit log %s at record %llu (octet %lld); %s", a->copy ? "copied" : "signer's", what, (unsigned long long)a->seq + 1, (long long)a->size,
	    a->copy ? "a spare takes in no log that was changed: bring another copy" : "the signer does not start on a log that was changed");
}

static enum fj_rc take(struct hsm_audit *a, struct fj_slice record, audit_fn fn, void *user, struct fj_err *err)
{
	struct fj_rd r;
	struct audit_record out;
	struct fj_slice hash;
	struct fj_hash want;
	uint8_t type;
	uint64_t at;

	fj_rd_init(&r, record);
	if (record.len < OVERHEAD || fj_get_u8(&r, &type) != FJ_OK || fj_get_u64(&r, &out.seq) != FJ_OK ||
	    fj_get_u64(&r, &at) != FJ_OK || fj_get_raw(&r, record.len - OVERHEAD, &out.body) != FJ_OK ||
	    fj_get_raw(&r, FJ_SHA256_LEN, &hash) != FJ_OK)
		return broken(err, a, "has a malformed record");
	chain(&a->last, FJ_SLICE(record.p, record.len - FJ_SHA256_LEN), &want);
	if (memcmp(want.b, hash.p, FJ_SHA256_LEN) != 0 || out.seq != a->seq + 1)
		return broken(err, a, "does not match its chain");
	out.type = (enum audit_type)type;
	out.at = (fj_time)at;
	FJ_TRY(fn(user, &out, err));
	a->last = want;
	a->seq = out.seq;
	return FJ_OK;
}

/* is there, at the beginning of what the file holds last, a whole record after all? */
static bool hides_record(const struct hsm_audit *a, struct fj_slice rest)
{
	crypto_hash_sha256_state st, now;
	uint8_t hash[FJ_SHA256_LEN];

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, a->last.b, FJ_SHA256_LEN);
	for (size_t i = 0; i + FJ_SHA256_LEN <= rest.len; i++) {
		now = st;
		crypto_hash_sha256_final(&now, hash);
		if (memcmp(hash, rest.p + i, FJ_SHA256_LEN) == 0)
			return true;
		crypto_hash_sha256_update(&st, rest.p + i, 1);
	}
	return false;
}

/* A file may end inside its last record, when the power went.  A length that was
 * changed looks the same, and would take every record after it along. */
static enum fj_rc check_cut(const struct hsm_audit *a, size_t n, struct fj_buf *b, struct fj_err *err)
{
	fj_buf_clear(b);
	uint8_t *p = fj_buf_reserve(b, n);
	if (p == NULL)
		return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory for the audit log");
	if (pread(a->fd, p, n, a->size + 4) != (ssize_t)n)
		return fj_fail_errno(err, HSM_LAYER, "read the audit log");
	return hides_record(a, FJ_SLICE(p, n)) ? broken(err, a, "has a changed length") : FJ_OK;
}

/* the record at a->size of a file of `end` octets; *cut when the file ends inside it */
static enum fj_rc read_record(const struct hsm_audit *a, off_t end, struct fj_buf *b, bool *cut, struct fj_err *err)
{
	uint8_t head[4];

	*cut = end - a->size < 4;
	if (*cut)
		return FJ_OK;
	if (pread(a->fd, head, 4, a->size) != 4)
		return fj_fail_errno(err, HSM_LAYER, "read the audit log");
	size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (n > MAX_RECORD)
		return broken(err, a, "has a record that is too long");
	*cut = (off_t)n > end - a->size - 4;
	if (*cut)
		return check_cut(a, (size_t)(end - a->size - 4), b, err);
	fj_buf_clear(b);
	uint8_t *p = fj_buf_reserve(b, n);
	if (p == NULL)
		return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory for the audit log");
	if (pread(a->fd, p, n, a->size + 4) != (ssize_t)n)
		return fj_fail_errno(err, HSM_LAYER, "read the audit log");
	b->len = n;
	return FJ_OK;
}

/* every record of the file up to the `most`-th; *cut: it ends inside one */
static enum fj_rc read_all(struct hsm_audit *a, uint64_t most, audit_fn fn, void *user, bool *cut, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(MAX_RECORD);
	struct stat st;

	if (fstat(a->fd, &st) != 0)
		return fj_fail_errno(err, HSM_LAYER, "look at the audit log");
	while (a->size < st.st_size && a->seq < most) {
		FJ_TRY(read_record(a, st.st_size, &b, cut, err));
		if (*cut)
			break;
		FJ_TRY(take(a, fj_buf_slice(&b), fn, user, err));
		a->size += 4 + (off_t)b.len;
	}
	return FJ_OK;
}

enum fj_rc audit_copy(struct hsm_audit *a, int fd, uint64_t most, audit_fn fn, void *user, struct fj_err *err)
{
	bool cut = false; /* it was copied while it was written */

	*a = (struct hsm_audit){.fd = fd, .copy = true};
	return read_all(a, most, fn, user, &cut, err);
}

enum fj_rc audit_open(struct hsm_audit *a, int dirfd, audit_fn fn, void *user, struct fj_err *err)
{
	bool cut = false;

	memset(a, 0, sizeof(*a));
	a->fd = openat(dirfd, "audit.log", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (a->fd < 0)
		return fj_fail_errno(err, HSM_LAYER, "open the audit log");
	FJ_TRY(read_all(a, UINT64_MAX, fn, user, &cut, err));
	if (cut && ftruncate(a->fd, a->size) != 0)
		return fj_fail_errno(err, HSM_LAYER, "remove a cut record from the audit log");
	return fsync(a->fd) == 0 && fsync(dirfd) == 0 ? FJ_OK : fj_fail_errno(err, HSM_LAYER, "make the audit log durable");
}

static enum fj_rc encode(const struct hsm_audit *a, enum audit_type type, fj_time at, struct fj_slice body,
    struct fj_buf *b, struct fj_hash *hash)
{
	if (body.len > MAX_RECORD - OVERHEAD)
		return FJ_E_LIMIT;
	FJ_TRY(fj_put_u32(b, (uint32_t)(body.len + OVERHEAD)));
	FJ_TRY(fj_put_u8(b, (uint8_t)type));
	FJ_TRY(fj_put_u64(b, a->seq + 1));
	FJ_TRY(fj_put_u64(b, (uint64_t)at));
	FJ_TRY(fj_buf_put(b, body.p, body.len));
	chain(&a->last, FJ_SLICE(b->data + 4, b->len - 4), hash);
	return fj_buf_put(b, hash->b, FJ_SHA256_LEN);
}

/* the asker is told what it means, and what to do */
static enum fj_rc unwritten(enum fj_rc rc, struct fj_err *err)
{
	struct fj_err why = *err;

	return fj_fail(err, rc, HSM_LAYER, "lessons.md 12", "nothing is signed: %.200s", why.en);
}

enum fj_rc audit_append(struct hsm_audit *a, enum audit_type type, fj_time at, struct fj_slice body, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(MAX_RECORD + 64);
	struct fj_hash hash;
	enum fj_rc rc = encode(a, type, at, body, &b, &hash);

	if (rc != FJ_OK)
		return fj_fail(err, rc, HSM_LAYER, NULL, "an audit record is too large");
	if (lseek(a->fd, a->size, SEEK_SET) < 0)
		rc = fj_fail_errno(err, HSM_LAYER, "seek in the audit log");
	else if (fj_write_all(a->fd, b.data, b.len, NULL) != FJ_OK)
		rc = fj_fail_errno(err, HSM_LAYER, "the audit log could not be written");
	if (rc == FJ_OK && fdatasync(a->fd) != 0)
		rc = fj_fail_errno(err, HSM_LAYER, "make the audit record durable");
	if (rc != FJ_OK) {
		(void)!ftruncate(a->fd, a->size); /* else the cut record is removed at the next start */
		return unwritten(rc, err);
	}
	a->size += (off_t)b.len;
	a->seq++;
	a->last = hash;
	return FJ_OK;
}

enum fj_rc audit_newer(const char *what, unsigned number, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_UNSUPPORTED, HSM_LAYER, "formats.md 40", "the signer's audit log has a %s of kind %u, which this Fujie (" FJ_PROGRAM ") does not know: a newer one wrote it; nothing was changed; "
	    "install that newer version again", what, number);

	fj_err_zh(err, "签名服务的审计日志含有本软件（" FJ_PROGRAM "）不识别的内容（%s %u），由更新的软件版本写入；未作任何更改，请重新安装较新的软件版本", what, number);
	return rc;
}
