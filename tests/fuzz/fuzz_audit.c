/*
 * The signer's audit log, as it may lie on the disk.
 *
 * Input: u8 how, u16 place; then the file itself (how even), or records that are
 * chained here (how odd): u8 type, u8 time, u16 length, body.
 * Properties: a log that was accepted is accepted again and says the same; what
 * was appended is read back; a spare reads of a copy what the signer reads of its own; cut inside its last record it loses that record
 * alone; with one octet changed anywhere it is refused.
 */
#include <fcntl.h>

#include "tests/fuzz/memory.h"
#include "tests/fuzz/tmpdir.h"

#define LOG "audit.log"
#define MAX_RECORDS 8

static enum fj_rc keep(void *user, const struct audit_record *r, struct fj_err *err)
{
	(void)err;
	HOLDS(r->seq == ++*(uint64_t *)user);
	return FJ_OK;
}

/* as another signer's, which a spare reads and leaves alone */
static enum fj_rc copied(struct hsm_audit *a)
{
	uint64_t n = 0;
	FJ_AUTO(fd) fd = openat(tmp_dir(LOG), LOG, O_RDONLY | O_CLOEXEC);

	HOLDS(fd >= 0);
	return audit_copy(a, fd, UINT64_MAX, keep, &n, NULL);
}

/* without a signer: only the chain */
static enum fj_rc opened(struct fj_slice file, struct hsm_audit *a)
{
	struct hsm_audit copy;
	uint64_t n = 0;

	tmp_write(LOG, file);
	enum fj_rc of_copy = copied(&copy);
	enum fj_rc rc = audit_open(a, tmp_dir(LOG), keep, &n, NULL);
	fj_fd_close(&a->fd);
	HOLDS(rc != FJ_OK || a->seq == n);
	HOLDS((rc == FJ_OK) == (of_copy == FJ_OK) && (rc != FJ_OK || (copy.seq == a->seq && copy.size == a->size && fj_hash_eq(&copy.last, &a->last))));
	return rc;
}

static void replayed(struct fj_slice file)
{
	struct hsm_signer s = {.fatal = false};
	struct hsm_audit a;

	HOLDS(mem_init(&s.mem, NULL) == FJ_OK);
	tmp_write(LOG, file);
	(void)!audit_open(&a, tmp_dir(LOG), signer_replay, &s, NULL);
	fj_fd_close(&a.fd);
	sorted(&s.mem);
	mem_release(&s.mem);
}

/* Appends what the input says; the size before the last record.  Octets stay below
 * 0x80: libFuzzer learns the hash of a record's beginning from hsm/audit.c and puts
 * it into the body, where a cut record then looks like one with a changed length. */
static off_t append_all(struct hsm_audit *a, struct fj_rd *r)
{
	off_t before = 0;
	uint8_t type, at, hi, lo, low[1u << 16];
	struct fj_slice body;

	for (int i = 0; i < MAX_RECORDS; i++) {
		if (fj_get_u8(r, &type) != FJ_OK || fj_get_u8(r, &at) != FJ_OK || fj_get_u8(r, &hi) != FJ_OK || fj_get_u8(r, &lo) != FJ_OK)
			break;
		size_t len = (size_t)(hi << 8 | lo);
		HOLDS(fj_get_raw(r, len < fj_rd_left(r) ? len : fj_rd_left(r), &body) == FJ_OK);
		for (size_t k = 0; k < body.len; k++)
			low[k] = body.p[k] & 0x7f;
		before = a->size;
		HOLDS(audit_append(a, (enum audit_type)type, at, FJ_SLICE(low, body.len), NULL) == FJ_OK);
	}
	return before;
}

static void spoil(struct fj_buf *file, const struct hsm_audit *good, off_t before, size_t place)
{
	struct hsm_audit a;
	size_t last = file->len - (size_t)before, at = place % file->len;

	HOLDS(opened(FJ_SLICE(file->data, (size_t)before + place % last), &a) == FJ_OK && a.seq == good->seq - 1 && a.size == before);
	file->data[at] ^= (uint8_t)(1u << (place >> 8) % 8);
	HOLDS(opened(fj_buf_slice(file), &a) == FJ_E_CORRUPT);
}

static void chained(struct fj_rd *r, size_t place)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(4u << 20);
	struct hsm_audit a, again;
	uint64_t none = 0;

	tmp_write(LOG, FJ_SLICE("", 0));
	HOLDS(audit_open(&a, tmp_dir(LOG), keep, &none, NULL) == FJ_OK);
	off_t before = append_all(&a, r);
	fj_fd_close(&a.fd);
	HOLDS(fj_file_read(tmp_dir(LOG), LOG, &file, NULL) == FJ_OK && (off_t)file.len == a.size);
	HOLDS(opened(fj_buf_slice(&file), &again) == FJ_OK && again.seq == a.seq && fj_hash_eq(&again.last, &a.last));
	replayed(fj_buf_slice(&file));
	if (a.seq > 0)
		spoil(&file, &a, before, place);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(1u << 20);
	struct hsm_audit a, again;
	struct fj_rd r;

	if (size < 3 || size > 1u << 16)
		return 0;
	fj_rd_init(&r, FJ_SLICE(data + 3, size - 3));
	if (data[0] & 1) {
		chained(&r, (size_t)(data[1] << 8 | data[2]));
	} else if (opened(FJ_SLICE(data + 3, size - 3), &a) == FJ_OK) {
		HOLDS(fj_file_read(tmp_dir(LOG), LOG, &file, NULL) == FJ_OK && (off_t)file.len == a.size);
		HOLDS(opened(fj_buf_slice(&file), &again) == FJ_OK && again.seq == a.seq && fj_hash_eq(&again.last, &a.last));
	}
	return 0;
}
