/*
 * err.c - the table of result codes, and filling in a reason.
 *
 * One row a code: its stable name in JSON, the HTTP status, the exit code.  The
 * caller's struct is written whole, so a reason never carries a part of an older
 * one.  Text from outside may be in it: it is cut at a UTF-8 boundary, and
 * control characters become '?', so that it is safe in a log and on a terminal.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

static const struct {
	const char *name;
	short http, exit;
} table[FJ_RC_COUNT] = {
	[FJ_OK] = {"ok", 200, 0},
	[FJ_E_USAGE] = {"wrong-use", 400, 2},
	[FJ_E_PARSE] = {"malformed", 400, 1},
	[FJ_E_INVALID] = {"invalid", 422, 1},
	[FJ_E_LIMIT] = {"too-large", 413, 1},
	[FJ_E_UNSUPPORTED] = {"unsupported", 422, 1},
	[FJ_E_REFUSED] = {"refused", 409, 1},
	[FJ_E_STATE] = {"wrong-state", 409, 1},
	[FJ_E_EXISTS] = {"exists", 409, 1},
	[FJ_E_NOTFOUND] = {"not-found", 404, 1},
	[FJ_E_AUTH] = {"not-signed-in", 401, 1},
	[FJ_E_FORBIDDEN] = {"forbidden", 403, 1},
	[FJ_E_SIGNATURE] = {"bad-signature", 422, 1},
	[FJ_E_POLICY] = {"signer-policy", 403, 1},
	[FJ_E_CLOCK] = {"clock", 503, 3},
	[FJ_E_BUSY] = {"busy", 503, 3},
	[FJ_E_UNAVAILABLE] = {"unavailable", 503, 3},
	[FJ_E_TIMEOUT] = {"timeout", 504, 3},
	[FJ_E_NOSPACE] = {"disk-full", 507, 3},
	[FJ_E_IO] = {"io", 500, 3},
	[FJ_E_DB] = {"database", 500, 3},
	[FJ_E_TPM] = {"tpm", 500, 3},
	[FJ_E_CRYPTO] = {"crypto", 500, 3},
	[FJ_E_CORRUPT] = {"corrupt", 500, 3},
	[FJ_E_PROTO] = {"protocol", 500, 3},
	[FJ_E_NOMEM] = {"out-of-memory", 500, 3},
	[FJ_E_INTERNAL] = {"internal", 500, 3},
};

/* End s where the character that was cut began, and make it one line. */
static void tidy(char *s, size_t cap)
{
	size_t n = strnlen(s, cap);

	if (n == cap - 1) {
		size_t i = n;
		while (i > 0 && ((unsigned char)s[i - 1] & 0xc0) == 0x80)
			i--;
		if (i > 0 && (unsigned char)s[i - 1] >= 0xc0) {
			unsigned char lead = (unsigned char)s[i - 1];
			size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
			if (n - (i - 1) < want)
				s[i - 1] = '\0';
		}
	}
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static void put(char *out, size_t cap, const char *s)
{
	int n = snprintf(out, cap, "%s", s != NULL ? s : "");

	(void)n; /* cut on purpose; tidy ends it at a character */
	tidy(out, cap);
}

static void fill(struct fj_err *err, enum fj_rc rc, const char *layer, const char *cite)
{
	memset(err, 0, sizeof(*err));
	err->rc = rc;
	put(err->layer, sizeof(err->layer), layer);
	put(err->cite, sizeof(err->cite), cite);
}

enum fj_rc fj_fail(struct fj_err *err, enum fj_rc rc, const char *layer, const char *cite, const char *fmt, ...)
{
	va_list ap;
	char text[sizeof(err->en)];

	if (err == NULL)
		return rc;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap); /* first: an argument may point into *err */
	va_end(ap);
	fill(err, rc, layer, cite);
	put(err->en, sizeof(err->en), text);
	return rc;
}

enum fj_rc fj_fail_code(struct fj_err *err, enum fj_rc rc, const char *layer, long code, const char *fmt, ...)
{
	va_list ap;
	char text[sizeof(err->en)];

	if (err == NULL)
		return rc;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fill(err, rc, layer, NULL);
	put(err->en, sizeof(err->en), text);
	err->code = code;
	return rc;
}

static enum fj_rc rc_of_errno(int e)
{
	switch (e) {
	case ENOSPC:
	case EDQUOT:
		return FJ_E_NOSPACE;
	case ENOMEM:
		return FJ_E_NOMEM;
	case ENOENT:
		return FJ_E_NOTFOUND;
	default:
		return FJ_E_IO;
	}
}

/* what helps, by what the operating system said; the others' callers say it themselves */
static const struct {
	int code;
	const char *en, *zh;
} remedies[] = {
	{ENOSPC, "; make room on the disk, then try again", "磁盘空间不足；请清理磁盘后重试"},
	{EDQUOT, "; make room on the disk, then try again", "磁盘配额已满；请清理磁盘后重试"},
	{EIO, "; the disk failed: read the system's log (journalctl -k), then try again", "磁盘读写出错；请查看系统日志（journalctl -k）后重试"},
	{EROFS, "; the file system is read-only: read the system's log (journalctl -k), make it writable, then try again",
	    "文件系统为只读；请查看系统日志（journalctl -k），恢复可写后重试"},
	{EMFILE, "; try again in a moment", "打开的文件过多；请稍后重试"},
	{ENFILE, "; try again in a moment", "系统打开的文件过多；请稍后重试"},
	{ENOMEM, "; free some of the machine's memory, then try again", "内存不足；请释放内存后重试"},
};

enum fj_rc fj_fail_errno(struct fj_err *err, const char *layer, const char *fmt, ...)
{
	int e = errno;
	va_list ap;
	char text[sizeof(err->en)], why[96];
	const char *en = "", *zh = "";

	if (err == NULL)
		return rc_of_errno(e);
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (remedies[i].code == e)
			en = remedies[i].en, zh = remedies[i].zh;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fill(err, rc_of_errno(e), layer, NULL);
	if (n > 0 && (size_t)n < sizeof(text))
		snprintf(text + n, sizeof(text) - (size_t)n, ": %s%s", strerror_r(e, why, sizeof(why)), en);
	put(err->en, sizeof(err->en), text);
	put(err->zh, sizeof(err->zh), zh);
	err->code = e;
	return err->rc;
}

void fj_err_zh(struct fj_err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(err->zh, sizeof(err->zh), fmt, ap);
	va_end(ap);
	tidy(err->zh, sizeof(err->zh));
}

enum fj_rc fj_err_at(struct fj_err *err, enum fj_rc rc, const char *field)
{
	if (err != NULL && rc != FJ_OK)
		put(err->field, sizeof(err->field), strlen(field) < sizeof(err->field) ? field : "");
	return rc;
}

static int known(enum fj_rc rc)
{
	return (int)rc >= 0 && rc < FJ_RC_COUNT;
}

const char *fj_rc_name(enum fj_rc rc)
{
	return known(rc) ? table[rc].name : "internal";
}

int fj_rc_http(enum fj_rc rc)
{
	return known(rc) ? table[rc].http : 500;
}

int fj_rc_exit(enum fj_rc rc)
{
	return known(rc) ? table[rc].exit : 3;
}

enum fj_rc fj_refuse(struct fj_err *err, enum fj_rc rc, const char *layer, const char *cite, const char *en, const char *zh)
{
	fj_fail(err, rc, layer, cite, "%s", en);
	fj_err_zh(err, "%s", zh);
	return rc;
}

enum fj_rc fj_no_memory(struct fj_err *err, const char *layer)
{
	return fj_refuse(err, FJ_E_NOMEM, layer, NULL, "out of memory", "内存不足");
}
