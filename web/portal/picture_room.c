/*
 * picture_room.c - the process that looks at a picture.
 *
 * Decoders of pictures are other people's code over octets that anybody may choose, so
 * they run where nothing is to be had: a file in memory, a pipe, no other descriptor,
 * no system call but what computing takes (base/room.h), bounds on memory and time.
 * Size and pixels are looked at before a pixel is decoded.  JPEGs are decoded smaller
 * where they are large: libjpeg does that as it goes.  An error inside a decoder ends
 * the process, which is how it says that it could not read the picture.
 *
 * Frame to who asked: status, number of texts, the texts.
 */
#include <iconv.h>
#include <stdio.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>
#include <zbar.h>

#include "base/file.h"
#include "base/room.h"
#include "web/portal/picture_room.h"

#define GOOD_SIDE 3000 /* pixels: more shows no code better */

struct grey {
	uint8_t *p;
	unsigned w, h;
};

/* --- decoders --- */

static enum picture_status check_size(unsigned w, unsigned h)
{
	if (w == 0 || h == 0)
		return PICTURE_BROKEN;
	return w <= PICTURE_MAX_SIDE && h <= PICTURE_MAX_SIDE && (size_t)w * h <= PICTURE_MAX_PIXELS ? PICTURE_OK : PICTURE_LARGE;
}

static enum picture_status read_png(struct fj_slice in, struct grey *g)
{
	static const png_color white = {255, 255, 255};
	png_image im = {.version = PNG_IMAGE_VERSION};

	if (!png_image_begin_read_from_memory(&im, in.p, in.len))
		return PICTURE_BROKEN;
	enum picture_status st = check_size(im.width, im.height);
	if (st == PICTURE_OK) {
		im.format = PNG_FORMAT_GRAY;
		g->w = im.width;
		g->h = im.height;
		g->p = fj_alloc(g->h, g->w);
		st = g->p != NULL && png_image_finish_read(&im, &white, g->p, 0, NULL) ? PICTURE_OK : PICTURE_BROKEN;
	}
	png_image_free(&im);
	return st;
}

static void end(j_common_ptr c)
{
	(void)c;
	_exit(1);
}

static void silent(j_common_ptr c, int level)
{
	(void)c;
	(void)level;
}

static enum picture_status read_jpeg(struct fj_slice in, struct grey *g)
{
	struct jpeg_error_mgr errors;
	struct jpeg_decompress_struct d = {.err = jpeg_std_error(&errors)};

	errors.error_exit = end;
	errors.emit_message = silent;
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, in.p, in.len);
	if (jpeg_read_header(&d, TRUE) != JPEG_HEADER_OK)
		return PICTURE_BROKEN;
	enum picture_status st = check_size(d.image_width, d.image_height);
	if (st != PICTURE_OK)
		return st;
	unsigned side = d.image_width > d.image_height ? d.image_width : d.image_height;
	d.out_color_space = JCS_GRAYSCALE;
	d.scale_num = 1;
	d.scale_denom = side > 4 * GOOD_SIDE ? 4 : side > GOOD_SIDE + GOOD_SIDE / 2 ? 2 : 1;
	jpeg_start_decompress(&d);
	g->w = d.output_width;
	g->h = d.output_height;
	g->p = fj_alloc(g->h, g->w);
	if (g->p == NULL || d.output_components != 1)
		return PICTURE_BROKEN;
	while (d.output_scanline < d.output_height) {
		JSAMPROW row = g->p + (size_t)d.output_scanline * g->w;
		if (jpeg_read_scanlines(&d, &row, 1) != 1)
			return PICTURE_BROKEN;
	}
	return PICTURE_OK; /* what follows is not asked for: the process ends */
}

/* --- codes --- */

static bool same_as_before(const zbar_symbol_t *first, const zbar_symbol_t *s)
{
	for (const zbar_symbol_t *o = first; o != s; o = zbar_symbol_next(o))
		if (zbar_symbol_get_data_length(o) == zbar_symbol_get_data_length(s) && memcmp(zbar_symbol_get_data(o), zbar_symbol_get_data(s), zbar_symbol_get_data_length(s)) == 0)
			return true;
	return false;
}

static size_t put_codes(const zbar_image_t *im, struct fj_buf *texts)
{
	const zbar_symbol_t *first = zbar_image_first_symbol(im);
	size_t n = 0;

	for (const zbar_symbol_t *s = first; s != NULL && n < PICTURE_MAX_CODES; s = zbar_symbol_next(s)) {
		size_t len = zbar_symbol_get_data_length(s);
		if (zbar_symbol_get_type(s) != ZBAR_QRCODE || len == 0 || len > PICTURE_MAX_TEXT || same_as_before(first, s))
			continue;
		if (fj_put_bytes(texts, FJ_SLICE((const uint8_t *)zbar_symbol_get_data(s), len)) != FJ_OK)
			break;
		n++;
	}
	return n;
}

static size_t scan(const struct grey *g, struct fj_buf *texts)
{
	zbar_image_scanner_t *sc = zbar_image_scanner_create();
	zbar_image_t *im = zbar_image_create();

	zbar_image_scanner_set_config(sc, 0, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(sc, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_set_format(im, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(im, g->w, g->h);
	zbar_image_set_data(im, g->p, (unsigned long)g->w * g->h, NULL);
	return zbar_scan_image(sc, im) > 0 ? put_codes(im, texts) : 0;
}

/* every second pixel of every second row, each the mean of four; in place */
static void halve(struct grey *g)
{
	unsigned w = g->w / 2, h = g->h / 2;

	for (unsigned y = 0; y < h; y++)
		for (unsigned x = 0; x < w; x++) {
			const uint8_t *a = g->p + (size_t)2 * y * g->w + 2 * x, *c = a + g->w;
			g->p[(size_t)y * w + x] = (uint8_t)((a[0] + a[1] + c[0] + c[1] + 2) / 4);
		}
	g->w = w;
	g->h = h;
}

/* as it is, and smaller: a photograph's noise hides what its mean shows */
static size_t find_codes(struct grey *g, struct fj_buf *texts)
{
	while (g->w > GOOD_SIDE + GOOD_SIDE / 2 || g->h > GOOD_SIDE + GOOD_SIDE / 2)
		halve(g);
	size_t n = scan(g, texts);
	for (int k = 0; n == 0 && k < 2 && g->w > 400 && g->h > 400; k++) {
		halve(g);
		n = scan(g, texts);
	}
	return n;
}

/* --- the job --- */

static enum picture_status look(struct fj_slice in, struct fj_buf *texts, size_t *n)
{
	struct grey g = {.p = NULL};
	enum picture_status st = in.len > 2 && in.p[0] == 0xff ? read_jpeg(in, &g) : read_png(in, &g);

	*n = st == PICTURE_OK ? find_codes(&g, texts) : 0;
	return st;
}

static void work(int in, int to)
{
	static const struct fj_sandbox box = {.role = FJ_SANDBOX_WORKER};
	static const struct fj_room_bounds bounds = {.memory = 320u << 20, .cpu_s = 10, .wall_s = 20};
	FJ_AUTO(buf) texts = FJ_BUF_INIT(PICTURE_MAX_FRAME);
	FJ_AUTO(buf) frame = FJ_BUF_INIT(PICTURE_MAX_FRAME);
	struct fj_err err;
	struct fj_slice file;
	bool landlock;
	size_t n = 0;

	if (!fj_room_limit(&bounds) || !fj_room_map(in, PICTURE_MAX, &file) || fj_sandbox_enter(&box, &landlock, &err) != FJ_OK)
		return;
	enum picture_status st = look(file, &texts, &n);
	if (fj_put_u8(&frame, (uint8_t)st) == FJ_OK && fj_put_u32(&frame, (uint32_t)n) == FJ_OK && fj_buf_put(&frame, texts.data, texts.len) == FJ_OK)
		(void)!fj_write_all(to, frame.data, frame.len, NULL);
}

static const struct fj_sandbox forker = {.role = FJ_SANDBOX_FORKER};
struct fj_room picture_room = FJ_ROOM("fujie-pictures", "the process that looks at pictures", &forker, work, 2);

/* zbar turns a code's octets into UTF-8 by glibc's iconv, whose modules are files: they are loaded
 * before the sandbox, and stay loaded while somebody has them open (as issuer/sheet/sheet.c does) */
enum fj_rc picture_prepare(struct fj_err *err)
{
	static const char *const charsets[] = {"ISO8859-1", "SJIS", "BIG-5", "CP437", "GB18030"};
	static iconv_t kept[FJ_ARRAY_LEN(charsets)];

	for (size_t i = 0; i < FJ_ARRAY_LEN(charsets); i++)
		if (kept[i] == NULL)
			kept[i] = iconv_open("UTF-8", charsets[i]); /* one that there is not is one that zbar does without */
	return fj_room_start(&picture_room, err);
}
