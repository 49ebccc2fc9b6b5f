/*
 * picture.c - asking the picture reader, and what a QR code's text may be.
 *
 * What comes back is checked like any outside data: the reader may be conquered by the
 * picture that it read.
 */
#include "web/portal/picture.h"

#include "base/file.h"
#include "web/portal/picture_room.h"

#define SILENCE_MS 25000

bool picture_is(struct fj_slice file)
{
	return (file.len > 8 && memcmp(file.p, "\x89PNG\r\n\x1a\n", 8) == 0) || (file.len > 3 && memcmp(file.p, "\xff\xd8\xff", 3) == 0);
}

void picture_codes_release(struct picture_codes *c)
{
	for (size_t i = 0; i < c->n; i++)
		fj_free(c->text[i]);
	c->n = 0;
}

static enum fj_rc too_large(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_LIMIT, "portal", NULL, "the picture is larger than is looked at (8 MiB, 12,000 pixels a side, 40 million in all); take a smaller one, or cut out the QR code",
	    "图片超过上限（8 MiB、边长 12000 像素、总计 4000 万像素）；请缩小图片，或只截取二维码部分");
}

static enum fj_rc broken(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_PARSE, "portal", NULL, "the picture can't be read: it is damaged, no PNG or JPEG, or takes more memory or time than is allowed; take another picture",
	    "图片无法读取：图片已损坏、不是 PNG 或 JPEG 格式，或占用的内存、时间超出限制；请另拍一张");
}

static enum fj_rc no_code(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_NOTFOUND, "portal", NULL, "no QR code was found in the picture; take it straight on, whole and in focus, or type in the number beside the code",
	    "图片中未找到二维码；请正对二维码、完整清晰地拍摄，或直接输入二维码旁的编号");
}

static enum fj_rc take(struct fj_rd *rd, uint32_t n, struct picture_codes *out, struct fj_err *err)
{
	struct fj_slice s;

	for (uint32_t i = 0; i < n; i++) {
		if (out->n == PICTURE_MAX_CODES || fj_get_bytes(rd, PICTURE_MAX_TEXT, &s) != FJ_OK)
			return broken(err);
		if (!fj_utf8_valid(s) || memchr(s.p, 0, s.len) != NULL)
			continue; /* a code that is no text */
		out->text[out->n] = fj_strndup((const char *)s.p, s.len);
		if (out->text[out->n++] == NULL)
			return fj_no_memory(err, "portal");
	}
	return fj_rd_end(rd) == FJ_OK ? FJ_OK : broken(err);
}

enum fj_rc picture_read(struct fj_slice file, struct picture_codes *out, struct fj_err *err)
{
	FJ_AUTO(buf) frame = FJ_BUF_INIT(PICTURE_MAX_FRAME + 65536);
	FJ_AUTO(fd) from = -1;
	struct fj_rd rd;
	uint8_t status = 0;
	uint32_t n = 0;

	if (file.len > PICTURE_MAX)
		return too_large(err);
	FJ_TRY(fj_room_ask(&picture_room, file, &from, err));
	for (bool more = true; more;)
		if (fj_room_read(from, SILENCE_MS, &frame, &more, NULL) != FJ_OK)
			return broken(err);
	fj_rd_init(&rd, fj_buf_slice(&frame));
	if (fj_get_u8(&rd, &status) != FJ_OK || fj_get_u32(&rd, &n) != FJ_OK || status == PICTURE_BROKEN)
		return broken(err);
	if (status == PICTURE_LARGE)
		return too_large(err);
	FJ_TRY(take(&rd, n, out, err));
	return out->n > 0 ? FJ_OK : no_code(err);
}

/* --- an address as our papers carry it --- */

static size_t number_span(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return (strncmp(s, "DAC-", 4) == 0 || strncmp(s, "DAU-", 4) == 0) && n <= 40 ? n : 0;
}

bool picture_address(const char *text, char number[41], char h[65], char base[161])
{
	const char *host = strncmp(text, "https://", 8) == 0 ? text + 8 : strncmp(text, "http://", 7) == 0 ? text + 7 : NULL;
	const char *v = host == NULL ? NULL : strstr(host, "/v/");

	number[0] = h[0] = base[0] = '\0';
	if (v == NULL || v == host || v - text > 160 || strcspn(host, "?#\\@ \t\r\n") < (size_t)(v - host))
		return false;
	size_t n = number_span(v + 3);
	const char *rest = v + 3 + n;
	size_t digits = strncmp(rest, "?h=", 3) == 0 ? strspn(rest + 3, "0123456789abcdefABCDEF") : 0;
	if (n == 0 || digits > 64 || (digits == 0 ? rest[0] != '\0' : rest[3 + digits] != '\0'))
		return false;
	memcpy(base, text, (size_t)(v - text));
	base[v - text] = '\0';
	memcpy(number, v + 3, n);
	number[n] = '\0';
	memcpy(h, rest + 3, digits);
	h[digits] = '\0';
	return true;
}
