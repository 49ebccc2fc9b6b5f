/*
 * sealed.c - files that came back from the seal platform, read in a process that is thrown
 * away afterwards (base/room.h): it has the two files and a pipe, and may compute.
 *
 * It answers with a code and two sentences, which are checked here like any outside data.
 */
#include "issuer/paper/sealed.h"

#include <openssl/evp.h>

#include "base/file.h"
#include "base/room.h"
#include "issuer/paper/paper.h"

#define SILENCE_MS 60000
#define SEAL_MAX 70000 /* 1/1000 mm: seals are round ones of 38 to 60 mm, or small rectangles */
#define SEALS_A_PAGE 4
#define MAX_ASKED (PPR_MAX_SEALED + REP_MAX_FILE + 8)

enum fj_rc sealed_bad(struct fj_err *err, enum fj_rc rc, const char *what, const char *en, const char *zh)
{
	if (what == NULL)
		return fj_refuse(err, rc, "issuer", "GB/T 33190; ISO 32000-1", en, zh);
	fj_fail(err, rc, "issuer", "GB/T 33190; ISO 32000-1", "%s: %.80s", en, what);
	fj_err_zh(err, "%s：%.80s", zh, what);
	return rc;
}

enum fj_rc sealed_place(int64_t wide, int64_t high, unsigned nth, struct fj_err *err)
{
	if (wide < 0 || wide > SEAL_MAX || high < 0 || high > SEAL_MAX)
		return sealed_bad(err, FJ_E_INVALID, NULL, "what it puts on the page is larger than a seal (70 mm), and may hide what stands there", "在页面上添加的内容大于印章（70 毫米），可能遮盖页面内容");
	return nth <= SEALS_A_PAGE ? FJ_OK : sealed_bad(err, FJ_E_INVALID, NULL, "it puts more than four seals or signatures on a page, and may hide what stands there", "一页上的印章、签名超过四个，可能遮盖页面内容");
}

/* --- in the reader's process --- */

static void answer(int out, enum fj_rc rc, const struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);

	if (fj_put_u32(&b, (uint32_t)rc) == FJ_OK && fj_put_str(&b, rc == FJ_OK ? "" : err->en) == FJ_OK && fj_put_str(&b, rc == FJ_OK ? "" : err->zh) == FJ_OK)
		(void)!fj_write_all(out, b.data, b.len, NULL);
}

static void read_two(int in, int out)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_WORKER};
	static const struct fj_room_bounds bounds = {.memory = 1024u << 20, .cpu_s = 20, .wall_s = 60};
	struct fj_err err = {0};
	struct fj_slice all, own;
	struct fj_rd r;
	bool landlock;

	if (!fj_room_limit(&bounds) || !fj_room_map(in, MAX_ASKED, &all) || fj_sandbox_enter(&box, &landlock, &err) != FJ_OK)
		return;
	fj_rd_init(&r, all);
	if (fj_get_bytes(&r, REP_MAX_FILE, &own) != FJ_OK)
		return;
	struct fj_slice sealed = FJ_SLICE(own.p + own.len, all.len - 4 - own.len);
	bool pdf = own.len > 4 && memcmp(own.p, "%PDF", 4) == 0;
	enum fj_rc rc = pdf ? sealed_pdf(own, sealed, &err) : sealed_ofd(own, sealed, &err);
	answer(out, rc, &err);
}

static const struct fj_sandbox forker = {.role = FJ_SANDBOX_FORKER};
static struct fj_room room = FJ_ROOM("fujie-seals", "the reader of sealed files", &forker, read_two, 2);

/* --- the register's side --- */

enum fj_rc ppr_sealed_prepare(struct fj_err *err)
{
	uint8_t sum[EVP_MAX_MD_SIZE];

	/* what libcrypto loads late it loads now: the reader opens no file */
	if (EVP_Digest("", 0, sum, NULL, EVP_sm3(), NULL) != 1 || EVP_Digest("", 0, sum, NULL, EVP_sha256(), NULL) != 1)
		return fj_fail(err, FJ_E_CRYPTO, "issuer", NULL, "this libcrypto has no SM3 or SHA-256");
	return fj_room_start(&room, err);
}

static enum fj_rc unread(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_PARSE, "issuer", NULL, "the sealed file could not be read: it is damaged, or takes more memory or time than is allowed", "盖章文件无法读取：文件已损坏，或占用的内存、时间超出限制");
}

static enum fj_rc told(const struct fj_buf *got, struct fj_err *err)
{
	char en[sizeof(err->en)], zh[sizeof(err->zh)];
	struct fj_rd r;
	uint32_t rc;

	fj_rd_init(&r, fj_buf_slice(got));
	if (fj_get_u32(&r, &rc) != FJ_OK || fj_get_str(&r, en, sizeof(en)) != FJ_OK || fj_get_str(&r, zh, sizeof(zh)) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return unread(err);
	if (rc == FJ_OK)
		return FJ_OK;
	if (rc != FJ_E_INVALID && rc != FJ_E_LIMIT && rc != FJ_E_PARSE)
		return unread(err);
	fj_fail(err, (enum fj_rc)rc, "issuer", "GB/T 33190; ISO 32000-1", "%s", en);
	fj_err_zh(err, "%s", zh);
	return (enum fj_rc)rc;
}

enum fj_rc ppr_sealed_check(struct fj_slice own, struct fj_slice sealed, struct fj_err *err)
{
	FJ_AUTO(buf) asked = FJ_BUF_INIT(MAX_ASKED);
	FJ_AUTO(buf) got = FJ_BUF_INIT(3 * 65536); /* a reading asks for 64 KiB of room */
	FJ_AUTO(fd) from = -1;

	if (fj_put_bytes(&asked, own) != FJ_OK || fj_buf_put(&asked, sealed.p, sealed.len) != FJ_OK)
		return fj_no_memory(err, "issuer");
	FJ_TRY(fj_room_ask(&room, fj_buf_slice(&asked), &from, err));
	for (bool more = true; more;)
		if (fj_room_read(from, SILENCE_MS, &got, &more, NULL) != FJ_OK)
			return unread(err);
	return told(&got, err);
}
