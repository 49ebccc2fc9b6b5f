/*
 * encode.c - an answer as HTTP carries it: entity tag, 304, gzip (RFC 9110 8.8.3,
 * 13.1.2, 8.4.1.3).
 *
 * Only where everything is public (web_conf.open), or what is sent is a file for all (style
 * sheet, script, feed): compressing a page that bears a secret beside what a stranger chose
 * tells the secret by its length.
 */
#include "web/http/encode.h"

#include <zlib.h>

#define GZIP_LEAST 1024 /* octets below which it is not worth it */
#define GZIP_LEVEL 6

static bool compressible(const char *type)
{
	return strncmp(type, "text/", 5) == 0 || strncmp(type, "application/json", 16) == 0 || strstr(type, "+json") != NULL || strstr(type, "+xml") != NULL;
}

/* does the header name gzip, and not with a quality of 0? */
static bool takes_gzip(const char *accept)
{
	for (const char *p = accept; (p = strstr(p, "gzip")) != NULL; p += 4) {
		const char *end = p + 4;
		while (*end == ' ')
			end++;
		if ((p > accept && strchr(", \t", p[-1]) == NULL) || (*end != '\0' && *end != ',' && *end != ';'))
			continue;
		const char *q = *end == ';' ? strstr(end, "q=0") : NULL, *next = strchr(end, ',');
		return q == NULL || (next != NULL && q > next) || q[strspn(q + 2, "0.") + 2] >= '1';
	}
	return false;
}

static bool compress_body(struct fj_buf *body)
{
	struct fj_buf out = FJ_BUF_INIT(0);
	z_stream z = {0};
	uint8_t piece[16384];
	int code = Z_OK;

	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	fj_buf_init(&out, body->len);
	z.next_in = body->data;
	z.avail_in = (uInt)body->len;
	while (code == Z_OK) {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		code = deflate(&z, Z_FINISH);
		if ((code == Z_OK || code == Z_STREAM_END) && fj_buf_put(&out, piece, sizeof(piece) - z.avail_out) != FJ_OK)
			code = Z_BUF_ERROR; /* not smaller than it was */
	}
	deflateEnd(&z);
	if (code != Z_STREAM_END) {
		fj_buf_release(&out);
		return false;
	}
	size_t max = body->max;
	fj_buf_release(body);
	*body = out;
	body->max = max;
	return true;
}

void web_tag(struct web_res *r, const char *suffix, char tag[WEB_TAG])
{
	struct fj_hash h;
	char hex[2 * FJ_SHA256_LEN + 1];

	fj_sha256(fj_buf_slice(&r->body), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	snprintf(tag, WEB_TAG, "\"%.32s%.4s\"", hex, suffix);
	web_say_header(r, "ETag", tag);
}

bool web_tag_is(const struct web_req *q, const char *tag)
{
	const char *given = web_header(q, "If-None-Match");

	return strcmp(given, "*") == 0 || strstr(given, tag) != NULL;
}

void web_encode(struct web_req *q, struct web_res *r)
{
	char tag[WEB_TAG];

	if (r->status != 200 || web_is_post(q))
		return;
	bool gzip = compressible(r->type) && r->body.len >= GZIP_LEAST && takes_gzip(web_header(q, "Accept-Encoding")) && compress_body(&r->body);
	web_tag(r, gzip ? "-gz" : "", tag);
	if (web_tag_is(q, tag)) {
		r->status = 304;
		fj_buf_clear(&r->body);
		return;
	}
	if (gzip)
		web_say_header(r, "Content-Encoding", "gzip");
}
