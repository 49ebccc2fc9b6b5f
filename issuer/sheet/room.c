/*
 * room.c - XLSX read in a process that is thrown away afterwards (base/room.h).
 *
 * A reader has the file and a pipe; it may compute, read and write those, within
 * limits on memory, processor and wall time.  It sends frames: rows, broken rows,
 * then the end or why not.  Whoever receives them checks them like any outside
 * data.  A reader that ends without a last frame is a file that could not be read.
 */
#include "issuer/sheet/room.h"

#include "base/file.h"
#include "base/room.h"
#include "issuer/sheet/xlsx.h"
#include "issuer/sheet/xmltab.h"

#define SILENCE_MS 180000
#define MAX_FRAME (2u << 20)
#define FLUSH 65536

enum { FRAME_ROW = 1, FRAME_BROKEN, FRAME_END, FRAME_FAILED };

/* --- the reader's side --- */

struct sender {
	int fd;
	struct fj_buf out;
};

static enum fj_rc flush(struct sender *s)
{
	enum fj_rc rc = fj_write_all(s->fd, s->out.data, s->out.len, NULL);

	fj_buf_clear(&s->out);
	return rc;
}

/* the length of a frame is put in front when its body is complete */
static enum fj_rc end_frame(struct sender *s, size_t begin)
{
	size_t n = s->out.len - begin - 4;

	for (int i = 0; i < 4; i++)
		s->out.data[begin + (size_t)i] = (uint8_t)(n >> (24 - 8 * i));
	return s->out.len >= FLUSH ? flush(s) : FJ_OK;
}

static enum fj_rc send_why(struct sender *s, uint8_t kind, const struct sheet_row *row, const struct fj_err *why, enum fj_rc rc)
{
	size_t begin = s->out.len;

	FJ_TRY(fj_put_u32(&s->out, 0));
	FJ_TRY(fj_put_u8(&s->out, kind));
	FJ_TRY(fj_put_u32(&s->out, row == NULL ? (uint32_t)rc : (uint32_t)row->line));
	FJ_TRY(fj_put_u32(&s->out, row == NULL ? 0 : (uint32_t)row->column));
	FJ_TRY(fj_put_str(&s->out, why->en));
	FJ_TRY(fj_put_str(&s->out, why->zh));
	return end_frame(s, begin);
}

static enum fj_rc send_row(void *arg, const struct sheet_row *row, const struct fj_err *why)
{
	struct sender *s = arg;
	size_t begin = s->out.len;

	if (why != NULL)
		return send_why(s, FRAME_BROKEN, row, why, FJ_OK);
	FJ_TRY(fj_put_u32(&s->out, 0));
	FJ_TRY(fj_put_u8(&s->out, FRAME_ROW));
	FJ_TRY(fj_put_u32(&s->out, (uint32_t)row->line));
	FJ_TRY(fj_put_u32(&s->out, (uint32_t)row->n));
	for (size_t i = 0; i < row->n; i++)
		FJ_TRY(fj_put_bytes(&s->out, FJ_SLICE(row->cell[i], strlen(row->cell[i]) + 1)));
	return end_frame(s, begin);
}

static void read_file(int file, int to)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_WORKER};
	static const struct fj_room_bounds bounds = {.memory = 640u << 20, .cpu_s = 120, .wall_s = 1800};
	struct sender s = {.fd = to, .out = FJ_BUF_INIT(MAX_FRAME + 2 * FLUSH)};
	struct fj_err err = {0};
	struct fj_slice in;
	bool landlock;

	if (!fj_room_limit(&bounds) || !fj_room_map(file, SHEET_MAX_FILE, &in) || fj_sandbox_enter(&box, &landlock, &err) != FJ_OK)
		return;
	enum fj_rc rc = xmltab_is(in) ? xmltab_read(in, send_row, &s, &err) : xlsx_read(in, send_row, &s, &err);
	if (send_why(&s, rc == FJ_OK ? FRAME_END : FRAME_FAILED, NULL, &err, rc) == FJ_OK)
		(void)!flush(&s);
}

static const struct fj_sandbox forker = {.role = FJ_SANDBOX_FORKER};
static struct fj_room room = FJ_ROOM("fujie-sheets", "the XLSX reader", &forker, read_file, ROOM_READERS);

enum fj_rc room_start(struct fj_err *err)
{
	return fj_room_start(&room, err);
}

/* --- the register's side --- */

struct room_reader {
	int fd;
	const char *standard; /* that a file is refused by */
	size_t line;        /* of the last row: they only rise */
	struct fj_buf in;   /* what came and is not yet read */
	size_t at;
	struct fj_buf row;  /* cells of the row handed out */
};

static enum fj_rc cut_short(struct fj_err *err)
{
	fj_fail(err, FJ_E_PARSE, "sheet", NULL, "the file could not be read: it is damaged, or takes more memory or time than is allowed; save it as CSV");
	fj_err_zh(err, "文件无法读取：文件已损坏，或占用的内存、时间超出限制；请另存为 CSV");
	return FJ_E_PARSE;
}

enum fj_rc room_open(struct fj_slice file, struct room_reader **out, struct fj_err *err)
{
	FJ_AUTO(fd) from = -1;

	FJ_TRY(fj_room_ask(&room, file, &from, err));
	struct room_reader *r = fj_alloc(1, sizeof(*r));
	if (r == NULL)
		return fj_no_memory(err, "sheet");
	r->fd = from;
	r->standard = xmltab_is(file) ? "XML 1.0" : "ISO/IEC 29500";
	from = -1;
	fj_buf_init(&r->in, MAX_FRAME + 2 * FLUSH);
	fj_buf_init(&r->row, MAX_FRAME);
	*out = r;
	return FJ_OK;
}

void room_close(struct room_reader *r)
{
	if (r == NULL)
		return;
	fj_fd_close(&r->fd);
	fj_buf_release(&r->in);
	fj_buf_release(&r->row);
	fj_free(r);
}

/* at least n octets that are not yet read */
static enum fj_rc fill(struct room_reader *r, size_t n, struct fj_err *err)
{
	if (r->in.len - r->at >= n)
		return FJ_OK;
	memmove(r->in.data, r->in.data + r->at, r->in.len - r->at);
	r->in.len -= r->at;
	r->at = 0;
	for (bool more = true; r->in.len < n;)
		if (fj_room_read(r->fd, SILENCE_MS, &r->in, &more, NULL) != FJ_OK || !more)
			return cut_short(err);
	return FJ_OK;
}

static enum fj_rc frame(struct room_reader *r, struct fj_rd *body, struct fj_err *err)
{
	struct fj_rd head;
	uint32_t n = 0;

	if (r->in.data == NULL && fj_buf_put(&r->in, "", 0) != FJ_OK)
		return fj_no_memory(err, "sheet");
	FJ_TRY(fill(r, 4, err));
	fj_rd_init(&head, FJ_SLICE(r->in.data + r->at, 4));
	if (fj_get_u32(&head, &n) != FJ_OK || n > MAX_FRAME)
		return cut_short(err);
	FJ_TRY(fill(r, 4 + (size_t)n, err));
	fj_rd_init(body, FJ_SLICE(r->in.data + r->at + 4, n));
	r->at += 4 + (size_t)n;
	return FJ_OK;
}

static enum fj_rc take_cells(struct room_reader *r, struct fj_rd *body, struct sheet_row *row)
{
	size_t at[SHEET_MAX_COLUMNS];
	struct fj_slice s;
	uint32_t n;

	fj_buf_clear(&r->row);
	FJ_TRY(fj_get_u32(body, &n));
	if (n < 1 || n > SHEET_MAX_COLUMNS)
		return FJ_E_PARSE;
	for (uint32_t i = 0; i < n; i++) {
		FJ_TRY(fj_get_bytes(body, SHEET_MAX_CELL + 1, &s));
		if (s.len < 1 || s.p[s.len - 1] != 0 || !fj_utf8_valid(FJ_SLICE(s.p, s.len - 1)))
			return FJ_E_PARSE;
		at[i] = r->row.len;
		FJ_TRY(fj_buf_put(&r->row, s.p, s.len));
	}
	for (uint32_t i = 0; i < n; i++)
		row->cell[i] = (const char *)r->row.data + at[i];
	row->n = n;
	return fj_rd_end(body);
}

/* a sentence of the reader's: valid text, and told as what it is */
static enum fj_rc take_why(const struct room_reader *r, struct fj_rd *body, enum fj_rc rc, struct fj_err *err)
{
	char en[sizeof(err->en)], zh[sizeof(err->zh)];

	if (fj_get_str(body, en, sizeof(en)) != FJ_OK || fj_get_str(body, zh, sizeof(zh)) != FJ_OK || fj_rd_end(body) != FJ_OK)
		return cut_short(err);
	fj_fail(err, rc, "sheet", r->standard, "%s", en);
	fj_err_zh(err, "%s", zh);
	return rc;
}

static enum fj_rc take_frame(struct room_reader *r, uint8_t kind, struct fj_rd *body, struct sheet_row *row, struct fj_err *err)
{
	uint32_t line = 0, column = 0;

	if (fj_get_u32(body, &line) != FJ_OK || ((kind == FRAME_ROW || kind == FRAME_BROKEN) && line <= r->line))
		return cut_short(err);
	row->line = r->line = line;
	if (kind == FRAME_ROW)
		return take_cells(r, body, row) == FJ_OK ? FJ_OK : cut_short(err);
	if (fj_get_u32(body, &column) != FJ_OK || (kind != FRAME_BROKEN && kind != FRAME_FAILED))
		return cut_short(err);
	row->column = column;
	return take_why(r, body, kind == FRAME_BROKEN ? FJ_E_INVALID : line == FJ_E_LIMIT ? FJ_E_LIMIT : FJ_E_PARSE, err);
}

enum fj_rc room_next(struct room_reader *r, struct sheet_row *row, bool *more, struct fj_err *err)
{
	struct fj_rd body;
	uint8_t kind = 0;

	FJ_TRY(frame(r, &body, err));
	if (fj_get_u8(&body, &kind) != FJ_OK)
		return cut_short(err);
	*more = kind != FRAME_END;
	return *more ? take_frame(r, kind, &body, row, err) : FJ_OK;
}
