/*
 * pdf.c - pages are drawn in a process that is thrown away afterwards (base/room.h).
 *
 * Shaping text and reading fonts is a million lines of other people's code, and what
 * it is given are texts that anybody may have typed.  So the drawing process has the
 * document and a pipe, may read below the folders of fonts and nothing else, opens no
 * socket, starts no program, and is bounded in memory and time.  It sends the file's
 * octets and then a last one that says whether the file is whole.
 */
#include "base/file.h"
#include "base/room.h"
#include "issuer/report/parts.h"

#define SILENCE_MS 60000
#define WHOLE 'W'
#define PART 65536
/* the first octet of what is asked; the document follows */
#define AS_PDF 'P'
#define AS_OFD 'O'

static const struct fj_sandbox printer = {.role = FJ_SANDBOX_PRINTER, .ro = {"/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/fontconfig", "/etc/fonts",
	"/var/cache/fontconfig", "/usr/share/zoneinfo", "/etc/localtime", "/proc/self", "/sys/devices/system/cpu", NULL}};

/* --- in the drawing process --- */

struct pipe_out {
	int fd;
	struct fj_buf held;
};

static bool flush(struct pipe_out *o)
{
	enum fj_rc rc = fj_write_all(o->fd, o->held.data, o->held.len, NULL);

	fj_buf_clear(&o->held);
	return rc == FJ_OK;
}

static bool put(void *arg, const void *p, size_t n)
{
	struct pipe_out *o = arg;

	if (o->held.len + n > PART && o->held.len > 0 && !flush(o))
		return false;
	return n > PART ? fj_write_all(o->fd, p, n, NULL) == FJ_OK : fj_buf_put(&o->held, p, n) == FJ_OK;
}

static void draw(int in, int out)
{
	static const struct fj_room_bounds bounds = {.memory = 1024u << 20, .cpu_s = 60, .wall_s = 120};
	static const char whole = WHOLE;
	struct fj_sandbox own = printer;
	struct pipe_out o = {.fd = out, .held = FJ_BUF_INIT(2 * PART)};
	FJ_AUTO(json) model = NULL;
	struct fj_slice text;
	struct fj_err err;
	bool landlock;

	own.role = FJ_SANDBOX_VERIFIER; /* no fork from here on; sockets the room has given up already */
	if (!fj_room_limit(&bounds) || !fj_room_map(in, REP_MAX_MODEL + 1, &text) || fj_sandbox_enter(&own, &landlock, &err) != FJ_OK ||
	    fj_json_parse(FJ_SLICE(text.p + 1, text.len - 1), REP_MAX_MODEL, &model, &err) != FJ_OK || rep_check(model, &err) != FJ_OK)
		return;
	if (rep_pages(model, text.p[0] == AS_OFD, put, &o) && put(&o, &whole, 1))
		(void)flush(&o);
}

static struct fj_room room = FJ_ROOM("fujie-pages", "the process that draws pages", &printer, draw, 2);

/* --- the register's side --- */

enum fj_rc rep_prepare(struct fj_err *err)
{
	return fj_room_start(&room, err);
}

static enum fj_rc not_drawn(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_UNAVAILABLE, "report", NULL, "the pages could not be drawn: no Chinese font is installed (fonts-noto-cjk), or they take more memory or time than is allowed; ask for docx or html",
	    "无法生成 PDF：未安装中文字体（fonts-noto-cjk），或占用的内存、时间超出限制；请改用 docx 或 html 格式");
}

enum fj_rc rep_drawn(const json_t *model, bool ofd, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(REP_MAX_MODEL);
	FJ_AUTO(buf) asked = FJ_BUF_INIT(REP_MAX_MODEL + 1);
	FJ_AUTO(fd) from = -1;

	FJ_TRY(fj_json_canonical(model, &text, err));
	if (fj_put_u8(&asked, ofd ? AS_OFD : AS_PDF) != FJ_OK || fj_buf_put(&asked, text.data, text.len) != FJ_OK)
		return fj_no_memory(err, "report");
	FJ_TRY(fj_room_ask(&room, fj_buf_slice(&asked), &from, err));
	for (bool more = true; more;)
		if (fj_room_read(from, SILENCE_MS, out, &more, NULL) != FJ_OK)
			return not_drawn(err);
	if (out->len < 8 || out->data[out->len - 1] != WHOLE)
		return not_drawn(err);
	out->len--;
	return FJ_OK;
}

enum fj_rc rep_pdf(const json_t *model, struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(buf) got = FJ_BUF_INIT(REP_MAX_FILE + 2 * PART);

	FJ_TRY(rep_drawn(model, false, &got, err));
	if (memcmp(got.data, "%PDF-1.", 7) != 0)
		return not_drawn(err);
	return fj_buf_put(file, got.data, got.len) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, "report", NULL, "the file is larger than %zu octets", file->max);
}
