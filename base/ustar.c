/*
 * ustar.c - headers of a ustar archive, written in one form and read in that form alone.
 *
 * What is read is written again and compared octet for octet, so that a reader is no more than a few numbers and names:
 * whatever else a tar may say (owners, devices, extended headers, another way to say the same) is no archive of ours.
 */
#include "base/ustar.h"

#define NUMBER 12 /* octets of size and time */

static enum fj_rc bad(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "base", "POSIX ustar", en, zh);
}

bool fj_ustar_name_ok(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > FJ_USTAR_NAME || !fj_utf8_valid(fj_slice_str(name)))
		return false;
	for (const char *part = name;; part++) {
		size_t len = strcspn(part, "/");
		if (len == 0 || (part[0] == '.' && (len == 1 || (len == 2 && part[1] == '.'))))
			return false;
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)part[i] < 0x20 || part[i] == 0x7f)
				return false;
		part += len;
		if (*part == '\0')
			return true;
	}
}

/* where the name is divided: octets before the slash, 0: not at all */
static bool divided(const char *name, size_t *prefix)
{
	size_t n = strlen(name);

	*prefix = 0;
	if (n <= 100)
		return true;
	for (size_t at = n - 101; at <= 155 && at < n; at++)
		if (name[at] == '/') {
			*prefix = at;
			return at > 0 && n - at - 1 <= 100 && n - at - 1 > 0;
		}
	return false;
}

static void put_number(uint8_t *to, int64_t v)
{
	if (v < INT64_C(077777777777) + 1) {
		snprintf((char *)to, NUMBER, "%011llo", (unsigned long long)v);
		return;
	}
	memset(to, 0, NUMBER);
	to[0] = 0x80;
	for (int i = NUMBER - 1; v > 0; i--, v >>= 8)
		to[i] = (uint8_t)v;
}

static int64_t number_of(const uint8_t *from)
{
	int64_t v = 0;

	if (from[0] == 0x80) {
		for (int i = 4; i < NUMBER; i++)
			v = v << 8 | from[i];
		return from[4] < 0x80 ? v : -1;
	}
	for (int i = 0; i < NUMBER - 1; i++)
		v = v << 3 | (from[i] & 7);
	return v;
}

static void seal(uint8_t head[FJ_USTAR_BLOCK])
{
	unsigned sum = 0;
	char number[8];

	memset(head + 148, ' ', 8);
	for (size_t i = 0; i < FJ_USTAR_BLOCK; i++)
		sum += head[i];
	snprintf(number, sizeof(number), "%06o", sum & 0777777);
	memcpy(head + 148, number, 7);
}

enum fj_rc fj_ustar_put(const struct fj_ustar *e, uint8_t head[FJ_USTAR_BLOCK], struct fj_err *err)
{
	size_t prefix;
	bool link = e->type == FJ_USTAR_LINK;

	if (!fj_ustar_name_ok(e->name) || (link && !fj_ustar_name_ok(e->link)) || e->mode > 0777 || e->size < 0 || e->size > FJ_USTAR_SIZE || (e->type != FJ_USTAR_FILE && e->size != 0) ||
	    e->at < 0 || e->at > INT64_C(077777777777))
		return bad(err, FJ_E_INVALID, "a file's name, size or time is none that an archive can have; look for names with control characters, or that are not UTF-8", "文件名、大小或时间不能写入归档；请检查含控制字符或非 UTF-8 的文件名");
	if (!divided(e->name, &prefix) || (link && strlen(e->link) > 100))
		return bad(err, FJ_E_LIMIT, "a file's name is too long for an archive: 100 octets, or 155 before a slash and 100 behind it", "文件名过长，不能写入归档：至多 100 个八位组，或者斜杠前 155 个、后 100 个");
	memset(head, 0, FJ_USTAR_BLOCK);
	const char *name = e->name + (prefix > 0 ? prefix + 1 : 0);
	for (size_t k = 0; name[k] != '\0'; k++) /* 100 octets have no end */
		head[k] = (uint8_t)name[k];
	snprintf((char *)head + 100, 8, "%07o", e->mode);
	memcpy(head + 108, "0000000", 8);
	memcpy(head + 116, "0000000", 8);
	put_number(head + 124, e->size);
	put_number(head + 136, e->at);
	head[156] = (uint8_t)e->type;
	if (link)
		memcpy(head + 157, e->link, strlen(e->link));
	memcpy(head + 257, "ustar", 6);
	head[263] = head[264] = '0';
	memcpy(head + 345, e->name, prefix);
	seal(head);
	return FJ_OK;
}

static bool zeros(const uint8_t *p)
{
	for (size_t i = 0; i < FJ_USTAR_BLOCK; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* what the fields say, whatever they are */
static void take(const uint8_t head[FJ_USTAR_BLOCK], struct fj_ustar *e)
{
	char name[101] = {0}, prefix[156] = {0};

	memcpy(name, head, 100);
	memcpy(prefix, head + 345, 155);
	memset(e, 0, sizeof(*e));
	snprintf(e->name, sizeof(e->name), "%s%s%s", prefix, prefix[0] != '\0' ? "/" : "", name);
	memcpy(e->link, head + 157, 100);
	for (int i = 100; i < 107; i++)
		e->mode = e->mode << 3 | (head[i] & 7);
	e->size = number_of(head + 124);
	e->at = number_of(head + 136);
	e->type = (enum fj_ustar_type)head[156];
}

enum fj_rc fj_ustar_read(const uint8_t head[FJ_USTAR_BLOCK], struct fj_ustar *out, bool *end, struct fj_err *err)
{
	uint8_t again[FJ_USTAR_BLOCK];

	*end = zeros(head);
	if (*end)
		return FJ_OK;
	take(head, out);
	bool known = out->type == FJ_USTAR_FILE || out->type == FJ_USTAR_LINK || out->type == FJ_USTAR_FOLDER;
	return known && fj_ustar_put(out, again, NULL) == FJ_OK && memcmp(head, again, sizeof(again)) == 0 ? FJ_OK
	    : bad(err, FJ_E_PARSE, "what stands between two files is no header of an archive of ours", "两个文件之间不是本系统归档的文件头");
}

size_t fj_ustar_rest(int64_t size)
{
	return (size_t)(-size & (FJ_USTAR_BLOCK - 1));
}
