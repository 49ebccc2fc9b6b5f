/*
 * A backup's header and stream, its archive's headers, requests and shares (docs/formats.md 41).
 *
 * Properties: what is read of a header is written again as the same octets; a stream whose octets are the input gives nothing under a key
 * that did not write it; one that was written here and changed by the input at one place gives either what was written or a refusal, and never an
 * octet that was not; a name in an archive leads nowhere else.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/backup.h"
#include "base/ustar.h"
#include "tests/fuzz/fuzz.h"

#define CLEAR (FJ_BACKUP_CHUNK + 1000)

static struct fj_backup_out out;
static struct fj_backup_in in_;
static uint8_t clear[CLEAR], back[CLEAR];

static int file_of(struct fj_slice in)
{
	int fd = memfd_create("backup", MFD_CLOEXEC);

	HOLDS(fd >= 0 && write(fd, in.p, in.len) == (ssize_t)in.len && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void header(struct fj_slice in)
{
	static const uint8_t key[FJ_BACKUP_KEY];
	FJ_AUTO(fd) fd = file_of(in);
	struct fj_backup b;
	uint8_t one;

	if (fj_backup_read(fd, &b, NULL) != FJ_OK)
		return;
	HOLDS(b.n >= 1 && b.n <= FJ_BACKUP_OFFICERS && b.need >= 1 && b.need <= b.n);
	off_t end = lseek(fd, 0, SEEK_CUR);
	FJ_AUTO(fd) again = memfd_create("again", MFD_CLOEXEC);
	struct fj_backup same = b;
	HOLDS(fj_backup_begin(&out, again, &same, key, NULL) == FJ_OK && fj_hash_eq(&same.hash, &b.hash));
	HOLDS(end == lseek(again, 0, SEEK_CUR) - (off_t)crypto_secretstream_xchacha20poly1305_HEADERBYTES);
	if (fj_backup_open(&in_, fd, &b, key, NULL) == FJ_OK)
		HOLDS(fj_backup_get(&in_, &one, 1, NULL) != FJ_OK); /* 2^-128 */
}

static void archive(struct fj_slice in)
{
	uint8_t head[FJ_USTAR_BLOCK] = {0}, again[FJ_USTAR_BLOCK];
	struct fj_ustar e;
	bool end;

	memcpy(head, in.p, in.len < sizeof(head) ? in.len : sizeof(head));
	if (fj_ustar_read(head, &e, &end, NULL) != FJ_OK || end)
		return;
	HOLDS(fj_ustar_name_ok(e.name) && e.name[0] != '/' && strstr(e.name, "//") == NULL && e.size >= 0 && e.size <= FJ_USTAR_SIZE);
	HOLDS(fj_ustar_put(&e, again, NULL) == FJ_OK && memcmp(head, again, sizeof(head)) == 0);
}

static void papers(struct fj_slice in)
{
	uint8_t id[16], key[crypto_box_PUBLICKEYBYTES], sealed[FJ_BACKUP_SEALED];
	char name[FJ_BACKUP_NAME * 4 + 1];
	bool request = fj_backup_request_read(in, id, key, NULL) == FJ_OK, share = fj_backup_share_read(in, id, name, sealed, NULL) == FJ_OK;

	HOLDS(!request || !share);
}

/* the first octets of the input: where a stream of ours is changed, and by what */
static void stream(struct fj_slice in)
{
	static const uint8_t key[FJ_BACKUP_KEY] = {1};
	struct fj_backup b = {.base = "https://v.example.cn", .need = 1, .n = 1, .officer = {{.name = "a", .key = {9}}}};
	FJ_AUTO(fd) fd = memfd_create("stream", MFD_CLOEXEC);
	struct fj_backup again;
	struct fj_hash sha;
	uint8_t octet;

	if (in.len < 5)
		return;
	HOLDS(fj_vkey_make("v.example.cn/log", FJ_NOTE_ED25519, key, &b.log, NULL) == FJ_OK);
	fj_backup_key_check(b.id, key, &b.check);
	HOLDS(fj_backup_begin(&out, fd, &b, key, NULL) == FJ_OK && fj_backup_put(&out, clear, sizeof(clear), NULL) == FJ_OK && fj_backup_end(&out, &sha, NULL) == FJ_OK);
	off_t size = lseek(fd, 0, SEEK_CUR), at = (off_t)((in.p[0] << 16 | in.p[1] << 8 | in.p[2]) % size);
	HOLDS(pread(fd, &octet, 1, at) == 1);
	octet ^= in.p[3];
	HOLDS(pwrite(fd, &octet, 1, at) == 1);
	bool same = in.p[3] == 0, cut = (in.p[4] & 3) == 1, longer = (in.p[4] & 3) == 2;
	if (cut)
		HOLDS(ftruncate(fd, at) == 0);
	if (longer)
		HOLDS(pwrite(fd, "x", 1, size) == 1);
	HOLDS(lseek(fd, 0, SEEK_SET) == 0);
	bool good = fj_backup_read(fd, &again, NULL) == FJ_OK && fj_backup_open(&in_, fd, &again, key, NULL) == FJ_OK && fj_backup_get(&in_, back, sizeof(back), NULL) == FJ_OK;
	HOLDS(!good || memcmp(back, clear, sizeof(clear)) == 0);
	good = good && fj_backup_done(&in_, NULL) == FJ_OK;
	HOLDS(good == (same && !cut && !longer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice in = FJ_SLICE(data, size);

	fj_sodium_init();
	header(in);
	archive(in);
	papers(in);
	stream(in);
	return 0;
}
